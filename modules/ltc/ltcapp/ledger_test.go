package ltcapp_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"meridian/modules/isc"
	"meridian/modules/ltc"
	"meridian/platform/app/apptest"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/kpi"
	"meridian/platform/money"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// invoiced brings an order of n motors at price to an invoice draft.
func (w *world) invoiced(customer resource.Row, n, price string) (order, invoice resource.Row) {
	w.T.Helper()
	order = w.Fire(w.Admin, w.order(customer, n, price), "confirm", nil)
	w.Fire(w.Admin, order, "release", nil)
	w.deliver(order)
	w.Fire(w.Admin, w.One("ltc.acceptance", "order_id", apptest.ID(order)), "accept", resource.Values{"signed_by": "Li"})
	w.Fire(w.Admin, order, "invoice", nil)
	return w.Reload(order), w.One("ltc.invoice", "order_id", apptest.ID(order))
}

func (w *world) approve(boss context.Context, invoice resource.Row) {
	w.T.Helper()
	w.Fire(w.Admin, invoice, "approve", nil)
	if w.Approve(boss); w.Reload(invoice).Stage() != "approved" {
		w.T.Fatalf("invoice %s is %s after approval", invoice.Base().No, w.Reload(invoice).Stage())
	}
}

func (w *world) post(boss context.Context, invoice resource.Row) resource.Row {
	w.T.Helper()
	w.approve(boss, invoice)
	return w.Fire(w.Admin, invoice, "post", nil)
}

func (w *world) receipt(ref, amount string) resource.Row {
	return w.Create(w.Admin, "ltc.receipt", resource.Values{"amount": amount, "bank_ref": ref})
}

func TestTwoClientsCannotPayAnInvoiceTwice(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss := w.User("boss", "core.admin")
	_, invoice := w.invoiced(w.customer("Acme", "10000"), "1", "100")
	invoice = w.post(boss, invoice) // 113.00
	receipts := make([]resource.Row, 8)
	for i := range receipts {
		receipts[i] = w.receipt(fmt.Sprint("B", i), "40")
	}
	ok, failed := apptest.Together(len(receipts), func(i int) error {
		_, _, err := w.Must("ltc.receipt").FireRow(w.Admin, receipts[i].Base().ID, 0, "allocate", resource.Values{"invoice": apptest.ID(invoice), "amount": "40"})
		return err
	})
	if ok != 2 || w.Reload(invoice).Text("open") != "33.00" {
		t.Errorf("%d of 8 receipts of 40 paid an invoice of 113, open %s; want 2 and 33.00", ok, w.Reload(invoice).Text("open"))
	}
	for _, err := range failed {
		if !errs.Is(err, errs.Invalid) {
			t.Errorf("a late receipt got %v, want Invalid", err)
		}
	}
	w.Healthy()
}

func TestOneReceiptIsNotUsedTwice(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss := w.User("boss", "core.admin")
	customer := w.customer("Acme", "10000")
	_, a := w.invoiced(customer, "1", "100")
	_, b := w.invoiced(customer, "1", "100")
	invoices := []resource.Row{w.post(boss, a), w.post(boss, b)}
	r := w.receipt("B1", "100")
	ok, _ := apptest.Together(2, func(i int) error {
		_, _, err := w.Must("ltc.receipt").FireRow(w.Admin, r.Base().ID, 0, "allocate", resource.Values{"invoice": apptest.ID(invoices[i])})
		return err
	})
	if ok != 1 {
		t.Errorf("one receipt was used up %d times", ok)
	}
	w.Healthy()
}

func TestCreditIsTakenOnce(t *testing.T) {
	t.Parallel()
	w := setup(t)
	customer := w.customer("Acme", "250") // room for two orders of 113
	orders := make([]resource.Row, 6)
	for i := range orders {
		orders[i] = w.order(customer, "1", "100")
	}
	ok, failed := apptest.Together(len(orders), func(i int) error {
		_, _, err := w.Must("ltc.order").FireRow(w.Admin, orders[i].Base().ID, 0, "confirm", resource.Values{})
		return err
	})
	if ok != 2 {
		t.Errorf("%d orders of 113 were confirmed within a limit of 250, want 2", ok)
	}
	for _, err := range failed {
		if !errs.Is(err, errs.Precondition) || !strings.Contains(err.Error(), "limit 250.00") {
			t.Errorf("the refusal does not name the limit: %v", err)
		}
	}
	w.Healthy()
}

