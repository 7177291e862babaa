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
	FiscalNo     string // the legal number, drawn by the move "post"
	OrderID      *int64
	AcceptanceID *int64
	CustomerID   crm.CustomerID
	InvoiceDate  date.Date
	DueDate      date.Date
	PostedOn     date.Date
	Note         string
	Freight      money.Amount
	Net          money.Amount
	Tax          money.Amount
	Total        money.Amount
	Settled      money.Amount // paid before the import of history
	Open         money.Amount
	Lines        []InvoiceLine `gorm:"-"`
}

// Invoices is the service behind the invoice type.
type Invoices struct {
	*Ports
	Store     record.Store[Invoice]
	Type      *resource.Type[Invoice]
	Orders    *Orders
	Contracts *Contracts
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
	v := &Invoice{OrderID: &o.ID, CustomerID: o.CustomerID, InvoiceDate: s.Today(ctx), Freight: o.Freight.Sub(o.FreightInvoiced).Sub(freight).Max(money.Amount{})}
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
		more, err := s.fromOrder(ctx, v)
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
	t := totals(v.priced(), v.Freight)
	v.Net, v.Tax, v.Total = t.Net, t.Tax, t.Total
	if imported {
		v.Open = v.Total
		if v.Stage == InvoicePaid || v.Stage == InvoiceVoid {
			v.Settled, v.Open = v.Total, money.Amount{}
		}
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// fromOrder takes prices from the order and holds the quantities to what may be
// invoiced.
func (s *Invoices) fromOrder(ctx context.Context, v *Invoice) ([]errs.Field, error) {
	if v.OrderID == nil {
		return []errs.Field{{Name: "order_id", Message: "An invoice comes from an order."}}, nil
	}
	o, err := s.Orders.Store.Get(authz.System(ctx, "ltc.invoice:check"), *v.OrderID)
	if err != nil {
		return nil, fmt.Errorf("order of invoice: %w", err)
	}
	held, freight, err := s.Book.Drafted(ctx, o.ID, v.ID)
	if err != nil {
		return nil, err
	}
	v.CustomerID = o.CustomerID
	return v.within(o, held, freight), nil
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

// post makes the invoice final: it gets the next legal number, the order is
// invoiced that far, and the customer owes the money.
func (s *Invoices) post(ctx context.Context, v *Invoice) error {
	order, err := s.bill(ctx, v)
	if err != nil {
		return err
	}
	ref := s.Type.Ref(v.ID)
	if err := s.Credit.Post(ctx, v.CustomerID, crm.Receivables, ref, v.Total, ref.String()+":post"); err != nil {
		return err
	}
	err = s.Contracts.progress(ctx, value(order.ContractID), func(plan []PlanLine) { advancePlan(plan, PlanInvoice, v.Total, v.InvoiceDate) })
	if err != nil {
		return err
	}
	v.Open, v.PostedOn = v.Total, s.Today(ctx)
	if v.FiscalNo, err = s.Fiscal(ctx, v.CompanyID, v.InvoiceDate); err != nil {
		return err
	}
	return s.Bus.Publish(ctx, ltc.InvoicePosted{Invoice: ref, No: v.FiscalNo, Customer: v.CustomerID, Total: v.Total})
}

// bill books the invoiced quantities on the order, under its lock, and moves its
// part of the credit.
func (s *Invoices) bill(ctx context.Context, v *Invoice) (*Order, error) {
	o, err := s.Orders.Type.Update(ctx, value(v.OrderID), func(o *Order) error {
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
		return nil, fmt.Errorf("bill order %d: %w", value(v.OrderID), err)
	}
	return o, nil
}

// settle takes amount off the open amount under the lock of the invoice and pays
// it when nothing is left. It returns the invoice.
func (s *Invoices) settle(ctx context.Context, id int64, take func(v *Invoice) (money.Amount, error)) (*Invoice, error) {
	v, err := s.Type.Update(ctx, id, func(v *Invoice) error {
		amount, err := take(v)
		v.Open = v.Open.Sub(amount)
		return err
	})
	if err != nil {
		return nil, err
	}
	if v.Open.IsZero() {
		return v, s.Type.Fire(ctx, id, "pay", nil)
	}
	return v, nil
}
