package ltcapp

import (
	"context"

	"meridian/modules/ltc/internal/domain"
	"meridian/modules/ltc/internal/store"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/ledger"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/report"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// inMonth is the input of the reports about a month.
type inMonth struct{ Month date.Date }

func monthForm() resource.Fields[inMonth] {
	return resource.Fields[inMonth]{resource.Date("month", "Month", func(m *inMonth) *date.Date { return &m.Month }).Hint("Any day of the month.")}
}

func (c *cash) thisMonth(ctx context.Context, m *inMonth) error {
	m.Month = c.ports.Today(ctx).MonthStart()
	return nil
}

// revenue registers the close of the revenue period and the view by cash beside it.
func (c *cash) revenue() {
	report.Register(c.p.Reports, &report.Report[inMonth]{
		Name: "ltc.revenue", Label: "Revenue and period close", Icon: "report-analytics", Perm: "ltc.revenue:read", Home: []string{"core.finance_manager"},
		Help: "Revenue is recognised when control passes: on acceptance, with time, progress or cost. Payment never makes revenue. What is recognised less what is invoiced is the contract asset or liability of each contract; together they are the control accounts.",
		Form: monthForm(), Default: c.thisMonth, Run: c.revenueMonth,
		Commands: []report.Command{
			report.Do("recognise", "Recognise until the end of the month", "ltc.revenue:recognise", monthForm(), func(ctx context.Context, in *inMonth) (report.Done, error) {
				who, _ := authz.Of(ctx)
				until, err := c.until(ctx, in)
				if err != nil {
					return report.Done{}, err
				}
				n, err := c.obligations.RunUntil(ctx, who.Company, until)
				return report.Done{Message: "Revenue of {0} obligations is recognised until {1}.", Args: []any{n, until.String()}}, err
			}),
			report.Do("close", "Close the month", "ltc.revenue:close", monthForm(), c.closeMonth),
		},
	})
	report.Register(c.p.Reports, &report.Report[inMonth]{
		Name: "ltc.revenue_by_cash", Label: "Revenue by cash received", Icon: "cash-register", Perm: "ltc.revenue:read",
		Help: "For management only: what was collected, beside what was recognised. It is never posted; revenue is recognised when control passes.",
		Form: monthForm(), Default: c.thisMonth, Run: c.byCash,
	})
}

// until is the last day of the month, today at most.
func (c *cash) until(ctx context.Context, in *inMonth) (date.Date, error) {
	today := c.ports.Today(ctx)
	if in.Month.IsZero() {
		in.Month = today
	}
	in.Month = in.Month.MonthStart()
	if in.Month.After(today) {
		return today, errs.Bad("month", "This month lies in the future.")
	}
	end := in.Month.AddMonths(1).AddDays(-1)
	if end.After(today) {
		end = today
	}
	return end, nil
}

func (c *cash) revenueMonth(ctx context.Context, in *inMonth) (*report.Result, error) {
	who, _ := authz.Of(ctx)
	in.Month = in.Month.MonthStart()
	end := in.Month.AddMonths(1).AddDays(-1)
	rows, err := c.reports.Obligations(ctx, in.Month, shown)
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "obligations", Title: "Performance obligations", Empty: "No revenue in this month and nothing left to earn.", Cols: []report.Col{{Key: "obligation", Label: "Performance obligation", Kind: resource.KRef}, {Key: "customer", Label: "Customer", Kind: resource.KRef}, {Key: "method", Label: "Revenue method", Kind: resource.KText},
		money2("price", "Allocated price"), money2("before", "Recognised before"), money2("month", "In this month"), money2("left", "To be recognised")}}
	var month money.Amount
	labels := map[string]string{}
	for _, o := range c.obligations.Type.Info().Field("method").Options {
		labels[o.Value] = o.Label
	}
	for i := range rows {
		o := &rows[i]
		month = month.Add(o.Month)
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{report.Doc(trace.Ref{Type: "ltc.obligation", ID: o.ID}, o.Title), report.Doc(o.Customer.Ref(), ""), report.Word(labels[o.Method]), report.Money(o.Allocated), report.Money(o.Before), report.Money(o.Month), report.Money(o.Allocated.Sub(o.Recognised))}})
	}
	units, err := c.reports.Units(ctx, who.Company, end)
	if err != nil {
		return nil, err
	}
	u, assets, liabilities := unitTable(units)
	checks, open, err := c.checklist(ctx, who.Company, in.Month, assets.Sub(liabilities))
	if err != nil {
		return nil, err
	}
	return &report.Result{Tiles: []report.Tile{{Key: "month", Label: "Revenue of the month", Value: report.Money(month)}, {Key: "asset", Label: "Contract assets", Value: report.Money(assets)}, {Key: "liability", Label: "Contract liabilities", Value: report.Money(liabilities)}, {Key: "open", Label: "Points open", Value: report.Count(open)}},
		Tables: []report.Table{checks, t, u}}, nil
}