func TestCreditCannotBeEvaded(t *testing.T) {
	t.Parallel()
	w := setup(t)
	customer := w.customer("Acme", "200")
	first := w.Fire(w.Admin, w.order(customer, "1", "100"), "confirm", nil)
	w.Fire(w.Admin, first, "copy", nil)
	list, err := w.Must("ltc.order").ListRows(w.Admin, resource.ListQuery{Filters: map[string][]string{"stage": {"draft"}}})
	if err != nil || len(list.Rows) != 1 {
		t.Fatalf("copy: %d drafts, %v", len(list.Rows), err)
	}
	again := list.Rows[0]
	w.Refused(w.Admin, again, "confirm", nil, errs.Precondition, "the copy of an order passed the credit check")
	w.Fire(w.Admin, first, "cancel", resource.Values{"reason": "customer withdrew"})
	if len(w.supply.released) != 1 || w.Reload(first).Text("exposure") != "0.00" {
		t.Errorf("cancel gave back %d reservations and left %s of credit", len(w.supply.released), w.Reload(first).Text("exposure"))
	}
	w.Fire(w.Admin, again, "confirm", nil) // the credit is free again
	w.Healthy()
}

func TestInvoiceNumbersHaveNoGap(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss := w.User("boss", "core.admin")
	customer := w.customer("Acme", "100000")
	invoices := make([]resource.Row, 6)
	for i := range invoices {
		_, invoices[i] = w.invoiced(customer, "1", "100")
		w.approve(boss, invoices[i])
	}
	boom := errs.New(errs.Precondition, "rolled back")
	ok, _ := apptest.Together(len(invoices), func(i int) error {
		return w.DB.Tx(w.Admin, func(ctx context.Context) error {
			if _, _, err := w.Must("ltc.invoice").FireRow(ctx, invoices[i].Base().ID, 0, "post", resource.Values{}); err != nil {
				return err
			}
			if i%2 == 0 {
				return boom // the number goes back
			}
			return nil
		})
	})
	if ok != 3 {
		t.Fatalf("%d invoices were posted, want 3", ok)
	}
	seen := map[string]bool{}
	for i, v := range invoices {
		if no := w.Reload(v).Text("fiscal_no"); (no != "") != (i%2 == 1) || seen[no] && no != "" {
			t.Errorf("invoice %d has the legal number %q", i, no)
		} else {
			seen[no] = true
		}
	}
	for n := 1; n <= 3; n++ {
		if no := fmt.Sprintf("INV-%d-%06d", w.today().Year(), n); !seen[no] {
			t.Errorf("number %s was skipped: %v", no, seen)
		}
	}
	w.Healthy()
}

func TestPostedInvoiceIsFinal(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss := w.User("boss", "core.admin")
	_, invoice := w.invoiced(w.customer("Acme", "10000"), "1", "100")
	invoice = w.post(boss, invoice)
	if _, err := w.Must("ltc.invoice").UpdateRow(w.Admin, invoice.Base().ID, invoice.Base().Version, resource.Values{"note": "x"}); !errs.Is(err, errs.Precondition) {
		t.Errorf("a posted invoice was edited: %v", err)
	}
	for _, q := range []string{`UPDATE ltc.invoice SET total = total + 1, net = net + 1`, `UPDATE ltc.invoice_line SET qty = 2`, `DELETE FROM ltc.invoice_line`, `UPDATE ltc.invoice SET fiscal_no = 'X'`,
		`DELETE FROM ltc.allocation`} {
		if err := w.DB.Tx(w.Admin, func(ctx context.Context) error { return w.DB.Exec(ctx, q) }); err == nil {
			t.Errorf("the database allowed: %s", q)
		}
	}
	w.Refused(w.Admin, invoice, "void", resource.Values{"reason": "x"}, errs.Precondition, "a posted invoice was declared void")
}

