package domain

import (
	"math"
	"slices"
	"time"

	"meridian/platform/date"
	"meridian/platform/money"
)

// DealWay is the way of one deal through the stages: when it first entered each.
type DealWay struct {
	Key       string // value of the dimension
	Stage     DealStage
	Amount    money.Amount
	ClosedOn  date.Date
	QualifyAt *time.Time
	ProposeAt *time.Time
	NegoAt    *time.Time
	WonAt     *time.Time
}

// entered lists the first entry of each stage of the path, and of winning.
func (d *DealWay) entered() [4]*time.Time {
	return [4]*time.Time{d.QualifyAt, d.ProposeAt, d.NegoAt, d.WonAt}
}

// FunnelStep is what became of the deals that entered a stage in a period.
type FunnelStep struct {
	Stage    DealStage
	Entered  int64
	Reached  int64 // a later stage, skipping counts
	Open     int64 // neither further nor ended
	Lost     int64
	Amount   money.Amount
	Maturing bool // too young to judge: most of its deals still have time
}

// Funnel follows cohorts: the deals that entered a stage in a period, each once by its
// first entry. Lost ones stay in the denominator; frappe/crm drops those that are lost
// now and counts re-entries twice, so that its conversion is too high.
func Funnel(list []DealWay, from, to time.Time, now time.Time) []FunnelStep {
	out := make([]FunnelStep, len(dealPath))
	for k, stage := range dealPath {
		s := FunnelStep{Stage: stage}
		var lags []time.Duration
		for i := range list {
			d := &list[i]
			at := d.entered()
			if at[k] == nil {
				continue
			}
			next := firstMoment(at[k+1:])
			if next != nil {
				lags = append(lags, next.Sub(*at[k]))
			}
			if at[k].Before(from) || !at[k].Before(to) {
				continue
			}
			s.Entered++
			s.Amount = s.Amount.Add(d.Amount)
			switch {
			case next != nil:
				s.Reached++
			case d.Stage == DealLost:
				s.Lost++
			default:
				s.Open++
			}
		}
		s.Maturing = s.Open > 0 && now.Sub(to) < percentile(lags, 0.9)
		out[k] = s
	}
	return out
}

// firstMoment is the first moment of any later stage.
func firstMoment(at []*time.Time) (first *time.Time) {
	for _, t := range at {
		if t != nil && (first == nil || t.Before(*first)) {
			first = t
		}
	}
	return first
}

// percentile is the p-th percentile of durations, the nearest rank.
func percentile(list []time.Duration, p float64) time.Duration {
	if len(list) == 0 {
		return 0
	}
	s := slices.Clone(list)
	slices.Sort(s)
	return s[int(math.Ceil(p*float64(len(s))))-1]
}

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
