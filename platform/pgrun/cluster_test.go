//go:build linux

package pgrun

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func TestFirstStartAndWarmStart(t *testing.T) {
	needServer(t)
	// What a user's shell may hold must not reach the server.
	for name, value := range map[string]string{"PGDATA": "/nowhere", "PGPORT": "1", "PGOPTIONS": "-c jit=on", "LC_ALL": "xx_XX.bad", "LANG": "xx_XX.bad"} {
		t.Setenv(name, value)
	}
	c := testConfig(filepath.Join(newRoot(t), "a", "b"))
	old := syscall.Umask(0o077) // parents must be open all the same
	t.Cleanup(func() { syscall.Umask(old) })

	began := time.Now()
	first := start(t, c)
	os.Unsetenv("PGOPTIONS") // pgx reads it, too
	wantAnswer(t, first.DSN("postgres"), "SELECT 'hello'", "hello")
	t.Logf("first query after %v", time.Since(began))
	t.Log(first.How())

	for query, want := range map[string]string{
		"SHOW data_checksums":   "on",
		"SHOW jit":              "off",
		"SHOW fsync":            "off",
		"SHOW max_connections":  "200",
		"SHOW listen_addresses": "",
		"SHOW lc_collate":       "C",
		"SHOW server_encoding":  "UTF8",
		"SHOW timezone":         "UTC",
		"SELECT current_user || ' ' || usesuper FROM pg_user WHERE usename = current_user":          Owner + " true",
		"SELECT left(rolpassword, 13) FROM pg_authid WHERE rolname = current_user":                  "SCRAM-SHA-256",
		"SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules":                       "scram-sha-256",
		"SELECT string_agg(w, '' ORDER BY w COLLATE \"zh-x-icu\") FROM unnest('{中,阿,北}'::text[]) w": "阿北中",
	} {
		if query == "SHOW lc_collate" && needServer(t).major > 15 {
			continue // the setting went away in 16
		}
		wantAnswer(t, first.DSN("postgres"), query, want)
	}
	wantMode(t, c.Root, 0o755)
	wantMode(t, first.place.base, 0o755)
	wantMode(t, first.place.data, 0o700)
	wantMode(t, first.place.run, 0o700)
	wantMode(t, first.place.password, 0o600)

	conn, err := pgx.Connect(t.Context(), first.DSN("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "CREATE TABLE kept (id int)"); err != nil {
		t.Fatal(err)
	}
	began = time.Now()
	stop(t, first)
	t.Logf("stop after %v", time.Since(began))
	wantControl(t, first, "shut down")

	began = time.Now()
	second := start(t, c)
	t.Logf("warm start after %v", time.Since(began))
	wantAnswer(t, second.DSN("postgres"), "SELECT count(*)::text FROM kept", "0")
}

// wantControl asks the data directory itself.
func wantControl(t *testing.T, c *Cluster, want string) {
	t.Helper()
	tool := needServer(t).tool("pg_controldata")
	if !exists(tool) {
		return
	}
	cmd := exec.CommandContext(t.Context(), tool, c.place.data)
	cmd.Env = cleanEnv(os.Environ())
	text, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if state, ok := strings.CutPrefix(line, "Database cluster state:"); ok && strings.TrimSpace(state) != want {
			t.Errorf("state of the data: got %q, want %q", strings.TrimSpace(state), want)
		}
	}
}

func TestTCP(t *testing.T) {
	t.Parallel()
	c := setupWarm(t)
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	c.NoTCP, c.Port = false, int(port)
	cluster := start(t, c)
	dsn := fmt.Sprintf("postgres://%s:%s@127.0.0.1:%d/postgres?sslmode=disable", Owner, cluster.password, port)
	wantAnswer(t, dsn, "SELECT inet_server_addr()::text", "127.0.0.1/32")

	t.Run("a port in use is said to be in use", func(t *testing.T) {
		other := setupWarm(t)
		other.NoTCP, other.Port = false, int(port)
		_, err := Start(t.Context(), other)
		wantError(t, err, "did not start", fmt.Sprintf("is port %d in use?", port))
	})
}

func TestLongRootPutsTheSocketElsewhere(t *testing.T) {
	t.Parallel()
	c := setup(t)
	c.Root = filepath.Join(c.Root, strings.Repeat("long", 25), `with "quotes", and spaces`)
	if err := os.MkdirAll(c.Root, 0o755); err != nil {
		t.Fatal(err)
	}
	copyTemplate(t, c.Root)
	cluster := start(t, c)
	wantAnswer(t, cluster.DSN("postgres"), "SELECT 'hello'", "hello")
	if len(cluster.socketDir) > 40 {
		t.Errorf("got the socket in %s, want a short path", cluster.socketDir)
	}
	wantMode(t, cluster.socketDir, 0o700)
	stop(t, cluster)
	if exists(cluster.socketDir) {
		t.Errorf("%s is left over", cluster.socketDir)
	}
}

