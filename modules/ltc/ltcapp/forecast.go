package ltcapp

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"meridian/modules/ltc/internal/domain"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/report"
	"meridian/platform/resource"
)

// forecastIn asks for a period by any of its days.
type forecastIn struct {
	Span     string
	Day      date.Date
	Since    date.Date
	Dept     int64
	Owner    int64
	Pipeline int64
}

func (in *forecastIn) filter() domain.DealFilter {
	from, to := domain.Span(in.Span, in.Day)
	return domain.DealFilter{From: from, To: to, Dept: in.Dept, Owner: in.Owner, Pipeline: in.Pipeline}
}

// claim is the input of the commands that say what will be closed.
type claim struct {
	Span   string
	Day    date.Date
	Person int64
	Amount money.Amount
	Note   string
}

func (s *selling) spanOptions() []resource.Option {
	return s.entries.Type.Info().Field("span").Options
}

// forecast shows what will be closed in a period, by person and category: LTC-04.
func (s *selling) forecast() *report.Report[forecastIn] {
	period := resource.Fields[claim]{
		resource.Enum("span", "Span", func(c *claim) *string { return &c.Span }, s.spanOptions()...).Required(),
		resource.Date("day", "Period from", func(c *claim) *date.Date { return &c.Day }).Required(),
	}
	amount := resource.Money("amount", "Amount", func(c *claim) *money.Amount { return &c.Amount }).Required()
	note := resource.LongText("note", "Note", func(c *claim) *string { return &c.Note }).Limit(2000)
	person := resource.Ref("person", "Person", func(c *claim) *int64 { return &c.Person }, "core.user").Required()
	return &report.Report[forecastIn]{
		Name: "ltc.forecast", Label: "Forecast", Icon: "chart-line", Perm: "ltc.opportunity:read", Home: []string{"ltc.rep", "ltc.manager"},
		Help: "Won deals by closing date and open ones by expected close, each person with the share of the credit. Commit forecast = closed + commit; best case adds the best case. Weighted = amount x share x probability; lost deals count nothing. Amounts are in the currency of the company.",
		Form: resource.Fields[forecastIn]{
			resource.Enum("span", "Span", func(in *forecastIn) *string { return &in.Span }, s.spanOptions()...),
			resource.Date("day", "Any day of the period", func(in *forecastIn) *date.Date { return &in.Day }),
			resource.Date("since", "Compare with the week of", func(in *forecastIn) *date.Date { return &in.Since }),
			resource.Ref("dept", "Department", func(in *forecastIn) *int64 { return &in.Dept }, "core.department"),
			resource.Ref("owner", "Person", func(in *forecastIn) *int64 { return &in.Owner }, "core.user"),
			resource.Ref("pipeline", "Pipeline", func(in *forecastIn) *int64 { return &in.Pipeline }, "ltc.pipeline"),
		},
		Default: func(ctx context.Context, in *forecastIn) error {
			in.Span, in.Day = domain.SpanMonth, s.today(ctx)
			return nil
		},
		Run: s.runForecast,
		Commands: []report.Command{
			report.Do("submit", "Submit my forecast", "ltc.forecast:submit", append(slices.Clone(period), amount, note), func(ctx context.Context, c *claim) (report.Done, error) {
				return report.Done{Message: "The forecast is submitted."}, s.enter(ctx, c, authz.Actor(ctx), domain.Submitted)
			}),
			report.Do("adjust", "Adjust", "ltc.forecast:adjust", append(slices.Clone(period), person, amount, resource.LongText("note", "Why", func(c *claim) *string { return &c.Note }).Required().Limit(2000)),
				func(ctx context.Context, c *claim) (report.Done, error) {
					return report.Done{Message: "The forecast is adjusted."}, s.enter(ctx, c, c.Person, domain.Adjusted)
				}).OnRows(),
			report.Do("freeze", "Freeze this week", "ltc.forecast:freeze", resource.Fields[struct{}]{}, func(ctx context.Context, _ *struct{}) (report.Done, error) {
				n, err := s.book.Freeze(ctx, company(ctx), s.today(ctx), s.p.Now())
				if err == nil && n == 0 {
					err = errs.New(errs.Precondition, "This day is frozen already, or there is no open deal.")
				}
				return report.Done{Message: "{0} deals were frozen.", Args: []any{n}}, err
			}),
		},
	}
}

