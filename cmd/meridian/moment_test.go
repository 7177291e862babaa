package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestMomentsAreTypedInTheZoneOfTheCompany: what a form shows and takes as a time of day is
// that of the company, whatever the zone of the server.
func TestMomentsAreTypedInTheZoneOfTheCompany(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	rep := s.person("rep", "ltc.rep")
	c := s.call(rep, "POST", "/crm/customer", map[string]any{"name": "Acme"}, http.StatusCreated)
	f := s.call(rep, "POST", "/crm/followup", map[string]any{"customer_id": id(c), "subject": "Plant", "channel": "visit", "planned_on": today()}, http.StatusCreated)
	web, path := s.browserless("rep"), "/crm/followup/"+itoa(id(f))
	at := here().Add(-90 * time.Minute)
	typed := at.Format("2006-01-02T15:04")
	form := url.Values{"conclusion": {"x"}, "closed": {"true"}, "held_at": {typed}, "next_on": {"never"}}
	if status, body := s.post(web, path+"/move/hold", form); status != http.StatusUnprocessableEntity || !strings.Contains(body, `value="`+typed+`"`) {
		t.Errorf("a form that is refused shows the time as it was typed: %d", status)
	}
	form.Set("next_on", "")
	if status, body := s.post(web, path+"/move/hold", form); status != http.StatusSeeOther && status != http.StatusOK {
		t.Fatalf("log the result: %d %.300s", status, mainOf(body))
	}
	if got := s.call(rep, "GET", "/crm/followup/"+itoa(id(f)), nil, http.StatusOK)["done_at"]; got != at.Truncate(time.Minute).UTC().Format(time.RFC3339) {
		t.Errorf("held at %v, want %s", got, at.UTC().Format(time.RFC3339))
	}
}
