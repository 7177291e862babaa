package graph

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
)

func wellFormed(t *testing.T, s string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(s))
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("not well-formed: %v in %.300s", err, s)
		}
	}
}

func TestSVGIsWellFormedAndCarriesNoStyle(t *testing.T) {
	t.Parallel()
	class := regexp.MustCompile(`class="([^"]*)"`)
	for _, s := range all() {
		svg := SVG(Arrange(s.graph, s.dir), s.options)
		wellFormed(t, svg)
		for _, bad := range []string{"style", "<script", " on", " id=", " fill=", "NaN", "Inf", "javascript:"} {
			if strings.Contains(svg, bad) {
				t.Errorf("%s holds %q", s.name, bad)
			}
		}
		for _, m := range class.FindAllStringSubmatch(svg, -1) {
			for c := range strings.FieldsSeq(m[1]) {
				if c != "pg" && !strings.HasPrefix(c, "pg-") {
					t.Errorf("class %q", c)
				}
				if c != "pg-node" && c != "pg-task" && c != "pg-w1" && c != "pg-down" && !strings.Contains(CSS, "."+c) {
					t.Errorf("class %q has no rule in graph.css", c)
				}
			}
		}
	}
}

func TestSVGOfAnOrder(t *testing.T) {
	t.Parallel()
	s := samples()[1]
	svg := SVG(Arrange(s.graph, s.dir), s.options)
	for _, want := range []string{
		`role="img"`, `aria-label="Sales order"`, `<title>Sales order</title>`, `<desc>草稿 → 已确认: 确认; `, `aria-current="step"`,
		`class="pg-node pg-task pg-current"`, `class="pg-node pg-task pg-done"`, `class="pg-node pg-wait"`, `class="pg-node pg-end"`, `pg-back`, `pg-dev`, `pg-main`, "pg-tick",
	} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %s in %s", want, svg)
		}
	}
	if strings.Contains(svg, "<a ") {
		t.Error("a link nobody asked for")
	}
}

func TestSVGLinks(t *testing.T) {
	t.Parallel()
	g := Graph{Nodes: []Node{{ID: "a", Label: "A", Sub: "12"}, {ID: "b", Label: "B"}, {ID: "c", Label: "C"}, {ID: "d", Label: "D"}}}
	href := map[string]string{"a": "/insight?node=a&x=1", "b": "", "c": "javascript:alert(1)", "d": "//evil.example/"}
	svg := SVG(Arrange(g, Down), Options{Title: "T", Selected: "a",
		NodeHref: func(id string) string { return href[id] },
		NodeAttr: func(id string) [][2]string {
			return [][2]string{{"hx-get", "/insight/" + id}, {"hx-target", "#detail"}}
		},
	})
	wellFormed(t, svg)
	for _, want := range []string{`role="group"`, `<a class="pg-node pg-task pg-selected" href="/insight?node=a&amp;x=1" aria-label="A, 12" hx-get="/insight/a" hx-target="#detail">`} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %s in %s", want, svg)
		}
	}
	if n := strings.Count(svg, "<a "); n != 1 {
		t.Errorf("%d links, want 1: only paths of this server are linked", n)
	}
}

func FuzzSVG(f *testing.F) {
	f.Add("<script>alert(1)</script>", `"&'`, "\x00\x1f\ufffe", "😀采购")
	f.Fuzz(func(t *testing.T, a, b, label, sub string) {
		g := Graph{Nodes: []Node{{ID: a, Label: label, Sub: sub, Kind: Kind(b)}, {ID: b, Label: a}}, Edges: []Edge{{From: a, To: b, Label: label}, {From: b, To: a, Label: sub}, {From: a, To: a, Label: b}}}
		for _, d := range []Direction{Down, Right} {
			svg := SVG(Arrange(g, d), Options{Title: label, Current: b, NodeHref: func(id string) string { return "/" + id }})
			wellFormed(t, svg)
			if strings.Contains(svg, "<script") {
				t.Fatal(svg)
			}
		}
	})
}
