package main

import (
	"fmt"
	"strings"
	"testing"
)

// TestCRM19CopyBringsThePipelines: the stages of the good branch come along with a copy, with
// their steps, once.
func TestCRM19CopyBringsThePipelines(t *testing.T) {
	w := newWalker(t)
	admin := w.person("admin", "")
	branch := func(name string) int64 {
		return id(w.call(admin, "POST", "/core/department", doc{"name": name, "branch": true, "parent_id": 1}, 201))
	}
	good, fresh := branch("Good"), branch("Fresh")
	w.call(admin, "POST", "/ltc/pipeline", doc{"name": "Projects", "branch_id": good, "steps": []doc{
		{"name": "Survey", "stage_key": "qualify", "probability": "0.15"}, {"name": "Offer", "stage_key": "propose", "limit_days": 20, "leave_items": "Offer sent\nOffer explained"}, {"name": "Terms", "stage_key": "negotiate"}}}, 201)
	for range 2 {
		w.call(admin, "POST", "/crm/branch_rules/copy", doc{"branch_id": fresh, "from_id": good}, 200)
	}
	list, _ := w.call(admin, "GET", fmt.Sprintf("/ltc/pipeline?branch_id=%d", fresh), nil, 200)["items"].([]any)
	if len(list) != 1 {
		t.Fatalf("the new branch has %d pipelines, want one", len(list))
	}
	copied, _ := list[0].(map[string]any)
	one := w.call(admin, "GET", fmt.Sprintf("/ltc/pipeline/%v", copied["id"]), nil, 200)
	got := fmt.Sprint(one["steps"])
	for _, want := range []string{"name:Survey", "probability:0.15", "limit_days:20", "Offer explained", "name:Terms"} {
		if !strings.Contains(got, want) {
			t.Errorf("the steps of the copy lack %q: %s", want, got)
		}
	}
}
