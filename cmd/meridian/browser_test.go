package main

import (
	"testing"

	"meridian/platform/web/e2e"
)

// TestPagesInBrowser visits every kind of page in both looks: no console error, no
// violation of the content policy, no sideways scroll, no axe finding.
func TestPagesInBrowser(t *testing.T) {
	s := newSuite(t)
	token := s.person("admin", "")
	s.call(token, "POST", "/crm/customer", map[string]any{"name": "华东精密制造有限公司", "industry": "机械", "credit_limit": "100000", "tier": "key"}, 201)
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
				"roles": "/admin/roles?role=ltc.rep", "audit": "/admin/audit", "api": "/admin/api", "users": "/core/user", "user": "/core/user/1",
			} {
				b.Open(path)
				b.Axe(name)
				b.Check(name)
				b.Shoot(name)
			}
		})
	}
}
