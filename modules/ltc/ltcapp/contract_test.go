package ltcapp_test

import (
	"bytes"
	"fmt"
	"testing"

	"meridian/platform/app/apptest"
	"meridian/platform/errs"
	"meridian/platform/resource"
)

// Clauses come from the library; what deviates is cleared by legal, finance and delivery
// in any order before anybody approves. The signed paper is fixed by its fingerprint.
func TestLTC08ContractReview(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss, fin := w.User("boss", "ltc.manager"), w.User("fin", "core.finance_manager")
	desk, rep := w.User("desk", "ltc.order_desk"), w.User("rep", "ltc.rep")
	std := w.Create(w.Admin, "ltc.clause", resource.Values{"title": "Liability", "topic": "Liability", "body": "Limited to the price.", "mandatory": "true"})
	if _, err := w.Must("ltc.clause").CreateRow(rep, resource.Values{"title": "x", "topic": "x", "body": "x"}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a sales representative wrote a clause: %v", err)
	}
	customer := w.customer("Acme", "100000")
	make := func(body string) resource.Row {
		return w.Create(w.Admin, "ltc.contract", resource.Values{"title": "Line 3", "customer_id": apptest.ID(customer), "amount": "1000", "start_on": "2026-01-01", "end_on": "2026-12-31", "notice_days": "60", "auto_renew": "true",
			"customer_po": "PO-7", "po_amount": "1001", "clauses": []resource.Values{{"clause_id": apptest.ID(std), "body": body}}})
	}
	plain := make("")
	if got := plain.Text("deviates") + " " + plain.Lines("clauses")[0].Text("body") + " " + plain.Text("notice_on"); got != "false Limited to the price. 2026-11-01" {
		t.Errorf("standard contract: %s", got)
	}
	c := make("Unlimited.")
	if c.Text("deviates") != "true" {
		t.Error("another text is no deviation")
	}
	w.Fire(w.Admin, c, "submit", nil)
	w.Refused(w.Admin, c, "approve", nil, errs.Precondition, "a deviating contract was approved without its reviews")
	w.Refused(rep, c, "clear_legal", nil, errs.Forbidden, "sales cleared for legal")
	w.Fire(desk, c, "clear_delivery", nil) // in any order
	w.Fire(fin, c, "clear_finance", nil)
	w.Refused(fin, c, "clear_finance", nil, errs.Precondition, "finance agreed twice")
	w.Fire(w.Admin, c, "clear_legal", nil)
	w.Fire(w.Admin, c, "approve", nil)
	w.Approve(boss)
	c = w.Reload(c)
	if c.Stage() != "approved" {
		t.Fatalf("contract is %s", c.Stage())
	}
	signature := resource.Values{"signed_by_customer": "Li", "signed_by_us": "Ann"}
	w.Refused(w.Admin, c, "sign", signature, errs.Precondition, "a contract was signed that differs from the customer's order")
	w.Fire(w.Admin, c, "revise", resource.Values{"reason": "wrong order amount"})
	if got := w.Reload(c).Text("legal_ok"); got != "false" {
		t.Error("a revised contract is still cleared")
	}
	w.updated(w.Admin, c, resource.Values{"po_amount": "1000", "clauses": []resource.Values{{"clause_id": apptest.ID(std)}}})
	w.Fire(w.Admin, c, "submit", nil)
	w.Fire(w.Admin, c, "approve", nil)
	w.Approve(boss)
	c = w.Fire(w.Admin, c, "sign", signature)
	if len(c.Text("signed_hash")) != 64 {
		t.Errorf("fingerprint %q", c.Text("signed_hash"))
	}
	var b bytes.Buffer
	if err := w.Must("ltc.contract").DownloadRow(w.Admin, c.Base().ID, resource.PDF.Name, &b); err != nil || !bytes.HasPrefix(b.Bytes(), []byte("%PDF")) {
		t.Errorf("contract as PDF: %v", err)
	}
	w.Healthy()
}

