package domain

import (
	"fmt"

	"meridian/platform/errs"
	"meridian/platform/money"
)

// Outcome of the three-way match of one invoice line.
type Outcome string

// The outcomes. Price may be resolved by another person; Quantity may not: what
// was not accepted is not billed.
const (
	Matched        Outcome = "matched"
	PriceDiffers   Outcome = "price"
	BeyondAccepted Outcome = "quantity"
)

// The tolerance of a price variance: the greater of an amount and a share of what
// the order says, upwards and downwards.
var (
	toleranceAmount = money.MustQty("10")
	toleranceShare  = money.MustQty("0.02")
)

// within reports whether billing qty at price instead of ordered stays within the
// tolerance.
func within(qty money.Qty, price, ordered money.Price) bool {
	variance := money.Times(price.Sub(ordered), qty).Abs()
	limit := money.Times(money.Times(ordered, qty), toleranceShare).Max(toleranceAmount)
	return !limit.Less(variance)
}

// compare matches every line of the invoice with what its order line has accepted
// and not yet billed, and writes the outcome of each.
func (v *Invoice) compare(o *Order) {
	taken := map[int64]money.Qty{}
	for i := range v.Lines {
		l := &v.Lines[i]
		from := o.line(l.POLineID)
		taken[from.ID] = taken[from.ID].Add(l.Qty)
		switch {
		case from.Accepted.Sub(from.Billed).Less(taken[from.ID]):
			l.Outcome = BeyondAccepted
		case !within(l.Qty, l.Price, from.Price):
			l.Outcome = PriceDiffers
		default:
			l.Outcome = Matched
		}
	}
}

// exceptions lists the lines that do not match, in words; a price that somebody
// has resolved is none.
func (v *Invoice) exceptions(o *Order, priceResolved bool) []errs.Field {
	var out []errs.Field
	if !priceResolved {
		out = v.Differs()
	}
	for i, l := range v.Lines {
		from := o.line(l.POLineID)
		switch {
		case l.Outcome == BeyondAccepted:
			out = append(out, errs.Field{Name: fmt.Sprintf("lines.%d.qty", i), Message: "{0} billed, but only {1} accepted and not yet billed.",
				Args: []any{l.Qty, from.Accepted.Sub(from.Billed)}})
		case l.Outcome == PriceDiffers && !priceResolved:
			out = append(out, errs.Field{Name: fmt.Sprintf("lines.%d.price", i), Message: "Billed at {0}, ordered at {1}: beyond the tolerance.", Args: []any{l.Price, from.Price}})
		}
	}
	return out
}
