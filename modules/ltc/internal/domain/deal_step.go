package domain

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// DealItem is a requirement of a step somebody has made sure of for a deal.
type DealItem struct {
	record.Line
	Item   string
	DoneOn date.Date
	ByUser int64
	Proof  string
}

func dealItemFields() resource.Fields[DealItem] {
	return resource.Fields[DealItem]{
		resource.Text("item", "Requirement", func(c *DealItem) *string { return &c.Item }).ReadOnly(),
		resource.Date("done_on", "Done on", func(c *DealItem) *date.Date { return &c.DoneOn }).ReadOnly(),
		resource.Ref("by_user", "By", func(c *DealItem) *int64 { return &c.ByUser }, "core.user").ReadOnly(),
		resource.Text("proof", "How we know", func(c *DealItem) *string { return &c.Proof }).Limit(1000).ReadOnly(),
	}
}

// settleStep gives a deal a pipeline and a step of it within its stage. Another step
// than the deal stands in is a move: forward past what the steps ask for, backwards with
// a reason. A deal that comes to another pipeline starts at the first step of its stage.
func (s *Opportunities) settleStep(ctx context.Context, o *Opportunity) error {
	p, err := s.pipelineOf(ctx, o)
	if err != nil {
		return err
	}
	at := p.at(o.StepID)
	to, err := o.wanted(p, at)
	if err != nil {
		return err
	}
	if at >= 0 && to != at && !authz.IsSystem(ctx) {
		if err := o.mayStep(p, at, to); err != nil {
			return err
		}
	}
	step := p.step(to)
	if moved := o.stand(p.step(at), step); !moved || !o.working() {
		return nil
	}
	if o.ID != 0 {
		return s.estimate(ctx, o, o.Stage, step)
	}
	if p, ok := step.sure(o.Stage); ok {
		if o.AutoProbability = p; o.ProbSource != probManual {
			o.Probability, o.ProbSource = p, probStep
		}
	}
	return nil
}

// pipelineOf is the pipeline a deal is in or goes to.
func (s *Opportunities) pipelineOf(ctx context.Context, o *Opportunity) (*Pipeline, error) {
	if o.PipelineID == 0 {
		p, err := s.Pipelines.For(ctx, o.CompanyID, o.DeptID, "")
		if err == nil {
			o.PipelineID = p.ID
		}
		return p, err
	}
	p, err := s.Pipelines.Of(ctx, o.PipelineID)
	switch {
	case errs.Is(err, errs.NotFound) || err == nil && p.CompanyID != o.CompanyID:
		return nil, errs.Bad("pipeline_id", "There is no such record, or you may not see it.")
	case err != nil:
		return nil, fmt.Errorf("pipeline of %s: %w", o.No, err)
	case !p.Active && !o.closed() && p.at(o.StepID) < 0:
		return nil, errs.Bad("pipeline_id", "This pipeline takes no new deals.")
	}
	return p, nil
}

// wanted is the place of the step a deal asks for, at being the one it stands in; -1 for
// a closed deal that says nothing.
func (o *Opportunity) wanted(p *Pipeline, at int) (int, error) {
	to := at
	if o.Step != "" && (at < 0 || !strings.EqualFold(o.Step, p.Steps[at].Name)) {
		if to = p.named(o.Step); to < 0 && (at >= 0 || o.StepID == 0) {
			return to, errs.Bad("step", "There is no step {0} in this pipeline.", o.Step)
		}
	}
	switch {
	case !o.working():
		if at >= 0 && to != at {
			return to, errs.Bad("step", "Only a deal that is worked on moves to another step.")
		}
	case to < 0:
		to = p.first(o.Stage)
	case p.Steps[to].StageKey != o.Stage && to != at:
		return to, errs.Bad("step", "Step {0} lies in another stage; move the deal there.", p.Steps[to].Name)
	case p.Steps[to].StageKey != o.Stage:
		to = p.first(o.Stage)
	}
	return to, nil
}

// mayStep refuses to go on before the steps are done, and back without a reason.
func (o *Opportunity) mayStep(p *Pipeline, at, to int) error {
	if to < at {
		if o.StepReason == "" {
			return errs.Bad("step_reason", "Give a reason.")
		}
		return nil
	}
	if missing := o.unmet(p.Asked(at, to)); len(missing) > 0 {
		return errs.New(errs.Precondition, "This step still lacks: {0}.", strings.Join(missing, "; "))
	}
	return nil
}

