package domain

import (
	"context"
	"fmt"
	"slices"

	"meridian/modules/ipd"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// Item is the stock side of a product in one company. The ledger counts by the
// product's id, the item key of the suite; the item carries its number.
type Item struct {
	record.Base
	ProductID    ipd.ProductID
	ReorderPoint money.Qty
	SafetyStock  money.Qty
}

// Items is the service behind the item type.
type Items struct {
	Store    record.Store[Item]
	Products ipd.Products

	Type *resource.Type[Item]
}

// check lets only goods into stock and numbers the item like its product.
func (s *Items) check(ctx context.Context, i *Item) error {
	var bad []errs.Field
	if i.ReorderPoint.Sign() < 0 {
		bad = append(bad, errs.Field{Name: "reorder_point", Message: "This cannot be negative."})
	}
	if i.SafetyStock.Sign() < 0 {
		bad = append(bad, errs.Field{Name: "safety_stock", Message: "This cannot be negative."})
	}
	if i.ProductID != 0 {
		p, err := s.Products.Product(ctx, i.ProductID)
		switch {
		case errs.Is(err, errs.NotFound): // the reference check names the field
		case err != nil:
			return err
		case p.Kind != ipd.Goods:
			bad = append(bad, errs.Field{Name: "product_id", Message: "Services are not kept in stock."})
		default:
			i.No = p.No
		}
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// lacking lists the goods without an item, sorted.
func (s *Items) lacking(ctx context.Context, company int64, goods map[ipd.ProductID]bool) ([]int64, error) {
	var ids []int64
	for id, is := range goods {
		if is {
			ids = append(ids, int64(id))
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	have, err := s.Store.Find(ctx, record.Where("product_id", record.In, ids).And("company_id", record.Eq, company))
	ids = slices.DeleteFunc(ids, func(id int64) bool {
		return slices.ContainsFunc(have, func(i Item) bool { return int64(i.ProductID) == id })
	})
	slices.Sort(ids)
	return ids, err
}

// known reports whether all goods have their item.
func (s *Items) known(ctx context.Context, company int64, goods map[ipd.ProductID]bool) (bool, error) {
	ids, err := s.lacking(ctx, company, goods)
	return len(ids) == 0, err
}

// Ensure makes the items of goods on first use. The caller holds the cost rows of the
// products, so two first uses do not meet.
func (s *Items) Ensure(ctx context.Context, company int64, goods map[ipd.ProductID]bool) error {
	ids, err := s.lacking(ctx, company, goods)
	if err != nil {
		return err
	}
	for _, id := range ids {
		i := &Item{ProductID: ipd.ProductID(id)}
		i.CompanyID = company
		if err := s.Type.Create(ctx, i); err != nil {
			return fmt.Errorf("item of product %d: %w", id, err)
		}
	}
	return nil
}

// Declare returns the document type of the item.
func (s *Items) Declare() *resource.Type[Item] {
	s.Type = &resource.Type[Item]{
		Name: "isc.item", Label: "Stock item", Plural: "Stock items", Icon: "box", Number: "IT-{000000}", NoOwner: true,
		Store: s.Store, Check: s.check,
		Fields: resource.Fields[Item]{
			resource.Ref("product_id", "Product", func(i *Item) *ipd.ProductID { return &i.ProductID }, "ipd.product").Required().InList().Filter().Source(),
			resource.Quantity("reorder_point", "Reorder point", func(i *Item) *money.Qty { return &i.ReorderPoint }).InList().Hint("Order when what is free and on its way falls to this."),
			resource.Quantity("safety_stock", "Safety stock", func(i *Item) *money.Qty { return &i.SafetyStock }).InList(),
		},
	}
	return s.Type
}
