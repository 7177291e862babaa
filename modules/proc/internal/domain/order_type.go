package domain

import (
	"context"
	"time"

	"meridian/modules/dste"
	"meridian/modules/ipd"
	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/resource"
)

// Declare returns the document type of the purchase order.
func (s *Orders) Declare() *resource.Type[Order] {
	lines := resource.Lines("lines", "Lines", func(o *Order) *[]OrderLine { return &o.Lines }, resource.Fields[OrderLine]{
		resource.Ref("product_id", "Product", func(l *OrderLine) *ipd.ProductID { return &l.ProductID }, "ipd.product").Required(),
		resource.Text("description", "Description", func(l *OrderLine) *string { return &l.Description }),
		resource.Quantity("qty", "Quantity", func(l *OrderLine) *money.Qty { return &l.Qty }).Required(),
		resource.Price("price", "Price", func(l *OrderLine) *money.Price { return &l.Price }),
		resource.Percent("tax_rate", "Tax rate", func(l *OrderLine) *money.Ratio { return &l.TaxRate }),
		resource.Price("net", "Net", func(l *OrderLine) *money.Price { return &l.Net }).ReadOnly(),
		resource.Quantity("received", "Received quantity", func(l *OrderLine) *money.Qty { return &l.Received }).ReadOnly(),
		resource.Quantity("accepted", "Accepted quantity", func(l *OrderLine) *money.Qty { return &l.Accepted }).ReadOnly(),
		resource.Quantity("rejected", "Rejected quantity", func(l *OrderLine) *money.Qty { return &l.Rejected }).ReadOnly(),
		resource.Quantity("billed", "Billed quantity", func(l *OrderLine) *money.Qty { return &l.Billed }).ReadOnly(),
		resource.Text("origin_type", "Type of origin", func(l *OrderLine) *string { return &l.OriginType }).ReadOnly().Hidden(),
		resource.Int("origin_id", "Id of origin", func(l *OrderLine) *int64 { return &l.OriginID }).ReadOnly().Hidden(),
	})
	s.Type = &resource.Type[Order]{
		Name: "proc.po", Label: "Purchase order", Plural: "Purchase orders", Icon: "shopping-cart", Number: "PO-{yyyy}-{00000}", Store: s.Store,
		Check: s.check, Print: s.print, SumBy: "net",
		Amount: func(o *Order) money.Amount { return o.Total },
		Day:    func(o *Order) date.Date { return o.OrderDate },
		Default: func(ctx context.Context, o *Order) error {
			o.OrderDate = s.Budget.Today(ctx)
			return nil
		},
		Fields: resource.Fields[Order]{
			resource.Ref("supplier_id", "Supplier", func(o *Order) *int64 { return &o.SupplierID }, "proc.supplier").Required().InList().Filter(),
			resource.OptRef("requisition_id", "Requisition", func(o *Order) **int64 { return &o.RequisitionID }, "proc.requisition").ReadOnly().Filter().Source(),
			resource.Date("order_date", "Order date", func(o *Order) *date.Date { return &o.OrderDate }).Required().InList().Filter(),
			resource.Date("wanted_on", "Wanted on", func(o *Order) *date.Date { return &o.WantedOn }).Required().InList().Filter(),
			resource.Date("first_confirmed", "First confirmed", func(o *Order) *date.Date { return &o.FirstConfirmed }).ReadOnly().Filter(),
			resource.Date("latest_confirmed", "Latest confirmed", func(o *Order) *date.Date { return &o.LatestConfirmed }).ReadOnly().InList(),
			resource.Date("received_on", "Received on", func(o *Order) *date.Date { return &o.ReceivedOn }).ReadOnly(),
			resource.Ref("warehouse_id", "Warehouse", func(o *Order) *int64 { return &o.WarehouseID }, "isc.warehouse").Filter(),
			resource.Text("budget_key", "Budget key", func(o *Order) *string { return &o.BudgetKey }).Filter().Limit(40),
			resource.Enum("budget_verdict", "Budget check", func(o *Order) *dste.Verdict { return &o.BudgetVerdict }, verdicts...).ReadOnly(),
			lines,
			resource.LongText("terms", "Terms", func(o *Order) *string { return &o.Terms }).Limit(4000),
			resource.Money("net", "Net", func(o *Order) *money.Amount { return &o.Net }).ReadOnly().InList().Filter(),
			resource.Money("tax", "Tax", func(o *Order) *money.Amount { return &o.Tax }).ReadOnly(),
			resource.Money("total", "Total", func(o *Order) *money.Amount { return &o.Total }).ReadOnly().InList().Filter(),
		},
		Process: resource.Process(func(o *Order) *OrderStage { return &o.Stage },
			[]resource.Stage[OrderStage]{
				{Key: OrderDraft, Label: "Draft", Owner: "proc.buyer", Class: process.Draft, Out: resource.Need(lines), Limit: 8 * time.Hour, Help: "Agree prices and dates, then ask for approval."},
				{Key: OrderApproved, Label: "Approved", Owner: "proc.buyer", Class: process.Open, Limit: 8 * time.Hour, Locked: true, Help: "Send the order to the supplier."},
				{Key: OrderIssued, Label: "Issued", Owner: "proc.buyer", Class: process.Open, Limit: 16 * time.Hour, Locked: true, Help: "Ask the supplier for a confirmed date."},
				{Key: OrderConfirmed, Label: "Confirmed", Wait: true, Class: process.Transit, Locked: true, Help: "The supplier delivers; note a new date if it moves."},
				{Key: OrderPartial, Label: "Partially received", Wait: true, Class: process.Transit, Locked: true, Help: "Part has arrived; the supplier delivers the rest."},
				{Key: OrderReceived, Label: "Received", Owner: "core.finance_clerk", Class: process.Working, Limit: 80 * time.Hour, Locked: true, Help: "Match the supplier's invoice; then the order closes by itself."},
				{Key: OrderClosed, Label: "Closed", End: true, Class: process.Done},
				{Key: OrderCancelled, Label: "Cancelled", End: true, Class: process.Cancelled},
			},
			[]resource.Move[Order, OrderStage]{
				{Name: "submit", Label: "Ask for approval", From: resource.From(OrderDraft), To: OrderApproved, Guard: "total > 0", Matrix: "proc.po:submit"},
				{Name: "issue", Label: "Issue", From: resource.From(OrderApproved), To: OrderIssued, Do: resource.Do(s.issue)},
				{Name: "confirm", Label: "Note the confirmation", From: resource.From(OrderIssued), To: OrderConfirmed, Do: resource.Ask(confirmedForm(), s.confirm)},
				{Name: "reschedule", Label: "New delivery date", From: resource.From(OrderConfirmed, OrderPartial), Reason: true, Deviation: true, Do: resource.Ask(confirmedForm(), s.confirm)},
				{Name: "receive_part", Label: "Part received", From: resource.From(OrderConfirmed, OrderPartial), To: OrderPartial, System: true},
				{Name: "receive_all", Label: "All received", From: resource.From(OrderConfirmed, OrderPartial), To: OrderReceived, System: true, Do: resource.Do(s.received)},
				{Name: "close", Label: "Close", From: resource.From(OrderReceived), To: OrderClosed, System: true, Do: resource.Do(s.free)},
				{Name: "short_close", Label: "Give up the rest", From: resource.From(OrderPartial, OrderReceived), To: OrderClosed, Reason: true, Deviation: true, Do: resource.Do(s.shortClose)},
				{Name: "cancel", Label: "Cancel", From: resource.From(OrderDraft, OrderApproved, OrderIssued, OrderConfirmed), To: OrderCancelled, Reason: true, Deviation: true, Do: resource.Do(s.cancel)},
			}),
		Rules: map[string][]process.Rule{
			"proc.po:submit": {
				{Label: "Orders below 50,000: purchasing", To: money.MustAmount("50000"), Steps: []process.Step{process.ByRole("proc.manager")}},
				{Label: "Orders from 50,000: purchasing, then finance", From: money.MustAmount("50000"), Steps: []process.Step{process.ByRole("proc.manager"), process.ByRole("core.finance_manager")}},
			},
		},
	}
	return s.Type
}
