package domain

import (
	"context"
	"fmt"

	"meridian/modules/mtl"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/i18n"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// OnGap plans the campaign that the gap of a customer resource plan asks for, or brings the
// planned one up to date; one that is approved or runs is left as it is.
func (s *Campaigns) OnGap(ctx context.Context, g mtl.Gap) error {
	ctx = authz.System(ctx, "mtl.campaign:gap")
	have, err := s.Store.First(ctx, record.Where("resource_plan_id", record.Eq, g.Plan).And("stage", record.In, []string{string(Planned), string(Approved), string(Running), string(Paused)}))
	switch {
	case err == nil && have.Stage == Planned && g.Leads == 0 && g.Audience == 0:
		return s.Type.Fire(ctx, have.ID, "cancel", resource.Values{"reason": "The gap is closed."})
	case err == nil && have.Stage == Planned:
		_, err = s.Type.Update(ctx, have.ID, func(c *Campaign) error {
			c.AudienceSize, c.ExpectedLeads = int(g.Audience), int(g.Leads)
			return nil
		})
		return err
	case err == nil:
		return nil
	case !errs.Is(err, errs.NotFound):
		return err
	case g.Leads == 0 && g.Audience == 0:
		return nil
	}
	c := &Campaign{Name: i18n.T(ctx, "Customers for the resource plan {0}", g.Region), Kind: "other", ResourcePlanID: &g.Plan, AudienceSize: int(g.Audience), ExpectedLeads: int(g.Leads), StartsOn: date.Of(s.Now().In(s.Location(ctx))), EndsOn: g.To, Audience: g.Region}
	if c.EndsOn.Before(c.StartsOn) {
		c.EndsOn = date.Date{}
	}
	c.OwnerID = g.By
	if h := s.Head(ctx); h != 0 {
		c.OwnerID = h
	}
	if err := s.Type.Create(ctx, c); err != nil {
		return fmt.Errorf("campaign for the gap of plan %d: %w", g.Plan, err)
	}
	return nil
}
