package ltcapp

import (
	"context"

	"meridian/modules/ltc/internal/domain"
	"meridian/modules/ltc/internal/store"
	"meridian/modules/ltc/internal/web"
	"meridian/platform/app"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/report"
	"meridian/platform/resource"
)

// selling is the half of the module that ends with the signature: leads, deals, plan,
// price, quote, forecast, renewal, commission.
type selling struct {
	p        *app.Platform
	leads    *domain.Leads
	deals    *domain.Opportunities
	book     *store.Deals
	quotes   *domain.Quotes
	prices   *domain.Prices
	policies *domain.SalesPolicies
	entries  *domain.ForecastEntries
	plans    *domain.SalesPlans
	facts    *store.Plans
	pricing  *store.Pricing
	models   *domain.ConfigModels
	leadBook *store.Leads
	lines    *store.Pipelines

	sold        *store.After
	renewals    *domain.Renewals
	commissions *domain.Commissions
}

// sell completes the services of selling, which New has made, and registers their
// types, reports and jobs. It returns the names of the types for the menu.
func sell(p *app.Platform, n Needs, leads *domain.Leads, deals *domain.Opportunities, quotes *domain.Quotes, prices *domain.Prices, expenses *domain.Expenses) []string {
	s := &selling{p: p, leads: leads, deals: deals, quotes: quotes, prices: prices, book: deals.Store.(*store.Deals)}
	s.policies = &domain.SalesPolicies{Ports: deals.Ports, Store: db.NewStore[domain.SalesPolicy](p.DB, "ltc.sales_policy")}
	s.leadBook = &store.Leads{DB: p.DB}
	leads.Policies, leads.Silence, leads.Handed, leads.Notify = s.policies, s.leadBook, s.leadBook, p.Notices.Send
	deals.Deals, deals.Policies, deals.Now, deals.Followups = s.book, s.policies, p.Now, n.Followups

	s.entries = &domain.ForecastEntries{Ports: deals.Ports, Store: db.NewStore[domain.ForecastEntry](p.DB, "ltc.forecast_entry")}
	s.facts = &store.Plans{DB: p.DB}
	s.plans = &domain.SalesPlans{Ports: deals.Ports, Facts: s.facts.Facts, InForce: s.facts.InForce,
		Store: db.NewStore(p.DB, "ltc.sales_plan", db.WithLines("ltc.sales_target", func(x *domain.SalesPlan) *[]domain.Target { return &x.Targets }))}

	s.price()
	s.method()
	s.shelving()
	s.lending(expenses)
	resource.Register(p.Types, s.policies.Declare())
	resource.Register(p.Types, s.entries.Declare())
	resource.Register(p.Types, s.plans.Declare())

	report.Register(p.Reports, s.myLeads())
	report.Register(p.Reports, s.convert())
	s.partnering()
	report.Register(p.Reports, s.attention())
	report.Register(p.Reports, s.forecast())
	report.Register(p.Reports, s.funnel())
	report.Register(p.Reports, s.gate())
	report.Register(p.Reports, s.pipelineBoard())
	resource.Point[int64]("ltc.opportunity").Add(p.Types, "ltc.path", "Steps of the pipeline", 5, "ltc.opportunity:read", web.Path(deals))
	report.Register(p.Reports, s.winLoss())
	report.Register(p.Reports, s.contactAnalysis())
	report.Register(p.Reports, s.attainment())
	report.Register(p.Reports, s.out())
	report.Register(p.Reports, s.quoteDiff())
	report.Register(p.Reports, s.configure())
	more := s.after()
	s.offers()
	resource.Point[int64]("ltc.quote").Add(p.Types, "ltc.versions", "Offer versions", 10, "ltc.quote:read", web.Versions(quotes.Store, p.Types))

	daily(p, "ltc.relearn", "Learn the probability of open deals", "40 1 * * *", func(ctx context.Context, company int64, _ date.Date) error {
		_, err := deals.Relearn(ctx, company)
		return err
	})
	daily(p, "ltc.silent_leads", "Alarm for leads nobody has contacted", "0 8 * * *", func(ctx context.Context, company int64, _ date.Date) error {
		_, err := leads.AlarmSilent(ctx, company, p.Now())
		return err
	})
	daily(p, "ltc.freeze", "Freeze the forecast of the week", "30 0 * * 1", func(ctx context.Context, company int64, day date.Date) error {
		_, err := s.book.Freeze(ctx, company, day, p.Now())
		return err
	})
	return append([]string{"ltc.need_survey", "ltc.solution", "ltc.deal_decision", "ltc.lend_request", "ltc.sales_document", "ltc.pipeline", "ltc.sales_step", "ltc.price_list", "ltc.discount_authority", "ltc.config_model", "ltc.configuration", "ltc.sales_plan", "ltc.forecast_entry", "ltc.sales_policy"}, more...)
}

