package store

import (
	"context"
	"fmt"
	"time"

	"meridian/platform/date"
	"meridian/platform/db"
)

// DayLine is one thing a person did on a day.
type DayLine struct {
	Kind                string // held, quoted, moved, need
	At                  time.Time
	Customer            string
	Channel, Text, Next string // of a follow-up; Text of a need
	FromStage, ToStage  string // of a move
	Decider             bool
	Up                  bool
}

// DayOf lists what a person did on a day, in order: follow-ups held, quotes to and moves of
// the customers the person owns, needs recorded. Text is the amount of a quote.
func (s *Store) DayOf(ctx context.Context, user int64, day date.Date) ([]DayLine, error) {
	loc := s.Location(ctx)
	from, to := day.In(loc), day.AddDays(1).In(loc)
	rows, err := db.Select[DayLine](ctx, s.DB, `SELECT * FROM (
			SELECT 'held' AS kind, f.done_at AS at, c.name AS customer, f.channel, f.conclusion AS text, f.next_step AS next, '' AS from_stage, '' AS to_stage, coalesce(k.role = 'decider', false) AS decider, false AS up
			FROM crm.followup f JOIN crm.customer c ON c.id = f.customer_id LEFT JOIN crm.contact k ON k.id = f.contact_id
			WHERE f.owner_id = ? AND f.stage = 'done' AND f.done_at >= ? AND f.done_at < ? AND f.archived_at IS NULL
			UNION ALL SELECT 'moved', l.at, c.name, '', '', '', l.from_stage, l.to_stage, false, coalesce(array_position(`+ladder+`, l.to_stage) > array_position(`+ladder+`, l.from_stage), false)
			FROM crm.lifecycle_log l JOIN crm.customer c ON c.id = l.customer_id WHERE c.owner_id = ? AND l.from_stage <> '' AND l.at >= ? AND l.at < ?
			UNION ALL SELECT 'quoted', x.at, c.name, '', to_char(x.amount, 'FM999,999,999,999,990.00'), '', '', '', false, false
			FROM crm.fact x JOIN crm.customer c ON c.id = x.customer_id WHERE c.owner_id = ? AND x.kind = 'quote' AND x.at >= ? AND x.at < ?
			UNION ALL SELECT 'need', n.created_at, coalesce(c.name, ''), '', n.verbatim, '', '', '', false, false
			FROM crm.need n LEFT JOIN crm.customer c ON c.id = n.customer_id WHERE n.created_by = ? AND n.created_at >= ? AND n.created_at < ? AND n.archived_at IS NULL) d
		ORDER BY at LIMIT 200`, user, from, to, user, from, to, user, from, to, user, from, to)
	if err != nil {
		return nil, fmt.Errorf("day of person %d: %w", user, err)
	}
	return rows, nil
}

// LoggedDay is a daily log as the head sees it.
type LoggedDay struct {
	ID, OwnerID                         int64
	Stage, Plan, Problem                string
	Contacts, Visits, Deciders, MovedUp int64
	Quotes                              int64
}

// LogsOf lists the daily logs of a day the reader may see.
func (s *Store) LogsOf(ctx context.Context, dept int64, day date.Date) ([]LoggedDay, error) {
	w, err := s.DB.Rows(ctx, "crm.work_log", dept)
	if err != nil {
		return nil, err
	}
	w.And("on_day = ?", day)
	return db.Select[LoggedDay](ctx, s.DB, `SELECT id, owner_id, stage, plan, problem, contacts, visits, deciders, moved_up, quotes FROM crm.work_log WHERE `+w.SQL+` ORDER BY id`, w.Args...)
}

// DecidersMet counts per owner the follow-ups of a period held with a decision maker, of
// those the reader may see.
func (s *Store) DecidersMet(ctx context.Context, dept int64, from, to date.Date) (map[int64]int64, error) {
	w, err := s.DB.Rows(ctx, "crm.followup", dept)
	if err != nil {
		return nil, err
	}
	w.Days("planned_on", from, to)
	rows, err := db.Select[struct{ OwnerID, N int64 }](ctx, s.DB, `SELECT f.owner_id, count(*) AS n FROM (SELECT owner_id, contact_id FROM crm.followup WHERE stage = 'done' AND `+w.SQL+`) f JOIN crm.contact k ON k.id = f.contact_id AND k.role = 'decider' GROUP BY 1`, w.Args...)
	out := map[int64]int64{}
	for _, r := range rows {
		out[r.OwnerID] = r.N
	}
	return out, err
}
