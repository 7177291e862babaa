package pdf

import (
	"strings"
	"unicode"

	"codeberg.org/go-pdf/fpdf"
)

// A4 and its margins, in mm.
const (
	pageW, pageH = 210.0, 297.0
	leftX        = 17.0
	rightX       = pageW - 17
	bodyW        = rightX - leftX
	topY         = 15.0
	bottomY      = pageH - 19 // the footer stands below
	mmPerPt      = 25.4 / 72
)

type colour struct{ r, g, b int }

var (
	ink     = colour{22, 32, 58}
	grey    = colour{86, 96, 122}
	brand   = colour{34, 87, 211}
	line    = colour{217, 222, 232}
	softRow = colour{244, 246, 250}
	ghost   = colour{233, 236, 242}
)

// painter draws text and lines at absolute places; y is where the next block goes.
type painter struct {
	f      *fpdf.Fpdf
	d      Document
	w      words
	y      float64
	widths map[rune]float64 // in em
	split  bool             // see crowded
}

// crowded reports whether the texts of d use many runes that follow each other. For a
// run of n in one font the library works n³ steps: 28 seconds for a note with 3000
// Chinese characters in their order. Such a document is set in two copies of the
// font, one for the even and one for the odd runes, so that no runs are left.
func crowded(d Document) bool {
	const limit = 100
	var used [1 << 16]bool
	d.texts(func(s string) {
		for _, r := range s {
			used[r&0xffff] = true
		}
	})
	run := 0
	for _, u := range used {
		if run++; !u {
			run = 0
		}
		if run > limit {
			return true
		}
	}
	return false
}

func (p *painter) em(r rune) float64 {
	w, ok := p.widths[r]
	if !ok {
		w = float64(p.f.GetStringSymbolWidth(string(r))) / 1000
		p.widths[r] = w
	}
	return w
}

// width is the width of s in mm at size points.
func (p *painter) width(s string, size float64) float64 {
	sum := 0.0
	for _, r := range s {
		sum += p.em(r)
	}
	return sum * size * mmPerPt
}

// wide reports whether lines may break beside r: Chinese needs no space for that.
func wide(r rune) bool { return r >= 0x2e80 && !unicode.Is(unicode.Hangul, r) }

const (
	neverFirst = "，。、；：？！）》」』】〉…—～·％,.;:?!)]}%”’"
	neverLast  = "（《「『【〈([{“‘￥¥$€"
)

// wrap breaks s into lines of at most width mm: at line breaks, at spaces, after
// hyphens and slashes, between Chinese characters but not before their closing
// punctuation, and in the middle of a word that is longer than a line.
func (p *painter) wrap(s string, size, width float64) (lines []string) {
	limit := width/(size*mmPerPt) + 1e-6
	for par := range strings.SplitSeq(s, "\n") {
		rs := []rune(strings.TrimRight(par, " "))
		start, brk, used := 0, 0, 0.0
		for i := 0; i < len(rs); i++ {
			r := rs[i]
			if i > start && breaks(rs[i-1], r) {
				brk = i
			}
			used += p.em(r)
			if used <= limit || r == ' ' || i == start {
				continue
			}
			cut := brk
			if cut <= start {
				cut = i
			}
			lines = append(lines, strings.TrimRight(string(rs[start:cut]), " "))
			for cut < len(rs) && rs[cut] == ' ' {
				cut++
			}
			start, brk, used = cut, cut, 0
			i = cut - 1
		}
		lines = append(lines, string(rs[start:]))
	}
	return lines
}

func breaks(before, after rune) bool {
	if strings.ContainsRune(neverFirst, after) || strings.ContainsRune(neverLast, before) {
		return false
	}
	return before == ' ' || before == '-' || before == '/' || wide(before) || wide(after)
}

