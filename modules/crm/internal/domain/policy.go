package domain

import (
	"context"

	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/org"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// Policy holds the thresholds of a company, one record each. A company without a
// record follows DefaultPolicy.
type Policy struct {
	record.Base
	NameSimilarity   money.Ratio  // two names this alike may be one customer
	RefuseSimilar    bool         // refuse a new customer that resembles one, unless it is confirmed
	UndoDays         int          // a merge can be undone
	VerifyDays       int          // contact data without proof turns stale
	RemindBelow      int          // completeness in percent
	ChurnDays        int          // silence without an open order: at risk
	DormantDays      int          // silence: dormant
	TaskDays         int          // an answer to a risk is due
	HighBelow        int          // health below it: high risk
	LowFrom          int          // health from it: low risk
	Shrink           int          // weight of the whole in a unit's own conversion rate
	MatureDays       int          // younger cohorts are maturing
	Capacity         int          // customers one person may hold
	FirstContactDays int          // what was given out and not contacted goes back
	OverdueTolerance money.Amount // overdue above it for longer than OverdueDays blocks
	OverdueDays      int
	ReleaseDays      int // a credit release lasts at most
	RFMMonths        int `gorm:"column:rfm_months"`
	ClassShare       money.Ratio
	DiscountRate     money.Ratio
	ProtectDays      int // a registered deal is protected

	// Weights of the score of partners, and what counts as full.
	PartnerRevenue, PartnerGrowth, PartnerCertification, PartnerSatisfaction int
	PartnerTarget                                                            money.Amount // revenue of twelve months
	PartnerRise                                                              money.Ratio  // growth over the twelve months before
	PartnerSilver, PartnerGold                                               int          // points from which the tier holds

	Freedoms []PolicyFreedom `gorm:"-"` // what branches may set themselves
}

// DefaultPolicy is what the field has settled on (modules/crm of the specification,
// sections 2 and 5).
func DefaultPolicy() Policy {
	return Policy{NameSimilarity: ratio("0.85"), UndoDays: 30, VerifyDays: 180, RemindBelow: 80, ChurnDays: 30, DormantDays: 90, TaskDays: 3, HighBelow: 60, LowFrom: 90,
		Shrink: 20, MatureDays: 90, Capacity: 200, FirstContactDays: 7, OverdueDays: 30, ReleaseDays: 30, RFMMonths: 24, ClassShare: ratio("0.8"), DiscountRate: ratio("0.1"), ProtectDays: 90,
		PartnerRevenue: 40, PartnerGrowth: 20, PartnerCertification: 20, PartnerSatisfaction: 20, PartnerTarget: money.MustAmount("1000000"), PartnerRise: ratio("0.2"), PartnerSilver: 50, PartnerGold: 75}
}

func ratio(s string) money.Ratio {
	v, err := money.Parse[money.Micro](s)
	if err != nil {
		panic(err)
	}
	return v
}

// Policies keeps the settings.
type Policies struct {
	Store record.Store[Policy]
	Type  *resource.Type[Policy]

	Branches   record.Store[BranchPolicy]
	BranchType *resource.Type[BranchPolicy]
	Directory  func() *org.Directory
}

// Of returns the policy of head office: what holds for the whole company.
func (s *Policies) Of(ctx context.Context, company int64) (Policy, error) {
	return resource.SettingOf(ctx, s.Store, company, DefaultPolicy)
}

// Mine returns the policy in force in a department, by itself in that of the actor.
func (s *Policies) Mine(ctx context.Context, dept int64) (Policy, error) {
	who, _ := authz.Of(ctx)
	if dept == 0 {
		dept = who.Dept
	}
	return s.For(ctx, who.Company, dept)
}

func (s *Policies) check(_ context.Context, p *Policy) error {
	var bad []errs.Field
	days := func(name string, n int) {
		if n < 1 || n > 3650 {
			bad = append(bad, errs.Field{Name: name, Message: "Between {0} and {1} days.", Args: []any{1, 3650}})
		}
	}
	days("undo_days", p.UndoDays)
	days("verify_days", p.VerifyDays)
	days("churn_days", p.ChurnDays)
	days("task_days", p.TaskDays)
	days("mature_days", p.MatureDays)
	days("first_contact_days", p.FirstContactDays)
	days("release_days", p.ReleaseDays)
	days("protect_days", p.ProtectDays)
	if p.DormantDays <= p.ChurnDays || p.DormantDays > 3650 {
		bad = append(bad, errs.Field{Name: "dormant_days", Message: "More days than for the churn warning."})
	}
	one := money.Int[money.Micro](1)
	for name, r := range map[string]money.Ratio{"name_similarity": p.NameSimilarity, "class_share": p.ClassShare, "discount_rate": p.DiscountRate} {
		if r.Sign() <= 0 || one.Less(r) {
			bad = append(bad, errs.Field{Name: name, Message: "A share above 0 and up to 1 is expected."})
		}
	}
	if p.HighBelow < 0 || p.LowFrom > 100 || p.HighBelow >= p.LowFrom {
		bad = append(bad, errs.Field{Name: "low_from", Message: "The limits of the risk grades lie between 0 and 100, the lower one first."})
	}
	if p.RFMMonths < 1 || p.RFMMonths > 60 {
		bad = append(bad, errs.Field{Name: "rfm_months", Message: "Between {0} and {1} months.", Args: []any{1, 60}})
	}
	if p.Capacity < 1 || p.Shrink < 0 || p.RemindBelow < 0 || p.RemindBelow > 100 {
		bad = append(bad, errs.Field{Name: "capacity", Message: "A whole number above zero is expected."})
	}
	sum := 0
	for name, n := range map[string]int{"partner_revenue": p.PartnerRevenue, "partner_growth": p.PartnerGrowth, "partner_certification": p.PartnerCertification, "partner_satisfaction": p.PartnerSatisfaction} {
		if n < 0 || n > 1000 {
			bad = append(bad, errs.Field{Name: name, Message: "From {0} to {1}.", Args: []any{0, 1000}})
		}
		sum += n
	}
	if sum == 0 {
		bad = append(bad, errs.Field{Name: "partner_revenue", Message: "One part of the score needs a weight."})
	}
	if p.PartnerTarget.Sign() <= 0 {
		bad = append(bad, errs.Field{Name: "partner_target", Message: "An amount above zero is expected."})
	}
	if p.PartnerRise.Sign() <= 0 {
		bad = append(bad, errs.Field{Name: "partner_rise", Message: "A share above zero is expected."})
	}
	if p.PartnerSilver < 0 || p.PartnerGold > 100 || p.PartnerSilver >= p.PartnerGold {
		bad = append(bad, errs.Field{Name: "partner_gold", Message: "The limits of the tiers lie between 0 and 100, the lower one first."})
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// Declare returns the document type of the settings.
func (s *Policies) Declare() *resource.Type[Policy] {
	days := resource.Int[Policy, int]
	s.Type = &resource.Type[Policy]{
		Name: "crm.policy", Label: "Customer policy", Plural: "Customer policies", Icon: "adjustments", Number: "CP-{00}", NoOwner: true,
		Store: s.Store, Check: s.check,
		Default: func(ctx context.Context, p *Policy) error {
			base := p.Base
			*p = DefaultPolicy()
			p.Base = base
			return nil
		},
		Title: func(*Policy) string { return "" },
		Fields: resource.Fields[Policy]{
			resource.Percent("name_similarity", "Names this alike may be one customer", func(p *Policy) *money.Ratio { return &p.NameSimilarity }).In("Customer master"),
			resource.Bool("refuse_similar", "Refuse a new customer that resembles one until it is confirmed", func(p *Policy) *bool { return &p.RefuseSimilar }).In("Customer master"),
			days("undo_days", "Days in which a merge can be undone", func(p *Policy) *int { return &p.UndoDays }).In("Customer master"),
			days("verify_days", "Days until contact data turns stale", func(p *Policy) *int { return &p.VerifyDays }).In("Customer master"),
			days("remind_below", "Remind below this completeness (%)", func(p *Policy) *int { return &p.RemindBelow }).In("Customer master").InList(),
			days("churn_days", "Days of silence until a customer is at risk", func(p *Policy) *int { return &p.ChurnDays }).In("Health").InList(),
			days("dormant_days", "Days of silence until a customer is dormant", func(p *Policy) *int { return &p.DormantDays }).In("Health").InList(),
			days("task_days", "Days to answer a risk", func(p *Policy) *int { return &p.TaskDays }).In("Health"),
			days("high_below", "High risk below this health", func(p *Policy) *int { return &p.HighBelow }).In("Health"),
			days("low_from", "Low risk from this health", func(p *Policy) *int { return &p.LowFrom }).In("Health"),
			days("shrink", "Customers of the whole that steady a unit's conversion rate", func(p *Policy) *int { return &p.Shrink }).In("Resource plan"),
			days("mature_days", "Days until a cohort is mature", func(p *Policy) *int { return &p.MatureDays }).In("Resource plan"),
			days("capacity", "Customers one person may hold", func(p *Policy) *int { return &p.Capacity }).In("Allocation").InList(),
			days("first_contact_days", "Days until the first contact", func(p *Policy) *int { return &p.FirstContactDays }).In("Allocation"),
			resource.Money("overdue_tolerance", "Overdue amount that does not block", func(p *Policy) *money.Amount { return &p.OverdueTolerance }).In("Credit"),
			days("overdue_days", "Days overdue that do not block", func(p *Policy) *int { return &p.OverdueDays }).In("Credit"),
			days("release_days", "Days a credit release lasts at most", func(p *Policy) *int { return &p.ReleaseDays }).In("Credit"),
			days("rfm_months", "Months looked at for recency, frequency and value", func(p *Policy) *int { return &p.RFMMonths }).In("Value"),
			resource.Percent("class_share", "Share of the margin that class A makes", func(p *Policy) *money.Ratio { return &p.ClassShare }).In("Value"),
			resource.Percent("discount_rate", "Discount rate a year", func(p *Policy) *money.Ratio { return &p.DiscountRate }).In("Value"),
			days("protect_days", "Days a registered deal is protected", func(p *Policy) *int { return &p.ProtectDays }).In("Partners"),
			days("partner_revenue", "Weight of revenue", func(p *Policy) *int { return &p.PartnerRevenue }).In("Partners"),
			days("partner_growth", "Weight of growth", func(p *Policy) *int { return &p.PartnerGrowth }).In("Partners"),
			days("partner_certification", "Weight of certification", func(p *Policy) *int { return &p.PartnerCertification }).In("Partners"),
			days("partner_satisfaction", "Weight of satisfaction", func(p *Policy) *int { return &p.PartnerSatisfaction }).In("Partners"),
			resource.Money("partner_target", "Revenue of 12 months that counts as full", func(p *Policy) *money.Amount { return &p.PartnerTarget }).In("Partners"),
			resource.Percent("partner_rise", "Growth that counts as full", func(p *Policy) *money.Ratio { return &p.PartnerRise }).In("Partners"),
			days("partner_silver", "Silver from this score", func(p *Policy) *int { return &p.PartnerSilver }).In("Partners"),
			days("partner_gold", "Gold from this score", func(p *Policy) *int { return &p.PartnerGold }).In("Partners"),
			resource.Lines("freedoms", "What branches may set themselves", func(p *Policy) *[]PolicyFreedom { return &p.Freedoms }, resource.Fields[PolicyFreedom]{
				resource.Enum("field", "Threshold", func(f *PolicyFreedom) *string { return &f.Field }, branchFields...).Required(),
				resource.Enum("may", "Branches may set it", func(f *PolicyFreedom) *string { return &f.May }, freedoms...).Required(),
			}).Hint("Everything else is inherited. What a branch has set ends to hold when it is no longer allowed here."),
		},
	}
	return s.Type
}
