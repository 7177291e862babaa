package domain

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/i18n"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// SalesStep is one thing to do in a stage of a deal, as a verifiable outcome at the
// customer, with how the best do it.
type SalesStep struct {
	record.Base
	StageKey   DealStage
	PipelineID *int64 // nil = every pipeline
	Seq        int
	Name       string
	Practice   string
	Mandatory  bool
}

// SalesSteps is the service behind the check lists of the stages.
type SalesSteps struct {
	*Ports
	Store record.Store[SalesStep]
	Type  *resource.Type[SalesStep]
}

func stageOptions() []resource.Option {
	return []resource.Option{{Value: string(DealQualify), Label: "Qualify the deal"}, {Value: string(DealPropose), Label: "Proposal"}, {Value: string(DealNegotiate), Label: "Negotiation"}}
}

// Declare returns the document type of the steps.
func (s *SalesSteps) Declare() *resource.Type[SalesStep] {
	s.Type = &resource.Type[SalesStep]{
		Name: "ltc.sales_step", Label: "Sales step", Plural: "Sales method", Icon: "list-check", Number: "SS-{0000}", Store: s.Store, NoOwner: true,
		Title: func(x *SalesStep) string { return x.Name },
		Fields: resource.Fields[SalesStep]{
			resource.Text("name", "Outcome at the customer", func(x *SalesStep) *string { return &x.Name }).Required().InList().Search(),
			resource.Enum("stage_key", "Stage", func(x *SalesStep) *DealStage { return &x.StageKey }, stageOptions()...).Required().InList().Filter(),
			resource.OptRef("pipeline_id", "Pipeline", func(x *SalesStep) **int64 { return &x.PipelineID }, "ltc.pipeline").InList().Filter().Hint("Empty: every pipeline."),
			resource.Int("seq", "Order", func(x *SalesStep) *int { return &x.Seq }).InList(),
			resource.Bool("mandatory", "Needed to leave the stage", func(x *SalesStep) *bool { return &x.Mandatory }).InList().Filter(),
			resource.LongText("practice", "How the best do it", func(x *SalesStep) *string { return &x.Practice }),
		},
	}
	return s.Type
}

// of lists the steps of a stage of a deal, in their order.
func (s *SalesSteps) of(ctx context.Context, o *Opportunity, stage DealStage) ([]SalesStep, error) {
	list, err := s.Store.Find(authz.System(ctx, "ltc.sales_step:of"), record.Where("company_id", record.Eq, o.CompanyID).And("stage_key", record.Eq, string(stage)))
	if err != nil {
		return nil, fmt.Errorf("steps of %s: %w", stage, err)
	}
	list = slices.DeleteFunc(list, func(x SalesStep) bool { return x.PipelineID != nil && *x.PipelineID != o.PipelineID })
	slices.SortStableFunc(list, func(a, b SalesStep) int { return a.Seq - b.Seq })
	return list, nil
}

// DealCheck is a step somebody has done for a deal.
type DealCheck struct {
	record.Line
	StepID int64
	DoneOn date.Date
	ByUser int64
	Proof  string
}

func checkFields() resource.Fields[DealCheck] {
	return resource.Fields[DealCheck]{
		resource.Ref("step_id", "Step", func(c *DealCheck) *int64 { return &c.StepID }, "ltc.sales_step").ReadOnly(),
		resource.Date("done_on", "Done on", func(c *DealCheck) *date.Date { return &c.DoneOn }).ReadOnly(),
		resource.Ref("by_user", "By", func(c *DealCheck) *int64 { return &c.ByUser }, "core.user").ReadOnly(),
		resource.Text("proof", "How we know", func(c *DealCheck) *string { return &c.Proof }).ReadOnly(),
	}
}

// tick is the input of the move "tick".
type tick struct {
	Step  int64
	Item  string
	Proof string
}

func tickForm() resource.Fields[tick] {
	return resource.Fields[tick]{
		resource.Ref("step", "Step", func(t *tick) *int64 { return &t.Step }, "ltc.sales_step"),
		resource.Text("item", "Requirement", func(t *tick) *string { return &t.Item }).Hint("Of a step of the pipeline, in its words."),
		resource.Text("proof", "How we know", func(t *tick) *string { return &t.Proof }).Limit(1000),
	}
}

// tick notes a step of the method or a requirement of the pipeline as done. Ticking it
// again changes nothing.
func (s *Opportunities) tick(ctx context.Context, o *Opportunity, in *tick) error {
	switch {
	case (in.Step == 0) == (in.Item == ""):
		return errs.Bad("step", "Name a step or a requirement.")
	case in.Item != "":
		return s.tickItem(ctx, o, in)
	}
	if slices.ContainsFunc(o.Checks, func(c DealCheck) bool { return c.StepID == in.Step }) {
		return nil
	}
	s.touch(o)
	o.Checks = append(o.Checks, DealCheck{StepID: in.Step, DoneOn: s.Today(ctx), ByUser: authz.Actor(ctx), Proof: in.Proof})
	return nil
}

