package ltcapp_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"meridian/platform/app/apptest"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// postings are what was posted for a document: account code and amount, in order.
func (w *world) postings(r resource.Row) string {
	w.T.Helper()
	lines, err := w.Ledger.Of(w.Admin, trace.Ref{Type: r.Type(), ID: r.Base().ID})
	if err != nil {
		w.T.Fatal(err)
	}
	var out []string
	for _, l := range lines {
		out = append(out, l.Code+" "+l.Amount.String())
	}
	return strings.Join(out, ", ")
}

// booked is the balance of a control account.
func (w *world) booked(control string) string {
	w.T.Helper()
	b, _ := w.Authz.Directory().Companies[w.company()], 0
	a, err := w.Ledger.Balance(w.Admin, b.ID, control, 0, date.New(9999, 12, 31))
	if err != nil {
		w.T.Fatal(err)
	}
	return a.String()
}

func (w *world) company() int64 {
	for id := range w.Authz.Directory().Companies {
		return id
	}
	return 0
}

// last is the newest record of a type with field = value.
func (w *world) last(typ, field, value string) resource.Row {
	w.T.Helper()
	l := w.List(typ, map[string][]string{field: {value}})
	if len(l) == 0 {
		w.T.Fatalf("no %s with %s = %s", typ, field, value)
	}
	return w.Reload(l[len(l)-1])
}

// What an order sold becomes revenue when the customer accepts, and a receivable when
// the invoice is posted; advances are a liability until then.
func TestLTC12InvoicesWriteTheJournal(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss := w.User("boss", "core.admin")
	customer := w.customer("Acme", "100000")
	order := w.Fire(w.Admin, w.order(customer, "10", "100"), "confirm", nil) // 1000 + 130
	w.Fire(w.Admin, order, "advance", resource.Values{"percent": "30%"})
	adv := w.last("ltc.invoice", "order_id", apptest.ID(order))
	if got := adv.Text("kind") + " " + adv.Text("net") + " " + adv.Text("tax") + " " + adv.Text("total"); got != "advance 300.00 39.00 339.00" {
		t.Fatalf("advance: %s", got)
	}
	adv = w.post(boss, adv)
	if got := w.postings(adv); got != "2204 -300.00, 1122 339.00, 2221 -39.00" {
		t.Errorf("advance invoice posted %s", got)
	}
	w.Refused(w.Admin, order, "advance", resource.Values{"percent": "71%"}, errs.Invalid, "more than the order was asked for ahead")
	w.Fire(w.Admin, order, "release", nil)
	w.deliver(order)
	w.Fire(w.Admin, w.One("ltc.acceptance", "order_id", apptest.ID(order)), "accept", resource.Values{"signed_by": "Li"})
	o := w.One("ltc.obligation", "order_id", apptest.ID(order))
	if got := w.postings(o); got != "1123 700.00, 2204 300.00, 6001 -1000.00" {
		t.Errorf("acceptance posted %s", got)
	}
	if o.Stage() != "satisfied" {
		t.Errorf("the obligation is %s", o.Stage())
	}
	w.Fire(w.Admin, order, "invoice", nil)
	final := w.last("ltc.invoice", "order_id", apptest.ID(order))
	if got := final.Text("kind") + " " + final.Text("total"); got != "final 791.00" { // 1130 - 339
		t.Fatalf("final invoice: %s", got)
	}
	item := final.Lines("items")[0]
	if _, err := w.Must("ltc.invoice").UpdateRow(w.Admin, final.Base().ID, final.Base().Version, resource.Values{"items": []resource.Values{{"id": lineID(item), "gross": "-340"}}}); !errs.Is(err, errs.Invalid) {
		t.Errorf("more was deducted than was asked for: %v", err)
	}
	final = w.post(boss, final)
	if got := w.postings(final); got != "1123 -700.00, 1122 791.00, 2221 -91.00" {
		t.Errorf("final invoice posted %s", got)
	}
	if got := w.booked("receivable") + " " + w.booked("contract_liability") + " " + w.booked("contract_asset"); got != "1130.00 0.00 0.00" {
		t.Errorf("receivable, liability, asset: %s", got)
	}
	page := w.Panels("ltc.invoice", final.Base().ID)
	if !strings.Contains(page, "1122") || !strings.Contains(page, "791.00") {
		t.Errorf("the journal is not on the page: %s", page)
	}
	rep := w.User("rep", "ltc.rep")
	w.Refused(rep, final, "credit", resource.Values{"why": "price"}, errs.Forbidden, "a sales representative made a credit note")
	w.Healthy()
}

