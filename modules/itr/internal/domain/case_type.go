package domain

import (
	"context"
	"time"

	"meridian/platform/date"
	"meridian/platform/process"
	"meridian/platform/resource"
)

// The codes of a case. They are closed sets, so that causes can be counted.
var (
	categories = []resource.Option{{Value: "fault", Label: "Fault"}, {Value: "delivery", Label: "Delivery"}, {Value: "installation", Label: "Installation"},
		{Value: "usage", Label: "How to use it"}, {Value: "billing", Label: "Billing"}, {Value: "request", Label: "Service request"}, {Value: "other", Label: "Other"}}
	waitReasons = []resource.Option{{Value: "customer", Label: "Answer of the customer"}, {Value: "part", Label: "Spare part"}, {Value: "vendor", Label: "Supplier"},
		{Value: "problem", Label: "Root cause elsewhere"}, {Value: "schedule", Label: "Agreed date"}}
	causes = []resource.Option{{Value: "product", Label: "Product defect"}, {Value: "use", Label: "Wrong use"}, {Value: "installation", Label: "Installation"}, {Value: "delivery", Label: "Delivery"},
		{Value: "document", Label: "Missing or wrong document"}, {Value: "supplier", Label: "Supplier"}, {Value: "process", Label: "Own process"}, {Value: "none", Label: "No fault found"}}
	resolutions = []resource.Option{{Value: "advice", Label: "Advice"}, {Value: "repair", Label: "Repair"}, {Value: "replacement", Label: "Replacement"}, {Value: "settings", Label: "Settings changed"},
		{Value: "credit", Label: "Credit or refund"}, {Value: "workaround", Label: "Workaround"}, {Value: "none", Label: "No action needed"}}
	channels = []resource.Option{{Value: "web", Label: "Web form"}, {Value: "mail", Label: "E-mail"}, {Value: "api", Label: "Programming interface"}, {Value: "phone", Label: "Phone"}, {Value: "portal", Label: "Portal"}}
)

// Declare returns the document type of the case.
func (s *Cases) Declare() *resource.Type[Case] {
	s.Type = &resource.Type[Case]{
		Name: "itr.case", Label: "Service case", Plural: "Service cases", Icon: "headset", Number: "CS-{yyyy}-{000000}",
		Store: s.Store, Check: s.check, Saved: s.saved,
		Title: func(c *Case) string { return c.Subject },
		Default: func(_ context.Context, c *Case) error {
			c.Channel, c.Impact, c.Urgency = ByAPI, Medium, Medium
			return nil
		},
		Fields:  caseFields(),
		Process: resource.Process(func(c *Case) *CaseStage { return &c.Stage }, caseStages(), s.moves()),
	}
	return s.Type
}

func caseFields() resource.Fields[Case] {
	return resource.Fields[Case]{
		resource.Text("subject", "Subject", func(c *Case) *string { return &c.Subject }).Required().InList().Search().Filter().In("What it is about"),
		resource.LongText("description", "Description", func(c *Case) *string { return &c.Description }).Required().In("What it is about"),
		resource.Enum("impact", "Impact", func(c *Case) *Level { return &c.Impact }, levels...).Required().Filter().In("What it is about").Hint("How far it reaches: high means that work stands still."),
		resource.Enum("urgency", "Urgency", func(c *Case) *Level { return &c.Urgency }, levels...).Required().Filter().In("What it is about").Hint("How soon it must be solved."),
		resource.Enum("priority", "Priority", func(c *Case) *Priority { return &c.Priority }, priorities...).ReadOnly().InList().Filter().In("What it is about"),
		resource.Enum("category", "Category", func(c *Case) *string { return &c.Category }, categories...).InList().Filter().In("What it is about"),
		resource.OptRef("product_id", "Product", func(c *Case) **int64 { return &c.ProductID }, "ipd.product").Filter().In("What it is about"),
		resource.OptRef("order_id", "Sales order", func(c *Case) **int64 { return &c.OrderID }, "ltc.order").Filter().Source().In("What it is about").
			Hint("Left empty, the last order of the customer with this product is taken at triage."),
		resource.OptRef("customer_id", "Customer", func(c *Case) **int64 { return &c.CustomerID }, "crm.customer").InList().Filter().Source().In("Who asks"),
		resource.OptRef("contact_id", "Contact", func(c *Case) **int64 { return &c.ContactID }, "crm.contact").Filter().In("Who asks"),
		resource.Text("requester", "Requester", func(c *Case) *string { return &c.Requester }).Search().In("Who asks"),
		resource.Text("requester_email", "E-mail", func(c *Case) *string { return &c.RequesterEmail }).Contact().Search().In("Who asks"),
		resource.Text("requester_phone", "Phone", func(c *Case) *string { return &c.RequesterPhone }).Contact().Search().In("Who asks"),
		resource.Enum("channel", "Channel", func(c *Case) *Channel { return &c.Channel }, channels...).Required().Filter().In("Who asks"),
		resource.Text("external_id", "Id of the message outside", func(c *Case) *string { return &c.ExternalID }).Hidden().In("Who asks"),
		resource.Ref("assignee_id", "Assignee", func(c *Case) *int64 { return &c.AssigneeID }, "core.user").ReadOnly().InList().Filter().In("Handling"),
		resource.Enum("assigned_how", "Why this person", func(c *Case) *string { return &c.AssignedHow },
			resource.Option{Value: "hand", Label: "Chosen by hand"}, resource.Option{Value: "load", Label: "Least open work"}).ReadOnly().In("Handling"),
		resource.Int("assigned_load", "Open cases at that moment", func(c *Case) *int { return &c.AssignedLoad }).ReadOnly().In("Handling"),
		resource.Time("next_due_at", "Next due", func(c *Case) **time.Time { return &c.NextDueAt }).ReadOnly().InList().Filter().In("Handling"),
		resource.Enum("waiting_for", "Waits for", func(c *Case) *string { return &c.WaitingFor }, waitReasons...).ReadOnly().Filter().In("Handling"),
		resource.Date("follow_up_on", "Follow up on", func(c *Case) *date.Date { return &c.FollowUpOn }).ReadOnly().Filter().In("Handling"),
		resource.Int("reopen_count", "Times reopened", func(c *Case) *int { return &c.ReopenCount }).ReadOnly().Filter().In("Handling"),
		resource.Enum("cause_code", "Cause", func(c *Case) *string { return &c.CauseCode }, causes...).ReadOnly().Filter().In("How it was solved"),
		resource.Enum("resolution_code", "Kind of solution", func(c *Case) *string { return &c.ResolutionCode }, resolutions...).ReadOnly().Filter().In("How it was solved"),
		resource.LongText("solution", "Solution", func(c *Case) *string { return &c.Solution }).ReadOnly().In("How it was solved"),
		resource.OptRef("article_id", "Knowledge article", func(c *Case) **int64 { return &c.ArticleID }, "itr.article").ReadOnly().Filter().In("How it was solved"),
		resource.Text("knowledge_note", "Why no article", func(c *Case) *string { return &c.KnowledgeNote }).ReadOnly().In("How it was solved"),
		resource.Time("resolved_at", "Resolved at", func(c *Case) **time.Time { return &c.ResolvedAt }).ReadOnly().Filter().In("How it was solved"),
	}
}

