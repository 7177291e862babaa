package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"meridian/platform/db"
)

// Restore loads an archive into an empty database: one without a schema, or one
// that only holds what the first start made. It reads the archive twice, once to
// verify it before anything is changed. Then it brings the schema to the version
// of the backup, loads everything in one transaction, and brings the schema to the
// newest version of files.
//
// owner must be opened with Options.Owner, for Restore alone: other connections of
// the program to this database mean that a server runs, and Restore refuses.
//
// It fails with ErrDamaged, ErrVersion, ErrInUse or ErrNotEmpty before it changes
// anything. A failure while loading leaves the data as it was; the schema may have
// been migrated by then.
func Restore(ctx context.Context, owner *db.DB, archive io.ReadSeeker, files fs.FS) (Manifest, error) {
	m, err := Verify(archive)
	if err != nil {
		return m, err
	}
	if _, err := archive.Seek(0, io.SeekStart); err != nil {
		return m, wrap("read the backup again", err)
	}
	to, err := upTo(files, m.Schema)
	if err != nil {
		return m, err
	}
	owner.Pool().SetMaxIdleConns(0) // a connection of ours must not look like a server
	if err := onConn(ctx, owner, func(c *pgx.Conn) error { return m.admissible(ctx, c) }); err != nil {
		return m, err
	}
	if _, err := db.Migrate(ctx, owner, to); err != nil {
		return m, err
	}
	err = onConn(ctx, owner, func(c *pgx.Conn) error {
		return pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error { return m.load(ctx, tx, archive) })
	})
	if err != nil {
		return m, err
	}
	if _, err := db.Migrate(ctx, owner, files); err != nil {
		return m, fmt.Errorf("the data is restored, but the schema is not the newest: %w", err)
	}
	return m, m.analyze(ctx, owner)
}

// admissible refuses a database that is newer, used or not empty.
func (m *Manifest) admissible(ctx context.Context, c *pgx.Conn) error {
	have, err := schemaVersion(ctx, c)
	if err != nil {
		return err
	}
	if have > m.Schema {
		return fmt.Errorf("%w: the database is at version %d, the backup at %d; restore into a new database (or a new MERIDIAN_DATA folder)", ErrVersion, have, m.Schema)
	}
	if err := alone(ctx, c); err != nil {
		return err
	}
	list, err := tables(ctx, c)
	if err != nil {
		return err
	}
	return empty(ctx, c, list)
}

