package money_test

import (
	"errors"
	"strings"
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
		{"12,50", "", money.ErrSyntax}, {"1,00,000", "", money.ErrSyntax}, {",100", "", money.ErrSyntax}, {"1,000.5,0", "", money.ErrSyntax}, {"-1,234,567.8", "-1234567.80", nil}, {"１，０００", "1000.00", nil},
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

// FuzzParse: whatever the text, no panic; what is accepted comes back the same, from
// its text, from JSON and from the column, and grouping it changes nothing.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"1", "-1.5", "+2", "+-3", "1,000", "1,00", ",1", "1,", "1,000,0", "1.5,0", "12,50", "１", "１，０００．５", "−1", "1\u00a0000", "1e9", "1e999999999", "0x10", "Infinity", ".", "-", ".5", "5.", "\x00", "999999999999999999999", "999999999999.999999", "0.0000001", "0.1000000", strings.Repeat("0", 59) + "1", "1." + strings.Repeat("0", 50)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		survives[money.Cents](t, s)
		survives[money.Micro](t, s)
	})
}

func survives[S money.Scale](t *testing.T, s string) {
	t.Helper()
	v, err := money.Parse[S](s)
	if err != nil {
		return
	}
	for _, text := range []string{v.String(), money.Format(v, 2), money.Format(v, 6)} {
		again, err := money.Parse[S](text)
		if err != nil || !again.Equal(v) || again.String() != v.String() {
			t.Errorf("%q became %s, then %q became %s (%v)", s, v, text, again, err)
		}
	}
	var back money.Dec[S]
	b, err := v.MarshalJSON()
	if err == nil {
		err = back.UnmarshalJSON(b)
	}
	if err != nil || !back.Equal(v) {
		t.Errorf("%s became %s in JSON (%v)", v, back, err)
	}
	stored, err := v.Value()
	if err == nil {
		err = back.Scan(stored)
	}
	if err != nil || !back.Equal(v) {
		t.Errorf("%s became %s in its column (%v)", v, back, err)
	}
	if rounded, err := money.ParseRounded[S](s); err != nil || !rounded.Equal(v) {
		t.Errorf("%q needs no rounding and became %s, not %s (%v)", s, rounded, v, err)
	}
}

// FuzzRounding: a credit mirrors its invoice, rounding twice is rounding once, and
// nothing moves by more than half of the last digit.
func FuzzRounding(f *testing.F) {
	for _, x := range [][3]string{{"3", "0.333333", "0"}, {"1", "0.005", "0.13"}, {"999999999999.999999", "999999999999.999999", "0.999999"}, {"0.000001", "0.000001", "1"}, {"-1", "2.675", "-0.5"}, {"0", "0", "0"}, {"7", "1", "3"}} {
		f.Add(x[0], x[1], x[2])
	}
	half := money.MustQty("0.005")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		qty, err1 := money.Parse[money.Micro](a)
		price, err2 := money.Parse[money.Micro](b)
		share, err3 := money.Parse[money.Micro](c)
		if err1 != nil || err2 != nil || err3 != nil {
			return
		}
		net := money.Net(qty, price, share)
		if mirror := money.Net(qty.Neg(), price, share); !mirror.Equal(net.Neg()) {
			t.Errorf("net %s mirrors as %s", net, mirror)
		}
		sum := money.Round(net)
		if mirror := money.Round(net.Neg()); !mirror.Equal(sum.Neg()) {
			t.Errorf("%s rounds to %s, its mirror to %s", net, sum, mirror)
		}
		if again := money.Round(money.Exact(sum)); !again.Equal(sum) {
			t.Errorf("%s rounds again to %s", sum, again)
		}
		if off := money.Exact(sum).Sub(net).Abs(); half.Less(off) {
			t.Errorf("%s rounds to %s, off by %s", net, sum, off)
		}
		if tax := money.Tax(sum, share); !money.Tax(sum.Neg(), share).Equal(tax.Neg()) {
			t.Errorf("the tax of %s is %s, of its credit %s", sum, tax, money.Tax(sum.Neg(), share))
		}
		if r, ok := money.Share(qty, price); ok == price.IsZero() || ok && !money.Times(r, price).Sub(qty).Abs().Less(price.Abs().Add(money.MustQty("0.000002"))) {
			t.Errorf("%s of %s is %s", qty, price, r)
		}
	})
}
