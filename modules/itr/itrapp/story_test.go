package itrapp_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"meridian/modules/crm"
	"meridian/modules/itr"
	"meridian/modules/ltc"
	"meridian/platform/app/apptest"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// TestStory tells a case from the web form to the won deal it led to.
func TestStory(t *testing.T) {
	t.Parallel()
	s := setup(t)
	agent := s.User("agent", "itr.agent") // the default rights are enough for all of it
	customer := s.customer("华东精密制造有限公司", "ann@hd.example")
	s.sales.orders[crm.CustomerID(customer.Base().ID)] = 7

	status, receipt := s.post("/case", `{"name":"Ann","email":"ANN@hd.example","subject":"Drive stops","description":"It stops after an hour."}`)
	if status != http.StatusCreated || receipt["token"] == "" {
		t.Fatalf("public form: %d %v", status, receipt)
	}
	c := s.byNo(receipt["no"])
	if c.Stage() != "new" || c.Text("customer_id") != apptest.ID(customer) || c.Text("contact_id") == "" || c.Text("priority") != "3" || c.Text("next_due_at") == "" {
		t.Fatalf("case: %s", c.AppendJSON(nil, nil))
	}

	s.Fire(agent, c, "triage", resource.Values{"impact": "1", "urgency": "2", "category": "fault"})
	c = s.Fire(agent, c, "assign", nil)
	if c.Text("priority") != "2" || c.Text("order_id") != "7" || c.Text("assigned_how") != "load" || c.Text("assigned_load") != "0" {
		t.Errorf("after triage and dispatch: %s", c.AppendJSON(nil, nil))
	}
	s.Refused(s.Admin, c, "accept", nil, errs.Forbidden, "somebody else accepts")
	s.Fire(agent, c, "accept", nil)
	s.Fire(agent, c, "reply", resource.Values{"text": "Checking with R&D.", "internal": "true"})
	if state, _, _ := s.clock(c, "first_response"); state != "running" {
		t.Errorf("an internal note made the first response %s", state)
	}
	s.Fire(agent, c, "reply", resource.Values{"text": "We look into it."})
	if state, minutes, _ := s.clock(c, "first_response"); state != "met" || minutes != 60 {
		t.Errorf("first response: %s of %d min, want met of 60", state, minutes)
	}
	c = s.Fire(agent, c, "resolve", apptest.Merge(solved, resource.Values{"knowledge": "draft"}))
	if c.Text("article_id") == "" || s.List("itr.article", nil)[0].Text("solution") != "Set parameter 12 to 4." {
		t.Errorf("no article was drafted: %s", c.AppendJSON(nil, nil))
	}

	if status, thanks := s.answer(c, 5); status != http.StatusCreated || thanks["case"] != c.Base().No {
		t.Fatalf("survey: %d %v", status, thanks)
	}
	c = s.Reload(c)
	if c.Stage() != "closed" || s.Reload(customer).Stage() != "satisfied" {
		t.Errorf("case %s, customer %s; want closed and satisfied", c.Stage(), s.Reload(customer).Stage())
	}
	id := crm.CustomerID(customer.Base().ID)
	want := []any{itr.SatisfactionRecorded{Case: itr.CaseID(c.Base().ID).Ref(), Customer: id, Score: 5, Satisfied: true}, itr.CaseClosed{Case: itr.CaseID(c.Base().ID).Ref(), Customer: id}}
	if fmt.Sprint(s.events) != fmt.Sprint(want) {
		t.Errorf("events %v, want %v", s.events, want)
	}

	s.Fire(agent, c, "raise_opportunity", resource.Values{"need": "Twenty more drives", "value": "8000"})
	hint := s.List("itr.hint", nil)[0]
	if l := s.sales.leads[0]; l.Company != "华东精密制造有限公司" || l.Email != "ann@hd.example" || l.Source != "ticket" || l.Customer != id || l.Value.String() != "8000.00" {
		t.Errorf("lead: %+v", l)
	}
	lead := trace.Ref{Type: "ltc.lead", ID: 1}
	if got, want := s.Sources(lead), "ltc.order/7 crm.customer/1 itr.case/1 itr.hint/1"; got != want {
		t.Errorf("the lead comes from %q, want %q", got, want)
	}
	if err := s.OnLeadAnswered(s.Admin, ltc.LeadAnswered{Lead: lead, Accepted: true}); err != nil {
		t.Fatal(err)
	}
	if err := s.OnOpportunityClosed(s.Admin, ltc.OpportunityClosed{Lead: lead, Won: true, Amount: money.MustAmount("7500")}); err != nil {
		t.Fatal(err)
	}
	if hint = s.Reload(hint); hint.Stage() != "won" || hint.Text("won_amount") != "7500.00" {
		t.Errorf("hint: %s", hint.AppendJSON(nil, nil))
	}
	who, _ := authz.Of(agent)
	if notes, err := s.Notices.List(s.Admin, who.User, 9); err != nil || len(notes) != 2 {
		t.Errorf("the finder has %d notices, want accepted and won (%v)", len(notes), err)
	}
	for code, want := range map[string]string{"itr.csat": "1", "itr.sla_met": "1", "itr.open_cases": "0"} {
		if got := s.measure(code); got != want {
			t.Errorf("%s = %s, want %s", code, got, want)
		}
	}
	s.Healthy()
}

func TestPages(t *testing.T) {
	t.Parallel()
	s := setup(t)
	customer := s.customer("Acme", "ann@acme.example")
	c := s.open(resource.Values{"customer_id": apptest.ID(customer)})
	s.Fire(s.Admin, c, "reply", resource.Values{"text": "Have you tried <b>off</b> and on?"})
	for typ, tt := range map[string]struct {
		id   int64
		want []string
	}{
		"itr.case":     {c.Base().ID, []string{"Limit met", "Clock running", "of 960 working minutes used", "Have you tried &lt;b&gt;off", "It stops after an hour."}},
		"crm.customer": {customer.Base().ID, []string{c.Base().No, "In progress", "P3"}},
	} {
		page := s.Panels(typ, tt.id)
		for _, want := range tt.want {
			if !strings.Contains(page, want) {
				t.Errorf("the page of %s lacks %q: %s", typ, want, page)
			}
		}
	}
}

// Every declared word has its Chinese.
func TestChinese(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.Translated("itr")
}
