package itrapp

import (
	"context"
	"maps"
	"slices"

	"meridian/platform/app"
	"meridian/platform/authz"
	"meridian/platform/calendar"
	"meridian/platform/process"
	"meridian/platform/trace"
)

// desk implements domain.Desk on the directory of people.
type desk struct{ p *app.Platform }

// Head is the service manager of the first company, else an agent, else an
// administrator.
func (d desk) Head() int64 {
	dir := d.p.Authz.Directory()
	for _, company := range slices.Sorted(maps.Keys(dir.Companies)) {
		for _, role := range []string{"itr.manager", "itr.agent", "core.admin"} {
			if list := dir.Holders(role, company, 0, true); len(list) > 0 {
				return list[0]
			}
		}
	}
	return 0
}

func (d desk) Agents(company, dept int64) []int64 {
	return d.p.Authz.Directory().Holders("itr.agent", company, dept, true)
}

func (d desk) DeptOf(user int64) int64 {
	if p := d.p.Authz.Directory().People[user]; p != nil && p.Active {
		return p.Dept
	}
	return 0
}

func (d desk) Calendar(company int64) *calendar.Calendar {
	return d.p.Calendar(company).(*calendar.Calendar) // the only calendar the platform makes
}

func (d desk) As(ctx context.Context, user int64, reason string) context.Context {
	return authz.System(authz.With(ctx, d.p.Authn.Subject(user)), reason)
}

func (d desk) Tell(ctx context.Context, user int64, object trace.Ref, message string, args ...any) error {
	return d.p.Notices.Send(ctx, process.Notice{Users: []int64{user}, Kind: "task", Message: message, Args: args, Object: object})
}
