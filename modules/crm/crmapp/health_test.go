package crmapp_test

import (
	"context"
	"fmt"
	"testing"

	"meridian/modules/crm"
	"meridian/modules/crm/crmapp"
	"meridian/platform/app/apptest"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// TestHealthGolden are the two customers of 5.2, as of 2024-06-30.
func TestHealthGolden(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	for _, x := range []struct{ args, want, score string }{
		{"30, 2, 8, 2, 0, 0, 'high'", "20.00 5.00 20.00 20 20", "85"},
		{"71, 0, 4, 0, 1, 0, 'low'", "14.53 0.00 0.00 15 10", "40"},
		{"NULL, 0, 1, 0, 0, 0, ''", "0.00 0.00 0.00 20 10", "30"},
		{"0, 9, 4, 5, 9, 9, 'medium'", "20.00 20.00 20.00 0 15", "75"},
	} {
		got, err := db.One[struct{ Parts, Score string }](t.Context(), s.DB, `SELECT array_to_string(p, ' ') AS parts, round((SELECT sum(x) FROM unnest(p) x))::text AS score FROM crm.health_parts(`+x.args+`) p`)
		if err != nil || got.Parts != x.want || got.Score != x.score {
			t.Errorf("%s: %s = %s, want %s = %s (%v)", x.args, got.Parts, got.Score, x.want, x.score, err)
		}
	}
}

// record tells a fact as another module would.
func record(s *apptest.Suite, m *crmapp.Module, c resource.Row, kind crm.FactKind, on string, amount string, id int64) {
	s.T.Helper()
	err := s.DB.Tx(authz.System(s.Admin, "test"), func(ctx context.Context) error {
		return m.Facts.Record(ctx, crm.Fact{Customer: crm.CustomerID(c.Base().ID), Kind: kind, On: date.MustParse(on), N: 1, Amount: money.MustAmount(amount), Doc: trace.Ref{Type: "ltc.order", ID: id}, Key: fmt.Sprint(kind, id)})
	})
	if err != nil {
		s.T.Fatalf("fact: %v", err)
	}
}

// TestCRM13HealthAndChurn: the score explains itself, follows events, opens a
// case for a silent customer with no open order, and is tested against what happened.
func TestCRM13HealthAndChurn(t *testing.T) {
	t.Parallel()
	s, m := setup(t)
	sys := authz.System(s.Admin, "test")
	ann, sue := s.User("ann", "ltc.rep"), s.User("sue", "crm.success")
	mk := func(name string, v resource.Values) resource.Row {
		c := s.Create(ann, "crm.customer", apptest.Merge(resource.Values{"name": name}, v))
		if err := m.Customers.Advance(sys, crm.CustomerID(c.Base().ID), crm.User, trace.Ref{Type: "ltc.acceptance", ID: c.Base().ID}); err != nil {
			t.Fatal(err)
		}
		return c
	}
	a := mk("Customer A", resource.Values{"need_fit": "high", "tier": "key"})
	b := mk("Customer B", resource.Values{"need_fit": "low"})
	busy := mk("Busy but silent", nil)
	for i := range 2 {
		f := s.Create(ann, "crm.followup", resource.Values{"customer_id": apptest.ID(a), "subject": "x", "channel": "call", "planned_on": day(s, 0)})
		s.Fire(ann, f, "hold", resource.Values{"conclusion": "x", "closed": "true"})
		record(s, m, a, crm.FactOrder, day(s, -20), "100", int64(i+1))
	}
	record(s, m, a, crm.FactOrder, day(s, -20), "100", 2) // the same key again counts once
	write(s, `UPDATE crm.customer SET last_touch_at = now() - interval '71 days' WHERE id <> $1`, a.Base().ID)
	record(s, m, b, crm.FactComplaint, day(s, -5), "0", 3)
	_ = s.DB.Tx(sys, func(ctx context.Context) error {
		return m.Credit.Post(ctx, crm.CustomerID(busy.Base().ID), crm.OpenOrders, trace.Ref{Type: "ltc.order", ID: 9}, money.MustAmount("5"), "k")
	})
	must(s, s.Admin, "crm.health_grid", "measure", resource.Values{})
	grid := table(t, show(s, sue, "crm.health_grid", nil), "grid")
	ra, rb := find(t, grid, "Customer A"), find(t, grid, "Customer B")
	if ra.Cells[6].Text != "20 + 5 + 20 + 20 + 20" || ra.Cells[7].Text != "85" || ra.Cells[8].Text != "Medium risk" || ra.Cells[9].Text != "Plan one more follow-up a month." {
		t.Errorf("A: %q", row(ra))
	}
	if rb.Cells[7].Text != "40" || rb.Cells[8].Text != "High risk" {
		t.Errorf("B: %q", row(rb))
	}
	if got := s.Reload(b).Stage(); got != "at_risk" {
		t.Errorf("71 days of silence and no order: %s", got)
	}
	if got := s.Reload(busy).Stage(); got != "user" {
		t.Errorf("silent with an open order: %s", got)
	}
	cases := s.List("crm.risk_case", nil)
	if len(cases) != 1 || cases[0].Text("customer_id") != apptest.ID(b) || cases[0].Text("due_on") != day(s, 3) {
		t.Fatalf("%d risk cases", len(cases))
	}
	must(s, s.Admin, "crm.health_grid", "measure", resource.Values{})
	if n := len(s.List("crm.risk_case", nil)); n != 1 {
		t.Errorf("%d cases after a second night", n)
	}
	s.Refused(ann, cases[0], "save", resource.Values{"result": "x", "cause": "price"}, errs.Forbidden, "a representative closes the case")
	s.Fire(sue, cases[0], "contact", resource.Values{"measure": "visit"})
	s.Fire(sue, cases[0], "save", resource.Values{"result": "new contract", "cause": "price"})
	if got := s.Reload(b).Stage(); got != "user" {
		t.Errorf("a saved customer is %s", got)
	}
	c := s.Create(s.Admin, "crm.risk_case", resource.Values{"customer_id": apptest.ID(a), "rule": "Competitor seen", "evidence": "call"})
	s.Fire(sue, c, "lose", resource.Values{"result": "went to X", "cause": "competitor"})
	if got := s.Reload(a).Stage(); got != "lost" {
		t.Errorf("a lost customer is %s", got)
	}
	r := show(s, s.Admin, "crm.churn", nil)
	if tile(t, r, "precision") != "1" || tile(t, r, "recall") != "1" {
		t.Errorf("precision %s, recall %s", tile(t, r, "precision"), tile(t, r, "recall"))
	}
	find(t, table(t, r, "causes"), "Competitor|1|0")
	months := table(t, r, "months")
	record(s, m, busy, crm.FactComplaint, day(s, -1), "0", 4)
	if err := s.Jobs.RunNow(s.Admin, "crm.health_due"); err != nil {
		t.Fatal(err)
	}
	if n, err := db.One[struct{ Complaints, Due int }](t.Context(), s.DB, `SELECT h.complaints, (SELECT count(*) FROM crm.health_due)::int AS due FROM crm.health h WHERE customer_id = ?`, busy.Base().ID); err != nil || n.Complaints != 1 || n.Due != 0 {
		t.Errorf("after a complaint: %+v, %v", n, err)
	}
	if got := row(months.Rows[len(months.Rows)-1]); got[10:] != "|0|0||" { // who signed this month was no customer at its start
		t.Errorf("this month: %q", got)
	}
	if _, err := run(s, ann, "crm.churn", nil); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a representative reads the churn: %v", err)
	}
	// health parts sum to the score (5.7)
	if bad, _ := s.DB.Row(t.Context(), `SELECT 1 FROM crm.health WHERE round((SELECT sum(x) FROM unnest(parts) x)) <> score`, nil, new(int)); bad {
		t.Error("parts do not sum to the score")
	}
	s.Healthy()
}
