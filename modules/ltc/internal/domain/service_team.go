package domain

import (
	"context"
	"slices"

	"meridian/platform/errs"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// ServiceMember is somebody of the team of a project beside those with a task.
type ServiceMember struct {
	record.Line
	UserID int64
	Role   string
}

func memberFields() resource.Fields[ServiceMember] {
	return resource.Fields[ServiceMember]{
		resource.Ref("user_id", "Person", func(m *ServiceMember) *int64 { return &m.UserID }, "core.user").Required(),
		resource.Text("role", "Role in the project", func(m *ServiceMember) *string { return &m.Role }).Limit(80),
	}
}

// memberForm is the input of the moves "add_member" and, without the role, "remove_member".
func memberForm() resource.Fields[ServiceMember] { return memberFields() }

// team is everybody who works on the project: its owner, who has a task, who was added.
func (p *ServiceProject) team() []int64 {
	out := []int64{p.OwnerID}
	for i := range p.Tasks {
		out = append(out, p.Tasks[i].PersonID)
	}
	for i := range p.Members {
		out = append(out, p.Members[i].UserID)
	}
	slices.Sort(out)
	out = slices.Compact(out)
	return slices.DeleteFunc(out, func(id int64) bool { return id == 0 })
}

// show lets the team see the project and what belongs to it, and hides both from who left.
// before is nil of a new one.
func (s *ServiceProjects) show(ctx context.Context, p, before *ServiceProject) error {
	var was []int64
	if before != nil {
		was = before.team()
	}
	return s.Book.ShowProject(ctx, p.ID, without(p.team(), was), without(was, p.team()))
}

// without is list less those of other.
func without(list, other []int64) []int64 {
	return slices.DeleteFunc(slices.Clone(list), func(id int64) bool { return slices.Contains(other, id) })
}

// addMember takes somebody into the team.
func (s *ServiceProjects) addMember(ctx context.Context, p *ServiceProject, in *ServiceMember) error {
	who := s.People().People[in.UserID]
	switch {
	case who == nil || !who.Active || who.Company != p.CompanyID:
		return errs.Bad("user_id", "This person does not work here.")
	case slices.Contains(p.team(), in.UserID):
		return errs.Bad("user_id", "{0} is in the team already.", who.Name)
	}
	p.Members = append(p.Members, ServiceMember{UserID: in.UserID, Role: in.Role})
	if err := s.Book.ShowProject(ctx, p.ID, []int64{in.UserID}, nil); err != nil {
		return err
	}
	if err := s.pledge(ctx, p); err != nil {
		return err
	}
	return s.Notify(ctx, process.Notice{Users: []int64{in.UserID}, Kind: "task", Message: "You work on {0}.", Args: []any{p.No}, Object: s.Type.Ref(p.ID)})
}

// removeMember takes somebody out who was added; who has a task stays.
func (s *ServiceProjects) removeMember(ctx context.Context, p *ServiceProject, in *ServiceMember) error {
	before := p.team()
	n := len(p.Members)
	if p.Members = slices.DeleteFunc(p.Members, func(m ServiceMember) bool { return m.UserID == in.UserID }); len(p.Members) == n {
		return errs.Bad("user_id", "This person was not added to the team.")
	}
	if err := s.pledge(ctx, p); err != nil {
		return err
	}
	return s.Book.ShowProject(ctx, p.ID, nil, without(before, p.team()))
}
