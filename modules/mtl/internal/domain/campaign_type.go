package domain

import (
	"context"
	"time"

	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/resource"
)

// decisions are what a review may end with.
var decisions = []resource.Option{{Value: "scale", Label: "Scale up", Tone: "ok"}, {Value: "change", Label: "Change and repeat", Tone: "warn"}, {Value: "stop", Label: "Stop", Tone: "bad"}}

// approvalMatrix says who approves a budget.
const approvalMatrix = "mtl.campaign:approve"

// Declare returns the document type of the campaign.
func (s *Campaigns) Declare() *resource.Type[Campaign] {
	s.Type = &resource.Type[Campaign]{
		Name: "mtl.campaign", Label: "Campaign", Plural: "Campaigns", Icon: "speakerphone", Number: "CP-{yyyy}-{0000}",
		Store: s.Store, Check: s.check, Saved: s.saved, SumBy: "budget",
		Title:  func(c *Campaign) string { return c.Name },
		Amount: func(c *Campaign) money.Amount { return c.Budget },
		Day:    func(c *Campaign) date.Date { return c.StartsOn },
		Default: func(_ context.Context, c *Campaign) error {
			c.FormActive, c.MQLFit, c.MQLEngagement = true, 50, 50
			return nil
		},
		Fields:  s.fields(),
		Process: resource.Process(func(c *Campaign) *CampaignStage { return &c.Stage }, campaignStages(), s.moves()),
		Rules: map[string][]process.Rule{approvalMatrix: {
			{Label: "Without budget", To: money.MustAmount("0.01")},
			{Label: "Budget below 50,000", From: money.MustAmount("0.01"), To: money.MustAmount("50000"), Steps: []process.Step{process.ByRole("mtl.manager")}},
			{Label: "Budget of 50,000 and more", From: money.MustAmount("50000"), Steps: []process.Step{process.ByRole("mtl.manager"), process.ByRole("dste.executive")}},
		}},
	}
	return s.Type
}

func (s *Campaigns) fields() resource.Fields[Campaign] {
	return resource.Fields[Campaign]{
		resource.Text("name", "Name", func(c *Campaign) *string { return &c.Name }).Required().InList().Search().Filter().In("Campaign plan"),
		resource.Enum("kind", "Kind", func(c *Campaign) *string { return &c.Kind },
			resource.Option{Value: "web", Label: "Web and search"}, resource.Option{Value: "event", Label: "Trade fair or event"}, resource.Option{Value: "mail", Label: "E-mail"},
			resource.Option{Value: "social", Label: "Social media"}, resource.Option{Value: "partner", Label: "With partners"}, resource.Option{Value: "other", Label: "Other"}).
			Required().InList().Filter().In("Campaign plan"),
		resource.OptRef("objective_id", "Goal", func(c *Campaign) **int64 { return &c.ObjectiveID }, "dste.objective").Filter().Source().In("Campaign plan"),
		resource.OptRef("resource_plan_id", "Customer resource plan", func(c *Campaign) **int64 { return &c.ResourcePlanID }, "crm.resource_plan").ReadOnly().Filter().Source().In("Campaign plan").Hint("Its gap asks for this campaign."),
		resource.Date("starts_on", "Starts on", func(c *Campaign) *date.Date { return &c.StartsOn }).Required().InList().Filter().In("Campaign plan"),
		resource.Date("ends_on", "Ends on", func(c *Campaign) *date.Date { return &c.EndsOn }).InList().Filter().In("Campaign plan"),
		resource.LongText("audience", "Audience", func(c *Campaign) *string { return &c.Audience }).In("Campaign plan").Hint("Who is addressed, in words."),
		resource.Int("audience_size", "Audience size", func(c *Campaign) *int { return &c.AudienceSize }).In("Campaign plan"),
		resource.Int("expected_leads", "Expected leads", func(c *Campaign) *int { return &c.ExpectedLeads }).In("Campaign plan"),
		resource.Money("budget", "Budget", func(c *Campaign) *money.Amount { return &c.Budget }).InList().Filter().In("Budget and cost"),
		resource.Text("budget_key", "Budget key", func(c *Campaign) *string { return &c.BudgetKey }).Filter().In("Budget and cost").Limit(60),
		resource.Money("actual_cost", "Actual cost", func(c *Campaign) *money.Amount { return &c.ActualCost }).ReadOnly().InList().Filter().In("Budget and cost"),
		resource.Text("form_key", "Address of the form", func(c *Campaign) *string { return &c.FormKey }).Filter().In("Public form").Limit(60).
			Hint("The last part of the address of the public form; made when left empty."),
		resource.Bool("form_active", "Form takes entries", func(c *Campaign) *bool { return &c.FormActive }).Filter().In("Public form"),
		resource.Text("form_title", "Title of the form", func(c *Campaign) *string { return &c.FormTitle }).In("Public form"),
		resource.Text("thank_you", "Words of thanks", func(c *Campaign) *string { return &c.ThankYou }).In("Public form"),
		resource.Int("mql_fit", "Fit needed for sales", func(c *Campaign) *int { return &c.MQLFit }).In("Public form").Hint("Points of fit a lead needs before it is handed over to sales, 0 to 100."),
		resource.Int("mql_engagement", "Engagement needed for sales", func(c *Campaign) *int { return &c.MQLEngagement }).In("Public form").Hint("Points of engagement a lead needs before it is handed over to sales, 0 to 100."),
		resource.Int("leads_captured", "Leads captured", func(c *Campaign) *int { return &c.LeadsCaptured }).ReadOnly().InList().Filter().In("Outcome"),
		resource.LongText("result", "Result", func(c *Campaign) *string { return &c.Result }).ReadOnly().In("Outcome"),
		resource.Enum("decision", "Decision", func(c *Campaign) *string { return &c.Decision }, decisions...).ReadOnly().Filter().In("Outcome"),
	}
}

