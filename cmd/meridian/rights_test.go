package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"meridian/platform/authz"
	"meridian/platform/errs"
)

var braces = regexp.MustCompile(`\{(\w+)\}`)

// TestEveryOperationAsksForItsRight calls every operation three times: signed out
// (401), as a user without roles (403; one record reads as absent: 404), and as a
// user who holds exactly the named permissions (neither).
func TestEveryOperationAsksForItsRight(t *testing.T) {
	s := newSuite(t)
	nobody := s.person("nobody", "")
	all := s.holder()
	open := map[string]bool{} // for every signed-in user
	for _, op := range s.API.Operations() {
		path := braces.ReplaceAllString(op.Path, "999999")
		method := op.Method
		headers := []string{"If-Match", `"1"`}
		if op.Public {
			if status, _, _ := s.try("", method, path, map[string]any{}); status == 401 || status == 403 {
				t.Errorf("%s is public but answers %d", op.ID, status)
			}
			continue
		}
		if status, _, _ := s.try("", method, path, map[string]any{}, headers...); status != 401 {
			t.Errorf("%s answers %d to nobody, want 401", op.ID, status)
		}
		status, _, text := s.try(nobody, method, path, map[string]any{}, headers...)
		switch {
		case op.Perm != "" && status != 403:
			t.Errorf("%s answers %d without the right %s, want 403: %.200s", op.ID, status, op.Perm, text)
		case op.Perm == "" && status != 404:
			open[op.ID] = true
		}
		if status, _, text := s.try(all, method, path, map[string]any{}, headers...); status == 401 || status == 403 || status >= 500 {
			t.Errorf("%s answers %d with the right %s: %.300s", op.ID, status, op.Perm, text)
		}
	}
	var got []string
	for id := range open {
		got = append(got, id)
	}
	slices.Sort(got)
	want := []string{"core.inbox.list", "core.kpi.list", "core.notification.list", "core.profile.get"}
	if !slices.Equal(got, want) {
		t.Errorf("operations open to every user: %v, want %v", got, want)
	}
}

