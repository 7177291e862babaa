package db

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"
	"time"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm/schema"
)

// Select reads the rows of q into a slice of read models by column name, or of single
// values. Arguments are ? or @name, as gorm has them; NULL leaves the zero value.
func Select[T any](ctx context.Context, d *DB, q string, args ...any) ([]T, error) {
	g := d.gorm.WithContext(ctx).Raw(q, args...)
	if g.Error != nil {
		return nil, g.Error
	}
	var out []T
	err := d.ask(ctx, question{q: g.Statement.SQL.String(), args: g.Statement.Vars, read: func(rows pgx.Rows) error {
		m, err := modelOf[T](d, rows)
		if err != nil {
			return err
		}
		for rows.Next() {
			out = append(out, *new(T))
			if err := m.scan(ctx, rows, reflect.ValueOf(&out[len(out)-1]).Elem()); err != nil {
				return err
			}
		}
		return nil
	}})
	return out, err
}

// One reads the single row of q, as sums and counts have it; the zero value when there
// is none.
func One[T any](ctx context.Context, d *DB, q string, args ...any) (T, error) {
	var zero T
	rows, err := Select[T](ctx, d, q, args...)
	if err != nil || len(rows) == 0 {
		return zero, err
	}
	return rows[0], nil
}

// model says where the columns of an answer go; fields is nil for single values.
type model struct{ fields []*schema.Field }

func modelOf[T any](d *DB, rows pgx.Rows) (model, error) {
	t := reflect.TypeFor[T]()
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[time.Time]() || reflect.PointerTo(t).Implements(reflect.TypeFor[sql.Scanner]()) {
		return model{}, nil
	}
	s, err := schema.Parse(new(T), &schemas, d.gorm.NamingStrategy)
	if err != nil {
		return model{}, fmt.Errorf("columns of %s: %w", t, err)
	}
	m := model{fields: []*schema.Field{}}
	for _, c := range rows.FieldDescriptions() {
		f := s.LookUpField(c.Name)
		if f == nil {
			return m, fmt.Errorf("read model %s has no place for the column %s", t, c.Name)
		}
		m.fields = append(m.fields, f)
	}
	return m, nil
}

// scan reads one row into v. What scans itself takes NULL as it likes; of other values
// NULL leaves the zero value.
func (m model) scan(ctx context.Context, rows pgx.Rows, v reflect.Value) error {
	targets := []reflect.Value{v}
	if m.fields != nil {
		targets = targets[:0]
		for _, f := range m.fields {
			targets = append(targets, f.ReflectValueOf(ctx, v))
		}
	}
	dest := make([]any, len(targets))
	for i, t := range targets {
		if _, ok := t.Addr().Interface().(sql.Scanner); ok || t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
			dest[i] = t.Addr().Interface()
			continue
		}
		dest[i] = reflect.New(reflect.PointerTo(t.Type())).Interface()
	}
	if err := rows.Scan(dest...); err != nil {
		return fmt.Errorf("scan: %w", err)
	}
	for i, t := range targets {
		if p := reflect.ValueOf(dest[i]).Elem(); p.Kind() == reflect.Pointer && p.Type().Elem() == t.Type() && !p.IsNil() {
			t.Set(p.Elem())
		}
	}
	return nil
}
