package store

import (
	"context"

	"meridian/modules/crm"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/trace"
)

// Exposure is the ledger behind credit decisions.
type Exposure struct{ DB *db.DB }

// Lock implements domain.ExposureLedger. The row is made on first use.
func (s *Exposure) Lock(ctx context.Context, customer crm.CustomerID) (limit, orders, receivables money.Amount, err error) {
	if err = s.DB.Exec(ctx, `INSERT INTO crm.exposure_total (customer_id) VALUES ($1) ON CONFLICT DO NOTHING`, int64(customer)); err != nil {
		return
	}
	ok, err := s.DB.Row(ctx, `SELECT c.credit_limit, e.orders, e.receivables FROM crm.exposure_total e JOIN crm.customer c ON c.id = e.customer_id
		WHERE e.customer_id = $1 FOR NO KEY UPDATE OF e`, []any{int64(customer)}, &limit, &orders, &receivables)
	if err == nil && !ok {
		err = errs.Missing()
	}
	return
}

// Add implements domain.ExposureLedger.
func (s *Exposure) Add(ctx context.Context, customer crm.CustomerID, part crm.ExposurePart, doc trace.Ref, amount money.Amount, key string) error {
	n, err := s.DB.ExecN(ctx, `INSERT INTO crm.exposure_entry (customer_id, part, object_type, object_id, amount, idem_key)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (idem_key) DO NOTHING`, int64(customer), string(part), doc.Type, doc.ID, amount, key)
	if err != nil || n == 0 {
		return err
	}
	return s.DB.Exec(ctx, `INSERT INTO crm.exposure_total AS t (customer_id, orders, receivables)
		VALUES ($1, CASE WHEN $2 = 'order' THEN $3::numeric ELSE 0 END, CASE WHEN $2 = 'receivable' THEN $3::numeric ELSE 0 END)
		ON CONFLICT (customer_id) DO UPDATE SET orders = t.orders + excluded.orders, receivables = t.receivables + excluded.receivables`,
		int64(customer), string(part), amount)
}

// Differences lists customers whose totals are not the sum of their entries, for
// the self-check.
func (s *Exposure) Differences(ctx context.Context) ([]string, error) {
	rows, err := db.Select[struct{ Line string }](ctx, s.DB, `SELECT 'customer ' || coalesce(t.customer_id, e.customer_id) || ': exposure total differs from its entries' AS line
		FROM crm.exposure_total t FULL JOIN (SELECT customer_id, sum(amount) FILTER (WHERE part = 'order') AS o, sum(amount) FILTER (WHERE part = 'receivable') AS r
			FROM crm.exposure_entry GROUP BY 1) e USING (customer_id)
		WHERE coalesce(t.orders, 0) <> coalesce(e.o, 0) OR coalesce(t.receivables, 0) <> coalesce(e.r, 0)`)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.Line
	}
	return out, nil
}
