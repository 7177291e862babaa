package domain

import (
	"context"
	"fmt"
	"strings"
	"time"

	"meridian/modules/mtl"
	"meridian/platform/clock"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// IntakeStage is the state of an intake.
type IntakeStage string

// The stages of an intake.
const (
	Received IntakeStage = "received"
	Created  IntakeStage = "created"
	Linked   IntakeStage = "linked"
	Dropped  IntakeStage = "dropped"
	Failed   IntakeStage = "failed"
)

// Answer is what sales said to a hand-over.
type Answer string

// The answers; none while sales has not decided.
const (
	NoAnswer Answer = ""
	Accepted Answer = "accepted"
	Rejected Answer = "rejected"
)

// Intake is one entry as it arrived, what marketing made of it, and what sales
// answered. The lead itself belongs to LTC.
type Intake struct {
	record.Base
	Stage        IntakeStage
	CampaignID   mtl.CampaignID
	Source       string
	Name         string
	Company      string
	Title        string
	Email        string
	Phone        string
	Industry     string
	Region       string
	Need         string
	Consent      bool
	UtmSource    string
	UtmMedium    string
	UtmCampaign  string
	UtmTerm      string
	UtmContent   string
	Payload      string // JSON as it arrived
	IdemKey      string
	Person       string // see person
	LeadID       *int64
	Fit          int
	Engagement   money.Ratio
	Score        int
	Grade        string
	HandedOverAt *time.Time
	Answer       Answer
	AnswerReason string
	AnsweredAt   *time.Time
	WonAmount    money.Amount
	Failure      string
}

// TouchRow is a touch as the ledger keeps it.
type TouchRow struct {
	Company  int64
	Person   string
	Type     string
	Campaign mtl.CampaignID
	Intake   int64
	Lead     int64
	UTM      map[string]string
	At       time.Time
}

// Ledgers keep what happened to people and why they have their score, append-only.
type Ledgers interface {
	// AddTouch appends a touch.
	AddTouch(ctx context.Context, t TouchRow) error
	// Touches returns the touches of a person since a moment.
	Touches(ctx context.Context, company int64, person string, since time.Time) ([]Touch, error)
	// AddContributions appends why intake has its score.
	AddContributions(ctx context.Context, intake, lead int64, list []Contribution, at time.Time) error
	// CountLead adds one to the leads of a campaign.
	CountLead(ctx context.Context, campaign mtl.CampaignID) error
	// Alone makes equal keys wait for each other until the end of the transaction.
	Alone(ctx context.Context, key string) error
	// Attempt runs fn so that its failure undoes its own writes only. A failure of
	// the database that a new try may mend comes back as err.
	Attempt(ctx context.Context, fn func(ctx context.Context) error) (failure, err error)
}

// Intakes is the service behind the intake type and the public form.
type Intakes struct {
	Store     record.Store[Intake]
	Campaigns *Campaigns
	Ledgers   Ledgers
	Leads     mtl.Leads
	Trace     interface {
		Link(ctx context.Context, source, target trace.Ref, relation string) error
	}
	Now  clock.Clock
	Tx   func(ctx context.Context, fn func(ctx context.Context) error) error
	As   func(ctx context.Context, user int64, reason string) context.Context
	Say  func(ctx context.Context, user int64, key string, args ...any) string // in the language of a user
	Tell func(ctx context.Context, user int64, object trace.Ref, message string, args ...any) error

	Type *resource.Type[Intake]
}

// person names somebody over many entries: the e-mail address, else the digits of
// the phone.
func person(email, phone string) string {
	if email != "" {
		return strings.ToLower(email)
	}
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, phone)
}

// capture makes the lead of an intake, or finds the open lead of the same person.
func (s *Intakes) capture(ctx context.Context, r *Intake) (lead trace.Ref, created bool, err error) {
	return s.Leads.Capture(ctx, mtl.CapturedLead{Name: r.Name, Company: r.Company, Title: r.Title, Phone: r.Phone, Email: r.Email, Need: r.Need,
		Industry: r.Industry, Region: r.Region, Source: r.Source, Campaign: r.CampaignID.Ref(), Intake: s.Type.Ref(r.ID)})
}

// take turns a received intake into a lead: whatever is refused on the way leaves
// the intake to be tried again.
func (s *Intakes) take(ctx context.Context, r *Intake) error {
	lead, created, err := s.capture(ctx, r)
	if err != nil {
		return fmt.Errorf("capture lead: %w", err)
	}
	move := "link"
	if created {
		move = "create"
	}
	return s.Type.Fire(ctx, r.ID, move, resource.Values{"lead_id": fmt.Sprint(lead.ID)})
}

// leadForm is the input of the moves "create" and "link".
type leadForm struct{ LeadID int64 }

func leadFields() resource.Fields[leadForm] {
	return resource.Fields[leadForm]{resource.Ref("lead_id", "Lead", func(f *leadForm) *int64 { return &f.LeadID }, "ltc.lead").Required()}
}

