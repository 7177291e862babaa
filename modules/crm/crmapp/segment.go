package crmapp

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"meridian/modules/crm"
	"meridian/modules/crm/internal/domain"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/report"
	"meridian/platform/resource"
)

// grouping adds segments and the value of customers (CRM-11, CRM-12).
func (d *desk) grouping() {
	d.segments = &domain.Segments{Book: d.sql, Customers: d.customers,
		Store: db.NewStore(d.p.DB, "crm.segment", db.WithLines("crm.segment_rule", func(x *domain.Segment) *[]domain.SegmentRule { return &x.Rules }))}
	d.models = &domain.ValueModels{Store: db.NewStore(d.p.DB, "crm.value_model", db.WithLines("crm.value_weight", func(m *domain.ValueModel) *[]domain.ValueWeight { return &m.Weights }))}
	resource.Register(d.p.Types, d.segments.Declare())
	resource.Register(d.p.Types, d.models.Declare())
	report.Register(d.p.Reports, d.segmentSizes())
	report.Register(d.p.Reports, d.cross())
	report.Register(d.p.Reports, d.value())
	d.job("crm.value", "Compute the value of customers and refresh segments", "30 2 * * *", d.computeValue)
}

// computeValue values every customer of a company, then refreshes the segments, which may
// ask for it.
func (d *desk) computeValue(ctx context.Context, company int64, day date.Date) error {
	policy, err := d.policies.Of(ctx, company)
	if err != nil {
		return err
	}
	if err := d.p.DB.Tx(ctx, func(ctx context.Context) error { return d.sql.Value(ctx, company, day, policy) }); err != nil {
		return err
	}
	ctx = authz.System(ctx, "segments")
	list, err := d.segments.Store.Find(ctx, record.Query{Where: []record.Cond{{Col: "company_id", Op: record.Eq, Val: company}, {Col: "kind", Op: record.Eq, Val: "dynamic"}}})
	if err != nil {
		return err
	}
	var all []error
	for _, x := range list {
		if err := d.segments.Refresh(ctx, x.ID); err != nil {
			all = append(all, fmt.Errorf("segment %s: %w", x.Name, err))
		}
	}
	return errors.Join(all...)
}

type segmentIn struct{ Segment int64 }

func segmentForm() resource.Fields[segmentIn] {
	return resource.Fields[segmentIn]{resource.Ref("segment_id", "Segment", func(in *segmentIn) *int64 { return &in.Segment }, "crm.segment")}
}

type memberIn struct {
	Segment  int64
	Customer crm.CustomerID
}

// segmentSizes shows the segments, how they move, and the members of one.
func (d *desk) segmentSizes() *report.Report[segmentIn] {
	member := resource.Fields[memberIn]{resource.Ref("segment_id", "Segment", func(in *memberIn) *int64 { return &in.Segment }, "crm.segment").Required(), resource.Ref("customer_id", "Customer", func(in *memberIn) *crm.CustomerID { return &in.Customer }, "crm.customer").Required()}
	put := func(in bool) func(ctx context.Context, m *memberIn) (report.Done, error) {
		return func(ctx context.Context, m *memberIn) (report.Done, error) { return d.putMember(ctx, m, in) }
	}
	return &report.Report[segmentIn]{
		Name: "crm.segments", Label: "Segments and members", Icon: "chart-pie", Perm: "crm.segment:read",
		Help: "Members by the conditions of a segment or by hand. Everybody counts the customers they may see. Dynamic segments are refreshed by night and on demand.",
		Form: segmentForm(), Run: d.runSegments,
		Commands: []report.Command{
			report.Do("refresh", "Refresh", "crm.segment:update", idForm("segment", "Segment"), func(ctx context.Context, in *numberIn) (report.Done, error) {
				if _, err := d.segments.Store.Get(ctx, in.ID); err != nil {
					return report.Done{}, err
				}
				return report.Done{Message: "The segment is up to date."}, d.segments.Refresh(authz.System(ctx, "refresh segment"), in.ID)
			}).OnRows(),
			report.Do("add", "Add a customer", "crm.segment:update", member, put(true)),
			report.Do("remove", "Take out", "crm.segment:update", member, put(false)).OnRows(),
		},
	}
}

// putMember keeps the list of a static segment.
func (d *desk) putMember(ctx context.Context, m *memberIn, in bool) (report.Done, error) {
	x, err := d.segments.Store.Get(ctx, m.Segment)
	if err != nil {
		return report.Done{}, err
	}
	if x.Kind != "static" {
		return report.Done{}, errs.New(errs.Precondition, "The members of this segment follow from its conditions.")
	}
	if _, err := d.customers.Store.Get(ctx, int64(m.Customer)); err != nil {
		return report.Done{}, err
	}
	return report.Done{Message: "The list is changed."}, d.p.DB.Tx(ctx, func(ctx context.Context) error {
		if err := d.sql.Put(ctx, m.Segment, int64(m.Customer), in); err != nil {
			return err
		}
		return d.segments.Refresh(authz.System(ctx, "segment by hand"), m.Segment)
	})
}

