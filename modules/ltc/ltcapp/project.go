package ltcapp

import (
	"context"
	"errors"

	"meridian/modules/dste"
	"meridian/modules/ltc/internal/domain"
	"meridian/modules/ltc/internal/store"
	"meridian/modules/ltc/internal/web"
	"meridian/platform/app"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/jobs"
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
	c.risks = &domain.ProjectRisks{Ports: c.ports, Projects: c.projects, Store: db.NewStore[domain.ProjectRisk](d, "ltc.project_risk"), Book: &store.Risks{DB: d}}
	c.opinions = &domain.ExpertOpinions{Ports: c.ports, Projects: c.projects, Store: db.NewStore[domain.ExpertOpinion](d, "ltc.expert_opinion"),
		MayAnswer: func(person int64) bool { return len(c.p.Authz.Explain(person, "ltc.expert_opinion", "answer")) > 0 }}
	c.options = &domain.ServiceOptions{Ports: c.ports, Projects: c.projects,
		Store: db.NewStore(d, "ltc.service_option", db.WithLines("ltc.option_role", func(x *domain.ServiceOption) *[]domain.OptionRole { return &x.Roles }))}
	c.pledges = &domain.Pledges{Ports: c.ports, Store: db.NewStore[domain.Pledge](d, "ltc.pledge"), Book: c.projects.Book, Now: c.p.Now}
	c.projects.Opinions, c.projects.Options, c.projects.Pledges = c.opinions, c.options, c.pledges
	store.Confine(d)
}

// declareProjects registers what belongs to service projects: LTC-20.
func (c *cash) declareProjects() {
	resource.Register(c.p.Types, c.projects.Declare())
	resource.Register(c.p.Types, c.opinions.Declare())
	resource.Register(c.p.Types, c.options.Declare())
	resource.Register(c.p.Types, c.pledges.Declare())
	resource.Register(c.p.Types, c.requests.Declare())
	resource.Register(c.p.Types, c.risks.Declare())
	resource.Register(c.p.Types, c.sheets.Declare())
	resource.Register(c.p.Types, c.absences.Declare())
	report.Register(c.p.Reports, c.load())
	report.Register(c.p.Reports, c.baselines())
	report.Register(c.p.Reports, c.progress())
	report.Register(c.p.Reports, c.confidential())
	resource.Point[int64]("ltc.service_project").Add(c.p.Types, "ltc.risks", "Open risks", 20, "ltc.project_risk:read", web.Risks(c.risks.Store, func(person int64) string { return c.ports.People().Name(person) }, c.ports.Today))
	daily(c.p, "ltc.project_risks", "Tell of overdue measures of project risks", "5 7 * * *", func(ctx context.Context, company int64, day date.Date) error {
		_, err := c.risks.TellOverdue(ctx, company, day)
		return err
	})
}

// daily declares work by time that is done for every company on its own day.
func daily(p *app.Platform, name, label, spec string, run func(ctx context.Context, company int64, day date.Date) error) {
	p.Jobs.Add(jobs.Job{Name: name, Label: label, Spec: spec, Run: func(ctx context.Context) error {
		var all []error
		for id, c := range p.Authz.Directory().Companies {
			all = append(all, run(authz.With(ctx, authz.Subject{Company: id}), id, date.Of(p.Now().In(c.Location))))
		}
		return errors.Join(all...)
	}})
}
