package domain

import (
	"meridian/modules/crm"
	"meridian/platform/date"
	"meridian/platform/money"
)

// Aging is what one customer owes as of a day, by days overdue. Credits and OnAccount are
// negative: credit notes and money not used for an invoice; they are never netted
// silently. Customer 0 is money of unknown payers.
type Aging struct {
	Customer                                       crm.CustomerID
	NotDue, Days30, Days60, Days90, Days120, Older money.Amount
	Total                                          money.Amount
	Credits                                        money.Amount
	OnAccount                                      money.Amount
}

// Owed is the balance of the control account: what is open less open credit notes.
func (a *Aging) Owed() money.Amount { return a.Total.Add(a.Credits) }

// Overdue is what should have been paid.
func (a *Aging) Overdue() money.Amount { return a.Total.Sub(a.NotDue) }

// Add sums two balances.
func (a *Aging) Add(b *Aging) {
	a.NotDue, a.Days30, a.Days60, a.Days90 = a.NotDue.Add(b.NotDue), a.Days30.Add(b.Days30), a.Days60.Add(b.Days60), a.Days90.Add(b.Days90)
	a.Days120, a.Older, a.Total, a.Credits, a.OnAccount = a.Days120.Add(b.Days120), a.Older.Add(b.Older), a.Total.Add(b.Total), a.Credits.Add(b.Credits), a.OnAccount.Add(b.OnAccount)
}

// MonthSales is what was invoiced in a month, less credit notes, and what was open at its
// end.
type MonthSales struct {
	Month         date.Date
	Sales         money.Amount
	Open, Overdue money.Amount
	OpenAtStart   money.Amount
}

// Days is the length of the month.
func (m *MonthSales) Days() int { return m.Month.AddMonths(1).Sub(m.Month) }

// DSO is receivables / sales x days of a period; nothing without sales.
func DSO(receivables, sales money.Amount, days int) (money.Decimal, bool) {
	if sales.Sign() <= 0 {
		return money.Decimal{}, false
	}
	return receivables.Number().Mul(money.Units(int64(days)).Number()).DivRound(sales.Number(), 2), true
}

// CountBack is the days sales outstanding by counting back: months, the latest first,
// give their days while their sales are covered by what is open; the last gives its share
// (5.5: 1500 open, June 900, May 800 -> 53.25).
func CountBack(open money.Amount, months []MonthSales) (money.Decimal, bool) {
	left, days := open.Number(), money.Units(0).Number()
	for i := range months {
		m := &months[i]
		if m.Sales.Sign() <= 0 {
			days = days.Add(money.Units(int64(m.Days())).Number())
			continue
		}
		if left.LessThan(m.Sales.Number()) {
			return days.Add(left.Mul(money.Units(int64(m.Days())).Number()).Div(m.Sales.Number())).Round(2), true
		}
		left, days = left.Sub(m.Sales.Number()), days.Add(money.Units(int64(m.Days())).Number())
	}
	return days.Round(2), left.Sign() == 0
}

// CEI is the collection effectiveness of a month: what was collected of what could be, 1
// is all of it.
func (m *MonthSales) CEI() (num, den money.Decimal) {
	start := m.OpenAtStart.Number().Add(m.Sales.Number())
	return start.Sub(m.Open.Number()), start.Sub(m.Open.Sub(m.Overdue).Number())
}
