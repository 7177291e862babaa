package ltcapp_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"meridian/platform/app/apptest"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/resource"
)

func (w *world) job(name string) {
	w.T.Helper()
	if err := w.Jobs.RunNow(authz.System(w.T.Context(), "test"), name); err != nil {
		w.T.Fatalf("job %s: %v", name, err)
	}
}

func TestLTC04Forecast(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ann, bob, head := w.User("ann", "ltc.rep"), w.User("bob", "ltc.rep"), w.User("head", "ltc.manager")
	deal := func(owner context.Context, name, amount, closeOn string, moves ...string) resource.Row {
		d := w.Create(owner, "ltc.opportunity", resource.Values{"name": name, "amount": amount, "close_on": closeOn})
		for _, m := range moves {
			d = w.Fire(owner, d, m, nil)
		}
		return d
	}
	today := w.day(0)
	a := deal(ann, "A", "1000", today, "propose", "negotiate")
	b := deal(ann, "B", "500", today, "propose")
	c := deal(bob, "C", "300", today)
	later := date.MustParse(today).AddMonths(2)
	d := deal(ann, "D", "800", later.String())
	w.updated(ann, a, resource.Values{"team": []resource.Values{{"user_id": w.actor(ann), "role": "ar", "split": "60%"}, {"user_id": w.actor(bob), "role": "sr", "split": "40%"}}})

	// each person with the own share; weighted 1000 x 0.7 + 500 x 0.4 + 300 x 0.1
	person := func(ctx context.Context, id context.Context) map[string]any {
		t.Helper()
		for _, r := range w.Table(ctx, "/ltc/forecast", "persons") {
			if p, ok := r["person"].(map[string]any); ok && fmt.Sprint(p["id"]) == w.actor(id) {
				return r
			}
		}
		return nil
	}
	if got := fmt.Sprint(w.Tile(head, "/ltc/forecast", "commit"), " ", w.Tile(head, "/ltc/forecast", "best"), " ", w.Tile(head, "/ltc/forecast", "open"), " ", w.Tile(head, "/ltc/forecast", "weighted")); got != "1000.00 1500.00 1800.00 930.00" {
		t.Errorf("commit, best case, open, weighted: %s, want 1000.00 1500.00 1800.00 930.00", got)
	}
	if r := person(head, bob); r == nil || fmt.Sprint(r["commit_total"], " ", r["pipeline"]) != "400.00 300.00" {
		t.Errorf("bob: %v", r)
	}

	// what people say, and what the manager makes of it
	say := map[string]any{"span": "month", "day": today, "amount": "900", "note": "A is sure"}
	w.Call(ann, "POST", "/ltc/forecast/submit", say, 200)
	adjust := map[string]any{"span": "month", "day": today, "person": authz.Actor(ann), "amount": "700"}
	w.Call(head, "POST", "/ltc/forecast/adjust", adjust, 422) // without a reason
	adjust["note"] = "B will slip"
	w.Call(ann, "POST", "/ltc/forecast/adjust", adjust, 403)
	w.Call(head, "POST", "/ltc/forecast/adjust", adjust, 200)
	if r := person(head, ann); r == nil || fmt.Sprint(r["submitted"], " ", r["adjusted"], " ", r["note"]) != "900.00 700.00 B will slip" {
		t.Errorf("ann: %v", r)
	}
	if e := w.List("ltc.forecast_entry", nil); len(e) != 2 || e[0].Text("system") != "600.00" {
		t.Errorf("%d entries, the system said %s", len(e), e[0].Text("system"))
	}
	if r := person(bob, ann); r != nil && r["submitted"] != nil {
		t.Errorf("bob sees what ann submitted: %v", r)
	}

	// the freeze, and what became of it
	w.Call(ann, "POST", "/ltc/forecast/freeze", map[string]any{}, 403)
	w.job("ltc.freeze")
	w.Call(head, "POST", "/ltc/forecast/freeze", map[string]any{}, 409) // already done today
	w.Fire(bob, c, "lose", resource.Values{"reason": "no_decision", "evidence": "call"})
	w.updated(ann, b, resource.Values{"close_on": later.String()})
	w.updated(ann, d, resource.Values{"close_on": today})
	w.updated(ann, a, resource.Values{"amount": "1100"})
	deal(bob, "E", "50", today)
	steps := map[string]string{}
	for _, r := range w.Table(head, "/ltc/forecast?since="+today, "bridge") {
		steps[fmt.Sprint(r["step"])] = fmt.Sprint(r["amount"])
	}
	for step, want := range map[string]string{"Open at the freeze": "1800.00", "New deals": "50.00", "Pulled in": "800.00", "Amount changed": "100.00", "Won since": "0.00", "Lost since": "-300.00", "Moved out of the period": "-500.00", "Open now": "1950.00"} {
		if steps[step] != want {
			t.Errorf("%s: %s, want %s (%v)", step, steps[step], want, steps)
		}
	}

	// a month that was foreseen: 400 committed at its start, 500 won
	start := date.MustParse(today)
	start = date.New(start.Year(), start.Month(), 1).AddMonths(-1)
	won := w.past(ann, "won", start.AddDays(-9).String(), resource.Values{"name": "W", "amount": "500", "closed_on": start.AddDays(9).String()})
	w.exec(`INSERT INTO ltc.forecast_freeze (company_id, week, opportunity_id, owner_id, stage, category, amount, probability, close_on, frozen_at) VALUES ($1, $2, $3, $4, 'negotiate', 'commit', 400, 0.7, $5, now())`,
		won.Base().CompanyID, start, won.Base().ID, won.Base().OwnerID, start.AddDays(5))
	acc := w.Table(head, "/ltc/forecast", "accuracy")
	if len(acc) != 6 || acc[0]["forecast"] != "400.00" || acc[0]["actual"] != "500.00" || acc[0]["accuracy"] != "0.8" || acc[0]["bias"] != "-0.2" || acc[1]["accuracy"] != nil {
		t.Errorf("accuracy: %v", acc)
	}
	w.Call(w.User("clerk", "itr.agent"), "GET", "/ltc/forecast", nil, 403)
	w.Healthy()
}

