package einvoice_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"meridian/platform/date"
	"meridian/platform/einvoice"
	"meridian/platform/errs"
	"meridian/platform/money"
)

// sharedData returns shared/data beside the repository, or skips the test.
func sharedData(t testing.TB) string {
	t.Helper()
	tried := []string{os.Getenv("MERIDIAN_SHARED")}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		tried = append(tried, filepath.Join(dir, "shared", "data"))
		parent := filepath.Dir(dir)
		if parent == dir {
			break
		}
		dir = parent
	}
	for _, p := range tried {
		if st, err := os.Stat(filepath.Join(p, "einvoice")); p != "" && err == nil && st.IsDir() {
			return p
		}
	}
	t.Skipf("SKIPPED, NOT PASSED: the published e-invoices (shared/data/einvoice) are not beside the repository; set MERIDIAN_SHARED (tried %s)", strings.Join(tried, ", "))
	return ""
}

// answer is what known_answers.json says of one file.
type answer struct {
	Type, ID, Currency, Seller, Buyer string
	IssueDate                         string   `json:"issue_date"`
	Lines                             int      `json:"lines"`
	SumOfLines                        string   `json:"sum_of_line_extension"`
	Adjustments                       string   `json:"document_allowances_and_charges_net"`
	LineExtension                     string   `json:"stated_line_extension"`
	Exclusive                         string   `json:"stated_tax_exclusive"`
	Tax                               []string `json:"stated_tax_amount"`
	Inclusive                         string   `json:"stated_tax_inclusive"`
	Payable                           string   `json:"stated_payable"`
}

// wrongLines are the lines of the published examples that do not multiply: 2 x 800 is
// stated as 800. The standard has no rule against it, Peppol has.
var wrongLines = map[string][]string{
	"ubl-tc434-example1.xml": {"line 20/LineExtensionAmount"},
	"ubl-tc434-example2.xml": {"line 1/LineExtensionAmount"},
	"ubl-tc434-example3.xml": {"line 1/LineExtensionAmount", "line 2/LineExtensionAmount"},
}

// TestRealInvoices reads the published examples of EN 16931: their figures are those
// worked out elsewhere, and they break no rule.
func TestRealInvoices(t *testing.T) {
	t.Parallel()
	dir := sharedData(t)
	b, err := os.ReadFile(filepath.Join(dir, "known_answers.json"))
	if err != nil {
		t.Fatal(err)
	}
	var known struct{ EInvoice map[string]answer }
	if err := json.Unmarshal(b, &known); err != nil {
		t.Fatal(err)
	}
	if len(known.EInvoice) != 7 {
		t.Fatalf("%d files, want 7", len(known.EInvoice))
	}
	for file, want := range known.EInvoice {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			body, err := os.ReadFile(filepath.Join(dir, "einvoice", file))
			if err != nil {
				t.Fatal(err)
			}
			d, err := einvoice.Read(body)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, d, &want)
			for _, p := range einvoice.CheckStandard(d) {
				t.Errorf("breaks %s at %s: %s %v", p.Rule, p.Element, p.Message, p.Args)
			}
			var wrong []string
			for _, p := range einvoice.CheckLines(d) {
				wrong = append(wrong, p.Element)
			}
			if !slices.Equal(wrong, wrongLines[file]) {
				t.Errorf("lines whose net is not quantity x price: %v, want %v", wrong, wrongLines[file])
			}
			if wrong != nil {
				return // we do not write them
			}
			var out bytes.Buffer
			if err := einvoice.Write(&out, d); err != nil {
				t.Fatal(err)
			}
			again, err := einvoice.Read(out.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			compare(t, again, &want)
		})
	}
}