func (s *Opportunities) tickItem(ctx context.Context, o *Opportunity, in *tick) error {
	p, err := s.Pipelines.Of(ctx, o.PipelineID)
	if err != nil {
		return fmt.Errorf("pipeline of %s: %w", o.No, err)
	}
	asked := func(x PipelineStep) bool {
		return slices.Contains(Items(x.EnterItems), in.Item) || slices.Contains(Items(x.LeaveItems), in.Item)
	}
	if !slices.ContainsFunc(p.Steps, asked) {
		return errs.Bad("item", "No step of this pipeline asks for that.")
	}
	if len(o.unmet([]string{in.Item})) == 0 {
		return nil
	}
	s.touch(o)
	o.Items = append(o.Items, DealItem{Item: in.Item, DoneOn: s.Today(ctx), ByUser: authz.Actor(ctx), Proof: in.Proof})
	return nil
}

// Outputs are the documents of a deal a stage asks for.
type Outputs struct {
	SurveyDone     bool
	SolutionAgreed bool
	QuoteOut       bool
	OpenConcerns   int64 // of the solution in force
}

// Gate is what a deal still lacks to leave a stage forward.
type Gate struct {
	Steps   []SalesStep
	Step    *PipelineStep // the deal stands in
	Asked   []string      // requirements on the way to the next step
	Next    *PipelineStep
	Missing []string // steps and outputs, as sentences
	Out     Outputs
}

// GateOf says what a deal lacks to leave stage: the mandatory steps, and from the amount
// of the policy on a done survey before the proposal, a confirmed solution or a quote at
// the customer before the negotiation, no open concern before winning.
func (s *Opportunities) GateOf(ctx context.Context, o *Opportunity, stage DealStage) (Gate, error) {
	steps, err := s.Steps.of(ctx, o, stage)
	if err != nil {
		return Gate{}, err
	}
	out, err := s.Deals.Outputs(ctx, o.ID)
	if err != nil {
		return Gate{}, fmt.Errorf("outputs of %s: %w", o.No, err)
	}
	policy, err := s.Policies.Of(ctx, o.CompanyID)
	if err != nil {
		return Gate{}, err
	}
	g := Gate{Steps: steps, Out: out}
	p, err := s.Pipelines.Of(ctx, o.PipelineID)
	if err != nil {
		return Gate{}, fmt.Errorf("pipeline of %s: %w", o.No, err)
	}
	at := p.at(o.StepID)
	g.Step, g.Next, g.Asked = p.step(at), p.step(at+1), p.Asked(at, at+1)
	for _, item := range o.unmet(p.Asked(at, p.last(stage)+1)) {
		if !slices.Contains(g.Missing, item) {
			g.Missing = append(g.Missing, item)
		}
	}
	for _, x := range steps {
		if x.Mandatory && !slices.ContainsFunc(o.Checks, func(c DealCheck) bool { return c.StepID == x.ID }) {
			g.Missing = append(g.Missing, x.Name)
		}
	}
	if o.Amount.Less(policy.MethodFrom) {
		return g, nil
	}
	switch {
	case stage == DealQualify && !out.SurveyDone:
		g.Missing = append(g.Missing, SurveyMissing)
	case stage == DealPropose && !out.SolutionAgreed && !out.QuoteOut:
		g.Missing = append(g.Missing, SolutionMissing)
	case stage == DealNegotiate && out.OpenConcerns > 0:
		g.Missing = append(g.Missing, ConcernsOpen)
	}
	return g, nil
}

// What a stage may lack besides its steps.
const (
	SurveyMissing   = "a finished need survey"
	SolutionMissing = "a confirmed solution or a quote at the customer"
	ConcernsOpen    = "an answer to every concern of the customer"
)

// pass refuses to leave a stage forward before its outcomes are there.
func (s *Opportunities) pass(ctx context.Context, o *Opportunity) error {
	if o.Stage == DealHold {
		return nil
	}
	g, err := s.GateOf(ctx, o, o.Stage)
	if err != nil || len(g.Missing) == 0 {
		return err
	}
	said := make([]string, len(g.Missing))
	for i, m := range g.Missing {
		said[i] = i18n.T(ctx, m)
	}
	return errs.New(errs.Precondition, "This stage still lacks: {0}.", strings.Join(said, "; "))
}

// forward is reach behind the gate of the stage the deal leaves.
func (s *Opportunities) forward(to DealStage) func(context.Context, *Opportunity) error {
	reach := s.reach(to)
	return func(ctx context.Context, o *Opportunity) error {
		if err := s.pass(ctx, o); err != nil {
			return err
		}
		return reach(ctx, o)
	}
}

// SurveyStage is the state of a need survey.
type SurveyStage string

// The stages of a need survey.
const (
	SurveyOpen    SurveyStage = "open"
	SurveyDone    SurveyStage = "done"
	SurveyDropped SurveyStage = "dropped"
)

