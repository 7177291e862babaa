package domain

import (
	"testing"

	"meridian/modules/ipd"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
)

var q = money.MustQty

func line(id int64, qty, received, accepted, billed string) OrderLine {
	return OrderLine{Line: record.Line{ID: id}, ProductID: ipd.ProductID(id), Qty: q(qty), Price: q("12.5"), TaxRate: q("0.13"), Received: q(received), Accepted: q(accepted), Billed: q(billed)}
}

func TestToleranceOfPrices(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, qty, price, ordered string
		want                      bool
	}{
		{"the same", "10", "100", "100", true},
		{"10.00 in all on a small line", "10", "2", "1", true},
		{"10.01 in all on a small line", "1", "20.01", "10", false},
		{"2 % of a large line", "100", "102", "100", true},
		{"a little more than 2 %", "100", "102.01", "100", false},
		{"2 % downwards", "100", "98", "100", true},
		{"far too cheap is an exception too", "100", "50", "100", false},
		{"free in the order, 10.00 billed", "1", "10", "0", true},
	} {
		if got := within(q(c.qty), q(c.price), q(c.ordered)); got != c.want {
			t.Errorf("%s: within = %v, want %v", c.name, got, c.want)
		}
	}
}

func TestCompareBillsOnlyWhatWasAccepted(t *testing.T) {
	t.Parallel()
	o := &Order{Lines: []OrderLine{line(1, "100", "100", "90", "50"), line(2, "10", "10", "10", "0")}}
	v := &Invoice{Lines: []InvoiceLine{
		{POLineID: 1, Qty: q("30"), Price: q("12.5")},
		{POLineID: 1, Qty: q("10.000001"), Price: q("12.5")}, // with the line above 0.000001 more than accepted
		{POLineID: 2, Qty: q("10"), Price: q("25")},
	}}
	v.compare(o)
	for i, want := range []Outcome{Matched, BeyondAccepted, PriceDiffers} {
		if got := v.Lines[i].Outcome; got != want {
			t.Errorf("line %d is %s, want %s", i+1, got, want)
		}
	}
	if n := len(v.exceptions(o, false)); n != 2 {
		t.Errorf("%d exceptions, want 2", n)
	}
	if n := len(v.exceptions(o, true)); n != 1 {
		t.Errorf("%d exceptions with the price accepted, want 1: a quantity is never resolved", n)
	}
}

func TestReceiveRefusesMoreThanFivePercent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		received, qty string
		ok, complete  bool
	}{
		{"0", "40", true, false}, {"0", "100", true, true}, {"60", "40", true, true}, // two deliveries complete an order as one does
		{"0", "105", true, true}, {"0", "105.000001", false, false}, {"100", "5", true, true}, {"100", "6", false, true},
	} {
		o := &Order{Lines: []OrderLine{line(1, "100", c.received, "0", "0")}}
		err := o.receive([]ReceiptLine{{POLineID: 1, Qty: q(c.qty)}}, date.MustParse("2026-11-21"))
		if (err == nil) != c.ok || o.complete() != c.complete {
			t.Errorf("%s after %s of 100: %v, complete %v", c.qty, c.received, err, o.complete())
		}
		if err != nil && !errs.Is(err, errs.Precondition) {
			t.Errorf("%s after %s of 100: %v, want Precondition", c.qty, c.received, err)
		}
		if c.ok && o.complete() && o.ReceivedOn.String() != "2026-11-21" {
			t.Errorf("a complete order was received on %s", o.ReceivedOn)
		}
	}
}

func TestVerdictSpeaksAboutAllOfIt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		accepted, rejected, note string
		ok                       bool
	}{
		{"10", "0", "", true}, {"9", "1", "scratched", true}, {"0", "10", "wrong part", true},
		{"9", "1", "", false}, {"9", "0", "", false}, {"10", "1", "x", false}, {"11", "-1", "x", false}, {"0", "0", "", false},
	} {
		i := &Inspection{Qty: q("10")}
		err := i.take(&verdict{Accepted: q(c.accepted), Rejected: q(c.rejected), Note: c.note})
		if (err == nil) != c.ok {
			t.Errorf("%s accepted, %s rejected: %v", c.accepted, c.rejected, err)
		}
		if err != nil && !i.Accepted.IsZero() {
			t.Errorf("a refused verdict was written")
		}
	}
}

