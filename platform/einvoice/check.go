package einvoice

import (
	"fmt"
	"regexp"

	"meridian/platform/errs"
	"meridian/platform/money"
)

// Problem is a rule of EN 16931 that a document breaks.
type Problem struct {
	Rule    string // as the standard names it: BR-CO-15
	Element string // where: LegalMonetaryTotal/TaxInclusiveAmount, line 3/PriceAmount
	Message string // English sentence, the key of its translation
	Args    []any
}

// maxProblems is how many problems an error names; the rest is counted.
const maxProblems = 100

// Error joins problems to one refusal of a field, naming rules and elements; nil when
// there are none.
func Error(field string, list []Problem) error {
	if len(list) == 0 {
		return nil
	}
	e := &errs.Error{Kind: errs.Invalid, Message: "The e-invoice breaks {0} rules of EN 16931.", Args: []any{len(list)}}
	for _, p := range list[:min(len(list), maxProblems)] {
		e.Fields = append(e.Fields, errs.Field{Name: field, Message: p.Message, Args: append([]any{p.Rule, p.Element}, p.Args...)})
	}
	return e
}

// The tolerances of the rules in the standard's own schematron: a tax amount may differ
// by less than one unit, since it may have been worked out by line; the net of a line
// by two cents.
var (
	taxSlack  = money.Units(1).Number()
	lineSlack = money.MustAmount("0.02").Number()
)

// Check lists the rules that d breaks: those of EN 16931, and that quantity, price and
// net of every line agree. Code lists other than VAT categories are not checked.
func Check(d *Document) []Problem { return append(CheckStandard(d), CheckLines(d)...) }

// CheckLines lists the lines whose net is not quantity x price / base - allowances. That
// rule is Peppol's; the standard leaves it open, and its own examples break it.
func CheckLines(d *Document) []Problem {
	c := &checker{d: d}
	for i := range d.Lines {
		c.product(i, &d.Lines[i])
	}
	return c.bad
}

// CheckStandard lists the rules of EN 16931 that d breaks, in the order of the document.
func CheckStandard(d *Document) []Problem {
	c := &checker{d: d}
	c.head()
	c.party("AccountingSupplierParty", &d.Seller, "BR-06", "BR-08", "BR-09")
	c.party("AccountingCustomerParty", &d.Buyer, "BR-07", "BR-10", "BR-11")
	c.seller()
	for i := range d.Adjustments {
		c.adjustment(&d.Adjustments[i])
	}
	for i := range d.Lines {
		c.line(i, &d.Lines[i])
	}
	c.totals()
	c.breakdown()
	return c.bad
}

type checker struct {
	d   *Document
	bad []Problem
}

const missingText = "{0}: {1} is missing."

func (c *checker) add(rule, element, message string, args ...any) {
	c.bad = append(c.bad, Problem{rule, element, message, args})
}

// need says that a text must be there.
func (c *checker) need(ok bool, rule, element string) {
	if !ok {
		c.add(rule, element, missingText)
	}
}

// equal says that a stated number is the one that was worked out.
func (c *checker) equal(rule, element string, stated Number, want money.Decimal) {
	if stated.Given && !stated.Equal(want) {
		c.add(rule, element, "{0}: {1} is {2}, but should be {3}.", stated.String(), want.String())
	}
}

// cents refuses an amount with more than two digits.
func (c *checker) cents(rule, element string, n Number) {
	if n.Given && !n.Equal(n.Truncate(2)) {
		c.add(rule, element, "{0}: {1} has more than two decimals: {2}.", n.String())
	}
}

var currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)

