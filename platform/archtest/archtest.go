// Package archtest keeps the walls between packages: its test walks the tree and
// fails on an import, a directory or a table that is not allowed. See doc of
// forbidden for the rules.
package archtest

import (
	"regexp"
	"slices"
	"strings"
)

// uses is the module graph: a module may import only the contracts in its row.
var uses = map[string][]string{
	"crm": {}, "ipd": {}, "dste": {}, "mtl": {"crm"}, "proc": {"ipd", "dste"}, "isc": {"ipd", "proc"},
	"ltc": {"crm", "ipd", "isc", "dste"}, "itr": {"crm", "ipd", "isc", "ltc"},
}

// only says which directories may import a library; every library has one home.
var only = map[string][]string{
	"gorm.io":                                    {"platform/db", "internal/store"},
	"github.com/gin-gonic/gin":                   {"platform/web", "platform/api", "internal/web", "cmd/bench"},
	"github.com/a-h/templ":                       {"platform/web", "internal/web"},
	"github.com/casbin":                          {"platform/authz"},
	"github.com/robfig/cron":                     {"platform/jobs"},
	"github.com/riverqueue":                      {"platform/jobs"},
	"github.com/wneessen/go-mail":                {"platform/notify"},
	"github.com/pressly/goose":                   {"platform/db"},
	"github.com/expr-lang/expr":                  {"platform/process"},
	"github.com/shopspring/decimal":              {"platform/money"},
	"github.com/xuri/excelize":                   {"platform/transfer"},
	"github.com/goccy/go-yaml":                   {"platform/transfer"},
	"codeberg.org/go-pdf":                        {"platform/pdf"},
	"github.com/alexedwards/scs":                 {"platform/authn", "platform/web"},
	"github.com/alexedwards/argon2id":            {"platform/authn"},
	"github.com/fergusstrange/embedded-postgres": {"platform/pgrun"},
	"github.com/yuin/goldmark":                   {"platform/web"},
	"github.com/prometheus":                      {"platform/web"},
	"github.com/caarlos0/env":                    {"platform/config"},
	"github.com/chromedp":                        {"platform/web/e2e", "platform/web/ui"},
}

// forbidden says why a package in dir may not import imp, "" when it may. dir is
// relative to the root; imp is an import path.
func forbidden(dir, imp string) string {
	for lib, homes := range only {
		if strings.HasPrefix(imp, lib) && !slices.ContainsFunc(homes, func(h string) bool { return dir == h || strings.HasPrefix(dir, h+"/") || strings.HasSuffix(dir, "/"+h) }) {
			return lib + " is used in " + strings.Join(homes, " and ") + " only"
		}
	}
	to, own := strings.CutPrefix(imp, "meridian/")
	if !own {
		if strings.HasSuffix(dir, "internal/domain") && imp == "net/http" {
			return "domain knows no HTTP"
		}
		return ""
	}
	switch {
	case strings.HasPrefix(dir, "platform/") && strings.HasPrefix(to, "modules/"):
		return "the platform knows no module"
	case strings.HasPrefix(to, "modules/") && strings.HasSuffix(to, "app") && strings.Count(to, "/") == 2 && !strings.HasPrefix(dir, "cmd/") && !strings.HasPrefix(dir, to):
		return "only cmd assembles modules"
	case strings.HasSuffix(dir, "internal/domain") && (to == "platform/db" || strings.HasPrefix(to, "platform/web")):
		return "domain knows neither database nor pages"
	}
	from, ok := strings.CutPrefix(dir, "modules/")
	if !ok {
		return ""
	}
	self, _, _ := strings.Cut(from, "/")
	other, isModule := strings.CutPrefix(to, "modules/")
	if !isModule {
		return ""
	}
	target, rest, _ := strings.Cut(other, "/")
	if target == self {
		return ""
	}
	if rest != "" {
		return "a module uses the contract of another, nothing below it"
	}
	if !slices.Contains(uses[self], target) {
		return self + " may not use " + target
	}
	return ""
}

// shapes are the directories a module may have.
var shapes = regexp.MustCompile(`^modules/(\w+)(/(\w+app)|/internal(/(domain|store|web|text|demo))?)?$`)

// odd says why a directory of the tree should not exist, "" when it may.
func odd(dir string) string {
	if strings.HasPrefix(dir, "modules/") && !shapes.MatchString(dir) {
		return "a module has a contract, an assembly and internal/{domain,store,web,text,demo}"
	}
	for _, part := range strings.Split(dir, "/") {
		if slices.Contains([]string{"utils", "util", "common", "helpers", "services", "models", "types", "pkg"}, part) {
			return "no package is called " + part
		}
	}
	return ""
}

var table = regexp.MustCompile(`(?i)\b(?:from|join|into|update|table)\s+(?:only\s+)?"?(crm|mtl|ipd|ltc|proc|isc|itr|dste|core)"?\."?[a-z_]+`)

// open are the tables of the platform every module may read and join: who was shown a
// record, how documents hang together, which companies there are.
var open = []string{"core.record_share", "core.obj_link", "core.company"}

// foreign says which schema of another owner a text of SQL names, "" when none.
// owner is a module or "core".
func foreign(owner, sql string) string {
	for _, m := range table.FindAllStringSubmatch(sql, -1) {
		s := strings.ToLower(m[1])
		shared := slices.ContainsFunc(open, func(t string) bool { return strings.HasSuffix(strings.ToLower(m[0]), t) })
		if s != owner && !shared {
			return m[0]
		}
	}
	return ""
}

// measures reports whether a file of cmd puts the data of all modules there in bulk, or asks
// it by hand: the bench and the mass of history it measures.
func measures(path string) bool {
	return strings.HasPrefix(path, "cmd/bench/") || path == "cmd/meridian/demo_depth.go"
}