// holder makes a user who holds every declared permission, one rule each.
func (s *suite) holder() string {
	s.t.Helper()
	ctx := s.admin()
	err := s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.DB.Exec(ctx, `INSERT INTO core.role (code, label) VALUES ('test.all', 'Test')`); err != nil {
			return err
		}
		for _, d := range s.Types.Docs() {
			for _, a := range d.Info().Actions() {
				if err := s.Authz.SetRule(ctx, "test.all", d.Info().Name, a, "company"); err != nil {
					return err
				}
			}
		}
		for _, op := range s.API.Operations() { // of reports and commands, which may have objects of their own
			object, action, _ := strings.Cut(op.Perm, ":")
			if op.Perm == "" {
				continue
			}
			if err := s.Authz.SetRule(ctx, "test.all", object, action, "company"); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return s.person("holder", "test.all")
}

// TestPagesOfARoleless signs in somebody without roles: the own pages open, every
// other page is refused or absent, and no list leaks a row.
func TestPagesOfARoleless(t *testing.T) {
	s := newSuite(t)
	s.person("nobody", "")
	token := s.person("admin", "")
	s.call(token, "POST", "/crm/customer", map[string]any{"name": "Secret customer"}, 201)
	c := s.browserless("nobody")
	for _, p := range []string{"/", "/inbox", "/profile", "/notices", "/search?q=Secret", "/admin/api"} {
		if status, body := s.page(c, p); status != 200 || strings.Contains(body, "Secret customer") {
			t.Errorf("%s answers %d to a user without roles", p, status)
		}
	}
	for _, d := range s.Types.Docs() {
		base := path1(d.Info().Name)
		for _, p := range []string{base, base + "/new", base + "/1", base + "/1/edit", base + "/1/thread", base + "/1/file/pdf", base + "/export", base + "/process", base + "?as=board"} {
			if status, body := s.page(c, p); status != 403 && status != 404 || strings.Contains(body, "Secret customer") {
				t.Errorf("%s answers %d to a user without roles, want 403 or 404", p, status)
			}
		}
		if status, _ := s.page(c, "/ref/"+d.Info().Name); status != 404 {
			t.Errorf("the picker of %s answers %d, want 404", d.Info().Name, status)
		}
	}
	for _, p := range []string{"/cockpit", "/admin/roles", "/admin/audit", "/admin/access", "/admin/approvals"} {
		if status, _ := s.page(c, p); status != 403 {
			t.Errorf("%s answers %d to a user without roles, want 403", p, status)
		}
	}
}

// browserless signs a person in and keeps the cookie.
func (s *suite) browserless(user string) *http.Client {
	s.t.Helper()
	jar, _ := cookiejar.New(nil)
	c := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.PostForm(s.url+"/login", url.Values{"login": {user}, "password": {testPassword}})
	if err != nil {
		s.t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		s.t.Fatalf("%s cannot sign in: %d", user, res.StatusCode)
	}
	return c
}

func (s *suite) page(c *http.Client, path string) (int, string) {
	s.t.Helper()
	res, err := c.Get(s.url + path)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, read(s.t, res)
}

// TestRowsOfOthersAreAbsent: a sales representative neither lists, reads, changes,
// moves, searches nor exports the customer of a colleague.
func TestRowsOfOthersAreAbsent(t *testing.T) {
	s := newSuite(t)
	ann, bob := s.person("ann", "ltc.rep"), s.person("bob", "ltc.rep")
	id := int64(s.call(ann, "POST", "/crm/customer", map[string]any{"name": "Ann only"}, 201)["id"].(float64))
	if got := s.call(bob, "GET", "/crm/customer", nil, 200)["items"].([]any); len(got) != 0 {
		t.Errorf("bob lists %v", got)
	}
	one := "/crm/customer/" + itoa(id)
	for _, c := range []struct {
		method, path string
		body         any
	}{{"GET", one, nil}, {"PATCH", one, map[string]any{"name": "x"}}, {"POST", one + "/identify", map[string]any{}}, {"GET", one + "/thread", nil}, {"GET", one + "/log", nil}} {
		if status, _, text := s.try(bob, c.method, c.path, c.body, "If-Match", "1"); status != 404 {
			t.Errorf("%s %s answers bob %d, want 404: %s", c.method, c.path, status, text)
		}
	}
	c := s.browserless("bob")
	for _, p := range []string{"/crm/customer/export", "/search?q=Ann", "/ref/crm.customer?q=Ann", "/crm/customer"} {
		if _, body := s.page(c, p); strings.Contains(body, "Ann only") {
			t.Errorf("%s shows bob ann's customer", p)
		}
	}
	p, _ := s.Authz.Directory().ByUsername("bob")
	if _, err := s.Types.Doc("crm.customer"); err != nil || s.Authz.Can(authz.With(t.Context(), s.Authn.Subject(p.ID)), "crm.customer", "export") {
		t.Error("a representative may export customers")
	}
	s.call(ann, "PATCH", one, map[string]any{"name": "Ann's"}, 200, "If-Match", "1")
}

// TestRevokedTokenAndRole: both are in force at once.
func TestRevokedTokenAndRole(t *testing.T) {
	s := newSuite(t)
	ann := s.person("ann", "ltc.rep")
	s.call(ann, "GET", "/crm/customer", nil, 200)
	p, _ := s.Authz.Directory().ByUsername("ann")
	if err := s.Authz.SetRoles(s.admin(), p.ID, nil); err != nil {
		t.Fatal(err)
	}
	s.call(ann, "GET", "/crm/customer", nil, 403)
	tokens, err := s.Authn.Tokens(t.Context(), p.ID)
	if err != nil || len(tokens) != 1 {
		t.Fatalf("%v %v", tokens, err)
	}
	if err := s.Authn.RevokeToken(s.admin(), p.ID, tokens[0].ID); err != nil {
		t.Fatal(err)
	}
	s.call(ann, "GET", "/crm/customer", nil, 401)
}

// TestLockOut: wrong passwords lock a name for the address they come from; its owner
// signs in from elsewhere, and so does another person from that address.
func TestLockOut(t *testing.T) {
	s := newSuite(t)
	s.person("lee", "ltc.rep")
	ctx := t.Context()
	for range 5 {
		if _, err := s.Authn.SignIn(ctx, "lee", "wrong", "192.0.2.1"); !errs.Is(err, errs.Unauthorized) {
			t.Fatalf("a wrong password: %v", err)
		}
	}
	if _, err := s.Authn.SignIn(ctx, "lee", testPassword, "192.0.2.1"); !errs.Is(err, errs.TooMany) {
		t.Errorf("the right password after five wrong ones: %v", err)
	}
	if _, err := s.Authn.SignIn(ctx, "admin", testPassword, "192.0.2.1"); err != nil {
		t.Errorf("another person at that address: %v", err)
	}
	if _, err := s.Authn.SignIn(ctx, "lee", testPassword, "192.0.2.2"); err != nil {
		t.Errorf("the owner elsewhere: %v", err)
	}
}

// TestSensitivePerRow: a right to a field of one's own records shows and changes it
// there alone, and neither filters nor sorts by it.
func TestSensitivePerRow(t *testing.T) {
	s := newSuite(t)
	admin := s.person("admin", "")
	err := s.DB.Tx(t.Context(), func(ctx context.Context) error {
		if err := s.DB.Exec(ctx, `INSERT INTO core.role (code, label) VALUES ('test.own', 'Test')`); err != nil {
			return err
		}
		for _, r := range [][3]string{{"crm.customer", "read", "company"}, {"crm.customer", "create", "own"}, {"crm.customer", "update", "company"}, {"crm.customer#credit_limit", "read", "own"}} {
			if err := s.Authz.SetRule(ctx, "test.own", r[0], r[1], r[2]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	lee := s.person("lee", "test.own")
	mine := id(s.call(lee, "POST", "/crm/customer", doc{"name": "Mine", "credit_limit": "100"}, 201))
	other := id(s.call(admin, "POST", "/crm/customer", doc{"name": "Other", "credit_limit": "900"}, 201))
	items, _ := s.call(lee, "GET", "/crm/customer?sort=id", nil, 200)["items"].([]any)
	if len(items) != 2 {
		t.Fatalf("%d customers, want 2", len(items))
	}
	for _, x := range items {
		d, _ := x.(doc)
		if shown := d["credit_limit"] != nil; shown != (id(d) == mine) {
			t.Errorf("customer %d: credit limit %v", id(d), d["credit_limit"])
		}
	}
	for _, q := range []string{"credit_limit_from=500", "sort=credit_limit"} {
		s.call(lee, "GET", "/crm/customer?"+q, nil, 422)
	}
	path := fmt.Sprintf("/crm/customer/%d", other)
	s.call(lee, "PATCH", path, doc{"credit_limit": "5"}, 422, "If-Match", "1")
	if got := s.call(admin, "GET", path, nil, 200)["credit_limit"]; got != "900.00" {
		t.Errorf("the limit of the other is %v, want 900.00", got)
	}
}
