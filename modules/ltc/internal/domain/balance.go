package domain

import (
	"context"
	"slices"

	"meridian/modules/crm"
	"meridian/platform/date"
	"meridian/platform/ledger"
	"meridian/platform/money"
	"meridian/platform/trace"
)

// Opening is the posting key of what history brought into the journal.
const Opening ledger.Key = "opening"

// Unit is what revenue and billing balance on: a contract, or an order without one.
type Unit struct {
	Ref      trace.Ref
	Company  int64
	Customer crm.CustomerID
}

// The kinds of entries on a unit.
const (
	Billed     = "billed"
	Recognised = "recognised"
)

// RevEntry is one row of the append-only ledger of what is billed and recognised.
type RevEntry struct {
	Unit       Unit
	Obligation int64 // 0: of the unit as a whole
	Kind       string
	Amount     money.Amount
	Earned     date.Date // the day it belongs to
	Day        date.Date // the day it is posted on
	Doc        trace.Ref
	Key        string // repeating a key enters nothing
}

// Journal is where the entries go.
type Journal interface {
	Post(ctx context.Context, e ledger.Entry) error
	Open(ctx context.Context, company int64, area ledger.Area, day date.Date) (bool, error)
	OpenDay(ctx context.Context, company int64, area ledger.Area, day date.Date) (date.Date, error)
	Balance(ctx context.Context, company int64, control string, party int64, day date.Date) (money.Amount, error)
}

// CashBook answers what no single document of the cash half knows. Package store
// implements it.
type CashBook interface {
	// Bookings lists the open tasks of people in the other service projects of a company.
	Bookings(ctx context.Context, company, except int64, people []int64) ([]Booking, error)
	// HoursOf sums the hours of a person on a day. Until the end of the transaction nobody
	// else enters any for the person.
	HoursOf(ctx context.Context, person int64, day date.Date) (money.Qty, error)
	// Worked sums hours and cost of a project by task.
	Worked(ctx context.Context, project int64) (map[int]Worked, error)
	// Enter appends to the ledger of a unit, unless the key is known.
	Enter(ctx context.Context, e RevEntry) error
	// Move adds to the balance of a unit and returns it before and after. Until the end
	// of the transaction nobody else moves it.
	Move(ctx context.Context, u Unit, by money.Amount) (before, after money.Amount, err error)
	// Credited sums per order line what credit notes took off an invoice, and what they
	// took off its items, leaving one credit note out. Drafts count.
	Credited(ctx context.Context, invoice, except int64) (lines Quantities, items money.Amount, freight money.Amount, err error)
	// Undeducted lists the items that asked for money ahead of an order or contract and
	// what later invoices have not deducted yet, leaving one invoice out.
	Undeducted(ctx context.Context, order, contract, except int64) ([]Ahead, error)
	// Billed sums what the invoices of a contract ask for, drafts included, less credit
	// notes, without freight, leaving one invoice out.
	Billed(ctx context.Context, contract, except int64) (money.Amount, error)
	// Advanced sums what advance invoices of an order ask for, drafts included, leaving
	// one invoice out.
	Advanced(ctx context.Context, order, except int64) (money.Amount, error)
	// Booked notes the day of the journal entry of a receipt that was just stored.
	Booked(ctx context.Context, receipt int64, day date.Date) error
	// Allocations lists the live allocations of an invoice, the oldest first.
	Allocations(ctx context.Context, invoice int64) ([]Allocation, error)
	// Refund appends what was paid back of a receipt.
	Refund(ctx context.Context, a Allocation) error
	// PaidBetween sums what was allocated to an instalment (0: the whole invoice) from a
	// day to another, both included.
	PaidBetween(ctx context.Context, invoice, instalment int64, from, to date.Date) (money.Amount, error)
	// Allowed is the allowance for bad debts booked so far and the day it reaches. The
	// series of the company is held until the end of the transaction.
	Allowed(ctx context.Context, company int64) (money.Amount, date.Date, error)
	// Remindable lists the instalments of the actor's company that are open, or were paid
	// late within the last 400 days, with their payments.
	Remindable(ctx context.Context, run date.Date) ([]Remindable, error)
	// LetterState counts what a letter still asks for, its charge included, and says
	// whether a dispute or promise stops it.
	LetterState(ctx context.Context, letter int64, day date.Date) (left int, stopped bool, err error)
	// Late lists the instalments of the actor's company that are overdue and were not
	// told of yet.
	Late(ctx context.Context, day date.Date) ([]Remindable, error)
	// Statement lists what is open with a customer as of a day, and the money on account,
	// negative.
	Statement(ctx context.Context, company int64, customer crm.CustomerID, day date.Date) ([]StatementItem, money.Amount, error)
	// StalePlans lists the running contracts of a company with a plan line whose state is
	// not that of the day.
	StalePlans(ctx context.Context, company int64, day date.Date) ([]int64, error)
	// Unsettled counts the open disputes about the invoices of a contract, and those of
	// its invoices that are not posted or not paid.
	Unsettled(ctx context.Context, contract int64) (disputes, unpaid int, err error)
	// ObligationsOf names the obligations of order lines; lines without one are absent.
	ObligationsOf(ctx context.Context, lines ...int64) (map[int64]int64, error)
}

