package domain

import (
	"context"
	"fmt"

	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// TimeSheet is the hours somebody worked on a task of a service project in a day.
type TimeSheet struct {
	record.Base
	ProjectID int64
	Task      int
	WorkedOn  date.Date
	Hours     money.Qty
	Rate      money.Price
	Cost      money.Amount
	Note      string
}

// TimeSheets is the service behind the time sheets.
type TimeSheets struct {
	*Ports
	Store    record.Store[TimeSheet]
	Type     *resource.Type[TimeSheet]
	Projects *ServiceProjects
}

// check prices the hours at the rate of the task and holds a day to 24 of them.
func (s *TimeSheets) check(ctx context.Context, x *TimeSheet) error {
	if x.ProjectID == 0 || x.WorkedOn.IsZero() {
		return nil // refused as missing by the type
	}
	p, err := s.Projects.Store.Get(ctx, x.ProjectID)
	if errs.Is(err, errs.NotFound) {
		return nil // the reference check says so with its field
	}
	if err != nil {
		return err
	}
	switch {
	case p.Stage != ServiceRunning:
		return errs.Bad("project_id", "Hours are entered while the project runs.")
	case x.Task < 1 || x.Task > len(p.Tasks):
		return errs.Bad("task", "The plan has no such task.")
	case !p.Tasks[x.Task-1].DoneOn.IsZero():
		return errs.Bad("task", "This task is finished.")
	case x.WorkedOn.After(s.Today(ctx)):
		return errs.Bad("worked_on", "This day lies in the future.")
	case x.Hours.Sign() <= 0:
		return errs.Bad("hours", "The quantity must be greater than zero.")
	}
	if err := s.Projects.Pledges.bound(ctx, p, x.OwnerID); err != nil {
		return err
	}
	have, err := s.Cash.HoursOf(ctx, x.OwnerID, x.WorkedOn)
	if err != nil {
		return err
	}
	if money.Units(24).Less(have.Add(x.Hours)) {
		return errs.Bad("hours", "A day has 24 hours; {0} are entered already.", have)
	}
	x.Rate = p.Tasks[x.Task-1].Rate
	x.Cost = money.Value(x.Rate, x.Hours)
	return nil
}

// saved brings hours and cost of the project up to date, under its lock.
func (s *TimeSheets) saved(ctx context.Context, x, _ *TimeSheet) error { return s.recount(ctx, x) }

func (s *TimeSheets) recount(ctx context.Context, x *TimeSheet) error {
	_, err := s.Projects.Type.Update(authz.System(ctx, "ltc.time_sheet:saved"), x.ProjectID, func(p *ServiceProject) error {
		if !p.Tasks[x.Task-1].DoneOn.IsZero() { // meanwhile
			return errs.Bad("task", "This task is finished.")
		}
		sums, err := s.Cash.Worked(ctx, p.ID)
		if err != nil {
			return err
		}
		p.ActualHours, p.ActualCost = money.Qty{}, money.Amount{}
		for i := range p.Tasks {
			w := sums[i+1]
			p.Tasks[i].ActualHours, p.Tasks[i].ActualCost = w.Hours, w.Cost
			p.ActualHours, p.ActualCost = p.ActualHours.Add(w.Hours), p.ActualCost.Add(w.Cost)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("hours of project %d: %w", x.ProjectID, err)
	}
	return nil
}

// Worked is what was worked on a task.
type Worked struct {
	Hours money.Qty
	Cost  money.Amount
}

// Declare returns the document type of the time sheet.
func (s *TimeSheets) Declare() *resource.Type[TimeSheet] {
	s.Type = &resource.Type[TimeSheet]{
		Name: "ltc.time_sheet", Label: "Time sheet", Plural: "Time sheets", Icon: "clock-check", Number: "TS-{yyyy}-{000000}", Store: s.Store, Check: s.check, Saved: s.saved, Imported: s.recount, NoEdit: true,
		Default: func(ctx context.Context, x *TimeSheet) error { x.WorkedOn, x.Task = s.Today(ctx), 1; return nil },
		Day:     func(x *TimeSheet) date.Date { return x.WorkedOn },
		Fields: resource.Fields[TimeSheet]{
			resource.Ref("project_id", "Service project", func(x *TimeSheet) *int64 { return &x.ProjectID }, "ltc.service_project").Required().InList().Filter().Source(),
			resource.Int("task", "Task", func(x *TimeSheet) *int { return &x.Task }).Required().InList().Filter().Hint("Its number in the plan."),
			resource.Date("worked_on", "Worked on", func(x *TimeSheet) *date.Date { return &x.WorkedOn }).Required().InList().Filter(),
			resource.Quantity("hours", "Hours", func(x *TimeSheet) *money.Qty { return &x.Hours }).Required().InList(),
			resource.Text("note", "Note", func(x *TimeSheet) *string { return &x.Note }).InList().Limit(300),
			resource.Price("rate", "Cost of an hour", func(x *TimeSheet) *money.Price { return &x.Rate }).ReadOnly().Sensitive(),
			resource.Money("cost", "Cost", func(x *TimeSheet) *money.Amount { return &x.Cost }).ReadOnly().Sensitive().InList(),
		},
	}
	return s.Type
}
