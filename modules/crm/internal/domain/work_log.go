package domain

import (
	"context"
	"time"

	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// WorkLogStage is the state of a daily log.
type WorkLogStage string

// The stages of a daily log.
const (
	LogDraft     WorkLogStage = "draft"
	LogSubmitted WorkLogStage = "submitted"
	LogRead      WorkLogStage = "read"
)

// WorkLog is what a person did on a day, drafted from what the program knows of it.
type WorkLog struct {
	record.Base
	Stage   WorkLogStage
	OnDay   date.Date
	Did     string
	Plan    string // of the next day
	Problem string
	Answer  string // of the head
	DayCounts
}

// DayCounts is what the day of a person counts, measured when the log is handed in.
type DayCounts struct {
	Contacts int // follow-ups held
	Visits   int
	Deciders int // of them with a decision maker
	MovedUp  int // own customers that moved to a later state
	Quotes   int // sent to own customers
}

// WorkLogs is the service behind the daily log.
type WorkLogs struct {
	Store record.Store[WorkLog]
	Type  *resource.Type[WorkLog]
	Today func(ctx context.Context) date.Date
	// Drafted writes down the day of a person in their language, and counts it.
	Drafted func(ctx context.Context, user int64, day date.Date) (did string, n DayCounts, err error)
}

// check keeps a log with the person and the day it is about; an empty one is drafted.
func (s *WorkLogs) check(ctx context.Context, l *WorkLog) error {
	if l.ID != 0 {
		return nil
	}
	switch me := authz.Actor(ctx); {
	case l.OwnerID != me && me != 0:
		return errs.Bad("owner_id", "Everybody writes their own log.")
	case l.OnDay.After(s.Today(ctx)):
		return errs.Bad("on_day", "This day is still to come.")
	}
	twice, err := s.Store.Find(authz.System(ctx, "daily log"), record.Where("owner_id", record.Eq, l.OwnerID).And("on_day", record.Eq, l.OnDay))
	if err != nil {
		return err
	}
	if len(twice) > 0 {
		return errs.Bad("on_day", "There is a log of this day already: {0}.", twice[0].No)
	}
	did, n, err := s.Drafted(ctx, l.OwnerID, l.OnDay)
	if err != nil {
		return err
	}
	if l.DayCounts = n; l.Did == "" {
		l.Did = did
	}
	return nil
}

// redraft writes the draft anew from what is known of the day now.
func (s *WorkLogs) redraft(ctx context.Context, l *WorkLog) (err error) {
	l.Did, l.DayCounts, err = s.Drafted(ctx, l.OwnerID, l.OnDay)
	return err
}

// submit counts the day once more; the text stays as its author left it.
func (s *WorkLogs) submit(ctx context.Context, l *WorkLog) (err error) {
	if authz.Actor(ctx) != l.OwnerID {
		return errs.New(errs.Forbidden, "Everybody writes their own log.")
	}
	_, l.DayCounts, err = s.Drafted(ctx, l.OwnerID, l.OnDay)
	return err
}

type answerIn struct{ Answer string }

// acknowledge notes what the head answers; nobody answers their own log.
func (s *WorkLogs) acknowledge(ctx context.Context, l *WorkLog, in *answerIn) error {
	if authz.Actor(ctx) == l.OwnerID {
		return errs.New(errs.Forbidden, "Somebody else reads your log.")
	}
	l.Answer = in.Answer
	return nil
}

// Declare returns the document type of the daily log.
func (s *WorkLogs) Declare() *resource.Type[WorkLog] {
	s.Type = &resource.Type[WorkLog]{
		Name: "crm.work_log", Label: "Daily log", Plural: "Daily logs", Icon: "clipboard-list", Number: "WL-{yyyy}-{00000}", Store: s.Store, Check: s.check,
		Title: func(l *WorkLog) string { return l.OnDay.String() }, Day: func(l *WorkLog) date.Date { return l.OnDay },
		Default: func(ctx context.Context, l *WorkLog) error { l.OnDay = s.Today(ctx); return nil },
		Fields: resource.Fields[WorkLog]{
			resource.Date("on_day", "Day", func(l *WorkLog) *date.Date { return &l.OnDay }).Required().InList().Filter(),
			resource.LongText("did", "What I did", func(l *WorkLog) *string { return &l.Did }).Limit(8000).Hint("Empty: drafted from your follow-ups, the quotes and moves of your customers and the needs you recorded that day. Change it as you like."),
			resource.LongText("plan", "Plan for the next day", func(l *WorkLog) *string { return &l.Plan }).Limit(4000),
			resource.LongText("problem", "Problems and help needed", func(l *WorkLog) *string { return &l.Problem }).Limit(4000),
			resource.LongText("answer", "Answer of the head", func(l *WorkLog) *string { return &l.Answer }).ReadOnly(),
			resource.Int("contacts", "Follow-ups held", func(l *WorkLog) *int { return &l.Contacts }).ReadOnly().InList(),
			resource.Int("visits", "Visits", func(l *WorkLog) *int { return &l.Visits }).ReadOnly().InList(),
			resource.Int("deciders", "Decision makers met", func(l *WorkLog) *int { return &l.Deciders }).ReadOnly().InList(),
			resource.Int("moved_up", "Moved to a later state", func(l *WorkLog) *int { return &l.MovedUp }).ReadOnly().InList(),
			resource.Int("quotes", "Quotes sent", func(l *WorkLog) *int { return &l.Quotes }).ReadOnly().InList(),
		},
		Process: resource.Process(func(l *WorkLog) *WorkLogStage { return &l.Stage },
			[]resource.Stage[WorkLogStage]{
				{Key: LogDraft, Label: "Draft", Owner: "ltc.rep", Class: process.Draft, Limit: 16 * time.Hour, Help: "Look through the draft, add plan and problems, hand it in."},
				{Key: LogSubmitted, Label: "Handed in", Owner: "ltc.manager", Class: process.Open, Limit: 16 * time.Hour, Locked: true, Help: "Read it; answer where help is needed."},
				{Key: LogRead, Label: "Read by the head", End: true, Class: process.Done},
			},
			[]resource.Move[WorkLog, WorkLogStage]{
				{Name: "redraft", Label: "Draft anew", From: resource.From(LogDraft), Do: resource.Do(s.redraft)},
				{Name: "submit", Label: "Hand in", From: resource.From(LogDraft), To: LogSubmitted, Do: resource.Do(s.submit)},
				{Name: "acknowledge", Label: "Mark as read", From: resource.From(LogSubmitted), To: LogRead, Do: resource.Ask(resource.Fields[answerIn]{resource.LongText("answer", "Answer", func(in *answerIn) *string { return &in.Answer }).Limit(4000)}, s.acknowledge)},
			}),
	}
	return s.Type
}
