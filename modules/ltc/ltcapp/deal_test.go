package ltcapp_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"meridian/modules/crm"
	"meridian/modules/ltc"
	"meridian/platform/app/apptest"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// exec changes rows behind the back of the program: time that has passed.
func (w *world) exec(q string, args ...any) {
	w.T.Helper()
	if err := w.DB.Tx(w.Admin, func(ctx context.Context) error { return w.DB.Exec(ctx, q, args...) }); err != nil {
		w.T.Fatalf("%s: %v", q, err)
	}
}

// today is the business date, n days on.
func (w *world) day(n int) string {
	return date.Of(w.Now().In(w.Location(w.Admin))).AddDays(n).String()
}

func (w *world) update(ctx context.Context, r resource.Row, v resource.Values) (resource.Row, error) {
	return w.Must(r.Type()).UpdateRow(ctx, r.Base().ID, w.Reload(r).Base().Version, v)
}

func (w *world) updated(ctx context.Context, r resource.Row, v resource.Values) resource.Row {
	w.T.Helper()
	out, err := w.update(ctx, r, v)
	if err != nil {
		w.T.Fatalf("update %s: %v", r.Base().No, err)
	}
	return out
}

func (w *world) actor(ctx context.Context) string { return fmt.Sprint(authz.Actor(ctx)) }

// past imports a deal of history.
func (w *world) past(ctx context.Context, stage, opened string, v resource.Values) resource.Row {
	w.T.Helper()
	at, err := time.Parse(time.DateOnly, opened)
	if err != nil {
		w.T.Fatal(err)
	}
	r, err := w.Must("ltc.opportunity").ImportRow(w.Admin, apptest.Merge(resource.Values{"owner_id": w.actor(ctx)}, v), resource.History{Stage: stage, At: at, Reason: "file.csv"})
	if err != nil {
		w.T.Fatalf("import deal: %v", err)
	}
	return r
}

func TestLTC02Opportunities(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ann, bob, eve := w.User("ann", "ltc.rep"), w.User("bob", "ltc.rep"), w.User("eve", "ltc.rep")
	customer := w.Create(ann, "crm.customer", resource.Values{"name": "Acme"})
	lee := w.Create(ann, "crm.contact", resource.Values{"name": "Li Wei", "customer_id": apptest.ID(customer)})
	deal := w.Create(ann, "ltc.opportunity", resource.Values{"name": "Line 3", "customer_id": apptest.ID(customer), "amount": "80000", "close_on": w.day(30),
		"competitors": []resource.Values{{"name": "Globex", "price": "75000", "strategy": "buys the entry", "threat": "high"}},
		"contacts":    []resource.Values{{"contact_id": apptest.ID(lee), "role": "decider", "attitude": "for", "influence": "high"}}})
	if deal.Text("next_step") == "" || deal.Text("next_on") != w.day(2) {
		t.Errorf("a new deal starts with next step %q on %s, want one on %s", deal.Text("next_step"), deal.Text("next_on"), w.day(2))
	}
	if _, err := w.update(ann, deal, resource.Values{"next_step": ""}); !errs.Is(err, errs.Invalid) {
		t.Errorf("an open deal lost its next step: %v", err)
	}

	// the team shares the credit, whole or not at all, and sees the deal
	team := func(annShare, bobShare string) resource.Values {
		return resource.Values{"team": []resource.Values{{"user_id": w.actor(ann), "role": "ar", "raci": "a", "split": annShare}, {"user_id": w.actor(bob), "role": "sr", "raci": "r", "split": bobShare}}}
	}
	if _, err := w.update(ann, deal, team("70%", "20%")); !errs.Is(err, errs.Invalid) {
		t.Errorf("90 %% of the credit was given away: %v", err)
	}
	if _, err := w.Must("ltc.opportunity").GetRow(bob, deal.Base().ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("bob sees the deal before he is in the team: %v", err)
	}
	deal = w.updated(ann, deal, team("70%", "30%"))
	if _, err := w.Must("ltc.opportunity").GetRow(bob, deal.Base().ID); err != nil {
		t.Errorf("bob is in the team and does not see the deal: %v", err)
	}
	if _, err := w.Must("ltc.opportunity").GetRow(eve, deal.Base().ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("eve sees a deal that is not hers: %v", err)
	}
	if _, err := w.update(ann, deal, resource.Values{"competitors": []resource.Values{{"name": "Globex"}, {"name": "GLOBEX "}}}); !errs.Is(err, errs.Invalid) {
		t.Errorf("one competitor stands twice: %v", err)
	}

	// probability and category follow the stage until set by hand
	deal = w.Fire(ann, deal, "propose", nil)
	if deal.Text("probability") != "0.4" || deal.Text("category") != "best_case" || deal.Text("prob_source") != "stage" {
		t.Errorf("in proposal: %s %s %s", deal.Text("probability"), deal.Text("category"), deal.Text("prob_source"))
	}
	deal = w.updated(ann, deal, resource.Values{"probability": "55%", "category": "commit"})
	deal = w.Fire(ann, deal, "negotiate", nil)
	if deal.Text("probability") != "0.55" || deal.Text("prob_source") != "manual" || deal.Text("category") != "commit" {
		t.Errorf("set by hand, then moved: %s %s %s", deal.Text("probability"), deal.Text("prob_source"), deal.Text("category"))
	}
	if deal = w.updated(ann, deal, resource.Values{"probability": ""}); deal.Text("probability") != "0.7" || deal.Text("prob_source") != "stage" {
		t.Errorf("cleared: %s %s, want the usual 0.7 again", deal.Text("probability"), deal.Text("prob_source"))
	}

	// what needs attention, and what is done about it
	if rows := w.Table(ann, "/ltc/attention", "deals"); len(rows) != 0 {
		t.Errorf("a fresh deal needs attention: %v", rows)
	}
	w.exec(`UPDATE ltc.opportunity SET last_activity_at = now() - interval '20 days', next_on = $2 WHERE id = $1`, deal.Base().ID, w.day(-3))
	rows := w.Table(ann, "/ltc/attention", "deals")
	if len(rows) != 1 || rows[0]["why"] != "Next step overdue, No activity" {
		t.Fatalf("needing attention: %v", rows)
	}
	if rows := w.Table(eve, "/ltc/attention", "deals"); len(rows) != 0 {
		t.Errorf("eve sees the deals of ann: %v", rows)
	}
	w.Call(ann, "POST", "/ltc/attention/activity", map[string]any{"deal": deal.Base().ID, "way": "visit", "note": "Showed the drive", "next_step": "Send offer", "next_on": w.day(-1)}, 422)
	w.Call(ann, "POST", "/ltc/attention/activity", map[string]any{"deal": deal.Base().ID, "way": "visit", "note": "Showed the drive", "next_step": "Send offer", "next_on": w.day(3)}, 200)
	w.Call(eve, "POST", "/ltc/attention/activity", map[string]any{"deal": deal.Base().ID, "way": "call", "note": "x", "next_step": "x", "next_on": w.day(3)}, 422)
	if rows := w.Table(ann, "/ltc/attention", "deals"); len(rows) != 0 {
		t.Errorf("after the visit it still needs attention: %v", rows)
	}
	deal = w.Reload(deal)
	if l := deal.Lines("activities"); len(l) != 1 || l[0].Text("way") != "visit" || deal.Text("next_step") != "Send offer" {
		t.Errorf("activities %d, next step %q", len(l), deal.Text("next_step"))
	}
	w.Refused(ann, deal, "win", nil, errs.Precondition, "won without contract or order")
	clerk := w.User("clerk", "itr.agent")
	w.Call(clerk, "GET", "/ltc/attention", nil, 403)
	w.Healthy()
}

