package crmapp_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"meridian/platform/app/apptest"
	"meridian/platform/errs"
	"meridian/platform/resource"
)

// TestCRM08Pool: a customer goes to one claimer of many, limits and cooldown hold, the
// owner history has no overlap, what nobody contacts goes back after notice. Lead data
// must survive a claim (CordysCRM#270); leavers' customers are released (CordysCRM#115).
func TestCRM08Pool(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	pool := s.Create(s.Admin, "crm.pool", resource.Values{"name": "East", "claim_per_day": "2", "cooldown_days": "30", "idle_days": "30", "notice_days": "3"})
	ann := s.User("ann", "ltc.rep")
	contact := func(c resource.Row) {
		f := s.Create(ann, "crm.followup", resource.Values{"customer_id": apptest.ID(c), "subject": "x", "channel": "call", "planned_on": day(s, 0)})
		s.Fire(ann, f, "hold", resource.Values{"conclusion": "x", "closed": "true"})
	}
	var cs []resource.Row
	for i := range 4 {
		cs = append(cs, s.Create(s.Admin, "crm.customer", resource.Values{"name": fmt.Sprint("Pooled ", i), "note": "keep me", "owner_id": "", "pool_id": apptest.ID(pool)}))
	}
	claim := func(i int) error {
		_, err := do(s, ann, "crm.public_pool", "claim", resource.Values{"customer": apptest.ID(cs[i])})
		return err
	}
	people := make([]func() error, 4)
	for i := range people {
		who := s.User(fmt.Sprint("rep", i), "ltc.rep")
		people[i] = func() error {
			_, err := do(s, who, "crm.public_pool", "claim", resource.Values{"customer": apptest.ID(cs[0])})
			return err
		}
	}
	ok, failed := apptest.Together(16, func(i int) error { return people[i%4]() })
	if ok != 1 {
		t.Fatalf("%d of 16 claimed the same customer: %v", ok, failed)
	}
	for _, err := range failed {
		if !errs.Is(err, errs.Precondition) {
			t.Errorf("a loser got %v", err)
		}
	}
	if got := s.Reload(cs[0]); got.Text("note") != "keep me" || got.Text("owner_id") == "" || got.Text("pool_id") != "" {
		t.Errorf("after the claim: note %q owner %q pool %q", got.Text("note"), got.Text("owner_id"), got.Text("pool_id"))
	}
	if err := claim(1); err != nil {
		t.Fatal(err)
	}
	must(s, ann, "crm.public_pool", "give_back", resource.Values{"customer_id": apptest.ID(cs[1]), "pool_id": apptest.ID(pool), "reason": "not my field"})
	if err := claim(1); !errs.Is(err, errs.Precondition) {
		t.Errorf("the previous owner claims at once: %v", err)
	}
	if err := claim(2); err != nil {
		t.Fatal(err)
	}
	if err := claim(3); !errs.Is(err, errs.Precondition) {
		t.Errorf("a third claim of the day: %v", err)
	}
	if left := table(t, show(s, ann, "crm.public_pool", nil), "customers"); len(left.Rows) != 2 {
		t.Errorf("%d are left in the pool, want 2", len(left.Rows))
	}
	if _, err := do(s, s.User("otto", "isc.planner"), "crm.public_pool", "claim", resource.Values{"customer": apptest.ID(cs[3])}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a planner claims: %v", err)
	}
	// 8 days without the first contact: notice, then back; a contact keeps the customer
	since := func(days int) {
		write(s, `DELETE FROM crm.ownership WHERE customer_id = $1 AND NOT upper_inf(held)`, cs[2].Base().ID)
		write(s, `UPDATE crm.ownership SET held = tstzrange(now() - $2::int * interval '1 day', NULL) WHERE customer_id = $1`, cs[2].Base().ID, days)
	}
	since(8)
	recycle := func() {
		if err := s.Jobs.RunNow(s.Admin, "crm.recycle"); err != nil {
			t.Fatal(err)
		}
	}
	recycle()
	if got := s.Reload(cs[2]).Text("pool_id"); got != "" {
		t.Error("taken back without notice")
	}
	contact(cs[2])
	write(s, `UPDATE crm.recycle_notice SET due_on = due_on - 5`)
	recycle()
	if got := s.Reload(cs[2]).Text("pool_id"); got != "" {
		t.Error("taken back although it was contacted")
	}
	write(s, `UPDATE crm.customer SET last_touch_at = now() - interval '31 days' WHERE id = $1`, cs[2].Base().ID)
	since(40)
	recycle()
	write(s, `UPDATE crm.recycle_notice SET due_on = due_on - 5`)
	recycle()
	if got := s.Reload(cs[2]); got.Text("pool_id") == "" || got.Text("owner_id") != "" {
		t.Error("31 days without contact and still owned")
	}
	var overlaps, how int
	if _, err := s.DB.Row(s.Admin, `SELECT count(*) FILTER (WHERE a.held && b.held), count(*) FILTER (WHERE a.how = 'recycle') FROM crm.ownership a JOIN crm.ownership b ON a.customer_id = b.customer_id AND a.id < b.id`, nil, &overlaps, &how); err != nil || overlaps != 0 {
		t.Errorf("%d overlaps (%v)", overlaps, err)
	}
	s.Healthy()
}

