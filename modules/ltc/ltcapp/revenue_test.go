package ltcapp_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"meridian/platform/app/apptest"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// obligation declares one of a contract.
func (w *world) obligation(contract resource.Row, v resource.Values) resource.Row {
	w.T.Helper()
	return w.Create(w.Admin, "ltc.obligation", apptest.Merge(resource.Values{"contract_id": apptest.ID(contract), "customer_id": contract.Text("customer_id")}, v))
}

func (w *world) simple(boss context.Context, customer resource.Row, amount string) resource.Row {
	return w.signed(boss, customer, amount, []resource.Values{{"kind": "invoice", "percent": "100%", "planned_on": "2026-01-05"}, {"kind": "collect", "percent": "100%", "trigger_line": "1", "offset_days": "30"}})
}

// The price of a contract is divided by stand-alone prices; time, progress and cost earn
// it; closed months are caught up in the open one (frappe/erpnext#49473); the balance is
// that of the control accounts on every day.
func TestLTC13RevenueRecognition(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss := w.User("boss", "core.finance_manager")
	clerk := w.User("clerk", "core.finance_clerk")
	customer := w.customer("Acme", "100000")
	contract := w.simple(w.User("chief", "ltc.manager"), customer, "11300")
	start := date.New(w.today().Year(), w.today().Month(), 1).AddMonths(-3)
	end := start.AddMonths(6).AddDays(-1)
	a := w.obligation(contract, resource.Values{"title": "Support", "method": "time", "ssp": "6000", "start_on": start.String(), "end_on": end.String()})
	b := w.obligation(contract, resource.Values{"title": "Project", "method": "output", "ssp": "3000"})
	c := w.obligation(contract, resource.Values{"title": "Plant", "method": "cost", "ssp": "3000"})
	if _, err := w.Must("ltc.obligation").CreateRow(w.Admin, resource.Values{"contract_id": apptest.ID(contract), "customer_id": apptest.ID(customer), "title": "x", "method": "time"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("revenue over time without dates: %v", err)
	}
	w.Fire(w.Admin, contract, "allocate", nil)
	if got := w.Reload(a).Text("allocated") + " " + w.Reload(b).Text("allocated") + " " + w.Reload(c).Text("allocated"); got != "5000.00 2500.00 2500.00" {
		t.Fatalf("10,000.00 divided 6 : 3 : 3 is %s", got)
	}
	// the month before last is closed before anything was recognised
	period := w.Create(w.Admin, "core.period", resource.Values{"area": "revenue", "month": start.String()})
	w.Fire(w.Admin, period, "close", nil)
	w.Call(clerk, "POST", "/ltc/revenue/recognise", map[string]any{"month": start.AddMonths(2).String()}, 200)
	total := end.Sub(start) + 1
	want := fmt.Sprintf("%.2f", 5000*float64(start.AddMonths(3).Sub(start))/float64(total))
	if got := w.Reload(a).Text("recognised"); got != want {
		t.Errorf("three months of six: %s recognised, want %s", got, want)
	}
	w.Fire(w.Admin, a, "earn", nil) // the days of this month, by hand after the run: an entry of its own
	if n, err := db.One[struct{ Differ bool }](w.Admin, w.DB, `SELECT sum(e.amount) <> (SELECT recognised FROM ltc.obligation WHERE id = e.obligation_id) AS differ FROM ltc.rev_entry e WHERE obligation_id = ? AND kind = 'recognised' GROUP BY obligation_id`, a.Base().ID); err != nil || n.Differ || w.Reload(a).Text("recognised") == want {
		t.Errorf("recognised %s differs from its entries (%v)", w.Reload(a).Text("recognised"), err)
	}
	closed, err := w.Ledger.Balance(w.Admin, w.company(), "contract_asset", 0, start.AddMonths(1).AddDays(-1))
	if err != nil || !closed.IsZero() {
		t.Errorf("%s was posted into the closed month (%v)", closed, err)
	}
	w.Call(clerk, "POST", "/ltc/revenue/recognise", map[string]any{"month": w.today().AddMonths(2).String()}, 422)
	// progress and cost
	w.Fire(w.Admin, b, "progress", resource.Values{"progress": "40%"})
	w.Refused(w.Admin, b, "progress", resource.Values{"progress": "30%"}, errs.Invalid, "progress went back")
	w.Fire(w.Admin, c, "estimate", resource.Values{"cost_to_date": "600", "estimated_cost": "1500"})
	if got := w.Reload(b).Text("recognised") + " " + w.Reload(c).Text("recognised"); got != "1000.00 1000.00" {
		t.Errorf("40 %% of 2,500 each: %s", got)
	}
	w.Fire(w.Admin, c, "estimate", resource.Values{"cost_to_date": "600", "estimated_cost": "3000"}) // worse: catch-up and loss in full
	if got := w.Reload(c).Text("recognised") + " " + w.Reload(c).Text("loss_provision"); got != "500.00 400.00" {
		t.Errorf("after the estimate doubled: %s, want 500.00 400.00", got)
	}
	// billed in part: the balance is recognised - billed, whatever the day
	w.Fire(w.Admin, contract, "invoice", nil)
	v := w.last("ltc.invoice", "contract_id", apptest.ID(contract))
	w.Fire(clerk, v, "approve", nil)
	w.Approve(boss)
	w.Fire(clerk, v, "post", nil) // 10,000 net
	for _, day := range []date.Date{start.AddMonths(1), start.AddMonths(2), start.AddMonths(3).AddDays(-1), w.today()} {
		m := fmt.Sprintf("/ltc/revenue?month=%s", day)
		rows := w.Table(clerk, m, "checks")
		if got := fmt.Sprint(rows[4]["point"], rows[4]["count"]); !strings.HasSuffix(got, "0") {
			t.Errorf("on %s contract balances and control accounts differ: %v", day, rows[4])
		}
	}
	if got := w.Tile(clerk, "/ltc/revenue", "liability"); fmt.Sprint(got) == "0.00" {
		t.Errorf("billed ahead of revenue, the liability is %v", got)
	}
	// the close stops at open points and then takes nothing more
	last := start.AddMonths(2)
	w.Call(clerk, "POST", "/ltc/revenue/close", map[string]any{"month": last.String()}, 403)
	idle := w.obligation(contract, resource.Values{"title": "Extra", "method": "point"})
	w.Call(boss, "POST", "/ltc/revenue/close", map[string]any{"month": last.String()}, 409)
	w.Fire(w.Admin, idle, "cancel", nil)
	w.Call(boss, "POST", "/ltc/revenue/close", map[string]any{"month": last.String()}, 200)
	w.Fire(w.Admin, b, "progress", resource.Values{"progress": "50%", "on": last.AddDays(3).String()})
	late, err := w.Ledger.Of(w.Admin, trace.Ref{Type: b.Type(), ID: b.Base().ID})
	if err != nil || late[len(late)-1].Day.Before(last.AddMonths(1)) {
		t.Errorf("revenue of a closed month was posted on %s (%v)", late[len(late)-1].Day, err)
	}
	if rows := w.Table(clerk, "/ltc/revenue_by_cash", "months"); len(rows) != 12 || fmt.Sprint(rows[11]["cash"]) != "0.00" {
		t.Errorf("by cash: %v", rows[11])
	}
	w.Call(w.User("market", "mtl.marketer"), "GET", "/ltc/revenue", nil, 403)
	w.Healthy()
}

// Cash settles, it does not recognise: what is paid ahead is no revenue, the view by cash
// shows it and posts nothing.
func TestLTC13CashOnlySettles(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss := w.User("boss", "core.admin")
	customer := w.customer("Acme", "100000")
	order := w.Fire(w.Admin, w.order(customer, "1", "1000"), "confirm", nil)
	w.Fire(w.Admin, order, "advance", resource.Values{"percent": "100%"})
	v := w.post(boss, w.last("ltc.invoice", "order_id", apptest.ID(order)))
	w.Fire(w.Admin, w.receipt("B1", "1130"), "allocate", resource.Values{"invoice": apptest.ID(v)})
	rows := w.Table(w.Admin, "/ltc/revenue_by_cash", "months")
	if got := fmt.Sprint(rows[11]["revenue"], " ", rows[11]["cash"]); got != "0.00 1000.00" {
		t.Errorf("paid ahead: revenue and cash %s, want 0.00 1000.00", got)
	}
	if got := w.booked("contract_liability"); got != "-1000.00" {
		t.Errorf("contract liability %s", got)
	}
	w.Healthy()
}

// A change of a signed contract is approved, moves its amount and plan together, and
// counts by its treatment; nothing else changes the amount (CordysCRM#1459).
func TestLTC13ContractChanges(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss, fin := w.User("boss", "ltc.manager"), w.User("fin", "core.finance_manager")
	customer := w.customer("Acme", "20000")
	contract := w.simple(boss, customer, "11300")
	start := w.today().AddDays(-99)
	a := w.obligation(contract, resource.Values{"title": "Support", "method": "time", "ssp": "5000", "start_on": start.String(), "end_on": w.today().AddDays(100).String()}) // half over
	b := w.obligation(contract, resource.Values{"title": "Project", "method": "output", "ssp": "5000"})
	w.Fire(w.Admin, contract, "allocate", nil)
	w.Fire(w.Admin, b, "progress", resource.Values{"progress": "50%"})
	w.Fire(w.Admin, a, "earn", nil)
	if _, err := w.Must("ltc.contract").UpdateRow(w.Admin, contract.Base().ID, w.Reload(contract).Base().Version, resource.Values{"amount": "1"}); !errs.Is(err, errs.Precondition) {
		t.Errorf("the amount of a signed contract was edited: %v", err)
	}
	change := func(v resource.Values) resource.Row {
		t.Helper()
		x := w.Create(w.Admin, "ltc.contract_change", apptest.Merge(resource.Values{"contract_id": apptest.ID(contract), "reason": "wish of the customer"}, v))
		w.Refused(w.Admin, x, "apply", nil, errs.Precondition, "a change was applied before its approval")
		w.Fire(w.Admin, x, "approve", nil)
		w.Approve(boss)
		w.Approve(fin)
		return x
	}
	if _, err := w.Must("ltc.contract_change").CreateRow(w.Admin, resource.Values{"contract_id": apptest.ID(contract), "reason": "x", "delta": "100", "lines": []resource.Values{{"obligation_id": apptest.ID(a), "treatment": "prospective", "delta": "200"}}}); !errs.Is(err, errs.Invalid) {
		t.Errorf("lines larger than the change: %v", err)
	}
	x := change(resource.Values{"delta": "3390", "lines": []resource.Values{
		{"obligation_id": apptest.ID(a), "treatment": "prospective", "delta": "1000"}, {"obligation_id": apptest.ID(b), "treatment": "catch_up", "delta": "1000"}, {"title": "Training", "treatment": "separate", "delta": "1000", "ssp": "1000"}}})
	w.Fire(w.Admin, x, "apply", nil)
	if got := w.Reload(a).Text("allocated") + " " + w.Reload(a).Text("recognised") + ", " + w.Reload(b).Text("allocated") + " " + w.Reload(b).Text("recognised"); got != "6000.00 2500.00, 6000.00 3000.00" {
		t.Errorf("after the change: %s, want 6000.00 2500.00 (prospective), 6000.00 3000.00 (catch-up)", got)
	}
	c := w.Reload(contract)
	if got := c.Text("amount") + " " + c.Text("price") + " " + fmt.Sprint(len(c.Lines("plan"))); got != "14690.00 13000.00 4" {
		t.Errorf("contract: %s", got)
	}
	less := change(resource.Values{"delta": "-5650", "lines": []resource.Values{{"obligation_id": apptest.ID(b), "treatment": "catch_up", "delta": "-5000"}}})
	w.Fire(w.Admin, less, "apply", nil)
	if got := w.Reload(b).Text("allocated") + " " + w.Reload(b).Text("recognised") + " " + w.Reload(contract).Text("amount"); got != "1000.00 500.00 9040.00" {
		t.Errorf("after the reduction: %s", got)
	}
	more := change(resource.Values{"delta": "100000"})
	w.Refused(w.Admin, more, "apply", nil, errs.Precondition, "a change passed the credit limit")
	w.Healthy()
}
