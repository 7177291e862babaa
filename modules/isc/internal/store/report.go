package store

import (
	"context"

	"meridian/modules/ipd"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/kpi"
	"meridian/platform/money"
)

// Reports are the read models of the supply chain, under the reader's row rules.
type Reports struct{ DB *db.DB }

// OnTimeInFull is the share of shipments of the period that came by the promised
// day with everything on them. A shipment counts on the day of delivery, or of
// dispatch while there is no proof of delivery; without a promise it does not count.
func (s *Reports) OnTimeInFull(ctx context.Context, sc kpi.Scope) (kpi.Value, error) {
	w, err := s.DB.Rows(ctx, "isc.shipment", sc.Dept)
	if err != nil {
		return kpi.Value{}, err
	}
	w.Days("coalesce(delivered_on, shipped_on)", sc.From, sc.To)
	c, err := db.One[struct{ N, Good int64 }](ctx, s.DB, `SELECT count(*) AS n, count(*) FILTER (WHERE coalesce(delivered_on, shipped_on) <= promised_on
			AND NOT EXISTS (SELECT FROM isc.shipment_line l WHERE l.parent_id = s.id AND l.picked < l.qty)) AS good
		FROM isc.shipment s WHERE stage IN ('shipped', 'delivered') AND promised_on IS NOT NULL AND `+w.SQL, w.Args...)
	return kpi.Share(c.Good, c.N).At("/isc/shipment?stage=shipped,delivered"), err
}

// StockValue is what the stock was worth at the end of the period: the sum of the
// cost entries dated until then.
func (s *Reports) StockValue(ctx context.Context, sc kpi.Scope) (kpi.Value, error) {
	w, err := s.DB.Rows(ctx, "isc.item", 0)
	if err != nil {
		return kpi.Value{}, err
	}
	w.SQL = `(company_id, product_id) IN (SELECT company_id, product_id FROM isc.item WHERE ` + w.SQL + `)`
	w.Days("accounting_date", date.Date{}, sc.To)
	c, err := db.One[struct {
		Value money.Amount
		N     int64
	}](ctx, s.DB, `SELECT coalesce(sum(value), 0) AS value, count(DISTINCT product_id) AS n FROM isc.cost_entry WHERE `+w.SQL, w.Args...)
	return kpi.Sum(c.Value.Number(), c.N).At("/isc/item"), err
}

// OnHand is the stock of a product in one warehouse.
type OnHand struct {
	Warehouse                                string
	Available, Reserved, Inspection, Blocked money.Qty
}

// OnHand lists the stock of a product by warehouse, of the companies the reader sees.
func (s *Reports) OnHand(ctx context.Context, product ipd.ProductID) ([]OnHand, error) {
	w, err := s.DB.Rows(ctx, "isc.warehouse", 0)
	if err != nil {
		return nil, err
	}
	return db.Select[OnHand](ctx, s.DB, `SELECT w.name AS warehouse,
			coalesce(sum(b.on_hand) FILTER (WHERE b.status = 'available'), 0) AS available, sum(b.reserved) AS reserved,
			coalesce(sum(b.on_hand) FILTER (WHERE b.status = 'inspection'), 0) AS inspection,
			coalesce(sum(b.on_hand) FILTER (WHERE b.status = 'blocked'), 0) AS blocked
		FROM isc.stock_balance b JOIN isc.location l ON l.id = b.location_id JOIN isc.warehouse w ON w.id = l.warehouse_id
		WHERE w.id IN (SELECT id FROM isc.warehouse WHERE `+w.SQL+`) AND b.product_id = ? GROUP BY w.id, w.name HAVING sum(b.on_hand) > 0 ORDER BY w.name`,
		append(w.Args, int64(product))...)
}

// ReorderPoint is that of the product in the reader's company; 0 when none is set.
func (s *Reports) ReorderPoint(ctx context.Context, product ipd.ProductID) (q money.Qty, err error) {
	who, _ := authz.Of(ctx)
	_, err = s.DB.Row(ctx, `SELECT reorder_point FROM isc.item WHERE company_id = $1 AND product_id = $2`, []any{who.Company, int64(product)}, &q)
	return q, err
}
