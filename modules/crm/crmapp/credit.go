package crmapp

import (
	"context"

	"meridian/modules/crm/internal/domain"
	"meridian/modules/crm/internal/store"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/report"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// lending adds credit control (CRM-10).
func (d *desk) lending() {
	d.credit = &domain.CreditControl{Profiles: db.NewStore[domain.CreditProfile](d.p.DB, "crm.credit_profile"), Releases: db.NewStore[domain.CreditRelease](d.p.DB, "crm.credit_release"),
		Customers: d.customers, Bus: d.p.Bus, Today: d.today}
	resource.Register(d.p.Types, d.credit.DeclareProfile())
	resource.Register(d.p.Types, d.credit.DeclareRelease())
	report.Register(d.p.Reports, d.creditControl())
	d.job("crm.credit", "Rate how customers pay and end credit releases", "50 1 * * *", d.rateCustomers)
}

// rateCustomers computes the ratings of a company and ends releases past their day.
func (d *desk) rateCustomers(ctx context.Context, company int64, day date.Date) error {
	if err := d.p.DB.Tx(ctx, func(ctx context.Context) error { return d.sql.RatePayers(ctx, company, day) }); err != nil {
		return err
	}
	ids, err := d.sql.Expired(ctx, company, day)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := d.credit.ReleaseType.Fire(authz.System(ctx, "expiry"), id, "expire", nil); err != nil {
			return err
		}
	}
	return nil
}

// creditControl is the page of the credit controller.
func (d *desk) creditControl() *report.Report[struct{}] {
	return &report.Report[struct{}]{
		Name: "crm.credit_control", Label: "Credit control", Icon: "shield", Perm: "crm.credit_control:read", Home: []string{"core.finance_manager"}, Form: resource.Fields[struct{}]{},
		Help: "Exposure is open receivables, deliveries not invoiced, orders not delivered and drafts, less money not yet matched and what is insured. Overdue counts from the payment term. The rating is the days late weighted by amount: A up to 5, B up to 15, C up to 30.",
		Run:  d.runCreditControl,
		Commands: []report.Command{
			report.Do("raise", "Set the limit", "crm.credit_control:set", limitForm(), d.setLimit).OnRows(),
		},
	}
}

type limitIn struct {
	Customer int64
	Limit    money.Amount
}

func limitForm() resource.Fields[limitIn] {
	return resource.Fields[limitIn]{
		resource.Ref("customer_id", "Customer", func(in *limitIn) *int64 { return &in.Customer }, "crm.customer").Required(),
		resource.Money("credit_limit", "Credit limit", func(in *limitIn) *money.Amount { return &in.Limit }),
	}
}

// suggest is the limit a good payer earns: a fifth more for rating A with at least three
// paid invoices once two thirds are used. Credit also rewards.
func suggest(a store.Account) (money.Amount, bool) {
	if a.Rating != "A" || a.Blocked || a.Overdue.Sign() > 0 || a.Limit.Sign() <= 0 {
		return money.Amount{}, false
	}
	used, ok := money.Share(a.Exposure, a.Limit)
	if !ok || used.Number().Cmp(money.RoundTo[money.Micro](money.Units(2).Number().DivRound(money.Units(3).Number(), 6)).Number()) < 0 {
		return money.Amount{}, false
	}
	return money.Part(a.Limit, money.RoundTo[money.Micro](money.Units(12).Number().Shift(-1))), true
}

