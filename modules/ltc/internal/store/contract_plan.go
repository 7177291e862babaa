package store

import (
	"context"

	"meridian/modules/crm"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/money"
)

// StalePlans implements domain.CashBook.
func (c *Cash) StalePlans(ctx context.Context, company int64, day date.Date) ([]int64, error) {
	return idsOf(ctx, c.DB, `SELECT DISTINCT c.id FROM ltc.contract c JOIN ltc.contract_plan l ON l.parent_id = c.id
		WHERE c.company_id = $1 AND c.stage IN ('signed', 'in_execution') AND c.archived_at IS NULL AND l.done_on IS NULL AND l.due_on IS NOT NULL
			AND (l.due_on < $2 AND l.status NOT IN ('overdue', 'waived') OR l.due_on >= $2 AND l.due_on - l.remind_days <= $2 AND l.status = 'waiting') ORDER BY 1`, company, day)
}

// Unsettled implements domain.CashBook.
func (c *Cash) Unsettled(ctx context.Context, contract int64) (disputes, unpaid int, err error) {
	_, err = c.DB.Row(ctx, `SELECT (SELECT count(*) FROM ltc.dispute d JOIN ltc.invoice v ON v.id = d.invoice_id WHERE v.contract_id = $1 AND d.stage = 'open' AND d.archived_at IS NULL),
		(SELECT count(*) FROM ltc.invoice WHERE contract_id = $1 AND archived_at IS NULL AND (stage IN ('draft', 'approved') OR stage = 'posted' AND open > 0))`, []any{contract}, &disputes, &unpaid)
	return disputes, unpaid, err
}

// PlanRow is a line of the plan of a running contract.
type PlanRow struct {
	Contract       int64
	No, Title      string
	Customer       crm.CustomerID
	Owner          int64
	Seq            int
	Kind           string
	Milestone      string
	Due            date.Date
	Amount, Actual money.Amount
	Status         string
	TriggerKind    string
	TriggerOn      date.Date
}

// PlanLines lists the lines that are due until a day or late, of the running contracts
// the reader may see.
func (r *Reports) PlanLines(ctx context.Context, until date.Date, kind string, limit int) ([]PlanRow, error) {
	w, err := r.DB.Rows(ctx, "ltc.contract", 0)
	if err != nil {
		return nil, err
	}
	return db.Select[PlanRow](ctx, r.DB, `WITH mine AS (SELECT * FROM ltc.contract WHERE stage IN ('signed', 'in_execution') AND `+w.SQL+`)
		SELECT c.id AS contract, c.no, c.title, c.customer_id AS customer, CASE WHEN l.owner_id = 0 THEN c.owner_id ELSE l.owner_id END AS owner, l.seq, l.kind, l.milestone, l.due_on AS due, l.amount, l.actual, l.status, coalesce(t.kind, '') AS trigger_kind, t.done_on AS trigger_on
		FROM mine c JOIN ltc.contract_plan l ON l.parent_id = c.id LEFT JOIN ltc.contract_plan t ON t.parent_id = c.id AND t.seq = l.trigger_line
		WHERE l.done_on IS NULL AND l.status <> 'waived' AND l.due_on <= ? AND (? = '' OR l.kind = ?) ORDER BY l.due_on, c.id, l.seq LIMIT ?`, append(w.Args, until, kind, kind, limit)...)
}

// Progress is how far a running contract is paid.
type Progress struct {
	Contract                int64
	No, Title               string
	Customer                crm.CustomerID
	Lines, Done             int
	Amount, Collected, Late money.Amount
	LateDays                int
	Broken                  int
	NoticeOn                date.Date
}

// Progress lists the running contracts the reader may see, those with the most overdue
// first.
func (r *Reports) Progress(ctx context.Context, day date.Date, limit int) ([]Progress, error) {
	w, err := r.DB.Rows(ctx, "ltc.contract", 0)
	if err != nil {
		return nil, err
	}
	return db.Select[Progress](ctx, r.DB, `WITH mine AS (SELECT * FROM ltc.contract WHERE stage IN ('signed', 'in_execution') AND `+w.SQL+`)
		SELECT c.id AS contract, c.no, c.title, c.customer_id AS customer, c.notice_on, count(*) AS lines, count(l.done_on) AS done, sum(l.amount) AS amount, sum(least(l.actual, l.amount)) AS collected,
			coalesce(sum(l.amount - l.actual) FILTER (WHERE l.done_on IS NULL AND l.due_on < ? AND l.status <> 'waived'), 0) AS late,
			coalesce(max(CAST(? AS date) - l.due_on) FILTER (WHERE l.done_on IS NULL AND l.due_on < ? AND l.status <> 'waived'), 0) AS late_days,
			(SELECT count(*) FROM ltc.promise p WHERE p.customer_id = c.customer_id AND p.stage = 'broken') AS broken
		FROM mine c JOIN ltc.contract_plan l ON l.parent_id = c.id AND l.kind = 'collect'
		GROUP BY c.id, c.no, c.title, c.customer_id, c.notice_on ORDER BY late DESC, c.id LIMIT ?`, append(w.Args, day, day, day, limit)...)
}
