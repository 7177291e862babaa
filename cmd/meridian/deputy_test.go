package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestDeputy: whoever is away names a deputy on the profile; the deputy finds the
// approval, decides it in the other's name, and no longer after the end.
func TestDeputy(t *testing.T) {
	s := newSuite(t)
	admin, dan := s.person("admin", ""), s.person("dan", "core.finance_clerk")
	s.person("eve", "dste.executive")
	s.person("gone", "core.finance_clerk")
	s.person("nobody", "")
	s.exec(`UPDATE core."user" SET active = false WHERE username = 'gone'`)
	if err := s.Authz.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	id := func(name string) string { p, _ := s.Authz.Directory().ByUsername(name); return itoa(p.ID) }
	day := func(n int) string { return here().AddDate(0, 0, n).Format(time.DateOnly) }
	ask := func() (task int64) {
		goal := s.call(admin, "POST", "/dste/objective", map[string]any{"name": "Grow " + itoa(time.Now().UnixNano()), "perspective": "finance", "kpi": "ltc.net_sales", "method": "ratio", "target": "100000", "from_on": day(-30), "to_on": day(300), "weight": "1"}, 201)
		one := "/dste/objective/" + itoa(int64(goal["id"].(float64)))
		s.call(admin, "POST", one+"/propose", map[string]any{}, 200)
		s.call(admin, "POST", one+"/approve", map[string]any{}, 202)
		return int64(s.number(`SELECT max(id) FROM core.approval_task`))
	}
	task := ask()
	s.call(dan, "POST", "/approval/"+itoa(task)+"/approve", map[string]any{}, 404)

	eve := s.browserless("eve")
	for name, c := range map[string]struct {
		form url.Values
		want string
	}{
		"nobody chosen":          {url.Values{"from": {day(1)}, "until": {day(5)}}, "请选择人员"},
		"oneself":                {url.Values{"deputy": {id("eve")}, "from": {day(1)}, "until": {day(5)}}, "不能将自己设为代理人"},
		"inactive":               {url.Values{"deputy": {id("gone")}, "from": {day(1)}, "until": {day(5)}}, "gone 已停用"},
		"the end comes first":    {url.Values{"deputy": {id("dan")}, "from": {day(5)}, "until": {day(1)}}, "结束日期早于开始日期"},
		"without end":            {url.Values{"deputy": {id("dan")}, "from": {day(1)}}, "f-until-e"},
		"a past day":             {url.Values{"deputy": {id("dan")}, "from": {day(-3)}, "until": {day(5)}}, "该日期已过"},
		"an amount of no number": {url.Values{"deputy": {id("dan")}, "from": {day(1)}, "until": {day(5)}, "max_amount": {"much"}}, "请输入大于零的金额"},
	} {
		if status, body := s.post(eve, "/profile/deputies", c.form); status != http.StatusUnprocessableEntity || !strings.Contains(body, c.want) {
			t.Errorf("%s answers %d, want 422 with %q", name, status, c.want)
		}
	}
	now := url.Values{"deputy": {id("dan")}, "from": {here().Format(time.DateOnly)}, "until": {day(5)}, "max_amount": {"50,000"}}
	if status, body := s.post(eve, "/profile/deputies", now); status != http.StatusSeeOther {
		t.Fatalf("naming a deputy answers %d: %.300s", status, body)
	}
	if status, body := s.post(eve, "/profile/deputies", now); status != http.StatusUnprocessableEntity || !strings.Contains(body, "在此期间已是您的代理人") {
		t.Errorf("the same deputy again answers %d", status)
	}
	if _, body := s.page(eve, "/profile"); !strings.Contains(body, "50,000") {
		t.Error("the profile does not list the deputy")
	}
	if n := len(s.call(dan, "GET", "/inbox", nil, 200)["items"].([]any)); n != 1 {
		t.Errorf("the deputy has %d approvals, want 1", n)
	}
	s.call(dan, "POST", "/approval/"+itoa(task)+"/approve", map[string]any{}, 200)
	if n := s.number(`SELECT count(*) FROM core.approval_task WHERE id = $1 AND on_behalf_of = $2`, task, id("eve")); n != 1 {
		t.Error("the decision does not name whom it was made for")
	}
	if n := s.number(`SELECT count(*) FROM core.notification WHERE kind = 'deputy' AND user_id = $1`, id("dan")); n != 1 {
		t.Errorf("the deputy was told %d times", n)
	}

	task = ask()
	one := itoa(int64(s.number(`SELECT max(id) FROM core.delegation`)))
	if status, _ := s.post(s.browserless("dan"), "/profile/deputies/"+one+"/end", nil); status != http.StatusNotFound {
		t.Errorf("the deputy ends it: %d, want 404", status)
	}
	if status, _ := s.post(eve, "/profile/deputies/"+one+"/end", nil); status != http.StatusSeeOther {
		t.Errorf("ending answers %d", status)
	}
	s.call(dan, "POST", "/approval/"+itoa(task)+"/approve", map[string]any{}, 404)
	if status, _ := s.post(eve, "/profile/deputies/"+one+"/end", nil); status != http.StatusNotFound {
		t.Errorf("ending twice answers %d, want 404", status)
	}
	if status, _ := s.post(s.browserless("nobody"), "/profile/deputies", now); status != http.StatusForbidden {
		t.Errorf("a user without roles answers %d, want 403", status)
	}
	if n := s.number(`SELECT count(*) FROM core.audit_entry WHERE action IN ('delegate', 'delegate_end')`); n != 2 {
		t.Errorf("%d entries in the audit trail, want 2", n)
	}
}
