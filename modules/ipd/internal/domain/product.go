// Package domain holds the rules of integrated product development.
package domain

import (
	"context"
	"fmt"

	"meridian/modules/ipd"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// ProductStage is where a product stands in its life.
type ProductStage string

// The stages of a product.
const (
	ProductDraft      ProductStage = "draft"
	ProductPreRelease ProductStage = "pre_release"
	ProductReleased   ProductStage = "released"
	ProductBlocked    ProductStage = "blocked"
	ProductEndOfSale  ProductStage = "end_of_sale"
)

// Product is one thing we sell, buy, stock or service.
type Product struct {
	record.Base
	Stage           ProductStage
	Name            string
	NameEn          string
	Kind            ipd.Kind
	Unit            string
	Category        string
	TaxRate         money.Ratio
	QuantityPerUnit string
	Supplier        string
	ProjectID       *int64
	Note            string
	BOM             []Component `gorm:"-"`
}

// Component is one line of a bill of material.
type Component struct {
	record.Line
	ComponentID ipd.ProductID
	Qty         money.Qty
}

// BOMGraph is what the bill of material knows about all products together.
type BOMGraph interface {
	// Lock keeps every other change of a bill waiting until the end of the
	// transaction, so two halves of a cycle cannot be stored at the same time.
	Lock(ctx context.Context) error
	// Contains reports whether product is one of parts or a component of one, at any level.
	Contains(ctx context.Context, parts []int64, product int64) (bool, error)
}

// Products is the service behind the product type; it implements ipd.Products.
type Products struct {
	Store record.Store[Product]
	Graph BOMGraph

	Type *resource.Type[Product]
}

// defaultTax is the usual rate of goods sold in China.
var defaultTax = money.MustQty("0.13")

func productDefaults(_ context.Context, p *Product) error {
	p.Kind, p.Unit, p.TaxRate = ipd.Goods, "pcs", defaultTax
	return nil
}

// check refuses what cannot be right; a bill that contains its own product would
// never end.
func (s *Products) check(ctx context.Context, p *Product) error {
	bad := checkTax(p.TaxRate)
	bad = append(bad, checkBOM(p.BOM, p.ID)...)
	if p.ID == 0 && p.Stage == ProductPreRelease {
		bad = append(bad, errs.Field{Name: "stage", Message: "A product reaches pre-release only through a launch."})
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	if p.ID == 0 || len(p.BOM) == 0 {
		return nil // nothing contains a product that is new
	}
	return s.checkCycle(ctx, p)
}

func checkTax(rate money.Ratio) []errs.Field {
	if rate.Sign() < 0 || !rate.Less(money.Units(1)) {
		return []errs.Field{{Name: "tax_rate", Message: "A tax rate lies between 0 % and 100 %."}}
	}
	return nil
}

// checkBOM looks at the lines alone: each component once, more than none of it,
// never the product itself.
func checkBOM(lines []Component, self int64) []errs.Field {
	var bad []errs.Field
	seen := map[ipd.ProductID]bool{}
	for i, l := range lines {
		switch {
		case l.Qty.Sign() <= 0:
			bad = append(bad, errs.Field{Name: fmt.Sprintf("bom.%d.qty", i), Message: "A quantity above zero is needed."})
		case self != 0 && int64(l.ComponentID) == self:
			bad = append(bad, errs.Field{Name: fmt.Sprintf("bom.%d.component_id", i), Message: "A product cannot contain itself."})
		case seen[l.ComponentID]:
			bad = append(bad, errs.Field{Name: fmt.Sprintf("bom.%d.component_id", i), Message: "This component stands on two lines."})
		}
		seen[l.ComponentID] = true
	}
	return bad
}

func (s *Products) checkCycle(ctx context.Context, p *Product) error {
	if err := s.Graph.Lock(ctx); err != nil {
		return err
	}
	parts := make([]int64, len(p.BOM))
	for i, l := range p.BOM {
		parts[i] = int64(l.ComponentID)
	}
	cycle, err := s.Graph.Contains(ctx, parts, p.ID)
	if err != nil {
		return fmt.Errorf("bill of product %d: %w", p.ID, err)
	}
	if cycle {
		return errs.Bad("bom", "A component contains this product already; the bill would never end.")
	}
	return nil
}

// view is the product as other modules see it.
func (p *Product) view() ipd.Product {
	return ipd.Product{ID: ipd.ProductID(p.ID), No: p.No, Name: p.Name, Unit: p.Unit, Kind: p.Kind, TaxRate: p.TaxRate,
		Sellable: p.Stage == ProductReleased && p.ArchivedAt == nil}
}

// pastRules lets every module read every product: calls run past the row rules of
// the reader, whose right to the calling document was checked at the edge.
func pastRules(ctx context.Context) context.Context { return authz.System(ctx, "ipd.Products") }

// Product implements ipd.Products.
func (s *Products) Product(ctx context.Context, id ipd.ProductID) (ipd.Product, error) {
	p, err := s.Store.Get(pastRules(ctx), int64(id))
	if err != nil {
		return ipd.Product{}, fmt.Errorf("product %d: %w", id, err)
	}
	return p.view(), nil
}

// Products implements ipd.Products.
func (s *Products) Products(ctx context.Context, ids []ipd.ProductID) (map[ipd.ProductID]ipd.Product, error) {
	plain := make([]int64, len(ids))
	for i, id := range ids {
		plain[i] = int64(id)
	}
	rows, err := s.Store.Many(pastRules(ctx), plain)
	if err != nil {
		return nil, fmt.Errorf("products: %w", err)
	}
	out := make(map[ipd.ProductID]ipd.Product, len(rows))
	for i := range rows {
		out[ipd.ProductID(rows[i].ID)] = rows[i].view()
	}
	return out, nil
}

// BOM implements ipd.Products.
func (s *Products) BOM(ctx context.Context, id ipd.ProductID) ([]ipd.BOMLine, error) {
	p, err := s.Store.Get(pastRules(ctx), int64(id))
	if err != nil {
		return nil, fmt.Errorf("bill of product %d: %w", id, err)
	}
	return bomView(p.BOM), nil
}

func bomView(lines []Component) []ipd.BOMLine {
	out := make([]ipd.BOMLine, len(lines))
	for i, l := range lines {
		out[i] = ipd.BOMLine{Component: l.ComponentID, Qty: l.Qty}
	}
	return out
}
