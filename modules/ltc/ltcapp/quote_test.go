package ltcapp_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"meridian/platform/app/apptest"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// explained says which rule decided about a quote that was submitted.
func (w *world) explained(q resource.Row) string {
	w.T.Helper()
	rounds, err := w.Process.Rounds(w.Admin, trace.Ref{Type: "ltc.quote", ID: q.Base().ID})
	if err != nil {
		w.T.Fatal(err)
	}
	if len(rounds) == 0 {
		return ""
	}
	return rounds[len(rounds)-1].Explanation
}

// cost gives a product its standard cost.
func (w *world) cost(product, cost string) {
	w.T.Helper()
	w.updated(w.Admin, w.One("ltc.price", "product_id", product), resource.Values{"cost": cost})
}

func TestLTC06PriceListsAndConfiguration(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.launch(motor, "100")
	ann, head := w.User("ann", "ltc.rep"), w.User("head", "ltc.manager")
	acme := w.Create(ann, "crm.customer", resource.Values{"name": "Acme"})
	beta := w.Create(ann, "crm.customer", resource.Values{"name": "Beta"})
	w.Create(head, "ltc.price_list", resource.Values{"name": "Volume", "tiers": []resource.Values{{"product_id": "1", "min_qty": "10", "price": "95"}, {"product_id": "1", "min_qty": "100", "price": "90"}}})
	w.Create(w.Admin, "ltc.price_list", resource.Values{"name": "Acme 2026", "customer_id": apptest.ID(acme), "tiers": []resource.Values{{"product_id": "1", "price": "88"}}})
	w.Create(head, "ltc.price_list", resource.Values{"name": "Over", "valid_from": w.day(-20), "valid_until": w.day(-1), "priority": "9", "tiers": []resource.Values{{"product_id": "1", "price": "1"}}})
	if _, err := w.Must("ltc.price_list").CreateRow(head, resource.Values{"name": "Twice", "tiers": []resource.Values{{"product_id": "1", "price": "1"}, {"product_id": "1", "price": "2"}}}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a price list with two prices for one quantity: %v", err)
	}
	if _, err := w.Must("ltc.price_list").CreateRow(ann, resource.Values{"name": "Mine"}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a sales representative made a price list: %v", err)
	}
	for _, c := range []struct {
		customer resource.Row
		qty      string
		price    string
	}{{beta, "1", "100"}, {beta, "10", "95"}, {beta, "250", "90"}, {acme, "250", "88"}} {
		q := w.Create(ann, "ltc.quote", resource.Values{"customer_id": apptest.ID(c.customer), "lines": []resource.Values{{"product_id": "1", "qty": c.qty}}})
		if l := q.Lines("lines")[0]; l.Text("unit_price") != c.price || l.Text("list_price") != c.price {
			t.Errorf("%s pieces for %s cost %s (list %s), want %s", c.qty, c.customer.Title(), l.Text("unit_price"), l.Text("list_price"), c.price)
		}
	}

	// the configuration: guided, explained, priced
	model := w.Create(head, "ltc.config_model", resource.Values{"name": "Motor", "product_id": "1",
		"features": []resource.Values{{"code": "power", "label": "Power", "min_opt": "1"}, {"code": "extra", "label": "Extras", "max_opt": "2"}},
		"options":  []resource.Values{{"feature": "power", "code": "p1", "label": "1 kW"}, {"feature": "power", "code": "p2", "label": "2 kW", "price": "40", "lead_days": "14"}, {"feature": "extra", "code": "fan", "label": "Fan", "price": "10", "lead_days": "3"}, {"feature": "extra", "code": "ex", "label": "ATEX", "price": "90"}},
		"rules":    []resource.Values{{"if_code": "p2", "kind": "requires", "then_code": "fan", "why": "It gets hot."}, {"if_code": "ex", "kind": "excludes", "then_code": "fan", "why": "No sparks."}}})
	path := "/ltc/configure?model=" + apptest.ID(model)
	state := map[string]any{}
	for _, r := range w.Table(ann, path+"&chosen=p2,fan", "options") {
		state[fmt.Sprint(r["option"])] = r["state"]
	}
	if state["2 kW"] != "Chosen" || state["ATEX"] != "Does not fit" || state["1 kW"] != nil {
		t.Errorf("options after choosing 2 kW and fan: %v", state)
	}
	if missing := w.Table(ann, path+"&chosen=p2", "missing"); len(missing) != 1 || missing[0]["what"] != "2 kW requires Fan. It gets hot." {
		t.Errorf("missing: %v", missing)
	}
	_, _, text := w.Try(ann, "POST", "/ltc/configure/choose", map[string]any{"model": model.Base().ID, "chosen": "fan", "option": "ex"})
	if !strings.Contains(text, "ATEX does not go with Fan. No sparks.") {
		t.Errorf("choosing what does not fit: %s", text)
	}
	out := w.Call(ann, "POST", "/ltc/configure/choose", map[string]any{"model": model.Base().ID, "chosen": "p2", "option": "fan"}, 200)
	if href := fmt.Sprint(out["href"]); !strings.Contains(href, "chosen=p2%2Cfan") {
		t.Errorf("chosen leads to %s", href)
	}
	w.Call(ann, "POST", "/ltc/configure/keep", map[string]any{"model": model.Base().ID, "chosen": "p2"}, 422)
	w.Call(ann, "POST", "/ltc/configure/keep", map[string]any{"model": model.Base().ID, "chosen": "p2,fan"}, 200)
	c := w.One("ltc.configuration", "model_id", apptest.ID(model))
	if c.Text("price") != "150" || c.Text("lead_days") != "14" || len(c.Text("hash")) != 16 {
		t.Errorf("configured: price %s, lead %s, fingerprint %s", c.Text("price"), c.Text("lead_days"), c.Text("hash"))
	}
	q := w.Create(ann, "ltc.quote", resource.Values{"customer_id": apptest.ID(beta), "lines": []resource.Values{{"product_id": "1", "qty": "2", "configuration_id": apptest.ID(c)}}})
	if l := q.Lines("lines")[0]; l.Text("unit_price") != "150" || l.Text("description") == "" {
		t.Errorf("the configured line costs %s and says %q", l.Text("unit_price"), l.Text("description"))
	}
	if _, err := w.Must("ltc.quote").CreateRow(ann, resource.Values{"customer_id": apptest.ID(beta), "lines": []resource.Values{{"product_id": "2", "qty": "2", "unit_price": "1", "configuration_id": apptest.ID(c)}}}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a line of another product took the configuration: %v", err)
	}
	w.Healthy()
}

