package domain

import (
	"context"
	"fmt"
	"slices"

	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/org"
	"meridian/platform/resource"
)

// Holds reports whether something with this reach holds for a department.
func (r Reach) Holds(dept int64) bool { return slices.Contains(r.Depts, dept) != r.Rest }

// What head office lets branches do with a standard.
const (
	BranchesFollow  = ""         // as it is
	BranchesSharpen = "stricter" // ask for more, never for less
	BranchesFree    = "any"
)

var branchFreedom = []resource.Option{{Value: BranchesSharpen, Label: "Branches may ask for more"}, {Value: BranchesFree, Label: "Branches may set it as they like"}}

// Reach says for whose customers something holds: those of Depts, or with Rest those of
// every other department.
type Reach struct {
	Depts []int64
	Rest  bool
}

// inheritable is a standard that a branch may set anew for its customers.
type inheritable[S any] interface {
	branch() int64 // 0 is head office
	key() string   // what it is about: a branch sets anew what has the same key
	// allows refuses what of own head office does not let a branch set; the receiver is the
	// standard of head office.
	allows(own S) []errs.Field
}

// Inherit is the one way from the standards of a company to those in force in a department:
// those of head office, and from the root down what each branch on the way has set anew, as
// far as head office allows it today. No department means head office.
func Inherit[S inheritable[S]](dir *org.Directory, list []S, dept int64) []S {
	var out []S
	at := map[string]int{}
	for _, x := range list {
		if x.branch() == 0 {
			at[x.key()] = len(out)
			out = append(out, x)
		}
	}
	head := slices.Clone(out)
	chain := dir.Above(dept)
	slices.Reverse(chain)
	for _, b := range chain {
		for _, x := range list {
			if i, ok := at[x.key()]; ok && x.branch() == b && len(head[i].allows(x)) == 0 {
				out[i] = x
			}
		}
	}
	return out
}

// InForce is what holds for the customers of some departments.
type InForce[S any] struct {
	Reach
	List []S
}

// Everywhere is Inherit for all departments at once: one entry for each branch that has
// something of its own, and one for the rest.
func Everywhere[S inheritable[S]](dir *org.Directory, list []S) []InForce[S] {
	var branches []int64
	for _, x := range list {
		if b := x.branch(); b != 0 && !slices.Contains(branches, b) {
			branches = append(branches, b)
		}
	}
	var out []InForce[S]
	rest := InForce[S]{Reach: Reach{Depts: []int64{}, Rest: true}, List: Inherit(dir, list, 0)}
	for b, depts := range nearest(dir, branches) {
		rest.Depts = append(rest.Depts, depts...)
		out = append(out, InForce[S]{Reach: Reach{Depts: depts}, List: Inherit(dir, list, b)})
	}
	return append(out, rest)
}

// nearest gives for each branch the departments whose nearest of these branches it is.
func nearest(dir *org.Directory, branches []int64) map[int64][]int64 {
	out := map[int64][]int64{}
	for dept := range dir.Departments {
		for _, x := range dir.Above(dept) {
			if slices.Contains(branches, x) {
				out[x] = append(out[x], dept)
				break
			}
		}
	}
	return out
}

// atHeadOffice reports whether the actor of ctx works at head office: above every branch.
func atHeadOffice(ctx context.Context, dir *org.Directory) bool {
	who, _ := authz.Of(ctx)
	b := dir.Departments[dir.BranchOf(who.Dept)]
	return b == nil || b.Parent == 0
}

// branchField refuses a branch that is none, and one that is not the writer's own: what
// holds for every branch is set at head office.
func branchField(ctx context.Context, dir *org.Directory, company, branch int64) []errs.Field {
	who, _ := authz.Of(ctx)
	switch b := dir.Departments[branch]; {
	case branch != 0 && (b == nil || !b.Branch || b.Company != company):
		return []errs.Field{{Name: "branch_id", Message: "This department does not head a branch."}}
	case branch != 0 && b.Parent == 0:
		return []errs.Field{{Name: "branch_id", Message: "Head office sets what every branch inherits; leave the branch empty."}}
	case authz.IsSystem(ctx) || atHeadOffice(ctx, dir) || branch != 0 && slices.Contains(dir.Subtree(dir.BranchOf(who.Dept)), branch):
		return nil
	}
	return []errs.Field{{Name: "branch_id", Message: "Head office sets this for every branch; name your own branch."}}
}

// checkBranch holds a standard to its branch: the writer may set it there, and head office
// lets the branch set what it sets. heads lists standards of head office, among them the one
// with the same key.
func checkBranch[S inheritable[S]](ctx context.Context, dir *org.Directory, company int64, own S, heads func(ctx context.Context) ([]S, error)) error {
	bad := branchField(ctx, dir, company, own.branch())
	if own.branch() != 0 && len(bad) == 0 {
		list, err := heads(authz.System(ctx, "standards of head office"))
		if err != nil {
			return fmt.Errorf("standards of head office: %w", err)
		}
		i := slices.IndexFunc(list, func(x S) bool { return x.key() == own.key() })
		if i < 0 {
			return errs.Bad("branch_id", "Head office has no such standard that a branch could change.")
		}
		bad = list[i].allows(own)
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

func branchRef[T any](at func(*T) **int64) *resource.Field[T] {
	return resource.OptRef("branch_id", "Branch", at, "core.department").InList().Filter().Hint("Empty: head office, for every branch. A branch sets it anew for its own customers.")
}

func branchMay[T any](at func(*T) *string) *resource.Field[T] {
	return resource.Enum("branches", "What branches may do", at, branchFreedom...).InList().Hint("Empty: branches follow it as it is.")
}

func value(id *int64) int64 {
	if id == nil {
		return 0
	}
	return *id
}
