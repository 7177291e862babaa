// Package api is the JSON interface: REST over every declared document type, the
// platform's own operations, public forms, and the OpenAPI document of all of it.
//
// Everything is generated from the declarations; an operation names its permission
// once, in Op, and the role matrix and the document read it there.
package api

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"meridian/platform/authn"
	"meridian/platform/authz"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/i18n"
	"meridian/platform/kpi"
	"meridian/platform/notify"
	"meridian/platform/process"
	"meridian/platform/report"
	"meridian/platform/resource"
	"meridian/platform/share"
	"meridian/platform/trace"
)

// MaxBody is the largest request body, in bytes.
const MaxBody = 1 << 20

// Config is what the interface stands on.
type Config struct {
	DB      *db.DB
	Types   *resource.Registry
	Authz   *authz.Authz
	Authn   *authn.Authn
	Process *process.Engine
	Trace   *trace.Trace
	KPI     *kpi.Registry
	Notices *notify.Notices
	Shares  *share.Shares
	Reports *report.Registry
	Text    *i18n.Catalogue
	Version string
}

// API holds the operations. It is filled while wiring.
type API struct {
	Config
	// SessionUser answers for browsers that call the interface with their cookie;
	// 0 when nobody is signed in. Package web sets it.
	SessionUser func(ctx context.Context) int64

	ops     []*Op
	limiter limiter
}

// New returns an interface without operations.
func New(c Config) *API {
	return &API{Config: c, SessionUser: func(context.Context) int64 { return 0 }, limiter: newLimiter()}
}

// Op is one operation.
type Op struct {
	ID      string // module.type.verb
	Method  string
	Path    string // below /api/v1, with {name} parameters
	Summary string
	Perm    string // object:action; "" = every signed-in user
	Public  bool   // no sign-in: creates only, rate-limited
	PerHour int    // of a public operation and address; 0 = 60

	query    []param
	body     *schema
	answer   *schema
	media    string // of a file it answers with
	status   int
	approval bool   // may answer 202: the move waits for approval
	loose    bool   // a change that asks for no version
	doc      string // document type the tag names
	run      func(ctx context.Context, r *Request) (Response, error)
}

// Request is a call without HTTP's machinery.
type Request struct {
	Path   map[string]string
	Query  url.Values
	Header http.Header
	Body   []byte
	IP     string
}

// Response is an answer; Body is JSON unless Media says what else.
type Response struct {
	Status      int
	Body        []byte
	ETag        string
	Media, Name string // of a file
}

// add puts an operation on the list and panics when it is malformed or taken.
func (a *API) add(op *Op) {
	for _, o := range a.ops {
		if o.ID == op.ID || (o.Method == op.Method && o.Path == op.Path) {
			panic("api: operation " + op.ID + " is declared twice")
		}
	}
	if strings.Trim(op.ID, "abcdefghijklmnopqrstuvwxyz_.") != "" || strings.Count(op.ID, ".") != 2 || op.run == nil {
		panic("api: bad operation id " + op.ID)
	}
	a.ops = append(a.ops, op)
}

// Operations lists the operations by id.
func (a *API) Operations() []*Op {
	out := slices.Clone(a.ops)
	slices.SortFunc(out, func(x, y *Op) int { return strings.Compare(x.ID, y.ID) })
	return out
}

// Mount declares the operations of every registered type and binds all to r.
func (a *API) Mount(r gin.IRouter) {
	for _, d := range a.Types.Docs() {
		a.declare(d)
	}
	for _, i := range a.Reports.All() {
		a.declareReport(i)
	}
	a.declarePlatform()
	g := r.Group("/api/v1")
	for _, op := range a.ops {
		g.Handle(op.Method, strings.NewReplacer("{", ":", "}", "").Replace(op.Path), a.handler(op))
	}
	r.GET("/api/openapi.json", a.authenticated(func(c *gin.Context) { a.serveSpec(c) }))
}

