package api

import (
	"strings"
	"testing"

	"meridian/platform/errs"
	"meridian/platform/resource"
)

// FuzzDecode: whatever the body, it becomes text and lines of declared fields, or a
// refusal the caller can act on.
func FuzzDecode(f *testing.F) {
	fields := []*resource.Meta{
		{Name: "text", Kind: resource.KText}, {Name: "int", Kind: resource.KInt}, {Name: "money", Kind: resource.KMoney}, {Name: "bool", Kind: resource.KBool}, {Name: "ref", Kind: resource.KRef},
		{Name: "lines", Kind: resource.KLines, Lines: []*resource.Meta{{Name: "qty", Kind: resource.KQuantity}}},
	}
	for _, s := range []string{
		"", "{}", "null", "[]", "1", `"x"`, `{"text":"a","int":1,"money":"1.50","bool":true,"ref":3,"lines":[{"id":1,"qty":2},{"qty":"0.5"}]}`,
		`{"int":1e999999999}`, `{"int":-0}`, `{"int":1.5}`, `{"ref":0}`, `{"money":1e3}`, `{"lines":[1,null,[]]}`, `{"lines":{}}`, `{"lines":[{"lines":[]}]}`, `{"id":1}`, `{"text":"\ud800"}`, "{\"text\":\"\xff\"}", `{"text":"\u0000"}`,
		`{"text":1}{"text":2}`, `{"text":"a","text":"b"}`, "{", strings.Repeat("[", 20000), `{"text":` + strings.Repeat(`{"a":`, 5000), `{"int":` + strings.Repeat("9", 10000) + `}`,
	} {
		f.Add([]byte(s))
	}
	known := map[string]bool{}
	for _, m := range fields {
		known[m.Name] = true
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		v, err := decode(body, fields)
		if err != nil {
			if !errs.Is(err, errs.Unreadable) && !errs.Is(err, errs.Invalid) {
				t.Errorf("%q: %v", body, err)
			}
			return
		}
		for name, x := range v {
			lines, many := x.([]resource.Values)
			if _, one := x.(string); !known[name] || one == many {
				t.Errorf("%q: %s became %T", body, name, x)
			}
			for _, l := range lines {
				for name, x := range l {
					if _, one := x.(string); !one || name != "id" && name != "qty" {
						t.Errorf("%q: lines.%s became %T", body, name, x)
					}
				}
			}
		}
	})
}
