package crmapp_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"meridian/modules/crm"
	"meridian/platform/app/apptest"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/event"
	"meridian/platform/resource"
)

// TestValueGolden are the formulas of 5.3 and 5.5.
func TestValueGolden(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	for q, want := range map[string]string{
		"crm.clv(100, 0.8, 0.1, 0)": "266.67", "crm.clv(100, 0.8, 0.1, 66.67)": "200.00", "crm.clv(100, 1, 0.1, 0)": "900.00", "crm.clv(0, 0.5, 0.1, 0)": "0.00",
		"crm.quintile(0)": "1", "crm.quintile(0.2)": "2", "crm.quintile(0.999)": "5", "crm.quintile(1)": "5",
		"crm.rfm_segment(5,5,5)": "champion", "crm.rfm_segment(5,4,4)": "champion", "crm.rfm_segment(4,2,5)": "new", "crm.rfm_segment(2,4,1)": "at_risk_loyal", "crm.rfm_segment(1,2,5)": "hibernating", "crm.rfm_segment(3,3,3)": "regular",
	} {
		if got, err := db.One[struct{ V string }](t.Context(), s.DB, `SELECT (`+q+`)::text AS v`); err != nil || got.V != want {
			t.Errorf("%s = %s, want %s (%v)", q, got.V, want, err)
		}
	}
}