// Four kinds of lines trigger one another; the board says what is due and why, and how
// much of each contract is collected (CordysCRM#2758).
func TestLTC09ExecutionPlan(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss := w.User("boss", "core.admin")
	customer := w.customer("Acme", "100000")
	day := func(n int) string { return w.today().AddDays(n).String() }
	c := w.signed(boss, customer, "1000", []resource.Values{
		{"kind": "deliver", "planned_on": day(5), "remind_days": "3", "milestone": "Machines"}, {"kind": "accept", "trigger_line": "1", "offset_days": "3", "milestone": "Line runs"},
		{"kind": "invoice", "percent": "43%", "trigger_line": "2"}, {"kind": "invoice", "percent": "57%", "planned_on": day(100)},
		{"kind": "collect", "percent": "20%", "trigger_line": "3", "offset_days": "10"}, {"kind": "collect", "percent": "23%", "trigger_line": "3", "offset_days": "20"}, {"kind": "collect", "percent": "57%", "trigger_line": "4", "offset_days": "30"}})
	if n, err := w.ltc.RefreshPlans(w.Admin, w.today()); n != 0 || err != nil {
		t.Errorf("%d reminders five days ahead (%v)", n, err)
	}
	for range 2 { // once, however often the job runs
		if _, err := w.ltc.RefreshPlans(w.Admin, w.today().AddDays(2)); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.Reload(c).Lines("plan")[0].Text("status"); got != "due" {
		t.Errorf("three days before it is due the line is %s", got)
	}
	w.Refused(w.Admin, c, "reach", resource.Values{"line": "3"}, errs.Invalid, "an invoice line was reached by hand")
	w.Fire(w.Admin, c, "reach", resource.Values{"line": "1", "on": day(-40)})
	c = w.Fire(w.Admin, c, "reach", resource.Values{"line": "2", "on": day(-35)})
	if l := c.Lines("plan"); l[1].Text("status") != "done" || l[2].Text("due_on") != day(-35) || l[2].Text("status") != "overdue" {
		t.Errorf("the invoice is %s, due on %s", l[2].Text("status"), l[2].Text("due_on"))
	}
	var why string
	for _, r := range w.Table(w.Admin, "/ltc/plan_board", "lines") {
		why += fmt.Sprint(r["kind"], " ", r["why"], "; ")
	}
	if want := "Invoice Accepted on " + day(-35) + "; "; why != want {
		t.Errorf("the board says %q, want %q", why, want)
	}
	w.Fire(w.Admin, c, "invoice", nil)
	v := w.last("ltc.invoice", "contract_id", apptest.ID(c))
	v = w.updated(w.Admin, v, resource.Values{"invoice_date": day(-60)}) // late, but dated when it was due
	v = w.post(boss, v)
	w.Fire(w.Admin, w.receipt("B1", "430"), "allocate", resource.Values{"invoice": apptest.ID(v)})
	row := w.Table(w.Admin, "/ltc/plan_board", "contracts")[0]
	if got := fmt.Sprint(row["lines"], " ", row["share"]); got != "2/3 0.43" {
		t.Errorf("collected %s, want 2/3 0.43", got)
	}
	// a line is waived by somebody else; the close check waits for the rest
	w.Refused(w.Admin, c, "complete", nil, errs.Precondition, "a contract was completed with open lines")
	w.Fire(w.Admin, c, "waive", resource.Values{"line": "4", "reason": "second phase is off"})
	if got := w.Reload(c).Lines("plan")[3].Text("status"); got == "waived" {
		t.Error("a line was waived by one person")
	}
	w.Approve(boss)
	if got := w.Reload(c).Lines("plan")[3].Text("status"); got != "waived" {
		t.Errorf("the waived line is %s", got)
	}
	other := w.User("other", "ltc.rep")
	if rows := w.Table(other, "/ltc/plan_board", "contracts"); len(rows) != 0 {
		t.Errorf("a colleague sees %v", rows)
	}
	w.Healthy()
}

// What is late by more than the policy says is a warning before it is a loss.
func TestLTC09EarlyWarning(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss := w.User("boss", "core.admin")
	ago := func(n int) string { return w.today().AddDays(-n).String() }
	w.signed(boss, w.customer("Acme", "0"), "1000", []resource.Values{{"kind": "invoice", "percent": "100%", "planned_on": ago(60)}, {"kind": "collect", "percent": "100%", "planned_on": ago(31)}})
	w.signed(boss, w.customer("Globex", "0"), "500", []resource.Values{{"kind": "invoice", "percent": "100%", "planned_on": ago(60)}, {"kind": "collect", "percent": "100%", "planned_on": ago(30)}})
	rows := w.Table(w.Admin, "/ltc/plan_board", "contracts")
	if got := fmt.Sprint(rows[0]["warning"], "/", rows[1]["warning"], "/", w.Tile(w.Admin, "/ltc/plan_board", "late")); got != "Bad-debt risk/Overdue/1500.00" {
		t.Errorf("warnings: %s", got)
	}
	w.Healthy()
}
