// Package ui holds the components of every page: templ templates over plain structs.
//
// Each exported struct is a view model and, by its Render method (component.go),
// a templ.Component: a handler fills the struct and renders it, alone for an htmx
// request, inside Page for a whole page, or inside another struct's slot. Whatever
// the caller knows (labels, values, amounts, dates) arrives translated and formatted;
// words of the components themselves come from text/zh.json through i18n.T.
//
// Markup works without script. Behaviour hangs on data-* attributes and on htmx;
// both are bound by platform/web/asset/app.js. README.md lists structs and endpoints.
package ui

import (
	"embed"
	"io/fs"
)

//go:embed text/zh.json
var text embed.FS

// Text holds the Chinese texts of this package for i18n.Catalogue.Add.
var Text = mustSub(text, "text")

func mustSub(fsys fs.FS, dir string) fs.FS {
	sub, err := fs.Sub(fsys, dir)
	if err != nil {
		panic(err) // the directory is named two lines above
	}
	return sub
}
