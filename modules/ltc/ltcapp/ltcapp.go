// Package ltcapp assembles leads to cash; only cmd imports it.
package ltcapp

import (
	"context"
	"time"

	"meridian/modules/crm"
	"meridian/modules/dste"
	"meridian/modules/ipd"
	"meridian/modules/isc"
	"meridian/modules/ltc"
	"meridian/modules/ltc/internal/domain"
	"meridian/modules/ltc/internal/store"
	"meridian/modules/ltc/internal/text"
	"meridian/modules/ltc/internal/web"
	"meridian/platform/app"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/kpi"
	"meridian/platform/money"
	"meridian/platform/org"
	"meridian/platform/resource"
)

// Needs are the contracts leads to cash stands on.
type Needs struct {
	Customers crm.Customers
	Partners  crm.Partners
	Credit    crm.Credit
	Products  ipd.Products
	Stock     isc.Stock
	Shipments isc.Shipments
	Followups ltc.Followups
	Budget    dste.Budget
}

// Module is what the other modules get.
type Module struct {
	Leads  ltc.Leads
	Orders ltc.Orders
	// Reactions are what wire.go subscribes to the events of others.
	Reactions Reactions

	quotes  *domain.Quotes
	prices  *domain.Prices
	reports *store.Reports
	cash    *cash
}

// Reactions are our answers to the events of others.
type Reactions struct {
	Launched    func(ctx context.Context, e ipd.Launched) error
	Shipped     func(ctx context.Context, e isc.Shipped) error
	Delivered   func(ctx context.Context, e isc.Delivered) error
	Replenished func(ctx context.Context, e isc.Replenished) error
	// OwnershipChanged lets the open work with a customer follow it to its new owner.
	OwnershipChanged func(ctx context.Context, e crm.OwnershipChanged) error
	// Registered makes the protected deal of a partner an opportunity.
	Registered func(ctx context.Context, e crm.DealRegistrationApproved) error
	// PointsEarned and PointsUsed keep what is owed to members in points.
	PointsEarned func(ctx context.Context, e crm.PointsEarned) error
	PointsUsed   func(ctx context.Context, e crm.PointsUsed) error
	// Gap asks sales for the leads, deals and wins that a customer resource plan lacks.
	Gap func(ctx context.Context, e crm.ResourceGapPublished) error
	// PartnerPeople shows leads handed out to who joined a partner, and hides them from who left.
	PartnerPeople func(ctx context.Context, e crm.PartnerPeopleChanged) error
}

// New builds the module and registers its types.
func New(p *app.Platform, n Needs) *Module {
	ports := &domain.Ports{Customers: n.Customers, Partners: n.Partners, Credit: n.Credit, Products: n.Products, Stock: n.Stock, Shipments: n.Shipments, Bus: p.Bus,
		Book: &store.Book{DB: p.DB}, Tx: p.DB.Tx, Link: p.Trace.Link,
		People: func() *org.Directory { return p.Authz.Directory() },
		Today:  p.Today,
		Fiscal: func(ctx context.Context, company int64, day date.Date) (string, error) {
			return p.Numbers.Gapless(ctx, company, "ltc.invoice.fiscal", "INV-{yyyy}-{000000}", day.In(time.UTC))
		},
	}
	prices := &domain.Prices{Ports: ports, Store: db.NewStore[domain.Price](p.DB, "ltc.price")}
	deals := &domain.Opportunities{Ports: ports, Store: store.NewDeals(p.DB)}
	leads := &domain.Leads{Ports: ports, Store: db.NewStore[domain.Lead](p.DB, "ltc.lead"), Opportunities: deals}
	quotes := &domain.Quotes{Ports: ports, Opportunities: deals, Prices: prices,
		Store: store.NewQuotes(p.DB)}
	contracts := &domain.Contracts{Ports: ports, Quotes: quotes,
		Store: db.NewStore(p.DB, "ltc.contract", db.WithLines("ltc.contract_plan", func(c *domain.Contract) *[]domain.PlanLine { return &c.Plan }),
			db.WithLines("ltc.contract_clause", func(c *domain.Contract) *[]domain.ContractClause { return &c.Clauses }))}
	orders := &domain.Orders{Ports: ports, Now: p.Now, Prices: prices, Quotes: quotes, Contracts: contracts,
		Store: db.NewStore(p.DB, "ltc.order", db.WithLines("ltc.order_line", func(o *domain.Order) *[]domain.OrderLine { return &o.Lines }))}
	acceptances := &domain.Acceptances{Ports: ports, Orders: orders, Contracts: contracts,
		Store: db.NewStore(p.DB, "ltc.acceptance", db.WithLines("ltc.acceptance_line", func(a *domain.Acceptance) *[]domain.AcceptanceLine { return &a.Lines }))}
	invoices := &domain.Invoices{Ports: ports, Orders: orders, Contracts: contracts,
		Store: db.NewStore(p.DB, "ltc.invoice", db.WithLines("ltc.invoice_line", func(v *domain.Invoice) *[]domain.InvoiceLine { return &v.Lines }),
			db.WithLines("ltc.invoice_item", func(v *domain.Invoice) *[]domain.InvoiceItem { return &v.Items }), db.WithLines("ltc.instalment", func(v *domain.Invoice) *[]domain.Instalment { return &v.Instalments }))}
	receipts := &domain.Receipts{Ports: ports, Invoices: invoices, Orders: orders, Contracts: contracts, Store: db.NewStore[domain.Receipt](p.DB, "ltc.receipt")}
	quotes.Contracts, quotes.Orders = contracts, orders
	contracts.Orders = orders
	orders.Acceptances, orders.Invoices = acceptances, invoices
	acceptances.Invoices = invoices

	toCash := wireCash(p, ports, contracts, orders, invoices, receipts, acceptances)
	toCash.serve(deals, n.Budget)

	resource.Register(p.Types, leads.Declare())
	resource.Register(p.Types, deals.Declare())
	resource.Register(p.Types, quotes.Declare())
	resource.Register(p.Types, contracts.Declare())
	resource.Register(p.Types, orders.Declare())
	resource.Register(p.Types, acceptances.Declare())
	resource.Register(p.Types, invoices.Declare())
	resource.Register(p.Types, receipts.Declare())
	resource.Register(p.Types, prices.Declare())
	toCash.declare()

	targets := addLeadTargets(p, ports)
	more := sell(p, n, leads, deals, quotes, prices, toCash.expenses)

	reports := &store.Reports{DB: p.DB}
	measures(p.KPI, reports)
	checks(p)
	view := &domain.Deals{Opportunities: deals.Store, Orders: orders.Store, Invoices: invoices.Store}
	crm.Customer360.Add(p.Types, "ltc.deals", "Deals", 20, "ltc.opportunity:read", web.Deals(view, p.Types))
	p.AddModule(app.Module{Code: "ltc", Help: ltc.Help, Label: "Leads to cash", Icon: "cash", Types: append([]string{"ltc.lead", "ltc.opportunity", "ltc.quote", "ltc.contract", "ltc.order",
		"ltc.acceptance", "ltc.invoice", "ltc.receipt", "ltc.price", "ltc.lead_target"}, append(more, cashTypes()...)...)}, text.FS)
	return &Module{Leads: leads, Orders: orders, quotes: quotes, prices: prices, reports: reports, cash: toCash,
		Reactions: Reactions{Launched: prices.OnLaunched, Shipped: orders.OnShipped, Delivered: orders.OnDelivered, Replenished: orders.OnReplenished, OwnershipChanged: followsCustomer(p), Registered: deals.OnRegistration, PartnerPeople: leads.PartnerPeople, PointsEarned: toCash.points.Given, PointsUsed: toCash.points.Used, Gap: targets.OnGap}}
}

