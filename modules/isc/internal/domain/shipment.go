package domain

import (
	"context"
	"fmt"

	"meridian/modules/ipd"
	"meridian/modules/isc"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/event"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// ShipmentStage is where a shipment stands.
type ShipmentStage string

// The stages of a shipment.
const (
	ShipmentPlanned   ShipmentStage = "planned"
	ShipmentPicked    ShipmentStage = "picked"
	ShipmentShipped   ShipmentStage = "shipped"
	ShipmentDelivered ShipmentStage = "delivered"
	ShipmentCancelled ShipmentStage = "cancelled"
)

// Shipment is one delivery to a customer.
type Shipment struct {
	record.Base
	Stage       ShipmentStage
	OrderID     int64
	CustomerID  int64
	WarehouseID int64
	ShipTo      string
	PromisedOn  date.Date
	Carrier     string
	Tracking    string
	ShippedOn   date.Date
	DeliveredOn date.Date
	SignedBy    string
	Lines       []ShipmentLine `gorm:"-"`
}

// ShipmentLine is one product of a shipment.
type ShipmentLine struct {
	record.Line
	OrderLine int64
	ProductID ipd.ProductID
	Qty       money.Qty
	Picked    money.Qty
	Cost      money.Amount
}

// gone reports whether the goods have left.
func (s *Shipment) gone() bool { return s.Stage == ShipmentShipped || s.Stage == ShipmentDelivered }

// PickList knows what other shipments have picked.
type PickList interface {
	// Picked returns by order line what the picked shipments of an order other than
	// except hold.
	Picked(ctx context.Context, order, except int64) (map[int64]money.Qty, error)
}

// Shipments is the service behind the shipment type; it implements isc.Shipments.
type Shipments struct {
	Store    record.Store[Shipment]
	Stock    *Stock
	Picks    PickList
	Credit   isc.Credit
	Bus      *event.Bus
	Today    func(ctx context.Context) date.Date
	Demand   string // type of the documents that ask for goods
	Customer string // type of whom the goods go to

	Type *resource.Type[Shipment]
}

func (s *Shipments) doc(sh *Shipment) trace.Ref { return trace.Ref{Type: s.Demand, ID: sh.OrderID} }

// check holds for what the program makes and for history from a file. A shipment
// of the past that names no picked quantity left complete.
func (s *Shipments) check(_ context.Context, sh *Shipment) error {
	var bad []errs.Field
	picked := false
	for i, l := range sh.Lines {
		if l.Qty.Sign() <= 0 {
			bad = append(bad, errs.Field{Name: fmt.Sprintf("lines.%d.qty", i), Message: "A quantity above zero is needed."})
		}
		if l.Picked.Sign() < 0 || l.Qty.Less(l.Picked) {
			bad = append(bad, errs.Field{Name: fmt.Sprintf("lines.%d.picked", i), Message: "Between nothing and the quantity of the line."})
		}
		picked = picked || !l.Picked.IsZero()
	}
	if sh.gone() {
		if sh.ShippedOn.IsZero() && sh.DeliveredOn.IsZero() {
			bad = append(bad, errs.Field{Name: "shipped_on", Message: "Give the day it was shipped."})
		}
		for i := range sh.Lines {
			if !picked {
				sh.Lines[i].Picked = sh.Lines[i].Qty
			}
		}
	}
	if !sh.DeliveredOn.IsZero() && sh.DeliveredOn.Before(sh.ShippedOn) {
		bad = append(bad, errs.Field{Name: "delivered_on", Message: "Goods are not delivered before they are shipped."})
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// Request implements isc.Shipments. Services are left out. Errors: Invalid when no
// goods remain or the document is of another type.
func (s *Shipments) Request(ctx context.Context, r isc.ShipRequest) (trace.Ref, error) {
	ctx = authz.System(ctx, "isc.Shipments")
	if r.Doc.Type != s.Demand {
		return trace.Ref{}, errs.New(errs.Invalid, "Goods are shipped for documents of type {0} only.", s.Demand)
	}
	site, err := s.Stock.site(ctx, r.Warehouse)
	if err != nil {
		return trace.Ref{}, err
	}
	goods, err := s.Stock.goods(ctx, r.Lines)
	if err != nil {
		return trace.Ref{}, err
	}
	sh := &Shipment{OrderID: r.Doc.ID, CustomerID: r.Customer, WarehouseID: site.Warehouse, ShipTo: r.ShipTo, PromisedOn: r.Promised}
	sh.OwnerID, sh.CompanyID = r.Owner, site.Company
	for _, l := range r.Lines {
		if goods[l.Product] {
			sh.Lines = append(sh.Lines, ShipmentLine{OrderLine: l.Line, ProductID: l.Product, Qty: l.Qty})
		}
	}
	if len(sh.Lines) == 0 {
		return trace.Ref{}, errs.New(errs.Invalid, "There are no goods to ship.")
	}
	if err := s.Type.Create(ctx, sh); err != nil {
		return trace.Ref{}, fmt.Errorf("shipment of %s: %w", r.Doc, err)
	}
	return s.Type.Ref(sh.ID), nil
}

// shelf is where the goods of a shipment lie, by balance.
func (s *Shipments) shelf(ctx context.Context, sh *Shipment) (Site, []Key, error) {
	site, err := s.Stock.Sites.Site(ctx, sh.WarehouseID, sh.CompanyID)
	var keys []Key
	for _, l := range sh.Lines {
		keys = append(keys, Key{l.ProductID, site.at(Available)})
	}
	return site, keys, err
}

// claims are the hard reservations of the order that lie in the warehouse of the
// shipment. The caller has locked the shelf.
func (s *Shipments) claims(ctx context.Context, sh *Shipment, site Site) ([]Reservation, error) {
	list, err := s.Stock.Book.Of(ctx, s.doc(sh))
	var out []Reservation
	for _, r := range list {
		if r.State == Hard && r.Site.Location == site.Location {
			out = append(out, r)
		}
	}
	return out, err
}

// pick takes the goods off the shelf: everything must be reserved for the order
// and not lie in another parcel of it.
func (s *Shipments) pick(ctx context.Context, sh *Shipment) error {
	site, keys, err := s.shelf(ctx, sh)
	if err != nil {
		return err
	}
	// Parcels of one order are picked one after the other; costs are not asked for, so
	// the gate of the product stays open.
	if _, err := s.Stock.Ledger.lockBalances(ctx, keys); err != nil {
		return err
	}
	claims, err := s.claims(ctx, sh, site)
	if err != nil {
		return err
	}
	elsewhere, err := s.Picks.Picked(ctx, sh.OrderID, sh.ID)
	if err != nil {
		return err
	}
	left := map[int64]money.Qty{}
	for _, r := range claims {
		left[r.Line] = left[r.Line].Add(r.Qty)
	}
	for i := range sh.Lines {
		l := &sh.Lines[i]
		free := left[l.OrderLine].Sub(elsewhere[l.OrderLine])
		if free.Less(l.Qty) {
			return s.Stock.Ledger.short(ctx, l.ProductID, l.Qty, free)
		}
		left[l.OrderLine] = left[l.OrderLine].Sub(l.Qty)
		l.Picked = l.Qty
	}
	return nil
}

// dispatch is the input of the move "ship".
type dispatch struct{ Carrier, Tracking string }

func dispatchForm() resource.Fields[dispatch] {
	return resource.Fields[dispatch]{
		resource.Text("carrier", "Carrier", func(d *dispatch) *string { return &d.Carrier }).Required(),
		resource.Text("tracking", "Tracking number", func(d *dispatch) *string { return &d.Tracking }),
	}
}

// ship lets the goods leave: the reservation is consumed, stock is issued at cost
// and the order is told, in one transaction.
func (s *Shipments) ship(ctx context.Context, sh *Shipment, in *dispatch) error {
	ok, reason, err := s.Credit.MayShip(ctx, sh.CustomerID, s.doc(sh))
	if err != nil {
		return fmt.Errorf("credit of customer %d: %w", sh.CustomerID, err)
	}
	if !ok {
		return errs.New(errs.Precondition, reason)
	}
	site, keys, err := s.shelf(ctx, sh)
	if err != nil {
		return err
	}
	held, err := s.Stock.Ledger.Lock(ctx, site.Company, keys)
	if err != nil {
		return err
	}
	claims, err := s.claims(ctx, sh, site)
	if err != nil {
		return err
	}
	p := Posting{Company: site.Company, Day: s.Today(ctx), Doc: s.Type.Ref(sh.ID)}
	for _, l := range sh.Lines {
		if err := s.consume(ctx, claims, l); err != nil {
			return err
		}
		p.Moves = append(p.Moves, Move{Product: l.ProductID, From: site.at(Available), To: AtCustomer, Qty: l.Picked, Reserved: l.Picked, Line: l.ID,
			Key: fmt.Sprintf("%s:%d", p.Doc, l.ID)})
	}
	posted, err := s.Stock.Ledger.Post(ctx, held, p)
	if err != nil {
		return err
	}
	for i := range sh.Lines {
		sh.Lines[i].Cost = posted[i].Value
	}
	sh.Carrier, sh.Tracking, sh.ShippedOn = in.Carrier, in.Tracking, p.Day
	return s.Bus.Publish(ctx, isc.Shipped{Shipment: p.Doc, Doc: s.doc(sh), Lines: shippedLines(sh), On: p.Day})
}

// consume uses up the hard reservations behind a line.
func (s *Shipments) consume(ctx context.Context, claims []Reservation, l ShipmentLine) error {
	need := l.Picked
	for i := range claims {
		r := &claims[i]
		if r.Line != l.OrderLine || r.Product != l.ProductID || r.Qty.IsZero() || need.IsZero() {
			continue
		}
		n := need.Min(r.Qty)
		if err := s.Stock.Book.Turn(ctx, *r, n, Consumed); err != nil {
			return err
		}
		r.Qty, need = r.Qty.Sub(n), need.Sub(n)
	}
	if need.Sign() > 0 {
		return s.Stock.Ledger.short(ctx, l.ProductID, l.Picked, l.Picked.Sub(need))
	}
	return nil
}

// proof is the input of the move "deliver".
type proof struct {
	SignedBy    string
	DeliveredOn date.Date
}

func proofForm() resource.Fields[proof] {
	return resource.Fields[proof]{
		resource.Text("signed_by", "Signed by", func(p *proof) *string { return &p.SignedBy }).Required(),
		resource.Date("delivered_on", "Delivered on", func(p *proof) *date.Date { return &p.DeliveredOn }).Required(),
	}
}

// deliver records the proof of delivery.
func (s *Shipments) deliver(ctx context.Context, sh *Shipment, in *proof) error {
	switch {
	case in.DeliveredOn.Before(sh.ShippedOn):
		return errs.Bad("delivered_on", "Goods are not delivered before they are shipped.")
	case in.DeliveredOn.After(s.Today(ctx)):
		return errs.Bad("delivered_on", "This day has not come yet.")
	}
	sh.SignedBy, sh.DeliveredOn = in.SignedBy, in.DeliveredOn
	return s.Bus.Publish(ctx, isc.Delivered{Shipment: s.Type.Ref(sh.ID), Doc: s.doc(sh), Lines: shippedLines(sh), On: in.DeliveredOn, SignedBy: in.SignedBy})
}

func shippedLines(sh *Shipment) []isc.ShippedLine {
	out := make([]isc.ShippedLine, len(sh.Lines))
	for i, l := range sh.Lines {
		out[i] = isc.ShippedLine{Line: l.OrderLine, Product: l.ProductID, Qty: l.Picked, Cost: l.Cost}
	}
	return out
}

// Cancel cancels the shipments of a document that have not left; nothing else
// could ever pick them once the reservations are gone.
func (s *Shipments) Cancel(ctx context.Context, doc trace.Ref) error {
	if doc.Type != s.Demand {
		return nil
	}
	list, err := s.Store.Find(ctx, record.Where("order_id", record.Eq, doc.ID).And("stage", record.In, []string{string(ShipmentPlanned), string(ShipmentPicked)}))
	if err != nil {
		return err
	}
	for i := range list {
		if err := s.Type.Fire(ctx, list[i].ID, "cancel", nil); err != nil {
			return err
		}
	}
	return nil
}
