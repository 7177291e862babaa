package domain

import (
	"math/rand/v2"
	"testing"
	"time"

	"meridian/platform/calendar"
	"meridian/platform/date"
)

func at(t *testing.T, loc *time.Location, s string) time.Time {
	t.Helper()
	v, err := time.ParseInLocation("2006-01-02 15:04", s, loc)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func window(from, to int) calendar.Window {
	return calendar.Window{From: calendar.At(from/100, from%100), To: calendar.At(to/100, to%100)}
}

// story is the history of a resolution clock in short: act, moment, minutes.
type story []struct {
	act     ClockAct
	at      string
	minutes int
}

func (s story) events(t *testing.T, loc *time.Location) []ClockEvent {
	t.Helper()
	out := make([]ClockEvent, len(s))
	for i, x := range s {
		out[i] = ClockEvent{Kind: Resolution, Act: x.act, At: at(t, loc, x.at), Minutes: x.minutes, Reason: "customer"}
	}
	return out
}

// The golden and edge cases of the service level (itr.md 5.1).
func TestReplay(t *testing.T) {
	t.Parallel()
	day := calendar.MondayToFriday(window(800, 1800))
	lunch := calendar.MondayToFriday(window(900, 1200), window(1330, 1830))
	eight := calendar.MondayToFriday(window(900, 1700))
	holiday := calendar.Exception{Date: date.MustParse("2025-03-05"), Name: "holiday"}
	makeUp := calendar.Exception{Date: date.MustParse("2025-03-08"), Working: true, Name: "make-up Saturday"}
	for _, tt := range []struct {
		name   string
		zone   string
		week   [7][]calendar.Window
		except []calendar.Exception
		story  story
		state  ClockState
		due    string // "" = none
		paused time.Duration
		gap    time.Duration
	}{
		{"golden: 4 h from 16:00 end at 10:00", "", day, nil, story{{ActStart, "2025-03-04 16:00", 240}}, ClockRunning, "2025-03-05 10:00", 0, 0},
		{"golden: 16 h in days of 8 h end with the second day", "", eight, nil, story{{ActStart, "2025-03-04 09:00", 960}}, ClockRunning, "2025-03-05 17:00", 0, 0},
		{"lunch 12 to 13:30 does not count", "", lunch, nil, story{{ActStart, "2025-03-04 11:00", 120}}, ClockRunning, "2025-03-04 14:30", 0, 0},
		{"a pause over a night", "", day, nil, story{{ActStart, "2025-03-04 16:00", 240}, {ActPause, "2025-03-04 17:00", 0}, {ActResume, "2025-03-05 09:00", 0}},
			ClockRunning, "2025-03-05 12:00", 2 * time.Hour, 0},
		{"a pause outside working time shifts nothing", "", day, nil, story{{ActStart, "2025-03-04 16:00", 240}, {ActPause, "2025-03-04 19:00", 0}, {ActResume, "2025-03-05 07:00", 0}},
			ClockRunning, "2025-03-05 10:00", 0, 0},
		{"a holiday", "", day, []calendar.Exception{holiday}, story{{ActStart, "2025-03-04 16:00", 240}}, ClockRunning, "2025-03-06 10:00", 0, 0},
		{"a make-up Saturday is worked", "", day, []calendar.Exception{makeUp}, story{{ActStart, "2025-03-07 16:00", 240}}, ClockRunning, "2025-03-08 10:00", 0, 0},
		{"the day the clocks go forward", "Europe/Berlin", calendar.EveryDay(window(0, 600)), nil, story{{ActStart, "2025-03-30 00:00", 300}}, ClockRunning, "2025-03-30 06:00", 0, 0},
		{"a start exactly at the end of a window", "", day, nil, story{{ActStart, "2025-03-04 18:00", 60}}, ClockRunning, "2025-03-05 09:00", 0, 0},
		{"paused: no due time", "", day, nil, story{{ActStart, "2025-03-04 16:00", 240}, {ActPause, "2025-03-04 17:00", 0}}, ClockPaused, "", 0, 0},
		{"missed before the pause: stays due", "", day, nil, story{{ActStart, "2025-03-04 10:00", 60}, {ActPause, "2025-03-04 12:00", 0}}, ClockPaused, "2025-03-04 11:00", 0, 0},
		{"another priority while paused keeps start and pause", "", day, nil,
			story{{ActStart, "2025-03-04 09:00", 480}, {ActPause, "2025-03-04 11:00", 0}, {ActTarget, "2025-03-04 15:00", 180}, {ActResume, "2025-03-05 10:00", 0}},
			ClockRunning, "2025-03-05 11:00", 9 * time.Hour, 0},
		{"another priority keeps past pauses", "", day, nil,
			story{{ActStart, "2025-03-04 09:00", 480}, {ActPause, "2025-03-04 10:00", 0}, {ActResume, "2025-03-04 12:00", 0}, {ActTarget, "2025-03-04 13:00", 240}},
			ClockRunning, "2025-03-04 15:00", 2 * time.Hour, 0},
		{"stopped in the last minute is met", "", day, nil, story{{ActStart, "2025-03-04 16:00", 240}, {ActStop, "2025-03-05 10:00", 0}}, ClockMet, "2025-03-05 10:00", 0, 0},
		{"stopped a minute later is missed", "", day, nil, story{{ActStart, "2025-03-04 16:00", 240}, {ActStop, "2025-03-05 10:01", 0}}, ClockMissed, "2025-03-05 10:00", 0, 0},
		{"stopped while paused is met", "", day, nil, story{{ActStart, "2025-03-04 16:00", 240}, {ActPause, "2025-03-04 17:00", 0}, {ActStop, "2025-03-10 12:00", 0}},
			ClockMet, "2025-03-10 15:00", 35 * time.Hour, 0},
		{"a changed target does not touch a stopped clock", "", day, nil, story{{ActStart, "2025-03-04 16:00", 240}, {ActStop, "2025-03-05 09:00", 0}, {ActTarget, "2025-03-05 09:30", 1}},
			ClockMet, "2025-03-05 10:00", 0, 0},
		{"the time between resolved and reopened is its own bucket", "", day, nil,
			story{{ActStart, "2025-03-04 08:00", 240}, {ActPause, "2025-03-04 09:00", 0}, {ActResume, "2025-03-04 10:00", 0}, {ActStop, "2025-03-04 11:00", 0}, {ActReopen, "2025-03-05 11:00", 0}},
			ClockRunning, "2025-03-05 13:00", time.Hour, 10 * time.Hour},
		{"reopened after a stop within a pause", "", day, nil,
			story{{ActStart, "2025-03-04 08:00", 240}, {ActPause, "2025-03-04 09:00", 0}, {ActStop, "2025-03-04 10:00", 0}, {ActReopen, "2025-03-04 12:00", 0}},
			ClockRunning, "2025-03-04 15:00", time.Hour, 2 * time.Hour},
		{"reopened twice", "", day, nil,
			story{{ActStart, "2025-03-04 08:00", 120}, {ActStop, "2025-03-04 09:00", 0}, {ActReopen, "2025-03-04 10:00", 0}, {ActStop, "2025-03-04 10:30", 0}, {ActReopen, "2025-03-04 12:30", 0}},
			ClockRunning, "2025-03-04 13:00", 0, 3 * time.Hour},
		{"cancelled", "", day, nil, story{{ActStart, "2025-03-04 08:00", 120}, {ActCancel, "2025-03-04 09:00", 0}}, ClockCancelled, "", 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			name := tt.zone
			if name == "" {
				name = "Asia/Shanghai"
			}
			loc := zone(t, name)
			cal := calendar.Must(calendar.New(loc, tt.week, tt.except...))
			c, ok := Replay(cal, Resolution, tt.story.events(t, loc))
			if !ok || c.State != tt.state {
				t.Fatalf("state = %s, %v, want %s", c.State, ok, tt.state)
			}
			if (c.DueAt == nil) != (tt.due == "") || c.DueAt != nil && !c.DueAt.Equal(at(t, loc, tt.due)) {
				t.Errorf("due = %v, want %q", c.DueAt, tt.due)
			}
			if got := time.Duration(c.PausedSecs) * time.Second; got != tt.paused {
				t.Errorf("paused = %s, want %s", got, tt.paused)
			}
			if got := time.Duration(c.GapSecs) * time.Second; got != tt.gap {
				t.Errorf("gap = %s, want %s", got, tt.gap)
			}
		})
	}
}

