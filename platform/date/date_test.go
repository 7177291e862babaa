package date_test

import (
	"testing"
	"time"

	"meridian/platform/date"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for in, ok := range map[string]bool{
		"": true, "2026-02-28": true, "2024-02-29": true, "9999-12-31": true, "0001-01-02": true,
		"2026-02-29": false, "2026-13-01": false, "2026-1-1": false, "0000-01-01": false, "0001-01-01": false, "10000-01-01": false, "2026-11-21T00:00:00Z": false, "２０２６-11-21": false, "\x00": false,
	} {
		if d, err := date.Parse(in); (err == nil) != ok {
			t.Errorf("Parse(%q) = %v, %v; accepted should be %v", in, d, err, ok)
		}
	}
}

func TestArithmetic(t *testing.T) {
	t.Parallel()
	if got := date.MustParse("2026-01-31").AddMonths(1).String(); got != "2026-02-28" {
		t.Errorf("a month after 31 January is %s", got)
	}
	if got := date.MustParse("2026-03-31").AddMonths(-13).String(); got != "2025-02-28" {
		t.Errorf("thirteen months before 31 March 2026 is %s", got)
	}
	if got := date.MustParse("9999-12-31").Sub(date.MustParse("0001-01-02")); got != 3652057 {
		t.Errorf("%d days between the ends of the calendar, want 3652057", got)
	}
}

// FuzzParse: no panic; what is accepted comes back the same, from text and from a
// moment, and days added are days apart.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "2026-11-21", "2024-02-29", "0000-01-01", "0001-01-01", "0001-01-02", "9999-12-31", "2026-2-30", "\x00", "２０２６-01-01", "2026-11-21 "} {
		f.Add(s, int16(1))
		f.Add(s, int16(-32768))
	}
	f.Fuzz(func(t *testing.T, s string, n int16) {
		d, err := date.Parse(s)
		if err != nil {
			return
		}
		if d.String() != s || d.IsZero() != (s == "") {
			t.Fatalf("%q became %q", s, d)
		}
		if d.IsZero() {
			return
		}
		if back := date.Of(d.In(time.FixedZone("east", 14*60*60))); back != d {
			t.Errorf("%s became %s by way of a moment", d, back)
		}
		if got := d.AddDays(int(n)).Sub(d); got != int(n) {
			t.Errorf("%s and %d days are %d days apart", d, n, got)
		}
	})
}
