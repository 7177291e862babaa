package domain

import (
	"context"
	"time"

	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/kpi"
	"meridian/platform/money"
	"meridian/platform/org"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// PracticeStage is the state of a good practice.
type PracticeStage string

// The stages of a good practice.
const (
	PracticeDraft     PracticeStage = "draft"
	PracticeSubmitted PracticeStage = "submitted"
	PracticePublished PracticeStage = "published"
	PracticeWithdrawn PracticeStage = "withdrawn"
)

// GoodPractice is what a branch did well, with what it brought by a measure of the suite.
type GoodPractice struct {
	record.Base
	Stage                   PracticeStage
	Name                    string
	How                     string
	BranchID                int64
	Measure                 string
	BeforeFrom, BeforeTo    date.Date
	AfterFrom, AfterTo      date.Date
	ValueBefore, ValueAfter money.Qty
	PublishedOn             date.Date
}

// GoodPractices is the service behind the good practices.
type GoodPractices struct {
	Store     record.Store[GoodPractice]
	Type      *resource.Type[GoodPractice]
	Measures  *kpi.Registry
	Directory func() *org.Directory
	Today     func(ctx context.Context) date.Date
}

func (s *GoodPractices) check(ctx context.Context, p *GoodPractice) error {
	bad := branchField(ctx, s.Directory(), p.CompanyID, p.BranchID)
	if _, err := s.Measures.Get(p.Measure); err != nil {
		bad = append(bad, errs.Field{Name: "measure", Message: "There is no measure {0}.", Args: []any{p.Measure}})
	}
	if p.BeforeTo.Before(p.BeforeFrom) {
		bad = append(bad, errs.Field{Name: "before_to", Message: "The end lies before the start."})
	}
	if !p.AfterFrom.After(p.BeforeTo) {
		bad = append(bad, errs.Field{Name: "after_from", Message: "The time after begins when the time before is over."})
	}
	if p.AfterTo.Before(p.AfterFrom) {
		bad = append(bad, errs.Field{Name: "after_to", Message: "The end lies before the start."})
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// submit measures the branch before and after: the result is counted, never typed. What did
// not get better is no good practice.
func (s *GoodPractices) submit(ctx context.Context, p *GoodPractice) error {
	m, err := s.Measures.Get(p.Measure)
	if err != nil {
		return err
	}
	if s.Today(ctx).Before(p.AfterTo) {
		return errs.Bad("after_to", "This day is still to come.")
	}
	sys := authz.System(ctx, "result of a good practice")
	before, err := m.Func(sys, kpi.Scope{From: p.BeforeFrom, To: p.BeforeTo, Dept: p.BranchID})
	if err != nil {
		return err
	}
	after, err := m.Func(sys, kpi.Scope{From: p.AfterFrom, To: p.AfterTo, Dept: p.BranchID})
	if err != nil {
		return err
	}
	if before.Value == nil || after.Value == nil {
		return errs.Bad("measure", "There is nothing to measure in one of the two periods.")
	}
	if after.Value.Equal(*before.Value) || before.Value.LessThan(*after.Value) != m.Higher {
		return errs.Bad("measure", "It did not get better: {0} before, {1} after.", before.Value.Round(2), after.Value.Round(2))
	}
	p.ValueBefore, p.ValueAfter = money.RoundTo[money.Micro](*before.Value), money.RoundTo[money.Micro](*after.Value)
	return nil
}

// publish shows the practice to every branch. Only head office does.
func (s *GoodPractices) publish(ctx context.Context, p *GoodPractice) error {
	if !atHeadOffice(ctx, s.Directory()) {
		return errs.New(errs.Forbidden, "Head office publishes good practice.")
	}
	p.PublishedOn = s.Today(ctx)
	return nil
}

// Declare returns the document type of the good practice.
func (s *GoodPractices) Declare() *resource.Type[GoodPractice] {
	s.Type = &resource.Type[GoodPractice]{
		Name: "crm.good_practice", Label: "Good practice", Plural: "Good practices", Icon: "bulb", Number: "GP-{yyyy}-{000}", Store: s.Store, Check: s.check,
		Title: func(p *GoodPractice) string { return p.Name },
		Default: func(ctx context.Context, p *GoodPractice) error {
			who, _ := authz.Of(ctx)
			p.BranchID = s.Directory().BranchOf(who.Dept)
			return nil
		},
		Fields: resource.Fields[GoodPractice]{
			resource.Text("name", "Name", func(p *GoodPractice) *string { return &p.Name }).Required().InList().Search(),
			resource.LongText("how", "How it is done", func(p *GoodPractice) *string { return &p.How }).Required(),
			resource.Ref("branch_id", "Branch", func(p *GoodPractice) *int64 { return &p.BranchID }, "core.department").Required().InList().Filter(),
			resource.Text("measure", "Measure", func(p *GoodPractice) *string { return &p.Measure }).Required().InList().Filter().Hint("The code of a measure of the suite, e.g. ltc.net_sales.").In("Result"),
			resource.Date("before_from", "Before: from", func(p *GoodPractice) *date.Date { return &p.BeforeFrom }).Required().In("Result"),
			resource.Date("before_to", "Before: until", func(p *GoodPractice) *date.Date { return &p.BeforeTo }).Required().In("Result"),
			resource.Date("after_from", "After: from", func(p *GoodPractice) *date.Date { return &p.AfterFrom }).Required().In("Result"),
			resource.Date("after_to", "After: until", func(p *GoodPractice) *date.Date { return &p.AfterTo }).Required().In("Result"),
			resource.Quantity("value_before", "Value before", func(p *GoodPractice) *money.Qty { return &p.ValueBefore }).ReadOnly().InList().In("Result"),
			resource.Quantity("value_after", "Value after", func(p *GoodPractice) *money.Qty { return &p.ValueAfter }).ReadOnly().InList().In("Result"),
			resource.Date("published_on", "Published on", func(p *GoodPractice) *date.Date { return &p.PublishedOn }).ReadOnly().InList().Filter(),
		},
		Process: resource.Process(func(p *GoodPractice) *PracticeStage { return &p.Stage },
			[]resource.Stage[PracticeStage]{
				{Key: PracticeDraft, Label: "Draft", Owner: "ltc.manager", Class: process.Draft, Limit: 80 * time.Hour, Help: "Say how it is done and by which measure it shows."},
				{Key: PracticeSubmitted, Label: "Submitted", Owner: "dste.executive", Class: process.Open, Locked: true, Limit: 80 * time.Hour, Help: "Publish it to every branch, or give it back with a reason."},
				{Key: PracticePublished, Label: "Published", Wait: true, Class: process.Working, Locked: true},
				{Key: PracticeWithdrawn, Label: "Withdrawn", End: true, Class: process.Cancelled},
			},
			[]resource.Move[GoodPractice, PracticeStage]{
				{Name: "submit", Label: "Measure and submit", From: resource.From(PracticeDraft), To: PracticeSubmitted, Do: resource.Do(s.submit)},
				{Name: "publish", Label: "Publish", From: resource.From(PracticeSubmitted), To: PracticePublished, Do: resource.Do(s.publish)},
				{Name: "return", Label: "Give back", From: resource.From(PracticeSubmitted), To: PracticeDraft, Reason: true, Deviation: true},
				{Name: "withdraw", Label: "Withdraw", From: resource.From(PracticePublished), To: PracticeWithdrawn, Reason: true, Deviation: true},
			}),
	}
	return s.Type
}
