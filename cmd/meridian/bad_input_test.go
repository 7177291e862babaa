package main

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func read(t *testing.T, res *http.Response) string {
	t.Helper()
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestBadInput sends what programs should not: every answer is a problem that says
// what to do, and nothing is written.
func TestBadInput(t *testing.T) {
	s := newSuite(t)
	tok := s.person("admin", "")
	s.call(tok, "POST", "/crm/customer", map[string]any{"name": "Acme"}, 201)
	long := strings.Repeat("x", 300)
	for name, c := range map[string]struct {
		method, path string
		body         any
		want         int
		field        string
	}{
		"unknown field":       {"POST", "/crm/customer", map[string]any{"name": "A", "nope": 1}, 422, "nope"},
		"wrong type":          {"POST", "/crm/customer", map[string]any{"name": 5}, 422, "name"},
		"list for a value":    {"POST", "/crm/customer", map[string]any{"name": []string{"a"}}, 422, "name"},
		"missing":             {"POST", "/crm/customer", map[string]any{}, 422, "name"},
		"huge number":         {"POST", "/crm/customer", map[string]any{"name": "A", "credit_limit": strings.Repeat("9", 30)}, 422, "credit_limit"},
		"exponent":            {"POST", "/crm/customer", map[string]any{"name": "A", "credit_limit": "1e9"}, 422, "credit_limit"},
		"too many digits":     {"POST", "/crm/customer", map[string]any{"name": "A", "credit_limit": "1.005"}, 422, "credit_limit"},
		"negative":            {"POST", "/crm/customer", map[string]any{"name": "A", "credit_limit": "-1"}, 422, "credit_limit"},
		"integer too large":   {"POST", "/crm/customer", map[string]any{"name": "A", "payment_days": 1e18}, 422, "payment_days"},
		"NUL":                 {"POST", "/crm/customer", map[string]any{"name": "a\x00b"}, 422, "name"},
		"too long":            {"POST", "/crm/customer", map[string]any{"name": long}, 422, "name"},
		"unknown enum":        {"POST", "/crm/customer", map[string]any{"name": "A", "tier": "gold"}, 422, "tier"},
		"dangling reference":  {"POST", "/crm/contact", map[string]any{"name": "A", "customer_id": 4711}, 422, "customer_id"},
		"empty required enum": {"POST", "/itr/case", map[string]any{"subject": "A", "impact": nil}, 422, "impact"},
		"number with 33 bits": {"POST", "/crm/customer", map[string]any{"name": "A", "payment_days": 1 << 31}, 422, "payment_days"},
		"decimal comma":       {"POST", "/crm/customer", map[string]any{"name": "A", "credit_limit": "12,50"}, 422, "credit_limit"},
		"zero reference":      {"POST", "/crm/contact", map[string]any{"name": "A", "customer_id": 0}, 422, "customer_id"},
		"unknown filter":      {"GET", "/crm/customer?colour=red", nil, 422, "colour"},
		"unknown sort":        {"GET", "/crm/customer?sort=phone", nil, 422, "sort"},
		"broken query":        {"GET", "/crm/customer?sort=phone;drop", nil, 400, ""},
		"forged cursor":       {"GET", "/crm/customer?cursor=e30", nil, 422, "cursor"},
		"limit":               {"GET", "/crm/customer?limit=100000", nil, 422, "limit"},
		"no version":          {"PATCH", "/crm/customer/1", map[string]any{"name": "B"}, 428, ""},
		"unknown id":          {"GET", "/crm/customer/99", nil, 404, ""},
		"id that is no id":    {"GET", "/crm/customer/abc", nil, 404, ""},
		"unknown move":        {"POST", "/crm/customer/1/explode", map[string]any{}, 404, ""},
		"wrong stage":         {"POST", "/crm/customer/1/win_back", map[string]any{"reason": "x"}, 409, ""},
		"move without reason": {"POST", "/crm/customer/1/lose", map[string]any{}, 422, "reason"},
		"bad date":            {"GET", "/kpi/ltc.net_sales?from=2026-13-01", nil, 422, "from"},
		"unknown measure":     {"GET", "/kpi/ltc.nothing", nil, 404, ""},
	} {
		status, out, text := s.try(tok, c.method, c.path, c.body)
		if status != c.want || c.field != "" && !strings.Contains(text, `"field":"`+c.field+`"`) {
			t.Errorf("%s: answered %d, want %d naming %q: %s", name, status, c.want, c.field, text)
		}
		if out["title"] == nil || out["detail"] == nil || strings.Contains(text, "SQLSTATE") || strings.Contains(text, ".go:") {
			t.Errorf("%s: no clean problem: %s", name, text)
		}
	}
	if n := len(s.call(tok, "GET", "/crm/customer", nil, 200)["items"].([]any)); n != 1 {
		t.Errorf("%d customers after all that, want 1", n)
	}
	s.raw(t, tok, []byte(`{"name":`), 400)
	s.raw(t, tok, []byte(`null`), 400)
	s.raw(t, tok, []byte("{\"name\":\"\xff\"}"), 400)
	s.raw(t, tok, []byte(`{"name":"A"}{"name":"B"}`), 400)
	s.raw(t, tok, bytes.Repeat([]byte("a"), 10<<20), 413)
	if e := s.call(tok, "POST", "/crm/customer", map[string]any{"name": "北京 🚀 有限公司"}, 201); e["name"] != "北京 🚀 有限公司" {
		t.Errorf("emoji came back as %v", e["name"])
	}
}

func (s *suite) raw(t *testing.T, tok string, body []byte, want int) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "POST", s.url+"/api/v1/crm/customer", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+tok)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if text := read(t, res); res.StatusCode != want {
		t.Errorf("body of %d bytes answered %d, want %d: %.200s", len(body), res.StatusCode, want, text)
	}
}

