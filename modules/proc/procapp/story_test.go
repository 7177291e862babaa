package procapp_test

import (
	"bytes"
	"strings"
	"testing"

	"meridian/modules/ipd"
	"meridian/modules/proc"
	"meridian/platform/app/apptest"
	"meridian/platform/errs"
	"meridian/platform/kpi"
	"meridian/platform/money"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// TestStory tells a purchase from the shortage to the bank: requisition, order
// approved by somebody else, two deliveries, inspection, three-way match with a
// price difference, payment.
func TestStory(t *testing.T) {
	t.Parallel()
	x := setup(t)
	x.budget.left["MKT-2026"] = money.MustAmount("10000")

	product := x.product
	ref, err := x.m.Requisitions.Request(x.clerk, []proc.Need{{Product: 1, Qty: money.Units(100), NeedBy: x.today().AddDays(12), Origin: shortage, Reason: "Order SO-1 waits for bearings"}}, 1)
	if err != nil || product != "1" {
		t.Fatalf("request: %v (product %s)", err, product)
	}
	pr := x.only("proc.requisition", "draft")
	if pr.Base().ID != ref.ID || pr.Base().OwnerID != 1 || pr.Text("reason") != "Order SO-1 waits for bearings" || pr.Text("origin") != "isc.shortage/77" {
		t.Errorf("requisition %d of owner %d because %q from %q", pr.Base().ID, pr.Base().OwnerID, pr.Text("reason"), pr.Text("origin"))
	}
	x.refused(x.buyer, pr, "submit", nil, errs.Precondition) // nobody has said what it may cost
	pr, err = x.Must("proc.requisition").UpdateRow(x.buyer, pr.Base().ID, pr.Base().Version, resource.Values{"budget_key": "MKT-2026",
		"lines": []resource.Values{{"id": lineID(pr), "est_price": "20"}}})
	if err != nil {
		t.Fatal(err)
	}
	x.Fire(x.buyer, pr, "submit", nil)
	x.stage(pr, "draft")
	x.Approve(x.boss)
	x.stage(pr, "approved")
	x.left("8000.00") // 100 at 20
	x.Fire(x.buyer, pr, "order", resource.Values{"supplier_id": apptest.ID(x.supplier)})
	x.stage(pr, "ordered")

	po := x.only("proc.po", "draft")
	if got := po.Lines("lines")[0].Text("price") + " " + po.Text("net") + " " + po.Text("tax") + " " + po.Text("total"); got != "20 2000.00 260.00 2260.00" {
		t.Errorf("the order says %s", got)
	}
	x.Fire(x.buyer, po, "submit", nil)
	if n := x.Approve(x.buyer); n != 0 {
		t.Error("the buyer was asked to approve the own order")
	}
	x.Approve(x.boss)
	x.Fire(x.buyer, po, "issue", nil)
	x.left("8000.00") // the commitment took the place of the requisition's
	x.Fire(x.buyer, po, "confirm", resource.Values{"confirmed_on": x.day(9)})
	x.Fire(x.buyer, po, "reschedule", resource.Values{"confirmed_on": x.day(11), "reason": "Steel is late"})
	po = x.stage(po, "confirmed")
	if po.Text("first_confirmed") != x.day(9) || po.Text("latest_confirmed") != x.day(11) {
		t.Errorf("first confirmed %s, latest %s", po.Text("first_confirmed"), po.Text("latest_confirmed"))
	}
	supply, err := x.m.Orders.Supply(x.buyer, 1)
	if err != nil || len(supply) != 1 || supply[0].Qty.String() != "100" || supply[0].On.String() != x.day(11) || supply[0].Origin != shortage {
		t.Errorf("supply %+v %v", supply, err)
	}

	// first delivery: 40, of which 2 fail
	gr := x.Create(x.receiver, "proc.receipt", resource.Values{"po_id": apptest.ID(po), "delivery_note": "DN-1", "lines": []resource.Values{{"product_id": product, "qty": "40"}}})
	x.Fire(x.receiver, gr, "post", nil)
	x.stage(po, "partially_received")
	in := x.only("proc.inspection", "planned")
	x.refused(x.receiver, in, "decide", resource.Values{"accepted": "40"}, errs.Forbidden)
	x.Fire(x.inspector, in, "decide", resource.Values{"accepted": "38", "rejected": "2", "note": "Rust"})
	if e := x.received[0]; len(e.Lines) != 1 || e.Lines[0].Qty.String() != "40" || e.Lines[0].UnitCost.String() != "20" || e.Lines[0].Origin != shortage || e.PO.ID != po.Base().ID {
		t.Errorf("stock heard of %+v", e)
	}
	if e := x.decided[0]; e.Accepted.String() != "38" || e.Rejected.String() != "2" || e.Origin != shortage || e.Line != x.received[0].Lines[0].Line {
		t.Errorf("stock heard the verdict %+v", e)
	}

	// the supplier bills 40; only 38 were accepted
	v1 := x.Create(x.clerk, "proc.invoice", resource.Values{"po_id": apptest.ID(po), "invoice_no": "A-1", "invoice_date": x.day(0), "lines": []resource.Values{{"product_id": product, "qty": "40", "price": "20"}}})
	if err := x.refused(x.clerk, v1, "match", nil, errs.Precondition); !strings.Contains(err.Error(), "only 38 accepted") {
		t.Errorf("the refusal does not name the quantity: %v", err)
	}
	x.Fire(x.clerk, v1, "hold", nil)
	v1 = x.stage(v1, "exception")
	if got := v1.Lines("lines")[0].Text("outcome"); got != "quantity" {
		t.Errorf("outcome %q, want quantity", got)
	}
	x.Fire(x.clerk, v1, "resolve", resource.Values{"reason": "let it pass"})
	work, _ := x.Process.Inbox(x.boss, 10)
	if len(work) == 0 {
		t.Fatal("nobody was asked about the exception")
	}
	if _, err := x.Process.Decide(x.boss, work[0].Task, true, ""); !errs.Is(err, errs.Precondition) {
		t.Errorf("goods that were not accepted were billed by approval: %v", err)
	}
	if err := x.Process.Withdraw(x.clerk, trace.Ref{Type: "proc.invoice", ID: v1.Base().ID}); err != nil {
		t.Fatal(err)
	}
	v1, err = x.Must("proc.invoice").UpdateRow(x.clerk, v1.Base().ID, x.Reload(v1).Base().Version, resource.Values{"lines": []resource.Values{{"id": lineID(v1), "qty": "38"}}})
	if err != nil {
		t.Fatal(err)
	}
	x.Fire(x.clerk, v1, "match", nil)
	x.left("8000.00") // 760 of the commitment became actual

	// second delivery completes the order; its invoice is 10 % too dear
	x.delivered(po, "60")
	po = x.stage(po, "received")
	x.stage(pr, "closed")
	v2 := x.Create(x.clerk, "proc.invoice", resource.Values{"po_id": apptest.ID(po), "invoice_no": "A-2", "invoice_date": x.day(0), "lines": []resource.Values{{"product_id": product, "qty": "60", "price": "22"}}})
	if err := x.refused(x.clerk, v2, "match", nil, errs.Precondition); !strings.Contains(err.Error(), "ordered at 20") {
		t.Errorf("the refusal does not name the price: %v", err)
	}
	x.Fire(x.clerk, v2, "hold", nil)
	x.Fire(x.clerk, v2, "resolve", resource.Values{"reason": "The price of steel rose; agreed by phone"})
	x.stage(v2, "exception")
	x.Approve(x.boss)
	v2 = x.stage(v2, "matched")
	x.stage(po, "closed") // all inspected, all that was accepted billed
	if got := x.budget.actual["MKT-2026"].String(); got != "2080.00" {
		t.Errorf("actual %s, want 38 at 20 and 60 at 22", got)
	}
	x.left("7920.00") // and nothing is committed any more

	// payment
	x.refused(x.clerk, v2, "approve", nil, errs.Forbidden)
	x.Fire(x.finance, v2, "approve", nil)
	pay := x.Create(x.clerk, "proc.payment", resource.Values{"invoice_id": apptest.ID(v2)})
	if pay.Text("amount") != "1491.60" || pay.Text("bank_account") != "6222 0000 1111" {
		t.Errorf("the request is for %s to %s", pay.Text("amount"), pay.Text("bank_account"))
	}
	x.Fire(x.clerk, pay, "submit", nil)
	x.Approve(x.clerk)
	x.stage(pay, "draft")
	x.Approve(x.finance)
	x.refused(x.finance, pay, "pay", resource.Values{"paid_on": x.day(0), "bank_ref": "B-1"}, errs.Forbidden)
	x.Fire(x.clerk, pay, "pay", resource.Values{"paid_on": x.day(0), "bank_ref": "B-1"})
	x.stage(v2, "paid")

	x.thread(pay, "isc.shortage", "proc.requisition", "proc.po", "proc.invoice")
	x.measure("proc.spend", kpi.Scope{From: x.today(), To: x.today()}, "2080")
	x.measure("proc.supplier_on_time", kpi.Scope{}, "1")
	x.Healthy()

	var b bytes.Buffer
	if err := x.Must("proc.po").DownloadRow(x.buyer, po.Base().ID, resource.PDF.Name, &b); err != nil || !bytes.HasPrefix(b.Bytes(), []byte("%PDF-")) {
		t.Errorf("print: %v, %d bytes", err, b.Len())
	}
}

func lineID(r resource.Row) string { return itoa(r.Lines("lines")[0].ID()) }

func itoa(n int64) string { return money.Units(n).String() }

// left compares what is left of the budget.
func (x *suite) left(want string) {
	x.T.Helper()
	if got := x.budget.left["MKT-2026"].String(); got != want {
		x.T.Errorf("%s left of the budget, want %s", got, want)
	}
}

// thread checks that a record leads back to a document of each type.
func (x *suite) thread(r resource.Row, types ...string) {
	x.T.Helper()
	links, err := x.Trace.Thread(x.T.Context(), trace.Ref{Type: r.Type(), ID: r.Base().ID})
	if err != nil {
		x.T.Fatal(err)
	}
	have := map[string]bool{}
	for _, l := range links {
		have[l.Source.Type] = true
	}
	for _, want := range types {
		if !have[want] {
			x.T.Errorf("the thread of %s does not lead back to %s: %v", r.Type(), want, links)
		}
	}
}

func (x *suite) measure(code string, s kpi.Scope, want string) {
	x.T.Helper()
	if got := x.Measure(code, s); got != want {
		x.T.Errorf("%s = %s, want %s", code, got, want)
	}
}

func TestBankDataNeedsTwoPeople(t *testing.T) {
	t.Parallel()
	x := setup(t)
	if _, err := x.Must("proc.supplier").UpdateRow(x.buyer, x.supplier.Base().ID, x.Reload(x.supplier).Base().Version, resource.Values{"bank_account": "mine"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("the account was typed: %v, want Invalid", err)
	}
	x.Fire(x.clerk, x.supplier, "change_bank", resource.Values{"account": "6222 9999"})
	x.Approve(x.clerk)
	if got := x.Reload(x.supplier).Text("bank_account"); got != "6222 0000 1111" {
		t.Errorf("one person changed the account to %s", got)
	}
	x.Approve(x.boss)
	if got := x.Reload(x.supplier).Text("bank_account"); got != "6222 9999" {
		t.Errorf("the account is %s after the approval", got)
	}
}

func TestPaymentToAChangedAccountIsRefused(t *testing.T) {
	t.Parallel()
	x := setup(t)
	o := x.ordered("10", "100")
	x.delivered(o, "10")
	v := x.owed(o, "B-1")
	pay := x.Create(x.clerk, "proc.payment", resource.Values{"invoice_id": apptest.ID(v), "amount": "1000"})
	x.Fire(x.clerk, pay, "submit", nil)
	x.Approve(x.finance)
	x.Fire(x.buyer, x.supplier, "change_bank", resource.Values{"account": "6222 6666"})
	x.Approve(x.boss)
	x.refused(x.clerk, pay, "pay", resource.Values{"paid_on": x.day(0), "bank_ref": "B"}, errs.Precondition)
	x.Fire(x.clerk, pay, "cancel", resource.Values{"reason": "New account"})

	second := x.Create(x.clerk, "proc.payment", resource.Values{"invoice_id": apptest.ID(v)})
	if got := second.Text("amount"); got != "1130.00" {
		t.Errorf("after the cancelled request %s may be asked for, want all of it", got)
	}
	if _, err := x.Must("proc.payment").CreateRow(x.clerk, resource.Values{"invoice_id": apptest.ID(v), "amount": "0.01"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("asked for more than is open: %v, want Invalid", err)
	}
	x.Healthy()
}

func TestNothingIsPaidWithoutMatch(t *testing.T) {
	t.Parallel()
	x := setup(t)
	o := x.ordered("10", "100")
	if _, err := x.Must("proc.invoice").CreateRow(x.clerk, resource.Values{"po_id": apptest.ID(o), "invoice_no": "C-1", "invoice_date": x.day(0)}); !errs.Is(err, errs.Invalid) {
		t.Errorf("billed by default although nothing was accepted: %v", err)
	}
	x.delivered(o, "10")
	v := x.Create(x.clerk, "proc.invoice", resource.Values{"po_id": apptest.ID(o), "invoice_no": "C-1", "invoice_date": x.day(0)})
	pay := resource.Values{"invoice_id": apptest.ID(v)}
	if _, err := x.Must("proc.payment").CreateRow(x.clerk, pay); !errs.Is(err, errs.Invalid) {
		t.Errorf("payment of a captured invoice: %v, want Invalid", err)
	}
	x.Fire(x.clerk, v, "match", nil)
	if _, err := x.Must("proc.payment").CreateRow(x.clerk, pay); !errs.Is(err, errs.Invalid) {
		t.Errorf("payment of an invoice nobody approved: %v, want Invalid", err)
	}
	if _, err := x.Must("proc.invoice").CreateRow(x.finance, resource.Values{"po_id": apptest.ID(o), "invoice_no": " c1", "invoice_date": x.day(-1), "lines": []resource.Values{{"product_id": x.product, "qty": "1", "price": "100"}}}); !errs.Is(err, errs.Conflict) {
		t.Errorf("the same invoice written differently: %v, want Conflict", err)
	}
	x.Healthy()
}

func TestReceiving(t *testing.T) {
	t.Parallel()
	x := setup(t)
	o := x.ordered("100", "10")
	all := x.Create(x.receiver, "proc.receipt", resource.Values{"po_id": apptest.ID(o)})
	if l := all.Lines("lines"); len(l) != 1 || l[0].Text("qty") != "100" {
		t.Errorf("a receipt without lines takes %d lines", len(l))
	}
	x.refused(x.buyer, all, "post", nil, errs.Forbidden)
	much := x.Create(x.receiver, "proc.receipt", resource.Values{"po_id": apptest.ID(o), "lines": []resource.Values{{"product_id": x.product, "qty": "106"}}})
	x.refused(x.receiver, much, "post", nil, errs.Precondition)
	if _, err := x.Must("proc.receipt").CreateRow(x.receiver, resource.Values{"po_id": apptest.ID(o), "lines": []resource.Values{{"product_id": x.service, "qty": "1"}}}); !errs.Is(err, errs.Invalid) {
		t.Errorf("received what was not ordered: %v, want Invalid", err)
	}
	if _, err := x.Must("proc.receipt").CreateRow(x.receiver, resource.Values{"po_id": apptest.ID(o), "received_on": x.day(1)}); !errs.Is(err, errs.Invalid) {
		t.Errorf("received tomorrow: %v, want Invalid", err)
	}
	x.Fire(x.receiver, all, "post", nil)
	x.refused(x.receiver, all, "post", nil, errs.Precondition)
	in := x.only("proc.inspection", "planned")
	x.refused(x.inspector, in, "decide", resource.Values{"accepted": "99"}, errs.Invalid)
	x.Fire(x.inspector, in, "decide", resource.Values{"rejected": "100", "note": "All wrong"})
	x.stage(o, "closed") // everything failed, so nothing is left to bill
	x.Healthy()
}

func TestServicesAreNoStock(t *testing.T) {
	t.Parallel()
	x := setup(t)
	o := x.Create(x.buyer, "proc.po", resource.Values{"supplier_id": apptest.ID(x.supplier), "wanted_on": x.day(1), "lines": []resource.Values{{"product_id": x.service, "qty": "1", "price": "500"}}})
	x.Fire(x.buyer, o, "submit", nil)
	x.Approve(x.boss)
	x.Fire(x.buyer, o, "issue", nil)
	x.Fire(x.buyer, o, "confirm", resource.Values{"confirmed_on": x.day(1)})
	x.Fire(x.receiver, x.Create(x.receiver, "proc.receipt", resource.Values{"po_id": apptest.ID(o)}), "post", nil)
	x.Fire(x.inspector, x.only("proc.inspection", "planned"), "decide", resource.Values{"accepted": "1"})
	if len(x.received)+len(x.decided) != 0 {
		t.Errorf("stock heard of a service: %v %v", x.received, x.decided)
	}
	x.Healthy()
}

func TestCancelledOrderOpensItsRequisition(t *testing.T) {
	t.Parallel()
	x := setup(t)
	x.budget.left["MKT-2026"] = money.MustAmount("1000")
	pr := x.Create(x.buyer, "proc.requisition", resource.Values{"need_by": x.day(5), "budget_key": "MKT-2026", "lines": []resource.Values{{"product_id": x.product, "qty": "10", "est_price": "100"}}})
	x.Fire(x.buyer, pr, "submit", nil)
	x.Approve(x.boss)
	x.left("0.00")
	for range 2 { // an order may be cancelled and placed again as often as needed
		x.Fire(x.buyer, pr, "order", resource.Values{"supplier_id": apptest.ID(x.supplier)})
		o := x.only("proc.po", "draft")
		x.Fire(x.buyer, o, "submit", nil)
		x.Approve(x.boss)
		x.Fire(x.buyer, o, "issue", nil)
		x.Fire(x.buyer, o, "cancel", resource.Values{"reason": "The supplier cannot deliver"})
		r := x.stage(pr, "approved")
		if got := r.Lines("lines")[0].Text("ordered"); got != "0" {
			t.Errorf("%s is still ordered", got)
		}
		x.left("0.00")
	}
	x.Fire(x.buyer, pr, "cancel", resource.Values{"reason": "No longer needed"})
	x.left("1000.00")
	x.Healthy()
}

func TestShortCloseKeepsWhatIsStillToBeBilled(t *testing.T) {
	t.Parallel()
	x := setup(t)
	x.budget.left["MKT-2026"] = money.MustAmount("1000")
	pr := x.Create(x.buyer, "proc.requisition", resource.Values{"need_by": x.day(5), "budget_key": "MKT-2026", "lines": []resource.Values{{"product_id": x.product, "qty": "10", "est_price": "100"}}})
	x.Fire(x.buyer, pr, "submit", nil)
	x.Approve(x.boss)
	x.Fire(x.buyer, pr, "order", resource.Values{"supplier_id": apptest.ID(x.supplier)})
	o := x.only("proc.po", "draft")
	x.Fire(x.buyer, o, "submit", nil)
	x.Approve(x.boss)
	x.Fire(x.buyer, o, "issue", nil)
	x.Fire(x.buyer, o, "confirm", resource.Values{"confirmed_on": x.day(3)})
	x.delivered(o, "4")
	x.Fire(x.buyer, o, "short_close", resource.Values{"reason": "The rest is not needed"})
	x.stage(pr, "closed")
	x.left("600.00")
	x.owed(o, "D-1")
	x.left("600.00")
	if got := x.budget.actual["MKT-2026"].String(); got != "400.00" {
		t.Errorf("actual %s, want 400.00", got)
	}
	x.Healthy()
}

func TestBudgetHoldsPurchases(t *testing.T) {
	t.Parallel()
	x := setup(t)
	x.budget.left["MKT-2026"] = money.MustAmount("999")
	in := resource.Values{"need_by": x.day(5), "budget_key": "NOSUCH", "lines": []resource.Values{{"product_id": x.product, "qty": "10", "est_price": "100"}}}
	if _, err := x.Must("proc.requisition").CreateRow(x.buyer, in); !errs.Is(err, errs.NotFound) {
		t.Errorf("unknown budget key: %v, want NotFound", err)
	}
	in["budget_key"] = "MKT-2026"
	pr := x.Create(x.buyer, "proc.requisition", in)
	x.Fire(x.buyer, pr, "submit", nil)
	work, err := x.Process.Inbox(x.boss, 10)
	if err != nil || len(work) == 0 {
		t.Fatalf("inbox: %v %v", work, err)
	}
	if _, err := x.Process.Decide(x.boss, work[0].Task, true, ""); !errs.Is(err, errs.Precondition) {
		t.Errorf("1000 of 999: %v, want Precondition", err)
	}
	x.stage(pr, "draft")
	x.left("999.00")
}

func TestOrdersGoToQualifiedSuppliersOnly(t *testing.T) {
	t.Parallel()
	x := setup(t)
	o := x.Create(x.buyer, "proc.po", resource.Values{"supplier_id": apptest.ID(x.supplier), "wanted_on": x.day(1), "lines": []resource.Values{{"product_id": x.product, "qty": "1", "price": "500"}}})
	x.Fire(x.buyer, o, "submit", nil)
	x.Approve(x.boss)
	x.Fire(x.boss, x.supplier, "suspend", resource.Values{"reason": "Certificate expired"})
	x.refused(x.buyer, o, "issue", nil, errs.Precondition)
	x.Fire(x.boss, x.supplier, "reinstate", resource.Values{"reason": "New certificate"})
	x.Fire(x.buyer, o, "issue", nil)
	if _, err := x.Must("proc.po").UpdateRow(x.buyer, o.Base().ID, x.Reload(o).Base().Version, resource.Values{"terms": "x"}); !errs.Is(err, errs.Precondition) {
		t.Errorf("an issued order was changed: %v, want Precondition", err)
	}
}

func TestPricesFollowTheLastOrder(t *testing.T) {
	t.Parallel()
	x := setup(t)
	x.ordered("10", "17.25")
	if _, err := x.m.Requisitions.Request(x.buyer, []proc.Need{{Product: ipd.ProductID(1), Qty: money.Units(3), NeedBy: x.today().AddDays(3), Origin: shortage}}, 0); err != nil {
		t.Fatal(err)
	}
	pr := x.only("proc.requisition", "draft")
	if got := pr.Lines("lines")[0].Text("est_price"); got != "17.25" || pr.Text("total") != "51.75" {
		t.Errorf("estimated at %s, total %s", got, pr.Text("total"))
	}
}

func TestOnTimeCountsAllDeliveriesUpToTheFirstConfirmedDate(t *testing.T) {
	t.Parallel()
	x := setup(t)
	o := x.ordered("10", "100")
	x.measure("proc.supplier_on_time", kpi.Scope{}, "–") // nothing is due yet
	x.delivered(o, "4")
	x.delivered(o, "6")
	x.measure("proc.supplier_on_time", kpi.Scope{}, "1")
}
