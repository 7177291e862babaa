package web

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"meridian/platform/api"
	"meridian/platform/app"
	"meridian/platform/authn"
	"meridian/platform/authz"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/i18n"
	"meridian/platform/kpi"
	"meridian/platform/web/ui"
)

// view is one page request of a signed-in person.
type view struct {
	*app.Platform
	s        *Server
	c        *gin.Context
	ctx      context.Context
	user     authz.Subject
	loc      *time.Location
	module   string                 // whose words the page is drawn in; empty is nobody's
	measured map[measured]kpi.Value // what the page has asked for
}

const themeCookie = "theme"
const langCookie = "lang"

// langOf is the language of a visitor: cookie, else browser, else the default.
func (s *Server) langOf(c *gin.Context) i18n.Lang {
	fallback := i18n.Parse(s.p.Config.Lang, i18n.Chinese)
	if v, err := c.Cookie(langCookie); err == nil {
		return i18n.Parse(v, fallback)
	}
	return i18n.Parse(c.GetHeader("Accept-Language"), fallback)
}

func theme(c *gin.Context) string {
	if v, _ := c.Cookie(themeCookie); v == "dark" {
		return "dark"
	}
	return "light"
}

// signedIn lets only signed-in people pass; others go to the sign-in page.
func (s *Server) signedIn(c *gin.Context) {
	user := s.sessions.GetInt64(c.Request.Context(), authn.UserKey)
	p := s.p.Authz.Directory().People[user]
	if p == nil || !p.Active {
		next := "/login?next=" + url.QueryEscape(c.Request.URL.RequestURI())
		if c.GetHeader("HX-Request") == "true" {
			c.Header("HX-Redirect", next)
			c.AbortWithStatus(http.StatusUnauthorized)
			return
		}
		if c.Request.Method != http.MethodGet {
			next = "/login"
		}
		c.Redirect(http.StatusSeeOther, next)
		c.Abort()
		return
	}
	subject := s.p.Authn.Subject(user)
	subject.RequestID = c.GetString("request_id")
	lang := s.langOf(c)
	if _, err := c.Cookie(langCookie); err != nil {
		lang = i18n.Parse(p.Lang, lang)
	}
	ctx := i18n.With(authz.With(c.Request.Context(), subject), s.p.Text, lang)
	c.Request = c.Request.WithContext(ctx)
}

// page adapts a page handler: what it returns as error becomes the right answer.
func (s *Server) page(h func(v *view) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx := c.Request.Context()
		subject, _ := authz.Of(ctx)
		c.Header("Cache-Control", "no-store")
		c.Header("Vary", "HX-Request")
		v := &view{Platform: s.p, s: s, c: c, ctx: ctx, user: subject, loc: s.p.Location(ctx)}
		if err := h(v); err != nil {
			s.fail(c, err)
		}
	}
}

func (v *view) t(key string, args ...any) string {
	if v.module != "" {
		return i18n.In(v.ctx, v.module, key, args...)
	}
	return i18n.T(v.ctx, key, args...)
}

// label speaks the label of a field or type.
func (v *view) label(name, text string) string { return i18n.Label(v.ctx, name, text) }

// htmx reports whether a part of a page is asked for, and which block.
func htmx(c *gin.Context) (target string, ok bool) {
	ok = c.GetHeader("HX-Request") == "true" && c.GetHeader("HX-History-Restore-Request") != "true" && c.GetHeader("HX-Boosted") != "true"
	return c.GetHeader("HX-Target"), ok
}

// show answers with a whole page, or with body alone when htmx asks for its block.
func (v *view) show(status int, title, subtitle, block string, body templ.Component, actions templ.Component) error {
	if target, ok := htmx(v.c); ok && (target == block || target == "") {
		return v.fragment(status, body)
	}
	v.module = "" // the frame of the page speaks for all
	_, own := body.(ui.Detail)
	p := ui.Page{Title: title, Subtitle: subtitle, Lang: i18n.LangOf(v.ctx), Theme: theme(v.c), Company: v.companyName(), Path: v.c.Request.URL.RequestURI(),
		User: v.person(), Menu: v.menu(), Flash: v.s.takeFlash(v.c), Body: body, Actions: actions, OwnHead: own}
	var err error
	if p.Unread, err = v.Notices.Unread(v.ctx, v.user.User); err != nil {
		return err
	}
	return v.fragment(status, p)
}

// fragment writes a component.
func (v *view) fragment(status int, body templ.Component) error {
	var b bytes.Buffer
	if err := body.Render(v.ctx, &b); err != nil {
		return err
	}
	write(v.c, status, "text/html; charset=utf-8", b.Bytes())
	return nil
}

func (v *view) companyName() string {
	if c := v.Authz.Directory().Companies[v.user.Company]; c != nil {
		return c.Name
	}
	return ""
}

