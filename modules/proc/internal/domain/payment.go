package domain

import (
	"context"
	"time"

	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// PaymentStage is the state of a payment request.
type PaymentStage string

// The stages of a payment request.
const (
	PaymentDraft     PaymentStage = "draft"
	PaymentApproved  PaymentStage = "approved"
	PaymentPaid      PaymentStage = "paid"
	PaymentCancelled PaymentStage = "cancelled"
)

// Payment asks for money to leave the company: an amount of one matched invoice
// to the account the supplier had when it was asked for.
type Payment struct {
	record.Base
	Stage       PaymentStage
	InvoiceID   int64
	SupplierID  int64
	Amount      money.Amount
	BankAccount string
	ApprovedBy  int64
	PaidOn      date.Date
	BankRef     string
}

// Payments is the service behind the payment requests.
type Payments struct {
	Store     record.Store[Payment]
	Type      *resource.Type[Payment]
	Invoices  *Invoices
	Suppliers *Suppliers
	Facts     Facts
	Today     func(ctx context.Context) date.Date
}

// check fills a draft from its invoice and refuses more than is open: the amount
// of the invoice without what is paid and what other requests ask for. It holds
// the invoice, so two requests cannot both ask for the rest.
func (s *Payments) check(ctx context.Context, p *Payment) error {
	if p.Stage != PaymentDraft || p.InvoiceID == 0 {
		return nil
	}
	ctx = system(ctx, "invoice of a payment request")
	v, err := s.Invoices.Store.Lock(ctx, p.InvoiceID)
	if errs.Is(err, errs.NotFound) {
		return errs.Bad("invoice_id", "There is no such record, or you may not see it.")
	}
	if err != nil {
		return err
	}
	if v.Stage != InvoiceApproved {
		return errs.Bad("invoice_id", "Only a matched and approved invoice is paid.")
	}
	supplier, err := s.Suppliers.Store.Get(ctx, v.SupplierID)
	if err != nil {
		return err
	}
	if supplier.BankAccount == "" {
		return errs.Bad("invoice_id", "The supplier {0} has no bank account yet.", supplier.Name)
	}
	p.SupplierID, p.BankAccount = supplier.ID, supplier.BankAccount
	requested, err := s.Facts.Requested(ctx, v.ID, p.ID)
	if err != nil {
		return err
	}
	return p.limit(v.Open().Sub(requested))
}

// limit keeps the amount within what may be asked for; empty asks for all of it.
func (p *Payment) limit(most money.Amount) error {
	if p.Amount.IsZero() {
		p.Amount = most
	}
	switch {
	case most.Sign() <= 0:
		return errs.Bad("invoice_id", "The whole invoice is paid or asked for already.")
	case p.Amount.Sign() < 0:
		return errs.Bad("amount", "The amount must be above 0.")
	case most.Less(p.Amount):
		return errs.Bad("amount", "At most {0} may be asked for.", most)
	}
	return nil
}

// submit runs when finance has approved the request.
func (s *Payments) submit(ctx context.Context, p *Payment) error {
	p.ApprovedBy = authz.Actor(ctx)
	return s.sameBank(ctx, p)
}

func (s *Payments) sameBank(ctx context.Context, p *Payment) error {
	supplier, err := s.Suppliers.Store.Get(ctx, p.SupplierID)
	if err != nil {
		return err
	}
	return supplier.sameBank(p.BankAccount)
}

// transfer is the input of the move "pay".
type transfer struct {
	PaidOn  date.Date
	BankRef string
}

func transferForm() resource.Fields[transfer] {
	return resource.Fields[transfer]{
		resource.Date("paid_on", "Paid on", func(t *transfer) *date.Date { return &t.PaidOn }).Required(),
		resource.Text("bank_ref", "Bank reference", func(t *transfer) *string { return &t.BankRef }).Required().Limit(120),
	}
}

// pay records the transfer. The account must still be the supplier's, the invoice
// must still have that much open, and who approved does not pay.
func (s *Payments) pay(ctx context.Context, p *Payment, in *transfer) error {
	if s.Today(ctx).Before(in.PaidOn) {
		return errs.Bad("paid_on", "The day of payment lies in the future.")
	}
	if err := apart(ctx, "Whoever approved the payment does not make it.", p.ApprovedBy); err != nil {
		return err
	}
	if err := s.sameBank(ctx, p); err != nil {
		return err
	}
	v, err := s.Invoices.Type.Update(ctx, p.InvoiceID, func(v *Invoice) error {
		if v.Stage != InvoiceApproved || v.Open().Less(p.Amount) {
			return errs.New(errs.Precondition, "Only {0} of the invoice is still open.", v.Open())
		}
		v.Paid = v.Paid.Add(p.Amount)
		return nil
	})
	if err != nil {
		return err
	}
	p.PaidOn, p.BankRef = in.PaidOn, in.BankRef
	if !v.Open().IsZero() {
		return nil
	}
	return s.Invoices.Type.Fire(ctx, v.ID, "pay", nil)
}

// Declare returns the document type of the payment request.
func (s *Payments) Declare() *resource.Type[Payment] {
	s.Type = &resource.Type[Payment]{
		Name: "proc.payment", Label: "Payment request", Plural: "Payment requests", Icon: "cash-banknote", Number: "PY-{yyyy}-{00000}", Store: s.Store, Check: s.check, SumBy: "amount",
		Amount: func(p *Payment) money.Amount { return p.Amount },
		Day: func(p *Payment) date.Date {
			if p.PaidOn.IsZero() {
				return date.Of(p.CreatedAt)
			}
			return p.PaidOn
		},
		Fields: resource.Fields[Payment]{
			resource.Ref("invoice_id", "Supplier invoice", func(p *Payment) *int64 { return &p.InvoiceID }, "proc.invoice").Required().InList().Filter().Source(),
			resource.Ref("supplier_id", "Supplier", func(p *Payment) *int64 { return &p.SupplierID }, "proc.supplier").ReadOnly().InList().Filter(),
			resource.Money("amount", "Amount", func(p *Payment) *money.Amount { return &p.Amount }).InList().Filter().
				Hint("Empty asks for all that is open."),
			resource.Text("bank_account", "Bank account", func(p *Payment) *string { return &p.BankAccount }).ReadOnly().Sensitive(),
			resource.Ref("approved_by", "Approved by", func(p *Payment) *int64 { return &p.ApprovedBy }, "core.user").ReadOnly(),
			resource.Date("paid_on", "Paid on", func(p *Payment) *date.Date { return &p.PaidOn }).ReadOnly().InList(),
			resource.Text("bank_ref", "Bank reference", func(p *Payment) *string { return &p.BankRef }).ReadOnly(),
		},
		Process: resource.Process(func(p *Payment) *PaymentStage { return &p.Stage },
			[]resource.Stage[PaymentStage]{
				{Key: PaymentDraft, Label: "Draft", Owner: "core.finance_clerk", Class: process.Draft, Limit: 16 * time.Hour, Help: "Check amount and account, then ask for approval."},
				{Key: PaymentApproved, Label: "Approved", Owner: "core.finance_clerk", Class: process.Open, Limit: 8 * time.Hour, Locked: true, Help: "Transfer the money and note the bank's reference. Somebody else approved it."},
				{Key: PaymentPaid, Label: "Paid", End: true, Class: process.Done},
				{Key: PaymentCancelled, Label: "Cancelled", End: true, Class: process.Cancelled},
			},
			[]resource.Move[Payment, PaymentStage]{
				{Name: "submit", Label: "Ask for approval", From: resource.From(PaymentDraft), To: PaymentApproved, Matrix: "proc.payment:submit", Do: resource.Do(s.submit)},
				{Name: "pay", Label: "Note the transfer", From: resource.From(PaymentApproved), To: PaymentPaid, Do: resource.Ask(transferForm(), s.pay)},
				{Name: "cancel", Label: "Cancel", From: resource.From(PaymentDraft, PaymentApproved), To: PaymentCancelled, Reason: true, Deviation: true},
			}),
		Rules: map[string][]process.Rule{
			"proc.payment:submit": {{Label: "Payments: finance reviews every one", Steps: []process.Step{process.ByRole("core.finance_manager")}}},
		},
	}
	return s.Type
}
