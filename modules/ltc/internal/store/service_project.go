package store

import (
	"context"
	"database/sql"
	"fmt"

	"meridian/modules/ltc/internal/domain"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/money"
)

// liveProject are the projects that are not over.
const liveProject = `p.stage IN ('draft', 'planned', 'confirmed', 'running')`

// Bookings implements domain.CashBook: the open tasks of people in the other projects of
// a company that are not over.
func (c *Cash) Bookings(ctx context.Context, company, except int64, people []int64) ([]domain.Booking, error) {
	return db.Select[domain.Booking](ctx, c.DB, `SELECT p.id AS project, p.no, t.content, t.person_id AS person, t.from_on AS "from", t.to_on AS "to", p.confidential
		FROM ltc.service_task t JOIN ltc.service_project p ON p.id = t.parent_id
		WHERE p.company_id = ? AND p.id <> ? AND p.archived_at IS NULL AND `+liveProject+` AND t.done_on IS NULL AND t.person_id > 0 AND t.person_id = ANY(?)
		ORDER BY t.from_on, t.id`, company, except, db.Array(people))
}

// HoursOf implements domain.CashBook.
func (c *Cash) HoursOf(ctx context.Context, person int64, day date.Date) (q money.Qty, err error) {
	if err := c.DB.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('ltc.time_sheet'), $1::int)`, person); err != nil {
		return q, fmt.Errorf("hours of person %d: %w", person, err)
	}
	_, err = c.DB.Row(ctx, `SELECT coalesce(sum(hours), 0) FROM ltc.time_sheet WHERE owner_id = $1 AND worked_on = $2 AND archived_at IS NULL`, []any{person, day}, &q)
	return q, err
}

// Worked implements domain.CashBook.
func (c *Cash) Worked(ctx context.Context, project int64) (map[int]domain.Worked, error) {
	out := map[int]domain.Worked{}
	err := c.DB.Each(ctx, `SELECT task, sum(hours), sum(cost) FROM ltc.time_sheet WHERE project_id = $1 AND archived_at IS NULL GROUP BY task`, []any{project}, func(r *sql.Rows) error {
		var task int
		var w domain.Worked
		err := r.Scan(&task, &w.Hours, &w.Cost)
		out[task] = w
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("hours of project %d: %w", project, err)
	}
	return out, nil
}

// PlannedWork lists by person the open tasks of people in a period. Whoever asks has checked
// the right to see the load of these people; which work it is stays unsaid.
func (r *Reports) PlannedWork(ctx context.Context, people []int64, from, to date.Date) (map[int64][]domain.PlannedWork, error) {
	rows, err := db.Select[domain.PlannedWork](ctx, r.DB, `SELECT t.person_id AS person, t.from_on AS "from", t.to_on AS "to", t.hours FROM ltc.service_task t JOIN ltc.service_project p ON p.id = t.parent_id
		WHERE p.archived_at IS NULL AND `+liveProject+` AND t.done_on IS NULL AND t.person_id = ANY(?) AND t.from_on <= ? AND t.to_on >= ? ORDER BY t.from_on, t.id`, db.Array(people), to, from)
	out := map[int64][]domain.PlannedWork{}
	for _, x := range rows {
		out[x.Person] = append(out[x.Person], x)
	}
	return out, err
}
