package graph

import "slices"

// item is what stands in a row: a node, or the place where an edge crosses the row.
// a is the coordinate across the flow, t the one along it.
type item struct {
	node       int // index of the node, -1 for a crossing
	edge       int // index of the edge of a crossing
	row, pos   int
	left       float64 // extent from a to both sides
	right      float64
	along      float64 // size along the flow
	a          float64
	label      bool
	spine      bool
	up, down   []link // to the row before, to the row after; by position
	barycentre float64
}

type link struct {
	to     int // item
	weight float64
}

// arc is an edge between known nodes, drawn from the earlier rank to the later.
type arc struct {
	Edge
	from, to int // nodes
	lo, hi   int // the nodes by rank
	reversed bool
	chain    []int // items from lo to hi, both included
	labelRow int
}

type box struct {
	Node
	lines  []string
	w, h   float64
	rank   int
	item   int
	loops  []int   // arcs
	loopsA float64 // room the loops need across
}

// net is a graph under way to its layout.
type net struct {
	dir   Direction
	nodes []box
	arcs  []arc
	items []item
	rows  [][]int
	tops  []float64 // where a row begins along the flow
	sizes []float64
}

func newNet(g Graph, d Direction) *net {
	n := &net{dir: d}
	index := map[string]int{}
	for _, v := range g.Nodes {
		if _, ok := index[v.ID]; ok {
			continue
		}
		if v.Kind == "" {
			v.Kind = Task
		}
		index[v.ID] = len(n.nodes)
		n.nodes = append(n.nodes, box{Node: v})
	}
	for _, e := range g.Edges {
		from, ok1 := index[e.From]
		to, ok2 := index[e.To]
		if !ok1 || !ok2 {
			continue
		}
		if from == to {
			n.nodes[from].loops = append(n.nodes[from].loops, len(n.arcs))
		}
		n.arcs = append(n.arcs, arc{Edge: e, from: from, to: to, lo: from, hi: to})
	}
	n.measure()
	return n
}

// measure sizes the nodes. Tasks have one width, the widest: a graph of boxes that
// are all a little different looks like an accident.
func (n *net) measure() {
	width := nodeMin
	for i := range n.nodes {
		v := &n.nodes[i]
		v.lines = wrap(v.Label, nodeLine)
		text := 0.0
		for _, l := range v.lines {
			text = max(text, float64(cells(l))*labelUnit)
		}
		v.Sub = cut(v.Sub, nodeLine)
		text = max(text, float64(cells(v.Sub))*subUnit)
		v.w = text + 2*nodePad
		v.h = 15 + lineHeight*float64(len(v.lines))
		if v.Sub != "" {
			v.h += 15
		}
		switch v.Kind {
		case Start, End:
			v.w = max(v.w, 64)
			v.h = max(v.h-3, 28)
		default:
			v.h = max(v.h, 36)
			width = max(width, v.w)
		}
	}
	height := 0.0
	for i := range n.nodes {
		v := &n.nodes[i]
		if v.Kind != Start && v.Kind != End {
			v.w = width
			height = max(height, v.h)
		}
		v.loopsA = 0
		for range v.loops {
			v.loopsA += 22
		}
		for _, l := range v.loops {
			if w, h := n.capsule(n.arcs[l].Edge); w > 0 {
				v.loopsA += n.across(w, h) + 4
			}
		}
	}
	for i := range n.nodes {
		if v := &n.nodes[i]; n.dir == Right && v.Kind != Start && v.Kind != End {
			v.h = height
		}
	}
}

func (n *net) capsule(e Edge) (w, h float64) {
	if e.Label == "" {
		return 0, 0
	}
	return float64(max(cells(cut(e.Label, edgeLine)), 2))*edgeUnit + 2*capsulePad, capsuleH
}

// across and along pick the extent of a w by h box in the direction of the layout.
func (n *net) across(w, h float64) float64 {
	if n.dir == Right {
		return h
	}
	return w
}

func (n *net) along(w, h float64) float64 {
	if n.dir == Right {
		return w
	}
	return h
}

