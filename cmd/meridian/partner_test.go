package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"meridian/platform/authz"
	"meridian/platform/resource"
)

// channel is two partners with a person who signs in for each, and the manager who looks
// after them.
type channel struct {
	*walker
	eve, one, two string
	of            map[string]int64 // partners
}

func newChannel(t *testing.T) *channel {
	t.Helper()
	w := &channel{walker: newWalker(t), of: map[string]int64{}}
	w.eve, w.one, w.two = w.person("eve", "ltc.manager"), w.person("one", "ltc.partner"), w.person("two", "ltc.partner")
	for _, name := range []string{"one", "two"} {
		p := w.call(w.eve, "POST", "/crm/partner", doc{"name": "Channel " + name, "region": "East", "agreement": "2026", "certified_until": inDays(300), "login_id": w.userID(name)}, 201)
		w.moveAs(w.eve, "crm.partner", id(p), "approve", nil)
		w.moveAs(w.eve, "crm.partner", id(p), "certify", nil)
		w.of[name] = id(p)
	}
	return w
}

func (s *suite) userID(name string) int64 {
	p, _ := s.Authz.Directory().ByUsername(name)
	return p.ID
}

// lead makes a lead of the manager and hands it out.
func (w *channel) lead(name, partner string) int64 {
	w.t.Helper()
	l := w.call(w.eve, "POST", "/ltc/lead", doc{"name": name, "company": name + " works", "phone": fmt.Sprintf("138%08d", len(name)*1000+int(w.of[partner])), "need": "Drives", "value": "9000"}, 201)
	w.moveAs(w.eve, "ltc.lead", id(l), "hand_out", doc{"partner_id": w.of[partner]})
	return id(l)
}

