package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"meridian/platform/transfer"
)

// closed is what is known of the closed deals of one product, person, team or region.
type closed struct {
	Won     int64       `json:"won"`
	Lost    int64       `json:"lost"`
	WinRate json.Number `json:"win_rate"`
	Revenue int64       `json:"revenue"`
}

// pipeline compares the win and loss analysis of the pages, cut by product, person, team
// and office, with the figures computed independently of the same file.
func (s *suite) pipeline(token, dir string) {
	s.t.Helper()
	var known struct {
		CRM struct {
			Opportunities  int               `json:"opportunities"`
			ByStage        map[string]int    `json:"by_stage"`
			WithoutAccount int               `json:"without_account"`
			WonRevenue     int64             `json:"won_revenue"`
			ByProduct      map[string]closed `json:"by_product"`
			ByRegion       map[string]closed `json:"by_region"`
			ByManager      map[string]closed `json:"by_manager"`
			ByAgent        map[string]closed `json:"by_agent"`
			ByQuarter      map[string]closed `json:"by_close_quarter"`
		} `json:"crm_opportunities"`
	}
	s.answers(dir, &known)
	k := known.CRM
	if n := s.number(`SELECT count(*) FROM ltc.opportunity`); n != k.Opportunities {
		s.t.Errorf("%d deals, want %d", n, k.Opportunities)
	}
	stages := map[string]string{"Prospecting": "qualify", "Engaging": "propose", "Won": "won", "Lost": "lost"}
	for name, want := range k.ByStage {
		if n := s.number(`SELECT count(*) FROM ltc.opportunity WHERE stage = '` + stages[name] + `'`); n != want {
			s.t.Errorf("%d deals are %s, want %d", n, name, want)
		}
	}
	if n := s.number(`SELECT count(*) FROM ltc.opportunity WHERE customer_id IS NULL`); n != k.WithoutAccount {
		s.t.Errorf("%d deals have no account, want %d", n, k.WithoutAccount)
	}
	s.winLoss(token, "all", url.Values{}, closed{Won: int64(k.ByStage["Won"]), Lost: int64(k.ByStage["Lost"]), Revenue: k.WonRevenue})
	for table, cut := range map[string]struct {
		field string
		known map[string]closed
	}{
		`ipd.product`: {"product", k.ByProduct}, `core."user"`: {"owner", k.ByAgent}, `core.department`: {"dept", k.ByManager}, `core.department AS d`: {"dept", k.ByRegion},
	} {
		if len(cut.known) == 0 {
			s.t.Errorf("no known answers by %s", cut.field)
		}
		for name, want := range cut.known {
			id := s.number(`SELECT id FROM ` + table + ` WHERE no = 'CO-` + name + `'`)
			s.winLoss(token, name, url.Values{cut.field: {strconv.Itoa(id)}}, want)
		}
	}
	for name, want := range k.ByQuarter {
		from, err := time.Parse("2006Q1", name[:5]+"1")
		if err != nil {
			s.t.Fatal(err)
		}
		from = from.AddDate(0, 3*int(name[5]-'1'), 0)
		s.winLoss(token, name, url.Values{"from": {from.Format(time.DateOnly)}, "to": {from.AddDate(0, 3, -1).Format(time.DateOnly)}}, want)
	}
}

func (s *suite) answers(dir string, into any) {
	s.t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "known_answers.json"))
	if err != nil {
		s.t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		s.t.Fatal(err)
	}
}

// winLoss reads the analysis for one cut: the win rate as its share, the amount won, and
// the number of deals from the tables of reasons.
func (s *suite) winLoss(token, what string, cut url.Values, want closed) {
	s.t.Helper()
	if cut.Get("from") == "" {
		cut.Set("from", "2000-01-01")
		cut.Set("to", "2030-12-31")
	}
	res := s.call(token, "GET", "/ltc/win_loss?"+cut.Encode(), nil, 200)
	tile := func(key string) string {
		for _, x := range list(res["tiles"]) {
			if m := x.(map[string]any); m["key"] == key {
				return fmt.Sprint(m["value"])
			}
		}
		s.t.Fatalf("the analysis has no tile %s: %v", key, res["tiles"])
		return ""
	}
	count := func(key string) (n int64) {
		for _, x := range list(res["tables"]) {
			if m := x.(map[string]any); m["key"] == key {
				for _, r := range list(m["rows"]) {
					v, err := strconv.ParseInt(fmt.Sprint(r.(map[string]any)["cells"].(map[string]any)["n"]), 10, 64)
					if err != nil {
						s.t.Fatal(err)
					}
					n += v
				}
			}
		}
		return n
	}
	if won, lost := count("win"), count("loss"); won != want.Won || lost != want.Lost {
		s.t.Errorf("%s: %d won and %d lost, want %d and %d", what, won, lost, want.Won, want.Lost)
	}
	if got := tile("won"); got != fmt.Sprintf("%d.00", want.Revenue) {
		s.t.Errorf("%s: won %s, want %d", what, got, want.Revenue)
	}
	if rate := tile("rate"); want.WinRate != "" && !sameShare(rate, want.WinRate.String()) {
		s.t.Errorf("%s: win rate %s, want %s", what, rate, want.WinRate)
	}
}

