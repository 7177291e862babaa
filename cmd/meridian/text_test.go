package main

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"meridian/platform/app/apptest"
	"meridian/platform/resource"
)

// TestEveryTextIsTranslated collects every text people may see, from declarations
// and from the sources, and fails for each without Chinese.
func TestEveryTextIsTranslated(t *testing.T) {
	s := newSuite(t)
	missing := map[string]string{}
	need := func(where, name, text string) {
		if text != "" && !s.Text.Has(name) && !s.Text.Has(text) && hasLetters(text) {
			missing[text] = where
		}
	}
	for _, d := range s.Types.Docs() {
		apptest.Words(d.Info(), need)
	}
	admin := s.as("admin")
	for _, i := range s.Reports.All() {
		apptest.ReportWords(i, need)
		res, err := i.Run(admin, resource.Values{})
		if err != nil {
			t.Errorf("%s without input: %v", i.Name, err)
			continue
		}
		apptest.ResultWords(i.Name, res, need)
	}
	for _, m := range s.KPI.All() {
		need(m.Code, "", m.Label)
		need(m.Code, "", m.Help)
	}
	for _, m := range s.Modules {
		need(m.Code, "", m.Label)
	}
	roles, err := s.Authz.AllRoles(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range roles {
		need(r.Code, "", r.Label)
	}
	for where, texts := range sourceTexts(t, "../..") {
		for _, x := range texts {
			need(where, "", x)
		}
	}
	keys := make([]string, 0, len(missing))
	for k, where := range missing {
		keys = append(keys, where+"\t"+k)
	}
	slices.Sort(keys)
	if len(keys) > 0 {
		t.Errorf("%d texts have no Chinese:\n%s", len(keys), strings.Join(keys, "\n"))
	}
}

// speaking are the calls whose string arguments people read, with the position of
// the text.
var speaking = map[string]int{"T": 1, "t": 0, "New": 1, "Wrap": 2, "Bad": 1, "refuse": 0, "done": 1, "again": 2, "timelineAgain": 2}

func sourceTexts(t *testing.T, root string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		switch {
		case strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "_templ.go") || strings.Contains(path, "/.git/"):
		case strings.HasSuffix(path, ".templ"):
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, m := range templText.FindAllStringSubmatch(string(b), -1) {
				s, err := strconv.Unquote(m[1])
				if err != nil {
					return err
				}
				out[path] = append(out[path], s)
			}
		case strings.HasSuffix(path, ".go"):
			f, err := parser.ParseFile(gotoken.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(f, func(n ast.Node) bool { out[path] = append(out[path], texts(n)...); return true })
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var templText = regexp.MustCompile(`i18n\.T\(ctx, ("(?:[^"\\]|\\.)*")`)

func texts(n ast.Node) []string {
	lit := func(e ast.Expr) []string {
		b, ok := e.(*ast.BasicLit)
		if !ok || b.Kind != gotoken.STRING {
			return nil
		}
		s, err := strconv.Unquote(b.Value)
		if err != nil || !strings.Contains(s, " ") && s == strings.ToLower(s) {
			return nil
		}
		return []string{s}
	}
	switch x := n.(type) {
	case *ast.CallExpr:
		sel, name := "", ""
		switch f := x.Fun.(type) {
		case *ast.SelectorExpr:
			name = f.Sel.Name
			if id, ok := f.X.(*ast.Ident); ok {
				sel = id.Name
			}
		case *ast.Ident:
			name = f.Name
		}
		i, ok := speaking[name]
		if !ok || len(x.Args) <= i || (name == "New" || name == "Wrap" || name == "Bad") && sel != "errs" {
			return nil
		}
		return lit(x.Args[i])
	case *ast.KeyValueExpr:
		if k, ok := x.Key.(*ast.Ident); ok && k.Name == "Message" {
			return lit(x.Value)
		}
	}
	return nil
}

func hasLetters(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' })
}
