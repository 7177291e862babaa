package domain

import (
	"context"
	"time"

	"meridian/modules/crm"
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
}

// Followups is the service behind the follow-up type.
type Followups struct {
	Store record.Store[Followup]
	Type  *resource.Type[Followup]
	Now   clock.Clock
}

// Channels are the ways to reach a person.
var Channels = []resource.Option{{Value: "call", Label: "Call"}, {Value: "visit", Label: "Visit"}, {Value: "mail", Label: "E-mail"}, {Value: "chat", Label: "Chat"}, {Value: "meeting", Label: "Meeting"}}

// held is the input of the move "hold".
type held struct {
	Conclusion string
	NextStep   string
	NextOn     date.Date
	Closed     bool
}

func heldForm() resource.Fields[held] {
	return resource.Fields[held]{
		resource.LongText("conclusion", "Conclusion", func(h *held) *string { return &h.Conclusion }).Required(),
		resource.Text("next_step", "Next step", func(h *held) *string { return &h.NextStep }),
		resource.Date("next_on", "Next contact on", func(h *held) *date.Date { return &h.NextOn }),
		resource.Bool("closed", "The matter is closed", func(h *held) *bool { return &h.Closed }),
	}
}

// hold writes what came of the contact and plans the next one (CRM-04: nothing
// without next step, unless the matter is closed).
func (s *Followups) hold(ctx context.Context, f *Followup, in *held) error {
	if !in.Closed && (in.NextStep == "" || in.NextOn.IsZero()) {
		return errs.Join([]errs.Field{{Name: "next_step", Message: "Say what comes next and when, or that the matter is closed."}})
	}
	now := s.Now()
	f.Conclusion, f.NextStep, f.NextOn, f.DoneAt = in.Conclusion, in.NextStep, in.NextOn, &now
	if in.Closed {
		return nil
	}
	next := &Followup{CustomerID: f.CustomerID, ContactID: f.ContactID, Channel: f.Channel, PlannedOn: in.NextOn, Subject: in.NextStep}
	next.OwnerID = f.OwnerID
	return s.Type.Create(ctx, next, s.Type.Ref(f.ID))
}

// Declare returns the document type of the follow-up.
func (s *Followups) Declare() *resource.Type[Followup] {
	s.Type = &resource.Type[Followup]{
		Name: "crm.followup", Label: "Follow-up", Plural: "Follow-ups", Icon: "phone", Number: "FU-{yyyy}-{000000}", Store: s.Store,
		Title: func(f *Followup) string { return f.Subject },
		Day:   func(f *Followup) date.Date { return f.PlannedOn },
		Fields: resource.Fields[Followup]{
			resource.Ref("customer_id", "Customer", func(f *Followup) *crm.CustomerID { return &f.CustomerID }, "crm.customer").Required().InList().Filter().Source(),
			resource.OptRef("contact_id", "Contact", func(f *Followup) **int64 { return &f.ContactID }, "crm.contact"),
			resource.Text("subject", "Subject", func(f *Followup) *string { return &f.Subject }).Required().InList().Search(),
			resource.Enum("channel", "Channel", func(f *Followup) *string { return &f.Channel },
				Channels...).Required().InList().Filter(),
			resource.Date("planned_on", "Planned for", func(f *Followup) *date.Date { return &f.PlannedOn }).Required().InList().Filter(),
			resource.LongText("conclusion", "Conclusion", func(f *Followup) *string { return &f.Conclusion }).ReadOnly(),
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
				{Name: "drop", Label: "Drop", From: resource.From(FollowupPlanned), To: FollowupDropped, Reason: true, Deviation: true},
			}),
	}
	return s.Type
}
