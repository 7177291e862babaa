package domain

import (
	"context"
	"slices"
	"time"

	"meridian/modules/crm"
	"meridian/modules/ltc"
	"meridian/platform/authz"
	"meridian/platform/clock"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/i18n"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
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
	PartnerID   *int64 // who brought it, and shares in it
	PipelineID  int64
	StepID      int64  // of the pipeline
	Step        string // its name
	StepReason  string `gorm:"-"` // why the deal goes back a step, while it does
	Amount      money.Amount
	Probability money.Ratio
	CloseOn     date.Date // expected
	ClosedOn    date.Date // won or lost on
	Competitor  string    // the one that counts most; also among Competitors
	NextStep    string
	NextOn      date.Date
	Source      string
	Region      string
	LossReason  string
	CloseNote   string

	Category        string // of the forecast
	ProbSource      string // where the probability comes from: stage, learned or manual
	AutoProbability money.Ratio
	LastActivityAt  *time.Time
	HeldFrom        DealStage // the stage a deal on hold came from
	LostStage       DealStage
	RivalPrice      money.Amount
	PriceGap        money.Ratio // share of our price theirs stays below
	Evidence        string
	WinReason       string
	WinBackOn       date.Date
	ReviewedBy      *int64
	ReviewedOn      date.Date
	ReviewNote      string

	Team        []DealMember     `gorm:"-"`
	Competitors []DealCompetitor `gorm:"-"`
	Contacts    []DealContact    `gorm:"-"`
	Activities  []DealActivity   `gorm:"-"`
	Checks      []DealCheck      `gorm:"-"`
	Items       []DealItem       `gorm:"-"`
	WinPlan     string
}

// DealBook answers what no single deal knows. Package store implements it.
type DealBook interface {
	// ShareDeal shows a deal to people, and no longer to others.
	ShareDeal(ctx context.Context, deal int64, add, remove []int64) error
	// Touch notes that something was done about a deal, without changing its version.
	Touch(ctx context.Context, deal int64, at time.Time) error
	// AcceptedQuote names the current accepted quote of a deal, "" if there is none.
	AcceptedQuote(ctx context.Context, deal int64) (string, error)
	// Closed counts the closed deals of a company by department, outcome, stage
	// reached, source and pipeline.
	Closed(ctx context.Context, company int64) ([]ClosedDeals, error)
	// Outputs says which documents the stages ask for a deal has.
	Outputs(ctx context.Context, deal int64) (Outputs, error)
	// OpenDeals lists the open deals of a company.
	OpenDeals(ctx context.Context, company int64) ([]int64, error)
}

// Opportunities is the service behind the opportunity type.
type Opportunities struct {
	*Ports
	Store     record.Store[Opportunity]
	Type      *resource.Type[Opportunity]
	Deals     DealBook
	Policies  *SalesPolicies
	Followups ltc.Followups
	Steps     *SalesSteps
	Pipelines *Pipelines
	Now       clock.Clock
}

func (o *Opportunity) closed() bool { return o.Stage == DealWon || o.Stage == DealLost }

func (o *Opportunity) working() bool { return !o.closed() && o.Stage != DealHold }

