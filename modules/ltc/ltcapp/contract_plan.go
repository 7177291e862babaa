package ltcapp

import (
	"context"
	"fmt"

	"meridian/platform/date"
	"meridian/platform/jobs"
	"meridian/platform/money"
	"meridian/platform/report"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// dueUntil is the input of the board of plan lines.
type dueUntil struct {
	Until date.Date
	Kind  string
}

// plans registers the board of what contracts ask for and its nightly review.
func (c *cash) plans() {
	kinds := []resource.Option{{Value: "deliver", Label: "Deliver"}, {Value: "accept", Label: "Acceptance"}, {Value: "invoice", Label: "Invoice"}, {Value: "collect", Label: "Collect"}}
	report.Register(c.p.Reports, &report.Report[dueUntil]{
		Name: "ltc.plan_board", Label: "Instalments due", Icon: "timeline-event", Perm: "ltc.contract:read", Home: []string{"ltc.rep", "ltc.manager"},
		Help: "What running contracts ask for until a day: deliveries, acceptances, invoices and payments, and why each is due. Below, how much of each contract is collected.",
		Form: resource.Fields[dueUntil]{
			resource.Date("until", "Until", func(d *dueUntil) *date.Date { return &d.Until }),
			resource.Enum("kind", "Kind", func(d *dueUntil) *string { return &d.Kind }, kinds...),
		},
		Default: func(ctx context.Context, d *dueUntil) error { d.Until = c.ports.Today(ctx).AddDays(14); return nil },
		Run: func(ctx context.Context, in *dueUntil) (*report.Result, error) {
			return c.planBoard(ctx, in, kinds)
		},
	})
	c.p.Jobs.Add(jobs.Job{Name: "ltc.plans", Label: "Bring plans of contracts up to date and remind", Spec: "20 0 * * *", Run: func(ctx context.Context) error {
		return c.eachCompany(ctx, func(ctx context.Context, day date.Date) error {
			_, err := c.contracts.RefreshPlans(ctx, day)
			return err
		})
	}})
}

// acceptance registers the job that takes silence and delivery for acceptance where the
// contract says so.
func (c *cash) acceptance() {
	c.p.Jobs.Add(jobs.Job{Name: "ltc.deemed", Label: "Accept what is deemed accepted", Spec: "35 * * * *", Run: func(ctx context.Context) error {
		return c.eachCompany(ctx, func(ctx context.Context, day date.Date) error {
			_, err := c.acceptances.Deem(ctx, day)
			return err
		})
	}})
}

// DeemAccepted accepts what is deemed accepted by a day for the actor's company; the
// hourly job calls it. It returns how many acceptances it was.
func (m *Module) DeemAccepted(ctx context.Context, day date.Date) (int, error) {
	return m.cash.acceptances.Deem(ctx, day)
}

func (c *cash) planBoard(ctx context.Context, in *dueUntil, kinds []resource.Option) (*report.Result, error) {
	today := c.ports.Today(ctx)
	word := map[string]string{}
	for _, k := range kinds {
		word[k.Value] = k.Label
	}
	rows, err := c.reports.PlanLines(ctx, in.Until, in.Kind, shown)
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "lines", Title: "Due", Empty: "Nothing is due until then.", Cols: []report.Col{{Key: "contract", Label: "Contract", Kind: resource.KRef}, {Key: "customer", Label: "Customer", Kind: resource.KRef}, {Key: "kind", Label: "Kind", Kind: resource.KText}, {Key: "due", Label: "Due on", Kind: resource.KDate},
		money2("amount", "Amount"), money2("left", "Left"), {Key: "state", Label: "Status", Kind: resource.KText}, {Key: "why", Label: "Because", Kind: resource.KText}, {Key: "owner", Label: "Owner", Kind: resource.KRef, Minor: true}}}
	var late, due money.Amount
	for _, x := range rows {
		state := report.Pill("Due", "info")
		switch {
		case x.Due.Before(today):
			state = report.Pill("Overdue", "bad")
		case x.Actual.Sign() > 0:
			state = report.Pill("In part", "violet")
		}
		left := x.Amount.Sub(x.Actual)
		if x.Kind == "collect" {
			if x.Due.Before(today) {
				late = late.Add(left)
			}
			due = due.Add(left)
		}
		why := report.Word("Planned date")
		if !x.TriggerOn.IsZero() {
			switch x.TriggerKind {
			case "accept":
				why = report.Word("Accepted on {0}", x.TriggerOn.String())
			case "deliver":
				why = report.Word("Delivered on {0}", x.TriggerOn.String())
			case "invoice":
				why = report.Word("Invoiced on {0}", x.TriggerOn.String())
			default:
				why = report.Word("Collected on {0}", x.TriggerOn.String())
			}
		}
		t.Rows = append(t.Rows, report.Row{Late: x.Due.Before(today), Ref: trace.Ref{Type: "ltc.contract", ID: x.Contract}, Cells: []report.Cell{report.Doc(trace.Ref{Type: "ltc.contract", ID: x.Contract}, x.No+" "+x.Title), report.Doc(x.Customer.Ref(), ""), report.Word(word[x.Kind]), report.Day(x.Due),
			report.Money(x.Amount), report.Money(left), state, why, report.Person(x.Owner)}})
	}
	p, err := c.progressTable(ctx, today)
	if err != nil {
		return nil, err
	}
	return &report.Result{Tiles: []report.Tile{{Key: "lines", Label: "Lines due", Value: report.Count(len(rows))}, {Key: "due", Label: "To be collected", Value: report.Money(due)}, {Key: "late", Label: "Overdue", Value: report.Money(late).In("bad")}}, Tables: []report.Table{t, p}}, nil
}

