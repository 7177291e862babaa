package ltcapp

import (
	"context"

	"meridian/modules/ltc/internal/domain"
	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/report"
	"meridian/platform/resource"
)

// dealFields are the inputs most reports over deals share.
func (s *selling) dealFields() resource.Fields[domain.DealFilter] {
	return resource.Fields[domain.DealFilter]{
		resource.Date("from", "From", func(f *domain.DealFilter) *date.Date { return &f.From }),
		resource.Date("to", "To", func(f *domain.DealFilter) *date.Date { return &f.To }),
		resource.Ref("dept", "Department", func(f *domain.DealFilter) *int64 { return &f.Dept }, "core.department"),
		resource.Ref("owner", "Owner", func(f *domain.DealFilter) *int64 { return &f.Owner }, "core.user"),
		resource.Ref("product", "Product", func(f *domain.DealFilter) *int64 { return &f.Product }, "ipd.product"),
		resource.Ref("pipeline", "Pipeline", func(f *domain.DealFilter) *int64 { return &f.Pipeline }, "ltc.pipeline"),
	}
}

// thisYear fills the period nobody gave with the year so far.
func (s *selling) thisYear(ctx context.Context, f *domain.DealFilter) error {
	f.To = s.today(ctx)
	f.From = date.New(f.To.Year(), 1, 1)
	return nil
}

type reviewIn struct {
	Deal int64
	Note string
}

// winLoss shows why deals are won and lost, and against whom: LTC-16.
func (s *selling) winLoss() *report.Report[domain.DealFilter] {
	return &report.Report[domain.DealFilter]{
		Name: "ltc.win_loss", Label: "Win and loss analysis", Icon: "scale", Perm: "ltc.opportunity:read", Form: s.dealFields(), Default: s.thisYear, Run: s.runWinLoss,
		Help: "Deals closed in the period by their closing date. Win rate = won / (won + lost), by count and by amount.",
		Commands: []report.Command{report.Do("review", "Review", "ltc.opportunity:review", resource.Fields[reviewIn]{
			resource.Ref("deal", "Opportunity", func(in *reviewIn) *int64 { return &in.Deal }, "ltc.opportunity").Required(),
			resource.LongText("note", "What we learn from it", func(in *reviewIn) *string { return &in.Note }).Required().Limit(2000),
		}, func(ctx context.Context, in *reviewIn) (report.Done, error) {
			_, _, err := s.deals.Type.FireRow(ctx, in.Deal, 0, "review", resource.Values{"note": in.Note})
			return report.Done{Message: "The review is written down."}, err
		}).OnRows()},
	}
}

func (s *selling) runWinLoss(ctx context.Context, f *domain.DealFilter) (*report.Result, error) {
	list, err := s.book.Finished(ctx, *f)
	if err != nil {
		return nil, err
	}
	met, err := s.book.Met(ctx, *f)
	if err != nil {
		return nil, err
	}
	last, err := s.lastClosed(ctx, list)
	if err != nil {
		return nil, err
	}
	won, lost := domain.Tally{}, domain.Tally{}
	unreviewed := 0
	for i := range list {
		t := &lost
		if list[i].Won {
			t = &won
		}
		t.N, t.Amount = t.N+1, t.Amount.Add(list[i].Amount)
		if list[i].ReviewedBy == 0 {
			unreviewed++
		}
	}
	return &report.Result{
		Tiles: []report.Tile{
			{Key: "rate", Label: "Win rate by count", Value: report.Quotient(money.Units(won.N).Number(), money.Units(won.N+lost.N).Number())},
			{Key: "rate_amount", Label: "Win rate by amount", Value: report.Quotient(won.Amount.Number(), won.Amount.Add(lost.Amount).Number())},
			{Key: "won", Label: "Won", Value: report.Money(won.Amount)}, {Key: "lost", Label: "Lost", Value: report.Money(lost.Amount)},
			{Key: "open_reviews", Label: "Not reviewed", Value: report.Count(unreviewed)}},
		Charts: []report.Chart{{Kind: report.Bars, Title: "Reasons of loss", Say: "Amount lost by reason, the largest first.", Table: "loss", Label: "key", Series: []report.Series{{Col: "amount", Kind: "bar"}}}},
		Tables: []report.Table{
			s.tally("loss", "Reasons of loss", list, func(d *domain.FinishedDeal) (string, bool) { return d.LossReason, !d.Won }, s.options("loss_reason")),
			s.tally("win", "Reasons of winning", list, func(d *domain.FinishedDeal) (string, bool) { return d.WinReason, d.Won }, s.options("win_reason")),
			s.tally("stage", "Stage of loss", list, func(d *domain.FinishedDeal) (string, bool) { return string(d.LostStage), !d.Won }, s.options("lost_stage")),
			competitors(met), last},
	}, nil
}