func TestReplayWithoutAStart(t *testing.T) {
	t.Parallel()
	cal := calendar.Always(time.UTC)
	events := []ClockEvent{{Kind: FirstResponse, Act: ActStart, Minutes: 5, At: time.Unix(0, 0)}, {Kind: Resolution, Act: ActPause, At: time.Unix(60, 0)}}
	if c, ok := Replay(cal, Resolution, events); ok {
		t.Errorf("a clock that never started: %+v", c)
	}
}

func TestUsed(t *testing.T) {
	t.Parallel()
	loc := zone(t, "Asia/Shanghai")
	cal := calendar.Must(calendar.New(loc, calendar.MondayToFriday(window(800, 1800))))
	events := story{{ActStart, "2025-03-04 08:00", 240}, {ActPause, "2025-03-04 09:00", 0}, {ActResume, "2025-03-04 11:00", 0}}.events(t, loc)
	for now, want := range map[string]int{"2025-03-04 08:00": 0, "2025-03-04 10:00": 25, "2025-03-04 13:00": 75, "2025-03-04 14:00": 100, "2025-03-04 16:00": 150} {
		if got := Used(cal, Resolution, events, at(t, loc, now)); got != want {
			t.Errorf("used at %s = %d %%, want %d %%", now, got, want)
		}
	}
}

