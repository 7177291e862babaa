package ltcapp_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"meridian/platform/app/apptest"
	"meridian/platform/i18n"
	"meridian/platform/resource"
)

// paper is a document printed in a language: its text as it is drawn, and its pages.
type paper struct {
	text  string
	pages int
}

var onePage = regexp.MustCompile(`/Type /Page\b[^s]`)

// printed prints a document in a language. MERIDIAN_PRINTS keeps the files, to be looked at.
func (w *world) printed(r resource.Row, lang i18n.Lang) paper {
	w.T.Helper()
	var b bytes.Buffer
	if err := w.Must(r.Type()).DownloadRow(i18n.With(w.Admin, w.Text, lang), r.Base().ID, "pdf", &b); err != nil {
		w.T.Fatalf("print %s: %v", r.Base().No, err)
	}
	if dir := os.Getenv("MERIDIAN_PRINTS"); dir != "" {
		name := strings.ReplaceAll(r.Type()+"-"+r.Text("kind")+"-"+lang.Tag()+"-"+apptest.ID(r), ".", "-") + ".pdf"
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o600); err != nil {
			w.T.Fatal(err)
		}
	}
	p := paper{pages: len(onePage.FindAll(b.Bytes(), -1))}
	for body := b.Bytes(); ; {
		i := bytes.Index(body, []byte("stream\n"))
		if i < 0 {
			return p
		}
		body = body[i+7:]
		if z, err := zlib.NewReader(bytes.NewReader(body)); err == nil {
			if s, _ := io.ReadAll(z); bytes.Contains(s, []byte(" Tj ET")) {
				p.text += string(s)
			}
		}
	}
}

