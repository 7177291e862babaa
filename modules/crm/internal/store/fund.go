package store

import (
	"context"
	"fmt"

	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/money"
)

// OwnFund is a fund as its partner sees it.
type OwnFund struct {
	ID                      int64
	No, Name                string
	FromOn, ToOn            date.Date
	Amount, Committed, Paid money.Amount
}

// OwnFunds lists the funds of a partner the reader may see, the newest first.
func (s *Store) OwnFunds(ctx context.Context, partner int64) ([]OwnFund, error) {
	w, err := s.DB.Rows(ctx, "crm.market_fund", 0)
	if err != nil {
		return nil, err
	}
	w.And("partner_id = ?", partner)
	return db.Select[OwnFund](ctx, s.DB, `SELECT id, no, name, from_on, to_on, amount, committed, paid FROM crm.market_fund WHERE `+w.SQL+` ORDER BY to_on DESC, id DESC LIMIT 50`, w.Args...)
}

// FundDifferences lists funds whose sums are not those of their claims, for the self-check.
func (s *Store) FundDifferences(ctx context.Context) ([]string, error) {
	rows, err := db.Select[struct{ Line string }](ctx, s.DB, `SELECT 'fund ' || f.no || ' differs from its claims' AS line FROM crm.market_fund f
		LEFT JOIN LATERAL (SELECT coalesce(sum(CASE stage WHEN 'approved' THEN approved WHEN 'paid' THEN paid ELSE 0 END), 0) AS committed, coalesce(sum(paid), 0) AS paid FROM crm.fund_claim WHERE fund_id = f.id) c ON true
		WHERE f.committed <> c.committed OR f.paid <> c.paid ORDER BY f.id`)
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.Line
	}
	return out, err
}

// PartnerYear is what a partner brought in twelve months and in the twelve before, what
// customers of its deals paid since they were won, and what its marketing cost us.
type PartnerYear struct {
	ID                             int64
	Deals                          int64
	Won, WonBefore, Received, Cost money.Amount
	Praise, Complaints             int64
}

// PartnerYears reads the figures of the visible partners up to a day.
func (s *Store) PartnerYears(ctx context.Context, day date.Date) (map[int64]PartnerYear, error) {
	w, err := s.DB.Rows(ctx, "crm.partner", 0)
	if err != nil {
		return nil, err
	}
	from, before := day.AddMonths(-12), day.AddMonths(-24)
	rows, err := db.Select[PartnerYear](ctx, s.DB, `WITH d AS (SELECT partner_id, customer_id, won, won_on FROM crm.deal_registration WHERE stage = 'converted' AND archived_at IS NULL AND partner_id IN (SELECT id FROM crm.partner WHERE `+w.SQL+`)),
		c AS (SELECT partner_id, customer_id, min(won_on) AS since FROM d WHERE customer_id IS NOT NULL GROUP BY 1, 2),
		f AS (SELECT c.partner_id, sum(x.amount) FILTER (WHERE x.kind = 'receipt') AS received, coalesce(sum(x.n) FILTER (WHERE x.kind = 'praise'), 0)::bigint AS praise, coalesce(sum(x.n) FILTER (WHERE x.kind = 'complaint'), 0)::bigint AS complaints
			FROM c JOIN crm.fact x ON x.customer_id = c.customer_id AND x.on_day >= greatest(c.since, ?::date) AND x.on_day <= ? GROUP BY 1),
		m AS (SELECT partner_id, sum(paid) AS cost FROM crm.fund_claim WHERE stage = 'paid' AND paid_on > ? AND paid_on <= ? GROUP BY 1)
		SELECT p.id, count(d.won) FILTER (WHERE d.won_on > ?) AS deals, coalesce(sum(d.won) FILTER (WHERE d.won_on > ?), 0) AS won, coalesce(sum(d.won) FILTER (WHERE d.won_on > ? AND d.won_on <= ?), 0) AS won_before,
			coalesce(max(f.received), 0) AS received, coalesce(max(m.cost), 0) AS cost, coalesce(max(f.praise), 0) AS praise, coalesce(max(f.complaints), 0) AS complaints
		FROM (SELECT id FROM crm.partner WHERE `+w.SQL+`) p LEFT JOIN d ON d.partner_id = p.id LEFT JOIN f ON f.partner_id = p.id LEFT JOIN m ON m.partner_id = p.id GROUP BY p.id`,
		append(append(append([]any{}, w.Args...), from, day, from, day, from, from, before, from), w.Args...)...)
	if err != nil {
		return nil, fmt.Errorf("figures of partners: %w", err)
	}
	out := map[int64]PartnerYear{}
	for _, r := range rows {
		out[r.ID] = r
	}
	return out, nil
}
