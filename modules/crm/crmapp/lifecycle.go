package crmapp

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"meridian/modules/crm"
	"meridian/modules/crm/internal/domain"
	"meridian/modules/crm/internal/store"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/report"
	"meridian/platform/resource"
)

// cycle adds the life cycle and the plan that stands on it (CRM-06, CRM-07).
func (d *desk) cycle() {
	d.plans = &domain.ResourcePlans{Store: db.NewStore[domain.ResourcePlan](d.p.DB, "crm.resource_plan"),
		Within: func(dept int64) []int64 { return d.p.Authz.Directory().Subtree(dept) },
		Partners: func(ctx context.Context, id int64) (*domain.Partner, error) {
			return d.partners.Store.Get(authz.System(ctx, "partner of a resource plan"), id)
		}}
	resource.Register(d.p.Types, d.plans.Declare())
	report.Register(d.p.Reports, d.lifecycle())
	report.Register(d.p.Reports, d.resourcePlan())
}

type cycleIn struct {
	periodIn
	By string
}

// lifecycle shows who moved where, and how many of those who entered a state went on.
func (d *desk) lifecycle() *report.Report[cycleIn] {
	return &report.Report[cycleIn]{
		Name: "crm.lifecycle", Label: "Life cycle of customers", Icon: "arrows-right-left", Perm: "crm.lifecycle:read", Home: []string{"ltc.manager"},
		Help: "The matrix counts each customer once, by the state before the period and at its end. Conversion follows everybody who first entered a state in the period, whenever they went on: skipping a state counts, the lost stay in the count. Cohorts that are still maturing will rise.",
		Form: resource.Fields[cycleIn]{
			resource.Date("from", "From", func(in *cycleIn) *date.Date { return &in.From }), resource.Date("to", "To", func(in *cycleIn) *date.Date { return &in.To }),
			deptForm(func(in *cycleIn) *int64 { return &in.Dept }),
			resource.Enum("by", "Cohorts by", func(in *cycleIn) *string { return &in.By }, resource.Option{Value: "month", Label: "Month"}, resource.Option{Value: "owner", Label: "Owner"}, resource.Option{Value: "source", Label: "Source"},
				resource.Option{Value: "region", Label: "Region"}, resource.Option{Value: "dept", Label: "Department"}, resource.Option{Value: "class", Label: "Value class"}),
		},
		Default: func(ctx context.Context, in *cycleIn) error {
			today := d.today(ctx)
			in.From, in.To, in.By = today.MonthStart(), today, "month"
			return nil
		},
		Run: d.runLifecycle,
	}
}

// outside are the states beside the ladder.
var outside = []crm.Lifecycle{crm.Dormant, crm.AtRisk, crm.Lost, crm.Merged}

func (d *desk) runLifecycle(ctx context.Context, in *cycleIn) (*report.Result, error) {
	flows, err := d.sql.Flows(ctx, in.Dept, in.From, in.To)
	if err != nil {
		return nil, err
	}
	policy, err := d.policies.Mine(ctx, in.Dept)
	if err != nil {
		return nil, err
	}
	whole, err := d.sql.Steps(ctx, domain.Unit{Dept: in.Dept}, in.From, in.To, "", policy.MatureDays)
	if err != nil {
		return nil, err
	}
	parts, err := d.sql.Steps(ctx, domain.Unit{Dept: in.Dept}, in.From, in.To, in.By, policy.MatureDays)
	if err != nil {
		return nil, err
	}
	up := int64(0)
	for _, f := range flows {
		a, z := slices.Index(domain.Ladder, f.From), slices.Index(domain.Ladder, f.To)
		if z > a && (a >= 0 || z > 0) && f.From != "" {
			up += f.N
		}
	}
	return &report.Result{Tiles: []report.Tile{{Key: "moved_up", Label: "Moved to a later state", Value: report.Count(up)}},
		Charts: []report.Chart{{Kind: report.Funnel, Title: "Conversion by state", Say: "How many customers entered each state in the period", Table: "steps", Label: "stage", Series: []report.Series{{Col: "entered", Kind: "bar"}}}},
		Tables: []report.Table{flowTable(flows), d.stepTable(whole), d.cohortTable(parts, in.By)}}, nil
}

