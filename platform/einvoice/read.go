package einvoice

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
)

// The elements of UBL that the model has a place for. The tags name no namespace: any
// prefix and any namespace is read.
type (
	xAmount struct {
		Text string `xml:",chardata"`
	}
	xQuantity struct {
		Text string `xml:",chardata"`
		Unit string `xml:"unitCode,attr"`
	}
	xID struct {
		Text   string `xml:",chardata"`
		Scheme string `xml:"schemeID,attr"`
	}
	xCategory struct {
		ID      string   `xml:"ID"`
		Percent *xAmount `xml:"Percent"`
		Reason  string   `xml:"TaxExemptionReason"`
	}
	xAdjustment struct {
		Charge   string    `xml:"ChargeIndicator"`
		Reason   string    `xml:"AllowanceChargeReason"`
		Amount   *xAmount  `xml:"Amount"`
		Category xCategory `xml:"TaxCategory"`
	}
	xParty struct {
		Endpoint   xID    `xml:"EndpointID"`
		Identifier xID    `xml:"PartyIdentification>ID"`
		Trading    string `xml:"PartyName>Name"`
		Street     string `xml:"PostalAddress>StreetName"`
		City       string `xml:"PostalAddress>CityName"`
		Zip        string `xml:"PostalAddress>PostalZone"`
		Country    string `xml:"PostalAddress>Country>IdentificationCode"`
		Tax        []struct {
			Number string `xml:"CompanyID"`
			Scheme string `xml:"TaxScheme>ID"`
		} `xml:"PartyTaxScheme"`
		Name     string `xml:"PartyLegalEntity>RegistrationName"`
		Register string `xml:"PartyLegalEntity>CompanyID"`
		Contact  string `xml:"Contact>Name"`
		Phone    string `xml:"Contact>Telephone"`
		Mail     string `xml:"Contact>ElectronicMail"`
	}
	xLine struct {
		ID          string        `xml:"ID"`
		Note        string        `xml:"Note"`
		Invoiced    *xQuantity    `xml:"InvoicedQuantity"`
		Credited    *xQuantity    `xml:"CreditedQuantity"`
		Net         *xAmount      `xml:"LineExtensionAmount"`
		OrderLine   string        `xml:"OrderLineReference>LineID"`
		Adjustments []xAdjustment `xml:"AllowanceCharge"`
		Description string        `xml:"Item>Description"`
		Name        string        `xml:"Item>Name"`
		SellerItem  string        `xml:"Item>SellersItemIdentification>ID"`
		BuyerItem   string        `xml:"Item>BuyersItemIdentification>ID"`
		Category    xCategory     `xml:"Item>ClassifiedTaxCategory"`
		Price       *xAmount      `xml:"Price>PriceAmount"`
		Base        *xAmount      `xml:"Price>BaseQuantity"`
	}
	xDocument struct {
		Customization  string   `xml:"CustomizationID"`
		Profile        string   `xml:"ProfileID"`
		ID             string   `xml:"ID"`
		Issued         string   `xml:"IssueDate"`
		Due            string   `xml:"DueDate"`
		InvoiceType    string   `xml:"InvoiceTypeCode"`
		CreditType     string   `xml:"CreditNoteTypeCode"`
		Notes          []string `xml:"Note"`
		Currency       string   `xml:"DocumentCurrencyCode"`
		BuyerReference string   `xml:"BuyerReference"`
		Order          string   `xml:"OrderReference>ID"`
		Corrects       []struct {
			ID     string `xml:"InvoiceDocumentReference>ID"`
			Issued string `xml:"InvoiceDocumentReference>IssueDate"`
		} `xml:"BillingReference"`
		Contract  string `xml:"ContractDocumentReference>ID"`
		Seller    xParty `xml:"AccountingSupplierParty>Party"`
		Buyer     xParty `xml:"AccountingCustomerParty>Party"`
		Delivered string `xml:"Delivery>ActualDeliveryDate"`
		Payment   []struct {
			Means     string `xml:"PaymentMeansCode"`
			Due       string `xml:"PaymentDueDate"`
			Reference string `xml:"PaymentID"`
			Account   string `xml:"PayeeFinancialAccount>ID"`
		} `xml:"PaymentMeans"`
		Terms       string        `xml:"PaymentTerms>Note"`
		Adjustments []xAdjustment `xml:"AllowanceCharge"`
		Tax         []struct {
			Amount *struct {
				xAmount
				Currency string `xml:"currencyID,attr"`
			} `xml:"TaxAmount"`
			Subtotals []struct {
				Taxable  *xAmount  `xml:"TaxableAmount"`
				Tax      *xAmount  `xml:"TaxAmount"`
				Category xCategory `xml:"TaxCategory"`
			} `xml:"TaxSubtotal"`
		} `xml:"TaxTotal"`
		Totals struct {
			Lines      *xAmount `xml:"LineExtensionAmount"`
			Exclusive  *xAmount `xml:"TaxExclusiveAmount"`
			Inclusive  *xAmount `xml:"TaxInclusiveAmount"`
			Allowances *xAmount `xml:"AllowanceTotalAmount"`
			Charges    *xAmount `xml:"ChargeTotalAmount"`
			Prepaid    *xAmount `xml:"PrepaidAmount"`
			Rounding   *xAmount `xml:"PayableRoundingAmount"`
			Payable    *xAmount `xml:"PayableAmount"`
		} `xml:"LegalMonetaryTotal"`
		InvoiceLines []xLine `xml:"InvoiceLine"`
		CreditLines  []xLine `xml:"CreditNoteLine"`
	}
)

