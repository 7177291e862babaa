package resource

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/process"
)

// Kind is how a field is typed, shown and checked.
type Kind string

// The kinds of fields.
const (
	KText     Kind = "text"
	KLongText Kind = "longtext"
	KInt      Kind = "int"
	KMoney    Kind = "money"    // two digits
	KPrice    Kind = "price"    // six digits, money per unit
	KQuantity Kind = "quantity" // six digits
	KPercent  Kind = "percent"  // a share: 0.13 is 13 %
	KBool     Kind = "bool"
	KDate     Kind = "date"
	KTime     Kind = "time"
	KEnum     Kind = "enum"
	KRef      Kind = "ref"
	KLines    Kind = "lines"
	KComputed Kind = "computed"
)

// Values is the input of a form, a JSON body, a CSV row or a move: text by field
// name, lines as []Values. An absent name leaves the field as it is.
type Values = map[string]any

// Option is one value of an enum.
type Option struct {
	Value, Label string
	Tone         string // colour of its pill: neutral, info, warn, violet, teal, ok, bad
}

// Meta is what is known about a field without its record.
type Meta struct {
	Name, Label, Section, Help string
	Kind                       Kind
	Required, ReadOnly         bool
	InList, Filter, Search     bool
	Sensitive, Source, Hidden  bool
	Contact                    bool   // a phone number or mail address, see Field.Contact
	Target                     string // of a Ref
	Options                    []Option
	Lines                      []*Meta
	Max                        int  // characters of a text
	Place                      bool // where the writer is, see Field.Place
}

// Option finds an enum option; nil if there is none.
func (m *Meta) Option(value string) *Option {
	for i := range m.Options {
		if m.Options[i].Value == value {
			return &m.Options[i]
		}
	}
	return nil
}

// Number reports whether the field holds a number.
func (m *Meta) Number() bool {
	switch m.Kind {
	case KInt, KMoney, KPrice, KQuantity, KPercent:
		return true
	}
	return false
}

// Field binds a declared field to an attribute of T by a typed accessor.
type Field[T any] struct {
	Meta
	text  func(*T) string
	parse func(*T, string) error
	empty func(*T) bool
	env   func(*T) any
	arg   func(string) (any, error) // filter text to SQL argument
	exact func(*T) string           // for cursors, where text drops digits; nil = text
	lines *lineAccess[T]
}

// Fields are the fields of a type in the order of the form.
type Fields[T any] []*Field[T]

// Required marks a field that must not be empty.
func (f *Field[T]) Required() *Field[T] { f.Meta.Required = true; return f }

// ReadOnly marks a field people never type; effects and checks fill it.
func (f *Field[T]) ReadOnly() *Field[T] { f.Meta.ReadOnly = true; return f }

// InList shows the field as a column of the list.
func (f *Field[T]) InList() *Field[T] { f.Meta.InList = true; return f }

// Filter makes the field legal in filters and sorting of lists.
func (f *Field[T]) Filter() *Field[T] { f.Meta.Filter = true; return f }

// Search lets the search box look into the field.
func (f *Field[T]) Search() *Field[T] { f.Meta.Search = true; return f }

// Sensitive hides the field from readers without the permission type#field:read.
func (f *Field[T]) Sensitive() *Field[T] { f.Meta.Sensitive = true; return f }

// Source marks a reference to the document this one came from: creating the
// record links the two in the thread.
func (f *Field[T]) Source() *Field[T] { f.Meta.Source = true; return f }

// Hidden keeps the field out of forms and detail pages; API and import have it.
func (f *Field[T]) Hidden() *Field[T] { f.Meta.Hidden = true; return f }

// In puts the field into a section of the form.
func (f *Field[T]) In(section string) *Field[T] { f.Section = section; return f }

// Hint explains the field below its input.
func (f *Field[T]) Hint(s string) *Field[T] { f.Help = s; return f }

// Place offers to fill in where the writer is, as the device says it.
func (f *Field[T]) Place() *Field[T] { f.Meta.Place = true; return f }

// Limit sets the longest text in characters.
func (f *Field[T]) Limit(n int) *Field[T] { f.Max = n; return f }

type message struct {
	text string
	args []any
}

func (m message) Error() string { return errs.Fill(m.text, m.args) }

func refuse(text string, args ...any) error { return message{text, args} }