func list(v any) []any { l, _ := v.([]any); return l }

// sameShare compares two decimals digit by digit, to six places.
func sameShare(a, b string) bool {
	pad := func(s string) string {
		if !strings.Contains(s, ".") {
			s += "."
		}
		for len(s)-strings.Index(s, ".") < 7 {
			s += "0"
		}
		return s
	}
	return pad(a) == pad(b)
}

// TestContactsImport: cards of seven programs and a Salesforce tree come in through their
// sets, and once more without a change.
func TestContactsImport(t *testing.T) {
	dir := filepath.Join(shared(t), "contacts")
	s := newSuite(t)
	s.person("admin", "")
	cards := os.DirFS(filepath.Join(dir, "vcard"))
	s.loadFrom("vcard", cards)
	want := 0
	names, err := fs.Glob(cards, "*.vcf")
	if err != nil || len(names) == 0 {
		t.Fatalf("no cards: %v", err)
	}
	for _, n := range names {
		b, err := fs.ReadFile(cards, n)
		if err != nil {
			t.Fatal(err)
		}
		want += strings.Count(strings.ToUpper(string(b)), "BEGIN:VCARD")
	}
	if n := s.number(`SELECT count(*) FROM crm.contact`); n != want {
		t.Errorf("%v contacts, want one for each of %d cards", n, want)
	}
	for q, want := range map[string]string{
		`SELECT title || '|' || birthday || '|' || phone || '|' || email FROM crm.contact WHERE name = 'John Doe III'`:    "The Job Title|03-21|BusinessPhone|jdoe@hotmail.com",
		`SELECT c.name FROM crm.customer c JOIN crm.contact t ON t.customer_id = c.id WHERE t.name = 'John Doe III'`:      "Company, The",
		`SELECT address FROM crm.customer WHERE name = 'Lotus Development Corporation'`:                                   "6544 Battleford Drive, Raleigh, NC, 27613-3502, U.S.A.",
		`SELECT name || '|' || phone FROM crm.contact WHERE phone = '+1-415-937-3419'`:                                    "Tim Howes|+1-415-937-3419",
		`SELECT c.kind FROM crm.customer c JOIN crm.contact t ON t.customer_id = c.id WHERE t.email = 'dwhite@gmail.com'`: "person",
		`SELECT min(name) FROM crm.contact WHERE phone = '123456789'`:                                                     "Ñ Ñ Ñ Ñ Ñ",
		`SELECT count(DISTINCT customer_id)::text FROM crm.contact WHERE email = 'john.doe@ibm.com'`:                      "1",
	} {
		var got string
		if _, err := s.DB.Row(t.Context(), q, nil, &got); err != nil || got != want {
			t.Errorf("%s: %q (%v), want %q", q, got, err, want)
		}
	}
	tree := os.DirFS(filepath.Join(dir, "salesforce_ebikes"))
	s.loadFrom("salesforce_tree", tree)
	for q, want := range map[string]int{
		`SELECT count(*) FROM crm.customer WHERE source = 'salesforce'`: 3, `SELECT count(*) FROM ipd.product`: 16, `SELECT count(DISTINCT category) FROM ipd.product`: 4,
		`SELECT price::int FROM ltc.price p JOIN ipd.product x ON x.id = p.product_id WHERE x.name = 'FUSE X1'`: 2500,
	} {
		if got := s.number(q); got != want {
			t.Errorf("%s: %v, want %v", q, got, want)
		}
	}
	for _, r := range append(s.loadFrom("vcard", cards), s.loadFrom("salesforce_tree", tree)...) {
		if r.New+r.Changed > 0 {
			t.Errorf("running the sets twice made %d and changed %d of %s", r.New, r.Changed, r.Type)
		}
	}
	s.brokenCards()
}

