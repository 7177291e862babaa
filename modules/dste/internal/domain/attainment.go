package domain

import "meridian/platform/money"

// Method is how a value becomes an attainment.
type Method string

// The methods.
const (
	TwoPoint Method = "two_point" // share of the way from worst to target, up or down
	Share    Method = "ratio"     // share of the target; twice the target minus the value when less is better
)

var (
	full     = money.Units(1)
	farthest = money.MustQty("1.2") // more than this counts no further
)

// attain works out the attainment of value v; 1 is 100 %. ok is false when the
// formula has no answer: worst equals target, or a share of a target not above 0.
func attain(m Method, higher bool, v money.Decimal, worst, target money.Qty) (a money.Ratio, ok bool) {
	t := target.Number()
	switch {
	case m == TwoPoint:
		way := t.Sub(worst.Number())
		if way.IsZero() {
			return a, false
		}
		a = money.RoundTo[money.Micro](v.Sub(worst.Number()).DivRound(way, 6))
	case t.Sign() <= 0:
		return a, false
	case higher:
		a = money.RoundTo[money.Micro](v.DivRound(t, 6))
	default:
		a = full.Add(full).Sub(money.RoundTo[money.Micro](v.DivRound(t, 6)))
	}
	return a.Max(money.Ratio{}).Min(farthest), true
}
