package crmapp_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"meridian/modules/crm"
	"meridian/modules/crm/crmapp"
	"meridian/platform/app"
	"meridian/platform/app/apptest"
	"meridian/platform/authz"
	"meridian/platform/kpi"
	"meridian/platform/money"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// branch makes the head of a branch below head office.
func branch(s *apptest.Suite, name string) int64 {
	s.T.Helper()
	who, _ := authz.Of(s.Admin)
	return s.Create(s.Admin, "core.department", resource.Values{"name": name, "branch": "true", "parent_id": fmt.Sprint(who.Dept)}).Base().ID
}

// works makes a person with roles and a position in a department.
func works(s *apptest.Suite, name, roles string, dept int64, title string) context.Context {
	s.T.Helper()
	id := user(s.User(name, roles))
	if _, err := s.Must("core.user").UpdateRow(s.Admin, id, 1, resource.Values{"dept_id": fmt.Sprint(dept), "title": title}); err != nil {
		s.T.Fatalf("department of %s: %v", name, err)
	}
	return s.As(id)
}

// refuses tries to create a record and wants a refusal of a field.
func refuses(s *apptest.Suite, ctx context.Context, path, field string, v map[string]any) {
	s.T.Helper()
	status, _, text := s.Try(ctx, http.MethodPost, path, v)
	if status != http.StatusUnprocessableEntity || !strings.Contains(text, `"field":"`+field+`"`) {
		s.T.Errorf("POST %s %v: want a refusal of %s, got %d %s", path, v, field, status, text)
	}
}

