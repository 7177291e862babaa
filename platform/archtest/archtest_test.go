package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const root = "../.."

// TestTree walks the whole tree.
func TestTree(t *testing.T) {
	t.Parallel()
	files := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel := filepath.ToSlash(strings.TrimPrefix(strings.TrimPrefix(path, root), "/"))
		if d.IsDir() {
			if strings.HasPrefix(d.Name(), ".") && rel != "" || d.Name() == "testdata" || d.Name() == "vendor" || rel == "bin" {
				return filepath.SkipDir
			}
			if why := odd(rel); why != "" && rel != "" {
				t.Errorf("%s: %s", rel, why)
			}
			return nil
		}
		switch {
		case strings.HasSuffix(path, ".sql"):
			checkMigration(t, path)
		case strings.HasSuffix(path, ".go"):
			files++
			checkFile(t, path, rel)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 50 {
		t.Fatalf("only %d files seen: the walk is broken", files)
	}
}

func checkFile(t *testing.T, path, rel string) {
	t.Helper()
	dir := filepath.ToSlash(filepath.Dir(rel))
	test := strings.HasSuffix(path, "_test.go")
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range f.Imports {
		imp, _ := strconv.Unquote(i.Path.Value)
		if why := forbidden(dir, imp); why != "" && !test {
			t.Errorf("%s imports %s: %s", path, imp, why)
		}
	}
	if test || measures(rel) {
		return
	}
	owner := "core"
	if m, ok := strings.CutPrefix(dir, "modules/"); ok {
		owner, _, _ = strings.Cut(m, "/")
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if b, ok := n.(*ast.BasicLit); ok && b.Kind == token.STRING {
			if s, err := strconv.Unquote(b.Value); err == nil {
				if bad := foreign(owner, s); bad != "" {
					t.Errorf("%s: SQL of %s names %q", path, owner, bad)
				}
			}
		}
		return true
	})
}

func checkMigration(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Base(path)
	_, rest, _ := strings.Cut(name, "_")
	owner, _, _ := strings.Cut(rest, "_")
	if uses[owner] == nil && owner != "core" {
		t.Errorf("%s: the name does not say its schema", name)
	}
	if bad := foreign(owner, string(b)); bad != "" {
		t.Errorf("%s names %q", name, bad)
	}
}

// TestWallsReject shows that the rules refuse what they are for.
func TestWallsReject(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ dir, imp string }{
		{"modules/isc/internal/domain", "meridian/modules/ltc"},
		{"modules/ltc/internal/domain", "meridian/modules/crm/internal/domain"},
		{"modules/ltc/ltcapp", "meridian/modules/crm/crmapp"},
		{"platform/kpi", "meridian/modules/crm"},
		{"modules/ltc/internal/domain", "gorm.io/gorm"},
		{"modules/ltc/internal/domain", "meridian/platform/db"},
		{"modules/ltc/internal/store", "github.com/gin-gonic/gin"},
		{"modules/ltc/internal/domain", "net/http"},
	} {
		if forbidden(c.dir, c.imp) == "" {
			t.Errorf("%s may import %s", c.dir, c.imp)
		}
	}
	for _, c := range []struct{ dir, imp string }{
		{"modules/ltc/internal/domain", "meridian/modules/crm"}, {"modules/ltc/internal/store", "gorm.io/gorm"},
		{"cmd/meridian", "meridian/modules/crm/crmapp"}, {"modules/ltc/ltcapp", "meridian/modules/ltc/internal/domain"},
	} {
		if why := forbidden(c.dir, c.imp); why != "" {
			t.Errorf("%s may not import %s: %s", c.dir, c.imp, why)
		}
	}
	if foreign("isc", "SELECT 1 FROM ltc.order_line") == "" || foreign("isc", "SELECT 1 FROM isc.stock_move JOIN crm.customer c ON true") == "" {
		t.Error("SQL over another schema is not seen")
	}
	if odd("modules/ltc/internal/utils") == "" || odd("modules/ltc/services") == "" {
		t.Error("odd directories are not seen")
	}
}
