package db

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"meridian/platform/jobs/schema"
)

// Migrate brings the schema to the newest version: one timeline, one file a
// transaction, under a lock so that racing instances apply each file once. It
// refuses a schema that is newer than the program. The tables of the job queue come
// right after. owner must be opened with
// Options.Owner. It returns the names of the files applied.
func Migrate(ctx context.Context, owner *DB, files fs.FS) ([]string, error) {
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, fmt.Errorf("migration lock: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, owner.pool, files, goose.WithSessionLocker(locker))
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	have, err := schemaVersion(ctx, owner.pool)
	if err != nil {
		return nil, err
	}
	if src := p.ListSources(); len(src) > 0 && have > src[len(src)-1].Version {
		return nil, fmt.Errorf("the database is at version %d, newer than this program (%d): install the newer program", have, src[len(src)-1].Version)
	}
	done, err := p.Up(ctx)
	var names []string
	for _, r := range done {
		names = append(names, r.Source.Path)
	}
	if err != nil {
		return names, fmt.Errorf("migrate: %w", err)
	}
	pool, err := owner.NewPool(ctx, 2)
	if err != nil {
		return names, err
	}
	defer pool.Close()
	return names, schema.Up(ctx, pool)
}

func schemaVersion(ctx context.Context, pool *sql.DB) (int64, error) {
	var exists bool
	if err := pool.QueryRowContext(ctx, "SELECT to_regclass('goose_db_version') IS NOT NULL").Scan(&exists); err != nil {
		return 0, fmt.Errorf("read schema version: %w", err)
	}
	if !exists {
		return 0, nil
	}
	var v int64
	if err := pool.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&v); err != nil {
		return 0, fmt.Errorf("read schema version: %w", err)
	}
	return v, nil
}
