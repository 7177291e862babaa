package crmapp_test

import (
	"context"
	"fmt"
	"testing"

	"meridian/modules/crm"
	"meridian/platform/app/apptest"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/event"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// TestCRM06LifeCycle: documents move customers forward, a deal that ends without win
// moves one back, rest and risk return to where the customer stood; the matrix and the
// cohorts count every customer once.
func TestCRM06LifeCycle(t *testing.T) {
	t.Parallel()
	s, m := setup(t)
	var moves []string
	event.Subscribe(s.Bus, "test", func(_ context.Context, e crm.LifecycleChanged) error {
		moves = append(moves, fmt.Sprint(e.From, ">", e.To))
		return nil
	})
	sys := authz.System(s.Admin, "test")
	mk := func(name string) resource.Row {
		return s.Create(s.Admin, "crm.customer", resource.Values{"name": name, "industry": "x", "source": "web"})
	}
	advance := func(c resource.Row, to crm.Lifecycle, typ string, n int64) {
		t.Helper()
		if err := m.Customers.Advance(sys, crm.CustomerID(c.Base().ID), to, trace.Ref{Type: typ, ID: n}); err != nil {
			t.Fatal(err)
		}
	}
	ended := func(c resource.Row, n int64) {
		t.Helper()
		if err := s.DB.Tx(sys, func(ctx context.Context) error {
			return m.DealEnded(ctx, crm.CustomerID(c.Base().ID), trace.Ref{Type: "ltc.opportunity", ID: n}, false)
		}); err != nil {
			t.Fatal(err)
		}
	}
	a, b, c := mk("A"), mk("B"), mk("C")
	advance(a, crm.Opportunity, "ltc.opportunity", 1)
	advance(a, crm.Opportunity, "ltc.opportunity", 2)
	ended(a, 1)
	if got := s.Reload(a).Stage(); got != "opportunity" {
		t.Errorf("one of two deals ended and A is %s", got)
	}
	ended(a, 2)
	if got := s.Reload(a).Stage(); got != "potential" {
		t.Errorf("the last deal ended without win and A is %s", got)
	}
	advance(b, crm.User, "ltc.acceptance", 1)
	s.Fire(s.Admin, b, "rest", resource.Values{"reason": "silent"})
	s.Fire(s.Admin, b, "endanger", resource.Values{"reason": "complaint"})
	advance(b, crm.Opportunity, "ltc.opportunity", 3)
	if got := s.Reload(b).Stage(); got != "user" {
		t.Errorf("a user at risk with a new deal is %s", got)
	}
	ended(b, 3)
	if got := s.Reload(b).Stage(); got != "user" {
		t.Errorf("who has signed falls back to %s", got)
	}
	s.Refused(s.Admin, c, "nurture", nil, errs.Invalid, "a potential customer needs a core need and a contact")
	s.Fire(s.Admin, c, "identify", nil)
	s.Fire(s.Admin, c, "lose", resource.Values{"reason": "closed down"})
	s.Refused(s.Admin, c, "to_signed", nil, errs.Forbidden, "people do not sign for the program") // the administrator may, the move is the program's
	if len(moves) == 0 || moves[0] != "to_identify>opportunity" {
		t.Errorf("events %v", moves)
	}
	r := show(s, s.Admin, "crm.lifecycle", resource.Values{"by": "source"})
	flow := table(t, r, "flow")
	if len(flow.Rows) != 1 || flow.Rows[0].Cells[1].Text != "3" {
		t.Errorf("flow: %v", flow.Rows)
	}
	// entered "to identify" 3, went on 3; target: only C, lost: stays in the count
	steps := table(t, r, "steps")
	if got, want := row(steps.Rows[0])[:17], "To identify|3|3|1"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := find(t, steps, "Target"); row(got)[:12] != "Target|1|0|0" || got.Cells[4].Text != "0" {
		t.Errorf("target cohort %q", row(got))
	}
	if got := find(t, steps, "Opportunity|1|0|0"); got.Cells[6].Text != "Maturing" {
		t.Errorf("a young cohort with open customers is %s", got.Cells[6].Text)
	}
	if got := row(table(t, r, "cohorts").Rows[0]); got[:4] != "web|" {
		t.Errorf("cohorts by source: %q", got)
	}
	if _, err := run(s, s.User("ann", "ltc.rep"), "crm.lifecycle", nil); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a representative reads the flow of the company: %v", err)
	}
	s.Healthy()
}