// TestCRM19OverrideOfPolicy: a branch sets anew what head office leaves to it, for its own
// customers only; everything else is inherited live and the page says from where.
func TestCRM19OverrideOfPolicy(t *testing.T) {
	t.Parallel()
	s, m := setup(t)
	north, south := branch(s, "North"), branch(s, "South")
	bea := works(s, "bea", "ltc.manager,ltc.rep", north, "Head")
	type doc = map[string]any
	policy := s.Call(s.Admin, http.MethodPost, "/crm/policy", doc{"freedoms": []doc{{"field": "churn_days", "may": "lower"}, {"field": "capacity", "may": "any"}}}, http.StatusCreated)
	set := func(branch int64, field, value string) doc {
		return doc{"branch_id": branch, "values": []doc{{"field": field, "value": value}}}
	}
	refuses(s, bea, "/crm/branch_policy", "values.0.value", set(north, "churn_days", "45"))
	refuses(s, bea, "/crm/branch_policy", "values.0.field", set(north, "verify_days", "10"))
	refuses(s, bea, "/crm/branch_policy", "values.0.value", set(north, "churn_days", "soon"))
	refuses(s, bea, "/crm/branch_policy", "capacity", set(north, "capacity", "0"))
	refuses(s, bea, "/crm/branch_policy", "branch_id", set(south, "churn_days", "10"))
	s.Call(s.User("rep", "ltc.rep"), http.MethodPost, "/crm/branch_policy", set(north, "churn_days", "10"), http.StatusForbidden)
	s.Call(bea, http.MethodPost, "/crm/branch_policy", set(north, "churn_days", "10"), http.StatusCreated)

	rule := func(ctx context.Context, branch int64, table, column, name string) string {
		t.Helper()
		for _, r := range s.Table(ctx, fmt.Sprint("/crm/branch_rules?branch_id=", branch), table) {
			if r[column] == name {
				delete(r, column)
				return fmt.Sprint(r)
			}
		}
		return ""
	}
	silence := "Days of silence until a customer is at risk"
	if got, want := rule(bea, north, "policy", "threshold", silence), "map[may:Lower only origin:North value:10]"; got != want {
		t.Errorf("North: %s, want %s", got, want)
	}
	if got, want := rule(bea, south, "policy", "threshold", silence), "map[may:Lower only origin:Head office value:30]"; got != want {
		t.Errorf("South: %s, want %s", got, want)
	}

	// of two customers silent for twenty days the one of the branch is at risk
	for _, who := range []context.Context{bea, s.Admin} {
		c := s.Create(who, "crm.customer", resource.Values{"name": fmt.Sprint("Customer of ", user(who))})
		if err := m.Customers.Advance(authz.System(s.Admin, "test"), crm.CustomerID(c.Base().ID), crm.Signed, trace.Ref{Type: "ltc.order", ID: c.Base().ID}); err != nil {
			t.Fatal(err)
		}
	}
	write(s, `UPDATE crm.customer SET last_touch_at = now() - interval '20 days'`)
	if err := s.Jobs.RunNow(s.Admin, "crm.health"); err != nil {
		t.Fatal(err)
	}
	if n := len(s.List("crm.risk_case", nil)); n != 1 {
		t.Errorf("%d customers are at risk, want that of North", n)
	}

	// what head office takes back is inherited at once
	if _, err := s.Must("crm.policy").UpdateRow(s.Admin, int64(policy["id"].(float64)), int64(policy["version"].(float64)), resource.Values{"freedoms": []resource.Values{}}); err != nil {
		t.Fatal(err)
	}
	if got, want := rule(bea, north, "policy", "threshold", silence), "map[may:Inherited origin:Head office value:30]"; got != want {
		t.Errorf("North without freedom: %s, want %s", got, want)
	}

	// standards: more, not less, and only where head office says so
	s.Call(s.Admin, http.MethodPost, "/crm/field_standard", doc{"field": "name", "from_stage": "to_identify", "weight": 1}, http.StatusCreated)
	s.Call(s.Admin, http.MethodPost, "/crm/field_standard", doc{"field": "tax_no", "from_stage": "to_identify", "weight": 2, "required": true, "branches": "stricter"}, http.StatusCreated)
	own := func(field string, weight int, required bool, branch any) doc {
		return doc{"field": field, "from_stage": "to_identify", "weight": weight, "required": required, "branch_id": branch}
	}
	refuses(s, bea, "/crm/field_standard", "weight", own("tax_no", 1, true, north))
	refuses(s, bea, "/crm/field_standard", "required", own("tax_no", 3, false, north))
	refuses(s, bea, "/crm/field_standard", "branch_id", own("name", 3, false, north))
	refuses(s, bea, "/crm/field_standard", "branch_id", own("phone", 3, false, north))
	refuses(s, bea, "/crm/field_standard", "branch_id", own("phone", 3, false, nil))
	s.Call(bea, http.MethodPost, "/crm/field_standard", own("tax_no", 4, true, north), http.StatusCreated)
	for who, want := range map[context.Context]string{bea: "20", s.Admin: "33"} { // 1 of 1 + 4, 1 of 1 + 2
		c := s.Create(who, "crm.customer", resource.Values{"name": fmt.Sprint("New one of ", user(who))})
		if got := s.Reload(c).Text("completeness"); got != want {
			t.Errorf("%s is %s %% complete, want %s", c.Title(), got, want)
		}
	}
	s.Call(s.Admin, http.MethodPost, "/crm/follow_standard", doc{"name": "Key", "tier": "key", "times": 2, "per_days": 7, "branches": "stricter"}, http.StatusCreated)
	refuses(s, bea, "/crm/follow_standard", "times", doc{"name": "Ours", "tier": "key", "times": 3, "per_days": 14, "branch_id": north})
	s.Call(bea, http.MethodPost, "/crm/follow_standard", doc{"name": "Ours", "tier": "key", "times": 3, "per_days": 7, "branch_id": north}, http.StatusCreated)
	if got, want := rule(bea, north, "follow", "name", "Ours"), "map[days:7 may:Branches may ask for more origin:North times:3]"; got != want {
		t.Errorf("follow-up of North: %s, want %s", got, want)
	}
	if got := rule(bea, south, "follow", "name", "Key"); !strings.Contains(got, "Head office") {
		t.Errorf("follow-up of South: %s", got)
	}
	s.Healthy()
}