func compare(t *testing.T, d *einvoice.Document, want *answer) {
	t.Helper()
	sum, adjustments := money.Decimal{}, money.Decimal{}
	for i := range d.Lines {
		sum = sum.Add(d.Lines[i].Net.Decimal)
	}
	for _, a := range d.Adjustments {
		if a.Charge {
			adjustments = adjustments.Add(a.Amount.Decimal)
		} else {
			adjustments = adjustments.Sub(a.Amount.Decimal)
		}
	}
	figures := [][2]string{{sum.String(), want.SumOfLines}, {adjustments.String(), want.Adjustments}, {d.Totals.Lines.String(), want.LineExtension}, {d.Totals.Exclusive.String(), want.Exclusive},
		{d.Tax.String(), want.Tax[0]}, {d.Totals.Inclusive.String(), want.Inclusive}, {d.Totals.Payable.String(), want.Payable}}
	for i, f := range figures {
		if !einvoice.Of(money.MustAmount(f[0])).Equal(money.MustAmount(f[1]).Number()) {
			t.Errorf("figure %d is %s, want %s", i, f[0], f[1])
		}
	}
	got := []string{string(d.Kind), d.ID, d.Currency, d.Seller.Name, d.Buyer.Name, d.Issued.String(), fmt.Sprint(len(d.Lines))}
	words := []string{want.Type, want.ID, want.Currency, want.Seller, strings.Join(strings.Fields(want.Buyer), " "), want.IssueDate, fmt.Sprint(want.Lines)}
	if !slices.Equal(got, words) {
		t.Errorf("read %q, want %q", got, words)
	}
}

func num(s string) einvoice.Number { return einvoice.Of(money.MustQty(s)) }

// random is an invoice as a company might write it: rates, discounts, charges, odd
// names, prices of six digits.
func random(r *rand.Rand) *einvoice.Document {
	names := []string{"伺服电机 750W", "Gear <12> & \"case\"", "Schraube M6×20", "ünïcode 😀", "tab\tand  spaces", "bell\x07"}
	rates := []string{"13", "9", "6", "0", "25.5"}
	d := &einvoice.Document{Kind: einvoice.Invoice, Customization: einvoice.EN16931, ID: fmt.Sprintf("INV-%d", r.IntN(1e6)), TypeCode: einvoice.TypeInvoice, Issued: date.MustParse("2026-11-27"), Due: date.MustParse("2026-12-27"),
		Currency: "CNY", Notes: []string{names[r.IntN(len(names))]}, Order: "SO-2026-00001", Contract: "CO-2026-00001",
		Seller: einvoice.Party{Name: "华东精工 & Co.", TaxNo: "91310000MA1FL4XK8T", Register: "91310000MA1FL4XK8T", Street: "张江路 2 号", Country: "CN", Phone: "021-5080 1234"},
		Buyer:  einvoice.Party{Name: names[r.IntN(len(names))], VAT: "DE811569869", Street: "Industriestraße 12", City: "Stuttgart", Zip: "70565", Country: "DE", Mail: "a@example.com"}}
	if r.IntN(2) == 0 {
		d.Payment = einvoice.Payment{Means: "30", Reference: d.ID, Account: "1001 2345"}
	}
	if r.IntN(3) == 0 {
		d.Kind, d.TypeCode, d.Corrects = einvoice.CreditNote, einvoice.TypeCredit, einvoice.Reference{ID: "INV-1", Issued: date.MustParse("2026-10-01")}
		d.Payment, d.Due = einvoice.Payment{}, date.Date{}
	}
	for i := range 1 + r.IntN(40) {
		l := einvoice.Line{ID: fmt.Sprint(i + 1), Name: names[r.IntN(len(names))], Unit: "C62", Qty: num(fmt.Sprintf("%d.%03d", 1+r.IntN(500), r.IntN(1000))), Price: num(fmt.Sprintf("%d.%06d", r.IntN(10000), r.IntN(1e6))), Category: einvoice.Standard}
		if r.IntN(4) == 0 {
			l.Base = num(fmt.Sprint(1 + r.IntN(99)))
		}
		if rate := rates[r.IntN(len(rates))]; rate == "0" {
			l.Category, l.Rate = einvoice.Exempt, num("0")
			l.ExemptReason = "Export"
		} else {
			l.Rate = num(rate)
		}
		worth := l.Qty.Mul(l.Price.Decimal)
		if l.Base.Given {
			worth = worth.DivRound(l.Base.Decimal, 12)
		}
		net := money.RoundTo[money.Cents](worth)
		if r.IntN(3) == 0 {
			off := money.Part(net, money.MustQty("0.0775"))
			l.Adjustments = []einvoice.Adjustment{{Reason: "Discount", Amount: einvoice.Of(off)}}
			net = net.Sub(off)
		}
		l.Net = einvoice.Of(net)
		d.Lines = append(d.Lines, l)
	}
	if r.IntN(2) == 0 {
		d.Adjustments = append(d.Adjustments, einvoice.Adjustment{Charge: true, Reason: "Freight", Amount: num("12.5"), Category: einvoice.Exempt, Rate: num("0"), ExemptReason: "Charged without tax"})
	}
	if r.IntN(4) == 0 {
		d.Totals.Prepaid = num("1.05")
	}
	d.Complete(nil)
	return d
}

