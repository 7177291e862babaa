package domain

import "meridian/platform/money"

// QuoteChange is what differs at one position between two versions of a quote.
type QuoteChange struct {
	Kind     string // added, removed, changed, same
	Old, New *QuoteLine
}

// The kinds of changes.
const (
	LineAdded   = "Added"
	LineRemoved = "Removed"
	LineChanged = "Changed"
	LineSame    = "Unchanged"
)

// DiffQuotes pairs the lines of two versions: the same product with the same
// configuration, in their order.
func DiffQuotes(old, now []QuoteLine) (out []QuoteChange) {
	used := make([]bool, len(old))
	for i := range now {
		n := &now[i]
		c := QuoteChange{Kind: LineAdded, New: n}
		for j := range old {
			if o := &old[j]; !used[j] && o.ProductID == n.ProductID && value(o.ConfigurationID) == value(n.ConfigurationID) {
				used[j], c.Old, c.Kind = true, o, LineSame
				if !o.Qty.Equal(n.Qty) || !o.UnitPrice.Equal(n.UnitPrice) || !o.Discount.Equal(n.Discount) || !o.TaxRate.Equal(n.TaxRate) || o.Description != n.Description {
					c.Kind = LineChanged
				}
				break
			}
		}
		out = append(out, c)
	}
	for j := range old {
		if !used[j] {
			out = append(out, QuoteChange{Kind: LineRemoved, Old: &old[j]})
		}
	}
	return out
}

// NetChange is how much a change moves the net of the offer.
func (c QuoteChange) NetChange() money.Price {
	var d money.Price
	if c.New != nil {
		d = d.Add(c.New.Net)
	}
	if c.Old != nil {
		d = d.Sub(c.Old.Net)
	}
	return d
}
