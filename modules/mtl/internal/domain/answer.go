package domain

import (
	"context"
	"fmt"

	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/trace"
)

// Accepted implements mtl.LeadAnswered.
func (s *Intakes) Accepted(ctx context.Context, lead trace.Ref) error {
	_, err := s.answer(ctx, lead, Accepted, "")
	return err
}

// Rejected implements mtl.LeadAnswered.
func (s *Intakes) Rejected(ctx context.Context, lead trace.Ref, reason string) error {
	return s.Tx(ctx, func(ctx context.Context) error {
		r, err := s.answer(ctx, lead, Rejected, reason)
		if err != nil || r == nil {
			return err
		}
		return s.Tell(ctx, r.OwnerID, s.Type.Ref(r.ID), "Sales rejected the lead of {0}: {1}", s.Type.Title(r), reason)
	})
}

// answer writes what sales said on the hand-over it belongs to, or on the entry
// that brought the lead when sales took it before it was handed over. It returns
// nil for a lead that did not come through MTL.
func (s *Intakes) answer(ctx context.Context, lead trace.Ref, a Answer, reason string) (*Intake, error) {
	ctx = authz.System(ctx, "answer to "+lead.String())
	r, err := s.Store.First(ctx, handedOver(lead))
	if errs.Is(err, errs.NotFound) {
		r, err = s.origin(ctx, lead)
	}
	if err != nil || r == nil {
		return nil, err
	}
	now := s.Now()
	r, err = s.Type.Update(ctx, r.ID, func(r *Intake) error {
		r.Answer, r.AnswerReason, r.AnsweredAt = a, reason, &now
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("answer to %s: %w", lead, err)
	}
	return r, nil
}

// origin is the entry that brought the lead, nil if there is none.
func (s *Intakes) origin(ctx context.Context, lead trace.Ref) (*Intake, error) {
	q := record.Where("lead_id", record.Eq, lead.ID)
	q.Sort = []record.Sort{{Col: "created_at"}}
	r, err := s.Store.First(ctx, q)
	if errs.Is(err, errs.NotFound) {
		return nil, nil //nolint:nilnil // a lead of somebody else
	}
	return r, err
}

// Won implements mtl.LeadAnswered. The whole amount goes to the entry that brought
// the lead, so no deal counts twice.
func (s *Intakes) Won(ctx context.Context, lead trace.Ref, amount money.Amount) error {
	ctx = authz.System(ctx, "deal of "+lead.String())
	r, err := s.origin(ctx, lead)
	if err != nil || r == nil {
		return err
	}
	if _, err := s.Type.Update(ctx, r.ID, func(r *Intake) error { r.WonAmount = amount; return nil }); err != nil {
		return fmt.Errorf("deal of %s: %w", lead, err)
	}
	return nil
}
