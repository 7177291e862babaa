package backup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"meridian/platform/db"
)

// schemas are those of the suite; a test compares them with the migrations.
var schemas = []string{"core", "crm", "dste", "ipd", "isc", "itr", "ltc", "mtl", "proc"}

// leftOut are tables whose rows stay behind.
var leftOut = []string{"core.session"}

// settings make the text of values independent of server and session, and let a
// long copy finish.
const settings = `SET LOCAL datestyle = 'ISO, MDY'; SET LOCAL intervalstyle = 'postgres'; SET LOCAL timezone = 'UTC';
	SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1; SET LOCAL statement_timeout = 0;
	SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL lock_timeout = '30s'; SET LOCAL row_security = off`

// onConn gives fn a connection of its own.
func onConn(ctx context.Context, d *db.DB, fn func(c *pgx.Conn) error) error {
	conn, err := d.Pool().Conn(ctx)
	if err != nil {
		return fmt.Errorf("take a connection: %w", err)
	}
	defer func() { _ = conn.Close() }()
	return conn.Raw(func(driver any) error {
		c, ok := driver.(*stdlib.Conn)
		if !ok {
			return errors.New("backup: the driver is not pgx")
		}
		return fn(c.Conn())
	})
}

type querier interface {
	Query(ctx context.Context, q string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, q string, args ...any) pgx.Row
}

