package ltcapp_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"meridian/platform/app/apptest"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/resource"
)

// project is a confirmed service project of ann's over two tasks, the second of bob's.
func (w *world) project(ann, bob context.Context, v resource.Values) resource.Row {
	w.T.Helper()
	customer := w.Create(ann, "crm.customer", resource.Values{"name": "Acme"})
	p := w.Create(ann, "ltc.service_project", apptest.Merge(resource.Values{"title": "Line 3", "customer_id": apptest.ID(customer), "need": "A line that runs", "understanding": "Two weeks, on site", "tasks": []resource.Values{
		{"content": "Survey", "person_id": w.actor(ann), "from_on": w.day(0), "to_on": w.day(2), "hours": "8", "rate": "100", "fee": "2000", "criteria": "Signed protocol"},
		{"content": "Installation", "person_id": w.actor(bob), "from_on": w.day(3), "to_on": w.day(9), "hours": "40", "rate": "100", "fee": "10000", "criteria": "Signed protocol"}}}, v))
	return w.Fire(ann, p, "confirm", resource.Values{"confirmed_by": "Li Wei"})
}

// running is such a project with its signed contract.
func (w *world) running(boss, ann, bob context.Context, v resource.Values) (p, contract resource.Row) {
	w.T.Helper()
	p = w.Fire(ann, w.project(ann, bob, v), "contract", nil)
	contract = w.One("ltc.contract", "id", p.Text("contract_id"))
	w.Fire(ann, contract, "submit", nil)
	w.Fire(ann, contract, "approve", nil)
	w.Approve(boss)
	contract = w.Fire(ann, contract, "sign", resource.Values{"signed_by_customer": "Li", "signed_by_us": "Ann"})
	return w.Fire(ann, p, "start", nil), contract
}

