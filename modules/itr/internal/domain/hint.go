package domain

import (
	"context"
	"fmt"

	"meridian/modules/crm"
	"meridian/modules/itr"
	"meridian/modules/ltc"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// HintStage is the state of an opportunity hint.
type HintStage string

// The stages of a hint.
const (
	HintRaised   HintStage = "raised"
	HintAccepted HintStage = "accepted"
	HintRejected HintStage = "rejected"
	HintWon      HintStage = "won"
	HintLost     HintStage = "lost"
)

// Hint is a chance to sell that somebody found in service; it is the owner's credit
// when sales wins it.
type Hint struct {
	record.Base
	Stage      HintStage
	CaseID     itr.CaseID
	CustomerID *int64
	Need       string
	Value      money.Amount
	LeadID     *int64
	Reason     string
	WonAmount  money.Amount
}

// Hints is the service behind the hint type.
type Hints struct {
	Store     record.Store[Hint]
	Leads     ltc.Leads
	Customers crm.Customers
	Desk      Desk
	Trace     Linker
	Tx        func(ctx context.Context, fn func(ctx context.Context) error) error

	Type *resource.Type[Hint]
}

// opportunityForm is the input of the move "raise_opportunity".
type opportunityForm struct {
	Need  string
	Value money.Amount
}

func opportunityFields() resource.Fields[opportunityForm] {
	return resource.Fields[opportunityForm]{
		resource.LongText("need", "Need", func(f *opportunityForm) *string { return &f.Need }).Required(),
		resource.Money("value", "Estimated value", func(f *opportunityForm) *money.Amount { return &f.Value }),
	}
}

// raiseOpportunity tells sales about a need found in the case.
func (s *Cases) raiseOpportunity(ctx context.Context, c *Case, in *opportunityForm) error {
	if in.Value.Sign() < 0 {
		return errs.Bad("value", "A value cannot be negative.")
	}
	if c.CustomerID == nil && c.RequesterEmail == "" && c.RequesterPhone == "" {
		return errs.New(errs.Precondition, "Sales needs somebody to talk to: enter the customer or the requester of the case first.")
	}
	return s.Hints.raise(ctx, c, in)
}

// raise stores the hint and hands its lead to sales: case, hint and lead stand in
// one thread.
func (s *Hints) raise(ctx context.Context, c *Case, in *opportunityForm) error {
	h := &Hint{CaseID: itr.CaseID(c.ID), CustomerID: c.CustomerID, Need: in.Need, Value: in.Value}
	h.OwnerID = authz.Actor(ctx)
	if err := s.Type.Create(ctx, h); err != nil {
		return fmt.Errorf("store hint: %w", err)
	}
	l, err := s.lead(ctx, c, in)
	if err != nil {
		return err
	}
	lead, _, err := s.Leads.Capture(ctx, l, s.Type.Ref(h.ID))
	if err != nil {
		return fmt.Errorf("lead of hint %d: %w", h.ID, err)
	}
	if err := s.Trace.Link(ctx, s.Type.Ref(h.ID), lead, "created"); err != nil {
		return err
	}
	_, err = s.Type.Update(ctx, h.ID, func(h *Hint) error { h.LeadID = &lead.ID; return nil })
	return err
}

// lead is what sales is told: the customer as CRM knows it, else the requester.
func (s *Hints) lead(ctx context.Context, c *Case, in *opportunityForm) (ltc.NewLead, error) {
	l := ltc.NewLead{Name: c.Requester, Company: c.Requester, Email: c.RequesterEmail, Phone: c.RequesterPhone, Need: in.Need, Source: "ticket", Value: in.Value, Customer: c.customer()}
	if c.ContactID != nil {
		l.Contact = crm.ContactID(*c.ContactID)
	}
	if l.Customer == 0 {
		return l, nil
	}
	customer, err := s.Customers.Customer(ctx, l.Customer)
	if err != nil {
		return l, fmt.Errorf("customer of case %d: %w", c.ID, err)
	}
	l.Company, l.Owner = customer.Name, customer.Owner
	if l.Name == "" {
		l.Name = customer.Name
	}
	if l.Email == "" && l.Phone == "" {
		l.Email, l.Phone = customer.Email, customer.Phone
	}
	return l, nil
}

// OnLeadAnswered tells the finder what sales did with the hint; wire.go calls it from
// LTC's event. A lead that no hint raised is none of its business.
func (s *Hints) OnLeadAnswered(ctx context.Context, e ltc.LeadAnswered) error {
	in := resource.Values{"reason": e.Reason}
	if e.Accepted {
		return s.each(ctx, e.Lead, []string{string(HintRaised)}, "accept", in, "Sales accepted your hint {0}.")
	}
	return s.each(ctx, e.Lead, []string{string(HintRaised)}, "reject", in, "Sales rejected your hint {0}: {1}", e.Reason)
}

// OnOpportunityClosed writes what came of the hint; wire.go calls it from LTC's event.
func (s *Hints) OnOpportunityClosed(ctx context.Context, e ltc.OpportunityClosed) error {
	live := []string{string(HintRaised), string(HintAccepted)}
	if e.Won {
		return s.each(ctx, e.Lead, live, "win", resource.Values{"amount": e.Amount.String()}, "Sales won what you found: {0}.")
	}
	return s.each(ctx, e.Lead, live, "lose", resource.Values{"reason": e.Reason}, "Sales lost what you found, {0}: {1}", e.Reason)
}

// each moves the hints of a lead that stand in one of stages and tells their finders:
// the number of the hint and args fill the message.
func (s *Hints) each(ctx context.Context, lead trace.Ref, stages []string, move string, in resource.Values, message string, args ...any) error {
	if lead.IsZero() {
		return nil
	}
	ctx = authz.System(ctx, move+" of "+lead.String())
	return s.Tx(ctx, func(ctx context.Context) error {
		list, err := s.Store.Find(ctx, record.Where("lead_id", record.Eq, lead.ID).And("stage", record.In, stages))
		if err != nil {
			return fmt.Errorf("hints of %s: %w", lead, err)
		}
		for _, h := range list {
			if err := s.Type.Fire(ctx, h.ID, move, in); err != nil {
				return fmt.Errorf("%s hint %d: %w", move, h.ID, err)
			}
			if err := s.Desk.Tell(ctx, h.OwnerID, s.Type.Ref(h.ID), message, append([]any{h.No}, args...)...); err != nil {
				return err
			}
		}
		return nil
	})
}

// answerForm is the input of the moves that answer a hint.
type answerForm struct {
	Reason string
	Amount money.Amount
}

func reasonFields() resource.Fields[answerForm] {
	return resource.Fields[answerForm]{resource.LongText("reason", "Reason", func(f *answerForm) *string { return &f.Reason })}
}

func amountFields() resource.Fields[answerForm] {
	return resource.Fields[answerForm]{resource.Money("amount", "Amount", func(f *answerForm) *money.Amount { return &f.Amount })}
}

func (s *Hints) answered(_ context.Context, h *Hint, in *answerForm) error {
	h.Reason, h.WonAmount = in.Reason, in.Amount
	return nil
}

// Declare returns the document type of the hint: raised from cases only.
func (s *Hints) Declare() *resource.Type[Hint] {
	reason, amount := resource.Ask(reasonFields(), s.answered), resource.Ask(amountFields(), s.answered)
	s.Type = &resource.Type[Hint]{
		Name: "itr.hint", Label: "Opportunity hint", Plural: "Opportunity hints", Icon: "bulb", Number: "OH-{yyyy}-{0000}", Store: s.Store, NoCreate: true, NoEdit: true, SumBy: "value",
		Title:  func(h *Hint) string { return firstLine(h.Need) },
		Amount: func(h *Hint) money.Amount { return h.Value },
		Fields: resource.Fields[Hint]{
			resource.Ref("case_id", "Service case", func(h *Hint) *itr.CaseID { return &h.CaseID }, "itr.case").Required().InList().Filter().Source(),
			resource.OptRef("customer_id", "Customer", func(h *Hint) **int64 { return &h.CustomerID }, "crm.customer").InList().Filter(),
			resource.LongText("need", "Need", func(h *Hint) *string { return &h.Need }).Required(),
			resource.Money("value", "Estimated value", func(h *Hint) *money.Amount { return &h.Value }).InList().Filter(),
			resource.OptRef("lead_id", "Lead", func(h *Hint) **int64 { return &h.LeadID }, "ltc.lead").ReadOnly().InList().Filter(),
			resource.LongText("reason", "Reason of the answer", func(h *Hint) *string { return &h.Reason }).ReadOnly(),
			resource.Money("won_amount", "Won amount", func(h *Hint) *money.Amount { return &h.WonAmount }).ReadOnly().InList().Filter(),
		},
		Process: resource.Process(func(h *Hint) *HintStage { return &h.Stage },
			[]resource.Stage[HintStage]{
				{Key: HintRaised, Label: "Raised", Wait: true, Class: process.Open, Help: "Sales has the lead and answers within its limit."},
				{Key: HintAccepted, Label: "Accepted by sales", Wait: true, Class: process.Working, Help: "Sales works on it; the finder sees the outcome."},
				{Key: HintWon, Label: "Deal won", End: true, Class: process.Won},
				{Key: HintLost, Label: "Deal lost", End: true, Class: process.Lost},
				{Key: HintRejected, Label: "Rejected by sales", End: true, Class: process.Cancelled},
			},
			[]resource.Move[Hint, HintStage]{
				{Name: "accept", Label: "Accepted by sales", From: resource.From(HintRaised), To: HintAccepted, System: true, Do: reason},
				{Name: "win", Label: "Deal won", From: resource.From(HintRaised, HintAccepted), To: HintWon, System: true, Do: amount},
				{Name: "lose", Label: "Deal lost", From: resource.From(HintRaised, HintAccepted), To: HintLost, System: true, Deviation: true, Do: reason},
				{Name: "reject", Label: "Rejected by sales", From: resource.From(HintRaised), To: HintRejected, System: true, Deviation: true, Do: reason},
			}),
	}
	return s.Type
}
