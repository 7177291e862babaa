package domain

import (
	"context"
	"fmt"
	"io"

	"meridian/modules/ipd"
	"meridian/platform/authz"
	"meridian/platform/einvoice"
	"meridian/platform/errs"
	"meridian/platform/i18n"
	"meridian/platform/money"
	"meridian/platform/resource"
)

// eInvoice declares the UBL file of invoices and credit notes.
func (s *Invoices) eInvoice() resource.Download[Invoice] {
	return resource.Download[Invoice]{DownloadInfo: resource.DownloadInfo{Name: "ubl", Label: "E-invoice (UBL)", Icon: "file-export", Ext: ".xml", Media: "application/xml"}, Ready: (*Invoice).final, Write: s.ubl}
}

// final says why a document is not yet one that may leave as an e-invoice.
func (v *Invoice) final() *errs.Error {
	switch {
	case v.Stage != InvoicePosted && v.Stage != InvoicePaid:
		return errs.New(errs.Precondition, "Only a posted invoice or credit note goes out as e-invoice.")
	case v.FiscalNo == "":
		return errs.New(errs.Precondition, "An invoice without a legal number is no e-invoice.")
	}
	return nil
}

// ubl writes the e-invoice. What would break a rule of EN 16931 is refused by its name:
// mostly master data that is missing.
func (s *Invoices) ubl(ctx context.Context, v *Invoice, w io.Writer) error {
	d, err := s.document(ctx, v)
	if err != nil {
		return err
	}
	if !d.Totals.Inclusive.Equal(v.Total.Number()) {
		return errs.New(errs.Precondition, "The e-invoice would say {0}, the invoice {1}; its lines do not add up.", d.Totals.Inclusive.String(), v.Total)
	}
	err = einvoice.Write(w, d)
	if e := errs.Of(err); err != nil && e.Kind == errs.Invalid {
		e.Kind = errs.Precondition
		return e
	}
	return err
}

// document is the invoice as the standard has it.
func (s *Invoices) document(ctx context.Context, v *Invoice) (*einvoice.Document, error) {
	d := &einvoice.Document{Kind: einvoice.Invoice, ID: v.FiscalNo, TypeCode: einvoice.TypeInvoice, Issued: v.InvoiceDate, Due: v.DueDate, Currency: s.currency(v.CompanyID)}
	if v.Note != "" {
		d.Notes = []string{v.Note}
	}
	if v.Kind == InvoiceAdvance {
		d.TypeCode = einvoice.TypePrepayment
	}
	if err := s.parties(ctx, v, d); err != nil {
		return nil, err
	}
	if err := s.references(ctx, v, d); err != nil {
		return nil, err
	}
	products, err := s.productsOf(ctx, v)
	if err != nil {
		return nil, err
	}
	v.ublLines(d, products)
	for i := range v.Items {
		d.Lines = append(d.Lines, v.ublItem(ctx, &v.Items[i], len(d.Lines)+1))
	}
	if !v.Freight.IsZero() {
		d.Adjustments = []einvoice.Adjustment{{Charge: true, Reason: i18n.T(ctx, "Freight"), Amount: einvoice.Of(v.Freight), Category: einvoice.Exempt, Rate: einvoice.Of(money.Ratio{}), ExemptReason: i18n.T(ctx, "Charged without tax.")}}
	}
	d.Complete(v.taxOf)
	d.Claim()
	return d, nil
}

// parties fills in who sells to whom and how it is paid.
func (s *Invoices) parties(ctx context.Context, v *Invoice, d *einvoice.Document) error {
	customer, err := s.Customers.Customer(ctx, v.CustomerID)
	if err != nil {
		return fmt.Errorf("customer of %s: %w", v.No, err)
	}
	if c := s.People().Companies[v.CompanyID]; c != nil {
		d.Seller = einvoice.Party{Name: c.Name, Street: c.Address, Phone: c.Phone}
		if c.NameEn != "" && c.NameEn != c.Name {
			d.Seller.TradingName = c.NameEn
		}
		d.Seller.Identify(c.TaxNo, einvoice.CountryOf(c.Currency))
		if c.Bank != "" && v.Kind != InvoiceCredit {
			d.Payment = einvoice.Payment{Means: "30", Reference: v.FiscalNo, Account: c.Bank}
		}
	}
	d.Buyer = einvoice.Party{Name: customer.Name, Street: customer.Address, Phone: customer.Phone, Mail: customer.Email, Identifier: customer.No}
	d.Buyer.Identify(customer.TaxNo, d.Seller.Country)
	d.BuyerReference = customer.No
	return nil
}

