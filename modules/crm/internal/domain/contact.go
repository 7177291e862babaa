package domain

import (
	"context"
	"strings"

	"meridian/modules/crm"
	"meridian/platform/date"
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
	PhoneKey   string // digits, for recognising a caller
	IsPrimary  bool
	Note       string

	HasLeft          bool      // no longer works there
	VerifiedOn       date.Date // phone or e-mail was last proved
	Stale            bool      // a channel is stale or wrong
	PhoneOn, MailOn  date.Date // each was proved
	PhoneState       ChannelState
	MailState        ChannelState
	AskedOn          date.Date // the owner was given the task to put a channel right
	Birthday         string    // MM-DD
	PreferredChannel string
	PreferredTime    string
	SuperiorID       *int64
	Influence        int // 0 unknown, 1 low .. 3 high
	Attitude         int // -2 against .. +2 for us
}

func (s *Customers) checkContact(_ context.Context, c *Contact) error {
	c.EmailKey, c.PhoneKey = strings.ToLower(c.Email), PhoneKey(c.Phone)
	var bad []errs.Field
	if c.Email != "" && !strings.Contains(c.Email, "@") {
		bad = append(bad, errs.Field{Name: "email", Message: "This is no e-mail address."})
	}
	if c.Birthday != "" {
		if _, err := date.Parse("2000-" + c.Birthday); err != nil {
			bad = append(bad, errs.Field{Name: "birthday", Message: "Month and day are expected: 05-31."})
		}
	}
	if c.Influence < 0 || c.Influence > 3 {
		bad = append(bad, errs.Field{Name: "influence", Message: "From {0} to {1}.", Args: []any{0, 3}})
	}
	if c.Attitude < -2 || c.Attitude > 2 {
		bad = append(bad, errs.Field{Name: "attitude", Message: "From {0} to {1}.", Args: []any{-2, 2}})
	}
	if c.SuperiorID != nil && *c.SuperiorID == c.ID {
		bad = append(bad, errs.Field{Name: "superior_id", Message: "Nobody is their own superior."})
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// savedContact measures the completeness of the customer again.
func (s *Customers) savedContact(ctx context.Context, c, before *Contact) error {
	ids := []int64{int64(c.CustomerID)}
	if before != nil && before.CustomerID != c.CustomerID {
		ids = append(ids, int64(before.CustomerID))
	}
	return s.Standards.Refresh(ctx, c.CompanyID, ids)
}

// DeclareContact returns the document type of the contact. It has no process: a
// person is master data of the customer.
func (s *Customers) DeclareContact() *resource.Type[Contact] {
	s.ContactType = &resource.Type[Contact]{
		Name: "crm.contact", Label: "Contact", Plural: "Contacts", Icon: "address-book", Number: "CT-{000000}",
		Store: s.Contacts, Check: s.checkContact, CheckChange: s.checkChannels, Saved: s.savedContact,
		Title: func(c *Contact) string { return c.Name },
		Fields: resource.Fields[Contact]{
			resource.Ref("customer_id", "Customer", func(c *Contact) *crm.CustomerID { return &c.CustomerID }, "crm.customer").Required().InList().Filter().Source(),
			resource.Text("name", "Name", func(c *Contact) *string { return &c.Name }).Required().InList().Search().Filter(),
			resource.Text("title", "Position", func(c *Contact) *string { return &c.Title }).InList(),
			resource.Enum("role", "Role in decisions", func(c *Contact) *string { return &c.Role },
				resource.Option{Value: "decider", Label: "Decision maker", Tone: "violet"}, resource.Option{Value: "buyer", Label: "Buyer", Tone: "info"},
				resource.Option{Value: "technical", Label: "Technical evaluator", Tone: "teal"}, resource.Option{Value: "user", Label: "User", Tone: "neutral"},
				resource.Option{Value: "sponsor", Label: "Sponsor", Tone: "ok"}, resource.Option{Value: "blocker", Label: "Blocker", Tone: "bad"}).InList().Filter(),
			resource.Text("phone", "Phone", func(c *Contact) *string { return &c.Phone }).Contact().InList().Search(),
			resource.Text("email", "E-mail", func(c *Contact) *string { return &c.Email }).Contact().InList().Search(),
			resource.Bool("is_primary", "Main contact", func(c *Contact) *bool { return &c.IsPrimary }).Filter(),
			resource.Date("verified_on", "Verified on", func(c *Contact) *date.Date { return &c.VerifiedOn }).Hint("When phone and e-mail were last proved right; a call or mail that is answered proves its own.").In("Proof"),
			resource.Date("phone_on", "Phone proved on", func(c *Contact) *date.Date { return &c.PhoneOn }).In("Proof"),
			resource.Enum("phone_state", "Phone is", func(c *Contact) *ChannelState { return &c.PhoneState }, channelStates...).ReadOnly().Filter().In("Proof"),
			resource.Date("mail_on", "E-mail proved on", func(c *Contact) *date.Date { return &c.MailOn }).In("Proof"),
			resource.Enum("mail_state", "E-mail is", func(c *Contact) *ChannelState { return &c.MailState }, channelStates...).ReadOnly().Filter().In("Proof"),
			resource.Bool("stale", "Contact data is stale", func(c *Contact) *bool { return &c.Stale }).ReadOnly().Filter().In("Proof"),
			resource.Date("asked_on", "Task to put it right since", func(c *Contact) *date.Date { return &c.AskedOn }).ReadOnly().In("Proof"),
			resource.Bool("has_left", "Left the company", func(c *Contact) *bool { return &c.HasLeft }).Filter(),
			resource.OptRef("superior_id", "Superior", func(c *Contact) **int64 { return &c.SuperiorID }, "crm.contact").In("Relations"),
			resource.Int("influence", "Influence (0 to 3)", func(c *Contact) *int { return &c.Influence }).In("Relations"),
			resource.Int("attitude", "Attitude (-2 to +2)", func(c *Contact) *int { return &c.Attitude }).In("Relations"),
			resource.Enum("preferred_channel", "Preferred channel", func(c *Contact) *string { return &c.PreferredChannel }, Channels...).In("Preferences"),
			resource.Text("preferred_time", "Preferred time", func(c *Contact) *string { return &c.PreferredTime }).In("Preferences"),
			resource.Text("birthday", "Birthday", func(c *Contact) *string { return &c.Birthday }).In("Preferences").Hint("Month and day: 05-31."),
			resource.LongText("note", "Note", func(c *Contact) *string { return &c.Note }),
		},
	}
	return s.ContactType
}
