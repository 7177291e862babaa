package db

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"meridian/platform/errs"
	"meridian/platform/record"
)

// Store keeps the rows of one type in the table of the same name. It implements
// record.Store: zero values are written, a missing id never becomes an insert, the
// version is always compared, and every read carries the row predicate of its reader.
type Store[T any, P record.Of[T]] struct {
	db     *DB
	object string
	open   bool
	lines  []lineStore[T]
}

type lineStore[T any] interface {
	// read asks for the lines of documents; row finds the document of a parent id. hold
	// remembers the lines as they are, for documents that will be changed.
	read(ctx context.Context, d *DB, ids []int64, hold bool, row func(parent int64) *T) (question, error)
	save(ctx context.Context, d *DB, r *T) error
}

// Option changes a store.
type Option[T any] func(s *options[T])

type options[T any] struct {
	open  bool
	lines []lineStore[T]
}

// Open marks a type every signed-in user may read (currencies, units): reads
// carry no row predicate, only the permission at the edge.
func OpenRows[T any]() Option[T] { return func(o *options[T]) { o.open = true } }

// WithLines stores the lines at(r) of a document in table, by their parent_id.
func WithLines[T, L any, PT record.Of[T], PL record.LineOf[L]](table string, at func(*T) *[]L) Option[T] {
	return func(o *options[T]) {
		o.lines = append(o.lines, &childTable[T, L, PT, PL]{table: table, at: at})
	}
}

// NewStore returns the store of object ("ltc.order"), which is also its table.
func NewStore[T any, P record.Of[T]](d *DB, object string, opts ...Option[T]) *Store[T, P] {
	var o options[T]
	for _, f := range opts {
		f(&o)
	}
	return &Store[T, P]{db: d, object: object, open: o.open, lines: o.lines}
}

// visible is the condition on the rows the reader may see.
func (s *Store[T, P]) visible(ctx context.Context) (*Rows, error) {
	if s.open {
		return &Rows{SQL: "true"}, nil
	}
	return s.db.Readable(ctx, s.object)
}

// Get returns the row. NotFound if it is absent or not visible.
func (s *Store[T, P]) Get(ctx context.Context, id int64) (*T, error) { return s.one(ctx, id, "") }

// Lock returns the row and holds it until the end of the transaction.
func (s *Store[T, P]) Lock(ctx context.Context, id int64) (*T, error) {
	if !InTx(ctx) {
		return nil, errors.New("db: Lock outside a transaction")
	}
	return s.one(ctx, id, " FOR NO KEY UPDATE")
}

// LockAll returns the visible rows among ids and holds them; they are locked in the order
// of their ids, so that two who lock many of the same never wait for each other.
func (s *Store[T, P]) LockAll(ctx context.Context, ids []int64) ([]*T, error) {
	if !InTx(ctx) {
		return nil, errors.New("db: Lock outside a transaction")
	}
	list, err := s.whole(ctx, ids, "id = ANY(?)", Array(padded(ids)), " ORDER BY id FOR NO KEY UPDATE")
	out := make([]*T, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out, err
}

// First returns the first row of q.
func (s *Store[T, P]) First(ctx context.Context, q record.Query) (*T, error) {
	q.Limit = 1
	rows, err := s.Find(ctx, q)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, errs.Missing()
	}
	return &rows[0], nil
}

// one reads a row and its lines.
func (s *Store[T, P]) one(ctx context.Context, id int64, lock string) (*T, error) {
	rows, err := s.whole(ctx, []int64{id}, "id = ?", id, lock)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, errs.Missing()
	}
	return &rows[0], nil
}

