package main

import (
	"fmt"
	"testing"
)

// TestStepsOfTheProgram: a company lets the program release, pick, invoice, submit and
// post; a deal needs six calls then. Approvals stay, a refused step waits for people, and
// nobody without the right chooses what the program does.
func TestStepsOfTheProgram(t *testing.T) {
	w := newWalker(t)
	finn := w.person("finn", "core.finance_manager")
	drive := w.create("ipd.product", doc{"name": "Drive", "kind": "goods", "unit": "pcs", "tax_rate": "0.13"})
	w.move("ipd.product", id(drive), "release", nil)
	house := w.create("isc.warehouse", doc{"name": "Main", "is_default": true})
	count := w.create("isc.adjustment", doc{"cause": "opening", "day": today(), "product_id": id(drive), "warehouse_id": id(house), "qty": "6", "unit_cost": "900"})
	w.move("isc.adjustment", id(count), "post", nil)
	customer := w.create("crm.customer", doc{"name": "Acme", "source": "event", "credit_limit": "100000"})

	order := func(qty, price string) doc {
		o := w.create("ltc.order", doc{"customer_id": id(customer), "acceptance": "on_dispatch", "warehouse_id": id(house), "lines": []doc{{"product_id": id(drive), "qty": qty, "unit_price": price}}})
		return w.call(w.admin, "POST", fmt.Sprintf("/ltc/order/%d/confirm", id(o)), doc{}, 200)
	}
	if o := order("1", "100"); o["stage"] != "confirmed" {
		t.Errorf("an order is %v though no step was given to the program", o["stage"])
	}

	w.call(finn, "POST", "/core/auto_step", doc{"step": "ltc.order:release"}, 403)
	w.call(w.admin, "POST", "/core/auto_step", doc{"step": "ltc.order:cancel"}, 422)
	steps := map[string]doc{}
	for _, s := range []string{"ltc.order:release", "isc.shipment:pick", "ltc.acceptance:invoice", "ltc.invoice:approve", "ltc.invoice:post"} {
		steps[s] = w.create("core.auto_step", doc{"step": s})
	}
	w.call(w.admin, "POST", "/core/auto_step", doc{"step": "ltc.order:release"}, 409)
	w.patch("core.auto_step", id(steps["ltc.order:release"]), doc{"up_to": "5000"})

	o := order("2", "100")
	if o["stage"] != "released" {
		t.Fatalf("the order is %v, want released by the program", o["stage"])
	}
	sh := w.one("isc.shipment", fmt.Sprintf("order_id=%d", id(o)))
	if sh["stage"] != "picked" {
		t.Fatalf("the shipment is %v, want picked by the program", sh["stage"])
	}
	w.move("isc.shipment", id(sh), "ship", doc{"carrier": "SF"})
	w.stage("ltc.order", id(o), "completed")
	inv := w.one("ltc.invoice", fmt.Sprintf("order_id=%d", id(o)))
	if inv["stage"] != "draft" {
		t.Errorf("the invoice is %v before somebody else approved it", inv["stage"])
	}
	for w.approve(finn, "ltc.invoice", id(inv), true) {
	}
	if inv = w.get("ltc.invoice", id(inv)); inv["stage"] != "posted" || inv["fiscal_no"] == "" || inv["total"] != "226.00" {
		t.Errorf("the approved invoice is %v over %v", inv["stage"], inv["total"])
	}
	if n := w.number(`SELECT count(*) FROM core.proc_event WHERE object_type = 'ltc.order' AND object_id = $1 AND move = 'release' AND flags LIKE '%auto%' AND actor <> 0`, id(o)); n != 1 {
		t.Errorf("the log holds %d releases by the program for a person", n)
	}
	w.move("isc.shipment", id(sh), "deliver", doc{"delivered_on": today(), "signed_by": "Li Wei"})
	if n := len(w.list("ltc.acceptance", fmt.Sprintf("order_id=%d", id(o)))); n != 1 {
		t.Errorf("%d acceptances after the delivery, want the one of the dispatch", n)
	}

	if big := order("1", "9000"); big["stage"] != "confirmed" {
		t.Errorf("an order above the limit is %v", big["stage"])
	}
	short := order("20", "100")
	if short["stage"] != "released" {
		t.Errorf("the short order is %v", short["stage"])
	}
	sh = w.one("isc.shipment", fmt.Sprintf("order_id=%d", id(short)))
	if sh["stage"] != "planned" || sh["version"] != 1. {
		t.Errorf("a shipment nobody can pick is %v, version %v", sh["stage"], sh["version"])
	}

	w.call(w.admin, "DELETE", fmt.Sprintf("/core/auto_step/%d", id(steps["ltc.order:release"])), nil, 204, "If-Match", "2")
	if last := order("1", "100"); last["stage"] != "confirmed" {
		t.Errorf("an order is %v after the program lost the step", last["stage"])
	}
	w.sound()
}
