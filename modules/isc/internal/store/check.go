package store

import (
	"context"

	"meridian/platform/db"
)

// Checks are the self-checks of the stock ledger.
type Checks struct{ DB *db.DB }

// Balances: every balance is the sum of its moves.
func (s *Checks) Balances(ctx context.Context) ([]string, error) {
	return s.lines(ctx, `WITH moved AS (
			SELECT product_id, location_id, status, sum(qty) AS qty FROM (
				SELECT product_id, to_location AS location_id, to_status AS status, qty FROM isc.stock_move WHERE to_status <> ''
				UNION ALL SELECT product_id, from_location, from_status, -qty FROM isc.stock_move WHERE from_status <> '') m GROUP BY 1, 2, 3)
		SELECT format('product %s at location %s (%s): balance %s, moves %s', product_id, location_id, status, coalesce(b.on_hand, 0), coalesce(m.qty, 0)) AS line
		FROM isc.stock_balance b FULL JOIN moved m USING (product_id, location_id, status) WHERE coalesce(b.on_hand, 0) <> coalesce(m.qty, 0)`)
}

// Reserved: what a balance says is reserved is the sum of the open hard reservations.
func (s *Checks) Reserved(ctx context.Context) ([]string, error) {
	return s.lines(ctx, `SELECT format('product %s at location %s: %s reserved, claims %s', product_id, location_id, coalesce(b.reserved, 0), coalesce(r.qty, 0)) AS line
		FROM (SELECT product_id, location_id, reserved FROM isc.stock_balance WHERE status = 'available') b
		FULL JOIN (SELECT product_id, location_id, sum(qty) AS qty FROM isc.reservation WHERE state = 'hard' GROUP BY 1, 2) r USING (product_id, location_id)
		WHERE coalesce(b.reserved, 0) <> coalesce(r.qty, 0)`)
}

// Costs: cost, its entries and the balances agree in quantity and value, and no
// entry is missing.
func (s *Checks) Costs(ctx context.Context) ([]string, error) {
	return s.lines(ctx, `WITH held AS (
			SELECT w.company_id, b.product_id, sum(b.on_hand) AS qty FROM isc.stock_balance b JOIN isc.location l ON l.id = b.location_id
			JOIN isc.warehouse w ON w.id = l.warehouse_id GROUP BY 1, 2),
		entered AS (SELECT company_id, product_id, sum(qty) AS qty, sum(value) AS value, count(*) AS n FROM isc.cost_entry GROUP BY 1, 2)
		SELECT format('product %s: cost %s worth %s after %s entries, stock %s, entries %s worth %s (%s)', product_id, coalesce(c.qty, 0), coalesce(c.value, 0), coalesce(c.seq, 0),
			coalesce(h.qty, 0), coalesce(e.qty, 0), coalesce(e.value, 0), coalesce(e.n, 0)) AS line
		FROM isc.item_cost c FULL JOIN held h USING (company_id, product_id) FULL JOIN entered e USING (company_id, product_id)
		WHERE coalesce(c.qty, 0) <> coalesce(h.qty, 0) OR coalesce(c.qty, 0) <> coalesce(e.qty, 0) OR coalesce(c.value, 0) <> coalesce(e.value, 0) OR coalesce(c.seq, 0) <> coalesce(e.n, 0)`)
}

// Negative: nothing is below zero; the constraints say the same, unless somebody
// dropped them.
func (s *Checks) Negative(ctx context.Context) ([]string, error) {
	return s.lines(ctx, `SELECT format('product %s at location %s: %s on hand, %s reserved', product_id, location_id, on_hand, reserved) AS line
		FROM isc.stock_balance WHERE on_hand < 0 OR reserved < 0 OR reserved > on_hand`)
}

func (s *Checks) lines(ctx context.Context, q string) ([]string, error) {
	rows, err := db.Select[struct{ Line string }](ctx, s.DB, q)
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.Line
	}
	return out, err
}