// A credit note is linked, bounded by its invoice and takes back what was billed ahead
// of revenue first (frappe/erpnext PR#18126, #18171).
func TestLTC12CreditNotes(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss := w.User("boss", "core.admin")
	customer := w.customer("Acme", "100000")
	order, invoice := w.invoiced(customer, "10", "100")
	invoice = w.post(boss, invoice)
	w.Fire(w.Admin, invoice, "credit", resource.Values{"why": "return", "note": "two broken"})
	note := w.last("ltc.invoice", "credits_id", apptest.ID(invoice))
	l := note.Lines("lines")[0]
	for _, bad := range []resource.Values{{"id": lineID(l), "qty": "11"}, {"id": lineID(l), "order_line_id": "99999"}} {
		if _, err := w.Must("ltc.invoice").UpdateRow(w.Admin, note.Base().ID, note.Base().Version, resource.Values{"lines": []resource.Values{bad}}); !errs.Is(err, errs.Invalid) {
			t.Errorf("credit note with %v: %v", bad, err)
		}
	}
	note = w.updated(w.Admin, note, resource.Values{"lines": []resource.Values{{"id": lineID(l), "qty": "2", "unit_price": "7"}}})
	if got := note.Text("total"); got != "226.00" { // the price of the invoice, not the typed one
		t.Errorf("credit of two: %s, want 226.00", got)
	}
	note = w.post(boss, note)
	year := w.today().String()[:4]
	if got := note.Text("fiscal_no") + " " + note.Text("open") + " " + w.Reload(invoice).Text("open"); got != "CN-"+year+"-000001 0.00 904.00" {
		t.Errorf("credit note and invoice: %s", got)
	}
	o := w.One("ltc.obligation", "order_id", apptest.ID(order))
	if got := o.Text("allocated") + " " + o.Text("recognised") + " " + o.Text("billed"); got != "800.00 800.00 800.00" {
		t.Errorf("obligation after the return: %s", got)
	}
	// a second credit note cannot take more than is left
	w.Fire(w.Admin, invoice, "credit", resource.Values{"why": "error"})
	again := w.last("ltc.invoice", "credits_id", apptest.ID(invoice))
	if got := again.Lines("lines")[0].Text("qty"); got != "8" {
		t.Errorf("the second credit note proposes %s, want 8", got)
	}
	again = w.post(boss, again)
	if got := w.Reload(invoice).Stage() + " " + w.Reload(order).Lines("lines")[0].Text("invoiced"); got != "paid 2" {
		t.Errorf("credited in full the invoice is and the order has invoiced: %s", got)
	}
	w.Refused(w.Admin, invoice, "credit", resource.Values{"why": "error"}, errs.Precondition, "an invoice was credited twice")
	w.Refused(w.Admin, again, "credit", resource.Values{"why": "error"}, errs.Precondition, "a credit note was credited")
	w.Fire(w.Admin, order, "invoice", nil) // the error is invoiced again
	if got := w.last("ltc.invoice", "order_id", apptest.ID(order)).Text("total"); got != "904.00" {
		t.Errorf("invoiced again: %s, want 904.00", got)
	}
	w.Healthy()
}

