package domain

import (
	"context"
	"time"

	"meridian/modules/crm"
	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/resource"
)

// quoteRules is the discount authority a fresh company starts with.
func quoteRules() []process.Rule {
	manager, finance := process.ByRole("ltc.manager"), process.ByRole("core.finance_manager")
	large := money.MustAmount("100000.01")
	return []process.Rule{
		{Label: "Discount above 20 %", Guard: "max_discount > 0.2", Steps: []process.Step{manager, finance}},
		{Label: "Above 100,000", From: large, Steps: []process.Step{manager, finance}},
		{Label: "Discount above 10 %", To: large, Guard: "max_discount > 0.1", Steps: []process.Step{manager}},
		{Label: "Within the authority of sales", To: large},
	}
}

// Declare returns the document type of the quote.
func (s *Quotes) Declare() *resource.Type[Quote] {
	lines := resource.Lines("lines", "Lines", func(q *Quote) *[]QuoteLine { return &q.Lines },
		append(pricedFields(func(l *QuoteLine) *Priced { return &l.Priced }),
			resource.Price("list_price", "List price", func(l *QuoteLine) *money.Price { return &l.ListPrice }).ReadOnly()))
	s.Type = &resource.Type[Quote]{
		Name: "ltc.quote", Label: "Quote", Plural: "Quotes", Icon: "file-description", Number: "Q-{0000}/v1", Store: s.Store, Check: s.check, SumBy: "total",
		Title:  func(q *Quote) string { return q.Title },
		Amount: func(q *Quote) money.Amount { return q.Total },
		Default: func(ctx context.Context, q *Quote) error {
			q.ValidUntil, q.Currency = s.Today(ctx).AddDays(validDays), s.currency(q.CompanyID)
			return nil
		},
		Rules: map[string][]process.Rule{"ltc.quote:submit": quoteRules()},
		Print: s.print,
		Fields: resource.Fields[Quote]{
			resource.OptRef("opportunity_id", "Opportunity", func(q *Quote) **int64 { return &q.OpportunityID }, "ltc.opportunity").InList().Filter().Source().In("Quote"),
			resource.Text("title", "Subject", func(q *Quote) *string { return &q.Title }).InList().Search().In("Quote"),
			resource.Ref("customer_id", "Customer", func(q *Quote) *crm.CustomerID { return &q.CustomerID }, "crm.customer").Required().InList().Filter().In("Quote"),
			resource.OptRef("contact_id", "Contact", func(q *Quote) **int64 { return &q.ContactID }, "crm.contact").In("Quote"),
			resource.OptRef("previous_id", "Previous version", func(q *Quote) **int64 { return &q.PreviousID }, "ltc.quote").ReadOnly().Filter().Source().In("Quote"),
			resource.Int("revision", "Version", func(q *Quote) *int { return &q.Revision }).ReadOnly().InList().Filter().In("Quote"),
			resource.Bool("is_current", "Current version", func(q *Quote) *bool { return &q.IsCurrent }).ReadOnly().InList().Filter().In("Quote"),
			resource.Date("valid_until", "Valid until", func(q *Quote) *date.Date { return &q.ValidUntil }).Required().InList().Filter().In("Terms"),
			resource.LongText("payment_terms", "Payment terms", func(q *Quote) *string { return &q.PaymentTerms }).Limit(1000).In("Terms"),
			resource.Text("currency", "Currency", func(q *Quote) *string { return &q.Currency }).ReadOnly().In("Terms"),
			lines,
			resource.Money("net", "Net", func(q *Quote) *money.Amount { return &q.Net }).ReadOnly().Filter().In("Totals"),
			resource.Money("tax", "Tax", func(q *Quote) *money.Amount { return &q.Tax }).ReadOnly().In("Totals"),
			resource.Money("total", "Total", func(q *Quote) *money.Amount { return &q.Total }).ReadOnly().InList().Filter().In("Totals"),
			resource.Percent("max_discount", "Largest discount", func(q *Quote) *money.Ratio { return &q.MaxDiscount }).ReadOnly().Filter().In("Totals").Hint("Below the list price; decides who must approve."),
		},
		Process: resource.Process(func(q *Quote) *QuoteStage { return &q.Stage },
			[]resource.Stage[QuoteStage]{
				{Key: QuoteDraft, Label: "Draft", Owner: "ltc.rep", Class: process.Draft, Limit: 16 * time.Hour, Help: "Enter the positions; the discount decides who must approve."},
				{Key: QuoteApproved, Label: "Approved", Owner: "ltc.rep", Locked: true, In: resource.Need(lines), Limit: 8 * time.Hour, Help: "Send the quote to the customer."},
				{Key: QuoteSent, Label: "Sent", Owner: "ltc.rep", Wait: true, Locked: true, Class: process.Transit, Help: "The customer decides."},
				{Key: QuoteAccepted, Label: "Accepted by customer", End: true, Class: process.Won, Help: "Make the contract or the order of it."},
				{Key: QuoteDeclined, Label: "Declined", End: true, Class: process.Lost},
				{Key: QuoteExpired, Label: "Expired", End: true, Class: process.Cancelled},
				{Key: QuoteSuperseded, Label: "Superseded", End: true, Class: process.Cancelled},
			},
			[]resource.Move[Quote, QuoteStage]{
				{Name: "submit", Label: "Submit", From: resource.From(QuoteDraft), To: QuoteApproved, Matrix: "ltc.quote:submit", Do: resource.Do(s.stillLive)},
				{Name: "send", Label: "Send", From: resource.From(QuoteApproved), To: QuoteSent, Do: resource.Do(s.stillLive)},
				{Name: "accept", Label: "Customer accepts", From: resource.From(QuoteSent), To: QuoteAccepted, Do: resource.Do(s.stillLive)},
				{Name: "decline", Label: "Customer declines", From: resource.From(QuoteSent), To: QuoteDeclined, Reason: true, Deviation: true},
				{Name: "expire", Label: "Validity ended", From: resource.From(QuoteApproved, QuoteSent), To: QuoteExpired, Deviation: true, System: true},
				{Name: "new_version", Label: "New version", From: resource.From(QuoteDraft, QuoteApproved, QuoteSent, QuoteDeclined, QuoteExpired), To: QuoteSuperseded, Deviation: true, Do: resource.Do(s.newVersion)},
				{Name: "make_contract", Label: "Make contract", From: resource.From(QuoteAccepted), Do: resource.Do(s.makeContract)},
				{Name: "order", Label: "Make order", From: resource.From(QuoteAccepted), Do: resource.Do(s.order)},
			}),
	}
	return s.Type
}
