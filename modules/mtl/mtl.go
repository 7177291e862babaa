// Package mtl is market to lead: campaigns with budget and cost, capture of leads
// from the web, score and grade, the hand-off to sales.
package mtl

import (
	"context"
	"embed"

	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// CampaignID names a campaign.
type CampaignID int64

// Ref names the campaign in the thread.
func (id CampaignID) Ref() trace.Ref { return trace.Ref{Type: "mtl.campaign", ID: int64(id)} }

// CampaignPage is the page of one campaign; every module may add a panel.
var CampaignPage = resource.Point[CampaignID]("mtl.campaign")

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
	// reason when it is blocked. A negative amount sets free what was reserved.
	Commit(ctx context.Context, line string, campaign trace.Ref, amount money.Amount, key string) (ok bool, reason string, err error)
	// Spend books an actual cost and releases as much of the commitment, never more
	// than is open. A negative amount reverses a cost booked by mistake; what it had
	// released stays free.
	Spend(ctx context.Context, line string, campaign trace.Ref, amount money.Amount, key string) (ok bool, reason string, err error)
}

// LeadAnswered tells MTL what sales did with a lead; wire.go calls it from LTC's
// events.
// A lead that did not come through MTL is none of its business: nothing happens.
type LeadAnswered interface {
	// Accepted closes the hand-over: sales works on the lead.
	Accepted(ctx context.Context, lead trace.Ref) error
	// Rejected closes the hand-over with the reason; marketing is told.
	Rejected(ctx context.Context, lead trace.Ref, reason string) error
	// Won credits the amount to the campaign that brought the lead, once.
	Won(ctx context.Context, lead trace.Ref, amount money.Amount) error
}

// Gap is what a customer resource plan lacks: new target customers to address, and leads to
// win of them. A later gap of the same plan replaces it.
type Gap struct {
	Plan            int64 // crm.resource_plan
	Region          string
	Audience, Leads int64
	From, To        date.Date
	By              int64 // who published it
}

// Help explains the concepts of the module to its users: README.md in English,
// README.zh.md in Chinese.
//
//go:embed README.md README.zh.md
var Help embed.FS
