// Package kpi is the registry of measures. A measure is a Go function with a
// definition, registered by the module that owns the data; dashboards, targets
// and reports all call it, so no two people compute a number differently.
package kpi

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/memo"
	"meridian/platform/money"
)

// Unit of a value.
type Unit string

// The units.
const (
	Currency Unit = "currency" // base currency of the company
	Fraction Unit = "ratio"    // 0.631197 is 63.1 %
	Count    Unit = "count"
	Days     Unit = "days"
)

// Scope is what a measure is asked for. The reader's row rules apply to it.
type Scope struct {
	From, To date.Date // inclusive; zero = open
	Dept     int64     // 0 = all the reader may see
}

// Value is an answer. A ratio with an empty denominator has no value, never 0.
type Value struct {
	Value       *money.Decimal
	Numerator   money.Decimal
	Denominator money.Decimal
	N           int64  // rows behind the number
	Href        string // the rows themselves
}

// Measure defines one number.
type Measure struct {
	Code   string // ltc.net_sales
	Label  string
	Unit   Unit
	Higher bool   // a higher value is better
	Help   string // the formula in words, with its source
	Perm   string // permission to read it: object:action; "" = that of Object
	Object string // the type whose rows are counted
	State  bool   // of this moment: a period does not change it, so it has no trend
	Func   func(ctx context.Context, s Scope) (Value, error)
}

// Right is the permission a reader needs.
func (m Measure) Right() (object, action string) {
	if m.Perm == "" {
		return m.Object, "read"
	}
	object, action, _ = strings.Cut(m.Perm, ":")
	return object, action
}

// Ratio makes the value of num/den.
func Ratio(num, den money.Decimal, n int64) Value {
	v := Value{Numerator: num, Denominator: den, N: n}
	if !den.IsZero() {
		q := num.DivRound(den, 6)
		v.Value = &q
	}
	return v
}

// Share makes the value of part of whole, both counted.
func Share(part, whole int64) Value {
	return Ratio(money.Units(part).Number(), money.Units(whole).Number(), whole)
}

// Sum makes the value of a plain sum or count.
func Sum(x money.Decimal, n int64) Value {
	return Value{Value: &x, Numerator: x, Denominator: money.Int[money.Micro](1).Number(), N: n}
}

// At names where the rows behind the value are listed.
func (v Value) At(href string) Value { v.Href = href; return v }

// Registry holds the measures. It is filled while wiring and read only after.
type Registry struct {
	byCode map[string]Measure
	recent memo.Memo[[]Value]
}

// NewRegistry returns an empty registry.
func NewRegistry() *Registry { return &Registry{byCode: map[string]Measure{}} }

// Register adds a measure and panics when its code is taken or malformed.
func (r *Registry) Register(m Measure) {
	if _, taken := r.byCode[m.Code]; taken || m.Func == nil || m.Object == "" || strings.Count(m.Code, ".") != 1 {
		panic(fmt.Sprintf("kpi: bad measure %q", m.Code))
	}
	r.byCode[m.Code] = m
}

// Get finds a measure. NotFound if there is none.
func (r *Registry) Get(code string) (Measure, error) {
	m, ok := r.byCode[code]
	if !ok {
		return Measure{}, errs.New(errs.NotFound, "There is no measure {0}.", code)
	}
	return m, nil
}

// Recent measures several scopes for a page that overviews: numbers over very many
// rows may be some seconds old.
func (r *Registry) Recent(ctx context.Context, m Measure, policy int64, scopes ...Scope) ([]Value, error) {
	return r.recent.Get(ctx, fmt.Sprint(authz.Actor(ctx), " ", policy, " ", m.Code, " ", scopes), func(ctx context.Context) ([]Value, bool, error) {
		var rows int64
		out := make([]Value, len(scopes))
		for i, s := range scopes {
			v, err := m.Func(ctx, s)
			if err != nil {
				return nil, false, fmt.Errorf("measure %s: %w", m.Code, err)
			}
			out[i], rows = v, rows+v.N
		}
		return out, rows >= memo.Many, nil
	})
}

// All lists the measures by code.
func (r *Registry) All() []Measure {
	out := make([]Measure, 0, len(r.byCode))
	for _, m := range r.byCode {
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b Measure) int { return strings.Compare(a.Code, b.Code) })
	return out
}
