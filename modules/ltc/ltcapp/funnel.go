package ltcapp

import (
	"context"
	"strconv"

	"meridian/modules/ltc/internal/domain"
	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/report"
	"meridian/platform/resource"
)

// funnelIn is a filter and what to cut by.
type funnelIn struct {
	domain.DealFilter
	By string
}

// funnel shows how deals come through the stages: LTC-04.
func (s *selling) funnel() *report.Report[funnelIn] {
	return &report.Report[funnelIn]{
		Name: "ltc.funnel", Label: "Funnel", Icon: "filter", Perm: "ltc.opportunity:read", Home: []string{"ltc.manager"}, Run: s.runFunnel,
		Help: "Cohorts: the deals that entered a stage in the period, each once, by its first entry. Conversion = those that reached a later stage / all that entered; skipping counts, lost deals stay in. A cohort is maturing while its deals have had less time than nine tenths of the others took.",
		Form: resource.Fields[funnelIn]{
			resource.Date("from", "From", func(in *funnelIn) *date.Date { return &in.From }), resource.Date("to", "To", func(in *funnelIn) *date.Date { return &in.To }),
			resource.Enum("by", "Cut by", func(in *funnelIn) *string { return &in.By }, resource.Option{Value: "owner", Label: "Person"}, resource.Option{Value: "dept", Label: "Department"}, resource.Option{Value: "product", Label: "Product"},
				resource.Option{Value: "source", Label: "Source"}, resource.Option{Value: "pipeline", Label: "Pipeline"}, resource.Option{Value: "region", Label: "Region"}),
			resource.Ref("dept", "Department", func(in *funnelIn) *int64 { return &in.Dept }, "core.department"), resource.Ref("owner", "Owner", func(in *funnelIn) *int64 { return &in.Owner }, "core.user"),
			resource.Ref("product", "Product", func(in *funnelIn) *int64 { return &in.Product }, "ipd.product"), resource.Ref("pipeline", "Pipeline", func(in *funnelIn) *int64 { return &in.Pipeline }, "ltc.pipeline"),
		},
		Default: func(ctx context.Context, in *funnelIn) error {
			in.To = s.today(ctx)
			in.From = in.To.AddMonths(-6)
			return nil
		},
	}
}

func (s *selling) runFunnel(ctx context.Context, in *funnelIn) (*report.Result, error) {
	loc := s.p.Location(ctx)
	to := in.To.AddDays(1).In(loc)
	f, err := s.book.Facts(ctx, in.DealFilter, in.By, in.From.In(loc), to, s.p.Now())
	if err != nil {
		return nil, err
	}
	won, lost, open := domain.Tally{}, domain.Tally{}, int64(0)
	for _, x := range f.Ended {
		t := &lost
		if x.Won {
			t = &won
		}
		t.N, t.Amount = t.N+x.N, t.Amount.Add(x.Amount)
	}
	for _, x := range f.Standing {
		open += x.N
	}
	velocity := report.Cell{Kind: resource.KMoney}
	if v, ok := domain.Velocity(open, won.N, lost.N, won.Amount, f.Cycle); ok {
		velocity = report.Money(v)
	}
	res := &report.Result{
		Tiles: []report.Tile{{Key: "rate", Label: "Win rate by count", Value: report.Quotient(money.Units(won.N).Number(), money.Units(won.N+lost.N).Number())},
			{Key: "rate_amount", Label: "Win rate by amount", Value: report.Quotient(won.Amount.Number(), won.Amount.Add(lost.Amount).Number())},
			{Key: "cycle", Label: "Days from creation to win", Value: report.Qty(f.Cycle)}, {Key: "velocity", Label: "Sales velocity per day", Value: velocity}},
		Charts: []report.Chart{{Kind: report.Funnel, Title: "Cohort conversion", Say: "Deals that entered each stage in the period.", Table: "cohorts", Label: "stage", Series: []report.Series{{Col: "entered", Kind: "bar"}}}},
		Tables: []report.Table{s.cohorts(f.Steps), s.standing(f.Standing), s.durations(f.Spent), s.leaks(f.Ended)},
	}
	if in.By != "" {
		cut, err := s.cut(ctx, in, f.Parts)
		if err != nil {
			return nil, err
		}
		res.Tables = append(res.Tables, cut)
	}
	return res, nil
}

func (s *selling) cohorts(steps []domain.FunnelStep) report.Table {
	t := report.Table{Key: "cohorts", Title: "Cohort conversion", Cols: []report.Col{col("stage", "Stage", resource.KText), col("entered", "Entered", resource.KInt), col("amount", "Amount", resource.KMoney), col("reached", "Went on", resource.KInt),
		col("conversion", "Conversion", resource.KPercent), col("lost", "Lost", resource.KInt), col("open", "Still open", resource.KInt), col("open_share", "Open share", resource.KPercent), col("state", "State", resource.KText)}}
	for _, x := range steps {
		n := func(i int64) money.Decimal { return money.Units(i).Number() }
		state := report.Word("Complete")
		if x.Maturing() {
			state = report.Pill("Maturing", "warn")
		}
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{s.stageWord(string(x.Stage)), report.Count(x.Entered), report.Money(x.Amount), report.Count(x.Reached), report.Quotient(n(x.Reached), n(x.Entered)),
			report.Count(x.Lost), report.Count(x.Open), report.Quotient(n(x.Open), n(x.Entered)), state}})
	}
	return t
}

