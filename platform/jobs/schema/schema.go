// Package schema keeps the tables of the job queue. It stands apart from package
// jobs so that the migrations can use it before anything else exists.
package schema

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// Name is the schema of the queue. It holds work under way, no data of the company,
// so a backup leaves it out.
const Name = "river"

// Up brings the tables of the queue to the version of the library. The migrations
// make the schema; before they have, there is nothing to do. pool belongs to the owner; racing instances wait for each
// other.
func Up(ctx context.Context, pool *pgxpool.Pool) error {
	lock, err := pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("migrate the job queue: %w", err)
	}
	defer lock.Release()
	const key = "hashtext('meridian job queue')"
	if _, err := lock.Exec(ctx, "SELECT pg_advisory_lock("+key+")"); err != nil {
		return fmt.Errorf("migrate the job queue: %w", err)
	}
	defer func() { _, _ = lock.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock("+key+")") }()
	var made bool
	if err := lock.QueryRow(ctx, "SELECT to_regnamespace($1) IS NOT NULL", Name).Scan(&made); err != nil || !made {
		return err
	}
	m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: Name, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("migrate the job queue: %w", err)
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate the job queue: %w", err)
	}
	return nil
}
