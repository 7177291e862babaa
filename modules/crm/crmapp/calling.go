package crmapp

import (
	"context"
	"strings"

	"meridian/modules/crm/internal/domain"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/record"
	"meridian/platform/report"
	"meridian/platform/resource"
)

// calls adds the call lists of inside sales (CRM-04).
func (d *desk) calls() {
	d.callLists = &domain.CallLists{Book: d.sql, Followups: d.followups, Today: d.today,
		Store: db.NewStore(d.p.DB, "crm.call_list", db.WithLines("crm.caller", func(l *domain.CallList) *[]domain.Caller { return &l.Callers })),
		Active: func(user int64) bool {
			p := d.p.Authz.Directory().People[user]
			return p != nil && p.Active
		}}
	resource.Register(d.p.Types, d.callLists.Declare())
	report.Register(d.p.Reports, d.calling())
	report.Register(d.p.Reports, d.callProgress())
}

// calling is what a caller works with: whom to call next, what to say, what came of it.
func (d *desk) calling() *report.Report[struct{}] {
	return &report.Report[struct{}]{
		Name: "crm.calling", Label: "Calls to make", Icon: "phone", Perm: "crm.calling:call", Home: []string{"ltc.rep"},
		Help:     "The customers of your call lists that are due, those you promised to call back first. Write down what came of each call: who was reached becomes a follow-up, who does not answer comes again the next day, three times in all.",
		Run:      d.runCalling,
		Commands: []report.Command{report.Do("say", "Log the call", "crm.calling:call", saidForm(), d.say).OnRows()},
	}
}

func (d *desk) say(ctx context.Context, in *domain.Said) (report.Done, error) {
	if in.ContactID != nil { // the customer is the caller's by the list, the person must be seen
		if _, err := d.customers.Contacts.Get(ctx, *in.ContactID); err != nil {
			return report.Done{}, errs.Missing()
		}
	}
	return report.Done{Message: "It is written down."}, d.callLists.Say(authz.System(ctx, "call list"), authz.Actor(ctx), in)
}

func (d *desk) runCalling(ctx context.Context, _ *struct{}) (*report.Result, error) {
	list, err := d.sql.NextCalls(ctx, authz.Actor(ctx), d.today(ctx), 50)
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "calls", Title: "To be called", Empty: "No call is due.", Cols: []report.Col{{Key: "customer", Label: "Customer", Kind: resource.KRef}, {Key: "people", Label: "Contacts"}, {Key: "list", Label: "Call list"}, {Key: "due", Label: "Due", Kind: resource.KDate},
		{Key: "tries", Label: "Tries", Kind: resource.KInt}, {Key: "need", Label: "Core need", Minor: true}, {Key: "last", Label: "Last conclusion", Minor: true}}}
	today := d.today(ctx)
	scripts := report.Table{Key: "scripts", Title: "What to say", Cols: []report.Col{{Key: "list", Label: "Call list"}, {Key: "script", Label: "Script"}}}
	seen := map[int64]bool{}
	for i := range list {
		x := &list[i]
		people, first, err := d.numbers(ctx, x.CustomerID)
		if err != nil {
			return nil, err
		}
		ref := customerRef(x.CustomerID)
		t.Rows = append(t.Rows, report.Row{Ref: ref, Late: x.DueOn.Before(today), Cells: []report.Cell{report.Doc(ref, x.No+" "+x.Customer), report.Text(people), report.Text(x.List), report.Day(x.DueOn), report.Count(x.Tries), report.Text(x.Need), report.Text(x.LastConclusion)},
			Acts: []report.Act{{Command: "say", Values: resource.Values{"call": digits(x.ID), "contact_id": first}}}})
		if !seen[x.ListID] && x.Script != "" {
			seen[x.ListID] = true
			scripts.Rows = append(scripts.Rows, report.Row{Cells: []report.Cell{report.Text(x.List), report.Text(x.Script)}})
		}
	}
	res := &report.Result{Tiles: []report.Tile{{Key: "due", Label: "Calls due", Value: report.Count(len(list))}}, Tables: []report.Table{t}}
	if len(scripts.Rows) > 0 {
		res.Tables = append(res.Tables, scripts)
	}
	return res, nil
}

