package domain

import (
	"context"
	"fmt"
	"io"

	"meridian/modules/crm"
	"meridian/platform/authz"
	"meridian/platform/i18n"
	"meridian/platform/money"
	"meridian/platform/pdf"
)

// page starts a document of ours to a customer.
func (p *Ports) page(ctx context.Context, company int64, to crm.CustomerID, title, no string) (pdf.Document, error) {
	customer, err := p.Customers.Customer(ctx, to)
	if err != nil {
		return pdf.Document{}, fmt.Errorf("customer of %s: %w", no, err)
	}
	d := pdf.Document{Lang: i18n.LangOf(ctx), Title: i18n.T(ctx, title), No: no, SellerLabel: i18n.T(ctx, "Seller"), BuyerLabel: i18n.T(ctx, "Customer"),
		Buyer: pdf.Party{Name: customer.Name, TaxNo: customer.TaxNo, Address: customer.Address, Phone: customer.Phone}}
	if c := p.People().Companies[company]; c != nil {
		d.Seller = pdf.Party{Name: c.Name, TaxNo: c.TaxNo, Address: c.Address, Phone: c.Phone, Bank: c.Bank}
		if d.Lang == i18n.English && c.NameEn != "" {
			d.Seller.Name = c.NameEn
		}
	}
	return d, nil
}

// table prints priced lines with net and tax rate.
func table(ctx context.Context, d *pdf.Document, lines []*Priced) {
	d.Columns = []pdf.Column{{Label: "#", Width: 0.4}, {Label: i18n.T(ctx, "Description"), Width: 4}, {Label: i18n.T(ctx, "Quantity"), Right: true}, {Label: i18n.T(ctx, "Unit price"), Width: 1.3, Right: true},
		{Label: i18n.T(ctx, "Discount"), Width: 0.9, Right: true}, {Label: i18n.T(ctx, "Tax rate"), Width: 0.9, Right: true}, {Label: i18n.T(ctx, "Net"), Width: 1.4, Right: true}}
	for i, l := range lines {
		d.Rows = append(d.Rows, []string{fmt.Sprint(i + 1), l.Description, money.Format(l.Qty, 0), money.Format(l.UnitPrice, 2), percent(l.Discount), percent(l.TaxRate), money.Format(l.Net, 2)})
	}
}

func percent(r money.Ratio) string { return r.Number().Shift(2).String() + " %" }

// itemRows prints what an invoice asks for without a product: shares of a contract,
// advances and their deduction.
func itemRows(d *pdf.Document, items []InvoiceItem) {
	for i := range items {
		x := &items[i]
		d.Rows = append(d.Rows, []string{fmt.Sprint(len(d.Rows) + 1), x.Description, "", "", "", percent(x.TaxRate), money.Format(x.Net, 2)})
	}
}

// words writes an amount in the numerals that Chinese documents carry.
func words(d *pdf.Document, a money.Amount, currency string) {
	if d.Lang == i18n.Chinese && currency == "CNY" {
		d.Words = pdf.Words(a.String())
	}
}

func sums(ctx context.Context, d *pdf.Document, t Totals, freight money.Amount, currency string) {
	d.Totals = [][2]string{{i18n.T(ctx, "Net"), money.Format(t.Net, 2)}, {i18n.T(ctx, "Tax"), money.Format(t.Tax, 2)}}
	if !freight.IsZero() {
		d.Totals = append(d.Totals, [2]string{i18n.T(ctx, "Freight"), money.Format(freight, 2)})
	}
	d.Totals = append(d.Totals, [2]string{i18n.T(ctx, "Total") + " " + currency, money.Format(t.Total, 2)})
	words(d, t.Total, currency)
}

// print writes the quote as the customer gets it.
func (s *Quotes) print(ctx context.Context, q *Quote, w io.Writer) error {
	d, err := s.page(ctx, q.CompanyID, q.CustomerID, "Quote", q.No)
	if err != nil {
		return err
	}
	d.Created = q.CreatedAt
	d.Facts = [][2]string{{i18n.T(ctx, "Subject"), q.Title}, {i18n.T(ctx, "Valid until"), q.ValidUntil.String()}, {i18n.T(ctx, "Currency"), q.Currency}}
	table(ctx, &d, q.priced())
	sums(ctx, &d, Totals{q.Net, q.Tax, q.Total}, money.Amount{}, q.Currency)
	if q.PaymentTerms != "" {
		d.Notes = []string{i18n.T(ctx, "Payment terms") + ": " + q.PaymentTerms}
	}
	for _, x := range q.Options {
		d.Notes = append(d.Notes, i18n.T(ctx, "Option, not in the total: {0}, {1} at {2}", x.Description, money.Format(x.Qty, 0), money.Format(x.UnitPrice, 2)))
	}
	d.Sign = [2]string{d.Seller.Name, d.Buyer.Name}
	if q.Stage == QuoteDraft {
		d.Watermark = i18n.T(ctx, "Draft")
	}
	return pdf.Render(w, d)
}

// print writes the invoice, or the credit note under a title of its own with the invoice
// it corrects; before it is posted it is marked as a draft.
func (s *Invoices) print(ctx context.Context, v *Invoice, w io.Writer) error {
	no := v.FiscalNo
	if no == "" {
		no = v.No
	}
	d, err := s.page(ctx, v.CompanyID, v.CustomerID, v.title(), no)
	if err != nil {
		return err
	}
	currency := s.currency(v.CompanyID)
	d.Created = v.CreatedAt
	d.Facts = [][2]string{{i18n.T(ctx, "Invoice date"), v.InvoiceDate.String()}, {i18n.T(ctx, "Due on"), v.DueDate.String()}, {i18n.T(ctx, "Currency"), currency}}
	if v.Kind == InvoiceCredit {
		if d.Facts, err = s.corrected(ctx, v, currency); err != nil {
			return err
		}
	}
	table(ctx, &d, v.priced())
	itemRows(&d, v.Items)
	sums(ctx, &d, Totals{v.Net, v.Tax, v.Total}, v.Freight, currency)
	if v.Note != "" {
		d.Notes = []string{v.Note}
	}
	switch v.Stage {
	case InvoiceDraft, InvoiceApproved:
		d.Watermark = i18n.T(ctx, "Draft")
	case InvoiceVoid:
		d.Watermark = i18n.T(ctx, "Void")
	}
	return pdf.Render(w, d)
}

// title is what the document is called.
func (v *Invoice) title() string {
	switch v.Kind {
	case InvoiceCredit:
		return "Credit note"
	case InvoiceAdvance:
		return "Advance invoice"
	case InvoiceFinal:
		return "Final invoice"
	}
	return "Invoice"
}

// corrected says which invoice a credit note takes back, and why.
func (s *Invoices) corrected(ctx context.Context, c *Invoice, currency string) ([][2]string, error) {
	v, err := s.Store.Get(authz.System(ctx, "print of a credit note"), value(c.CreditsID))
	if err != nil {
		return nil, fmt.Errorf("invoice of credit note %s: %w", c.No, err)
	}
	out := [][2]string{{i18n.T(ctx, "Date"), c.InvoiceDate.String()}, {i18n.T(ctx, "Credits invoice"), v.FiscalNo}, {i18n.T(ctx, "Invoice date"), v.InvoiceDate.String()}, {i18n.T(ctx, "Currency"), currency}}
	for _, o := range creditReasons() {
		if o.Value == c.Why {
			out = append(out, [2]string{i18n.T(ctx, "Reason"), i18n.T(ctx, o.Label)})
		}
	}
	return out, nil
}
