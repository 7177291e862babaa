package crmapp_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"meridian/modules/crm"
	"meridian/platform/app/apptest"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// TestCRM08DailyViewLimit: who may claim opens so many different customers of a pool a day
// and no more, also of many calls at once; how a customer is reached is told to nobody
// before the claim and to the claimer after it.
func TestCRM08DailyViewLimit(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	pool := s.Create(s.Admin, "crm.pool", resource.Values{"name": "East", "view_per_day": "2"})
	ann, eve, otto := s.User("ann", "ltc.rep"), s.User("eve", "ltc.manager"), s.User("otto", "isc.planner")
	var ids []string
	for i := range 6 {
		c := s.Create(ann, "crm.customer", resource.Values{"name": fmt.Sprint("Pooled ", i), "industry": "Machinery", "phone": "13900000001", "email": "secret@pooled.example", "address": "Hidden Road 1"})
		s.Create(ann, "crm.contact", resource.Values{"customer_id": apptest.ID(c), "name": "Mr Hidden", "phone": "13900000002"})
		must(s, ann, "crm.public_pool", "give_back", resource.Values{"customer_id": apptest.ID(c), "pool_id": apptest.ID(pool), "reason": "no time"})
		ids = append(ids, apptest.ID(c))
	}
	bob := s.User("bob", "ltc.rep")
	card := func(ctx context.Context, i int) (int, string) {
		code, _, text := s.Try(ctx, http.MethodGet, "/crm/pool_customer?customer="+ids[i], nil)
		return code, text
	}
	for range 2 { // the same one again is no further view
		if code, text := card(bob, 0); code != http.StatusOK || !strings.Contains(text, "Machinery") || strings.Contains(text, "1390000") || strings.Contains(text, "secret@") || strings.Contains(text, "Hidden") {
			t.Fatalf("the card of a pool customer: %d %s", code, text)
		}
	}
	ok, failed := apptest.Together(8, func(i int) error {
		_, err := run(s, bob, "crm.pool_customer", resource.Values{"customer": ids[1+i%5]})
		return err
	})
	var seen int
	if _, err := s.DB.Row(s.Admin, `SELECT count(*) FROM crm.pool_view WHERE user_id = $1`, []any{user(bob)}, &seen); err != nil || seen != 2 {
		t.Errorf("%d customers opened on one day, want 2 (%v; %d calls passed)", seen, err, ok)
	}
	for _, err := range failed {
		if !errs.Is(err, errs.Precondition) || !strings.Contains(err.Error(), "today") {
			t.Errorf("beyond the limit: %v", err)
		}
	}
	if code, _ := card(eve, 5); code != http.StatusOK {
		t.Errorf("who gives customers out gets %d", code)
	}
	if code, _ := card(otto, 0); code != http.StatusForbidden {
		t.Errorf("a planner gets %d", code)
	}
	if code, _, _ := s.Try(bob, http.MethodGet, "/crm/customer/"+ids[0], nil); code != http.StatusNotFound {
		t.Errorf("the record itself answers a claimant with %d", code)
	}
	people := func(ctx context.Context) int {
		l, err := s.Must("crm.contact").ListRows(ctx, resource.ListQuery{})
		if err != nil {
			t.Fatal(err)
		}
		return len(l.Rows)
	}
	if n := people(ann) + people(bob) + people(eve); n != 0 {
		t.Errorf("%d people of pool customers are seen", n)
	}
	must(s, bob, "crm.public_pool", "claim", resource.Values{"customer": ids[0]})
	if got := s.Call(bob, http.MethodGet, "/crm/customer/"+ids[0], nil, http.StatusOK); got["phone"] != "13900000001" || people(bob) != 1 {
		t.Errorf("after the claim: phone %v, %d people", got["phone"], people(bob))
	}
	if code, _ := card(bob, 0); code != http.StatusNotFound {
		t.Errorf("a claimed customer still has a card: %d", code)
	}
}

