package calendar

import (
	"math"
	"time"

	"meridian/platform/date"
)

const secondsPerDay = 24 * 60 * 60

// dayNumber counts days; 1 January 1970, a Thursday, is 0.
func dayNumber(d date.Date) int { return int(d.In(time.UTC).Unix() / secondsPerDay) }

func weekday(day int) time.Weekday { return time.Weekday(((day+int(time.Thursday))%7 + 7) % 7) }

// instant returns the instant at which the wall shows the given time of day in loc:
// the jump for a time that is skipped, the first of two for one that is repeated.
// time.Date alone promises neither.
func instant(loc *time.Location, day int, wall time.Duration) time.Time {
	sec := int(wall / time.Second)
	t := time.Date(1970, time.January, 1+day, sec/3600, sec/60%60, sec%60, int(wall%time.Second), loc)
	want := int64(day)*secondsPerDay + int64(sec)
	start, end := t.ZoneBounds()
	switch shown := t.Unix() + offset(t); {
	case shown > want: // skipped, and t was taken after the jump
		return start
	case shown < want: // skipped, and t was taken before it
		return end
	}
	if !start.IsZero() { // was the wall time shown before the clock was last set back?
		first := t.Add(time.Duration(offset(t)-offset(start.Add(-1))) * time.Second)
		if first.Before(start) && first.Unix()+offset(first) == want {
			return first
		}
	}
	return t
}

func offset(t time.Time) int64 { _, o := t.Zone(); return int64(o) }

// zoneSpan is a stretch of time in which the clocks of a zone are not moved, with
// a day's margin at both ends: inside, wall time is simple arithmetic.
type zoneSpan struct{ from, to, offset int64 }

func spanAt(t time.Time) zoneSpan {
	s := zoneSpan{math.MinInt64, math.MaxInt64, offset(t)}
	start, end := t.ZoneBounds()
	if !start.IsZero() {
		s.from = start.Unix() + secondsPerDay
	}
	if !end.IsZero() {
		s.to = end.Unix() - secondsPerDay
	}
	return s
}

func (s zoneSpan) holds(unix int64) bool { return unix >= s.from && unix+secondsPerDay <= s.to }

// walk visits the days of a calendar one after the other.
type walk struct {
	c    *Calendar
	day  int
	ws   []Window
	span zoneSpan
	flat bool // the day lies inside span
}

// walk starts at the local day of t moved by slack. One day of slack makes sure no
// window is missed where a clock is set back across midnight.
func (c *Calendar) walk(t time.Time, slack int) *walk {
	w := &walk{c: c, day: dayNumber(date.Of(t.In(c.loc))) + slack, span: c.span}
	w.next(0)
	return w
}

func (w *walk) next(step int) {
	w.day += step
	w.ws = w.c.windows(w.day)
	unix := int64(w.day)*secondsPerDay - w.span.offset
	if w.flat = w.span.holds(unix); w.flat {
		return
	}
	noon := time.Date(1970, time.January, 1+w.day, 12, 0, 0, 0, w.c.loc)
	w.span = spanAt(noon)
	w.flat = w.span.holds(int64(w.day)*secondsPerDay - w.span.offset)
}

// bounds returns the instants of the i-th window of the day.
func (w *walk) bounds(i int) (from, to time.Time) {
	return w.at(w.ws[i].From), w.at(w.ws[i].To)
}

// start returns the first instant of the day.
func (w *walk) start() time.Time { return w.at(0) }

func (w *walk) at(m Minute) time.Time {
	if w.flat {
		return time.Unix(int64(w.day)*secondsPerDay+int64(m)*60-w.span.offset, 0).In(w.c.loc)
	}
	return instant(w.c.loc, w.day, time.Duration(m)*time.Minute)
}