func TestSuperviseRelaunchesAKilledPostmaster(t *testing.T) {
	t.Parallel()
	c := setupWarm(t)
	cluster := start(t, c)
	dsn := cluster.DSN("postgres")
	open, err := pgx.Connect(t.Context(), dsn) // its backend survives the postmaster for a moment
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close(t.Context())

	ended := make(chan struct{})
	quit := make(chan struct{})
	go func() {
		cluster.Supervise(t.Context(), quit, slog.New(slog.NewTextHandler(t.Output(), nil)))
		close(ended)
	}()
	for range 2 {
		if err := syscall.Kill(readPidfile(cluster.place.data).pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		var last error
		took := eventually(t, "no answer from a new postmaster", func() bool {
			_, last = ask(t.Context(), dsn, "SELECT 'hello'")
			return last == nil
		})
		t.Logf("answers again after %v", took)
	}
	close(quit)
	<-ended
	stop(t, cluster)
	wantControl(t, cluster, "shut down")
}

func TestStopUnderLoadEndsSupervise(t *testing.T) {
	t.Parallel()
	cluster := start(t, setupWarm(t))
	ended := make(chan struct{})
	go func() {
		cluster.Supervise(t.Context(), nil, slog.New(slog.DiscardHandler))
		close(ended)
	}()
	go func() { _, _ = ask(t.Context(), cluster.DSN("postgres"), "SELECT pg_sleep(60)::text") }()
	eventually(t, "the query does not run", func() bool {
		n, err := ask(t.Context(), cluster.DSN("postgres"), "SELECT count(*)::text FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'")
		return err == nil && n == "1"
	})
	began := time.Now()
	stop(t, cluster)
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("stop took %v with a query under way", took)
	}
	<-ended
	if p := readPidfile(cluster.place.data); p.pid != 0 {
		t.Errorf("Supervise started process %d behind the back of Stop", p.pid)
	}
}

func TestStopWithoutGraceLosesNothing(t *testing.T) {
	t.Parallel()
	c := setupWarm(t)
	cluster := start(t, c)
	conn, err := pgx.Connect(t.Context(), cluster.DSN("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), "CREATE TABLE kept AS SELECT 42 AS id"); err != nil {
		t.Fatal(err)
	}
	if err := cluster.Stop(0); err != nil { // SIGQUIT at once: the next start recovers
		t.Fatal(err)
	}
	wantAnswer(t, start(t, c).DSN("postgres"), "SELECT id::text FROM kept", "42")
}

func TestStartGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	c := setupWarm(t)
	for _, limit := range []time.Duration{0, 10 * time.Millisecond, 30 * time.Millisecond} {
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		cluster, err := Start(ctx, c)
		cancel()
		if err == nil { // a fast machine
			stop(t, cluster)
		}
		if p := readPidfile(layoutOf(c.Root).data); p.pid != 0 {
			t.Fatalf("limit %v: process %d was left running", limit, p.pid)
		}
	}
	wantAnswer(t, start(t, c).DSN("postgres"), "SELECT 'hello'", "hello")
}

func TestKilledProgramTakesItsClusterAlong(t *testing.T) {
	t.Parallel()
	c := setupWarm(t)
	owner := runProgram(t, childSpec{Config: c}, nil)
	r := owner.report(t)
	wantAnswer(t, r.DSN, "SELECT 'hello'", "hello")
	owner.kill9(t)
	took := eventually(t, "the postmaster still runs", func() bool { return commandLine(r.Pid) == nil })
	t.Logf("postmaster gone after %v", took)
	wantControl(t, &Cluster{place: layoutOf(c.Root)}, "shut down")
}

func TestSecondProgramAttaches(t *testing.T) {
	t.Parallel()
	c := setupWarm(t)
	owner := runProgram(t, childSpec{Config: c}, nil)
	r := owner.report(t)
	if !strings.HasSuffix(r.How, "started") {
		t.Errorf("got %q, want the first program to start", r.How)
	}

	began := time.Now()
	guest := start(t, c)
	t.Logf("attached after %v", time.Since(began))
	if !strings.Contains(guest.How(), "attached") {
		t.Errorf("got %q, want the second program to attach", guest.How())
	}
	if guest.DSN("postgres") != r.DSN {
		t.Error("the two programs disagree about the DSN")
	}
	stop(t, guest)
	wantAnswer(t, r.DSN, "SELECT 'hello'", "hello")

	t.Run("and takes over when the first one ends", func(t *testing.T) {
		heir := start(t, c)
		go heir.Supervise(t.Context(), nil, slog.New(slog.NewTextHandler(t.Output(), nil)))
		owner.finish()
		took := eventually(t, "nobody took over", func() bool {
			_, err := ask(t.Context(), r.DSN, "SELECT 'hello'")
			return err == nil
		})
		t.Logf("taken over after %v", took)
		if !strings.HasSuffix(heir.How(), "started") {
			t.Errorf("got %q, want the heir to have started it", heir.How())
		}
	})
}

