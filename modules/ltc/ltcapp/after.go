package ltcapp

import (
	"context"

	"meridian/modules/ltc/internal/domain"
	"meridian/modules/ltc/internal/store"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/report"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// after wires what comes after a sale: renewals, commissions, analysis. It returns the
// names of its types.
func (s *selling) after() []string {
	p, ports := s.p, s.deals.Ports
	s.sold = &store.After{DB: p.DB}
	s.renewals = &domain.Renewals{Ports: ports, Store: db.NewStore[domain.Renewal](p.DB, "ltc.renewal"), Opportunities: s.deals, Policies: s.policies, Ending: s.sold.Ending}
	plans := &domain.CommissionPlans{Ports: ports, Store: db.NewStore[domain.CommissionPlan](p.DB, "ltc.commission_plan")}
	s.commissions = &domain.Commissions{Ports: ports, Store: db.NewStore[domain.CommissionLine](p.DB, "ltc.commission_line"), Plans: plans, Collected: s.sold.Collected, Shares: s.sold.Shares}
	resource.Register(p.Types, s.renewals.Declare())
	resource.Register(p.Types, plans.Declare())
	resource.Register(p.Types, s.commissions.Declare())
	report.Register(p.Reports, s.retention())
	report.Register(p.Reports, s.analysis())
	report.Register(p.Reports, s.statement())
	daily(s.p, "ltc.renewals", "Open renewals of contracts that end", "20 1 * * *", func(ctx context.Context, company int64, day date.Date) error {
		_, err := s.renewals.Open(ctx, company, day)
		return err
	})
	daily(s.p, "ltc.commissions", "Book commissions of money that came in", "50 1 * * *", func(ctx context.Context, company int64, _ date.Date) error {
		_, err := s.commissions.Run(ctx, company)
		return err
	})
	return []string{"ltc.renewal", "ltc.commission_plan", "ltc.commission_line"}
}

func shareCell(r money.Ratio, ok bool) report.Cell {
	if !ok {
		return report.Cell{Kind: resource.KPercent}
	}
	return report.Share(r)
}

// upsellIn is the input of the command that makes a deal of a suggestion.
type upsellIn struct {
	Customer, Product int64
	Name              string
	Amount            money.Amount
}

// retention shows renewals, what became of them, and what else customers may buy: LTC-15.
func (s *selling) retention() *report.Report[domain.DealFilter] {
	fields := s.dealFields()
	return &report.Report[domain.DealFilter]{
		Name: "ltc.retention", Label: "Renewals and retention", Icon: "refresh", Perm: "ltc.renewal:read", Home: []string{"crm.success"}, Run: s.runRetention, Form: resource.Fields[domain.DealFilter]{fields[0], fields[1], fields[2], fields[3]},
		Help: "Contracts that end in the period, at their value per month. GRR = (start - contraction - churn) / start; NRR adds expansion. What is not decided yet counts in neither. Suggestions: of the customers who bought the same product, at least a quarter and three bought the other too.",
		Default: func(ctx context.Context, f *domain.DealFilter) error {
			f.From, f.To = domain.Span(domain.SpanYear, s.today(ctx))
			return nil
		},
		Commands: []report.Command{report.Do("offer", "Make a deal of it", "ltc.opportunity:create", resource.Fields[upsellIn]{
			resource.Ref("customer", "Customer", func(x *upsellIn) *int64 { return &x.Customer }, "crm.customer").Required(), resource.Ref("product", "Product", func(x *upsellIn) *int64 { return &x.Product }, "ipd.product").Required(),
			resource.Text("name", "Deal name", func(x *upsellIn) *string { return &x.Name }).Required(), resource.Money("amount", "Expected amount", func(x *upsellIn) *money.Amount { return &x.Amount }),
		}, func(ctx context.Context, x *upsellIn) (report.Done, error) {
			d, err := s.p.Types.Doc("ltc.opportunity")
			if err != nil {
				return report.Done{}, err
			}
			me, _ := authz.Of(ctx)
			line, err := s.deals.Pipelines.For(ctx, me.Company, me.Dept, domain.ServesExisting)
			if err != nil {
				return report.Done{}, err
			}
			r, err := d.CreateRow(ctx, resource.Values{"name": x.Name, "customer_id": id10(x.Customer), "product_id": id10(x.Product), "amount": x.Amount.String(), "pipeline_id": id10(line.ID), "source": "upsell"})
			if err != nil {
				return report.Done{}, err
			}
			return report.Done{Message: "The deal is made.", Href: dealRef(r.Base().ID).Path()}, nil
		}).OnRows()},
	}
}

func (s *selling) runRetention(ctx context.Context, f *domain.DealFilter) (*report.Result, error) {
	list, err := s.sold.Due(ctx, *f)
	if err != nil {
		return nil, err
	}
	var customers []int64
	for i := range list {
		customers = append(customers, int64(list[i].CustomerID))
	}
	ideas, err := s.sold.Upsell(ctx, *f)
	if err != nil {
		return nil, err
	}
	var products []int64
	for _, u := range ideas {
		customers, products = append(customers, u.CustomerID), append(products, u.ProductID, u.BecauseID)
	}
	customer, err := s.names(ctx, "crm.customer", customers)
	if err != nil {
		return nil, err
	}
	product, err := s.names(ctx, "ipd.product", products)
	if err != nil {
		return nil, err
	}
	made, won, closed, err := s.sold.Hits(ctx, *f)
	if err != nil {
		return nil, err
	}
	today := s.today(ctx)
	t := report.Table{Key: "renewals", Title: "Contracts that end", Empty: "No contract ends in this period.", Cols: []report.Col{col("renewal", "Renewal", resource.KRef), col("customer", "Customer", resource.KRef), col("owner", "Owner", resource.KRef), col("ends_on", "Ends on", resource.KDate),
		col("value", "Value so far", resource.KMoney), col("monthly", "Per month so far", resource.KMoney), col("new_monthly", "Per month from then on", resource.KMoney), col("state", "State", resource.KText), col("reason", "Reason of leaving", resource.KText)}}
	for i := range list {
		r := &list[i]
		next := report.Cell{Kind: resource.KMoney}
		if !r.DecidedOn.IsZero() {
			next = report.Money(r.NewMonthly)
		}
		ref := trace.Ref{Type: "ltc.renewal", ID: r.ID}
		t.Rows = append(t.Rows, report.Row{Ref: ref, Late: r.DecidedOn.IsZero() && r.EndsOn.Before(today), Cells: []report.Cell{report.Doc(ref, r.No), customer(int64(r.CustomerID)), report.Person(r.OwnerID), report.Day(r.EndsOn),
			report.Money(r.Baseline), report.Money(r.Monthly), next, s.word(s.renewals.Type.Info().Process.Stage(string(r.Stage))), optionWord(s.renewals.Type.Info().Field("churn_reason").Options, r.ChurnReason)}})
	}
	u := report.Table{Key: "upsell", Title: "What else they may buy", Empty: "No suggestions: too few customers bought the same products.", Cols: []report.Col{col("customer", "Customer", resource.KRef), col("product", "Product", resource.KRef), col("because", "Since they bought", resource.KRef), col("share", "Peers who bought both", resource.KPercent), col("peers", "Peers", resource.KInt)}}
	n := func(i int64) money.Decimal { return money.Units(i).Number() }
	for _, x := range ideas {
		u.Rows = append(u.Rows, report.Row{Cells: []report.Cell{customer(x.CustomerID), product(x.ProductID), product(x.BecauseID), report.Quotient(n(x.Buyers), n(x.Peers)), report.Count(x.Peers)},
			Acts: []report.Act{{Command: "offer", Values: resource.Values{"customer": id10(x.CustomerID), "product": id10(x.ProductID), "name": product(x.ProductID).Text}}}})
	}
	x := domain.RetentionOf(list)
	return &report.Result{Tables: []report.Table{t, u}, Tiles: []report.Tile{{Key: "grr", Label: "Gross retention", Value: shareCell(x.GRR())}, {Key: "nrr", Label: "Net retention", Value: shareCell(x.NRR())},
		{Key: "rate", Label: "Renewed of decided", Value: report.Quotient(x.Start.Sub(x.Churn).Number(), x.Start.Number())}, {Key: "open", Label: "Not decided, per month", Value: report.Money(x.Open)},
		{Key: "made", Label: "Deals from suggestions", Value: report.Count(made)}, {Key: "hit", Label: "Hit rate of suggestions", Value: report.Quotient(n(won), n(closed))}}}, nil
}

// analysisIn is a period and what to cut by.
type analysisIn struct {
	domain.DealFilter
	By string
}

// analysis shows sales, margin and volume by part of the business: LTC-17.
func (s *selling) analysis() *report.Report[analysisIn] {
	return &report.Report[analysisIn]{
		Name: "ltc.sales_analysis", Label: "Sales analysis", Icon: "chart-bar", Perm: "ltc.order:read", Home: []string{"ltc.manager", "dste.executive"}, Run: s.runAnalysis,
		Help: "Net sales by order date, as the measure Net sales counts them, with the same period a year earlier. Margin is against the standard cost of the price list, for the lines that have one. Region and partner are those of the deal behind the order.",
		Form: resource.Fields[analysisIn]{
			resource.Date("from", "From", func(in *analysisIn) *date.Date { return &in.From }), resource.Date("to", "To", func(in *analysisIn) *date.Date { return &in.To }),
			resource.Enum("by", "Cut by", func(in *analysisIn) *string { return &in.By }, resource.Option{Value: "customer", Label: "Customer"}, resource.Option{Value: "product", Label: "Product"}, resource.Option{Value: "owner", Label: "Person"},
				resource.Option{Value: "dept", Label: "Department"}, resource.Option{Value: "region", Label: "Region"}, resource.Option{Value: "partner", Label: "Partner"}, resource.Option{Value: "month", Label: "Month"}).Required(),
			resource.Ref("dept", "Department", func(in *analysisIn) *int64 { return &in.Dept }, "core.department"), resource.Ref("owner", "Person", func(in *analysisIn) *int64 { return &in.Owner }, "core.user"),
			resource.Ref("product", "Product", func(in *analysisIn) *int64 { return &in.Product }, "ipd.product"),
		},
		Default: func(ctx context.Context, in *analysisIn) error {
			in.By = "customer"
			return s.thisYear(ctx, &in.DealFilter)
		},
	}
}

func (s *selling) runAnalysis(ctx context.Context, in *analysisIn) (*report.Result, error) {
	if in.From.IsZero() || in.To.IsZero() || in.To.Before(in.From) {
		return nil, errs.Bad("to", "The end must lie above the start.")
	}
	lines, err := s.sold.Sold(ctx, in.DealFilter, in.By)
	if err != nil {
		return nil, err
	}
	ranked, whole := domain.Rank(lines)
	var keys []string
	for _, x := range ranked {
		keys = append(keys, x.Key)
	}
	name, err := s.soldName(ctx, in.By, keys)
	if err != nil {
		return nil, err
	}
	seesMargin := s.p.Authz.Can(ctx, "ltc.quote#margin", "read")
	t := report.Table{Key: "parts", Title: "Ranking", Empty: "Nothing was sold in this period.", Cols: []report.Col{col("rank", "Rank", resource.KInt), col("part", "Part", resource.KText), col("net", "Net sales", resource.KMoney), col("share", "Share", resource.KPercent), col("qty", "Quantity", resource.KQuantity),
		col("before", "A year earlier", resource.KMoney), col("change", "Growth", resource.KPercent)}}
	if seesMargin {
		t.Cols = append(t.Cols, col("margin", "Margin", resource.KMoney), col("margin_rate", "Margin rate", resource.KPercent), col("costed", "Cost known", resource.KText))
	}
	row := func(rank, part report.Cell, x domain.Sold) []report.Cell {
		cells := []report.Cell{rank, part, report.Money(x.Net), report.Share(x.Share), report.Qty(x.Qty), report.Money(x.Before), report.Quotient(x.Net.Sub(x.Before).Number(), x.Before.Number())}
		if !seesMargin {
			return cells
		}
		known := report.Word("In part")
		if x.Costed {
			known = report.Word("Yes")
		}
		return append(cells, report.Money(x.Margin), report.Share(x.MarginRate), known)
	}
	for i, x := range ranked {
		t.Rows = append(t.Rows, report.Row{Cells: row(report.Count(i+1), name(x.Key), x)})
	}
	t.Foot = row(report.None(), report.Word("Total"), whole)
	touches, err := s.touches(ctx, in.DealFilter)
	if err != nil {
		return nil, err
	}
	return &report.Result{Tiles: []report.Tile{{Key: "net", Label: "Net sales", Value: report.Money(whole.Net)}, {Key: "before", Label: "A year earlier", Value: report.Money(whole.Before)}, {Key: "qty", Label: "Quantity", Value: report.Qty(whole.Qty)}},
		Charts: []report.Chart{{Kind: report.Trend, Title: "Net sales by month", Say: "Net sales of each month of the period.", Table: "trend", Label: "month", Wide: true, Series: []report.Series{{Col: "net", Kind: "bar"}}}},
		Tables: []report.Table{t, trend(lines), touches}}, nil
}

func trend(lines []domain.SoldLine) report.Table {
	t := report.Table{Key: "trend", Title: "Net sales by month", Empty: "Nothing was sold in this period.", Cols: []report.Col{col("month", "Month", resource.KDate), col("net", "Net sales", resource.KMoney), col("qty", "Quantity", resource.KQuantity)}}
	months := map[date.Date]*domain.SoldLine{}
	var first, last date.Date
	for i := range lines {
		l := &lines[i]
		if l.Before {
			continue
		}
		if months[l.Month] == nil {
			months[l.Month] = &domain.SoldLine{}
		}
		m := months[l.Month]
		m.Net, m.Qty = m.Net.Add(l.Net), m.Qty.Add(l.Qty)
		if first.IsZero() || l.Month.Before(first) {
			first = l.Month
		}
		if l.Month.After(last) {
			last = l.Month
		}
	}
	for m := first; !m.IsZero() && !m.After(last); m = m.AddMonths(1) {
		x := domain.SoldLine{}
		if months[m] != nil {
			x = *months[m]
		}
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{report.Day(m), report.Money(money.Round(x.Net)), report.Qty(x.Qty)}})
	}
	return t
}