// shows reports what of words is not drawn, as fpdf writes text: UTF-16.
func (p paper) lacks(words ...string) (out []string) {
	for _, s := range words {
		var b strings.Builder
		for _, r := range s {
			b.WriteByte(byte(r >> 8))
			b.WriteByte(byte(r))
		}
		if !strings.Contains(p.text, strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`, "\r", `\r`).Replace(b.String())) {
			out = append(out, s)
		}
	}
	return out
}

// TestLTCPapers: the seven papers a customer gets, in both languages: the letterhead, the
// tax, the amount in words where Chinese law wants it, the page of all pages.
func TestLTCPapers(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.letterhead()
	boss := w.User("boss", "core.admin")
	customer := w.customer("Acme", "100000")
	quote := w.Create(w.Admin, "ltc.quote", resource.Values{"customer_id": apptest.ID(customer), "title": "Drives", "lines": []resource.Values{{"product_id": "1", "qty": "10", "unit_price": "100"}}})
	contract := w.Create(w.Admin, "ltc.contract", resource.Values{"customer_id": apptest.ID(customer), "title": "Drives", "amount": "1130", "start_on": w.day(0)})
	order, invoice := w.invoiced(customer, "10", "100")
	invoice = w.post(boss, invoice)
	w.Fire(w.Admin, invoice, "credit", resource.Values{"why": "return"})
	note := w.post(boss, w.One("ltc.invoice", "kind", "credit"))
	second := w.due(boss, customer, 10)
	statement := w.Create(w.Admin, "ltc.statement", resource.Values{"customer_id": apptest.ID(customer)})
	letter := w.letter(boss)
	no := invoice.Text("fiscal_no")
	both := func(r resource.Row, zh, en []string) {
		t.Helper()
		for lang, words := range map[i18n.Lang][]string{i18n.Chinese: append(zh, "华东精工", "91310000MA1FL4XK8T", "工商银行 1001 2345", "第 1 / 1 页", r.Text("fiscal_no")), i18n.English: append(en, "Huadong Precision", "Acme", "Page 1 / 1")} {
			p := w.printed(r, lang)
			if bad := p.lacks(words...); len(bad) > 0 || p.pages != 1 {
				t.Errorf("%s in %s lacks %q on %d pages", r.Base().No, lang.Tag(), bad, p.pages)
			}
		}
	}
	amount := []string{"130.00", "1,130.00", "壹仟壹佰叁拾元整"}
	both(quote, append([]string{"报价", "税额"}, amount...), []string{"Quote", "Tax", "130.00", "1,130.00"})
	both(contract, append([]string{"合同", "1,000.00"}, amount...), []string{"Contract", "130.00", "1,130.00"})
	both(order, append([]string{"订单确认书"}, amount...), []string{"Order confirmation", "1,130.00"})
	both(invoice, append([]string{"发票", "13 %"}, amount...), []string{"Invoice", no, "13 %", "1,130.00"})
	both(note, append([]string{"红字发票", "冲红发票", no, "销售退回"}, amount...), []string{"Credit note", "Credits invoice", no, "Goods returned", "1,130.00"})
	both(statement, []string{"对账单", second.Text("fiscal_no"), "未清金额", "壹佰壹拾叁元整"}, []string{"Statement of account", "Amount still open", second.Text("fiscal_no"), "113.00"})
	both(letter, []string{"付款提醒", second.Text("fiscal_no"), "壹佰壹拾叁元整"}, []string{second.Text("fiscal_no"), "Please pay", "113.00"})
}

// TestLTCLongPapers: what does not fit on a page goes on over the next, every line of it.
func TestLTCLongPapers(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.letterhead()
	customer := w.customer("Acme", "100000")
	var lines []resource.Values
	var words []string
	for i := range 60 {
		words = append(words, fmt.Sprintf("Drive number %03d", i))
		lines = append(lines, resource.Values{"product_id": "1", "qty": "1", "unit_price": "10", "description": words[i]})
	}
	order := w.Create(w.Admin, "ltc.order", resource.Values{"customer_id": apptest.ID(customer), "lines": lines})
	for lang, page := range map[i18n.Lang]string{i18n.Chinese: "第 %d / %d 页", i18n.English: "Page %d / %d"} {
		p := w.printed(order, lang)
		if p.pages < 2 {
			t.Fatalf("60 lines on %d page", p.pages)
		}
		if bad := p.lacks(append(words, fmt.Sprintf(page, 1, p.pages), fmt.Sprintf(page, p.pages, p.pages))...); len(bad) > 0 {
			t.Errorf("in %s the paper lacks %q", lang.Tag(), bad)
		}
	}
}

// TestLTCPaperOfAPlanInvoice: an invoice without products prints what it asks for.
func TestLTCPaperOfAPlanInvoice(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.letterhead()
	order := w.Fire(w.Admin, w.order(w.customer("Acme", "100000"), "10", "100"), "confirm", nil)
	w.Fire(w.Admin, order, "advance", resource.Values{"percent": "30%"})
	v := w.One("ltc.invoice", "order_id", apptest.ID(order))
	if bad := w.printed(v, i18n.English).lacks("Advance invoice", "Advance payment for "+order.Base().No, "300.00", "39.00", "339.00"); len(bad) > 0 {
		t.Errorf("the advance invoice lacks %q", bad)
	}
	if bad := w.printed(v, i18n.Chinese).lacks("预收款发票", "叁佰叁拾玖元整"); len(bad) > 0 {
		t.Errorf("in Chinese it lacks %q", bad)
	}
}

// letter is the dunning letter of a run over everything that is overdue.
func (w *world) letter(boss context.Context) resource.Row {
	w.T.Helper()
	w.Create(boss, "ltc.dunning_policy", resource.Values{"title": "Standard", "levels": []resource.Values{{"delay_days": "5", "mode": "net", "subject": "付款提醒 reminder", "body": "Please check."}}})
	w.Call(boss, "POST", "/ltc/dunning_run/run", map[string]any{}, 200)
	return w.Reload(w.List("ltc.dunning", nil)[0])
}
