package main

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"meridian/platform/process"
)

var stamp = regexp.MustCompile(`name="stamp" value="(\w+)"`)

// TestApprovalRules edits a ladder on its page: what would leave a gap, an overlap, a
// dead rule or a bad condition is refused at the field, a stale form too, and a saved
// rule decides at once.
func TestApprovalRules(t *testing.T) {
	s := newSuite(t)
	s.person("admin", "")
	s.person("finn", "core.finance_manager")
	const path = "/admin/approvals/mtl.campaign:approve"
	finn := s.browserless("finn")
	for _, p := range []string{"/admin/approvals", path} {
		if status, _ := s.page(finn, p); status != http.StatusForbidden {
			t.Errorf("%s answers %d without the right, want 403", p, status)
		}
	}
	if status, _ := s.post(finn, path, nil); status != http.StatusForbidden {
		t.Errorf("saving without the right answers %d", status)
	}
	c := s.browserless("admin")
	if status, body := s.page(c, "/admin/approvals"); status != 200 || !strings.Contains(body, "市场") || !strings.Contains(body, path) {
		t.Errorf("the page answers %d, or lacks the campaign", status)
	}
	status, body := s.page(c, path)
	if status != 200 || stamp.FindStringSubmatch(body) == nil {
		t.Fatalf("the form answers %d: %.500s", status, body)
	}
	m, err := s.Process.Matrix(s.as("admin"), "mtl.campaign:approve")
	if err != nil || len(m.Rules) != 3 {
		t.Fatalf("%v %v", m, err)
	}
	full := url.Values{"stamp": {stamp.FindStringSubmatch(body)[1]}}
	for i, r := range m.Rules {
		at := "rules." + itoa(int64(i)) + "."
		full.Set(at+"id", itoa(r.ID))
		full.Set(at+"label", r.Label)
		full.Set(at+"order", itoa(int64(r.Priority)))
		full.Set(at+"from", r.From.String())
		if !r.To.IsZero() {
			full.Set(at+"to", r.To.String())
		}
		for n, x := range r.Steps {
			full.Set(at+"steps."+itoa(int64(n))+".who", x.By+":"+x.Arg)
			full.Set(at+"steps."+itoa(int64(n))+".mode", x.Mode)
			full.Set(at+"steps."+itoa(int64(n))+".hours", "8")
		}
	}
	with := func(pairs ...string) url.Values {
		v := maps.Clone(full)
		for i := 0; i < len(pairs); i += 2 {
			v[pairs[i]] = []string{pairs[i+1]}
		}
		return v
	}
	for name, x := range map[string]struct {
		form url.Values
		at   string
	}{
		"a gap":               {with("rules.1.from", "10"), "f-rules-1-from-e"},
		"an overlap":          {with("rules.2.from", "40000"), "f-rules-2-from-e"},
		"no end":              {with("rules.2.to", "90000"), "f-rules-2-to-e"},
		"an end in between":   {with("rules.1.to", ""), "f-rules-1-to-e"},
		"end below start":     {with("rules.1.to", "0.005"), "f-rules-1-to-e"},
		"no number":           {with("rules.1.to", "much"), "f-rules-1-to-e"},
		"no name":             {with("rules.1.label", " "), "f-rules-1-label-e"},
		"a misspelt field":    {with("rules.3.label", "x", "rules.3.order", "1", "rules.3.guard", "budgett > 5"), "f-rules-3-guard-e"},
		"no yes or no":        {with("rules.3.label", "x", "rules.3.order", "1", "rules.3.guard", "budget"), "f-rules-3-guard-e"},
		"never reached":       {with("rules.3.label", "x", "rules.3.from", "60000", "rules.3.guard", "budget > 5"), "f-rules-3-order-e"},
		"an unknown role":     {with("rules.1.steps.0.who", "role:no.such"), "f-rules-1-steps-0-who-e"},
		"an unknown mode":     {with("rules.1.steps.0.mode", "some"), "f-rules-1-steps-0-mode-e"},
		"a gap, rule removed": {with("rules.1.remove", "true"), "f-rules-2-from-e"},
	} {
		if status, body := s.post(c, path, x.form); status != http.StatusUnprocessableEntity || !strings.Contains(body, `id="`+x.at+`"`) {
			t.Errorf("%s answers %d, want 422 with %s: %v", name, status, x.at, regexp.MustCompile(`id="f-[^"]*-e"`).FindAllString(body, -1))
		}
	}
	good := with("rules.1.to", "80,000", "rules.2.from", "80000", "rules.2.steps.1.mode", "all", "rules.3.label", "Trade fairs", "rules.3.order", "1", "rules.3.guard", `kind == "fair"`,
		"rules.3.steps.0.who", "ladder:", "rules.3.steps.0.mode", "any")
	if status, body := s.post(c, path, good); status != http.StatusSeeOther {
		t.Fatalf("saving answers %d: %v", status, regexp.MustCompile(`class="fault"[^<]*<`).FindAllString(body, -1))
	}
	if status, _ := s.post(c, path, good); status != http.StatusConflict {
		t.Errorf("a stale form answers %d, want 409", status)
	}
	m, err = s.Process.Matrix(s.as("admin"), "mtl.campaign:approve")
	if err != nil || len(m.Rules) != 4 || m.Rules[0].Label != "Trade fairs" || m.Rules[0].Steps[0] != (process.Step{Mode: "any", By: "ladder"}) || m.Rules[3].From.String() != "80000.00" || m.Rules[3].Steps[1].Mode != "all" {
		t.Errorf("stored %+v %v", m.Rules, err)
	}
	if n := s.number(`SELECT count(*) FROM core.audit_entry WHERE object_type = 'core.approval_rule' AND action = 'policy' AND jsonb_array_length(diff) = 3`); n != 1 {
		t.Errorf("%d entries in the audit trail, want 1 with three changes", n)
	}
}
