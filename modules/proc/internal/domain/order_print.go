package domain

import (
	"context"
	"fmt"
	"io"

	"meridian/modules/ipd"
	"meridian/platform/i18n"
	"meridian/platform/money"
	"meridian/platform/org"
	"meridian/platform/pdf"
)

// Printer writes purchase orders as PDF.
type Printer struct {
	Products ipd.Products
	// Company returns the company that sends an order; nil when it is unknown.
	Company func(id int64) *org.Company
	// Person names the buyer.
	Person func(id int64) string
}

// Order writes o for its supplier.
func (p *Printer) Order(ctx context.Context, o *Order, supplier *Supplier, w io.Writer) error {
	ids := make([]ipd.ProductID, len(o.Lines))
	for i, l := range o.Lines {
		ids[i] = l.ProductID
	}
	products, err := p.Products.Products(ctx, ids)
	if err != nil {
		return fmt.Errorf("products of order %d: %w", o.ID, err)
	}
	t := func(s string) string { return i18n.T(ctx, s) }
	d := pdf.Document{Lang: i18n.LangOf(ctx), Title: t("Purchase order"), No: o.No, Created: o.UpdatedAt, SellerLabel: t("Supplier"), BuyerLabel: t("Purchaser"),
		Seller: pdf.Party{Name: supplier.Name, TaxNo: supplier.TaxNo, Address: supplier.Address, Contact: supplier.Contact, Phone: supplier.Phone},
		Facts:  [][2]string{{t("Order date"), o.OrderDate.String()}, {t("Wanted on"), o.WantedOn.String()}, {t("Payment term (days)"), fmt.Sprint(supplier.PaymentDays)}},
		Columns: []pdf.Column{{Label: t("Product"), Width: 4}, {Label: t("Quantity"), Right: true}, {Label: t("Unit")}, {Label: t("Price"), Width: 1.4, Right: true},
			{Label: t("Tax rate"), Right: true}, {Label: t("Net"), Width: 1.6, Right: true}},
		Sign: [2]string{t("Supplier"), t("Purchaser")}}
	if c := p.Company(o.CompanyID); c != nil {
		d.Buyer = pdf.Party{Name: c.Name, TaxNo: c.TaxNo, Address: c.Address, Contact: p.Person(o.OwnerID), Phone: c.Phone}
		d.Facts = append(d.Facts, [2]string{t("Currency"), c.Currency})
		if c.Currency == "CNY" && d.Lang == i18n.Chinese {
			d.Words = pdf.Words(o.Total.String())
		}
	}
	for _, l := range o.Lines {
		name := products[l.ProductID].No + " " + products[l.ProductID].Name
		if l.Description != "" {
			name += "\n" + l.Description
		}
		d.Rows = append(d.Rows, []string{name, money.Format(l.Qty, 0), products[l.ProductID].Unit, money.Format(l.Price, 2), l.TaxRate.Number().Shift(2).String() + " %", money.Format(money.Round(l.Net), 2)})
	}
	d.Totals = [][2]string{{t("Net"), money.Format(o.Net, 2)}, {t("Tax"), money.Format(o.Tax, 2)}, {t("Total"), money.Format(o.Total, 2)}}
	if o.Terms != "" {
		d.Notes = []string{o.Terms}
	}
	if o.Stage == OrderDraft || o.Stage == OrderApproved {
		d.Watermark = t("Draft")
	}
	return pdf.Render(w, d)
}
