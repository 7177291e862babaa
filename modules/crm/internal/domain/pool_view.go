package domain

import (
	"context"

	"meridian/modules/crm"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/record"
)

// PoolViews counts which customers of a pool people open, and keeps the people of such a
// customer out of sight.
type PoolViews interface {
	// View notes that a person opens a customer of a pool on a day; ok is false, and nothing
	// is noted, when that would be one more different customer than top (0 = any).
	View(ctx context.Context, user, pool, customer int64, day date.Date, top int) (ok bool, err error)
	// HideContacts leaves the people of a customer to nobody.
	HideContacts(ctx context.Context, customer int64) error
	// ShowContacts gives the people of customers to their owners.
	ShowContacts(ctx context.Context, customers ...int64) error
}

// Waits reports whether the customer stands in a pool and has no owner.
func (c *Customer) Waits() bool { return c.PoolID != nil && c.OwnerID == 0 && c.ArchivedAt == nil }

// conceal takes away how a customer is reached: who claims it learns it.
func (c *Customer) conceal() { c.Phone, c.Email, c.Website, c.Address = "", "", "", "" }

// Open shows a customer of a pool to somebody who may claim it, without its contact
// details, and counts it against the views of the day. Errors: NotFound for customers that
// wait in no pool of the reader, Precondition beyond the limit.
func (s *Pools) Open(ctx context.Context, id int64) (*Customer, *Pool, error) {
	who, _ := authz.Of(ctx)
	sys := authz.System(ctx, "customer of a pool")
	c, err := s.Customers.Store.Get(sys, id)
	if err != nil {
		return nil, nil, err
	}
	if c.CompanyID != who.Company || !c.Waits() {
		return nil, nil, errs.Missing()
	}
	p, err := s.Store.Get(sys, *c.PoolID)
	if err != nil {
		return nil, nil, err
	}
	if !s.gives(ctx) && !p.Covers(who.Dept, s.Customers.Authz.Directory().Subtree) {
		return nil, nil, errs.Missing()
	}
	if err := s.look(ctx, p, c); err != nil {
		return nil, nil, err
	}
	c.conceal()
	return c, p, nil
}

// gives reports whether the reader gives customers out: then there is nothing to hide.
func (s *Pools) gives(ctx context.Context) bool {
	return s.Customers.Authz.Can(ctx, "crm.public_pool", "allocate")
}

// claims reports whether the reader sees a customer as one of those who may claim it.
func (s *Pools) claims(ctx context.Context, c *Customer) bool {
	return c.Waits() && !authz.IsSystem(ctx) && s.Customers.Authz.Can(ctx, "crm.public_pool", "claim") && !s.gives(ctx)
}

// look counts one view, unless the reader gives customers out.
func (s *Pools) look(ctx context.Context, p *Pool, c *Customer) error {
	if s.gives(ctx) {
		return nil
	}
	who, _ := authz.Of(ctx)
	return s.Customers.Tx(ctx, func(ctx context.Context) error {
		if err := s.Book.Hold(ctx, who.User); err != nil {
			return err
		}
		ok, err := s.Views.View(ctx, who.User, p.ID, c.ID, date.Of(s.Customers.Now().In(s.Location(ctx))), p.ViewPerDay)
		if err == nil && !ok {
			err = errs.New(errs.Precondition, "You have opened {0} customers of this pool today; that is the limit.", p.ViewPerDay)
		}
		return err
	})
}

// Guard is the store by which people read customers: a reader whose rows reach a customer
// of a pool, but who may only claim it, sees it as the pool shows it.
func (s *Pools) Guard(st record.Store[Customer]) record.Store[Customer] { return &poolGuard{st, s} }

type poolGuard struct {
	record.Store[Customer]
	pools *Pools
}

// Get counts a view of the day and hides the contact details.
func (g *poolGuard) Get(ctx context.Context, id int64) (*Customer, error) {
	c, err := g.Store.Get(ctx, id)
	if err != nil || !g.pools.claims(ctx, c) {
		return c, err
	}
	p, err := g.pools.Store.Get(authz.System(ctx, "customer of a pool"), *c.PoolID)
	if err != nil {
		return nil, err
	}
	if err := g.pools.look(ctx, p, c); err != nil {
		return nil, err
	}
	c.conceal()
	return c, nil
}

// Find hides the contact details.
func (g *poolGuard) Find(ctx context.Context, q record.Query) ([]Customer, error) {
	list, err := g.Store.Find(ctx, q)
	return g.hide(ctx, list), err
}

// Many hides the contact details.
func (g *poolGuard) Many(ctx context.Context, ids []int64) ([]Customer, error) {
	list, err := g.Store.Many(ctx, ids)
	return g.hide(ctx, list), err
}

func (g *poolGuard) hide(ctx context.Context, list []Customer) []Customer {
	for i := range list {
		if g.pools.claims(ctx, &list[i]) {
			list[i].conceal()
		}
	}
	return list
}

// moved keeps the people of a customer with whoever has it: nobody, in a pool.
func (s *Pools) moved(ctx context.Context, c, before *Customer) error {
	switch {
	case before == nil || c.Waits() == before.Waits():
		return nil
	case c.Waits():
		return s.Views.HideContacts(ctx, c.ID)
	case c.OwnerID != 0:
		if all, ok := ctx.Value(together{}).(*changedTogether); ok {
			all.taken = append(all.taken, c.ID)
			return nil
		}
		return s.Views.ShowContacts(ctx, c.ID)
	}
	return nil
}

// TermBook keeps the contracts of customers.
type TermBook interface {
	// KeepTerm notes a contract; the same one again replaces it.
	KeepTerm(ctx context.Context, t crm.ContractTerm) error
}

// Terms implements crm.Terms.
type Terms struct{ Book TermBook }

// Signed implements crm.Terms.
func (s *Terms) Signed(ctx context.Context, t crm.ContractTerm) error { return s.Book.KeepTerm(ctx, t) }
