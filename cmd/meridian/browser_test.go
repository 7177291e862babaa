package main

import (
	"fmt"
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
			for _, i := range s.Reports.All() {
				b.Open(i.Path())
				b.Axe(i.Name)
				b.Check(i.Name)
				b.Shoot(i.Name)
				for _, c := range i.Commands {
					b.Open(i.Path() + "/do/" + c.Name)
					b.Axe(i.Name + "." + c.Name)
					b.Check(i.Name + "." + c.Name)
				}
			}
			for name, path := range map[string]string{
				"home": "/", "inbox": "/inbox", "cockpit": "/cockpit", "list": "/crm/customer", "new": "/crm/customer/new", "record": "/crm/customer/1",
				"thread": "/crm/customer/1/thread", "process": "/crm/customer/process", "board": "/crm/customer?as=board", "profile": "/profile", "notices": "/notices",
				"roles": "/admin/roles?role=ltc.rep", "audit": "/admin/audit", "api": "/admin/api", "help": "/help/crm", "share": "/crm/customer/1/share", "approvals": "/admin/approvals", "approval": "/admin/approvals/mtl.campaign:approve",
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

// TestImportInBrowser walks the wizard with the mouse: the pages of the columns, the
// check, the progress, the outcome and a refusal, and the choice of export formats.
func TestImportInBrowser(t *testing.T) {
	s := newSuite(t)
	s.person("admin", "")
	chrome := e2e.Browser(t)
	var tabs []*e2e.Tab
	upload := func(b *e2e.Tab, name, text string) {
		b.Open("/crm/customer/import")
		b.Axe("import-file")
		b.Eval(files(`input[type=file]`, "customers.csv", text))
		b.Click("#import button.bt-primary", "")
		b.Wait(`document.querySelector('#import select[name="col.0"]')`)
		b.Axe(name + "-columns")
		b.Shoot(name + "-columns")
		b.Click("#import button.bt-primary", "")
		b.Wait(`document.querySelector('#import form[action$="/run"]')`)
		b.Axe(name + "-check")
		b.Check(name + "-check")
		b.Shoot(name + "-check")
	}
	for i, look := range []e2e.Look{e2e.Wide, e2e.Narrow} {
		b := e2e.NewTab(t, chrome, s.url, look)
		b.SignIn("admin", testPassword)
		b.Open("/crm/customer")
		b.Eval(`document.querySelector('details.menu summary.bt:not(.bt-icon)').click();1`)
		b.Wait(`document.querySelector('details.menu[open] a[href*="format=xlsx"]').offsetParent`)
		b.Axe("export-menu")
		b.Check("export-menu")
		b.Shoot("export-menu")
		upload(b, "import-wrong", "no,name,tier\nB-1,Beta,gold\n")
		if b.Eval(`document.querySelector('#import button.bt-primary').disabled`) != "true" {
			t.Error("a file with a wrong row may be imported")
		}
		upload(b, "import", fmt.Sprintf("no,name\nA-%d,Acme\nA-%d0,Beta\n", i+1, i+1))
		b.Click("#import button.bt-primary", "")
		b.Wait(`document.querySelector('#import progress') && /\/import\/\d+$/.test(location.pathname)`)
		b.Axe("import-progress")
		b.Check("import-progress")
		b.Shoot("import-progress")
		tabs = append(tabs, b)
	}
	s.work()
	for _, b := range tabs { // the page asks again by itself
		b.Wait(`document.querySelector('#import .done-t')`)
		b.Axe("import-done")
		b.Check("import-done")
		b.Shoot("import-done")
		b.Open(b.Eval(`location.pathname`))
		b.Wait(`document.querySelector('#import .done-t')`)
	}
	b := tabs[0]
	b.Open("/crm/customer/import") // run without heeding the check, as a program may
	b.Eval(files(`input[type=file]`, "customers.csv", "no,name,tier\nB-1,Beta,gold\n"))
	b.Click("#import button.bt-primary", "")
	b.Wait(`document.querySelector('#import select[name="col.0"]')`)
	b.Eval(`(()=>{const f=document.querySelector('#import form');htmx.ajax('POST',f.action.replace('/check','/run'),{source:f,target:'#import',swap:'outerHTML'});return 1})()`)
	b.Wait(`document.querySelector('#import .done-t.t-bad')`)
	b.Axe("import-refused")
	b.Check("import-refused")
	b.Shoot("import-refused")
	for _, b := range tabs { // documents with lines
		b.Open("/ltc/order/import")
		b.Axe("import-lines-file")
		b.Eval(files(`input[name=file]`, "orders.csv", "no,customer,stage\nSO-1,Acme,draft\n"))
		b.Eval(files(`input[name=lines]`, "lines.csv", "no,product,qty,price\nSO-1,P-1,2,10\n"))
		b.Shoot("import-lines-file")
		b.Click("#import button.bt-primary", "")
		b.Wait(`document.querySelector('#import select[name="line.0"]')`)
		b.Axe("import-lines-columns")
		b.Check("import-lines-columns")
		b.Shoot("import-lines-columns")
	}
}

// files puts a file into a file input.
func files(input, name, text string) string {
	return fmt.Sprintf(`(()=>{const d=new DataTransfer();d.items.add(new File([%q],%q));document.querySelector(%q).files=d.files;return 1})()`, text, name, input)
}