// TestCRM19CopyOfABranch: a new branch gets what the good one has for itself, with where each
// came from; what it has stays, a second copy brings nothing, and it takes a right.
func TestCRM19CopyOfABranch(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	good, fresh := branch(s, "Good"), branch(s, "Fresh")
	works(s, "gil", "ltc.rep", good, "Seller")
	works(s, "gus", "ltc.rep", good, "Seller")
	bea := works(s, "bea", "ltc.manager", fresh, "Head")
	type doc = map[string]any
	s.Call(s.Admin, http.MethodPost, "/crm/policy", doc{"freedoms": []doc{{"field": "churn_days", "may": "any"}}}, http.StatusCreated)
	s.Call(s.Admin, http.MethodPost, "/crm/branch_policy", doc{"branch_id": good, "values": []doc{{"field": "churn_days", "value": "12"}}}, http.StatusCreated)
	s.Call(s.Admin, http.MethodPost, "/crm/field_standard", doc{"field": "name", "from_stage": "to_identify", "weight": 1, "branches": "any"}, http.StatusCreated)
	s.Call(s.Admin, http.MethodPost, "/crm/field_standard", doc{"field": "name", "from_stage": "to_identify", "weight": 5, "branch_id": good}, http.StatusCreated)
	s.Call(s.Admin, http.MethodPost, "/crm/pool", doc{"name": "Pool", "scope_dept_id": good, "claim_per_day": 3}, http.StatusCreated)
	s.Call(s.Admin, http.MethodPost, "/crm/pool", doc{"name": "Own", "scope_dept_id": good}, http.StatusCreated)
	s.Call(s.Admin, http.MethodPost, "/crm/pool", doc{"name": "Own", "scope_dept_id": fresh, "claim_per_day": 7}, http.StatusCreated)
	s.Call(s.Admin, http.MethodPost, "/crm/care_program", doc{"name": "Thanks", "occasion": "signed", "channel": "call", "todo": "Say thanks", "branch_id": good}, http.StatusCreated)

	page := fmt.Sprintf("/crm/branch_rules?branch_id=%d&from_id=%d", fresh, good)
	var plan []string
	for _, r := range s.Table(bea, page, "copy") {
		plan = append(plan, fmt.Sprint(r["kind"], " ", r["what"], ": ", r["state"]))
	}
	if got, want := strings.Join(plan, ", "), "Branch policy Good: Is copied, Field standard Name: Is copied, Pool Pool: Is copied, Pool Own: Stays as it is, Care programme Thanks: Is copied, Position of a branch Seller ltc.rep: Is copied"; got != want {
		t.Errorf("the copy brings\n%s, want\n%s", got, want)
	}
	in := doc{"branch_id": fresh, "from_id": good}
	s.Call(bea, http.MethodPost, "/crm/branch_rules/copy", in, http.StatusForbidden)
	eva := s.User("eva", "dste.executive")
	s.Call(eva, http.MethodPost, "/crm/branch_rules/copy", doc{"branch_id": good, "from_id": good}, http.StatusUnprocessableEntity)
	if n := len(s.Table(bea, page, "copied")); n != 0 {
		t.Errorf("a refused copy left %d records", n)
	}
	s.Call(eva, http.MethodPost, "/crm/branch_rules/copy", in, http.StatusOK)
	s.Call(eva, http.MethodPost, "/crm/branch_rules/copy", in, http.StatusOK)

	copied := s.Table(bea, page, "copied")
	if len(copied) != 5 || copied[0]["from"] != "Good" {
		t.Errorf("copied: %v", copied)
	}
	mine := map[string][]string{"scope_dept_id": {fmt.Sprint(fresh)}}
	var pools []string
	for _, p := range s.List("crm.pool", mine) {
		pools = append(pools, p.Text("name")+" "+p.Text("claim_per_day"))
	}
	if got := strings.Join(pools, ", "); !strings.Contains(got, "Own 7") || !strings.Contains(got, "Pool 3") || len(pools) != 2 {
		t.Errorf("the pools of the new branch: %s", got)
	}
	if got := fmt.Sprint(s.Table(bea, page, "positions")); !strings.Contains(got, "filled:0") || !strings.Contains(got, "wanted:2") {
		t.Errorf("positions: %s", got)
	}
	works(s, "fay", "ltc.rep", fresh, "Seller")
	if got := fmt.Sprint(s.Table(bea, page, "positions")); !strings.Contains(got, "filled:1") {
		t.Errorf("positions with one seller: %s", got)
	}
	if got := fmt.Sprint(s.Table(bea, page, "policy")); !strings.Contains(got, "origin:Fresh") || !strings.Contains(got, "value:12") {
		t.Errorf("policy of the new branch: %s", got)
	}
	s.Healthy()
}

