// Package notify tells people things: a row per person, shown live in the page
// and sent by mail by a job.
package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"meridian/platform/db"
	"meridian/platform/process"
	"meridian/platform/trace"
)

// Notices stores and reads notifications.
type Notices struct{ db *db.DB }

// New returns the notifications on d.
func New(d *db.DB) *Notices { return &Notices{d} }

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
	return n.db.Exec(ctx, `INSERT INTO core.notification (user_id, kind, message, args, object_type, object_id)
		SELECT DISTINCT u, $2, $3, $4::jsonb, $5, $6::bigint FROM unnest($1::bigint[]) u WHERE u > 0`,
		x.Users, x.Kind, x.Message, string(b), x.Object.Type, x.Object.ID)
}

// Item is a notice as its reader sees it.
type Item struct {
	ID      int64
	Kind    string
	Message string
	Args    []any
	Object  trace.Ref
	At      time.Time
	Read    bool
}

// List returns the last notices of a user, the newest first.
func (n *Notices) List(ctx context.Context, user int64, limit int) ([]Item, error) {
	type row struct {
		ID                  int64
		Kind, Message, Args string
		ObjectType          string
		ObjectID            int64
		At                  time.Time
		Read                bool
	}
	rows, err := db.Select[row](ctx, n.db, `SELECT id, kind, message, args::text AS args, object_type, object_id, at, read_at IS NOT NULL AS read
		FROM core.notification WHERE user_id = ? ORDER BY at DESC LIMIT ?`, user, limit)
	if err != nil {
		return nil, fmt.Errorf("read notices: %w", err)
	}
	out := make([]Item, len(rows))
	for i, r := range rows {
		out[i] = Item{ID: r.ID, Kind: r.Kind, Message: r.Message, Object: trace.Ref{Type: r.ObjectType, ID: r.ObjectID}, At: r.At, Read: r.Read}
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