// Billed over time, half earned: a credit takes the deferred half before revenue.
func TestLTC12CreditTakesDeferredFirst(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss := w.User("boss", "core.admin")
	customer := w.customer("Acme", "100000")
	order, invoice := w.invoiced(customer, "1", "1000")
	_ = order
	// a year of service, billed at once: the price is earned by days
	sub := w.Fire(w.Admin, w.order(customer, "1", "1200"), "confirm", nil)
	ob := w.last("ltc.obligation", "order_id", apptest.ID(sub))
	today := date.Of(w.Now().In(w.Location(w.Admin)))
	ob = w.updated(w.Admin, ob, resource.Values{"method": "time", "start_on": today.AddDays(-9).String(), "end_on": today.AddDays(10).String()}) // day 10 of 20
	w.Fire(w.Admin, sub, "release", nil)
	w.deliver(sub)
	w.Fire(w.Admin, w.last("ltc.acceptance", "order_id", apptest.ID(sub)), "accept", resource.Values{"signed_by": "Li"})
	if got := w.Reload(ob).Text("recognised"); got != "0.00" {
		t.Fatalf("acceptance recognised %s of a service over time", got)
	}
	w.Fire(w.Admin, sub, "invoice", nil)
	bill := w.post(boss, w.last("ltc.invoice", "order_id", apptest.ID(sub)))
	if got := w.booked("contract_liability"); got != "-1200.00" {
		t.Errorf("deferred: %s", got)
	}
	w.Fire(w.Admin, ob, "earn", nil)
	if got := w.Reload(ob).Text("recognised"); got != "600.00" {
		t.Fatalf("after ten of twenty days %s is recognised, want 600.00", got)
	}
	w.Fire(w.Admin, bill, "credit", resource.Values{"why": "price"})
	note := w.last("ltc.invoice", "credits_id", apptest.ID(bill))
	note = w.updated(w.Admin, note, resource.Values{"lines": []resource.Values{{"id": lineID(note.Lines("lines")[0]), "qty": "1", "unit_price": "500"}}})
	w.post(boss, note)
	o := w.Reload(ob)
	if got := o.Text("allocated") + " " + o.Text("recognised") + " " + w.booked("contract_liability"); got != "700.00 600.00 -100.00" {
		t.Errorf("credit of 500 with 600 deferred: price, recognised, liability %s, want 700.00 600.00 -100.00", got)
	}
	w.Fire(w.Admin, bill, "credit", resource.Values{"why": "price"})
	note = w.last("ltc.invoice", "credits_id", apptest.ID(bill))
	note = w.updated(w.Admin, note, resource.Values{"lines": []resource.Values{{"id": lineID(note.Lines("lines")[0]), "qty": "1", "unit_price": "300"}}})
	w.post(boss, note)
	o = w.Reload(ob)
	if got := o.Text("allocated") + " " + o.Text("recognised") + " " + w.booked("contract_liability"); got != "400.00 400.00 0.00" {
		t.Errorf("credit of 300 with 100 deferred: %s, want 400.00 400.00 0.00: the rest reverses revenue", got)
	}
	_ = invoice
	w.Healthy()
}

// Shares of a contract are invoiced by its plan, in instalments, never beyond its amount
// (frappe/erpnext#3821, #57149).
func TestLTC12InvoicesByPlan(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss := w.User("boss", "core.admin")
	contract := w.signed(boss, w.customer("Acme", "100000"), "1000", []resource.Values{
		{"kind": "invoice", "percent": "30%", "planned_on": "2026-01-05"}, {"kind": "collect", "percent": "10%", "trigger_line": "1", "offset_days": "10"}, {"kind": "collect", "percent": "20%", "trigger_line": "1", "offset_days": "40"},
		{"kind": "accept", "percent": "100%", "planned_on": "2026-02-01"}, {"kind": "invoice", "percent": "70%", "trigger_line": "4"}, {"kind": "collect", "percent": "70%", "trigger_line": "5", "offset_days": "30"}})
	w.Fire(w.Admin, contract, "invoice", nil)
	first := w.last("ltc.invoice", "contract_id", apptest.ID(contract))
	if got := first.Text("kind") + " " + first.Text("net") + " " + first.Text("tax") + " " + first.Text("total"); got != "advance 265.49 34.51 300.00" { // 300 / 1.13, to the cent
		t.Errorf("30 %% of 1000: %s", got)
	}
	var parts []string
	for _, i := range first.Lines("instalments") {
		parts = append(parts, i.Text("amount"))
	}
	if got := strings.Join(parts, " "); got != "100.00 200.00" {
		t.Errorf("instalments %s, want those of the collect lines", got)
	}
	w.Refused(w.Admin, contract, "invoice", resource.Values{"line": "2"}, errs.Precondition, "a collect line was invoiced")
	first = w.post(boss, first)
	if l := w.Reload(contract).Lines("plan")[0]; l.Text("actual") != "300.00" || l.Text("done_on") == "" {
		t.Errorf("plan line 1: %s on %q", l.Text("actual"), l.Text("done_on"))
	}
	w.Refused(w.Admin, contract, "invoice", nil, errs.Precondition, "a line was invoiced before its trigger")
	w.Fire(w.Admin, contract, "invoice", resource.Values{"line": "5"})
	second := w.last("ltc.invoice", "contract_id", apptest.ID(contract))
	item := second.Lines("items")[0]
	if _, err := w.Must("ltc.invoice").UpdateRow(w.Admin, second.Base().ID, second.Base().Version, resource.Values{"items": []resource.Values{{"id": lineID(item), "gross": "700.01"}}}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a cent more than the contract was invoiced: %v", err)
	}
	// money pays the instalment due first
	r := w.Fire(w.Admin, w.receipt("B1", "150"), "allocate", resource.Values{"invoice": apptest.ID(first)})
	if open := w.Reload(first).Lines("instalments"); open[0].Text("open") != "0.00" || open[1].Text("open") != "150.00" || r.Stage() != "matched" {
		t.Errorf("after 150: %s and %s open", open[0].Text("open"), open[1].Text("open"))
	}
	w.Healthy()
}

