package procapp_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"meridian/platform/app/apptest"
	"meridian/platform/date"
	"meridian/platform/einvoice"
	"meridian/platform/money"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// bill is the e-invoice of the supplier over 100 bearings at 20.
func bill(no, order string) *einvoice.Document {
	num := func(s string) einvoice.Number { return einvoice.Of(money.MustQty(s)) }
	d := &einvoice.Document{Kind: einvoice.Invoice, Customization: einvoice.EN16931, ID: no, TypeCode: einvoice.TypeInvoice, Issued: date.MustParse("2026-11-20"), Due: date.MustParse("2026-12-20"), Currency: "CNY", Order: order,
		Seller: einvoice.Party{Name: "NORTHERN BEARINGS LTD", TaxNo: "NB-4711", Register: "NB-4711", Country: "CN"}, Buyer: einvoice.Party{Name: "Somebody", Country: "CN"},
		Lines: []einvoice.Line{{ID: "1", Name: "Bearing", Qty: num("40"), Unit: "H87", Price: num("200"), Base: num("10"), Net: num("800"), Category: "S", Rate: num("13")}, {ID: "2", Name: "Lager", BuyerItem: "P0001", Qty: num("60"), Unit: "H87", Price: num("20"), Net: num("1200"), Category: "S", Rate: num("13")}}}
	d.Complete(nil)
	return d
}

func upload(t *testing.T, d *einvoice.Document) string {
	t.Helper()
	var b bytes.Buffer
	if err := einvoice.Write(&b, d); err != nil {
		t.Fatal(err)
	}
	return d.ID + ".xml," + base64.StdEncoding.EncodeToString(b.Bytes())
}

// TestPROCEInvoice: the file of a supplier becomes an invoice with its lines and is kept;
// what fits nothing is refused with the reason and leaves nothing.
func TestPROCEInvoice(t *testing.T) {
	t.Parallel()
	x := setup(t)
	if _, err := x.Must("proc.supplier").UpdateRow(x.buyer, x.supplier.Base().ID, x.Reload(x.supplier).Base().Version, resource.Values{"tax_no": "NB-4711"}); err != nil {
		t.Fatal(err)
	}
	po := x.Create(x.buyer, "proc.po", resource.Values{"supplier_id": apptest.ID(x.supplier), "wanted_on": x.day(5), "lines": []resource.Values{{"product_id": x.product, "qty": "100", "price": "20", "tax_rate": "0.13"}}})
	x.Fire(x.buyer, po, "submit", nil)
	x.Approve(x.boss)
	x.Fire(x.buyer, po, "issue", nil)
	x.Fire(x.buyer, po, "confirm", resource.Values{"confirmed_on": x.day(5)})
	x.delivered(po, "100")
	const read = "/proc/einvoice/read"

	refused := func(why string, body map[string]any, want string) {
		t.Helper()
		status, _, text := x.Try(x.clerk, "POST", read, body)
		if status != 422 || !strings.Contains(text, want) {
			t.Errorf("%s: %d %s, want %q", why, status, text, want)
		}
	}
	d := bill("B-1", po.Base().No)
	d.Lines[0].Name, d.Lines[1].BuyerItem = "Screw", ""
	d.Seller.Register, d.Seller.TaxNo = "nobody", "nobody"
	d.Seller.Name = "Nobody"
	refused("a stranger", map[string]any{"file": upload(t, d)}, "No supplier has the tax number")
	refused("the order of somebody else", map[string]any{"file": upload(t, bill("B-1", "PO-1999-00001"))}, "has no such order")
	broken := strings.Replace(decoded(t, upload(t, bill("B-1", ""))), ">2260.00<", ">2262.00<", 1)
	refused("a total that is wrong", map[string]any{"file": base64.StdEncoding.EncodeToString([]byte(broken))}, "BR-CO-15")
	refused("no XML", map[string]any{"file": base64.StdEncoding.EncodeToString([]byte("no,date"))}, "holds no XML")
	refused("no base64", map[string]any{"file": "<xml>"}, "base64")
	refused("no file", map[string]any{}, "must not be empty")
	dollars := bill("B-1", "")
	dollars.Currency = "USD"
	refused("dollars", map[string]any{"file": upload(t, dollars)}, "in USD")
	if n := len(x.List("proc.invoice", nil)); n != 0 {
		t.Fatalf("refused files left %d invoices", n)
	}
	reader := x.User("reader", "proc.manager")
	if status, _, _ := x.Try(reader, "POST", read, map[string]any{"file": upload(t, bill("B-1", ""))}); status != 403 {
		t.Errorf("who may not capture invoices read one in: %d", status)
	}

	x.Call(x.clerk, "POST", read, map[string]any{"file": upload(t, bill("B-1", po.Base().No))}, 200)
	v := x.Reload(x.List("proc.invoice", nil)[0])
	if got := strings.Join([]string{v.Text("invoice_no"), v.Text("invoice_date"), v.Text("due_on"), v.Text("net"), v.Text("tax"), v.Text("total"), v.Text("stated_total"), v.Text("file_name")}, " "); got != "B-1 2026-11-20 2026-12-20 2000.00 260.00 2260.00 2260.00 B-1.xml" {
		t.Errorf("captured %s", got)
	}
	if l := v.Lines("lines"); len(l) != 2 || l[0].Text("price") != "20" || l[1].Text("qty") != "60" {
		t.Errorf("lines %v", l)
	}
	files, err := x.Files.List(x.clerk, trace.Ref{Type: "proc.invoice", ID: v.Base().ID})
	if err != nil || len(files) != 1 || files[0].Name != "B-1.xml" {
		t.Errorf("the file is not kept: %v %v", files, err)
	}
	if rows := x.Table(x.clerk, "/proc/einvoice", "files"); len(rows) != 1 || rows[0]["stated"] != "2260.00" {
		t.Errorf("the page lists %v", rows)
	}
	refused("the same file again", map[string]any{"file": upload(t, bill("b 1", po.Base().No))}, "already there")
	x.Fire(x.clerk, v, "match", nil)
	x.stage(v, "matched")
	x.Healthy()
}

