package ltcapp

import (
	"context"

	"meridian/modules/ltc/internal/domain"
	"meridian/modules/ltc/internal/web"
	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/report"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// span is the input of reports over a period.
type span struct{ From, To date.Date }

// costs registers what winning and serving costs: a report, and a panel of the deal.
func (c *cash) costs() {
	report.Register(c.p.Reports, &report.Report[span]{
		Name: "ltc.cost_control", Label: "Cost to win and to serve", Icon: "wallet", Perm: "ltc.expense_request:read", Home: []string{"ltc.manager"},
		Help: "What deals cost to win: the expenses that name them. What customers cost to serve: expenses without a deal, and the hours of service projects, beside what was invoiced. Committed is approved and not spent yet.",
		Form: resource.Fields[span]{resource.Date("from", "From", func(s *span) *date.Date { return &s.From }), resource.Date("to", "To", func(s *span) *date.Date { return &s.To })},
		Default: func(ctx context.Context, s *span) error {
			s.To = c.ports.Today(ctx)
			s.From = s.To.AddMonths(-12)
			return nil
		},
		Run: c.costReport,
	})
	resource.Point[int64]("ltc.opportunity").Add(c.p.Types, "ltc.cost", "Cost to win", 60, "ltc.expense_request:read", web.CostToWin(c.reports))
}

func (c *cash) costReport(ctx context.Context, in *span) (*report.Result, error) {
	deals, err := c.reports.CostToWin(ctx, in.From, in.To, shown)
	if err != nil {
		return nil, err
	}
	customers, err := c.reports.CostToServe(ctx, in.From, in.To, shown)
	if err != nil {
		return nil, err
	}
	win, won := winTable(deals)
	serve, served := serveTable(customers)
	return &report.Result{Tiles: []report.Tile{{Key: "win", Label: "Spent to win deals", Value: report.Money(won)}, {Key: "serve", Label: "Spent to serve customers", Value: report.Money(served)}}, Tables: []report.Table{win, serve}}, nil
}

func winTable(list []domain.DealCost) (t report.Table, sum money.Amount) {
	t = report.Table{Key: "deals", Title: "Cost to win", Empty: "No deal had an expense in this period.", Cols: []report.Col{{Key: "deal", Label: "Opportunity", Kind: resource.KRef}, {Key: "customer", Label: "Customer", Kind: resource.KRef, Minor: true}, {Key: "requests", Label: "Expense requests", Kind: resource.KInt},
		money2("value", "Amount of the deal"), money2("committed", "Committed"), money2("spent", "Spent"), {Key: "share", Label: "Share", Kind: resource.KPercent}}}
	for _, x := range list {
		sum = sum.Add(x.Spent)
		customer := report.None()
		if x.Customer != 0 {
			customer = report.Doc(x.Customer.Ref(), "")
		}
		ref := trace.Ref{Type: "ltc.opportunity", ID: x.Opportunity}
		t.Rows = append(t.Rows, report.Row{Ref: ref, Cells: []report.Cell{report.Doc(ref, ""), customer, report.Count(x.Requests), report.Money(x.Value), report.Money(x.Committed), report.Money(x.Spent), report.Quotient(x.Spent.Number(), x.Value.Number())}})
	}
	return t, sum
}

func serveTable(list []domain.ServeCost) (t report.Table, sum money.Amount) {
	t = report.Table{Key: "customers", Title: "Cost to serve", Empty: "No customer had an expense in this period.", Cols: []report.Col{{Key: "customer", Label: "Customer", Kind: resource.KRef}, money2("committed", "Committed"), money2("spent", "Spent"), money2("projects", "Service projects"), money2("total", "Total"), money2("invoiced", "Invoiced"), {Key: "share", Label: "Share", Kind: resource.KPercent}}}
	for _, x := range list {
		total := x.Spent.Add(x.Projects)
		sum = sum.Add(total)
		t.Rows = append(t.Rows, report.Row{Ref: x.Customer.Ref(), Cells: []report.Cell{report.Doc(x.Customer.Ref(), ""), report.Money(x.Committed), report.Money(x.Spent), report.Money(x.Projects), report.Money(total), report.Money(x.Invoiced), report.Quotient(total.Number(), x.Invoiced.Number())}})
	}
	return t, sum
}
