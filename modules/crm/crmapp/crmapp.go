// Package crmapp assembles customer relationship management; only cmd imports it.
package crmapp

import (
	"context"
	"errors"
	"fmt"

	"meridian/modules/crm"
	"meridian/modules/crm/internal/domain"
	"meridian/modules/crm/internal/store"
	"meridian/modules/crm/internal/text"
	"meridian/platform/app"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/jobs"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// Module is what the other modules get.
type Module struct {
	Customers crm.Customers
	Credit    crm.Credit
	Facts     crm.Facts
	Partners  crm.Partners
	Terms     crm.Terms
	// DealEnded is told when a deal is won or lost.
	DealEnded func(ctx context.Context, customer crm.CustomerID, deal trace.Ref, won bool) error

	desk *desk
}

// StaysWhile names document types of other modules: a customer with an open one, found by
// its field customer_id, does not go back to a pool. It is called while wiring.
func (m *Module) StaysWhile(types ...string) { m.desk.busy = append(m.desk.busy, types...) }

// DealsOf names the document types of deals: each names its customer, its product and the
// customer record of its partner in the fields customer_id, product_id and partner_id. It is
// called while wiring.
func (m *Module) DealsOf(types ...string) { m.desk.deals = append(m.desk.deals, types...) }

// CopiedByBranch names a document type of another module whose records belong to the branch
// in a field: a new branch gets those of the good one it is made of, by their name. It is
// called while wiring.
func (m *Module) CopiedByBranch(typ, field string) {
	m.desk.branched = append(m.desk.branched, branched{typ: typ, field: field, key: []string{"name"}})
}

// desk is what the reports and commands of the module work with.
type desk struct {
	p         *app.Platform
	sql       *store.Store
	policies  *domain.Policies
	customers *domain.Customers
	followups *domain.Followups
	pools     *domain.Pools
	plans     *domain.ResourcePlans
	transfers *domain.Transfers
	credit    *domain.CreditControl
	risks     *domain.Risks
	facts     *domain.Facts
	segments  *domain.Segments
	models    *domain.ValueModels
	needs     *domain.Needs
	partners  *domain.Partners
	care      *domain.Care
	loyalty   *domain.Loyalty
	touches   *domain.TouchPoints
	logs      *domain.WorkLogs
	callLists *domain.CallLists
	messages  *domain.Messages
	busy      []string // document types that keep a customer with its owner
	deals     []string // document types of deals
	branched  []branched
	positions *domain.BranchPositions
	practices *domain.GoodPractices
}

// New builds the module and registers its types, reports and jobs. The sources are what
// other modules tell of touch points.
func New(p *app.Platform, sources ...crm.TouchSource) *Module {
	sql := &store.Store{DB: p.DB, Directory: p.Authz.Directory, Location: p.Location}
	d := &desk{p: p, sql: sql, policies: &domain.Policies{Directory: p.Authz.Directory,
		Store:    db.NewStore(p.DB, "crm.policy", db.WithLines("crm.policy_freedom", func(x *domain.Policy) *[]domain.PolicyFreedom { return &x.Freedoms })),
		Branches: db.NewStore(p.DB, "crm.branch_policy", db.WithLines("crm.branch_value", func(b *domain.BranchPolicy) *[]domain.BranchValue { return &b.Values }))}}
	d.customers = &domain.Customers{
		Store:    db.NewStore[domain.Customer](p.DB, "crm.customer"),
		Contacts: db.NewStore[domain.Contact](p.DB, "crm.contact"),
		Bus:      p.Bus, Policies: d.policies, Authz: p.Authz, Now: p.Now, Tx: p.DB.Tx, Notify: p.Notices.Send,
		Twins: sql, Merges: sql, Standards: sql, Log: sql, Work: p.Types,
	}
	d.pools = &domain.Pools{Store: db.NewStore[domain.Pool](p.DB, "crm.pool"), Customers: d.customers, Book: sql, Views: sql, Location: p.Location, Busy: d.isBusy,
		Rules: db.NewStore(p.DB, "crm.allocation_rule", db.WithLines("crm.allocation_member", func(r *domain.AllocationRule) *[]domain.AllocationMember { return &r.Members }))}
	d.customers.Pools = d.pools
	d.followups = &domain.Followups{Store: db.NewStore[domain.Followup](p.DB, "crm.followup"), Now: p.Now, Customers: d.customers, Rhythm: sql}
	fields := &domain.FieldStandards{Store: db.NewStore[domain.FieldStandard](p.DB, "crm.field_standard"), Standards: sql, Directory: p.Authz.Directory}
	resource.Register(p.Types, d.customers.Declare())
	resource.Register(p.Types, d.customers.DeclareContact())
	resource.Register(p.Types, d.followups.Declare())
	resource.Register(p.Types, fields.Declare())
	follow := &domain.FollowStandards{Store: db.NewStore[domain.FollowStandard](p.DB, "crm.follow_standard"), Directory: p.Authz.Directory}
	resource.Register(p.Types, follow.Declare())
	resource.Register(p.Types, d.policies.Declare())
	d.master()
	d.contacts()
	d.cycle()
	d.holding()
	d.handing()
	d.lending()
	d.caring()
	d.grouping()
	d.listening()
	d.pleasing()
	d.touching(sources)
	d.overview()
	d.logging()
	d.calls()
	d.messaging()
	d.ruling()
	d.facts.Loyalty = d.loyalty

	exposure := &store.Exposure{DB: p.DB}
	p.AddCheck("crm.exposure", func(ctx context.Context) ([]string, error) { return exposure.Differences(ctx) })
	p.AddCheck("crm.facts", func(ctx context.Context) ([]string, error) { return sql.FactDifferences(ctx) })
	p.AddModule(app.Module{Code: "crm", Help: crm.Help, Label: "Customer relationship management", Icon: "users",
		Types: []string{"crm.customer", "crm.contact", "crm.followup", "crm.message", "crm.call_list", "crm.field_standard", "crm.work_log", "crm.need", "crm.risk_case", "crm.care_program", "crm.care_task", "crm.partner", "crm.deal_registration", "crm.market_fund", "crm.fund_claim", "crm.touch_point", "crm.touch_action", "crm.segment", "crm.value_model", "crm.credit_profile", "crm.credit_release", "crm.transfer", "crm.resource_plan", "crm.loyalty_rule", "crm.reward", "crm.follow_standard", "crm.pool", "crm.allocation_rule", "crm.inbox_rule", "crm.policy", "crm.branch_policy", "crm.branch_position", "crm.good_practice"}}, text.FS)
	return &Module{Customers: d.customers, Credit: &domain.Credit{Ledger: exposure, Customers: d.customers, Today: d.today}, DealEnded: d.customers.DealEnded, Facts: d.facts, Partners: d.partners,
		Terms: &domain.Terms{Book: sql}, desk: d}
}

// job adds a job that runs for every company with its calendar day.
func (d *desk) job(name, label, spec string, run func(ctx context.Context, company int64, day date.Date) error) {
	d.p.Jobs.Add(jobs.Job{Name: name, Label: label, Spec: spec, Run: func(ctx context.Context) error {
		var all []error
		for id, c := range d.p.Authz.Directory().Companies {
			if err := run(authz.With(ctx, authz.Subject{Company: id}), id, date.Of(d.p.Now().In(c.Location))); err != nil {
				all = append(all, fmt.Errorf("company %d: %w", id, err))
			}
		}
		return errors.Join(all...)
	}})
}

// today is the calendar day of the actor's company.
func (d *desk) today(ctx context.Context) date.Date { return d.p.Today(ctx) }

func customerRef(id int64) trace.Ref { return trace.Ref{Type: "crm.customer", ID: id} }