// TestLTC20ChangeRequest: what the customer confirmed is a baseline; it changes by a request
// whose effect is worked out, reviewed inside, confirmed by the customer; then plan, budget
// and the milestone change, and a change of the contract is drafted.
func TestLTC20ChangeRequest(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss, ann, bob, eve := w.User("boss", "ltc.manager"), w.User("ann", "ltc.rep"), w.User("bob", "ltc.rep"), w.User("eve", "ltc.rep")
	p, contract := w.running(boss, ann, bob, nil)
	w.Call(bob, "GET", "/ltc/service_project/"+apptest.ID(p), nil, 200) // has a task
	if status, _, text := w.Try(bob, "GET", "/ltc/service_project/"+apptest.ID(p), nil); status != 200 || strings.Contains(text, "4800.00") {
		t.Errorf("the team reads what the project costs: %d", status)
	}
	if _, err := w.update(ann, p, resource.Values{"limits": "None"}); err == nil {
		t.Error("the baseline was changed by hand")
	}
	w.Refused(ann, p, "revise", resource.Values{"reason": "x"}, errs.Forbidden, "the baseline was taken back")

	request := func(v resource.Values) resource.Values {
		return apptest.Merge(resource.Values{"project_id": apptest.ID(p), "title": "A second robot", "reason": "The customer bought another one"}, v)
	}
	lines := []resource.Values{{"task": "2", "hours": "10", "fee": "1500", "to_on": w.day(12)}, {"content": "Training", "person_id": w.actor(ann), "from_on": w.day(13), "to_on": w.day(14), "hours": "16", "rate": "50", "fee": "3000", "criteria": "Attendance list"}}
	for field, v := range map[string]resource.Values{
		"tasks":           {},
		"tasks.0.task":    {"tasks": []resource.Values{{"task": 7, "hours": "1"}}},
		"tasks.0.hours":   {"tasks": []resource.Values{{"task": 1, "hours": "-8"}}},
		"tasks.0.fee":     {"tasks": []resource.Values{{"task": 1, "fee": "-2000.01"}}},
		"tasks.0.from_on": {"tasks": []resource.Values{{"content": "New", "person_id": authz.Actor(ann), "to_on": w.day(3), "hours": "1"}}},
	} {
		if status, _, text := w.Try(ann, "POST", "/ltc/change_request", apptest.Merge(request(v), resource.Values{"project_id": p.Base().ID})); status != 422 || !strings.Contains(text, `"`+field+`"`) {
			t.Errorf("%s: %d %s", field, status, text)
		}
	}
	if status, _, text := w.Try(eve, "POST", "/ltc/change_request", resource.Values{"project_id": p.Base().ID, "title": "x", "reason": "x", "limits": "x"}); status != 422 || !strings.Contains(text, "may not see it") {
		t.Errorf("somebody outside asked for a change: %d", status)
	}
	x := w.Create(ann, "ltc.change_request", request(resource.Values{"tasks": lines, "limits": "No software"}))
	if got := fmt.Sprint(x.Text("delta_days"), " ", x.Text("delta_hours"), " ", x.Text("delta_cost"), " ", x.Text("delta_fee"), " ", x.Text("base_revision")); got != "5 26 1800.00 4500.00 1" {
		t.Errorf("effect: %s", got)
	}
	w.Call(bob, "GET", "/ltc/change_request/"+apptest.ID(x), nil, 200)
	w.Call(eve, "GET", "/ltc/change_request/"+apptest.ID(x), nil, 404)
	w.Refused(ann, x, "confirm", resource.Values{"confirmed_by": "Li"}, errs.Precondition, "confirmed before anybody reviewed it")
	if w.Fire(ann, x, "review", nil); w.Approve(boss) != 1 {
		t.Fatal("nobody reviews the request")
	}
	if got := w.Reload(p).Text("fee"); got != "12000.00" {
		t.Errorf("the plan changed before the customer confirmed: %s", got)
	}
	stale := w.Create(ann, "ltc.change_request", request(resource.Values{"title": "Longer", "tasks": []resource.Values{{"task": "1", "to_on": w.day(4)}}}))
	w.Fire(ann, stale, "review", nil)
	w.Approve(boss)

	x = w.Fire(ann, x, "confirm", resource.Values{"confirmed_by": "Li Wei"})
	p = w.Reload(p)
	tasks := p.Lines("tasks")
	if got := p.Text("fee") + " " + p.Text("planned_cost") + " " + p.Text("revision") + " " + p.Text("limits"); got != "16500.00 6600.00 2 No software" || len(tasks) != 3 || tasks[1].Text("hours") != "50" || tasks[2].Text("content") != "Training" {
		t.Errorf("after the change: %s, %d tasks", got, len(tasks))
	}
	plan := w.Reload(contract).Lines("plan")
	if plan[3].Text("planned_on") != w.day(12) {
		t.Errorf("the milestone of the contract stays on %s", plan[3].Text("planned_on"))
	}
	change := w.One("ltc.contract_change", "contract_id", apptest.ID(contract))
	if change.Text("delta") != "4770.00" || change.Stage() != "draft" || change.Text("new_end_on") != w.day(14) || x.Text("contract_change_id") != apptest.ID(change) {
		t.Errorf("contract change: %s until %s", change.Text("delta"), change.Text("new_end_on"))
	}
	w.Refused(ann, stale, "confirm", resource.Values{"confirmed_by": "Li"}, errs.Precondition, "a request for an old baseline was applied")
	stale = w.Fire(ann, stale, "rework", resource.Values{"reason": "Look again"})
	stale = w.updated(ann, stale, resource.Values{"reason": "Access later"})
	if stale.Text("base_revision") != "2" {
		t.Errorf("looked at again, it is for baseline %s", stale.Text("base_revision"))
	}

	path := "/ltc/baselines?project=" + apptest.ID(p)
	if rows := w.Table(ann, path, "versions"); len(rows) != 2 || rows[0]["fee"] != "16500.00" || rows[1]["fee"] != "12000.00" || rows[0]["cost"] != "6600.00" {
		t.Errorf("versions: %v", rows)
	}
	if rows := w.Table(ann, path, "tasks"); len(rows) != 3 || rows[0]["kind"] != "Unchanged" || rows[1]["kind"] != "Changed" || rows[1]["old_fee"] != "10000.00" || rows[1]["fee"] != "11500.00" || rows[2]["kind"] != "Added" {
		t.Errorf("difference: %v", rows)
	}
	if rows := w.Table(bob, path, "versions"); len(rows) != 2 || rows[0]["cost"] != nil {
		t.Errorf("the team reads the cost of the versions: %v", rows)
	}
	w.Call(eve, "GET", path, nil, 422) // as absent as an id that never was
	w.Healthy()
}

