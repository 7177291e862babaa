package ltcapp

import (
	"context"

	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/report"
	"meridian/platform/resource"
)

// atDay is the input of a report about the end of a day.
type atDay struct{ Day date.Date }

// loyalty registers what is owed to members in points (CRM-22).
func (c *cash) loyalty() {
	report.Register(c.p.Reports, &report.Report[atDay]{
		Name: "ltc.points", Label: "Liability from loyalty points", Icon: "gift", Perm: "ltc.revenue:read",
		Help:    "Of the price of what members paid, a part is for the points they were given. It is owed until the points are redeemed or expire, and is revenue then. The sum is the control account of the loyalty points.",
		Form:    resource.Fields[atDay]{resource.Date("day", "As of", func(in *atDay) *date.Date { return &in.Day })},
		Default: func(ctx context.Context, in *atDay) error { in.Day = c.ports.Today(ctx); return nil },
		Run:     c.owedPoints,
	})
}

func (c *cash) owedPoints(ctx context.Context, in *atDay) (*report.Result, error) {
	who, _ := authz.Of(ctx)
	rows, err := c.reports.OwedInPoints(ctx, who.Company, in.Day)
	if err != nil {
		return nil, err
	}
	account, err := c.p.Ledger.Balance(ctx, who.Company, "loyalty", 0, in.Day)
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "members", Title: "Loyalty members", Empty: "No points with a price were given.", Cols: []report.Col{{Key: "customer", Label: "Customer", Kind: resource.KRef}, money2("given", "Price of points given"), money2("back", "Given up by credit notes"), money2("earned", "Revenue of points"), money2("liability", "Owed in points")}}
	var sum money.Amount
	for i := range rows {
		x := &rows[i]
		sum = sum.Add(x.Liability())
		if len(t.Rows) < shown {
			t.Rows = append(t.Rows, report.Row{Ref: x.Customer.Ref(), Cells: []report.Cell{report.Doc(x.Customer.Ref(), ""), report.Money(x.Given), report.Money(x.TakeBack), report.Money(x.Earned), report.Money(x.Liability())}})
		}
	}
	t.Foot = []report.Cell{report.Word("Total"), report.None(), report.None(), report.None(), report.Money(sum)}
	return &report.Result{Tiles: []report.Tile{{Key: "liability", Label: "Owed in points", Value: report.Money(sum)}, {Key: "account", Label: "Control account", Value: report.Money(account.Neg())}}, Tables: []report.Table{t}}, nil
}
