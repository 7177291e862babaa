package crmapp_test

import (
	"context"
	"strings"
	"testing"

	"meridian/modules/crm"
	"meridian/modules/crm/crmapp"
	"meridian/platform/app/apptest"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/event"
	"meridian/platform/money"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// TestCRM01CustomerMaster: a tax number exists once; who may not see the other learns
// only where its owner works; two records become one by choice per field and two again.
// Duplicates in lists must be mergeable: frappe/erpnext#13028, SuiteCRM#1205.
func TestCRM01CustomerMaster(t *testing.T) {
	t.Parallel()
	s, m := setup(t)
	var merged []crm.PartyMerged
	event.Subscribe(s.Bus, "test", func(_ context.Context, e crm.PartyMerged) error { merged = append(merged, e); return nil })
	ann, bob, eve := s.User("ann", "ltc.rep"), s.User("bob", "ltc.rep"), s.User("eve", "ltc.manager")
	a := s.Create(ann, "crm.customer", resource.Values{"name": "上海华东精密机械制造股份有限公司", "tax_no": "91152201078377449P", "phone": "+86 138-0013-8000"})
	_, err := s.Must("crm.customer").CreateRow(bob, resource.Values{"name": "Other", "tax_no": "91152201078377449P"})
	if !errs.Is(err, errs.Invalid) || strings.Contains(err.Error(), "华东") || !strings.Contains(err.Error(), "its owner works in") {
		t.Errorf("a second record with the tax number: %v", err)
	}
	b := s.Create(bob, "crm.customer", resource.Values{"name": "上海华东精密机械制造有限公司", "phone": "013800138000", "region": "East", "website": "hd.example"})

	// bob looks the customer up, sees no name, asks to join
	seen := table(t, show(s, bob, "crm.lookup", resource.Values{"tax_no": "91152201078377449P"}), "matches")
	if len(seen.Rows) != 1 || strings.Contains(row(seen.Rows[0]), "华东") || len(seen.Rows[0].Acts) != 1 {
		t.Fatalf("bob's look-up: %+v", seen.Rows)
	}
	must(s, bob, "crm.lookup", "join", resource.Values{"customer": seen.Rows[0].Acts[0].Values["customer"], "reason": "same plant"})
	if n, _ := s.Notices.List(s.Admin, user(ann), 10); len(n) != 1 || n[0].Kind != "join" {
		t.Errorf("ann was told %v", n)
	}
	if own := table(t, show(s, ann, "crm.lookup", resource.Values{"tax_no": "91152201078377449P"}), "matches"); row(own.Rows[0])[:3] != "CU-" {
		t.Errorf("ann sees her own as %q", row(own.Rows[0]))
	}

	pairs := table(t, show(s, eve, "crm.duplicates", nil), "pairs")
	if len(pairs.Rows) != 1 || !strings.HasPrefix(row(pairs.Rows[0]), "Same phone|") {
		t.Fatalf("suspicions: %d %v", len(pairs.Rows), pairs.Rows)
	}
	if _, err := run(s, ann, "crm.duplicates", nil); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a representative opens the workbench: %v", err)
	}
	contact := s.Create(bob, "crm.contact", resource.Values{"customer_id": apptest.ID(b), "name": "Li"})
	sys := authz.System(s.Admin, "test")
	_ = s.DB.Tx(sys, func(ctx context.Context) error {
		return m.Credit.Post(ctx, crm.CustomerID(b.Base().ID), crm.OpenOrders, trace.Ref{Type: "ltc.order", ID: 9}, money.MustAmount("70"), "o9")
	})
	must(s, eve, "crm.duplicates", "merge", resource.Values{"keep": apptest.ID(a), "other": apptest.ID(b), "take_name": "true"})
	kept := s.Reload(a)
	if kept.Text("name") != "上海华东精密机械制造有限公司" || kept.Text("region") != "East" || kept.Text("tax_no") != "91152201078377449P" {
		t.Errorf("kept: %s %s %s", kept.Text("name"), kept.Text("region"), kept.Text("tax_no"))
	}
	if got := s.Reload(contact).Text("customer_id"); got != apptest.ID(a) {
		t.Errorf("the contact hangs on %s", got)
	}
	if c, err := m.Customers.Customer(sys, crm.CustomerID(b.Base().ID)); err != nil || int64(c.ID) != a.Base().ID {
		t.Errorf("the old id leads to %d (%v)", c.ID, err)
	}
	if len(merged) != 1 || int64(merged[0].Kept) != a.Base().ID {
		t.Errorf("events: %v", merged)
	}
	answer := creditOf(s, m, a)
	if answer.Orders.String() != "70.00" {
		t.Errorf("the exposure of the kept customer is %s", answer.Orders)
	}
	if _, err := do(s, ann, "crm.duplicates", "undo", resource.Values{"merge": "1"}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a representative undoes a merge: %v", err)
	}
	must(s, eve, "crm.duplicates", "undo", resource.Values{"merge": "1"})
	back, kept := s.Reload(b), s.Reload(a)
	if back.Text("region") != "East" || back.Stage() != "to_identify" || back.Base().ArchivedAt != nil || kept.Text("region") != "" || kept.Text("name") != "上海华东精密机械制造股份有限公司" {
		t.Errorf("after the undo: %s %s, kept %s %s", back.Text("region"), back.Stage(), kept.Text("region"), kept.Text("name"))
	}
	if s.Reload(contact).Text("customer_id") != apptest.ID(b) || creditOf(s, m, b).Orders.String() != "70.00" || creditOf(s, m, a).Orders.String() != "0.00" {
		t.Error("contact and exposure did not come back")
	}
	write(s, `UPDATE crm.merge SET undone_at = NULL, merged_at = now() - interval '31 days'`)
	if _, err := do(s, eve, "crm.duplicates", "undo", resource.Values{"merge": "1"}); !errs.Is(err, errs.Precondition) {
		t.Errorf("undo after 31 days: %v", err)
	}
	must(s, eve, "crm.duplicates", "distinct", resource.Values{"keep": apptest.ID(a), "other": apptest.ID(b)})
	if left := table(t, show(s, eve, "crm.duplicates", nil), "pairs"); len(left.Rows) != 0 {
		t.Errorf("%d suspicions are left", len(left.Rows))
	}
	s.Healthy()
}

