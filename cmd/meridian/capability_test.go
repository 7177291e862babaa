package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	syntax "go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// owed are the capabilities the suite promises for customers and for sales, by the
// letters of their id and how many there are.
var owed = []struct {
	module string
	last   int
}{
	{"CRM", 22},
	{"LTC", 20},
}

// acceptance is the name of a test that shows a capability: TestCRM07ResourcePlan.
var acceptance = regexp.MustCompile(`^Test([A-Z]+\d\d)(?:\D|$)`)

// TestEveryCapabilityHasATest: a promise nobody tries is none. Names are read from the
// syntax trees of the tests, so that a comment or a string does not count.
func TestEveryCapabilityHasATest(t *testing.T) {
	have := acceptanceTests(t, "../..")
	for _, m := range owed {
		for n := 1; n <= m.last; n++ {
			if id := fmt.Sprintf("%s-%02d", m.module, n); len(have[strings.ReplaceAll(id, "-", "")]) == 0 {
				t.Errorf("%s has no acceptance test: write a Test%s%02d… that shows it works", id, m.module, n)
			}
		}
	}
}

// acceptanceTests lists the tests named after a capability, by its letters and digits.
func acceptanceTests(t *testing.T, root string) map[string][]string {
	t.Helper()
	have := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, name := range testsIn(t, path, src) {
			if m := acceptance.FindStringSubmatch(name); m != nil {
				have[m[1]] = append(have[m[1]], name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return have
}

// testsIn names the functions of a file that go test runs and that say something: they
// take a *testing.T, stand at the top level and have a body with statements.
func testsIn(t *testing.T, path string, src []byte) (names []string) {
	t.Helper()
	f, err := parser.ParseFile(syntax.NewFileSet(), path, src, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Recv != nil || len(fn.Type.Params.List) != 1 || fn.Body == nil || len(fn.Body.List) == 0 {
			continue
		}
		if star, ok := fn.Type.Params.List[0].Type.(*ast.StarExpr); ok {
			if sel, ok := star.X.(*ast.SelectorExpr); ok && sel.Sel.Name == "T" {
				names = append(names, fn.Name.Name)
			}
		}
	}
	return names
}

// TestCapabilityNamesAreRead: what counts as a test of a capability, and what does not.
func TestCapabilityNamesAreRead(t *testing.T) {
	src := `package x
// func TestCRM01Comment(t *testing.T) {}
func TestCRM02Real(t *testing.T) { t.Log() }
func TestCRM03Empty(t *testing.T) {}
func TestCRM04Helper(t *testing.T, n int) { t.Log() }
func (s suite) TestCRM05Method(t *testing.T) { t.Log() }
func BenchmarkCRM06(b *testing.B) { b.Log() }
func TestCRM071(t *testing.T) { t.Log() }
`
	var got []string
	for _, n := range testsIn(t, "x_test.go", []byte(src)) {
		if m := acceptance.FindStringSubmatch(n); m != nil {
			got = append(got, m[1])
		}
	}
	if fmt.Sprint(got) != "[CRM02]" {
		t.Errorf("read %v, want only CRM02", got)
	}
}