// TestPROCEInvoiceThatSaysAnotherTotal is held until another person accepts it.
func TestPROCEInvoiceThatSaysAnotherTotal(t *testing.T) {
	t.Parallel()
	x := setup(t)
	if _, err := x.Must("proc.supplier").UpdateRow(x.buyer, x.supplier.Base().ID, x.Reload(x.supplier).Base().Version, resource.Values{"name": "NORTHERN BEARINGS LTD"}); err != nil {
		t.Fatal(err)
	}
	po := x.Create(x.buyer, "proc.po", resource.Values{"supplier_id": apptest.ID(x.supplier), "wanted_on": x.day(5), "lines": []resource.Values{{"product_id": x.product, "qty": "100", "price": "20", "tax_rate": "0.13"}}})
	x.Fire(x.buyer, po, "submit", nil)
	x.Approve(x.boss)
	x.Fire(x.buyer, po, "issue", nil)
	x.Fire(x.buyer, po, "confirm", resource.Values{"confirmed_on": x.day(5)})
	x.delivered(po, "100")
	d := bill("B-2", "") // the only order that waits
	d.Adjustments = []einvoice.Adjustment{{Charge: true, Reason: "Freight", Amount: einvoice.Of(money.MustQty("50")), Category: "S", Rate: d.Lines[0].Rate}}
	d.Complete(nil)
	x.Call(x.clerk, "POST", "/proc/einvoice/read", map[string]any{"file": upload(t, d)}, 200)
	v := x.List("proc.invoice", nil)[0]
	status, _, text := x.Try(x.clerk, "POST", "/proc/invoice/"+apptest.ID(v)+"/match", map[string]any{})
	if status != 409 || !strings.Contains(text, "2316.50") {
		t.Errorf("matched although the file says more: %d %s", status, text)
	}
	x.Fire(x.clerk, v, "hold", nil)
	x.Fire(x.clerk, v, "resolve", resource.Values{"reason": "Freight was agreed"})
	x.Approve(x.boss)
	x.stage(v, "matched")
}

func decoded(t *testing.T, s string) string {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s[strings.LastIndexByte(s, ',')+1:])
	if err != nil {
		t.Fatal(fmt.Errorf("decode: %w", err))
	}
	return string(b)
}
