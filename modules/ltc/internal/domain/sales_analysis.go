package domain

import (
	"cmp"
	"slices"

	"meridian/platform/date"
	"meridian/platform/money"
)

// SoldLine is what was sold of one part of the business in a month.
type SoldLine struct {
	Key    string
	Month  date.Date
	Net    money.Price
	Qty    money.Qty
	Cost   money.Price // standard cost of what has one
	Costed money.Price // the net the cost belongs to
	Before bool        // of the same period a year earlier
}

// Sold is a part of the business in a period.
type Sold struct {
	Key               string
	Net, Before       money.Amount
	Qty               money.Qty
	Margin            money.Amount
	MarginRate, Share money.Ratio
	Costed            bool // every line of it has a standard cost
}

// Rank adds lines up by part, the largest first. The shares are of the whole; margins
// are of the part of the sales whose cost is known.
func Rank(list []SoldLine) (out []Sold, whole Sold) {
	type sums struct{ net, before, cost, costed money.Price }
	by := map[string]*sums{}
	qty := map[string]money.Qty{}
	var all sums
	var keys []string
	for i := range list {
		l := &list[i]
		x := by[l.Key]
		if x == nil {
			x = &sums{}
			by[l.Key] = x
			keys = append(keys, l.Key)
		}
		for _, s := range []*sums{x, &all} {
			if l.Before {
				s.before = s.before.Add(l.Net)
				continue
			}
			s.net, s.cost, s.costed = s.net.Add(l.Net), s.cost.Add(l.Cost), s.costed.Add(l.Costed)
		}
		if !l.Before {
			qty[l.Key] = qty[l.Key].Add(l.Qty)
			whole.Qty = whole.Qty.Add(l.Qty)
		}
	}
	finish := func(key string, x *sums) Sold {
		s := Sold{Key: key, Net: money.Round(x.net), Before: money.Round(x.before), Margin: money.Round(x.costed.Sub(x.cost)), Costed: x.costed.Equal(x.net) && !x.net.IsZero()}
		s.MarginRate, _ = money.Share(x.costed.Sub(x.cost), x.costed)
		s.Share, _ = money.Share(x.net, all.net)
		return s
	}
	for _, k := range keys {
		s := finish(k, by[k])
		s.Qty = qty[k]
		out = append(out, s)
	}
	slices.SortStableFunc(out, func(a, b Sold) int { return cmp.Or(b.Net.Cmp(a.Net), cmp.Compare(a.Key, b.Key)) })
	q := whole.Qty
	whole = finish("", &all)
	whole.Qty = q
	return out, whole
}

// Touches is how often somebody was in touch with customers, by way.
type Touches struct {
	UserID    int64
	Way       string
	N         int64
	Customers int64
}
