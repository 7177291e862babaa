package domain

import (
	"context"
	"time"

	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// Fund is the money a partner may claim for its marketing in a period, in base currency.
type Fund struct {
	record.Base
	PartnerID    int64
	Name         string
	FromOn, ToOn date.Date
	Amount       money.Amount
	Committed    money.Amount // approved, paid or not
	Paid         money.Amount
}

// left is what can still be approved.
func (f *Fund) left() money.Amount { return f.Amount.Sub(f.Committed) }

// ClaimStage is the state of a claim on a fund.
type ClaimStage string

// The stages of a claim.
const (
	ClaimDraft     ClaimStage = "draft"
	ClaimSubmitted ClaimStage = "submitted"
	ClaimApproved  ClaimStage = "approved"
	ClaimPaid      ClaimStage = "paid"
	ClaimRejected  ClaimStage = "rejected"
	ClaimWithdrawn ClaimStage = "withdrawn"
)

// FundClaim is what a partner spent on marketing and wants back, with its proof.
type FundClaim struct {
	record.Base
	Stage     ClaimStage
	FundID    int64
	PartnerID int64
	Activity  string
	HeldOn    date.Date
	Amount    money.Amount
	Proof     string // name of the file
	Approved  money.Amount
	Paid      money.Amount
	PaidOn    date.Date
}

// Funds is the service behind the market development funds of partners.
type Funds struct {
	Store    record.Store[Fund]
	Claims   record.Store[FundClaim]
	Partners *Partners
	Now      func() time.Time
	// Attach keeps a file on a document.
	Attach func(ctx context.Context, r trace.Ref, name string, body []byte) error

	Type      *resource.Type[Fund]
	ClaimType *resource.Type[FundClaim]
}

func (s *Funds) check(_ context.Context, f *Fund) error {
	var bad []errs.Field
	if f.ToOn.Before(f.FromOn) {
		bad = append(bad, errs.Field{Name: "to_on", Message: "The end lies before the start."})
	}
	if f.Amount.Sign() <= 0 {
		bad = append(bad, errs.Field{Name: "amount", Message: "An amount above zero is expected."})
	} else if f.Amount.Less(f.Committed) {
		bad = append(bad, errs.Field{Name: "amount", Message: "{0} of the fund is approved already.", Args: []any{f.Committed}})
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// saved shows a fund to the people of its partner.
func (s *Funds) saved(ctx context.Context, f, before *Fund) error {
	if before != nil && before.PartnerID == f.PartnerID {
		return nil
	}
	p, err := s.Partners.Store.Get(authz.System(ctx, "people of a partner"), f.PartnerID)
	if err != nil {
		return err
	}
	if before != nil {
		return errs.Bad("partner_id", "A fund stays with its partner.")
	}
	if p.Stage != PartnerActive {
		return errs.Bad("partner_id", "Only an active partner has a fund.")
	}
	return s.Partners.show(ctx, s.Type.Name, f.ID, p.people(), nil)
}

// Declare returns the document type of the fund.
func (s *Funds) Declare() *resource.Type[Fund] {
	s.Type = &resource.Type[Fund]{
		Name: "crm.market_fund", Label: "Market development fund", Plural: "Market development funds", Icon: "coin", Number: "MF-{yyyy}-{000}", Store: s.Store, Check: s.check, Saved: s.saved, SumBy: "amount",
		Title: func(f *Fund) string { return f.Name }, Amount: func(f *Fund) money.Amount { return f.Amount },
		Fields: resource.Fields[Fund]{
			resource.Text("name", "Name", func(f *Fund) *string { return &f.Name }).Required().InList().Search(),
			resource.Ref("partner_id", "Partner", func(f *Fund) *int64 { return &f.PartnerID }, "crm.partner").Required().InList().Filter(),
			resource.Date("from_on", "From", func(f *Fund) *date.Date { return &f.FromOn }).Required().InList().Filter(),
			resource.Date("to_on", "Until", func(f *Fund) *date.Date { return &f.ToOn }).Required().InList().Filter(),
			resource.Money("amount", "Amount", func(f *Fund) *money.Amount { return &f.Amount }).Required().InList(),
			resource.Money("committed", "Approved", func(f *Fund) *money.Amount { return &f.Committed }).ReadOnly().InList(),
			resource.Money("paid", "Paid", func(f *Fund) *money.Amount { return &f.Paid }).ReadOnly().InList(),
		},
	}
	return s.Type
}

// checkClaim fills the partner of the fund; the people of a partner claim from its own
// funds only, for what they did in the period.
func (s *Funds) checkClaim(ctx context.Context, c *FundClaim) error {
	sys := authz.System(ctx, "fund of a claim")
	f, err := s.Store.Get(sys, c.FundID)
	if err != nil {
		return errs.Bad("fund_id", "There is no such fund.")
	}
	mine, err := s.Partners.People.PartnerOf(ctx, authz.Actor(ctx))
	if err != nil {
		return err
	}
	if mine != 0 && mine != f.PartnerID {
		return errs.Bad("fund_id", "There is no such fund.")
	}
	c.PartnerID = f.PartnerID
	var bad []errs.Field
	if c.Amount.Sign() <= 0 {
		bad = append(bad, errs.Field{Name: "amount", Message: "An amount above zero is expected."})
	} else if f.Amount.Less(c.Amount) {
		bad = append(bad, errs.Field{Name: "amount", Message: "The whole fund is {0}.", Args: []any{f.Amount}})
	}
	if c.HeldOn.Before(f.FromOn) || c.HeldOn.After(f.ToOn) {
		bad = append(bad, errs.Field{Name: "held_on", Message: "The fund is for {0} to {1}.", Args: []any{f.FromOn, f.ToOn}})
	}
	if c.ID == 0 {
		p, err := s.Partners.Store.Get(sys, f.PartnerID)
		if err != nil {
			return err
		}
		if p.Stage != PartnerActive {
			bad = append(bad, errs.Field{Name: "fund_id", Message: "Only an active partner claims."})
		}
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// savedClaim shows a new claim to the people of the partner.
func (s *Funds) savedClaim(ctx context.Context, c, before *FundClaim) error {
	if before != nil {
		return nil
	}
	return s.Partners.showAll(ctx, s.ClaimType.Name, c.ID, c.PartnerID, 0)
}

type proofIn struct{ Proof resource.Upload }

// submit hands a claim in with the file that proves it.
func (s *Funds) submit(ctx context.Context, c *FundClaim, in *proofIn) error {
	c.Proof = in.Proof.Name
	if c.Proof == "" {
		c.Proof = c.No
	}
	if err := s.Attach(ctx, s.ClaimType.Ref(c.ID), c.Proof, in.Proof.Body); err != nil {
		e := errs.Of(err)
		for i := range e.Fields {
			e.Fields[i].Name = "proof"
		}
		return err
	}
	return nil
}

type approvedIn struct{ Approved money.Amount }

// approve keeps the money of a claim: all of it or less, never more than the fund has
// left. Of several at once the fund is asked one after the other.
func (s *Funds) approve(ctx context.Context, c *FundClaim, in *approvedIn) error {
	switch who := authz.Actor(ctx); {
	case who == c.OwnerID || who == c.CreatedBy:
		return errs.New(errs.Forbidden, "You claimed it yourself; somebody else decides.")
	case in.Approved.Sign() <= 0 || c.Amount.Less(in.Approved):
		return errs.Bad("approved", "Between {0} and {1}.", money.MustAmount("0.01"), c.Amount)
	}
	c.Approved = in.Approved
	return s.commit(ctx, c.FundID, func(f *Fund) error {
		if f.left().Less(in.Approved) {
			return errs.New(errs.Precondition, "Only {0} of the fund is left.", f.left())
		}
		f.Committed = f.Committed.Add(in.Approved)
		return nil
	})
}

type paymentIn struct {
	Paid   money.Amount
	PaidOn date.Date
}

// pay notes what was paid; what was approved beyond it goes back to the fund.
func (s *Funds) pay(ctx context.Context, c *FundClaim, in *paymentIn) error {
	switch {
	case in.Paid.Sign() <= 0 || c.Approved.Less(in.Paid):
		return errs.Bad("paid", "Between {0} and {1}.", money.MustAmount("0.01"), c.Approved)
	case in.PaidOn.Before(c.HeldOn) || in.PaidOn.After(date.Of(s.Now()).AddDays(1)):
		return errs.Bad("paid_on", "Between the activity and today.")
	}
	c.Paid, c.PaidOn = in.Paid, in.PaidOn
	return s.commit(ctx, c.FundID, func(f *Fund) error {
		f.Paid, f.Committed = f.Paid.Add(in.Paid), f.Committed.Sub(c.Approved.Sub(in.Paid))
		return nil
	})
}

// revoke gives the money of an approved claim back to the fund.
func (s *Funds) revoke(ctx context.Context, c *FundClaim) error {
	back := c.Approved
	c.Approved = money.Amount{}
	return s.commit(ctx, c.FundID, func(f *Fund) error { f.Committed = f.Committed.Sub(back); return nil })
}

// commit changes the sums of a locked fund.
func (s *Funds) commit(ctx context.Context, fund int64, fn func(f *Fund) error) error {
	_, err := s.Type.Update(authz.System(ctx, "claim on a fund"), fund, fn)
	return err
}

// DeclareClaim returns the document type of the claim.
func (s *Funds) DeclareClaim() *resource.Type[FundClaim] {
	s.ClaimType = &resource.Type[FundClaim]{
		Name: "crm.fund_claim", Label: "Claim on a fund", Plural: "Claims on funds", Icon: "receipt", Number: "MC-{yyyy}-{00000}", Store: s.Claims, Check: s.checkClaim, Saved: s.savedClaim, SumBy: "amount",
		Title: func(c *FundClaim) string { return c.Activity }, Amount: func(c *FundClaim) money.Amount { return c.Amount },
		Default: func(ctx context.Context, c *FundClaim) error { c.HeldOn = s.Partners.Today(ctx); return nil },
		Fields: resource.Fields[FundClaim]{
			resource.Ref("fund_id", "Market development fund", func(c *FundClaim) *int64 { return &c.FundID }, "crm.market_fund").Required().InList().Filter().Source(),
			resource.Text("activity", "Activity", func(c *FundClaim) *string { return &c.Activity }).Required().InList().Search().Limit(200),
			resource.Date("held_on", "Held on", func(c *FundClaim) *date.Date { return &c.HeldOn }).Required().InList().Filter(),
			resource.Money("amount", "Claimed amount", func(c *FundClaim) *money.Amount { return &c.Amount }).Required().InList(),
			resource.Ref("partner_id", "Partner", func(c *FundClaim) *int64 { return &c.PartnerID }, "crm.partner").ReadOnly().InList().Filter(),
			resource.Text("proof", "Proof", func(c *FundClaim) *string { return &c.Proof }).ReadOnly(),
			resource.Money("approved", "Approved", func(c *FundClaim) *money.Amount { return &c.Approved }).ReadOnly().InList(),
			resource.Money("paid", "Paid", func(c *FundClaim) *money.Amount { return &c.Paid }).ReadOnly().InList(),
			resource.Date("paid_on", "Paid on", func(c *FundClaim) *date.Date { return &c.PaidOn }).ReadOnly().Filter(),
		},
		Process: resource.Process(func(c *FundClaim) *ClaimStage { return &c.Stage },
			[]resource.Stage[ClaimStage]{
				{Key: ClaimDraft, Label: "Draft", Owner: "ltc.partner", Class: process.Draft, Help: "Say what was done, and hand it in with its proof."},
				{Key: ClaimSubmitted, Label: "Submitted", Owner: "ltc.manager", Class: process.Open, Limit: 40 * time.Hour, Locked: true, Help: "Look at the proof; approve all or part of it, or reject it with a reason."},
				{Key: ClaimApproved, Label: "Approved", Owner: "core.finance_manager", Class: process.Working, Limit: 80 * time.Hour, Locked: true, Help: "Pay it and note the day."},
				{Key: ClaimPaid, Label: "Paid", End: true, Class: process.Done},
				{Key: ClaimRejected, Label: "Rejected", End: true, Class: process.Lost},
				{Key: ClaimWithdrawn, Label: "Withdrawn", End: true, Class: process.Cancelled},
			},
			[]resource.Move[FundClaim, ClaimStage]{
				{Name: "submit", Label: "Hand in", From: resource.From(ClaimDraft), To: ClaimSubmitted, Do: resource.Ask(resource.Fields[proofIn]{resource.File("proof", "Proof", func(in *proofIn) *resource.Upload { return &in.Proof }).Required()}, s.submit)},
				{Name: "approve", Label: "Approve", From: resource.From(ClaimSubmitted), To: ClaimApproved, Do: resource.Ask(resource.Fields[approvedIn]{resource.Money("approved", "Approved", func(in *approvedIn) *money.Amount { return &in.Approved }).Required()}, s.approve)},
				{Name: "reject", Label: "Reject", From: resource.From(ClaimSubmitted), To: ClaimRejected, Reason: true, Deviation: true},
				{Name: "pay", Label: "Paid", From: resource.From(ClaimApproved), To: ClaimPaid, Do: resource.Ask(resource.Fields[paymentIn]{resource.Money("paid", "Paid", func(in *paymentIn) *money.Amount { return &in.Paid }).Required(), resource.Date("paid_on", "Paid on", func(in *paymentIn) *date.Date { return &in.PaidOn }).Required()}, s.pay)},
				{Name: "revoke", Label: "Take the approval back", From: resource.From(ClaimApproved), To: ClaimRejected, Reason: true, Deviation: true, Do: resource.Do(s.revoke)},
				{Name: "withdraw", Label: "Withdraw", From: resource.From(ClaimDraft, ClaimSubmitted), To: ClaimWithdrawn, Reason: true, Deviation: true},
			}),
	}
	return s.ClaimType
}
