package store

import (
	"context"

	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/kpi"
	"meridian/platform/money"
)

// Spend is the measure proc.spend: the net of matched invoices by invoice date.
func (s *Store) Spend(ctx context.Context, sc kpi.Scope) (kpi.Value, error) {
	w, err := s.DB.Rows(ctx, "proc.invoice", sc.Dept)
	if err != nil {
		return kpi.Value{}, err
	}
	w.Days("invoice_date", sc.From, sc.To)
	c, err := db.One[struct {
		Net money.Amount
		N   int64
	}](ctx, s.DB, `SELECT coalesce(sum(net), 0) AS net, count(*) AS n FROM proc.invoice WHERE stage IN ('matched', 'approved', 'paid') AND `+w.SQL, w.Args...)
	return kpi.Sum(c.Net.Number(), c.N).At("/proc/invoice?stage=matched,approved,paid&invoice_date_from=" + sc.From.String() + "&invoice_date_to=" + sc.To.String()), err
}

// OnTime is the measure proc.supplier_on_time: of the order lines whose first
// confirmed date lies in the period and has come, the share that had arrived in
// full by that date, summed over all their receipts.
func (s *Store) OnTime(ctx context.Context, sc kpi.Scope, today date.Date) (kpi.Value, error) {
	w, err := s.DB.Rows(ctx, "proc.po", sc.Dept)
	if err != nil {
		return kpi.Value{}, err
	}
	w.And("(first_confirmed < ?::date OR stage IN ('received', 'closed'))", today)
	w.Days("first_confirmed", sc.From, sc.To)
	c, err := db.One[struct{ OnTime, Due int64 }](ctx, s.DB, `SELECT count(*) AS due, count(*) FILTER (WHERE (SELECT coalesce(sum(r.qty), 0) FROM proc.receipt_line r
				JOIN proc.receipt d ON d.id = r.parent_id AND d.stage = 'posted' AND d.received_on <= o.first_confirmed WHERE r.po_line_id = l.id) >= l.qty) AS on_time
		FROM (SELECT id, first_confirmed FROM proc.po WHERE stage NOT IN ('draft', 'approved', 'issued', 'cancelled') AND `+w.SQL+`) o
		JOIN proc.po_line l ON l.parent_id = o.id`, w.Args...)
	return kpi.Share(c.OnTime, c.Due).At("/proc/po?first_confirmed_from=" + sc.From.String() + "&first_confirmed_to=" + sc.To.String()), err
}
