package domain

import (
	"context"
	"io"

	"meridian/modules/crm"
	"meridian/platform/date"
	"meridian/platform/i18n"
	"meridian/platform/money"
	"meridian/platform/pdf"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// Statement is a list of everything that is open with a customer as of a day, to be
// printed and confirmed by the customer.
type Statement struct {
	record.Base
	CustomerID crm.CustomerID
	AsOf       date.Date
	Open       money.Amount
	OnAccount  money.Amount
	Note       string
}

// StatementItem is one open item of a statement.
type StatementItem struct {
	No     string
	Kind   InvoiceKind
	On     date.Date
	Due    date.Date
	Amount money.Amount
	Open   money.Amount
}

// Statements is the service behind the statement type.
type Statements struct {
	*Ports
	Store record.Store[Statement]
	Type  *resource.Type[Statement]
}

// check works the balance out when the statement is made; it is what was true then.
func (s *Statements) check(ctx context.Context, x *Statement) error {
	if x.ID != 0 || x.CustomerID == 0 {
		return nil
	}
	if x.AsOf.IsZero() {
		x.AsOf = s.Today(ctx)
	}
	items, account, err := s.Cash.Statement(ctx, x.CompanyID, x.CustomerID, x.AsOf)
	if err != nil {
		return err
	}
	x.Open, x.OnAccount = money.Amount{}, account
	for i := range items {
		x.Open = x.Open.Add(items[i].Open)
	}
	return nil
}

// print writes the statement as the customer gets it.
func (s *Statements) print(ctx context.Context, x *Statement, w io.Writer) error {
	d, err := s.page(ctx, x.CompanyID, x.CustomerID, "Statement of account", x.No)
	if err != nil {
		return err
	}
	d.Created = x.CreatedAt
	d.Facts = [][2]string{{i18n.T(ctx, "As of"), x.AsOf.String()}, {i18n.T(ctx, "Currency"), s.currency(x.CompanyID)}}
	items, _, err := s.Cash.Statement(ctx, x.CompanyID, x.CustomerID, x.AsOf)
	if err != nil {
		return err
	}
	openTable(ctx, &d, items, x.AsOf)
	d.Totals = [][2]string{{i18n.T(ctx, "On account"), money.Format(x.OnAccount, 2)}, {i18n.T(ctx, "Amount still open") + " " + s.currency(x.CompanyID), money.Format(x.Open, 2)}}
	words(&d, x.Open, s.currency(x.CompanyID))
	d.Sign = [2]string{d.Seller.Name, d.Buyer.Name}
	if x.Note != "" {
		d.Notes = []string{x.Note}
	}
	return pdf.Render(w, d)
}

// openTable prints open items with the days they are overdue.
func openTable(ctx context.Context, d *pdf.Document, items []StatementItem, day date.Date) {
	d.Columns = []pdf.Column{{Label: i18n.T(ctx, "Invoice"), Width: 2}, {Label: i18n.T(ctx, "Date"), Width: 1.2}, {Label: i18n.T(ctx, "Due on"), Width: 1.2}, {Label: i18n.T(ctx, "Days overdue"), Right: true}, {Label: i18n.T(ctx, "Amount"), Width: 1.4, Right: true}, {Label: i18n.T(ctx, "Amount still open"), Width: 1.4, Right: true}}
	for _, i := range items {
		late := ""
		if n := day.Sub(i.Due); n > 0 && i.Open.Sign() > 0 {
			late = money.Format(money.Units(int64(n)), 0)
		}
		d.Rows = append(d.Rows, []string{i.No, i.On.String(), i.Due.String(), late, money.Format(i.Amount, 2), money.Format(i.Open, 2)})
	}
}

// print writes the letter with everything that is open, not only what it reminds of.
func (s *Dunnings) print(ctx context.Context, d *Dunning, w io.Writer) error {
	p, err := s.page(ctx, d.CompanyID, d.CustomerID, "Reminder", d.No)
	if err != nil {
		return err
	}
	p.Created, p.Title = d.CreatedAt, d.Subject
	day := d.RunOn
	if !d.SentOn.IsZero() {
		day = d.SentOn
	}
	currency := s.currency(d.CompanyID)
	p.Facts = [][2]string{{i18n.T(ctx, "Date"), day.String()}, {i18n.T(ctx, "Level"), money.Format(money.Units(int64(d.Level)), 0)}, {i18n.T(ctx, "Currency"), currency}}
	items, _, err := s.Cash.Statement(ctx, d.CompanyID, d.CustomerID, day)
	if err != nil {
		return err
	}
	openTable(ctx, &p, items, day)
	p.Totals = [][2]string{{i18n.T(ctx, "Overdue"), money.Format(d.Open, 2)}}
	if d.Fee.Sign() > 0 {
		p.Totals = append(p.Totals, [2]string{i18n.T(ctx, "Dunning fee"), money.Format(d.Fee, 2)})
	}
	if d.Interest.Sign() > 0 {
		p.Totals = append(p.Totals, [2]string{i18n.T(ctx, "Interest on arrears"), money.Format(d.Interest, 2)})
	}
	total := d.Open.Add(d.Fee).Add(d.Interest)
	p.Totals = append(p.Totals, [2]string{i18n.T(ctx, "Please pay") + " " + currency, money.Format(total, 2)})
	words(&p, total, currency)
	if d.Body != "" {
		p.Notes = []string{d.Body}
	}
	if d.Stage == DunningProposed {
		p.Watermark = i18n.T(ctx, "Draft")
	}
	return pdf.Render(w, p)
}

// Declare returns the document type of the statement of account.
func (s *Statements) Declare() *resource.Type[Statement] {
	s.Type = &resource.Type[Statement]{
		Name: "ltc.statement", Label: "Statement of account", Plural: "Statements of account", Icon: "report-money", Number: "ST-{yyyy}-{00000}", Store: s.Store, Check: s.check, Print: s.print,
		Default: func(ctx context.Context, x *Statement) error { x.AsOf = s.Today(ctx); return nil },
		Amount:  func(x *Statement) money.Amount { return x.Open },
		Day:     func(x *Statement) date.Date { return x.AsOf },
		Fields: resource.Fields[Statement]{
			resource.Ref("customer_id", "Customer", func(x *Statement) *crm.CustomerID { return &x.CustomerID }, "crm.customer").Required().InList().Filter(),
			resource.Date("as_of", "As of", func(x *Statement) *date.Date { return &x.AsOf }).InList().Filter(),
			resource.Money("open", "Open", func(x *Statement) *money.Amount { return &x.Open }).ReadOnly().InList(),
			resource.Money("on_account", "On account", func(x *Statement) *money.Amount { return &x.OnAccount }).ReadOnly().InList(),
			resource.LongText("note", "Note", func(x *Statement) *string { return &x.Note }).Limit(1000),
		},
	}
	return s.Type
}
