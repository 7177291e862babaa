package transfer

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/resource"
)

// Map says which column of a file is which field of a type. Maps are YAML; the
// sets in configs/import show every part.
type Map struct {
	Type     string            `yaml:"type" json:"type"`                   // document type
	File     string            `yaml:"file" json:"file"`                   // inside the set's folder; a pattern takes every file it fits
	Tree     string            `yaml:"tree" json:"tree,omitempty"`         // type of record in a tree of records
	Encoding string            `yaml:"encoding" json:"encoding,omitempty"` // of the text; guessed when empty
	Keep     bool              `yaml:"keep" json:"keep,omitempty"`         // a record that is there already stays as it is
	Number   *Column           `yaml:"number" json:"number"`               // document number; running twice finds the record by it
	Stage    *Column           `yaml:"stage" json:"stage"`                 // stage of history; absent = the first stage
	At       *Column           `yaml:"at" json:"at"`                       // when the record was made
	Fields   map[string]Column `yaml:"fields" json:"fields"`               // field -> column
	Lines    *Lines            `yaml:"lines" json:"lines"`                 // lines out of a second file
	OnlyIf   *Column           `yaml:"only_if" json:"only_if"`             // rows where this is empty are left out
}

// Lines maps the lines of a document.
type Lines struct {
	Field  string            `yaml:"field" json:"field"`
	File   string            `yaml:"file" json:"file"`
	Sheet  string            `yaml:"sheet" json:"sheet"` // the lines are this sheet of the document's own workbook
	Join   map[string]string `yaml:"join" json:"join"`   // column of the lines -> column of the document
	Fields map[string]Column `yaml:"fields" json:"fields"`
	Whole  bool              `yaml:"whole" json:"whole"` // lines that belong to no document are wrong
}

// Column is where a value comes from and how it is read.
type Column struct {
	From    string            `yaml:"from" json:"from,omitempty"`       // head of the column
	Text    string            `yaml:"text" json:"text,omitempty"`       // "{first_name} {last_name}"
	Value   string            `yaml:"value" json:"value,omitempty"`     // when the column is empty or there is none
	Values  map[string]string `yaml:"values" json:"values,omitempty"`   // text in the file -> text of the field
	Filled  string            `yaml:"filled" json:"filled,omitempty"`   // value when the column holds anything
	Prefix  string            `yaml:"prefix" json:"prefix,omitempty"`   // put before a value that is not empty
	By      string            `yaml:"by" json:"by,omitempty"`           // field a reference is found by; no if empty
	Any     bool              `yaml:"any" json:"any,omitempty"`         // find a reference by number, else by name
	Loose   bool              `yaml:"loose" json:"loose,omitempty"`     // find a reference although case, blanks or signs differ, when only one is left
	Lookup  *Lookup           `yaml:"lookup" json:"lookup,omitempty"`   // the value stands in another file, under this one
	Date    string            `yaml:"date" json:"date,omitempty"`       // layout, e.g. 02-01-2006
	Slug    bool              `yaml:"slug" json:"slug,omitempty"`       // small letters, dots for blanks: jane.doe
	Round   bool              `yaml:"round" json:"round,omitempty"`     // surplus digits of published floats
	Percent bool              `yaml:"percent" json:"percent,omitempty"` // 13 means 0.13
}

// Lookup finds a value in a second file: the region of a deal by its agent.
type Lookup struct {
	File string `yaml:"file" json:"file"`
	Key  string `yaml:"key" json:"key"`   // column of that file that holds the value of this one
	Take string `yaml:"take" json:"take"` // column of that file that is wanted
	rows map[string]string
}

// ParseMap reads a map and refuses keys it does not know.
func ParseMap(b []byte) (Map, error) {
	var m Map
	if err := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict()).Decode(&m); err != nil {
		return m, errs.Wrap(errs.Invalid, err, "The map cannot be read: {0}", strings.SplitN(err.Error(), "\n", 2)[0])
	}
	if m.Type == "" || len(m.Fields) == 0 {
		return m, errs.New(errs.Invalid, "The map names no type or no fields.")
	}
	return m, nil
}