func TestLTC06VersionsAndAcceptance(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.launch(motor, "100")
	w.launch(gear, "50")
	ann := w.User("ann", "ltc.rep")
	customer := w.Create(ann, "crm.customer", resource.Values{"name": "Acme"})
	deal := w.Create(ann, "ltc.opportunity", resource.Values{"name": "Line 3", "customer_id": apptest.ID(customer), "amount": "1000"})
	q := w.Create(ann, "ltc.quote", resource.Values{"opportunity_id": apptest.ID(deal), "lines": []resource.Values{{"product_id": "1", "qty": "10"}}, "options": []resource.Values{{"product_id": "2", "qty": "2"}}})
	if q.Text("total") != "1130.00" {
		t.Errorf("total %s, want 1130.00: an option stands beside the total", q.Text("total"))
	}
	q = w.Fire(ann, q, "submit", nil)
	q = w.Fire(ann, q, "send", nil)
	w.exec(`UPDATE ltc.opportunity SET last_activity_at = '2026-01-01' WHERE id = $1`, deal.Base().ID)
	w.Fire(ann, q, "round", resource.Values{"asked": "10 % off", "given": "5 % off", "got": "prepayment"})
	if strings.HasPrefix(w.Reload(deal).Text("last_activity_at"), "2026-01-01") {
		t.Error("a round of negotiation is no activity of the deal")
	}
	w.Fire(ann, q, "new_version", nil)
	v2 := w.One("ltc.quote", "previous_id", apptest.ID(q))
	v2 = w.updated(ann, v2, resource.Values{"lines": []resource.Values{{"id": lineID(v2.Lines("lines")[0]), "discount": "5%"}}})
	v2 = w.Fire(ann, v2, "take", resource.Values{"option": "1"})
	if v2.Text("net") != "1050.00" || len(v2.Lines("options")) != 0 {
		t.Errorf("with the option taken in: net %s, %d options left", v2.Text("net"), len(v2.Lines("options")))
	}
	diff := w.Table(ann, "/ltc/quote_diff?quote="+apptest.ID(v2), "lines")
	if len(diff) != 2 || diff[0]["kind"] != "Changed" || diff[0]["net"] != "-50" || diff[1]["kind"] != "Added" {
		t.Errorf("difference: %v", diff)
	}

	if page := w.Panels("ltc.quote", v2.Base().ID); !strings.Contains(page, "quote_diff?quote="+apptest.ID(v2)) || !strings.Contains(page, q.Base().No) {
		t.Errorf("the panel of the versions lacks one:\n%s", page)
	}

	// the link of the customer
	w.Call(ann, "POST", "/ltc/quotes_out/link", map[string]any{"quote": v2.Base().ID}, 409) // not sent yet
	v2 = w.Fire(ann, v2, "submit", nil)
	v2 = w.Fire(ann, v2, "send", nil)
	link := func(q resource.Row) string {
		t.Helper()
		m := fmt.Sprint(w.Call(ann, "POST", "/ltc/quotes_out/link", map[string]any{"quote": q.Base().ID}, 200)["message"])
		return m[strings.LastIndex(m, " ")+1:]
	}
	key := link(v2)
	public := func(op, key, name string) (int, map[string]any) {
		body, _ := json.Marshal(map[string]string{"key": key, "name": name})
		if name == "" {
			body, _ = json.Marshal(map[string]string{"key": key})
		}
		status, text := w.Post("/offer/"+op, "application/json", string(body))
		var m map[string]any
		_ = json.Unmarshal([]byte(text), &m)
		return status, m
	}
	if status, _ := public("open", "wrong", ""); status != 404 {
		t.Errorf("a wrong key answers %d", status)
	}
	status, offer := public("open", key, "")
	if status != 201 || offer["total"] != "1186.50" || offer["may_accept"] != true || offer["cost"] != nil {
		t.Errorf("opened: %d %v", status, offer)
	}
	if got := w.Reload(v2); got.Stage() != "viewed" || got.Text("views") != "1" {
		t.Errorf("opened by the customer: %s, %s times", got.Stage(), got.Text("views"))
	}
	if out := w.Table(ann, "/ltc/quotes_out", "quotes"); len(out) != 1 || out[0]["views"] != float64(1) {
		t.Errorf("quotes with customers: %v", out)
	}
	ok, _ := apptest.Together(8, func(int) error {
		if status, m := public("accept", key, "Li Wei"); status != 201 || m["state"] != "accepted" {
			return fmt.Errorf("%d %v", status, m)
		}
		return nil
	})
	if got := w.Reload(v2); ok != 8 || got.Stage() != "accepted" || got.Text("accepted_by") != "Li Wei" {
		t.Errorf("%d of 8 clicks answered; the quote is %s by %s", ok, got.Stage(), got.Text("accepted_by"))
	}

	// neither a replaced nor an expired version is accepted, and what ends by date never
	// overwrites an answer (frappe/erpnext PR 32005: expired overwrote lost)
	draft := func() resource.Row {
		x := w.Create(ann, "ltc.quote", resource.Values{"customer_id": apptest.ID(customer), "lines": []resource.Values{{"product_id": "1", "qty": "1"}}})
		return w.Fire(ann, w.Fire(ann, x, "submit", nil), "send", nil)
	}
	replaced, late, declined := draft(), draft(), draft()
	k1, k2 := link(replaced), link(late)
	w.Fire(ann, replaced, "new_version", nil)
	w.Fire(ann, declined, "decline", resource.Values{"reason": "too dear"})
	w.exec(`UPDATE ltc.quote SET valid_until = $1`, w.day(-1))
	for _, k := range []string{k1, k2} {
		if status, m := public("accept", k, "Li Wei"); status != 409 {
			t.Errorf("a dead quote was accepted: %d %v", status, m)
		}
	}
	if n, err := w.ltc.ExpireQuotes(w.Admin, date.MustParse(w.day(0))); n != 1 || err != nil {
		t.Errorf("%d quotes ended (%v), want the late one", n, err)
	}
	if a, b, c := w.Reload(late).Stage(), w.Reload(declined).Stage(), w.Reload(v2).Stage(); a != "expired" || b != "declined" || c != "accepted" {
		t.Errorf("after the night: %s, %s, %s; want expired, declined, accepted", a, b, c)
	}
	w.Fire(ann, v2, "copy", nil)
	if n := len(w.List("ltc.quote", map[string][]string{"stage": {"draft"}})); n != 2 { // and the version that replaced one
		t.Errorf("%d drafts after copying a won quote, want 2", n)
	}
	w.Call(w.User("clerk", "itr.agent"), "GET", "/ltc/quotes_out", nil, 403)
	w.Healthy()
}

