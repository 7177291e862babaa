package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestProfilePrefs: language and mail stay with the person; the choice of mail is
// shown only where mails are sent.
func TestProfilePrefs(t *testing.T) {
	s := newSuite(t)
	s.person("lee", "ltc.rep")
	c := s.browserless("lee")
	if _, text := s.page(c, "/profile"); strings.Contains(text, `name="mail"`) {
		t.Error("a choice of mail without a mail server")
	}
	s.Config.SMTP = "smtp://127.0.0.1"
	if _, text := s.page(c, "/profile"); !strings.Contains(text, `name="mail"`) {
		t.Error("no choice of mail")
	}
	for _, want := range []bool{false, true} {
		form := url.Values{"lang": {"en"}, "theme": {"dark"}, "mail": {"false"}}
		if want {
			form.Add("mail", "true")
		}
		status, _ := s.post(c, "/profile/prefs", form)
		p, _ := s.Authz.Directory().ByUsername("lee")
		if status != http.StatusSeeOther || p.Lang != "en" || p.Mail != want {
			t.Errorf("answer %d, language %s, mail %v, want %v", status, p.Lang, p.Mail, want)
		}
	}
	if _, text := s.page(c, "/profile"); !strings.Contains(text, `<html lang="en"`) || !strings.Contains(text, "Notices by mail") {
		t.Error("the page does not speak English")
	}
}
