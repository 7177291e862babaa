package pdf

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
)

// Render writes d as PDF. It fails only when w does, whatever the text.
func Render(w io.Writer, d Document) error {
	f := fpdf.New("P", "mm", "A4", "")
	f.SetMargins(0, 0, 0)
	f.SetAutoPageBreak(false, 0)
	f.SetCatalogSort(true)
	created := d.Created
	if created.IsZero() {
		created = time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)
	}
	f.SetCreationDate(created)
	f.SetModificationDate(created)
	d = d.printable()
	f.SetLang(d.Lang.Tag())
	f.SetTitle(strings.TrimSpace(d.Title+" "+d.No), true)
	f.SetAuthor(d.Seller.Name, true)
	f.SetCreator("Meridian", true)
	p := &painter{f: f, d: d, w: wordsOf(d.Lang), widths: map[rune]float64{}, split: crowded(d)}
	f.AddUTF8FontFromBytes(evenFont, "", face().ttf) // only read, so documents share it
	if p.split {
		f.AddUTF8FontFromBytes(oddFont, "", face().ttf)
	}
	f.SetFont(evenFont, "", body.size)

	p.page()
	p.head()
	p.parties()
	p.facts()
	p.table()
	p.totals()
	p.words()
	p.notes()
	p.signatures()
	p.footers()
	if err := f.Output(w); err != nil {
		return fmt.Errorf("write pdf of %s: %w", d.No, err)
	}
	return nil
}

// printable returns a copy of d that the font can draw.
func (d Document) printable() Document {
	t := func(s string) string {
		s, _ = printable(s)
		return s
	}
	for _, p := range []*Party{&d.Seller, &d.Buyer} {
		*p = Party{t(p.Name), t(p.TaxNo), t(p.Address), t(p.Contact), t(p.Phone), t(p.Bank)}
	}
	for _, s := range []*string{&d.Title, &d.No, &d.SellerLabel, &d.BuyerLabel, &d.Words, &d.Sign[0], &d.Sign[1], &d.Footer, &d.Watermark} {
		*s = t(*s)
	}
	d.Columns = slices.Clone(d.Columns)
	for i := range d.Columns {
		d.Columns[i].Label = t(d.Columns[i].Label)
	}
	pairs := func(in [][2]string) [][2]string {
		out := make([][2]string, len(in))
		for i, kv := range in {
			out[i] = [2]string{t(kv[0]), t(kv[1])}
		}
		return out
	}
	d.Facts, d.Totals = pairs(d.Facts), pairs(d.Totals)
	rows := make([][]string, len(d.Rows))
	for i, r := range d.Rows {
		rows[i] = make([]string, len(r))
		for j, s := range r {
			rows[i][j] = t(s)
		}
	}
	d.Rows = rows
	d.Notes = slices.Clone(d.Notes)
	for i := range d.Notes {
		d.Notes[i] = t(d.Notes[i])
	}
	return d
}

// head is the top of the first page: who sends, what it is, its number.
func (p *painter) head() {
	title, size := p.fit(p.d.Title, 21, 12, bodyW*.5)
	p.textRight(rightX, p.y, 9, title, style{size: size, color: ink, bold: true})
	name := p.wrap(p.d.Seller.Name, 13, bodyW*.46)
	if p.d.Seller.Name == "" {
		name = nil
	}
	if len(name) > 2 {
		name = []string{name[0], strings.TrimSuffix(name[1], "…") + "…"}
	}
	h := p.paragraph(leftX, p.y+1.2, 6, name, style{size: 13, color: ink, bold: true})
	if p.d.No != "" {
		no, size := p.fit(p.w.no+" "+p.d.No, 9.5, 6, bodyW*.5)
		p.textRight(rightX, p.y+9.4, 5, no, style{size: size, color: grey})
	}
	p.y += max(h+2, 15.5)
	p.rule(leftX, rightX, p.y, .7, brand)
	p.y += 5
}

// parties stand side by side.
func (p *painter) parties() {
	const gap = 10.0
	w := (bodyW - gap) / 2
	height := max(p.party(leftX, w, p.d.SellerLabel, p.d.Seller, false), p.party(leftX+w+gap, w, p.d.BuyerLabel, p.d.Buyer, false))
	if height == 0 {
		return
	}
	p.need(min(height, 60))
	top := p.y
	p.party(leftX, w, p.d.SellerLabel, p.d.Seller, true)
	p.party(leftX+w+gap, w, p.d.BuyerLabel, p.d.Buyer, true)
	p.y = top + height + 4
}