// Not more is invoiced than was accepted, over drafts and partial deliveries.
func TestInvoiceFollowsAcceptance(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss := w.User("boss", "core.admin")
	customer := w.customer("Acme", "100000")
	order := w.Create(w.Admin, "ltc.order", resource.Values{"customer_id": apptest.ID(customer), "freight": "20",
		"lines": []resource.Values{{"product_id": "1", "qty": "10", "unit_price": "100"}}})
	order = w.Fire(w.Admin, order, "confirm", nil)
	w.Refused(w.Admin, order, "invoice", nil, errs.Precondition, "an order was invoiced before delivery")
	w.Fire(w.Admin, order, "release", nil)
	line := order.Lines("lines")[0]
	w.ship(order, 1, []isc.ShippedLine{{Line: line.ID(), Product: motor, Qty: money.Units(6)}})
	if got := w.Reload(order).Stage(); got != "released" {
		t.Errorf("after six of ten the order is %s, want released", got)
	}
	a := w.One("ltc.acceptance", "shipment_id", "1")
	al := a.Lines("lines")[0]
	if _, err := w.Must("ltc.acceptance").UpdateRow(w.Admin, a.Base().ID, a.Base().Version, resource.Values{"lines": []resource.Values{}}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a delivered line was dropped from the acceptance: %v", err)
	}
	if _, err := w.Must("ltc.acceptance").UpdateRow(w.Admin, a.Base().ID, a.Base().Version, resource.Values{"lines": []resource.Values{{"id": lineID(al), "accepted": "7"}}}); !errs.Is(err, errs.Invalid) {
		t.Errorf("seven of six were accepted: %v", err)
	}
	if _, err := w.Must("ltc.acceptance").UpdateRow(w.Admin, a.Base().ID, a.Base().Version, resource.Values{"lines": []resource.Values{{"id": lineID(al), "accepted": "5"}}}); err != nil {
		t.Fatal(err)
	}
	a = w.Fire(w.Admin, a, "accept", resource.Values{"signed_by": "Li"})
	if got := a.Lines("lines")[0].Text("rejected"); got != "1" {
		t.Errorf("%s refused, want 1", got)
	}
	w.Fire(w.Admin, a, "invoice", nil)
	w.Refused(w.Admin, order, "invoice", nil, errs.Precondition, "a draft holds everything, and a second one was made")
	v := w.One("ltc.invoice", "order_id", apptest.ID(order))
	if got := v.Text("total"); got != "585.00" { // 5 x 113 + 20
		t.Errorf("invoice of 5 and freight: %s, want 585.00", got)
	}
	vl := v.Lines("lines")[0]
	if _, err := w.Must("ltc.invoice").UpdateRow(w.Admin, v.Base().ID, v.Base().Version, resource.Values{"lines": []resource.Values{{"id": lineID(vl), "qty": "5.5"}}}); !errs.Is(err, errs.Invalid) {
		t.Errorf("more was invoiced than accepted: %v", err)
	}
	if _, err := w.Must("ltc.invoice").UpdateRow(w.Admin, v.Base().ID, v.Base().Version, resource.Values{"lines": []resource.Values{{"id": lineID(vl), "unit_price": "1"}}}); err != nil {
		t.Fatal(err)
	}
	if got := w.Reload(v).Text("total"); got != "585.00" {
		t.Errorf("the price of the order was overwritten: total %s", got)
	}
	w.post(boss, v)
	if got := w.Reload(order).Text("exposure"); got != "565.00" { // 5 x 113
		t.Errorf("after the first invoice the order holds %s, want 565.00", got)
	}
	w.Fire(w.Admin, order, "close_short", resource.Values{"reason": "the rest is not wanted"})
	if got := w.Reload(order).Text("exposure"); got != "113.00" { // delivered six, invoiced five
		t.Errorf("closed short the order holds %s, want 113.00", got)
	}
	if got := w.Measure("ltc.net_sales", kpiAll); got != "600" {
		t.Errorf("net sales of an order closed short after six: %s, want 600", got)
	}
	w.Healthy()
}

