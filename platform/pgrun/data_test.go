//go:build linux

package pgrun

import (
	"archive/zip"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestOtherMajorIsRefusedUntouched(t *testing.T) {
	t.Parallel()
	installed := needServer(t)
	other := 16
	if installed.major == other {
		other = 15
	}
	files := map[string]string{
		"pg/data/PG_VERSION":        fmt.Sprintln(other),
		"pg/data/global/pg_control": "precious",
		"pg/data/base/1/1234":       "precious",
		"pg/password":               "secret\n",
	}
	for _, test := range []struct {
		name   string
		change func(*Config)
		words  []string
	}{
		{"no fitting server and no network", func(*Config) {}, []string{"three ways out", "DATABASE_URL", "pg fetch"}},
		{"the wrong server by name", func(c *Config) { c.BinDir = installed.dir }, []string{"nothing was changed"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := testConfig(newRoot(t))
			writeTree(t, c, files)
			test.change(&c)
			data := filepath.Join(c.Root, "pg", "data")
			before := snapshot(t, data)
			_, err := Start(t.Context(), c)
			t.Log(err)
			wantError(t, err, append(test.words, fmt.Sprintf("PostgreSQL %d", other))...)
			if after := snapshot(t, data); after != before {
				t.Errorf("the data changed from\n%s to\n%s", before, after)
			}
		})
	}
}

func TestUnfinishedInitdbIsKept(t *testing.T) {
	t.Parallel()
	t.Run("the program is killed while initdb works", func(t *testing.T) {
		t.Parallel()
		c := setup(t)
		p := runProgram(t, childSpec{Config: c}, nil)
		staging := layoutOf(c.Root).staging
		eventually(t, "initdb does not begin", func() bool { return exists(filepath.Join(staging, "base", "1")) })
		p.kill9(t)
		cluster := start(t, c)
		wantAnswer(t, cluster.DSN("postgres"), "SELECT 'hello'", "hello")
	})
	t.Run("leftovers of earlier starts are renamed", func(t *testing.T) {
		t.Parallel()
		c := setup(t)
		writeTree(t, c, map[string]string{
			"pg/data.new/PG_VERSION":           "15\n",
			"pg/data.new.unfinished-1/earlier": "x",
			"pg/data/PG_VERSION":               "15\n",
			"pg/data/half":                     "x",
		})
		cluster := start(t, c)
		wantAnswer(t, cluster.DSN("postgres"), "SELECT 'hello'", "hello")
		for _, kept := range []string{"data.new.unfinished-1/earlier", "data.new.unfinished-2/PG_VERSION", "data.unfinished-1/half"} {
			if !exists(filepath.Join(cluster.place.base, kept)) {
				t.Errorf("%s is missing", kept)
			}
		}
		if !strings.Contains(cluster.How(), "was kept as") {
			t.Errorf("got %q, want it to mention what was kept", cluster.How())
		}
	})
	t.Run("a cluster without PG_VERSION is not unfinished", func(t *testing.T) {
		t.Parallel()
		c := setup(t)
		writeTree(t, c, map[string]string{"pg/data/global/pg_control": "precious"})
		before := snapshot(t, filepath.Join(c.Root, "pg", "data"))
		_, err := Start(t.Context(), c)
		wantError(t, err, "PG_VERSION", "nothing was changed")
		if after := snapshot(t, filepath.Join(c.Root, "pg", "data")); after != before {
			t.Errorf("the data changed from\n%s to\n%s", before, after)
		}
	})
}

func TestLostPasswordIsSaid(t *testing.T) {
	t.Parallel()
	c := setupWarm(t)
	place := layoutOf(c.Root)
	if err := os.Remove(place.password); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), c)
	wantError(t, err, "password", place.data)

	if err := os.WriteFile(place.password, []byte("wrong"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Start(t.Context(), c)
	wantError(t, err, "does not accept the password")
	if p := readPidfile(place.data); p.pid != 0 {
		t.Errorf("process %d was left running", p.pid)
	}
}

func TestFetchedBinariesRun(t *testing.T) {
	t.Parallel()
	c := setupWarm(t)
	tidy := strayLogs(t)
	jar := packJar(t, needServer(t))
	dir, err := Fetch(t.Context(), c, jar)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := Fetch(t.Context(), c, jar); err != nil || again != dir {
		t.Errorf("second fetch: got %s, %v, want %s", again, err, dir)
	}
	left, err := filepath.Glob(filepath.Join(c.Root, "pg", "fetch-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("scratch directories are left over: %v, %v", left, err)
	}
	if left := strayLogs(t); len(left) > len(tidy) {
		t.Errorf("the library left %v", left)
	}
	wantMode(t, filepath.Dir(dir), 0o755)

	c.BinDir = dir
	cluster := start(t, c)
	wantAnswer(t, cluster.DSN("postgres"), "SELECT 'hello'", "hello")
}

func strayLogs(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(os.TempDir(), strayLog+"*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// packJar builds an archive as in the Maven repository, of links to the
// installed server.
func packJar(t *testing.T, bin binaries) string {
	t.Helper()
	for _, tool := range []string{"tar", "xz"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("NOT TESTED: %v", err)
		}
	}
	tree := t.TempDir()
	if err := os.MkdirAll(filepath.Join(tree, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"initdb", "postgres"} {
		if err := os.Symlink(bin.tool(name), filepath.Join(tree, "bin", name)); err != nil {
			t.Fatal(err)
		}
	}
	txz := filepath.Join(t.TempDir(), "server.txz")
	if said, err := exec.CommandContext(t.Context(), "tar", "-cJf", txz, "-C", tree, "bin").CombinedOutput(); err != nil {
		t.Fatalf("tar: %v: %s", err, said)
	}
	archive, err := os.ReadFile(txz)
	if err != nil {
		t.Fatal(err)
	}
	jar := filepath.Join(t.TempDir(), "server.jar")
	out, err := os.Create(jar)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	w := zip.NewWriter(out)
	entry, err := w.Create("server.txz")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := entry.Write(archive); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return jar
}
