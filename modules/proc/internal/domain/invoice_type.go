package domain

import (
	"time"

	"meridian/modules/ipd"
	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/resource"
)

// Declare returns the document type of the supplier's invoice.
func (s *Invoices) Declare() *resource.Type[Invoice] {
	lines := resource.Lines("lines", "Lines", func(v *Invoice) *[]InvoiceLine { return &v.Lines }, resource.Fields[InvoiceLine]{
		resource.Int("po_line", "Order line", func(l *InvoiceLine) *int64 { return &l.POLineID }).Hidden(),
		resource.Ref("product_id", "Product", func(l *InvoiceLine) *ipd.ProductID { return &l.ProductID }, "ipd.product").Required(),
		resource.Quantity("qty", "Quantity", func(l *InvoiceLine) *money.Qty { return &l.Qty }).Required(),
		resource.Price("price", "Price", func(l *InvoiceLine) *money.Price { return &l.Price }),
		resource.Percent("tax_rate", "Tax rate", func(l *InvoiceLine) *money.Ratio { return &l.TaxRate }).ReadOnly(),
		resource.Price("net", "Net", func(l *InvoiceLine) *money.Price { return &l.Net }).ReadOnly(),
		resource.Enum("outcome", "Match", func(l *InvoiceLine) *Outcome { return &l.Outcome },
			resource.Option{Value: string(Matched), Label: "Matched", Tone: "ok"}, resource.Option{Value: string(PriceDiffers), Label: "Price differs", Tone: "warn"},
			resource.Option{Value: string(BeyondAccepted), Label: "More than accepted", Tone: "bad"}).ReadOnly(),
	}).Hint("Leave the lines empty to bill all that was accepted at the prices of the order.")
	s.Type = &resource.Type[Invoice]{
		Name: "proc.invoice", Label: "Supplier invoice", Plural: "Supplier invoices", Icon: "file-invoice", Number: "SI-{yyyy}-{00000}", Store: s.Store, Check: s.check, SumBy: "total",
		Title:  func(v *Invoice) string { return v.InvoiceNo },
		Amount: func(v *Invoice) money.Amount { return v.Total },
		Day:    func(v *Invoice) date.Date { return v.InvoiceDate },
		Fields: resource.Fields[Invoice]{
			resource.Ref("po_id", "Purchase order", func(v *Invoice) *int64 { return &v.POID }, "proc.po").Required().InList().Filter().Source(),
			resource.Ref("supplier_id", "Supplier", func(v *Invoice) *int64 { return &v.SupplierID }, "proc.supplier").ReadOnly().InList().Filter(),
			resource.Text("invoice_no", "Invoice number", func(v *Invoice) *string { return &v.InvoiceNo }).Required().InList().Search().Filter().Limit(60),
			resource.Date("invoice_date", "Invoice date", func(v *Invoice) *date.Date { return &v.InvoiceDate }).Required().InList().Filter(),
			resource.Date("due_on", "Due on", func(v *Invoice) *date.Date { return &v.DueOn }).InList().Filter(),
			lines,
			resource.Money("net", "Net", func(v *Invoice) *money.Amount { return &v.Net }).ReadOnly(),
			resource.Money("tax", "Tax", func(v *Invoice) *money.Amount { return &v.Tax }).ReadOnly(),
			resource.Money("total", "Total", func(v *Invoice) *money.Amount { return &v.Total }).ReadOnly().InList().Filter(),
			resource.Money("paid", "Paid", func(v *Invoice) *money.Amount { return &v.Paid }).ReadOnly().InList(),
			resource.Money("stated_total", "Total of the file", func(v *Invoice) *money.Amount { return &v.StatedTotal }).ReadOnly(),
			resource.Text("file_name", "E-invoice", func(v *Invoice) *string { return &v.FileName }).ReadOnly(),
			resource.Computed("open", "Open amount", resource.KMoney, func(v *Invoice) string { return v.Open().String() }),
		},
		Process: resource.Process(func(v *Invoice) *InvoiceStage { return &v.Stage },
			[]resource.Stage[InvoiceStage]{
				{Key: InvoiceCaptured, Label: "Captured", Owner: "core.finance_clerk", Class: process.Draft, Limit: 16 * time.Hour, Help: "Match the invoice with its order and the accepted goods."},
				{Key: InvoiceException, Label: "Exception", Owner: "proc.buyer", Class: process.Hold, Limit: 24 * time.Hour, Help: "Correct the lines and match again, or have the price accepted."},
				{Key: InvoiceMatched, Label: "Matched", Owner: "core.finance_manager", Class: process.Open, Limit: 16 * time.Hour, Locked: true, Help: "Approve it for payment. Somebody else captured it."},
				{Key: InvoiceApproved, Label: "Approved", Owner: "core.finance_clerk", Class: process.Working, Locked: true, Help: "Request the payment before it is due."},
				{Key: InvoicePaid, Label: "Paid", End: true, Class: process.Done},
				{Key: InvoiceCancelled, Label: "Cancelled", End: true, Class: process.Cancelled},
			},
			[]resource.Move[Invoice, InvoiceStage]{
				{Name: "match", Label: "Match", From: resource.From(InvoiceCaptured, InvoiceException), To: InvoiceMatched, Do: resource.Do(s.match)},
				{Name: "hold", Label: "Record exception", From: resource.From(InvoiceCaptured), To: InvoiceException, Deviation: true, Do: resource.Do(s.hold)},
				{Name: "resolve", Label: "Accept the price", From: resource.From(InvoiceException), To: InvoiceMatched, Reason: true, Deviation: true, Matrix: "proc.invoice:resolve", Do: resource.Do(s.resolve)},
				{Name: "approve", Label: "Approve for payment", From: resource.From(InvoiceMatched), To: InvoiceApproved, Do: resource.Do(s.approve)},
				{Name: "pay", Label: "Paid in full", From: resource.From(InvoiceApproved), To: InvoicePaid, System: true},
				{Name: "cancel", Label: "Cancel", From: resource.From(InvoiceCaptured, InvoiceException), To: InvoiceCancelled, Reason: true, Deviation: true},
			}),
		Rules: map[string][]process.Rule{
			"proc.invoice:resolve": {{Label: "Price differences: purchasing answers for them", Steps: []process.Step{process.ByRole("proc.manager")}}},
		},
	}
	return s.Type
}
