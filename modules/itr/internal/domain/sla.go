package domain

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"meridian/platform/authz"
	"meridian/platform/calendar"
)

// ClockLedger keeps the history of the clocks, append-only, and what it leads to.
type ClockLedger interface {
	// Append adds events to the history of the clocks of a case.
	Append(ctx context.Context, caseID int64, events []ClockEvent) error
	// History returns the events of a case, the first first.
	History(ctx context.Context, caseID int64) ([]ClockEvent, error)
	// Keep stores what the history leads to; due is the earliest running clock.
	Keep(ctx context.Context, caseID int64, clocks []Clock, calendar string, due *time.Time) error
}

// Clocks run the service levels of cases.
type Clocks struct {
	Ledger   ClockLedger
	Policies *Policies
	Calendar func(company int64) *calendar.Calendar
}

// begin starts both clocks of a new case when it was created.
func (s *Clocks) begin(ctx context.Context, c *Case) error {
	t, err := s.Policies.targets(ctx, c.CompanyID, c.Priority)
	if err != nil {
		return err
	}
	return s.act(ctx, c,
		ClockEvent{Kind: FirstResponse, Act: ActStart, Minutes: t.FirstResponse, PolicyID: t.PolicyID, At: c.CreatedAt},
		ClockEvent{Kind: Resolution, Act: ActStart, Minutes: t.Resolution, PolicyID: t.PolicyID, At: c.CreatedAt})
}

// retarget gives the clocks that are not stopped the targets of the priority the
// case has now, under the policy in force.
func (s *Clocks) retarget(ctx context.Context, c *Case, now time.Time) error {
	t, err := s.Policies.targets(ctx, c.CompanyID, c.Priority)
	if err != nil {
		return err
	}
	return s.act(ctx, c,
		ClockEvent{Kind: FirstResponse, Act: ActTarget, Minutes: t.FirstResponse, PolicyID: t.PolicyID, At: now},
		ClockEvent{Kind: Resolution, Act: ActTarget, Minutes: t.Resolution, PolicyID: t.PolicyID, At: now})
}

// act adds events to the history and works the clocks out again. What changes
// nothing is not written: a target that stays, the stop of a stopped clock.
func (s *Clocks) act(ctx context.Context, c *Case, events ...ClockEvent) error {
	history, err := s.Ledger.History(ctx, c.ID)
	if err != nil {
		return fmt.Errorf("clocks of case %d: %w", c.ID, err)
	}
	cal := s.Calendar(c.CompanyID)
	events = slices.DeleteFunc(events, func(e ClockEvent) bool { return !matters(cal, history, e) })
	if len(events) == 0 {
		return nil
	}
	for i := range events {
		events[i].ByUser, events[i].At = authz.Actor(ctx), events[i].At.UTC().Truncate(time.Microsecond)
	}
	if err := s.Ledger.Append(ctx, c.ID, events); err != nil {
		return fmt.Errorf("clocks of case %d: %w", c.ID, err)
	}
	clocks := ReplayAll(cal, append(history, events...))
	c.NextDueAt = nextDue(clocks)
	if err := s.Ledger.Keep(ctx, c.ID, clocks, CalendarDigest(cal), c.NextDueAt); err != nil {
		return fmt.Errorf("clocks of case %d: %w", c.ID, err)
	}
	return nil
}

// matters reports whether e changes anything after history.
func matters(cal *calendar.Calendar, history []ClockEvent, e ClockEvent) bool {
	before, started := Replay(cal, e.Kind, history)
	if !started {
		return e.Act == ActStart
	}
	after, _ := Replay(cal, e.Kind, append(slices.Clone(history), e))
	return before.State != after.State || before.Minutes != after.Minutes
}

// ReplayAll works out every clock of a history.
func ReplayAll(cal *calendar.Calendar, events []ClockEvent) []Clock {
	var out []Clock
	for _, kind := range clockKinds {
		if c, ok := Replay(cal, kind, events); ok {
			out = append(out, c)
		}
	}
	return out
}

func nextDue(clocks []Clock) *time.Time {
	var due *time.Time
	for _, c := range clocks {
		if c.State == ClockRunning && c.DueAt != nil && (due == nil || c.DueAt.Before(*due)) {
			due = c.DueAt
		}
	}
	return due
}

// CalendarDigest names the state of a calendar: clocks reckoned by another one need
// not replay to the same moment.
func CalendarDigest(cal *calendar.Calendar) string {
	b, err := json.Marshal(cal)
	if err != nil {
		return ""
	}
	h := fnv.New64a()
	_, _ = h.Write(b) // never fails
	return fmt.Sprintf("%x", h.Sum64())
}