// TestCRM08Allocation: the first rule that matches gives out, in turn or to who holds
// the fewest, never to somebody inactive or without room, and says which rule it was.
func TestCRM08Allocation(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	a, b, gone, eve := s.User("ann", "ltc.rep"), s.User("bob", "ltc.rep"), s.User("gone", "ltc.rep"), s.User("eve", "ltc.manager")
	g, _ := s.Must("core.user").GetRow(s.Admin, user(gone))
	if _, err := s.Must("core.user").UpdateRow(s.Admin, user(gone), g.Base().Version, resource.Values{"active": "false"}); err != nil {
		t.Fatal(err)
	}
	pool := s.Create(eve, "crm.pool", resource.Values{"name": "All", "auto_allocate": "true"})
	member := func(ctx any, top string) resource.Values {
		return resource.Values{"user_id": fmt.Sprint(ctx), "max": top}
	}
	rule := s.Create(eve, "crm.allocation_rule", resource.Values{"name": "East", "priority": "1", "region": "East, 华东", "how": "round_robin", "members": []resource.Values{member(user(a), "2"), member(user(b), "")}})
	if _, err := s.Must("crm.allocation_rule").UpdateRow(eve, rule.Base().ID, rule.Base().Version, resource.Values{"members": []resource.Values{member(user(a), "2"), member(user(b), "")}}); err != nil {
		t.Fatal(err)
	}
	s.Create(eve, "crm.allocation_rule", resource.Values{"name": "Rest", "priority": "2", "how": "load", "members": []resource.Values{member(user(b), "")}})
	give := func(region string) string {
		c := s.Create(s.Admin, "crm.customer", resource.Values{"name": "N " + region, "region": region, "owner_id": "", "pool_id": apptest.ID(pool)})
		if err := s.Jobs.RunNow(s.Admin, "crm.allocate"); err != nil {
			t.Fatal(err)
		}
		return s.Authz.Directory().Name(s.Reload(c).Base().OwnerID)
	}
	got := fmt.Sprint(give("East"), give("华东"), give("East"), give("East"), give("East"), give("West"))
	if want := fmt.Sprint("ann", "bob", "ann", "bob", "bob", "bob"); got != want {
		t.Errorf("given out to %s, want %s", got, want)
	}
	log := table(t, show(s, eve, "crm.public_pool", nil), "given")
	if len(log.Rows) != 6 || row(find(t, log, "N West")) == "" || log.Rows[0].Cells[2].Text != "Rest (load)" {
		t.Errorf("the log: %d rows, %q", len(log.Rows), row(log.Rows[0]))
	}
	c := s.Create(s.Admin, "crm.customer", resource.Values{"name": "X", "owner_id": "", "pool_id": apptest.ID(pool)})
	if _, err := do(s, a, "crm.public_pool", "allocate", resource.Values{"customer": apptest.ID(c)}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a representative gives out: %v", err)
	}
	must(s, eve, "crm.public_pool", "allocate", resource.Values{"customer": apptest.ID(c)})
	// several at once: in turn, never above what somebody may hold, each person told once
	var many []resource.Row
	for range 4 {
		many = append(many, s.Create(s.Admin, "crm.customer", resource.Values{"name": "Many", "region": "South", "owner_id": "", "pool_id": apptest.ID(pool)}))
	}
	s.Create(eve, "crm.allocation_rule", resource.Values{"name": "South", "priority": "0", "region": "South", "how": "load", "members": []resource.Values{member(user(a), "4"), member(user(eve), "1")}})
	told := func(ctx context.Context) (out []string) {
		list, err := s.Notices.List(s.Admin, user(ctx), 50)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range list {
			out = append(out, fmt.Sprint(n.Message, n.Args))
		}
		return out
	}
	if err := s.Jobs.RunNow(s.Admin, "crm.allocate"); err != nil {
		t.Fatal(err)
	}
	owners := map[string]int{}
	for _, c := range many {
		owners[s.Authz.Directory().Name(s.Reload(c).Base().OwnerID)]++
	}
	if owners["eve"] != 1 || owners["ann"] != 2 || owners["bob"] != 1 { // ann holds 2 of 4, bob is who the last rule names
		t.Errorf("four at once went to %v", owners)
	}
	if got := told(a); len(got) == 0 || !strings.HasPrefix(got[0], "{0} customers were given to you") || !strings.Contains(got[0], "2") {
		t.Errorf("ann was told %q", got)
	}
}
