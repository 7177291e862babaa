// Package migrations holds the schema: SQL files on one timeline, forward only,
// one schema per module. A file is never edited once it has landed.
package migrations

import "embed"

// FS holds the files.
//
//go:embed *.sql
var FS embed.FS
