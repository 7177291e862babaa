package app

import "embed"

// text holds the Chinese of the platform's own labels and messages.
//
//go:embed *.json
var text embed.FS
