package einvoice

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"meridian/platform/date"
)

const (
	ubl = "urn:oasis:names:specification:ubl:schema:xsd:"
	cac = ubl + "CommonAggregateComponents-2"
	cbc = ubl + "CommonBasicComponents-2"
)

// Write writes d as UBL 2.1 in the order its schema asks for. It refuses what Check
// finds, so that nothing leaves the house that the receiver must reject.
func Write(w io.Writer, d *Document) error {
	if err := Error("file", Check(d)); err != nil {
		return err
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("write e-invoice: %w", err)
	}
	x := &writer{enc: xml.NewEncoder(w), currency: d.Currency}
	x.enc.Indent("", "  ")
	x.document(d)
	if x.err == nil {
		x.err = x.enc.Close()
	}
	if x.err != nil {
		return fmt.Errorf("write e-invoice: %w", x.err)
	}
	return nil
}

// writer writes elements by their prefixed names and keeps the first error.
type writer struct {
	enc      *xml.Encoder
	currency string
	err      error
}

func (w *writer) token(t xml.Token) {
	if w.err == nil {
		w.err = w.enc.EncodeToken(t)
	}
}

func name(s string) xml.Name { return xml.Name{Local: s} }

// in writes an aggregate; body writes what is inside.
func (w *writer) in(element string, body func()) {
	w.token(xml.StartElement{Name: name("cac:" + element)})
	body()
	w.token(xml.EndElement{Name: name("cac:" + element)})
}

// text writes an element unless it is empty; attr is a name and a value.
func (w *writer) text(element, s string, attr ...string) {
	if s = legal(s); s == "" {
		return
	}
	e := xml.StartElement{Name: name("cbc:" + element)}
	for i := 0; i+1 < len(attr); i += 2 {
		if attr[i+1] != "" {
			e.Attr = append(e.Attr, xml.Attr{Name: name(attr[i]), Value: legal(attr[i+1])})
		}
	}
	w.token(e)
	w.token(xml.CharData(s))
	w.token(e.End())
}

// legal leaves out what XML cannot hold and joins lines, as Read does.
func legal(s string) string {
	return trim(strings.Map(func(r rune) rune {
		if r == 0xFFFD || r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r >= 0xD800 && r <= 0xDFFF || r == 0xFFFE || r == 0xFFFF {
			return ' '
		}
		return r
	}, s))
}

func (w *writer) day(element string, d date.Date) {
	if !d.IsZero() {
		w.text(element, d.String())
	}
}

// amount writes money with the currency, with two digits at least.
func (w *writer) amount(element string, n Number) {
	if n.Given {
		w.text(element, decimal(n, 2), "currencyID", w.currency)
	}
}

// decimal writes every digit, and at least so many after the point.
func decimal(n Number, least int32) string {
	if -n.Exponent() <= least {
		return n.StringFixed(least)
	}
	return n.Decimal.String()
}

func (w *writer) document(d *Document) {
	root := xml.StartElement{Name: name(string(d.Kind)), Attr: []xml.Attr{{Name: name("xmlns"), Value: ubl + string(d.Kind) + "-2"}, {Name: name("xmlns:cac"), Value: cac}, {Name: name("xmlns:cbc"), Value: cbc}}}
	w.token(root)
	w.head(d)
	w.in("AccountingSupplierParty", func() { w.party(&d.Seller, true) })
	w.in("AccountingCustomerParty", func() { w.party(&d.Buyer, false) })
	if !d.Delivered.IsZero() {
		w.in("Delivery", func() { w.day("ActualDeliveryDate", d.Delivered) })
	}
	w.payment(d)
	for i := range d.Adjustments {
		w.adjustment(&d.Adjustments[i])
	}
	w.tax(d)
	w.in("LegalMonetaryTotal", func() {
		t := &d.Totals
		w.amount("LineExtensionAmount", t.Lines)
		w.amount("TaxExclusiveAmount", t.Exclusive)
		w.amount("TaxInclusiveAmount", t.Inclusive)
		w.amount("AllowanceTotalAmount", t.Allowances)
		w.amount("ChargeTotalAmount", t.Charges)
		w.amount("PrepaidAmount", t.Prepaid)
		w.amount("PayableRoundingAmount", t.Rounding)
		w.amount("PayableAmount", t.Payable)
	})
	for i := range d.Lines {
		w.line(d.Kind, &d.Lines[i])
	}
	w.token(root.End())
}

func (w *writer) head(d *Document) {
	w.text("CustomizationID", d.Customization)
	w.text("ProfileID", d.Profile)
	w.text("ID", d.ID)
	w.day("IssueDate", d.Issued)
	if d.Kind == Invoice {
		w.day("DueDate", d.Due)
	}
	w.text(string(d.Kind)+"TypeCode", d.TypeCode)
	for _, n := range d.Notes {
		w.text("Note", n)
	}
	w.text("DocumentCurrencyCode", d.Currency)
	w.text("BuyerReference", d.BuyerReference)
	if d.Order != "" {
		w.in("OrderReference", func() { w.text("ID", d.Order) })
	}
	if d.Corrects.ID != "" {
		w.in("BillingReference", func() {
			w.in("InvoiceDocumentReference", func() { w.text("ID", d.Corrects.ID); w.day("IssueDate", d.Corrects.Issued) })
		})
	}
	if d.Contract != "" {
		w.in("ContractDocumentReference", func() { w.text("ID", d.Contract) })
	}
}

