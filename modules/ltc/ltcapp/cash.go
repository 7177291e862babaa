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
	orders.Obligations, invoices.Obligations, contracts.Obligations, contracts.Invoices = c.obligations, c.obligations, c.obligations, invoices
	return c
}

// declare registers the types of the cash half after those they refer to.
func (c *cash) declare() {
	resource.Register(c.p.Types, c.obligations.Declare())
	ltc.InvoicePage.Add(c.p.Types, "ltc.journal", "Journal", 10, "ltc.invoice:read", web.Journal(c.p.Ledger, "ltc.invoice"))
	check := &store.CashChecks{Checks: store.Checks{DB: c.p.DB}, Ledger: c.p.Ledger, Companies: func() []int64 { return slices.Sorted(maps.Keys(c.p.Authz.Directory().Companies)) }}
	c.p.AddCheck("ltc.control", check.Control)
	c.p.AddCheck("ltc.revenue", check.Revenue)
}

// cashTypes are the types of the cash half in menu order.
func cashTypes() []string { return []string{"ltc.obligation"} }
