package domain

import (
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/resource"
)

// ContractKind says what the amount of a contract means.
type ContractKind string

// The kinds of contracts. Only one-off ones have a fixed sum.
const (
	ContractOneOff       ContractKind = "one_off"
	ContractFramework    ContractKind = "framework"
	ContractSubscription ContractKind = "subscription"
)

// Accepting says when control of what is delivered passes to the customer.
type Accepting string

// Control passes with the signature of the customer, with the delivery, or where the
// carrier takes over (Incoterms EXW, FCA).
const (
	AcceptRequired   Accepting = "required"
	AcceptOnDelivery Accepting = "on_delivery"
	AcceptOnDispatch Accepting = "on_dispatch"
)

// silent reports whether nobody signs.
func (a Accepting) silent() bool { return a == AcceptOnDelivery || a == AcceptOnDispatch }

func acceptingOptions() []resource.Option {
	return []resource.Option{{Value: "required", Label: "The customer signs", Tone: "info"}, {Value: "on_delivery", Label: "Delivery is acceptance", Tone: "teal"}, {Value: "on_dispatch", Label: "Dispatch is acceptance", Tone: "teal"}}
}

// ContractTerms are what a contract says besides its lines.
type ContractTerms struct {
	Kind       ContractKind
	TaxRate    money.Ratio
	Price      money.Amount // without tax
	Acceptance Accepting
	DeemedDays int // silence of so many days is acceptance; 0 never
	NoticeDays int
	AutoRenew  bool
	NoticeOn   date.Date    // last day to give notice
	CustomerPO string       `gorm:"column:customer_po"`
	POAmount   money.Amount `gorm:"column:po_amount"`
	Deviates   bool         // from the clause library
	LegalOK    bool         `gorm:"column:legal_ok"`
	FinanceOK  bool         `gorm:"column:finance_ok"`
	DeliveryOK bool         `gorm:"column:delivery_ok"`
	SignedHash string       // of the signed copy
}

func termFields() resource.Fields[Contract] {
	return resource.Fields[Contract]{
		resource.Enum("kind", "Kind of contract", func(c *Contract) *ContractKind { return &c.Kind },
			resource.Option{Value: "one_off", Label: "Fixed price", Tone: "info"}, resource.Option{Value: "framework", Label: "Framework", Tone: "violet"}, resource.Option{Value: "subscription", Label: "Subscription", Tone: "teal"}).InList().Filter().In("Terms"),
		resource.Percent("tax_rate", "Tax rate", func(c *Contract) *money.Ratio { return &c.TaxRate }).In("Terms").Hint("Of what has no product; products bring their own."),
		resource.Money("price", "Price without tax", func(c *Contract) *money.Amount { return &c.Price }).In("Terms").Hint("Empty is worked out; the obligations divide it."),
		resource.Enum("acceptance", "Acceptance", func(c *Contract) *Accepting { return &c.Acceptance }, acceptingOptions()...).In("Terms"),
		resource.Int("deemed_days", "Deemed accepted after days", func(c *Contract) *int { return &c.DeemedDays }).In("Terms").Hint("Days of silence that count as acceptance; 0 is never."),
		resource.Int("notice_days", "Notice period in days", func(c *Contract) *int { return &c.NoticeDays }).In("Terms"),
		resource.Bool("auto_renew", "Renews by itself", func(c *Contract) *bool { return &c.AutoRenew }).In("Terms"),
		resource.Date("notice_on", "Notice at the latest on", func(c *Contract) *date.Date { return &c.NoticeOn }).ReadOnly().Filter().In("Terms"),
		resource.Text("customer_po", "Purchase order of the customer", func(c *Contract) *string { return &c.CustomerPO }).Search().In("Terms").Limit(80),
		resource.Money("po_amount", "Amount of that order", func(c *Contract) *money.Amount { return &c.POAmount }).In("Terms").Hint("Compared with the contract before it is signed."),
		resource.Bool("deviates", "Deviates from the clauses", func(c *Contract) *bool { return &c.Deviates }).ReadOnly().Filter().In("Review"),
		resource.Bool("legal_ok", "Legal agrees", func(c *Contract) *bool { return &c.LegalOK }).ReadOnly().In("Review"),
		resource.Bool("finance_ok", "Finance agrees", func(c *Contract) *bool { return &c.FinanceOK }).ReadOnly().In("Review"),
		resource.Bool("delivery_ok", "Delivery agrees", func(c *Contract) *bool { return &c.DeliveryOK }).ReadOnly().In("Review"),
		resource.Text("signed_hash", "Fingerprint of the signed copy", func(c *Contract) *string { return &c.SignedHash }).ReadOnly().In("Signature"),
	}
}

// terms completes what was left empty and says what cannot be.
func (c *Contract) terms() (bad []errs.Field) {
	if c.Kind == "" {
		c.Kind = ContractOneOff
	}
	if c.Acceptance == "" {
		c.Acceptance = AcceptRequired
	}
	if c.Price.IsZero() {
		c.Price = money.RoundTo[money.Cents](c.Amount.Number().Div(money.Units(1).Add(c.TaxRate).Number()))
	}
	c.NoticeOn = date.Date{}
	if !c.EndOn.IsZero() && (c.NoticeDays > 0 || c.AutoRenew) {
		c.NoticeOn = c.EndOn.AddDays(-c.NoticeDays)
	}
	if c.Amount.Less(c.Price) {
		bad = append(bad, errs.Field{Name: "price", Message: "The price without tax is higher than the amount."})
	}
	for field, n := range map[string]int{"deemed_days": c.DeemedDays, "notice_days": c.NoticeDays} {
		if n < 0 {
			bad = append(bad, errs.Field{Name: field, Message: "Days cannot be negative."})
		}
	}
	if c.TaxRate.Sign() < 0 || money.Units(1).Less(c.TaxRate) {
		bad = append(bad, errs.Field{Name: "tax_rate", Message: "A tax rate lies between 0 % and 100 %."})
	}
	return bad
}

// invoiceLine is the invoice line of the plan with a number; for 0 the first that is due
// on a day and not invoiced in full.
func (c *Contract) invoiceLine(seq int, day date.Date) *PlanLine {
	for i := range c.Plan {
		l := &c.Plan[i]
		if l.Kind != PlanInvoice || l.Status == PlanWaived {
			continue
		}
		if seq == l.Seq || seq == 0 && l.Actual.Less(l.Amount) && !l.DueOn.IsZero() && !l.DueOn.After(day) {
			return l
		}
	}
	return nil
}

// collects are the instalments the plan foresees for an invoice line: the payments that
// follow it, if they make up its amount.
func (c *Contract) collects(seq int, amount money.Amount, day date.Date) []Instalment {
	var out []Instalment
	var sum money.Amount
	for i := range c.Plan {
		l := &c.Plan[i]
		if l.Kind != PlanCollect || l.TriggerLine != seq {
			continue
		}
		out, sum = append(out, Instalment{DueOn: day.AddDays(l.OffsetDays), Amount: l.Amount, PlanLine: l.Seq}), sum.Add(l.Amount)
	}
	if !sum.Equal(amount) {
		return nil
	}
	return out
}
