// Package ipd is integrated product development: from a product charter through
// stages to a launched, sellable product. IPD owns the one item key of the suite.
package ipd

import (
	"context"
	"embed"

	"meridian/platform/money"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// ProductID is the one item key of the suite.
type ProductID int64

// Ref names the product in the thread.
func (id ProductID) Ref() trace.Ref { return trace.Ref{Type: "ipd.product", ID: int64(id)} }

// Kind says whether a product is kept in stock.
type Kind string

// The kinds of products.
const (
	Goods   Kind = "goods"
	Service Kind = "service" // never stocked, never picked
)

// Product is what other modules need of one.
type Product struct {
	ID       ProductID
	No, Name string
	Unit     string // base unit, e.g. pcs
	Kind     Kind
	TaxRate  money.Ratio // usual rate of sale, 0.13 is 13 %
	Sellable bool        // general availability, not blocked, not at end of sale
}

// BOMLine is one component of a product.
type BOMLine struct {
	Component ProductID
	Qty       money.Qty
}

// Products is what other modules may ask about products. Calls run past the
// reader's row rules.
type Products interface {
	// Product returns a product in any state. NotFound if there is none.
	Product(ctx context.Context, id ProductID) (Product, error)
	// Products returns those of ids that exist.
	Products(ctx context.Context, ids []ProductID) (map[ProductID]Product, error)
	// BOM returns the components in force, none for a bought product.
	BOM(ctx context.Context, id ProductID) ([]BOMLine, error)
}

// Launched is published when a launch creates the product in state pre-release.
// ISC, LTC and ITR each answer through Launches.Acknowledge; when all have, the
// product becomes generally available.
type Launched struct {
	Product  ProductID
	Project  trace.Ref
	Name     string
	Price    money.Price // sales price per base unit, base currency
	Currency string
	BOM      []BOMLine
}

// Launches takes the answers to a launch.
type Launches interface {
	// Acknowledge records that module ("isc", "ltc", "itr") took the launch over, or
	// why not. Repeating an answer does nothing.
	Acknowledge(ctx context.Context, product ProductID, module string, rejected string) error
}

// Product360 is the page of one product; every module may add a panel.
var Product360 = resource.Point[ProductID]("ipd.product")

// Help explains the concepts of the module to its users: README.md in English,
// README.zh.md in Chinese.
//
//go:embed README.md README.zh.md
var Help embed.FS
