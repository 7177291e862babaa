package graph

import (
	_ "embed"
	"html"
	"strings"
	"unicode"
)

// CSS are the rules of the pg- classes. The asset package serves them; they use the
// tokens of app.css and nothing else, so both themes and print follow.
//
//go:embed graph.css
var CSS string

// Options of a drawing. The zero Options draw the graph as it is.
type Options struct {
	Title    string                      // accessible name of the picture
	NodeHref func(id string) string      // makes a node a link; "" leaves it a box
	NodeAttr func(id string) [][2]string // more attributes of that link: hx-get, hx-target
	Label    func(n Box) string          // accessible name of a node; nil: label and second line
	Current  string                      // the stage an object is in
	Selected string                      // the node whose detail stands beside the graph
	Done     map[string]bool             // the stages it has left behind
}

// SVG draws l as an inline SVG element. It holds classes only, neither style nor
// script nor ids, so it passes the content security policy and may stand on a page
// twice. With links it is a group instead of an image, because assistive technology
// does not look for links inside an image.
func SVG(l Layout, o Options) string {
	d := drawing{o: o}
	links := false
	for _, n := range l.Nodes {
		if o.NodeHref != nil && o.NodeHref(n.ID) != "" {
			links = true
		}
	}
	role := "img"
	if links {
		role = "group"
	}
	class := "pg pg-down"
	if l.Dir == Right {
		class = "pg pg-right"
	}
	d.open("svg", "class", class, "xmlns", "http://www.w3.org/2000/svg", "role", role, "aria-label", o.Title,
		"width", num(l.W), "height", num(l.H), "viewBox", "0 0 "+num(l.W)+" "+num(l.H))
	d.text("title", o.Title)
	if !links {
		d.text("desc", description(l))
	}
	for pass := range 2 { // the main path lies on top of the others
		for _, e := range l.Edges {
			if e.Main == (pass == 1) {
				d.edge(e)
			}
		}
	}
	for _, e := range l.Edges {
		d.label(e)
	}
	for _, n := range l.Nodes {
		d.node(n)
	}
	d.close("svg")
	return d.String()
}

// description says the picture in words, for whoever cannot see it.
func description(l Layout) string {
	name := map[string]string{}
	for _, n := range l.Nodes {
		name[n.ID] = n.Label
	}
	var b strings.Builder
	for i, e := range l.Edges {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(name[e.From] + " → " + name[e.To])
		if e.Label != "" {
			b.WriteString(": " + e.Label)
		}
	}
	return b.String()
}

type drawing struct {
	strings.Builder
	o Options
}

// open writes a start tag; attributes with an empty value are left out.
func (d *drawing) open(tag string, attrs ...string) {
	d.WriteString("<" + tag)
	for i := 0; i+1 < len(attrs); i += 2 {
		if attrs[i+1] != "" {
			d.WriteString(" " + attrs[i] + `="` + escape(attrs[i+1]) + `"`)
		}
	}
	d.WriteString(">")
}

func (d *drawing) close(tag string) { d.WriteString("</" + tag + ">") }

// empty writes an element without content.
func (d *drawing) empty(tag string, attrs ...string) {
	d.open(tag, attrs...)
	d.close(tag)
}

// text writes an element that holds text, nothing when there is none.
func (d *drawing) text(tag, s string, attrs ...string) {
	if s != "" {
		d.open(tag, attrs...)
		d.WriteString(escape(s))
		d.close(tag)
	}
}

// escape makes s safe in text and attributes; what XML cannot hold becomes a space.
func escape(s string) string {
	return html.EscapeString(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == 0xfffe || r == 0xffff || r >= 0x200e && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD")))
}

func (e Line) class() string {
	c := "pg-edge pg-w" + num(float64(e.Width))
	for _, f := range []struct {
		on   bool
		name string
	}{{e.Main, " pg-main"}, {e.Back, " pg-back"}, {e.Slow, " pg-slow"}, {e.Warm, " pg-warm"}, {e.Deviation, " pg-dev"}} {
		if f.on {
			c += f.name
		}
	}
	return c
}

func (d *drawing) edge(e Line) {
	d.open("g", "class", e.class())
	d.empty("path", "class", "pg-line", "d", e.Path)
	d.empty("path", "class", "pg-head", "d", e.Arrow)
	d.close("g")
}

func (d *drawing) label(e Line) {
	if e.Text == "" {
		return
	}
	d.open("g", "class", e.class())
	if e.Text != e.Label {
		d.text("title", e.Label)
	}
	d.empty("rect", "class", "pg-cap", "x", num(e.LabelX), "y", num(e.LabelY), "width", num(e.LabelW), "height", num(e.LabelH), "rx", num(e.LabelH/2))
	d.text("text", e.Text, "class", "pg-count", "x", num(e.LabelX+e.LabelW/2), "y", num(e.LabelY+e.LabelH/2+3.9), "text-anchor", "middle")
	d.close("g")
}

func (d *drawing) node(n Box) {
	class := "pg-node pg-" + string(n.Kind)
	switch n.Kind {
	case Task, Wait, Start, End:
	default:
		class = "pg-node pg-task"
	}
	if n.Level > 0 {
		class += " pg-l" + num(float64(min(n.Level, 5)))
	}
	done := d.o.Done[n.ID] && n.ID != d.o.Current
	current := ""
	if n.ID == d.o.Current && n.ID != "" {
		class, current = class+" pg-current", "step"
	}
	if n.ID == d.o.Selected && n.ID != "" {
		class += " pg-selected"
	}
	if done {
		class += " pg-done"
	}
	name := n.Label
	if n.Sub != "" {
		name += ", " + n.Sub
	}
	if d.o.Label != nil {
		name = d.o.Label(n)
	}
	tag, attrs := "g", []string{"class", class, "aria-current", current}
	if d.o.NodeHref != nil {
		if href := d.o.NodeHref(n.ID); safeHref(href) {
			tag = "a"
			attrs = append(attrs, "href", href, "aria-label", name)
			if d.o.NodeAttr != nil {
				for _, a := range d.o.NodeAttr(n.ID) {
					attrs = append(attrs, a[0], a[1])
				}
			}
		}
	}
	d.open(tag, attrs...)
	d.text("title", name)
	radius := 8.0
	if n.Kind == Start || n.Kind == End {
		radius = min(n.H/2, 14)
	}
	d.empty("rect", "class", "pg-box", "x", num(n.X), "y", num(n.Y), "width", num(n.W), "height", num(n.H), "rx", num(radius))
	x := num(n.X + n.W/2)
	text := lineHeight * float64(len(n.Lines))
	if n.Sub != "" {
		text += 15
	}
	y := n.Y + (n.H-text)/2 + 12.2
	for _, l := range n.Lines {
		d.text("text", l, "class", "pg-label", "x", x, "y", num(y), "text-anchor", "middle")
		y += lineHeight
	}
	d.text("text", n.Sub, "class", "pg-sub", "x", x, "y", num(y-.7), "text-anchor", "middle")
	if done { // colour alone says nothing to some
		d.empty("circle", "class", "pg-tick", "cx", num(n.X+n.W-1), "cy", num(n.Y+1), "r", "7.5")
		d.empty("path", "class", "pg-tick-mark", "d", "M"+num(n.X+n.W-4.3)+" "+num(n.Y+1.2)+"l2.4 2.4l4.4 -4.6")
	}
	d.close(tag)
}

// safeHref keeps links to pages of this server: no script, no other host.
func safeHref(s string) bool {
	return strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//") && !strings.HasPrefix(s, `/\`) || strings.HasPrefix(s, "?") || strings.HasPrefix(s, "#")
}
