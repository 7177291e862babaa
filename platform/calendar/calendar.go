package calendar

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"meridian/platform/date"
)

// Exception replaces the windows of one date.
type Exception struct {
	Date    date.Date
	Working bool
	// Windows of a working day. None: the hours of the first weekday that has any,
	// counted from Monday, which is what a make-up day (调休) means.
	Windows []Window
	Name    string // "National Day", shown to people
}

// Calendar says which instants are working time. The zero Calendar is not usable.
type Calendar struct {
	loc        *time.Location
	week       [7][]Window
	exceptions []Exception      // by date
	special    map[int][]Window // day number -> windows
	span       zoneSpan         // UTC and other fixed zones never leave it
}

// horizon bounds every walk over days, so that a zero time or an absurd target
// costs milliseconds. Within it a sum of working time cannot overflow a Duration.
const horizon = 200 * 366

// New returns the calendar of the weekly windows (index time.Sunday to
// time.Saturday) in loc, changed by exceptions. It refuses windows that are empty
// or overlap, two exceptions for one date, and a week in which nobody ever works,
// because no limit would ever end.
func New(loc *time.Location, week [7][]Window, exceptions ...Exception) (*Calendar, error) {
	if loc == nil {
		return nil, fmt.Errorf("calendar without a time zone")
	}
	c := &Calendar{loc: loc, special: make(map[int][]Window, len(exceptions))}
	var usual []Window
	for i := range 7 {
		wd := time.Weekday((i + 1) % 7)
		ws, err := sorted(week[wd])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", wd, err)
		}
		c.week[wd] = ws
		if usual == nil && len(ws) > 0 {
			usual = ws
		}
	}
	if usual == nil {
		return nil, fmt.Errorf("calendar without working time in its week")
	}
	for _, e := range exceptions {
		if e.Date.IsZero() {
			return nil, fmt.Errorf("exception %q without a date", e.Name)
		}
		n := dayNumber(e.Date)
		if _, ok := c.special[n]; ok {
			return nil, fmt.Errorf("two exceptions for %s", e.Date)
		}
		if !e.Working && len(e.Windows) > 0 {
			return nil, fmt.Errorf("%s is closed and cannot have windows", e.Date)
		}
		ws, err := sorted(e.Windows)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Date, err)
		}
		e.Windows = ws
		c.exceptions = append(c.exceptions, e)
		if e.Working && len(ws) == 0 {
			ws = usual
		}
		c.special[n] = ws
	}
	slices.SortFunc(c.exceptions, func(a, b Exception) int { return dayNumber(a.Date) - dayNumber(b.Date) })
	c.span = spanAt(time.Unix(0, 0).In(loc))
	return c, nil
}

// Must is New for calendars written in code: it panics on an error.
func Must(c *Calendar, err error) *Calendar {
	if err != nil {
		panic(err)
	}
	return c
}

// Always is the calendar in which every instant counts, for clocks that run in
// elapsed time.
func Always(loc *time.Location) *Calendar {
	return Must(New(loc, EveryDay(Window{0, MinutesPerDay})))
}

// MondayToFriday returns the week with the windows ws from Monday to Friday.
func MondayToFriday(ws ...Window) [7][]Window { return [7][]Window{nil, ws, ws, ws, ws, ws, nil} }

// EveryDay returns the week with the windows ws on all days.
func EveryDay(ws ...Window) [7][]Window { return [7][]Window{ws, ws, ws, ws, ws, ws, ws} }

// Location returns the time zone of the windows.
func (c *Calendar) Location() *time.Location { return c.loc }

// Week returns a copy of the weekly windows, index time.Sunday to time.Saturday.
func (c *Calendar) Week() (week [7][]Window) {
	for i, ws := range c.week {
		week[i] = slices.Clone(ws)
	}
	return week
}

// Exceptions returns a copy of the exceptions by date.
func (c *Calendar) Exceptions() []Exception {
	es := slices.Clone(c.exceptions)
	for i := range es {
		es[i].Windows = slices.Clone(es[i].Windows)
	}
	return es
}

// With returns a copy of c in which es replace the exceptions of their dates: how
// the holidays of a new year, or one day's change, enter a calendar.
func (c *Calendar) With(es ...Exception) (*Calendar, error) {
	by := map[int]Exception{}
	for _, e := range c.exceptions {
		by[dayNumber(e.Date)] = e
	}
	for _, e := range es {
		by[dayNumber(e.Date)] = e
	}
	return New(c.loc, c.week, slices.Collect(maps.Values(by))...)
}

