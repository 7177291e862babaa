// Package domain is the rules of procurement: requisition, purchase order, receipt,
// inspection, three-way match, payment.
package domain

import (
	"context"

	"meridian/modules/dste"
	"meridian/modules/ipd"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/trace"
)

// Facts answers what one document cannot know of the others.
type Facts interface {
	// LastPrice returns the price of the last issued order line for a product, of
	// one supplier or (0) of any; ok is false when it was never ordered.
	LastPrice(ctx context.Context, supplier int64, product ipd.ProductID) (p money.Price, ok bool, err error)
	// Requested sums the payment requests for an invoice that are neither paid nor
	// cancelled, without the request except.
	Requested(ctx context.Context, invoice, except int64) (money.Amount, error)
}

// Budget writes purchase documents to the budget ledger.
type Budget struct {
	Ledger dste.Budget
	Today  func(ctx context.Context) date.Date
}

// post writes one entry on budget line key; without a key there is nothing to do.
// The entry is named after its document and what happened there.
func (b Budget) post(ctx context.Context, key, event string, s dste.Spend) (dste.Verdict, error) {
	if key == "" {
		return "", nil
	}
	s.Line, s.On, s.Key = key, b.Today(ctx), event
	a, err := b.Ledger.Check(ctx, s)
	if err != nil {
		return "", err
	}
	if a.Verdict == dste.Block {
		return "", errs.New(errs.Precondition, "The budget {0} does not cover this: {1} is available.", key, money.Format(a.Available, 2))
	}
	return a.Verdict, nil
}

// exists refuses a key without a budget line in force; it writes nothing.
func (b Budget) exists(ctx context.Context, key string) error {
	if key == "" {
		return nil
	}
	_, err := b.Ledger.Check(ctx, dste.Spend{Line: key})
	return err
}

// apart refuses an actor who has taken the step before: the same person never
// does two adjacent steps, at any amount, administrators included.
func apart(ctx context.Context, message string, people ...int64) error {
	me := authz.Actor(ctx)
	for _, p := range people {
		if p != 0 && p == me {
			return errs.New(errs.Forbidden, message)
		}
	}
	return nil
}

func system(ctx context.Context, reason string) context.Context { return authz.System(ctx, reason) }

func origin(typ string, id int64) trace.Ref { return trace.Ref{Type: typ, ID: id} }
