package store

import (
	"context"

	"meridian/modules/isc/internal/domain"
	"meridian/platform/db"
	"meridian/platform/errs"
)

// Sites finds warehouses.
type Sites struct{ DB *db.DB }

// Site implements domain.Sites.
func (s *Sites) Site(ctx context.Context, warehouse, company int64) (domain.Site, error) {
	var out domain.Site
	ok, err := s.DB.Row(ctx, `SELECT w.id, w.company_id, l.id FROM isc.warehouse w JOIN isc.location l ON l.warehouse_id = w.id AND l.code = 'stock'
		WHERE w.archived_at IS NULL AND (w.id = $1 OR $1 = 0 AND w.is_default AND w.company_id = $2)`, []any{warehouse, company}, &out.Warehouse, &out.Company, &out.Location)
	if err != nil {
		return out, err
	}
	if !ok {
		return out, errs.New(errs.NotFound, "There is no such warehouse, or the company has no default one.")
	}
	return out, nil
}
