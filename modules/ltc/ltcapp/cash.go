package ltcapp

import (
	"context"
	"maps"
	"slices"
	"time"

	"meridian/modules/ltc"
	"meridian/modules/ltc/internal/domain"
	"meridian/modules/ltc/internal/store"
	"meridian/modules/ltc/internal/web"
	"meridian/platform/app"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/resource"
)

// cash is what turns contracts into money: obligations and revenue, receivables,
// dunning, service projects, costs.
type cash struct {
	p           *app.Platform
	ports       *domain.Ports
	contracts   *domain.Contracts
	orders      *domain.Orders
	invoices    *domain.Invoices
	receipts    *domain.Receipts
	acceptances *domain.Acceptances
	obligations *domain.Obligations
	points      *domain.Points
	differences *domain.Differences
	disputes    *domain.Disputes
	promises    *domain.Promises
	policies    *domain.Policies
	allowances  *domain.Allowances
	letters     *domain.Dunnings
	statements  *domain.Statements
	changes     *domain.ContractChanges
	expenses    *domain.Expenses
	projects    *domain.ServiceProjects
	sheets      *domain.TimeSheets
	absences    *domain.Absences
	requests    *domain.ChangeRequests
	risks       *domain.ProjectRisks
	opinions    *domain.ExpertOpinions
	options     *domain.ServiceOptions
	pledges     *domain.Pledges
	reports     *store.Reports
}

// wireCash completes the services of the selling half with those of the cash half and
// registers its types, reports, jobs and checks.
func wireCash(p *app.Platform, ports *domain.Ports, contracts *domain.Contracts, orders *domain.Orders, invoices *domain.Invoices, receipts *domain.Receipts, acceptances *domain.Acceptances) *cash {
	ports.Cash, ports.Journal = &store.Cash{DB: p.DB}, p.Ledger
	ports.CreditNo = func(ctx context.Context, company int64, day date.Date) (string, error) {
		return p.Numbers.Gapless(ctx, company, "ltc.invoice.credit", "CN-{yyyy}-{000000}", day.In(time.UTC))
	}
	c := &cash{p: p, ports: ports, contracts: contracts, orders: orders, invoices: invoices, receipts: receipts, acceptances: acceptances}
	c.obligations = &domain.Obligations{Ports: ports, Contracts: contracts, Store: db.NewStore[domain.Obligation](p.DB, "ltc.obligation")}
	c.differences = &domain.Differences{Ports: ports, Invoices: invoices, Store: db.NewStore[domain.Difference](p.DB, "ltc.difference")}
	c.disputes = &domain.Disputes{Ports: ports, Invoices: invoices, Store: db.NewStore[domain.Dispute](p.DB, "ltc.dispute")}
	c.promises = &domain.Promises{Ports: ports, Invoices: invoices, Store: db.NewStore[domain.Promise](p.DB, "ltc.promise")}
	c.policies = &domain.Policies{Ports: ports, Store: db.NewStore[domain.Policy](p.DB, "ltc.receivable_policy")}
	c.allowances = &domain.Allowances{Ports: ports, Store: db.NewStore[domain.Allowance](p.DB, "ltc.allowance")}
	ports.Notify = p.Notices.Send
	c.letters = &domain.Dunnings{Ports: ports, Invoices: invoices, Store: db.NewStore(p.DB, "ltc.dunning", db.WithLines("ltc.dunning_item", func(d *domain.Dunning) *[]domain.DunningItem { return &d.Items })),
		Policies: &domain.DunningPolicies{Ports: ports, Store: db.NewStore(p.DB, "ltc.dunning_policy", db.WithLines("ltc.dunning_level", func(d *domain.DunningPolicy) *[]domain.DunningLevel { return &d.Levels }))}}
	c.statements = &domain.Statements{Ports: ports, Store: db.NewStore[domain.Statement](p.DB, "ltc.statement")}
	c.changes = &domain.ContractChanges{Ports: ports, Contracts: contracts, Obligations: c.obligations, Store: db.NewStore(p.DB, "ltc.contract_change", db.WithLines("ltc.contract_change_line", func(x *domain.ContractChange) *[]domain.ChangeLine { return &x.Lines }))}
	contracts.Library = &domain.Clauses{Ports: ports, Store: db.NewStore[domain.Clause](p.DB, "ltc.clause")}
	c.reports = &store.Reports{DB: p.DB}
	orders.Obligations, invoices.Obligations, contracts.Obligations, contracts.Invoices = c.obligations, c.obligations, c.obligations, invoices
	c.points = &domain.Points{Obligations: c.obligations, Invoices: invoices}
	invoices.Points = c.points
	return c
}

// declare registers the types of the cash half after those they refer to.
func (c *cash) declare() {
	resource.Register(c.p.Types, c.obligations.Declare())
	resource.Register(c.p.Types, c.differences.Declare())
	resource.Register(c.p.Types, c.disputes.Declare())
	resource.Register(c.p.Types, c.promises.Declare())
	resource.Register(c.p.Types, c.policies.Declare())
	resource.Register(c.p.Types, c.allowances.Declare())
	resource.Register(c.p.Types, c.letters.Policies.Declare())
	resource.Register(c.p.Types, c.letters.Declare())
	resource.Register(c.p.Types, c.statements.Declare())
	resource.Register(c.p.Types, c.changes.Declare())
	resource.Register(c.p.Types, c.contracts.Library.Declare())
	resource.Register(c.p.Types, c.expenses.Declare())
	c.declareProjects()
	c.plans()
	c.acceptance()
	c.costs()
	c.receivables()
	c.revenue()
	c.loyalty()
	c.dunning()
	ltc.InvoicePage.Add(c.p.Types, "ltc.journal", "Journal", 10, "ltc.invoice:read", web.Journal(c.p.Ledger, "ltc.invoice"))
	check := &store.CashChecks{Checks: store.Checks{DB: c.p.DB}, Ledger: c.p.Ledger, Companies: func() []int64 { return slices.Sorted(maps.Keys(c.p.Authz.Directory().Companies)) }}
	c.p.AddCheck("ltc.control", check.Control)
	c.p.AddCheck("ltc.revenue", check.Revenue)
}

// cashTypes are the types of the cash half in menu order.
func cashTypes() []string {
	return []string{"ltc.service_project", "ltc.expert_opinion", "ltc.service_option", "ltc.change_request", "ltc.project_risk", "ltc.time_sheet", "ltc.pledge", "ltc.absence", "ltc.expense_request", "ltc.contract_change", "ltc.difference", "ltc.dispute", "ltc.promise", "ltc.dunning", "ltc.statement", "ltc.obligation", "ltc.allowance", "ltc.receivable_policy", "ltc.dunning_policy", "ltc.clause"}
}