// progressTable says how much of each contract is collected and where it may be lost.
func (c *cash) progressTable(ctx context.Context, today date.Date) (report.Table, error) {
	t := report.Table{Key: "contracts", Title: "Collected by contract", Empty: "No contract is running.", Cols: []report.Col{{Key: "contract", Label: "Contract", Kind: resource.KRef}, {Key: "customer", Label: "Customer", Kind: resource.KRef}, {Key: "lines", Label: "Collected", Kind: resource.KText}, {Key: "share", Label: "Share", Kind: resource.KPercent},
		money2("amount", "Amount"), money2("late", "Overdue"), {Key: "warning", Label: "Warning", Kind: resource.KText}, {Key: "notice", Label: "Notice at the latest on", Kind: resource.KDate, Minor: true}}}
	policy, err := c.policies.Of(ctx)
	if err != nil {
		return t, err
	}
	rows, err := c.reports.Progress(ctx, today, shown)
	if err != nil {
		return t, err
	}
	for _, x := range rows {
		warning := report.None()
		switch {
		case x.LateDays > policy.WarnDays:
			warning = report.Pill("Bad-debt risk", "bad")
		case x.Broken > 0:
			warning = report.Pill("Broke a promise", "warn")
		case x.LateDays > 0:
			warning = report.Pill("Overdue", "warn")
		}
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{report.Doc(trace.Ref{Type: "ltc.contract", ID: x.Contract}, x.No+" "+x.Title), report.Doc(x.Customer.Ref(), ""), report.Text(fmt.Sprintf("%d/%d", x.Done, x.Lines)), report.Quotient(x.Collected.Number(), x.Amount.Number()), report.Money(x.Amount), report.Money(x.Late), warning, report.Day(x.NoticeOn)}})
	}
	return t, nil
}

// RefreshPlans brings the plans of the contracts of the actor's company to a day; the
// nightly job calls it. It returns how many reminders went out.
func (m *Module) RefreshPlans(ctx context.Context, day date.Date) (int, error) {
	return m.cash.contracts.RefreshPlans(ctx, day)
}
