// Package web is the server: middleware, sign-in, the generic pages made from the
// declarations, and the few pages of the platform itself. With api and the web
// folders of the modules it is the only importer of gin.
package web

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/gin-gonic/gin"

	"meridian/platform/app"
	"meridian/platform/authn"
	"meridian/platform/errs"
	"meridian/platform/web/asset"
)

// Server answers browsers and programs.
type Server struct {
	p         *app.Platform
	sessions  *scs.SessionManager
	engine    *gin.Engine
	hub       *hub
	metrics   *metrics
	roleNames roleCache
}

// New builds the server on a started platform and panics when two modules claim
// one address.
func New(p *app.Platform) *Server {
	gin.SetMode(gin.ReleaseMode)
	s := &Server{p: p, sessions: p.Authn.NewSessions(p.Config.TLS), engine: gin.New(), hub: newHub(p.Notices), metrics: newMetrics()}
	s.engine.HandleMethodNotAllowed = true
	_ = s.engine.SetTrustedProxies([]string{"127.0.0.1", "::1"})
	s.engine.Use(s.requestID, s.observe, s.recover, securityHeaders)
	p.API.SessionUser = func(ctx context.Context) int64 { return s.sessions.GetInt64(ctx, authn.UserKey) }
	s.routes()
	return s
}

// Handler is the whole server: requests of other sites are refused before
// anything else, sessions come next.
func (s *Server) Handler() http.Handler {
	guard := http.NewCrossOriginProtection()
	for _, o := range s.p.Config.Trusted {
		if err := guard.AddTrustedOrigin(o); err != nil {
			slog.Error("trusted origin is malformed", slog.String("origin", o), slog.Any("error", err))
		}
	}
	guard.AddInsecureBypassPattern("/api/v1/public/") // forms on the customer's own site
	withSession := s.sessions.LoadAndSave(s.engine)
	return guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/assets/") || r.Header.Get("Authorization") != "" && strings.HasPrefix(r.URL.Path, "/api/") {
			r = r.WithContext(s.emptySession(r.Context()))
			s.engine.ServeHTTP(w, r)
			return
		}
		withSession.ServeHTTP(w, r)
	}))
}

// emptySession spares programs the session machinery.
func (s *Server) emptySession(ctx context.Context) context.Context {
	ctx, err := s.sessions.Load(ctx, "")
	if err != nil {
		return context.Background()
	}
	return ctx
}

// Close ends the event streams, first thing on shutdown.
func (s *Server) Close() { s.hub.close() }

// Listen fans notices out to the open pages until ctx ends.
func (s *Server) Listen(ctx context.Context, dsn string) { s.hub.listen(ctx, dsn) }

func (s *Server) routes() {
	e := s.engine
	e.GET("/healthz", s.health)
	e.GET("/readyz", s.ready)
	e.GET("/metrics", s.metrics.handler())
	assets := gin.WrapH(asset.Handler())
	e.GET("/assets/*path", assets)
	e.HEAD("/assets/*path", assets)
	e.GET("/favicon.ico", func(c *gin.Context) { c.Redirect(http.StatusMovedPermanently, asset.URL("brand.svg")) })
	s.p.API.Mount(e)

	e.GET("/login", s.loginPage)
	e.POST("/login", s.login)
	e.POST("/logout", s.logout)
	e.POST("/prefs", s.prefs)

	g := e.Group("/", s.signedIn)
	g.GET("/", s.page(s.home))
	g.GET("/cockpit", s.page(s.cockpit))
	g.GET("/inbox", s.page(s.inbox))
	g.POST("/inbox/decide/:task", s.page(s.decide))
	g.GET("/search", s.page(s.search))
	g.GET("/events", s.events)
	g.GET("/notices", s.page(s.notices))
	g.GET("/notices/menu", s.page(s.noticeMenu))
	g.POST("/notices/read", s.page(s.noticesRead))
	g.GET("/help/:module", s.page(s.help))
	g.GET("/profile", s.page(s.profile))
	g.POST("/profile/prefs", s.page(s.profilePrefs))
	g.POST("/profile/password", s.page(s.profilePassword))
	g.POST("/profile/tokens", s.page(s.profileToken))
	g.POST("/profile/tokens/:id/revoke", s.page(s.profileRevoke))
	g.POST("/profile/sessions/:id/revoke", s.page(s.profileEnd))
	g.POST("/profile/deputies", s.page(s.profileDeputy))
	g.POST("/profile/deputies/:id/end", s.page(s.profileDeputyEnd))
	g.GET("/ref/:type", s.page(s.ref))
	g.GET("/file/:id", s.page(s.download))
	g.GET("/core/import/:run", s.page(s.importOf))
	g.GET("/admin/roles", s.page(s.roles))
	g.POST("/admin/roles", s.page(s.saveRoles))
	g.POST("/admin/roles/preview", s.page(s.previewRoles))
	g.GET("/admin/approvals", s.page(s.approvalRules))
	g.GET("/admin/approvals/:matrix", s.page(s.approvalForm))
	g.POST("/admin/approvals/:matrix", s.page(s.saveApprovals))
	g.GET("/admin/access", s.page(s.access))
	g.GET("/admin/audit", s.page(s.auditPage))
	g.GET("/admin/api", s.page(s.apiPage))
	g.GET("/admin/jobs", s.page(s.jobsPage))
	g.POST("/admin/jobs/:job/:act", s.page(s.jobAct))
	g.POST("/admin/users/:id/roles", s.page(s.userRoles))
	s.typeRoutes(g)
	s.reportRoutes(g)
	e.NoRoute(func(c *gin.Context) {
		if strings.HasPrefix(c.Request.URL.Path, "/api/") {
			s.p.API.NotFound(c)
			return
		}
		s.fail(c, errs.New(errs.NotFound, "There is no such page."))
	})
	e.NoMethod(func(c *gin.Context) {
		if strings.HasPrefix(c.Request.URL.Path, "/api/") {
			c.Header("Allow", "GET, POST, PATCH, DELETE")
			s.p.API.NotFound(c)
			return
		}
		s.fail(c, errs.New(errs.NotFound, "There is no such page."))
	})
}

