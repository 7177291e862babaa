package domain

import (
	"context"
	"time"

	"meridian/modules/crm"
	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/resource"
)

func orderRules() []process.Rule {
	large := money.MustAmount("500000")
	return []process.Rule{
		{Label: "Below 500,000", To: large},
		{Label: "500,000 and above", From: large, Steps: []process.Step{process.ByRole("ltc.manager")}},
	}
}

func orderLineFields() resource.Fields[OrderLine] {
	return append(pricedFields(func(l *OrderLine) *Priced { return &l.Priced }),
		resource.Quantity("reserved", "Reserved quantity", func(l *OrderLine) *money.Qty { return &l.Reserved }).ReadOnly(),
		resource.Date("promised_on", "Promised for", func(l *OrderLine) *date.Date { return &l.PromisedOn }).ReadOnly(),
		resource.Quantity("delivered", "Delivered quantity", func(l *OrderLine) *money.Qty { return &l.Delivered }).ReadOnly(),
		resource.Quantity("accepted", "Signed-off quantity", func(l *OrderLine) *money.Qty { return &l.Accepted }).ReadOnly(),
		resource.Quantity("invoiced", "Invoiced quantity", func(l *OrderLine) *money.Qty { return &l.Invoiced }).ReadOnly())
}

// Declare returns the document type of the sales order.
func (s *Orders) Declare() *resource.Type[Order] {
	lines := resource.Lines("lines", "Lines", func(o *Order) *[]OrderLine { return &o.Lines }, orderLineFields())
	s.Type = &resource.Type[Order]{
		Name: "ltc.order", Label: "Sales order", Plural: "Sales orders", Icon: "shopping-cart", Number: "SO-{yyyy}-{00000}", Store: s.Store, Check: s.check, Imported: s.imported, SumBy: "total", Print: s.print,
		Amount:  func(o *Order) money.Amount { return o.Total },
		Day:     func(o *Order) date.Date { return o.OrderDate },
		Default: func(ctx context.Context, o *Order) error { o.OrderDate = s.Today(ctx); return nil },
		Rules:   map[string][]process.Rule{"ltc.order:confirm": orderRules(), "ltc.order:change": orderRules()},
		Fields: resource.Fields[Order]{
			resource.Ref("customer_id", "Customer", func(o *Order) *crm.CustomerID { return &o.CustomerID }, "crm.customer").Required().InList().Filter().In("Order"),
			resource.OptRef("contact_id", "Contact", func(o *Order) **int64 { return &o.ContactID }, "crm.contact").In("Order"),
			resource.OptRef("opportunity_id", "Opportunity", func(o *Order) **int64 { return &o.OpportunityID }, "ltc.opportunity").Filter().Source().In("Order"),
			resource.OptRef("quote_id", "Quote", func(o *Order) **int64 { return &o.QuoteID }, "ltc.quote").Filter().Source().In("Order"),
			resource.OptRef("contract_id", "Contract", func(o *Order) **int64 { return &o.ContractID }, "ltc.contract").Filter().Source().In("Order"),
			resource.Date("order_date", "Order date", func(o *Order) *date.Date { return &o.OrderDate }).Required().InList().Filter().In("Order"),
			resource.Date("wish_date", "Wanted on", func(o *Order) *date.Date { return &o.WishDate }).InList().Filter().In("Delivery"),
			resource.LongText("ship_to", "Ship to", func(o *Order) *string { return &o.ShipTo }).Limit(500).In("Delivery"),
			resource.OptRef("warehouse_id", "Warehouse", func(o *Order) **int64 { return &o.WarehouseID }, "isc.warehouse").Filter().In("Delivery"),
			resource.Date("confirmed_on", "Confirmed on", func(o *Order) *date.Date { return &o.ConfirmedOn }).ReadOnly().Filter().In("Delivery"),
			resource.Enum("acceptance", "Acceptance", func(o *Order) *Accepting { return &o.Acceptance }, acceptingOptions()...).Filter().In("Delivery").Hint("Empty is as the contract says; without one the customer signs."),
			resource.Enum("channel", "Channel", func(o *Order) *string { return &o.Channel }, resource.Option{Value: "field", Label: "Field sales"}, resource.Option{Value: "inside", Label: "Inside sales"}, resource.Option{Value: "partner", Label: "Partner"}, resource.Option{Value: "web", Label: "Web"}).Filter().In("Order"),
			resource.LongText("note", "Note", func(o *Order) *string { return &o.Note }).In("Delivery"),
			resource.Text("credit_hold", "Held for credit", func(o *Order) *string { return &o.CreditHold }).ReadOnly().Filter().In("Holds"),
			resource.Text("price_hold", "Held for price", func(o *Order) *string { return &o.PriceHold }).ReadOnly().Filter().In("Holds"),
			resource.Text("data_hold", "Held for data", func(o *Order) *string { return &o.DataHold }).ReadOnly().Filter().In("Holds"),
			resource.Text("customer_hold", "Held for the customer", func(o *Order) *string { return &o.CustomerHold }).ReadOnly().Filter().In("Holds"),
			resource.Int("revision", "Revision", func(o *Order) *int { return &o.Revision }).ReadOnly().In("Holds"),
			lines,
			resource.Money("freight", "Freight", func(o *Order) *money.Amount { return &o.Freight }).In("Totals").Hint("Charged without tax."),
			resource.Money("net", "Net", func(o *Order) *money.Amount { return &o.Net }).ReadOnly().Filter().In("Totals"),
			resource.Money("tax", "Tax", func(o *Order) *money.Amount { return &o.Tax }).ReadOnly().In("Totals"),
			resource.Money("total", "Total", func(o *Order) *money.Amount { return &o.Total }).ReadOnly().InList().Filter().In("Totals"),
			resource.Money("exposure", "Credit in use", func(o *Order) *money.Amount { return &o.Exposure }).ReadOnly().In("Totals"),
		},
		Process: resource.Process(func(o *Order) *OrderStage { return &o.Stage },
			[]resource.Stage[OrderStage]{
				{Key: OrderDraft, Label: "Draft", Owner: "ltc.order_desk", Class: process.Draft, Limit: 8 * time.Hour, Help: "Check lines, dates and place; then confirm."},
				{Key: OrderConfirmed, Label: "Confirmed", Owner: "ltc.order_desk", Class: process.Open, Locked: true, In: resource.Need(lines), Limit: 40 * time.Hour, Help: "Release to the warehouse when the goods are there."},
				{Key: OrderReleased, Label: "Released", Wait: true, Class: process.Transit, Locked: true, Help: "The warehouse picks and ships."},
				{Key: OrderDelivered, Label: "Delivered", Wait: true, Class: process.Transit, Locked: true, Help: "The customer checks and accepts."},
				{Key: OrderCompleted, Label: "Completed", End: true, Class: process.Done, Help: "Everything is accepted; invoice what is not invoiced yet."},
				{Key: OrderClosedShort, Label: "Closed short", End: true, Class: process.Done},
				{Key: OrderCancelled, Label: "Cancelled", End: true, Class: process.Cancelled},
			},
			[]resource.Move[Order, OrderStage]{
				{Name: "confirm", Label: "Confirm", From: resource.From(OrderDraft), To: OrderConfirmed, Matrix: "ltc.order:confirm", Do: resource.Do(s.confirm)},
				{Name: "release", Label: "Release", From: resource.From(OrderConfirmed), To: OrderReleased, Auto: true, Do: resource.Do(s.release)},
				{Name: "deliver", Label: "All delivered", From: resource.From(OrderReleased), To: OrderDelivered, System: true},
				{Name: "complete", Label: "All accepted", From: resource.From(OrderDelivered, OrderReleased), To: OrderCompleted, System: true},
				{Name: "invoice", Label: "Create invoice", From: resource.From(OrderReleased, OrderDelivered, OrderCompleted, OrderClosedShort), Do: resource.Do(s.invoice)},
				{Name: "hold", Label: "Hold", From: resource.From(OrderConfirmed), Deviation: true, Do: resource.Ask(holdForm(), s.holdUp)},
				{Name: "unhold", Label: "Lift a hold", From: resource.From(OrderConfirmed), Do: resource.Ask(unholdForm(), s.lift)},
				{Name: "change", Label: "Change", From: resource.From(OrderConfirmed, OrderReleased), Reason: true, Deviation: true, Matrix: "ltc.order:change", Do: resource.Ask(changeForm(), s.change)},
				{Name: "advance", Label: "Make advance invoice", From: resource.From(OrderConfirmed, OrderReleased), Do: resource.Ask(aheadForm(), s.advance)},
				{Name: "close_short", Label: "Close short", From: resource.From(OrderReleased, OrderDelivered), To: OrderClosedShort, Reason: true, Deviation: true, Do: resource.Do(s.closeShort)},
				{Name: "cancel", Label: "Cancel", From: resource.From(OrderDraft, OrderConfirmed, OrderReleased), To: OrderCancelled, Reason: true, Deviation: true, Do: resource.Do(s.cancel)},
				{Name: "copy", Label: "Copy", From: resource.From(OrderConfirmed, OrderReleased, OrderDelivered, OrderCompleted, OrderClosedShort, OrderCancelled), Do: resource.Do(s.copy)},
			}),
	}
	return s.Type
}
