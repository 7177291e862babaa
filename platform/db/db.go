// Package db is the connection to PostgreSQL: transactions carried in ctx, the
// generic store behind every document type, and migrations. With internal/store
// of the modules it is the only importer of gorm.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"meridian/platform/errs"
	"meridian/platform/record"
)

// AppRole is the role the program works as. It owns nothing and has no UPDATE,
// DELETE or TRUNCATE on append-only tables; migrations run as the owner.
const AppRole = "meridian_app"

// DB is one database.
type DB struct {
	gorm *gorm.DB
	pool *sql.DB
	side *sql.DB // for short work beside a transaction, so it never waits for the pool that transaction holds
	dsn  string
	own  bool // works as the owner

	// Visible answers which rows of object the reader of ctx may see. It is set
	// while wiring; until then guarded reads are refused.
	Visible func(ctx context.Context, object, action string) (record.Pred, error)
	// Subtree lists a department and those below it; set while wiring.
	Subtree func(dept int64) []int64

	confined map[string]confined // by object
}

// Options tune Open.
type Options struct {
	MaxConns int // default 40
	Owner    bool
	// Zone is where a moment becomes a day (::date, current_date); UTC if empty. What is
	// of a company with another zone names it.
	Zone string
}

// Open connects to dsn. Unless o.Owner is set, every connection works as AppRole.
func Open(ctx context.Context, dsn string, o Options) (*DB, error) {
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("parse database address: %w", err)
	}
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = "meridian"
	}
	cfg.RuntimeParams["timezone"] = "UTC"
	if o.Zone != "" {
		cfg.RuntimeParams["timezone"] = o.Zone
	}
	opts := []stdlib.OptionOpenDB{stdlib.OptionAfterConnect(func(ctx context.Context, c *pgx.Conn) error {
		c.TypeMap().RegisterType(&pgtype.Type{Name: "numeric", OID: pgtype.NumericOID, Codec: decimalText{}})
		if o.Owner {
			return nil
		}
		return asApp(ctx, c)
	})}
	pool := stdlib.OpenDB(*cfg, opts...)
	n := o.MaxConns
	if n == 0 {
		n = 40
	}
	pool.SetMaxOpenConns(n)
	pool.SetMaxIdleConns(n)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	if err := pool.PingContext(ctx); err != nil {
		_ = pool.Close()
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	g, err := gorm.Open(postgres.New(postgres.Config{Conn: pool}), &gorm.Config{
		SkipDefaultTransaction: true,
		DisableAutomaticPing:   true,
		Logger:                 logger.Discard, // errors are returned, and logged once at the edge
		NowFunc:                nil,
	})
	if err != nil {
		return nil, fmt.Errorf("open gorm: %w", err)
	}
	side := stdlib.OpenDB(*cfg, opts...)
	side.SetMaxOpenConns(3)
	return &DB{gorm: g, pool: pool, side: side, dsn: dsn, own: o.Owner}, nil
}

// Close closes every connection.
func (d *DB) Close() error { return errors.Join(d.side.Close(), d.pool.Close()) }

// Side is a small pool of its own for short statements that must commit beside the
// transaction of ctx (numbers).
func (d *DB) Side() *sql.DB { return d.side }

// Pool is the pool under the store, for packages of the platform that need a
// connection of their own (LISTEN, River, COPY).
func (d *DB) Pool() *sql.DB { return d.pool }

// NewPool opens a pool of pgx itself, for the job queue. The caller closes it.
func (d *DB) NewPool(ctx context.Context, conns int32) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(d.dsn)
	if err != nil {
		return nil, fmt.Errorf("parse database address: %w", err)
	}
	cfg.MaxConns, cfg.MinConns = conns, 0
	if !d.own {
		cfg.AfterConnect = asApp
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	return pool, nil
}

func asApp(ctx context.Context, c *pgx.Conn) error {
	_, err := c.Exec(ctx, "SET ROLE "+AppRole)
	return err
}

// decimalText has the server write decimals as text, which is how money reads them.
type decimalText struct{ pgtype.NumericCodec }

// PreferredFormat implements pgtype.Codec.
func (decimalText) PreferredFormat() int16 { return pgtype.TextFormatCode }

type txKey struct{}

type tx struct {
	gorm   *gorm.DB
	conn   *sql.Conn
	begun  bool // BEGIN has been sent
	sent   int  // how often what waited was sent
	after  []func()
	late   []late
	depth  int // of savepoints
	values map[any]any
}

