// Package isc is the integrated supply chain: stock that is never wrong, promises
// with supply behind them, picking and shipping.
package isc

import (
	"context"
	"embed"

	"meridian/modules/ipd"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/trace"
)

// Demand is one order line that wants goods.
type Demand struct {
	Line    int64 // id of the order line
	Product ipd.ProductID
	Qty     money.Qty // still to come: what was shipped is no demand any more
	NeedBy  date.Date
}

// Promise is what stock and supply say to one demand.
type Promise struct {
	Line     int64
	Reserved money.Qty // hard, on stock
	Pegged   money.Qty // on supply that is on its way
	Short    money.Qty // neither: a shortage was raised
	On       date.Date // when all of it can ship; zero = unknown
	Basis    string    // English key: from stock, from purchase order, short
}

// ReserveRequest asks for goods for a document.
type ReserveRequest struct {
	Doc       trace.Ref
	Warehouse int64 // 0 = the default one
	Customer  int64
	Owner     int64 // who is told, and who owns the shortage's follow-up
	Priority  int   // who is served first when goods arrive; 0 is usual, higher first
	Lines     []Demand
}

// ShortStock is the refusal of a posting that would take more than there is. It
// is a Precondition.
type ShortStock struct {
	Product           ipd.ProductID
	Wanted, Available money.Qty
	err               *errs.Error
}

// NewShortStock says that name is short.
func NewShortStock(product ipd.ProductID, name string, wanted, available money.Qty) *ShortStock {
	return &ShortStock{product, wanted, available, errs.New(errs.Precondition, "Not enough stock of {0}: {1} wanted, {2} there, {3} short.",
		name, wanted, available, wanted.Sub(available))}
}

func (e *ShortStock) Error() string { return e.err.Error() }

// Unwrap gives the edge its message and kind.
func (e *ShortStock) Unwrap() error { return e.err }

// Short is what is missing.
func (e *ShortStock) Short() money.Qty { return e.Wanted.Sub(e.Available) }

// Stock is what other modules may ask of the warehouse. Calls run in the caller's
// transaction, past the reader's row rules.
type Stock interface {
	// Promise answers when demand could ship; it never writes.
	Promise(ctx context.Context, lines []Demand, warehouse int64) ([]Promise, error)
	// Reserve reserves what is free, raises a shortage for the rest and returns the
	// promise per line. Repeating it for the same document line does nothing more.
	Reserve(ctx context.Context, r ReserveRequest) ([]Promise, error)
	// Release gives back every reservation of a document and closes its shortages.
	Release(ctx context.Context, doc trace.Ref) error
}

// ShipRequest asks the warehouse to pick and ship what is reserved for a document.
type ShipRequest struct {
	Doc       trace.Ref // the sales order
	Customer  int64
	ShipTo    string
	Promised  date.Date
	Warehouse int64
	Owner     int64
	Lines     []Demand
}

// Shipments is what LTC asks of the warehouse.
type Shipments interface {
	// Request creates a shipment in stage planned with the lines of r and returns it.
	Request(ctx context.Context, r ShipRequest) (trace.Ref, error)
}

// ShippedLine is one product that left the warehouse.
type ShippedLine struct {
	Line    int64 // id of the order line
	Product ipd.ProductID
	Qty     money.Qty
	Cost    money.Amount // base currency
}

// Shipped is published when a shipment leaves; stock has been issued at cost.
type Shipped struct {
	Shipment trace.Ref
	Doc      trace.Ref // the sales order
	Lines    []ShippedLine
	On       date.Date
}

// Delivered is published with the proof of delivery.
type Delivered struct {
	Shipment trace.Ref
	Doc      trace.Ref
	Lines    []ShippedLine
	On       date.Date
	SignedBy string
}

// Replenished is published when goods arrived for a waiting order line.
type Replenished struct {
	Doc  trace.Ref
	Line int64
	Qty  money.Qty
}

// Credit reports whether the credit of a customer allows shipping; CRM answers
// through an adapter in wire.go, since ISC does not stand on CRM's credit.
type Credit interface {
	MayShip(ctx context.Context, customer int64, doc trace.Ref) (ok bool, reason string, err error)
}

// Help explains the concepts of the module to its users: README.md in English,
// README.zh.md in Chinese.
//
//go:embed README.md README.zh.md
var Help embed.FS
