package domain

import (
	"context"
	"time"

	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/resource"
)

// Declare returns the document type of the goal.
func (s *Objectives) Declare() *resource.Type[Objective] {
	measure := resource.Text("kpi", "Measure", func(o *Objective) *string { return &o.KPI }).InList().Filter().In("Measure and target").Limit(60).
		Hint("Code of a registered measure, e.g. ltc.net_sales; its value is always live.")
	from := resource.Date("from_on", "From", func(o *Objective) *date.Date { return &o.FromOn }).InList().Filter().In("Measure and target")
	to := resource.Date("to_on", "To", func(o *Objective) *date.Date { return &o.ToOn }).InList().Filter().In("Measure and target")
	s.Type = &resource.Type[Objective]{
		Name: "dste.objective", Label: "Goal", Plural: "Goals", Icon: "target", Number: "OB-{yyyy}-{0000}", Store: s.Store, Check: s.check,
		Title:   func(o *Objective) string { return o.Name },
		Day:     func(o *Objective) date.Date { return o.FromOn },
		Default: func(_ context.Context, o *Objective) error { o.Method = Share; return nil },
		Fields: resource.Fields[Objective]{
			resource.Text("name", "Name", func(o *Objective) *string { return &o.Name }).Required().InList().Search().Filter().In("Goal"),
			resource.Enum("perspective", "Perspective", func(o *Objective) *string { return &o.Perspective },
				resource.Option{Value: "finance", Label: "Financial", Tone: "ok"}, resource.Option{Value: "customer", Label: "Customers", Tone: "info"},
				resource.Option{Value: "process", Label: "Internal processes", Tone: "violet"}, resource.Option{Value: "learning", Label: "Learning and growth", Tone: "teal"}).InList().Filter().In("Goal"),
			resource.OptRef("parent_id", "Parent goal", func(o *Objective) **int64 { return &o.ParentID }, "dste.objective").Filter().Source().In("Goal"),
			resource.Percent("weight", "Weight", func(o *Objective) *money.Ratio { return &o.Weight }).In("Goal").
				Hint("Share of the parent goal; the goals below one parent add up to 100 %."),
			resource.LongText("note", "Note", func(o *Objective) *string { return &o.Note }).In("Goal").Limit(4000),
			measure,
			resource.Enum("method", "Attainment by", func(o *Objective) *Method { return &o.Method },
				resource.Option{Value: string(Share), Label: "Share of the target"}, resource.Option{Value: string(TwoPoint), Label: "Way from worst to target"}).Required().In("Measure and target"),
			resource.Quantity("worst", "Worst value", func(o *Objective) *money.Qty { return &o.Worst }).In("Measure and target"),
			resource.Quantity("target", "Target value", func(o *Objective) *money.Qty { return &o.Target }).InList().In("Measure and target"),
			from, to,
		},
		Process: resource.Process(func(o *Objective) *ObjectiveStage { return &o.Stage },
			[]resource.Stage[ObjectiveStage]{
				{Key: ObjectiveDraft, Label: "Draft", Owner: "dste.executive", Class: process.Draft, Out: resource.Need(measure, from, to), Help: "Say what is to be reached, by which measure and until when."},
				{Key: ObjectiveProposed, Label: "Proposed", Owner: "dste.executive", Class: process.Open, Limit: 40 * time.Hour, Help: "Agree with those who must contribute, then ask for approval."},
				{Key: ObjectiveApproved, Label: "Approved", Owner: "dste.executive", Class: process.Open, Locked: true, Help: "Start when the period begins."},
				{Key: ObjectiveActive, Label: "In progress", Wait: true, Class: process.Working, Locked: true, Help: "The measure runs; close the goal at the end of its period."},
				{Key: ObjectiveAchieved, Label: "Achieved", End: true, Class: process.Won},
				{Key: ObjectiveMissed, Label: "Missed", End: true, Class: process.Lost},
				{Key: ObjectiveDropped, Label: "Dropped", End: true, Class: process.Cancelled},
			},
			[]resource.Move[Objective, ObjectiveStage]{
				{Name: "propose", Label: "Propose", From: resource.From(ObjectiveDraft), To: ObjectiveProposed},
				{Name: "approve", Label: "Ask for approval", From: resource.From(ObjectiveProposed), To: ObjectiveApproved, Matrix: "dste.objective:approve", Do: resource.Do(s.approve)},
				{Name: "activate", Label: "Start the goal", From: resource.From(ObjectiveApproved), To: ObjectiveActive},
				{Name: "achieve", Label: "Close as achieved", From: resource.From(ObjectiveActive), To: ObjectiveAchieved, Do: resource.Do(s.achieve)},
				{Name: "miss", Label: "Close as missed", From: resource.From(ObjectiveActive), To: ObjectiveMissed, Reason: true},
				{Name: "drop", Label: "Drop", From: resource.From(ObjectiveDraft, ObjectiveProposed, ObjectiveApproved, ObjectiveActive), To: ObjectiveDropped, Reason: true, Deviation: true},
			}),
		Rules: map[string][]process.Rule{
			"dste.objective:approve": {{Label: "Goals are approved by management", Steps: []process.Step{process.ByRole("dste.executive")}}},
		},
	}
	return s.Type
}