func (c *checker) head() {
	d := c.d
	c.need(d.Customization != "", "BR-01", "CustomizationID")
	c.need(d.ID != "", "BR-02", "ID")
	c.need(!d.Issued.IsZero(), "BR-03", "IssueDate")
	c.need(d.TypeCode != "", "BR-04", string(d.Kind)+"TypeCode")
	c.need(currencyCode.MatchString(d.Currency), "BR-05", "DocumentCurrencyCode")
	c.need(len(d.Lines) > 0, "BR-16", string(d.Kind)+"Line")
	if d.Kind == CreditNote && d.Corrects != (Reference{}) {
		c.need(d.Corrects.ID != "", "BR-55", "BillingReference/InvoiceDocumentReference/ID")
	}
	if d.Totals.Payable.IsPositive() && d.Kind == Invoice {
		c.need(!d.Due.IsZero() || d.Payment.Terms != "", "BR-CO-25", "DueDate")
	}
	if d.Payment.Means == "30" || d.Payment.Means == "58" {
		c.need(d.Payment.Account != "", "BR-61", "PaymentMeans/PayeeFinancialAccount/ID")
	}
	c.need(d.Payment.Means != "" || d.Payment.Account == "", "BR-49", "PaymentMeans/PaymentMeansCode")
}

func (c *checker) party(element string, p *Party, name, address, country string) {
	c.need(p.Name != "", name, element+"/PartyLegalEntity/RegistrationName")
	c.need(p.Country != "" || p.Street != "" || p.City != "" || p.Zip != "", address, element+"/PostalAddress")
	c.need(p.Country != "", country, element+"/PostalAddress/Country/IdentificationCode")
	if p.VAT != "" && !vatPrefix.MatchString(p.VAT) {
		c.add("BR-CO-09", element+"/PartyTaxScheme/CompanyID", "{0}: {1} does not begin with a country: {2}.", p.VAT)
	}
}

var vatPrefix = regexp.MustCompile(`^[A-Z]{2}`)

func (c *checker) seller() {
	p := &c.d.Seller
	c.need(p.Identifier != "" || p.Register != "" || p.VAT != "", "BR-CO-26", "AccountingSupplierParty/PartyLegalEntity/CompanyID")
	for i := range c.d.Lines {
		if c.d.Lines[i].Category == Standard {
			c.need(p.VAT != "" || p.TaxNo != "", "BR-S-02", "AccountingSupplierParty/PartyTaxScheme/CompanyID")
			return
		}
	}
}

func (c *checker) adjustment(a *Adjustment) {
	amount, category, reason, digits, what := "BR-31", "BR-32", "BR-33", "BR-DEC-01", "allowance"
	if a.Charge {
		amount, category, reason, digits, what = "BR-36", "BR-37", "BR-38", "BR-DEC-05", "charge"
	}
	at := "AllowanceCharge (" + what + ")"
	c.need(a.Amount.Given, amount, at+"/Amount")
	c.need(a.Category != "", category, at+"/TaxCategory/ID")
	c.need(a.Reason != "", reason, at+"/AllowanceChargeReason")
	c.cents(digits, at+"/Amount", a.Amount)
}

func (c *checker) line(n int, l *Line) {
	at := func(element string) string { return fmt.Sprintf("line %d/%s", n+1, element) }
	c.need(l.ID != "", "BR-21", at("ID"))
	c.need(l.Qty.Given, "BR-22", at("Quantity"))
	c.need(l.Unit != "", "BR-23", at("Quantity/unitCode"))
	c.need(l.Net.Given, "BR-24", at("LineExtensionAmount"))
	c.need(l.Name != "", "BR-25", at("Item/Name"))
	c.need(l.Price.Given, "BR-26", at("Price/PriceAmount"))
	c.need(l.Category != "", "BR-CO-04", at("Item/ClassifiedTaxCategory/ID"))
	if l.Price.IsNegative() {
		c.add("BR-27", at("Price/PriceAmount"), "{0}: {1} is negative: {2}.", l.Price.String())
	}
	c.cents("BR-DEC-23", at("LineExtensionAmount"), l.Net)
	c.rate(at("Item/ClassifiedTaxCategory/Percent"), l.Category, l.Rate, "05")
}

