package domain

import (
	"time"

	"meridian/modules/mtl"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/resource"
)

// Declare returns the document type of the intake: made by public forms, never
// changed by hand.
func (s *Intakes) Declare() *resource.Type[Intake] {
	s.Type = &resource.Type[Intake]{
		Name: "mtl.intake", Label: "Lead intake", Plural: "Lead intakes", Icon: "inbox", Number: "LI-{yyyy}-{000000}", Store: s.Store,
		NoCreate: true, NoEdit: true,
		Title: func(r *Intake) string {
			if r.Company == "" {
				return r.Name
			}
			return r.Company + " " + r.Name
		},
		Fields:  intakeFields(),
		Process: resource.Process(func(r *Intake) *IntakeStage { return &r.Stage }, intakeStages(), s.moves()),
	}
	return s.Type
}

func intakeFields() resource.Fields[Intake] {
	return resource.Fields[Intake]{
		resource.Ref("campaign_id", "Campaign", func(r *Intake) *mtl.CampaignID { return &r.CampaignID }, "mtl.campaign").Required().InList().Filter().Source().In("What was entered"),
		resource.Text("source", "Source", func(r *Intake) *string { return &r.Source }).InList().Filter().In("What was entered"),
		resource.Text("name", "Name", func(r *Intake) *string { return &r.Name }).InList().Search().Filter().In("What was entered"),
		resource.Text("company", "Company", func(r *Intake) *string { return &r.Company }).InList().Search().Filter().In("What was entered"),
		resource.Text("title", "Position", func(r *Intake) *string { return &r.Title }).In("What was entered"),
		resource.Text("email", "E-mail", func(r *Intake) *string { return &r.Email }).Contact().Search().In("What was entered"),
		resource.Text("phone", "Phone", func(r *Intake) *string { return &r.Phone }).Contact().Search().In("What was entered"),
		resource.Text("industry", "Industry", func(r *Intake) *string { return &r.Industry }).Filter().In("What was entered"),
		resource.Text("region", "Region", func(r *Intake) *string { return &r.Region }).Filter().In("What was entered"),
		resource.LongText("need", "Need", func(r *Intake) *string { return &r.Need }).In("What was entered"),
		resource.Bool("consent", "Agrees to be contacted", func(r *Intake) *bool { return &r.Consent }).Filter().In("What was entered"),
		resource.Text("utm_source", "UTM source", func(r *Intake) *string { return &r.UtmSource }).Filter().In("What was entered"),
		resource.Text("utm_medium", "UTM medium", func(r *Intake) *string { return &r.UtmMedium }).Filter().In("What was entered"),
		resource.Text("utm_campaign", "UTM campaign", func(r *Intake) *string { return &r.UtmCampaign }).In("What was entered"),
		resource.Text("utm_term", "UTM term", func(r *Intake) *string { return &r.UtmTerm }).In("What was entered"),
		resource.Text("utm_content", "UTM content", func(r *Intake) *string { return &r.UtmContent }).In("What was entered"),
		resource.Text("grade", "Lead grade", func(r *Intake) *string { return &r.Grade }).ReadOnly().InList().Filter().In("Lead score"),
		resource.Int("score", "Lead score", func(r *Intake) *int { return &r.Score }).ReadOnly().InList().Filter().In("Lead score"),
		resource.Int("fit", "Fit score", func(r *Intake) *int { return &r.Fit }).ReadOnly().Filter().In("Lead score"),
		resource.Quantity("engagement", "Engagement score", func(r *Intake) *money.Ratio { return &r.Engagement }).ReadOnly().Filter().In("Lead score"),
		resource.OptRef("lead_id", "Lead", func(r *Intake) **int64 { return &r.LeadID }, "ltc.lead").ReadOnly().Filter().In("Hand-over to sales"),
		resource.Time("handed_over_at", "Handed over to sales", func(r *Intake) **time.Time { return &r.HandedOverAt }).ReadOnly().Filter().In("Hand-over to sales"),
		resource.Enum("answer", "Answer of sales", func(r *Intake) *Answer { return &r.Answer },
			resource.Option{Value: "accepted", Label: "Accepted", Tone: "ok"}, resource.Option{Value: "rejected", Label: "Rejected", Tone: "bad"}).ReadOnly().InList().Filter().In("Hand-over to sales"),
		resource.LongText("answer_reason", "Reason of the answer", func(r *Intake) *string { return &r.AnswerReason }).ReadOnly().In("Hand-over to sales"),
		resource.Time("answered_at", "Answered at", func(r *Intake) **time.Time { return &r.AnsweredAt }).ReadOnly().Filter().In("Hand-over to sales"),
		resource.Money("won_amount", "Won amount", func(r *Intake) *money.Amount { return &r.WonAmount }).ReadOnly().Filter().In("Hand-over to sales"),
		resource.LongText("failure", "What went wrong", func(r *Intake) *string { return &r.Failure }).ReadOnly().In("Hand-over to sales"),
	}
}

func intakeStages() []resource.Stage[IntakeStage] {
	return []resource.Stage[IntakeStage]{
		{Key: Received, Label: "Entry received", Owner: "mtl.marketer", Class: process.Open, Limit: 30 * time.Minute, Help: "The entry is being turned into a lead."},
		{Key: Created, Label: "Lead created", End: true, Class: process.Done},
		{Key: Linked, Label: "Joined to a lead", End: true, Class: process.Done},
		{Key: Dropped, Label: "Dropped as spam", End: true, Class: process.Cancelled},
		{Key: Failed, Label: "Failed", Owner: "mtl.marketer", Class: process.Hold, Limit: 4 * time.Hour, Help: "Read what went wrong, have it mended, and try again. The entry itself is kept."},
	}
}

func (s *Intakes) moves() []resource.Move[Intake, IntakeStage] {
	adopt := resource.Ask(leadFields(), s.adopt)
	return []resource.Move[Intake, IntakeStage]{
		{Name: "create", Label: "Create a lead", From: resource.From(Received), To: Created, System: true, Do: adopt},
		{Name: "link", Label: "Join to an open lead", From: resource.From(Received), To: Linked, System: true, Do: adopt},
		{Name: "fail", Label: "Fail", From: resource.From(Received), To: Failed, System: true, Deviation: true, Do: resource.Ask(failFields(), s.fail)},
		{Name: "retry", Label: "Try again", From: resource.From(Failed), To: Linked, Do: resource.Do(s.retry)},
		{Name: "drop", Label: "Drop as spam", From: resource.From(Received, Failed), To: Dropped, Reason: true, Deviation: true},
	}
}
