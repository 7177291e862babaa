// Package text is the Chinese of leads to cash.
package text

import "embed"

// FS holds the catalogues: zh.json, and cash.json of the cash half.
//
//go:embed *.json
var FS embed.FS
