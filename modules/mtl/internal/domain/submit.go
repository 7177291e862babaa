package domain

import (
	"context"
	"crypto/sha256"
	"fmt"
	"regexp"
	"strings"
	"time"

	"meridian/modules/mtl"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// Submission is what a visitor typed into a public form. Website is a trap: people
// do not see it, so only programs fill it in.
type Submission struct {
	Name, Company, Title, Email, Phone                     string
	Industry, Region, Need                                 string
	Consent                                                bool
	UtmSource, UtmMedium, UtmCampaign, UtmTerm, UtmContent string
	Website                                                string
}

// SubmissionFields declare the public form.
func SubmissionFields() resource.Fields[Submission] {
	return resource.Fields[Submission]{
		resource.Text("name", "Name", func(s *Submission) *string { return &s.Name }).Required(),
		resource.Text("company", "Company", func(s *Submission) *string { return &s.Company }),
		resource.Text("title", "Position", func(s *Submission) *string { return &s.Title }),
		resource.Text("email", "E-mail", func(s *Submission) *string { return &s.Email }),
		resource.Text("phone", "Phone", func(s *Submission) *string { return &s.Phone }).Limit(40),
		resource.Text("industry", "Industry", func(s *Submission) *string { return &s.Industry }),
		resource.Text("region", "Region", func(s *Submission) *string { return &s.Region }),
		resource.LongText("need", "Need", func(s *Submission) *string { return &s.Need }).Limit(4000),
		resource.Bool("consent", "Agrees to be contacted", func(s *Submission) *bool { return &s.Consent }),
		resource.Text("utm_source", "UTM source", func(s *Submission) *string { return &s.UtmSource }),
		resource.Text("utm_medium", "UTM medium", func(s *Submission) *string { return &s.UtmMedium }),
		resource.Text("utm_campaign", "UTM campaign", func(s *Submission) *string { return &s.UtmCampaign }),
		resource.Text("utm_term", "UTM term", func(s *Submission) *string { return &s.UtmTerm }),
		resource.Text("utm_content", "UTM content", func(s *Submission) *string { return &s.UtmContent }),
		resource.Text("website", "Website", func(s *Submission) *string { return &s.Website }),
	}
}

// Receipt is what the visitor gets back.
type Receipt struct {
	No      string `json:"no"`
	Message string `json:"message"`
}

var (
	mailAddress = regexp.MustCompile(`^[^\s@]+@[^\s@]+\.[^\s@]+$`)
	phoneNumber = regexp.MustCompile(`^\+?[0-9][0-9 ()./-]{5,38}$`)
)

// check wants one way to answer, written so that it can work.
func (s *Submission) check() error {
	var bad []errs.Field
	if s.Email == "" && s.Phone == "" {
		bad = append(bad, errs.Field{Name: "email", Message: "Give an e-mail address or a phone number, so that we can answer."})
	}
	if s.Email != "" && !mailAddress.MatchString(s.Email) {
		bad = append(bad, errs.Field{Name: "email", Message: "This is no e-mail address."})
	}
	if s.Phone != "" && !phoneNumber.MatchString(s.Phone) {
		bad = append(bad, errs.Field{Name: "phone", Message: "This is no phone number."})
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// Submit takes an entry of the public form key: anybody may call it. raw is the
// body as JSON; idem, if the caller has one, makes a repetition get the first
// receipt, else the same person counts once a day. It acts as the owner of the
// campaign. Errors: NotFound (no such form, or it takes no entries), Invalid.
//
// Once the entry is stored it is not lost: when no lead can be made of it, the
// intake fails, shows why, and can be tried again.
func (s *Intakes) Submit(ctx context.Context, key, idem string, in *Submission, raw string) (Receipt, error) {
	c, err := s.openForm(authz.System(ctx, "public form "+key), key)
	if err != nil {
		return Receipt{}, err
	}
	if err := in.check(); err != nil {
		return Receipt{}, err
	}
	ctx = s.As(ctx, c.OwnerID, "public form "+key)
	r := in.intake(c, raw)
	r.IdemKey = s.idemKey(ctx, key, idem, r.Person)
	err = s.Tx(ctx, func(ctx context.Context) error {
		if err := s.Ledgers.Alone(ctx, r.IdemKey); err != nil {
			return err
		}
		old, err := s.Store.First(ctx, record.Where("idem_key", record.Eq, r.IdemKey))
		if err == nil {
			r = old
			return nil
		}
		if !errs.Is(err, errs.NotFound) {
			return err
		}
		return s.receive(ctx, r, in.Website != "")
	})
	if err != nil {
		return Receipt{}, err
	}
	return Receipt{No: r.No, Message: c.ThankYou}, nil
}

// openForm finds the campaign whose form takes entries now.
func (s *Intakes) openForm(ctx context.Context, key string) (*Campaign, error) {
	c, err := s.Campaigns.Store.First(ctx, record.Where("form_key", record.Eq, key))
	if err == nil && (!c.FormActive || c.Stage != Running) {
		return nil, errs.Missing()
	}
	return c, err
}

func (s *Submission) intake(c *Campaign, raw string) *Intake {
	r := &Intake{CampaignID: mtl.CampaignID(c.ID), Source: s.UtmSource, Name: s.Name, Company: s.Company, Title: s.Title, Email: s.Email, Phone: s.Phone,
		Industry: s.Industry, Region: s.Region, Need: s.Need, Consent: s.Consent, UtmSource: s.UtmSource, UtmMedium: s.UtmMedium, UtmCampaign: s.UtmCampaign,
		UtmTerm: s.UtmTerm, UtmContent: s.UtmContent, Payload: raw, Person: person(s.Email, s.Phone)}
	if r.Source == "" {
		r.Source = "web"
	}
	r.OwnerID = c.OwnerID
	return r
}

// idemKey is unique per form: the caller's own key, else a digest of who and when.
func (s *Intakes) idemKey(ctx context.Context, key, idem, person string) string {
	if idem != "" {
		return key + ":" + idem
	}
	day := s.Now().In(s.Campaigns.Location(ctx)).Format(time.DateOnly)
	return fmt.Sprintf("%s:%x", key, sha256.Sum256([]byte(person+"|"+day)))
}

// receive stores the entry and makes a lead of it, unless it is spam.
func (s *Intakes) receive(ctx context.Context, r *Intake, spam bool) error {
	if err := s.Type.Create(ctx, r); err != nil {
		return fmt.Errorf("store intake: %w", err)
	}
	if spam {
		return s.Type.Fire(ctx, r.ID, "drop", resource.Values{"reason": "The hidden field of the form was filled in."})
	}
	failure, err := s.Ledgers.Attempt(ctx, func(ctx context.Context) error { return s.take(ctx, r) })
	if err != nil || failure == nil {
		return err
	}
	return s.Type.Fire(ctx, r.ID, "fail", resource.Values{"failure": s.sentence(ctx, r.OwnerID, failure)})
}

// sentence is what a user is told of a failure: its message and fields without the
// cause.
func (s *Intakes) sentence(ctx context.Context, user int64, err error) string {
	e := errs.Of(err)
	parts := []string{s.Say(ctx, user, e.Message, e.Args...)}
	for _, f := range e.Fields {
		parts = append(parts, f.Name+": "+s.Say(ctx, user, f.Message, f.Args...))
	}
	return strings.Join(parts, " ")
}