// numbers are the people of a customer with their phones as the reader may see them, the
// main contact first, whose id is returned too.
func (d *desk) numbers(ctx context.Context, customer int64) (text, first string, err error) {
	l, err := d.customers.ContactType.ListRows(ctx, resource.ListQuery{Filters: map[string][]string{"customer_id": {digits(customer)}, "has_left": {"false"}}, Limit: 5, Total: "none", Sort: "id"})
	if err != nil {
		return "", "", err
	}
	var out []string
	for _, r := range l.Rows {
		s := r.Text("name")
		if r.Text("phone") != "" && !r.Masked("phone") {
			s += " " + r.Text("phone")
		}
		if r.Text("phone_state") == string(domain.ChannelWrong) {
			s += " ✗"
		}
		if first == "" || r.Text("is_primary") == "true" {
			first = digits(r.Base().ID)
		}
		out = append(out, s)
	}
	return strings.Join(out, ", "), first, nil
}

type callListIn struct{ List int64 }

// callProgress shows how far each caller of a list is.
func (d *desk) callProgress() *report.Report[callListIn] {
	return &report.Report[callListIn]{
		Name: "crm.call_progress", Label: "Progress of calls", Icon: "chart-bar", Perm: "crm.call_list:read",
		Help: "How many customers of a call list were reached, qualified, refused, have a wrong number or were given up, by who calls.",
		Form: resource.Fields[callListIn]{resource.Ref("list", "Call list", func(in *callListIn) *int64 { return &in.List }, "crm.call_list")},
		Default: func(ctx context.Context, in *callListIn) error {
			l, err := d.callLists.Store.Find(ctx, record.Query{Where: []record.Cond{{Col: "stage", Op: record.Eq, Val: string(domain.CallsRunning)}}, Sort: []record.Sort{{Col: "created_at", Desc: true}}, Limit: 1})
			if err == nil && len(l) > 0 {
				in.List = l[0].ID
			}
			return err
		},
		Run: d.runCallProgress,
	}
}

func (d *desk) runCallProgress(ctx context.Context, in *callListIn) (*report.Result, error) {
	t := report.Table{Key: "callers", Title: "By caller", Empty: "No call list is running.", Cols: []report.Col{{Key: "caller", Label: "Caller", Kind: resource.KRef}, {Key: "all", Label: "Customers", Kind: resource.KInt}, {Key: "waiting", Label: "Waiting", Kind: resource.KInt}, {Key: "reached", Label: "Reached", Kind: resource.KInt}, {Key: "qualified", Label: "Qualified", Kind: resource.KInt},
		{Key: "not_interested", Label: "Not interested", Kind: resource.KInt}, {Key: "wrong", Label: "Wrong number", Kind: resource.KInt}, {Key: "given_up", Label: "Given up", Kind: resource.KInt}, {Key: "tries", Label: "Tries", Kind: resource.KInt}, {Key: "rate", Label: "Qualified of those reached", Kind: resource.KPercent}}}
	if in.List == 0 {
		return &report.Result{Tables: []report.Table{t}}, nil
	}
	if _, err := d.callLists.Store.Get(ctx, in.List); err != nil {
		return nil, err
	}
	list, err := d.sql.CallProgress(ctx, in.List, 0)
	if err != nil {
		return nil, err
	}
	for _, x := range list {
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{report.Person(x.CallerID), report.Count(x.All), report.Count(x.Waiting), report.Count(x.Reached), report.Count(x.Qualified), report.Count(x.NotInterested), report.Count(x.Wrong), report.Count(x.GivenUp), report.Count(x.Tries),
			share(x.Qualified, x.Qualified+x.Reached+x.NotInterested)}})
	}
	return &report.Result{Tables: []report.Table{t}}, nil
}

// saidForm is what a caller fills in.
func saidForm() resource.Fields[domain.Said] {
	return resource.Fields[domain.Said]{
		resource.Int("call", "Call", func(in *domain.Said) *int64 { return &in.Call }).Required(),
		resource.Enum("outcome", "What came of it", func(in *domain.Said) *string { return &in.Outcome }, domain.CallOutcomes...).Required(),
		resource.OptRef("contact_id", "Contact", func(in *domain.Said) **int64 { return &in.ContactID }, "crm.contact"),
		resource.LongText("note", "What was said", func(in *domain.Said) *string { return &in.Note }),
		resource.Text("next_step", "Next step", func(in *domain.Said) *string { return &in.NextStep }),
		resource.Date("next_on", "On", func(in *domain.Said) *date.Date { return &in.NextOn }),
	}
}
