package store

import (
	"context"

	"meridian/modules/ltc/internal/domain"
	"meridian/platform/db"
)

// Targets counts what lead targets ask for.
type Targets struct{ DB *db.DB }

// Reached implements domain.TargetBook.
func (s *Targets) Reached(ctx context.Context, t *domain.LeadTarget, depts []int64) (domain.Reached, error) {
	product := int64(0)
	if t.ProductID != nil {
		product = *t.ProductID
	}
	unit, args := `company_id = ?`, []any{t.CompanyID}
	if depts != nil {
		unit, args = unit+` AND dept_id = ANY(?)`, append(args, db.Array(depts))
	}
	lead := append(append([]any{t.PublishedAt}, args...), t.Region, t.Region)
	deal := append(append([]any{t.PublishedAt, t.PublishedAt}, args...), t.Region, t.Region, product, product)
	return db.One[domain.Reached](ctx, s.DB, `SELECT
		(SELECT count(*) FROM ltc.lead WHERE accepted_at >= ? AND archived_at IS NULL AND `+unit+` AND (? = '' OR region = ?)) AS leads,
		d.deals, d.wins FROM (SELECT count(*) FILTER (WHERE created_at >= ?) AS deals, count(*) FILTER (WHERE stage = 'won' AND won_at >= ?) AS wins FROM ltc.deal_way
			WHERE archived_at IS NULL AND `+unit+` AND (? = '' OR region = ?) AND (? = 0 OR product_id = ?)) d`, append(lead, deal...)...)
}
