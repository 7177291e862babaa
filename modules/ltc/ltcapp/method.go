package ltcapp

import (
	"context"

	"meridian/modules/ltc/internal/domain"
	"meridian/platform/i18n"
	"meridian/platform/report"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// gateIn names a deal, and a step to tick.
type gateIn struct {
	Deal, Step int64
	Proof      string
	Item       string
}

// gate shows the check list of a deal in its stage, how the best do it, and what is
// missing to go on: LTC-03.
func (s *selling) gate() *report.Report[gateIn] {
	deal := resource.Ref("deal", "Opportunity", func(in *gateIn) *int64 { return &in.Deal }, "ltc.opportunity")
	return &report.Report[gateIn]{
		Name: "ltc.sales_path", Label: "Sales path of a deal", Icon: "list-check", Perm: "ltc.opportunity:read", Run: s.runGate, Form: resource.Fields[gateIn]{deal},
		Help: "The steps of the stage a deal stands in, as outcomes at the customer, with how the best do it. Mandatory steps and, from the amount of the sales policy on, survey, solution or quote must be there before the deal goes on.",
		Commands: []report.Command{report.Do("tick", "Done", "ltc.opportunity:tick", resource.Fields[gateIn]{resource.Ref("deal", "Opportunity", func(in *gateIn) *int64 { return &in.Deal }, "ltc.opportunity").Required(),
			resource.Ref("step", "Step", func(in *gateIn) *int64 { return &in.Step }, "ltc.sales_step"), resource.Text("item", "Requirement", func(in *gateIn) *string { return &in.Item }), resource.Text("proof", "How we know", func(in *gateIn) *string { return &in.Proof }).Limit(1000)},
			func(ctx context.Context, in *gateIn) (report.Done, error) {
				_, _, err := s.deals.Type.FireRow(ctx, in.Deal, 0, "tick", tickValues(in))
				return report.Done{Message: "The step is done.", Href: "/ltc/sales_path?deal=" + id10(in.Deal)}, err
			}).OnRows()},
	}
}

func (s *selling) runGate(ctx context.Context, in *gateIn) (*report.Result, error) {
	steps := report.Table{Key: "steps", Title: "Steps of this stage", Empty: "No steps are declared for this stage.", Cols: []report.Col{col("step", "Outcome at the customer", resource.KText), col("mandatory", "Needed to leave the stage", resource.KText), col("state", "State", resource.KText),
		col("done_on", "Done on", resource.KDate), col("by", "By", resource.KRef), col("proof", "How we know", resource.KText), col("practice", "How the best do it", resource.KLongText)}}
	if in.Deal == 0 {
		steps.Empty = "Choose an open deal."
		return &report.Result{Tables: []report.Table{steps}}, nil
	}
	o, err := s.deals.Type.Get(ctx, in.Deal)
	if err != nil {
		return nil, err
	}
	g, err := s.deals.GateOf(ctx, o, o.Stage)
	if err != nil {
		return nil, err
	}
	done := map[int64]domain.DealCheck{}
	for _, c := range o.Checks {
		done[c.StepID] = c
	}
	for _, x := range g.Steps {
		mandatory := report.None()
		if x.Mandatory {
			mandatory = report.Word("Yes")
		}
		r := report.Row{Cells: []report.Cell{report.Text(x.Name), mandatory, report.Pill("To do", "warn"), report.None(), report.None(), report.None(), report.Text(x.Practice)}}
		if c, ok := done[x.ID]; ok {
			r.Cells[2], r.Cells[3], r.Cells[4], r.Cells[5] = report.Pill("Done", "ok"), report.Day(c.DoneOn), report.Person(c.ByUser), report.Text(c.Proof)
		} else {
			r.Acts = []report.Act{{Command: "tick", Values: resource.Values{"deal": id10(o.ID), "step": id10(x.ID)}}}
		}
		steps.Rows = append(steps.Rows, r)
	}
	missing := report.Table{Key: "missing", Title: "What is missing to go on", Empty: "Nothing is missing; the deal may go on.", Cols: []report.Col{col("what", "What", resource.KText)}}
	for _, m := range g.Missing {
		missing.Rows = append(missing.Rows, report.Row{Cells: []report.Cell{report.Text(i18n.T(ctx, m))}})
	}
	asked := report.Table{Key: "asked", Title: "On the way to the next step", Empty: "The next step asks for nothing.", Cols: []report.Col{col("item", "Requirement", resource.KText), col("state", "State", resource.KText), col("done_on", "Done on", resource.KDate), col("by", "By", resource.KRef), col("proof", "How we know", resource.KText)}}
	for _, item := range g.Asked {
		asked.Rows = append(asked.Rows, askedRow(o, item))
	}
	yes := func(b bool) report.Cell {
		if b {
			return report.Pill("There", "ok")
		}
		return report.Pill("Not there", "neutral")
	}
	out := report.Table{Key: "outputs", Title: "Outputs", Cols: []report.Col{col("what", "What", resource.KText), col("state", "State", resource.KText)}, Rows: []report.Row{
		{Href: "/ltc/need_survey?opportunity_id=" + id10(o.ID), Cells: []report.Cell{report.Word("Need survey"), yes(g.Out.SurveyDone)}},
		{Href: "/ltc/solution?opportunity_id=" + id10(o.ID), Cells: []report.Cell{report.Word("Solution"), yes(g.Out.SolutionAgreed)}},
		{Href: "/ltc/quote?opportunity_id=" + id10(o.ID), Cells: []report.Cell{report.Word("Quote"), yes(g.Out.QuoteOut)}},
	}}
	deal := trace.Ref{Type: "ltc.opportunity", ID: o.ID}
	return &report.Result{Tiles: []report.Tile{{Key: "deal", Label: "Opportunity", Value: report.Doc(deal, o.Name)}, {Key: "stage", Label: "Stage", Value: s.stageWord(string(o.Stage))}, {Key: "step", Label: "Step", Value: report.Text(o.Step)}, {Key: "concerns", Label: "Open concerns", Value: report.Count(g.Out.OpenConcerns)}},
		Tables: []report.Table{asked, steps, missing, out}, Note: practice(g.Step)}, nil
}

// tickValues is what the move asks for: a step of the method or a requirement.
func tickValues(in *gateIn) resource.Values {
	v := resource.Values{"item": in.Item, "proof": in.Proof}
	if in.Step != 0 {
		v["step"] = id10(in.Step)
	}
	return v
}

// practice is how the best do a step.
func practice(x *domain.PipelineStep) string {
	if x == nil {
		return ""
	}
	return x.Practice
}

// askedRow is a requirement on the way to the next step, to tick while it is open.
func askedRow(o *domain.Opportunity, item string) report.Row {
	r := report.Row{Cells: []report.Cell{report.Text(item), report.Pill("To do", "warn"), report.None(), report.None(), report.None()},
		Acts: []report.Act{{Command: "tick", Values: resource.Values{"deal": id10(o.ID), "item": item}}}}
	for _, d := range o.Items {
		if d.Item == item {
			r.Acts, r.Cells = nil, []report.Cell{report.Text(item), report.Pill("Done", "ok"), report.Day(d.DoneOn), report.Person(d.ByUser), report.Text(d.Proof)}
		}
	}
	return r
}
