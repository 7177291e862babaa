package domain

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"meridian/modules/dste"
	"meridian/modules/ipd"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// OrderStage is the state of a purchase order.
type OrderStage string

// The stages of a purchase order.
const (
	OrderDraft     OrderStage = "draft"
	OrderApproved  OrderStage = "approved"
	OrderIssued    OrderStage = "issued"
	OrderConfirmed OrderStage = "confirmed"
	OrderPartial   OrderStage = "partially_received"
	OrderReceived  OrderStage = "received"
	OrderClosed    OrderStage = "closed"
	OrderCancelled OrderStage = "cancelled"
)

// Order is a purchase order. It carries four dates: wanted, first confirmed (never
// overwritten), latest confirmed, received.
type Order struct {
	record.Base
	Stage           OrderStage
	SupplierID      int64
	RequisitionID   *int64
	OrderDate       date.Date
	WantedOn        date.Date
	FirstConfirmed  date.Date
	LatestConfirmed date.Date
	ReceivedOn      date.Date
	WarehouseID     int64
	BudgetKey       string
	BudgetVerdict   dste.Verdict
	Terms           string
	Lines           []OrderLine `gorm:"-"`
	Net             money.Amount
	Tax             money.Amount
	Total           money.Amount
}

// OrderLine is one product of an order with what became of it.
type OrderLine struct {
	record.Line
	ProductID         ipd.ProductID
	Description       string
	Qty               money.Qty
	Price             money.Price
	TaxRate           money.Ratio
	Net               money.Price
	Received          money.Qty
	Accepted          money.Qty
	Rejected          money.Qty
	Billed            money.Qty
	RequisitionLineID *int64
	OriginType        string
	OriginID          int64
}

// Orders is the service behind the purchase orders.
type Orders struct {
	Store        record.Store[Order]
	Type         *resource.Type[Order]
	Suppliers    *Suppliers
	Requisitions *Requisitions
	Budget       Budget
	// Print writes an order as PDF.
	Print func(ctx context.Context, o *Order, supplier *Supplier, w io.Writer) error
}

// check computes the amounts; in a draft the budget key must exist.
func (s *Orders) check(ctx context.Context, o *Order) error {
	if err := o.settle(); err != nil {
		return err
	}
	if o.Stage != OrderDraft {
		return nil
	}
	if o.WantedOn.Before(o.OrderDate) && !o.WantedOn.IsZero() {
		return errs.Bad("wanted_on", "The wanted date lies before the order date.")
	}
	o.BudgetKey = strings.TrimSpace(o.BudgetKey)
	return s.Budget.exists(ctx, o.BudgetKey)
}

// settle computes the amounts: tax once per rate on the rounded sum of its nets.
func (o *Order) settle() error {
	var bad []errs.Field
	nets := taxed{}
	for i := range o.Lines {
		l := &o.Lines[i]
		if l.Qty.Sign() <= 0 {
			bad = append(bad, errs.Field{Name: fmt.Sprintf("lines.%d.qty", i), Message: "The quantity must be above 0."})
		}
		if l.Price.Sign() < 0 {
			bad = append(bad, errs.Field{Name: fmt.Sprintf("lines.%d.price", i), Message: "The price must not be negative."})
		}
		if l.TaxRate.Sign() < 0 || !l.TaxRate.Less(money.Units(1)) {
			bad = append(bad, errs.Field{Name: fmt.Sprintf("lines.%d.tax_rate", i), Message: "A tax rate lies between 0 % and 100 %."})
		}
		l.Net = money.Times(l.Price, l.Qty)
		nets.add(l.TaxRate, l.Net)
	}
	o.Net, o.Tax = nets.sum()
	o.Total = o.Net.Add(o.Tax)
	if err := errs.Join(bad); err != nil {
		return err
	}
	return nil
}

// taxed collects unrounded nets by tax rate.
type taxed map[string]struct {
	rate money.Ratio
	net  money.Price
}

func (t taxed) add(rate money.Ratio, net money.Price) {
	x := t[rate.String()]
	x.rate, x.net = rate, x.net.Add(net)
	t[rate.String()] = x
}

func (t taxed) sum() (net, tax money.Amount) {
	for _, x := range t {
		n := money.Round(x.net)
		net, tax = net.Add(n), tax.Add(money.Tax(n, x.rate))
	}
	return net, tax
}

func (o *Order) line(id int64) *OrderLine {
	i := slices.IndexFunc(o.Lines, func(l OrderLine) bool { return l.ID == id })
	if i < 0 {
		return nil
	}
	return &o.Lines[i]
}

// lineFor finds the line a product belongs to: the first that still has room for
// more, else the last of that product.
func (o *Order) lineFor(product ipd.ProductID, room func(l *OrderLine) money.Qty) *OrderLine {
	var found *OrderLine
	for i := range o.Lines {
		if l := &o.Lines[i]; l.ProductID == product {
			found = l
			if room(l).Sign() > 0 {
				return l
			}
		}
	}
	return found
}

// issue sends the order: the supplier must be qualified, and the money taken
// aside for the requisition becomes a commitment.
func (s *Orders) issue(ctx context.Context, o *Order) error {
	supplier, err := s.Suppliers.Store.Get(ctx, o.SupplierID)
	if err != nil {
		return err
	}
	if err := supplier.mayDeliver(); err != nil {
		return err
	}
	ref := s.Type.Ref(o.ID)
	spend := dste.Spend{Doc: ref, Kind: dste.Commit, Amount: o.Net}
	if o.RequisitionID != nil {
		spend.Releases, spend.Of = dste.PreCommit, s.Requisitions.Type.Ref(*o.RequisitionID)
	}
	o.BudgetVerdict, err = s.Budget.post(ctx, o.BudgetKey, ref.String()+":issue", spend)
	return err
}

