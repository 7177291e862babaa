// Package comment keeps what people write on documents.
package comment

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"meridian/platform/authz"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/notify"
	"meridian/platform/process"
	"meridian/platform/trace"
)

// Comment is one remark.
type Comment struct {
	ID     int64
	Author int64
	Body   string
	At     time.Time
}

// Comments stores remarks; @username in a remark tells that person.
type Comments struct {
	DB      *db.DB
	Authz   *authz.Authz
	Notices *notify.Notices
}

const maxBody = 5000

// Add writes a remark of the actor on r. The caller has checked the right to read
// r. Invalid when it is empty or too long.
func (s *Comments) Add(ctx context.Context, r trace.Ref, title, body string) error {
	body = strings.TrimSpace(body)
	if body == "" || utf8.RuneCountInString(body) > maxBody || !utf8.ValidString(body) || strings.ContainsRune(body, 0) {
		return errs.Bad("text", "Between 1 and {0} characters.", maxBody)
	}
	me := authz.Actor(ctx)
	mentions := s.mentions(body)
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		err := s.DB.Exec(ctx, `INSERT INTO core.comment (object_type, object_id, author, body, mentions) VALUES ($1, $2, $3, $4, $5)`, r.Type, r.ID, me, body, mentions)
		if err != nil || len(mentions) == 0 {
			return err
		}
		return s.Notices.Send(ctx, process.Notice{Users: mentions, Kind: "mention", Message: "{0} mentioned you on {1}.", Args: []any{s.Authz.Directory().Name(me), title}, Object: r})
	})
}

func (s *Comments) mentions(body string) []int64 {
	out := []int64{}
	for _, w := range strings.Fields(body) {
		name, ok := strings.CutPrefix(strings.TrimRight(w, ",.;:!?，。；：！？"), "@")
		if !ok {
			continue
		}
		if p, ok := s.Authz.Directory().ByUsername(name); ok && p.Active {
			out = append(out, p.ID)
		}
	}
	return out
}

// List returns the remarks on r, the newest first. The caller has checked the
// right to read r.
func (s *Comments) List(ctx context.Context, r trace.Ref) ([]Comment, error) {
	return db.Select[Comment](ctx, s.DB, `SELECT id, author, body, at FROM core.comment WHERE object_type = ? AND object_id = ? ORDER BY at DESC LIMIT 200`, r.Type, r.ID)
}
