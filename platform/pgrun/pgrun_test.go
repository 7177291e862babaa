//go:build linux

package pgrun

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
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

// childEnv turns the test binary into another program on the same root.
const childEnv = "PGRUN_TEST_CHILD"

func TestMain(m *testing.M) {
	if spec := os.Getenv(childEnv); spec != "" {
		os.Exit(childMain(spec))
	}
	code := m.Run()
	if template.root != "" {
		_ = os.RemoveAll(template.root)
	}
	os.Exit(code)
}

// template is a data root that has seen its first start. Most tests begin with
// a copy of it, since initdb takes most of the time of a first start.
var template struct {
	once sync.Once
	root string
	err  error
}

func makeTemplate() {
	root, err := os.MkdirTemp("", "pgrun-template-")
	template.root, template.err = root, err
	if err != nil {
		return
	}
	if template.err = os.Chmod(root, 0o755); template.err != nil {
		return
	}
	cluster, err := Start(context.Background(), testConfig(root))
	if err != nil {
		template.err = err
		return
	}
	template.err = cluster.Stop(10 * time.Second)
}

// childSpec is what the other program does: prepare, Start, report, and Stop
// when its standard input ends.
type childSpec struct {
	Prepare   string
	Supervise bool
	Config    Config
}

// childReport is its answer.
type childReport struct {
	How, DSN, Err string
	Pid           int
}

func childMain(spec string) int {
	var s childSpec
	if err := json.Unmarshal([]byte(spec), &s); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	prepareChild(s.Prepare, spec)
	cluster, err := Start(context.Background(), s.Config)
	if err != nil {
		_ = json.NewEncoder(os.Stdout).Encode(childReport{Err: err.Error()})
		return 1
	}
	if s.Supervise {
		go cluster.Supervise(context.Background(), nil, slog.New(slog.DiscardHandler))
	}
	_ = json.NewEncoder(os.Stdout).Encode(childReport{How: cluster.How(), DSN: cluster.DSN("postgres"), Pid: cluster.pid})
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := cluster.Stop(5 * time.Second); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// program is the running child.
type program struct {
	cmd    *exec.Cmd
	stdin  io.Closer
	stdout *bufio.Reader
}

func runProgram(t *testing.T, s childSpec, attr *syscall.SysProcAttr) *program {
	t.Helper()
	s.Config.Log = nil
	spec, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), executable(t, attr))
	cmd.Env = append(os.Environ(), childEnv+"="+string(spec))
	cmd.SysProcAttr = attr
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		if attr != nil {
			t.Skipf("this sandbox does not allow the set-up: %v", err)
		}
		t.Fatal(err)
	}
	p := &program{cmd: cmd, stdin: stdin, stdout: bufio.NewReader(stdout)}
	t.Cleanup(func() { p.finish() })
	return p
}

// executable is the test binary, or a copy for a program of another user: `go
// test` builds it below a private directory.
func executable(t *testing.T, attr *syscall.SysProcAttr) string {
	t.Helper()
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if attr == nil || attr.Credential == nil {
		return own
	}
	binary, err := os.ReadFile(own)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(newRoot(t), "program")
	if err := os.WriteFile(path, binary, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func (p *program) report(t *testing.T) childReport {
	t.Helper()
	line, err := p.stdout.ReadString('\n')
	if err != nil {
		t.Fatalf("the other program said %q: %v", line, err)
	}
	var r childReport
	if err := json.Unmarshal([]byte(line), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// finish lets the program stop in its own way.
func (p *program) finish() {
	_ = p.stdin.Close()
	_ = p.cmd.Wait()
}

func (p *program) kill9(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.cmd.Wait()
}

// newRoot is a data root that the account of the server can reach; t.TempDir
// itself lies in a private directory.
func newRoot(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	if err := os.Chmod(filepath.Dir(root), 0o755); err != nil {
		t.Fatal(err)
	}
	return root
}

func testConfig(root string) Config {
	return Config{
		Root:     root,
		NoTCP:    true,
		Mirror:   "http://127.0.0.1:1", // no test goes to the network
		Settings: map[string]string{"fsync": "off", "shared_buffers": "16MB"},
	}
}

// needServer skips where no PostgreSQL is installed.
func needServer(t *testing.T) binaries {
	t.Helper()
	c, err := Config{Root: "/nowhere"}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	as, err := accountFor(c, "/nowhere")
	if err != nil {
		t.Skip(err)
	}
	if as.listed() != nil {
		t.Skip("NOT TESTED: this user has no passwd entry")
	}
	server.once.Do(func() {
		server.found, _ = chooser{conf: c, as: as}.newest(context.Background(), installedDirs())
	})
	if server.found.dir == "" {
		t.Skip("NOT TESTED: no PostgreSQL is installed")
	}
	return server.found
}

// server is what is installed here.
var server struct {
	once  sync.Once
	found binaries
}

// setup is an empty data root.
func setup(t *testing.T) Config {
	t.Helper()
	needServer(t)
	return testConfig(newRoot(t))
}

// setupWarm is a data root with a cluster that is not running.
func setupWarm(t *testing.T) Config {
	t.Helper()
	c := setup(t)
	copyTemplate(t, c.Root)
	return c
}

func copyTemplate(t *testing.T, root string) {
	t.Helper()
	template.once.Do(makeTemplate)
	if template.err != nil {
		t.Fatal(template.err)
	}
	cp := exec.CommandContext(t.Context(), "cp", "-a", filepath.Join(template.root, "pg"), root)
	if said, err := cp.CombinedOutput(); err != nil {
		t.Fatalf("copy the template: %v: %s", err, said)
	}
}

func start(t *testing.T, c Config) *Cluster {
	t.Helper()
	cluster, err := Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(5 * time.Second); err != nil {
			t.Error(err)
		}
	})
	return cluster
}

func stop(t *testing.T, c *Cluster) {
	t.Helper()
	if err := c.Stop(5 * time.Second); err != nil {
		t.Fatal(err)
	}
}

// ask runs a query that returns one text.
func ask(ctx context.Context, dsn, query string) (string, error) {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	var answer string
	err = conn.QueryRow(ctx, query).Scan(&answer)
	return answer, err
}

func wantAnswer(t *testing.T, dsn, query, want string) {
	t.Helper()
	got, err := ask(t.Context(), dsn, query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	if got != want {
		t.Errorf("%s: got %q, want %q", query, got, want)
	}
}

// eventually waits for what happens in other processes.
func eventually(t *testing.T, what string, done func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	for !done() {
		if time.Since(began) > 10*time.Second {
			t.Fatalf("after 10 s: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
	return time.Since(began)
}

func wantError(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("got no error, want one with %q", words)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("got error %q, want it to say %q", err, word)
		}
	}
}

func wantMode(t *testing.T, path string, want fs.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != want {
		t.Errorf("mode of %s: got %04o, want %04o", path, got, want)
	}
}

// writeTree makes files for the account of the server.
func writeTree(t *testing.T, c Config, files map[string]string) {
	t.Helper()
	as, err := accountFor(c, "/nowhere")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		path := filepath.Join(c.Root, name)
		for dir := filepath.Dir(path); !exists(dir); dir = filepath.Dir(dir) {
			defer func() { _ = as.give(dir) }()
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := as.give(path); err != nil {
			t.Fatal(err)
		}
	}
}

// snapshot lists a tree with sizes, owners and times.
func snapshot(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := os.Lstat(path)
		if err != nil {
			return err
		}
		uid, _ := ownerOf(info)
		fmt.Fprintln(&b, path, info.Mode(), uid, info.Size(), info.ModTime().UnixNano())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
