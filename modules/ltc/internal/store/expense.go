package store

import (
	"context"
	"slices"

	"meridian/modules/ltc/internal/domain"
	"meridian/platform/date"
	"meridian/platform/db"
)

// committed and spent are what an expense request took of its budget.
const (
	committed = `coalesce(sum(x.amount) FILTER (WHERE x.stage = 'approved'), 0)`
	spent     = `coalesce(sum(x.actual) FILTER (WHERE x.stage IN ('spent', 'settled')), 0)`
	// expenseDay is the day an expense counts on.
	expenseDay = `coalesce(spent_on, needed_on, created_at::date)`
	alive      = `archived_at IS NULL AND stage IN ('approved', 'spent', 'settled')`
)

// CostToWin lists what deals cost, of those with an expense in the period, the dearest
// first, under the row rules of the reader.
func (r *Reports) CostToWin(ctx context.Context, from, to date.Date, limit int) ([]domain.DealCost, error) {
	w, err := r.DB.Rows(ctx, "ltc.expense_request", 0)
	if err != nil {
		return nil, err
	}
	o, err := r.DB.Rows(ctx, "ltc.opportunity", 0)
	if err != nil {
		return nil, err
	}
	w.Days(expenseDay, from, to)
	return db.Select[domain.DealCost](ctx, r.DB, `WITH mine AS (SELECT * FROM ltc.expense_request WHERE `+alive+` AND `+w.SQL+`), deal AS (SELECT * FROM ltc.opportunity WHERE `+o.SQL+`)
		SELECT o.id AS opportunity, o.stage, coalesce(o.customer_id, 0) AS customer, o.amount AS value, `+committed+` AS committed, `+spent+` AS spent, count(*) AS requests
		FROM mine x JOIN deal o ON o.id = x.opportunity_id
		GROUP BY o.id, o.stage, o.customer_id, o.amount ORDER BY spent DESC, o.id LIMIT ?`, append(slices.Concat(w.Args, o.Args), limit)...)
}

// CostToServe lists what customers cost outside deals, the dearest first.
func (r *Reports) CostToServe(ctx context.Context, from, to date.Date, limit int) ([]domain.ServeCost, error) {
	w, err := r.DB.Rows(ctx, "ltc.expense_request", 0)
	if err != nil {
		return nil, err
	}
	p, err := r.DB.Rows(ctx, "ltc.service_project", 0)
	if err != nil {
		return nil, err
	}
	v, err := r.DB.Rows(ctx, "ltc.invoice", 0)
	if err != nil {
		return nil, err
	}
	w.Days(expenseDay, from, to)
	worked := db.Rows{SQL: "s.archived_at IS NULL"}
	worked.Days("s.worked_on", from, to)
	v.Days("invoice_date", from, to)
	args := append(slices.Concat(w.Args, p.Args, v.Args, worked.Args), limit)
	return db.Select[domain.ServeCost](ctx, r.DB, `WITH mine AS (SELECT * FROM ltc.expense_request WHERE `+alive+` AND `+w.SQL+`),
		project AS (SELECT * FROM ltc.service_project WHERE `+p.SQL+`),
		invoice AS (SELECT * FROM ltc.invoice WHERE stage IN ('posted', 'paid') AND `+v.SQL+`),
		costs AS (
		SELECT x.customer_id AS customer, `+committed+` AS committed, `+spent+` AS spent, 0::numeric AS projects
		FROM mine x WHERE x.customer_id IS NOT NULL AND x.opportunity_id IS NULL GROUP BY x.customer_id
		UNION ALL
		SELECT p.customer_id, 0, 0, sum(s.cost) FROM project p JOIN ltc.time_sheet s ON s.project_id = p.id
		WHERE `+worked.SQL+` GROUP BY p.customer_id)
		SELECT customer, sum(committed) AS committed, sum(spent) AS spent, sum(projects) AS projects,
		coalesce((SELECT sum(CASE WHEN v.kind = 'credit' THEN -v.net ELSE v.net END) FROM invoice v WHERE v.customer_id = costs.customer), 0) AS invoiced
		FROM costs GROUP BY customer ORDER BY sum(spent) + sum(projects) DESC, customer LIMIT ?`, args...)
}

// CostOfDeal is what one deal cost so far; the caller has checked the right to read it.
func (r *Reports) CostOfDeal(ctx context.Context, deal int64) (c domain.DealCost, err error) {
	_, err = r.DB.Row(ctx, `SELECT `+committed+`, `+spent+`, count(*) FROM ltc.expense_request x WHERE x.opportunity_id = $1 AND `+alive, []any{deal}, &c.Committed, &c.Spent, &c.Requests)
	return c, err
}
