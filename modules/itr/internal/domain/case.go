package domain

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"meridian/modules/crm"
	"meridian/modules/itr"
	"meridian/modules/ltc"
	"meridian/platform/authz"
	"meridian/platform/calendar"
	"meridian/platform/clock"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/event"
	"meridian/platform/record"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// CaseStage is the state of a case.
type CaseStage string

// The stages of a case.
const (
	New        CaseStage = "new"
	Triaged    CaseStage = "triaged"
	Assigned   CaseStage = "assigned"
	InProgress CaseStage = "in_progress"
	Waiting    CaseStage = "waiting"
	Resolved   CaseStage = "resolved"
	Closed     CaseStage = "closed"
	Reopened   CaseStage = "reopened"
	Cancelled  CaseStage = "cancelled"
)

// Channel is how somebody reached us.
type Channel string

// The channels.
const (
	ByWeb    Channel = "web"
	ByMail   Channel = "mail"
	ByAPI    Channel = "api"
	ByPhone  Channel = "phone"
	ByPortal Channel = "portal"
)

// Case is one issue of a customer, from the first word to the answer to the survey.
type Case struct {
	record.Base
	Stage          CaseStage
	Subject        string
	Description    string
	CustomerID     *int64
	ContactID      *int64
	ProductID      *int64
	OrderID        *int64
	Channel        Channel
	ExternalID     string
	Requester      string
	RequesterEmail string
	RequesterPhone string
	Impact         Level
	Urgency        Level
	Priority       Priority
	Category       string
	AssigneeID     int64
	AssignedHow    string
	AssignedLoad   int
	WaitingFor     string
	FollowUpOn     date.Date
	CauseCode      string
	ResolutionCode string
	Solution       string
	ArticleID      *int64
	KnowledgeNote  string
	ReopenCount    int
	NextDueAt      *time.Time
	ResolvedAt     *time.Time
	PublicToken    string
}

// Messages keep what was said, append-only.
type Messages interface {
	// Add appends a message. Conflict when the channel has its external id already.
	Add(ctx context.Context, m Message) error
	// CaseOf returns the case of a message by its external id, 0 if there is none.
	CaseOf(ctx context.Context, channel Channel, externalID string) (int64, error)
}

// Message is one thing said about a case.
type Message struct {
	Case                int64
	Out                 bool
	Internal, Automatic bool
	Channel             Channel
	ExternalID          string
	Sender              string
	Author              int64
	Body                string
	At                  time.Time
}

// Desk is the service desk as the rules see it: who works there, when, and how to
// reach them.
type Desk interface {
	// Head is who answers for cases that arrive without a person behind them.
	Head() int64
	// Agents are the people who take cases of a department, in order of their ids.
	Agents(company, dept int64) []int64
	// DeptOf is the department of a person.
	DeptOf(user int64) int64
	// Calendar is the working time of a company.
	Calendar(company int64) *calendar.Calendar
	// As acts as a user past permissions, for a reason that is logged.
	As(ctx context.Context, user int64, reason string) context.Context
	// Tell notifies a user about a document.
	Tell(ctx context.Context, user int64, object trace.Ref, message string, args ...any) error
}

// Linker writes the thread.
type Linker interface {
	Link(ctx context.Context, source, target trace.Ref, relation string) error
}

// Cases is the service behind the case type.
type Cases struct {
	Store     record.Store[Case]
	Messages  Messages
	Clocks    *Clocks
	Loads     Loads
	Surveys   *Surveys
	Hints     *Hints
	Articles  *Articles
	Customers crm.Customers
	Contacts  itr.Contacts
	Orders    ltc.Orders
	Desk      Desk
	Trace     Linker
	Bus       *event.Bus
	Now       clock.Clock
	Tx        func(ctx context.Context, fn func(ctx context.Context) error) error
	Alone     func(ctx context.Context, key string) error // equal keys wait until the transaction ends

	Type *resource.Type[Case]
}

// check fills the priority and refuses what cannot be right.
func (s *Cases) check(ctx context.Context, c *Case) error {
	c.RequesterEmail = strings.ToLower(c.RequesterEmail)
	if c.PublicToken == "" {
		c.PublicToken = strings.ToLower(rand.Text())
	}
	if c.RequesterEmail != "" && !strings.Contains(c.RequesterEmail, "@") {
		return errs.Bad("requester_email", "This is no e-mail address.")
	}
	c.Priority = PriorityOf(c.Impact, c.Urgency)
	return s.recognise(ctx, c)
}

// recognise fills who the requester is: the contact behind the e-mail address, the
// customer of the contact.
func (s *Cases) recognise(ctx context.Context, c *Case) error {
	ctx = authz.System(ctx, "requester of a case")
	if c.ContactID == nil && c.CustomerID == nil && c.RequesterEmail != "" {
		p, ok, err := s.Contacts.ByEmail(ctx, c.RequesterEmail)
		if err != nil {
			return fmt.Errorf("recognise requester: %w", err)
		}
		if ok {
			id := int64(p.ID)
			c.ContactID = &id
		}
	}
	if c.ContactID == nil {
		return nil
	}
	p, err := s.Customers.Contact(ctx, crm.ContactID(*c.ContactID))
	if errs.Is(err, errs.NotFound) {
		return errs.Bad("contact_id", "There is no such record, or you may not see it.")
	}
	if err != nil {
		return fmt.Errorf("contact of a case: %w", err)
	}
	customer := int64(p.Customer)
	switch {
	case c.CustomerID == nil:
		c.CustomerID = &customer
	case *c.CustomerID != customer:
		return errs.Bad("contact_id", "This person belongs to another customer.")
	}
	if c.RequesterEmail == "" {
		c.RequesterEmail = strings.ToLower(p.Email)
	}
	if c.Requester == "" {
		c.Requester = p.Name
	}
	return nil
}

// saved opens a new case: its first message and its clocks; a case whose priority
// was changed gets other targets.
func (s *Cases) saved(ctx context.Context, c, before *Case) error {
	if before == nil {
		m := Message{Case: c.ID, Channel: c.Channel, ExternalID: c.ExternalID, Sender: c.sender(), Body: c.Description, At: c.CreatedAt}
		if err := s.Messages.Add(ctx, m); err != nil {
			return err
		}
		return s.Clocks.begin(ctx, c)
	}
	if c.Priority == before.Priority {
		return nil
	}
	return s.Clocks.retarget(ctx, c, s.Now())
}

func (c *Case) sender() string {
	if c.RequesterEmail != "" {
		return c.RequesterEmail
	}
	return c.Requester
}

// customer is the customer of the case, 0 while it is unknown.
func (c *Case) customer() crm.CustomerID {
	if c.CustomerID == nil {
		return 0
	}
	return crm.CustomerID(*c.CustomerID)
}
