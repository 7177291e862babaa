// Package mtl is market to lead: campaigns with budget and cost, capture of leads
// from the web, score and grade, the hand-off to sales.
package mtl

import (
	"context"

	"meridian/platform/money"
	"meridian/platform/trace"
)

// CapturedLead is what intake knows about somebody who wants something.
type CapturedLead struct {
	Name, Company, Title string
	Phone, Email         string
	Need                 string
	Industry, Region     string
	Source               string // utm_source, or the kind of intake
	Campaign             trace.Ref
	Intake               trace.Ref
	Budget               money.Amount
}

// Leads is the port through which MTL creates and changes the lead that LTC
// stores; cmd adapts LTC to it.
type Leads interface {
	// Capture creates a lead or links to the open lead of the same person and
	// returns it.
	Capture(ctx context.Context, l CapturedLead) (lead trace.Ref, created bool, err error)
	// Grade stores score and grade on the lead; qualified hands it to sales, whose
	// 30 minutes start.
	Grade(ctx context.Context, lead trace.Ref, score int, grade, explanation string, qualified bool) error
}

// BudgetPort is the budget check of MTL; cmd adapts DSTE to it.
type BudgetPort interface {
	// Commit reserves amount on the budget line for a campaign; ok is false with the
	// reason when it is blocked.
	Commit(ctx context.Context, line string, campaign trace.Ref, amount money.Amount, key string) (ok bool, reason string, err error)
	// Spend books an actual cost and releases as much of the commitment.
	Spend(ctx context.Context, line string, campaign trace.Ref, amount money.Amount, key string) (ok bool, reason string, err error)
}

// LeadAnswered tells MTL what sales did with a lead; wire.go calls it from LTC's
// events.
type LeadAnswered interface {
	Accepted(ctx context.Context, lead trace.Ref) error
	Rejected(ctx context.Context, lead trace.Ref, reason string) error
	Won(ctx context.Context, lead trace.Ref, amount money.Amount) error
}