// Windows returns the windows of d, none when it is not worked.
func (c *Calendar) Windows(d date.Date) []Window { return slices.Clone(c.windows(dayNumber(d))) }

// Working reports whether anybody works on d.
func (c *Calendar) Working(d date.Date) bool { return len(c.windows(dayNumber(d))) > 0 }

// Open reports whether t is working time.
func (c *Calendar) Open(t time.Time) bool { return c.Next(t).Equal(t) }

// Next returns the first working instant that is not before t.
func (c *Calendar) Next(t time.Time) time.Time {
	w := c.walk(t, -1)
	for range horizon {
		for i := range w.ws {
			from, to := w.bounds(i)
			if t.Before(from) {
				return from.In(c.loc)
			}
			if t.Before(to) {
				return t.In(c.loc)
			}
		}
		w.next(1)
	}
	return w.start()
}

// Between returns the working time in [a, b), 0 when b is not after a.
func (c *Calendar) Between(a, b time.Time) time.Duration {
	if !a.Before(b) {
		return 0
	}
	var sum time.Duration
	w := c.walk(a, -1)
	for range horizon {
		if !w.start().Before(b) {
			return sum
		}
		for i := range w.ws {
			from, to := w.bounds(i)
			if from.Before(a) {
				from = a
			}
			if b.Before(to) {
				to = b
			}
			if from.Before(to) {
				sum += to.Sub(from)
			}
		}
		w.next(1)
	}
	return sum
}

// Add returns the first instant t with Between(a, t) == d: four hours from
// Monday's start end at Monday's noon, not when the lunch break is over. For a
// negative d it is the last instant t with Between(t, a) == -d, the latest start
// of work that must end at a. Beyond 200 years it returns that horizon.
func (c *Calendar) Add(a time.Time, d time.Duration) time.Time {
	switch {
	case d == 0:
		return a.In(c.loc)
	case d < 0:
		return c.sub(a, -d)
	}
	w := c.walk(a, -1)
	for range horizon {
		for i := range w.ws {
			from, to := w.bounds(i)
			if from.Before(a) {
				from = a
			}
			if !from.Before(to) {
				continue
			}
			n := to.Sub(from)
			if d <= n {
				return from.Add(d).In(c.loc)
			}
			d -= n
		}
		w.next(1)
	}
	return w.start()
}

// sub is Add backwards; d is positive.
func (c *Calendar) sub(a time.Time, d time.Duration) time.Time {
	w := c.walk(a, 1)
	for range horizon {
		for i := len(w.ws) - 1; i >= 0; i-- {
			from, to := w.bounds(i)
			if a.Before(to) {
				to = a
			}
			if !from.Before(to) {
				continue
			}
			n := to.Sub(from)
			if d <= n {
				return to.Add(-d).In(c.loc)
			}
			d -= n
		}
		w.next(-1)
	}
	return w.start()
}

// AddDays returns the same wall time on the n-th working day after a, or before it
// for a negative n. An a outside working time counts from the next working instant:
// what arrives on Friday night is taken up on Monday, and one day later is Tuesday.
func (c *Calendar) AddDays(a time.Time, n int) time.Time {
	s, step := a.In(c.loc), -1
	if n >= 0 {
		s, step = c.Next(a), 1
	}
	if n == 0 {
		return s
	}
	day := dayNumber(date.Of(s))
	for left, i := n*step, 0; left > 0 && i < horizon; i++ {
		day += step
		if len(c.windows(day)) > 0 {
			left--
		}
	}
	return instant(c.loc, day, time.Duration(s.Hour())*time.Hour+time.Duration(s.Minute())*time.Minute+
		time.Duration(s.Second())*time.Second+time.Duration(s.Nanosecond()))
}

// EndOfDay returns the end of the last window of the day of t, or t itself when
// the day is not worked.
func (c *Calendar) EndOfDay(t time.Time) time.Time {
	t = t.In(c.loc)
	day := dayNumber(date.Of(t))
	ws := c.windows(day)
	if len(ws) == 0 {
		return t
	}
	return instant(c.loc, day, time.Duration(ws[len(ws)-1].To)*time.Minute)
}

func (c *Calendar) windows(day int) []Window {
	if ws, ok := c.special[day]; ok {
		return ws
	}
	return c.week[weekday(day)]
}
