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

	"github.com/gin-gonic/gin"
	"github.com/jackc/pgx/v5"

	"meridian/platform/authz"
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

// events is the stream of a page: the number on the bell.
func (s *Server) events(c *gin.Context) {
	ctx := c.Request.Context()
	user, _ := authz.Of(ctx)
	wake, leave := s.hub.add(user.User)
	defer leave()
	h := c.Writer.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	rc := streamOf(c)
	_ = rc.SetWriteDeadline(time.Time{})
	tick := time.NewTicker(25 * time.Second)
	defer tick.Stop()
	if s.sendBell(ctx, c, rc, user.User) != nil {
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
			err = s.sendBell(ctx, c, rc, user.User)
		case <-tick.C:
			_, err = fmt.Fprint(c.Writer, ": still here\n\n")
			_ = rc.Flush()
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

func (s *Server) sendBell(ctx context.Context, c *gin.Context, rc *http.ResponseController, user int64) error {
	n, err := s.p.Notices.Unread(ctx, user)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := ui.Badge(n).Render(ctx, &b); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.Writer, "event: bell\ndata: %s\n\n", strings.ReplaceAll(b.String(), "\n", " "))
	if err != nil {
		return err
	}
	return rc.Flush()
}