// Stale counts from the last activity: krayin/laravel-crm counts its rotten days from
// the creation of a lead, so that every long deal looks abandoned. Stuck counts against
// the won deals.
func TestLTC02StuckAndStale(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ann := w.User("ann", "ltc.rep")
	for i := range 5 { // won deals stood 1 to 5 days in qualification: p75 is 4
		d := w.past(ann, "won", "2026-01-01", resource.Values{"name": "Old", "closed_on": "2026-02-01"})
		w.exec(`INSERT INTO ltc.deal_stay (opportunity_id, stage, entered_at, left_at) VALUES ($1, 'qualify', '2026-01-01', timestamptz '2026-01-01' + make_interval(days => $2))`, d.Base().ID, i+1)
	}
	for name, entered := range map[string]int{"young": 3, "stuck": 6} {
		d := w.Create(ann, "ltc.opportunity", resource.Values{"name": name, "amount": "10"})
		w.exec(`UPDATE ltc.opportunity SET created_at = now() - interval '90 days' WHERE id = $1`, d.Base().ID)
		w.exec(`UPDATE ltc.deal_stay SET entered_at = now() - make_interval(days => $2) WHERE opportunity_id = $1`, d.Base().ID, entered)
	}
	rows := w.Table(ann, "/ltc/attention", "deals")
	if len(rows) != 1 || rows[0]["why"] != "Stuck in its stage" || rows[0]["usual"] != "4" {
		t.Errorf("deals that need attention: %v; want the stuck one alone, against a p75 of 4 days", rows)
	}
}

