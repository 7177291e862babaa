package store

import (
	"context"
	"time"

	"meridian/platform/date"
	"meridian/platform/db"
)

// Lending implements domain.LendBook.
type Lending struct{ DB *db.DB }

// ShowUntil implements domain.LendBook.
func (s *Lending) ShowUntil(ctx context.Context, deal, person int64, until *time.Time) error {
	return s.DB.Show(ctx, "ltc.opportunity", deal, until, person)
}

// ShowRequest implements domain.LendBook.
func (s *Lending) ShowRequest(ctx context.Context, request, person int64) error {
	return s.DB.Show(ctx, "ltc.lend_request", request, nil, person)
}

// Over implements domain.LendBook.
func (s *Lending) Over(ctx context.Context, company int64, day date.Date) ([]int64, error) {
	return idsOf(ctx, s.DB, `SELECT id FROM ltc.lend_request WHERE company_id = $1 AND stage = 'lent' AND until_on < $2 AND archived_at IS NULL ORDER BY id`, company, day)
}
