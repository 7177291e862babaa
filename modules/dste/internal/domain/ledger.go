package domain

import (
	"context"
	"fmt"
	"strings"

	"meridian/modules/dste"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/trace"
)

// Line is a budget line as the ledger holds it under its lock.
type Line struct {
	ID                       int64
	Key                      string
	Stage                    BudgetStage
	Year                     int
	Rule                     Rule
	Total, Committed, Actual money.Amount
}

// Entry is one row of the ledger: the signed change of a part in a month.
type Entry struct {
	Month   int
	Release bool
	Part    dste.Kind
	Amount  money.Amount
	Doc     trace.Ref
}

// Open is what a document holds of a part, by the month it was posted to.
type Open struct {
	Month  int
	Amount money.Amount
}

// Ledger keeps the budget ledger, append-only, with the balances of each line.
type Ledger interface {
	// Lock holds the line until the end of the transaction. NotFound if there is none.
	Lock(ctx context.Context, company int64, key string) (*Line, error)
	// Known reports whether a spend of this key has been written.
	Known(ctx context.Context, key string) (bool, error)
	// Open lists what doc has open on the line, the earliest month first.
	Open(ctx context.Context, line int64, doc trace.Ref, part dste.Kind) ([]Open, error)
	// UpTo sums the budget and its use over the months 1 to month.
	UpTo(ctx context.Context, line int64, month int) (budget, used money.Amount, err error)
	// Append writes the entries of one spend and moves the balances of the line.
	Append(ctx context.Context, line int64, key string, on date.Date, entries []Entry) error
}

// Check implements dste.Budget.
func (s *Budgets) Check(ctx context.Context, sp dste.Spend) (dste.Answer, error) {
	key := strings.TrimSpace(sp.Line)
	if key == "" {
		return dste.Answer{}, errs.Bad("budget_key", "Name the budget line this is paid from.")
	}
	if sp.Key == "" && (!sp.Amount.IsZero() || sp.Releases != "") {
		return dste.Answer{}, fmt.Errorf("spend of %s on budget %s without a key", sp.Doc, key)
	}
	subject, _ := authz.Of(ctx)
	line, err := s.Ledger.Lock(ctx, subject.Company, key)
	if errs.Is(err, errs.NotFound) {
		return dste.Answer{}, &errs.Error{Kind: errs.NotFound, Message: "There is no budget line {0}.", Args: []any{key},
			Fields: []errs.Field{{Name: "budget_key", Message: "There is no budget line {0}.", Args: []any{key}}}}
	}
	if err != nil {
		return dste.Answer{}, fmt.Errorf("lock budget %s: %w", key, err)
	}
	if line.Stage == BudgetDraft {
		return dste.Answer{}, errs.New(errs.Precondition, "The budget {0} is not approved yet.", line.Key)
	}
	if known, err := s.Ledger.Known(ctx, sp.Key); err != nil || known {
		return line.answer(dste.Allow, ""), err
	}
	return s.write(ctx, line, sp)
}

// write turns the spend into entries, asks whether the line covers them and
// appends them unless the rule blocks.
func (s *Budgets) write(ctx context.Context, line *Line, sp dste.Spend) (dste.Answer, error) {
	month, err := line.month(sp)
	if err != nil {
		return dste.Answer{}, err
	}
	entries, err := s.entries(ctx, line, sp, month)
	if err != nil || len(entries) == 0 {
		return line.answer(dste.Allow, ""), err
	}
	if line.Stage == BudgetClosed {
		return dste.Answer{}, errs.New(errs.Precondition, "The budget {0} is closed.", line.Key)
	}
	budget, used, err := s.Ledger.UpTo(ctx, line.ID, month)
	if err != nil {
		return dste.Answer{}, err
	}
	verdict, reason := line.judge(entries, month, budget.Sub(used))
	if verdict == dste.Block {
		return line.answer(verdict, reason), nil
	}
	if err := s.Ledger.Append(ctx, line.ID, sp.Key, sp.On, entries); err != nil {
		return dste.Answer{}, fmt.Errorf("budget ledger of %s: %w", line.Key, err)
	}
	line.post(entries)
	return line.answer(verdict, reason), nil
}

