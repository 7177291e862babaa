package domain

import (
	"context"
	"fmt"

	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// RiskStage is the state of a risk.
type RiskStage string

// The stages of a risk.
const (
	RiskOpen     RiskStage = "open"
	RiskTreated  RiskStage = "treated"
	RiskOccurred RiskStage = "occurred"
	RiskClosed   RiskStage = "closed"
)

// Heat is how much a risk weighs.
type Heat string

// The heats.
const (
	HeatLow    Heat = "low"
	HeatMedium Heat = "medium"
	HeatHigh   Heat = "high"
)

// heatOf weighs a risk by its score, 1 to 25.
func heatOf(score int) Heat {
	switch {
	case score >= 15:
		return HeatHigh
	case score >= 6:
		return HeatMedium
	}
	return HeatLow
}

// Heats are the heats with the colour of their meaning.
func Heats() []resource.Option {
	return []resource.Option{{Value: string(HeatHigh), Label: "High", Tone: "bad"}, {Value: string(HeatMedium), Label: "Medium", Tone: "warn"}, {Value: string(HeatLow), Label: "Low", Tone: "neutral"}}
}

// ProjectRisk is what may go wrong in a project, who sees to it, and how; once it happened
// it is an issue.
type ProjectRisk struct {
	record.Base
	Stage       RiskStage
	ProjectID   int64
	Title       string
	Cause       string
	Probability int
	Impact      int
	Score       int
	Heat        Heat
	Measure     string
	DueOn       date.Date
	Issue       string
	OccurredOn  date.Date
	ToldOn      date.Date
}

// RiskBook answers what no single risk knows. Package store implements it.
type RiskBook interface {
	// Overdue lists the risks of a company whose measure was due before a day and whose
	// owner was not told since.
	Overdue(ctx context.Context, company int64, day date.Date) ([]int64, error)
}

// ProjectRisks is the service behind the risks.
type ProjectRisks struct {
	*Ports
	Store    record.Store[ProjectRisk]
	Type     *resource.Type[ProjectRisk]
	Projects *ServiceProjects
	Book     RiskBook
}

// Declare returns the document type of the risk.
func (s *ProjectRisks) Declare() *resource.Type[ProjectRisk] {
	scale := func(name, label string, at func(x *ProjectRisk) *int) *resource.Field[ProjectRisk] {
		return resource.Int(name, label, at).Required().InList().Filter().In("Risk").Hint("1 to 5.")
	}
	s.Type = &resource.Type[ProjectRisk]{
		Name: "ltc.project_risk", Label: "Project risk", Plural: "Project risks", Icon: "alert-triangle", Number: "RSK-{yyyy}-{00000}", Store: s.Store, Check: s.check, Saved: s.saved,
		Title: func(x *ProjectRisk) string { return x.Title },
		Fields: resource.Fields[ProjectRisk]{
			resource.Ref("project_id", "Service project", func(x *ProjectRisk) *int64 { return &x.ProjectID }, "ltc.service_project").Required().InList().Filter().Source().In("Risk"),
			resource.Text("title", "Risk", func(x *ProjectRisk) *string { return &x.Title }).Required().InList().Search().Limit(200).In("Risk"),
			resource.LongText("cause", "Cause", func(x *ProjectRisk) *string { return &x.Cause }).Limit(2000).In("Risk"),
			scale("probability", "Likelihood", func(x *ProjectRisk) *int { return &x.Probability }),
			scale("impact", "Impact if it happens", func(x *ProjectRisk) *int { return &x.Impact }),
			resource.Int("score", "Score", func(x *ProjectRisk) *int { return &x.Score }).ReadOnly().InList().Filter().In("Risk").Hint("Likelihood x impact."),
			resource.Enum("heat", "Heat", func(x *ProjectRisk) *Heat { return &x.Heat }, Heats()...).ReadOnly().InList().Filter().In("Risk"),
			resource.LongText("measure", "Countermeasure", func(x *ProjectRisk) *string { return &x.Measure }).Limit(2000).In("Countermeasure"),
			resource.Date("due_on", "Due on", func(x *ProjectRisk) *date.Date { return &x.DueOn }).InList().Filter().In("Countermeasure"),
			resource.LongText("issue", "What happened", func(x *ProjectRisk) *string { return &x.Issue }).ReadOnly().In("What happened"),
			resource.Date("occurred_on", "Happened on", func(x *ProjectRisk) *date.Date { return &x.OccurredOn }).ReadOnly().Filter().In("What happened"),
		},
		Process: resource.Process(func(x *ProjectRisk) *RiskStage { return &x.Stage },
			[]resource.Stage[RiskStage]{
				{Key: RiskOpen, Label: "Open", Owner: "ltc.rep", Class: process.Open, Help: "Say what is done about it and until when, then treat it; or close it with a reason."},
				{Key: RiskTreated, Label: "Being treated", Owner: "ltc.rep", Class: process.Working, In: []string{"measure", "due_on"}, Help: "Carry the measure out in time; the owner is told when it is overdue."},
				{Key: RiskOccurred, Label: "Occurred", Owner: "ltc.rep", Class: process.Hold, In: []string{"measure", "due_on"}, Help: "It is an issue now: see to the measure, then close it."},
				{Key: RiskClosed, Label: "Closed", End: true, Class: process.Done},
			},
			[]resource.Move[ProjectRisk, RiskStage]{
				{Name: "treat", Label: "Treat", From: resource.From(RiskOpen), To: RiskTreated},
				{Name: "occur", Label: "It happened", From: resource.From(RiskOpen, RiskTreated), To: RiskOccurred, Do: resource.Ask(occurrenceForm(), s.occur)},
				{Name: "close", Label: "Close", From: resource.From(RiskTreated, RiskOccurred, RiskOpen), To: RiskClosed, Reason: true},
			}),
	}
	return s.Type
}

func (s *ProjectRisks) check(ctx context.Context, x *ProjectRisk) error {
	var bad []errs.Field
	for name, n := range map[string]int{"probability": x.Probability, "impact": x.Impact} {
		if n < 1 || n > 5 {
			bad = append(bad, errs.Field{Name: name, Message: "Between 1 and 5."})
		}
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	x.Score = x.Probability * x.Impact
	x.Heat = heatOf(x.Score)
	if x.ID != 0 || x.ProjectID == 0 {
		return nil
	}
	p, err := s.Projects.Store.Get(ctx, x.ProjectID)
	if errs.Is(err, errs.NotFound) {
		return nil // the reference check says so with its field
	}
	if err != nil {
		return fmt.Errorf("project of risk: %w", err)
	}
	if p.Stage == ServiceClosed || p.Stage == ServiceDropped {
		return errs.Bad("project_id", "{0} is over.", p.No)
	}
	return nil
}

// saved shows a new risk to the team, and tells a new owner.
func (s *ProjectRisks) saved(ctx context.Context, x, before *ProjectRisk) error {
	if before == nil {
		if err := s.Projects.showPart(ctx, s.Type.Name, x.ID, x.ProjectID); err != nil {
			return err
		}
	}
	if x.OwnerID == 0 || x.OwnerID == authz.Actor(ctx) || before != nil && before.OwnerID == x.OwnerID {
		return nil
	}
	return s.Notify(ctx, process.Notice{Users: []int64{x.OwnerID}, Kind: "task", Message: "{0} is yours to see to.", Args: []any{x.No}, Object: s.Type.Ref(x.ID)})
}

// occurrence is the input of the move "occur".
type occurrence struct {
	Issue, Measure string
	On, DueOn      date.Date
}

func occurrenceForm() resource.Fields[occurrence] {
	return resource.Fields[occurrence]{
		resource.LongText("issue", "What happened", func(o *occurrence) *string { return &o.Issue }).Required().Limit(2000),
		resource.Date("on", "Happened on", func(o *occurrence) *date.Date { return &o.On }).Hint("Empty is today."),
		resource.LongText("measure", "Countermeasure", func(o *occurrence) *string { return &o.Measure }).Limit(2000).Hint("Empty: as planned."),
		resource.Date("due_on", "Due on", func(o *occurrence) *date.Date { return &o.DueOn }).Hint("Empty: as planned."),
	}
}

// occur makes the risk an issue; the owner of the project is told.
func (s *ProjectRisks) occur(ctx context.Context, x *ProjectRisk, in *occurrence) error {
	if err := s.untilToday(ctx, "on", &in.On); err != nil {
		return err
	}
	if x.Issue, x.OccurredOn = in.Issue, in.On; in.Measure != "" {
		x.Measure = in.Measure
	}
	if !in.DueOn.IsZero() {
		x.DueOn = in.DueOn
	}
	p, err := s.Projects.Store.Get(ctx, x.ProjectID)
	if err != nil {
		return fmt.Errorf("project of risk: %w", err)
	}
	return s.Notify(ctx, process.Notice{Users: []int64{p.OwnerID}, Kind: "work", Message: "What was a risk of {0} has happened: {1}.", Args: []any{p.No, x.Title}, Object: s.Type.Ref(x.ID)})
}

// TellOverdue tells the owners of measures that are overdue, once each. It returns how many.
func (s *ProjectRisks) TellOverdue(ctx context.Context, company int64, day date.Date) (int, error) {
	ctx = authz.System(ctx, "ltc.project_risk:overdue")
	ids, err := s.Book.Overdue(ctx, company, day)
	if err != nil {
		return 0, fmt.Errorf("overdue measures: %w", err)
	}
	n := 0
	for _, id := range ids {
		_, err := s.Type.Update(ctx, id, func(x *ProjectRisk) error {
			x.ToldOn = day
			n++
			return s.Notify(ctx, process.Notice{Users: []int64{x.OwnerID}, Kind: "late", Message: "The measure of {0} was due on {1}.", Args: []any{x.No, x.DueOn}, Object: s.Type.Ref(x.ID)})
		})
		if err != nil {
			return n, fmt.Errorf("overdue measure of risk %d: %w", id, err)
		}
	}
	return n, nil
}
