package domain

import (
	"context"
	"fmt"
	"time"

	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// SolutionStage is the state of a solution.
type SolutionStage string

// The stages of a solution.
const (
	SolutionDraft      SolutionStage = "draft"
	SolutionConfirmed  SolutionStage = "confirmed"
	SolutionAgreed     SolutionStage = "agreed"
	SolutionSuperseded SolutionStage = "superseded"
)

// SolutionCost is one line of the estimate.
type SolutionCost struct {
	record.Line
	Kind      string
	What      string
	ProductID *int64
	Qty       money.Qty
	UnitCost  money.Price
	Cost      money.Price
}

// SolutionRisk is one risk of the solution.
type SolutionRisk struct {
	record.Line
	Risk, Level, Measure string
}

// SolutionConcern is one concern of the customer; all are closed before signing.
type SolutionConcern struct {
	record.Line
	Concern, Answer string
	Closed          bool
}

// Solution is what we offer to do about a need, in one version, with its estimate.
type Solution struct {
	record.Base
	Stage         SolutionStage
	OpportunityID int64
	Revision      int
	PreviousID    *int64
	Title         string
	Description   string
	MarketPrice   money.Amount
	Price         money.Amount
	Cost          money.Amount // with reserve
	Reserve       money.Ratio  // for risk, on top of the cost
	Margin        money.Amount
	MarginRate    money.Ratio
	Costs         []SolutionCost    `gorm:"-"`
	Risks         []SolutionRisk    `gorm:"-"`
	Concerns      []SolutionConcern `gorm:"-"`
}

// Solutions is the service behind the solution.
type Solutions struct {
	*Ports
	Store         record.Store[Solution]
	Type          *resource.Type[Solution]
	Opportunities *Opportunities
}

// Declare returns the document type of the solution.
func (s *Solutions) Declare() *resource.Type[Solution] {
	costs := resource.Lines("costs", "Estimate", func(x *Solution) *[]SolutionCost { return &x.Costs }, resource.Fields[SolutionCost]{
		resource.Enum("kind", "Kind", func(c *SolutionCost) *string { return &c.Kind }, resource.Option{Value: "material", Label: "Material"}, resource.Option{Value: "hours", Label: "Hours"}, resource.Option{Value: "service", Label: "Bought service"}, resource.Option{Value: "other", Label: "Other"}).Required(),
		resource.Text("what", "What", func(c *SolutionCost) *string { return &c.What }).Required(),
		resource.OptRef("product_id", "Product", func(c *SolutionCost) **int64 { return &c.ProductID }, "ipd.product"),
		resource.Quantity("qty", "Quantity", func(c *SolutionCost) *money.Qty { return &c.Qty }).Required(),
		resource.Price("unit_cost", "Unit cost", func(c *SolutionCost) *money.Price { return &c.UnitCost }),
		resource.Price("cost", "Cost", func(c *SolutionCost) *money.Price { return &c.Cost }).ReadOnly(),
	})
	s.Type = &resource.Type[Solution]{
		Name: "ltc.solution", Label: "Solution", Plural: "Solutions", Icon: "bulb", Number: "SO-S{yyyy}-{00000}/v1", Store: s.Store, Check: s.check,
		Title:  func(x *Solution) string { return x.Title },
		Amount: func(x *Solution) money.Amount { return x.Price },
		Rules:  map[string][]process.Rule{"ltc.solution:confirm": {{Label: "Every solution", Steps: []process.Step{process.ByRole("ltc.manager"), process.ByRole("core.finance_manager")}}}},
		Fields: resource.Fields[Solution]{
			resource.Ref("opportunity_id", "Opportunity", func(x *Solution) *int64 { return &x.OpportunityID }, "ltc.opportunity").Required().InList().Filter().Source(),
			resource.Text("title", "Title", func(x *Solution) *string { return &x.Title }).Required().InList().Search(),
			resource.Int("revision", "Version", func(x *Solution) *int { return &x.Revision }).ReadOnly().InList(),
			resource.OptRef("previous_id", "Previous version", func(x *Solution) **int64 { return &x.PreviousID }, "ltc.solution").ReadOnly().Source(),
			resource.LongText("description", "Functions, performance, interfaces", func(x *Solution) *string { return &x.Description }),
			costs,
			resource.Percent("reserve", "Risk reserve", func(x *Solution) *money.Ratio { return &x.Reserve }),
			resource.Money("market_price", "Market price", func(x *Solution) *money.Amount { return &x.MarketPrice }),
			resource.Money("price", "Price", func(x *Solution) *money.Amount { return &x.Price }).InList(),
			resource.Money("cost", "Cost with reserve", func(x *Solution) *money.Amount { return &x.Cost }).ReadOnly(),
			resource.Money("margin", "Margin", func(x *Solution) *money.Amount { return &x.Margin }).ReadOnly(),
			resource.Percent("margin_rate", "Margin rate", func(x *Solution) *money.Ratio { return &x.MarginRate }).ReadOnly().InList(),
			resource.Lines("risks", "Risks", func(x *Solution) *[]SolutionRisk { return &x.Risks }, resource.Fields[SolutionRisk]{
				resource.Text("risk", "Risk", func(r *SolutionRisk) *string { return &r.Risk }).Required().Limit(500),
				resource.Enum("level", "Level", func(r *SolutionRisk) *string { return &r.Level }, levels()...),
				resource.Text("measure", "Measure", func(r *SolutionRisk) *string { return &r.Measure }).Limit(500),
			}),
			resource.Lines("concerns", "Concerns of the customer", func(x *Solution) *[]SolutionConcern { return &x.Concerns }, resource.Fields[SolutionConcern]{
				resource.Text("concern", "Concern", func(c *SolutionConcern) *string { return &c.Concern }).Required().Limit(500),
				resource.Text("answer", "Answer", func(c *SolutionConcern) *string { return &c.Answer }).Limit(1000),
				resource.Bool("closed", "Closed", func(c *SolutionConcern) *bool { return &c.Closed }),
			}),
		},
		Process: resource.Process(func(x *Solution) *SolutionStage { return &x.Stage },
			[]resource.Stage[SolutionStage]{
				{Key: SolutionDraft, Label: "Draft", Owner: "ltc.rep", Class: process.Draft, Limit: 40 * time.Hour, Help: "Work out solution, estimate and risks."},
				{Key: SolutionConfirmed, Label: "Confirmed by us", Owner: "ltc.rep", Class: process.Working, Help: "Let the customer confirm it; write down and answer the concerns."},
				{Key: SolutionAgreed, Label: "Confirmed by customer", End: true, Class: process.Won},
				{Key: SolutionSuperseded, Label: "Superseded", End: true, Class: process.Cancelled},
			},
			[]resource.Move[Solution, SolutionStage]{
				{Name: "confirm", Label: "Confirm", From: resource.From(SolutionDraft), To: SolutionConfirmed, Matrix: "ltc.solution:confirm", Do: resource.Do(s.confirm)},
				{Name: "agree", Label: "Customer confirms", From: resource.From(SolutionConfirmed), To: SolutionAgreed, Do: resource.Do(s.agree)},
				{Name: "new_version", Label: "New version", From: resource.From(SolutionDraft, SolutionConfirmed, SolutionAgreed), To: SolutionSuperseded, Deviation: true, Do: resource.Do(s.newVersion)},
			}),
	}
	return s.Type
}

// check works out the estimate: cost with reserve, margin.
func (s *Solutions) check(_ context.Context, x *Solution) error {
	x.Revision = max(x.Revision, 1)
	var bad []errs.Field
	if x.Reserve.Sign() < 0 || money.Units(1).Less(x.Reserve) {
		bad = append(bad, errs.Field{Name: "reserve", Message: "A share lies between 0 % and 100 %."})
	}
	var sum money.Price
	for i := range x.Costs {
		c := &x.Costs[i]
		if c.Qty.Sign() <= 0 {
			bad = append(bad, errs.Field{Name: fmt.Sprintf("costs.%d.qty", i), Message: "The quantity must be greater than zero."})
		}
		if c.UnitCost.Sign() < 0 {
			bad = append(bad, errs.Field{Name: fmt.Sprintf("costs.%d.unit_cost", i), Message: "A cost cannot be negative."})
		}
		c.Cost = money.Times(c.UnitCost, c.Qty)
		sum = sum.Add(c.Cost)
	}
	for i := range x.Risks {
		if x.Risks[i].Level == "" {
			x.Risks[i].Level = "medium"
		}
	}
	for i := range x.Concerns {
		if c := x.Concerns[i]; c.Closed && c.Answer == "" {
			bad = append(bad, errs.Field{Name: fmt.Sprintf("concerns.%d.answer", i), Message: "Say how the concern was answered."})
		}
	}
	if x.Price.Sign() < 0 {
		bad = append(bad, errs.Field{Name: "price", Message: "A price cannot be negative."})
	}
	x.Cost = money.Round(sum.Add(money.Times(sum, x.Reserve)))
	x.Margin = x.Price.Sub(x.Cost)
	x.MarginRate, _ = money.Share(x.Margin, x.Price)
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

func (s *Solutions) confirm(ctx context.Context, x *Solution) error {
	if len(x.Costs) == 0 || x.Price.IsZero() {
		return errs.New(errs.Precondition, "A solution needs an estimate and a price before it is confirmed.")
	}
	return s.Opportunities.Deals.Touch(ctx, x.OpportunityID, s.Opportunities.Now())
}

func (s *Solutions) agree(ctx context.Context, x *Solution) error {
	return s.Opportunities.Deals.Touch(ctx, x.OpportunityID, s.Opportunities.Now())
}

// newVersion copies the solution into a draft; open concerns go along.
func (s *Solutions) newVersion(ctx context.Context, x *Solution) error {
	v := &Solution{OpportunityID: x.OpportunityID, Revision: x.Revision + 1, PreviousID: &x.ID, Title: x.Title, Description: x.Description, MarketPrice: x.MarketPrice, Price: x.Price, Reserve: x.Reserve}
	inherit(&v.Base, &x.Base)
	v.No = fmt.Sprintf("%s/v%d", root(x.No), v.Revision)
	for _, c := range x.Costs {
		c.Line = record.Line{}
		v.Costs = append(v.Costs, c)
	}
	for _, r := range x.Risks {
		r.Line = record.Line{}
		v.Risks = append(v.Risks, r)
	}
	for _, c := range x.Concerns {
		c.Line = record.Line{}
		v.Concerns = append(v.Concerns, c)
	}
	if err := s.Type.Create(ctx, v); err != nil {
		return fmt.Errorf("new version of %s: %w", x.No, err)
	}
	return nil
}
