package crmapp_test

import (
	"strings"
	"testing"

	"meridian/platform/app/apptest"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/resource"
)

// day is today plus n days, in the time zone of the company.
func day(s *apptest.Suite, n int) string {
	return date.Of(s.Now().In(s.Location(s.Admin))).AddDays(n).String()
}

// TestCRM04Interactions: nothing ends without next step, the value for the customer is
// written down where the standard asks for it, and a contact wakes a dormant customer.
func TestCRM04Interactions(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	ann := s.User("ann", "ltc.rep")
	c := s.Create(ann, "crm.customer", resource.Values{"name": "Acme", "industry": "Machinery", "source": "web", "tier": "key"})
	s.Create(s.Admin, "crm.follow_standard", resource.Values{"name": "Key", "tier": "key", "times": "2", "per_days": "7", "need_value": "true"})
	s.Fire(ann, c, "rest", resource.Values{"reason": "no answer"})
	f := s.Create(ann, "crm.followup", resource.Values{"customer_id": apptest.ID(c), "subject": "Call", "channel": "call", "planned_on": day(s, 0)})
	in := resource.Values{"followup_id": apptest.ID(f), "conclusion": "They need 40 drives", "next_step": "Visit", "next_on": day(s, 4)}
	if _, err := do(s, ann, "crm.today", "log", in); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "value_given") {
		t.Errorf("logged without the value the standard asks for: %v", err)
	}
	must(s, ann, "crm.today", "log", apptest.Merge(in, resource.Values{"value_given": "Sizing of the drives", "feedback": "Budget is there"}))
	if got := s.Reload(f); got.Text("feedback") != "Budget is there" || got.Text("no_value") != "false" {
		t.Errorf("the result was not kept: %s %s", got.Text("feedback"), got.Text("no_value"))
	}
	if got := s.Reload(c); got.Stage() != "target" || got.Text("last_touch_at") == "" {
		t.Errorf("after the contact the customer is %s, last contact %q", got.Stage(), got.Text("last_touch_at"))
	}
	g := s.Create(ann, "crm.followup", resource.Values{"customer_id": apptest.ID(c), "subject": "Chat", "channel": "chat", "planned_on": day(s, 0)})
	s.Refused(s.User("bob", "ltc.rep"), g, "hold", resource.Values{"conclusion": "x", "closed": "true"}, errs.NotFound, "bob logs ann's follow-up")
}

// TestCRM05FollowUpStandard: the working list shows what is due, overdue and beyond the
// standard; the team report measures timeliness and contacts without value. Ageing runs
// from the last contact, not from creation (krayin counts from creation), and the next
// follow-up date reminds (frappe/crm#2588, #1866, frappe/erpnext#840, #10921).
func TestCRM05FollowUpStandard(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	ann, eve := s.User("ann", "ltc.rep"), s.User("eve", "ltc.manager")
	s.Create(ann, "crm.customer", resource.Values{"name": "Key Co", "tier": "key"})
	old := s.Create(ann, "crm.customer", resource.Values{"name": "Old but touched", "tier": "key"})
	quiet := s.Create(ann, "crm.customer", resource.Values{"name": "No standard"})
	write(s, `UPDATE crm.customer SET created_at = now() - interval '60 days'`)
	write(s, `UPDATE crm.customer SET last_touch_at = now() - interval '1 day' WHERE id = $1`, old.Base().ID)
	mk := func(on string) resource.Row {
		return s.Create(ann, "crm.followup", resource.Values{"customer_id": apptest.ID(quiet), "subject": "S " + on, "channel": "call", "planned_on": on})
	}
	hold := func(r resource.Row, value string) {
		s.Fire(ann, r, "hold", resource.Values{"conclusion": "ok", "closed": "true", "value_given": value})
	}
	hold(mk(day(s, 0)), "a quote")
	hold(mk(day(s, 0)), "")
	hold(mk(day(s, -2)), "too late")
	mk(day(s, -1))
	mk(day(s, 0))
	mk(day(s, 5))
	r := show(s, ann, "crm.today", nil)
	if tile(t, r, "due") != "1" || tile(t, r, "overdue") != "1" || tile(t, r, "beyond") != "1" {
		t.Errorf("due %s, overdue %s, beyond %s; want 1, 1, 1", tile(t, r, "due"), tile(t, r, "overdue"), tile(t, r, "beyond"))
	}
	b := find(t, table(t, r, "beyond"), "Key Co")
	if got := row(b); !strings.HasSuffix(got, "|60|4|No") {
		t.Errorf("beyond: %q, want 60 days of 4 allowed", got)
	}
	must(s, ann, "crm.today", "plan", apptest.Merge(b.Acts[0].Values, resource.Values{"subject": "Say hello"}))
	if got := row(find(t, table(t, show(s, ann, "crm.today", nil), "beyond"), "Key Co")); !strings.HasSuffix(got, "|Yes") {
		t.Errorf("after planning: %q", got)
	}
	// due: three held, one overdue, two of today (one planned just now) = 6; on time 2
	d := show(s, eve, "crm.discipline", nil)
	if got, want := row(table(t, d, "owners").Rows[0]), "|6|2|0.333333|Act|1|3|1|0.333333"; got != want {
		t.Errorf("discipline %q, want %q", got, want)
	}
	if _, err := run(s, ann, "crm.discipline", nil); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a representative measures the team: %v", err)
	}
}
