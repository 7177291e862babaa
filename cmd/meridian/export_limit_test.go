package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"meridian/platform/clock"
)

// TestCRM01LargeExport: more records than the company lets a person export without asking
// need the approval of the manager; then the file is there for a day, for who asked only.
func TestCRM01LargeExport(t *testing.T) {
	t.Parallel()
	late := time.Duration(0)
	s := newSuiteAt(t, func() time.Time { return clock.System().Add(late) })
	admin := s.person("admin", "")
	company := s.call(admin, "GET", "/core/company", nil, 200)["items"].([]any)[0].(map[string]any)
	s.call(admin, "PATCH", "/core/company/"+itoa(id(company)), map[string]any{"export_rows": 60}, 200, "If-Match", `"`+itoa(int64(company["version"].(float64)))+`"`)
	max := s.person("max", "dste.executive")
	other := s.person("other", "dste.executive")
	for i := range 70 {
		s.call(admin, "POST", "/crm/customer", map[string]any{"name": "Customer " + itoa(int64(1000+i)), "region": map[bool]string{true: "East", false: "West"}[i < 55]}, 201)
	}
	web := s.browserless("max")
	// few records go at once, many lead to the request
	if status, body := s.page(web, "/crm/customer/export?format=csv&region=East"); status != 200 || strings.Count(body, "Customer 10") != 55 {
		t.Errorf("55 of 60 records: %d with %d", status, strings.Count(body, "Customer 10"))
	}
	res, err := web.Get(s.url + "/crm/customer/export?format=csv&sort=name")
	if err != nil {
		t.Fatal(err)
	}
	to := res.Header.Get("Location")
	if body := read(t, res); res.StatusCode != http.StatusSeeOther || strings.Contains(body, "Customer") || to != "/core/export_request/new?doc_type=crm.customer&part=&query=sort%3Dname" {
		t.Errorf("70 of 60 records: %d to %s %.100s", res.StatusCode, to, body)
	}
	if status, body := s.page(web, to); status != 200 || !strings.Contains(body, `value="crm.customer"`) || !strings.Contains(body, `name="reason"`) || !strings.Contains(body, "大批量导出") {
		t.Errorf("request: %d %.300s", status, mainOf(body))
	}
	// a tab narrows the list, and so the request
	res, err = web.Get(s.url + "/crm/customer/export?format=csv&view=open&page=2")
	if err != nil {
		t.Fatal(err)
	}
	tab, err := url.Parse(res.Header.Get("Location"))
	if _ = read(t, res); err != nil {
		t.Fatal(err)
	}
	query, err := url.ParseQuery(tab.Query().Get("query"))
	if err != nil || len(query["stage"]) == 0 || query.Has("view") || query.Has("page") {
		t.Errorf("request from a tab: %v (%v)", query, err)
	}
	if req := s.call(max, "POST", "/core/export_request", map[string]any{"doc_type": "crm.customer", "query": query.Encode(), "reason": "x"}, 201); req["records"] != 70.0 {
		t.Errorf("asked for %v records from the tab, want 70", req["records"])
	}
	bad := s.call(max, "POST", "/core/export_request", map[string]any{"doc_type": "core.role_secret", "reason": "x"}, 422)
	if f := bad["errors"].([]any)[0].(map[string]any); f["field"] != "doc_type" {
		t.Errorf("unknown type: %v", bad)
	}
	s.call(max, "POST", "/core/export_request", map[string]any{"doc_type": "core.user", "reason": "x"}, 422) // no right to export it
	req := s.call(max, "POST", "/core/export_request", map[string]any{"doc_type": "crm.customer", "query": "sort=name", "reason": "Mailing of the trade fair"}, 201)
	if req["records"] != 70.0 {
		t.Errorf("asked for %v records, want 70", req["records"])
	}
	path := "/core/export_request/" + itoa(id(req))
	if status, _, _ := s.try(max, "GET", path+"/csv", nil); status != http.StatusConflict {
		t.Errorf("a draft downloads: %d", status)
	}
	s.call(max, "POST", path+"/ask", map[string]any{}, 202)
	boss := s.call(admin, "GET", path+"/approvals", nil, 200)["items"].([]any)[0].(map[string]any)["tasks"].([]any)[0].(map[string]any)
	s.call(admin, "POST", "/approval/"+itoa(int64(boss["task"].(float64)))+"/approve", map[string]any{}, 200)
	status, _, file := s.try(max, "GET", path+"/csv", nil)
	if status != 200 || strings.Count(file, "Customer 10") != 70 {
		t.Errorf("granted: %d with %d records", status, strings.Count(file, "Customer 10"))
	}
	if status, _, _ := s.try(other, "GET", path+"/csv", nil); status != http.StatusNotFound {
		t.Errorf("somebody else's export: %d", status)
	}
	if status, _, _ := s.try(admin, "GET", path+"/csv", nil); status != http.StatusForbidden {
		t.Errorf("the approver downloads: %d", status)
	}
	late = 25 * time.Hour
	if status, _, _ := s.try(max, "GET", path+"/csv", nil); status != http.StatusConflict {
		t.Errorf("a day later: %d", status)
	}
	if n := s.number(`SELECT count(*) FROM core.audit_entry WHERE action = 'export' AND object_type = 'crm.customer'`); n != 2 {
		t.Errorf("%d exports in the trail, want 2", n)
	}
}
