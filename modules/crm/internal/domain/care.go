package domain

import (
	"context"
	"time"

	"meridian/modules/crm"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// CareProgram says when a group of customers is cared for, and how.
type CareProgram struct {
	record.Base
	Name       string
	Occasion   string
	OffsetDays int // after the occasion
	Tier       string
	Class      string
	Channel    string
	Todo       string
	GiftLimit  money.Amount // a gift may cost that much; 0 = no gifts
	Active     bool
	BranchID   *int64 // whose customers; nil = every branch
}

// CareStage is the state of a care task.
type CareStage string

// The stages of a care task.
const (
	CareDue     CareStage = "due"
	CareDone    CareStage = "done"
	CareSkipped CareStage = "skipped"
)

// CareTask is one touch of a programme for one customer, with its result and its gift.
type CareTask struct {
	record.Base
	Stage      CareStage
	ProgramID  int64
	CustomerID crm.CustomerID
	ContactID  *int64
	DueOn      date.Date
	Channel    string
	Todo       string
	Result     string
	Gift       string
	Cost       money.Amount
}

// Care is the service behind the care programmes.
type Care struct {
	Programs record.Store[CareProgram]
	Tasks    record.Store[CareTask]
	Rhythm   Rhythm
	Now      func() time.Time

	ProgramType *resource.Type[CareProgram]
	TaskType    *resource.Type[CareTask]
}

// Occasions are what care follows: each with the day it is counted from.
var Occasions = []resource.Option{{Value: "birthday", Label: "Birthday of a contact"}, {Value: "signed", Label: "Signature"}, {Value: "accepted", Label: "Acceptance"}, {Value: "anniversary", Label: "Anniversary of the signature"}, {Value: "silence", Label: "Days of silence"}}

// DeclareProgram returns the document type of the care programme.
func (s *Care) DeclareProgram() *resource.Type[CareProgram] {
	s.ProgramType = &resource.Type[CareProgram]{
		Name: "crm.care_program", Label: "Care programme", Plural: "Care programmes", Icon: "heart", Number: "CA-{000}", Store: s.Programs,
		Title:   func(p *CareProgram) string { return p.Name },
		Default: func(_ context.Context, p *CareProgram) error { p.Active, p.Channel = true, "call"; return nil },
		Check: func(_ context.Context, p *CareProgram) error {
			if p.OffsetDays < 0 || p.OffsetDays > 366 {
				return errs.Bad("offset_days", "Between {0} and {1} days.", 0, 366)
			}
			if p.Occasion == "silence" && p.OffsetDays == 0 {
				return errs.Bad("offset_days", "Say after how many days of silence.")
			}
			return nil
		},
		Fields: resource.Fields[CareProgram]{
			resource.Text("name", "Name", func(p *CareProgram) *string { return &p.Name }).Required().InList().Search(),
			resource.Enum("occasion", "Occasion", func(p *CareProgram) *string { return &p.Occasion }, Occasions...).Required().InList().Filter(),
			resource.Int("offset_days", "Days after it", func(p *CareProgram) *int { return &p.OffsetDays }).InList(),
			resource.Enum("tier", "Tier", func(p *CareProgram) *string { return &p.Tier }, tiers...).InList().Hint("Empty: every tier."),
			resource.Enum("class", "Value class", func(p *CareProgram) *string { return &p.Class }, Classes...).InList().Hint("Empty: every class."),
			resource.Enum("channel", "Channel", func(p *CareProgram) *string { return &p.Channel }, Channels...).Required().InList(),
			resource.LongText("todo", "What to do", func(p *CareProgram) *string { return &p.Todo }).Required(),
			resource.Money("gift_limit", "A gift costs at most", func(p *CareProgram) *money.Amount { return &p.GiftLimit }).Hint("0: no gifts."),
			resource.Bool("active", "Active", func(p *CareProgram) *bool { return &p.Active }).InList().Filter(),
			resource.OptRef("branch_id", "Branch", func(p *CareProgram) **int64 { return &p.BranchID }, "core.department").InList().Filter().Hint("Empty: the customers of every branch."),
		},
	}
	return s.ProgramType
}

type careResult struct {
	Result, Gift string
	Cost         money.Amount
}

// done writes the result; a gift stays within the limit of the programme.
func (s *Care) done(ctx context.Context, t *CareTask, in *careResult) error {
	p, err := s.Programs.Get(ctx, t.ProgramID)
	if err != nil {
		return err
	}
	if p.GiftLimit.Less(in.Cost) {
		return errs.Bad("cost", "A gift of this programme costs at most {0}.", p.GiftLimit)
	}
	if in.Cost.Sign() > 0 && in.Gift == "" {
		return errs.Bad("gift", "Say what was given.")
	}
	t.Result, t.Gift, t.Cost = in.Result, in.Gift, in.Cost
	return s.Rhythm.Touch(ctx, int64(t.CustomerID), s.Now())
}

// DeclareTask returns the document type of the care task.
func (s *Care) DeclareTask() *resource.Type[CareTask] {
	s.TaskType = &resource.Type[CareTask]{
		Name: "crm.care_task", Label: "Care task", Plural: "Care tasks", Icon: "heart", Number: "CK-{yyyy}-{00000}", Store: s.Tasks, NoCreate: true,
		Title: func(t *CareTask) string { return errs.Clip(t.Todo, 60) }, Day: func(t *CareTask) date.Date { return t.DueOn },
		Fields: resource.Fields[CareTask]{
			resource.Ref("program_id", "Care programme", func(t *CareTask) *int64 { return &t.ProgramID }, "crm.care_program").ReadOnly().InList().Filter(),
			resource.Ref("customer_id", "Customer", func(t *CareTask) *crm.CustomerID { return &t.CustomerID }, "crm.customer").ReadOnly().InList().Filter().Source(),
			resource.OptRef("contact_id", "Contact", func(t *CareTask) **int64 { return &t.ContactID }, "crm.contact").ReadOnly().InList(),
			resource.Date("due_on", "Due on", func(t *CareTask) *date.Date { return &t.DueOn }).ReadOnly().InList().Filter(),
			resource.Enum("channel", "Channel", func(t *CareTask) *string { return &t.Channel }, Channels...).ReadOnly().InList(),
			resource.LongText("todo", "What to do", func(t *CareTask) *string { return &t.Todo }).ReadOnly(),
			resource.LongText("result", "Result", func(t *CareTask) *string { return &t.Result }).ReadOnly(),
			resource.Text("gift", "Gift", func(t *CareTask) *string { return &t.Gift }).ReadOnly(),
			resource.Money("cost", "Cost", func(t *CareTask) *money.Amount { return &t.Cost }).ReadOnly(),
		},
		Process: resource.Process(func(t *CareTask) *CareStage { return &t.Stage },
			[]resource.Stage[CareStage]{
				{Key: CareDue, Label: "Due", Owner: "crm.success", Class: process.Open, Limit: 24 * time.Hour, Help: "Care for the customer as the programme says; write down what came of it."},
				{Key: CareDone, Label: "Done", End: true, Class: process.Done},
				{Key: CareSkipped, Label: "Skipped", End: true, Class: process.Cancelled},
			},
			[]resource.Move[CareTask, CareStage]{
				{Name: "finish", Label: "Done", From: resource.From(CareDue), To: CareDone, Do: resource.Ask(resource.Fields[careResult]{
					resource.LongText("result", "Result", func(r *careResult) *string { return &r.Result }).Required(), resource.Text("gift", "Gift", func(r *careResult) *string { return &r.Gift }), resource.Money("cost", "Cost", func(r *careResult) *money.Amount { return &r.Cost })}, s.done)},
				{Name: "skip", Label: "Skip", From: resource.From(CareDue), To: CareSkipped, Reason: true, Deviation: true},
			}),
	}
	return s.TaskType
}
