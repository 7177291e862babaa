package main

import (
	"fmt"
	"strings"
	"testing"
)

// TestCRM09OpenWorkFollowsTheCustomer: what is open with a customer and its old owner's
// moves with it, over modules and in the same transaction; what is closed, of somebody
// else or of another customer stays, and a person with open work is not deactivated.
func TestCRM09OpenWorkFollowsTheCustomer(t *testing.T) {
	w := newWalker(t)
	ann, bob, eve, max := w.person("ann", "ltc.rep,itr.agent"), w.person("bob", "ltc.rep"), w.person("eve", "ltc.manager"), w.person("max", "ltc.manager")
	id0 := func(name string) int64 { p, _ := w.Authz.Directory().ByUsername(name); return p.ID }
	create := func(token, typ string, body doc) doc { return w.call(token, "POST", path1(typ), body, 201) }
	owner := func(typ string, n int64) int64 { x, _ := w.get(typ, n)["owner_id"].(float64); return int64(x) }

	acme := create(ann, "crm.customer", doc{"name": "Acme", "industry": "machinery", "source": "web"})
	beta := create(ann, "crm.customer", doc{"name": "Beta"})
	deal := func(token, name string, of doc, more doc) doc {
		body := doc{"name": name, "customer_id": id(of), "amount": "1000", "close_on": inDays(20)}
		for k, v := range more {
			body[k] = v
		}
		return create(token, "ltc.opportunity", body)
	}
	type row struct {
		typ string
		n   int64
	}
	open := deal(ann, "Line 1", acme, nil)
	goes := []row{
		{"ltc.opportunity", id(open)},
		{"ltc.lead", id(create(ann, "ltc.lead", doc{"name": "Li Wei", "company": "Acme", "phone": "13800138000", "customer_id": id(acme)}))},
		{"itr.case", id(create(ann, "itr.case", doc{"subject": "Noise", "description": "It hums.", "customer_id": id(acme), "channel": "phone", "impact": "3", "urgency": "3", "owner_id": id0("ann")}))},
		{"ltc.contract", id(create(ann, "ltc.contract", doc{"customer_id": id(acme), "title": "Frame", "amount": "1000", "end_on": inDays(300)}))},
		{"crm.followup", id(create(ann, "crm.followup", doc{"customer_id": id(acme), "subject": "Call", "channel": "call", "planned_on": inDays(2)}))},
	}
	lost := deal(ann, "Old line", acme, nil)
	w.moveAs(ann, "ltc.opportunity", id(lost), "lose", doc{"reason": "price", "competitor": "Siemens", "rival_price": "800", "evidence": "Their offer of Monday"})
	stays := []row{
		{"ltc.opportunity", id(lost)},
		{"ltc.opportunity", id(deal(w.admin, "Of another", acme, doc{"owner_id": id0("max")}))},
		{"ltc.opportunity", id(deal(ann, "Line 9", beta, nil))},
	}
	before := make([]int64, len(stays))
	for i, r := range stays {
		before[i] = owner(r.typ, r.n)
	}

	_, _, text := w.try(w.admin, "PATCH", fmt.Sprintf("/core/user/%d", id0("ann")), doc{"active": false}, "If-Match", fmt.Sprint(w.get("core.user", id0("ann"))["version"]))
	if !strings.Contains(text, "商机：2") || !strings.Contains(text, "客户转移单") {
		t.Errorf("ann is deactivated with open work: %s", text)
	}

	order := create(eve, "crm.transfer", doc{"from_user": id0("ann"), "to_user": id0("bob"), "cause": "reorganisation", "sheet": "Acme waits for a quote.", "lines": []doc{{"customer_id": id(acme)}}})
	w.call(eve, "POST", fmt.Sprintf("/crm/transfer/%d/submit", id(order)), doc{}, 202)
	w.approve(max, "crm.transfer", id(order), true)
	for w.approve(w.second, "crm.transfer", id(order), true) {
	}
	if got := owner("ltc.opportunity", id(open)); got != id0("ann") {
		t.Errorf("the deal moved before the receiver accepted: owner %d", got)
	}
	all := doc{"base_data": true, "history": true, "issues": true, "needs": true}
	w.call(max, "POST", fmt.Sprintf("/crm/transfer/%d/accept", id(order)), all, 403)
	w.call(bob, "POST", fmt.Sprintf("/crm/transfer/%d/accept", id(order)), all, 200)

	for _, r := range goes {
		if got := owner(r.typ, r.n); got != id0("bob") {
			t.Errorf("%s %d is owned by %d, want bob", r.typ, r.n, got)
		}
		if n := w.number(`SELECT count(*) FROM core.audit_entry WHERE object_type = $1 AND object_id = $2 AND action = 'update' AND diff::text LIKE '%owner_id%'`, r.typ, r.n); n == 0 {
			t.Errorf("the audit trail does not know that %s %d moved", r.typ, r.n)
		}
	}
	for i, r := range stays {
		if got := owner(r.typ, r.n); got != before[i] {
			t.Errorf("%s %d moved from %d to %d", r.typ, r.n, before[i], got)
		}
	}
	w.call(bob, "GET", fmt.Sprintf("/ltc/opportunity/%d", id(open)), nil, 200)
	w.call(ann, "GET", fmt.Sprintf("/ltc/opportunity/%d", id(open)), nil, 404)
	w.sound()
}
