package graph

import (
	"math"
	"strconv"
	"strings"
)

// point of a curve: a across the flow, t along it. All curves run with growing t;
// one that points back is turned round at the end.
type point struct{ a, t float64 }

// port returns where the edge of the crossing c meets node item i, on the far side
// (the flow's) or the near one. Ports keep the order of the crossings and a distance,
// so that arrow heads do not pile up; the main path meets its nodes in the middle.
func (n *net) ports(i int, far bool) map[int]float64 {
	c := n.items[i]
	links := c.up
	if far {
		links = c.down
	}
	v := n.nodes[c.node]
	room := n.across(v.w, v.h) * .62
	if n.dir == Right {
		room = n.across(v.w, v.h) * .7
	}
	k := len(links)
	if k == 0 {
		return nil
	}
	sep := 24.0
	for p, l := range links {
		sep = min(sep, room/float64(max(k-1, 1)))
		if n.items[l.to].spine && c.spine { // the middle must stay free for it
			sep = min(sep, room/2/float64(max(p, k-1-p, 1)))
		}
	}
	want, weight, gap := make([]float64, k), make([]float64, k), make([]float64, k)
	for p, l := range links {
		want[p] = max(c.a-room/2, min(c.a+room/2, n.items[l.to].a))
		weight[p] = 1
		if p > 0 {
			gap[p] = sep
		}
		if n.items[l.to].spine && c.spine {
			want[p], weight[p] = c.a, spineWeight
		}
	}
	at := map[int]float64{}
	for p, x := range pav(want, weight, gap) {
		shift := float64(p) * sep
		lo, hi := c.a-room/2, c.a+room/2-float64(k-1)*sep
		at[links[p].to] = max(lo, min(hi, x-shift)) + shift
	}
	return at
}

// corridor is the room an edge has in a row between its neighbours. While all edges
// stay in theirs, none touches a node or a label and none crosses another that the
// order of the rows did not make it cross.
func (n *net) corridor(i int) (lo, hi float64) {
	c := n.items[i]
	row := n.rows[c.row]
	lo, hi = math.Inf(-1), math.Inf(1)
	if c.pos > 0 {
		l := n.items[row[c.pos-1]]
		lo = (l.a + c.a) / 2
		if l.node >= 0 || l.label || c.node >= 0 {
			lo = l.a + l.right + 6
		}
	}
	if c.pos < len(row)-1 {
		r := n.items[row[c.pos+1]]
		hi = (r.a + c.a) / 2
		if r.node >= 0 || r.label || c.node >= 0 {
			hi = r.a - r.left - 6
		}
	}
	return lo, hi
}

// band is the stretch of a row along the flow.
func (n *net) band(r int) (from, to float64) { return n.tops[r] - 3, n.tops[r] + n.sizes[r] + 3 }

// curve routes an edge: as few points as its corridors allow, because each point
// more is a bend. It starts with the ends and the label; the row the curve leaves
// its corridor in most is pinned, first in the middle, then over its whole height.
func (n *net) curve(a *arc, start, end point) []point {
	pinned := make([]int, len(a.chain))
	for k, i := range a.chain {
		if n.items[i].label {
			pinned[k] = 1
		}
	}
	for {
		pts := n.points(a, start, end, pinned)
		m := slopes(pts)
		worst, at := .5, -1
		for k, i := range a.chain {
			if pinned[k] == 2 {
				continue
			}
			lo, hi := n.corridor(i)
			from, to := n.band(n.items[i].row)
			for _, t := range []float64{from, (from + to) / 2, to} {
				if t < start.t || t > end.t {
					continue
				}
				x := value(pts, m, t)
				if out := max(lo-x, x-hi); out > worst {
					worst, at = out, k
				}
			}
		}
		if at < 0 {
			return pts
		}
		pinned[at]++
		if at == 0 || at == len(a.chain)-1 {
			pinned[at] = 2
		}
	}
}