// creditOf is the standing of a customer, asked for no document.
func creditOf(s *apptest.Suite, m *crmapp.Module, c resource.Row) (a crm.CreditAnswer) {
	s.T.Helper()
	err := s.DB.Tx(authz.System(s.Admin, "test"), func(ctx context.Context) (err error) {
		a, err = m.Credit.Check(ctx, crm.CustomerID(c.Base().ID), crm.AtOrder, trace.Ref{}, money.Amount{})
		return err
	})
	if err != nil {
		s.T.Fatalf("credit: %v", err)
	}
	return a
}

// TestCRM01ConfirmedOnly: where the policy says so, a customer that resembles another
// is made only when somebody confirms that it is none.
func TestCRM01ConfirmedOnly(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	s.Create(s.Admin, "crm.policy", resource.Values{"refuse_similar": "true"})
	s.Create(s.Admin, "crm.customer", resource.Values{"name": "Northern Lights Machinery Ltd"})
	like := resource.Values{"name": "Northern Lights Machinery GmbH"}
	if _, err := s.Must("crm.customer").CreateRow(s.Admin, like); !errs.Is(err, errs.Invalid) {
		t.Errorf("a twin was made: %v", err)
	}
	s.Create(s.Admin, "crm.customer", apptest.Merge(like, resource.Values{"distinct_ok": "true"}))
	if _, err := s.Must("crm.policy").CreateRow(s.Admin, resource.Values{"dormant_days": "1"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a policy that contradicts itself: %v", err)
	}
}

// TestCRM02Completeness: the score counts what is filled and valid, a stage asks for
// its fields, owners are reminded below 80 %.
func TestCRM02Completeness(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	ann := s.User("ann", "ltc.rep")
	c := s.Create(ann, "crm.customer", resource.Values{"name": "Acme"})
	if got := s.Reload(c).Text("completeness"); got != "100" {
		t.Errorf("name and owner are all the first stage asks for: %s %%", got)
	}
	s.Refused(ann, c, "identify", nil, errs.Invalid, "industry and source are missing")
	s.Create(s.Admin, "crm.field_standard", resource.Values{"field": "name", "from_stage": "to_identify", "weight": "3"})
	s.Create(s.Admin, "crm.field_standard", resource.Values{"field": "phone", "from_stage": "to_identify", "weight": "1"})
	if got := s.Reload(c).Text("completeness"); got != "75" {
		t.Errorf("3 of 4: %s %%", got)
	}
	v := s.Reload(c).Base().Version
	r, err := s.Must("crm.customer").UpdateRow(ann, c.Base().ID, v, resource.Values{"phone": "12"})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Reload(c).Text("completeness"); got != "75" {
		t.Errorf("a phone that cannot be right counts: %s %%", got)
	}
	low := table(t, show(s, ann, "crm.completeness", nil), "customers")
	if len(low.Rows) != 1 || !strings.HasSuffix(row(low.Rows[0]), "|75") {
		t.Errorf("to be completed: %v", low.Rows)
	}
	if err := s.Jobs.RunNow(s.Admin, "crm.completeness"); err != nil {
		t.Fatal(err)
	}
	if n, _ := s.Notices.List(s.Admin, user(ann), 10); len(n) != 1 || n[0].Kind != "completeness" {
		t.Errorf("ann was told %v", n)
	}
	if _, err := s.Must("crm.customer").UpdateRow(ann, c.Base().ID, r.Base().Version, resource.Values{"phone": "021-5888 1234"}); err != nil {
		t.Fatal(err)
	}
	if got := s.Reload(c).Text("completeness"); got != "100" {
		t.Errorf("all filled: %s %%", got)
	}
	if _, err := s.Must("crm.field_standard").CreateRow(ann, resource.Values{"field": "name", "weight": "1"}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a representative sets the standard: %v", err)
	}
	nobody := s.User("nobody", "isc.planner")
	if _, err := run(s, nobody, "crm.completeness", nil); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a planner reads the completeness: %v", err)
	}
}
