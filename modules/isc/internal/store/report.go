package store

import (
	"context"
	"strings"

	"meridian/modules/ipd"
	"meridian/platform/authz"
	"meridian/platform/db"
	"meridian/platform/kpi"
	"meridian/platform/money"
)

// Reports are the read models of the supply chain, under the reader's row rules.
type Reports struct {
	DB    *db.DB
	Authz *authz.Authz
}

// rows narrows a query to the rows of object the reader may see and the
// department asked for.
func (s *Reports) rows(ctx context.Context, object string, dept int64) (string, []any, error) {
	p, err := s.Authz.Visible(ctx, object, "read")
	if err != nil {
		return "", nil, err
	}
	where := []string{"archived_at IS NULL"}
	w, args := db.Predicate(object, p)
	if w != "" {
		where = append(where, w)
	}
	if dept != 0 {
		where = append(where, "dept_id = ANY(?)")
		args = append(args, db.Array(s.Authz.Directory().Subtree(dept)))
	}
	return strings.Join(where, " AND "), args, nil
}

// OnTimeInFull is the share of shipments of the period that came by the promised
// day with everything on them. A shipment counts on the day of delivery, or of
// dispatch while there is no proof of delivery; without a promise it does not count.
func (s *Reports) OnTimeInFull(ctx context.Context, sc kpi.Scope) (kpi.Value, error) {
	where, args, err := s.rows(ctx, "isc.shipment", sc.Dept)
	if err != nil {
		return kpi.Value{}, err
	}
	q := `SELECT count(*) AS n, count(*) FILTER (WHERE coalesce(delivered_on, shipped_on) <= promised_on
			AND NOT EXISTS (SELECT FROM isc.shipment_line l WHERE l.parent_id = s.id AND l.picked < l.qty)) AS good
		FROM isc.shipment s WHERE stage IN ('shipped', 'delivered') AND promised_on IS NOT NULL AND ` + where
	for _, b := range []struct {
		cond string
		day  interface{ IsZero() bool }
	}{{" AND coalesce(delivered_on, shipped_on) >= ?", sc.From}, {" AND coalesce(delivered_on, shipped_on) <= ?", sc.To}} {
		if !b.day.IsZero() {
			q += b.cond
			args = append(args, b.day)
		}
	}
	rows, err := db.Select[struct{ N, Good int64 }](ctx, s.DB, q, args...)
	if err != nil || len(rows) == 0 {
		return kpi.Value{}, err
	}
	v := kpi.Ratio(money.Units(rows[0].Good).Number(), money.Units(rows[0].N).Number(), rows[0].N)
	v.Href = "/isc/shipment?stage=shipped,delivered"
	return v, nil
}

// StockValue is what the stock was worth at the end of the period: the sum of the
// cost entries dated until then.
func (s *Reports) StockValue(ctx context.Context, sc kpi.Scope) (kpi.Value, error) {
	where, args, err := s.rows(ctx, "isc.item", 0)
	if err != nil {
		return kpi.Value{}, err
	}
	q := `SELECT coalesce(sum(value), 0) AS value, count(DISTINCT product_id) AS n FROM isc.cost_entry
		WHERE (company_id, product_id) IN (SELECT company_id, product_id FROM isc.item WHERE ` + where + `)`
	if !sc.To.IsZero() {
		q += ` AND accounting_date <= ?`
		args = append(args, sc.To)
	}
	rows, err := db.Select[struct {
		Value money.Amount
		N     int64
	}](ctx, s.DB, q, args...)
	if err != nil || len(rows) == 0 {
		return kpi.Value{}, err
	}
	v := kpi.Sum(rows[0].Value.Number(), rows[0].N)
	v.Href = "/isc/item"
	return v, nil
}

// OnHand is the stock of a product in one warehouse.
type OnHand struct {
	Warehouse                                string
	Available, Reserved, Inspection, Blocked money.Qty
}

// OnHand lists the stock of a product by warehouse, of the companies the reader sees.
func (s *Reports) OnHand(ctx context.Context, product ipd.ProductID) ([]OnHand, error) {
	where, args, err := s.rows(ctx, "isc.warehouse", 0)
	if err != nil {
		return nil, err
	}
	return db.Select[OnHand](ctx, s.DB, `SELECT w.name AS warehouse,
			coalesce(sum(b.on_hand) FILTER (WHERE b.status = 'available'), 0) AS available, sum(b.reserved) AS reserved,
			coalesce(sum(b.on_hand) FILTER (WHERE b.status = 'inspection'), 0) AS inspection,
			coalesce(sum(b.on_hand) FILTER (WHERE b.status = 'blocked'), 0) AS blocked
		FROM isc.stock_balance b JOIN isc.location l ON l.id = b.location_id JOIN isc.warehouse w ON w.id = l.warehouse_id
		WHERE w.id IN (SELECT id FROM isc.warehouse WHERE `+where+`) AND b.product_id = ? GROUP BY w.id, w.name HAVING sum(b.on_hand) > 0 ORDER BY w.name`,
		append(args, int64(product))...)
}

// ReorderPoint is that of the product in the reader's company; 0 when none is set.
func (s *Reports) ReorderPoint(ctx context.Context, product ipd.ProductID) (q money.Qty, err error) {
	who, _ := authz.Of(ctx)
	_, err = s.DB.Row(ctx, `SELECT reorder_point FROM isc.item WHERE company_id = $1 AND product_id = $2`, []any{who.Company, int64(product)}, &q)
	return q, err
}
