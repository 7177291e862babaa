package domain

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"meridian/modules/crm"
	"meridian/platform/authz"
	"meridian/platform/clock"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/notify"
	"meridian/platform/org"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// MessageStage is where a message stands.
type MessageStage string

// The stages of a message.
const (
	MessageWaiting  MessageStage = "waiting"
	MessageAnswered MessageStage = "answered"
	MessageLogged   MessageStage = "logged"
	MessageHanded   MessageStage = "handed"
	MessageClosed   MessageStage = "closed"
)

// Message is what somebody outside said, asked or wrote on any channel (CRM-04): one inbox,
// keyed to the party.
type Message struct {
	record.Base
	Stage      MessageStage
	Channel    string
	ExternalID string // of the exchange or gateway; one message each
	Sender     string
	Address    string // number or mail address
	CustomerID *int64
	ContactID  *int64
	Subject    string
	Body       string
	ReceivedAt time.Time
	AnsweredAt *time.Time
	EndedAt    *time.Time
	Missed     bool // a call nobody took
	Answer     string
	Delivery   string // of an answer by mail: waiting, mailed, failed
	MailError  string
}

// MessageChannels are the channels of the inbox.
var MessageChannels = []resource.Option{{Value: "phone", Label: "Phone", Tone: "info"}, {Value: "mail", Label: "E-mail", Tone: "teal"}, {Value: "sms", Label: "SMS", Tone: "violet"}, {Value: "web", Label: "Web form", Tone: "neutral"}, {Value: "chat", Label: "Chat", Tone: "ok"}}

// Party is who a message is from.
type Party struct {
	CustomerID, ContactID, OwnerID int64
	Name                           string
}

// Parties finds people outside by how they reach us. Package store implements it.
type Parties interface {
	// ByPhone finds the person, else the customer, of a PhoneKey; zero when several or none have it.
	ByPhone(ctx context.Context, company int64, key string) (Party, error)
	// ByMail finds the person of an address, else the customer of it or of its domain.
	ByMail(ctx context.Context, company int64, address, domain string) (Party, error)
	// Alone keeps others out who bring the message of key, until the transaction ends.
	Alone(ctx context.Context, key string) error
	// ShowParty lets somebody read a customer and its people until a moment.
	ShowParty(ctx context.Context, customer, user int64, until time.Time) error
}

// Messages is the service behind the inbox.
type Messages struct {
	Store     record.Store[Message]
	Type      *resource.Type[Message]
	Rules     *InboxRules
	Parties   Parties
	Customers *Customers
	Followups *Followups
	Now       clock.Clock
	Today     func(ctx context.Context) date.Date
	People    func() *org.Directory
	// Post has the answer of a message mailed after the transaction; nil without a server.
	Post func(ctx context.Context, id int64) error
}

// Arrival is what an exchange or gateway tells of a message. A call is told as it goes:
// ringing, then answered or abandoned, then ended; the others come whole.
type Arrival struct {
	Channel, ExternalID, Event string
	From, FromName             string
	Agent                      string // user whose phone rings
	Subject, Text              string
	At                         *time.Time // nil = now
}

// ArrivalFields declare the body of the web-hook of the inbox.
func ArrivalFields() resource.Fields[Arrival] {
	return resource.Fields[Arrival]{
		resource.Enum("channel", "Channel", func(a *Arrival) *string { return &a.Channel }, MessageChannels...).Required(),
		resource.Text("external_id", "Id of the message outside", func(a *Arrival) *string { return &a.ExternalID }).Required().Limit(200),
		resource.Enum("event", "What happened to the call", func(a *Arrival) *string { return &a.Event }, resource.Option{Value: "ringing", Label: "Ringing"}, resource.Option{Value: "answered", Label: "Answered"},
			resource.Option{Value: "abandoned", Label: "Abandoned"}, resource.Option{Value: "ended", Label: "Ended"}),
		resource.Text("from", "Number or address", func(a *Arrival) *string { return &a.From }).Required().Limit(320),
		resource.Text("from_name", "Name", func(a *Arrival) *string { return &a.FromName }).Limit(200),
		resource.Text("agent", "User whose phone rings", func(a *Arrival) *string { return &a.Agent }).Limit(100),
		resource.Text("subject", "Subject", func(a *Arrival) *string { return &a.Subject }).Limit(998),
		resource.LongText("text", "Text", func(a *Arrival) *string { return &a.Text }),
		resource.Time("at", "When", func(a *Arrival) **time.Time { return &a.At }),
	}
}

