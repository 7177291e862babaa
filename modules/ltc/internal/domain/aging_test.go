package domain

import (
	"testing"

	"meridian/platform/date"
	"meridian/platform/money"
)

// The golden value of 5.5: 1,500 open, June 900 in 30 days, May 800 in 31.
func TestCountBackGolden(t *testing.T) {
	t.Parallel()
	months := []MonthSales{{Month: date.MustParse("2026-06-01"), Sales: money.MustAmount("900")}, {Month: date.MustParse("2026-05-01"), Sales: money.MustAmount("800")}}
	if d, ok := CountBack(money.MustAmount("1500"), months); !ok || d.String() != "53.25" {
		t.Errorf("count back: %v %v, want 53.25", d, ok)
	}
	if d, ok := CountBack(money.MustAmount("1800"), months); ok || d.String() != "61" {
		t.Errorf("more open than the months sold: %v %v, want 61 and no answer", d, ok)
	}
	if d, ok := CountBack(money.Amount{}, months); !ok || d.String() != "0" {
		t.Errorf("nothing open: %v %v", d, ok)
	}
	if _, ok := DSO(money.MustAmount("10"), money.Amount{}, 30); ok {
		t.Error("days outstanding without sales")
	}
}

func TestCEI(t *testing.T) {
	t.Parallel()
	m := MonthSales{OpenAtStart: money.MustAmount("100"), Sales: money.MustAmount("200"), Open: money.MustAmount("120"), Overdue: money.MustAmount("40")}
	if num, den := m.CEI(); num.String() != "180" || den.String() != "220" {
		t.Errorf("CEI %s / %s, want 180 / 220", num, den)
	}
}

func TestExpectedLossIsBucketTimesRate(t *testing.T) {
	t.Parallel()
	p := defaultPolicy()
	a := Aging{NotDue: money.MustAmount("1000"), Days30: money.MustAmount("1000"), Days60: money.MustAmount("100"), Days90: money.MustAmount("100"), Days120: money.MustAmount("100"), Older: money.MustAmount("100")}
	if got := p.Loss(&a).String(); got != "100.00" { // 5 + 10 + 5 + 10 + 20 + 50
		t.Errorf("expected loss %s, want 100.00", got)
	}
}

func TestMatchScore(t *testing.T) {
	t.Parallel()
	item := func(id int64, no, open string) OpenItem {
		return OpenItem{Invoice: id, Instalment: id, FiscalNo: no, InvoiceNo: "IV-2026-0000" + no[len(no)-1:], ContractNo: "CO-2026-00007", Customer: 7, CustomerName: "华东精密 有限公司", Open: money.MustAmount(open), InvoiceOpen: money.MustAmount(open)}
	}
	items := []OpenItem{item(1, "INV-2026-000001", "113"), item(2, "INV-2026-000010", "113"), item(3, "INV-2026-000003", "500")}
	for _, c := range []struct {
		in      Incoming
		invoice int64
		score   int
		certain bool
	}{
		{Incoming{Reference: "Payment of inv 2026 000010 thanks", Rest: money.MustAmount("113")}, 2, 75, true}, // not 000001, whose number is the start of it
		{Incoming{Payer: "华东精密有限公司", Rest: money.MustAmount("113")}, 1, 50, false},                             // two of the same amount: nobody knows
		{Incoming{Customer: 7, Rest: money.MustAmount("490")}, 3, 35, false},
		{Incoming{Reference: "CO-2026-00007", Alias: 7, Rest: money.MustAmount("500")}, 3, 85, true},
	} {
		m, certain, ok := Best(c.in, items, defaultPolicy())
		if !ok || m.Item.Invoice != c.invoice || m.Score != c.score || certain != c.certain {
			t.Errorf("%+v: invoice %d with %d points %v, certain %v; want %d, %d, %v", c.in, m.Item.Invoice, m.Score, m.Reasons, certain, c.invoice, c.score, c.certain)
		}
	}
	if _, _, ok := Best(Incoming{Customer: 8, Rest: money.MustAmount("113"), Reference: "INV-2026-000001"}, items, defaultPolicy()); ok {
		t.Error("another customer's invoice was proposed")
	}
}
