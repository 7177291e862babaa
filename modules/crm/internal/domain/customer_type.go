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

// Declare returns the document type of the customer.
func (s *Customers) Declare() *resource.Type[Customer] {
	name := resource.Text("name", "Name", func(c *Customer) *string { return &c.Name }).Required().InList().Search().Filter().In("Profile")
	industry := resource.Text("industry", "Industry", func(c *Customer) *string { return &c.Industry }).InList().Filter().In("Profile")
	s.Type = &resource.Type[Customer]{
		Name: "crm.customer", Label: "Customer", Plural: "Customers", Icon: "building-store", Number: "CU-{000000}",
		Store: s.Pools.Guard(s.Store), Check: s.check, CheckChange: s.checkChange, Saved: s.saved, Imported: s.imported,
		Title:   func(c *Customer) string { return c.Name },
		Default: func(_ context.Context, c *Customer) error { c.Kind, c.PaymentDays = "company", 30; return nil },
		Fields: resource.Fields[Customer]{
			name,
			resource.Enum("kind", "Kind", func(c *Customer) *string { return &c.Kind }, kinds...).Filter().In("Profile"),
			resource.Text("tax_no", "Tax number", func(c *Customer) *string { return &c.TaxNo }).Search().Filter().In("Profile").Limit(40),
			industry,
			resource.Text("size", "Size", func(c *Customer) *string { return &c.Size }).In("Profile"),
			resource.Text("region", "Region", func(c *Customer) *string { return &c.Region }).InList().Filter().In("Profile"),
			resource.Text("source", "Source", func(c *Customer) *string { return &c.Source }).Filter().In("Profile"),
			resource.Enum("tier", "Tier", func(c *Customer) *string { return &c.Tier },
				resource.Option{Value: "key", Label: "Key account", Tone: "violet"}, resource.Option{Value: "standard", Label: "Standard", Tone: "neutral"}).InList().Filter().In("Profile"),
			resource.OptRef("parent_id", "Parent company", func(c *Customer) **int64 { return &c.ParentID }, "crm.customer").Filter().In("Profile"),
			resource.OptRef("referrer_id", "Brought by", func(c *Customer) **int64 { return &c.ReferrerID }, "crm.customer").Filter().In("Profile").Hint("The customer who recommended us."),
			resource.Enum("first_way", "First contact by", func(c *Customer) *string { return &c.FirstWay },
				resource.Option{Value: "phone", Label: "Phone"}, resource.Option{Value: "fax", Label: "Fax"}, resource.Option{Value: "email", Label: "E-mail"}, resource.Option{Value: "sms", Label: "SMS"},
				resource.Option{Value: "face", Label: "Face to face"}, resource.Option{Value: "media", Label: "Media"}).Filter().In("Profile"),
			resource.Text("tags", "Tags", func(c *Customer) *string { return &c.Tags }).Search().In("Profile").Hint("Words separated by commas."),
			resource.Text("core_need", "Core need", func(c *Customer) *string { return &c.CoreNeed }).In("Need").Limit(500),
			resource.Enum("need_priority", "Need priority", func(c *Customer) *string { return &c.NeedPriority }, levels...).Filter().In("Need"),
			resource.Enum("need_fit", "How well we meet the need", func(c *Customer) *string { return &c.NeedFit }, levels...).Filter().In("Need"),
			resource.Text("preferences", "Preferences", func(c *Customer) *string { return &c.Preferences }).In("Need"),
			resource.Text("phone", "Phone", func(c *Customer) *string { return &c.Phone }).Contact().Search().In("Contact"),
			resource.Text("email", "E-mail", func(c *Customer) *string { return &c.Email }).Contact().Search().In("Contact"),
			resource.Text("website", "Website", func(c *Customer) *string { return &c.Website }).In("Contact"),
			resource.LongText("address", "Address", func(c *Customer) *string { return &c.Address }).In("Contact").Limit(500),
			resource.Date("verified_on", "Verified on", func(c *Customer) *date.Date { return &c.VerifiedOn }).Filter().In("Contact").Hint("When phone, mail and address were last proved right."),
			resource.Money("credit_limit", "Credit limit", func(c *Customer) *money.Amount { return &c.CreditLimit }).Sensitive().Filter().In("Credit"),
			resource.Int("payment_days", "Payment term (days)", func(c *Customer) *int { return &c.PaymentDays }).In("Credit"),
			resource.LongText("note", "Note", func(c *Customer) *string { return &c.Note }).In("Profile"),
			resource.Bool("distinct_ok", "Confirmed: not a duplicate", func(c *Customer) *bool { return &c.DistinctOK }).In("Profile"),
			resource.Int("completeness", "Completeness (%)", func(c *Customer) *int { return &c.Completeness }).ReadOnly().InList().Filter().In("Standing"),
			resource.Enum("class", "Value class", func(c *Customer) *string { return &c.Class }, Classes...).ReadOnly().InList().Filter().In("Standing"),
			resource.Time("last_touch_at", "Last contact", func(c *Customer) **time.Time { return &c.LastTouchAt }).ReadOnly().Filter().In("Standing"),
			resource.OptRef("pool_id", "Pool", func(c *Customer) **int64 { return &c.PoolID }, "crm.pool").Filter().In("Standing").Hint("Waits here for an owner; leave the owner empty."),
			resource.OptRef("merged_into", "Merged into", func(c *Customer) **int64 { return &c.MergedInto }, "crm.customer").ReadOnly().In("Standing"),
		},
		Process: resource.Process(func(c *Customer) *crm.Lifecycle { return &c.Stage },
			[]resource.Stage[crm.Lifecycle]{
				{Key: crm.ToIdentify, Label: "To identify", Owner: "ltc.rep", Class: process.Draft, Limit: 40 * time.Hour, Help: "Judge whether this is a customer we want."},
				{Key: crm.Target, Label: "Target", Owner: "mtl.marketer", Class: process.Open, Help: "Make contact and find a need."},
				{Key: crm.Potential, Label: "Potential", Owner: "ltc.rep", Class: process.Open, Help: "Nurture until there is an opportunity."},
				{Key: crm.Opportunity, Label: "Opportunity", Wait: true, Class: process.Working, Help: "Advance and track the deal."},
				{Key: crm.Signed, Label: "Signed", Wait: true, Class: process.Won, Help: "Deliver what was promised."},
				{Key: crm.User, Label: "User", Wait: true, Class: process.Transit, Help: "Care for the customer."},
				{Key: crm.Satisfied, Label: "Satisfied", Wait: true, Class: process.Won, Help: "Keep in touch; find the next need."},
				{Key: crm.Dormant, Label: "Dormant", Wait: true, Class: process.Hold, Help: "Nothing happens; revive the customer or close it with a reason."},
				{Key: crm.AtRisk, Label: "At risk", Owner: "crm.success", Class: process.Hold, Limit: 24 * time.Hour, Help: "Contact the customer; the risk case says why."},
				{Key: crm.Lost, Label: "Lost", End: true, Class: process.Lost},
				{Key: crm.Merged, Label: "Merged", End: true, Class: process.Cancelled},
			},
			[]resource.Move[Customer, crm.Lifecycle]{
				{Name: "identify", Label: "Mark as target", From: resource.From(crm.ToIdentify, crm.Dormant, crm.AtRisk), To: crm.Target, Do: s.enter(crm.Target)},
				{Name: "nurture", Label: "Mark as potential", From: resource.From(crm.ToIdentify, crm.Target, crm.Dormant, crm.AtRisk), To: crm.Potential, Do: s.enter(crm.Potential)},
				{Name: "to_opportunity", Label: "Opportunity found", From: before(crm.Opportunity), To: crm.Opportunity, System: true},
				{Name: "to_signed", Label: "Contract signed", From: before(crm.Signed), To: crm.Signed, System: true},
				{Name: "to_user", Label: "Delivered and accepted", From: before(crm.User), To: crm.User, System: true},
				{Name: "to_satisfied", Label: "Satisfied", From: before(crm.Satisfied), To: crm.Satisfied, System: true},
				{Name: "cool", Label: "Last deal ended without win", From: resource.From(crm.Opportunity), To: crm.Potential, System: true, Deviation: true},
				{Name: "endanger", Label: "At risk", From: append(Ladder[2:len(Ladder):len(Ladder)], crm.Dormant, crm.ToIdentify), To: crm.AtRisk, Reason: true, Deviation: true},
				{Name: "rest", Label: "Dormant", From: append(Ladder[0:len(Ladder):len(Ladder)], crm.AtRisk), To: crm.Dormant, Reason: true, Deviation: true},
				{Name: "lose", Label: "Lost", From: append(Ladder[0:len(Ladder):len(Ladder)], crm.Dormant, crm.AtRisk), To: crm.Lost, Reason: true, Deviation: true},
				{Name: "win_back", Label: "Win back", From: resource.From(crm.Lost), To: crm.Potential, Reason: true, Deviation: true},
				{Name: "merge", Label: "Merge", From: append(Ladder[0:len(Ladder):len(Ladder)], crm.Dormant, crm.AtRisk, crm.Lost), To: crm.Merged, System: true, Deviation: true},
				{Name: "unmerge", Label: "Undo the merge", From: resource.From(crm.Merged), To: crm.ToIdentify, System: true, Deviation: true},
			}),
	}
	return s.Type
}

// before lists the stages a document may bring a customer from to a stage.
func before(to crm.Lifecycle) []crm.Lifecycle {
	out := []crm.Lifecycle{crm.Lost, crm.Dormant, crm.AtRisk}
	return append(out, Ladder[:rank[to]-1]...)
}

var levels = []resource.Option{{Value: "high", Label: "High", Tone: "ok"}, {Value: "medium", Label: "Medium", Tone: "warn"}, {Value: "low", Label: "Low", Tone: "neutral"}}

// Classes are the value classes: A makes most of the margin, B some, C the rest.
var Classes = []resource.Option{{Value: "a", Label: "A", Tone: "violet"}, {Value: "b", Label: "B", Tone: "info"}, {Value: "c", Label: "C", Tone: "neutral"}}
