package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"meridian/platform/web/e2e"
)

// clicker is a person in front of the pages.
type clicker struct {
	*e2e.Tab
	t *testing.T
}

type fill [][2]string

var recordURL = regexp.MustCompile(`/(\d+)(?:\?.*)?$`)

// make fills the form of a new record and saves it.
func (c clicker) make(typ string, fields fill) int64 {
	c.t.Helper()
	c.Open(path1(typ) + "/new")
	for _, f := range fields {
		c.Fill(f[0], f[1])
	}
	c.Go("#form .bar-b button, form#form button.bt-primary", "")
	m := recordURL.FindStringSubmatch(c.Eval("location.pathname"))
	if m == nil {
		c.t.Fatalf("new %s was not saved: %.1500s", typ, c.Text())
	}
	id, _ := strconv.ParseInt(m[1], 10, 64)
	return id
}

// edit changes fields of a record.
func (c clicker) edit(typ string, id int64, fields fill) {
	c.t.Helper()
	c.Open(fmt.Sprintf("%s/%d/edit", path1(typ), id))
	for _, f := range fields {
		c.Fill(f[0], f[1])
	}
	c.Go("#form .bar-b button, form#form button.bt-primary", "")
	if strings.HasSuffix(c.Eval("location.pathname"), "/edit") {
		c.t.Fatalf("%s %d was not saved: %.1500s", typ, id, c.Text())
	}
}

// step presses the button of a move on the page of a record, in its dialog if it
// asks for input.
func (c clicker) step(typ string, id int64, move string, fields fill) {
	c.t.Helper()
	page := fmt.Sprintf("%s/%d", path1(typ), id)
	c.Open(page)
	c.Eval(`document.getElementById('record').dataset.old=1`)
	at := page + "/move/" + move
	button := fmt.Sprintf(`[formaction=%q]:not([disabled]), a[href=%q]`, at, at)
	c.Wait(fmt.Sprintf(`document.querySelector(%q)`, button))
	c.Eval(fmt.Sprintf(`document.querySelector(%q).click();1`, button))
	if fields != nil {
		c.Wait(`document.querySelector('#dialog-body #move')`)
		for _, f := range fields {
			c.Fill(f[0], f[1])
		}
		c.Eval(`document.querySelector('#move .dlg-f button').click();1`)
	}
	c.Wait(`!document.querySelector('#record[data-old]') && document.documentElement.dataset.ready`)
}

// approve decides a document from the inbox.
func (c clicker) approve(typ string, id int64) {
	c.t.Helper()
	c.Open("/inbox")
	find := fmt.Sprintf(`[...document.querySelectorAll('#inbox a')].filter(a=>a.getAttribute('href')===%q).map(a=>a.closest('li,article,.inb-i,div')).map(e=>{while(e&&!e.querySelector('button[value=approve]'))e=e.parentElement;return e})[0]`, fmt.Sprintf("%s/%d", path1(typ), id))
	c.Wait(find)
	c.Eval(`document.getElementById('inbox').dataset.old=1`)
	c.Eval(`(` + find + `).querySelector('button[value=approve]').click();1`)
	c.Wait(`!document.querySelector('#inbox[data-old]')`)
}