// Fifty closed deals teach the probability of an open one; one of them reopened, the
// lesson goes with it.
func TestLTC04LearnedProbability(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ann := w.User("ann", "ltc.rep")
	history := func(n int, stage, source string) (last resource.Row) {
		for range n {
			last = w.past(ann, stage, "2026-01-01", resource.Values{"name": "old", "source": source, "closed_on": "2026-02-01"})
		}
		return last
	}
	history(8, "won", "expo")
	history(12, "won", "web")
	history(12, "lost", "expo")
	last := history(18, "lost", "web")
	w.exec(`UPDATE ltc.opportunity SET lost_stage = 'propose' WHERE stage = 'lost'`)
	deal := w.Create(ann, "ltc.opportunity", resource.Values{"name": "new", "source": "expo"})
	byHand := w.Create(ann, "ltc.opportunity", resource.Values{"name": "mine", "source": "expo", "probability": "33%"})
	if deal.Text("prob_source") != "stage" {
		t.Errorf("a new deal starts %s", deal.Text("prob_source"))
	}
	deal = w.Fire(ann, deal, "propose", nil)
	learned := deal.Text("probability")
	if deal.Text("prob_source") != "learned" || learned == "0.4" {
		t.Errorf("after 50 closed deals: %s %s", deal.Text("prob_source"), learned)
	}
	w.job("ltc.relearn")
	if got := w.Reload(byHand); got.Text("probability") != "0.33" || got.Text("prob_source") != "manual" {
		t.Errorf("the night overwrote a probability set by hand: %s %s", got.Text("probability"), got.Text("prob_source"))
	}
	w.Fire(ann, last, "reopen", resource.Values{"reason": "they called"}) // 49 closed deals teach nothing
	w.job("ltc.relearn")
	if got := w.Reload(deal); got.Text("probability") != "0.4" || got.Text("prob_source") != "stage" {
		t.Errorf("after reopening one of fifty: %s %s, want the usual 0.4", got.Text("probability"), got.Text("prob_source"))
	}
	w.Healthy()
}

