package graph

import (
	"math"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

type rect struct{ x, y, w, h float64 }

func (r rect) meets(o rect) bool {
	return r.x < o.x+o.w && o.x < r.x+r.w && r.y < o.y+o.h && o.y < r.y+r.h
}

func (r rect) holds(x, y float64) bool { return x > r.x && x < r.x+r.w && y > r.y && y < r.y+r.h }

func (n Box) rect() rect { return rect{n.X, n.Y, n.W, n.H} }

func (l Line) rect() rect { return rect{l.LabelX, l.LabelY, l.LabelW, l.LabelH} }

// all are the samples in both directions and tangles of several sizes.
func all() []sample {
	ss := samples()
	for _, s := range samples() {
		s.name += " turned"
		s.dir = 1 - s.dir
		ss = append(ss, s)
	}
	for _, k := range []struct{ n, m int }{{1, 3}, {2, 6}, {5, 15}, {9, 20}, {15, 40}, {25, 40}, {40, 100}} {
		ss = append(ss, sample{"tangle down " + strconv.Itoa(k.m), dense(k.n, k.m), Down, Options{}}, sample{"tangle right " + strconv.Itoa(k.m), dense(k.n, k.m), Right, Options{}})
	}
	return ss
}

func TestNothingOverlaps(t *testing.T) {
	t.Parallel()
	for _, s := range all() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			l := Arrange(s.graph, s.dir)
			canvas := rect{0, 0, l.W, l.H}
			for i, a := range l.Nodes {
				if !canvas.holds(a.X, a.Y) || !canvas.holds(a.X+a.W, a.Y+a.H) {
					t.Errorf("node %s leaves the canvas: %+v in %vx%v", a.ID, a.rect(), l.W, l.H)
				}
				for _, b := range l.Nodes[i+1:] {
					if a.rect().meets(b.rect()) {
						t.Errorf("nodes %s and %s overlap", a.ID, b.ID)
					}
				}
			}
			for i, e := range l.Edges {
				if e.Text == "" {
					continue
				}
				if !canvas.holds(e.LabelX, e.LabelY) || !canvas.holds(e.LabelX+e.LabelW, e.LabelY+e.LabelH) {
					t.Errorf("label %q leaves the canvas", e.Text)
				}
				for _, n := range l.Nodes {
					if e.rect().meets(n.rect()) {
						t.Errorf("label %q of %s-%s lies on node %s", e.Text, e.From, e.To, n.ID)
					}
				}
				for _, f := range l.Edges[i+1:] {
					if f.Text != "" && e.rect().meets(f.rect()) {
						t.Errorf("labels %q and %q overlap", e.Text, f.Text)
					}
				}
			}
		})
	}
}

// Lines keep away from nodes and from the labels of other lines.
func TestLinesAreClear(t *testing.T) {
	t.Parallel()
	for _, s := range all() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			l := Arrange(s.graph, s.dir)
			for i, e := range l.Edges {
				for _, p := range sampled(t, e.Path) {
					for _, n := range l.Nodes {
						if n.rect().holds(p[0], p[1]) && n.ID != e.From && n.ID != e.To {
							t.Fatalf("%s-%s runs through node %s at %v", e.From, e.To, n.ID, p)
						}
					}
					if e.From == e.To {
						continue
					}
					for j, f := range l.Edges {
						if i != j && f.Text != "" && f.rect().holds(p[0], p[1]) {
							t.Fatalf("%s-%s runs through label %q of %s-%s at %v", e.From, e.To, f.Text, f.From, f.To, p)
						}
					}
				}
			}
		})
	}
}

// sampled returns points along path data of the form this package writes.
func sampled(t *testing.T, d string) (ps [][2]float64) {
	t.Helper()
	var cur [2]float64
	for d != "" {
		op := d[0]
		end := strings.IndexAny(d[1:], "MLC")
		arg := d[1:]
		if end >= 0 {
			arg = d[1 : end+1]
			d = d[end+1:]
		} else {
			d = ""
		}
		var v []float64
		for _, f := range strings.Fields(arg) {
			x, err := strconv.ParseFloat(f, 64)
			if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
				t.Fatalf("bad number %q in path", f)
			}
			v = append(v, x)
		}
		switch {
		case op == 'M' && len(v) == 2:
			cur = [2]float64{v[0], v[1]}
			ps = append(ps, cur)
		case op == 'L' && len(v) == 2:
			v = []float64{cur[0], cur[1], v[0], v[1], v[0], v[1]}
			fallthrough
		case op == 'C' && len(v) == 6:
			for k := 1; k <= 24; k++ {
				s := float64(k) / 24
				r := 1 - s
				var p [2]float64
				for i := range 2 {
					p[i] = r*r*r*cur[i] + 3*r*r*s*v[i] + 3*r*s*s*v[2+i] + s*s*s*v[4+i]
				}
				ps = append(ps, p)
			}
			cur = [2]float64{v[4], v[5]}
		default:
			t.Fatalf("bad command %q %v", op, v)
		}
	}
	return ps
}

