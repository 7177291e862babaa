package domain

import "meridian/platform/money"

// FunnelStep is what became of the deals that entered a stage in a period.
type FunnelStep struct {
	Key     string // value of the dimension
	Stage   DealStage
	Entered int64
	Reached int64 // a later stage, skipping counts
	Open    int64 // neither further nor ended
	Lost    int64
	Won     int64
	Amount  money.Amount
	Young   bool // less time has passed since the period than nine tenths of all deals took to go on
}

// Maturing says that a cohort is too young to judge: most of its deals still have time.
func (s *FunnelStep) Maturing() bool { return s.Open > 0 && s.Young }

// Velocity is what a day brings: open deals x win rate x mean amount won / mean cycle in
// days; ok is false when nothing was won or the cycle has no length.
func Velocity(open, won, lost int64, wonAmount money.Amount, cycleDays money.Qty) (money.Amount, bool) {
	if won == 0 || cycleDays.Sign() <= 0 {
		return money.Amount{}, false
	}
	n := func(i int64) money.Decimal { return money.Units(i).Number() }
	top := n(open).Mul(n(won)).Mul(wonAmount.Number())
	return money.RoundTo[money.Cents](top.DivRound(n(won+lost).Mul(n(won)).Mul(cycleDays.Number()), 6)), true
}
