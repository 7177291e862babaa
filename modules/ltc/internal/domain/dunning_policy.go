package domain

import (
	"context"
	"fmt"

	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// DunningPolicy says how customers of a segment are reminded.
type DunningPolicy struct {
	record.Base
	Title     string
	Segment   string // tier of the customers; "" is every other
	MinAmount money.Amount
	Carry     bool           // fee and interest are charged, not waived
	Levels    []DunningLevel `gorm:"-"`
}

// DunningPolicies is the service behind the policy type.
type DunningPolicies struct {
	*Ports
	Store record.Store[DunningPolicy]
	Type  *resource.Type[DunningPolicy]
}

// All lists the policies of the actor's company by segment.
func (s *DunningPolicies) All(ctx context.Context) (map[string]*DunningPolicy, error) {
	who, _ := authz.Of(ctx)
	ctx = authz.System(ctx, "ltc.dunning_policy")
	list, err := s.Store.Find(ctx, record.Where("company_id", record.Eq, who.Company))
	if err != nil {
		return nil, fmt.Errorf("dunning policies: %w", err)
	}
	ptr := make([]*DunningPolicy, len(list))
	out := map[string]*DunningPolicy{}
	for i := range list {
		ptr[i] = &list[i]
		out[list[i].Segment] = ptr[i]
	}
	return out, s.Store.LoadLines(ctx, ptr)
}

func (s *DunningPolicies) check(_ context.Context, p *DunningPolicy) error {
	var bad []errs.Field
	for i := range p.Levels {
		l := &p.Levels[i]
		at := func(field, message string) {
			bad = append(bad, errs.Field{Name: fmt.Sprintf("levels.%d.%s", i, field), Message: message})
		}
		if l.Channel == "" {
			l.Channel = "email"
		}
		if i == 0 && l.Mode == FromPrevious {
			at("mode", "The first level cannot follow another.")
		}
		if l.Mode == FromPrevious && l.DelayDays < 1 {
			at("delay_days", "At least a day after the reminder before.")
		}
		if i > 0 && l.Mode != FromPrevious && p.Levels[i-1].Mode != FromPrevious && l.DelayDays <= p.Levels[i-1].DelayDays {
			at("delay_days", "Levels follow one another.")
		}
		if l.Fee.Sign() < 0 {
			at("fee", "An amount cannot be negative.")
		}
		if l.Rate.Sign() < 0 || money.Units(1).Less(l.Rate) {
			at("rate", "A share lies between 0 % and 100 %.")
		}
	}
	if p.MinAmount.Sign() < 0 {
		bad = append(bad, errs.Field{Name: "min_amount", Message: "An amount cannot be negative."})
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// Declare returns the document type of the dunning policy.
func (s *DunningPolicies) Declare() *resource.Type[DunningPolicy] {
	s.Type = &resource.Type[DunningPolicy]{
		Name: "ltc.dunning_policy", Label: "Dunning policy", Plural: "Dunning policies", Icon: "adjustments-alt", Number: "DP-{0000}", NoOwner: true, Store: s.Store, Check: s.check,
		Title: func(p *DunningPolicy) string { return p.Title },
		Fields: resource.Fields[DunningPolicy]{
			resource.Text("title", "Subject", func(p *DunningPolicy) *string { return &p.Title }).Required().InList().Search(),
			resource.Enum("segment", "Customer tier", func(p *DunningPolicy) *string { return &p.Segment }, resource.Option{Value: "key", Label: "Key account", Tone: "violet"}, resource.Option{Value: "standard", Label: "Standard", Tone: "neutral"}).InList().Filter().Hint("Empty is every customer without a policy of its own."),
			resource.Money("min_amount", "Not below", func(p *DunningPolicy) *money.Amount { return &p.MinAmount }).InList(),
			resource.Bool("carry", "Charge fee and interest", func(p *DunningPolicy) *bool { return &p.Carry }).InList().Hint("No waives them: the letter asks for the open amount only."),
			resource.Lines("levels", "Levels", func(p *DunningPolicy) *[]DunningLevel { return &p.Levels }, resource.Fields[DunningLevel]{
				resource.Int("delay_days", "Days", func(l *DunningLevel) *int { return &l.DelayDays }).Hint("Negative is a reminder before it is due."),
				resource.Enum("mode", "Counted from", func(l *DunningLevel) *LevelMode { return &l.Mode }, resource.Option{Value: "net", Label: "Due date"}, resource.Option{Value: "end_of_month", Label: "End of that month"}, resource.Option{Value: "previous", Label: "Reminder before"}).Required(),
				resource.Enum("channel", "Channel", func(l *DunningLevel) *string { return &l.Channel }, channels()...),
				resource.Money("fee", "Fee", func(l *DunningLevel) *money.Amount { return &l.Fee }),
				resource.Percent("rate", "Interest per year", func(l *DunningLevel) *money.Ratio { return &l.Rate }),
				resource.Text("subject", "Subject", func(l *DunningLevel) *string { return &l.Subject }).Required(),
				resource.LongText("body", "Text", func(l *DunningLevel) *string { return &l.Body }).Limit(2000),
			}).Required(),
		},
	}
	return s.Type
}

func channels() []resource.Option {
	return []resource.Option{{Value: "email", Label: "E-mail"}, {Value: "letter", Label: "Letter"}, {Value: "phone", Label: "Phone"}}
}