// soldName names the parts sales are cut by.
func (s *selling) soldName(ctx context.Context, by string, keys []string) (func(key string) report.Cell, error) {
	switch by {
	case "month":
		return report.Text, nil
	case "customer", "partner":
		var ids []int64
		for _, k := range keys {
			ids = append(ids, parseID(k))
		}
		name, err := s.names(ctx, "crm.customer", ids)
		return func(key string) report.Cell {
			if id := parseID(key); id != 0 {
				return name(id)
			}
			return report.Word("Without partner")
		}, err
	}
	return s.partName(ctx, by, keys)
}

// touches is how often people were in touch with customers in a period.
func (s *selling) touches(ctx context.Context, f domain.DealFilter) (report.Table, error) {
	t := report.Table{Key: "touches", Title: "Contacts with customers", Empty: "No activity was logged in this period.", Cols: []report.Col{col("person", "Person", resource.KRef), col("way", "Way", resource.KText), col("n", "Number", resource.KInt), col("customers", "Customers", resource.KInt), col("weekly", "Per week", resource.KQuantity)}}
	list, err := s.sold.Touches(ctx, f)
	if err != nil {
		return t, err
	}
	weeks := money.Units(int64(f.To.Sub(f.From)+1)).Number().DivRound(money.Units(7).Number(), 6)
	ways := s.deals.Type.Info().Forms["activity"][0].Options
	for _, x := range list {
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{report.Person(x.UserID), optionWord(ways, x.Way), report.Count(x.N), report.Count(x.Customers), report.Number(money.Units(x.N).Number().DivRound(weeks, 1))}})
	}
	return t, nil
}

