package domain

import (
	"context"
	"fmt"
	"slices"
	"time"

	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// OpinionStage is the state of an expert opinion.
type OpinionStage string

// The stages of an expert opinion.
const (
	OpinionAsked     OpinionStage = "asked"
	OpinionAnswered  OpinionStage = "answered"
	OpinionDeclined  OpinionStage = "declined"
	OpinionWithdrawn OpinionStage = "withdrawn"
)

// ExpertOpinion is what an expert, its owner, is asked in the analysis of a project, and the
// answer: what it takes and what may go wrong.
type ExpertOpinion struct {
	record.Base
	Stage      OpinionStage
	ProjectID  int64
	ExpertID   int64
	AskedBy    int64
	Question   string
	WantedBy   date.Date
	Answer     string
	Effort     money.Qty
	Risks      string
	AnsweredOn date.Date
}

// ExpertOpinions is the service behind the opinions.
type ExpertOpinions struct {
	*Ports
	Store    record.Store[ExpertOpinion]
	Type     *resource.Type[ExpertOpinion]
	Projects *ServiceProjects
	// MayAnswer reports whether a person holds the right to answer, which comes with the role
	// whose work a question is.
	MayAnswer func(person int64) bool
}

// Declare returns the document type of the opinion.
func (s *ExpertOpinions) Declare() *resource.Type[ExpertOpinion] {
	s.Type = &resource.Type[ExpertOpinion]{
		Name: "ltc.expert_opinion", Label: "Expert opinion", Plural: "Expert opinions", Icon: "message-circle", Number: "XO-{yyyy}-{00000}", Store: s.Store, Check: s.check, Saved: s.saved, NoEdit: true,
		Title: func(x *ExpertOpinion) string { return errs.Clip(x.Question, 80) },
		Fields: resource.Fields[ExpertOpinion]{
			resource.Ref("project_id", "Service project", func(x *ExpertOpinion) *int64 { return &x.ProjectID }, "ltc.service_project").Required().InList().Filter().Source().In("Question"),
			resource.Ref("expert_id", "Expert", func(x *ExpertOpinion) *int64 { return &x.ExpertID }, "core.user").Required().InList().Filter().In("Question"),
			resource.LongText("question", "Question", func(x *ExpertOpinion) *string { return &x.Question }).Required().InList().Limit(2000).In("Question"),
			resource.Date("wanted_by", "Wanted by", func(x *ExpertOpinion) *date.Date { return &x.WantedBy }).Required().InList().Filter().In("Question"),
			resource.Ref("asked_by", "Asked by", func(x *ExpertOpinion) *int64 { return &x.AskedBy }, "core.user").ReadOnly().Filter().In("Question"),
			resource.LongText("answer", "Opinion", func(x *ExpertOpinion) *string { return &x.Answer }).ReadOnly().In("Opinion"),
			resource.Quantity("effort", "Estimated hours", func(x *ExpertOpinion) *money.Qty { return &x.Effort }).ReadOnly().InList().In("Opinion"),
			resource.LongText("risks", "Risks seen", func(x *ExpertOpinion) *string { return &x.Risks }).ReadOnly().In("Opinion"),
			resource.Date("answered_on", "Answered on", func(x *ExpertOpinion) *date.Date { return &x.AnsweredOn }).ReadOnly().Filter().In("Opinion"),
		},
		Process: resource.Process(func(x *ExpertOpinion) *OpinionStage { return &x.Stage },
			[]resource.Stage[OpinionStage]{
				{Key: OpinionAsked, Label: "Asked", Personal: true, Class: process.Open, Limit: 24 * time.Hour, Help: "The expert answers or declines with a reason; who asked may withdraw the question. The analysis of the project waits for it."},
				{Key: OpinionAnswered, Label: "Answered", End: true, Class: process.Done},
				{Key: OpinionDeclined, Label: "Declined", End: true, Class: process.Cancelled},
				{Key: OpinionWithdrawn, Label: "Withdrawn", End: true, Class: process.Cancelled},
			},
			[]resource.Move[ExpertOpinion, OpinionStage]{
				{Name: "answer", Label: "Give opinion", From: resource.From(OpinionAsked), To: OpinionAnswered, Do: resource.Ask(opinionForm(), s.answer)},
				{Name: "decline", Label: "Decline", From: resource.From(OpinionAsked), To: OpinionDeclined, Reason: true, Do: resource.Do(s.decline)},
				{Name: "withdraw", Label: "Withdraw", From: resource.From(OpinionAsked), To: OpinionWithdrawn, Reason: true, Deviation: true, Do: resource.Do(s.withdraw)},
			}),
	}
	return s.Type
}

// check makes the expert the owner of a new question, and holds the analysis open for it.
func (s *ExpertOpinions) check(ctx context.Context, x *ExpertOpinion) error {
	if x.ID != 0 || x.ProjectID == 0 || x.ExpertID == 0 || x.WantedBy.IsZero() {
		return nil // refused as missing by the type
	}
	x.OwnerID, x.AskedBy = x.ExpertID, authz.Actor(ctx)
	p, err := s.Projects.Store.Lock(ctx, x.ProjectID)
	if errs.Is(err, errs.NotFound) {
		return nil // the reference check says so with its field
	}
	if err != nil {
		return fmt.Errorf("project of opinion: %w", err)
	}
	who := s.People().People[x.ExpertID]
	if who != nil {
		x.DeptID = who.Dept
	}
	switch {
	case !p.analysed():
		return errs.Bad("project_id", "The analysis of {0} is over.", p.No)
	case who == nil || !who.Active || who.Company != p.CompanyID:
		return errs.Bad("expert_id", "This person does not work here.")
	case !s.MayAnswer(x.ExpertID):
		return errs.Bad("expert_id", "{0} does not hold the role of a project member, who answers such questions.", who.Name)
	case x.WantedBy.Before(s.Today(ctx)):
		return errs.Bad("wanted_by", "This day has passed.")
	}
	return nil
}

// saved shows a new question to the team and who asked, and the project to the expert, who is
// told.
func (s *ExpertOpinions) saved(ctx context.Context, x, before *ExpertOpinion) error {
	if before != nil {
		return nil
	}
	if err := s.Projects.showPart(ctx, s.Type.Name, x.ID, x.ProjectID); err != nil {
		return err
	}
	if err := s.Projects.Book.ShowPart(ctx, s.Type.Name, x.ID, []int64{x.AskedBy}); err != nil {
		return err
	}
	if err := s.Projects.Book.ShowPart(ctx, s.Projects.Type.Name, x.ProjectID, []int64{x.ExpertID}); err != nil {
		return err
	}
	if err := s.pledge(ctx, x); err != nil {
		return err
	}
	return s.Notify(ctx, process.Notice{Users: []int64{x.ExpertID}, Kind: "task", Message: "{0} asks for your opinion by {1}.", Args: []any{s.People().Name(x.AskedBy), x.WantedBy}, Object: s.Type.Ref(x.ID)})
}

// pledge asks the expert to keep a confidential project.
func (s *ExpertOpinions) pledge(ctx context.Context, x *ExpertOpinion) error {
	p, err := s.Projects.Store.Get(ctx, x.ProjectID)
	if err != nil {
		return fmt.Errorf("project of opinion: %w", err)
	}
	return s.Projects.pledge(ctx, p)
}

// opinion is the input of the move "answer".
type opinion struct {
	Answer, Risks string
	Effort        money.Qty
}

func opinionForm() resource.Fields[opinion] {
	return resource.Fields[opinion]{
		resource.LongText("answer", "Opinion", func(o *opinion) *string { return &o.Answer }).Required().Limit(4000),
		resource.Quantity("effort", "Estimated hours", func(o *opinion) *money.Qty { return &o.Effort }).Hint("What the work takes, in hours."),
		resource.LongText("risks", "Risks seen", func(o *opinion) *string { return &o.Risks }).Limit(2000),
	}
}

// answer keeps what the expert thinks; who asked is told.
func (s *ExpertOpinions) answer(ctx context.Context, x *ExpertOpinion, in *opinion) error {
	if err := x.byExpert(ctx); err != nil {
		return err
	}
	if in.Effort.Sign() < 0 {
		return errs.Bad("effort", "A quantity cannot be negative.")
	}
	x.Answer, x.Effort, x.Risks, x.AnsweredOn = in.Answer, in.Effort, in.Risks, s.Today(ctx)
	return s.tell(ctx, x, "{0} has answered {1}.")
}

// decline ends the part of the expert in the project; who asked is told.
func (s *ExpertOpinions) decline(ctx context.Context, x *ExpertOpinion) error {
	if err := x.byExpert(ctx); err != nil {
		return err
	}
	if err := s.release(ctx, x); err != nil {
		return err
	}
	return s.tell(ctx, x, "{0} has declined {1}.")
}

// withdraw takes the question back.
func (s *ExpertOpinions) withdraw(ctx context.Context, x *ExpertOpinion) error {
	p, err := s.Projects.Store.Get(ctx, x.ProjectID)
	if err != nil {
		return fmt.Errorf("project of opinion: %w", err)
	}
	if actor := authz.Actor(ctx); actor != x.AskedBy && actor != p.OwnerID {
		return errs.New(errs.Forbidden, "Who asked or leads the project withdraws the question.")
	}
	return s.release(ctx, x)
}

func (x *ExpertOpinion) byExpert(ctx context.Context) error {
	if authz.Actor(ctx) != x.ExpertID {
		return errs.New(errs.Forbidden, "Only the expert who was asked answers.")
	}
	return nil
}

func (s *ExpertOpinions) tell(ctx context.Context, x *ExpertOpinion, message string) error {
	return s.Notify(ctx, process.Notice{Users: []int64{x.AskedBy}, Kind: "work", Message: message, Args: []any{s.People().Name(x.ExpertID), x.No}, Object: s.Type.Ref(x.ID)})
}

// release hides the project from an expert who has no other part in it.
func (s *ExpertOpinions) release(ctx context.Context, x *ExpertOpinion) error {
	p, err := s.Projects.Store.Lock(ctx, x.ProjectID)
	if err != nil {
		return fmt.Errorf("project of opinion: %w", err)
	}
	list, err := s.of(ctx, p.ID)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(o ExpertOpinion) bool { return o.ID == x.ID })
	if err := s.Projects.Pledges.settle(ctx, p, append(p.team(), experts(list)...)); err != nil {
		return err
	}
	if !slices.Contains(p.team(), x.ExpertID) && !slices.Contains(experts(list), x.ExpertID) {
		return s.Projects.Book.HidePart(ctx, s.Projects.Type.Name, p.ID, []int64{x.ExpertID})
	}
	return nil
}

