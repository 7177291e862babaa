package domain

import (
	"context"
	"fmt"
	"slices"
	"time"

	"meridian/modules/crm"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/process"
	"meridian/platform/resource"
)

// PartnerLeads keeps who sees the leads handed out to partners. Package store implements it.
type PartnerLeads interface {
	// ShowLead lets people see a lead beside its owner.
	ShowLead(ctx context.Context, lead int64, people []int64) error
	// HideLead takes a lead away from people.
	HideLead(ctx context.Context, lead int64, people []int64) error
	// With lists the leads that stand with a partner.
	With(ctx context.Context, partner int64) ([]HandedLead, error)
	// HandedOut lists the leads of a company that stand with partners.
	HandedOut(ctx context.Context, company int64) ([]HandedLead, error)
	// Offered lists the partners a lead was ever offered to.
	Offered(ctx context.Context, lead int64) ([]int64, error)
	// Offer notes that a lead is offered to a partner.
	Offer(ctx context.Context, lead, partner int64, at time.Time) error
}

// HandedLead is a lead that stands with a partner.
type HandedLead struct {
	ID, PartnerID, OwnerID int64
	Offered                bool // not answered yet
}

func yesNo() []resource.Option {
	return []resource.Option{{Value: "yes", Label: "Yes"}, {Value: "no", Label: "No"}}
}

// handing is the input of the move "hand_out".
type handing struct{ PartnerID int64 }

func handOutForm() resource.Fields[handing] {
	return resource.Fields[handing]{resource.Ref("partner_id", "Partner", func(h *handing) *int64 { return &h.PartnerID }, "crm.partner").Required()}
}

// handOut offers a lead to a partner, whose people own and see it until it comes back.
func (s *Leads) handOut(ctx context.Context, l *Lead, in *handing) error {
	p, err := s.Partners.Partner(ctx, crm.PartnerID(in.PartnerID))
	if err != nil {
		return err
	}
	switch {
	case !p.Active:
		return errs.Bad("partner_id", "{0} is no active partner.", p.Name)
	case len(p.Users) == 0:
		return errs.Bad("partner_id", "Nobody signs in for {0}.", p.Name)
	case value(l.DeclinedBy) == in.PartnerID:
		return errs.Bad("partner_id", "{0} sent this lead back; choose another partner.", p.Name)
	}
	now := s.Opportunities.Now().UTC().Truncate(time.Microsecond)
	l.PartnerID, l.GivenAt, l.AlarmedAt = &in.PartnerID, &now, nil
	if me := authz.Actor(ctx); me != 0 { // nobody hands it out anew: it goes on to the next partner
		l.GivenBy = me
	}
	if err := s.Handed.Offer(ctx, l.ID, in.PartnerID, now); err != nil {
		return err
	}
	s.give(l, p.Users[0])
	if err := s.Handed.ShowLead(ctx, l.ID, p.Users[1:]); err != nil {
		return err
	}
	return s.Notify(ctx, process.Notice{Users: p.Users, Kind: "task", Message: "Lead {0} is handed out to you; please take it or send it back within two working days.", Args: []any{l.No}, Object: s.Type.Ref(l.ID)})
}

// give makes somebody the owner of a lead that a move holds.
func (s *Leads) give(l *Lead, to int64) {
	if l.OwnerID = to; s.People().People[to] != nil {
		l.DeptID = s.People().People[to].Dept
	}
}

// theirs refuses who does not sign in for the partner of the lead: nobody answers for it.
func (s *Leads) theirs(ctx context.Context, l *Lead) (crm.Partner, error) {
	p, err := s.Partners.Partner(ctx, crm.PartnerID(value(l.PartnerID)))
	if err != nil {
		return p, err
	}
	if !slices.Contains(p.Users, authz.Actor(ctx)) {
		return p, errs.New(errs.Forbidden, "Only {0} answers for this lead.", p.Name)
	}
	if !p.Active {
		return p, errs.New(errs.Precondition, "{0} is no active partner.", p.Name)
	}
	return p, nil
}

func (s *Leads) take(ctx context.Context, l *Lead) error {
	p, err := s.theirs(ctx, l)
	if err != nil {
		return err
	}
	return s.Notify(ctx, process.Notice{Users: []int64{l.GivenBy}, Kind: "task", Message: "{0} has taken lead {1}.", Args: []any{p.Name, l.No}, Object: s.Type.Ref(l.ID)})
}

