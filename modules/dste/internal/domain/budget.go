package domain

import (
	"context"
	"slices"
	"strings"

	"meridian/platform/clock"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// BudgetStage is the state of a budget line.
type BudgetStage string

// The stages of a budget line.
const (
	BudgetDraft    BudgetStage = "draft"
	BudgetApproved BudgetStage = "approved" // in force
	BudgetLocked   BudgetStage = "locked"   // what is committed may still be spent
	BudgetClosed   BudgetStage = "closed"
)

// Rule says what happens to a document the budget does not cover.
type Rule string

// The rules.
const (
	RuleAllow Rule = "allow"
	RuleWarn  Rule = "warn"
	RuleBlock Rule = "block"
)

// Budget is one budget line: an amount per month of one year under a key.
// Committed and Actual repeat the sums of the ledger; only the ledger moves them.
type Budget struct {
	record.Base
	Stage        BudgetStage
	Key          string
	Name         string
	DepartmentID int64
	Year         int
	Kind         string
	Rule         Rule
	Months       []BudgetMonth `gorm:"-"`
	Total        money.Amount
	Committed    money.Amount
	Actual       money.Amount
}

// BudgetMonth is the amount of one month.
type BudgetMonth struct {
	record.Line
	Month  int
	Amount money.Amount
}

// Available is what no document has taken yet.
func (b *Budget) Available() money.Amount { return b.Total.Sub(b.Committed).Sub(b.Actual) }

// Budgets is the service behind the budget lines; it implements dste.Budget.
type Budgets struct {
	Store  record.Store[Budget]
	Type   *resource.Type[Budget]
	Ledger Ledger
	Now    clock.Clock
}

// defaults gives a new line the present year, its twelve months and a warning.
func (s *Budgets) defaults(_ context.Context, b *Budget) error {
	b.Year, b.Kind, b.Rule = s.Now().Year(), "opex", RuleWarn
	return b.settle()
}

// check holds the rules over several fields of a budget line.
func (s *Budgets) check(_ context.Context, b *Budget) error {
	b.Key = strings.TrimSpace(b.Key)
	if strings.ContainsAny(b.Key, " \t") {
		return errs.Bad("key", "A key has no spaces.")
	}
	if b.Year < 2000 || b.Year > 2200 {
		return errs.Bad("year", "Between 2000 and 2200.")
	}
	return b.settle()
}

// settle completes the months to twelve in order and adds them up.
func (b *Budget) settle() error {
	var bad []errs.Field
	seen := map[int]bool{}
	for _, m := range b.Months {
		switch {
		case m.Month < 1 || m.Month > 12:
			bad = append(bad, errs.Field{Name: "months", Message: "{0} is no month.", Args: []any{m.Month}})
		case seen[m.Month]:
			bad = append(bad, errs.Field{Name: "months", Message: "Month {0} stands there twice.", Args: []any{m.Month}})
		case m.Amount.Sign() < 0:
			bad = append(bad, errs.Field{Name: "months", Message: "The amount of month {0} is negative.", Args: []any{m.Month}})
		}
		seen[m.Month] = true
	}
	if err := errs.Join(bad); err != nil {
		return err
	}
	for month := 1; month <= 12; month++ {
		if !seen[month] {
			b.Months = append(b.Months, BudgetMonth{Month: month})
		}
	}
	slices.SortFunc(b.Months, func(x, y BudgetMonth) int { return x.Month - y.Month })
	b.Total = money.Amount{}
	for _, m := range b.Months {
		b.Total = b.Total.Add(m.Amount)
	}
	return nil
}

// closeLine ends a line when nothing is committed on it any more.
func (s *Budgets) closeLine(_ context.Context, b *Budget) error {
	if !b.Committed.IsZero() {
		return errs.New(errs.Precondition, "{0} is still committed; the documents behind it must be finished or cancelled first.", b.Committed)
	}
	return nil
}