func TestRacingFirstStarts(t *testing.T) {
	t.Parallel()
	c := setup(t)
	var racers []*program
	for range 3 {
		racers = append(racers, runProgram(t, childSpec{Config: c}, nil))
	}
	var wait sync.WaitGroup
	reports := make([]childReport, len(racers))
	for i, racer := range racers {
		wait.Go(func() { reports[i] = racer.report(t) })
	}
	wait.Wait()
	started := 0
	for _, r := range reports {
		if r.Err != "" || r.Pid != reports[0].Pid {
			t.Errorf("got %+v, want all on process %d", r, reports[0].Pid)
		}
		if strings.HasSuffix(r.How, "started") {
			started++
		}
	}
	if started != 1 {
		t.Errorf("got %d programs that started a server, want 1", started)
	}
}

func TestReusedPid(t *testing.T) {
	t.Parallel()
	c := setupWarm(t)
	cluster := start(t, c)
	pidPath := filepath.Join(cluster.place.data, "postmaster.pid")
	pidText, err := os.ReadFile(pidPath)
	if err != nil {
		t.Fatal(err)
	}
	stop(t, cluster)

	// A program of the same account got the pid, and it even looks like the
	// server of another cluster.
	as, err := accountFor(c, cluster.place.data)
	if err != nil {
		t.Fatal(err)
	}
	stranger := exec.CommandContext(t.Context(), "/bin/sh")
	stranger.Args = []string{"postgres", "-c", "sleep 60; :", "-D", t.TempDir()}
	stranger.SysProcAttr = attributes(as, true)
	stranger.Dir = "/"
	child, err := spawn(stranger)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(-child.pid(), syscall.SIGKILL) })
	eventually(t, "the stranger does not run", func() bool { return len(commandLine(child.pid())) > 4 })

	_, rest, _ := strings.Cut(string(pidText), "\n")
	stale := fmt.Sprintf("%d\n%s", child.pid(), rest)
	sockLock := socketFile(cluster.place.run, DefaultPort) + ".lock"
	for _, path := range []string{pidPath, sockLock} {
		if err := os.WriteFile(path, []byte(stale), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := as.give(path); err != nil {
			t.Fatal(err)
		}
	}

	bare := exec.CommandContext(t.Context(), needServer(t).tool("postgres"), "-D", cluster.place.data, "-c", "listen_addresses=")
	bare.SysProcAttr, bare.Dir, bare.Env = attributes(as, true), "/", cleanEnv(os.Environ())
	if said, err := bare.CombinedOutput(); err == nil || !strings.Contains(string(said), "already exists") {
		t.Errorf("bare PostgreSQL was expected to refuse, got %v: %s", err, said)
	}

	again := start(t, c)
	wantAnswer(t, again.DSN("postgres"), "SELECT 'hello'", "hello")
	if !child.running() {
		t.Error("the stranger was harmed")
	}
}

func TestServedByDoubtsInFavourOfTheData(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	for _, test := range []struct {
		name string
		argv []string
		want bool
	}{
		{"our server", []string{"postgres", "-D", data}, true},
		{"pg_ctl by another path", []string{"/opt/pg/bin/postgres", "-D", data + "/../" + filepath.Base(data)}, true},
		{"a relative path", []string{"postgres", "-D", "data"}, true},
		{"no path, PGDATA", []string{"postgres"}, true},
		{"another cluster", []string{"postgres", "-D", "/"}, false},
		{"a child of another cluster", []string{"postgres: meridian: checkpointer "}, false},
		{"an editor", []string{"vi", "-D", data}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), "/bin/sh")
			cmd.Args = append([]string{test.argv[0], "-c", "sleep 60; :"}, test.argv[1:]...)
			cmd.SysProcAttr = attributes(account{}, true)
			child, err := spawn(cmd)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = syscall.Kill(-child.pid(), syscall.SIGKILL) }()
			eventually(t, "no command line", func() bool {
				argv := commandLine(child.pid())
				return len(argv) > 1 && argv[1] == "-c"
			})
			if got := servedBy(child.pid(), data); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestSharedClusterEndsWithItsLastUser(t *testing.T) {
	t.Parallel()
	c := setupWarm(t)
	c.Shared = true
	first := runProgram(t, childSpec{Config: c}, nil)
	r := first.report(t)
	last := start(t, c)
	first.finish()
	wantAnswer(t, last.DSN("postgres"), "SELECT 'hello'", "hello")
	stop(t, last)
	if commandLine(r.Pid) != nil {
		t.Error("the server outlived its last user")
	}
}
