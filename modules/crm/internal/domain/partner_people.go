package domain

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"meridian/modules/crm"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/record"
	"meridian/platform/resource"
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

// keptType is a kind of document that stands with a partner; its people see them together.
type keptType struct {
	name string
	give func(ctx context.Context, id, owner int64) error
}

func (s *Partners) kept() []keptType {
	return []keptType{
		{s.RegistrationType.Name, giving(s.RegistrationType)},
		{s.Funds.Type.Name, giving(s.Funds.Type)},
		{s.Funds.ClaimType.Name, giving(s.Funds.ClaimType)},
	}
}

// giving gives a document of a type to another owner.
func giving[T any, PT record.Of[T]](t *resource.Type[T]) func(ctx context.Context, id, owner int64) error {
	return func(ctx context.Context, id, owner int64) error {
		_, err := t.Update(ctx, id, func(r *T) error { PT(r).Rec().OwnerID = owner; return nil })
		return err
	}
}

// staffed shows the partner's record and what stands with it to people, takes it away from
// others with what those own of it, and tells who else keeps something for a partner.
func (s *Partners) staffed(ctx context.Context, p *Partner, joined, left, stay []int64) error {
	if len(joined)+len(left) == 0 {
		return nil
	}
	e := crm.PartnerPeopleChanged{Partner: crm.PartnerID(p.ID), Joined: joined, Left: left}
	heir := p.OwnerID
	if len(stay) > 0 {
		e.Heir, heir = stay[0], stay[0]
	}
	for _, k := range s.kept() {
		list, err := s.People.Kept(ctx, k.name, p.ID)
		if err != nil {
			return err
		}
		for _, x := range list {
			if err := s.show(ctx, k.name, x.ID, joined, left); err != nil {
				return err
			}
			if !slices.Contains(left, x.OwnerID) {
				continue
			}
			if err := k.give(authz.System(ctx, "work of who left"), x.ID, heir); err != nil {
				return fmt.Errorf("%s %d of who left: %w", k.name, x.ID, err)
			}
		}
	}
	if err := s.show(ctx, s.Type.Name, p.ID, joined, left); err != nil {
		return err
	}
	return s.Customers.Bus.Publish(ctx, e)
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

// savedRegistration shows a new registration to the people of the partner.
func (s *Partners) savedRegistration(ctx context.Context, r, before *Registration) error {
	if before != nil {
		return nil
	}
	return s.showAll(ctx, s.RegistrationType.Name, r.ID, r.PartnerID, r.OwnerID)
}

// showAll shows a document to the people of a partner, but one who sees it anyway.
func (s *Partners) showAll(ctx context.Context, typ string, id, partner, but int64) error {
	p, err := s.Store.Get(authz.System(ctx, "people of a partner"), partner)
	if err != nil {
		return err
	}
	return s.show(ctx, typ, id, slices.DeleteFunc(p.people(), func(u int64) bool { return u == but }), nil)
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

// Ranked implements crm.Partners.
func (s *Partners) Ranked(ctx context.Context, company int64, region string) ([]crm.PartnerID, error) {
	return s.People.Ranked(ctx, company, strings.TrimSpace(region))
}
