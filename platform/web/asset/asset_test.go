package asset

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"meridian/platform/web/graph"
)

// vendored reads the rows of VENDOR.md: file to sha256.
func vendored(t *testing.T) map[string]string {
	t.Helper()
	b, err := os.ReadFile("VENDOR.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for line := range strings.Lines(string(b)) {
		cells := strings.Split(line, " | ")
		if len(cells) == 6 && strings.Contains(cells[0], ".") {
			rows[strings.TrimPrefix(cells[0], "| ")] = strings.TrimRight(cells[5], " |\n")
		}
	}
	return rows
}

func TestVendoredFilesAreUntouchedAndListed(t *testing.T) {
	t.Parallel()
	rows := vendored(t)
	names, err := filepath.Glob("vendor/*.*")
	if err != nil || len(names) == 0 {
		t.Fatal("no vendored files", err)
	}
	for _, path := range names {
		name := filepath.Base(path)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(b)
		if got, want := hex.EncodeToString(sum[:]), rows[name]; got != want {
			t.Errorf("%s: sha256 %s, VENDOR.md says %q", name, got, want)
		}
		delete(rows, name)
	}
	for name := range rows {
		t.Errorf("VENDOR.md lists %s, which is not there", name)
	}
}

// evalAllowed hold unused eval calls of their authors; the policy forbids them anyway.
var evalAllowed = map[string]bool{"vendor/htmx-2.0.11.min.js": true, "vendor/echarts-6.1.0.min.js": true}

func TestNoEvalInScripts(t *testing.T) {
	t.Parallel()
	eval := regexp.MustCompile(`\beval\(|new Function\(`)
	names, _ := filepath.Glob("*.js")
	more, _ := filepath.Glob("vendor/*.js")
	for _, name := range append(names, more...) {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := eval.Match(b); got != evalAllowed[name] {
			t.Errorf("%s: holds eval = %v", name, got)
		}
	}
}

func TestStylesNameKnownTokensAndFiles(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("app.css")
	if err != nil {
		t.Fatal(err)
	}
	css := string(b) + graph.CSS
	for _, m := range regexp.MustCompile(`var\((--(?:m|c\d|c-|g-)[\w-]*)`).FindAllStringSubmatch(css, -1) {
		if !strings.Contains(css, m[1]+":") {
			t.Errorf("app.css uses %s, which no theme declares", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`url\(([^)]+)\)`).FindAllStringSubmatch(css, -1) {
		if _, err := os.Stat(filepath.Join("vendor", strings.TrimPrefix(m[1], "../vendor/"))); err != nil {
			t.Errorf("app.css: %v", err)
		}
	}
	for _, m := range regexp.MustCompile(`@media \((?:max|min)-width`).FindAllString(css, -1) {
		t.Errorf("app.css: %s without screen: A4 would print the phone layout", m)
	}
}

func TestHandler(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"app.css", "app.js", "charts.js", "icons.svg", "brand.svg", "vendor/inter-5.3.0.woff2"} {
		r := httptest.NewRequest("GET", URL(name), nil)
		r.Header.Set("Accept-Encoding", "gzip, br")
		w := httptest.NewRecorder()
		Handler().ServeHTTP(w, r)
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if name == "app.css" {
			want = append(want, graph.CSS...)
		}
		var body io.Reader = w.Body
		if w.Header().Get("Content-Encoding") == "gzip" {
			if body, err = gzip.NewReader(w.Body); err != nil {
				t.Fatal(err)
			}
		}
		got, err := io.ReadAll(body)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, want %d (%v)", name, len(got), len(want), err)
		}
		if cc := w.Header().Get("Cache-Control"); !strings.Contains(cc, "immutable") {
			t.Errorf("%s: Cache-Control %q", name, cc)
		}
		r.Header.Set("If-None-Match", w.Header().Get("ETag"))
		w = httptest.NewRecorder()
		Handler().ServeHTTP(w, r)
		if w.Code != 304 {
			t.Errorf("%s again: status %d, want 304", name, w.Code)
		}
	}
	for _, tc := range []struct{ method, path string }{{"GET", "/assets/"}, {"GET", "/assets/app.css"}, {"GET", "/assets/0123456789ab/app.css"}, {"GET", "/assets/../embed.go"}, {"POST", URL("app.css")}} {
		w := httptest.NewRecorder()
		Handler().ServeHTTP(w, httptest.NewRequest(tc.method, "http://x"+tc.path, nil))
		if w.Code != 404 {
			t.Errorf("%s %s: status %d, want 404", tc.method, tc.path, w.Code)
		}
	}
	r := httptest.NewRequest("GET", URL("app.css"), nil)
	r.Header.Set("Accept-Encoding", "gzip;q=0")
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	if got := w.Header().Get("Content-Encoding"); got != "" {
		t.Errorf("refused gzip was sent as %q", got)
	}
}

func TestURLPanicsOnUnknownNames(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	URL("app.cs")
}