func (d *desk) runCreditControl(ctx context.Context, _ *struct{}) (*report.Result, error) {
	list, err := d.sql.Accounts(ctx, d.today(ctx), 300)
	if err != nil {
		return nil, err
	}
	held, err := d.sql.HeldDocuments(ctx, 50)
	if err != nil {
		return nil, err
	}
	t := report.Table{Key: "accounts", Title: "Accounts", Empty: "No customer has credit or owes anything.", Cols: []report.Col{{Key: "customer", Label: "Customer", Kind: resource.KRef}, {Key: "limit", Label: "Credit limit", Kind: resource.KMoney},
		{Key: "temporary", Label: "Temporary limit", Kind: resource.KMoney, Minor: true}, {Key: "orders", Label: "Ordered, not delivered", Kind: resource.KMoney}, {Key: "receivables", Label: "Receivables", Kind: resource.KMoney}, {Key: "insured", Label: "Insured or secured", Kind: resource.KMoney, Minor: true},
		{Key: "exposure", Label: "Exposure", Kind: resource.KMoney}, {Key: "available", Label: "Available", Kind: resource.KMoney}, {Key: "overdue", Label: "Overdue", Kind: resource.KMoney}, {Key: "rating", Label: "Rating"}, {Key: "state", Label: "State"}, {Key: "suggested", Label: "Earned limit", Kind: resource.KMoney}}}
	var exposure, overdue money.Amount
	for _, a := range list {
		exposure, overdue = exposure.Add(a.Exposure), overdue.Add(a.Overdue)
		state := report.Pill("Open", "ok")
		switch {
		case a.Blocked:
			state = report.Pill("Blocked", "bad")
		case a.Available.Sign() < 0:
			state = report.Pill("Over the limit", "bad")
		case a.Overdue.Sign() > 0:
			state = report.Pill("Overdue", "warn")
		}
		row := report.Row{Ref: customerRef(a.ID), Late: a.Overdue.Sign() > 0, Cells: []report.Cell{report.Doc(customerRef(a.ID), a.No+" "+a.Name), report.Money(a.Limit), report.Money(a.Temporary), report.Money(a.Orders), report.Money(a.Receivables), report.Money(a.Insured),
			report.Money(a.Exposure), report.Money(a.Available), report.Money(a.Overdue), report.Text(a.Rating), state, report.None()}}
		values := resource.Values{"customer_id": digits(a.ID), "credit_limit": a.Limit.String()}
		if more, ok := suggest(a); ok {
			row.Cells[11], values["credit_limit"] = report.Money(more), more.String()
		}
		row.Acts = []report.Act{{Command: "raise", Values: values}}
		t.Rows = append(t.Rows, row)
	}
	h := report.Table{Key: "held", Title: "Held documents", Empty: "No document was held.", Cols: []report.Col{{Key: "at", Label: "At", Kind: resource.KTime}, {Key: "customer", Label: "Customer", Kind: resource.KRef}, {Key: "document", Label: "Document", Kind: resource.KRef},
		{Key: "point", Label: "Point"}, {Key: "amount", Label: "Amount", Kind: resource.KMoney}, {Key: "reason", Label: "Reason"}, {Key: "by", Label: "By", Kind: resource.KRef}}}
	for _, k := range held {
		h.Rows = append(h.Rows, report.Row{Cells: []report.Cell{{Kind: resource.KTime, Text: k.At}, report.Doc(customerRef(k.CustomerID), k.Name), documentCell(d, k.ObjectType, k.ObjectID), report.Word(points[k.Point]), report.Money(k.Amount), report.Word(k.Reason), report.Person(k.ByUser)}})
	}
	return &report.Result{Tiles: []report.Tile{{Key: "exposure", Label: "Exposure", Value: report.Money(exposure)}, {Key: "overdue", Label: "Overdue", Value: report.Money(overdue)}}, Tables: []report.Table{t, h}}, nil
}

var points = map[string]string{"order": "At the order", "release": "At the release", "ship": "At shipping", "invoice": "At the invoice"}

// documentCell links a document of another module; only its key when that module is not here.
func documentCell(d *desk, typ string, id int64) report.Cell {
	ref := trace.Ref{Type: typ, ID: id}
	if _, err := d.p.Types.Doc(typ); err != nil {
		return report.Text(ref.String())
	}
	return report.Doc(ref, "")
}

// setLimit changes a limit; who sells to the customer does not set it.
func (d *desk) setLimit(ctx context.Context, in *limitIn) (report.Done, error) {
	c, err := d.customers.Store.Get(ctx, in.Customer)
	if err != nil {
		return report.Done{}, err
	}
	if c.OwnerID == authz.Actor(ctx) {
		return report.Done{}, errs.New(errs.Forbidden, "Who sells to the customer does not set the limit.")
	}
	_, err = d.customers.Type.Update(ctx, c.ID, func(c *domain.Customer) error { c.CreditLimit = in.Limit; return nil })
	return report.Done{Message: "The limit is set."}, err
}
