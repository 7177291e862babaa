package crmapp

import (
	"context"
	"maps"
	"time"

	"meridian/modules/crm/internal/domain"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/report"
	"meridian/platform/resource"
)

// contacts adds what keeps people in touch with their customers (CRM-04, CRM-05).
func (d *desk) contacts() {
	report.Register(d.p.Reports, d.todaysFollowups())
	report.Register(d.p.Reports, d.discipline())
	report.Register(d.p.Reports, d.route())
}

type ownerIn struct{ Owner int64 }

// todaysFollowups is the working list of one person.
func (d *desk) todaysFollowups() *report.Report[ownerIn] {
	return &report.Report[ownerIn]{
		Name: "crm.today", Label: "Today's follow-ups", Icon: "phone", Perm: "crm.followup:read", Home: []string{"ltc.rep", "ltc.manager"},
		Help:    "What is due today or overdue, and the customers whose last contact is longer ago than their follow-up standard allows.",
		Form:    resource.Fields[ownerIn]{resource.Ref("owner_id", "Owner", func(in *ownerIn) *int64 { return &in.Owner }, "core.user")},
		Default: func(ctx context.Context, in *ownerIn) error { in.Owner = authz.Actor(ctx); return nil },
		Run:     d.runToday,
		Commands: []report.Command{
			report.Do("log", "Log the result", "crm.followup:hold", append(resource.Fields[logIn]{
				resource.Ref("followup_id", "Follow-up", func(in *logIn) *int64 { return &in.ID }, "crm.followup").Required()}, logFields()...), d.logFollowup).OnRows(),
			report.Do("plan", "Plan a follow-up", "crm.followup:create", planForm(), d.planFollowup).OnRows(),
		},
	}
}

func (d *desk) runToday(ctx context.Context, in *ownerIn) (*report.Result, error) {
	today := d.today(ctx)
	due, err := d.sql.Due(ctx, in.Owner, today, 200)
	if err != nil {
		return nil, err
	}
	who, _ := authz.Of(ctx)
	beyond, err := d.sql.BeyondStandard(ctx, who.Company, in.Owner, d.p.Now(), 100)
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "due", Title: "Due", Empty: "Nothing is due today.", Cols: []report.Col{{Key: "planned", Label: "Planned for", Kind: resource.KDate}, {Key: "customer", Label: "Customer", Kind: resource.KRef},
		{Key: "subject", Label: "Subject", Kind: resource.KRef}, {Key: "channel", Label: "Channel"}, {Key: "last", Label: "Last conclusion", Minor: true}}}
	late := 0
	for _, f := range due {
		ref := d.followups.Type.Ref(f.ID)
		over := f.PlannedOn.Before(today)
		if over {
			late++
		}
		t.Rows = append(t.Rows, report.Row{Ref: ref, Late: over, Cells: []report.Cell{report.Day(f.PlannedOn), report.Doc(customerRef(f.CustomerID), f.Customer), report.Doc(ref, f.Subject),
			report.Word(optionLabel(domain.Channels, f.Channel)), report.Text(errs.Clip(f.LastConclusion, 120))}, Acts: []report.Act{{Command: "log", Values: resource.Values{"followup_id": digits(f.ID)}}}})
	}
	b := report.Table{Key: "beyond", Title: "Longer without contact than the standard allows", Empty: "Every customer was contacted in time.", Cols: []report.Col{{Key: "customer", Label: "Customer", Kind: resource.KRef}, {Key: "stage", Label: "Stage"},
		{Key: "standard", Label: "Standard"}, {Key: "last", Label: "Last contact", Kind: resource.KTime}, {Key: "days", Label: "Days without contact", Kind: resource.KInt}, {Key: "allowed", Label: "Allowed days", Kind: resource.KInt}, {Key: "planned", Label: "Planned"}}}
	for _, c := range beyond {
		last := time.Time{}
		if c.LastTouchAt != nil {
			last = *c.LastTouchAt
		}
		planned := report.Pill("No", "bad")
		if c.Planned {
			planned = report.Pill("Yes", "ok")
		}
		b.Rows = append(b.Rows, report.Row{Ref: customerRef(c.ID), Late: !c.Planned, Cells: []report.Cell{report.Doc(customerRef(c.ID), c.No+" "+c.Name), report.Word(domain.StageLabels[c.Stage]), report.Text(c.Standard), report.Moment(last),
			report.Count(c.Days), report.Count(c.Allowed), planned}, Acts: []report.Act{{Command: "plan", Values: resource.Values{"customer_id": digits(c.ID), "planned_on": today.String(), "channel": "call"}}}})
	}
	return &report.Result{Tiles: []report.Tile{{Key: "due", Label: "Due today", Value: report.Count(len(due) - late)}, {Key: "overdue", Label: "Overdue", Value: report.Count(late)}, {Key: "beyond", Label: "Beyond the standard", Value: report.Count(len(beyond))}},
		Tables: []report.Table{t, b}}, nil
}

// logIn is the result of a follow-up, typed on the working list.
type logIn struct {
	ID                                         int64
	Conclusion, ValueGiven, Feedback, NextStep string
	NextOn                                     date.Date
	Closed, Wrong                              bool
	HeldAt                                     *time.Time
}

