package main

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// walker drives the suite over HTTP as several people.
type walker struct {
	*suite
	admin, second string // tokens; four eyes bind both
}

func newWalker(t *testing.T) *walker {
	t.Helper()
	w := &walker{suite: newSuite(t)}
	w.admin = w.person("admin", "")
	w.second = w.person("second", "core.admin,ltc.rep")
	return w
}

type doc = map[string]any

func id(d doc) int64 { n, _ := d["id"].(float64); return int64(n) }

// create makes a record as admin.
func (w *walker) create(typ string, body doc) doc {
	w.t.Helper()
	return w.call(w.admin, "POST", path1(typ), body, 201)
}

func path1(typ string) string { return "/" + strings.Replace(typ, ".", "/", 1) }

// get reads a record as admin.
func (w *walker) get(typ string, n int64) doc {
	w.t.Helper()
	return w.call(w.admin, "GET", fmt.Sprintf("%s/%d", path1(typ), n), nil, 200)
}

// move runs a step as admin and lets the second person approve when it is asked for.
func (w *walker) move(typ string, n int64, move string, body doc) doc {
	w.t.Helper()
	return w.moveAs(w.admin, typ, n, move, body)
}

func (w *walker) moveAs(token, typ string, n int64, move string, body doc) doc {
	w.t.Helper()
	if body == nil {
		body = doc{}
	}
	status, out, text := w.try(token, "POST", fmt.Sprintf("%s/%d/%s", path1(typ), n, move), body)
	switch status {
	case 200:
		return out
	case 202:
		other := w.second
		if token == w.second {
			other = w.admin
		}
		w.approve(token, typ, n, false)
		for w.approve(other, typ, n, true) {
		}
		return w.get(typ, n)
	}
	w.t.Fatalf("%s of %s %d answered %d: %s", move, typ, n, status, text)
	return nil
}

// approve decides the open approval of a document. The submitter has none to
// decide: nobody decides about an own document.
func (w *walker) approve(token, typ string, n int64, want bool) bool {
	w.t.Helper()
	items, _ := w.call(token, "GET", "/inbox", nil, 200)["items"].([]any)
	for _, x := range items {
		it, _ := x.(doc)
		if it["kind"] == "approval" && it["type"] == typ && id(it) == n {
			if !want {
				w.t.Fatalf("the submitter is asked to approve %s %d", typ, n)
			}
			task, _ := it["task"].(float64)
			w.call(token, "POST", fmt.Sprintf("/approval/%d/approve", int64(task)), doc{"opinion": "fine"}, 200)
			return true
		}
	}
	return false
}

// list reads a list as admin.
func (w *walker) list(typ, query string) []doc {
	w.t.Helper()
	items, _ := w.call(w.admin, "GET", path1(typ)+"?"+query, nil, 200)["items"].([]any)
	var out []doc
	for _, x := range items {
		d, _ := x.(doc)
		out = append(out, d)
	}
	return out
}

// one reads the only record of a list.
func (w *walker) one(typ, query string) doc {
	w.t.Helper()
	l := w.list(typ, query)
	if len(l) != 1 {
		w.t.Fatalf("%s?%s has %d records, want 1: %v", typ, query, len(l), l)
	}
	return l[0]
}

func (w *walker) stage(typ string, n int64, want string) doc {
	w.t.Helper()
	d := w.get(typ, n)
	if d["stage"] != want {
		w.t.Fatalf("%s %d is in stage %v, want %s", typ, n, d["stage"], want)
	}
	return d
}

// kpi reads a measure over all time.
func (w *walker) kpi(code string) (value string, n int64) {
	w.t.Helper()
	d := w.call(w.admin, "GET", "/kpi/"+code, nil, 200)
	value, _ = d["value"].(string)
	f, _ := d["n"].(float64)
	return value, int64(f)
}

// here is the time of the company, whose day may have begun before that of this machine.
func here() time.Time { return time.Now().In(time.FixedZone("", 8*3600)) }

