package itrapp_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"meridian/platform/app/apptest"
	"meridian/platform/errs"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// sign is the signature of the gateway over a body.
func sign(body string) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(body))
	return hex.EncodeToString(m.Sum(nil))
}

// mail delivers a mail as the gateway does.
func (s *suite) mail(v map[string]any) (int, map[string]any) {
	b, _ := json.Marshal(v)
	return s.post("/hook/mail", string(b), "X-Meridian-Signature", sign(string(b)))
}

func TestMail(t *testing.T) {
	t.Parallel()
	s := setup(t)
	customer := s.customer("Acme", "ann@acme.example")
	first := map[string]any{"message_id": "<1@acme>", "from": "ann@acme.example", "from_name": "Ann", "subject": "Drive stops", "text": "Help"}

	t.Run("only the gateway delivers", func(t *testing.T) {
		b, _ := json.Marshal(first)
		for _, signature := range []string{"", "00", sign(string(b) + " ")} {
			if status, _ := s.post("/hook/mail", string(b), "X-Meridian-Signature", signature); status != http.StatusUnauthorized {
				t.Errorf("signature %q: %d, want 401", signature, status)
			}
		}
		if n := len(s.List("itr.case", nil)); n != 0 {
			t.Errorf("%d cases", n)
		}
	})

	_, r := s.mail(first)
	c := s.byNo(r["no"])
	if c.Text("customer_id") != apptest.ID(customer) || c.Text("channel") != "mail" {
		t.Fatalf("case: %s", c.AppendJSON(nil, nil))
	}
	for name, tt := range map[string]struct {
		mail map[string]any
		same bool
	}{
		"the same message again":            {first, true},
		"the number in the subject":         {map[string]any{"message_id": "<2@acme>", "from": "bob@acme.example", "subject": "Re: [" + c.Base().No + "] Drive", "text": "More"}, true},
		"an answer to a known message":      {map[string]any{"message_id": "<3@acme>", "in_reply_to": "<1@acme>", "from": "ann@acme.example", "subject": "Re: Drive", "text": "More"}, true},
		"the number comes before the reply": {map[string]any{"message_id": "<4@acme>", "in_reply_to": "<unknown>", "from": "ann@acme.example", "subject": c.Base().No, "text": "More"}, true},
		"a number that does not exist":      {map[string]any{"message_id": "<5@acme>", "from": "ann@acme.example", "subject": "CS-2026-999999", "text": "New"}, false},
		"a new matter":                      {map[string]any{"message_id": "<6@acme>", "from": "ann@acme.example", "text": "Another question\nwith two lines"}, false},
	} {
		if status, r := s.mail(tt.mail); status != http.StatusCreated || (r["no"] == c.Base().No) != tt.same {
			t.Errorf("%s: %d %v, same case %v expected", name, status, r, tt.same)
		}
	}
	if n := len(s.List("itr.case", nil)); n != 3 {
		t.Errorf("%d cases, want 3", n)
	}

	t.Run("a solved case is taken up again by an answer, not by an automatic one", func(t *testing.T) {
		c := s.open(resource.Values{"channel": "mail"})
		s.Fire(s.Admin, c, "resolve", solved)
		old := s.surveyOf(c)
		s.mail(map[string]any{"message_id": "<7@acme>", "from": "ann@acme.example", "subject": c.Base().No, "text": "I am away", "automatic": true})
		if got := s.Reload(c).Stage(); got != "resolved" {
			t.Errorf("an automatic answer: %s, want resolved", got)
		}
		s.mail(map[string]any{"message_id": "<8@acme>", "from": "ann@acme.example", "subject": c.Base().No, "text": "Still broken"})
		if row := s.Reload(c); row.Stage() != "reopened" || row.Text("reopen_count") != "1" || s.Reload(old).Stage() != "expired" {
			t.Errorf("an answer: %s, survey %s; want reopened and expired", row.AppendJSON(nil, nil), s.Reload(old).Stage())
		}
	})

	t.Run("after two weeks a successor is opened", func(t *testing.T) {
		s.now = time.Now().Add(-15 * 24 * time.Hour)
		c := s.open(resource.Values{"channel": "mail"})
		s.Fire(s.Admin, c, "resolve", solved)
		s.now = time.Time{}
		s.Refused(s.Admin, c, "reopen", resource.Values{"reason": "x"}, errs.Precondition, "reopening by hand")
		_, r := s.mail(map[string]any{"message_id": "<9@acme>", "from": "ann@acme.example", "subject": c.Base().No, "text": "Again"})
		from := s.Sources(trace.Ref{Type: "itr.case", ID: s.byNo(r["no"]).Base().ID})
		if !strings.Contains(from, fmt.Sprintf("itr.case/%d", c.Base().ID)) || s.Reload(c).Stage() != "resolved" {
			t.Errorf("successor %v of %s comes from %s", r, c.Base().No, from)
		}
	})
	s.Healthy()
}
