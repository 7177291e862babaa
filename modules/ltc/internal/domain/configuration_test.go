package domain

import (
	"strings"
	"testing"

	"meridian/modules/ipd"
	"meridian/platform/errs"
	"meridian/platform/money"
)

func pump() *ConfigModel {
	return &ConfigModel{ProductID: 7, Features: []ConfigFeature{{Code: "power", Label: "Power", MinOpt: 1, MaxOpt: 1}, {Code: "extra", Label: "Extras", MaxOpt: 2}},
		Options: []ConfigOption{{Feature: "power", Code: "p1", Label: "1 kW"}, {Feature: "power", Code: "p2", Label: "2 kW"}, {Feature: "extra", Code: "fan", Label: "Fan"}, {Feature: "extra", Code: "ex", Label: "ATEX"}, {Feature: "extra", Code: "led", Label: "LED"}},
		Rules:   []ConfigRule{{Kind: "requires", IfCode: "p2", ThenCode: "fan", Why: "It gets hot."}, {Kind: "excludes", IfCode: "ex", ThenCode: "fan"}}}
}

func TestConfigurationRules(t *testing.T) {
	t.Parallel()
	for chosen, want := range map[string]string{
		"p1": "", "p1,ex": "", "p2,fan": "",
		"":            "Power: choose at least 1.",
		"p1,p2,fan":   "Power: choose at most 1.",
		"p2":          "2 kW requires Fan. It gets hot.",
		"fan,p1,ex":   "ATEX does not go with Fan.",
		"p1,p1":       "p1 is chosen twice.",
		"p1,gold":     "There is no option gold.",
		"p1,ex,led,x": "There is no option x.",
	} {
		var got []string
		for _, w := range pump().Problems(strings.FieldsFunc(chosen, func(r rune) bool { return r == ',' })) {
			got = append(got, strings.TrimSpace(errs.Fill(w.Text, w.Args)))
		}
		if want == "" && len(got) > 0 || want != "" && !strings.Contains(strings.Join(got, "|"), want) {
			t.Errorf("%q: %v, want %q", chosen, got, want)
		}
	}
}

// The same options make the same fingerprint in whatever order they were chosen.
func TestFingerprint(t *testing.T) {
	t.Parallel()
	a, b := Fingerprint(7, []string{"p1", "fan"}), Fingerprint(7, []string{"fan", "p1"})
	if a != b || a == Fingerprint(8, []string{"p1", "fan"}) || a == Fingerprint(7, []string{"p1"}) || len(a) != 16 {
		t.Errorf("fingerprints %s and %s", a, b)
	}
}

func TestTiersAndAuthority(t *testing.T) {
	t.Parallel()
	q := money.MustQty
	list := []Tier{{ProductID: 1, MinQty: q("100"), Price: q("80")}, {ProductID: 1, MinQty: q("10"), Price: q("90")}}
	for qty, want := range map[string]string{"5": "", "10": "90", "99.9": "90", "100": "80"} {
		p, ok := tierFor(list, ipd.ProductID(1), q(qty))
		if (want != "") != ok || ok && p.String() != want {
			t.Errorf("%s pieces cost %s %v, want %q", qty, p, ok, want)
		}
	}
	matrix := []Authority{{Role: "ltc.rep", MaxDiscount: q("0.1")}, {Role: "ltc.rep", Kind: "service", MaxDiscount: q("0.2")}, {Role: "ltc.manager", MaxDiscount: q("0.3")}, {Role: "ltc.rep", CustomerID: 5, MaxDiscount: q("0.05")}}
	general := matrix[:3]
	for _, c := range []struct {
		list  []Authority
		roles []string
		kind  string
		want  string
		ok    bool
	}{
		{general, []string{"ltc.rep"}, "goods", "0.1", true}, {general, []string{"ltc.rep"}, "service", "0.2", true}, {general, []string{"ltc.rep", "ltc.manager"}, "goods", "0.3", true},
		{general, []string{"itr.agent"}, "goods", "0", true}, // not in the matrix: no authority
		{matrix, []string{"ltc.rep"}, "goods", "0.05", true}, // the customer has a row of its own
		{nil, []string{"ltc.rep"}, "goods", "0", false},      // no matrix: the rules decide
	} {
		got, ok := MayGive(c.list, c.roles, c.kind)
		if got.String() != c.want || ok != c.ok {
			t.Errorf("%v %s: %s %v, want %s %v", c.roles, c.kind, got, ok, c.want, c.ok)
		}
	}
}
