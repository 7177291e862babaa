package crmapp_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"meridian/modules/crm"
	"meridian/platform/app/apptest"
	"meridian/platform/errs"
	"meridian/platform/resource"
)

// TestCRM20DailyLog: the log is drafted from the day, its author edits and hands it in, the
// head sees the team and who is missing; nobody writes or reads for somebody else.
func TestCRM20DailyLog(t *testing.T) {
	t.Parallel()
	s, m := setup(t)
	ann, bob, eve := s.User("ann", "ltc.rep"), s.User("bob", "ltc.rep"), s.User("eve", "ltc.manager")
	c := s.Create(ann, "crm.customer", resource.Values{"name": "Acme", "industry": "x", "source": "web"})
	k := s.Create(ann, "crm.contact", resource.Values{"customer_id": apptest.ID(c), "name": "Wang", "role": "decider"})
	s.Fire(ann, c, "identify", nil)
	f := s.Create(ann, "crm.followup", resource.Values{"customer_id": apptest.ID(c), "contact_id": apptest.ID(k), "subject": "Plant", "channel": "visit", "planned_on": day(s, 0)})
	s.Fire(ann, f, "hold", resource.Values{"conclusion": "They need 40 drives", "next_step": "Quote", "next_on": day(s, 3)})
	s.Create(ann, "crm.need", resource.Values{"customer_id": apptest.ID(c), "verbatim": "quieter fans", "source_class": "c"})
	record(s, m, c, crm.FactQuote, day(s, 0), "12600.5", 1)

	l := s.Create(ann, "crm.work_log", resource.Values{"plan": "Send the quote"})
	did := s.Reload(l).Text("did")
	for _, part := range []string{"Visit Acme: They need 40 drives → Quote", "Acme: To identify → Target", "Need Acme: quieter fans", "Quote sent Acme: 12,600.50"} {
		if !strings.Contains(did, part) {
			t.Errorf("the draft lacks %q: %q", part, did)
		}
	}
	for _, v := range []resource.Values{{}, {"on_day": day(s, 1)}, {"on_day": day(s, -1), "owner_id": fmt.Sprint(user(bob))}} {
		if _, err := s.Must("crm.work_log").CreateRow(ann, v); !errs.Is(err, errs.Invalid) {
			t.Errorf("a log of %v: %v", v, err)
		}
	}
	s.Call(bob, http.MethodGet, "/crm/work_log/"+apptest.ID(l), nil, http.StatusNotFound)
	if _, err := s.Must("crm.work_log").UpdateRow(ann, l.Base().ID, s.Reload(l).Base().Version, resource.Values{"did": "Visited Acme", "problem": "price"}); err != nil {
		t.Fatal(err)
	}
	s.Refused(eve, l, "submit", nil, errs.Forbidden, "the head hands in for somebody")
	s.Fire(ann, l, "submit", nil)
	if got := s.Reload(l); got.Text("did") != "Visited Acme" || got.Text("contacts")+got.Text("visits")+got.Text("deciders")+got.Text("moved_up")+got.Text("quotes") != "11111" {
		t.Errorf("handed in: %q, counts %s %s %s %s", got.Text("did"), got.Text("contacts"), got.Text("visits"), got.Text("deciders"), got.Text("moved_up"))
	}
	if _, err := s.Must("crm.work_log").UpdateRow(ann, l.Base().ID, s.Reload(l).Base().Version, resource.Values{"did": "more"}); !errs.Is(err, errs.Precondition) {
		t.Errorf("changed after it was handed in: %v", err)
	}
	team := show(s, eve, "crm.team_logs", nil)
	rows := table(t, team, "logs").Rows
	if len(rows) != 2 || rows[0].Cells[2].Text != "Missing" || !strings.Contains(row(rows[1]), "Handed in|1|1|1|1|1|Send the quote|price") || tile(t, team, "open") != "1" {
		t.Errorf("the team: %d rows, %q", len(rows), row(rows[len(rows)-1]))
	}
	if _, err := run(s, ann, "crm.team_logs", nil); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a representative sees the team: %v", err)
	}
	s.Refused(ann, l, "acknowledge", nil, errs.Forbidden, "somebody reads their own log")
	s.Fire(eve, l, "acknowledge", resource.Values{"answer": "I talk to pricing"})
	if got := s.Reload(l); got.Stage() != "read" || got.Text("answer") != "I talk to pricing" {
		t.Errorf("read: %s %q", got.Stage(), got.Text("answer"))
	}

	score := func(by string) resource.Values { return resource.Values{"by": by} }
	s.Create(bob, "crm.customer", resource.Values{"name": "Other"})
	for _, by := range []string{"visits", "deciders", "moved_up"} {
		p := table(t, show(s, eve, "crm.employees", score(by)), "people")
		if len(p.Rows) != 2 || p.Rows[0].Cells[1].Ref.ID != user(ann) || p.Rows[0].Cells[len(p.Cols)-1].Text != "1" || p.Rows[1].Cells[len(p.Cols)-1].Text != "0" {
			t.Errorf("ranked by %s: %q", by, row(p.Rows[0]))
		}
	}
}
