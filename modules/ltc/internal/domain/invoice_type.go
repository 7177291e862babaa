package domain

import (
	"time"

	"meridian/modules/crm"
	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/resource"
)

// invoiceRules has every invoice approved by the finance manager; the engine keeps
// its maker from being the one who decides.
func invoiceRules() []process.Rule {
	return []process.Rule{{Label: "Every invoice", Steps: []process.Step{process.ByRole("core.finance_manager")}}}
}

// Declare returns the document type of the invoice.
func (s *Invoices) Declare() *resource.Type[Invoice] {
	lines := resource.Lines("lines", "Lines", func(v *Invoice) *[]InvoiceLine { return &v.Lines },
		append(resource.Fields[InvoiceLine]{
			resource.Int("order_line_id", "Order line", func(l *InvoiceLine) *int64 { return &l.OrderLineID }).Hidden(),
		}, pricedFields(func(l *InvoiceLine) *Priced { return &l.Priced })...))
	s.Type = &resource.Type[Invoice]{
		Name: "ltc.invoice", Label: "Invoice", Plural: "Invoices", Icon: "file-invoice", Number: "IV-{yyyy}-{00000}", Store: s.Store, Check: s.check,
		NoCreate: true, SumBy: "open", Print: s.print, Downloads: []resource.Download[Invoice]{s.eInvoice()},
		Title:  func(v *Invoice) string { return v.FiscalNo },
		Amount: func(v *Invoice) money.Amount { return v.Total },
		Day:    func(v *Invoice) date.Date { return v.InvoiceDate },
		Rules:  map[string][]process.Rule{"ltc.invoice:approve": invoiceRules()},
		Fields: resource.Fields[Invoice]{
			resource.Enum("kind", "Kind of invoice", func(v *Invoice) *InvoiceKind { return &v.Kind },
				resource.Option{Value: "normal", Label: "Invoice", Tone: "info"}, resource.Option{Value: "advance", Label: "Advance invoice", Tone: "violet"},
				resource.Option{Value: "final", Label: "Final invoice", Tone: "teal"}, resource.Option{Value: "credit", Label: "Credit note", Tone: "bad"}, resource.Option{Value: "charge", Label: "Fee and interest", Tone: "warn"}).ReadOnly().InList().Filter().In("Invoice"),
			resource.Text("fiscal_no", "Legal number", func(v *Invoice) *string { return &v.FiscalNo }).InList().Search().Filter().In("Invoice").Hint("Drawn when the invoice is posted; without gaps.").Limit(40),
			resource.Ref("customer_id", "Customer", func(v *Invoice) *crm.CustomerID { return &v.CustomerID }, "crm.customer").Required().InList().Filter().In("Invoice"),
			resource.OptRef("order_id", "Sales order", func(v *Invoice) **int64 { return &v.OrderID }, "ltc.order").InList().Filter().Source().In("Invoice"),
			resource.OptRef("acceptance_id", "Customer acceptance", func(v *Invoice) **int64 { return &v.AcceptanceID }, "ltc.acceptance").Filter().Source().In("Invoice"),
			resource.OptRef("contract_id", "Contract", func(v *Invoice) **int64 { return &v.ContractID }, "ltc.contract").Filter().Source().In("Invoice"),
			resource.OptRef("credits_id", "Credits invoice", func(v *Invoice) **int64 { return &v.CreditsID }, "ltc.invoice").ReadOnly().Filter().Source().In("Invoice"),
			resource.Enum("why", "Reason of the credit", func(v *Invoice) *string { return &v.Why }, creditReasons()...).Filter().In("Invoice"),
			resource.Date("invoice_date", "Invoice date", func(v *Invoice) *date.Date { return &v.InvoiceDate }).Required().InList().Filter().In("Invoice"),
			resource.Date("due_date", "Due on", func(v *Invoice) *date.Date { return &v.DueDate }).Required().InList().Filter().In("Invoice"),
			resource.Date("posted_on", "Posted on", func(v *Invoice) *date.Date { return &v.PostedOn }).ReadOnly().In("Invoice"),
			resource.Date("booked_on", "In the journal on", func(v *Invoice) *date.Date { return &v.BookedOn }).ReadOnly().In("Invoice"),
			resource.LongText("note", "Note", func(v *Invoice) *string { return &v.Note }).Limit(1000).In("Invoice"),
			lines,
			resource.Lines("items", "Items", func(v *Invoice) *[]InvoiceItem { return &v.Items }, itemFields()).Hint("Shares of a contract, advances and their deduction."),
			resource.Lines("instalments", "Instalments", func(v *Invoice) *[]Instalment { return &v.Instalments }, instalmentFields()),
			resource.Money("freight", "Freight", func(v *Invoice) *money.Amount { return &v.Freight }).In("Totals").Hint("Charged without tax."),
			resource.Money("net", "Net", func(v *Invoice) *money.Amount { return &v.Net }).ReadOnly().Filter().In("Totals"),
			resource.Money("tax", "Tax", func(v *Invoice) *money.Amount { return &v.Tax }).ReadOnly().In("Totals"),
			resource.Money("total", "Total", func(v *Invoice) *money.Amount { return &v.Total }).ReadOnly().InList().Filter().In("Totals"),
			resource.Money("open", "Amount receivable", func(v *Invoice) *money.Amount { return &v.Open }).ReadOnly().InList().Filter().In("Totals"),
		},
		Process: resource.Process(func(v *Invoice) *InvoiceStage { return &v.Stage },
			[]resource.Stage[InvoiceStage]{
				{Key: InvoiceDraft, Label: "Draft", Owner: "core.finance_clerk", Class: process.Draft, Limit: 8 * time.Hour, Help: "Check quantities and dates; somebody else approves."},
				{Key: InvoiceApproved, Label: "Approved", Owner: "core.finance_clerk", Locked: true, Limit: 8 * time.Hour, Help: "Post it; the legal number is drawn then."},
				{Key: InvoicePosted, Label: "Posted", Owner: "core.finance_clerk", Wait: true, Locked: true, Class: process.Transit, Help: "The customer pays; allocate the receipt."},
				{Key: InvoicePaid, Label: "Settled", End: true, Class: process.Won},
				{Key: InvoiceVoid, Label: "Void", End: true, Class: process.Cancelled},
			},
			[]resource.Move[Invoice, InvoiceStage]{
				{Name: "approve", Label: "Ask for approval", From: resource.From(InvoiceDraft), To: InvoiceApproved, Guard: "lines + items > 0", Matrix: "ltc.invoice:approve", Auto: true},
				{Name: "post", Label: "Post", From: resource.From(InvoiceApproved), To: InvoicePosted, Auto: true, Do: resource.Do(s.post)},
				{Name: "credit", Label: "Make credit note", From: resource.From(InvoicePosted, InvoicePaid), Do: resource.Ask(creditForm(), s.credit)},
				{Name: "apply", Label: "Apply credit note", From: resource.From(InvoicePosted), Do: resource.Ask(matchForm(), s.apply)},
				{Name: "take_over", Label: "Take into the journal", From: resource.From(InvoicePosted), System: true, Do: resource.Do(s.takeOver)},
				{Name: "reopen", Label: "Payment taken back", From: resource.From(InvoicePaid), To: InvoicePosted, System: true, Deviation: true},
				{Name: "pay", Label: "Settled in full", From: resource.From(InvoicePosted), To: InvoicePaid, System: true},
				{Name: "revise", Label: "Back to draft", From: resource.From(InvoiceApproved), To: InvoiceDraft, Reason: true, Deviation: true},
				{Name: "void", Label: "Declare void", From: resource.From(InvoiceDraft, InvoiceApproved), To: InvoiceVoid, Reason: true, Deviation: true},
			}),
	}
	return s.Type
}
