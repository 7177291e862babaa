package domain

import (
	"context"
	"time"

	"meridian/modules/crm"
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
		Store: s.Store, Check: s.check,
		Title:   func(c *Customer) string { return c.Name },
		Default: func(_ context.Context, c *Customer) error { c.Kind, c.PaymentDays = "company", 30; return nil },
		Fields: resource.Fields[Customer]{
			name,
			resource.Enum("kind", "Kind", func(c *Customer) *string { return &c.Kind },
				resource.Option{Value: "company", Label: "Company"}, resource.Option{Value: "person", Label: "Person"}).Filter().In("Profile"),
			resource.Text("tax_no", "Tax number", func(c *Customer) *string { return &c.TaxNo }).Search().Filter().In("Profile").Limit(40),
			industry,
			resource.Text("size", "Size", func(c *Customer) *string { return &c.Size }).In("Profile"),
			resource.Text("region", "Region", func(c *Customer) *string { return &c.Region }).InList().Filter().In("Profile"),
			resource.Text("source", "Source", func(c *Customer) *string { return &c.Source }).Filter().In("Profile"),
			resource.Enum("tier", "Tier", func(c *Customer) *string { return &c.Tier },
				resource.Option{Value: "key", Label: "Key account", Tone: "violet"}, resource.Option{Value: "standard", Label: "Standard", Tone: "neutral"}).InList().Filter().In("Profile"),
			resource.OptRef("parent_id", "Parent company", func(c *Customer) **int64 { return &c.ParentID }, "crm.customer").Filter().In("Profile"),
			resource.Text("phone", "Phone", func(c *Customer) *string { return &c.Phone }).Sensitive().Search().In("Contact"),
			resource.Text("email", "E-mail", func(c *Customer) *string { return &c.Email }).Sensitive().Search().In("Contact"),
			resource.Text("website", "Website", func(c *Customer) *string { return &c.Website }).In("Contact"),
			resource.LongText("address", "Address", func(c *Customer) *string { return &c.Address }).In("Contact").Limit(500),
			resource.Money("credit_limit", "Credit limit", func(c *Customer) *money.Amount { return &c.CreditLimit }).Sensitive().Filter().In("Credit"),
			resource.Int("payment_days", "Payment term (days)", func(c *Customer) *int { return &c.PaymentDays }).In("Credit"),
			resource.LongText("note", "Note", func(c *Customer) *string { return &c.Note }).In("Profile"),
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
				{Key: crm.Lost, Label: "Lost", End: true, Class: process.Lost},
			},
			[]resource.Move[Customer, crm.Lifecycle]{
				{Name: "identify", Label: "Mark as target", From: resource.From(crm.ToIdentify), To: crm.Target},
				{Name: "nurture", Label: "Mark as potential", From: resource.From(crm.ToIdentify, crm.Target), To: crm.Potential},
				{Name: "to_opportunity", Label: "Opportunity found", From: resource.From(crm.Lost, crm.ToIdentify, crm.Target, crm.Potential), To: crm.Opportunity, System: true},
				{Name: "to_signed", Label: "Contract signed", From: resource.From(crm.Lost, crm.ToIdentify, crm.Target, crm.Potential, crm.Opportunity), To: crm.Signed, System: true},
				{Name: "to_user", Label: "Delivered and accepted", From: resource.From(crm.Lost, crm.ToIdentify, crm.Target, crm.Potential, crm.Opportunity, crm.Signed), To: crm.User, System: true},
				{Name: "to_satisfied", Label: "Satisfied", From: resource.From(crm.Lost, crm.ToIdentify, crm.Target, crm.Potential, crm.Opportunity, crm.Signed, crm.User), To: crm.Satisfied, System: true},
				{Name: "lose", Label: "Lost", From: resource.From(crm.ToIdentify, crm.Target, crm.Potential, crm.Opportunity, crm.Signed, crm.User, crm.Satisfied), To: crm.Lost, Reason: true, Deviation: true},
				{Name: "win_back", Label: "Win back", From: resource.From(crm.Lost), To: crm.Potential, Reason: true, Deviation: true},
			}),
	}
	return s.Type
}