// TestCRM19GoodPractice: a branch writes down what it did well; the result is measured, not
// typed, and head office publishes it to everybody.
func TestCRM19GoodPractice(t *testing.T) {
	t.Parallel()
	var s *apptest.Suite
	s = apptest.New(t, func(p *app.Platform) {
		apptest.StandIn(t, p, "ipd.product")
		crmapp.New(p)
		p.KPI.Register(kpi.Measure{Code: "test.visits", Label: "Visits", Unit: kpi.Count, Higher: true, Object: "crm.customer",
			Func: func(_ context.Context, sc kpi.Scope) (kpi.Value, error) { // as many as the day of the month it ends on
				if s.Authz.Directory().Departments[sc.Dept].Name != "North" {
					return kpi.Value{}, nil
				}
				return kpi.Sum(money.Units(int64(sc.To.Day())).Number(), 1), nil
			}})
	})
	north := branch(s, "North")
	bea := works(s, "bea", "ltc.manager", north, "Head")
	boss := works(s, "boss", "dste.executive", north, "Boss")
	eva := s.User("eva", "dste.executive")
	type doc = map[string]any
	practice := func(beforeTo, afterTo string) doc {
		return doc{"name": "Visit first", "how": "See the plant before the offer.", "measure": "test.visits", "before_from": "2026-01-01", "before_to": beforeTo, "after_from": "2026-03-01", "after_to": afterTo}
	}
	unknown := practice("2026-01-10", "2026-03-20")
	unknown["measure"] = "test.nothing"
	refuses(s, bea, "/crm/good_practice", "measure", unknown)
	refuses(s, bea, "/crm/good_practice", "after_from", practice("2026-03-10", "2026-03-20"))
	worse := s.Call(bea, http.MethodPost, "/crm/good_practice", practice("2026-01-20", "2026-03-10"), http.StatusCreated)
	refuses(s, bea, fmt.Sprint("/crm/good_practice/", worse["id"], "/submit"), "measure", doc{})

	p := s.Call(bea, http.MethodPost, "/crm/good_practice", practice("2026-01-10", "2026-03-20"), http.StatusCreated)
	at := fmt.Sprint("/crm/good_practice/", p["id"])
	s.Call(bea, http.MethodPost, at+"/submit", doc{}, http.StatusOK)
	s.Call(bea, http.MethodPost, at+"/publish", doc{}, http.StatusForbidden)
	s.Call(boss, http.MethodPost, at+"/publish", doc{}, http.StatusForbidden)
	rep := s.User("rep", "ltc.rep")
	if got := s.Table(rep, "/crm/practices", "practices"); len(got) != 0 {
		t.Errorf("shown before it is published: %v", got)
	}
	s.Call(eva, http.MethodPost, at+"/publish", doc{}, http.StatusOK)
	got := s.Table(rep, "/crm/practices", "practices")
	if len(got) != 1 || fmt.Sprint(got[0]["branch"], " ", got[0]["before"], " ", got[0]["after"]) != "North 10 20" {
		t.Errorf("published: %v", got)
	}
	s.Call(rep, http.MethodGet, at, nil, http.StatusNotFound) // the record itself is the branch's
}