// Receive takes what a gateway tells; the caller has checked its signature. Telling it
// again changes nothing. Errors: Invalid.
func (s *Messages) Receive(ctx context.Context, in *Arrival) (no string, err error) {
	at, err := s.moment(in)
	if err != nil {
		return "", err
	}
	err = s.Customers.Tx(ctx, func(ctx context.Context) error {
		ctx = authz.System(ctx, "crm.message:receive")
		if err := s.Parties.Alone(ctx, in.Channel+" "+in.ExternalID); err != nil {
			return err
		}
		m, err := s.Store.First(ctx, record.Where("channel", record.Eq, in.Channel).And("external_id", record.Eq, in.ExternalID))
		if errs.Is(err, errs.NotFound) {
			m, err = s.begin(ctx, in, at)
		}
		if err != nil {
			return err
		}
		no = m.No
		return s.hear(ctx, m, in, at)
	})
	return no, err
}

func (s *Messages) moment(in *Arrival) (time.Time, error) {
	now := s.Now()
	switch {
	case in.Channel == "phone" && in.Event == "":
		return now, errs.Bad("event", "Say what happened to the call.")
	case in.Channel != "phone" && in.Event != "":
		return now, errs.Bad("event", "Only a call rings and ends.")
	case in.Channel != "phone" && in.Text == "" && in.Subject == "":
		return now, errs.Bad("text", "This field must not be empty.")
	case in.Channel == "phone" && !PhoneOK(in.From):
		return now, errs.Bad("from", "This is no phone number.")
	case in.Channel == "mail" && !MailOK(in.From):
		return now, errs.Bad("from", "This is no e-mail address.")
	case in.At == nil:
		return now, nil
	case in.At.After(now.Add(5 * time.Minute)): // clocks differ a little
		return now, errs.Bad("at", "This moment is still to come.")
	}
	return *in.At, nil
}

// begin stores a message that is new, with who it is from and who answers it.
func (s *Messages) begin(ctx context.Context, in *Arrival, at time.Time) (*Message, error) {
	dir := s.People()
	agent, ok := dir.ByUsername(in.Agent)
	company := slices.Min(slices.Collect(maps.Keys(dir.Companies))) // of the exchange, unless the agent says another
	if ok {
		company = agent.Company
	}
	ctx = authz.System(authz.With(ctx, authz.Subject{Company: company}), "crm.message:receive")
	who, err := s.party(ctx, company, in)
	if err != nil {
		return nil, err
	}
	rule, err := s.Rules.Of(ctx, company)
	if err != nil {
		return nil, err
	}
	m := &Message{Channel: in.Channel, ExternalID: in.ExternalID, Sender: in.FromName, Address: in.From, CustomerID: optional(who.CustomerID), ContactID: optional(who.ContactID), Subject: errs.Clip(in.Subject, 200), Body: in.Text, ReceivedAt: at}
	if m.Sender == "" {
		m.Sender = who.Name
	}
	m.CompanyID = company
	m.OwnerID = s.answerer(dir, agent, who, rule, company)
	if err := s.Type.Create(ctx, m); err != nil {
		return nil, err
	}
	if who.CustomerID != 0 && m.OwnerID != who.OwnerID {
		if err := s.Parties.ShowParty(ctx, who.CustomerID, m.OwnerID, s.Now().Add(24*time.Hour)); err != nil {
			return nil, err
		}
	}
	return m, s.pop(ctx, m)
}

