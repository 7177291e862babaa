package store

import (
	"context"
	"fmt"

	"meridian/modules/ipd"
	"meridian/modules/ipd/internal/domain"
	"meridian/platform/db"
)

// Acks keeps the answers to launches.
type Acks struct{ DB *db.DB }

// Expect implements domain.AckStore.
func (s *Acks) Expect(ctx context.Context, product ipd.ProductID, modules []string) error {
	err := s.DB.Exec(ctx, `INSERT INTO ipd.launch_ack (product_id, module) SELECT $1, unnest($2::text[])
		ON CONFLICT (product_id, module) DO UPDATE SET answer = '', reason = '', answered_at = NULL WHERE launch_ack.answer = 'no'`, int64(product), modules)
	if err != nil {
		return fmt.Errorf("open answers of product %d: %w", product, err)
	}
	return nil
}

const answers = `SELECT module, answer, reason FROM ipd.launch_ack WHERE product_id = ? ORDER BY module`

// Lock implements domain.AckStore.
func (s *Acks) Lock(ctx context.Context, product ipd.ProductID) ([]domain.Ack, error) {
	return db.Select[domain.Ack](ctx, s.DB, answers+` FOR UPDATE`, int64(product))
}

// Answers implements domain.AckStore.
func (s *Acks) Answers(ctx context.Context, product ipd.ProductID) ([]domain.Ack, error) {
	return db.Select[domain.Ack](ctx, s.DB, answers, int64(product))
}

// Answer implements domain.AckStore.
func (s *Acks) Answer(ctx context.Context, product ipd.ProductID, a domain.Ack) error {
	return s.DB.Exec(ctx, `UPDATE ipd.launch_ack SET answer = $3, reason = $4, answered_at = clock_timestamp() WHERE product_id = $1 AND module = $2`,
		int64(product), a.Module, a.Answer, a.Reason)
}