// rank breaks cycles and gives each node an even row.
//
// Edges enter an acyclic graph one by one, the important ones first; one that would
// close a cycle enters turned round. So the main path never runs back, and of two
// opposite edges the rarer one does.
func (n *net) rank() {
	order := make([]int, 0, len(n.arcs))
	for i, a := range n.arcs {
		if a.from != a.to {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(x, y int) int {
		a, b := n.arcs[x], n.arcs[y]
		switch {
		case a.Back != b.Back:
			return sign(a.Back)
		case a.Main != b.Main:
			return sign(b.Main)
		case a.Weight != b.Weight:
			return b.Weight - a.Weight
		}
		// Without a frequency the order of the nodes decides, and it never counts as
		// progress to leave an end or to enter a start.
		return n.against(a) - n.against(b)
	})
	next := make([][]int, len(n.nodes))
	for _, i := range order {
		a := &n.arcs[i]
		from, to := a.from, a.to
		if a.Back {
			from, to = to, from
		}
		if reaches(next, to, from) {
			from, to = to, from
		}
		next[from] = append(next[from], to)
		a.lo, a.hi, a.reversed = from, to, from != a.from
	}
	n.longestPaths(next)
}

func sign(last bool) int {
	if last {
		return 1
	}
	return -1
}

func (n *net) against(a arc) int {
	cost := 0
	if a.to < a.from {
		cost++
	}
	if n.nodes[a.from].Kind == End || n.nodes[a.to].Kind == Start {
		cost += 2
	}
	return cost
}

func reaches(next [][]int, from, to int) bool {
	seen := make([]bool, len(next))
	stack := []int{from}
	for len(stack) > 0 {
		v := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if v == to {
			return true
		}
		if !seen[v] {
			seen[v] = true
			stack = append(stack, next[v]...)
		}
	}
	return false
}

// longestPaths ranks the nodes, two rows a step, then pulls those that nothing
// leads to down to what they lead to, and lets the main path decide for the rest.
func (n *net) longestPaths(next [][]int) {
	degree := make([]int, len(n.nodes))
	for _, vs := range next {
		for _, v := range vs {
			degree[v]++
		}
	}
	sources := slices.Clone(degree)
	var sorted []int
	for v := range n.nodes {
		if degree[v] == 0 {
			sorted = append(sorted, v)
		}
	}
	for i := 0; i < len(sorted); i++ {
		v := sorted[i]
		for _, w := range next[v] {
			n.nodes[w].rank = max(n.nodes[w].rank, n.nodes[v].rank+2)
			if degree[w]--; degree[w] == 0 {
				sorted = append(sorted, w)
			}
		}
	}
	for i := len(sorted) - 1; i >= 0; i-- {
		v := sorted[i]
		if sources[v] != 0 || len(next[v]) == 0 || n.nodes[v].Kind == Start {
			continue
		}
		lowest := n.nodes[next[v][0]].rank
		for _, w := range next[v] {
			lowest = min(lowest, n.nodes[w].rank)
		}
		n.nodes[v].rank = max(n.nodes[v].rank, lowest-2)
	}
}

// split fills the rows: nodes, and a crossing for each edge in each row it passes.
func (n *net) split() {
	last := 0
	for _, v := range n.nodes {
		last = max(last, v.rank)
	}
	if len(n.nodes) == 0 {
		return
	}
	n.rows = make([][]int, last+1)
	for i := range n.nodes {
		v := &n.nodes[i]
		half := n.across(v.w, v.h) / 2
		size := n.along(v.w, v.h)
		if n.dir == Right { // the labels of loops stand below the node
			for _, l := range v.loops {
				w, _ := n.capsule(n.arcs[l].Edge)
				size = max(size, w)
			}
		}
		v.item = n.add(item{node: i, edge: -1, row: v.rank, left: half, right: half + v.loopsA, along: size})
	}
	for i := range n.arcs {
		a := &n.arcs[i]
		if a.from == a.to {
			continue
		}
		from, to := n.nodes[a.lo].rank, n.nodes[a.hi].rank
		a.labelRow = from + (to-from)/2
		if a.labelRow%2 == 0 {
			a.labelRow--
		}
		a.chain = append(a.chain, n.nodes[a.lo].item)
		for row := from + 1; row < to; row++ {
			c := item{node: -1, edge: i, row: row, left: 2, right: 2}
			if w, h := n.capsule(a.Edge); w > 0 && row == a.labelRow {
				c.left, c.right, c.along, c.label = n.across(w, h)/2, n.across(w, h)/2, n.along(w, h), true
			}
			a.chain = append(a.chain, n.add(c))
		}
		a.chain = append(a.chain, n.nodes[a.hi].item)
		for k := range len(a.chain) - 1 {
			u, v := a.chain[k], a.chain[k+1]
			w := 1.0 // node to crossing may slant, crossing to crossing should not
			if n.items[u].node < 0 && n.items[v].node < 0 {
				w = 6
			}
			n.items[u].down = append(n.items[u].down, link{v, w})
			n.items[v].up = append(n.items[v].up, link{u, w})
		}
	}
	n.spine()
}

func (n *net) add(c item) int {
	n.items = append(n.items, c)
	i := len(n.items) - 1
	n.rows[c.row] = append(n.rows[c.row], i)
	return i
}

// spine marks the path that is drawn as a straight line: from the start along the
// main edges, without any along the heaviest.
func (n *net) spine() {
	best := -1
	score := func(v int) int { // a start node, then one with a main edge, then the first
		s := 0
		if n.nodes[v].Kind == Start {
			s += 2
		}
		for _, a := range n.arcs {
			if a.Main && a.lo == v && a.from != a.to {
				s++
				break
			}
		}
		return s
	}
	for v := range n.nodes {
		if n.nodes[v].rank == 0 && (best < 0 || score(v) > score(best)) {
			best = v
		}
	}
	for v := best; v >= 0; {
		n.items[n.nodes[v].item].spine = true
		pick := -1
		for i, a := range n.arcs {
			if a.lo != v || a.from == a.to || a.reversed {
				continue
			}
			if pick < 0 || n.heavier(i, pick) {
				pick = i
			}
		}
		if pick < 0 {
			return
		}
		for _, c := range n.arcs[pick].chain {
			n.items[c].spine = true
		}
		v = n.arcs[pick].hi
	}
}

func (n *net) heavier(i, j int) bool {
	a, b := n.arcs[i], n.arcs[j]
	switch {
	case a.Main != b.Main:
		return a.Main
	case a.Deviation != b.Deviation:
		return b.Deviation
	case a.Weight != b.Weight:
		return a.Weight > b.Weight
	case (n.nodes[a.hi].Kind == End) != (n.nodes[b.hi].Kind == End):
		return n.nodes[b.hi].Kind == End
	}
	return n.nodes[a.hi].rank < n.nodes[b.hi].rank
}
