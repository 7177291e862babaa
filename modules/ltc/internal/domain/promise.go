package domain

import (
	"context"
	"fmt"
	"time"

	"meridian/modules/crm"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// PromiseStage is the state of a promise to pay.
type PromiseStage string

// The stages of a promise to pay.
const (
	PromiseOpen      PromiseStage = "open"
	PromiseKept      PromiseStage = "kept"
	PromiseBroken    PromiseStage = "broken"
	PromiseWithdrawn PromiseStage = "withdrawn"
)

// Promise is a customer who says until when an invoice is paid. Until then nobody
// reminds of it.
type Promise struct {
	record.Base
	Stage        PromiseStage
	InvoiceID    int64
	InstalmentID int64
	CustomerID   crm.CustomerID
	Amount       money.Amount
	PromisedOn   date.Date
	MadeOn       date.Date
	PromisedBy   string
}

// Promises is the service behind the promise type.
type Promises struct {
	*Ports
	Store    record.Store[Promise]
	Type     *resource.Type[Promise]
	Invoices *Invoices
}

// check takes customer and amount from the invoice.
func (s *Promises) check(ctx context.Context, p *Promise) error {
	if p.Stage != PromiseOpen {
		return nil
	}
	if p.MadeOn.IsZero() {
		p.MadeOn = s.Today(ctx)
	}
	if p.PromisedOn.Before(p.MadeOn) && !p.PromisedOn.IsZero() {
		return errs.Bad("promised_on", "A promise is about a day to come.")
	}
	v, open, err := s.Invoices.asked(ctx, p.InvoiceID, p.InstalmentID)
	if err != nil || v == nil {
		return err
	}
	if p.ID == 0 {
		inherit(&p.Base, &v.Base)
	}
	if p.CustomerID = v.CustomerID; p.Amount.IsZero() {
		p.Amount = open
	}
	if p.Amount.Sign() <= 0 || open.Less(p.Amount) && p.ID == 0 {
		return errs.Bad("amount", "Between 0 and {0}, what is open.", open)
	}
	return nil
}

func (s *Promises) saved(ctx context.Context, p, _ *Promise) error {
	if p.Stage != PromiseOpen {
		return nil
	}
	return s.Invoices.mark(ctx, p.InvoiceID, p.InstalmentID, func(i *Instalment) { i.PromisedOn = p.PromisedOn })
}

// end frees the instalment for dunning again.
func (s *Promises) end(ctx context.Context, p *Promise) error {
	return s.Invoices.mark(ctx, p.InvoiceID, p.InstalmentID, func(i *Instalment) { i.PromisedOn = date.Date{} })
}

// Review ends the promises that are fulfilled and those whose day has passed: kept when
// as much was paid from the promise until its day, broken otherwise.
func (s *Promises) Review(ctx context.Context, day date.Date) (kept, broken int, err error) {
	ctx = authz.System(ctx, "ltc.promise:review")
	list, err := s.Store.Find(ctx, record.Where("stage", record.Eq, string(PromiseOpen)))
	if err != nil {
		return 0, 0, fmt.Errorf("open promises: %w", err)
	}
	for i := range list {
		p := &list[i]
		paid, err := s.Cash.PaidBetween(ctx, p.InvoiceID, p.InstalmentID, p.MadeOn, p.PromisedOn)
		if err != nil {
			return kept, broken, err
		}
		var move string
		switch {
		case !paid.Less(p.Amount):
			move, kept = "keep", kept+1
		case day.After(p.PromisedOn):
			move, broken = "break", broken+1
		default:
			continue
		}
		if err := s.Type.Fire(ctx, p.ID, move, nil); err != nil {
			return kept, broken, fmt.Errorf("%s promise %s: %w", move, p.No, err)
		}
	}
	return kept, broken, nil
}

// Declare returns the document type of the promise.
func (s *Promises) Declare() *resource.Type[Promise] {
	open := resource.From(PromiseOpen)
	s.Type = &resource.Type[Promise]{
		Name: "ltc.promise", Label: "Promise to pay", Plural: "Promises to pay", Icon: "calendar-heart", Number: "PP-{yyyy}-{00000}", Store: s.Store, Check: s.check, Saved: s.saved, SumBy: "amount",
		Title:  func(p *Promise) string { return p.PromisedBy },
		Amount: func(p *Promise) money.Amount { return p.Amount },
		Day:    func(p *Promise) date.Date { return p.MadeOn },
		Fields: resource.Fields[Promise]{
			resource.Ref("invoice_id", "Invoice", func(p *Promise) *int64 { return &p.InvoiceID }, "ltc.invoice").Required().InList().Filter().Source(),
			resource.Int("instalment_id", "Instalment", func(p *Promise) *int64 { return &p.InstalmentID }).Hidden(),
			resource.Ref("customer_id", "Customer", func(p *Promise) *crm.CustomerID { return &p.CustomerID }, "crm.customer").ReadOnly().InList().Filter(),
			resource.Money("amount", "Amount", func(p *Promise) *money.Amount { return &p.Amount }).InList().Filter().Hint("Empty is all that is open."),
			resource.Date("promised_on", "Promised for", func(p *Promise) *date.Date { return &p.PromisedOn }).Required().InList().Filter(),
			resource.Text("promised_by", "Promised by", func(p *Promise) *string { return &p.PromisedBy }).InList(),
			resource.Date("made_on", "Promised on", func(p *Promise) *date.Date { return &p.MadeOn }).ReadOnly().Filter(),
		},
		Process: resource.Process(func(p *Promise) *PromiseStage { return &p.Stage },
			[]resource.Stage[PromiseStage]{
				{Key: PromiseOpen, Label: "Promised", Owner: "core.finance_clerk", Wait: true, Class: process.Hold, Limit: 400 * time.Hour, Help: "Dunning waits until the day has passed."},
				{Key: PromiseKept, Label: "Kept", End: true, Class: process.Done},
				{Key: PromiseBroken, Label: "Broken", End: true, Class: process.Lost},
				{Key: PromiseWithdrawn, Label: "Withdrawn", End: true, Class: process.Cancelled},
			},
			[]resource.Move[Promise, PromiseStage]{
				{Name: "keep", Label: "Paid as promised", From: open, To: PromiseKept, System: true, Do: resource.Do(s.end)},
				{Name: "break", Label: "Not paid in time", From: open, To: PromiseBroken, System: true, Deviation: true, Do: resource.Do(s.end)},
				{Name: "withdraw", Label: "Withdraw", From: open, To: PromiseWithdrawn, Reason: true, Deviation: true, Do: resource.Do(s.end)},
			}),
	}
	return s.Type
}
