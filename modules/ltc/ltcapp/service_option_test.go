package ltcapp_test

import (
	"fmt"
	"strings"
	"testing"

	"meridian/platform/app/apptest"
	"meridian/platform/errs"
	"meridian/platform/resource"
)

// TestLTC20Options: options say who they need for how long and what they bring; one is chosen
// with a reason before the customer confirms, and makes the plan without retyping; the team
// sees them without cost and margin.
func TestLTC20Options(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ann, bob, eve := w.User("ann", "ltc.rep"), w.User("bob", "ltc.rep"), w.User("eve", "ltc.rep")
	customer := w.Create(ann, "crm.customer", resource.Values{"name": "Acme"})
	p := w.Create(ann, "ltc.service_project", resource.Values{"title": "Line 3", "customer_id": apptest.ID(customer), "need": "A line that runs", "understanding": "Two weeks, on site", "members": []resource.Values{{"user_id": w.actor(bob)}}})
	option := func(name, fee string, v resource.Values) resource.Values {
		return apptest.Merge(resource.Values{"project_id": apptest.ID(p), "name": name, "weeks": "2", "fee": fee, "advantages": "Fast", "drawbacks": "Dear",
			"roles": []resource.Values{{"role": "Engineer", "person_id": w.actor(bob), "hours": "20", "rate": "100"}, {"role": "Helper", "person_id": w.actor(ann), "hours": "10", "rate": "40.5"}}}, v)
	}
	for field, v := range map[string]resource.Values{"weeks": {"weeks": 0}, "fee": {"fee": "-1"}, "roles.0.hours": {"roles": []resource.Values{{"role": "Engineer", "hours": "-1"}}}} {
		in := apptest.Merge(resource.Values{"project_id": p.Base().ID, "name": "x", "weeks": 1}, v)
		if status, _, text := w.Try(ann, "POST", "/ltc/service_option", in); status != 422 || !strings.Contains(text, `"`+field+`"`) {
			t.Errorf("%s: %d %s", field, status, text)
		}
	}
	if status, _, text := w.Try(bob, "POST", "/ltc/service_option", resource.Values{"project_id": p.Base().ID, "name": "x", "weeks": 1}); status != 422 || !strings.Contains(text, "for this owner") {
		t.Errorf("somebody of the team set up an option: %d %s", status, text)
	}
	a, b := w.Create(ann, "ltc.service_option", option("Two people", "10000", nil)), w.Create(ann, "ltc.service_option", option("Partner", "9000", nil))
	if got := a.Text("hours") + " " + a.Text("cost") + " " + a.Text("margin"); got != "30 2405.00 7595.00" {
		t.Errorf("option: %s", got)
	}
	path := "/ltc/service_option/" + apptest.ID(a)
	if status, _, text := w.Try(bob, "GET", path, nil); status != 200 || strings.Contains(text, "2405.00") || strings.Contains(text, "7595.00") || strings.Contains(text, "40.5") {
		t.Errorf("the team reads cost or margin: %d %s", status, text)
	}
	w.Call(eve, "GET", path, nil, 404)
	w.Call(bob, "POST", path+"/choose", resource.Values{"why": "Cheap"}, 403)
	w.Refused(ann, p, "confirm", resource.Values{"confirmed_by": "Li"}, errs.Precondition, "a plan without tasks was confirmed")
	w.Call(ann, "POST", path+"/choose", resource.Values{}, 422)
	w.Call(ann, "POST", path+"/choose", resource.Values{"why": "Our own people know the line"}, 200)
	if a = w.Reload(a); a.Text("why") == "" || a.Text("chosen") != "true" || a.Text("chosen_by") != w.actor(ann) || a.Text("chosen_on") != w.day(0) {
		t.Errorf("choice: %q %s %s", a.Text("why"), a.Text("chosen_by"), a.Text("chosen_on"))
	}
	w.Refused(ann, b, "choose", resource.Values{"why": "Both"}, errs.Precondition, "two options were chosen")
	p = w.Reload(p)
	plan := p.Lines("tasks")
	if got := p.Text("fee") + " " + p.Text("planned_cost") + " " + p.Text("option_id"); got != "10000.00 2405.00 "+apptest.ID(a) || len(plan) != 2 {
		t.Fatalf("plan of the option: %s, %d tasks", got, len(plan))
	}
	if got := fmt.Sprint(plan[0].Text("fee"), " ", plan[1].Text("fee"), " ", plan[0].Text("person_id"), " ", plan[1].Text("to_on")); got != fmt.Sprint("6666.67 3333.33 ", w.actor(bob), " ", w.day(13)) {
		t.Errorf("tasks: %s", got)
	}

	w.Refused(ann, a, "put_back", nil, errs.Invalid, "put back without a reason")
	w.Fire(ann, a, "put_back", resource.Values{"reason": "Look again"})
	if p = w.Reload(p); len(p.Lines("tasks")) != 0 || p.Text("fee") != "0.00" || p.Text("option_id") != "" {
		t.Errorf("after it was put back: %d tasks, %s", len(p.Lines("tasks")), p.Text("fee"))
	}
	p = w.updated(ann, p, resource.Values{"tasks": []resource.Values{{"content": "Survey", "person_id": w.actor(ann), "from_on": w.day(0), "to_on": w.day(1), "hours": "4"}}})
	if status, _, text := w.Try(ann, "POST", "/ltc/service_project/"+apptest.ID(p)+"/confirm", resource.Values{"confirmed_by": "Li"}); status != 409 || !strings.Contains(text, "Choose one of the 2 options") {
		t.Errorf("confirmed with no option chosen: %d %s", status, text)
	}
	w.Fire(ann, b, "choose", resource.Values{"why": "Less for the customer"})
	p = w.Reload(p)
	tasks := []resource.Values{}
	for _, l := range p.Lines("tasks") {
		tasks = append(tasks, resource.Values{"id": lineID(l), "criteria": "Signed protocol"})
	}
	p = w.updated(ann, p, resource.Values{"tasks": tasks}) // fee, hours and people stay
	p = w.Fire(ann, p, "confirm", resource.Values{"confirmed_by": "Li Wei"})
	if p.Text("fee") != "9000.00" || len(p.Lines("tasks")) != 3 {
		t.Errorf("confirmed: %s, %d tasks", p.Text("fee"), len(p.Lines("tasks")))
	}
	w.Refused(ann, b, "put_back", resource.Values{"reason": "x"}, errs.Precondition, "a confirmed option was put back")
	w.Refused(ann, a, "choose", resource.Values{"why": "x"}, errs.Precondition, "an option was chosen after the customer confirmed")
	if status, _, text := w.Try(ann, "POST", "/ltc/service_option", resource.Values{"project_id": p.Base().ID, "name": "x", "weeks": 1}); status != 422 || !strings.Contains(text, "is confirmed") {
		t.Errorf("an option after the customer confirmed: %d %s", status, text)
	}
	w.Healthy()
}
