package db

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"meridian/platform/errs"
	"meridian/platform/record"
)

// Store keeps the rows of one type in the table of the same name. It implements
// record.Store and closes the traps of gorm: zero values are written, a missing
// id never becomes an insert, the version is always compared, and every read
// carries the row predicate of its reader.
type Store[T any, P record.Of[T]] struct {
	db     *DB
	object string
	open   bool
	lines  []lineStore[T]
}

type lineStore[T any] interface {
	load(ctx context.Context, d *DB, rows []*T) error
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

func (s *Store[T, P]) table(ctx context.Context) *gorm.DB { return s.db.Gorm(ctx).Table(s.object) }

// visible narrows g to the rows the reader may see.
func (s *Store[T, P]) visible(ctx context.Context, g *gorm.DB) (*gorm.DB, error) {
	if s.open {
		return g, nil
	}
	r, err := s.db.Readable(ctx, s.object)
	if err != nil {
		return nil, err
	}
	return g.Where(r.SQL, r.Args...), nil
}

// Get returns the row. NotFound if it is absent or not visible.
func (s *Store[T, P]) Get(ctx context.Context, id int64) (*T, error) {
	return s.one(ctx, s.table(ctx).Where("id = ?", id))
}

// Lock returns the row and holds it until the end of the transaction.
func (s *Store[T, P]) Lock(ctx context.Context, id int64) (*T, error) {
	if !InTx(ctx) {
		return nil, errors.New("db: Lock outside a transaction")
	}
	return s.one(ctx, s.table(ctx).Where("id = ?", id).Clauses(clause.Locking{Strength: "NO KEY UPDATE"}))
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

func (s *Store[T, P]) one(ctx context.Context, g *gorm.DB) (*T, error) {
	g, err := s.visible(ctx, g)
	if err != nil {
		return nil, err
	}
	var rows []T
	if err := g.Limit(1).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read %s: %w", s.object, Translate(err))
	}
	if len(rows) == 0 {
		return nil, errs.Missing()
	}
	return &rows[0], s.loadLines(ctx, []*T{&rows[0]})
}

func (s *Store[T, P]) loadLines(ctx context.Context, rows []*T) error {
	for _, l := range s.lines {
		if err := l.load(ctx, s.db, rows); err != nil {
			return fmt.Errorf("read lines of %s: %w", s.object, err)
		}
	}
	return nil
}

// Find returns the rows of q without their lines.
func (s *Store[T, P]) Find(ctx context.Context, q record.Query) ([]T, error) {
	g, err := s.query(ctx, q)
	if err != nil {
		return nil, err
	}
	desc := len(q.Sort) > 0 && q.Sort[len(q.Sort)-1].Desc
	if len(q.After) > 0 {
		if len(q.Sort) > 1 || len(q.After) != len(q.Sort)+1 {
			return nil, errors.New("db: a keyset has at most one sort column")
		}
		g = after(g, q)
	}
	for _, o := range q.Sort {
		g = g.Order(clause.OrderByColumn{Column: clause.Column{Name: o.Col}, Desc: o.Desc})
	}
	g = g.Order(clause.OrderByColumn{Column: clause.Column{Name: "id"}, Desc: desc})
	if q.Limit > 0 {
		g = g.Limit(q.Limit)
	}
	if q.Offset > 0 {
		g = g.Offset(q.Offset)
	}
	var rows []T
	if err := g.Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list %s: %w", s.object, Translate(err))
	}
	return rows, nil
}

// after is the keyset condition: the rows that follow q.After in the order of q.Sort.
// A row comparison is what an index can start from.
func after(g *gorm.DB, q record.Query) *gorm.DB {
	id := q.After[len(q.After)-1]
	if len(q.Sort) == 0 {
		return g.Where("id > ?", id)
	}
	s, op := q.Sort[0], ">"
	if s.Desc {
		op = "<"
	}
	col := quote(s.Col)
	switch {
	case q.After[0] == nil && s.Desc: // empty ones came first
		return g.Where("("+col+" IS NULL AND id < ? OR "+col+" IS NOT NULL)", id)
	case q.After[0] == nil:
		return g.Where(col+" IS NULL AND id > ?", id)
	case s.Null && !s.Desc:
		return g.Where("(("+col+", id) > (?, ?) OR "+col+" IS NULL)", q.After[0], id)
	}
	return g.Where("("+col+", id) "+op+" (?, ?)", q.After[0], id)
}

