package main

import (
	"net/url"
	"strings"
	"testing"
)

// hostile is what programs and people send where a value of another kind is meant.
var hostile = []string{
	"\x00", "\xff\xfe", `'"\{%`, "null,null", "-1", "2147483648", "9223372036854775807", "9223372036854775808", "1e400", "0000-01-01", "9999-12-31T23:59:59Z", strings.Repeat("9", 3000),
}

// TestHostileParameters puts each of them into every parameter of every reading
// operation: refused or answered, never an error of ours.
func TestHostileParameters(t *testing.T) {
	s := newSuite(t)
	all := s.holder()
	for _, op := range s.API.Operations() {
		if op.Method != "GET" {
			continue
		}
		for _, h := range hostile {
			if strings.Contains(op.Path, "{") {
				s.survives(all, braces.ReplaceAllString(op.Path, strings.ReplaceAll(url.PathEscape(h), "$", "$$")))
			}
		}
	}
	doc, _ := s.spec()
	for at, x := range operations(doc) {
		path, ok := strings.CutSuffix(at, " get")
		if !ok {
			continue
		}
		list, _ := x.(node)["parameters"].([]any)
		for _, p := range list {
			if name := p.(node)["name"].(string); p.(node)["in"] != "query" || strings.HasSuffix(name, "_to") {
				continue // as _from
			}
			for _, h := range hostile {
				q := url.Values{p.(node)["name"].(string): {h}}
				s.survives(all, braces.ReplaceAllString(strings.TrimPrefix(path, "/api/v1"), "1")+"?"+q.Encode())
			}
		}
	}
}

func (s *suite) survives(token, path string) {
	s.t.Helper()
	if status, _, text := s.try(token, "GET", path, nil); status >= 500 || strings.Contains(text, "SQLSTATE") {
		s.t.Errorf("GET %.200s answers %d: %.200s", path, status, text)
	}
}