// TestIdempotencyKey: the second call with a key gets the first answer; the same key
// for another request is refused; racing calls make one record.
func TestIdempotencyKey(t *testing.T) {
	s := newSuite(t)
	tok := s.person("admin", "")
	a := s.call(tok, "POST", "/crm/customer", map[string]any{"name": "Once"}, 201, "Idempotency-Key", "k1")
	b := s.call(tok, "POST", "/crm/customer", map[string]any{"name": "Once"}, 201, "Idempotency-Key", "k1")
	if a["id"] != b["id"] {
		t.Errorf("two records for one key: %v and %v", a["id"], b["id"])
	}
	s.call(tok, "POST", "/crm/customer", map[string]any{"name": "Other"}, 409, "Idempotency-Key", "k1")
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() { s.try(tok, "POST", "/crm/customer", map[string]any{"name": "Race"}, "Idempotency-Key", "k2") })
	}
	wg.Wait()
	if n := len(s.call(tok, "GET", "/crm/customer?q=Race", nil, 200)["items"].([]any)); n != 1 {
		t.Errorf("16 racing calls with one key made %d records", n)
	}
}

// TestOneOfTwenty: twenty people press one button; one passes, the others are told
// that the stage has changed.
func TestOneOfTwenty(t *testing.T) {
	s := newSuite(t)
	tok := s.person("admin", "")
	s.call(tok, "POST", "/crm/customer", map[string]any{"name": "Acme", "industry": "Machinery", "source": "web"}, 201)
	var mu sync.Mutex
	got := map[int]int{}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			status, _, _ := s.try(tok, "POST", "/crm/customer/1/identify", map[string]any{}, "If-Match", "1")
			mu.Lock()
			got[status]++
			mu.Unlock()
		})
	}
	wg.Wait()
	if got[200] != 1 || got[409]+got[412] != 19 {
		t.Errorf("answers of 20 racing moves: %v, want one 200 and 19 conflicts", got)
	}
}
