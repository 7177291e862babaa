// Package apptest starts a platform with some modules on a test database and
// makes people with roles, so that a module's story can be told in its own tests.
package apptest

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"meridian/platform/api/apitest"
	"meridian/platform/app"
	"meridian/platform/authz"
	"meridian/platform/clock"
	"meridian/platform/config"
	"meridian/platform/db/dbtest"
	"meridian/platform/errs"
	"meridian/platform/i18n"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// Suite is a started platform.
type Suite struct {
	*app.Platform
	T     testing.TB
	Admin context.Context // the first administrator
	api   func() http.Handler

	tokens map[int64]string
}

// New starts a platform after build has wired modules onto it.
func New(t testing.TB, build func(p *app.Platform)) *Suite {
	t.Helper()
	cfg := config.Config{Company: "Acme", Currency: "CNY", TZ: "Asia/Shanghai", Lang: "en", AdminPassword: "correct horse battery"}
	p, err := app.New(cfg, dbtest.New(t), clock.System)
	if err != nil {
		t.Fatalf("new platform: %v", err)
	}
	build(p)
	fresh, err := p.Start(t.Context())
	if err != nil {
		t.Fatalf("start platform: %v", err)
	}
	s := &Suite{Platform: p, T: t, tokens: map[int64]string{}, api: sync.OnceValue(func() http.Handler { return apitest.Handler(p.API) })}
	s.Admin = s.As(fresh.Admin)
	return s
}

// As returns a context in which user acts.
func (s *Suite) As(user int64) context.Context {
	return i18n.With(authz.With(s.T.Context(), s.Authn.Subject(user)), s.Text, i18n.English)
}

// User makes a person with roles ("ltc.rep,ltc.manager") in the department of
// admin and returns a context in which that person acts.
func (s *Suite) User(name, roles string) context.Context {
	s.T.Helper()
	s1, _ := authz.Of(s.Admin)
	r, err := s.Must("core.user").CreateRow(s.Admin, resource.Values{"username": name, "name": name, "dept_id": itoa(s1.Dept)})
	if err != nil {
		s.T.Fatalf("create user %s: %v", name, err)
	}
	if err := s.Authz.SetRoles(s.Admin, r.Base().ID, strings.Split(roles, ",")); err != nil {
		s.T.Fatalf("roles of %s: %v", name, err)
	}
	return s.As(r.Base().ID)
}

// Must finds a document type.
func (s *Suite) Must(name string) resource.Doc {
	s.T.Helper()
	d, err := s.Types.Doc(name)
	if err != nil {
		s.T.Fatalf("type %s: %v", name, err)
	}
	return d
}

// Create creates a record and fails the test if that is refused.
func (s *Suite) Create(ctx context.Context, typ string, v resource.Values) resource.Row {
	s.T.Helper()
	r, err := s.Must(typ).CreateRow(ctx, v)
	if err != nil {
		s.T.Fatalf("create %s %v: %v", typ, v, err)
	}
	return r
}

// Fire runs a move and fails the test if it is refused.
func (s *Suite) Fire(ctx context.Context, r resource.Row, move string, v resource.Values) resource.Row {
	s.T.Helper()
	if v == nil {
		v = resource.Values{}
	}
	out, _, err := s.Must(r.Type()).FireRow(ctx, r.Base().ID, 0, move, v)
	if err != nil {
		s.T.Fatalf("%s of %s: %v", move, r.Type(), err)
	}
	return out
}

// Refused fails the test unless a move is refused with kind; why says what a
// missing refusal would mean.
func (s *Suite) Refused(ctx context.Context, r resource.Row, move string, v resource.Values, kind errs.Kind, why string) {
	s.T.Helper()
	if v == nil {
		v = resource.Values{}
	}
	if _, _, err := s.Must(r.Type()).FireRow(ctx, r.Base().ID, 0, move, v); !errs.Is(err, kind) {
		s.T.Errorf("%s: %s of %s gave %v, want %v", why, move, r.Type(), err, kind)
	}
}

// Reload reads a record again, past row rules.
func (s *Suite) Reload(r resource.Row) resource.Row {
	s.T.Helper()
	out, err := s.Must(r.Type()).GetRow(authz.System(s.Admin, "test"), r.Base().ID)
	if err != nil {
		s.T.Fatalf("reload %s %d: %v", r.Type(), r.Base().ID, err)
	}
	return out
}

// Approve decides every open approval task of ctx's actor with yes.
func (s *Suite) Approve(ctx context.Context) int {
	s.T.Helper()
	work, err := s.Process.Inbox(ctx, 100)
	if err != nil {
		s.T.Fatalf("inbox: %v", err)
	}
	n := 0
	for _, w := range work {
		if w.Kind == "approval" {
			if _, err := s.Process.Decide(ctx, w.Task, true, ""); err != nil {
				s.T.Fatalf("approve %s: %v", w.Object, err)
			}
			n++
		}
	}
	return n
}

// List lists the records of a type the administrator sees, the oldest first.
func (s *Suite) List(typ string, filters map[string][]string) []resource.Row {
	s.T.Helper()
	l, err := s.Must(typ).ListRows(s.Admin, resource.ListQuery{Filters: filters, Sort: "id"})
	if err != nil {
		s.T.Fatalf("list %s: %v", typ, err)
	}
	return l.Rows
}

// One returns the only record of a type with field = value.
func (s *Suite) One(typ, field, value string) resource.Row {
	s.T.Helper()
	l := s.List(typ, map[string][]string{field: {value}})
	if len(l) != 1 {
		s.T.Fatalf("%d records of %s with %s = %s, want 1", len(l), typ, field, value)
	}
	return s.Reload(l[0])
}

// Panels renders what the modules add to the page of a record.
func (s *Suite) Panels(typ string, id int64) string {
	s.T.Helper()
	var b strings.Builder
	for _, p := range s.Types.Panels(s.Admin, typ) {
		if err := p.Render(s.Admin, id, &b); err != nil {
			s.T.Fatalf("panel %s: %v", p.Key, err)
		}
	}
	return b.String()
}

// Sources names the documents r came from, the farthest first.
func (s *Suite) Sources(r trace.Ref) string {
	s.T.Helper()
	links, err := s.Trace.Thread(s.Admin, r)
	if err != nil {
		s.T.Fatalf("thread of %s: %v", r, err)
	}
	var out []string
	for _, l := range slices.Backward(links) {
		out = append(out, l.Source.String())
	}
	return strings.Join(out, " ")
}

// Healthy fails the test when a self-check finds something: a ledger contradicts
// itself, the log was changed.
func (s *Suite) Healthy() {
	s.T.Helper()
	for _, c := range s.AllChecks() {
		if bad, err := c.Run(s.T.Context()); err != nil || len(bad) > 0 {
			s.T.Errorf("%s: %v %v", c.Name, bad, err)
		}
	}
}

// Merge returns the values of all; the later ones win.
func Merge(all ...resource.Values) resource.Values {
	out := resource.Values{}
	for _, v := range all {
		maps.Copy(out, v)
	}
	return out
}

// Together runs fn n times at once, counts the successes and lists the failures.
func Together(n int, fn func(i int) error) (ok int, failed []error) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			err := fn(i)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				ok++
				return
			}
			failed = append(failed, err)
		})
	}
	close(start)
	wg.Wait()
	return ok, failed
}

// ID is the id of a row as form text.
func ID(r resource.Row) string { return itoa(r.Base().ID) }
