package crmapp_test

import (
	"context"
	"strings"
	"testing"

	"meridian/platform/app/apptest"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/report"
	"meridian/platform/resource"
)

// run shows a report as the edge does: permission first, then the report.
func run(s *apptest.Suite, ctx context.Context, name string, in resource.Values) (*report.Result, error) {
	i := s.Reports.Get(name)
	if i == nil {
		return nil, errs.Missing()
	}
	object, action, _ := strings.Cut(i.Perm, ":")
	if err := s.Authz.Require(ctx, object, action); err != nil {
		return nil, err
	}
	if in == nil {
		in = resource.Values{}
	}
	return i.Run(ctx, in)
}

// show is run that must succeed.
func show(s *apptest.Suite, ctx context.Context, name string, in resource.Values) *report.Result {
	s.T.Helper()
	r, err := run(s, ctx, name, in)
	if err != nil {
		s.T.Fatalf("report %s: %v", name, err)
	}
	return r
}

// do runs a command of a report as the edge does.
func do(s *apptest.Suite, ctx context.Context, name, command string, in resource.Values) (report.Done, error) {
	s.T.Helper()
	i := s.Reports.Get(name)
	if i == nil || i.Command(command) == nil {
		s.T.Fatalf("there is no command %s of %s", command, name)
	}
	c := i.Command(command)
	object, action, _ := strings.Cut(c.Perm, ":")
	if err := s.Authz.Require(ctx, object, action); err != nil {
		return report.Done{}, err
	}
	if err := s.Types.CheckForm(ctx, c.Form, in); err != nil {
		return report.Done{}, err
	}
	return c.Run(ctx, in)
}

// must is do that must succeed.
func must(s *apptest.Suite, ctx context.Context, name, command string, in resource.Values) report.Done {
	s.T.Helper()
	d, err := do(s, ctx, name, command, in)
	if err != nil {
		s.T.Fatalf("%s of %s: %v", command, name, err)
	}
	return d
}

// table finds a table of a result.
func table(t testing.TB, r *report.Result, key string) report.Table {
	t.Helper()
	for _, x := range r.Tables {
		if x.Key == key {
			return x
		}
	}
	t.Fatalf("there is no table %s", key)
	return report.Table{}
}

// row is the texts of a row, "|" between them.
func row(r report.Row) string {
	var out []string
	for _, c := range r.Cells {
		out = append(out, c.Text)
	}
	return strings.Join(out, "|")
}

// find returns the first row that holds part; it fails when there is none.
func find(t testing.TB, x report.Table, part string) report.Row {
	t.Helper()
	for _, r := range x.Rows {
		if strings.Contains(row(r), part) {
			return r
		}
	}
	t.Fatalf("no row of %s holds %q: %d rows", x.Key, part, len(x.Rows))
	return report.Row{}
}

// tile is the text of a figure.
func tile(t testing.TB, r *report.Result, key string) string {
	t.Helper()
	for _, x := range r.Tiles {
		if x.Key == key {
			return x.Value.Text
		}
	}
	t.Fatalf("there is no tile %s", key)
	return ""
}

// write runs SQL as the program may, for what time would have brought.
func write(s *apptest.Suite, q string, args ...any) {
	s.T.Helper()
	if err := s.DB.Tx(s.Admin, func(ctx context.Context) error { return s.DB.Exec(ctx, q, args...) }); err != nil {
		s.T.Fatalf("%s: %v", q, err)
	}
}

func user(ctx context.Context) int64 { return authz.Actor(ctx) }
