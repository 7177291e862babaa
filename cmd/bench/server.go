package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// server is a program under measurement.
type server struct {
	cmd           *exec.Cmd
	addr          string
	admin, second string // Authorization lines of two people: four eyes bind everybody
	cookie        string // Cookie line of a signed-in browser
}

func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
}

// memory is the resident memory of the server in MB.
func (s *server) memory() int {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "VmRSS:" {
			kb, _ := strconv.Atoi(f[1])
			return kb >> 10
		}
	}
	return 0
}

// run starts a program that prints where it listens after mark.
func run(cmd *exec.Cmd, mark string) (*server, error) {
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	r := bufio.NewScanner(out)
	for r.Scan() {
		if _, addr, ok := strings.Cut(r.Text(), mark); ok {
			return &server{cmd: cmd, addr: strings.TrimSpace(addr)}, nil
		}
	}
	return nil, fmt.Errorf("%s did not start: %s", cmd.Path, log.String())
}

func (o options) meridian(ctx context.Context, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, o.bin, args...)
	c.Env = append(os.Environ(), "MERIDIAN_DATA="+o.data, "MERIDIAN_ADDR=127.0.0.1:0", "MERIDIAN_ADMIN_PASSWORD="+password, "DATABASE_URL=", "MERIDIAN_LOG_LEVEL=warn")
	c.Stderr = os.Stderr
	return c
}

const password = "bench the whole thing"

func (o options) startMeridian(ctx context.Context) (*server, error) {
	return run(o.meridian(ctx, "serve"), "listens on http://")
}

func startBare(ctx context.Context, dsn string) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the own program: %w", err)
	}
	return run(exec.CommandContext(ctx, self, "-bare", dsn), "bare listens on ")
}

// load makes the demo company and its mass of history, once.
func (o options) load(ctx context.Context, dsn string) error {
	want := o.scale * 10000
	have, err := count(ctx, dsn, "ltc.opportunity")
	if err != nil || have >= want {
		return err
	}
	n := (want - have + 9999) / 10000
	fmt.Fprintf(os.Stderr, "loading %d,000 customers, %d0,000 opportunities, %d,000 orders; once\n", n, n, n)
	c := o.meridian(ctx, "demo", "--scale", strconv.Itoa(n))
	c.Stdout = os.Stderr
	if err := c.Run(); err != nil {
		return fmt.Errorf("load: %w", err)
	}
	return nil
}

// count counts the rows of a table, 0 when the database has not been made yet.
func count(ctx context.Context, dsn, table string) (n int, err error) {
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return 0, nil //nolint:nilerr // no database yet
	}
	defer func() { err = errors.Join(err, c.Close(ctx)) }()
	var there bool
	if err := c.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", table).Scan(&there); err != nil || !there {
		return 0, err
	}
	return n, c.QueryRow(ctx, "SELECT count(*) FROM "+table).Scan(&n)
}
