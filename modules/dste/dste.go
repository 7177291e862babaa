// Package dste is develop strategy to execution: goals with live measures, and
// the only budget ledger of the suite.
package dste

import (
	"context"
	"embed"

	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// ObjectiveID names a goal.
type ObjectiveID int64

// Ref names the goal in the thread.
func (id ObjectiveID) Ref() trace.Ref { return trace.Ref{Type: "dste.objective", ID: int64(id)} }

// BudgetID names a budget line.
type BudgetID int64

// Attainment says how far a goal is reached, worked out when it is asked for.
type Attainment struct {
	Value      *money.Decimal // of the measure in the period of the goal; nil = no data
	Attainment *money.Ratio   // 1 is 100 %, between 0 and 1.2; nil = no data
	N          int64          // rows behind the value
	Href       string         // the rows themselves
}

// Objectives is what other modules may ask about goals.
type Objectives interface {
	// Attainment measures a goal under the rights and row rules of ctx. Errors:
	// NotFound for a goal the reader may not see, Forbidden for a measure the
	// reader may not.
	Attainment(ctx context.Context, id ObjectiveID) (Attainment, error)
}

// ObjectivePage is the page of one goal; every module may add a panel.
var ObjectivePage = resource.Point[ObjectiveID]("dste.objective")

// BudgetPage is the page of one budget line; every module may add a panel.
var BudgetPage = resource.Point[BudgetID]("dste.budget")

// Kind of a budget ledger entry.
type Kind string

// The kinds. Converting a requisition to an order to an invoice releases the
// earlier stage in the same transaction.
const (
	PreCommit Kind = "precommit"
	Commit    Kind = "commit"
	Actual    Kind = "actual"
)

// Spend asks to write to the budget ledger.
type Spend struct {
	Line   string    // key of the budget line, e.g. MKT-2026; a missing key is an error, never a skip
	Doc    trace.Ref // the spending document
	Key    string    // unique per document line, kind and revision; repeating it does nothing
	Kind   Kind
	Amount money.Amount // base currency; negative releases what Doc has open, at most that; 0 only asks
	On     date.Date    // posting date; picks the month
	// Releases names the kind whose open amount of this document line is set free in
	// the same transaction, "" for none; Of is that document when it is another one.
	Releases Kind
	Of       trace.Ref
}

// Verdict of a budget check.
type Verdict string

// The verdicts.
const (
	Allow Verdict = "allow"
	Warn  Verdict = "warn"  // written, but more than the budget holds
	Block Verdict = "block" // not written
)

// Answer of a budget check, in base currency: the line after the entry, or before
// it when the entry was blocked.
type Answer struct {
	Verdict                              Verdict
	Budget, Actual, Committed, Available money.Amount
	Reason                               string // English key; "" when allowed
}

// Budget checks and writes in one step under a lock on the budget line, so two
// documents cannot both take the last of it.
type Budget interface {
	// Check writes the entry unless it is blocked. It runs in the caller's
	// transaction, past the reader's row rules, on the lines of the actor's company.
	// Errors: NotFound for an unknown line, Invalid for an empty key or a date of
	// another year, Precondition for a line that is not approved or is closed.
	Check(ctx context.Context, s Spend) (Answer, error)
}

// Help explains the concepts of the module to its users: README.md in English,
// README.zh.md in Chinese.
//
//go:embed README.md README.zh.md
var Help embed.FS
