package main

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"meridian/configs"
	"meridian/platform/authz"
	"meridian/platform/transfer"
)

// shared finds the third-party data beside the repository; tests that read it are
// skipped loudly where it is absent.
func shared(t *testing.T) string {
	t.Helper()
	if d := os.Getenv("MERIDIAN_SHARED"); d != "" {
		return d
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for range 6 {
		dir = filepath.Dir(dir)
		for _, name := range []string{"shared/data", "../shared/data"} {
			if p := filepath.Join(dir, name); exists(filepath.Join(p, "known_answers.json")) {
				return p
			}
		}
	}
	t.Skip("SKIPPED: the third-party data (shared/data) is not beside the repository; set MERIDIAN_SHARED")
	return ""
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

func (s *suite) admin() context.Context {
	p, _ := s.Authz.Directory().ByUsername("admin")
	return authz.With(s.t.Context(), s.Authn.Subject(p.ID))
}

func (s *suite) loadSet(name, dir string) []transfer.Report {
	s.t.Helper()
	return s.loadFrom(name, os.DirFS(filepath.Join(dir, name)))
}

// loadFrom runs an import set over a folder, as meridian import --set does.
func (s *suite) loadFrom(name string, data fs.FS) []transfer.Report {
	s.t.Helper()
	maps, err := fs.Sub(configs.FS, "import/"+name)
	if err != nil {
		s.t.Fatal(err)
	}
	var out []transfer.Report
	err = s.Imports.Set(s.admin(), maps, data, false, func(file string, r transfer.Report) {
		out = append(out, r)
		for _, e := range r.Errors {
			s.t.Log(e.String())
		}
	})
	if err != nil {
		s.t.Fatalf("import set %s: %v", name, err)
	}
	return out
}

// TestRealData imports two published data sets through the write path of the pages
// and compares what the cockpit then shows with independently computed answers.
func TestRealData(t *testing.T) {
	dir := shared(t)
	var known struct {
		Northwind struct {
			ByYear map[string]string `json:"net_sales_by_year"`
		} `json:"northwind"`
		CRM struct {
			WinRate json.Number `json:"win_rate"`
		} `json:"crm_opportunities"`
	}
	b, err := os.ReadFile(filepath.Join(dir, "known_answers.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &known); err != nil {
		t.Fatal(err)
	}
	s := newSuite(t)
	token := s.person("admin", "")
	s.loadSet("northwind", dir)
	for year, want := range known.Northwind.ByYear {
		got := s.call(token, "GET", "/kpi/ltc.net_sales?from="+year+"-01-01&to="+year+"-12-31", nil, 200)
		if got["value"] != want {
			t.Errorf("net sales of %s are %v, want %s", year, got["value"], want)
		}
	}
	s.loadSet("crm_opportunities", dir)
	s.pipeline(token, dir)
	got := s.call(token, "GET", "/kpi/ltc.win_rate", nil, 200)
	if got["value"] != known.CRM.WinRate.String() {
		t.Errorf("win rate is %v, want %s", got["value"], known.CRM.WinRate)
	}
	ontime := s.call(token, "GET", "/kpi/isc.on_time_in_full", nil, 200)
	if ontime["numerator"] != "772" || ontime["denominator"] != "809" {
		t.Errorf("on time in full is %v of %v, want 772 of 809", ontime["numerator"], ontime["denominator"])
	}
	for _, r := range s.loadSet("northwind", dir) {
		if r.New+r.Changed > 0 {
			t.Errorf("running the set twice made %d and changed %d records of %s", r.New, r.Changed, r.Type)
		}
	}
	for _, c := range s.AllChecks() {
		if bad, err := c.Run(t.Context()); err != nil || len(bad) > 0 {
			t.Errorf("%s: %.5v %v", c.Name, bad, err)
		}
	}
}
