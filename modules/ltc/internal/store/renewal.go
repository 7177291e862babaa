package store

import (
	"context"
	"fmt"

	"meridian/modules/ltc/internal/domain"
	"meridian/platform/date"
	"meridian/platform/db"
)

// After reads what comes after a sale: renewals, further sales, commissions, analysis.
type After struct{ DB *db.DB }

// Ending lists the contracts in force of a company that end until a day and have no
// renewal yet.
func (s *After) Ending(ctx context.Context, company int64, until date.Date) ([]domain.Ending, error) {
	return db.Select[domain.Ending](ctx, s.DB, `SELECT id, company_id, owner_id, customer_id, title, amount, start_on, end_on FROM ltc.contract c
		WHERE company_id = ? AND stage IN ('signed', 'in_execution', 'completed') AND end_on <= ? AND end_on >= current_date - 365 AND archived_at IS NULL
			AND NOT EXISTS (SELECT FROM ltc.renewal r WHERE r.contract_id = c.id) ORDER BY end_on, id`, company, until)
}

// Due lists the renewals of contracts that end in a period and the reader may see.
func (s *After) Due(ctx context.Context, f domain.DealFilter) ([]domain.Renewal, error) {
	w, err := s.DB.Rows(ctx, "ltc.renewal", f.Dept)
	if err != nil {
		return nil, err
	}
	w.Days("ends_on", f.From, f.To)
	if f.Owner != 0 {
		w.And("owner_id = ?", f.Owner)
	}
	return db.Select[domain.Renewal](ctx, s.DB, `SELECT * FROM ltc.renewal WHERE `+w.SQL+` ORDER BY ends_on, id`, w.Args...)
}

// Upsell suggests products to the customers the reader may see orders of: of those who
// bought the same product, at least a quarter and three customers bought the other too.
func (s *After) Upsell(ctx context.Context, f domain.DealFilter) ([]domain.Upsell, error) {
	w, err := s.DB.Rows(ctx, "ltc.order", f.Dept)
	if err != nil {
		return nil, err
	}
	if f.Owner != 0 {
		w.And("owner_id = ?", f.Owner)
	}
	q := `WITH bought AS (SELECT DISTINCT o.customer_id, l.product_id FROM ltc."order" o JOIN ltc.order_line l ON l.parent_id = o.id WHERE o.stage NOT IN ('draft', 'cancelled') AND o.archived_at IS NULL AND o.company_id IN (SELECT company_id FROM ltc."order" WHERE ` + w.SQL + `)),
		pair AS (SELECT a.product_id AS because_id, b.product_id, count(*) AS buyers FROM bought a JOIN bought b ON b.customer_id = a.customer_id AND b.product_id <> a.product_id GROUP BY 1, 2),
		peer AS (SELECT product_id, count(*) AS peers FROM bought GROUP BY 1),
		mine AS (SELECT DISTINCT customer_id FROM ltc."order" WHERE stage NOT IN ('draft', 'cancelled') AND ` + w.SQL + `)
		SELECT DISTINCT ON (h.customer_id, p.product_id) h.customer_id, p.product_id, p.because_id, e.peers, p.buyers FROM mine m JOIN bought h ON h.customer_id = m.customer_id
			JOIN pair p ON p.because_id = h.product_id JOIN peer e ON e.product_id = h.product_id
		WHERE p.buyers >= 3 AND p.buyers * 4 >= e.peers AND NOT EXISTS (SELECT FROM bought x WHERE x.customer_id = h.customer_id AND x.product_id = p.product_id)
		ORDER BY h.customer_id, p.product_id, p.buyers::numeric / e.peers DESC`
	rows, err := db.Select[domain.Upsell](ctx, s.DB, q, append(append([]any{}, w.Args...), w.Args...)...)
	if err != nil {
		return nil, fmt.Errorf("suggestions: %w", err)
	}
	return rows, nil
}

