package store

import (
	"context"
	"fmt"
	"net/url"

	"meridian/modules/ltc/internal/domain"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/kpi"
	"meridian/platform/money"
)

// Reports are the read models of leads to cash, under the row rules of the reader.
type Reports struct{ DB *db.DB }

type figure struct {
	Value money.Price
	N     int64
}

// period is the query part of a link to the list behind a number.
func period(href, field string, s kpi.Scope) string {
	q := url.Values{}
	if !s.From.IsZero() {
		q.Set(field+"_from", s.From.String())
	}
	if !s.To.IsZero() {
		q.Set(field+"_to", s.To.String())
	}
	if len(q) == 0 {
		return href
	}
	return href + "?" + q.Encode()
}

// NetSales sums the unrounded nets of order lines by order date and rounds once; of
// an order closed short only what was delivered counts.
func (r *Reports) NetSales(ctx context.Context, s kpi.Scope) (kpi.Value, error) {
	w, err := r.DB.Rows(ctx, "ltc.order", s.Dept)
	if err != nil {
		return kpi.Value{}, err
	}
	w.Days("order_date", s.From, s.To)
	f, err := db.One[figure](ctx, r.DB, `WITH o AS (SELECT id, stage FROM ltc."order" WHERE stage NOT IN ('draft', 'cancelled') AND `+w.SQL+`)
		SELECT coalesce(round(sum(CASE WHEN o.stage = 'closed_short' THEN l.net * l.delivered / l.qty ELSE l.net END), 2), 0) AS value, count(DISTINCT o.id) AS n
		FROM o JOIN ltc.order_line l ON l.parent_id = o.id`, w.Args...)
	return kpi.Sum(f.Value.Number(), f.N).At(period("/ltc/order", "order_date", s)), err
}

// OrderCount counts orders by order date.
func (r *Reports) OrderCount(ctx context.Context, s kpi.Scope) (kpi.Value, error) {
	w, err := r.DB.Rows(ctx, "ltc.order", s.Dept)
	if err != nil {
		return kpi.Value{}, err
	}
	w.Days("order_date", s.From, s.To)
	f, err := db.One[figure](ctx, r.DB, `SELECT count(*) AS value, count(*) AS n FROM ltc."order" WHERE stage NOT IN ('draft', 'cancelled') AND `+w.SQL, w.Args...)
	return kpi.Sum(f.Value.Number(), f.N).At(period("/ltc/order", "order_date", s)), err
}

// WinRate is won / (won + lost) by closing date.
func (r *Reports) WinRate(ctx context.Context, s kpi.Scope) (kpi.Value, error) {
	w, err := r.DB.Rows(ctx, "ltc.opportunity", s.Dept)
	if err != nil {
		return kpi.Value{}, err
	}
	w.Days("closed_on", s.From, s.To)
	c, err := db.One[struct{ Won, Closed int64 }](ctx, r.DB, `SELECT count(*) FILTER (WHERE stage = 'won') AS won, count(*) AS closed FROM ltc.opportunity WHERE stage IN ('won', 'lost') AND `+w.SQL, w.Args...)
	return kpi.Share(c.Won, c.Closed).At(period("/ltc/opportunity", "closed_on", s)), err
}

// OpenPipeline is the amount of the deals that are open now, whatever the period.
func (r *Reports) OpenPipeline(ctx context.Context, s kpi.Scope) (kpi.Value, error) {
	w, err := r.DB.Rows(ctx, "ltc.opportunity", s.Dept)
	if err != nil {
		return kpi.Value{}, err
	}
	f, err := db.One[figure](ctx, r.DB, `SELECT coalesce(sum(amount), 0) AS value, count(*) AS n FROM ltc.opportunity WHERE stage IN ('qualify', 'propose', 'negotiate') AND `+w.SQL, w.Args...)
	return kpi.Sum(f.Value.Number(), f.N).At("/ltc/opportunity?stage=qualify,propose,negotiate"), err
}