// product holds the net of a line to quantity and price.
func (c *checker) product(n int, l *Line) {
	at := func(element string) string { return fmt.Sprintf("line %d/%s", n+1, element) }
	if !l.Net.Given || !l.Price.Given || !l.Qty.Given {
		return
	}
	if want, ok := l.worth(); !ok {
		c.add("PEPPOL-EN16931-R121", at("Price/BaseQuantity"), "{0}: {1} must be above zero.")
	} else if lineSlack.LessThan(want.Sub(l.Net.Decimal).Abs()) {
		c.add("PEPPOL-EN16931-R120", at("LineExtensionAmount"), "{0}: {1} is {2}, but should be {3}.", l.Net.String(), want.Round(2).String())
	}
}

// worth is quantity x price / base, less allowances, plus charges; ok is false without
// a base to divide by.
func (l *Line) worth() (sum money.Decimal, ok bool) {
	sum = l.Qty.Mul(l.Price.Decimal)
	if l.Base.Given {
		if !l.Base.IsPositive() {
			return sum, false
		}
		sum = sum.DivRound(l.Base.Decimal, 12)
	}
	for i := range l.Adjustments {
		sum = sum.Add(l.Adjustments[i].signed())
	}
	return sum, true
}

// ruleName is what the rules of a category are called: those of AE are BR-AE-..
func ruleName(category, no string) string {
	switch category {
	case "K":
		category = "IC"
	case "L":
		category = "AF"
	case "M":
		category = "AG"
	}
	return "BR-" + category + "-" + no
}

// rate says that standard rated is above zero and every exempt category is zero.
func (c *checker) rate(element, category string, rate Number, no string) {
	switch category {
	case Standard:
		if !rate.IsPositive() {
			c.add(ruleName(category, no), element, "{0}: {1} must be above zero.")
		}
	case Zero, Exempt, Reverse, "K", "G", "O":
		if !rate.IsZero() {
			c.add(ruleName(category, no), element, "{0}: {1} must be zero.")
		}
	}
}

func (c *checker) totals() {
	t, d := &c.d.Totals, c.d
	at := func(s string) string { return "LegalMonetaryTotal/" + s }
	c.need(t.Lines.Given, "BR-12", at("LineExtensionAmount"))
	c.need(t.Exclusive.Given, "BR-13", at("TaxExclusiveAmount"))
	c.need(t.Inclusive.Given, "BR-14", at("TaxInclusiveAmount"))
	c.need(t.Payable.Given, "BR-15", at("PayableAmount"))
	lines, allowances, charges := d.sums()
	c.equal("BR-CO-10", at("LineExtensionAmount"), t.Lines, lines)
	c.equal("BR-CO-11", at("AllowanceTotalAmount"), given(t.Allowances.Decimal), allowances)
	c.equal("BR-CO-12", at("ChargeTotalAmount"), given(t.Charges.Decimal), charges)
	c.equal("BR-CO-13", at("TaxExclusiveAmount"), t.Exclusive, t.Lines.Sub(t.Allowances.Decimal).Add(t.Charges.Decimal))
	c.equal("BR-CO-15", at("TaxInclusiveAmount"), t.Inclusive, t.Exclusive.Add(d.Tax.Decimal))
	c.equal("BR-CO-16", at("PayableAmount"), t.Payable, t.Inclusive.Sub(t.Prepaid.Decimal).Add(t.Rounding.Decimal))
	for _, x := range []struct {
		rule, element string
		n             Number
	}{
		{"BR-DEC-09", at("LineExtensionAmount"), t.Lines}, {"BR-DEC-10", at("AllowanceTotalAmount"), t.Allowances}, {"BR-DEC-11", at("ChargeTotalAmount"), t.Charges},
		{"BR-DEC-12", at("TaxExclusiveAmount"), t.Exclusive}, {"BR-DEC-13", "TaxTotal/TaxAmount", d.Tax}, {"BR-DEC-14", at("TaxInclusiveAmount"), t.Inclusive},
		{"BR-DEC-16", at("PrepaidAmount"), t.Prepaid}, {"BR-DEC-17", at("PayableRoundingAmount"), t.Rounding}, {"BR-DEC-18", at("PayableAmount"), t.Payable},
	} {
		c.cents(x.rule, x.element, x.n)
	}
}

