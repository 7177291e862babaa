package main

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/kpi"
	"meridian/platform/resource"
)

// TestDemo loads the demo company twice and looks at it the way its people do.
func TestDemo(t *testing.T) {
	s := newSuite(t)
	s.Config.Data = t.TempDir()
	start := time.Now()
	if err := s.loadDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Logf("loaded in %s", time.Since(start).Round(time.Millisecond))
	counts := s.counts()
	for _, typ := range slices.Sorted(mapKeys(counts)) {
		t.Logf("%-18s %v", typ, counts[typ])
	}
	file := filepath.Join(s.Config.Data, "demo-users.txt")
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("%s has mode %v, want 0600", file, info.Mode().Perm())
	}
	if !strings.HasSuffix(s.LoginNote, file) {
		t.Errorf("the login note is %q", s.LoginNote)
	}
	first, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.loadDemo(t.Context()); err != nil {
		t.Fatalf("second load: %v", err)
	}
	if again, err := os.ReadFile(file); err != nil || string(again) != string(first) {
		t.Errorf("the second load changed the passwords: %v", err)
	}
	for typ, n := range s.counts() {
		if n != counts[typ] {
			t.Errorf("%s: %d records after the second load, want %d", typ, n, counts[typ])
		}
	}
	(&walker{suite: s}).sound()
	s.demoFields()
	s.demoPeople(string(first))
	s.demoFigures()
	s.demoPages()
}

