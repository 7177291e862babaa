package domain

import (
	"context"
	"fmt"
	"time"

	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// AbsenceStage is the state of an absence.
type AbsenceStage string

// The stages of an absence.
const (
	AbsenceDraft     AbsenceStage = "draft"
	AbsenceApproved  AbsenceStage = "approved"
	AbsenceWithdrawn AbsenceStage = "withdrawn"
)

// Absence is the days a person, its owner, is away.
type Absence struct {
	record.Base
	Stage     AbsenceStage
	Kind      string
	FromOn    date.Date
	ToOn      date.Date
	DeputyID  *int64
	Deputised bool
	Note      string
}

// Away is an approved absence as plans see it: who and when, never why.
type Away struct {
	Person   int64
	From, To date.Date
}

// AbsenceBook answers what no single absence knows. Package store implements it.
type AbsenceBook interface {
	// Mark tells plans that the owner of an absence is away, Unmark that it is not so.
	Mark(ctx context.Context, x *Absence) error
	Unmark(ctx context.Context, absence int64) error
	// Away lists the approved absences of people in a period, the first first.
	Away(ctx context.Context, people []int64, from, to date.Date) ([]Away, error)
	// Overlaps names another live absence of the person on these days, "" if there is none.
	// Nobody else enters any for the person until the end of the transaction.
	Overlaps(ctx context.Context, x *Absence) (no string, err error)
	// Planned lists the live projects in which a person has open tasks on these days.
	Planned(ctx context.Context, person int64, from, to date.Date) ([]int64, error)
}

// Absences is the service behind the absences.
type Absences struct {
	*Ports
	Store    record.Store[Absence]
	Type     *resource.Type[Absence]
	Book     AbsenceBook
	Projects *ServiceProjects
	// Delegate makes somebody the deputy of the actor for approvals.
	Delegate func(ctx context.Context, to int64, from, until date.Date, top money.Amount) error
}

// Declare returns the document type of the absence.
func (s *Absences) Declare() *resource.Type[Absence] {
	s.Type = &resource.Type[Absence]{
		Name: "ltc.absence", Label: "Absence", Plural: "Absences", Icon: "calendar-off", Number: "AB-{yyyy}-{00000}", Store: s.Store, Check: s.check, Imported: s.imported,
		Title: func(x *Absence) string { return x.FromOn.String() + " – " + x.ToOn.String() },
		Day:   func(x *Absence) date.Date { return x.FromOn },
		Default: func(ctx context.Context, x *Absence) error {
			x.Kind, x.FromOn, x.ToOn = "holiday", s.Today(ctx), s.Today(ctx)
			return nil
		},
		Rules: map[string][]process.Rule{"ltc.absence:approve": {{Label: "Every absence: the manager", Steps: []process.Step{process.ByManager(1)}}}},
		Fields: resource.Fields[Absence]{
			resource.Enum("kind", "Kind of absence", func(x *Absence) *string { return &x.Kind }, resource.Option{Value: "holiday", Label: "Holiday", Tone: "info"}, resource.Option{Value: "sick", Label: "Illness", Tone: "warn"},
				resource.Option{Value: "training", Label: "Training", Tone: "violet"}, resource.Option{Value: "other", Label: "Other absence", Tone: "neutral"}).Required().InList().Filter(),
			resource.Date("from_on", "First day", func(x *Absence) *date.Date { return &x.FromOn }).Required().InList().Filter(),
			resource.Date("to_on", "Last day", func(x *Absence) *date.Date { return &x.ToOn }).Required().InList().Filter(),
			resource.OptRef("deputy_id", "Deputy", func(x *Absence) **int64 { return &x.DeputyID }, "core.user").InList().Filter().Hint("Empty: with the approval a colleague of the department who is there is proposed."),
			resource.Bool("deputised", "Deputy appointed", func(x *Absence) *bool { return &x.Deputised }).ReadOnly(),
			resource.LongText("note", "Note", func(x *Absence) *string { return &x.Note }).Limit(1000),
		},
		Process: resource.Process(func(x *Absence) *AbsenceStage { return &x.Stage },
			[]resource.Stage[AbsenceStage]{
				{Key: AbsenceDraft, Label: "Draft", Owner: "ltc.rep", Class: process.Draft, Limit: 16 * time.Hour, Help: "Say from when until when; your manager approves it."},
				{Key: AbsenceApproved, Label: "Approved", End: true, Class: process.Done, Help: "Plans count with it. Appoint the deputy who approves in your place."},
				{Key: AbsenceWithdrawn, Label: "Withdrawn", End: true, Class: process.Cancelled},
			},
			[]resource.Move[Absence, AbsenceStage]{
				{Name: "approve", Label: "Ask for approval", From: resource.From(AbsenceDraft), To: AbsenceApproved, Matrix: "ltc.absence:approve", Do: resource.Do(s.approve)},
				{Name: "deputise", Label: "Appoint deputy", From: resource.From(AbsenceApproved), Do: resource.Ask(s.deputyForm(), s.deputise)},
				{Name: "withdraw", Label: "Withdraw", From: resource.From(AbsenceDraft, AbsenceApproved), To: AbsenceWithdrawn, Reason: true, Deviation: true, Do: resource.Do(s.withdraw)},
			}),
	}
	return s.Type
}

func (s *Absences) check(ctx context.Context, x *Absence) error {
	if x.FromOn.IsZero() || x.ToOn.IsZero() || x.Stage != AbsenceDraft {
		return nil
	}
	switch {
	case x.ToOn.Before(x.FromOn):
		return errs.Bad("to_on", "The end lies before the start.")
	case value(x.DeputyID) == x.OwnerID:
		return errs.Bad("deputy_id", "Nobody is the own deputy.")
	}
	no, err := s.Book.Overlaps(ctx, x)
	if err != nil {
		return err
	}
	if no != "" {
		return errs.Bad("from_on", "These days are in {0} already.", no)
	}
	return nil
}

// imported marks the days of history too.
func (s *Absences) imported(ctx context.Context, x *Absence) error {
	if x.Stage != AbsenceApproved {
		return nil
	}
	return s.Book.Mark(ctx, x)
}

// approve tells the plans the person stands in and proposes a deputy.
func (s *Absences) approve(ctx context.Context, x *Absence) error {
	if err := s.Book.Mark(ctx, x); err != nil {
		return err
	}
	if err := s.replan(ctx, x); err != nil {
		return err
	}
	if x.DeputyID == nil {
		deputy, err := s.proposal(ctx, x)
		if err != nil {
			return err
		}
		x.DeputyID = pointer(deputy)
	}
	if x.DeputyID == nil {
		return nil
	}
	return s.Notify(ctx, process.Notice{Users: []int64{x.OwnerID}, Kind: "task", Message: "{0} is approved. {1} is proposed as your deputy for approvals; appoint the deputy there.", Args: []any{x.No, s.People().Name(*x.DeputyID)}, Object: s.Type.Ref(x.ID)})
}

// proposal is the colleague of the department, else the manager, who is there all the time.
func (s *Absences) proposal(ctx context.Context, x *Absence) (int64, error) {
	people := s.People().People
	me := people[x.OwnerID]
	if me == nil {
		return 0, nil
	}
	var able []int64
	for _, p := range people {
		if p.Active && p.Company == x.CompanyID && p.ID != me.ID && (p.Dept == me.Dept || p.ID == me.Manager) {
			able = append(able, p.ID)
		}
	}
	away, err := s.Book.Away(ctx, able, x.FromOn, x.ToOn)
	if err != nil {
		return 0, err
	}
	return deputyOf(able, away, me.Manager), nil
}

// deputyOf is the first of people nobody is away of, the manager last.
func deputyOf(people []int64, away []Away, manager int64) (best int64) {
	out := map[int64]bool{}
	for _, a := range away {
		out[a.Person] = true
	}
	for _, p := range people {
		switch {
		case out[p]:
		case best == 0, best == manager, p != manager && p < best:
			best = p
		}
	}
	return best
}

// deputing is the input of the move "deputise".
type deputing struct{ Deputy *int64 }

func (s *Absences) deputyForm() resource.Fields[deputing] {
	return resource.Fields[deputing]{resource.OptRef("deputy", "Deputy", func(d *deputing) **int64 { return &d.Deputy }, "core.user").Hint("Empty: the one who is proposed.")}
}

// deputise lets the deputy decide approvals while the person is away.
func (s *Absences) deputise(ctx context.Context, x *Absence, in *deputing) error {
	if authz.Actor(ctx) != x.OwnerID {
		return errs.New(errs.Forbidden, "Everybody appoints the own deputy.")
	}
	if in.Deputy != nil {
		x.DeputyID = in.Deputy
	}
	switch {
	case x.Deputised:
		return errs.New(errs.Precondition, "The deputy is appointed already.")
	case x.DeputyID == nil:
		return errs.Bad("deputy", "Choose a person.")
	}
	if err := s.Delegate(ctx, *x.DeputyID, date.Later(x.FromOn, s.Today(ctx)), x.ToOn, money.Amount{}); err != nil {
		return err
	}
	x.Deputised = true
	return nil
}

// withdraw takes the days back. A deputy stays until the person ends that in the profile.
func (s *Absences) withdraw(ctx context.Context, x *Absence) error {
	if x.Stage != AbsenceApproved {
		return nil
	}
	if err := s.Book.Unmark(ctx, x.ID); err != nil {
		return err
	}
	if err := s.replan(ctx, x); err != nil {
		return err
	}
	if !x.Deputised {
		return nil
	}
	return s.Notify(ctx, process.Notice{Users: []int64{x.OwnerID}, Kind: "task", Message: "{0} is withdrawn; end the deputy in your profile.", Args: []any{x.No}, Object: s.Type.Ref(x.ID)})
}

// replan looks again at the plans of the person on the days that changed.
func (s *Absences) replan(ctx context.Context, x *Absence) error {
	ids, err := s.Book.Planned(ctx, x.OwnerID, x.FromOn, x.ToOn)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, err := s.Projects.Type.Update(ctx, id, func(*ServiceProject) error { return nil }); err != nil {
			return fmt.Errorf("plan of project %d: %w", id, err)
		}
	}
	return nil
}
