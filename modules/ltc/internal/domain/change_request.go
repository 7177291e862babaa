package domain

import (
	"context"
	"fmt"
	"slices"
	"time"

	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// RequestStage is the state of a change request.
type RequestStage string

// The stages of a change request.
const (
	RequestDraft   RequestStage = "draft"
	RequestAgreed  RequestStage = "agreed"
	RequestApplied RequestStage = "applied"
	RequestDropped RequestStage = "dropped"
)

// ChangeTask is what a request does to a task of the plan, or a new one it brings.
type ChangeTask struct {
	record.Line
	Task     int
	Content  string
	PersonID int64
	FromOn   date.Date
	ToOn     date.Date
	Hours    money.Qty
	Rate     money.Price
	Fee      money.Amount
	Criteria string
}

// ChangeRequest changes what the customer confirmed of a project: the only way it changes.
type ChangeRequest struct {
	record.Base
	Stage            RequestStage
	ProjectID        int64
	Title            string
	Reason           string
	Understanding    string
	Limits           string
	BaseRevision     int // it was made for
	Revision         int // it made
	DeltaDays        int
	DeltaHours       money.Qty
	DeltaCost        money.Amount
	DeltaFee         money.Amount
	ConfirmedBy      string
	ConfirmedOn      date.Date
	ContractChangeID *int64
	Tasks            []ChangeTask `gorm:"-"`
}

// ChangeRequests is the service behind the change requests.
type ChangeRequests struct {
	*Ports
	Store    record.Store[ChangeRequest]
	Type     *resource.Type[ChangeRequest]
	Projects *ServiceProjects
	Changes  *ContractChanges
}

// amend applies a request to the plan and adds it up again.
func (p *ServiceProject) amend(x *ChangeRequest) []errs.Field {
	var bad []errs.Field
	for i := range x.Tasks {
		l := &x.Tasks[i]
		if l.Task == 0 {
			p.Tasks = append(p.Tasks, ServiceTask{Content: l.Content, PersonID: l.PersonID, FromOn: l.FromOn, ToOn: l.ToOn, Hours: l.Hours, Rate: l.Rate, Fee: l.Fee, Criteria: l.Criteria})
			bad = append(bad, l.incomplete(i)...)
			continue
		}
		if l.Task < 0 || l.Task > len(p.Tasks) || !p.Tasks[l.Task-1].DoneOn.IsZero() {
			bad = append(bad, errs.Field{Name: fmt.Sprintf("tasks.%d.task", i), Message: "The plan has no such task that is still open."})
			continue
		}
		bad = append(bad, p.Tasks[l.Task-1].amend(l, i)...)
	}
	if x.Understanding != "" {
		p.Understanding = x.Understanding
	}
	if x.Limits != "" {
		p.Limits = x.Limits
	}
	if len(bad) == 0 {
		bad = p.total()
	}
	return bad
}

// incomplete lists what a new task lacks.
func (l *ChangeTask) incomplete(i int) (bad []errs.Field) {
	for name, empty := range map[string]bool{"content": l.Content == "", "person_id": l.PersonID == 0, "from_on": l.FromOn.IsZero(), "to_on": l.ToOn.IsZero(), "hours": l.Hours.IsZero(), "criteria": l.Criteria == "" && l.Fee.Sign() > 0} {
		if empty {
			bad = append(bad, errs.Field{Name: fmt.Sprintf("tasks.%d.%s", i, name), Message: "A new task needs this."})
		}
	}
	return bad
}

// amend changes a task; what is empty in the line stays.
func (t *ServiceTask) amend(l *ChangeTask, i int) (bad []errs.Field) {
	if l.Content != "" {
		t.Content = l.Content
	}
	if l.PersonID != 0 {
		t.PersonID = l.PersonID
	}
	if !l.FromOn.IsZero() {
		t.FromOn = l.FromOn
	}
	if !l.ToOn.IsZero() {
		t.ToOn = l.ToOn
	}
	if l.Criteria != "" {
		t.Criteria = l.Criteria
	}
	t.Hours, t.Fee = t.Hours.Add(l.Hours), t.Fee.Add(l.Fee)
	refuse := func(name, message string, args ...any) {
		bad = append(bad, errs.Field{Name: fmt.Sprintf("tasks.%d.%s", i, name), Message: message, Args: args})
	}
	switch {
	case !l.Rate.IsZero():
		refuse("rate", "The cost of an hour is said for new tasks only.")
	case t.Hours.Sign() <= 0 || t.Hours.Less(t.ActualHours):
		refuse("hours", "{0} hours are worked already.", t.ActualHours)
	case t.Fee.Sign() < 0:
		refuse("fee", "An amount cannot be negative.")
	case t.ToOn.Before(t.FromOn):
		refuse("to_on", "The end lies before the start.")
	}
	return bad
}

// changeable refuses a project whose plan is not confirmed, or over.
func (p *ServiceProject) changeable() *errs.Error {
	if p.Stage != ServiceConfirmed && p.Stage != ServiceRunning {
		return errs.Bad("project_id", "Only what the customer confirmed needs a change request.")
	}
	return nil
}

// check works the effects of a draft out: on time, hours, cost and price.
func (s *ChangeRequests) check(ctx context.Context, x *ChangeRequest) error {
	if x.Stage != RequestDraft || x.ProjectID == 0 {
		return nil
	}
	p, err := s.Projects.Store.Get(ctx, x.ProjectID)
	if errs.Is(err, errs.NotFound) {
		return nil // the reference check says so with its field
	}
	if err != nil {
		return fmt.Errorf("project of change request: %w", err)
	}
	if e := p.changeable(); e != nil {
		return e
	}
	if len(x.Tasks) == 0 && x.Understanding == "" && x.Limits == "" {
		return errs.Bad("tasks", "Say what changes.")
	}
	before := p.scope()
	if e := errs.Join(p.amend(x)); e != nil {
		return e
	}
	after := p.scope()
	x.BaseRevision = p.Revision
	x.DeltaDays, x.DeltaHours, x.DeltaCost, x.DeltaFee = after.EndOn.Sub(before.EndOn), after.Hours.Sub(before.Hours), after.Cost.Sub(before.Cost), after.Fee.Sub(before.Fee)
	return nil
}

// saved shows a new request to the team of the project.
func (s *ChangeRequests) saved(ctx context.Context, x, before *ChangeRequest) error {
	if before != nil {
		return nil
	}
	return s.Projects.showPart(ctx, s.Type.Name, x.ID, x.ProjectID)
}

// confirm is the customer's yes: plan and budget change, the contract is asked to follow.
func (s *ChangeRequests) confirm(ctx context.Context, x *ChangeRequest, in *confirmation) error {
	if err := s.untilToday(ctx, "on", &in.On); err != nil {
		return err
	}
	var moved []int
	p, err := s.Projects.Type.Update(ctx, x.ProjectID, func(p *ServiceProject) error {
		if e := p.changeable(); e != nil {
			return errs.New(errs.Precondition, "{0} is over.", p.No)
		}
		if p.Revision != x.BaseRevision {
			return errs.New(errs.Precondition, "The customer has confirmed baseline {0} meanwhile; look at this request again.", p.Revision)
		}
		if p.Revision == 0 { // confirmed before versions were kept
			if err := s.Projects.baseline(ctx, p, nil); err != nil {
				return err
			}
		}
		ends := make([]date.Date, len(p.Tasks))
		for i := range p.Tasks {
			ends[i] = p.Tasks[i].ToOn
		}
		if bad := p.amend(x); len(bad) > 0 {
			return errs.New(errs.Precondition, "The plan went on meanwhile; look at this request again.")
		}
		for i, was := range ends {
			if p.Tasks[i].ToOn != was && p.Tasks[i].PlanLine > 0 {
				moved = append(moved, i)
			}
		}
		p.ConfirmedBy, p.ConfirmedOn = in.By, in.On
		return s.Projects.baseline(ctx, p, &x.ID)
	})
	if err != nil {
		return err
	}
	x.ConfirmedBy, x.ConfirmedOn, x.Revision = in.By, in.On, p.Revision
	return s.toContract(ctx, x, p, moved)
}

// toContract moves the milestones of the contract, and drafts the change of its price or end.
func (s *ChangeRequests) toContract(ctx context.Context, x *ChangeRequest, p *ServiceProject, moved []int) error {
	if p.ContractID == nil {
		return nil
	}
	err := s.Projects.Contracts.progress(ctx, *p.ContractID, func(plan []PlanLine) {
		for _, i := range moved {
			if t := &p.Tasks[i]; t.PlanLine <= len(plan) && plan[t.PlanLine-1].DoneOn.IsZero() {
				plan[t.PlanLine-1].PlannedOn = t.ToOn
			}
		}
	})
	if err != nil {
		return err
	}
	c, err := s.Projects.Contracts.Store.Get(ctx, *p.ContractID)
	if err != nil {
		return fmt.Errorf("contract of %s: %w", p.No, err)
	}
	end := p.scope().EndOn
	later := !c.EndOn.IsZero() && c.EndOn.Before(end)
	if x.DeltaFee.IsZero() && !later {
		return nil
	}
	if c.Stage != ContractSigned && c.Stage != ContractRunning {
		return errs.New(errs.Precondition, "{0} is not signed; sign it before its price or end changes.", c.No)
	}
	change := &ContractChange{ContractID: c.ID, Reason: errs.Clip(x.No+" "+x.Title, 190), EffectiveOn: s.Today(ctx), Delta: x.DeltaFee.Add(money.Tax(x.DeltaFee, p.TaxRate))}
	if later {
		change.NewEndOn = end
	}
	if err := s.Changes.Type.Create(ctx, change, s.Type.Ref(x.ID)); err != nil {
		return fmt.Errorf("contract change of %s: %w", x.No, err)
	}
	x.ContractChangeID = &change.ID
	return nil
}

// showPart shows a new document of a project to its team.
func (s *ServiceProjects) showPart(ctx context.Context, object string, id, project int64) error {
	p, err := s.Store.Get(ctx, project)
	if err != nil {
		return fmt.Errorf("project of %s %d: %w", object, id, err)
	}
	return s.Book.ShowPart(ctx, object, id, p.team())
}

func changeTaskFields() resource.Fields[ChangeTask] {
	return resource.Fields[ChangeTask]{
		resource.Int("task", "Task", func(l *ChangeTask) *int { return &l.Task }).Hint("Its number in the plan; empty is a new one."),
		resource.Text("content", "Content", func(l *ChangeTask) *string { return &l.Content }).Limit(300),
		resource.Ref("person_id", "Person", func(l *ChangeTask) *int64 { return &l.PersonID }, "core.user"),
		resource.Date("from_on", "From", func(l *ChangeTask) *date.Date { return &l.FromOn }),
		resource.Date("to_on", "To", func(l *ChangeTask) *date.Date { return &l.ToOn }),
		resource.Quantity("hours", "Hours more or fewer", func(l *ChangeTask) *money.Qty { return &l.Hours }),
		resource.Price("rate", "Cost of an hour", func(l *ChangeTask) *money.Price { return &l.Rate }).Sensitive(),
		resource.Money("fee", "Fee more or less", func(l *ChangeTask) *money.Amount { return &l.Fee }),
		resource.Text("criteria", "Acceptance criteria", func(l *ChangeTask) *string { return &l.Criteria }).Limit(500),
	}
}

// Declare returns the document type of the change request.
func (s *ChangeRequests) Declare() *resource.Type[ChangeRequest] {
	s.Type = &resource.Type[ChangeRequest]{
		Name: "ltc.change_request", Label: "Change request", Plural: "Change requests", Icon: "file-diff", Number: "CRQ-{yyyy}-{00000}", Store: s.Store, Check: s.check, Saved: s.saved, SumBy: "delta_fee",
		Title:  func(x *ChangeRequest) string { return x.Title },
		Amount: func(x *ChangeRequest) money.Amount { return x.DeltaFee.Abs() },
		Rules:  map[string][]process.Rule{"ltc.change_request:review": {{Label: "Every change request", Steps: []process.Step{process.ByRole("ltc.manager")}}}},
		Fields: slices.Concat(resource.Fields[ChangeRequest]{
			resource.Ref("project_id", "Service project", func(x *ChangeRequest) *int64 { return &x.ProjectID }, "ltc.service_project").Required().InList().Filter().Source(),
			resource.Text("title", "What changes", func(x *ChangeRequest) *string { return &x.Title }).Required().InList().Search().Limit(200),
			resource.LongText("reason", "Reason", func(x *ChangeRequest) *string { return &x.Reason }).Required().Limit(2000),
			resource.LongText("understanding", "Our understanding from now on", func(x *ChangeRequest) *string { return &x.Understanding }).Limit(4000).Hint("Empty: it stays."),
			resource.LongText("limits", "Limits from now on", func(x *ChangeRequest) *string { return &x.Limits }).Limit(2000).Hint("Empty: they stay."),
			resource.Lines("tasks", "Changes of the plan", func(x *ChangeRequest) *[]ChangeTask { return &x.Tasks }, changeTaskFields()),
		}, effectFields()),
		Process: resource.Process(func(x *ChangeRequest) *RequestStage { return &x.Stage },
			[]resource.Stage[RequestStage]{
				{Key: RequestDraft, Label: "Draft", Owner: "ltc.rep", Class: process.Draft, Limit: 16 * time.Hour, Help: "Say what changes and why; the effect on time, cost and price is worked out. It is reviewed inside first."},
				{Key: RequestAgreed, Label: "Agreed inside", Owner: "ltc.rep", Locked: true, Limit: 40 * time.Hour, Help: "Have the customer confirm it; plan and budget change then, and a change of the contract is drafted."},
				{Key: RequestApplied, Label: "Applied", End: true, Class: process.Done},
				{Key: RequestDropped, Label: "Dropped", End: true, Class: process.Cancelled},
			},
			[]resource.Move[ChangeRequest, RequestStage]{
				{Name: "review", Label: "Ask for review", From: resource.From(RequestDraft), To: RequestAgreed, Matrix: "ltc.change_request:review"},
				{Name: "confirm", Label: "Customer confirms", From: resource.From(RequestAgreed), To: RequestApplied, Do: resource.Ask(confirmationForm(), s.confirm)},
				{Name: "rework", Label: "Back to draft", From: resource.From(RequestAgreed), To: RequestDraft, Reason: true, Deviation: true},
				{Name: "drop", Label: "Drop", From: resource.From(RequestDraft, RequestAgreed), To: RequestDropped, Reason: true, Deviation: true},
			}),
	}
	return s.Type
}

// effectFields are what a request does, worked out, and what came of it.
func effectFields() resource.Fields[ChangeRequest] {
	return resource.Fields[ChangeRequest]{
		resource.Int("delta_days", "Days later", func(x *ChangeRequest) *int { return &x.DeltaDays }).ReadOnly().InList().Filter().In("Effect"),
		resource.Quantity("delta_hours", "More hours", func(x *ChangeRequest) *money.Qty { return &x.DeltaHours }).ReadOnly().In("Effect"),
		resource.Money("delta_cost", "More cost", func(x *ChangeRequest) *money.Amount { return &x.DeltaCost }).ReadOnly().Sensitive().In("Effect"),
		resource.Money("delta_fee", "More fee without tax", func(x *ChangeRequest) *money.Amount { return &x.DeltaFee }).ReadOnly().InList().Filter().In("Effect"),
		resource.Int("base_revision", "Made for baseline", func(x *ChangeRequest) *int { return &x.BaseRevision }).ReadOnly().In("Effect"),
		resource.Int("revision", "Made baseline", func(x *ChangeRequest) *int { return &x.Revision }).ReadOnly().In("Confirmation"),
		resource.Text("confirmed_by", "Confirmed by", func(x *ChangeRequest) *string { return &x.ConfirmedBy }).ReadOnly().In("Confirmation"),
		resource.Date("confirmed_on", "Confirmed on", func(x *ChangeRequest) *date.Date { return &x.ConfirmedOn }).ReadOnly().Filter().In("Confirmation"),
		resource.OptRef("contract_change_id", "Contract change", func(x *ChangeRequest) **int64 { return &x.ContractChangeID }, "ltc.contract_change").ReadOnly().In("Confirmation"),
	}
}
