package backup

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"meridian/migrations"
	"meridian/platform/db"
	"meridian/platform/db/dbtest"
	"meridian/platform/jobs/schema"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// ownerOf opens a database as its owner.
func ownerOf(t testing.TB, dsn string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), dsn, db.Options{Owner: true, MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func exec(t testing.TB, d *db.DB, statements ...string) {
	t.Helper()
	for _, q := range statements {
		if _, err := d.Pool().ExecContext(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

// bare makes a database without a schema. With a role it belongs to that one,
// which is no superuser.
func bare(t testing.TB, name, role string) string {
	t.Helper()
	dsn := dbtest.DSN(t)
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	admin := ownerOf(t, dsn)
	if role != "" {
		exec(t, admin, "CREATE ROLE "+role+" LOGIN CREATEROLE PASSWORD 'secret'")
		u.User = url.UserPassword(role, "secret")
		exec(t, admin, "CREATE DATABASE "+name+" TEMPLATE template0 OWNER "+role)
	} else {
		exec(t, admin, "CREATE DATABASE "+name+" TEMPLATE template0")
	}
	u.Path = "/" + name
	return u.String()
}

const event = `INSERT INTO core.proc_event (at, instance_id, seq, kind, process, version, object_type, object_id, move, from_stage, to_stage, actor, company_id, dept_id, reason, hash)
	SELECT now() - make_interval(mins => g), g, 1, 'move', 'ltc.order', 1, 'ltc.order', g, 'confirm', 'draft', 'confirmed', 1, 1, 1, E'tab\t, line\nfeed, \\. 中文', sha256(g::text::bytea)
	FROM generate_series(1, %d) g`

// fill puts rows of the troublesome kinds into a database: references to the own
// table, both partitions, sessions, binary, times, empty and missing values.
func fill(t testing.TB, d *db.DB) {
	t.Helper()
	exec(t, d,
		`INSERT INTO core.company (no, company_id, created_at, updated_at, name) VALUES ('C01', 1, now(), now(), '华东精工')`,
		`INSERT INTO core.department (no, company_id, created_at, updated_at, name) VALUES ('D1', 1, now(), now(), 'b')`,
		`INSERT INTO core.department (no, company_id, created_at, updated_at, name, parent_id) VALUES ('D2', 1, now(), now(), 'a', 1)`,
		`UPDATE core.department SET name = 'moved behind its child' WHERE id = 1`,
		`INSERT INTO core."user" (no, company_id, created_at, updated_at, username, name, archived_at) VALUES ('U1', 1, now(), '2026-02-28 23:59:59.123456+00', 'admin', '', 'infinity')`,
		`INSERT INTO core."user" (no, company_id, created_at, updated_at, username, name, custom) VALUES ('U2', 1, now(), now(), 'li', E'N\\N', '{"a": "1.10"}')`,
		`INSERT INTO core.session (token, data, expires_at) VALUES ('\x00ff', '\x00', now())`,
		`INSERT INTO core.attachment_body VALUES ('x', '\x000a0d5c2e')`,
		`INSERT INTO core.delegation (from_user, to_user, valid) VALUES (1, 2, '[2026-01-01, infinity)')`,
		fmt.Sprintf(event, 50),
		`INSERT INTO core.obj_link (source_type, source_id, target_type, target_id, relation) VALUES ('ltc.order', 1, 'ltc.invoice', 2, 'source')`,
		`INSERT INTO core.notification (user_id, kind, message) VALUES (1, 'task', 'x')`,
		`DELETE FROM core.notification`,
	)
}

func write(t testing.TB, d *db.DB) ([]byte, Manifest) {
	t.Helper()
	var b bytes.Buffer
	m, err := Write(t.Context(), d, &b, "test")
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), m
}

// same compares what two databases hold, by the checksums of their tables.
func same(t testing.TB, got, want Manifest) {
	t.Helper()
	if len(got.Tables) != len(want.Tables) {
		t.Fatalf("%d tables, want %d", len(got.Tables), len(want.Tables))
	}
	for i, w := range want.Tables {
		if g := got.Tables[i]; g.Name != w.Name || g.Rows != w.Rows || g.SHA256 != w.SHA256 {
			t.Errorf("table %s has %d rows %.8s, want %s with %d rows %.8s", g.Name, g.Rows, g.SHA256, w.Name, w.Rows, w.SHA256)
		}
	}
	if !slices.Equal(got.Sequences, want.Sequences) {
		t.Errorf("sequences are %v, want %v", got.Sequences, want.Sequences)
	}
}

// TestSchemas fails when a migration adds a schema that would not be backed up. That
// none has a column with unknown transaction ids is what Write checks.
func TestSchemas(t *testing.T) {
	t.Parallel()
	d := ownerOf(t, dbtest.DSN(t))
	var got []string
	rows, err := d.Pool().QueryContext(t.Context(), `SELECT nspname::text FROM pg_namespace WHERE nspname NOT LIKE 'pg\_%' AND nspname NOT IN ('information_schema', 'public') ORDER BY nspname COLLATE "C"`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		got = append(got, s)
	}
	want := append(slices.Clone(schemas), schema.Name) // the queue holds work under way, nothing to keep
	slices.Sort(want)
	if rows.Err() != nil || !slices.Equal(got, want) {
		t.Errorf("the migrations make %v, a backup knows %v (%v)", got, want, rows.Err())
	}
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, role string }{{"by_superuser", ""}, {"by_plain_owner", "site_owner"}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			from := ownerOf(t, dbtest.DSN(t))
			fill(t, from)
			archive, want := write(t, from)
			dsn := bare(t, c.name, c.role)
			to := ownerOf(t, dsn)
			if _, err := Restore(t.Context(), to, bytes.NewReader(archive), migrations.FS); err != nil {
				t.Fatal(err)
			}
			_, got := write(t, to)
			same(t, got, want)

			var xids, sessions int
			if err := to.Pool().QueryRowContext(t.Context(), `SELECT (SELECT count(DISTINCT xid) FROM core.proc_event WHERE xid < pg_snapshot_xmin(pg_current_snapshot())), (SELECT count(*) FROM core.session)`).Scan(&xids, &sessions); err != nil {
				t.Fatal(err)
			}
			if xids != 1 || sessions != 0 {
				t.Errorf("%d transaction ids and %d sessions, want 1 and 0", xids, sessions)
			}
			for _, q := range []string{"UPDATE core.proc_event SET seq = 9", "DELETE FROM core.obj_link", "TRUNCATE core.audit_entry", "TRUNCATE core.proc_event_history"} {
				if _, err := to.Pool().ExecContext(t.Context(), q); err == nil {
					t.Errorf("%s went through: the walls are not back", q)
				}
			}
			if _, err := Restore(t.Context(), to, bytes.NewReader(archive), migrations.FS); !errors.Is(err, ErrNotEmpty) {
				t.Errorf("a second restore answers %v, want ErrNotEmpty", err)
			}
			_, got = write(t, to)
			same(t, got, want)
		})
	}
}

