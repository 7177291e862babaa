package ltcapp

import (
	"context"
	"fmt"
	"strings"

	"meridian/modules/crm"
	"meridian/modules/ltc/internal/domain"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/i18n"
	"meridian/platform/jobs"
	"meridian/platform/kpi"
	"meridian/platform/money"
	"meridian/platform/report"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// receivables registers what finance does with open items: aging, collection, matching.
func (c *cash) receivables() {
	c.agingReport()
	c.dsoReport()
	c.matchingReport()
	today := c.ports.Today
	open := func(open, _ money.Amount) money.Amount { return open }
	for _, m := range []kpi.Measure{
		{Code: "ltc.dso", Label: "Days sales outstanding", Unit: kpi.Days, Object: "ltc.invoice", Func: c.reports.DaysOutstanding(today, open),
			Help: "Receivables at the end / sales of the period x its days."},
		{Code: "ltc.dso_best", Label: "Best possible days outstanding", Unit: kpi.Days, Object: "ltc.invoice",
			Func: c.reports.DaysOutstanding(today, func(open, overdue money.Amount) money.Amount { return open.Sub(overdue) }), Help: "Receivables that are not overdue / sales x days: what the payment terms alone cost."},
		{Code: "ltc.days_delinquent", Label: "Average days delinquent", Unit: kpi.Days, Object: "ltc.invoice",
			Func: c.reports.DaysOutstanding(today, func(_, overdue money.Amount) money.Amount { return overdue }), Help: "Days sales outstanding less the best possible ones."},
		{Code: "ltc.collection_effectiveness", Label: "Collection effectiveness", Unit: kpi.Fraction, Higher: true, Object: "ltc.invoice", Func: c.reports.Collection(today),
			Help: "(Open at the start + sales - open at the end) / (open at the start + sales - open and not overdue at the end)."},
		{Code: "ltc.overdue_share", Label: "Share overdue", Unit: kpi.Fraction, Object: "ltc.invoice", Func: c.reports.Overdue(today), Help: "Overdue / open receivables at the end of the period."},
	} {
		c.p.KPI.Register(m)
	}
	c.p.Jobs.Add(jobs.Job{Name: "ltc.promises", Label: "Review promises to pay", Spec: "15 0 * * *", Run: func(ctx context.Context) error {
		return c.eachCompany(ctx, func(ctx context.Context, day date.Date) error {
			_, _, err := c.promises.Review(ctx, day)
			return err
		})
	}})
}

// eachCompany runs work with the calendar day of every company.
func (c *cash) eachCompany(ctx context.Context, run func(ctx context.Context, day date.Date) error) error {
	for id, x := range c.p.Authz.Directory().Companies {
		if err := run(authz.With(ctx, authz.Subject{Company: id}), date.Of(c.p.Now().In(x.Location))); err != nil {
			return fmt.Errorf("company %d: %w", id, err)
		}
	}
	return nil
}

// asOf is the input of the aging report.
type asOf struct {
	Day      date.Date
	Customer crm.CustomerID
}

const shown = 200 // rows of open items on a page

func (c *cash) agingReport() {
	type onItem struct {
		Invoice, Instalment int64
		Amount              money.Amount
		On                  date.Date
		By, Kind, Note      string
	}
	item := resource.Fields[onItem]{
		resource.Ref("invoice", "Invoice", func(i *onItem) *int64 { return &i.Invoice }, "ltc.invoice").Required(),
		resource.Int("instalment", "Instalment", func(i *onItem) *int64 { return &i.Instalment }).Hidden(),
		resource.Money("amount", "Amount", func(i *onItem) *money.Amount { return &i.Amount }).Hint("Empty is all that is open."),
	}
	report.Register(c.p.Reports, &report.Report[asOf]{
		Name: "ltc.aging", Label: "Aging of receivables", Icon: "calendar-dollar", Perm: "ltc.aging:read", Home: []string{"core.finance_clerk", "core.finance_manager"},
		Help: "What customers owe as of a day, by days overdue, out of the postings and payments until then. Credit notes and money on account stand apart; together with the open items they are the control accounts.",
		Form: resource.Fields[asOf]{
			resource.Date("day", "As of", func(a *asOf) *date.Date { return &a.Day }),
			resource.Ref("customer", "Customer", func(a *asOf) *crm.CustomerID { return &a.Customer }, "crm.customer"),
		},
		Default: func(ctx context.Context, a *asOf) error { a.Day = c.ports.Today(ctx); return nil },
		Run:     c.aging,
		Commands: []report.Command{
			report.Do("promise", "Note a promise", "ltc.promise:create", append(item[:3:3],
				resource.Date("on", "Promised for", func(i *onItem) *date.Date { return &i.On }).Required(),
				resource.Text("by", "Promised by", func(i *onItem) *string { return &i.By })), func(ctx context.Context, i *onItem) (report.Done, error) {
				p := &domain.Promise{InvoiceID: i.Invoice, InstalmentID: i.Instalment, Amount: i.Amount, PromisedOn: i.On, PromisedBy: i.By}
				return report.Done{Message: "The promise is noted; dunning waits until its day."}, c.promises.Type.Create(ctx, p)
			}).OnRows(),
			report.Do("dispute", "Note a dispute", "ltc.dispute:create", append(item[:3:3],
				resource.Enum("kind", "Kind", func(i *onItem) *string { return &i.Kind }, c.disputes.Type.Info().Field("kind").Options...).Required(),
				resource.LongText("note", "What the customer says", func(i *onItem) *string { return &i.Note }).Required().Limit(1000)), func(ctx context.Context, i *onItem) (report.Done, error) {
				d := &domain.Dispute{InvoiceID: i.Invoice, InstalmentID: i.Instalment, Amount: i.Amount, Kind: i.Kind, Note: i.Note}
				return report.Done{Message: "The dispute is noted; dunning stands still until it is cleared."}, c.disputes.Type.Create(ctx, d)
			}).OnRows(),
			report.Do("take_over", "Take history into the journal", "ltc.invoice:post", nil, c.takeHistory),
			report.Do("allow", "Book the allowance", "ltc.allowance:create", resource.Fields[asOf]{
				resource.Date("day", "As of", func(a *asOf) *date.Date { return &a.Day }).Required(),
			}, c.allow),
		},
	})
}

// aging shows the aged balance, the control accounts and the open items.
func (c *cash) aging(ctx context.Context, in *asOf) (*report.Result, error) {
	policy, err := c.policies.Of(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := c.reports.Aging(ctx, in.Day)
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "customers", Title: "By customer", Empty: "Nobody owes anything.", Cols: []report.Col{{Key: "customer", Label: "Customer", Kind: resource.KRef}, money2("not_due", "Not due"), money2("days30", "1-30 days"),
		money2("days60", "31-60 days"), money2("days90", "61-90 days"), money2("days120", "91-120 days"), money2("older", "Over 120 days"), money2("total", "Open"), money2("credits", "Credit notes"), money2("on_account", "On account"), money2("loss", "Expected loss")}}
	var sum domain.Aging
	var loss money.Amount
	for i := range rows {
		a := &rows[i]
		if in.Customer != 0 && a.Customer != in.Customer {
			continue
		}
		sum.Add(a)
		loss = loss.Add(policy.Loss(a))
		name := report.Word("Unknown payer")
		if a.Customer != 0 {
			name = report.Doc(a.Customer.Ref(), "")
		}
		t.Rows = append(t.Rows, report.Row{Late: a.Overdue().Sign() > 0, Cells: append([]report.Cell{name}, aged(a, policy.Loss(a))...)})
	}
	t.Foot = append([]report.Cell{report.Word("Total")}, aged(&sum, loss)...)
	res := &report.Result{Tiles: []report.Tile{
		{Key: "open", Label: "Open", Value: report.Money(sum.Total)}, {Key: "overdue", Label: "Overdue", Value: report.Money(sum.Overdue()).In("bad")},
		{Key: "credits", Label: "Credit notes", Value: report.Money(sum.Credits)}, {Key: "on_account", Label: "On account", Value: report.Money(sum.OnAccount)}, {Key: "loss", Label: "Expected loss", Value: report.Money(loss)}},
		Charts: []report.Chart{{Kind: report.Trend, Title: "Days overdue", Say: "What is open by days overdue", Table: "buckets", Label: "bucket", Series: []report.Series{{Col: "open", Kind: "bar"}}}}}
	if in.Customer == 0 && c.p.Authz.Reaches(ctx, "ltc.invoice", "read", "company") {
		if err := c.control(ctx, in.Day, &sum, res); err != nil {
			return nil, err
		}
	}
	b := report.Table{Key: "buckets", Title: "By days overdue", Cols: []report.Col{{Key: "bucket", Label: "Days overdue", Kind: resource.KText}, money2("open", "Open")}}
	for _, x := range []struct {
		label string
		open  money.Amount
	}{{"Not due", sum.NotDue}, {"1-30 days", sum.Days30}, {"31-60 days", sum.Days60}, {"61-90 days", sum.Days90}, {"91-120 days", sum.Days120}, {"Over 120 days", sum.Older}} {
		b.Rows = append(b.Rows, report.Row{Cells: []report.Cell{report.Word(x.label), report.Money(x.open)}})
	}
	items, err := c.itemTable(ctx, in, policy)
	res.Tables = []report.Table{t, b, items}
	return res, err
}

// control compares the aged balance with the control account of the journal.
func (c *cash) control(ctx context.Context, day date.Date, sum *domain.Aging, res *report.Result) error {
	who, _ := authz.Of(ctx)
	book, err := c.p.Ledger.Balance(ctx, who.Company, "receivable", 0, day)
	if err != nil {
		return err
	}
	_, _, history, err := c.reports.History(ctx)
	if err != nil {
		return err
	}
	res.Tiles = append(res.Tiles, report.Tile{Key: "control", Label: "Control account", Value: report.Money(book)})
	if history.Sign() > 0 {
		res.Note, res.Args = "{0} of it came with an import and is not in the journal yet.", []any{money.Format(history, 2)}
	}
	if diff := sum.Owed().Sub(book); !diff.IsZero() {
		res.Tiles = append(res.Tiles, report.Tile{Key: "difference", Label: "Difference to the journal", Value: report.Money(diff).In("warn")})
	}
	return nil
}

func money2(key, label string) report.Col {
	return report.Col{Key: key, Label: label, Kind: resource.KMoney}
}

func aged(a *domain.Aging, loss money.Amount) []report.Cell {
	var out []report.Cell
	for _, x := range []money.Amount{a.NotDue, a.Days30, a.Days60, a.Days90, a.Days120, a.Older, a.Total, a.Credits, a.OnAccount, loss} {
		out = append(out, report.Money(x))
	}
	return out
}

// itemTable lists the open instalments with what is agreed about them.
func (c *cash) itemTable(ctx context.Context, in *asOf, policy domain.Policy) (report.Table, error) {
	t := report.Table{Key: "items", Title: "Open items", Empty: "Nothing is open.", Cols: []report.Col{{Key: "invoice", Label: "Invoice", Kind: resource.KRef}, {Key: "customer", Label: "Customer", Kind: resource.KRef},
		{Key: "due", Label: "Due on", Kind: resource.KDate}, {Key: "days", Label: "Days overdue", Kind: resource.KInt}, money2("open", "Open"), {Key: "state", Label: "Status", Kind: resource.KText},
		{Key: "level", Label: "Dunning level", Kind: resource.KInt, Minor: true}, {Key: "owner", Label: "Owner", Kind: resource.KRef, Minor: true}}}
	items, err := c.reports.Items(ctx, in.Day, in.Customer, shown)
	if err != nil {
		return t, err
	}
	for _, i := range items {
		days := in.Day.Sub(i.Due)
		state := report.Pill("Not due", "neutral")
		switch {
		case i.Open.Sign() < 0:
			state, days = report.Pill("Credit note", "teal"), 0
		case i.Disputed:
			state = report.Pill("In dispute", "violet")
		case !i.PromisedOn.IsZero():
			state = report.Pill("Promised", "info")
		case days > policy.WarnDays:
			state = report.Pill("Bad-debt risk", "bad")
		case days > 0:
			state = report.Pill("Overdue", "warn")
		}
		row := report.Row{Late: days > 0, Cells: []report.Cell{report.Doc(trace.Ref{Type: "ltc.invoice", ID: i.Invoice}, i.No), report.Doc(i.Customer.Ref(), ""), report.Day(i.Due), report.Count(max(days, 0)),
			report.Money(i.Open), state, report.Count(i.Level), report.Person(i.Owner)}}
		if i.Open.Sign() > 0 && in.Day == c.ports.Today(ctx) {
			v := resource.Values{"invoice": fmt.Sprint(i.Invoice), "instalment": fmt.Sprint(i.Instalment)}
			row.Acts = []report.Act{{Command: "promise", Values: v}, {Command: "dispute", Values: v}}
		}
		t.Rows = append(t.Rows, row)
	}
	if len(items) == shown {
		t.Note = "The longest overdue ones only; choose a customer to see all of it."
	}
	return t, nil
}

// takeHistory brings what an import left open into the journal.
func (c *cash) takeHistory(ctx context.Context, _ *struct{}) (report.Done, error) {
	invoices, receipts, _, err := c.reports.History(ctx)
	if err != nil {
		return report.Done{}, err
	}
	ctx = authz.System(ctx, "ltc.aging:take_over")
	for _, id := range invoices {
		if err := c.invoices.Type.Fire(ctx, id, "take_over", nil); err != nil {
			return report.Done{}, err
		}
	}
	for _, id := range receipts {
		if err := c.receipts.Type.Fire(ctx, id, "take_over", nil); err != nil {
			return report.Done{}, err
		}
	}
	return report.Done{Message: "{0} invoices and {1} payments are in the journal now.", Args: []any{len(invoices), len(receipts)}}, nil
}

// allow books the expected loss as of a day.
func (c *cash) allow(ctx context.Context, in *asOf) (report.Done, error) {
	if in.Day.After(c.ports.Today(ctx)) {
		return report.Done{}, errs.Bad("day", "This day lies in the future.")
	}
	policy, err := c.policies.Of(ctx)
	if err != nil {
		return report.Done{}, err
	}
	if !c.p.Authz.Reaches(ctx, "ltc.invoice", "read", "company") {
		return report.Done{}, errs.New(errs.Forbidden, "Only who sees all receivables books the allowance.")
	}
	rows, err := c.reports.Aging(ctx, in.Day)
	if err != nil {
		return report.Done{}, err
	}
	var target money.Amount
	for i := range rows {
		target = target.Add(policy.Loss(&rows[i]))
	}
	by, err := c.allowances.Set(ctx, in.Day, target)
	return report.Done{Message: "The allowance is {0} now, a change of {1}.", Args: []any{money.Format(target, 2), money.Format(by, 2)}}, err
}

// dsoReport shows how fast money comes in.
func (c *cash) dsoReport() {
	report.Register(c.p.Reports, &report.Report[asOf]{
		Name: "ltc.dso", Label: "Days sales outstanding", Icon: "hourglass", Perm: "ltc.aging:read",
		Help: "Count back takes the sales of the months from the latest until they cover what is open. The best possible figure counts what is not overdue; the rest is delinquency.",
		Form: resource.Fields[asOf]{resource.Date("day", "As of", func(a *asOf) *date.Date { return &a.Day })},
		Default: func(ctx context.Context, a *asOf) error {
			a.Day = c.ports.Today(ctx)
			return nil
		},
		Run: func(ctx context.Context, in *asOf) (*report.Result, error) {
			months, err := c.reports.Months(ctx, in.Day, 12, 0)
			if err != nil {
				return nil, err
			}
			return dso(in.Day, months), nil
		},
	})
}

func dso(day date.Date, months []domain.MonthSales) *report.Result {
	now := &months[0]
	var sales money.Amount
	for i := range months {
		sales = sales.Add(months[i].Sales)
	}
	days := day.Sub(months[len(months)-1].Month) + 1
	number := func(d money.Decimal, ok bool) report.Cell {
		if !ok {
			return report.None()
		}
		return report.Number(d)
	}
	std, ok := domain.DSO(now.Open, sales, days)
	best, _ := domain.DSO(now.Open.Sub(now.Overdue), sales, days)
	res := &report.Result{Tiles: []report.Tile{{Key: "standard", Label: "Standard", Value: number(std, ok)}, {Key: "count_back", Label: "Count back", Value: number(domain.CountBack(now.Open, months))},
		{Key: "best", Label: "Best possible", Value: number(best, ok)}, {Key: "delinquent", Label: "Average days delinquent", Value: number(std.Sub(best), ok)}}}
	t := report.Table{Key: "months", Title: "By month", Cols: []report.Col{{Key: "month", Label: "Month", Kind: resource.KText}, money2("sales", "Invoiced"), money2("open", "Open at the end"), money2("overdue", "Overdue at the end"),
		{Key: "dso", Label: "Days", Kind: resource.KQuantity}, {Key: "cei", Label: "Collection effectiveness", Kind: resource.KPercent}}}
	for i := len(months) - 1; i >= 0; i-- {
		m := &months[i]
		n := m.Days()
		if i == 0 {
			n = day.Sub(m.Month) + 1
		}
		num, den := m.CEI()
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{report.Text(m.Month.String()[:7]), report.Money(m.Sales), report.Money(m.Open), report.Money(m.Overdue), number(domain.DSO(m.Open, m.Sales, n)), report.Quotient(num, den)}})
	}
	res.Tables = []report.Table{t}
	res.Charts = []report.Chart{{Kind: report.Trend, Title: "Open and overdue", Say: "What was open and overdue at the end of each month", Table: "months", Label: "month", Series: []report.Series{{Col: "open", Kind: "bar"}, {Col: "overdue", Kind: "line"}}, Wide: true}}
	return res
}