// of lists the questions of a project that are open or answered.
func (s *ExpertOpinions) of(ctx context.Context, project int64) ([]ExpertOpinion, error) {
	q := record.Where("project_id", record.Eq, project).And("stage", record.In, []string{string(OpinionAsked), string(OpinionAnswered)})
	list, err := s.Store.Find(authz.System(ctx, "ltc.expert_opinion:of"), q)
	if err != nil {
		return nil, fmt.Errorf("opinions of project %d: %w", project, err)
	}
	return list, nil
}

func experts(list []ExpertOpinion) (out []int64) {
	for i := range list {
		out = append(out, list[i].ExpertID)
	}
	return out
}

// analysed reports whether need and solution of the project are still looked into.
func (p *ServiceProject) analysed() bool { return p.Stage == ServiceDraft }

// heardOut refuses to leave the analysis while an expert has not answered.
func (s *ServiceProjects) heardOut(ctx context.Context, p *ServiceProject) error {
	list, err := s.Opinions.of(ctx, p.ID)
	if err != nil {
		return err
	}
	for i := range list {
		if x := &list[i]; x.Stage == OpinionAsked {
			return errs.New(errs.Precondition, "{0} has not answered {1} yet; wait for the answer or withdraw the question.", s.People().Name(x.ExpertID), x.No)
		}
	}
	return nil
}
