package ltcapp_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"meridian/modules/ltc"
	"meridian/platform/app/apptest"
	"meridian/platform/errs"
	"meridian/platform/event"
	"meridian/platform/resource"
)

// A run proposes, people look through, letters go out; disputes and promises stop them,
// interest outlives the principal, payment ends them.
func TestLTC14Dunning(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss := w.User("boss", "core.finance_manager")
	clerk := w.User("clerk", "core.finance_clerk")
	late := []ltc.InstalmentOverdue{}
	event.Subscribe(w.Bus, "test", func(_ context.Context, e ltc.InstalmentOverdue) error { late = append(late, e); return nil })
	acme, quiet := w.customer("Acme", "100000"), w.customer("Quiet", "100000")
	a, b := w.due(boss, acme, 40), w.due(boss, acme, 12)
	c := w.due(boss, quiet, 0) // due today
	if rows := w.Table(clerk, "/ltc/dunning_run", "letters"); len(rows) != 0 {
		t.Errorf("letters without a policy: %v", rows)
	}
	policy := resource.Values{"title": "Standard", "min_amount": "20", "carry": "true", "levels": []resource.Values{
		{"delay_days": "5", "mode": "net", "subject": "Friendly reminder", "body": "Please check."}, {"delay_days": "10", "mode": "previous", "subject": "Second reminder", "fee": "5", "rate": "0.073"}}}
	if _, err := w.Must("ltc.dunning_policy").CreateRow(clerk, policy); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a clerk wrote the policy: %v", err)
	}
	w.Create(boss, "ltc.dunning_policy", policy)
	rows := w.Table(clerk, "/ltc/dunning_run", "letters")
	if len(rows) != 1 || fmt.Sprint(rows[0]["open"], rows[0]["items"]) != "226.002" {
		t.Fatalf("proposals: %v", rows)
	}
	ok, _ := apptest.Together(4, func(int) error { // pressed four times at once
		status, _, text := w.Try(clerk, "POST", "/ltc/dunning_run/run", map[string]any{})
		if status != 200 {
			return fmt.Errorf("%d %s", status, text)
		}
		return nil
	})
	letters := w.List("ltc.dunning", nil)
	if ok != 4 || len(letters) != 1 {
		t.Fatalf("%d runs wrote %d letters, want one", ok, len(letters))
	}
	letter := w.Reload(letters[0])
	if got := letter.Text("subject") + " " + letter.Text("open") + " " + letter.Text("channel") + " " + letter.Text("fee"); got != "Friendly reminder 226.00 letter 0.00" {
		t.Errorf("letter: %s", got)
	}
	w.Refused(clerk, letter, "send", nil, errs.Precondition, "a letter went out that nobody had looked through")
	w.Fire(clerk, letter, "approve", nil)
	w.Create(clerk, "ltc.dispute", resource.Values{"invoice_id": apptest.ID(b), "kind": "price", "note": "too dear"}) // meanwhile
	w.Call(clerk, "POST", "/ltc/dunning_run/send", map[string]any{}, 200)
	letter = w.Reload(letter)
	if got := letter.Stage() + " " + letter.Text("open") + " " + fmt.Sprint(len(letter.Lines("items"))); got != "sent 113.00 1" {
		t.Errorf("after sending: %s, want the disputed invoice left out", got)
	}
	if got := w.Reload(a).Lines("instalments")[0].Text("level") + w.Reload(b).Lines("instalments")[0].Text("level") + w.Reload(c).Lines("instalments")[0].Text("level"); got != "100" {
		t.Errorf("levels %s, want 1 0 0", got)
	}
	var pdf bytes.Buffer
	if err := w.Must("ltc.dunning").DownloadRow(w.Admin, letter.Base().ID, resource.PDF.Name, &pdf); err != nil || !bytes.HasPrefix(pdf.Bytes(), []byte("%PDF")) {
		t.Errorf("letter as PDF: %v", err)
	}
	// the second level ten days later, with fee and interest charged once
	if err := w.DB.Tx(w.Admin, func(ctx context.Context) error {
		return w.DB.Exec(ctx, `UPDATE ltc.instalment SET reminded_on = $1 WHERE level = 1`, w.today().AddDays(-10))
	}); err != nil {
		t.Fatal(err)
	}
	w.Call(clerk, "POST", "/ltc/dunning_run/run", map[string]any{}, 200)
	second := w.One("ltc.dunning", "level", "2")
	if got := second.Text("fee") + " " + second.Text("interest"); got != "5.00 0.90" { // 113 x 7.3 % / 365 x 40
		t.Errorf("second letter: fee and interest %s, want 5.00 0.90", got)
	}
	w.Fire(clerk, second, "approve", nil)
	second = w.Fire(clerk, second, "send", nil)
	charge := w.One("ltc.invoice", "kind", "charge")
	if got := charge.Text("total") + " " + second.Text("charge_id"); got != "5.90 "+apptest.ID(charge) {
		t.Errorf("charge: %s", got)
	}
	w.Fire(clerk, charge, "approve", nil)
	w.Approve(boss)
	charge = w.Fire(clerk, charge, "post", nil)
	if got := w.postings(charge); got != "1122 5.90, 6051 -5.90" {
		t.Errorf("charge posted %s", got)
	}
	// paid: the first letter is done, the second waits for fee and interest
	w.Fire(clerk, w.receipt("B1", "113"), "allocate", resource.Values{"invoice": apptest.ID(a)})
	for range 2 {
		if err := w.ltc.ReviewReceivables(w.Admin, w.today()); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.Reload(letter).Stage() + " " + w.Reload(second).Stage(); got != "resolved sent" {
		t.Errorf("after the principal was paid the letters are %s, want resolved sent", got)
	}
	if len(late) != 1 || late[0].Days != 12 { // b; once, and not the one that was paid or is due today
		t.Errorf("told of overdue instalments: %+v", late)
	}
	w.Fire(clerk, w.receipt("B2", "5.90"), "allocate", resource.Values{"invoice": apptest.ID(charge)})
	if err := w.ltc.ReviewReceivables(w.Admin, w.today()); err != nil || w.Reload(second).Stage() != "resolved" {
		t.Errorf("the second letter is %s (%v)", w.Reload(second).Stage(), err)
	}
	// the statement of account
	st := w.Create(clerk, "ltc.statement", resource.Values{"customer_id": apptest.ID(acme)})
	if got := st.Text("open"); got != "113.00" {
		t.Errorf("statement: %s open, want 113.00", got)
	}
	if err := w.Must("ltc.statement").DownloadRow(w.Admin, st.Base().ID, resource.PDF.Name, &pdf); err != nil {
		t.Errorf("statement as PDF: %v", err)
	}
	w.Call(w.User("rep", "ltc.rep"), "POST", "/ltc/dunning_run/run", map[string]any{}, 403)
	w.Healthy()
}
