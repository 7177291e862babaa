package einvoice

import (
	"meridian/platform/date"
	"meridian/platform/money"
)

// Kind says which of the two files a document is.
type Kind string

// The kinds are the names of the root elements.
const (
	Invoice    Kind = "Invoice"
	CreditNote Kind = "CreditNote"
)

// The identifiers of the specification a document follows.
const (
	EN16931       = "urn:cen.eu:en16931:2017"
	Peppol        = EN16931 + "#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
	PeppolProfile = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
)

// The type codes of UNTDID 1001 the suite writes.
const (
	TypeInvoice    = "380"
	TypeCredit     = "381"
	TypePrepayment = "386"
)

// The VAT categories of UNCL 5305.
const (
	Standard = "S" // taxed at a rate above zero
	Zero     = "Z"
	Exempt   = "E"
	Reverse  = "AE"
)

// Number is an exact decimal that a file may lack: a total that is missing breaks
// another rule than one that is zero.
type Number struct {
	money.Decimal
	Given bool
}

// Of is a number that is given.
func Of[S money.Scale](d money.Dec[S]) Number { return Number{d.Number(), true} }

// Document is an invoice or a credit note.
type Document struct {
	Kind                   Kind
	Customization, Profile string
	ID, TypeCode           string
	Issued, Due, Delivered date.Date
	Notes                  []string
	Currency               string
	BuyerReference         string // how the buyer routes it
	Order, Contract        string // numbers of the buyer's order and of the contract
	Corrects               Reference
	Seller, Buyer          Party
	Payment                Payment
	Adjustments            []Adjustment // of the document as a whole
	Tax                    Number
	Breakdown              []Subtotal
	Totals                 Totals
	Lines                  []Line
}

// Reference names an earlier document.
type Reference struct {
	ID     string
	Issued date.Date
}

// Party is the seller or the buyer.
type Party struct {
	Name, TradingName    string
	Endpoint, Scheme     string // electronic address and its EAS scheme, EM for e-mail
	Identifier           string // given by the other side or a register
	VAT, TaxNo, Register string // VAT id with its country, other tax number, company register
	Street, City, Zip    string
	Country              string // ISO 3166, two letters
	Contact, Phone, Mail string
}

// IDs are the numbers a party may be known by, the most telling first.
func (p *Party) IDs() (out []string) {
	for _, s := range []string{p.VAT, p.TaxNo, p.Register, p.Identifier} {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// Payment says how to pay.
type Payment struct {
	Means     string // UNCL 4461: 30 credit transfer, 1 not defined
	Reference string
	Account   string
	Terms     string
}

// Adjustment is an allowance, or a charge, on a document or a line.
type Adjustment struct {
	Charge       bool
	Reason       string
	Amount       Number
	Category     string // of a document only
	Rate         Number // percent
	ExemptReason string
}

// Subtotal is the tax of one category and rate.
type Subtotal struct {
	Category     string
	Rate         Number // percent
	Taxable, Tax Number
	ExemptReason string
}

// Totals are the sums a document states.
type Totals struct {
	Lines, Allowances, Charges Number
	Exclusive, Inclusive       Number // without and with tax
	Prepaid, Rounding, Payable Number
}

// Line is one item.
type Line struct {
	ID, Note          string
	Qty               Number
	Unit              string // UN/ECE recommendation 20
	Net               Number
	OrderLine         string // line of the buyer's order
	Adjustments       []Adjustment
	Name, Description string
	SellerItem        string // item number of the seller
	BuyerItem         string // item number of the buyer
	Category          string
	Rate              Number // percent
	ExemptReason      string // why no tax is taken; written with the breakdown
	Price, Base       Number // price of Base units; no base is one
}

// units maps words for units to recommendation 20; what it does not know is one piece.
var units = map[string]string{"pcs": "H87", "pc": "H87", "piece": "H87", "件": "H87", "个": "H87", "台": "H87", "set": "SET", "套": "SET", "kg": "KGM", "千克": "KGM", "公斤": "KGM", "g": "GRM", "t": "TNE", "吨": "TNE",
	"m": "MTR", "米": "MTR", "m2": "MTK", "m3": "MTQ", "l": "LTR", "升": "LTR", "h": "HUR", "hour": "HUR", "小时": "HUR", "day": "DAY", "天": "DAY", "month": "MON", "月": "MON", "box": "XBX", "箱": "XBX", "盒": "XBX"}

// UnitCode is the code of a unit written in words.
func UnitCode(unit string) string {
	if c, ok := units[unit]; ok {
		return c
	}
	return "C62"
}
