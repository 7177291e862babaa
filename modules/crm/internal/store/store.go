// Package store is the SQL of customer relationship management.
package store

import (
	"context"
	"time"

	"meridian/platform/db"
	"meridian/platform/org"
)

// Store reads and writes what spans many documents.
type Store struct {
	DB        *db.DB
	Directory func() *org.Directory
	Location  func(ctx context.Context) *time.Location // of the actor's company
}