// alone waits a moment for connections that are just ending.
func alone(ctx context.Context, q querier) error {
	for try := 0; ; try++ {
		var n int
		if err := q.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND application_name = 'meridian' AND pid <> pg_backend_pid()`).Scan(&n); err != nil {
			return wrap("look for other programs", err)
		}
		if n == 0 {
			return nil
		}
		if try == 30 {
			return ErrInUse
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// empty refuses business data: a document of any module, a move of any process, or
// more people and organisation than the first start makes.
func empty(ctx context.Context, q querier, list []Table) error {
	allowed := map[string]int{"core.user": 1, "core.company": 1, "core.department": 1}
	for _, t := range list {
		document := slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Name == "created_by" }) &&
			slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Name == "no" })
		if !document && t.Name != "core.proc_event" {
			continue
		}
		var n int
		if err := q.QueryRow(ctx, fmt.Sprintf("SELECT count(*) FROM (SELECT FROM %s LIMIT 2) x", t.quoted())).Scan(&n); err != nil {
			return wrap("look into "+t.Name, err)
		}
		if n > allowed[t.Name] {
			return fmt.Errorf("%w: there are rows in %s; take a new database (or a new MERIDIAN_DATA folder)", ErrNotEmpty, t.Name)
		}
	}
	return nil
}

// load replaces the rows of every table. User triggers are off for the length of
// the transaction: they guard stages, notify people and keep derived columns,
// which the backup holds. Foreign keys stay on, those of circles are checked at the
// end: a backup that breaks one does not get in. (session_replication_role would
// switch them off, and needs a superuser.)
func (m *Manifest) load(ctx context.Context, tx pgx.Tx, archive io.Reader) error {
	if _, err := tx.Exec(ctx, settings+"; SELECT core.make_partitions(13)"); err != nil {
		return wrap("prepare the database", err)
	}
	have, err := tables(ctx, tx)
	if err != nil {
		return err
	}
	if err := m.fits(have); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "LOCK TABLE "+all(have)+" IN ACCESS EXCLUSIVE MODE"); err != nil {
		return wrap("lock the tables", err)
	}
	if err := empty(ctx, tx, have); err != nil {
		return err
	}
	before, err := walls(ctx, tx)
	if err != nil {
		return err
	}
	if err := setTriggers(ctx, tx, "DISABLE"); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "TRUNCATE "+all(have)); err != nil {
		return wrap("clear the rows of the first start", err)
	}
	later, err := m.forward(ctx, tx)
	if err != nil {
		return err
	}
	if err := setKeys(ctx, tx, later, "DEFERRABLE INITIALLY DEFERRED"); err != nil {
		return err
	}
	if err := m.copyIn(ctx, tx, archive, have); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "SET CONSTRAINTS ALL IMMEDIATE"); err != nil {
		return wrap("check the constraints", err)
	}
	if err := setKeys(ctx, tx, later, "NOT DEFERRABLE"); err != nil {
		return err
	}
	if err := m.setSequences(ctx, tx); err != nil {
		return err
	}
	if err := setTriggers(ctx, tx, "ENABLE"); err != nil {
		return err
	}
	after, err := walls(ctx, tx)
	if err != nil {
		return err
	}
	if before != after {
		return errors.New("the triggers or foreign keys of the database are not as the migrations made them: it was changed by hand")
	}
	return m.recount(ctx, tx, have)
}

// fits compares the tables and columns of backup and database.
func (m *Manifest) fits(have []Table) error {
	describe := func(list []Table) map[string]string {
		out := map[string]string{}
		for _, t := range list {
			out[t.Name] = fmt.Sprint(t.Columns)
		}
		return out
	}
	want, got := describe(m.Tables), describe(have)
	for name, columns := range want {
		if got[name] != columns {
			return fmt.Errorf("%w: table %s is %q in the database and %q in the backup", ErrVersion, name, got[name], columns)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			return fmt.Errorf("%w: the backup has no table %s", ErrVersion, name)
		}
	}
	return nil
}

// copyIn loads the tables in the order of the archive.
func (m *Manifest) copyIn(ctx context.Context, tx pgx.Tx, archive io.Reader, have []Table) error {
	a, err := newReader(archive)
	if err != nil {
		return err
	}
	for {
		name, more, err := a.next()
		if err != nil || !more {
			return err
		}
		is := func(t Table) bool { return t.Name == name }
		i, j := slices.IndexFunc(m.Tables, is), slices.IndexFunc(have, is)
		if i < 0 || j < 0 {
			return damaged("table %s appeared since it was verified", name)
		}
		sum := newTally()
		into := "COPY " + have[j].quoted() + " (" + have[j].columnList() + ") FROM STDIN"
		tag, err := tx.Conn().PgConn().CopyFrom(ctx, io.TeeReader(a, sum), into)
		switch {
		case a.err != nil:
			return a.err
		case err != nil:
			return fmt.Errorf("load %s: %w", name, err)
		case !sum.agrees(m.Tables[i]) || tag.RowsAffected() != m.Tables[i].Rows:
			return damaged("table %s changed since it was verified", name)
		}
	}
}

// recount counts the rows that are really there.
func (m *Manifest) recount(ctx context.Context, q querier, have []Table) error {
	for _, t := range m.Tables {
		i := slices.IndexFunc(have, func(h Table) bool { return h.Name == t.Name })
		var n int64
		if err := q.QueryRow(ctx, "SELECT count(*) FROM "+have[i].quoted()).Scan(&n); err != nil {
			return wrap("count "+t.Name, err)
		}
		if n != t.Rows {
			return fmt.Errorf("%s has %d rows after loading, the backup says %d", t.Name, n, t.Rows)
		}
	}
	return nil
}

func (m *Manifest) setSequences(ctx context.Context, tx pgx.Tx) error {
	have, err := sequences(ctx, tx)
	if err != nil {
		return err
	}
	for _, s := range m.Sequences {
		i := slices.IndexFunc(have, func(h Sequence) bool { return h.key() == s.key() })
		if i < 0 {
			return fmt.Errorf("%w: the database has no sequence %s", ErrVersion, s.key())
		}
		if _, err := tx.Exec(ctx, "SELECT setval($1::text::regclass, $2, $3)", quote(have[i].schema, have[i].sequence), s.Last, s.Called); err != nil {
			return wrap("set sequence "+s.key(), err)
		}
	}
	return nil
}

// forward lists the foreign keys to a table that is loaded later.
func (m *Manifest) forward(ctx context.Context, q querier) ([]key, error) {
	keys, err := foreignKeys(ctx, q)
	if err != nil {
		return nil, err
	}
	place := map[string]int{}
	for i, t := range m.Tables {
		place[t.Name] = i
	}
	return slices.DeleteFunc(keys, func(k key) bool { return k.deferrable || place[k.to] <= place[k.from] }), nil
}

// setKeys switches when foreign keys are checked. Only those of circles are worth
// it: a check put off costs memory for every row.
func setKeys(ctx context.Context, tx pgx.Tx, keys []key, when string) error {
	list := make([]string, len(keys))
	for i, k := range keys {
		list[i] = "ALTER TABLE " + quote(k.schema, k.table) + " ALTER CONSTRAINT " + quote(k.name) + " " + when
	}
	_, err := tx.Exec(ctx, strings.Join(list, ";"))
	return wrap("switch the foreign keys", err)
}

// walls is the state of all user triggers and foreign keys as one text.
func walls(ctx context.Context, q querier) (string, error) {
	var s string
	err := q.QueryRow(ctx, `
		SELECT (SELECT coalesce(string_agg(t.oid::text || ' ' || t.tgenabled::text, ',' ORDER BY t.oid), '')
		          FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		         WHERE NOT t.tgisinternal AND n.nspname = ANY($1))
		    || (SELECT coalesce(string_agg(k.oid::text || ' ' || k.condeferrable::text || ' ' || k.condeferred::text, ',' ORDER BY k.oid), '')
		          FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace WHERE n.nspname = ANY($1))`, schemas).Scan(&s)
	return s, wrap("read the triggers", err)
}

// setTriggers switches the user triggers of every table and partition.
func setTriggers(ctx context.Context, tx pgx.Tx, verb string) error {
	rows, err := tx.Query(ctx, `
		SELECT DISTINCT n.nspname, c.relname, c.relispartition
		  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		 WHERE NOT t.tgisinternal AND n.nspname = ANY($1) ORDER BY 3, 1, 2`, schemas)
	if err != nil {
		return wrap("list the triggers", err)
	}
	var list []string
	for rows.Next() {
		var s, t string
		var partition bool
		if err := rows.Scan(&s, &t, &partition); err != nil {
			return wrap("list the triggers", err)
		}
		list = append(list, "ALTER TABLE "+quote(s, t)+" "+verb+" TRIGGER USER")
	}
	if err := rows.Err(); err != nil {
		return wrap("list the triggers", err)
	}
	_, err = tx.Exec(ctx, strings.Join(list, ";"))
	return wrap("switch the triggers", err)
}

// analyze gives the planner its numbers, so that the first hour is not a slow one.
func (m *Manifest) analyze(ctx context.Context, owner *db.DB) error {
	return onConn(ctx, owner, func(c *pgx.Conn) error {
		list, err := tables(ctx, c)
		if err != nil {
			return err
		}
		_, err = c.Exec(ctx, "ANALYZE "+all(list))
		return wrap("analyze", err)
	})
}

// until shows the migrations up to a version.
type until struct {
	fs.FS
	version int64
}

// upTo refuses a version the program does not have.
func upTo(files fs.FS, version int64) (fs.FS, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, wrap("list the migrations", err)
	}
	if !slices.ContainsFunc(names, func(n string) bool { return migration(n) == version }) {
		return nil, fmt.Errorf("%w: its schema is version %d, which this program does not have; take the program that wrote it or a newer one", ErrVersion, version)
	}
	return until{files, version}, nil
}

// migration is the version in the name of a file, 0 without one.
func migration(name string) int64 {
	digits, _, _ := strings.Cut(name, "_")
	v, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0
	}
	return v
}

// ReadDir lists the folder without the later files.
func (u until) ReadDir(name string) ([]fs.DirEntry, error) {
	list, err := fs.ReadDir(u.FS, name)
	return slices.DeleteFunc(list, func(e fs.DirEntry) bool { return migration(e.Name()) > u.version }), err
}
