package graph

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var preview = flag.String("preview", "", "write light.html and dark.html with the sample graphs to this directory")

// TestPreview draws the samples for people: no test sees that a picture is ugly.
func TestPreview(t *testing.T) {
	t.Parallel()
	dir := *preview
	if dir == "" {
		dir = t.TempDir()
	}
	tokens := map[string]string{
		"light": `--m-bg:#f4f6fa;--m-card:#fff;--m-bd:#e1e6ef;--m-tx:#16203a;--m-tx2:#56607a;--m-pri:#2257d3;--m-pri-h:#1b47b0;--m-neu:#49536c;--m-neu-s:#ebeef4;--m-warn:#8f5100;--m-warn-s:#fdf0d7;--m-ok:#0b7a54;--m-ok-s:#e0f5ec;--m-bad:#b8202f;--c1:#2257d3;--c4:#e39a1c;--c5:#d9485a`,
		"dark":  `--m-bg:#0b1120;--m-card:#121a2c;--m-bd:#25304a;--m-tx:#e6ebf6;--m-tx2:#9aa6c0;--m-pri:#3d72ee;--m-pri-h:#5587f5;--m-neu:#b6c0d6;--m-neu-s:#232d45;--m-warn:#f5bf62;--m-warn-s:#3a2c12;--m-ok:#5fd6a6;--m-ok-s:#11352b;--m-bad:#ff8f9a;--c1:#5b8cff;--c4:#f0b34a;--c5:#ff7181`,
	}
	for theme, vars := range tokens {
		var b strings.Builder
		fmt.Fprintf(&b, `<!doctype html><html data-bs-theme=%q><meta charset=utf-8><style>html{%s}body{background:var(--m-bg);font-family:Inter,"Noto Sans CJK SC","WenQuanYi Micro Hei",sans-serif;color:var(--m-tx);margin:20px}.card{background:var(--m-card);border:1px solid var(--m-bd);border-radius:12px;margin:0 0 16px;padding:8px;display:inline-block;vertical-align:top}%s</style>`, theme, vars, CSS)
		for _, s := range samples() {
			l := Arrange(s.graph, s.dir)
			fmt.Fprintf(&b, "<div class='card pg-canvas'><div>%s %vx%v</div>%s</div> ", s.name, l.W, l.H, SVG(l, s.options))
		}
		if err := os.WriteFile(filepath.Join(dir, theme+".html"), []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