// backIn names a line of commission to be taken back.
type backIn struct {
	Line int64
	Note string
}

// statement shows commissions line by line, as the reader may trace them: LTC-18.
func (s *selling) statement() *report.Report[domain.DealFilter] {
	fields := s.dealFields()
	return &report.Report[domain.DealFilter]{
		Name: "ltc.commission_statement", Label: "Commission statement", Icon: "coins", Perm: "ltc.commission_line:read", Home: []string{"ltc.rep"}, Run: s.runStatement, Default: s.thisYear, Form: resource.Fields[domain.DealFilter]{fields[0], fields[1], fields[2], fields[3]},
		Help: "Commission = money collected without tax x margin of the order x share of the credit x rate of the plan. It is booked when money comes in; what is taken back is a line of its own. A partner gets the rate of its plan on the whole margin of its deals.",
		Commands: []report.Command{
			report.Do("run", "Book what came in", "ltc.commission_plan:create", resource.Fields[struct{}]{}, func(ctx context.Context, _ *struct{}) (report.Done, error) {
				n, err := s.commissions.Run(ctx, company(ctx))
				return report.Done{Message: "{0} lines of commission were booked.", Args: []any{n}}, err
			}),
			report.Do("take_back", "Take back", "ltc.commission_plan:create", resource.Fields[backIn]{resource.Ref("line", "Commission", func(in *backIn) *int64 { return &in.Line }, "ltc.commission_line").Required(),
				resource.LongText("note", "Why", func(in *backIn) *string { return &in.Note }).Required().Limit(1000)}, func(ctx context.Context, in *backIn) (report.Done, error) {
				return report.Done{Message: "The commission is taken back."}, s.commissions.TakeBack(ctx, in.Line, in.Note)
			}).OnRows(),
		},
	}
}

