package money_test

import (
	"errors"
	"testing"

	"meridian/platform/money"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in, want string
		err      error
	}{
		{"0", "0.00", nil}, {"1234.5", "1234.50", nil}, {"1,234.50", "1234.50", nil}, {"-0.01", "-0.01", nil}, {"１２．３４", "12.34", nil},
		{"9999999999999999.99", "9999999999999999.99", nil}, {"10000000000000000", "", money.ErrRange}, {"1.005", "", money.ErrDigits}, {"1.100", "1.10", nil},
		{"1e3", "", money.ErrSyntax}, {"", "", money.ErrSyntax}, {"abc", "", money.ErrSyntax}, {"1.2.3", "", money.ErrSyntax}, {"NaN", "", money.ErrSyntax}, {"--1", "", money.ErrSyntax},
	} {
		got, err := money.Parse[money.Cents](c.in)
		if !errors.Is(err, c.err) || c.err == nil && got.String() != c.want {
			t.Errorf("Parse(%q) = %s, %v; want %s, %v", c.in, got, err, c.want, c.err)
		}
	}
}

// Half away from zero, so a credit note mirrors its invoice to the cent; the sum of
// unrounded nets is rounded once.
func TestRounding(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"0.005": "0.01", "-0.005": "-0.01", "2.675": "2.68", "-2.675": "-2.68", "0.004999": "0.00"} {
		if got := money.Round(money.MustQty(in)).String(); got != want {
			t.Errorf("Round(%s) = %s, want %s", in, got, want)
		}
	}
	line := money.Net(money.Units(3), money.MustQty("0.333333"), money.Ratio{})
	sum := line.Add(line).Add(line)
	if got := money.Round(sum).String(); got != "3.00" {
		t.Errorf("three lines of %s round to %s, want 3.00", line, got)
	}
	if got := money.Net(money.Units(10), money.MustQty("1860"), money.MustQty("0.15")).String(); got != "15810" {
		t.Errorf("net = %s, want 15810", got)
	}
	if got := money.Tax(money.MustAmount("15810.00"), money.MustQty("0.13")).String(); got != "2055.30" {
		t.Errorf("tax = %s, want 2055.30", got)
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"0": "0.00", "1234567.5": "1,234,567.50", "-1000": "-1,000.00", "999.99": "999.99"} {
		if got := money.Format(money.MustAmount(in), 2); got != want {
			t.Errorf("Format(%s) = %s, want %s", in, got, want)
		}
	}
}

// FuzzParse: whatever the text, no panic; what is accepted comes back the same.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"1", "-1.5", "1,000", "１", "1e9", "\x00", "999999999999999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := money.Parse[money.Micro](s)
		if err != nil {
			return
		}
		again, err := money.Parse[money.Micro](v.String())
		if err != nil || !again.Equal(v) {
			t.Errorf("%q became %s, then %s (%v)", s, v, again, err)
		}
	})
}
