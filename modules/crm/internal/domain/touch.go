package domain

import (
	"context"
	"time"

	"meridian/modules/crm"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// TouchPoint is a place where customers meet us: a step of a document people can see.
type TouchPoint struct {
	record.Base
	Name        string
	Phase       string
	Channel     string
	Object      string // type of the documents that pass here
	Step        string // the stage in which the customer waits
	TargetHours money.Qty
	TargetScore money.Qty
	TargetDrop  money.Ratio
}

// The measures of a touch point.
const (
	TouchWait      = "waiting"
	TouchScore     = "satisfaction"
	TouchComplaint = "complaints"
	TouchDrop      = "drop_out"
)

// TouchPhases are the phases of a customer's journey.
var TouchPhases = []resource.Option{{Value: "buy", Label: "Buy"}, {Value: "use", Label: "Use"}, {Value: "maintain", Label: "Maintain"}, {Value: "upgrade", Label: "Upgrade"}}

// TouchMeasures are what an action may improve.
var TouchMeasures = []resource.Option{{Value: TouchWait, Label: "Waiting time"}, {Value: TouchScore, Label: "Satisfaction"}, {Value: TouchComplaint, Label: "Complaints"}, {Value: TouchDrop, Label: "Drop-out"}}

// Reading is what a touch point showed over a period; a measure without a source has no
// value.
type Reading struct {
	Volume     int64
	Hours      *money.Qty // working hours a document waited
	Score      *money.Qty // 1 to 5
	Drop       *money.Ratio
	Complaints *int64
	Left       int64 // behind Hours and Drop
	Answers    int64 // behind Score
}

// Of is one measure of a reading with the rows behind it; ok is false without a value.
func (r Reading) Of(measure string) (v money.Qty, n int64, ok bool) {
	switch measure {
	case TouchWait:
		if r.Hours != nil {
			return *r.Hours, r.Left, true
		}
	case TouchScore:
		if r.Score != nil {
			return *r.Score, r.Answers, true
		}
	case TouchDrop:
		if r.Drop != nil {
			return money.RoundTo[money.Micro](r.Drop.Number()), r.Left, true
		}
	case TouchComplaint:
		if share, ok := r.ComplaintShare(); ok {
			return money.RoundTo[money.Micro](share.Number()), r.Volume, true
		}
	}
	return v, 0, false
}

// ComplaintShare is complaints by volume.
func (r Reading) ComplaintShare() (money.Ratio, bool) {
	if r.Complaints == nil || r.Volume == 0 {
		return money.Ratio{}, false
	}
	return money.Share(money.Units(*r.Complaints), money.Units(r.Volume))
}

// Weakness is by how much the targets of a touch point are missed, added up: 0.5 is half
// beyond one target. What has no target or no value does not count.
func (t *TouchPoint) Weakness(r Reading) money.Ratio {
	var sum money.Ratio
	over := func(miss, target money.Qty) {
		if share, ok := money.Share(miss, target); ok {
			sum = sum.Add(share.Max(money.Ratio{}))
		}
	}
	if r.Hours != nil && t.TargetHours.Sign() > 0 {
		over(r.Hours.Sub(t.TargetHours), t.TargetHours)
	}
	if r.Score != nil && t.TargetScore.Sign() > 0 {
		over(t.TargetScore.Sub(*r.Score), t.TargetScore)
	}
	if r.Drop != nil && t.TargetDrop.Sign() > 0 {
		target := money.RoundTo[money.Micro](t.TargetDrop.Number())
		over(money.RoundTo[money.Micro](r.Drop.Number()).Sub(target), target)
	}
	return sum
}

// TouchActionStage is the state of an action.
type TouchActionStage string

// The stages of an action.
const (
	TouchPlanned TouchActionStage = "planned"
	TouchRunning TouchActionStage = "running"
	TouchDone    TouchActionStage = "done"
	TouchDropped TouchActionStage = "dropped"
)

// TouchAction improves a touch point; the value before is frozen at its start, the one
// after is measured when it ends.
type TouchAction struct {
	record.Base
	Stage        TouchActionStage
	TouchPointID int64
	Strategy     string
	Action       string
	Measure      string
	DueOn        date.Date
	StartedOn    date.Date
	Baseline     *money.Qty
	BaselineN    int64
	FinishedOn   date.Date
	After        *money.Qty
	AfterN       int64
}

// TouchDays is the period a baseline is measured over.
const TouchDays = 90

// TouchPoints is the service behind touch points and their actions.
type TouchPoints struct {
	Store   record.Store[TouchPoint]
	Actions record.Store[TouchAction]
	Sources []crm.TouchSource
	// Process is the declared process of a document type, nil when it has none.
	Process func(object string) *process.Definition
	// Read measures a touch point over a period of whole days.
	Read  func(ctx context.Context, t *TouchPoint, from, to date.Date) (Reading, error)
	Today func(ctx context.Context) date.Date

	Type       *resource.Type[TouchPoint]
	ActionType *resource.Type[TouchAction]
}

func (s *TouchPoints) check(_ context.Context, t *TouchPoint) error {
	if d := s.Process(t.Object); t.Object != "" && t.Step != "" && (d == nil || d.Stage(t.Step) == nil) {
		return errs.Bad("step", "These documents have no stage {0}.", t.Step)
	}
	if t.TargetHours.Sign() < 0 || t.TargetScore.Sign() < 0 || t.TargetDrop.Sign() < 0 {
		return errs.Bad("target_hours", "A target is not negative.")
	}
	return nil
}

// Declare returns the document type of the touch point.
func (s *TouchPoints) Declare() *resource.Type[TouchPoint] {
	objects := make([]resource.Option, len(s.Sources))
	for i, x := range s.Sources {
		objects[i] = resource.Option{Value: x.Object, Label: x.Label}
	}
	s.Type = &resource.Type[TouchPoint]{
		Name: "crm.touch_point", Label: "Touch point", Plural: "Touch points", Icon: "map-pin", Number: "TP-{000}", Store: s.Store, Check: s.check,
		Title: func(t *TouchPoint) string { return t.Name },
		Fields: resource.Fields[TouchPoint]{
			resource.Text("name", "Name", func(t *TouchPoint) *string { return &t.Name }).Required().InList().Search(),
			resource.Enum("phase", "Phase", func(t *TouchPoint) *string { return &t.Phase }, TouchPhases...).Required().InList().Filter(),
			resource.Enum("channel", "Channel", func(t *TouchPoint) *string { return &t.Channel }, append(Channels[:len(Channels):len(Channels)], resource.Option{Value: "web", Label: "Web"}, resource.Option{Value: "paper", Label: "Paper"}, resource.Option{Value: "delivery", Label: "Delivery"})...).InList().Filter(),
			resource.Enum("object", "Documents that pass here", func(t *TouchPoint) *string { return &t.Object }, objects...).Required().InList().Filter(),
			resource.Text("step", "Stage in which the customer waits", func(t *TouchPoint) *string { return &t.Step }).Required().InList().Hint("The key of the stage, as the process page of these documents shows it."),
			resource.Quantity("target_hours", "Waiting time, target in working hours", func(t *TouchPoint) *money.Qty { return &t.TargetHours }).In("Targets"),
			resource.Quantity("target_score", "Satisfaction, target from 1 to 5", func(t *TouchPoint) *money.Qty { return &t.TargetScore }).In("Targets"),
			resource.Percent("target_drop", "Drop-out, target at most", func(t *TouchPoint) *money.Ratio { return &t.TargetDrop }).In("Targets").Hint("0 is no target."),
		},
	}
	return s.Type
}

// start freezes the value before: an action that cannot be measured is not started.
func (s *TouchPoints) start(ctx context.Context, a *TouchAction) error {
	today := s.Today(ctx)
	v, n, err := s.measure(ctx, a, today.AddDays(1-TouchDays), today)
	if err != nil {
		return err
	}
	if n == 0 {
		return errs.New(errs.Precondition, "Nothing was measured here in the last {0} days; without a value before, no effect can be shown.", TouchDays)
	}
	a.StartedOn, a.Baseline, a.BaselineN = today, &v, n
	return nil
}

// finish measures the value after, from the day after the start on.
func (s *TouchPoints) finish(ctx context.Context, a *TouchAction) error {
	today := s.Today(ctx)
	v, n, err := s.measure(ctx, a, a.StartedOn.AddDays(1), today)
	if err != nil {
		return err
	}
	if n == 0 {
		return errs.New(errs.Precondition, "Nothing was measured since the start; wait, or give the action up.")
	}
	a.FinishedOn, a.After, a.AfterN = today, &v, n
	return nil
}

// measure sees what the person who moves the action sees in the ranking, not what the
// move may see.
func (s *TouchPoints) measure(ctx context.Context, a *TouchAction, from, to date.Date) (money.Qty, int64, error) {
	who, _ := authz.Of(ctx)
	ctx = authz.As(ctx, who)
	if to.Before(from) {
		return money.Qty{}, 0, nil
	}
	t, err := s.Store.Get(ctx, a.TouchPointID)
	if err != nil {
		return money.Qty{}, 0, err
	}
	r, err := s.Read(ctx, t, from, to)
	if err != nil {
		return money.Qty{}, 0, err
	}
	v, n, _ := r.Of(a.Measure)
	return v, n, nil
}

// TouchActionFields are what people write down of an action.
func TouchActionFields() resource.Fields[TouchAction] {
	return resource.Fields[TouchAction]{
		resource.Ref("touch_point_id", "Touch point", func(a *TouchAction) *int64 { return &a.TouchPointID }, "crm.touch_point").Required().InList().Filter().Source(),
		resource.LongText("strategy", "Strategy", func(a *TouchAction) *string { return &a.Strategy }).Required().Limit(2000),
		resource.LongText("action", "What is done", func(a *TouchAction) *string { return &a.Action }).Required().InList().Limit(2000),
		resource.Enum("measure", "Measure", func(a *TouchAction) *string { return &a.Measure }, TouchMeasures...).Required().InList().Filter(),
		resource.Date("due_on", "Due", func(a *TouchAction) *date.Date { return &a.DueOn }).Required().InList().Filter(),
	}
}

// DeclareAction returns the document type of the touch point action.
func (s *TouchPoints) DeclareAction() *resource.Type[TouchAction] {
	known := func(q *money.Qty) string {
		if q == nil {
			return ""
		}
		return q.String()
	}
	s.ActionType = &resource.Type[TouchAction]{
		Name: "crm.touch_action", Label: "Touch point action", Plural: "Touch point actions", Icon: "target", Number: "TA-{yyyy}-{000}", Store: s.Actions,
		Title: func(a *TouchAction) string { return errs.Clip(a.Action, 60) },
		Fields: append(TouchActionFields(),
			resource.Date("started_on", "Started on", func(a *TouchAction) *date.Date { return &a.StartedOn }).ReadOnly().In("Effect"),
			resource.Computed("before", "Before", resource.KQuantity, func(a *TouchAction) string { return known(a.Baseline) }).In("Effect"),
			resource.Int("baseline_n", "Measured before", func(a *TouchAction) *int64 { return &a.BaselineN }).ReadOnly().In("Effect"),
			resource.Date("finished_on", "Finished on", func(a *TouchAction) *date.Date { return &a.FinishedOn }).ReadOnly().In("Effect"),
			resource.Computed("after_value", "After", resource.KQuantity, func(a *TouchAction) string { return known(a.After) }).In("Effect"),
			resource.Int("after_n", "Measured after", func(a *TouchAction) *int64 { return &a.AfterN }).ReadOnly().In("Effect"),
		),
		Process: resource.Process(func(a *TouchAction) *TouchActionStage { return &a.Stage },
			[]resource.Stage[TouchActionStage]{
				{Key: TouchPlanned, Label: "Planned", Owner: "crm.success", Class: process.Draft, Limit: 80 * time.Hour, Help: "Start it; the value before is frozen then."},
				{Key: TouchRunning, Label: "Running", Owner: "crm.success", Class: process.Working, Locked: true, Limit: 480 * time.Hour, Help: "Do what was decided; finish it when the effect can be measured."},
				{Key: TouchDone, Label: "Done", End: true, Class: process.Done},
				{Key: TouchDropped, Label: "Given up", End: true, Class: process.Cancelled},
			},
			[]resource.Move[TouchAction, TouchActionStage]{
				{Name: "start", Label: "Start", From: resource.From(TouchPlanned), To: TouchRunning, Do: resource.Do(s.start)},
				{Name: "finish", Label: "Finish", From: resource.From(TouchRunning), To: TouchDone, Do: resource.Do(s.finish)},
				{Name: "drop", Label: "Give up", From: resource.From(TouchPlanned, TouchRunning), To: TouchDropped, Reason: true, Deviation: true},
			}),
	}
	return s.ActionType
}