// Lines keep six decimals; only the sum is rounded (northwind: 617,085.20, not .35).
func TestNetSalesRoundTheSumOnly(t *testing.T) {
	t.Parallel()
	w := setup(t)
	customer := w.customer("Acme", "10000")
	for range 3 {
		w.Fire(w.Admin, w.order(customer, "0.5", "0.009"), "confirm", nil)
	}
	cancelled := w.Fire(w.Admin, w.order(customer, "1", "500"), "confirm", nil)
	w.Fire(w.Admin, cancelled, "cancel", resource.Values{"reason": "x"})
	w.order(customer, "1", "700") // a draft is no sale
	if got := w.Measure("ltc.net_sales", kpiAll); got != "0.01" {
		t.Errorf("net sales of 3 x 0.0045 = %s, want 0.01 (lines rounded to cents give 0)", got)
	}
	today := date.Of(w.Now().In(w.Location(w.Admin)))
	if v := w.Value("ltc.net_sales", kpi.Scope{From: today.AddDays(1)}); v.Value.String() != "0" || v.N != 0 {
		t.Errorf("net sales from tomorrow: %v of %d orders, want 0", v.Value, v.N)
	}
	if v := w.Value("ltc.net_sales", kpi.Scope{From: today, To: today}); v.N != 3 {
		t.Errorf("orders of today: %d, want 3: both days are included", v.N)
	}
	w.Healthy()
}

// Aging answers the same for the same day, whatever is paid later; its total is the
// sum of the open invoices, and money on account is never netted.
func TestAging(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss := w.User("boss", "core.admin")
	customer := w.customer("Acme", "100000")
	_, a := w.invoiced(customer, "1", "100")
	if _, err := w.Must("ltc.invoice").UpdateRow(w.Admin, a.Base().ID, a.Base().Version, resource.Values{"invoice_date": "2026-01-10", "due_date": "2026-02-09"}); err != nil {
		t.Fatal(err)
	}
	a = w.post(boss, a)
	for _, c := range []struct {
		day    string
		bucket func(x agingRow) money.Amount
		rows   int
	}{
		{"2026-01-09", func(x agingRow) money.Amount { return x.Total }, 0},
		{"2026-02-09", func(x agingRow) money.Amount { return x.NotDue }, 1},
		{"2026-02-10", func(x agingRow) money.Amount { return x.Days30 }, 1},
		{"2026-03-11", func(x agingRow) money.Amount { return x.Days30 }, 1},
		{"2026-03-12", func(x agingRow) money.Amount { return x.Days60 }, 1},
		{"2026-05-10", func(x agingRow) money.Amount { return x.Days90 }, 1},
		{"2026-06-09", func(x agingRow) money.Amount { return x.Days120 }, 1},
		{"2026-06-10", func(x agingRow) money.Amount { return x.Older }, 1},
	} {
		rows, err := w.ltc.Aging(w.Admin, date.MustParse(c.day))
		if err != nil || len(rows) != c.rows || (c.rows == 1 && (c.bucket(rows[0]).String() != "113.00" || rows[0].Total.String() != "113.00")) {
			t.Errorf("aging as of %s: %+v %v", c.day, rows, err)
		}
	}
	before, err := w.ltc.Aging(w.Admin, date.MustParse("2026-03-01"))
	if err != nil {
		t.Fatal(err)
	}
	r := w.receipt("B1", "200")
	w.Fire(w.Admin, r, "allocate_part", resource.Values{"invoice": apptest.ID(a)})
	after, err := w.ltc.Aging(w.Admin, date.MustParse("2026-03-01"))
	if err != nil || fmt.Sprint(before) != fmt.Sprint(after) {
		t.Errorf("aging as of March changed by a later payment: %v, then %v (%v)", before, after, err)
	}
	now, err := w.ltc.Aging(w.Admin, w.today().AddDays(1))
	if err != nil || len(now) != 1 || !now[0].Total.IsZero() || now[0].OnAccount.String() != "-87.00" {
		t.Errorf("aging now: %+v %v, want 0 owed and -87.00 on account", now, err)
	}
	w.Healthy()
}

