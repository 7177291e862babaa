package web

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"meridian/platform/app"
	"meridian/platform/errs"
	"meridian/platform/i18n"
	"meridian/platform/web/ui"
)

// markdown turns the pages of the modules into HTML; HTML inside them stays out.
var markdown = goldmark.New(goldmark.WithExtensions(extension.Table))

// written is HTML the renderer above made of a page of ours.
type written struct{ html *bytes.Buffer }

// Render writes it.
func (w written) Render(_ context.Context, out io.Writer) error {
	_, err := w.html.WriteTo(out)
	return err
}

// help explains a module to its users, in their language.
func (s *Server) help(v *view) error {
	code := v.c.Param("module")
	i := slices.IndexFunc(v.Modules, func(m app.Module) bool { return m.Code == code && m.Help != nil })
	if i < 0 {
		return errs.New(errs.NotFound, "There is no such page.")
	}
	name := "README.md"
	if v.lang() == i18n.Chinese {
		name = "README.zh.md"
	}
	text, err := fs.ReadFile(v.Modules[i].Help, name)
	if err != nil {
		return fmt.Errorf("help of %s: %w", code, err)
	}
	title, body, _ := strings.Cut(string(text), "\n")
	var b bytes.Buffer
	if err := markdown.Convert([]byte(body), &b); err != nil {
		return fmt.Errorf("help of %s: %w", code, err)
	}
	return v.show(http.StatusOK, strings.TrimPrefix(title, "# "), v.t("How it works"), "help", ui.Prose(written{&b}), nil)
}
