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
		{Label: "Terms no worse than approved before", Guard: "same_terms"},
		{Label: "Margin below the floor", Guard: "below_floor", Steps: []process.Step{manager, finance}},
		{Label: "Discount above 20 %", Guard: "max_discount > 0.2", Steps: []process.Step{manager, finance}},
		{Label: "Above 100,000", From: large, Steps: []process.Step{manager, finance}},
		{Label: "Long payment term", To: large, Guard: "long_terms", Steps: []process.Step{manager, finance}},
		{Label: "Beyond the own discount authority", To: large, Guard: "over_authority", Steps: []process.Step{manager}},
		{Label: "Discount above 10 %", To: large, Guard: "max_discount > 0.1", Steps: []process.Step{manager}},
		{Label: "Within the authority of sales", To: large},
	}
}

// Declare returns the document type of the quote.
func (s *Quotes) Declare() *resource.Type[Quote] {
	lines := resource.Lines("lines", "Lines", func(q *Quote) *[]QuoteLine { return &q.Lines },
		append(pricedFields(func(l *QuoteLine) *Priced { return &l.Priced }),
			resource.Price("list_price", "List price", func(l *QuoteLine) *money.Price { return &l.ListPrice }).ReadOnly(),
			resource.Price("cost", "Unit cost", func(l *QuoteLine) *money.Price { return &l.Cost }).ReadOnly().Sensitive(),
			resource.OptRef("configuration_id", "Configuration", func(l *QuoteLine) **int64 { return &l.ConfigurationID }, "ltc.configuration")))
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
			resource.Int("payment_days", "Payment term in days", func(q *Quote) *int { return &q.PaymentDays }).Filter().In("Terms").Hint("Empty takes that of the customer."),
			resource.Text("currency", "Currency", func(q *Quote) *string { return &q.Currency }).ReadOnly().In("Terms"),
			lines,
			resource.Lines("options", "Options and alternatives", func(q *Quote) *[]QuoteOption { return &q.Options }, optionFields()),
			resource.Lines("rounds", "Negotiation rounds", func(q *Quote) *[]QuoteRound { return &q.Rounds }, roundFields()).ReadOnly(),
			resource.Money("net", "Net", func(q *Quote) *money.Amount { return &q.Net }).ReadOnly().Filter().In("Totals"),
			resource.Money("tax", "Tax", func(q *Quote) *money.Amount { return &q.Tax }).ReadOnly().In("Totals"),
			resource.Money("total", "Total", func(q *Quote) *money.Amount { return &q.Total }).ReadOnly().InList().Filter().In("Totals"),
			resource.Percent("max_discount", "Largest discount", func(q *Quote) *money.Ratio { return &q.MaxDiscount }).ReadOnly().Filter().In("Totals").Hint("Below the list price; decides who must approve."),
			resource.Money("margin", "Margin", func(q *Quote) *money.Amount { return &q.Margin }).ReadOnly().Sensitive().In("Margin"),
			resource.Percent("margin_rate", "Margin rate", func(q *Quote) *money.Ratio { return &q.MarginRate }).ReadOnly().Sensitive().In("Margin"),
			resource.Bool("cost_known", "Cost of every line is known", func(q *Quote) *bool { return &q.CostKnown }).ReadOnly().In("Margin"),
			resource.Bool("below_floor", "Margin below the floor", func(q *Quote) *bool { return &q.BelowFloor }).ReadOnly().Filter().Sensitive().In("Margin"),
			resource.Bool("over_authority", "Beyond the own discount authority", func(q *Quote) *bool { return &q.OverAuthority }).ReadOnly().Filter().In("Totals"),
			resource.Bool("long_terms", "Long payment term", func(q *Quote) *bool { return &q.LongTerms }).ReadOnly().Filter().In("Terms"),
			resource.Bool("same_terms", "Terms no worse than approved before", func(q *Quote) *bool { return &q.SameTerms }).ReadOnly().In("Totals"),
			resource.Time("sent_at", "Sent at", func(q *Quote) **time.Time { return &q.SentAt }).ReadOnly().Filter().In("With the customer"),
			resource.Time("viewed_at", "Last opened at", func(q *Quote) **time.Time { return &q.ViewedAt }).ReadOnly().Filter().In("With the customer"),
			resource.Int("views", "Opened times", func(q *Quote) *int { return &q.Views }).ReadOnly().In("With the customer"),
			resource.Text("accepted_by", "Accepted by", func(q *Quote) *string { return &q.AcceptedBy }).ReadOnly().In("With the customer"),
			resource.Time("accepted_at", "Accepted at", func(q *Quote) **time.Time { return &q.AcceptedAt }).ReadOnly().In("With the customer"),
		},
		Process: resource.Process(func(q *Quote) *QuoteStage { return &q.Stage },
			[]resource.Stage[QuoteStage]{
				{Key: QuoteDraft, Label: "Draft", Owner: "ltc.rep", Class: process.Draft, Limit: 16 * time.Hour, Help: "Enter the positions; the discount decides who must approve."},
				{Key: QuoteApproved, Label: "Approved", Owner: "ltc.rep", Locked: true, In: resource.Need(lines), Limit: 8 * time.Hour, Help: "Send the quote to the customer."},
				{Key: QuoteSent, Label: "Sent", Owner: "ltc.rep", Wait: true, Locked: true, Class: process.Transit, Help: "The customer decides."},
				{Key: QuoteViewed, Label: "Opened by customer", Owner: "ltc.rep", Wait: true, Locked: true, Class: process.Transit, Help: "The customer has read it; ask."},
				{Key: QuoteAccepted, Label: "Accepted by customer", End: true, Class: process.Won, Help: "Make the contract or the order of it."},
				{Key: QuoteDeclined, Label: "Declined", End: true, Class: process.Lost},
				{Key: QuoteExpired, Label: "Expired", End: true, Class: process.Cancelled},
				{Key: QuoteSuperseded, Label: "Superseded", End: true, Class: process.Cancelled},
			},
			[]resource.Move[Quote, QuoteStage]{
				{Name: "submit", Label: "Submit", From: resource.From(QuoteDraft), To: QuoteApproved, Matrix: "ltc.quote:submit", Do: resource.Do(s.stillLive)},
				{Name: "send", Label: "Send", From: resource.From(QuoteApproved), To: QuoteSent, Do: resource.Do(s.send)},
				{Name: "view", Label: "Opened by customer", From: resource.From(QuoteSent), To: QuoteViewed, System: true},
				{Name: "accept", Label: "Customer accepts", From: resource.From(QuoteSent, QuoteViewed), To: QuoteAccepted, Do: resource.Ask(yesForm(), s.accept)},
				{Name: "decline", Label: "Customer declines", From: resource.From(QuoteSent, QuoteViewed), To: QuoteDeclined, Reason: true, Deviation: true, Do: resource.Do(s.decline)},
				{Name: "expire", Label: "Validity ended", From: resource.From(QuoteApproved, QuoteSent, QuoteViewed), To: QuoteExpired, Deviation: true, System: true},
				{Name: "new_version", Label: "New version", From: resource.From(QuoteDraft, QuoteApproved, QuoteSent, QuoteViewed, QuoteDeclined, QuoteExpired), To: QuoteSuperseded, Deviation: true, Do: resource.Do(s.newVersion)},
				{Name: "round", Label: "Log negotiation round", From: resource.From(QuoteDraft, QuoteApproved, QuoteSent, QuoteViewed), Do: resource.Ask(roundForm(), s.round)},
				{Name: "take", Label: "Take an option in", From: resource.From(QuoteDraft), Do: resource.Ask(takeForm(), s.take)},
				{Name: "copy", Label: "Copy", From: resource.From(QuoteApproved, QuoteSent, QuoteViewed, QuoteAccepted, QuoteDeclined, QuoteExpired), Do: resource.Do(s.copy)},
				{Name: "make_contract", Label: "Make contract", From: resource.From(QuoteAccepted), Do: resource.Do(s.makeContract)},
				{Name: "order", Label: "Make order", From: resource.From(QuoteAccepted), Do: resource.Do(s.order)},
			}),
	}
	return s.Type
}
