package db

import (
	"context"
	"reflect"

	"github.com/jackc/pgx/v5"

	"meridian/platform/errs"
	"meridian/platform/record"
)

// childTable keeps the lines of a document. A line keeps its id over updates, so
// other documents may refer to it; lines that are gone from the slice are deleted.
type childTable[T, L any, PT record.Of[T], PL record.LineOf[L]] struct {
	table string
	at    func(*T) *[]L
}

func (c *childTable[T, L, PT, PL]) read(ctx context.Context, d *DB, ids []int64, hold bool, row func(parent int64) *T) (question, error) {
	cols, err := columnsOf[L](d.gorm)
	if err != nil {
		return question{}, err
	}
	return question{q: "SELECT " + cols.list + " FROM " + quoteTable(c.table) + " WHERE parent_id = ANY($1) ORDER BY parent_id, pos", args: []any{padded(ids)}, read: func(r pgx.Rows) error {
		var lines []L
		if err := scanAll(ctx, cols, r, &lines); err != nil {
			return err
		}
		for i := range lines {
			if hold { // of a document that is read to be changed
				c.stored(&lines[i])
			}
			if doc := row(PL(&lines[i]).LineRec().ParentID); doc != nil {
				dst := c.at(doc)
				*dst = append(*dst, lines[i])
			}
		}
		return nil
	}}, nil
}

func (c *childTable[T, L, PT, PL]) save(ctx context.Context, d *DB, r *T) error {
	cols, err := columnsOf[L](d.gorm)
	if err != nil {
		return err
	}
	id, lines := PT(r).Rec().ID, *c.at(r)
	var fresh []reflect.Value
	var ids []*int64
	keep := make([]int64, 0, len(lines))
	for i := range lines {
		l := PL(&lines[i]).LineRec()
		l.ParentID, l.Pos = id, i+1
		if l.ID != 0 {
			keep = append(keep, l.ID)
			continue
		}
		fresh, ids = append(fresh, reflect.ValueOf(&lines[i]).Elem()), append(ids, &l.ID)
	}
	if PT(r).Rec().Version > 1 || len(keep) > 0 {
		if err := c.change(ctx, d, cols, id, lines, keep); err != nil {
			return err
		}
	}
	if err := insertRows(ctx, d, cols, quoteTable(c.table), fresh, func(i int) *int64 { return ids[i] }); err != nil {
		return err
	}
	for i := range lines {
		c.stored(&lines[i])
	}
	return nil
}

// stored remembers a line as it is in the database.
func (c *childTable[T, L, PT, PL]) stored(l *L) {
	PL(l).LineRec().Stored(nil)
	PL(l).LineRec().Stored(*l)
}

// changed reports whether a line differs from what the database holds.
func (c *childTable[T, L, PT, PL]) changed(l *L) bool {
	now := *l
	PL(&now).LineRec().Stored(nil)
	return !reflect.DeepEqual(PL(l).LineRec().Held(), any(now))
}

// change stores the lines that were there before and differ, and removes those that are
// gone.
func (c *childTable[T, L, PT, PL]) change(ctx context.Context, d *DB, cols *columns, id int64, lines []L, keep []int64) error {
	if err := d.Later(ctx, nil, "DELETE FROM "+quoteTable(c.table)+" WHERE parent_id = $1 AND NOT id = ANY($2)", id, keep); err != nil {
		return err
	}
	for i := range lines {
		if PL(&lines[i]).LineRec().ID == 0 || !c.changed(&lines[i]) {
			continue
		}
		q, args := cols.update(ctx, quoteTable(c.table), &lines[i], []string{"id", "parent_id"})
		if err := d.Later(ctx, errs.Missing(), q, args...); err != nil {
			return err
		}
	}
	return nil
}
