package domain

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"meridian/modules/crm"
	"meridian/modules/itr"
	"meridian/platform/clock"
	"meridian/platform/errs"
	"meridian/platform/event"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// SurveyStage is the state of a survey.
type SurveyStage string

// The stages of a survey.
const (
	SurveySent     SurveyStage = "sent"
	SurveyAnswered SurveyStage = "answered"
	SurveyExpired  SurveyStage = "expired"
)

const (
	surveyLife   = 14 * 24 * time.Hour
	satisfiedMin = 4 // a score from which the customer is satisfied
	unsolvedMax  = 2 // a score up to which the case is taken up again
)

// Survey asks the requester of a resolved case, once per solution.
type Survey struct {
	record.Base
	Stage      SurveyStage
	CaseID     itr.CaseID
	CustomerID *int64
	Token      string // who holds it answers, without signing in
	SentAt     time.Time
	ExpiresAt  time.Time
	Score      int
	Comment    string
	AnsweredAt *time.Time
}

// Surveys is the service behind the survey type.
type Surveys struct {
	Store     record.Store[Survey]
	Cases     *Cases
	Customers crm.Customers
	Desk      Desk
	Bus       *event.Bus
	Now       clock.Clock
	Tx        func(ctx context.Context, fn func(ctx context.Context) error) error

	Type *resource.Type[Survey]
}

// send makes the survey of a case that is being resolved.
func (s *Surveys) send(ctx context.Context, c *Case, now time.Time) error {
	v := &Survey{CaseID: itr.CaseID(c.ID), CustomerID: c.CustomerID, Token: strings.ToLower(rand.Text()), SentAt: now, ExpiresAt: now.Add(surveyLife)}
	v.OwnerID = c.OwnerID
	if err := s.Type.Create(ctx, v); err != nil {
		return fmt.Errorf("survey of case %d: %w", c.ID, err)
	}
	return nil
}

// expireOf ends the open survey of a case, if there is one.
func (s *Surveys) expireOf(ctx context.Context, caseID int64) error {
	return s.expire(ctx, record.Where("case_id", record.Eq, caseID).And("stage", record.Eq, string(SurveySent)))
}

// expireLate ends the surveys nobody answered in time.
func (s *Surveys) expireLate(ctx context.Context) error {
	return s.expire(ctx, record.Where("stage", record.Eq, string(SurveySent)).And("expires_at", record.Lt, s.Now()))
}

func (s *Surveys) expire(ctx context.Context, q record.Query) error {
	list, err := s.Store.Find(ctx, q)
	if err != nil {
		return fmt.Errorf("open surveys: %w", err)
	}
	for _, v := range list {
		if err := s.Type.Fire(ctx, v.ID, "expire", nil); err != nil {
			return fmt.Errorf("expire survey %d: %w", v.ID, err)
		}
	}
	return nil
}

// Verdict is the answer of a customer.
type Verdict struct {
	Score   int
	Comment string
}

// VerdictFields declare the public form of a survey.
func VerdictFields() resource.Fields[Verdict] {
	return resource.Fields[Verdict]{
		resource.Int("score", "Score", func(v *Verdict) *int { return &v.Score }).Required(),
		resource.LongText("comment", "Comment of the customer", func(v *Verdict) *string { return &v.Comment }).Limit(4000),
	}
}

// Thanks is what whoever answered a survey gets back.
type Thanks struct {
	Case  string `json:"case"`
	Score int    `json:"score"`
}

// Answer records the verdict of whoever holds the token, once; anybody may call it.
// A satisfied customer closes the case and moves on in the life cycle, an unsatisfied
// one takes it up again. Errors: NotFound (no such survey), Invalid (the score),
// Conflict (answered already), Precondition (expired).
func (s *Surveys) Answer(ctx context.Context, token string, in *Verdict) (Thanks, error) {
	if in.Score < 1 || in.Score > 5 {
		return Thanks{}, errs.Bad("score", "From 1, not at all, to 5, very satisfied.")
	}
	var out Thanks
	err := s.Tx(ctx, func(ctx context.Context) error {
		ctx = s.Desk.As(ctx, s.Desk.Head(), "answer to a survey")
		v, err := s.Store.First(ctx, record.Where("token", record.Eq, token))
		if err != nil {
			return err
		}
		switch {
		case v.Stage == SurveyAnswered:
			return errs.New(errs.Conflict, "This survey was answered already. Thank you.")
		case v.Stage == SurveyExpired || s.Now().After(v.ExpiresAt):
			return errs.New(errs.Precondition, "This survey has expired.")
		}
		if err := s.Type.Fire(ctx, v.ID, "answer", resource.Values{"score": fmt.Sprint(in.Score), "comment": in.Comment}); err != nil {
			return fmt.Errorf("answer to survey %d: %w", v.ID, err)
		}
		out, err = s.follow(ctx, v, in)
		return err
	})
	return out, err
}

