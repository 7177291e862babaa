package domain

import (
	"context"
	"time"

	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// The spans people forecast and plan for.
const (
	SpanMonth   = "month"
	SpanQuarter = "quarter"
	SpanYear    = "year"
)

func spans() []resource.Option {
	return []resource.Option{{Value: SpanMonth, Label: "Month"}, {Value: SpanQuarter, Label: "Quarter"}, {Value: SpanYear, Label: "Year"}}
}

// Span returns the first and the last day of the month, quarter or year of day.
func Span(span string, day date.Date) (from, to date.Date) {
	switch span {
	case SpanYear:
		return date.New(day.Year(), time.January, 1), date.New(day.Year(), time.December, 31)
	case SpanQuarter:
		from = date.New(day.Year(), (day.Month()-1)/3*3+1, 1)
		return from, from.AddMonths(3).AddDays(-1)
	}
	from = day.MonthStart()
	return from, from.AddMonths(1).AddDays(-1)
}

// ForecastEntry is what a person says to close in a period, or what the manager makes
// of it. Later entries replace earlier ones; none is changed.
type ForecastEntry struct {
	record.Base
	Kind        string
	Span        string
	PeriodStart date.Date
	Amount      money.Amount
	System      money.Amount // commit forecast at that moment
	Note        string
}

// The kinds of entries.
const (
	Submitted = "submitted"
	Adjusted  = "adjusted"
)

// ForecastEntries is the service behind the entries.
type ForecastEntries struct {
	*Ports
	Store record.Store[ForecastEntry]
	Type  *resource.Type[ForecastEntry]
}

// Declare returns the document type of the entries, which commands of the forecast make.
func (s *ForecastEntries) Declare() *resource.Type[ForecastEntry] {
	s.Type = &resource.Type[ForecastEntry]{
		Name: "ltc.forecast_entry", Label: "Forecast entry", Plural: "Forecast entries", Icon: "history", Number: "FC-{yyyy}-{00000}", Store: s.Store, NoCreate: true, NoEdit: true,
		Check: func(_ context.Context, e *ForecastEntry) error {
			if e.Amount.Sign() < 0 {
				return errs.Bad("amount", "An amount cannot be negative.")
			}
			if e.Kind == Adjusted && e.Note == "" {
				return errs.Bad("note", "Say why the forecast is adjusted.")
			}
			return nil
		},
		Fields: resource.Fields[ForecastEntry]{
			resource.Enum("kind", "Kind", func(e *ForecastEntry) *string { return &e.Kind }, resource.Option{Value: Submitted, Label: "Submitted", Tone: "info"}, resource.Option{Value: Adjusted, Label: "Adjusted", Tone: "violet"}).Required().InList().Filter(),
			resource.Enum("span", "Span", func(e *ForecastEntry) *string { return &e.Span }, spans()...).Required().InList().Filter(),
			resource.Date("period_start", "Period from", func(e *ForecastEntry) *date.Date { return &e.PeriodStart }).Required().InList().Filter(),
			resource.Money("amount", "Amount", func(e *ForecastEntry) *money.Amount { return &e.Amount }).InList().Filter(),
			resource.Money("system", "Commit forecast of the deals", func(e *ForecastEntry) *money.Amount { return &e.System }).ReadOnly().InList(),
			resource.LongText("note", "Note", func(e *ForecastEntry) *string { return &e.Note }).InList().Limit(2000),
		},
	}
	return s.Type
}

// ForecastPart is what one person has the credit for of the deals in one stage and
// category: shares and weighted shares with six digits each, summed.
type ForecastPart struct {
	UserID         int64
	Stage          DealStage
	Category       string
	N              int
	Part, Weighted money.Price
}

// Rollup is a forecast; the categories stand alone, the methods roll them up. Amounts
// keep six digits until they are shown, so that shares add up to the whole.
type Rollup struct {
	Closed, Commit, BestCase, Pipeline, Weighted money.Price
	Deals                                        int
}

// Add counts deals. Lost ones add nothing: frappe/crm get_forecasted_revenue counts them
// at their full expected value. Won ones stand in Closed only.
func (r *Rollup) Add(d ForecastPart) {
	if d.Stage == DealLost || d.Stage == DealHold || d.Category == "omitted" {
		return
	}
	if d.Stage == DealWon {
		r.Closed = r.Closed.Add(d.Part)
		return
	}
	r.Deals += d.N
	r.Weighted = r.Weighted.Add(d.Weighted)
	switch d.Category {
	case "commit":
		r.Commit = r.Commit.Add(d.Part)
	case "best_case":
		r.BestCase = r.BestCase.Add(d.Part)
	default:
		r.Pipeline = r.Pipeline.Add(d.Part)
	}
}

// Plus adds a forecast to another.
func (r Rollup) Plus(o Rollup) Rollup {
	return Rollup{r.Closed.Add(o.Closed), r.Commit.Add(o.Commit), r.BestCase.Add(o.BestCase), r.Pipeline.Add(o.Pipeline), r.Weighted.Add(o.Weighted), r.Deals + o.Deals}
}

// CommitForecast is what is won and committed; categories roll up as at Salesforce.
func (r Rollup) CommitForecast() money.Amount { return money.Round(r.Closed.Add(r.Commit)) }

// BestForecast is the commit forecast and the best case.
func (r Rollup) BestForecast() money.Amount {
	return money.Round(r.Closed.Add(r.Commit).Add(r.BestCase))
}

// OpenPipeline is everything open.
func (r Rollup) OpenPipeline() money.Amount {
	return money.Round(r.Pipeline.Add(r.BestCase).Add(r.Commit))
}

// Pair is how deals looked in a frozen week and look now: those alike in everything but
// the amounts, which are sums.
type Pair struct {
	WasOpen, WasIn bool // in the week: open, and expected to close in the period
	Known          bool // seen today
	Stage          DealStage
	IsIn           bool // expected to close in the period today
	Before, After  money.Amount
}

func (p *Pair) open() bool {
	return p.Known && (p.Stage == DealQualify || p.Stage == DealPropose || p.Stage == DealNegotiate)
}

func within(d, from, to date.Date) bool { return !d.IsZero() && !d.Before(from) && !d.After(to) }

// Bridge explains how the open pipeline of a period became what it is. Opening plus the
// movements is Closing, always.
type Bridge struct {
	Opening, New, Pulled, Changed, Won, Lost, Slipped, Withdrawn, Closing money.Amount
}

// BridgeOf compares the deals of a freeze with those of today for a period. What fell
// out of sight, went on hold or was deleted is withdrawn.
func BridgeOf(pairs []Pair) Bridge {
	var b Bridge
	for i := range pairs {
		p := &pairs[i]
		if p.WasIn {
			b.Opening = b.Opening.Add(p.Before)
		}
		switch {
		case p.open() && p.IsIn:
			b.Closing = b.Closing.Add(p.After)
			switch {
			case p.WasIn:
				b.Changed = b.Changed.Add(p.After.Sub(p.Before))
			case p.WasOpen:
				b.Pulled = b.Pulled.Add(p.After)
			default:
				b.New = b.New.Add(p.After)
			}
		case !p.WasIn:
		case !p.Known || p.Stage == DealHold:
			b.Withdrawn = b.Withdrawn.Sub(p.Before)
		case p.Stage == DealWon:
			b.Won = b.Won.Sub(p.Before)
		case p.Stage == DealLost:
			b.Lost = b.Lost.Sub(p.Before)
		default:
			b.Slipped = b.Slipped.Sub(p.Before)
		}
	}
	return b
}

// Accuracy is how well a period was foreseen at its start.
type Accuracy struct {
	From             date.Date
	Forecast, Actual money.Amount
	Frozen           bool // there was a freeze to compare with
}

// Right is 1 - |forecast - actual| / actual; ok is false when nothing was won.
func (a Accuracy) Right() (r money.Ratio, ok bool) {
	off, ok := money.Share(a.Forecast.Sub(a.Actual).Abs(), a.Actual)
	return money.Units(1).Sub(off), ok && a.Frozen
}

// Bias is the error with its sign: above zero was too hopeful.
func (a Accuracy) Bias() (r money.Ratio, ok bool) {
	r, ok = money.Share(a.Forecast.Sub(a.Actual), a.Actual)
	return r, ok && a.Frozen
}
