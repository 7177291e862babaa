package domain

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"meridian/modules/dste"
	"meridian/modules/ipd"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// InvoiceStage is the state of a supplier's invoice.
type InvoiceStage string

// The stages of a supplier's invoice.
const (
	InvoiceCaptured  InvoiceStage = "captured"
	InvoiceException InvoiceStage = "exception"
	InvoiceMatched   InvoiceStage = "matched"
	InvoiceApproved  InvoiceStage = "approved"
	InvoicePaid      InvoiceStage = "paid"
	InvoiceCancelled InvoiceStage = "cancelled"
)

// Invoice is the invoice of a supplier for one purchase order.
type Invoice struct {
	record.Base
	Stage       InvoiceStage
	POID        int64 `gorm:"column:po_id"`
	SupplierID  int64
	InvoiceNo   string
	InvoiceKey  string
	InvoiceDate date.Date
	DueOn       date.Date
	Lines       []InvoiceLine `gorm:"-"`
	Net         money.Amount
	Tax         money.Amount
	Total       money.Amount
	Paid        money.Amount
	StatedTotal money.Amount // what the e-invoice it was read from says; 0 = typed
	FileName    string       // of that e-invoice
}

// InvoiceLine is one product of an invoice.
type InvoiceLine struct {
	record.Line
	POLineID  int64 `gorm:"column:po_line_id"`
	ProductID ipd.ProductID
	Qty       money.Qty
	Price     money.Price
	TaxRate   money.Ratio
	Net       money.Price
	Outcome   Outcome
}

// Open is what has not been paid.
func (v *Invoice) Open() money.Amount { return v.Total.Sub(v.Paid) }

// Invoices is the service behind the suppliers' invoices.
type Invoices struct {
	Store     record.Store[Invoice]
	Type      *resource.Type[Invoice]
	Orders    *Orders
	Suppliers *Suppliers
	Budget    Budget
}

// check fills an invoice that is not yet matched from its order; without lines it
// bills all that was accepted.
func (s *Invoices) check(ctx context.Context, v *Invoice) error {
	if v.Stage != InvoiceCaptured && v.Stage != InvoiceException {
		return nil
	}
	if v.POID == 0 || v.InvoiceDate.IsZero() {
		return nil // refused as missing by the type
	}
	ctx = system(ctx, "order of an invoice")
	o, err := s.Orders.Store.Get(ctx, v.POID)
	if errs.Is(err, errs.NotFound) {
		return errs.Bad("po_id", "There is no such record, or you may not see it.")
	}
	if err != nil {
		return err
	}
	switch o.Stage {
	case OrderDraft, OrderApproved, OrderCancelled:
		return errs.Bad("po_id", "The order {0} was never issued; nothing is owed for it.", o.No)
	}
	supplier, err := s.Suppliers.Store.Get(ctx, o.SupplierID)
	if err != nil {
		return err
	}
	v.SupplierID = supplier.ID
	if v.DueOn.IsZero() {
		v.DueOn = v.InvoiceDate.AddDays(supplier.PaymentDays)
	}
	if err := s.unique(ctx, v); err != nil {
		return err
	}
	return v.fill(o)
}

// unique refuses an invoice of the same supplier with the same number, however it
// is written. The index of the table is the backstop for two clients at once.
func (s *Invoices) unique(ctx context.Context, v *Invoice) error {
	if v.InvoiceKey = invoiceKey(v.InvoiceNo); v.InvoiceKey == "" {
		return errs.Bad("invoice_no", "This field must not be empty.")
	}
	same, err := s.Store.Find(ctx, record.Where("supplier_id", record.Eq, v.SupplierID).And("invoice_key", record.Eq, v.InvoiceKey).
		And("stage", record.Ne, string(InvoiceCancelled)).And("id", record.Ne, v.ID))
	if err != nil || len(same) == 0 {
		return err
	}
	e := errs.New(errs.Conflict, "This invoice of the supplier is already there as {0}.", same[0].No)
	e.Fields = []errs.Field{{Name: "invoice_no", Message: e.Message, Args: e.Args}}
	return e
}

// invoiceKey keeps letters and digits of an invoice number.
func invoiceKey(no string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, no)
}