// TestCRM16PartnerPortal: a partner signs in like everybody and finds what is its own: its
// record, its leads, its registrations, the orders from its deals, its commission; what
// belongs to another partner is absent everywhere, and the pages of our people too.
func TestCRM16PartnerPortal(t *testing.T) {
	w := newChannel(t)
	colleague := w.person("colleague", "ltc.partner")
	lead := w.lead("Alpha", "one")
	w.lead("Gamma", "two")
	reg := w.call(w.one, "POST", "/crm/deal_registration", doc{"company": "Alpha Steel", "product": "SV-750W", "value": "9000"}, 201)
	w.call(w.two, "POST", "/crm/deal_registration", doc{"company": "Gamma Steel", "product": "SV-750W", "value": "100"}, 201)
	w.moveAs(w.eve, "crm.deal_registration", id(reg), "approve", nil)
	deal := w.one1("ltc.opportunity", "source=partner")
	if deal["amount"] != "9000.00" || deal["partner_id"] == nil {
		t.Errorf("the protected deal became %v", deal)
	}
	w.ordered(deal)

	for _, x := range []struct{ typ, mine string }{{"crm.partner", fmt.Sprint(w.of["one"])}, {"ltc.lead", fmt.Sprint(lead)}, {"crm.deal_registration", fmt.Sprint(id(reg))}} {
		list, _ := w.call(w.one, "GET", path1(x.typ), nil, 200)["items"].([]any)
		if len(list) != 1 {
			t.Errorf("partner one lists %d of %s, want its own", len(list), x.typ)
		}
		one := path1(x.typ) + "/" + x.mine
		w.call(w.one, "GET", one, nil, 200)
		for _, c := range []struct {
			method, path string
			body         any
		}{{"GET", one, nil}, {"GET", one + "/thread", nil}, {"GET", one + "/log", nil}} {
			if status, _, text := w.try(w.two, c.method, c.path, c.body); status != 404 {
				t.Errorf("%s %s answers partner two %d, want 404: %s", c.method, c.path, status, text)
			}
		}
	}
	w.call(w.two, "POST", fmt.Sprintf("/ltc/lead/%d/take", lead), doc{}, 404)
	w.call(w.two, "POST", fmt.Sprintf("/ltc/lead/%d/decline", lead), doc{"contacted": "no", "reason": "x"}, 404)
	w.call(w.two, "PATCH", fmt.Sprintf("/crm/deal_registration/%d", id(reg)), doc{"company": "x"}, 404, "If-Match", "1")

	for _, path := range []string{"/ltc/partner_orders", "/ltc/partner_commission", "/ltc/partner_leads", "/crm/partner_home"} {
		if got := fmt.Sprint(w.call(w.two, "GET", path, nil, 200)); strings.Contains(got, "Alpha") {
			t.Errorf("%s shows partner two what is of one: %s", path, got)
		}
	}
	asked := fmt.Sprint(w.call(w.two, "GET", fmt.Sprintf("/ltc/partner_orders?partner=%d", w.of["two"]), nil, 200))
	if strings.Contains(asked, "SO-") {
		t.Errorf("partner two reads orders: %s", asked)
	}
	w.call(w.two, "GET", fmt.Sprintf("/ltc/partner_orders?partner=%d", w.of["one"]), nil, 422)
	if got := fmt.Sprint(w.call(w.one, "GET", "/ltc/partner_orders", nil, 200)); !strings.Contains(got, "SO-") || strings.Contains(got, "margin") {
		t.Errorf("partner one reads its orders as %s", got)
	}

	b, mine := w.browserless("two"), w.browserless("one")
	for _, p := range []string{"/ltc/lead/export", "/crm/deal_registration/export", "/search?q=Alpha", "/ref/ltc.lead?q=Alpha", "/ref/crm.partner?q=one", "/", "/inbox", "/ltc/lead", "/crm/deal_registration", "/ltc/partner_leads"} {
		if status, body := w.page(b, p); strings.Contains(body, "Alpha") && !strings.Contains(p, "q=Alpha") || strings.Contains(body, "Alpha works") || strings.Contains(body, "Channel one") || status >= 500 {
			t.Errorf("%s answers partner two %d with what is of one", p, status)
		}
	}
	for _, p := range []string{"/ltc/lead/export", "/search?q=Alpha", "/ltc/partner_leads"} {
		if status, body := w.page(mine, p); status != 200 || !strings.Contains(body, "Alpha works") && !strings.Contains(p, "export") {
			t.Errorf("%s answers partner one %d without its lead", p, status)
		}
	}
	home := func() string { _, body := w.page(mine, "/"); return body }()
	for _, staff := range []string{"/crm/customer", "/ltc/opportunity", "/ltc/order", "/crm/partners", "/ltc/funnel", "/ltc/my_leads", "/core/user", "/cockpit", "/ltc/commission_line", "/ltc/sales_analysis"} {
		if strings.Contains(home, `href="`+staff+`"`) {
			t.Errorf("the home of a partner leads to %s", staff)
		}
		if status, _ := w.page(mine, staff); status != http.StatusForbidden {
			t.Errorf("%s answers a partner %d, want 403", staff, status)
		}
	}
	for _, own := range []string{"/ltc/partner_leads", "/ltc/partner_orders", "/ltc/partner_commission", "/crm/partner_home", "/crm/deal_registration"} {
		if !strings.Contains(home, own) {
			t.Errorf("the home of a partner misses %s", own)
		}
	}

	// a second person of the partner sees the same, until taken off
	w.call(colleague, "GET", fmt.Sprintf("/crm/deal_registration/%d", id(reg)), nil, 404)
	set := func(users []doc) {
		w.call(w.eve, "PATCH", fmt.Sprintf("/crm/partner/%d", w.of["one"]), doc{"users": users}, 200, "If-Match", fmt.Sprint(w.get("crm.partner", w.of["one"])["version"]))
	}
	set([]doc{{"user_id": w.userID("colleague")}})
	w.call(colleague, "GET", fmt.Sprintf("/crm/deal_registration/%d", id(reg)), nil, 200)
	w.call(w.eve, "PATCH", fmt.Sprintf("/crm/partner/%d", w.of["two"]), doc{"users": []doc{{"user_id": w.userID("colleague")}}}, 422, "If-Match", fmt.Sprint(w.get("crm.partner", w.of["two"])["version"]))
	set([]doc{})
	w.call(colleague, "GET", fmt.Sprintf("/crm/deal_registration/%d", id(reg)), nil, 404)
}

