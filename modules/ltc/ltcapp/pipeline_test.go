package ltcapp_test

import (
	"fmt"
	"strings"
	"testing"

	"meridian/platform/app/apptest"
	"meridian/platform/errs"
	"meridian/platform/resource"
)

// renewals is a pipeline of four steps, two of them in the proposal.
var renewals = resource.Values{"name": "Renewals", "serves": "renewal", "active": "true", "product_line": "Care", "steps": []resource.Values{
	{"name": "Notice", "stage_key": "qualify", "probability": "60%", "limit_days": "5"},
	{"name": "Health talk", "stage_key": "propose", "probability": "70%", "category": "commit", "limit_days": "5", "leave_items": "Usage shown\nOpen cases answered"},
	{"name": "Offer", "stage_key": "propose", "enter_items": "Price agreed inside", "practice": "Offer three terms."},
	{"name": "Signature", "stage_key": "negotiate"}}}

// TestLTC02SeveralPipelines: several pipelines in one company, each with steps of its own
// (twentyhq/twenty#10454, Django-CRM/Django-CRM#637), over one process with one log.
func TestLTC02SeveralPipelines(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ann, eve, head := w.User("ann", "ltc.rep"), w.User("eve", "ltc.rep"), w.User("head", "ltc.manager")
	plain := w.Create(ann, "ltc.opportunity", resource.Values{"name": "Line 3", "amount": "500"})
	if first := w.List("ltc.pipeline", nil); len(first) != 1 || plain.Text("pipeline_id") != apptest.ID(first[0]) || plain.Text("step") != "Qualify the deal" {
		t.Fatalf("a fresh company has %d pipelines, its first deal stands in %q", len(first), plain.Text("step"))
	}
	if plain = w.Fire(ann, plain, "propose", nil); plain.Text("step") != "Proposal" || plain.Text("probability") != "0.4" || plain.Text("prob_source") != "stage" {
		t.Errorf("who wants one pipeline: %s at %s", plain.Text("step"), plain.Text("probability"))
	}
	if _, err := w.Must("ltc.pipeline").CreateRow(ann, renewals); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a sales representative made a pipeline: %v", err)
	}
	for name, v := range map[string]resource.Values{
		"a stage without a step": {"name": "X", "steps": []resource.Values{{"name": "A", "stage_key": "qualify"}}},
		"steps out of order":     {"name": "X", "steps": []resource.Values{{"name": "A", "stage_key": "propose"}, {"name": "B", "stage_key": "qualify"}, {"name": "C", "stage_key": "negotiate"}}},
		"a step twice":           {"name": "X", "steps": []resource.Values{{"name": "A", "stage_key": "qualify"}, {"name": "a", "stage_key": "propose"}, {"name": "C", "stage_key": "negotiate"}}},
		"a second for new deals": {"name": "X", "active": "true", "serves": "new", "steps": renewals["steps"]},
	} {
		if _, err := w.Must("ltc.pipeline").CreateRow(head, v); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	line := w.Create(head, "ltc.pipeline", renewals)
	deal := w.Create(ann, "ltc.opportunity", resource.Values{"name": "Care", "amount": "1000", "pipeline_id": apptest.ID(line)})
	if got := deal.Text("step") + " " + deal.Text("probability") + " " + deal.Text("prob_source"); got != "Notice 0.6 step" {
		t.Errorf("a new deal: %s", got)
	}

	board := "/ltc/pipeline_board?pipeline=" + apptest.ID(line)
	move := func(step, reason string, want int) {
		t.Helper()
		w.Call(ann, "POST", "/ltc/pipeline_board/move", map[string]any{"deal": deal.Base().ID, "step": step, "reason": reason}, want)
		deal = w.Reload(deal)
	}
	move("Nowhere", "", 422)
	move("Health talk", "", 200)
	if got := deal.Stage() + " " + deal.Text("step") + " " + deal.Text("probability") + " " + deal.Text("category"); got != "propose Health talk 0.7 commit" {
		t.Errorf("a step in another stage: %s", got)
	}
	move("Offer", "", 409) // nothing is ticked
	path := "/ltc/sales_path?deal=" + apptest.ID(deal)
	if rows := w.Table(ann, path, "asked"); len(rows) != 3 || rows[2]["item"] != "Price agreed inside" {
		t.Errorf("asked on the way to the offer: %v", rows)
	}
	w.Call(ann, "POST", "/ltc/sales_path/tick", map[string]any{"deal": deal.Base().ID, "item": "Something else"}, 422)
	w.Call(eve, "POST", "/ltc/sales_path/tick", map[string]any{"deal": deal.Base().ID, "item": "Usage shown"}, 422)
	for _, item := range []string{"Usage shown", "Open cases answered"} {
		w.Call(ann, "POST", "/ltc/sales_path/tick", map[string]any{"deal": deal.Base().ID, "item": item, "proof": "mail"}, 200)
	}
	move("Signature", "", 409) // one is still open, also for who jumps
	w.Refused(ann, deal, "negotiate", nil, errs.Precondition, "the stage was left past an open requirement")
	w.Call(ann, "POST", "/ltc/sales_path/tick", map[string]any{"deal": deal.Base().ID, "item": "Price agreed inside"}, 200)
	move("Offer", "", 200)
	if deal.Stage() != "propose" || deal.Text("prob_source") != "stage" || deal.Text("probability") != "0.4" || deal.Text("category") != "best_case" {
		t.Errorf("a step without figures: %s %s %s", deal.Stage(), deal.Text("probability"), deal.Text("category"))
	}
	move("Signature", "", 200)
	if deal.Stage() != "negotiate" {
		t.Errorf("the process stands in %s", deal.Stage())
	}
	move("Health talk", "", 422)
	if _, err := w.update(ann, deal, resource.Values{"step": "Notice"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a step in another stage was typed: %v", err)
	}
	move("Health talk", "they ask for the figures again", 200)
	if deal.Stage() != "propose" || deal.Text("step") != "Health talk" || deal.Text("step_reason") != "" {
		t.Errorf("back: %s %s", deal.Stage(), deal.Text("step"))
	}
	w.Call(eve, "POST", "/ltc/pipeline_board/move", map[string]any{"deal": deal.Base().ID, "step": "Offer"}, 422) // she does not see it

	// the board: sums by step, the cohort, the rows of the reader
	w.exec(`UPDATE ltc.step_stay SET entered_at = entered_at - interval '9 days', left_at = left_at - interval '9 days'`)
	w.Create(eve, "ltc.opportunity", resource.Values{"name": "Hers", "amount": "50", "pipeline_id": apptest.ID(line)})
	figures := func() string {
		var b strings.Builder
		for _, r := range w.Table(ann, board, "steps") {
			fmt.Fprint(&b, r["n"], ":", r["amount"], ":", r["entered"], ":", r["reached"], " ")
		}
		return strings.TrimSpace(b.String())
	}
	if got := figures(); got != "0:0.00:1:1 1:1000.00:1:1 0:0.00:1:1 0:0.00:1:0" {
		t.Errorf("steps: %s", got)
	}
	if rows := w.Table(eve, board, "step2"); len(rows) != 0 {
		t.Errorf("eve sees the deals of ann: %v", rows)
	}
	if rows := w.Table(head, board, "step2"); len(rows) != 1 || rows[0]["state"] != "Over the limit" {
		t.Errorf("the head of the team sees %v", rows)
	}
	if rows := w.Table(ann, "/ltc/funnel?by=pipeline", "cut"); len(rows) != 2 {
		t.Errorf("the funnel by pipeline: %v", rows)
	}

	// a step with deals stays; its new name goes to them
	steps := func(names ...string) resource.Values {
		var out []resource.Values
		for i, l := range w.Reload(line).Lines("steps") {
			if i < len(names) && names[i] != "" {
				out = append(out, resource.Values{"id": lineID(l), "name": names[i]})
			}
		}
		return resource.Values{"steps": out}
	}
	if _, err := w.update(head, line, steps("Notice", "", "Offer", "Signature")); !errs.Is(err, errs.Invalid) {
		t.Errorf("a step was taken from under a deal: %v", err)
	}
	w.updated(head, line, steps("Notice", "Usage talk", "Offer", "Signature"))
	if deal = w.Reload(deal); deal.Text("step") != "Usage talk" {
		t.Errorf("after the new name the deal stands in %s", deal.Text("step"))
	}
	if html := w.Panels("ltc.opportunity", deal.Base().ID); !strings.Contains(html, "<strong>Usage talk</strong>") {
		t.Errorf("the page of the deal does not show its step: %s", html)
	}

	// another pipeline: the first step of the stage; a pipeline that takes none refuses
	w.updated(head, line, resource.Values{"active": "false"})
	if _, err := w.update(ann, plain, resource.Values{"pipeline_id": apptest.ID(line)}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a closed pipeline took a deal: %v", err)
	}
	deal = w.updated(ann, deal, resource.Values{"pipeline_id": plain.Text("pipeline_id")})
	if deal.Text("step") != "Proposal" {
		t.Errorf("in the other pipeline the deal stands in %s", deal.Text("step"))
	}
	past := w.past(ann, "negotiate", "2026-01-02", resource.Values{"name": "Old", "pipeline_id": apptest.ID(w.List("ltc.pipeline", map[string][]string{"serves": {"new"}})[0]), "step": "negotiation"})
	if past.Text("step") != "Negotiation" {
		t.Errorf("history stands in %q", past.Text("step"))
	}
	if id, err := w.Must("ltc.pipeline").FindKey(ann, "name", "Renewals"); err != nil || id != line.Base().ID {
		t.Errorf("an import finds the pipeline by its name: %d %v", id, err)
	}
	w.Healthy()
}

// TestLTC02FirstPipelineIsMadeOnce: many first deals at once make one pipeline.
func TestLTC02FirstPipelineIsMadeOnce(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ok, failed := apptest.Together(6, func(i int) error {
		_, err := w.Must("ltc.opportunity").CreateRow(w.Admin, resource.Values{"name": fmt.Sprint("Deal ", i)})
		return err
	})
	if ok != 6 || len(w.List("ltc.pipeline", nil)) != 1 {
		t.Errorf("%d of 6 deals, %d pipelines: %v", ok, len(w.List("ltc.pipeline", nil)), failed)
	}
}
