package domain

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"meridian/modules/crm"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/i18n"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// ServiceStage is the state of a service project.
type ServiceStage string

// The stages of a service project.
const (
	ServiceDraft     ServiceStage = "draft"
	ServicePlanned   ServiceStage = "planned"
	ServiceConfirmed ServiceStage = "confirmed"
	ServiceRunning   ServiceStage = "running"
	ServiceClosed    ServiceStage = "closed"
	ServiceDropped   ServiceStage = "dropped"
)

// ServiceTask is a part of the plan: what, who, when, how many hours, for what fee and
// how the customer accepts it.
type ServiceTask struct {
	record.Line
	Content     string
	PersonID    int64
	FromOn      date.Date
	ToOn        date.Date
	Hours       money.Qty
	Rate        money.Price // cost of an hour
	Fee         money.Amount
	Criteria    string
	PlanLine    int // the line of the contract the customer accepts it by
	ActualHours money.Qty
	ActualCost  money.Amount
	DoneOn      date.Date
	FromOption  bool
}

// ServiceFeedback is what the customer said on the way.
type ServiceFeedback struct {
	record.Line
	GivenOn date.Date
	GivenBy string
	Score   int
	Body    string
}

// ServiceProject is work sold to a customer: consulting, installation, training.
type ServiceProject struct {
	record.Base
	Stage         ServiceStage
	Title         string
	CustomerID    crm.CustomerID
	OpportunityID *int64
	ContractID    *int64
	OptionID      *int64 // the chosen one
	AskedBy       string
	Need          string
	Understanding string
	Limits        string
	Confidential  bool
	TaxRate       money.Ratio
	ConfirmedBy   string
	ConfirmedOn   date.Date
	StartedOn     date.Date
	ClosedOn      date.Date
	Revision      int // of what the customer confirmed
	Fee           money.Amount
	PlannedCost   money.Amount
	ActualHours   money.Qty
	ActualCost    money.Amount
	FinalCost     money.Amount // actual, and what open tasks will still cost
	Clash         string
	Lessons       string
	Rating        int
	Tasks         []ServiceTask     `gorm:"-"`
	Members       []ServiceMember   `gorm:"-"`
	Feedback      []ServiceFeedback `gorm:"-"`
}

// ServiceProjects is the service behind the projects.
type ServiceProjects struct {
	*Ports
	Store     record.Store[ServiceProject]
	Type      *resource.Type[ServiceProject]
	Contracts *Contracts
	Absences  AbsenceBook
	Book      ProjectBook
	Opinions  *ExpertOpinions
	Options   *ServiceOptions
	Pledges   *Pledges
}

// Booking is a task of a person in another project.
type Booking struct {
	Project      int64
	No           string
	Content      string
	Person       int64
	From, To     date.Date
	Confidential bool
}

