package domain

import (
	"context"
	"fmt"
	"time"

	"meridian/modules/crm"
	"meridian/modules/ipd"
	"meridian/modules/ltc"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/i18n"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// AcceptanceStage is the state of an acceptance.
type AcceptanceStage string

// The stages of an acceptance.
const (
	AcceptanceRequested AcceptanceStage = "requested"
	AcceptanceAccepted  AcceptanceStage = "accepted"
	AcceptanceRejected  AcceptanceStage = "rejected"
)

// AcceptanceLine is what arrived of one order line and what the customer took.
type AcceptanceLine struct {
	record.Line
	OrderLineID int64
	ProductID   ipd.ProductID
	Qty         money.Qty
	Accepted    money.Qty
	Rejected    money.Qty
}

// Acceptance is the customer's answer to a delivery: the right to invoice.
type Acceptance struct {
	record.Base
	Stage      AcceptanceStage
	OrderID    ltc.OrderID
	ShipmentID *int64
	CustomerID crm.CustomerID
	ReceivedOn date.Date
	SignedBy   string
	SignedOn   date.Date
	Note       string
	Criteria   string
	DeemedOn   date.Date // silence until then is acceptance; empty never
	Deemed     bool
	Lines      []AcceptanceLine `gorm:"-"`
}

// Acceptances is the service behind the acceptance type.
type Acceptances struct {
	*Ports
	Store     record.Store[Acceptance]
	Type      *resource.Type[Acceptance]
	Orders    *Orders
	Contracts *Contracts
	Invoices  *Invoices
}

// request opens an acceptance about what arrived; nothing arrived, nothing opens.
func (s *Acceptances) request(ctx context.Context, o *Order, shipment trace.Ref, lines []AcceptanceLine, on date.Date) error {
	if len(lines) == 0 {
		return nil
	}
	for i := range lines {
		lines[i].Accepted = lines[i].Qty
	}
	deemed, err := s.deemedOn(ctx, o, on)
	if err != nil {
		return err
	}
	a := &Acceptance{DeemedOn: deemed, OrderID: ltc.OrderID(o.ID), ShipmentID: pointer(shipment.ID), CustomerID: o.CustomerID, ReceivedOn: on, Lines: lines}
	inherit(&a.Base, &o.Base)
	if err := s.Type.Create(ctx, a); err != nil {
		return fmt.Errorf("acceptance of %s: %w", o.No, err)
	}
	return nil
}

// deemedOn is the day from which silence is acceptance: at once when nobody signs, some days later when the contract says so, else never.
func (s *Acceptances) deemedOn(ctx context.Context, o *Order, on date.Date) (date.Date, error) {
	if o.Acceptance.silent() {
		return on, nil
	}
	if o.ContractID == nil {
		return date.Date{}, nil
	}
	c, err := s.Contracts.Store.Get(ctx, *o.ContractID)
	if err != nil {
		return date.Date{}, fmt.Errorf("contract of order %s: %w", o.No, err)
	}
	if c.DeemedDays == 0 {
		return date.Date{}, nil
	}
	return on.AddDays(c.DeemedDays), nil
}

// deem accepts everything that arrived: the contract takes delivery or silence for it.
func (s *Acceptances) deem(ctx context.Context, a *Acceptance) error {
	on := a.DeemedOn
	if today := s.Today(ctx); on.IsZero() || on.After(today) {
		return errs.New(errs.Precondition, "Silence is not acceptance yet.")
	}
	a.Deemed = true
	return s.accept(ctx, a, &signed{By: i18n.T(ctx, "Deemed accepted"), On: on})
}

// Deem accepts what is deemed accepted by a day; the hourly job calls it. It returns how
// many.
func (s *Acceptances) Deem(ctx context.Context, day date.Date) (int, error) {
	who, _ := authz.Of(ctx)
	ctx = authz.System(ctx, "ltc.acceptance:deem")
	list, err := s.Store.Find(ctx, record.Where("stage", record.Eq, string(AcceptanceRequested)).And("company_id", record.Eq, who.Company).And("deemed_on", record.Le, day))
	if err != nil {
		return 0, fmt.Errorf("silent acceptances: %w", err)
	}
	for i := range list {
		if err := s.Type.Fire(ctx, list[i].ID, "deem", nil); err != nil {
			return i, fmt.Errorf("deem %s: %w", list[i].No, err)
		}
	}
	return len(list), nil
}

// deemNow accepts at once what was delivered for an order nobody signs for.
func (s *Acceptances) deemNow(ctx context.Context, o *Order, day date.Date) error {
	if !o.Acceptance.silent() {
		return nil
	}
	list, err := s.Store.Find(ctx, record.Where("stage", record.Eq, string(AcceptanceRequested)).And("order_id", record.Eq, o.ID).And("deemed_on", record.Le, day))
	if err != nil {
		return fmt.Errorf("acceptances of %s: %w", o.No, err)
	}
	for i := range list {
		if err := s.Type.Fire(ctx, list[i].ID, "deem", nil); err != nil {
			return err
		}
	}
	return nil
}

// refused tells the other modules what the customer did not take: service opens a case.
func (s *Acceptances) refused(ctx context.Context, a *Acceptance) error {
	var lines []ltc.OrderLine
	for i := range a.Lines {
		if l := &a.Lines[i]; l.Rejected.Sign() > 0 {
			lines = append(lines, ltc.OrderLine{ID: l.OrderLineID, Product: l.ProductID, Qty: l.Rejected})
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return s.Bus.Publish(ctx, ltc.AcceptanceRejected{Acceptance: s.Type.Ref(a.ID), No: a.No, Order: a.OrderID, Customer: a.CustomerID, Owner: a.OwnerID, Lines: lines, Note: a.Note})
}

// check holds the accepted quantities within what arrived; the rest is rejected.
func (s *Acceptances) check(_ context.Context, a *Acceptance) error {
	var bad []errs.Field
	for i := range a.Lines {
		l := &a.Lines[i]
		if l.OrderLineID == 0 {
			bad = append(bad, errs.Field{Name: linePath(i) + "product_id", Message: "Lines come from the delivery; they cannot be added."})
			continue
		}
		if l.Accepted.Sign() < 0 || l.Qty.Less(l.Accepted) {
			bad = append(bad, errs.Field{Name: linePath(i) + "accepted", Message: "Between 0 and the delivered quantity."})
			continue
		}
		l.Rejected = l.Qty.Sub(l.Accepted)
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// saved refuses a change that dropped a line: what arrived stays on the document.
func (s *Acceptances) saved(_ context.Context, a, before *Acceptance) error {
	if before != nil && len(a.Lines) < len(before.Lines) {
		return errs.Bad("lines", "Lines come from the delivery; they cannot be removed.")
	}
	return nil
}

// signed is the input of the move "accept".
type signed struct {
	By string
	On date.Date
}

func acceptForm() resource.Fields[signed] {
	return resource.Fields[signed]{
		resource.Text("signed_by", "Signed by", func(x *signed) *string { return &x.By }).Required(),
		resource.Date("on", "Signed on", func(x *signed) *date.Date { return &x.On }).Hint("Empty is today."),
	}
}

// accept takes what the lines say, everything unless somebody wrote less: the
// order may be invoiced that far, the customer becomes a user.
func (s *Acceptances) accept(ctx context.Context, a *Acceptance, in *signed) error {
	if err := s.untilToday(ctx, "on", &in.On); err != nil {
		return err
	}
	a.SignedBy, a.SignedOn = in.By, in.On
	var taken []ltc.OrderLine
	for i := range a.Lines {
		if l := &a.Lines[i]; l.Accepted.Sign() > 0 {
			taken = append(taken, ltc.OrderLine{ID: l.OrderLineID, Product: l.ProductID, Qty: l.Accepted})
		}
	}
	if len(taken) == 0 {
		return errs.New(errs.Precondition, "Nothing is accepted; reject the delivery with a reason instead.")
	}
	o, err := s.Orders.take(ctx, int64(a.OrderID), taken)
	if err != nil {
		return err
	}
	for i := range taken {
		taken[i].Price = o.line(taken[i].ID).UnitPrice
	}
	if o.every(func(l *OrderLine) bool { return !l.Accepted.Less(l.Qty) }) {
		err := s.Contracts.progress(ctx, value(o.ContractID), func(plan []PlanLine) {
			advancePlan(plan, PlanDeliver, money.Amount{}, in.On)
			advancePlan(plan, PlanAccept, money.Amount{}, in.On)
		})
		if err != nil {
			return err
		}
	}
	ref := s.Type.Ref(a.ID)
	if err := s.refused(ctx, a); err != nil {
		return err
	}
	if err := s.Orders.Obligations.accepted(ctx, o, taken, in.On, ref); err != nil {
		return err
	}
	if err := s.Customers.Advance(ctx, a.CustomerID, crm.User, ref); err != nil {
		return err
	}
	return s.Bus.Publish(ctx, ltc.AcceptanceSigned{Acceptance: ref, Order: a.OrderID, Customer: a.CustomerID, Lines: taken, SignedBy: in.By, On: in.On, Deemed: a.Deemed})
}

// reject refuses everything that arrived.
func (s *Acceptances) reject(ctx context.Context, a *Acceptance) error {
	for i := range a.Lines {
		a.Lines[i].Accepted, a.Lines[i].Rejected = money.Qty{}, a.Lines[i].Qty
	}
	return s.refused(ctx, a)
}

// invoice drafts an invoice over what this acceptance brought.
func (s *Acceptances) invoice(ctx context.Context, a *Acceptance) error {
	o, err := s.Orders.Type.Get(ctx, int64(a.OrderID))
	if err != nil {
		return fmt.Errorf("order of acceptance %s: %w", a.No, err)
	}
	return s.Invoices.draft(ctx, o, a)
}

// Declare returns the document type of the acceptance.
func (s *Acceptances) Declare() *resource.Type[Acceptance] {
	s.Type = &resource.Type[Acceptance]{
		Name: "ltc.acceptance", Label: "Customer acceptance", Plural: "Customer acceptances", Icon: "clipboard-check", Number: "AC-{yyyy}-{00000}",
		Store: s.Store, Check: s.check, Saved: s.saved, NoCreate: true,
		Day: func(a *Acceptance) date.Date { return a.ReceivedOn },
		Fields: resource.Fields[Acceptance]{
			resource.Ref("order_id", "Sales order", func(a *Acceptance) *ltc.OrderID { return &a.OrderID }, "ltc.order").ReadOnly().Required().InList().Filter().Source(),
			resource.OptRef("shipment_id", "Shipment", func(a *Acceptance) **int64 { return &a.ShipmentID }, "isc.shipment").ReadOnly().InList().Filter().Source(),
			resource.Ref("customer_id", "Customer", func(a *Acceptance) *crm.CustomerID { return &a.CustomerID }, "crm.customer").ReadOnly().Required().InList().Filter(),
			resource.Date("received_on", "Arrived on", func(a *Acceptance) *date.Date { return &a.ReceivedOn }).ReadOnly().InList().Filter(),
			resource.Lines("lines", "Lines", func(a *Acceptance) *[]AcceptanceLine { return &a.Lines }, resource.Fields[AcceptanceLine]{
				resource.Ref("product_id", "Product", func(l *AcceptanceLine) *ipd.ProductID { return &l.ProductID }, "ipd.product").ReadOnly(),
				resource.Quantity("qty", "Delivered quantity", func(l *AcceptanceLine) *money.Qty { return &l.Qty }).ReadOnly(),
				resource.Quantity("accepted", "Signed-off quantity", func(l *AcceptanceLine) *money.Qty { return &l.Accepted }),
				resource.Quantity("rejected", "Refused quantity", func(l *AcceptanceLine) *money.Qty { return &l.Rejected }).ReadOnly(),
			}),
			resource.Text("signed_by", "Signed by", func(a *Acceptance) *string { return &a.SignedBy }).ReadOnly().InList(),
			resource.Date("signed_on", "Signed on", func(a *Acceptance) *date.Date { return &a.SignedOn }).ReadOnly().InList().Filter(),
			resource.LongText("criteria", "Acceptance criteria", func(a *Acceptance) *string { return &a.Criteria }).Limit(2000),
			resource.Date("deemed_on", "Deemed accepted on", func(a *Acceptance) *date.Date { return &a.DeemedOn }).ReadOnly().InList().Filter(),
			resource.Bool("deemed", "Accepted by silence or delivery", func(a *Acceptance) *bool { return &a.Deemed }).ReadOnly().Filter(),
			resource.LongText("note", "Note", func(a *Acceptance) *string { return &a.Note }),
		},
		Process: resource.Process(func(a *Acceptance) *AcceptanceStage { return &a.Stage },
			[]resource.Stage[AcceptanceStage]{
				{Key: AcceptanceRequested, Label: "Acceptance requested", Owner: "ltc.order_desk", Class: process.Open, Limit: 40 * time.Hour, Help: "Get the customer's signature; write down what was not accepted."},
				{Key: AcceptanceAccepted, Label: "Signed off", End: true, Class: process.Done, Help: "What was accepted may be invoiced."},
				{Key: AcceptanceRejected, Label: "Refused by customer", End: true, Class: process.Lost},
			},
			[]resource.Move[Acceptance, AcceptanceStage]{
				{Name: "accept", Label: "Sign off", From: resource.From(AcceptanceRequested), To: AcceptanceAccepted, Do: resource.Ask(acceptForm(), s.accept)},
				{Name: "reject", Label: "Customer refuses", From: resource.From(AcceptanceRequested), To: AcceptanceRejected, Reason: true, Deviation: true, Do: resource.Do(s.reject)},
				{Name: "deem", Label: "Deemed accepted", From: resource.From(AcceptanceRequested), To: AcceptanceAccepted, System: true, Do: resource.Do(s.deem)},
				{Name: "invoice", Label: "Create invoice", From: resource.From(AcceptanceAccepted), Auto: true, Do: resource.Do(s.invoice)},
			}),
	}
	return s.Type
}