// handler is the way of every call: sign-in first, then right, body, work.
func (a *API) handler(op *Op) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx, err := a.subject(c, op)
		if err == nil && op.Perm != "" {
			object, action, _ := strings.Cut(op.Perm, ":")
			err = a.Authz.Require(ctx, object, action)
		}
		var res Response
		if err == nil {
			res, err = a.call(ctx, c, op)
		}
		if err != nil {
			a.Problem(c, ctx, err)
			return
		}
		if res.ETag != "" {
			c.Header("ETag", res.ETag)
		}
		c.Header("Cache-Control", "no-store")
		if len(res.Body) == 0 {
			c.Status(res.Status)
			return
		}
		if res.Media != "" {
			c.Header("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": res.Name}))
			c.Data(res.Status, res.Media, res.Body)
			return
		}
		c.Data(res.Status, "application/json; charset=utf-8", res.Body)
	}
}

func (a *API) call(ctx context.Context, c *gin.Context, op *Op) (Response, error) {
	query, err := url.ParseQuery(c.Request.URL.RawQuery)
	if err != nil {
		return Response{}, errs.Wrap(errs.Unreadable, err, "The parameters of the address cannot be read.")
	}
	r := &Request{Path: map[string]string{}, Query: query, Header: c.Request.Header, IP: c.ClientIP()}
	for _, p := range c.Params {
		r.Path[p.Key] = p.Value
	}
	if err := op.checkQuery(r.Query); err != nil {
		return Response{}, err
	}
	if op.Method != http.MethodGet {
		body, err := readBody(c)
		if err != nil {
			return Response{}, err
		}
		r.Body = body
	}
	if key := r.Header.Get("Idempotency-Key"); key != "" && op.Method == http.MethodPost {
		return a.once(ctx, key, op, r)
	}
	return op.run(ctx, r)
}

func readBody(c *gin.Context) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, MaxBody))
	if err == nil {
		return body, nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, errTooLarge
	}
	return nil, errs.Wrap(errs.Unreadable, err, "The request could not be read.")
}

var errTooLarge = errs.New(errs.Unreadable, "The request is larger than {0} KiB.", MaxBody>>10)

// subject signs the caller in: a bearer token, else the session of a browser.
func (a *API) subject(c *gin.Context, op *Op) (context.Context, error) {
	ctx := a.withLang(c, c.Request.Context(), 0)
	if op != nil && op.Public {
		limit := op.PerHour
		if limit == 0 {
			limit = 60
		}
		if !a.limiter.allow(op.ID+"|"+c.ClientIP(), limit) {
			return ctx, errs.New(errs.TooMany, "Too many requests from this address. Try again later.")
		}
		return ctx, nil
	}
	var user int64
	if h := c.GetHeader("Authorization"); h != "" {
		token, ok := strings.CutPrefix(h, "Bearer ")
		if !ok {
			return ctx, errs.New(errs.Unauthorized, "Sign in with a bearer token.")
		}
		var err error
		if user, err = a.Authn.ByToken(ctx, strings.TrimSpace(token)); err != nil {
			return ctx, err
		}
	} else {
		user = a.SessionUser(ctx)
	}
	if p := a.Authz.Directory().People[user]; p == nil || !p.Active {
		return ctx, errs.New(errs.Unauthorized, "Sign in with a bearer token.")
	}
	s := a.Authn.Subject(user)
	s.RequestID = c.GetString("request_id")
	return authz.With(a.withLang(c, ctx, user), s), nil
}

// withLang speaks the language the caller asks for, else that of the user.
func (a *API) withLang(c *gin.Context, ctx context.Context, user int64) context.Context {
	lang := i18n.English
	if p := a.Authz.Directory().People[user]; p != nil {
		lang = i18n.Parse(p.Lang, lang)
	}
	return i18n.With(ctx, a.Text, i18n.Parse(c.GetHeader("Accept-Language"), lang))
}

func (a *API) authenticated(h gin.HandlerFunc) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx, err := a.subject(c, nil)
		if err != nil {
			a.Problem(c, ctx, err)
			return
		}
		c.Request = c.Request.WithContext(ctx)
		h(c)
	}
}

// NotFound answers paths below /api that do not exist; sign-in comes first.
func (a *API) NotFound(c *gin.Context) {
	ctx, err := a.subject(c, nil)
	if err == nil {
		err = errs.New(errs.NotFound, "There is no such address.")
	}
	a.Problem(c, ctx, err)
}

