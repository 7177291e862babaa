package domain

import (
	"context"
	"fmt"

	"meridian/modules/ipd"
	"meridian/modules/proc"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/event"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// ReceiptStage is the state of a goods receipt.
type ReceiptStage string

// The stages of a goods receipt.
const (
	ReceiptDraft  ReceiptStage = "draft"
	ReceiptPosted ReceiptStage = "posted"
)

// Receipt is a delivery that arrived.
type Receipt struct {
	record.Base
	Stage        ReceiptStage
	POID         int64 `gorm:"column:po_id"`
	WarehouseID  int64
	ReceivedOn   date.Date
	DeliveryNote string
	PostedBy     int64
	Lines        []ReceiptLine `gorm:"-"`
}

// ReceiptLine is one product that arrived; what is neither accepted nor rejected
// is pending.
type ReceiptLine struct {
	record.Line
	POLineID  int64 `gorm:"column:po_line_id"`
	ProductID ipd.ProductID
	Qty       money.Qty
	Accepted  money.Qty
	Rejected  money.Qty
}

// pending is what waits for inspection.
func (l *ReceiptLine) pending() money.Qty { return l.Qty.Sub(l.Accepted).Sub(l.Rejected) }

// Receipts is the service behind the goods receipts.
type Receipts struct {
	Store       record.Store[Receipt]
	Type        *resource.Type[Receipt]
	Orders      *Orders
	Inspections *Inspections
	Products    ipd.Products
	Bus         *event.Bus
	Today       func(ctx context.Context) date.Date
}

// check fills a draft from its order; without lines it takes all that is open.
func (s *Receipts) check(ctx context.Context, r *Receipt) error {
	if r.Stage != ReceiptDraft || r.POID == 0 {
		return nil
	}
	if s.Today(ctx).Before(r.ReceivedOn) {
		return errs.Bad("received_on", "The day of receipt lies in the future.")
	}
	o, err := s.Orders.Store.Get(system(ctx, "order of a receipt"), r.POID)
	if errs.Is(err, errs.NotFound) {
		return errs.Bad("po_id", "There is no such record, or you may not see it.")
	}
	if err != nil {
		return err
	}
	if o.Stage != OrderConfirmed && o.Stage != OrderPartial {
		return errs.Bad("po_id", "Goods are received for orders the supplier has confirmed; {0} is not open.", o.No)
	}
	if r.WarehouseID == 0 {
		r.WarehouseID = o.WarehouseID
	}
	return r.fill(o)
}

// fill gives every line its order line.
func (r *Receipt) fill(o *Order) error {
	open := func(l *OrderLine) money.Qty { return l.Qty.Sub(l.Received) }
	if len(r.Lines) == 0 {
		for i := range o.Lines {
			if q := open(&o.Lines[i]); q.Sign() > 0 {
				r.Lines = append(r.Lines, ReceiptLine{POLineID: o.Lines[i].ID, Qty: q})
			}
		}
	}
	for i := range r.Lines {
		l := &r.Lines[i]
		from := o.line(l.POLineID)
		if l.POLineID == 0 {
			from = o.lineFor(l.ProductID, open)
		}
		if from == nil {
			return errs.Bad(fmt.Sprintf("lines.%d.product_id", i), "The order has no such line.")
		}
		if l.Qty.Sign() <= 0 {
			return errs.Bad(fmt.Sprintf("lines.%d.qty", i), "The quantity must be above 0.")
		}
		l.POLineID, l.ProductID = from.ID, from.ProductID
	}
	return nil
}

// post takes the goods over: the order counts them, an inspection is planned for
// each line, stock hears of it. Whoever placed the order does not receive it.
func (s *Receipts) post(ctx context.Context, r *Receipt) error {
	o, err := s.Orders.Type.Update(ctx, r.POID, func(o *Order) error {
		if err := apart(ctx, "Whoever placed the order does not receive its goods.", o.OwnerID, o.CreatedBy); err != nil {
			return err
		}
		return o.receive(r.Lines, r.ReceivedOn)
	})
	if err != nil {
		return err
	}
	r.PostedBy = authz.Actor(ctx)
	move := "receive_part"
	if o.complete() {
		move = "receive_all"
	}
	if err := s.Orders.Type.Fire(ctx, o.ID, move, nil); err != nil {
		return err
	}
	for i := range r.Lines {
		if err := s.Inspections.plan(ctx, r, &r.Lines[i]); err != nil {
			return err
		}
	}
	return s.announce(ctx, r, o)
}

// announce tells stock what arrived; services are no stock.
func (s *Receipts) announce(ctx context.Context, r *Receipt, o *Order) error {
	ids := make([]ipd.ProductID, len(r.Lines))
	for i, l := range r.Lines {
		ids[i] = l.ProductID
	}
	products, err := s.Products.Products(ctx, ids)
	if err != nil {
		return fmt.Errorf("products of receipt %d: %w", r.ID, err)
	}
	e := proc.GoodsReceived{Receipt: s.Type.Ref(r.ID), PO: s.Orders.Type.Ref(o.ID), Warehouse: r.WarehouseID, Day: r.ReceivedOn}
	for _, l := range r.Lines {
		if products[l.ProductID].Kind == ipd.Service {
			continue
		}
		from := o.line(l.POLineID)
		e.Lines = append(e.Lines, proc.ReceivedLine{Line: l.ID, Product: l.ProductID, Qty: l.Qty, UnitCost: from.Price, Origin: origin(from.OriginType, from.OriginID)})
	}
	if len(e.Lines) == 0 {
		return nil
	}
	return s.Bus.Publish(ctx, e)
}
