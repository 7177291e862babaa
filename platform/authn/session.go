package authn

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"meridian/platform/db"
	"meridian/platform/errs"
)

// NewSessions returns the sessions of browsers, kept in the database under the
// digest of their cookie so that people can see and end them. secure sets the
// Secure flag: over plain http browsers would drop such a cookie silently.
func (a *Authn) NewSessions(secure bool) *scs.SessionManager {
	m := scs.New()
	m.Store = &sessionStore{a.db}
	m.Lifetime = 7 * 24 * time.Hour
	m.IdleTimeout = 12 * time.Hour
	m.Cookie.Name = "meridian"
	m.Cookie.HttpOnly = true
	m.Cookie.SameSite = http.SameSiteLaxMode
	m.Cookie.Secure = secure
	if secure {
		m.Cookie.Name = "__Host-meridian"
	}
	return m
}

// UserKey is where a session keeps its user.
const UserKey = "user"

type sessionStore struct{ db *db.DB }

func digest(token string) []byte { s := sha256.Sum256([]byte(token)); return s[:] }

func (s *sessionStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	var data []byte
	ok, err := s.db.Row(ctx, `SELECT data FROM core.session WHERE token = $1 AND expires_at > now()`, []any{digest(token)}, &data)
	return data, ok, err
}

func (s *sessionStore) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	_, values, err := (scs.GobCodec{}).Decode(b)
	if err != nil {
		return err
	}
	user, _ := values[UserKey].(int64)
	device, _ := values["device"].(string)
	return s.db.Tx(ctx, func(ctx context.Context) error {
		return s.db.Exec(ctx, `INSERT INTO core.session (token, user_id, data, device, expires_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (token) DO UPDATE SET user_id = $2, data = $3, device = $4, expires_at = $5, seen_at = now() WHERE session.expires_at > now()`, digest(token), user, b, device, expiry)
	})
}

func (s *sessionStore) DeleteCtx(ctx context.Context, token string) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		// a tombstone, not a deletion: a request that was under way must not bring the
		// session back when it commits
		return s.db.Exec(ctx, `UPDATE core.session SET expires_at = now(), data = '' WHERE token = $1`, digest(token))
	})
}

func (s *sessionStore) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

func (s *sessionStore) Commit(token string, b []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, b, expiry)
}

func (s *sessionStore) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// Session is one browser as its owner sees it.
type Session struct {
	Key       string // hex of the digest
	Device    string
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt sql.NullTime
}

// SessionKey is the Key of the session with this cookie.
func SessionKey(token string) string { return hex(digest(token)) }

func hex(b []byte) string {
	const d = "0123456789abcdef"
	out := make([]byte, 0, 2*len(b))
	for _, c := range b {
		out = append(out, d[c>>4], d[c&15])
	}
	return string(out)
}

// Sessions lists the live sessions of a user, the last seen first.
func (a *Authn) Sessions(ctx context.Context, user int64) ([]Session, error) {
	return db.Select[Session](ctx, a.db, `SELECT encode(token, 'hex') AS key, device, created_at, seen_at, expires_at FROM core.session
		WHERE user_id = ? AND expires_at > now() ORDER BY seen_at DESC`, user)
}

// EndSession signs a browser of user out. NotFound if it is not theirs.
func (a *Authn) EndSession(ctx context.Context, user int64, key string) error {
	return a.db.Tx(ctx, func(ctx context.Context) error {
		n, err := a.db.ExecN(ctx, `UPDATE core.session SET expires_at = now(), data = '' WHERE user_id = $1 AND encode(token, 'hex') = $2 AND expires_at > now()`, user, key)
		if err == nil && n == 0 {
			return errs.Missing()
		}
		return err
	})
}

// EndSessions signs every browser of user out, after a password or role change.
func (a *Authn) EndSessions(ctx context.Context, user int64, keep string) error {
	return a.db.Tx(ctx, func(ctx context.Context) error {
		return a.db.Exec(ctx, `UPDATE core.session SET expires_at = now(), data = '' WHERE user_id = $1 AND encode(token, 'hex') <> $2`, user, keep)
	})
}
