// Package text is the Chinese of procurement.
package text

import "embed"

// FS holds the catalogue.
//
//go:embed zh.json
var FS embed.FS
