// Package store is the SQL of market to lead.
package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"meridian/modules/mtl"
	"meridian/modules/mtl/internal/domain"
	"meridian/platform/db"
)

// Store implements the ledgers of the domain and the read models.
type Store struct{ DB *db.DB }

// AddCost implements domain.CostLedger.
func (s *Store) AddCost(ctx context.Context, c domain.Cost) (int64, error) {
	var id int64
	_, err := s.DB.Row(ctx, `INSERT INTO mtl.campaign_cost (campaign_id, kind, amount, spent_on, note, by_user, at) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
		[]any{int64(c.Campaign), c.Kind, c.Amount, c.SpentOn, c.Note, c.By, c.At}, &id)
	return id, err
}

// AddTouch implements domain.Ledgers.
func (s *Store) AddTouch(ctx context.Context, t domain.TouchRow) error {
	utm, err := json.Marshal(t.UTM)
	if err != nil {
		return fmt.Errorf("touch: %w", err)
	}
	return s.DB.Exec(ctx, `INSERT INTO mtl.touch (company_id, person, type, campaign_id, intake_id, lead_id, utm, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		t.Company, t.Person, t.Type, int64(t.Campaign), t.Intake, t.Lead, string(utm), t.At)
}

// Touches implements domain.Ledgers.
func (s *Store) Touches(ctx context.Context, company int64, person string, since time.Time) ([]domain.Touch, error) {
	list, err := db.Select[domain.Touch](ctx, s.DB, `SELECT type, at FROM mtl.touch WHERE company_id = ? AND person = ? AND at >= ? ORDER BY at, id`, company, person, since)
	if err != nil {
		return nil, fmt.Errorf("touches of a person: %w", err)
	}
	return list, nil
}

// AddContributions implements domain.Ledgers.
func (s *Store) AddContributions(ctx context.Context, intake, lead int64, list []domain.Contribution, at time.Time) error {
	for _, c := range list {
		if err := s.DB.Exec(ctx, `INSERT INTO mtl.score_contribution (intake_id, lead_id, dimension, rule, points, at) VALUES ($1, $2, $3, $4, $5, $6)`,
			intake, lead, string(c.Dimension), c.Rule, c.Points, at); err != nil {
			return fmt.Errorf("score of intake %d: %w", intake, err)
		}
	}
	return nil
}

// CountLead implements domain.Ledgers. It adds in place, without a new version: an
// entry of the public form must not make the marketer's open page stale.
func (s *Store) CountLead(ctx context.Context, campaign mtl.CampaignID) error {
	return s.DB.Exec(ctx, `UPDATE mtl.campaign SET leads_captured = leads_captured + 1 WHERE id = $1`, int64(campaign))
}

// Alone implements domain.Ledgers.
func (s *Store) Alone(ctx context.Context, key string) error {
	return s.DB.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, "mtl.intake "+key)
}

// Attempt implements domain.Ledgers.
func (s *Store) Attempt(ctx context.Context, fn func(ctx context.Context) error) (failure, err error) {
	failure = s.DB.Savepoint(ctx, fn)
	if failure == nil {
		return nil, nil
	}
	if pe, ok := errors.AsType[*pgconn.PgError](failure); ok && (pe.Code == "40001" || pe.Code == "40P01") || ctx.Err() != nil || db.Unavailable(failure) {
		return nil, failure
	}
	slog.WarnContext(ctx, "no lead could be made of an intake", slog.Any("error", failure))
	return failure, nil
}

// Differences lists the campaigns and intakes whose totals are not the sum of
// their rows, for the self-check.
func (s *Store) Differences(ctx context.Context) ([]string, error) {
	rows, err := db.Select[struct{ Line string }](ctx, s.DB, `
		SELECT 'campaign ' || c.no || ': actual cost differs from its cost rows' AS line FROM mtl.campaign c
		 WHERE c.actual_cost <> coalesce((SELECT sum(amount) FROM mtl.campaign_cost x WHERE x.campaign_id = c.id), 0)
		UNION ALL
		SELECT 'campaign ' || c.no || ': leads captured differ from its intakes' FROM mtl.campaign c
		 WHERE c.leads_captured <> (SELECT count(DISTINCT i.lead_id) FROM mtl.intake i WHERE i.campaign_id = c.id)
		UNION ALL
		SELECT 'intake ' || i.no || ': score differs from its contributions' FROM mtl.intake i
		  LEFT JOIN (SELECT intake_id, sum(points) FILTER (WHERE dimension = 'fit') AS fit, sum(points) FILTER (WHERE dimension = 'engagement') AS engagement
		               FROM mtl.score_contribution GROUP BY 1) x ON x.intake_id = i.id
		 WHERE i.fit <> coalesce(x.fit, 0) OR i.engagement <> coalesce(x.engagement, 0)`)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.Line
	}
	return out, nil
}