// TestWhatWeWriteReadsBack: every invoice that can be written keeps our own rules, and
// reads back as the same document.
func TestWhatWeWriteReadsBack(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(16931, 2017))
	for n := range 500 {
		d := random(r)
		if bad := einvoice.Check(d); len(bad) > 0 {
			t.Fatalf("invoice %d breaks %+v", n, bad)
		}
		var first, second bytes.Buffer
		if err := einvoice.Write(&first, d); err != nil {
			t.Fatalf("invoice %d: %v", n, err)
		}
		back, err := einvoice.Read(first.Bytes())
		if err != nil {
			t.Fatalf("invoice %d: %v\n%s", n, err, first.Bytes())
		}
		if bad := einvoice.Check(back); len(bad) > 0 {
			t.Fatalf("invoice %d breaks %+v after it was read back", n, bad)
		}
		if err := einvoice.Write(&second, back); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Fatalf("invoice %d is another one when it is read back:\n%s\n%s", n, first.Bytes(), second.Bytes())
		}
		if !d.Totals.Payable.Equal(back.Totals.Payable.Decimal) || len(d.Lines) != len(back.Lines) || d.Corrects != back.Corrects || d.Due != back.Due {
			t.Fatalf("invoice %d: %+v became %+v", n, d, back)
		}
	}
}

