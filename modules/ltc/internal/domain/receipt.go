package domain

import (
	"context"
	"time"

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
	ReceiptReturned  ReceiptStage = "returned"
)

// Receipt is money that came in.
type Receipt struct {
	record.Base
	Stage         ReceiptStage
	CustomerID    *int64
	Payer         string
	BankRef       string
	ReceivedOn    date.Date
	Amount        money.Amount
	Settled       money.Amount // used before the import of history
	Rest          money.Amount // on account: not allocated yet
	Note          string
	Reference     string // purpose of the transfer as the payer wrote it
	Currency      string // of the transfer, empty for base currency
	ForeignAmount money.Amount
	Rate          money.Ratio  // base currency per unit, at the day of the document
	Refunded      money.Amount // paid back
	BookedOn      date.Date    // day of its entry in the journal
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
	if r.Currency != "" && r.Currency != s.currency(r.CompanyID) {
		if r.Rate.Sign() <= 0 || r.ForeignAmount.Sign() <= 0 {
			return errs.Bad("rate", "A payment in {0} needs its amount and the rate of the day.", r.Currency)
		}
		if r.Stage == ReceiptUnmatched {
			r.Amount = money.Convert(r.ForeignAmount, r.Rate)
		}
	}
	if r.Amount.Sign() <= 0 {
		return errs.Bad("amount", "The amount must be greater than zero.")
	}
	switch {
	case r.Stage == ReceiptUnmatched:
		r.Rest = r.Amount.Sub(r.Refunded)
	case r.ID == 0 && r.Stage == ReceiptMatched:
		r.Settled = r.Amount
	case r.ID == 0:
		r.Rest = r.Amount
	}
	return nil
}

// matching is the input of the moves that allocate.
type matching struct {
	Invoice    int64
	Instalment int64
	Amount     money.Amount
}

func matchForm() resource.Fields[matching] {
	return resource.Fields[matching]{
		resource.Ref("invoice", "Invoice", func(m *matching) *int64 { return &m.Invoice }, "ltc.invoice").Required(),
		resource.Money("amount", "Amount", func(m *matching) *money.Amount { return &m.Amount }).Hint("Empty takes as much as both sides have."),
		resource.Int("instalment", "Instalment", func(m *matching) *int64 { return &m.Instalment }).Hint("Empty pays the instalment due first."),
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

// pays works out how much of an invoice r pays when asked for want (0 = as much as
// possible).
func (r *Receipt) pays(v *Invoice, want money.Amount) (money.Amount, error) {
	most := r.Rest.Min(v.Open)
	switch {
	case v.CompanyID != r.CompanyID:
		return want, errs.Missing()
	case v.Stage != InvoicePosted || v.Kind == InvoiceCredit:
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

// Declare returns the document type of the receipt.
func (s *Receipts) Declare() *resource.Type[Receipt] {
	open := resource.From(ReceiptUnmatched, ReceiptPartly)
	s.Type = &resource.Type[Receipt]{
		Name: "ltc.receipt", Label: "Payment received", Plural: "Payments received", Icon: "cash", Number: "RC-{yyyy}-{00000}", Store: s.Store, Check: s.check, Saved: s.saved, SumBy: "amount",
		Rules:   map[string][]process.Rule{"ltc.receipt:refund": {{Label: "Every refund", Steps: []process.Step{process.ByRole("core.finance_manager")}}}},
		Title:   func(r *Receipt) string { return r.BankRef },
		Amount:  func(r *Receipt) money.Amount { return r.Amount },
		Day:     func(r *Receipt) date.Date { return r.ReceivedOn },
		Default: func(ctx context.Context, r *Receipt) error { r.ReceivedOn = s.Today(ctx); return nil },
		Fields: resource.Fields[Receipt]{
			resource.OptRef("customer_id", "Customer", func(r *Receipt) **int64 { return &r.CustomerID }, "crm.customer").InList().Filter(),
			resource.Text("payer", "Payer", func(r *Receipt) *string { return &r.Payer }).InList().Search(),
			resource.Text("bank_ref", "Bank reference", func(r *Receipt) *string { return &r.BankRef }).Required().InList().Search().Filter(),
			resource.Date("received_on", "Money received on", func(r *Receipt) *date.Date { return &r.ReceivedOn }).Required().InList().Filter(),
			resource.Money("amount", "Amount", func(r *Receipt) *money.Amount { return &r.Amount }).InList().Filter().Hint("In base currency; worked out from the amount in another currency."),
			resource.Text("reference", "Purpose of the transfer", func(r *Receipt) *string { return &r.Reference }).InList().Search().Hint("What the payer wrote; the match looks for invoice numbers in it."),
			resource.Text("currency", "Currency", func(r *Receipt) *string { return &r.Currency }).Limit(3).Hint("Empty is the base currency."),
			resource.Money("foreign_amount", "Amount in that currency", func(r *Receipt) *money.Amount { return &r.ForeignAmount }),
			resource.Quantity("rate", "Rate", func(r *Receipt) *money.Ratio { return &r.Rate }).Hint("Base currency per unit on the day of the receipt."),
			resource.Money("refunded", "Paid back", func(r *Receipt) *money.Amount { return &r.Refunded }).ReadOnly(),
			resource.Date("booked_on", "In the journal on", func(r *Receipt) *date.Date { return &r.BookedOn }).ReadOnly(),
			resource.Money("rest", "On account", func(r *Receipt) *money.Amount { return &r.Rest }).ReadOnly().InList().Filter().Hint("Not allocated yet."),
			resource.LongText("note", "Note", func(r *Receipt) *string { return &r.Note }),
		},
		Process: resource.Process(func(r *Receipt) *ReceiptStage { return &r.Stage },
			[]resource.Stage[ReceiptStage]{
				{Key: ReceiptUnmatched, Label: "Unmatched", Owner: "core.finance_clerk", Class: process.Open, Limit: 16 * time.Hour, Help: "Find the invoice this money pays."},
				{Key: ReceiptPartly, Label: "Partly matched", Owner: "core.finance_clerk", Class: process.Working, Locked: true, Limit: 16 * time.Hour, Help: "Allocate what is left."},
				{Key: ReceiptMatched, Label: "Matched", End: true, Class: process.Done},
				{Key: ReceiptReturned, Label: "Returned to the payer", End: true, Class: process.Cancelled},
			},
			[]resource.Move[Receipt, ReceiptStage]{
				{Name: "allocate", Label: "Allocate", From: open, To: ReceiptMatched, Do: resource.Ask(matchForm(), s.allocate)},
				{Name: "allocate_part", Label: "Allocate a part", From: open, To: ReceiptPartly, Do: resource.Ask(matchForm(), s.allocatePart)},
				{Name: "undo", Label: "Take an allocation back", From: resource.From(ReceiptPartly, ReceiptMatched), To: ReceiptPartly, Deviation: true, Do: resource.Ask(matchForm(), s.undo)},
				{Name: "refund", Label: "Pay back", From: open, To: ReceiptPartly, Deviation: true, Matrix: "ltc.receipt:refund", Do: resource.Ask(refundForm(), s.refund)},
				{Name: "give_back", Label: "Return to the payer", From: resource.From(ReceiptUnmatched), To: ReceiptReturned, Reason: true, Deviation: true, Matrix: "ltc.receipt:refund", Do: resource.Do(s.giveUp)},
				{Name: "close", Label: "Nothing left on account", From: resource.From(ReceiptPartly), To: ReceiptMatched, System: true},
				{Name: "take_over", Label: "Take into the journal", From: open, System: true, Do: resource.Do(s.takeOver)},
			}),
	}
	return s.Type
}
