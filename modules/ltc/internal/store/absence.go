package store

import (
	"context"
	"fmt"

	"meridian/modules/ltc/internal/domain"
	"meridian/platform/date"
	"meridian/platform/db"
)

// Absences implements domain.AbsenceBook.
type Absences struct{ DB *db.DB }

// Mark implements domain.AbsenceBook.
func (s *Absences) Mark(ctx context.Context, x *domain.Absence) error {
	return s.DB.Exec(ctx, `INSERT INTO ltc.away (absence_id, person_id, from_on, to_on) VALUES ($1, $2, $3, $4)`, x.ID, x.OwnerID, x.FromOn, x.ToOn)
}

// Unmark implements domain.AbsenceBook.
func (s *Absences) Unmark(ctx context.Context, absence int64) error {
	return s.DB.Exec(ctx, `DELETE FROM ltc.away WHERE absence_id = $1`, absence)
}

// Away implements domain.AbsenceBook.
func (s *Absences) Away(ctx context.Context, people []int64, from, to date.Date) ([]domain.Away, error) {
	return db.Select[domain.Away](ctx, s.DB, `SELECT person_id AS person, from_on AS "from", to_on AS "to" FROM ltc.away
		WHERE person_id = ANY(?) AND from_on <= ? AND to_on >= ? ORDER BY from_on, absence_id`, db.Array(people), to, from)
}

// Overlaps implements domain.AbsenceBook.
func (s *Absences) Overlaps(ctx context.Context, x *domain.Absence) (no string, err error) {
	if err := s.DB.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('ltc.absence', $1))`, x.OwnerID); err != nil {
		return "", fmt.Errorf("absences of %d: %w", x.OwnerID, err)
	}
	_, err = s.DB.Row(ctx, `SELECT no FROM ltc.absence WHERE owner_id = $1 AND id <> $2 AND stage <> 'withdrawn' AND archived_at IS NULL AND from_on <= $4 AND to_on >= $3 ORDER BY id LIMIT 1`,
		[]any{x.OwnerID, x.ID, x.FromOn, x.ToOn}, &no)
	return no, err
}

// Planned implements domain.AbsenceBook.
func (s *Absences) Planned(ctx context.Context, person int64, from, to date.Date) ([]int64, error) {
	return idsOf(ctx, s.DB, `SELECT DISTINCT p.id FROM ltc.service_task t JOIN ltc.service_project p ON p.id = t.parent_id
		WHERE p.archived_at IS NULL AND `+liveProject+` AND t.done_on IS NULL AND t.person_id = $1 AND t.from_on <= $2 AND t.to_on >= $3 ORDER BY 1`, person, to, from)
}
