package domain

import (
	"context"
	"strings"

	"meridian/modules/crm"
	"meridian/platform/errs"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// Contact is a person at a customer.
type Contact struct {
	record.Base
	CustomerID crm.CustomerID
	Name       string
	Title      string
	Role       string
	Phone      string
	Email      string
	EmailKey   string // lower case, for recognising a requester
	IsPrimary  bool
	Note       string
}

func checkContact(_ context.Context, c *Contact) error {
	c.EmailKey = strings.ToLower(c.Email)
	if c.Email != "" && !strings.Contains(c.Email, "@") {
		return errs.Bad("email", "This is no e-mail address.")
	}
	return nil
}

// DeclareContact returns the document type of the contact. It has no process: a
// person is master data of the customer.
func (s *Customers) DeclareContact() *resource.Type[Contact] {
	s.ContactType = &resource.Type[Contact]{
		Name: "crm.contact", Label: "Contact", Plural: "Contacts", Icon: "address-book", Number: "CT-{000000}",
		Store: s.Contacts, Check: checkContact,
		Title: func(c *Contact) string { return c.Name },
		Fields: resource.Fields[Contact]{
			resource.Ref("customer_id", "Customer", func(c *Contact) *crm.CustomerID { return &c.CustomerID }, "crm.customer").Required().InList().Filter().Source(),
			resource.Text("name", "Name", func(c *Contact) *string { return &c.Name }).Required().InList().Search().Filter(),
			resource.Text("title", "Position", func(c *Contact) *string { return &c.Title }).InList(),
			resource.Enum("role", "Role in decisions", func(c *Contact) *string { return &c.Role },
				resource.Option{Value: "decider", Label: "Decision maker", Tone: "violet"}, resource.Option{Value: "buyer", Label: "Buyer", Tone: "info"},
				resource.Option{Value: "technical", Label: "Technical evaluator", Tone: "teal"}, resource.Option{Value: "user", Label: "User", Tone: "neutral"},
				resource.Option{Value: "sponsor", Label: "Sponsor", Tone: "ok"}, resource.Option{Value: "blocker", Label: "Blocker", Tone: "bad"}).InList().Filter(),
			resource.Text("phone", "Phone", func(c *Contact) *string { return &c.Phone }).Sensitive().InList().Search(),
			resource.Text("email", "E-mail", func(c *Contact) *string { return &c.Email }).Sensitive().InList().Search(),
			resource.Bool("is_primary", "Main contact", func(c *Contact) *bool { return &c.IsPrimary }).Filter(),
			resource.LongText("note", "Note", func(c *Contact) *string { return &c.Note }),
		},
	}
	return s.ContactType
}
