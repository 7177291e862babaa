package ltcapp_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"meridian/platform/app/apptest"
	"meridian/platform/einvoice"
	"meridian/platform/resource"
)

// letterhead gives the company what stands on its documents.
func (w *world) letterhead() {
	w.T.Helper()
	c := w.One("core.company", "no", w.Authz.Directory().Companies[w.company()].Code)
	if _, err := w.Must("core.company").UpdateRow(w.Admin, c.Base().ID, c.Base().Version, resource.Values{"name": "华东精工", "name_en": "Huadong Precision", "tax_no": "91310000MA1FL4XK8T", "address": "上海市浦东新区博云路 2 号", "phone": "021-5080 1234", "bank": "工商银行 1001 2345"}); err != nil {
		w.T.Fatal(err)
	}
	if err := w.Authz.Reload(w.T.Context()); err != nil {
		w.T.Fatal(err)
	}
}

// TestLTC12EInvoice: a posted invoice and its credit note leave as UBL that reads back to
// the figures of the books; a draft has none, and the invoice of a colleague is absent.
func TestLTC12EInvoice(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.letterhead()
	boss := w.User("boss", "core.admin")
	ann, bob := w.User("ann", "ltc.rep"), w.User("bob", "ltc.rep")
	customer := w.Create(w.Admin, "crm.customer", resource.Values{"name": "Müller & Söhne GmbH", "tax_no": "DE811569869", "credit_limit": "1000000", "address": "Industriestraße 12, Stuttgart", "payment_days": "30", "email": "buch@example.com"})
	order := w.Create(w.Admin, "ltc.order", resource.Values{"customer_id": apptest.ID(customer), "freight": "25", "lines": []resource.Values{
		{"product_id": "1", "qty": "3", "unit_price": "33.333333"}, {"product_id": "2", "qty": "7", "unit_price": "0.071429", "discount": "12.5%"}, {"product_id": "2", "qty": "1", "unit_price": "99.995", "tax_rate": "0.06"}}})
	order = w.Fire(w.Admin, order, "confirm", nil)
	w.Fire(w.Admin, order, "advance", resource.Values{"percent": "20%"})
	advance := w.post(boss, w.last("ltc.invoice", "order_id", apptest.ID(order)))
	w.Fire(w.Admin, order, "release", nil)
	w.deliver(order)
	w.Fire(w.Admin, w.One("ltc.acceptance", "order_id", apptest.ID(order)), "accept", resource.Values{"signed_by": "Li"})
	w.Fire(w.Admin, order, "invoice", nil)
	invoice := w.last("ltc.invoice", "kind", "final")
	at := func(r resource.Row) string { return "/ltc/invoice/" + apptest.ID(r) + "/ubl" }
	if _, m, _ := w.Try(w.Admin, "GET", at(invoice), nil); m["status"] != 409.0 || !strings.Contains(fmt.Sprint(m["detail"]), "Only a posted invoice") {
		t.Errorf("the e-invoice of a draft: %v", m)
	}
	invoice = w.post(boss, invoice)
	for _, r := range []resource.Row{advance, invoice} {
		d := w.ubl(r)
		if got := d.Totals.Payable.StringFixed(2); got != r.Text("total") || d.ID != r.Text("fiscal_no") || d.Seller.Name != "华东精工" || d.Buyer.VAT != "DE811569869" || d.Customization != einvoice.EN16931 {
			t.Errorf("e-invoice of %s: %s, %+v", r.Text("fiscal_no"), got, d)
		}
	}
	if d := w.ubl(invoice); len(d.Lines) != 5 || d.Adjustments[0].Amount.String() != "25" || d.Lines[0].Net.String() != "100" || !d.Lines[4].Qty.IsNegative() || d.Tax.StringFixed(2) != invoice.Text("tax") {
		t.Errorf("lines of the e-invoice: %+v, tax %s of %s", d.Lines, d.Tax, invoice.Text("tax"))
	}
	if d := w.ubl(advance); d.TypeCode != einvoice.TypePrepayment {
		t.Errorf("the advance is of type %s", d.TypeCode)
	}
	w.Fire(w.Admin, invoice, "credit", resource.Values{"why": "return"})
	note := w.post(boss, w.One("ltc.invoice", "kind", "credit"))
	if d := w.ubl(note); d.Kind != einvoice.CreditNote || d.Corrects.ID != invoice.Text("fiscal_no") || d.Totals.Payable.StringFixed(2) != note.Text("total") {
		t.Errorf("credit note: %+v", d)
	}
	for _, who := range []string{"ann", "bob"} { // neither owns it
		ctx := ann
		if who == "bob" {
			ctx = bob
		}
		if status, _, _ := w.Try(ctx, "GET", at(invoice), nil); status != 404 {
			t.Errorf("%s gets the e-invoice of somebody else: %d", who, status)
		}
	}
	if status, _, _ := w.Try(w.Admin, "GET", "/ltc/invoice/999999/ubl", nil); status != 404 {
		t.Errorf("the e-invoice of no invoice: %d", status)
	}
	if why := w.Must("ltc.invoice").NotReady(w.Reload(invoice), "ubl"); why != nil {
		t.Errorf("the button is blocked: %v", why)
	}
}

