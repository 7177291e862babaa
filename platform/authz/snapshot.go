package authz

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
	"github.com/casbin/casbin/v2/persist"
	"github.com/jackc/pgx/v5"

	"meridian/platform/db"
	"meridian/platform/org"
)

// scope is how far a permission reaches; a wider one has a higher value.
type scope uint8

const (
	none scope = iota
	own
	team    // the own department and those below
	branch  // the own branch
	company // the own company
	all     // every company
)

var scopes = map[string]scope{"own": own, "team": team, "branch": branch, "company": company, "all": all}

// ScopeNames lists the scopes from narrow to wide, for the role matrix.
var ScopeNames = []string{"own", "team", "branch", "company", "all"}

func (s scope) String() string {
	if s == none {
		return "none"
	}
	return ScopeNames[s-1]
}

const modelText = `
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act, scope
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.sub, p.sub) && matchObject(r.obj, p.obj) && matchAction(r.act, p.act, p.obj)
`

// Authz holds the current snapshot.
type Authz struct {
	db   *db.DB
	snap atomic.Pointer[snapshot]
	mu   sync.Mutex // one reload at a time
}

type rule struct{ role, object, action, scope string }

type snapshot struct {
	version  int64
	dir      *org.Directory
	enforcer *casbin.Enforcer
	mu       sync.Mutex // casbin's readers are not safe side by side
	views    sync.Map   // user id -> *view, compiled on first use
}

type view struct {
	roles  []string
	rules  []rule
	memo   sync.Map // "object:action" -> scope
	team   []int64
	branch []int64
}

// New returns an Authz with an empty snapshot: nobody may do anything until Reload.
func New(d *db.DB) *Authz {
	a := &Authz{db: d}
	a.snap.Store(&snapshot{dir: &org.Directory{}})
	return a
}

// Version is the policy version of the snapshot in force.
func (a *Authz) Version() int64 { return a.snap.Load().version }

// Reload builds a new snapshot from one consistent reading and swaps it in. It
// never swaps an older one over a newer.
func (a *Authz) Reload(ctx context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	ctx = db.Detach(context.WithoutCancel(ctx))
	s := &snapshot{}
	err := a.db.Tx(ctx, func(ctx context.Context) error {
		if err := a.db.Exec(ctx, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"); err != nil {
			return err
		}
		if _, err := a.db.Row(ctx, "SELECT version FROM core.policy_version", nil, &s.version); err != nil {
			return err
		}
		var err error
		if s.dir, err = org.Load(ctx, a.db); err != nil {
			return err
		}
		s.enforcer, err = newEnforcer(&adapter{ctx: ctx, db: a.db, dir: s.dir})
		return err
	})
	if err != nil {
		return fmt.Errorf("load permissions: %w", err)
	}
	if s.version >= a.snap.Load().version {
		a.snap.Store(s)
	}
	return nil
}

func newEnforcer(ad persist.Adapter) (*casbin.Enforcer, error) {
	m, err := model.NewModelFromString(modelText)
	if err != nil {
		return nil, err
	}
	e, err := casbin.NewEnforcer()
	if err != nil {
		return nil, err
	}
	if err := e.InitWithModelAndAdapter(m, nil); err != nil {
		return nil, err
	}
	e.AddFunction("matchObject", func(args ...any) (any, error) {
		return matchObject(args[0].(string), args[1].(string)), nil
	})
	e.AddFunction("matchAction", func(args ...any) (any, error) {
		return matchAction(args[0].(string), args[1].(string), args[2].(string)), nil
	})
	e.SetAdapter(ad)
	return e, e.LoadPolicy()
}

// matchObject reports whether rule object pat covers obj. "ltc.*" covers every
// type of ltc but no sensitive field; "*" covers everything.
func matchObject(obj, pat string) bool {
	switch {
	case pat == "*" || pat == obj:
		return true
	case strings.HasSuffix(pat, ".*"):
		return strings.HasPrefix(obj, pat[:len(pat)-1]) && !strings.Contains(obj, "#")
	}
	return false
}

// matchAction reports whether rule action pat on object covers act. Importing
// history skips guards and approvals, so a "*" on some types does not give it: only
// the administrator's "*" on everything does, or a rule that names it.
func matchAction(act, pat, object string) bool {
	return pat == act || pat == "*" && (act != "import" || object == "*")
}

// adapter reads the rules for casbin; they are written by package authz in SQL.
type adapter struct {
	ctx context.Context
	db  *db.DB
	dir *org.Directory
}

