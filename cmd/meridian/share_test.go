package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"meridian/platform/web/e2e"
)

// TestShareARecord: a colleague at scope own sees exactly the shared customer, in
// lists and by id, may not change or share it on, and loses it again.
func TestShareARecord(t *testing.T) {
	s := newSuite(t)
	ann, bob, nobody := s.person("ann", "ltc.rep"), s.person("bob", "ltc.rep"), s.person("nobody", "")
	s.person("gone", "ltc.rep")
	s.person("without", "")
	s.person("far", "ltc.rep")
	s.exec(`UPDATE core."user" SET active = false WHERE username = 'gone'`)
	s.exec(`INSERT INTO core.company (no, company_id, created_at, updated_at, name, name_en, currency, lang, tz) VALUES ('C99', 0, now(), now(), 'Other', 'Other', 'CNY', 'zh', 'Asia/Shanghai')`)
	s.exec(`UPDATE core."user" SET company_id = (SELECT id FROM core.company WHERE no = 'C99') WHERE username = 'far'`)
	if err := s.Authz.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	id := func(name string) int64 { p, _ := s.Authz.Directory().ByUsername(name); return p.ID }
	one := "/crm/customer/" + itoa(int64(s.call(ann, "POST", "/crm/customer", map[string]any{"name": "Ann only"}, 201)["id"].(float64)))
	s.call(ann, "POST", "/crm/customer", map[string]any{"name": "Ann's second"}, 201)
	rows := func(token string) int { return len(s.call(token, "GET", "/crm/customer", nil, 200)["items"].([]any)) }

	s.call(bob, "POST", one+"/share", map[string]any{"user_id": id("bob")}, 404)
	s.call(nobody, "POST", one+"/share", map[string]any{"user_id": id("bob")}, 403)
	for name, c := range map[string]struct {
		body  map[string]any
		field string
	}{
		"nobody chosen":   {map[string]any{}, "user_id"},
		"oneself":         {map[string]any{"user_id": id("ann")}, "user_id"},
		"inactive":        {map[string]any{"user_id": id("gone")}, "user_id"},
		"another company": {map[string]any{"user_id": id("far")}, "user_id"},
		"without right":   {map[string]any{"user_id": id("without")}, "user_id"},
		"a past day":      {map[string]any{"user_id": id("bob"), "until": "2020-01-01"}, "until"},
		"no day":          {map[string]any{"user_id": id("bob"), "until": "tomorrow"}, "until"},
	} {
		if out := s.call(ann, "POST", one+"/share", c.body, 422); out["errors"].([]any)[0].(map[string]any)["field"] != c.field {
			t.Errorf("%s is refused with %v, want the field %s", name, out["errors"], c.field)
		}
	}
	until := here().AddDate(0, 0, 3).Format(time.DateOnly)
	items := s.call(ann, "POST", one+"/share", map[string]any{"user_id": id("bob"), "until": until}, 201)["items"].([]any)
	if len(items) != 1 || items[0].(map[string]any)["name"] != "bob" {
		t.Errorf("shared with %v", items)
	}
	if n := rows(bob); n != 1 {
		t.Errorf("bob lists %d customers, want 1", n)
	}
	s.call(bob, "GET", one, nil, 200)
	s.call(bob, "PATCH", one, map[string]any{"name": "x"}, 403, "If-Match", "1")
	s.call(bob, "GET", one+"/share", nil, 403)
	s.call(bob, "POST", one+"/share", map[string]any{"user_id": id("ann")}, 403)
	if list, err := s.Notices.List(t.Context(), id("bob"), 5); err != nil || len(list) != 1 || list[0].Kind != "share" {
		t.Errorf("bob was told %v %v", list, err)
	}
	s.exec(`UPDATE core.record_share SET until = now() - interval '1 minute'`)
	if n := rows(bob); n != 0 {
		t.Errorf("bob lists %d customers after the last day", n)
	}
	s.call(ann, "POST", one+"/share", map[string]any{"user_id": id("bob")}, 201)
	s.call(bob, "DELETE", one+"/share?user_id="+itoa(id("bob")), nil, 403)
	s.call(ann, "DELETE", one+"/share?user_id="+itoa(id("bob")), nil, 204)
	s.call(ann, "DELETE", one+"/share?user_id="+itoa(id("bob")), nil, 404)
	s.call(bob, "GET", one, nil, 404)
	if n := s.number(`SELECT count(*) FROM core.audit_entry WHERE action IN ('share', 'unshare')`); n != 3 {
		t.Errorf("%d entries in the audit trail, want 3", n)
	}
}

