package pdf

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"meridian/platform/i18n"
)

var preview = flag.String("preview", "", "write the sample documents to this directory")

func contract(rows int) Document {
	d := Document{
		Lang: i18n.Chinese, Title: "销售合同", No: "SO-2026-00042",
		Seller:      Party{Name: "华东精工集团股份有限公司", TaxNo: "91310000MA1FL4XK8T", Address: "上海市浦东新区张江高科技园区博云路 2 号 18 层", Contact: "王晓明", Phone: "021-5080 1234", Bank: "中国工商银行上海张江支行 1001 2345 6789 0123 456"},
		Buyer:       Party{Name: "苏州恒力自动化设备有限公司", TaxNo: "91320500608196088B", Address: "江苏省苏州市工业园区星湖街 328 号创意产业园 5 栋", Contact: "李䶮", Phone: "0512-6280 9988"},
		SellerLabel: "卖方", BuyerLabel: "买方",
		Facts:   [][2]string{{"签订日期", "2026-11-21"}, {"交货日期", "2026-12-15"}, {"付款条件", "月结 30 天"}, {"币种", "人民币 (CNY)"}, {"贸易条款", "DAP 苏州"}, {"客户订单", "PO-77812"}},
		Columns: []Column{{Label: "#", Width: 4}, {Label: "物料", Width: 12}, {Label: "名称与规格", Width: 34}, {Label: "数量", Width: 9, Right: true}, {Label: "单位", Width: 6}, {Label: "单价（不含税）", Width: 13, Right: true}, {Label: "税率", Width: 7, Right: true}, {Label: "金额", Width: 15, Right: true}},
		Totals:  [][2]string{{"不含税金额", "1,085,420.00"}, {"税额 13%", "141,104.60"}, {"价税合计", "¥ 1,226,524.60"}},
		Words:   Words("1226524.60"),
		Notes:   []string{"质量标准：按 GB/T 19001 及双方签字确认的图纸验收；收货后 7 个工作日内提出书面异议，逾期视为验收合格。", "逾期交货每日按未交部分货款的 0.05% 支付违约金，累计不超过合同总额的 5%。", "本合同一式两份，双方盖章后生效，传真件、扫描件与原件具有同等法律效力。"},
		Sign:    [2]string{"卖方（盖章）：华东精工集团股份有限公司", "买方（盖章）：苏州恒力自动化设备有限公司"},
		Footer:  "华东精工集团股份有限公司 · 上海市浦东新区博云路 2 号 · www.example.com",
	}
	for i := range rows {
		name := "精密滚珠丝杠 SFU2505-4，行程 1200 mm"
		if i%4 == 1 {
			name = "伺服电机及驱动器套装 750W，含 3 米动力线与编码器线，IP67 防护等级，适配 EtherCAT 总线控制器"
		}
		if i%4 == 2 {
			name = "Aluminium profile 40×80, anodised, cut to length"
		}
		d.Rows = append(d.Rows, []string{fmt.Sprint(i + 1), fmt.Sprintf("M-%05d", 10023+i*7), name, fmt.Sprintf("%d", 20+i*3%50), "件", fmt.Sprintf("%d,%03d.500000", 1+i%9, i*37%1000), "13%", fmt.Sprintf("%d,%03d.00", 24+i%70, i*113%1000)})
	}
	return d
}