func unitTable(units []store.UnitRow) (t report.Table, assets, liabilities money.Amount) {
	t = report.Table{Key: "balances", Title: "Contract balances at the end of the month", Empty: "No contract has a balance.", Cols: []report.Col{{Key: "contract", Label: "Contract", Kind: resource.KRef}, {Key: "customer", Label: "Customer", Kind: resource.KRef}, money2("recognised", "Revenue recognised"), money2("billed", "Invoiced without tax"), money2("asset", "Contract asset"), money2("liability", "Contract liability")}}
	zero := money.Amount{}
	for i := range units {
		x := &units[i]
		b := x.Balance()
		assets, liabilities = assets.Add(b.Max(zero)), liabilities.Sub(b.Min(zero))
		if !b.IsZero() && len(t.Rows) < shown {
			t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{report.Doc(trace.Ref{Type: x.UnitType, ID: x.UnitID}, ""), report.Doc(x.Customer.Ref(), ""), report.Money(x.Recognised), report.Money(x.Billed), report.Money(b.Max(zero)), report.Money(b.Min(zero).Neg())}})
		}
	}
	t.Foot = []report.Cell{report.Word("Total"), report.None(), report.None(), report.None(), report.Money(assets), report.Money(liabilities)}
	return t, assets, liabilities
}

// checklist says what is left to do before a month closes; open counts what stops it.
func (c *cash) checklist(ctx context.Context, company int64, month date.Date, balance money.Amount) (t report.Table, open int, err error) {
	end := month.AddMonths(1).AddDays(-1)
	t = report.Table{Key: "checks", Title: "Before the month closes", Cols: []report.Col{{Key: "point", Label: "Point", Kind: resource.KText}, {Key: "count", Label: "Open", Kind: resource.KInt}, {Key: "state", Label: "Status", Kind: resource.KText}}}
	todo, err := c.reports.Todo(ctx, company, month)
	if err != nil {
		return t, 0, err
	}
	waiting, err := c.waiting(ctx, company, end)
	if err != nil {
		return t, 0, err
	}
	differs := int64(0)
	var book money.Amount
	for _, control := range []string{"contract_asset", "contract_liability"} {
		a, err := c.p.Ledger.Balance(ctx, company, control, 0, end)
		if err != nil {
			return t, 0, err
		}
		book = book.Add(a)
	}
	if !book.Equal(balance) {
		differs = 1
	}
	for _, x := range []struct {
		point string
		n     int64
		stops bool
		href  string
	}{
		{"Invoices of the month are posted", todo.Drafts, true, "/ltc/invoice?stage=draft,approved"},
		{"Revenue over time is recognised", waiting, true, "/ltc/obligation?method=time&stage=open"},
		{"Obligations by cost have an estimate", todo.Estimates, true, "/ltc/obligation?method=cost&stage=open"},
		{"Every obligation has a price", todo.Unpriced, true, "/ltc/obligation?stage=open"},
		{"Contract balances equal the control accounts", differs, true, ""},
		{"Deliveries are accepted", todo.Unsigned, false, "/ltc/acceptance?stage=requested"},
	} {
		state := report.Pill("Done", "ok")
		switch {
		case x.n > 0 && x.stops:
			state, open = report.Pill("Open", "bad"), open+1
		case x.n > 0:
			state = report.Pill("To be looked at", "warn")
		}
		t.Rows = append(t.Rows, report.Row{Href: x.href, Cells: []report.Cell{report.Word(x.point), report.Count(x.n), state}})
	}
	return t, open, nil
}

