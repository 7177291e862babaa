package ltcapp

import (
	"context"

	"meridian/modules/ltc/internal/domain"
	"meridian/modules/ltc/internal/store"
	"meridian/platform/app"
	"meridian/platform/db"
	"meridian/platform/record"
	"meridian/platform/report"
	"meridian/platform/resource"
)

// addLeadTargets lets sales answer the gap of a customer resource plan.
func addLeadTargets(p *app.Platform, ports *domain.Ports) *domain.LeadTargets {
	targets := &domain.LeadTargets{Ports: ports, Store: db.NewStore[domain.LeadTarget](p.DB, "ltc.lead_target"), Book: &store.Targets{DB: p.DB}, Now: p.Now}
	resource.Register(p.Types, targets.Declare())
	report.Register(p.Reports, &report.Report[struct{}]{
		Name: "ltc.lead_targets", Label: "Progress of lead targets", Icon: "target", Perm: "ltc.lead_target:read", Home: []string{"ltc.manager"},
		Help: "What the published gaps of the customer resource plans ask of sales, and what has come since: leads accepted, deals opened, deals won in the unit.",
		Run:  func(ctx context.Context, _ *struct{}) (*report.Result, error) { return runLeadTargets(ctx, p, targets) },
	})
	return targets
}

func runLeadTargets(ctx context.Context, p *app.Platform, targets *domain.LeadTargets) (*report.Result, error) {
	list, err := targets.Store.Find(ctx, record.Query{Where: []record.Cond{{Col: "stage", Op: record.Eq, Val: string(domain.TargetOpen)}}, Sort: []record.Sort{{Col: "to_on"}}, Limit: 200})
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "targets", Title: "Open targets", Empty: "No gap asks for leads or deals.", Cols: []report.Col{{Key: "target", Label: "Lead target", Kind: resource.KRef}, {Key: "unit", Label: "Unit", Kind: resource.KRef}, {Key: "leads", Label: "Leads accepted", Kind: resource.KInt}, {Key: "leads_of", Label: "Leads to accept", Kind: resource.KInt},
		{Key: "deals", Label: "Deals opened", Kind: resource.KInt}, {Key: "deals_of", Label: "Deals to open", Kind: resource.KInt}, {Key: "wins", Label: "Deals won", Kind: resource.KInt}, {Key: "wins_of", Label: "Deals to win", Kind: resource.KInt}, {Key: "due", Label: "Late after", Kind: resource.KDate}, {Key: "owner", Label: "Owner", Kind: resource.KRef}}}
	for i := range list {
		x := &list[i]
		got, err := targets.Got(ctx, x)
		if err != nil {
			return nil, err
		}
		unit := report.None()
		if d := p.Authz.Directory().Departments[x.UnitDeptID]; d != nil {
			unit = report.Text(d.Name)
		}
		ref := targets.Type.Ref(x.ID)
		t.Rows = append(t.Rows, report.Row{Ref: ref, Late: !x.DueOn.IsZero() && x.DueOn.Before(p.Today(ctx)) && !got.Met(x), Cells: []report.Cell{report.Doc(ref, x.No), unit, report.Count(got.Leads), report.Count(x.Leads), report.Count(got.Deals), report.Count(x.Deals), report.Count(got.Wins), report.Count(x.Wins), report.Day(x.DueOn), report.Person(x.OwnerID)}})
	}
	return &report.Result{Tables: []report.Table{t}}, nil
}
