package domain

import (
	"fmt"

	"meridian/platform/money"
)

// Cost is the moving average of a product: what is there and what it is worth.
type Cost struct {
	Qty   money.Qty
	Value money.Amount
	Seq   int64 // of the last entry; valuation follows it, not the business date
}

// In adds qty at unit cost and returns the value added.
func (c *Cost) In(qty money.Qty, unit money.Price) money.Amount {
	v := money.Value(unit, qty)
	c.Qty, c.Value, c.Seq = c.Qty.Add(qty), c.Value.Add(v), c.Seq+1
	return v
}

// Out takes qty at the average and returns the value taken, rounded once, half
// away from zero. The last piece takes all that is left, so no cent stays behind
// on an empty shelf.
func (c *Cost) Out(qty money.Qty) (money.Amount, error) {
	v := c.Value
	switch {
	case c.Qty.Less(qty):
		return v, fmt.Errorf("cost: %s taken of %s", qty, c.Qty)
	case !c.Qty.Equal(qty):
		var err error
		if v, err = money.FromDecimal[money.Cents](qty.Number().Mul(c.Value.Number()).DivRound(c.Qty.Number(), 2)); err != nil {
			return v, fmt.Errorf("cost: %w", err)
		}
	}
	c.Qty, c.Value, c.Seq = c.Qty.Sub(qty), c.Value.Sub(v), c.Seq+1
	return v, nil
}
