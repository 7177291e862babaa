package domain

import (
	"context"
	"fmt"
	"strconv"

	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/money"
)

// Where a probability comes from.
const (
	probStage   = "stage"
	probLearned = "learned"
	probManual  = "manual"
	probStep    = "step"
)

// usualCategory is the forecast category of a stage.
var usualCategory = map[DealStage]string{
	DealQualify: "pipeline", DealPropose: "best_case", DealNegotiate: "commit", DealWon: "closed", DealLost: "omitted", DealHold: "omitted",
}

// dealPath is the way of a deal, for the stages it has reached.
var dealPath = []DealStage{DealQualify, DealPropose, DealNegotiate}

// ClosedDeals counts closed deals that have everything in common we learn from.
type ClosedDeals struct {
	Dept      int64
	Won       bool
	LostStage DealStage // stage of loss; empty counts as the first
	Source    string
	Pipeline  string // its id
	N         int64
}

// counts are won and lost deals; each starts at 0.1, so that what never happened is
// unlikely, not impossible.
type counts struct{ won, lost money.Decimal }

var start = money.MustQty("0.1").Number()

func (c counts) add(won bool, n int64) counts {
	d := money.Units(n).Number()
	if won {
		return counts{c.won.Add(d), c.lost}
	}
	return counts{c.won, c.lost.Add(d)}
}

// Learned is what closed deals teach about open ones: naive Bayes over stage, source
// and pipeline.
type Learned struct {
	team      counts
	variables []map[string]counts // source, pipeline
	stages    map[DealStage]counts
	n         int64
}

// Learn counts closed deals. A won deal was in every stage, a lost one in that of its
// loss and the earlier ones.
func Learn(list []ClosedDeals) Learned {
	l := Learned{team: counts{start, start}, variables: []map[string]counts{{}, {}}, stages: map[DealStage]counts{}}
	for _, s := range dealPath {
		l.stages[s] = counts{start, start}
	}
	for _, d := range list {
		l.n += d.N
		l.team = l.team.add(d.Won, d.N)
		for i, v := range []string{d.Source, d.Pipeline} {
			c, ok := l.variables[i][v]
			if !ok {
				c = counts{start, start}
			}
			l.variables[i][v] = c.add(d.Won, d.N)
		}
		for _, s := range dealPath {
			l.stages[s] = l.stages[s].add(d.Won, d.N)
			if !d.Won && (s == d.LostStage || d.LostStage == "") {
				break
			}
		}
	}
	return l
}

// Chance is the learned probability of a deal in a stage, in percent with two digits;
// ok is false when nothing was won or nothing lost yet. Source: Odoo crm_lead.py.
func (l Learned) Chance(stage DealStage, source, pipeline string) (p money.Decimal, ok bool) {
	if l.team.won.Equal(start) || l.team.lost.Equal(start) || l.n == 0 {
		return money.Decimal{}, false
	}
	all := l.team.won.Add(l.team.lost)
	sw, sl := quo(l.team.won, all), quo(l.team.lost, all)
	for i, v := range []string{source, pipeline} {
		c, known := l.variables[i][v]
		if v == "" || !known || len(l.variables[i]) < 2 {
			continue // a value every deal has tells nothing
		}
		var won, lost money.Decimal
		for _, x := range l.variables[i] {
			won, lost = won.Add(x.won), lost.Add(x.lost)
		}
		sw, sl = sw.Mul(quo(c.won, won)), sl.Mul(quo(c.lost, lost))
	}
	if c, reached := l.stages[stage]; reached {
		sw, sl = sw.Mul(quo(c.won, l.team.won)), sl.Mul(quo(c.lost, l.team.lost))
	}
	return sw.Mul(money.Units(100).Number()).DivRound(sw.Add(sl), 2), true
}

func quo(a, b money.Decimal) money.Decimal { return a.DivRound(b, 20) }

// learned picks what to learn from: the department of a deal, the whole company when
// that closed too few; ok is false when the company did too.
func learned(list []ClosedDeals, dept int64, enough int) (l Learned, ok bool) {
	var own []ClosedDeals
	for _, d := range list {
		if d.Dept == dept {
			own = append(own, d)
		}
	}
	if l = Learn(own); l.n >= int64(enough) {
		return l, true
	}
	l = Learn(list)
	return l, l.n >= int64(enough)
}

// sure is the probability a step gives a deal in a stage, false when it gives none.
func (x *PipelineStep) sure(stage DealStage) (money.Ratio, bool) {
	if x == nil || x.StageKey != stage || x.Probability.IsZero() {
		return money.Ratio{}, false
	}
	return x.Probability, true
}

