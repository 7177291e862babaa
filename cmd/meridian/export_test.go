package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"meridian/platform/db/dbtest"
	"meridian/platform/transfer"
)

// fetch downloads a file.
func (w wizard) fetch(path string) (status int, name string, body []byte) {
	w.t.Helper()
	res, err := w.c.Get(w.url + path)
	if err != nil {
		w.t.Fatal(err)
	}
	body = []byte(read(w.t, res))
	return res.StatusCode, res.Header.Get("Content-Disposition"), body
}

func (w wizard) file(path string) []byte {
	w.t.Helper()
	status, _, body := w.fetch(path)
	if status != 200 {
		w.t.Fatalf("%s answers %d: %.500s", path, status, body)
	}
	return body
}

// bring imports files through the wizard with the columns it guesses.
func (w wizard) bring(files ...transfer.File) {
	w.t.Helper()
	run, cols := w.upload(files...)
	if _, page := w.post(run+"/check", cols); !strings.Contains(page, "Nothing has been written yet.") {
		w.t.Fatalf("%s: the check refuses: %.3000s", w.base, mainOf(page))
	}
	w.post(run+"/run", cols)
	if page := w.end(run); !strings.Contains(page, "records were created") {
		w.t.Fatalf("%s: %.3000s", w.base, mainOf(page))
	}
}

// sheet reads a sheet of a workbook as text.
func sheet(t *testing.T, body []byte, name string) [][]string {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := f.GetRows(name)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestRoundTrip: what one installation exports another imports: its own export of it
// is the same, for customers and for orders with their lines, as CSV and as XLSX.
func TestRoundTrip(t *testing.T) {
	a := newSuite(t)
	token := a.person("admin", "")
	product := a.call(token, "POST", "/ipd/product", map[string]any{"name": "SV-750W", "kind": "goods", "unit": "pcs", "tax_rate": "0.13"}, 201)
	a.call(token, "POST", "/ipd/product/"+itoa(id(product))+"/release", map[string]any{}, 200)
	names := []string{"=HYPERLINK(\"x\")", "+86 加号", "'=apostrophe", "多行, \"引号\"", "@at"}
	var customers []int64
	for i, n := range names {
		c := a.call(token, "POST", "/crm/customer", map[string]any{"name": n, "industry": "机械", "credit_limit": "1234567890.12", "phone": "-" + itoa(int64(i))}, 201)
		customers = append(customers, id(c))
	}
	for i := range 3 {
		lines := []map[string]any{}
		for k := range i + 1 {
			lines = append(lines, map[string]any{"product_id": id(product), "qty": "1.5", "unit_price": "1860.123456", "discount": "0.05", "description": "line " + itoa(int64(k))})
		}
		a.call(token, "POST", "/ltc/order", map[string]any{"customer_id": customers[i], "ship_to": "上海\n浦东", "freight": "12.50", "lines": lines}, 201)
	}
	wa := func(base string) wizard { return wizard{a, english(t, a, "admin"), base} }
	from := wa("")
	types := []string{"/ipd/product", "/crm/customer", "/ltc/order"}
	for _, format := range []string{transfer.CSV, transfer.XLSX} {
		t.Run(format, func(t *testing.T) {
			b := newSuite(t)
			b.person("admin", "")
			b.work()
			client := english(t, b, "admin")
			to := wizard{b, client, ""}
			for _, base := range types {
				to.base = base
				files := []transfer.File{{Name: "x." + format, Body: from.file(base + "/export?format=" + format)}}
				if base == "/ltc/order" && format == transfer.CSV {
					files = append(files, transfer.File{Name: "lines.csv", Body: from.file(base + "/export?part=lines")})
				}
				to.bring(files...)
			}
			for _, path := range []string{"/crm/customer/export", "/ltc/order/export", "/ltc/order/export?part=lines"} {
				if out, in := from.file(path), to.file(path); !bytes.Equal(out, in) {
					t.Errorf("%s differs:\n%s\n%s", path, out, in)
				}
			}
			out, in := from.file("/ltc/order/export?format=xlsx"), to.file("/ltc/order/export?format=xlsx")
			for _, name := range []string{"order", "lines"} {
				if x, y := sheet(t, out, name), sheet(t, in, name); !slices.EqualFunc(x, y, slices.Equal) {
					t.Errorf("sheet %s differs:\n%v\n%v", name, x, y)
				}
			}
			if n := len(sheet(t, in, "lines")); n != 7 {
				t.Errorf("%d rows of lines, want a head and 6", n)
			}
			// Once more: every row is there already.
			run, cols := to.upload(transfer.File{Name: "again.xlsx", Body: out})
			if _, page := to.post(run+"/check", cols); !strings.Contains(page, "Every row is there already") {
				t.Errorf("importing again is not refused: %.3000s", mainOf(page))
			}
		})
	}
	text := string(from.file("/crm/customer/export"))
	for _, n := range []string{`"'=HYPERLINK(""x"")"`, "'+86 加号", "''=apostrophe", "'@at", "'-0"} {
		if !strings.Contains(text, n) {
			t.Errorf("the export holds no %s: %s", n, text)
		}
	}
	status, name, _ := from.fetch("/ltc/order/export?format=xlsx&stage=draft&sort=-total")
	if status != 200 || !strings.Contains(name, "ltc-order.xlsx") {
		t.Errorf("the workbook answers %d as %s", status, name)
	}
	for path, want := range map[string]int{"/ltc/order/export?format=pdf": 422, "/ltc/order/export?part=customer_id": 422, "/crm/customer/export?part=lines": 422, "/ltc/order/export?colour=red": 422} {
		if status, name, _ := from.fetch(path); status != want || name != "" {
			t.Errorf("%s answers %d (%s), want %d", path, status, name, want)
		}
	}
	// Lines that belong to nobody are not dropped in silence.
	to := wa("/ltc/order")
	run, cols := to.upload(transfer.File{Name: "o.csv", Body: []byte("no,customer\nSO-X," + names[1])}, transfer.File{Name: "l.csv", Body: []byte("no,product_id,qty\nSO-Y,1,1")})
	_, page := to.post(run+"/check", cols)
	has(t, "orphans", page, "These lines belong to no document of the file.", "SO-Y")
}

// TestExportRights: without the right 403; a masked field is no column, also in the
// lines; rows out of reach are left out; the trail says who took what.
func TestExportRights(t *testing.T) {
	s := newSuite(t)
	token := s.person("admin", "")
	s.person("ann", "ltc.rep")
	s.person("bob", "ltc.rep")
	rule := func(object, action, scope string) {
		t.Helper()
		if err := s.DB.Tx(s.admin(), func(ctx context.Context) error { return s.Authz.SetRule(ctx, "ltc.rep", object, action, scope) }); err != nil {
			t.Fatal(err)
		}
		if err := s.Authz.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	s.call(token, "POST", "/core/user", map[string]any{"username": "zoe", "name": "Zoe", "dept_id": 1, "phone": "555-secret"}, 201)
	s.call(token, "POST", "/crm/customer", map[string]any{"name": "Of the admin"}, 201)
	w := wizard{s, s.browserless("ann"), ""}
	for _, format := range []string{"csv", "xlsx"} {
		if status, _, body := w.fetch("/crm/customer/export?format=" + format); status != http.StatusForbidden || bytes.Contains(body, []byte("Of the admin")) {
			t.Errorf("%s without the right answers %d", format, status)
		}
	}
	rule("core.user", "read", "company")
	rule("core.user", "export", "company")
	rule("crm.customer", "read", "company")
	rule("crm.customer", "export", "own")
	body := w.file("/core/user/export")
	if bytes.Contains(body, []byte("555-secret")) || slices.Contains(heads(t, body), "phone") || !slices.Contains(heads(t, body), "username") {
		t.Errorf("the masked phone is a column: %s", body)
	}
	if rows := sheet(t, w.file("/core/user/export?format=xlsx"), "user"); slices.Contains(rows[0], "phone") {
		t.Errorf("the masked phone is a column of the workbook: %v", rows[0])
	}
	if body := w.file("/crm/customer/export"); bytes.Contains(body, []byte("Of the admin")) {
		t.Error("a row that may be read but not exported is exported")
	}
	var n int
	if _, err := s.DB.Row(t.Context(), `SELECT count(*) FROM core.audit_entry WHERE action = 'export'`, nil, &n); err != nil || n != 3 {
		t.Errorf("%d exports in the trail (%v), want 3", n, err)
	}
}

func heads(t *testing.T, body []byte) []string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(body, []byte("\ufeff")))).ReadAll()
	if err != nil || len(rows) == 0 {
		t.Fatal(err)
	}
	return rows[0]
}