func caseStages() []resource.Stage[CaseStage] {
	return []resource.Stage[CaseStage]{
		{Key: New, Label: "New", Owner: "itr.agent", Class: process.Draft, Limit: time.Hour, Help: "Find out who asks and what is wrong; set impact, urgency and category."},
		{Key: Triaged, Label: "Triaged", Owner: "itr.agent", Class: process.Open, Limit: time.Hour, Help: "Assign the case; without a name the agent with the least open work gets it."},
		{Key: Assigned, Label: "Assigned", Owner: "itr.agent", Class: process.Open, Limit: 30 * time.Minute, Help: "The assignee accepts within 30 minutes, else the case is assigned to somebody else."},
		{Key: InProgress, Label: "In progress", Owner: "itr.agent", Class: process.Working, Help: "Answer the customer, find the cause, solve it. The clocks run."},
		{Key: Waiting, Label: "Waiting", Wait: true, Class: process.Hold, Help: "The resolution clock stands still for a coded reason until the follow-up date."},
		{Key: Resolved, Label: "Resolved", Wait: true, Class: process.Won, Help: "The customer is asked whether it is solved; silence closes the case after five working days."},
		{Key: Closed, Label: "Closed", End: true, Class: process.Done},
		{Key: Reopened, Label: "Reopened", Owner: "itr.agent", Class: process.Open, Limit: time.Hour, Help: "It was not solved. Go on, or assign it to somebody else; the clock goes on where it stopped."},
		{Key: Cancelled, Label: "Cancelled", End: true, Class: process.Cancelled},
	}
}

func (s *Cases) moves() []resource.Move[Case, CaseStage] {
	open := resource.From(New, Triaged, Assigned, InProgress, Waiting, Reopened)
	return []resource.Move[Case, CaseStage]{
		{Name: "triage", Label: "Triage", From: resource.From(New), To: Triaged, Do: resource.Ask(triageFields(), s.triage)},
		{Name: "assign", Label: "Assign", From: resource.From(Triaged, Assigned, InProgress, Reopened), To: Assigned, Do: resource.Ask(assignFields(), s.assign)},
		{Name: "accept", Label: "Accept the case", From: resource.From(Assigned), To: InProgress, Do: resource.Do(s.accept)},
		{Name: "resolve", Label: "Resolve", From: resource.From(InProgress), To: Resolved, Do: resource.Ask(resolveFields(), s.resolve)},
		{Name: "close", Label: "Close", From: resource.From(Resolved), To: Closed, Do: resource.Do(s.close)},
		{Name: "reply", Label: "Reply", From: open, Do: resource.Ask(replyFields(), s.reply)},
		{Name: "wait", Label: "Wait for something", From: resource.From(InProgress), To: Waiting, Deviation: true, Do: resource.Ask(waitFields(), s.wait)},
		{Name: "resume", Label: "Go on", From: resource.From(Waiting, Reopened), To: InProgress, Deviation: true, Do: resource.Do(s.resume)},
		{Name: "reopen", Label: "Reopen", From: resource.From(Resolved, Closed), To: Reopened, Reason: true, Deviation: true, Do: resource.Do(s.reopen)},
		{Name: "cancel", Label: "Cancel", From: open, To: Cancelled, Reason: true, Deviation: true, Do: resource.Do(s.cancel)},
		{Name: "to_article", Label: "Write a knowledge article", From: resource.From(Resolved, Closed), Do: resource.Do(s.toArticle)},
		{Name: "raise_opportunity", Label: "Report a sales opportunity", From: resource.From(Triaged, Assigned, InProgress, Waiting, Reopened, Resolved, Closed), Do: resource.Ask(opportunityFields(), s.raiseOpportunity)},
	}
}
