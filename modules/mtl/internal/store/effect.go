package store

import (
	"context"
	"fmt"

	"meridian/modules/mtl"
	"meridian/platform/db"
	"meridian/platform/money"
)

// Effect is what a campaign brought. Its cost stands on the campaign and is taken
// from there once, however many deals were won.
type Effect struct {
	Budget, Cost, Won                       money.Amount
	Expected, Captured, HandedOver, Yes, No int
	Spam, Failed                            int
}

// CostPerLead is the cost of one captured lead; ok is false without leads.
func (e Effect) CostPerLead() (money.Ratio, bool) {
	return money.Share(e.Cost, money.Units(int64(e.Captured)))
}

// ROI is (won - cost) / cost; ok is false without cost.
func (e Effect) ROI() (money.Ratio, bool) { return money.Share(e.Won.Sub(e.Cost), e.Cost) }

// Effect reads what a campaign brought.
func (s *Store) Effect(ctx context.Context, id mtl.CampaignID) (Effect, error) {
	rows, err := db.Select[Effect](ctx, s.DB, `SELECT c.budget, c.actual_cost AS cost, c.expected_leads AS expected, c.leads_captured AS captured,
		count(i.handed_over_at) AS handed_over, count(*) FILTER (WHERE i.answer = 'accepted') AS yes, count(*) FILTER (WHERE i.answer = 'rejected') AS no,
		count(*) FILTER (WHERE i.stage = 'dropped') AS spam, count(*) FILTER (WHERE i.stage = 'failed') AS failed, coalesce(sum(i.won_amount), 0) AS won
		FROM mtl.campaign c LEFT JOIN mtl.intake i ON i.campaign_id = c.id WHERE c.id = ? GROUP BY c.id`, int64(id))
	if err != nil || len(rows) == 0 {
		return Effect{}, fmt.Errorf("effect of campaign %d: %w", id, err)
	}
	return rows[0], nil
}

// CostLine is one cost of a campaign as its page shows it.
type CostLine struct {
	Kind, SpentOn, Note string
	Amount              money.Amount
}

// Costs lists the costs of a campaign, the last first.
func (s *Store) Costs(ctx context.Context, id mtl.CampaignID) ([]CostLine, error) {
	rows, err := db.Select[CostLine](ctx, s.DB, `SELECT kind, spent_on::text AS spent_on, note, amount FROM mtl.campaign_cost WHERE campaign_id = ? ORDER BY id DESC LIMIT 100`, int64(id))
	if err != nil {
		return nil, fmt.Errorf("costs of campaign %d: %w", id, err)
	}
	return rows, nil
}

// Reason is one contribution to the score of an intake.
type Reason struct {
	Rule   string
	Points money.Ratio
}

// Reasons lists why an intake has its score.
func (s *Store) Reasons(ctx context.Context, intake int64) ([]Reason, error) {
	rows, err := db.Select[Reason](ctx, s.DB, `SELECT rule, points FROM mtl.score_contribution WHERE intake_id = ? ORDER BY id`, intake)
	if err != nil {
		return nil, fmt.Errorf("score of intake %d: %w", intake, err)
	}
	return rows, nil
}
