package domain

import (
	"context"

	"meridian/modules/crm"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/resource"
)

// Archive takes a locked customer out of every list: a record nobody has worked on is
// deleted, any other ends as lost for a reason first. The actor needs the right to change
// it. Errors: NotFound, Forbidden, Precondition while business is open.
func (s *Customers) Archive(ctx context.Context, c *Customer, reason string) error {
	switch {
	case c.ArchivedAt != nil:
		return errs.Missing()
	case !s.Authz.Covers(ctx, "crm.customer", "update", &c.Base):
		return errs.New(errs.Forbidden, "You may see this record but not change it.")
	}
	ctx = authz.System(ctx, "data cleansing: "+reason)
	if err := s.Pools.unburdened(ctx, c.ID); err != nil {
		return err
	}
	owes, err := s.Pools.Book.Owes(ctx, c.ID)
	if err != nil {
		return err
	}
	if owes {
		return errs.New(errs.Precondition, "{0} has not paid everything; it stays.", c.No)
	}
	if c.Stage == crm.ToIdentify {
		return s.Type.DeleteRow(ctx, c.ID, c.Version)
	}
	if c.Stage != crm.Lost {
		if err := s.Type.Fire(ctx, c.ID, "lose", resource.Values{"reason": reason}); err != nil {
			return err
		}
	}
	_, err = s.Type.Update(ctx, c.ID, func(c *Customer) error {
		now := s.Now().UTC()
		c.ArchivedAt = &now
		return nil
	})
	return err
}
