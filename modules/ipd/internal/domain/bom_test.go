package domain

import (
	"testing"

	"meridian/modules/ipd"
	"meridian/platform/money"
)

func TestCheckBOM(t *testing.T) {
	t.Parallel()
	line := func(id int64, qty string) Component {
		return Component{ComponentID: ipd.ProductID(id), Qty: money.MustQty(qty)}
	}
	for name, c := range map[string]struct {
		lines []Component
		want  string
	}{
		"fine":          {[]Component{line(2, "1"), line(3, "0.5")}, ""},
		"itself":        {[]Component{line(2, "1"), line(1, "1")}, "bom.1.component_id"},
		"twice":         {[]Component{line(2, "1"), line(2, "1")}, "bom.1.component_id"},
		"none of it":    {[]Component{line(2, "0")}, "bom.0.qty"},
		"less than one": {[]Component{line(2, "-1")}, "bom.0.qty"},
	} {
		bad := checkBOM(c.lines, 1)
		got := ""
		if len(bad) > 0 {
			got = bad[0].Name
		}
		if got != c.want {
			t.Errorf("%s: refused field %q, want %q", name, got, c.want)
		}
	}
}

func TestMissingAnswers(t *testing.T) {
	t.Parallel()
	got := missing([]Ack{{"isc", AnswerYes, ""}, {"itr", AnswerNo, "why"}, {"ltc", AnswerOpen, ""}})
	if len(got) != 2 || got[0] != "itr" || got[1] != "ltc" {
		t.Errorf("missing %v, want itr and ltc", got)
	}
}
