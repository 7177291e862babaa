// Package money holds exact decimals: amounts, prices, quantities and rates.
//
// It wraps shopspring/decimal and is its only importer. Each type has a fixed
// number of digits after the point, the same as its column; nothing is rounded
// silently: parsing refuses more digits, and the named functions of this package
// are the only places that round, half away from zero, so a credit note mirrors
// its invoice to the cent.
package money

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"
)

// Scale tells the digits before and after the point of a decimal type.
type Scale interface{ digits() (before, after int32) }

// Cents is the scale of money: numeric(18,2).
type Cents struct{}

func (Cents) digits() (before, after int32) { return 16, 2 }

// Micro is the scale of unit prices, unit costs, quantities and nets: numeric(18,6).
type Micro struct{}

func (Micro) digits() (before, after int32) { return 12, 6 }

// Amount is a sum of money in the currency of its document, numeric(18,2).
type Amount = Dec[Cents]

// Price is a price or cost per unit, or the unrounded net of a line, numeric(18,6).
type Price = Dec[Micro]

// Qty is a quantity in the unit of its line, numeric(18,6).
type Qty = Dec[Micro]

// Ratio is a share: 0.13 is 13 %, numeric(18,6).
type Ratio = Dec[Micro]

// Dec is an exact decimal with the digits of S. The zero value is 0.
type Dec[S Scale] struct{ d decimal.Decimal }

// The refusals of Parse; the caller turns them into a field message.
var (
	ErrSyntax = errors.New("not a number")
	ErrDigits = errors.New("too many digits after the point")
	ErrRange  = errors.New("number too large")
)

// Parse reads a decimal as people write it: commas between thousands, full-width
// digits and a leading sign are fine; any other comma (the decimal comma of "12,50"),
// exponents, more digits than S holds and numbers out of range are refused.
func Parse[S Scale](s string) (Dec[S], error) {
	var zero Dec[S]
	t, ok := Ungroup(s)
	if !ok || !plain(t) {
		return zero, ErrSyntax
	}
	d, err := decimal.NewFromString(t)
	if err != nil {
		return zero, ErrSyntax
	}
	v := Dec[S]{d}
	return v, v.check()
}

func (a Dec[S]) check() error {
	var s S
	before, after := s.digits()
	if a.d.Exponent() < -after && !a.d.Equal(a.d.Truncate(after)) {
		return ErrDigits
	}
	if a.d.Abs().GreaterThanOrEqual(decimal.New(1, before)) {
		return ErrRange
	}
	return nil
}

// Ungroup maps full-width characters to ASCII and drops the commas or narrow spaces
// between thousands; ok is false when they stand anywhere else.
func Ungroup(s string) (plain string, ok bool) {
	t := normalise(s)
	if !strings.Contains(t, ",") {
		return t, true
	}
	whole, frac, point := strings.Cut(t, ".")
	groups := strings.Split(whole, ",")
	if first := strings.TrimLeft(groups[0], "+-"); first == "" || len(first) > 3 || strings.Contains(frac, ",") {
		return "", false
	}
	for _, g := range groups[1:] {
		if len(g) != 3 {
			return "", false
		}
	}
	t = strings.Join(groups, "")
	if point {
		t += "." + frac
	}
	return t, true
}

// normalise maps full-width characters to ASCII and the signs between thousands to commas.
func normalise(s string) string {
	s = strings.TrimSpace(s)
	ascii := true
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			ascii = false
			break
		}
	}
	if ascii {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == '．':
			return '.'
		case r == '－' || r == '−':
			return '-'
		case r == '，' || r == '\u00a0' || r == '\u202f':
			return ','
		}
		return r
	}, s)
}

// plain reports whether s is [+-]digits[.digits]; no exponent, at most 60 bytes.
func plain(s string) bool {
	if len(s) > 60 {
		return false
	}
	s = strings.TrimPrefix(strings.TrimPrefix(s, "+"), "-")
	digits, points := 0, 0
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] >= '0' && s[i] <= '9':
			digits++
		case s[i] == '.':
			points++
		default:
			return false
		}
	}
	return digits > 0 && points <= 1
}

// MustAmount is Parse of an Amount for constants and tests.
func MustAmount(s string) Amount { return must[Cents](s) }

// MustQty is Parse of a Qty, Price or Ratio for constants and tests.
func MustQty(s string) Qty { return must[Micro](s) }

func must[S Scale](s string) Dec[S] {
	v, err := Parse[S](s)
	if err != nil {
		panic(fmt.Sprintf("money: %q: %v", s, err))
	}
	return v
}

// Int returns n as a decimal.
func Int[S Scale](n int64) Dec[S] { return Dec[S]{decimal.NewFromInt(n)} }

// Units returns n whole units.
func Units(n int64) Qty { return Int[Micro](n) }

// Add returns a + b.
func (a Dec[S]) Add(b Dec[S]) Dec[S] { return Dec[S]{a.d.Add(b.d)} }

// Sub returns a - b.
func (a Dec[S]) Sub(b Dec[S]) Dec[S] { return Dec[S]{a.d.Sub(b.d)} }

// Neg returns -a.
func (a Dec[S]) Neg() Dec[S] { return Dec[S]{a.d.Neg()} }

// Abs returns |a|.
func (a Dec[S]) Abs() Dec[S] { return Dec[S]{a.d.Abs()} }

// Cmp compares a and b: -1, 0 or +1.
func (a Dec[S]) Cmp(b Dec[S]) int { return a.d.Cmp(b.d) }

// Sign returns -1, 0 or +1.
func (a Dec[S]) Sign() int { return a.d.Sign() }

