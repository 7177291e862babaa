package domain

import (
	"context"
	"fmt"
	"strings"
	"time"

	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// DecisionStage is the state of a decision about a deal.
type DecisionStage string

// The stages of a decision.
const (
	DecisionDraft       DecisionStage = "draft"
	DecisionAsked       DecisionStage = "asked"
	DecisionConditional DecisionStage = "conditional"
	DecisionGo          DecisionStage = "go"
	DecisionNoGo        DecisionStage = "no_go"
	DecisionWithdrawn   DecisionStage = "withdrawn"
)

// The decision points that hold a quote and a contract back.
const (
	PointQuote = "atb"
	PointSign  = "atc"
)

// DealDecision is a decision point of a deal: what is asked, on which papers, and what
// somebody else than the owner of the deal decided.
type DealDecision struct {
	record.Base
	Stage            DecisionStage
	OpportunityID    int64
	Point            string
	Question         string
	Amount           money.Amount // of the deal when it was asked
	Conditions       string
	ConditionOwnerID *int64
	ConditionDueOn   date.Date
	ConditionProof   string
	DecidedBy        *int64
	DecidedAt        *time.Time
	Note             string

	Papers []DecisionPaper `gorm:"-"`
}

// DecisionPaper is something that was prepared for a decision.
type DecisionPaper struct {
	record.Line
	Title string
	Ready bool
	Note  string
}

// Decisions is the service behind the decision points.
type Decisions struct {
	*Ports
	Store         record.Store[DealDecision]
	Type          *resource.Type[DealDecision]
	Opportunities *Opportunities
	// Last is the stage of the last decision about a point of a deal, "" when there is none.
	Last func(ctx context.Context, deal int64, point string) (DecisionStage, error)
}

func points() []resource.Option {
	return []resource.Option{{Value: "ati", Label: "Start (ATI)"}, {Value: PointQuote, Label: "Quote (ATB)"}, {Value: PointSign, Label: "Sign (ATC)"}, {Value: "change", Label: "Change"}, {Value: "close", Label: "Close"}}
}

// Declare returns the document type of the decision.
func (s *Decisions) Declare() *resource.Type[DealDecision] {
	question := resource.LongText("question", "Question", func(x *DealDecision) *string { return &x.Question }).Required().Limit(2000)
	papers := resource.Lines("papers", "Papers", func(x *DealDecision) *[]DecisionPaper { return &x.Papers }, resource.Fields[DecisionPaper]{
		resource.Text("title", "Paper", func(p *DecisionPaper) *string { return &p.Title }).Required(),
		resource.Bool("ready", "Ready", func(p *DecisionPaper) *bool { return &p.Ready }),
		resource.Text("note", "Note", func(p *DecisionPaper) *string { return &p.Note }).Limit(500),
	})
	s.Type = &resource.Type[DealDecision]{
		Name: "ltc.deal_decision", Label: "Decision point", Plural: "Decision points", Icon: "scale", Number: "DP-{yyyy}-{00000}", Store: s.Store, Check: s.check,
		Title:  func(x *DealDecision) string { return strings.SplitN(x.Question, "\n", 2)[0] },
		Amount: func(x *DealDecision) money.Amount { return x.Amount },
		Fields: resource.Fields[DealDecision]{
			resource.Ref("opportunity_id", "Opportunity", func(x *DealDecision) *int64 { return &x.OpportunityID }, "ltc.opportunity").Required().InList().Filter().Source(),
			resource.Enum("point", "Decision point", func(x *DealDecision) *string { return &x.Point }, points()...).Required().InList().Filter(),
			question,
			resource.Money("amount", "Amount of the deal", func(x *DealDecision) *money.Amount { return &x.Amount }).ReadOnly().InList().Filter(),
			papers,
			resource.LongText("conditions", "Conditions", func(x *DealDecision) *string { return &x.Conditions }).ReadOnly().In("Decision"),
			resource.OptRef("condition_owner_id", "Sees to the conditions", func(x *DealDecision) **int64 { return &x.ConditionOwnerID }, "core.user").ReadOnly().Filter().In("Decision"),
			resource.Date("condition_due_on", "Conditions met until", func(x *DealDecision) *date.Date { return &x.ConditionDueOn }).ReadOnly().Filter().In("Decision"),
			resource.LongText("condition_proof", "How the conditions were met", func(x *DealDecision) *string { return &x.ConditionProof }).ReadOnly().In("Decision"),
			resource.OptRef("decided_by", "Decided by", func(x *DealDecision) **int64 { return &x.DecidedBy }, "core.user").ReadOnly().InList().Filter().In("Decision"),
			resource.Time("decided_at", "Decided at", func(x *DealDecision) **time.Time { return &x.DecidedAt }).ReadOnly().InList().Filter().In("Decision"),
			resource.LongText("note", "Note", func(x *DealDecision) *string { return &x.Note }).ReadOnly().In("Decision"),
		},
		Process: resource.Process(func(x *DealDecision) *DecisionStage { return &x.Stage },
			[]resource.Stage[DecisionStage]{
				{Key: DecisionDraft, Label: "In preparation", Owner: "ltc.rep", Class: process.Draft, Limit: 24 * time.Hour, Help: "Put the papers together."},
				{Key: DecisionAsked, Label: "To decide", Owner: "ltc.manager", Class: process.Working, In: resource.Need(papers), Locked: true, Limit: 16 * time.Hour, Help: "Go, no go, or go under conditions."},
				{Key: DecisionConditional, Label: "Under conditions", Owner: "ltc.rep", Class: process.Hold, Locked: true, Limit: 40 * time.Hour, Help: "Meet the conditions, then say how."},
				{Key: DecisionGo, Label: "Go", End: true, Class: process.Done},
				{Key: DecisionNoGo, Label: "No go", End: true, Class: process.Lost},
				{Key: DecisionWithdrawn, Label: "Withdrawn", End: true, Class: process.Cancelled},
			},
			[]resource.Move[DealDecision, DecisionStage]{
				{Name: "ask", Label: "Ask for the decision", From: resource.From(DecisionDraft), To: DecisionAsked, Do: resource.Do(s.ask)},
				{Name: "go", Label: "Go", From: resource.From(DecisionAsked), To: DecisionGo, Do: resource.Ask(verdictForm(), s.decide)},
				{Name: "condition", Label: "Go under conditions", From: resource.From(DecisionAsked), To: DecisionConditional, Deviation: true, Do: resource.Ask(conditionForm(), s.condition)},
				{Name: "no_go", Label: "No go", From: resource.From(DecisionAsked), To: DecisionNoGo, Reason: true, Deviation: true, Do: resource.Ask(verdictForm(), s.decide)},
				{Name: "meet", Label: "Conditions are met", From: resource.From(DecisionConditional), To: DecisionGo, Deviation: true, Do: resource.Ask(proofForm(), s.meet)},
				{Name: "withdraw", Label: "Withdraw", From: resource.From(DecisionDraft, DecisionAsked, DecisionConditional), To: DecisionWithdrawn, Reason: true, Deviation: true},
			}),
	}
	return s.Type
}

func (s *Decisions) check(ctx context.Context, x *DealDecision) error {
	o, err := s.Opportunities.Store.Get(ctx, x.OpportunityID)
	if errs.Is(err, errs.NotFound) {
		return nil // the reference check says so with its field
	}
	if err != nil {
		return err
	}
	if x.Stage == DecisionDraft {
		x.Amount = o.Amount
	}
	return nil
}

// ask refuses to ask on papers that are not ready.
func (s *Decisions) ask(_ context.Context, x *DealDecision) error {
	for i, p := range x.Papers {
		if !p.Ready {
			return &errs.Error{Kind: errs.Precondition, Message: "Every paper must be ready before the decision.", Fields: []errs.Field{{Name: fmt.Sprintf("papers.%d.ready", i), Message: "This paper is not ready."}}}
		}
	}
	return nil
}

// verdict is the input of the moves that decide.
type verdict struct{ Note string }

func verdictForm() resource.Fields[verdict] {
	return resource.Fields[verdict]{resource.LongText("note", "Note", func(v *verdict) *string { return &v.Note }).Limit(2000)}
}

// decide notes who decided; nobody decides about an own deal.
func (s *Decisions) decide(ctx context.Context, x *DealDecision, in *verdict) error {
	o, err := s.Opportunities.Store.Get(ctx, x.OpportunityID)
	if err != nil {
		return err
	}
	me := authz.Actor(ctx)
	if me == o.OwnerID {
		return errs.New(errs.Forbidden, "Nobody decides about an own deal.")
	}
	at := s.Opportunities.Now().UTC().Truncate(time.Microsecond)
	x.DecidedBy, x.DecidedAt, x.Note = &me, &at, in.Note
	return s.Opportunities.Deals.Touch(ctx, x.OpportunityID, at)
}

// condition is the input of the move "condition".
type condition struct {
	Conditions string
	Owner      int64
	DueOn      date.Date
	Note       string
}

func conditionForm() resource.Fields[condition] {
	return resource.Fields[condition]{
		resource.LongText("conditions", "Conditions", func(c *condition) *string { return &c.Conditions }).Required().Limit(2000),
		resource.Ref("condition_owner", "Sees to the conditions", func(c *condition) *int64 { return &c.Owner }, "core.user").Required(),
		resource.Date("condition_due_on", "Conditions met until", func(c *condition) *date.Date { return &c.DueOn }).Required(),
		resource.LongText("note", "Note", func(c *condition) *string { return &c.Note }).Limit(2000),
	}
}

func (s *Decisions) condition(ctx context.Context, x *DealDecision, in *condition) error {
	if in.DueOn.Before(s.Today(ctx)) {
		return errs.Bad("condition_due_on", "This day lies ahead.")
	}
	if err := s.decide(ctx, x, &verdict{Note: in.Note}); err != nil {
		return err
	}
	x.Conditions, x.ConditionOwnerID, x.ConditionDueOn = in.Conditions, &in.Owner, in.DueOn
	return s.Notify(ctx, process.Notice{Users: []int64{in.Owner}, Kind: "task", Message: "See to the conditions of decision {0} until {1}.", Args: []any{x.No, in.DueOn}, Object: s.Type.Ref(x.ID)})
}

// proof is the input of the move "meet".
type proof struct{ Proof string }

func proofForm() resource.Fields[proof] {
	return resource.Fields[proof]{resource.LongText("proof", "How the conditions were met", func(p *proof) *string { return &p.Proof }).Required().Limit(2000)}
}

// meet ends the conditions: who decided them says so, or who sees to them.
func (s *Decisions) meet(ctx context.Context, x *DealDecision, in *proof) error {
	if me := authz.Actor(ctx); me != value(x.DecidedBy) && me != value(x.ConditionOwnerID) {
		return errs.New(errs.Forbidden, "Who decided or who sees to the conditions says that they are met.")
	}
	at := s.Opportunities.Now().UTC().Truncate(time.Microsecond)
	x.ConditionProof, x.DecidedAt = in.Proof, &at
	return nil
}

// Cleared refuses to go on with what the sales policy asks a decision for: from its
// amount on, the last decision about the point must be go.
func (s *Decisions) Cleared(ctx context.Context, company int64, deal *int64, point string, amount money.Amount) error {
	policy, err := s.Opportunities.Policies.Of(ctx, company)
	if err != nil {
		return err
	}
	if policy.DecisionFrom.IsZero() || amount.Less(policy.DecisionFrom) {
		return nil
	}
	var last DecisionStage
	if deal != nil {
		if last, err = s.Last(ctx, *deal, point); err != nil {
			return fmt.Errorf("decision about deal %d: %w", *deal, err)
		}
	}
	switch {
	case last == DecisionGo:
		return nil
	case point == PointQuote:
		return errs.New(errs.Precondition, "From {0} on a quote is sent only after the decision ATB says go.", policy.DecisionFrom)
	}
	return errs.New(errs.Precondition, "From {0} on a contract is signed only after the decision ATC says go.", policy.DecisionFrom)
}
