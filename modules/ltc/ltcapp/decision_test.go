package ltcapp_test

import (
	"fmt"
	"strings"
	"testing"

	"meridian/platform/app/apptest"
	"meridian/platform/errs"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// TestLTC03DecisionPoints: somebody else than the owner of a deal says go before a large
// quote leaves (ATB) and before the contract is signed (ATC).
func TestLTC03DecisionPoints(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ann, head := w.User("ann", "ltc.rep"), w.User("head", "ltc.manager")
	w.launch(motor, "100")
	w.Create(head, "ltc.sales_policy", resource.Values{"decision_from": "1000", "margin_floor": "0"})
	customer := w.Create(ann, "crm.customer", resource.Values{"name": "Acme"})
	deal := w.Create(ann, "ltc.opportunity", resource.Values{"name": "Line 3", "customer_id": apptest.ID(customer), "amount": "2000"})
	quote := func(qty, deal string) resource.Row {
		v := resource.Values{"customer_id": apptest.ID(customer), "lines": []resource.Values{{"product_id": "1", "qty": qty}}}
		if deal != "" {
			v["opportunity_id"] = deal
		}
		return w.Fire(ann, w.Create(ann, "ltc.quote", v), "submit", nil)
	}
	w.Fire(ann, quote("2", apptest.ID(deal)), "send", nil) // below the amount nobody is asked
	w.Refused(ann, quote("20", ""), "send", nil, errs.Precondition, "a large quote without a deal left")
	large := quote("20", apptest.ID(deal))
	w.Refused(ann, large, "send", nil, errs.Precondition, "a large quote left without ATB")

	ask := func(point string) resource.Row {
		x := w.Create(ann, "ltc.deal_decision", resource.Values{"opportunity_id": apptest.ID(deal), "point": point, "question": "Do we go on?", "papers": []resource.Values{{"title": "Estimate"}, {"title": "Risks", "ready": "true"}}})
		w.Refused(ann, x, "ask", nil, errs.Precondition, "asked on papers that are not ready")
		x = w.updated(ann, x, resource.Values{"papers": []resource.Values{{"title": "Estimate", "ready": "true"}}})
		return w.Fire(ann, x, "ask", nil)
	}
	atb := ask("atb")
	if atb.Text("amount") != "2000.00" {
		t.Errorf("the decision is about %s", atb.Text("amount"))
	}
	w.Refused(ann, atb, "go", nil, errs.Forbidden, "a sales representative decided")
	atb = w.Fire(head, atb, "condition", resource.Values{"conditions": "Prepayment of 30 %", "condition_owner": w.actor(ann), "condition_due_on": w.day(5)})
	w.Refused(ann, large, "send", nil, errs.Precondition, "a quote left before the conditions were met")
	eve := w.User("eve", "ltc.manager")
	w.Refused(eve, atb, "meet", resource.Values{"proof": "x"}, errs.Forbidden, "somebody else said the conditions are met")
	atb = w.Fire(ann, atb, "meet", resource.Values{"proof": "In the terms of the quote"})
	if atb.Stage() != "go" || atb.Text("decided_by") != w.actor(head) {
		t.Errorf("decided: %s by %s", atb.Stage(), atb.Text("decided_by"))
	}
	no := w.Fire(head, ask("atb"), "no_go", resource.Values{"reason": "The price fell"})
	w.Refused(ann, large, "send", nil, errs.Precondition, "the later no go did not count")
	if no.Stage() != "no_go" {
		t.Errorf("no go: %s", no.Stage())
	}
	w.Fire(head, ask("atb"), "go", nil)
	large = w.Fire(ann, large, "send", nil)
	large = w.Fire(ann, large, "accept", nil)

	w.Fire(ann, large, "make_contract", nil)
	contract := w.One("ltc.contract", "quote_id", apptest.ID(large))
	w.Fire(ann, contract, "submit", nil)
	w.Fire(ann, contract, "approve", nil)
	w.Approve(head)
	sign := resource.Values{"signed_by_customer": "Li", "signed_by_us": "Ann"}
	w.Refused(ann, contract, "sign", sign, errs.Precondition, "a contract was signed without ATC")
	w.Fire(head, ask("atc"), "go", nil)
	w.Fire(ann, contract, "sign", sign)

	// nobody decides about an own deal, not even a manager
	own := w.Create(head, "ltc.opportunity", resource.Values{"name": "Mine", "amount": "10"})
	mine := w.Fire(head, w.Create(head, "ltc.deal_decision", resource.Values{"opportunity_id": apptest.ID(own), "point": "ati", "question": "Start?", "papers": []resource.Values{{"title": "A", "ready": "true"}}}), "ask", nil)
	w.Refused(head, mine, "go", nil, errs.Forbidden, "the owner of the deal decided")
	if status, _, _ := w.Try(w.User("bob", "ltc.rep"), "GET", "/ltc/deal_decision/"+apptest.ID(mine), nil); status != 404 {
		t.Errorf("the decision of a colleague: %d", status)
	}
	w.Healthy()
}

// TestLTC03SalesLibrary: what was made before is found by use, stage, customer and
// industry, as far as one may see it, and used again by copy.
func TestLTC03SalesLibrary(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ann, bob := w.User("ann", "ltc.rep"), w.User("bob", "ltc.rep")
	w.launch(motor, "100")
	customer := w.Create(ann, "crm.customer", resource.Values{"name": "Acme", "industry": "machinery"})
	deal := w.Create(ann, "ltc.opportunity", resource.Values{"name": "Line 3", "customer_id": apptest.ID(customer), "amount": "200"})
	q := w.Fire(ann, w.Create(ann, "ltc.quote", resource.Values{"opportunity_id": apptest.ID(deal), "title": "Three motors 100%", "lines": []resource.Values{{"product_id": "1", "qty": "3", "discount": "5%"}}}), "submit", nil)
	doc := w.Create(ann, "ltc.sales_document", resource.Values{"title": "Reference Suzhou", "purpose": "reference", "stage_key": "propose", "industry": "packaging"})
	find := func(query string) string {
		var out []string
		for _, r := range w.Table(ann, "/ltc/library"+query, "pieces") {
			out = append(out, fmt.Sprint(r["kind"]))
		}
		return strings.Join(out, ",")
	}
	for query, want := range map[string]string{"": "Sales document,Quote", "?kind=quote": "Quote", "?purpose=reference": "Sales document", "?stage=qualify": "", "?industry=Machin": "Quote", "?industry=pack": "Sales document",
		"?customer=" + apptest.ID(customer): "Quote", "?text=100%25": "Quote", "?text=%25%25": ""} {
		if got := find(query); got != want {
			t.Errorf("library %s: %q, want %q", query, got, want)
		}
	}
	hers := w.Create(bob, "crm.customer", resource.Values{"name": "Beta"})
	other := w.Create(bob, "ltc.opportunity", resource.Values{"name": "Line 9", "customer_id": apptest.ID(hers), "amount": "100"})
	if rows := w.Table(bob, "/ltc/library", "pieces"); len(rows) != 1 || rows[0]["kind"] != "Sales document" {
		t.Errorf("bob finds %v", rows)
	}
	w.Call(bob, "POST", "/ltc/library/copy_quote", map[string]any{"quote": q.Base().ID, "deal": other.Base().ID}, 422) // he does not see it
	w.Call(ann, "POST", "/ltc/library/copy_quote", map[string]any{"quote": q.Base().ID, "deal": other.Base().ID}, 422)
	mine := w.Create(ann, "ltc.opportunity", resource.Values{"name": "Line 4", "customer_id": apptest.ID(customer), "amount": "100"})
	w.launch(motor, "110")
	w.Call(ann, "POST", "/ltc/library/copy_quote", map[string]any{"quote": q.Base().ID, "deal": mine.Base().ID}, 200)
	c := w.One("ltc.quote", "opportunity_id", apptest.ID(mine))
	if c.Stage() != "draft" || c.Text("net") != "285.00" && c.Text("net") != "313.50" || c.Text("owner_id") != w.actor(ann) {
		t.Errorf("the copy: %s %s", c.Stage(), c.Text("net"))
	}

	w.Call(ann, "POST", "/ltc/library/attach", map[string]any{"document": doc.Base().ID, "deal": deal.Base().ID}, 409) // it has no file
	if err := w.Files.Add(ann, trace.Ref{Type: "ltc.sales_document", ID: doc.Base().ID}, "suzhou.txt", []byte("Line 3 runs")); err != nil {
		t.Fatal(err)
	}
	w.Call(bob, "POST", "/ltc/library/attach", map[string]any{"document": doc.Base().ID, "deal": deal.Base().ID}, 422)
	w.Call(ann, "POST", "/ltc/library/attach", map[string]any{"document": doc.Base().ID, "deal": deal.Base().ID}, 200)
	if files, err := w.Files.List(ann, trace.Ref{Type: "ltc.opportunity", ID: deal.Base().ID}); err != nil || len(files) != 1 || files[0].Name != "suzhou.txt" {
		t.Errorf("on the deal: %v %v", files, err)
	}
	if got := w.Reload(doc).Text("used"); got != "1" {
		t.Errorf("used %s times", got)
	}
	w.Healthy()
}
