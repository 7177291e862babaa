package domain

import (
	"context"
	"fmt"
	"time"

	"meridian/modules/crm"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// DisputeStage is the state of a dispute.
type DisputeStage string

// The stages of a dispute.
const (
	DisputeOpen    DisputeStage = "open"
	DisputeSettled DisputeStage = "settled"
)

// Dispute is a customer who says an invoice is wrong. While it is open nobody reminds of
// what it is about.
type Dispute struct {
	record.Base
	Stage        DisputeStage
	InvoiceID    int64
	InstalmentID int64
	CustomerID   crm.CustomerID
	Kind         string
	Amount       money.Amount
	Note         string
	Outcome      string
}

// Disputes is the service behind the dispute type.
type Disputes struct {
	*Ports
	Store    record.Store[Dispute]
	Type     *resource.Type[Dispute]
	Invoices *Invoices
}

// check takes customer and amount from the invoice.
func (s *Disputes) check(ctx context.Context, d *Dispute) error {
	if d.Stage != DisputeOpen {
		return nil
	}
	v, open, err := s.Invoices.asked(ctx, d.InvoiceID, d.InstalmentID)
	if err != nil || v == nil {
		return err
	}
	if d.ID == 0 { // who sold it clears it
		inherit(&d.Base, &v.Base)
	}
	if d.CustomerID = v.CustomerID; d.Amount.IsZero() {
		d.Amount = open
	}
	if d.Amount.Sign() <= 0 || open.Less(d.Amount) && d.ID == 0 {
		return errs.Bad("amount", "Between 0 and {0}, what is open.", open)
	}
	return nil
}

// asked is the invoice an instalment (0: all of it) is asked of and how much; nil means
// that there is no such invoice, which the reference check says with its field.
func (s *Invoices) asked(ctx context.Context, invoice, instalment int64) (*Invoice, money.Amount, error) {
	v, err := s.Store.Get(ctx, invoice)
	if errs.Is(err, errs.NotFound) {
		return nil, money.Amount{}, nil
	}
	if err != nil {
		return nil, money.Amount{}, fmt.Errorf("invoice %d: %w", invoice, err)
	}
	if v.Stage != InvoicePosted || v.Kind == InvoiceCredit {
		return nil, money.Amount{}, errs.Bad("invoice_id", "Only a posted invoice that is not paid yet is followed up.")
	}
	return v, v.unpaid(instalment), nil
}

// mark changes the instalments of an invoice that are followed up: one, or all for 0.
func (s *Invoices) mark(ctx context.Context, invoice, instalment int64, set func(i *Instalment)) error {
	_, err := s.Type.Update(ctx, invoice, func(v *Invoice) error {
		for n := range v.Instalments {
			if i := &v.Instalments[n]; instalment == 0 || i.ID == instalment {
				set(i)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("mark invoice %d: %w", invoice, err)
	}
	return nil
}

func (s *Disputes) saved(ctx context.Context, d, before *Dispute) error {
	if before != nil {
		return nil
	}
	return s.Invoices.mark(ctx, d.InvoiceID, d.InstalmentID, func(i *Instalment) { i.Disputed = true })
}

// outcome is the input of the move "settle".
type outcome struct{ Outcome string }

func outcomeForm() resource.Fields[outcome] {
	return resource.Fields[outcome]{resource.Enum("outcome", "Outcome", func(o *outcome) *string { return &o.Outcome }, outcomes()...).Required()}
}

func outcomes() []resource.Option {
	return []resource.Option{{Value: "pays", Label: "The customer pays", Tone: "ok"}, {Value: "credit", Label: "We issue a credit note", Tone: "warn"}, {Value: "partly", Label: "Settled in the middle", Tone: "info"}}
}

func (s *Disputes) settle(ctx context.Context, d *Dispute, in *outcome) error {
	d.Outcome = in.Outcome
	return s.Invoices.mark(ctx, d.InvoiceID, d.InstalmentID, func(i *Instalment) { i.Disputed = false })
}

// Declare returns the document type of the dispute.
func (s *Disputes) Declare() *resource.Type[Dispute] {
	s.Type = &resource.Type[Dispute]{
		Name: "ltc.dispute", Label: "Invoice dispute", Plural: "Invoice disputes", Icon: "message-exclamation", Number: "DI-{yyyy}-{00000}", Store: s.Store, Check: s.check, Saved: s.saved, SumBy: "amount",
		Title:  func(d *Dispute) string { return d.Note },
		Amount: func(d *Dispute) money.Amount { return d.Amount },
		Fields: resource.Fields[Dispute]{
			resource.Ref("invoice_id", "Invoice", func(d *Dispute) *int64 { return &d.InvoiceID }, "ltc.invoice").Required().InList().Filter().Source(),
			resource.Int("instalment_id", "Instalment", func(d *Dispute) *int64 { return &d.InstalmentID }).Hidden(),
			resource.Ref("customer_id", "Customer", func(d *Dispute) *crm.CustomerID { return &d.CustomerID }, "crm.customer").ReadOnly().InList().Filter(),
			resource.Enum("kind", "Kind", func(d *Dispute) *string { return &d.Kind },
				resource.Option{Value: "quality", Label: "Quality"}, resource.Option{Value: "quantity", Label: "Quantity"}, resource.Option{Value: "price", Label: "Price"},
				resource.Option{Value: "delivery", Label: "Delivery"}, resource.Option{Value: "other", Label: "Other"}).Required().InList().Filter(),
			resource.Money("amount", "Amount", func(d *Dispute) *money.Amount { return &d.Amount }).InList().Filter().Hint("Empty is all that is open."),
			resource.LongText("note", "What the customer says", func(d *Dispute) *string { return &d.Note }).Required().Limit(1000),
			resource.Enum("outcome", "Outcome", func(d *Dispute) *string { return &d.Outcome }, outcomes()...).ReadOnly().InList().Filter(),
		},
		Process: resource.Process(func(d *Dispute) *DisputeStage { return &d.Stage },
			[]resource.Stage[DisputeStage]{
				{Key: DisputeOpen, Label: "In dispute", Owner: "ltc.rep", Class: process.Hold, Limit: 40 * time.Hour, Help: "Clear it with the customer; dunning stands still until then."},
				{Key: DisputeSettled, Label: "Cleared", End: true, Class: process.Done},
			},
			[]resource.Move[Dispute, DisputeStage]{
				{Name: "settle", Label: "Clear", From: resource.From(DisputeOpen), To: DisputeSettled, Do: resource.Ask(outcomeForm(), s.settle)},
			}),
	}
	return s.Type
}
