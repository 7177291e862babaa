package ltcapp_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"meridian/platform/app/apptest"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/resource"
)

// day2 is a day from today, of a number as text.
func (w *world) day2(n string) string {
	var i int
	_, _ = fmt.Sscan(n, &i)
	return w.day(i)
}

// budget is an approved budget line of this month.
func (w *world) budget(boss context.Context, key, amount string) {
	w.T.Helper()
	who, _ := authz.Of(w.Admin)
	today := w.today().String()
	b := w.Create(w.Admin, "dste.budget", resource.Values{"key": key, "name": key, "department_id": fmt.Sprint(who.Dept), "year": today[:4], "rule": "block",
		"months": []resource.Values{{"month": strings.TrimLeft(today[5:7], "0"), "amount": amount}}})
	w.Fire(w.Admin, b, "submit", nil)
	if w.Approve(boss); w.Reload(b).Stage() != "approved" {
		w.T.Fatalf("budget %s is %s", key, w.Reload(b).Stage())
	}
}

// TestLTC19ExpenseStopsBeforeSpending: money is asked for before it is spent; a budget
// that is nearly used up is told, what it does not cover is refused at the request; what
// was not needed is free again; deals and customers show what they cost.
func TestLTC19ExpenseStopsBeforeSpending(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss := w.User("boss", "core.admin")
	ann := w.User("ann", "ltc.rep")
	clerk := w.User("clerk", "core.finance_clerk")
	finance := w.User("finance", "core.finance_manager")
	w.budget(boss, "SALES", "10000")
	customer := w.Create(ann, "crm.customer", resource.Values{"name": "Acme"})
	deal := w.Create(ann, "ltc.opportunity", resource.Values{"name": "Drives", "customer_id": apptest.ID(customer), "amount": "50000", "close_on": w.day(30)})
	ask := func(amount string, more resource.Values) resource.Row {
		return w.Create(ann, "ltc.expense_request", apptest.Merge(resource.Values{"title": "Trip", "kind": "travel", "budget_key": "SALES", "amount": amount}, more))
	}
	trip := ask("3000", resource.Values{"opportunity_id": apptest.ID(deal)})
	if trip.Text("customer_id") != apptest.ID(customer) {
		t.Errorf("the customer of the deal is not taken: %s", trip.Text("customer_id"))
	}
	w.Refused(ann, trip, "spend", resource.Values{"actual": "3000"}, errs.Precondition, "money was spent that nobody had approved")
	trip = w.Fire(ann, trip, "request", nil)
	if trip.Text("verdict") != "allow" || trip.Text("budget_used") != "0.3" {
		t.Errorf("at 30 %%: %s %s", trip.Text("verdict"), trip.Text("budget_used"))
	}
	w.Fire(ann, trip, "approve", nil)
	if w.Reload(trip).Stage() != "requested" {
		t.Fatal("nobody had to approve")
	}
	w.Approve(boss)
	if trip = w.Reload(trip); trip.Stage() != "approved" || trip.Text("budget_used") != "0.3" {
		t.Fatalf("after approval: %s %s", trip.Stage(), trip.Text("budget_used"))
	}
	fair := w.Fire(ann, ask("5500", resource.Values{"customer_id": apptest.ID(customer)}), "request", nil)
	if fair.Text("verdict") != "warn" || fair.Text("budget_used") != "0.85" {
		t.Errorf("at 85 %%: %s %s, want a warning", fair.Text("verdict"), fair.Text("budget_used"))
	}
	tooMuch := ask("1500.01", nil)
	status, _, text := w.Try(ann, "POST", "/ltc/expense_request/"+apptest.ID(tooMuch)+"/request", map[string]any{})
	if status != 409 || !strings.Contains(text, "1500.00") || w.Reload(tooMuch).Stage() != "draft" {
		t.Errorf("beyond the budget: %d %s", status, text)
	}
	unknown := ask("1", resource.Values{"budget_key": "NOWHERE"})
	if status, _, text := w.Try(ann, "POST", "/ltc/expense_request/"+apptest.ID(unknown)+"/request", map[string]any{}); status != 404 && status != 422 || !strings.Contains(text, "NOWHERE") {
		t.Errorf("an unknown budget: %d %s", status, text)
	}
	trip = w.Fire(ann, trip, "spend", resource.Values{"actual": "2400", "receipt_no": "R-1"}) // 600 are free again
	w.Refused(ann, trip, "settle", nil, errs.Forbidden, "who spent the money settled it")
	trip = w.Fire(clerk, trip, "settle", nil)
	rest := w.Fire(ann, ask("2100", nil), "request", nil)
	if rest.Text("budget_used") != "1" {
		t.Errorf("budget used %s, want all of it: 2400 + 5500 + 2100", rest.Text("budget_used"))
	}
	w.Fire(ann, rest, "cancel", resource.Values{"reason": "Not needed"})
	w.Fire(ann, ask("2100", nil), "request", nil) // what was given up is free again
	if status, _, _ := w.Try(w.User("bob", "ltc.rep"), "GET", "/ltc/expense_request/"+apptest.ID(trip), nil); status != 404 {
		t.Errorf("the expense of a colleague: %d", status)
	}
	rows := w.Table(ann, "/ltc/cost_control", "deals")
	if len(rows) != 1 || rows[0]["spent"] != "2400.00" || rows[0]["share"] != "0.048" {
		t.Errorf("cost to win: %v", rows)
	}
	if page := w.Panels("ltc.opportunity", deal.Base().ID); !strings.Contains(page, "2,400.00") {
		t.Errorf("the deal does not show what it cost: %s", page)
	}
	w.Fire(ann, fair, "approve", nil)
	w.Approve(boss)
	w.Approve(finance)
	if got := w.Reload(fair).Stage(); got != "approved" {
		t.Fatalf("a request above 5,000 after two approvals: %s", got)
	}
	w.Fire(ann, w.Reload(fair), "spend", resource.Values{"actual": "5500"})
	if rows := w.Table(ann, "/ltc/cost_control", "customers"); len(rows) != 1 || rows[0]["spent"] != "5500.00" {
		t.Errorf("cost to serve: %v", rows)
	}
	w.Healthy()
}

// TestLTC19OneBudgetManyAtOnce: sixteen people ask for the same money, and together get
// no more than there is.
func TestLTC19OneBudgetManyAtOnce(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss := w.User("boss", "core.admin")
	w.budget(boss, "SALES", "1000")
	rows := make([]resource.Row, 16)
	for i := range rows {
		rows[i] = w.Create(w.Admin, "ltc.expense_request", resource.Values{"title": fmt.Sprint("Trip ", i), "kind": "travel", "budget_key": "SALES", "amount": "150"})
	}
	ok, failed := apptest.Together(len(rows), func(i int) error {
		_, _, err := w.Must("ltc.expense_request").FireRow(w.Admin, rows[i].Base().ID, 0, "request", resource.Values{})
		return err
	})
	if ok != 6 {
		t.Errorf("%d of 16 got 150 out of 1000, want 6: %v", ok, failed)
	}
	for _, err := range failed {
		if !errs.Is(err, errs.Precondition) {
			t.Errorf("refused with %v", err)
		}
	}
	w.Healthy()
}