// schemaVersion is the newest migration of a database, 0 when there is none.
func schemaVersion(ctx context.Context, q querier) (int64, error) {
	var exists bool
	if err := q.QueryRow(ctx, "SELECT to_regclass('goose_db_version') IS NOT NULL").Scan(&exists); err != nil || !exists {
		return 0, wrap("read the schema version", err)
	}
	var v int64
	err := q.QueryRow(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&v)
	return v, wrap("read the schema version", err)
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// tables lists the tables of the suite so that each follows those it refers to.
func tables(ctx context.Context, q querier) ([]Table, error) {
	rows, err := q.Query(ctx, `
		SELECT n.nspname, c.relname, c.relkind = 'p', a.attname, format_type(a.atttypid, a.atttypmod),
		       coalesce(pg_get_expr(d.adbin, d.adrelid), '')
		  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
		  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
		 WHERE n.nspname = ANY($1) AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence = 'p'
		 ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C", a.attnum`, schemas)
	if err != nil {
		return nil, wrap("list the tables", err)
	}
	var list []Table
	for rows.Next() {
		var t Table
		var c Column
		var def string
		if err := rows.Scan(&t.schema, &t.table, &t.partitioned, &c.Name, &c.Type, &def); err != nil {
			return nil, wrap("list the tables", err)
		}
		t.Name = t.schema + "." + t.table
		if len(list) == 0 || list[len(list)-1].Name != t.Name {
			t.LeftOut = slices.Contains(leftOut, t.Name)
			list = append(list, t)
		}
		if c.Type == "xid8" {
			if !strings.Contains(def, "pg_current_xact_id()") {
				return nil, fmt.Errorf("column %s.%s remembers a transaction id, and a backup does not know how to carry it over", t.Name, c.Name)
			}
			continue
		}
		last := &list[len(list)-1]
		last.Columns = append(last.Columns, c)
	}
	if err := rows.Err(); err != nil {
		return nil, wrap("list the tables", err)
	}
	return ordered(ctx, q, list)
}

// key is a foreign key between two tables of the suite.
type key struct {
	from, to   string
	schema     string
	table      string
	name       string
	deferrable bool
}

func foreignKeys(ctx context.Context, q querier) ([]key, error) {
	rows, err := q.Query(ctx, `
		SELECT n.nspname || '.' || c.relname, fn.nspname || '.' || f.relname, n.nspname, c.relname, k.conname, k.condeferrable
		  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		  JOIN pg_class f ON f.oid = k.confrelid JOIN pg_namespace fn ON fn.oid = f.relnamespace
		 WHERE k.contype = 'f' AND k.conrelid <> k.confrelid AND n.nspname = ANY($1) AND NOT c.relispartition
		 ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C", k.conname COLLATE "C"`, schemas)
	if err != nil {
		return nil, wrap("list the foreign keys", err)
	}
	var list []key
	for rows.Next() {
		var k key
		if err := rows.Scan(&k.from, &k.to, &k.schema, &k.table, &k.name, &k.deferrable); err != nil {
			return nil, wrap("list the foreign keys", err)
		}
		list = append(list, k)
	}
	return list, wrap("list the foreign keys", rows.Err())
}

// ordered sorts tables by their foreign keys. Where those form a circle (a lead
// knows its opportunity, and the opportunity its lead) one of them comes first, and
// Restore checks its keys at the end. A reference of a table to itself is checked
// when its COPY ends and needs no order.
func ordered(ctx context.Context, q querier, list []Table) ([]Table, error) {
	keys, err := foreignKeys(ctx, q)
	if err != nil {
		return nil, err
	}
	needs, needed := map[string]map[string]bool{}, map[string]int{}
	for _, t := range list {
		needs[t.Name] = map[string]bool{}
	}
	for _, k := range keys {
		if needs[k.from] != nil && needs[k.to] != nil && !needs[k.from][k.to] {
			needs[k.from][k.to] = true
			needed[k.to]++
		}
	}
	var out []Table
	rest := slices.Clone(list)
	for len(rest) > 0 {
		best := 0
		for i, t := range rest { // the fewest missing; of equals the most wanted
			a, b := len(needs[t.Name]), len(needs[rest[best].Name])
			if a < b || a == b && a > 0 && needed[t.Name] > needed[rest[best].Name] {
				best = i
			}
		}
		t := rest[best]
		rest = slices.Delete(rest, best, best+1)
		out = append(out, t)
		for _, n := range needs {
			delete(n, t.Name)
		}
	}
	return out, nil
}

// sequences lists the sequences of the suite with their state.
func sequences(ctx context.Context, q querier) ([]Sequence, error) {
	rows, err := q.Query(ctx, `
		SELECT n.nspname, s.relname, coalesce(tn.nspname || '.' || t.relname, ''), coalesce(a.attname, '')
		  FROM pg_class s JOIN pg_namespace n ON n.oid = s.relnamespace
		  LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
		  LEFT JOIN pg_class t ON t.oid = d.refobjid LEFT JOIN pg_namespace tn ON tn.oid = t.relnamespace
		  LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
		 WHERE s.relkind = 'S' AND s.relpersistence = 'p' AND n.nspname = ANY($1)
		 ORDER BY n.nspname COLLATE "C", s.relname COLLATE "C"`, schemas)
	if err != nil {
		return nil, wrap("list the sequences", err)
	}
	var list []Sequence
	for rows.Next() {
		var s Sequence
		if err := rows.Scan(&s.schema, &s.sequence, &s.Table, &s.Column); err != nil {
			return nil, wrap("list the sequences", err)
		}
		if s.Table == "" {
			s.Name = s.schema + "." + s.sequence
		}
		list = append(list, s)
	}
	if err := rows.Err(); err != nil {
		return nil, wrap("list the sequences", err)
	}
	for i := range list {
		s := &list[i]
		if err := q.QueryRow(ctx, "SELECT last_value, is_called FROM "+quote(s.schema, s.sequence)).Scan(&s.Last, &s.Called); err != nil {
			return nil, wrap("read sequence "+s.sequence, err)
		}
	}
	return list, nil
}

func quote(names ...string) string { return pgx.Identifier(names).Sanitize() }

func (t Table) quoted() string { return quote(t.schema, t.table) }

func (t Table) columnList() string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = quote(c.Name)
	}
	return strings.Join(names, ", ")
}

// all names every table for statements that take a list.
func all(list []Table) string {
	names := make([]string, len(list))
	for i, t := range list {
		names[i] = t.quoted()
	}
	return strings.Join(names, ", ")
}