// TestCRM11Segments: conditions become safe SQL, members come and go, a segment carries a
// policy, equal values get equal scores, and cross tables count what the reader may see.
func TestCRM11Segments(t *testing.T) {
	t.Parallel()
	s, m := setup(t)
	var tiers []crm.TierChanged
	event.Subscribe(s.Bus, "test", func(_ context.Context, e crm.TierChanged) error { tiers = append(tiers, e); return nil })
	ann := s.User("ann", "ltc.rep")
	east := s.Create(ann, "crm.customer", resource.Values{"name": "East'); DROP TABLE crm.customer; --", "region": "East", "tags": "vip, old"})
	s.Create(s.Admin, "crm.customer", resource.Values{"name": "West", "region": "West"})
	s.Create(s.Admin, "crm.customer", resource.Values{"name": "East 2", "region": "East"})
	for i := range 3 {
		record(s, m, east, crm.FactOrder, day(s, -10*i-1), "100", int64(i+1))
	}
	cond := func(grp, field, op, value string) resource.Values {
		return resource.Values{"grp": grp, "field": field, "op": op, "value": value}
	}
	for _, bad := range [][4]string{{"1", "orders", "contains", "x"}, {"1", "net", "between", "1"}, {"1", "created_on", "before", "yesterday"}, {"1", "health", "gt", "many"}, {"1", "region", "one_of", ""}} {
		_, err := s.Must("crm.segment").CreateRow(s.Admin, resource.Values{"name": "Bad", "rules": []resource.Values{cond(bad[0], bad[1], bad[2], bad[3])}})
		if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "rules.0.") {
			t.Errorf("%v: %v", bad, err)
		}
	}
	// every operator of every kind of field runs
	for field, op := range map[string]string{"name": "contains:a%' OR 1=1 --", "tags": "lacks:x", "region": "none_of:North, South", "industry": "empty:", "source": "filled:", "completeness": "outside:101,102", "created_on": "this_year:", "last_touch": "older_days:30", "silence": "empty:", "clv": "empty:", "last_order": "last_days:30", "open_deals": "is:0"} {
		o, v, _ := strings.Cut(op, ":")
		x := s.Create(s.Admin, "crm.segment", resource.Values{"name": field, "rules": []resource.Values{cond("1", field, o, v)}})
		must(s, s.Admin, "crm.segments", "refresh", resource.Values{"segment": apptest.ID(x)})
	}
	if got := s.One("crm.segment", "id", fmt.Sprint(0+1)); got.Text("name") == "" {
		t.Error("no segment")
	}
	for _, r := range s.List("crm.segment", nil) {
		if r.Text("name") == "name" && r.Text("members") != "0" {
			t.Errorf("an injected condition found %s members", r.Text("members"))
		}
	}
	vip := s.Create(s.Admin, "crm.segment", resource.Values{"name": "VIP", "set_tier": "key", "rules": []resource.Values{cond("1", "region", "is", "East"), cond("1", "orders", "ge", "3"), cond("2", "name", "starts", "West")}})
	must(s, s.Admin, "crm.segments", "refresh", resource.Values{"segment": apptest.ID(vip)})
	if got := s.Reload(vip).Text("members"); got != "2" || len(tiers) != 2 || s.Reload(east).Text("tier") != "key" {
		t.Errorf("%s members, %d tier events, tier %s", got, len(tiers), s.Reload(east).Text("tier"))
	}
	if got := table(t, show(s, ann, "crm.segments", resource.Values{"segment_id": apptest.ID(vip)}), "members"); len(got.Rows) != 1 {
		t.Errorf("ann sees %d members, want her own one", len(got.Rows))
	}
	v := s.Reload(east).Base().Version
	if _, err := s.Must("crm.customer").UpdateRow(ann, east.Base().ID, v, resource.Values{"region": "North"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Jobs.RunNow(s.Admin, "crm.value"); err != nil {
		t.Fatal(err)
	}
	sizes := find(t, table(t, show(s, s.Admin, "crm.segments", nil), "segments"), "VIP")
	if row(sizes) != "VIP|1|1|1" {
		t.Errorf("after the move: %q", row(sizes))
	}
	list := s.Create(s.Admin, "crm.segment", resource.Values{"name": "Fair", "kind": "static"})
	must(s, s.Admin, "crm.segments", "add", resource.Values{"segment_id": apptest.ID(list), "customer_id": apptest.ID(east)})
	if got := s.Reload(list).Text("members"); got != "1" {
		t.Errorf("the list has %s members", got)
	}
	if _, err := do(s, s.Admin, "crm.segments", "add", resource.Values{"segment_id": apptest.ID(vip), "customer_id": apptest.ID(east)}); !errs.Is(err, errs.Precondition) {
		t.Errorf("adding to a dynamic segment: %v", err)
	}
	if _, err := do(s, ann, "crm.segments", "add", resource.Values{"segment_id": apptest.ID(list), "customer_id": apptest.ID(east)}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a representative keeps the list: %v", err)
	}
	cross := table(t, show(s, s.Admin, "crm.cross", resource.Values{"a": "region", "b": "tier"}), "cross")
	if len(cross.Rows) != 3 || row(cross.Rows[0])[:5] == "" {
		t.Errorf("cross table: %v", cross.Rows)
	}
	s.Healthy()
}

// TestCRM12ValueModel: value, classes and lifetime value of every customer; a model of
// the company's own ranks otherwise; the value matrix says what to do.
func TestCRM12ValueModel(t *testing.T) {
	t.Parallel()
	s, m := setup(t)
	var cs []resource.Row
	id := int64(0)
	for i, amounts := range [][]string{{"8000", "1000"}, {"900", "100"}, {"50"}} {
		c := s.Create(s.Admin, "crm.customer", resource.Values{"name": fmt.Sprint("Worth ", i), "tier": "key"})
		cs = append(cs, c)
		for n, a := range amounts {
			for _, ago := range []int{20 + 60*n, 420 + 60*n} { // this year and the one before
				id++
				record(s, m, c, crm.FactOrder, day(s, -ago), a, id)
			}
		}
	}
	record(s, m, cs[2], crm.FactCost, day(s, -3), "60", 99)
	must(s, s.Admin, "crm.value_ranking", "compute", resource.Values{})
	r := show(s, s.Admin, "crm.value_ranking", nil)
	rank := table(t, r, "ranking")
	first := rank.Rows[0]
	// all three bought in both years: retention 1, capped at 0.99: 9000·0.99/0.11
	if first.Cells[0].Text != "CU-000001 Worth 0" || first.Cells[2].Text != "A" || first.Cells[3].Text != "9000.00" || first.Cells[4].Text != "81000.00" {
		t.Errorf("first: %q", row(first))
	}
	if got := find(t, rank, "Worth 2"); got.Cells[2].Text != "C" || got.Cells[3].Text != "-10.00" {
		t.Errorf("a customer that costs more than it brings: %q", row(got))
	}
	if tile(t, r, "repurchase") != "1" || s.Reload(cs[0]).Text("class") != "a" {
		t.Errorf("repurchase rate %s, class %s", tile(t, r, "repurchase"), s.Reload(cs[0]).Text("class"))
	}
	model := s.Create(s.Admin, "crm.value_model", resource.Values{"name": "Cheap to serve", "weights": []resource.Values{{"indicator": "cost", "weight": "100"}}})
	if got := table(t, show(s, s.Admin, "crm.value_ranking", resource.Values{"model_id": apptest.ID(model)}), "ranking"); got.Rows[2].Cells[0].Text != "CU-000003 Worth 2" {
		t.Errorf("the dearest to serve is not last: %q", row(got.Rows[2]))
	}
	if c := table(t, r, "curve"); len(c.Rows) != 1 {
		t.Errorf("the curve has %d months", len(c.Rows))
	}
	if _, err := s.Must("crm.value_model").CreateRow(s.Admin, resource.Values{"name": "Nothing"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a model without indicator: %v", err)
	}
	if _, err := run(s, s.User("ann", "ltc.rep"), "crm.value_ranking", nil); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a representative ranks the company's customers: %v", err)
	}
}
