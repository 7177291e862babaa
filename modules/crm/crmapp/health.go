package crmapp

import (
	"context"
	"fmt"

	"meridian/modules/crm/internal/domain"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/report"
	"meridian/platform/resource"
)

// caring adds health, churn and risk cases (CRM-13).
func (d *desk) caring() {
	d.facts = &domain.Facts{Book: d.sql, Customers: d.customers}
	d.risks = &domain.Risks{Store: db.NewStore[domain.RiskCase](d.p.DB, "crm.risk_case"), Customers: d.customers, Policies: d.policies, Today: d.today}
	resource.Register(d.p.Types, d.risks.Declare())
	report.Register(d.p.Reports, d.health())
	report.Register(d.p.Reports, d.churn())
	d.job("crm.health", "Measure the health of customers and open risk cases", "10 2 * * *", d.measureHealth)
	d.job("crm.health_due", "Measure the health of customers something happened to", "@every 30s", d.measureDue)
}

// dueAtOnce is how many customers one transaction measures anew.
const dueAtOnce = 2000

// measureDue scores the customers other modules told something of since the last time.
func (d *desk) measureDue(ctx context.Context, company int64, day date.Date) error {
	policies, err := d.policies.Everywhere(ctx, company)
	if err != nil {
		return err
	}
	for more := true; more; {
		err := d.p.DB.Tx(ctx, func(ctx context.Context) error {
			ids, err := d.sql.TakeHealthDue(ctx, company, dueAtOnce)
			if more = len(ids) == dueAtOnce; err != nil || len(ids) == 0 {
				return err
			}
			return d.measureAll(ctx, company, ids, day, policies)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// churnRule is the sentence of the rule on its cases.
const churnRule = "Silence without an open order"

// measureHealth scores every customer of a company in one statement, then opens a case
// for each the churn rule holds for.
func (d *desk) measureHealth(ctx context.Context, company int64, day date.Date) error {
	policies, err := d.policies.Everywhere(ctx, company)
	if err != nil {
		return err
	}
	if err := d.p.DB.Tx(ctx, func(ctx context.Context) error { return d.measureAll(ctx, company, nil, day, policies) }); err != nil {
		return err
	}
	list, err := d.sql.Churning(ctx, company, 1000)
	if err != nil {
		return err
	}
	for _, h := range list {
		silence := "?"
		if h.Days != nil {
			silence = fmt.Sprint(*h.Days)
		}
		evidence := fmt.Sprintf("%s d / %d × 30 d / %d × 3 m / %d × 6 m / %d", silence, h.Contacts, h.Orders, h.Complaints, h.Score)
		err := d.p.DB.Tx(ctx, func(ctx context.Context) error {
			ctx = authz.System(ctx, "churn rule")
			if err := d.risks.Open(ctx, h.ID, churnRule, evidence, h.Score); err != nil {
				return err
			}
			people := d.p.Authz.Directory().Holders("crm.success", company, 0, true)
			return d.tell(ctx, append(people, h.OwnerID), "risk", "{0} may be lost: {1} days of silence and no open order.", []any{h.Name, silence}, h.ID)
		})
		if err != nil {
			return fmt.Errorf("risk of customer %d: %w", h.ID, err)
		}
	}
	return nil
}

// measureAll measures the customers of every branch by the policy in force there.
func (d *desk) measureAll(ctx context.Context, company int64, ids []int64, day date.Date, policies []domain.PolicyReach) error {
	for i := range policies {
		if err := d.sql.Measure(ctx, company, ids, day, &policies[i]); err != nil {
			return err
		}
	}
	return nil
}

var grades = map[string]report.Cell{"low": report.Pill("Low risk", "ok"), "medium": report.Pill("Medium risk", "warn"), "high": report.Pill("High risk", "bad")}

type healthIn struct {
	Dept  int64
	Grade string
}

// health is the grid of scores with what would help.
func (d *desk) health() *report.Report[healthIn] {
	return &report.Report[healthIn]{
		Name: "crm.health_grid", Label: "Health of customers", Icon: "heart", Perm: "crm.customer:read", Home: []string{"crm.success"},
		Help: "100 points: last contact, contacts a month against the follow-up standard, orders of three months, complaints of six months, need match; twenty each. Low risk from 90, high below 60 or when the churn rule holds. The suggestion follows from the two weakest parts.",
		Form: resource.Fields[healthIn]{deptForm(func(in *healthIn) *int64 { return &in.Dept }), resource.Enum("grade", "Risk", func(in *healthIn) *string { return &in.Grade },
			resource.Option{Value: "high", Label: "High risk"}, resource.Option{Value: "medium", Label: "Medium risk"}, resource.Option{Value: "low", Label: "Low risk"})},
		Run: d.runHealth,
		Commands: []report.Command{report.Do("measure", "Measure now", "crm.health_grid:measure", resource.Fields[struct{}]{}, func(ctx context.Context, _ *struct{}) (report.Done, error) {
			who, _ := authz.Of(ctx)
			return report.Done{Message: "Every customer was measured."}, d.measureHealth(authz.System(ctx, "measure health"), who.Company, d.today(ctx))
		})},
	}
}

func (d *desk) runHealth(ctx context.Context, in *healthIn) (*report.Result, error) {
	n, err := d.sql.GradeCounts(ctx, in.Dept)
	if err != nil {
		return nil, err
	}
	list, err := d.sql.Healths(ctx, in.Dept, in.Grade, 300)
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "grid", Title: "Health of customers", Empty: "No customer was measured yet.", Cols: []report.Col{{Key: "customer", Label: "Customer", Kind: resource.KRef}, {Key: "days", Label: "Days since the last contact", Kind: resource.KInt},
		{Key: "contacts", Label: "Contacts a month", Kind: resource.KInt}, {Key: "orders", Label: "Orders in 3 months", Kind: resource.KInt}, {Key: "complaints", Label: "Complaints in 6 months", Kind: resource.KInt}, {Key: "fit", Label: "Need match"},
		{Key: "parts", Label: "Parts", Minor: true}, {Key: "score", Label: "Health", Kind: resource.KInt}, {Key: "risk", Label: "Risk"}, {Key: "first", Label: "Suggestion"}, {Key: "second", Label: "Then"}}}
	policy, err := d.policies.Mine(ctx, in.Dept)
	if err != nil {
		return nil, err
	}
	for _, h := range list {
		days := report.Cell{Kind: resource.KInt}
		if h.Days != nil {
			days = report.Count(*h.Days)
		}
		fit := map[string]report.Cell{"high": report.Word("High"), "medium": report.Word("Medium"), "low": report.Word("Low"), "": report.Word("Unknown")}[h.NeedFit]
		advice := []report.Cell{report.None(), report.None()}
		for i, p := range domain.Weakest([]float64{h.R, h.Q, h.O, h.C, h.D}) {
			advice[i] = report.Word(domain.Advice(p), policy.TaskDays)
		}
		t.Rows = append(t.Rows, report.Row{Ref: customerRef(h.ID), Late: h.Grade == "high", Cells: []report.Cell{report.Doc(customerRef(h.ID), h.No+" "+h.Name), days, report.Count(h.Contacts), report.Count(h.Orders), report.Count(h.Complaints), fit,
			report.Text(fmt.Sprintf("%g + %g + %g + %g + %g", h.R, h.Q, h.O, h.C, h.D)), report.Count(h.Score), grades[h.Grade], advice[0], advice[1]}})
	}
	return &report.Result{Tiles: []report.Tile{{Key: "high", Label: "High risk", Value: report.Count(n.High)}, {Key: "medium", Label: "Medium risk", Value: report.Count(n.Medium)}, {Key: "low", Label: "Low risk", Value: report.Count(n.Low)},
		{Key: "average", Label: "Average health", Value: report.Count(n.Average)}}, Tables: []report.Table{t}}, nil
}

// churn shows who left, why, and how well rule and grades foresaw it.
func (d *desk) churn() *report.Report[periodIn] {
	return &report.Report[periodIn]{
		Name: "crm.churn", Label: "Churn and risk cases", Icon: "trending-down", Perm: "crm.churn:read",
		Help: "Monthly churn is customers lost in the month over those at its start; above 10 % is an alarm, the goal is below 5 %. Precision is the share of decided cases that were no false alarm; recall the share of lost customers that had a case before.",
		Form: periodForm(), Default: func(ctx context.Context, in *periodIn) error {
			in.To = d.today(ctx)
			m := in.To.AddMonths(-11)
			in.From = m.MonthStart()
			return nil
		}, Run: d.runChurn,
	}
}

func (d *desk) runChurn(ctx context.Context, in *periodIn) (*report.Result, error) {
	first := in.From.MonthStart()
	months := max(1, min(36, (in.To.Year()-first.Year())*12+int(in.To.Month())-int(first.Month())+1))
	list, err := d.sql.Churns(ctx, in.Dept, first, months)
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "months", Title: "Monthly churn", Cols: []report.Col{{Key: "month", Label: "Month", Kind: resource.KDate}, {Key: "start", Label: "Customers at the start", Kind: resource.KInt}, {Key: "lost", Label: "Lost", Kind: resource.KInt}, {Key: "churn", Label: "Churn", Kind: resource.KPercent}, {Key: "state", Label: "State"}}}
	for _, m := range list {
		state := report.None()
		switch {
		case m.Start == 0:
		case m.Lost*10 > m.Start:
			state = report.Pill("Alarm", "bad")
		case m.Lost*20 >= m.Start:
			state = report.Pill("Above the goal", "warn")
		default:
			state = report.Pill("On goal", "ok")
		}
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{report.Day(m.Month), report.Count(m.Start), report.Count(m.Lost), share(m.Lost, m.Start), state}})
	}
	q, err := d.sql.Quality(ctx, in.Dept, in.From, in.To)
	if err != nil {
		return nil, err
	}
	causes, err := d.sql.ChurnCauses(ctx, in.Dept, in.From, in.To)
	if err != nil {
		return nil, err
	}
	c := report.Table{Key: "causes", Title: "Causes", Empty: "No risk case was closed with a cause.", Cols: []report.Col{{Key: "cause", Label: "Cause"}, {Key: "lost", Label: "Lost", Kind: resource.KInt}, {Key: "saved", Label: "Saved", Kind: resource.KInt}}}
	for _, x := range causes {
		c.Rows = append(c.Rows, report.Row{Cells: []report.Cell{report.Word(causeLabel(x.Cause)), report.Count(x.Lost), report.Count(x.Saved)}})
	}
	outcomes, err := d.sql.Outcomes(ctx, in.Dept, in.To.AddDays(-90))
	if err != nil {
		return nil, err
	}
	o := report.Table{Key: "outcomes", Title: "What became of the grades of 90 days ago", Empty: "No customer was graded 90 days ago.", Cols: []report.Col{{Key: "risk", Label: "Risk"}, {Key: "n", Label: "Customers", Kind: resource.KInt}, {Key: "lost", Label: "Lost", Kind: resource.KInt}, {Key: "share", Label: "Share lost", Kind: resource.KPercent}}}
	for _, x := range outcomes {
		o.Rows = append(o.Rows, report.Row{Cells: []report.Cell{grades[x.Grade], report.Count(x.N), report.Count(x.Lost), share(x.Lost, x.N)}})
	}
	return &report.Result{Tiles: []report.Tile{{Key: "opened", Label: "Risk cases", Value: report.Count(q.Opened)}, {Key: "precision", Label: "Precision of the rule", Value: share(q.Saved+q.Lost, q.Saved+q.Lost+q.FalseAlarms)},
		{Key: "recall", Label: "Recall of the rule", Value: share(q.Foreseen, q.Left)}}, Tables: []report.Table{t, c, o}}, nil
}

func causeLabel(v string) string {
	for _, o := range domain.Causes {
		if o.Value == v {
			return o.Label
		}
	}
	return v
}
