package domain

import (
	"meridian/modules/crm"
	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/resource"

	"context"
)

func serviceTaskFields() resource.Fields[ServiceTask] {
	return resource.Fields[ServiceTask]{
		resource.Text("content", "Content", func(t *ServiceTask) *string { return &t.Content }).Required().Limit(300),
		resource.Ref("person_id", "Person", func(t *ServiceTask) *int64 { return &t.PersonID }, "core.user"),
		resource.Date("from_on", "From", func(t *ServiceTask) *date.Date { return &t.FromOn }).Required(),
		resource.Date("to_on", "To", func(t *ServiceTask) *date.Date { return &t.ToOn }).Required(),
		resource.Quantity("hours", "Hours", func(t *ServiceTask) *money.Qty { return &t.Hours }).Required(),
		resource.Price("rate", "Cost of an hour", func(t *ServiceTask) *money.Price { return &t.Rate }).Sensitive(),
		resource.Money("fee", "Fee without tax", func(t *ServiceTask) *money.Amount { return &t.Fee }),
		resource.Text("criteria", "Acceptance criteria", func(t *ServiceTask) *string { return &t.Criteria }).Limit(500),
		resource.Int("plan_line", "Plan line", func(t *ServiceTask) *int { return &t.PlanLine }).ReadOnly(),
		resource.Quantity("actual_hours", "Hours worked", func(t *ServiceTask) *money.Qty { return &t.ActualHours }).ReadOnly(),
		resource.Money("actual_cost", "Cost so far", func(t *ServiceTask) *money.Amount { return &t.ActualCost }).ReadOnly().Sensitive(),
		resource.Date("done_on", "Accepted on", func(t *ServiceTask) *date.Date { return &t.DoneOn }).ReadOnly(),
		resource.Bool("from_option", "From the chosen option", func(t *ServiceTask) *bool { return &t.FromOption }).ReadOnly(),
	}
}

