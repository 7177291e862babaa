package crmapp_test

import (
	"context"
	"strings"
	"testing"

	"meridian/modules/crm"
	"meridian/platform/app/apptest"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// TestCRM15Care: programmes make the tasks of the day once, leave customers with an open
// complaint in peace, and hold gifts to their limit.
func TestCRM15Care(t *testing.T) {
	t.Parallel()
	s, m := setup(t)
	ann, sue := s.User("ann", "ltc.rep"), s.User("sue", "crm.success")
	mk := func(name string) resource.Row {
		c := s.Create(ann, "crm.customer", resource.Values{"name": name})
		if err := m.Customers.Advance(authz.System(s.Admin, "test"), crm.CustomerID(c.Base().ID), crm.User, trace.Ref{Type: "ltc.acceptance", ID: 1}); err != nil {
			t.Fatal(err)
		}
		s.Create(ann, "crm.contact", resource.Values{"customer_id": apptest.ID(c), "name": "Li", "birthday": day(s, 0)[5:]})
		return c
	}
	a, angry := mk("Happy"), mk("Angry")
	record(s, m, angry, crm.FactComplaint, day(s, -1), "0", 1)
	s.Create(sue, "crm.care_program", resource.Values{"name": "Birthday", "occasion": "birthday", "channel": "call", "todo": "Congratulate", "gift_limit": "50"})
	s.Create(sue, "crm.care_program", resource.Values{"name": "Welcome", "occasion": "accepted", "channel": "mail", "todo": "Ask how it goes", "tier": "key"})
	for range 2 {
		must(s, sue, "crm.care", "plan", resource.Values{})
	}
	tasks := s.List("crm.care_task", nil)
	if len(tasks) != 1 || tasks[0].Text("customer_id") != apptest.ID(a) {
		t.Fatalf("%d care tasks", len(tasks))
	}
	s.Refused(sue, tasks[0], "finish", resource.Values{"result": "glad", "gift": "Tea", "cost": "50.01"}, errs.Invalid, "a gift above the limit")
	s.Refused(ann, tasks[0], "finish", resource.Values{"result": "glad"}, errs.Forbidden, "a representative without the right")
	s.Fire(sue, tasks[0], "finish", resource.Values{"result": "glad", "gift": "Tea", "cost": "50"})
	if got := row(find(t, table(t, show(s, sue, "crm.care", nil), "programmes"), "Birthday")); got != "Birthday|0|0|1|0|1|50.00" {
		t.Errorf("results %q", got)
	}
	if s.Reload(a).Text("last_touch_at") == "" {
		t.Error("care is no contact")
	}
}

// TestCRM22MembershipAndLoyalty: points are earned by payments and referrals, spent once
// however many try, and expire; the ledger stays whole.
func TestCRM22MembershipAndLoyalty(t *testing.T) {
	t.Parallel()
	s, m := setup(t)
	sue := s.User("sue", "crm.success")
	s.Create(s.Admin, "crm.loyalty_rule", resource.Values{"points_per_100": "2", "referral_points": "100"})
	old := s.Create(s.Admin, "crm.customer", resource.Values{"name": "Old friend"})
	c := s.Create(s.Admin, "crm.customer", resource.Values{"name": "Brought", "referrer_id": apptest.ID(old)})
	record(s, m, c, crm.FactReceipt, day(s, 0), "1050.50", 1)
	record(s, m, c, crm.FactReceipt, day(s, 0), "1050.50", 1) // the same receipt again
	record(s, m, c, crm.FactReceipt, day(s, 0), "200", 2)
	members := table(t, show(s, sue, "crm.members", nil), "members")
	if got := row(find(t, members, "Old friend")); !strings.HasSuffix(got, "|100|100|0|1") {
		t.Errorf("the referrer: %q", got)
	}
	if got := row(find(t, members, "Brought")); !strings.HasSuffix(got, "|24|24|0|0") {
		t.Errorf("20 and 4 points: %q", got)
	}
	gift := s.Create(s.Admin, "crm.reward", resource.Values{"name": "Umbrella", "points": "60", "stock": "5"})
	in := resource.Values{"customer_id": apptest.ID(old), "reward_id": apptest.ID(gift)}
	ok, failed := apptest.Together(8, func(int) error { _, err := do(s, sue, "crm.members", "redeem", in); return err })
	if ok != 1 {
		t.Errorf("%d of 8 spent the same points: %v", ok, failed)
	}
	if got := s.Reload(gift).Text("stock"); got != "4" {
		t.Errorf("stock %s", got)
	}
	if _, err := do(s, s.User("ann", "ltc.rep"), "crm.members", "redeem", in); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a representative redeems: %v", err)
	}
	err := s.DB.Tx(s.Admin, func(ctx context.Context) error {
		return s.DB.Exec(ctx, `INSERT INTO crm.loyalty_entry (customer_id, kind, points, expires_on, idem_key) VALUES ($1, 'adjust', 30, current_date - 2, 'x')`, c.Base().ID)
	})
	if err != nil {
		t.Fatal(err)
	}
	write(s, `UPDATE crm.loyalty_balance SET points = points + 30 WHERE customer_id = $1`, c.Base().ID)
	for range 2 {
		if err := s.Jobs.RunNow(s.Admin, "crm.care"); err != nil {
			t.Fatal(err)
		}
	}
	if got := row(find(t, table(t, show(s, sue, "crm.members", nil), "members"), "Brought")); !strings.Contains(got, "|24|") {
		t.Errorf("after the expiry: %q", got)
	}
	s.Healthy()
}