func newField[T, V any](name, label string, k Kind, at func(*T) *V, show func(V) string, parse func(string) (V, error), empty func(V) bool, env func(V) any) *Field[T] {
	f := &Field[T]{Meta: Meta{Name: name, Label: label, Kind: k}}
	f.text = func(r *T) string { return show(*at(r)) }
	f.parse = func(r *T, s string) error {
		v, err := parse(s)
		if err == nil {
			*at(r) = v
		}
		return err
	}
	f.empty = func(r *T) bool { return empty(*at(r)) }
	f.env = func(r *T) any { return env(*at(r)) }
	f.arg = func(s string) (any, error) { return parse(s) }
	return f
}

// Text is one line of text.
func Text[T any, V ~string](name, label string, at func(*T) *V) *Field[T] {
	f := newField(name, label, KText, at, func(v V) string { return string(v) }, nil, func(v V) bool { return v == "" }, func(v V) any { return string(v) })
	f.Max = 200
	bindText(f, at)
	return f
}

// LongText is text of several lines.
func LongText[T any, V ~string](name, label string, at func(*T) *V) *Field[T] {
	f := newField(name, label, KLongText, at, func(v V) string { return string(v) }, nil, func(v V) bool { return v == "" }, func(v V) any { return string(v) })
	f.Max = 20000
	bindText(f, at)
	return f
}

// bindText parses with the limit of the field, which is set after it is made.
func bindText[T any, V ~string](f *Field[T], at func(*T) *V) {
	parse := func(s string) (V, error) {
		s, err := cleanText(s, f.Kind == KLongText, f.Max)
		return V(s), err
	}
	f.parse = func(r *T, s string) error {
		v, err := parse(s)
		if err == nil {
			*at(r) = v
		}
		return err
	}
	f.arg = func(s string) (any, error) { v, err := parse(s); return string(v), err }
}

func cleanText(s string, multiline bool, limit int) (string, error) {
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		return "", refuse("The text holds a character that cannot be stored.")
	}
	s = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
	if !multiline && strings.ContainsAny(s, "\n\r") {
		s = strings.Join(strings.Fields(s), " ")
	}
	if n := utf8.RuneCountInString(s); n > limit {
		return "", refuse("At most {0} characters, not {1}.", limit, n)
	}
	return s, nil
}

// Int is a whole number: of 64 bits when V has them, else of the 32 bits of its column.
func Int[T any, V ~int | ~int32 | ~int64](name, label string, at func(*T) *V) *Field[T] {
	bits := 32
	if reflect.TypeFor[V]().Kind() == reflect.Int64 {
		bits = 64
	}
	return newField(name, label, KInt, at, func(v V) string { return strconv.FormatInt(int64(v), 10) },
		func(s string) (V, error) {
			if s == "" {
				return 0, nil
			}
			plain, ok := money.Ungroup(s)
			n, err := strconv.ParseInt(plain, 10, bits)
			if err != nil || !ok {
				return 0, refuse("Not a whole number: {0}.", clip(s))
			}
			return V(n), nil
		}, func(v V) bool { return v == 0 }, func(v V) any { return int(v) })
}

func decimalField[T any, S money.Scale](name, label string, k Kind, at func(*T) *money.Dec[S]) *Field[T] {
	f := newField(name, label, k, at, money.Dec[S].String, parseDec[S],
		money.Dec[S].IsZero, func(v money.Dec[S]) any { return process.Num{D: v.Number()} })
	return f
}

func parseDec[S money.Scale](s string) (money.Dec[S], error) {
	if s == "" {
		return money.Dec[S]{}, nil
	}
	v, err := money.Parse[S](s)
	switch {
	case errors.Is(err, money.ErrDigits):
		return v, refuse("Too many digits after the point: {0}.", clip(s))
	case errors.Is(err, money.ErrRange):
		return v, refuse("The number is too large: {0}.", clip(s))
	case err != nil:
		return v, refuse("Not a number: {0}.", clip(s))
	}
	return v, nil
}

func clip(s string) string { return errs.Clip(s, 40) }

// Money is an amount with two digits in the currency of the document.
func Money[T any](name, label string, at func(*T) *money.Amount) *Field[T] {
	return decimalField(name, label, KMoney, at)
}

// Price is money per unit with six digits.
func Price[T any](name, label string, at func(*T) *money.Price) *Field[T] {
	return decimalField(name, label, KPrice, at)
}

