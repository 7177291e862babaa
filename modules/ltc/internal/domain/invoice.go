package domain

import (
	"context"
	"fmt"
	"slices"

	"meridian/modules/crm"
	"meridian/modules/ltc"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/ledger"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// InvoiceStage is the state of an invoice.
type InvoiceStage string

// The stages of an invoice. Partly paid and overdue are derived.
const (
	InvoiceDraft    InvoiceStage = "draft"
	InvoiceApproved InvoiceStage = "approved"
	InvoicePosted   InvoiceStage = "posted"
	InvoicePaid     InvoiceStage = "paid"
	InvoiceVoid     InvoiceStage = "void"
)

// InvoiceKind says what an invoice is for.
type InvoiceKind string

// The kinds of invoices.
const (
	InvoiceNormal  InvoiceKind = "normal"
	InvoiceAdvance InvoiceKind = "advance" // ahead of delivery; deducted later
	InvoiceFinal   InvoiceKind = "final"   // deducts what was asked for ahead
	InvoiceCredit  InvoiceKind = "credit"  // takes an invoice back, in part or whole
	InvoiceCharge  InvoiceKind = "charge"  // dunning fee and interest; no revenue of a contract
)

// InvoiceLine bills a quantity of one order line.
type InvoiceLine struct {
	record.Line
	OrderLineID int64
	Priced
}

// Invoice asks a customer for money.
type Invoice struct {
	record.Base
	Stage        InvoiceStage
	Kind         InvoiceKind
	FiscalNo     string // the legal number, drawn by the move "post"
	OrderID      *int64
	AcceptanceID *int64
	ContractID   *int64
	CreditsID    *int64 // the invoice a credit note takes back
	Why          string // of a credit note
	Rebill       bool   // what a credit note takes back is invoiced again
	CustomerID   crm.CustomerID
	InvoiceDate  date.Date
	DueDate      date.Date
	PostedOn     date.Date
	BookedOn     date.Date // day of its entry in the journal; empty: history not taken over
	Note         string
	Freight      money.Amount
	Net          money.Amount
	Tax          money.Amount
	Total        money.Amount
	Settled      money.Amount // paid before the import of history
	Open         money.Amount
	Lines        []InvoiceLine `gorm:"-"`
	Items        []InvoiceItem `gorm:"-"`
	Instalments  []Instalment  `gorm:"-"`
}

// Invoices is the service behind the invoice type.
type Invoices struct {
	*Ports
	Store       record.Store[Invoice]
	Type        *resource.Type[Invoice]
	Orders      *Orders
	Contracts   *Contracts
	Obligations *Obligations
	Points      *Points
}

func (v *Invoice) priced() []*Priced {
	out := make([]*Priced, len(v.Lines))
	for i := range v.Lines {
		out[i] = &v.Lines[i].Priced
	}
	return out
}

// draft makes an invoice over what is accepted and not invoiced yet: of the whole
// order, or of one acceptance.
func (s *Invoices) draft(ctx context.Context, o *Order, a *Acceptance) error {
	held, freight, err := s.Book.Drafted(ctx, o.ID, 0)
	if err != nil {
		return err
	}
	customer, err := s.Customers.Customer(ctx, o.CustomerID)
	if err != nil {
		return err
	}
	v := &Invoice{Kind: InvoiceNormal, OrderID: &o.ID, ContractID: o.ContractID, CustomerID: o.CustomerID, InvoiceDate: s.Today(ctx), Freight: o.Freight.Sub(o.FreightInvoiced).Sub(freight).Max(money.Amount{})}
	v.DueDate = v.InvoiceDate.AddDays(customer.PaymentDays)
	inherit(&v.Base, &o.Base)
	if a != nil {
		v.AcceptanceID = &a.ID
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		qty := l.Accepted.Sub(l.Invoiced).Sub(held[l.ID])
		if a != nil {
			qty = qty.Min(a.took(l.ID))
		}
		if qty.Sign() <= 0 {
			continue
		}
		p := agreed(l.Priced)
		p.Qty = qty
		v.Lines = append(v.Lines, InvoiceLine{OrderLineID: l.ID, Priced: p})
	}
	if len(v.Lines) == 0 {
		return errs.New(errs.Precondition, "Nothing that the customer accepted waits for an invoice.")
	}
	if err := s.deduct(ctx, v); err != nil {
		return err
	}
	if err := s.Type.Create(ctx, v); err != nil {
		return fmt.Errorf("invoice of %s: %w", o.No, err)
	}
	return nil
}

// took is the accepted quantity of an order line.
func (a *Acceptance) took(line int64) money.Qty {
	var sum money.Qty
	for i := range a.Lines {
		if a.Lines[i].OrderLineID == line {
			sum = sum.Add(a.Lines[i].Accepted)
		}
	}
	return sum
}

// check completes a draft. Price, discount and tax are those of the order; only
// quantities are typed, and not more than is accepted and not invoiced. History
// comes with what it has, open or paid.
func (s *Invoices) check(ctx context.Context, v *Invoice) error {
	if v.Kind == "" {
		v.Kind = InvoiceNormal
	}
	imported := v.ID == 0 && v.Stage != InvoiceDraft
	if v.Stage != InvoiceDraft && !imported {
		return nil
	}
	var bad []errs.Field
	if v.DueDate.Before(v.InvoiceDate) {
		bad = append(bad, errs.Field{Name: "due_date", Message: "The due date lies before the invoice date."})
	}
	if v.FiscalNo != "" && !imported {
		bad = append(bad, errs.Field{Name: "fiscal_no", Message: "The legal number is drawn when the invoice is posted."})
	}
	if !imported {
		more, err := s.sources(ctx, v)
		if err != nil {
			return err
		}
		bad = append(bad, more...)
	}
	for i := range v.Lines {
		l := &v.Lines[i].Priced
		l.Net = money.Net(l.Qty, l.UnitPrice, l.Discount)
		bad = append(bad, l.check(linePath(i))...)
	}
	t, x := totals(v.priced(), v.Freight), v.itemTotals()
	v.Net, v.Tax, v.Total = t.Net.Add(x.Net), t.Tax.Add(x.Tax), t.Total.Add(x.Total)
	if v.Total.Sign() < 0 {
		bad = append(bad, errs.Field{Name: "items", Message: "The deductions are larger than the invoice."})
	}
	bad = append(bad, v.divide()...)
	if imported {
		v.Open = v.Total
		if v.Stage == InvoicePaid || v.Stage == InvoiceVoid {
			v.Settled, v.Open = v.Total, money.Amount{}
		}
		for i := range v.Instalments {
			if v.Open.Sign() > 0 {
				v.Instalments[i].Open = v.Instalments[i].Amount
			}
		}
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// sources holds a draft to the documents it comes from: an invoice for a credit note,
// else an order or a contract.
func (s *Invoices) sources(ctx context.Context, v *Invoice) (bad []errs.Field, err error) {
	switch v.Kind {
	case InvoiceCredit:
		return s.fromInvoice(ctx, v)
	case InvoiceCharge:
		return s.items(ctx, v, nil, nil)
	}
	var o *Order
	var c *Contract
	if v.OrderID != nil {
		if bad, o, err = s.fromOrder(ctx, v); err != nil {
			return nil, err
		}
		v.ContractID = o.ContractID
	}
	if v.ContractID != nil {
		if c, err = s.Contracts.Store.Get(authz.System(ctx, "ltc.invoice:check"), *v.ContractID); err != nil {
			return nil, fmt.Errorf("contract of invoice: %w", err)
		}
		v.CustomerID = c.CustomerID
	}
	if o == nil && c == nil {
		return []errs.Field{{Name: "order_id", Message: "An invoice comes from an order or a contract."}}, nil
	}
	if o == nil && len(v.Lines) > 0 {
		bad = append(bad, errs.Field{Name: "lines", Message: "Lines come from an order; name it, or use items."})
	}
	more, err := s.items(ctx, v, o, c)
	return append(bad, more...), err
}

// fromOrder takes prices from the order and holds the quantities to what may be
// invoiced.
func (s *Invoices) fromOrder(ctx context.Context, v *Invoice) ([]errs.Field, *Order, error) {
	o, err := s.Orders.Store.Get(authz.System(ctx, "ltc.invoice:check"), *v.OrderID)
	if err != nil {
		return nil, nil, fmt.Errorf("order of invoice: %w", err)
	}
	held, freight, err := s.Book.Drafted(ctx, o.ID, v.ID)
	if err != nil {
		return nil, nil, err
	}
	v.CustomerID = o.CustomerID
	return v.within(o, held, freight), o, nil
}

// within copies the terms of the order lines and lists what goes beyond what is
// accepted, invoiced and held by other drafts.
func (v *Invoice) within(o *Order, held Quantities, freight Freight) (bad []errs.Field) {
	seen := []int64{}
	for i := range v.Lines {
		l := &v.Lines[i]
		from := o.line(l.OrderLineID)
		if from == nil || slices.Contains(seen, l.OrderLineID) {
			bad = append(bad, errs.Field{Name: linePath(i) + "order_line_id", Message: "Name a line of the order, each once."})
			continue
		}
		seen = append(seen, l.OrderLineID)
		text := l.Description
		if text == "" {
			text = from.Description
		}
		l.Priced = Priced{ProductID: from.ProductID, Description: text, Qty: l.Qty, UnitPrice: from.UnitPrice, Discount: from.Discount, TaxRate: from.TaxRate}
		if free := from.Accepted.Sub(from.Invoiced).Sub(held[from.ID]); free.Less(l.Qty) {
			bad = append(bad, errs.Field{Name: linePath(i) + "qty", Message: "Only {0} is accepted and not invoiced yet.", Args: []any{free.Max(money.Qty{})}})
		}
	}
	if v.Freight.Sign() < 0 || o.Freight.Sub(o.FreightInvoiced).Sub(freight).Less(v.Freight) {
		bad = append(bad, errs.Field{Name: "freight", Message: "More freight than the order has left."})
	}
	return bad
}

// unit is the balance an invoice counts on.
func (v *Invoice) unit() Unit {
	return unitOf(v.CompanyID, v.CustomerID, value(v.ContractID), value(v.OrderID))
}

// post makes the invoice final: it gets the next legal number, the order is invoiced
// that far, the customer owes the money, and the journal says so.
func (s *Invoices) post(ctx context.Context, v *Invoice) error {
	if v.Kind == InvoiceCredit {
		return s.postCredit(ctx, v)
	}
	other := v.Freight
	if err := s.bill(ctx, v); err != nil {
		return err
	}
	ref := s.Type.Ref(v.ID)
	if err := s.Credit.Post(ctx, v.CustomerID, crm.Receivables, ref, v.Total, ref.String()+":post"); err != nil {
		return err
	}
	if err := s.Contracts.progress(ctx, value(v.ContractID), v.onPlan); err != nil {
		return err
	}
	p, direct, err := s.attribute(ctx, v)
	if err != nil {
		return err
	}
	if v.Kind == InvoiceCharge {
		p, other = parts{}, other.Add(p[0])
	}
	lines, err := s.Obligations.bill(ctx, v.unit(), p, v.InvoiceDate, ref)
	if err != nil {
		return err
	}
	lines = append(lines, ledger.Dr(ledger.Receivable, v.Total).Of(int64(v.CustomerID)), ledger.Cr(ledger.TaxOut, v.Tax), ledger.Cr(ledger.OtherIncome, other), ledger.Cr(ledger.Revenue, direct))
	v.Open, v.PostedOn, v.BookedOn = v.Total, s.Today(ctx), v.InvoiceDate
	for i := range v.Instalments {
		v.Instalments[i].Open = v.Instalments[i].Amount
	}
	if v.FiscalNo, err = s.Fiscal(ctx, v.CompanyID, v.InvoiceDate); err != nil {
		return err
	}
	err = s.Journal.Post(ctx, ledger.Entry{Company: v.CompanyID, Day: v.InvoiceDate, Area: ledger.AreaReceivable, Event: "ltc.invoice.posted", Doc: ref, Note: v.FiscalNo, Key: ref.String() + ":post", Lines: lines})
	if err != nil {
		return err
	}
	return s.Bus.Publish(ctx, ltc.InvoicePosted{Invoice: ref, No: v.FiscalNo, Customer: v.CustomerID, Total: v.Total})
}

// onPlan books the invoice on the plan of its contract: on the lines its items name,
// the rest one after another. What was deducted was booked when it was asked for.
func (v *Invoice) onPlan(plan []PlanLine) {
	rest := v.Total
	for i := range v.Items {
		if x := &v.Items[i]; x.PlanLine > 0 && x.PlanLine <= len(plan) && x.DeductsID == nil {
			bookLine(plan, x.PlanLine-1, x.Gross, v.InvoiceDate)
			rest = rest.Sub(x.Gross)
		}
	}
	advancePlan(plan, PlanInvoice, rest, v.InvoiceDate)
}

// attribute divides the net of an invoice over the obligations behind its lines; items
// belong to the unit as a whole. direct is what belongs to none: history that was
// confirmed elsewhere.
func (s *Invoices) attribute(ctx context.Context, v *Invoice) (p parts, direct money.Amount, err error) {
	p = parts{}
	items := v.itemTotals().Net
	nets, lines := make([]money.Price, len(v.Lines)), make([]int64, len(v.Lines))
	for i := range v.Lines {
		nets[i], lines[i] = v.Lines[i].Net, v.Lines[i].OrderLineID
	}
	of, err := s.Cash.ObligationsOf(ctx, lines...)
	if err != nil {
		return nil, direct, err
	}
	for i, a := range spread(v.Net.Sub(items), nets) {
		id := of[lines[i]]
		if id == 0 {
			direct = direct.Add(a)
			continue
		}
		p[id] = p[id].Add(a)
	}
	if !items.IsZero() {
		p[0] = items
	}
	return p, direct, nil
}

// bill books the invoiced quantities on the order, under its lock, and moves its
// part of the credit.
func (s *Invoices) bill(ctx context.Context, v *Invoice) error {
	if v.OrderID == nil || v.Kind == InvoiceAdvance {
		return nil
	}
	_, err := s.Orders.Type.Update(ctx, value(v.OrderID), func(o *Order) error {
		for i := range v.Lines {
			from, l := o.line(v.Lines[i].OrderLineID), &v.Lines[i]
			if from == nil || from.Accepted.Sub(from.Invoiced).Less(l.Qty) {
				return errs.New(errs.Precondition, "The order has nothing left to invoice on line {0}.", i+1)
			}
			from.Invoiced = from.Invoiced.Add(l.Qty)
		}
		o.FreightInvoiced = o.FreightInvoiced.Add(v.Freight)
		if o.Freight.Less(o.FreightInvoiced) {
			return errs.New(errs.Precondition, "More freight than the order has left.")
		}
		return s.Orders.hold(ctx, o, o.openValue())
	})
	if err != nil {
		return fmt.Errorf("bill order %d: %w", value(v.OrderID), err)
	}
	return nil
}

// settle takes what take says off the open amount under the lock of the invoice, writes
// a row of the ledger for every instalment it reaches, and pays the invoice when nothing
// is left. from says where the money comes from. It returns the invoice.
func (s *Invoices) settle(ctx context.Context, id, instalment int64, from Allocation, take func(v *Invoice) (money.Amount, error)) (*Invoice, error) {
	var used []part
	v, err := s.Type.Update(ctx, id, func(v *Invoice) error {
		amount, err := take(v)
		if err != nil {
			return err
		}
		if v.unpaid(instalment).Less(amount) {
			return errs.Bad("amount", "The instalment has {0} open.", v.unpaid(instalment))
		}
		used = v.use(amount, instalment)
		return s.takeOver(ctx, v)
	})
	if err != nil {
		return nil, err
	}
	from.Invoice = v.ID
	for _, u := range used {
		from.Instalment, from.Amount = u.Instalment, u.Amount
		if err := s.Book.Allocate(ctx, from); err != nil {
			return nil, err
		}
	}
	if v.Open.IsZero() {
		return v, s.Type.Fire(ctx, id, "pay", nil)
	}
	return v, nil
}

// ReportLate tells the other modules once of every instalment that became overdue.
func (s *Invoices) ReportLate(ctx context.Context, day date.Date) error {
	list, err := s.Cash.Late(ctx, day)
	if err != nil {
		return fmt.Errorf("overdue instalments: %w", err)
	}
	for _, x := range list {
		err := s.Tx(ctx, func(ctx context.Context) error {
			if err := s.mark(ctx, x.Invoice, x.Instalment, func(i *Instalment) { i.ReportedLate = true }); err != nil {
				return err
			}
			return s.Bus.Publish(ctx, ltc.InstalmentOverdue{Invoice: s.Type.Ref(x.Invoice), Customer: x.Customer, Open: x.Open, Due: x.Due, Days: day.Sub(x.Due)})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// takeOver brings an invoice of history into the journal: what it had open when it came.
func (s *Invoices) takeOver(ctx context.Context, v *Invoice) error {
	if !v.BookedOn.IsZero() {
		return nil
	}
	day, err := s.Journal.OpenDay(ctx, v.CompanyID, ledger.AreaReceivable, v.InvoiceDate)
	if err != nil {
		return err
	}
	v.BookedOn = day
	ref, owed := s.Type.Ref(v.ID), v.Total.Sub(v.Settled)
	return s.Journal.Post(ctx, ledger.Entry{Company: v.CompanyID, Day: day, Area: ledger.AreaReceivable, Event: "ltc.invoice.taken_over", Doc: ref, Note: v.FiscalNo, Key: ref.String() + ":open",
		Lines: []ledger.Line{ledger.Dr(ledger.Receivable, owed).Of(int64(v.CustomerID)), ledger.Cr(Opening, owed)}})
}
