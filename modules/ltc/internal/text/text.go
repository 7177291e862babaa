// Package text is the Chinese of leads to cash.
package text

import "embed"

// FS holds the catalogue.
//
//go:embed zh.json
var FS embed.FS
