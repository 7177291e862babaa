package ltcapp

import (
	"context"
	"strings"
	"time"

	"meridian/modules/ltc/internal/domain"
	"meridian/modules/ltc/internal/store"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/report"
	"meridian/platform/resource"
)

// stepIn moves a deal to a step.
type stepIn struct {
	Deal         int64
	Step, Reason string
}

// pipelineBoard shows a pipeline step by step: sums, cohorts, deals: LTC-02.
func (s *selling) pipelineBoard() *report.Report[domain.DealFilter] {
	deal := resource.Ref("deal", "Opportunity", func(in *stepIn) *int64 { return &in.Deal }, "ltc.opportunity").Required()
	step := resource.Text("step", "Step", func(in *stepIn) *string { return &in.Step }).Required()
	reason := resource.LongText("reason", "Reason", func(in *stepIn) *string { return &in.Reason }).Limit(1000)
	move := func(ctx context.Context, in *stepIn) (report.Done, error) {
		return report.Done{Message: "The deal stands in step {0}.", Args: []any{in.Step}}, s.deals.ToStep(ctx, in.Deal, in.Step, in.Reason)
	}
	return &report.Report[domain.DealFilter]{
		Name: "ltc.pipeline_board", Label: "Board of a pipeline", Icon: "timeline", Perm: "ltc.opportunity:read", Home: []string{"ltc.rep"}, Run: s.runPipelineBoard,
		Help: "The steps of one pipeline: what stands in each now, with the sum, and the deals that entered it in the period, each once. Going back asks for a reason; a step in another stage moves the deal through the process with its rules.",
		Form: resource.Fields[domain.DealFilter]{
			resource.Ref("pipeline", "Pipeline", func(f *domain.DealFilter) *int64 { return &f.Pipeline }, "ltc.pipeline"),
			resource.Date("from", "From", func(f *domain.DealFilter) *date.Date { return &f.From }), resource.Date("to", "To", func(f *domain.DealFilter) *date.Date { return &f.To }),
			resource.Ref("dept", "Department", func(f *domain.DealFilter) *int64 { return &f.Dept }, "core.department"), resource.Ref("owner", "Owner", func(f *domain.DealFilter) *int64 { return &f.Owner }, "core.user"),
		},
		Default: func(ctx context.Context, f *domain.DealFilter) error {
			f.To = s.today(ctx)
			f.From = f.To.AddMonths(-6)
			return nil
		},
		Commands: []report.Command{
			report.Do("next", "Next step", "ltc.opportunity:update", resource.Fields[stepIn]{deal, step}, move).OnRows(),
			report.Do("back", "Step back", "ltc.opportunity:back", resource.Fields[stepIn]{deal, step, reason}, move).OnRows(),
			report.Do("move", "Move to a step", "ltc.opportunity:update", resource.Fields[stepIn]{deal, step, reason}, move),
		},
	}
}

