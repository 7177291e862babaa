package itrapp_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"meridian/platform/errs"
	"meridian/platform/resource"
)

// clock reads a stored clock: state and minutes of the target.
func (s *suite) clock(c resource.Row, kind string) (state string, minutes int, due *time.Time) {
	s.T.Helper()
	if _, err := s.DB.Row(s.Admin, `SELECT state, minutes, due_at FROM itr.sla_clock WHERE case_id = $1 AND kind = $2`, []any{c.Base().ID, kind}, &state, &minutes, &due); err != nil {
		s.T.Fatal(err)
	}
	return state, minutes, due
}

func TestClocksOfACase(t *testing.T) {
	t.Parallel()
	s := setup(t)
	loc := s.Location(s.Admin)
	day := func(clock string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", clock, loc)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	due := func(c resource.Row, kind, want string) {
		t.Helper()
		_, _, got := s.clock(c, kind)
		if (got == nil) != (want == "") || got != nil && !got.Equal(day(want)) {
			t.Errorf("%s is due %v, want %q", kind, got, want)
		}
	}
	s.now = day("2026-11-23 10:00") // a Monday; nine to twelve and one to six
	c := s.open(nil)
	due(c, "first_response", "2026-11-23 12:00")
	due(c, "resolution", "2026-11-25 10:00")

	s.now = day("2026-11-23 11:00")
	s.Fire(s.Admin, c, "wait", resource.Values{"waiting_for": "part", "follow_up_on": "2026-11-24"})
	due(c, "resolution", "")
	due(c, "first_response", "2026-11-23 12:00")
	if got := s.Reload(c).Text("next_due_at"); got != "2026-11-23T04:00:00Z" {
		t.Errorf("next due = %s, want the first response", got)
	}
	// Another priority while it waits keeps the original start and the pause.
	row := s.Reload(c)
	if _, err := s.Must("itr.case").UpdateRow(s.Admin, row.Base().ID, row.Base().Version, resource.Values{"impact": "1", "urgency": "1"}); err != nil {
		t.Fatal(err)
	}
	s.now = day("2026-11-24 10:00")
	s.Fire(s.Admin, c, "resume", nil)
	due(c, "first_response", "2026-11-23 10:30")
	due(c, "resolution", "2026-11-24 14:00") // 240 min from 10:00, eight hours of pause less one worked

	s.now = day("2026-11-24 13:30")
	s.Fire(s.Admin, c, "resolve", solved)
	if state, _, _ := s.clock(c, "resolution"); state != "met" {
		t.Errorf("resolution = %s, want met", state)
	}
	if state, _, _ := s.clock(c, "first_response"); state != "missed" {
		t.Errorf("first response = %s, want missed: the solution was the first answer", state)
	}
	s.now = day("2026-11-26 09:00")
	s.Fire(s.Admin, c, "reopen", resource.Values{"reason": "It stopped again."})
	due(c, "resolution", "2026-11-26 09:30") // the 30 minutes that were left
	var gap int64
	if _, err := s.DB.Row(s.Admin, `SELECT gap_secs FROM itr.sla_clock WHERE case_id = $1 AND kind = 'resolution'`, []any{c.Base().ID}, &gap); err != nil || gap != int64((4*60+30+8*60)*60) {
		t.Errorf("gap = %d s (%v), want the working time between resolved and reopened", gap, err)
	}
	s.Healthy()

	t.Run("the policy of the company", func(t *testing.T) {
		lines := []resource.Values{}
		for p := 1; p <= 5; p++ {
			lines = append(lines, resource.Values{"priority": fmt.Sprint(p), "first_response": "10", "resolution": "90"})
		}
		policy := s.Must("itr.sla_policy")
		if _, err := policy.CreateRow(s.Admin, resource.Values{"name": "Fast", "targets": lines[:4]}); !errs.Is(err, errs.Invalid) {
			t.Errorf("a policy without P5: %v, want Invalid", err)
		}
		if _, err := policy.CreateRow(s.Admin, resource.Values{"name": "Fast", "targets": append(lines[:4:4], lines[3])}); !errs.Is(err, errs.Invalid) {
			t.Errorf("a policy with P4 twice: %v, want Invalid", err)
		}
		s.Create(s.Admin, "itr.sla_policy", resource.Values{"name": "Fast", "targets": lines})
		if _, err := policy.CreateRow(s.Admin, resource.Values{"name": "Faster", "targets": lines}); !errs.Is(err, errs.Conflict) {
			t.Errorf("a second active policy: %v, want Conflict", err)
		}
		s.now = day("2026-11-26 17:00")
		c := s.open(nil)
		due(c, "resolution", "2026-11-27 09:30")
	})

	t.Run("the history cannot be changed", func(t *testing.T) {
		for _, q := range []string{`UPDATE itr.sla_event SET at = now()`, `DELETE FROM itr.message`} {
			if err := s.DB.Tx(s.Admin, func(ctx context.Context) error { return s.DB.Exec(ctx, q) }); err == nil {
				t.Errorf("%s was allowed", q)
			}
		}
	})

	t.Run("the self-check finds a clock that was tampered with", func(t *testing.T) {
		if err := s.DB.Tx(s.Admin, func(ctx context.Context) error {
			return s.DB.Exec(ctx, `UPDATE itr.sla_clock SET due_at = due_at + interval '1 minute' WHERE case_id = $1 AND kind = 'resolution'`, c.Base().ID)
		}); err != nil {
			t.Fatal(err)
		}
		found := false
		for _, check := range s.Checks {
			bad, err := check.Run(t.Context())
			found = found || check.Name == "itr.clocks" && err == nil && len(bad) == 1
		}
		if !found {
			t.Error("nobody noticed")
		}
	})
}
