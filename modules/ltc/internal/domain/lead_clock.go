package domain

import (
	"context"
	"fmt"
	"time"

	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/process"
)

// SilentLeads finds leads nobody has contacted. Package store implements it.
type SilentLeads interface {
	// Silent lists the leads of a company given out before a moment, without contact and
	// without alarm so far.
	Silent(ctx context.Context, company int64, before time.Time) ([]int64, error)
	// Alarmed notes that the silence of a lead was reported, without changing its version.
	Alarmed(ctx context.Context, lead int64, at time.Time) error
}

// known refuses a new open lead by hand or import of somebody who has one: leads of
// forms and cases join it instead.
func (s *Leads) known(ctx context.Context, l *Lead) ([]errs.Field, error) {
	if l.ID != 0 || authz.IsSystem(ctx) || l.Stage == LeadConverted || l.Stage == LeadDisqualified {
		return nil, nil
	}
	id, err := s.Book.OpenLead(ctx, l.CompanyID, l.EmailKey, l.PhoneKey)
	if err != nil || id == 0 {
		return nil, err
	}
	old, err := s.Store.Get(authz.System(ctx, "ltc.lead:known"), id)
	if err != nil {
		return nil, err
	}
	field := "phone"
	if l.EmailKey != "" && l.EmailKey == old.EmailKey {
		field = "email"
	}
	return []errs.Field{{Name: field, Message: "This person has an open lead already: {0}.", Args: []any{old.No}}}, nil
}

// contacted notes the first contact with a lead.
func (s *Leads) contacted(_ context.Context, l *Lead) error {
	if l.ContactedAt == nil {
		now := s.Opportunities.Now().UTC().Truncate(time.Microsecond)
		l.ContactedAt = &now
	}
	return nil
}

// AlarmSilent tells owner and manager of every lead that was given out and not contacted
// for the days of the policy, once per owner. The daily job calls it. It returns how
// many it told of.
func (s *Leads) AlarmSilent(ctx context.Context, company int64, now time.Time) (int, error) {
	ctx = authz.System(ctx, "ltc.lead:alarm")
	policy, err := s.Policies.Of(ctx, company)
	if err != nil {
		return 0, err
	}
	ids, err := s.Silence.Silent(ctx, company, now.AddDate(0, 0, -policy.SilentLeadDays))
	if err != nil {
		return 0, fmt.Errorf("silent leads: %w", err)
	}
	for _, id := range ids {
		if err := s.Tx(ctx, func(ctx context.Context) error { return s.alarm(ctx, id, policy.SilentLeadDays, now) }); err != nil {
			return 0, fmt.Errorf("alarm for lead %d: %w", id, err)
		}
	}
	return len(ids), nil
}

func (s *Leads) alarm(ctx context.Context, id int64, days int, now time.Time) error {
	l, err := s.Store.Get(ctx, id)
	if err != nil {
		return err
	}
	people := []int64{l.OwnerID}
	if m := s.People().ManagerOf(l.OwnerID, 1); m != 0 {
		people = append(people, m)
	}
	if err := s.Notify(ctx, process.Notice{Users: people, Kind: "late", Message: "Lead {0} was given out {1} days ago and nobody has contacted {2}.", Args: []any{l.No, days, l.Name}, Object: s.Type.Ref(id)}); err != nil {
		return err
	}
	return s.Silence.Alarmed(ctx, id, now)
}

// OpenLead is a lead on the list of who works on it.
type OpenLead struct {
	ID            int64
	No            string
	Name, Company string
	Stage         string
	Source        string
	Score         int
	GivenAt       *time.Time
	ContactedAt   *time.Time
}

// Known is what we know already of somebody who became a lead.
type Known struct {
	Kind  string // customer, contact, opportunity, lead
	ID    int64
	Title string
	Why   string
}
