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

// TestLTC20Confidential: a confidential project and what belongs to it is seen by owner, team,
// those it is shared with and managers in the line with the right, by nobody for the scope of
// reading alone; the team acknowledges that before it enters hours.
func TestLTC20Confidential(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss, ann, bob, eve := w.User("boss", "ltc.manager"), w.User("ann", "ltc.rep"), w.User("bob", "ltc.rep,ltc.member"), w.User("eve", "ltc.rep")
	desk, chief := w.User("desk", "ltc.order_desk"), w.User("chief", "dste.executive")
	p, _ := w.running(boss, ann, bob, nil)
	path := "/ltc/service_project/" + apptest.ID(p)
	request := w.Create(ann, "ltc.change_request", resource.Values{"project_id": apptest.ID(p), "title": "More", "reason": "More", "tasks": []resource.Values{{"task": "1", "hours": "1"}}})
	hours := func(who context.Context, task int) (int, string) {
		status, _, text := w.Try(who, "POST", "/ltc/time_sheet", resource.Values{"project_id": p.Base().ID, "task": task, "worked_on": w.day(0), "hours": "2"})
		return status, text
	}
	if status, text := hours(ann, 1); status != 201 {
		t.Fatalf("hours of an open project: %d %s", status, text)
	}
	sheet := w.One("ltc.time_sheet", "owner_id", w.actor(ann))
	sees := func(who context.Context, want bool) {
		t.Helper()
		status, n := 404, 0
		if want {
			status, n = 200, 1
		}
		w.Call(who, "GET", path, nil, status)
		w.Call(who, "GET", "/ltc/change_request/"+apptest.ID(request), nil, status)
		for _, q := range []string{"", "?q=Line", "?stage=running", "?id=" + apptest.ID(p)} {
			if items, _ := w.Call(who, "GET", "/ltc/service_project"+q, nil, 200)["items"].([]any); len(items) != n {
				t.Errorf("the list %q shows %d projects, want %d", q, len(items), n)
			}
		}
		groups, err := w.Must("ltc.service_project").Groups(who, resource.ListQuery{}, "stage", "fee")
		if err != nil || len(groups) != n {
			t.Errorf("grouped: %v %v", groups, err)
		}
	}
	sees(chief, true) // may read everything of the company
	w.Call(bob, "POST", path+"/confide", resource.Values{}, 403)
	w.Call(ann, "POST", path+"/confide", resource.Values{}, 200)
	w.Refused(ann, p, "confide", nil, errs.Precondition, "made confidential twice")
	sees(chief, false)
	sees(ann, true)
	sees(bob, true)
	sees(boss, true) // in the line, with the right
	w.Call(desk, "GET", path, nil, 404)
	w.Call(eve, "GET", path, nil, 404)
	for who, want := range map[context.Context]int{chief: 404, ann: 200, boss: 200} {
		w.Call(who, "GET", "/ltc/time_sheet/"+apptest.ID(sheet), nil, want)
	}
	w.Call(ann, "POST", path+"/share", resource.Values{"user_id": authz.Actor(desk)}, 201)
	w.Call(desk, "GET", path, nil, 200)

	if status, text := hours(bob, 2); status != 422 || !strings.Contains(text, "bob has to acknowledge") {
		t.Errorf("hours without the acknowledgement: %d %s", status, text)
	}
	pledge := w.One("ltc.pledge", "owner_id", w.actor(bob))
	work, err := w.Process.Inbox(bob, 50)
	if err != nil || len(work) != 1 || work[0].Object.Type != "ltc.pledge" || work[0].Object.ID != pledge.Base().ID {
		t.Errorf("inbox of the team: %v %v", work, err)
	}
	w.Call(ann, "POST", "/ltc/pledge/"+apptest.ID(pledge)+"/acknowledge", resource.Values{}, 403) // leads the project, sees it
	w.Call(eve, "GET", "/ltc/pledge/"+apptest.ID(pledge), nil, 404)
	w.Refused(w.Admin, pledge, "acknowledge", nil, errs.Forbidden, "the administrator acknowledged for somebody")
	w.Call(bob, "POST", "/ltc/pledge/"+apptest.ID(pledge)+"/acknowledge", resource.Values{}, 200)
	if pledge = w.Reload(pledge); pledge.Text("acknowledged_at") == "" {
		t.Error("nobody knows when it was acknowledged")
	}
	if status, text := hours(bob, 2); status != 201 {
		t.Errorf("hours after the acknowledgement: %d %s", status, text)
	}
	if rows := w.Table(boss, "/ltc/confidential_project", "projects"); len(rows) != 1 || fmt.Sprint(rows[0]["asked"], rows[0]["given"], rows[0]["missing"]) != "2 1 1" {
		t.Errorf("who has acknowledged: %v", rows)
	}
	w.Call(chief, "GET", "/ltc/confidential_project", nil, 403)

	p = w.Fire(ann, p, "add_member", resource.Values{"user_id": w.actor(eve)})
	w.Call(eve, "GET", path, nil, 200)
	asked := w.One("ltc.pledge", "owner_id", w.actor(eve))
	p = w.Fire(ann, p, "remove_member", resource.Values{"user_id": w.actor(eve)})
	w.Call(eve, "GET", path, nil, 404)
	if got := w.Reload(asked).Stage(); got != "lapsed" {
		t.Errorf("who left is still asked: %s", got)
	}
	customer := p.Text("customer_id")
	other := w.Create(ann, "ltc.service_project", resource.Values{"title": "Other", "customer_id": customer, "tasks": []resource.Values{{"content": "Survey", "person_id": w.actor(bob), "from_on": w.day(3), "to_on": w.day(4), "hours": "8"}}})
	if clash := other.Text("clash"); !strings.Contains(clash, "confidential work") || strings.Contains(clash, "Installation") || strings.Contains(clash, p.Base().No) {
		t.Errorf("another plan tells of the confidential one: %q", clash)
	}
	w.Refused(ann, p, "disclose", nil, errs.Invalid, "opened without a reason")
	w.Fire(ann, p, "disclose", resource.Values{"reason": "Published"})
	w.Call(chief, "GET", path, nil, 200)
	w.Healthy()
}

