package domain

import (
	"context"
	"fmt"
	"slices"

	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// OptionStage is the state of an option.
type OptionStage string

// The stages of an option.
const (
	OptionProposed OptionStage = "proposed"
	OptionChosen   OptionStage = "chosen"
	OptionDropped  OptionStage = "dropped"
)

// OptionRole is who an option needs, for how many hours.
type OptionRole struct {
	record.Line
	Role     string
	PersonID int64
	Hours    money.Qty
	Rate     money.Price // cost of an hour
}

// ServiceOption is one way to do a service project, with the people it takes.
type ServiceOption struct {
	record.Base
	Stage       OptionStage
	ProjectID   int64
	Name        string
	Description string
	Weeks       int
	Hours       money.Qty
	Cost        money.Amount
	Fee         money.Amount
	Advantages  string
	Drawbacks   string
	Chosen      bool
	Why         string
	ChosenBy    *int64
	ChosenOn    date.Date
	Roles       []OptionRole `gorm:"-"`
}

// ServiceOptions is the service behind the options.
type ServiceOptions struct {
	*Ports
	Store    record.Store[ServiceOption]
	Type     *resource.Type[ServiceOption]
	Projects *ServiceProjects
}

// Declare returns the document type of the option.
func (s *ServiceOptions) Declare() *resource.Type[ServiceOption] {
	s.Type = &resource.Type[ServiceOption]{
		Name: "ltc.service_option", Label: "Option of a project", Plural: "Options of projects", Icon: "git-branch", Number: "OPT-{yyyy}-{00000}", Store: s.Store, Check: s.check, Saved: s.saved, SumBy: "fee",
		Title:   func(x *ServiceOption) string { return x.Name },
		Amount:  func(x *ServiceOption) money.Amount { return x.Fee },
		Default: func(_ context.Context, x *ServiceOption) error { x.Weeks = 1; return nil },
		Fields: slices.Concat(resource.Fields[ServiceOption]{
			resource.Ref("project_id", "Service project", func(x *ServiceOption) *int64 { return &x.ProjectID }, "ltc.service_project").Required().InList().Filter().Source().In("Option of a project"),
			resource.Text("name", "Name", func(x *ServiceOption) *string { return &x.Name }).Required().InList().Search().Limit(120).In("Option of a project"),
			resource.LongText("description", "Description", func(x *ServiceOption) *string { return &x.Description }).Limit(4000).In("Option of a project"),
			resource.Int("weeks", "Weeks", func(x *ServiceOption) *int { return &x.Weeks }).Required().InList().Filter().In("Option of a project").Hint("How long it takes."),
			resource.Lines("roles", "People needed", func(x *ServiceOption) *[]OptionRole { return &x.Roles }, resource.Fields[OptionRole]{
				resource.Text("role", "Role in the project", func(r *OptionRole) *string { return &r.Role }).Required().Limit(80),
				resource.Ref("person_id", "Person", func(r *OptionRole) *int64 { return &r.PersonID }, "core.user"),
				resource.Quantity("hours", "Hours", func(r *OptionRole) *money.Qty { return &r.Hours }).Required(),
				resource.Price("rate", "Cost of an hour", func(r *OptionRole) *money.Price { return &r.Rate }).Sensitive(),
			}),
			resource.LongText("advantages", "Advantages", func(x *ServiceOption) *string { return &x.Advantages }).Limit(2000).In("Option of a project"),
			resource.LongText("drawbacks", "Drawbacks", func(x *ServiceOption) *string { return &x.Drawbacks }).Limit(2000).In("Option of a project"),
		}, optionFigures()),
		Process: resource.Process(func(x *ServiceOption) *OptionStage { return &x.Stage },
			[]resource.Stage[OptionStage]{
				{Key: OptionProposed, Label: "Compared", Owner: "ltc.rep", Class: process.Open, Help: "Say who is needed for how long, what it costs and what speaks for and against it; choose one option with the reason."},
				{Key: OptionChosen, Label: "Chosen", Owner: "ltc.rep", Class: process.Won, Locked: true, Help: "It made the service plan; until the customer confirms that, it can be put back."},
				{Key: OptionDropped, Label: "Dropped", End: true, Class: process.Cancelled},
			},
			[]resource.Move[ServiceOption, OptionStage]{
				{Name: "choose", Label: "Choose", From: resource.From(OptionProposed), To: OptionChosen, Guard: "roles > 0", Do: resource.Ask(choiceForm(), s.choose)},
				{Name: "put_back", Label: "Put back", From: resource.From(OptionChosen), To: OptionProposed, Reason: true, Deviation: true, Do: resource.Do(s.putBack)},
				{Name: "drop", Label: "Drop", From: resource.From(OptionProposed), To: OptionDropped, Reason: true},
			}),
	}
	return s.Type
}

// optionFigures are what an option takes and brings, and why it was chosen.
func optionFigures() resource.Fields[ServiceOption] {
	return resource.Fields[ServiceOption]{
		resource.Money("fee", "Fee without tax", func(x *ServiceOption) *money.Amount { return &x.Fee }).InList().Filter().In("Margin"),
		resource.Quantity("hours", "Hours", func(x *ServiceOption) *money.Qty { return &x.Hours }).ReadOnly().InList().In("Margin"),
		resource.Money("cost", "Planned cost", func(x *ServiceOption) *money.Amount { return &x.Cost }).ReadOnly().Sensitive().Filter().In("Margin"),
		resource.Computed("margin", "Planned margin", resource.KMoney, func(x *ServiceOption) string { return x.Fee.Sub(x.Cost).String() }).Sensitive().InList().In("Margin"),
		resource.Bool("chosen", "Chosen", func(x *ServiceOption) *bool { return &x.Chosen }).ReadOnly().InList().Filter().In("Choice"),
		resource.LongText("why", "Reason of the choice", func(x *ServiceOption) *string { return &x.Why }).ReadOnly().In("Choice"),
		resource.OptRef("chosen_by", "Chosen by", func(x *ServiceOption) **int64 { return &x.ChosenBy }, "core.user").ReadOnly().In("Choice"),
		resource.Date("chosen_on", "Chosen on", func(x *ServiceOption) *date.Date { return &x.ChosenOn }).ReadOnly().In("Choice"),
	}
}

// check adds the option up. A new one belongs to who leads the project, who chooses.
func (s *ServiceOptions) check(ctx context.Context, x *ServiceOption) error {
	if e := errs.Join(x.total()); e != nil {
		return e
	}
	if x.ID != 0 || x.ProjectID == 0 {
		return nil
	}
	p, err := s.Projects.Store.Lock(ctx, x.ProjectID)
	if errs.Is(err, errs.NotFound) {
		return nil // the reference check says so with its field
	}
	if err != nil {
		return fmt.Errorf("project of option: %w", err)
	}
	if !p.plannable() {
		return errs.Bad("project_id", "The plan of {0} is confirmed; it changes by change requests only.", p.No)
	}
	x.OwnerID, x.DeptID = p.OwnerID, p.DeptID
	return nil
}

// total adds hours and cost of the people up.
func (x *ServiceOption) total() (bad []errs.Field) {
	if x.Weeks < 1 || x.Weeks > 520 {
		bad = append(bad, errs.Field{Name: "weeks", Message: "Between 1 and 520."})
	}
	if x.Fee.Sign() < 0 {
		bad = append(bad, errs.Field{Name: "fee", Message: "An amount cannot be negative."})
	}
	x.Hours, x.Cost = money.Qty{}, money.Amount{}
	for i := range x.Roles {
		r := &x.Roles[i]
		if r.Hours.Sign() <= 0 {
			bad = append(bad, errs.Field{Name: fmt.Sprintf("roles.%d.hours", i), Message: "The quantity must be greater than zero."})
		}
		if r.Rate.Sign() < 0 {
			bad = append(bad, errs.Field{Name: fmt.Sprintf("roles.%d.rate", i), Message: "An amount cannot be negative."})
		}
		x.Hours, x.Cost = x.Hours.Add(r.Hours), x.Cost.Add(money.Value(r.Rate, r.Hours))
	}
	return bad
}

// saved shows a new option to the team of the project.
func (s *ServiceOptions) saved(ctx context.Context, x, before *ServiceOption) error {
	if before != nil {
		return nil
	}
	return s.Projects.showPart(ctx, s.Type.Name, x.ID, x.ProjectID)
}

// choice is the input of the move "choose".
type choice struct{ Why string }

func choiceForm() resource.Fields[choice] {
	return resource.Fields[choice]{resource.LongText("why", "Reason of the choice", func(c *choice) *string { return &c.Why }).Required().Limit(2000)}
}

// choose takes people, hours and fee of the option into the service plan.
func (s *ServiceOptions) choose(ctx context.Context, x *ServiceOption, in *choice) error {
	_, err := s.Projects.Type.Update(ctx, x.ProjectID, func(p *ServiceProject) error {
		switch {
		case !p.plannable():
			return errs.New(errs.Precondition, "The plan of {0} is confirmed; it changes by change requests only.", p.No)
		case p.OptionID != nil:
			return errs.New(errs.Precondition, "Another option is chosen already; put that back first.")
		}
		p.OptionID = &x.ID
		p.Tasks = append(p.Tasks, x.tasks(s.Today(ctx))...)
		return nil
	})
	if err != nil {
		return fmt.Errorf("plan of option %s: %w", x.No, err)
	}
	x.Chosen, x.Why, x.ChosenBy, x.ChosenOn = true, in.Why, pointer(authz.Actor(ctx)), s.Today(ctx)
	return nil
}

// tasks are the option as part of the plan from a day on; the fee is divided by hours.
func (x *ServiceOption) tasks(from date.Date) []ServiceTask {
	out := make([]ServiceTask, len(x.Roles))
	var hours money.Qty
	var fee money.Amount
	for i := range x.Roles {
		r := &x.Roles[i]
		hours = hours.Add(r.Hours)
		share, _ := money.Share(hours, x.Hours)
		upTo := money.Part(x.Fee, share)
		out[i] = ServiceTask{Content: r.Role + ": " + x.Name, PersonID: r.PersonID, FromOn: from, ToOn: from.AddDays(7*x.Weeks - 1), Hours: r.Hours, Rate: r.Rate, Fee: upTo.Sub(fee), FromOption: true}
		fee = upTo
	}
	return out
}

// putBack takes the option out of the plan again.
func (s *ServiceOptions) putBack(ctx context.Context, x *ServiceOption) error {
	_, err := s.Projects.Type.Update(ctx, x.ProjectID, func(p *ServiceProject) error {
		if !p.plannable() {
			return errs.New(errs.Precondition, "The plan of {0} is confirmed; it changes by change requests only.", p.No)
		}
		p.OptionID = nil
		p.Tasks = slices.DeleteFunc(p.Tasks, func(t ServiceTask) bool { return t.FromOption })
		return nil
	})
	if err != nil {
		return fmt.Errorf("plan of option %s: %w", x.No, err)
	}
	x.Chosen, x.Why, x.ChosenBy, x.ChosenOn = false, "", nil, date.Date{}
	return nil
}

// plannable reports whether the plan is made freely: before the customer confirms it.
func (p *ServiceProject) plannable() bool {
	return p.Stage == ServiceDraft || p.Stage == ServicePlanned
}

// decided refuses a plan while there are options and none is chosen.
func (s *ServiceProjects) decided(ctx context.Context, p *ServiceProject) error {
	if p.OptionID != nil {
		return nil
	}
	q := record.Where("project_id", record.Eq, p.ID).And("stage", record.Eq, string(OptionProposed))
	open, err := s.Options.Store.Count(ctx, q, 0)
	if err != nil {
		return fmt.Errorf("options of %s: %w", p.No, err)
	}
	if open > 0 {
		return errs.New(errs.Precondition, "Choose one of the {0} options first.", open)
	}
	return nil
}