// references names the contract, the order of the customer, and the invoice a credit
// note corrects.
func (s *Invoices) references(ctx context.Context, v *Invoice, d *einvoice.Document) error {
	ctx = authz.System(ctx, "references of an e-invoice")
	if v.OrderID != nil {
		o, err := s.Orders.Store.Get(ctx, *v.OrderID)
		if err != nil {
			return fmt.Errorf("order of %s: %w", v.No, err)
		}
		d.BuyerReference = o.No
	}
	if v.ContractID != nil {
		c, err := s.Contracts.Store.Get(ctx, *v.ContractID)
		if err != nil {
			return fmt.Errorf("contract of %s: %w", v.No, err)
		}
		d.Contract, d.Order = c.No, c.CustomerPO
	}
	if v.Kind == InvoiceCredit {
		d.Kind, d.TypeCode = einvoice.CreditNote, einvoice.TypeCredit
		orig, err := s.Store.Get(ctx, value(v.CreditsID))
		if err != nil {
			return fmt.Errorf("invoice of credit note %s: %w", v.No, err)
		}
		d.Corrects = einvoice.Reference{ID: orig.FiscalNo, Issued: orig.InvoiceDate}
	}
	return nil
}

func (s *Invoices) productsOf(ctx context.Context, v *Invoice) (map[ipd.ProductID]ipd.Product, error) {
	var ids []ipd.ProductID
	for i := range v.Lines {
		ids = append(ids, v.Lines[i].ProductID)
	}
	products, err := s.Products.Products(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("products of %s: %w", v.No, err)
	}
	return products, nil
}

// ublLines writes the priced lines. The books round once per tax rate, the standard once
// per line: each line takes the cents that the sum up to it has more than the sum before,
// so lines add up to the books and none is off by more than a cent.
func (v *Invoice) ublLines(d *einvoice.Document, products map[ipd.ProductID]ipd.Product) {
	sums := map[string]money.Price{}
	for i := range v.Lines {
		l := &v.Lines[i].Priced
		key := l.TaxRate.String()
		before := money.Round(sums[key])
		sums[key] = sums[key].Add(l.Net)
		net, p := money.Round(sums[key]).Sub(before), products[l.ProductID]
		x := einvoice.Line{ID: fmt.Sprint(i + 1), Name: l.Description, SellerItem: p.No, Unit: einvoice.UnitCode(p.Unit), Qty: einvoice.Of(l.Qty), Price: einvoice.Of(l.UnitPrice), Net: einvoice.Of(net)}
		if x.Name == "" {
			x.Name = p.Name
		}
		x.Category, x.Rate = categoryOf(l.TaxRate)
		if l.Discount.Sign() > 0 {
			off := money.RoundTo[money.Cents](l.Qty.Number().Mul(l.UnitPrice.Number())).Sub(net)
			x.Adjustments = []einvoice.Adjustment{{Reason: percent(l.Discount), Amount: einvoice.Of(off)}}
		}
		d.Lines = append(d.Lines, x)
	}
}

// ublItem is a line without a product. A price is never negative, so a deduction is a
// negative quantity.
func (v *Invoice) ublItem(ctx context.Context, i *InvoiceItem, n int) einvoice.Line {
	qty := money.Units(1)
	if i.Net.Sign() < 0 {
		qty = qty.Neg()
	}
	x := einvoice.Line{ID: fmt.Sprint(n), Name: i.Description, Unit: einvoice.UnitCode(""), Qty: einvoice.Of(qty), Price: einvoice.Of(i.Net.Abs()), Net: einvoice.Of(i.Net)}
	x.Category, x.Rate = categoryOf(i.TaxRate)
	if v.Kind == InvoiceCharge {
		x.Category, x.ExemptReason = einvoice.Exempt, i18n.T(ctx, "Compensation for late payment; outside the scope of the tax.")
	}
	return x
}

// categoryOf is the VAT category of a rate, and the rate in percent.
func categoryOf(rate money.Ratio) (string, einvoice.Number) {
	percent := einvoice.Of(rate)
	percent.Decimal = percent.Shift(2)
	if rate.IsZero() {
		return einvoice.Zero, percent
	}
	return einvoice.Standard, percent
}

// taxOf is the tax the books have of a rate: of the lines on their sum, of the items out
// of their amounts with tax.
func (v *Invoice) taxOf(s *einvoice.Subtotal) {
	var net money.Price
	var rate money.Ratio
	var tax money.Amount
	mine := func(r money.Ratio) bool { _, p := categoryOf(r); return p.Equal(s.Rate.Decimal) }
	for i := range v.Lines {
		if l := &v.Lines[i]; mine(l.TaxRate) {
			net, rate = net.Add(l.Net), l.TaxRate
		}
	}
	for i := range v.Items {
		if x := &v.Items[i]; mine(x.TaxRate) {
			tax = tax.Add(x.Tax)
		}
	}
	if s.Category == einvoice.Standard {
		s.Tax = einvoice.Of(tax.Add(money.Tax(money.Round(net), rate)))
	}
}