// once runs an operation at most once per user and key: the answer is stored in
// the transaction of the work, and a repetition gets the stored one.
func (a *API) once(ctx context.Context, key string, op *Op, r *Request) (Response, error) {
	if len(key) > 200 || !utf8.ValidString(key) {
		return Response{}, errs.New(errs.Unreadable, "An idempotency key has at most {0} characters.", 200)
	}
	if op.Public { // strangers share no keys
		key = r.IP + " " + key
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s %s %v %s\n", op.Method, op.Path, r.Path, r.Header.Get("If-Match"))
	h.Write(r.Body)
	sum := h.Sum(nil)
	var res Response
	err := a.DB.Tx(ctx, func(ctx context.Context) error {
		n, err := a.DB.ExecN(ctx, `INSERT INTO core.idempotency (user_id, key, request, status, response) VALUES ($1, $2, $3, 0, '') ON CONFLICT DO NOTHING`, authz.Actor(ctx), key, sum)
		if err != nil {
			return err
		}
		if n == 0 {
			var old []byte
			if _, err := a.DB.Row(ctx, `SELECT request, status, response FROM core.idempotency WHERE user_id = $1 AND key = $2`, []any{authz.Actor(ctx), key}, &old, &res.Status, &res.Body); err != nil {
				return err
			}
			if !slices.Equal(old, sum) {
				return errs.New(errs.Conflict, "This idempotency key was used for another request.")
			}
			return nil
		}
		if res, err = op.run(ctx, r); err != nil {
			return err
		}
		return a.DB.Exec(ctx, `UPDATE core.idempotency SET status = $3, response = $4 WHERE user_id = $1 AND key = $2`, authz.Actor(ctx), key, res.Status, res.Body)
	})
	return res, err
}

// Problem writes err as RFC 9457, in the language of the caller. Internal errors
// are logged with their cause and shown without it.
func (a *API) Problem(c *gin.Context, ctx context.Context, err error) {
	e := errs.Of(err)
	status := Status(e, c.GetHeader("If-Match") != "")
	if db.Unavailable(err) {
		status, e = http.StatusServiceUnavailable, errs.New(errs.Internal, "The database is not reachable at the moment. Nothing was changed.")
		c.Header("Retry-After", "2")
	}
	if status >= 500 {
		slog.ErrorContext(ctx, "request failed", slog.String("request_id", c.GetString("request_id")), slog.String("path", c.Request.URL.Path), slog.Any("error", err))
	}
	if status == http.StatusUnauthorized {
		c.Header("WWW-Authenticate", "Bearer")
	}
	b := []byte(`{"type":"about:blank","title":`)
	b = appendString(b, http.StatusText(status))
	b = fmt.Appendf(b, `,"status":%d,"code":`, status)
	b = appendString(b, e.Kind.String())
	b = append(b, `,"detail":`...)
	b = appendString(b, i18n.T(ctx, e.Message, e.Args...))
	b = append(b, `,"instance":`...)
	b = appendString(b, c.GetString("request_id"))
	if len(e.Fields) > 0 {
		b = append(b, `,"errors":[`...)
		for i, f := range e.Fields {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, `{"field":`...)
			b = appendString(b, f.Name)
			b = append(b, `,"detail":`...)
			b = appendString(b, i18n.T(ctx, f.Message, f.Args...))
			b = append(b, '}')
		}
		b = append(b, ']')
	}
	b = append(b, '}')
	c.Header("Cache-Control", "no-store")
	c.Data(status, "application/problem+json; charset=utf-8", b)
	c.Abort()
}

// Status maps a failure to its HTTP status; conditional says the request named a
// version.
func Status(e *errs.Error, conditional bool) int {
	switch e.Kind {
	case errs.Invalid:
		return http.StatusUnprocessableEntity
	case errs.NotFound:
		return http.StatusNotFound
	case errs.Forbidden:
		return http.StatusForbidden
	case errs.Conflict:
		if conditional && e.Message == errs.Stale().Message {
			return http.StatusPreconditionFailed
		}
		return http.StatusConflict
	case errs.Precondition:
		if e == errNoVersion {
			return http.StatusPreconditionRequired
		}
		return http.StatusConflict
	case errs.Unreadable:
		if e == errTooLarge {
			return http.StatusRequestEntityTooLarge
		}
		return http.StatusBadRequest
	case errs.Unauthorized:
		return http.StatusUnauthorized
	case errs.TooMany:
		return http.StatusTooManyRequests
	}
	return http.StatusInternalServerError
}

var errNoVersion = errs.New(errs.Precondition, "Name the version you changed in the header If-Match.")
