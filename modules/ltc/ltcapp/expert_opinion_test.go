package ltcapp_test

import (
	"strings"
	"testing"

	"meridian/platform/app/apptest"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/resource"
)

// TestLTC20Experts: an expert is asked in the analysis, finds the question among the own work
// and reads the project; nobody else answers it; the analysis waits for the answer unless the
// question is withdrawn with a reason.
func TestLTC20Experts(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ann, bob, eve := w.User("ann", "ltc.rep"), w.User("bob", "ltc.rep,ltc.member"), w.User("eve", "ltc.rep,ltc.member")
	kim, joe, max := w.User("kim", "itr.engineer,ltc.member"), w.User("joe", "ltc.member"), w.User("max", "itr.engineer")
	customer := w.Create(ann, "crm.customer", resource.Values{"name": "Acme"})
	p := w.Create(ann, "ltc.service_project", resource.Values{"title": "Line 3", "customer_id": apptest.ID(customer), "need": "A line that runs", "understanding": "Two weeks, on site",
		"tasks": []resource.Values{{"content": "Survey", "person_id": w.actor(bob), "from_on": w.day(0), "to_on": w.day(2), "hours": "8"}}})
	path := "/ltc/service_project/" + apptest.ID(p)
	w.Call(kim, "GET", path, nil, 404)
	question := func(v resource.Values) resource.Values {
		return apptest.Merge(resource.Values{"project_id": p.Base().ID, "expert_id": authz.Actor(kim), "question": "How long does the foundation take?", "wanted_by": w.day(3)}, v)
	}
	for field, v := range map[string]resource.Values{"expert_id": {"expert_id": authz.Actor(max)}, "wanted_by": {"wanted_by": w.day(-1)}, "question": {"question": ""}} {
		if status, _, text := w.Try(ann, "POST", "/ltc/expert_opinion", question(v)); status != 422 || !strings.Contains(text, `"`+field+`"`) {
			t.Errorf("%s: %d %s", field, status, text)
		}
	}
	if status, _, text := w.Try(eve, "POST", "/ltc/expert_opinion", question(nil)); status != 422 || !strings.Contains(text, "may not see it") {
		t.Errorf("somebody outside asked an expert: %d %s", status, text)
	}
	if status, _, _ := w.Try(kim, "POST", "/ltc/expert_opinion", question(nil)); status != 403 {
		t.Errorf("who may not ask asked: %d", status)
	}
	w.Call(ann, "POST", "/ltc/expert_opinion", question(nil), 201)
	x := w.One("ltc.expert_opinion", "expert_id", w.actor(kim))
	w.Call(kim, "GET", path, nil, 200) // the expert reads the need
	work, err := w.Process.Inbox(kim, 50)
	if err != nil || len(work) != 1 || work[0].Object.ID != x.Base().ID || work[0].DueAt.IsZero() {
		t.Errorf("inbox of the expert: %v %v", work, err)
	}
	answer := "/ltc/expert_opinion/" + apptest.ID(x) + "/answer"
	w.Call(bob, "GET", "/ltc/expert_opinion/"+apptest.ID(x), nil, 200) // of the team
	w.Call(bob, "POST", answer, resource.Values{"answer": "A day"}, 403)
	w.Call(eve, "POST", answer, resource.Values{"answer": "A day"}, 404)
	if status, _, text := w.Try(ann, "POST", path+"/plan", resource.Values{}); status != 409 || !strings.Contains(text, "kim has not answered "+x.Base().No) {
		t.Errorf("the analysis ended without the expert: %d %s", status, text)
	}
	w.Refused(ann, p, "confirm", resource.Values{"confirmed_by": "Li"}, errs.Precondition, "the customer confirmed before the expert answered")
	w.Call(kim, "POST", answer, resource.Values{"answer": "Three days, concrete has to dry", "effort": "-1"}, 422)
	w.Call(kim, "POST", answer, resource.Values{"answer": "Three days, concrete has to dry", "effort": "24", "risks": "Frost"}, 200)
	if x = w.Reload(x); x.Stage() != "answered" || x.Text("effort") != "24" || x.Text("risks") != "Frost" || x.Text("answered_on") != w.day(0) {
		t.Errorf("answer: %s %s %s", x.Stage(), x.Text("effort"), x.Text("risks"))
	}
	if list, err := w.Notices.List(ann, authz.Actor(ann), 50); err != nil || len(list) == 0 || list[0].Object.ID != x.Base().ID {
		t.Errorf("who asked is not told: %v %v", list, err)
	}

	second := w.Create(ann, "ltc.expert_opinion", question(resource.Values{"project_id": apptest.ID(p), "expert_id": w.actor(joe)}))
	w.Refused(joe, second, "decline", nil, errs.Invalid, "an expert declined without a reason")
	w.Fire(joe, second, "decline", resource.Values{"reason": "Not my field"})
	w.Call(joe, "GET", path, nil, 404) // no part in it any more
	third := w.Create(ann, "ltc.expert_opinion", question(resource.Values{"project_id": apptest.ID(p), "expert_id": w.actor(bob)}))
	w.Refused(kim, third, "withdraw", resource.Values{"reason": "x"}, errs.Forbidden, "an expert withdrew the question of another")
	w.Refused(bob, third, "withdraw", resource.Values{"reason": "x"}, errs.Forbidden, "the expert withdrew the question")
	w.Refused(ann, third, "withdraw", nil, errs.Invalid, "withdrawn without a reason")
	w.Fire(ann, third, "withdraw", resource.Values{"reason": "Answered by kim"})
	w.Call(bob, "GET", path, nil, 200) // has a task
	w.Call(ann, "POST", path+"/plan", resource.Values{}, 200)
	if status, _, text := w.Try(ann, "POST", "/ltc/expert_opinion", question(nil)); status != 422 || !strings.Contains(text, "is over") {
		t.Errorf("asked after the analysis: %d %s", status, text)
	}
	w.Fire(ann, p, "confirm", resource.Values{"confirmed_by": "Li Wei"})
	w.Healthy()
}