// matchingReport proposes what payments are for.
func (c *cash) matchingReport() {
	type pair struct {
		Receipt, Invoice, Instalment int64
		Amount                       money.Amount
	}
	report.Register(c.p.Reports, &report.Report[struct{}]{
		Name: "ltc.matching", Label: "Match payments", Icon: "arrows-join", Perm: "ltc.receipt:allocate", Home: []string{"core.finance_clerk"},
		Help: "What each payment is probably for. Points: the invoice named in the reference 45, its contract 35, the same amount 30, a close one 15, the payer 20, a collect line of the plan 5.",
		Run:  func(ctx context.Context, _ *struct{}) (*report.Result, error) { return c.matching(ctx) },
		Commands: []report.Command{
			report.Do("match", "Allocate", "ltc.receipt:allocate", resource.Fields[pair]{
				resource.Ref("receipt", "Payment received", func(p *pair) *int64 { return &p.Receipt }, "ltc.receipt").Required(),
				resource.Ref("invoice", "Invoice", func(p *pair) *int64 { return &p.Invoice }, "ltc.invoice").Required(),
				resource.Int("instalment", "Instalment", func(p *pair) *int64 { return &p.Instalment }).Hidden(),
				resource.Money("amount", "Amount", func(p *pair) *money.Amount { return &p.Amount }).Hint("Empty takes as much as both sides have."),
			}, func(ctx context.Context, p *pair) (report.Done, error) {
				err := c.receipts.Pay(ctx, p.Receipt, p.Invoice, p.Instalment, p.Amount)
				return report.Done{Message: "The payment is allocated."}, err
			}).OnRows(),
			report.Do("all", "Allocate what is certain", "ltc.receipt:allocate", nil, c.matchAll),
		},
	})
}

