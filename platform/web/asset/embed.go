// Package asset serves style sheets, scripts, icons and the font from memory.
//
// The hash of the own files stands in the path (/assets/<hash>/app.js), never in
// a query: relative imports and url() inherit a path, so a script is never loaded
// twice under two names. Vendored files carry their version in the name and stand
// under /assets/vendor/. Everything is immutable; a new build is a new path.
package asset

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"meridian/platform/web/graph"
)

//go:embed app.css app.js charts.js icons.svg brand.svg vendor/*.js vendor/*.css vendor/*.woff2
var files embed.FS

const prefix = "/assets/"

// file is one asset as it is served.
type file struct {
	body        []byte
	contentType string
	etag        string
	gzip        func() []byte // made at the first request; nil for what is compressed already
}

// served maps the path below /assets/ to its file; own is the hash of the own files.
var served, own = load()

func load() (map[string]*file, string) {
	names, sum := []string{}, sha256.New()
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		names = append(names, name)
		return nil
	})
	if err != nil {
		panic(fmt.Sprintf("asset: walk embedded files: %v", err))
	}
	all := make(map[string]*file, len(names))
	for _, name := range names { // WalkDir is sorted, so the hash is stable
		body, err := files.ReadFile(name)
		if err != nil {
			panic(fmt.Sprintf("asset: read %s: %v", name, err))
		}
		if name == "app.css" {
			body = append(body, graph.CSS...) // the rules of a drawing live beside it
		}
		all[name] = newFile(name, body)
		if !strings.HasPrefix(name, "vendor/") {
			fmt.Fprintf(sum, "%s %d\n", name, len(body))
			sum.Write(body)
		}
	}
	hash := hex.EncodeToString(sum.Sum(nil))[:12]
	byPath := make(map[string]*file, len(all))
	for name, f := range all {
		if !strings.HasPrefix(name, "vendor/") {
			name = hash + "/" + name
		}
		byPath[name] = f
	}
	return byPath, hash
}

// contentTypes are told here, not by the mime tables of the host.
var contentTypes = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml",
	".woff2": "font/woff2",
}

func newFile(name string, body []byte) *file {
	sum := sha256.Sum256(body)
	f := &file{body: body, contentType: contentTypes[path.Ext(name)], etag: `"` + hex.EncodeToString(sum[:8]) + `"`}
	if path.Ext(name) == ".woff2" {
		return f // compressed already
	}
	f.gzip = sync.OnceValue(func() []byte {
		var b bytes.Buffer
		w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is legal
		_, _ = w.Write(body)                                  // a bytes.Buffer never fails
		_ = w.Close()
		return b.Bytes()
	})
	return f
}

// URL returns the path of an asset: "app.css", "icons.svg", "vendor/htmx-2.0.11.min.js".
// It panics when there is none: every name stands in the source.
func URL(name string) string {
	p := name
	if !strings.HasPrefix(name, "vendor/") {
		p = own + "/" + name
	}
	if served[p] == nil {
		panic("asset: no file " + name)
	}
	return prefix + p
}

// icons are the symbols of icons.svg.
var icons = symbols()

func symbols() map[string]bool {
	out := map[string]bool{}
	for _, part := range strings.Split(string(served[own+"/icons.svg"].body), `<symbol id="`)[1:] {
		name, _, _ := strings.Cut(part, `"`)
		out[name] = true
	}
	return out
}

// HasIcon reports whether icons.svg has a symbol; boot checks and tests ask it.
func HasIcon(name string) bool { return icons[name] }

// Handler serves GET and HEAD below /assets/.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f := served[strings.TrimPrefix(r.URL.Path, prefix)]
		if f == nil || (r.Method != http.MethodGet && r.Method != http.MethodHead) {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", f.contentType)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("X-Content-Type-Options", "nosniff")
		body, etag := f.body, f.etag
		if f.gzip != nil {
			h.Set("Vary", "Accept-Encoding")
			if acceptsGzip(r) {
				body, etag = f.gzip(), strings.TrimSuffix(f.etag, `"`)+`-gz"`
				h.Set("Content-Encoding", "gzip")
			}
		}
		h.Set("ETag", etag)
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method == http.MethodGet {
			_, _ = w.Write(body) // the reader may have left
		}
	})
}

// acceptsGzip reports whether the browser takes gzip; "gzip;q=0" refuses it.
func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if name == "gzip" && strings.TrimSpace(q) != "q=0" {
			return true
		}
	}
	return false
}
