package graph

import "math"

const (
	placeSweeps = 60
	margin      = 16.0
	spineWeight = 1e6
)

// place finds the coordinate across the flow. Each item wants to stand at the
// weighted mean of its neighbours; the items of a row keep their order and their
// distance. For one row that least-squares problem has an exact answer (see pav);
// sweeping over the rows brings the whole to rest.
func (n *net) place() {
	for _, row := range n.rows {
		a := 0.0
		for p, i := range row {
			if p > 0 {
				a += n.distance(row[p-1], i)
			}
			n.items[i].a = a
		}
		shift := a / 2
		for _, i := range row {
			if n.items[i].spine {
				shift = n.items[i].a
			}
		}
		for _, i := range row {
			n.items[i].a -= shift
		}
	}
	for s := range placeSweeps {
		up, down := 1.0, 1.0
		switch { // first let the order unfold, then balance both sides
		case s < 8 && s%2 == 0:
			down = 0
		case s < 8:
			up = 0
		}
		for k := range n.rows {
			r := k
			if s%2 == 1 {
				r = len(n.rows) - 1 - k
			}
			n.placeRow(n.rows[r], up, down)
		}
	}
}

func (n *net) placeRow(row []int, up, down float64) {
	want, weight, gap := make([]float64, len(row)), make([]float64, len(row)), make([]float64, len(row))
	for p, i := range row {
		c := &n.items[i]
		sum, total := 0.0, 0.0
		for _, l := range c.up {
			sum += up * l.weight * n.items[l.to].a
			total += up * l.weight
		}
		for _, l := range c.down {
			sum += down * l.weight * n.items[l.to].a
			total += down * l.weight
		}
		switch {
		case c.spine:
			want[p], weight[p] = 0, spineWeight
		case total > 0:
			want[p], weight[p] = sum/total, total
		default:
			want[p], weight[p] = c.a, .01
		}
		if p > 0 {
			gap[p] = n.distance(row[p-1], i)
		}
	}
	for p, a := range pav(want, weight, gap) {
		n.items[row[p]].a = a
	}
}

// distance is how far the centres of two neighbours in a row must be apart.
func (n *net) distance(u, v int) float64 {
	a, b := n.items[u], n.items[v]
	gap := 14.0
	switch {
	case a.node >= 0 && b.node >= 0:
		gap = 28
		if n.dir == Right {
			gap = 20
		}
	case a.node >= 0 || b.node >= 0:
		gap = 18
	case n.dir == Right:
		gap = 9
	}
	return a.right + gap + b.left
}

// pav returns the x closest to want in weighted least squares under
// x[i] - x[i-1] >= gap[i]. Pool adjacent violators: after subtracting the gaps this
// is isotonic regression, where blocks that collide move as one to their mean.
func pav(want, weight, gap []float64) []float64 {
	type block struct {
		mean, weight float64
		n            int
	}
	offset := make([]float64, len(want))
	var blocks []block
	for i := range want {
		if i > 0 {
			offset[i] = offset[i-1] + gap[i]
		}
		blocks = append(blocks, block{want[i] - offset[i], weight[i], 1})
		for k := len(blocks) - 1; k > 0 && blocks[k-1].mean > blocks[k].mean; k-- {
			a, b := blocks[k-1], blocks[k]
			w := a.weight + b.weight
			blocks[k-1] = block{(a.mean*a.weight + b.mean*b.weight) / w, w, a.n + b.n}
			blocks = blocks[:k]
		}
	}
	x, i := make([]float64, len(want)), 0
	for _, b := range blocks {
		for range b.n {
			x[i] = b.mean + offset[i]
			i++
		}
	}
	return x
}

// rowsAlong stacks the rows. The gap between two rows grows with the widest step an
// edge makes in it, or the edge would run almost flat.
func (n *net) rowsAlong() (total float64) {
	n.tops, n.sizes = make([]float64, len(n.rows)), make([]float64, len(n.rows))
	t := margin
	for r, row := range n.rows {
		for _, i := range row {
			n.sizes[r] = max(n.sizes[r], n.items[i].along)
		}
		if r > 0 {
			step := 0.0
			for _, i := range n.rows[r-1] {
				for _, l := range n.items[i].down {
					step = max(step, math.Abs(n.items[i].a-n.items[l.to].a)-n.slack(i)-n.slack(l.to))
				}
			}
			gap := 17 + min(36, max(0, step)*.15)
			if n.dir == Right {
				gap = 17 + min(24, max(0, step)*.22)
			}
			t += gap
		}
		n.tops[r] = t
		t += n.sizes[r]
	}
	return t + margin
}

// slack is how far from the centre of an item an edge may end.
func (n *net) slack(i int) float64 {
	if n.items[i].node < 0 {
		return 0
	}
	return n.items[i].left * .6
}
