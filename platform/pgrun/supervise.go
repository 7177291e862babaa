package pgrun

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

const (
	watchEvery   = 200 * time.Millisecond // a server that is no child of ours
	firstBackoff = 50 * time.Millisecond
	maxBackoff   = 5 * time.Second
	orphanTime   = 10 * time.Second
)

// Supervise relaunches the postmaster when it dies, until ctx ends, quit is
// closed or Stop is called. A program that is attached takes over when the
// program that ran the server has stopped it. It blocks: the caller starts it
// in a goroutine and closes quit before it drains.
func (c *Cluster) Supervise(ctx context.Context, quit <-chan struct{}, log *slog.Logger) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-quit:
		case <-c.stopping:
		case <-ctx.Done():
		}
		cancel()
	}()
	for c.awaitDeath(ctx) && !c.stopped() {
		log.WarnContext(ctx, "postgres is gone", slog.String("log_file", c.place.log))
		go collectOrphans(ctx)
		c.relaunch(ctx, log)
	}
}

// awaitDeath is false when there is no more reason to wait.
func (c *Cluster) awaitDeath(ctx context.Context) bool {
	c.mu.Lock()
	child, pid := c.child, c.pid
	c.mu.Unlock()
	if child != nil {
		select {
		case <-ctx.Done():
		case <-child.exited:
		}
		return ctx.Err() == nil
	}
	// The process may be out of sight in another container; then the lock of
	// its processes tells.
	visible := servedBy(pid, c.place.data)
	for alive := true; alive; {
		if pause(ctx, watchEvery) != nil {
			return false
		}
		if visible {
			alive = servedBy(pid, c.place.data)
		} else {
			alive = held(c.place.serveLock)
		}
	}
	return ctx.Err() == nil
}

// relaunch tries until there is a server again, its own or that of another
// program.
func (c *Cluster) relaunch(ctx context.Context, log *slog.Logger) {
	for wait := firstBackoff; ctx.Err() == nil; wait = min(2*wait, maxBackoff) {
		pid, err := c.reopen(ctx)
		if err == nil {
			log.InfoContext(ctx, "postgres runs again", slog.Int("pid", pid))
			return
		}
		if ctx.Err() != nil || c.stopped() {
			return
		}
		log.ErrorContext(ctx, "postgres relaunch failed", slog.String("error", err.Error()), slog.Duration("retry_in", wait))
		_ = pause(ctx, wait)
	}
}

// reopen does not start a server behind the back of Stop, which closes
// stopping before it takes the mutex.
func (c *Cluster) reopen(ctx context.Context) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped() {
		return 0, errStopped
	}
	err := c.open(ctx)
	return c.pid, err
}

var errStopped = errors.New("the cluster was stopped")

// collectOrphans waits for the children of a dead postmaster in case they were
// handed to this program. They take a moment to notice.
func collectOrphans(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, orphanTime)
	defer cancel()
	for pause(ctx, watchEvery) == nil {
		reapOrphans()
	}
}
