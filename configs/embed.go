// Package configs holds the commented default configuration, the default roles
// and the import sets.
package configs

import "embed"

// FS holds the files.
//
//go:embed roles.csv import
var FS embed.FS
