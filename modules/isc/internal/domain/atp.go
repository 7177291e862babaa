package domain

import (
	"cmp"
	"slices"

	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/trace"
)

// cumulative is the available-to-promise quantity of every period with look-ahead:
// what can be promised then without breaking any later commitment.
func cumulative(onHand money.Qty, supply, demand []money.Qty) []money.Qty {
	out := make([]money.Qty, len(supply))
	for t := range out {
		onHand = onHand.Add(supply[t]).Sub(demand[t])
		out[t] = onHand
	}
	for t := len(out) - 2; t >= 0; t-- {
		out[t] = out[t].Min(out[t+1])
	}
	return out
}

// Inbound is a quantity on its way that no reservation is pegged to yet.
type Inbound struct {
	PO  trace.Ref
	On  date.Date
	Qty money.Qty
}

// Want is a commitment without supply behind it, due on a day.
type Want struct {
	On  date.Date
	Qty money.Qty
}

// Position is what stock and supply of one product in one warehouse can still
// give. Serve takes from it.
type Position struct {
	Today  date.Date
	Free   money.Qty
	Supply []Inbound // by date
	Wants  []Want
}

// Allocation is how a demand is served.
type Allocation struct {
	Hard  money.Qty // from free stock
	Pegs  []Inbound // from supply
	Short money.Qty
	On    date.Date // when all of it is there; zero when something is short
}

// Pegged is the sum of the pegs.
func (a Allocation) Pegged() money.Qty {
	var sum money.Qty
	for _, p := range a.Pegs {
		sum = sum.Add(p.Qty)
	}
	return sum
}

// Serve gives qty out of the position: free stock first, then the latest supply
// that is early enough, so that early supply stays for earlier needs.
func (p *Position) Serve(qty money.Qty) Allocation {
	a := Allocation{Hard: qty.Min(p.Free).Max(money.Qty{}), On: p.Today}
	p.Free = p.Free.Sub(a.Hard)
	rest := qty.Sub(a.Hard)
	if rest.Sign() <= 0 {
		return a
	}
	days, can := p.promisable()
	for i, day := range days {
		if a.On = day; !can[i].Less(rest) {
			break
		}
	}
	give := money.Qty{}
	if n := len(can); n > 0 {
		give = can[n-1].Min(rest).Max(money.Qty{})
	}
	a.Pegs = p.take(give, a.On)
	a.Short = rest.Sub(a.Pegged())
	if a.Short.Sign() > 0 {
		a.On = date.Date{}
	}
	return a
}

// promisable returns the days something happens and what can be promised on each.
func (p *Position) promisable() ([]date.Date, []money.Qty) {
	supply, demand := map[date.Date]money.Qty{}, map[date.Date]money.Qty{}
	days := []date.Date{p.Today}
	for _, s := range p.Supply {
		day := date.Later(s.On, p.Today)
		supply[day], days = supply[day].Add(s.Qty), append(days, day)
	}
	for _, w := range p.Wants {
		day := date.Later(w.On, p.Today)
		demand[day], days = demand[day].Add(w.Qty), append(days, day)
	}
	slices.SortFunc(days, func(a, b date.Date) int { return a.Sub(b) })
	days = slices.Compact(days)
	s, d := make([]money.Qty, len(days)), make([]money.Qty, len(days))
	for i, day := range days {
		s[i], d[i] = supply[day], demand[day]
	}
	return days, cumulative(p.Free, s, d)
}

// take pegs qty to the supply that is there by day, the latest first.
func (p *Position) take(qty money.Qty, day date.Date) []Inbound {
	var out []Inbound
	for i := len(p.Supply) - 1; i >= 0 && qty.Sign() > 0; i-- {
		s := &p.Supply[i]
		if date.Later(s.On, p.Today).After(day) || s.Qty.Sign() <= 0 {
			continue
		}
		n := s.Qty.Min(qty)
		s.Qty, qty = s.Qty.Sub(n), qty.Sub(n)
		out = append(out, Inbound{PO: s.PO, On: s.On, Qty: n})
	}
	return out
}

// unpegged takes what is pegged already off the supply, the earliest first.
func unpegged(supply []Inbound, pegs map[trace.Ref]money.Qty) []Inbound {
	slices.SortFunc(supply, func(a, b Inbound) int { return cmp.Or(a.On.Sub(b.On), cmp.Compare(a.PO.ID, b.PO.ID)) })
	var out []Inbound
	for _, s := range supply {
		n := s.Qty.Min(pegs[s.PO])
		pegs[s.PO] = pegs[s.PO].Sub(n)
		if s.Qty = s.Qty.Sub(n); s.Qty.Sign() > 0 {
			out = append(out, s)
		}
	}
	return out
}
