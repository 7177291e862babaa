package domain

import (
	"context"
	"fmt"
	"slices"

	"meridian/modules/crm"
	"meridian/platform/authz"
	"meridian/platform/errs"
)

// checkPartner keeps a person with one partner: what somebody sees must have one owner.
func (s *Partners) checkPartner(ctx context.Context, p *Partner) error {
	for _, u := range p.people() {
		other, err := s.People.PartnerOf(ctx, u)
		if err != nil {
			return err
		}
		if other != 0 && other != p.ID {
			field := "users"
			if u == p.LoginID {
				field = "login_id"
			}
			return errs.Bad(field, "{0} signs in for another partner already.", s.Customers.Authz.Directory().Name(u))
		}
	}
	return nil
}

// savedPartner shows the partner's documents to people who joined it and takes them away
// from those who left.
func (s *Partners) savedPartner(ctx context.Context, p, before *Partner) error {
	if before == nil || p.Stage != PartnerActive {
		return nil
	}
	now, then := p.people(), before.people()
	for _, u := range now {
		if !slices.Contains(then, u) {
			if err := s.open(ctx, p.ID, u); err != nil {
				return err
			}
		}
	}
	for _, u := range then {
		if !slices.Contains(now, u) {
			if err := s.shut(ctx, p.ID, u); err != nil {
				return err
			}
		}
	}
	return nil
}

// certify lets the people of a partner see its record, and gives it a customer record:
// deals and commissions name it by that.
func (s *Partners) certify(ctx context.Context, p *Partner) error {
	if p.CustomerID == nil {
		id, _, err := s.Customers.Ensure(authz.System(ctx, "record of a partner"), crm.NewCustomer{Name: p.Name, Source: "partner", Owner: p.OwnerID}, s.Type.Ref(p.ID))
		if err != nil {
			return fmt.Errorf("customer record of partner %s: %w", p.No, err)
		}
		n := int64(id)
		p.CustomerID = &n
	}
	for _, u := range p.people() {
		if err := s.open(ctx, p.ID, u); err != nil {
			return err
		}
	}
	return nil
}

// open shows a person the partner's record and its registrations.
func (s *Partners) open(ctx context.Context, partner, user int64) error {
	return s.each(ctx, partner, func(typ string, id int64) error { return s.Portfolio.Show(ctx, typ, id, user) })
}

// shut is the opposite of open.
func (s *Partners) shut(ctx context.Context, partner, user int64) error {
	return s.each(ctx, partner, func(typ string, id int64) error { return s.People.Hide(ctx, typ, id, user) })
}

func (s *Partners) each(ctx context.Context, partner int64, fn func(typ string, id int64) error) error {
	list, err := s.People.Registered(ctx, partner)
	if err != nil {
		return err
	}
	for _, id := range list {
		if err := fn("crm.deal_registration", id); err != nil {
			return err
		}
	}
	return fn("crm.partner", partner)
}

// savedRegistration shows a new registration to the colleagues of who made it.
func (s *Partners) savedRegistration(ctx context.Context, r, before *Registration) error {
	if before != nil {
		return nil
	}
	p, err := s.Store.Get(authz.System(ctx, "people of a partner"), r.PartnerID)
	if err != nil {
		return err
	}
	for _, u := range p.people() {
		if u == r.OwnerID {
			continue
		}
		if err := s.Portfolio.Show(ctx, "crm.deal_registration", r.ID, u); err != nil {
			return err
		}
	}
	return nil
}

// Partner implements crm.Partners.
func (s *Partners) Partner(ctx context.Context, id crm.PartnerID) (crm.Partner, error) {
	p, err := s.Store.Get(authz.System(ctx, "partner"), int64(id))
	if err != nil {
		return crm.Partner{}, fmt.Errorf("partner %d: %w", id, err)
	}
	out := crm.Partner{ID: id, No: p.No, Name: p.Name, Owner: p.OwnerID, Users: p.people(), Active: p.Stage == PartnerActive}
	if p.CustomerID != nil {
		out.Customer = crm.CustomerID(*p.CustomerID)
	}
	return out, nil
}

// PartnerOf implements crm.Partners.
func (s *Partners) PartnerOf(ctx context.Context, user int64) (crm.Partner, bool, error) {
	id, err := s.People.PartnerOf(ctx, user)
	if err != nil || id == 0 {
		return crm.Partner{}, false, err
	}
	p, err := s.Partner(ctx, crm.PartnerID(id))
	return p, err == nil, err
}
