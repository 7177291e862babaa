// Package text is the Chinese of integrated product development.
package text

import "embed"

// FS holds the catalogue.
//
//go:embed zh.json
var FS embed.FS
