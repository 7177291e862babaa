package ledger_test

import (
	"context"
	"testing"

	"meridian/platform/app"
	"meridian/platform/app/apptest"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/db/dbtest"
	"meridian/platform/errs"
	"meridian/platform/ledger"
	"meridian/platform/money"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var doc = trace.Ref{Type: "ltc.invoice", ID: 7}

// entry is an invoice of 113 with 13 tax.
func entry(s *apptest.Suite, key string, day date.Date) ledger.Entry {
	who, _ := authz.Of(s.Admin)
	a := money.MustAmount
	return ledger.Entry{Company: who.Company, Day: day, Area: ledger.AreaReceivable, Event: "ltc.invoice.posted", Doc: doc, Key: key, Lines: []ledger.Line{
		ledger.Dr(ledger.Receivable, a("113")).Of(5), ledger.Cr(ledger.Revenue, a("100")), ledger.Cr(ledger.TaxOut, a("13")), ledger.Dr(ledger.FX, a("0"))}}
}

func post(s *apptest.Suite, e ledger.Entry) error {
	return s.DB.Tx(s.Admin, func(ctx context.Context) error { return s.Ledger.Post(ctx, e) })
}

func TestPost(t *testing.T) {
	t.Parallel()
	s := apptest.New(t, func(*app.Platform) {})
	day := date.MustParse("2026-11-20")
	for range 2 { // the second repeats the key and posts nothing
		if err := post(s, entry(s, "a", day)); err != nil {
			t.Fatal(err)
		}
	}
	if err := post(s, entry(s, "b", day.AddDays(1))); err != nil {
		t.Fatal(err)
	}
	e := entry(s, "c", day)
	e.Lines[1].Credit = money.MustAmount("99.99")
	if err := post(s, e); err == nil {
		t.Error("an entry out of balance was posted")
	}
	for at, want := range map[date.Date]string{day.AddDays(-1): "0.00", day: "113.00", day.AddDays(1): "226.00"} {
		got, err := s.Ledger.Balance(s.Admin, e.Company, "receivable", 5, at)
		if err != nil || got.String() != want {
			t.Errorf("receivable on %s is %s, want %s (%v)", at, got, want, err)
		}
	}
	lines, err := s.Ledger.Of(s.Admin, doc)
	if err != nil || len(lines) != 6 || lines[0].Code != "1122" || lines[0].Amount.String() != "113.00" || lines[1].Amount.String() != "-100.00" {
		t.Errorf("journal of the document: %+v %v", lines, err)
	}
	if err := s.DB.Tx(s.Admin, func(ctx context.Context) error { return s.DB.Exec(ctx, `UPDATE core.journal_line SET amount = 1`) }); err == nil {
		t.Error("a journal line was changed")
	}
	s.Healthy()
}

// TestRuleOfAClass: a product class with a rule of its own posts there, the others to
// the general account, and a key nobody has a rule for is named.
func TestRuleOfAClass(t *testing.T) {
	t.Parallel()
	s := apptest.New(t, func(*app.Platform) {})
	if err := post(s, entry(s, "a", date.MustParse("2026-11-20"))); err != nil {
		t.Fatal(err)
	}
	service := s.Create(s.Admin, "core.account", resource.Values{"code": "6002", "name": "Service revenue", "kind": "revenue"})
	s.Create(s.Admin, "core.posting_rule", resource.Values{"key": "revenue", "class": "service", "account_id": apptest.ID(service)})
	e := entry(s, "b", date.MustParse("2026-11-20"))
	e.Doc.ID = 8
	e.Lines = append(e.Lines, ledger.Dr(ledger.Receivable, money.MustAmount("7")).Of(5), ledger.Line{Account: ledger.Revenue, Class: "service", Credit: money.MustAmount("7")})
	if err := post(s, e); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	lines, err := s.Ledger.Of(s.Admin, e.Doc)
	for _, l := range lines {
		got[l.Code] += l.Amount.String() + " "
	}
	if err != nil || got["6002"] != "-7.00 " || got["6001"] != "-100.00 " {
		t.Errorf("revenue by account: %v %v", got, err)
	}
	e = entry(s, "c", date.MustParse("2026-11-20"))
	e.Lines[1].Account = "no such key"
	if err := post(s, e); !errs.Is(err, errs.Precondition) {
		t.Errorf("posted without a rule: %v", err)
	}
}

// TestClosedPeriod: nothing is posted into a closed month, what comes late goes to the
// next open one, and another person opens it again.
func TestClosedPeriod(t *testing.T) {
	t.Parallel()
	s := apptest.New(t, func(*app.Platform) {})
	day := date.MustParse("2026-10-31")
	p := s.Create(s.Admin, "core.period", resource.Values{"area": "receivable", "month": "2026-10-31"})
	s.Fire(s.Admin, p, "close", nil)
	if err := post(s, entry(s, "a", day)); !errs.Is(err, errs.Precondition) {
		t.Errorf("posted into a closed month: %v", err)
	}
	who, _ := authz.Of(s.Admin)
	late, err := s.Ledger.OpenDay(s.Admin, who.Company, ledger.AreaReceivable, day)
	if err != nil || late.String() != "2026-11-01" {
		t.Errorf("late postings go to %s, want 2026-11-01 (%v)", late, err)
	}
	if open, err := s.Ledger.Open(s.Admin, who.Company, ledger.AreaRevenue, day); err != nil || !open {
		t.Errorf("another area is closed too: %v", err)
	}
	manager := s.User("fin", "core.finance_manager")
	s.Fire(s.Admin, p, "reopen", resource.Values{"reason": "An invoice was missing."})
	if got := s.Reload(p).Stage(); got != "closed" {
		t.Errorf("reopened without a second person: %s", got)
	}
	if s.Approve(manager) != 1 {
		t.Error("the finance manager was not asked")
	}
	if err := post(s, entry(s, "a", day)); err != nil {
		t.Errorf("after the reopening: %v", err)
	}
}

// TestTrialBalance reads the journal back through the interface: balances of a period,
// the lines behind an account, and nothing for who may not read accounts.
func TestTrialBalance(t *testing.T) {
	t.Parallel()
	s := apptest.New(t, func(*app.Platform) {})
	for key, day := range map[string]string{"a": "2026-10-31", "b": "2026-11-20"} {
		if err := post(s, entry(s, key, date.MustParse(day))); err != nil {
			t.Fatal(err)
		}
	}
	fin, rep := s.User("fin", "core.finance_clerk"), s.User("rep", "ltc.rep")
	var row map[string]any
	for _, r := range s.Table(fin, "/core/trial_balance?from=2026-11-01&to=2026-11-30", "accounts") {
		if doc, _ := r["account"].(map[string]any); doc["text"] == "1122 Accounts receivable" {
			row = r
		}
	}
	if row["opening"] != "113.00" || row["debit"] != "113.00" || row["credit"] != "0.00" || row["closing"] != "226.00" {
		t.Errorf("receivables in November: %v", row)
	}
	if lines := s.Table(fin, "/core/journal?from=2026-11-01&to=2026-11-30", "lines"); len(lines) != 3 || lines[2]["debit"] != "113.00" {
		t.Errorf("journal of November: %v", lines)
	}
	s.Call(rep, "GET", "/core/trial_balance", nil, 403)
	s.Call(fin, "GET", "/core/trial_balance?from=yesterday", nil, 422)
	s.Call(fin, "GET", "/core/trial_balance?nosuch=1", nil, 422)
}
