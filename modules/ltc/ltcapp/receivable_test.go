package ltcapp_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"meridian/platform/app/apptest"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/resource"
)

func (w *world) today() date.Date { return date.Of(w.Now().In(w.Location(w.Admin))) }

// due posts an invoice of 113 that fell due some days ago.
func (w *world) due(boss context.Context, customer resource.Row, ago int) resource.Row {
	w.T.Helper()
	_, v := w.invoiced(customer, "1", "100")
	w.updated(w.Admin, v, resource.Values{"invoice_date": w.today().AddDays(-ago - 30).String(), "due_date": w.today().AddDays(-ago).String()})
	return w.post(boss, v)
}

// Money is booked when it comes in, used by rows that are never changed, taken back by
// rows of the other sign; too much stays on account or is paid back by two people.
func TestLTC14PaymentsInTheJournal(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss := w.User("boss", "core.admin")
	customer := w.customer("Acme", "100000")
	_, a := w.invoiced(customer, "1", "100")
	a = w.post(boss, a)
	r := w.receipt("B1", "200")
	if got := w.postings(r); got != "1002 200.00, 2203 -200.00" {
		t.Errorf("a payment came in: %s", got)
	}
	if _, err := w.Must("ltc.receipt").CreateRow(w.Admin, resource.Values{"amount": "200", "bank_ref": "B1"}); !errs.Is(err, errs.Conflict) && !errs.Is(err, errs.Invalid) {
		t.Errorf("the same transfer was entered twice: %v", err)
	}
	r = w.Fire(w.Admin, r, "allocate_part", resource.Values{"invoice": apptest.ID(a)})
	if got := w.booked("on_account") + " " + w.booked("receivable"); got != "-87.00 0.00" {
		t.Errorf("on account, receivable: %s, want -87.00 0.00", got)
	}
	w.Refused(w.Admin, r, "undo", resource.Values{"invoice": "1234567"}, errs.Invalid, "an allocation that is not there was taken back")
	r = w.Fire(w.Admin, r, "undo", resource.Values{"invoice": apptest.ID(a)})
	if got := r.Text("rest") + " " + w.Reload(a).Text("open") + " " + w.Reload(a).Stage() + " " + w.booked("receivable"); got != "200.00 113.00 posted 113.00" {
		t.Errorf("taken back: %s", got)
	}
	r = w.Fire(w.Admin, r, "allocate_part", resource.Values{"invoice": apptest.ID(a)})
	clerk := w.User("clerk", "core.finance_clerk")
	chief := w.User("chief", "core.finance_manager")
	w.Fire(clerk, r, "refund", resource.Values{"amount": "80", "note": "paid twice"})
	if got := w.Reload(r).Text("rest"); got != "87.00" {
		t.Errorf("money was paid back before somebody agreed: %s left", got)
	}
	w.Approve(chief)
	if got := w.Reload(r).Text("rest") + " " + w.booked("on_account"); got != "7.00 -7.00" {
		t.Errorf("after the refund: %s", got)
	}
	if err := w.Must("ltc.receipt").DeleteRow(w.Admin, w.receipt("B3", "5").Base().ID, 1); !errs.Is(err, errs.Precondition) {
		t.Errorf("a payment in the journal was deleted: %v", err)
	}
	usd := w.Create(w.Admin, "ltc.receipt", resource.Values{"bank_ref": "B4", "currency": "USD", "foreign_amount": "10", "rate": "7.1234"})
	if got := usd.Text("amount"); got != "71.23" {
		t.Errorf("10 USD at 7.1234 are %s, want 71.23", got)
	}
	if _, err := w.Must("ltc.receipt").CreateRow(w.Admin, resource.Values{"bank_ref": "B5", "currency": "USD", "amount": "10"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("dollars without a rate: %v", err)
	}
	usd = w.updated(w.Admin, usd, resource.Values{"rate": "7.2"})
	if got := w.booked("on_account"); got != "-84.00" { // 7 + 5 + 72
		t.Errorf("after the rate was corrected: %s on account, want -84.00", got)
	}
	w.Fire(w.Admin, usd, "give_back", resource.Values{"reason": "wrong account"})
	w.Approve(chief)
	if got := w.Reload(usd).Stage(); got != "returned" {
		t.Errorf("returned payment is %s", got)
	}
	w.Healthy()
}

// What a customer does not pay and need not has a reason and an account; above a trifle
// somebody else agrees.
func TestLTC14Differences(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss := w.User("boss", "core.finance_manager")
	clerk, chief := w.User("clerk", "core.finance_clerk"), boss
	customer := w.customer("Acme", "100000")
	a := w.due(boss, customer, 10)
	w.Fire(w.Admin, w.receipt("B1", "105"), "allocate", resource.Values{"invoice": apptest.ID(a)})
	if _, err := w.Must("ltc.difference").CreateRow(clerk, resource.Values{"invoice_id": apptest.ID(a), "kind": "bank_fee", "amount": "8.01", "reason": "x"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("more than is open was written off: %v", err)
	}
	fee := w.Create(clerk, "ltc.difference", resource.Values{"invoice_id": apptest.ID(a), "kind": "bank_fee", "reason": "kept by the bank"})
	fee = w.Fire(clerk, fee, "book", nil) // 8.00: a trifle
	if got := fee.Stage() + " " + w.postings(fee) + " " + w.Reload(a).Stage(); got != "booked 6603 8.00, 1122 -8.00 paid" {
		t.Errorf("bank charge: %s", got)
	}
	b := w.due(boss, customer, 200)
	bad := w.Create(clerk, "ltc.difference", resource.Values{"invoice_id": apptest.ID(b), "kind": "bad_debt", "reason": "insolvent"})
	w.Fire(clerk, bad, "book", nil)
	if w.Reload(bad).Stage() != "proposed" || w.Reload(b).Stage() != "posted" {
		t.Error("a bad debt was booked by one person")
	}
	w.Approve(chief)
	if got := w.Reload(bad).Stage() + " " + w.postings(w.Reload(bad)); got != "booked 6701 113.00, 1122 -113.00" {
		t.Errorf("bad debt: %s", got)
	}
	rep := w.User("rep", "ltc.rep")
	if _, err := w.Must("ltc.difference").CreateRow(rep, resource.Values{"invoice_id": apptest.ID(b), "kind": "discount", "reason": "x"}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a sales representative wrote off money: %v", err)
	}
	w.Healthy()
}

// The match explains itself and allocates what is certain.
func TestLTC14Matching(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss := w.User("boss", "core.admin")
	clerk := w.User("clerk", "core.finance_clerk")
	customer := w.customer("华东精密", "100000")
	a, b := w.due(boss, customer, 5), w.due(boss, customer, 1)
	named := w.Create(clerk, "ltc.receipt", resource.Values{"amount": "113", "bank_ref": "B1", "payer": "HD", "reference": "pay " + b.Text("fiscal_no")})
	vague := w.Create(clerk, "ltc.receipt", resource.Values{"amount": "50", "bank_ref": "B2", "payer": "somebody"})
	rows := w.Table(clerk, "/ltc/matching", "payments")
	if len(rows) != 2 || fmt.Sprint(rows[0]["score"]) != "75" || !strings.Contains(fmt.Sprint(rows[0]["why"]), "names the invoice") {
		t.Fatalf("matches: %v", rows)
	}
	w.Call(clerk, "POST", "/ltc/matching/all", resource.Values{}, 200)
	if got := w.Reload(named).Stage() + " " + w.Reload(b).Stage() + " " + w.Reload(a).Stage() + " " + w.Reload(vague).Stage(); got != "matched paid posted unmatched" {
		t.Errorf("after matching what is certain: %s", got)
	}
	// the payer is known by name now
	alias := w.Create(clerk, "ltc.receipt", resource.Values{"amount": "113", "bank_ref": "B3", "payer": "HD"})
	w.Call(clerk, "POST", "/ltc/matching/match", map[string]any{"receipt": alias.Base().ID, "invoice": a.Base().ID}, 200)
	if w.Reload(a).Stage() != "paid" {
		t.Errorf("the invoice is %s", w.Reload(a).Stage())
	}
	rep := w.User("rep", "ltc.rep")
	w.Call(rep, "GET", "/ltc/matching", nil, 403)
	w.Healthy()
}

// A promise or a dispute is noted from the aging page; the promise is kept or broken by
// what was paid until its day.
func TestLTC14PromisesAndDisputes(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss := w.User("boss", "core.admin")
	clerk := w.User("clerk", "core.finance_clerk")
	customer := w.customer("Acme", "100000")
	a, b := w.due(boss, customer, 40), w.due(boss, customer, 20)
	w.Call(clerk, "POST", "/ltc/aging/promise", map[string]any{"invoice": a.Base().ID, "on": w.today().AddDays(3).String(), "by": "Ms Li"}, 200)
	w.Call(clerk, "POST", "/ltc/aging/promise", map[string]any{"invoice": a.Base().ID, "on": w.today().AddDays(-3).String()}, 422)
	w.Call(clerk, "POST", "/ltc/aging/dispute", map[string]any{"invoice": b.Base().ID, "kind": "quality", "note": "two are scratched"}, 200)
	if got := w.Reload(a).Lines("instalments")[0].Text("promised_on") + " " + w.Reload(b).Lines("instalments")[0].Text("disputed"); got != w.today().AddDays(3).String()+" true" {
		t.Errorf("promised, disputed: %s", got)
	}
	p, d := w.One("ltc.promise", "invoice_id", apptest.ID(a)), w.One("ltc.dispute", "invoice_id", apptest.ID(b))
	if kept, broken, err := w.ltc.ReviewPromises(w.Admin, w.today().AddDays(3)); kept+broken != 0 || err != nil {
		t.Errorf("a promise ended on its day: %d %d %v", kept, broken, err)
	}
	if _, broken, err := w.ltc.ReviewPromises(w.Admin, w.today().AddDays(4)); broken != 1 || err != nil || w.Reload(p).Stage() != "broken" {
		t.Errorf("a promise that was not kept is %s (%v)", w.Reload(p).Stage(), err)
	}
	w.Fire(w.Admin, d, "settle", resource.Values{"outcome": "credit"})
	if got := w.Reload(b).Lines("instalments")[0].Text("disputed"); got != "false" {
		t.Errorf("cleared, disputed is %s", got)
	}
	w.Create(clerk, "ltc.promise", resource.Values{"invoice_id": apptest.ID(b), "promised_on": w.today().AddDays(5).String()})
	w.Fire(w.Admin, w.receipt("B1", "113"), "allocate", resource.Values{"invoice": apptest.ID(b)})
	if kept, _, err := w.ltc.ReviewPromises(w.Admin, w.today()); kept != 1 || err != nil {
		t.Errorf("%d promises kept, want 1 (%v)", kept, err)
	}
	w.Healthy()
}

// The aging page, its figures and the measures; the allowance is booked from it.
func TestLTC14AgingPage(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss := w.User("boss", "core.finance_manager")
	clerk, chief := w.User("clerk", "core.finance_clerk"), boss
	customer := w.customer("Acme", "100000")
	w.due(boss, customer, 45)
	w.due(boss, customer, 0) // due today: not overdue
	w.receipt("B1", "20")
	rows := w.Table(clerk, "/ltc/aging", "customers")
	if len(rows) != 2 {
		t.Fatalf("aging: %v", rows)
	}
	got := ""
	for _, r := range rows {
		got += fmt.Sprint(r["not_due"], " ", r["days60"], " ", r["on_account"], " ", r["loss"], "; ")
	}
	if got != "0.00 0.00 -20.00 0.00; 113.00 113.00 0.00 6.22; " { // 0.5 % and 5 %
		t.Errorf("aging rows: %s", got)
	}
	if got := fmt.Sprint(w.Tile(clerk, "/ltc/aging", "open"), w.Tile(clerk, "/ltc/aging", "control"), w.Tile(clerk, "/ltc/aging", "overdue")); got != "226.00226.00113.00" {
		t.Errorf("open, control account, overdue: %s", got)
	}
	w.Call(clerk, "POST", "/ltc/aging/allow", map[string]any{"day": w.today().String()}, 403)
	w.Call(chief, "POST", "/ltc/aging/allow", map[string]any{"day": w.today().String()}, 200)
	w.Call(chief, "POST", "/ltc/aging/allow", map[string]any{"day": w.today().String()}, 422)
	if al := w.List("ltc.allowance", nil); len(al) != 1 || w.postings(al[0]) != "6701 6.22, 1231 -6.22" {
		t.Errorf("allowance: %d, %s", len(al), w.postings(al[0]))
	}
	if got := fmt.Sprint(w.Tile(clerk, "/ltc/dso", "standard"), " ", w.Tile(clerk, "/ltc/dso", "best")); !strings.Contains(got, " ") || strings.Contains(got, "nil") {
		t.Errorf("days outstanding: %s", got)
	}
	if got := w.Measure("ltc.overdue_share", kpiAll); got != "0.5" {
		t.Errorf("share overdue %s, want 0.5", got)
	}
	stranger := w.User("market", "mtl.marketer")
	w.Call(stranger, "GET", "/ltc/aging", nil, 403)
	w.Healthy()
}

// History that was imported is in the aging, comes into the journal by a command or when
// it is paid, and then agrees with the control account.
func TestLTC14HistoryIsTakenOver(t *testing.T) {
	t.Parallel()
	w := setup(t)
	customer := w.customer("Acme", "0")
	old := func(no, total string) resource.Row {
		r, err := w.Must("ltc.invoice").ImportRow(w.Admin, resource.Values{"customer_id": apptest.ID(customer), "fiscal_no": no, "invoice_date": "2025-01-01", "due_date": "2025-01-31",
			"lines": []resource.Values{{"product_id": "1", "qty": "1", "unit_price": total}}}, resource.History{Stage: "posted", At: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), Reason: "file.csv"})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	a, b := old("OLD-1", "60"), old("OLD-2", "40")
	if got := fmt.Sprint(w.Tile(w.Admin, "/ltc/aging", "open"), " ", w.Tile(w.Admin, "/ltc/aging", "difference")); got != "100.00 100.00" {
		t.Errorf("history: open and difference %s", got)
	}
	w.Fire(w.Admin, w.receipt("B1", "60"), "allocate", resource.Values{"invoice": apptest.ID(a)})
	if got := w.booked("receivable") + " " + w.Reload(a).Stage(); got != "0.00 paid" {
		t.Errorf("a paid invoice of history: %s", got)
	}
	w.Call(w.Admin, "POST", "/ltc/aging/take_over", map[string]any{}, 200)
	if got := w.booked("receivable") + " " + w.postings(b); got != "40.00 1122 40.00, 3001 -40.00" {
		t.Errorf("taken over: %s", got)
	}
	w.Healthy()
}

// Whatever happens in whatever order, from sixteen hands at once: the aged balance is the
// control account on every day.
func TestLTC14AgingEqualsControlAccount(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss := w.User("boss", "core.admin")
	customer := w.customer("Acme", "1000000")
	var invoices []resource.Row
	for i := range 6 {
		invoices = append(invoices, w.due(boss, customer, i*25))
	}
	ok, _ := apptest.Together(16, func(i int) error {
		r := rand.New(rand.NewPCG(7, uint64(i)))
		var mine []resource.Row
		for n := range 6 {
			v := invoices[r.IntN(len(invoices))]
			switch k := r.IntN(5); {
			case k < 2 || len(mine) == 0:
				x, err := w.Must("ltc.receipt").CreateRow(w.Admin, resource.Values{"amount": fmt.Sprint(5 + r.IntN(30)), "bank_ref": fmt.Sprint("B", i, "-", n), "received_on": w.today().AddDays(-r.IntN(60)).String()})
				if err != nil {
					return err
				}
				mine = append(mine, x)
			case k == 2:
				_, _, _ = w.Must("ltc.receipt").FireRow(w.Admin, mine[len(mine)-1].Base().ID, 0, "undo", resource.Values{"invoice": apptest.ID(v)})
			default:
				x := mine[r.IntN(len(mine))]
				if _, _, err := w.Must("ltc.receipt").FireRow(w.Admin, x.Base().ID, 0, "allocate", resource.Values{"invoice": apptest.ID(v)}); err != nil {
					_, _, _ = w.Must("ltc.receipt").FireRow(w.Admin, x.Base().ID, 0, "allocate_part", resource.Values{"invoice": apptest.ID(v)})
				}
			}
		}
		return nil
	})
	if ok != 16 {
		t.Fatalf("%d of 16 finished", ok)
	}
	for _, ago := range []int{-1, 0, 1, 20, 45, 70, 130, 170} {
		day := w.today().AddDays(-ago)
		rows, err := w.ltc.Aging(w.Admin, day)
		if err != nil {
			t.Fatal(err)
		}
		var owed, account money.Amount
		for i := range rows {
			owed, account = owed.Add(rows[i].Owed()), account.Add(rows[i].OnAccount)
		}
		book, err := w.Ledger.Balance(w.Admin, w.company(), "receivable", 0, day)
		if err != nil {
			t.Fatal(err)
		}
		cash, err := w.Ledger.Balance(w.Admin, w.company(), "on_account", 0, day)
		if err != nil {
			t.Fatal(err)
		}
		if !owed.Equal(book) || !account.Equal(cash) {
			t.Errorf("on %s: aging %s and %s, control accounts %s and %s", day, owed, account, book, cash)
		}
	}
	w.Healthy()
}