func TestOnePersonIsOneLead(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ann, _ := w.User("ann", "ltc.rep"), w.User("bob", "ltc.rep")
	_ = ann
	var mu sync.Mutex
	made := map[trace.Ref]bool{}
	ok, failed := apptest.Together(6, func(i int) error {
		n := ltc.NewLead{Name: "Li", Company: "Acme", Email: "LI@example.com"}
		if i%2 == 0 {
			n = ltc.NewLead{Name: "Li", Company: "Acme", Email: "li@Example.com ", Phone: "13800138000"}
		}
		ref, _, err := w.ltc.Leads.Capture(w.Admin, n, trace.Ref{Type: "itr.case", ID: int64(i + 1)})
		mu.Lock()
		made[ref] = true
		mu.Unlock()
		return err
	})
	if ok != 6 || len(made) != 1 {
		t.Errorf("six captures of one person: %d fine, leads %v, %v", ok, made, failed)
	}
	for ref := range made {
		links, err := w.Trace.Thread(w.Admin, ref)
		if err != nil || len(links) != 6 {
			t.Errorf("the lead shows %d origins (%v), want 6", len(links), err)
		}
	}
	for i := range 3 { // the next three go round: bob, then whoever has fewer
		if _, created, err := w.ltc.Leads.Capture(w.Admin, ltc.NewLead{Name: fmt.Sprint("P", i), Phone: fmt.Sprint("1380013000", i)}); err != nil || !created {
			t.Fatalf("capture: %v %v", created, err)
		}
	}
	groups, err := w.Must("ltc.lead").Groups(w.Admin, resource.ListQuery{}, "owner_id", "")
	if err != nil || len(groups) != 2 || groups[0].N != 2 || groups[1].N != 2 {
		t.Errorf("four leads over two people: %+v %v, want 2 and 2", groups, err)
	}
}