// TestLTC20ChangeRequestsAtOnce: of two requests for one baseline that are confirmed at the
// same time one is applied.
func TestLTC20ChangeRequestsAtOnce(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss, ann := w.User("boss", "ltc.manager"), w.User("ann", "ltc.rep")
	p := w.project(ann, ann, nil)
	var list []resource.Row
	for range 3 {
		x := w.Create(ann, "ltc.change_request", resource.Values{"project_id": apptest.ID(p), "title": "More", "reason": "More", "tasks": []resource.Values{{"task": "1", "hours": "1"}}})
		w.Fire(ann, x, "review", nil)
		list = append(list, x)
	}
	w.Approve(boss)
	ok, failed := apptest.Together(len(list), func(i int) error {
		_, _, err := w.Must("ltc.change_request").FireRow(ann, list[i].Base().ID, 0, "confirm", resource.Values{"confirmed_by": "Li"})
		return err
	})
	if hours := w.Reload(p).Lines("tasks")[0].Text("hours"); ok != 1 || len(failed) != 2 || !errs.Is(failed[0], errs.Precondition) || hours != "9" {
		t.Errorf("%d applied, %v, %s hours", ok, failed, hours)
	}
}

// TestLTC20Team: who is added to the team sees the project and enters hours; who is taken out
// does not any more.
func TestLTC20Team(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss, ann, bob, eve := w.User("boss", "ltc.manager"), w.User("ann", "ltc.rep"), w.User("bob", "ltc.rep"), w.User("eve", "itr.engineer")
	p, _ := w.running(boss, ann, bob, nil)
	w.Call(eve, "GET", "/ltc/service_project/"+apptest.ID(p), nil, 404)
	w.Refused(bob, p, "add_member", resource.Values{"user_id": w.actor(eve)}, errs.Forbidden, "somebody else chose the team")
	w.Refused(ann, p, "add_member", resource.Values{"user_id": w.actor(bob)}, errs.Invalid, "somebody was added twice")
	x := w.Create(ann, "ltc.change_request", resource.Values{"project_id": apptest.ID(p), "title": "More", "reason": "More", "tasks": []resource.Values{{"task": "1", "hours": "1"}}})
	p = w.Fire(ann, p, "add_member", resource.Values{"user_id": w.actor(eve), "role": "Expert"})
	w.Call(eve, "GET", "/ltc/service_project/"+apptest.ID(p), nil, 200)
	w.Call(eve, "GET", "/ltc/change_request/"+apptest.ID(x), nil, 200)
	w.Create(eve, "ltc.time_sheet", resource.Values{"project_id": apptest.ID(p), "task": "2", "worked_on": w.day(0), "hours": "3"})
	if got := w.Reload(p).Text("actual_hours"); got != "3" {
		t.Errorf("hours of the team: %s", got)
	}
	w.Refused(ann, p, "remove_member", resource.Values{"user_id": w.actor(bob)}, errs.Invalid, "somebody with a task was taken out")
	p = w.Fire(ann, p, "remove_member", resource.Values{"user_id": w.actor(eve)})
	w.Call(eve, "GET", "/ltc/service_project/"+apptest.ID(p), nil, 404)
	w.Call(eve, "GET", "/ltc/change_request/"+apptest.ID(x), nil, 404)
}
