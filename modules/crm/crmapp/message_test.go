package crmapp_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"meridian/modules/crm"
	"meridian/platform/app/apptest"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/event"
	"meridian/platform/kpi"
	"meridian/platform/notify"
	"meridian/platform/process"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

const hookSecret = "between exchange and inbox"

// tell delivers what an exchange or gateway tells, signed.
func tell(s *apptest.Suite, want int, v map[string]any) (no string) {
	s.T.Helper()
	b, _ := json.Marshal(v)
	mac := hmac.New(sha256.New, []byte(hookSecret))
	mac.Write(b)
	status, answer := s.Post("/hook/message", "application/json", string(b), "X-Meridian-Signature", hex.EncodeToString(mac.Sum(nil)))
	if status != want {
		s.T.Fatalf("%v answered %d, want %d: %s", v, status, want, answer)
	}
	var out struct{ No string }
	_ = json.Unmarshal([]byte(answer), &out)
	return out.No
}

// TestCRM04Inbox: what customers say on any channel comes to who answers them, known by
// number or address, one row per party; the result is a follow-up, a case or a lead.
func TestCRM04Inbox(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	s.Config.WebhookSecret = hookSecret
	var handed []crm.MessageHanded
	event.Subscribe(s.Bus, "test", func(_ context.Context, e crm.MessageHanded) error { handed = append(handed, e); return nil })
	ann, bob := s.User("ann", "ltc.rep"), s.User("bob", "ltc.rep")
	eve := s.User("eve", "ltc.manager")
	acme := s.Create(ann, "crm.customer", resource.Values{"name": "Acme", "email": "info@acme.example"})
	lee := s.Create(ann, "crm.contact", resource.Values{"customer_id": apptest.ID(acme), "name": "Lee", "phone": "+86 138-0013-8000", "email": "lee@acme.example"})
	one := func(no string) resource.Row { return s.One("crm.message", "no", no) }

	if status, _ := s.Post("/hook/message", "application/json", `{"channel":"mail","external_id":"x","from":"a@b.example","text":"x"}`, "X-Meridian-Signature", "00"); status != http.StatusUnauthorized {
		t.Errorf("an unsigned message answered %d, want 401", status)
	}
	for name, v := range map[string]map[string]any{
		"a call that does nothing": {"channel": "phone", "external_id": "c0", "from": "13800138000"},
		"a mail that rings":        {"channel": "mail", "external_id": "c0", "from": "a@b.example", "text": "x", "event": "ringing"},
		"no number":                {"channel": "phone", "external_id": "c0", "from": "nobody", "event": "ringing"},
		"a day to come":            {"channel": "sms", "external_id": "c0", "from": "13800138000", "text": "x", "at": time.Now().Add(48 * time.Hour).UTC().Format(time.RFC3339)},
		"an unknown channel":       {"channel": "fax", "external_id": "c0", "from": "13800138000", "text": "x"},
	} {
		t.Run(name, func(*testing.T) { tell(s, 422, v) })
	}

	// The phone of bob rings: the message names the caller, opens on his page, and shows him
	// the customer of ann for a day.
	call := map[string]any{"channel": "phone", "external_id": "c1", "from": "008613800138000", "agent": "BOB", "event": "ringing"}
	m := one(tell(s, 201, call))
	if m.Text("contact_id") != apptest.ID(lee) || m.Text("customer_id") != apptest.ID(acme) || m.Text("sender") != "Lee" || m.Base().OwnerID != user(bob) {
		t.Fatalf("the call: %s", m.AppendJSON(nil, nil))
	}
	if told, err := s.Notices.List(bob, user(bob), 10); err != nil || len(told) != 1 || told[0].Kind != "call" || strings.TrimSpace(fmt.Sprint(told[0].Args...)) != "Lee" || told[0].Object.ID != m.Base().ID {
		t.Errorf("bob was told %+v %v", told, err)
	}
	if _, err := s.Must("crm.customer").GetRow(bob, acme.Base().ID); err != nil {
		t.Errorf("bob does not see who is calling: %v", err)
	}
	if again := tell(s, 201, call); again != m.Base().No {
		t.Errorf("the same call is %s and %s", m.Base().No, again)
	}
	call["event"] = "answered"
	tell(s, 201, call)
	call["event"] = "ended"
	tell(s, 201, call)
	if m = s.Reload(m); m.Stage() != "answered" || m.Text("missed") == "true" {
		t.Errorf("the call is %s", m.AppendJSON(nil, nil))
	}
	s.Refused(bob, m, "write_down", resource.Values{"conclusion": "Wants an offer"}, errs.Invalid, "a call is logged without the next step")
	s.Fire(bob, m, "write_down", resource.Values{"conclusion": "Wants an offer", "next_step": "Send it", "next_on": date.Of(time.Now()).AddDays(2).String()})
	f := s.List("crm.followup", map[string][]string{"customer_id": {apptest.ID(acme)}, "stage": {"done"}})
	if len(f) != 1 || f[0].Text("channel") != "call" || f[0].Text("conclusion") != "Wants an offer" || f[0].Base().OwnerID != user(bob) {
		t.Errorf("the call left %d follow-ups", len(f))
	}

	// A mail of the same person goes to the owner; a stranger's message to a manager.
	mail := one(tell(s, 201, map[string]any{"channel": "mail", "external_id": "<1>", "from": "Lee@Acme.example", "subject": "Price of 40 drives", "text": "Please tell me."}))
	if mail.Base().OwnerID != user(ann) || mail.Text("contact_id") != apptest.ID(lee) {
		t.Errorf("the mail: %s", mail.AppendJSON(nil, nil))
	}
	colleague := one(tell(s, 201, map[string]any{"channel": "mail", "external_id": "<2>", "from": "new@acme.example", "subject": "Hello"}))
	if colleague.Text("customer_id") != apptest.ID(acme) || colleague.Text("contact_id") != "" {
		t.Errorf("a colleague: %s", colleague.AppendJSON(nil, nil))
	}
	stranger := one(tell(s, 201, map[string]any{"channel": "sms", "external_id": "s1", "from": "+49 30 1234567", "text": "Do you ship to Berlin?"}))
	if stranger.Base().OwnerID != user(eve) || stranger.Text("customer_id") != "" {
		t.Errorf("a stranger: %s", stranger.AppendJSON(nil, nil))
	}
	if _, err := s.Must("crm.message").GetRow(ann, stranger.Base().ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("ann reads the message of a stranger: %v", err)
	}
	if rows := s.Table(ann, "/crm/inbox", "parties"); len(rows) != 1 || rows[0]["waiting"] != 2. {
		t.Errorf("the inbox of ann: %+v", rows)
	}
	office := s.User("office", "ltc.order_desk") // may be shown a message, not the numbers
	err := s.DB.Tx(s.Admin, func(ctx context.Context) error {
		return s.Authz.SetRule(ctx, "ltc.order_desk", "crm.message", "read", "company")
	})
	if err = errors.Join(err, s.Authz.Reload(t.Context())); err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprint(s.Table(office, "/crm/inbox?owner_id=", "parties")); strings.Contains(text, "1234567") || !strings.Contains(text, "Berlin") {
		t.Errorf("without the right to numbers the inbox shows %s", text)
	}
	s.Refused(eve, stranger, "write_down", resource.Values{"conclusion": "x", "closed": "true"}, errs.Precondition, "a message of nobody is logged at a customer")
	s.Fire(eve, stranger, "to_sales", nil)
	s.Fire(ann, colleague, "to_service", nil)
	if len(handed) != 2 || handed[0].Target != "ltc" || handed[0].Phone != "+49 30 1234567" || handed[1].Target != "itr" || handed[1].Customer != crm.CustomerID(acme.Base().ID) {
		t.Errorf("handed on: %+v", handed)
	}
	s.Refused(ann, mail, "reply", resource.Values{"text": "200 each."}, errs.Precondition, "an answer is mailed without a server")
	s.Refused(ann, mail, "close", nil, errs.Invalid, "a message is closed without a reason")
	s.Refused(ann, mail, "take", nil, errs.Precondition, "she takes what is hers")
	s.Fire(eve, mail, "take", nil)
	for who, want := range map[context.Context]bool{eve: true, ann: false} {
		work, err := s.Process.Inbox(who, 100)
		if err != nil || slices.ContainsFunc(work, func(w process.Work) bool { return w.Object == (trace.Ref{Type: "crm.message", ID: mail.Base().ID}) }) != want {
			t.Errorf("the message that eve took stands on the list of %d: want %t, %v", user(who), want, err)
		}
	}
}