func (d *desk) runSegments(ctx context.Context, in *segmentIn) (*report.Result, error) {
	sizes, err := d.sql.Sizes(ctx)
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "segments", Title: "Segments", Empty: "There is no segment yet.", Cols: []report.Col{{Key: "segment", Label: "Segment", Kind: resource.KRef}, {Key: "members", Label: "Members", Kind: resource.KInt}, {Key: "joined", Label: "Joined in 30 days", Kind: resource.KInt}, {Key: "gone", Label: "Gone in 30 days", Kind: resource.KInt}}}
	for _, x := range sizes {
		t.Rows = append(t.Rows, report.Row{Ref: d.segments.Type.Ref(x.ID), Href: "/crm/segments?segment_id=" + digits(x.ID), Cells: []report.Cell{report.Doc(d.segments.Type.Ref(x.ID), x.Name), report.Count(x.Now), report.Count(x.Joined), report.Count(x.Gone)},
			Acts: []report.Act{{Command: "refresh", Values: resource.Values{"segment": digits(x.ID)}}}})
	}
	res := &report.Result{Tables: []report.Table{t}}
	if in.Segment == 0 {
		return res, nil
	}
	x, err := d.segments.Store.Get(ctx, in.Segment)
	if err != nil {
		return nil, err
	}
	list, err := d.sql.MembersOf(ctx, in.Segment, 500)
	if err != nil {
		return nil, err
	}
	m := report.Table{Key: "members", Title: x.Name, Word: true, Empty: "Nobody belongs to this segment.", Cols: []report.Col{{Key: "customer", Label: "Customer", Kind: resource.KRef}, {Key: "stage", Label: "Stage"}, {Key: "region", Label: "Region"}, {Key: "class", Label: "Value class"}, {Key: "owner", Label: "Owner", Kind: resource.KRef}, {Key: "since", Label: "Since", Kind: resource.KDate}}}
	for _, c := range list {
		row := report.Row{Ref: customerRef(c.ID), Cells: []report.Cell{report.Doc(customerRef(c.ID), c.No+" "+c.Name), report.Word(domain.StageLabels[crm.Lifecycle(c.Stage)]), report.Text(c.Region), classCell(c.Class), report.Person(c.OwnerID), {Kind: resource.KDate, Text: c.Since}}}
		if x.Kind == "static" {
			row.Acts = []report.Act{{Command: "remove", Values: resource.Values{"segment_id": digits(x.ID), "customer_id": digits(c.ID)}}}
		}
		m.Rows = append(m.Rows, row)
	}
	res.Tables = append(res.Tables, m)
	return res, nil
}

func classCell(class string) report.Cell {
	for _, o := range domain.Classes {
		if o.Value == class {
			return report.Pill(o.Label, o.Tone)
		}
	}
	return report.None()
}

type crossIn struct {
	A, B string
	Dept int64
}

var dimensions = []resource.Option{{Value: "stage", Label: "Stage"}, {Value: "region", Label: "Region"}, {Value: "industry", Label: "Industry"}, {Value: "class", Label: "Value class"}, {Value: "tier", Label: "Tier"}, {Value: "source", Label: "Source"},
	{Value: "owner", Label: "Owner"}, {Value: "dept", Label: "Department"}, {Value: "risk", Label: "Risk"}, {Value: "rfm", Label: "Recency, frequency and value"}}

// cross is the cross table of two dimensions.
func (d *desk) cross() *report.Report[crossIn] {
	return &report.Report[crossIn]{
		Name: "crm.cross", Label: "Cross table of customers", Icon: "table", Perm: "crm.customer:read",
		Help:    "Customers by two dimensions. The rows are those with the most customers first.",
		Form:    resource.Fields[crossIn]{resource.Enum("a", "Rows", func(in *crossIn) *string { return &in.A }, dimensions...), resource.Enum("b", "Columns", func(in *crossIn) *string { return &in.B }, dimensions...), deptForm(func(in *crossIn) *int64 { return &in.Dept })},
		Default: func(_ context.Context, in *crossIn) error { in.A, in.B = "region", "stage"; return nil },
		Run:     d.runCross,
	}
}

