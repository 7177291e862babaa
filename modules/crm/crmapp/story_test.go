package crmapp_test

import (
	"context"
	"strings"
	"testing"

	"meridian/modules/crm"
	"meridian/modules/crm/crmapp"
	"meridian/platform/app"
	"meridian/platform/app/apptest"
	"meridian/platform/authz"
	"meridian/platform/db/dbtest"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func setup(t *testing.T) (*apptest.Suite, *crmapp.Module) {
	t.Helper()
	var m *crmapp.Module
	s := apptest.New(t, func(p *app.Platform) {
		apptest.StandIn(t, p, "ipd.product")
		m = crmapp.New(p)
	})
	return s, m
}

// TestStory tells a customer's first weeks: found, followed up, won.
func TestStory(t *testing.T) {
	t.Parallel()
	s, m := setup(t)
	c := s.Create(s.Admin, "crm.customer", resource.Values{"name": "华东精密制造有限公司", "industry": "Machinery", "credit_limit": "100000"})
	if got, want := c.Stage(), "to_identify"; got != want {
		t.Errorf("a new customer is in stage %q, want %q", got, want)
	}
	if !strings.HasPrefix(c.Base().No, "CU-000") {
		t.Errorf("number %q does not follow the pattern", c.Base().No)
	}

	f := s.Create(s.Admin, "crm.followup", resource.Values{"customer_id": apptest.ID(c), "subject": "First call", "channel": "call", "planned_on": "2026-11-23"})
	_, _, err := s.Must("crm.followup").FireRow(s.Admin, f.Base().ID, 0, "hold", resource.Values{"conclusion": "They need 40 drives."})
	if !errs.Is(err, errs.Invalid) {
		t.Errorf("a follow-up without next step: %v, want Invalid", err)
	}
	s.Fire(s.Admin, f, "hold", resource.Values{"conclusion": "They need 40 drives.", "next_step": "Visit the plant", "next_on": "2026-11-30"})
	list, err := s.Must("crm.followup").ListRows(s.Admin, resource.ListQuery{Filters: map[string][]string{"stage": {"planned"}}})
	if err != nil || len(list.Rows) != 1 || list.Rows[0].Text("subject") != "Visit the plant" {
		t.Errorf("the next step was not planned: %v %v", list.Rows, err)
	}

	sys := authz.System(s.Admin, "test")
	if err := m.Customers.Advance(sys, crm.CustomerID(c.Base().ID), crm.Signed, trace.Ref{Type: "ltc.contract", ID: 1}); err != nil {
		t.Fatalf("advance: %v", err)
	}
	if err := m.Customers.Advance(sys, crm.CustomerID(c.Base().ID), crm.Opportunity, trace.Ref{Type: "ltc.opportunity", ID: 1}); err != nil {
		t.Fatalf("advance back: %v", err)
	}
	if got := s.Reload(c).Stage(); got != "signed" {
		t.Errorf("life cycle is %q after a contract and a late opportunity, want signed", got)
	}
	s.Healthy()
}

func TestEnsureFindsTheSameCompany(t *testing.T) {
	t.Parallel()
	s, m := setup(t)
	sys := authz.System(s.Admin, "test")
	a, p, err := m.Customers.Ensure(sys, crm.NewCustomer{Name: "Acme Co., Ltd.", ContactName: "Ann"}, trace.Ref{})
	if err != nil {
		t.Fatalf("ensure: %v", err)
	}
	b, q, err := m.Customers.Ensure(sys, crm.NewCustomer{Name: "ACME", ContactName: "Ann"}, trace.Ref{})
	if err != nil || a != b || p != q {
		t.Errorf("second ensure gave %d/%d, want %d/%d (%v)", b, q, a, p, err)
	}
}

func TestCredit(t *testing.T) {
	t.Parallel()
	s, m := setup(t)
	c := s.Create(s.Admin, "crm.customer", resource.Values{"name": "Acme", "credit_limit": "1000.00"})
	id := crm.CustomerID(c.Base().ID)
	doc := trace.Ref{Type: "ltc.order", ID: 7}
	sys := authz.System(s.Admin, "test")
	err := s.DB.Tx(sys, func(ctx context.Context) error {
		a, err := m.Credit.Check(ctx, id, crm.AtOrder, doc, money.MustAmount("600"))
		if err != nil || !a.Pass {
			t.Errorf("600 of 1000: %+v %v", a, err)
		}
		for range 2 { // the second posting repeats the key and must do nothing
			if err := m.Credit.Post(ctx, id, crm.OpenOrders, doc, money.MustAmount("600"), "ltc.order/7:confirm"); err != nil {
				return err
			}
		}
		a, err = m.Credit.Check(ctx, id, crm.AtOrder, doc, money.MustAmount("400.01"))
		if err != nil || a.Pass || a.Exposure.String() != "600.00" {
			t.Errorf("400.01 on top of 600: %+v %v", a, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Healthy()
}

func TestRightsAndRows(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	ann, bob := s.User("ann", "ltc.rep"), s.User("bob", "ltc.rep")
	mine := s.Create(ann, "crm.customer", resource.Values{"name": "Ann's"})
	if _, err := s.Must("crm.customer").GetRow(bob, mine.Base().ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("bob reads ann's customer: %v, want NotFound", err)
	}
	if _, err := s.Must("crm.customer").UpdateRow(bob, mine.Base().ID, 1, resource.Values{"name": "Bob's"}); !errs.Is(err, errs.NotFound) {
		t.Errorf("bob changes ann's customer: %v, want NotFound", err)
	}
	if _, err := s.Must("crm.customer").UpdateRow(ann, mine.Base().ID, 1, resource.Values{"name": "Ann's best"}); err != nil {
		t.Errorf("ann changes her customer: %v", err)
	}
	if _, err := s.Must("crm.customer").UpdateRow(ann, mine.Base().ID, 1, resource.Values{"name": "Stale"}); !errs.Is(err, errs.Conflict) {
		t.Errorf("stale version: %v, want Conflict", err)
	}
	if _, err := s.Must("crm.customer").CreateRow(ann, resource.Values{"name": "X", "nosuch": "1", "payment_days": "9999"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("unknown field: %v, want Invalid", err)
	}
}

// TestAdvanceAtOnce: of many documents that advance one customer at the same time, one
// moves it and none fails.
func TestAdvanceAtOnce(t *testing.T) {
	t.Parallel()
	s, m := setup(t)
	c := s.Create(s.Admin, "crm.customer", resource.Values{"name": "Acme"})
	sys := authz.System(s.Admin, "test")
	ok, failed := apptest.Together(16, func(i int) error {
		return s.DB.Tx(sys, func(ctx context.Context) error {
			return m.Customers.Advance(ctx, crm.CustomerID(c.Base().ID), []crm.Lifecycle{crm.Opportunity, crm.Signed}[i%2], trace.Ref{Type: "ltc.opportunity", ID: int64(i + 1)})
		})
	})
	if ok != 16 {
		t.Errorf("%d of 16 advanced: %v", ok, failed)
	}
	if got := s.Reload(c).Stage(); got != "signed" {
		t.Errorf("the customer is in stage %q, want signed", got)
	}
	s.Healthy()
}
