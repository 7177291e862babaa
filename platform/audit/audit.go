// Package audit writes and reads the append-only trail of changes: who, when,
// what was before, what is after.
package audit

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"meridian/platform/authz"
	"meridian/platform/db"
)

// Change is one field before and after, as text. Sensitive values are stored too;
// readers without the right get them masked.
type Change struct {
	Field  string `json:"f"`
	Before string `json:"b"`
	After  string `json:"a"`
}

// Entry is one row of the trail.
type Entry struct {
	ID        int64
	At        time.Time
	Action    string
	Type      string
	ObjectID  int64
	Actor     int64
	OnBehalf  int64
	RequestID string
	Reason    string
	Changes   []Change
}

// Log is the trail on one database.
type Log struct{ db *db.DB }

// New returns the trail on d.
func New(d *db.DB) *Log { return &Log{d} }

// Write appends an entry in the transaction of ctx.
func (l *Log) Write(ctx context.Context, action, objectType string, id int64, changes []Change) error {
	s, _ := authz.Of(ctx)
	diff := []byte("[]")
	if len(changes) > 0 {
		var err error
		if diff, err = json.Marshal(changes); err != nil {
			return fmt.Errorf("audit %s %s: %w", action, objectType, err)
		}
	}
	err := l.db.Later(ctx, nil, `INSERT INTO core.audit_entry (action, object_type, object_id, actor, on_behalf_of, company_id, request_id, reason, diff)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		action, objectType, id, s.User, s.OnBehalf, s.Company, s.RequestID, authz.Reason(ctx), string(diff))
	if err != nil {
		return fmt.Errorf("audit %s %s: %w", action, objectType, err)
	}
	return nil
}

// Filter narrows a reading of the trail; zero fields do not.
type Filter struct {
	Type      string
	ObjectID  int64
	Actor     int64
	Action    string
	From, To  time.Time
	Before    int64 // entries with a smaller id
	Limit     int
	Companies []int64
}

// List returns entries, the newest first. The caller has checked the right: that
// of the object, or core.audit:read for the whole trail.
func (l *Log) List(ctx context.Context, f Filter) ([]Entry, error) {
	q := `SELECT id, at, action, object_type, object_id, actor, on_behalf_of, request_id, reason, diff FROM core.audit_entry WHERE true`
	var args []any
	add := func(cond string, v any) {
		args = append(args, v)
		q += fmt.Sprintf(" AND "+cond, len(args))
	}
	if f.Type != "" {
		add("object_type = $%d", f.Type)
	}
	if f.ObjectID != 0 {
		add("object_id = $%d", f.ObjectID)
	}
	if f.Actor != 0 {
		add("actor = $%d", f.Actor)
	}
	if f.Action != "" {
		add("action = $%d", f.Action)
	}
	if !f.From.IsZero() {
		add("at >= $%d", f.From)
	}
	if !f.To.IsZero() {
		add("at < $%d", f.To)
	}
	if f.Before != 0 {
		add("id < $%d", f.Before)
	}
	if len(f.Companies) > 0 {
		add("company_id = ANY($%d)", f.Companies)
	}
	args = append(args, max(1, min(f.Limit, 500)))
	q += fmt.Sprintf(" ORDER BY at DESC, id DESC LIMIT $%d", len(args))
	var out []Entry
	err := l.db.Each(ctx, q, args, func(r *sql.Rows) error {
		var e Entry
		var diff []byte
		if err := r.Scan(&e.ID, &e.At, &e.Action, &e.Type, &e.ObjectID, &e.Actor, &e.OnBehalf, &e.RequestID, &e.Reason, &diff); err != nil {
			return err
		}
		if err := json.Unmarshal(diff, &e.Changes); err != nil {
			return fmt.Errorf("audit entry %d: %w", e.ID, err)
		}
		out = append(out, e)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the audit trail: %w", err)
	}
	return out, nil
}
