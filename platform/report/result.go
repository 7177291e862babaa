package report

import (
	"strconv"
	"time"

	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// Result is what a report shows, from the top: figures, charts, tables. Labels are
// English words, the keys of their translation; the data in cells is shown as it is.
type Result struct {
	Input  resource.Values // what the answer rests on, as text by field; Run fills it
	Note   string          // a sentence under the title
	Args   []any
	Tiles  []Tile
	Charts []Chart
	Tables []Table
}

// Tile is one figure.
type Tile struct {
	Key, Label string
	Value      Cell
	Href       string
}

// The kinds of charts.
const (
	Trend  = "trend"  // lines and bars over periods
	Funnel = "funnel" // one value per step
	Bars   = "bars"   // one bar per row with a target mark
)

// Chart draws one table of the result, so that nothing is drawn that cannot be read.
type Chart struct {
	Kind    string
	Title   string
	Say     string // what it shows, in a sentence, for who does not see it
	Table   string // key of the table
	Label   string // key of the column with the labels
	Series  []Series
	Targets string // key of the column with the targets, of bars
	Lower   bool   // bars: a lower value is better, above the target is late
	Wide    bool
}

// Series is a numeric column drawn as "line", "bar" or "plan".
type Series struct{ Col, Kind string }

// Table is rows of typed cells.
type Table struct {
	Key, Title, Note string
	Cols             []Col
	Rows             []Row
	Foot             []Cell
	Empty            string // what an empty table means
	Word             bool   // the title is data, not a word to translate
}

// Col is one column. Kind decides how its cells are written.
type Col struct {
	Key, Label string
	Kind       resource.Kind
	Word       bool // the label is data, not a word to translate
	Minor      bool // may hide on narrow screens
}

// Row is one line; Ref or Href is where it leads.
type Row struct {
	Ref   trace.Ref
	Href  string
	Late  bool
	Cells []Cell
	Acts  []Act
}

// Act offers a command on a row with some of its input given.
type Act struct {
	Command string
	Values  resource.Values
	Blocked string // why not now, an English sentence
	Args    []any
}

// Cell is one value: its text as the interface writes it, decimals exact.
type Cell struct {
	Kind resource.Kind
	Text string
	Word bool      // an English word, the key of its translation
	Args []any     // of the word
	Ref  trace.Ref // of a document or person
	Tone string    // as of resource.Option; a word with a tone is a pill
	Href string
}

// None is an empty cell.
func None() Cell { return Cell{} }

// Text is data as it is.
func Text(s string) Cell { return Cell{Kind: resource.KText, Text: s} }

// Word is a word of the interface.
func Word(s string, args ...any) Cell {
	return Cell{Kind: resource.KText, Text: s, Word: true, Args: args}
}

// Pill is a word with the colour of its meaning: neutral, info, warn, violet, teal, ok, bad.
func Pill(s, tone string) Cell { return Cell{Kind: resource.KText, Text: s, Word: true, Tone: tone} }

// Money is an amount in base currency.
func Money(a money.Amount) Cell { return Cell{Kind: resource.KMoney, Text: a.String()} }

// Price is money with up to six digits.
func Price(p money.Price) Cell { return Cell{Kind: resource.KPrice, Text: p.String()} }

// Qty is a quantity.
func Qty(q money.Qty) Cell { return Cell{Kind: resource.KQuantity, Text: q.String()} }

// Number is a decimal that is neither money nor quantity: days, points.
func Number(d money.Decimal) Cell { return Cell{Kind: resource.KQuantity, Text: d.String()} }

// Count is a whole number.
func Count[N ~int | ~int32 | ~int64](n N) Cell {
	return Cell{Kind: resource.KInt, Text: strconv.FormatInt(int64(n), 10)}
}

// Share is a fraction shown as percent: 0.25 is 25 %.
func Share(r money.Ratio) Cell { return Cell{Kind: resource.KPercent, Text: r.String()} }

// Quotient is part of whole as percent; nothing when whole is zero.
func Quotient(part, whole money.Decimal) Cell {
	if whole.IsZero() {
		return Cell{Kind: resource.KPercent}
	}
	return Cell{Kind: resource.KPercent, Text: part.DivRound(whole, 6).String()}
}

// Day is a calendar date.
func Day(d date.Date) Cell { return Cell{Kind: resource.KDate, Text: d.String()} }

// Moment is a point in time; the zero time is empty.
func Moment(t time.Time) Cell {
	if t.IsZero() {
		return Cell{Kind: resource.KTime}
	}
	return Cell{Kind: resource.KTime, Text: t.UTC().Format(time.RFC3339)}
}

// Doc is a link to a document; an empty title becomes the name of the document.
func Doc(r trace.Ref, title string) Cell {
	return Cell{Kind: resource.KRef, Text: title, Ref: r, Href: r.Path()}
}

// Person is a user by id; page and interface write the name.
func Person(id int64) Cell {
	return Cell{Kind: resource.KRef, Ref: trace.Ref{Type: "core.user", ID: id}}
}

// Link gives a cell an address of its own: the rows behind a number.
func (c Cell) Link(href string) Cell { c.Href = href; return c }

// In gives a cell a tone.
func (c Cell) In(tone string) Cell { c.Tone = tone; return c }