func (d *desk) runCross(ctx context.Context, in *crossIn) (*report.Result, error) {
	list, err := d.sql.CrossTable(ctx, in.Dept, in.A, in.B)
	if err != nil {
		return nil, err
	}
	n, rows, cols := map[[2]string]int64{}, map[string]int64{}, map[string]int64{}
	for _, x := range list {
		n[[2]string{x.A, x.B}], rows[x.A], cols[x.B] = x.N, rows[x.A]+x.N, cols[x.B]+x.N
	}
	byCount := func(m map[string]int64, most int) []string {
		var keys []string
		for k := range m {
			keys = append(keys, k)
		}
		slices.SortFunc(keys, func(a, b string) int {
			if m[a] != m[b] {
				return int(m[b] - m[a])
			}
			return slices.Compare([]byte(a), []byte(b))
		})
		return keys[:min(most, len(keys))]
	}
	across := byCount(cols, 12)
	t := report.Table{Key: "cross", Title: "Customers", Empty: "No customers.", Cols: []report.Col{{Key: "a", Label: optionLabel(dimensions, in.A)}, {Key: "all", Label: "All", Kind: resource.KInt}}}
	for i, b := range across {
		c := d.dimensionCell(in.B, b)
		t.Cols = append(t.Cols, report.Col{Key: fmt.Sprint("b", i), Label: c.Text, Word: !c.Word, Kind: resource.KInt})
	}
	for _, a := range byCount(rows, 100) {
		r := report.Row{Cells: []report.Cell{d.dimensionCell(in.A, a), report.Count(rows[a])}}
		for _, b := range across {
			cell := report.None()
			if x := n[[2]string{a, b}]; x > 0 {
				cell = report.Count(x)
			}
			r.Cells = append(r.Cells, cell)
		}
		t.Rows = append(t.Rows, r)
	}
	return &report.Result{Tables: []report.Table{t}}, nil
}

func optionLabel(list []resource.Option, v string) string {
	for _, o := range list {
		if o.Value == v {
			return o.Label
		}
	}
	return v
}

var rfmLabels = map[string]string{"champion": "Champion", "new": "New buyer", "at_risk_loyal": "Loyal at risk", "hibernating": "Hibernating", "regular": "Regular"}

// dimensionCell names a value of a dimension; a person by name, since a column head has no link.
func (d *desk) dimensionCell(by, v string) report.Cell {
	switch {
	case v == "" || v == "0":
		return report.Word("None")
	case by == "owner":
		return report.Text(d.p.Authz.Directory().Name(atoi(v)))
	case by == "stage":
		return report.Word(domain.StageLabels[crm.Lifecycle(v)])
	case by == "risk":
		return grades[v]
	case by == "rfm":
		return report.Word(rfmLabels[v])
	case by == "class":
		return classCell(v)
	case by == "tier":
		return report.Word(map[string]string{"key": "Key account", "standard": "Standard"}[v])
	}
	return d.groupCell(by, v)
}

type valueIn struct {
	Dept  int64
	Model int64
}

// value ranks customers by what they are worth.
func (d *desk) value() *report.Report[valueIn] {
	return &report.Report[valueIn]{
		Name: "crm.value_ranking", Label: "Value of customers", Icon: "scale", Perm: "crm.value_ranking:read",
		Help: "The score is the weighted share of customers that are worse in each indicator of the model. Lifetime value is m·r/(1 + i - r): yearly margin less cost to serve, retention of the tier, discount rate. Class A makes the first 80 % of the margin of twelve months.",
		Form: resource.Fields[valueIn]{deptForm(func(in *valueIn) *int64 { return &in.Dept }), resource.Ref("model_id", "Value model", func(in *valueIn) *int64 { return &in.Model }, "crm.value_model")},
		Run:  d.runValue,
		Commands: []report.Command{report.Do("compute", "Compute now", "crm.value_ranking:compute", resource.Fields[struct{}]{}, func(ctx context.Context, _ *struct{}) (report.Done, error) {
			who, _ := authz.Of(ctx)
			return report.Done{Message: "The value of every customer was computed."}, d.computeValue(authz.System(ctx, "compute value"), who.Company, d.today(ctx))
		})},
	}
}

// strategies are what to do in each field of the value matrix: how often, how much.
var strategies = map[[2]bool]report.Cell{{true, true}: report.Pill("Often and much: keep, one-to-one", "violet"), {true, false}: report.Pill("Often and little: sell more at a time", "info"),
	{false, true}: report.Pill("Seldom and much: find the next need", "warn"), {false, false}: report.Pill("Seldom and little: serve at low cost", "neutral")}