// party finds who a message is from.
func (s *Messages) party(ctx context.Context, company int64, in *Arrival) (Party, error) {
	if strings.Contains(in.From, "@") {
		return s.Parties.ByMail(ctx, company, strings.ToLower(strings.TrimSpace(in.From)), MailDomain(in.From))
	}
	if !PhoneOK(in.From) {
		return Party{}, nil
	}
	return s.Parties.ByPhone(ctx, company, PhoneKey(in.From))
}

// answerer is who answers: whose phone rings, else the owner of the customer, else the
// dispatcher, else a manager of sales.
func (s *Messages) answerer(dir *org.Directory, agent *org.Person, who Party, rule InboxRule, company int64) int64 {
	candidates := []int64{who.OwnerID, rule.DispatcherID}
	if agent != nil {
		candidates = append([]int64{agent.ID}, candidates...)
	}
	candidates = append(candidates, dir.Holders("ltc.manager", company, 0, true)...)
	candidates = append(candidates, dir.Holders("core.admin", company, 0, true)...)
	for _, id := range candidates {
		if p := dir.People[id]; p != nil && p.Active {
			return id
		}
	}
	return 0
}

// pop tells who answers at once: the notice opens the message with its party.
func (s *Messages) pop(ctx context.Context, m *Message) error {
	text := "{0} wrote: {1}"
	if m.Channel == "phone" {
		text = "{0} is calling."
	}
	return s.Customers.Notify(ctx, process.Notice{Users: []int64{m.OwnerID}, Kind: "call", Message: text, Args: []any{m.from(), m.Subject}, Object: s.Type.Ref(m.ID)})
}

// from names the sender for people.
func (m *Message) from() string {
	if m.Sender == "" {
		return m.Address
	}
	return m.Sender
}

// hear notes how a call goes on. What is told twice or late changes nothing.
func (s *Messages) hear(ctx context.Context, m *Message, in *Arrival, at time.Time) error {
	if at.Before(m.ReceivedAt) {
		at = m.ReceivedAt
	}
	switch in.Event {
	case "answered":
		if m.AnsweredAt != nil || m.Stage != MessageWaiting {
			return nil
		}
		return s.Type.Fire(ctx, m.ID, "pick_up", resource.Values{"at": at.Format(time.RFC3339Nano)})
	case "abandoned", "ended":
		if m.EndedAt != nil {
			return nil
		}
		missed := in.Event == "abandoned" && m.AnsweredAt == nil
		m, err := s.Type.Update(ctx, m.ID, func(m *Message) error {
			m.EndedAt, m.Missed = &at, missed
			return nil
		})
		if err != nil || !missed {
			return err
		}
		rule, err := s.Rules.Of(ctx, m.CompanyID)
		if err != nil || !rule.short(m) {
			return err
		}
		return s.Type.Fire(ctx, m.ID, "ignore", nil)
	}
	return nil
}

// optional is a reference that may be empty.
func optional(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}

type pickUp struct{ At *time.Time }

func (s *Messages) pickUp(_ context.Context, m *Message, in *pickUp) error {
	m.AnsweredAt = in.At
	return nil
}

// take makes the reader who answers.
func (s *Messages) take(ctx context.Context, m *Message) error {
	if m.OwnerID == authz.Actor(ctx) {
		return errs.New(errs.Precondition, "It is yours already.")
	}
	who, _ := authz.Of(ctx)
	m.OwnerID, m.DeptID = who.User, who.Dept
	return nil
}

type reply struct{ Text string }

// reply answers; a mail goes out after the transaction. A message may be answered again,
// and has to be when the mail failed.
func (s *Messages) reply(ctx context.Context, m *Message, in *reply) error {
	m.Answer = in.Text
	if now := s.Now(); m.AnsweredAt == nil {
		m.AnsweredAt = &now
	}
	if m.Channel != "mail" {
		return nil
	}
	if s.Post == nil {
		return errs.New(errs.Precondition, "No mail server is configured.")
	}
	m.Delivery, m.MailError = "waiting", ""
	return s.Post(ctx, m.ID)
}