// TestExportCommand runs the command on the server of DATABASE_URL.
func TestExportCommand(t *testing.T) {
	dsn := dbtest.DSN(t)
	s := openSuite(t, dsn)
	token := s.person("admin", "")
	for _, limit := range []string{"10", "30", "20"} {
		s.call(token, "POST", "/crm/customer", map[string]any{"name": "C" + limit, "credit_limit": limit, "tier": "key"}, 201)
	}
	s.call(token, "POST", "/crm/customer", map[string]any{"name": "Other", "tier": "standard"}, 201)
	s.stop()
	t.Setenv("DATABASE_URL", dsn)
	ctx := context.WithoutCancel(t.Context())
	dir := t.TempDir()
	file := filepath.Join(dir, "customers.csv")
	if err := run(ctx, []string{"export", "--as", "crm.customer", "--query", "tier=key&sort=-name", file}); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if i, j, k := bytes.Index(b, []byte("C30")), bytes.Index(b, []byte("C20")), bytes.Index(b, []byte("C10")); i < 0 || j < i || k < j || bytes.Contains(b, []byte("Other")) {
		t.Errorf("the file reads %s", b)
	}
	if err := run(ctx, []string{"export", "--as", "crm.customer", filepath.Join(dir, "all.xlsx")}); err != nil {
		t.Fatal(err)
	}
	if b, err = os.ReadFile(filepath.Join(dir, "all.xlsx")); err != nil || len(sheet(t, b, "customer")) != 5 {
		t.Errorf("the workbook is wrong (%v)", err)
	}
	for _, args := range [][]string{{"--as", "crm.customer"}, {file}, {"--as", "crm.customer", "x.pdf"}, {"--as", "no.such", file}, {"--as", "crm.customer", "--query", "colour=red", file}, {"--as", "crm.customer", "--user", "nobody", file}} {
		if err := run(ctx, append([]string{"export"}, args...)); err == nil {
			t.Errorf("export %v succeeds", args)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 2 {
		t.Errorf("%d files are left, want 2", len(left))
	}
}
