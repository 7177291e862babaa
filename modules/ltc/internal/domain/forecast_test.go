package domain

import (
	"math/rand/v2"
	"testing"

	"meridian/platform/money"
)

func dealPart(stage DealStage, category, amount, split, p string) ForecastPart {
	part := money.Times(money.Exact(money.MustAmount(amount)), money.MustQty(split))
	return ForecastPart{Stage: stage, Category: category, N: 1, Part: part, Weighted: money.Times(part, money.MustQty(p))}
}

// A lost deal adds nothing, at whatever category it was lost: frappe/crm
// get_forecasted_revenue counts lost deals at 100 % of their expected value.
func TestForecastRollsUp(t *testing.T) {
	t.Parallel()
	var r Rollup
	for _, d := range []ForecastPart{
		dealPart(DealWon, "closed", "1000", "1", "1"), dealPart(DealNegotiate, "commit", "500", "0.6", "0.7"), dealPart(DealPropose, "best_case", "200", "1", "0.4"),
		dealPart(DealQualify, "pipeline", "100", "1", "0.1"), dealPart(DealLost, "omitted", "9999", "1", "1"), dealPart(DealLost, "commit", "9999", "1", "1"),
		dealPart(DealHold, "commit", "777", "1", "0.7"), dealPart(DealNegotiate, "omitted", "888", "1", "0.9"),
	} {
		r.Add(d)
	}
	if got := r.CommitForecast().String() + " " + r.BestForecast().String() + " " + r.OpenPipeline().String() + " " + money.Round(r.Weighted).String(); got != "1300.00 1500.00 600.00 300.00" {
		t.Errorf("commit, best case, open, weighted: %s, want 1300.00 1500.00 600.00 300.00", got)
	}
	thirds := Rollup{}
	for range 3 {
		thirds.Add(dealPart(DealNegotiate, "commit", "100", "0.333333", "1"))
	}
	if got := thirds.CommitForecast().String(); got != "100.00" {
		t.Errorf("three thirds of 100 are %s", got)
	}
}

// Whatever happens between two weeks, opening and movements are closing.
func TestBridgeAddsUp(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test
	stages := []DealStage{DealQualify, DealPropose, DealNegotiate, DealWon, DealLost, DealHold}
	amount := func() money.Amount { return money.RoundTo[money.Cents](money.Units(r.Int64N(100)).Number()) }
	for range 300 {
		var pairs []Pair
		for range 12 {
			p := Pair{Known: r.IntN(4) > 0}
			if p.WasOpen = r.IntN(3) > 0; p.WasOpen {
				p.WasIn, p.Before = r.IntN(2) > 0, amount()
			}
			if p.Known {
				p.Stage, p.IsIn, p.After = stages[r.IntN(len(stages))], r.IntN(2) > 0, amount()
			}
			pairs = append(pairs, p)
		}
		b := BridgeOf(pairs)
		sum := b.Opening
		for _, x := range []money.Amount{b.New, b.Pulled, b.Changed, b.Won, b.Lost, b.Slipped, b.Withdrawn} {
			sum = sum.Add(x)
		}
		if !sum.Equal(b.Closing) {
			t.Fatalf("%+v adds up to %s", b, sum)
		}
	}
}

func TestAccuracy(t *testing.T) {
	t.Parallel()
	a := Accuracy{Forecast: money.MustAmount("120"), Actual: money.MustAmount("100"), Frozen: true}
	right, _ := a.Right()
	bias, _ := a.Bias()
	if right.String() != "0.8" || bias.String() != "0.2" {
		t.Errorf("accuracy %s, bias %s; want 0.8 and 0.2", right, bias)
	}
	if _, ok := (Accuracy{Forecast: money.MustAmount("1"), Frozen: true}).Right(); ok {
		t.Error("accuracy of nothing won has a value")
	}
}

func TestSpreadKeepsTheSum(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // a test
	for range 200 {
		weights := make([]money.Price, 12)
		for i := range weights {
			weights[i] = money.Units(r.Int64N(50))
		}
		weights[r.IntN(12)] = money.Units(1 + r.Int64N(9))
		a := money.RoundTo[money.Cents](money.Units(r.Int64N(1_000_000)).Number().Shift(-2))
		var sum money.Amount
		for _, x := range Spread(a, weights) {
			if sum = sum.Add(x); x.Sign() < 0 {
				t.Fatalf("spreading %s gives a negative month", a)
			}
		}
		if !sum.Equal(a) {
			t.Fatalf("%s spread adds up to %s", a, sum)
		}
	}
}

func TestVelocity(t *testing.T) {
	t.Parallel()
	// 20 open x 50 % x 1000 / 40 days
	if v, ok := Velocity(20, 5, 5, money.MustAmount("5000"), money.Units(40)); !ok || v.String() != "250.00" {
		t.Errorf("velocity %s %v, want 250.00", v, ok)
	}
	if _, ok := Velocity(20, 0, 5, money.Amount{}, money.Units(40)); ok {
		t.Error("velocity without a win")
	}
}
