package store

import (
	"context"
	"fmt"

	"meridian/modules/ltc/internal/domain"
	"meridian/platform/date"
	"meridian/platform/db"
)

// Plans reads what sales plans are set against.
type Plans struct{ DB *db.DB }

// facts say what each metric counts: the rows of object, by day, person, product and
// customer. %s is the condition on the rows of object.
var facts = map[string]struct{ object, sql string }{
	domain.MetricContract: {"ltc.contract", `SELECT c.signed_on AS day, c.owner_id, c.dept_id, coalesce(l.product_id, 0) AS product_id, c.customer_id, CASE WHEN l.id IS NULL OR s.net = 0 THEN c.amount ELSE c.amount * l.net / s.net END AS amount
		FROM (SELECT * FROM ltc.contract WHERE signed_on IS NOT NULL AND stage NOT IN ('void', 'draft') AND %s) c
		LEFT JOIN LATERAL (SELECT sum(net) AS net FROM ltc.quote_line WHERE parent_id = c.quote_id) s ON true LEFT JOIN ltc.quote_line l ON l.parent_id = c.quote_id AND s.net <> 0`},
	domain.MetricOrder: {"ltc.order", `SELECT o.order_date AS day, o.owner_id, o.dept_id, l.product_id, o.customer_id, CASE WHEN o.stage = 'closed_short' THEN l.net * l.delivered / l.qty ELSE l.net END AS amount
		FROM (SELECT * FROM ltc."order" WHERE stage NOT IN ('draft', 'cancelled') AND %s) o JOIN ltc.order_line l ON l.parent_id = o.id`},
	domain.MetricInvoice: {"ltc.invoice", `SELECT v.invoice_date AS day, v.owner_id, v.dept_id, l.product_id, v.customer_id, CASE WHEN v.kind = 'credit' THEN -l.net ELSE l.net END AS amount
		FROM (SELECT * FROM ltc.invoice WHERE stage IN ('posted', 'paid') AND %s) v JOIN ltc.invoice_line l ON l.parent_id = v.id`},
	domain.MetricReceipt: {"ltc.invoice", `SELECT a.on_date AS day, v.owner_id, v.dept_id, coalesce(l.product_id, 0) AS product_id, v.customer_id, CASE WHEN v.net = 0 OR l.id IS NULL THEN a.amount ELSE a.amount * l.net / s.net END AS amount
		FROM (SELECT * FROM ltc.invoice WHERE %s) v JOIN ltc.allocation a ON a.invoice_id = v.id AND a.receipt_id IS NOT NULL
		LEFT JOIN LATERAL (SELECT sum(net) AS net FROM ltc.invoice_line WHERE parent_id = v.id) s ON true LEFT JOIN ltc.invoice_line l ON l.parent_id = v.id AND s.net <> 0`},
}

// Facts sums what was sold per month, person, product and customer of a year, under the
// row rules of the reader.
func (p *Plans) Facts(ctx context.Context, metric string, year int) ([]domain.SalesFact, error) {
	f, ok := facts[metric]
	if !ok {
		return nil, fmt.Errorf("sales plan: no metric %q", metric)
	}
	w, err := p.DB.Rows(ctx, f.object, 0)
	if err != nil {
		return nil, err
	}
	rows, err := db.Select[domain.SalesFact](ctx, p.DB, `SELECT date_trunc('month', day)::date AS month, owner_id AS user_id, dept_id, product_id, customer_id, round(sum(amount), 6) AS amount
		FROM (`+fmt.Sprintf(f.sql, w.SQL)+`) f WHERE day BETWEEN ? AND ? GROUP BY 1, 2, 3, 4, 5`, append(w.Args, date.New(year, 1, 1), date.New(year, 12, 31))...)
	if err != nil {
		return nil, fmt.Errorf("facts of %d by %s: %w", year, metric, err)
	}
	return rows, nil
}

// InForce names the approved plan of a company's year and metric, 0 if there is none;
// without a metric the first of the plans of that year.
func (p *Plans) InForce(ctx context.Context, company int64, year int, metric string) (int64, error) {
	var id int64
	_, err := p.DB.Row(ctx, `SELECT id FROM ltc.sales_plan WHERE company_id = $1 AND year = $2 AND stage = 'approved' AND ($3 = '' OR metric = $3) AND archived_at IS NULL
		ORDER BY array_position(ARRAY['order', 'contract', 'invoice', 'receipt'], metric) LIMIT 1`, []any{company, year, metric}, &id)
	return id, err
}
