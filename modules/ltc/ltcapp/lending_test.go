package ltcapp_test

import (
	"context"
	"fmt"
	"testing"

	"meridian/platform/app/apptest"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/resource"
)

// colleague is a person of another department.
func (w *world) colleague(name, roles, dept string) context.Context {
	w.T.Helper()
	r := w.Create(w.Admin, "core.user", resource.Values{"username": name, "name": name, "dept_id": dept})
	if err := w.Authz.SetRoles(w.Admin, r.Base().ID, []string{roles}); err != nil {
		w.T.Fatal(err)
	}
	return w.As(r.Base().ID)
}

// TestLTC02Lending: people and money for a deal are asked for and lent on the record by
// the head of the lending department; a person sees the deal until the day agreed.
func TestLTC02Lending(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ann := w.User("ann", "ltc.rep")
	me, _ := authz.Of(w.Admin)
	quality := w.Create(w.Admin, "core.department", resource.Values{"name": "Quality", "parent_id": fmt.Sprint(me.Dept)})
	qa, head := w.colleague("qa", "itr.engineer", apptest.ID(quality)), w.colleague("qhead", "itr.manager", apptest.ID(quality))
	reader := w.colleague("blind", "isc.warehouse", apptest.ID(quality))
	deal := w.Create(ann, "ltc.opportunity", resource.Values{"name": "Line 3", "amount": "2000"})
	ask := func(v resource.Values) resource.Row {
		return w.Create(ann, "ltc.lend_request", apptest.Merge(resource.Values{"opportunity_id": apptest.ID(deal), "lender_dept_id": apptest.ID(quality), "kind": "people", "role": "quality", "person_id": w.actor(qa), "until_on": w.day(3), "why": "Judge the acceptance criteria"}, v))
	}
	for field, v := range map[string]resource.Values{"role": {"role": ""}, "until_on": {"until_on": w.day(-1)}, "amount": {"kind": "money"}} {
		_, err := w.Must("ltc.lend_request").CreateRow(ann, apptest.Merge(resource.Values{"opportunity_id": apptest.ID(deal), "lender_dept_id": apptest.ID(quality), "kind": "people", "role": "quality", "until_on": w.day(3), "why": "x"}, v))
		if !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", field, err)
		}
	}
	x := ask(nil)
	w.Refused(ann, x, "ask", nil, errs.Invalid, "a department without a head was asked")
	w.updated(w.Admin, quality, resource.Values{"manager_id": w.actor(head)})
	if _, err := w.Must("ltc.lend_request").GetRow(head, x.Base().ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("the head sees the request before he is asked: %v", err)
	}
	x = w.Fire(ann, x, "ask", nil)
	w.Refused(w.User("boss", "ltc.manager"), x, "grant", nil, errs.Forbidden, "somebody else lent the people of a department")
	w.Refused(head, x, "grant", resource.Values{"person": w.actor(reader)}, errs.Invalid, "somebody who may read no deal was lent")
	w.Refused(head, x, "grant", resource.Values{"person": w.actor(ann)}, errs.Invalid, "somebody of another department was lent")
	if _, err := w.Must("ltc.opportunity").GetRow(qa, deal.Base().ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("the colleague sees the deal before: %v", err)
	}
	x = w.Fire(head, x, "grant", resource.Values{"until": w.day(5)})
	deal = w.Reload(deal)
	if team := deal.Lines("team"); x.Stage() != "lent" || len(team) != 1 || team[0].Text("role") != "quality" || team[0].Text("until_on") != w.day(5) {
		t.Fatalf("lent: %s, team of %d", x.Stage(), len(team))
	}
	if _, err := w.Must("ltc.opportunity").GetRow(qa, deal.Base().ID); err != nil {
		t.Errorf("the lent colleague does not see the deal: %v", err)
	}
	w.Call(ann, "GET", "/ltc/lend_request/"+apptest.ID(x), nil, 200)
	w.Call(w.User("eve", "ltc.rep"), "GET", "/ltc/lend_request/"+apptest.ID(x), nil, 404)
	w.Refused(w.User("chief", "ltc.manager"), x, "give_back", resource.Values{"reason": "x"}, errs.Forbidden, "somebody else ended it early")
	w.job("ltc.lends")
	if w.Reload(x).Stage() != "lent" {
		t.Error("it ended before its day")
	}

	// the day passes: the deal is not seen any more, and the job clears the team
	w.exec(`UPDATE core.record_share SET until = now() - interval '1 minute' WHERE object_type = 'ltc.opportunity' AND user_id = $1`, authz.Actor(qa))
	if _, err := w.Must("ltc.opportunity").GetRow(qa, deal.Base().ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("after the day the colleague still sees the deal: %v", err)
	}
	w.exec(`UPDATE ltc.lend_request SET from_on = $2, until_on = $2 WHERE id = $1`, x.Base().ID, w.day(-1))
	w.job("ltc.lends")
	w.job("ltc.lends")
	if got := w.Reload(x).Stage(); got != "ended" || len(w.Reload(deal).Lines("team")) != 0 {
		t.Errorf("after the day: %s, team of %d", got, len(w.Reload(deal).Lines("team")))
	}

	// money becomes an expense request on the lender's budget; a refusal says why
	cash := w.Fire(ann, ask(resource.Values{"kind": "money", "amount": "500", "role": ""}), "ask", nil)
	w.Refused(head, cash, "grant", nil, errs.Invalid, "money without a budget was lent")
	cash = w.Fire(head, cash, "grant", resource.Values{"amount": "300", "budget": "QA-1"})
	if e := w.One("ltc.expense_request", "opportunity_id", apptest.ID(deal)); e.Text("amount") != "300.00" || e.Text("budget_key") != "QA-1" || e.Text("owner_id") != w.actor(ann) || cash.Text("expense_id") != apptest.ID(e) {
		t.Errorf("lent money: %s of %s", e.Text("amount"), e.Text("budget_key"))
	}
	no := w.Fire(ann, ask(nil), "ask", nil)
	w.Refused(head, no, "refuse", nil, errs.Invalid, "refused without a reason")
	if no = w.Fire(head, no, "refuse", resource.Values{"reason": "Audit week"}); no.Stage() != "refused" {
		t.Errorf("refused: %s", no.Stage())
	}
	w.Healthy()
}