func (s *selling) runPipelineBoard(ctx context.Context, f *domain.DealFilter) (*report.Result, error) {
	p, err := s.pipelineAsked(ctx, f)
	if err != nil {
		return nil, err
	}
	loc := s.p.Location(ctx)
	figures, err := s.book.Figures(ctx, *f, f.From.In(loc), f.To.AddDays(1).In(loc))
	if err != nil {
		return nil, err
	}
	cards, err := s.book.Board(ctx, *f)
	if err != nil {
		return nil, err
	}
	steps := report.Table{Key: "steps", Title: "Steps", Cols: []report.Col{col("step", "Step", resource.KText), col("stage", "Stage", resource.KText), col("n", "Deals", resource.KInt), col("amount", "Amount", resource.KMoney), col("weighted", "Weighted", resource.KMoney),
		col("entered", "Entered", resource.KInt), col("reached", "Went on", resource.KInt), col("conversion", "Conversion", resource.KPercent), col("lost", "Lost", resource.KInt), col("open", "Still open", resource.KInt)}}
	var n int64
	var sum, weighted money.Amount
	tables := []report.Table{}
	for i, x := range figures {
		st := p.Steps[i]
		n, sum, weighted = n+x.N, sum.Add(x.Amount), weighted.Add(x.Weighted)
		steps.Rows = append(steps.Rows, report.Row{Cells: []report.Cell{report.Text(st.Name), s.stageWord(string(st.StageKey)), report.Count(x.N), report.Money(x.Amount), report.Money(x.Weighted),
			report.Count(x.Entered), report.Count(x.Reached), report.Quotient(money.Units(x.Reached).Number(), money.Units(x.Entered).Number()), report.Count(x.Lost), report.Count(x.Open)}})
		tables = append(tables, s.stepCards(p, i, cards))
	}
	steps.Foot = []report.Cell{report.Word("Total"), report.None(), report.Count(n), report.Money(sum), report.Money(weighted)}
	return &report.Result{
		Tiles:  []report.Tile{{Key: "pipeline", Label: "Pipeline", Value: report.Text(p.Name)}, {Key: "deals", Label: "Deals", Value: report.Count(n)}, {Key: "amount", Label: "Amount", Value: report.Money(sum)}, {Key: "weighted", Label: "Weighted", Value: report.Money(weighted)}},
		Charts: []report.Chart{{Kind: report.Funnel, Title: "Open now", Say: "Amount of the open deals in each step.", Table: "steps", Label: "step", Series: []report.Series{{Col: "amount", Kind: "bar"}}}},
		Tables: append([]report.Table{steps}, tables...),
	}, nil
}

// pipelineAsked is the pipeline of a filter, that of the reader's own new deals when it
// names none.
func (s *selling) pipelineAsked(ctx context.Context, f *domain.DealFilter) (*domain.Pipeline, error) {
	if f.Pipeline != 0 {
		return s.lines.Get(ctx, f.Pipeline)
	}
	me, _ := authz.Of(ctx)
	p, err := s.deals.Pipelines.For(ctx, me.Company, me.Dept, "")
	if err == nil {
		f.Pipeline = p.ID
	}
	return p, err
}

// stepCards are the deals of a step, late ones marked, each with the way on and back.
func (s *selling) stepCards(p *domain.Pipeline, at int, cards []store.Carded) report.Table {
	st := p.Steps[at]
	t := report.Table{Key: "step" + id10(int64(at+1)), Title: st.Name, Word: true, Empty: "No open deals.", Cols: []report.Col{col("deal", "Opportunity", resource.KRef), col("owner", "Owner", resource.KRef), col("amount", "Amount", resource.KMoney),
		col("weighted", "Weighted", resource.KMoney), col("since", "In this step since", resource.KTime), col("state", "State", resource.KText)}}
	for _, c := range cards {
		if c.StepID != st.ID {
			continue
		}
		r := report.Row{Ref: dealRef(c.ID), Cells: []report.Cell{report.Doc(dealRef(c.ID), strings.TrimSpace(c.No+" "+c.Name)), report.Person(c.OwnerID), report.Money(c.Amount), report.Money(c.Weighted), report.None(), report.None()}}
		if c.EnteredAt != nil {
			r.Cells[4] = report.Moment(*c.EnteredAt)
			if st.LimitDays > 0 && s.p.Now().Sub(*c.EnteredAt) > time.Duration(st.LimitDays)*24*time.Hour {
				r.Late, r.Cells[5] = true, report.Pill("Over the limit", "bad")
			}
		}
		if at+1 < len(p.Steps) {
			r.Acts = append(r.Acts, report.Act{Command: "next", Values: resource.Values{"deal": id10(c.ID), "step": p.Steps[at+1].Name}})
		}
		if at > 0 {
			r.Acts = append(r.Acts, report.Act{Command: "back", Values: resource.Values{"deal": id10(c.ID), "step": p.Steps[at-1].Name}})
		}
		t.Rows = append(t.Rows, r)
	}
	return t
}
