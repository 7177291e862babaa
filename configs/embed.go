// Package configs holds the commented default configuration, the default roles, the default chart of accounts
// and the import sets.
package configs

import "embed"

// FS holds the files.
//
//go:embed roles.csv chart.csv import
var FS embed.FS