// Declare returns the document type of the service project.
func (s *ServiceProjects) Declare() *resource.Type[ServiceProject] {
	cost := func(name, label string, at func(p *ServiceProject) *money.Amount) *resource.Field[ServiceProject] {
		return resource.Money(name, label, at).ReadOnly().Sensitive().Filter().In("Margin")
	}
	margin := func(name, label string, cost func(p *ServiceProject) money.Amount) *resource.Field[ServiceProject] {
		return resource.Computed(name, label, resource.KMoney, func(p *ServiceProject) string { return p.Fee.Sub(cost(p)).String() }).Sensitive().In("Margin")
	}
	s.Type = &resource.Type[ServiceProject]{
		Name: "ltc.service_project", Label: "Service project", Plural: "Service projects", Icon: "briefcase", Number: "SV-{yyyy}-{00000}", Store: s.Store, Check: s.check, Saved: s.saved, SumBy: "fee",
		Title:   func(p *ServiceProject) string { return p.Title },
		Amount:  func(p *ServiceProject) money.Amount { return p.Fee },
		Default: func(_ context.Context, p *ServiceProject) error { p.TaxRate = money.MustQty("0.06"); return nil },
		Fields: resource.Fields[ServiceProject]{
			resource.Text("title", "Subject", func(p *ServiceProject) *string { return &p.Title }).Required().InList().Search().In("Need"),
			resource.Ref("customer_id", "Customer", func(p *ServiceProject) *crm.CustomerID { return &p.CustomerID }, "crm.customer").Required().InList().Filter().In("Need"),
			resource.Text("asked_by", "Asked for by", func(p *ServiceProject) *string { return &p.AskedBy }).Limit(120).In("Need").Hint("Who at the customer needs it."),
			resource.LongText("need", "What is needed", func(p *ServiceProject) *string { return &p.Need }).Limit(4000).In("Need"),
			resource.LongText("understanding", "Our understanding", func(p *ServiceProject) *string { return &p.Understanding }).Limit(4000).In("Need").Hint("Goal and deliverables in our words; the customer confirms it with the plan."),
			resource.LongText("limits", "Limits", func(p *ServiceProject) *string { return &p.Limits }).Limit(2000).In("Need").Hint("What does not belong to it."),
			resource.Bool("confidential", "Confidential", func(p *ServiceProject) *bool { return &p.Confidential }).InList().Filter().In("Need").Hint("Seen by its owner, the team, asked experts, those it is shared with and who holds the right to see confidential projects; the team acknowledges it before entering hours."),
			resource.OptRef("opportunity_id", "Opportunity", func(p *ServiceProject) **int64 { return &p.OpportunityID }, "ltc.opportunity").Filter().Source().In("Need"),
			resource.OptRef("contract_id", "Contract", func(p *ServiceProject) **int64 { return &p.ContractID }, "ltc.contract").InList().Filter().In("Need"),
			resource.OptRef("option_id", "Chosen option", func(p *ServiceProject) **int64 { return &p.OptionID }, "ltc.service_option").ReadOnly().In("Need"),
			resource.Percent("tax_rate", "Tax rate", func(p *ServiceProject) *money.Ratio { return &p.TaxRate }).In("Need"),
			resource.LongText("clash", "Booked twice or away", func(p *ServiceProject) *string { return &p.Clash }).ReadOnly().In("Need"),
			resource.Lines("tasks", "Service plan", func(p *ServiceProject) *[]ServiceTask { return &p.Tasks }, serviceTaskFields()),
			resource.Lines("members", "Team", func(p *ServiceProject) *[]ServiceMember { return &p.Members }, memberFields()),
			resource.Lines("feedback", "Feedback of the customer", func(p *ServiceProject) *[]ServiceFeedback { return &p.Feedback }, resource.Fields[ServiceFeedback]{
				resource.Date("given_on", "Date", func(f *ServiceFeedback) *date.Date { return &f.GivenOn }),
				resource.Text("given_by", "Said by", func(f *ServiceFeedback) *string { return &f.GivenBy }),
				resource.Int("score", "Score", func(f *ServiceFeedback) *int { return &f.Score }),
				resource.Text("body", "What was said", func(f *ServiceFeedback) *string { return &f.Body }),
			}).ReadOnly(),
			resource.Int("revision", "Baseline", func(p *ServiceProject) *int { return &p.Revision }).ReadOnly().In("Confirmation"),
			resource.Text("confirmed_by", "Confirmed by", func(p *ServiceProject) *string { return &p.ConfirmedBy }).ReadOnly().In("Confirmation"),
			resource.Date("confirmed_on", "Confirmed on", func(p *ServiceProject) *date.Date { return &p.ConfirmedOn }).ReadOnly().Filter().In("Confirmation"),
			resource.Date("started_on", "Started on", func(p *ServiceProject) *date.Date { return &p.StartedOn }).ReadOnly().Filter().In("Confirmation"),
			resource.Money("fee", "Fee without tax", func(p *ServiceProject) *money.Amount { return &p.Fee }).ReadOnly().InList().Filter().In("Margin"),
			cost("planned_cost", "Planned cost", func(p *ServiceProject) *money.Amount { return &p.PlannedCost }),
			cost("actual_cost", "Cost so far", func(p *ServiceProject) *money.Amount { return &p.ActualCost }),
			cost("final_cost", "Cost at completion", func(p *ServiceProject) *money.Amount { return &p.FinalCost }),
			resource.Quantity("actual_hours", "Hours worked", func(p *ServiceProject) *money.Qty { return &p.ActualHours }).ReadOnly().In("Margin"),
			margin("planned_margin", "Planned margin", func(p *ServiceProject) money.Amount { return p.PlannedCost }),
			margin("actual_margin", "Margin so far", func(p *ServiceProject) money.Amount { return p.ActualCost }),
			margin("final_margin", "Margin at completion", func(p *ServiceProject) money.Amount { return p.FinalCost }).InList(),
			resource.LongText("lessons", "Lessons learnt", func(p *ServiceProject) *string { return &p.Lessons }).ReadOnly().In("Closing"),
			resource.Int("rating", "Rating of the customer", func(p *ServiceProject) *int { return &p.Rating }).ReadOnly().In("Closing"),
			resource.Date("closed_on", "Closed on", func(p *ServiceProject) *date.Date { return &p.ClosedOn }).ReadOnly().Filter().In("Closing"),
		},
		Process: resource.Process(func(p *ServiceProject) *ServiceStage { return &p.Stage },
			[]resource.Stage[ServiceStage]{
				{Key: ServiceDraft, Label: "Need and analysis", Owner: "ltc.rep", Class: process.Draft, Help: "Write down the need and our understanding of it; ask experts for their opinion. A small project may be planned here, too."},
				{Key: ServicePlanned, Label: "Service plan", Owner: "ltc.rep", Class: process.Draft, Help: "Choose an option when there are several; plan the tasks with people, days, hours and fee, and have the customer confirm plan and understanding."},
				{Key: ServiceConfirmed, Label: "Confirmed", Owner: "ltc.rep", Class: process.Open, Locked: true, Help: "Make the contract out of the plan; start when it is signed. What the customer confirmed changes by change requests."},
				{Key: ServiceRunning, Label: "Running", Owner: "ltc.rep", Class: process.Working, Locked: true, Help: "Enter hours, note feedback, have tasks accepted; the contract invoices them."},
				{Key: ServiceClosed, Label: "Closed", End: true, Class: process.Done},
				{Key: ServiceDropped, Label: "Dropped", End: true, Class: process.Cancelled},
			},
			[]resource.Move[ServiceProject, ServiceStage]{
				{Name: "plan", Label: "Analysis done", From: resource.From(ServiceDraft), To: ServicePlanned, Guard: `need != "" && understanding != ""`, Do: resource.Do(s.heardOut)},
				{Name: "analyse", Label: "Back to analysis", From: resource.From(ServicePlanned), To: ServiceDraft, Reason: true, Deviation: true},
				{Name: "confirm", Label: "Customer confirms", From: resource.From(ServiceDraft, ServicePlanned), To: ServiceConfirmed, Guard: `tasks > 0 && need != "" && understanding != ""`, Do: resource.Ask(confirmationForm(), s.confirm)},
				{Name: "contract", Label: "Make contract", From: resource.From(ServiceConfirmed), Do: resource.Do(s.contract)},
				{Name: "start", Label: "Start the work", From: resource.From(ServiceConfirmed), To: ServiceRunning, Do: resource.Do(s.start)},
				{Name: "feedback", Label: "Note feedback", From: resource.From(ServiceConfirmed, ServiceRunning), Do: resource.Ask(heardForm(), s.hear)},
				{Name: "finish_task", Label: "Task accepted", From: resource.From(ServiceRunning), Do: resource.Ask(finishedForm(), s.finish)},
				{Name: "close", Label: "Close", From: resource.From(ServiceRunning), To: ServiceClosed, Do: resource.Ask(closingForm(), s.close)},
				{Name: "add_member", Label: "Add to the team", From: resource.From(ServiceConfirmed, ServiceRunning), Do: resource.Ask(memberForm(), s.addMember)},
				{Name: "remove_member", Label: "Take out of the team", From: resource.From(ServiceConfirmed, ServiceRunning), Do: resource.Ask(memberForm()[:1], s.removeMember)},
				{Name: "confide", Label: "Make confidential", From: resource.From(ServiceConfirmed, ServiceRunning), Do: resource.Do(s.confide)},
				{Name: "disclose", Label: "Lift confidentiality", From: resource.From(ServiceConfirmed, ServiceRunning), Reason: true, Deviation: true, Do: resource.Do(s.disclose)},
				{Name: "revise", Label: "Back to draft", From: resource.From(ServiceConfirmed), To: ServiceDraft, System: true}, // documents of older versions know it
				{Name: "drop", Label: "Drop", From: resource.From(ServiceDraft, ServicePlanned, ServiceConfirmed), To: ServiceDropped, Reason: true, Deviation: true},
			}),
	}
	return s.Type
}
