// Package proc is procurement: requisition, purchase order, receipt, inspection,
// three-way match, payment.
package proc

import (
	"context"
	"embed"

	"meridian/modules/ipd"
	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/trace"
)

// Need is one line of demand that becomes a requisition.
type Need struct {
	Product ipd.ProductID
	Qty     money.Qty
	NeedBy  date.Date
	Origin  trace.Ref // the shortage, case or project behind it; kept on every document that follows
	Reason  string
}

// Requisitions takes demand of other modules.
type Requisitions interface {
	// Request creates a draft requisition for needs and returns it; owner is who
	// submits it. from names the documents it came from.
	Request(ctx context.Context, needs []Need, owner int64, from ...trace.Ref) (trace.Ref, error)
}

// Supply is an open quantity on its way.
type Supply struct {
	PO     trace.Ref
	Qty    money.Qty
	On     date.Date // confirmed, else wanted
	Origin trace.Ref
}

// Orders is what other modules may ask about purchase orders.
type Orders interface {
	// Supply returns the open quantities of a product by date.
	Supply(ctx context.Context, product ipd.ProductID) ([]Supply, error)
}

// GoodsReceived is published in the transaction that posts a receipt; ISC takes
// the goods into stock, status inspection.
type GoodsReceived struct {
	Receipt   trace.Ref
	PO        trace.Ref
	Lines     []ReceivedLine
	Warehouse int64 // isc.warehouse; 0 = the default one
	Day       date.Date
}

// ReceivedLine is one product of a receipt.
type ReceivedLine struct {
	Line     int64 // id of the receipt line
	Product  ipd.ProductID
	Qty      money.Qty
	UnitCost money.Price // base currency
	Origin   trace.Ref
}

// InspectionDecided is published when goods pass or fail; ISC moves the accepted
// quantity to available stock and gives it to the waiting demand first.
type InspectionDecided struct {
	Inspection trace.Ref
	Receipt    trace.Ref
	Line       int64
	Product    ipd.ProductID
	Accepted   money.Qty
	Rejected   money.Qty
	Warehouse  int64
	Origin     trace.Ref
}

// Help explains the concepts of the module to its users: README.md in English,
// README.zh.md in Chinese.
//
//go:embed README.md README.zh.md
var Help embed.FS