// TestOlderSchema restores what an older program wrote.
func TestOlderSchema(t *testing.T) {
	t.Parallel()
	old := until{migrations.FS, 20261121010000}
	from := ownerOf(t, bare(t, "older", ""))
	if _, err := db.Migrate(t.Context(), from, old); err != nil {
		t.Fatal(err)
	}
	fill(t, from)
	archive, want := write(t, from)
	if want.Schema != old.version {
		t.Fatalf("schema %d, want %d", want.Schema, old.version)
	}

	to := ownerOf(t, bare(t, "newer", ""))
	if _, err := Restore(t.Context(), to, bytes.NewReader(archive), migrations.FS); err != nil {
		t.Fatal(err)
	}
	_, got := write(t, to)
	if got.Schema <= old.version || len(got.Tables) <= len(want.Tables) {
		t.Errorf("the schema stayed at %d", got.Schema)
	}
	if got.Rows()-want.Rows() > 10 || got.Rows() < want.Rows() { // later migrations bring a few rows
		t.Errorf("%d rows, want %d", got.Rows(), want.Rows())
	}

	if _, err := Restore(t.Context(), ownerOf(t, dbtest.DSN(t)), bytes.NewReader(archive), migrations.FS); !errors.Is(err, ErrVersion) {
		t.Errorf("an older backup into a newer schema answers %v, want ErrVersion", err)
	}
	newer, _ := write(t, to)
	if _, err := Restore(t.Context(), ownerOf(t, bare(t, "oldest", "")), bytes.NewReader(newer), old); !errors.Is(err, ErrVersion) {
		t.Errorf("a backup of a newer program answers %v, want ErrVersion", err)
	}
}

