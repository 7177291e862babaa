// Package authz answers who may do what on which rows.
//
// Casbin holds the rules (role, object, action, scope) and is the reference;
// requests ask a compiled, immutable snapshot, since Enforce scans every rule.
// Permissions only allow: taking away means not granting. Rows are narrowed by
// a SQL predicate made from the scope, never by a check per row.
package authz

import (
	"context"
	"slices"

	"meridian/platform/errs"
	"meridian/platform/org"
	"meridian/platform/record"
)

// Subject is who acts in a request or job.
type Subject struct {
	User      int64
	Company   int64
	Dept      int64
	Name      string
	RequestID string
	OnBehalf  int64 // the person a delegate acts for; 0 = for oneself
}

type subjectKey struct{}
type systemKey struct{}

// With returns ctx acting as s.
func With(ctx context.Context, s Subject) context.Context {
	return context.WithValue(ctx, subjectKey{}, s)
}

// As returns ctx acting as s with the rights of s alone, also where ctx was past
// permissions: work a person asked for and a job does.
func As(ctx context.Context, s Subject) context.Context {
	return context.WithValue(With(ctx, s), systemKey{}, "")
}

// Of returns who acts in ctx; ok is false when nobody does.
func Of(ctx context.Context) (s Subject, ok bool) {
	s, ok = ctx.Value(subjectKey{}).(Subject)
	return s, ok
}

// Actor returns the id of who acts in ctx; 0 is the program itself.
func Actor(ctx context.Context) int64 { s, _ := Of(ctx); return s.User }

// System returns ctx past permissions and row predicates, with a reason that is
// written to the audit trail. The actor is kept. Effects of moves and calls
// between modules run so; the edge has checked the right to the move itself.
func System(ctx context.Context, reason string) context.Context {
	return context.WithValue(ctx, systemKey{}, reason)
}

// Reason returns the reason of system work, "" in ordinary work.
func Reason(ctx context.Context) string { s, _ := ctx.Value(systemKey{}).(string); return s }

// IsSystem reports whether ctx is past permissions and row predicates.
func IsSystem(ctx context.Context) bool { return Reason(ctx) != "" }

// Can reports whether the actor of ctx holds the permission at any scope.
func (a *Authz) Can(ctx context.Context, object, action string) bool {
	return a.scope(ctx, object, action) != none
}

// Require is Can as an error: Forbidden, naming the missing permission.
func (a *Authz) Require(ctx context.Context, object, action string) error {
	if a.Can(ctx, object, action) {
		return nil
	}
	return errs.New(errs.Forbidden, "You lack the permission {0}.", object+":"+action)
}

// Covers reports whether the permission reaches the row b.
func (a *Authz) Covers(ctx context.Context, object, action string, b *record.Base) bool {
	if IsSystem(ctx) {
		return true
	}
	s, ok := Of(ctx)
	if !ok {
		return false
	}
	return a.within(s, a.scope(ctx, object, action), b)
}

// Within reports whether a rule of scope name, held by s, reaches the row b.
func (a *Authz) Within(s Subject, name string, b *record.Base) bool {
	return a.within(s, scopes[name], b)
}

func (a *Authz) within(s Subject, sc scope, b *record.Base) bool {
	switch {
	case sc == none:
		return false
	case sc == all:
		return true
	case b.CompanyID != s.Company:
		return false
	case sc == company || b.OwnerID == s.User:
		return true
	}
	return slices.Contains(a.depts(s, sc), b.DeptID)
}

// Reaches reports whether the actor holds the permission at scope name or wider.
func (a *Authz) Reaches(ctx context.Context, object, action, name string) bool {
	return a.scope(ctx, object, action) >= scopes[name]
}

// Visible returns the rows of object the actor of ctx may reach by action.
func (a *Authz) Visible(ctx context.Context, object, action string) (record.Pred, error) {
	s, ok := Of(ctx)
	if IsSystem(ctx) {
		return record.Pred{All: true}, nil
	}
	if !ok {
		return record.Pred{}, errs.New(errs.Internal, "guarded read of {0} without a reader", object)
	}
	sc := a.scope(ctx, object, action)
	switch sc {
	case none:
		return record.Pred{User: s.User, Companies: []int64{s.Company}}, nil
	case all:
		return record.Pred{All: true}, nil
	case company:
		return record.Pred{All: true, Companies: []int64{s.Company}}, nil
	}
	return record.Pred{Own: true, User: s.User, Depts: a.depts(s, sc), Companies: []int64{s.Company}}, nil
}

func (a *Authz) depts(s Subject, sc scope) []int64 {
	v := a.snap.Load().view(s.User)
	switch sc {
	case team:
		return v.team
	case branch:
		return v.branch
	}
	return nil
}

func (a *Authz) scope(ctx context.Context, object, action string) scope {
	if IsSystem(ctx) {
		return all
	}
	s, ok := Of(ctx)
	if !ok {
		return none
	}
	return a.snap.Load().view(s.User).scope(object, action)
}

// Directory returns the people of the current snapshot.
func (a *Authz) Directory() *org.Directory { return a.snap.Load().dir }

// HasRole reports whether the actor of ctx holds role.
func (a *Authz) HasRole(ctx context.Context, role string) bool {
	return slices.Contains(a.snap.Load().view(Actor(ctx)).roles, role)
}

// Roles returns the roles of a user, inherited ones included.
func (a *Authz) Roles(user int64) []string { return a.snap.Load().view(user).roles }