func today() string { return here().Format(time.DateOnly) }

func inDays(n int) string { return here().AddDate(0, 0, n).Format(time.DateOnly) }

func lines(d doc) []doc {
	list, _ := d["lines"].([]any)
	var out []doc
	for _, x := range list {
		l, _ := x.(doc)
		out = append(out, l)
	}
	return out
}

// TestWalk is the main job: one deal through all eight modules, from strategic
// goal to the lead a service case gives back.
func TestWalk(t *testing.T) {
	w := newWalker(t)

	goal := w.create("dste.objective", doc{"name": "Grow net sales", "perspective": "finance", "kpi": "ltc.net_sales", "method": "ratio", "target": "100000", "from_on": inDays(-30), "to_on": inDays(300), "weight": "1"})
	w.move("dste.objective", id(goal), "propose", nil)
	w.move("dste.objective", id(goal), "approve", nil)
	w.move("dste.objective", id(goal), "activate", nil)
	budget := w.create("dste.budget", doc{"key": "MKT", "name": "Marketing", "department_id": 1, "year": here().Year(), "kind": "opex", "rule": "block", "months": months("10000")})
	w.move("dste.budget", id(budget), "submit", nil)

	drive := w.create("ipd.product", doc{"name": "SV-750W servo drive", "kind": "goods", "unit": "pcs", "tax_rate": "0.13"})
	w.move("ipd.product", id(drive), "release", nil)
	w.create("ltc.price", doc{"product_id": id(drive), "price": "1860", "valid_from": inDays(-10)})
	house := w.create("isc.warehouse", doc{"name": "Main", "is_default": true})
	count := w.create("isc.adjustment", doc{"cause": "opening", "day": today(), "product_id": id(drive), "warehouse_id": id(house), "qty": "6", "unit_cost": "900"})
	w.move("isc.adjustment", id(count), "post", nil)
	supplier := w.create("proc.supplier", doc{"name": "Suzhou Motors", "payment_days": 30})
	w.moveAs(w.second, "proc.supplier", id(supplier), "qualify", nil)

	campaign := w.create("mtl.campaign", doc{"name": "Autumn servo", "kind": "web", "objective_id": id(goal), "starts_on": inDays(-1), "ends_on": inDays(30), "budget": "5000", "budget_key": "MKT", "form_key": "servo", "form_title": "Servo drives", "form_active": true})
	w.move("mtl.campaign", id(campaign), "approve", nil)
	w.move("mtl.campaign", id(campaign), "start", nil)
	w.call("", "POST", "/public/form/servo", doc{"name": "Li Wei", "company": "华东精密制造有限公司", "title": "Purchasing director", "email": "li.wei@huadong-precision.cn", "phone": "13800138000", "industry": "machinery", "region": "East", "need": "We need ten servo drives before the new year, please quote.", "consent": true, "utm_source": "search", "website": ""}, 201)
	intake := w.one("mtl.intake", "")
	lead := w.one("ltc.lead", "")

	deal := w.salesProcess(lead)
	order := w.orderToCash(deal, drive, supplier, house)
	hint := w.service(order, drive)

	chain := w.call(w.admin, "GET", fmt.Sprintf("/ltc/order/%d/thread", id(order)), nil, 200)
	for _, want := range []string{
		fmt.Sprintf("dste.objective/%d", id(goal)), fmt.Sprintf("mtl.campaign/%d", id(campaign)), fmt.Sprintf("mtl.intake/%d", id(intake)), fmt.Sprintf("ltc.lead/%d", id(lead)),
		fmt.Sprintf("ltc.opportunity/%d", id(deal)), "ltc.quote/2", "ltc.contract/1", "isc.shortage/1", "proc.requisition/1", "proc.po/1", "proc.receipt/1", "isc.shipment/1",
		"ltc.acceptance/1", "ltc.invoice/1", "ltc.receipt/1", "itr.case/1", fmt.Sprintf("itr.hint/%d", hint), "ltc.lead/2",
	} {
		if !strings.Contains(fmt.Sprint(chain["documents"]), want+" ") {
			t.Errorf("the thread of the order lacks %s", want)
		}
	}
	back := w.call(w.admin, "GET", "/ltc/lead/2/thread", nil, 200)
	if !strings.Contains(fmt.Sprint(back["documents"]), fmt.Sprintf("dste.objective/%d ", id(goal))) {
		t.Error("the thread of the new lead does not reach the goal")
	}
	w.sound()
}

