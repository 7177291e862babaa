package store

import (
	"context"

	"meridian/modules/crm"
	"meridian/platform/trace"
)

func refOf(typ string, id int64) trace.Ref { return trace.Ref{Type: typ, ID: id} }

// Before implements domain.LifecycleLog.
func (s *Store) Before(ctx context.Context, id int64) (stage crm.Lifecycle, err error) {
	_, err = s.DB.Row(ctx, `SELECT to_stage FROM crm.lifecycle_log WHERE customer_id = $1 AND to_stage NOT IN ('dormant', 'at_risk', 'lost', 'merged') ORDER BY id DESC LIMIT 1`, []any{id}, &stage)
	return stage, err
}

// Reached implements domain.LifecycleLog.
func (s *Store) Reached(ctx context.Context, id int64, stage crm.Lifecycle) (bool, error) {
	return s.DB.Row(ctx, `SELECT 1 FROM crm.lifecycle_log WHERE customer_id = $1 AND to_stage = $2 LIMIT 1`, []any{id, string(stage)}, new(int))
}

// OpenDeal implements domain.LifecycleLog.
func (s *Store) OpenDeal(ctx context.Context, id int64, deal trace.Ref) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		return s.DB.Exec(ctx, `INSERT INTO crm.open_deal (object_type, object_id, customer_id) VALUES ($1, $2, $3)
			ON CONFLICT (object_type, object_id) DO UPDATE SET closed_at = NULL, customer_id = $3`, deal.Type, deal.ID, id)
	})
}

// CloseDeal implements domain.LifecycleLog.
func (s *Store) CloseDeal(ctx context.Context, id int64, deal trace.Ref) (left int, err error) {
	if err = s.DB.Exec(ctx, `UPDATE crm.open_deal SET closed_at = clock_timestamp() WHERE object_type = $1 AND object_id = $2 AND closed_at IS NULL`, deal.Type, deal.ID); err != nil {
		return 0, err
	}
	_, err = s.DB.Row(ctx, `SELECT count(*) FROM crm.open_deal WHERE customer_id = $1 AND closed_at IS NULL`, []any{id}, &left)
	return left, err
}
