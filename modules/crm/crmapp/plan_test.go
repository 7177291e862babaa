package crmapp_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"meridian/modules/crm"
	"meridian/modules/crm/crmapp"
	"meridian/platform/app"
	"meridian/platform/app/apptest"
	"meridian/platform/authz"
	"meridian/platform/db"
	base "meridian/platform/record"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// deal stands in for the deals of the module that sells.
type deal struct {
	base.Base
	CustomerID, ProductID, PartnerID *int64
}

// withDeals is setup with a type of deals.
func withDeals(t *testing.T) (*apptest.Suite, *crmapp.Module) {
	t.Helper()
	var m *crmapp.Module
	s := apptest.New(t, func(p *app.Platform) {
		apptest.StandIn(t, p, "ipd.product")
		if err := p.DB.Tx(t.Context(), func(ctx context.Context) error {
			return p.DB.Exec(ctx, `RESET ROLE; CREATE TABLE crm.test_deal (LIKE core.base INCLUDING ALL, customer_id bigint, product_id bigint, partner_id bigint); SET ROLE meridian_app`)
		}); err != nil {
			t.Fatal(err)
		}
		resource.Register(p.Types, &resource.Type[deal]{Name: "crm.test_deal", Label: "Deal", Number: "TD-{000}", Store: db.NewStore[deal](p.DB, "crm.test_deal"),
			Fields: resource.Fields[deal]{
				resource.OptRef("customer_id", "Customer", func(d *deal) **int64 { return &d.CustomerID }, "crm.customer").Filter(),
				resource.OptRef("product_id", "Product", func(d *deal) **int64 { return &d.ProductID }, "ipd.product").Filter(),
				resource.OptRef("partner_id", "Partner", func(d *deal) **int64 { return &d.PartnerID }, "crm.customer").Filter(),
			}})
		m = crmapp.New(p)
		m.DealsOf("crm.test_deal")
	})
	return s, m
}

// certified makes an active partner of the region East.
func certified(s *apptest.Suite, name string, login context.Context) resource.Row {
	s.T.Helper()
	p := s.Create(s.Admin, "crm.partner", resource.Values{"name": name, "region": "East", "agreement": "2026", "certified_until": day(s, 300), "login_id": fmt.Sprint(user(login))})
	s.Fire(s.Admin, p, "approve", nil)
	return s.Fire(s.Admin, p, "certify", nil)
}