func (s *Leads) reached(ctx context.Context, l *Lead) error {
	if _, err := s.theirs(ctx, l); err != nil {
		return err
	}
	return s.contacted(ctx, l)
}

// refusal is why a partner sends a lead back.
type refusal struct {
	Contacted string
	Spam      bool
	Reason    string
}

func declineForm() resource.Fields[refusal] {
	return resource.Fields[refusal]{
		resource.Enum("contacted", "Have you contacted the customer?", func(r *refusal) *string { return &r.Contacted }, yesNo()...).Required(),
		resource.Bool("spam", "This is no real enquiry", func(r *refusal) *bool { return &r.Spam }),
		resource.LongText("reason", "Reason", func(r *refusal) *string { return &r.Reason }).Required().Limit(1000),
	}
}

// decline sends a lead back to who handed it out.
func (s *Leads) decline(ctx context.Context, l *Lead, in *refusal) error {
	p, err := s.theirs(ctx, l)
	if err != nil {
		return err
	}
	l.DeclineContacted, l.DeclineSpam, l.DeclineReason = in.Contacted, in.Spam, in.Reason
	return s.back(ctx, l, p, "{0} sent lead {1} back: {2}", p.Name, l.No, in.Reason)
}

// takeBack takes a lead from a partner that has not answered in time or sells no more.
func (s *Leads) takeBack(ctx context.Context, l *Lead) error {
	p, err := s.Partners.Partner(ctx, crm.PartnerID(value(l.PartnerID)))
	if err != nil {
		return err
	}
	l.DeclineContacted, l.DeclineSpam, l.DeclineReason = "", false, ""
	return s.back(ctx, l, p, "Lead {1} is back: {0} has not taken it in time.", p.Name, l.No)
}

// back returns a lead to our own people.
func (s *Leads) back(ctx context.Context, l *Lead, p crm.Partner, message string, args ...any) error {
	if err := s.Handed.HideLead(ctx, l.ID, p.Users); err != nil {
		return err
	}
	l.DeclinedBy, l.PartnerID, l.GivenAt = l.PartnerID, nil, nil
	s.give(l, l.GivenBy)
	return s.Notify(ctx, process.Notice{Users: []int64{l.GivenBy}, Kind: "task", Message: message, Args: args, Object: s.Type.Ref(l.ID)})
}

// TakeBackLeads takes back what partners have not answered in time and what stands with
// partners that are no longer active. The job calls it. It returns how many came back.
func (s *Leads) TakeBackLeads(ctx context.Context, company int64, late func(ctx context.Context, ids []int64) (map[int64]bool, error)) (int, error) {
	ctx = authz.System(ctx, "ltc.lead:take back")
	list, err := s.Handed.HandedOut(ctx, company)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	ids := make([]int64, len(list))
	for i, x := range list {
		ids[i] = x.ID
	}
	over, err := late(ctx, ids)
	if err != nil {
		return 0, err
	}
	n, partners := 0, map[int64]crm.Partner{}
	for _, x := range list {
		p, known := partners[x.PartnerID]
		if !known {
			if p, err = s.Partners.Partner(ctx, crm.PartnerID(x.PartnerID)); err != nil {
				return n, err
			}
			partners[x.PartnerID] = p
		}
		if p.Active && (!x.Offered || !over[x.ID]) {
			continue
		}
		fired, err := s.takeOn(ctx, x, p)
		if err != nil {
			return n, fmt.Errorf("take lead %d back: %w", x.ID, err)
		}
		if fired {
			n++
		}
	}
	return n, nil
}

// takeOn takes a lead back from a partner and, when that did not answer, offers it to the
// next one. It reports whether the lead was still with the partner.
func (s *Leads) takeOn(ctx context.Context, x HandedLead, p crm.Partner) (fired bool, err error) {
	err = s.Tx(ctx, func(ctx context.Context) error {
		fired, err = s.Type.FireIf(ctx, x.ID, "take_back", nil, func(l *Lead) bool {
			return value(l.PartnerID) == x.PartnerID && (l.Stage == LeadOffered || !p.Active && l.Stage == LeadPartner)
		})
		if err != nil || !fired || !x.Offered {
			return err
		}
		return s.offerNext(ctx, x.ID)
	})
	return fired, err
}

