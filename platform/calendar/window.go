package calendar

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Minute is a local wall time in minutes after midnight, 0 to 1440; 1440 is the
// end of the day and only legal as the end of a window.
type Minute int

// MinutesPerDay is the wall time 24:00.
const MinutesPerDay Minute = 24 * 60

// At returns the wall time hour:minute, for declarations in code.
func At(hour, minute int) Minute { return Minute(hour*60 + minute) }

// ParseMinute reads "08:30"; "24:00" is legal.
func ParseMinute(s string) (Minute, error) {
	bad := fmt.Errorf("not a wall time (HH:MM): %q", s)
	if len(s) != 5 || s[2] != ':' {
		return 0, bad
	}
	for _, i := range []int{0, 1, 3, 4} {
		if s[i] < '0' || s[i] > '9' {
			return 0, bad
		}
	}
	n := (int(s[0]-'0')*10+int(s[1]-'0'))*60 + int(s[3]-'0')*10 + int(s[4]-'0')
	if s[3] > '5' || n > int(MinutesPerDay) {
		return 0, bad
	}
	return Minute(n), nil
}

// String returns "08:30".
func (m Minute) String() string { return fmt.Sprintf("%02d:%02d", int(m)/60, int(m)%60) }

// Window is the working time [From, To) of one day. A night shift is two windows:
// one to 24:00, one from 00:00 on the next day.
type Window struct{ From, To Minute }

// ParseWindow reads "08:30-12:00".
func ParseWindow(s string) (Window, error) {
	from, to, ok := strings.Cut(s, "-")
	if !ok {
		return Window{}, fmt.Errorf("not a window (HH:MM-HH:MM): %q", s)
	}
	f, err := ParseMinute(from)
	if err != nil {
		return Window{}, err
	}
	t, err := ParseMinute(to)
	if err != nil {
		return Window{}, err
	}
	return Window{f, t}, nil
}

// String returns "08:30-12:00".
func (w Window) String() string { return w.From.String() + "-" + w.To.String() }

// MarshalText writes "08:30-12:00".
func (w Window) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// UnmarshalText reads "08:30-12:00".
func (w *Window) UnmarshalText(b []byte) (err error) { *w, err = ParseWindow(string(b)); return err }

var (
	errOrder   = errors.New("the end of a window must be after its start")
	errOverlap = errors.New("the windows of a day overlap")
)

// sorted returns ws in order, or why they are not the windows of a day.
func sorted(ws []Window) ([]Window, error) {
	ws = slices.Clone(ws)
	slices.SortFunc(ws, func(a, b Window) int { return int(a.From - b.From) })
	for i, w := range ws {
		if w.From < 0 || w.To > MinutesPerDay || w.From >= w.To {
			return nil, fmt.Errorf("%s: %w", w, errOrder)
		}
		if i > 0 && w.From < ws[i-1].To {
			return nil, fmt.Errorf("%s, %s: %w", ws[i-1], w, errOverlap)
		}
	}
	return ws, nil
}
