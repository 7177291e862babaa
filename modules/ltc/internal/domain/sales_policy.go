package domain

import (
	"context"

	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// SalesPolicy holds the thresholds of selling of one company.
type SalesPolicy struct {
	record.Base
	StaleDays      int          // days without activity after which a deal is stale
	StepDays       int          // days until the first step of a new deal
	SilentLeadDays int          // days without contact after which a lead given out raises the alarm
	LearnedFrom    int          // closed deals needed before probabilities are learned
	MethodFrom     money.Amount // deals from this amount on need survey and solution
	DecisionFrom   money.Amount // quotes and contracts from this amount on need the decisions ATB and ATC; 0 = never
	MarginFloor    money.Ratio  // quotes below it go through approval
	PaymentDays    int          // longer payment terms go through approval
	RenewalDays    int          // a renewal is opened this long before the notice date
	PriceRise      money.Ratio  // usual index rise of a renewal
}

// SalesPolicies is the service behind the policy of selling.
type SalesPolicies struct {
	*Ports
	Store record.Store[SalesPolicy]
	Type  *resource.Type[SalesPolicy]
}

// usualPolicy is what a company sells by until it sets its own.
func usualPolicy() SalesPolicy {
	return SalesPolicy{StaleDays: 14, StepDays: 2, SilentLeadDays: 7, LearnedFrom: 50, MethodFrom: money.MustAmount("1000000"),
		MarginFloor: money.MustQty("0.15"), PaymentDays: 60, RenewalDays: 60}
}

// Declare returns the document type of the policy: one per company.
func (s *SalesPolicies) Declare() *resource.Type[SalesPolicy] {
	s.Type = &resource.Type[SalesPolicy]{
		Name: "ltc.sales_policy", Label: "Sales policy", Plural: "Sales policy", Icon: "adjustments", Number: "SPO-{000}", Store: s.Store, NoOwner: true, Check: s.check,
		Title: func(*SalesPolicy) string { return "" },
		Default: func(_ context.Context, p *SalesPolicy) error {
			base := p.Base
			*p = usualPolicy()
			p.Base = base
			return nil
		},
		Fields: resource.Fields[SalesPolicy]{
			resource.Int("stale_days", "A deal is stale after days without activity", func(p *SalesPolicy) *int { return &p.StaleDays }).Required().InList().In("Deals"),
			resource.Int("step_days", "First step of a new deal within days", func(p *SalesPolicy) *int { return &p.StepDays }).Required().In("Deals"),
			resource.Int("learned_from", "Closed deals needed to learn probabilities", func(p *SalesPolicy) *int { return &p.LearnedFrom }).Required().In("Deals"),
			resource.Money("method_from", "Survey and solution are required from", func(p *SalesPolicy) *money.Amount { return &p.MethodFrom }).InList().In("Deals").Hint("Smaller deals may skip them."),
			resource.Money("decision_from", "Decisions ATB and ATC are required from", func(p *SalesPolicy) *money.Amount { return &p.DecisionFrom }).In("Deals").Hint("Empty: never. A quote is sent only after ATB, a contract signed only after ATC."),
			resource.Int("silent_lead_days", "Alarm for leads without contact after days", func(p *SalesPolicy) *int { return &p.SilentLeadDays }).Required().InList().In("Leads"),
			resource.Percent("margin_floor", "Margin floor", func(p *SalesPolicy) *money.Ratio { return &p.MarginFloor }).InList().In("Quotes").Hint("Quotes below it go through approval."),
			resource.Int("payment_days", "Longest payment term without approval, in days", func(p *SalesPolicy) *int { return &p.PaymentDays }).In("Quotes"),
			resource.Int("renewal_days", "Open a renewal days before the notice date", func(p *SalesPolicy) *int { return &p.RenewalDays }).In("Renewals"),
			resource.Percent("price_rise", "Usual price rise of a renewal", func(p *SalesPolicy) *money.Ratio { return &p.PriceRise }).In("Renewals"),
		},
	}
	return s.Type
}

func (s *SalesPolicies) check(_ context.Context, p *SalesPolicy) error {
	var bad []errs.Field
	for name, n := range map[string]int{"stale_days": p.StaleDays, "step_days": p.StepDays, "silent_lead_days": p.SilentLeadDays, "learned_from": p.LearnedFrom} {
		if n <= 0 {
			bad = append(bad, errs.Field{Name: name, Message: "A number above zero is expected."})
		}
	}
	one := money.Units(1)
	for name, r := range map[string]money.Ratio{"margin_floor": p.MarginFloor, "price_rise": p.PriceRise} {
		if one.Less(r.Abs()) {
			bad = append(bad, errs.Field{Name: name, Message: "A share lies between 0 % and 100 %."})
		}
	}
	for name, a := range map[string]money.Amount{"method_from": p.MethodFrom, "decision_from": p.DecisionFrom} {
		if a.Sign() < 0 {
			bad = append(bad, errs.Field{Name: name, Message: "An amount cannot be negative."})
		}
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// Of returns the policy a company sells by.
func (s *SalesPolicies) Of(ctx context.Context, company int64) (SalesPolicy, error) {
	return resource.SettingOf(ctx, s.Store, company, usualPolicy)
}