// one1 reads the only record of a list as admin.
func (w *channel) one1(typ, query string) doc { return w.walker.one(typ, query) }

// ordered makes a confirmed order of a deal behind the pages: what matters here is who
// sees it.
func (w *channel) ordered(deal doc) {
	w.t.Helper()
	customer := w.create("crm.customer", doc{"name": "Alpha Steel"})
	orders, err := w.Types.Doc("ltc.order")
	if err != nil {
		w.t.Fatal(err)
	}
	product := w.create("ipd.product", doc{"name": "SV-750W", "kind": "goods", "unit": "pcs", "tax_rate": "0.13"})
	w.move("ipd.product", id(product), "release", nil)
	ctx := authz.System(w.as("admin"), "test")
	if err := w.DB.Tx(ctx, func(ctx context.Context) error {
		_, err := orders.ImportRow(ctx, resource.Values{"customer_id": fmt.Sprint(id(customer)), "opportunity_id": fmt.Sprint(id(deal)), "order_date": today(),
			"lines": []resource.Values{{"product_id": fmt.Sprint(id(product)), "description": "SV-750W", "qty": "1", "unit_price": "100", "tax_rate": "0.13"}}}, resource.History{Stage: "confirmed"})
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
}

// TestCRM16LeadHandOut: a lead handed out is taken, sent back saying whether the customer
// was contacted, or goes back when its time is up; nobody but the partner answers.
func TestCRM16LeadHandOut(t *testing.T) {
	w := newChannel(t)
	stage := func(n int64, want string, owner string) doc {
		t.Helper()
		d := w.stage("ltc.lead", n, want)
		if got, _ := d["owner_id"].(float64); int64(got) != w.userID(owner) {
			t.Errorf("lead %d is owned by %v, want %s", n, d["owner_id"], owner)
		}
		return d
	}
	a := w.lead("Alpha", "one")
	stage(a, "offered", "one")
	w.call(w.eve, "POST", fmt.Sprintf("/ltc/lead/%d/take", a), doc{}, 403)
	w.call(w.one, "POST", fmt.Sprintf("/ltc/lead/%d/hand_out", a), doc{"partner_id": w.of["two"]}, 403)
	w.call(w.one, "POST", fmt.Sprintf("/ltc/lead/%d/take", a), doc{}, 200)
	w.call(w.one, "POST", fmt.Sprintf("/ltc/lead/%d/reach", a), doc{}, 200)
	if stage(a, "with_partner", "one")["contacted_at"] == nil {
		t.Error("the contact is not noted")
	}
	w.moveAs(w.eve, "ltc.lead", a, "convert", doc{"name": "Alpha line", "amount": "9000", "close_on": inDays(30)})
	if d := w.one1("ltc.opportunity", ""); d["partner_id"] == nil || int64(d["owner_id"].(float64)) != w.userID("eve") {
		t.Errorf("the deal of the partner's lead: %v", d)
	}

	b := w.lead("Beta", "one")
	w.call(w.one, "POST", fmt.Sprintf("/ltc/lead/%d/decline", b), doc{"reason": "no time"}, 422)
	w.call(w.one, "POST", fmt.Sprintf("/ltc/lead/%d/decline", b), doc{"contacted": "yes", "spam": true, "reason": "a competitor asks"}, 200)
	if d := stage(b, "new", "eve"); d["decline_contacted"] != "yes" || d["decline_spam"] != true || d["decline_reason"] != "a competitor asks" {
		t.Errorf("what the partner said is lost: %v", d)
	}
	w.call(w.one, "GET", fmt.Sprintf("/ltc/lead/%d", b), nil, 404)
	w.call(w.eve, "POST", fmt.Sprintf("/ltc/lead/%d/hand_out", b), doc{"partner_id": w.of["one"]}, 422)
	w.moveAs(w.eve, "ltc.lead", b, "hand_out", doc{"partner_id": w.of["two"]})

	run := func() {
		t.Helper()
		if err := w.Jobs.RunNow(w.as("admin"), "ltc.partner_leads"); err != nil {
			t.Fatal(err)
		}
	}
	run()
	stage(b, "offered", "two")
	w.exec(`UPDATE core.proc_instance SET due_at = now() - interval '1 minute' WHERE object_type = 'ltc.lead' AND object_id = $1`, b)
	run()
	stage(b, "new", "eve")
	w.call(w.two, "POST", fmt.Sprintf("/ltc/lead/%d/take", b), doc{}, 404)

	c := w.lead("Gamma", "two")
	w.call(w.two, "POST", fmt.Sprintf("/ltc/lead/%d/take", c), doc{}, 200)
	w.moveAs(w.eve, "crm.partner", w.of["two"], "suspend", doc{"reason": "complaints"})
	run()
	stage(c, "new", "eve")
	w.sound()
}

// TestLTC01LeadOfferedToTheNextPartner: a lead a partner does not answer in time goes by
// itself to the next best one, by region, tier and weight, to each once, then back.
func TestLTC01LeadOfferedToTheNextPartner(t *testing.T) {
	w := newChannel(t)
	for _, x := range []struct {
		name, region, tier string
		weight             int
	}{{"gold", "East", "gold", 1}, {"heavy", "East", "silver", 9}, {"west", "West", "gold", 9}, {"anywhere", "", "gold", 9}} {
		w.person(x.name, "ltc.partner")
		p := w.call(w.eve, "POST", "/crm/partner", doc{"name": "Channel " + x.name, "region": map[bool]string{true: "East", false: x.region}[x.region == ""], "tier": x.tier, "weight": x.weight, "agreement": "2026", "certified_until": inDays(300), "login_id": w.userID(x.name)}, 201)
		w.moveAs(w.eve, "crm.partner", id(p), "approve", nil)
		w.moveAs(w.eve, "crm.partner", id(p), "certify", nil)
		if x.region == "" {
			w.exec(`UPDATE crm.partner SET region = '' WHERE id = $1`, id(p))
		}
		w.of[x.name] = id(p)
	}
	w.exec(`UPDATE crm.partner SET tier = '', weight = 0 WHERE id = ANY(ARRAY[$1, $2]::bigint[])`, w.of["one"], w.of["two"])
	l := w.call(w.eve, "POST", "/ltc/lead", doc{"name": "Alpha", "company": "Alpha works", "phone": "13812345678", "need": "Drives", "region": "east", "value": "9000"}, 201)
	w.moveAs(w.eve, "ltc.lead", id(l), "hand_out", doc{"partner_id": w.of["one"]})
	for _, owner := range []string{"gold", "heavy", "two", "anywhere"} {
		w.exec(`UPDATE core.proc_instance SET due_at = now() - interval '1 minute' WHERE object_type = 'ltc.lead' AND object_id = $1`, id(l))
		for range 2 { // a second run finds nothing that is late
			if err := w.Jobs.RunNow(w.as("admin"), "ltc.partner_leads"); err != nil {
				t.Fatal(err)
			}
		}
		if d := w.stage("ltc.lead", id(l), "offered"); int64(d["owner_id"].(float64)) != w.userID(owner) {
			t.Fatalf("the lead went to person %v, want %s", d["owner_id"], owner)
		}
	}
	w.call(w.one, "POST", fmt.Sprintf("/ltc/lead/%d/take", id(l)), doc{}, 404) // it had its time
	w.exec(`UPDATE core.proc_instance SET due_at = now() - interval '1 minute' WHERE object_type = 'ltc.lead' AND object_id = $1`, id(l))
	if err := w.Jobs.RunNow(w.as("admin"), "ltc.partner_leads"); err != nil {
		t.Fatal(err)
	}
	if d := w.stage("ltc.lead", id(l), "new"); int64(d["owner_id"].(float64)) != w.userID("eve") {
		t.Errorf("after everybody was asked the lead is owned by %v", d["owner_id"])
	}
	w.sound()
}