// entries are the rows of a spend: what it frees, then what it takes.
func (s *Budgets) entries(ctx context.Context, line *Line, sp dste.Spend, month int) ([]Entry, error) {
	var out []Entry
	if sp.Releases != "" {
		doc := sp.Of
		if doc.IsZero() {
			doc = sp.Doc
		}
		open, err := s.Ledger.Open(ctx, line.ID, doc, sp.Releases)
		if err != nil {
			return nil, err
		}
		for _, o := range open {
			out = append(out, Entry{Month: o.Month, Release: true, Part: sp.Releases, Amount: o.Amount.Neg(), Doc: doc})
		}
	}
	switch {
	case sp.Amount.Sign() > 0 || (sp.Amount.Sign() < 0 && sp.Kind == dste.Actual):
		out = append(out, Entry{Month: month, Part: sp.Kind, Amount: sp.Amount, Doc: sp.Doc})
	case sp.Amount.Sign() < 0:
		open, err := s.Ledger.Open(ctx, line.ID, sp.Doc, sp.Kind)
		if err != nil {
			return nil, err
		}
		out = append(out, free(open, sp.Amount.Neg(), sp)...)
	}
	return out, nil
}

// free releases amount from what is open, the earliest month first and never more
// than is open.
func free(open []Open, amount money.Amount, sp dste.Spend) []Entry {
	var out []Entry
	for _, o := range open {
		part := o.Amount.Min(amount)
		if part.Sign() <= 0 {
			break
		}
		out = append(out, Entry{Month: o.Month, Release: true, Part: sp.Kind, Amount: part.Neg(), Doc: sp.Doc})
		amount = amount.Sub(part)
	}
	return out
}

// month picks the month of a spend. New money is taken in the year of the line
// only; what was committed in it may be spent, released or corrected later, which
// falls into its last month.
func (l *Line) month(sp dste.Spend) (int, error) {
	year := sp.On.Year()
	switch {
	case sp.Amount.IsZero() && sp.Releases == "":
		return 12, nil
	case year == l.Year:
		return int(sp.On.Month()), nil
	case year > l.Year && (sp.Releases != "" || sp.Amount.Sign() < 0 || sp.Kind == dste.Actual):
		return 12, nil
	}
	return 0, errs.New(errs.Invalid, "The budget {0} is for {1}; {2} lies outside.", l.Key, l.Year, sp.On)
}

// judge compares what the entries add with what is available in the year and up
// to the month of the spend.
func (l *Line) judge(entries []Entry, month int, availableUpTo money.Amount) (dste.Verdict, string) {
	var year, upTo money.Amount
	for _, e := range entries {
		year = year.Add(e.Amount)
		if e.Month <= month {
			upTo = upTo.Add(e.Amount)
		}
	}
	var reason string
	switch {
	case l.Stage == BudgetLocked && year.Sign() > 0:
		return dste.Block, "The budget line is locked; nothing new may be committed."
	case year.Sign() > 0 && l.available().Less(year):
		reason = "The budget of the year does not cover this."
	case upTo.Sign() > 0 && availableUpTo.Less(upTo):
		reason = "The budget up to this month does not cover this."
	default:
		return dste.Allow, ""
	}
	switch l.Rule {
	case RuleBlock:
		return dste.Block, reason
	case RuleWarn:
		return dste.Warn, reason
	}
	return dste.Allow, ""
}

func (l *Line) available() money.Amount { return l.Total.Sub(l.Committed).Sub(l.Actual) }

func (l *Line) post(entries []Entry) {
	for _, e := range entries {
		if e.Part == dste.Actual {
			l.Actual = l.Actual.Add(e.Amount)
		} else {
			l.Committed = l.Committed.Add(e.Amount)
		}
	}
}

func (l *Line) answer(v dste.Verdict, reason string) dste.Answer {
	return dste.Answer{Verdict: v, Budget: l.Total, Actual: l.Actual, Committed: l.Committed, Available: l.available(), Reason: reason}
}