// Hits counts what came of the suggestions: deals made, won, lost.
func (s *After) Hits(ctx context.Context, f domain.DealFilter) (made, won, closed int64, err error) {
	w, err := s.DB.Rows(ctx, "ltc.opportunity", f.Dept)
	if err != nil {
		return 0, 0, 0, err
	}
	x, err := db.One[struct{ Made, Won, Closed int64 }](ctx, s.DB, `SELECT count(*) AS made, count(*) FILTER (WHERE stage = 'won') AS won, count(*) FILTER (WHERE stage IN ('won', 'lost')) AS closed
		FROM ltc.opportunity WHERE source = 'upsell' AND `+w.SQL, w.Args...)
	return x.Made, x.Won, x.Closed, err
}

// Collected lists the money of a company that came in for deals since the first plan and
// has no commission yet. Orders with a line of unknown cost wait until it is known.
func (s *After) Collected(ctx context.Context, company int64) ([]domain.Collected, error) {
	return db.Select[domain.Collected](ctx, s.DB, `WITH margin AS (
			SELECT o.id, o.opportunity_id, round(1 - sum(l.qty * p.cost) / nullif(sum(l.net), 0), 6) AS rate FROM ltc."order" o JOIN ltc.order_line l ON l.parent_id = o.id
			LEFT JOIN LATERAL (SELECT cost FROM ltc.price WHERE company_id = o.company_id AND product_id = l.product_id AND cost > 0 AND valid_from <= o.order_date AND archived_at IS NULL ORDER BY valid_from DESC LIMIT 1) p ON true
			WHERE o.company_id = ? AND o.opportunity_id IS NOT NULL GROUP BY 1, 2 HAVING bool_and(p.cost IS NOT NULL) AND sum(l.net) > 0)
		SELECT a.id AS allocation_id, v.id AS invoice_id, d.id AS opportunity_id, d.owner_id, coalesce(d.partner_id, 0) AS partner_id, a.on_date AS "on", round(a.amount * v.net / v.total, 2) AS net, m.rate AS margin_rate
		FROM ltc.allocation a JOIN ltc.invoice v ON v.id = a.invoice_id JOIN margin m ON m.id = v.order_id JOIN ltc.opportunity d ON d.id = m.opportunity_id
		WHERE a.company_id = ? AND a.receipt_id IS NOT NULL AND v.total <> 0 AND a.on_date >= (SELECT min(valid_from) FROM ltc.commission_plan WHERE company_id = a.company_id AND archived_at IS NULL)
			AND NOT EXISTS (SELECT FROM ltc.commission_line c WHERE c.allocation_id = a.id) ORDER BY a.id`, company, company)
}

// Shares lists who has the credit for deals.
func (s *After) Shares(ctx context.Context, deals []int64) ([]domain.CreditShare, error) {
	return db.Select[domain.CreditShare](ctx, s.DB, `SELECT parent_id AS opportunity_id, user_id, sum(split) AS split FROM ltc.deal_member WHERE parent_id = ANY(?) AND split > 0 GROUP BY 1, 2 ORDER BY 1, 2`, db.Array(deals))
}

// Commissions lists the lines of a period the reader may see.
func (s *After) Commissions(ctx context.Context, f domain.DealFilter) ([]domain.CommissionLine, error) {
	w, err := s.DB.Rows(ctx, "ltc.commission_line", f.Dept)
	if err != nil {
		return nil, err
	}
	w.Days("on_date", f.From, f.To)
	if f.Owner != 0 {
		w.And("owner_id = ?", f.Owner)
	}
	return db.Select[domain.CommissionLine](ctx, s.DB, `SELECT * FROM ltc.commission_line WHERE `+w.SQL+` ORDER BY on_date, id`, w.Args...)
}

// TakenBack lists the lines of commission that a clawback reverses.
func (s *After) TakenBack(ctx context.Context, ids []int64) (map[int64]bool, error) {
	rows, err := db.Select[struct{ ID int64 }](ctx, s.DB, `SELECT reverses_id AS id FROM ltc.commission_line WHERE reverses_id = ANY(?)`, db.Array(ids))
	out := map[int64]bool{}
	for _, r := range rows {
		out[r.ID] = true
	}
	return out, err
}

