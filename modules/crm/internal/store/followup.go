package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"meridian/modules/crm"
	"meridian/modules/crm/internal/domain"
	"meridian/platform/date"
	"meridian/platform/db"
)

type rhythm struct {
	Name         string `json:"name"`
	Tier         string `json:"tier"`
	AtStage      string `json:"at_stage"`
	Times        int    `json:"times"`
	PerDays      int    `json:"per_days"`
	NeedValue    bool   `json:"need_value"`
	NeedFeedback bool   `json:"need_feedback"`
	scope
}

// scope says for the customers of which departments a standard holds, as in domain.Reach.
type scope struct {
	Depts []int64 `json:"depts"`
	Rest  bool    `json:"rest"`
}

// FollowStandards lists the follow-up standards of a company and its branches; without any of
// head office those that hold by default.
func (s *Store) FollowStandards(ctx context.Context, company int64) ([]domain.FollowStandard, error) {
	list, err := db.Select[domain.FollowStandard](ctx, s.DB, `SELECT name, tier, at_stage, times, per_days, channel, need_value, need_feedback, branch_id, branches FROM crm.follow_standard WHERE company_id = ? AND archived_at IS NULL ORDER BY id`, company)
	if err != nil {
		return nil, fmt.Errorf("follow-up standards: %w", err)
	}
	if !slices.ContainsFunc(list, func(f domain.FollowStandard) bool { return f.BranchID == nil }) {
		return domain.DefaultFollowStandards(), nil
	}
	return list, nil
}

// rhythms are the follow-up standards in force in a company as JSON.
func (s *Store) rhythms(ctx context.Context, company int64) (string, error) {
	all, err := s.FollowStandards(ctx, company)
	if err != nil {
		return "", err
	}
	var list []rhythm
	for _, x := range domain.Everywhere(s.Directory(), all) {
		for _, f := range x.List {
			list = append(list, rhythm{f.Name, f.Tier, string(f.AtStage), f.Times, f.PerDays, f.NeedValue, f.NeedFeedback, scope(x.Reach)})
		}
	}
	b, err := json.Marshal(list)
	return string(b), err
}

// applies joins the standard that holds for customer c from the JSON argument.
const applies = `JOIN LATERAL (SELECT * FROM jsonb_to_recordset(?::jsonb) AS r(name text, tier text, at_stage text, times int, per_days int, need_value boolean, need_feedback boolean, depts bigint[], rest boolean)
	WHERE (c.dept_id = ANY(depts)) <> rest AND (tier = '' OR tier = c.tier) AND (at_stage = '' OR at_stage = c.stage) ORDER BY tier <> '' DESC, at_stage <> '' DESC LIMIT 1) f ON true`

// Standard implements domain.Rhythm.
func (s *Store) Standard(ctx context.Context, customer int64) (domain.FollowStandard, bool, error) {
	var company int64
	if ok, err := s.DB.Row(ctx, `SELECT company_id FROM crm.customer WHERE id = $1`, []any{customer}, &company); err != nil || !ok {
		return domain.FollowStandard{}, false, err
	}
	list, err := s.rhythms(ctx, company)
	if err != nil {
		return domain.FollowStandard{}, false, err
	}
	rows, err := db.Select[domain.FollowStandard](ctx, s.DB, `SELECT f.name, f.times, f.per_days, f.need_value, f.need_feedback FROM crm.customer c `+applies+` WHERE c.id = ?`, list, customer)
	if err != nil || len(rows) == 0 {
		return domain.FollowStandard{}, false, err
	}
	return rows[0], true, nil
}

// Touch implements domain.Rhythm.
func (s *Store) Touch(ctx context.Context, customer int64, at time.Time) error {
	return s.DB.Exec(ctx, `UPDATE crm.customer SET last_touch_at = $2 WHERE id = $1 AND (last_touch_at IS NULL OR last_touch_at < $2)`, customer, at)
}

// Planned is a follow-up that is due.
type Planned struct {
	ID, CustomerID   int64
	Customer         string
	Subject, Channel string
	PlannedOn        date.Date
	LastConclusion   string
}

// Due lists the open follow-ups of an owner planned up to a day, the oldest first.
func (s *Store) Due(ctx context.Context, owner int64, until date.Date, limit int) ([]Planned, error) {
	w, err := s.DB.Rows(ctx, "crm.followup", 0)
	if err != nil {
		return nil, err
	}
	w.And("stage = 'planned' AND owner_id = ? AND planned_on <= ?", owner, until)
	return db.Select[Planned](ctx, s.DB, `SELECT f.id, f.customer_id, c.name AS customer, f.subject, f.channel, f.planned_on,
			coalesce((SELECT conclusion FROM crm.followup p WHERE p.customer_id = f.customer_id AND p.stage = 'done' ORDER BY done_at DESC LIMIT 1), '') AS last_conclusion
		FROM (SELECT * FROM crm.followup WHERE `+w.SQL+`) f JOIN crm.customer c ON c.id = f.customer_id ORDER BY f.planned_on, f.id LIMIT ?`, append(w.Args, limit)...)
}