func quote(col string) string { return `"` + strings.ReplaceAll(col, `"`, `""`) + `"` }

func (s *Store[T, P]) query(ctx context.Context, q record.Query) (*gorm.DB, error) {
	g, err := s.visible(ctx, s.table(ctx))
	if err != nil {
		return nil, err
	}
	if !q.Archived {
		g = g.Where("archived_at IS NULL")
	}
	for _, c := range q.Where {
		col := quote(c.Col)
		switch c.Op {
		case record.In:
			if one, ok := single(c.Val); ok { // keeps the order an index gives
				g = g.Where(col+" = ?", one)
			} else {
				g = g.Where(col+" = ANY(?)", Array(c.Val))
			}
		case record.Like:
			g = g.Where(col+" ILIKE ?", "%"+escapeLike(fmt.Sprint(c.Val))+"%")
		case record.IsNull:
			g = g.Where(col + " IS NULL")
		case record.NotNull:
			g = g.Where(col + " IS NOT NULL")
		default:
			g = g.Where(col+" "+string(c.Op)+" ?", c.Val)
		}
	}
	if q.Search != "" && len(q.SearchCols) > 0 {
		var or []string
		var args []any
		for _, c := range q.SearchCols {
			or = append(or, quote(c)+" ILIKE ?")
			args = append(args, "%"+escapeLike(q.Search)+"%")
		}
		g = g.Where("("+strings.Join(or, " OR ")+")", args...)
	}
	return g, nil
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

func escapeLike(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}

// Many returns the visible rows among ids, in no particular order.
func (s *Store[T, P]) Many(ctx context.Context, ids []int64) ([]T, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return s.Find(ctx, record.Query{Where: []record.Cond{{Col: "id", Op: record.In, Val: ids}}, Archived: true})
}

// Count counts at most limit+1 rows; limit 0 counts all.
func (s *Store[T, P]) Count(ctx context.Context, q record.Query, limit int) (int, error) {
	g, err := s.query(ctx, q)
	if err != nil {
		return 0, err
	}
	var n int64
	if limit > 0 {
		g = s.db.Gorm(ctx).Table("(?) AS few", g.Select("1").Limit(limit+1))
	}
	if err := g.Count(&n).Error; err != nil {
		return 0, fmt.Errorf("count %s: %w", s.object, Translate(err))
	}
	return int(n), nil
}

// Group counts the rows of q per value of by and sums the column sum.
func (s *Store[T, P]) Group(ctx context.Context, q record.Query, by, sum string) ([]record.Group, error) {
	g, err := s.query(ctx, q)
	if err != nil {
		return nil, err
	}
	total := "0"
	if sum != "" {
		total = "coalesce(sum(" + quote(sum) + "), 0)"
	}
	var out []record.Group
	err = g.Select(fmt.Sprintf("%s::text AS key, count(*) AS n, (%s)::text AS sum", quote(by), total)).
		Group(quote(by)).Order("1").Scan(&out).Error
	if err != nil {
		return nil, fmt.Errorf("group %s: %w", s.object, Translate(err))
	}
	return out, nil
}

// Insert stores a new row with its lines.
func (s *Store[T, P]) Insert(ctx context.Context, r *T) error {
	if !InTx(ctx) {
		return errors.New("db: write outside a transaction")
	}
	P(r).Rec().Version = 1
	if err := s.table(ctx).Create(r).Error; err != nil {
		return fmt.Errorf("insert %s: %w", s.object, Translate(err))
	}
	return s.saveLines(ctx, r)
}

// Update stores the whole row and its lines if nobody changed it meanwhile.
func (s *Store[T, P]) Update(ctx context.Context, r *T) error {
	if !InTx(ctx) {
		return errors.New("db: write outside a transaction")
	}
	b := P(r).Rec()
	old := b.Version
	b.Version++
	g := s.table(ctx).Where("id = ? AND version = ?", b.ID, old).
		Select("*").Omit("id", "no", "created_at", "created_by").Updates(r)
	if g.Error != nil {
		b.Version = old
		return fmt.Errorf("update %s: %w", s.object, Translate(g.Error))
	}
	if g.RowsAffected == 0 {
		b.Version = old
		return errs.Stale()
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
