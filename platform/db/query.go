package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// question is a statement with what reads its rows; without read it is only run.
type question struct {
	q    string
	args []any
	read func(rows pgx.Rows) error
	tag  *pgconn.CommandTag // where to leave what it changed
}

// ask puts questions to the database in one round trip, and before them what waits in
// the transaction of ctx. Outside a transaction it takes a connection of the pool.
func (d *DB) ask(ctx context.Context, list ...question) error {
	t := txOf(ctx)
	if t != nil {
		return t.ask(ctx, list...)
	}
	conn, err := d.pool.Conn(ctx)
	if err != nil {
		return fmt.Errorf("take a connection: %w", err)
	}
	defer func() { _ = conn.Close() }()
	return conn.Raw(func(x any) error { return send(ctx, x.(*stdlib.Conn).Conn(), nil, list) })
}

func (t *tx) ask(ctx context.Context, list ...question) error {
	waiting := t.late
	t.late = nil
	if len(waiting) > 0 {
		t.begun = true // the first of all is the beginning
		t.sent++
	}
	return t.conn.Raw(func(x any) error { return send(ctx, x.(*stdlib.Conn).Conn(), waiting, list) })
}

func send(ctx context.Context, c *pgx.Conn, waiting []late, list []question) error {
	if len(waiting) == 0 && len(list) == 1 {
		q := list[0]
		rows, err := c.Query(ctx, q.q, q.args...)
		if err != nil {
			return Translate(err)
		}
		return q.take(rows)
	}
	var b pgx.Batch
	for _, l := range waiting {
		b.Queue(l.q, l.args...)
	}
	for _, q := range list {
		b.Queue(q.q, q.args...)
	}
	r := c.SendBatch(ctx, &b)
	err := answers(r, waiting, list)
	if e := r.Close(); err == nil && e != nil {
		err = fmt.Errorf("write: %w", Translate(e))
	}
	return err
}

func answers(r pgx.BatchResults, waiting []late, list []question) error {
	for _, l := range waiting {
		tag, err := r.Exec()
		if err != nil {
			return Translate(err)
		}
		if l.none != nil && tag.RowsAffected() == 0 {
			return l.none
		}
	}
	for _, q := range list {
		rows, err := r.Query()
		if err != nil {
			return Translate(err)
		}
		if err := q.take(rows); err != nil {
			return err
		}
	}
	return nil
}

// take reads the answer.
func (q question) take(rows pgx.Rows) error {
	var err error
	if q.read != nil {
		err = q.read(rows)
	}
	rows.Close()
	if e := rows.Err(); e != nil {
		return Translate(e)
	}
	if q.tag != nil {
		*q.tag = rows.CommandTag()
	}
	return err
}

// numbered turns the ? of a condition into the $n of a statement.
func numbered(q string) string {
	if !strings.Contains(q, "?") {
		return q
	}
	var b strings.Builder
	n := 0
	for {
		i := strings.IndexByte(q, '?')
		if i < 0 {
			b.WriteString(q)
			return b.String()
		}
		n++
		b.WriteString(q[:i])
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(n))
		q = q[i+1:]
	}
}

// begin makes the first statement of a transaction wait for company: a transaction
// that asks nothing never begins.
func (t *tx) begin() { t.late = append(t.late, late{q: "BEGIN"}) }

// commit sends what waits together with the commit.
func (t *tx) commit(ctx context.Context) error {
	if !t.begun && len(t.late) == 1 { // nothing was asked
		return nil
	}
	var tag pgconn.CommandTag
	if err := t.ask(ctx, question{q: "COMMIT", tag: &tag}); err != nil {
		return err
	}
	t.begun = false
	if tag.String() == "ROLLBACK" {
		return errors.New("db: a failed statement was passed over; nothing was stored")
	}
	return nil
}

// rollback undoes the transaction; a connection that cannot is thrown away.
func (t *tx) rollback(ctx context.Context) {
	if !t.begun {
		return
	}
	t.late = nil
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTime)
	defer cancel()
	_ = t.conn.Raw(func(x any) error {
		c := x.(*stdlib.Conn).Conn()
		if c.IsClosed() {
			return driver.ErrBadConn
		}
		if _, err := c.Exec(ctx, "ROLLBACK"); err != nil {
			return driver.ErrBadConn
		}
		return nil
	})
}
