// Package notify tells people things: a row per person, shown live in the page, and
// by mail to who has not seen it there.
package notify

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"meridian/platform/clock"
	"meridian/platform/db"
	"meridian/platform/process"
	"meridian/platform/trace"
)

// Notices stores and reads notifications.
type Notices struct {
	db *db.DB
	// Later asks for a mail about each notice, in the transaction of ctx, at a time
	// when its reader has had the chance to see it in the page. nil sends no mail.
	Later func(ctx context.Context, at time.Time, notices []int64) error
	now   clock.Clock
}

// New returns the notifications on d.
func New(d *db.DB, now clock.Clock) *Notices { return &Notices{db: d, now: now} }

// patience is how long a notice may be seen in the page before a mail is sent.
const patience = 2 * time.Minute

// Send stores a notice for each person, in the transaction of ctx.
func (n *Notices) Send(ctx context.Context, x process.Notice) error {
	args := make([]string, len(x.Args))
	for i, a := range x.Args {
		args[i] = fmt.Sprint(a)
	}
	b, err := json.Marshal(args)
	if err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	var ids []int64
	err = n.db.Each(ctx, `INSERT INTO core.notification (user_id, kind, message, args, object_type, object_id)
		SELECT DISTINCT u, $2, $3, $4::jsonb, $5, $6::bigint FROM unnest($1::bigint[]) u WHERE u > 0 RETURNING id`,
		[]any{x.Users, x.Kind, x.Message, string(b), x.Object.Type, x.Object.ID}, func(r *sql.Rows) error {
			var id int64
			err := r.Scan(&id)
			ids = append(ids, id)
			return err
		})
	if err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	if n.Later == nil || len(ids) == 0 {
		return nil
	}
	return n.Later(ctx, n.now().Add(patience), ids)
}

// Item is a notice as its reader sees it.
type Item struct {
	ID      int64
	User    int64
	Kind    string
	Message string
	Args    []any
	Object  trace.Ref
	At      time.Time
	Read    bool
}

// List returns the last notices of a user, the newest first.
func (n *Notices) List(ctx context.Context, user int64, limit int) ([]Item, error) {
	return n.read(ctx, `user_id = ? ORDER BY at DESC LIMIT ?`, user, limit)
}

// Since returns the first notices of a user after the one with id after.
func (n *Notices) Since(ctx context.Context, user, after int64) ([]Item, error) {
	return n.read(ctx, `user_id = ? AND id > ? ORDER BY id LIMIT 20`, user, after)
}

// Get returns one notice of anybody; ok is false when there is none.
func (n *Notices) Get(ctx context.Context, id int64) (x Item, ok bool, err error) {
	list, err := n.read(ctx, `id = ?`, id)
	if err != nil || len(list) == 0 {
		return Item{}, false, err
	}
	return list[0], true, nil
}

func (n *Notices) read(ctx context.Context, where string, args ...any) ([]Item, error) {
	type row struct {
		ID, UserID          int64
		Kind, Message, Args string
		ObjectType          string
		ObjectID            int64
		At                  time.Time
		Read                bool
	}
	rows, err := db.Select[row](ctx, n.db, `SELECT id, user_id, kind, message, args::text AS args, object_type, object_id, at, read_at IS NOT NULL AS read
		FROM core.notification WHERE `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read notices: %w", err)
	}
	out := make([]Item, len(rows))
	for i, r := range rows {
		out[i] = Item{ID: r.ID, User: r.UserID, Kind: r.Kind, Message: r.Message, Object: trace.Ref{Type: r.ObjectType, ID: r.ObjectID}, At: r.At, Read: r.Read}
		if err := json.Unmarshal([]byte(r.Args), &out[i].Args); err != nil {
			return nil, fmt.Errorf("notice %d: %w", r.ID, err)
		}
	}
	return out, nil
}

// Unread counts the unread notices of a user.
func (n *Notices) Unread(ctx context.Context, user int64) (int, error) {
	var c int
	_, err := n.db.Row(ctx, `SELECT count(*) FROM core.notification WHERE user_id = $1 AND read_at IS NULL`, []any{user}, &c)
	return c, err
}

// MarkRead marks notices of a user as read; id 0 means all of them.
func (n *Notices) MarkRead(ctx context.Context, user, id int64) error {
	return n.db.Tx(ctx, func(ctx context.Context) error {
		return n.db.Exec(ctx, `UPDATE core.notification SET read_at = clock_timestamp() WHERE user_id = $1 AND ($2 = 0 OR id = $2) AND read_at IS NULL`, user, id)
	})
}