func (s *selling) standing(list []domain.Standing) report.Table {
	t := report.Table{Key: "standing", Title: "Open now", Empty: "No open deals.", Cols: []report.Col{col("stage", "Stage", resource.KText), col("n", "Deals", resource.KInt), col("amount", "Amount", resource.KMoney), col("weighted", "Weighted", resource.KMoney)}}
	for _, x := range list {
		t.Rows = append(t.Rows, report.Row{Href: "/ltc/opportunity?stage=" + x.Stage, Cells: []report.Cell{s.stageWord(x.Stage), report.Count(x.N), report.Money(x.Amount), report.Money(x.Weighted)}})
	}
	return t
}

func (s *selling) durations(list []domain.Stay) report.Table {
	t := report.Table{Key: "durations", Title: "Days in stage", Note: "All stays of a deal together, an open one until now, time on hold left out.", Empty: "No deals.", Cols: []report.Col{col("stage", "Stage", resource.KText), col("n", "Deals", resource.KInt),
		col("median", "Median", resource.KQuantity), col("p75", "Three quarters within", resource.KQuantity), col("p90", "Nine tenths within", resource.KQuantity)}}
	for _, x := range list {
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{s.stageWord(x.Stage), report.Count(x.N), report.Qty(x.Median), report.Qty(x.P75), report.Qty(x.P90)}})
	}
	return t
}

// leaks says why deals were lost out of each stage in the period.
func (s *selling) leaks(list []domain.DealEnding) report.Table {
	t := report.Table{Key: "leaks", Title: "Where deals leak", Empty: "No deal was lost in this period.", Cols: []report.Col{col("stage", "Stage of loss", resource.KText), col("reason", "Reason", resource.KText), col("n", "Deals", resource.KInt), col("amount", "Amount", resource.KMoney)}}
	for _, x := range list {
		if x.Won {
			continue
		}
		st, why := s.stageWord(string(x.Stage)), optionWord(s.options("loss_reason"), x.Reason)
		if x.Stage == "" {
			st = report.Word("Not given")
		}
		if x.Reason == "" {
			why = report.Word("Not given")
		}
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{st, why, report.Count(x.N), report.Money(x.Amount)}})
	}
	return t
}

// cut is the funnel by one dimension.
func (s *selling) cut(ctx context.Context, in *funnelIn, steps []domain.FunnelStep) (report.Table, error) {
	t := report.Table{Key: "cut", Title: "Funnel by part", Empty: "No deals in this period.", Cols: []report.Col{col("key", "Part", resource.KText), col("entered", "Entered", resource.KInt), col("to_propose", "To proposal", resource.KPercent), col("to_negotiate", "To negotiation", resource.KPercent),
		col("to_win", "Negotiations won", resource.KPercent), col("won", "Won of entered", resource.KPercent)}}
	by := map[string][]domain.FunnelStep{}
	var keys []string
	for _, x := range steps {
		if by[x.Key] == nil {
			keys = append(keys, x.Key)
		}
		by[x.Key] = append(by[x.Key], x)
	}
	name, err := s.partName(ctx, in.By, keys)
	if err != nil {
		return t, err
	}
	n := func(i int64) money.Decimal { return money.Units(i).Number() }
	for _, k := range keys {
		entered, first, went := int64(0), domain.FunnelStep{}, map[domain.DealStage]report.Cell{}
		for _, x := range by[k] {
			entered += x.Entered
			went[x.Stage] = report.Quotient(n(x.Reached), n(x.Entered))
			if x.Stage == domain.DealQualify {
				first = x
			}
		}
		if entered == 0 {
			continue
		}
		row := report.Row{Cells: []report.Cell{name(k), report.Count(first.Entered)}}
		for _, stage := range []domain.DealStage{domain.DealQualify, domain.DealPropose, domain.DealNegotiate} {
			c, ok := went[stage]
			if !ok {
				c = report.Quotient(n(0), n(0))
			}
			row.Cells = append(row.Cells, c)
		}
		t.Rows = append(t.Rows, report.Row{Cells: append(row.Cells, report.Quotient(n(first.Won), n(first.Entered)))})
	}
	return t, nil
}

// partName names the values of a dimension.
func (s *selling) partName(ctx context.Context, by string, keys []string) (func(key string) report.Cell, error) {
	typ := map[string]string{"owner": "core.user", "dept": "core.department", "product": "ipd.product", "pipeline": "ltc.pipeline"}[by]
	if typ == "" {
		return func(key string) report.Cell {
			if key == "" {
				return report.Word("Not given")
			}
			return report.Text(key)
		}, nil
	}
	var ids []int64
	for _, k := range keys {
		if id, err := strconv.ParseInt(k, 10, 64); err == nil && id != 0 {
			ids = append(ids, id)
		}
	}
	name, err := s.names(ctx, typ, ids)
	return func(key string) report.Cell {
		id, err := strconv.ParseInt(key, 10, 64)
		switch {
		case err != nil || id == 0:
			return report.Word("Not given")
		case typ == "core.user":
			return report.Person(id)
		}
		return name(id)
	}, err
}
