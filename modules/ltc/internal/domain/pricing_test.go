package domain

import (
	"testing"

	"meridian/platform/date"
	"meridian/platform/money"
)

func line(qty, price, discount, tax string) *Priced {
	p := &Priced{Qty: money.MustQty(qty), UnitPrice: money.MustQty(price), Discount: money.MustQty(discount), TaxRate: money.MustQty(tax)}
	p.Net = money.Net(p.Qty, p.UnitPrice, p.Discount)
	return p
}

func TestTotals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lines           []*Priced
		freight         string
		net, tax, total string
	}{
		"nothing":                     {nil, "0", "0.00", "0.00", "0.00"},
		"one rate is rounded once":    {[]*Priced{line("1", "0.005", "0", "0"), line("1", "0.005", "0", "0"), line("1", "0.005", "0", "0")}, "0", "0.02", "0.00", "0.02"},
		"half a cent goes up":         {[]*Priced{line("1", "0.125", "0", "0.13")}, "0", "0.13", "0.02", "0.15"},
		"tax per rate on the sum":     {[]*Priced{line("3", "33.33", "0", "0.13"), line("1", "0.01", "0", "0.13"), line("2", "50", "0.1", "0.06")}, "0", "190.00", "18.40", "208.40"},
		"freight carries no tax":      {[]*Priced{line("1", "100", "0", "0.13")}, "25.50", "100.00", "13.00", "138.50"},
		"a full discount costs zero":  {[]*Priced{line("7", "99.99", "1", "0.13")}, "0", "0.00", "0.00", "0.00"},
		"six digits survive the line": {[]*Priced{line("3", "0.333333", "0.05", "0")}, "0", "0.95", "0.00", "0.95"},
	} {
		got := totals(c.lines, money.MustAmount(c.freight))
		if got.Net.String() != c.net || got.Tax.String() != c.tax || got.Total.String() != c.total {
			t.Errorf("%s: %s + %s = %s, want %s + %s = %s", name, got.Net, got.Tax, got.Total, c.net, c.tax, c.total)
		}
	}
}

// A lower unit price is a discount by another name.
func TestCutSeesLoweredPrices(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ price, discount, list, want string }{
		{"100", "0.1", "100", "0.1"},
		{"80", "0", "100", "0.2"},
		{"90", "0.1", "100", "0.19"},
		{"120", "0.1", "100", "0.1"}, // dearer than the list, but a discount was given
		{"100", "0.3", "0", "0.3"},   // no list price
	} {
		if got := line("1", c.price, c.discount, "0").cut(money.MustQty(c.list)); got.String() != c.want {
			t.Errorf("%s less %s on a list price of %s: cut %s, want %s", c.price, c.discount, c.list, got, c.want)
		}
	}
}

