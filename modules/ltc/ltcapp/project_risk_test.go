package ltcapp_test

import (
	"strings"
	"testing"

	"meridian/platform/app/apptest"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/resource"
)

// TestLTC20RiskRegister: the team shares the risks of its project; the hottest stand first on
// the page; a measure that is overdue is told once and is work of its owner; what happened is
// an issue until it is closed with a reason; nobody else sees any of it.
func TestLTC20RiskRegister(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss, ann, bob, eve := w.User("boss", "ltc.manager"), w.User("ann", "ltc.rep"), w.User("bob", "ltc.rep"), w.User("eve", "ltc.rep")
	p := w.project(ann, bob, nil)
	if status, _, text := w.Try(ann, "POST", "/ltc/project_risk", map[string]any{"project_id": p.Base().ID, "title": "x", "probability": 6, "impact": 1}); status != 422 || !strings.Contains(text, "Between 1 and 5") {
		t.Errorf("likelihood 6: %d %s", status, text)
	}
	if status, _, _ := w.Try(eve, "POST", "/ltc/project_risk", map[string]any{"project_id": p.Base().ID, "title": "x", "probability": 1, "impact": 1}); status != 422 {
		t.Errorf("somebody outside enters a risk: %d", status)
	}
	risk := func(title, probability, impact string, v resource.Values) resource.Row {
		return w.Create(ann, "ltc.project_risk", apptest.Merge(resource.Values{"project_id": apptest.ID(p), "title": title, "probability": probability, "impact": impact}, v))
	}
	cold := risk("Rain", "1", "5", nil)
	hot := risk("No power on site", "4", "4", resource.Values{"owner_id": w.actor(bob)})
	if got := cold.Text("heat") + " " + hot.Text("heat") + " " + hot.Text("score"); got != "low high 16" {
		t.Errorf("heat: %s", got)
	}
	w.Call(bob, "GET", "/ltc/project_risk/"+apptest.ID(cold), nil, 200)
	w.Call(eve, "GET", "/ltc/project_risk/"+apptest.ID(cold), nil, 404)
	w.Call(boss, "GET", "/ltc/project_risk/"+apptest.ID(cold), nil, 200) // of their team's project
	w.Refused(bob, hot, "treat", nil, errs.Precondition, "a risk without a measure is treated")
	hot = w.updated(bob, hot, resource.Values{"measure": "Bring a generator", "due_on": w.day(-1)})
	hot = w.Fire(bob, hot, "treat", nil)
	work, err := w.Process.Inbox(bob, 50)
	if err != nil || len(work) != 1 || work[0].Object.ID != hot.Base().ID {
		t.Errorf("inbox of the owner: %v %v", work, err)
	}
	w.job("ltc.project_risks")
	w.job("ltc.project_risks")
	told := 0
	list, err := w.Notices.List(bob, authz.Actor(bob), 50)
	for _, n := range list {
		if n.Kind == "late" && n.Object.Type == "ltc.project_risk" {
			told++
		}
	}
	if err != nil || told != 1 {
		t.Errorf("the owner was told %d times that the measure is overdue: %v", told, err)
	}
	page := w.Panels("ltc.service_project", p.Base().ID)
	if i, j := strings.Index(page, "No power on site"), strings.Index(page, "Rain"); i < 0 || j < i || !strings.Contains(page, "Overdue") {
		t.Errorf("page of the project: %s", page)
	}
	hot = w.Fire(bob, hot, "occur", resource.Values{"issue": "The generator broke", "due_on": w.day(2)})
	if hot.Stage() != "occurred" || hot.Text("occurred_on") != w.day(0) || hot.Text("measure") != "Bring a generator" {
		t.Errorf("after it happened: %s %s", hot.Stage(), hot.Text("occurred_on"))
	}
	w.Refused(bob, hot, "close", nil, errs.Invalid, "closed without a reason")
	w.Fire(bob, hot, "close", resource.Values{"reason": "Power is back"})
	if page := w.Panels("ltc.service_project", p.Base().ID); strings.Contains(page, "No power on site") {
		t.Error("a closed risk stands on the page")
	}
	w.Healthy()
}