func TestTaxIsRoundedOncePerRate(t *testing.T) {
	t.Parallel()
	o := &Order{Lines: []OrderLine{
		{Qty: q("3"), Price: q("0.335"), TaxRate: q("0.13")}, // 1.005
		{Qty: q("1"), Price: q("0.335"), TaxRate: q("0.13")}, // 0.335: together 1.34, tax 0.17
		{Qty: q("1"), Price: q("100"), TaxRate: q("0.06")},
	}}
	if err := o.settle(); err != nil {
		t.Fatal(err)
	}
	if o.Net.String() != "101.34" || o.Tax.String() != "6.17" || o.Total.String() != "107.51" {
		t.Errorf("net %s tax %s total %s, want 101.34, 6.17, 107.51", o.Net, o.Tax, o.Total)
	}
	for _, bad := range []OrderLine{{Qty: q("0"), Price: q("1")}, {Qty: q("1"), Price: q("-1")}, {Qty: q("1"), Price: q("1"), TaxRate: q("1")}} {
		if err := (&Order{Lines: []OrderLine{bad}}).settle(); !errs.Is(err, errs.Invalid) {
			t.Errorf("line %+v: %v, want Invalid", bad, err)
		}
	}
}

func TestFirstConfirmedDateStays(t *testing.T) {
	t.Parallel()
	o := &Order{OrderDate: date.MustParse("2026-11-01")}
	s := &Orders{}
	for _, d := range []string{"2026-11-20", "2026-12-05"} {
		if err := s.confirm(t.Context(), o, &confirmed{date.MustParse(d)}); err != nil {
			t.Fatal(err)
		}
	}
	if o.FirstConfirmed.String() != "2026-11-20" || o.LatestConfirmed.String() != "2026-12-05" {
		t.Errorf("first %s latest %s", o.FirstConfirmed, o.LatestConfirmed)
	}
	if err := s.confirm(t.Context(), o, &confirmed{date.MustParse("2026-10-31")}); !errs.Is(err, errs.Invalid) {
		t.Errorf("confirmed before the order: %v, want Invalid", err)
	}
}

func TestInvoiceNumbersAreTheSameHoweverWritten(t *testing.T) {
	t.Parallel()
	for _, no := range []string{"INV-0042/a", "inv 0042 A", " INV.0042-A "} {
		if got := invoiceKey(no); got != "INV0042A" {
			t.Errorf("invoiceKey(%q) = %q", no, got)
		}
	}
	if invoiceKey("发票 7") == invoiceKey("票 7") || invoiceKey(" -/ ") != "" {
		t.Error("different numbers became one")
	}
}

func TestOnlyQualifiedSuppliersDeliver(t *testing.T) {
	t.Parallel()
	for stage, ok := range map[SupplierStage]bool{Potential: false, Qualified: true, Preferred: true, Suspended: false, Exited: false} {
		if err := (&Supplier{Stage: stage}).mayDeliver(); (err == nil) != ok {
			t.Errorf("%s: %v", stage, err)
		}
	}
}

func TestPaymentLimit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ amount, most, want string }{
		{"0", "100", "100.00"}, {"40", "100", "40.00"}, {"100", "100", "100.00"}, {"100.01", "100", ""}, {"-1", "100", ""}, {"0", "0", ""}, {"1", "0", ""},
	} {
		p := &Payment{Amount: money.MustAmount(c.amount)}
		err := p.limit(money.MustAmount(c.most))
		if (err == nil) != (c.want != "") || (err == nil && p.Amount.String() != c.want) {
			t.Errorf("%s of %s: %s %v", c.amount, c.most, p.Amount, err)
		}
	}
}

// TestSupplierBank: an international account number that cannot exist is refused, other
// ways to write an account are not judged.
func TestSupplierBank(t *testing.T) {
	t.Parallel()
	for account, ok := range map[string]bool{"": true, "6222 0000 1111": true, "台州银行路桥支行 5200 1888 6600 0137": true, "DE89 3704 0044 0532 0130 00": true, "DE89 3704 0044 0532 0130 01": false} {
		if err := (&Suppliers{}).check(t.Context(), &Supplier{BankAccount: account}); (err == nil) != ok {
			t.Errorf("%q: %v", account, err)
		}
	}
}
