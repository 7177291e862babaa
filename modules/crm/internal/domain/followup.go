package domain

import (
	"context"
	"regexp"
	"time"

	"meridian/modules/crm"
	"meridian/platform/authz"
	"meridian/platform/clock"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// FollowupStage is the state of a follow-up.
type FollowupStage string

// The stages of a follow-up.
const (
	FollowupPlanned FollowupStage = "planned"
	FollowupDone    FollowupStage = "done"
	FollowupDropped FollowupStage = "dropped"
)

// Followup is a contact with a customer: planned, then held with a conclusion and
// the next step, so nothing ends without one.
type Followup struct {
	record.Base
	Stage      FollowupStage
	CustomerID crm.CustomerID
	ContactID  *int64
	Channel    string
	PlannedOn  date.Date
	Subject    string
	Conclusion string
	NextStep   string
	NextOn     date.Date
	DoneAt     *time.Time
	ValueGiven string // what the customer had of it
	Feedback   string // what the customer said, or how the need changed
	NoValue    bool   // held without any value for the customer

	AtTime      string     // HH:MM, of a visit in the route of the day
	CheckedInAt *time.Time // somebody came there
	CheckedInBy string     // where, as it was said: an address or coordinates
}

// Followups is the service behind the follow-up type.
type Followups struct {
	Store record.Store[Followup]
	Type  *resource.Type[Followup]
	Now   clock.Clock

	Customers *Customers
	Rhythm    Rhythm
}

// Rhythm knows how often and how a customer is to be contacted.
type Rhythm interface {
	// Standard returns the one that holds for a customer; ok is false when none does.
	Standard(ctx context.Context, customer int64) (f FollowStandard, ok bool, err error)
	// Touch notes a contact with a customer; an older one than known changes nothing.
	Touch(ctx context.Context, customer int64, at time.Time) error
}

// Channels are the ways to reach a person.
var Channels = []resource.Option{{Value: "call", Label: "Call"}, {Value: "visit", Label: "Visit"}, {Value: "mail", Label: "E-mail"}, {Value: "chat", Label: "Chat"}, {Value: "meeting", Label: "Meeting"}}

// held is the input of the move "hold".
type held struct {
	Conclusion string
	ValueGiven string
	Feedback   string
	NextStep   string
	NextOn     date.Date
	Closed     bool
	Wrong      bool
	HeldAt     *time.Time // entered later; nil = now
}

func heldForm() resource.Fields[held] {
	return resource.Fields[held]{
		resource.LongText("conclusion", "Conclusion", func(h *held) *string { return &h.Conclusion }).Required(),
		resource.LongText("value_given", "Value for the customer", func(h *held) *string { return &h.ValueGiven }).Hint("What the customer had of this contact."),
		resource.LongText("feedback", "Feedback", func(h *held) *string { return &h.Feedback }).Hint("What the customer said, or how the need changed."),
		resource.Text("next_step", "Next step", func(h *held) *string { return &h.NextStep }),
		resource.Date("next_on", "Next contact on", func(h *held) *date.Date { return &h.NextOn }),
		resource.Bool("closed", "The matter is closed", func(h *held) *bool { return &h.Closed }),
		resource.Time("held_at", "When it was", func(h *held) **time.Time { return &h.HeldAt }).Hint("Empty: now. What was written down without a connection is handed in later."),
		resource.Bool("wrong", "The number or address is wrong", func(h *held) *bool { return &h.Wrong }).Hint("It does not exist, or reaches somebody else. It counts as empty until it is put right."),
	}
}

// hold writes what came of the contact and plans the next one (CRM-04: nothing
// without next step, unless the matter is closed).
func (s *Followups) hold(ctx context.Context, f *Followup, in *held) error {
	if !in.Closed && (in.NextStep == "" || in.NextOn.IsZero()) {
		return errs.Join([]errs.Field{{Name: "next_step", Message: "Say what comes next and when, or that the matter is closed."}})
	}
	if err := s.meets(ctx, f, in); err != nil {
		return err
	}
	reached, err := s.reached(ctx, f, in)
	if err != nil {
		return err
	}
	now, err := s.when(f, in.HeldAt)
	if err != nil {
		return err
	}
	f.Conclusion, f.NextStep, f.NextOn, f.DoneAt = in.Conclusion, in.NextStep, in.NextOn, &now
	f.ValueGiven, f.Feedback, f.NoValue = in.ValueGiven, in.Feedback, in.ValueGiven == ""
	if reached {
		if err := s.Rhythm.Touch(ctx, int64(f.CustomerID), now); err != nil {
			return err
		}
		if err := s.Customers.Wake(ctx, f.CustomerID, s.Type.Ref(f.ID)); err != nil {
			return err
		}
	}
	if err := s.Customers.Standards.Refresh(ctx, f.CompanyID, []int64{int64(f.CustomerID)}); err != nil {
		return err
	}
	if in.Closed {
		return nil
	}
	next := &Followup{CustomerID: f.CustomerID, ContactID: f.ContactID, Channel: f.Channel, PlannedOn: in.NextOn, Subject: in.NextStep}
	next.OwnerID = f.OwnerID
	return s.Type.Create(ctx, next, s.Type.Ref(f.ID))
}

// when is the time of a contact: now, or the one it was entered with later. Who enters it on
// an old version of the record is refused like everybody, and sees what changed meanwhile.
func (s *Followups) when(f *Followup, at *time.Time) (time.Time, error) {
	now := s.Now()
	switch {
	case at == nil:
		return now, nil
	case at.After(now):
		return now, errs.Bad("held_at", "This moment is still to come.")
	case f.CheckedInAt != nil && at.Before(*f.CheckedInAt):
		return now, errs.Bad("held_at", "That is before the check-in.")
	case at.Before(now.AddDate(0, 0, -maxLate)):
		return now, errs.Bad("held_at", "A contact is written down within {0} days.", maxLate)
	}
	return *at, nil
}

// maxLate is for how many days a contact may be entered later.
const maxLate = 31

type arrival struct{ Place string }

// checkIn notes that somebody came to the customer; logging the result is the check-out.
func (s *Followups) checkIn(ctx context.Context, f *Followup, in *arrival) error {
	switch {
	case authz.Actor(ctx) != f.OwnerID:
		return errs.New(errs.Forbidden, "Only who makes the visit checks in.")
	case f.CheckedInAt != nil:
		return errs.New(errs.Precondition, "You have checked in already.")
	}
	now := s.Now()
	f.CheckedInAt, f.CheckedInBy = &now, in.Place
	return nil
}

// reached notes what a call or mail to a person shows of the number or address, and reports
// whether it was a contact at all.
func (s *Followups) reached(ctx context.Context, f *Followup, in *held) (bool, error) {
	direct := f.ContactID != nil && (f.Channel == "call" || f.Channel == "mail")
	switch {
	case in.Wrong && !direct:
		return false, errs.Bad("wrong", "Only a call or a mail to a contact shows that a number or address is wrong.")
	case !direct:
		return true, nil
	}
	return !in.Wrong, s.Customers.prove(authz.System(ctx, "proof of a follow-up"), *f.ContactID, f.Channel, in.Wrong)
}

// meets refuses what the follow-up standard of the customer asks for and is missing.
func (s *Followups) meets(ctx context.Context, f *Followup, in *held) error {
	std, ok, err := s.Rhythm.Standard(ctx, int64(f.CustomerID))
	if err != nil || !ok {
		return err
	}
	var bad []errs.Field
	if std.NeedValue && in.ValueGiven == "" {
		bad = append(bad, errs.Field{Name: "value_given", Message: "The follow-up standard {0} asks for this.", Args: []any{std.Name}})
	}
	if std.NeedFeedback && in.Feedback == "" {
		bad = append(bad, errs.Field{Name: "feedback", Message: "The follow-up standard {0} asks for this.", Args: []any{std.Name}})
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

var clockTime = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d$`)

func (s *Followups) check(_ context.Context, f *Followup) error {
	if f.AtTime != "" && !clockTime.MatchString(f.AtTime) {
		return errs.Bad("at_time", "Hour and minute are expected: 09:30.")
	}
	return nil
}

// saved measures the completeness of the customer again: a next action counts.
func (s *Followups) saved(ctx context.Context, f, _ *Followup) error {
	return s.Customers.Standards.Refresh(ctx, f.CompanyID, []int64{int64(f.CustomerID)})
}

// Declare returns the document type of the follow-up.
func (s *Followups) Declare() *resource.Type[Followup] {
	s.Type = &resource.Type[Followup]{
		Name: "crm.followup", Label: "Follow-up", Plural: "Follow-ups", Icon: "phone", Number: "FU-{yyyy}-{000000}", Store: s.Store, Check: s.check, Saved: s.saved,
		Title: func(f *Followup) string { return f.Subject },
		Day:   func(f *Followup) date.Date { return f.PlannedOn },
		Fields: resource.Fields[Followup]{
			resource.Ref("customer_id", "Customer", func(f *Followup) *crm.CustomerID { return &f.CustomerID }, "crm.customer").Required().InList().Filter().Source(),
			resource.OptRef("contact_id", "Contact", func(f *Followup) **int64 { return &f.ContactID }, "crm.contact"),
			resource.Text("subject", "Subject", func(f *Followup) *string { return &f.Subject }).Required().InList().Search(),
			resource.Enum("channel", "Channel", func(f *Followup) *string { return &f.Channel },
				Channels...).Required().InList().Filter(),
			resource.Date("planned_on", "Planned for", func(f *Followup) *date.Date { return &f.PlannedOn }).Required().InList().Filter(),
			resource.Text("at_time", "At", func(f *Followup) *string { return &f.AtTime }).Limit(5).Hint("Hour and minute of a visit: 09:30. The route of the day goes by it."),
			resource.LongText("conclusion", "Conclusion", func(f *Followup) *string { return &f.Conclusion }).ReadOnly(),
			resource.LongText("value_given", "Value for the customer", func(f *Followup) *string { return &f.ValueGiven }).ReadOnly(),
			resource.LongText("feedback", "Feedback", func(f *Followup) *string { return &f.Feedback }).ReadOnly(),
			resource.Bool("no_value", "Without value for the customer", func(f *Followup) *bool { return &f.NoValue }).ReadOnly().Filter(),
			resource.Time("checked_in_at", "Checked in at", func(f *Followup) **time.Time { return &f.CheckedInAt }).ReadOnly(),
			resource.Text("checked_in_by", "Checked in where", func(f *Followup) *string { return &f.CheckedInBy }).ReadOnly(),
			resource.Time("done_at", "Held at", func(f *Followup) **time.Time { return &f.DoneAt }).ReadOnly().Filter(),
			resource.Text("next_step", "Next step", func(f *Followup) *string { return &f.NextStep }).ReadOnly(),
			resource.Date("next_on", "Next contact on", func(f *Followup) *date.Date { return &f.NextOn }).ReadOnly().Filter(),
		},
		Process: resource.Process(func(f *Followup) *FollowupStage { return &f.Stage },
			[]resource.Stage[FollowupStage]{
				{Key: FollowupPlanned, Label: "Planned", Owner: "ltc.rep", Limit: 40 * time.Hour, Help: "Contact the customer; write down the result and the next step."},
				{Key: FollowupDone, Label: "Held", End: true, Class: process.Done},
				{Key: FollowupDropped, Label: "Dropped", End: true, Class: process.Cancelled},
			},
			[]resource.Move[Followup, FollowupStage]{
				{Name: "hold", Label: "Log the result", From: resource.From(FollowupPlanned), To: FollowupDone, Do: resource.Ask(heldForm(), s.hold)},
				{Name: "check_in", Label: "Check in", From: resource.From(FollowupPlanned), Guard: `channel == "visit" || channel == "meeting"`, Do: resource.Ask(resource.Fields[arrival]{resource.Text("place", "Where you are", func(a *arrival) *string { return &a.Place }).Limit(200).Place().Hint("Address or coordinates; empty if it does not matter.")}, s.checkIn)},
				{Name: "drop", Label: "Drop", From: resource.From(FollowupPlanned), To: FollowupDropped, Reason: true, Deviation: true},
			}),
	}
	return s.Type
}
