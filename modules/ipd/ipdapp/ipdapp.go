// Package ipdapp assembles integrated product development; only cmd imports it.
package ipdapp

import (
	"context"

	"meridian/modules/ipd"
	"meridian/modules/ipd/internal/domain"
	"meridian/modules/ipd/internal/store"
	"meridian/modules/ipd/internal/text"
	"meridian/modules/ipd/internal/web"
	"meridian/platform/app"
	"meridian/platform/db"
	"meridian/platform/resource"
)

// Needs is what the module stands on beside the platform.
type Needs struct {
	Goals string // type of the strategic goals a project may serve: dste.objective; "" for none
}

// Module is what the other modules get.
type Module struct {
	Products ipd.Products
	Launches ipd.Launches
}

// New builds the module and registers its types.
func New(p *app.Platform, n Needs) *Module {
	bom := &store.BOM{DB: p.DB}
	products := &domain.Products{Graph: bom, Store: db.NewStore[domain.Product](p.DB, "ipd.product",
		db.WithLines[domain.Product, domain.Component]("ipd.product_bom", func(x *domain.Product) *[]domain.Component { return &x.BOM }))}
	launches := &domain.Launches{Acks: &store.Acks{DB: p.DB}, Products: products, Tx: p.DB.Tx, Notify: p.Notices.Send}
	projects := &domain.Projects{Products: products, Launches: launches, Bus: p.Bus, Goals: n.Goals,
		Store: db.NewStore[domain.Project](p.DB, "ipd.project",
			db.WithLines[domain.Project, domain.Component]("ipd.project_bom", func(x *domain.Project) *[]domain.Component { return &x.BOM })),
		Currency: func(company int64) string { return p.Authz.Directory().Companies[company].Currency },
	}
	resource.Register(p.Types, products.Declare())
	resource.Register(p.Types, projects.Declare())

	ipd.Product360.Add(p.Types, "ipd.launch", "Launch", 10, "ipd.product:read", web.LaunchPanel(launches.Acks))
	p.AddCheck("ipd.bom", func(ctx context.Context) ([]string, error) { return bom.Cycles(ctx) })
	p.AddModule(app.Module{Code: "ipd", Help: ipd.Help, Label: "Integrated product development", Icon: "rocket", Types: []string{"ipd.project", "ipd.product"}}, text.FS)
	return &Module{Products: products, Launches: launches}
}
