package domain

import (
	"context"
	"fmt"

	"meridian/modules/crm"
	"meridian/modules/ipd"
	"meridian/modules/isc"
	"meridian/modules/ltc"
	"meridian/platform/clock"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// OrderStage is the state of a sales order.
type OrderStage string

// The stages of a sales order.
const (
	OrderDraft       OrderStage = "draft"
	OrderConfirmed   OrderStage = "confirmed"
	OrderReleased    OrderStage = "released"
	OrderDelivered   OrderStage = "delivered"
	OrderCompleted   OrderStage = "completed"
	OrderClosedShort OrderStage = "closed_short"
	OrderCancelled   OrderStage = "cancelled"
)

// OrderLine is one position of a sales order and how far it has come.
type OrderLine struct {
	record.Line
	Priced
	Reserved   money.Qty
	Delivered  money.Qty
	Accepted   money.Qty
	Invoiced   money.Qty
	PromisedOn date.Date
}

// Order is what a customer has ordered.
type Order struct {
	record.Base
	Stage           OrderStage
	CustomerID      crm.CustomerID
	ContactID       *int64
	ContractID      *int64
	OpportunityID   *int64
	QuoteID         *int64
	OrderDate       date.Date
	WishDate        date.Date
	ConfirmedOn     date.Date
	ShipTo          string
	WarehouseID     *int64
	Note            string
	Freight         money.Amount
	Net             money.Amount
	Tax             money.Amount
	Total           money.Amount
	FreightInvoiced money.Amount
	Exposure        money.Amount // what it holds of the customer's credit
	Acceptance      Accepting
	Channel         string
	Revision        int // version of what was released
	Holds           `gorm:"embedded"`
	Lines           []OrderLine `gorm:"-"`
}

// Quantities is a quantity per order line.
type Quantities map[int64]money.Qty

// Freight is the freight on invoices.
type Freight = money.Amount

// Orders is the service behind the order type. It implements ltc.Orders.
type Orders struct {
	*Ports
	Store       record.Store[Order]
	Type        *resource.Type[Order]
	Now         clock.Clock
	Prices      *Prices
	Quotes      *Quotes
	Contracts   *Contracts
	Acceptances *Acceptances
	Invoices    *Invoices
	Obligations *Obligations
}

func (o *Order) priced() []*Priced {
	out := make([]*Priced, len(o.Lines))
	for i := range o.Lines {
		out[i] = &o.Lines[i].Priced
	}
	return out
}

func (o *Order) line(id int64) *OrderLine {
	for i := range o.Lines {
		if o.Lines[i].ID == id {
			return &o.Lines[i]
		}
	}
	return nil
}

// every reports whether all lines satisfy ok.
func (o *Order) every(ok func(l *OrderLine) bool) bool {
	for i := range o.Lines {
		if !ok(&o.Lines[i]) {
			return false
		}
	}
	return true
}

// openValue is what the order still holds of the customer's credit: what will be
// delivered and is not invoiced yet, including tax and freight.
func (o *Order) openValue() money.Amount {
	if o.Stage == OrderDraft || o.Stage == OrderCancelled {
		return money.Amount{}
	}
	var rest []*Priced
	for i := range o.Lines {
		l := &o.Lines[i]
		expected := l.Qty
		if o.Stage == OrderClosedShort {
			expected = l.Delivered
		}
		if q := expected.Sub(l.Invoiced); q.Sign() > 0 {
			rest = append(rest, &Priced{TaxRate: l.TaxRate, Net: money.Net(q, l.UnitPrice, l.Discount)})
		}
	}
	return totals(rest, o.Freight.Sub(o.FreightInvoiced)).Total
}

// check completes a draft: customer and place, prices, totals; a quote or contract
// behind it must be in force.
func (s *Orders) check(ctx context.Context, o *Order) error {
	if o.ID != 0 && o.Stage != OrderDraft {
		return nil
	}
	if o.OrderDate.IsZero() {
		o.OrderDate = s.Today(ctx)
	}
	if o.Stage == OrderDraft {
		if err := s.sources(ctx, o); err != nil {
			return err
		}
	}
	o.defaults()
	lines := make([]priceable, len(o.Lines))
	for i := range o.Lines {
		l := &o.Lines[i]
		lines[i] = priceable{Priced: &l.Priced, fresh: l.ID == 0}
	}
	bad, err := s.Prices.completeFor(ctx, o.CompanyID, o.CustomerID, o.OrderDate, lines)
	if err != nil {
		return err
	}
	if o.Freight.Sign() < 0 {
		bad = append(bad, errs.Field{Name: "freight", Message: "An amount cannot be negative."})
	}
	t := totals(o.priced(), o.Freight)
	o.Net, o.Tax, o.Total = t.Net, t.Tax, t.Total
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// sources holds a draft to the quote and contract it names: accepted and current,
// signed, of the same customer.
func (s *Orders) sources(ctx context.Context, o *Order) error {
	if o.QuoteID != nil {
		q, err := s.Quotes.Store.Get(ctx, *o.QuoteID)
		if err != nil {
			return fmt.Errorf("quote of order: %w", err)
		}
		switch {
		case q.Stage != QuoteAccepted || !q.IsCurrent:
			return errs.Bad("quote_id", "Only the current, accepted version of a quote can be ordered.")
		case o.CustomerID != 0 && o.CustomerID != q.CustomerID:
			return errs.Bad("quote_id", "The quote belongs to another customer.")
		}
		o.CustomerID = q.CustomerID
	}
	if o.ContractID != nil {
		c, err := s.Contracts.Store.Get(ctx, *o.ContractID)
		if err != nil {
			return fmt.Errorf("contract of order: %w", err)
		}
		switch {
		case c.Stage != ContractSigned && c.Stage != ContractRunning:
			return errs.Bad("contract_id", "Only a signed contract can be ordered against.")
		case o.CustomerID != 0 && o.CustomerID != c.CustomerID:
			return errs.Bad("contract_id", "The contract belongs to another customer.")
		}
		o.CustomerID = c.CustomerID
		if o.ID == 0 && o.Acceptance == "" {
			o.Acceptance = c.Acceptance
		}
	}
	if o.ShipTo == "" && o.ID == 0 && o.CustomerID != 0 {
		c, err := s.Customers.Customer(ctx, o.CustomerID)
		if errs.Is(err, errs.NotFound) {
			return nil // the reference check says so with its field
		}
		if err != nil {
			return err
		}
		o.ShipTo = c.Address
	}
	return nil
}

// fromQuote drafts the order about an accepted quote, under a contract if there is
// one.
func (s *Orders) fromQuote(ctx context.Context, q *Quote, c *Contract) error {
	have, err := s.Book.OrderOf(ctx, q.ID)
	if err != nil {
		return err
	}
	if have != "" {
		return errs.New(errs.Precondition, "Order {0} was made from this quote already.", have)
	}
	o := &Order{CustomerID: q.CustomerID, ContactID: q.ContactID, OpportunityID: q.OpportunityID, QuoteID: &q.ID, OrderDate: s.Today(ctx)}
	inherit(&o.Base, &q.Base)
	if c != nil {
		o.ContractID = &c.ID
		inherit(&o.Base, &c.Base)
	}
	for _, l := range q.Lines {
		o.Lines = append(o.Lines, OrderLine{Priced: agreed(l.Priced)})
	}
	if err := s.Type.Create(ctx, o); err != nil {
		return fmt.Errorf("order from %s: %w", q.No, err)
	}
	return nil
}

// copy drafts a new order with the same lines at today's list prices. It has to
// pass every check of its own, credit included.
func (s *Orders) copy(ctx context.Context, o *Order) error {
	n := &Order{Acceptance: o.Acceptance, Channel: o.Channel, CustomerID: o.CustomerID, ContactID: o.ContactID, OrderDate: s.Today(ctx), ShipTo: o.ShipTo, WarehouseID: o.WarehouseID, Freight: o.Freight, Note: o.Note}
	inherit(&n.Base, &o.Base)
	for _, l := range o.Lines {
		n.Lines = append(n.Lines, OrderLine{Priced: agreed(l.Priced)})
	}
	if err := s.Type.Create(ctx, n, s.Type.Ref(o.ID)); err != nil {
		return fmt.Errorf("copy of %s: %w", o.No, err)
	}
	return nil
}

// confirm promises the goods: customer in order, products on sale, credit enough,
// stock reserved. The engine has locked o and saves it afterwards.
func (s *Orders) confirm(ctx context.Context, o *Order) error {
	customer, err := s.Customers.Customer(ctx, o.CustomerID)
	if err != nil {
		return err
	}
	if customer.Lifecycle == crm.Lost {
		return errs.New(errs.Precondition, "This customer is lost; win it back before you confirm orders.")
	}
	goods, err := s.goods(ctx, o)
	if err != nil {
		return err
	}
	ref := s.Type.Ref(o.ID)
	if err := s.checkCredit(ctx, o, ref); err != nil {
		return err
	}
	o.ConfirmedOn = s.Today(ctx)
	if err := s.hold(ctx, o, o.Total); err != nil {
		return err
	}
	if err := s.Obligations.fromOrder(ctx, o); err != nil {
		return err
	}
	if err := s.Customers.Advance(ctx, o.CustomerID, crm.Signed, ref); err != nil {
		return err
	}
	if err := s.Contracts.start(ctx, value(o.ContractID)); err != nil {
		return err
	}
	if err := s.Bus.Publish(ctx, ltc.OrderConfirmed{ID: ltc.OrderID(o.ID), Customer: o.CustomerID, Total: o.Total}); err != nil {
		return err
	}
	return s.reserve(ctx, o, ref, goods) // last: others wait for these balances
}

// goods returns which lines are kept in stock, and refuses products not on sale.
func (s *Orders) goods(ctx context.Context, o *Order) (map[int64]bool, error) {
	ids := make([]ipd.ProductID, 0, len(o.Lines))
	for i := range o.Lines {
		ids = append(ids, o.Lines[i].ProductID)
	}
	products, err := s.Products.Products(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("products of %s: %w", o.No, err)
	}
	goods := map[int64]bool{}
	var bad []errs.Field
	for i := range o.Lines {
		l := &o.Lines[i]
		p := products[l.ProductID]
		if o.Stage == OrderDraft && !p.Sellable {
			bad = append(bad, errs.Field{Name: linePath(i) + "product_id", Message: "{0} is not on sale.", Args: []any{p.Name}})
		}
		goods[l.ID] = p.Kind == ipd.Goods
	}
	if e := errs.Join(bad); e != nil {
		return nil, e
	}
	return goods, nil
}

func (s *Orders) checkCredit(ctx context.Context, o *Order, ref trace.Ref) error {
	a, err := s.Credit.Check(ctx, o.CustomerID, crm.AtOrder, ref, o.Total)
	if err != nil {
		return err
	}
	if !a.Pass {
		return errs.New(errs.Precondition, "Credit stops this order: limit {0}, used {1} (orders {2}, receivables {3}), this order {4}.",
			a.Limit, a.Exposure, a.Orders, a.Receivables, a.Document)
	}
	return nil
}

// demand lists what is still to come of the stocked lines.
func (o *Order) demand(goods map[int64]bool) []isc.Demand {
	need := o.WishDate
	if need.IsZero() {
		need = o.OrderDate
	}
	var out []isc.Demand
	for i := range o.Lines {
		l := &o.Lines[i]
		if rest := l.Qty.Sub(l.Delivered); goods[l.ID] && rest.Sign() > 0 {
			out = append(out, isc.Demand{Line: l.ID, Product: l.ProductID, Qty: rest, NeedBy: need})
		}
	}
	return out
}

func (s *Orders) reserve(ctx context.Context, o *Order, ref trace.Ref, goods map[int64]bool) error {
	demand := o.demand(goods)
	if len(demand) == 0 {
		return nil
	}
	promises, err := s.Stock.Reserve(ctx, isc.ReserveRequest{Doc: ref, Warehouse: value(o.WarehouseID), Customer: int64(o.CustomerID), Owner: o.OwnerID, Lines: demand})
	if err != nil {
		return fmt.Errorf("reserve stock: %w", err)
	}
	for _, p := range promises {
		if l := o.line(p.Line); l != nil {
			l.Reserved, l.PromisedOn = p.Reserved, p.On
		}
	}
	return nil
}

// hold sets what the order takes of the customer's credit and posts the difference.
// Every change of the record has its own version, so a repeated change posts once
// and a new one posts again. History that was never confirmed here holds nothing.
func (s *Orders) hold(ctx context.Context, o *Order, want money.Amount) error {
	diff := want.Sub(o.Exposure)
	if o.ConfirmedOn.IsZero() || diff.IsZero() {
		return nil
	}
	ref := s.Type.Ref(o.ID)
	if err := s.Credit.Post(ctx, o.CustomerID, crm.OpenOrders, ref, diff, fmt.Sprintf("%s:v%d", ref, o.Version)); err != nil {
		return err
	}
	o.Exposure = want
	return nil
}

// release asks the warehouse to ship; services count as delivered and go to the
// customer's acceptance at once.
func (s *Orders) release(ctx context.Context, o *Order) error {
	if err := s.mayRelease(ctx, o); err != nil {
		return err
	}
	goods, err := s.goods(ctx, o)
	if err != nil {
		return err
	}
	if demand := o.demand(goods); len(demand) > 0 {
		_, err := s.Shipments.Request(ctx, isc.ShipRequest{Doc: s.Type.Ref(o.ID), Customer: int64(o.CustomerID), ShipTo: o.ShipTo, Promised: o.promised(),
			Warehouse: value(o.WarehouseID), Owner: o.OwnerID, Lines: demand})
		if err != nil {
			return fmt.Errorf("request shipment: %w", err)
		}
	}
	var services []AcceptanceLine
	for i := range o.Lines {
		l := &o.Lines[i]
		if goods[l.ID] {
			continue
		}
		l.Delivered = l.Qty
		services = append(services, AcceptanceLine{OrderLineID: l.ID, ProductID: l.ProductID, Qty: l.Qty})
	}
	return s.Acceptances.request(ctx, o, trace.Ref{}, services, s.Today(ctx))
}

// promised is when the last line is promised; the wish if nothing is.
func (o *Order) promised() date.Date {
	day := date.Date{}
	for i := range o.Lines {
		if p := o.Lines[i].PromisedOn; p.After(day) {
			day = p
		}
	}
	if day.IsZero() {
		return o.WishDate
	}
	return day
}

// cancel gives back stock and credit. Nothing may have been delivered or invoiced.
func (s *Orders) cancel(ctx context.Context, o *Order) error {
	if !o.every(func(l *OrderLine) bool { return l.Delivered.IsZero() && l.Invoiced.IsZero() }) {
		return errs.New(errs.Precondition, "Something was delivered or invoiced already; close the order short instead.")
	}
	if o.Stage == OrderDraft {
		return nil
	}
	if err := s.giveBack(ctx, o, money.Amount{}); err != nil {
		return err
	}
	if err := s.Obligations.shorten(ctx, o); err != nil {
		return err
	}
	return s.Bus.Publish(ctx, ltc.OrderCancelled{ID: ltc.OrderID(o.ID), Customer: o.CustomerID, At: s.Now()})
}

// closeShort ends an order with what was delivered; the rest is not coming.
func (s *Orders) closeShort(ctx context.Context, o *Order) error {
	if o.every(func(l *OrderLine) bool { return l.Delivered.IsZero() }) {
		return errs.New(errs.Precondition, "Nothing was delivered yet; cancel the order instead.")
	}
	short := *o
	short.Stage = OrderClosedShort
	if err := s.Obligations.shorten(ctx, o); err != nil {
		return err
	}
	return s.giveBack(ctx, o, short.openValue())
}

func (s *Orders) giveBack(ctx context.Context, o *Order, hold money.Amount) error {
	if err := s.Stock.Release(ctx, s.Type.Ref(o.ID)); err != nil {
		return fmt.Errorf("release stock: %w", err)
	}
	for i := range o.Lines {
		o.Lines[i].Reserved = money.Qty{}
	}
	return s.hold(ctx, o, hold)
}

// invoice drafts an invoice over everything accepted and not invoiced yet.
func (s *Orders) invoice(ctx context.Context, o *Order) error {
	return s.Invoices.draft(ctx, o, nil)
}

// advance drafts an invoice ahead of delivery.
func (s *Orders) advance(ctx context.Context, o *Order, in *ahead) error {
	return s.Invoices.advance(ctx, o, in)
}

// Order implements ltc.Orders.
func (s *Orders) Order(ctx context.Context, id ltc.OrderID) (ltc.Order, error) {
	o, err := s.Store.Get(ctx, int64(id))
	if err != nil {
		return ltc.Order{}, fmt.Errorf("order %d: %w", id, err)
	}
	if o.Stage == OrderDraft || o.Stage == OrderCancelled {
		return ltc.Order{}, fmt.Errorf("order %d: %w", id, errs.Missing())
	}
	out := ltc.Order{ID: id, No: o.No, Customer: o.CustomerID, Total: o.Total, Currency: s.currency(o.CompanyID)}
	for i := range o.Lines {
		l := &o.Lines[i]
		out.Lines = append(out.Lines, ltc.OrderLine{ID: l.ID, Product: l.ProductID, Qty: l.Qty, Price: l.UnitPrice})
	}
	return out, nil
}

// Last implements ltc.Orders.
func (s *Orders) Last(ctx context.Context, customer crm.CustomerID, product ipd.ProductID) (ltc.Order, error) {
	id, err := s.Book.LastOrder(ctx, customer, product)
	if err != nil {
		return ltc.Order{}, err
	}
	if id == 0 {
		return ltc.Order{}, errs.Missing()
	}
	return s.Order(ctx, ltc.OrderID(id))
}
