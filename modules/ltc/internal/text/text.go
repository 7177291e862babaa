// Package text is the Chinese of leads to cash.
package text

import "embed"

// FS holds the catalogues: zh.json, cash.json of the cash half, service.json of service projects.
//
//go:embed *.json
var FS embed.FS