func TestLTC16CompetitionAndLoss(t *testing.T) {
	t.Parallel()
	w := setup(t)
	h := listen(w.Bus)
	ann, head := w.User("ann", "ltc.rep"), w.User("head", "ltc.manager")
	customer := w.Create(ann, "crm.customer", resource.Values{"name": "Acme"})
	deal := func(name, amount string) resource.Row {
		return w.Create(ann, "ltc.opportunity", resource.Values{"name": name, "customer_id": apptest.ID(customer), "amount": amount})
	}
	lost := w.Fire(ann, deal("Line 3", "1000"), "propose", nil)
	full := resource.Values{"reason": "price", "competitor": "Globex", "rival_price": "900", "evidence": "Their offer of 3 May"}
	for missing, why := range map[string]string{"competitor": "no competitor", "evidence": "no evidence", "rival_price": "neither price nor gap"} {
		v := apptest.Merge(full)
		delete(v, missing)
		w.Refused(ann, lost, "lose", v, errs.Invalid, why)
	}
	w.Refused(ann, lost, "lose", resource.Values{"reason": "other", "competitor": "Globex", "evidence": "x"}, errs.Invalid, "another reason needs a note")
	w.Refused(ann, lost, "lose", apptest.Merge(full, resource.Values{"win_back_on": w.day(-1)}), errs.Invalid, "a win-back in the past")
	lost = w.Fire(ann, lost, "lose", apptest.Merge(full, resource.Values{"win_back_on": w.day(90)}))
	if lost.Text("price_gap") != "0.1" || lost.Text("lost_stage") != "propose" || lost.Text("next_step") != "" {
		t.Errorf("lost with gap %s in stage %s, next step %q", lost.Text("price_gap"), lost.Text("lost_stage"), lost.Text("next_step"))
	}
	if c := lost.Lines("competitors"); len(c) != 1 || c[0].Text("status") != "won" || c[0].Text("price") != "900.00" {
		t.Errorf("the winner does not stand among the competitors")
	}
	want := ltc.NewFollowup{Customer: crm.CustomerID(customer.Base().ID), Owner: authz.Actor(ann), On: date.MustParse(w.day(90)), Subject: "Win back: Line 3", From: refOf(lost)}
	if len(w.contacts.planned) != 1 || w.contacts.planned[0] != want {
		t.Errorf("planned %+v, want %+v", w.contacts.planned, want)
	}

	won := w.updated(ann, deal("Line 4", "3000"), resource.Values{"competitors": []resource.Values{{"name": "globex"}}})
	order := w.Create(w.Admin, "ltc.order", resource.Values{"customer_id": apptest.ID(w.customer("Beta", "9000")), "opportunity_id": apptest.ID(won), "lines": []resource.Values{{"product_id": "1", "qty": "1", "unit_price": "100"}}})
	w.Fire(w.Admin, order, "confirm", nil)
	w.Fire(ann, won, "win", resource.Values{"win_reason": "service"})

	// a deal whose quote the customer accepted is not lost
	sold := deal("Line 5", "100")
	w.launch(motor, "100")
	quote := w.Create(ann, "ltc.quote", resource.Values{"opportunity_id": apptest.ID(sold), "lines": []resource.Values{{"product_id": "1", "qty": "1"}}})
	for _, move := range []string{"submit", "send", "accept"} {
		quote = w.Fire(ann, quote, move, nil)
	}
	w.Refused(ann, sold, "lose", full, errs.Precondition, "a deal with an accepted quote was lost")

	report := "/ltc/win_loss"
	if got := fmt.Sprint(w.Tile(head, report, "rate"), " ", w.Tile(head, report, "rate_amount"), " ", w.Tile(head, report, "open_reviews")); got != "0.5 0.75 2" {
		t.Errorf("win rate by count, by amount, open reviews: %s, want 0.5 0.75 2", got)
	}
	reasons := w.Table(head, report, "loss")
	if len(reasons) != 1 || reasons[0]["key"] != "Price too high" || reasons[0]["amount"] != "1000.00" {
		t.Errorf("reasons of loss: %v", reasons)
	}
	met := w.Table(head, report, "competitors")
	if len(met) != 1 || fmt.Sprintf("%v %v %v %v", met[0]["met"], met[0]["won"], met[0]["lost"], met[0]["gap"]) != "2 1 1 0.1" {
		t.Errorf("competitors: %v", met)
	}
	w.Call(ann, "POST", report+"/review", map[string]any{"deal": lost.Base().ID, "note": "mine"}, 403)
	w.Call(head, "POST", report+"/review", map[string]any{"deal": lost.Base().ID, "note": "Offer a frame contract first"}, 200)
	if got := w.Reload(lost); got.Text("reviewed_by") != w.actor(head) || w.Tile(head, report, "open_reviews") != float64(1) {
		t.Errorf("reviewed by %s, open %v", got.Text("reviewed_by"), w.Tile(head, report, "open_reviews"))
	}

	// reopened: as if it had not been lost
	lost = w.Fire(ann, lost, "reopen", resource.Values{"reason": "they called"})
	if lost.Text("loss_reason")+lost.Text("evidence")+lost.Text("lost_stage")+lost.Text("reviewed_by") != "" || len(w.Table(head, report, "loss")) != 0 {
		t.Error("a reopened deal keeps the marks of its loss")
	}
	if len(h.closed) != 2 || !strings.Contains(h.closed[0].Reason, "price") {
		t.Errorf("told: %+v", h.closed)
	}
	w.Healthy()
}

func refOf(r resource.Row) trace.Ref { return trace.Ref{Type: r.Type(), ID: r.Base().ID} }
