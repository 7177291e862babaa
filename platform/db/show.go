package db

import (
	"context"
	"time"
)

// Show lets people read a record past their own rights, until a moment (exclusive) or, with
// nil, without end; who may read it longer already keeps that. It is written with the
// transaction of ctx.
func (d *DB) Show(ctx context.Context, object string, id int64, until *time.Time, people ...int64) error {
	if len(people) == 0 {
		return nil
	}
	return d.ShowRows(ctx, `SELECT $1, $2::bigint, unnest($3::bigint[]), $4::timestamptz`, object, id, people, until)
}

// ShowRows is Show of what a query selects: type and id of a record, a person, and until when.
func (d *DB) ShowRows(ctx context.Context, q string, args ...any) error {
	return d.Later(ctx, nil, `INSERT INTO core.record_share AS s (object_type, object_id, user_id, until) `+q+`
		ON CONFLICT (object_type, object_id, user_id) DO UPDATE SET until = CASE WHEN excluded.until IS NULL OR s.until IS NULL THEN NULL ELSE greatest(s.until, excluded.until) END`, args...)
}

// Hide takes a record away from people it was shown to, with the transaction of ctx.
func (d *DB) Hide(ctx context.Context, object string, id int64, people ...int64) error {
	if len(people) == 0 {
		return nil
	}
	return d.Later(ctx, nil, `DELETE FROM core.record_share WHERE object_type = $1 AND object_id = $2 AND user_id = ANY($3)`, object, id, people)
}