// offerNext offers a lead to the best partner that was not asked yet; when all were, it
// stays with who handed it out.
func (s *Leads) offerNext(ctx context.Context, id int64) error {
	l, err := s.Store.Get(ctx, id)
	if err != nil {
		return err
	}
	asked, err := s.Handed.Offered(ctx, id)
	if err != nil {
		return fmt.Errorf("offers of %s: %w", l.No, err)
	}
	ranked, err := s.Partners.Ranked(ctx, l.CompanyID, l.Region)
	if err != nil {
		return fmt.Errorf("partners for %s: %w", l.No, err)
	}
	for _, next := range ranked {
		if slices.Contains(asked, int64(next)) {
			continue
		}
		p, err := s.Partners.Partner(ctx, next)
		if err != nil {
			return err
		}
		if !p.Active || len(p.Users) == 0 {
			continue
		}
		if err := s.Type.Fire(ctx, id, "hand_out", resource.Values{"partner_id": fmt.Sprint(int64(next))}); err != nil {
			return err
		}
		return s.Notify(ctx, process.Notice{Users: []int64{l.GivenBy}, Kind: "task", Message: "Lead {0} is offered to the next partner, {1}.", Args: []any{l.No, p.Name}, Object: s.Type.Ref(id)})
	}
	return s.Notify(ctx, process.Notice{Users: []int64{l.GivenBy}, Kind: "task", Message: "Every partner that fits was asked for lead {0}; it is yours again.", Args: []any{l.No}, Object: s.Type.Ref(id)})
}

// bringsPartner makes the deal of a lead that a partner worked on the partner's; our own
// person who handed the lead out owns it here.
func (s *Leads) bringsPartner(ctx context.Context, l *Lead, o *Opportunity) error {
	if l.PartnerID == nil {
		return nil
	}
	p, err := s.Partners.Partner(ctx, crm.PartnerID(*l.PartnerID))
	if err != nil {
		return err
	}
	line, err := s.Opportunities.Pipelines.For(ctx, l.CompanyID, 0, ServesPartner)
	if err != nil {
		return err
	}
	o.PartnerID, o.PipelineID, o.OwnerID = pointer(p.Customer), line.ID, l.ours()
	return nil
}

// ours is who of our people a lead belongs to: whoever handed it out, while it stands
// with a partner.
func (l *Lead) ours() int64 {
	if l.PartnerID != nil {
		return l.GivenBy
	}
	return l.OwnerID
}

// OnRegistration makes the protected deal of a partner an opportunity of the person who
// looks after the partner; for CRM's event.
func (s *Opportunities) OnRegistration(ctx context.Context, e crm.DealRegistrationApproved) error {
	p, err := s.Partners.Partner(ctx, crm.PartnerID(e.Partner.ID))
	if err != nil {
		return err
	}
	if p.Customer != 0 && p.Customer == e.Customer {
		return errs.New(errs.Precondition, "The partner is not the customer.")
	}
	o := &Opportunity{Name: errs.Clip(e.Product+" · "+e.Company, 180), CustomerID: pointer(e.Customer), PartnerID: pointer(p.Customer), Amount: e.Value, CloseOn: e.Until, Source: "partner"}
	o.OwnerID = p.Owner
	if owner := s.People().People[p.Owner]; owner != nil {
		line, err := s.Pipelines.For(ctx, owner.Company, owner.Dept, ServesPartner)
		if err != nil {
			return err
		}
		o.PipelineID = line.ID
	}
	if err := s.Type.Create(authz.System(ctx, "ltc.opportunity:registered deal"), o, e.Registration); err != nil {
		return fmt.Errorf("deal of %s: %w", e.Registration, err)
	}
	return nil
}

// PartnerPeople shows the leads that stand with a partner to people who joined it and
// takes them away from those who left, also what they own; for CRM's event.
func (s *Leads) PartnerPeople(ctx context.Context, e crm.PartnerPeopleChanged) error {
	ctx = authz.System(ctx, "people of a partner")
	list, err := s.Handed.With(ctx, int64(e.Partner))
	if err != nil {
		return err
	}
	for _, x := range list {
		if err := s.Handed.ShowLead(ctx, x.ID, e.Joined); err != nil {
			return err
		}
		if err := s.Handed.HideLead(ctx, x.ID, e.Left); err != nil {
			return err
		}
		if !slices.Contains(e.Left, x.OwnerID) {
			continue
		}
		_, err := s.Type.Update(ctx, x.ID, func(l *Lead) error {
			if s.give(l, l.GivenBy); e.Heir != 0 {
				s.give(l, e.Heir)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("lead %d of who left: %w", x.ID, err)
		}
	}
	return nil
}
