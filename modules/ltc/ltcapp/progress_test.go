package ltcapp_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"meridian/platform/app/apptest"
	"meridian/platform/resource"
)

// TestLTC20Progress: running projects stand against their plan with a light and its reason;
// cost and what it says are left out for who may not read it.
func TestLTC20Progress(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss, ann, bob, eve := w.User("boss", "ltc.manager"), w.User("ann", "ltc.rep"), w.User("bob", "ltc.rep"), w.User("eve", "ltc.rep")
	p, _ := w.running(boss, ann, bob, nil)
	path := "/ltc/project_progress"
	row := func(who context.Context) map[string]any {
		t.Helper()
		rows := w.Table(who, path, "projects")
		if len(rows) != 1 {
			t.Fatalf("%d projects, want 1", len(rows))
		}
		return rows[0]
	}
	figures := func(r map[string]any, names ...string) string {
		var out []string
		for _, n := range names {
			out = append(out, fmt.Sprint(r[n]))
		}
		return strings.Join(out, " ")
	}
	if got := figures(row(boss), "planned", "actual", "milestones", "due", "reached", "overdue", "light", "used"); got != "48 0 2 0 0 0 On plan 0" {
		t.Errorf("at the start: %s", got)
	}
	w.Create(ann, "ltc.time_sheet", resource.Values{"project_id": apptest.ID(p), "task": "1", "worked_on": w.day(0), "hours": "20"})
	risk := func(probability, impact string) {
		w.Create(ann, "ltc.project_risk", resource.Values{"project_id": apptest.ID(p), "title": "No power", "probability": probability, "impact": impact})
	}
	risk("4", "4")
	risk("1", "1")
	w.Create(ann, "ltc.change_request", resource.Values{"project_id": apptest.ID(p), "title": "More", "reason": "More", "tasks": []resource.Values{{"task": "2", "hours": "1"}}})
	w.Fire(ann, p, "finish_task", resource.Values{"task": "1"})
	for _, score := range []string{"4", "3"} {
		w.Fire(ann, p, "feedback", resource.Values{"given_by": "Li", "body": "Well", "score": score})
	}
	r := row(boss) // 20 instead of 8 hours at 100: 6000 at completion, 4800 planned, fee 12000
	if got := figures(r, "actual", "reached", "share", "overdue", "planned_cost", "actual_cost", "final_cost", "used", "high", "medium", "low", "requests", "score"); got != "20 1 0.5 0 4800.00 2000.00 6000.00 0.416667 1 0 1 1 3.5" {
		t.Errorf("on the way: %s", got)
	}
	if got := figures(r, "light", "why"); got != "Watch Cost at completion above the plan, High risks open, Feedback of the customer below 4" {
		t.Errorf("light: %s", got)
	}
	if got := figures(row(bob), "planned_cost", "used", "why"); got != "<nil> <nil> High risks open, Feedback of the customer below 4" {
		t.Errorf("the team reads what the project costs: %s", got)
	}
	err := w.DB.Tx(w.Admin, func(ctx context.Context) error {
		return w.DB.Exec(ctx, `UPDATE ltc.contract_plan SET planned_on = planned_on - 30 WHERE kind = 'accept'`)
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := figures(row(ann), "light", "due", "overdue", "late"); got != "At risk 2 1 1" {
		t.Errorf("a milestone is overdue: %s", got)
	}
	if got := fmt.Sprint(w.Tile(boss, path, "bad")); got != "1" {
		t.Errorf("projects at risk: %v", got)
	}
	if rows := w.Table(boss, path+"?light=good", "projects"); len(rows) != 0 {
		t.Errorf("on plan: %v", rows)
	}
	if rows := w.Table(eve, path, "projects"); len(rows) != 0 {
		t.Errorf("somebody outside sees the project: %v", rows)
	}
	w.Call(w.User("max", "isc.warehouse"), "GET", path, nil, 403)
}