// party draws or only measures one of them. A text that would fill a page is cut:
// an address is not a place for a novel.
func (p *painter) party(x, w float64, label string, v Party, draw bool) float64 {
	if v == (Party{}) {
		return 0
	}
	h := 0.0
	put := func(dx, lh float64, lines []string, st style) {
		if draw {
			p.paragraph(x+dx, p.y+h, lh, lines, st)
		}
	}
	if label != "" {
		l, size := p.fit(label, 8, 6, w)
		put(0, 4.6, []string{l}, style{size: size, color: grey})
		h += 5
	}
	if v.Name != "" {
		lines := atMost(p.wrap(v.Name, 10.5, w), 3)
		put(0, 5.2, lines, style{size: 10.5, color: ink, bold: true})
		h += 5.2*float64(len(lines)) + .8
	}
	rows := [][2]string{{p.w.taxNo, v.TaxNo}, {p.w.address, v.Address}, {p.w.contact, v.Contact}, {p.w.phone, v.Phone}, {p.w.bank, v.Bank}}
	indent := 0.0
	for _, r := range rows {
		if r[1] != "" {
			indent = max(indent, p.width(r[0], 8.5)+3)
		}
	}
	for _, r := range rows {
		if r[1] == "" {
			continue
		}
		lines := atMost(p.wrap(r[1], 8.5, w-indent), 5)
		put(0, 4.4, []string{r[0]}, style{size: 8.5, color: grey})
		put(indent, 4.4, lines, style{size: 8.5, color: ink})
		h += 4.4 * float64(len(lines))
	}
	return h
}

func atMost(lines []string, n int) []string {
	if len(lines) <= n {
		return lines
	}
	lines = slices.Clone(lines[:n])
	lines[n-1] += "…"
	return lines
}

// facts are four a row: small label, value below.
func (p *painter) facts() {
	const perRow = 4
	for i := 0; i < len(p.d.Facts); i += perRow {
		row := p.d.Facts[i:min(i+perRow, len(p.d.Facts))]
		w := bodyW / perRow
		if len(p.d.Facts) < perRow {
			w = bodyW / float64(len(p.d.Facts))
		}
		cells, h := make([][]string, len(row)), 0.0
		for k, kv := range row {
			cells[k] = atMost(p.wrap(kv[1], 9, w-5), 4)
			h = max(h, 4.6*float64(len(cells[k])))
		}
		h += 7
		p.need(h)
		p.fill(leftX, p.y, bodyW, h, softRow)
		for k, kv := range row {
			x := leftX + 3 + float64(k)*w
			label, size := p.fit(kv[0], 7.5, 5.5, w-5)
			p.text(x, p.y+1.5, 4, label, style{size: size, color: grey})
			p.paragraph(x, p.y+5.4, 4.6, cells[k], body)
		}
		p.y += h
	}
	p.y += 5
}

const (
	cellPad  = 1.8 // left and right of a cell
	rowPad   = 1.7 // above and below its text
	rowLine  = 4.3
	cellSize = 8.8
)

// columnWidths shares the page by the columns' shares. Then columns of numbers take
// what they need from the widest column of text, since an amount must not wrap, and
// give it what they do not need.
func (p *painter) columnWidths() []float64 {
	n := len(p.d.Columns)
	ws, total := make([]float64, n), 0.0
	for i, c := range p.d.Columns {
		ws[i] = c.Width
		if !(c.Width > 0) || math.IsInf(c.Width, 0) {
			ws[i] = 1
		}
		ws[i] = min(ws[i], 1e6)
		total += ws[i]
	}
	for i := range ws {
		ws[i] = max(ws[i]/total*bodyW, 2*cellPad+1)
	}
	for i, c := range p.d.Columns {
		if !c.Right {
			continue
		}
		want := p.width(c.Label, 8)
		for _, r := range p.d.Rows {
			if i < len(r) {
				want = max(want, p.width(r[i], cellSize))
			}
		}
		want = min(want+2*cellPad+.2, bodyW/3)
		if to := widest(p.d.Columns, ws, 0); to >= 0 && ws[i] > want+4 {
			ws[to] += ws[i] - want - 4
			ws[i] = want + 4
		}
		for want > ws[i]+.05 {
			from := widest(p.d.Columns, ws, 24)
			if from < 0 {
				break
			}
			step := min(want-ws[i], ws[from]-24, 2)
			if step < .05 {
				break
			}
			ws[i] += step
			ws[from] -= step
		}
	}
	sum := 0.0
	for _, w := range ws {
		sum += w
	}
	for i := range ws {
		ws[i] *= bodyW / sum
	}
	return ws
}

