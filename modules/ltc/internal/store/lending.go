package store

import (
	"context"
	"database/sql"
	"time"

	"meridian/platform/date"
	"meridian/platform/db"
)

// Lending implements domain.LendBook.
type Lending struct{ DB *db.DB }

// ShowUntil implements domain.LendBook.
func (s *Lending) ShowUntil(ctx context.Context, deal, person int64, until *time.Time) error {
	return s.DB.Exec(ctx, `INSERT INTO core.record_share (object_type, object_id, user_id, until) VALUES ('ltc.opportunity', $1, $2, $3)
		ON CONFLICT (object_type, object_id, user_id) DO UPDATE SET until = CASE WHEN $3::timestamptz IS NULL OR core.record_share.until IS NULL THEN NULL ELSE greatest(core.record_share.until, $3) END`, deal, person, until)
}

// ShowRequest implements domain.LendBook.
func (s *Lending) ShowRequest(ctx context.Context, request, person int64) error {
	return s.DB.Exec(ctx, `INSERT INTO core.record_share (object_type, object_id, user_id) VALUES ('ltc.lend_request', $1, $2) ON CONFLICT (object_type, object_id, user_id) DO UPDATE SET until = NULL`, request, person)
}

// Over implements domain.LendBook.
func (s *Lending) Over(ctx context.Context, company int64, day date.Date) ([]int64, error) {
	var ids []int64
	err := s.DB.Each(ctx, `SELECT id FROM ltc.lend_request WHERE company_id = $1 AND stage = 'lent' AND until_on < $2 AND archived_at IS NULL ORDER BY id`, []any{company, day}, func(r *sql.Rows) error {
		var id int64
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}