// TestCRM04InboxAnswers: an answer is mailed once, a failure is seen and mailed again.
func TestCRM04InboxAnswers(t *testing.T) {
	t.Parallel()
	s, m := setup(t)
	s.Config.WebhookSecret = hookSecret
	ann := s.User("ann", "ltc.rep")
	s.Create(ann, "crm.customer", resource.Values{"name": "Acme", "email": "info@acme.example"})
	var posted []int64
	m.MailAnswers(func(_ context.Context, id int64) error { posted = append(posted, id); return nil })
	mail := s.One("crm.message", "no", tell(s, 201, map[string]any{"channel": "mail", "external_id": "<1>", "from": "info@acme.example", "subject": "Price", "text": "?"}))
	s.Fire(ann, mail, "reply", resource.Values{"text": "200 each."})
	if len(posted) != 1 || s.Reload(mail).Text("delivery") != "waiting" {
		t.Fatalf("posted %v, %s", posted, s.Reload(mail).Text("delivery"))
	}
	var sent []notify.Mail
	down := errors.New("server is down")
	post := func(_ context.Context, x notify.Mail) error { sent = append(sent, x); return down }
	if err := m.MailAnswer(t.Context(), mail.Base().ID, post); !errors.Is(err, down) {
		t.Errorf("the queue does not learn of a failure: %v", err)
	}
	if got := s.Reload(mail); got.Text("delivery") != "failed" || got.Text("mail_error") != down.Error() {
		t.Errorf("the message says %s %s", got.Text("delivery"), got.Text("mail_error"))
	}
	s.Fire(ann, mail, "reply", resource.Values{"text": "200 each."})
	down = nil
	for range 2 {
		if err := m.MailAnswer(t.Context(), mail.Base().ID, post); err != nil {
			t.Fatal(err)
		}
	}
	if len(sent) != 2 || sent[1].To != "info@acme.example" || sent[1].Subject != "Re: Price" || sent[1].Body != "200 each." {
		t.Errorf("mailed: %+v", sent)
	}
}

