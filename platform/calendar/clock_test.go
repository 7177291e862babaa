package calendar

import (
	"math/rand/v2"
	"testing"
	"time"

	"meridian/platform/date"
)

func TestClockDue(t *testing.T) {
	t.Parallel()
	type span struct{ from, to string }
	for _, tt := range []struct {
		name   string
		ws     []Window
		clock  Clock
		start  string
		pauses []span
		want   string // empty: paused
	}{
		{"no pause", day8to18, Clock{Target: 4 * time.Hour}, "2025-03-04 16:00", nil, "2025-03-05 10:00"},
		{"pause in the day", day8to18, Clock{Target: 4 * time.Hour}, "2025-03-04 09:00", []span{{"2025-03-04 10:00", "2025-03-04 11:30"}}, "2025-03-04 14:30"},
		{"pause over a night", day8to18, Clock{Target: 4 * time.Hour}, "2025-03-04 16:00", []span{{"2025-03-04 17:00", "2025-03-05 09:00"}}, "2025-03-05 12:00"},
		{"pause over a weekend", day8to18, Clock{Target: 4 * time.Hour}, "2025-03-07 16:00", []span{{"2025-03-07 17:00", "2025-03-10 09:00"}}, "2025-03-10 12:00"},
		{"pause wholly outside windows does not shift", day8to18, Clock{Target: 4 * time.Hour}, "2025-03-04 16:00", []span{{"2025-03-04 19:00", "2025-03-05 07:00"}}, "2025-03-05 10:00"},
		{"pause in the lunch break does not shift", withLunch, Clock{Target: 4 * time.Hour}, "2025-03-04 10:00", []span{{"2025-03-04 12:00", "2025-03-04 13:30"}}, "2025-03-04 15:30"},
		{"pause after the due time does not shift", day8to18, Clock{Target: time.Hour}, "2025-03-04 10:00", []span{{"2025-03-04 12:00", "2025-03-04 13:30"}}, "2025-03-04 11:00"},
		{"pause before the start counts from the start", day8to18, Clock{Target: time.Hour}, "2025-03-04 10:00", []span{{"2025-03-04 09:00", "2025-03-04 10:30"}}, "2025-03-04 11:30"},
		{"overlapping pauses count once", day8to18, Clock{Target: 2 * time.Hour}, "2025-03-04 08:00", []span{{"2025-03-04 09:30", "2025-03-04 11:00"}, {"2025-03-04 09:00", "2025-03-04 10:00"}}, "2025-03-04 12:00"},
		{"empty pause", day8to18, Clock{Target: time.Hour}, "2025-03-04 10:00", []span{{"2025-03-04 10:30", "2025-03-04 10:30"}}, "2025-03-04 11:00"},
		{"paused", day8to18, Clock{Target: 4 * time.Hour}, "2025-03-04 16:00", []span{{"2025-03-04 17:00", ""}}, ""},
		{"paused inside another pause", day8to18, Clock{Target: 4 * time.Hour}, "2025-03-04 16:00", []span{{"2025-03-04 16:30", "2025-03-05 12:00"}, {"2025-03-04 17:00", ""}}, ""},
		{"missed, then paused: stays missed", day8to18, Clock{Target: time.Hour}, "2025-03-04 10:00", []span{{"2025-03-04 12:00", ""}}, "2025-03-04 11:00"},
		{"start at window end", day8to18, Clock{Target: time.Hour}, "2025-03-04 18:00", nil, "2025-03-05 09:00"},
		{"target nought", day8to18, Clock{}, "2025-03-04 18:00", nil, "2025-03-04 18:00"},

		{"days", day8to18, Clock{Days: 2}, "2025-03-06 10:15", nil, "2025-03-10 10:15"},
		{"days to the end of the day", day8to18, Clock{Days: 2, EndOfDay: true}, "2025-03-06 10:15", nil, "2025-03-10 18:00"},
		{"days, pause of a working day", day8to18, Clock{Days: 2}, "2025-03-06 10:15", []span{{"2025-03-06 11:00", "2025-03-07 11:00"}}, "2025-03-11 10:15"},
		{"days, pause outside windows", day8to18, Clock{Days: 2}, "2025-03-06 10:15", []span{{"2025-03-08 00:00", "2025-03-09 12:00"}}, "2025-03-10 10:15"},
		{"days, paused", day8to18, Clock{Days: 2}, "2025-03-06 10:15", []span{{"2025-03-08 00:00", ""}}, ""},
		{"days, started on a Saturday", day8to18, Clock{Days: 1}, "2025-03-08 10:15", nil, "2025-03-11 08:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			k := tt.clock
			k.Calendar = office(t, "Asia/Shanghai", tt.ws)
			h := History{Start: at(t, k.Calendar, tt.start)}
			for _, p := range tt.pauses {
				pause := Pause{From: at(t, k.Calendar, p.from)}
				if p.to != "" {
					pause.To = at(t, k.Calendar, p.to)
				}
				h.Pauses = append(h.Pauses, pause)
			}
			got, ok := k.Due(h)
			if ok != (tt.want != "") {
				t.Fatalf("Due = %s, %v, want %q", got, ok, tt.want)
			}
			if !ok {
				return
			}
			if want := at(t, k.Calendar, tt.want); !got.Equal(want) {
				t.Errorf("Due = %s, want %s", got, want)
			}
			if e, want := k.Elapsed(h, got), k.total(h); e != want {
				t.Errorf("Elapsed at the due time = %s, want %s", e, want)
			}
		})
	}
}

