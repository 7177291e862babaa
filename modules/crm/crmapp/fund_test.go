package crmapp_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"meridian/modules/crm"
	"meridian/platform/app/apptest"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// activePartner makes a certified partner whose person signs in.
func activePartner(t *testing.T, s *apptest.Suite, manager context.Context, name string) (context.Context, resource.Row) {
	t.Helper()
	who := s.User(name, "ltc.partner")
	p := s.Create(manager, "crm.partner", resource.Values{"name": name + " Trading", "region": "East", "agreement": "2026", "certified_until": day(s, 300), "login_id": fmt.Sprint(user(who))})
	s.Fire(manager, p, "approve", nil)
	s.Fire(manager, p, "certify", nil)
	return who, p
}

// TestCRM16MarketFund: a partner claims its own fund with a proof, somebody else approves,
// and of claims decided at once no more is approved and paid than the fund holds.
func TestCRM16MarketFund(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	eve, fay := s.User("eve", "ltc.manager"), s.User("fay", "core.finance_manager")
	one, p := activePartner(t, s, eve, "one")
	two, _ := activePartner(t, s, eve, "two")
	fund := s.Create(eve, "crm.market_fund", resource.Values{"name": "Fair", "partner_id": apptest.ID(p), "from_on": day(s, -60), "to_on": day(s, 60), "amount": "1000"})
	claim := func(ctx context.Context, amount, on string) (resource.Row, error) {
		return s.Must("crm.fund_claim").CreateRow(ctx, resource.Values{"fund_id": apptest.ID(fund), "activity": "Booth", "held_on": on, "amount": amount})
	}
	for _, x := range []struct {
		who        context.Context
		amount, on string
		field      string
	}{{one, "0", day(s, -1), "amount"}, {one, "1001", day(s, -1), "amount"}, {one, "10", day(s, -61), "held_on"}, {two, "10", day(s, -1), "fund_id"}} {
		_, err := claim(x.who, x.amount, x.on)
		if f := errs.Of(err).Fields; !errs.Is(err, errs.Invalid) || len(f) != 1 || f[0].Name != x.field {
			t.Errorf("a claim of %s held on %s: %v", x.amount, x.on, err)
		}
	}
	proof := resource.Values{"proof": resource.Upload{Name: "invoice.txt", Body: []byte("booth 300")}.Text()}
	var claims []resource.Row
	for range 8 {
		c, err := claim(one, "300", day(s, -1))
		if err != nil {
			t.Fatal(err)
		}
		claims = append(claims, c)
	}
	s.Refused(one, claims[0], "submit", nil, errs.Invalid, "handed in without a proof")
	for _, c := range claims {
		s.Fire(one, c, "submit", proof)
	}
	if files, err := s.Files.List(t.Context(), trace.Ref{Type: "crm.fund_claim", ID: claims[0].Base().ID}); err != nil || len(files) != 1 || files[0].Name != "invoice.txt" {
		t.Errorf("the proof: %v %v", files, err)
	}
	s.Call(two, http.MethodGet, "/crm/fund_claim/"+apptest.ID(claims[0]), nil, http.StatusNotFound)
	s.Call(two, http.MethodGet, "/crm/market_fund/"+apptest.ID(fund), nil, http.StatusNotFound)
	s.Call(one, http.MethodGet, "/crm/market_fund/"+apptest.ID(fund), nil, http.StatusOK)
	yes := resource.Values{"approved": "300"}
	s.Refused(one, claims[0], "approve", yes, errs.Forbidden, "a partner approves its own claim")
	own, err := claim(eve, "10", day(s, -1))
	if err != nil {
		t.Fatal(err)
	}
	s.Fire(eve, own, "submit", proof)
	s.Refused(eve, own, "approve", resource.Values{"approved": "10"}, errs.Forbidden, "who claimed approves")
	s.Refused(eve, claims[0], "approve", resource.Values{"approved": "301"}, errs.Invalid, "more than claimed")

	ok, failed := apptest.Together(8, func(i int) error {
		_, _, err := s.Must("crm.fund_claim").FireRow(eve, claims[i].Base().ID, 0, "approve", yes)
		return err
	})
	if ok != 3 {
		t.Errorf("%d claims of 300 approved on a fund of 1000: %v", ok, failed)
	}
	for _, err := range failed {
		if !errs.Is(err, errs.Precondition) {
			t.Errorf("beyond the fund: %v", err)
		}
	}
	approved := s.List("crm.fund_claim", map[string][]string{"stage": {"approved"}})
	s.Refused(eve, approved[0], "pay", resource.Values{"paid": "100", "paid_on": day(s, 0)}, errs.Forbidden, "sales pays")
	s.Refused(fay, approved[0], "pay", resource.Values{"paid": "301", "paid_on": day(s, 0)}, errs.Invalid, "more than approved")
	s.Fire(fay, approved[0], "pay", resource.Values{"paid": "250", "paid_on": day(s, 0)})
	s.Fire(eve, approved[1], "revoke", resource.Values{"reason": "the fair was cancelled"})
	if f := s.Reload(fund); f.Text("committed") != "550.00" || f.Text("paid") != "250.00" {
		t.Errorf("the fund: approved %s, paid %s", f.Text("committed"), f.Text("paid"))
	}
	if _, err := s.Must("crm.market_fund").UpdateRow(eve, fund.Base().ID, s.Reload(fund).Base().Version, resource.Values{"amount": "500"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a fund below what is approved: %v", err)
	}
	if got := table(t, show(s, one, "crm.partner_home", nil), "funds"); len(got.Rows) != 1 || got.Rows[0].Cells[6].Text != "450.00" {
		t.Errorf("the fund as the partner sees it: %v", got.Rows)
	}
	if got := table(t, show(s, two, "crm.partner_home", nil), "funds"); len(got.Rows) != 0 {
		t.Error("a partner sees the fund of another")
	}

	three := s.User("three", "ltc.partner") // takes over from the one who signed in so far
	if _, err := s.Must("crm.partner").UpdateRow(eve, p.Base().ID, s.Reload(p).Base().Version, resource.Values{"login_id": fmt.Sprint(user(three))}); err != nil {
		t.Fatal(err)
	}
	s.Call(one, http.MethodGet, "/crm/fund_claim/"+apptest.ID(claims[0]), nil, http.StatusNotFound)
	s.Call(three, http.MethodGet, "/crm/fund_claim/"+apptest.ID(claims[0]), nil, http.StatusOK)
	s.Call(three, http.MethodGet, "/crm/market_fund/"+apptest.ID(fund), nil, http.StatusOK)
	s.Healthy()
}

// TestCRM16ScoreAndTier: the score shows its parts, follows the weights of the policy and
// sets the tier; the ranking goes by deals, amount and money received.
func TestCRM16ScoreAndTier(t *testing.T) {
	t.Parallel()
	s, m := setup(t)
	eve := s.User("eve", "ltc.manager")
	one, p := activePartner(t, s, eve, "one")
	two, _ := activePartner(t, s, eve, "two")
	won := func(who context.Context, company, amount string) {
		r := s.Create(who, "crm.deal_registration", resource.Values{"company": company, "product": "Drive", "value": amount})
		s.Fire(eve, r, "approve", nil)
		s.Fire(eve, r, "convert", resource.Values{"won": amount})
	}
	c := s.Create(eve, "crm.customer", resource.Values{"name": "Steel"})
	won(one, "Steel", "600000")
	won(two, "Wire", "100000")
	won(two, "Cable", "100000")
	for i, f := range []crm.Fact{{Kind: crm.FactReceipt, Amount: money.MustAmount("70000")}, {Kind: crm.FactPraise}, {Kind: crm.FactComplaint}} {
		f.Customer, f.On, f.N, f.Doc, f.Key = crm.CustomerID(c.Base().ID), on(t, day(s, 0)), 1, trace.Ref{Type: "ltc.receipt", ID: int64(i + 1)}, fmt.Sprint("f", i)
		if err := s.DB.Tx(s.Admin, func(ctx context.Context) error { return m.Facts.Record(ctx, f) }); err != nil {
			t.Fatal(err)
		}
	}
	first := func(by string) string {
		return row(table(t, show(s, eve, "crm.partners", resource.Values{"by": by}), "scores").Rows[0])
	}
	// no year before: (60*40 + 100*20 + 50*20) / 80 and (20*40 + 100*20) / 60
	if got := first(""); got != s.Reload(p).Base().No+" one Trading|1|600000.00|70000.00|0.00|60||100|50|67.5||Silver" {
		t.Errorf("the score of one: %s", got)
	}
	for by, name := range map[string]string{"deals": "two Trading", "received": "one Trading", "score": "one Trading"} {
		if got := first(by); !strings.Contains(got, name) {
			t.Errorf("by %s the first is %s", by, got)
		}
	}
	must(s, eve, "crm.partners", "set_tiers", resource.Values{})
	if got := s.Reload(p).Text("tier"); got != "silver" {
		t.Errorf("the tier is %q", got)
	}
	policy := s.Create(s.Admin, "crm.policy", resource.Values{"partner_revenue": "0", "partner_satisfaction": "0"})
	if got := first("score"); !strings.Contains(got, "|100||Gold") && !strings.Contains(got, "|100|Silver|Gold") {
		t.Errorf("by certification alone: %s", got)
	}
	for _, v := range []resource.Values{{"partner_growth": "0", "partner_certification": "0"}, {"partner_gold": "40"}} {
		if _, err := s.Must("crm.policy").UpdateRow(s.Admin, policy.Base().ID, s.Reload(policy).Base().Version, v); !errs.Is(err, errs.Invalid) {
			t.Errorf("policy %v: %v", v, err)
		}
	}
	if _, err := do(s, one, "crm.partners", "set_tiers", resource.Values{}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a partner sets its tier: %v", err)
	}
}