// TestShareDialog walks the pages: the owner shares, sees the list and takes it
// back; a colleague who only reads finds neither action nor dialog.
func TestShareDialog(t *testing.T) {
	s := newSuite(t)
	ann := s.person("ann", "ltc.rep")
	s.person("bob", "ltc.rep")
	bob, _ := s.Authz.Directory().ByUsername("bob")
	id := itoa(int64(s.call(ann, "POST", "/crm/customer", map[string]any{"name": "Ann only"}, 201)["id"].(float64)))
	page := "/crm/customer/" + id
	c, b := s.browserless("ann"), s.browserless("bob")
	if _, body := s.page(c, page); !strings.Contains(body, page+"/share") {
		t.Error("the owner is not offered to share")
	}
	if status, body := s.post(c, page+"/share", url.Values{"user_id": {""}}); status != http.StatusUnprocessableEntity || !strings.Contains(body, "请选择人员") {
		t.Errorf("nobody chosen answers %d", status)
	}
	if status, _ := s.post(c, page+"/share", url.Values{"user_id": {itoa(bob.ID)}}); status != http.StatusSeeOther {
		t.Errorf("sharing answers %d", status)
	}
	if status, body := s.page(c, page+"/share"); status != 200 || !strings.Contains(body, "bob") {
		t.Errorf("the dialog answers %d without bob", status)
	}
	if status, body := s.page(b, page); status != 200 || strings.Contains(body, page+"/share") {
		t.Errorf("bob's page answers %d, or offers to share on", status)
	}
	if status, _ := s.page(b, page+"/share"); status != http.StatusForbidden {
		t.Errorf("the dialog answers bob %d, want 403", status)
	}
	if status, _ := s.post(c, page+"/share/"+itoa(bob.ID)+"/remove", nil); status != http.StatusSeeOther {
		t.Errorf("taking back answers %d", status)
	}
	if status, _ := s.page(b, page); status != http.StatusNotFound {
		t.Errorf("bob's page answers %d after the end, want 404", status)
	}
}

// TestShareInBrowser walks the dialog as a person does: opened from the menu of the
// record, refused without a person, shared, taken back.
func TestShareInBrowser(t *testing.T) {
	s := newSuite(t)
	admin := s.person("admin", "")
	s.person("finn", "core.finance_manager")
	s.call(admin, "POST", "/crm/customer", map[string]any{"name": "华东精密制造有限公司"}, 201)
	b := e2e.NewTab(t, e2e.Browser(t), s.url, e2e.Narrow)
	b.SignIn("admin", testPassword)
	b.Open("/crm/customer/1")
	b.Eval(`document.querySelector('.head-a details[data-menu]').open=true`)
	b.Eval(`document.querySelector('a[href="/crm/customer/1/share"]').click();1`)
	b.Wait(`document.querySelector('#dialog[open] #move')?.['htmx-internal-data']`)
	b.Eval(`document.querySelector('#move .dlg-f button').click();1`)
	b.Wait(`document.querySelector('#dialog[open] #f-user_id-e') && document.activeElement.matches('.errs')`)
	b.Forget() // the refusal's 422
	b.Wait(`document.querySelector('#move')['htmx-internal-data']`)
	b.Fill("user_id", itoa(int64(s.number(`SELECT id FROM core."user" WHERE username = 'finn'`))))
	b.Eval(`document.querySelector('#move .dlg-f button').click();1`)
	b.Wait(`document.querySelector('#dialog[open] .people li') && document.querySelector('#dialog .people button')['htmx-internal-data']`)
	b.Axe("share dialog")
	b.Shoot("share-dialog")
	b.Eval(`document.querySelector('#dialog .people button').click();1`)
	b.Wait(`document.querySelector('#dialog[open] #dialog-body .people.none')`)
	b.Eval(`document.querySelector('#dialog .dlg-f a').click();1`)
	b.Wait(`!document.querySelector('#dialog[open]')`)
	b.Check("share")
	b.Open("/admin/access")
	b.Eval(`(e=>{e.value='crm.customer';e.dispatchEvent(new Event('change',{bubbles:true}))})(document.querySelector('#f-type'));1`)
	b.Wait(`document.querySelector('#f-action option[value=identify], #f-action option[value=update]') && document.querySelector('#access form')['htmx-internal-data']`)
	b.Eval(`(e=>{e.value='update';e.dispatchEvent(new Event('change',{bubbles:true}))})(document.querySelector('#f-action'));1`)
	b.Wait(`document.querySelector('#access .dt tbody tr') && location.search.includes('action=update')`)
	b.Check("share and access")
}
