package ltcapp_test

import (
	"bytes"
	"context"
	"testing"

	"meridian/modules/ltc"
	"meridian/platform/app/apptest"
	"meridian/platform/errs"
	"meridian/platform/event"
	"meridian/platform/resource"
)

// Holds stop an order whatever its stage; a change is a new revision that asks credit
// again, and so does a copy; less than what is delivered cannot be ordered.
func TestLTC10OrderHoldsAndChanges(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss := w.User("boss", "core.admin")
	changed := []ltc.OrderChanged{}
	event.Subscribe(w.Bus, "test", func(_ context.Context, e ltc.OrderChanged) error { changed = append(changed, e); return nil })
	customer := w.customer("Acme", "2000")
	order := w.Fire(w.Admin, w.order(customer, "10", "100"), "confirm", nil) // 1130
	w.Fire(w.Admin, order, "hold", resource.Values{"kind": "price", "why": "the discount is being asked for"})
	w.Fire(w.Admin, order, "hold", resource.Values{"kind": "customer", "why": "wait for the building"})
	w.Refused(w.Admin, order, "release", nil, errs.Precondition, "a held order was released")
	w.Fire(w.Admin, order, "unhold", resource.Values{"kind": "price"})
	w.Refused(w.Admin, order, "unhold", resource.Values{"kind": "price"}, errs.Invalid, "a hold was lifted twice")
	w.Refused(w.Admin, order, "release", nil, errs.Precondition, "one of two holds was enough")
	w.Fire(w.Admin, order, "unhold", resource.Values{"kind": "customer"})
	why := resource.Values{"reason": "they need more", "line": "1"}
	w.Refused(w.Admin, order, "change", apptest.Merge(why, resource.Values{"qty": "30"}), errs.Precondition, "a change passed the credit limit")
	order = w.Fire(w.Admin, order, "change", apptest.Merge(why, resource.Values{"qty": "15"}))
	if got := order.Text("total") + " " + order.Text("exposure") + " " + order.Text("revision"); got != "1695.00 1695.00 2" {
		t.Errorf("changed order: %s", got)
	}
	if got := w.One("ltc.obligation", "order_id", apptest.ID(order)).Text("allocated"); got != "1500.00" {
		t.Errorf("its obligation is worth %s", got)
	}
	w.Fire(w.Admin, order, "copy", nil)
	copied := w.last("ltc.order", "stage", "draft")
	w.Refused(w.Admin, copied, "confirm", nil, errs.Precondition, "the copy of an order passed the credit check")
	w.Fire(w.Admin, order, "release", nil)
	w.Refused(w.Admin, order, "change", apptest.Merge(why, resource.Values{"qty": "14"}), errs.Invalid, "less was ordered than the warehouse ships")
	order = w.Fire(w.Admin, order, "change", apptest.Merge(why, resource.Values{"qty": "16"}))
	if n := len(w.supply.requests); n != 2 || w.supply.requests[1].Lines[0].Qty.String() != "1" {
		t.Errorf("%d shipments were asked for, the last over %v", n, w.supply.requests[n-1].Lines)
	}
	if len(changed) != 2 || changed[1].Revision != 3 {
		t.Errorf("told of changes: %+v", changed)
	}
	var b bytes.Buffer
	if err := w.Must("ltc.order").DownloadRow(w.Admin, order.Base().ID, resource.PDF.Name, &b); err != nil || !bytes.HasPrefix(b.Bytes(), []byte("%PDF")) {
		t.Errorf("order confirmation: %v", err)
	}
	w.Refused(w.User("rep", "ltc.rep"), order, "hold", resource.Values{"kind": "data", "why": "x"}, errs.Forbidden, "a sales representative held an order")
	_ = boss
	w.Healthy()
}

