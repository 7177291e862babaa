package domain

import (
	"time"

	"meridian/platform/calendar"
)

// ClockKind says what a clock measures.
type ClockKind string

// The clocks of a case: until somebody answers the customer, until it is solved.
const (
	FirstResponse ClockKind = "first_response"
	Resolution    ClockKind = "resolution"
)

var clockKinds = []ClockKind{FirstResponse, Resolution}

// ClockAct is one thing that happens to a clock.
type ClockAct string

// The acts. A stopped clock takes no more of them except a reopening.
const (
	ActStart  ClockAct = "start"
	ActTarget ClockAct = "target" // another priority or policy; start and pauses stay
	ActPause  ClockAct = "pause"
	ActResume ClockAct = "resume"
	ActStop   ClockAct = "stop"
	ActReopen ClockAct = "reopen"
	ActCancel ClockAct = "cancel"
)

// ClockEvent is a row of the immutable history of a clock.
type ClockEvent struct {
	Kind     ClockKind
	Act      ClockAct
	Minutes  int // of start and target
	PolicyID int64
	Reason   string
	ByUser   int64
	At       time.Time
}

// ClockState is how a clock stands.
type ClockState string

// The states of a clock.
const (
	ClockRunning   ClockState = "running"
	ClockPaused    ClockState = "paused"
	ClockMet       ClockState = "met"
	ClockMissed    ClockState = "missed"
	ClockCancelled ClockState = "cancelled"
)

// Clock is what the history of a clock leads to.
type Clock struct {
	Kind       ClockKind
	State      ClockState
	Minutes    int
	StartedAt  time.Time
	DueAt      *time.Time // none while it stands still
	StoppedAt  *time.Time
	PausedSecs int64 // working time lost to pauses
	GapSecs    int64 // working time between resolved and reopened
}

// Open reports whether the clock still runs or may run again.
func (c Clock) Open() bool { return c.State == ClockRunning || c.State == ClockPaused }

// Replay works out the clock of a kind from its history, and nothing else: the same
// history gives the same due time, whoever changed priority, policy or owner when.
// ok is false for a clock that never started.
func Replay(cal *calendar.Calendar, kind ClockKind, events []ClockEvent) (c Clock, ok bool) {
	p := play{Clock: Clock{Kind: kind}}
	for _, e := range events {
		if e.Kind == kind {
			p.step(e)
		}
	}
	if p.State == "" {
		return Clock{}, false
	}
	p.finish(cal)
	return p.Clock, true
}

// play is a clock while its history is read.
type play struct {
	Clock
	history calendar.History
	gaps    []calendar.Pause
}

func (p *play) step(e ClockEvent) {
	h := &p.history
	switch {
	case e.Act == ActStart && p.State == "":
		p.State, p.Minutes, h.Start = ClockRunning, e.Minutes, e.At
	case e.Act == ActTarget && p.Open():
		p.Minutes = e.Minutes
	case e.Act == ActPause && p.State == ClockRunning:
		p.State = ClockPaused
		h.Pauses = append(h.Pauses, calendar.Pause{From: e.At})
	case e.Act == ActResume && p.State == ClockPaused:
		p.State = ClockRunning
		h.Pauses[len(h.Pauses)-1].To = e.At
	case e.Act == ActStop && p.Open():
		if p.State == ClockPaused {
			h.Pauses[len(h.Pauses)-1].To = e.At
		}
		p.State, h.Stop = ClockMet, e.At
	case e.Act == ActReopen && !h.Stop.IsZero():
		gap := calendar.Pause{From: h.Stop, To: e.At}
		p.State, h.Stop = ClockRunning, time.Time{}
		h.Pauses, p.gaps = append(h.Pauses, gap), append(p.gaps, gap)
	case e.Act == ActCancel && p.Open():
		p.State = ClockCancelled
	}
}

// finish reckons the due time and the verdict.
func (p *play) finish(cal *calendar.Calendar) {
	h := p.history
	p.StartedAt = h.Start
	k := calendar.Clock{Calendar: cal, Target: time.Duration(p.Minutes) * time.Minute}
	due, known := k.Due(h)
	if known && p.State != ClockCancelled {
		due = due.UTC()
		p.DueAt = &due
	}
	if !h.Stop.IsZero() && p.State == ClockMet {
		stop := h.Stop
		p.StoppedAt = &stop
		if stop.After(due) {
			p.State = ClockMissed
		}
	}
	for _, g := range p.gaps {
		p.GapSecs += int64(cal.Between(g.From, g.To) / time.Second)
	}
	for _, x := range h.Pauses {
		if !x.To.IsZero() {
			p.PausedSecs += int64(cal.Between(x.From, x.To) / time.Second)
		}
	}
	p.PausedSecs -= p.GapSecs
}

// Used is the share of the target in percent that is used up at now, by the same
// history.
func Used(cal *calendar.Calendar, kind ClockKind, events []ClockEvent, now time.Time) int {
	p := play{Clock: Clock{Kind: kind}}
	for _, e := range events {
		if e.Kind == kind {
			p.step(e)
		}
	}
	if p.Minutes == 0 {
		return 0
	}
	k := calendar.Clock{Calendar: cal, Target: time.Duration(p.Minutes) * time.Minute}
	return int(k.Elapsed(p.history, now) * 100 / k.Target)
}
