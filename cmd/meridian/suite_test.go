package main

import (
	"context"
	"net/http/httptest"
	"testing"

	"meridian/platform/app"
	"meridian/platform/authz"
	"meridian/platform/clock"
	"meridian/platform/config"
	"meridian/platform/db"
	"meridian/platform/db/dbtest"
	"meridian/platform/web"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const testPassword = "correct horse battery"

// suite is the whole program on a test database, with a server in front.
type suite struct {
	*opened
	t   *testing.T
	url string
}

// newSuite starts everything but the process itself.
func newSuite(t *testing.T) *suite { t.Helper(); return newSuiteAt(t, clock.System) }

// newSuiteAt is newSuite at a time of its own: history is measured from the day it ends.
func newSuiteAt(t *testing.T, now clock.Clock) *suite {
	t.Helper()
	dsn := dbtest.DSN(t)
	d, err := db.Open(t.Context(), dsn, db.Options{Zone: "Asia/Shanghai"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	cfg := config.Config{Company: "华东精工", Currency: "CNY", TZ: "Asia/Shanghai", Lang: "zh", AdminPassword: testPassword, WebhookSecret: "webhook secret"}
	o := &opened{dsn: dsn}
	if o.Platform, err = app.New(cfg, d, now); err != nil {
		t.Fatal(err)
	}
	o.system = wire(o.Platform)
	o.addJobs()
	if o.fresh, err = o.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	srv := web.New(o.Platform)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	t.Cleanup(cancel)
	go srv.Listen(ctx, dsn)
	h := httptest.NewServer(srv.Handler())
	t.Cleanup(func() { srv.Close(); h.CloseClientConnections(); h.Close() })
	return &suite{opened: o, t: t, url: h.URL}
}

// person makes a user with roles and returns an API token.
func (s *suite) person(name, roles string) string {
	s.t.Helper()
	admin, _ := s.Authz.Directory().ByUsername("admin")
	ctx := authz.System(authz.With(s.t.Context(), s.Authn.Subject(admin.ID)), "test")
	if name != "admin" {
		if _, err := s.makeUser(ctx, name, name, "", admin.Dept, admin.ID, split(roles), testPassword); err != nil {
			s.t.Fatalf("make user %s: %v", name, err)
		}
	}
	p, _ := s.Authz.Directory().ByUsername(name)
	tok, err := s.Authn.NewToken(ctx, p.ID, "test", p0)
	if err != nil {
		s.t.Fatalf("token of %s: %v", name, err)
	}
	return tok
}
