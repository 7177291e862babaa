package graph

import "slices"

const orderSweeps = 24

// order arranges each row so that few edges cross: sweeps down and up put each item
// at the mean position of its neighbours, swaps of two that stand side by side do
// the rest, and the best arrangement met is kept.
func (n *net) order() {
	n.firstOrder()
	best, bestCost := n.snapshot(), n.crossings()
	for s := 0; s < orderSweeps && bestCost > 0; s++ {
		if s%2 == 0 {
			for r := 1; r < len(n.rows); r++ {
				n.sortRow(r, false)
			}
		} else {
			for r := len(n.rows) - 2; r >= 0; r-- {
				n.sortRow(r, true)
			}
		}
		n.swap()
		if c := n.crossings(); c < bestCost {
			best, bestCost = n.snapshot(), c
		}
	}
	n.rows = best
	n.number()
	for i := range n.items {
		byPos := func(x, y link) int { return n.items[x.to].pos - n.items[y.to].pos }
		slices.SortStableFunc(n.items[i].up, byPos)
		slices.SortStableFunc(n.items[i].down, byPos)
	}
}

// firstOrder walks from the top, spine first, and lines items up as they are met.
func (n *net) firstOrder() {
	seen := make([]bool, len(n.items))
	rows := make([][]int, len(n.rows))
	var visit func(i int)
	visit = func(i int) {
		if seen[i] {
			return
		}
		seen[i] = true
		rows[n.items[i].row] = append(rows[n.items[i].row], i)
		for _, l := range n.items[i].down {
			if n.items[l.to].spine {
				visit(l.to)
			}
		}
		for _, l := range n.items[i].down {
			visit(l.to)
		}
	}
	for _, row := range n.rows {
		for _, i := range row {
			if n.items[i].spine {
				visit(i)
			}
		}
		for _, i := range row {
			visit(i)
		}
	}
	n.rows = rows
	n.number()
}

func (n *net) number() {
	for _, row := range n.rows {
		for p, i := range row {
			n.items[i].pos = p
		}
	}
}

func (n *net) snapshot() [][]int {
	rows := make([][]int, len(n.rows))
	for i, r := range n.rows {
		rows[i] = slices.Clone(r)
	}
	return rows
}

// sortRow sorts a row by the barycentre of the neighbours below or above; an item
// without any keeps its place.
func (n *net) sortRow(r int, below bool) {
	row := n.rows[r]
	for p, i := range row {
		links := n.items[i].up
		if below {
			links = n.items[i].down
		}
		b := float64(p)
		if len(links) > 0 {
			b = 0
			for _, l := range links {
				b += float64(n.items[l.to].pos)
			}
			b /= float64(len(links))
		}
		n.items[i].barycentre = b
	}
	slices.SortStableFunc(row, func(x, y int) int {
		switch a, b := n.items[x].barycentre, n.items[y].barycentre; {
		case a < b:
			return -1
		case a > b:
			return 1
		}
		return 0
	})
	for p, i := range row {
		n.items[i].pos = p
	}
}

// swap exchanges neighbours in a row while that saves crossings.
func (n *net) swap() {
	for better := true; better; {
		better = false
		for _, row := range n.rows {
			for p := range len(row) - 1 {
				u, v := row[p], row[p+1]
				if n.pair(u, v) > n.pair(v, u) {
					row[p], row[p+1] = v, u
					n.items[v].pos, n.items[u].pos = p, p+1
					better = true
				}
			}
		}
	}
}

// pair counts the crossings of the edges of u and v when u stands left of v.
func (n *net) pair(u, v int) int {
	return n.inversions(n.items[u].up, n.items[v].up) + n.inversions(n.items[u].down, n.items[v].down)
}

func (n *net) inversions(left, right []link) int {
	c := 0
	for _, a := range left {
		for _, b := range right {
			if n.items[a.to].pos > n.items[b.to].pos {
				c++
				if n.items[a.to].spine || n.items[b.to].spine {
					c++ // keep the straight line clear first
				}
			}
		}
	}
	return c
}

func (n *net) crossings() int {
	c := 0
	for _, row := range n.rows {
		for p, u := range row {
			for _, v := range row[p+1:] {
				c += n.inversions(n.items[u].down, n.items[v].down)
			}
		}
	}
	return c
}