// flowTable is the matrix of states before and after, with the bridge from the opening
// to the closing stock.
func flowTable(flows []store.Flow) report.Table {
	stages := append(slices.Clone(domain.Ladder), outside...)
	t := report.Table{Key: "flow", Title: "Who moved where", Empty: "No customers.", Cols: []report.Col{{Key: "from", Label: "Before"}, {Key: "opening", Label: "Opening count", Kind: resource.KInt}}}
	for _, z := range stages {
		t.Cols = append(t.Cols, report.Col{Key: "to_" + string(z), Label: domain.StageLabels[z], Kind: resource.KInt})
	}
	n := map[[2]crm.Lifecycle]int64{}
	closing := make([]int64, len(stages))
	for _, f := range flows {
		n[[2]crm.Lifecycle{f.From, f.To}] = f.N
	}
	for _, a := range append([]crm.Lifecycle{""}, stages...) {
		label := "New in the period"
		if a != "" {
			label = domain.StageLabels[a]
		}
		cells, opening := make([]report.Cell, len(stages)), int64(0)
		for i, z := range stages {
			x := n[[2]crm.Lifecycle{a, z}]
			opening, closing[i] = opening+x, closing[i]+x
			if x != 0 {
				cells[i] = report.Count(x)
			}
		}
		if opening == 0 {
			continue
		}
		t.Rows = append(t.Rows, report.Row{Cells: append([]report.Cell{report.Word(label), report.Count(opening)}, cells...)})
	}
	t.Foot = []report.Cell{report.Word("Closing count"), report.None()}
	for i, z := range stages {
		t.Foot = append(t.Foot, report.Count(closing[i]).Link("/crm/customer?stage="+string(z)))
	}
	return t
}

// lag is a median number of days, empty when nobody went on yet.
func lag(days *float64) report.Cell {
	if days == nil {
		return report.Cell{Kind: resource.KQuantity}
	}
	return report.Cell{Kind: resource.KQuantity, Text: strconv.FormatFloat(*days, 'f', 1, 64)}
}

func (d *desk) stepTable(steps []domain.Step) report.Table {
	t := report.Table{Key: "steps", Title: "Conversion by state", Empty: "Nobody entered a state in this period.", Cols: []report.Col{{Key: "stage", Label: "State"}, {Key: "entered", Label: "Entered", Kind: resource.KInt}, {Key: "reached", Label: "Went on", Kind: resource.KInt},
		{Key: "rate", Label: "Conversion", Kind: resource.KPercent}, {Key: "open", Label: "Still open", Kind: resource.KPercent}, {Key: "lag", Label: "Median days", Kind: resource.KQuantity}, {Key: "maturing", Label: "Cohort"}}}
	for _, s := range steps {
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{report.Word(domain.StageLabels[domain.Ladder[s.K-1]]), report.Count(s.Entered), report.Count(s.Reached), share(s.Reached, s.Entered), share(s.Open, s.Entered), lag(s.Lag), cohort(s)}})
	}
	return t
}

// cohort says whether more of a cohort is still to be expected.
func cohort(s domain.Step) report.Cell {
	if s.Maturing > 0 {
		return report.Pill("Maturing", "warn")
	}
	return report.Pill("Mature", "ok")
}

func (d *desk) cohortTable(steps []domain.Step, by string) report.Table {
	t := report.Table{Key: "cohorts", Title: "Conversion by cohort", Empty: "Nobody entered a state in this period.", Cols: []report.Col{{Key: "group", Label: "Cohort"}, {Key: "stage", Label: "State"}, {Key: "entered", Label: "Entered", Kind: resource.KInt},
		{Key: "reached", Label: "Went on", Kind: resource.KInt}, {Key: "rate", Label: "Conversion", Kind: resource.KPercent}, {Key: "open", Label: "Still open", Kind: resource.KPercent}, {Key: "maturing", Label: "Cohort"}}}
	for _, s := range steps {
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{d.groupCell(by, s.Group), report.Word(domain.StageLabels[domain.Ladder[s.K-1]]), report.Count(s.Entered), report.Count(s.Reached), share(s.Reached, s.Entered), share(s.Open, s.Entered), cohort(s)}})
	}
	return t
}

