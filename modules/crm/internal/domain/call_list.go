package domain

import (
	"context"
	"time"

	"meridian/modules/crm"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// CallListStage is the state of a call list.
type CallListStage string

// The stages of a call list.
const (
	CallsDraft     CallListStage = "draft"
	CallsRunning   CallListStage = "running"
	CallsDone      CallListStage = "done"
	CallsCancelled CallListStage = "cancelled"
)

// CallList has the customers of a segment called, each by one person (CRM-04, inside sales).
type CallList struct {
	record.Base
	Stage     CallListStage
	Name      string
	SegmentID int64
	Script    string
	UntilOn   date.Date
	Calls     int
	Callers   []Caller `gorm:"-"`
}

// Caller is somebody who calls.
type Caller struct {
	record.Line
	UserID int64
}

// Call is one customer of a list. A call without outcome waits.
type Call struct {
	ID, ListID, CallerID int64
	CustomerID           crm.CustomerID
	Tries                int
	DueOn                date.Date
}

// CallBook keeps the calls of the lists. Package store implements it.
type CallBook interface {
	// Deal gives the members of the segment to the callers in turn, shows them the customers
	// and their people, and returns how many there are.
	Deal(ctx context.Context, l *CallList, callers []int64, today date.Date) (int, error)
	// Waiting locks a call of a caller that waits. NotFound when it does not.
	Waiting(ctx context.Context, call, caller int64) (*Call, error)
	// Put off notes a try that reached nobody, or a day to call back.
	PutOff(ctx context.Context, call int64, tries int, due date.Date) error
	// End closes a call.
	End(ctx context.Context, call int64, tries int, outcome string) error
	// Close ends the calls of a list that wait, and hides what was shown for it.
	Close(ctx context.Context, list int64) error
}

// CallLists is the service behind the call lists.
type CallLists struct {
	Store     record.Store[CallList]
	Type      *resource.Type[CallList]
	Book      CallBook
	Followups *Followups
	Active    func(user int64) bool
	Today     func(ctx context.Context) date.Date
}

// maxTries is after how many calls without answer a customer is given up.
const maxTries = 3

// CallOutcomes are what may come of a call.
var CallOutcomes = []resource.Option{{Value: "reached", Label: "Reached"}, {Value: "qualified", Label: "Qualified"}, {Value: "call_back", Label: "Call back"}, {Value: "no_answer", Label: "No answer"}, {Value: "not_interested", Label: "Not interested"}, {Value: "wrong_number", Label: "Wrong number"}}

// Said is what a caller writes down.
type Said struct {
	Call      int64
	Outcome   string
	Note      string
	ContactID *int64
	NextStep  string
	NextOn    date.Date
}

// Declare returns the document type of the call list.
func (s *CallLists) Declare() *resource.Type[CallList] {
	s.Type = &resource.Type[CallList]{
		Name: "crm.call_list", Label: "Call list", Plural: "Call lists", Icon: "phone", Number: "CL-{yyyy}-{000}", Store: s.Store, Check: s.check,
		Title: func(l *CallList) string { return l.Name },
		Fields: resource.Fields[CallList]{
			resource.Text("name", "Name", func(l *CallList) *string { return &l.Name }).Required().InList().Search(),
			resource.Ref("segment_id", "Segment", func(l *CallList) *int64 { return &l.SegmentID }, "crm.segment").Required().InList().Filter().Source().Hint("Its members at the start are called."),
			resource.Date("until_on", "Until", func(l *CallList) *date.Date { return &l.UntilOn }).InList().Filter(),
			resource.LongText("script", "Script", func(l *CallList) *string { return &l.Script }).Limit(8000).Hint("What to say and to ask, and the answers to what customers usually ask."),
			resource.Lines("callers", "Callers", func(l *CallList) *[]Caller { return &l.Callers }, resource.Fields[Caller]{
				resource.Ref("user_id", "Person", func(c *Caller) *int64 { return &c.UserID }, "core.user").Required(),
			}).Hint("They see the customers they call until the list ends."),
			resource.Int("calls", "Customers", func(l *CallList) *int { return &l.Calls }).ReadOnly().InList(),
		},
		Process: resource.Process(func(l *CallList) *CallListStage { return &l.Stage },
			[]resource.Stage[CallListStage]{
				{Key: CallsDraft, Label: "Draft", Owner: "ltc.manager", Class: process.Draft, Help: "Choose the segment, write the script, name who calls."},
				{Key: CallsRunning, Label: "Being called", Owner: "ltc.manager", Wait: true, Class: process.Open, Locked: true, Help: "The callers work through their customers; the progress shows how far they are."},
				{Key: CallsDone, Label: "Finished", End: true, Class: process.Done},
				{Key: CallsCancelled, Label: "Cancelled", End: true, Class: process.Cancelled},
			},
			[]resource.Move[CallList, CallListStage]{
				{Name: "start", Label: "Start", From: resource.From(CallsDraft), To: CallsRunning, Do: resource.Do(s.start)},
				{Name: "finish", Label: "Finish", From: resource.From(CallsRunning), To: CallsDone, Do: resource.Do(s.end)},
				{Name: "cancel", Label: "Cancel", From: resource.From(CallsDraft, CallsRunning), To: CallsCancelled, Reason: true, Deviation: true, Do: resource.Do(s.end)},
			}),
	}
	return s.Type
}

func (s *CallLists) check(_ context.Context, l *CallList) error {
	seen := map[int64]bool{}
	for _, c := range l.Callers {
		if seen[c.UserID] {
			return errs.Bad("callers", "A person stands here once.")
		}
		seen[c.UserID] = true
	}
	return nil
}

func (s *CallLists) start(ctx context.Context, l *CallList) error {
	var callers []int64
	for _, c := range l.Callers {
		if s.Active(c.UserID) {
			callers = append(callers, c.UserID)
		}
	}
	if len(callers) == 0 {
		return errs.New(errs.Precondition, "Name somebody who calls.")
	}
	n, err := s.Book.Deal(ctx, l, callers, s.Today(ctx))
	if err != nil {
		return err
	}
	if n == 0 {
		return errs.New(errs.Precondition, "The segment has no members.")
	}
	l.Calls = n
	return nil
}

func (s *CallLists) end(ctx context.Context, l *CallList) error { return s.Book.Close(ctx, l.ID) }

// Say writes down what came of a call, under the rights of the caller: who was reached, or
// is wrong, becomes a follow-up with its result. Of two who say it at once one is heard.
func (s *CallLists) Say(ctx context.Context, caller int64, in *Said) error {
	return s.Followups.Customers.Tx(ctx, func(ctx context.Context) error {
		c, err := s.Book.Waiting(ctx, in.Call, caller)
		if err != nil {
			return err
		}
		today := s.Today(ctx)
		switch in.Outcome {
		case "no_answer":
			if c.Tries+1 >= maxTries {
				return s.Book.End(ctx, c.ID, c.Tries+1, in.Outcome)
			}
			return s.Book.PutOff(ctx, c.ID, c.Tries+1, today.AddDays(1))
		case "call_back":
			if in.NextOn.IsZero() || in.NextOn.Before(today) {
				return errs.Bad("next_on", "Say on which day to call again.")
			}
			return s.Book.PutOff(ctx, c.ID, c.Tries, in.NextOn)
		}
		if err := s.write(ctx, caller, c, in); err != nil {
			return err
		}
		return s.Book.End(ctx, c.ID, c.Tries+1, in.Outcome)
	})
}

// write makes the follow-up of a call.
func (s *CallLists) write(ctx context.Context, caller int64, c *Call, in *Said) error {
	wrong := in.Outcome == "wrong_number"
	switch {
	case in.Outcome == "qualified" && (in.NextStep == "" || in.NextOn.IsZero()):
		return errs.Bad("next_step", "Say what comes next and when.")
	case wrong && in.ContactID == nil:
		return errs.Bad("contact_id", "Say whose number is wrong.")
	case in.Note == "" && !wrong:
		return errs.Bad("note", "Write down what was said.")
	}
	l, err := s.Store.Get(ctx, c.ListID)
	if err != nil {
		return err
	}
	f := &Followup{CustomerID: c.CustomerID, ContactID: in.ContactID, Channel: "call", PlannedOn: s.Today(ctx), Subject: l.Name}
	f.OwnerID = caller
	if err := s.Followups.Type.Create(ctx, f, s.Type.Ref(l.ID)); err != nil {
		return err
	}
	said := resource.Values{"conclusion": in.Note, "closed": "true"}
	if in.NextStep != "" && !in.NextOn.IsZero() {
		said = resource.Values{"conclusion": in.Note, "next_step": in.NextStep, "next_on": in.NextOn.String()}
	}
	if wrong {
		said["wrong"], said["conclusion"] = "true", "–"
		if in.Note != "" {
			said["conclusion"] = in.Note
		}
	}
	return s.Followups.Type.Fire(ctx, f.ID, "hold", said)
}

// CallProgress is how far a caller is with a list.
type CallProgress struct {
	CallerID                                                               int64
	All, Waiting, Reached, Qualified, NotInterested, Wrong, GivenUp, Tries int64
}

// CallTask is the next call of somebody.
type CallTask struct {
	ID, ListID, CustomerID         int64
	List, Customer, No, Script     string
	Tries                          int
	DueOn                          date.Date
	LastConclusion, NextStep, Need string
	LastTouchAt                    *time.Time
}