func months(amount string) []doc {
	var out []doc
	for m := 1; m <= 12; m++ {
		out = append(out, doc{"month": m, "amount": amount})
	}
	return out
}

// sound checks every ledger, chain and permission.
func (w *walker) sound() {
	w.t.Helper()
	for _, c := range w.AllChecks() {
		bad, err := c.Run(w.t.Context())
		if err != nil || len(bad) > 0 {
			w.t.Errorf("%s: %v %v", c.Name, bad, err)
		}
	}
}

// salesProcess leads from the lead to a signed contract and a draft order.
func (w *walker) salesProcess(lead doc) doc {
	w.t.Helper()
	lead = w.get("ltc.lead", id(lead))
	switch lead["stage"] {
	case "new":
		w.move("ltc.lead", id(lead), "assign", doc{"owner": 1})
		fallthrough
	case "assigned":
		w.move("ltc.lead", id(lead), "contact", nil)
		fallthrough
	case "working":
		w.move("ltc.lead", id(lead), "qualify_marketing", nil)
	}
	w.move("ltc.lead", id(lead), "accept", nil)
	w.patch("ltc.lead", id(lead), doc{"need_known": true, "budget_known": true, "authority_known": true, "time_known": true})
	w.move("ltc.lead", id(lead), "qualify", nil)
	w.move("ltc.lead", id(lead), "convert", doc{"name": "Servo drives for line 3", "amount": "18600", "close_on": inDays(20)})
	deal := w.one("ltc.opportunity", "")
	w.move("ltc.opportunity", id(deal), "propose", nil)
	if status, _, _ := w.try(w.admin, "POST", fmt.Sprintf("/ltc/opportunity/%d/win", id(deal)), doc{}); status != 409 {
		w.t.Errorf("a deal without contract or order is won: %d", status)
	}
	return w.get("ltc.opportunity", id(deal))
}

func (w *walker) patch(typ string, n int64, body doc) doc {
	w.t.Helper()
	v, _ := w.get(typ, n)["version"].(float64)
	return w.call(w.admin, "PATCH", fmt.Sprintf("%s/%d", path1(typ), n), body, 200, "If-Match", strconv.Itoa(int(v)))
}

