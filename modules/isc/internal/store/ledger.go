// Package store is the SQL of the integrated supply chain.
package store

import (
	"context"

	"meridian/modules/ipd"
	"meridian/modules/isc/internal/domain"
	"meridian/platform/authz"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/trace"
)

// Ledger keeps moves, balances and costs.
type Ledger struct{ DB *db.DB }

// AddMoves implements domain.LedgerStore. A second posting of the same key waits
// for the first and then does nothing.
func (s *Ledger) AddMoves(ctx context.Context, p *domain.Posting) (map[string]int64, error) {
	var products, from, to, lines []int64
	var fromStatus, toStatus, qty, keys []string
	for i := range p.Moves {
		m := &p.Moves[i]
		products, from, to, lines = append(products, int64(m.Product)), append(from, m.From.Location), append(to, m.To.Location), append(lines, m.Line)
		fromStatus, toStatus, qty, keys = append(fromStatus, string(m.From.Status)), append(toStatus, string(m.To.Status)), append(qty, m.Qty.String()), append(keys, m.Key)
	}
	rows, err := db.Select[struct {
		ID      int64
		IdemKey string
	}](ctx, s.DB, `INSERT INTO isc.stock_move (company_id, doc_type, doc_id, supply_type, supply_id, day, posted_by,
			product_id, from_location, from_status, to_location, to_status, qty, doc_line, idem_key)
		SELECT ?, ?, ?, ?, ?, ?::date, ?, m.* FROM unnest(?::bigint[], ?::bigint[], ?::text[], ?::bigint[], ?::text[], ?::numeric[], ?::bigint[], ?::text[]) AS m
		ON CONFLICT (idem_key) DO NOTHING RETURNING id, idem_key`, p.Company, p.Doc.Type, p.Doc.ID, p.Supply.Type, p.Supply.ID, p.Day, authz.Actor(ctx),
		db.Array(products), db.Array(from), db.Array(fromStatus), db.Array(to), db.Array(toStatus), db.Array(qty), db.Array(lines), db.Array(keys))
	out := make(map[string]int64, len(rows))
	for _, r := range rows {
		out[r.IdemKey] = r.ID
	}
	return out, err
}

// Value implements domain.LedgerStore.
func (s *Ledger) Value(ctx context.Context, key string) (v money.Amount, err error) {
	_, err = s.DB.Row(ctx, `SELECT abs(e.value) FROM isc.cost_entry e JOIN isc.stock_move m ON m.id = e.move_id WHERE m.idem_key = $1`, []any{key}, &v)
	return v, err
}

// Supply implements domain.LedgerStore.
func (s *Ledger) Supply(ctx context.Context, receipt trace.Ref, line int64) (r trace.Ref, err error) {
	_, err = s.DB.Row(ctx, `SELECT supply_type, supply_id FROM isc.stock_move WHERE doc_type = $1 AND doc_id = $2 AND doc_line = $3`,
		[]any{receipt.Type, receipt.ID, line}, &r.Type, &r.ID)
	return r, err
}

// LockCosts implements domain.LedgerStore. ORDER BY stands below the locking, so
// two postings take their rows in the same order and never wait in a circle.
func (s *Ledger) LockCosts(ctx context.Context, company int64, products []ipd.ProductID) (map[ipd.ProductID]domain.Cost, error) {
	out := make(map[ipd.ProductID]domain.Cost, len(products))
	if len(products) == 0 {
		return out, nil
	}
	ids := make([]int64, len(products))
	for i, p := range products {
		ids[i] = int64(p)
	}
	if err := s.DB.Later(ctx, nil, `INSERT INTO isc.item_cost (company_id, product_id) SELECT $1, id FROM unnest($2::bigint[]) id ORDER BY id ON CONFLICT DO NOTHING`, company, ids); err != nil {
		return nil, err
	}
	rows, err := db.Select[struct {
		ProductID ipd.ProductID
		Qty       money.Qty
		Value     money.Amount
		Seq       int64
	}](ctx, s.DB, `SELECT product_id, qty, value, seq FROM isc.item_cost WHERE company_id = ? AND product_id = ANY(?) ORDER BY product_id FOR NO KEY UPDATE`, company, db.Array(ids))
	for _, r := range rows {
		out[r.ProductID] = domain.Cost{Qty: r.Qty, Value: r.Value, Seq: r.Seq}
	}
	return out, err
}