// TestWalkInBrowser walks the deal of TestWalk with mouse and keyboard: every
// document through its form, every step through its button, every approval through
// the inbox of somebody else.
func TestWalkInBrowser(t *testing.T) {
	w := newWalker(t)
	chrome := e2e.Browser(t)
	a := clicker{e2e.NewTab(t, chrome, w.url, e2e.Wide), t}
	b := clicker{e2e.NewTab(t, chrome, w.url, e2e.Look{Lang: "en", Theme: "light", Width: 1440}), t}
	a.SignIn("admin", testPassword)
	b.SignIn("second", testPassword)
	year := strconv.Itoa(here().Year())

	goal := a.make("dste.objective", fill{{"name", "Grow net sales"}, {"kpi", "ltc.net_sales"}, {"method", "ratio"}, {"target", "100000"}, {"from_on", inDays(-30)}, {"to_on", inDays(300)}, {"weight", "1"}})
	a.step("dste.objective", goal, "propose", nil)
	a.step("dste.objective", goal, "approve", nil)
	b.approve("dste.objective", goal)
	a.step("dste.objective", goal, "activate", nil)
	drive := a.make("ipd.product", fill{{"name", "SV-750W servo drive"}, {"kind", "goods"}, {"unit", "pcs"}, {"tax_rate", "0.13"}})
	a.step("ipd.product", drive, "release", nil)
	a.make("ltc.price", fill{{"product_id", itoa(drive)}, {"price", "1860"}, {"valid_from", inDays(-10)}})
	house := a.make("isc.warehouse", fill{{"name", "Main"}, {"is_default", "true"}})
	count := a.make("isc.adjustment", fill{{"cause", "opening"}, {"day", today()}, {"product_id", itoa(drive)}, {"warehouse_id", itoa(house)}, {"qty", "6"}, {"unit_cost", "900"}})
	a.step("isc.adjustment", count, "post", nil)
	if w.get("isc.adjustment", count)["stage"] != "posted" {
		b.approve("isc.adjustment", count)
	}
	supplier := a.make("proc.supplier", fill{{"name", "Suzhou Motors"}, {"payment_days", "30"}})
	b.step("proc.supplier", supplier, "qualify", nil)
	campaign := a.make("mtl.campaign", fill{{"name", "Autumn servo " + year}, {"kind", "web"}, {"objective_id", itoa(goal)}, {"starts_on", inDays(-1)}, {"ends_on", inDays(30)}, {"form_key", "servo"}, {"form_title", "Servo"}, {"form_active", "true"}})
	a.step("mtl.campaign", campaign, "approve", nil)
	a.step("mtl.campaign", campaign, "start", nil)
	w.call("", "POST", "/public/form/servo", doc{"name": "Li Wei", "company": "Huadong Precision", "title": "Director", "email": "li.wei@huadong-precision.cn", "need": "Ten servo drives before the new year, please quote.", "consent": true}, 201)

	lead := id(w.one("ltc.lead", ""))
	switch w.get("ltc.lead", lead)["stage"] {
	case "new":
		a.step("ltc.lead", lead, "assign", fill{{"owner", "1"}})
		fallthrough
	case "assigned":
		a.step("ltc.lead", lead, "contact", nil)
		fallthrough
	case "working":
		a.step("ltc.lead", lead, "qualify_marketing", nil)
	}
	a.step("ltc.lead", lead, "accept", nil)
	a.edit("ltc.lead", lead, fill{{"need_known", "true"}, {"budget_known", "true"}, {"authority_known", "true"}, {"time_known", "true"}})
	a.step("ltc.lead", lead, "qualify", nil)
	a.step("ltc.lead", lead, "convert", fill{{"name", "Drives for line 3"}, {"amount", "18600"}, {"close_on", inDays(20)}})
	deal := w.one("ltc.opportunity", "")
	customer := itoa(int64(deal["customer_id"].(float64)))
	a.step("ltc.opportunity", id(deal), "propose", nil)
	a.edit("crm.customer", int64(deal["customer_id"].(float64)), fill{{"credit_limit", "100000"}})

	quote := a.make("ltc.quote", fill{{"customer_id", customer}, {"opportunity_id", itoa(id(deal))}, {"valid_until", inDays(30)}, {"title", "Servo drives"}, {"lines.0.product_id", itoa(drive)}, {"lines.0.qty", "10"}, {"lines.0.unit_price", "1860"}, {"lines.0.discount", "5%"}})
	a.step("ltc.quote", quote, "submit", nil)
	a.step("ltc.quote", quote, "new_version", nil)
	v2 := id(w.one("ltc.quote", "stage=draft"))
	a.edit("ltc.quote", v2, fill{{"lines.0.discount", "15%"}})
	a.step("ltc.quote", v2, "submit", nil)
	b.approve("ltc.quote", v2)
	a.step("ltc.quote", v2, "send", nil)
	a.step("ltc.quote", v2, "accept", fill{{"accepted_by", "Li Wei"}})
	a.step("ltc.quote", v2, "make_contract", nil)
	contract := id(w.one("ltc.contract", ""))
	a.step("ltc.contract", contract, "submit", nil)
	a.step("ltc.contract", contract, "approve", nil)
	b.approve("ltc.contract", contract)
	a.step("ltc.contract", contract, "sign", fill{{"signed_by_customer", "Li Wei"}, {"signed_by_us", "Admin"}, {"on", today()}})
	a.step("ltc.contract", contract, "order", nil)
	order := id(w.one("ltc.order", ""))
	a.edit("ltc.order", order, fill{{"warehouse_id", itoa(house)}, {"wish_date", inDays(14)}, {"ship_to", "Shanghai"}})
	a.step("ltc.order", order, "confirm", nil)
	a.step("ltc.opportunity", id(deal), "win", fill{{"note", "Service and delivery convinced them"}})

	shortage := id(w.one("isc.shortage", "stage=open"))
	a.step("isc.shortage", shortage, "request", nil)
	req := id(w.one("proc.requisition", ""))
	a.edit("proc.requisition", req, fill{{"lines.0.est_price", "900"}})
	a.step("proc.requisition", req, "submit", nil)
	b.approve("proc.requisition", req)
	a.step("proc.requisition", req, "order", fill{{"supplier_id", itoa(supplier)}})
	po := id(w.one("proc.po", ""))
	a.edit("proc.po", po, fill{{"warehouse_id", itoa(house)}})
	a.step("proc.po", po, "submit", nil)
	b.approve("proc.po", po)
	a.step("proc.po", po, "issue", nil)
	a.step("proc.po", po, "confirm", fill{{"confirmed_on", inDays(5)}})
	receipt := b.make("proc.receipt", fill{{"po_id", itoa(po)}, {"received_on", today()}, {"warehouse_id", itoa(house)}})
	b.step("proc.receipt", receipt, "post", nil)
	a.step("proc.inspection", id(w.one("proc.inspection", "")), "decide", fill{{"accepted", "4"}, {"rejected", "0"}})

	a.step("ltc.order", order, "release", nil)
	ship := id(w.one("isc.shipment", ""))
	a.step("isc.shipment", ship, "pick", nil)
	a.step("isc.shipment", ship, "ship", fill{{"carrier", "SF Express"}, {"tracking", "SF1"}})
	a.step("isc.shipment", ship, "deliver", fill{{"delivered_on", today()}, {"signed_by", "Li Wei"}})
	acc := id(w.one("ltc.acceptance", ""))
	a.step("ltc.acceptance", acc, "accept", fill{{"signed_by", "Li Wei"}, {"on", today()}})
	a.step("ltc.acceptance", acc, "invoice", nil)
	inv := id(w.one("ltc.invoice", ""))
	a.step("ltc.invoice", inv, "approve", nil)
	b.approve("ltc.invoice", inv)
	a.step("ltc.invoice", inv, "post", nil)
	rec := a.make("ltc.receipt", fill{{"customer_id", customer}, {"amount", "17865.30"}, {"received_on", today()}, {"bank_ref", "ICBC-1"}})
	a.step("ltc.receipt", rec, "allocate", fill{{"invoice", itoa(inv)}})
	w.stage("ltc.invoice", inv, "paid")

	kase := a.make("itr.case", fill{{"subject", "Drive 3 hums"}, {"description", "Above 2000 rpm."}, {"channel", "phone"}, {"impact", "2"}, {"urgency", "2"}, {"category", "fault"}, {"customer_id", customer}, {"order_id", itoa(order)}, {"product_id", itoa(drive)}})
	a.step("itr.case", kase, "triage", fill{{"impact", "2"}})
	a.step("itr.case", kase, "assign", fill{{"assignee_id", "1"}})
	a.step("itr.case", kase, "accept", nil)
	a.step("itr.case", kase, "reply", fill{{"text", "We are on it."}})
	a.step("itr.case", kase, "raise_opportunity", fill{{"need", "Five more drives"}, {"value", "9300"}})
	a.step("itr.case", kase, "resolve", fill{{"cause_code", "use"}, {"resolution_code", "settings"}, {"solution", "Lowered the gain."}, {"knowledge", "none"}, {"knowledge_note", "known"}})
	token, err := w.surveyToken(id(w.one("itr.survey", "")))
	if err != nil {
		t.Fatal(err)
	}
	w.call("", "POST", "/public/survey/"+token, doc{"score": 5}, 201)

	for _, c := range []clicker{a, b} {
		c.Open(fmt.Sprintf("/ltc/order/%d/thread", order))
		for _, typ := range []string{"dste.objective", "mtl.campaign", "ltc.lead", "ltc.quote", "proc.po", "isc.shipment", "ltc.invoice", "itr.case", "itr.hint"} {
			no, _ := w.list(typ, "sort=id")[0]["no"].(string)
			if !strings.Contains(c.Text(), no) {
				t.Errorf("the thread page lacks %s %s", typ, no)
			}
		}
		c.Axe("thread")
		c.Shoot("walk-thread")
		c.Check("walk")
	}
	for name, p := range map[string]string{"order": "/ltc/order/1", "case": "/itr/case/1", "customer": "/crm/customer/1", "cockpit": "/cockpit", "board": "/ltc/opportunity?as=board", "quote-edit": "/ltc/contract/1/edit", "goal": "/dste/objective/1", "campaign": "/mtl/campaign/1", "product": "/ipd/product/1", "home": "/"} {
		a.Open(p)
		a.Axe(name)
		a.Shoot("walk-" + name)
		a.Check(name)
	}
	w.sound()
}
