package domain

import (
	"context"
	"fmt"
	"slices"
	"time"

	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// PlanStage is the state of a sales plan.
type PlanStage string

// The stages of a sales plan.
const (
	PlanDraft      PlanStage = "draft"
	PlanApproved   PlanStage = "approved"
	PlanSuperseded PlanStage = "superseded"
)

// What a sales plan counts.
const (
	MetricContract = "contract"
	MetricOrder    = "order"
	MetricInvoice  = "invoice"
	MetricReceipt  = "receipt"
)

func metrics() []resource.Option {
	return []resource.Option{{Value: MetricContract, Label: "Contracts signed"}, {Value: MetricOrder, Label: "Orders, net"}, {Value: MetricInvoice, Label: "Invoices, net"}, {Value: MetricReceipt, Label: "Payments received"}}
}

// Target is what one part of the business shall reach in one period; what is left empty
// does not narrow it.
type Target struct {
	record.Line
	Span        string
	PeriodStart date.Date
	DeptID      *int64
	UserID      *int64
	ProductID   *int64
	CustomerID  *int64
	Amount      money.Amount
}

// SalesPlan is the plan of a year in one version.
type SalesPlan struct {
	record.Base
	Stage      PlanStage
	Name       string
	Year       int
	Metric     string
	Revision   int
	PreviousID *int64
	Total      money.Amount // the year of the whole company
	Targets    []Target     `gorm:"-"`
}

// SalesPlans is the service behind the sales plan.
type SalesPlans struct {
	*Ports
	Store record.Store[SalesPlan]
	Type  *resource.Type[SalesPlan]
	Facts func(ctx context.Context, metric string, year int) ([]SalesFact, error)
	// InForce names the approved plan of a company's year and metric, 0 if there is none.
	InForce func(ctx context.Context, company int64, year int, metric string) (int64, error)
}

// SalesFact is what was sold in a month, under the row rules of the reader.
type SalesFact struct {
	Month      date.Date
	UserID     int64
	DeptID     int64
	ProductID  int64
	CustomerID int64
	Amount     money.Price
}

// Declare returns the document type of the sales plan.
func (s *SalesPlans) Declare() *resource.Type[SalesPlan] {
	targets := resource.Lines("targets", "Targets", func(p *SalesPlan) *[]Target { return &p.Targets }, resource.Fields[Target]{
		resource.Enum("span", "Span", func(t *Target) *string { return &t.Span }, spans()...).Required(),
		resource.Date("period_start", "Period from", func(t *Target) *date.Date { return &t.PeriodStart }).Required().Hint("Any day of the month, quarter or year."),
		resource.OptRef("dept_id", "Department", func(t *Target) **int64 { return &t.DeptID }, "core.department"),
		resource.OptRef("user_id", "Person", func(t *Target) **int64 { return &t.UserID }, "core.user"),
		resource.OptRef("product_id", "Product", func(t *Target) **int64 { return &t.ProductID }, "ipd.product"),
		resource.OptRef("customer_id", "Customer", func(t *Target) **int64 { return &t.CustomerID }, "crm.customer"),
		resource.Money("amount", "Target", func(t *Target) *money.Amount { return &t.Amount }).Required(),
	})
	s.Type = &resource.Type[SalesPlan]{
		Name: "ltc.sales_plan", Label: "Sales plan", Plural: "Sales plans", Icon: "target", Number: "SP-{yyyy}-{000}/v1", Store: s.Store, Check: s.check, SumBy: "total",
		Title:  func(p *SalesPlan) string { return p.Name },
		Amount: func(p *SalesPlan) money.Amount { return p.Total },
		Default: func(ctx context.Context, p *SalesPlan) error {
			p.Year, p.Metric, p.Revision = s.Today(ctx).Year(), MetricOrder, 1
			return nil
		},
		Rules: map[string][]process.Rule{"ltc.sales_plan:submit": {{Label: "Every sales plan", Steps: []process.Step{process.ByRole("dste.executive")}}}},
		Fields: resource.Fields[SalesPlan]{
			resource.Text("name", "Name", func(p *SalesPlan) *string { return &p.Name }).Required().InList().Search(),
			resource.Int("year", "Year", func(p *SalesPlan) *int { return &p.Year }).Required().InList().Filter(),
			resource.Enum("metric", "Counts", func(p *SalesPlan) *string { return &p.Metric }, metrics()...).Required().InList().Filter(),
			resource.Int("revision", "Version", func(p *SalesPlan) *int { return &p.Revision }).ReadOnly().InList(),
			resource.OptRef("previous_id", "Previous version", func(p *SalesPlan) **int64 { return &p.PreviousID }, "ltc.sales_plan").ReadOnly().Source(),
			resource.Money("total", "Total", func(p *SalesPlan) *money.Amount { return &p.Total }).ReadOnly().InList(),
			targets,
		},
		Process: resource.Process(func(p *SalesPlan) *PlanStage { return &p.Stage },
			[]resource.Stage[PlanStage]{
				{Key: PlanDraft, Label: "Draft", Owner: "ltc.manager", Class: process.Draft, Limit: 80 * time.Hour, Help: "Enter the targets of the year, break them down, let the parts add up."},
				{Key: PlanApproved, Label: "In force", Owner: "ltc.manager", Wait: true, Locked: true, Class: process.Working, In: resource.Need(targets), Help: "Sales works by it. A change is a new version."},
				{Key: PlanSuperseded, Label: "Superseded", End: true, Class: process.Cancelled},
			},
			[]resource.Move[SalesPlan, PlanStage]{
				{Name: "break_down", Label: "Break down by month", From: resource.From(PlanDraft), Do: resource.Ask(breakForm(), s.breakDown)},
				{Name: "submit", Label: "Submit", From: resource.From(PlanDraft), To: PlanApproved, Matrix: "ltc.sales_plan:submit", Do: resource.Do(s.enforce)},
				{Name: "new_version", Label: "New version", From: resource.From(PlanApproved), Do: resource.Do(s.newVersion)},
				{Name: "supersede", Label: "Superseded", From: resource.From(PlanApproved), To: PlanSuperseded, System: true},
				{Name: "drop", Label: "Drop", From: resource.From(PlanDraft), To: PlanSuperseded, Reason: true, Deviation: true},
			}),
	}
	return s.Type
}

// same reports whether two targets are about the same part of the business.
func (t *Target) same(o *Target) bool {
	return value(t.DeptID) == value(o.DeptID) && value(t.UserID) == value(o.UserID) && value(t.ProductID) == value(o.ProductID) && value(t.CustomerID) == value(o.CustomerID)
}

// whole reports whether a target is of the whole company.
func (t *Target) whole() bool { return t.same(&Target{}) }

// Of reports whether a target is of one person alone; person 0 is the whole company.
func (t *Target) Of(person int64) bool {
	return t.same(&Target{UserID: pointer(person)})
}

func (s *SalesPlans) check(_ context.Context, p *SalesPlan) error {
	var bad []errs.Field
	for i := range p.Targets {
		t := &p.Targets[i]
		at := fmt.Sprintf("targets.%d.", i)
		if t.Amount.Sign() < 0 {
			bad = append(bad, errs.Field{Name: at + "amount", Message: "An amount cannot be negative."})
		}
		if t.PeriodStart.IsZero() {
			continue
		}
		t.PeriodStart, _ = Span(t.Span, t.PeriodStart)
		if t.PeriodStart.Year() != p.Year {
			bad = append(bad, errs.Field{Name: at + "period_start", Message: "This plan is for the year {0}.", Args: []any{fmt.Sprint(p.Year)}})
		}
		if slices.ContainsFunc(p.Targets[:i], func(o Target) bool { return t.same(&o) && t.Span == o.Span && t.PeriodStart == o.PeriodStart }) {
			bad = append(bad, errs.Field{Name: at + "amount", Message: "There is a target for this period already."})
		}
	}
	p.Total = PlannedFor(p.Targets, SpanYear, date.New(p.Year, 1, 1), (*Target).whole)
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// PlannedFor is what is planned for a period and the targets want accepts: the target of
// the period itself, else those of the shorter periods in it.
func PlannedFor(list []Target, span string, start date.Date, want func(t *Target) bool) money.Amount {
	from, to := Span(span, start)
	sum := map[string]money.Amount{}
	have := map[string]bool{}
	for i := range list {
		t := &list[i]
		if want(t) && within(t.PeriodStart, from, to) {
			sum[t.Span], have[t.Span] = sum[t.Span].Add(t.Amount), true
		}
	}
	for _, s := range []string{SpanYear, SpanQuarter, SpanMonth} {
		if have[s] && longer(span, s) {
			return sum[s]
		}
	}
	return money.Amount{}
}

// longer reports whether a span holds another, or is it.
func longer(a, b string) bool {
	rank := map[string]int{SpanMonth: 1, SpanQuarter: 2, SpanYear: 3}
	return rank[a] >= rank[b]
}

// breakDown is the input of the move "break_down".
type breakDown struct{ Season string }

func breakForm() resource.Fields[breakDown] {
	return resource.Fields[breakDown]{resource.Enum("season", "Season", func(b *breakDown) *string { return &b.Season },
		resource.Option{Value: "even", Label: "Even months"}, resource.Option{Value: "last_year", Label: "As last year"}).Required()}
}

// breakDown adds twelve months to every target of the year that has none yet, evenly or
// by the season curve of last year.
func (s *SalesPlans) breakDown(ctx context.Context, p *SalesPlan, in *breakDown) error {
	weights := make([]money.Price, 12)
	for m := range weights {
		weights[m] = money.Units(1)
	}
	if in.Season == "last_year" {
		facts, err := s.Facts(ctx, p.Metric, p.Year-1)
		if err != nil {
			return err
		}
		if weights = Season(facts); weights == nil {
			return errs.Bad("season", "Nothing was sold last year; break the plan down evenly.")
		}
	}
	added := 0
	for _, t := range slices.Clone(p.Targets) {
		if t.Span != SpanYear || slices.ContainsFunc(p.Targets, func(o Target) bool { return o.Span != SpanYear && o.same(&t) }) {
			continue
		}
		for m, part := range Spread(t.Amount, weights) {
			n := t
			n.Line, n.Span, n.PeriodStart, n.Amount = record.Line{}, SpanMonth, date.New(p.Year, time.Month(m+1), 1), part
			p.Targets = append(p.Targets, n)
			added++
		}
	}
	if added == 0 {
		return errs.New(errs.Precondition, "There is no target of a year without shorter periods.")
	}
	return nil
}

// Season is the weight of each month in a year of facts; nil when nothing was sold.
func Season(facts []SalesFact) []money.Price {
	out := make([]money.Price, 12)
	var sum money.Price
	for _, f := range facts {
		if f.Amount.Sign() > 0 {
			out[f.Month.Month()-1] = out[f.Month.Month()-1].Add(f.Amount)
			sum = sum.Add(f.Amount)
		}
	}
	if sum.IsZero() {
		return nil
	}
	return out
}

// Spread divides an amount by weights; cumulative rounding keeps the sum exact.
func Spread(a money.Amount, weights []money.Price) []money.Amount {
	var sum money.Price
	for _, w := range weights {
		sum = sum.Add(w)
	}
	out := make([]money.Amount, len(weights))
	var run money.Price
	var given money.Amount
	for i, w := range weights {
		run = run.Add(w)
		upTo := money.RoundTo[money.Cents](a.Number().Mul(run.Number()).DivRound(sum.Number(), 10))
		out[i], given = upTo.Sub(given), upTo
	}
	return out
}

// enforce puts a plan in force; the version before it steps down.
func (s *SalesPlans) enforce(ctx context.Context, p *SalesPlan) error {
	old, err := s.InForce(ctx, p.CompanyID, p.Year, p.Metric)
	if err != nil {
		return err
	}
	if old == 0 {
		return nil
	}
	if old != value(p.PreviousID) {
		return errs.New(errs.Precondition, "Another plan for this year is in force; make a new version of it.")
	}
	return s.Type.Fire(ctx, old, "supersede", nil)
}

// newVersion copies the plan into a draft; the plan in force stays until it is approved.
func (s *SalesPlans) newVersion(ctx context.Context, p *SalesPlan) error {
	v := &SalesPlan{Name: p.Name, Year: p.Year, Metric: p.Metric, Revision: p.Revision + 1, PreviousID: &p.ID}
	inherit(&v.Base, &p.Base)
	v.No = fmt.Sprintf("%s/v%d", root(p.No), v.Revision)
	for _, t := range p.Targets {
		t.Line = record.Line{}
		v.Targets = append(v.Targets, t)
	}
	if err := s.Type.Create(ctx, v); err != nil {
		return fmt.Errorf("new version of %s: %w", p.No, err)
	}
	return nil
}

// Attained is one target beside what was reached.
type Attained struct {
	Target
	Actual money.Amount
}

// Attain sets facts against targets; a department counts with those below it.
func Attain(list []Target, facts []SalesFact, subtree func(dept int64) []int64) []Attained {
	out := make([]Attained, len(list))
	for i, t := range list {
		from, to := Span(t.Span, t.PeriodStart)
		depts := []int64(nil)
		if t.DeptID != nil {
			depts = subtree(*t.DeptID)
		}
		var sum money.Price
		for _, f := range facts {
			if within(f.Month, from, to) && (t.DeptID == nil || slices.Contains(depts, f.DeptID)) && is(t.UserID, f.UserID) && is(t.ProductID, f.ProductID) && is(t.CustomerID, f.CustomerID) {
				sum = sum.Add(f.Amount)
			}
		}
		out[i] = Attained{t, money.Round(sum)}
	}
	return out
}

func is(want *int64, have int64) bool { return want == nil || *want == have }

// Gap is where the parts of a plan do not add up to the whole.
type Gap struct {
	What         string // months, departments, persons, products, customers
	Span         string
	PeriodStart  date.Date
	Whole, Parts money.Amount
}

// Gaps compares every target of the company, top down, with the sums of its parts,
// bottom up, and every year with its months.
func Gaps(list []Target) (out []Gap) {
	parts := []struct {
		what string
		of   func(t *Target) bool
	}{
		{"departments", func(t *Target) bool { return t.same(&Target{DeptID: t.DeptID}) && t.DeptID != nil }},
		{"persons", func(t *Target) bool { return t.same(&Target{UserID: t.UserID}) && t.UserID != nil }},
		{"products", func(t *Target) bool { return t.same(&Target{ProductID: t.ProductID}) && t.ProductID != nil }},
		{"customers", func(t *Target) bool { return t.same(&Target{CustomerID: t.CustomerID}) && t.CustomerID != nil }},
	}
	for i := range list {
		t := &list[i]
		if t.whole() {
			for _, p := range parts {
				if sum := PlannedFor(list, t.Span, t.PeriodStart, p.of); !sum.IsZero() && !sum.Equal(t.Amount) {
					out = append(out, Gap{p.what, t.Span, t.PeriodStart, t.Amount, sum})
				}
			}
		}
		if t.Span == SpanMonth {
			continue
		}
		shorter := slices.DeleteFunc(slices.Clone(list), func(o Target) bool { return o.Span == t.Span || !o.same(t) })
		if sum := PlannedFor(shorter, t.Span, t.PeriodStart, func(*Target) bool { return true }); !sum.IsZero() && !sum.Equal(t.Amount) {
			out = append(out, Gap{"months", t.Span, t.PeriodStart, t.Amount, sum})
		}
	}
	return out
}
