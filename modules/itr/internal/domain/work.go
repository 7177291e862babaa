package domain

import (
	"context"
	"fmt"

	"meridian/modules/ipd"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// triageForm is the input of the move "triage"; what it leaves out stays as the
// case has it.
type triageForm struct {
	Impact, Urgency Level
	Category        string
	Unknown         bool
}

func triageFields() resource.Fields[triageForm] {
	return resource.Fields[triageForm]{
		resource.Enum("impact", "Impact", func(f *triageForm) *Level { return &f.Impact }, levels...),
		resource.Enum("urgency", "Urgency", func(f *triageForm) *Level { return &f.Urgency }, levels...),
		resource.Enum("category", "Category", func(f *triageForm) *string { return &f.Category }, categories...),
		resource.Bool("unknown", "The customer is not known", func(f *triageForm) *bool { return &f.Unknown }),
	}
}

// triage judges the case: who asks, how bad, what kind. The clocks get the targets
// of the priority; start and pauses stay.
func (s *Cases) triage(ctx context.Context, c *Case, in *triageForm) error {
	if in.Impact != "" {
		c.Impact = in.Impact
	}
	if in.Urgency != "" {
		c.Urgency = in.Urgency
	}
	if in.Category != "" {
		c.Category = in.Category
	}
	if c.Category == "" {
		return errs.Bad("category", "Choose the category of the issue.")
	}
	if c.CustomerID == nil && !in.Unknown {
		return errs.Bad("unknown", "Enter the customer of the case, or say that the customer is not known.")
	}
	if err := s.findOrder(ctx, c); err != nil {
		return err
	}
	c.Priority = PriorityOf(c.Impact, c.Urgency)
	return s.Clocks.retarget(ctx, c, s.Now())
}

// findOrder joins the case to the order it is about: the one entered, else the last
// order of the customer with the product.
func (s *Cases) findOrder(ctx context.Context, c *Case) error {
	if c.OrderID == nil && c.CustomerID != nil {
		product := ipd.ProductID(0)
		if c.ProductID != nil {
			product = ipd.ProductID(*c.ProductID)
		}
		o, err := s.Orders.Last(ctx, c.customer(), product)
		switch {
		case errs.Is(err, errs.NotFound):
		case err != nil:
			return fmt.Errorf("last order of the customer: %w", err)
		default:
			id := int64(o.ID)
			c.OrderID = &id
		}
	}
	if c.OrderID == nil {
		return nil
	}
	return s.Trace.Link(ctx, trace.Ref{Type: "ltc.order", ID: *c.OrderID}, s.Type.Ref(c.ID), "created")
}

// assignForm is the input of the move "assign".
type assignForm struct{ AssigneeID int64 }

func assignFields() resource.Fields[assignForm] {
	return resource.Fields[assignForm]{
		resource.Ref("assignee_id", "Assignee", func(f *assignForm) *int64 { return &f.AssigneeID }, "core.user").Hint("Left empty, the agent with the least open work gets the case."),
	}
}

// assign offers the case to a person: the one named, else the agent with the least
// open work who does not have it already.
func (s *Cases) assign(ctx context.Context, c *Case, in *assignForm) error {
	id, how := in.AssigneeID, "hand"
	if id == 0 {
		var err error
		if id, err = s.route(ctx, c); err != nil {
			return err
		}
		how = "load"
	} else if s.Desk.DeptOf(id) == 0 {
		return errs.Bad("assignee_id", "There is no such record, or you may not see it.")
	}
	load, err := s.Loads.Open(ctx, []int64{id})
	if err != nil {
		return fmt.Errorf("open work of the assignee: %w", err)
	}
	c.AssigneeID, c.AssignedHow, c.AssignedLoad = id, how, load[id]
	c.OwnerID, c.DeptID = id, s.Desk.DeptOf(id)
	if id == authz.Actor(ctx) {
		return nil
	}
	return s.Desk.Tell(ctx, id, s.Type.Ref(c.ID), "{0} was assigned to you; please accept it.", c.No+" "+c.Subject)
}

// accept takes the case into work; only the assignee can.
func (s *Cases) accept(ctx context.Context, c *Case) error {
	if authz.Actor(ctx) != c.AssigneeID {
		return errs.New(errs.Forbidden, "Only the person it was assigned to accepts a case.")
	}
	return nil
}

// waitForm is the input of the move "wait".
type waitForm struct {
	WaitingFor string
	FollowUpOn date.Date
}

func waitFields() resource.Fields[waitForm] {
	return resource.Fields[waitForm]{
		resource.Enum("waiting_for", "Waits for", func(f *waitForm) *string { return &f.WaitingFor }, waitReasons...).Required(),
		resource.Date("follow_up_on", "Follow up on", func(f *waitForm) *date.Date { return &f.FollowUpOn }).Required(),
	}
}

// wait stops the resolution clock for a coded reason; the first answer to the
// customer is never paused.
func (s *Cases) wait(ctx context.Context, c *Case, in *waitForm) error {
	c.WaitingFor, c.FollowUpOn = in.WaitingFor, in.FollowUpOn
	return s.Clocks.act(ctx, c, ClockEvent{Kind: Resolution, Act: ActPause, Reason: in.WaitingFor, At: s.Now()})
}

// resume goes on with a case that waited or was reopened.
func (s *Cases) resume(ctx context.Context, c *Case) error {
	if c.Stage == Reopened {
		return nil // its clock runs since it was reopened
	}
	c.WaitingFor, c.FollowUpOn = "", date.Date{}
	return s.Clocks.act(ctx, c, ClockEvent{Kind: Resolution, Act: ActResume, At: s.Now()})
}

// replyForm is the input of the move "reply".
type replyForm struct {
	Text     string
	Internal bool
}

func replyFields() resource.Fields[replyForm] {
	return resource.Fields[replyForm]{
		resource.LongText("text", "Text", func(f *replyForm) *string { return &f.Text }).Required(),
		resource.Bool("internal", "Internal note", func(f *replyForm) *bool { return &f.Internal }),
	}
}

// reply writes to the customer, which stops the clock of the first response, or a
// note the customer does not see, which does not.
func (s *Cases) reply(ctx context.Context, c *Case, in *replyForm) error {
	now := s.Now()
	if err := s.Messages.Add(ctx, Message{Case: c.ID, Out: true, Internal: in.Internal, Channel: c.Channel, Author: authz.Actor(ctx), Body: in.Text, At: now}); err != nil {
		return err
	}
	if in.Internal {
		return nil
	}
	return s.Clocks.act(ctx, c, ClockEvent{Kind: FirstResponse, Act: ActStop, At: now})
}

// cancel ends a case that is none: a double, spam, withdrawn.
func (s *Cases) cancel(ctx context.Context, c *Case) error {
	now := s.Now()
	return s.Clocks.act(ctx, c, ClockEvent{Kind: FirstResponse, Act: ActCancel, At: now}, ClockEvent{Kind: Resolution, Act: ActCancel, At: now})
}
