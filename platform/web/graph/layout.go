package graph

import "math"

// layout reads the coordinates out of the rows.
func (n *net) layout() Layout {
	l := Layout{Dir: n.dir}
	if len(n.nodes) == 0 {
		return l
	}
	length := n.rowsAlong()
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, c := range n.items {
		lo, hi = min(lo, c.a-c.left), max(hi, c.a+c.right)
	}
	shift, width := math.Round(margin-lo), math.Ceil(hi-lo+2*margin)
	l.W, l.H = width, math.Ceil(length)
	if n.dir == Right {
		l.W, l.H = math.Ceil(length), width
	}

	near, far := map[int]map[int]float64{}, map[int]map[int]float64{}
	for _, v := range n.nodes {
		near[v.item], far[v.item] = n.ports(v.item, false), n.ports(v.item, true)
		c := n.items[v.item]
		p := pen{dir: n.dir, shift: shift}
		x, y := p.xy(point{c.a, n.middle(c.row)})
		l.Nodes = append(l.Nodes, Box{Node: v.Node, Lines: v.lines, X: round(x - v.w/2), Y: round(y - v.h/2), W: round(v.w), H: round(v.h)})
	}

	heaviest := 0
	for _, a := range n.arcs {
		heaviest = max(heaviest, a.Weight)
	}
	drawn := make([]Line, len(n.arcs))
	for i := range n.arcs {
		a := &n.arcs[i]
		line := Line{Edge: a.Edge, Width: 1}
		if heaviest > 0 {
			line.Width = max(1, int(math.Ceil(5*float64(a.Weight)/float64(heaviest))))
		}
		if a.from != a.to {
			line.Back = a.reversed
			n.draw(&line, a, near, far, shift)
		}
		drawn[i] = line
	}
	for _, v := range n.nodes {
		n.drawLoops(drawn, v, shift)
	}
	l.Edges = drawn
	return l
}

func (n *net) middle(r int) float64 { return n.tops[r] + n.sizes[r]/2 }

func round(x float64) float64 { return math.Round(x*10) / 10 }

func headHalf(width int) float64 { return 3.1 + .45*float64(width) }

func (n *net) draw(line *Line, a *arc, near, far map[int]map[int]float64, shift float64) {
	first, last := a.chain[0], a.chain[len(a.chain)-1]
	lo, hi := n.nodes[a.lo], n.nodes[a.hi]
	start := point{far[first][a.chain[1]], n.middle(lo.rank) + n.along(lo.w, lo.h)/2}
	end := point{near[last][a.chain[len(a.chain)-2]], n.middle(hi.rank) - n.along(hi.w, hi.h)/2}
	tip := end
	if a.reversed {
		tip = start
		start.t += arrowLength - 1
	} else {
		end.t -= arrowLength - 1
	}
	path, arrow := pen{dir: n.dir, shift: shift}, pen{dir: n.dir, shift: shift}
	path.spline(n.curve(a, start, end), a.reversed)
	if a.reversed {
		arrow.head(tip, 0, -1, headHalf(line.Width))
	} else {
		arrow.head(tip, 0, 1, headHalf(line.Width))
	}
	line.Path, line.Arrow = path.String(), arrow.String()
	if w, h := n.capsule(a.Edge); w > 0 {
		for _, i := range a.chain {
			if c := n.items[i]; c.label {
				x, y := path.xy(point{c.a, n.middle(c.row)})
				line.setLabel(x, y, w, h)
			}
		}
	}
}

func (l *Line) setLabel(x, y, w, h float64) {
	l.Text = cut(l.Label, edgeLine)
	l.LabelX, l.LabelY, l.LabelW, l.LabelH = round(x-w/2), round(y-h/2), round(w), h
}

// drawLoops draws the edges from a node to itself, each one round the one before.
func (n *net) drawLoops(drawn []Line, v box, shift float64) {
	c := n.items[v.item]
	side := c.a + n.across(v.w, v.h)/2
	t := n.middle(c.row)
	reach, spread := 0.0, 7.0
	for _, i := range v.loops {
		a := n.arcs[i]
		reach += 19
		path, arrow := pen{dir: n.dir, shift: shift}, pen{dir: n.dir, shift: shift}
		bow := reach * 4 / 3
		path.to("M", point{side, t - spread})
		path.to("C", point{side + bow, t - 1.7*spread}, point{side + bow, t + 1.7*spread}, point{side + arrowLength - 1, t + spread})
		arrow.head(point{side, t + spread}, -1, 0, headHalf(drawn[i].Width))
		drawn[i].Path, drawn[i].Arrow = path.String(), arrow.String()
		drawn[i].Back = a.Back
		if w, h := n.capsule(a.Edge); w > 0 {
			reach += n.across(w, h) + 4
			x, y := path.xy(point{side + reach - n.across(w, h)/2, t})
			drawn[i].setLabel(x, y, w, h)
		}
		reach += 3
		spread = min(spread+4, n.along(v.w, v.h)/2-5)
	}
}
