package domain

import (
	"testing"

	"meridian/modules/crm"
	"meridian/platform/money"
)

func amt(s string) money.Amount { return money.MustAmount(s) }

// TestDecide is the table of 5.6.
func TestDecide(t *testing.T) {
	base := Standing{Limit: amt("1000"), Orders: amt("300"), Receivables: amt("400"), Delivered: amt("100"), Drafts: amt("50"), Unapplied: amt("30"), Insured: amt("20")}
	if got := base.Exposure().String(); got != "800.00" {
		t.Fatalf("exposure %s, want 800.00", got)
	}
	with := func(f func(s *Standing)) Standing { s := base; f(&s); return s }
	for name, x := range map[string]struct {
		s      Standing
		at     crm.Point
		amount string
		pass   bool
		used   string
	}{
		"fits exactly":                        {base, crm.AtOrder, "200", true, "0.00"},
		"a cent too much":                     {base, crm.AtOrder, "200.01", false, "0.00"},
		"temporary limit":                     {with(func(s *Standing) { s.Temporary = amt("1") }), crm.AtOrder, "200.01", true, "0.00"},
		"prepaid passes although blocked":     {with(func(s *Standing) { s.Blocked = true }), crm.AtOrder, "0", true, "0.00"},
		"blocked":                             {with(func(s *Standing) { s.Blocked = true }), crm.AtOrder, "1", false, "0.00"},
		"blocked at shipping":                 {with(func(s *Standing) { s.Blocked = true }), crm.AtShip, "0", false, "0.00"},
		"shipped goods are invoiced":          {with(func(s *Standing) { s.Blocked, s.Overdue = true, amt("999") }), crm.AtInvoice, "5000", true, "0.00"},
		"overdue beyond the tolerance":        {with(func(s *Standing) { s.Overdue, s.Tolerance = amt("10.01"), amt("10") }), crm.AtRelease, "0", false, "0.00"},
		"overdue within the tolerance":        {with(func(s *Standing) { s.Overdue, s.Tolerance = amt("10"), amt("10") }), crm.AtOrder, "1", true, "0.00"},
		"a release covers what is missing":    {with(func(s *Standing) { s.Release, s.Released = 7, amt("100") }), crm.AtOrder, "300", true, "100.00"},
		"a release is too small":              {with(func(s *Standing) { s.Release, s.Released = 7, amt("99.99") }), crm.AtOrder, "300", false, "0.00"},
		"a release must cover all of a block": {with(func(s *Standing) { s.Blocked, s.Release, s.Released = true, 7, amt("100") }), crm.AtOrder, "150", false, "0.00"},
		"shipping asks for nothing new":       {base, crm.AtShip, "0", true, "0.00"},
	} {
		a, used := decide(&x.s, x.at, amt(x.amount))
		if a.Pass != x.pass || used.String() != x.used || a.Pass == (a.Reason != "") {
			t.Errorf("%s: pass %v (%s), used %s", name, a.Pass, a.Reason, used)
		}
	}
}

func TestRate(t *testing.T) {
	for days, want := range map[string]string{"0": "A", "5": "A", "5.01": "B", "15": "B", "30": "C", "30.5": "D"} {
		if got := Rate(ratio(days).Number()); got != want {
			t.Errorf("%s days late: %s, want %s", days, got, want)
		}
	}
}
