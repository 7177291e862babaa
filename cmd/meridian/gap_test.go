package main

import (
	"fmt"
	"strings"
	"testing"
)

// TestCRM07GapAsksMarketingAndSales: a published gap plans a campaign and gives the head of
// the unit a lead target, on whose list it stands; a later version replaces the numbers, and
// what sales does since counts.
func TestCRM07GapAsksMarketingAndSales(t *testing.T) {
	w := newWalker(t)
	eve := w.person("eve", "ltc.manager")
	rep := w.person("rep", "ltc.rep")
	p, _ := w.Authz.Directory().ByUsername("eve")
	unit := w.create("core.department", doc{"name": "Beijing", "branch": true, "parent_id": 1, "manager_id": p.ID})
	plan := w.create("crm.resource_plan", doc{"unit_dept_id": id(unit), "target": "250", "to_potential": "0.02", "to_deal": "0.1", "to_signature": "0.5", "average_deal": "10", "from_on": inDays(-10), "to_on": inDays(80)})
	publish := func() { w.call(w.admin, "POST", "/crm/resource_gap/publish", doc{"plan": id(plan)}, 200) }
	publish()
	target := w.one("ltc.lead_target", "")
	campaign := w.one("mtl.campaign", "")
	if got, want := fmt.Sprint(target["leads"], target["deals"], target["wins"], target["owner_id"]), fmt.Sprint(500, 50, 25, p.ID); got != want {
		t.Errorf("sales is asked for %s, want %s", got, want)
	}
	if got := fmt.Sprintf("%v %v %v", campaign["audience_size"], campaign["expected_leads"], campaign["stage"]); got != "25000 500 planned" {
		t.Errorf("marketing is asked for %s", got)
	}
	if text := fmt.Sprint(w.call(eve, "GET", "/inbox", nil, 200)); !strings.Contains(text, "ltc.lead_target") {
		t.Errorf("the head of the unit has no task: %s", text)
	}
	w.call(rep, "GET", fmt.Sprintf("/ltc/lead_target/%d", id(target)), nil, 404)
	w.call(eve, "POST", fmt.Sprintf("/ltc/lead_target/%d/reach", id(target)), doc{}, 409)

	w.patch("crm.resource_plan", id(plan), doc{"target": "10", "to_potential": "0.5", "to_deal": "0.5", "to_signature": "0.5"})
	publish()
	if got := w.one("ltc.lead_target", ""); got["leads"] != 4. || got["deals"] != 2. || got["wins"] != 1. || got["version_no"] != 2. {
		t.Errorf("the second version asks for %v leads, %v deals, %v wins", got["leads"], got["deals"], got["wins"])
	}
	if got := w.one("mtl.campaign", ""); got["audience_size"] != 8. || got["expected_leads"] != 4. {
		t.Errorf("the second version asks marketing for %v and %v", got["audience_size"], got["expected_leads"])
	}

	w.exec(`UPDATE core."user" SET dept_id = $1 WHERE username = 'eve'`, id(unit))
	if err := w.Authz.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		lead := w.create("ltc.lead", doc{"company": fmt.Sprint("Plant ", i), "name": "Li Wei", "phone": fmt.Sprint("1380013800", i)})
		w.move("ltc.lead", id(lead), "assign", doc{"owner": p.ID})
		w.move("ltc.lead", id(lead), "contact", nil)
		w.move("ltc.lead", id(lead), "qualify_marketing", nil)
		w.move("ltc.lead", id(lead), "accept", nil)
	}
	rows, _ := w.call(eve, "GET", "/ltc/lead_targets", nil, 200)["tables"].([]any)
	if text := fmt.Sprint(rows); !strings.Contains(text, "leads:4") || !strings.Contains(text, "deals:0") {
		t.Errorf("the progress shows %s", text)
	}
	publish() // what came before a version is in its gap already
	if text := fmt.Sprint(w.call(eve, "GET", "/ltc/lead_targets", nil, 200)["tables"]); !strings.Contains(text, "leads:0") {
		t.Errorf("the progress of a new version begins with %s", text)
	}
	w.sound()
}