// enter stores what a person says to close. Whoever adjusts must see the entries of that
// person.
func (s *selling) enter(ctx context.Context, c *claim, person int64, kind string) error {
	p := s.p.Authz.Directory().People[person]
	if p == nil || !p.Active || p.Company != company(ctx) {
		return errs.Bad("person", "This person does not work here.")
	}
	e := &domain.ForecastEntry{Base: record.Base{OwnerID: person, DeptID: p.Dept, CompanyID: p.Company}, Kind: kind, Span: c.Span, Amount: c.Amount, Note: c.Note}
	e.PeriodStart, _ = domain.Span(c.Span, c.Day)
	if !s.p.Authz.Covers(ctx, "ltc.forecast_entry", "read", &e.Base) {
		return errs.Bad("person", "You do not see the forecast of this person.")
	}
	in := forecastIn{Span: c.Span, Day: c.Day, Owner: person}
	list, err := s.book.Forecast(ctx, in.filter())
	if err != nil {
		return err
	}
	var r domain.Rollup
	for _, d := range list {
		r.Add(d)
	}
	e.System = r.CommitForecast()
	return s.p.DB.Tx(ctx, func(ctx context.Context) error {
		return s.entries.Type.Create(authz.System(ctx, "ltc.forecast:"+kind), e)
	})
}

func (s *selling) runForecast(ctx context.Context, in *forecastIn) (*report.Result, error) {
	f := in.filter()
	list, err := s.book.Forecast(ctx, f)
	if err != nil {
		return nil, err
	}
	by := map[int64]domain.Rollup{}
	var all domain.Rollup
	for _, d := range list {
		r := by[d.UserID]
		r.Add(d)
		by[d.UserID] = r
		all.Add(d)
	}
	entries, err := s.book.Entries(ctx, in.Span, f.From)
	if err != nil {
		return nil, err
	}
	quota, err := s.quota(ctx, in.Span, f.From)
	if err != nil {
		return nil, err
	}
	bridge, err := s.bridge(ctx, in)
	if err != nil {
		return nil, err
	}
	accuracy, err := s.accuracy(ctx, f)
	if err != nil {
		return nil, err
	}
	persons := s.persons(by, entries, quota, in, authz.Actor(ctx))
	total := quota(0)
	tiles := []report.Tile{{Key: "closed", Label: "Closed", Value: report.Money(money.Round(all.Closed))}, {Key: "commit", Label: "Commit forecast", Value: report.Money(all.CommitForecast())},
		{Key: "best", Label: "Best case forecast", Value: report.Money(all.BestForecast())}, {Key: "open", Label: "Open pipeline", Value: report.Money(all.OpenPipeline())},
		{Key: "weighted", Label: "Weighted", Value: report.Money(money.Round(all.Weighted))}, {Key: "quota", Label: "Target", Value: report.Money(total)}}
	if left := total.Sub(money.Round(all.Closed)); left.Sign() > 0 {
		if c, ok := money.Share(all.OpenPipeline(), left); ok {
			tiles = append(tiles, report.Tile{Key: "coverage", Label: "Coverage of the rest", Value: report.Number(c.Number().Round(2))})
		}
	}
	return &report.Result{Tiles: tiles, Tables: []report.Table{persons, bridge, accuracy}, Note: "From {0} to {1}.", Args: []any{f.From, f.To},
		Charts: []report.Chart{{Kind: report.Bars, Title: "Forecast by person", Say: "Commit forecast of each person beside the target.", Table: "persons", Label: "person", Series: []report.Series{{Col: "commit_total", Kind: "bar"}}, Targets: "quota"}}}, nil
}

// quota reads the targets of the plan in force; person 0 is the whole company.
func (s *selling) quota(ctx context.Context, span string, start date.Date) (func(person int64) money.Amount, error) {
	id, err := s.plans.InForce(ctx, company(ctx), start.Year(), "")
	if err != nil || id == 0 {
		return func(int64) money.Amount { return money.Amount{} }, err
	}
	p, err := s.plans.Store.Get(authz.System(ctx, "ltc.forecast:quota"), id)
	if err != nil {
		return nil, err
	}
	return func(person int64) money.Amount {
		return domain.PlannedFor(p.Targets, span, start, func(t *domain.Target) bool {
			return t.Of(person)
		})
	}, nil
}

