// Package authn signs people and programs in: passwords (argon2id), lock-out,
// API tokens. Sessions of browsers stand in session.go.
package authn

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/argon2id"

	"meridian/platform/audit"
	"meridian/platform/authz"
	"meridian/platform/clock"
	"meridian/platform/db"
	"meridian/platform/errs"
)

// MinPassword is the shortest password accepted.
const MinPassword = 10

const (
	lockAfter = 5
	lockFor   = 15 * time.Minute
)

var params = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// Authn checks who somebody is.
type Authn struct {
	db    *db.DB
	authz *authz.Authz
	audit *audit.Log
	now   clock.Clock
	// hashing takes 19 MiB a time; the semaphore keeps a crowd of sign-ins from
	// taking gigabytes.
	slots chan struct{}
	// unknown is compared when there is no such user, so both answers take as long.
	unknown string

	mu     sync.Mutex
	tokens map[[32]byte]cached // valid for one policy version
}

type cached struct {
	user, version int64
	token         int64
	expires       time.Time
	used          time.Time
}

// New returns an Authn.
func New(d *db.DB, a *authz.Authz, l *audit.Log, now clock.Clock) (*Authn, error) {
	unknown, err := argon2id.CreateHash(rand.Text(), params)
	if err != nil {
		return nil, fmt.Errorf("prepare password hashing: %w", err)
	}
	return &Authn{db: d, authz: a, audit: l, now: now, slots: make(chan struct{}, 8), unknown: unknown, tokens: map[[32]byte]cached{}}, nil
}

// SetPassword stores a new password. The caller has checked the right. Invalid
// when it is too short or equal to the user name.
func (a *Authn) SetPassword(ctx context.Context, user int64, password string) error {
	p := a.authz.Directory().People[user]
	if len(password) < MinPassword || (p != nil && strings.EqualFold(password, p.Username)) {
		return errs.Bad("password", "At least {0} characters, and not the user name.", MinPassword)
	}
	if len(password) > 200 {
		return errs.Bad("password", "At most {0} characters, not {1}.", 200, len(password))
	}
	a.slots <- struct{}{}
	hash, err := argon2id.CreateHash(password, params)
	<-a.slots
	if err != nil {
		return fmt.Errorf("hash password: %w", err)
	}
	return a.db.Tx(ctx, func(ctx context.Context) error {
		if err := a.db.Exec(ctx, `WITH known AS (DELETE FROM core.login_failure WHERE user_id = $1) UPDATE core."user" SET password = $2 WHERE id = $1`, user, hash); err != nil {
			return err
		}
		return a.audit.Write(ctx, "password", "core.user", user, nil)
	})
}

// SignIn checks a password given at an address and returns the user. After some wrong
// ones that address waits; others do not. The answer never tells whether
// the name exists. Errors: Unauthorized, TooMany (locked).
func (a *Authn) SignIn(ctx context.Context, username, password, address string) (int64, error) {
	var id int64
	var hash string
	var active bool
	var locked sql.NullTime
	found, err := a.db.Row(ctx, `SELECT u.id, password, active, f.locked_until FROM core."user" u LEFT JOIN core.login_failure f ON f.user_id = u.id AND f.address = $2
		WHERE username = $1 AND archived_at IS NULL`, []any{strings.ToLower(strings.TrimSpace(username)), address}, &id, &hash, &active, &locked)
	if err != nil {
		return 0, err
	}
	if locked.Valid && locked.Time.After(a.now()) {
		return 0, errs.New(errs.TooMany, "Too many wrong passwords. Try again in {0} minutes.", int(locked.Time.Sub(a.now()).Minutes())+1)
	}
	if !found || hash == "" {
		hash = a.unknown
	}
	a.slots <- struct{}{}
	match, err := argon2id.ComparePasswordAndHash(password, hash)
	<-a.slots
	if err != nil {
		return 0, fmt.Errorf("compare password: %w", err)
	}
	if !match || !found || !active {
		if found {
			if err := a.failed(ctx, id, address); err != nil {
				return 0, err
			}
		}
		return 0, errs.New(errs.Unauthorized, "User name or password is wrong.")
	}
	ctx = authz.With(ctx, a.Subject(id))
	err = a.db.Tx(ctx, func(ctx context.Context) error {
		if err := a.db.Exec(ctx, `DELETE FROM core.login_failure WHERE user_id = $1 AND address = $2`, id, address); err != nil {
			return err
		}
		return a.audit.Write(ctx, "login", "core.user", id, nil)
	})
	return id, err
}