// TestCRM07ProductAndPartnerUnits: a product and the team of a partner are units like a
// branch: rates, stock and gap are those of the customers its deals name, by the same rule.
// Eight customers came to a deal and two signed, 25 % for the whole company; the three of the
// product signed twice, (2 + 20 x 25 %) / 23 = 30.4348 %; the three of the partner once,
// (1 + 20 x 25 %) / 23 = 26.087 %.
func TestCRM07ProductAndPartnerUnits(t *testing.T) {
	t.Parallel()
	s, m := withDeals(t)
	eve := s.User("eve", "ltc.partner")
	partner := certified(s, "Channel", eve)
	own := partner.Text("customer_id")
	who, _ := authz.Of(s.Admin)
	deal := func(customer, product, partner string) {
		s.Create(s.Admin, "crm.test_deal", resource.Values{"customer_id": customer, "product_id": product, "partner_id": partner})
	}
	var c []string
	for i := range 8 {
		x := s.Create(s.Admin, "crm.customer", resource.Values{"name": fmt.Sprint("Customer ", i)})
		c = append(c, apptest.ID(x))
		for n, to := range []crm.Lifecycle{crm.Opportunity, crm.Signed} {
			if to == crm.Signed && i != 0 && i != 2 {
				continue
			}
			if err := m.Customers.Advance(authz.System(s.Admin, "test"), crm.CustomerID(x.Base().ID), to, trace.Ref{Type: "ltc.opportunity", ID: int64(10*i + n + 1)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	deal(c[0], "7", "")
	deal(c[1], "7", "")
	deal(c[2], "7", own)
	deal(c[2], "8", "") // counts once
	deal(c[3], "", own)
	reg := s.Create(eve, "crm.deal_registration", resource.Values{"company": "Customer 4", "product": "Drives", "value": "10"})
	write(s, `UPDATE crm.open_deal SET closed_at = now()`) // nobody stands in the way of the registration
	s.Fire(s.Admin, reg, "approve", nil)

	plan := resource.Values{"unit_dept_id": who.Dept, "target": "100", "average_deal": "10", "to_potential": "0.02", "to_deal": "0.1", "from_on": day(s, -10), "to_on": day(s, 80)}
	for _, x := range []resource.Values{{}, {"product_id": 7}, {"partner_id": partner.Base().ID, "region": ""}, {"product_id": 7, "partner_id": partner.Base().ID}} {
		s.Call(s.Admin, http.MethodPost, "/crm/resource_plan", apptest.Merge(plan, x), http.StatusCreated)
	}
	needs := func(table string) string {
		var out []string
		for _, r := range s.Table(s.Admin, "/crm/resource_gap", table) {
			if table == "plans" {
				out = append(out, fmt.Sprint(r["signed"], " ", r["to_signature"], " ", r["opportunity"], " ", r["potential"], " ", r["customers"]))
			} else if r["stage"] == "Signed" || r["stage"] == "Opportunity" {
				out = append(out, fmt.Sprint(r["have"], "/", r["required"], " ", r["gap"]))
			}
		}
		return strings.Join(out, ", ")
	}
	if got, want := needs("plans"), "10 0.25 40 400 20000, 10 0.304348 33 330 16500, 10 0.26087 39 390 19500, 10 0.285714 36 360 18000"; got != want {
		t.Errorf("needed\n%s, want\n%s", got, want)
	}
	// signed: who signed in the period and what the open deals will bring; the company has six
	// of them at 25 %, so one more
	if got, want := needs("gaps"), "3/10 7, 8/40 32, 2/10 8, 3/33 30, 1/10 9, 3/39 36, 1/10 9, 1/36 35"; got != want {
		t.Errorf("gap\n%s, want\n%s", got, want)
	}
	foot := show(s, s.Admin, "crm.resource_gap", nil)
	if got := table(t, foot, "plans").Foot[2].Text; got != "100.00" {
		t.Errorf("the parts of the branch count twice: %s", got)
	}
	if got := row(table(t, foot, "gaps").Rows[8]); !strings.Contains(got, "Channel") {
		t.Errorf("the unit of the partner is called %q", got)
	}
	deal(c[6], "7", "")
	if got := needs("gaps"); !strings.Contains(got, "2/10 8, 4/") {
		t.Errorf("a further deal of the product changes nothing: %s", got)
	}

	west := s.Create(s.Admin, "core.department", resource.Values{"name": "West", "branch": "true"})
	for field, x := range map[string]resource.Values{"region": {"region": "West"}, "unit_dept_id": {"unit_dept_id": west.Base().ID}} {
		_, _, text := s.Try(s.Admin, http.MethodPost, "/crm/resource_plan", apptest.Merge(plan, resource.Values{"partner_id": partner.Base().ID}, x))
		if !strings.Contains(text, `"`+field+`"`) {
			t.Errorf("a partner of the East planned by %v: %s", x, text)
		}
	}
	s.Fire(s.Admin, partner, "end", resource.Values{"reason": "x"})
	s.Call(s.Admin, http.MethodPost, "/crm/resource_plan", apptest.Merge(plan, resource.Values{"partner_id": partner.Base().ID}), http.StatusUnprocessableEntity)
	s.Call(eve, http.MethodGet, "/crm/resource_gap", nil, http.StatusForbidden)
	s.Call(eve, http.MethodPost, "/crm/resource_plan", plan, http.StatusForbidden)
}
