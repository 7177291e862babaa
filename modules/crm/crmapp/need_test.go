package crmapp_test

import (
	"context"
	"fmt"
	"testing"

	"meridian/modules/crm"
	"meridian/platform/app/apptest"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/event"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// TestCRM14Needs: a need is captured in the customer's words, weighed, handed over and
// followed until the customer confirms; the same need again is a voice.
func TestCRM14Needs(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	var routed []crm.NeedRecorded
	event.Subscribe(s.Bus, "test", func(_ context.Context, e crm.NeedRecorded) error { routed = append(routed, e); return nil })
	ann, eve, pm := s.User("ann", "ltc.rep"), s.User("eve", "ltc.manager"), s.User("pm", "ipd.product_manager")
	c := s.Create(ann, "crm.customer", resource.Values{"name": "Acme"})
	n := s.Create(ann, "crm.need", resource.Values{"verbatim": "The drive must stop within 2 mm", "customer_id": apptest.ID(c), "value": "50000", "tags": "precision, drive"})
	low := s.Create(eve, "crm.need", resource.Values{"verbatim": "A blue housing"})
	s.Refused(ann, n, "classify", resource.Values{"kind": "feature"}, errs.Forbidden, "a representative classifies")
	for _, x := range []struct {
		r        resource.Row
		imp, urg string
	}{{n, "5", "4"}, {low, "1", "2"}} {
		s.Fire(eve, x.r, "classify", resource.Values{"kind": "feature"})
		s.Refused(eve, x.r, "prioritise", resource.Values{"importance": "6", "urgency": "1", "feasibility": "1"}, errs.Invalid, "6 of 5")
		s.Fire(eve, x.r, "prioritise", resource.Values{"importance": x.imp, "urgency": x.urg, "feasibility": "3"})
	}
	list := table(t, show(s, eve, "crm.needs", nil), "needs")
	if len(list.Rows) != 2 || list.Rows[0].Cells[3].Text != "20" {
		t.Errorf("the list: %v", list.Rows)
	}
	must(s, eve, "crm.needs", "voice", resource.Values{"need_id": apptest.ID(n), "note": "Beta asks the same"})
	if _, err := do(s, eve, "crm.needs", "voice", resource.Values{"need_id": apptest.ID(n), "note": "again"}); !errs.Is(err, errs.Conflict) {
		t.Errorf("a second voice of one person: %v", err)
	}
	if got := s.Reload(n).Text("voices"); got != "2" {
		t.Errorf("%s voices", got)
	}
	s.Fire(eve, n, "route", resource.Values{"target": "ipd"})
	if len(routed) != 1 || routed[0].Target != "ipd" || routed[0].Priority != 20 {
		t.Errorf("events %+v", routed)
	}
	s.Fire(pm, n, "accept", nil)
	s.Fire(pm, n, "fulfil", resource.Values{"answer": "in release 4"})
	if got, _ := s.Notices.List(s.Admin, user(ann), 5); len(got) != 1 || got[0].Kind != "need" {
		t.Errorf("ann was told %v", got)
	}
	s.Fire(ann, n, "confirm", nil)
	find(t, table(t, show(s, eve, "crm.needs", nil), "tags"), "precision|1|1|50000.00")
	s.Healthy()
}

// TestCRM16Partners: a certified partner registers a deal and sees its own only; of two
// who register the same company one is protected; own business is a conflict.
func TestCRM16Partners(t *testing.T) {
	t.Parallel()
	s, m := setup(t)
	var told []crm.DealRegistrationApproved
	event.Subscribe(s.Bus, "test", func(_ context.Context, e crm.DealRegistrationApproved) error { told = append(told, e); return nil })
	eve := s.User("eve", "ltc.manager")
	partner := func(name string) context.Context {
		who := s.User(name, "ltc.partner")
		p := s.Create(eve, "crm.partner", resource.Values{"name": name + " Trading", "region": "East"})
		s.Fire(eve, p, "approve", nil)
		s.Refused(eve, p, "certify", nil, errs.Precondition, "neither agreement nor certificate nor login")
		if _, err := s.Must("crm.partner").UpdateRow(eve, p.Base().ID, s.Reload(p).Base().Version, resource.Values{"agreement": "2026", "certified_until": day(s, 300), "login_id": fmt.Sprint(user(who))}); err != nil {
			t.Fatal(err)
		}
		s.Fire(eve, p, "certify", nil)
		return who
	}
	one, two := partner("one"), partner("two")
	deal := resource.Values{"company": "Northern Steel Co., Ltd.", "product": "Drive", "value": "9000"}
	a := s.Create(one, "crm.deal_registration", deal)
	b := s.Create(two, "crm.deal_registration", apptest.Merge(deal, resource.Values{"company": "NORTHERN STEEL"}))
	if l, err := s.Must("crm.deal_registration").ListRows(two, resource.ListQuery{}); err != nil || len(l.Rows) != 1 {
		t.Errorf("partner two sees %d registrations (%v)", len(l.Rows), err)
	}
	if _, err := s.Must("crm.deal_registration").GetRow(two, a.Base().ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("partner two reads that of one: %v", err)
	}
	if _, err := s.Must("crm.customer").ListRows(two, resource.ListQuery{}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a partner lists customers: %v", err)
	}
	s.Refused(one, a, "approve", nil, errs.Forbidden, "a partner approves its own deal")
	s.Fire(eve, a, "approve", nil)
	s.Refused(eve, b, "approve", nil, errs.Precondition, "the company is protected for another partner")
	s.Fire(eve, b, "reject", resource.Values{"reason": "conflict"})
	if len(told) != 1 || told[0].Until.String() != day(s, 90) {
		t.Errorf("events %+v", told)
	}
	c := s.Create(eve, "crm.customer", resource.Values{"name": "Busy Ltd"})
	if err := m.Customers.Advance(authz.System(s.Admin, "test"), crm.CustomerID(c.Base().ID), crm.Opportunity, trace.Ref{Type: "ltc.opportunity", ID: 1}); err != nil {
		t.Fatal(err)
	}
	busy := s.Create(one, "crm.deal_registration", resource.Values{"company": "Busy", "product": "Drive"})
	s.Refused(eve, busy, "approve", nil, errs.Precondition, "we have an open deal there")
	write(s, `UPDATE crm.deal_registration SET protected_until = current_date - 2 WHERE id = $1`, a.Base().ID)
	if err := s.Jobs.RunNow(s.Admin, "crm.protection"); err != nil {
		t.Fatal(err)
	}
	if got := s.Reload(a).Stage(); got != "expired" {
		t.Errorf("after the protection: %s", got)
	}
	again := s.Create(two, "crm.deal_registration", deal)
	s.Fire(eve, again, "approve", nil)
	s.Fire(eve, again, "convert", resource.Values{"won": "8000"})
	if got := table(t, show(s, eve, "crm.partners", nil), "partners").Rows[0]; got.Cells[6].Text != "8000.00" {
		t.Errorf("the ranking: %q", row(got))
	}
	if _, err := s.Must("crm.deal_registration").CreateRow(eve, deal); !errs.Is(err, errs.Invalid) {
		t.Errorf("who is no partner registers: %v", err)
	}
	if _, err := run(s, one, "crm.partners", nil); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a partner reads the ranking: %v", err)
	}
}