// unmet are the requirements nobody has ticked yet.
func (o *Opportunity) unmet(asked []string) []string {
	return slices.DeleteFunc(asked, func(item string) bool {
		return slices.ContainsFunc(o.Items, func(d DealItem) bool { return d.Item == item })
	})
}

// stand puts the deal into a step, nil for none. It keeps a forecast category that was
// the usual one usual, and reports whether the step is another one.
func (o *Opportunity) stand(from, x *PipelineStep) bool {
	was := o.StepID
	if x == nil {
		o.StepID, o.Step = 0, ""
	} else {
		o.StepID, o.Step = x.ID, x.Name
		if was != x.ID && o.working() && o.Category == usualCategoryOf(o.Stage, from) {
			o.Category = usualCategoryOf(o.Stage, x)
		}
	}
	return was != o.StepID
}

// usualCategoryOf is the forecast category of a stage, or of the step where it has one.
func usualCategoryOf(stage DealStage, x *PipelineStep) string {
	if x != nil && x.Category != "" && x.StageKey == stage {
		return x.Category
	}
	return usualCategory[stage]
}

// arrive puts a deal that goes to a stage into one of its steps: the one it stood in
// there before, going back the last, else the first. It returns that step.
func (s *Opportunities) arrive(ctx context.Context, o *Opportunity, to DealStage) (was, now *PipelineStep, err error) {
	p, err := s.Pipelines.Of(ctx, o.PipelineID)
	if err != nil {
		return nil, nil, fmt.Errorf("pipeline of %s: %w", o.No, err)
	}
	at := p.at(o.StepID)
	if was = p.step(at); !slices.Contains(dealPath, to) {
		return was, was, nil
	}
	if was == nil || was.StageKey != to {
		if at = p.first(to); slices.Index(dealPath, o.Stage) > slices.Index(dealPath, to) {
			at = p.last(to)
		}
	}
	if now = p.step(at); now != nil {
		o.StepID, o.Step = now.ID, now.Name
	}
	return was, now, nil
}

// back takes a deal one stage back.
func (s *Opportunities) back(ctx context.Context, o *Opportunity) error {
	i := slices.Index(dealPath, o.Stage)
	return s.reach(dealPath[max(i-1, 0)])(ctx, o)
}

// ToStep moves an open deal to a step of its pipeline, by its name and under the rights
// of the caller: through the stages of the process where the step lies in another one.
// Errors: NotFound, Forbidden, Conflict, Invalid (step, reason), Precondition.
func (s *Opportunities) ToStep(ctx context.Context, id int64, name, reason string) error {
	return s.Tx(ctx, func(ctx context.Context) error {
		o, err := s.Store.Get(ctx, id)
		if err != nil {
			return err
		}
		if !o.working() {
			return errs.New(errs.Precondition, "Only a deal that is worked on moves to another step.")
		}
		p, err := s.Pipelines.Of(ctx, o.PipelineID)
		if err != nil {
			return fmt.Errorf("pipeline of %s: %w", o.No, err)
		}
		at, to := p.at(o.StepID), p.named(name)
		switch {
		case to < 0:
			return errs.Bad("step", "There is no step {0} in this pipeline.", name)
		case to == at:
			return errs.Bad("step", "The deal stands in this step already.")
		case to < at && reason == "":
			return errs.Bad("reason", "Give a reason.")
		}
		if o, err = s.toStage(ctx, o, p.Steps[to].StageKey, reason); err != nil {
			return err
		}
		if o.StepID == p.Steps[to].ID {
			return nil
		}
		_, err = s.Type.UpdateRow(ctx, id, o.Version, resource.Values{"step": p.Steps[to].Name, "step_reason": reason})
		return err
	})
}

// toStage walks a deal stage by stage to another one and returns it as it is then.
func (s *Opportunities) toStage(ctx context.Context, o *Opportunity, to DealStage, reason string) (*Opportunity, error) {
	want := slices.Index(dealPath, to)
	for o.Stage != to {
		move, in := string(dealPath[min(slices.Index(dealPath, o.Stage)+1, want)]), resource.Values{}
		if slices.Index(dealPath, o.Stage) > want {
			move, in = "back", resource.Values{"reason": reason}
		}
		if _, _, err := s.Type.FireRow(ctx, o.ID, o.Version, move, in); err != nil {
			return nil, err
		}
		next, err := s.Store.Get(ctx, o.ID)
		if err != nil {
			return nil, err
		}
		if next.Stage == o.Stage {
			return nil, errs.New(errs.Precondition, "The deal waits for an approval before it goes on.")
		}
		o = next
	}
	return o, nil
}
