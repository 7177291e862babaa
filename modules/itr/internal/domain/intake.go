package domain

import (
	"context"
	"crypto/sha256"
	"fmt"
	"regexp"
	"strings"
	"time"

	"meridian/platform/errs"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// Question is what somebody types into the public case form. Website is a trap:
// people do not see it, so only programs fill it in.
type Question struct {
	Name, Email, Phone   string
	Subject, Description string
	Website              string
}

// QuestionFields declare the public case form.
func QuestionFields() resource.Fields[Question] {
	return resource.Fields[Question]{
		resource.Text("name", "Name", func(q *Question) *string { return &q.Name }).Required(),
		resource.Text("email", "E-mail", func(q *Question) *string { return &q.Email }).Required(),
		resource.Text("phone", "Phone", func(q *Question) *string { return &q.Phone }).Limit(40),
		resource.Text("subject", "Subject", func(q *Question) *string { return &q.Subject }).Required(),
		resource.LongText("description", "Description", func(q *Question) *string { return &q.Description }).Required(),
		resource.Text("website", "Website", func(q *Question) *string { return &q.Website }),
	}
}

// Receipt is what a requester gets back: the number to name and the token to write
// on with.
type Receipt struct {
	No    string `json:"no"`
	Token string `json:"token"`
}

// Ask opens a case from the public form; anybody may call it. Sending it twice
// gives the first receipt: the same words of the same person count once a day, or
// once for each idem if the caller has one. Errors: Invalid.
func (s *Cases) Ask(ctx context.Context, idem string, q *Question) (Receipt, error) {
	if idem == "" {
		idem = s.Now().UTC().Format(time.DateOnly)
	}
	id := fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join([]string{idem, strings.ToLower(q.Email), q.Subject, q.Description}, "|"))))
	c := &Case{Channel: ByWeb, ExternalID: id, Requester: q.Name, RequesterEmail: q.Email, RequesterPhone: q.Phone, Subject: q.Subject, Description: q.Description}
	err := s.receive(ctx, ByWeb, id, func(ctx context.Context) (*Case, error) {
		if err := s.open(ctx, c); err != nil || q.Website == "" {
			return c, err
		}
		return c, s.Type.Fire(ctx, c.ID, "cancel", resource.Values{"reason": "The hidden field of the form was filled in."})
	}, func(old *Case) { c = old })
	if err != nil {
		return Receipt{}, err
	}
	return Receipt{No: c.No, Token: c.PublicToken}, nil
}

// receive runs fn for a message from outside, once per channel and id; seen gets the
// case of a message that has arrived before.
func (s *Cases) receive(ctx context.Context, channel Channel, id string, fn func(ctx context.Context) (*Case, error), seen func(*Case)) error {
	return s.Tx(ctx, func(ctx context.Context) error {
		ctx = s.Desk.As(ctx, s.Desk.Head(), "message by "+string(channel))
		if err := s.Alone(ctx, "itr.message "+string(channel)+" "+id); err != nil {
			return err
		}
		old, err := s.Messages.CaseOf(ctx, channel, id)
		if err != nil {
			return err
		}
		if old == 0 {
			c, err := fn(ctx)
			if err == nil {
				seen(c)
			}
			return err
		}
		c, err := s.Store.Get(ctx, old)
		if err == nil {
			seen(c)
		}
		return err
	})
}

// open stores a case that came from outside, with the usual impact and urgency.
func (s *Cases) open(ctx context.Context, c *Case) error {
	c.Impact, c.Urgency, c.OwnerID = Medium, Medium, s.Desk.Head()
	if err := s.Type.Create(ctx, c); err != nil {
		return fmt.Errorf("open case: %w", err)
	}
	return nil
}

// Continuation is what the holder of a case's token writes on.
type Continuation struct{ Text string }

// ContinuationFields declare the public form of a continuation.
func ContinuationFields() resource.Fields[Continuation] {
	return resource.Fields[Continuation]{resource.LongText("text", "Text", func(c *Continuation) *string { return &c.Text }).Required()}
}

// Continue adds what the holder of the token writes to the case; anybody may call it.
// Errors: NotFound (no such token), Invalid.
func (s *Cases) Continue(ctx context.Context, token string, in *Continuation) (Receipt, error) {
	var out Receipt
	err := s.Tx(ctx, func(ctx context.Context) error {
		ctx = s.Desk.As(ctx, s.Desk.Head(), "message of a requester")
		c, err := s.Store.First(ctx, record.Where("public_token", record.Eq, token))
		if err != nil {
			return err
		}
		c, err = s.hear(ctx, c, Message{Channel: ByWeb, Sender: c.sender(), Body: in.Text})
		if err == nil {
			out = Receipt{No: c.No, Token: c.PublicToken}
		}
		return err
	})
	return out, err
}