// maxLines bounds what one file may make of memory and of messages.
const maxLines = 10_000

// Read reads a UBL invoice or credit note. What it returns may still break rules of the
// standard; Check says which. Errors: Invalid with the reason when body is no such file,
// or a number or date in it cannot be read.
func Read(body []byte) (*Document, error) {
	dec := xml.NewDecoder(bytes.NewReader(body))
	root, err := start(dec)
	if err != nil {
		return nil, err
	}
	kind := Kind(root.Name.Local)
	switch kind {
	case Invoice, CreditNote:
	case "CrossIndustryInvoice":
		return nil, errs.Bad("file", "This is an invoice in the CII syntax (Factur-X, ZUGFeRD, XRechnung CII); ask the supplier for UBL.")
	default:
		return nil, errs.Bad("file", "This is no UBL invoice: its root element is {0}.", clip(root.Name.Local))
	}
	var x xDocument
	if err := dec.DecodeElement(&x, &root); err != nil {
		return nil, unreadable(err)
	}
	if len(x.InvoiceLines)+len(x.CreditLines) > maxLines {
		return nil, errs.Bad("file", "An e-invoice has at most {0} lines.", maxLines)
	}
	r := &reader{}
	d := r.document(kind, &x)
	if r.err != nil {
		return nil, r.err
	}
	return d, nil
}

// start is the root element.
func start(dec *xml.Decoder) (xml.StartElement, error) {
	for {
		t, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return xml.StartElement{}, errs.Bad("file", "This is no UBL invoice: the file holds no XML.")
		}
		if err != nil {
			return xml.StartElement{}, unreadable(err)
		}
		if s, ok := t.(xml.StartElement); ok {
			return s, nil
		}
	}
}

func unreadable(err error) error {
	e := errs.Bad("file", "The XML cannot be read: {0}.", clip(strings.TrimPrefix(err.Error(), "XML syntax error ")))
	return fmt.Errorf("read e-invoice: %w", e)
}

func clip(s string) string { return errs.Clip(s, 80) }

// reader turns text into values and keeps the first that cannot be read.
type reader struct{ err error }

func (r *reader) document(kind Kind, x *xDocument) *Document {
	d := &Document{Kind: kind, Customization: trim(x.Customization), Profile: trim(x.Profile), ID: trim(x.ID), TypeCode: trim(x.InvoiceType + x.CreditType), Currency: trim(x.Currency),
		BuyerReference: trim(x.BuyerReference), Order: trim(x.Order), Contract: trim(x.Contract), Seller: party(&x.Seller), Buyer: party(&x.Buyer)}
	d.Issued, d.Due, d.Delivered = r.day("IssueDate", x.Issued), r.day("DueDate", x.Due), r.day("ActualDeliveryDate", x.Delivered)
	for _, n := range x.Notes {
		d.Notes = append(d.Notes, trim(n))
	}
	if len(x.Corrects) > 0 {
		d.Corrects = Reference{trim(x.Corrects[0].ID), r.day("BillingReference/IssueDate", x.Corrects[0].Issued)}
	}
	d.Payment.Terms = trim(x.Terms)
	for i, p := range x.Payment {
		if i == 0 {
			d.Payment.Means, d.Payment.Reference, d.Payment.Account = trim(p.Means), trim(p.Reference), trim(p.Account)
		}
		if due := r.day("PaymentDueDate", p.Due); d.Due.IsZero() {
			d.Due = due
		}
	}
	for i := range x.Adjustments {
		d.Adjustments = append(d.Adjustments, r.adjustment("AllowanceCharge", &x.Adjustments[i]))
	}
	r.tax(d, x)
	t := &x.Totals
	d.Totals = Totals{Lines: r.number("LegalMonetaryTotal/LineExtensionAmount", t.Lines), Allowances: r.number("AllowanceTotalAmount", t.Allowances), Charges: r.number("ChargeTotalAmount", t.Charges),
		Exclusive: r.number("TaxExclusiveAmount", t.Exclusive), Inclusive: r.number("TaxInclusiveAmount", t.Inclusive), Prepaid: r.number("PrepaidAmount", t.Prepaid),
		Rounding: r.number("PayableRoundingAmount", t.Rounding), Payable: r.number("PayableAmount", t.Payable)}
	lines := x.InvoiceLines
	if kind == CreditNote {
		lines = x.CreditLines
	}
	for i := range lines {
		d.Lines = append(d.Lines, r.line(i, &lines[i]))
	}
	return d
}

