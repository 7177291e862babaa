package domain

import (
	"context"
	"fmt"

	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/process"
	"meridian/platform/resource"
)

// state is how far a line is on a day.
func (l *PlanLine) state(day date.Date) PlanStatus {
	switch {
	case l.Status == PlanWaived:
		return PlanWaived
	case !l.DoneOn.IsZero():
		return PlanDone
	case !l.DueOn.IsZero() && l.DueOn.Before(day):
		return PlanOverdue
	case l.Actual.Sign() > 0:
		return PlanPartial
	case !l.DueOn.IsZero() && !l.DueOn.AddDays(-l.RemindDays).After(day):
		return PlanDue
	}
	return PlanWaiting
}

// refresh brings the states of a plan to a day and lists what became due or overdue.
func refresh(plan []PlanLine, day date.Date) (news []*PlanLine) {
	for i := range plan {
		l := &plan[i]
		now := l.state(day)
		if now != l.Status && (now == PlanDue || now == PlanOverdue) {
			news = append(news, l)
		}
		l.Status = now
	}
	return news
}

// waiver is the input of the move "waive".
type waiver struct{ Line int }

func waiverForm() resource.Fields[waiver] {
	return resource.Fields[waiver]{resource.Int("line", "Plan line", func(w *waiver) *int { return &w.Line }).Required()}
}

// waive gives up a line of the plan; what waited for it starts now.
func (s *Contracts) waive(ctx context.Context, c *Contract, in *waiver) error {
	if in.Line < 1 || in.Line > len(c.Plan) {
		return errs.Bad("line", "The plan has no such line.")
	}
	l := &c.Plan[in.Line-1]
	if !l.DoneOn.IsZero() || l.Status == PlanWaived {
		return errs.Bad("line", "This line is done already.")
	}
	if l.money() && l.Actual.Sign() > 0 {
		return errs.Bad("line", "A part of this line is done; make a contract change instead.")
	}
	l.Status = PlanWaived
	for j := range c.Plan {
		if x := &c.Plan[j]; x.TriggerLine == l.Seq && x.DoneOn.IsZero() && x.PlannedOn.IsZero() {
			x.DueOn = s.Today(ctx).AddDays(x.OffsetDays)
		}
	}
	return nil
}

// RefreshPlans brings the plans of running contracts to a day and reminds the owners of
// what became due or overdue, once each. It returns how many reminders went out.
func (s *Contracts) RefreshPlans(ctx context.Context, day date.Date) (int, error) {
	who, _ := authz.Of(ctx)
	ctx = authz.System(ctx, "ltc.contract:plan")
	ids, err := s.Cash.StalePlans(ctx, who.Company, day)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, id := range ids {
		err := s.Tx(ctx, func(ctx context.Context) error {
			var news []*PlanLine
			c, err := s.Type.Update(ctx, id, func(c *Contract) error { news = refresh(c.Plan, day); return nil })
			if err != nil {
				return err
			}
			for _, l := range news {
				to := l.OwnerID
				if to == 0 {
					to = c.OwnerID
				}
				message := "Line {0} of contract {1} is due on {2}."
				if l.Status == PlanOverdue {
					message = "Line {0} of contract {1} was due on {2}."
				}
				if err := s.Notify(ctx, process.Notice{Users: []int64{to}, Kind: "late", Message: message, Args: []any{l.Seq, c.No, l.DueOn.String()}, Object: s.Type.Ref(c.ID)}); err != nil {
					return err
				}
				n++
			}
			return nil
		})
		if err != nil {
			return n, fmt.Errorf("plan of contract %d: %w", id, err)
		}
	}
	return n, nil
}

// reached is the input of the move "reach".
type reached struct {
	Line int
	On   date.Date
}

func reachedForm() resource.Fields[reached] {
	return resource.Fields[reached]{
		resource.Int("line", "Plan line", func(r *reached) *int { return &r.Line }).Required(),
		resource.Date("on", "Reached on", func(r *reached) *date.Date { return &r.On }).Hint("Empty is today."),
	}
}

// reach notes that a milestone without an order was delivered or accepted; what waits for
// it becomes due. Money is booked by invoices and payments only.
func (s *Contracts) reach(ctx context.Context, c *Contract, in *reached) error {
	if err := s.untilToday(ctx, "on", &in.On); err != nil {
		return err
	}
	switch {
	case in.Line < 1 || in.Line > len(c.Plan):
		return errs.Bad("line", "The plan has no such line.")
	case c.Plan[in.Line-1].money():
		return errs.Bad("line", "Invoices and payments book these lines.")
	case !c.Plan[in.Line-1].DoneOn.IsZero() || c.Plan[in.Line-1].Status == PlanWaived:
		return errs.Bad("line", "This line is done already.")
	}
	finishLine(c.Plan, in.Line-1, in.On)
	refresh(c.Plan, s.Today(ctx))
	return nil
}