// columns are all the columns of the map, those of the lines too.
func (m *Map) columns() (out []Column) {
	for _, c := range []*Column{m.Number, m.Stage, m.At, m.OnlyIf} {
		if c != nil {
			out = append(out, *c)
		}
	}
	out = slices.AppendSeq(out, maps.Values(m.Fields))
	if m.Lines != nil {
		out = slices.AppendSeq(out, maps.Values(m.Lines.Fields))
	}
	return out
}

// heads lists the columns a Column reads.
func (c *Column) heads() []string {
	if c == nil {
		return nil
	}
	var out []string
	if c.From != "" {
		out = append(out, c.From)
	}
	for rest := c.Text; ; {
		i := strings.IndexByte(rest, '{')
		j := strings.IndexByte(rest, '}')
		if i < 0 || j < i {
			return out
		}
		out = append(out, rest[i+1:j])
		rest = rest[j+1:]
	}
}

// text reads the value of a row, before references are looked up.
func (c *Column) text(t *table, row []string, meta *resource.Meta) (string, error) {
	s := t.cell(row, c.From)
	if c.Text != "" {
		s = c.Text
		for _, h := range c.heads() {
			s = strings.ReplaceAll(s, "{"+h+"}", t.cell(row, h))
		}
		s = strings.TrimSpace(s)
	}
	if c.Lookup != nil {
		s = c.Lookup.rows[s]
	}
	if c.Slug {
		s = strings.Join(strings.Fields(strings.ToLower(s)), ".")
	}
	if v, ok := c.Values[s]; ok {
		s = v
	}
	if s != "" && c.Filled != "" {
		s = c.Filled
	}
	if s == "" {
		s = c.Value
	} else {
		s = c.Prefix + s
	}
	if s == "" || meta == nil {
		return s, nil
	}
	return c.typed(s, meta)
}

func (c *Column) typed(s string, meta *resource.Meta) (string, error) {
	switch {
	case c.Date != "" && meta.Kind == resource.KDate:
		d, err := time.Parse(c.Date, s)
		if err != nil {
			return "", errs.New(errs.Invalid, "Not a date written as {0}: {1}.", c.Date, s)
		}
		return d.Format(time.DateOnly), nil
	case meta.Kind == resource.KDate && len(s) > 10 && (s[10] == 'T' || s[10] == ' '):
		return s[:10], nil // a moment where a date is asked for
	case c.Percent:
		v, err := money.ParseRounded[money.Micro](s)
		if err != nil {
			return "", errs.New(errs.Invalid, "Not a number: {0}.", s)
		}
		return money.RoundTo[money.Micro](v.Number().Shift(-2)).String(), nil
	case c.Round && meta.Kind == resource.KMoney:
		v, err := money.ParseRounded[money.Cents](s)
		if err != nil {
			return "", errs.New(errs.Invalid, "Not a number: {0}.", s)
		}
		return v.String(), nil
	case c.Round && meta.Kind == resource.KInt:
		v, err := money.ParseRounded[money.Micro](s)
		if err != nil {
			return "", errs.New(errs.Invalid, "Not a number: {0}.", s)
		}
		return strconv.FormatInt(v.Number().IntPart(), 10), nil
	case c.Round && meta.Number():
		v, err := money.ParseRounded[money.Micro](s)
		if err != nil {
			return "", errs.New(errs.Invalid, "Not a number: {0}.", s)
		}
		return v.String(), nil
	}
	return s, nil
}

// missing lists the columns of the map the file does not have. In a sparse table a
// column without any value is not there, which is no mistake.
func (m *Map) missing(t *table) []string {
	var out []string
	if t.sparse {
		return nil
	}
	need := func(c *Column) {
		for _, h := range c.heads() {
			if _, ok := t.index[h]; !ok {
				out = append(out, h)
			}
		}
	}
	need(m.Number)
	need(m.Stage)
	need(m.At)
	for _, c := range m.Fields {
		need(&c)
	}
	return out
}

func (r RowError) String() string {
	return fmt.Sprintf("%s row %d, column %s: %s", r.File, r.Row, r.Column, errs.Fill(r.Message, r.Args))
}