// TestCRM07CustomerResourcePlan: the golden table of four units, the live gap, and its
// publication. Targets by customer group: frappe/erpnext#15122, #10584.
func TestCRM07CustomerResourcePlan(t *testing.T) {
	t.Parallel()
	s, m := setup(t)
	var told []crm.ResourceGapPublished
	event.Subscribe(s.Bus, "test", func(_ context.Context, e crm.ResourceGapPublished) error { told = append(told, e); return nil })
	rates := resource.Values{"to_potential": "2 %", "to_deal": "10 %", "to_signature": "50 %", "average_deal": "10", "from_on": day(s, -10), "to_on": day(s, 80)}
	var plan, first resource.Row
	var dept string
	for _, x := range []struct{ name, target string }{{"Beijing", "250"}, {"Shanghai", "100"}, {"Shenzhen", "100"}, {"Shenyang", "20"}} {
		u := s.Create(s.Admin, "core.department", resource.Values{"name": x.name, "branch": "true"})
		plan = s.Create(s.Admin, "crm.resource_plan", apptest.Merge(rates, resource.Values{"unit_dept_id": apptest.ID(u), "target": x.target}))
		if first == nil {
			first, dept = plan, apptest.ID(u)
		}
	}
	plans := table(t, show(s, s.Admin, "crm.resource_gap", nil), "plans")
	for _, want := range []string{"|250.00|25|0.5|50|0.1|500|0.02|25000", "|100.00|10|0.5|20|0.1|200|0.02|10000", "|20.00|2|0.5|4|0.1|40|0.02|2000"} {
		find(t, plans, want)
	}
	if got := plans.Foot[9].Text; got != "47000" {
		t.Errorf("target customers in all: %s", got)
	}
	ann, err := s.Must("core.user").CreateRow(s.Admin, resource.Values{"username": "ann", "name": "ann", "dept_id": dept})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Must("core.user").UpdateRow(s.Admin, ann.Base().ID, 1, resource.Values{"dept_id": dept}); err != nil { // a new user stands in the department of who makes it
		t.Fatal(err)
	}
	if err := s.Authz.SetRoles(s.Admin, ann.Base().ID, []string{"ltc.rep"}); err != nil {
		t.Fatal(err)
	}
	sys := authz.System(s.Admin, "test")
	for i, to := range []crm.Lifecycle{crm.Opportunity, crm.Opportunity, crm.Opportunity, crm.Signed, crm.Signed} {
		c := s.Create(s.Admin, "crm.customer", resource.Values{"name": fmt.Sprint("C", i), "owner_id": apptest.ID(ann)})
		for n, step := range []crm.Lifecycle{crm.Opportunity, to} {
			if err := m.Customers.Advance(sys, crm.CustomerID(c.Base().ID), step, trace.Ref{Type: "ltc.opportunity", ID: int64(10*i + n)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	// signed: 2 in the period and 3 opportunities x 50 % = 3 of 25
	gaps := table(t, show(s, s.Admin, "crm.resource_gap", resource.Values{"dept_id": dept}), "gaps")
	if got, want := row(find(t, gaps, "Signed")), "Beijing|Signed|25|3|22|"+day(s, 80); got != want {
		t.Errorf("gap %q, want %q", got, want)
	}
	if got, want := row(find(t, gaps, "Opportunity"))[:28], "Beijing|Opportunity|50|5|45|"; got != want {
		t.Errorf("gap %q, want %q", got, want)
	}
	for range 2 {
		must(s, s.Admin, "crm.resource_gap", "publish", resource.Values{"plan": apptest.ID(first)})
	}
	if len(told) != 2 || told[1].Version != 2 || told[1].States[0].Gap != 22 {
		t.Errorf("published: %+v", told)
	}
	if _, err := do(s, s.User("rep", "ltc.rep"), "crm.resource_gap", "publish", resource.Values{"plan": apptest.ID(first)}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a representative publishes: %v", err)
	}
	if _, err := s.Must("crm.resource_plan").CreateRow(s.Admin, apptest.Merge(rates, resource.Values{"unit_dept_id": dept, "target": "0"})); !errs.Is(err, errs.Invalid) {
		t.Errorf("a plan without target: %v", err)
	}
}