// A line starts at its source and its arrow head ends at its target.
func TestLinesJoinTheirNodes(t *testing.T) {
	t.Parallel()
	for _, s := range all() {
		l := Arrange(s.graph, s.dir)
		by := map[string]Box{}
		for _, n := range l.Nodes {
			by[n.ID] = n
		}
		for _, e := range l.Edges {
			near := func(what string, p [2]float64, id string) {
				r := by[id].rect()
				if out := (rect{r.x - 1, r.y - 1, r.w + 2, r.h + 2}); !out.holds(p[0], p[1]) || (rect{r.x + 1, r.y + 1, r.w - 2, r.h - 2}).holds(p[0], p[1]) {
					t.Errorf("%s: %s of %s-%s at %v is not on the border of %+v", s.name, what, e.From, e.To, p, r)
				}
			}
			near("start", sampled(t, e.Path)[0], e.From)
			near("tip", sampled(t, strings.TrimSuffix(e.Arrow, "Z")[:strings.Index(e.Arrow, "L")])[0], e.To)
		}
	}
}

func TestBackEdges(t *testing.T) {
	t.Parallel()
	node := func(ids ...string) (ns []Node) {
		for _, id := range ids {
			ns = append(ns, Node{ID: id, Label: id})
		}
		return ns
	}
	for _, tt := range []struct {
		name  string
		graph Graph
		back  []bool
	}{
		{"the lighter of two opposite edges", Graph{node("a", "b"), []Edge{{From: "b", To: "a", Weight: 3}, {From: "a", To: "b", Weight: 9}}}, []bool{true, false}},
		{"without weights the order of the nodes", Graph{node("a", "b"), []Edge{{From: "b", To: "a"}, {From: "a", To: "b"}}}, []bool{true, false}},
		{"the main path never", Graph{node("b", "a"), []Edge{{From: "b", To: "a", Weight: 9}, {From: "a", To: "b", Weight: 1, Main: true}}}, []bool{true, false}},
		{"a declared one", Graph{node("a", "b", "c"), []Edge{{From: "a", To: "b"}, {From: "b", To: "c"}, {From: "c", To: "a", Back: true}}}, []bool{false, false, true}},
		{"a declared one without a cycle", Graph{node("a", "b"), []Edge{{From: "a", To: "b", Back: true}}}, []bool{true}},
		{"a longer cycle", Graph{node("a", "b", "c", "d"), []Edge{{From: "a", To: "b", Weight: 5}, {From: "b", To: "c", Weight: 5}, {From: "c", To: "d", Weight: 5}, {From: "d", To: "b", Weight: 2}}}, []bool{false, false, false, true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := Arrange(tt.graph, Down)
			box := map[string]Box{}
			for _, n := range l.Nodes {
				box[n.ID] = n
			}
			for i, e := range l.Edges {
				if e.Back != tt.back[i] {
					t.Errorf("%s-%s: back = %v, want %v", e.From, e.To, e.Back, tt.back[i])
				}
				if up := box[e.To].Y < box[e.From].Y; up != e.Back {
					t.Errorf("%s-%s: drawn upwards = %v, back = %v", e.From, e.To, up, e.Back)
				}
			}
			if svg := SVG(l, Options{}); strings.Count(svg, "pg-back") == 0 {
				t.Error("no edge carries the class pg-back")
			}
		})
	}
}

func TestMainPathIsStraight(t *testing.T) {
	t.Parallel()
	s := samples()[0]
	l := Arrange(s.graph, Down)
	middle := map[string]float64{}
	for _, n := range l.Nodes {
		middle[n.ID] = n.X + n.W/2
	}
	for _, e := range l.Edges {
		if !e.Main {
			continue
		}
		for _, p := range sampled(t, e.Path) {
			if math.Abs(p[0]-middle["s"]) > .2 {
				t.Errorf("%s-%s bends to %v, want %v", e.From, e.To, p, middle["s"])
				break
			}
		}
	}
}