// Beyond is a customer whose last contact is longer ago than its standard allows.
type Beyond struct {
	ID, OwnerID   int64
	No, Name      string
	Stage         crm.Lifecycle
	Standard      string
	LastTouchAt   *time.Time
	Days, Allowed int
	Planned       bool
}

// BeyondStandard lists the visible customers of an owner (0 = of everybody) without a
// contact for longer than their standard, the longest first.
func (s *Store) BeyondStandard(ctx context.Context, company, owner int64, now time.Time, limit int) ([]Beyond, error) {
	w, err := s.DB.Rows(ctx, "crm.customer", 0)
	if err != nil {
		return nil, err
	}
	if owner != 0 {
		w.And("owner_id = ?", owner)
	}
	list, err := s.rhythms(ctx, company)
	if err != nil {
		return nil, err
	}
	args := append([]any{now}, w.Args...)
	args = append(args, list, now, limit)
	return db.Select[Beyond](ctx, s.DB, `SELECT c.id, c.owner_id, c.no, c.name, c.stage, f.name AS standard, c.last_touch_at, extract(epoch FROM ?::timestamptz - coalesce(c.last_touch_at, c.created_at))::bigint / 86400 AS days,
			ceil(f.per_days::numeric / f.times)::int AS allowed, EXISTS (SELECT 1 FROM crm.followup p WHERE p.customer_id = c.id AND p.stage = 'planned' AND p.archived_at IS NULL) AS planned
		FROM (SELECT * FROM crm.customer WHERE `+w.SQL+`) c `+applies+`
		WHERE coalesce(c.last_touch_at, c.created_at) < ?::timestamptz - ceil(f.per_days::numeric / f.times) * interval '1 day' ORDER BY days DESC, c.id LIMIT ?`, args...)
}

// Discipline is how an owner kept what was planned.
type Discipline struct {
	OwnerID                             int64
	Due, OnTime, Overdue, Held, NoValue int64
}

// DisciplineByOwner counts the visible follow-ups planned in a period of days: due are
// those that were not dropped and whose day has come; on time those held on or before it.
func (s *Store) DisciplineByOwner(ctx context.Context, dept int64, from, to date.Date, today date.Date, loc *time.Location) ([]Discipline, error) {
	w, err := s.DB.Rows(ctx, "crm.followup", dept)
	if err != nil {
		return nil, err
	}
	w.Days("planned_on", from, to)
	w.And("stage <> 'dropped'")
	args := append([]any{today, loc.String(), today}, w.Args...)
	return db.Select[Discipline](ctx, s.DB, `SELECT owner_id, count(*) FILTER (WHERE stage = 'done' OR planned_on <= ?) AS due,
			count(*) FILTER (WHERE stage = 'done' AND (done_at AT TIME ZONE ?)::date <= planned_on) AS on_time,
			count(*) FILTER (WHERE stage = 'planned' AND planned_on < ?) AS overdue, count(*) FILTER (WHERE stage = 'done') AS held, count(*) FILTER (WHERE no_value) AS no_value
		FROM crm.followup WHERE `+w.SQL+` GROUP BY 1 ORDER BY 1`, args...)
}

// Stop is a visit of a route.
type Stop struct {
	ID, CustomerID             int64
	Customer, Address, Contact string
	Subject, Stage, AtTime     string
	CheckedInAt, DoneAt        *time.Time
	LastConclusion             string
}

// Route lists the visits and meetings of a person on a day that the reader may see, in
// their order; those without a time come last.
func (s *Store) Route(ctx context.Context, owner int64, day date.Date) ([]Stop, error) {
	w, err := s.DB.Rows(ctx, "crm.followup", 0)
	if err != nil {
		return nil, err
	}
	w.And("owner_id = ? AND planned_on = ? AND channel IN ('visit', 'meeting') AND stage <> 'dropped'", owner, day)
	return db.Select[Stop](ctx, s.DB, `SELECT f.id, f.customer_id, c.name AS customer, c.address, coalesce(k.name, '') AS contact, f.subject, f.stage, f.at_time, f.checked_in_at, f.done_at,
			coalesce((SELECT left(conclusion, 120) FROM crm.followup p WHERE p.customer_id = f.customer_id AND p.stage = 'done' AND p.id <> f.id ORDER BY done_at DESC LIMIT 1), '') AS last_conclusion
		FROM (SELECT * FROM crm.followup WHERE `+w.SQL+`) f JOIN crm.customer c ON c.id = f.customer_id LEFT JOIN crm.contact k ON k.id = f.contact_id
		ORDER BY f.at_time = '', f.at_time, f.id LIMIT 200`, w.Args...)
}
