package ledger

import (
	"context"
	"time"

	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// Account is one account of the chart.
type Account struct {
	record.Base
	Code, Name, Kind, Control string
}

// PostingRule says which account a key posts to.
type PostingRule struct {
	record.Base
	Key, Class string
	AccountID  int64
}

// PeriodStage is the state of a period.
type PeriodStage string

// The states of a period. A soft-closed one takes no postings but is not final.
const (
	PeriodOpen   PeriodStage = "open"
	PeriodSoft   PeriodStage = "soft_closed"
	PeriodClosed PeriodStage = "closed"
)

// Period is a month of one area. A month without a row is open.
type Period struct {
	record.Base
	Stage PeriodStage
	Area  Area
	Month date.Date
}

// New returns the journal on d and registers its document types.
func New(d *db.DB, types *resource.Registry) *Ledger {
	l := &Ledger{DB: d}
	l.Accounts = resource.Register(types, &resource.Type[Account]{
		Name: "core.account", Label: "Account", Plural: "Chart of accounts", Icon: "list-numbers", Number: "AC-{0000}", NoOwner: true, Store: db.NewStore[Account](d, "core.account"),
		Title: func(a *Account) string { return a.Code + " " + a.Name },
		Fields: resource.Fields[Account]{
			resource.Text("code", "Code", func(a *Account) *string { return &a.Code }).Required().InList().Search().Filter().Limit(20),
			resource.Text("name", "Name", func(a *Account) *string { return &a.Name }).Required().InList().Search(),
			resource.Enum("kind", "Kind", func(a *Account) *string { return &a.Kind }, resource.Option{Value: "asset", Label: "Asset"}, resource.Option{Value: "liability", Label: "Liability"},
				resource.Option{Value: "equity", Label: "Equity"}, resource.Option{Value: "revenue", Label: "Revenue"}, resource.Option{Value: "expense", Label: "Expense"}).Required().InList().Filter(),
			resource.Text("control", "Control account of", func(a *Account) *string { return &a.Control }).ReadOnly().InList(),
		},
	})
	l.Rules = resource.Register(types, &resource.Type[PostingRule]{
		Name: "core.posting_rule", Label: "Posting rule", Plural: "Posting rules", Icon: "route", Number: "PR-{0000}", NoOwner: true, Store: db.NewStore[PostingRule](d, "core.posting_rule"),
		Title: func(r *PostingRule) string { return r.Key },
		Fields: resource.Fields[PostingRule]{
			resource.Text("key", "Posted for", func(r *PostingRule) *string { return &r.Key }).Required().InList().Search().Filter().Limit(40),
			resource.Text("class", "Product class", func(r *PostingRule) *string { return &r.Class }).InList().Filter().Limit(40).Hint("Empty is every class without a rule of its own."),
			resource.Ref("account_id", "Account", func(r *PostingRule) *int64 { return &r.AccountID }, "core.account").Required().InList().Filter(),
		},
	})
	l.Periods = resource.Register(types, l.period())
	return l
}

// period is the month of an area: closed by one person, opened again with a reason and
// by another.
func (l *Ledger) period() *resource.Type[Period] {
	return &resource.Type[Period]{
		Name: "core.period", Label: "Fiscal period", Plural: "Fiscal periods", Icon: "calendar-stats", Number: "FP-{0000}", NoOwner: true, Store: db.NewStore[Period](l.DB, "core.period"),
		Title: func(p *Period) string { return p.Month.String()[:7] },
		Day:   func(p *Period) date.Date { return p.Month },
		Check: func(_ context.Context, p *Period) error {
			if p.Month.IsZero() {
				return errs.Bad("month", "This field must not be empty.")
			}
			p.Month = p.Month.MonthStart()
			return nil
		},
		Rules: map[string][]process.Rule{"core.period:reopen": {{Label: "Every reopening", Steps: []process.Step{process.ByRole("core.finance_manager")}}}},
		Fields: resource.Fields[Period]{
			resource.Enum("area", "Area", func(p *Period) *Area { return &p.Area }, resource.Option{Value: string(AreaReceivable), Label: "Receivables"}, resource.Option{Value: string(AreaRevenue), Label: "Revenue"},
				resource.Option{Value: string(AreaPayable), Label: "Payables"}, resource.Option{Value: string(AreaStock), Label: "Stock"}, resource.Option{Value: string(AreaBudget), Label: "Budget"}).Required().InList().Filter(),
			resource.Date("month", "Month", func(p *Period) *date.Date { return &p.Month }).Required().InList().Filter().Hint("Any day of the month."),
		},
		Process: resource.Process(func(p *Period) *PeriodStage { return &p.Stage },
			[]resource.Stage[PeriodStage]{
				{Key: PeriodOpen, Label: "Open", Owner: "core.finance_clerk", Class: process.Open, Limit: 400 * time.Hour, Help: "Post what belongs to the month; then close it."},
				{Key: PeriodSoft, Label: "Soft-closed", Owner: "core.finance_manager", Class: process.Hold, Locked: true, Limit: 40 * time.Hour, Help: "Compare the control accounts; close for good, or open again."},
				{Key: PeriodClosed, Label: "Closed", End: true, Class: process.Done},
			},
			[]resource.Move[Period, PeriodStage]{
				{Name: "soft_close", Label: "Close softly", From: resource.From(PeriodOpen), To: PeriodSoft},
				{Name: "close", Label: "Close the period", From: resource.From(PeriodOpen, PeriodSoft), To: PeriodClosed},
				{Name: "reopen", Label: "Open again", From: resource.From(PeriodSoft, PeriodClosed), To: PeriodOpen, Reason: true, Deviation: true, Matrix: "core.period:reopen"},
			}),
	}
}