// Receivables is what customers owe at the end of the period, today if it is open.
func (r *Reports) Receivables(ctx context.Context, s kpi.Scope) (kpi.Value, error) {
	w, err := r.DB.Rows(ctx, "ltc.invoice", s.Dept)
	if err != nil {
		return kpi.Value{}, err
	}
	q, args := openItems(w, s.To)
	f, err := db.One[figure](ctx, r.DB, q+` SELECT coalesce(sum(open), 0) AS value, count(*) AS n FROM item WHERE open <> 0`, args...)
	return kpi.Sum(f.Value.Number(), f.N).At("/ltc/invoice?stage=posted"), err
}

// openItems is the open amount of every invoice as of a day (zero = now), out of
// postings and allocations up to it, so the same day always answers the same.
func openItems(w *db.Rows, day date.Date) (string, []any) {
	if day.IsZero() {
		day = date.New(9999, 12, 31)
	}
	q := `WITH item AS (SELECT v.customer_id, v.due_date, v.total - v.settled - coalesce((SELECT sum(a.amount) FROM ltc.allocation a WHERE a.invoice_id = v.id AND a.on_date <= ?), 0) AS open
		FROM ltc.invoice v WHERE v.invoice_date <= ? AND v.stage IN ('posted', 'paid') AND v.id IN (SELECT id FROM ltc.invoice WHERE ` + w.SQL + `))`
	return q, append([]any{day, day}, w.Args...)
}

// Aging returns the open amounts per customer as of a day, by days overdue. Money
// on account stands in its own column; it is never netted silently.
func (r *Reports) Aging(ctx context.Context, day date.Date) ([]domain.Aging, error) {
	invoices, err := r.DB.Rows(ctx, "ltc.invoice", 0)
	if err != nil {
		return nil, err
	}
	receipts, err := r.DB.Rows(ctx, "ltc.receipt", 0)
	if err != nil {
		return nil, err
	}
	q, args := openItems(invoices, day)
	q += `, bucket AS (SELECT customer_id, open, (CAST(? AS date) - due_date) AS age FROM item WHERE open <> 0),
		owed AS (SELECT customer_id, coalesce(sum(open) FILTER (WHERE age <= 0), 0) AS not_due, coalesce(sum(open) FILTER (WHERE age BETWEEN 1 AND 30), 0) AS days30,
			coalesce(sum(open) FILTER (WHERE age BETWEEN 31 AND 60), 0) AS days60, coalesce(sum(open) FILTER (WHERE age BETWEEN 61 AND 90), 0) AS days90,
			coalesce(sum(open) FILTER (WHERE age BETWEEN 91 AND 120), 0) AS days120, coalesce(sum(open) FILTER (WHERE age > 120), 0) AS older, sum(open) AS total FROM bucket GROUP BY 1),
		account AS (SELECT coalesce(r.customer_id, 0) AS customer_id, -sum(r.amount - r.settled - coalesce((SELECT sum(a.amount) FROM ltc.allocation a WHERE a.receipt_id = r.id AND a.on_date <= ?), 0)) AS on_account
			FROM ltc.receipt r WHERE r.received_on <= ? AND r.id IN (SELECT id FROM ltc.receipt WHERE ` + receipts.SQL + `) GROUP BY 1)
		SELECT coalesce(o.customer_id, c.customer_id) AS customer, coalesce(not_due, 0) AS not_due, coalesce(days30, 0) AS days30, coalesce(days60, 0) AS days60, coalesce(days90, 0) AS days90,
			coalesce(days120, 0) AS days120, coalesce(older, 0) AS older, coalesce(total, 0) AS total, coalesce(on_account, 0) AS on_account
		FROM owed o FULL JOIN account c ON c.customer_id = o.customer_id WHERE coalesce(total, 0) <> 0 OR coalesce(on_account, 0) <> 0 ORDER BY 1`
	rows, err := db.Select[domain.Aging](ctx, r.DB, q, append(append(args, day, day, day), receipts.Args...)...)
	if err != nil {
		return nil, fmt.Errorf("aging as of %s: %w", day, err)
	}
	return rows, nil
}
