// Package store is the SQL of integrated product development.
package store

import (
	"context"

	"meridian/platform/db"
)

// BOM answers questions about all bills of material together.
type BOM struct{ DB *db.DB }

// Lock implements domain.BOMGraph.
func (s *BOM) Lock(ctx context.Context) error {
	return s.DB.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('ipd bills of material'))`)
}

// Contains implements domain.BOMGraph. UNION drops what was seen, so it ends even
// on a cycle.
func (s *BOM) Contains(ctx context.Context, parts []int64, product int64) (bool, error) {
	var found bool
	_, err := s.DB.Row(ctx, `WITH RECURSIVE part(id) AS (
			SELECT unnest($1::bigint[])
			UNION SELECT b.component_id FROM part JOIN ipd.product_bom b ON b.parent_id = part.id)
		SELECT EXISTS (SELECT FROM part WHERE id = $2)`, []any{parts, product}, &found)
	return found, err
}

// Cycles lists products that contain themselves, for the self-check.
func (s *BOM) Cycles(ctx context.Context) ([]string, error) {
	return lines(ctx, s.DB, `WITH RECURSIVE part(root, id) AS (
			SELECT parent_id, component_id FROM ipd.product_bom
			UNION SELECT part.root, b.component_id FROM part JOIN ipd.product_bom b ON b.parent_id = part.id)
		SELECT 'product ' || root || ': its bill of material contains itself' AS line FROM part WHERE id = root`)
}

func lines(ctx context.Context, d *db.DB, q string) ([]string, error) {
	rows, err := db.Select[struct{ Line string }](ctx, d, q)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.Line
	}
	return out, nil
}
