package domain

import (
	"context"
	"time"

	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/resource"
)

// Declare returns the document type of the opportunity.
func (s *Opportunities) Declare() *resource.Type[Opportunity] {
	s.Type = &resource.Type[Opportunity]{
		Name: "ltc.opportunity", Label: "Opportunity", Plural: "Opportunities", Icon: "target-arrow", Number: "OP-{yyyy}-{00000}", Store: s.Store,
		Check: s.check, Saved: s.saved, SumBy: "amount",
		Title:   func(o *Opportunity) string { return o.Name },
		Amount:  func(o *Opportunity) money.Amount { return o.Amount },
		Default: func(_ context.Context, o *Opportunity) error { o.Probability = chance[DealQualify]; return nil },
		Fields: resource.Fields[Opportunity]{
			resource.Text("name", "Deal name", func(o *Opportunity) *string { return &o.Name }).Required().InList().Search().Filter().In("Deal"),
			resource.OptRef("customer_id", "Customer", func(o *Opportunity) **int64 { return &o.CustomerID }, "crm.customer").InList().Filter().In("Deal"),
			resource.OptRef("contact_id", "Contact", func(o *Opportunity) **int64 { return &o.ContactID }, "crm.contact").In("Deal"),
			resource.OptRef("lead_id", "Lead", func(o *Opportunity) **int64 { return &o.LeadID }, "ltc.lead").Filter().Source().In("Deal"),
			resource.OptRef("product_id", "Product", func(o *Opportunity) **int64 { return &o.ProductID }, "ipd.product").Filter().In("Deal"),
			resource.Money("amount", "Amount", func(o *Opportunity) *money.Amount { return &o.Amount }).InList().Filter().In("Deal"),
			resource.Percent("probability", "Probability", func(o *Opportunity) *money.Ratio { return &o.Probability }).InList().Filter().In("Deal").Hint("Follows the stage until you set another."),
			resource.Date("close_on", "Expected close", func(o *Opportunity) *date.Date { return &o.CloseOn }).InList().Filter().In("Deal"),
			resource.Text("source", "Source", func(o *Opportunity) *string { return &o.Source }).Filter().In("Deal"),
			resource.Text("next_step", "Next step", func(o *Opportunity) *string { return &o.NextStep }).InList().In("Next step"),
			resource.Date("next_on", "Next step on", func(o *Opportunity) *date.Date { return &o.NextOn }).InList().Filter().In("Next step"),
			resource.Text("competitor", "Competitor", func(o *Opportunity) *string { return &o.Competitor }).Filter().In("Next step"),
			resource.Date("closed_on", "Closed on", func(o *Opportunity) *date.Date { return &o.ClosedOn }).Filter().In("Result").Hint("Set when the deal is won or lost."),
			resource.Enum("loss_reason", "Reason of loss", func(o *Opportunity) *string { return &o.LossReason }, lossReasons()...).ReadOnly().Filter().In("Result"),
			resource.LongText("close_note", "Note on the result", func(o *Opportunity) *string { return &o.CloseNote }).ReadOnly().In("Result"),
		},
		Process: resource.Process(func(o *Opportunity) *DealStage { return &o.Stage },
			[]resource.Stage[DealStage]{
				{Key: DealQualify, Label: "Qualify the deal", Owner: "ltc.rep", Class: process.Open, Limit: 80 * time.Hour, Help: "Survey the need: pain, budget, who decides, when."},
				{Key: DealPropose, Label: "Proposal", Owner: "ltc.rep", Class: process.Working, Limit: 80 * time.Hour, Help: "Work out a solution and send a quote."},
				{Key: DealNegotiate, Label: "Negotiation", Owner: "ltc.rep", Class: process.Working, Limit: 80 * time.Hour, Help: "Settle price and terms; bring the contract or the order."},
				{Key: DealWon, Label: "Deal won", End: true, Class: process.Won},
				{Key: DealLost, Label: "Deal lost", End: true, Class: process.Lost},
				{Key: DealHold, Label: "On hold", Owner: "ltc.rep", Wait: true, Class: process.Hold, Help: "Nothing to do until the customer is ready."},
			},
			[]resource.Move[Opportunity, DealStage]{
				{Name: "propose", Label: "To proposal", From: resource.From(DealQualify), To: DealPropose, Do: resource.Do(reach(DealPropose))},
				{Name: "negotiate", Label: "To negotiation", From: resource.From(DealPropose), To: DealNegotiate, Do: resource.Do(reach(DealNegotiate))},
				{Name: "win", Label: "Win", From: resource.From(DealNegotiate, DealQualify, DealPropose), To: DealWon, Do: resource.Do(s.win)},
				{Name: "back", Label: "Step back", From: resource.From(DealPropose), To: DealQualify, Reason: true, Deviation: true, Do: resource.Do(reach(DealQualify))},
				{Name: "back", Label: "Step back", From: resource.From(DealNegotiate), To: DealPropose, Reason: true, Deviation: true, Do: resource.Do(reach(DealPropose))},
				{Name: "lose", Label: "Lose", From: resource.From(DealQualify, DealPropose, DealNegotiate, DealHold), To: DealLost, Deviation: true, Do: resource.Ask(loseForm(), s.lose)},
				{Name: "hold", Label: "Put on hold", From: resource.From(DealQualify, DealPropose, DealNegotiate), To: DealHold, Reason: true, Deviation: true, Do: resource.Do(reach(DealHold))},
				{Name: "resume", Label: "Resume", From: resource.From(DealHold), To: DealQualify, Deviation: true},
				{Name: "reopen", Label: "Reopen", From: resource.From(DealLost), To: DealQualify, Reason: true, Deviation: true, Do: resource.Do(s.reopen)},
			}),
	}
	return s.Type
}
