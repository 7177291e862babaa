package domain

import (
	"meridian/platform/date"
	"meridian/platform/money"
)

// PlannedWork is an open task of a person, or one that ended within the time looked at.
type PlannedWork struct {
	Person   int64
	From, To date.Date
	Hours    money.Qty
}

// WeekLoad is what a person can work in a week, and what stands against it.
type WeekLoad struct {
	Monday               date.Date
	Capacity, Away, Plan money.Qty
	Free                 money.Qty // below zero: too much is planned
}

// LoadOf divides the hours of tasks evenly over their working days, and takes days away off
// what can be worked. hours says how long a day is worked at all.
func LoadOf(monday date.Date, weeks int, hours func(d date.Date) money.Qty, tasks []PlannedWork, away []Away) []WeekLoad {
	out := make([]WeekLoad, weeks)
	for i := range out {
		w := &out[i]
		w.Monday = monday.AddDays(7 * i)
		for d := range 7 {
			day := w.Monday.AddDays(d)
			h := hours(day)
			if w.Capacity = w.Capacity.Add(h); isAway(day, away) {
				w.Away = w.Away.Add(h)
			}
		}
		for _, t := range tasks {
			w.Plan = w.Plan.Add(weekPart(t, w.Monday, hours))
		}
		w.Free = w.Capacity.Sub(w.Away).Sub(w.Plan)
	}
	return out
}

func isAway(day date.Date, away []Away) bool {
	for _, a := range away {
		if !day.Before(a.From) && !day.After(a.To) {
			return true
		}
	}
	return false
}

// weekPart is how much of a task falls into the week from monday on. A task on days nobody
// works counts on all its days alike. The parts of all weeks add up to the task.
func weekPart(t PlannedWork, monday date.Date, hours func(d date.Date) money.Qty) money.Qty {
	count := func(until date.Date) (worked, days int64) {
		for d := t.From; d.Before(until) && !d.After(t.To); d = d.AddDays(1) {
			if days++; hours(d).Sign() > 0 {
				worked++
			}
		}
		return worked, days
	}
	all, allDays := count(t.To.AddDays(1))
	upTo := func(until date.Date) money.Qty {
		n, days := count(until)
		of := all
		if all == 0 {
			n, of = days, allDays
		}
		return money.RoundTo[money.Micro](t.Hours.Number().Mul(money.Units(n).Number()).DivRound(money.Units(of).Number(), 6))
	}
	return upTo(monday.AddDays(7)).Sub(upTo(monday))
}
