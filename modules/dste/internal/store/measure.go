package store

import (
	"context"

	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/kpi"
	"meridian/platform/money"
	"meridian/platform/record"
)

// Used is the measure dste.budget_used: what is spent and committed of the budget
// in the months of the scope, over the lines in force that p lets the reader see.
func (s *Ledger) Used(ctx context.Context, p record.Pred, sc kpi.Scope) (kpi.Value, error) {
	from, to := sc.From, sc.To
	if from.IsZero() {
		from = date.New(1, 1, 1)
	}
	if to.IsZero() {
		to = date.New(9999, 12, 31)
	}
	where, args := db.Predicate("dste.budget", p)
	if where == "" {
		where = "true"
	}
	if sc.Dept != 0 {
		where += " AND department_id = ?"
		args = append(args, sc.Dept)
	}
	args = append(args, from, to)
	rows, err := db.Select[struct {
		Used, Budget money.Amount
		N            int64
	}](ctx, s.DB, `SELECT coalesce(sum((SELECT sum(l.amount) FROM dste.budget_ledger l WHERE l.budget_id = m.parent_id AND l.month = m.month)), 0) AS used,
			coalesce(sum(m.amount), 0) AS budget, count(DISTINCT b.id) AS n
		FROM (SELECT id, year FROM dste.budget WHERE stage <> 'draft' AND archived_at IS NULL AND `+where+`) b
		JOIN dste.budget_month m ON m.parent_id = b.id
		WHERE make_date(b.year, m.month, 1) BETWEEN date_trunc('month', ?::date) AND ?::date`, args...)
	if err != nil || len(rows) == 0 {
		return kpi.Value{}, err
	}
	v := kpi.Ratio(rows[0].Used.Number(), rows[0].Budget.Number(), rows[0].N)
	v.Href = "/dste/budget"
	return v, nil
}