// check fills what follows from the stage and holds the deal together: closing date,
// team, competitors, and a next step for as long as it is worked on. History without a
// closing date closed when it was expected to.
func (s *Opportunities) check(ctx context.Context, o *Opportunity) error {
	var bad []errs.Field
	if o.Amount.Sign() < 0 {
		bad = append(bad, errs.Field{Name: "amount", Message: "An amount cannot be negative."})
	}
	if o.Probability.Sign() < 0 || money.Units(1).Less(o.Probability) {
		bad = append(bad, errs.Field{Name: "probability", Message: "A probability lies between 0 % and 100 %."})
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
	if o.Competitor != "" {
		o.rival(o.Competitor)
	}
	if o.PartnerID != nil && value(o.CustomerID) == *o.PartnerID {
		bad = append(bad, errs.Field{Name: "partner_id", Message: "The partner is not the customer."})
	}
	bad = append(bad, o.checkTeam(s.People())...)
	bad = append(bad, o.checkCompetitors()...)
	bad = append(bad, o.checkContacts()...)
	if err := s.settleForecast(ctx, o); err != nil {
		return err
	}
	if err := s.settleStep(ctx, o); err != nil {
		return err
	}
	step, err := s.nextStep(ctx, o)
	if err != nil {
		return err
	}
	if e := errs.Join(append(bad, step...)); e != nil {
		return e
	}
	if o.ID != 0 && !authz.IsSystem(ctx) {
		s.touch(o)
	}
	return nil
}

// nextStep gives a new deal its first step and refuses to leave one that is worked on
// without.
func (s *Opportunities) nextStep(ctx context.Context, o *Opportunity) ([]errs.Field, error) {
	if !o.working() || (o.NextStep != "" && !o.NextOn.IsZero()) {
		return nil, nil
	}
	if o.ID == 0 {
		p, err := s.Policies.Of(ctx, o.CompanyID)
		if err != nil {
			return nil, err
		}
		if o.NextStep == "" {
			o.NextStep = i18n.T(ctx, "Survey the need")
		}
		if o.NextOn.IsZero() {
			o.NextOn = s.Today(ctx).AddDays(p.StepDays)
		}
		return nil, nil
	}
	if authz.IsSystem(ctx) {
		return nil, nil
	}
	if o.NextStep == "" {
		return []errs.Field{{Name: "next_step", Message: "An open deal needs a next step."}}, nil
	}
	return []errs.Field{{Name: "next_on", Message: "Say when the next step is due."}}, nil
}

// touch notes that somebody did something about the deal.
func (s *Opportunities) touch(o *Opportunity) {
	now := s.Now().UTC().Truncate(time.Microsecond)
	o.LastActivityAt = &now
}

// saved moves the customer of a new deal to the life cycle state opportunity and shows
// the deal to its team.
func (s *Opportunities) saved(ctx context.Context, o, before *Opportunity) error {
	var old []DealMember
	if before != nil {
		old = before.Team
	}
	if err := s.showTeam(ctx, o, old); err != nil {
		return err
	}
	customer := value(o.CustomerID)
	if customer == 0 || o.closed() || (before != nil && value(before.CustomerID) == customer) {
		return nil
	}
	return s.Customers.Advance(authz.System(ctx, "ltc.opportunity:create"), crm.CustomerID(customer), crm.Opportunity, s.Type.Ref(o.ID))
}

// showTeam lets the people of the team read the deal, and those who left it no longer.
func (s *Opportunities) showTeam(ctx context.Context, o *Opportunity, old []DealMember) error {
	ids := func(team []DealMember) (out []int64) {
		for _, m := range team {
			if !slices.Contains(out, m.UserID) {
				out = append(out, m.UserID)
			}
		}
		return out
	}
	now, was := ids(o.Team), ids(old)
	add := slices.DeleteFunc(slices.Clone(now), func(id int64) bool { return slices.Contains(was, id) })
	remove := slices.DeleteFunc(was, func(id int64) bool { return slices.Contains(now, id) })
	if len(add)+len(remove) == 0 {
		return nil
	}
	return s.Deals.ShareDeal(ctx, o.ID, add, remove)
}

// reach sets probability and forecast category of the stage a deal goes to, unless
// somebody has set others by hand.
func (s *Opportunities) reach(to DealStage) func(context.Context, *Opportunity) error {
	return func(ctx context.Context, o *Opportunity) error {
		s.touch(o)
		if to == DealHold {
			o.HeldFrom = o.Stage
		}
		was, now, err := s.arrive(ctx, o, to)
		if err != nil {
			return err
		}
		if o.Category == usualCategoryOf(o.Stage, was) {
			o.Category = usualCategoryOf(to, now)
		}
		return s.estimate(ctx, o, to, now)
	}
}

// activity is the input of the move "activity".
type activity struct {
	Way       string
	Note      string
	ContactID *int64
	NextStep  string
	NextOn    date.Date
}

func activityForm() resource.Fields[activity] {
	return resource.Fields[activity]{
		resource.Enum("way", "Way", func(a *activity) *string { return &a.Way }, ways()...).Required(),
		resource.LongText("note", "What was done", func(a *activity) *string { return &a.Note }).Required().Limit(2000),
		resource.OptRef("contact_id", "Contact", func(a *activity) **int64 { return &a.ContactID }, "crm.contact"),
		resource.Text("next_step", "Next step", func(a *activity) *string { return &a.NextStep }).Required(),
		resource.Date("next_on", "Next step on", func(a *activity) *date.Date { return &a.NextOn }).Required(),
	}
}

// log writes down what was done about a deal and what comes next.
func (s *Opportunities) log(ctx context.Context, o *Opportunity, in *activity) error {
	if in.NextOn.Before(s.Today(ctx)) {
		return errs.Bad("next_on", "The next step lies ahead, not in the past.")
	}
	s.touch(o)
	o.NextStep, o.NextOn = in.NextStep, in.NextOn
	o.Activities = append(o.Activities, DealActivity{Way: in.Way, Note: in.Note, ContactID: in.ContactID, DoneAt: o.LastActivityAt, ByUser: authz.Actor(ctx)})
	return nil
}