// group is a tax category with its rate.
type group struct{ category, rate string }

func groupOf(category string, rate Number) group { return group{category, rate.Decimal.String()} }

// breakdown holds the tax of every category and rate to the lines, allowances and
// charges it is taken on.
func (c *checker) breakdown() {
	d := c.d
	c.need(len(d.Breakdown) > 0, "BR-CO-18", "TaxTotal/TaxSubtotal")
	base := map[group]money.Decimal{}
	var order []group
	put := func(category string, rate Number, amount money.Decimal) {
		g := groupOf(category, rate)
		if _, seen := base[g]; !seen {
			order = append(order, g)
		}
		base[g] = base[g].Add(amount)
	}
	for i := range d.Lines {
		put(d.Lines[i].Category, d.Lines[i].Rate, d.Lines[i].Net.Decimal)
	}
	for i := range d.Adjustments {
		a := &d.Adjustments[i]
		put(a.Category, a.Rate, a.signed())
	}
	total, seen := zero(), map[group]bool{}
	for i := range d.Breakdown {
		s := &d.Breakdown[i]
		seen[groupOf(s.Category, s.Rate)] = true
		total = total.Add(s.Tax.Decimal)
		c.subtotal(s, base[groupOf(s.Category, s.Rate)])
	}
	for _, g := range order {
		if g.category != "" && !seen[g] {
			c.add(ruleName(g.category, "01"), "TaxTotal/TaxSubtotal", "{0}: {1} for {2} at {3} % is missing.", g.category, g.rate)
		}
	}
	c.equal("BR-CO-14", "TaxTotal/TaxAmount", given(d.Tax.Decimal), total)
}

func (c *checker) subtotal(s *Subtotal, base money.Decimal) {
	at := func(e string) string { return "TaxSubtotal " + s.Category + " " + s.Rate.String() + " %/" + e }
	c.need(s.Taxable.Given, "BR-45", at("TaxableAmount"))
	c.need(s.Tax.Given, "BR-46", at("TaxAmount"))
	c.need(s.Category != "", "BR-47", at("TaxCategory/ID"))
	c.need(s.Rate.Given || s.Category == "O", "BR-48", at("TaxCategory/Percent"))
	c.cents("BR-DEC-19", at("TaxableAmount"), s.Taxable)
	c.cents("BR-DEC-20", at("TaxAmount"), s.Tax)
	if s.Taxable.Given && taxSlack.LessThanOrEqual(s.Taxable.Sub(base).Abs()) {
		c.add(ruleName(s.Category, "08"), at("TaxableAmount"), "{0}: {1} is {2}, but should be {3}.", s.Taxable.String(), base.String())
	}
	want := s.Taxable.Mul(s.Rate.Decimal).Shift(-2).Round(2)
	if s.Tax.Given && taxSlack.LessThanOrEqual(s.Tax.Sub(want).Abs()) {
		c.add("BR-CO-17", at("TaxAmount"), "{0}: {1} is {2}, but should be {3}.", s.Tax.String(), want.String())
	}
	switch s.Category {
	case Exempt, Reverse, "K", "G", "O":
		c.need(s.ExemptReason != "", ruleName(s.Category, "10"), at("TaxExemptionReason"))
	case Standard, Zero:
		if s.ExemptReason != "" {
			c.add(ruleName(s.Category, "10"), at("TaxExemptionReason"), "{0}: {1} must not be given.")
		}
	}
}
