package crmapp_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"meridian/platform/app/apptest"
	"meridian/platform/errs"
	"meridian/platform/resource"
)

// TestCRM04FieldVisits: the visits of a day stand in their order; who is there checks in,
// logs the result as check-out, or hands it in later with the time it was.
func TestCRM04FieldVisits(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	ann, bob := s.User("ann", "ltc.rep"), s.User("bob", "ltc.rep")
	visit := func(name, at, channel string) resource.Row {
		c := s.Create(ann, "crm.customer", resource.Values{"name": name, "address": name + " Road 1"})
		return s.Create(ann, "crm.followup", resource.Values{"customer_id": apptest.ID(c), "subject": "Plant " + name, "channel": channel, "planned_on": day(s, 0), "at_time": at})
	}
	late, first, call := visit("Late", "15:00", "visit"), visit("First", "09:30", "meeting"), visit("Phone", "", "call")
	open := visit("Open", "", "visit")
	route := func() []string {
		var out []string
		for _, r := range table(t, show(s, ann, "crm.route", nil), "visits").Rows {
			out = append(out, row(r))
		}
		return out
	}
	if got := route(); len(got) != 3 || !strings.HasPrefix(got[0], "First|09:30|First Road 1|") || !strings.HasPrefix(got[1], "Late|15:00|") || !strings.Contains(got[2], "Plant Open") {
		t.Errorf("route: %q", got)
	}
	must(s, ann, "crm.route", "check_in", resource.Values{"followup_id": apptest.ID(first), "place": "31.2304, 121.4737"})
	if got := route(); !strings.Contains(got[0], "There now") || s.Reload(first).Text("checked_in_by") != "31.2304, 121.4737" {
		t.Errorf("checked in: %q", got[0])
	}
	must(s, ann, "crm.route", "log", resource.Values{"followup_id": apptest.ID(first), "conclusion": "They take ten", "closed": "true"})
	if got := route(); !strings.Contains(got[0], "|Held|0|") {
		t.Errorf("checked out: %q", got[0])
	}
	if tile(t, show(s, ann, "crm.route", nil), "done") != "1" {
		t.Error("one visit of the route is done")
	}
	// written down without a connection, handed in an hour later
	at := s.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	result := resource.Values{"conclusion": "No budget", "closed": "true", "held_at": at.Format(time.RFC3339)}
	seen := s.Reload(late).Base().Version
	if _, err := s.Must("crm.followup").UpdateRow(ann, late.Base().ID, seen, resource.Values{"subject": "Plant Late, second line"}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Must("crm.followup").FireRow(ann, late.Base().ID, seen, "hold", result); !errs.Is(err, errs.Conflict) {
		t.Errorf("handed in on an old version: %v", err)
	}
	s.Fire(ann, late, "hold", result)
	if got := s.Reload(late).Text("done_at"); got != at.Format(time.RFC3339) {
		t.Errorf("held at %s, want %s", got, at.Format(time.RFC3339))
	}
	// refusals
	s.Refused(ann, open, "hold", apptest.Merge(result, resource.Values{"held_at": s.Now().Add(time.Hour).UTC().Format(time.RFC3339)}), errs.Invalid, "a visit of the future is logged")
	s.Refused(ann, call, "check_in", resource.Values{}, errs.Precondition, "somebody checks in to a call")
	s.Refused(bob, open, "check_in", resource.Values{}, errs.NotFound, "somebody else checks in")
	s.Refused(s.Admin, open, "check_in", resource.Values{}, errs.Forbidden, "the head checks in for somebody")
	if _, err := s.Must("crm.followup").UpdateRow(ann, open.Base().ID, s.Reload(open).Base().Version, resource.Values{"at_time": "25:00"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("25:00 is a time: %v", err)
	}
	s.Call(bob, http.MethodGet, "/crm/followup/"+apptest.ID(open), nil, http.StatusNotFound)
}
