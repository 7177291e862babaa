package domain

import (
	"context"
	"fmt"
	"slices"

	"meridian/modules/crm"
	"meridian/modules/ltc"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/i18n"
	"meridian/platform/money"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// victory is the input of the move "win".
type victory struct{ Reason, Note string }

func winReasons() []resource.Option {
	return []resource.Option{
		{Value: "price", Label: "Better price"}, {Value: "product", Label: "Better product"}, {Value: "delivery", Label: "Faster delivery"}, {Value: "service", Label: "Better service"},
		{Value: "relation", Label: "Better relation"}, {Value: "reference", Label: "References"}, {Value: "other", Label: "Other reason"},
	}
}

func winForm() resource.Fields[victory] {
	return resource.Fields[victory]{
		resource.Enum("win_reason", "Reason of winning", func(v *victory) *string { return &v.Reason }, winReasons()...),
		resource.LongText("note", "Note", func(v *victory) *string { return &v.Note }).Limit(2000),
	}
}

// win closes a deal behind which a signed contract or a confirmed order stands.
func (s *Opportunities) win(ctx context.Context, o *Opportunity, in *victory) error {
	ok, err := s.Book.Backed(ctx, o.ID)
	if err != nil {
		return err
	}
	if !ok {
		return errs.New(errs.Precondition, "A deal is won by a signed contract or a confirmed order; there is none yet.")
	}
	if in.Reason == "other" && in.Note == "" {
		return errs.Bad("note", "Say what the other reason was.")
	}
	if o.Stage == DealNegotiate {
		if err := s.pass(ctx, o); err != nil {
			return err
		}
	}
	o.LossReason, o.WinReason, o.CloseNote = "", in.Reason, in.Note
	for i := range o.Competitors {
		if o.Competitors[i].Status == "active" {
			o.Competitors[i].Status = "beaten"
		}
	}
	return s.close(ctx, o, DealWon, "")
}

// loss is the input of the move "lose".
type loss struct {
	Reason, Competitor string
	RivalPrice         money.Amount
	PriceGap           money.Ratio
	Evidence, Note     string
	WinBackOn          date.Date
}

func loseForm() resource.Fields[loss] {
	return resource.Fields[loss]{
		resource.Enum("reason", "Reason of loss", func(l *loss) *string { return &l.Reason }, lossReasons()...).Required(),
		resource.Text("competitor", "Lost to", func(l *loss) *string { return &l.Competitor }).Hint("Not needed when nobody got the deal."),
		resource.Money("rival_price", "Their price", func(l *loss) *money.Amount { return &l.RivalPrice }),
		resource.Percent("price_gap", "Price gap", func(l *loss) *money.Ratio { return &l.PriceGap }).Hint("How far they stayed below us; worked out when their price is known."),
		resource.LongText("evidence", "Evidence", func(l *loss) *string { return &l.Evidence }).Limit(2000).Hint("Who said it, which document shows it."),
		resource.LongText("note", "Note", func(l *loss) *string { return &l.Note }).Limit(2000),
		resource.Date("win_back_on", "Win back on", func(l *loss) *date.Date { return &l.WinBackOn }).Hint("A follow-up is planned for this day."),
	}
}

func lossReasons() []resource.Option {
	return []resource.Option{
		{Value: "price", Label: "Price too high"}, {Value: "product", Label: "Product does not fit"}, {Value: "delivery", Label: "Delivery too late"}, {Value: "service", Label: "Service too weak"},
		{Value: "relation", Label: "Relation to competitor"}, {Value: "budget", Label: "No budget"}, {Value: "no_decision", Label: "No decision"}, {Value: "other", Label: "Other reason"},
	}
}

// nobodyWon are the reasons of loss without a competitor.
var nobodyWon = []string{"budget", "no_decision"}

// check holds a loss to what the next deal can learn from: category, competitor, price
// gap, evidence.
func (l *loss) check(ours money.Amount, today date.Date) (bad []errs.Field) {
	at := func(name, message string) { bad = append(bad, errs.Field{Name: name, Message: message}) }
	if l.Reason == "other" && l.Note == "" {
		at("note", "Say what the other reason was.")
	}
	if l.Competitor == "" && !slices.Contains(nobodyWon, l.Reason) {
		at("competitor", "Say who got the deal.")
	}
	if l.Evidence == "" {
		at("evidence", "Say how we know.")
	}
	if l.RivalPrice.Sign() < 0 {
		at("rival_price", "A price cannot be negative.")
	}
	if !l.RivalPrice.IsZero() {
		if kept, ok := money.Share(l.RivalPrice, ours); ok {
			l.PriceGap = money.Units(1).Sub(kept)
		}
	}
	if l.Reason == "price" && l.PriceGap.IsZero() {
		at("price_gap", "Lost by price: say their price or how far they stayed below us.")
	}
	if !l.WinBackOn.IsZero() && !l.WinBackOn.After(today) {
		at("win_back_on", "This day lies ahead.")
	}
	return bad
}

func (s *Opportunities) lose(ctx context.Context, o *Opportunity, in *loss) error {
	backed, err := s.Book.Backed(ctx, o.ID)
	if err != nil {
		return err
	}
	if backed {
		return errs.New(errs.Precondition, "A signed contract or a confirmed order stands behind this deal; it cannot be lost.")
	}
	quote, err := s.Deals.AcceptedQuote(ctx, o.ID)
	if err != nil {
		return err
	}
	if quote != "" {
		return errs.New(errs.Precondition, "The customer accepted quote {0}; the deal cannot be lost before it is replaced.", quote)
	}
	if e := errs.Join(in.check(o.Amount, s.Today(ctx))); e != nil {
		return e
	}
	o.LossReason, o.CloseNote, o.Evidence, o.RivalPrice, o.PriceGap, o.WinBackOn = in.Reason, in.Note, in.Evidence, in.RivalPrice, in.PriceGap, in.WinBackOn
	o.LostStage = o.Stage
	if o.Stage == DealHold {
		o.LostStage = o.HeldFrom
	}
	if in.Competitor != "" {
		r := o.rival(in.Competitor)
		r.Status = "won"
		if !in.RivalPrice.IsZero() {
			r.Price = in.RivalPrice
		}
		o.Competitor = r.Name
	}
	if err := s.winBack(ctx, o); err != nil {
		return err
	}
	return s.close(ctx, o, DealLost, in.Reason)
}

// winBack plans the follow-up that takes a lost customer up again.
func (s *Opportunities) winBack(ctx context.Context, o *Opportunity) error {
	if o.WinBackOn.IsZero() {
		return nil
	}
	if o.CustomerID == nil {
		return errs.Bad("win_back_on", "The deal names no customer to come back to.")
	}
	err := s.Followups.Plan(ctx, ltc.NewFollowup{Customer: crm.CustomerID(*o.CustomerID), Contact: crm.ContactID(value(o.ContactID)), Owner: o.OwnerID, On: o.WinBackOn,
		Subject: i18n.T(ctx, "Win back: {0}", o.Name), From: s.Type.Ref(o.ID)})
	if err != nil {
		return fmt.Errorf("plan win-back of %s: %w", o.No, err)
	}
	return nil
}

func (s *Opportunities) close(ctx context.Context, o *Opportunity, to DealStage, reason string) error {
	s.touch(o)
	o.Probability, o.AutoProbability, o.ProbSource, o.Category = chance[to], chance[to], probStage, usualCategory[to]
	o.ClosedOn, o.NextStep, o.NextOn = s.Today(ctx), "", date.Date{}
	e := ltc.OpportunityClosed{Opportunity: s.Type.Ref(o.ID), Customer: crm.CustomerID(value(o.CustomerID)), Won: to == DealWon, Amount: o.Amount, Reason: reason}
	if o.LeadID != nil {
		e.Lead = trace.Ref{Type: "ltc.lead", ID: *o.LeadID}
	}
	if err := s.Bus.Publish(ctx, e); err != nil {
		return fmt.Errorf("close %s: %w", s.Type.Ref(o.ID), err)
	}
	return nil
}

// reopen takes a lost deal up again; the log keeps that it was lost, and why. What was
// learned from the loss goes with it, since probabilities are learned from the deals
// that are closed now.
func (s *Opportunities) reopen(ctx context.Context, o *Opportunity) error {
	o.ClosedOn, o.LossReason, o.CloseNote, o.Evidence = date.Date{}, "", "", ""
	o.RivalPrice, o.PriceGap, o.LostStage, o.WinBackOn = money.Amount{}, money.Ratio{}, "", date.Date{}
	o.ReviewedBy, o.ReviewedOn, o.ReviewNote = nil, date.Date{}, ""
	for i := range o.Competitors {
		if o.Competitors[i].Status == "won" {
			o.Competitors[i].Status = "active"
		}
	}
	p, err := s.Policies.Of(ctx, o.CompanyID)
	if err != nil {
		return err
	}
	o.NextStep, o.NextOn = i18n.T(ctx, "Survey the need"), s.Today(ctx).AddDays(p.StepDays)
	o.ProbSource = probStage
	return s.reach(DealQualify)(ctx, o)
}

// review is the input of the move "review".
type review struct{ Note string }

func reviewForm() resource.Fields[review] {
	return resource.Fields[review]{resource.LongText("note", "What we learn from it", func(r *review) *string { return &r.Note }).Required().Limit(2000)}
}

// review is what the head of sales concludes from a closed deal; nobody reviews an own
// one.
func (s *Opportunities) review(ctx context.Context, o *Opportunity, in *review) error {
	me := authz.Actor(ctx)
	if me == o.OwnerID {
		return errs.New(errs.Forbidden, "Nobody reviews an own deal.")
	}
	o.ReviewedBy, o.ReviewedOn, o.ReviewNote = &me, s.Today(ctx), in.Note
	return nil
}
