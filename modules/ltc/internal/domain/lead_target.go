package domain

import (
	"context"
	"fmt"
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

// LeadTargetStage is the state of a lead target.
type LeadTargetStage string

// The stages of a lead target.
const (
	TargetOpen    LeadTargetStage = "open"
	TargetReached LeadTargetStage = "reached"
	TargetDropped LeadTargetStage = "dropped"
)

// LeadTarget is what the gap of a customer resource plan asks of sales (CRM-07): so many
// leads to accept, deals to open and deals to win, on top of what there was when the gap was
// published. A later version of the gap replaces the numbers.
type LeadTarget struct {
	record.Base
	Stage          LeadTargetStage
	ResourcePlanID int64
	VersionNo      int
	PublishedAt    time.Time // the gap left to close then; what came since counts
	UnitDeptID     int64
	Region         string
	ProductID      *int64
	FromOn         date.Date
	ToOn           date.Date
	DueOn          date.Date // the first of the states is late after it
	Leads          int
	Deals          int
	Wins           int
}

// Reached is what a unit has got of a lead target.
type Reached struct{ Leads, Deals, Wins int64 }

// Met reports whether everything is there.
func (r Reached) Met(t *LeadTarget) bool {
	return r.Leads >= int64(t.Leads) && r.Deals >= int64(t.Deals) && r.Wins >= int64(t.Wins)
}

// TargetBook counts what lead targets ask for. Package store implements it.
type TargetBook interface {
	// Reached counts since the target was published: leads accepted, deals opened and deals
	// won of the unit, its region and product.
	Reached(ctx context.Context, t *LeadTarget, depts []int64) (Reached, error)
}

// LeadTargets is the service behind the lead target.
type LeadTargets struct {
	*Ports
	Store record.Store[LeadTarget]
	Type  *resource.Type[LeadTarget]
	Book  TargetBook
	Now   clock.Clock
}

// Got is what has been reached of a target.
func (s *LeadTargets) Got(ctx context.Context, t *LeadTarget) (Reached, error) {
	var depts []int64
	if t.UnitDeptID != 0 {
		depts = s.People().Subtree(t.UnitDeptID)
	}
	r, err := s.Book.Reached(ctx, t, depts)
	if err != nil {
		return r, fmt.Errorf("reached of %s: %w", t.No, err)
	}
	return r, nil
}

// OnGap turns the gap of a plan into the open target of the unit's manager, or brings that
// up to date. A gap that is closed asks for nothing more.
func (s *LeadTargets) OnGap(ctx context.Context, e crm.ResourceGapPublished) error {
	ctx = authz.System(ctx, "ltc.lead_target:gap")
	t := LeadTarget{ResourcePlanID: e.Plan.ID, VersionNo: e.Version, PublishedAt: s.Now(), UnitDeptID: e.Dept, Region: e.Region, ProductID: pointer(e.Product), FromOn: e.From, ToOn: e.To}
	for _, g := range e.States {
		switch g.State {
		case crm.Potential:
			t.Leads = int(g.Gap)
		case crm.Opportunity:
			t.Deals = int(g.Gap)
		case crm.Signed:
			t.Wins = int(g.Gap)
		default:
			continue
		}
		if g.Gap > 0 && !g.DueOn.IsZero() && (t.DueOn.IsZero() || g.DueOn.Before(t.DueOn)) {
			t.DueOn = g.DueOn
		}
	}
	have, err := s.Store.First(ctx, record.Where("resource_plan_id", record.Eq, e.Plan.ID).And("stage", record.Eq, string(TargetOpen)))
	if err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	none := t.Leads == 0 && t.Deals == 0 && t.Wins == 0
	if err == nil {
		_, err = s.Type.Update(ctx, have.ID, func(x *LeadTarget) error {
			base := x.Base
			*x = t
			x.Base, x.Stage = base, TargetOpen
			return nil
		})
		if err != nil || !none {
			return err
		}
		return s.Type.Fire(ctx, have.ID, "drop", resource.Values{"reason": "The gap is closed."})
	}
	if none {
		return nil
	}
	t.OwnerID = s.head(e)
	return s.Type.Create(ctx, &t, e.Plan)
}

// head is who leads the unit, else who published the gap.
func (s *LeadTargets) head(e crm.ResourceGapPublished) int64 {
	dir := s.People()
	if d := dir.Departments[e.Dept]; d != nil {
		if p := dir.People[d.Manager]; p != nil && p.Active {
			return d.Manager
		}
	}
	return e.By
}

// reach ends a target that has been met.
func (s *LeadTargets) reach(ctx context.Context, t *LeadTarget) error {
	r, err := s.Got(ctx, t)
	if err != nil {
		return err
	}
	if !r.Met(t) {
		return errs.New(errs.Precondition, "Not there yet: leads {0} of {1}, deals {2} of {3}, won {4} of {5}.", r.Leads, t.Leads, r.Deals, t.Deals, r.Wins, t.Wins)
	}
	return nil
}

// Declare returns the document type of the lead target.
func (s *LeadTargets) Declare() *resource.Type[LeadTarget] {
	s.Type = &resource.Type[LeadTarget]{
		Name: "ltc.lead_target", Label: "Lead target", Plural: "Lead targets", Icon: "target", Number: "LT-{yyyy}-{0000}", Store: s.Store, NoCreate: true, NoEdit: true,
		Day: func(t *LeadTarget) date.Date { return t.ToOn },
		Fields: resource.Fields[LeadTarget]{
			resource.Ref("resource_plan_id", "Customer resource plan", func(t *LeadTarget) *int64 { return &t.ResourcePlanID }, "crm.resource_plan").Source().InList().Filter(),
			resource.Int("version_no", "Version of the gap", func(t *LeadTarget) *int { return &t.VersionNo }),
			resource.Ref("unit_dept_id", "Unit", func(t *LeadTarget) *int64 { return &t.UnitDeptID }, "core.department").InList().Filter(),
			resource.Text("region", "Region", func(t *LeadTarget) *string { return &t.Region }).InList().Filter(),
			resource.OptRef("product_id", "Product", func(t *LeadTarget) **int64 { return &t.ProductID }, "ipd.product").InList().Filter(),
			resource.Date("from_on", "From", func(t *LeadTarget) *date.Date { return &t.FromOn }),
			resource.Date("to_on", "To", func(t *LeadTarget) *date.Date { return &t.ToOn }).InList().Filter(),
			resource.Date("due_on", "Late after", func(t *LeadTarget) *date.Date { return &t.DueOn }).InList().Filter(),
			resource.Int("leads", "Leads to accept", func(t *LeadTarget) *int { return &t.Leads }).InList(),
			resource.Int("deals", "Deals to open", func(t *LeadTarget) *int { return &t.Deals }).InList(),
			resource.Int("wins", "Deals to win", func(t *LeadTarget) *int { return &t.Wins }).InList(),
		},
		Process: resource.Process(func(t *LeadTarget) *LeadTargetStage { return &t.Stage },
			[]resource.Stage[LeadTargetStage]{
				{Key: TargetOpen, Label: "Open", Personal: true, Class: process.Open, Help: "Share the numbers out among your people; the overview shows how far they are."},
				{Key: TargetReached, Label: "Reached", End: true, Class: process.Won},
				{Key: TargetDropped, Label: "Dropped", End: true, Class: process.Cancelled},
			},
			[]resource.Move[LeadTarget, LeadTargetStage]{
				{Name: "reach", Label: "Reached", From: resource.From(TargetOpen), To: TargetReached, Do: resource.Do(s.reach)},
				{Name: "drop", Label: "Drop", From: resource.From(TargetOpen), To: TargetDropped, Reason: true, Deviation: true},
			}),
	}
	return s.Type
}