func (n *net) points(a *arc, start, end point, pinned []int) []point {
	pts := []point{start}
	// A node smaller than its row with a neighbour in the way: straight until the
	// row is left.
	last := len(a.chain) - 1
	if _, to := n.band(n.items[a.chain[0]].row); pinned[0] > 0 && to > start.t+1 {
		pts = append(pts, point{start.a, to})
	}
	for k := 1; k < last; k++ {
		c := n.items[a.chain[k]]
		from, to := n.band(c.row)
		switch pinned[k] {
		case 1:
			pts = append(pts, point{c.a, (from + to) / 2})
		case 2:
			pts = append(pts, point{c.a, from}, point{c.a, to})
		}
	}
	if from, _ := n.band(n.items[a.chain[last]].row); pinned[last] > 0 && from < end.t-1 {
		pts = append(pts, point{end.a, from})
	}
	return append(pts, end)
}

// slopes are the tangents da/dt of the monotone cubic through pts (Fritsch and
// Butland): straight out of the nodes, and no bulge between two points.
func slopes(pts []point) []float64 {
	m := make([]float64, len(pts))
	for k := 1; k < len(pts)-1; k++ {
		h0, h1 := pts[k].t-pts[k-1].t, pts[k+1].t-pts[k].t
		d0, d1 := (pts[k].a-pts[k-1].a)/h0, (pts[k+1].a-pts[k].a)/h1
		if d0*d1 > 0 {
			w0, w1 := 2*h1+h0, h1+2*h0
			m[k] = (w0 + w1) / (w0/d0 + w1/d1)
		}
	}
	return m
}

func value(pts []point, m []float64, t float64) float64 {
	if t <= pts[0].t {
		return pts[0].a
	}
	for k := range len(pts) - 1 {
		p, q := pts[k], pts[k+1]
		if t > q.t {
			continue
		}
		h := q.t - p.t
		s := (t - p.t) / h
		s2, s3 := s*s, s*s*s
		return (2*s3-3*s2+1)*p.a + (s3-2*s2+s)*h*m[k] + (3*s2-2*s3)*q.a + (s3-s2)*h*m[k+1]
	}
	return pts[len(pts)-1].a
}

// pen turns curve coordinates into SVG path data.
type pen struct {
	strings.Builder
	dir   Direction
	shift float64
}

func (p *pen) xy(q point) (x, y float64) {
	if p.dir == Right {
		return q.t, q.a + p.shift
	}
	return q.a + p.shift, q.t
}

func (p *pen) to(op string, qs ...point) {
	p.WriteString(op)
	for i, q := range qs {
		if i > 0 {
			p.WriteByte(' ')
		}
		x, y := p.xy(q)
		p.WriteString(num(x))
		p.WriteByte(' ')
		p.WriteString(num(y))
	}
}

func num(x float64) string {
	s := strconv.FormatFloat(math.Round(x*10)/10, 'f', -1, 64)
	if s == "-0" {
		return "0"
	}
	return s
}

// spline writes pts as cubics, from the last to the first when back is set.
func (p *pen) spline(pts []point, back bool) {
	m := slopes(pts)
	type cubic [4]point
	cs := make([]cubic, 0, len(pts))
	for k := range len(pts) - 1 {
		a, b := pts[k], pts[k+1]
		h := (b.t - a.t) / 3
		cs = append(cs, cubic{a, {a.a + m[k]*h, a.t + h}, {b.a - m[k+1]*h, b.t - h}, b})
	}
	if back {
		for i, j := 0, len(cs)-1; i < j; i, j = i+1, j-1 {
			cs[i], cs[j] = cs[j], cs[i]
		}
		for i, c := range cs {
			cs[i] = cubic{c[3], c[2], c[1], c[0]}
		}
	}
	for i, c := range cs {
		if i == 0 {
			p.to("M", c[0])
		}
		if c[0].a == c[3].a && c[1].a == c[0].a && c[2].a == c[0].a {
			p.to("L", c[3])
			continue
		}
		p.to("C", c[1], c[2], c[3])
	}
}

// head writes the arrow head with its tip at q; da and dt are its direction.
func (p *pen) head(q point, da, dt, half float64) {
	base := point{q.a - da*arrowLength, q.t - dt*arrowLength}
	p.to("M", q)
	p.to("L", point{base.a + dt*half, base.t + da*half}, point{base.a - dt*half, base.t - da*half})
	p.WriteString("Z")
}
