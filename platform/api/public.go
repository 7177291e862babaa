package api

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"meridian/platform/errs"
	"meridian/platform/resource"
)

// Public adds an operation open to everybody: it creates only and is rate-limited.
// The body is JSON or an HTML form; form declares its fields. fn runs without an
// actor and acts under authz.System as whoever owns the form.
func Public[In any](a *API, op Op, form resource.Fields[In], fn func(ctx context.Context, r *Request, in *In) (any, error)) {
	op.Public = true
	if op.Method == "" {
		op.Method = http.MethodPost
	}
	if op.Method != http.MethodPost {
		panic("api: the public operation " + op.ID + " must create")
	}
	var metas []*resource.Meta
	for _, f := range form {
		metas = append(metas, &f.Meta)
	}
	op.body, op.answer, op.status = &schema{Fields: metas, Require: true}, &schema{Any: true}, http.StatusCreated
	op.run = func(ctx context.Context, r *Request) (Response, error) {
		v, err := r.values(metas)
		if err != nil {
			return Response{}, err
		}
		in, err := resource.Decode(form, v)
		if err != nil {
			return Response{}, err
		}
		out, err := fn(ctx, r, in)
		if err != nil {
			return Response{}, err
		}
		res, err := answer(out)
		res.Status = http.StatusCreated
		return res, err
	}
	a.add(&op)
}

// Signed makes sure that a program which shares the secret has signed the body: the header
// X-Meridian-Signature carries its HMAC-SHA256 in hexadecimal digits. Without a secret
// nobody can sign, so everything is refused. Errors: Forbidden, Unauthorized.
func (r *Request) Signed(secret string) error {
	if secret == "" {
		return errs.New(errs.Forbidden, "The web-hook is not set up: configure its secret first.")
	}
	given, err := hex.DecodeString(strings.TrimPrefix(r.Header.Get("X-Meridian-Signature"), "sha256="))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(r.Body)
	if err != nil || !hmac.Equal(given, mac.Sum(nil)) {
		return errs.New(errs.Unauthorized, "The signature of the body is wrong.")
	}
	return nil
}

// values reads the body by its media type.
func (r *Request) values(fields []*resource.Meta) (resource.Values, error) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "application/x-www-form-urlencoded" {
		return decode(r.Body, fields)
	}
	q, err := url.ParseQuery(string(r.Body))
	if err != nil {
		return nil, errs.Wrap(errs.Unreadable, err, "The form could not be read.")
	}
	v := resource.Values{}
	for name := range q {
		v[name] = q.Get(name)
	}
	return v, nil
}

// limiter counts calls per key in windows of an hour.
type limiter struct {
	mu    *sync.Mutex
	calls map[string]*window
}

type window struct {
	start time.Time
	n     int
}

func newLimiter() limiter { return limiter{&sync.Mutex{}, map[string]*window{}} }

const maxKeys = 50_000 // bounds the memory an attacker can take

func (l limiter) allow(key string, perHour int) bool {
	now := time.Now() //nolint:forbidigo // a wall of defence, not a rule
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.calls[key]
	if w == nil || now.Sub(w.start) > time.Hour {
		if len(l.calls) >= maxKeys {
			clear(l.calls)
		}
		w = &window{start: now}
		l.calls[key] = w
	}
	w.n++
	return w.n <= perHour
}