// TestLTC20ConfidentialFromTheStart: a project is confidential while its need is written down.
func TestLTC20ConfidentialFromTheStart(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ann, kim, chief := w.User("ann", "ltc.rep"), w.User("kim", "ltc.member"), w.User("chief", "dste.executive")
	customer := w.Create(ann, "crm.customer", resource.Values{"name": "Acme"})
	p := w.Create(ann, "ltc.service_project", resource.Values{"title": "Merger", "customer_id": apptest.ID(customer), "confidential": "true"})
	question := w.Create(ann, "ltc.expert_opinion", resource.Values{"project_id": apptest.ID(p), "expert_id": w.actor(kim), "question": "Which law?", "wanted_by": w.day(2)})
	if got := len(w.List("ltc.pledge", nil)); got != 2 { // who leads it, and the expert
		t.Errorf("%d people are asked to acknowledge, want 2", got)
	}
	for _, object := range []string{"service_project", "expert_opinion", "pledge"} {
		if items, _ := w.Call(chief, "GET", "/ltc/"+object, nil, 200)["items"].([]any); len(items) != 0 {
			t.Errorf("who may read everything of the company sees %d of %s", len(items), object)
		}
	}
	w.Fire(kim, question, "decline", resource.Values{"reason": "Not my field"})
	w.Call(kim, "GET", "/ltc/service_project/"+apptest.ID(p), nil, 404)
	if got := w.One("ltc.pledge", "owner_id", w.actor(kim)).Stage(); got != "lapsed" {
		t.Errorf("an expert who declined is still asked: %s", got)
	}
	w.updated(ann, p, resource.Values{"confidential": "false"})
	for _, x := range w.List("ltc.pledge", nil) {
		if x.Stage() != "lapsed" {
			t.Errorf("%s is still asked", x.Base().No)
		}
	}
}