// Pause time survives any change of priority, policy or owner: the due time depends
// on the last target and the pauses alone (glpi-project/glpi#15605, #6902).
func TestPausesSurviveEveryChangeOfPriority(t *testing.T) {
	t.Parallel()
	loc := zone(t, "Asia/Shanghai")
	cal := calendar.Must(calendar.New(loc, calendar.MondayToFriday(window(900, 1200), window(1330, 1800))))
	r := rand.New(rand.NewPCG(7, 11))
	for range 500 {
		now := at(t, loc, "2025-03-03 08:00").Add(time.Duration(r.IntN(7*24*60)) * time.Minute)
		with := []ClockEvent{{Kind: Resolution, Act: ActStart, Minutes: 480, At: now}}
		last := 480
		var plain []ClockEvent
		for range r.IntN(8) {
			now = now.Add(time.Duration(1+r.IntN(600)) * time.Minute)
			switch act := []ClockAct{ActPause, ActResume, ActTarget, ActTarget, ActStop, ActReopen}[r.IntN(6)]; act {
			case ActTarget:
				if c, _ := Replay(cal, Resolution, with); c.Open() {
					last = 60 + r.IntN(2000)
					with = append(with, ClockEvent{Kind: Resolution, Act: act, Minutes: last, At: now})
				}
			default:
				e := ClockEvent{Kind: Resolution, Act: act, At: now, Reason: "customer"}
				with, plain = append(with, e), append(plain, e)
			}
		}
		plain = append([]ClockEvent{{Kind: Resolution, Act: ActStart, Minutes: last, At: with[0].At}}, plain...)
		a, _ := Replay(cal, Resolution, with)
		b, _ := Replay(cal, Resolution, plain)
		if a.PausedSecs != b.PausedSecs || a.GapSecs != b.GapSecs || (a.DueAt == nil) != (b.DueAt == nil) || a.DueAt != nil && !a.DueAt.Equal(*b.DueAt) || a.State != b.State {
			t.Fatalf("%+v\nwith changes of target %+v\nwithout %+v", with, a, b)
		}
	}
}

func TestPriorityMatrix(t *testing.T) {
	t.Parallel()
	want := [3][3]Priority{{"1", "2", "3"}, {"2", "3", "4"}, {"3", "4", "5"}}
	for i, impact := range []Level{High, Medium, Low} {
		for j, urgency := range []Level{High, Medium, Low} {
			if got := PriorityOf(impact, urgency); got != want[i][j] {
				t.Errorf("impact %s, urgency %s = P%s, want P%s", impact, urgency, got, want[i][j])
			}
		}
	}
}
