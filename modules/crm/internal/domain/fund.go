package domain

import (
	"context"
	"fmt"
	"time"

	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// Fund is marketing money set aside for a partner over a period (MDF): what it spends on
// selling our products it may claim back, up to the amount, in base currency.
type Fund struct {
	record.Base
	PartnerID    int64
	Name         string
	FromOn, ToOn date.Date
	Amount       money.Amount
	Approved     money.Amount // of its claims, paid or not
	Paid         money.Amount
}

// Left is what may still be claimed.
func (f *Fund) Left() money.Amount { return f.Amount.Sub(f.Approved) }

// ClaimStage is the state of a claim.
type ClaimStage string

// The stages of a claim on a fund.
const (
	ClaimDraft     ClaimStage = "draft"
	ClaimSubmitted ClaimStage = "submitted"
	ClaimApproved  ClaimStage = "approved"
	ClaimPaid      ClaimStage = "paid"
	ClaimGivenUp   ClaimStage = "given_up"
)

// FundClaim is what a partner has spent and wants back.
type FundClaim struct {
	record.Base
	Stage     ClaimStage
	FundID    int64
	PartnerID int64
	Purpose   string
	SpentOn   date.Date
	Amount    money.Amount
	PaidOn    date.Date
	Reference string
}

// Funds is the service behind the marketing money of partners.
type Funds struct {
	Store    record.Store[Fund]
	Claims   record.Store[FundClaim]
	Partners *Partners
	Today    func(ctx context.Context) date.Date
	// Proofs counts the files attached to a claim.
	Proofs func(ctx context.Context, claim int64) (int, error)

	Type      *resource.Type[Fund]
	ClaimType *resource.Type[FundClaim]
}

// Declare returns the document type of the fund.
func (s *Funds) Declare() *resource.Type[Fund] {
	s.Type = &resource.Type[Fund]{
		Name: "crm.fund", Label: "Marketing fund", Plural: "Marketing funds", Icon: "coins", Number: "MF-{yyyy}-{0000}", Store: s.Store, Check: s.checkFund, Saved: s.savedFund,
		Title: func(f *Fund) string { return f.Name }, Amount: func(f *Fund) money.Amount { return f.Amount },
		Fields: resource.Fields[Fund]{
			resource.Text("name", "Name", func(f *Fund) *string { return &f.Name }).Required().InList().Search(),
			resource.Ref("partner_id", "Partner", func(f *Fund) *int64 { return &f.PartnerID }, "crm.partner").Required().InList().Filter(),
			resource.Date("from_on", "From", func(f *Fund) *date.Date { return &f.FromOn }).Required().InList().Filter(),
			resource.Date("to_on", "To", func(f *Fund) *date.Date { return &f.ToOn }).Required().InList().Filter(),
			resource.Money("amount", "Amount", func(f *Fund) *money.Amount { return &f.Amount }).Required().InList(),
			resource.Money("approved", "Claims approved", func(f *Fund) *money.Amount { return &f.Approved }).ReadOnly().InList(),
			resource.Money("paid", "Claims paid", func(f *Fund) *money.Amount { return &f.Paid }).ReadOnly().InList(),
		},
	}
	return s.Type
}

func (s *Funds) checkFund(_ context.Context, f *Fund) error {
	var bad []errs.Field
	if f.ToOn.Before(f.FromOn) {
		bad = append(bad, errs.Field{Name: "to_on", Message: "The last day lies before the first."})
	}
	switch {
	case f.Amount.Sign() <= 0:
		bad = append(bad, errs.Field{Name: "amount", Message: "An amount above zero is expected."})
	case f.Amount.Less(f.Approved):
		bad = append(bad, errs.Field{Name: "amount", Message: "Claims of {0} are approved already.", Args: []any{f.Approved}})
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// savedFund shows a new fund to the people of the partner. It stays with its partner.
func (s *Funds) savedFund(ctx context.Context, f, before *Fund) error {
	if before != nil && before.PartnerID != f.PartnerID {
		return errs.Bad("partner_id", "A fund stays with its partner; make another.")
	}
	if before != nil {
		return nil
	}
	return s.Partners.showAll(ctx, "crm.fund", f.ID, f.PartnerID, f.OwnerID)
}

// payout is the input of the move "pay".
type payout struct {
	On        date.Date
	Reference string
}

// DeclareClaim returns the document type of the claim.
func (s *Funds) DeclareClaim() *resource.Type[FundClaim] {
	s.ClaimType = &resource.Type[FundClaim]{
		Name: "crm.fund_claim", Label: "Fund claim", Plural: "Fund claims", Icon: "receipt", Number: "FC-{yyyy}-{00000}", Store: s.Claims, Check: s.checkClaim, Saved: s.savedClaim, SumBy: "amount",
		Title: func(c *FundClaim) string { return c.Purpose }, Amount: func(c *FundClaim) money.Amount { return c.Amount }, Day: func(c *FundClaim) date.Date { return c.SpentOn },
		Fields: resource.Fields[FundClaim]{
			resource.Text("purpose", "What it was spent on", func(c *FundClaim) *string { return &c.Purpose }).Required().InList().Search(),
			resource.Ref("fund_id", "Marketing fund", func(c *FundClaim) *int64 { return &c.FundID }, "crm.fund").Required().InList().Filter().Source(),
			resource.Ref("partner_id", "Partner", func(c *FundClaim) *int64 { return &c.PartnerID }, "crm.partner").ReadOnly().InList().Filter(),
			resource.Date("spent_on", "Spent on", func(c *FundClaim) *date.Date { return &c.SpentOn }).Required().InList().Filter(),
			resource.Money("amount", "Amount", func(c *FundClaim) *money.Amount { return &c.Amount }).Required().InList().Filter(),
			resource.Date("paid_on", "Paid on", func(c *FundClaim) *date.Date { return &c.PaidOn }).ReadOnly().InList().Filter(),
			resource.Text("reference", "Payment reference", func(c *FundClaim) *string { return &c.Reference }).ReadOnly(),
		},
		Process: resource.Process(func(c *FundClaim) *ClaimStage { return &c.Stage },
			[]resource.Stage[ClaimStage]{
				{Key: ClaimDraft, Label: "Draft", Owner: "ltc.partner", Class: process.Draft, Help: "Attach the invoice or receipt, then submit."},
				{Key: ClaimSubmitted, Label: "Submitted", Owner: "ltc.manager", Class: process.Open, Locked: true, Limit: 40 * time.Hour, Help: "Compare the claim with its proof; approve it, or send it back with a reason."},
				{Key: ClaimApproved, Label: "Approved", Owner: "core.finance_clerk", Class: process.Working, Locked: true, Limit: 80 * time.Hour, Help: "Pay it and note the payment."},
				{Key: ClaimPaid, Label: "Paid", End: true, Class: process.Done},
				{Key: ClaimGivenUp, Label: "Given up", End: true, Class: process.Cancelled},
			},
			[]resource.Move[FundClaim, ClaimStage]{
				{Name: "submit", Label: "Submit", From: resource.From(ClaimDraft), To: ClaimSubmitted, Do: resource.Do(s.submit)},
				{Name: "approve", Label: "Approve", From: resource.From(ClaimSubmitted), To: ClaimApproved, Do: resource.Do(s.approve)},
				{Name: "send_back", Label: "Send back", From: resource.From(ClaimSubmitted), To: ClaimDraft, Reason: true, Deviation: true},
				{Name: "pay", Label: "Pay", From: resource.From(ClaimApproved), To: ClaimPaid, Do: resource.Ask(resource.Fields[payout]{
					resource.Date("on", "Paid on", func(p *payout) *date.Date { return &p.On }).Hint("Empty is today."),
					resource.Text("reference", "Payment reference", func(p *payout) *string { return &p.Reference }).Required(),
				}, s.pay)},
				{Name: "give_up", Label: "Give it up", From: resource.From(ClaimDraft, ClaimSubmitted, ClaimApproved), To: ClaimGivenUp, Reason: true, Deviation: true, Do: resource.Do(s.giveUp)},
			}),
	}
	return s.ClaimType
}

// checkClaim holds a claim to its fund: spent in the period, and no more than is left.
func (s *Funds) checkClaim(ctx context.Context, c *FundClaim) error {
	if c.Stage != ClaimDraft {
		return nil
	}
	f, err := s.Store.Get(authz.System(ctx, "fund of a claim"), c.FundID)
	if err != nil {
		return fmt.Errorf("fund of claim: %w", err)
	}
	c.PartnerID = f.PartnerID
	var bad []errs.Field
	if c.SpentOn.Before(f.FromOn) || f.ToOn.Before(c.SpentOn) {
		bad = append(bad, errs.Field{Name: "spent_on", Message: "The fund pays for what was spent from {0} to {1}.", Args: []any{f.FromOn, f.ToOn}})
	} else if c.SpentOn.After(s.Today(ctx)) {
		bad = append(bad, errs.Field{Name: "spent_on", Message: "This day lies in the future."})
	}
	switch {
	case c.Amount.Sign() <= 0:
		bad = append(bad, errs.Field{Name: "amount", Message: "An amount above zero is expected."})
	case f.Left().Less(c.Amount):
		bad = append(bad, errs.Field{Name: "amount", Message: "The fund has {0} left.", Args: []any{f.Left()}})
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// savedClaim shows a new claim to the colleagues of who made it. It stays with its fund
// once somebody has seen it.
func (s *Funds) savedClaim(ctx context.Context, c, before *FundClaim) error {
	if before == nil {
		return s.Partners.showAll(ctx, "crm.fund_claim", c.ID, c.PartnerID, c.OwnerID)
	}
	if before.PartnerID != c.PartnerID {
		return errs.Bad("fund_id", "The fund belongs to another partner.")
	}
	return nil
}

// submit asks for a proof.
func (s *Funds) submit(ctx context.Context, c *FundClaim) error {
	n, err := s.Proofs(ctx, c.ID)
	if err != nil {
		return err
	}
	if n == 0 {
		return errs.New(errs.Precondition, "Attach the invoice or receipt first.")
	}
	return nil
}

// approve takes the claim out of the fund; whoever made it, or signs in for the partner,
// does not decide. Of claims approved at once the fund pays as many as it can.
func (s *Funds) approve(ctx context.Context, c *FundClaim) error {
	who := authz.Actor(ctx)
	mine, err := s.Partners.People.PartnerOf(ctx, who)
	if err != nil {
		return err
	}
	if who == c.CreatedBy || mine == c.PartnerID {
		return errs.New(errs.Precondition, "Somebody else decides on your claim.")
	}
	return s.count(ctx, c, c.Amount, money.Amount{})
}

// pay notes the payment.
func (s *Funds) pay(ctx context.Context, c *FundClaim, in *payout) error {
	if in.On.IsZero() {
		in.On = s.Today(ctx)
	}
	if in.On.After(s.Today(ctx)) {
		return errs.Bad("on", "This day lies in the future.")
	}
	c.PaidOn, c.Reference = in.On, in.Reference
	return s.count(ctx, c, money.Amount{}, c.Amount)
}

// giveUp returns what was approved to the fund. c still has the stage it leaves.
func (s *Funds) giveUp(ctx context.Context, c *FundClaim) error {
	if c.Stage != ClaimApproved {
		return nil
	}
	return s.count(ctx, c, c.Amount.Neg(), money.Amount{})
}

// count books a claim on its fund, whose row is locked until the end of the transaction.
func (s *Funds) count(ctx context.Context, c *FundClaim, approved, paid money.Amount) error {
	_, err := s.Type.Update(authz.System(ctx, "claim on a fund"), c.FundID, func(f *Fund) error {
		if f.Left().Less(approved) {
			return errs.New(errs.Precondition, "The fund has {0} left.", f.Left())
		}
		f.Approved, f.Paid = f.Approved.Add(approved), f.Paid.Add(paid)
		return nil
	})
	return err
}