func (d *desk) runValue(ctx context.Context, in *valueIn) (*report.Result, error) {
	weights := domain.DefaultWeights()
	if in.Model != 0 {
		m, err := d.models.Store.Get(ctx, in.Model)
		if err != nil {
			return nil, err
		}
		weights = m.Weights
	}
	list, err := d.sql.Ranking(ctx, in.Dept, weights, 300)
	if err != nil {
		return nil, err
	}
	buying, rfm, err := d.sql.Repurchase(ctx, in.Dept)
	if err != nil {
		return nil, err
	}
	curve, err := d.sql.ValueCurve(ctx, in.Dept, d.today(ctx).AddMonths(-24))
	if err != nil {
		return nil, err
	}
	var orders int
	var amount money.Amount
	for _, w := range list {
		orders, amount = orders+w.Orders, amount.Add(w.Average)
	}
	n := money.Units(int64(len(list))).Number() // a value is above the average when n times it is above the sum
	t := report.Table{Key: "ranking", Title: "Ranking", Empty: "No customer has ordered yet, or nothing was computed.", Cols: []report.Col{{Key: "customer", Label: "Customer", Kind: resource.KRef}, {Key: "score", Label: "Score", Kind: resource.KQuantity}, {Key: "class", Label: "Value class"},
		{Key: "margin", Label: "Margin in 12 months", Kind: resource.KMoney}, {Key: "clv", Label: "Lifetime value", Kind: resource.KMoney}, {Key: "rfm", Label: "R F M"}, {Key: "kind", Label: "Segment"}, {Key: "health", Label: "Health", Kind: resource.KInt},
		{Key: "next", Label: "Next order expected", Kind: resource.KDate}, {Key: "strategy", Label: "Strategy"}}}
	for _, w := range list {
		health, next := report.Cell{Kind: resource.KInt}, report.Day(w.NextOn)
		if w.Health != nil {
			health = report.Count(*w.Health)
		}
		late := w.GapDays != nil && !w.NextOn.IsZero() && float64(w.Days) > 1.5**w.GapDays
		if late {
			next = next.In("bad")
		}
		t.Rows = append(t.Rows, report.Row{Ref: customerRef(w.ID), Late: late, Cells: []report.Cell{report.Doc(customerRef(w.ID), w.No+" "+w.Name), {Kind: resource.KQuantity, Text: fmt.Sprintf("%.1f", w.Score)}, classCell(w.Class), report.Money(w.YearMargin), report.Money(w.Clv),
			report.Text(fmt.Sprintf("%d %d %d", w.R, w.F, w.M)), report.Word(rfmLabels[w.RFM]), health, next, strategies[[2]bool{w.Orders*len(list) >= orders, !w.Average.Number().Mul(n).LessThan(amount.Number())}]}})
	}
	s := report.Table{Key: "rfm", Title: "Recency, frequency and value", Empty: "Nothing was computed yet.", Cols: []report.Col{{Key: "segment", Label: "Segment"}, {Key: "n", Label: "Customers", Kind: resource.KInt}}}
	for _, k := range []string{"champion", "new", "regular", "at_risk_loyal", "hibernating"} {
		if rfm[k] > 0 {
			s.Rows = append(s.Rows, report.Row{Cells: []report.Cell{report.Word(rfmLabels[k]), report.Count(rfm[k])}})
		}
	}
	v := report.Table{Key: "curve", Title: "Value over time", Empty: "The first month is still running.", Cols: []report.Col{{Key: "month", Label: "Month", Kind: resource.KDate}, {Key: "margin", Label: "Margin in 12 months", Kind: resource.KMoney}, {Key: "clv", Label: "Lifetime value", Kind: resource.KMoney}, {Key: "n", Label: "Customers", Kind: resource.KInt}, {Key: "a", Label: "Class A", Kind: resource.KInt}}}
	for _, c := range curve {
		v.Rows = append(v.Rows, report.Row{Cells: []report.Cell{report.Day(c.Month), report.Money(c.Margin), report.Money(c.Clv), report.Count(c.N), report.Count(c.A)}})
	}
	return &report.Result{Tiles: []report.Tile{{Key: "buyers", Label: "Customers who bought", Value: report.Count(buying.Buyers)}, {Key: "repurchase", Label: "Repurchase rate", Value: share(buying.Again, buying.Buyers)},
		{Key: "frequency", Label: "Orders a customer", Value: frequency(buying.Orders, buying.Buyers)}},
		Charts: []report.Chart{{Kind: report.Trend, Title: "Value over time", Say: "Margin and lifetime value by month", Table: "curve", Label: "month", Series: []report.Series{{Col: "margin", Kind: "bar"}, {Col: "clv", Kind: "line"}}}},
		Tables: []report.Table{t, s, v}}, nil
}

// frequency is orders a customer, empty without customers.
func frequency(orders, buyers int64) report.Cell {
	if buyers == 0 {
		return report.Cell{Kind: resource.KQuantity}
	}
	return report.Number(money.Units(orders).Number().DivRound(money.Units(buyers).Number(), 2))
}
