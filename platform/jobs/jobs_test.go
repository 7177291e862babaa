package jobs

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"meridian/platform/clock"
	"meridian/platform/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// TestOneTickRunsOnce: sixteen instances tick at the same moment, one runs.
func TestOneTickRunsOnce(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	var ran atomic.Int64
	j := Job{Name: "test.count", Label: "Count", Spec: "* * * * *", Run: func(context.Context) error { ran.Add(1); return nil }}
	tick := time.Now().Truncate(time.Minute)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if _, err := New(d, clock.System, time.UTC).once(t.Context(), j, tick); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := ran.Load(); n != 1 {
		t.Errorf("the tick ran %d times, want once", n)
	}
}

// TestOutcomes: a failure is kept for the administrator and the next run goes on; a
// paused job does not run by schedule.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	s := New(dbtest.New(t), clock.System, time.UTC)
	fail := true
	ran := 0
	s.Add(Job{Name: "test.flaky", Label: "Flaky", Spec: "@every 1h", Run: func(context.Context) error {
		ran++
		if fail {
			return errors.New("no luck")
		}
		return nil
	}})
	for _, want := range []string{"no luck", "ok"} {
		if err := s.RunNow(t.Context(), "test.flaky"); err != nil {
			t.Fatal(err)
		}
		st, err := s.States(t.Context())
		if err != nil || st[0].Outcome != want {
			t.Errorf("outcome %q (%v), want %q", st[0].Outcome, err, want)
		}
		fail = false
	}
	if err := s.Pause(t.Context(), "test.flaky", true); err != nil {
		t.Fatal(err)
	}
	before := ran
	s.tick(t.Context(), s.jobs[0], every{})
	if ran != before {
		t.Error("a paused job ran")
	}
	if err := s.RunNow(t.Context(), "no.such"); err == nil {
		t.Error("an unknown job ran")
	}
}

type every struct{}

func (every) Next(t time.Time) time.Time { return t.Add(time.Hour) }