// widest returns the widest column of text above least mm, -1 if there is none.
func widest(cs []Column, ws []float64, least float64) int {
	at := -1
	for k, c := range cs {
		if !c.Right && ws[k] > least && (at < 0 || ws[k] > ws[at]) {
			at = k
		}
	}
	return at
}

// table prints the rows, the head again on each page. A row stays whole unless it is
// taller than a page.
func (p *painter) table() {
	if len(p.d.Columns) == 0 {
		return
	}
	ws := p.columnWidths()
	headH := p.tableHead(ws, false)
	p.need(headH + 2*rowPad + rowLine)
	p.tableHead(ws, true)
	fresh := true // no row stands on this page yet
	for _, r := range p.d.Rows {
		cells, sizes, n := p.cells(r, ws)
		for from := 0; from < n; {
			room := int((bottomY - p.y - 2*rowPad) / rowLine)
			take := n - from
			switch {
			case take <= room:
			case room < 1 || from == 0 && !fresh:
				p.page()
				p.tableHead(ws, true)
				fresh = true
				continue
			default:
				take = room
			}
			p.row(cells, sizes, ws, from, take)
			from += take
			fresh = false
		}
	}
	p.rule(leftX, rightX, p.y, .35, ink)
	p.y += 3
}

func (p *painter) tableHead(ws []float64, draw bool) float64 {
	cells, n := make([][]string, len(ws)), 1
	for i, c := range p.d.Columns {
		cells[i] = atMost(p.wrap(c.Label, 8, ws[i]-2*cellPad), 3)
		n = max(n, len(cells[i]))
	}
	h := float64(n)*4 + 3.4
	if !draw {
		return h
	}
	p.fill(leftX, p.y, bodyW, h, softRow)
	p.rule(leftX, rightX, p.y, .35, ink)
	p.rule(leftX, rightX, p.y+h, .2, ink)
	x := leftX
	for i, lines := range cells {
		y := p.y + (h-float64(len(lines))*4)/2
		for k, l := range lines {
			st := style{size: 8, color: ink, bold: true}
			if p.d.Columns[i].Right {
				p.textRight(x+ws[i]-cellPad, y+float64(k)*4, 4, l, st)
			} else {
				p.text(x+cellPad, y+float64(k)*4, 4, l, st)
			}
		}
		x += ws[i]
	}
	p.y += h
	return h
}

// cells wraps a row; numbers shrink before they wrap. Cells beyond the columns are
// left out, missing ones are empty.
func (p *painter) cells(r []string, ws []float64) (cells [][]string, sizes []float64, lines int) {
	cells, sizes, lines = make([][]string, len(ws)), make([]float64, len(ws)), 1
	for i := range ws {
		sizes[i] = cellSize
		if i >= len(r) {
			continue
		}
		w := ws[i] - 2*cellPad
		if t := p.width(r[i], cellSize); p.d.Columns[i].Right && t > w && t < 1.6*w {
			sizes[i] = cellSize * w / t
		}
		cells[i] = p.wrap(r[i], sizes[i], w)
		lines = max(lines, len(cells[i]))
	}
	return cells, sizes, lines
}

func (p *painter) row(cells [][]string, sizes, ws []float64, from, n int) {
	x := leftX
	for i, lines := range cells {
		st := style{size: sizes[i], color: ink}
		for k := from; k < min(from+n, len(lines)); k++ {
			y := p.y + rowPad + float64(k-from)*rowLine
			if p.d.Columns[i].Right {
				p.textRight(x+ws[i]-cellPad, y, rowLine, lines[k], st)
			} else {
				p.text(x+cellPad, y, rowLine, lines[k], st)
			}
		}
		x += ws[i]
	}
	p.y += float64(n)*rowLine + 2*rowPad
	p.rule(leftX, rightX, p.y, .15, line)
}

