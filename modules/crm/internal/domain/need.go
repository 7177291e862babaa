package domain

import (
	"context"
	"time"

	"meridian/modules/crm"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// NeedStage is the state of a need.
type NeedStage string

// The stages of a need.
const (
	NeedCaptured    NeedStage = "captured"
	NeedClassified  NeedStage = "classified"
	NeedPrioritised NeedStage = "prioritised"
	NeedRouted      NeedStage = "routed"
	NeedAccepted    NeedStage = "accepted"
	NeedFulfilled   NeedStage = "fulfilled"
	NeedConfirmed   NeedStage = "confirmed"
	NeedRejected    NeedStage = "rejected"
)

// Need is what a customer asked for, in the customer's words, until it is fulfilled.
type Need struct {
	record.Base
	Stage       NeedStage
	CustomerID  *int64
	Verbatim    string
	Kind        string
	SourceClass string
	Value       money.Amount // at stake
	Importance  int
	Urgency     int
	Feasibility int
	Priority    int // importance x urgency
	Voices      int // who reported the same
	Tags        string
	Target      string // the module that fulfils it
	Answer      string
}

// Needs is the service behind the needs.
type Needs struct {
	Store     record.Store[Need]
	Type      *resource.Type[Need]
	Customers *Customers
	Notify    func(ctx context.Context, n process.Notice) error
}

// NeedKinds classify needs; Targets are the modules that fulfil them.
var (
	NeedKinds = []resource.Option{{Value: "feature", Label: "Product feature"}, {Value: "service", Label: "Service"}, {Value: "price", Label: "Price"}, {Value: "delivery", Label: "Delivery"}, {Value: "suggestion", Label: "Suggestion"}}
	Targets   = []resource.Option{{Value: "ipd", Label: "Product development"}, {Value: "ltc", Label: "Sales"}, {Value: "itr", Label: "Service desk"}, {Value: "mtl", Label: "Marketing"}, {Value: "isc", Label: "Supply chain"}}
	classes   = []resource.Option{{Value: "a", Label: "A: manager"}, {Value: "b", Label: "B: senior front line"}, {Value: "c", Label: "C: front line"}, {Value: "d", Label: "D: other department"}}
)

type classify struct{ Kind, Tags string }

type weigh struct{ Importance, Urgency, Feasibility int }

type routing struct{ Target string }

type answer struct{ Answer string }

func answerForm() resource.Fields[answer] {
	return resource.Fields[answer]{resource.LongText("answer", "Answer", func(a *answer) *string { return &a.Answer }).Required()}
}

// weigh orders needs by importance x urgency, then by feasibility.
func (s *Needs) weigh(_ context.Context, n *Need, in *weigh) error {
	for name, v := range map[string]int{"importance": in.Importance, "urgency": in.Urgency, "feasibility": in.Feasibility} {
		if v < 1 || v > 5 {
			return errs.Bad(name, "From {0} to {1}.", 1, 5)
		}
	}
	n.Importance, n.Urgency, n.Feasibility, n.Priority = in.Importance, in.Urgency, in.Feasibility, in.Importance*in.Urgency
	return nil
}

// route hands the need to the module that can fulfil it.
func (s *Needs) route(ctx context.Context, n *Need, in *routing) error {
	n.Target = in.Target
	var customer crm.CustomerID
	if n.CustomerID != nil {
		customer = crm.CustomerID(*n.CustomerID)
	}
	return s.Customers.Bus.Publish(ctx, crm.NeedRecorded{Need: s.Type.Ref(n.ID), Customer: customer, Target: in.Target, Kind: n.Kind, Verbatim: n.Verbatim, Value: n.Value, Priority: n.Priority})
}

// told writes the answer and tells who recorded the need and the owner of the customer.
func (s *Needs) told(message string) func(ctx context.Context, n *Need, in *answer) error {
	return func(ctx context.Context, n *Need, in *answer) error {
		n.Answer = in.Answer
		people := []int64{n.OwnerID, n.CreatedBy}
		if n.CustomerID != nil {
			c, err := s.Customers.Resolve(ctx, crm.CustomerID(*n.CustomerID))
			if err != nil {
				return err
			}
			people = append(people, c.OwnerID)
		}
		return s.Notify(ctx, process.Notice{Users: people, Kind: "need", Message: message, Args: []any{n.No, in.Answer}, Object: s.Type.Ref(n.ID)})
	}
}

// Declare returns the document type of the need.
func (s *Needs) Declare() *resource.Type[Need] {
	score := func(name, label string, at func(*weigh) *int) *resource.Field[weigh] {
		return resource.Int(name, label, at).Required().Hint("1 to 5.")
	}
	s.Type = &resource.Type[Need]{
		Name: "crm.need", Label: "Need", Plural: "Needs", Icon: "bulb", Number: "ND-{yyyy}-{00000}", Store: s.Store,
		Title:   func(n *Need) string { return errs.Clip(n.Verbatim, 60) },
		Default: func(_ context.Context, n *Need) error { n.SourceClass, n.Voices = "c", 1; return nil },
		Fields: resource.Fields[Need]{
			resource.LongText("verbatim", "In the customer's words", func(n *Need) *string { return &n.Verbatim }).Required().InList().Search().Limit(2000),
			resource.OptRef("customer_id", "Customer", func(n *Need) **int64 { return &n.CustomerID }, "crm.customer").InList().Filter().Source(),
			resource.Enum("source_class", "Reported by", func(n *Need) *string { return &n.SourceClass }, classes...).Required().Filter(),
			resource.Money("value", "Revenue at stake", func(n *Need) *money.Amount { return &n.Value }).InList(),
			resource.Enum("kind", "Kind", func(n *Need) *string { return &n.Kind }, NeedKinds...).ReadOnly().InList().Filter(),
			resource.Text("tags", "Tags", func(n *Need) *string { return &n.Tags }).Search().Hint("Words separated by commas."),
			resource.Int("importance", "Importance", func(n *Need) *int { return &n.Importance }).ReadOnly(),
			resource.Int("urgency", "Urgency", func(n *Need) *int { return &n.Urgency }).ReadOnly(),
			resource.Int("feasibility", "Feasibility", func(n *Need) *int { return &n.Feasibility }).ReadOnly(),
			resource.Int("priority", "Priority", func(n *Need) *int { return &n.Priority }).ReadOnly().InList().Filter(),
			resource.Int("voices", "Voices", func(n *Need) *int { return &n.Voices }).ReadOnly().InList().Filter(),
			resource.Enum("target", "Goes to", func(n *Need) *string { return &n.Target }, Targets...).ReadOnly().InList().Filter(),
			resource.LongText("answer", "Answer", func(n *Need) *string { return &n.Answer }).ReadOnly(),
		},
		Process: resource.Process(func(n *Need) *NeedStage { return &n.Stage },
			[]resource.Stage[NeedStage]{
				{Key: NeedCaptured, Label: "Captured", Owner: "ltc.manager", Class: process.Draft, Limit: 16 * time.Hour, Help: "Find out what the need is and say which kind."},
				{Key: NeedClassified, Label: "Classified", Owner: "ltc.manager", Class: process.Open, Limit: 16 * time.Hour, Help: "Weigh importance, urgency and feasibility."},
				{Key: NeedPrioritised, Label: "Prioritised", Owner: "ltc.manager", Class: process.Open, Limit: 16 * time.Hour, Help: "Hand it to the department that can fulfil it."},
				{Key: NeedRouted, Label: "Routed", Owner: "ipd.product_manager", Class: process.Transit, Limit: 16 * time.Hour, Help: "The receiver accepts, or rejects with a reason."},
				{Key: NeedAccepted, Label: "Accepted", Owner: "ipd.product_manager", Class: process.Working, Limit: 400 * time.Hour, Help: "Fulfil the need; the customer's owner is told."},
				{Key: NeedFulfilled, Label: "Fulfilled", Owner: "ltc.rep", Class: process.Done, Limit: 40 * time.Hour, Help: "Ask the customer whether it is what was needed."},
				{Key: NeedConfirmed, Label: "Confirmed", End: true, Class: process.Won},
				{Key: NeedRejected, Label: "Rejected", End: true, Class: process.Lost},
			},
			[]resource.Move[Need, NeedStage]{
				{Name: "classify", Label: "Classify", From: resource.From(NeedCaptured), To: NeedClassified, Do: resource.Ask(resource.Fields[classify]{
					resource.Enum("kind", "Kind", func(c *classify) *string { return &c.Kind }, NeedKinds...).Required(), resource.Text("tags", "Tags", func(c *classify) *string { return &c.Tags })},
					func(_ context.Context, n *Need, in *classify) error {
						n.Kind = in.Kind
						if in.Tags != "" {
							n.Tags = in.Tags
						}
						return nil
					})},
				{Name: "prioritise", Label: "Prioritise", From: resource.From(NeedClassified), To: NeedPrioritised, Do: resource.Ask(resource.Fields[weigh]{score("importance", "Importance", func(w *weigh) *int { return &w.Importance }),
					score("urgency", "Urgency", func(w *weigh) *int { return &w.Urgency }), score("feasibility", "Feasibility", func(w *weigh) *int { return &w.Feasibility })}, s.weigh)},
				{Name: "route", Label: "Hand over", From: resource.From(NeedPrioritised), To: NeedRouted, Do: resource.Ask(resource.Fields[routing]{resource.Enum("target", "Goes to", func(r *routing) *string { return &r.Target }, Targets...).Required()}, s.route)},
				{Name: "accept", Label: "Accept", From: resource.From(NeedRouted), To: NeedAccepted},
				{Name: "reject", Label: "Reject", From: resource.From(NeedRouted), To: NeedRejected, Deviation: true, Do: resource.Ask(answerForm(), s.told("{0} was rejected: {1}"))},
				{Name: "fulfil", Label: "Fulfilled", From: resource.From(NeedAccepted), To: NeedFulfilled, Do: resource.Ask(answerForm(), s.told("{0} is fulfilled: {1}"))},
				{Name: "confirm", Label: "The customer confirms", From: resource.From(NeedFulfilled), To: NeedConfirmed},
				{Name: "reopen", Label: "Not what was needed", From: resource.From(NeedFulfilled), To: NeedPrioritised, Reason: true, Deviation: true},
			}),
	}
	return s.Type
}
