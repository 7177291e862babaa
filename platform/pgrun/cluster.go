package pgrun

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"
)

// Cluster is the private PostgreSQL of a data root, started by this program or
// by another one.
type Cluster struct {
	conf  Config
	place layout

	mu        sync.Mutex // over the fields below and every start and stop
	child     *process   // nil while attached
	pid       int
	port      int
	socketDir string
	password  string
	source    string   // where the binaries are
	note      string   // what people should also know
	users     *os.File // the lock of a shared cluster

	stopOnce sync.Once
	stopping chan struct{} // closed by Stop
}

// Start attaches to the cluster below c.Root, or makes and starts it. It
// returns once the server answers; ctx limits the wait and does not limit the
// life of the server. The errors are sentences for the person at the terminal.
func Start(ctx context.Context, c Config) (*Cluster, error) {
	if !supported {
		return nil, fmt.Errorf("the built-in PostgreSQL does not run on %s: set DATABASE_URL to a server of your own", runtime.GOOS)
	}
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	cluster := &Cluster{conf: c, place: layoutOf(c.Root), stopping: make(chan struct{})}
	cluster.mu.Lock()
	defer cluster.mu.Unlock()
	if err := cluster.open(ctx); err != nil {
		return nil, err
	}
	return cluster, nil
}

// open attaches or starts, in turn with other programs.
func (c *Cluster) open(ctx context.Context) error {
	as, err := accountFor(c.conf, c.place.data)
	if err != nil {
		return err
	}
	if err := as.reach(c.place.base); err != nil {
		return err
	}
	if err := makeParents(c.place.base); err != nil {
		return fmt.Errorf("make the data root (MERIDIAN_DATA names another one): %w", err)
	}
	lock, err := takeLock(ctx, c.place.startLock)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := c.joinUsers(); err != nil {
		return err
	}
	attached, err := c.attach(ctx)
	if err == nil && !attached {
		err = c.begin(ctx)
	}
	if err != nil && c.pid == 0 {
		c.leaveUsers()
	}
	return err
}

// attach takes over a running server, and reports none if there is none. It
// waits while a server is on its way up or down.
func (c *Cluster) attach(ctx context.Context) (bool, error) {
	var lastPing error
	wait, cancel := context.WithTimeout(ctx, leaveTime)
	defer cancel()
	for {
		p := readPidfile(c.place.data)
		seen := p.pid != 0 && servedBy(p.pid, c.place.data)
		if !seen && !held(c.place.serveLock) {
			return false, nil
		}
		if p.status == "ready" {
			if err := c.readPassword(); err != nil {
				return false, err
			}
			if lastPing = c.ping(ctx, p); lastPing == nil {
				c.follow(p)
				return true, nil
			}
			if errors.Is(lastPing, errWrongPassword) {
				return false, fmt.Errorf("attach to the PostgreSQL on %s: %w", c.place.data, lastPing)
			}
		}
		// Recovery may take as long as it needs. A server that is ready and
		// silent, or whose postmaster is out of sight, gets only a moment.
		limit := wait
		if seen && p.status != "ready" {
			limit = ctx
		}
		if err := pause(limit, pollEvery); err != nil {
			return false, c.unanswered(ctx, p, seen, lastPing)
		}
	}
}

func (c *Cluster) unanswered(ctx context.Context, p pidfile, seen bool, lastPing error) error {
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("wait for the PostgreSQL on %s (%s): %w", c.place.data, p.status, ctx.Err())
	case seen:
		return fmt.Errorf("a PostgreSQL (process %d) runs on %s but does not answer: %w", p.pid, c.place.data, lastPing)
	}
	return fmt.Errorf("processes of another or an earlier PostgreSQL hold %s and do not answer; perhaps they run in another container: stop them or wait for them", c.place.data)
}

// follow notes where a server of another program is.
func (c *Cluster) follow(p pidfile) {
	c.child, c.pid, c.port, c.socketDir = nil, p.pid, p.port, p.socketDir
	c.conf.Port = p.port // a relaunch keeps the DSN
	c.source = "another program"
	if argv := commandLine(p.pid); len(argv) > 0 {
		c.source = filepath.Dir(argv[0])
	}
}