// hear adds a message of the requester to a case: one that waited for the customer
// goes on, one that was solved is taken up again, and one that ended too long ago
// gets a successor. An automatic answer changes nothing. It returns the case that
// has the message now.
func (s *Cases) hear(ctx context.Context, c *Case, m Message) (*Case, error) {
	if !m.Automatic && (c.Stage == Cancelled || (c.Stage == Resolved || c.Stage == Closed) && c.lateFor(s.Now())) {
		return s.succeed(ctx, c, m)
	}
	m.Case, m.At = c.ID, s.Now()
	if err := s.Messages.Add(ctx, m); err != nil {
		return nil, err
	}
	if m.Automatic {
		return c, nil
	}
	var err error
	switch {
	case c.Stage == Resolved || c.Stage == Closed:
		err = s.Type.Fire(ctx, c.ID, "reopen", resource.Values{"reason": "The customer wrote again."})
	case c.Stage == Waiting && c.WaitingFor == "customer":
		err = s.Type.Fire(ctx, c.ID, "resume", nil)
	}
	if err != nil {
		return nil, fmt.Errorf("go on with case %d: %w", c.ID, err)
	}
	return c, s.Desk.Tell(ctx, c.OwnerID, s.Type.Ref(c.ID), "The customer wrote about {0}.", c.No+" "+c.Subject)
}

// succeed opens a new case that follows an old one.
func (s *Cases) succeed(ctx context.Context, old *Case, m Message) (*Case, error) {
	c := &Case{Channel: m.Channel, ExternalID: m.ExternalID, Subject: old.Subject, Description: m.Body, CustomerID: old.CustomerID, ContactID: old.ContactID, ProductID: old.ProductID,
		OrderID: old.OrderID, Category: old.Category, Requester: old.Requester, RequesterEmail: old.RequesterEmail, RequesterPhone: old.RequesterPhone}
	if err := s.open(ctx, c); err != nil {
		return nil, err
	}
	return c, s.Trace.Link(ctx, s.Type.Ref(old.ID), s.Type.Ref(c.ID), "created")
}

// Mail is a message as a mail gateway delivers it.
type Mail struct {
	MessageID, InReplyTo string
	From, FromName       string
	Subject, Text        string
	Automatic            bool
}

// MailFields declare the body of the mail web-hook.
func MailFields() resource.Fields[Mail] {
	return resource.Fields[Mail]{
		resource.Text("message_id", "Id of the message outside", func(m *Mail) *string { return &m.MessageID }).Required().Limit(998),
		resource.Text("in_reply_to", "In reply to", func(m *Mail) *string { return &m.InReplyTo }).Limit(998),
		resource.Text("from", "E-mail", func(m *Mail) *string { return &m.From }).Required().Limit(320),
		resource.Text("from_name", "Name", func(m *Mail) *string { return &m.FromName }),
		resource.Text("subject", "Subject", func(m *Mail) *string { return &m.Subject }).Limit(998),
		resource.LongText("text", "Text", func(m *Mail) *string { return &m.Text }).Required(),
		resource.Bool("automatic", "Automatic answer", func(m *Mail) *bool { return &m.Automatic }),
	}
}

var caseNumber = regexp.MustCompile(`\bCS-[0-9]{4}-[0-9]{6,}\b`)

// ReceiveMail takes a mail whose sender the caller has verified. It belongs to the
// case whose number its subject names, else to the case of the message it answers,
// else it opens a new one. Repeating a message id does nothing.
func (s *Cases) ReceiveMail(ctx context.Context, m *Mail) (Receipt, error) {
	var c *Case
	err := s.receive(ctx, ByMail, m.MessageID, func(ctx context.Context) (*Case, error) {
		old, err := s.threadOf(ctx, m)
		if err != nil {
			return nil, err
		}
		if old != nil {
			return s.hear(ctx, old, Message{Channel: ByMail, ExternalID: m.MessageID, Sender: strings.ToLower(m.From), Body: m.Text, Automatic: m.Automatic})
		}
		n := &Case{Channel: ByMail, ExternalID: m.MessageID, Requester: m.FromName, RequesterEmail: m.From, Subject: clip(m.Subject, 200), Description: m.Text}
		if n.Subject == "" {
			n.Subject = firstLine(m.Text)
		}
		return n, s.open(ctx, n)
	}, func(x *Case) { c = x })
	if err != nil {
		return Receipt{}, err
	}
	return Receipt{No: c.No, Token: c.PublicToken}, nil
}

// threadOf finds the case a mail belongs to, nil for a new one.
func (s *Cases) threadOf(ctx context.Context, m *Mail) (*Case, error) {
	if no := caseNumber.FindString(m.Subject); no != "" {
		c, err := s.Store.First(ctx, record.Where("no", record.Eq, no))
		if err == nil || !errs.Is(err, errs.NotFound) {
			return c, err
		}
	}
	if m.InReplyTo == "" {
		return nil, nil //nolint:nilnil // a mail that answers nothing
	}
	id, err := s.Messages.CaseOf(ctx, ByMail, m.InReplyTo)
	if err != nil || id == 0 {
		return nil, err
	}
	return s.Store.Get(ctx, id)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return clip(line, 80)
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
