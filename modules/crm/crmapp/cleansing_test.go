package crmapp_test

import (
	"context"
	"strings"
	"testing"

	"meridian/modules/crm"
	"meridian/platform/app/apptest"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// TestCRM01Cleansing: double, wrong and outdated records stand in one list with counts, each
// reader sees its own; batches verify, clear, archive and merge what the actor may change,
// never a right value or a customer with open business; a merge is undone as any other.
func TestCRM01Cleansing(t *testing.T) {
	t.Parallel()
	s, m := setup(t)
	ann, bob, eve := s.User("ann", "ltc.rep"), s.User("bob", "ltc.rep"), s.User("eve", "ltc.manager")
	fresh := func(ctx context.Context, v resource.Values) resource.Row {
		c := s.Create(ctx, "crm.customer", v)
		write(s, `UPDATE crm.customer SET last_touch_at = now() WHERE id = $1`, c.Base().ID)
		return c
	}
	good := fresh(ann, resource.Values{"name": "Good", "phone": "021-55550001", "email": "a@good.example"})
	tax := fresh(ann, resource.Values{"name": "Bad tax", "tax_no": "91152201078377449X"})
	tel := fresh(ann, resource.Values{"name": "Bad phone", "phone": "12"})
	mail := fresh(bob, resource.Values{"name": "Bad mail", "email": "x@nowhere"})
	old := fresh(ann, resource.Values{"name": "Old"})
	person := s.Create(ann, "crm.contact", resource.Values{"customer_id": apptest.ID(old), "name": "Li", "phone": "021-55550009", "verified_on": day(s, -200)})
	quiet := fresh(ann, resource.Values{"name": "Quiet"})
	write(s, `UPDATE crm.customer SET created_at = created_at - interval '300 days' WHERE id = ANY($1)`, []int64{old.Base().ID, quiet.Base().ID})
	write(s, `UPDATE crm.customer SET last_touch_at = now() - interval '190 days', verified_on = current_date WHERE id = $1`, quiet.Base().ID)

	r := show(s, eve, "crm.cleansing", nil)
	if got := tile(t, r, "tax") + tile(t, r, "phone") + tile(t, r, "mail") + tile(t, r, "unverified") + tile(t, r, "silent"); got != "11111" {
		t.Errorf("wrong tax number, phone, mail, unverified, silent: %s, want one each", got)
	}
	if rows := table(t, r, "records").Rows; len(rows) != 5 {
		t.Errorf("%d records to put right, want 5", len(rows))
	}
	own := table(t, show(s, bob, "crm.cleansing", nil), "records")
	if len(own.Rows) != 1 || !strings.Contains(row(own.Rows[0]), "Bad mail") {
		t.Errorf("bob sees %d records", len(own.Rows))
	}
	if _, err := run(s, s.User("otto", "isc.planner"), "crm.cleansing", nil); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a planner opens it: %v", err)
	}

	no := func(c resource.Row) string { return s.Reload(c).Base().No }
	for _, in := range []resource.Values{{}, {"numbers": "CU-999999"}, {"numbers": no(tax)}, {"numbers": no(good)}} {
		if _, err := do(s, bob, "crm.cleansing", "verify", in); !errs.Is(err, errs.Invalid) {
			t.Errorf("verify %v of bob: %v", in, err)
		}
	}
	if _, err := do(s, ann, "crm.cleansing", "archive", resource.Values{"numbers": no(tel), "reason": "x"}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a representative archives: %v", err)
	}

	must(s, ann, "crm.cleansing", "verify", resource.Values{"kind": "unverified", "all": "true"})
	if got := s.Reload(person).Text("verified_on"); got != day(s, 0) || s.Reload(old).Text("verified_on") != got {
		t.Errorf("verified on %s", got)
	}
	must(s, eve, "crm.cleansing", "clear", resource.Values{"field": "phone", "all": "true"})
	if s.Reload(tel).Text("phone") != "" || s.Reload(good).Text("phone") != "021-55550001" {
		t.Errorf("phones after the clearing: %q %q", s.Reload(tel).Text("phone"), s.Reload(good).Text("phone"))
	}
	if _, err := do(s, eve, "crm.cleansing", "clear", resource.Values{"kind": "tax", "field": "phone", "numbers": no(tax)}); !errs.Is(err, errs.Precondition) {
		t.Errorf("clearing what is not wrong: %v", err)
	}
	fix := func(ctx context.Context, c resource.Row, field, value string) error {
		_, err := do(s, ctx, "crm.cleansing", "fix", resource.Values{"customer": apptest.ID(c), "field": field, "value": value})
		return err
	}
	if err := fix(ann, tax, "tax_no", "91152201078377449Y"); !errs.Is(err, errs.Invalid) {
		t.Errorf("another wrong number: %v", err)
	}
	if err := fix(ann, mail, "email", "x@right.example"); !errs.Is(err, errs.NotFound) {
		t.Errorf("ann puts bob's customer right: %v", err)
	}
	if err := fix(ann, tax, "tax_no", "91152201078377449P"); err != nil {
		t.Fatal(err)
	}

	post := func(part crm.ExposurePart, amount string) {
		t.Helper()
		err := s.DB.Tx(authz.System(s.Admin, "test"), func(ctx context.Context) error {
			return m.Credit.Post(ctx, crm.CustomerID(quiet.Base().ID), part, trace.Ref{Type: "ltc.invoice", ID: 7}, money.MustAmount(amount), "k"+amount)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	post(crm.Receivables, "70")
	archive := resource.Values{"kind": "silent", "all": "true", "reason": "gone"}
	if _, err := do(s, eve, "crm.cleansing", "archive", archive); !errs.Is(err, errs.Precondition) {
		t.Errorf("archived with an open invoice: %v", err)
	}
	post(crm.Receivables, "-70")
	must(s, eve, "crm.cleansing", "archive", archive)
	if _, err := s.Must("crm.customer").GetRow(s.Admin, quiet.Base().ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("an archived customer is found: %v", err)
	}
	if got := tile(t, show(s, eve, "crm.cleansing", nil), "silent"); got != "0" {
		t.Errorf("%s silent ones are left", got)
	}

	twin := s.Create(bob, "crm.customer", resource.Values{"name": "Twin", "region": "East"})
	write(s, `UPDATE crm.customer SET tax_no = '91152201078377449P', tax_ok = true WHERE id = $1`, twin.Base().ID)
	write(s, `INSERT INTO crm.duplicate (a_id, b_id, why, score) VALUES ($1, $2, 'tax_no', 1)`, tax.Base().ID, twin.Base().ID)
	must(s, eve, "crm.cleansing", "merge_sure", resource.Values{})
	if _, err := s.Must("crm.customer").GetRow(s.Admin, twin.Base().ID); !errs.Is(err, errs.NotFound) || s.Reload(tax).Text("region") != "East" {
		t.Errorf("the pair was not merged: %v", err)
	}
	merged := table(t, show(s, eve, "crm.duplicates", nil), "merged")
	if len(merged.Rows) != 1 {
		t.Fatalf("%d merges", len(merged.Rows))
	}
	must(s, eve, "crm.duplicates", "undo", merged.Rows[0].Acts[0].Values)
	for _, c := range []resource.Row{tax, twin} {
		if _, err := s.Must("crm.customer").GetRow(s.Admin, c.Base().ID); err != nil {
			t.Errorf("after the undo: %v", err)
		}
	}
	s.Healthy()
}
