package ltcapp

import (
	"context"

	"meridian/modules/ltc/internal/domain"
	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/report"
	"meridian/platform/resource"
)

// planIn asks for a plan, by itself or by year and metric.
type planIn struct {
	Plan   int64
	Year   int
	Metric string
	Span   string
	Upto   date.Date
}

// attainment sets what was reached against the sales plan: LTC-05.
func (s *selling) attainment() *report.Report[planIn] {
	return &report.Report[planIn]{
		Name: "ltc.attainment", Label: "Plan attainment", Icon: "target", Perm: "ltc.sales_plan:read", Home: []string{"ltc.manager", "dste.executive"}, Run: s.runAttainment,
		Help: "Targets of the sales plan beside what was reached: contracts by signing date, orders and invoices net of tax, payments by the day they were allocated. What you see of it follows your rights to those documents.",
		Form: resource.Fields[planIn]{
			resource.Ref("plan", "Sales plan", func(in *planIn) *int64 { return &in.Plan }, "ltc.sales_plan").Hint("Empty takes the plan in force."),
			resource.Int("year", "Year", func(in *planIn) *int { return &in.Year }),
			resource.Enum("metric", "Counts", func(in *planIn) *string { return &in.Metric }, s.plans.Type.Info().Field("metric").Options...).Hint("Empty counts as the plan says."),
			resource.Enum("span", "Span", func(in *planIn) *string { return &in.Span }, s.spanOptions()...),
			resource.Date("upto", "Periods that began until", func(in *planIn) *date.Date { return &in.Upto }),
		},
		Default: func(ctx context.Context, in *planIn) error {
			in.Year = s.today(ctx).Year()
			return nil
		},
	}
}

func (s *selling) runAttainment(ctx context.Context, in *planIn) (*report.Result, error) {
	id := in.Plan
	if id == 0 {
		var err error
		if id, err = s.plans.InForce(ctx, company(ctx), in.Year, in.Metric); err != nil {
			return nil, err
		}
		if id == 0 && in.Metric != "" {
			if id, err = s.plans.InForce(ctx, company(ctx), in.Year, ""); err != nil {
				return nil, err
			}
		}
	}
	t := s.targets()
	if id == 0 {
		return &report.Result{Tables: []report.Table{t}}, nil
	}
	p, err := s.plans.Type.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	metric := p.Metric
	if in.Metric != "" {
		metric = in.Metric
	}
	facts, err := s.facts.Facts(ctx, metric, p.Year)
	if err != nil {
		return nil, err
	}
	part, err := s.partOf(ctx, p.Targets)
	if err != nil {
		return nil, err
	}
	list := domain.Attain(p.Targets, facts, s.p.DB.Subtree)
	for i := range list {
		a := &list[i]
		if (in.Span != "" && a.Span != in.Span) || (!in.Upto.IsZero() && a.PeriodStart.After(in.Upto)) {
			continue
		}
		t.Rows = append(t.Rows, report.Row{Cells: append([]report.Cell{optionWord(s.spanOptions(), a.Span), report.Day(a.PeriodStart)}, append(part(&a.Target),
			report.Money(a.Amount), report.Money(a.Actual), report.Quotient(a.Actual.Number(), a.Amount.Number()), report.Money(a.Actual.Sub(a.Amount)))...)})
	}
	var year money.Price
	for _, f := range facts {
		year = year.Add(f.Amount)
	}
	return &report.Result{
		Tiles: []report.Tile{{Key: "target", Label: "Target", Value: report.Money(p.Total)}, {Key: "actual", Label: "Reached", Value: report.Money(money.Round(year))},
			{Key: "attained", Label: "Attained", Value: report.Quotient(money.Round(year).Number(), p.Total.Number())}},
		Note: "{0}, version {1}", Args: []any{p.Name, p.Revision},
		Charts: []report.Chart{{Kind: report.Trend, Title: "Months of the company", Say: "Target and what was reached, month by month.", Table: "months", Label: "month", Wide: true,
			Series: []report.Series{{Col: "actual", Kind: "bar"}, {Col: "target", Kind: "plan"}}}},
		Tables: []report.Table{t, s.planMonths(p, facts), s.planGaps(p)},
	}, nil
}