// TestDemoDepth copies a mass of history and has everything recomputed that must agree:
// hash chains, process, facts, balances and the ways of the deals.
func TestDemoDepth(t *testing.T) {
	s := newSuite(t)
	s.Config.Data = t.TempDir()
	if err := s.loadDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := s.counts()
	if err := s.loadDepth(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	(&walker{suite: s}).sound()
	after := s.counts()
	for typ, n := range map[string]int{"crm.customer": 1000, "crm.followup": 1000, "ltc.opportunity": 800, "ltc.order": depthOrders} {
		if got := after[typ] - before[typ]; got < n || got > n+20 { // and the patterns
			t.Errorf("%d of %s came in, want %d", got, typ, n)
		}
	}
	var stays, activities, alike int
	ok, err := s.DB.Row(t.Context(), `SELECT (SELECT count(*) FROM ltc.deal_stay), (SELECT count(*) FROM ltc.deal_activity WHERE by_user <> 0),
		(SELECT count(*) FROM crm.customer WHERE no LIKE 'D%-C0%' AND name_key <> replace(replace(name, '有限公司', ''), ' ', ''))`, nil, &stays, &activities, &alike)
	if err != nil || !ok || stays < 1700 || activities < 1000 || alike != 0 {
		t.Errorf("%d stays, %d activities, %d names without their key: %v", stays, activities, alike, err)
	}
}

// demoPages opens the overviews people use daily as they do: none starts empty.
func (s *suite) demoPages() {
	s.t.Helper()
	for _, x := range []struct{ who, report, table string }{
		{"rep", "crm.public_pool", "customers"}, {"manager", "crm.public_pool", "customers"}, {"rep", "crm.today", "due"}, {"manager", "crm.resource_gap", ""}, {"manager", "crm.segments", ""}, {"manager", "crm.value_ranking", "ranking"},
		{"success", "crm.care", ""}, {"success", "crm.health_grid", ""}, {"manager", "ltc.forecast", ""}, {"manager", "ltc.funnel", ""}, {"manager", "ltc.attainment", ""}, {"rep2", "ltc.plan_board", ""},
		{"finance", "ltc.aging", "items"}, {"finmanager", "ltc.revenue", ""}, {"manager", "crm.needs", ""}, {"manager", "crm.holdings", ""}, {"manager", "crm.completeness", ""}, {"manager", "crm.discipline", ""},
	} {
		i := s.Reports.Get(x.report)
		if i == nil {
			s.t.Fatalf("there is no report %s", x.report)
		}
		object, action, _ := strings.Cut(i.Perm, ":")
		if err := s.Authz.Require(s.as(x.who), object, action); err != nil {
			s.t.Errorf("%s may not open %s: %v", x.who, x.report, err)
		}
		res, err := i.Run(s.as(x.who), resource.Values{})
		if err != nil {
			s.t.Errorf("%s opens %s: %v", x.who, x.report, err)
			continue
		}
		rows, keys := 0, ""
		for _, tab := range res.Tables {
			keys += " " + tab.Key
			if x.table == "" || tab.Key == x.table {
				rows += len(tab.Rows)
			}
		}
		if rows == 0 {
			s.t.Errorf("%s finds nothing in %s %s of%s", x.who, x.report, x.table, keys)
		}
	}
	counts := s.counts()
	for _, typ := range []string{"crm.pool", "crm.allocation_rule", "crm.follow_standard", "crm.field_standard", "crm.segment", "crm.value_model", "crm.care_program", "crm.care_task", "crm.resource_plan", "crm.need", "crm.transfer", "crm.touch_point",
		"ltc.price_list", "ltc.sales_plan", "ltc.forecast_entry", "ltc.dunning_policy", "ltc.dunning", "ltc.obligation"} {
		if counts[typ] == 0 {
			s.t.Errorf("the demo company has no %s", typ)
		}
	}
}

func mapKeys[V any](m map[string]V) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// counts the records of every type.
func (s *suite) counts() map[string]int {
	s.t.Helper()
	out := map[string]int{}
	for _, d := range s.Types.Docs() {
		l, err := d.ListRows(authz.System(s.admin(), "test"), resource.ListQuery{Limit: 1, Total: "exact"})
		if err != nil {
			s.t.Fatalf("%s: %v", d.Info().Name, err)
		}
		if *l.Total > 0 {
			out[d.Info().Name] = *l.Total
		}
	}
	return out
}

// nothingToDo are the people whose roles own no step that waits today.
var nothingToDo = []string{"itadmin", "service"}

// demoPeople signs everybody in and reads home and inbox.
func (s *suite) demoPeople(file string) {
	s.t.Helper()
	lines := strings.Split(strings.TrimSpace(file), "\n")
	if len(lines) != len(demoPeople) {
		s.t.Errorf("%d accounts in the file, want %d", len(lines), len(demoPeople))
	}
	roles := map[string]bool{}
	for _, line := range lines {
		f := strings.Fields(line)
		id, err := s.Authn.SignIn(s.t.Context(), f[0], f[1], "192.0.2.1")
		if err != nil {
			s.t.Errorf("%s: %v", f[0], err)
			continue
		}
		p := s.Authz.Directory().People[id]
		for _, r := range p.Roles {
			roles[r] = true
		}
		ctx := authz.With(s.t.Context(), s.Authn.Subject(id))
		work, err := s.Process.Inbox(ctx, 100)
		if err != nil {
			s.t.Errorf("inbox of %s: %v", f[0], err)
		}
		if (len(work) == 0) != slices.Contains(nothingToDo, f[0]) {
			s.t.Errorf("%s (%s) has %d things to do", f[0], p.Title, len(work))
		}
		kinds := map[string]int{}
		for _, w := range work {
			kinds[w.Kind]++
		}
		s.t.Logf("%-11s %-10s %v", f[0], p.Title, kinds)
		s.demoHome(f[0], f[1], slices.Contains(p.Roles, "dste.executive"))
		tok, err := s.Authn.NewToken(ctx, id, "test", p0)
		if err != nil {
			s.t.Fatal(err)
		}
		s.call(tok, "GET", "/inbox", nil, 200)
		s.call(tok, "GET", "/kpi", nil, 200)
	}
	for _, line := range strings.Split(s.roleCodes(), ",") {
		if line != "core.admin" && !roles[line] {
			s.t.Errorf("nobody holds the role %s", line)
		}
	}
}

// demoHome signs in by the page and opens home, inbox and, for executives, cockpit.
func (s *suite) demoHome(username, password string, cockpit bool) {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	c := http.Client{Jar: jar}
	res, err := c.PostForm(s.url+"/login", url.Values{"login": {username}, "password": {password}})
	if err != nil {
		s.t.Fatal(err)
	}
	_ = res.Body.Close()
	pages := []string{"/", "/inbox"}
	if cockpit {
		pages = append(pages, "/cockpit?period=year")
	}
	for _, page := range pages {
		res, err := c.Get(s.url + page)
		if err != nil {
			s.t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK || res.Request.URL.Path == "/login" {
			s.t.Errorf("%s opens %s: %d at %s", username, page, res.StatusCode, res.Request.URL)
		}
	}
}

// roleCodes lists the default roles.
func (s *suite) roleCodes() string {
	var out string
	if _, err := s.DB.Row(s.t.Context(), `SELECT string_agg(code, ',' ORDER BY code) FROM core.role`, nil, &out); err != nil {
		s.t.Fatal(err)
	}
	return out
}

// demoFigures wants a value of every measure, and sales in each of the last months.
func (s *suite) demoFigures() {
	s.t.Helper()
	d := newDemo(s.opened, s.t.Context())
	for _, m := range s.KPI.All() {
		v, err := m.Func(s.admin(), kpi.Scope{From: d.today.AddMonths(-36), To: date.New(d.today.Year(), 12, 31)})
		if err != nil {
			s.t.Errorf("%s: %v", m.Code, err)
			continue
		}
		if v.Value == nil || (v.Value.IsZero() && slices.Contains([]string{"ltc.net_sales", "ltc.win_rate", "isc.on_time_in_full", "itr.csat", "ltc.open_pipeline", "ltc.receivables"}, m.Code)) {
			s.t.Errorf("%s has no value", m.Code)
			continue
		}
		s.t.Logf("%-26s %s of %d", m.Code, v.Value, v.N)
	}
	sales, _ := s.KPI.Get("ltc.net_sales")
	for m := range demoMonths {
		to := d.today.AddMonths(-m)
		v, err := sales.Func(s.admin(), kpi.Scope{From: to.AddMonths(-1).AddDays(1), To: to})
		if err != nil || v.Value == nil || v.Value.Sign() <= 0 {
			s.t.Errorf("no sales in the month before %s: %v", to, err)
		}
	}
}