// begin makes the data if need be and starts a server on it. The guard is
// inherited by initdb, too: after a killed program its last steps must be over
// before the next initdb begins.
func (c *Cluster) begin(ctx context.Context) error {
	guard, err := takeGuard(ctx, c.place.serveLock)
	if err != nil {
		return err
	}
	defer guard.Close() // the server has its own copy
	if err := c.clearUnfinished(ctx); err != nil {
		return err
	}
	as, err := accountFor(c.conf, c.place.data) // the data may be new since
	if err != nil {
		return err
	}
	major, err := dataMajor(c.place.data)
	if err != nil {
		return err
	}
	bin, err := chooser{conf: c.conf, place: c.place, as: as, want: major}.choose(ctx)
	if err != nil {
		return err
	}
	if major == 0 {
		if err := c.initdb(ctx, bin, as, guard); err != nil {
			return err
		}
	}
	if err := c.readPassword(); err != nil {
		return err
	}
	c.source = fmt.Sprintf("%s (%s)", bin.dir, bin.version)
	return c.launch(ctx, bin, as, guard)
}

// DSN is the address of a database of the cluster, through its Unix socket and
// as its owner. It contains the password: never log it. It stays valid when
// the server is relaunched.
func (c *Cluster) DSN(db string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return dsn(db, c.password, c.socketDir, c.port)
}

func dsn(db, password, socketDir string, port int) string {
	u := url.URL{
		Scheme: "postgres",
		User:   url.UserPassword(Owner, password),
		Path:   "/" + db,
		RawQuery: url.Values{
			"host":    {socketDir},
			"port":    {strconv.Itoa(port)},
			"sslmode": {"disable"},
		}.Encode(),
	}
	return u.String()
}

// How tells people, in one line, which server this is.
func (c *Cluster) How() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	verb := "started"
	if c.child == nil {
		verb = "attached to, run by another program"
	}
	line := fmt.Sprintf("PostgreSQL from %s, data in %s, %s", c.source, c.place.data, verb)
	if c.note != "" {
		line += "; " + c.note
	}
	return line
}

// Stop ends the server if this program started it: SIGINT, which cuts
// connections and writes everything down, and SIGQUIT after grace. It never
// sends SIGKILL, so it may report a server that still runs. On an attached
// cluster it does nothing.
func (c *Cluster) Stop(grace time.Duration) error {
	c.stopOnce.Do(func() { close(c.stopping) }) // ends Supervise and its relaunch
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conf.Shared {
		return c.stopShared(grace)
	}
	if c.child == nil {
		return nil
	}
	if err := stopPostmaster(c.child.pid(), grace, c.child.exitsWithin); err != nil {
		return err
	}
	c.child, c.pid = nil, 0
	c.removeSocketDir()
	return nil
}

// removeSocketDir tidies up in /tmp. The next start makes it again.
func (c *Cluster) removeSocketDir() {
	if c.socketDir != c.place.run {
		_ = os.Remove(c.socketDir) // fails unless empty
	}
}

func (c *Cluster) stopped() bool {
	select {
	case <-c.stopping:
		return true
	default:
		return false
	}
}

// crashTime is what SIGQUIT gets: PostgreSQL itself ends its children after 5 s.
const crashTime = 10 * time.Second

func stopPostmaster(pid int, grace time.Duration, exitsWithin func(time.Duration) bool) error {
	if exitsWithin(0) {
		return nil
	}
	if err := interrupt(pid); err != nil && !exitsWithin(time.Second) {
		return fmt.Errorf("ask PostgreSQL (process %d) to stop: %w", pid, err)
	}
	if exitsWithin(grace) {
		return nil
	}
	if err := quitNow(pid); err != nil && !exitsWithin(time.Second) {
		return fmt.Errorf("tell PostgreSQL (process %d) to stop at once: %w", pid, err)
	}
	if exitsWithin(crashTime) {
		return nil
	}
	return fmt.Errorf("PostgreSQL (process %d) still runs after SIGINT and SIGQUIT; it was not killed", pid)
}
