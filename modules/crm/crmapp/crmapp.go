// Package crmapp assembles customer relationship management; only cmd imports it.
package crmapp

import (
	"context"

	"meridian/modules/crm"
	"meridian/modules/crm/internal/domain"
	"meridian/modules/crm/internal/store"
	"meridian/modules/crm/internal/text"
	"meridian/platform/app"
	"meridian/platform/db"
	"meridian/platform/resource"
)

// Module is what the other modules get.
type Module struct {
	Customers crm.Customers
	Credit    crm.Credit
}

// New builds the module and registers its types.
func New(p *app.Platform) *Module {
	customers := &domain.Customers{
		Store:    db.NewStore[domain.Customer](p.DB, "crm.customer"),
		Contacts: db.NewStore[domain.Contact](p.DB, "crm.contact"),
		Bus:      p.Bus,
	}
	followups := &domain.Followups{Store: db.NewStore[domain.Followup](p.DB, "crm.followup"), Now: p.Now}
	resource.Register(p.Types, customers.Declare())
	resource.Register(p.Types, customers.DeclareContact())
	resource.Register(p.Types, followups.Declare())

	exposure := &store.Exposure{DB: p.DB}
	p.AddCheck("crm.exposure", func(ctx context.Context) ([]string, error) { return exposure.Differences(ctx) })
	p.AddModule(app.Module{Code: "crm", Help: crm.Help, Label: "Customer relationship management", Icon: "users", Types: []string{"crm.customer", "crm.contact", "crm.followup"}}, text.FS)
	return &Module{Customers: customers, Credit: &domain.Credit{Ledger: exposure}}
}
