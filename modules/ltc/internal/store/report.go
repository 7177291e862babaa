package store

import (
	"context"
	"net/url"

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
	f, err := db.One[figure](ctx, r.DB, q+` SELECT coalesce(sum(open), 0) AS value, count(DISTINCT invoice_id) AS n FROM item WHERE open <> 0`, args...)
	return kpi.Sum(f.Value.Number(), f.N).At("/ltc/invoice?stage=posted"), err
}
