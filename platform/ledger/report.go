package ledger

import (
	"context"

	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/money"
	"meridian/platform/report"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// span is a period of days; an empty side is open.
type span struct {
	From, To date.Date
	Account  *int64
}

func spanForm() resource.Fields[span] {
	return resource.Fields[span]{
		resource.Date("from", "From", func(s *span) *date.Date { return &s.From }),
		resource.Date("to", "To", func(s *span) *date.Date { return &s.To }),
	}
}

// Declare registers the reports of the journal. today is the day of the reader's company.
func (l *Ledger) Declare(g *report.Registry, today func(ctx context.Context) date.Date) {
	year := func(ctx context.Context, s *span) error {
		day := today(ctx)
		s.From, s.To = date.New(day.Year(), 1, 1), day
		return nil
	}
	report.Register(g, &report.Report[span]{
		Name: "core.trial_balance", Label: "Trial balance", Icon: "list-numbers", Perm: "core.account:read", Form: spanForm(), Default: year, Run: l.trial,
		Help: "Opening balance, debits and credits of the period and closing balance per account. Debit balances are positive, credit balances negative; every column of balances sums to zero.",
	})
	report.Register(g, &report.Report[span]{
		Name: "core.journal", Label: "Journal", Icon: "history", Perm: "core.account:read", Default: year, Run: l.journal,
		Form: append(spanForm(), resource.OptRef("account", "Account", func(s *span) **int64 { return &s.Account }, "core.account")),
		Help: "Every posted line, the latest first. Lines are never changed; a correction is an entry of its own.",
	})
}

func (l *Ledger) trial(ctx context.Context, in *span) (*report.Result, error) {
	who, _ := authz.Of(ctx)
	rows, err := db.Select[struct {
		ID                           int64
		Code, Name                   string
		Opening, Debit, Credit, Rest money.Amount
	}](ctx, l.DB, `SELECT a.id, a.code, a.name, coalesce(sum(j.amount) FILTER (WHERE j.day < @from), 0) AS opening,
		coalesce(sum(j.amount) FILTER (WHERE j.day >= @from AND j.amount > 0), 0) AS debit, coalesce(-sum(j.amount) FILTER (WHERE j.day >= @from AND j.amount < 0), 0) AS credit,
		coalesce(sum(j.amount), 0) AS rest
		FROM core.account a LEFT JOIN core.journal_line j ON j.account_id = a.id AND j.day <= @to
		WHERE a.company_id = @company AND a.archived_at IS NULL GROUP BY a.id ORDER BY a.code`, map[string]any{"company": who.Company, "from": in.from(), "to": in.to()})
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "accounts", Title: "Accounts", Empty: "Nothing has been posted yet.", Cols: []report.Col{{Key: "account", Label: "Account"}, {Key: "opening", Label: "Opening", Kind: resource.KMoney},
		{Key: "debit", Label: "Debit", Kind: resource.KMoney}, {Key: "credit", Label: "Credit", Kind: resource.KMoney}, {Key: "closing", Label: "Closing", Kind: resource.KMoney}}}
	var sum [4]money.Amount
	for _, r := range rows {
		list := [4]money.Amount{r.Opening, r.Debit, r.Credit, r.Rest}
		cells := []report.Cell{report.Doc(l.Accounts.Ref(r.ID), r.Code+" "+r.Name)}
		for i, a := range list {
			cells, sum[i] = append(cells, report.Money(a)), sum[i].Add(a)
		}
		t.Rows = append(t.Rows, report.Row{Ref: l.Accounts.Ref(r.ID), Cells: cells})
	}
	t.Foot = []report.Cell{report.Word("Sum")}
	for _, a := range sum {
		t.Foot = append(t.Foot, report.Money(a))
	}
	return &report.Result{Tables: []report.Table{t}}, nil
}

func (s *span) from() date.Date {
	if s.From.IsZero() {
		return date.New(1, 1, 1)
	}
	return s.From
}

func (s *span) to() date.Date {
	if s.To.IsZero() {
		return date.New(9999, 12, 31)
	}
	return s.To
}

// journalRows bounds one reading of the journal; the period narrows it.
const journalRows = 5000

func (l *Ledger) journal(ctx context.Context, in *span) (*report.Result, error) {
	who, _ := authz.Of(ctx)
	account := int64(0)
	if in.Account != nil {
		account = *in.Account
	}
	rows, err := db.Select[struct {
		Day                     date.Date
		Event, Code, Name, Note string
		Amount                  money.Amount
		ObjectType              string
		ObjectID                int64
	}](ctx, l.DB, `SELECT j.day, e.event, a.code, a.name, e.note, j.amount, e.object_type, e.object_id
		FROM core.journal_line j JOIN core.journal_entry e ON e.id = j.entry_id JOIN core.account a ON a.id = j.account_id
		WHERE j.company_id = ? AND j.day BETWEEN ? AND ? AND (? = 0 OR j.account_id = ?) ORDER BY j.day DESC, j.id DESC LIMIT ?`, who.Company, in.from(), in.to(), account, account, journalRows)
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "lines", Title: "Lines", Empty: "Nothing has been posted yet.", Cols: []report.Col{{Key: "document", Label: "Document"}, {Key: "day", Label: "Day", Kind: resource.KDate}, {Key: "account", Label: "Account"},
		{Key: "debit", Label: "Debit", Kind: resource.KMoney}, {Key: "credit", Label: "Credit", Kind: resource.KMoney}, {Key: "note", Label: "Note", Minor: true}}}
	for _, r := range rows {
		doc := trace.Ref{Type: r.ObjectType, ID: r.ObjectID}
		debit, credit := report.Money(r.Amount), report.None()
		if r.Amount.Sign() < 0 {
			debit, credit = report.None(), report.Money(r.Amount.Neg())
		}
		t.Rows = append(t.Rows, report.Row{Ref: doc, Cells: []report.Cell{report.Doc(doc, ""), report.Day(r.Day), report.Text(r.Code + " " + r.Name), debit, credit, report.Text(r.Note)}})
	}
	res := &report.Result{Tables: []report.Table{t}}
	if len(rows) == journalRows {
		res.Note = "Only the latest lines are shown; narrow the period to see the others."
	}
	return res, nil
}
