// Package graph lays out process graphs and draws them as inline SVG.
//
// A declared document process and a mined directly-follows graph are the same
// picture: stages as boxes, moves as arrows with a count or a verb on them. It is
// drawn on the server, so nodes are links, and keyboard, dark theme, print and PDF
// work without script.
//
// The layout is the classic layered one, in four steps, a file each. Cycles are
// broken and nodes get ranks (rank.go); ranks are doubled, so each edge crosses an
// odd row in which only labels stand, and a label never meets a node. Rows are
// ordered by barycentres (order.go), coordinates are the weighted least squares
// under the distances each row needs (place.go), and edges are monotone splines
// inside the corridors their rows leave free (route.go). No step uses chance or the
// order of a map: the same graph is the same picture.
package graph

// Kind says what a node is; it decides the shape.
type Kind string

// The kinds of node.
const (
	Task  Kind = "task"  // somebody works
	Wait  Kind = "wait"  // the object's clock stands still
	Start Kind = "start" // where cases begin
	End   Kind = "end"   // where they end
)

// Node is a stage or an activity.
type Node struct {
	ID    string
	Label string
	Sub   string // second line: a count, a duration, an owner
	Kind  Kind   // "" is Task
	Level int    // 1 to 5: step of frequency, which is the fill; 0: none
}

// Edge is a move or a directly-follows pair.
type Edge struct {
	From, To string
	Label    string
	// Weight is the frequency. Where there is a cycle the lighter edge is the one
	// that runs back; without weights it is the one that runs against the order of
	// the nodes. It is also the width of the line.
	Weight    int
	Main      bool // on the main path, which is drawn as a straight line
	Back      bool // runs back by declaration; Arrange adds those it finds
	Slow      bool
	Warm      bool // slower than usual, not yet slow
	Deviation bool // not on the reference path
}

// Graph is what to draw. The order of nodes and edges is their order of importance.
// A second node of an ID, and an edge to an unknown ID, are left out.
type Graph struct {
	Nodes []Node
	Edges []Edge
}

// Direction is the way the process flows.
type Direction int

// The directions. Mined graphs are tall; a declared process of 4 to 10 stages looks
// best wide and low.
const (
	Down Direction = iota
	Right
)

// Layout is a graph with coordinates in CSS pixels, origin top left.
type Layout struct {
	W, H  float64
	Dir   Direction
	Nodes []Box
	Edges []Line
}

// Box is a placed node.
type Box struct {
	Node
	X, Y, W, H float64
	Lines      []string // the label, wrapped to the width
}

// Line is a placed edge. Edge.Back is set where it runs against the flow.
type Line struct {
	Edge
	Path  string // SVG path data of the line
	Arrow string // SVG path data of the arrow head
	Width int    // 1 to 5: step of the weight among all edges
	// Text is the label, cut where it is too long; LabelX and LabelY are the top
	// left corner of its capsule. Without a label all are zero.
	Text                           string
	LabelX, LabelY, LabelW, LabelH float64
}

// Arrange places g. It never fails: an empty graph is an empty layout.
func Arrange(g Graph, d Direction) Layout {
	n := newNet(g, d)
	n.rank()
	n.split()
	n.order()
	n.place()
	return n.layout()
}
