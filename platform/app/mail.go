package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"meridian/platform/i18n"
	"meridian/platform/jobs"
	"meridian/platform/notify"
)

// NoticeText is a notice in the language of ctx: its document by name where it holds
// the reference, labels of stages translated.
func (p *Platform) NoticeText(ctx context.Context, n notify.Item) string {
	out := make([]any, len(n.Args))
	for i, a := range n.Args {
		s, _ := a.(string)
		if s == n.Object.String() {
			s = p.Types.Title(ctx, n.Object)
		}
		out[i] = i18n.T(ctx, s)
	}
	return i18n.T(ctx, n.Message, out...)
}

// noticeMail is the work of one mail.
type noticeMail struct {
	Notice int64 `json:"notice"`
}

// Kind names the work.
func (noticeMail) Kind() string { return "core.mail" }

// sendMail has notices go out by mail too, when a mail server is configured.
func (p *Platform) sendMail() error {
	if p.Config.SMTP == "" {
		return nil
	}
	m, err := notify.NewMailer(p.Config.SMTP, p.Config.MailFrom)
	if err != nil {
		return fmt.Errorf("MERIDIAN_SMTP_URL, MERIDIAN_MAIL_FROM: %w", err)
	}
	p.Mail = m.Deliver
	p.Notices.Later = func(ctx context.Context, at time.Time, notices []int64) error {
		list := make([]jobs.Args, len(notices))
		for i, id := range notices {
			list[i] = noticeMail{id}
		}
		return p.Queue.Enqueue(ctx, at, list...)
	}
	jobs.Handle(p.Queue, "Send notices by mail", func(ctx context.Context, w noticeMail) error { return p.mailNotice(ctx, m, w.Notice) })
	return nil
}

// mailNotice writes to the reader of a notice who has an address and has not seen
// it in the page.
func (p *Platform) mailNotice(ctx context.Context, m *notify.Mailer, id int64) error {
	n, ok, err := p.Notices.Get(ctx, id)
	if err != nil || !ok || n.Read {
		return err
	}
	to := p.Authz.Directory().People[n.User]
	if to == nil || !to.Active || to.Email == "" || !to.Mail {
		return nil
	}
	ctx = i18n.With(ctx, p.Text, i18n.Parse(to.Lang, i18n.English))
	subject := p.NoticeText(ctx, n)
	body := subject + "\n"
	if !n.Object.IsZero() {
		body += "\n" + strings.TrimRight(p.Config.PublicURL(), "/") + n.Object.Path() + "\n"
	}
	body += "\n-- \n" + i18n.T(ctx, "{0}: you get this because it waits for you or names you. Your profile turns such mails off.", p.Config.Company) + "\n"
	return m.Deliver(ctx, notify.Mail{To: to.Email, Subject: subject, Body: body})
}
