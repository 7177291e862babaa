package domain

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/i18n"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// Pipeline is a way deals take: its steps in their order, each within one stage of the
// one declared process.
type Pipeline struct {
	record.Base
	Name        string
	ProductLine string
	BranchID    *int64
	Serves      string // the deals that come here by themselves
	Active      bool

	Steps []PipelineStep `gorm:"-"`
}

// PipelineStep is one step of a pipeline.
type PipelineStep struct {
	record.Line
	Name        string
	StageKey    DealStage
	Probability money.Ratio // 0 = learned, else usual for the stage
	Category    string      // of the forecast; empty = usual for the stage
	LimitDays   int         // 0 = none
	EnterItems  string      // one requirement a line
	LeaveItems  string
	Practice    string
}

// What deals come to a pipeline by themselves.
const (
	ServesNew      = "new"
	ServesExisting = "existing"
	ServesRenewal  = "renewal"
	ServesPartner  = "partner"
)

// StepDeals is how many open deals stand in a step, and in which stage.
type StepDeals struct {
	StepID int64
	Stage  DealStage
	N      int64
}

// PipelineBook answers what no single pipeline knows. Package store implements it.
type PipelineBook interface {
	// Hold keeps others from making pipelines of a company until the transaction ends.
	Hold(ctx context.Context, company int64) error
	// Deals counts the open deals of a pipeline, those on hold too.
	Deals(ctx context.Context, pipeline int64) ([]StepDeals, error)
	// Rename writes the names of the steps to the deals that stand in them.
	Rename(ctx context.Context, pipeline int64) error
}

// Pipelines is the service behind the pipeline type.
type Pipelines struct {
	*Ports
	Store record.Store[Pipeline]
	Type  *resource.Type[Pipeline]
	Deals PipelineBook
}

// Declare returns the document type of the pipeline.
func (s *Pipelines) Declare() *resource.Type[Pipeline] {
	s.Type = &resource.Type[Pipeline]{
		Name: "ltc.pipeline", Label: "Pipeline", Plural: "Pipelines", Icon: "timeline", Number: "PL-{000}", Store: s.Store, NoOwner: true, Check: s.check, Saved: s.saved,
		Title: func(p *Pipeline) string { return p.Name },
		Default: func(_ context.Context, p *Pipeline) error {
			p.Active = true
			return nil
		},
		Fields: resource.Fields[Pipeline]{
			resource.Text("name", "Name", func(p *Pipeline) *string { return &p.Name }).Required().InList().Search().Filter(),
			resource.Text("product_line", "Product line", func(p *Pipeline) *string { return &p.ProductLine }).InList().Filter(),
			resource.OptRef("branch_id", "Branch", func(p *Pipeline) **int64 { return &p.BranchID }, "core.department").InList().Filter().Hint("New deals of this branch start here."),
			resource.Enum("serves", "Deals that come here by themselves", func(p *Pipeline) *string { return &p.Serves },
				resource.Option{Value: ServesNew, Label: "Every deal without a pipeline of its own"}, resource.Option{Value: ServesExisting, Label: "More for existing customers"},
				resource.Option{Value: ServesRenewal, Label: "Renewals"}, resource.Option{Value: ServesPartner, Label: "Partner sales"}).InList().Filter(),
			resource.Bool("active", "Takes new deals", func(p *Pipeline) *bool { return &p.Active }).InList().Filter(),
			resource.Lines("steps", "Steps", func(p *Pipeline) *[]PipelineStep { return &p.Steps }, pipelineStepFields()).Required(),
		},
	}
	return s.Type
}

func pipelineStepFields() resource.Fields[PipelineStep] {
	sure := slices.DeleteFunc(categories(), func(o resource.Option) bool { return o.Value == "closed" })
	return resource.Fields[PipelineStep]{
		resource.Text("name", "Step", func(x *PipelineStep) *string { return &x.Name }).Required(),
		resource.Enum("stage_key", "Stage", func(x *PipelineStep) *DealStage { return &x.StageKey }, stageOptions()...).Required(),
		resource.Percent("probability", "Probability", func(x *PipelineStep) *money.Ratio { return &x.Probability }).Hint("Empty: learned, else usual for the stage."),
		resource.Enum("category", "Forecast category", func(x *PipelineStep) *string { return &x.Category }, sure...),
		resource.Int("limit_days", "Limit in days", func(x *PipelineStep) *int { return &x.LimitDays }),
		resource.LongText("enter_items", "Needed to enter, one a line", func(x *PipelineStep) *string { return &x.EnterItems }).Limit(2000),
		resource.LongText("leave_items", "Needed to leave, one a line", func(x *PipelineStep) *string { return &x.LeaveItems }).Limit(2000),
		resource.LongText("practice", "How the best do it", func(x *PipelineStep) *string { return &x.Practice }),
	}
}

