// Package procapp assembles procurement; only cmd imports it.
package procapp

import (
	"context"

	"meridian/modules/dste"
	"meridian/modules/ipd"
	"meridian/modules/proc"
	"meridian/modules/proc/internal/domain"
	"meridian/modules/proc/internal/store"
	"meridian/modules/proc/internal/text"
	"meridian/platform/app"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/kpi"
	"meridian/platform/org"
	"meridian/platform/resource"
)

// Needs is what procurement asks of other modules.
type Needs struct {
	Products ipd.Products
	Budget   dste.Budget
}

// Module is what the other modules get.
type Module struct {
	Requisitions proc.Requisitions
	Orders       proc.Orders
}

// New builds the module and registers its types, measures and checks.
func New(p *app.Platform, n Needs) *Module {
	today := p.Today
	facts := &store.Store{DB: p.DB}
	budget := domain.Budget{Ledger: n.Budget, Today: today}
	printer := &domain.Printer{Products: n.Products,
		Company: func(id int64) *org.Company { return p.Authz.Directory().Companies[id] },
		Person:  func(id int64) string { return p.Authz.Directory().Name(id) }}

	suppliers := &domain.Suppliers{Store: db.NewStore[domain.Supplier](p.DB, "proc.supplier")}
	requisitions := &domain.Requisitions{Suppliers: suppliers, Products: n.Products, Facts: facts, Budget: budget, Name: p.Types.Title,
		Store: db.NewStore(p.DB, "proc.requisition", db.WithLines("proc.requisition_line", func(r *domain.Requisition) *[]domain.RequisitionLine { return &r.Lines }))}
	orders := &domain.Orders{Suppliers: suppliers, Requisitions: requisitions, Budget: budget, Print: printer.Order,
		Store: db.NewStore(p.DB, "proc.po", db.WithLines("proc.po_line", func(o *domain.Order) *[]domain.OrderLine { return &o.Lines }))}
	receipts := &domain.Receipts{Orders: orders, Products: n.Products, Bus: p.Bus, Today: today,
		Store: db.NewStore(p.DB, "proc.receipt", db.WithLines("proc.receipt_line", func(r *domain.Receipt) *[]domain.ReceiptLine { return &r.Lines }))}
	inspections := &domain.Inspections{Receipts: receipts, Orders: orders, Products: n.Products, Bus: p.Bus,
		Store: db.NewStore[domain.Inspection](p.DB, "proc.inspection")}
	invoices := &domain.Invoices{Orders: orders, Suppliers: suppliers, Budget: budget,
		Store: db.NewStore(p.DB, "proc.invoice", db.WithLines("proc.invoice_line", func(v *domain.Invoice) *[]domain.InvoiceLine { return &v.Lines }))}
	payments := &domain.Payments{Invoices: invoices, Suppliers: suppliers, Facts: facts, Today: today,
		Store: db.NewStore[domain.Payment](p.DB, "proc.payment")}
	requisitions.Orders, receipts.Inspections = orders, inspections

	resource.Register(p.Types, suppliers.Declare())
	resource.Register(p.Types, requisitions.Declare())
	resource.Register(p.Types, orders.Declare())
	resource.Register(p.Types, receipts.Declare())
	resource.Register(p.Types, inspections.Declare())
	resource.Register(p.Types, invoices.Declare())
	resource.Register(p.Types, payments.Declare())

	eInvoices(p, &domain.EInvoices{Invoices: invoices, Products: n.Products, Company: printer.Company, Attach: p.Files.Add, Tx: p.DB.Tx})
	measures(p, facts, today)
	p.AddCheck("proc.chain", facts.Differences)
	p.AddModule(app.Module{Code: "proc", Help: proc.Help, Label: "Procurement", Icon: "shopping-cart",
		Types: []string{"proc.requisition", "proc.po", "proc.receipt", "proc.inspection", "proc.invoice", "proc.payment", "proc.supplier"}}, text.FS)
	return &Module{Requisitions: requisitions, Orders: facts}
}

func measures(p *app.Platform, facts *store.Store, today func(context.Context) date.Date) {
	p.KPI.Register(kpi.Measure{Code: "proc.spend", Label: "Spend", Unit: kpi.Currency, Object: "proc.invoice", Func: facts.Spend,
		Help: "Net of the matched invoices of suppliers, by invoice date."})
	p.KPI.Register(kpi.Measure{Code: "proc.supplier_on_time", Label: "Suppliers on time", Unit: kpi.Fraction, Higher: true, Object: "proc.po",
		Help: "Order lines that arrived in full by the first confirmed date, of those due in the period.",
		Func: func(ctx context.Context, s kpi.Scope) (kpi.Value, error) { return facts.OnTime(ctx, s, today(ctx)) }})
}
