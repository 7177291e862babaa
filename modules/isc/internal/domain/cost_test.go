package domain

import (
	"testing"

	"meridian/platform/money"
)

// TestMovingAverage are the golden values of the specification, ISC 5.1.
func TestMovingAverage(t *testing.T) {
	t.Parallel()
	q := money.MustQty
	type step struct{ in, at, out, want string }
	for name, steps := range map[string][]step{
		"two prices":         {{in: "10", at: "10"}, {in: "10", at: "13"}, {out: "5", want: "57.50"}, {in: "3", at: "20"}, {out: "18", want: "232.50"}},
		"no cent stays":      {{in: "3", at: "3.333333"}, {out: "1", want: "3.33"}, {out: "1", want: "3.34"}, {out: "1", want: "3.33"}},
		"half away from nil": {{in: "2", at: "0.005"}, {out: "1", want: "0.01"}, {out: "1", want: "0.00"}},
	} {
		var c Cost
		for i, s := range steps {
			if s.in != "" {
				c.In(q(s.in), q(s.at))
				continue
			}
			got, err := c.Out(q(s.out))
			if err != nil || got.String() != s.want {
				t.Errorf("%s, step %d: %s out is worth %s (%v), want %s", name, i, s.out, got, err, s.want)
			}
		}
		if !c.Qty.IsZero() || !c.Value.IsZero() || c.Seq != int64(len(steps)) {
			t.Errorf("%s: left %s worth %s after %d entries", name, c.Qty, c.Value, c.Seq)
		}
	}
	if _, err := (&Cost{Qty: q("1"), Value: money.MustAmount("1")}).Out(q("2")); err == nil {
		t.Error("two taken of one")
	}
}
