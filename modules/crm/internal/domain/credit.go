package domain

import (
	"context"
	"fmt"
	"time"

	"meridian/modules/crm"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/event"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// Standing is what a credit decision rests on, in base currency.
type Standing struct {
	Limit, Temporary, Insured money.Amount
	Orders, Delivered         money.Amount // confirmed not delivered; delivered not invoiced
	Receivables, Drafts       money.Amount // open invoices; drafts of invoices
	Unapplied                 money.Amount // money received and not matched
	Overdue                   money.Amount // open beyond the days of the policy
	Tolerance                 money.Amount
	Blocked                   bool
	Release                   int64 // a granted release that still has something left
	Released                  money.Amount
}

// Exposure is what the customer owes or will owe: 5.6 of the specification.
func (s *Standing) Exposure() money.Amount {
	return s.Receivables.Add(s.Delivered).Add(s.Orders).Add(s.Drafts).Sub(s.Unapplied).Sub(s.Insured)
}

// ExposureLedger keeps the exposure by part and document, append-only.
type ExposureLedger interface {
	// Lock holds the customer's credit row and returns what a decision about doc rests on.
	Lock(ctx context.Context, customer crm.CustomerID, doc trace.Ref, today date.Date, p Policy) (*Standing, error)
	// Add appends a row unless the key is known; the totals follow.
	Add(ctx context.Context, customer crm.CustomerID, part crm.ExposurePart, doc trace.Ref, amount money.Amount, key string) error
	// Log keeps a decision; a hold is kept even when the transaction that asked fails.
	Log(ctx context.Context, c CreditCheck) error
}

// CreditCheck is one decision with the parts it rests on.
type CreditCheck struct {
	Customer crm.CustomerID
	Doc      trace.Ref
	At       crm.Point
	Amount   money.Amount
	Standing *Standing
	Answer   crm.CreditAnswer
	Used     money.Amount // of the release
}

// Credit implements crm.Credit.
type Credit struct {
	Ledger    ExposureLedger
	Customers *Customers
	Today     func(ctx context.Context) date.Date
}

// Check implements crm.Credit. A document passes when limit - exposure covers it;
// a customer without limit buys prepaid only, which the caller says with amount 0.
func (c *Credit) Check(ctx context.Context, customer crm.CustomerID, at crm.Point, doc trace.Ref, amount money.Amount) (crm.CreditAnswer, error) {
	fail := func(err error) (crm.CreditAnswer, error) {
		return crm.CreditAnswer{}, fmt.Errorf("credit of customer %d at %s of %s: %w", customer, at, doc, err)
	}
	who, err := c.Customers.Resolve(ctx, customer)
	if err != nil {
		return fail(err)
	}
	id := crm.CustomerID(who.ID)
	policy, err := c.Customers.Policies.For(ctx, who.CompanyID, who.DeptID)
	if err != nil {
		return fail(err)
	}
	s, err := c.Ledger.Lock(ctx, id, doc, c.Today(ctx), policy)
	if err != nil {
		return fail(err)
	}
	a, used := decide(s, at, amount)
	if doc.IsZero() { // nobody asked about a document
		return a, nil
	}
	if err := c.Ledger.Log(ctx, CreditCheck{id, doc, at, amount, s, a, used}); err != nil {
		return fail(err)
	}
	return a, nil
}

// The reasons of a hold.
const (
	overLimit = "The credit limit does not cover this document."
	isBlocked = "The customer is blocked by credit control."
	isOverdue = "The customer has overdue invoices."
)

// decide is the rule of 5.6: the invoice of what was shipped is never held; a fully
// prepaid order passes; a block, too much overdue or too little limit holds, unless a
// granted release covers what is missing. It returns what of the release was used.
func decide(s *Standing, at crm.Point, amount money.Amount) (a crm.CreditAnswer, used money.Amount) {
	a = crm.CreditAnswer{Limit: s.Limit, Orders: s.Orders, Receivables: s.Receivables, Exposure: s.Exposure(), Document: amount, Temporary: s.Temporary, Insured: s.Insured,
		Delivered: s.Delivered, Drafts: s.Drafts, Unapplied: s.Unapplied, Overdue: s.Overdue}
	a.Available = s.Limit.Add(s.Temporary).Sub(a.Exposure)
	short := amount.Sub(a.Available).Max(money.Amount{})
	switch {
	case at == crm.AtInvoice, at == crm.AtOrder && amount.Sign() <= 0:
		a.Pass = true
		return a, used
	case s.Blocked:
		a.Reason, short = isBlocked, short.Max(amount)
	case s.Tolerance.Less(s.Overdue):
		a.Reason, short = isOverdue, short.Max(amount)
	case amount.Sign() > 0 && !short.IsZero():
		a.Reason = overLimit
	default:
		a.Pass = true
		return a, used
	}
	if s.Release != 0 && !s.Released.Less(short) {
		a.Pass, a.Reason, a.Release = true, "", trace.Ref{Type: "crm.credit_release", ID: s.Release}
		return a, short
	}
	return a, used
}

// Post implements crm.Credit.
func (c *Credit) Post(ctx context.Context, customer crm.CustomerID, part crm.ExposurePart, doc trace.Ref, amount money.Amount, key string) error {
	who, err := c.Customers.Resolve(ctx, customer)
	if err != nil {
		return fmt.Errorf("exposure of customer %d by %s: %w", customer, doc, err)
	}
	if err := c.Ledger.Add(ctx, crm.CustomerID(who.ID), part, doc, amount, key); err != nil {
		return fmt.Errorf("exposure of customer %d by %s: %w", customer, doc, err)
	}
	return nil
}

// CreditProfile is what credit control says of a customer beyond the limit.
type CreditProfile struct {
	record.Base
	CustomerID  crm.CustomerID
	TempLimit   money.Amount
	TempUntil   date.Date
	Insured     money.Amount
	Blocked     bool
	BlockReason string
}

// CreditRelease lets documents of a customer pass up to an amount and a day although
// the decision would hold them.
type CreditRelease struct {
	record.Base
	Stage      ReleaseStage
	CustomerID crm.CustomerID
	Document   string // type/id the release is for; "" = any
	Amount     money.Amount
	UntilOn    date.Date
	Why        string
	GrantedBy  int64
}

// ReleaseStage is the state of a credit release.
type ReleaseStage string

// The stages of a credit release.
const (
	ReleaseRequested ReleaseStage = "requested"
	ReleaseGranted   ReleaseStage = "granted"
	ReleaseRefused   ReleaseStage = "refused"
	ReleaseExpired   ReleaseStage = "expired"
)

// CreditControl is the service behind profiles and releases.
type CreditControl struct {
	Profiles  record.Store[CreditProfile]
	Releases  record.Store[CreditRelease]
	Customers *Customers
	Bus       *event.Bus
	Today     func(ctx context.Context) date.Date

	ProfileType *resource.Type[CreditProfile]
	ReleaseType *resource.Type[CreditRelease]
}

// DeclareProfile returns the document type of the credit profile.
func (s *CreditControl) DeclareProfile() *resource.Type[CreditProfile] {
	s.ProfileType = &resource.Type[CreditProfile]{
		Name: "crm.credit_profile", Label: "Credit profile", Plural: "Credit profiles", Icon: "shield", Number: "CR-{000000}", Store: s.Profiles,
		Check: func(_ context.Context, p *CreditProfile) error {
			switch {
			case !p.TempLimit.IsZero() && p.TempUntil.IsZero():
				return errs.Bad("temp_until", "A temporary limit needs a last day.")
			case p.Blocked && p.BlockReason == "":
				return errs.Bad("block_reason", "Say why the customer is blocked.")
			case p.TempLimit.Sign() < 0 || p.Insured.Sign() < 0:
				return errs.Bad("temp_limit", "A limit cannot be negative.")
			}
			return nil
		},
		Saved: func(ctx context.Context, p, before *CreditProfile) error {
			if was := before != nil && before.Blocked; was == p.Blocked {
				return nil
			}
			if p.Blocked {
				return s.Bus.Publish(ctx, crm.CreditBlocked{Customer: p.CustomerID, Reason: p.BlockReason})
			}
			return s.Bus.Publish(ctx, crm.CreditReleased{Customer: p.CustomerID})
		},
		Fields: resource.Fields[CreditProfile]{
			resource.Ref("customer_id", "Customer", func(p *CreditProfile) *crm.CustomerID { return &p.CustomerID }, "crm.customer").Required().InList().Filter(),
			resource.Money("temp_limit", "Temporary limit", func(p *CreditProfile) *money.Amount { return &p.TempLimit }).InList().Hint("On top of the limit, until its last day."),
			resource.Date("temp_until", "Temporary until", func(p *CreditProfile) *date.Date { return &p.TempUntil }).InList().Filter(),
			resource.Money("insured", "Insured or secured", func(p *CreditProfile) *money.Amount { return &p.Insured }).InList(),
			resource.Bool("blocked", "Blocked", func(p *CreditProfile) *bool { return &p.Blocked }).InList().Filter(),
			resource.Text("block_reason", "Why blocked", func(p *CreditProfile) *string { return &p.BlockReason }).InList(),
		},
	}
	return s.ProfileType
}

// grant lets the release be used. The seller of the customer does not grant it, nor who
// asked for it; the approval of the matrix is somebody else's again.
func (s *CreditControl) grant(ctx context.Context, r *CreditRelease) error {
	c, err := s.Customers.Resolve(ctx, r.CustomerID)
	if err != nil {
		return err
	}
	p, err := s.Customers.Policies.For(ctx, c.CompanyID, c.DeptID)
	if err != nil {
		return err
	}
	me, today := authz.Actor(ctx), s.Today(ctx)
	switch {
	case me == r.OwnerID || me == r.CreatedBy || me == c.OwnerID:
		return errs.New(errs.Forbidden, "Who sells to the customer or asked for the release does not grant it.")
	case r.UntilOn.Before(today):
		return errs.Bad("until_on", "This day has passed.")
	case r.UntilOn.After(today.AddDays(p.ReleaseDays)):
		return errs.Bad("until_on", "A release lasts at most {0} days.", p.ReleaseDays)
	}
	r.GrantedBy = me
	return s.Bus.Publish(ctx, crm.CreditReleased{Customer: crm.CustomerID(c.ID), Release: s.ReleaseType.Ref(r.ID), Amount: r.Amount, Until: r.UntilOn})
}

// DeclareRelease returns the document type of the credit release.
func (s *CreditControl) DeclareRelease() *resource.Type[CreditRelease] {
	s.ReleaseType = &resource.Type[CreditRelease]{
		Name: "crm.credit_release", Label: "Credit release", Plural: "Credit releases", Icon: "lock-open", Number: "CL-{yyyy}-{0000}", Store: s.Releases,
		Amount:  func(r *CreditRelease) money.Amount { return r.Amount },
		Default: func(ctx context.Context, r *CreditRelease) error { r.UntilOn = s.Today(ctx).AddDays(7); return nil },
		Check: func(_ context.Context, r *CreditRelease) error {
			if r.Amount.Sign() <= 0 {
				return errs.Bad("amount", "An amount above zero is expected.")
			}
			return nil
		},
		Fields: resource.Fields[CreditRelease]{
			resource.Ref("customer_id", "Customer", func(r *CreditRelease) *crm.CustomerID { return &r.CustomerID }, "crm.customer").Required().InList().Filter().Source(),
			resource.Text("document", "For the document", func(r *CreditRelease) *string { return &r.Document }).InList().Hint("Type and id, as ltc.order/42; empty: any document."),
			resource.Money("amount", "Amount", func(r *CreditRelease) *money.Amount { return &r.Amount }).Required().InList(),
			resource.Date("until_on", "Until", func(r *CreditRelease) *date.Date { return &r.UntilOn }).Required().InList().Filter(),
			resource.LongText("why", "Why", func(r *CreditRelease) *string { return &r.Why }).Required(),
			resource.Ref("granted_by", "Granted by", func(r *CreditRelease) *int64 { return &r.GrantedBy }, "core.user").ReadOnly().InList(),
		},
		Process: resource.Process(func(r *CreditRelease) *ReleaseStage { return &r.Stage },
			[]resource.Stage[ReleaseStage]{
				{Key: ReleaseRequested, Label: "Requested", Owner: "core.finance_manager", Class: process.Open, Limit: 8 * time.Hour, Help: "Judge the risk; grant or refuse with a reason."},
				{Key: ReleaseGranted, Label: "Granted", Wait: true, Class: process.Working, Locked: true, Help: "Documents of the customer pass up to the amount and the day."},
				{Key: ReleaseRefused, Label: "Refused", End: true, Class: process.Lost},
				{Key: ReleaseExpired, Label: "Expired", End: true, Class: process.Done},
			},
			[]resource.Move[CreditRelease, ReleaseStage]{
				{Name: "grant", Label: "Grant", From: resource.From(ReleaseRequested), To: ReleaseGranted, Do: resource.Do(s.grant)},
				{Name: "refuse", Label: "Refuse", From: resource.From(ReleaseRequested), To: ReleaseRefused, Reason: true, Deviation: true},
				{Name: "expire", Label: "Expired", From: resource.From(ReleaseGranted), To: ReleaseExpired, System: true},
				{Name: "revoke", Label: "Take back", From: resource.From(ReleaseGranted), To: ReleaseExpired, Reason: true, Deviation: true},
			}),
	}
	return s.ReleaseType
}