func TestLTC07QuoteApproval(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.launch(motor, "100")
	w.launch(gear, "100")
	w.cost("1", "80")
	ann, head, money := w.User("ann", "ltc.rep"), w.User("head", "ltc.manager"), w.User("chief", "core.finance_manager")
	customer := w.Create(ann, "crm.customer", resource.Values{"name": "Acme"})
	submit := func(v resource.Values, line resource.Values) (resource.Row, string) {
		t.Helper()
		q := w.Create(ann, "ltc.quote", apptest.Merge(resource.Values{"customer_id": apptest.ID(customer), "lines": []resource.Values{apptest.Merge(resource.Values{"qty": "1"}, line)}}, v))
		q = w.Fire(ann, q, "submit", nil)
		return q, w.explained(q)
	}
	if q, why := submit(nil, resource.Values{"product_id": "1"}); q.Stage() != "approved" || why != "" {
		t.Errorf("inside every limit: %s, %q", q.Stage(), why)
	}
	low, why := submit(nil, resource.Values{"product_id": "1", "discount": "7%"}) // 93 against 80: 13.98 %
	if low.Stage() != "draft" || why != "Margin below the floor" {
		t.Errorf("below the margin floor: %s, %q", low.Stage(), why)
	}
	if low.Text("margin") != "•••" {
		t.Errorf("a sales representative sees the margin: %s", low.Text("margin"))
	}
	if r, err := w.Must("ltc.quote").GetRow(head, low.Base().ID); err != nil || r.Text("margin") != "13.00" || r.Text("margin_rate") != "0.139785" {
		t.Errorf("the manager sees margin %s at %s (%v), want 13.00 at 0.139785", r.Text("margin"), r.Text("margin_rate"), err)
	}
	if _, why := submit(resource.Values{"payment_days": "90"}, resource.Values{"product_id": "1"}); why != "Long payment term" {
		t.Errorf("90 days to pay: %q", why)
	}

	// the matrix: role x kind x customer
	w.Create(head, "ltc.discount_authority", resource.Values{"role": "ltc.rep", "kind": "goods", "max_discount": "3%"})
	if _, err := w.Must("ltc.discount_authority").CreateRow(head, resource.Values{"role": "ltc.reps", "max_discount": "3%"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("authority for a role nobody has: %v", err)
	}
	if _, err := w.Must("ltc.discount_authority").CreateRow(ann, resource.Values{"role": "ltc.rep", "max_discount": "99%"}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("ann gave herself authority: %v", err)
	}
	beyond, why := submit(nil, resource.Values{"product_id": "2", "discount": "4%"})
	if why != "Beyond the own discount authority" {
		t.Errorf("4 %% with an authority of 3 %%: %q", why)
	}
	if _, why := submit(nil, resource.Values{"product_id": "2", "discount": "3%"}); why != "" {
		t.Errorf("3 %% with an authority of 3 %%: %q", why)
	}

	// approved once, a new version is approved again only if its terms are worse
	if w.Approve(head) == 0 || w.Reload(beyond).Stage() != "approved" {
		t.Fatalf("after approval: %s", w.Reload(beyond).Stage())
	}
	w.Approve(money)
	version := func(old resource.Row, discount string, v resource.Values) (resource.Row, string) {
		t.Helper()
		w.Fire(ann, old, "new_version", nil)
		n := w.One("ltc.quote", "previous_id", apptest.ID(old))
		n = w.updated(ann, n, apptest.Merge(resource.Values{"lines": []resource.Values{{"id": lineID(n.Lines("lines")[0]), "discount": discount}}}, v))
		n = w.Fire(ann, n, "submit", nil)
		return n, w.explained(n)
	}
	v2, why := version(beyond, "4%", nil)
	if v2.Stage() != "approved" || why != "" {
		t.Errorf("the same terms again: %s, %q", v2.Stage(), why)
	}
	v3, why := version(v2, "5%", nil)
	if v3.Stage() != "draft" || why != "Beyond the own discount authority" {
		t.Errorf("worse terms: %s, %q", v3.Stage(), why)
	}
	w.Healthy()
}

// Whatever sixteen people do with the versions of an offer at once, one is current.
func TestLTC06OneCurrentVersion(t *testing.T) {
	t.Parallel()
	w := setup(t)
	customer := w.customer("Acme", "10000")
	root := w.Create(w.Admin, "ltc.quote", resource.Values{"customer_id": apptest.ID(customer), "lines": []resource.Values{{"product_id": "1", "qty": "1", "unit_price": "100"}}})
	w.Fire(w.Admin, root, "new_version", nil) // whatever the storm refuses, there are two
	all := func(ctx context.Context) []resource.Row {
		l, err := w.Must("ltc.quote").ListRows(ctx, resource.ListQuery{Filters: map[string][]string{"customer_id": {apptest.ID(customer)}}, Sort: "id"})
		if err != nil {
			t.Error(err)
		}
		return l.Rows
	}
	done, _ := apptest.Together(16, func(i int) error {
		r := rand.New(rand.NewPCG(uint64(i), 5)) //nolint:gosec // a test
		moved := 0
		for range 6 {
			rows := all(w.Admin)
			q := rows[r.IntN(len(rows))]
			move := []string{"new_version", "submit", "send", "accept", "new_version"}[r.IntN(5)]
			if _, _, err := w.Must("ltc.quote").FireRow(w.Admin, q.Base().ID, 0, move, resource.Values{}); err == nil {
				moved++
			} else if !errs.Is(err, errs.Precondition) && !errs.Is(err, errs.Conflict) {
				return err
			}
		}
		return nil
	})
	if done != 16 {
		t.Errorf("%d of 16 finished", done)
	}
	rows := all(w.Admin)
	current := 0
	for _, q := range rows {
		if q.Text("is_current") == "true" {
			current++
		}
	}
	if current != 1 || len(rows) < 2 {
		t.Errorf("%d current among %d versions of %s", current, len(rows), root.Base().No)
	}
	w.Healthy()
}
