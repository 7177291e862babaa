package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/wneessen/go-mail"
)

// Mailer hands mails to a server.
type Mailer struct {
	from   string
	client *mail.Client
}

// NewMailer reads the address of a mail server: smtps://user:password@host:465 (TLS
// from the start), smtp://user:password@host:587 (STARTTLS), and with ?tls=none for
// a relay on the same machine. from is the sender of every mail.
func NewMailer(server, from string) (*Mailer, error) {
	u, err := url.Parse(server)
	if err != nil || u.Hostname() == "" || (u.Scheme != "smtp" && u.Scheme != "smtps") {
		return nil, fmt.Errorf("the mail server is not of the form smtp://user:password@host:587") //nolint:err113 // not err: it would show the password
	}
	opts := []mail.Option{mail.WithTimeout(30 * time.Second), mail.WithTLSPolicy(mail.TLSMandatory), mail.WithPort(587)}
	switch {
	case u.Scheme == "smtps":
		opts = append(opts, mail.WithSSL(), mail.WithPort(465))
	case u.Query().Get("tls") == "none":
		opts = append(opts, mail.WithTLSPolicy(mail.NoTLS))
	}
	if p, err := strconv.Atoi(u.Port()); err == nil {
		opts = append(opts, mail.WithPort(p))
	}
	if name := u.User.Username(); name != "" {
		password, _ := u.User.Password()
		opts = append(opts, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(name), mail.WithPassword(password))
	}
	c, err := mail.NewClient(u.Hostname(), opts...)
	if err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	m := &Mailer{from: from, client: c}
	return m, mail.NewMsg().From(from) // the sender must be legal before the first mail is due
}

// Mail is a mail with files.
type Mail struct {
	To, Subject, Body string
	Files             []File
}

// File is a file of a mail.
type File struct {
	Name string
	Body []byte
}

// Deliver hands over one mail. The server's refusal is the error.
func (m *Mailer) Deliver(ctx context.Context, l Mail) error {
	x := mail.NewMsg()
	if err := x.From(m.from); err != nil {
		return fmt.Errorf("mail from %s: %w", m.from, err)
	}
	if err := x.To(l.To); err != nil {
		return fmt.Errorf("mail to %s: %w", l.To, err)
	}
	x.Subject(l.Subject)
	x.SetDate()
	x.SetMessageID()
	x.SetGenHeader("Auto-Submitted", "auto-generated") // no out-of-office answers
	x.SetBodyString(mail.TypeTextPlain, l.Body)
	for _, f := range l.Files {
		if err := x.AttachReader(f.Name, bytes.NewReader(f.Body)); err != nil {
			return fmt.Errorf("attach %s: %w", f.Name, err)
		}
	}
	if err := m.client.DialAndSendWithContext(ctx, x); err != nil {
		return fmt.Errorf("send mail: %w", err)
	}
	return nil
}

// Refused reports whether a mail server has refused the address for good: it does not exist.
func Refused(err error) bool {
	e, ok := errors.AsType[*mail.SendError](err)
	return ok && e.Reason == mail.ErrSMTPRcptTo && !e.IsTemp()
}