// TestCRM08PoolBehindWiderRights: a role that reads the customers of its team meets the
// same limit and the same hidden fields on the record, in lists and when it writes.
func TestCRM08PoolBehindWiderRights(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	for _, x := range [][2]string{{"crm.customer", "read"}, {"crm.customer", "update"}, {"crm.customer#phone", "read"}} {
		if err := s.DB.Tx(s.Admin, func(ctx context.Context) error { return s.Authz.SetRule(ctx, "ltc.rep", x[0], x[1], "team") }); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Authz.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	pool := s.Create(s.Admin, "crm.pool", resource.Values{"name": "East", "view_per_day": "1"})
	ann, bob := s.User("ann", "ltc.rep"), s.User("bob", "ltc.rep")
	var cs []resource.Row
	for i := range 2 {
		c := s.Create(ann, "crm.customer", resource.Values{"name": fmt.Sprint("Pooled ", i), "phone": "13900000001"})
		must(s, ann, "crm.public_pool", "give_back", resource.Values{"customer_id": apptest.ID(c), "pool_id": apptest.ID(pool), "reason": "no time"})
		cs = append(cs, s.Reload(c))
	}
	if got := s.Call(bob, http.MethodGet, "/crm/customer/"+apptest.ID(cs[0]), nil, http.StatusOK); got["phone"] != "" {
		t.Errorf("the record shows the phone %v", got["phone"])
	}
	s.Call(bob, http.MethodGet, "/crm/customer/"+apptest.ID(cs[1]), nil, http.StatusConflict)
	if _, _, text := s.Try(bob, http.MethodGet, "/crm/customer", nil); strings.Contains(text, "1390000") || !strings.Contains(text, "Pooled 1") {
		t.Errorf("the list: %s", text)
	}
	if _, err := s.Must("crm.customer").UpdateRow(bob, cs[0].Base().ID, cs[0].Base().Version, resource.Values{"phone": ""}); !errs.Is(err, errs.Precondition) {
		t.Errorf("a claimant changes what is hidden: %v", err)
	}
	if got := s.Reload(cs[0]).Text("phone"); got != "13900000001" {
		t.Errorf("the phone is %q now", got)
	}
}

// TestCRM08RecycleConditions: each condition of a pool alone and all together, the notice
// before, and what keeps a customer: open documents of other modules, a deputy of the owner.
func TestCRM08RecycleConditions(t *testing.T) {
	t.Parallel()
	s, m := setup(t)
	m.StaysWhile("crm.need") // stands for the quotes and disputes of sales
	ann, bob := s.User("ann", "ltc.rep"), s.User("bob", "ltc.rep")
	pool := s.Create(s.Admin, "crm.pool", resource.Values{"name": "East", "idle_days": "0", "notice_days": "3"})
	set := func(v resource.Values) {
		t.Helper()
		p := s.Reload(pool)
		if _, err := s.Must("crm.pool").UpdateRow(s.Admin, p.Base().ID, p.Base().Version, v); err != nil {
			t.Fatal(err)
		}
	}
	fresh := func(signed, end string) resource.Row {
		t.Helper()
		c := s.Create(ann, "crm.customer", resource.Values{"name": "Old " + signed + end, "source": "web"})
		write(s, `UPDATE crm.ownership SET held = tstzrange(now() - interval '400 days', NULL) WHERE customer_id = $1`, c.Base().ID)
		write(s, `UPDATE crm.customer SET last_touch_at = now() WHERE id = $1`, c.Base().ID)
		if signed != "" {
			term := crm.ContractTerm{Customer: crm.CustomerID(c.Base().ID), Doc: trace.Ref{Type: "ltc.contract", ID: c.Base().ID}, Signed: on(t, signed), End: on(t, end)}
			if err := s.DB.Tx(s.Admin, func(ctx context.Context) error { return m.Terms.Signed(ctx, term) }); err != nil {
				t.Fatal(err)
			}
		}
		return c
	}
	night := func() {
		t.Helper()
		if err := s.Jobs.RunNow(s.Admin, "crm.recycle"); err != nil {
			t.Fatal(err)
		}
	}
	notices := func(c resource.Row) (why string) {
		t.Helper()
		if _, err := s.DB.Row(s.Admin, `SELECT why FROM crm.recycle_notice WHERE customer_id = $1`, []any{c.Base().ID}, &why); err != nil {
			t.Fatal(err)
		}
		return why
	}
	gone := func(c resource.Row) bool {
		t.Helper()
		write(s, `UPDATE crm.recycle_notice SET due_on = due_on - 5`)
		night()
		return s.Reload(c).Text("pool_id") != ""
	}

	never := fresh("", "")
	ended := fresh(day(s, -300), day(s, -40))
	running := fresh(day(s, -300), day(s, 40))
	night()
	if notices(never)+notices(ended)+notices(running) != "" {
		t.Error("a pool without conditions takes customers back")
	}
	set(resource.Values{"ended_days": "30"})
	night()
	if notices(ended) != "ended" || notices(running) != "" || notices(never) != "" {
		t.Errorf("contract end + 30 days: %q %q %q", notices(ended), notices(running), notices(never))
	}
	set(resource.Values{"ended_days": "60"}) // the condition is not met any more
	if gone(ended) || notices(ended) != "" {
		t.Error("taken back, or the notice stands, although the contract ended less than 60 days ago")
	}
	set(resource.Values{"ended_days": "0", "contract_months": "6"})
	night()
	if notices(running) != "contract" || notices(never) != "contract" {
		t.Errorf("no contract for 6 months: %q %q", notices(running), notices(never))
	}
	order := crm.Fact{Customer: crm.CustomerID(never.Base().ID), Kind: crm.FactOrder, On: on(t, day(s, -20)), N: 1, Doc: trace.Ref{Type: "ltc.order", ID: 1}, Key: "order:1"}
	if err := s.DB.Tx(s.Admin, func(ctx context.Context) error { return m.Facts.Record(ctx, order) }); err != nil {
		t.Fatal(err)
	}
	set(resource.Values{"contract_months": "0", "deal_days": "30"})
	write(s, `DELETE FROM crm.recycle_notice`) // a notice keeps the reason it was given for
	night()
	if notices(never) != "" || notices(running) != "deal" {
		t.Errorf("no deal for 30 days: after an order %q, without %q", notices(never), notices(running))
	}
	set(resource.Values{"ended_days": "30", "recycle_when": "all"})
	write(s, `DELETE FROM crm.recycle_notice`)
	night()
	if notices(running) != "" || notices(ended) != "ended" {
		t.Errorf("all conditions: %q %q", notices(running), notices(ended))
	}

	need := s.Create(ann, "crm.need", resource.Values{"customer_id": apptest.ID(ended), "verbatim": "x", "source_class": "c"})
	if gone(ended) {
		t.Error("taken back while a document is open")
	}
	if _, err := do(s, ann, "crm.public_pool", "give_back", resource.Values{"customer_id": apptest.ID(ended), "pool_id": apptest.ID(pool), "reason": "x"}); !errs.Is(err, errs.Precondition) {
		t.Errorf("given back while a document is open: %v", err)
	}
	n := s.Reload(need)
	if err := s.Must("crm.need").DeleteRow(s.Admin, n.Base().ID, n.Base().Version); err != nil {
		t.Fatal(err)
	}
	if err := s.Process.Delegate(ann, user(bob), on(t, day(s, 0)), on(t, day(s, 5)), money.Amount{}); err != nil {
		t.Fatal(err)
	}
	if gone(ended) {
		t.Error("taken back while the owner has a deputy")
	}
	write(s, `DELETE FROM core.delegation`)
	if !gone(ended) {
		t.Error("400 days without a deal, a contract that ended 40 days ago, and still owned")
	}
	if _, err := s.Must("crm.pool").CreateRow(s.Admin, resource.Values{"name": "Bad", "view_per_day": "-1"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a negative view limit: %v", err)
	}
	s.Healthy()
}

func on(t testing.TB, text string) date.Date {
	t.Helper()
	d, err := date.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