// Deliver mails the answer of a message. It is work of the queue: safe to repeat, and its
// error makes the queue try again; the message says meanwhile what went wrong.
func (s *Messages) Deliver(ctx context.Context, id int64, mail func(ctx context.Context, m notify.Mail) error) error {
	ctx = authz.System(ctx, "crm.message:mail")
	m, err := s.Store.Get(ctx, id)
	if err != nil || m.Delivery == "mailed" || m.Delivery == "" {
		return err
	}
	sent := mail(ctx, notify.Mail{To: m.Address, Subject: "Re: " + m.title(), Body: m.Answer})
	_, err = s.Type.Update(ctx, id, func(m *Message) error {
		if sent == nil {
			m.Delivery, m.MailError = "mailed", ""
			return nil
		}
		first := m.Delivery != "failed"
		m.Delivery, m.MailError = "failed", errs.Clip(sent.Error(), 480)
		if !first {
			return nil
		}
		return s.Customers.Notify(ctx, process.Notice{Users: []int64{m.OwnerID}, Kind: "work", Message: "The answer to {0} could not be mailed.", Args: []any{m.from()}, Object: s.Type.Ref(m.ID)})
	})
	if err != nil {
		return err
	}
	return sent
}

// log writes down what came of a message: a follow-up with its result and the next step.
func (s *Messages) log(ctx context.Context, m *Message, in *held) error {
	if m.CustomerID == nil {
		return errs.New(errs.Precondition, "Say first which customer it is from, or make a lead of it.")
	}
	f := &Followup{CustomerID: crm.CustomerID(*m.CustomerID), ContactID: m.ContactID, Channel: map[string]string{"phone": "call", "mail": "mail"}[m.Channel], PlannedOn: s.Today(ctx), Subject: m.title()}
	if f.Channel == "" {
		f.Channel = "chat"
	}
	f.OwnerID = m.OwnerID
	if err := s.Followups.Type.Create(ctx, f, s.Type.Ref(m.ID)); err != nil {
		return err
	}
	if in.HeldAt == nil {
		in.HeldAt = m.AnsweredAt
	}
	return s.Followups.Type.Fire(ctx, f.ID, "hold", resource.Encode(heldForm(), in))
}

// hand gives the matter to the module that ends it: service opens a case, sales takes a lead.
func (s *Messages) hand(target string) func(ctx context.Context, m *Message) error {
	return func(ctx context.Context, m *Message) error {
		e := crm.MessageHanded{Message: s.Type.Ref(m.ID), Target: target, Name: m.from(), Subject: m.title(), Text: m.Body, Owner: m.OwnerID}
		if m.CustomerID != nil {
			e.Customer = crm.CustomerID(*m.CustomerID)
		}
		if m.ContactID != nil {
			e.Contact = crm.ContactID(*m.ContactID)
		}
		if strings.Contains(m.Address, "@") {
			e.Email = m.Address
		} else {
			e.Phone = m.Address
		}
		return s.Customers.Bus.Publish(ctx, e)
	}
}

// said is what a message is about, "" when nothing was said.
func (m *Message) said() string {
	if m.Subject != "" {
		return m.Subject
	}
	line, _, _ := strings.Cut(strings.TrimSpace(m.Body), "\n")
	return errs.Clip(line, 80)
}

// title is said, or who it is from.
func (m *Message) title() string {
	if s := m.said(); s != "" {
		return s
	}
	return m.from()
}

// line names a message on lists, whoever reads them: it never holds the number or address.
func (m *Message) line() string {
	return strings.Join(slices.DeleteFunc([]string{m.Sender, m.said()}, func(s string) bool { return s == "" }), ": ")
}

// known keeps the party together: a person brings its customer.
func (s *Messages) known(ctx context.Context, m *Message) error {
	if m.ContactID == nil {
		return nil
	}
	k, err := s.Customers.Contacts.Get(ctx, *m.ContactID)
	if errs.Is(err, errs.NotFound) {
		return nil // the reference check says so with its field
	}
	if err != nil {
		return err
	}
	if m.CustomerID == nil {
		m.CustomerID = optional(int64(k.CustomerID))
	}
	if *m.CustomerID != int64(k.CustomerID) {
		return errs.Bad("contact_id", "This person is of another customer.")
	}
	return nil
}