// Where delivery is acceptance, what arrives may be invoiced at once; where the contract
// takes silence for it, the job accepts after so many days; what is refused is told to
// service.
func TestLTC11Acceptance(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss := w.User("boss", "core.admin")
	refused := []ltc.AcceptanceRejected{}
	event.Subscribe(w.Bus, "test", func(_ context.Context, e ltc.AcceptanceRejected) error { refused = append(refused, e); return nil })
	h := listen(w.Bus)
	customer := w.customer("Acme", "100000")
	fast := w.Create(w.Admin, "ltc.order", resource.Values{"customer_id": apptest.ID(customer), "acceptance": "on_delivery", "lines": []resource.Values{{"product_id": "1", "qty": "2", "unit_price": "100"}, {"product_id": "3", "qty": "1", "unit_price": "50"}}})
	w.Fire(w.Admin, fast, "confirm", nil)
	w.Fire(w.Admin, fast, "release", nil)
	if n, err := w.ltc.DeemAccepted(w.Admin, w.today()); n != 1 || err != nil { // the service is delivered with the release
		t.Errorf("%d accepted by the job, want the service (%v)", n, err)
	}
	w.deliver(fast)
	fast = w.Reload(fast)
	if got := fast.Stage() + " " + fast.Lines("lines")[0].Text("accepted"); got != "completed 2" || len(h.accepted) != 2 || !h.accepted[1].Deemed {
		t.Errorf("delivered: order is %s, told %+v", got, h.accepted)
	}
	w.Fire(w.Admin, fast, "invoice", nil)
	if got := w.booked("contract_asset"); got != "250.00" {
		t.Errorf("delivered and not invoiced: contract asset %s, want 250.00", got)
	}
	// silence for five days
	c := w.Create(w.Admin, "ltc.contract", resource.Values{"title": "Line 3", "customer_id": apptest.ID(customer), "amount": "113", "start_on": "2026-01-01", "deemed_days": "5"})
	w.Fire(w.Admin, c, "submit", nil)
	w.Fire(w.Admin, c, "approve", nil)
	w.Approve(boss)
	w.Fire(w.Admin, c, "sign", resource.Values{"signed_by_customer": "Li", "signed_by_us": "Ann"})
	slow := w.Create(w.Admin, "ltc.order", resource.Values{"contract_id": apptest.ID(c), "lines": []resource.Values{{"product_id": "1", "qty": "1", "unit_price": "100"}}})
	w.Fire(w.Admin, slow, "confirm", nil)
	w.Fire(w.Admin, slow, "release", nil)
	w.deliver(slow)
	a := w.One("ltc.acceptance", "order_id", apptest.ID(slow))
	if got := a.Text("deemed_on"); got != w.today().AddDays(5).String() {
		t.Errorf("deemed accepted on %q", got)
	}
	if n, err := w.ltc.DeemAccepted(w.Admin, w.today().AddDays(4)); n != 0 || err != nil {
		t.Errorf("%d accepted before the time (%v)", n, err)
	}
	// refused in part
	third := w.Fire(w.Admin, w.order(customer, "5", "100"), "confirm", nil)
	w.Fire(w.Admin, third, "release", nil)
	w.deliver(third)
	part := w.One("ltc.acceptance", "order_id", apptest.ID(third))
	part = w.updated(w.Admin, part, resource.Values{"note": "one is scratched", "criteria": "no scratches", "lines": []resource.Values{{"id": lineID(part.Lines("lines")[0]), "accepted": "4"}}})
	w.Fire(w.Admin, part, "accept", resource.Values{"signed_by": "Li"})
	if len(refused) != 1 || refused[0].Lines[0].Qty.String() != "1" || refused[0].Note != "one is scratched" {
		t.Errorf("told of refusals: %+v", refused)
	}
	if got := w.One("ltc.obligation", "order_id", apptest.ID(third)).Text("recognised"); got != "400.00" {
		t.Errorf("four of five accepted: %s recognised, want 400.00", got)
	}
	w.Healthy()
}