// Quantity is a quantity with six digits.
func Quantity[T any](name, label string, at func(*T) *money.Qty) *Field[T] {
	return decimalField(name, label, KQuantity, at)
}

// Percent is a share stored as a fraction; people may type "13 %" or 0.13.
func Percent[T any](name, label string, at func(*T) *money.Ratio) *Field[T] {
	f := decimalField(name, label, KPercent, at)
	parse := func(s string) (money.Ratio, error) {
		t := strings.TrimSpace(strings.NewReplacer("％", "%").Replace(s))
		pct := strings.HasSuffix(t, "%")
		v, err := parseDec[money.Micro](strings.TrimSpace(strings.TrimSuffix(t, "%")))
		if err != nil || !pct {
			return v, err
		}
		return money.FromDecimal[money.Micro](v.Number().Shift(-2))
	}
	f.parse = func(r *T, s string) error {
		v, err := parse(s)
		if err == nil {
			*at(r) = v
		}
		return err
	}
	f.arg = func(s string) (any, error) { return parse(s) }
	return f
}

// Bool is yes or no.
func Bool[T any](name, label string, at func(*T) *bool) *Field[T] {
	return newField(name, label, KBool, at, strconv.FormatBool, parseBool, func(v bool) bool { return !v }, func(v bool) any { return v })
}

func parseBool(s string) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "1", "yes", "on", "y", "是", "真":
		return true, nil
	case "", "false", "0", "no", "off", "n", "否", "假":
		return false, nil
	}
	return false, refuse("Say yes or no, not {0}.", clip(s))
}

// Date is a calendar date; the zero date is empty.
func Date[T any](name, label string, at func(*T) *date.Date) *Field[T] {
	return newField(name, label, KDate, at, date.Date.String, func(s string) (date.Date, error) {
		d, err := date.Parse(strings.TrimSpace(s))
		if err != nil {
			return d, refuse("Not a date (YYYY-MM-DD): {0}.", clip(s))
		}
		return d, nil
	}, date.Date.IsZero, func(v date.Date) any { return v.String() })
}

// Time is a moment; nil is empty.
func Time[T any](name, label string, at func(*T) **time.Time) *Field[T] {
	f := newField(name, label, KTime, at, func(v *time.Time) string {
		if v == nil {
			return ""
		}
		return v.UTC().Format(time.RFC3339)
	}, func(s string) (*time.Time, error) {
		if s == "" {
			return nil, nil //nolint:nilnil // an empty moment
		}
		for _, layout := range []string{time.RFC3339, "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
			if t, err := time.Parse(layout, s); err == nil {
				t = t.UTC()
				return &t, nil
			}
		}
		return nil, refuse("Not a date and time: {0}.", clip(s))
	}, func(v *time.Time) bool { return v == nil }, func(v *time.Time) any { return v != nil })
	f.exact = func(r *T) string {
		if v := *at(r); v != nil {
			return v.UTC().Format(time.RFC3339Nano)
		}
		return ""
	}
	return f
}

// Enum is one of a closed set of values.
func Enum[T any, V ~string](name, label string, at func(*T) *V, options ...Option) *Field[T] {
	f := newField(name, label, KEnum, at, func(v V) string { return string(v) }, nil, func(v V) bool { return v == "" }, func(v V) any { return string(v) })
	f.Options = options
	parse := func(s string) (V, error) {
		if s == "" || f.Option(s) != nil {
			return V(s), nil
		}
		var known []string
		for _, o := range options {
			known = append(known, o.Value)
		}
		return "", refuse("{0} is not one of: {1}.", clip(s), strings.Join(known, ", "))
	}
	f.parse = func(r *T, s string) error {
		v, err := parse(s)
		if err == nil {
			*at(r) = v
		}
		return err
	}
	f.arg = func(s string) (any, error) { v, err := parse(s); return string(v), err }
	return f
}

// Ref points to a record of type target by its id; 0 is empty.
func Ref[T any, V ~int64](name, label string, at func(*T) *V, target string) *Field[T] {
	f := newField(name, label, KRef, at, func(v V) string {
		if v == 0 {
			return ""
		}
		return strconv.FormatInt(int64(v), 10)
	}, func(s string) (V, error) {
		if s == "" {
			return 0, nil
		}
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n <= 0 {
			return 0, refuse("Choose a record from the list.")
		}
		return V(n), nil
	}, func(v V) bool { return v == 0 }, func(v V) any { return int(v) })
	f.Target = target
	return f
}