// TestLTC12EInvoiceNamesTheRule: what is missing is said by the rule it breaks.
func TestLTC12EInvoiceNamesTheRule(t *testing.T) {
	t.Parallel()
	w := setup(t)
	_, invoice := w.invoiced(w.customer("Acme", "100000"), "1", "100")
	invoice = w.post(w.User("boss", "core.admin"), invoice)
	status, _, text := w.Try(w.Admin, "GET", "/ltc/invoice/"+apptest.ID(invoice)+"/ubl", nil)
	if status != 409 || !strings.Contains(text, "BR-S-02") || !strings.Contains(text, "AccountingSupplierParty") {
		t.Errorf("a company without a tax number: %d %s", status, text)
	}
}

// ubl downloads the e-invoice of a document; it reads back and keeps every rule.
func (w *world) ubl(r resource.Row) *einvoice.Document {
	w.T.Helper()
	status, _, text := w.Try(w.Admin, "GET", "/ltc/invoice/"+apptest.ID(r)+"/ubl", nil)
	if status != 200 {
		w.T.Fatalf("e-invoice of %s: %d %s", r.Base().No, status, text)
	}
	d, err := einvoice.Read([]byte(text))
	if err != nil {
		w.T.Fatalf("e-invoice of %s: %v\n%s", r.Base().No, err, text)
	}
	if bad := einvoice.Check(d); len(bad) > 0 {
		w.T.Fatalf("e-invoice of %s breaks %+v", r.Base().No, bad)
	}
	return d
}

// TestLTC12EveryInvoiceIsAnEInvoice: whatever is sold, at six digits, discounts and
// mixed rates, the file adds up to the books to the cent.
func TestLTC12EveryInvoiceIsAnEInvoice(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.letterhead()
	boss := w.User("boss", "core.admin")
	customer := w.customer("Acme", "1000000000")
	r := rand.New(rand.NewPCG(12, 2026))
	for range 6 {
		var lines []resource.Values
		for range 1 + r.IntN(25) {
			lines = append(lines, resource.Values{"product_id": fmt.Sprint(1 + r.IntN(2)), "qty": fmt.Sprintf("%d.%03d", 1+r.IntN(50), r.IntN(1000)), "unit_price": fmt.Sprintf("%d.%06d", r.IntN(2000), r.IntN(1e6)),
				"discount": fmt.Sprintf("0.%02d", r.IntN(9)), "tax_rate": []string{"0.13", "0.06", "0.09", "0"}[r.IntN(4)]})
		}
		order := w.Create(w.Admin, "ltc.order", resource.Values{"customer_id": apptest.ID(customer), "freight": fmt.Sprint(r.IntN(2) * 30), "lines": lines})
		if order = w.Fire(w.Admin, order, "confirm", nil); order.Stage() == "draft" {
			w.Approve(boss)
		}
		w.Fire(w.Admin, order, "advance", resource.Values{"percent": "33.33%"})
		for _, x := range w.List("ltc.invoice", map[string][]string{"order_id": {apptest.ID(order)}}) {
			x = w.post(boss, w.Reload(x))
			if got := w.ubl(x).Totals.Payable.StringFixed(2); got != x.Text("total") {
				t.Errorf("e-invoice %s, invoice %s", got, x.Text("total"))
			}
		}
		w.Fire(w.Admin, order, "release", nil)
		w.deliver(order)
		w.Fire(w.Admin, w.One("ltc.acceptance", "order_id", apptest.ID(order)), "accept", resource.Values{"signed_by": "Li"})
		w.Fire(w.Admin, order, "invoice", nil)
		x := w.post(boss, w.last("ltc.invoice", "order_id", apptest.ID(order)))
		if got := w.ubl(x).Totals.Payable.StringFixed(2); got != x.Text("total") {
			t.Errorf("e-invoice %s, invoice %s", got, x.Text("total"))
		}
	}
}
