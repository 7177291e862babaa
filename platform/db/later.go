package db

import (
	"context"
	"errors"
)

// late is a statement that waits for company on its way to the server.
type late struct {
	q    string
	args []any
	none error // what it means when no row was changed; nil = nothing
}

// Later runs a statement of the transaction in ctx together with others, in one
// round trip: before anything else is asked of the database and at the latest with
// the commit. It is for what cannot fail but for the database itself: log, trail,
// links. none, if set, is the failure when the statement changes no row.
func (d *DB) Later(ctx context.Context, none error, q string, args ...any) error {
	t := txOf(ctx)
	if t == nil {
		return errors.New("db: write outside a transaction")
	}
	t.late = append(t.late, late{q, args, none})
	return nil
}

// flush sends what waits.
func (t *tx) flush(ctx context.Context) error {
	if len(t.late) == 0 {
		return nil
	}
	return t.ask(ctx)
}
