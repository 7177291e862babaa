package domain

import (
	"math/rand/v2"
	"strings"
	"testing"

	"meridian/platform/date"
	"meridian/platform/money"
)

// The golden schedule of 5.9: 10,000.00 over 181 days, both ends included.
func TestStraightLineGolden(t *testing.T) {
	t.Parallel()
	o := Obligation{Method: OverTime, Allocated: money.MustAmount("10000"), StartOn: date.MustParse("2026-01-15"), EndOn: date.MustParse("2026-07-14")}
	var got []string
	var sum money.Amount
	for _, p := range o.Schedule() {
		got, sum = append(got, p.Amount.String()), sum.Add(p.Amount)
	}
	if s := strings.Join(got, " "); s != "939.23 1546.96 1712.71 1657.45 1712.71 1657.46 773.48" || sum.String() != "10000.00" {
		t.Errorf("schedule %s = %s", s, sum)
	}
}

// Whatever changes on the way, the periods add up to the price: prospective changes move
// the base, catch-up changes the whole line; a month that starts or ends on any day works
// (frappe/erpnext PR#42586).
func TestPeriodsAddUpUnderAnyChange(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		start := date.MustParse("2026-01-01").AddDays(r.IntN(400))
		o := Obligation{Method: OverTime, Allocated: money.Int[money.Cents](int64(1 + r.IntN(100000))), StartOn: start, EndOn: start.AddDays(r.IntN(900))}
		var posted money.Amount
		for m := o.StartOn.MonthStart(); ; m = m.AddMonths(1) {
			end := m.AddMonths(1).AddDays(-1)
			want := o.Earned(end)
			posted = posted.Add(want.Sub(posted))
			o.Recognised = posted
			if !end.Before(o.EndOn) {
				break
			}
			switch r.IntN(4) {
			case 0: // prospective
				o.change(Prospective, money.Int[money.Cents](int64(r.IntN(5000))), end)
			case 1:
				o.change(CatchUp, money.Int[money.Cents](int64(r.IntN(5000)-2500)), end)
			}
			if o.Allocated.Sign() < 0 {
				t.Fatal("the price went below zero")
			}
		}
		if !posted.Equal(o.Allocated) {
			t.Fatalf("posted %s of %s", posted, o.Allocated)
		}
	}
}

func TestSpreadLosesNoCent(t *testing.T) {
	t.Parallel()
	parts := spread(money.MustAmount("100"), []money.Price{money.Units(1), money.Units(1), money.MustQty("1.01")})
	if parts[0].String() != "33.22" || parts[2].Add(parts[0]).Add(parts[1]).String() != "100.00" {
		t.Errorf("spread %v", parts)
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		var w []money.Price
		for range 1 + r.IntN(9) {
			w = append(w, money.Units(int64(r.IntN(1000))))
		}
		total := money.RoundTo[money.Cents](money.Units(int64(r.IntN(1_000_000))).Number().Shift(-2))
		var sum money.Amount
		for _, p := range spread(total, w) {
			sum = sum.Add(p)
		}
		if !sum.Equal(total) {
			t.Fatalf("%v of %s add up to %s", w, total, sum)
		}
	}
}

// An onerous obligation is provided for in full, whatever its progress.
func TestExpectedLossInFull(t *testing.T) {
	t.Parallel()
	o := Obligation{Method: ByCost, Allocated: money.MustAmount("1000"), CostToDate: money.MustAmount("600"), EstimatedCost: money.MustAmount("1200")}
	if got := o.Earned(date.Date{}).String() + " " + o.Loss().String(); got != "500.00 100.00" { // half done: 100 of the 200 are in the margin already
		t.Errorf("earned and loss to come: %s, want 500.00 100.00", got)
	}
}
