// Package text is the Chinese of the integrated supply chain.
package text

import "embed"

// FS holds the catalogue.
//
//go:embed zh.json
var FS embed.FS