// check adds the plan up and says who is booked twice.
func (s *ServiceProjects) check(ctx context.Context, p *ServiceProject) error {
	bad := p.total()
	for i := range p.Feedback {
		if n := p.Feedback[i].Score; n < 0 || n > 5 {
			bad = append(bad, errs.Field{Name: fmt.Sprintf("feedback.%d.score", i), Message: "Between 1 and 5."})
		}
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return s.clashes(ctx, p)
}

// total adds the plan up: fee, cost planned and cost at completion.
func (p *ServiceProject) total() (bad []errs.Field) {
	p.Fee, p.PlannedCost, p.FinalCost = money.Amount{}, money.Amount{}, money.Amount{}
	for i := range p.Tasks {
		t := &p.Tasks[i]
		if t.ToOn.Before(t.FromOn) {
			bad = append(bad, errs.Field{Name: fmt.Sprintf("tasks.%d.to_on", i), Message: "The end lies before the start."})
		}
		if t.Hours.Sign() <= 0 {
			bad = append(bad, errs.Field{Name: fmt.Sprintf("tasks.%d.hours", i), Message: "The quantity must be greater than zero."})
		}
		if t.Fee.Sign() < 0 || t.Rate.Sign() < 0 {
			bad = append(bad, errs.Field{Name: fmt.Sprintf("tasks.%d.fee", i), Message: "An amount cannot be negative."})
		}
		planned := money.Value(t.Rate, t.Hours)
		p.Fee, p.PlannedCost = p.Fee.Add(t.Fee), p.PlannedCost.Add(planned)
		if t.DoneOn.IsZero() {
			p.FinalCost = p.FinalCost.Add(planned.Max(t.ActualCost))
		} else {
			p.FinalCost = p.FinalCost.Add(t.ActualCost)
		}
	}
	return bad
}

// clashes writes down who has other work on the same days, in this project or another, or
// is away.
func (s *ServiceProjects) clashes(ctx context.Context, p *ServiceProject) error {
	var open []*ServiceTask
	var people []int64
	var from, to date.Date
	for i := range p.Tasks {
		if t := &p.Tasks[i]; t.DoneOn.IsZero() && t.PersonID != 0 {
			if open = append(open, t); from.IsZero() || t.FromOn.Before(from) {
				from = t.FromOn
			}
			people, to = append(people, t.PersonID), date.Later(to, t.ToOn)
		}
	}
	others, err := s.Cash.Bookings(ctx, p.CompanyID, p.ID, people)
	if err != nil {
		return err
	}
	away, err := s.Absences.Away(ctx, people, from, to)
	if err != nil {
		return err
	}
	var said []string
	for i, t := range open {
		for _, o := range open[i+1:] { // each pair of this project once
			others = append(others, Booking{Project: p.ID, No: p.No, Content: o.Content, Person: o.PersonID, From: o.FromOn, To: o.ToOn})
		}
		said = append(said, s.twice(ctx, t, others)...)
		said = append(said, s.absent(ctx, t, away)...)
		others = slices.DeleteFunc(others, func(o Booking) bool { return o.Project == p.ID })
	}
	p.Clash = errs.Clip(strings.Join(said, "\n"), 1900)
	return nil
}

// twice says on which days the person of a task has other work.
func (s *ServiceProjects) twice(ctx context.Context, t *ServiceTask, others []Booking) (said []string) {
	for _, o := range others {
		if o.Person == t.PersonID && !o.From.After(t.ToOn) && !t.FromOn.After(o.To) {
			who, from, to := s.People().Name(t.PersonID), date.Later(t.FromOn, o.From), date.Earlier(t.ToOn, o.To)
			if o.Confidential {
				said = append(said, i18n.T(ctx, "{0} is booked twice from {1} to {2}: {3} and confidential work.", who, from, to, t.Content))
				continue
			}
			said = append(said, i18n.T(ctx, "{0} is booked twice from {1} to {2}: {3} and {4} ({5}).", who, from, to, t.Content, o.Content, o.No))
		}
	}
	return said
}

// absent says on which days of a task its person is away.
func (s *ServiceProjects) absent(ctx context.Context, t *ServiceTask, away []Away) (said []string) {
	for _, a := range away {
		if a.Person == t.PersonID && !a.From.After(t.ToOn) && !t.FromOn.After(a.To) {
			said = append(said, i18n.T(ctx, "{0} is away from {1} to {2}: {3}.", s.People().Name(t.PersonID), date.Later(t.FromOn, a.From), date.Earlier(t.ToOn, a.To), t.Content))
		}
	}
	return said
}

// saved shows the project to its team, asks it to keep what is confidential, and tells the
// owner who is booked twice or away.
func (s *ServiceProjects) saved(ctx context.Context, p, before *ServiceProject) error {
	if err := s.show(ctx, p, before); err != nil {
		return err
	}
	if p.Confidential || before != nil && before.Confidential {
		if err := s.pledge(ctx, p); err != nil {
			return err
		}
	}
	if p.Clash == "" || before != nil && before.Clash == p.Clash {
		return nil
	}
	return s.Notify(ctx, process.Notice{Users: []int64{p.OwnerID}, Kind: "work", Message: "Somebody in the plan of {0} is booked twice or away.", Args: []any{p.No}, Object: s.Type.Ref(p.ID)})
}

// confirmation is the input of the move "confirm".
type confirmation struct {
	By string
	On date.Date
}

func confirmationForm() resource.Fields[confirmation] {
	return resource.Fields[confirmation]{
		resource.Text("confirmed_by", "Confirmed by", func(c *confirmation) *string { return &c.By }).Required().Limit(120).Hint("Who agreed at the customer."),
		resource.Date("on", "Confirmed on", func(c *confirmation) *date.Date { return &c.On }).Hint("Empty is today."),
	}
}

// confirm is the customer's yes to need and plan, the baseline: from then on it changes by
// change requests only.
func (s *ServiceProjects) confirm(ctx context.Context, p *ServiceProject, in *confirmation) error {
	if err := s.untilToday(ctx, "on", &in.On); err != nil {
		return err
	}
	if err := s.heardOut(ctx, p); err != nil {
		return err
	}
	if err := s.decided(ctx, p); err != nil {
		return err
	}
	for i := range p.Tasks {
		if t := &p.Tasks[i]; t.PersonID == 0 || t.Fee.Sign() > 0 && strings.TrimSpace(t.Criteria) == "" {
			return errs.New(errs.Precondition, "Task {0} needs a person, and criteria of acceptance when it has a fee.", i+1)
		}
	}
	p.ConfirmedBy, p.ConfirmedOn = in.By, in.On
	return s.baseline(ctx, p, nil)
}

// contract drafts the contract whose plan the project works off: every task with a fee is
// accepted, invoiced and collected by lines of their own.
func (s *ServiceProjects) contract(ctx context.Context, p *ServiceProject) error {
	if p.ContractID != nil {
		return errs.New(errs.Precondition, "The project has its contract already.")
	}
	customer, err := s.Customers.Customer(ctx, p.CustomerID)
	if err != nil {
		return err
	}
	c := &Contract{Title: p.Title, CustomerID: p.CustomerID, OpportunityID: p.OpportunityID, StartOn: s.Today(ctx)}
	inherit(&c.Base, &p.Base)
	c.Kind, c.TaxRate, c.Acceptance = ContractOneOff, p.TaxRate, AcceptRequired
	for i := range p.Tasks {
		t := &p.Tasks[i]
		if t.Fee.IsZero() {
			continue
		}
		gross := t.Fee.Add(money.Tax(t.Fee, p.TaxRate))
		at := len(c.Plan) + 1
		c.Amount, c.Price, c.EndOn, t.PlanLine = c.Amount.Add(gross), c.Price.Add(t.Fee), date.Later(c.EndOn, t.ToOn), at
		c.Plan = append(c.Plan, PlanLine{Kind: PlanAccept, Milestone: errs.Clip(t.Content, 110), PlannedOn: t.ToOn, OwnerID: t.PersonID},
			PlanLine{Kind: PlanInvoice, Amount: gross, TriggerLine: at}, PlanLine{Kind: PlanCollect, Amount: gross, TriggerLine: at + 1, OffsetDays: customer.PaymentDays})
	}
	if len(c.Plan) == 0 {
		return errs.New(errs.Precondition, "No task has a fee; there is nothing to sell.")
	}
	if err := s.Contracts.Type.Create(ctx, c, s.Type.Ref(p.ID)); err != nil {
		return fmt.Errorf("contract of %s: %w", p.No, err)
	}
	p.ContractID = &c.ID
	return nil
}

// start refuses to work without a contract both sides have signed.
func (s *ServiceProjects) start(ctx context.Context, p *ServiceProject) error {
	if p.ContractID == nil {
		return errs.New(errs.Precondition, "The project needs its contract first.")
	}
	c, err := s.Contracts.Store.Get(ctx, *p.ContractID)
	if err != nil {
		return fmt.Errorf("contract of %s: %w", p.No, err)
	}
	if c.Stage != ContractSigned && c.Stage != ContractRunning {
		return errs.New(errs.Precondition, "The contract {0} is not signed yet.", c.No)
	}
	p.StartedOn = s.Today(ctx)
	return s.Contracts.start(ctx, c.ID) // the work is what the contract runs by
}

// finished is the input of the move "finish_task".
type finished struct {
	Task int
	On   date.Date
}

func finishedForm() resource.Fields[finished] {
	return resource.Fields[finished]{
		resource.Int("task", "Task", func(f *finished) *int { return &f.Task }).Required().Hint("Its number in the plan."),
		resource.Date("on", "Accepted on", func(f *finished) *date.Date { return &f.On }).Hint("Empty is today."),
	}
}

// finish notes that the customer accepted a task; the milestone of the contract is reached
// with it, so what it invoices becomes due.
func (s *ServiceProjects) finish(ctx context.Context, p *ServiceProject, in *finished) error {
	if in.Task < 1 || in.Task > len(p.Tasks) || !p.Tasks[in.Task-1].DoneOn.IsZero() {
		return errs.Bad("task", "The plan has no such task that is still open.")
	}
	if err := s.untilToday(ctx, "on", &in.On); err != nil {
		return err
	}
	t := &p.Tasks[in.Task-1]
	t.DoneOn = in.On
	if t.PlanLine > 0 && p.ContractID != nil {
		err := s.Contracts.progress(ctx, *p.ContractID, func(plan []PlanLine) {
			if t.PlanLine <= len(plan) && plan[t.PlanLine-1].DoneOn.IsZero() {
				finishLine(plan, t.PlanLine-1, in.On)
			}
		})
		if err != nil {
			return err
		}
	}
	return s.check(ctx, p)
}

// closing is the input of the move "close".
type closing struct {
	Lessons string
	Rating  int
}

func closingForm() resource.Fields[closing] {
	return resource.Fields[closing]{
		resource.LongText("lessons", "Lessons learnt", func(c *closing) *string { return &c.Lessons }).Required().Limit(4000),
		resource.Int("rating", "Rating of the customer", func(c *closing) *int { return &c.Rating }).Hint("1 to 5; empty when none was given."),
	}
}

// close keeps what was learnt; nothing may be open.
func (s *ServiceProjects) close(ctx context.Context, p *ServiceProject, in *closing) error {
	for i := range p.Tasks {
		if p.Tasks[i].DoneOn.IsZero() {
			return errs.New(errs.Precondition, "Task {0} is not finished yet.", i+1)
		}
	}
	if in.Rating < 0 || in.Rating > 5 {
		return errs.Bad("rating", "Between 1 and 5.")
	}
	p.Lessons, p.Rating, p.ClosedOn = in.Lessons, in.Rating, s.Today(ctx)
	return nil
}

// heard is the input of the move "feedback".
type heard struct {
	By, Body string
	Score    int
}

func heardForm() resource.Fields[heard] {
	return resource.Fields[heard]{
		resource.Text("given_by", "Said by", func(h *heard) *string { return &h.By }).Required().Limit(120),
		resource.LongText("body", "What was said", func(h *heard) *string { return &h.Body }).Required().Limit(2000),
		resource.Int("score", "Score", func(h *heard) *int { return &h.Score }).Hint("1 to 5."),
	}
}

// hear writes down what the customer says on the way; a low score reaches the owner.
func (s *ServiceProjects) hear(ctx context.Context, p *ServiceProject, in *heard) error {
	if in.Score < 0 || in.Score > 5 {
		return errs.Bad("score", "Between 1 and 5.")
	}
	p.Feedback = append(p.Feedback, ServiceFeedback{GivenOn: s.Today(ctx), GivenBy: in.By, Score: in.Score, Body: in.Body})
	if in.Score == 0 || in.Score > 2 {
		return nil
	}
	return s.Notify(ctx, process.Notice{Users: []int64{p.OwnerID}, Kind: "work", Message: "{0} gives {1} of 5 for {2}.", Args: []any{in.By, in.Score, p.No}, Object: s.Type.Ref(p.ID)})
}
