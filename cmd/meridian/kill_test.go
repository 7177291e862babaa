package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// machine is the real program on its own data directory.
type machine struct {
	t    *testing.T
	bin  string
	data string
	url  string
	cmd  *exec.Cmd
}

func (m *machine) env() []string {
	return append(os.Environ(), "MERIDIAN_DATA="+m.data, "MERIDIAN_ADDR=127.0.0.1:0", "MERIDIAN_ADMIN_PASSWORD="+testPassword, "DATABASE_URL=")
}

// start runs the server and reads where it listens.
func (m *machine) start() {
	m.t.Helper()
	m.cmd = exec.Command(m.bin, "serve")
	m.cmd.Env = m.env()
	var log bytes.Buffer
	m.cmd.Stderr = &log
	out, err := m.cmd.StdoutPipe()
	if err != nil {
		m.t.Fatal(err)
	}
	if err := m.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	r := bufio.NewScanner(out)
	for r.Scan() {
		if _, url, ok := strings.Cut(r.Text(), "listens on "); ok {
			m.url = strings.TrimSpace(url)
			return
		}
	}
	m.t.Fatalf("the server did not start: %s", log.String())
}

func (m *machine) tool(args ...string) string {
	m.t.Helper()
	c := exec.Command(m.bin, args...)
	c.Env = m.env()
	out, err := c.Output()
	if err != nil {
		m.t.Fatalf("%v: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// load creates customers until ctx ends and sends the names the server acknowledged.
// The channel holds more than a run can fill: nobody who writes waits for who reads.
func (m *machine) load(ctx context.Context, token, prefix string) <-chan string {
	acked := make(chan string, 1<<17)
	var wg sync.WaitGroup
	for w := range 6 {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				name := fmt.Sprintf("%s-%d-%d", prefix, w, i)
				for ctx.Err() == nil { // as a careful client: try again with the same key
					req, err := http.NewRequestWithContext(ctx, "POST", m.url+"/api/v1/crm/customer", strings.NewReader(`{"name":"`+name+`"}`))
					if err != nil {
						return
					}
					req.Header.Set("Authorization", "Bearer "+token)
					req.Header.Set("Idempotency-Key", name)
					res, err := http.DefaultClient.Do(req)
					if err != nil {
						time.Sleep(20 * time.Millisecond)
						continue
					}
					_ = res.Body.Close()
					if res.StatusCode == http.StatusCreated {
						acked <- name
						break
					}
					time.Sleep(20 * time.Millisecond)
				}
			}
		})
	}
	go func() {
		wg.Wait()
		close(acked)
	}()
	return acked
}

// take waits for n acknowledged names, fewer only when the load has ended.
func take(acked <-chan string, n int) (names []string) {
	for range n {
		name, ok := <-acked
		if !ok {
			break
		}
		names = append(names, name)
	}
	return names
}

// rest ends a load and returns what it acknowledged since the last take.
func rest(cancel context.CancelFunc, acked <-chan string) (names []string) {
	cancel()
	for name := range acked {
		names = append(names, name)
	}
	return names
}

// names counts the stored customers by name.
func (m *machine) names(token string) map[string]int {
	m.t.Helper()
	out := map[string]int{}
	cursor := ""
	for {
		req, _ := http.NewRequestWithContext(m.t.Context(), "GET", m.url+"/api/v1/crm/customer?limit=200&sort=id&total=none&cursor="+cursor, nil)
		req.Header.Set("Authorization", "Bearer "+token)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			m.t.Fatal(err)
		}
		var page struct {
			Items []struct {
				Name string `json:"name"`
			} `json:"items"`
			Next string `json:"next"`
		}
		err = json.NewDecoder(res.Body).Decode(&page)
		_ = res.Body.Close()
		if err != nil {
			m.t.Fatal(err)
		}
		for _, x := range page.Items {
			out[x.Name]++
		}
		if cursor = page.Next; cursor == "" {
			return out
		}
	}
}

func (m *machine) check(token string, acked []string) {
	m.t.Helper()
	have := m.names(token)
	for _, n := range acked {
		if have[n] != 1 {
			m.t.Errorf("%s was acknowledged and is there %d times", n, have[n])
		}
	}
	for n, c := range have {
		if c > 1 {
			m.t.Errorf("%s is there %d times", n, c)
		}
	}
}

// TestKilled kills the server, then PostgreSQL, under load: every acknowledged
// record and step is there after the restart, none twice, and every check is clean.
func TestKilled(t *testing.T) {
	dir, err := os.MkdirTemp("", "meridian-kill-") //nolint:usetesting // as root PostgreSQL runs as another user, who cannot enter t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	m := &machine{t: t, bin: filepath.Join(dir, "meridian"), data: filepath.Join(dir, "data")}
	if out, err := exec.Command("go", "build", "-o", m.bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	m.start()
	t.Cleanup(func() { _ = m.cmd.Process.Signal(os.Interrupt); _ = m.cmd.Wait() })
	token := m.tool("token", "create", "--user", "admin")
	customer, product := m.goods(token)

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	steps, ended := m.flows(ctx, token, "server", customer, product)
	load := m.load(ctx, token, "server")
	acked := take(load, 100)
	take(steps, 50)
	if err := m.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = m.cmd.Wait()
	acked = append(acked, rest(cancel, load)...)
	if len(acked) < 100 {
		t.Fatalf("only %d records before the kill", len(acked))
	}
	all := ended()
	m.start()
	m.check(token, acked)
	m.checkFlows(token, all)

	ctx, cancel = context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	steps, ended = m.flows(ctx, token, "database", customer, product)
	load = m.load(ctx, token, "database")
	acked = append(acked, take(load, 100)...)
	take(steps, 50)
	before := len(m.names(token))
	pid, err := os.ReadFile(filepath.Join(m.data, "pg", "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(pid), "\n")
	n, _ := strconv.Atoi(first)
	if err := syscall.Kill(n, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	// Answers on their way when it fell are at most one a writer; a hundred more come
	// from the restarted database.
	acked = append(acked, take(load, len(load)+100)...)
	take(steps, len(steps)+50)
	acked = append(acked, rest(cancel, load)...)
	m.check(token, acked)
	m.checkFlows(token, append(all, ended()...))
	if after := len(m.names(token)); after <= before {
		t.Errorf("no record was stored after PostgreSQL was killed: %d before, %d after", before, after)
	}
	if out := m.tool("doctor"); strings.Contains(out, "WRONG") {
		t.Error(out)
	}
}
