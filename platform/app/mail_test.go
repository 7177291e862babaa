package app

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"meridian/platform/authz"
	"meridian/platform/clock"
	"meridian/platform/config"
	"meridian/platform/db/dbtest"
	"meridian/platform/jobs"
	"meridian/platform/notify"
	"meridian/platform/process"
	"meridian/platform/trace"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// TestNoticeByMail: a notice is work for later; when its reader has not seen it by
// then, a mail in the reader's language goes out; who has seen it, or wants no mails,
// gets none.
func TestNoticeByMail(t *testing.T) {
	t.Parallel()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	got := make(chan string, 9)
	go serveMail(l, got)

	server := "smtp://" + l.Addr().String() + "?tls=none"
	p, err := New(config.Config{Company: "Acme", Currency: "CNY", TZ: "UTC", Lang: "zh", AdminPassword: "correct horse battery", Addr: "127.0.0.1:8080", SMTP: server, MailFrom: "Meridian <meridian@example.com>"}, dbtest.New(t), clock.System)
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := p.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx := authz.System(t.Context(), "test")
	user := func(set string) {
		t.Helper()
		if err := p.DB.Tx(ctx, func(ctx context.Context) error { return p.DB.Exec(ctx, `UPDATE core."user" SET `+set) }); err != nil {
			t.Fatal(err)
		}
		if err := p.Authz.Reload(ctx); err != nil {
			t.Fatal(err)
		}
	}
	user("email = 'li.wei@example.com'")
	err = p.DB.Tx(ctx, func(ctx context.Context) error {
		return p.Notices.Send(ctx, process.Notice{Users: []int64{fresh.Admin}, Kind: "approval", Message: "{0} waits for your approval.", Args: []any{"QT-2026-00001"}, Object: trace.Ref{Type: "ltc.quote", ID: 7}})
	})
	if err != nil {
		t.Fatal(err)
	}
	work, err := p.Queue.Work(ctx)
	work = slices.DeleteFunc(work, func(w jobs.WorkState) bool { return w.Kind != "core.mail" })
	if err != nil || len(work) != 1 || work[0].Waiting != 1 {
		t.Fatalf("the work is %v (%v), want one mail that waits", work, err)
	}
	list, err := p.Notices.List(ctx, fresh.Admin, 9)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d notices (%v)", len(list), err)
	}
	m, err := notify.NewMailer(server, p.Config.MailFrom)
	if err != nil {
		t.Fatal(err)
	}
	mail := func() {
		t.Helper()
		if err := p.mailNotice(ctx, m, list[0].ID); err != nil {
			t.Fatal(err)
		}
	}
	mail()
	text := <-got
	for _, want := range []string{"RCPT TO:<li.wei@example.com>", "MAIL FROM:<meridian@example.com>", "Auto-Submitted: auto-generated", "=?UTF-8?q?QT-2026-00001_=E7=AD=89=E5=BE=85", "http://127.0.0.1:8080/ltc/quote/7"} {
		if !strings.Contains(text, want) {
			t.Errorf("the mail lacks %q: %s", want, text)
		}
	}
	user("mail = false")
	mail()
	user("mail = true")
	if err := p.Notices.MarkRead(ctx, fresh.Admin, 0); err != nil {
		t.Fatal(err)
	}
	mail()
	if len(got) > 0 {
		t.Errorf("a mail nobody needs: %s", <-got)
	}
}

// serveMail takes mails and reports everything it heard about each.
func serveMail(l net.Listener, got chan<- string) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		got <- takeMail(c)
		_ = c.Close()
	}
}

func takeMail(c net.Conn) string {
	r := bufio.NewScanner(c)
	var all strings.Builder
	say := func(s string) { fmt.Fprintf(c, "%s\r\n", s) }
	say("220 test")
	data := false
	for r.Scan() {
		line := r.Text()
		all.WriteString(line + "\n")
		switch {
		case data && line == ".":
			data = false
			say("250 taken")
		case data:
		case strings.HasPrefix(line, "DATA"):
			data = true
			say("354 go on")
		case strings.HasPrefix(line, "QUIT"):
			say("221 bye")
			return all.String()
		default:
			say("250 ok")
		}
	}
	return all.String()
}
