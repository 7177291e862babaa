package domain

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/i18n"
	"meridian/platform/notify"
	"meridian/platform/process"
	"meridian/platform/resource"
)

// Delivery is how a letter reaches the customer.
type Delivery string

// The ways, and how far a mail has come.
const (
	ByHand  Delivery = "by_hand" // printed and posted, or said on the phone
	Waiting Delivery = "waiting"
	Mailed  Delivery = "mailed"
	Failed  Delivery = "failed"
)

func deliveries() []resource.Option {
	return []resource.Option{{Value: "by_hand", Label: "By hand", Tone: "neutral"}, {Value: "waiting", Label: "Mail is on its way", Tone: "info"}, {Value: "mailed", Label: "Mailed", Tone: "ok"}, {Value: "failed", Label: "Mail failed", Tone: "bad"}}
}

// dispatch has a letter by e-mail mailed after the transaction; any other is for people to
// print or to say. A mail that cannot even be tried is seen at once.
func (s *Dunnings) dispatch(ctx context.Context, d *Dunning) error {
	d.Delivery, d.MailError = ByHand, ""
	if d.Channel != "email" {
		return nil
	}
	customer, err := s.Customers.Customer(ctx, d.CustomerID)
	if err != nil {
		return fmt.Errorf("customer of letter %s: %w", d.No, err)
	}
	d.MailedTo = customer.Email
	switch {
	case customer.Email == "":
		return s.failed(ctx, d, i18n.T(ctx, "The customer has no e-mail address."))
	case s.Post == nil:
		return s.failed(ctx, d, i18n.T(ctx, "No mail server is configured."))
	}
	d.Delivery = Waiting
	return s.Post(ctx, d.ID)
}

// failed keeps what went wrong and tells who must know, once.
func (s *Dunnings) failed(ctx context.Context, d *Dunning, why string) error {
	first := d.Delivery != Failed
	d.Delivery, d.MailError = Failed, errs.Clip(why, 480)
	if !first {
		return nil
	}
	return s.Notify(ctx, process.Notice{Users: []int64{d.OwnerID, d.UpdatedBy}, Kind: "work", Message: "The letter {0} could not be mailed; print it, or mail it again.", Args: []any{d.No}, Object: s.Type.Ref(d.ID)})
}

// mailAgain tries a mail once more, after the address or the server was put right.
func (s *Dunnings) mailAgain(ctx context.Context, d *Dunning) error {
	if d.Delivery == Mailed || d.Delivery == Waiting {
		return errs.New(errs.Precondition, "This letter was mailed, or is about to be.")
	}
	d.Channel = "email"
	return s.dispatch(ctx, d)
}

// Deliver mails a letter with its PDF. It is work of the queue: safe to repeat, and its
// error makes the queue try again; the letter says meanwhile what went wrong.
func (s *Dunnings) Deliver(ctx context.Context, id int64, mail func(ctx context.Context, m notify.Mail) error, now func() time.Time) error {
	ctx = authz.System(ctx, "ltc.dunning:mail")
	d, err := s.Store.Get(ctx, id)
	if err != nil {
		return err
	}
	if d.Stage == DunningResolved || d.Delivery != Waiting && d.Delivery != Failed {
		return nil
	}
	sent := s.mail(ctx, d, mail)
	_, err = s.Type.Update(ctx, id, func(d *Dunning) error {
		if notify.Refused(sent) && d.Delivery != Failed { // told once, however often the mail is tried
			if err := s.Customers.Bounced(ctx, d.CustomerID, d.MailedTo); err != nil {
				return err
			}
		}
		if sent != nil {
			return s.failed(ctx, d, sent.Error())
		}
		at := now()
		d.Delivery, d.MailError, d.MailedAt = Mailed, "", &at
		return nil
	})
	if err != nil {
		return fmt.Errorf("note the mail of letter %s: %w", d.No, err)
	}
	return sent
}

func (s *Dunnings) mail(ctx context.Context, d *Dunning, mail func(ctx context.Context, m notify.Mail) error) error {
	var pdf bytes.Buffer
	if err := s.print(ctx, d, &pdf); err != nil {
		return err
	}
	body := d.Body
	if body == "" {
		body = i18n.T(ctx, "Please find our letter {0} attached.", d.No)
	}
	if c := s.People().Companies[d.CompanyID]; c != nil {
		body += "\n\n-- \n" + c.Name + "\n" + c.Phone + "\n"
	}
	return mail(ctx, notify.Mail{To: d.MailedTo, Subject: d.Subject + " (" + d.No + ")", Body: body, Files: []notify.File{{Name: d.No + ".pdf", Body: pdf.Bytes()}}})
}
