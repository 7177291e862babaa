package main

import (
	"fmt"
	"strings"
	"testing"
)

// TestCRM21TouchPoints: a touch point shows what the log of its documents says and a dash
// where nothing is known; the weak one stands first; an action freezes the value before and
// shows the value after, and one that cannot be measured is refused.
func TestCRM21TouchPoints(t *testing.T) {
	w := newWalker(t)
	sue := w.person("sue", "crm.success")
	rows := func(token, table string) map[string]doc {
		t.Helper()
		out := map[string]doc{}
		tables, _ := w.call(token, "GET", "/crm/touch_ranking", nil, 200)["tables"].([]any)
		for _, x := range tables {
			if d, _ := x.(doc); d["key"] == table {
				list, _ := d["rows"].([]any)
				for i, r := range list {
					row, _ := r.(doc)
					cells, _ := row["cells"].(doc)
					cells["place"] = i
					key := fmt.Sprint(cells["measure"])
					if ref, ok := cells["point"].(doc); ok {
						key = fmt.Sprint(ref["text"])
					}
					out[key] = cells
				}
			}
		}
		return out
	}
	w.call(w.admin, "POST", "/crm/touch_ranking/usual", doc{}, 200)
	w.call(w.admin, "POST", "/crm/touch_ranking/usual", doc{}, 200)
	if n := w.number(`SELECT count(*) FROM crm.touch_point`); n != 10 {
		t.Fatalf("%d touch points, want 10 once", n)
	}
	point := func(object string) int64 { return id(w.one("crm.touch_point", "object="+object)) }

	action := func(object, measure string) int64 {
		return id(w.call(w.admin, "POST", "/crm/touch_action", doc{"touch_point_id": point(object), "strategy": "Answer faster", "action": "Two people at the phone", "measure": measure, "due_on": inDays(30)}, 201))
	}
	start := func(n int64, want int) string {
		t.Helper()
		status, _, text := w.try(w.admin, "POST", fmt.Sprintf("/crm/touch_action/%d/start", n), doc{})
		if status != want {
			t.Errorf("start answers %d, want %d: %s", status, want, text)
		}
		return text
	}
	drop := action("ltc.lead", "drop_out")
	start(drop, 409)

	for i, end := range []string{"contact", "contact", "contact", "disqualify"} {
		l := w.create("ltc.lead", doc{"name": fmt.Sprintf("Lead %d", i), "phone": fmt.Sprintf("1380013800%d", i)})
		w.move("ltc.lead", id(l), "assign", doc{"owner": w.userID("second")})
		body := doc{}
		if end == "disqualify" {
			body["reason"] = "no need"
		}
		w.move("ltc.lead", id(l), end, body)
	}
	got := rows(w.admin, "touch")
	lead := got["客户询盘首次响应"]
	if fmt.Sprint(lead["volume"]) != "4" || lead["drop"] != "0.250000" && lead["drop"] != "0.25" || lead["score"] != nil {
		t.Errorf("the lead's touch point shows %v", lead)
	}
	if c := got["合同评审"]; fmt.Sprint(c["volume"]) != "0" || c["hours"] != nil || c["drop"] != nil || c["complaints"] != nil {
		t.Errorf("where nothing passed, %v is shown", c)
	}

	w.call(w.admin, "PATCH", fmt.Sprintf("/crm/touch_point/%d", point("ltc.lead")), doc{"target_drop": "10%"}, 200, "If-Match", "1")
	if p := rows(w.admin, "touch")["客户询盘首次响应"]; p["place"] != 0 || !strings.HasPrefix(fmt.Sprint(p["weakness"]), "1.5") {
		t.Errorf("the weak one stands at %v: %v", p["place"], p)
	}
	start(action("ltc.lead", "satisfaction"), 409) // no source: no value before
	start(drop, 200)
	if d := w.get("crm.touch_action", drop); d["before"] != "0.25" || d["baseline_n"] != float64(4) {
		t.Errorf("the value before is %v of %v", d["before"], d["baseline_n"])
	}
	if status, _, _ := w.try(w.admin, "POST", fmt.Sprintf("/crm/touch_action/%d/finish", drop), doc{}); status != 409 {
		t.Errorf("an effect on the day of the start answers %d", status)
	}
	w.exec(`UPDATE crm.touch_action SET started_on = current_date - 30 WHERE id = $1`, drop)
	w.move("crm.touch_action", drop, "finish", nil)
	if e := rows(w.admin, "actions")["流失率"]; e["before"] == nil || e["after"] == nil || fmt.Sprint(e["n2"]) != "4" {
		t.Errorf("before and after: %v", e)
	}
	// who may not read leads sees no figure of them
	if p := rows(sue, "touch")["客户询盘首次响应"]; p == nil || p["volume"] != nil || p["drop"] != nil {
		t.Errorf("sue sees %v", p)
	}
	hers := w.call(sue, "POST", "/crm/touch_action", doc{"touch_point_id": point("ltc.lead"), "strategy": "Ask", "action": "Ask around", "measure": "drop_out", "due_on": inDays(30)}, 201)
	w.call(sue, "POST", fmt.Sprintf("/crm/touch_action/%d/start", id(hers)), doc{}, 409)
	w.call(w.person("rep", "ltc.rep"), "GET", "/crm/touch_ranking", nil, 403)
}