// estimate sets the probability of a deal in stage to: that of the step it stands in, else
// learned from the closed deals when there are enough, else the usual one. A probability
// set by hand stays.
func (s *Opportunities) estimate(ctx context.Context, o *Opportunity, to DealStage, step *PipelineStep) error {
	p, source := chance[to], probStage
	if x, ok := step.sure(to); ok {
		p, source = x, probStep
	} else if to != DealHold && to != DealWon && to != DealLost {
		policy, err := s.Policies.Of(ctx, o.CompanyID)
		if err != nil {
			return err
		}
		list, err := s.Deals.Closed(ctx, o.CompanyID)
		if err != nil {
			return fmt.Errorf("closed deals: %w", err)
		}
		p, source = expected(list, o, to, policy.LearnedFrom, nil)
	}
	manual := o.ProbSource == probManual
	o.AutoProbability = p
	if !manual {
		o.Probability, o.ProbSource = p, source
	}
	return nil
}

// stepOf is the step a deal stands in, nil for none.
func (s *Opportunities) stepOf(ctx context.Context, o *Opportunity) (*PipelineStep, error) {
	if o.PipelineID == 0 || o.StepID == 0 {
		return nil, nil //nolint:nilnil // no step
	}
	p, err := s.Pipelines.Of(ctx, o.PipelineID)
	if err != nil {
		return nil, fmt.Errorf("pipeline of %s: %w", o.No, err)
	}
	return p.step(p.at(o.StepID)), nil
}

// expected is the probability a deal in stage to has without a hand on it: that of its
// step, else learned, else usual.
func expected(list []ClosedDeals, o *Opportunity, to DealStage, enough int, step *PipelineStep) (money.Ratio, string) {
	if p, ok := step.sure(to); ok {
		return p, probStep
	}
	if l, ok := learned(list, o.DeptID, enough); ok {
		if p, ok := l.Chance(to, o.Source, strconv.FormatInt(o.PipelineID, 10)); ok {
			return money.RoundTo[money.Micro](p.Shift(-2)), probLearned
		}
	}
	return chance[to], probStage
}

// settleForecast keeps probability and category of a record consistent with where they
// come from. Empty takes the usual value; another than the program would set is manual.
func (s *Opportunities) settleForecast(ctx context.Context, o *Opportunity) error {
	if o.Category == "" || o.closed() || o.ID == 0 && o.Category == usualCategory[DealQualify] {
		o.Category = usualCategory[o.Stage]
	}
	if !o.closed() && o.Category == "closed" {
		return errs.Bad("category", "Only a deal that is won counts as closed.")
	}
	switch {
	case o.ID == 0 && (o.Probability.IsZero() || o.closed() || o.Probability.Equal(chance[DealQualify])):
		o.Probability, o.AutoProbability, o.ProbSource = chance[o.Stage], chance[o.Stage], probStage
	case o.ID == 0:
		o.AutoProbability, o.ProbSource = chance[o.Stage], probManual
	case o.closed():
	case o.Probability.IsZero(), o.ProbSource == probManual && o.Probability.Equal(o.AutoProbability):
		o.ProbSource = probStage
		step, err := s.stepOf(ctx, o)
		if err != nil {
			return err
		}
		return s.estimate(ctx, o, o.Stage, step)
	case !o.Probability.Equal(o.AutoProbability):
		o.ProbSource = probManual
	}
	return nil
}

// Relearn sets the probability of the open deals of a company from the deals closed so
// far. The nightly job calls it; deals that would move by less than a point stay. It
// returns how many changed.
func (s *Opportunities) Relearn(ctx context.Context, company int64) (int, error) {
	ctx = authz.System(ctx, "ltc.opportunity:relearn")
	policy, err := s.Policies.Of(ctx, company)
	if err != nil {
		return 0, err
	}
	list, err := s.Deals.Closed(ctx, company)
	if err != nil {
		return 0, fmt.Errorf("closed deals: %w", err)
	}
	ids, err := s.Deals.OpenDeals(ctx, company)
	if err != nil {
		return 0, fmt.Errorf("open deals: %w", err)
	}
	pipelines, err := s.Pipelines.All(ctx, company)
	if err != nil {
		return 0, err
	}
	n, point := 0, money.MustQty("0.01")
	for _, id := range ids {
		o, err := s.Store.Get(ctx, id)
		if err != nil {
			return n, fmt.Errorf("deal %d: %w", id, err)
		}
		var step *PipelineStep
		if at := pipelines[o.PipelineID]; at != nil {
			step = at.step(at.at(o.StepID))
		}
		p, source := expected(list, o, o.Stage, policy.LearnedFrom, step)
		if p.Sub(o.AutoProbability).Abs().Less(point) && (source == o.ProbSource || o.ProbSource == probManual) {
			continue
		}
		_, err = s.Type.Update(ctx, id, func(o *Opportunity) error {
			if !o.working() {
				return nil
			}
			if o.ProbSource != probManual {
				o.Probability, o.ProbSource = p, source
			}
			o.AutoProbability = p
			return nil
		})
		if err != nil {
			return n, fmt.Errorf("deal %d: %w", id, err)
		}
		n++
	}
	return n, nil
}
