package domain

import (
	"context"
	"fmt"

	"meridian/modules/crm"
	"meridian/modules/ltc"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// DealStage is the state of an opportunity.
type DealStage string

// The stages of an opportunity.
const (
	DealQualify   DealStage = "qualify"
	DealPropose   DealStage = "propose"
	DealNegotiate DealStage = "negotiate"
	DealWon       DealStage = "won"
	DealLost      DealStage = "lost"
	DealHold      DealStage = "hold"
)

// chance is the usual probability of a stage.
var chance = map[DealStage]money.Ratio{
	DealQualify: money.MustQty("0.1"), DealPropose: money.MustQty("0.4"), DealNegotiate: money.MustQty("0.7"), DealHold: money.MustQty("0.1"),
	DealWon: money.Units(1), DealLost: {},
}

// Opportunity is a deal in the making.
type Opportunity struct {
	record.Base
	Stage       DealStage
	Name        string
	CustomerID  *int64 // may be unknown until the first quote
	ContactID   *int64
	LeadID      *int64
	ProductID   *int64
	Amount      money.Amount
	Probability money.Ratio
	CloseOn     date.Date // expected
	ClosedOn    date.Date // won or lost on
	Competitor  string
	NextStep    string
	NextOn      date.Date
	Source      string
	LossReason  string
	CloseNote   string
}

// Opportunities is the service behind the opportunity type.
type Opportunities struct {
	*Ports
	Store record.Store[Opportunity]
	Type  *resource.Type[Opportunity]
}

func (o *Opportunity) closed() bool { return o.Stage == DealWon || o.Stage == DealLost }

// check fills the usual probability and holds the closing date to closed deals;
// history without one closed when it was expected to.
func (s *Opportunities) check(ctx context.Context, o *Opportunity) error {
	var bad []errs.Field
	if o.Amount.Sign() < 0 {
		bad = append(bad, errs.Field{Name: "amount", Message: "An amount cannot be negative."})
	}
	if o.Probability.Sign() < 0 || money.Units(1).Less(o.Probability) {
		bad = append(bad, errs.Field{Name: "probability", Message: "A probability lies between 0 % and 100 %."})
	}
	if o.ID == 0 && (o.Probability.IsZero() || o.closed()) {
		o.Probability = chance[o.Stage]
	}
	switch {
	case !o.closed() && !o.ClosedOn.IsZero():
		bad = append(bad, errs.Field{Name: "closed_on", Message: "Only a deal that is won or lost has a closing date."})
	case o.closed() && o.ClosedOn.IsZero():
		o.ClosedOn = o.CloseOn
		if o.ClosedOn.IsZero() {
			o.ClosedOn = s.Today(ctx)
		}
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// saved moves the customer of a new deal to the life cycle state opportunity.
func (s *Opportunities) saved(ctx context.Context, o, before *Opportunity) error {
	customer := value(o.CustomerID)
	if customer == 0 || o.closed() || (before != nil && value(before.CustomerID) == customer) {
		return nil
	}
	return s.Customers.Advance(authz.System(ctx, "ltc.opportunity:create"), crm.CustomerID(customer), crm.Opportunity, s.Type.Ref(o.ID))
}

// reach sets the probability of the stage a deal goes to, unless somebody has set
// another than the usual one by hand.
func reach(to DealStage) func(context.Context, *Opportunity) error {
	return func(_ context.Context, o *Opportunity) error {
		if o.Probability.Equal(chance[o.Stage]) {
			o.Probability = chance[to]
		}
		return nil
	}
}

// win closes a deal behind which a signed contract or a confirmed order stands.
func (s *Opportunities) win(ctx context.Context, o *Opportunity) error {
	ok, err := s.Book.Backed(ctx, o.ID)
	if err != nil {
		return err
	}
	if !ok {
		return errs.New(errs.Precondition, "A deal is won by a signed contract or a confirmed order; there is none yet.")
	}
	o.LossReason = ""
	return s.close(ctx, o, DealWon, "")
}

// loss is the input of the move "lose".
type loss struct{ Reason, Competitor, Note string }

func loseForm() resource.Fields[loss] {
	return resource.Fields[loss]{
		resource.Enum("reason", "Reason of loss", func(l *loss) *string { return &l.Reason }, lossReasons()...).Required(),
		resource.Text("competitor", "Lost to", func(l *loss) *string { return &l.Competitor }),
		resource.LongText("note", "Note", func(l *loss) *string { return &l.Note }),
	}
}

func lossReasons() []resource.Option {
	return []resource.Option{
		{Value: "price", Label: "Price too high"}, {Value: "product", Label: "Product does not fit"}, {Value: "delivery", Label: "Delivery too late"}, {Value: "service", Label: "Service too weak"},
		{Value: "relation", Label: "Relation to competitor"}, {Value: "budget", Label: "No budget"}, {Value: "no_decision", Label: "No decision"}, {Value: "other", Label: "Other reason"},
	}
}

func (s *Opportunities) lose(ctx context.Context, o *Opportunity, in *loss) error {
	if in.Reason == "other" && in.Note == "" {
		return errs.Bad("note", "Say what the other reason was.")
	}
	backed, err := s.Book.Backed(ctx, o.ID)
	if err != nil {
		return err
	}
	if backed {
		return errs.New(errs.Precondition, "A signed contract or a confirmed order stands behind this deal; it cannot be lost.")
	}
	o.LossReason, o.CloseNote = in.Reason, in.Note
	if in.Competitor != "" {
		o.Competitor = in.Competitor
	}
	return s.close(ctx, o, DealLost, in.Reason)
}

func (s *Opportunities) close(ctx context.Context, o *Opportunity, to DealStage, reason string) error {
	o.Probability, o.ClosedOn = chance[to], s.Today(ctx)
	e := ltc.OpportunityClosed{Opportunity: s.Type.Ref(o.ID), Customer: crm.CustomerID(value(o.CustomerID)), Won: to == DealWon, Amount: o.Amount, Reason: reason}
	if o.LeadID != nil {
		e.Lead = trace.Ref{Type: "ltc.lead", ID: *o.LeadID}
	}
	if err := s.Bus.Publish(ctx, e); err != nil {
		return fmt.Errorf("close %s: %w", s.Type.Ref(o.ID), err)
	}
	return nil
}

// reopen takes a lost deal up again; the log keeps that it was lost, and why.
func (s *Opportunities) reopen(_ context.Context, o *Opportunity) error {
	o.ClosedOn, o.LossReason, o.CloseNote, o.Probability = date.Date{}, "", "", chance[DealQualify]
	return nil
}
