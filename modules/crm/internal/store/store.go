// Package store is the SQL of customer relationship management.
package store

import (
	"context"
	"time"

	"meridian/platform/db"
)

// Store reads and writes what spans many documents.
type Store struct {
	DB       *db.DB
	Location func(ctx context.Context) *time.Location // of the actor's company
}
