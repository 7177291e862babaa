// Package iscapp assembles the integrated supply chain; only cmd imports it.
package iscapp

import (
	"context"

	"meridian/modules/ipd"
	"meridian/modules/isc"
	"meridian/modules/isc/internal/domain"
	"meridian/modules/isc/internal/store"
	"meridian/modules/isc/internal/text"
	"meridian/modules/isc/internal/web"
	"meridian/modules/proc"
	"meridian/platform/app"
	"meridian/platform/db"
	"meridian/platform/kpi"
	"meridian/platform/resource"
)

// Needs is what the module stands on beside the platform.
type Needs struct {
	Products     ipd.Products
	Launches     ipd.Launches
	Orders       proc.Orders
	Requisitions proc.Requisitions
	Credit       isc.Credit
	Demand       string // type of the documents goods are shipped for: ltc.order
	Customer     string // type of whom they go to: crm.customer
}

// Module is what the other modules get, and what wire.go hangs on their events.
type Module struct {
	Stock     isc.Stock
	Shipments isc.Shipments

	OnLaunched          func(ctx context.Context, e ipd.Launched) error
	OnGoodsReceived     func(ctx context.Context, e proc.GoodsReceived) error
	OnInspectionDecided func(ctx context.Context, e proc.InspectionDecided) error
}

// New builds the module and registers its types.
func New(p *app.Platform, n Needs) *Module {
	today := p.Today
	warehouses := &domain.Warehouses{Store: db.NewStore[domain.Warehouse](p.DB, "isc.warehouse")}
	items := &domain.Items{Store: db.NewStore[domain.Item](p.DB, "isc.item"), Products: n.Products}
	shortages := &domain.Shortages{Store: db.NewStore[domain.Shortage](p.DB, "isc.shortage"), Purchase: n.Requisitions, Orders: n.Orders,
		Title: p.Types.Title, Notify: p.Notices.Send}
	stock := &domain.Stock{Tx: p.DB.Tx, Part: p.DB.Savepoint, Ledger: &domain.Ledger{Store: &store.Ledger{DB: p.DB}, Products: n.Products}, Book: &store.Book{DB: p.DB},
		Sites: &store.Sites{DB: p.DB}, Items: items, Shortages: shortages, Products: n.Products, Launches: n.Launches, Orders: n.Orders, Bus: p.Bus, Today: today}
	shipments := &domain.Shipments{Stock: stock, Picks: &store.Picks{DB: p.DB}, Credit: n.Credit, Bus: p.Bus, Today: today, Demand: n.Demand, Customer: n.Customer,
		Store: db.NewStore[domain.Shipment](p.DB, "isc.shipment",
			db.WithLines[domain.Shipment, domain.ShipmentLine]("isc.shipment_line", func(s *domain.Shipment) *[]domain.ShipmentLine { return &s.Lines }))}
	stock.Shipments = shipments
	adjustments := &domain.Adjustments{Store: db.NewStore[domain.Adjustment](p.DB, "isc.adjustment"), Stock: stock}

	resource.Register(p.Types, shipments.Declare())
	resource.Register(p.Types, shortages.Declare())
	resource.Register(p.Types, items.Declare())
	resource.Register(p.Types, adjustments.Declare())
	resource.Register(p.Types, warehouses.Declare())

	reports := &store.Reports{DB: p.DB}
	ipd.Product360.Add(p.Types, "isc.stock", "Stock", 20, "isc.item:read", web.StockPanel(reports, n.Orders))
	measures(p, reports)
	checks := &store.Checks{DB: p.DB}
	p.AddCheck("isc.balances", checks.Balances)
	p.AddCheck("isc.reserved", checks.Reserved)
	p.AddCheck("isc.costs", checks.Costs)
	p.AddCheck("isc.negative", checks.Negative)
	p.AddModule(app.Module{Code: "isc", Help: isc.Help, Label: "Integrated supply chain", Icon: "truck",
		Types: []string{"isc.shipment", "isc.shortage", "isc.item", "isc.adjustment", "isc.warehouse"}}, text.FS)
	return &Module{Stock: stock, Shipments: shipments,
		OnLaunched: stock.OnLaunched, OnGoodsReceived: stock.OnGoodsReceived, OnInspectionDecided: stock.OnInspectionDecided}
}

func measures(p *app.Platform, reports *store.Reports) {
	p.KPI.Register(kpi.Measure{Code: "isc.on_time_in_full", Label: "On time in full", Unit: kpi.Fraction, Higher: true, Object: "isc.shipment", Func: reports.OnTimeInFull,
		Help: "Shipments that came by the promised day with everything on them / all shipments with a promise, by day of delivery (of dispatch while there is no proof)."})
	p.KPI.Register(kpi.Measure{Code: "isc.stock_value", Label: "Stock value", Unit: kpi.Currency, Object: "isc.item", Perm: "isc.item#value:read", Func: reports.StockValue,
		Help: "Sum of the cost entries of the stock ledger up to the last day, moving average."})
}
