package store

import (
	"context"

	"meridian/modules/ipd"
	"meridian/modules/isc/internal/domain"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/money"
	"meridian/platform/trace"
)

// Book keeps the reservations.
type Book struct{ DB *db.DB }

// Add implements domain.Book.
func (s *Book) Add(ctx context.Context, r domain.Reservation) error {
	return s.DB.Later(ctx, nil, `INSERT INTO isc.reservation (company_id, warehouse_id, location_id, doc_type, doc_id, doc_line, product_id, qty, priority, need_by, owner_id,
			state, supply_type, supply_id, supply_on)
		VALUES ($1, $2, CASE WHEN $12 = 'soft' THEN NULL ELSE $3::bigint END, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		r.Site.Company, r.Site.Warehouse, r.Site.Location, r.Doc.Type, r.Doc.ID, r.Line, int64(r.Product), r.Qty, r.Priority, r.NeedBy, r.Owner,
		string(r.State), r.Supply.Type, r.Supply.ID, r.SupplyOn)
}

// Turn implements domain.Book.
func (s *Book) Turn(ctx context.Context, r domain.Reservation, qty money.Qty, to domain.State) error {
	if qty.Equal(r.Qty) {
		return s.DB.Later(ctx, nil, `UPDATE isc.reservation SET state = $2 WHERE id = $1`, r.ID, string(to))
	}
	if err := s.DB.Later(ctx, nil, `UPDATE isc.reservation SET qty = qty - $2 WHERE id = $1`, r.ID, qty); err != nil {
		return err
	}
	return s.DB.Later(ctx, nil, `INSERT INTO isc.reservation (company_id, warehouse_id, location_id, doc_type, doc_id, doc_line, product_id, qty, priority, need_by, owner_id,
			state, supply_type, supply_id, supply_on)
		SELECT company_id, warehouse_id, location_id, doc_type, doc_id, doc_line, product_id, $2, priority, need_by, owner_id, $3, supply_type, supply_id, supply_on
		FROM isc.reservation WHERE id = $1`, r.ID, qty, string(to))
}

const claims = `SELECT id, company_id, warehouse_id, coalesce(location_id, 0) AS location_id, doc_type, doc_id, doc_line, product_id, qty, priority, need_by, owner_id,
	state, supply_type, supply_id, supply_on FROM isc.reservation WHERE `

type claim struct {
	ID, CompanyID, WarehouseID, LocationID int64
	DocType                                string
	DocID, DocLine                         int64
	ProductID                              ipd.ProductID
	Qty                                    money.Qty
	Priority                               int
	NeedBy                                 date.Date
	OwnerID                                int64
	State                                  domain.State
	SupplyType                             string
	SupplyID                               int64
	SupplyOn                               date.Date
}

func (s *Book) list(ctx context.Context, where string, args ...any) ([]domain.Reservation, error) {
	rows, err := db.Select[claim](ctx, s.DB, claims+where+` ORDER BY id`, args...)
	out := make([]domain.Reservation, len(rows))
	for i, r := range rows {
		out[i] = domain.Reservation{ID: r.ID, Site: domain.Site{Warehouse: r.WarehouseID, Company: r.CompanyID, Location: r.LocationID},
			Doc: trace.Ref{Type: r.DocType, ID: r.DocID}, Line: r.DocLine, Product: r.ProductID, Qty: r.Qty, Priority: r.Priority, NeedBy: r.NeedBy, Owner: r.OwnerID,
			State: r.State, Supply: trace.Ref{Type: r.SupplyType, ID: r.SupplyID}, SupplyOn: r.SupplyOn}
	}
	return out, err
}

// Of implements domain.Book.
func (s *Book) Of(ctx context.Context, doc trace.Ref) ([]domain.Reservation, error) {
	return s.list(ctx, `doc_type = ? AND doc_id = ? AND state IN ('soft', 'hard')`, doc.Type, doc.ID)
}

// Pegs implements domain.Book.
func (s *Book) Pegs(ctx context.Context, product ipd.ProductID) ([]domain.Reservation, error) {
	return s.list(ctx, `product_id = ? AND state = 'soft'`, int64(product))
}

// InInspection implements domain.Book.
func (s *Book) InInspection(ctx context.Context, product ipd.ProductID) (map[trace.Ref]money.Qty, error) {
	rows, err := db.Select[struct {
		SupplyType string
		SupplyID   int64
		Qty        money.Qty
	}](ctx, s.DB, `SELECT supply_type, supply_id, sum(CASE WHEN to_status = 'inspection' THEN qty WHEN from_status = 'inspection' THEN -qty ELSE 0 END) AS qty
		FROM isc.stock_move WHERE product_id = ? AND supply_id <> 0 GROUP BY 1, 2
		HAVING sum(CASE WHEN to_status = 'inspection' THEN qty WHEN from_status = 'inspection' THEN -qty ELSE 0 END) > 0`, int64(product))
	out := make(map[trace.Ref]money.Qty, len(rows))
	for _, r := range rows {
		out[trace.Ref{Type: r.SupplyType, ID: r.SupplyID}] = r.Qty
	}
	return out, err
}

// Picks knows what lies in parcels that have not left.
type Picks struct{ DB *db.DB }

// Picked implements domain.PickList.
func (s *Picks) Picked(ctx context.Context, order, except int64) (map[int64]money.Qty, error) {
	rows, err := db.Select[struct {
		OrderLine int64
		Qty       money.Qty
	}](ctx, s.DB, `SELECT l.order_line, sum(l.picked) AS qty FROM isc.shipment s JOIN isc.shipment_line l ON l.parent_id = s.id
		WHERE s.order_id = ? AND s.stage = 'picked' AND s.id <> ? GROUP BY 1`, order, except)
	out := make(map[int64]money.Qty, len(rows))
	for _, r := range rows {
		out[r.OrderLine] = r.Qty
	}
	return out, err
}