// groupCell names a group: a person, a department, a word or the value itself.
func (d *desk) groupCell(by, group string) report.Cell {
	id, _ := strconv.ParseInt(group, 10, 64)
	switch {
	case by == "owner":
		return report.Person(id)
	case by == "dept":
		if u := d.p.Authz.Directory().Departments[id]; u != nil {
			return report.Text(u.Name)
		}
		return report.Text(group)
	case group == "":
		return report.Word("None")
	}
	return report.Text(group)
}

// resourcePlan compares every plan of a period with what its unit has.
func (d *desk) resourcePlan() *report.Report[periodIn] {
	return &report.Report[periodIn]{
		Name: "crm.resource_gap", Label: "Customer resource plan and gap", Icon: "target", Perm: "crm.resource_plan:read", Home: []string{"ltc.manager"},
		Help: "Signed customers needed are the target over the average deal; each state before is what its conversion rate asks for. Rates are those of the plan or of the unit's last twelve months, steadied by the whole company. What a unit has counts who stands in a state, who went on in the period and who is expected from the state before. The customers of a product are those whose deals name it, those of a partner's team come from its deals and registrations. The total leaves out what a wider plan of the same time holds already.",
		Form: periodForm(),
		Default: func(ctx context.Context, in *periodIn) error {
			y := d.today(ctx).Year()
			in.From, in.To = date.New(y, 1, 1), date.New(y, 12, 31)
			return nil
		},
		Run:      d.runResourcePlan,
		Commands: []report.Command{report.Do("publish", "Publish the gap", "crm.resource_plan:update", idForm("plan", "Customer resource plan"), d.publishGap).OnRows()},
	}
}

// measured is a plan with the rates and needs in force.
type measured struct {
	plan  domain.ResourcePlan
	rates [3]money.Decimal
	needs []domain.StageNeed
}

// unitOf says whose customers a plan counts. Of a product they are those a deal names it
// for, of a partner those of its deals and registrations; of both, those of its deals that
// name the product.
func (d *desk) unitOf(ctx context.Context, p *domain.ResourcePlan) (domain.Unit, error) {
	u := domain.Unit{Dept: p.UnitDeptID, Region: p.Region, Named: p.ProductID != nil || p.PartnerID != nil}
	if !u.Named {
		return u, nil
	}
	ctx = authz.System(ctx, "customers of a unit") // the reader counts those of them it may see
	deals := map[string][]string{}
	if p.ProductID != nil {
		deals["product_id"] = []string{digits(*p.ProductID)}
	}
	if p.PartnerID != nil {
		partner, err := d.partners.Store.Get(ctx, *p.PartnerID)
		if err != nil {
			return u, err
		}
		if p.ProductID == nil {
			if u.IDs, err = d.sql.RegisteredBy(ctx, partner.ID); err != nil {
				return u, err
			}
		}
		if partner.CustomerID == nil { // no deal can name it yet
			return u, nil
		}
		deals["partner_id"] = []string{digits(*partner.CustomerID)}
	}
	named, err := d.inDeals(ctx, deals)
	u.IDs = append(u.IDs, named...)
	return u, err
}

// inDeals lists the customers of the deals that filters choose.
func (d *desk) inDeals(ctx context.Context, filters map[string][]string) (out []int64, err error) {
	for _, name := range d.deals {
		doc, err := d.p.Types.Doc(name)
		if err != nil {
			return nil, err
		}
		groups, err := doc.Groups(ctx, resource.ListQuery{Filters: filters}, "customer_id", "")
		if err != nil {
			return nil, fmt.Errorf("customers of %s: %w", name, err)
		}
		for _, g := range groups {
			if g.Key != "" { // the customer is not known yet
				out = append(out, atoi(g.Key))
			}
		}
	}
	return out, nil
}

