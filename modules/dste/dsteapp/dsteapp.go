// Package dsteapp assembles develop strategy to execution; only cmd imports it.
package dsteapp

import (
	"meridian/modules/dste"
	"meridian/modules/dste/internal/domain"
	"meridian/modules/dste/internal/store"
	"meridian/modules/dste/internal/text"
	"meridian/modules/dste/internal/web"
	"meridian/platform/app"
	"meridian/platform/db"
	"meridian/platform/kpi"
	"meridian/platform/resource"
)

// Module is what the other modules get.
type Module struct {
	Objectives dste.Objectives
	Budget     dste.Budget
}

// New builds the module and registers its types, measures, panels and checks.
func New(p *app.Platform) *Module {
	ledger := &store.Ledger{DB: p.DB}
	objectives := &domain.Objectives{Store: db.NewStore[domain.Objective](p.DB, "dste.objective"), Measures: p.KPI, Rights: p.Authz}
	budgets := &domain.Budgets{Ledger: ledger, Now: p.Now,
		Store: db.NewStore(p.DB, "dste.budget", db.WithLines("dste.budget_month", func(b *domain.Budget) *[]domain.BudgetMonth { return &b.Months }))}
	resource.Register(p.Types, objectives.Declare())
	resource.Register(p.Types, budgets.Declare())

	p.KPI.Register(kpi.Measure{Code: "dste.budget_used", Label: "Budget used", Unit: kpi.Fraction, Object: "dste.budget", Func: ledger.Used,
		Help: "Spent and committed amounts over the budget of the months, from the budget ledger."})
	p.AddCheck("dste.budget", ledger.Differences)
	(&web.Panels{Objectives: objectives, Budgets: budgets, Ledger: ledger}).Add(p.Types)
	p.AddModule(app.Module{Code: "dste", Help: dste.Help, Label: "Strategy to execution", Icon: "target", Types: []string{"dste.objective", "dste.budget"}}, text.FS)
	return &Module{Objectives: objectives, Budget: budgets}
}