type suggestion struct {
	in      domain.Incoming
	best    domain.Match
	certain bool
	ok      bool
}

// suggest works out the best match of every payment the reader sees.
func (c *cash) suggest(ctx context.Context) ([]suggestion, error) {
	policy, err := c.policies.Of(ctx)
	if err != nil {
		return nil, err
	}
	list, err := c.reports.Unmatched(ctx, shown)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	items, err := c.reports.Payable(ctx)
	if err != nil {
		return nil, err
	}
	names := map[crm.CustomerID]string{}
	for i := range items {
		x := &items[i]
		if _, seen := names[x.Customer]; !seen {
			k, err := c.ports.Customers.Customer(ctx, x.Customer)
			if err != nil && !errs.Is(err, errs.NotFound) {
				return nil, err
			}
			names[x.Customer] = k.Name
		}
		x.CustomerName = names[x.Customer]
	}
	out := make([]suggestion, len(list))
	for i, in := range list {
		out[i].in = in
		out[i].best, out[i].certain, out[i].ok = domain.Best(in, items, policy)
	}
	return out, nil
}

func (c *cash) matching(ctx context.Context) (*report.Result, error) {
	list, err := c.suggest(ctx)
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "payments", Title: "Payments to match", Empty: "Every payment is matched.", Cols: []report.Col{{Key: "receipt", Label: "Payment received", Kind: resource.KRef}, {Key: "payer", Label: "Payer", Kind: resource.KText}, money2("rest", "Left"),
		{Key: "invoice", Label: "Probably for", Kind: resource.KRef}, money2("open", "Open"), money2("difference", "Difference"), {Key: "score", Label: "Points", Kind: resource.KInt}, {Key: "why", Label: "Why", Kind: resource.KText}}}
	certain := 0
	for _, s := range list {
		row := report.Row{Cells: []report.Cell{report.Doc(trace.Ref{Type: "ltc.receipt", ID: s.in.Receipt}, s.in.No), report.Text(s.in.Payer), report.Money(s.in.Rest), report.None(), report.None(), report.None(), report.Count(s.best.Score), report.Word("Nothing fits")}}
		if s.ok {
			var why []string
			for _, r := range s.best.Reasons {
				why = append(why, i18n.T(ctx, string(r)))
			}
			row.Cells[3], row.Cells[4], row.Cells[5] = report.Doc(trace.Ref{Type: "ltc.invoice", ID: s.best.Item.Invoice}, s.best.Item.FiscalNo), report.Money(s.best.Item.Open), report.Money(s.in.Rest.Sub(s.best.Item.Open))
			row.Cells[7] = report.Text(strings.Join(why, ", "))
			row.Acts = []report.Act{{Command: "match", Values: resource.Values{"receipt": fmt.Sprint(s.in.Receipt), "invoice": fmt.Sprint(s.best.Item.Invoice), "instalment": fmt.Sprint(s.best.Item.Instalment)}}}
		}
		if s.certain {
			certain++
			row.Cells[6] = row.Cells[6].In("ok")
		}
		t.Rows = append(t.Rows, row)
	}
	return &report.Result{Tiles: []report.Tile{{Key: "waiting", Label: "Payments to match", Value: report.Count(len(list))}, {Key: "certain", Label: "Certain matches", Value: report.Count(certain)}}, Tables: []report.Table{t}}, nil
}