// Leads that sales refuses come back with the reason.
func TestRejectedLeadIsNurtured(t *testing.T) {
	t.Parallel()
	w := setup(t)
	h := listen(w.Bus)
	w.User("ann", "ltc.rep")
	ref, _, err := w.ltc.Leads.Capture(w.Admin, ltc.NewLead{Name: "Li", Email: "li@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.ltc.Leads.Grade(w.Admin, ref, 70, "B", "", true); err != nil {
		t.Fatal(err)
	}
	lead := w.One("ltc.lead", "stage", "mql")
	st, _, err := w.Process.Status(w.Admin, ref)
	if err != nil || st.Accepted || st.DueAt.IsZero() || st.OwnerRole != "ltc.rep" {
		t.Errorf("hand-over to sales: %+v %v", st, err)
	}
	w.Refused(w.Admin, lead, "reject", nil, errs.Invalid, "a lead was rejected without a reason")
	lead = w.Fire(w.Admin, lead, "reject", resource.Values{"reason": "a student"})
	if lead.Stage() != "nurture" || len(h.answered) != 1 || h.answered[0].Accepted || h.answered[0].Reason != "a student" {
		t.Errorf("rejected lead is %s, told %+v", lead.Stage(), h.answered)
	}
	if err := w.ltc.Leads.Grade(w.Admin, ref, 90, "A", "", true); err != nil || w.Reload(lead).Stage() != "mql" {
		t.Errorf("graded again: %s %v", w.Reload(lead).Stage(), err)
	}
}

func TestQuoteVersions(t *testing.T) {
	t.Parallel()
	w := setup(t)
	customer := w.customer("Acme", "10000")
	quote := func() resource.Row {
		q := w.Create(w.Admin, "ltc.quote", resource.Values{"customer_id": apptest.ID(customer), "lines": []resource.Values{{"product_id": "1", "qty": "1", "unit_price": "100"}}})
		w.Fire(w.Admin, q, "submit", nil)
		return w.Fire(w.Admin, q, "send", nil)
	}
	// only one of two new versions wins, and the old one can neither be accepted nor ordered
	q := quote()
	ok, _ := apptest.Together(4, func(int) error {
		_, _, err := w.Must("ltc.quote").FireRow(w.Admin, q.Base().ID, 0, "new_version", resource.Values{})
		return err
	})
	if ok != 1 {
		t.Errorf("%d new versions of one quote, want 1", ok)
	}
	w.Refused(w.Admin, q, "accept", nil, errs.Precondition, "a superseded quote was accepted")
	if _, err := w.Must("ltc.order").CreateRow(w.Admin, resource.Values{"quote_id": apptest.ID(q), "lines": []resource.Values{{"product_id": "1", "qty": "1", "unit_price": "1"}}}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a superseded quote was ordered: %v", err)
	}
	// an expired quote is not accepted; the nightly run ends it, but never an accepted one
	late, taken := quote(), quote()
	w.Fire(w.Admin, taken, "accept", nil)
	if err := w.DB.Tx(w.Admin, func(ctx context.Context) error {
		return w.DB.Exec(ctx, `UPDATE ltc.quote SET valid_until = '2026-01-31'`)
	}); err != nil {
		t.Fatal(err)
	}
	w.Refused(w.Admin, late, "accept", nil, errs.Precondition, "an expired quote was accepted")
	n, err := w.ltc.ExpireQuotes(w.Admin, date.MustParse("2026-02-01"))
	if err != nil || n != 1 || w.Reload(late).Stage() != "expired" || w.Reload(taken).Stage() != "accepted" {
		t.Errorf("expire: %d (%v), late is %s, accepted is %s", n, err, w.Reload(late).Stage(), w.Reload(taken).Stage())
	}
	// one order per quote
	w.Fire(w.Admin, taken, "order", nil)
	w.Refused(w.Admin, taken, "order", nil, errs.Precondition, "a quote was ordered twice")
}

func TestQuoteAuthority(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.launch(motor, "1000")
	customer := w.customer("Acme", "0")
	w.User("boss", "core.admin")
	for _, c := range []struct{ qty, price, discount, rule string }{
		{"1", "", "0.1", ""},
		{"1", "", "0.100001", "Discount above 10 %"},
		{"1", "850", "0", "Discount above 10 %"}, // a lowered price is a discount
		{"1", "", "0.25", "Discount above 20 %"},
		{"80", "", "0", ""},
		{"89", "", "0", "Above 100,000"}, // 100,570 with tax
	} {
		q := w.Create(w.Admin, "ltc.quote", resource.Values{"customer_id": apptest.ID(customer),
			"lines": []resource.Values{{"product_id": "1", "qty": c.qty, "unit_price": c.price, "discount": c.discount}}})
		row, pending, err := w.Must("ltc.quote").FireRow(w.Admin, q.Base().ID, 0, "submit", resource.Values{})
		if err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		rounds, err := w.Process.Rounds(w.Admin, trace.Ref{Type: "ltc.quote", ID: row.Base().ID})
		got := ""
		if len(rounds) > 0 {
			got = rounds[0].Explanation
		}
		if err != nil || got != c.rule || pending != (c.rule != "") {
			t.Errorf("%+v: rule %q, pending %v (%v)", c, got, pending, err)
		}
	}
}

func TestDealsAreWonByPaperOnly(t *testing.T) {
	t.Parallel()
	w := setup(t)
	h := listen(w.Bus)
	customer := w.customer("Acme", "10000")
	deal := func() resource.Row {
		return w.Create(w.Admin, "ltc.opportunity", resource.Values{"name": "D", "customer_id": apptest.ID(customer), "amount": "500"})
	}
	won, lost := deal(), deal()
	w.Refused(w.Admin, won, "win", nil, errs.Precondition, "a deal was won with nothing behind it")
	order := w.Create(w.Admin, "ltc.order", resource.Values{"customer_id": apptest.ID(customer), "opportunity_id": apptest.ID(won), "lines": []resource.Values{{"product_id": "1", "qty": "1", "unit_price": "100"}}})
	w.Refused(w.Admin, won, "win", nil, errs.Precondition, "a deal was won by a draft order")
	w.Fire(w.Admin, order, "confirm", nil)
	w.Refused(w.Admin, won, "lose", resource.Values{"reason": "price", "competitor": "Globex", "price_gap": "10%", "evidence": "their offer"}, errs.Precondition, "a deal with a confirmed order was lost")
	won = w.Fire(w.Admin, won, "win", nil)
	w.Refused(w.Admin, lost, "lose", resource.Values{"reason": "other"}, errs.Invalid, "another reason needs a note")
	lost = w.Fire(w.Admin, lost, "lose", resource.Values{"reason": "price", "competitor": "Globex", "rival_price": "400", "evidence": "20 % cheaper in their offer"})
	if won.Text("probability") != "1" || lost.Text("probability") != "0" || lost.Text("closed_on") == "" {
		t.Errorf("won at %s, lost at %s on %q", won.Text("probability"), lost.Text("probability"), lost.Text("closed_on"))
	}
	if got := w.Measure("ltc.win_rate", kpiAll) + " " + w.Measure("ltc.open_pipeline", kpiAll); got != "0.5 0" {
		t.Errorf("win rate and pipeline %s, want 0.5 0: a lost deal adds nothing", got)
	}
	lost = w.Fire(w.Admin, lost, "reopen", resource.Values{"reason": "they called again"})
	if got := w.Measure("ltc.win_rate", kpiAll) + " " + w.Measure("ltc.open_pipeline", kpiAll); got != "1 500" || lost.Text("closed_on") != "" {
		t.Errorf("after reopening: %s, closed on %q", got, lost.Text("closed_on"))
	}
	if len(h.closed) != 2 || h.closed[1].Won || h.closed[1].Reason != "price" {
		t.Errorf("told: %+v", h.closed)
	}
}

// History comes in with its stage and dates, and counts where it should.
func TestHistory(t *testing.T) {
	t.Parallel()
	w := setup(t)
	customer := w.customer("Acme", "0")
	at := func(typ, stage, day string, v resource.Values) resource.Row {
		t.Helper()
		when, _ := time.Parse(time.DateOnly, day)
		r, err := w.Must(typ).ImportRow(w.Admin, v, resource.History{Stage: stage, At: when, Reason: "file.csv"})
		if err != nil {
			t.Fatalf("import %s: %v", typ, err)
		}
		return r
	}
	at("ltc.opportunity", "won", "2017-01-01", resource.Values{"name": "A", "amount": "10", "closed_on": "2017-03-07"})
	at("ltc.opportunity", "lost", "2017-01-01", resource.Values{"name": "B", "amount": "10", "closed_on": "2017-05-01"})
	at("ltc.opportunity", "won", "2017-01-01", resource.Values{"name": "C", "customer_id": apptest.ID(customer), "close_on": "2017-06-01"})
	at("ltc.opportunity", "qualify", "2017-01-01", resource.Values{"name": "D", "amount": "55"})
	at("ltc.order", "completed", "1997-01-01", resource.Values{"customer_id": apptest.ID(customer), "order_date": "1997-01-01", "freight": "3.25", "lines": []resource.Values{{"product_id": "1", "qty": "3", "unit_price": "9.8", "discount": "0.05"}}})
	at("ltc.invoice", "paid", "2017-01-01", resource.Values{"customer_id": apptest.ID(customer), "fiscal_no": "OLD-1", "invoice_date": "2017-01-01", "due_date": "2017-01-31", "lines": []resource.Values{{"product_id": "1", "qty": "1", "unit_price": "50"}}})
	open := at("ltc.invoice", "posted", "2017-01-01", resource.Values{"customer_id": apptest.ID(customer), "fiscal_no": "OLD-2", "invoice_date": "2017-01-01", "due_date": "2017-01-31", "lines": []resource.Values{{"product_id": "1", "qty": "1", "unit_price": "60"}}})
	at("ltc.receipt", "matched", "2017-01-01", resource.Values{"customer_id": apptest.ID(customer), "amount": "50", "bank_ref": "OLD", "received_on": "2017-01-01"})
	if v := w.Value("ltc.win_rate", kpi.Scope{From: date.MustParse("2017-03-07"), To: date.MustParse("2017-05-01")}); v.Value == nil || v.Value.String() != "0.5" || v.N != 2 {
		t.Errorf("win rate by closing date: %+v, want 0.5 of 2", v)
	}
	if v := w.Value("ltc.win_rate", kpi.Scope{From: date.MustParse("2020-01-01")}); v.Value != nil {
		t.Errorf("win rate of nothing: %v, want no value", v.Value)
	}
	if got := w.Measure("ltc.net_sales", kpiAll) + " " + w.Measure("ltc.open_pipeline", kpiAll) + " " + w.Measure("ltc.receivables", kpiAll); got != "27.93 55 60" {
		t.Errorf("net sales, pipeline, receivables of history: %s, want 27.93 55 60", got)
	}
	r := w.Fire(w.Admin, w.receipt("B1", "60"), "allocate", resource.Values{"invoice": apptest.ID(open)})
	if r.Stage() != "matched" || w.Reload(open).Stage() != "paid" {
		t.Errorf("an old invoice was paid: receipt %s, invoice %s", r.Stage(), w.Reload(open).Stage())
	}
	if _, err := w.Must("ltc.opportunity").CreateRow(w.Admin, resource.Values{"name": "E", "closed_on": "2026-01-01"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("an open deal with a closing date: %v", err)
	}
	w.Healthy()
}

// The default roles let the walk work and keep rows apart.
func TestRoles(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ann, bob := w.User("ann", "ltc.rep"), w.User("bob", "ltc.rep")
	desk, clerk, chief := w.User("desk", "ltc.order_desk"), w.User("clerk", "core.finance_clerk"), w.User("chief", "core.finance_manager")
	head := w.User("head", "ltc.manager")
	w.launch(motor, "100")
	customer := w.Create(ann, "crm.customer", resource.Values{"name": "Acme"})
	if _, err := w.Must("crm.customer").UpdateRow(w.Admin, customer.Base().ID, customer.Base().Version, resource.Values{"credit_limit": "5000"}); err != nil {
		t.Fatal(err)
	}
	deal := w.Create(ann, "ltc.opportunity", resource.Values{"name": "D", "customer_id": apptest.ID(customer), "amount": "100"})
	if _, err := w.Must("ltc.opportunity").GetRow(bob, deal.Base().ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("bob reads ann's deal: %v, want NotFound", err)
	}
	quote := w.Create(ann, "ltc.quote", resource.Values{"opportunity_id": apptest.ID(deal), "lines": []resource.Values{{"product_id": "1", "qty": "2", "discount": "15%"}}})
	w.Fire(ann, quote, "submit", nil)
	if n := w.Approve(ann); n != 0 {
		t.Error("ann approves her own quote")
	}
	if n := w.Approve(head); n != 1 {
		t.Fatalf("the sales manager has %d approvals, want 1", n)
	}
	w.Fire(ann, quote, "send", nil)
	w.Fire(ann, quote, "accept", nil)
	w.Fire(ann, quote, "order", nil)
	order := w.One("ltc.order", "quote_id", apptest.ID(quote))
	w.Refused(ann, order, "confirm", nil, errs.Forbidden, "a sales representative confirmed an order")
	w.Fire(desk, order, "confirm", nil)
	w.Fire(desk, order, "release", nil)
	w.deliver(order)
	w.Fire(desk, w.One("ltc.acceptance", "order_id", apptest.ID(order)), "accept", resource.Values{"signed_by": "Li"})
	w.Fire(ann, deal, "win", nil)
	w.Fire(clerk, order, "invoice", nil)
	invoice := w.One("ltc.invoice", "order_id", apptest.ID(order))
	w.Refused(ann, invoice, "post", nil, errs.Forbidden, "a sales representative posted an invoice")
	w.Fire(clerk, invoice, "approve", nil)
	w.Refused(clerk, invoice, "post", nil, errs.Precondition, "an invoice was posted before its approval")
	if n := w.Approve(chief); n != 1 {
		t.Fatalf("the finance manager has %d approvals, want 1", n)
	}
	w.Fire(clerk, invoice, "post", nil)
	receipt := w.Create(clerk, "ltc.receipt", resource.Values{"amount": "192.10", "bank_ref": "B1"})
	if got := w.Fire(clerk, receipt, "allocate", resource.Values{"invoice": apptest.ID(invoice)}).Stage(); got != "matched" {
		t.Errorf("receipt is %s, want matched", got)
	}
	m, err := w.KPI.Get("ltc.net_sales")
	if err != nil {
		t.Fatal(err)
	}
	for ctx, want := range map[context.Context]string{ann: "170", bob: "0", head: "170"} {
		if v, err := m.Func(ctx, kpiAll); err != nil || v.Value.String() != want {
			t.Errorf("net sales of one person: %v (%v), want %s", v.Value, err, want)
		}
	}
	w.Healthy()
}

// The customer's page shows what is open, to whom may see it.
func TestCustomerPanel(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss := w.User("boss", "core.admin")
	customer := w.customer("Acme", "10000")
	w.Create(w.Admin, "ltc.opportunity", resource.Values{"name": "Line <3>", "customer_id": apptest.ID(customer), "amount": "500"})
	_, invoice := w.invoiced(customer, "1", "100")
	invoice = w.post(boss, invoice)
	page := w.Panels("crm.customer", customer.Base().ID)
	for _, want := range []string{"Line &lt;3&gt;", "/ltc/invoice/" + apptest.ID(invoice), "113.00", "<caption"} {
		if !strings.Contains(page, want) {
			t.Errorf("the panel lacks %q:\n%s", want, page)
		}
	}
}