// ExpireQuotes ends the quotes whose validity ended before day; the nightly job
// calls it. It returns how many ended.
func (m *Module) ExpireQuotes(ctx context.Context, day date.Date) (int, error) {
	return m.quotes.ExpireQuotes(ctx, day)
}

// Aging returns what customers owe as of a day, by days overdue, under the row
// rules of the reader.
func (m *Module) Aging(ctx context.Context, day date.Date) ([]Aging, error) {
	return m.reports.Aging(ctx, day)
}

// Aging is what one customer owes as of a day.
type Aging = domain.Aging

// Price returns the list price of a product on a day. NotFound when it has none.
func (m *Module) Price(ctx context.Context, product ipd.ProductID, day date.Date) (money.Price, error) {
	return m.prices.For(ctx, product, day)
}

func measures(r *kpi.Registry, reports *store.Reports) {
	for _, m := range []kpi.Measure{
		{Code: "ltc.net_sales", Label: "Net sales", Unit: kpi.Currency, Higher: true, Object: "ltc.order", Func: reports.NetSales,
			Help: "Quantity x price x (1 - discount) of order lines by order date, without tax and freight, cancelled orders left out; rounded once."},
		{Code: "ltc.order_count", Label: "Orders", Unit: kpi.Count, Higher: true, Object: "ltc.order", Func: reports.OrderCount,
			Help: "Confirmed orders by order date, cancelled ones left out."},
		{Code: "ltc.win_rate", Label: "Win rate", Unit: kpi.Fraction, Higher: true, Object: "ltc.opportunity", Func: reports.WinRate,
			Help: "Won deals / (won + lost deals) by closing date."},
		{Code: "ltc.open_pipeline", Label: "Open pipeline", Unit: kpi.Currency, Higher: true, Object: "ltc.opportunity", State: true, Func: reports.OpenPipeline,
			Help: "Amount of the deals that are open now, without those on hold."},
		{Code: "ltc.receivables", Label: "Receivables", Unit: kpi.Currency, Object: "ltc.invoice", Func: reports.Receivables,
			Help: "Open amount of posted invoices at the end of the period."},
	} {
		r.Register(m)
	}
}

func checks(p *app.Platform) {
	c := &store.Checks{DB: p.DB}
	p.AddCheck("ltc.open", c.Open)
	p.AddCheck("ltc.totals", c.Totals)
	p.AddCheck("ltc.exposure", c.Exposure)
	p.AddCheck("ltc.numbers", c.Numbers)
	p.AddCheck("ltc.plans", c.Plans)
	p.AddCheck("ltc.ways", c.Ways)
}
