package main

import (
	"net/http"
	"testing"

	"meridian/platform/resource"
)

// demoFields reads every field of every type alone: it must be what it is in the whole
// record, so what a field shows stands in the column of its name.
func (s *suite) demoFields() {
	s.t.Helper()
	ctx := s.as("admin")
	tried := 0
	for _, d := range s.Types.Docs() {
		info := d.Info()
		whole, err := d.ListRows(ctx, resource.ListQuery{Limit: 5, Sort: "id", Total: "none"})
		if err != nil {
			s.t.Fatalf("%s: %v", info.Name, err)
		}
		for _, f := range info.Fields {
			only := []string{f.Name}
			part, err := d.ListRows(ctx, resource.ListQuery{Limit: 5, Sort: "id", Total: "none", Fields: only})
			if err != nil || len(part.Rows) != len(whole.Rows) {
				s.t.Errorf("%s: field %s alone: %d rows, %v", info.Name, f.Name, len(part.Rows), err)
				continue
			}
			if f.Kind == resource.KLines { // a list shows no lines
				continue
			}
			for i, r := range whole.Rows {
				if got, want := string(part.Rows[i].AppendJSON(nil, only)), string(r.AppendJSON(nil, only)); got != want {
					s.t.Errorf("%s: field %s alone is %s, in the whole record %s", info.Name, f.Name, got, want)
				}
				tried++
			}
		}
	}
	if tried < 1000 {
		s.t.Errorf("only %d values were compared", tried)
	}
}

// TestFieldsOfAList: a client names the fields it wants and gets no others; one that does
// not exist is refused, one that is hidden from the reader stays hidden.
func TestFieldsOfAList(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	admin := s.person("admin", "")
	s.call(admin, "POST", "/crm/customer", map[string]any{"name": "North Machinery", "phone": "13800138000", "credit_limit": "500"}, http.StatusCreated)
	item := func(token, query string) map[string]any {
		list := s.call(token, "GET", "/crm/customer?"+query, nil, http.StatusOK)["items"].([]any)
		return list[0].(map[string]any)
	}
	got := item(admin, "fields=name,credit_limit&sort=-name")
	if len(got) != 4 || got["name"] != "North Machinery" || got["credit_limit"] != "500.00" || got["id"] == nil || got["version"] != 1.0 {
		t.Errorf("two fields: %v", got)
	}
	if whole := item(admin, ""); len(whole) < 20 || whole["phone"] == nil {
		t.Errorf("all fields: %v", whole)
	}
	bad := s.call(admin, "GET", "/crm/customer?fields=name,secret", nil, http.StatusUnprocessableEntity)
	if f := bad["errors"].([]any)[0].(map[string]any); f["field"] != "fields" {
		t.Errorf("unknown field: %v", bad)
	}
	cat := s.person("cat", "itr.agent")
	if got := item(cat, "fields=name,credit_limit"); got["name"] == nil || got["credit_limit"] != nil {
		t.Errorf("a reader without the right to credit limits gets %v", got)
	}
}
