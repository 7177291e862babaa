// Package text is the Chinese of develop strategy to execution.
package text

import "embed"

// FS holds the catalogue.
//
//go:embed zh.json
var FS embed.FS
