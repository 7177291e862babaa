package transfer

import (
	"slices"
	"strings"
	"time"

	"meridian/platform/errs"
	"meridian/platform/resource"
)

// dateLayouts are the ways dates are written, the international one first. A layout
// without leading zeros reads both.
var dateLayouts = []string{
	time.DateOnly, "2006/1/2", "2006.1.2", "20060102", "2006年1月2日", time.RFC3339,
	"2-1-2006", "1-2-2006", "2/1/2006", "1/2/2006", "2.1.2006",
	"2-1-06", "1-2-06", "2/1/06", "1/2/06", "2.1.06", "06-1-2", "06/1/2",
	"2-Jan-2006", "2-Jan-06", "2 Jan 2006", "2-January-2006", "2 January 2006", "Jan 2, 2006", "January 2, 2006", "Mon Jan 2 2006",
}

// timeTails are what may stand behind a date; it is left off where a date is asked for.
var timeTails = []string{"", " 15:04:05", " 15:04", "T15:04:05", " 3:04:05 PM", " 3:04 PM"}

// Layouts lists the ways in which every value of a column may be read as a date.
// Layouts that read all of them as the same days count once.
func Layouts(values []string) []string {
	left, filled := allLayouts(), false
	for _, v := range values {
		if v = strings.TrimSpace(v); v == "" {
			continue
		}
		filled = true
		left = slices.DeleteFunc(left, func(l string) bool { _, err := time.Parse(l, v); return err != nil })
		if len(left) == 0 {
			return nil
		}
	}
	if !filled {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(left), func(l string) bool {
		return slices.ContainsFunc(left[:slices.Index(left, l)], func(earlier string) bool { return sameDays(earlier, l, values) })
	})
}

func allLayouts() []string {
	out := slices.Clone(dateLayouts)
	for _, tail := range timeTails[1:] {
		for _, l := range dateLayouts {
			if l != time.RFC3339 {
				out = append(out, l+tail)
			}
		}
	}
	return out
}

func sameDays(a, b string, values []string) bool {
	for _, v := range values {
		if v = strings.TrimSpace(v); v == "" {
			continue
		}
		x, errX := time.Parse(a, v)
		y, errY := time.Parse(b, v)
		if errX != nil || errY != nil || !x.Equal(y) {
			return false
		}
	}
	return true
}

// DateHint writes a layout as people do: dd-mm-yyyy.
func DateHint(layout string) string {
	return strings.NewReplacer("2006", "yyyy", "January", "month", "Jan", "mon", "Mon ", "", "15", "hh", "04", "mm", "05", "ss", "PM", "pm", "Z07:00", "", "01", "mm", "02", "dd", "06", "yy", "1", "m", "2", "d", "3", "h").Replace(layout)
}

// column are the values of a column.
func (t *table) column(head string) []string {
	i, ok := t.index[head]
	if !ok {
		return nil
	}
	out := make([]string, 0, len(t.rows))
	for _, r := range t.rows {
		if i < len(r) {
			out = append(out, r[i])
		}
	}
	return out
}

// settleDates finds out how the dates of a table are written, where the map does not
// say: from all values of the column, and never between two readings that differ.
func (t *table) settleDates(fields map[string]Column, meta func(string) *resource.Meta, rep *Report) error {
	for name, c := range fields {
		if m := meta(name); m == nil || m.Kind != resource.KDate {
			continue
		}
		c, err := t.dated(c, rep)
		if err != nil {
			return err
		}
		fields[name] = c
	}
	return nil
}

// dated is a column with the way its dates are written, unless the map says it or the
// value is not simply that of the file.
func (t *table) dated(c Column, rep *Report) (Column, error) {
	if c.Date != "" || c.From == "" || c.Text != "" || c.Filled != "" || len(c.Values) > 0 {
		return c, nil
	}
	var err error
	c.Date, err = t.layout(c.From, rep)
	return c, err
}

// layout is how the dates of a column are written; "" leaves them to be read one by one,
// so that each wrong row is named.
func (t *table) layout(head string, rep *Report) (string, error) {
	found := Layouts(t.column(head))
	switch {
	case len(found) == 0 || found[0] == time.DateOnly && len(found) == 1:
		return "", nil
	case len(found) > 1:
		return "", errs.New(errs.Invalid, "The dates of the column {0} can be read as {1} or {2}; say which.", head, DateHint(found[0]), DateHint(found[1]))
	}
	rep.Guesses = append(rep.Guesses, Guess{Column: head, Dates: DateHint(found[0])})
	return found[0], nil
}