// IsZero reports whether a is 0.
func (a Dec[S]) IsZero() bool { return a.d.IsZero() }

// Less reports whether a < b.
func (a Dec[S]) Less(b Dec[S]) bool { return a.d.LessThan(b.d) }

// Equal reports whether a and b are the same number.
func (a Dec[S]) Equal(b Dec[S]) bool { return a.d.Equal(b.d) }

// Min returns the smaller of a and b.
func (a Dec[S]) Min(b Dec[S]) Dec[S] {
	if b.Less(a) {
		return b
	}
	return a
}

// Max returns the larger of a and b.
func (a Dec[S]) Max(b Dec[S]) Dec[S] {
	if a.Less(b) {
		return b
	}
	return a
}

// String is lossless, with at least the two digits of money for Amount ("12.50")
// and no trailing zeros otherwise ("12.5").
func (a Dec[S]) String() string {
	var s S
	if _, after := s.digits(); after == 2 {
		return a.d.StringFixed(2)
	}
	return a.d.String()
}

// MarshalJSON writes a decimal string, so no reader loses a digit.
func (a Dec[S]) MarshalJSON() ([]byte, error) { return []byte(`"` + a.String() + `"`), nil }

// UnmarshalJSON reads a decimal string.
func (a *Dec[S]) UnmarshalJSON(b []byte) (err error) {
	*a, err = Parse[S](strings.Trim(string(b), `"`))
	return err
}

// Scan reads a numeric column; NULL is 0.
func (a *Dec[S]) Scan(src any) error {
	if src == nil {
		*a = Dec[S]{}
		return nil
	}
	return a.d.Scan(src)
}

// Value writes a numeric column and refuses what the column could not hold exactly.
func (a Dec[S]) Value() (driver.Value, error) {
	if err := a.check(); err != nil {
		return nil, fmt.Errorf("store %s: %w", a.d, err)
	}
	return a.d.String(), nil
}

// GormDataType names the column type.
func (Dec[S]) GormDataType() string { return "numeric" }

// Number is the exact decimal behind any of the types, for guards and displays.
func (a Dec[S]) Number() decimal.Decimal { return a.d }

// Decimal is the exact decimal of the library, for code that must name it.
type Decimal = decimal.Decimal

// Net is the unrounded net of a line: qty * price * (1 - discount), cut to six
// digits half away from zero because that is what the column keeps.
func Net(qty Qty, price Price, discount Ratio) Price {
	one := decimal.NewFromInt(1)
	return Price{qty.d.Mul(price.d).Mul(one.Sub(discount.d)).Round(6)}
}

// Round rounds an unrounded net to cents, half away from zero. Call it once per
// document and tax code, never per line.
func Round(p Price) Amount { return Amount{p.d.Round(2)} }

// Exact widens an amount to six digits.
func Exact(a Amount) Price { return Price(a) }

// Tax returns net * rate at cents.
func Tax(net Amount, rate Ratio) Amount { return Amount{net.d.Mul(rate.d).Round(2)} }

// Part returns the share of an amount at cents.
func Part(a Amount, share Ratio) Amount { return Amount{a.d.Mul(share.d).Round(2)} }

// Times returns price * qty with six digits.
func Times(p Price, q Qty) Price { return Price{p.d.Mul(q.d).Round(6)} }

// Value returns unit cost * qty at cents.
func Value(cost Price, q Qty) Amount { return Amount{cost.d.Mul(q.d).Round(2)} }

// UnitCost returns value / qty with six digits; 0 when qty is 0.
func UnitCost(value Amount, q Qty) Price {
	if q.IsZero() {
		return Price{}
	}
	return Price{value.d.DivRound(q.d, 6)}
}

// Share returns num / den with six digits; ok is false when den is 0.
func Share[A, B Scale](num Dec[A], den Dec[B]) (r Ratio, ok bool) {
	if den.IsZero() {
		return Ratio{}, false
	}
	return Ratio{num.d.DivRound(den.d, 6)}, true
}

// Convert returns amount * rate at cents, for the base amount of a document.
func Convert(a Amount, rate Ratio) Amount { return Amount{a.d.Mul(rate.d).Round(2)} }

// FromDecimal makes a Dec of d, refusing what S cannot hold exactly.
func FromDecimal[S Scale](d decimal.Decimal) (Dec[S], error) {
	v := Dec[S]{d}
	return v, v.check()
}

// RoundTo returns d rounded to the digits of S; for imports whose map says so.
func RoundTo[S Scale](d decimal.Decimal) Dec[S] {
	var s S
	_, after := s.digits()
	return Dec[S]{d.Round(after)}
}

// ParseRounded is Parse that rounds surplus digits instead of refusing them; for
// import maps that declare "round" (published floats such as 9.80000019).
func ParseRounded[S Scale](s string) (Dec[S], error) {
	t, ok := Ungroup(s)
	if !ok || !plain(t) {
		return Dec[S]{}, ErrSyntax
	}
	d, err := decimal.NewFromString(t)
	if err != nil {
		return Dec[S]{}, ErrSyntax
	}
	v := RoundTo[S](d)
	return v, v.check()
}

// Format groups thousands and keeps at least min digits after the point: "1,234.50".
func Format[S Scale](a Dec[S], min int32) string {
	s := a.d.String()
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	whole, frac, _ := strings.Cut(s, ".")
	var b strings.Builder
	if neg {
		b.WriteByte('-')
	}
	for i := range len(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(whole[i])
	}
	frac += strings.Repeat("0", max(0, int(min)-len(frac)))
	if frac != "" {
		b.WriteString("." + frac)
	}
	return b.String()
}
