// Package store is the SQL of issue to resolved.
package store

import (
	"context"
	"fmt"
	"time"

	"meridian/modules/itr"
	"meridian/modules/itr/internal/domain"
	"meridian/platform/calendar"
	"meridian/platform/db"
)

// Store implements the ledgers of the domain and the read models.
type Store struct{ DB *db.DB }

// Add implements domain.Messages.
func (s *Store) Add(ctx context.Context, m domain.Message) error {
	dir := "in"
	if m.Out {
		dir = "out"
	}
	err := s.DB.Exec(ctx, `INSERT INTO itr.message (case_id, dir, internal, automatic, channel, external_id, sender, author_id, body, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		m.Case, dir, m.Internal, m.Automatic, string(m.Channel), m.ExternalID, m.Sender, m.Author, m.Body, m.At)
	if err != nil {
		return fmt.Errorf("message of case %d: %w", m.Case, err)
	}
	return nil
}

// CaseOf implements domain.Messages.
func (s *Store) CaseOf(ctx context.Context, channel domain.Channel, externalID string) (int64, error) {
	var id int64
	if _, err := s.DB.Row(ctx, `SELECT case_id FROM itr.message WHERE channel = $1 AND external_id = $2 AND external_id <> ''`, []any{string(channel), externalID}, &id); err != nil {
		return 0, fmt.Errorf("find message: %w", err)
	}
	return id, nil
}

// Open implements domain.Loads.
func (s *Store) Open(ctx context.Context, users []int64) (map[int64]int, error) {
	rows, err := db.Select[struct {
		User int64
		N    int
	}](ctx, s.DB, `SELECT assignee_id AS "user", count(*) AS n FROM itr."case" WHERE assignee_id = ANY(?) AND stage IN ('assigned', 'in_progress', 'waiting', 'reopened') AND archived_at IS NULL GROUP BY 1`, db.Array(users))
	if err != nil {
		return nil, err
	}
	out := map[int64]int{}
	for _, r := range rows {
		out[r.User] = r.N
	}
	return out, nil
}

// Alone makes equal keys wait for each other until the end of the transaction.
func (s *Store) Alone(ctx context.Context, key string) error {
	return s.DB.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, key)
}

// Append implements domain.ClockLedger.
func (s *Store) Append(ctx context.Context, caseID int64, events []domain.ClockEvent) error {
	for _, e := range events {
		if err := s.DB.Exec(ctx, `INSERT INTO itr.sla_event (case_id, kind, act, minutes, policy_id, reason, by_user, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			caseID, string(e.Kind), string(e.Act), e.Minutes, e.PolicyID, e.Reason, e.ByUser, e.At); err != nil {
			return err
		}
	}
	return nil
}

// History implements domain.ClockLedger.
func (s *Store) History(ctx context.Context, caseID int64) ([]domain.ClockEvent, error) {
	return db.Select[domain.ClockEvent](ctx, s.DB, `SELECT kind, act, minutes, policy_id, reason, by_user, at FROM itr.sla_event WHERE case_id = ? ORDER BY id`, caseID)
}

// Keep implements domain.ClockLedger. The due time of the case is written in place,
// without a new version: the rule that moved the clocks stores the case itself.
func (s *Store) Keep(ctx context.Context, caseID int64, clocks []domain.Clock, digest string, due *time.Time) error {
	for _, c := range clocks {
		if err := s.DB.Exec(ctx, `INSERT INTO itr.sla_clock (case_id, kind, state, minutes, started_at, due_at, stopped_at, paused_secs, gap_secs, calendar)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (case_id, kind) DO UPDATE SET state = excluded.state, minutes = excluded.minutes,
			due_at = excluded.due_at, stopped_at = excluded.stopped_at, paused_secs = excluded.paused_secs, gap_secs = excluded.gap_secs, calendar = excluded.calendar`,
			caseID, string(c.Kind), string(c.State), c.Minutes, c.StartedAt, c.DueAt, c.StoppedAt, c.PausedSecs, c.GapSecs, digest); err != nil {
			return err
		}
	}
	return s.DB.Exec(ctx, `UPDATE itr."case" SET next_due_at = $2 WHERE id = $1`, caseID, due)
}

// ClockRow is a clock as it is stored.
type ClockRow struct {
	domain.Clock
	CaseID    int64
	No        string
	CompanyID int64
	Calendar  string
}

// Clocks returns the stored clocks of a case, of every case for id 0.
func (s *Store) Clocks(ctx context.Context, id itr.CaseID) ([]ClockRow, error) {
	return db.Select[ClockRow](ctx, s.DB, `SELECT k.*, c.no, c.company_id FROM itr.sla_clock k JOIN itr."case" c ON c.id = k.case_id WHERE ? = 0 OR k.case_id = ? ORDER BY k.case_id, k.kind`, int64(id), int64(id))
}

// Differences replays the history of every clock and lists those that are stored
// otherwise, for the self-check. Clocks reckoned by another state of the calendar
// are left out: their moments were right when they were reckoned.
func (s *Store) Differences(ctx context.Context, cal func(company int64) *calendar.Calendar) ([]string, error) {
	rows, err := s.Clocks(ctx, 0)
	if err != nil {
		return nil, fmt.Errorf("clocks: %w", err)
	}
	var out []string
	var of int64
	var history []domain.ClockEvent
	for _, r := range rows {
		c := cal(r.CompanyID)
		if r.Calendar != domain.CalendarDigest(c) {
			continue
		}
		if r.CaseID != of {
			if history, err = s.History(ctx, r.CaseID); err != nil {
				return nil, fmt.Errorf("clocks of case %s: %w", r.No, err)
			}
			of = r.CaseID
		}
		want, ok := domain.Replay(c, r.Kind, history)
		if !ok || want.State != r.State || want.Minutes != r.Minutes || !same(want.DueAt, r.DueAt) || !same(want.StoppedAt, r.StoppedAt) || want.PausedSecs != r.PausedSecs || want.GapSecs != r.GapSecs {
			out = append(out, fmt.Sprintf("case %s: the history of the clock %s does not lead to what it shows", r.No, r.Kind))
		}
	}
	return out, nil
}

func same(a, b *time.Time) bool { return (a == nil) == (b == nil) && (a == nil || a.Equal(*b)) }