// NeedSurvey is what the customer needs and why: due on the second working day.
type NeedSurvey struct {
	record.Base
	Stage         SurveyStage
	OpportunityID int64
	CustomerID    *int64
	Motive        string
	Pain          string
	Budget        money.Amount
	Decision      string
	Delivery      string
	Scope         string
	DoneOn        date.Date
}

// NeedSurveys is the service behind the need survey.
type NeedSurveys struct {
	*Ports
	Store         record.Store[NeedSurvey]
	Type          *resource.Type[NeedSurvey]
	Opportunities *Opportunities
	Notify        func(ctx context.Context, n process.Notice) error
}

// Declare returns the document type of the need survey.
func (s *NeedSurveys) Declare() *resource.Type[NeedSurvey] {
	pain := resource.LongText("pain", "Pain", func(x *NeedSurvey) *string { return &x.Pain })
	decision := resource.LongText("decision", "Who decides, and how", func(x *NeedSurvey) *string { return &x.Decision })
	motive := resource.Enum("motive", "Purchase motive", func(x *NeedSurvey) *string { return &x.Motive },
		resource.Option{Value: "save", Label: "Save cost"}, resource.Option{Value: "grow", Label: "Grow"}, resource.Option{Value: "comply", Label: "Comply with rules"}, resource.Option{Value: "replace", Label: "Replace"}, resource.Option{Value: "solve", Label: "Solve a problem"}).InList().Filter()
	scope := resource.LongText("scope", "Scope: goal, deliverables, limits", func(x *NeedSurvey) *string { return &x.Scope })
	s.Type = &resource.Type[NeedSurvey]{
		Name: "ltc.need_survey", Label: "Need survey", Plural: "Need surveys", Icon: "clipboard-text", Number: "NS-{yyyy}-{00000}", Store: s.Store, Check: s.check,
		Fields: resource.Fields[NeedSurvey]{
			resource.Ref("opportunity_id", "Opportunity", func(x *NeedSurvey) *int64 { return &x.OpportunityID }, "ltc.opportunity").Required().InList().Filter().Source(),
			resource.OptRef("customer_id", "Customer", func(x *NeedSurvey) **int64 { return &x.CustomerID }, "crm.customer").ReadOnly().InList().Filter(),
			motive, pain,
			resource.Money("budget", "Budget", func(x *NeedSurvey) *money.Amount { return &x.Budget }).InList(),
			decision,
			resource.LongText("delivery", "Delivery: where, when, how", func(x *NeedSurvey) *string { return &x.Delivery }),
			scope,
			resource.Date("done_on", "Finished on", func(x *NeedSurvey) *date.Date { return &x.DoneOn }).ReadOnly().InList(),
		},
		Process: resource.Process(func(x *NeedSurvey) *SurveyStage { return &x.Stage },
			[]resource.Stage[SurveyStage]{
				{Key: SurveyOpen, Label: "In survey", Owner: "ltc.rep", Limit: 16 * time.Hour, Help: "Ask for pain, motive, budget, who decides and delivery, within two working days."},
				{Key: SurveyDone, Label: "Finished", End: true, In: resource.Need(motive, pain, decision, scope), Help: "Pre-sales works out the solution."},
				{Key: SurveyDropped, Label: "Dropped", End: true, Class: process.Cancelled},
			},
			[]resource.Move[NeedSurvey, SurveyStage]{
				{Name: "finish", Label: "Finish", From: resource.From(SurveyOpen), To: SurveyDone, Do: resource.Do(s.finish)},
				{Name: "drop", Label: "Drop", From: resource.From(SurveyOpen), To: SurveyDropped, Reason: true, Deviation: true},
			}),
	}
	return s.Type
}

func (s *NeedSurveys) check(ctx context.Context, x *NeedSurvey) error {
	if x.Budget.Sign() < 0 {
		return errs.Bad("budget", "An amount cannot be negative.")
	}
	o, err := s.Opportunities.Store.Get(ctx, x.OpportunityID)
	if errs.Is(err, errs.NotFound) {
		return nil // the reference check says so with its field
	}
	if err != nil {
		return err
	}
	x.CustomerID = o.CustomerID
	return nil
}

// finish ends the survey and calls pre-sales: the solution people of the deal team.
func (s *NeedSurveys) finish(ctx context.Context, x *NeedSurvey) error {
	x.DoneOn = s.Today(ctx)
	o, err := s.Opportunities.Store.Get(ctx, x.OpportunityID)
	if err != nil {
		return err
	}
	var people []int64
	for _, m := range o.Team {
		if m.Role == "sr" {
			people = append(people, m.UserID)
		}
	}
	if len(people) > 0 {
		if err := s.Notify(ctx, process.Notice{Users: people, Kind: "task", Message: "The need survey of {0} is finished; work out the solution.", Args: []any{o.Name}, Object: s.Opportunities.Type.Ref(o.ID)}); err != nil {
			return err
		}
	}
	return s.Opportunities.Deals.Touch(ctx, o.ID, s.Opportunities.Now())
}
