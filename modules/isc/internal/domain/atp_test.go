package domain

import (
	"testing"

	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/trace"
)

func qtys(n ...int64) []money.Qty {
	out := make([]money.Qty, len(n))
	for i, x := range n {
		out[i] = money.Units(x)
	}
	return out
}

// TestCumulative is the golden value of the specification, ISC 5.6: a plain
// projected quantity would promise 20 now and break period 6.
func TestCumulative(t *testing.T) {
	t.Parallel()
	for i, got := range cumulative(money.Units(30), qtys(0, 50, 0, 0, 50, 0), qtys(10, 15, 20, 5, 60, 5)) {
		if got.String() != "15" {
			t.Errorf("period %d can promise %s, want 15", i+1, got)
		}
	}
}

func TestServe(t *testing.T) {
	t.Parallel()
	today := date.MustParse("2026-11-23")
	po := func(id int64, in int, qty int64) Inbound {
		return Inbound{PO: trace.Ref{Type: "proc.po", ID: id}, On: today.AddDays(in), Qty: money.Units(qty)}
	}
	want := func(in int, qty int64) Want { return Want{On: today.AddDays(in), Qty: money.Units(qty)} }
	for name, c := range map[string]struct {
		free   int64
		supply []Inbound
		wants  []Want
		ask    int64
		hard   int64
		pegs   map[int64]int64
		short  int64
		on     int // days from today, -1 unknown
	}{
		"all from stock":                  {free: 10, ask: 10, hard: 10},
		"stock, then supply":              {free: 4, supply: []Inbound{po(1, 7, 20)}, ask: 10, hard: 4, pegs: map[int64]int64{1: 6}, on: 7},
		"nothing at all":                  {ask: 3, short: 3, on: -1},
		"supply is too little":            {free: 1, supply: []Inbound{po(1, 7, 2)}, ask: 10, hard: 1, pegs: map[int64]int64{1: 2}, short: 7, on: -1},
		"supply of an earlier shortage":   {supply: []Inbound{po(1, 10, 50)}, wants: []Want{want(5, 50)}, ask: 10, short: 10, on: -1},
		"what a shortage leaves":          {supply: []Inbound{po(1, 10, 50)}, wants: []Want{want(5, 45)}, ask: 10, pegs: map[int64]int64{1: 5}, short: 5, on: -1},
		"early supply is for early needs": {supply: []Inbound{po(1, 10, 10), po(2, 20, 50)}, wants: []Want{want(12, 10)}, ask: 10, pegs: map[int64]int64{2: 10}, on: 20},
		"late supply counts as today":     {supply: []Inbound{po(1, -5, 10)}, ask: 10, pegs: map[int64]int64{1: 10}, on: 0},
		"the first day that is enough":    {supply: []Inbound{po(1, 2, 10), po(2, 9, 10)}, ask: 10, pegs: map[int64]int64{1: 10}, on: 2},
		"two deliveries":                  {supply: []Inbound{po(1, 2, 10), po(2, 9, 10)}, ask: 15, pegs: map[int64]int64{1: 5, 2: 10}, on: 9},
	} {
		p := &Position{Today: today, Free: money.Units(c.free), Supply: c.supply, Wants: c.wants}
		got := p.Serve(money.Units(c.ask))
		if !got.Hard.Equal(money.Units(c.hard)) || !got.Short.Equal(money.Units(c.short)) || len(got.Pegs) != len(c.pegs) {
			t.Errorf("%s: %+v", name, got)
		}
		for _, peg := range got.Pegs {
			if !peg.Qty.Equal(money.Units(c.pegs[peg.PO.ID])) {
				t.Errorf("%s: pegged %s to order %d, want %d", name, peg.Qty, peg.PO.ID, c.pegs[peg.PO.ID])
			}
		}
		if on := today.AddDays(c.on); (c.on < 0) != got.On.IsZero() || c.on >= 0 && got.On != on {
			t.Errorf("%s: ready on %q, want in %d days", name, got.On, c.on)
		}
	}
}

// TestServeTakes: two lines of one order do not get the same goods.
func TestServeTakes(t *testing.T) {
	t.Parallel()
	today := date.MustParse("2026-11-23")
	p := &Position{Today: today, Free: money.Units(3), Supply: []Inbound{{On: today.AddDays(1), Qty: money.Units(2)}}}
	var sum money.Qty
	for range 4 {
		a := p.Serve(money.Units(2))
		sum = sum.Add(a.Hard).Add(a.Pegged())
	}
	if sum.String() != "5" {
		t.Errorf("gave %s of 5", sum)
	}
}

func TestUnpegged(t *testing.T) {
	t.Parallel()
	a, b := trace.Ref{Type: "proc.po", ID: 1}, trace.Ref{Type: "proc.po", ID: 2}
	day := date.MustParse("2026-11-23")
	got := unpegged([]Inbound{{a, day.AddDays(9), money.Units(5)}, {a, day, money.Units(5)}, {b, day, money.Units(5)}},
		map[trace.Ref]money.Qty{a: money.Units(7), b: money.Units(9)})
	if len(got) != 1 || got[0].PO != a || got[0].Qty.String() != "3" || got[0].On != day.AddDays(9) {
		t.Errorf("left %v, want 3 of the later delivery", got)
	}
}

func TestCompareWaiters(t *testing.T) {
	t.Parallel()
	soon, late := date.MustParse("2026-12-01"), date.MustParse("2026-12-09")
	w := func(first, prio int, by date.Date, doc int64) waiter {
		return waiter{first: first, claim: Reservation{Priority: prio, NeedBy: by, Doc: trace.Ref{ID: doc}}}
	}
	order := []waiter{w(0, 0, late, 9), w(1, 0, late, 8), w(2, 5, late, 7), w(2, 0, soon, 6), w(2, 0, soon, 7), w(2, 0, late, 1), w(2, 0, date.Date{}, 1)}
	for i := range order[1:] {
		if compareWaiters(order[i], order[i+1]) >= 0 || compareWaiters(order[i+1], order[i]) <= 0 {
			t.Errorf("waiter %d is not served before waiter %d", i, i+1)
		}
	}
}