// matchAll allocates the certain matches one by one, each after a fresh look, since one
// payment changes what the next may be for.
func (c *cash) matchAll(ctx context.Context, _ *struct{}) (report.Done, error) {
	n, tried := 0, map[int64]bool{}
	for {
		list, err := c.suggest(ctx)
		if err != nil {
			return report.Done{}, err
		}
		next := -1
		for i, s := range list {
			if s.certain && !tried[s.in.Receipt] {
				next = i
				break
			}
		}
		if next < 0 {
			return report.Done{Message: "{0} payments are allocated.", Args: []any{n}}, nil
		}
		s := list[next]
		tried[s.in.Receipt] = true
		instalment := s.best.Item.Instalment
		if s.in.Rest.Equal(s.best.Item.InvoiceOpen) {
			instalment = 0
		}
		switch err := c.receipts.Pay(ctx, s.in.Receipt, s.best.Item.Invoice, instalment, money.Amount{}); {
		case err == nil:
			n++
		case !errs.Is(err, errs.Precondition) && !errs.Is(err, errs.Invalid): // somebody was faster
			return report.Done{}, err
		}
	}
}

// ReviewPromises ends the promises to pay that are fulfilled and those whose day has
// passed; the nightly job calls it.
func (m *Module) ReviewPromises(ctx context.Context, day date.Date) (kept, broken int, err error) {
	return m.cash.promises.Review(ctx, day)
}
