package main

import (
	"fmt"
	"strings"
	"testing"
)

// TestLTC11RefusalOpensACase: what a customer refuses becomes a case of service, about the
// product and the order, linked to the acceptance it comes from.
func TestLTC11RefusalOpensACase(t *testing.T) {
	w := newWalker(t)
	drive := w.create("ipd.product", doc{"name": "SV-750W servo drive", "kind": "goods", "unit": "pcs", "tax_rate": "0.13"})
	w.move("ipd.product", id(drive), "release", nil)
	house := w.create("isc.warehouse", doc{"name": "Main", "is_default": true})
	count := w.create("isc.adjustment", doc{"cause": "opening", "day": today(), "product_id": id(drive), "warehouse_id": id(house), "qty": "6", "unit_cost": "900"})
	w.move("isc.adjustment", id(count), "post", nil)
	customer := w.create("crm.customer", doc{"name": "华东精密", "credit_limit": "100000"})
	order := w.create("ltc.order", doc{"customer_id": id(customer), "warehouse_id": id(house), "ship_to": "Shanghai", "lines": []doc{{"product_id": id(drive), "qty": "4", "unit_price": "1860"}}})
	w.move("ltc.order", id(order), "confirm", nil)
	w.move("ltc.order", id(order), "release", nil)
	ship := w.one("isc.shipment", "")
	w.move("isc.shipment", id(ship), "pick", nil)
	w.move("isc.shipment", id(ship), "ship", doc{"carrier": "SF Express", "tracking": "SF1"})
	w.move("isc.shipment", id(ship), "deliver", doc{"delivered_on": today(), "signed_by": "Li Wei"})
	acc := w.one("ltc.acceptance", "")
	if n := len(w.list("itr.case", "")); n != 0 {
		t.Fatalf("%d cases before anything was refused", n)
	}
	if status, _, _ := w.try(w.admin, "POST", fmt.Sprintf("/ltc/acceptance/%d/reject", id(acc)), doc{}); status != 422 {
		t.Errorf("refused without a reason: %d", status)
	}
	w.move("ltc.acceptance", id(acc), "reject", doc{"reason": "Scratched housings"})
	w.stage("ltc.acceptance", id(acc), "rejected")
	c := w.one("itr.case", "")
	if c["customer_id"] != order["customer_id"] || c["order_id"] != order["id"] || c["product_id"] != drive["id"] || c["urgency"] != "1" {
		t.Errorf("the case is about %v %v %v %v", c["customer_id"], c["order_id"], c["product_id"], c["urgency"])
	}
	chain := w.call(w.admin, "GET", fmt.Sprintf("/itr/case/%d/thread", id(c)), nil, 200)
	for _, want := range []string{fmt.Sprintf("ltc.acceptance/%d ", id(acc)), fmt.Sprintf("ltc.order/%d ", id(order))} {
		if !strings.Contains(fmt.Sprint(chain["documents"]), want) {
			t.Errorf("the thread of the case lacks %s: %v", want, chain["documents"])
		}
	}
	if status, _, _ := w.try(w.admin, "POST", fmt.Sprintf("/ltc/acceptance/%d/invoice", id(acc)), doc{}); status != 409 {
		t.Errorf("what was refused may be invoiced: %d", status)
	}
	w.sound()
}
