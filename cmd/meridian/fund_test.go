package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"meridian/platform/transfer"
)

// TestCRM16MarketingFund: a partner claims back what it spent, with a proof, out of a fund
// of its own; somebody of ours approves, never more than the fund has, and finance pays.
func TestCRM16MarketingFund(t *testing.T) {
	w := newChannel(t)
	clerk := w.person("clerk", "core.finance_clerk")
	fund := func(partner string) int64 {
		return id(w.call(w.eve, "POST", "/crm/fund", doc{"name": "Fund of " + partner, "partner_id": w.of[partner], "from_on": inDays(-100), "to_on": inDays(100), "amount": "1000"}, 201))
	}
	mine, other := fund("one"), fund("two")
	body := doc{"purpose": "Booth at the fair", "fund_id": mine, "spent_on": inDays(-2), "amount": "400"}
	with := func(k string, v any) doc {
		out := doc{}
		for x, y := range body {
			out[x] = y
		}
		out[k] = v
		return out
	}
	for k, v := range map[string]any{"amount": "1000.01", "spent_on": inDays(1), "fund_id": other} {
		if _, _, text := w.try(w.one, "POST", "/crm/fund_claim", with(k, v)); !strings.Contains(text, `"field":"`+k+`"`) {
			t.Errorf("a claim with %s %v answers %s", k, v, text)
		}
	}
	w.call(w.one, "POST", "/crm/fund_claim", with("spent_on", inDays(-200)), 422)
	w.call(w.one, "POST", "/crm/fund", doc{"name": "More", "partner_id": w.of["one"], "from_on": inDays(0), "to_on": inDays(1), "amount": "1"}, 403)

	browser := w.browserless("one")
	claim := func(amount string) int64 {
		t.Helper()
		n := id(w.call(w.one, "POST", "/crm/fund_claim", with("amount", amount), 201))
		w.call(w.one, "POST", fmt.Sprintf("/crm/fund_claim/%d/submit", n), doc{}, 409)
		if res, page := w.upload(browser, fmt.Sprintf("/crm/fund_claim/%d/attach", n), map[string]transfer.File{"file": {Name: "bill.txt", Body: []byte("400.00")}}); res.StatusCode >= 400 {
			t.Fatalf("the proof answers %d: %s", res.StatusCode, clipped(page))
		}
		w.moveAs(w.one, "crm.fund_claim", n, "submit", nil)
		return n
	}
	move := func(token string, n int64, name string, in doc) int {
		code, _, _ := w.try(token, "POST", fmt.Sprintf("/crm/fund_claim/%d/%s", n, name), in)
		return code
	}
	first := claim("400")
	for who, want := range map[string]int{w.one: 403, w.two: 403, clerk: 403} {
		if got := move(who, first, "approve", doc{}); got != want {
			t.Errorf("approval answers %d, want %d", got, want)
		}
	}
	w.call(w.two, "GET", fmt.Sprintf("/crm/fund_claim/%d", first), nil, 404)
	w.call(w.two, "GET", fmt.Sprintf("/crm/fund/%d", mine), nil, 404)
	w.moveAs(w.eve, "crm.fund_claim", first, "approve", nil)
	if got := move(w.eve, first, "pay", doc{"reference": "x"}); got != 403 {
		t.Errorf("the approver pays: %d", got)
	}
	w.call(clerk, "POST", fmt.Sprintf("/crm/fund_claim/%d/pay", first), doc{"reference": "P-1", "on": inDays(1)}, 422)
	w.moveAs(clerk, "crm.fund_claim", first, "pay", doc{"reference": "P-1"})

	// 600 are left; of four claims of 250 approved at once two fit.
	list := []int64{claim("250"), claim("250"), claim("250"), claim("250")}
	var mu sync.Mutex
	codes := map[int]int{}
	var wg sync.WaitGroup
	for _, n := range list {
		wg.Go(func() {
			code := move(w.eve, n, "approve", doc{})
			mu.Lock()
			codes[code]++
			mu.Unlock()
		})
	}
	wg.Wait()
	if codes[http.StatusOK] != 2 || codes[http.StatusConflict] != 2 {
		t.Errorf("four at once answer %v, want two 200 and two 409", codes)
	}
	if f := w.get("crm.fund", mine); f["approved"] != "900.00" || f["paid"] != "400.00" {
		t.Errorf("the fund has approved %v and paid %v", f["approved"], f["paid"])
	}
	if _, _, text := w.try(w.eve, "PATCH", fmt.Sprintf("/crm/fund/%d", mine), doc{"amount": "800"}, "If-Match", fmt.Sprint(w.get("crm.fund", mine)["version"])); !strings.Contains(text, "900.00") {
		t.Errorf("the fund falls below its claims: %s", text)
	}
	for _, n := range list { // what is given up may be claimed again
		if w.get("crm.fund_claim", n)["stage"] == "approved" {
			w.moveAs(w.one, "crm.fund_claim", n, "give_up", doc{"reason": "Refunded by the fair"})
			break
		}
	}
	if f := w.get("crm.fund", mine); f["approved"] != "650.00" {
		t.Errorf("after one is given up %v is approved", f["approved"])
	}
	if got := fmt.Sprint(w.call(w.one, "GET", "/crm/partner_home", nil, 200)); !strings.Contains(got, "Fund of one") || !strings.Contains(got, "350.00") || strings.Contains(got, "Fund of two") {
		t.Errorf("the partner's home says %s", got)
	}
	if got := fmt.Sprint(w.call(w.eve, "GET", "/crm/partners", nil, 200)); !strings.Contains(got, "400.00") {
		t.Errorf("the ranking does not show what the partner cost: %s", got)
	}

	// Whoever leaves the partner sees neither; its claims go to who stays.
	late := w.person("late", "ltc.partner")
	patch := func(login string) {
		w.call(w.eve, "PATCH", fmt.Sprintf("/crm/partner/%d", w.of["one"]), doc{"login_id": w.userID(login)}, 200, "If-Match", fmt.Sprint(w.get("crm.partner", w.of["one"])["version"]))
	}
	patch("late")
	for _, path := range []string{fmt.Sprintf("/crm/fund/%d", mine), fmt.Sprintf("/crm/fund_claim/%d", first)} {
		w.call(w.one, "GET", path, nil, 404)
		w.call(late, "GET", path, nil, 200)
	}
	if got := w.get("crm.fund_claim", first)["owner_id"]; got != float64(w.userID("late")) {
		t.Errorf("the claim of who left belongs to %v", got)
	}
}