// unitCell names the unit of a plan.
func (d *desk) unitCell(ctx context.Context, p *domain.ResourcePlan) (report.Cell, error) {
	c := d.groupCell("dept", digits(p.UnitDeptID))
	if p.Region != "" {
		c.Text += " " + p.Region
	}
	for _, x := range []struct {
		typ string
		id  *int64
	}{{"ipd.product", p.ProductID}, {"crm.partner", p.PartnerID}} {
		if x.id == nil {
			continue
		}
		doc, err := d.p.Types.Doc(x.typ)
		if err != nil {
			return c, err
		}
		titles, err := doc.Titles(ctx, []int64{*x.id})
		if err != nil {
			return c, err
		}
		c.Text += " · " + titles[*x.id]
	}
	c.Href = d.plans.Type.Ref(p.ID).Path()
	return c, nil
}

// measure works a plan out for a reader.
func (d *desk) measure(ctx context.Context, p domain.ResourcePlan) (measured, error) {
	m := measured{plan: p, rates: [3]money.Decimal{p.ToPotential.Number(), p.ToDeal.Number(), p.ToSignature.Number()}}
	policy, err := d.policies.Of(ctx, p.CompanyID)
	if err != nil {
		return m, err
	}
	today := d.today(ctx)
	unit, err := d.unitOf(ctx, &p)
	if err != nil {
		return m, err
	}
	own, err := d.sql.Steps(ctx, unit, today.AddMonths(-12), today, "", policy.MatureDays)
	if err != nil {
		return m, err
	}
	whole, err := d.sql.Steps(authz.System(ctx, "conversion of the company"), domain.Unit{}, today.AddMonths(-12), today, "", policy.MatureDays)
	if err != nil {
		return m, err
	}
	var lags [3]*float64
	for i := range 3 { // target, potential, opportunity are places 2, 3, 4 of the ladder
		o, w := stepAt(own, i+2), stepAt(whole, i+2)
		if lags[i] = o.Lag; lags[i] == nil {
			lags[i] = w.Lag
		}
		if m.rates[i].IsZero() {
			all := domain.Shrink(w.Reached, w.Entered, money.Decimal{}, 0)
			m.rates[i] = domain.Shrink(o.Reached, o.Entered, all, policy.Shrink)
		}
	}
	stocks, err := d.sql.Stocks(ctx, unit, p.FromOn)
	if err != nil {
		return m, err
	}
	stock, advanced := map[crm.Lifecycle]int64{}, map[crm.Lifecycle]int64{}
	for _, s := range stocks {
		stock[s.Stage], advanced[s.Stage] = s.N, s.Advanced
	}
	m.needs = domain.Compare(domain.Break(p.Target, p.AverageDeal, m.rates), stock, advanced, m.rates, lags, p.ToOn)
	return m, nil
}

func stepAt(steps []domain.Step, k int) domain.Step {
	for _, s := range steps {
		if s.K == k {
			return s
		}
	}
	return domain.Step{}
}

