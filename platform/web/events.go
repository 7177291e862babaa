package web

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"
	"github.com/jackc/pgx/v5"

	"meridian/platform/authz"
	"meridian/platform/i18n"
	"meridian/platform/notify"
	"meridian/platform/web/ui"
)

// hub fans notices out to the open pages. It keeps no state that matters: a page
// that misses one fetches the count again when it reconnects.
type hub struct {
	notices *notify.Notices
	mu      sync.Mutex
	clients map[int64]map[chan struct{}]bool
	done    chan struct{}
	once    sync.Once
}

func newHub(n *notify.Notices) *hub {
	return &hub{notices: n, clients: map[int64]map[chan struct{}]bool{}, done: make(chan struct{})}
}

func (h *hub) close() { h.once.Do(func() { close(h.done) }) }

func (h *hub) add(user int64) (chan struct{}, func()) {
	c := make(chan struct{}, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.clients[user] == nil {
		h.clients[user] = map[chan struct{}]bool{}
	}
	h.clients[user][c] = true
	return c, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.clients[user], c)
		if len(h.clients[user]) == 0 {
			delete(h.clients, user)
		}
	}
}

// ring wakes the pages of a user; one that has not yet looked is not woken twice.
func (h *hub) ring(user int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.clients[user] {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// listen follows the database's notices until ctx ends, reconnecting for ever.
func (h *hub) listen(ctx context.Context, dsn string) {
	for ctx.Err() == nil {
		if err := h.follow(ctx, dsn); err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "notice listener lost", slog.Any("error", err))
			time.Sleep(time.Second)
		}
	}
}

func (h *hub) follow(ctx context.Context, dsn string) error {
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	if _, err := c.Exec(ctx, "LISTEN meridian_bell"); err != nil {
		return err
	}
	for {
		n, err := c.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		if user, err := strconv.ParseInt(n.Payload, 10, 64); err == nil {
			h.ring(user)
		}
	}
}

// stream is the open connection of a page.
type stream struct {
	*Server
	c    *gin.Context
	rc   *http.ResponseController
	user int64
	seen int64 // the last notice the page knows
}

// events is the stream of a page: the number on the bell, and who is calling.
func (s *Server) events(c *gin.Context) {
	ctx := c.Request.Context()
	user, _ := authz.Of(ctx)
	wake, leave := s.hub.add(user.User)
	defer leave()
	h := c.Writer.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	to := &stream{Server: s, c: c, rc: streamOf(c), user: user.User}
	_ = to.rc.SetWriteDeadline(time.Time{})
	tick := time.NewTicker(25 * time.Second)
	defer tick.Stop()
	last, err := s.p.Notices.List(ctx, user.User, 1)
	if err != nil {
		return
	}
	if len(last) > 0 {
		to.seen = last[0].ID
	}
	if to.bell(ctx) != nil {
		return
	}
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-s.hub.done:
			return
		case <-wake:
			if err = to.calls(ctx); err == nil {
				err = to.bell(ctx)
			}
		case <-tick.C:
			_, err = fmt.Fprint(c.Writer, ": still here\n\n")
			_ = to.rc.Flush()
		}
		if err != nil {
			return
		}
	}
}

// streamOf controls the connection under gin's writer: gin flushes only a writer
// that flushes itself, which the session layer between the two does not.
func streamOf(c *gin.Context) *http.ResponseController {
	if u, ok := c.Writer.(interface{ Unwrap() http.ResponseWriter }); ok {
		return http.NewResponseController(u.Unwrap())
	}
	return http.NewResponseController(c.Writer)
}

func (to *stream) bell(ctx context.Context) error {
	n, err := to.p.Notices.Unread(ctx, to.user)
	if err != nil {
		return err
	}
	return to.send(ctx, "bell", ui.Badge(n))
}

// calls shows on the page what cannot wait until somebody looks at the bell.
func (to *stream) calls(ctx context.Context) error {
	list, err := to.p.Notices.Since(ctx, to.user, to.seen)
	if err != nil {
		return err
	}
	for _, n := range list {
		to.seen = n.ID
		if n.Kind != "call" {
			continue
		}
		if err := to.send(ctx, "notif", ui.Toast{Text: to.p.NoticeText(ctx, n), Href: recordPath(n.Object.Type, n.Object.ID), Link: i18n.T(ctx, "Open")}); err != nil {
			return err
		}
	}
	return nil
}

func (to *stream) send(ctx context.Context, event string, part templ.Component) error {
	var b bytes.Buffer
	if err := part.Render(ctx, &b); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(to.c.Writer, "event: %s\ndata: %s\n\n", event, strings.ReplaceAll(b.String(), "\n", " ")); err != nil {
		return err
	}
	return to.rc.Flush()
}
