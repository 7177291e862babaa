package process

import (
	"fmt"
	"reflect"
	"strconv"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"

	"meridian/platform/errs"
	"meridian/platform/money"
)

// Num is an exact decimal inside a guard; it compares with numbers of the
// expression without passing through float64 arithmetic.
type Num struct{ D money.Decimal }

func number(v any) money.Decimal {
	switch x := v.(type) {
	case Num:
		return x.D
	case int:
		return money.Units(int64(x)).Number()
	case float64: // a literal of the expression, exact to its printed digits
		n, _ := money.ParseRounded[money.Micro](strconv.FormatFloat(x, 'f', -1, 64))
		return n.Number()
	}
	return money.Decimal{}
}

// numOps overloads the comparisons for every pairing of Num, int and float64.
func numOps() []expr.Option {
	var opts []expr.Option
	for op, f := range map[string]struct {
		name string
		fn   func(c int) bool
	}{
		">": {"gt", func(c int) bool { return c > 0 }}, "<": {"lt", func(c int) bool { return c < 0 }},
		">=": {"ge", func(c int) bool { return c >= 0 }}, "<=": {"le", func(c int) bool { return c <= 0 }},
		"==": {"eq", func(c int) bool { return c == 0 }}, "!=": {"ne", func(c int) bool { return c != 0 }},
	} {
		name := "num_" + f.name
		opts = append(opts,
			expr.Function(name, func(p ...any) (any, error) { return f.fn(number(p[0]).Cmp(number(p[1]))), nil },
				new(func(Num, int) bool), new(func(Num, float64) bool), new(func(Num, Num) bool),
				new(func(int, Num) bool), new(func(float64, Num) bool)),
			expr.Operator(op, name))
	}
	return opts
}

var guardOptions = numOps()

// CompileGuard checks an expression against the typed environment of a document:
// a misspelt field, a type mismatch or a result that is no yes or no is refused.
func CompileGuard(code string, env map[string]any) (*vm.Program, error) {
	opts := append([]expr.Option{expr.Env(env), expr.AsBool()}, guardOptions...)
	p, err := expr.Compile(code, opts...)
	if err != nil {
		return nil, fmt.Errorf("guard %q: %w", code, err)
	}
	return p, nil
}

// guard runs an expression of the process key; it is compiled once for the fields
// of that type.
func (e *Engine) guard(key, code string, env map[string]any) error {
	if code == "" {
		return nil
	}
	p, ok := e.guards.Load(key + "\x00" + code)
	if !ok {
		prog, err := CompileGuard(code, env)
		if err != nil {
			return err
		}
		p, _ = e.guards.LoadOrStore(key+"\x00"+code, prog)
	}
	ok2, err := expr.Run(p.(*vm.Program), env)
	if err != nil {
		return fmt.Errorf("guard %q: %w", code, err)
	}
	if !reflect.ValueOf(ok2).Bool() {
		return errs.New(errs.Precondition, "The condition of this step is not met: {0}.", code)
	}
	return nil
}
