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
	nextStep := resource.Text("next_step", "Next step", func(o *Opportunity) *string { return &o.NextStep }).InList().In("Next step")
	nextOn := resource.Date("next_on", "Next step on", func(o *Opportunity) *date.Date { return &o.NextOn }).InList().Filter().In("Next step")
	s.Type = &resource.Type[Opportunity]{
		Name: "ltc.opportunity", Label: "Opportunity", Plural: "Opportunities", Icon: "target-arrow", Number: "OP-{yyyy}-{00000}", Store: s.Store,
		Check: s.check, Saved: s.saved, SumBy: "amount",
		Title:  func(o *Opportunity) string { return o.Name },
		Amount: func(o *Opportunity) money.Amount { return o.Amount },
		Default: func(_ context.Context, o *Opportunity) error {
			o.Probability, o.Category = chance[DealQualify], usualCategory[DealQualify]
			return nil
		},
		Fields: resource.Fields[Opportunity]{
			resource.Text("name", "Deal name", func(o *Opportunity) *string { return &o.Name }).Required().InList().Search().Filter().In("Deal"),
			resource.OptRef("customer_id", "Customer", func(o *Opportunity) **int64 { return &o.CustomerID }, "crm.customer").InList().Filter().In("Deal"),
			resource.OptRef("contact_id", "Contact", func(o *Opportunity) **int64 { return &o.ContactID }, "crm.contact").In("Deal"),
			resource.OptRef("lead_id", "Lead", func(o *Opportunity) **int64 { return &o.LeadID }, "ltc.lead").Filter().Source().In("Deal"),
			resource.OptRef("product_id", "Product", func(o *Opportunity) **int64 { return &o.ProductID }, "ipd.product").Filter().In("Deal"),
			resource.OptRef("partner_id", "Partner", func(o *Opportunity) **int64 { return &o.PartnerID }, "crm.customer").Filter().In("Deal").Hint("Who brought the deal and gets commission on it."),
			resource.Ref("pipeline_id", "Pipeline", func(o *Opportunity) *int64 { return &o.PipelineID }, "ltc.pipeline").Filter().In("Deal").Hint("Empty: that of the branch, else the one for every deal."),
			resource.Text("step", "Step", func(o *Opportunity) *string { return &o.Step }).InList().Filter().Hidden().In("Deal"),
			resource.Text("step_reason", "Reason of the step back", func(o *Opportunity) *string { return &o.StepReason }).Limit(1000).Hidden().In("Deal"),
			resource.Money("amount", "Amount", func(o *Opportunity) *money.Amount { return &o.Amount }).InList().Filter().In("Deal"),
			resource.Percent("probability", "Probability", func(o *Opportunity) *money.Ratio { return &o.Probability }).InList().Filter().In("Deal").Hint("Learned from closed deals, else usual for the stage, until you set another. Empty takes the learned one again."),
			resource.Enum("prob_source", "Source of the probability", func(o *Opportunity) *string { return &o.ProbSource },
				resource.Option{Value: probStage, Label: "Usual for the stage"}, resource.Option{Value: probLearned, Label: "Learned from closed deals"}, resource.Option{Value: probManual, Label: "Set by hand"}, resource.Option{Value: probStep, Label: "Of the step"}).ReadOnly().Filter().In("Deal"),
			resource.Enum("category", "Forecast category", func(o *Opportunity) *string { return &o.Category }, categories()...).InList().Filter().In("Deal"),
			resource.Date("close_on", "Expected close", func(o *Opportunity) *date.Date { return &o.CloseOn }).InList().Filter().In("Deal"),
			resource.Text("source", "Source", func(o *Opportunity) *string { return &o.Source }).Filter().In("Deal"),
			nextStep, nextOn,
			resource.Time("last_activity_at", "Last activity", func(o *Opportunity) **time.Time { return &o.LastActivityAt }).ReadOnly().InList().Filter().In("Next step"),
			resource.Text("region", "Region", func(o *Opportunity) *string { return &o.Region }).Filter().In("Deal"),
			resource.Lines("team", "Deal team", func(o *Opportunity) *[]DealMember { return &o.Team }, teamFields()),
			resource.Lines("contacts", "Contacts in the deal", func(o *Opportunity) *[]DealContact { return &o.Contacts }, dealContactFields()),
			resource.Lines("competitors", "Competitors", func(o *Opportunity) *[]DealCompetitor { return &o.Competitors }, competitorFields()),
			resource.Lines("activities", "Activities", func(o *Opportunity) *[]DealActivity { return &o.Activities }, activityFields()).ReadOnly(),
			resource.Lines("checks", "Steps done", func(o *Opportunity) *[]DealCheck { return &o.Checks }, checkFields()).ReadOnly(),
			resource.Lines("items", "Requirements met", func(o *Opportunity) *[]DealItem { return &o.Items }, dealItemFields()).ReadOnly(),
			resource.LongText("win_plan", "Win plan", func(o *Opportunity) *string { return &o.WinPlan }).In("Next step").Hint("How we win: who must say yes, what they need for it, what we do against whom."),
			resource.Text("competitor", "Main competitor", func(o *Opportunity) *string { return &o.Competitor }).Filter().In("Competition"),
			resource.Date("closed_on", "Closed on", func(o *Opportunity) *date.Date { return &o.ClosedOn }).Filter().In("Result").Hint("Set when the deal is won or lost."),
			resource.Enum("loss_reason", "Reason of loss", func(o *Opportunity) *string { return &o.LossReason }, lossReasons()...).ReadOnly().Filter().In("Result"),
			resource.Enum("lost_stage", "Stage of loss", func(o *Opportunity) *DealStage { return &o.LostStage },
				stageOptions()...).ReadOnly().Filter().In("Result"),
			resource.Money("rival_price", "Their price", func(o *Opportunity) *money.Amount { return &o.RivalPrice }).ReadOnly().In("Result"),
			resource.Percent("price_gap", "Price gap", func(o *Opportunity) *money.Ratio { return &o.PriceGap }).ReadOnly().Filter().In("Result"),
			resource.LongText("evidence", "Evidence", func(o *Opportunity) *string { return &o.Evidence }).ReadOnly().In("Result"),
			resource.Enum("win_reason", "Reason of winning", func(o *Opportunity) *string { return &o.WinReason }, winReasons()...).ReadOnly().Filter().In("Result"),
			resource.LongText("close_note", "Note on the result", func(o *Opportunity) *string { return &o.CloseNote }).ReadOnly().In("Result"),
			resource.Date("win_back_on", "Win back on", func(o *Opportunity) *date.Date { return &o.WinBackOn }).ReadOnly().Filter().In("Result"),
			resource.OptRef("reviewed_by", "Reviewed by", func(o *Opportunity) **int64 { return &o.ReviewedBy }, "core.user").ReadOnly().Filter().In("Review"),
			resource.Date("reviewed_on", "Reviewed on", func(o *Opportunity) *date.Date { return &o.ReviewedOn }).ReadOnly().Filter().In("Review"),
			resource.LongText("review_note", "What we learn from it", func(o *Opportunity) *string { return &o.ReviewNote }).ReadOnly().In("Review"),
		},
		Process: resource.Process(func(o *Opportunity) *DealStage { return &o.Stage },
			[]resource.Stage[DealStage]{
				{Key: DealQualify, Label: "Qualify the deal", Owner: "ltc.rep", Class: process.Open, Limit: 80 * time.Hour, Help: "Survey the need: pain, budget, who decides, when."},
				{Key: DealPropose, Label: "Proposal", Owner: "ltc.rep", Class: process.Working, In: resource.Need(nextStep, nextOn), Limit: 80 * time.Hour, Help: "Work out a solution and send a quote."},
				{Key: DealNegotiate, Label: "Negotiation", Owner: "ltc.rep", Class: process.Working, In: resource.Need(nextStep, nextOn), Limit: 80 * time.Hour, Help: "Settle price and terms; bring the contract or the order."},
				{Key: DealWon, Label: "Deal won", End: true, Class: process.Won},
				{Key: DealLost, Label: "Deal lost", End: true, Class: process.Lost},
				{Key: DealHold, Label: "On hold", Owner: "ltc.rep", Wait: true, Class: process.Hold, Help: "Nothing to do until the customer is ready."},
			},
			[]resource.Move[Opportunity, DealStage]{
				{Name: "propose", Label: "To proposal", From: resource.From(DealQualify), To: DealPropose, Do: resource.Do(s.forward(DealPropose))},
				{Name: "negotiate", Label: "To negotiation", From: resource.From(DealPropose), To: DealNegotiate, Do: resource.Do(s.forward(DealNegotiate))},
				{Name: "win", Label: "Win", From: resource.From(DealNegotiate, DealQualify, DealPropose), To: DealWon, Do: resource.Ask(winForm(), s.win)},
				{Name: "back", Label: "Step back", From: resource.From(DealPropose), To: DealQualify, Reason: true, Deviation: true, Do: resource.Do(s.back)},
				{Name: "back", Label: "Step back", From: resource.From(DealNegotiate), To: DealPropose, Reason: true, Deviation: true, Do: resource.Do(s.back)},
				{Name: "lose", Label: "Lose", From: resource.From(DealQualify, DealPropose, DealNegotiate, DealHold), To: DealLost, Deviation: true, Do: resource.Ask(loseForm(), s.lose)},
				{Name: "hold", Label: "Put on hold", From: resource.From(DealQualify, DealPropose, DealNegotiate), To: DealHold, Reason: true, Deviation: true, Do: resource.Do(s.reach(DealHold))},
				{Name: "resume", Label: "Resume", From: resource.From(DealHold), To: DealQualify, Deviation: true, Do: resource.Do(s.reach(DealQualify))},
				{Name: "reopen", Label: "Reopen", From: resource.From(DealLost), To: DealQualify, Reason: true, Deviation: true, Do: resource.Do(s.reopen)},
				{Name: "activity", Label: "Log activity", From: resource.From(DealQualify, DealPropose, DealNegotiate, DealHold), Do: resource.Ask(activityForm(), s.log)},
				{Name: "tick", Label: "Tick a step", From: resource.From(DealQualify, DealPropose, DealNegotiate, DealHold), Do: resource.Ask(tickForm(), s.tick)},
				{Name: "review", Label: "Review", From: resource.From(DealWon, DealLost), Do: resource.Ask(reviewForm(), s.review)},
			}),
	}
	return s.Type
}

// categories are how sure a deal is; each counts into the ones before it.
func categories() []resource.Option {
	return []resource.Option{{Value: "pipeline", Label: "Pipeline", Tone: "neutral"}, {Value: "best_case", Label: "Best case", Tone: "info"}, {Value: "commit", Label: "Commit", Tone: "violet"},
		{Value: "closed", Label: "Closed", Tone: "ok"}, {Value: "omitted", Label: "Omitted", Tone: "neutral"}}
}
