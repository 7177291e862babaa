package domain

import (
	"context"
	"time"

	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// Declare returns the document type of the message. Gateways bring them; what somebody
// heard elsewhere is written down as a follow-up.
func (s *Messages) Declare() *resource.Type[Message] {
	s.Type = &resource.Type[Message]{
		Name: "crm.message", Label: "Message", Plural: "Messages", Icon: "messages", Number: "MS-{yyyy}-{000000}", Store: s.Store, NoCreate: true, Check: s.known,
		Title: (*Message).line,
		Day:   func(m *Message) date.Date { return date.Of(m.ReceivedAt) },
		Fields: resource.Fields[Message]{
			resource.Enum("channel", "Channel", func(m *Message) *string { return &m.Channel }, MessageChannels...).ReadOnly().InList().Filter(),
			resource.Text("sender", "Sender", func(m *Message) *string { return &m.Sender }).InList().Search().Limit(200),
			resource.Text("address", "Number or address", func(m *Message) *string { return &m.Address }).ReadOnly().Contact().InList().Search(),
			resource.OptRef("customer_id", "Customer", func(m *Message) **int64 { return &m.CustomerID }, "crm.customer").InList().Filter().Source(),
			resource.OptRef("contact_id", "Contact", func(m *Message) **int64 { return &m.ContactID }, "crm.contact"),
			resource.Text("subject", "Subject", func(m *Message) *string { return &m.Subject }).InList().Search().Limit(200),
			resource.LongText("body", "Text", func(m *Message) *string { return &m.Body }).ReadOnly(),
			resource.Time("received_at", "Received at", func(m *Message) **time.Time { return momentOf(&m.ReceivedAt) }).ReadOnly().InList().Filter(),
			resource.Time("answered_at", "Answered at", func(m *Message) **time.Time { return &m.AnsweredAt }).ReadOnly().InList().Filter(),
			resource.Time("ended_at", "Ended at", func(m *Message) **time.Time { return &m.EndedAt }).ReadOnly(),
			resource.Bool("missed", "Missed call", func(m *Message) *bool { return &m.Missed }).ReadOnly().InList().Filter(),
			resource.LongText("answer", "Answer", func(m *Message) *string { return &m.Answer }).ReadOnly(),
			resource.Enum("delivery", "Mail", func(m *Message) *string { return &m.Delivery }, resource.Option{Value: "waiting", Label: "Mail is on its way", Tone: "info"}, resource.Option{Value: "mailed", Label: "Mailed", Tone: "ok"}, resource.Option{Value: "failed", Label: "Mail failed", Tone: "bad"}).ReadOnly().Filter(),
			resource.Text("mail_error", "What went wrong", func(m *Message) *string { return &m.MailError }).ReadOnly(),
		},
		Process: resource.Process(func(m *Message) *MessageStage { return &m.Stage },
			[]resource.Stage[MessageStage]{
				{Key: MessageWaiting, Label: "To be answered", Personal: true, Class: process.Open, Limit: AnswerWithin, Help: "Answer, or call back; take it if it is yours to do."},
				{Key: MessageAnswered, Label: "Answered", Personal: true, Class: process.Working, Limit: 8 * time.Hour, Help: "Write down what came of it and the next step, or hand it on."},
				{Key: MessageLogged, Label: "Logged", End: true, Class: process.Done},
				{Key: MessageHanded, Label: "Handed on", End: true, Class: process.Done},
				{Key: MessageClosed, Label: "Closed", End: true, Class: process.Cancelled},
			},
			[]resource.Move[Message, MessageStage]{
				{Name: "reply", Label: "Answer", From: resource.From(MessageWaiting, MessageAnswered), To: MessageAnswered, Do: resource.Ask(resource.Fields[reply]{resource.LongText("text", "Answer", func(r *reply) *string { return &r.Text }).Required().Hint("A mail is sent; on other channels it is noted what was answered.")}, s.reply)},
				{Name: "write_down", Label: "Log the result", From: resource.From(MessageWaiting, MessageAnswered), To: MessageLogged, Do: resource.Ask(heldForm(), s.log)},
				{Name: "to_service", Label: "Hand to service", From: resource.From(MessageWaiting, MessageAnswered), To: MessageHanded, Do: resource.Do(s.hand("itr"))},
				{Name: "to_sales", Label: "Make a lead", From: resource.From(MessageWaiting, MessageAnswered), To: MessageHanded, Do: resource.Do(s.hand("ltc"))},
				{Name: "take", Label: "Take it", From: resource.From(MessageWaiting, MessageAnswered), Do: resource.Do(s.take)},
				{Name: "close", Label: "Close", From: resource.From(MessageWaiting, MessageAnswered), To: MessageClosed, Reason: true, Deviation: true},
				{Name: "pick_up", Label: "Picked up", From: resource.From(MessageWaiting), To: MessageAnswered, System: true, Do: resource.Ask(resource.Fields[pickUp]{resource.Time("at", "When", func(p *pickUp) **time.Time { return &p.At }).Required()}, s.pickUp)},
				{Name: "ignore", Label: "Hung up at once", From: resource.From(MessageWaiting), To: MessageClosed, System: true, Deviation: true},
			}),
	}
	return s.Type
}

// AnswerWithin is the goal for the first answer of a person (CRM-05).
const AnswerWithin = 2 * time.Hour

// momentOf shows a moment that is always there as one that may be empty.
func momentOf(t *time.Time) **time.Time { return &t }

// InboxRule says how calls are counted, and who gets what no owner is known for.
type InboxRule struct {
	record.Base
	AnswerSeconds int // a call is answered in time within
	ShortSeconds  int // who hangs up before was not kept waiting
	DispatcherID  int64
}

// UsualInboxRule is 80/20 of call centres: answered within 20 seconds, hung up within 5 does
// not count.
func UsualInboxRule() InboxRule { return InboxRule{AnswerSeconds: 20, ShortSeconds: 5} }

// short reports whether the caller hung up too early to be answered.
func (r InboxRule) short(m *Message) bool {
	return m.Missed && m.EndedAt.Sub(m.ReceivedAt) < time.Duration(r.ShortSeconds)*time.Second
}

// InboxRules keeps the rules of the companies.
type InboxRules struct {
	Store record.Store[InboxRule]
	Type  *resource.Type[InboxRule]
}

// Of returns the rule of a company.
func (s *InboxRules) Of(ctx context.Context, company int64) (InboxRule, error) {
	return resource.SettingOf(ctx, s.Store, company, UsualInboxRule)
}

// Declare returns the document type of the rule: one per company.
func (s *InboxRules) Declare() *resource.Type[InboxRule] {
	s.Type = &resource.Type[InboxRule]{
		Name: "crm.inbox_rule", Label: "Rules of the inbox", Plural: "Rules of the inbox", Icon: "adjustments", Number: "IR-{00}", NoOwner: true, Store: s.Store,
		Title: func(*InboxRule) string { return "" },
		Default: func(_ context.Context, r *InboxRule) error {
			base := r.Base
			*r = UsualInboxRule()
			r.Base = base
			return nil
		},
		Check: func(_ context.Context, r *InboxRule) error {
			if r.AnswerSeconds < 1 || r.ShortSeconds < 0 || r.ShortSeconds > r.AnswerSeconds {
				return errs.Bad("short_seconds", "Between {0} and {1}.", 0, r.AnswerSeconds)
			}
			return nil
		},
		Fields: resource.Fields[InboxRule]{
			resource.Int("answer_seconds", "A call is answered in time within seconds", func(r *InboxRule) *int { return &r.AnswerSeconds }).Required().InList(),
			resource.Int("short_seconds", "Who hangs up within seconds does not count", func(r *InboxRule) *int { return &r.ShortSeconds }).InList(),
			resource.Ref("dispatcher_id", "Gets messages of unknown senders", func(r *InboxRule) *int64 { return &r.DispatcherID }, "core.user").InList().Hint("Empty: a manager of sales."),
		},
	}
	return s.Type
}
