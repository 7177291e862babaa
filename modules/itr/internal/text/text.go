// Package text is the Chinese of issue to resolved.
package text

import "embed"

// FS holds the catalogue.
//
//go:embed zh.json
var FS embed.FS