// whole reads the visible rows of ids, which cond selects, and their lines in one round
// trip; tail says in which order and with which lock.
func (s *Store[T, P]) whole(ctx context.Context, ids []int64, cond string, arg any, tail string) ([]T, error) {
	w, err := s.visible(ctx)
	if err != nil {
		return nil, err
	}
	c, err := columnsOf[T](s.db.gorm)
	if err != nil {
		return nil, err
	}
	w.And(cond, arg)
	var rows []T
	list := []question{{q: numbered("SELECT " + c.list + " FROM " + quoteTable(s.object) + " WHERE " + w.SQL + tail), args: w.Args,
		read: func(r pgx.Rows) error { return scanAll(ctx, c, r, &rows) }}}
	var at map[int64]*T
	row := func(id int64) *T { // asked when all rows are read
		if at == nil {
			at = make(map[int64]*T, len(rows))
			for i := range rows {
				at[P(&rows[i]).Rec().ID] = &rows[i]
			}
		}
		return at[id]
	}
	for _, l := range s.lines {
		q, err := l.read(ctx, s.db, ids, tail != "", row)
		if err != nil {
			return nil, err
		}
		list = append(list, q)
	}
	if err := s.db.ask(ctx, list...); err != nil {
		return nil, fmt.Errorf("read %s: %w", s.object, err)
	}
	return rows, nil
}

// LoadLines reads the lines of rows that were found without them.
func (s *Store[T, P]) LoadLines(ctx context.Context, rows []*T) error {
	if len(rows) == 0 || len(s.lines) == 0 {
		return nil
	}
	ids := make([]int64, len(rows))
	byID := make(map[int64]*T, len(rows))
	for i, r := range rows {
		ids[i] = P(r).Rec().ID
		byID[ids[i]] = r
	}
	var list []question
	for _, l := range s.lines {
		q, err := l.read(ctx, s.db, ids, false, func(parent int64) *T { return byID[parent] })
		if err != nil {
			return err
		}
		list = append(list, q)
	}
	if err := s.db.ask(ctx, list...); err != nil {
		return fmt.Errorf("read lines of %s: %w", s.object, err)
	}
	return nil
}

// Find returns the rows of q without their lines.
func (s *Store[T, P]) Find(ctx context.Context, q record.Query) ([]T, error) {
	w, err := s.where(ctx, q)
	if err != nil {
		return nil, err
	}
	c, err := columnsOf[T](s.db.gorm)
	if err != nil {
		return nil, err
	}
	if q.Columns != nil {
		c = c.only(append(q.Columns, baseColumns...))
	}
	if len(q.After) > 0 {
		if len(q.Sort) > 1 || len(q.After) != len(q.Sort)+1 {
			return nil, errors.New("db: a keyset has at most one sort column")
		}
		after(w, q)
	}
	desc := len(q.Sort) > 0 && q.Sort[len(q.Sort)-1].Desc
	tail := " ORDER BY "
	for _, o := range q.Sort {
		tail += quote(o.Col) + direction(o.Desc) + ", "
	}
	tail += "id" + direction(desc)
	if q.Limit > 0 {
		tail += " LIMIT " + strconv.Itoa(q.Limit)
	}
	if q.Offset > 0 {
		tail += " OFFSET " + strconv.Itoa(q.Offset)
	}
	var rows []T
	err = s.db.ask(ctx, question{q: numbered("SELECT " + c.list + " FROM " + quoteTable(s.object) + " WHERE " + w.SQL + tail), args: w.Args,
		read: func(r pgx.Rows) error { return scanAll(ctx, c, r, &rows) }})
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", s.object, err)
	}
	return rows, nil
}

func direction(desc bool) string {
	if desc {
		return " DESC"
	}
	return ""
}

// after is the keyset condition: the rows that follow q.After in the order of q.Sort.
// A row comparison is what an index can start from.
func after(w *Rows, q record.Query) {
	id := q.After[len(q.After)-1]
	if len(q.Sort) == 0 {
		w.And("id > ?", id)
		return
	}
	s, op := q.Sort[0], ">"
	if s.Desc {
		op = "<"
	}
	col := quote(s.Col)
	switch {
	case q.After[0] == nil && s.Desc: // empty ones came first
		w.And("("+col+" IS NULL AND id < ? OR "+col+" IS NOT NULL)", id)
	case q.After[0] == nil:
		w.And(col+" IS NULL AND id > ?", id)
	case s.Null && !s.Desc:
		w.And("(("+col+", id) > (?, ?) OR "+col+" IS NULL)", q.After[0], id)
	default:
		w.And("("+col+", id) "+op+" (?, ?)", q.After[0], id)
	}
}

