package calendar

import (
	"slices"
	"time"
)

// Pause is an interval [From, To) in which a clock does not run; a zero To is a
// pause that still lasts. Its coded reason stands in the log, not here.
type Pause struct{ From, To time.Time }

// History is all that ever happened to a clock. It is never edited: whoever changes
// policy, priority or owner starts another Clock on the same History, so the
// original start and every pause survive.
type History struct {
	Start  time.Time
	Stop   time.Time // zero while it runs; a pause still open then ends here
	Pauses []Pause   // in any order; they may overlap
}

// Paused reports whether the clock stands still now.
func (h History) Paused() bool {
	if !h.Stop.IsZero() {
		return false
	}
	return slices.ContainsFunc(h.Pauses, func(p Pause) bool { return p.To.IsZero() })
}

// pauses returns the union of the pauses after the start, in order. An open one has
// a zero To and is the last.
func (h History) pauses() []Pause {
	ps := make([]Pause, 0, len(h.Pauses))
	for _, p := range h.Pauses {
		if p.From.Before(h.Start) {
			p.From = h.Start
		}
		if p.To.IsZero() && !h.Stop.IsZero() {
			p.To = h.Stop
		}
		if p.To.IsZero() || p.From.Before(p.To) {
			ps = append(ps, p)
		}
	}
	slices.SortFunc(ps, func(a, b Pause) int { return a.From.Compare(b.From) })
	out := ps[:0]
	for _, p := range ps {
		last := len(out) - 1
		switch {
		case last < 0 || !out[last].To.IsZero() && out[last].To.Before(p.From):
			out = append(out, p)
		case out[last].To.IsZero():
			return out
		case p.To.IsZero() || out[last].To.Before(p.To):
			out[last].To = p.To
		}
	}
	return out
}

// Clock is a limit: Target of working time or, when Days is not 0, the same wall
// time on the Days-th working day.
type Clock struct {
	Calendar *Calendar
	Target   time.Duration
	Days     int
	EndOfDay bool // with Days: the end of that day instead of the same wall time
}

// Elapsed returns E(now), the working time since the start without the pauses.
func (k Clock) Elapsed(h History, now time.Time) time.Duration {
	if !h.Stop.IsZero() && h.Stop.Before(now) {
		now = h.Stop
	}
	e := k.Calendar.Between(h.Start, now)
	for _, p := range h.pauses() {
		to := p.To
		if to.IsZero() || now.Before(to) {
			to = now
		}
		e -= k.Calendar.Between(p.From, to)
	}
	return e
}

// Remaining returns the working time left at now, negative once it is overdue.
func (k Clock) Remaining(h History, now time.Time) time.Duration {
	return k.total(h) - k.Elapsed(h, now)
}

// Due returns the first instant at which the target is used up. It is false while
// the clock is paused, since nobody knows when it will go on, unless the target was
// used up before the pause began: a missed limit stays missed.
func (k Clock) Due(h History) (time.Time, bool) {
	if k.Days > 0 {
		due := k.dayDue(h)
		if k.paused(h, due) == 0 && !(h.Paused() && k.openSince(h).Before(due)) {
			return due, true
		}
	}
	return k.reach(h, k.total(h))
}

// At returns the first instant at which percent of the target is used: the steps of
// the escalation ladder (80, 100, 150). False as for Due.
func (k Clock) At(h History, percent int) (time.Time, bool) {
	if percent == 100 {
		return k.Due(h)
	}
	total := k.total(h)
	p := time.Duration(percent)
	return k.reach(h, total/100*p+total%100*p/100)
}

// total is the target as working time. For a limit in days it is what lies between
// the start and the due time of a clock that never paused.
func (k Clock) total(h History) time.Duration {
	if k.Days > 0 {
		return k.Calendar.Between(h.Start, k.dayDue(h))
	}
	return k.Target
}

func (k Clock) dayDue(h History) time.Time {
	due := k.Calendar.AddDays(h.Start, k.Days)
	if k.EndOfDay {
		due = k.Calendar.EndOfDay(due)
	}
	return due
}

// paused is the working time lost to pauses until t.
func (k Clock) paused(h History, t time.Time) (sum time.Duration) {
	for _, p := range h.pauses() {
		to := p.To
		if to.IsZero() || t.Before(to) {
			to = t
		}
		sum += k.Calendar.Between(p.From, to)
	}
	return sum
}

// openSince is the start of the pause that still lasts.
func (k Clock) openSince(h History) time.Time {
	ps := h.pauses()
	return ps[len(ps)-1].From
}

// reach returns the first instant t with E(t) = d.
func (k Clock) reach(h History, d time.Duration) (time.Time, bool) {
	from := h.Start
	for _, p := range h.pauses() {
		n := k.Calendar.Between(from, p.From)
		if n >= d {
			break
		}
		if p.To.IsZero() {
			return time.Time{}, false
		}
		d -= n
		from = p.To
	}
	return k.Calendar.Add(from, d), true
}
