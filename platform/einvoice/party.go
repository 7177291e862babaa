package einvoice

// vatSchemes are the letters a VAT number begins with, and the codes of the electronic
// address scheme (EAS) under which Peppol knows a party by that number; countries that
// use another number there have none.
var vatSchemes = map[string]string{"AD": "9922", "AL": "9923", "AT": "9914", "BA": "9924", "BE": "9925", "BG": "9926", "CH": "9927", "CY": "9928", "CZ": "9929", "DE": "9930", "EE": "9931", "EL": "9933", "ES": "9920", "FR": "9957",
	"GB": "9932", "GR": "9933", "HR": "9934", "HU": "9910", "IE": "9935", "LI": "9936", "LT": "9937", "LU": "9938", "LV": "9939", "MC": "9940", "ME": "9941", "MK": "9942", "MT": "9943", "NL": "9944", "PL": "9945", "PT": "9946",
	"DK": "", "FI": "", "IT": "", "SE": "", "RO": "9947", "RS": "9948", "SI": "9949", "SK": "9950", "SM": "9951", "TR": "9952", "VA": "9953"}

// Identify fills in what a tax number tells of a party. A VAT number names its country
// and is an address in Peppol in most; any other number is a registration in country.
func (p *Party) Identify(taxNo, country string) {
	scheme, isVAT := "", false
	if len(taxNo) >= 4 {
		scheme, isVAT = vatSchemes[taxNo[:2]]
	}
	if !isVAT {
		p.TaxNo, p.Register, p.Country = taxNo, taxNo, country
		return
	}
	if p.VAT, p.Country = taxNo, taxNo[:2]; p.Country == "EL" {
		p.Country = "GR"
	}
	if scheme != "" {
		p.Endpoint, p.Scheme = taxNo, scheme
	}
}

// Claim names the specification d follows: Peppol when both sides have an address there
// and the buyer can route the document, else the standard alone.
func (d *Document) Claim() {
	d.Customization, d.Profile = EN16931, ""
	if d.Seller.Endpoint != "" && d.Buyer.Endpoint != "" && d.BuyerReference+d.Order != "" {
		d.Customization, d.Profile = Peppol, PeppolProfile
	}
}

// countries are those whose currency is of no other.
var countries = map[string]string{"CNY": "CN", "HKD": "HK", "TWD": "TW", "JPY": "JP", "KRW": "KR", "USD": "US", "GBP": "GB", "CHF": "CH", "SGD": "SG", "INR": "IN", "DKK": "DK", "NOK": "NO", "SEK": "SE", "PLN": "PL", "CZK": "CZ", "HUF": "HU",
	"RON": "RO", "TRY": "TR", "AUD": "AU", "NZD": "NZ", "CAD": "CA", "MXN": "MX", "BRL": "BR", "THB": "TH", "VND": "VN", "MYR": "MY", "IDR": "ID", "PHP": "PH", "ZAR": "ZA", "AED": "AE", "SAR": "SA", "ILS": "IL", "RUB": "RU"}

// CountryOf is the country of a company that keeps its books in a currency, "" for the
// euro and others of several countries.
func CountryOf(currency string) string { return countries[currency] }