// follow draws the consequences of an answer.
func (s *Surveys) follow(ctx context.Context, v *Survey, in *Verdict) (Thanks, error) {
	c, err := s.Cases.Store.Get(ctx, int64(v.CaseID))
	if err != nil {
		return Thanks{}, fmt.Errorf("case of survey %d: %w", v.ID, err)
	}
	out := Thanks{Case: c.No, Score: in.Score}
	satisfied := in.Score >= satisfiedMin
	e := itr.SatisfactionRecorded{Case: v.CaseID.Ref(), Customer: c.customer(), Score: in.Score, Satisfied: satisfied}
	if err := s.Bus.Publish(ctx, e); err != nil {
		return out, err
	}
	if satisfied && e.Customer != 0 {
		if err := s.advance(ctx, e.Customer, v); err != nil {
			return out, err
		}
	}
	switch {
	case in.Score <= unsolvedMax && (c.Stage == Resolved || c.Stage == Closed):
		return out, s.Cases.Type.Fire(ctx, c.ID, "reopen", resource.Values{"reason": reopenReason(in)})
	case in.Score > unsolvedMax && c.Stage == Resolved:
		return out, s.Cases.Type.Fire(ctx, c.ID, "close", nil)
	}
	return out, nil
}

func reopenReason(in *Verdict) string {
	if in.Comment == "" {
		return fmt.Sprintf("%d / 5", in.Score)
	}
	return fmt.Sprintf("%d / 5: %s", in.Score, in.Comment)
}

// advance moves a satisfied customer on; a lost one is won back by people.
func (s *Surveys) advance(ctx context.Context, id crm.CustomerID, v *Survey) error {
	c, err := s.Customers.Customer(ctx, id)
	if err != nil || c.Lifecycle == crm.Lost {
		return err
	}
	return s.Customers.Advance(ctx, id, crm.Satisfied, s.Type.Ref(v.ID))
}

func (s *Surveys) record(_ context.Context, v *Survey, in *Verdict) error {
	now := s.Now()
	v.Score, v.Comment, v.AnsweredAt = in.Score, in.Comment, &now
	return nil
}

// Declare returns the document type of the survey: made by the program only.
func (s *Surveys) Declare() *resource.Type[Survey] {
	sent, expires := func(v *Survey) string { return v.SentAt.UTC().Format(time.RFC3339) }, func(v *Survey) string { return v.ExpiresAt.UTC().Format(time.RFC3339) }
	s.Type = &resource.Type[Survey]{
		Name: "itr.survey", Label: "Satisfaction survey", Plural: "Satisfaction surveys", Icon: "star", Number: "SV-{yyyy}-{000000}", Store: s.Store, NoCreate: true, NoEdit: true,
		Fields: resource.Fields[Survey]{
			resource.Ref("case_id", "Service case", func(v *Survey) *itr.CaseID { return &v.CaseID }, "itr.case").Required().InList().Filter().Source(),
			resource.OptRef("customer_id", "Customer", func(v *Survey) **int64 { return &v.CustomerID }, "crm.customer").InList().Filter(),
			resource.Computed("sent_at", "Sent at", resource.KTime, sent).InList(),
			resource.Computed("expires_at", "Valid until", resource.KTime, expires),
			resource.Text("token", "Token of the customer", func(v *Survey) *string { return &v.Token }).ReadOnly().Sensitive(),
			resource.Int("score", "Score", func(v *Survey) *int { return &v.Score }).ReadOnly().InList().Filter(),
			resource.LongText("comment", "Comment of the customer", func(v *Survey) *string { return &v.Comment }).ReadOnly(),
			resource.Time("answered_at", "Answered at", func(v *Survey) **time.Time { return &v.AnsweredAt }).ReadOnly().InList().Filter(),
		},
		Process: resource.Process(func(v *Survey) *SurveyStage { return &v.Stage },
			[]resource.Stage[SurveyStage]{
				{Key: SurveySent, Label: "Sent", Wait: true, Class: process.Open, Help: "The customer has the link and can answer without signing in."},
				{Key: SurveyAnswered, Label: "Answered", End: true, Class: process.Done},
				{Key: SurveyExpired, Label: "Expired", End: true, Class: process.Cancelled},
			},
			[]resource.Move[Survey, SurveyStage]{
				{Name: "answer", Label: "Answer", From: resource.From(SurveySent), To: SurveyAnswered, System: true, Do: resource.Ask(VerdictFields(), s.record)},
				{Name: "expire", Label: "Expire", From: resource.From(SurveySent), To: SurveyExpired, System: true, Deviation: true},
			}),
	}
	return s.Type
}