// totals stand below the amounts, the last one larger and between rules.
func (p *painter) totals() {
	const lh = 5.4
	n := len(p.d.Totals)
	if n == 0 {
		return
	}
	w := 84.0
	p.need(min(float64(n)*lh+6, 60))
	for i, t := range p.d.Totals {
		h, label, value := lh, style{size: 9, color: grey}, style{size: 9, color: ink}
		if i == n-1 {
			h, label, value = 8.4, style{size: 10, color: ink, bold: true}, style{size: 12, color: ink, bold: true}
		}
		p.need(h + 1)
		if i == n-1 {
			p.y++
			p.fill(rightX-w, p.y, w, h, softRow)
			p.rule(rightX-w, rightX, p.y, .35, ink)
		}
		amount, size := p.fit(t[1], value.size, 5, w*.62)
		value.size = size
		name, size := p.fit(t[0], label.size, 5, w-p.width(amount, value.size)-3*cellPad)
		label.size = size
		p.text(rightX-w+cellPad, p.y, h, name, label)
		p.textRight(rightX-cellPad, p.y, h, amount, value)
		p.y += h
	}
	p.y += 3
}

// words is the amount in words, over the whole width.
func (p *painter) words() {
	if p.d.Words == "" {
		return
	}
	indent := p.width(p.w.amount, 8.5) + 5
	lines := atMost(p.wrap(p.d.Words, 9.5, bodyW-indent-2*cellPad), 6)
	h := float64(len(lines))*5 + 3
	p.need(h + 3)
	p.rule(leftX, rightX, p.y, .2, line)
	p.text(leftX+cellPad, p.y+1.5, 5, p.w.amount, style{size: 8.5, color: grey})
	p.paragraph(leftX+indent, p.y+1.5, 5, lines, style{size: 9.5, color: ink})
	p.rule(leftX, rightX, p.y+h, .2, line)
	p.y += h + 4
}

const noteLine = 4.2

// notes are numbered when there is more than one. Short ones stay together with the
// signatures: nobody should sign a page that says nothing.
func (p *painter) notes() {
	if len(p.d.Notes) == 0 {
		return
	}
	indent := 0.0
	if len(p.d.Notes) > 1 {
		indent = 5.5
	}
	all, height := make([][]string, len(p.d.Notes)), 8.6
	for i, n := range p.d.Notes {
		all[i] = p.wrap(n, small.size, bodyW-indent)
		height += float64(len(all[i]))*noteLine + .8
	}
	if p.d.Sign != [2]string{} {
		height += signHeight
	}
	p.need(14)
	if height < 120 {
		p.need(height)
	}
	p.text(leftX, p.y, 5, p.w.notes, strong)
	p.y += 5.6
	for i, lines := range all {
		for k, l := range lines {
			p.need(noteLine)
			if k == 0 && indent > 0 {
				p.text(leftX, p.y, noteLine, fmt.Sprintf("%d.", i+1), small)
			}
			p.text(leftX+indent, p.y, noteLine, l, small)
			p.y += noteLine
		}
		p.y += .8
	}
	p.y += 3
}

const signHeight = 29.0

// signatures stay together: room for a chop above the line, a date below.
func (p *painter) signatures() {
	if p.d.Sign == [2]string{} {
		return
	}
	const gap = 14.0
	w := (bodyW - gap) / 2
	p.need(signHeight)
	p.y += 2
	for i, s := range p.d.Sign {
		if s == "" {
			continue
		}
		x := leftX + float64(i)*(w+gap)
		label, size := p.fit(s, 9, 6, w)
		p.text(x, p.y, 5, label, style{size: size, color: ink})
		p.rule(x, x+w, p.y+20, .25, grey)
		p.text(x, p.y+21, 5, p.w.date, small)
	}
	p.y += signHeight - 2
}

// footers come last, when the number of pages is known.
func (p *painter) footers() {
	n := p.f.PageCount()
	for i := 1; i <= n; i++ {
		p.f.SetPage(i)
		y := pageH - 15.0
		p.rule(leftX, rightX, y, .2, line)
		page := fmt.Sprintf(p.w.page, i, n)
		p.textRight(rightX, y+1.6, 4.4, page, style{size: 7.5, color: grey})
		foot, size := p.fit(p.d.Footer, 7.5, 5.5, bodyW-p.width(page, 7.5)-8)
		p.text(leftX, y+1.6, 4.4, foot, style{size: size, color: grey})
	}
}
