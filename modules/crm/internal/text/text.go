// Package text is the Chinese of customer relationship management.
package text

import "embed"

// FS holds the catalogue.
//
//go:embed zh.json
var FS embed.FS
