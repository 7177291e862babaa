package ltcapp_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"meridian/platform/resource"
)

// messages finds the sentences people read in the source: refusals, labels of
// measures and rules, texts of pages.
var messages = []*regexp.Regexp{
	regexp.MustCompile(`errs\.New\([^,]+, "([^"]+)"`),
	regexp.MustCompile(`errs\.Bad\("[^"]+", "([^"]+)"`),
	regexp.MustCompile(`Message: "([^"]+)"`),
	regexp.MustCompile(`message :?= "([^"]+)"`),
	regexp.MustCompile(`at\("[^"]+", "([^"]+)"`),
	regexp.MustCompile(`i18n\.T\(ctx, "([^"]+)"`),
	regexp.MustCompile(`(?:Label|Help): "([^"]+)"`),
	regexp.MustCompile(`s\.page\(.*, "([^"]+)", `),
	regexp.MustCompile(`Customer360\.Add\([^,]+, "[^"]+", "([^"]+)"`),
}

func TestEveryTextHasChinese(t *testing.T) {
	t.Parallel()
	w := setup(t)
	missing := map[string]bool{}
	need := func(name, text string) {
		if text != "" && !w.Text.Has(text) && !w.Text.Has(name) {
			missing[text] = true
		}
	}
	fields := func(typ string, list []*resource.Meta) {
		for _, f := range list {
			for _, m := range append([]*resource.Meta{f}, f.Lines...) {
				need(typ+"."+m.Name, m.Label)
				need("", m.Help)
				need("", m.Section)
				for _, o := range m.Options {
					need("", o.Label)
				}
			}
		}
	}
	for _, d := range w.Types.Docs() {
		i := d.Info()
		if i.Module != "ltc" {
			continue
		}
		need(i.Name, i.Label)
		need("", i.Plural)
		fields(i.Name, i.Fields)
		if i.Process == nil {
			continue
		}
		for _, form := range i.Forms {
			fields(i.Name, form)
		}
		for _, s := range i.Process.Stages {
			need("", s.Label)
			need("", s.Help)
		}
		for _, m := range i.Process.Moves {
			need("", m.Label)
		}
	}
	files, _ := filepath.Glob("../internal/*/*.go")
	own, _ := filepath.Glob("*app.go")
	for _, f := range append(files, own...) {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, re := range messages {
			for _, m := range re.FindAllStringSubmatch(string(b), -1) {
				need("", m[1])
			}
		}
	}
	if len(files) < 10 {
		t.Fatalf("only %d source files found", len(files))
	}
	var list []string
	for s := range missing {
		list = append(list, `"`+s+`": ""`)
	}
	if len(list) > 0 {
		t.Errorf("%d texts without Chinese:\n%s", len(list), strings.Join(list, ",\n"))
	}
}
