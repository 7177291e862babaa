package domain

import (
	"context"
	"fmt"
	"time"

	"meridian/modules/crm"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// RenewalStage is the state of a renewal.
type RenewalStage string

// The stages of a renewal.
const (
	RenewalUpcoming RenewalStage = "upcoming"
	RenewalRunning  RenewalStage = "in_progress"
	RenewalRenewed  RenewalStage = "renewed"
	RenewalExpanded RenewalStage = "expanded"
	RenewalReduced  RenewalStage = "reduced"
	RenewalChurned  RenewalStage = "churned"
)

// Renewal follows a contract that ends: what it is worth now, and what it is worth next.
type Renewal struct {
	record.Base
	Stage         RenewalStage
	ContractID    int64
	CustomerID    crm.CustomerID
	OpportunityID *int64
	Title         string
	EndsOn        date.Date
	Baseline      money.Amount // of the term that ends
	Monthly       money.Amount
	PriceRise     money.Ratio
	NewValue      money.Amount
	NewMonthly    money.Amount
	NewEndsOn     date.Date
	ChurnReason   string
	Note          string
	DecidedOn     date.Date
}

// Ending is a contract whose end comes near.
type Ending struct {
	ID         int64
	CompanyID  int64
	OwnerID    int64
	CustomerID crm.CustomerID
	Title      string
	Amount     money.Amount
	StartOn    date.Date
	EndOn      date.Date
}

// Renewals is the service behind the renewals.
type Renewals struct {
	*Ports
	Store         record.Store[Renewal]
	Type          *resource.Type[Renewal]
	Opportunities *Opportunities
	Policies      *SalesPolicies
	// Ending lists the contracts in force of a company that end until a day and have no
	// renewal yet.
	Ending func(ctx context.Context, company int64, until date.Date) ([]Ending, error)
}

// Declare returns the document type of the renewal.
func (s *Renewals) Declare() *resource.Type[Renewal] {
	s.Type = &resource.Type[Renewal]{
		Name: "ltc.renewal", Label: "Renewal", Plural: "Renewals", Icon: "refresh", Number: "RN-{yyyy}-{00000}", Store: s.Store, NoCreate: true, SumBy: "baseline",
		Title:  func(r *Renewal) string { return r.Title },
		Amount: func(r *Renewal) money.Amount { return r.Baseline },
		Fields: resource.Fields[Renewal]{
			resource.Ref("contract_id", "Contract", func(r *Renewal) *int64 { return &r.ContractID }, "ltc.contract").ReadOnly().InList().Filter().Source(),
			resource.Ref("customer_id", "Customer", func(r *Renewal) *crm.CustomerID { return &r.CustomerID }, "crm.customer").ReadOnly().InList().Filter(),
			resource.Text("title", "Title", func(r *Renewal) *string { return &r.Title }).ReadOnly().InList().Search(),
			resource.Date("ends_on", "Ends on", func(r *Renewal) *date.Date { return &r.EndsOn }).ReadOnly().InList().Filter(),
			resource.Money("baseline", "Value so far", func(r *Renewal) *money.Amount { return &r.Baseline }).ReadOnly().InList().Filter(),
			resource.Money("monthly", "Per month so far", func(r *Renewal) *money.Amount { return &r.Monthly }).ReadOnly(),
			resource.Percent("price_rise", "Price rise", func(r *Renewal) *money.Ratio { return &r.PriceRise }).InList(),
			resource.OptRef("opportunity_id", "Opportunity", func(r *Renewal) **int64 { return &r.OpportunityID }, "ltc.opportunity").ReadOnly().InList(),
			resource.Money("new_value", "New value", func(r *Renewal) *money.Amount { return &r.NewValue }).ReadOnly().InList(),
			resource.Money("new_monthly", "Per month from then on", func(r *Renewal) *money.Amount { return &r.NewMonthly }).ReadOnly(),
			resource.Date("new_ends_on", "New end", func(r *Renewal) *date.Date { return &r.NewEndsOn }).ReadOnly(),
			resource.Enum("churn_reason", "Reason of leaving", func(r *Renewal) *string { return &r.ChurnReason }, churnReasons()...).ReadOnly().Filter(),
			resource.LongText("note", "Note", func(r *Renewal) *string { return &r.Note }),
			resource.Date("decided_on", "Decided on", func(r *Renewal) *date.Date { return &r.DecidedOn }).ReadOnly().Filter(),
		},
		Process: resource.Process(func(r *Renewal) *RenewalStage { return &r.Stage },
			[]resource.Stage[RenewalStage]{
				{Key: RenewalUpcoming, Label: "Coming up", Owner: "ltc.rep", Limit: 40 * time.Hour, Help: "Look at use and health of the customer, settle the price rise, start the renewal."},
				{Key: RenewalRunning, Label: "Under way", Owner: "ltc.rep", Class: process.Working, Limit: 160 * time.Hour, Help: "Bring the new term home before the contract ends."},
				{Key: RenewalRenewed, Label: "Renewed", End: true, Class: process.Won}, {Key: RenewalExpanded, Label: "Expanded", End: true, Class: process.Won},
				{Key: RenewalReduced, Label: "Reduced", End: true}, {Key: RenewalChurned, Label: "Churned", End: true, Class: process.Lost},
			},
			[]resource.Move[Renewal, RenewalStage]{
				{Name: "start", Label: "Start the renewal", From: resource.From(RenewalUpcoming), To: RenewalRunning, Do: resource.Do(s.start)},
				{Name: "renew", Label: "Renewed", From: resource.From(RenewalRunning), To: RenewalRenewed, Do: resource.Ask(newTermForm(), s.settle(0))},
				{Name: "expand", Label: "Expanded", From: resource.From(RenewalRunning), To: RenewalExpanded, Do: resource.Ask(newTermForm(), s.settle(1))},
				{Name: "reduce", Label: "Reduced", From: resource.From(RenewalRunning), To: RenewalReduced, Deviation: true, Do: resource.Ask(newTermForm(), s.settle(-1))},
				{Name: "churn", Label: "Churned", From: resource.From(RenewalUpcoming, RenewalRunning), To: RenewalChurned, Deviation: true, Do: resource.Ask(churnForm(), s.churn)},
			}),
	}
	return s.Type
}

func churnReasons() []resource.Option {
	return []resource.Option{{Value: "price", Label: "Price too high"}, {Value: "competitor", Label: "Went to a competitor"}, {Value: "unused", Label: "Not used"}, {Value: "quality", Label: "Quality or service"}, {Value: "closed", Label: "Business given up"}, {Value: "other", Label: "Other reason"}}
}

// Months is how many months a term has, at least one; both ends are part of it.
func Months(from, to date.Date) int64 {
	end := to.AddDays(1)
	return max(1, int64((end.Year()-from.Year())*12+int(end.Month())-int(from.Month())))
}

func perMonth(a money.Amount, months int64) money.Amount {
	return money.RoundTo[money.Cents](a.Number().DivRound(money.Units(months).Number(), 6))
}

// Open makes the renewals of contracts that end within the days of the policy. The
// nightly job calls it; repeating it makes none twice. It returns how many it made.
func (s *Renewals) Open(ctx context.Context, company int64, day date.Date) (int, error) {
	ctx = authz.System(ctx, "ltc.renewal:open")
	policy, err := s.Policies.Of(ctx, company)
	if err != nil {
		return 0, err
	}
	list, err := s.Ending(ctx, company, day.AddDays(policy.RenewalDays))
	if err != nil {
		return 0, fmt.Errorf("contracts that end: %w", err)
	}
	for _, c := range list {
		r := &Renewal{ContractID: c.ID, CustomerID: c.CustomerID, Title: c.Title, EndsOn: c.EndOn, Baseline: c.Amount, Monthly: perMonth(c.Amount, Months(c.StartOn, c.EndOn)), PriceRise: policy.PriceRise}
		r.OwnerID, r.CompanyID = c.OwnerID, c.CompanyID
		if err := s.Type.Create(ctx, r); err != nil {
			return 0, fmt.Errorf("renewal of contract %d: %w", c.ID, err)
		}
	}
	return len(list), nil
}

// start opens the deal of the renewal, at the value so far with the price rise.
func (s *Renewals) start(ctx context.Context, r *Renewal) error {
	p, err := s.Opportunities.Pipelines.For(ctx, r.CompanyID, r.DeptID, ServesRenewal)
	if err != nil {
		return err
	}
	o := &Opportunity{Name: r.Title, CustomerID: pointer(r.CustomerID), PipelineID: p.ID, Source: "renewal", CloseOn: r.EndsOn, Amount: r.Baseline.Add(money.Part(r.Baseline, r.PriceRise))}
	inherit(&o.Base, &r.Base)
	if err := s.Opportunities.Type.Create(ctx, o, s.Type.Ref(r.ID)); err != nil {
		return fmt.Errorf("deal of renewal %s: %w", r.No, err)
	}
	r.OpportunityID = &o.ID
	return nil
}

// newTerm is the input of the moves that settle a renewal.
type newTerm struct {
	Value  money.Amount
	EndsOn date.Date
	Note   string
}

func newTermForm() resource.Fields[newTerm] {
	return resource.Fields[newTerm]{
		resource.Money("value", "New value", func(n *newTerm) *money.Amount { return &n.Value }).Required(),
		resource.Date("ends_on", "New end", func(n *newTerm) *date.Date { return &n.EndsOn }).Required(),
		resource.LongText("note", "Note", func(n *newTerm) *string { return &n.Note }).Limit(2000),
	}
}

// settle stores the new term; its worth per month against that so far must be what the
// move says: the same (0), more (1) or less (-1).
func (s *Renewals) settle(want int) func(ctx context.Context, r *Renewal, in *newTerm) error {
	return func(ctx context.Context, r *Renewal, in *newTerm) error {
		if !in.EndsOn.After(r.EndsOn) {
			return errs.Bad("ends_on", "The new term ends after the present one.")
		}
		monthly := perMonth(in.Value, Months(r.EndsOn.AddDays(1), in.EndsOn))
		if monthly.Cmp(r.Monthly) != want {
			return errs.Bad("value", "That is {0} per month against {1} so far; take the step that says so.", monthly, r.Monthly)
		}
		r.NewValue, r.NewMonthly, r.NewEndsOn, r.Note, r.DecidedOn = in.Value, monthly, in.EndsOn, in.Note, s.Today(ctx)
		return nil
	}
}

// leaving is the input of the move "churn".
type leaving struct{ Reason, Note string }

func churnForm() resource.Fields[leaving] {
	return resource.Fields[leaving]{
		resource.Enum("churn_reason", "Reason of leaving", func(l *leaving) *string { return &l.Reason }, churnReasons()...).Required(),
		resource.LongText("note", "Note", func(l *leaving) *string { return &l.Note }).Limit(2000),
	}
}

func (s *Renewals) churn(ctx context.Context, r *Renewal, in *leaving) error {
	if in.Reason == "other" && in.Note == "" {
		return errs.Bad("note", "Say what the other reason was.")
	}
	r.ChurnReason, r.Note, r.DecidedOn = in.Reason, in.Note, s.Today(ctx)
	return nil
}

// Retention is what became of the monthly value of contracts that ended in a period.
type Retention struct {
	Start, Contraction, Churn, Expansion, Open money.Amount
	Due, Renewed                               int64
}

// RetentionOf adds up renewals. What is not decided counts neither kept nor lost; it
// stands in Open.
func RetentionOf(list []Renewal) (t Retention) {
	for i := range list {
		r := &list[i]
		t.Due++
		switch r.Stage {
		case RenewalUpcoming, RenewalRunning:
			t.Open = t.Open.Add(r.Monthly)
			continue
		case RenewalChurned:
			t.Churn = t.Churn.Add(r.Monthly)
		default:
			t.Renewed++
			if r.NewMonthly.Less(r.Monthly) {
				t.Contraction = t.Contraction.Add(r.Monthly.Sub(r.NewMonthly))
			} else {
				t.Expansion = t.Expansion.Add(r.NewMonthly.Sub(r.Monthly))
			}
		}
		t.Start = t.Start.Add(r.Monthly)
	}
	return t
}

// GRR is (start - contraction - churn) / start; ok is false when nothing was due.
func (t Retention) GRR() (money.Ratio, bool) {
	return money.Share(t.Start.Sub(t.Contraction).Sub(t.Churn), t.Start)
}

// NRR is GRR + expansion / start.
func (t Retention) NRR() (money.Ratio, bool) {
	return money.Share(t.Start.Sub(t.Contraction).Sub(t.Churn).Add(t.Expansion), t.Start)
}

// Upsell is a product the peers of a customer bought and the customer did not.
type Upsell struct {
	CustomerID int64
	ProductID  int64
	BecauseID  int64 // the product both bought
	Peers      int64 // who bought that product
	Buyers     int64 // of them, who bought the other too
}
