package ltcapp

import (
	"context"

	"meridian/modules/ltc/internal/domain"
	"meridian/platform/report"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// baselineIn names the versions to compare.
type baselineIn struct {
	Project  int64
	Revision int
	Against  int
}

// baselines shows what the customer confirmed, version by version, and what differs: LTC-20.
func (c *cash) baselines() *report.Report[baselineIn] {
	return &report.Report[baselineIn]{
		Name: "ltc.baselines", Label: "Baselines of a project", Icon: "arrows-diff", Perm: "ltc.service_project:read",
		Help: "What the customer confirmed of a service project: the first version with the plan, each further one by a change request. Two versions are compared, usually the last with the one before.",
		Form: resource.Fields[baselineIn]{
			resource.Ref("project", "Service project", func(in *baselineIn) *int64 { return &in.Project }, "ltc.service_project"),
			resource.Int("revision", "Version", func(in *baselineIn) *int { return &in.Revision }).Hint("Empty: the last."),
			resource.Int("against", "Compare with", func(in *baselineIn) *int { return &in.Against }).Hint("Empty: the version before."),
		},
		Run: c.runBaselines,
	}
}

func (c *cash) runBaselines(ctx context.Context, in *baselineIn) (*report.Result, error) {
	var list []domain.Baseline
	dear := false
	if in.Project != 0 {
		p, err := c.projects.Type.Get(ctx, in.Project)
		if err != nil {
			return nil, err
		}
		dear = c.p.Authz.Covers(ctx, "ltc.service_project#planned_cost", "read", &p.Base)
		if list, err = c.projects.Book.Baselines(ctx, in.Project); err != nil {
			return nil, err
		}
	}
	now, old := pair(list, in.Revision, in.Against)
	r := &report.Result{Tables: []report.Table{versionTable(list, dear)}}
	if now == nil || old == nil {
		return r, nil
	}
	r.Note, r.Args = "{0} against {1}", []any{now.Revision, old.Revision}
	r.Tables = append(r.Tables, taskDiffTable(old, now), scopeDiffTable(old, now))
	return r, nil
}

// pair picks the versions to compare; list is the last first.
func pair(list []domain.Baseline, revision, against int) (now, old *domain.Baseline) {
	for i := range list {
		b := &list[i]
		switch {
		case now == nil && (revision == 0 || b.Revision == revision):
			now = b
		case old == nil && now != nil && (against == 0 || b.Revision == against):
			old = b
		}
	}
	return now, old
}

func versionTable(list []domain.Baseline, dear bool) report.Table {
	t := report.Table{Key: "versions", Title: "Versions", Empty: "Choose a project whose plan the customer confirmed.", Cols: []report.Col{col("version", "Version", resource.KInt), col("on", "Confirmed on", resource.KDate), col("by", "Confirmed by", resource.KText),
		col("change", "Change request", resource.KRef), col("end", "Ends on", resource.KDate), col("hours", "Hours", resource.KQuantity), money2("fee", "Fee without tax")}}
	if dear {
		t.Cols = append(t.Cols, money2("cost", "Planned cost"))
	}
	for _, b := range list {
		change := report.None()
		if b.Change != nil {
			change = report.Doc(trace.Ref{Type: "ltc.change_request", ID: *b.Change}, "")
		}
		r := report.Row{Cells: []report.Cell{report.Count(b.Revision), report.Day(b.ConfirmedOn), report.Text(b.ConfirmedBy), change, report.Day(b.Scope.EndOn), report.Qty(b.Scope.Hours), report.Money(b.Scope.Fee)}}
		if dear {
			r.Cells = append(r.Cells, report.Money(b.Scope.Cost))
		}
		t.Rows = append(t.Rows, r)
	}
	return t
}

func taskDiffTable(old, now *domain.Baseline) report.Table {
	t := report.Table{Key: "tasks", Title: "Service plan", Cols: []report.Col{col("task", "Task", resource.KInt), col("kind", "Change", resource.KText), col("content", "Content", resource.KText), col("person", "Person", resource.KRef),
		col("old_to", "End before", resource.KDate), col("to", "End", resource.KDate), col("old_hours", "Hours before", resource.KQuantity), col("hours", "Hours", resource.KQuantity), money2("old_fee", "Fee before"), money2("fee", "Fee without tax")}}
	for _, d := range domain.DiffTasks(old.Scope.Tasks, now.Scope.Tasks) {
		r := report.Row{Cells: []report.Cell{report.Count(d.Task), report.Pill(d.Kind, diffTone[d.Kind]), report.None(), report.None(), report.None(), report.None(), report.None(), report.None(), report.None(), report.None()}}
		if x := d.Old; x != nil {
			r.Cells[2], r.Cells[3], r.Cells[4], r.Cells[6], r.Cells[8] = report.Text(x.Content), report.Person(x.PersonID), report.Day(x.ToOn), report.Qty(x.Hours), report.Money(x.Fee)
		}
		if x := d.New; x != nil {
			r.Cells[2], r.Cells[3], r.Cells[5], r.Cells[7], r.Cells[9] = report.Text(x.Content), report.Person(x.PersonID), report.Day(x.ToOn), report.Qty(x.Hours), report.Money(x.Fee)
		}
		t.Rows = append(t.Rows, r)
	}
	return t
}

func scopeDiffTable(old, now *domain.Baseline) report.Table {
	return changedTerms([]term{{"What the customer needs", old.Scope.Need, now.Scope.Need}, {"Our understanding", old.Scope.Understanding, now.Scope.Understanding}, {"Limits", old.Scope.Limits, now.Scope.Limits},
		{"Ends on", old.Scope.EndOn.String(), now.Scope.EndOn.String()}, {"Hours", old.Scope.Hours.String(), now.Scope.Hours.String()}, {"Fee without tax", old.Scope.Fee.String(), now.Scope.Fee.String()}})
}
