package domain

import (
	"testing"

	"meridian/platform/money"
)

func TestAttain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name             string
		method           Method
		higher           bool
		v, worst, target string
		want             string // "" = no answer
	}{
		{"half way up", TwoPoint, true, "75", "50", "100", "0.5"},
		{"half way down", TwoPoint, false, "15", "20", "10", "0.5"},
		{"worse than worst", TwoPoint, true, "40", "50", "100", "0"},
		{"worse than worst, less is better", TwoPoint, false, "25", "20", "10", "0"},
		{"beyond target stops at 120 %", TwoPoint, true, "500", "0", "100", "1.2"},
		{"down to zero", TwoPoint, false, "0", "20", "0", "1"},
		{"worst equals target", TwoPoint, true, "75", "100", "100", ""},
		{"share of target", Share, true, "63", "0", "100", "0.63"},
		{"share is rounded half up at six digits", Share, true, "2", "0", "3", "0.666667"},
		{"less is better at target", Share, false, "10", "0", "10", "1"},
		{"less is better, nothing at all", Share, false, "0", "0", "10", "1.2"},
		{"less is better, twice the target", Share, false, "20", "0", "10", "0"},
		{"less is better, far beyond", Share, false, "90", "0", "10", "0"},
		{"a share of nothing", Share, true, "5", "0", "0", ""},
		{"a share of a loss", Share, true, "5", "0", "-10", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, ok := attain(c.method, c.higher, money.MustQty(c.v).Number(), money.MustQty(c.worst), money.MustQty(c.target))
			if s := map[bool]string{true: got.String()}[ok]; s != c.want {
				t.Errorf("attain = %q, want %q", s, c.want)
			}
		})
	}
}