// fill gives every line its order line and computes the amounts.
func (v *Invoice) fill(o *Order) error {
	billable := func(l *OrderLine) money.Qty { return l.Accepted.Sub(l.Billed) }
	if len(v.Lines) == 0 {
		for i := range o.Lines {
			if q := billable(&o.Lines[i]); q.Sign() > 0 {
				v.Lines = append(v.Lines, InvoiceLine{POLineID: o.Lines[i].ID, Qty: q, Price: o.Lines[i].Price})
			}
		}
		if len(v.Lines) == 0 {
			return errs.Bad("lines", "Nothing has been accepted that is not billed; enter the lines of the invoice.")
		}
	}
	nets := taxed{}
	for i := range v.Lines {
		l := &v.Lines[i]
		from := o.line(l.POLineID)
		if l.POLineID == 0 {
			from = o.lineFor(l.ProductID, billable)
		}
		switch {
		case from == nil:
			return errs.Bad(fmt.Sprintf("lines.%d.product_id", i), "The order has no such line.")
		case l.Qty.Sign() <= 0:
			return errs.Bad(fmt.Sprintf("lines.%d.qty", i), "The quantity must be above 0.")
		case l.Price.Sign() < 0:
			return errs.Bad(fmt.Sprintf("lines.%d.price", i), "The price must not be negative.")
		}
		l.POLineID, l.ProductID, l.TaxRate = from.ID, from.ProductID, from.TaxRate
		l.Net = money.Times(l.Price, l.Qty)
		nets.add(l.TaxRate, l.Net)
	}
	v.Net, v.Tax = nets.sum()
	v.Total = v.Net.Add(v.Tax)
	return nil
}

// match takes the invoice into the books when every line matches.
func (s *Invoices) match(ctx context.Context, v *Invoice) error { return s.book(ctx, v, false) }

// resolve does so although prices differ; another person has agreed to them.
func (s *Invoices) resolve(ctx context.Context, v *Invoice) error { return s.book(ctx, v, true) }

// book compares the invoice with its order under the lock of the order, counts
// what is billed there and turns the commitment into actual spending.
func (s *Invoices) book(ctx context.Context, v *Invoice, priceResolved bool) error {
	var committed money.Price
	o, err := s.Orders.Type.Update(ctx, v.POID, func(o *Order) error {
		v.compare(o)
		if bad := v.exceptions(o, priceResolved); len(bad) > 0 {
			return &errs.Error{Kind: errs.Precondition, Message: "The invoice does not match order and accepted goods. Correct it, wait for the goods, or record the exception.", Fields: bad}
		}
		for _, l := range v.Lines {
			from := o.line(l.POLineID)
			from.Billed = from.Billed.Add(l.Qty)
			committed = committed.Add(money.Times(from.Price, l.Qty))
		}
		return nil
	})
	if err != nil {
		return err
	}
	ref := s.Type.Ref(v.ID)
	if _, err := s.Budget.post(ctx, o.BudgetKey, ref.String()+":release", dste.Spend{Doc: s.Orders.Type.Ref(o.ID), Kind: dste.Commit, Amount: money.Round(committed).Neg()}); err != nil {
		return err
	}
	if _, err := s.Budget.post(ctx, o.BudgetKey, ref.String()+":actual", dste.Spend{Doc: ref, Kind: dste.Actual, Amount: v.Net}); err != nil {
		return err
	}
	return s.Orders.settle(ctx, o.ID)
}

// hold records what is wrong with each line; an invoice that matches is no
// exception.
func (s *Invoices) hold(ctx context.Context, v *Invoice) error {
	o, err := s.Orders.Store.Lock(ctx, v.POID)
	if err != nil {
		return err
	}
	v.compare(o)
	if len(v.exceptions(o, false)) == 0 {
		return errs.New(errs.Precondition, "Every line matches; there is no exception to record.")
	}
	return nil
}

// approve lets the invoice be paid. Whoever captured it does not.
func (s *Invoices) approve(ctx context.Context, v *Invoice) error {
	return apart(ctx, "Whoever captured the invoice does not approve it.", v.CreatedBy)
}
