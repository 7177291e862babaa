package ltcapp

import (
	"meridian/modules/dste"
	"meridian/modules/ltc/internal/domain"
	"meridian/modules/ltc/internal/store"
	"meridian/platform/db"
	"meridian/platform/report"
	"meridian/platform/resource"
)

// serve completes the cash half with service projects, and what serving and winning
// customers costs.
func (c *cash) serve(deals *domain.Opportunities, budget dste.Budget) {
	d := c.p.DB
	c.expenses = &domain.Expenses{Ports: c.ports, Deals: deals, Budget: budget, Store: db.NewStore[domain.Expense](d, "ltc.expense_request")}
	away := &store.Absences{DB: d}
	c.projects = &domain.ServiceProjects{Ports: c.ports, Contracts: c.contracts, Absences: away, Book: &store.Projects{DB: d},
		Store: db.NewStore(d, "ltc.service_project", db.WithLines("ltc.service_task", func(p *domain.ServiceProject) *[]domain.ServiceTask { return &p.Tasks }),
			db.WithLines("ltc.service_member", func(p *domain.ServiceProject) *[]domain.ServiceMember { return &p.Members }),
			db.WithLines("ltc.service_feedback", func(p *domain.ServiceProject) *[]domain.ServiceFeedback { return &p.Feedback }))}
	c.absences = &domain.Absences{Ports: c.ports, Store: db.NewStore[domain.Absence](d, "ltc.absence"), Book: away, Projects: c.projects, Delegate: c.p.Process.Delegate}
	c.sheets = &domain.TimeSheets{Ports: c.ports, Projects: c.projects, Store: db.NewStore[domain.TimeSheet](d, "ltc.time_sheet")}
	c.requests = &domain.ChangeRequests{Ports: c.ports, Projects: c.projects, Changes: c.changes,
		Store: db.NewStore(d, "ltc.change_request", db.WithLines("ltc.change_task", func(x *domain.ChangeRequest) *[]domain.ChangeTask { return &x.Tasks }))}
}

// declareProjects registers what belongs to service projects: LTC-20.
func (c *cash) declareProjects() {
	resource.Register(c.p.Types, c.projects.Declare())
	resource.Register(c.p.Types, c.requests.Declare())
	resource.Register(c.p.Types, c.sheets.Declare())
	resource.Register(c.p.Types, c.absences.Declare())
	report.Register(c.p.Reports, c.load())
	report.Register(c.p.Reports, c.baselines())
}
