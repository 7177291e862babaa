package crmapp_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"meridian/modules/crm"
	"meridian/platform/app/apptest"
	"meridian/platform/errs"
	"meridian/platform/event"
	"meridian/platform/resource"
)

// TestCRM09TransferAndStandIn: who left holds nothing any more once the receiver has
// accepted; until then the work stays with the giver, and nobody accepts for another.
// Leavers' customers: CordysCRM#115; a stale "ghost owner": frappe/crm PR#2379.
func TestCRM09TransferAndStandIn(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	var events []crm.OwnershipChanged
	event.Subscribe(s.Bus, "test", func(_ context.Context, e crm.OwnershipChanged) error { events = append(events, e); return nil })
	ann, bob, eve, max := s.User("ann", "ltc.rep"), s.User("bob", "ltc.rep"), s.User("eve", "ltc.manager"), s.User("max", "ltc.manager")
	c := s.Create(ann, "crm.customer", resource.Values{"name": "Acme"})
	s.Create(ann, "crm.customer", resource.Values{"name": "Beta"})
	k := s.Create(ann, "crm.contact", resource.Values{"customer_id": apptest.ID(c), "name": "Li"})
	f := s.Create(ann, "crm.followup", resource.Values{"customer_id": apptest.ID(c), "subject": "Visit", "channel": "visit", "planned_on": day(s, 3)})
	n := s.Create(ann, "crm.need", resource.Values{"customer_id": apptest.ID(c), "verbatim": "A quieter drive"})
	other := s.Create(s.Admin, "crm.partner", resource.Values{"name": "Not of a customer", "owner_id": fmt.Sprint(user(ann))})
	leave := func() error {
		u, _ := s.Must("core.user").GetRow(s.Admin, user(ann))
		_, err := s.Must("core.user").UpdateRow(s.Admin, user(ann), u.Base().Version, resource.Values{"active": "false"})
		return err
	}
	if err := leave(); !errs.Is(err, errs.Invalid) || !strings.Contains(fmt.Sprint(errs.Of(err).Fields), "Customers: 2; Follow-ups: 1; Needs: 1; Partners: 1") {
		t.Errorf("ann leaves with open work: %v %v", err, errs.Of(err).Fields)
	}
	// an account another system closed still shows up
	if err := s.DB.Tx(t.Context(), func(ctx context.Context) error {
		return s.DB.Exec(ctx, `UPDATE core."user" SET active = false WHERE id = $1`, user(ann))
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Authz.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := show(s, eve, "crm.holdings", nil)
	mine := find(t, table(t, r, "people"), "Has left")
	if tile(t, r, "gone") != "1" || !strings.HasSuffix(row(mine), "|2|0|1|1") {
		t.Errorf("ann still holds %q", row(mine))
	}
	in := apptest.Merge(mine.Acts[0].Values, resource.Values{"to_user": fmt.Sprint(user(bob))})
	if _, err := do(s, bob, "crm.holdings", "propose", in); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a representative proposes: %v", err)
	}
	must(s, eve, "crm.holdings", "propose", in)
	order := s.List("crm.transfer", nil)[0]
	s.Refused(eve, order, "submit", nil, errs.Precondition, "there is no hand-over sheet")
	if _, err := s.Must("crm.transfer").UpdateRow(eve, order.Base().ID, order.Base().Version, resource.Values{"sheet": "Acme waits for a quote."}); err != nil {
		t.Fatal(err)
	}
	s.Fire(eve, order, "submit", nil)
	if got := s.Reload(order).Stage(); got != "draft" {
		t.Errorf("not approved yet and %s", got)
	}
	if n := s.Approve(eve); n != 0 {
		t.Error("eve approves her own order")
	}
	if n := s.Approve(max); n != 1 {
		t.Fatalf("max has %d approvals", n)
	}
	if got := s.Reload(order); got.Stage() != "handed_over" || !strings.Contains(got.Text("frozen"), "Acme") {
		t.Errorf("after the approval: %s, frozen %q", got.Stage(), got.Text("frozen"))
	}
	if s.Reload(c).Base().OwnerID != user(ann) {
		t.Error("the customer moved before the receiver accepted")
	}
	all := resource.Values{"base_data": "true", "history": "true", "issues": "true", "needs": "true"}
	s.Refused(max, order, "accept", all, errs.Forbidden, "max accepts for bob")
	s.Refused(bob, order, "accept", resource.Values{"history": "true"}, errs.Invalid, "half a check list")
	s.Fire(bob, order, "reject", resource.Values{"reason": "no open issues given"})
	s.Fire(eve, order, "resend", nil)
	s.Approve(max)
	s.Fire(bob, order, "accept", all)
	for _, x := range []resource.Row{c, k, f, n, other} {
		if got := s.Reload(x).Base().OwnerID; got != user(bob) {
			t.Errorf("%s is owned by %d", x.Type(), got)
		}
	}
	if len(events) != 2 || events[0].How != "transfer" || events[0].To != user(bob) {
		t.Errorf("events %+v", events)
	}
	if held, err := s.Types.Held(s.Admin, user(ann)); err != nil || len(held) != 0 {
		t.Errorf("ann still owns %v (%v)", held, err)
	}
	if got := tile(t, show(s, eve, "crm.holdings", nil), "gone"); got != "0" {
		t.Errorf("%s people still hold something", got)
	}
	s.Healthy()
}