// TestRules breaks one rule after the other and wants to hear its name and place.
func TestRules(t *testing.T) {
	t.Parallel()
	for want, break_ := range map[string]func(d *einvoice.Document){
		"BR-02 ID":                                      func(d *einvoice.Document) { d.ID = "" },
		"BR-03 IssueDate":                               func(d *einvoice.Document) { d.Issued = date.Date{} },
		"BR-05 DocumentCurrencyCode":                    func(d *einvoice.Document) { d.Currency = "yuan" },
		"BR-06 AccountingSupplierParty":                 func(d *einvoice.Document) { d.Seller.Name = "" },
		"BR-07 AccountingCustomerParty":                 func(d *einvoice.Document) { d.Buyer.Name = "" },
		"BR-11 AccountingCustomerParty":                 func(d *einvoice.Document) { d.Buyer.Country = "" },
		"BR-16 InvoiceLine":                             func(d *einvoice.Document) { d.Lines = nil },
		"BR-22 line 1/Quantity":                         func(d *einvoice.Document) { d.Lines[0].Qty = einvoice.Number{} },
		"BR-25 line 1/Item/Name":                        func(d *einvoice.Document) { d.Lines[0].Name = "" },
		"BR-27 line 1/Price":                            func(d *einvoice.Document) { d.Lines[0].Price = num("-1") },
		"BR-CO-04 line 1/":                              func(d *einvoice.Document) { d.Lines[0].Category = "" },
		"BR-CO-09 AccountingCustomerParty":              func(d *einvoice.Document) { d.Buyer.VAT = "811569869" },
		"BR-CO-10 LegalMonetaryTotal/LineExtension":     func(d *einvoice.Document) { d.Totals.Lines = num("1") },
		"BR-CO-12 LegalMonetaryTotal/ChargeTotal":       func(d *einvoice.Document) { d.Totals.Charges = num("3") },
		"BR-CO-13 LegalMonetaryTotal/TaxExclusive":      func(d *einvoice.Document) { d.Totals.Exclusive = num("1") },
		"BR-CO-14 TaxTotal/TaxAmount":                   func(d *einvoice.Document) { d.Tax = num("12.99") },
		"BR-CO-15 LegalMonetaryTotal/TaxInclusive":      func(d *einvoice.Document) { d.Totals.Inclusive = num("1") },
		"BR-CO-16 LegalMonetaryTotal/PayableAmount":     func(d *einvoice.Document) { d.Totals.Payable = num("112.99") },
		"BR-CO-17 TaxSubtotal S 13 %":                   func(d *einvoice.Document) { d.Breakdown[0].Tax = num("15") },
		"BR-CO-18 TaxTotal/TaxSubtotal":                 func(d *einvoice.Document) { d.Breakdown = nil },
		"BR-CO-25 DueDate":                              func(d *einvoice.Document) { d.Due = date.Date{} },
		"BR-CO-26 AccountingSupplierParty":              func(d *einvoice.Document) { d.Seller.Register = "" },
		"BR-S-02 AccountingSupplierParty":               func(d *einvoice.Document) { d.Seller.TaxNo = "" },
		"BR-S-01 TaxTotal/TaxSubtotal":                  func(d *einvoice.Document) { d.Lines[0].Rate = num("9") },
		"BR-S-05 line 1/":                               func(d *einvoice.Document) { d.Lines[0].Rate = num("0") },
		"BR-S-08 TaxSubtotal S 13 %/Taxable":            func(d *einvoice.Document) { d.Breakdown[0].Taxable = num("90") },
		"BR-E-10 TaxSubtotal E 0 %/":                    func(d *einvoice.Document) { d.Lines[0].Category, d.Lines[0].Rate = "E", num("0"); d.Complete(nil) },
		"BR-61 PaymentMeans":                            func(d *einvoice.Document) { d.Payment.Means = "30" },
		"BR-DEC-23 line 1/LineExtension":                func(d *einvoice.Document) { d.Lines[0].Net = num("100.001") },
		"PEPPOL-EN16931-R120 line 1/LineExtension":      func(d *einvoice.Document) { d.Lines[0].Price = num("10.01") },
		"PEPPOL-EN16931-R121 line 1/Price/BaseQuantity": func(d *einvoice.Document) { d.Lines[0].Base = num("0") },
	} {
		d := simple()
		break_(d)
		rule, element, _ := strings.Cut(want, " ")
		if !slices.ContainsFunc(einvoice.Check(d), func(p einvoice.Problem) bool {
			return p.Rule == rule && strings.HasPrefix(p.Element, element)
		}) {
			t.Errorf("%s was not found: %+v", want, einvoice.Check(d))
		}
		var out bytes.Buffer
		err := einvoice.Write(&out, d)
		if !errs.Is(err, errs.Invalid) || out.Len() > 0 || !strings.Contains(fmt.Sprint(errs.Of(err).Fields), rule) {
			t.Errorf("%s: written all the same: %v", want, err)
		}
	}
	if bad := einvoice.Check(simple()); len(bad) > 0 {
		t.Errorf("the invoice without a fault: %+v", bad)
	}
}

func simple() *einvoice.Document {
	d := &einvoice.Document{Kind: einvoice.Invoice, Customization: einvoice.EN16931, ID: "INV-1", TypeCode: einvoice.TypeInvoice, Issued: date.MustParse("2026-11-27"), Due: date.MustParse("2026-12-27"), Currency: "CNY",
		Seller: einvoice.Party{Name: "Seller", TaxNo: "9131", Register: "9131", Country: "CN"}, Buyer: einvoice.Party{Name: "Buyer", Country: "CN"},
		Lines: []einvoice.Line{{ID: "1", Name: "Motor", Qty: num("10"), Unit: "H87", Price: num("10"), Net: num("100"), Category: "S", Rate: num("13")}}}
	d.Complete(nil)
	return d
}

