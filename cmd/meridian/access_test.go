package main

import (
	"net/http"
	"strings"
	"testing"
)

// TestExplainAccess asks the page why: its answer is that of the API, for the owner,
// a colleague of the same scope, one the record is shared with, and everybody.
func TestExplainAccess(t *testing.T) {
	s := newSuite(t)
	s.person("admin", "")
	ann := s.person("ann", "ltc.rep")
	s.person("bob", "ltc.rep")
	s.person("it", "core.it_admin")
	id := func(name string) string { p, _ := s.Authz.Directory().ByUsername(name); return itoa(p.ID) }
	made := s.call(ann, "POST", "/crm/customer", map[string]any{"name": "Ann only"}, 201)
	one := itoa(int64(made["id"].(float64)))
	no, _ := made["no"].(string)

	if status, _ := s.page(s.browserless("ann"), "/admin/access"); status != http.StatusForbidden {
		t.Errorf("a representative gets %d, want 403", status)
	}
	c := s.browserless("admin")
	check := func(query string, want int, has, not string) {
		t.Helper()
		status, body := s.page(c, "/admin/access?"+query)
		if status != want || !strings.Contains(body, has) || not != "" && strings.Contains(body, not) {
			_, body, _ = strings.Cut(body, `id="access"`)
			t.Errorf("%s answers %d, want %d with %q and without %q: %.3000s", query, status, want, has, not, body)
		}
	}
	ask := func(person, typ, action, record string) string {
		return "person=" + person + "&type=" + typ + "&action=" + action + "&record=" + record
	}
	check("", 200, "请选择记录类型和操作", "可以：")
	check(ask(id("ann"), "crm.customer", "update", no), 200, "可以：ann 可对 "+no, "不包括")
	check(ask(id("bob"), "crm.customer", "read", one), 200, "不能：bob 看不到 "+no, "可以：")
	check(ask(id("bob"), "crm.customer", "read", ""), 200, "可以：bob 拥有权限 crm.customer:read", "不能：")
	check(ask(id("bob"), "core.role", "update", ""), 200, "拥有此权限的角色", "可以：")
	check(ask(id("it"), "core.role", "update", ""), 200, "core.role:*", "不能：")
	check(ask("999999", "core.role", "update", ""), 422, "f-person-e", "")
	check(ask(id("bob"), "crm.customer", "read", "no-such"), 422, "f-record-e", "")
	s.call(ann, "POST", "/crm/customer/"+one+"/share", map[string]any{"user_id": s.number(`SELECT id FROM core."user" WHERE username = 'bob'`)}, 201)
	check(ask(id("bob"), "crm.customer", "read", no), 200, "共享的记录", "不能：")
	check(ask(id("bob"), "crm.customer", "update", no), 200, "不能：bob 有此权限", "可以：")
	check(ask("", "crm.customer", "update", no), 200, "bob", "没有人有此权限")

	it := s.browserless("it")
	if status, _ := s.page(it, "/admin/access?"+ask(id("bob"), "core.role", "read", "")); status != 200 {
		t.Errorf("the IT administrator gets %d", status)
	}
	if status, body := s.page(it, "/admin/access?"+ask(id("bob"), "crm.customer", "read", no)); status != 422 || strings.Contains(body, "Ann only") {
		t.Errorf("a record the asker may not read answers %d, want 422", status)
	}
}