// typeRoutes gives every document type its pages.
func (s *Server) typeRoutes(g *gin.RouterGroup) {
	for _, d := range s.p.Types.Docs() {
		info := d.Info()
		base := "/" + strings.Replace(info.Name, ".", "/", 1)
		t := &typePages{s: s, d: d, info: info, base: base}
		g.GET(base, s.page(t.list))
		g.GET(base+"/new", s.page(t.newForm))
		g.POST(base, s.page(t.create))
		g.GET(base+"/export", s.page(t.export))
		g.GET(base+"/import", s.page(t.importPage))
		g.POST(base+"/import", s.page(t.importUpload))
		g.GET(base+"/import/template", s.page(t.importTemplate))
		g.GET(base+"/import/:run", s.page(t.importShow))
		g.POST(base+"/import/:run/check", s.page(t.importCheck))
		g.POST(base+"/import/:run/run", s.page(t.importRun))
		g.POST(base+"/import/:run/undo", s.page(t.importUndo))
		g.POST(base+"/bulk/:move", s.page(t.bulk))
		g.GET(base+"/:id", s.page(t.detail))
		g.GET(base+"/:id/edit", s.page(t.editForm))
		g.POST(base+"/:id", s.page(t.update))
		g.POST(base+"/:id/delete", s.page(t.remove))
		g.GET(base+"/:id/thread", s.page(t.thread))
		g.GET(base+"/:id/file/:name", s.page(t.file))
		g.POST(base+"/:id/comment", s.page(t.comment))
		g.POST(base+"/:id/attach", s.page(t.attach))
		if t.info.Reveals() {
			g.GET(base+"/:id/reveal", s.page(t.revealForm))
			g.POST(base+"/:id/reveal", s.page(t.reveal))
		}
		g.GET(base+"/:id/share", s.page(t.shareForm))
		g.POST(base+"/:id/share", s.page(t.share))
		g.POST(base+"/:id/share/:user/remove", s.page(t.unshare))
		if info.Process == nil {
			continue
		}
		g.GET(base+"/process", s.page(t.process))
		g.POST(base+"/:id/decide/:task", s.page(t.decide))
		g.POST(base+"/:id/withdraw", s.page(t.withdraw))
		g.POST(base+"/:id/accept", s.page(t.acceptHandover))
		g.GET(base+"/:id/move/:move", s.page(t.moveForm))
		g.POST(base+"/:id/move/:move", s.page(t.move))
	}
}

func (s *Server) requestID(c *gin.Context) {
	id := c.GetHeader("X-Request-ID")
	if len(id) < 8 || len(id) > 64 || strings.Trim(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") != "" {
		id = strings.ToLower(rand.Text()[:16])
	}
	c.Set("request_id", id)
	c.Header("X-Request-ID", id)
}

func (s *Server) recover(c *gin.Context) {
	defer func() {
		if v := recover(); v != nil {
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(v)
			}
			slog.ErrorContext(c.Request.Context(), "handler panicked", slog.String("request_id", c.GetString("request_id")), slog.String("path", c.Request.URL.Path), slog.Any("panic", v), slog.String("stack", string(debug.Stack())))
			if !c.Writer.Written() {
				s.fail(c, errs.New(errs.Internal, "Something went wrong on our side. Nothing was changed."))
			}
		}
	}()
	c.Next()
}

const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
	"manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func securityHeaders(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", csp)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
}

// health says the program runs; ready says it can work.
func (s *Server) health(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"status": "ok"}) }

func (s *Server) ready(c *gin.Context) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), 2*time.Second)
	defer cancel()
	if err := s.p.DB.Pool().PingContext(ctx); err != nil {
		c.JSON(http.StatusServiceUnavailable, gin.H{"status": "database not reachable"})
		return
	}
	c.JSON(http.StatusOK, gin.H{"status": "ready"})
}
