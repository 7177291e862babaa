// Package dste is develop strategy to execution: goals with live measures, and
// the only budget ledger of the suite.
package dste

import (
	"context"

	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/trace"
)

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
	Amount money.Amount // base currency; negative releases
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

// Answer of a budget check, in base currency.
type Answer struct {
	Verdict                              Verdict
	Budget, Actual, Committed, Available money.Amount
	Reason                               string // English key; "" when allowed
}

// Budget checks and writes in one step under a lock on the budget line, so two
// documents cannot both take the last of it.
type Budget interface {
	// Check writes the entry unless it is blocked. Errors: NotFound for an unknown
	// line, Invalid for an empty key.
	Check(ctx context.Context, s Spend) (Answer, error)
}