func quote(col string) string { return `"` + strings.ReplaceAll(col, `"`, `""`) + `"` }

// where is the condition of q with the row predicate of the reader.
func (s *Store[T, P]) where(ctx context.Context, q record.Query) (*Rows, error) {
	w, err := s.visible(ctx)
	if err != nil {
		return nil, err
	}
	if !q.Archived {
		w.And("archived_at IS NULL")
	}
	for _, c := range q.Where {
		col := quote(c.Col)
		switch c.Op {
		case record.In:
			if one, ok := single(c.Val); ok { // keeps the order an index gives
				w.And(col+" = ?", one)
			} else if ids, ok := c.Val.([]int64); ok {
				w.And(col+" = ANY(?)", Array(padded(ids)))
			} else {
				w.And(col+" = ANY(?)", Array(c.Val))
			}
		case record.Like:
			w.And(col+" ILIKE ?", Containing(fmt.Sprint(c.Val)))
		case record.IsNull:
			w.And(col + " IS NULL")
		case record.NotNull:
			w.And(col + " IS NOT NULL")
		default:
			w.And(col+" "+string(c.Op)+" ?", c.Val)
		}
	}
	if q.Search != "" && len(q.SearchCols) > 0 {
		var or []string
		var args []any
		for _, c := range q.SearchCols {
			or = append(or, quote(c)+" ILIKE ?")
			args = append(args, Containing(q.Search))
		}
		w.And("("+strings.Join(or, " OR ")+")", args...)
	}
	return w, nil
}

// single is the only value of a list.
func single(list any) (any, bool) {
	switch v := list.(type) {
	case []string:
		if len(v) == 1 {
			return v[0], true
		}
	case []int64:
		if len(v) == 1 {
			return v[0], true
		}
	}
	return nil, false
}

// Containing is the pattern of ILIKE for texts that contain s, whose wildcards are letters.
func Containing(s string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s) + "%"
}

// Many returns the visible rows among ids, in no particular order.
func (s *Store[T, P]) Many(ctx context.Context, ids []int64) ([]T, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return s.Find(ctx, record.Query{Where: []record.Cond{{Col: "id", Op: record.In, Val: ids}}, Archived: true})
}

// Present returns the live ones among ids that the reader may see.
func (s *Store[T, P]) Present(ctx context.Context, ids []int64) ([]int64, error) {
	w, err := s.where(ctx, record.Where("id", record.In, ids))
	if err != nil {
		return nil, err
	}
	var out []int64
	err = s.db.ask(ctx, question{q: numbered("SELECT id FROM " + quoteTable(s.object) + " WHERE " + w.SQL), args: w.Args, read: func(r pgx.Rows) (err error) {
		out, err = pgx.CollectRows(r, pgx.RowTo[int64])
		return err
	}})
	if err != nil {
		return nil, fmt.Errorf("look for %s: %w", s.object, err)
	}
	return out, nil
}

// Count counts at most limit+1 rows; limit 0 counts all.
func (s *Store[T, P]) Count(ctx context.Context, q record.Query, limit int) (int, error) {
	w, err := s.where(ctx, q)
	if err != nil {
		return 0, err
	}
	sql := "SELECT count(*) FROM " + quoteTable(s.object) + " WHERE " + w.SQL
	if limit > 0 {
		sql = "SELECT count(*) FROM (SELECT FROM " + quoteTable(s.object) + " WHERE " + w.SQL + " LIMIT " + strconv.Itoa(limit+1) + ") AS few"
	}
	var n int
	if _, err := s.db.Row(ctx, numbered(sql), w.Args, &n); err != nil {
		return 0, fmt.Errorf("count %s: %w", s.object, err)
	}
	return n, nil
}

