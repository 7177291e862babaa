package ltcapp

import (
	"context"
	"strings"
	"time"

	"meridian/modules/crm"
	"meridian/modules/ltc/internal/domain"
	"meridian/platform/date"
	"meridian/platform/i18n"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/report"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// col is a column of a report.
func col(key, label string, kind resource.Kind) report.Col {
	return report.Col{Key: key, Label: label, Kind: kind}
}

// names reads the titles of documents of one type.
func (s *selling) names(ctx context.Context, typ string, ids []int64) (func(id int64) report.Cell, error) {
	names, err := s.p.Types.Names(ctx, map[string][]int64{typ: ids})
	if err != nil {
		return nil, err
	}
	return func(id int64) report.Cell {
		if id == 0 {
			return report.None()
		}
		r := trace.Ref{Type: typ, ID: id}
		return report.Doc(r, names[r.String()])
	}, nil
}

// dealRef names a deal.
func dealRef(id int64) trace.Ref { return trace.Ref{Type: "ltc.opportunity", ID: id} }

// stageWord is the name of a stage of a deal as a word of the interface.
func (s *selling) stageWord(key string) report.Cell {
	return s.word(s.deals.Type.Info().Process.Stage(key))
}

// word is the name of a stage; nothing when there is none.
func (s *selling) word(st *process.Stage) report.Cell {
	if st == nil {
		return report.None()
	}
	return report.Word(st.Label)
}

// optionWord is the label of an option.
func optionWord(options []resource.Option, value string) report.Cell {
	for _, o := range options {
		if o.Value == value {
			return report.Word(o.Label)
		}
	}
	return report.None()
}

type attentionIn struct{ Dept int64 }

// logIn is the form of the command "activity": a deal, what was done, what comes next.
type logIn struct {
	Deal                int64
	Way, Note, NextStep string
	NextOn              date.Date
}

// attention lists the deals without next step, stale or stuck ones: LTC-02.
func (s *selling) attention() *report.Report[attentionIn] {
	return &report.Report[attentionIn]{
		Name: "ltc.attention", Label: "Deals that need attention", Icon: "alert-triangle", Perm: "ltc.opportunity:read", Home: []string{"ltc.rep", "ltc.manager"},
		Help: "Open deals without a next step or past it, without activity for the days of the sales policy, longer in their stage than three quarters of the won deals were, or past their expected close.",
		Form: resource.Fields[attentionIn]{resource.Ref("dept", "Department", func(in *attentionIn) *int64 { return &in.Dept }, "core.department")},
		Run:  s.runAttention,
		Commands: []report.Command{report.Do("activity", "Log activity", "ltc.opportunity:activity", resource.Fields[logIn]{
			resource.Ref("deal", "Opportunity", func(in *logIn) *int64 { return &in.Deal }, "ltc.opportunity").Required(),
			resource.Enum("way", "Way", func(in *logIn) *string { return &in.Way }, s.deals.Type.Info().Forms["activity"][0].Options...).Required(),
			resource.LongText("note", "What was done", func(in *logIn) *string { return &in.Note }).Required(),
			resource.Text("next_step", "Next step", func(in *logIn) *string { return &in.NextStep }).Required(),
			resource.Date("next_on", "Next step on", func(in *logIn) *date.Date { return &in.NextOn }).Required(),
		}, func(ctx context.Context, in *logIn) (report.Done, error) {
			_, _, err := s.deals.Type.FireRow(ctx, in.Deal, 0, "activity", resource.Values{"way": in.Way, "note": in.Note, "next_step": in.NextStep, "next_on": in.NextOn.String()})
			return report.Done{Message: "The activity is written down."}, err
		}).OnRows()},
	}
}

func (s *selling) runAttention(ctx context.Context, in *attentionIn) (*report.Result, error) {
	policy, err := s.policies.Of(ctx, company(ctx))
	if err != nil {
		return nil, err
	}
	usual, err := s.book.Usual(ctx, company(ctx))
	if err != nil {
		return nil, err
	}
	limits := domain.Limits{Today: s.today(ctx), Now: s.p.Now(), StaleDays: policy.StaleDays, Usual: usual}
	needs, err := s.book.Needs(ctx, in.Dept, limits)
	if err != nil {
		return nil, err
	}
	list, err := s.book.Worked(ctx, in.Dept, limits, attentionRows)
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "deals", Empty: "Every open deal has its next step and moves.", Cols: []report.Col{
		col("deal", "Opportunity", resource.KRef), col("customer", "Customer", resource.KRef), col("owner", "Owner", resource.KRef), col("stage", "Stage", resource.KText), col("amount", "Amount", resource.KMoney),
		col("why", "Why", resource.KText), col("next_step", "Next step", resource.KText), col("next_on", "Next step on", resource.KDate), col("active", "Last activity", resource.KTime),
		col("stayed", "Days in stage", resource.KQuantity), col("usual", "Usual at most (p75)", resource.KQuantity), col("close_on", "Expected close", resource.KDate)}}
	var amount money.Amount
	counts := map[string]int{}
	for _, n := range needs {
		for _, w := range n.Why() {
			counts[w] += n.N
		}
		amount = amount.Add(n.Amount)
	}
	for i := range list {
		d := &list[i]
		t.Rows = append(t.Rows, report.Row{Ref: dealRef(d.ID), Late: true, Cells: []report.Cell{report.Doc(dealRef(d.ID), d.Name), customerCell(d.CustomerID), report.Person(d.OwnerID),
			s.stageWord(d.Stage), report.Money(d.Amount), reasons(ctx, d.Why()), report.Text(d.NextStep), report.Day(d.NextOn), at(d.LastActivityAt), report.Qty(d.Stayed), usualCell(usual[d.Stage]), report.Day(d.CloseOn)},
			Acts: []report.Act{{Command: "activity", Values: resource.Values{"deal": id10(d.ID)}}}})
	}
	tile := func(key, label string) report.Tile {
		return report.Tile{Key: key, Label: label, Value: report.Count(counts[label])}
	}
	return &report.Result{Tables: []report.Table{t}, Tiles: []report.Tile{{Key: "amount", Label: "Amount at stake", Value: report.Money(amount)},
		tile("no_step", domain.NoNextStep), tile("overdue", domain.StepOverdue), tile("stale", domain.Stale), tile("stuck", domain.Stuck), tile("close", domain.CloseOverdue)}}, nil
}

// attentionRows is how many deals are listed; the figures count all of them.
const attentionRows = 1000

// customerCell is a customer by id; the report finds the name.
func customerCell(id int64) report.Cell {
	if id == 0 {
		return report.None()
	}
	return report.Doc(crm.CustomerID(id).Ref(), "")
}

// reasons joins words of the interface.
func reasons(ctx context.Context, why []string) report.Cell {
	out := make([]string, len(why))
	for i, w := range why {
		out[i] = i18n.T(ctx, w)
	}
	return report.Text(strings.Join(out, ", ")).In("warn")
}

// at is a moment that may not have come.
func at(t *time.Time) report.Cell {
	if t == nil {
		return report.None()
	}
	return report.Moment(*t)
}

// usualCell is empty as long as too few deals were won to say.
func usualCell(u domain.Stay) report.Cell {
	if u.N == 0 {
		return report.None()
	}
	return report.Qty(u.P75)
}
