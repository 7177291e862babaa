package ui_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"meridian/platform/web/ui"
)

// templates reads every source that draws html: name to text.
func templates(t *testing.T) map[string]string {
	t.Helper()
	names, err := filepath.Glob("*.templ")
	if err != nil || len(names) == 0 {
		t.Fatal("no templates", err)
	}
	more, err := filepath.Glob("*.go")
	must(t, err)
	out := map[string]string{}
	for _, name := range append(names, more...) {
		if strings.HasSuffix(name, "_templ.go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		b, err := os.ReadFile(name)
		must(t, err)
		out[name] = string(b)
	}
	return out
}

// TestNothingInline keeps the content security policy: web.md section 3.
func TestNothingInline(t *testing.T) {
	t.Parallel()
	for what, re := range map[string]*regexp.Regexp{
		"a style attribute":  regexp.MustCompile(`\sstyle=`),
		"a style element":    regexp.MustCompile(`<style`),
		"an event attribute": regexp.MustCompile(`\son[a-z]+=`),
		"hx-on":              regexp.MustCompile(`hx-on`),
		"js: in hx-vals":     regexp.MustCompile(`["']js:`),
		"a javascript: link": regexp.MustCompile(`javascript:`),
		"an event filter":    regexp.MustCompile(`hx-trigger="[^"]*\[`),
		"an inline script":   regexp.MustCompile(`<script(?:\s[^>]*)?>[^<]`),
		"raw html":           regexp.MustCompile(`templ\.Raw`),
	} {
		for name, src := range templates(t) {
			for _, at := range re.FindAllStringIndex(src, -1) {
				t.Errorf("%s:%d: %s", name, 1+strings.Count(src[:at[0]], "\n"), what)
			}
		}
	}
}

// TestEveryTextIsTranslated compares the literals of i18n.T with text/zh.json.
func TestEveryTextIsTranslated(t *testing.T) {
	t.Parallel()
	b, err := fs.ReadFile(ui.Text, "zh.json")
	must(t, err)
	zh := map[string]string{}
	must(t, json.Unmarshal(b, &zh))
	used, call := map[string]bool{}, regexp.MustCompile(`i18n\.T\(ctx, "((?:[^"\\]|\\.)*)"`)
	for name, src := range templates(t) {
		if got, want := len(call.FindAllString(src, -1)), strings.Count(src, "i18n.T("); got != want {
			t.Errorf("%s: %d of %d texts are literals", name, got, want)
		}
		for _, m := range call.FindAllStringSubmatch(src, -1) {
			used[m[1]] = true
			if strings.TrimSpace(zh[m[1]]) == "" {
				t.Errorf("%s: %q has no Chinese text", name, m[1])
			}
			for i := range 3 {
				if arg := "{" + string(rune('0'+i)) + "}"; strings.Contains(m[1], arg) != strings.Contains(zh[m[1]], arg) {
					t.Errorf("%s: %q and its translation differ in %s", name, m[1], arg)
				}
			}
		}
	}
	for key := range zh {
		if !used[key] {
			t.Errorf("zh.json: %q is used nowhere", key)
		}
	}
}

// TestEveryIconExists reads the symbols of the sprite; a missing one would draw nothing.
func TestEveryIconExists(t *testing.T) {
	t.Parallel()
	sprite, err := os.ReadFile("../asset/icons.svg")
	must(t, err)
	for name, src := range templates(t) {
		for _, m := range regexp.MustCompile(`(?:@Icon\(|Icon: +)"([\w-]+)"`).FindAllStringSubmatch(src, -1) {
			if !strings.Contains(string(sprite), `<symbol id="`+m[1]+`"`) {
				t.Errorf("%s: no icon %s", name, m[1])
			}
		}
	}
}

// TestEveryClassIsStyled finds classes of the templates that no style sheet and no script knows.
func TestEveryClassIsStyled(t *testing.T) {
	t.Parallel()
	known := ""
	for _, f := range []string{"../asset/app.css", "../asset/app.js", "../asset/vendor/tabler-1.6.1.min.css"} {
		b, err := os.ReadFile(f)
		must(t, err)
		known += string(b)
	}
	for name, src := range templates(t) {
		for _, m := range regexp.MustCompile(`class="([^"]+)"`).FindAllStringSubmatch(src, -1) {
			for class := range strings.FieldsSeq(m[1]) {
				if !regexp.MustCompile(`\.` + regexp.QuoteMeta(class) + `[^\w-]`).MatchString(known) {
					t.Errorf("%s: class %s has no rule", name, class)
				}
			}
		}
	}
}
