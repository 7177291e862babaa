package domain

import (
	"slices"
	"time"

	"meridian/platform/date"
	"meridian/platform/money"
)

// DealFilter narrows reports over deals; zero values do not narrow.
type DealFilter struct {
	From, To date.Date
	Dept     int64
	Owner    int64
	Product  int64
	Pipeline int64
}

// Stay is how many days won deals stood in a stage.
type Stay struct {
	Stage            string
	N                int64
	Median, P75, P90 money.Qty
}

// WorkedDeal is a deal somebody works on.
type WorkedDeal struct {
	ID         int64
	No, Name   string
	OwnerID    int64
	CompanyID  int64
	CustomerID int64
	Stage      string
	Amount     money.Amount
	CloseOn    date.Date
	NextStep   string
	NextOn     date.Date

	LastActivityAt *time.Time
	Stayed         money.Qty // days in the present stage, all stays together

	Attention
}

// usualEnough is how many won deals a usual stay needs before longer ones are stuck.
const usualEnough = 5

// The reasons why a deal needs attention.
const (
	NoNextStep   = "No next step"
	StepOverdue  = "Next step overdue"
	Stale        = "No activity"
	Stuck        = "Stuck in its stage"
	CloseOverdue = "Expected close has passed"
)

// Attention says why a deal needs some, nothing when all is well.
type Attention struct{ NoStep, StepOver, IsStale, IsStuck, CloseOver bool }

// Why names the reasons.
func (a Attention) Why() (why []string) {
	for _, x := range []struct {
		is  bool
		why string
	}{{a.NoStep, NoNextStep}, {a.StepOver, StepOverdue}, {a.IsStale, Stale}, {a.IsStuck, Stuck}, {a.CloseOver, CloseOverdue}} {
		if x.is {
			why = append(why, x.why)
		}
	}
	return why
}

// Limits are what deals are held against. Stale counts from the last activity, not from
// creation (krayin/laravel-crm counts "rotten" days from creation, so every long deal
// looks dead). Stuck is a stay above the p75 of won deals.
type Limits struct {
	Today     date.Date
	Now       time.Time
	StaleDays int
	Usual     map[string]Stay
}

// StuckAfter is the stay from which on a deal is stuck in a stage: half a digit above the
// p75, since days are shown with one. ok is false while too few deals were won to say.
func (l Limits) StuckAfter(stage DealStage) (d time.Duration, ok bool) {
	u := l.Usual[string(stage)]
	tenths := u.P75.Number().Shift(1).IntPart()
	return time.Duration(tenths)*(24*time.Hour/10) + 24*time.Hour/20, u.N >= usualEnough
}

// Need is how many deals need attention for the same reasons.
type Need struct {
	Attention
	N      int
	Amount money.Amount
}

// FinishedDeal is a deal that was won or lost.
type FinishedDeal struct {
	ID         int64
	No, Name   string
	OwnerID    int64
	CustomerID int64
	Won        bool
	Amount     money.Amount
	ClosedOn   date.Date
	LossReason string
	WinReason  string
	LostStage  DealStage
	Competitor string
	PriceGap   money.Ratio
	Evidence   string
	CloseNote  string
	Source     string
	WinBackOn  date.Date
	ReviewedBy int64
	ReviewNote string
}

// Met is how deals went against one competitor.
type Met struct {
	Name       string
	Met        int64
	Won        int64
	LostTo     int64
	LostAmount money.Amount
	Priced     int64       // deals in which their price is known
	Gap        money.Ratio // mean share they stayed below us
}

// Tally is count and amount of a group of deals.
type Tally struct {
	Key    string
	N      int64
	Amount money.Amount
}

// TallyBy groups deals, the largest amount first.
func TallyBy(list []FinishedDeal, key func(d *FinishedDeal) (string, bool)) []Tally {
	var out []Tally
	for i := range list {
		k, ok := key(&list[i])
		if !ok {
			continue
		}
		at := slices.IndexFunc(out, func(t Tally) bool { return t.Key == k })
		if at < 0 {
			out, at = append(out, Tally{Key: k}), len(out)
		}
		out[at].N++
		out[at].Amount = out[at].Amount.Add(list[i].Amount)
	}
	slices.SortStableFunc(out, func(a, b Tally) int { return b.Amount.Cmp(a.Amount) })
	return out
}

// DealEnding is how many deals ended out of a stage for a reason.
type DealEnding struct {
	Won    bool
	Stage  DealStage // of the loss; empty when nobody said
	Reason string
	N      int64
	Amount money.Amount
}

// Standing is the open pipeline in one stage.
type Standing struct {
	Stage            string
	N                int64
	Amount, Weighted money.Amount
}
