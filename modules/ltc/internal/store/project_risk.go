package store

import (
	"context"

	"meridian/platform/date"
	"meridian/platform/db"
)

// Risks implements domain.RiskBook.
type Risks struct{ DB *db.DB }

// Overdue implements domain.RiskBook.
func (s *Risks) Overdue(ctx context.Context, company int64, day date.Date) ([]int64, error) {
	return idsOf(ctx, s.DB, `SELECT id FROM ltc.project_risk WHERE company_id = $1 AND stage IN ('treated', 'occurred') AND archived_at IS NULL AND due_on < $2 AND (told_on IS NULL OR told_on <= due_on) ORDER BY id`, company, day)
}
