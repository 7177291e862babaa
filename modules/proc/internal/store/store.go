// Package store is the SQL of procurement.
package store

import (
	"context"

	"meridian/modules/ipd"
	"meridian/modules/proc"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/money"
	"meridian/platform/trace"
)

// Store answers questions over many purchase documents; it implements domain.Facts
// and proc.Orders.
type Store struct{ DB *db.DB }

// LastPrice implements domain.Facts.
func (s *Store) LastPrice(ctx context.Context, supplier int64, product ipd.ProductID) (p money.Price, ok bool, err error) {
	subject, _ := authz.Of(ctx)
	ok, err = s.DB.Row(ctx, `SELECT l.price FROM proc.po_line l JOIN proc.po o ON o.id = l.parent_id
		WHERE l.product_id = $1 AND ($2 = 0 OR o.supplier_id = $2) AND o.company_id = $3 AND o.stage NOT IN ('draft', 'approved', 'cancelled')
		ORDER BY o.order_date DESC, l.id DESC LIMIT 1`, []any{int64(product), supplier, subject.Company}, &p)
	return p, ok, err
}

// Requested implements domain.Facts.
func (s *Store) Requested(ctx context.Context, invoice, except int64) (a money.Amount, err error) {
	_, err = s.DB.Row(ctx, `SELECT coalesce(sum(amount), 0) FROM proc.payment
		WHERE invoice_id = $1 AND id <> $2 AND stage IN ('draft', 'approved') AND archived_at IS NULL`, []any{invoice, except}, &a)
	return a, err
}

// Supply implements proc.Orders: what suppliers owe to the actor's company.
func (s *Store) Supply(ctx context.Context, product ipd.ProductID) ([]proc.Supply, error) {
	subject, _ := authz.Of(ctx)
	rows, err := db.Select[struct {
		ID         int64
		Qty        money.Qty
		DueOn      date.Date
		OriginType string
		OriginID   int64
	}](ctx, s.DB, `SELECT o.id, l.qty - l.received AS qty, coalesce(o.latest_confirmed, o.wanted_on) AS due_on, l.origin_type, l.origin_id
		FROM proc.po_line l JOIN proc.po o ON o.id = l.parent_id
		WHERE l.product_id = ? AND o.company_id = ? AND o.stage IN ('issued', 'confirmed', 'partially_received') AND l.received < l.qty
		ORDER BY due_on, l.id`, int64(product), subject.Company)
	out := make([]proc.Supply, len(rows))
	for i, r := range rows {
		out[i] = proc.Supply{PO: trace.Ref{Type: "proc.po", ID: r.ID}, Qty: r.Qty, On: r.DueOn, Origin: trace.Ref{Type: r.OriginType, ID: r.OriginID}}
	}
	return out, err
}
