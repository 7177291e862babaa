package domain

import (
	"testing"

	"meridian/modules/crm"
	"meridian/platform/money"
)

// TestBreakGolden is the table of four units of the specification (5.4).
func TestBreakGolden(t *testing.T) {
	c := [3]money.Decimal{ratio("0.02").Number(), ratio("0.1").Number(), ratio("0.5").Number()}
	for _, x := range []struct {
		unit, target                            string
		signed, opportunity, potential, target2 int64
	}{{"Beijing", "250", 25, 50, 500, 25000}, {"Shanghai", "100", 10, 20, 200, 10000}, {"Shenzhen", "100", 10, 20, 200, 10000}, {"Shenyang", "20", 2, 4, 40, 2000}} {
		r := Break(money.MustAmount(x.target), money.MustAmount("10"), c)
		if r[crm.Signed] != x.signed || r[crm.Opportunity] != x.opportunity || r[crm.Potential] != x.potential || r[crm.Target] != x.target2 {
			t.Errorf("%s: %v", x.unit, r)
		}
	}
	if r := Break(money.MustAmount("101"), money.MustAmount("10"), c); r[crm.Signed] != 11 || r[crm.Opportunity] != 22 {
		t.Errorf("parts of a deal are rounded up: %v", r)
	}
	if r := Break(money.MustAmount("10"), money.MustAmount("10"), [3]money.Decimal{}); len(r) != 1 {
		t.Errorf("rates of zero lead nowhere: %v", r)
	}
}

func TestShrink(t *testing.T) {
	whole := ratio("0.5").Number()
	for _, x := range []struct {
		reached, entered int64
		want             string
	}{{0, 0, "0.5"}, {0, 20, "0.25"}, {20, 20, "0.75"}, {1, 5, "0.44"}} {
		if got := Shrink(x.reached, x.entered, whole, 20); !got.Equal(ratio(x.want).Number()) {
			t.Errorf("%d of %d: %s, want %s", x.reached, x.entered, got, x.want)
		}
	}
}
