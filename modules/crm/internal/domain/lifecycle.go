package domain

import (
	"context"
	"fmt"

	"meridian/modules/crm"
	"meridian/platform/errs"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// rank is the order of the life cycle; side states have none.
var rank = map[crm.Lifecycle]int{crm.ToIdentify: 1, crm.Target: 2, crm.Potential: 3, crm.Opportunity: 4, crm.Signed: 5, crm.User: 6, crm.Satisfied: 7}

// Ladder is the life cycle from the first state to the last.
var Ladder = []crm.Lifecycle{crm.ToIdentify, crm.Target, crm.Potential, crm.Opportunity, crm.Signed, crm.User, crm.Satisfied}

// moveTo names the move that leads to a stage from the start and from the side states.
var moveTo = map[crm.Lifecycle]string{crm.Target: "identify", crm.Potential: "nurture", crm.Opportunity: "to_opportunity", crm.Signed: "to_signed", crm.User: "to_user",
	crm.Satisfied: "to_satisfied", crm.Dormant: "rest", crm.AtRisk: "endanger", crm.Lost: "lose"}

// LifecycleLog is the history of every move, and the deals a customer has open.
type LifecycleLog interface {
	// Before returns the last stage of the ladder a customer stood in, "" when it never
	// stood in another.
	Before(ctx context.Context, id int64) (crm.Lifecycle, error)
	// Reached reports whether a customer ever stood in stage.
	Reached(ctx context.Context, id int64, stage crm.Lifecycle) (bool, error)
	// OpenDeal notes a deal of a customer; CloseDeal ends it and returns how many are left.
	OpenDeal(ctx context.Context, id int64, deal trace.Ref) error
	CloseDeal(ctx context.Context, id int64, deal trace.Ref) (left int, err error)
}

// Advance implements crm.Customers. Of several documents that advance a customer at
// once, each finds it where the one before has left it. A customer at rest or at risk
// comes back to where it stood, or to where the document brings it.
func (s *Customers) Advance(ctx context.Context, id crm.CustomerID, to crm.Lifecycle, cause trace.Ref) error {
	c, err := s.Resolve(ctx, id)
	if err != nil {
		return fmt.Errorf("customer %d: %w", id, err)
	}
	if to == crm.Opportunity && cause.Type == "ltc.opportunity" {
		if err := s.Log.OpenDeal(ctx, c.ID, cause); err != nil {
			return err
		}
	}
	if rank[c.Stage] >= rank[to] { // most calls end here, without a lock
		return nil
	}
	if c.Stage == crm.Dormant || c.Stage == crm.AtRisk {
		before, err := s.Log.Before(ctx, c.ID)
		if err != nil {
			return err
		}
		if rank[before] > rank[to] {
			to = before
		}
	}
	return s.fire(ctx, c.ID, to, cause.String(), cause, func(c *Customer) bool { return rank[c.Stage] < rank[to] })
}

// fire moves a customer to a stage when want says so of it, and tells the others.
func (s *Customers) fire(ctx context.Context, id int64, to crm.Lifecycle, reason string, cause trace.Ref, want func(c *Customer) bool) error {
	var from crm.Lifecycle
	moved, err := s.Type.FireIf(ctx, id, moveTo[to], resource.Values{"reason": reason}, func(c *Customer) bool {
		from = c.Stage
		return want(c)
	})
	if err != nil {
		return fmt.Errorf("move customer %d to %s: %w", id, to, err)
	}
	if !moved {
		return nil
	}
	return s.Bus.Publish(ctx, crm.LifecycleChanged{ID: crm.CustomerID(id), From: from, To: to, Cause: cause})
}

// Revive brings a customer back from rest or risk to the stage it stood in.
func (s *Customers) Revive(ctx context.Context, id int64, cause trace.Ref) error {
	before, err := s.Log.Before(ctx, id)
	if err != nil {
		return err
	}
	if rank[before] < rank[crm.Target] {
		before = crm.Target
	}
	return s.fire(ctx, id, before, cause.String(), cause, func(c *Customer) bool { return c.Stage == crm.Dormant || c.Stage == crm.AtRisk })
}

// Wake brings a dormant customer back once it was contacted; one at risk waits for
// what comes of its risk case.
func (s *Customers) Wake(ctx context.Context, id crm.CustomerID, cause trace.Ref) error {
	c, err := s.Store.Get(ctx, int64(id))
	if err != nil || c.Stage != crm.Dormant {
		return err
	}
	return s.Revive(ctx, c.ID, cause)
}

// DealEnded ends a deal; when it was the last open one, was not won and the customer
// never signed anything, the customer is nurtured again.
func (s *Customers) DealEnded(ctx context.Context, id crm.CustomerID, deal trace.Ref, won bool) error {
	c, err := s.Resolve(ctx, id)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	left, err := s.Log.CloseDeal(ctx, c.ID, deal)
	if err != nil || won || left > 0 || c.Stage != crm.Opportunity {
		return err
	}
	signed, err := s.Log.Reached(ctx, c.ID, crm.Signed)
	if err != nil || signed {
		return err
	}
	moved, err := s.Type.FireIf(ctx, c.ID, "cool", resource.Values{"reason": deal.String()}, func(c *Customer) bool { return c.Stage == crm.Opportunity })
	if err != nil || !moved {
		return err
	}
	return s.Bus.Publish(ctx, crm.LifecycleChanged{ID: crm.CustomerID(c.ID), From: crm.Opportunity, To: crm.Potential, Cause: deal})
}

// enter refuses a stage by hand while a field that stage requires is empty (CRM-02).
func (s *Customers) enter(to crm.Lifecycle) *resource.Effect[Customer] {
	return resource.Do(func(ctx context.Context, c *Customer) error {
		gaps, err := s.Standards.Gaps(ctx, c.CompanyID, c.ID, to)
		if err != nil {
			return err
		}
		var bad []errs.Field
		for _, g := range gaps {
			if g.Required {
				bad = append(bad, errs.Field{Name: g.Field, Message: "{0} is required from this stage on.", Args: []any{FieldLabel(g.Field)}})
			}
		}
		if e := errs.Join(bad); e != nil {
			return e
		}
		return nil
	})
}
