package domain

import (
	"context"
	"slices"
	"strings"

	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/org"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// BranchPosition is a place a branch fills: a position with its roles, and how many people.
type BranchPosition struct {
	record.Base
	BranchID  int64
	Title     string
	Roles     string // codes, commas between them
	Headcount int
}

// FilledBy counts the active people of the branch who hold the position with all its roles.
func (p *BranchPosition) FilledBy(dir *org.Directory) (n int) {
	depts := dir.Subtree(p.BranchID)
	for _, who := range dir.People {
		if who.Active && who.Title == p.Title && slices.Contains(depts, who.Dept) && !slices.ContainsFunc(strings.Split(p.Roles, ","), func(r string) bool { return !slices.Contains(who.Roles, r) }) {
			n++
		}
	}
	return n
}

// StaffOf are the positions of a branch as its people fill them today.
func StaffOf(dir *org.Directory, branch int64) (out []BranchPosition) {
	depts := dir.Subtree(branch)
	for _, who := range dir.People {
		roles := strings.Join(who.Roles, ",")
		if !who.Active || roles == "" || !slices.Contains(depts, who.Dept) {
			continue
		}
		i := slices.IndexFunc(out, func(p BranchPosition) bool { return p.Title == who.Title && p.Roles == roles })
		if i < 0 {
			out = append(out, BranchPosition{BranchID: branch, Title: who.Title, Roles: roles})
			i = len(out) - 1
		}
		out[i].Headcount++
	}
	slices.SortFunc(out, func(a, b BranchPosition) int { return strings.Compare(a.Title+a.Roles, b.Title+b.Roles) })
	return out
}

// BranchPositions is the service behind the positions.
type BranchPositions struct {
	Store record.Store[BranchPosition]
	Type  *resource.Type[BranchPosition]
	Authz *authz.Authz
}

func (s *BranchPositions) check(ctx context.Context, p *BranchPosition) error {
	p.DeptID = p.BranchID
	bad := branchField(ctx, s.Authz.Directory(), p.CompanyID, p.BranchID)
	if p.Headcount < 1 {
		bad = append(bad, errs.Field{Name: "headcount", Message: "A whole number above zero is expected."})
	}
	known, err := s.Authz.AllRoles(ctx)
	if err != nil {
		return err
	}
	roles := strings.FieldsFunc(p.Roles, func(r rune) bool { return strings.ContainsRune(" ,，", r) })
	slices.Sort(roles)
	p.Roles = strings.Join(slices.Compact(roles), ",")
	for _, r := range roles {
		if !slices.ContainsFunc(known, func(k authz.Role) bool { return k.Code == r }) {
			bad = append(bad, errs.Field{Name: "roles", Message: "There is no role {0}.", Args: []any{r}})
		}
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// Declare returns the document type of the position.
func (s *BranchPositions) Declare() *resource.Type[BranchPosition] {
	s.Type = &resource.Type[BranchPosition]{
		Name: "crm.branch_position", Label: "Position of a branch", Plural: "Positions of branches", Icon: "users", Number: "BR-{000}", NoOwner: true, Store: s.Store, Check: s.check,
		Title: func(p *BranchPosition) string { return strings.TrimSpace(p.Title + " " + p.Roles) },
		Fields: resource.Fields[BranchPosition]{
			resource.Ref("branch_id", "Branch", func(p *BranchPosition) *int64 { return &p.BranchID }, "core.department").Required().InList().Filter(),
			resource.Text("title", "Position", func(p *BranchPosition) *string { return &p.Title }).InList(),
			resource.Text("roles", "Roles", func(p *BranchPosition) *string { return &p.Roles }).Required().InList().Hint("Several separated by commas."),
			resource.Int("headcount", "People wanted", func(p *BranchPosition) *int { return &p.Headcount }).Required().InList(),
		},
	}
	return s.Type
}
