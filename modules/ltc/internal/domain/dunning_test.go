package domain

import (
	"testing"

	"meridian/platform/date"
	"meridian/platform/money"
)

func level(days int, mode LevelMode, rate string) DunningLevel {
	return DunningLevel{DelayDays: days, Mode: mode, Rate: money.MustQty(rate), Fee: money.MustAmount("5")}
}

// 5.7: due + delay, the end of that month, the reminder before + delay; never on the due
// day itself (frappe/erpnext PR#45685); one level a run.
func TestDunningLevels(t *testing.T) {
	t.Parallel()
	p := &DunningPolicy{Levels: []DunningLevel{level(-3, FromDue, "0"), level(7, FromDue, "0"), level(14, FromPrevious, "0.06"), level(20, FromMonthEnd, "0.06")}}
	due := date.MustParse("2026-03-10")
	for _, c := range []struct {
		run      string
		level    int
		reminded string
		want     int
	}{
		{"2026-03-06", 0, "", 0}, {"2026-03-07", 0, "", 1}, {"2026-03-07", 1, "2026-03-07", 0},
		{"2026-03-10", 0, "", 0},                                               // the due day
		{"2026-03-16", 1, "2026-03-07", 0}, {"2026-03-17", 1, "2026-03-07", 2}, // 7 days after
		{"2026-03-17", 0, "", 2},                                               // a reminder ahead makes no sense any more
		{"2026-03-30", 2, "2026-03-17", 0}, {"2026-03-31", 2, "2026-03-17", 3}, // 14 days after the one before
		{"2026-03-30", 3, "2026-03-20", 0}, {"2026-03-31", 3, "2026-03-20", 4}, // the end of the month of 30 March
		{"2026-12-31", 4, "2026-04-30", 0},
	} {
		r := &Remindable{Due: due, Amount: money.MustAmount("100"), Open: money.MustAmount("100"), Level: c.level}
		if c.reminded != "" {
			r.RemindedOn = date.MustParse(c.reminded)
		}
		if got := p.next(r, date.MustParse(c.run)); got != c.want {
			t.Errorf("run %s at level %d: %d, want %d", c.run, c.level, got, c.want)
		}
	}
	late := &Remindable{Due: due, Amount: money.MustAmount("100"), Open: money.MustAmount("100"), PromisedOn: date.MustParse("2026-05-01")}
	if p.next(late, date.MustParse("2026-05-01")) != 0 || p.next(late, date.MustParse("2026-05-02")) != 2 {
		t.Error("a promise holds on its day and not after")
	}
	late.Disputed = true
	if p.next(late, date.MustParse("2026-06-01")) != 0 {
		t.Error("a disputed item was dunned")
	}
}

// Interest is open x rate / 365 x days, and is not forgotten when the principal is paid
// (frappe/erpnext#58220).
func TestDunningInterest(t *testing.T) {
	t.Parallel()
	due := date.MustParse("2026-01-01")
	rate := money.MustQty("0.0730")
	r := &Remindable{Due: due, Amount: money.MustAmount("1000"), Open: money.MustAmount("1000")}
	if got := Interest(r, rate, due.AddDays(50)).String(); got != "10.00" { // 1000 x 7.3 % / 365 x 50
		t.Errorf("interest of 50 days: %s, want 10.00", got)
	}
	r.Payments = []Paid{{On: due.AddDays(30), Amount: money.MustAmount("1000")}}
	r.Open = money.Amount{}
	if got := Interest(r, rate, due.AddDays(50)).String(); got != "6.00" {
		t.Errorf("interest after the principal was paid on day 30: %s, want 6.00", got)
	}
	r.InterestTo = due.AddDays(20)
	if got := Interest(r, rate, due.AddDays(50)).String(); got != "2.00" {
		t.Errorf("interest since the last claim: %s, want 2.00", got)
	}
	r.Payments, r.InterestTo = []Paid{{On: due.AddDays(-5), Amount: money.MustAmount("1000")}}, date.Date{}
	if got := Interest(r, rate, due.AddDays(50)); !got.IsZero() {
		t.Errorf("interest of what was paid in time: %s", got)
	}
}

// The highest level decides the letter; the fee comes once per letter, not per invoice.
func TestDunningOneLetterPerCustomer(t *testing.T) {
	t.Parallel()
	p := &DunningPolicy{Carry: true, MinAmount: money.MustAmount("50"), Levels: []DunningLevel{level(1, FromDue, "0"), level(10, FromDue, "0.0730"), level(20, FromDue, "0.0730")}}
	run := date.MustParse("2026-04-01")
	item := func(customer, instalment int64, open string, ago, level int) Remindable {
		return Remindable{Invoice: instalment, Instalment: instalment, Customer: 7, Due: run.AddDays(-ago), Amount: money.MustAmount(open), Open: money.MustAmount(open), Level: level}
	}
	list := []Remindable{item(7, 1, "1000", 50, 1), item(7, 2, "100", 3, 0), item(7, 3, "10", 0, 0)}
	small := item(8, 4, "49.99", 30, 0)
	small.Customer = 8
	out := p.Propose(append(list, small), run)
	if len(out) != 1 || out[0].Level != 2 || len(out[0].Items) != 2 || out[0].Open.String() != "1100.00" {
		t.Fatalf("letters: %+v", out)
	}
	if got := sumInterest(out[0].Items).String(); got != "10.00" {
		t.Errorf("interest of the letter %s, want 10.00", got)
	}
}