// Cohorts by the first entry: skipping counts as reached, lost deals stay in the
// denominator, a deal counts where it entered, a young cohort is maturing. frappe/crm
// drops the deals that are lost now.
func TestLTC04FunnelCohorts(t *testing.T) {
	t.Parallel()
	w := setup(t)
	deals := []struct{ stage, days string }{
		{"won", "4 9 19 31"},
		{"won", "5 - - 15"}, // straight to the order
		{"lost", "6 11 - -"},
		{"lost", "7 - - -"},
		{"qualify", "8 - - -"},
		{"won", "-31 1 2 3"}, // entered the first stage before
	}
	for _, d := range deals {
		if _, err := w.Must("ltc.opportunity").ImportRow(w.Admin, resource.Values{"name": d.days, "amount": "10", "close_on": w.today().String()}, resource.History{Stage: d.stage, Reason: "test"}); err != nil {
			t.Fatal(err)
		}
	}
	cohorts := func(base date.Date) []map[string]any {
		w.exec(`DELETE FROM ltc.deal_stay`)
		for _, d := range deals {
			for i, day := range strings.Fields(d.days) {
				if day != "-" {
					w.exec(`INSERT INTO ltc.deal_stay (opportunity_id, stage, entered_at, left_at) SELECT id, $1, $2::date + $3::int, $2::date + $3::int FROM ltc.opportunity WHERE name = $4`, []string{"qualify", "propose", "negotiate", "won"}[i], base, day, d.days)
				}
			}
		}
		return w.Table(w.Admin, fmt.Sprintf("/ltc/funnel?from=%s&to=%s", base, base.AddDays(30)), "cohorts")
	}
	old := cohorts(w.today().AddDays(-150))
	want := []string{"5 3 1 1 Complete", "3 2 1 0 Complete", "2 2 0 0 Complete"}
	for i, x := range old {
		if got := fmt.Sprint(x["entered"], " ", x["reached"], " ", x["lost"], " ", x["open"], " ", x["state"]); got != want[i] {
			t.Errorf("%v: %s, want %s", x["stage"], got, want[i])
		}
	}
	if young := cohorts(w.today().AddDays(-32)); young[0]["state"] != "Maturing" {
		t.Errorf("a cohort that ended yesterday is judged: %v", young[0])
	}
}

func TestLTC04Funnel(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ann, head := w.User("ann", "ltc.rep"), w.User("head", "ltc.manager")
	deal := func(source string, moves ...string) resource.Row {
		d := w.Create(ann, "ltc.opportunity", resource.Values{"name": "D", "amount": "100", "source": source})
		for _, m := range moves {
			d = w.Fire(ann, d, m, resource.Values{})
		}
		return d
	}
	deal("web")
	lost := deal("web", "propose")
	w.Fire(ann, lost, "lose", resource.Values{"reason": "product", "competitor": "Globex", "evidence": "mail"})
	again := deal("expo", "propose", "negotiate")
	w.Fire(ann, again, "back", resource.Values{"reason": "new scope"})
	w.Fire(ann, again, "negotiate", nil) // entered twice, counted once
	cohorts := w.Table(head, "/ltc/funnel?by=source", "cohorts")
	if got := fmt.Sprint(cohorts[0]["entered"], cohorts[0]["reached"], cohorts[1]["entered"], cohorts[1]["reached"], cohorts[1]["lost"], cohorts[2]["entered"]); got != "3 2 2 1 1 1" {
		t.Errorf("cohorts: %s, want 3 2 2 1 1 1", got)
	}
	if cohorts[1]["conversion"] != "0.5" {
		t.Errorf("a lost deal left the denominator: %v", cohorts[1])
	}
	parts := map[string]any{}
	for _, r := range w.Table(head, "/ltc/funnel?by=source", "cut") {
		parts[fmt.Sprint(r["key"])] = r["to_propose"]
	}
	if parts["web"] != "0.5" || parts["expo"] != "1" {
		t.Errorf("by source: %v", parts)
	}
	leaks := w.Table(head, "/ltc/funnel", "leaks")
	if len(leaks) != 1 || leaks[0]["stage"] != "Proposal" || leaks[0]["reason"] != "Product does not fit" {
		t.Errorf("leaks: %v", leaks)
	}
	if d := w.Table(head, "/ltc/funnel", "durations"); len(d) != 3 || d[0]["n"] != float64(3) {
		t.Errorf("durations: %v", d)
	}
	w.Call(ann, "GET", "/ltc/funnel?by=colour", nil, 422)
	w.Call(w.User("clerk", "itr.agent"), "GET", "/ltc/funnel", nil, 403)
}

