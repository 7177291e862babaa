package crmapp_test

import (
	"net/http"
	"testing"
)

// TestTranslated: every declared word of the module has its Chinese.
func TestTranslated(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	s.Translated("crm")
}

// TestReportsOverHTTP: every report answers the administrator and refuses who holds
// nothing; every command asks for its right.
func TestReportsOverHTTP(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	nobody := s.User("nobody", "proc.receiver")
	for _, i := range s.Reports.Of("crm") {
		s.Call(s.Admin, http.MethodGet, i.Path(), nil, http.StatusOK)
		s.Call(nobody, http.MethodGet, i.Path(), nil, http.StatusForbidden)
		for _, c := range i.Commands {
			s.Call(nobody, http.MethodPost, i.Path()+"/"+c.Name, map[string]any{}, http.StatusForbidden)
		}
	}
}
