package apptest

import "meridian/platform/kpi"

// Value is a measure as the administrator sees it.
func (s *Suite) Value(code string, sc kpi.Scope) kpi.Value {
	s.T.Helper()
	m, err := s.KPI.Get(code)
	if err != nil {
		s.T.Fatal(err)
	}
	v, err := m.Func(s.Admin, sc)
	if err != nil {
		s.T.Fatalf("%s: %v", code, err)
	}
	return v
}

// Measure is Value as text, "–" when it has none.
func (s *Suite) Measure(code string, sc kpi.Scope) string {
	s.T.Helper()
	if v := s.Value(code, sc).Value; v != nil {
		return v.String()
	}
	return "–"
}
