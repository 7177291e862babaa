package store

import (
	"context"

	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/kpi"
	"meridian/platform/money"
	"meridian/platform/record"
)

// scope is the row rule of the reader and the department as a condition on object.
func scope(object string, p record.Pred, dept int64) (where string, args []any) {
	where, args = db.Predicate(object, p)
	if where == "" {
		where = "true"
	}
	if dept != 0 {
		where += " AND dept_id = ?"
		args = append(args, dept)
	}
	return where, args
}

// Spend is the measure proc.spend: the net of matched invoices by invoice date.
func (s *Store) Spend(ctx context.Context, p record.Pred, sc kpi.Scope) (kpi.Value, error) {
	where, args := scope("proc.invoice", p, sc.Dept)
	rows, err := db.Select[struct {
		Net money.Amount
		N   int64
	}](ctx, s.DB, `SELECT coalesce(sum(net), 0) AS net, count(*) AS n FROM proc.invoice
		WHERE stage IN ('matched', 'approved', 'paid') AND (?::date IS NULL OR invoice_date >= ?::date) AND (?::date IS NULL OR invoice_date <= ?::date) AND `+where,
		append([]any{sc.From, sc.From, sc.To, sc.To}, args...)...)
	if err != nil {
		return kpi.Value{}, err
	}
	v := kpi.Sum(rows[0].Net.Number(), rows[0].N)
	v.Href = "/proc/invoice?stage=matched,approved,paid&invoice_date_from=" + sc.From.String() + "&invoice_date_to=" + sc.To.String()
	return v, nil
}

// OnTime is the measure proc.supplier_on_time: of the order lines whose first
// confirmed date lies in the period and has come, the share that had arrived in
// full by that date, summed over all their receipts.
func (s *Store) OnTime(ctx context.Context, p record.Pred, sc kpi.Scope, today date.Date) (kpi.Value, error) {
	where, args := scope("proc.po", p, sc.Dept)
	rows, err := db.Select[struct{ OnTime, Due int64 }](ctx, s.DB, `SELECT count(*) AS due, count(*) FILTER (WHERE (SELECT coalesce(sum(r.qty), 0) FROM proc.receipt_line r
				JOIN proc.receipt d ON d.id = r.parent_id AND d.stage = 'posted' AND d.received_on <= o.first_confirmed WHERE r.po_line_id = l.id) >= l.qty) AS on_time
		FROM (SELECT id, first_confirmed FROM proc.po WHERE stage NOT IN ('draft', 'approved', 'issued', 'cancelled') AND (first_confirmed < ?::date OR stage IN ('received', 'closed'))
			AND (?::date IS NULL OR first_confirmed >= ?::date) AND (?::date IS NULL OR first_confirmed <= ?::date) AND `+where+`) o
		JOIN proc.po_line l ON l.parent_id = o.id`, append([]any{today, sc.From, sc.From, sc.To, sc.To}, args...)...)
	if err != nil {
		return kpi.Value{}, err
	}
	v := kpi.Ratio(money.Units(rows[0].OnTime).Number(), money.Units(rows[0].Due).Number(), rows[0].Due)
	v.Href = "/proc/po?first_confirmed_from=" + sc.From.String() + "&first_confirmed_to=" + sc.To.String()
	return v, nil
}
