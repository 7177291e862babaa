package web

import "github.com/a-h/templ"

// rawSVG is a drawing made by package graph, which escapes what it draws.
func rawSVG(svg string) templ.Component { return templ.Raw(svg) }
