package store

import (
	"context"

	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/kpi"
	"meridian/platform/money"
)

// Used is the measure dste.budget_used: what is spent and committed of the budget
// in the months of the scope, over the lines in force the reader may see.
func (s *Ledger) Used(ctx context.Context, sc kpi.Scope) (kpi.Value, error) {
	from, to := sc.From, sc.To
	if from.IsZero() {
		from = date.New(1, 1, 1)
	}
	if to.IsZero() {
		to = date.New(9999, 12, 31)
	}
	w, err := s.DB.Rows(ctx, "dste.budget", 0)
	if err != nil {
		return kpi.Value{}, err
	}
	if sc.Dept != 0 {
		w.And("department_id = ANY(?)", db.Array(s.DB.Subtree(sc.Dept)))
	}
	c, err := db.One[struct {
		Used, Budget money.Amount
		N            int64
	}](ctx, s.DB, `SELECT coalesce(sum((SELECT sum(l.amount) FROM dste.budget_ledger l WHERE l.budget_id = m.parent_id AND l.month = m.month)), 0) AS used,
			coalesce(sum(m.amount), 0) AS budget, count(DISTINCT b.id) AS n
		FROM (SELECT id, year FROM dste.budget WHERE stage <> 'draft' AND `+w.SQL+`) b
		JOIN dste.budget_month m ON m.parent_id = b.id
		WHERE make_date(b.year, m.month, 1) BETWEEN date_trunc('month', ?::date) AND ?::date`, append(w.Args, from, to)...)
	return kpi.Ratio(c.Used.Number(), c.Budget.Number(), c.N).At("/dste/budget"), err
}
