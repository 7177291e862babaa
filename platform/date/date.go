// Package date is the calendar date: a day without time or zone.
package date

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// Date is a calendar date. The zero Date means "no date" and is NULL in the database.
type Date struct{ t time.Time }

// New returns the date of y, m, d; out-of-range days roll over as in time.Date.
func New(y int, m time.Month, d int) Date {
	return Date{time.Date(y, m, d, 0, 0, 0, 0, time.UTC)}
}

// Of returns the date of t in its own location.
func Of(t time.Time) Date {
	if t.IsZero() {
		return Date{}
	}
	y, m, d := t.Date()
	return New(y, m, d)
}

// Parse reads an ISO date (2026-11-21). The empty string is the zero Date.
func Parse(s string) (Date, error) {
	if s == "" {
		return Date{}, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("not a date (YYYY-MM-DD): %q", s)
	}
	if t.Year() < 1 || t.IsZero() { // the first day of year 1 means "no date"
		return Date{}, fmt.Errorf("year out of range: %q", s)
	}
	return Date{t}, nil
}

// MustParse is Parse for constants.
func MustParse(s string) Date {
	d, err := Parse(s)
	if err != nil {
		panic(err)
	}
	return d
}

// IsZero reports whether d is "no date".
func (d Date) IsZero() bool { return d.t.IsZero() }

// Year returns the year.
func (d Date) Year() int { return d.t.Year() }

// Month returns the month.
func (d Date) Month() time.Month { return d.t.Month() }

// Day returns the day of the month.
func (d Date) Day() int { return d.t.Day() }

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday { return d.t.Weekday() }

// AddDays returns the date n days later.
func (d Date) AddDays(n int) Date { return Date{d.t.AddDate(0, 0, n)} }

// AddMonths returns the same day n months later, the last day of that month at most.
func (d Date) AddMonths(n int) Date {
	first := New(d.Year(), d.Month()+time.Month(n), 1)
	last := first.t.AddDate(0, 1, -1).Day()
	return New(first.Year(), first.Month(), min(d.Day(), last))
}

// Before reports whether d is earlier than o.
func (d Date) Before(o Date) bool { return d.t.Before(o.t) }

// MonthStart is the first day of the month.
func (d Date) MonthStart() Date { return New(d.Year(), d.Month(), 1) }

// Later is the later of two days.
func Later(a, b Date) Date {
	if a.Before(b) {
		return b
	}
	return a
}

// Earlier returns the earlier of two days.
func Earlier(a, b Date) Date {
	if b.Before(a) {
		return b
	}
	return a
}

// After reports whether d is later than o.
func (d Date) After(o Date) bool { return d.t.After(o.t) }

// Sub returns the days from o to d.
func (d Date) Sub(o Date) int { return int((d.t.Unix() - o.t.Unix()) / (24 * 60 * 60)) }

// In returns the start of the day in loc.
func (d Date) In(loc *time.Location) time.Time {
	return time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, loc)
}

// String returns the ISO form, "" for no date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.t.Format(time.DateOnly)
}

// MarshalText writes the ISO form.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the ISO form.
func (d *Date) UnmarshalText(b []byte) (err error) { *d, err = Parse(string(b)); return err }

// Scan reads a database date.
func (d *Date) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*d = Date{}
	case time.Time:
		*d = Of(v)
	case string:
		return d.UnmarshalText([]byte(v))
	default:
		return fmt.Errorf("scan date from %T", src)
	}
	return nil
}

// Value writes a database date.
func (d Date) Value() (driver.Value, error) {
	if d.IsZero() {
		return nil, nil
	}
	return d.String(), nil
}

// GormDataType names the column type.
func (Date) GormDataType() string { return "date" }