// orderToCash quotes, signs, orders, buys what is short, ships, invoices, collects.
func (w *walker) orderToCash(deal, product, supplier, house doc) doc {
	w.t.Helper()
	customer := deal["customer_id"]
	w.patch("crm.customer", int64(customer.(float64)), doc{"credit_limit": "100000"})
	quote := w.create("ltc.quote", doc{"customer_id": customer, "opportunity_id": id(deal), "valid_until": inDays(30), "title": "Servo drives", "lines": []doc{{"product_id": id(product), "qty": "10", "unit_price": "1860", "discount": "0.05"}}})
	w.move("ltc.quote", id(quote), "submit", nil)
	w.move("ltc.quote", id(quote), "new_version", nil)
	v2 := w.one("ltc.quote", "stage=draft")
	l := lines(w.get("ltc.quote", id(v2)))
	w.patch("ltc.quote", id(v2), doc{"lines": []doc{{"id": l[0]["id"], "product_id": id(product), "qty": "10", "unit_price": "1860", "discount": "0.15"}}})
	got := w.move("ltc.quote", id(v2), "submit", nil)
	if got["stage"] != "approved" {
		w.t.Fatalf("quote v2 is %v after approval", got["stage"])
	}
	w.move("ltc.quote", id(v2), "send", nil)
	if n := w.number(`SELECT count(*) FROM crm.fact WHERE kind = 'quote' AND object_type = 'ltc.quote' AND object_id = $1 AND amount = $2::numeric`, id(v2), w.get("ltc.quote", id(v2))["total"]); n != 1 {
		w.t.Errorf("the quote sent is counted %d times for its salesperson, want once", n)
	}
	w.move("ltc.quote", id(v2), "accept", nil)
	w.move("ltc.quote", id(v2), "make_contract", nil)
	contract := w.one("ltc.contract", "")
	w.move("ltc.contract", id(contract), "submit", nil)
	if w.get("ltc.contract", id(contract))["stage"] == "review" {
		w.move("ltc.contract", id(contract), "approve", nil)
	}
	w.move("ltc.contract", id(contract), "sign", doc{"signed_by_customer": "Li Wei", "signed_by_us": "Admin", "on": today()})
	w.move("ltc.contract", id(contract), "order", nil)
	order := w.one("ltc.order", "")
	w.patch("ltc.order", id(order), doc{"warehouse_id": id(house), "wish_date": inDays(14), "ship_to": "Shanghai, Plant 3"})
	salesBefore, _ := w.kpi("ltc.net_sales")
	w.move("ltc.order", id(order), "confirm", nil)
	salesAfter, _ := w.kpi("ltc.net_sales")
	if salesAfter != "15810.00" {
		w.t.Errorf("net sales went from %s to %s, want 15810.00", salesBefore, salesAfter)
	}
	w.move("ltc.opportunity", id(deal), "win", nil)
	if rate, n := w.kpi("ltc.win_rate"); rate != "1" || n != 1 {
		w.t.Errorf("win rate is %s of %d, want 1 of 1", rate, n)
	}
	w.buyShortage(supplier, house)
	w.deliver(order)
	w.collect(order)
	return order
}

// buyShortage turns what stock could not cover into goods on the shelf.
func (w *walker) buyShortage(supplier, house doc) {
	w.t.Helper()
	shortage := w.one("isc.shortage", "stage=open")
	if shortage["qty"] != "4" {
		w.t.Errorf("shortage of %v, want 4", shortage["qty"])
	}
	w.move("isc.shortage", id(shortage), "request", nil)
	req := w.one("proc.requisition", "")
	l := lines(w.get("proc.requisition", id(req)))
	w.patch("proc.requisition", id(req), doc{"lines": []doc{{"id": l[0]["id"], "product_id": l[0]["product_id"], "qty": l[0]["qty"], "est_price": "900"}}})
	w.move("proc.requisition", id(req), "submit", nil)
	w.move("proc.requisition", id(req), "order", doc{"supplier_id": id(supplier)})
	po := w.one("proc.po", "")
	w.patch("proc.po", id(po), doc{"warehouse_id": id(house)})
	w.move("proc.po", id(po), "submit", nil)
	w.move("proc.po", id(po), "issue", nil)
	w.move("proc.po", id(po), "confirm", doc{"confirmed_on": inDays(5)})
	pl := lines(w.get("proc.po", id(po)))
	receipt := w.call(w.second, "POST", "/proc/receipt", doc{"po_id": id(po), "received_on": today(), "warehouse_id": id(house), "lines": []doc{{"po_line": pl[0]["id"], "product_id": pl[0]["product_id"], "qty": "4"}}}, 201)
	w.moveAs(w.second, "proc.receipt", id(receipt), "post", nil)
	inspection := w.one("proc.inspection", "")
	w.move("proc.inspection", id(inspection), "decide", doc{"accepted": "4", "rejected": "0"})
	w.stage("isc.shortage", id(shortage), "covered")
}