func (w *writer) party(p *Party, seller bool) {
	w.in("Party", func() {
		w.text("EndpointID", p.Endpoint, "schemeID", p.Scheme)
		if p.Identifier != "" {
			w.in("PartyIdentification", func() { w.text("ID", p.Identifier) })
		}
		if p.TradingName != "" {
			w.in("PartyName", func() { w.text("Name", p.TradingName) })
		}
		w.in("PostalAddress", func() {
			w.text("StreetName", p.Street)
			w.text("CityName", p.City)
			w.text("PostalZone", p.Zip)
			w.in("Country", func() { w.text("IdentificationCode", p.Country) })
		})
		w.scheme(p.VAT, "VAT")
		if seller { // a buyer has no other tax number in the standard
			w.scheme(p.TaxNo, "TAX")
		}
		w.in("PartyLegalEntity", func() {
			w.text("RegistrationName", p.Name)
			w.text("CompanyID", p.Register)
		})
		if p.Contact+p.Phone+p.Mail != "" {
			w.in("Contact", func() {
				w.text("Name", p.Contact)
				w.text("Telephone", p.Phone)
				w.text("ElectronicMail", p.Mail)
			})
		}
	})
}

func (w *writer) scheme(no, scheme string) {
	if no != "" {
		w.in("PartyTaxScheme", func() {
			w.text("CompanyID", no)
			w.in("TaxScheme", func() { w.text("ID", scheme) })
		})
	}
}

func (w *writer) payment(d *Document) {
	p := &d.Payment
	if p.Means != "" {
		w.in("PaymentMeans", func() {
			w.text("PaymentMeansCode", p.Means)
			if d.Kind == CreditNote { // its schema has the due date here
				w.day("PaymentDueDate", d.Due)
			}
			w.text("PaymentID", p.Reference)
			if p.Account != "" {
				w.in("PayeeFinancialAccount", func() { w.text("ID", p.Account) })
			}
		})
	}
	if p.Terms != "" {
		w.in("PaymentTerms", func() { w.text("Note", p.Terms) })
	}
}

func (w *writer) adjustment(a *Adjustment) {
	w.in("AllowanceCharge", func() {
		w.text("ChargeIndicator", fmt.Sprint(a.Charge))
		w.text("AllowanceChargeReason", a.Reason)
		w.amount("Amount", a.Amount)
		if a.Category != "" {
			w.category("TaxCategory", a.Category, a.Rate, "")
		}
	})
}

func (w *writer) category(element, id string, rate Number, reason string) {
	w.in(element, func() {
		w.text("ID", id)
		if rate.Given {
			w.text("Percent", rate.Decimal.String())
		}
		w.text("TaxExemptionReason", reason)
		w.in("TaxScheme", func() { w.text("ID", "VAT") })
	})
}

func (w *writer) tax(d *Document) {
	w.in("TaxTotal", func() {
		w.amount("TaxAmount", d.Tax)
		for i := range d.Breakdown {
			s := &d.Breakdown[i]
			w.in("TaxSubtotal", func() {
				w.amount("TaxableAmount", s.Taxable)
				w.amount("TaxAmount", s.Tax)
				w.category("TaxCategory", s.Category, s.Rate, s.ExemptReason)
			})
		}
	})
}

func (w *writer) line(kind Kind, l *Line) {
	element, qty := "InvoiceLine", "InvoicedQuantity"
	if kind == CreditNote {
		element, qty = "CreditNoteLine", "CreditedQuantity"
	}
	w.in(element, func() {
		w.text("ID", l.ID)
		w.text("Note", l.Note)
		w.text(qty, l.Qty.Decimal.String(), "unitCode", l.Unit)
		w.amount("LineExtensionAmount", l.Net)
		if l.OrderLine != "" {
			w.in("OrderLineReference", func() { w.text("LineID", l.OrderLine) })
		}
		for i := range l.Adjustments {
			w.adjustment(&l.Adjustments[i])
		}
		w.in("Item", func() {
			w.text("Description", l.Description)
			w.text("Name", l.Name)
			if l.BuyerItem != "" {
				w.in("BuyersItemIdentification", func() { w.text("ID", l.BuyerItem) })
			}
			if l.SellerItem != "" {
				w.in("SellersItemIdentification", func() { w.text("ID", l.SellerItem) })
			}
			w.category("ClassifiedTaxCategory", l.Category, l.Rate, "")
		})
		w.in("Price", func() {
			w.amount("PriceAmount", l.Price)
			if l.Base.Given {
				w.text("BaseQuantity", l.Base.Decimal.String(), "unitCode", l.Unit)
			}
		})
	})
}
