package domain

import (
	"context"
	"fmt"

	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// Policy is what a company promises: for each priority the working minutes until the
// first answer and until the solution, by the company's calendar.
type Policy struct {
	record.Base
	Name    string
	Active  bool
	Targets []Target `gorm:"-"`
}

// Target is the promise for one priority.
type Target struct {
	record.Line
	Priority      Priority
	FirstResponse int // working minutes
	Resolution    int
}

// promise is the target of a case and the policy it comes from.
type promise struct {
	PolicyID                  int64 // 0 = built in
	FirstResponse, Resolution int
}

// builtIn is promised while a company has no policy of its own.
var builtIn = map[Priority]promise{
	"1": {0, 30, 4 * 60}, "2": {0, 60, 8 * 60}, "3": {0, 2 * 60, 16 * 60}, "4": {0, 4 * 60, 24 * 60}, "5": {0, 8 * 60, 40 * 60},
}

// Policies is the service behind the policy type.
type Policies struct {
	Store record.Store[Policy]
	Type  *resource.Type[Policy]
}

// check wants one target for each priority, as an incomplete promise would fall back
// silently.
func (s *Policies) check(_ context.Context, p *Policy) error {
	var bad []errs.Field
	seen := map[Priority]bool{}
	for i, t := range p.Targets {
		path := fmt.Sprintf("targets.%d.", i)
		if seen[t.Priority] {
			bad = append(bad, errs.Field{Name: path + "priority", Message: "This priority has a line already."})
		}
		seen[t.Priority] = true
		if t.FirstResponse <= 0 {
			bad = append(bad, errs.Field{Name: path + "first_response", Message: "At least one minute."})
		}
		if t.Resolution < t.FirstResponse {
			bad = append(bad, errs.Field{Name: path + "resolution", Message: "Nobody solves what nobody has answered: not less than the first response."})
		}
	}
	if len(seen) != len(builtIn) {
		bad = append(bad, errs.Field{Name: "targets", Message: "One line for each of the five priorities."})
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// targets returns what is promised for a priority now: by the active policy of the
// company, else by the built-in one.
func (s *Policies) targets(ctx context.Context, company int64, priority Priority) (promise, error) {
	ctx = authz.System(ctx, "service level of a case")
	active, err := s.Store.First(ctx, record.Where("company_id", record.Eq, company).And("active", record.Eq, true))
	if errs.Is(err, errs.NotFound) {
		return builtIn[priority], nil
	}
	if err != nil {
		return promise{}, fmt.Errorf("service level policy: %w", err)
	}
	if active, err = s.Store.Get(ctx, active.ID); err != nil { // with its lines
		return promise{}, fmt.Errorf("service level policy: %w", err)
	}
	for _, t := range active.Targets {
		if t.Priority == priority {
			return promise{active.ID, t.FirstResponse, t.Resolution}, nil
		}
	}
	return promise{}, fmt.Errorf("service level policy %d promises nothing for priority %s", active.ID, priority)
}

// Declare returns the document type of the policy. It has no process: it is master
// data of the company.
func (s *Policies) Declare() *resource.Type[Policy] {
	s.Type = &resource.Type[Policy]{
		Name: "itr.sla_policy", Label: "Service level", Plural: "Service levels", Icon: "clock-check", Number: "SL-{000}", Store: s.Store, Check: s.check, NoOwner: true,
		Title: func(p *Policy) string { return p.Name },
		Default: func(_ context.Context, p *Policy) error {
			p.Active = true
			for _, o := range priorities {
				t := builtIn[Priority(o.Value)]
				p.Targets = append(p.Targets, Target{Priority: Priority(o.Value), FirstResponse: t.FirstResponse, Resolution: t.Resolution})
			}
			return nil
		},
		Fields: resource.Fields[Policy]{
			resource.Text("name", "Name", func(p *Policy) *string { return &p.Name }).Required().InList().Search().Filter(),
			resource.Bool("active", "Active", func(p *Policy) *bool { return &p.Active }).InList().Filter(),
			resource.Lines("targets", "Targets by priority", func(p *Policy) *[]Target { return &p.Targets }, resource.Fields[Target]{
				resource.Enum("priority", "Priority", func(t *Target) *Priority { return &t.Priority }, priorities...).Required(),
				resource.Int("first_response", "First response (working minutes)", func(t *Target) *int { return &t.FirstResponse }).Required(),
				resource.Int("resolution", "Resolution (working minutes)", func(t *Target) *int { return &t.Resolution }).Required(),
			}),
		},
	}
	return s.Type
}
