package procapp_test

import (
	"fmt"
	"testing"

	"meridian/platform/app/apptest"
	"meridian/platform/errs"
	"meridian/platform/resource"
)

// at runs fn on n clients at once and returns how many succeeded; every other must
// have been refused for a reason people understand.
func at(t *testing.T, n int, fn func(i int) error) int {
	t.Helper()
	ok, failed := apptest.Together(n, fn)
	for _, err := range failed {
		if errs.KindOf(err) == errs.Internal {
			t.Error(err)
		}
	}
	return ok
}

// TestTwoClientsDoNotPayTwice lets 8 clients ask for the whole invoice, and 8 pay
// the one request that got through.
func TestTwoClientsDoNotPayTwice(t *testing.T) {
	t.Parallel()
	x := setup(t)
	o := x.ordered("10", "100")
	x.delivered(o, "10")
	v := x.owed(o, "E-1")
	if n := at(t, 8, func(int) error {
		_, err := x.Must("proc.payment").CreateRow(x.clerk, resource.Values{"invoice_id": apptest.ID(v)})
		return err
	}); n != 1 {
		t.Errorf("%d requests for the same money, want 1", n)
	}
	pay := x.only("proc.payment", "draft")
	x.Fire(x.clerk, pay, "submit", nil)
	x.Approve(x.finance)
	if n := at(t, 8, func(i int) error {
		_, _, err := x.Must("proc.payment").FireRow(x.clerk, pay.Base().ID, 0, "pay", resource.Values{"paid_on": x.day(0), "bank_ref": fmt.Sprint(i)})
		return err
	}); n != 1 {
		t.Errorf("paid %d times, want once", n)
	}
	if v = x.stage(v, "paid"); v.Text("paid") != "1130.00" {
		t.Errorf("paid %s of 1130.00", v.Text("paid"))
	}
	x.Healthy()
}

// TestReceiversDoNotTakeMoreThanOrdered lets 16 clients post 10 each of an order of
// 100; five per cent more are tolerated, not ten.
func TestReceiversDoNotTakeMoreThanOrdered(t *testing.T) {
	t.Parallel()
	x := setup(t)
	o := x.ordered("100", "10")
	drafts := make([]resource.Row, 16)
	for i := range drafts {
		drafts[i] = x.Create(x.receiver, "proc.receipt", resource.Values{"po_id": apptest.ID(o), "lines": []resource.Values{{"product_id": x.product, "qty": "10"}}})
	}
	if n := at(t, 16, func(i int) error {
		_, _, err := x.Must("proc.receipt").FireRow(x.receiver, drafts[i].Base().ID, 0, "post", resource.Values{})
		return err
	}); n != 10 {
		t.Errorf("%d receipts of 10 were posted for an order of 100", n)
	}
	if got := x.stage(o, "received").Lines("lines")[0].Text("received"); got != "100" {
		t.Errorf("received %s, want 100", got)
	}
	x.Healthy()
}

// TestTwoInvoicesDoNotBillTheSameGoods matches 8 invoices over all accepted goods
// at once.
func TestTwoInvoicesDoNotBillTheSameGoods(t *testing.T) {
	t.Parallel()
	x := setup(t)
	o := x.ordered("10", "100")
	x.delivered(o, "10")
	invoices := make([]resource.Row, 8)
	for i := range invoices {
		invoices[i] = x.Create(x.clerk, "proc.invoice", resource.Values{"po_id": apptest.ID(o), "invoice_no": fmt.Sprint("F-", i), "invoice_date": x.day(0)})
	}
	if n := at(t, 8, func(i int) error {
		_, _, err := x.Must("proc.invoice").FireRow(x.clerk, invoices[i].Base().ID, 0, "match", resource.Values{})
		return err
	}); n != 1 {
		t.Errorf("%d invoices over the same goods matched, want 1", n)
	}
	x.Healthy()
}