// brokenCards: a file that breaks off in its second card writes nothing.
func (s *suite) brokenCards() {
	s.t.Helper()
	before := s.number(`SELECT count(*) FROM crm.customer`)
	maps, err := fs.Sub(os.DirFS("../../configs/import"), "vcard")
	if err != nil {
		s.t.Fatal(err)
	}
	broken := fstest.MapFS{"x.vcf": {Data: []byte("BEGIN:VCARD\nFN:New Person\nEND:VCARD\nBEGIN:VCARD\nFN:Cut off\n")}}
	err = s.Imports.Set(s.admin(), maps, broken, false, func(string, transfer.Report) {})
	if err == nil || !strings.Contains(err.Error(), "begins in line 4") {
		s.t.Errorf("a broken file answers %v, want the line of the card", err)
	}
	if n := s.number(`SELECT count(*) FROM crm.customer`); n != before {
		s.t.Errorf("a broken file left %v customers, before %v", n, before)
	}
}

// TestLifetimesImport: a log of purchases gives recency and frequency as computed here
// from the same rows.
func TestLifetimesImport(t *testing.T) {
	dir := shared(t)
	b, err := os.ReadFile(filepath.Join(dir, "marketing", "lifetimes", "example_transactions.csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(b))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	some, days := every(rows, 20)
	end := time.Date(2015, 1, 1, 9, 0, 0, 0, time.UTC)
	s := newSuiteAt(t, func() time.Time { return end })
	s.person("admin", "")
	s.loadFrom("lifetimes", fstest.MapFS{"example_transactions.csv": {Data: some}})
	if err := s.Jobs.RunNow(t.Context(), "crm.value"); err != nil {
		t.Fatal(err)
	}
	want := scores(days, end)
	got := map[string][4]int{}
	for id := range days {
		var v [4]int
		if _, err := s.DB.Row(t.Context(), `SELECT v.days, v.orders, v.r, v.f FROM crm.value v JOIN crm.customer c ON c.id = v.customer_id WHERE c.no = $1`, []any{"LT-" + id}, &v[0], &v[1], &v[2], &v[3]); err != nil {
			t.Fatal(err)
		}
		got[id] = v
	}
	if len(got) != len(want) {
		t.Fatalf("%d customers valued, want %d", len(got), len(want))
	}
	for id, w := range want {
		if got[id] != w {
			t.Errorf("customer %s: days, orders, R, F are %v, want %v", id, got[id], w)
		}
	}
	for _, c := range s.AllChecks() {
		if bad, err := c.Run(t.Context()); err != nil || len(bad) > 0 {
			t.Errorf("%s: %.5v %v", c.Name, bad, err)
		}
	}
}

// every keeps the customers whose number divides by n, as a file and as their days.
func every(rows [][]string, n int) ([]byte, map[string]map[string]bool) {
	var b strings.Builder
	w := csv.NewWriter(&b)
	date, id := slices.Index(rows[0], "date"), slices.Index(rows[0], "id")
	days := map[string]map[string]bool{}
	for i, r := range rows {
		if k, err := strconv.Atoi(r[id]); i > 0 && (err != nil || k%n != 0) {
			continue
		}
		_ = w.Write(r)
		if i > 0 {
			if days[r[id]] == nil {
				days[r[id]] = map[string]bool{}
			}
			days[r[id]][r[date][:10]] = true
		}
	}
	w.Flush()
	return []byte(b.String()), days
}

// scores are days since the last purchase, purchases, and their quintiles: the share of
// customers that stand strictly worse, in fifths.
func scores(days map[string]map[string]bool, end time.Time) map[string][4]int {
	last, count := map[string]int{}, map[string]int{}
	for id, set := range days {
		var all []string
		for d := range set {
			all = append(all, d)
		}
		sort.Strings(all)
		day, _ := time.Parse(time.DateOnly, all[len(all)-1])
		last[id], count[id] = int(end.Truncate(24*time.Hour).Sub(day).Hours()/24), len(all)
	}
	fifth := func(worse int) int { return min(5, 5*worse/(len(days)-1)+1) }
	out := map[string][4]int{}
	for id := range days {
		older, fewer := 0, 0
		for other := range days {
			if last[other] > last[id] {
				older++
			}
			if count[other] < count[id] {
				fewer++
			}
		}
		out[id] = [4]int{last[id], count[id], fifth(older), fifth(fewer)}
	}
	return out
}