func invoice() Document {
	return Document{
		Lang: i18n.English, Title: "Commercial invoice", No: "INV-2026-00317", Watermark: "DRAFT",
		Seller:      Party{Name: "Huadong Precision Group Co., Ltd.", TaxNo: "91310000MA1FL4XK8T", Address: "18/F, 2 Boyun Road, Zhangjiang, Pudong New Area, Shanghai 201203, P.R. China", Contact: "Wang Xiaoming", Phone: "+86 21 5080 1234", Bank: "ICBC Shanghai Zhangjiang, SWIFT ICBKCNBJSHI, 1001 2345 6789 0123 456"},
		Buyer:       Party{Name: "Müller & Söhne Maschinenbau GmbH", TaxNo: "DE811569869", Address: "Industriestraße 12, 70565 Stuttgart, Germany", Contact: "Jürgen Weiß", Phone: "+49 711 123456"},
		SellerLabel: "Seller", BuyerLabel: "Bill to",
		Facts:   [][2]string{{"Invoice date", "21 Nov 2026"}, {"Due", "21 Dec 2026"}, {"Terms", "Net 30 days"}, {"Currency", "EUR"}},
		Columns: []Column{{Label: "#", Width: 4}, {Label: "Item", Width: 13}, {Label: "Description", Width: 40}, {Label: "Qty", Width: 9, Right: true}, {Label: "Unit", Width: 7}, {Label: "Unit price", Width: 13, Right: true}, {Label: "Amount", Width: 15, Right: true}},
		Rows:    [][]string{{"1", "M-10023", "Ball screw SFU2505-4, stroke 1200 mm", "20", "pc", "1,240.00", "24,800.00"}, {"2", "M-10030", "Servo set 750 W with driver, 3 m power and encoder cables, IP67, for EtherCAT controllers", "12", "set", "860.50", "10,326.00"}, {"3", "S-00001", "Packing and freight DAP Stuttgart", "1", "lot", "1,900.00", "1,900.00"}},
		Totals:  [][2]string{{"Net", "37,026.00"}, {"VAT 0% (export)", "0.00"}, {"Total EUR", "37,026.00"}},
		Notes:   []string{"Please quote the invoice number with your payment."},
		Sign:    [2]string{"Authorised signature", ""},
		Footer:  "Huadong Precision Group Co., Ltd.",
	}
}

func render(t testing.TB, d Document) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Render(&b, d); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var pageObject = regexp.MustCompile(`/Type /Page\b[^s]`)

func pages(b []byte) int { return len(pageObject.FindAll(b, -1)) }

// content returns the drawing of all pages, where fpdf writes text as UTF-16.
func content(t testing.TB, b []byte) string {
	t.Helper()
	var all strings.Builder
	for {
		i := bytes.Index(b, []byte("stream\n"))
		if i < 0 {
			break
		}
		b = b[i+7:]
		z, err := zlib.NewReader(bytes.NewReader(b))
		if err != nil {
			continue
		}
		s, _ := io.ReadAll(z)
		if bytes.Contains(s, []byte(" Tj ET")) {
			all.Write(s)
		}
	}
	return all.String()
}