// Group counts the rows of q per value of by and sums the column sum.
func (s *Store[T, P]) Group(ctx context.Context, q record.Query, by, sum string) ([]record.Group, error) {
	w, err := s.where(ctx, q)
	if err != nil {
		return nil, err
	}
	total := "0"
	if sum != "" {
		total = "coalesce(sum(" + quote(sum) + "), 0)"
	}
	var out []record.Group
	sql := fmt.Sprintf("SELECT coalesce(%s::text, ''), count(*), (%s)::text FROM %s WHERE %s GROUP BY %s ORDER BY 1", quote(by), total, quoteTable(s.object), w.SQL, quote(by))
	err = s.db.ask(ctx, question{q: numbered(sql), args: w.Args, read: func(r pgx.Rows) (err error) {
		out, err = pgx.CollectRows(r, pgx.RowToStructByPos[record.Group])
		return err
	}})
	if err != nil {
		return nil, fmt.Errorf("group %s: %w", s.object, err)
	}
	return out, nil
}

// Insert stores new rows with their lines.
func (s *Store[T, P]) Insert(ctx context.Context, rows ...*T) error {
	if !InTx(ctx) {
		return errors.New("db: write outside a transaction")
	}
	c, err := columnsOf[T](s.db.gorm)
	if err != nil {
		return err
	}
	values := make([]reflect.Value, len(rows))
	for i, r := range rows {
		P(r).Rec().Version = 1
		values[i] = reflect.ValueOf(r).Elem()
	}
	if err := insertRows(ctx, s.db, c, quoteTable(s.object), values, func(i int) *int64 { return &P(rows[i]).Rec().ID }); err != nil {
		return fmt.Errorf("insert %s: %w", s.object, err)
	}
	for _, r := range rows {
		if err := s.saveLines(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// Update stores the whole row and its lines if nobody changed it meanwhile; that and what
// the database refuses are said with the next question, at the latest with the commit.
func (s *Store[T, P]) Update(ctx context.Context, r *T) error {
	if !InTx(ctx) {
		return errors.New("db: write outside a transaction")
	}
	c, err := columnsOf[T](s.db.gorm)
	if err != nil {
		return err
	}
	b := P(r).Rec()
	old := b.Version
	b.Version++
	// A document keeps its company: naming a column of the key would lock the row against
	// everybody who refers to it, and two who refer to it and then change it would wait for
	// each other.
	q, args := c.update(ctx, quoteTable(s.object), r, []string{"id"}, "no", "company_id", "created_at", "created_by")
	err = s.db.Later(ctx, fmt.Errorf("update %s: %w", s.object, errs.Stale()), q+" AND version = $"+strconv.Itoa(len(args)+1), append(args, old)...)
	if err != nil {
		return err
	}
	return s.saveLines(ctx, r)
}

func (s *Store[T, P]) saveLines(ctx context.Context, r *T) error {
	for _, l := range s.lines {
		if err := l.save(ctx, s.db, r); err != nil {
			return fmt.Errorf("store lines of %s: %w", s.object, err)
		}
	}
	return nil
}

// Delete removes the row; its lines go with it (ON DELETE CASCADE).
func (s *Store[T, P]) Delete(ctx context.Context, id, version int64) error {
	n, err := s.db.ExecN(ctx, "DELETE FROM "+quoteTable(s.object)+" WHERE id = $1 AND version = $2", id, version)
	if err != nil {
		return fmt.Errorf("delete %s: %w", s.object, err)
	}
	if n == 0 {
		return errs.Stale()
	}
	return nil
}

func quoteTable(object string) string {
	schema, table, _ := strings.Cut(object, ".")
	return quote(schema) + "." + quote(table)
}
