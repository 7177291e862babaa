package crmapp

import (
	"context"
	"strings"

	"meridian/modules/crm/internal/domain"
	"meridian/modules/crm/internal/store"
	"meridian/platform/api"
	"meridian/platform/authz"
	"meridian/platform/db"
	"meridian/platform/jobs"
	"meridian/platform/kpi"
	"meridian/platform/notify"
	"meridian/platform/org"
	"meridian/platform/report"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// answerMail is the work of mailing one answer.
type answerMail struct {
	Message int64 `json:"message"`
}

// Kind names the work.
func (answerMail) Kind() string { return "crm.answer" }

// messaging adds the inbox over all channels (CRM-04).
func (d *desk) messaging() {
	rules := &domain.InboxRules{Store: db.NewStore[domain.InboxRule](d.p.DB, "crm.inbox_rule")}
	d.messages = &domain.Messages{Store: db.NewStore[domain.Message](d.p.DB, "crm.message"), Rules: rules, Parties: d.sql, Customers: d.customers, Followups: d.followups, Now: d.p.Now, Today: d.today,
		People: func() *org.Directory { return d.p.Authz.Directory() }}
	if d.p.Mail != nil {
		d.messages.Post = func(ctx context.Context, id int64) error { return d.p.Queue.Enqueue(ctx, d.p.Now(), answerMail{id}) }
		jobs.Handle(d.p.Queue, "Mail answers to messages", func(ctx context.Context, w answerMail) error { return d.messages.Deliver(ctx, w.Message, d.p.Mail) })
	}
	resource.Register(d.p.Types, d.messages.Declare())
	resource.Register(d.p.Types, rules.Declare())
	report.Register(d.p.Reports, d.inbox())
	report.Register(d.p.Reports, d.serviceLevel())
	d.p.KPI.Register(kpi.Measure{Code: "crm.service_level", Label: "Service level of calls", Unit: kpi.Fraction, Higher: true, Object: "crm.message", Func: d.measureCalls,
		Help: "Calls answered within 20 seconds divided by the calls offered less those that hung up within 5; the rules of the inbox hold the seconds."})
	api.Public(d.p.API, api.Op{ID: "crm.message.receive", Path: "/public/hook/message", Summary: "Deliver a message, or tell how a call goes; the body is signed", PerHour: 60000}, domain.ArrivalFields(),
		func(ctx context.Context, r *api.Request, in *domain.Arrival) (any, error) {
			if err := r.Signed(d.p.Config.WebhookSecret); err != nil {
				return nil, err
			}
			no, err := d.messages.Receive(ctx, in)
			return map[string]string{"no": no}, err
		})
}

// inbox lists who waits for an answer, on whichever channel, one row per party.
func (d *desk) inbox() *report.Report[ownerIn] {
	return &report.Report[ownerIn]{
		Name: "crm.inbox", Label: "Inbox of all channels", Icon: "messages", Perm: "crm.message:read", Home: []string{"ltc.rep", "ltc.manager"},
		Help:    "Who wrote or called and is not done with, one row per customer, or per number or address of nobody known; who waits longest comes first. A call opens its message on the page of whose phone rings.",
		Form:    resource.Fields[ownerIn]{resource.Ref("owner_id", "Owner", func(in *ownerIn) *int64 { return &in.Owner }, "core.user")},
		Default: func(ctx context.Context, in *ownerIn) error { in.Owner = authz.Actor(ctx); return nil },
		Run:     d.runInbox,
	}
}

func (d *desk) runInbox(ctx context.Context, in *ownerIn) (*report.Result, error) {
	list, err := d.sql.Talks(ctx, in.Owner, 200)
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "parties", Title: "To be answered or logged", Empty: "Nobody waits for an answer.", Cols: []report.Col{{Key: "party", Label: "Sender"}, {Key: "customer", Label: "Customer", Kind: resource.KRef}, {Key: "channels", Label: "Channel"},
		{Key: "last", Label: "Last message", Kind: resource.KRef}, {Key: "waiting", Label: "To be answered", Kind: resource.KInt}, {Key: "missed", Label: "Missed calls", Kind: resource.KInt}, {Key: "since", Label: "Waiting since", Kind: resource.KTime}, {Key: "owner", Label: "Owner", Kind: resource.KRef}}}
	var waiting, missed int64
	for i := range list {
		x := &list[i]
		waiting, missed = waiting+x.Waiting, missed+x.Missed
		row := report.Row{Ref: trace.Ref{Type: "crm.message", ID: x.ID}, Late: x.Since != nil && d.p.Now().Sub(*x.Since) > domain.AnswerWithin}
		party, customer, since := x.Sender, report.None(), report.None()
		if x.Since != nil {
			since = report.Moment(*x.Since)
		}
		if party == "" { // the number or address, as far as the reader may see it
			r, err := d.messages.Type.GetRow(ctx, x.ID)
			if err != nil {
				return nil, err
			}
			party = r.Text("address")
		}
		if x.CustomerID != 0 {
			customer = report.Doc(customerRef(x.CustomerID), x.No+" "+x.Customer)
		}
		row.Cells = []report.Cell{report.Text(party), customer, report.Word(optionLabel(domain.MessageChannels, x.Channel)), report.Doc(row.Ref, strings.Join(strings.Fields(x.Subject), " ")), report.Count(x.Waiting), report.Count(x.Missed), since, report.Person(x.OwnerID)}
		t.Rows = append(t.Rows, row)
	}
	return &report.Result{Tiles: []report.Tile{{Key: "parties", Label: "Parties", Value: report.Count(len(list))}, {Key: "waiting", Label: "To be answered", Value: report.Count(waiting)}, {Key: "missed", Label: "Missed calls", Value: report.Count(missed)}}, Tables: []report.Table{t}}, nil
}

