package domain

import (
	"context"
	"fmt"
	"time"

	"meridian/modules/crm"
	"meridian/modules/ltc"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// ReceiptStage is the state of a receipt.
type ReceiptStage string

// The stages of a receipt.
const (
	ReceiptUnmatched ReceiptStage = "unmatched"
	ReceiptPartly    ReceiptStage = "partly"
	ReceiptMatched   ReceiptStage = "matched"
)

// Receipt is money that came in.
type Receipt struct {
	record.Base
	Stage      ReceiptStage
	CustomerID *int64
	Payer      string
	BankRef    string
	ReceivedOn date.Date
	Amount     money.Amount
	Settled    money.Amount // used before the import of history
	Rest       money.Amount // on account: not allocated yet
	Note       string
}

// Allocation is one row of the append-only ledger between receipts and invoices.
type Allocation struct {
	Company, Receipt, Invoice int64
	Amount                    money.Amount
	On                        date.Date
	By                        int64
}

// Receipts is the service behind the receipt type.
type Receipts struct {
	*Ports
	Store     record.Store[Receipt]
	Type      *resource.Type[Receipt]
	Invoices  *Invoices
	Orders    *Orders
	Contracts *Contracts
}

// check sets what is left of a new receipt; history that was matched has nothing.
func (s *Receipts) check(_ context.Context, r *Receipt) error {
	if r.Amount.Sign() <= 0 {
		return errs.Bad("amount", "The amount must be greater than zero.")
	}
	switch {
	case r.Stage == ReceiptUnmatched:
		r.Rest = r.Amount
	case r.ID == 0 && r.Stage == ReceiptMatched:
		r.Settled = r.Amount
	case r.ID == 0:
		r.Rest = r.Amount
	}
	return nil
}

// matching is the input of the moves that allocate.
type matching struct {
	Invoice int64
	Amount  money.Amount
}

func matchForm() resource.Fields[matching] {
	return resource.Fields[matching]{
		resource.Ref("invoice", "Invoice", func(m *matching) *int64 { return &m.Invoice }, "ltc.invoice").Required(),
		resource.Money("amount", "Amount", func(m *matching) *money.Amount { return &m.Amount }).Hint("Empty takes as much as both sides have."),
	}
}

// allocate uses up the receipt: all that is left pays the invoice.
func (s *Receipts) allocate(ctx context.Context, r *Receipt, in *matching) error {
	return s.match(ctx, r, in, func(amount money.Amount) error {
		if amount.Less(r.Rest) {
			return errs.New(errs.Precondition, "This uses {0} of {1}; allocate a part instead.", amount, r.Rest)
		}
		return nil
	})
}

// allocatePart leaves some of the receipt on account.
func (s *Receipts) allocatePart(ctx context.Context, r *Receipt, in *matching) error {
	return s.match(ctx, r, in, func(amount money.Amount) error {
		if !amount.Less(r.Rest) {
			return errs.New(errs.Precondition, "This uses up the receipt; allocate all of it instead.")
		}
		return nil
	})
}

// match pays an invoice out of a receipt. The engine holds the receipt, the update
// holds the invoice: neither can be used twice.
func (s *Receipts) match(ctx context.Context, r *Receipt, in *matching, fits func(money.Amount) error) error {
	var amount money.Amount
	v, err := s.Invoices.settle(ctx, in.Invoice, func(v *Invoice) (money.Amount, error) {
		var err error
		if amount, err = r.pays(v, in.Amount); err != nil {
			return amount, err
		}
		return amount, fits(amount)
	})
	if err != nil {
		return err
	}
	customer := int64(v.CustomerID)
	r.CustomerID, r.Rest = &customer, r.Rest.Sub(amount)
	return s.book(ctx, r, v, amount)
}

// pays works out how much of an invoice r pays when asked for want (0 = as much as
// possible).
func (r *Receipt) pays(v *Invoice, want money.Amount) (money.Amount, error) {
	most := r.Rest.Min(v.Open)
	switch {
	case v.CompanyID != r.CompanyID:
		return want, errs.Missing()
	case v.Stage != InvoicePosted:
		return want, errs.New(errs.Precondition, "Only a posted invoice that is not paid yet takes money.")
	case r.CustomerID != nil && *r.CustomerID != int64(v.CustomerID):
		return want, errs.Bad("invoice", "This invoice belongs to another customer.")
	case want.Sign() < 0:
		return want, errs.Bad("amount", "An amount cannot be negative.")
	case want.IsZero():
		return most, nil
	case most.Less(want):
		return want, errs.Bad("amount", "At most {0}: the receipt has {1} left, the invoice {2} open.", most, r.Rest, v.Open)
	}
	return want, nil
}

// book writes the allocation, lowers the credit in use, and tells the plan of the
// contract and the other modules.
func (s *Receipts) book(ctx context.Context, r *Receipt, v *Invoice, amount money.Amount) error {
	today := s.Today(ctx)
	receipt, invoice := s.Type.Ref(r.ID), s.Invoices.Type.Ref(v.ID)
	if err := s.Book.Allocate(ctx, Allocation{Company: r.CompanyID, Receipt: r.ID, Invoice: v.ID, Amount: amount, On: today, By: authz.Actor(ctx)}); err != nil {
		return err
	}
	if err := s.Link(ctx, invoice, receipt, "paid"); err != nil {
		return err
	}
	if !v.PostedOn.IsZero() { // history was never added to the exposure
		if err := s.Credit.Post(ctx, v.CustomerID, crm.Receivables, invoice, amount.Neg(), fmt.Sprintf("%s:v%d", receipt, r.Version)); err != nil {
			return err
		}
	}
	if err := s.collect(ctx, v, amount, today); err != nil {
		return err
	}
	return s.Bus.Publish(ctx, ltc.ReceiptAllocated{Receipt: receipt, Invoice: invoice, Customer: v.CustomerID, Amount: amount, On: today})
}

// collect books money on the plan of the contract behind an invoice.
func (s *Receipts) collect(ctx context.Context, v *Invoice, amount money.Amount, on date.Date) error {
	if v.OrderID == nil {
		return nil
	}
	o, err := s.Orders.Store.Get(ctx, *v.OrderID)
	if err != nil {
		return fmt.Errorf("order of invoice %s: %w", v.No, err)
	}
	return s.Contracts.progress(ctx, value(o.ContractID), func(plan []PlanLine) { advancePlan(plan, PlanCollect, amount, on) })
}

// Declare returns the document type of the receipt.
func (s *Receipts) Declare() *resource.Type[Receipt] {
	open := resource.From(ReceiptUnmatched, ReceiptPartly)
	s.Type = &resource.Type[Receipt]{
		Name: "ltc.receipt", Label: "Payment received", Plural: "Payments received", Icon: "cash", Number: "RC-{yyyy}-{00000}", Store: s.Store, Check: s.check, SumBy: "amount",
		Title:   func(r *Receipt) string { return r.BankRef },
		Amount:  func(r *Receipt) money.Amount { return r.Amount },
		Day:     func(r *Receipt) date.Date { return r.ReceivedOn },
		Default: func(ctx context.Context, r *Receipt) error { r.ReceivedOn = s.Today(ctx); return nil },
		Fields: resource.Fields[Receipt]{
			resource.OptRef("customer_id", "Customer", func(r *Receipt) **int64 { return &r.CustomerID }, "crm.customer").InList().Filter(),
			resource.Text("payer", "Payer", func(r *Receipt) *string { return &r.Payer }).InList().Search(),
			resource.Text("bank_ref", "Bank reference", func(r *Receipt) *string { return &r.BankRef }).Required().InList().Search().Filter(),
			resource.Date("received_on", "Money received on", func(r *Receipt) *date.Date { return &r.ReceivedOn }).Required().InList().Filter(),
			resource.Money("amount", "Amount", func(r *Receipt) *money.Amount { return &r.Amount }).Required().InList().Filter(),
			resource.Money("rest", "On account", func(r *Receipt) *money.Amount { return &r.Rest }).ReadOnly().InList().Filter().Hint("Not allocated yet."),
			resource.LongText("note", "Note", func(r *Receipt) *string { return &r.Note }),
		},
		Process: resource.Process(func(r *Receipt) *ReceiptStage { return &r.Stage },
			[]resource.Stage[ReceiptStage]{
				{Key: ReceiptUnmatched, Label: "Unmatched", Owner: "core.finance_clerk", Class: process.Open, Limit: 16 * time.Hour, Help: "Find the invoice this money pays."},
				{Key: ReceiptPartly, Label: "Partly matched", Owner: "core.finance_clerk", Class: process.Working, Locked: true, Limit: 16 * time.Hour, Help: "Allocate what is left."},
				{Key: ReceiptMatched, Label: "Matched", End: true, Class: process.Done},
			},
			[]resource.Move[Receipt, ReceiptStage]{
				{Name: "allocate", Label: "Allocate", From: open, To: ReceiptMatched, Do: resource.Ask(matchForm(), s.allocate)},
				{Name: "allocate_part", Label: "Allocate a part", From: open, To: ReceiptPartly, Do: resource.Ask(matchForm(), s.allocatePart)},
			}),
	}
	return s.Type
}
