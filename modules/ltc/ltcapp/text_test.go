package ltcapp_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
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
	regexp.MustCompile(`(?:Label|Help): "([A-Z0-9][^"]*)"`),
	regexp.MustCompile(`s\.page\(.*, "([^"]+)", `),
	regexp.MustCompile(`col\("[^"]+", "([^"]+)"`),
	regexp.MustCompile(`report\.(?:Word|Pill)\("([^"]+)"`),
	regexp.MustCompile(`(?:Title|Note|Empty|Say): "([^"]+)"`),
	regexp.MustCompile(`resource\.\w+\("[^"]+", "([^"]+)"`),
	regexp.MustCompile(`(?:NoNextStep|StepOverdue|Stale|Stuck|CloseOverdue) += "([^"]+)"`),
	regexp.MustCompile(`s\.(?:tally|tile)\("[^"]+", "([^"]+)"`),
	regexp.MustCompile(`report\.Do\("[^"]+", "([^"]+)"`),
	regexp.MustCompile(`daily\([^,]+, "[^"]+", "([^"]+)"`),
	regexp.MustCompile(`Why\{"([^"]+)"`),
	regexp.MustCompile(`Blocked[^"\n]* = "([^"]+)"`),
	regexp.MustCompile(`Line(?:Added|Removed|Changed|Same) += "([^"]+)"`),
	regexp.MustCompile(`Note(?:, res\.Args)? = "([^"]+)"`),
	regexp.MustCompile(`Reason += "([^"]+)"`),
	regexp.MustCompile(`(?:Blocked|Empty|Say|Title|Note): "([^"]+)"`),
	regexp.MustCompile(`Customer360\.Add\([^,]+, "[^"]+", "([^"]+)"`),
}

func TestEveryTextHasChinese(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.Translated("ltc")
	missing := map[string]bool{}
	files, _ := filepath.Glob("../internal/*/*.go")
	own, _ := filepath.Glob("*.go")
	for _, f := range append(files, own...) {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, re := range messages {
			for _, m := range re.FindAllStringSubmatch(string(b), -1) {
				if !w.Text.Has(m[1]) {
					missing[m[1]] = true
				}
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
