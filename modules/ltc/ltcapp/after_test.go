package ltcapp_test

import (
	"fmt"
	"testing"
	"time"

	"meridian/modules/ipd"
	"meridian/platform/app/apptest"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/kpi"
	"meridian/platform/money"
	"meridian/platform/resource"
)

func TestLTC15RenewalAndUpsell(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ann, head := w.User("ann", "ltc.rep"), w.User("head", "ltc.manager")
	customer := w.customer("Acme", "9000")
	contract := func(title, amount string, from, to date.Date) resource.Row {
		r, err := w.Must("ltc.contract").ImportRow(w.Admin, resource.Values{"title": title, "customer_id": apptest.ID(customer), "amount": amount, "start_on": from.String(), "end_on": to.String(), "owner_id": w.actor(ann)},
			resource.History{Stage: "signed", At: w.Now().Add(-400 * 24 * time.Hour), Reason: "file.csv"})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	today := date.MustParse(w.day(0))
	end := date.New(today.Year(), today.Month(), 1).AddMonths(2).AddDays(-1) // the end of next month
	start := end.AddDays(1).AddMonths(-12)
	contract("Care A", "1200", start, end)
	contract("Care B", "2400", start, end)
	contract("Care C", "600", start, end)
	contract("Later", "600", start, end.AddMonths(12))
	w.job("ltc.renewals")
	w.job("ltc.renewals")
	list := w.List("ltc.renewal", nil)
	if len(list) != 3 || list[0].Text("monthly") != "100.00" || list[0].Stage() != "upcoming" {
		t.Fatalf("%d renewals, the first at %s per month", len(list), list[0].Text("monthly"))
	}
	a, b, c := list[0], list[1], list[2]
	line := w.Create(head, "ltc.pipeline", renewals)
	for _, r := range []resource.Row{a, b, c} {
		w.Fire(ann, r, "start", nil)
	}
	if d := w.List("ltc.opportunity", map[string][]string{"pipeline_id": {apptest.ID(line)}}); len(d) != 3 || d[0].Text("amount") != "1200.00" || d[0].Text("close_on") != end.String() {
		t.Errorf("%d deals of renewals", len(d))
	}
	next := end.AddMonths(12)
	next = date.New(next.Year(), next.Month()+1, 1).AddDays(-1)
	term := func(value string) resource.Values { return resource.Values{"value": value, "ends_on": next.String()} }
	w.Refused(ann, a, "renew", term("1300"), errs.Invalid, "more money was called the same")
	w.Refused(ann, c, "churn", resource.Values{"churn_reason": "other"}, errs.Invalid, "left for another reason without a note")
	w.Fire(ann, a, "expand", term("1800"))
	w.Fire(ann, b, "reduce", term("1200"))
	path := fmt.Sprintf("/ltc/retention?from=%s&to=%s", today, end)
	if got := fmt.Sprint(w.Tile(head, path, "grr"), " ", w.Tile(head, path, "nrr"), " ", w.Tile(head, path, "open")); got != "0.666667 0.833333 50.00" { // 300: -100, +50
		t.Errorf("GRR, NRR, not decided: %s, want 0.666667 0.833333 50.00", got)
	}
	w.Fire(ann, c, "churn", resource.Values{"churn_reason": "price"})
	if got := fmt.Sprint(w.Tile(head, path, "grr"), " ", w.Tile(head, path, "nrr")); got != "0.571429 0.714286" { // 350: -100 -50, +50
		t.Errorf("after one left: %s, want 0.571429 0.714286", got)
	}

	// three customers bought motor and gear, Delta only the motor
	buy := func(customer resource.Row, products ...ipd.ProductID) {
		var lines []resource.Values
		for _, p := range products {
			lines = append(lines, resource.Values{"product_id": fmt.Sprint(p), "qty": "1", "unit_price": "10"})
		}
		w.Fire(w.Admin, w.Create(w.Admin, "ltc.order", resource.Values{"customer_id": apptest.ID(customer), "lines": lines}), "confirm", nil)
	}
	for _, n := range []string{"Beta", "Gamma", "Epsilon"} {
		buy(w.customer(n, "9000"), motor, gear)
	}
	delta := w.customer("Delta", "9000")
	buy(delta, motor)
	ideas := w.Table(w.Admin, path, "upsell")
	if len(ideas) != 1 || ideas[0]["share"] != "0.75" {
		t.Fatalf("suggestions: %v, want the gear for Delta at 3 of 4", ideas)
	}
	w.Call(w.Admin, "POST", "/ltc/retention/offer", map[string]any{"customer": delta.Base().ID, "product": int64(gear), "name": "Gear for Delta", "amount": "10"}, 200)
	if got := w.Tile(w.Admin, path, "made"); got != float64(1) {
		t.Errorf("deals from suggestions: %v", got)
	}
	if _, err := w.Must("ltc.renewal").CreateRow(ann, resource.Values{}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a renewal was made by hand: %v", err)
	}
	w.Call(w.User("clerk", "itr.agent"), "GET", path, nil, 403)
	w.Healthy()
}

func TestLTC17SalesAnalysis(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.launch(motor, "100")
	w.exec(`UPDATE ltc.price SET valid_from = '2020-01-01', cost = 60`)
	head, chief := w.User("head", "ltc.manager"), w.User("desk", "ltc.order_desk")
	acme, beta := w.customer("Acme", "90000"), w.customer("Beta", "90000")
	order := func(customer resource.Row, product, qty string, day string) {
		w.Fire(w.Admin, w.Create(w.Admin, "ltc.order", resource.Values{"customer_id": apptest.ID(customer), "order_date": day, "lines": []resource.Values{{"product_id": product, "qty": qty, "unit_price": "100.004"}}}), "confirm", nil)
	}
	order(acme, "1", "3", w.day(0))
	order(beta, "1", "1", w.day(0))
	order(beta, "2", "1", w.day(0)) // no standard cost
	order(acme, "1", "2", date.MustParse(w.day(0)).AddMonths(-12).String())
	w.Create(w.Admin, "ltc.order", resource.Values{"customer_id": apptest.ID(beta), "lines": []resource.Values{{"product_id": "1", "qty": "99", "unit_price": "1"}}}) // a draft sells nothing
	rows := w.Table(head, "/ltc/sales_analysis", "parts")
	if len(rows) != 2 || fmt.Sprintf("%v %v %v %v", rows[0]["rank"], rows[0]["net"], rows[0]["before"], rows[0]["margin"]) != "1 300.01 200.01 120.01" || rows[1]["costed"] != "In part" {
		t.Errorf("ranking by customer: %v", rows)
	}
	if got := fmt.Sprint(w.Tile(head, "/ltc/sales_analysis?by=product", "net"), " ", w.Tile(head, "/ltc/sales_analysis?by=month", "net")); got != "500.02 500.02" {
		t.Errorf("the whole by product and by month: %s, want 500.02 both", got)
	}
	year := date.MustParse(w.day(0)).Year()
	if v := w.Value("ltc.net_sales", kpi.Scope{From: date.New(year, 1, 1), To: date.New(year, 12, 31)}); v.Value == nil || !v.Value.Equal(money.MustAmount("500.02").Number()) {
		t.Errorf("the measure says %v, the analysis 500.02", v.Value)
	}
	if rows := w.Table(chief, "/ltc/sales_analysis", "parts"); len(rows) != 2 || rows[0]["margin"] != nil {
		t.Errorf("the order desk sees margins: %v", rows)
	}
	deal := w.Create(w.Admin, "ltc.opportunity", resource.Values{"name": "D", "customer_id": apptest.ID(acme)})
	w.Fire(w.Admin, deal, "activity", resource.Values{"way": "visit", "note": "x", "next_step": "y", "next_on": w.day(2)})
	if got := w.Table(head, "/ltc/sales_analysis", "touches"); len(got) != 1 || got[0]["way"] != "Visit" || got[0]["customers"] != float64(1) {
		t.Errorf("contacts with customers: %v", got)
	}
	w.Call(head, "GET", "/ltc/sales_analysis?from=2026-05-01&to=2026-01-01", nil, 422)
	w.Call(w.User("clerk", "mtl.marketer"), "GET", "/ltc/sales_analysis", nil, 403)
}

func TestLTC18PartnerSales(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ann, bob, money := w.User("ann", "ltc.rep"), w.User("bob", "ltc.rep"), w.User("chief", "core.finance_manager")
	w.launch(motor, "100")
	w.exec(`UPDATE ltc.price SET valid_from = '2020-01-01', cost = 75`)
	customer, partner := w.customer("Acme", "90000"), w.customer("Channel Ltd", "0")
	for _, v := range []resource.Values{{"payee": "person", "rate": "10%"}, {"payee": "partner", "partner_id": apptest.ID(partner), "rate": "20%"}} {
		w.Create(money, "ltc.commission_plan", v)
	}
	if _, err := w.Must("ltc.commission_plan").CreateRow(ann, resource.Values{"payee": "person", "rate": "90%"}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("ann set her own commission: %v", err)
	}
	if _, err := w.Must("ltc.opportunity").CreateRow(w.Admin, resource.Values{"name": "X", "customer_id": apptest.ID(customer), "partner_id": apptest.ID(customer)}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a customer is its own partner: %v", err)
	}
	deal := w.Create(w.Admin, "ltc.opportunity", resource.Values{"name": "Line 3", "customer_id": apptest.ID(customer), "partner_id": apptest.ID(partner), "owner_id": w.actor(ann), "amount": "1000",
		"team": []resource.Values{{"user_id": w.actor(ann), "role": "ar", "split": "60%"}, {"user_id": w.actor(bob), "role": "sr", "split": "40%"}}})
	order := w.Create(w.Admin, "ltc.order", resource.Values{"customer_id": apptest.ID(customer), "opportunity_id": apptest.ID(deal), "lines": []resource.Values{{"product_id": "1", "qty": "10", "unit_price": "100"}}})
	w.Fire(w.Admin, order, "confirm", nil)
	w.Fire(w.Admin, order, "release", nil)
	w.deliver(order)
	w.Fire(w.Admin, w.One("ltc.acceptance", "order_id", apptest.ID(order)), "accept", resource.Values{"signed_by": "Li"})
	w.Fire(w.Admin, order, "invoice", nil)
	invoice := w.post(money, w.One("ltc.invoice", "order_id", apptest.ID(order)))
	w.Call(money, "POST", "/ltc/commission_statement/run", map[string]any{}, 200)
	if n := len(w.List("ltc.commission_line", nil)); n != 0 {
		t.Errorf("%d commissions before any money came in", n)
	}
	// half of it is paid: 500 without tax, a quarter of it margin
	w.Fire(w.Admin, w.receipt("B1", "565"), "allocate", resource.Values{"invoice": apptest.ID(invoice)})
	w.job("ltc.commissions")
	w.job("ltc.commissions")
	amounts := map[string]string{}
	for _, l := range w.List("ltc.commission_line", nil) {
		amounts[l.Text("payee")+" "+l.Text("owner_id")] = l.Text("amount")
	}
	want := map[string]string{"person " + w.actor(ann): "7.50", "person " + w.actor(bob): "5.00", "partner " + w.actor(ann): "25.00"}
	if fmt.Sprint(amounts) != fmt.Sprint(want) {
		t.Errorf("commissions %v, want %v", amounts, want)
	}
	if rows := w.Table(bob, "/ltc/commission_statement", "lines"); len(rows) != 1 || fmt.Sprintf("%v %v %v", rows[0]["margin"], rows[0]["split"], rows[0]["amount"]) != "125.00 0.4 5.00" {
		t.Errorf("bob's statement: %v", rows)
	}
	// taken back once, as a line of its own
	line := w.List("ltc.commission_line", map[string][]string{"owner_id": {w.actor(bob)}})[0]
	back := map[string]any{"line": line.Base().ID, "note": "The goods came back"}
	w.Call(bob, "POST", "/ltc/commission_statement/take_back", back, 403)
	w.Call(money, "POST", "/ltc/commission_statement/take_back", back, 200)
	w.Call(money, "POST", "/ltc/commission_statement/take_back", back, 409)
	if got := w.Tile(bob, "/ltc/commission_statement", "sum"); got != "0.00" {
		t.Errorf("bob has %v after it was taken back", got)
	}
	w.Call(w.User("clerk", "itr.agent"), "GET", "/ltc/commission_statement", nil, 403)
	w.Healthy()
}