func utf16(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteByte(byte(r >> 8))
		b.WriteByte(byte(r))
	}
	return strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`, "\r", `\r`).Replace(b.String())
}

func TestFontIsTheOneDescribed(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256(face().ttf)
	if got, want := hex.EncodeToString(sum[:]), "1284f6cc9d51a9fda3a38e1d879e1fc87283d8520ff3a06d94afa3c9993ecf0a"; got != want || len(face().ttf) != 4626376 {
		t.Errorf("sha256 %s of %d bytes, want %s of 4626376", got, len(face().ttf), want)
	}
	licence, err := os.ReadFile("font/LICENSE-Apache-2.0.txt")
	if err != nil || !strings.Contains(string(licence), "Apache License") {
		t.Errorf("the licence must lie beside the font: %v", err)
	}
}

func TestGlyphs(t *testing.T) {
	t.Parallel()
	for r, want := range map[rune]bool{'A': true, 'é': true, '中': true, '鿃': true, '〓': true, '¥': true, '￥': true, '€': true, '℃': true, '㎡': true, '✓': true, '…': true, '·': true,
		'䶮': false, '㐱': false, '鿏': false, '☑': false, '☐': false, '\u2011': false, '😀': false, '\uffff': false} {
		if got := face().draws(r); got != want {
			t.Errorf("%q: %v, want %v", r, got, want)
		}
	}
	for in, want := range map[string]string{
		"李䶮": "李〓", "a\x00b": "a〓b", "ok 😀": "ok 〓", "e\u0301": "é", "non\u2011breaking": "non-breaking", "a\tb\u00a0c": "a b c",
		"zero\u200dwidth\ufeff": "zerowidth", "\u202eabc": "abc", "a\r\nb\rc": "a\nb\nc", "bad\xff": "bad\uFFFD", "全　角": "全　角",
	} {
		if face().draws('\uFFFD') == false {
			want = strings.ReplaceAll(want, "\uFFFD", "〓")
		}
		if got, _ := printable(in); got != want {
			t.Errorf("printable(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestMissing(t *testing.T) {
	t.Parallel()
	d := contract(1)
	d.Notes = append(d.Notes, "😀 䶮 \x00")
	if got, want := string(Missing(d)), "\x00䶮😀"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRender(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		doc   Document
		pages int
		want  []string
	}{
		{"one row", contract(1), 1, []string{"销售合同", "SO-2026-00042", "苏州恒力自动化设备有限公司", "李〓", "24,000.00", "壹佰贰拾贰万陆仟伍佰贰拾肆元陆角整", "第 1 / 1 页"}},
		{"two hundred rows", contract(200), 11, []string{"M-11416", "第 11 / 11 页"}},
		{"English", invoice(), 1, []string{"Commercial invoice", "Bill to", "37,026.00", "Page 1 / 1", "DRAFT", "Müller & Söhne Maschinenbau GmbH"}},
		{"nothing", Document{}, 1, []string{"Page 1 / 1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := render(t, tt.doc)
			if n := pages(b); n != tt.pages {
				t.Errorf("%d pages, want %d", n, tt.pages)
			}
			c := content(t, b)
			for _, w := range tt.want {
				if !strings.Contains(c, utf16(w)) {
					t.Errorf("%q is not printed", w)
				}
			}
			if tt.doc.Columns != nil {
				want := tt.pages
				if tt.pages > 1 { // the last page may hold only what follows the table
					want--
				}
				if n := strings.Count(c, utf16(tt.doc.Columns[1].Label)); n < want {
					t.Errorf("table head on %d of %d pages", n, tt.pages)
				}
			}
		})
	}
}

// Where the signatures do not fit they take the notes along to the next page.
func TestSignaturesNeverStandAlone(t *testing.T) {
	t.Parallel()
	for rows := 0; rows < 40; rows += 3 {
		d := contract(rows)
		c := content(t, render(t, d))
		between := c[strings.Index(c, utf16(d.Notes[0][:12])):strings.Index(c, utf16(d.Sign[0]))]
		if strings.Contains(between, utf16(d.Columns[2].Label)) || strings.Contains(between, utf16(d.Title+" "+d.No)) {
			t.Errorf("%d rows: a page break between notes and signatures", rows)
		}
	}
}

func TestEveryRowIsPrinted(t *testing.T) {
	t.Parallel()
	d := contract(200)
	c := content(t, render(t, d))
	for _, r := range d.Rows {
		if !strings.Contains(c, utf16(r[1])) {
			t.Errorf("row %s is missing", r[1])
		}
	}
}

func TestSameDocumentSameBytes(t *testing.T) {
	t.Parallel()
	if !bytes.Equal(render(t, contract(30)), render(t, contract(30))) {
		t.Error("two runs differ")
	}
	d := contract(1)
	d.Created = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	if b := render(t, d); !bytes.Contains(b, []byte("D:20261121080000")) {
		t.Error("the creation date is not in the file")
	}
}

func TestAwkwardDocuments(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("很长的说明文字，", 900)
	word := strings.Repeat("W", 5000)
	for name, change := range map[string]func(*Document){
		"a row taller than a page": func(d *Document) { d.Rows[0][2] = long },
		"one endless word":         func(d *Document) { d.Rows[0][2], d.Title, d.No, d.Seller.Name, d.Footer = word, word, word, word, word },
		"endless everything": func(d *Document) {
			d.Buyer = Party{long, long, long, long, long, long}
			d.Words = long
			d.Notes[0] = long
		},
		"endless number": func(d *Document) {
			d.Rows[0][7] = strings.Repeat("9", 300)
			d.Totals[2] = [2]string{long, strings.Repeat("9", 300)}
		},
		"widths": func(d *Document) {
			d.Columns[0].Width, d.Columns[1].Width, d.Columns[2].Width = math.NaN(), math.Inf(1), -4
		},
		"a hundred columns": func(d *Document) {
			d.Columns = make([]Column, 100)
			d.Rows[0] = make([]string, 100)
			d.Rows[0][3] = long[:300]
		},
		"ragged rows":           func(d *Document) { d.Rows = [][]string{nil, {"1"}, make([]string, 30)} },
		"rows without columns":  func(d *Document) { d.Columns = nil },
		"many facts and totals": func(d *Document) { d.Facts = make([][2]string, 500); d.Totals = make([][2]string, 500) },
		"line breaks":           func(d *Document) { d.Rows[0][2] = "a\n\nb\n"; d.Notes[0] = strings.Repeat("\n", 300) },
		"watermark":             func(d *Document) { d.Watermark = long },
		"runes beyond the plane": func(d *Document) {
			d.Title, d.Rows[0][2], d.Seller.Name = "😀", "👩‍👩‍👧 𠮷", "\x00\U0010ffff"
		},
		"right to left and accents": func(d *Document) { d.Title, d.No = "مرحبا", "שלום e\u0301\u0302\u0303" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := contract(2)
			change(&d)
			if n := pages(render(t, d)); n < 1 {
				t.Error("no page")
			}
		})
	}
}

// Every rune there is, in every place that prints text.
func TestEveryRuneIsPrintable(t *testing.T) {
	t.Parallel()
	d := contract(0)
	var row strings.Builder
	for r := rune(0); r <= 0x10ffff; r++ {
		if r > 0x11000 { // what lies beyond the plane is alike
			r += 997
		}
		row.WriteRune(r)
		if row.Len() > 3000 {
			d.Rows = append(d.Rows, []string{"", "", row.String()})
			row.Reset()
		}
	}
	all := "😀\x00䶮\ud7ff\ue000\ufffe\uffff\U0010ffff()\\\r\n"
	d.Title, d.No, d.Footer, d.Watermark, d.Words, d.Sign, d.Notes = all, all, all, all, all, [2]string{all, all}, []string{all}
	d.Seller, d.Buyer = Party{all, all, all, all, all, all}, Party{all, all, all, all, all, all}
	d.Facts, d.Totals = [][2]string{{all, all}}, [][2]string{{all, all}}
	if n := pages(render(t, d)); n < 5 {
		t.Errorf("%d pages", n)
	}
}

func TestRenderDoesNotChangeItsArgument(t *testing.T) {
	t.Parallel()
	d := contract(1)
	d.Rows[0][2] = "😀"
	render(t, d)
	if d.Rows[0][2] != "😀" || d.Buyer.Contact != "李䶮" {
		t.Error("the caller's document was cleaned in place")
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestRenderReportsTheWriter(t *testing.T) {
	t.Parallel()
	if err := Render(brokenPipe{}, contract(1)); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
}

func FuzzRender(f *testing.F) {
	f.Add("😀\x00䶮", "a\r\nb", 3)
	f.Add(strings.Repeat("(\\", 50), "\u2011☑", 40)
	f.Fuzz(func(t *testing.T, a, b string, n int) {
		d := Document{Title: a, No: b, Seller: Party{Name: b, Bank: a}, Buyer: Party{Name: a}, Facts: [][2]string{{a, b}}, Columns: []Column{{Label: a, Right: n%2 == 0}, {Label: b}},
			Totals: [][2]string{{a, b}}, Words: a, Notes: []string{b, a}, Sign: [2]string{a, b}, Footer: a, Watermark: b}
		for range (n%50 + 50) % 50 {
			d.Rows = append(d.Rows, []string{a, b})
		}
		if pages(render(t, d)) < 1 {
			t.Error("no page")
		}
	})
}

func TestPreview(t *testing.T) {
	t.Parallel()
	dir := *preview
	if dir == "" {
		dir = t.TempDir()
	}
	for name, d := range map[string]Document{"contract": contract(6), "long": contract(60), "invoice": invoice()} {
		if err := os.WriteFile(filepath.Join(dir, name+".pdf"), render(t, d), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func BenchmarkRender60Lines(b *testing.B) {
	d := contract(60)
	for b.Loop() {
		render(b, d)
	}
}