// deliver ships the whole order and has the customer accept it.
func (w *walker) deliver(order doc) {
	w.t.Helper()
	w.move("ltc.order", id(order), "release", nil)
	ship := w.one("isc.shipment", "")
	w.move("isc.shipment", id(ship), "pick", nil)
	w.move("isc.shipment", id(ship), "ship", doc{"carrier": "SF Express", "tracking": "SF1234567890"})
	w.move("isc.shipment", id(ship), "deliver", doc{"delivered_on": today(), "signed_by": "Li Wei"})
	if rate, n := w.kpi("isc.on_time_in_full"); rate != "1" || n != 1 {
		w.t.Errorf("on time in full is %s of %d, want 1 of 1", rate, n)
	}
	acc := w.one("ltc.acceptance", "")
	w.move("ltc.acceptance", id(acc), "accept", doc{"signed_by": "Li Wei", "on": today()})
}

// collect invoices what was accepted and matches the payment.
func (w *walker) collect(order doc) {
	w.t.Helper()
	acc := w.one("ltc.acceptance", "")
	w.move("ltc.acceptance", id(acc), "invoice", nil)
	inv := w.one("ltc.invoice", "")
	w.move("ltc.invoice", id(inv), "approve", nil)
	posted := w.move("ltc.invoice", id(inv), "post", nil)
	if posted["total"] != "17865.30" || posted["fiscal_no"] != fmt.Sprintf("INV-%d-000001", here().Year()) {
		w.t.Errorf("invoice %v over %v, want INV-…-000001 over 17865.30", posted["fiscal_no"], posted["total"])
	}
	rec := w.create("ltc.receipt", doc{"customer_id": order["customer_id"], "amount": "17865.30", "received_on": today(), "bank_ref": "ICBC-1", "payer": "华东精密"})
	w.move("ltc.receipt", id(rec), "allocate", doc{"invoice": id(inv)})
	w.stage("ltc.invoice", id(inv), "paid")
	w.stage("ltc.receipt", id(rec), "matched")
}

// service solves a case, hears the customer, and raises the next chance to sell.
func (w *walker) service(order, product doc) int64 {
	w.t.Helper()
	c := w.create("itr.case", doc{"subject": "Drive 3 hums", "description": "It hums above 2000 rpm.", "channel": "phone", "impact": "2", "urgency": "2", "category": "fault", "customer_id": order["customer_id"], "order_id": id(order), "product_id": id(product)})
	n := id(c)
	w.move("itr.case", n, "triage", doc{"impact": "2", "urgency": "2", "category": "fault"})
	w.move("itr.case", n, "assign", doc{"assignee_id": 1})
	w.move("itr.case", n, "accept", nil)
	w.move("itr.case", n, "reply", doc{"text": "We are on it."})
	w.move("itr.case", n, "raise_opportunity", doc{"need": "Five more drives for line 4", "value": "9300"})
	w.move("itr.case", n, "resolve", doc{"cause_code": "use", "resolution_code": "settings", "solution": "Lowered the gain.", "knowledge": "none", "knowledge_note": "known"})
	survey := w.one("itr.survey", "")
	token, _ := survey["token"].(string)
	if token == "" {
		var err error
		if token, err = w.surveyToken(id(survey)); err != nil {
			w.t.Fatal(err)
		}
	}
	w.call("", "POST", "/public/survey/"+token, doc{"score": 5, "comment": "quick"}, 201)
	if rate, num := w.kpi("itr.csat"); rate != "1" || num != 1 {
		w.t.Errorf("satisfaction is %s of %d, want 1 of 1", rate, num)
	}
	w.stage("itr.case", n, "closed")
	hint := w.one("itr.hint", "")
	leads := w.list("ltc.lead", "sort=id")
	if len(leads) != 2 {
		w.t.Fatalf("%d leads after the case, want 2", len(leads))
	}
	return id(hint)
}

// surveyToken reads the token a customer gets by mail.
func (w *walker) surveyToken(n int64) (string, error) {
	var s string
	_, err := w.DB.Row(w.t.Context(), `SELECT token FROM itr.survey WHERE id = $1`, []any{n}, &s)
	return s, err
}