// price wires what a price is made of: lists, authority, configuration.
func (s *selling) price() {
	p, ports := s.p, s.deals.Ports
	s.pricing = &store.Pricing{DB: p.DB}
	s.prices.Special = s.pricing
	lists := &domain.PriceLists{Ports: ports, Store: db.NewStore(p.DB, "ltc.price_list", db.WithLines("ltc.price_tier", func(l *domain.PriceList) *[]domain.Tier { return &l.Tiers }))}
	authority := &domain.DiscountAuthorities{Ports: ports, Store: db.NewStore[domain.DiscountAuthority](p.DB, "ltc.discount_authority"), Roles: func(ctx context.Context) ([]string, error) {
		roles, err := p.Authz.AllRoles(ctx)
		codes := make([]string, len(roles))
		for i, r := range roles {
			codes[i] = r.Code
		}
		return codes, err
	}}
	s.models = &domain.ConfigModels{Ports: ports, Store: db.NewStore(p.DB, "ltc.config_model",
		db.WithLines("ltc.config_feature", func(m *domain.ConfigModel) *[]domain.ConfigFeature { return &m.Features }),
		db.WithLines("ltc.config_option", func(m *domain.ConfigModel) *[]domain.ConfigOption { return &m.Options }),
		db.WithLines("ltc.config_rule", func(m *domain.ConfigModel) *[]domain.ConfigRule { return &m.Rules }))}
	configurations := &domain.Configurations{Ports: ports, Store: db.NewStore[domain.Configuration](p.DB, "ltc.configuration"), Models: s.models, Prices: s.prices}
	s.quotes.Policies, s.quotes.Configurations, s.quotes.Links = s.policies, configurations, s.pricing
	resource.Register(p.Types, lists.Declare())
	resource.Register(p.Types, authority.Declare())
	resource.Register(p.Types, s.models.Declare())
	resource.Register(p.Types, configurations.Declare())
	p.AddCheck("ltc.current_quotes", (&store.Checks{DB: p.DB}).Current)
}

// method wires the sales method: steps, need survey, solution.
func (s *selling) method() {
	p, ports := s.p, s.deals.Ports
	s.lines = store.NewPipelines(p.DB)
	s.deals.Pipelines = &domain.Pipelines{Ports: ports, Store: s.lines, Deals: s.lines}
	resource.Register(p.Types, s.deals.Pipelines.Declare())
	s.deals.Steps = &domain.SalesSteps{Ports: ports, Store: db.NewStore[domain.SalesStep](p.DB, "ltc.sales_step")}
	surveys := &domain.NeedSurveys{Ports: ports, Store: db.NewStore[domain.NeedSurvey](p.DB, "ltc.need_survey"), Opportunities: s.deals, Notify: p.Notices.Send}
	solutions := &domain.Solutions{Ports: ports, Opportunities: s.deals, Store: db.NewStore(p.DB, "ltc.solution",
		db.WithLines("ltc.solution_cost", func(x *domain.Solution) *[]domain.SolutionCost { return &x.Costs }),
		db.WithLines("ltc.solution_risk", func(x *domain.Solution) *[]domain.SolutionRisk { return &x.Risks }),
		db.WithLines("ltc.solution_concern", func(x *domain.Solution) *[]domain.SolutionConcern { return &x.Concerns }))}
	resource.Register(p.Types, s.deals.Steps.Declare())
	resource.Register(p.Types, surveys.Declare())
	resource.Register(p.Types, solutions.Declare())
}

// lending wires what other departments lend to a deal, and its end.
func (s *selling) lending(expenses *domain.Expenses) {
	p := s.p
	lending := &domain.Lending{Ports: s.deals.Ports, Deals: s.deals, Expenses: expenses, Book: &store.Lending{DB: p.DB}, Store: db.NewStore[domain.LendRequest](p.DB, "ltc.lend_request"),
		MayRead: func(person int64) bool { return len(p.Authz.Explain(person, "ltc.opportunity", "read")) > 0 }}
	resource.Register(p.Types, lending.Declare())
	daily(p, "ltc.lends", "End what was lent to deals", "10 0 * * *", func(ctx context.Context, company int64, day date.Date) error {
		_, err := lending.EndLent(ctx, company, day)
		return err
	})
}

// today is the business date of the actor's company.
func (s *selling) today(ctx context.Context) date.Date { return s.deals.Today(ctx) }

// company is the company of the actor.
func company(ctx context.Context) int64 {
	sub, _ := authz.Of(ctx)
	return sub.Company
}
