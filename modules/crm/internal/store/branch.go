package store

import (
	"context"
	"time"

	"meridian/platform/authz"
	"meridian/platform/db"
	"meridian/platform/trace"
)

// HoldBranch keeps others from copying into a branch until the transaction ends.
func (s *Store) HoldBranch(ctx context.Context, branch int64) error {
	return s.DB.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('copy to branch ' || $1::bigint))`, branch)
}

// LogBranchCopy notes what a branch got from another; source is 0 for what was read from its
// people.
func (s *Store) LogBranchCopy(ctx context.Context, branch, from int64, made trace.Ref, source int64) error {
	return s.DB.Exec(ctx, `INSERT INTO crm.branch_copy (branch_id, from_branch_id, object_type, object_id, source_id, by_user) VALUES ($1, $2, $3, $4, nullif($5::bigint, 0), $6)`,
		branch, from, made.Type, made.ID, source, authz.Actor(ctx))
}

// BranchCopy is one record a branch got as a copy.
type BranchCopy struct {
	FromBranchID, ObjectID, ByUser int64
	ObjectType                     string
	SourceID                       *int64
	At                             time.Time
}

// BranchCopies lists what a branch got as copies, in their order.
func (s *Store) BranchCopies(ctx context.Context, branch int64) ([]BranchCopy, error) {
	return db.Select[BranchCopy](ctx, s.DB, `SELECT from_branch_id, object_type, object_id, source_id, by_user, at FROM crm.branch_copy WHERE branch_id = ? ORDER BY id`, branch)
}
