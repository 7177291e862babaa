package domain

import (
	"context"
	"fmt"
	"strings"
	"time"

	"meridian/modules/crm"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// TransferStage is the state of a transfer order.
type TransferStage string

// The stages of a transfer order.
const (
	TransferDraft      TransferStage = "draft"
	TransferHandedOver TransferStage = "handed_over" // approved; waits for the receiver
	TransferExecuted   TransferStage = "executed"
	TransferRejected   TransferStage = "rejected"
	TransferCancelled  TransferStage = "cancelled"
)

// Transfer moves customers for good from one person to another, once the receiver has
// accepted the hand-over sheet. A short absence is a deputy, not a transfer.
type Transfer struct {
	record.Base
	Stage      TransferStage
	FromUser   int64
	ToUser     int64
	Cause      string // leave, reorganisation, load
	Sheet      string // what the receiver must know
	OpenIssues string
	Frozen     string         // what was handed over, as it stood
	Moved      int            // customers
	Lines      []TransferLine `gorm:"-"`
}

// TransferLine is one customer; an order without lines moves all of them.
type TransferLine struct {
	record.Line
	CustomerID crm.CustomerID
}

// Portfolio reads and moves what a person holds.
type Portfolio interface {
	// CustomersOf lists the live customers of a person, those in only if it is not nil.
	CustomersOf(ctx context.Context, user int64, only []int64) ([]HeldCustomer, error)
	// MoveChildren gives contacts and open follow-ups of a customer to another owner.
	MoveChildren(ctx context.Context, customer, from, to int64) error
	// Show lets a person read a document that is somebody else's.
	Show(ctx context.Context, typ string, id, user int64) error
}

// Work is what people hold over all modules; the registry of document types answers.
type Work interface {
	// Held counts the open documents a person owns, by type.
	Held(ctx context.Context, user int64) ([]resource.Holding, error)
	// Reassign gives the open documents of types that belong to from and meet where to
	// another owner.
	Reassign(ctx context.Context, from, to int64, types []string, where ...record.Cond) error
}

// followers are the documents of CRM that are work with one customer.
var followers = []string{"crm.followup", "crm.need", "crm.risk_case", "crm.care_task"}

// handed lets the open work follow a customer that has a new owner: ours at once, that of
// the other modules by the event. Into a pool nothing goes along: what is open there was
// refused before, and a lead needs somebody.
func (s *Customers) handed(ctx context.Context, e crm.OwnershipChanged) error {
	if err := e.Follow(ctx, s.Work.Reassign, followers...); err != nil {
		return err
	}
	return s.Bus.Publish(ctx, e)
}

// HeldCustomer is a customer as the frozen copy lists it.
type HeldCustomer struct {
	ID        int64
	No, Name  string
	Stage     crm.Lifecycle
	Next      string // the next follow-up
	Followups int64
}

// Transfers is the service behind the transfer order.
type Transfers struct {
	Store     record.Store[Transfer]
	Type      *resource.Type[Transfer]
	Portfolio Portfolio
	Customers *Customers
	Book      PoolBook
	Notify    func(ctx context.Context, n process.Notice) error
}

// handOver freezes what is handed over and shows it to the receiver.
func (s *Transfers) handOver(ctx context.Context, t *Transfer) error {
	list, err := s.items(ctx, t)
	if err != nil {
		return err
	}
	var rest []resource.Holding
	if t.everything() {
		if rest, err = s.Customers.Work.Held(ctx, t.FromUser); err != nil {
			return err
		}
	}
	if len(list) == 0 && len(rest) == 0 {
		return errs.New(errs.Precondition, "There is nothing to hand over.")
	}
	var b strings.Builder
	for _, c := range list {
		fmt.Fprintf(&b, "%s %s · %s · %d · %s\n", c.No, c.Name, c.Stage, c.Followups, c.Next)
	}
	for _, h := range rest {
		fmt.Fprintf(&b, "%s: %d\n", h.Plural, h.N)
	}
	t.Frozen = errs.Clip(b.String(), 19000)
	if err := s.Portfolio.Show(ctx, "crm.transfer", t.ID, t.ToUser); err != nil {
		return err
	}
	return s.Notify(ctx, process.Notice{Users: []int64{t.ToUser}, Kind: "handover", Message: "{0} was handed over to you; please accept it.", Args: []any{t.No}, Object: s.Type.Ref(t.ID)})
}

func (s *Transfers) items(ctx context.Context, t *Transfer) ([]HeldCustomer, error) {
	var only []int64
	for _, l := range t.Lines {
		only = append(only, int64(l.CustomerID))
	}
	return s.Portfolio.CustomersOf(ctx, t.FromUser, only)
}

// acceptance is what the receiver confirms.
type acceptance struct{ BaseData, History, Issues, Needs bool }

func acceptForm() resource.Fields[acceptance] {
	return resource.Fields[acceptance]{
		resource.Bool("base_data", "Base data is complete", func(a *acceptance) *bool { return &a.BaseData }),
		resource.Bool("history", "The history of follow-ups is there", func(a *acceptance) *bool { return &a.History }),
		resource.Bool("issues", "Open issues are written down", func(a *acceptance) *bool { return &a.Issues }),
		resource.Bool("needs", "The needs of the customers are known", func(a *acceptance) *bool { return &a.Needs }),
	}
}

// accept moves the customers: only the receiver takes them over, and only with every
// point of the check list confirmed.
func (s *Transfers) accept(ctx context.Context, t *Transfer, in *acceptance) error {
	if authz.Actor(ctx) != t.ToUser {
		return errs.New(errs.Forbidden, "Only the receiver accepts a hand-over.")
	}
	if !in.BaseData || !in.History || !in.Issues || !in.Needs {
		return errs.Bad("base_data", "Confirm every point, or reject with what is missing.")
	}
	list, err := s.items(ctx, t)
	if err != nil {
		return err
	}
	if err := s.Book.Because(ctx, "transfer", t.No); err != nil {
		return err
	}
	for _, c := range list {
		if _, err := s.Customers.Type.Update(ctx, c.ID, func(c *Customer) error { c.OwnerID = t.ToUser; return nil }); err != nil {
			return fmt.Errorf("transfer customer %d: %w", c.ID, err)
		}
		if err := s.Customers.handed(ctx, crm.OwnershipChanged{Customer: crm.CustomerID(c.ID), From: t.FromUser, To: t.ToUser, How: "transfer", Reason: t.No}); err != nil {
			return err
		}
		if err := s.Portfolio.MoveChildren(ctx, c.ID, t.FromUser, t.ToUser); err != nil { // people and history
			return err
		}
	}
	t.Moved = len(list)
	if !t.everything() {
		return nil
	}
	return s.moveRest(ctx, t)
}

// everything reports whether the giver leaves: then what belongs to no customer moves too.
func (t *Transfer) everything() bool { return t.Cause == "leave" && len(t.Lines) == 0 }

// moveRest moves the other open documents of somebody who leaves.
func (s *Transfers) moveRest(ctx context.Context, t *Transfer) error {
	held, err := s.Customers.Work.Held(ctx, t.FromUser)
	if err != nil {
		return err
	}
	for _, h := range held {
		var where []record.Cond
		if h.Type == s.Type.Name { // this order ends with the move
			where = []record.Cond{{Col: "id", Op: record.Ne, Val: t.ID}}
		}
		if err := s.Customers.Work.Reassign(ctx, t.FromUser, t.ToUser, []string{h.Type}, where...); err != nil {
			return err
		}
	}
	return nil
}

type refusal struct{ Reason string }

// reject sends the order back; the work stays with the giver.
func (s *Transfers) reject(ctx context.Context, t *Transfer, in *refusal) error {
	if authz.Actor(ctx) != t.ToUser {
		return errs.New(errs.Forbidden, "Only the receiver rejects a hand-over.")
	}
	return s.Notify(ctx, process.Notice{Users: []int64{t.OwnerID, t.FromUser}, Kind: "handover", Message: "{0} was rejected: {1}", Args: []any{t.No, in.Reason}, Object: s.Type.Ref(t.ID)})
}

// Declare returns the document type of the transfer order.
func (s *Transfers) Declare() *resource.Type[Transfer] {
	s.Type = &resource.Type[Transfer]{
		Name: "crm.transfer", Label: "Transfer order", Plural: "Transfer orders", Icon: "arrows-right-left", Number: "TR-{yyyy}-{0000}", Store: s.Store,
		Check: func(_ context.Context, t *Transfer) error {
			if t.FromUser == t.ToUser && t.FromUser != 0 {
				return errs.Bad("to_user", "Giver and receiver are the same person.")
			}
			if p := s.Customers.Authz.Directory().People[t.ToUser]; p != nil && !p.Active {
				return errs.Bad("to_user", "{0} no longer works here.", p.Name)
			}
			return nil
		},
		Default: func(_ context.Context, t *Transfer) error { t.Cause = "reorganisation"; return nil },
		Fields: resource.Fields[Transfer]{
			resource.Ref("from_user", "From", func(t *Transfer) *int64 { return &t.FromUser }, "core.user").Required().InList().Filter(),
			resource.Ref("to_user", "To", func(t *Transfer) *int64 { return &t.ToUser }, "core.user").Required().InList().Filter(),
			resource.Enum("cause", "Cause", func(t *Transfer) *string { return &t.Cause }, resource.Option{Value: "leave", Label: "Leaves the company"}, resource.Option{Value: "reorganisation", Label: "Reorganisation"}, resource.Option{Value: "load", Label: "Balance of load"}).Required().InList().Filter(),
			resource.LongText("sheet", "Hand-over sheet", func(t *Transfer) *string { return &t.Sheet }).Hint("What the receiver must know of these customers."),
			resource.LongText("open_issues", "Open issues", func(t *Transfer) *string { return &t.OpenIssues }),
			resource.Lines("lines", "Customers", func(t *Transfer) *[]TransferLine { return &t.Lines }, resource.Fields[TransferLine]{
				resource.Ref("customer_id", "Customer", func(l *TransferLine) *crm.CustomerID { return &l.CustomerID }, "crm.customer").Required(),
			}).Hint("Without lines every customer of the giver moves, and of who leaves the company all other open work too."),
			resource.LongText("frozen", "Handed over as it stood", func(t *Transfer) *string { return &t.Frozen }).ReadOnly(),
			resource.Int("moved", "Customers moved", func(t *Transfer) *int { return &t.Moved }).ReadOnly().InList(),
		},
		Rules: map[string][]process.Rule{"crm.transfer": {{Label: "Every transfer", Steps: []process.Step{process.ByRole("ltc.manager")}}}},
		Process: resource.Process(func(t *Transfer) *TransferStage { return &t.Stage },
			[]resource.Stage[TransferStage]{
				{Key: TransferDraft, Label: "Draft", Owner: "ltc.rep", Class: process.Draft, Limit: 40 * time.Hour, Out: []string{"sheet"}, Help: "Write the hand-over sheet; another manager approves."},
				{Key: TransferHandedOver, Label: "Handed over", Owner: "ltc.rep", Class: process.Transit, Limit: 8 * time.Hour, Locked: true, Help: "The receiver checks and accepts, or rejects with what is missing. Until then the customers stay with the giver."},
				{Key: TransferExecuted, Label: "Executed", End: true, Class: process.Done},
				{Key: TransferRejected, Label: "Rejected", Owner: "ltc.rep", Class: process.Hold, Limit: 16 * time.Hour, Help: "Add what is missing and hand over again."},
				{Key: TransferCancelled, Label: "Cancelled", End: true, Class: process.Cancelled},
			},
			[]resource.Move[Transfer, TransferStage]{
				{Name: "submit", Label: "Submit", From: resource.From(TransferDraft), To: TransferHandedOver, Matrix: "crm.transfer", Do: resource.Do(s.handOver)},
				{Name: "resend", Label: "Hand over again", From: resource.From(TransferRejected), To: TransferHandedOver, Matrix: "crm.transfer", Do: resource.Do(s.handOver), Deviation: true},
				{Name: "accept", Label: "Accept", From: resource.From(TransferHandedOver), To: TransferExecuted, Do: resource.Ask(acceptForm(), s.accept)},
				{Name: "reject", Label: "Reject", From: resource.From(TransferHandedOver), To: TransferRejected, Reason: true, Deviation: true,
					Do: resource.Ask(resource.Fields[refusal]{resource.Text("reason", "Reason", func(r *refusal) *string { return &r.Reason }).Required()}, s.reject)},
				{Name: "cancel", Label: "Cancel", From: resource.From(TransferDraft, TransferRejected, TransferHandedOver), To: TransferCancelled, Reason: true, Deviation: true},
			}),
	}
	return s.Type
}
