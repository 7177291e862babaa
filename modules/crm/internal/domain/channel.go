package domain

import (
	"context"
	"strings"

	"meridian/modules/crm"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// ChannelState says whether a phone number or a mail address of a contact can be relied on
// (CRM-02). Stale and wrong ones count as empty.
type ChannelState string

// The states of a channel; "" is one that is not there.
const (
	ChannelOK    ChannelState = "ok"
	ChannelStale ChannelState = "stale" // nobody has proved it for the days of the policy
	ChannelWrong ChannelState = "wrong" // a dead number, an address from which mail comes back
)

var channelStates = []resource.Option{{Value: "ok", Label: "Proved", Tone: "ok"}, {Value: "stale", Label: "Not proved for long", Tone: "warn"}, {Value: "wrong", Label: "Wrong", Tone: "bad"}}

// channel is a phone number or an address with its proof.
type channel struct {
	value string
	on    *date.Date
	state *ChannelState
}

func (c *Contact) channels() (phone, mail channel) {
	return channel{c.Phone, &c.PhoneOn, &c.PhoneState}, channel{c.Email, &c.MailOn, &c.MailState}
}

// follow keeps the proof with its value: a new value is vouched for by who enters it, a
// proof of a new day makes it good again.
func (c channel) follow(old channel, today date.Date) {
	switch {
	case c.value == "":
		*c.on, *c.state = date.Date{}, ""
	case c.value != old.value && *c.on == *old.on:
		*c.on, *c.state = today, ChannelOK
	case *c.on != *old.on || *c.state == "":
		*c.state = ChannelOK
	}
}

func (c channel) bad() bool { return *c.state == ChannelStale || *c.state == ChannelWrong }

// checkChannels keeps the proof of phone and mail; verified_on is a proof of both.
func (s *Customers) checkChannels(_ context.Context, c, before *Contact) error {
	var old Contact
	if before != nil {
		old = *before
	}
	today := s.today(c.CompanyID)
	for name, on := range map[string]date.Date{"verified_on": c.VerifiedOn, "phone_on": c.PhoneOn, "mail_on": c.MailOn} {
		if on.After(today) {
			return errs.Bad(name, "This day is still to come.")
		}
	}
	if c.VerifiedOn != old.VerifiedOn && !c.VerifiedOn.IsZero() {
		c.PhoneOn, c.MailOn = c.VerifiedOn, c.VerifiedOn
	}
	phone, mail := c.channels()
	oldPhone, oldMail := old.channels()
	phone.follow(oldPhone, today)
	mail.follow(oldMail, today)
	if on := date.Later(c.PhoneOn, c.MailOn); !on.IsZero() { // else the day that was given stays
		c.VerifiedOn = on
	}
	if c.Stale = phone.bad() || mail.bad(); !c.Stale {
		c.AskedOn = date.Date{}
	}
	return nil
}

// today is the day it is for a company.
func (s *Customers) today(company int64) date.Date {
	if c := s.Authz.Directory().Companies[company]; c != nil {
		return date.Of(s.Now().In(c.Location))
	}
	return date.Of(s.Now())
}

// prove notes what a call or a mail showed of the channel it went by: that it reaches the
// person, or that it is wrong.
func (s *Customers) prove(ctx context.Context, contact int64, by string, wrong bool) error {
	_, err := s.ContactType.Update(ctx, contact, func(c *Contact) error {
		x, mail := c.channels()
		if by == "mail" {
			x = mail
		}
		switch {
		case x.value == "":
		case wrong:
			*x.state = ChannelWrong
		default:
			*x.on, *x.state = s.today(c.CompanyID), ChannelOK
		}
		return nil
	})
	return err
}

// Bounced implements crm.Customers.
func (s *Customers) Bounced(ctx context.Context, id crm.CustomerID, address string) error {
	ctx = authz.System(ctx, "mail that came back")
	c, err := s.Store.Get(ctx, int64(id))
	if err != nil {
		return err
	}
	list, err := s.Contacts.Find(ctx, record.Where("customer_id", record.Eq, int64(id)).And("email_key", record.Eq, strings.ToLower(address)))
	if err != nil {
		return err
	}
	for i := range list {
		if err := s.prove(ctx, list[i].ID, "mail", true); err != nil {
			return err
		}
	}
	return s.Notify(ctx, process.Notice{Users: []int64{c.OwnerID}, Kind: "work", Message: "Mail to {0} ({1}) came back: the address is wrong.", Args: []any{address, c.Name}, Object: s.Type.Ref(c.ID)})
}