func (a *adapter) LoadPolicy(m model.Model) error {
	err := a.db.Each(a.ctx, "SELECT role, object, action, scope FROM core.policy_rule", nil, func(r *sql.Rows) error {
		var x rule
		if err := r.Scan(&x.role, &x.object, &x.action, &x.scope); err != nil {
			return err
		}
		return persist.LoadPolicyArray([]string{"p", x.role, x.object, x.action, x.scope}, m)
	})
	if err != nil {
		return err
	}
	for id, p := range a.dir.People {
		if !p.Active {
			continue
		}
		for _, role := range p.Roles {
			if err := persist.LoadPolicyArray([]string{"g", subjectName(id), role}, m); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *adapter) SavePolicy(model.Model) error                              { return errReadOnly }
func (a *adapter) AddPolicy(string, string, []string) error                  { return errReadOnly }
func (a *adapter) RemovePolicy(string, string, []string) error               { return errReadOnly }
func (a *adapter) RemoveFilteredPolicy(string, string, int, ...string) error { return errReadOnly }

var errReadOnly = fmt.Errorf("authz: rules are written by SQL, not through casbin")

func subjectName(user int64) string { return "user:" + strconv.FormatInt(user, 10) }

func (s *snapshot) view(user int64) *view {
	if v, ok := s.views.Load(user); ok {
		return v.(*view)
	}
	v := &view{}
	if p := s.dir.People[user]; p != nil && p.Active && s.enforcer != nil {
		s.mu.Lock()
		v.roles, _ = s.enforcer.GetImplicitRolesForUser(subjectName(user))
		perms, _ := s.enforcer.GetImplicitPermissionsForUser(subjectName(user))
		s.mu.Unlock()
		for _, p := range perms {
			v.rules = append(v.rules, rule{p[0], p[1], p[2], p[3]})
		}
		v.team = s.dir.Subtree(p.Dept)
		v.branch = s.dir.Subtree(s.dir.BranchOf(p.Dept))
	}
	got, _ := s.views.LoadOrStore(user, v)
	return got.(*view)
}

func (v *view) scope(object, action string) scope {
	key := object + ":" + action
	if sc, ok := v.memo.Load(key); ok {
		return sc.(scope)
	}
	best := none
	for _, r := range v.rules {
		if matchAction(action, r.action, r.object) && matchObject(object, r.object) {
			best = max(best, scopes[r.scope])
		}
	}
	v.memo.Store(key, best)
	return best
}

// Watch reloads the snapshot when the rules change in the database, until ctx
// ends. It listens before it compares versions, so no change falls in between.
func (a *Authz) Watch(ctx context.Context, dsn string) {
	for wait := 100 * time.Millisecond; ctx.Err() == nil; wait = min(2*wait, 10*time.Second) {
		err := a.listen(ctx, dsn, func() { wait = 100 * time.Millisecond })
		if ctx.Err() != nil {
			return
		}
		slog.WarnContext(ctx, "permission listener lost", slog.Any("error", err))
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

func (a *Authz) listen(ctx context.Context, dsn string, ok func()) error {
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	if _, err := c.Exec(ctx, "LISTEN meridian_policy"); err != nil {
		return err
	}
	ok()
	for {
		var v int64
		if err := c.QueryRow(ctx, "SELECT version FROM core.policy_version").Scan(&v); err != nil {
			return err
		}
		if v > a.Version() {
			if err := a.Reload(ctx); err != nil {
				return err
			}
		}
		waitCtx, cancel := context.WithTimeout(ctx, 30*time.Second)
		_, err := c.WaitForNotification(waitCtx)
		cancel()
		if err != nil && waitCtx.Err() == nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// Path is one way a user holds a permission.
type Path struct{ Role, Object, Action, Scope string }

// Explain lists every rule that gives user the permission, the widest first.
func (a *Authz) Explain(user int64, object, action string) []Path {
	var out []Path
	for _, r := range a.snap.Load().view(user).rules {
		if matchAction(action, r.action, r.object) && matchObject(object, r.object) {
			out = append(out, Path{r.role, r.object, r.action, r.scope})
		}
	}
	slices.SortStableFunc(out, func(x, y Path) int { return cmp.Compare(scopes[y.Scope], scopes[x.Scope]) })
	return out
}

// Givers lists the rules of every role that give the permission, the widest first.
func (a *Authz) Givers(ctx context.Context, object, action string) ([]Path, error) {
	all, err := db.Select[Path](ctx, a.db, `SELECT role, object, action, scope FROM core.policy_rule ORDER BY role, object, action`)
	if err != nil {
		return nil, fmt.Errorf("rules of %s:%s: %w", object, action, err)
	}
	out := slices.DeleteFunc(all, func(r Path) bool { return !matchAction(action, r.Action, r.Object) || !matchObject(object, r.Object) })
	slices.SortStableFunc(out, func(x, y Path) int { return cmp.Compare(scopes[y.Scope], scopes[x.Scope]) })
	return out, nil
}

// Enforce asks casbin itself; tests compare the snapshot with it.
func (a *Authz) Enforce(user int64, object, action string) (bool, error) {
	s := a.snap.Load()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.enforcer.Enforce(subjectName(user), object, action)
}