// tax takes the total in the currency of the document; a second one in the accounting
// currency of the seller has no breakdown.
func (r *reader) tax(d *Document, x *xDocument) {
	for i := range x.Tax {
		t := &x.Tax[i]
		if t.Amount != nil && (t.Amount.Currency == "" || trim(t.Amount.Currency) == d.Currency) && !d.Tax.Given {
			d.Tax = r.number("TaxTotal/TaxAmount", &t.Amount.xAmount)
		}
		for n := range t.Subtotals {
			s := &t.Subtotals[n]
			d.Breakdown = append(d.Breakdown, Subtotal{Category: trim(s.Category.ID), Rate: r.number("TaxSubtotal/Percent", s.Category.Percent), ExemptReason: trim(s.Category.Reason),
				Taxable: r.number("TaxableAmount", s.Taxable), Tax: r.number("TaxSubtotal/TaxAmount", s.Tax)})
		}
	}
}

func (r *reader) line(n int, x *xLine) Line {
	at := func(name string) string { return fmt.Sprintf("line %d/%s", n+1, name) }
	l := Line{ID: trim(x.ID), Note: trim(x.Note), OrderLine: trim(x.OrderLine), Name: trim(x.Name), Description: trim(x.Description), SellerItem: trim(x.SellerItem), BuyerItem: trim(x.BuyerItem),
		Category: trim(x.Category.ID), Rate: r.number(at("Percent"), x.Category.Percent), Net: r.number(at("LineExtensionAmount"), x.Net), Price: r.number(at("PriceAmount"), x.Price), Base: r.number(at("BaseQuantity"), x.Base)}
	q := x.Invoiced
	if q == nil {
		q = x.Credited
	}
	if q != nil {
		l.Qty, l.Unit = r.number(at("Quantity"), &xAmount{q.Text}), trim(q.Unit)
	}
	for i := range x.Adjustments {
		l.Adjustments = append(l.Adjustments, r.adjustment(at("AllowanceCharge"), &x.Adjustments[i]))
	}
	return l
}

func (r *reader) adjustment(at string, x *xAdjustment) Adjustment {
	return Adjustment{Charge: trim(x.Charge) == "true" || trim(x.Charge) == "1", Reason: trim(x.Reason), Amount: r.number(at+"/Amount", x.Amount),
		Category: trim(x.Category.ID), Rate: r.number(at+"/Percent", x.Category.Percent), ExemptReason: trim(x.Category.Reason)}
}

func party(x *xParty) Party {
	p := Party{Name: trim(x.Name), TradingName: trim(x.Trading), Endpoint: trim(x.Endpoint.Text), Scheme: trim(x.Endpoint.Scheme), Identifier: trim(x.Identifier.Text), Register: trim(x.Register),
		Street: trim(x.Street), City: trim(x.City), Zip: trim(x.Zip), Country: trim(x.Country), Contact: trim(x.Contact), Phone: trim(x.Phone), Mail: trim(x.Mail)}
	if p.Name == "" {
		p.Name = p.TradingName
	}
	for _, t := range x.Tax {
		if strings.EqualFold(trim(t.Scheme), "VAT") {
			p.VAT = trim(t.Number)
		} else {
			p.TaxNo = trim(t.Number)
		}
	}
	return p
}

// trim joins the lines a file was broken into.
func trim(s string) string { return strings.Join(strings.Fields(s), " ") }

// maxDigits is more than any amount of money has.
const maxDigits = 40

// number reads an exact decimal without an exponent.
func (r *reader) number(at string, x *xAmount) Number {
	if x == nil {
		return Number{}
	}
	s := trim(x.Text)
	n := Number{Given: true}
	digits := strings.TrimLeft(s, "+-")
	whole, frac, _ := strings.Cut(digits, ".")
	if len(s)-len(digits) > 1 || len(s) > maxDigits || whole+frac == "" || strings.Trim(whole+frac, "0123456789") != "" || n.UnmarshalText([]byte(s)) != nil {
		r.fail("{0} is no number: {1}.", at, s)
		return Number{}
	}
	return n
}

// day reads a date, with or without the time zone XML allows.
func (r *reader) day(at, s string) date.Date {
	s = trim(s)
	if s == "" {
		return date.Date{}
	}
	d, err := date.Parse(s[:min(len(s), 10)])
	if err != nil {
		r.fail("{0} is no date: {1}.", at, s)
	}
	return d
}

func (r *reader) fail(message, at, text string) {
	if r.err == nil {
		r.err = errs.Bad("file", message, at, clip(text))
	}
}

// zero is the decimal nothing.
func zero() money.Decimal { return money.Decimal{} }
