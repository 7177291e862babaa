package domain

import (
	"context"
	"fmt"

	"meridian/modules/crm"
	"meridian/modules/ltc"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/ledger"
	"meridian/platform/money"
	"meridian/platform/resource"
)

// Allocation is one row of the append-only ledger that settles instalments: from a
// receipt, a credit note or a difference. A row that takes another back is negative.
type Allocation struct {
	ID                          int64
	Company                     int64
	Receipt, Credit, Difference int64
	Invoice, Instalment         int64
	Reverses                    int64
	Amount                      money.Amount
	On                          date.Date
	By                          int64
}

// cashIn is the journal of a receipt: money at the bank, on account of the payer.
func (s *Receipts) cashIn(ctx context.Context, r *Receipt, amount money.Amount, day date.Date, event, key string) error {
	ref := s.Type.Ref(r.ID)
	return s.Journal.Post(ctx, ledger.Entry{Company: r.CompanyID, Day: day, Area: ledger.AreaReceivable, Event: event, Doc: ref, Note: r.BankRef, Key: ref.String() + ":" + key,
		Lines: []ledger.Line{ledger.Dr(ledger.Bank, amount), ledger.Cr(ledger.OnAccount, amount).Of(value(r.CustomerID))}})
}

// saved books a receipt when it is entered and again when its amount, day or payer was
// corrected. History is taken over when it is used.
func (s *Receipts) saved(ctx context.Context, r, before *Receipt) error {
	if before == nil {
		day, err := s.Journal.OpenDay(ctx, r.CompanyID, ledger.AreaReceivable, r.ReceivedOn)
		if err != nil {
			return err
		}
		r.BookedOn = day
		if err := s.Cash.Booked(ctx, r.ID, day); err != nil {
			return err
		}
		return s.cashIn(ctx, r, r.Amount, day, "ltc.receipt.booked", "in")
	}
	if before.BookedOn.IsZero() || before.Amount.Equal(r.Amount) && value(before.CustomerID) == value(r.CustomerID) && before.ReceivedOn == r.ReceivedOn {
		return nil
	}
	day, err := s.Journal.OpenDay(ctx, r.CompanyID, ledger.AreaReceivable, r.ReceivedOn)
	if err != nil {
		return err
	}
	if err := s.cashIn(ctx, before, before.Amount.Neg(), before.BookedOn, "ltc.receipt.corrected", fmt.Sprintf("out:v%d", r.Version)); err != nil {
		return err
	}
	r.BookedOn = day
	if err := s.Cash.Booked(ctx, r.ID, day); err != nil {
		return err
	}
	return s.cashIn(ctx, r, r.Amount, day, "ltc.receipt.booked", fmt.Sprintf("in:v%d", r.Version))
}

// takeOver brings a receipt of history into the journal: what it had left when it came.
func (s *Receipts) takeOver(ctx context.Context, r *Receipt) error {
	if !r.BookedOn.IsZero() {
		return nil
	}
	day, err := s.Journal.OpenDay(ctx, r.CompanyID, ledger.AreaReceivable, r.ReceivedOn)
	if err != nil {
		return err
	}
	r.BookedOn = day
	ref, left := s.Type.Ref(r.ID), r.Amount.Sub(r.Settled)
	return s.Journal.Post(ctx, ledger.Entry{Company: r.CompanyID, Day: day, Area: ledger.AreaReceivable, Event: "ltc.receipt.taken_over", Doc: ref, Note: r.BankRef, Key: ref.String() + ":open",
		Lines: []ledger.Line{ledger.Dr(Opening, left), ledger.Cr(ledger.OnAccount, left).Of(value(r.CustomerID))}})
}

// match pays an invoice out of a receipt. The engine holds the receipt, the update
// holds the invoice: neither can be used twice.
func (s *Receipts) match(ctx context.Context, r *Receipt, in *matching, fits func(money.Amount) error) error {
	today := s.Today(ctx)
	var amount money.Amount
	if err := s.takeOver(ctx, r); err != nil {
		return err
	}
	from := Allocation{Company: r.CompanyID, Receipt: r.ID, On: today, By: authz.Actor(ctx)}
	v, err := s.Invoices.settle(ctx, in.Invoice, in.Instalment, from, func(v *Invoice) (money.Amount, error) {
		var err error
		if amount, err = r.pays(v, in.Amount); err != nil {
			return amount, err
		}
		return amount, fits(amount)
	})
	if err != nil {
		return err
	}
	lines := []ledger.Line{ledger.Dr(ledger.OnAccount, amount).Of(int64(v.CustomerID)), ledger.Cr(ledger.Receivable, amount).Of(int64(v.CustomerID))}
	if r.CustomerID == nil { // the payer is known now
		lines = append(lines, ledger.Dr(ledger.OnAccount, r.Rest).Of(0), ledger.Cr(ledger.OnAccount, r.Rest).Of(int64(v.CustomerID)))
	}
	customer := int64(v.CustomerID)
	r.CustomerID, r.Rest = &customer, r.Rest.Sub(amount)
	return s.book(ctx, r, v, amount, lines, fmt.Sprintf("v%d", r.Version))
}

