package main

import (
	"testing"

	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/web/e2e"
)

// TestPagesInBrowser visits every kind of page in both looks: no console error, no
// violation of the content policy, no sideways scroll, no axe finding.
func TestPagesInBrowser(t *testing.T) {
	s := newSuite(t)
	token := s.person("admin", "")
	s.call(token, "POST", "/crm/customer", map[string]any{"name": "华东精密制造有限公司", "industry": "机械", "credit_limit": "100000", "tier": "key"}, 201)
	s.person("finn", "core.finance_manager")
	finn := int64(s.number(`SELECT id FROM core."user" WHERE username = 'finn'`))
	s.call(token, "POST", "/crm/customer/1/share", map[string]any{"user_id": finn, "until": inDays(9)}, 201)
	if err := s.Process.Delegate(s.as("admin"), finn, date.MustParse(inDays(1)), date.MustParse(inDays(9)), money.MustAmount("50000")); err != nil {
		t.Fatal(err)
	}
	chrome := e2e.Browser(t)
	for _, look := range []e2e.Look{e2e.Wide, e2e.Narrow} {
		t.Run(look.String(), func(t *testing.T) {
			b := e2e.NewTab(t, chrome, s.url, look)
			b.Open("/login")
			b.Axe("login")
			b.Shoot("login")
			b.SignIn("admin", testPassword)
			for name, path := range map[string]string{
				"home": "/", "inbox": "/inbox", "cockpit": "/cockpit", "list": "/crm/customer", "new": "/crm/customer/new", "record": "/crm/customer/1",
				"thread": "/crm/customer/1/thread", "process": "/crm/customer/process", "board": "/crm/customer?as=board", "profile": "/profile", "notices": "/notices",
				"roles": "/admin/roles?role=ltc.rep", "audit": "/admin/audit", "api": "/admin/api", "share": "/crm/customer/1/share", "approvals": "/admin/approvals", "approval": "/admin/approvals/mtl.campaign:approve",
				"access": "/admin/access", "access-one": "/admin/access?person=1&type=crm.customer&action=read&record=1", "access-none": "/admin/access?person=" + itoa(finn) + "&type=ltc.order&action=confirm",
				"access-all": "/admin/access?type=crm.customer&action=update&record=1", "users": "/core/user", "user": "/core/user/1",
			} {
				b.Open(path)
				b.Axe(name)
				b.Check(name)
				b.Shoot(name)
			}
		})
	}
}