func TestPhoneKey(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"+86 138-0013-8000": "13800138000", "0086 138 0013 8000": "13800138000", "13800138000": "13800138000", "(021) 5555": "0215555", "": "", "n/a": ""} {
		if got := PhoneKey(in); got != want {
			t.Errorf("PhoneKey(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestOpenValue(t *testing.T) {
	t.Parallel()
	o := &Order{Stage: OrderReleased, Freight: money.MustAmount("10"), Lines: []OrderLine{{Priced: *line("10", "100", "0", "0.13"), Delivered: money.Units(6), Accepted: money.Units(6), Invoiced: money.Units(4)}}}
	if got := o.openValue(); got.String() != "688.00" { // 6 x 113 + 10
		t.Errorf("open value %s, want 688.00", got)
	}
	o.Stage = OrderClosedShort
	if got := o.openValue(); got.String() != "236.00" { // 2 x 113 + 10
		t.Errorf("open value closed short %s, want 236.00", got)
	}
	o.Stage, o.FreightInvoiced, o.Lines[0].Invoiced = OrderCompleted, o.Freight, money.Units(10)
	if got := o.openValue(); !got.IsZero() {
		t.Errorf("open value when all is invoiced %s, want 0", got)
	}
}

func TestPlanAddsUp(t *testing.T) {
	t.Parallel()
	share := func(kind PlanKind, pct string) PlanLine {
		return PlanLine{Kind: kind, Percent: money.MustQty(pct), PlannedOn: date.MustParse("2026-12-01")}
	}
	fixed := func(kind PlanKind, amount string) PlanLine {
		return PlanLine{Kind: kind, Amount: money.MustAmount(amount), PlannedOn: date.MustParse("2026-12-01")}
	}
	for name, c := range map[string]struct {
		plan []PlanLine
		bad  int
	}{
		"the usual plan":            {defaultPlan(date.MustParse("2026-12-01"), 30), 0},
		"thirds add up to the cent": {[]PlanLine{share(PlanInvoice, "1"), share(PlanCollect, "0.333333"), share(PlanCollect, "0.333333"), share(PlanCollect, "0.333334")}, 0},
		"too little is collected":   {[]PlanLine{share(PlanInvoice, "1"), share(PlanCollect, "0.9")}, 1},
		"no invoice at all":         {[]PlanLine{share(PlanCollect, "1")}, 1},
		"shares and a fixed amount": {[]PlanLine{share(PlanInvoice, "1"), fixed(PlanInvoice, "1"), share(PlanCollect, "1")}, 1},
		"fixed amounts":             {[]PlanLine{fixed(PlanInvoice, "100"), fixed(PlanCollect, "30"), fixed(PlanCollect, "70")}, 0},
		"a line waits for itself":   {[]PlanLine{{Kind: PlanInvoice, Percent: money.Units(1), TriggerLine: 1}, share(PlanCollect, "1")}, 1},
		"neither date nor trigger":  {[]PlanLine{{Kind: PlanInvoice, Percent: money.Units(1)}, share(PlanCollect, "1")}, 1},
	} {
		if bad := settlePlan(c.plan, money.MustAmount("100.00")); len(bad) != c.bad {
			t.Errorf("%s: %d findings %v, want %d", name, len(bad), bad, c.bad)
		}
	}
}

// "You owe because you accepted on 3 May": a finished line sets the due date of the
// one that waits for it, and amounts fill the lines in order.
func TestPlanTriggers(t *testing.T) {
	t.Parallel()
	plan := defaultPlan(date.MustParse("2026-04-01"), 15)
	if bad := settlePlan(plan, money.MustAmount("100.00")); len(bad) > 0 {
		t.Fatal(bad)
	}
	may3 := date.MustParse("2026-05-03")
	advancePlan(plan, PlanAccept, money.Amount{}, may3)
	if got := plan[2].DueOn.String(); got != "2026-05-03" {
		t.Errorf("invoice due %s, want 2026-05-03", got)
	}
	advancePlan(plan, PlanInvoice, money.MustAmount("100.00"), may3)
	if got := plan[3].DueOn.String(); got != "2026-05-18" {
		t.Errorf("payment due %s, want 2026-05-18", got)
	}
	advancePlan(plan, PlanCollect, money.MustAmount("60.00"), may3)
	if !plan[3].DoneOn.IsZero() || plan[3].Actual.String() != "60.00" {
		t.Errorf("partly collected: done %s, actual %s", plan[3].DoneOn, plan[3].Actual)
	}
	advancePlan(plan, PlanCollect, money.MustAmount("45.00"), may3)
	if plan[3].DoneOn.IsZero() || plan[3].Actual.String() != "105.00" {
		t.Errorf("overpaid: done %s, actual %s", plan[3].DoneOn, plan[3].Actual)
	}
	if !plan[0].DoneOn.IsZero() {
		t.Error("a delivery nobody reported is done")
	}
}

func TestReceiptPays(t *testing.T) {
	t.Parallel()
	seven, eight := int64(7), int64(8)
	for name, c := range map[string]struct {
		rest, open, want string
		stage            InvoiceStage
		customer         *int64
		pays             string // "" = refused
	}{
		"as much as both have":    {"100", "70", "0", InvoicePosted, nil, "70.00"},
		"the whole receipt":       {"50", "70", "0", InvoicePosted, &seven, "50.00"},
		"what was asked for":      {"100", "70", "30", InvoicePosted, nil, "30.00"},
		"more than is open":       {"100", "70", "70.01", InvoicePosted, nil, ""},
		"more than came in":       {"50", "70", "50.01", InvoicePosted, nil, ""},
		"a negative amount":       {"50", "70", "-1", InvoicePosted, nil, ""},
		"an invoice not posted":   {"50", "70", "0", InvoiceApproved, nil, ""},
		"an invoice paid already": {"50", "0", "0", InvoicePaid, nil, ""},
		"another customer":        {"50", "70", "0", InvoicePosted, &eight, ""},
	} {
		r := &Receipt{Rest: money.MustAmount(c.rest), CustomerID: c.customer}
		got, err := r.pays(&Invoice{Stage: c.stage, CustomerID: 7, Open: money.MustAmount(c.open)}, money.MustAmount(c.want))
		if (err != nil) != (c.pays == "") || (err == nil && got.String() != c.pays) {
			t.Errorf("%s: pays %s (%v), want %q", name, got, err, c.pays)
		}
	}
}