// check holds a pipeline to the stages of the process, in their order, and to the deals
// that stand in it.
func (s *Pipelines) check(ctx context.Context, p *Pipeline) error {
	bad := p.checkSteps()
	if p.Serves == ServesNew && !p.Active {
		bad = append(bad, errs.Field{Name: "active", Message: "Some pipeline must take the deals without one of their own."})
	}
	if p.Serves != "" && p.Active {
		other, err := s.Store.First(authz.System(ctx, "ltc.pipeline:check"), record.Where("company_id", record.Eq, p.CompanyID).And("serves", record.Eq, p.Serves).And("active", record.Eq, true).And("id", record.Ne, p.ID))
		switch {
		case err == nil:
			bad = append(bad, errs.Field{Name: "serves", Message: "These deals go to {0} already.", Args: []any{other.Name}})
		case !errs.Is(err, errs.NotFound):
			return fmt.Errorf("pipelines: %w", err)
		}
	}
	if p.ID != 0 {
		deals, err := s.Deals.Deals(ctx, p.ID)
		if err != nil {
			return fmt.Errorf("deals of pipeline %s: %w", p.No, err)
		}
		bad = append(bad, p.checkDeals(deals)...)
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

func (p *Pipeline) checkSteps() (bad []errs.Field) {
	seen, at := map[string]bool{}, 0
	have := map[DealStage]bool{}
	for i := range p.Steps {
		x := &p.Steps[i]
		path := fmt.Sprintf("steps.%d.", i)
		x.EnterItems, x.LeaveItems = strings.Join(Items(x.EnterItems), "\n"), strings.Join(Items(x.LeaveItems), "\n")
		if k := strings.ToLower(x.Name); seen[k] {
			bad = append(bad, errs.Field{Name: path + "name", Message: "This step stands here already."})
		} else {
			seen[k] = true
		}
		if n := slices.Index(dealPath, x.StageKey); n >= 0 {
			if n < at {
				bad = append(bad, errs.Field{Name: path + "stage_key", Message: "The steps follow the stages of the process in their order."})
			}
			at, have[x.StageKey] = max(at, n), true
		}
		if x.Probability.Sign() < 0 || money.Units(1).Less(x.Probability) {
			bad = append(bad, errs.Field{Name: path + "probability", Message: "A probability lies between 0 % and 100 %."})
		}
		if x.LimitDays < 0 {
			bad = append(bad, errs.Field{Name: path + "limit_days", Message: "A number of days cannot be negative."})
		}
		for name, list := range map[string]string{"enter_items": x.EnterItems, "leave_items": x.LeaveItems} {
			if slices.ContainsFunc(Items(list), func(s string) bool { return len([]rune(s)) > 200 }) {
				bad = append(bad, errs.Field{Name: path + name, Message: "A requirement has at most 200 characters."})
			}
		}
	}
	for _, st := range dealPath {
		if len(p.Steps) > 0 && !have[st] {
			bad = append(bad, errs.Field{Name: "steps", Message: "Every stage of the process needs a step: qualification, proposal, negotiation."})
			break
		}
	}
	return bad
}

// checkDeals refuses to take a step away from the deals that stand in it, or to carry it
// into another stage with them.
func (p *Pipeline) checkDeals(deals []StepDeals) (bad []errs.Field) {
	for _, d := range deals {
		i := p.at(d.StepID)
		switch {
		case i < 0:
			bad = append(bad, errs.Field{Name: "steps", Message: "{0} open deals stand in a step that is gone; move them first.", Args: []any{d.N}})
		case slices.Contains(dealPath, d.Stage) && p.Steps[i].StageKey != d.Stage:
			bad = append(bad, errs.Field{Name: fmt.Sprintf("steps.%d.stage_key", i), Message: "{0} open deals stand in this step; it stays in its stage.", Args: []any{d.N}})
		}
	}
	return bad
}

func (s *Pipelines) saved(ctx context.Context, p, before *Pipeline) error {
	if before == nil {
		return nil
	}
	return s.Deals.Rename(ctx, p.ID)
}

// Items are the requirements of a step, one a line.
func Items(text string) (out []string) {
	for _, l := range strings.Split(text, "\n") {
		if l = strings.TrimSpace(l); l != "" && !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out
}

// at is the place of a step, -1 when the pipeline has none with this id.
func (p *Pipeline) at(step int64) int {
	if step == 0 {
		return -1
	}
	return slices.IndexFunc(p.Steps, func(x PipelineStep) bool { return x.ID == step })
}

// named is the place of a step by its name, -1 when there is none.
func (p *Pipeline) named(name string) int {
	return slices.IndexFunc(p.Steps, func(x PipelineStep) bool { return strings.EqualFold(x.Name, strings.TrimSpace(name)) })
}

// first is the place of the first step of a stage, last that of the last one; -1 when
// the stage has none.
func (p *Pipeline) first(stage DealStage) int {
	return slices.IndexFunc(p.Steps, func(x PipelineStep) bool { return x.StageKey == stage })
}

func (p *Pipeline) last(stage DealStage) int {
	for i := len(p.Steps) - 1; i >= 0; i-- {
		if p.Steps[i].StageKey == stage {
			return i
		}
	}
	return -1
}

// step is the step at a place, nil outside.
func (p *Pipeline) step(i int) *PipelineStep {
	if i < 0 || i >= len(p.Steps) {
		return nil
	}
	return &p.Steps[i]
}

// Asked are the requirements between two places of a pipeline: leaving every step on the
// way and entering the next.
func (p *Pipeline) Asked(from, to int) (out []string) {
	for k := max(from, 0); k < to; k++ {
		if x := p.step(k); x != nil {
			out = append(out, Items(x.LeaveItems)...)
		}
		if x := p.step(k + 1); x != nil {
			out = append(out, Items(x.EnterItems)...)
		}
	}
	return out
}

// Of returns a pipeline with its steps, past the row rules: it binds everybody.
func (s *Pipelines) Of(ctx context.Context, id int64) (*Pipeline, error) {
	return s.Store.Get(authz.System(ctx, "ltc.pipeline:of deal"), id)
}

// All returns the pipelines of a company with their steps.
func (s *Pipelines) All(ctx context.Context, company int64) (map[int64]*Pipeline, error) {
	ctx = authz.System(ctx, "ltc.pipeline:all")
	q := record.Where("company_id", record.Eq, company)
	q.Archived = true
	list, err := s.Store.Find(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("pipelines of company %d: %w", company, err)
	}
	out, rows := map[int64]*Pipeline{}, make([]*Pipeline, len(list))
	for i := range list {
		rows[i], out[list[i].ID] = &list[i], &list[i]
	}
	return out, s.Store.LoadLines(ctx, rows)
}

// For returns the pipeline of a new deal: that of the kind of deal, else that of the
// branch, else the one for every deal, which is made when a company has none.
func (s *Pipelines) For(ctx context.Context, company, dept int64, serves string) (*Pipeline, error) {
	ctx = authz.System(ctx, "ltc.pipeline:for")
	list, err := s.Store.Find(ctx, record.Where("company_id", record.Eq, company).And("active", record.Eq, true))
	if err != nil {
		return nil, fmt.Errorf("pipelines of company %d: %w", company, err)
	}
	above := append([]int64{dept}, s.People().Above(dept)...)
	for _, fits := range []func(p *Pipeline) bool{
		func(p *Pipeline) bool { return serves != "" && serves != ServesNew && p.Serves == serves },
		func(p *Pipeline) bool { return dept != 0 && slices.Contains(above, value(p.BranchID)) },
		func(p *Pipeline) bool { return p.Serves == ServesNew },
	} {
		if i := slices.IndexFunc(list, func(p Pipeline) bool { return fits(&p) }); i >= 0 {
			p := &list[i]
			return p, s.Store.LoadLines(ctx, []*Pipeline{p})
		}
	}
	return s.start(ctx, company)
}

// start makes the first pipeline of a company: the stages of the process as its steps.
func (s *Pipelines) start(ctx context.Context, company int64) (*Pipeline, error) {
	p := &Pipeline{Name: i18n.T(ctx, "New business"), Serves: ServesNew, Active: true}
	p.CompanyID = company
	for _, o := range stageOptions() {
		p.Steps = append(p.Steps, PipelineStep{Name: i18n.T(ctx, o.Label), StageKey: DealStage(o.Value)})
	}
	err := s.Tx(ctx, func(ctx context.Context) error {
		if err := s.Deals.Hold(ctx, company); err != nil {
			return err
		}
		made, err := s.Store.First(ctx, record.Where("company_id", record.Eq, company).And("serves", record.Eq, ServesNew).And("active", record.Eq, true))
		switch {
		case err == nil: // somebody was faster
			p = made
			return s.Store.LoadLines(ctx, []*Pipeline{p})
		case !errs.Is(err, errs.NotFound):
			return err
		}
		return s.Type.Create(ctx, p)
	})
	if err != nil {
		return nil, fmt.Errorf("first pipeline of company %d: %w", company, err)
	}
	return p, nil
}