func campaignStages() []resource.Stage[CampaignStage] {
	return []resource.Stage[CampaignStage]{
		{Key: Planned, Label: "Planned", Owner: "mtl.marketer", Class: process.Draft, Limit: 40 * time.Hour, Help: "Say for whom, for which objective and for how much, then ask for approval."},
		{Key: Approved, Label: "Approved", Owner: "mtl.marketer", Class: process.Open, Help: "Prepare the campaign and its form; start it on the day."},
		{Key: Running, Label: "Running", Owner: "mtl.marketer", Class: process.Working, Help: "The form takes leads. Book every cost when it arises."},
		{Key: Paused, Label: "Paused", Wait: true, Class: process.Hold, Help: "The form takes no leads until the campaign goes on."},
		{Key: Ended, Label: "Ended", Owner: "mtl.marketer", Class: process.Transit, Limit: 80 * time.Hour, Help: "Book the last costs and write the review within two weeks."},
		{Key: Reviewed, Label: "Review written", End: true, Class: process.Done},
		{Key: Cancelled, Label: "Cancelled", End: true, Class: process.Cancelled},
	}
}

func (s *Campaigns) moves() []resource.Move[Campaign, CampaignStage] {
	return []resource.Move[Campaign, CampaignStage]{
		{Name: "approve", Label: "Ask for approval", From: resource.From(Planned), To: Approved, Matrix: approvalMatrix, Do: resource.Do(s.approve)},
		{Name: "start", Label: "Start the campaign", From: resource.From(Approved), To: Running},
		{Name: "pause", Label: "Pause", From: resource.From(Running), To: Paused, Reason: true, Deviation: true},
		{Name: "resume", Label: "Resume", From: resource.From(Paused), To: Running},
		{Name: "end", Label: "End the campaign", From: resource.From(Running, Paused), To: Ended},
		{Name: "review", Label: "Write the review", From: resource.From(Ended), To: Reviewed, Do: resource.Ask(reviewFields(), s.review)},
		{Name: "book_cost", Label: "Book a cost", From: resource.From(Approved, Running, Paused, Ended), Do: resource.Ask(costFields(), s.bookCost)},
		{Name: "cancel", Label: "Cancel", From: resource.From(Planned, Approved), To: Cancelled, Reason: true, Deviation: true, Do: resource.Do(s.cancel)},
	}
}