// failed counts a wrong password and locks the account for its address after some.
func (a *Authn) failed(ctx context.Context, id int64, address string) error {
	return a.db.Tx(ctx, func(ctx context.Context) error {
		err := a.db.Exec(ctx, `INSERT INTO core.login_failure AS f (user_id, address, failed, at) VALUES ($1, $2, 1, $4)
			ON CONFLICT (user_id, address) DO UPDATE SET at = $4, failed = CASE WHEN f.failed + 1 >= $3 THEN 0 ELSE f.failed + 1 END,
			locked_until = CASE WHEN f.failed + 1 >= $3 THEN $5::timestamptz ELSE f.locked_until END`, id, address, lockAfter, a.now(), a.now().Add(lockFor))
		if err != nil {
			return err
		}
		return a.audit.Write(ctx, "login_failed", "core.user", id, nil)
	})
}

// Subject returns who a user acts as.
func (a *Authn) Subject(user int64) authz.Subject {
	s := authz.Subject{User: user}
	if p := a.authz.Directory().People[user]; p != nil {
		s.Company, s.Dept, s.Name = p.Company, p.Dept, p.Name
	}
	return s
}

const tokenPrefix = "mrd_"

// NewToken makes an API token of a user and returns it; only its digest is kept.
func (a *Authn) NewToken(ctx context.Context, user int64, name string, expires time.Time) (string, error) {
	if name = strings.TrimSpace(name); name == "" || len(name) > 100 {
		return "", errs.Bad("name", "Give the token a name of at most {0} characters.", 100)
	}
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails
	token := tokenPrefix + base64.RawURLEncoding.EncodeToString(raw)
	sum := sha256.Sum256([]byte(token))
	var exp any
	if !expires.IsZero() {
		exp = expires
	}
	err := a.db.Tx(ctx, func(ctx context.Context) error {
		var id int64
		if _, err := a.db.Row(ctx, `INSERT INTO core.api_token (user_id, name, hash, expires_at) VALUES ($1, $2, $3, $4) RETURNING id`, []any{user, name, sum[:], exp}, &id); err != nil {
			return err
		}
		return a.audit.Write(ctx, "token", "core.user", user, []audit.Change{{Field: "token", After: name}})
	})
	return token, err
}

// Token is an API token as its owner sees it.
type Token struct {
	ID        int64
	Name      string
	CreatedAt time.Time
	UsedAt    sql.NullTime
	ExpiresAt sql.NullTime
}

// Tokens lists the live tokens of a user.
func (a *Authn) Tokens(ctx context.Context, user int64) ([]Token, error) {
	return db.Select[Token](ctx, a.db, `SELECT id, name, created_at, used_at, expires_at FROM core.api_token WHERE user_id = ? AND revoked_at IS NULL ORDER BY id DESC`, user)
}

// RevokeToken ends a token of user at once. NotFound if it is not theirs.
func (a *Authn) RevokeToken(ctx context.Context, user, id int64) error {
	err := a.db.Tx(ctx, func(ctx context.Context) error {
		n, err := a.db.ExecN(ctx, `UPDATE core.api_token SET revoked_at = now() WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL`, id, user)
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.Missing()
		}
		return a.audit.Write(ctx, "token_revoked", "core.user", user, nil)
	})
	a.mu.Lock()
	clear(a.tokens)
	a.mu.Unlock()
	return err
}

// ByToken returns the user of an API token. Unauthorized when it is unknown,
// expired, revoked, or its user is inactive.
func (a *Authn) ByToken(ctx context.Context, token string) (int64, error) {
	wrong := errs.New(errs.Unauthorized, "The API token is not valid.")
	if !strings.HasPrefix(token, tokenPrefix) || len(token) > 100 {
		return 0, wrong
	}
	sum := sha256.Sum256([]byte(token))
	version := a.authz.Version()
	now := a.now()
	a.mu.Lock()
	c, ok := a.tokens[sum]
	a.mu.Unlock()
	if !ok || c.version != version || now.Sub(c.used) > time.Minute {
		var exp sql.NullTime
		found, err := a.db.Row(ctx, `SELECT t.id, t.user_id, t.expires_at FROM core.api_token t JOIN core."user" u ON u.id = t.user_id
			WHERE t.hash = $1 AND t.revoked_at IS NULL AND u.active AND u.archived_at IS NULL`, []any{sum[:]}, &c.token, &c.user, &exp)
		if err != nil {
			return 0, err
		}
		if !found {
			return 0, wrong
		}
		c.version, c.expires, c.used = version, exp.Time, now
		a.mu.Lock()
		a.tokens[sum] = c
		a.mu.Unlock()
		if err := a.db.Tx(ctx, func(ctx context.Context) error {
			return a.db.Exec(ctx, `UPDATE core.api_token SET used_at = $2 WHERE id = $1`, c.token, now)
		}); err != nil {
			return 0, err
		}
	}
	if !c.expires.IsZero() && c.expires.Before(now) {
		return 0, wrong
	}
	return c.user, nil
}
