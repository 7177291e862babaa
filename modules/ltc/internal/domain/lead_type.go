package domain

import (
	"time"

	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/resource"
)

// Declare returns the document type of the lead.
func (s *Leads) Declare() *resource.Type[Lead] {
	need := resource.Bool("need_known", "Need is known", func(l *Lead) *bool { return &l.NeedKnown }).In("Qualification")
	budget := resource.Bool("budget_known", "Budget is known", func(l *Lead) *bool { return &l.BudgetKnown }).In("Qualification")
	authority := resource.Bool("authority_known", "Decision maker is known", func(l *Lead) *bool { return &l.AuthorityKnown }).In("Qualification")
	when := resource.Bool("time_known", "Time of purchase is known", func(l *Lead) *bool { return &l.TimeKnown }).In("Qualification")
	s.Type = &resource.Type[Lead]{
		Name: "ltc.lead", Label: "Lead", Plural: "Leads", Icon: "magnet", Number: "LD-{yyyy}-{00000}", Store: s.Store, Check: s.check, SumBy: "value",
		Title: func(l *Lead) string {
			if l.Company == "" || l.Company == l.Name {
				return l.Name
			}
			return l.Name + ", " + l.Company
		},
		Amount: func(l *Lead) money.Amount { return l.Value },
		// An approval by value is a choice of the company: it sets the rules of this matrix.
		Rules: map[string][]process.Rule{"ltc.lead:qualify": {{Label: "Every lead"}}},
		Fields: resource.Fields[Lead]{
			resource.Text("name", "Contact person", func(l *Lead) *string { return &l.Name }).Required().InList().Search().Filter().In("Contact"),
			resource.Text("company", "Company", func(l *Lead) *string { return &l.Company }).InList().Search().Filter().In("Contact"),
			resource.Text("title", "Position", func(l *Lead) *string { return &l.Title }).In("Contact"),
			resource.Text("phone", "Phone", func(l *Lead) *string { return &l.Phone }).Contact().Search().In("Contact"),
			resource.Text("email", "E-mail", func(l *Lead) *string { return &l.Email }).Contact().Search().In("Contact"),
			resource.LongText("need", "Need", func(l *Lead) *string { return &l.Need }).In("Need"),
			resource.Text("industry", "Industry", func(l *Lead) *string { return &l.Industry }).Filter().In("Need"),
			resource.Text("region", "Region", func(l *Lead) *string { return &l.Region }).Filter().In("Need"),
			resource.Text("source", "Source", func(l *Lead) *string { return &l.Source }).InList().Filter().In("Need"),
			resource.OptRef("campaign_id", "Campaign", func(l *Lead) **int64 { return &l.CampaignID }, "mtl.campaign").Filter().Source().In("Need"),
			resource.Money("value", "Expected value", func(l *Lead) *money.Amount { return &l.Value }).InList().Filter().In("Need"),
			resource.Int("score", "Score", func(l *Lead) *int { return &l.Score }).ReadOnly().InList().Filter().In("Qualification"),
			resource.Text("grade", "Grade", func(l *Lead) *string { return &l.Grade }).ReadOnly().InList().Filter().In("Qualification"),
			resource.LongText("explanation", "Why this score", func(l *Lead) *string { return &l.Explanation }).ReadOnly().In("Qualification"),
			need, budget, authority, when,
			resource.Time("given_at", "Given out at", func(l *Lead) **time.Time { return &l.GivenAt }).ReadOnly().Filter().In("Qualification"),
			resource.Time("accepted_at", "Accepted by sales at", func(l *Lead) **time.Time { return &l.AcceptedAt }).ReadOnly().Filter().In("Qualification"),
			resource.Time("contacted_at", "First contacted at", func(l *Lead) **time.Time { return &l.ContactedAt }).ReadOnly().Filter().In("Qualification"),
			resource.OptRef("partner_id", "With partner", func(l *Lead) **int64 { return &l.PartnerID }, "crm.partner").ReadOnly().Filter().In("Partner"),
			resource.OptRef("declined_by", "Sent back by", func(l *Lead) **int64 { return &l.DeclinedBy }, "crm.partner").ReadOnly().Filter().In("Partner"),
			resource.Enum("decline_contacted", "Was contacted", func(l *Lead) *string { return &l.DeclineContacted }, yesNo()...).ReadOnly().In("Partner"),
			resource.Bool("decline_spam", "No real enquiry", func(l *Lead) *bool { return &l.DeclineSpam }).ReadOnly().Filter().In("Partner"),
			resource.LongText("decline_reason", "Why it was sent back", func(l *Lead) *string { return &l.DeclineReason }).ReadOnly().In("Partner"),
			resource.OptRef("customer_id", "Customer", func(l *Lead) **int64 { return &l.CustomerID }, "crm.customer").Filter().In("Result"),
			resource.OptRef("contact_id", "Contact", func(l *Lead) **int64 { return &l.ContactID }, "crm.contact").In("Result"),
			resource.OptRef("opportunity_id", "Opportunity", func(l *Lead) **int64 { return &l.OpportunityID }, "ltc.opportunity").ReadOnly().In("Result"),
		},
		Process: resource.Process(func(l *Lead) *LeadStage { return &l.Stage },
			[]resource.Stage[LeadStage]{
				{Key: LeadNew, Label: "New", Owner: "ltc.manager", Class: process.Draft, Limit: 30 * time.Minute, Help: "Give the lead to somebody."},
				{Key: LeadAssigned, Label: "Assigned", Owner: "ltc.rep", Limit: 30 * time.Minute, Help: "Make the first contact."},
				{Key: LeadWorking, Label: "In contact", Owner: "ltc.rep", Class: process.Working, Help: "Find out whether there is a need."},
				{Key: LeadMQL, Label: "Qualified by marketing", Owner: "ltc.rep", Class: process.Transit, Limit: 30 * time.Minute, Accept: true, Help: "Take the lead over, or send it back with a reason."},
				{Key: LeadSAL, Label: "Accepted by sales", Owner: "ltc.rep", Class: process.Working, Limit: 16 * time.Hour, Help: "Find out need, budget, decision maker and time."},
				{Key: LeadSQL, Label: "Qualified by sales", Owner: "ltc.rep", Class: process.Working, Limit: 8 * time.Hour, In: resource.Need(need, budget, authority, when), Help: "Make an opportunity of it."},
				{Key: LeadOffered, Label: "Handed out to a partner", Owner: "ltc.partner", Class: process.Transit, Limit: 16 * time.Hour, Help: "Take the lead within two working days, or send it back; afterwards it goes back by itself."},
				{Key: LeadPartner, Label: "Worked on by a partner", Owner: "ltc.partner", Class: process.Working, Help: "Contact the customer and register the deal, or give the lead back."},
				{Key: LeadConverted, Label: "Converted", End: true, Class: process.Won},
				{Key: LeadNurture, Label: "Nurture", Owner: "mtl.marketer", Wait: true, Class: process.Hold, Help: "Keep in touch until the time is right."},
				{Key: LeadDisqualified, Label: "Disqualified", End: true, Class: process.Lost},
			},
			[]resource.Move[Lead, LeadStage]{
				{Name: "assign", Label: "Assign", From: resource.From(LeadNew, LeadAssigned), To: LeadAssigned, Do: resource.Ask(assignForm(), s.assign)},
				{Name: "contact", Label: "Contacted", From: resource.From(LeadAssigned), To: LeadWorking, Do: resource.Do(s.contacted)},
				{Name: "mql", Label: "Graded by marketing", From: resource.From(LeadNew, LeadAssigned, LeadWorking, LeadNurture), To: LeadMQL, System: true},
				{Name: "qualify_marketing", Label: "Qualify for sales", From: resource.From(LeadAssigned, LeadWorking), To: LeadMQL},
				{Name: "accept", Label: "Accept", From: resource.From(LeadMQL), To: LeadSAL, Do: resource.Do(s.accept)},
				{Name: "reject", Label: "Reject", From: resource.From(LeadMQL), To: LeadNurture, Deviation: true, Do: resource.Ask(reasonForm(), s.reject)},
				{Name: "qualify", Label: "Qualify the lead", From: resource.From(LeadSAL), To: LeadSQL, Matrix: "ltc.lead:qualify", Do: resource.Do(s.contacted)},
				{Name: "hand_out", Label: "Hand out to a partner", From: resource.From(LeadNew, LeadAssigned, LeadWorking), To: LeadOffered, Do: resource.Ask(handOutForm(), s.handOut)},
				{Name: "take", Label: "Take the lead", From: resource.From(LeadOffered), To: LeadPartner, Do: resource.Do(s.take)},
				{Name: "decline", Label: "Send back", From: resource.From(LeadOffered, LeadPartner), To: LeadNew, Deviation: true, Do: resource.Ask(declineForm(), s.decline)},
				{Name: "reach", Label: "Customer contacted", From: resource.From(LeadPartner), Do: resource.Do(s.reached)},
				{Name: "take_back", Label: "Taken back", From: resource.From(LeadOffered, LeadPartner), To: LeadNew, System: true, Deviation: true, Do: resource.Do(s.takeBack)},
				{Name: "convert", Label: "Convert", From: resource.From(LeadSQL, LeadPartner), To: LeadConverted, Do: resource.Ask(convertForm(), s.convert)},
				{Name: "nurture", Label: "Nurture", From: resource.From(LeadAssigned, LeadWorking, LeadSAL, LeadSQL), To: LeadNurture, Reason: true, Deviation: true},
				{Name: "wake", Label: "Wake up", From: resource.From(LeadNurture), To: LeadWorking, Deviation: true},
				{Name: "disqualify", Label: "Disqualify", From: resource.From(LeadNew, LeadAssigned, LeadWorking, LeadMQL, LeadSAL, LeadSQL, LeadPartner, LeadNurture), To: LeadDisqualified, Reason: true, Deviation: true},
			}),
	}
	return s.Type
}
