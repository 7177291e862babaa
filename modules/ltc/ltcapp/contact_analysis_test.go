package ltcapp_test

import (
	"fmt"
	"testing"

	"meridian/platform/app/apptest"
	"meridian/platform/resource"
)

// TestLTC17ContactAnalysis: way, number and visit frequency of customers in a period,
// over the deals the reader may see.
func TestLTC17ContactAnalysis(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ann, eve := w.User("ann", "ltc.rep"), w.User("eve", "ltc.rep")
	customer := w.Create(ann, "crm.customer", resource.Values{"name": "Acme"})
	deal := w.Create(ann, "ltc.opportunity", resource.Values{"name": "Line 3", "customer_id": apptest.ID(customer)})
	for _, way := range []string{"visit", "visit", "visit", "call", "chat"} {
		w.Fire(ann, deal, "activity", resource.Values{"way": way, "note": "x", "next_step": "y", "next_on": w.day(1)})
	}
	w.exec(`UPDATE ltc.deal_activity SET done_at = now() - make_interval(days => (pos - 1) * 10) WHERE way = 'visit'`)
	path := fmt.Sprintf("/ltc/contact_analysis?from=%s&to=%s", w.day(-29), w.day(0)) // 30 days
	rows := w.Table(ann, path, "customers")
	if len(rows) != 1 {
		t.Fatalf("customers contacted: %v", rows)
	}
	if r := rows[0]; fmt.Sprintf("%v %v %v %v %v %v %v %v", r["n"], r["visits"], r["calls"], r["meetings"], r["others"], r["persons"], r["monthly"], r["between"]) != "5 3 1 0 1 1 3 10" {
		t.Errorf("contacts: %v", r)
	}
	if got := fmt.Sprint(w.Tile(ann, fmt.Sprintf("/ltc/contact_analysis?from=%s&to=%s", w.day(-14), w.day(0)), "visits")); got != "2" {
		t.Errorf("visits of 15 days: %s, want 2", got)
	}
	if rows := w.Table(eve, path, "customers"); len(rows) != 0 {
		t.Errorf("eve sees the contacts of ann: %v", rows)
	}
	w.Call(ann, "GET", fmt.Sprintf("/ltc/contact_analysis?from=%s&to=%s", w.day(0), w.day(-5)), nil, 422)
	w.Call(w.User("clerk", "isc.warehouse"), "GET", path, nil, 403)
}
