package domain

import (
	"time"

	"meridian/modules/ipd"
	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/resource"
)

// Declare returns the document type of the shipment. It is made by the order and
// never edited; history comes in by import.
func (s *Shipments) Declare() *resource.Type[Shipment] {
	lines := resource.Fields[ShipmentLine]{
		resource.Ref("product_id", "Product", func(l *ShipmentLine) *ipd.ProductID { return &l.ProductID }, "ipd.product").Required(),
		resource.Quantity("qty", "Quantity", func(l *ShipmentLine) *money.Qty { return &l.Qty }).Required(),
		resource.Quantity("picked", "Picked", func(l *ShipmentLine) *money.Qty { return &l.Picked }),
		resource.Money("cost", "Cost of goods", func(l *ShipmentLine) *money.Amount { return &l.Cost }).Sensitive(),
		resource.Int("order_line", "Order line", func(l *ShipmentLine) *int64 { return &l.OrderLine }).Hidden(),
	}
	s.Type = &resource.Type[Shipment]{
		Name: "isc.shipment", Label: "Shipment", Plural: "Shipments", Icon: "truck", Number: "SH-{yyyy}-{000000}", NoCreate: true, NoEdit: true,
		Store: s.Store, Check: s.check,
		Day: func(sh *Shipment) date.Date { return firstDay(sh.ShippedOn, sh.PromisedOn, date.Of(sh.CreatedAt)) },
		Fields: resource.Fields[Shipment]{
			resource.Ref("order_id", "Order", func(sh *Shipment) *int64 { return &sh.OrderID }, s.Demand).Source().InList().Filter(),
			resource.Ref("customer_id", "Customer", func(sh *Shipment) *int64 { return &sh.CustomerID }, s.Customer).InList().Filter(),
			resource.Ref("warehouse_id", "Warehouse", func(sh *Shipment) *int64 { return &sh.WarehouseID }, "isc.warehouse").Required().Filter(),
			resource.LongText("ship_to", "Ship to", func(sh *Shipment) *string { return &sh.ShipTo }).Limit(500),
			resource.Date("promised_on", "Promised for", func(sh *Shipment) *date.Date { return &sh.PromisedOn }).InList().Filter(),
			resource.Lines("lines", "Lines", func(sh *Shipment) *[]ShipmentLine { return &sh.Lines }, lines),
			resource.Text("carrier", "Carrier", func(sh *Shipment) *string { return &sh.Carrier }).InList().Filter(),
			resource.Text("tracking", "Tracking number", func(sh *Shipment) *string { return &sh.Tracking }).Search(),
			resource.Date("shipped_on", "Shipped on", func(sh *Shipment) *date.Date { return &sh.ShippedOn }).InList().Filter(),
			resource.Date("delivered_on", "Delivered on", func(sh *Shipment) *date.Date { return &sh.DeliveredOn }).InList().Filter(),
			resource.Text("signed_by", "Signed by", func(sh *Shipment) *string { return &sh.SignedBy }),
		},
		Process: resource.Process(func(sh *Shipment) *ShipmentStage { return &sh.Stage },
			[]resource.Stage[ShipmentStage]{
				{Key: ShipmentPlanned, Label: "To pick", Owner: warehouse, Class: process.Open, Limit: 8 * time.Hour, Help: "Take the goods off the shelf; everything on the list is reserved."},
				{Key: ShipmentPicked, Label: "Picked", Owner: warehouse, Class: process.Working, Limit: 4 * time.Hour, Locked: true, Help: "Pack, hand over to the carrier, note the tracking number."},
				{Key: ShipmentShipped, Label: "Shipped", Owner: warehouse, Class: process.Transit, Locked: true, Help: "Record who signed for the goods, and when."},
				{Key: ShipmentDelivered, Label: "Delivered", End: true, Class: process.Done},
				{Key: ShipmentCancelled, Label: "Cancelled", End: true, Class: process.Cancelled},
			},
			[]resource.Move[Shipment, ShipmentStage]{
				{Name: "pick", Label: "Pick", From: resource.From(ShipmentPlanned), To: ShipmentPicked, Auto: true, Do: resource.Do(s.pick)},
				{Name: "ship", Label: "Ship", From: resource.From(ShipmentPicked), To: ShipmentShipped, Do: resource.Ask(dispatchForm(), s.ship)},
				{Name: "deliver", Label: "Delivered", From: resource.From(ShipmentShipped), To: ShipmentDelivered, Do: resource.Ask(proofForm(), s.deliver)},
				{Name: "cancel", Label: "Demand is gone", From: resource.From(ShipmentPlanned, ShipmentPicked), To: ShipmentCancelled, Deviation: true, System: true},
			}),
	}
	return s.Type
}

func firstDay(days ...date.Date) date.Date {
	for _, d := range days {
		if !d.IsZero() {
			return d
		}
	}
	return date.Date{}
}
