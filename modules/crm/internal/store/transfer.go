package store

import (
	"context"

	"meridian/modules/crm/internal/domain"
	"meridian/platform/db"
)

// CustomersOf implements domain.Portfolio.
func (s *Store) CustomersOf(ctx context.Context, user int64, only []int64) ([]domain.HeldCustomer, error) {
	cond, args := "", []any{user}
	if only != nil {
		cond, args = " AND c.id = ANY(?)", append(args, db.Array(only))
	}
	return db.Select[domain.HeldCustomer](ctx, s.DB, `SELECT c.id, c.no, c.name, c.stage, coalesce((SELECT f.planned_on || ' ' || f.subject FROM crm.followup f WHERE f.customer_id = c.id AND f.stage = 'planned' AND f.archived_at IS NULL ORDER BY planned_on LIMIT 1), '') AS next,
			(SELECT count(*) FROM crm.followup f WHERE f.customer_id = c.id AND f.archived_at IS NULL) AS followups
		FROM crm.customer c WHERE c.owner_id = ? AND c.archived_at IS NULL`+cond+` ORDER BY c.id`, args...)
}

// MoveChildren implements domain.Portfolio.
func (s *Store) MoveChildren(ctx context.Context, customer, from, to int64) error {
	for _, q := range []string{
		`UPDATE crm.contact SET owner_id = $3, dept_id = (SELECT dept_id FROM crm.customer WHERE id = $1), version = version + 1 WHERE customer_id = $1 AND owner_id = $2`,
		`UPDATE crm.followup SET owner_id = $3, dept_id = (SELECT dept_id FROM crm.customer WHERE id = $1), version = version + 1 WHERE customer_id = $1 AND owner_id = $2`,
	} {
		if err := s.DB.Exec(ctx, q, customer, from, to); err != nil {
			return err
		}
	}
	return nil
}

// Show implements domain.Portfolio.
func (s *Store) Show(ctx context.Context, typ string, id, user int64) error {
	return s.DB.Show(ctx, typ, id, nil, user)
}

// Holding is what one person still holds.
type Holding struct {
	OwnerID                                int64
	Customers, Contacts, Followups, Signed int64
}

// Holdings counts what people of a company hold: of one person, or of all for 0.
func (s *Store) Holdings(ctx context.Context, company, user int64) ([]Holding, error) {
	return db.Select[Holding](ctx, s.DB, `SELECT owner_id, count(*) FILTER (WHERE k = 'c') AS customers, count(*) FILTER (WHERE k = 's') AS signed, count(*) FILTER (WHERE k = 'k') AS contacts, count(*) FILTER (WHERE k = 'f') AS followups
		FROM (SELECT owner_id, company_id, 'c' AS k FROM crm.customer WHERE archived_at IS NULL AND stage NOT IN ('lost', 'merged')
			UNION ALL SELECT owner_id, company_id, 's' FROM crm.customer WHERE archived_at IS NULL AND stage IN ('signed', 'user', 'satisfied')
			UNION ALL SELECT owner_id, company_id, 'k' FROM crm.contact WHERE archived_at IS NULL
			UNION ALL SELECT owner_id, company_id, 'f' FROM crm.followup WHERE archived_at IS NULL AND stage = 'planned') x
		WHERE company_id = ? AND owner_id <> 0 AND (? = 0 OR owner_id = ?) GROUP BY 1 ORDER BY 2 DESC, 1`, company, user, user)
}
