package store

import (
	"context"

	"meridian/platform/db"
)

// Differences lists what breaks the chain of quantities and amounts: an order line
// that does not equal its posted receipts, its inspections or its matched invoices,
// an invoice that does not equal its payments.
func (s *Store) Differences(ctx context.Context) ([]string, error) {
	rows, err := db.Select[struct{ Line string }](ctx, s.DB, `
		SELECT 'order ' || o.no || ' line ' || l.pos || ': received, accepted or rejected differ from its receipts' AS line
			FROM proc.po_line l JOIN proc.po o ON o.id = l.parent_id
			LEFT JOIN (SELECT r.po_line_id, sum(r.qty) AS qty, sum(r.accepted) AS accepted, sum(r.rejected) AS rejected
				FROM proc.receipt_line r JOIN proc.receipt d ON d.id = r.parent_id AND d.stage = 'posted' GROUP BY 1) r ON r.po_line_id = l.id
			WHERE l.received <> coalesce(r.qty, 0) OR l.accepted <> coalesce(r.accepted, 0) OR l.rejected <> coalesce(r.rejected, 0)
		UNION ALL
		SELECT 'receipt ' || d.no || ' line ' || r.pos || ': accepted, rejected and pending do not follow its inspection'
			FROM proc.receipt_line r JOIN proc.receipt d ON d.id = r.parent_id AND d.stage = 'posted' LEFT JOIN proc.inspection i ON i.receipt_line_id = r.id
			WHERE i.id IS NULL OR i.qty <> r.qty OR i.accepted <> r.accepted OR i.rejected <> r.rejected
		UNION ALL
		SELECT 'order ' || o.no || ' line ' || l.pos || ': billed differs from its matched invoices, or exceeds what was accepted'
			FROM proc.po_line l JOIN proc.po o ON o.id = l.parent_id
			LEFT JOIN (SELECT v.po_line_id, sum(v.qty) AS qty FROM proc.invoice_line v JOIN proc.invoice d ON d.id = v.parent_id AND d.stage IN ('matched', 'approved', 'paid')
				GROUP BY 1) v ON v.po_line_id = l.id
			WHERE l.billed <> coalesce(v.qty, 0) OR l.billed > l.accepted
		UNION ALL
		SELECT 'invoice ' || v.no || ': paid differs from its payments, or exceeds its total, or it was never matched'
			FROM proc.invoice v LEFT JOIN (SELECT invoice_id, sum(amount) AS amount FROM proc.payment WHERE stage = 'paid' GROUP BY 1) p ON p.invoice_id = v.id
			WHERE v.paid <> coalesce(p.amount, 0) OR v.paid > v.total OR (v.paid > 0 AND v.stage NOT IN ('approved', 'paid')) OR (v.stage = 'paid' AND v.paid <> v.total)`)
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.Line
	}
	return out, err
}
