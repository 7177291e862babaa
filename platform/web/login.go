package web

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"meridian/platform/api"
	"meridian/platform/authn"
	"meridian/platform/errs"
	"meridian/platform/i18n"
	"meridian/platform/web/ui"
)

func (s *Server) loginPage(c *gin.Context) {
	if p := s.p.Authz.Directory().People[s.sessions.GetInt64(c.Request.Context(), authn.UserKey)]; p != nil && p.Active {
		c.Redirect(http.StatusSeeOther, "/")
		return
	}
	s.showLogin(c, http.StatusOK, ui.SignIn{Next: safeNext(c.Query("next"))})
}

func (s *Server) showLogin(c *gin.Context, status int, form ui.SignIn) {
	ctx := i18n.With(c.Request.Context(), s.p.Text, s.langOf(c))
	form.Note = s.p.LoginNote
	var b bytes.Buffer
	err := ui.Blank{Title: i18n.T(ctx, "Sign in"), Lang: i18n.LangOf(ctx), Theme: theme(c), Company: s.p.Config.Company, Path: c.Request.URL.RequestURI(), Body: form}.Render(ctx, &b)
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Cache-Control", "no-store")
	write(c, status, "text/html; charset=utf-8", b.Bytes())
}

func (s *Server) login(c *gin.Context) {
	ctx := c.Request.Context()
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxSmallForm)
	form := ui.SignIn{Login: c.PostForm("login"), Next: safeNext(c.PostForm("next"))}
	user, err := s.p.Authn.SignIn(ctx, form.Login, c.PostForm("password"), c.ClientIP())
	if err != nil {
		e := errs.Of(err)
		if e.Kind == errs.Internal {
			s.fail(c, err)
			return
		}
		form.Error = s.p.Text.Text(s.langOf(c), e.Message, e.Args...)
		s.showLogin(c, api.Status(e, false), form)
		return
	}
	if err := s.sessions.RenewToken(ctx); err != nil {
		s.fail(c, err)
		return
	}
	s.sessions.Put(ctx, authn.UserKey, user)
	s.sessions.Put(ctx, "device", device(c.Request.UserAgent()))
	c.Redirect(http.StatusSeeOther, form.Next)
}

// maxSmallForm bounds what visitors may post before they are known, in bytes.
const maxSmallForm = 64 << 10

// device names a browser in a few words.
func device(agent string) string {
	name := "Browser"
	for _, b := range []string{"Edg", "Firefox", "Chrome", "Safari"} {
		if strings.Contains(agent, b) {
			name = strings.Replace(b, "Edg", "Edge", 1)
			break
		}
	}
	for _, o := range []string{"Windows", "Android", "iPhone", "Mac OS", "Linux"} {
		if strings.Contains(agent, o) {
			return name + ", " + o
		}
	}
	return name
}

// safeNext keeps a redirect on this site.
func safeNext(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.Contains(next, `\`) {
		return "/"
	}
	return next
}

func (s *Server) logout(c *gin.Context) {
	if err := s.sessions.Destroy(c.Request.Context()); err != nil {
		s.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/login")
}

// prefs switches language or theme, signed in or not.
func (s *Server) prefs(c *gin.Context) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxSmallForm)
	s.keepPrefs(c)
	c.Redirect(http.StatusSeeOther, safeNext(c.PostForm("next")))
}

// keepPrefs has this browser remember language and theme.
func (s *Server) keepPrefs(c *gin.Context) {
	for name, legal := range map[string][2]string{langCookie: {"zh", "en"}, themeCookie: {"light", "dark"}} {
		v := c.PostForm(name)
		if v != legal[0] && v != legal[1] {
			continue
		}
		http.SetCookie(c.Writer, &http.Cookie{Name: name, Value: v, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.p.Config.TLS})
	}
}