func TestPolicyChangeWhilePaused(t *testing.T) {
	t.Parallel()
	c := office(t, "Asia/Shanghai", day8to18)
	h := History{Start: at(t, c, "2025-03-04 09:00"), Pauses: []Pause{{From: at(t, c, "2025-03-04 11:00")}}}
	old := Clock{Target: 8 * time.Hour, Calendar: c}
	if _, ok := old.Due(h); ok {
		t.Fatal("a paused clock has no due time")
	}
	urgent := Clock{Target: 3 * time.Hour, Calendar: c}
	if _, ok := urgent.Due(h); ok {
		t.Fatal("the new policy is paused too")
	}
	now := at(t, c, "2025-03-04 15:00")
	if got := urgent.Remaining(h, now); got != time.Hour {
		t.Errorf("Remaining = %s, want 1h: the work before the pause is kept", got)
	}
	h.Pauses[0].To = at(t, c, "2025-03-05 10:00")
	got, _ := urgent.Due(h)
	if want := at(t, c, "2025-03-05 11:00"); !got.Equal(want) {
		t.Errorf("Due = %s, want %s: original start, full pauses", got, want)
	}
	got, _ = old.Due(h)
	if want := at(t, c, "2025-03-05 16:00"); !got.Equal(want) {
		t.Errorf("old policy Due = %s, want %s", got, want)
	}
}

func TestElapsedStopsWithTheClock(t *testing.T) {
	t.Parallel()
	c := office(t, "Asia/Shanghai", day8to18)
	k := Clock{Target: 4 * time.Hour, Calendar: c}
	h := History{Start: at(t, c, "2025-03-04 09:00"), Stop: at(t, c, "2025-03-04 12:00"), Pauses: []Pause{{From: at(t, c, "2025-03-04 11:00")}}}
	if got := k.Elapsed(h, at(t, c, "2025-04-01 12:00")); got != 2*time.Hour {
		t.Errorf("Elapsed = %s, want 2h", got)
	}
	if h.Paused() {
		t.Error("a stopped clock is not paused")
	}
	got, ok := k.Due(h)
	if want := at(t, c, "2025-03-04 14:00"); !ok || !got.Equal(want) {
		t.Errorf("Due = %s, %v, want %s to judge the stop against", got, ok, want)
	}
}

func TestLadder(t *testing.T) {
	t.Parallel()
	c := office(t, "Asia/Shanghai", day8to18)
	for _, tt := range []struct {
		clock   Clock
		percent int
		want    string
	}{
		{Clock{Target: 10 * time.Hour}, 80, "2025-03-04 16:00"},
		{Clock{Target: 10 * time.Hour}, 100, "2025-03-04 18:00"},
		{Clock{Target: 10 * time.Hour}, 150, "2025-03-05 13:00"},
		{Clock{Days: 2}, 50, "2025-03-04 18:00"},
		{Clock{Days: 2}, 100, "2025-03-06 08:00"},
	} {
		tt.clock.Calendar = c
		got, ok := tt.clock.At(History{Start: at(t, c, "2025-03-04 08:00")}, tt.percent)
		if want := at(t, c, tt.want); !ok || !got.Equal(want) {
			t.Errorf("%+v at %d %%: %s, want %s", tt.clock, tt.percent, got, want)
		}
	}
}

// Due is the first instant at which the definition E(t) = |W∩[s,t)| - |W∩P∩[s,t)|
// gives the target, whatever the pauses.
func TestDueIsTheFirstInstantOfTheTarget(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Asia/Shanghai", "Europe/Berlin", "America/New_York"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(3, 5))
			c := office(t, name, withLunch, Exception{Date: date.MustParse("2025-03-30"), Working: true})
			base := at(t, c, "2025-03-20 00:00")
			for range 800 {
				h := History{Start: base.Add(time.Duration(r.IntN(10*24*60)) * time.Minute)}
				for range r.IntN(5) {
					from := h.Start.Add(time.Duration(r.IntN(96*60)-600) * time.Minute)
					h.Pauses = append(h.Pauses, Pause{from, from.Add(time.Duration(r.IntN(40*60)) * time.Minute)})
				}
				k := Clock{Target: time.Duration(1+r.IntN(40*60)) * time.Minute, Calendar: c}
				due, ok := k.Due(h)
				if !ok {
					t.Fatal("no pause is open")
				}
				if e := k.Elapsed(h, due); e != k.Target {
					t.Fatalf("%+v: E(due) = %s, want %s", h, e, k.Target)
				}
				if e := k.Elapsed(h, due.Add(-time.Nanosecond)); e != k.Target-1 {
					t.Fatalf("%+v: due %s is not the first instant", h, due)
				}
			}
		})
	}
}