// signed is a signed contract over amount with a plan.
func (w *world) signed(boss context.Context, customer resource.Row, amount string, plan []resource.Values) resource.Row {
	w.T.Helper()
	c := w.Create(w.Admin, "ltc.contract", resource.Values{"title": "Line 3", "customer_id": apptest.ID(customer), "amount": amount, "start_on": "2026-01-01", "plan": plan})
	w.Fire(w.Admin, c, "submit", nil)
	w.Fire(w.Admin, c, "approve", nil)
	w.Approve(boss)
	return w.Fire(w.Admin, c, "sign", resource.Values{"signed_by_customer": "Li", "signed_by_us": "Ann"})
}

// Sixteen people post at once: every number is there once, the books agree.
func TestLTC12NumbersUnderLoad(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss := w.User("boss", "core.admin")
	customer := w.customer("Acme", "100000")
	var drafts []resource.Row
	for range 8 {
		_, v := w.invoiced(customer, "1", "100")
		w.approve(boss, v)
		drafts = append(drafts, v)
	}
	for _, v := range drafts[:4] { // and four credit notes beside the other posts
		v = w.Fire(w.Admin, v, "post", nil)
		w.Fire(w.Admin, v, "credit", resource.Values{"why": "return"})
		n := w.last("ltc.invoice", "credits_id", apptest.ID(v))
		w.approve(boss, n)
		drafts = append(drafts, n)
	}
	todo := slices.Concat(drafts[4:], drafts[4:8]) // every plain one is posted twice at once
	todo = append(todo, drafts[8:]...)
	ok, failed := apptest.Together(16, func(i int) error {
		_, _, err := w.Must("ltc.invoice").FireRow(w.Admin, todo[i].Base().ID, 0, "post", resource.Values{})
		return err
	})
	if ok != 8 {
		t.Errorf("%d postings, want 8: each once (%v)", ok, failed)
	}
	seen := map[string]bool{}
	for _, v := range drafts {
		seen[w.Reload(v).Text("fiscal_no")] = true
	}
	year := w.today().Year()
	for n := 1; n <= 8; n++ {
		if !seen[fmt.Sprintf("INV-%d-%06d", year, n)] || n <= 4 && !seen[fmt.Sprintf("CN-%d-%06d", year, n)] {
			t.Errorf("number %d is missing: %v", n, seen)
		}
	}
	var sum money.Amount
	for _, v := range w.List("ltc.invoice", nil) {
		a := money.MustAmount(v.Text("open"))
		if v.Text("kind") == "credit" {
			a = a.Neg()
		}
		sum = sum.Add(a)
	}
	if got := w.booked("receivable"); got != sum.String() {
		t.Errorf("control account %s, open items %s", got, sum)
	}
	w.Healthy()
}
