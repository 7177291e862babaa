package domain

import (
	"context"
	"fmt"
	"slices"
	"time"

	"meridian/platform/authz"
	"meridian/platform/clock"
	"meridian/platform/errs"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// PledgeStage is the state of a pledge.
type PledgeStage string

// The stages of a pledge.
const (
	PledgeAsked  PledgeStage = "asked"
	PledgeGiven  PledgeStage = "given"
	PledgeLapsed PledgeStage = "lapsed"
)

// Pledge is that somebody, its owner, keeps a confidential project to those who work on it.
type Pledge struct {
	record.Base
	Stage          PledgeStage
	ProjectID      int64
	AcknowledgedAt *time.Time
}

// Pledges is the service behind the pledges.
type Pledges struct {
	*Ports
	Store record.Store[Pledge]
	Type  *resource.Type[Pledge]
	Book  ProjectBook
	Now   clock.Clock
}

// Declare returns the document type of the pledge.
func (s *Pledges) Declare() *resource.Type[Pledge] {
	s.Type = &resource.Type[Pledge]{
		Name: "ltc.pledge", Label: "Acknowledgement of confidentiality", Plural: "Acknowledgements of confidentiality", Icon: "lock", Number: "CF-{yyyy}-{00000}", Store: s.Store, NoCreate: true, NoEdit: true,
		Fields: resource.Fields[Pledge]{
			resource.Ref("project_id", "Service project", func(x *Pledge) *int64 { return &x.ProjectID }, "ltc.service_project").InList().Filter().Source(),
			resource.Time("acknowledged_at", "Acknowledged at", func(x *Pledge) **time.Time { return &x.AcknowledgedAt }).ReadOnly().InList().Filter(),
		},
		Process: resource.Process(func(x *Pledge) *PledgeStage { return &x.Stage },
			[]resource.Stage[PledgeStage]{
				{Key: PledgeAsked, Label: "To acknowledge", Personal: true, Class: process.Open, Limit: 8 * time.Hour, Help: "Acknowledge that need, documents and results of the project stay with those who work on it; hours are entered after that."},
				{Key: PledgeGiven, Label: "Acknowledged", End: true, Class: process.Done},
				{Key: PledgeLapsed, Label: "No longer needed", End: true, Class: process.Cancelled},
			},
			[]resource.Move[Pledge, PledgeStage]{
				{Name: "acknowledge", Label: "Acknowledge", From: resource.From(PledgeAsked), To: PledgeGiven, Do: resource.Do(s.acknowledge)},
				{Name: "lapse", Label: "No longer needed", From: resource.From(PledgeAsked), To: PledgeLapsed, System: true},
			}),
	}
	return s.Type
}

func (s *Pledges) acknowledge(ctx context.Context, x *Pledge) error {
	if authz.Actor(ctx) != x.OwnerID {
		return errs.New(errs.Forbidden, "Everybody acknowledges for themselves.")
	}
	at := s.Now()
	x.AcknowledgedAt = &at
	return nil
}

// of lists the pledges of a project that are asked for or given.
func (s *Pledges) of(ctx context.Context, project int64) ([]Pledge, error) {
	q := record.Where("project_id", record.Eq, project).And("stage", record.In, []string{string(PledgeAsked), string(PledgeGiven)})
	list, err := s.Store.Find(authz.System(ctx, "ltc.pledge:of"), q)
	if err != nil {
		return nil, fmt.Errorf("pledges of project %d: %w", project, err)
	}
	return list, nil
}

// settle asks the people inside a confidential project who were not asked yet, and lets go of
// questions nobody needs to answer any more. Who has acknowledged is bound after leaving, too.
func (s *Pledges) settle(ctx context.Context, p *ServiceProject, inside []int64) error {
	ctx = authz.System(ctx, "ltc.pledge:settle")
	list, err := s.of(ctx, p.ID)
	if err != nil {
		return err
	}
	if !p.Confidential {
		inside = nil
	}
	slices.Sort(inside)
	inside = slices.Compact(inside)
	var known []int64
	for i := range list {
		x := &list[i]
		if x.Stage == PledgeAsked && !slices.Contains(inside, x.OwnerID) {
			if err := s.Type.Fire(ctx, x.ID, "lapse", nil); err != nil {
				return fmt.Errorf("pledge %s: %w", x.No, err)
			}
			continue
		}
		known = append(known, x.OwnerID)
	}
	for _, person := range without(inside, known) {
		if err := s.ask(ctx, p, person); err != nil {
			return err
		}
	}
	return nil
}

// ask makes the task of a person to acknowledge; who leads the project follows it.
func (s *Pledges) ask(ctx context.Context, p *ServiceProject, person int64) error {
	x := &Pledge{ProjectID: p.ID}
	x.OwnerID, x.CompanyID = person, p.CompanyID
	if err := s.Type.Create(ctx, x); err != nil {
		return fmt.Errorf("pledge of %s: %w", p.No, err)
	}
	if err := s.Book.ShowPart(ctx, s.Type.Name, x.ID, []int64{p.OwnerID}); err != nil {
		return err
	}
	return s.Notify(ctx, process.Notice{Users: []int64{person}, Kind: "task", Message: "{0} is confidential; acknowledge it before you work on it.", Args: []any{p.No}, Object: s.Type.Ref(x.ID)})
}

// bound refuses work of a person on a confidential project who has not acknowledged it.
func (s *Pledges) bound(ctx context.Context, p *ServiceProject, person int64) error {
	if !p.Confidential {
		return nil
	}
	list, err := s.of(ctx, p.ID)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(list, func(x Pledge) bool { return x.OwnerID == person && x.Stage == PledgeGiven }) {
		return errs.Bad("project_id", "{0} is confidential; {1} has to acknowledge that before entering hours.", p.No, s.People().Name(person))
	}
	return nil
}

// pledge keeps the pledges in step with who is inside: the team and the experts.
func (s *ServiceProjects) pledge(ctx context.Context, p *ServiceProject) error {
	asked, err := s.Opinions.of(ctx, p.ID)
	if err != nil {
		return err
	}
	return s.Pledges.settle(ctx, p, append(p.team(), experts(asked)...))
}

// confide confines the project to those inside.
func (s *ServiceProjects) confide(ctx context.Context, p *ServiceProject) error {
	if p.Confidential {
		return errs.New(errs.Precondition, "{0} is confidential already.", p.No)
	}
	p.Confidential = true
	return s.pledge(ctx, p)
}

// disclose opens the project to everybody with the right to read it.
func (s *ServiceProjects) disclose(ctx context.Context, p *ServiceProject) error {
	if !p.Confidential {
		return errs.New(errs.Precondition, "{0} is not confidential.", p.No)
	}
	p.Confidential = false
	return s.pledge(ctx, p)
}
