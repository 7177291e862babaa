package pgrun_test

import (
	"context"
	"log/slog"
	"time"

	"meridian/platform/pgrun"
)

// What `meridian serve` does when DATABASE_URL is empty.
func ExampleStart() {
	ctx, log := context.Background(), slog.Default()
	cluster, err := pgrun.Start(ctx, pgrun.Config{Root: pgrun.DefaultRoot(), NoTCP: true, Log: log})
	if err != nil {
		log.ErrorContext(ctx, "no database", slog.String("error", err.Error()))
		return
	}
	log.InfoContext(ctx, "database", slog.String("how", cluster.How()))

	quit := make(chan struct{})
	go cluster.Supervise(ctx, quit, log)

	// ... open a pool on cluster.DSN("meridian") and serve ...

	close(quit) // from here on a dead server stays dead
	// ... drain ...
	if err := cluster.Stop(10 * time.Second); err != nil {
		log.ErrorContext(ctx, "database did not stop", slog.String("error", err.Error()))
	}
}