// Computed shows a value that is worked out when it is read.
func Computed[T any](name, label string, kind Kind, show func(*T) string) *Field[T] {
	f := &Field[T]{Meta: Meta{Name: name, Label: label, Kind: kind, ReadOnly: true}}
	f.text = show
	f.empty = func(r *T) bool { return show(r) == "" }
	f.env = func(r *T) any { return show(r) }
	return f
}

type lineAccess[T any] struct {
	count   func(*T) int
	rows    func(*T) []LineRow
	apply   func(ctx context.Context, t checker, r *T, path string, in []Values) []errs.Field
	facts   func(*T) string
	refs    func(r *T, each func(path string, m *Meta, id int64))
	require func(r *T, path string) []errs.Field
}

// checker is what applying values asks of the type: which sensitive fields the
// writer may not touch.
type checker interface {
	hidden(name string) bool
}

// LineRow is one line of a record, read-only.
type LineRow interface {
	ID() int64
	Text(field string) string
}

type lineRow[L any] struct {
	id     int64
	l      *L
	fields Fields[L]
}

func (r lineRow[L]) ID() int64 { return r.id }

func (r lineRow[L]) Text(name string) string {
	for _, f := range r.fields {
		if f.Name == name {
			return f.text(r.l)
		}
	}
	return ""
}

// Lines are the lines of a document. A line sent with its id keeps what people do
// not type; one without is new; one that is missing is removed.
func Lines[T, L any](name, label string, at func(*T) *[]L, fields Fields[L]) *Field[T] {
	f := &Field[T]{Meta: Meta{Name: name, Label: label, Kind: KLines}}
	for _, lf := range fields {
		f.Meta.Lines = append(f.Meta.Lines, &lf.Meta)
	}
	id := func(l *L) int64 { return lineOf(l).ID }
	f.text = func(r *T) string { return strconv.Itoa(len(*at(r))) }
	f.empty = func(r *T) bool { return len(*at(r)) == 0 }
	f.env = func(r *T) any { return len(*at(r)) }
	f.lines = &lineAccess[T]{
		count: func(r *T) int { return len(*at(r)) },
		rows: func(r *T) []LineRow {
			out := make([]LineRow, len(*at(r)))
			for i := range *at(r) {
				out[i] = lineRow[L]{id(&(*at(r))[i]), &(*at(r))[i], fields}
			}
			return out
		},
		apply: func(ctx context.Context, t checker, r *T, path string, in []Values) []errs.Field {
			return applyLines(t, at(r), path, in, fields)
		},
		facts: func(r *T) string {
			var b strings.Builder
			for i := range *at(r) {
				for _, lf := range fields {
					if !lf.Meta.ReadOnly {
						b.WriteString(strconv.Quote(lf.text(&(*at(r))[i])))
					}
				}
				b.WriteByte(';')
			}
			return b.String()
		},
		refs: func(r *T, each func(path string, m *Meta, id int64)) {
			for i := range *at(r) {
				for _, lf := range fields {
					if lf.Kind == KRef {
						if n, err := strconv.ParseInt(lf.text(&(*at(r))[i]), 10, 64); err == nil {
							each(fmt.Sprintf("%s.%d.%s", name, i, lf.Name), &lf.Meta, n)
						}
					}
				}
			}
		},
		require: func(r *T, path string) []errs.Field {
			var out []errs.Field
			for i := range *at(r) {
				out = append(out, missing(fields, &(*at(r))[i], fmt.Sprintf("%s.%d.", path, i))...)
			}
			return out
		},
	}
	return f
}

const maxLines = 2000

// inLines asks about the sensitive fields of lines by their full name: lines.cost.
type inLines struct {
	checker
	field string
}

func (l inLines) hidden(name string) bool { return l.checker.hidden(l.field + "." + name) }