// book writes the journal of an allocation or of its reversal, moves the credit in use,
// and tells the plan of the contract and the other modules.
func (s *Receipts) book(ctx context.Context, r *Receipt, v *Invoice, amount money.Amount, lines []ledger.Line, key string) error {
	today := s.Today(ctx)
	receipt, invoice := s.Type.Ref(r.ID), s.Invoices.Type.Ref(v.ID)
	err := s.Journal.Post(ctx, ledger.Entry{Company: r.CompanyID, Day: today, Area: ledger.AreaReceivable, Event: "ltc.receipt.allocated", Doc: receipt, Note: v.FiscalNo, Key: receipt.String() + ":" + key, Lines: lines})
	if err != nil {
		return err
	}
	if amount.Sign() > 0 {
		if err := s.Link(ctx, invoice, receipt, "paid"); err != nil {
			return err
		}
	}
	if !v.PostedOn.IsZero() { // history was never added to the exposure
		if err := s.Credit.Post(ctx, v.CustomerID, crm.Receivables, invoice, amount.Neg(), receipt.String()+":"+key); err != nil {
			return err
		}
	}
	err = s.Contracts.progress(ctx, value(v.ContractID), func(plan []PlanLine) {
		if amount.Sign() > 0 {
			advancePlan(plan, PlanCollect, amount, today)
			return
		}
		retreatPlan(plan, PlanCollect, amount.Neg())
	})
	if err != nil {
		return err
	}
	return s.Bus.Publish(ctx, ltc.ReceiptAllocated{Receipt: receipt, Invoice: invoice, Customer: v.CustomerID, Amount: amount, On: today})
}

// undo takes back what a receipt paid of an invoice: reversing rows, never a deletion.
func (s *Receipts) undo(ctx context.Context, r *Receipt, in *matching) error {
	rows, err := s.Cash.Allocations(ctx, in.Invoice)
	if err != nil {
		return err
	}
	var sum money.Amount
	today := s.Today(ctx)
	v, err := s.Invoices.Type.Update(ctx, in.Invoice, func(v *Invoice) error {
		for _, a := range rows {
			if a.Receipt != r.ID {
				continue
			}
			v.free(a.Instalment, a.Amount)
			sum = sum.Add(a.Amount)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if sum.IsZero() {
		return errs.Bad("invoice", "This payment was not used for that invoice.")
	}
	for _, a := range rows {
		if a.Receipt != r.ID {
			continue
		}
		back := Allocation{Company: r.CompanyID, Receipt: r.ID, Invoice: a.Invoice, Instalment: a.Instalment, Reverses: a.ID, Amount: a.Amount.Neg(), On: today, By: authz.Actor(ctx)}
		if err := s.Book.Allocate(ctx, back); err != nil {
			return err
		}
	}
	if v.Stage == InvoicePaid {
		if err := s.Invoices.Type.Fire(ctx, v.ID, "reopen", nil); err != nil {
			return err
		}
	}
	r.Rest = r.Rest.Add(sum)
	lines := []ledger.Line{ledger.Cr(ledger.OnAccount, sum).Of(int64(v.CustomerID)), ledger.Dr(ledger.Receivable, sum).Of(int64(v.CustomerID))}
	return s.book(ctx, r, v, sum.Neg(), lines, fmt.Sprintf("undo:v%d", r.Version))
}

// refunding is the input of the move "refund".
type refunding struct {
	Amount money.Amount
	Note   string
}

func refundForm() resource.Fields[refunding] {
	return resource.Fields[refunding]{
		resource.Money("amount", "Amount", func(f *refunding) *money.Amount { return &f.Amount }).Hint("Empty is all that is on account."),
		resource.Text("note", "Note", func(f *refunding) *string { return &f.Note }),
	}
}

// refund pays back what a customer paid too much or twice.
func (s *Receipts) refund(ctx context.Context, r *Receipt, in *refunding) error {
	if in.Amount.IsZero() {
		in.Amount = r.Rest
	}
	if in.Amount.Sign() <= 0 || r.Rest.Less(in.Amount) {
		return errs.Bad("amount", "Between 0 and {0}, what is on account.", r.Rest)
	}
	if err := s.takeOver(ctx, r); err != nil {
		return err
	}
	r.Rest, r.Refunded = r.Rest.Sub(in.Amount), r.Refunded.Add(in.Amount)
	if err := s.Cash.Refund(ctx, Allocation{Company: r.CompanyID, Receipt: r.ID, Amount: in.Amount, On: s.Today(ctx), By: authz.Actor(ctx)}); err != nil {
		return err
	}
	return s.cashIn(ctx, r, in.Amount.Neg(), s.Today(ctx), "ltc.receipt.refunded", fmt.Sprintf("refund:v%d", r.Version))
}

// giveUp ends a receipt that was entered by mistake or bounced.
func (s *Receipts) giveUp(ctx context.Context, r *Receipt) error {
	return s.refund(ctx, r, &refunding{Amount: r.Rest})
}

// Pay allocates a receipt to an invoice by the move that fits: all of what is left, or a
// part. amount 0 is as much as both sides have. Errors as of the moves.
func (s *Receipts) Pay(ctx context.Context, receipt, invoice, instalment int64, amount money.Amount) error {
	return s.Tx(ctx, func(ctx context.Context) error {
		r, err := s.Store.Lock(ctx, receipt)
		if err != nil {
			return err
		}
		v, open, err := s.Invoices.asked(ctx, invoice, instalment)
		if err != nil {
			return err
		}
		if v == nil {
			return errs.Missing()
		}
		take := r.Rest.Min(open)
		if !amount.IsZero() {
			take = amount
		}
		move := "allocate"
		if take.Less(r.Rest) {
			move = "allocate_part"
		}
		return s.Type.Fire(ctx, receipt, move, resource.Values{"invoice": fmt.Sprint(invoice), "instalment": fmt.Sprint(instalment), "amount": take.String()})
	})
}