// TestWrongFiles: what is no invoice is refused with the reason.
func TestWrongFiles(t *testing.T) {
	t.Parallel()
	var good bytes.Buffer
	if err := einvoice.Write(&good, simple()); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string][2]string{
		"nothing":       {"", "no XML"},
		"a table":       {"no,date\n1,2026-01-01\n", "no XML"},
		"a page":        {"<html><body/></html>", "root element"},
		"the other XML": {`<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"/>`, "CII"},
		"cut off":       {good.String()[:good.Len()/2], "cannot be read"},
		"an entity":     {`<!DOCTYPE x [<!ENTITY a "b">]><Invoice><ID>&a;</ID></Invoice>`, "cannot be read"},
		"no number":     {strings.Replace(good.String(), ">100.00<", ">1e2<", 1), "no number"},
		"no date":       {strings.Replace(good.String(), "2026-11-27", "27.11.2026", 1), "no date"},
	} {
		_, err := einvoice.Read([]byte(c[0]))
		e := errs.Of(err)
		if !errs.Is(err, errs.Invalid) || len(e.Fields) != 1 || e.Fields[0].Name != "file" || !strings.Contains(e.Fields[0].Message, c[1]) {
			t.Errorf("%s: %v %+v, want %q", name, err, e, c[1])
		}
	}
	// Another prefix and no namespace at all are read.
	for _, s := range []string{strings.NewReplacer("cbc:", "x:", "cac:", "y:", "xmlns:cbc", "xmlns:x", "xmlns:cac", "xmlns:y").Replace(good.String()), strings.NewReplacer("cbc:", "", "cac:", "").Replace(good.String())} {
		d, err := einvoice.Read([]byte(s))
		if err != nil || !reflect.DeepEqual(einvoice.Check(d), []einvoice.Problem(nil)) || d.ID != "INV-1" {
			t.Errorf("with other namespaces: %v %+v", err, d)
		}
	}
	if err := einvoice.Error("file", nil); err != nil || errors.Is(err, errs.Missing()) {
		t.Error("no problem is an error")
	}
}

// FuzzRead: whatever a file holds, Read and Check end without a panic.
func FuzzRead(f *testing.F) {
	var good bytes.Buffer
	if err := einvoice.Write(&good, simple()); err != nil {
		f.Fatal(err)
	}
	f.Add(good.Bytes())
	f.Add([]byte(`<CreditNote><CreditNoteLine><Price><BaseQuantity>0</BaseQuantity></Price></CreditNoteLine></CreditNote>`))
	f.Fuzz(func(_ *testing.T, b []byte) {
		if d, err := einvoice.Read(b); err == nil {
			einvoice.Check(d)
		}
	})
}

func ExampleWrite() {
	d := &einvoice.Document{Kind: einvoice.Invoice, Customization: einvoice.EN16931, ID: "INV-1", TypeCode: einvoice.TypeInvoice, Issued: date.MustParse("2026-11-27"), Currency: "CNY",
		Seller: einvoice.Party{Name: "Seller", TaxNo: "9131", Register: "9131", Country: "CN"}, Buyer: einvoice.Party{Name: "Buyer", Country: "CN"},
		Lines: []einvoice.Line{{ID: "1", Name: "Motor", Qty: num("10"), Unit: "H87", Price: num("10"), Net: num("100"), Category: "S", Rate: num("13")}}}
	d.Complete(nil)
	err := einvoice.Write(&bytes.Buffer{}, d)
	fmt.Println(d.Totals.Payable, errs.Of(err).Fields[0].Args[0]) // neither a due date nor terms
	// Output: 113 BR-CO-25
}

// TestIdentify: a VAT number names its country also where Peppol goes by another number.
func TestIdentify(t *testing.T) {
	t.Parallel()
	for _, x := range []struct{ number, vat, country, scheme string }{
		{"DE123456789", "DE123456789", "DE", "9930"}, {"EL123456789", "EL123456789", "GR", "9933"}, {"IT12345678901", "IT12345678901", "IT", ""},
		{"91310000MA1FL4XK8T", "", "CN", ""}, {"12", "", "CN", ""},
	} {
		var p einvoice.Party
		p.Identify(x.number, "CN")
		if p.VAT != x.vat || p.Country != x.country || p.Scheme != x.scheme || (p.Endpoint != "") != (x.scheme != "") || (p.TaxNo == "") != (x.vat != "") {
			t.Errorf("%s: %+v", x.number, p)
		}
	}
}