// Ahead is what an invoice asked for before delivery and at which tax rate.
type Ahead struct {
	Invoice  int64
	No       string
	TaxRate  money.Ratio
	Gross    money.Amount // left to deduct
	PlanLine int
}

// swing is the journal of a balance that moves: above zero it is a contract asset,
// below a contract liability, so one move may touch both. Points are a liability with an
// account of their own.
func (u Unit) swing(before, after money.Amount) []ledger.Line {
	zero, party := money.Amount{}, int64(u.Customer)
	if u.Ref.Type == obligationType {
		return []ledger.Line{ledger.Dr(ledger.Loyalty, after.Sub(before)).Of(party)}
	}
	return []ledger.Line{
		ledger.Dr(ledger.ContractAsset, after.Max(zero).Sub(before.Max(zero))).Of(party),
		ledger.Dr(ledger.ContractLiability, after.Min(zero).Sub(before.Min(zero))).Of(party),
	}
}

// spread divides total in the proportion of weights; cents that rounding leaves go to
// the largest. Without weight the first takes all.
func spread(total money.Amount, weights []money.Price) []money.Amount {
	out := make([]money.Amount, len(weights))
	if len(weights) == 0 {
		return out
	}
	var sum money.Price
	largest := 0
	for i, w := range weights {
		sum = sum.Add(w)
		if weights[largest].Less(w) {
			largest = i
		}
	}
	rest := total
	for i, w := range weights {
		if !sum.IsZero() {
			out[i] = money.RoundTo[money.Cents](total.Number().Mul(w.Number()).Div(sum.Number()))
		}
		rest = rest.Sub(out[i])
	}
	out[largest] = out[largest].Add(rest)
	return out
}

// portion is part/whole of an amount in cents; all of it when nothing is left of the
// whole.
func portion(a money.Amount, part, whole money.Qty) money.Amount {
	if whole.Sign() <= 0 || !part.Less(whole) {
		return a
	}
	return money.RoundTo[money.Cents](a.Number().Mul(part.Number()).Div(whole.Number()))
}

// parts is an amount per obligation, 0 for what belongs to none.
type parts map[int64]money.Amount

func (p parts) sum() (s money.Amount) {
	for _, a := range p {
		s = s.Add(a)
	}
	return s
}

// positive is what is above zero.
func (p parts) positive() parts {
	out := parts{}
	for id, a := range p {
		if a.Sign() > 0 {
			out[id] = a
		}
	}
	return out
}

// ids lists the obligations in the order they are locked.
func (p parts) ids() []int64 {
	out := make([]int64, 0, len(p))
	for id := range p {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}