// TestCRM04ServiceLevel: 10 calls, two hung up within 5 seconds, one was lost after 30, seven
// were answered, six within 20 seconds: 6 / (10 - 2) = 75 %.
func TestCRM04ServiceLevel(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	s.Config.WebhookSecret = hookSecret
	ann := s.User("ann", "ltc.rep")
	start := s.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	n := 0
	ring := func(event string, after time.Duration) resource.Row {
		n++
		v := map[string]any{"channel": "phone", "external_id": fmt.Sprint("c", n), "from": "13900139000", "agent": "ann", "event": "ringing", "at": start.Format(time.RFC3339)}
		no := tell(s, 201, v)
		v["event"], v["at"] = event, start.Add(after).Format(time.RFC3339)
		tell(s, 201, v)
		return s.One("crm.message", "no", no)
	}
	if short := ring("abandoned", 3*time.Second); short.Stage() != "closed" {
		t.Errorf("who hung up at once is %s", short.Stage())
	}
	ring("abandoned", 4*time.Second)
	lost := ring("abandoned", 30*time.Second)
	for range 6 {
		ring("answered", 20*time.Second)
	}
	ring("answered", 21*time.Second)
	if lost.Stage() != "waiting" || lost.Text("missed") != "true" {
		t.Errorf("a lost call is %s", lost.Stage())
	}
	level := func() string {
		return s.Measure("crm.service_level", kpi.Scope{From: date.Of(start).AddDays(-1), To: date.Of(start).AddDays(1)})
	}
	if got := level(); got != "0.75" {
		t.Errorf("service level %s, want 0.75", got)
	}
	s.Fire(ann, lost, "reply", resource.Values{"text": "Called back"}) // calling back does not answer the call
	if got := level(); got != "0.75" {
		t.Errorf("service level %s after the call back, want 0.75", got)
	}
	if rows := s.Table(ann, "/crm/calls", "people"); len(rows) != 1 || rows[0]["offered"] != 10. || rows[0]["short"] != 2. || rows[0]["level"] != "0.75" || rows[0]["wait"] != 20. {
		t.Errorf("the calls of ann: %+v", rows)
	}
	if rows := s.Table(s.User("bob", "ltc.rep"), "/crm/calls", "people"); len(rows) != 0 {
		t.Errorf("bob sees the calls of ann: %v", rows)
	}
}
