package crmapp_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"meridian/platform/app/apptest"
	"meridian/platform/errs"
	"meridian/platform/resource"
)

// TestCRM04CallList: the members of a segment are called by people who do not own them;
// what came of each call is a follow-up, a day to call back or one try more, and afterwards
// the callers see them no longer.
func TestCRM04CallList(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	ann, bob, cat, eve := s.User("ann", "ltc.rep"), s.User("bob", "ltc.rep"), s.User("cat", "ltc.rep"), s.User("eve", "ltc.manager")
	var who []resource.Row
	for _, name := range []string{"Acme", "Bolt", "Cog", "Dyn"} {
		c := s.Create(ann, "crm.customer", resource.Values{"name": name, "region": "East"})
		who = append(who, s.Create(ann, "crm.contact", resource.Values{"customer_id": apptest.ID(c), "name": "Mr " + name, "phone": "13800138000", "is_primary": "true"}))
	}
	seg := s.Create(eve, "crm.segment", resource.Values{"name": "East", "kind": "dynamic", "rules": []resource.Values{{"field": "region", "op": "is", "value": "East"}}})
	must(s, s.Admin, "crm.segments", "refresh", resource.Values{"segment": apptest.ID(seg)})
	empty := s.Create(eve, "crm.call_list", resource.Values{"name": "Nobody", "segment_id": apptest.ID(seg)})
	s.Refused(eve, empty, "start", nil, errs.Precondition, "a list without callers starts")
	l := s.Create(eve, "crm.call_list", resource.Values{"name": "Spring offer", "segment_id": apptest.ID(seg), "script": "Ask for the plan of this year.",
		"callers": []resource.Values{{"user_id": fmt.Sprint(user(bob))}, {"user_id": fmt.Sprint(user(cat))}}})
	s.Fire(eve, l, "start", nil)
	if got := s.Reload(l).Text("calls"); got != "4" {
		t.Fatalf("%s customers are called, want 4", got)
	}
	next := func() []string {
		var out []string
		for _, r := range table(t, show(s, bob, "crm.calling", nil), "calls").Rows {
			out = append(out, row(r)+"#"+r.Acts[0].Values["call"].(string))
		}
		return out
	}
	calls := next()
	if len(calls) != 2 || !strings.Contains(calls[0], "Acme") || !strings.Contains(calls[0], "Mr Acme") || !strings.Contains(calls[1], "Cog") {
		t.Fatalf("to be called by bob: %q", calls)
	}
	if got := row(table(t, show(s, bob, "crm.calling", nil), "scripts").Rows[0]); !strings.Contains(got, "Ask for the plan") {
		t.Errorf("script: %q", got)
	}
	call := func(i int) string { return calls[i][strings.IndexByte(calls[i], '#')+1:] }
	say := func(i int, v resource.Values) error {
		_, err := do(s, bob, "crm.calling", "say", apptest.Merge(resource.Values{"call": call(i)}, v))
		return err
	}
	for _, v := range []resource.Values{{"outcome": "call_back"}, {"outcome": "qualified", "note": "yes"}, {"outcome": "reached"}, {"outcome": "wrong_number"}} {
		if err := say(0, v); !errs.Is(err, errs.Invalid) {
			t.Errorf("%v is taken: %v", v, err)
		}
	}
	if _, err := do(s, cat, "crm.calling", "say", resource.Values{"call": call(0), "outcome": "no_answer"}); !errs.Is(err, errs.NotFound) {
		t.Errorf("somebody says what came of a call of another: %v", err)
	}
	// of several who press at once one is heard
	var heard, lost int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			err := say(0, resource.Values{"outcome": "qualified", "note": "They plan a line", "next_step": "Send the offer", "next_on": day(s, 2), "contact_id": apptest.ID(who[0])})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				heard++
			case errs.Is(err, errs.NotFound):
				lost++
			default:
				t.Errorf("say: %v", err)
			}
		})
	}
	wg.Wait()
	if heard != 1 || lost != 5 {
		t.Errorf("%d heard, %d came late", heard, lost)
	}
	f := s.One("crm.followup", "stage", "done")
	if f.Text("conclusion") != "They plan a line" || f.Base().OwnerID != user(bob) || f.Text("next_on") != day(s, 2) {
		t.Errorf("follow-up of the call: %q %d %s", f.Text("conclusion"), f.Base().OwnerID, f.Text("next_on"))
	}
	if err := say(1, resource.Values{"outcome": "no_answer"}); err != nil {
		t.Fatal(err)
	}
	if got := next(); len(got) != 0 {
		t.Errorf("who did not answer comes again today: %q", got)
	}
	write(s, `UPDATE crm.call SET due_on = current_date WHERE done_at IS NULL`)
	if err := say(1, resource.Values{"outcome": "wrong_number", "contact_id": apptest.ID(who[2])}); err != nil {
		t.Fatal(err)
	}
	if got := s.Reload(who[2]).Text("phone_state"); got != "wrong" {
		t.Errorf("the number is %s", got)
	}
	progress := table(t, show(s, eve, "crm.call_progress", nil), "callers")
	if len(progress.Rows) != 2 || !strings.HasSuffix(row(progress.Rows[0]), "|2|0|0|1|0|1|0|3|1") || !strings.HasSuffix(row(progress.Rows[1]), "|2|2|0|0|0|0|0|0|") {
		t.Errorf("progress: %q %q", row(progress.Rows[0]), row(progress.Rows[1]))
	}
	if _, err := run(s, cat, "crm.call_progress", nil); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a caller sees the progress of all: %v", err)
	}
	path := "/crm/customer/" + who[0].Text("customer_id")
	s.Call(bob, http.MethodGet, path, nil, http.StatusOK)
	s.Fire(eve, l, "finish", nil)
	s.Call(bob, http.MethodGet, path, nil, http.StatusNotFound)
}