// adopt joins the intake to its lead, scores it and, through the gate, hands it
// over to sales.
func (s *Intakes) adopt(ctx context.Context, r *Intake, in *leadForm) error {
	lead := trace.Ref{Type: "ltc.lead", ID: in.LeadID}
	first, err := s.firstOf(ctx, r.CampaignID, lead)
	if err != nil {
		return err
	}
	r.LeadID, r.Failure = &lead.ID, ""
	if err := s.Trace.Link(ctx, s.Type.Ref(r.ID), lead, "created"); err != nil {
		return err
	}
	now := s.Now()
	if err := s.Ledgers.AddTouch(ctx, TouchRow{Company: r.CompanyID, Person: r.Person, Type: FormSubmit, Campaign: r.CampaignID, Intake: r.ID, Lead: lead.ID, UTM: r.utm(), At: now}); err != nil {
		return err
	}
	if err := s.grade(ctx, r, lead, now); err != nil {
		return err
	}
	if !first {
		return nil
	}
	return s.Ledgers.CountLead(ctx, r.CampaignID)
}

// firstOf reports whether the campaign has no intake of this lead yet.
func (s *Intakes) firstOf(ctx context.Context, campaign mtl.CampaignID, lead trace.Ref) (bool, error) {
	n, err := s.Store.Count(ctx, record.Where("campaign_id", record.Eq, int64(campaign)).And("lead_id", record.Eq, lead.ID), 0)
	return n == 0, err
}

func (r *Intake) utm() map[string]string {
	m := map[string]string{}
	for k, v := range map[string]string{"source": r.UtmSource, "medium": r.UtmMedium, "campaign": r.UtmCampaign, "term": r.UtmTerm, "content": r.UtmContent} {
		if v != "" {
			m[k] = v
		}
	}
	return m
}

// grade scores the intake, keeps every reason, and tells LTC. The lead goes to
// sales when it passes the gate of its campaign and sales does not have it yet.
func (s *Intakes) grade(ctx context.Context, r *Intake, lead trace.Ref, now time.Time) error {
	c, err := s.Campaigns.Store.Get(ctx, int64(r.CampaignID))
	if err != nil {
		return fmt.Errorf("campaign %d: %w", r.CampaignID, err)
	}
	touches, err := s.Ledgers.Touches(ctx, r.CompanyID, r.Person, now.AddDate(-1, 0, 0))
	if err != nil {
		return err
	}
	fit, why := FitOf(Profile{Company: r.Company, Title: r.Title, Email: r.Email, Phone: r.Phone, Industry: r.Industry, Need: r.Need})
	engagement, more := EngagementOf(touches, now)
	why = append(why, more...)
	if err := s.Ledgers.AddContributions(ctx, r.ID, lead.ID, why, now); err != nil {
		return err
	}
	r.Fit, r.Engagement, r.Score, r.Grade = fit, engagement, ScoreOf(fit, engagement), GradeOf(fit, engagement)
	qualified := r.Consent && fit >= c.MQLFit && !engagement.Less(money.Units(int64(c.MQLEngagement)))
	if qualified {
		has, err := s.withSales(ctx, lead)
		if err != nil {
			return err
		}
		qualified = !has
	}
	if qualified {
		r.HandedOverAt = &now
	}
	return s.Leads.Grade(ctx, lead, r.Score, r.Grade, s.explain(ctx, c.OwnerID, why), qualified)
}

// withSales reports whether the lead was handed over and not sent back.
func (s *Intakes) withSales(ctx context.Context, lead trace.Ref) (bool, error) {
	last, err := s.Store.First(ctx, handedOver(lead))
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil && last.Answer != Rejected, err
}

// handedOver finds the hand-overs of a lead, the last first.
func handedOver(lead trace.Ref) record.Query {
	q := record.Where("lead_id", record.Eq, lead.ID).And("handed_over_at", record.NotNull, nil)
	q.Sort = []record.Sort{{Col: "handed_over_at", Desc: true}}
	return q
}

// explain says in the words of a user where the points come from.
func (s *Intakes) explain(ctx context.Context, user int64, why []Contribution) string {
	parts := make([]string, len(why))
	for i, c := range why {
		sign := ""
		if c.Points.Sign() > 0 {
			sign = "+"
		}
		parts[i] = s.Say(ctx, user, c.Rule) + " " + sign + money.RoundTo[money.Cents](c.Points.Number()).Number().String()
	}
	return strings.Join(parts, "; ")
}

// failForm is the input of the move "fail".
type failForm struct{ Failure string }

func failFields() resource.Fields[failForm] {
	return resource.Fields[failForm]{resource.LongText("failure", "What went wrong", func(f *failForm) *string { return &f.Failure }).Required()}
}

func (s *Intakes) fail(_ context.Context, r *Intake, in *failForm) error {
	r.Failure = in.Failure
	return nil
}

// retry tries again what failed.
func (s *Intakes) retry(ctx context.Context, r *Intake) error {
	lead, _, err := s.capture(ctx, r)
	if err != nil {
		return fmt.Errorf("capture lead: %w", err)
	}
	return s.adopt(ctx, r, &leadForm{lead.ID})
}