// TestDamage flips bytes and cuts the file; the database stays as it is.
func TestDamage(t *testing.T) {
	t.Parallel()
	from := ownerOf(t, dbtest.DSN(t))
	fill(t, from)
	archive, _ := write(t, from)
	to := ownerOf(t, bare(t, "untouched", ""))
	check := func(what string, b []byte) {
		t.Helper()
		if _, err := Restore(t.Context(), to, bytes.NewReader(b), migrations.FS); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s answers %v, want ErrDamaged", what, err)
		}
	}
	const header = 10 // its time and system mean nothing
	content := unpacked(archive)
	for at := header; at < len(archive); at += 1 + len(archive)/300 {
		b := bytes.Clone(archive)
		b[at] ^= 0x10
		if bytes.Equal(unpacked(b), content) {
			continue // a bit of the padding between two blocks, which says nothing
		}
		check(fmt.Sprintf("byte %d flipped", at), b)
	}
	for _, n := range []int{0, 1, header, len(archive) / 2, len(archive) - 9, len(archive) - 1} {
		check(fmt.Sprintf("cut to %d", n), archive[:n])
	}
	check("a byte more", append(bytes.Clone(archive), 0))
	check("another archive behind", append(bytes.Clone(archive), archive...))
	check("a text", []byte("PGDMP"))
	if err := onlyBare(t.Context(), to); err != nil {
		t.Error(err)
	}
}

// unpacked is what a reader sees of an archive; nil when it is damaged.
func unpacked(b []byte) []byte {
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil
	}
	out, err := io.ReadAll(r)
	if err != nil {
		return nil
	}
	return out
}

func onlyBare(ctx context.Context, d *db.DB) error {
	var n int
	err := d.Pool().QueryRowContext(ctx, `SELECT count(*) FROM pg_namespace WHERE nspname = ANY($1)`, schemas).Scan(&n)
	if err == nil && n > 0 {
		err = fmt.Errorf("%d schemas were made", n)
	}
	return err
}

// TestAllOrNothing breaks a foreign key inside a sound archive.
func TestAllOrNothing(t *testing.T) {
	t.Parallel()
	from := ownerOf(t, dbtest.DSN(t))
	fill(t, from)
	exec(t, from, `ALTER TABLE core.department DISABLE TRIGGER ALL`, `UPDATE core.department SET parent_id = 99 WHERE id = 2`)
	archive, _ := write(t, from)
	to := ownerOf(t, dbtest.DSN(t))
	exec(t, to, `INSERT INTO core.company (no, company_id, created_at, updated_at, name) VALUES ('C01', 1, now(), now(), 'bootstrap')`)
	_, before := write(t, to)
	if _, err := Restore(t.Context(), to, bytes.NewReader(archive), migrations.FS); db.Code(err) != "23503" {
		t.Errorf("a broken reference answers %v, want a foreign key error", err)
	}
	_, after := write(t, to)
	same(t, after, before)
	if _, err := to.Pool().ExecContext(t.Context(), "TRUNCATE core.obj_link"); err == nil {
		t.Error("the walls are gone")
	}
}

