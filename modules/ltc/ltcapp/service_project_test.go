package ltcapp_test

import (
	"fmt"
	"strings"
	"testing"

	"meridian/platform/app/apptest"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/resource"
)

// TestLTC20ServiceProject is the way of a service: need, plan, the customer's yes, a
// contract whose milestones are the tasks, hours with their cost, feedback, acceptance
// that makes the invoice due, a closing with what was learnt. The margin is live.
func TestLTC20ServiceProject(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss := w.User("boss", "core.admin")
	ann := w.User("ann", "ltc.rep")
	customer := w.Create(ann, "crm.customer", resource.Values{"name": "Acme"})
	me := fmt.Sprint(authz.Actor(ann))
	task := func(content, from, to, hours, fee string) resource.Values {
		return resource.Values{"content": content, "person_id": me, "from_on": w.day2(from), "to_on": w.day2(to), "hours": hours, "rate": "100", "fee": fee, "criteria": "Signed protocol"}
	}
	p := w.Create(ann, "ltc.service_project", resource.Values{"title": "Installation", "customer_id": apptest.ID(customer), "tasks": []resource.Values{task("Survey", "0", "2", "8", "2000"), task("Installation", "1", "5", "40", "10000")}})
	if got := p.Text("fee") + " " + p.Text("planned_cost") + " " + p.Text("planned_margin"); got != "12000.00 4800.00 7200.00" {
		t.Errorf("plan: %s", got)
	}
	if !strings.Contains(p.Text("clash"), "booked twice") || !strings.Contains(p.Text("clash"), "Installation") {
		t.Errorf("nobody is told that two tasks of one person overlap: %q", p.Text("clash"))
	}
	w.Refused(ann, p, "confirm", resource.Values{"confirmed_by": "Li"}, errs.Precondition, "a plan without a need was confirmed")
	p = w.updated(ann, p, resource.Values{"need": "A line that runs", "understanding": "Two weeks, on site"})
	p = w.Fire(ann, p, "confirm", resource.Values{"confirmed_by": "Li Wei"})
	if _, err := w.Must("ltc.service_project").UpdateRow(ann, p.Base().ID, p.Base().Version, resource.Values{"need": "More"}); err == nil {
		t.Error("what the customer confirmed was changed")
	}
	w.Refused(ann, p, "start", nil, errs.Precondition, "work began without a contract")
	p = w.Fire(ann, p, "contract", nil)
	contract := w.One("ltc.contract", "id", p.Text("contract_id"))
	if plan := w.Reload(contract).Lines("plan"); contract.Text("amount") != "12720.00" || len(plan) != 6 || plan[3].Text("milestone") != "Installation" || plan[4].Text("amount") != "10600.00" {
		t.Fatalf("contract over %s, %d lines", contract.Text("amount"), len(plan))
	}
	w.Refused(ann, p, "start", nil, errs.Precondition, "work began before the contract was signed")
	w.Fire(ann, contract, "submit", nil)
	w.Fire(ann, contract, "approve", nil)
	w.Approve(boss)
	w.Fire(ann, contract, "sign", resource.Values{"signed_by_customer": "Li", "signed_by_us": "Ann"})
	if status, _, _ := w.Try(ann, "POST", "/ltc/time_sheet", map[string]any{"project_id": p.Base().ID, "task": 1, "worked_on": w.day(0), "hours": "4"}); status != 422 {
		t.Errorf("hours before the start: %d", status)
	}
	p = w.Fire(ann, p, "start", nil)
	w.Create(ann, "ltc.time_sheet", resource.Values{"project_id": apptest.ID(p), "task": "1", "worked_on": w.day(0), "hours": "10"})
	if status, _, text := w.Try(ann, "POST", "/ltc/time_sheet", map[string]any{"project_id": p.Base().ID, "task": 2, "worked_on": w.day(0), "hours": "15"}); status != 422 || !strings.Contains(text, "24 hours") {
		t.Errorf("25 hours in a day: %d %s", status, text)
	}
	p = w.Reload(p)
	if got := p.Text("actual_cost") + " " + p.Text("final_cost") + " " + p.Text("actual_margin") + " " + p.Text("final_margin"); got != "1000.00 5000.00 11000.00 7000.00" {
		t.Errorf("margin while it runs: %s", got)
	}
	p = w.Fire(ann, p, "feedback", resource.Values{"given_by": "Li Wei", "body": "Slow", "score": "2"})
	if f := p.Lines("feedback"); len(f) != 1 || f[0].Text("score") != "2" {
		t.Errorf("feedback %v", f)
	}
	w.Refused(ann, p, "close", resource.Values{"lessons": "None"}, errs.Precondition, "closed with open tasks")
	w.Refused(ann, p, "finish_task", resource.Values{"task": "3"}, errs.Invalid, "a task that is not there was accepted")
	p = w.Fire(ann, p, "finish_task", resource.Values{"task": "1"})
	if got := p.Text("final_cost"); got != "5000.00" { // 1000 of the survey, 4000 still planned
		t.Errorf("cost at completion %s", got)
	}
	if plan := w.Reload(contract).Lines("plan"); plan[0].Text("done_on") != w.day(0) || plan[1].Text("due_on") != w.day(0) || plan[4].Text("due_on") != "" {
		t.Errorf("the milestone did not make its invoice due: %s %s", plan[0].Text("done_on"), plan[1].Text("due_on"))
	}
	w.Fire(boss, contract, "invoice", nil)
	if v := w.One("ltc.invoice", "contract_id", apptest.ID(contract)); v.Text("total") != "2120.00" {
		t.Errorf("the milestone is invoiced at %s", v.Text("total"))
	}
	p = w.Fire(ann, p, "finish_task", resource.Values{"task": "2"})
	p = w.Fire(ann, p, "close", resource.Values{"lessons": "Ask for the drawings first", "rating": "4"})
	if p.Stage() != "closed" || p.Text("final_margin") != "11000.00" || p.Text("lessons") == "" {
		t.Errorf("closed: %s %s", p.Stage(), p.Text("final_margin"))
	}
	if status, _, _ := w.Try(w.User("bob", "ltc.rep"), "GET", "/ltc/service_project/"+apptest.ID(p), nil); status != 404 {
		t.Errorf("the project of a colleague: %d", status)
	}
	w.Healthy()
}

// TestLTC20BookedInTwoProjects: a person is not promised to two customers unseen.
func TestLTC20BookedInTwoProjects(t *testing.T) {
	t.Parallel()
	w := setup(t)
	customer := w.customer("Acme", "1000")
	me := fmt.Sprint(authz.Actor(w.Admin))
	project := func(from, to string) resource.Row {
		return w.Create(w.Admin, "ltc.service_project", resource.Values{"title": "P", "customer_id": apptest.ID(customer), "tasks": []resource.Values{{"content": "Training", "person_id": me, "from_on": w.day2(from), "to_on": w.day2(to), "hours": "8"}}})
	}
	first := project("0", "3")
	if second := project("3", "4"); !strings.Contains(second.Text("clash"), first.Base().No) {
		t.Errorf("booked twice on day 3, but %q", second.Text("clash"))
	}
	if third := project("10", "12"); third.Text("clash") != "" {
		t.Errorf("booked once, but %q", third.Text("clash"))
	}
}
