package domain

import (
	"context"
	"fmt"

	"meridian/modules/crm"
	"meridian/platform/money"
	"meridian/platform/trace"
)

// ExposureLedger keeps the exposure by part and document, append-only.
type ExposureLedger interface {
	// Lock holds the customer's credit row and returns limit and exposure parts.
	Lock(ctx context.Context, customer crm.CustomerID) (limit, orders, receivables money.Amount, err error)
	// Add appends a row unless the key is known; the totals follow.
	Add(ctx context.Context, customer crm.CustomerID, part crm.ExposurePart, doc trace.Ref, amount money.Amount, key string) error
}

// Credit implements crm.Credit.
type Credit struct {
	Ledger    ExposureLedger
	Customers *Customers
}

// Check implements crm.Credit. A document passes when limit - exposure covers it;
// a customer without limit buys prepaid only, which the caller says with amount 0.
func (c *Credit) Check(ctx context.Context, customer crm.CustomerID, at crm.Point, doc trace.Ref, amount money.Amount) (crm.CreditAnswer, error) {
	limit, orders, receivables, err := c.Ledger.Lock(ctx, customer)
	if err != nil {
		return crm.CreditAnswer{}, fmt.Errorf("credit of customer %d at %s of %s: %w", customer, at, doc, err)
	}
	return decide(limit, orders, receivables, amount), nil
}

func decide(limit, orders, receivables, amount money.Amount) crm.CreditAnswer {
	a := crm.CreditAnswer{Limit: limit, Orders: orders, Receivables: receivables, Exposure: orders.Add(receivables), Document: amount}
	a.Pass = amount.Sign() <= 0 || !limit.Less(a.Exposure.Add(amount))
	if !a.Pass {
		a.Reason = "The credit limit does not cover this document."
	}
	return a
}

// Post implements crm.Credit.
func (c *Credit) Post(ctx context.Context, customer crm.CustomerID, part crm.ExposurePart, doc trace.Ref, amount money.Amount, key string) error {
	if err := c.Ledger.Add(ctx, customer, part, doc, amount, key); err != nil {
		return fmt.Errorf("exposure of customer %d by %s: %w", customer, doc, err)
	}
	return nil
}
