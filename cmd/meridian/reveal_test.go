package main

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// TestCRM01RevealContactData: who has no right to phone numbers sees a part of them and may
// ask for the rest, for a reason, each record once a day and so many a day; the reason stays.
func TestCRM01RevealContactData(t *testing.T) {
	w := newWalker(t)
	rep, clerk, buyer, other := w.person("rep", "ltc.rep"), w.person("clerk", "core.finance_clerk"), w.person("buyer", "proc.buyer"), w.person("other", "ltc.rep")
	customer := func(name, phone, mail string) int64 {
		return id(w.call(rep, "POST", "/crm/customer", doc{"name": name, "phone": phone, "email": mail}, 201))
	}
	acme, beta, dumb := customer("Acme", "13812348000", "li.wei@acme.example"), customer("Beta", "010-6512 7788", ""), customer("Silent", "", "")
	at := func(n int64) string { return fmt.Sprintf("/crm/customer/%d", n) }
	reveal := func(token string, n int64, reason string, want int) doc {
		return w.call(token, "POST", at(n)+"/reveal", doc{"reason": reason}, want)
	}

	for n, want := range map[int64][2]string{acme: {"138****8000", "l***@acme.example"}, beta: {"010-**** 7788", ""}} {
		got := w.call(clerk, "GET", at(n), nil, 200)
		if got["phone"] != want[0] || got["email"] != want[1] {
			t.Errorf("the clerk sees %v and %v, want %v", got["phone"], got["email"], want)
		}
	}
	if got := w.call(rep, "GET", at(acme), nil, 200); got["phone"] != "13812348000" {
		t.Errorf("the owner sees %v", got["phone"])
	}
	w.call(clerk, "GET", "/crm/customer?phone=13812348000", nil, 422)
	if got := w.call(clerk, "GET", "/crm/customer?q=13812348000", nil, 200); got["total"] != 0.0 {
		t.Errorf("the search finds %v records by a number that is not shown", got["total"])
	}

	reveal(clerk, acme, "  ", 422)
	reveal(clerk, acme, strings.Repeat("long ", 101), 422)
	reveal(buyer, acme, "Curious", 403)
	reveal(w.admin, acme, "Seen already", 409)
	reveal(clerk, dumb, "Nothing there", 409)
	reveal(other, acme, "Curious", 403)
	reveal(clerk, 99999, "Curious", 404)
	if n := w.number(`SELECT count(*) FROM core.audit_entry WHERE action = 'reveal'`); n != 0 {
		t.Fatalf("%d refused questions stand in the trail", n)
	}

	got := reveal(clerk, acme, "The bank statement names no payer", 200)
	if v, _ := got["values"].(doc); v["phone"] != "13812348000" || v["email"] != "li.wei@acme.example" || got["left"] != 49.0 {
		t.Errorf("revealed %v", got)
	}
	w.call(w.admin, "PATCH", "/core/company/1", doc{"reveal_per_day": -1}, 422, "If-Match", "1")
	w.call(w.admin, "PATCH", "/core/company/1", doc{"reveal_per_day": 2}, 200, "If-Match", "1")
	reveal(clerk, acme, "Once more", 200)

	more := []int64{beta, customer("Gamma", "13900001111", ""), customer("Delta", "13900002222", "")}
	var mu sync.Mutex
	var wg sync.WaitGroup
	codes := map[int]int{}
	for _, n := range more { // one of three at once is left
		wg.Go(func() {
			code, _, _ := w.try(clerk, "POST", at(n)+"/reveal", doc{"reason": "All of them"})
			mu.Lock()
			codes[code]++
			mu.Unlock()
		})
	}
	wg.Wait()
	if codes[200] != 1 || codes[409] != 2 {
		t.Errorf("three at once answer %v, want one 200 and two 409", codes)
	}
	if n := w.number(`SELECT count(*) FROM core.audit_entry WHERE action = 'reveal' AND reason = 'The bank statement names no payer' AND object_id = $1 AND diff::text NOT LIKE '%138%'`, acme); n != 1 {
		t.Errorf("the reason stands %d times in the trail, or with the number", n)
	}

	c := w.browserless("clerk")
	if code, page := w.page(c, "/crm/customer/"+fmt.Sprint(acme)); code != 200 || !strings.Contains(page, "138****8000") || strings.Contains(page, "13812348000") || !strings.Contains(page, "/reveal") {
		t.Errorf("the page of the clerk: %d, offers or shows the wrong thing", code)
	}
	if code, page := w.post(c, at(acme)+"/reveal", map[string][]string{"reason": {"Call back"}}); code != 200 || !strings.Contains(page, "13812348000") {
		t.Errorf("the dialog answers %d without the number", code)
	}
	if code, page := w.page(w.browserless("rep"), "/crm/customer/"+fmt.Sprint(acme)); code != 200 || strings.Contains(page, "/reveal") || !strings.Contains(page, "The bank statement names no payer") {
		t.Errorf("the owner's page: %d, must tell who looked and why, and offer nothing", code)
	}
}