// rollbackTime is how long undoing may take before the connection is given up.
const rollbackTime = 5 * time.Second

func txOf(ctx context.Context) *tx { t, _ := ctx.Value(txKey{}).(*tx); return t }

// InTx reports whether ctx carries a transaction.
func InTx(ctx context.Context) bool { return txOf(ctx) != nil }

// Detach returns ctx without its transaction, for readings that must see only what
// has been committed.
func Detach(ctx context.Context) context.Context { return context.WithValue(ctx, txKey{}, (*tx)(nil)) }

// Tx runs fn in a transaction and commits it if fn returns nil. Inside another
// Tx it joins that one. Serialisation failures and deadlocks of the outermost
// transaction are tried again, so fn must do nothing that cannot be repeated.
func (d *DB) Tx(ctx context.Context, fn func(ctx context.Context) error) error {
	if InTx(ctx) {
		return fn(ctx)
	}
	var err error
	for try := range 4 {
		if try > 0 {
			time.Sleep(time.Duration(5+rand.IntN(20*try)) * time.Millisecond)
		}
		if err = d.once(ctx, fn); !retryable(err) {
			return err
		}
		slog.DebugContext(ctx, "transaction tried again", slog.Int("try", try+1), slog.Any("error", err))
	}
	return err
}

func (d *DB) once(ctx context.Context, fn func(ctx context.Context) error) error {
	conn, err := d.pool.Conn(ctx)
	if err != nil {
		return fmt.Errorf("take a connection: %w", err)
	}
	t := &tx{conn: conn, gorm: d.gorm.Session(&gorm.Session{NewDB: true, Context: ctx})}
	t.gorm.Statement.ConnPool = conn
	t.begin()
	done := false
	defer func() { // also when fn panics
		if !done {
			t.rollback(ctx)
			_ = conn.Close()
		}
	}()
	if err := fn(context.WithValue(ctx, txKey{}, t)); err != nil {
		return err
	}
	if err := t.commit(ctx); err != nil {
		return err
	}
	done = true
	_ = conn.Close() // what runs after the commit may need a connection of its own
	for _, f := range t.after {
		f()
	}
	return nil
}

// AfterCommit runs f when the transaction of ctx has been committed; for nudges
// that may be lost, never for work. Without a transaction f runs at once.
func AfterCommit(ctx context.Context, f func()) {
	if t := txOf(ctx); t != nil {
		t.after = append(t.after, f)
		return
	}
	f()
}

// Once reports true the first time it is asked about key in this transaction.
func Once(ctx context.Context, key any) bool {
	t := txOf(ctx)
	if t == nil {
		return true
	}
	if _, seen := t.values[key]; seen {
		return false
	}
	if t.values == nil {
		t.values = map[any]any{}
	}
	t.values[key] = true
	return true
}

// Savepoint runs fn so that its failure undoes its own writes and leaves the
// transaction of ctx usable. Imports and bulk work use it per row.
func (d *DB) Savepoint(ctx context.Context, fn func(ctx context.Context) error) error {
	t := txOf(ctx)
	if t == nil {
		return d.Tx(ctx, fn)
	}
	t.depth++
	defer func() { t.depth-- }()
	name := fmt.Sprintf("s%d", t.depth)
	sent, waiting := t.sent, len(t.late)
	t.late = append(t.late, late{q: "SAVEPOINT " + name})
	err := fn(ctx)
	if err == nil {
		t.late = append(t.late, late{q: "RELEASE SAVEPOINT " + name})
		err = t.flush(ctx)
	}
	if err == nil {
		return nil
	}
	if t.sent == sent { // it never reached the server
		t.late = t.late[:waiting]
		return err
	}
	t.late = nil
	if e := d.Exec(ctx, "ROLLBACK TO SAVEPOINT "+name+"; RELEASE SAVEPOINT "+name); e != nil {
		return errors.Join(err, e)
	}
	return err
}

// Conn gives the pgx connection of the transaction in ctx to fn; River's bridge
// and COPY need it. It fails outside a transaction.
func (d *DB) Conn(ctx context.Context, fn func(c *pgx.Conn) error) error {
	t := txOf(ctx)
	if t == nil {
		return errors.New("db: Conn outside a transaction")
	}
	if err := t.flush(ctx); err != nil {
		return err
	}
	return t.conn.Raw(func(driver any) error { return fn(driver.(*stdlib.Conn).Conn()) })
}

