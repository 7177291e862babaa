// Package domain is the rules of develop strategy to execution.
package domain

import (
	"context"
	"strings"

	"meridian/modules/dste"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/kpi"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// ObjectiveStage is the state of a goal.
type ObjectiveStage string

// The stages of a goal.
const (
	ObjectiveDraft    ObjectiveStage = "draft"
	ObjectiveProposed ObjectiveStage = "proposed"
	ObjectiveApproved ObjectiveStage = "approved"
	ObjectiveActive   ObjectiveStage = "active"
	ObjectiveAchieved ObjectiveStage = "achieved"
	ObjectiveMissed   ObjectiveStage = "missed"
	ObjectiveDropped  ObjectiveStage = "dropped"
)

// Objective is a goal with a live measure: nobody types its actual value.
type Objective struct {
	record.Base
	Stage       ObjectiveStage
	Name        string
	Perspective string
	ParentID    *int64
	KPI         string
	Method      Method
	Worst       money.Qty
	Target      money.Qty
	FromOn      date.Date
	ToOn        date.Date
	Weight      money.Ratio
	Note        string
}

// Rights answers whether the actor of ctx holds a permission.
type Rights interface {
	Require(ctx context.Context, object, action string) error
}

// Objectives is the service behind the goals; it implements dste.Objectives.
type Objectives struct {
	Store    record.Store[Objective]
	Type     *resource.Type[Objective]
	Measures *kpi.Registry
	Rights   Rights
}

// check holds the rules over several fields of a goal.
func (s *Objectives) check(ctx context.Context, o *Objective) error {
	o.KPI = strings.TrimSpace(o.KPI)
	if !o.FromOn.IsZero() && !o.ToOn.IsZero() && o.ToOn.Before(o.FromOn) {
		return errs.Bad("to_on", "The last day lies before the first.")
	}
	if o.Weight.Sign() < 0 || full.Less(o.Weight) {
		return errs.Bad("weight", "A weight lies between 0 % and 100 %.")
	}
	if o.KPI != "" {
		m, err := s.Measures.Get(o.KPI)
		if err != nil {
			return errs.Bad("kpi", "There is no measure {0}.", o.KPI)
		}
		if err := o.reachable(m.Higher); err != nil {
			return err
		}
	}
	return s.checkParent(ctx, o)
}

// reachable refuses a target the formula of the goal has no answer for.
func (o *Objective) reachable(higher bool) error {
	switch {
	case o.Method == Share && o.Target.Sign() <= 0:
		return errs.Bad("target", "A share of the target needs a target above 0.")
	case o.Method == Share && !o.Worst.IsZero():
		return errs.Bad("worst", "The worst value counts only between worst and target; leave it empty or choose that method.")
	case o.Method == TwoPoint && o.Worst.Equal(o.Target):
		return errs.Bad("target", "The target must differ from the worst value.")
	case o.Method == TwoPoint && higher && o.Target.Less(o.Worst):
		return errs.Bad("target", "More is better for this measure, so the target lies above the worst value.")
	case o.Method == TwoPoint && !higher && o.Worst.Less(o.Target):
		return errs.Bad("target", "Less is better for this measure, so the target lies below the worst value.")
	}
	return nil
}

// maxLevels bounds the tree of goals.
const maxLevels = 12

// checkParent refuses a goal that would stand below itself.
func (s *Objectives) checkParent(ctx context.Context, o *Objective) error {
	up := o.ParentID
	for range maxLevels {
		if up == nil {
			return nil
		}
		if *up == o.ID {
			return errs.Bad("parent_id", "A goal cannot stand below itself.")
		}
		p, err := s.Store.Get(authz.System(ctx, "goals above"), *up)
		if errs.Is(err, errs.NotFound) {
			return nil // the reference itself is refused by the type
		}
		if err != nil {
			return err
		}
		up = p.ParentID
	}
	return errs.Bad("parent_id", "The tree of goals has at most {0} levels.", maxLevels)
}

// approve lets a goal stand when the goals beside it share the whole of their
// parent: their weights add up to 100 %.
func (s *Objectives) approve(ctx context.Context, o *Objective) error {
	if o.ParentID == nil {
		return nil
	}
	siblings, err := s.Store.Find(ctx, record.Where("parent_id", record.Eq, *o.ParentID).And("stage", record.Ne, string(ObjectiveDropped)))
	if err != nil {
		return err
	}
	var sum money.Ratio
	for i := range siblings {
		sum = sum.Add(siblings[i].Weight)
	}
	if !sum.Equal(full) {
		return errs.New(errs.Precondition, "The weights of the goals below the same parent must add up to 100 %, not {0} %.", sum.Number().Shift(2))
	}
	return nil
}

// achieve closes a goal the numbers show as reached; what they do not show,
// nobody declares. The measure is read with the eyes of who takes the step, not
// with those of the program.
func (s *Objectives) achieve(ctx context.Context, o *Objective) error {
	a, err := s.Measure(authz.System(ctx, ""), o)
	if err != nil {
		return err
	}
	if a.Attainment == nil {
		return errs.New(errs.Precondition, "There is no data for this goal yet, so nobody can say it was reached.")
	}
	if a.Attainment.Less(full) {
		return errs.New(errs.Precondition, "The goal stands at {0} %; it is reached at 100 %.", a.Attainment.Number().Shift(2))
	}
	return nil
}

// Attainment implements dste.Objectives.
func (s *Objectives) Attainment(ctx context.Context, id dste.ObjectiveID) (dste.Attainment, error) {
	o, err := s.Type.Get(ctx, int64(id))
	if err != nil {
		return dste.Attainment{}, err
	}
	return s.Measure(ctx, o)
}

// Measure asks the registered measure of o for its period and works out the
// attainment, under the rights of ctx. Errors: Forbidden, NotFound for a measure
// this program does not know.
func (s *Objectives) Measure(ctx context.Context, o *Objective) (dste.Attainment, error) {
	if o.KPI == "" {
		return dste.Attainment{}, nil
	}
	m, err := s.Measures.Get(o.KPI)
	if err != nil {
		return dste.Attainment{}, err
	}
	object, action := m.Object, "read"
	if m.Perm != "" {
		object, action, _ = strings.Cut(m.Perm, ":")
	}
	if err := s.Rights.Require(ctx, object, action); err != nil {
		return dste.Attainment{}, err
	}
	v, err := m.Func(ctx, kpi.Scope{From: o.FromOn, To: o.ToOn})
	if err != nil {
		return dste.Attainment{}, err
	}
	out := dste.Attainment{Value: v.Value, N: v.N, Href: v.Href}
	if v.Value != nil {
		if a, ok := attain(o.Method, m.Higher, *v.Value, o.Worst, o.Target); ok {
			out.Attainment = &a
		}
	}
	return out, nil
}