func logFields() resource.Fields[logIn] {
	return resource.Fields[logIn]{
		resource.LongText("conclusion", "Conclusion", func(h *logIn) *string { return &h.Conclusion }).Required(),
		resource.LongText("value_given", "Value for the customer", func(h *logIn) *string { return &h.ValueGiven }).Hint("What the customer had of this contact."),
		resource.LongText("feedback", "Feedback", func(h *logIn) *string { return &h.Feedback }).Hint("What the customer said, or how the need changed."),
		resource.Text("next_step", "Next step", func(h *logIn) *string { return &h.NextStep }),
		resource.Date("next_on", "Next contact on", func(h *logIn) *date.Date { return &h.NextOn }),
		resource.Bool("closed", "The matter is closed", func(h *logIn) *bool { return &h.Closed }),
		resource.Time("held_at", "When it was", func(h *logIn) **time.Time { return &h.HeldAt }).Hint("Empty: now. What was written down without a connection is handed in later."),
		resource.Bool("wrong", "The number or address is wrong", func(h *logIn) *bool { return &h.Wrong }).Hint("It does not exist, or reaches somebody else. It counts as empty until it is put right."),
	}
}

func (d *desk) logFollowup(ctx context.Context, in *logIn) (report.Done, error) {
	v := resource.Values{}
	maps.Copy(v, resource.Encode(logFields(), in))
	_, _, err := d.followups.Type.FireRow(ctx, in.ID, 0, "hold", v)
	return report.Done{Message: "The result is written down."}, err
}

type planIn struct {
	Customer         int64
	PlannedOn        date.Date
	Channel, Subject string
}

func planForm() resource.Fields[planIn] {
	return resource.Fields[planIn]{
		resource.Ref("customer_id", "Customer", func(in *planIn) *int64 { return &in.Customer }, "crm.customer").Required(),
		resource.Date("planned_on", "Planned for", func(in *planIn) *date.Date { return &in.PlannedOn }).Required(),
		resource.Enum("channel", "Channel", func(in *planIn) *string { return &in.Channel }, domain.Channels...).Required(),
		resource.Text("subject", "Subject", func(in *planIn) *string { return &in.Subject }).Required(),
	}
}

func (d *desk) planFollowup(ctx context.Context, in *planIn) (report.Done, error) {
	_, err := d.followups.Type.CreateRow(ctx, resource.Encode(planForm(), in))
	return report.Done{Message: "The follow-up is planned."}, err
}

type periodIn struct {
	From, To date.Date
	Dept     int64
}

func periodForm() resource.Fields[periodIn] {
	return resource.Fields[periodIn]{
		resource.Date("from", "From", func(in *periodIn) *date.Date { return &in.From }),
		resource.Date("to", "To", func(in *periodIn) *date.Date { return &in.To }),
		deptForm(func(in *periodIn) *int64 { return &in.Dept }),
	}
}

// lastDays fills a period that ends today.
func (d *desk) lastDays(n int) func(ctx context.Context, in *periodIn) error {
	return func(ctx context.Context, in *periodIn) error {
		in.To = d.today(ctx)
		in.From = in.To.AddDays(1 - n)
		return nil
	}
}

// discipline shows how teams keep what they planned.
func (d *desk) discipline() *report.Report[periodIn] {
	return &report.Report[periodIn]{
		Name: "crm.discipline", Label: "Follow-up discipline", Icon: "gauge", Perm: "crm.discipline:read",
		Help: "Timeliness is follow-ups held on or before their day over those whose day has come; dropped ones do not count. Below 80 % somebody must act, the goal is 95 %. A contact without value for the customer was held without saying what the customer had of it.",
		Form: periodForm(), Default: d.lastDays(30), Run: d.runDiscipline,
	}
}

func (d *desk) runDiscipline(ctx context.Context, in *periodIn) (*report.Result, error) {
	rows, err := d.sql.DisciplineByOwner(ctx, in.Dept, in.From, in.To, d.today(ctx), d.p.Location(ctx))
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "owners", Title: "By owner", Empty: "No follow-ups were planned in this period.", Cols: []report.Col{{Key: "owner", Label: "Owner", Kind: resource.KRef}, {Key: "due", Label: "Due", Kind: resource.KInt}, {Key: "on_time", Label: "On time", Kind: resource.KInt},
		{Key: "timeliness", Label: "Timeliness", Kind: resource.KPercent}, {Key: "state", Label: "State"}, {Key: "overdue", Label: "Overdue", Kind: resource.KInt}, {Key: "held", Label: "Held", Kind: resource.KInt},
		{Key: "no_value", Label: "Without value", Kind: resource.KInt}, {Key: "share", Label: "Share without value", Kind: resource.KPercent}}}
	var all struct{ due, onTime, held, noValue int64 }
	for _, r := range rows {
		all.due, all.onTime, all.held, all.noValue = all.due+r.Due, all.onTime+r.OnTime, all.held+r.Held, all.noValue+r.NoValue
		state := report.None()
		switch {
		case r.Due == 0:
		case r.OnTime*100 < r.Due*80:
			state = report.Pill("Act", "bad")
		case r.OnTime*100 < r.Due*95:
			state = report.Pill("Below the goal", "warn")
		default:
			state = report.Pill("On goal", "ok")
		}
		t.Rows = append(t.Rows, report.Row{Late: r.OnTime*100 < r.Due*80, Cells: []report.Cell{report.Person(r.OwnerID), report.Count(r.Due), report.Count(r.OnTime), share(r.OnTime, r.Due), state,
			report.Count(r.Overdue), report.Count(r.Held), report.Count(r.NoValue), share(r.NoValue, r.Held)}})
	}
	return &report.Result{Tiles: []report.Tile{{Key: "timeliness", Label: "Timeliness", Value: share(all.onTime, all.due)}, {Key: "no_value", Label: "Share without value", Value: share(all.noValue, all.held)}}, Tables: []report.Table{t}}, nil
}

// share is a count of a count as percent, empty when there is none.
func share(part, whole int64) report.Cell {
	return report.Quotient(money.Units(part).Number(), money.Units(whole).Number())
}