func (s *selling) runStatement(ctx context.Context, f *domain.DealFilter) (*report.Result, error) {
	list, err := s.sold.Commissions(ctx, *f)
	if err != nil {
		return nil, err
	}
	var ids, deals, invoices, partners []int64
	for i := range list {
		l := &list[i]
		ids, deals, invoices = append(ids, l.ID), append(deals, l.OpportunityID), append(invoices, l.InvoiceID)
		if l.PartnerID != nil {
			partners = append(partners, *l.PartnerID)
		}
	}
	back, err := s.sold.TakenBack(ctx, ids)
	if err != nil {
		return nil, err
	}
	deal, err := s.names(ctx, "ltc.opportunity", deals)
	if err != nil {
		return nil, err
	}
	invoice, err := s.names(ctx, "ltc.invoice", invoices)
	if err != nil {
		return nil, err
	}
	partner, err := s.names(ctx, "crm.customer", partners)
	if err != nil {
		return nil, err
	}
	seesMargin := s.p.Authz.Can(ctx, "ltc.quote#margin", "read")
	t := report.Table{Key: "lines", Title: "Line by line", Empty: "No commission in this period.", Cols: []report.Col{col("on", "Collected on", resource.KDate), col("payee", "For", resource.KText), col("kind", "Kind", resource.KText), col("deal", "Opportunity", resource.KRef), col("invoice", "Invoice", resource.KRef),
		col("collected", "Collected without tax", resource.KMoney), col("margin", "Margin in it", resource.KMoney), col("split", "Share of the credit", resource.KPercent), col("rate", "Rate", resource.KPercent), col("amount", "Commission", resource.KMoney), col("note", "Note", resource.KText)}}
	var sum money.Amount
	totals := map[string]money.Amount{}
	var order []string
	payee := map[string]report.Cell{}
	for i := range list {
		l := &list[i]
		who, key := report.Person(l.OwnerID), "u"+id10(l.OwnerID)
		if l.PartnerID != nil {
			who, key = partner(*l.PartnerID), "p"+id10(*l.PartnerID)
		}
		if _, ok := totals[key]; !ok {
			order, payee[key] = append(order, key), who
		}
		sum, totals[key] = sum.Add(l.Amount), totals[key].Add(l.Amount)
		kind, margin := report.Pill("Earned", "ok"), report.Cell{Kind: resource.KMoney}
		if l.Kind == domain.Clawback {
			kind = report.Pill("Taken back", "bad")
		}
		if seesMargin || l.OwnerID == authz.Actor(ctx) && l.PartnerID == nil {
			margin = report.Money(l.Margin)
		}
		r := report.Row{Ref: trace.Ref{Type: "ltc.commission_line", ID: l.ID}, Cells: []report.Cell{report.Day(l.OnDate), who, kind, deal(l.OpportunityID), invoice(l.InvoiceID), report.Money(l.Collected), margin, report.Share(l.Split), report.Share(l.Rate), report.Money(l.Amount), report.Text(l.Note)}}
		if l.Kind == domain.Earned {
			act := report.Act{Command: "take_back", Values: resource.Values{"line": id10(l.ID)}}
			if back[l.ID] {
				act.Blocked = "This commission was taken back already."
			}
			r.Acts = []report.Act{act}
		}
		t.Rows = append(t.Rows, r)
	}
	by := report.Table{Key: "payees", Title: "By payee", Empty: "No commission in this period.", Cols: []report.Col{col("payee", "For", resource.KRef), col("amount", "Commission", resource.KMoney)}}
	for _, k := range order {
		by.Rows = append(by.Rows, report.Row{Cells: []report.Cell{payee[k], report.Money(totals[k])}})
	}
	return &report.Result{Tiles: []report.Tile{{Key: "sum", Label: "Commission", Value: report.Money(sum)}}, Tables: []report.Table{by, t}}, nil
}