// Gorm returns the session of ctx: the transaction if there is one, else a
// session on the pool that only reads.
func (d *DB) Gorm(ctx context.Context) *gorm.DB {
	if t := txOf(ctx); t != nil {
		err := t.flush(ctx)
		g := t.gorm.WithContext(ctx)
		if err != nil {
			_ = g.AddError(err) // whatever is asked of g answers with it
		}
		return g
	}
	return d.gorm.WithContext(ctx)
}

type runner interface {
	QueryContext(ctx context.Context, q string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, q string, args ...any) (sql.Result, error)
}

func (d *DB) runner(ctx context.Context) (runner, error) {
	if t := txOf(ctx); t != nil {
		return t.conn, t.flush(ctx)
	}
	return d.pool, nil
}

// Exec runs a statement of the platform or of a module's store with $1 ...
// arguments. Outside a transaction it is refused: a write must not escape the
// unit of work.
func (d *DB) Exec(ctx context.Context, q string, args ...any) error {
	_, err := d.ExecN(ctx, q, args...)
	return err
}

// ExecN is Exec that returns the number of rows changed.
func (d *DB) ExecN(ctx context.Context, q string, args ...any) (int64, error) {
	if !InTx(ctx) {
		return 0, errors.New("db: write outside a transaction")
	}
	t := txOf(ctx)
	var tag pgconn.CommandTag
	if len(args) > 0 {
		err := t.ask(ctx, question{q: q, args: args, tag: &tag})
		return tag.RowsAffected(), err
	}
	if err := t.flush(ctx); err != nil {
		return 0, err
	}
	err := t.conn.Raw(func(x any) (err error) { // without arguments it may be several statements
		tag, err = x.(*stdlib.Conn).Conn().Exec(ctx, q)
		return err
	})
	return tag.RowsAffected(), Translate(err)
}

// Row scans the single row of q into dest. It returns false when there is none.
func (d *DB) Row(ctx context.Context, q string, args []any, dest ...any) (bool, error) {
	found := false
	err := d.ask(ctx, question{q: q, args: args, read: func(rows pgx.Rows) error {
		if found = rows.Next(); !found {
			return nil
		}
		if err := rows.Scan(dest...); err != nil {
			return fmt.Errorf("scan: %w", err)
		}
		return nil
	}})
	return found && err == nil, err
}

// Each calls scan for every row of q.
func (d *DB) Each(ctx context.Context, q string, args []any, scan func(r *sql.Rows) error) error {
	run, err := d.runner(ctx)
	if err != nil {
		return err
	}
	rows, err := run.QueryContext(ctx, q, args...)
	if err != nil {
		return Translate(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return Translate(rows.Err())
}

// Code is the SQLSTATE of an error of the server, "" for any other.
func Code(err error) string {
	if pe, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pe.Code
	}
	return ""
}

func retryable(err error) bool {
	c := Code(err)
	return c == "40001" || c == "40P01"
}

// Unavailable reports whether err means the server is gone or restarting.
func Unavailable(err error) bool {
	if c := Code(err); len(c) == 5 && (c[:2] == "08" || c[:3] == "57P") {
		return true
	}
	_, ok := errors.AsType[*pgconn.ConnectError](err)
	return ok || errors.Is(err, sql.ErrConnDone)
}

// Translate turns what the database refused into an error of the suite. Broken
// rules of the schema are the backstop; the messages say which one.
func Translate(err error) error {
	pe, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return err
	}
	switch pe.Code {
	case "23505":
		return uniqueError(pe, err)
	case "23503":
		return errs.Wrap(errs.Conflict, err, "This refers to a record that does not exist, or other records still use it.")
	case "23514", "23502", "22003", "22001":
		return errs.Wrap(errs.Invalid, err, "A value breaks a rule of the database ({0}).", nonEmpty(pe.ConstraintName, pe.ColumnName))
	case "22021", "22P05":
		return errs.Wrap(errs.Invalid, err, "The text holds a character that cannot be stored.")
	case "P0001":
		if pe.Hint == "precondition" {
			return errs.Wrap(errs.Precondition, err, pe.Message)
		}
	}
	return err
}

func nonEmpty(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
