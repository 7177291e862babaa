package domain

import (
	"context"
	"fmt"
	"slices"

	"meridian/modules/crm"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/record"
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
	return s.ownRecord(ctx, p)
}

// savedPartner shows what stands with a partner to people who joined it and takes it away
// from those who left. Before certification nobody of it sees anything.
func (s *Partners) savedPartner(ctx context.Context, p, before *Partner) error {
	if before == nil || p.Stage != PartnerActive && p.Stage != PartnerSuspended {
		return nil
	}
	now, then := p.people(), before.people()
	joined := slices.DeleteFunc(slices.Clone(now), func(u int64) bool { return slices.Contains(then, u) })
	left := slices.DeleteFunc(then, func(u int64) bool { return slices.Contains(now, u) })
	return s.staffed(ctx, p, joined, left, now)
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
	if err := s.ownRecord(ctx, p); err != nil {
		return err
	}
	return s.staffed(ctx, p, p.people(), nil, nil)
}

// end takes everything away from the people of a partner.
func (s *Partners) end(ctx context.Context, p *Partner) error {
	return s.staffed(ctx, p, nil, p.people(), nil)
}

// ownRecord keeps a customer record with one partner: orders and commission are found by it.
func (s *Partners) ownRecord(ctx context.Context, p *Partner) error {
	if p.CustomerID == nil {
		return nil
	}
	other, err := s.Store.First(authz.System(ctx, "customer record of a partner"), record.Where("customer_id", record.Eq, *p.CustomerID).And("id", record.Ne, p.ID))
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("partners of customer %d: %w", *p.CustomerID, err)
	}
	return errs.Bad("customer_id", "This is the customer record of {0} already.", other.Name)
}

// staffed shows the partner's record and its registrations to people, takes them away
// from others with what those own of it, and tells who else keeps something for a partner.
func (s *Partners) staffed(ctx context.Context, p *Partner, joined, left, stay []int64) error {
	if len(joined)+len(left) == 0 {
		return nil
	}
	e := crm.PartnerPeopleChanged{Partner: crm.PartnerID(p.ID), Joined: joined, Left: left}
	if len(stay) > 0 {
		e.Heir = stay[0]
	}
	list, err := s.People.Registered(ctx, p.ID)
	if err != nil {
		return err
	}
	err = s.restaff(ctx, "crm.deal_registration", list, joined, left, func(ctx context.Context, id int64) error {
		_, err := s.RegistrationType.Update(authz.System(ctx, "registration of who left"), id, func(r *Registration) error {
			if r.OwnerID = p.OwnerID; e.Heir != 0 {
				r.OwnerID = e.Heir
			}
			return nil
		})
		return err
	})
	if err != nil {
		return err
	}
	if err := s.Funds.staffed(ctx, p, joined, left, e.Heir); err != nil {
		return err
	}
	if err := s.show(ctx, "crm.partner", p.ID, joined, left); err != nil {
		return err
	}
	return s.Customers.Bus.Publish(ctx, e)
}

// restaff shows documents of a partner to who joined it and takes them away from who left;
// give hands on what those own.
func (s *Partners) restaff(ctx context.Context, typ string, list []OwnedBy, joined, left []int64, give func(ctx context.Context, id int64) error) error {
	for _, x := range list {
		if err := s.show(ctx, typ, x.ID, joined, left); err != nil {
			return err
		}
		if !slices.Contains(left, x.OwnerID) {
			continue
		}
		if err := give(ctx, x.ID); err != nil {
			return fmt.Errorf("%s %d of who left: %w", typ, x.ID, err)
		}
	}
	return nil
}

func (s *Partners) show(ctx context.Context, typ string, id int64, joined, left []int64) error {
	for _, u := range joined {
		if err := s.Portfolio.Show(ctx, typ, id, u); err != nil {
			return err
		}
	}
	for _, u := range left {
		if err := s.People.Hide(ctx, typ, id, u); err != nil {
			return err
		}
	}
	return nil
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
	out := crm.Partner{ID: id, Name: p.Name, Owner: p.OwnerID, Users: p.people(), Active: p.Stage == PartnerActive}
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
