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

// TestLTC20Absence: days away are entered by the person and approved by the manager; plans
// say who is away when, before and after the approval; a deputy is proposed and appointed;
// the load of the week says what is planned, away and free.
func TestLTC20Absence(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss, ann, bob := w.User("boss", "ltc.manager"), w.User("ann", "ltc.rep"), w.User("bob", "ltc.rep")
	for _, who := range []string{w.actor(ann), w.actor(bob)} {
		w.updated(w.Admin, w.One("core.user", "id", who), resource.Values{"manager_id": w.actor(boss)})
	}
	customer := w.Create(bob, "crm.customer", resource.Values{"name": "Acme"})
	monday := w.today().AddDays(14)
	for monday.Weekday() != 1 {
		monday = monday.AddDays(1)
	}
	on := func(n int) string { return monday.AddDays(n).String() }
	project := func(from, to int) resource.Row {
		return w.Create(bob, "ltc.service_project", resource.Values{"title": "Installation", "customer_id": apptest.ID(customer), "tasks": []resource.Values{{"content": "Survey", "person_id": w.actor(ann), "from_on": on(from), "to_on": on(to), "hours": "20"}}})
	}
	planned := project(0, 4)
	if planned.Text("clash") != "" {
		t.Errorf("nobody is away yet: %q", planned.Text("clash"))
	}
	for field, v := range map[string]resource.Values{"to_on": {"to_on": on(-1)}, "deputy_id": {"deputy_id": w.actor(ann)}} {
		if status, _, text := w.Try(ann, "POST", "/ltc/absence", apptest.Merge(resource.Values{"from_on": on(1), "to_on": on(2)}, v)); status != 422 || !strings.Contains(text, field) {
			t.Errorf("%s: %d %s", field, status, text)
		}
	}
	x := w.Create(ann, "ltc.absence", resource.Values{"kind": "sick", "from_on": on(1), "to_on": on(2)})
	if status, _, text := w.Try(ann, "POST", "/ltc/absence", resource.Values{"from_on": on(2), "to_on": on(3)}); status != 422 || !strings.Contains(text, x.Base().No) {
		t.Errorf("two absences on one day: %d %s", status, text)
	}
	w.Call(bob, "GET", "/ltc/absence/"+apptest.ID(x), nil, 404)
	x = w.Fire(ann, x, "approve", nil)
	if x.Stage() != "draft" || w.Approve(ann) != 0 {
		t.Error("the person approved the own absence")
	}
	if n := w.Approve(boss); n != 1 || w.Reload(x).Stage() != "approved" {
		t.Fatalf("%d approvals for the manager, absence %s", n, w.Reload(x).Stage())
	}
	if clash := w.Reload(planned).Text("clash"); !strings.Contains(clash, "ann is away from "+on(1)+" to "+on(2)) || strings.Contains(clash, "Illness") {
		t.Errorf("the plan made before says %q", clash)
	}
	if clash := project(2, 3).Text("clash"); !strings.Contains(clash, "away from "+on(2)+" to "+on(2)) || !strings.Contains(clash, "booked twice") {
		t.Errorf("the plan made after says %q", clash)
	}

	x = w.Reload(x)
	if x.Text("deputy_id") == "" || x.Text("deputy_id") == w.actor(ann) {
		t.Errorf("proposed as deputy: %q", x.Text("deputy_id"))
	}
	w.Refused(boss, x, "deputise", nil, errs.Forbidden, "the manager appointed the deputy of somebody else")
	x = w.Fire(ann, x, "deputise", resource.Values{"deputy": w.actor(bob)})
	if list, err := w.Process.Delegations(ann); err != nil || len(list) != 1 || list[0].To != authz.Actor(bob) {
		t.Errorf("deputies of ann: %v %v", list, err)
	}
	w.Refused(ann, x, "deputise", nil, errs.Precondition, "a deputy was appointed twice")

	load := func() string {
		for _, r := range w.Table(boss, "/ltc/project_load?weeks=1&from="+on(0)+"&person="+w.actor(ann), "load") {
			return fmt.Sprint(r["capacity"], " ", r["away"], " ", r["planned"], " ", r["free"])
		}
		return "nobody"
	}
	if got := load(); got != "40 16 40 -16" {
		t.Errorf("load of the week: %s", got)
	}
	if status, _, _ := w.Try(w.User("eve", "isc.warehouse"), "GET", "/ltc/project_load", nil); status != 403 {
		t.Errorf("the load is open to the warehouse: %d", status)
	}
	if status, _, text := w.Try(boss, "GET", "/ltc/project_load?weeks=99", nil); status != 422 {
		t.Errorf("99 weeks: %d %s", status, text)
	}
	w.Fire(ann, x, "withdraw", resource.Values{"reason": "Well again"})
	if got := load(); got != "40 0 40 0" {
		t.Errorf("load after the withdrawal: %s", got)
	}
	if clash := w.Reload(planned).Text("clash"); strings.Contains(clash, "away") {
		t.Errorf("after the withdrawal the plan says %q", clash)
	}
	w.Healthy()
}

// TestLTC20AbsenceOnce: two windows of one person do not enter the same days.
func TestLTC20AbsenceOnce(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ann := w.User("ann", "ltc.rep")
	ok, failed := apptest.Together(4, func(int) error {
		_, err := w.Must("ltc.absence").CreateRow(ann, resource.Values{"kind": "holiday", "from_on": w.day(5), "to_on": w.day(6)})
		return err
	})
	if ok != 1 || len(failed) != 3 || !errs.Is(failed[0], errs.Invalid) {
		t.Errorf("%d entered, %v", ok, failed)
	}
}