// waiting counts the obligations over time that have earned more than is recognised.
func (c *cash) waiting(ctx context.Context, company int64, end date.Date) (n int64, err error) {
	list, err := c.obligations.Store.Find(authz.System(ctx, "ltc.revenue:waiting"), record.Where("stage", record.Eq, "open").And("method", record.Eq, string(domain.OverTime)).And("company_id", record.Eq, company))
	for i := range list {
		if !list[i].Earned(end).Equal(list[i].Recognised) && list[i].Recognised.Less(list[i].Earned(end)) {
			n++
		}
	}
	return n, err
}

// closeMonth closes the revenue period once the check list is done.
func (c *cash) closeMonth(ctx context.Context, in *inMonth) (report.Done, error) {
	who, _ := authz.Of(ctx)
	if _, err := c.until(ctx, in); err != nil {
		return report.Done{}, err
	}
	if !in.Month.AddMonths(1).AddDays(-1).Before(c.ports.Today(ctx)) {
		return report.Done{}, errs.Bad("month", "The month is not over yet.")
	}
	units, err := c.reports.Units(ctx, who.Company, in.Month.AddMonths(1).AddDays(-1))
	if err != nil {
		return report.Done{}, err
	}
	_, assets, liabilities := unitTable(units)
	_, open, err := c.checklist(ctx, who.Company, in.Month, assets.Sub(liabilities))
	if err != nil {
		return report.Done{}, err
	}
	if open > 0 {
		return report.Done{}, errs.New(errs.Precondition, "{0} points of the check list are open.", open)
	}
	err = c.ports.Tx(ctx, func(ctx context.Context) error {
		sys := authz.System(ctx, "ltc.revenue:close")
		p, err := c.p.Ledger.Periods.Store.First(sys, record.Where("company_id", record.Eq, who.Company).And("area", record.Eq, string(ledger.AreaRevenue)).And("month", record.Eq, in.Month))
		if errs.Is(err, errs.NotFound) {
			p = &ledger.Period{Area: ledger.AreaRevenue, Month: in.Month}
			p.CompanyID = who.Company
			err = c.p.Ledger.Periods.Create(sys, p)
		}
		if err != nil {
			return err
		}
		return c.p.Ledger.Periods.Fire(sys, p.ID, "close", nil)
	})
	return report.Done{Message: "Revenue of {0} is closed.", Args: []any{in.Month.String()[:7]}}, err
}

// byCash is the view of management by money received.
func (c *cash) byCash(ctx context.Context, in *inMonth) (*report.Result, error) {
	who, _ := authz.Of(ctx)
	months, err := c.reports.CashMonths(ctx, who.Company, in.Month, 12)
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "months", Title: "By month, without tax", Cols: []report.Col{{Key: "month", Label: "Month", Kind: resource.KText}, money2("revenue", "Revenue recognised"), money2("invoiced", "Invoiced"), money2("cash", "Cash received"), money2("difference", "Cash less revenue")}}
	for _, m := range months {
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{report.Text(m.Month.String()[:7]), report.Money(m.Revenue), report.Money(m.Invoiced), report.Money(m.Cash), report.Money(m.Cash.Sub(m.Revenue))}})
	}
	return &report.Result{Note: "Management view, never posted: payment settles what is owed, it does not make revenue.", Tables: []report.Table{t},
		Charts: []report.Chart{{Kind: report.Trend, Title: "Cash and revenue", Say: "Cash received and revenue recognised by month", Table: "months", Label: "month", Series: []report.Series{{Col: "cash", Kind: "bar"}, {Col: "revenue", Kind: "line"}}, Wide: true}}}, nil
}
