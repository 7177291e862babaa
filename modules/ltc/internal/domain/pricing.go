package domain

import (
	"fmt"

	"meridian/modules/ipd"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/resource"
)

// Priced is what the lines of quote, order and invoice have in common.
type Priced struct {
	ProductID   ipd.ProductID
	Description string
	Qty         money.Qty
	UnitPrice   money.Price
	Discount    money.Ratio
	TaxRate     money.Ratio
	Net         money.Price // six digits; rounded per document, never per line
	// Agreed marks a line whose price and tax were settled on the document it was
	// copied from: nothing is filled in.
	Agreed bool `gorm:"-"`
}

// pricedFields declares the fields of a priced line.
func pricedFields[L any](at func(*L) *Priced) resource.Fields[L] {
	return resource.Fields[L]{
		resource.Ref("product_id", "Product", func(l *L) *ipd.ProductID { return &at(l).ProductID }, "ipd.product").Required(),
		resource.Text("description", "Description", func(l *L) *string { return &at(l).Description }),
		resource.Quantity("qty", "Quantity", func(l *L) *money.Qty { return &at(l).Qty }).Required(),
		resource.Price("unit_price", "Unit price", func(l *L) *money.Price { return &at(l).UnitPrice }).Hint("Empty takes the list price."),
		resource.Percent("discount", "Discount", func(l *L) *money.Ratio { return &at(l).Discount }),
		resource.Percent("tax_rate", "Tax rate", func(l *L) *money.Ratio { return &at(l).TaxRate }).Hint("Empty on a new line takes the rate of the product."),
		resource.Price("net", "Net", func(l *L) *money.Price { return &at(l).Net }).ReadOnly(),
	}
}

// check refuses quantities and shares no line can have; path is "lines.0.".
func (p *Priced) check(path string) (bad []errs.Field) {
	one := money.Units(1)
	if p.Qty.Sign() <= 0 {
		bad = append(bad, errs.Field{Name: path + "qty", Message: "The quantity must be greater than zero."})
	}
	if p.UnitPrice.Sign() < 0 {
		bad = append(bad, errs.Field{Name: path + "unit_price", Message: "A price cannot be negative."})
	}
	if p.Discount.Sign() < 0 || one.Less(p.Discount) {
		bad = append(bad, errs.Field{Name: path + "discount", Message: "A discount lies between 0 % and 100 %."})
	}
	if p.TaxRate.Sign() < 0 || one.Less(p.TaxRate) {
		bad = append(bad, errs.Field{Name: path + "tax_rate", Message: "A tax rate lies between 0 % and 100 %."})
	}
	return bad
}

// cut is the share a line stays below the list price: the discount, and whatever
// the unit price was lowered by, so that a lower price cannot evade approval.
func (p *Priced) cut(list money.Price) money.Ratio {
	paid := money.Net(money.Units(1), p.UnitPrice, p.Discount)
	kept, ok := money.Share(paid, list)
	if !ok {
		return p.Discount
	}
	return money.Units(1).Sub(kept).Max(p.Discount)
}

// Totals is what a document adds up to.
type Totals struct{ Net, Tax, Total money.Amount }

// totals adds lines up: the unrounded nets are summed per tax rate and rounded
// once, the tax is taken on that sum. Freight carries no tax.
func totals(lines []*Priced, freight money.Amount) Totals {
	var rates []money.Ratio
	nets := map[string]money.Price{}
	for _, l := range lines {
		key := l.TaxRate.String()
		if _, seen := nets[key]; !seen {
			rates = append(rates, l.TaxRate)
		}
		nets[key] = nets[key].Add(l.Net)
	}
	var t Totals
	for _, r := range rates {
		base := money.Round(nets[r.String()])
		t.Net, t.Tax = t.Net.Add(base), t.Tax.Add(money.Tax(base, r))
	}
	t.Total = t.Net.Add(t.Tax).Add(freight)
	return t
}

func linePath(i int) string { return fmt.Sprintf("lines.%d.", i) }