func (d *desk) runResourcePlan(ctx context.Context, in *periodIn) (*report.Result, error) {
	q := record.Query{Where: []record.Cond{{Col: "from_on", Op: record.Le, Val: in.To}, {Col: "to_on", Op: record.Ge, Val: in.From}}, Sort: []record.Sort{{Col: "from_on"}}, Limit: 200}
	if in.Dept != 0 {
		q.Where = append(q.Where, record.Cond{Col: "unit_dept_id", Op: record.In, Val: d.p.Authz.Directory().Subtree(in.Dept)})
	}
	plans, err := d.plans.Store.Find(ctx, q)
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "plans", Title: "Customers needed", Empty: "There is no resource plan for this period.", Cols: []report.Col{{Key: "unit", Label: "Unit"}, {Key: "until", Label: "Until", Kind: resource.KDate}, {Key: "target", Label: "Revenue target", Kind: resource.KMoney},
		{Key: "signed", Label: "Signed", Kind: resource.KInt}, {Key: "to_signature", Label: "Opportunities that sign", Kind: resource.KPercent}, {Key: "opportunity", Label: "Opportunity", Kind: resource.KInt}, {Key: "to_deal", Label: "Potential customers that get a deal", Kind: resource.KPercent},
		{Key: "potential", Label: "Potential", Kind: resource.KInt}, {Key: "to_potential", Label: "Target customers that become potential", Kind: resource.KPercent}, {Key: "customers", Label: "Target customers", Kind: resource.KInt}}}
	g := report.Table{Key: "gaps", Title: "Gap", Empty: "There is no resource plan for this period.", Cols: []report.Col{{Key: "unit", Label: "Unit"}, {Key: "stage", Label: "State"}, {Key: "required", Label: "Required", Kind: resource.KInt}, {Key: "have", Label: "Have and expected", Kind: resource.KInt},
		{Key: "gap", Label: "Gap", Kind: resource.KInt}, {Key: "due", Label: "Needed in place by", Kind: resource.KDate}}}
	var target money.Amount
	sums := map[crm.Lifecycle]int64{}
	for _, p := range plans {
		m, err := d.measure(ctx, p)
		if err != nil {
			return nil, err
		}
		ref := d.plans.Type.Ref(p.ID)
		unit, err := d.unitCell(ctx, &p)
		if err != nil {
			return nil, err
		}
		part := slices.ContainsFunc(plans, func(w domain.ResourcePlan) bool {
			return w.ID != p.ID && d.plans.Covers(&w, &p) && (w.ID < p.ID || !d.plans.Covers(&p, &w))
		})
		need := map[crm.Lifecycle]report.Cell{}
		for _, n := range m.needs {
			short := report.None()
			if !n.Unknown {
				need[n.Stage], short = report.Count(n.Required), report.Count(n.Short())
			}
			if !part {
				sums[n.Stage] += n.Required
			}
			g.Rows = append(g.Rows, report.Row{Late: n.Short() > 0 && !n.DueOn.IsZero() && n.DueOn.Before(d.today(ctx)), Cells: []report.Cell{unit, report.Word(domain.StageLabels[n.Stage]), need[n.Stage], report.Count(n.Have), short, report.Day(n.DueOn)}})
		}
		if !part {
			target = target.Add(p.Target)
		}
		rate := func(i int) report.Cell {
			return report.Cell{Kind: resource.KPercent, Text: m.rates[i].Round(6).String()}
		}
		t.Rows = append(t.Rows, report.Row{Ref: ref, Cells: []report.Cell{unit, report.Day(p.ToOn), report.Money(p.Target), need[crm.Signed], rate(2), need[crm.Opportunity], rate(1),
			need[crm.Potential], rate(0), need[crm.Target]}, Acts: []report.Act{{Command: "publish", Values: resource.Values{"plan": digits(p.ID)}}}})
	}
	if len(plans) > 0 {
		t.Foot = []report.Cell{report.Word("Total"), report.None(), report.Money(target), report.Count(sums[crm.Signed]), report.None(), report.Count(sums[crm.Opportunity]), report.None(), report.Count(sums[crm.Potential]), report.None(), report.Count(sums[crm.Target])}
	}
	return &report.Result{Tables: []report.Table{t, g}}, nil
}

// publishGap stores the gap of a plan as a version and tells marketing and sales.
func (d *desk) publishGap(ctx context.Context, in *numberIn) (report.Done, error) {
	var version int
	err := d.p.DB.Tx(ctx, func(ctx context.Context) error {
		p, err := d.plans.Store.Lock(ctx, in.ID)
		if err != nil {
			return err
		}
		if !d.p.Authz.Covers(ctx, "crm.resource_plan", "update", &p.Base) {
			return errs.New(errs.Forbidden, "You may see this record but not change it.")
		}
		m, err := d.measure(ctx, *p)
		if err != nil {
			return err
		}
		if version, err = d.sql.PublishGap(ctx, p.ID, m.needs); err != nil {
			return fmt.Errorf("publish the gap of %s: %w", p.No, err)
		}
		e := crm.ResourceGapPublished{Plan: d.plans.Type.Ref(p.ID), Version: version, Dept: p.UnitDeptID, Region: p.Region, From: p.FromOn, To: p.ToOn, By: authz.Actor(ctx)}
		if p.ProductID != nil {
			e.Product = *p.ProductID
		}
		if p.PartnerID != nil {
			e.Partner = crm.PartnerID(*p.PartnerID)
		}
		for _, n := range m.needs {
			e.States = append(e.States, crm.StateGap{State: n.Stage, Required: n.Required, Have: n.Have, Gap: n.Short(), DueOn: n.DueOn})
		}
		return d.p.Bus.Publish(ctx, e)
	})
	return report.Done{Message: "Version {0} of the gap is published.", Args: []any{version}}, err
}