func applyLines[L any](t checker, dst *[]L, path string, in []Values, fields Fields[L]) []errs.Field {
	t = inLines{t, path}
	if len(in) > maxLines {
		return []errs.Field{{Name: path, Message: "At most {0} lines.", Args: []any{maxLines}}}
	}
	old := map[int64]L{}
	for i := range *dst {
		old[lineOf(&(*dst)[i]).ID] = (*dst)[i]
	}
	out := make([]L, 0, len(in))
	var bad []errs.Field
	for i, v := range in {
		var l L
		if s, _ := v["id"].(string); s != "" && s != "0" {
			n, _ := strconv.ParseInt(s, 10, 64)
			kept, ok := old[n]
			if !ok {
				bad = append(bad, errs.Field{Name: fmt.Sprintf("%s.%d.id", path, i), Message: "There is no line {0} in this document.", Args: []any{clip(s)}})
				continue
			}
			delete(old, n)
			l = kept
		}
		bad = append(bad, apply(t, fields, &l, fmt.Sprintf("%s.%d.", path, i), v, "id")...)
		out = append(out, l)
	}
	*dst = out
	return bad
}

// apply sets the fields named in v; unknown names and read-only fields are refused.
func apply[T any](t checker, fields Fields[T], r *T, prefix string, v Values, skip ...string) []errs.Field {
	var bad []errs.Field
	known := map[string]bool{}
	for _, s := range skip {
		known[s] = true
	}
	for _, f := range fields {
		raw, given := v[f.Name]
		if !given {
			continue
		}
		known[f.Name] = true
		if f.Meta.ReadOnly || (f.Meta.Sensitive && t.hidden(f.Name)) {
			bad = append(bad, errs.Field{Name: prefix + f.Name, Message: "This field cannot be set."})
			continue
		}
		if f.lines != nil {
			list, ok := raw.([]Values)
			if !ok {
				bad = append(bad, errs.Field{Name: prefix + f.Name, Message: "A list of lines is expected."})
				continue
			}
			bad = append(bad, f.lines.apply(context.Background(), t, r, prefix+f.Name, list)...)
			continue
		}
		s, ok := raw.(string)
		if !ok {
			bad = append(bad, errs.Field{Name: prefix + f.Name, Message: "A single value is expected."})
			continue
		}
		if err := f.parse(r, s); err != nil {
			bad = append(bad, fieldError(prefix+f.Name, err))
		}
	}
	for name := range v {
		if !known[name] {
			bad = append(bad, errs.Field{Name: prefix + name, Message: "There is no such field."})
		}
	}
	return bad
}

func fieldError(name string, err error) errs.Field {
	if m, ok := errors.AsType[message](err); ok {
		return errs.Field{Name: name, Message: m.text, Args: m.args}
	}
	return errs.Field{Name: name, Message: "The value cannot be read."}
}

// missing lists the required fields that are empty.
func missing[T any](fields Fields[T], r *T, prefix string) []errs.Field {
	var out []errs.Field
	for _, f := range fields {
		if f.Meta.Required && f.empty(r) && f.Kind != KBool {
			out = append(out, errs.Field{Name: prefix + f.Name, Message: "This field must not be empty."})
		}
		if f.lines != nil {
			out = append(out, f.lines.require(r, prefix+f.Name)...)
		}
	}
	return out
}

// appendJSON writes the JSON value of a field from its text: numbers and ids as
// numbers, decimals and dates as strings, nothing as null.
func appendJSON(b []byte, m *Meta, text string) []byte {
	switch m.Kind {
	case KInt, KRef:
		if text == "" {
			return append(b, "null"...)
		}
		return append(b, text...)
	case KBool:
		return append(b, text...)
	case KDate, KTime, KEnum:
		if text == "" {
			return append(b, "null"...)
		}
	}
	return appendString(b, text)
}

func appendString(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= 0x7f {
			q, _ := json.Marshal(s) // text always marshals
			return append(b, q...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// OptRef is a Ref stored as NULL when empty, where the schema has a foreign key.
func OptRef[T any](name, label string, at func(*T) **int64, target string) *Field[T] {
	f := newField(name, label, KRef, at, func(v *int64) string {
		if v == nil {
			return ""
		}
		return strconv.FormatInt(*v, 10)
	}, func(s string) (*int64, error) {
		if s == "" {
			return nil, nil //nolint:nilnil // an empty reference
		}
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n <= 0 {
			return nil, refuse("Choose a record from the list.")
		}
		return &n, nil
	}, func(v *int64) bool { return v == nil }, func(v *int64) any { return v != nil })
	f.Target = target
	return f
}
