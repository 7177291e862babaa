package ltcapp_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/jobs"
	"meridian/platform/notify"
	"meridian/platform/resource"
)

// TestLTC14LettersAreMailed: a letter by e-mail goes out with its PDF after the move is
// committed; a mail that fails is seen on the letter and told, and is tried again.
func TestLTC14LettersAreMailed(t *testing.T) {
	t.Parallel()
	mails := make(chan notify.Mail, 4)
	refuse := errors.New("550 no such mailbox")
	w := setupMail(t, func(_ context.Context, m notify.Mail) error {
		if strings.HasPrefix(m.To, "wrong") {
			return refuse
		}
		mails <- m
		return nil
	})
	w.letterhead()
	boss := w.User("boss", "core.admin")
	acme := w.Create(w.Admin, "crm.customer", resource.Values{"name": "Acme", "credit_limit": "100000", "payment_days": "30", "email": "wrong@acme.example"})
	w.due(boss, acme, 20)
	letter := w.letter(boss)
	w.Refused(w.Admin, letter, "mail", nil, errs.Precondition, "a letter was mailed that was not sent yet")
	w.Fire(w.Admin, letter, "approve", nil)
	letter = w.Fire(w.Admin, letter, "send", nil)
	if got := letter.Stage() + " " + letter.Text("delivery") + " " + letter.Text("mailed_to"); got != "sent waiting wrong@acme.example" {
		t.Fatalf("after sending: %s", got)
	}
	work, err := w.Queue.Work(w.Admin)
	if err != nil || !waits(work, "ltc.letter") {
		t.Fatalf("no mail waits: %v %v", work, err)
	}
	if err := w.ltc.MailLetter(w.T.Context(), letter.Base().ID); !errors.Is(err, refuse) {
		t.Errorf("the refusal of the server is lost: %v", err)
	}
	letter = w.Reload(letter)
	if got := letter.Text("delivery") + " " + letter.Text("mail_error"); got != "failed 550 no such mailbox" {
		t.Errorf("the letter says %s", got)
	}
	notices, err := w.Notices.List(w.Admin, authz.Actor(w.Admin), 20)
	if err != nil || !strings.Contains(notices[0].Message, "could not be mailed") {
		t.Errorf("nobody was told: %v %v", notices, err)
	}
	w.updated(w.Admin, acme, resource.Values{"email": "buch@acme.example"})
	letter = w.Fire(w.Admin, letter, "mail", nil)
	if err := w.ltc.MailLetter(w.T.Context(), letter.Base().ID); err != nil {
		t.Fatal(err)
	}
	m := <-mails
	if m.To != "buch@acme.example" || !strings.Contains(m.Subject, letter.Base().No) || len(m.Files) != 1 || !bytes.HasPrefix(m.Files[0].Body, []byte("%PDF")) || !strings.Contains(m.Body, "Please check.") {
		t.Errorf("mailed to %s: %s, %d files", m.To, m.Subject, len(m.Files))
	}
	if letter = w.Reload(letter); letter.Text("delivery") != "mailed" {
		t.Errorf("the letter says %s", letter.Text("delivery"))
	}
	if err := w.ltc.MailLetter(w.T.Context(), letter.Base().ID); err != nil || len(mails) != 0 {
		t.Errorf("the same letter was mailed twice: %v", err)
	}
	w.Refused(w.Admin, letter, "mail", nil, errs.Precondition, "a letter was mailed twice")
}

func waits(work []jobs.WorkState, kind string) bool {
	for _, x := range work {
		if x.Kind == kind && x.Waiting > 0 {
			return true
		}
	}
	return false
}

// TestLTC14WithoutAServer: a letter that cannot be mailed says so.
func TestLTC14WithoutAServer(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss := w.User("boss", "core.admin")
	acme := w.Create(w.Admin, "crm.customer", resource.Values{"name": "Acme", "credit_limit": "100000", "payment_days": "30", "email": "a@acme.example"})
	w.due(boss, acme, 20)
	letter := w.letter(boss)
	w.Fire(w.Admin, letter, "approve", nil)
	if letter = w.Fire(w.Admin, letter, "send", nil); letter.Text("delivery") != "failed" || letter.Text("mail_error") == "" {
		t.Errorf("without a mail server the letter says %q %q", letter.Text("delivery"), letter.Text("mail_error"))
	}
}

// TestLTC14PolicyByTier: the tier of a customer picks the policy.
func TestLTC14PolicyByTier(t *testing.T) {
	t.Parallel()
	w := setup(t)
	boss := w.User("boss", "core.admin")
	key := w.Create(w.Admin, "crm.customer", resource.Values{"name": "Key", "credit_limit": "100000", "payment_days": "30", "tier": "key"})
	other := w.customer("Other", "100000")
	w.due(boss, key, 20)
	w.due(boss, other, 20)
	for tier, days := range map[string]string{"": "5", "key": "30"} {
		w.Create(boss, "ltc.dunning_policy", resource.Values{"title": "Tier " + tier, "segment": tier, "levels": []resource.Values{{"delay_days": days, "mode": "net", "subject": "Reminder"}}})
	}
	rows := w.Table(boss, "/ltc/dunning_run", "letters")
	if len(rows) != 1 || rows[0]["customer"].(map[string]any)["id"] != float64(other.Base().ID) {
		t.Errorf("the key account is reminded after 20 days, its policy says 30: %v", rows)
	}
}