func TestSameGraphSamePicture(t *testing.T) {
	t.Parallel()
	for _, s := range all() {
		if a, b := Arrange(s.graph, s.dir), Arrange(s.graph, s.dir); !reflect.DeepEqual(a, b) {
			t.Errorf("%s: two layouts differ", s.name)
		}
	}
}

func TestEdgeCases(t *testing.T) {
	t.Parallel()
	if l := Arrange(Graph{}, Down); l.W != 0 || len(l.Nodes) != 0 || len(l.Edges) != 0 {
		t.Errorf("empty graph: %+v", l)
	}
	l := Arrange(Graph{
		Nodes: []Node{{ID: "a", Label: "first"}, {ID: "a", Label: "second"}, {ID: "", Label: ""}},
		Edges: []Edge{{From: "a", To: "nowhere"}, {From: "a", To: "a"}, {From: "a", To: "a", Label: "again"}},
	}, Down)
	if len(l.Nodes) != 2 || l.Nodes[0].Label != "first" || len(l.Edges) != 2 {
		t.Errorf("doubles and unknown ends: %+v", l)
	}
	// only a cycle, no start
	l = Arrange(Graph{Nodes: []Node{{ID: "a"}, {ID: "b"}, {ID: "c"}}, Edges: []Edge{{From: "a", To: "b"}, {From: "b", To: "c"}, {From: "c", To: "a"}}}, Right)
	if l.Nodes[0].X >= l.Nodes[1].X || l.Nodes[1].X >= l.Nodes[2].X {
		t.Errorf("a ring starts with its first node: %+v", l.Nodes)
	}
	// parts that nothing joins
	if l = Arrange(Graph{Nodes: []Node{{ID: "a"}, {ID: "b"}, {ID: "c"}}}, Down); len(l.Nodes) != 3 {
		t.Errorf("%+v", l)
	}
}

func TestWideAndLow(t *testing.T) {
	t.Parallel()
	for _, s := range samples() {
		if s.dir == Right {
			if l := Arrange(s.graph, Right); l.W < 2*l.H {
				t.Errorf("%s: %v x %v", s.name, l.W, l.H)
			}
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]int{"": 0, "abc": 3, "采购": 4, "ａ": 2, "é": 1, "e\u0301": 1, "😀": 2} {
		if got := cells(s); got != want {
			t.Errorf("cells(%q) = %d, want %d", s, got, want)
		}
	}
	for _, tt := range []struct {
		in   string
		n    int
		want string
	}{{"abcdef", 6, "abcdef"}, {"abcdefg", 6, "abcde…"}, {"采购申请单", 6, "采购…"}, {"ab cdefg", 4, "ab…"}} {
		if got := cut(tt.in, tt.n); got != tt.want {
			t.Errorf("cut(%q, %d) = %q, want %q", tt.in, tt.n, got, tt.want)
		}
	}
	for in, want := range map[string][]string{
		"Short": {"Short"}, "Accepted by the department": {"Accepted by", "the department"},
		"采购申请已经提交审批": {"采购申请已", "经提交审批"}, "Donaudampfschifffahrtsgesellschaft": {"Donaudampfschi…"},
		"a very long label that does not fit into two lines at all": {"a very long…", "into two lines…"},
	} {
		got := wrap(in, 15)
		if in == "a very long label that does not fit into two lines at all" {
			if len(got) != 2 || cells(got[0]) > 15 || cells(got[1]) > 15 {
				t.Errorf("wrap(%q) = %q", in, got)
			}
			continue
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("wrap(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestPav(t *testing.T) {
	t.Parallel()
	got := pav([]float64{5, 5, 0, 100}, []float64{1, 1, 1, 1}, []float64{0, 10, 10, 10})
	for i, want := range []float64{-20. / 3, 10. / 3, 40. / 3, 100} {
		if math.Abs(got[i]-want) > 1e-9 {
			t.Fatalf("got %v", got)
		}
	}
}

func BenchmarkArrange12x24(b *testing.B)  { benchmark(b, 12, 24) }
func BenchmarkArrange40x100(b *testing.B) { benchmark(b, 40, 100) }

func benchmark(b *testing.B, n, m int) {
	g := dense(n, m)
	for b.Loop() {
		Arrange(g, Down)
	}
}
