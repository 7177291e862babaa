package domain

import (
	"context"
	"fmt"

	"meridian/modules/crm"
	"meridian/modules/ltc"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/ledger"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// The reasons of a credit note. Only an error is invoiced again.
const (
	CreditReturn = "return"
	CreditPrice  = "price"
	CreditError  = "error"
)

func creditReasons() []resource.Option {
	return []resource.Option{{Value: CreditReturn, Label: "Goods returned", Tone: "warn"}, {Value: CreditPrice, Label: "Price reduced", Tone: "info"}, {Value: CreditError, Label: "Error, to be invoiced again", Tone: "bad"}}
}

// crediting is the input of the move "credit".
type crediting struct{ Why, Note string }

func creditForm() resource.Fields[crediting] {
	return resource.Fields[crediting]{
		resource.Enum("why", "Reason", func(c *crediting) *string { return &c.Why }, creditReasons()...).Required(),
		resource.LongText("note", "Note", func(c *crediting) *string { return &c.Note }).Limit(1000),
	}
}

// credit drafts a credit note over everything of an invoice that is not credited yet;
// whoever completes it takes out what stays.
func (s *Invoices) credit(ctx context.Context, v *Invoice, in *crediting) error {
	switch v.Kind {
	case InvoiceCredit:
		return errs.New(errs.Precondition, "A credit note is not credited; make a new invoice.")
	case InvoiceCharge:
		return errs.New(errs.Precondition, "Fee and interest are not credited; write them off as a difference.")
	}
	lines, items, freight, err := s.Cash.Credited(ctx, v.ID, 0)
	if err != nil {
		return err
	}
	c := &Invoice{Kind: InvoiceCredit, CreditsID: &v.ID, OrderID: v.OrderID, ContractID: v.ContractID, CustomerID: v.CustomerID, Why: in.Why, Note: in.Note,
		InvoiceDate: s.Today(ctx), DueDate: s.Today(ctx), Freight: v.Freight.Sub(freight).Max(money.Amount{})}
	inherit(&c.Base, &v.Base)
	for i := range v.Lines {
		l := v.Lines[i]
		if rest := l.Qty.Sub(lines[l.OrderLineID]); rest.Sign() > 0 {
			p := agreed(l.Priced)
			p.Qty = rest
			c.Lines = append(c.Lines, InvoiceLine{OrderLineID: l.OrderLineID, Priced: p})
		}
	}
	for i := range v.Items {
		x := v.Items[i]
		if items.Sign() != 0 || x.DeductsID != nil { // an item in part, or a deduction that stays deducted
			continue
		}
		c.Items = append(c.Items, InvoiceItem{Description: x.Description, PlanLine: x.PlanLine, Gross: x.Gross, TaxRate: x.TaxRate})
	}
	if len(c.Lines) == 0 && len(c.Items) == 0 {
		return errs.New(errs.Precondition, "Everything on this invoice is credited already.")
	}
	if err := s.Type.Create(ctx, c); err != nil {
		return fmt.Errorf("credit note of %s: %w", v.FiscalNo, err)
	}
	return nil
}

// fromInvoice holds a credit note to the invoice it corrects: its lines and prices, not
// more than is left of quantities, items, freight and total.
func (s *Invoices) fromInvoice(ctx context.Context, c *Invoice) (bad []errs.Field, err error) {
	if c.CreditsID == nil {
		return []errs.Field{{Name: "credits_id", Message: "A credit note corrects an invoice."}}, nil
	}
	v, err := s.Store.Get(authz.System(ctx, "ltc.invoice:credit"), *c.CreditsID)
	if err != nil {
		return nil, fmt.Errorf("invoice of credit note: %w", err)
	}
	lines, items, freight, err := s.Cash.Credited(ctx, v.ID, c.ID)
	if err != nil {
		return nil, err
	}
	c.CustomerID, c.OrderID, c.ContractID, c.Rebill = v.CustomerID, v.OrderID, v.ContractID, c.Why == CreditError
	bad = append(bad, c.creditLines(v, lines)...)
	left := v.itemTotals().Total.Sub(items)
	for i := range v.Items {
		if v.Items[i].DeductsID != nil {
			left = left.Sub(v.Items[i].Gross)
		}
	}
	for n := range c.Items {
		i := &c.Items[n]
		i.price()
		if i.Gross.Sign() <= 0 || left.Less(i.Gross) {
			bad = append(bad, errs.Field{Name: fmt.Sprintf("items.%d.gross", n), Message: "Between 0 and {0}, what is left of the invoice.", Args: []any{left}})
		}
		left = left.Sub(i.Gross)
	}
	if most := v.Freight.Sub(freight); c.Freight.Sign() < 0 || most.Less(c.Freight) {
		bad = append(bad, errs.Field{Name: "freight", Message: "Between 0 and {0}, what is left of the invoice.", Args: []any{most}})
	}
	return bad, nil
}

func (c *Invoice) creditLines(v *Invoice, credited Quantities) (bad []errs.Field) {
	from := map[int64]*InvoiceLine{}
	for i := range v.Lines {
		from[v.Lines[i].OrderLineID] = &v.Lines[i]
	}
	for i := range c.Lines {
		l := &c.Lines[i]
		o := from[l.OrderLineID]
		if o == nil {
			bad = append(bad, errs.Field{Name: linePath(i) + "order_line_id", Message: "Name a line of the invoice, each once."})
			continue
		}
		delete(from, l.OrderLineID)
		price := o.UnitPrice
		if c.Why == CreditPrice && l.UnitPrice.Sign() > 0 {
			if price = l.UnitPrice; o.UnitPrice.Less(price) {
				bad = append(bad, errs.Field{Name: linePath(i) + "unit_price", Message: "Not more than the price of the invoice, {0}.", Args: []any{o.UnitPrice}})
			}
		}
		l.Priced = Priced{ProductID: o.ProductID, Description: o.Description, Qty: l.Qty, UnitPrice: price, Discount: o.Discount, TaxRate: o.TaxRate}
		if left := o.Qty.Sub(credited[l.OrderLineID]); left.Less(l.Qty) {
			bad = append(bad, errs.Field{Name: linePath(i) + "qty", Message: "Only {0} of the invoice is not credited yet.", Args: []any{left.Max(money.Qty{})}})
		}
	}
	return bad
}

// postCredit makes a credit note final: receivable and tax go down, money billed ahead
// of revenue goes first, then revenue (frappe/erpnext PR#18126). What the invoice still
// has open is settled by it; the rest stays as an open credit.
func (s *Invoices) postCredit(ctx context.Context, c *Invoice) error {
	v, err := s.Store.Get(ctx, value(c.CreditsID))
	if err != nil {
		return fmt.Errorf("invoice of credit note %s: %w", c.No, err)
	}
	ref, orig := s.Type.Ref(c.ID), s.Type.Ref(v.ID)
	if c.Rebill {
		if err := s.unbill(ctx, c); err != nil {
			return err
		}
	}
	if !v.PostedOn.IsZero() {
		if err := s.Credit.Post(ctx, c.CustomerID, crm.Receivables, ref, c.Total.Neg(), ref.String()+":post"); err != nil {
			return err
		}
	}
	p, direct, err := s.attribute(ctx, c)
	if err != nil {
		return err
	}
	points, err := s.pointsOf(ctx, c, v, p)
	if err != nil {
		return err
	}
	lines, err := s.Obligations.credit(ctx, c.unit(), p, c.Rebill, c.InvoiceDate, ref)
	if err != nil {
		return err
	}
	lines = append(lines, points...)
	lines = append(lines, ledger.Cr(ledger.Receivable, c.Total).Of(int64(c.CustomerID)), ledger.Dr(ledger.TaxOut, c.Tax), ledger.Dr(ledger.OtherIncome, c.Freight), ledger.Dr(ledger.Revenue, direct))
	if c.FiscalNo, err = s.CreditNo(ctx, c.CompanyID, c.InvoiceDate); err != nil {
		return err
	}
	c.PostedOn, c.BookedOn = s.Today(ctx), c.InvoiceDate
	c.Open, c.Instalments[0].Open = c.Total, c.Total
	err = s.Journal.Post(ctx, ledger.Entry{Company: c.CompanyID, Day: c.InvoiceDate, Area: ledger.AreaReceivable, Event: "ltc.credit_note.posted", Doc: ref, Note: c.FiscalNo, Key: ref.String() + ":post", Lines: lines})
	if err != nil {
		return err
	}
	if err := s.Link(ctx, orig, ref, "credited"); err != nil {
		return err
	}
	if v.Stage == InvoicePosted && v.Open.Sign() > 0 {
		if err := s.applyTo(ctx, c, v.ID, c.Open.Min(v.Open)); err != nil {
			return err
		}
	}
	return s.Bus.Publish(ctx, ltc.CreditNotePosted{CreditNote: ref, Invoice: orig, No: c.FiscalNo, Customer: c.CustomerID, Total: c.Total})
}

// pointsOf takes the part of loyalty points out of p, unless it will be invoiced again.
func (s *Invoices) pointsOf(ctx context.Context, c, v *Invoice, p parts) ([]ledger.Line, error) {
	if c.Rebill {
		return nil, nil
	}
	before, err := s.Store.Find(authz.System(ctx, "ltc.invoice:credit"), record.Where("credits_id", record.Eq, v.ID).And("rebill", record.Eq, false))
	if err != nil {
		return nil, fmt.Errorf("credit notes of %s: %w", v.FiscalNo, err)
	}
	left := v.Net
	for i := range before {
		if x := &before[i]; x.ID != c.ID && !x.BookedOn.IsZero() {
			left = left.Sub(x.Net)
		}
	}
	return s.Points.takeBack(ctx, c, p, left)
}

// unbill gives the quantities of a credit note back to the order and the plan, to be
// invoiced again.
func (s *Invoices) unbill(ctx context.Context, c *Invoice) error {
	if c.OrderID != nil && len(c.Lines) > 0 {
		_, err := s.Orders.Type.Update(ctx, *c.OrderID, func(o *Order) error {
			for i := range c.Lines {
				if l := o.line(c.Lines[i].OrderLineID); l != nil {
					l.Invoiced = l.Invoiced.Sub(c.Lines[i].Qty).Max(money.Qty{})
				}
			}
			o.FreightInvoiced = o.FreightInvoiced.Sub(c.Freight).Max(money.Amount{})
			return s.Orders.hold(ctx, o, o.openValue())
		})
		if err != nil {
			return fmt.Errorf("order of credit note %s: %w", c.No, err)
		}
	}
	return s.Contracts.progress(ctx, value(c.ContractID), func(plan []PlanLine) { retreatPlan(plan, PlanInvoice, c.Total) })
}

// applyTo settles an open invoice with a credit note; the engine holds the credit note.
func (s *Invoices) applyTo(ctx context.Context, c *Invoice, invoice int64, amount money.Amount) error {
	today := s.Today(ctx)
	_, err := s.settle(ctx, invoice, 0, Allocation{Company: c.CompanyID, Credit: c.ID, On: today, By: authz.Actor(ctx)}, func(v *Invoice) (money.Amount, error) {
		switch {
		case v.CompanyID != c.CompanyID || v.CustomerID != c.CustomerID:
			return amount, errs.Bad("invoice", "This invoice belongs to another customer.")
		case v.Stage != InvoicePosted || v.Kind == InvoiceCredit:
			return amount, errs.New(errs.Precondition, "Only a posted invoice that is not paid yet takes money.")
		}
		if amount.IsZero() {
			amount = c.Open.Min(v.Open)
		}
		if amount.Sign() <= 0 || c.Open.Min(v.Open).Less(amount) {
			return amount, errs.Bad("amount", "At most {0}: the credit note has {1} left, the invoice {2} open.", c.Open.Min(v.Open), c.Open, v.Open)
		}
		return amount, nil
	})
	if err != nil {
		return err
	}
	c.use(amount, 0)
	return nil
}

// apply uses what is left of a credit note for another invoice of the customer.
func (s *Invoices) apply(ctx context.Context, c *Invoice, in *matching) error {
	if c.Kind != InvoiceCredit {
		return errs.New(errs.Precondition, "Only a credit note is applied; an invoice is paid.")
	}
	return s.applyTo(ctx, c, in.Invoice, in.Amount)
}
