package pgrun

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// logLimit is the size at which the log starts anew.
	logLimit = 8 << 20
	// leaveTime is what the last processes of a dead postmaster get to leave.
	leaveTime = 15 * time.Second
	// haltTime is what a postmaster gets that failed to become ready.
	haltTime = 5 * time.Second
	pingTime = 10 * time.Second
)

// launch starts a postmaster on the data and waits until it answers. The
// caller holds the start lock and has found no server on the data.
func (c *Cluster) launch(ctx context.Context, bin binaries, as account, guard *os.File) error {
	c.socketDir = c.place.socketDir(c.conf.Port)
	if err := makePrivate(c.socketDir, as); err != nil {
		return fmt.Errorf("make the directory of the socket: %w", err)
	}
	// No server runs, so a lock beside the socket is stale; its pid, too, may
	// belong to another program by now.
	_ = os.Remove(socketFile(c.socketDir, c.conf.Port) + ".lock")

	log, err := openLog(c.place.log)
	if err != nil {
		return err
	}
	defer log.Close()
	start, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("find the end of the server log: %w", err)
	}

	child, err := spawn(c.command(ctx, bin, as, guard, log))
	if err != nil {
		return as.explain(fmt.Errorf("start %s: %w", bin.tool("postgres"), err))
	}
	if err := c.awaitChild(ctx, child); err != nil {
		halt(child)
		return fmt.Errorf("PostgreSQL did not start on %s: %w%s", c.place.data, err, c.complaint(start))
	}
	c.child, c.pid, c.port = child, child.pid(), c.conf.Port
	return nil
}

func (c *Cluster) command(ctx context.Context, bin binaries, as account, guard, log *os.File) *exec.Cmd {
	args := append([]string{"-D", c.place.data}, c.conf.flags(c.socketDir)...)
	// The server outlives ctx, and a context would kill it with SIGKILL.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), bin.tool("postgres"), args...)
	cmd.Dir = c.place.base // the account may not enter our working directory
	cmd.Env = cleanEnv(os.Environ())
	if stale := readPidfile(c.place.data).pid; stale > 1 {
		// PostgreSQL refuses to start while any process has the pid of its pid
		// file. The caller has checked that this one is no server of ours. Said
		// this way (as pg_ctl does for its own parent), PostgreSQL replaces the
		// file itself and still looks for leftovers in shared memory, which it
		// could not after the file was removed.
		cmd.Env = append(cmd.Env, fmt.Sprintf("PG_GRANDPARENT_PID=%d", stale))
	}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = []*os.File{guard}
	cmd.SysProcAttr = attributes(as, !c.conf.Shared)
	return cmd
}

// takeGuard gets the lock that the processes of a server hold as long as they
// live. The last ones of a killed postmaster take a moment to leave.
func takeGuard(ctx context.Context, path string) (*os.File, error) {
	wait, cancel := context.WithTimeout(ctx, leaveTime)
	defer cancel()
	guard, err := takeLock(wait, path)
	if err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return nil, errors.New("processes of an earlier PostgreSQL still work on the data, perhaps in another container: wait for them or end them")
	}
	return guard, err
}

// awaitChild waits until the new server is ready, which may take long after a
// crash, or is gone.
func (c *Cluster) awaitChild(ctx context.Context, child *process) error {
	for child.running() {
		p := readPidfile(c.place.data)
		if p.pid == child.pid() && p.status == "ready" {
			return c.ping(ctx, p)
		}
		if err := pause(ctx, pollEvery); err != nil {
			return err
		}
	}
	return fmt.Errorf("it ended at once: %w", child.err)
}

// ping logs in. Line 8 of the pid file alone says nothing about the password.
func (c *Cluster) ping(ctx context.Context, p pidfile) error {
	ctx, cancel := context.WithTimeout(ctx, pingTime)
	defer cancel()
	conn, err := pgconn.Connect(ctx, dsn("postgres", c.password, p.socketDir, p.port))
	if err == nil {
		return conn.Close(ctx)
	}
	var refusal *pgconn.PgError
	if errors.As(err, &refusal) {
		switch refusal.Code {
		case "53300": // too many connections: it is alive
			return nil
		case "28P01", "28000":
			return errWrongPassword
		}
	}
	return err
}

var errWrongPassword = errors.New("the server does not accept the password in the data root")

// halt ends a server that failed to start. One that is still recovering after
// that is left to the death signal: it must not be killed.
func halt(child *process) {
	for _, send := range []func(int) error{interrupt, quitNow} {
		if !child.running() || send(child.pid()) != nil || child.exitsWithin(haltTime) {
			return
		}
	}
}

// openLog keeps one earlier log.
func openLog(path string) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > logLimit {
		if err := os.Rename(path, path+".old"); err != nil {
			return nil, fmt.Errorf("put the server log aside: %w", err)
		}
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the server log: %w", err)
	}
	return f, nil
}

// complaint is what the server wrote to its log since start.
func (c *Cluster) complaint(start int64) string {
	text, err := os.ReadFile(c.place.log)
	if err != nil || int64(len(text)) <= start {
		return ""
	}
	said := string(text[start:])
	hint := ""
	if strings.Contains(said, "could not create any TCP/IP sockets") {
		hint = fmt.Sprintf(" (is port %d in use? another number or the socket alone would do)", c.conf.Port)
	}
	return hint + ": " + lastLines(said, 3) + " (from " + filepath.Base(c.place.log) + ")"
}
