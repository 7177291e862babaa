package domain

import (
	"slices"

	"meridian/modules/crm"
	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/record"
)

// LevelMode says from which day the delay of a level runs (5.7).
type LevelMode string

// The modes.
const (
	FromDue      LevelMode = "net"          // due + delay
	FromMonthEnd LevelMode = "end_of_month" // the end of that month
	FromPrevious LevelMode = "previous"     // the reminder before + delay
)

// DunningLevel is one step of a policy.
type DunningLevel struct {
	record.Line
	DelayDays int // negative: a reminder before it is due
	Mode      LevelMode
	Channel   string
	Fee       money.Amount
	Rate      money.Ratio // interest per year
	Subject   string
	Body      string
}

// reach is the first day the level may be sent for an item.
func (l *DunningLevel) reach(due, reminded date.Date) date.Date {
	switch l.Mode {
	case FromMonthEnd:
		d := due.AddDays(l.DelayDays)
		return d.MonthStart().AddMonths(1).AddDays(-1)
	case FromPrevious:
		return reminded.AddDays(l.DelayDays)
	}
	return due.AddDays(l.DelayDays)
}

// Remindable is an instalment that dunning looks at.
type Remindable struct {
	Invoice, Instalment int64
	Customer            crm.CustomerID
	Owner               int64
	Due                 date.Date
	Amount, Open        money.Amount
	Level               int
	RemindedOn          date.Date
	PromisedOn          date.Date
	Disputed            bool
	InterestTo          date.Date // interest was claimed until then
	Payments            []Paid    `gorm:"-"`
}

// Paid is a payment of an instalment.
type Paid struct {
	Instalment int64
	On         date.Date
	Amount     money.Amount
}

// stopped reports whether nothing is sent about an item: it is disputed, or a promise is
// not broken yet.
func (r *Remindable) stopped(run date.Date) bool {
	return r.Disputed || !r.PromisedOn.IsZero() && !run.After(r.PromisedOn)
}

// next is the number of the level an item reaches in a run, 0 for none: one level a run,
// the one after the last sent; reminders ahead are left out once it is due. Nothing goes
// out on the day it is due (frappe/erpnext PR#45685).
func (p *DunningPolicy) next(r *Remindable, run date.Date) int {
	if r.Open.Sign() <= 0 || r.stopped(run) || run == r.Due {
		return 0
	}
	for n := r.Level; n < len(p.Levels); n++ {
		l := &p.Levels[n]
		ahead := l.DelayDays < 0 && l.Mode != FromPrevious
		if ahead && run.After(r.Due) {
			continue
		}
		if !ahead && run.Before(r.Due) || l.Mode == FromPrevious && r.RemindedOn.IsZero() || l.reach(r.Due, r.RemindedOn).After(run) {
			return 0
		}
		return n + 1
	}
	return 0
}

// Interest is what an instalment earned after it was due: what was open on each day, by
// rate and year of 365 days, from the last claim on. What was paid late is counted for
// the days it was late, even when nothing is open any more (frappe/erpnext#58220).
func Interest(r *Remindable, rate money.Ratio, until date.Date) money.Amount {
	from := date.Later(r.Due, r.InterestTo)
	paid := slices.Clone(r.Payments)
	slices.SortStableFunc(paid, func(a, b Paid) int { return a.On.Sub(b.On) })
	open, sum := r.Amount, money.Units(0).Number()
	add := func(to date.Date) {
		if days := to.Sub(from); days > 0 && open.Sign() > 0 {
			sum = sum.Add(open.Number().Mul(rate.Number()).Mul(money.Units(int64(days)).Number()))
			from = to
		}
	}
	for _, p := range paid {
		if p.On.After(until) {
			break
		}
		add(p.On)
		open = open.Sub(p.Amount)
	}
	add(until)
	return money.RoundTo[money.Cents](sum.Div(money.Units(365).Number()))
}

// Reminder is what a run proposes for one customer.
type Reminder struct {
	Customer crm.CustomerID
	Owner    int64
	Level    int // the highest of its items decides the letter
	Open     money.Amount
	Items    []DunningItem
}

// Propose works out the letters of a run over the items of one policy, one per customer
// in the order of their ids: not below the minimum, interest claimed with them.
func (p *DunningPolicy) Propose(items []Remindable, run date.Date) []Reminder {
	by := map[crm.CustomerID]*Reminder{}
	for i := range items {
		r := &items[i]
		level := p.next(r, run)
		var interest money.Amount
		if n := max(level, r.Level); n > 0 && p.Carry && !r.stopped(run) {
			interest = Interest(r, p.Levels[min(n, len(p.Levels))-1].Rate, run)
		}
		if level == 0 && (r.Open.Sign() > 0 || interest.Sign() <= 0) {
			continue
		}
		x := by[r.Customer]
		if x == nil {
			x = &Reminder{Customer: r.Customer, Owner: r.Owner}
			by[r.Customer] = x
		}
		n := max(level, r.Level, 1)
		x.Level, x.Open = max(x.Level, n), x.Open.Add(r.Open)
		x.Items = append(x.Items, DunningItem{InvoiceID: r.Invoice, InstalmentID: r.Instalment, DueOn: r.Due, Days: max(run.Sub(r.Due), 0), Level: n, Open: r.Open, Interest: interest, InterestFrom: date.Later(r.Due, r.InterestTo), InterestTo: run})
	}
	var out []Reminder
	for _, x := range by {
		if claim := x.Open.Add(sumInterest(x.Items)); claim.Sign() > 0 && !x.Open.Less(p.MinAmount) || x.Open.IsZero() && claim.Sign() > 0 {
			out = append(out, *x)
		}
	}
	slices.SortFunc(out, func(a, b Reminder) int { return int(a.Customer - b.Customer) })
	return out
}

func sumInterest(items []DunningItem) (sum money.Amount) {
	for i := range items {
		sum = sum.Add(items[i].Interest)
	}
	return sum
}
