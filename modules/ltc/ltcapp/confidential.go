package ltcapp

import (
	"context"

	"meridian/platform/report"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// confidential shows who holds the right to see confidential projects which there are and
// whether everybody inside has acknowledged that: LTC-20.
func (c *cash) confidential() *report.Report[struct{}] {
	return &report.Report[struct{}]{
		Name: "ltc.confidential_project", Label: "Confidential projects", Icon: "lock", Perm: "ltc.confidential_project:see", Run: c.runConfidential,
		Help: "Confidential service projects that are not over, and how many of the team and the asked experts have acknowledged it. Its right shows confidential projects to people who do not work on them, as far as it reaches.",
	}
}

func (c *cash) runConfidential(ctx context.Context, _ *struct{}) (*report.Result, error) {
	list, err := c.reports.Confidential(ctx)
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "projects", Title: "Confidential projects", Empty: "No confidential project you may see is open.", Cols: []report.Col{col("project", "Service project", resource.KRef), col("owner", "Owner", resource.KRef), col("stage", "Stage", resource.KText),
		col("asked", "To acknowledge", resource.KInt), col("given", "Acknowledged", resource.KInt), col("missing", "Missing", resource.KInt)}}
	missing := 0
	for _, x := range list {
		open := x.Asked - x.Given
		missing += open
		ref := trace.Ref{Type: "ltc.service_project", ID: x.ID}
		t.Rows = append(t.Rows, report.Row{Ref: ref, Late: open > 0, Cells: []report.Cell{report.Doc(ref, ""), report.Person(x.OwnerID), report.Word(c.projects.Type.Info().Process.Stage(x.Stage).Label),
			report.Count(x.Asked), report.Count(x.Given), report.Count(open).Link("/ltc/pledge?stage=asked&project_id=" + id10(x.ID))}})
	}
	return &report.Result{Tiles: []report.Tile{{Key: "projects", Label: "Confidential projects", Value: report.Count(len(list))}, {Key: "missing", Label: "Missing", Value: report.Count(missing)}}, Tables: []report.Table{t}}, nil
}