// serviceLevel counts the calls of a period.
func (d *desk) serviceLevel() *report.Report[periodIn] {
	return &report.Report[periodIn]{
		Name: "crm.calls", Label: "Service level of calls", Icon: "phone-call", Perm: "crm.message:read",
		Help: "Calls answered within 20 seconds divided by the calls offered less those that hung up within 5; the rules of the inbox hold the seconds.",
		Form: periodForm(), Default: d.lastDays(30), Run: d.runServiceLevel,
	}
}

// callsOf counts the calls of a period by the rules of the reader's company.
func (d *desk) callsOf(ctx context.Context, in periodIn) (list []store.Calls, sum store.Calls, err error) {
	who, _ := authz.Of(ctx)
	rule, err := d.messages.Rules.Of(ctx, who.Company)
	if err != nil {
		return nil, sum, err
	}
	list, err = d.sql.CallsBy(ctx, in.Dept, in.From, in.To, rule.AnswerSeconds, rule.ShortSeconds)
	for _, c := range list {
		sum.Offered, sum.Answered, sum.InTime, sum.Lost, sum.Short = sum.Offered+c.Offered, sum.Answered+c.Answered, sum.InTime+c.InTime, sum.Lost+c.Lost, sum.Short+c.Short
	}
	return list, sum, err
}

func (d *desk) measureCalls(ctx context.Context, sc kpi.Scope) (kpi.Value, error) {
	_, sum, err := d.callsOf(ctx, periodIn{From: sc.From, To: sc.To, Dept: sc.Dept})
	v := kpi.Share(sum.InTime, sum.Offered-sum.Short)
	v.Href = "/crm/message?channel=phone"
	return v, err
}

func (d *desk) runServiceLevel(ctx context.Context, in *periodIn) (*report.Result, error) {
	list, sum, err := d.callsOf(ctx, *in)
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "people", Title: "By person", Empty: "No call came in.", Cols: []report.Col{{Key: "person", Label: "Person", Kind: resource.KRef}, {Key: "offered", Label: "Offered", Kind: resource.KInt}, {Key: "answered", Label: "Answered", Kind: resource.KInt}, {Key: "in_time", Label: "Answered in time", Kind: resource.KInt},
		{Key: "lost", Label: "Missed calls", Kind: resource.KInt}, {Key: "short", Label: "Hung up at once", Kind: resource.KInt}, {Key: "level", Label: "Service level", Kind: resource.KPercent}, {Key: "wait", Label: "Seconds until answered", Kind: resource.KQuantity}}}
	for _, c := range list {
		wait := report.None()
		if c.Wait != nil {
			wait = report.Count(int64(*c.Wait + 0.5))
		}
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{report.Person(c.OwnerID), report.Count(c.Offered), report.Count(c.Answered), report.Count(c.InTime), report.Count(c.Lost), report.Count(c.Short), share(c.InTime, c.Offered-c.Short), wait}})
	}
	return &report.Result{Tiles: []report.Tile{{Key: "level", Label: "Service level", Value: share(sum.InTime, sum.Offered-sum.Short)}, {Key: "offered", Label: "Offered", Value: report.Count(sum.Offered)}, {Key: "lost", Label: "Missed calls", Value: report.Count(sum.Lost - sum.Short)}}, Tables: []report.Table{t}}, nil
}

// MailAnswers has answers by mail handed to post, as the queue does when a server is there.
func (m *Module) MailAnswers(post func(ctx context.Context, message int64) error) {
	m.desk.messages.Post = post
}

// MailAnswer is the work of the queue: it mails an answer that waits for it.
func (m *Module) MailAnswer(ctx context.Context, message int64, mail func(ctx context.Context, m notify.Mail) error) error {
	return m.desk.messages.Deliver(ctx, message, mail)
}
