package ltcapp_test

import (
	"strings"
	"testing"

	"meridian/platform/app/apptest"
	"meridian/platform/errs"
	"meridian/platform/resource"
)

func TestLTC03SalesMethod(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ann, bob, head, chief := w.User("ann", "ltc.rep"), w.User("bob", "ltc.rep"), w.User("head", "ltc.manager"), w.User("chief", "core.finance_manager")
	step := w.Create(head, "ltc.sales_step", resource.Values{"name": "The customer named the decision maker", "stage_key": "qualify", "mandatory": "true", "practice": "Ask who signed the last purchase."})
	w.Create(head, "ltc.sales_step", resource.Values{"name": "For renewals only", "stage_key": "qualify", "pipeline_id": apptest.ID(w.Create(head, "ltc.pipeline", renewals)), "mandatory": "true"})
	if _, err := w.Must("ltc.sales_step").CreateRow(ann, resource.Values{"name": "Mine", "stage_key": "qualify"}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a sales representative changed the method: %v", err)
	}
	deal := w.Create(ann, "ltc.opportunity", resource.Values{"name": "Line 3", "amount": "2500000", "win_plan": "Show the reference in Suzhou"})
	deal = w.updated(ann, deal, resource.Values{"team": []resource.Values{{"user_id": w.actor(bob), "role": "sr"}}})
	path := "/ltc/sales_path?deal=" + apptest.ID(deal)
	missing := func() (out []string) {
		for _, r := range w.Table(ann, path, "missing") {
			out = append(out, r["what"].(string))
		}
		return out
	}
	if got := strings.Join(missing(), "|"); got != "The customer named the decision maker|a finished need survey" {
		t.Errorf("missing in qualification: %s", got)
	}
	w.Refused(ann, deal, "propose", nil, errs.Precondition, "a large deal went to proposal without survey and step")
	w.Call(bob, "POST", "/ltc/sales_path/tick", map[string]any{"deal": deal.Base().ID, "step": step.Base().ID}, 403) // he reads, he does not change
	w.Call(ann, "POST", "/ltc/sales_path/tick", map[string]any{"deal": deal.Base().ID, "step": step.Base().ID, "proof": "mail of 3 May"}, 200)

	survey := w.Create(ann, "ltc.need_survey", resource.Values{"opportunity_id": apptest.ID(deal)})
	w.Refused(ann, survey, "finish", nil, errs.Precondition, "an empty survey was finished")
	survey = w.updated(ann, survey, resource.Values{"motive": "replace", "pain": "Stops twice a week", "decision": "Plant manager", "scope": "Line 3"})
	w.Fire(ann, survey, "finish", nil)
	if got := missing(); len(got) != 0 {
		t.Errorf("still missing: %v", got)
	}
	deal = w.Fire(ann, deal, "propose", nil)

	// the solution: estimate with reserve, confirmed by us, then by the customer
	w.Refused(ann, deal, "negotiate", nil, errs.Precondition, "a large deal went to negotiation without solution or quote")
	s := w.Create(ann, "ltc.solution", resource.Values{"opportunity_id": apptest.ID(deal), "title": "Servo line", "reserve": "10%", "price": "250000",
		"costs": []resource.Values{{"kind": "material", "what": "Drives", "qty": "10", "unit_cost": "12000"}, {"kind": "hours", "what": "Engineering", "qty": "100", "unit_cost": "300"}}, "concerns": []resource.Values{{"concern": "Spare parts"}}})
	if s.Text("cost") != "165000.00" || s.Text("margin") != "85000.00" || s.Text("margin_rate") != "0.34" {
		t.Errorf("estimate: cost %s, margin %s at %s; want 165000.00, 85000.00, 0.34", s.Text("cost"), s.Text("margin"), s.Text("margin_rate"))
	}
	s = w.Fire(ann, s, "confirm", nil)
	if s.Stage() != "draft" || w.Approve(head) != 1 || w.Approve(chief) != 1 || w.Reload(s).Stage() != "confirmed" {
		t.Fatalf("solution is %s after both confirmed", w.Reload(s).Stage())
	}
	deal = w.Fire(ann, deal, "negotiate", nil)
	if got := missing(); len(got) != 1 || got[0] != "an answer to every concern of the customer" {
		t.Errorf("missing in negotiation: %v", got)
	}
	customer := w.customer("Acme", "900000")
	order := w.Create(w.Admin, "ltc.order", resource.Values{"customer_id": apptest.ID(customer), "opportunity_id": apptest.ID(deal), "lines": []resource.Values{{"product_id": "1", "qty": "1", "unit_price": "250000"}}})
	w.Fire(w.Admin, order, "confirm", nil)
	w.Refused(ann, deal, "win", nil, errs.Precondition, "won with an open concern of the customer")
	c := w.Reload(s).Lines("concerns")[0]
	if _, err := w.update(ann, s, resource.Values{"concerns": []resource.Values{{"id": lineID(c), "closed": "true"}}}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a concern was closed without an answer: %v", err)
	}
	w.updated(ann, s, resource.Values{"concerns": []resource.Values{{"id": lineID(c), "answer": "Stock in Suzhou", "closed": "true"}}})
	w.Fire(ann, s, "agree", nil)
	w.Fire(ann, deal, "win", resource.Values{"win_reason": "service"})

	// small deals may skip the papers, not the mandatory steps
	small := w.Create(ann, "ltc.opportunity", resource.Values{"name": "Spare", "amount": "900"})
	w.Refused(ann, small, "propose", nil, errs.Precondition, "a mandatory step was skipped")
	w.Fire(ann, small, "tick", resource.Values{"step": apptest.ID(step)})
	small = w.Fire(ann, small, "propose", nil)
	w.Refused(ann, small, "back", nil, errs.Invalid, "stepped back without a reason")
	w.Call(w.User("clerk", "itr.agent"), "GET", path, nil, 403)
	w.Healthy()
}
