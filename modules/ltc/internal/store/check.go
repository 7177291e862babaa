package store

import (
	"context"
	"fmt"

	"meridian/platform/db"
)

// Checks are the self-checks of the ledgers of leads to cash.
type Checks struct{ DB *db.DB }

func (c *Checks) lines(ctx context.Context, q string) ([]string, error) {
	rows, err := db.Select[struct{ Line string }](ctx, c.DB, q)
	if err != nil {
		return nil, fmt.Errorf("self-check: %w", err)
	}
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.Line
	}
	return out, nil
}

// Open compares what invoices and receipts have left with the ledger between them.
func (c *Checks) Open(ctx context.Context) ([]string, error) {
	return c.lines(ctx, `SELECT 'invoice ' || v.no || ': open amount differs from its allocations' AS line
		FROM ltc.invoice v LEFT JOIN (SELECT id, sum(amount) AS paid FROM (SELECT invoice_id AS id, amount FROM ltc.allocation UNION ALL SELECT credit_id, amount FROM ltc.allocation WHERE credit_id IS NOT NULL) x GROUP BY 1) a ON a.id = v.id
		WHERE v.stage IN ('posted', 'paid') AND v.open <> v.total - v.settled - coalesce(a.paid, 0)
		UNION ALL SELECT 'invoice ' || v.no || ': its instalments have ' || i.open || ' open of ' || i.amount || ', the invoice ' || v.open || ' of ' || v.total
		FROM ltc.invoice v JOIN (SELECT parent_id, sum(open) AS open, sum(amount) AS amount FROM ltc.instalment GROUP BY 1) i ON i.parent_id = v.id
		WHERE v.stage IN ('posted', 'paid') AND (v.open <> i.open OR v.total <> i.amount)
		UNION ALL SELECT 'receipt ' || r.no || ': rest differs from its allocations'
		FROM ltc.receipt r LEFT JOIN (SELECT receipt_id, sum(amount) AS used FROM ltc.allocation GROUP BY 1) a ON a.receipt_id = r.id
		WHERE r.rest <> r.amount - r.settled - r.refunded - coalesce(a.used, 0)
		UNION ALL SELECT 'invoice ' || no || ': stage ' || stage || ' with ' || open || ' open' FROM ltc.invoice WHERE stage = 'paid' AND open <> 0`)
}

// Ways compares the way of every deal with its stays and the deal itself, which is in a
// pipeline.
func (c *Checks) Ways(ctx context.Context) ([]string, error) {
	return c.lines(ctx, `SELECT 'opportunity ' || coalesce(n.no, w.id::text) || ': its way differs from its stays' AS line
		FROM (SELECT o.no, v AS v FROM ltc.deal_way_now v JOIN ltc.opportunity o ON o.id = v.id) n FULL JOIN ltc.deal_way w ON w.id = (n.v).id
		WHERE (n.v) IS DISTINCT FROM ROW(w.*)::ltc.deal_way_now
		UNION ALL SELECT 'opportunity ' || o.no || ': its pipeline does not exist' FROM ltc.opportunity o WHERE NOT EXISTS (SELECT FROM ltc.pipeline WHERE id = o.pipeline_id)`)
}

// Totals compares orders, quotes and invoices with their lines.
func (c *Checks) Totals(ctx context.Context) ([]string, error) {
	var out []string
	for _, t := range []struct{ what, head, line, freight string }{
		{"order", `ltc."order"`, "ltc.order_line", "h.freight"}, {"quote", "ltc.quote", "ltc.quote_line", "0"}, {"invoice", "ltc.invoice", "ltc.invoice_line", "h.freight"}} {
		items, net, tax := "", "0", "0"
		if t.what == "invoice" {
			items, net, tax = `LEFT JOIN (SELECT parent_id, sum(net) AS net, sum(tax) AS tax FROM ltc.invoice_item GROUP BY 1) i ON i.parent_id = h.id`, "coalesce(i.net, 0)", "coalesce(i.tax, 0)"
		}
		bad, err := c.lines(ctx, fmt.Sprintf(`SELECT '%s ' || h.no || ': totals differ from its lines' AS line FROM %s h LEFT JOIN (
				SELECT parent_id, sum(net) AS net, sum(tax) AS tax FROM (
					SELECT parent_id, round(sum(net), 2) AS net, round(round(sum(net), 2) * tax_rate, 2) AS tax FROM %s GROUP BY parent_id, tax_rate) r GROUP BY 1) s ON s.parent_id = h.id
				%s WHERE h.net <> coalesce(s.net, 0) + %s OR h.tax <> coalesce(s.tax, 0) + %s OR h.total <> h.net + h.tax + %s`, t.what, t.head, t.line, items, net, tax, t.freight))
		if err != nil {
			return nil, err
		}
		out = append(out, bad...)
	}
	return out, nil
}

// Exposure recomputes what every confirmed order holds of its customer's credit:
// what will come and is not invoiced, with tax per rate and freight.
func (c *Checks) Exposure(ctx context.Context) ([]string, error) {
	return c.lines(ctx, `WITH part AS (
			SELECT o.id, l.tax_rate, round(sum(round((CASE WHEN o.stage = 'closed_short' THEN l.delivered ELSE l.qty END - l.invoiced) * l.unit_price * (1 - l.discount), 6)), 2) AS net
			FROM ltc."order" o JOIN ltc.order_line l ON l.parent_id = o.id WHERE o.confirmed_on IS NOT NULL AND o.stage NOT IN ('draft', 'cancelled') GROUP BY 1, 2),
		want AS (SELECT id, sum(net + round(net * tax_rate, 2)) AS amount FROM part GROUP BY 1)
		SELECT 'order ' || o.no || ': holds ' || o.exposure || ' of the credit, should hold ' || coalesce(w.amount + o.freight - o.freight_invoiced, 0) AS line
		FROM ltc."order" o LEFT JOIN want w ON w.id = o.id
		WHERE o.exposure <> CASE WHEN w.id IS NULL THEN 0 ELSE w.amount + o.freight - o.freight_invoiced END`)
}

// Numbers looks for gaps in the legal numbers of invoices: per company and year as
// many as the highest says, and none the series does not know.
func (c *Checks) Numbers(ctx context.Context) ([]string, error) {
	return c.lines(ctx, `SELECT series || ' numbers of ' || year || ': ' || n || ' used, highest ' || highest AS line FROM (
			SELECT company_id, split_part(fiscal_no, '-', 1) AS series, split_part(fiscal_no, '-', 2) AS year, count(*) AS n, max(split_part(fiscal_no, '-', 3)::bigint) AS highest
			FROM ltc.invoice WHERE fiscal_no ~ '^(INV|CN)-[0-9]{4}-[0-9]{6,}$' AND posted_on IS NOT NULL GROUP BY 1, 2, 3) s WHERE n <> highest`)
}

// Plans looks for contracts whose invoices or payments do not add up to the amount.
func (c *Checks) Plans(ctx context.Context) ([]string, error) {
	return c.lines(ctx, `SELECT 'contract ' || c.no || ': the ' || p.kind || ' lines add up to ' || p.amount || ', not to ' || c.amount AS line
		FROM ltc.contract c JOIN (SELECT parent_id, kind, sum(amount) AS amount FROM ltc.contract_plan WHERE kind IN ('invoice', 'collect') GROUP BY 1, 2) p ON p.parent_id = c.id
		WHERE p.amount <> c.amount`)
}
