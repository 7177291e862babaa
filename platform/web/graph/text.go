package graph

import (
	"strings"
	"unicode"
)

// Sizes in px. They belong to the font sizes of graph.css.
const (
	labelUnit   = 6.9 // width of one narrow rune at 12.5 px, weight 560
	subUnit     = 6.3 // at 11.5 px
	edgeUnit    = 6.1 // at 11 px
	lineHeight  = 16.0
	nodePad     = 15.0
	nodeMin     = 104.0
	nodeLine    = 26 // narrow runes in a line of a node label
	edgeLine    = 26
	capsuleH    = 17.0
	capsulePad  = 8.0
	arrowLength = 7.5
)

// cells is the width of s in narrow runes: CJK and full-width runes are two.
func cells(s string) int {
	n := 0
	for _, r := range s {
		n += runeCells(r)
	}
	return n
}

func runeCells(r rune) int {
	switch {
	case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r) || r == 0x200d || r >= 0xfe00 && r <= 0xfe0f:
		return 0
	case r >= 0x1100 && r <= 0x115f, r >= 0x2e80 && r <= 0xa4cf, r >= 0xac00 && r <= 0xd7a3,
		r >= 0xf900 && r <= 0xfaff, r >= 0xfe30 && r <= 0xfe6f, r >= 0xff00 && r <= 0xff60,
		r >= 0xffe0 && r <= 0xffe6, r >= 0x1f300 && r <= 0x1faff, r >= 0x20000 && r <= 0x3fffd:
		return 2
	}
	return 1
}

// cut shortens s to at most n cells, the last of which is then an ellipsis.
func cut(s string, n int) string {
	if cells(s) <= n {
		return s
	}
	used := 0
	for i, r := range s {
		if used+runeCells(r) > n-1 {
			return strings.TrimRight(s[:i], " ") + "…"
		}
		used += runeCells(r)
	}
	return s
}

// wrap breaks s into at most two lines of n cells, near the middle: at a space, or
// between two wide runes. What does not fit is cut.
func wrap(s string, n int) []string {
	s = strings.Join(strings.Fields(s), " ")
	total := cells(s)
	if total <= n {
		return []string{s}
	}
	best, bestCost, used, wide := -1, total*2, 0, false
	for i, r := range s {
		w := runeCells(r)
		if i > 0 && (r == ' ' || wide && w == 2) {
			first, second := used, total-used
			cost := max(first, second)
			if first > n {
				cost += total
			}
			if cost < bestCost {
				best, bestCost = i, cost
			}
		}
		used += w
		wide = w == 2
	}
	if best < 0 {
		return []string{cut(s, n)}
	}
	return []string{cut(s[:best], n), cut(strings.TrimSpace(s[best:]), n)}
}
