// Package i18n holds the message catalogues and the language of a request.
//
// The English text in the source is the key, so English needs no catalogue and
// a missing translation still reads as a sentence. A declared label may carry a
// name ("ltc.order.customer_id"); a catalogue entry under the name wins over the
// entry under the text, for the few words that one language splits in two.
package i18n

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
)

// Lang is a language of the screen.
type Lang string

// The languages of the product.
const (
	English Lang = "en"
	Chinese Lang = "zh"
)

// Langs are the languages of the product, the default first.
var Langs = []Lang{Chinese, English}

// Parse returns the language named by s ("zh-CN", "en"), or fallback.
func Parse(s string, fallback Lang) Lang {
	switch {
	case strings.HasPrefix(strings.ToLower(s), "zh"):
		return Chinese
	case strings.HasPrefix(strings.ToLower(s), "en"):
		return English
	}
	return fallback
}

// Tag is the BCP 47 tag for the html lang attribute; it also picks the glyphs.
func (l Lang) Tag() string {
	if l == Chinese {
		return "zh-CN"
	}
	return "en"
}

// Catalogue maps keys to Chinese text. It is filled while wiring and read only after.
type Catalogue struct{ zh map[string]string }

// NewCatalogue returns an empty catalogue.
func NewCatalogue() *Catalogue { return &Catalogue{zh: map[string]string{}} }

// Add reads every *.json of fsys: an object from key to Chinese text. It returns
// an error when a file is unreadable or gives a key a second, different text.
func (c *Catalogue) Add(fsys fs.FS) error {
	return c.each(fsys, func(name, k, v string) error {
		if old, ok := c.zh[k]; ok && old != v {
			return fmt.Errorf("catalogue %s: %q is already %q, not %q", name, k, old, v)
		}
		c.zh[k] = v
		return nil
	})
}

// AddModule is Add for the texts of a module. Two modules may translate a word
// differently: labels of declared names and reports take that of their own module,
// everything else the first one. The files of one module agree.
func (c *Catalogue) AddModule(module string, fsys fs.FS) error {
	return c.each(fsys, func(name, k, v string) error {
		if _, taken := c.zh[k]; !taken {
			c.zh[k] = v
		}
		own := module + "\x00" + k
		if old, ok := c.zh[own]; ok && old != v {
			return fmt.Errorf("catalogue %s of %s: %q is already %q, not %q", name, module, k, old, v)
		}
		c.zh[own] = v
		return nil
	})
}

func (c *Catalogue) each(fsys fs.FS, put func(name, key, text string) error) error {
	names, err := fs.Glob(fsys, "*.json")
	if err != nil {
		return fmt.Errorf("list catalogues: %w", err)
	}
	for _, name := range names {
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			return fmt.Errorf("read catalogue %s: %w", name, err)
		}
		var m map[string]string
		if err := json.Unmarshal(b, &m); err != nil {
			return fmt.Errorf("parse catalogue %s: %w", name, err)
		}
		for k, v := range m {
			if err := put(name, k, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// Put adds a text made of others while wiring.
func (c *Catalogue) Put(key, zh string) { c.zh[key] = zh }

// Has reports whether key has a Chinese text.
func (c *Catalogue) Has(key string) bool { _, ok := c.zh[key]; return ok }

// Text returns the text of key in l with {0}, {1} ... replaced by args.
func (c *Catalogue) Text(l Lang, key string, args ...any) string {
	s := key
	if l == Chinese && c != nil {
		if t, ok := c.zh[key]; ok {
			s = t
		}
	}
	return fill(s, args)
}

// fill puts args where {0}, {1} ... stand.
func fill(s string, args []any) string {
	if len(args) == 0 || !strings.Contains(s, "{") {
		return s
	}
	for i, a := range args {
		s = strings.ReplaceAll(s, fmt.Sprintf("{%d}", i), fmt.Sprint(a))
	}
	return s
}

// Label returns the text of a declared label: the entry of its name if there is
// one, else that of its English text in its module, else anywhere.
func (c *Catalogue) Label(l Lang, name, text string) string {
	if l == Chinese && c != nil {
		if t, ok := c.zh[name]; ok {
			return t
		}
	}
	module, _, _ := strings.Cut(name, ".")
	return c.in(l, module, text)
}

// in is Text in the words of a module, where it has its own.
func (c *Catalogue) in(l Lang, module, key string, args ...any) string {
	if l == Chinese && c != nil {
		if t, ok := c.zh[module+"\x00"+key]; ok {
			return fill(t, args)
		}
	}
	return c.Text(l, key, args...)
}

type ctxKey struct{}

type state struct {
	cat  *Catalogue
	lang Lang
}

// With returns ctx in which T speaks l out of c.
func With(ctx context.Context, c *Catalogue, l Lang) context.Context {
	return context.WithValue(ctx, ctxKey{}, state{c, l})
}

// LangOf returns the language of ctx, English if none was set.
func LangOf(ctx context.Context) Lang {
	if s, ok := ctx.Value(ctxKey{}).(state); ok {
		return s.lang
	}
	return English
}

// T returns the text of key in the language of ctx.
func T(ctx context.Context, key string, args ...any) string {
	s, _ := ctx.Value(ctxKey{}).(state)
	return s.cat.Text(s.lang, key, args...)
}

// In is T in the words of a module.
func In(ctx context.Context, module, key string, args ...any) string {
	s, _ := ctx.Value(ctxKey{}).(state)
	return s.cat.in(s.lang, module, key, args...)
}

// Label returns the text of a declared label in the language of ctx.
func Label(ctx context.Context, name, text string) string {
	s, _ := ctx.Value(ctxKey{}).(state)
	return s.cat.Label(s.lang, name, text)
}