// soldBy are the parts sales may be cut by.
var soldBy = map[string]string{"customer": "o.customer_id::text", "product": "l.product_id::text", "owner": "o.owner_id::text", "dept": "o.dept_id::text", "region": "coalesce(d.region, '')", "partner": "coalesce(d.partner_id, 0)::text", "month": "to_char(o.order_date, 'YYYY-MM')"}

// Sold lists what was ordered in a period and in the same period a year earlier, by part
// and month: quantity, net as the measure of net sales counts it, standard cost.
func (s *After) Sold(ctx context.Context, f domain.DealFilter, by string) ([]domain.SoldLine, error) {
	key, ok := soldBy[by]
	if !ok {
		return nil, fmt.Errorf("sales analysis: no part %q", by)
	}
	w, err := s.DB.Rows(ctx, "ltc.order", f.Dept)
	if err != nil {
		return nil, err
	}
	if f.Owner != 0 {
		w.And("owner_id = ?", f.Owner)
	}
	from, to := f.From.AddMonths(-12), f.To.AddMonths(-12)
	w.And("(order_date BETWEEN ? AND ? OR order_date BETWEEN ? AND ?)", f.From, f.To, from, to)
	product := ""
	if f.Product != 0 {
		product = " AND l.product_id = ?"
	}
	args := append([]any{f.From}, w.Args...)
	if product != "" {
		args = append(args, f.Product)
	}
	rows, err := db.Select[domain.SoldLine](ctx, s.DB, `SELECT key, month, before, sum(net) AS net, sum(qty) AS qty, coalesce(sum(qty * cost), 0) AS cost, coalesce(sum(net) FILTER (WHERE cost IS NOT NULL), 0) AS costed FROM (
			SELECT `+key+` AS key, date_trunc('month', o.order_date)::date AS month, o.order_date < ? AS before, p.cost,
				CASE WHEN o.stage = 'closed_short' THEN l.net * l.delivered / l.qty ELSE l.net END AS net, CASE WHEN o.stage = 'closed_short' THEN l.delivered ELSE l.qty END AS qty
			FROM (SELECT * FROM ltc."order" WHERE stage NOT IN ('draft', 'cancelled') AND `+w.SQL+`) o JOIN ltc.order_line l ON l.parent_id = o.id`+product+`
			LEFT JOIN ltc.opportunity d ON d.id = o.opportunity_id
			LEFT JOIN LATERAL (SELECT cost FROM ltc.price WHERE company_id = o.company_id AND product_id = l.product_id AND cost > 0 AND valid_from <= o.order_date AND archived_at IS NULL ORDER BY valid_from DESC LIMIT 1) p ON true
		) x GROUP BY 1, 2, 3 ORDER BY 1, 2`, args...)
	if err != nil {
		return nil, fmt.Errorf("sales by %s: %w", by, err)
	}
	return rows, nil
}

// Touches counts the activities of deals in a period by person and way.
func (s *After) Touches(ctx context.Context, f domain.DealFilter) ([]domain.Touches, error) {
	w, err := s.DB.Rows(ctx, "ltc.opportunity", f.Dept)
	if err != nil {
		return nil, err
	}
	return db.Select[domain.Touches](ctx, s.DB, `SELECT a.by_user AS user_id, a.way, count(*) AS n, count(DISTINCT o.customer_id) AS customers
		FROM ltc.deal_activity a JOIN (SELECT id, customer_id FROM ltc.opportunity WHERE `+w.SQL+`) o ON o.id = a.parent_id
		WHERE a.done_at >= ? AND a.done_at < ? GROUP BY 1, 2 ORDER BY 1, 3 DESC`, append(w.Args, f.From, f.To.AddDays(1))...)
}
