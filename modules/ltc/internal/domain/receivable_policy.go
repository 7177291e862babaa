package domain

import (
	"context"

	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/ledger"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// Policy holds the thresholds of a company for its receivables.
type Policy struct {
	record.Base
	Title    string
	Score    int          // points from which a match is certain
	Lead     int          // points it must be ahead of the next
	Rounding money.Amount // differences the match overlooks
	NotDue   money.Ratio
	Days30   money.Ratio
	Days60   money.Ratio
	Days90   money.Ratio
	Days120  money.Ratio
	Older    money.Ratio
	WarnDays int // overdue for so long is a warning of bad debt
}

// defaultPolicy is what holds until a company writes its own.
func defaultPolicy() Policy {
	return Policy{Score: 75, Lead: 10, Rounding: money.MustAmount("50"), NotDue: money.MustQty("0.005"), Days30: money.MustQty("0.01"), Days60: money.MustQty("0.05"),
		Days90: money.MustQty("0.1"), Days120: money.MustQty("0.2"), Older: money.MustQty("0.5"), WarnDays: 30}
}

// Policies is the service behind the policy type.
type Policies struct {
	*Ports
	Store record.Store[Policy]
	Type  *resource.Type[Policy]
}

// Of is the policy of the actor's company.
func (s *Policies) Of(ctx context.Context) (Policy, error) {
	who, _ := authz.Of(ctx)
	return resource.SettingOf(ctx, s.Store, who.Company, defaultPolicy)
}

// Loss is the allowance an aged balance needs: bucket x rate.
func (p *Policy) Loss(a *Aging) money.Amount {
	var sum money.Amount
	for _, x := range []struct {
		open money.Amount
		rate money.Ratio
	}{{a.NotDue, p.NotDue}, {a.Days30, p.Days30}, {a.Days60, p.Days60}, {a.Days90, p.Days90}, {a.Days120, p.Days120}, {a.Older, p.Older}} {
		sum = sum.Add(money.Part(x.open, x.rate))
	}
	return sum
}

func (s *Policies) check(_ context.Context, p *Policy) error {
	var bad []errs.Field
	for name, r := range map[string]money.Ratio{"not_due": p.NotDue, "days30": p.Days30, "days60": p.Days60, "days90": p.Days90, "days120": p.Days120, "older": p.Older} {
		if r.Sign() < 0 || money.Units(1).Less(r) {
			bad = append(bad, errs.Field{Name: name, Message: "A share lies between 0 % and 100 %."})
		}
	}
	if p.Score < 1 || p.Score > 100 {
		bad = append(bad, errs.Field{Name: "score", Message: "Between 1 and 100 points."})
	}
	if p.Rounding.Sign() < 0 {
		bad = append(bad, errs.Field{Name: "rounding", Message: "An amount cannot be negative."})
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// Declare returns the document type of the policy.
func (s *Policies) Declare() *resource.Type[Policy] {
	rate := func(name, label string, at func(p *Policy) *money.Ratio) *resource.Field[Policy] {
		return resource.Percent(name, label, at).In("Expected loss")
	}
	s.Type = &resource.Type[Policy]{
		Name: "ltc.receivable_policy", Label: "Receivables policy", Plural: "Receivables policies", Icon: "adjustments", Number: "RP-{0000}", NoOwner: true, Store: s.Store, Check: s.check,
		Title:   func(p *Policy) string { return p.Title },
		Default: func(_ context.Context, p *Policy) error { b := p.Base; *p = defaultPolicy(); p.Base = b; return nil },
		Fields: resource.Fields[Policy]{
			resource.Text("title", "Subject", func(p *Policy) *string { return &p.Title }).Required().InList(),
			resource.Int("score", "Points of a certain match", func(p *Policy) *int { return &p.Score }).InList(),
			resource.Int("lead", "Points ahead of the next", func(p *Policy) *int { return &p.Lead }),
			resource.Money("rounding", "Difference the match overlooks", func(p *Policy) *money.Amount { return &p.Rounding }),
			rate("not_due", "Not due", func(p *Policy) *money.Ratio { return &p.NotDue }), rate("days30", "1-30 days", func(p *Policy) *money.Ratio { return &p.Days30 }),
			rate("days60", "31-60 days", func(p *Policy) *money.Ratio { return &p.Days60 }), rate("days90", "61-90 days", func(p *Policy) *money.Ratio { return &p.Days90 }),
			rate("days120", "91-120 days", func(p *Policy) *money.Ratio { return &p.Days120 }), rate("older", "Over 120 days", func(p *Policy) *money.Ratio { return &p.Older }),
			resource.Int("warn_days", "Bad-debt warning after days overdue", func(p *Policy) *int { return &p.WarnDays }),
		},
	}
	return s.Type
}

// Allowance is the loss expected on receivables as of a day, posted as the change since
// the last one.
type Allowance struct {
	record.Base
	AsOf   date.Date
	Target money.Amount
	Change money.Amount
}

// Allowances is the service behind the allowance type.
type Allowances struct {
	*Ports
	Store record.Store[Allowance]
	Type  *resource.Type[Allowance]
}

// Set brings the allowance to target as of a day. It returns what it changed by.
func (s *Allowances) Set(ctx context.Context, day date.Date, target money.Amount) (money.Amount, error) {
	who, _ := authz.Of(ctx)
	a := &Allowance{AsOf: day, Target: target}
	a.CompanyID, a.OwnerID = who.Company, who.User
	err := s.Tx(ctx, func(ctx context.Context) error {
		have, latest, err := s.Cash.Allowed(ctx, who.Company)
		if err != nil {
			return err
		}
		if !latest.Before(day) {
			return errs.Bad("as_of", "The allowance is booked until {0} already.", latest)
		}
		a.Change = target.Sub(have)
		if err := s.Type.Create(authz.System(ctx, "ltc.allowance:set"), a); err != nil {
			return err
		}
		ref := s.Type.Ref(a.ID)
		return s.Journal.Post(ctx, ledger.Entry{Company: who.Company, Day: day, Area: ledger.AreaReceivable, Event: "ltc.allowance.set", Doc: ref, Note: a.No, Key: ref.String(),
			Lines: []ledger.Line{ledger.Dr(ledger.BadDebt, a.Change), ledger.Cr(ledger.Allowance, a.Change)}})
	})
	return a.Change, err
}

// Declare returns the document type of the allowance.
func (s *Allowances) Declare() *resource.Type[Allowance] {
	s.Type = &resource.Type[Allowance]{
		Name: "ltc.allowance", Label: "Allowance for bad debts", Plural: "Allowances for bad debts", Icon: "shield-dollar", Number: "AL-{yyyy}-{0000}", Store: s.Store, NoCreate: true, NoEdit: true,
		Amount: func(a *Allowance) money.Amount { return a.Target },
		Day:    func(a *Allowance) date.Date { return a.AsOf },
		Fields: resource.Fields[Allowance]{
			resource.Date("as_of", "As of", func(a *Allowance) *date.Date { return &a.AsOf }).InList().Filter(),
			resource.Money("target", "Expected loss", func(a *Allowance) *money.Amount { return &a.Target }).InList(),
			resource.Money("change", "Booked change", func(a *Allowance) *money.Amount { return &a.Change }).InList(),
		},
	}
	return s.Type
}