func TestLTC05SalesPlan(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ann, head, boss := w.User("ann", "ltc.rep"), w.User("head", "ltc.manager"), w.User("boss", "dste.executive")
	year := date.MustParse(w.day(0)).Year()
	jan := fmt.Sprintf("%d-01-15", year)
	plan := w.Create(head, "ltc.sales_plan", resource.Values{"name": "Year", "year": fmt.Sprint(year), "metric": "order", "targets": []resource.Values{
		{"span": "year", "period_start": jan, "amount": "1200.01"}, {"span": "year", "period_start": jan, "user_id": w.actor(ann), "amount": "700"}}})
	for _, bad := range []resource.Values{{"span": "year", "period_start": jan, "amount": "5"}, {"span": "month", "period_start": "2001-01-01", "amount": "5"}} {
		lines := []resource.Values{{"span": "year", "period_start": jan, "amount": "1200"}, bad}
		if _, err := w.update(head, plan, resource.Values{"targets": lines}); !errs.Is(err, errs.Invalid) {
			t.Errorf("target %v was taken: %v", bad, err)
		}
	}
	w.Refused(head, plan, "break_down", resource.Values{"season": "last_year"}, errs.Invalid, "a season of a year without sales")
	plan = w.Fire(head, plan, "break_down", resource.Values{"season": "even"})
	if n := len(plan.Lines("targets")); n != 26 {
		t.Fatalf("%d targets after breaking two years down, want 26", n)
	}
	plan = w.Fire(head, plan, "submit", nil)
	if plan.Stage() != "draft" {
		t.Fatal("a sales plan came into force without approval")
	}
	if n := w.Approve(boss); n != 1 {
		t.Fatalf("%d approvals, want 1", n)
	}
	plan = w.Reload(plan)

	// an order of ann, of 226 net
	customer := w.customer("Acme", "90000")
	order := w.Create(w.Admin, "ltc.order", resource.Values{"customer_id": apptest.ID(customer), "owner_id": w.actor(ann), "lines": []resource.Values{{"product_id": "1", "qty": "2", "unit_price": "113"}}})
	w.Fire(w.Admin, order, "confirm", nil)
	rows := w.Table(boss, "/ltc/attainment?span=year", "targets")
	if len(rows) != 2 || rows[0]["actual"] != "226.00" || rows[1]["actual"] != "226.00" || rows[1]["attained"] != "0.322857" {
		t.Errorf("attainment: %v", rows)
	}
	if v := w.Tile(boss, "/ltc/attainment", "target"); v != "1200.01" {
		t.Errorf("target of the year %v", v)
	}
	gaps := w.Table(boss, "/ltc/attainment", "gaps")
	if len(gaps) == 0 || gaps[0]["what"] != "Persons" || gaps[0]["gap"] != "-500.01" {
		t.Errorf("gaps: %v; persons are planned 500.01 below the company", gaps)
	}
	if v := w.Tile(boss, "/ltc/forecast?span=year&day="+jan, "quota"); v != "1200.01" {
		t.Errorf("target in the forecast %v", v)
	}

	// a new version takes over when it is approved, not before
	w.Fire(head, plan, "new_version", nil)
	v2 := w.One("ltc.sales_plan", "stage", "draft")
	if v2.Text("revision") != "2" || w.Reload(plan).Stage() != "approved" {
		t.Errorf("version %s, the old one is %s", v2.Text("revision"), w.Reload(plan).Stage())
	}
	w.Fire(head, v2, "submit", nil)
	w.Approve(boss)
	if w.Reload(v2).Stage() != "approved" || w.Reload(plan).Stage() != "superseded" {
		t.Errorf("new version %s, old %s", w.Reload(v2).Stage(), w.Reload(plan).Stage())
	}
	if _, err := w.Must("ltc.sales_plan").CreateRow(ann, resource.Values{"name": "Mine"}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a sales representative made a plan: %v", err)
	}
	w.Call(w.User("clerk", "itr.agent"), "GET", "/ltc/attainment", nil, 403)
	w.Healthy()
}
