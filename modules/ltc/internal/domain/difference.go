package domain

import (
	"context"
	"fmt"
	"time"

	"meridian/modules/crm"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/ledger"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// DifferenceStage is the state of a difference.
type DifferenceStage string

// The stages of a difference.
const (
	DifferenceProposed DifferenceStage = "proposed"
	DifferenceBooked   DifferenceStage = "booked"
	DifferenceRefused  DifferenceStage = "refused"
)

// Difference settles what a customer did not pay and need not: with a reason, an account
// and, above a trifle, the agreement of the finance manager.
type Difference struct {
	record.Base
	Stage        DifferenceStage
	InvoiceID    int64
	InstalmentID *int64
	ReceiptID    *int64
	CustomerID   crm.CustomerID
	Kind         string
	Amount       money.Amount
	BookedOn     date.Date
	Reason       string
}

// differenceKeys says where each kind is posted.
var differenceKeys = map[string]ledger.Key{
	"tolerance": ledger.Difference, "bank_fee": ledger.BankFee, "fx": ledger.FX, "discount": ledger.Difference, "bad_debt": ledger.BadDebt,
}

// Differences is the service behind the difference type.
type Differences struct {
	*Ports
	Store    record.Store[Difference]
	Type     *resource.Type[Difference]
	Invoices *Invoices
}

// check takes customer and amount from the invoice.
func (s *Differences) check(ctx context.Context, d *Difference) error {
	if d.Stage != DifferenceProposed {
		return nil
	}
	v, err := s.Invoices.Store.Get(ctx, d.InvoiceID)
	if errs.Is(err, errs.NotFound) {
		return nil // the reference check says so with its field
	}
	if err != nil {
		return fmt.Errorf("invoice of difference: %w", err)
	}
	d.CustomerID = v.CustomerID
	left := v.unpaid(value(d.InstalmentID))
	if d.Amount.IsZero() {
		d.Amount = left
	}
	if v.Kind == InvoiceCredit || d.Amount.Sign() <= 0 || left.Less(d.Amount) {
		return errs.Bad("amount", "Between 0 and {0}, what is open.", left)
	}
	return nil
}

// book settles the open amount and posts the difference.
func (s *Differences) book(ctx context.Context, d *Difference) error {
	today := s.Today(ctx)
	from := Allocation{Company: d.CompanyID, Difference: d.ID, On: today, By: authz.Actor(ctx)}
	v, err := s.Invoices.settle(ctx, d.InvoiceID, value(d.InstalmentID), from, func(v *Invoice) (money.Amount, error) {
		if v.Stage != InvoicePosted || v.unpaid(value(d.InstalmentID)).Less(d.Amount) {
			return d.Amount, errs.New(errs.Precondition, "The invoice has {0} open.", v.unpaid(value(d.InstalmentID)))
		}
		return d.Amount, nil
	})
	if err != nil {
		return err
	}
	d.BookedOn = today
	ref, invoice := s.Type.Ref(d.ID), s.Invoices.Type.Ref(v.ID)
	err = s.Journal.Post(ctx, ledger.Entry{Company: d.CompanyID, Day: today, Area: ledger.AreaReceivable, Event: "ltc.difference.booked", Doc: ref, Note: d.Reason, Key: ref.String() + ":book",
		Lines: []ledger.Line{ledger.Dr(differenceKeys[d.Kind], d.Amount), ledger.Cr(ledger.Receivable, d.Amount).Of(int64(v.CustomerID))}})
	if err != nil {
		return err
	}
	if !v.PostedOn.IsZero() {
		if err := s.Credit.Post(ctx, v.CustomerID, crm.Receivables, invoice, d.Amount.Neg(), ref.String()+":book"); err != nil {
			return err
		}
	}
	return s.Invoices.Contracts.progress(ctx, value(v.ContractID), func(plan []PlanLine) { advancePlan(plan, PlanCollect, d.Amount, today) })
}

// differenceRules lets trifles pass and asks the finance manager for the rest and for
// every bad debt.
func differenceRules() []process.Rule {
	trifle, chief := money.MustAmount("10.01"), []process.Step{process.ByRole("core.finance_manager")}
	return []process.Rule{
		{Label: "Every bad debt", Guard: `kind == "bad_debt"`, Priority: 10, Steps: chief},
		{Label: "Up to 10", To: trifle},
		{Label: "Above 10", From: trifle, Steps: chief},
	}
}

// Declare returns the document type of the difference.
func (s *Differences) Declare() *resource.Type[Difference] {
	s.Type = &resource.Type[Difference]{
		Name: "ltc.difference", Label: "Payment difference", Plural: "Payment differences", Icon: "plus-minus", Number: "DF-{yyyy}-{00000}", Store: s.Store, Check: s.check, SumBy: "amount",
		Title:  func(d *Difference) string { return d.Reason },
		Amount: func(d *Difference) money.Amount { return d.Amount },
		Rules:  map[string][]process.Rule{"ltc.difference:book": differenceRules()},
		Fields: resource.Fields[Difference]{
			resource.Ref("invoice_id", "Invoice", func(d *Difference) *int64 { return &d.InvoiceID }, "ltc.invoice").Required().InList().Filter().Source(),
			resource.OptRef("receipt_id", "Payment received", func(d *Difference) **int64 { return &d.ReceiptID }, "ltc.receipt").Filter(),
			resource.Ref("customer_id", "Customer", func(d *Difference) *crm.CustomerID { return &d.CustomerID }, "crm.customer").ReadOnly().InList().Filter(),
			resource.Enum("kind", "Kind", func(d *Difference) *string { return &d.Kind },
				resource.Option{Value: "tolerance", Label: "Small difference"}, resource.Option{Value: "bank_fee", Label: "Bank charge", Tone: "info"}, resource.Option{Value: "fx", Label: "Exchange difference", Tone: "violet"},
				resource.Option{Value: "discount", Label: "Cash discount", Tone: "teal"}, resource.Option{Value: "bad_debt", Label: "Bad debt", Tone: "bad"}).Required().InList().Filter(),
			resource.Money("amount", "Amount", func(d *Difference) *money.Amount { return &d.Amount }).InList().Filter().Hint("Empty is all that is open."),
			resource.Text("reason", "Reason", func(d *Difference) *string { return &d.Reason }).Required().InList(),
			resource.Date("booked_on", "In the journal on", func(d *Difference) *date.Date { return &d.BookedOn }).ReadOnly().InList().Filter(),
		},
		Process: resource.Process(func(d *Difference) *DifferenceStage { return &d.Stage },
			[]resource.Stage[DifferenceStage]{
				{Key: DifferenceProposed, Label: "Proposed", Owner: "core.finance_clerk", Class: process.Open, Limit: 16 * time.Hour, Help: "Say why the customer need not pay it; above a trifle the finance manager agrees."},
				{Key: DifferenceBooked, Label: "Booked", End: true, Class: process.Done},
				{Key: DifferenceRefused, Label: "To be paid after all", End: true, Class: process.Cancelled},
			},
			[]resource.Move[Difference, DifferenceStage]{
				{Name: "book", Label: "Book", From: resource.From(DifferenceProposed), To: DifferenceBooked, Matrix: "ltc.difference:book", Do: resource.Do(s.book)},
				{Name: "refuse", Label: "The customer has to pay", From: resource.From(DifferenceProposed), To: DifferenceRefused, Reason: true, Deviation: true},
			}),
	}
	return s.Type
}