// confirmed is the input of the moves "confirm" and "reschedule".
type confirmed struct{ ConfirmedOn date.Date }

func confirmedForm() resource.Fields[confirmed] {
	return resource.Fields[confirmed]{
		resource.Date("confirmed_on", "Confirmed delivery date", func(c *confirmed) *date.Date { return &c.ConfirmedOn }).Required(),
	}
}

// confirm notes the date the supplier promises. The first one stays for ever.
func (s *Orders) confirm(_ context.Context, o *Order, in *confirmed) error {
	if in.ConfirmedOn.Before(o.OrderDate) {
		return errs.Bad("confirmed_on", "The confirmed date lies before the order date.")
	}
	if o.FirstConfirmed.IsZero() {
		o.FirstConfirmed = in.ConfirmedOn
	}
	o.LatestConfirmed = in.ConfirmedOn
	return nil
}

// overReceipt is how much more than ordered may arrive.
var overReceipt = money.MustQty("1.05")

// receive adds what arrived; more than 5 % above the order is refused.
func (o *Order) receive(lines []ReceiptLine, on date.Date) error {
	var bad []errs.Field
	for i, r := range lines {
		l := o.line(r.POLineID)
		if l == nil {
			return errs.Bad("lines", "The order has no such line.")
		}
		if most := money.Times(l.Qty, overReceipt); most.Less(l.Received.Add(r.Qty)) {
			bad = append(bad, errs.Field{Name: fmt.Sprintf("lines.%d.qty", i), Message: "At most {0} more may be received.", Args: []any{most.Sub(l.Received)}})
			continue
		}
		l.Received = l.Received.Add(r.Qty)
	}
	if len(bad) > 0 {
		return &errs.Error{Kind: errs.Precondition, Message: "More than the order allows.", Fields: bad}
	}
	if o.complete() {
		o.ReceivedOn = on
	}
	return nil
}

// complete reports whether everything ordered has arrived.
func (o *Order) complete() bool {
	return !slices.ContainsFunc(o.Lines, func(l OrderLine) bool { return l.Received.Less(l.Qty) })
}

// settled reports whether all that arrived is inspected and all that was accepted
// is billed.
func (o *Order) settled() bool {
	return !slices.ContainsFunc(o.Lines, func(l OrderLine) bool {
		return !l.Accepted.Add(l.Rejected).Equal(l.Received) || !l.Billed.Equal(l.Accepted)
	})
}

// received follows complete delivery: what was asked for is there.
func (s *Orders) received(ctx context.Context, o *Order) error {
	if o.RequisitionID == nil {
		return nil
	}
	return s.Requisitions.Type.Fire(ctx, *o.RequisitionID, "close", nil)
}

// settle closes a received order when nothing is left to inspect or to bill, and
// frees what is still committed for it.
func (s *Orders) settle(ctx context.Context, id int64) error {
	var o *Order
	closed, err := s.Type.FireIf(ctx, id, "close", nil, func(x *Order) bool { o = x; return x.Stage == OrderReceived && x.settled() })
	if err != nil || closed || o.Stage != OrderClosed || !o.settled() {
		return err
	}
	return s.free(ctx, o)
}

// free releases whatever is still committed for the order.
func (s *Orders) free(ctx context.Context, o *Order) error {
	ref := s.Type.Ref(o.ID)
	_, err := s.Budget.post(ctx, o.BudgetKey, ref.String()+":free", dste.Spend{Doc: ref, Releases: dste.Commit})
	return err
}

// shortClose gives up what has not arrived: its money is free again, that of what
// waits for its invoice is not.
func (s *Orders) shortClose(ctx context.Context, o *Order) error {
	if o.Stage == OrderPartial {
		if err := s.received(ctx, o); err != nil {
			return err
		}
	}
	if o.settled() {
		return s.free(ctx, o)
	}
	var missing money.Price
	for _, l := range o.Lines {
		if l.Received.Less(l.Qty) {
			missing = missing.Add(money.Times(l.Price, l.Qty.Sub(l.Received)))
		}
	}
	ref := s.Type.Ref(o.ID)
	_, err := s.Budget.post(ctx, o.BudgetKey, ref.String()+":short_close", dste.Spend{Doc: ref, Kind: dste.Commit, Amount: money.Round(missing).Neg()})
	return err
}

// cancel frees the money and opens the requisition again.
func (s *Orders) cancel(ctx context.Context, o *Order) error {
	if o.Stage == OrderIssued || o.Stage == OrderConfirmed {
		if err := s.free(ctx, o); err != nil {
			return err
		}
	}
	if o.RequisitionID == nil {
		return nil
	}
	return s.Requisitions.Type.Fire(ctx, *o.RequisitionID, "reopen", nil)
}

// print writes the order for its supplier.
func (s *Orders) print(ctx context.Context, o *Order, w io.Writer) error {
	supplier, err := s.Suppliers.Store.Get(ctx, o.SupplierID)
	if err != nil {
		return err
	}
	return s.Print(ctx, o, supplier, w)
}
