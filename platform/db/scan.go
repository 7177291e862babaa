package db

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// columns are the stored fields of T, in the order they are read. The plan of a struct
// is gorm's; statements and rows go past it, which took half the time of a read.
type columns struct {
	fields []*schema.Field
	list   string
}

var schemas sync.Map // of gorm
var plans sync.Map   // reflect.Type -> *columns

func columnsOf[T any](g *gorm.DB) (*columns, error) {
	t := reflect.TypeFor[T]()
	if c, ok := plans.Load(t); ok {
		return c.(*columns), nil
	}
	s, err := schema.Parse(new(T), &schemas, g.NamingStrategy)
	if err != nil {
		return nil, fmt.Errorf("columns of %s: %w", t, err)
	}
	c := &columns{}
	names := make([]string, 0, len(s.Fields))
	for _, f := range s.Fields {
		if f.DBName != "" && f.Readable {
			c.fields, names = append(c.fields, f), append(names, quote(f.DBName))
		}
	}
	c.list = strings.Join(names, ", ")
	plans.Store(t, c)
	return c, nil
}

// baseColumns are what every row is read with: who may see it depends on them.
var baseColumns = []string{"id", "no", "company_id", "dept_id", "owner_id", "created_at", "updated_at", "version", "archived_at"}

// only returns the named ones among c; all when one is not stored, since what it is
// computed from is not known here.
func (c *columns) only(names []string) *columns {
	stored := func(name string) bool {
		return slices.ContainsFunc(c.fields, func(f *schema.Field) bool { return f.DBName == name })
	}
	out := &columns{}
	var list []string
	for _, name := range names {
		if !stored(name) {
			return c
		}
	}
	for _, f := range c.fields {
		if slices.Contains(names, f.DBName) {
			out.fields, list = append(out.fields, f), append(list, quote(f.DBName))
		}
	}
	out.list = strings.Join(list, ", ")
	return out
}

// update is the statement that stores every column of r but the keys, which say
// which row it is, and those of keep.
func (c *columns) update(ctx context.Context, table string, r any, keys []string, keep ...string) (q string, args []any) {
	v := reflect.ValueOf(r).Elem()
	var set, where []string
	for _, f := range c.fields {
		if slices.Contains(keep, f.DBName) {
			continue
		}
		args = append(args, f.ReflectValueOf(ctx, v).Interface())
		eq := quote(f.DBName) + " = $" + strconv.Itoa(len(args))
		if slices.Contains(keys, f.DBName) {
			where = append(where, eq)
		} else {
			set = append(set, eq)
		}
	}
	return "UPDATE " + table + " SET " + strings.Join(set, ", ") + " WHERE " + strings.Join(where, " AND "), args
}

// insert is the statement that stores new rows and returns their ids in this order.
func (c *columns) insert(ctx context.Context, table string, rows []reflect.Value) (q string, args []any) {
	var b strings.Builder
	b.WriteString("INSERT INTO " + table + " (")
	first := true
	for _, f := range c.fields {
		if f.DBName == "id" {
			continue
		}
		if !first {
			b.WriteString(", ")
		}
		first = false
		b.WriteString(quote(f.DBName))
	}
	b.WriteString(") VALUES ")
	for i, r := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		sep := "("
		for _, f := range c.fields {
			if f.DBName == "id" {
				continue
			}
			args = append(args, f.ReflectValueOf(ctx, r).Interface())
			b.WriteString(sep + "$" + strconv.Itoa(len(args)))
			sep = ", "
		}
		b.WriteString(")")
	}
	b.WriteString(" RETURNING id")
	return b.String(), args
}

// scanAll reads every row of an answer into structs.
func scanAll[T any](ctx context.Context, c *columns, rows pgx.Rows, out *[]T) error {
	dest := make([]any, len(c.fields))
	for rows.Next() {
		*out = append(*out, *new(T))
		r := reflect.ValueOf(&(*out)[len(*out)-1]).Elem()
		for i, f := range c.fields {
			dest[i] = f.ReflectValueOf(ctx, r).Addr().Interface()
		}
		if err := rows.Scan(dest...); err != nil {
			return fmt.Errorf("scan: %w", err)
		}
	}
	return nil
}

// insertRows stores rows of a table; the ids go where id points.
func insertRows(ctx context.Context, d *DB, c *columns, table string, rows []reflect.Value, id func(i int) *int64) error {
	for len(rows) > 0 { // a statement has at most 65,535 arguments
		n := min(len(rows), maxArgs/len(c.fields))
		q, args := c.insert(ctx, table, rows[:n])
		i := 0
		err := d.ask(ctx, question{q: q, args: args, read: func(r pgx.Rows) error {
			for ; r.Next(); i++ {
				if err := r.Scan(id(i)); err != nil {
					return fmt.Errorf("scan: %w", err)
				}
			}
			return nil
		}})
		if err != nil {
			return err
		}
		rows = rows[n:]
		first := id
		id = func(i int) *int64 { return first(n + i) }
	}
	return nil
}

const maxArgs = 60_000