// TestFile looks at what stands in the folder.
func TestFile(t *testing.T) {
	t.Parallel()
	d := ownerOf(t, dbtest.DSN(t))
	dir := t.TempDir()
	path := filepath.Join(dir, "a.meridian")
	if err := os.WriteFile(path, []byte("the last good one"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := File(ctx, d, path, "test"); err == nil {
		t.Error("a cancelled backup succeeds")
	}
	if b, err := os.ReadFile(path); string(b) != "the last good one" {
		t.Errorf("a failed backup replaced the file: %q %v", b, err)
	}
	if _, err := File(t.Context(), d, path, "test"); err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadDir(dir)
	if err != nil || len(list) != 1 {
		t.Fatalf("the folder holds %v (%v), want the backup alone", list, err)
	}
	if info, err := list[0].Info(); err != nil || info.Mode() != fs.FileMode(0o600) {
		t.Errorf("mode %v (%v), want 0600", info.Mode(), err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if _, err := Verify(f); err != nil {
		t.Error(err)
	}
	if _, err := Write(t.Context(), ownerOf(t, bare(t, "nothing", "")), io.Discard, "test"); err == nil {
		t.Error("a database without a schema is backed up")
	}
}

// TestOneMoment backs up while somebody writes two rows at a time.
func TestOneMoment(t *testing.T) {
	t.Parallel()
	d := ownerOf(t, dbtest.DSN(t))
	exec(t, d, fmt.Sprintf(event, 20000))
	stop, done, under := make(chan struct{}), make(chan error, 1), make(chan struct{})
	go func() {
		for n := 1; ; n++ {
			if n == 20 {
				close(under)
			}
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			if _, err := d.Pool().ExecContext(context.WithoutCancel(t.Context()), fmt.Sprintf(`WITH x AS (INSERT INTO core.setting VALUES ('k%d', '1')) INSERT INTO core.idempotency VALUES (1, 'k%d', '', 200, '')`, n, n)); err != nil {
				done <- err
				return
			}
		}
	}()
	select {
	case <-under:
	case err := <-done:
		t.Fatal(err)
	}
	_, m := write(t, d)
	close(stop)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	rows := map[string]int64{}
	for _, tab := range m.Tables {
		rows[tab.Name] = tab.Rows
	}
	if rows["core.setting"] == 0 || rows["core.setting"] != rows["core.idempotency"] {
		t.Errorf("%d and %d rows: not one moment", rows["core.setting"], rows["core.idempotency"])
	}
}

func BenchmarkBackup(b *testing.B) {
	from := ownerOf(b, dbtest.DSN(b))
	exec(b, from, fmt.Sprintf(event, 300000),
		`INSERT INTO core.department (no, company_id, created_at, updated_at, name) SELECT 'D'||g, 1, now(), now(), 'x' FROM generate_series(1, 1) g`,
		`INSERT INTO core.import_run (object_type, file_name, state, by_user) VALUES ('x', 'x', 'done', 1)`,
		`INSERT INTO core.import_row SELECT 1, g FROM generate_series(1, 300000) g`,
		`INSERT INTO core.attachment_body SELECT g::text, (SELECT string_agg(sha256((g * 100000 + i)::text::bytea), '') FROM generate_series(1, 16000) i) FROM generate_series(1, 100) g`)
	var archive []byte
	var m Manifest
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			archive, m = write(b, from)
		}
		b.SetBytes(m.Bytes())
		b.ReportMetric(float64(m.Rows())*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		b.ReportMetric(float64(len(archive))/1e6, "archive-MB")
	})
	b.Run("verify", func(b *testing.B) {
		for b.Loop() {
			if _, err := Verify(bytes.NewReader(archive)); err != nil {
				b.Fatal(err)
			}
		}
		b.SetBytes(m.Bytes())
	})
	n := 0
	b.Run("restore", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			n++
			to := ownerOf(b, bare(b, fmt.Sprintf("bench%d", n), ""))
			b.StartTimer()
			if _, err := Restore(b.Context(), to, bytes.NewReader(archive), migrations.FS); err != nil {
				b.Fatal(err)
			}
		}
		b.SetBytes(m.Bytes())
		b.ReportMetric(float64(m.Rows())*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}
