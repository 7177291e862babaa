package ltcapp

import (
	"context"

	"meridian/modules/ltc/internal/domain"
	"meridian/platform/money"
	"meridian/platform/report"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// progressIn narrows the overview.
type progressIn struct {
	Dept  int64
	Light string
}

// lights are the lights with their colour.
func lights() []resource.Option {
	return []resource.Option{{Value: string(domain.LightBad), Label: "At risk", Tone: "bad"}, {Value: string(domain.LightWatch), Label: "Watch", Tone: "warn"}, {Value: string(domain.LightGood), Label: "On plan", Tone: "ok"}}
}

// progress watches the running projects: hours, milestones, budget, risks, feedback: LTC-20.
func (c *cash) progress() *report.Report[progressIn] {
	return &report.Report[progressIn]{
		Name: "ltc.project_progress", Label: "Progress of service projects", Icon: "gauge", Perm: "ltc.service_project:read", Home: []string{"ltc.manager"}, Run: c.runProgress,
		Help: "Running service projects against their plan. Milestones are the acceptances of the contract by the day of their plan line. At risk: a milestone is overdue, the cost at completion is above the fee, or the customer gives less than 3 on average. Watch: cost at completion or hours above the plan, a high risk is open, or the customer gives less than 4. Cost counts only for who may read it. Risks and requests are counted, also those you may not open.",
		Form: resource.Fields[progressIn]{
			resource.Ref("dept", "Department", func(in *progressIn) *int64 { return &in.Dept }, "core.department"),
			resource.Enum("light", "Traffic light", func(in *progressIn) *string { return &in.Light }, lights()...),
		},
	}
}

// costFields are the fields of a project the budget is read from.
var costFields = []string{"planned_cost", "actual_cost", "final_cost"}

func (c *cash) runProgress(ctx context.Context, in *progressIn) (*report.Result, error) {
	list, err := c.reports.ProjectProgress(ctx, in.Dept, c.ports.Today(ctx))
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "projects", Title: "Running projects", Empty: "No service project you may see is running.", Cols: []report.Col{col("project", "Service project", resource.KRef), col("customer", "Customer", resource.KRef), col("owner", "Owner", resource.KRef), col("light", "Traffic light", resource.KText), col("why", "Why", resource.KText),
		col("planned", "Planned hours", resource.KQuantity), col("actual", "Hours worked", resource.KQuantity), col("milestones", "Milestones", resource.KInt), col("due", "Due by today", resource.KInt), col("reached", "Milestones reached", resource.KInt), col("share", "Share reached", resource.KPercent),
		col("overdue", "Overdue", resource.KInt), col("late", "Reached late", resource.KInt), money2("fee", "Fee without tax"), money2("planned_cost", "Planned cost"), money2("actual_cost", "Cost so far"), col("used", "Budget used", resource.KPercent), money2("final_cost", "Cost at completion"),
		col("high", "High risks", resource.KInt), col("medium", "Medium risks", resource.KInt), col("low", "Low risks", resource.KInt), col("requests", "Open change requests", resource.KInt), col("score", "Feedback of the customer", resource.KQuantity)}}
	lit := map[string]int{}
	overdue := 0
	for i := range list {
		x := &list[i]
		dear := c.readsCost(ctx, x)
		light, why := x.Light(dear)
		lit[string(light)]++
		if overdue += x.Overdue; in.Light == "" || in.Light == string(light) {
			t.Rows = append(t.Rows, progressRow(ctx, x, light, why, dear))
		}
	}
	r := &report.Result{Tables: []report.Table{t}}
	for _, o := range lights() {
		r.Tiles = append(r.Tiles, report.Tile{Key: o.Value, Label: o.Label, Value: report.Count(lit[o.Value]), Href: "/ltc/project_progress?light=" + o.Value})
	}
	r.Tiles = append(r.Tiles, report.Tile{Key: "overdue", Label: domain.MilestoneOverdue, Value: report.Count(overdue)})
	return r, nil
}

// readsCost reports whether the reader may see what a project costs.
func (c *cash) readsCost(ctx context.Context, x *domain.ProjectProgress) bool {
	for _, f := range costFields {
		if !c.p.Authz.Covers(ctx, "ltc.service_project#"+f, "read", &x.Base) {
			return false
		}
	}
	return true
}

func progressRow(ctx context.Context, x *domain.ProjectProgress, light domain.Light, why []string, dear bool) report.Row {
	ref := trace.Ref{Type: "ltc.service_project", ID: x.ID}
	of := func(object string, n int) report.Cell {
		return report.Count(n).Link("/ltc/" + object + "?project_id=" + id10(x.ID))
	}
	var pill report.Cell
	for _, o := range lights() {
		if o.Value == string(light) {
			pill = report.Pill(o.Label, o.Tone)
		}
	}
	planned, actual, used, final := report.None(), report.None(), report.None(), report.None()
	if dear {
		planned, actual, final = report.Money(x.PlannedCost), report.Money(x.ActualCost), report.Money(x.FinalCost)
		used = report.Quotient(x.ActualCost.Number(), x.PlannedCost.Number())
	}
	score := report.None()
	if x.Scores > 0 {
		score = report.Qty(x.Score)
	}
	return report.Row{Ref: ref, Late: light == domain.LightBad, Cells: []report.Cell{report.Doc(ref, ""), customerCell(x.CustomerID), report.Person(x.OwnerID), pill, reasons(ctx, why),
		report.Qty(x.Planned), report.Qty(x.Actual), report.Count(x.Milestones), report.Count(x.Due), report.Count(x.Reached), report.Quotient(money.Units(int64(x.Reached)).Number(), money.Units(int64(x.Milestones)).Number()),
		report.Count(x.Overdue), report.Count(x.ReachedLate), report.Money(x.Fee), planned, actual, used, final,
		of("project_risk", x.High), of("project_risk", x.Medium), of("project_risk", x.Low), of("change_request", x.Requests), score}}
}
