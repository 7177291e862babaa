package crmapp_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"meridian/modules/crm"
	"meridian/platform/app/apptest"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// TestCRM02ProofOfChannels: phone and mail are proved each by its own; one that is old or
// wrong counts as empty and makes one task for the owner until it is put right.
func TestCRM02ProofOfChannels(t *testing.T) {
	t.Parallel()
	s, m := setup(t)
	ann, bob := s.User("ann", "ltc.rep"), s.User("bob", "ltc.rep")
	c := s.Create(ann, "crm.customer", resource.Values{"name": "Acme", "industry": "x", "source": "web"})
	if err := m.Customers.Advance(authz.System(s.Admin, "test"), crm.CustomerID(c.Base().ID), crm.Opportunity, trace.Ref{Type: "ltc.opportunity", ID: 1}); err != nil {
		t.Fatal(err)
	}
	k := s.Create(ann, "crm.contact", resource.Values{"customer_id": apptest.ID(c), "name": "Wang", "phone": "13800138000", "email": "wang@acme.example", "title": "CEO"})
	state := func() string {
		k = s.Reload(k)
		return k.Text("phone_state") + " " + k.Text("mail_state") + " " + k.Text("stale")
	}
	night := func() {
		if err := s.Jobs.RunNow(s.Admin, "crm.completeness"); err != nil {
			t.Fatal(err)
		}
	}
	tasks := func() (n int) {
		l, err := s.Must("crm.followup").ListRows(ann, resource.ListQuery{Filters: map[string][]string{"stage": {"planned"}}})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range l.Rows {
			if strings.Contains(r.Text("subject"), "Wang") {
				n++
			}
		}
		return n
	}
	if got := state(); got != "ok ok false" || k.Text("phone_on") != day(s, 0) {
		t.Errorf("a new contact: %s, phone proved on %s", got, k.Text("phone_on"))
	}
	// the mail grows old, the phone was proved by a call
	write(s, `UPDATE crm.contact SET verified_on = current_date - 10, phone_on = current_date - 10, mail_on = current_date - 200 WHERE id = $1`, k.Base().ID)
	night()
	if got := state(); got != "ok stale true" || tasks() != 1 {
		t.Errorf("an old address: %s, %d tasks", got, tasks())
	}
	night()
	if tasks() != 1 {
		t.Errorf("asked again the night after: %d tasks", tasks())
	}
	call := func(who context.Context, channel string, v resource.Values) {
		f := s.Create(who, "crm.followup", resource.Values{"customer_id": apptest.ID(c), "contact_id": apptest.ID(k), "subject": "talk", "channel": channel, "planned_on": day(s, 0)})
		s.Fire(who, f, "hold", apptest.Merge(resource.Values{"conclusion": "x", "closed": "true"}, v))
	}
	call(ann, "call", nil)
	if state(); k.Text("phone_on") != day(s, 0) || k.Text("mail_state") != "stale" {
		t.Errorf("a call proves the phone alone: phone %s, mail %s", k.Text("phone_on"), k.Text("mail_state"))
	}
	call(ann, "mail", nil)
	if got := state(); got != "ok ok false" || k.Text("asked_on") != "" {
		t.Errorf("a mail that was answered: %s, asked on %q", got, k.Text("asked_on"))
	}
	// a dead number counts as empty, is no contact, and is asked for once
	touched, full := s.Reload(c).Text("last_touch_at"), s.Reload(c).Text("completeness")
	call(ann, "call", resource.Values{"wrong": "true"})
	night()
	if got := state(); got != "wrong ok true" || tasks() != 2 || s.Reload(c).Text("completeness") == full || s.Reload(c).Text("last_touch_at") != touched {
		t.Errorf("a dead number: %s, %d tasks, completeness %s of %s", got, tasks(), s.Reload(c).Text("completeness"), full)
	}
	k = s.Reload(k)
	if _, err := s.Must("crm.contact").UpdateRow(ann, k.Base().ID, k.Base().Version, resource.Values{"phone": "13900139000"}); err != nil {
		t.Fatal(err)
	}
	if got := state(); got != "ok ok false" || s.Reload(c).Text("completeness") != full {
		t.Errorf("the right number: %s, completeness %s of %s", got, s.Reload(c).Text("completeness"), full)
	}
	// mail that comes back
	if err := m.Customers.Bounced(authz.System(s.Admin, "test"), crm.CustomerID(c.Base().ID), "Wang@acme.example"); err != nil {
		t.Fatal(err)
	}
	if got := state(); got != "ok wrong true" {
		t.Errorf("mail came back: %s", got)
	}
	// refusals
	f := s.Create(ann, "crm.followup", resource.Values{"customer_id": apptest.ID(c), "subject": "visit", "channel": "visit", "planned_on": day(s, 0)})
	s.Refused(ann, f, "hold", resource.Values{"conclusion": "x", "closed": "true", "wrong": "true"}, errs.Invalid, "a visit shows that a number is wrong")
	if _, err := s.Must("crm.contact").UpdateRow(ann, k.Base().ID, s.Reload(k).Base().Version, resource.Values{"phone_on": day(s, 9)}); !errs.Is(err, errs.Invalid) {
		t.Errorf("proved in the future: %v", err)
	}
	s.Call(bob, http.MethodGet, "/crm/contact/"+apptest.ID(k), nil, http.StatusNotFound)
}
