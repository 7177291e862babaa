package domain

import (
	"context"
	"fmt"

	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/i18n"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// InvoiceItem is a line without a product: a share of a contract, an advance, or what
// an advance asked for and this invoice takes off. Amounts include tax, as they were
// agreed; net and tax are worked out of them, so they add up to the cent.
type InvoiceItem struct {
	record.Line
	Description string
	PlanLine    int
	DeductsID   *int64
	Gross       money.Amount
	TaxRate     money.Ratio
	Net         money.Amount
	Tax         money.Amount
}

func itemFields() resource.Fields[InvoiceItem] {
	return resource.Fields[InvoiceItem]{
		resource.Text("description", "Description", func(i *InvoiceItem) *string { return &i.Description }).Required(),
		resource.Int("plan_line", "Plan line", func(i *InvoiceItem) *int { return &i.PlanLine }),
		resource.OptRef("deducts_id", "Deducts", func(i *InvoiceItem) **int64 { return &i.DeductsID }, "ltc.invoice"),
		resource.Money("gross", "Amount with tax", func(i *InvoiceItem) *money.Amount { return &i.Gross }).Required(),
		resource.Percent("tax_rate", "Tax rate", func(i *InvoiceItem) *money.Ratio { return &i.TaxRate }),
		resource.Money("net", "Net", func(i *InvoiceItem) *money.Amount { return &i.Net }).ReadOnly(),
		resource.Money("tax", "Tax", func(i *InvoiceItem) *money.Amount { return &i.Tax }).ReadOnly(),
	}
}

// price works net and tax out of the amount with tax.
func (i *InvoiceItem) price() {
	i.Net = money.RoundTo[money.Cents](i.Gross.Number().Div(money.Units(1).Add(i.TaxRate).Number()))
	i.Tax = i.Gross.Sub(i.Net)
}

// itemTotals adds the items up.
func (v *Invoice) itemTotals() (t Totals) {
	for i := range v.Items {
		t.Net, t.Tax, t.Total = t.Net.Add(v.Items[i].Net), t.Tax.Add(v.Items[i].Tax), t.Total.Add(v.Items[i].Gross)
	}
	return t
}

// items holds the lines without a product to what may be asked for: deductions to what
// was asked for ahead, shares of a contract to its amount, advances to the order.
func (s *Invoices) items(ctx context.Context, v *Invoice, o *Order, c *Contract) (bad []errs.Field, err error) {
	ahead, err := s.Cash.Undeducted(ctx, value(v.OrderID), value(v.ContractID), v.ID)
	if err != nil {
		return nil, err
	}
	left := map[int64]money.Amount{}
	for _, a := range ahead {
		left[a.Invoice] = left[a.Invoice].Add(a.Gross)
	}
	var asked money.Amount
	for n := range v.Items {
		i := &v.Items[n]
		at := func(field, message string, args ...any) {
			bad = append(bad, errs.Field{Name: fmt.Sprintf("items.%d.%s", n, field), Message: message, Args: args})
		}
		i.price()
		if i.TaxRate.Sign() < 0 || money.Units(1).Less(i.TaxRate) {
			at("tax_rate", "A tax rate lies between 0 % and 100 %.")
		}
		switch {
		case i.DeductsID == nil && i.Gross.Sign() <= 0:
			at("gross", "The amount must be greater than zero.")
		case i.DeductsID == nil:
			asked = asked.Add(i.Gross)
		case i.Gross.Sign() >= 0:
			at("gross", "A deduction is negative.")
		case left[*i.DeductsID].Less(i.Gross.Neg()):
			at("gross", "Only {0} of that invoice is not deducted yet.", left[*i.DeductsID])
		default:
			left[*i.DeductsID] = left[*i.DeductsID].Add(i.Gross)
		}
	}
	if o != nil && asked.Sign() > 0 {
		have, err := s.Cash.Advanced(ctx, o.ID, v.ID)
		if err != nil {
			return bad, err
		}
		if most := o.Total.Sub(have); most.Less(asked) {
			bad = append(bad, errs.Field{Name: "items", Message: "At most {0} of the order is left to ask for.", Args: []any{most}})
		}
	}
	return bad, s.withinContract(ctx, v, c, &bad)
}

// withinContract refuses to bill more than a contract of fixed price amounts to.
func (s *Invoices) withinContract(ctx context.Context, v *Invoice, c *Contract, bad *[]errs.Field) error {
	if c == nil || c.Kind != ContractOneOff {
		return nil
	}
	have, err := s.Cash.Billed(ctx, c.ID, v.ID)
	if err != nil {
		return err
	}
	asked := totals(v.priced(), money.Amount{}).Total.Add(v.itemTotals().Total)
	if c.Amount.Less(have.Add(asked)) {
		*bad = append(*bad, errs.Field{Name: "items", Message: "The contract amounts to {0}, {1} of it is invoiced or drafted; {2} more is too much. Deduct advances, or change the contract.", Args: []any{c.Amount, have, asked}})
	}
	return nil
}

// deduct takes off a draft what earlier invoices asked for ahead of delivery, as far as
// it goes; that makes it the final invoice.
func (s *Invoices) deduct(ctx context.Context, v *Invoice) error {
	ahead, err := s.Cash.Undeducted(ctx, value(v.OrderID), value(v.ContractID), 0)
	if err != nil {
		return err
	}
	lines := v.priced()
	for _, l := range lines {
		l.Net = money.Net(l.Qty, l.UnitPrice, l.Discount)
	}
	rest := totals(lines, money.Amount{}).Total
	for _, a := range ahead {
		x := a.Gross.Min(rest)
		if x.Sign() <= 0 {
			continue
		}
		rest = rest.Sub(x)
		v.Items = append(v.Items, InvoiceItem{Description: i18n.T(ctx, "Deduction of {0}", a.No), DeductsID: pointer(a.Invoice), Gross: x.Neg(), TaxRate: a.TaxRate})
		v.Kind = InvoiceFinal
	}
	return nil
}

// ahead is the input of the move "advance" of an order.
type ahead struct {
	Percent money.Ratio
	Amount  money.Amount
}

func aheadForm() resource.Fields[ahead] {
	return resource.Fields[ahead]{
		resource.Percent("percent", "Share of the order", func(a *ahead) *money.Ratio { return &a.Percent }),
		resource.Money("amount", "Amount with tax", func(a *ahead) *money.Amount { return &a.Amount }).Hint("Instead of a share."),
	}
}

// advance drafts an invoice ahead of delivery; the final invoice deducts it.
func (s *Invoices) advance(ctx context.Context, o *Order, in *ahead) error {
	amount := in.Amount
	if amount.IsZero() {
		amount = money.Part(o.Total, in.Percent)
	}
	if amount.Sign() <= 0 {
		return errs.Bad("percent", "Give a share or an amount.")
	}
	v := &Invoice{Kind: InvoiceAdvance, OrderID: &o.ID, ContractID: o.ContractID, CustomerID: o.CustomerID}
	inherit(&v.Base, &o.Base)
	v.Items = byRate(i18n.T(ctx, "Advance payment for {0}", o.No), amount, o.priced())
	return s.start(ctx, v)
}

// byRate divides an amount with tax over the tax rates of priced lines.
func byRate(text string, amount money.Amount, lines []*Priced) []InvoiceItem {
	var rates []money.Ratio
	gross := map[string]money.Price{}
	for _, l := range lines {
		k := l.TaxRate.String()
		if _, seen := gross[k]; !seen {
			rates = append(rates, l.TaxRate)
		}
		gross[k] = gross[k].Add(money.Times(l.Net, money.Units(1).Add(l.TaxRate)))
	}
	if len(rates) == 0 {
		rates = []money.Ratio{{}}
	}
	weights := make([]money.Price, len(rates))
	for i, r := range rates {
		weights[i] = gross[r.String()]
	}
	var out []InvoiceItem
	for i, a := range spread(amount, weights) {
		if !a.IsZero() {
			out = append(out, InvoiceItem{Description: text, Gross: a, TaxRate: rates[i]})
		}
	}
	return out
}

// planned is the input of the move "invoice" of a contract.
type planned struct{ Line int }

func plannedForm() resource.Fields[planned] {
	return resource.Fields[planned]{
		resource.Int("line", "Plan line", func(p *planned) *int { return &p.Line }).Hint("Empty takes the first invoice line that is due and not done."),
	}
}

// fromPlan drafts the invoice of a line of the execution plan. What stands before any
// delivery or acceptance is an advance.
func (s *Invoices) fromPlan(ctx context.Context, c *Contract, in *planned) error {
	l := c.invoiceLine(in.Line, s.Today(ctx))
	if l == nil {
		return errs.New(errs.Precondition, "No invoice line of the plan is due.")
	}
	rest := l.Amount.Sub(l.Actual)
	if rest.Sign() <= 0 {
		return errs.Bad("line", "This line is invoiced already.")
	}
	lines, err := s.contractLines(ctx, c)
	if err != nil {
		return err
	}
	v := &Invoice{Kind: InvoiceNormal, ContractID: &c.ID, CustomerID: c.CustomerID}
	if l.TriggerLine == 0 || c.Plan[l.TriggerLine-1].money() {
		v.Kind = InvoiceAdvance
	}
	inherit(&v.Base, &c.Base)
	v.Items = byRate(i18n.T(ctx, "{0}, line {1} of the plan", c.Title, l.Seq), rest, lines)
	for i := range v.Items {
		v.Items[i].PlanLine = l.Seq
	}
	v.Instalments = c.collects(l.Seq, rest, s.Today(ctx))
	return s.start(ctx, v)
}

// contractLines are the priced lines behind a contract, for its tax rates: of its
// quote, else at the tax rate of the contract itself.
func (s *Invoices) contractLines(ctx context.Context, c *Contract) ([]*Priced, error) {
	if c.QuoteID != nil {
		q, err := s.Contracts.Quotes.Store.Get(authz.System(ctx, "ltc.invoice:plan"), *c.QuoteID)
		if err != nil {
			return nil, fmt.Errorf("quote of contract %s: %w", c.No, err)
		}
		return q.priced(), nil
	}
	return []*Priced{{TaxRate: c.TaxRate, Net: money.Units(1)}}, nil
}

// start dates a draft made by another document and stores it.
func (s *Invoices) start(ctx context.Context, v *Invoice) error {
	customer, err := s.Customers.Customer(ctx, v.CustomerID)
	if err != nil {
		return err
	}
	v.InvoiceDate = s.Today(ctx)
	v.DueDate = v.InvoiceDate.AddDays(customer.PaymentDays)
	for i := range v.Instalments {
		v.DueDate = date.Later(v.DueDate, v.Instalments[i].DueOn)
	}
	if err := s.Type.Create(ctx, v); err != nil {
		return fmt.Errorf("draft invoice: %w", err)
	}
	return nil
}
