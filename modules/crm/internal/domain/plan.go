package domain

import (
	"context"
	"fmt"
	"slices"

	"meridian/modules/crm"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// ResourcePlan breaks a revenue target of a unit back into the customers needed in each
// state. A unit is a department, or of it what a region, a product or the team of a partner
// has. Rates left empty are those measured over the last twelve months.
type ResourcePlan struct {
	record.Base
	UnitDeptID  int64
	Region      string
	ProductID   *int64
	PartnerID   *int64
	FromOn      date.Date
	ToOn        date.Date
	Target      money.Amount
	AverageDeal money.Amount
	ToPotential money.Ratio // of target customers
	ToDeal      money.Ratio // of potential customers
	ToSignature money.Ratio // of opportunities
}

// ResourcePlans is the service behind the resource plans.
type ResourcePlans struct {
	Store    record.Store[ResourcePlan]
	Type     *resource.Type[ResourcePlan]
	Partners func(ctx context.Context, id int64) (*Partner, error)
	Within   func(dept int64) []int64 // a department and those below it
}

// Covers reports whether a plan counts all that another counts: the same is planned twice.
func (s *ResourcePlans) Covers(p, part *ResourcePlan) bool {
	same := func(whole, of *int64) bool { return whole == nil || of != nil && *whole == *of }
	return slices.Contains(s.Within(p.UnitDeptID), part.UnitDeptID) && (p.Region == "" || p.Region == part.Region) && same(p.ProductID, part.ProductID) && same(p.PartnerID, part.PartnerID) &&
		!part.FromOn.Before(p.FromOn) && !p.ToOn.Before(part.ToOn)
}

// check holds the figures of a plan and keeps its unit free of contradiction.
func (s *ResourcePlans) check(ctx context.Context, p *ResourcePlan) error {
	bad := p.checkFigures()
	if p.PartnerID != nil {
		partner, err := s.Partners(ctx, *p.PartnerID)
		if err != nil {
			return fmt.Errorf("partner of a resource plan: %w", err)
		}
		if partner.CompanyID != p.CompanyID {
			return errs.Missing()
		}
		bad = append(bad, s.checkTeam(p, partner)...)
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// checkTeam refuses a plan for a partner where the partner does not work.
func (s *ResourcePlans) checkTeam(p *ResourcePlan, partner *Partner) (bad []errs.Field) {
	if p.ID == 0 && partner.Stage == PartnerEnded {
		bad = append(bad, errs.Field{Name: "partner_id", Message: "The partnership with {0} has ended.", Args: []any{partner.Name}})
	}
	if p.Region != "" && partner.Region != "" && p.Region != partner.Region {
		bad = append(bad, errs.Field{Name: "region", Message: "{0} works in the region {1}.", Args: []any{partner.Name, partner.Region}})
	}
	if !slices.Contains(s.Within(p.UnitDeptID), partner.DeptID) {
		bad = append(bad, errs.Field{Name: "unit_dept_id", Message: "{0} is looked after in another unit.", Args: []any{partner.Name}})
	}
	return bad
}

func (p *ResourcePlan) checkFigures() (bad []errs.Field) {
	if p.ToOn.Before(p.FromOn) {
		bad = append(bad, errs.Field{Name: "to_on", Message: "The end lies before the start."})
	}
	if p.Target.Sign() <= 0 {
		bad = append(bad, errs.Field{Name: "target", Message: "An amount above zero is expected."})
	}
	if p.AverageDeal.Sign() <= 0 {
		bad = append(bad, errs.Field{Name: "average_deal", Message: "An amount above zero is expected."})
	}
	one := money.Int[money.Micro](1)
	for name, r := range map[string]money.Ratio{"to_potential": p.ToPotential, "to_deal": p.ToDeal, "to_signature": p.ToSignature} {
		if r.Sign() < 0 || one.Less(r) {
			bad = append(bad, errs.Field{Name: name, Message: "A share from 0 to 1 is expected."})
		}
	}
	return bad
}

// Declare returns the document type of the resource plan.
func (s *ResourcePlans) Declare() *resource.Type[ResourcePlan] {
	s.Type = &resource.Type[ResourcePlan]{
		Name: "crm.resource_plan", Label: "Customer resource plan", Plural: "Customer resource plans", Icon: "target", Number: "RP-{yyyy}-{000}", Store: s.Store,
		Title: func(p *ResourcePlan) string { return p.Region }, Day: func(p *ResourcePlan) date.Date { return p.FromOn },
		Check: s.check,
		Fields: resource.Fields[ResourcePlan]{
			resource.Ref("unit_dept_id", "Unit", func(p *ResourcePlan) *int64 { return &p.UnitDeptID }, "core.department").Required().InList().Filter(),
			resource.Text("region", "Region", func(p *ResourcePlan) *string { return &p.Region }).InList().Filter().Hint("Empty: every region of the unit."),
			resource.OptRef("product_id", "Product", func(p *ResourcePlan) **int64 { return &p.ProductID }, "ipd.product").InList().Filter().Hint("The unit is what the customers bring whose deals name this product."),
			resource.OptRef("partner_id", "Partner", func(p *ResourcePlan) **int64 { return &p.PartnerID }, "crm.partner").InList().Filter().Hint("The unit is the team of this partner: the customers of its deals and registrations."),
			resource.Date("from_on", "From", func(p *ResourcePlan) *date.Date { return &p.FromOn }).Required().InList().Filter(),
			resource.Date("to_on", "To", func(p *ResourcePlan) *date.Date { return &p.ToOn }).Required().InList().Filter(),
			resource.Money("target", "Revenue target", func(p *ResourcePlan) *money.Amount { return &p.Target }).Required().InList(),
			resource.Money("average_deal", "Average deal", func(p *ResourcePlan) *money.Amount { return &p.AverageDeal }).Required().InList(),
			resource.Percent("to_potential", "Target customers that become potential", func(p *ResourcePlan) *money.Ratio { return &p.ToPotential }).Hint("Empty: as measured."),
			resource.Percent("to_deal", "Potential customers that get a deal", func(p *ResourcePlan) *money.Ratio { return &p.ToDeal }).Hint("Empty: as measured."),
			resource.Percent("to_signature", "Opportunities that sign", func(p *ResourcePlan) *money.Ratio { return &p.ToSignature }).Hint("Empty: as measured."),
		},
	}
	return s.Type
}

// Unit is whose customers are counted: those of a department and a region, and of them the
// named ones.
type Unit struct {
	Dept   int64
	Region string
	Named  bool
	IDs    []int64
}

// Step is one measured step of the life cycle: who entered a state in a period and went on.
type Step struct {
	Group                            string
	K                                int // place of the state on the ladder, from 1
	Entered, Reached, Open, Maturing int64
	Lag                              *float64 // median days until the next state
}

// Shrink steadies the rate of a small unit by that of the whole: (x + k·c)/(n + k) (5.4).
func Shrink(reached, entered int64, whole money.Decimal, k int) money.Decimal {
	n := money.Units(entered + int64(k)).Number()
	if n.IsZero() {
		return money.Decimal{}
	}
	return money.Units(reached).Number().Add(whole.Mul(money.Units(int64(k)).Number())).DivRound(n, 6)
}

// PlannedStages are the states a resource plan asks for, from the target back.
var PlannedStages = []crm.Lifecycle{crm.Signed, crm.Opportunity, crm.Potential, crm.Target}

// Required are the customers a plan needs per state; a state behind a rate of zero
// cannot be reached and has none.
type Required map[crm.Lifecycle]int64

// Break breaks a target back: signed = ceil(target/average deal), then each state before
// as ceil(next/rate). rates are target to potential, potential to opportunity,
// opportunity to signed (5.4).
func Break(target, deal money.Amount, rates [3]money.Decimal) Required {
	out := Required{}
	n := target.Number().Div(deal.Number()).Ceil()
	out[crm.Signed] = n.IntPart()
	for i, stage := range []crm.Lifecycle{crm.Opportunity, crm.Potential, crm.Target} {
		c := rates[2-i]
		if c.Sign() <= 0 {
			break
		}
		n = n.DivRound(c, 12).Ceil()
		out[stage] = n.IntPart()
	}
	return out
}

// StageNeed is what a plan needs and has in one state.
type StageNeed struct {
	Stage          crm.Lifecycle
	Required, Have int64     // Have counts who stands there, went on in the period, and is expected from the state before
	Unknown        bool      // behind a rate of zero: nobody knows how many are needed
	DueOn          date.Date // when they must stand there: the end less the later lags; zero when unmeasured
}

// Short is what is missing, never less than nothing.
func (n StageNeed) Short() int64 {
	if n.Unknown {
		return 0
	}
	return max(0, n.Required-n.Have)
}

// Compare compares a broken-back target with what a unit has: stock and advanced by state,
// rates as of Break, lags in days of target, potential, opportunity (nil: unmeasured).
func Compare(r Required, stock, advanced map[crm.Lifecycle]int64, rates [3]money.Decimal, lags [3]*float64, end date.Date) []StageNeed {
	var out []StageNeed
	days, known := 0.0, true
	for i, stage := range PlannedStages {
		required, ok := r[stage]
		n := StageNeed{Stage: stage, Required: required, Unknown: !ok, Have: stock[stage] + advanced[stage]}
		if stage == crm.Signed {
			n.Have = advanced[crm.Opportunity] // signed in the period, not those of before
		}
		if i < 3 {
			before := PlannedStages[i+1]
			n.Have += money.Units(stock[before]).Number().Mul(rates[2-i]).Floor().IntPart()
		}
		if i > 0 {
			lag := lags[3-i]
			if known = known && lag != nil; known {
				days += *lag
			}
		}
		if known {
			n.DueOn = end.AddDays(-int(days + 0.5))
		}
		out = append(out, n)
	}
	return out
}