// LockBalances implements domain.LedgerStore.
func (s *Ledger) LockBalances(ctx context.Context, keys []domain.Key) (map[domain.Key]domain.Balance, error) {
	out := make(map[domain.Key]domain.Balance, len(keys))
	if len(keys) == 0 {
		return out, nil
	}
	products, locations, statuses := make([]int64, len(keys)), make([]int64, len(keys)), make([]string, len(keys))
	for i, k := range keys {
		products[i], locations[i], statuses[i] = int64(k.Product), k.Location, string(k.Status)
	}
	if err := s.DB.Later(ctx, nil, `INSERT INTO isc.stock_balance (product_id, location_id, status)
		SELECT p, l, s FROM unnest($1::bigint[], $2::bigint[], $3::text[]) k(p, l, s) ORDER BY p, l, s ON CONFLICT DO NOTHING`, products, locations, statuses); err != nil {
		return nil, err
	}
	rows, err := db.Select[struct {
		ProductID, LocationID int64
		Status                string
		OnHand, Reserved      money.Qty
	}](ctx, s.DB, `SELECT b.product_id, b.location_id, b.status, b.on_hand, b.reserved FROM isc.stock_balance b
		WHERE (b.product_id, b.location_id, b.status) IN (SELECT p, l, s FROM unnest(?::bigint[], ?::bigint[], ?::text[]) k(p, l, s))
		ORDER BY b.product_id, b.location_id, b.status FOR NO KEY UPDATE`, db.Array(products), db.Array(locations), db.Array(statuses))
	for _, r := range rows {
		k := domain.Key{Product: ipd.ProductID(r.ProductID), Place: domain.Place{Location: r.LocationID, Status: domain.Status(r.Status)}}
		out[k] = domain.Balance{OnHand: r.OnHand, Reserved: r.Reserved}
	}
	return out, err
}

// Change implements domain.LedgerStore. The condition stands in the statement, so
// a balance cannot go below what is reserved whatever the caller has read.
func (s *Ledger) Change(ctx context.Context, k domain.Key, onHand, reserved money.Qty) error {
	return s.DB.Later(ctx, errs.Stale(), `UPDATE isc.stock_balance SET on_hand = on_hand + $4, reserved = reserved + $5
		WHERE product_id = $1 AND location_id = $2 AND status = $3 AND reserved + $5 >= 0 AND on_hand + $4 >= reserved + $5`,
		int64(k.Product), k.Location, string(k.Status), onHand, reserved)
}

// Balance implements domain.LedgerStore.
func (s *Ledger) Balance(ctx context.Context, k domain.Key) (b domain.Balance, err error) {
	_, err = s.DB.Row(ctx, `SELECT on_hand, reserved FROM isc.stock_balance WHERE product_id = $1 AND location_id = $2 AND status = $3`,
		[]any{int64(k.Product), k.Location, string(k.Status)}, &b.OnHand, &b.Reserved)
	return b, err
}

// Cost implements domain.LedgerStore.
func (s *Ledger) Cost(ctx context.Context, company int64, product ipd.ProductID) (c domain.Cost, err error) {
	_, err = s.DB.Row(ctx, `SELECT qty, value, seq FROM isc.item_cost WHERE company_id = $1 AND product_id = $2`, []any{company, int64(product)}, &c.Qty, &c.Value, &c.Seq)
	return c, err
}

// Enter implements domain.LedgerStore.
func (s *Ledger) Enter(ctx context.Context, p *domain.Posting, move int64, product ipd.ProductID, c domain.Cost, qty money.Qty, value money.Amount) error {
	if err := s.DB.Later(ctx, errs.Stale(), `UPDATE isc.item_cost SET qty = $3, value = $4, seq = $5 WHERE company_id = $1 AND product_id = $2 AND seq = $5 - 1`,
		p.Company, int64(product), c.Qty, c.Value, c.Seq); err != nil {
		return err
	}
	return s.DB.Later(ctx, nil, `INSERT INTO isc.cost_entry (company_id, product_id, seq, move_id, qty, value, qty_after, value_after, accounting_date)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, p.Company, int64(product), c.Seq, move, qty, value, c.Qty, c.Value, p.Day)
}