func (v *view) person() ui.User {
	p := v.Authz.Directory().People[v.user.User]
	role := p.Title
	if role == "" && len(p.Roles) > 0 {
		role = v.t(v.roleLabel(p.Roles[0]))
	}
	return ui.User{Name: p.Name, Role: role, Initial: ui.Initial(p.Name)}
}

// roleLabel is the English label of a role code.
func (v *view) roleLabel(code string) string {
	for _, r := range v.s.roleLabels(v.ctx) {
		if r.Code == code {
			return r.Label
		}
	}
	return code
}

// done answers a post: htmx goes to the address, others are redirected; the toast
// is shown there.
func (v *view) done(href, toast string, args ...any) error {
	v.s.flash(v.c, ui.Toast{Text: v.t(toast, args...), Tone: ui.OK})
	if _, ok := htmx(v.c); ok {
		v.c.Header("HX-Redirect", href)
		v.c.Status(http.StatusOK)
		return nil
	}
	v.c.Redirect(http.StatusSeeOther, href)
	return nil
}

// asciiJSON is the HX-Trigger header of a message; its value must be ASCII.
func asciiJSON(t ui.Toast) string {
	b, _ := json.Marshal(map[string]ui.Toast{"toast": t}) // plain values always marshal
	var out strings.Builder
	for _, r := range string(b) {
		switch {
		case r < 0x80:
			out.WriteRune(r)
		case r > 0xffff:
			r -= 0x10000
			out.WriteString(`\u` + hex4(0xd800+r>>10) + `\u` + hex4(0xdc00+r&0x3ff))
		default:
			out.WriteString(`\u` + hex4(r))
		}
	}
	return out.String()
}

func hex4(r rune) string {
	s := strconv.FormatInt(int64(r), 16)
	return strings.Repeat("0", 4-len(s)) + s
}

// fail answers an error: a toast for htmx, a page for people, never a cause.
func (s *Server) fail(c *gin.Context, err error) {
	if strings.HasPrefix(c.Request.URL.Path, "/api/") {
		s.p.API.Problem(c, c.Request.Context(), err)
		return
	}
	ctx := c.Request.Context()
	if _, ok := authz.Of(ctx); !ok {
		ctx = i18n.With(ctx, s.p.Text, s.langOf(c))
	}
	e := errs.Of(err)
	status := api.Status(e, false)
	if db.Unavailable(err) {
		status, e = http.StatusServiceUnavailable, errs.New(errs.Internal, "The database is not reachable at the moment. Nothing was changed.")
	}
	id := ""
	if status >= 500 {
		id = c.GetString("request_id")
		slog.ErrorContext(ctx, "request failed", slog.String("request_id", id), slog.String("path", c.Request.URL.Path), slog.Any("error", err))
	}
	text := i18n.T(ctx, e.Message, e.Args...)
	for _, f := range e.Fields {
		text += " " + i18n.T(ctx, f.Message, f.Args...)
	}
	if _, ok := htmx(c); ok {
		t := ui.Toast{Text: text, Tone: ui.Bad}
		if id != "" {
			t.Text += " (" + id + ")"
		}
		if e.Kind == errs.Conflict && e.Message == errs.Stale().Message {
			t.Href, t.Link = c.GetHeader("HX-Current-URL"), i18n.T(ctx, "Show the newer version")
		}
		c.Header("HX-Trigger", asciiJSON(t))
		c.AbortWithStatus(status)
		return
	}
	title := map[int]string{http.StatusNotFound: "Not found", http.StatusForbidden: "Not allowed", http.StatusConflict: "Not possible now"}[status]
	if title == "" {
		title = "Something went wrong"
	}
	body := ui.Failure{Code: strconv.Itoa(status), Title: i18n.T(ctx, title), Text: text, RequestID: id, Actions: []ui.Action{{Label: i18n.T(ctx, "Home"), Href: "/", Icon: "home", Kind: ui.Primary}}}
	s.failPage(c, ctx, status, i18n.T(ctx, title), body)
}

func (s *Server) failPage(c *gin.Context, ctx context.Context, status int, title string, body ui.Failure) {
	var b bytes.Buffer
	if err := (ui.Blank{Title: title, Lang: i18n.LangOf(ctx), Theme: theme(c), Company: s.p.Config.Company, Path: "/", Body: body}).Render(ctx, &b); err != nil {
		slog.ErrorContext(ctx, "error page failed", slog.Any("error", err))
	}
	write(c, status, "text/html; charset=utf-8", b.Bytes())
	c.Abort()
}

const flashKey = "flash"

// flash keeps a toast for the next page.
func (s *Server) flash(c *gin.Context, t ui.Toast) {
	b, _ := json.Marshal(t) // plain values always marshal
	s.sessions.Put(c.Request.Context(), flashKey, string(b))
}

func (s *Server) takeFlash(c *gin.Context) *ui.Toast {
	text := s.sessions.PopString(c.Request.Context(), flashKey)
	if text == "" {
		return nil
	}
	var t ui.Toast
	if json.Unmarshal([]byte(text), &t) != nil {
		return nil
	}
	return &t
}