// fit returns the size, at most size and at least smallest, at which s is not wider
// than width, and s cut to what is still too wide at the smallest.
func (p *painter) fit(s string, size, smallest, width float64) (string, float64) {
	s = strings.Join(strings.Fields(s), " ")
	if w := p.width(s, size); w > width {
		size = max(smallest, size*width/w)
	}
	if p.width(s, size) <= width+.01 {
		return s, size
	}
	rs, used := []rune(s), p.width("…", size)
	for i, r := range rs {
		if used += p.em(r) * size * mmPerPt; used > width {
			return string(rs[:i]) + "…", size
		}
	}
	return s, size
}

// The names under which the one font is known to the library.
const (
	evenFont = "cjk"
	oddFont  = "cjkodd"
)

type style struct {
	size  float64
	color colour
	bold  bool
}

var (
	body   = style{size: 9, color: ink}
	small  = style{size: 8, color: grey}
	strong = style{size: 9, color: ink, bold: true}
)

// text draws one line whose box of height h has its top left corner at x, y. The font
// has no bold face: bold is a hair of stroke round each glyph.
func (p *painter) text(x, y, h float64, s string, st style) {
	if s == "" {
		return
	}
	p.f.SetFillColor(255, 255, 255)
	p.f.SetTextColor(st.color.r, st.color.g, st.color.b)
	if st.bold {
		p.f.SetDrawColor(st.color.r, st.color.g, st.color.b)
		p.f.SetLineWidth(st.size * .0095)
		p.f.SetTextRenderingMode(2)
	}
	y += h/2 + st.size*mmPerPt*.36
	if !p.split {
		p.f.SetFont(evenFont, "", st.size)
		p.f.Text(x, y, s)
	} else {
		for _, r := range s {
			p.f.SetFont([]string{evenFont, oddFont}[r&1], "", st.size)
			p.f.Text(x, y, string(r))
			x += p.em(r) * st.size * mmPerPt
		}
	}
	if st.bold {
		p.f.SetTextRenderingMode(0)
	}
}

func (p *painter) textRight(x, y, h float64, s string, st style) {
	p.text(x-p.width(s, st.size), y, h, s, st)
}

// paragraph draws lines one below the other and returns the height.
func (p *painter) paragraph(x, y, h float64, lines []string, st style) float64 {
	for i, l := range lines {
		p.text(x, y+float64(i)*h, h, l, st)
	}
	return float64(len(lines)) * h
}

func (p *painter) rule(x1, x2, y, thick float64, c colour) {
	p.f.SetDrawColor(c.r, c.g, c.b)
	p.f.SetLineWidth(thick)
	p.f.Line(x1, y, x2, y)
}

func (p *painter) fill(x, y, w, h float64, c colour) {
	p.f.SetFillColor(c.r, c.g, c.b)
	p.f.Rect(x, y, w, h, "F")
}

// need starts a new page unless h mm are left, and reports whether it did.
func (p *painter) need(h float64) bool {
	if p.y+h <= bottomY {
		return false
	}
	p.page()
	return true
}

// page starts a page: watermark below everything, and from the second page on a
// line that says which document this is.
func (p *painter) page() {
	p.f.AddPage()
	p.y = topY
	if p.d.Watermark != "" {
		s, size := p.fit(p.d.Watermark, 96, 20, 200)
		p.f.TransformBegin()
		p.f.TransformRotate(38, pageW/2, pageH/2)
		p.text(pageW/2-p.width(s, size)/2, pageH/2-20, 40, s, style{size: size, color: ghost})
		p.f.TransformEnd()
	}
	if p.f.PageNo() > 1 {
		right, size := p.fit(strings.TrimSpace(p.d.Title+"  "+p.d.No), 8, 6, bodyW*.55)
		p.textRight(rightX, p.y, 4, right, style{size: size, color: grey})
		left, size := p.fit(p.d.Seller.Name, 8, 6, bodyW*.42)
		p.text(leftX, p.y, 4, left, style{size: size, color: grey})
		p.rule(leftX, rightX, p.y+5.5, .2, line)
		p.y += 10
	}
}
