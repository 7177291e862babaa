package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"meridian/platform/authz"
	"meridian/platform/transfer"
)

// wizard is a person in front of the import of one type.
type wizard struct {
	*suite
	c    *http.Client
	base string
}

// work has the queue do what was asked for.
func (s *suite) work() {
	s.t.Helper()
	stop, err := s.Queue.Start(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(stop)
}

var mapSelect = regexp.MustCompile(`(?s)<select[^>]*name="((?:col|line|date)\.\d+|encoding|tree)".*?</select>`)
var chosen = regexp.MustCompile(`<option value="([^"]*)" selected`)

// upload sends files and returns the address of the import and the guessed columns.
func (w wizard) upload(files ...transfer.File) (run string, columns url.Values) {
	w.t.Helper()
	sent := map[string]transfer.File{}
	for i, f := range files {
		sent[[]string{"file", "lines"}[i]] = f
	}
	res, page := w.suite.upload(w.c, w.base+"/import", sent)
	run = res.Header.Get("HX-Push-Url")
	if res.StatusCode != 200 || run == "" {
		w.t.Fatalf("the upload answers %d: %.2000s", res.StatusCode, page)
	}
	columns = url.Values{}
	for _, x := range mapSelect.FindAllStringSubmatch(page, -1) {
		if o := chosen.FindStringSubmatch(x[0]); o != nil {
			columns.Set(x[1], o[1])
		}
	}
	return run, columns
}

// post posts a step and follows to where the import stands.
func (w wizard) post(path string, form url.Values) (int, string) {
	w.t.Helper()
	res, err := w.c.PostForm(w.url+path, form)
	if err != nil {
		w.t.Fatal(err)
	}
	text := read(w.t, res)
	if res.StatusCode == http.StatusSeeOther {
		return w.page(w.c, res.Header.Get("Location"))
	}
	return res.StatusCode, text
}

// end waits until the work is done and returns the page.
func (w wizard) end(run string) string {
	w.t.Helper()
	for stop := time.Now().Add(time.Minute); time.Now().Before(stop); time.Sleep(50 * time.Millisecond) {
		status, page := w.page(w.c, run)
		if status != 200 {
			w.t.Fatalf("%s answers %d: %.2000s", run, status, page)
		}
		if !strings.Contains(page, "<progress") {
			return page
		}
	}
	w.t.Fatalf("%s does not end", run)
	return ""
}

func (w wizard) count() int {
	w.t.Helper()
	var n int
	if _, err := w.DB.Row(w.t.Context(), `SELECT count(*) FROM crm.customer`, nil, &n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// mainOf is a page without its menu.
func mainOf(page string) string {
	_, m, _ := strings.Cut(page, "<main")
	return m
}

func has(t *testing.T, what, page string, texts ...string) {
	t.Helper()
	for _, x := range texts {
		if !strings.Contains(page, x) {
			t.Errorf("%s: %q is missing: %.4000s", what, x, mainOf(page))
		}
	}
}

func english(t *testing.T, s *suite, user string) *http.Client {
	t.Helper()
	c := s.browserless(user)
	u, _ := url.Parse(s.url)
	c.Jar.SetCookies(u, []*http.Cookie{{Name: "lang", Value: "en"}})
	return c
}

func csvFile(lines ...string) transfer.File {
	return transfer.File{Name: "customers.csv", Body: []byte(strings.Join(lines, "\n"))}
}

// TestImportWizard: the check writes nothing; two clicks start the run once; its page
// shows how far it is and then the outcome, to who started it alone; a notice tells
// the end when it took long; undo takes the records back.
func TestImportWizard(t *testing.T) {
	s := newSuite(t)
	s.person("admin", "")
	s.person("ann", "ltc.rep")
	w := wizard{s, english(t, s, "admin"), "/crm/customer"}
	other := english(t, s, "ann")

	run, cols := w.upload(csvFile("no,name,phone,surprise", "C-901,Acme,'+86 21 555,x", "C-902,Beta,,y"))
	if cols.Get("col.0") != "no" || cols.Get("col.1") != "name" || cols.Get("col.3") != "" {
		t.Fatalf("the guessed columns are %v", cols)
	}
	if status, page := w.page(w.c, run); status != 200 || !strings.Contains(page, "surprise") {
		t.Errorf("the columns cannot be looked at again: %d", status)
	}
	status, page := w.post(run+"/check", cols)
	if status != 200 || w.count() != 0 {
		t.Fatalf("the check answers %d and leaves %d customers", status, w.count())
	}
	has(t, "check", page, "Nothing has been written yet.", `name="col.1" value="name"`)
	for range 2 { // a double click
		_, page = w.post(run+"/run", cols)
		has(t, "progress", page, "<progress", "0 of 2 rows", `hx-trigger="every 1s"`, `href="`+run+`"`)
	}
	var waiting int
	if _, err := s.DB.Row(t.Context(), `SELECT count(*) FROM river.river_job WHERE kind = 'core.import'`, nil, &waiting); err != nil || waiting != 1 {
		t.Errorf("two clicks started %d runs (%v)", waiting, err)
	}
	for _, c := range []*http.Client{other, english(t, s, "admin")} {
		want := 200
		if c == other {
			want = 404
		}
		if status, _ := w.page(c, run); status != want {
			t.Errorf("the run answers %d, want %d", status, want)
		}
	}
	if status, _ := w.page(other, "/core/import/"+run[strings.LastIndex(run, "/")+1:]); status != 404 {
		t.Errorf("the run by its number answers somebody else %d, want 404", status)
	}
	// It took long: the person has asked half a minute ago.
	if err := s.DB.Tx(t.Context(), func(ctx context.Context) error {
		return s.DB.Exec(ctx, `UPDATE core.import_run SET started_at = started_at - interval '30 seconds'`)
	}); err != nil {
		t.Fatal(err)
	}
	s.work()
	has(t, "result", w.end(run), "2 records were created, 0 changed.", run+"/undo")
	if n := w.count(); n != 2 {
		t.Fatalf("%d customers after the import, want 2", n)
	}
	var by int64
	var phone string
	if _, err := s.DB.Row(t.Context(), `SELECT created_by, phone FROM crm.customer WHERE no = 'C-901'`, nil, &by, &phone); err != nil || phone != "+86 21 555" {
		t.Errorf("the phone reads %q (%v)", phone, err)
	}
	admin, _ := s.Authz.Directory().ByUsername("admin")
	if by != admin.ID {
		t.Errorf("the records are made by %d, not by who asked", by)
	}
	_, page = w.page(w.c, "/notices")
	has(t, "notices", page, "The import of customers.csv is done: 2 new, 0 changed.", "/core/import/")
	if status, page := w.post(run+"/run", cols); status != 200 || w.count() != 2 {
		t.Errorf("a third click answers %d and leaves %d customers: %.300s", status, w.count(), page)
	}
	w.post(run+"/undo", nil)
	has(t, "undone", w.end(run), "This import was taken back.")

	// A wrong row: nothing is written, whether the check was heeded or not.
	before := w.count()
	run, cols = w.upload(csvFile("no,name,tier", "C-911,Gamma,key", "C-912,,gold"))
	_, page = w.post(run+"/check", cols)
	has(t, "check of a wrong row", page, "Correct the file and start again", "gold is not one of", "disabled")
	w.post(run+"/run", cols)
	has(t, "wrong row", w.end(run), "1 rows are wrong; nothing was written.", "gold is not one of")
	if w.count() != before {
		t.Error("a file with a wrong row was written in part")
	}
}

// TestLargeImport: above 2,000 rows the check too is done in the background.
func TestLargeImport(t *testing.T) {
	s := newSuite(t)
	s.person("admin", "")
	w := wizard{s, english(t, s, "admin"), "/crm/customer"}
	lines := []string{"no,name"}
	for i := range transfer.Small + 1 {
		lines = append(lines, fmt.Sprintf("L-%d,Customer %d", i, i))
	}
	run, cols := w.upload(csvFile(lines...))
	_, page := w.post(run+"/check", cols)
	has(t, "check", page, "The check is running", "<progress")
	s.work()
	has(t, "checked", w.end(run), "Nothing has been written yet.", "2,001")
	if n := w.count(); n != 0 {
		t.Fatalf("the check left %d customers", n)
	}
	w.post(run+"/run", cols)
	has(t, "done", w.end(run), "2001 records were created, 0 changed.")
	if n := w.count(); n != len(lines)-1 {
		t.Errorf("%d customers, want %d", n, len(lines)-1)
	}
}

// TestImportIsTakenUp: a run whose worker was killed is done again, once; the rights
// are those of the person when it runs.
func TestImportIsTakenUp(t *testing.T) {
	s := newSuite(t)
	admin := s.admin()
	ctx := t.Context()
	start := func(name string) int64 {
		t.Helper()
		u, err := s.Imports.Upload(admin, "crm.customer", transfer.File{Name: "x.csv", Body: []byte("no,name\n" + name + "," + name)}, transfer.File{})
		if err != nil {
			t.Fatal(err)
		}
		m := transfer.Map{Type: "crm.customer", Number: &transfer.Column{From: "no"}, Fields: map[string]transfer.Column{"name": {From: "name"}}}
		if err := s.Imports.Start(admin, u.ID, m, false); err != nil {
			t.Fatal(err)
		}
		return u.ID
	}
	state := func(id int64) string {
		t.Helper()
		k, err := s.Imports.Kept(admin, id, "crm.customer")
		if err != nil {
			t.Fatal(err)
		}
		return k.State
	}
	exec := func(q string) {
		t.Helper()
		if err := s.DB.Tx(ctx, func(ctx context.Context) error { return s.DB.Exec(ctx, q) }); err != nil {
			t.Fatal(err)
		}
	}
	waiting := func() (n int) {
		t.Helper()
		if _, err := s.DB.Row(ctx, `SELECT count(*) FROM river.river_job WHERE kind = 'core.import'`, nil, &n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	id := start("A")
	exec(`DELETE FROM river.river_job`) // the worker is gone for good
	if err := s.Imports.Revive(ctx); err != nil || waiting() != 0 {
		t.Fatalf("a run that lives was taken up (%v)", err)
	}
	exec(`UPDATE core.import_run SET seen_at = seen_at - interval '5 minutes', attempts = 1`)
	for range 2 {
		if err := s.Imports.Revive(ctx); err != nil || waiting() != 1 {
			t.Fatalf("%d times taken up (%v), want once", waiting(), err)
		}
	}
	for range 2 { // the killed worker may come back
		if err := s.Imports.Work(ctx, id); err != nil || state(id) != transfer.StateDone {
			t.Fatalf("the run is %s (%v)", state(id), err)
		}
	}
	var n int
	if _, err := s.DB.Row(ctx, `SELECT count(*) FROM crm.customer`, nil, &n); err != nil || n != 1 {
		t.Errorf("%d customers (%v), want 1", n, err)
	}

	// Cut off in the middle: nothing is written, then everything once, by one of two.
	lines := "no,name"
	for i := range 1000 {
		lines += fmt.Sprintf("\nK-%d,Customer %d", i, i)
	}
	u, err := s.Imports.Upload(admin, "crm.customer", transfer.File{Name: "k.csv", Body: []byte(lines)}, transfer.File{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Imports.Start(admin, u.ID, transfer.Map{Type: "crm.customer", Fields: map[string]transfer.Column{"name": {From: "name"}}}, false); err != nil {
		t.Fatal(err)
	}
	killed, kill := context.WithCancel(ctx)
	go func() {
		for writes := 0; writes == 0 && ctx.Err() == nil; { // until the worker has begun to write customers
			_, _ = s.DB.Row(ctx, `SELECT count(*) FROM pg_locks WHERE relation = 'crm.customer'::regclass AND mode = 'RowExclusiveLock' AND granted`, nil, &writes)
		}
		kill()
	}()
	if err := s.Imports.Work(killed, u.ID); err == nil || state(u.ID) != transfer.StateRunning {
		t.Fatalf("the run that was cut off is %s (%v)", state(u.ID), err)
	}
	if _, err := s.DB.Row(ctx, `SELECT count(*) FROM crm.customer`, nil, &n); err != nil || n != 1 {
		t.Errorf("%d customers after a run that was cut off (%v), want 1", n, err)
	}
	both := make(chan error)
	for range 2 {
		go func() { both <- s.Imports.Work(ctx, u.ID) }()
	}
	if err := errors.Join(<-both, <-both); err != nil || state(u.ID) != transfer.StateDone {
		t.Fatalf("the run is %s (%v)", state(u.ID), err)
	}
	if _, err := s.DB.Row(ctx, `SELECT count(*) FROM crm.customer`, nil, &n); err != nil || n != 1001 {
		t.Errorf("%d customers (%v), want 1001", n, err)
	}

	id = start("B")
	exec(`UPDATE core.import_run SET attempts = 9 WHERE state = 'running'`)
	if err := s.Imports.Work(ctx, id); err != nil || state(id) != transfer.StateFailed {
		t.Errorf("a run that kills its server is %s (%v), want failed", state(id), err)
	}

	s.person("ann", "core.admin")
	p, _ := s.Authz.Directory().ByUsername("ann")
	boss := admin
	admin = authz.With(ctx, s.Authn.Subject(p.ID))
	id = start("C")
	if err := s.Authz.SetRoles(boss, p.ID, []string{"ltc.rep"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Imports.Work(ctx, id); err != nil || state(id) != transfer.StateFailed {
		t.Errorf("a run without the right is %s (%v), want failed", state(id), err)
	}
	if k, _ := s.Imports.Kept(admin, id, ""); !strings.Contains(k.Report.Failure, "You lack the permission") {
		t.Errorf("the failure reads %q", k.Report.Failure)
	}
}

// TestImportAsksHowAFileIsRead: encoding and dates are proposals a person confirms, and a
// question where the file leaves it open; a broken file names its line.
func TestImportAsksHowAFileIsRead(t *testing.T) {
	s := newSuite(t)
	s.person("admin", "")
	w := wizard{s, english(t, s, "admin"), "/crm/customer"}
	run, cols := w.upload(transfer.File{Name: "kunden.csv", Body: []byte("no,name,region\nW-1,M\xfcller & S\xf6hne,K\xf6ln\n")})
	if got := cols.Get("encoding"); got != transfer.Windows1252 {
		t.Fatalf("the encoding proposed is %q", got)
	}
	_, page := w.page(w.c, run)
	has(t, "columns", page, "Guessed from the file", "Müller &amp; Söhne")
	_, page = w.page(w.c, run+"?encoding=utf-16le")
	if strings.Contains(page, "Müller") {
		t.Error("another encoding shows the same letters")
	}
	_, page = w.post(run+"/check", cols)
	has(t, "check", page, "The text is read as WINDOWS-1252.", `name="encoding" value="windows-1252"`)
	s.work()
	w.post(run+"/run", cols)
	has(t, "done", w.end(run), "1 records were created")
	var name string
	if _, err := s.DB.Row(t.Context(), `SELECT name FROM crm.customer WHERE no = 'W-1'`, nil, &name); err != nil || name != "Müller & Söhne" {
		t.Errorf("the name reads %q (%v)", name, err)
	}

	w.base = "/crm/contact"
	run, cols = w.upload(csvFile("no,customer,name,verified_on", "P-1,W-1,Ann,1/2/2024", "P-2,W-1,Bob,3/4/2024"))
	if _, chosen := cols["date.3"]; chosen {
		t.Fatal("one of two readings of the dates was chosen silently")
	}
	status, page := w.post(run+"/check", cols)
	if status != 422 {
		t.Errorf("dates left open answer %d, want 422", status)
	}
	has(t, "open dates", page, "The dates can be read in several ways; say which.", "m/d/yyyy", "d/m/yyyy")
	cols.Set("date.3", "1/2/2006")
	_, page = w.post(run+"/check", cols)
	has(t, "check of dates", page, "Nothing has been written yet.", `name="date.3" value="1/2/2006"`)
	w.post(run+"/run", cols)
	has(t, "done", w.end(run), "2 records were created")
	if n := s.number(`SELECT count(*) FROM crm.contact WHERE verified_on IN ('2024-01-02', '2024-03-04')`); n != 2 {
		t.Errorf("%d dates are right, want 2", n)
	}
	run, cols = w.upload(csvFile("no,customer,name,verified_on", "P-3,W-1,Cai,31-12-2024", "P-4,W-1,Dan,01-02-2024"))
	if got := cols.Get("date.3"); got != "2-1-2006" {
		t.Errorf("the dates are proposed as %q, want the only way to read all of them", got)
	}
	w.post(run+"/run", cols)
	has(t, "done", w.end(run), "2 records were created")

	_, cols = w.upload(transfer.File{Name: "x.vcf", Body: []byte("BEGIN:VCARD\nVERSION:3.0\nFN:Eve\nTITLE:CEO\nTEL:5551234\nEND:VCARD\n")})
	fields := map[string]bool{}
	for _, v := range cols {
		fields[v[0]] = true
	}
	for _, f := range []string{"name", "customer_id", "title", "phone", "email", "note", "birthday"} {
		if !fields[f] {
			t.Errorf("no column of a card is taken for %s: %v", f, cols)
		}
	}
	status, page = w.refuse(transfer.File{Name: "x.vcf", Body: []byte("BEGIN:VCARD\nFN:Eve\nTITLE\nEND:VCARD\n")})
	if status != 422 || !strings.Contains(page, "Line 3 of the file is no line of a card") {
		t.Errorf("a broken card answers %d: %.600s", status, mainOf(page))
	}
}

// refuse sends a file and returns the answer, whatever it is.
func (w wizard) refuse(f transfer.File) (int, string) {
	w.t.Helper()
	res, page := w.suite.upload(w.c, w.base+"/import", map[string]transfer.File{"file": f})
	return res.StatusCode, page
}