func (s *selling) targets() report.Table {
	return report.Table{Key: "targets", Title: "Targets", Empty: "No sales plan is in force for this year.", Cols: []report.Col{col("span", "Span", resource.KText), col("from", "Period from", resource.KDate), col("dept", "Department", resource.KRef), col("person", "Person", resource.KRef),
		col("product", "Product", resource.KRef), col("customer", "Customer", resource.KRef), col("target", "Target", resource.KMoney), col("actual", "Reached", resource.KMoney), col("attained", "Attained", resource.KPercent), col("gap", "Difference", resource.KMoney)}}
}

// partOf names the part of the business of each target.
func (s *selling) partOf(ctx context.Context, list []domain.Target) (func(t *domain.Target) []report.Cell, error) {
	var depts, products, customers []int64
	for i := range list {
		t := &list[i]
		for _, x := range []struct {
			id *int64
			to *[]int64
		}{{t.DeptID, &depts}, {t.ProductID, &products}, {t.CustomerID, &customers}} {
			if x.id != nil {
				*x.to = append(*x.to, *x.id)
			}
		}
	}
	dept, err := s.names(ctx, "core.department", depts)
	if err != nil {
		return nil, err
	}
	product, err := s.names(ctx, "ipd.product", products)
	if err != nil {
		return nil, err
	}
	customer, err := s.names(ctx, "crm.customer", customers)
	if err != nil {
		return nil, err
	}
	at := func(id *int64, name func(int64) report.Cell) report.Cell {
		if id == nil {
			return report.None()
		}
		return name(*id)
	}
	return func(t *domain.Target) []report.Cell {
		return []report.Cell{at(t.DeptID, dept), at(t.UserID, report.Person), at(t.ProductID, product), at(t.CustomerID, customer)}
	}, nil
}

// planMonths is the year of the whole company by month.
func (s *selling) planMonths(p *domain.SalesPlan, facts []domain.SalesFact) report.Table {
	t := report.Table{Key: "months", Title: "Months of the company", Cols: []report.Col{col("month", "Month", resource.KDate), col("target", "Target", resource.KMoney), col("actual", "Reached", resource.KMoney), col("attained", "Attained", resource.KPercent)}}
	for m := range 12 {
		from := date.New(p.Year, 1, 1).AddMonths(m)
		target := domain.PlannedFor(p.Targets, domain.SpanMonth, from, func(t *domain.Target) bool { return t.Of(0) })
		var sum money.Price
		for _, f := range facts {
			if f.Month == from {
				sum = sum.Add(f.Amount)
			}
		}
		actual := money.Round(sum)
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{report.Day(from), report.Money(target), report.Money(actual), report.Quotient(actual.Number(), target.Number())}})
	}
	return t
}

func (s *selling) planGaps(p *domain.SalesPlan) report.Table {
	t := report.Table{Key: "gaps", Title: "Top down against bottom up", Empty: "The parts of the plan add up.", Cols: []report.Col{col("span", "Span", resource.KText), col("from", "Period from", resource.KDate), col("what", "Parts", resource.KText), col("whole", "Target", resource.KMoney), col("parts", "Sum of the parts", resource.KMoney), col("gap", "Difference", resource.KMoney)}}
	labels := map[string]string{"departments": "Departments", "persons": "Persons", "products": "Products", "customers": "Customers", "months": "Shorter periods"}
	for _, g := range domain.Gaps(p.Targets) {
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{optionWord(s.spanOptions(), g.Span), report.Day(g.PeriodStart), report.Word(labels[g.What]), report.Money(g.Whole), report.Money(g.Parts), report.Money(g.Parts.Sub(g.Whole))}})
	}
	return t
}