// persons is a row per person with deals or entries.
func (s *selling) persons(by map[int64]domain.Rollup, entries []domain.ForecastEntry, quota func(int64) money.Amount, in *forecastIn, me int64) report.Table {
	t := report.Table{Key: "persons", Title: "By person", Empty: "Nobody has deals in this period.", Cols: []report.Col{col("person", "Person", resource.KRef), col("quota", "Target", resource.KMoney), col("closed", "Closed", resource.KMoney), col("commit", "Commit", resource.KMoney),
		col("best_case", "Best case", resource.KMoney), col("pipeline", "Pipeline", resource.KMoney), col("weighted", "Weighted", resource.KMoney), col("commit_total", "Commit forecast", resource.KMoney), col("best_total", "Best case forecast", resource.KMoney),
		col("submitted", "Submitted", resource.KMoney), col("adjusted", "Adjusted", resource.KMoney), col("note", "Note", resource.KText), col("attained", "Closed of target", resource.KPercent)}}
	said := map[int64]map[string]domain.ForecastEntry{}
	for _, e := range entries {
		if said[e.OwnerID] == nil {
			said[e.OwnerID] = map[string]domain.ForecastEntry{}
		}
		said[e.OwnerID][e.Kind] = e
		if _, ok := by[e.OwnerID]; !ok && (in.Owner == 0 || in.Owner == e.OwnerID) {
			by[e.OwnerID] = domain.Rollup{}
		}
	}
	entry := func(person int64, kind string) report.Cell {
		if e, ok := said[person][kind]; ok {
			return report.Money(e.Amount)
		}
		return report.Cell{Kind: resource.KMoney}
	}
	from, _ := domain.Span(in.Span, in.Day)
	for _, id := range slices.SortedFunc(maps.Keys(by), func(a, b int64) int {
		return cmp.Or(by[b].CommitForecast().Cmp(by[a].CommitForecast()), cmp.Compare(a, b))
	}) {
		r, q := by[id], quota(id)
		note := cmp.Or(said[id][domain.Adjusted].Note, said[id][domain.Submitted].Note)
		row := report.Row{Cells: []report.Cell{report.Person(id), report.Money(q), report.Money(money.Round(r.Closed)), report.Money(money.Round(r.Commit)), report.Money(money.Round(r.BestCase)), report.Money(money.Round(r.Pipeline)),
			report.Money(money.Round(r.Weighted)), report.Money(r.CommitForecast()), report.Money(r.BestForecast()), entry(id, domain.Submitted), entry(id, domain.Adjusted), report.Text(note), report.Quotient(money.Round(r.Closed).Number(), q.Number())}}
		if id != me {
			row.Acts = []report.Act{{Command: "adjust", Values: resource.Values{"span": in.Span, "day": from.String(), "person": id10(id), "amount": r.CommitForecast().String()}}}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// bridge explains what became of the pipeline since a frozen week.
func (s *selling) bridge(ctx context.Context, in *forecastIn) (report.Table, error) {
	f := in.filter()
	t := report.Table{Key: "bridge", Title: "What changed since the freeze", Empty: "No week was frozen yet; the first freeze comes on Monday.", Cols: []report.Col{col("step", "Movement", resource.KText), col("amount", "Amount", resource.KMoney), col("week", "Week frozen", resource.KDate)}}
	day := in.Since
	if day.IsZero() {
		day = f.From
	}
	week, err := s.book.FrozenWeek(ctx, company(ctx), day)
	if err != nil || week.IsZero() {
		return t, err
	}
	pairs, err := s.book.Pairs(ctx, f, week, slices.Collect(maps.Keys(s.p.Authz.Directory().Companies)))
	if err != nil {
		return t, err
	}
	b := domain.BridgeOf(pairs)
	for _, x := range []struct {
		label  string
		amount money.Amount
	}{{"Open at the freeze", b.Opening}, {"New deals", b.New}, {"Pulled in", b.Pulled}, {"Amount changed", b.Changed}, {"Won since", b.Won}, {"Lost since", b.Lost}, {"Moved out of the period", b.Slipped}, {"On hold or withdrawn", b.Withdrawn}, {"Open now", b.Closing}} {
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{report.Word(x.label), report.Money(x.amount), report.Day(week)}})
	}
	return t, nil
}

// accuracy compares the last six months with what was committed at their start.
func (s *selling) accuracy(ctx context.Context, f domain.DealFilter) (report.Table, error) {
	t := report.Table{Key: "accuracy", Title: "How well months were foreseen", Empty: "No month has passed yet.", Cols: []report.Col{col("month", "Month", resource.KDate), col("forecast", "Committed at the start", resource.KMoney), col("actual", "Won", resource.KMoney),
		col("accuracy", "Accuracy", resource.KPercent), col("bias", "Bias", resource.KPercent)}}
	this, _ := domain.Span(domain.SpanMonth, s.today(ctx))
	var months []date.Date
	for i := 1; i <= 6; i++ {
		months = append(months, this.AddMonths(-i))
	}
	list, err := s.book.Foreseen(ctx, f, company(ctx), months)
	if err != nil {
		return t, err
	}
	for _, a := range list {
		forecast, right, bias := report.Cell{Kind: resource.KMoney}, report.Cell{Kind: resource.KPercent}, report.Cell{Kind: resource.KPercent}
		if a.Frozen {
			forecast = report.Money(a.Forecast)
		}
		if r, ok := a.Right(); ok {
			right = report.Share(r)
		}
		if r, ok := a.Bias(); ok {
			bias = report.Share(r)
		}
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{report.Day(a.From), forecast, report.Money(a.Actual), right, bias}})
	}
	return t, nil
}
