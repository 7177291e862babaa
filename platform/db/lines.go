package db

import (
	"context"
	"slices"

	"meridian/platform/errs"
	"meridian/platform/record"
)

// LoadLines reads the lines of rows that were found without them.
func (s *Store[T, P]) LoadLines(ctx context.Context, rows []*T) error {
	if len(rows) == 0 {
		return nil
	}
	return s.loadLines(ctx, rows)
}

// childTable keeps the lines of a document. A line keeps its id over updates, so
// other documents may refer to it; lines that are gone from the slice are deleted.
type childTable[T, L any, PT record.Of[T], PL record.LineOf[L]] struct {
	table string
	at    func(*T) *[]L
}

func (c *childTable[T, L, PT, PL]) load(ctx context.Context, d *DB, rows []*T) error {
	ids := make([]int64, len(rows))
	byID := make(map[int64]*T, len(rows))
	for i, r := range rows {
		ids[i] = PT(r).Rec().ID
		byID[ids[i]] = r
	}
	lines, err := find[L](d.Gorm(ctx).Table(c.table).Where("parent_id = ANY(?)", Array(ids)).Order("parent_id, pos"))
	if err != nil {
		return err
	}
	for i := range lines {
		dst := c.at(byID[PL(&lines[i]).LineRec().ParentID])
		*dst = append(*dst, lines[i])
	}
	return nil
}

func (c *childTable[T, L, PT, PL]) save(ctx context.Context, d *DB, r *T) error {
	id := PT(r).Rec().ID
	lines := *c.at(r)
	if PT(r).Rec().Version == 1 && !slices.ContainsFunc(lines, func(l L) bool { return PL(&l).LineRec().ID != 0 }) {
		return c.insert(ctx, d, id, lines)
	}
	cols, err := columnsOf[L](d.gorm)
	if err != nil {
		return err
	}
	keep := make([]int64, 0, len(lines))
	for i := range lines {
		if l := PL(&lines[i]).LineRec(); l.ID != 0 {
			keep = append(keep, l.ID)
		}
	}
	if err := d.Later(ctx, nil, "DELETE FROM "+quoteTable(c.table)+" WHERE parent_id = $1 AND NOT id = ANY($2)", id, keep); err != nil {
		return err
	}
	for i := range lines {
		l := PL(&lines[i]).LineRec()
		l.ParentID, l.Pos = id, i+1
		if l.ID == 0 {
			continue
		}
		q, args := cols.update(ctx, quoteTable(c.table), &lines[i], "id", "parent_id")
		if err := d.Later(ctx, errs.Missing(), q, args...); err != nil {
			return err
		}
	}
	return c.insertNew(ctx, d, lines)
}

func (c *childTable[T, L, PT, PL]) insert(ctx context.Context, d *DB, id int64, lines []L) error {
	for i := range lines {
		l := PL(&lines[i]).LineRec()
		l.ParentID, l.Pos = id, i+1
	}
	if len(lines) == 0 {
		return nil
	}
	return Translate(d.Gorm(ctx).Table(c.table).Create(&lines).Error)
}

func (c *childTable[T, L, PT, PL]) insertNew(ctx context.Context, d *DB, lines []L) error {
	for i := range lines {
		if PL(&lines[i]).LineRec().ID != 0 {
			continue
		}
		if err := d.Gorm(ctx).Table(c.table).Create(&lines[i]).Error; err != nil {
			return Translate(err)
		}
	}
	return nil
}