func (s *selling) options(field string) []resource.Option {
	return s.deals.Type.Info().Field(field).Options
}

// tally is a table of deals by one property; deals without it stand under "Not given".
func (s *selling) tally(key, title string, list []domain.FinishedDeal, by func(d *domain.FinishedDeal) (string, bool), options []resource.Option) report.Table {
	t := report.Table{Key: key, Title: title, Empty: "No deals in this period.", Cols: []report.Col{col("key", title, resource.KText), col("n", "Deals", resource.KInt), col("amount", "Amount", resource.KMoney), col("share", "Share", resource.KPercent)}}
	tallies := domain.TallyBy(list, by)
	var sum money.Amount
	for _, x := range tallies {
		sum = sum.Add(x.Amount)
	}
	for _, x := range tallies {
		word := optionWord(options, x.Key)
		if x.Key == "" {
			word = report.Word("Not given")
		}
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{word, report.Count(x.N), report.Money(x.Amount), report.Quotient(x.Amount.Number(), sum.Number())}})
	}
	return t
}

func competitors(met []domain.Met) report.Table {
	t := report.Table{Key: "competitors", Title: "Competitors", Empty: "No competitor was named in the deals of this period.", Cols: []report.Col{col("name", "Competitor", resource.KText), col("met", "Met", resource.KInt), col("won", "Won against", resource.KInt),
		col("lost", "Lost to", resource.KInt), col("rate", "Win rate", resource.KPercent), col("lost_amount", "Amount lost to", resource.KMoney), col("gap", "Mean price gap", resource.KPercent), col("priced", "Deals with their price", resource.KInt)}}
	for _, m := range met {
		gap := report.Cell{Kind: resource.KPercent}
		if m.Priced > 0 {
			gap = report.Share(m.Gap)
		}
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{report.Text(m.Name), report.Count(m.Met), report.Count(m.Won), report.Count(m.LostTo),
			report.Quotient(money.Units(m.Won).Number(), money.Units(m.Met).Number()), report.Money(m.LostAmount), gap, report.Count(m.Priced)}})
	}
	return t
}

// lastClosed are the deals themselves; those nobody has reviewed offer it.
func (s *selling) lastClosed(ctx context.Context, list []domain.FinishedDeal) (report.Table, error) {
	t := report.Table{Key: "deals", Title: "Closed deals", Empty: "No deals in this period.", Cols: []report.Col{col("deal", "Opportunity", resource.KRef), col("customer", "Customer", resource.KRef), col("owner", "Owner", resource.KRef), col("result", "Result", resource.KText),
		col("amount", "Amount", resource.KMoney), col("closed_on", "Closed on", resource.KDate), col("reason", "Reason", resource.KText), col("competitor", "Competitor", resource.KText), col("gap", "Price gap", resource.KPercent),
		col("evidence", "Evidence", resource.KText), col("reviewer", "Reviewed by", resource.KRef), col("learned", "What we learn from it", resource.KText)}}
	show := list[:min(len(list), 200)]
	var customers []int64
	for i := range show {
		customers = append(customers, show[i].CustomerID)
	}
	customer, err := s.names(ctx, "crm.customer", customers)
	if err != nil {
		return t, err
	}
	for i := range show {
		d := &show[i]
		result, reason, gap := report.Pill("Lost", "bad"), optionWord(s.options("loss_reason"), d.LossReason), report.Share(d.PriceGap)
		if d.Won {
			result, reason, gap = report.Pill("Won", "ok"), optionWord(s.options("win_reason"), d.WinReason), report.None()
		}
		r := report.Row{Ref: dealRef(d.ID), Cells: []report.Cell{report.Doc(dealRef(d.ID), d.Name), customer(d.CustomerID), report.Person(d.OwnerID), result, report.Money(d.Amount), report.Day(d.ClosedOn),
			reason, report.Text(d.Competitor), gap, report.Text(d.Evidence), report.None(), report.Text(d.ReviewNote)}}
		if d.ReviewedBy != 0 {
			r.Cells[10] = report.Person(d.ReviewedBy)
		} else {
			r.Acts = []report.Act{{Command: "review", Values: resource.Values{"deal": id10(d.ID)}}}
		}
		t.Rows = append(t.Rows, r)
	}
	return t, nil
}
