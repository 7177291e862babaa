package domain

import (
	"context"
	"fmt"
	"slices"

	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/org"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// PolicyFreedom is a threshold that branches may set themselves.
type PolicyFreedom struct {
	record.Line
	Field string
	May   string
}

// How far a branch may set a threshold.
const (
	mayAny    = "any"
	mayHigher = "higher"
	mayLower  = "lower"
)

var freedoms = []resource.Option{{Value: mayAny, Label: "As they like"}, {Value: mayHigher, Label: "Higher only"}, {Value: mayLower, Label: "Lower only"}}

// branchFields are the thresholds that hold for a customer or a person, so that a branch can
// have its own; the others compare the customers of the whole company.
var branchFields = []resource.Option{
	{Value: "verify_days", Label: "Days until contact data turns stale"}, {Value: "remind_below", Label: "Remind below this completeness (%)"},
	{Value: "churn_days", Label: "Days of silence until a customer is at risk"}, {Value: "task_days", Label: "Days to answer a risk"},
	{Value: "high_below", Label: "High risk below this health"}, {Value: "low_from", Label: "Low risk from this health"},
	{Value: "capacity", Label: "Customers one person may hold"}, {Value: "first_contact_days", Label: "Days until the first contact"},
	{Value: "overdue_tolerance", Label: "Overdue amount that does not block"}, {Value: "overdue_days", Label: "Days overdue that do not block"}, {Value: "release_days", Label: "Days a credit release lasts at most"},
}

// SettingLabel is the label of a threshold a branch may set.
func SettingLabel(field string) string {
	for _, o := range branchFields {
		if o.Value == field {
			return o.Label
		}
	}
	return field
}

// BranchPolicy is what a branch has set anew of the policy, for its own customers.
type BranchPolicy struct {
	record.Base
	BranchID int64
	Values   []BranchValue `gorm:"-"`
}

// BranchValue is one threshold of a branch.
type BranchValue struct {
	record.Line
	Field, Value string
}

// Setting is one threshold, of head office or of a branch.
type Setting struct {
	Branch       int64
	Field, Value string
	May          string // what branches may do with it; of head office
}

func (x Setting) branch() int64 { return x.Branch }

func (x Setting) key() string { return x.Field }

func (x Setting) allows(own Setting) []errs.Field {
	mine, err := money.Parse[money.Micro](x.Value)
	if err != nil {
		return []errs.Field{{Name: "value", Message: "A number is expected."}}
	}
	theirs, err := money.Parse[money.Micro](own.Value)
	switch {
	case err != nil:
		return []errs.Field{{Name: "value", Message: "A number is expected."}}
	case x.May == "":
		return []errs.Field{{Name: "field", Message: "Head office does not let branches set this: {0}.", Args: []any{x.Value}}}
	case x.May == mayHigher && theirs.Less(mine):
		return []errs.Field{{Name: "value", Message: "Head office says {0}; a branch may only set it higher.", Args: []any{x.Value}}}
	case x.May == mayLower && mine.Less(theirs):
		return []errs.Field{{Name: "value", Message: "Head office says {0}; a branch may only set it lower.", Args: []any{x.Value}}}
	}
	return nil
}

// Settings are the thresholds of a company that branches can have of their own: those of
// head office, then what branches have set.
func (s *Policies) Settings(ctx context.Context, head *Policy) ([]Setting, error) {
	ctx = authz.System(ctx, "settings of the company")
	if head.ID != 0 {
		if err := s.Store.LoadLines(ctx, []*Policy{head}); err != nil {
			return nil, fmt.Errorf("freedom of branches: %w", err)
		}
	}
	values := resource.Encode(s.Type.Fields, head)
	var out []Setting
	for _, o := range branchFields {
		x := Setting{Field: o.Value, Value: fmt.Sprint(values[o.Value])}
		if i := slices.IndexFunc(head.Freedoms, func(f PolicyFreedom) bool { return f.Field == o.Value }); i >= 0 {
			x.May = head.Freedoms[i].May
		}
		out = append(out, x)
	}
	if len(head.Freedoms) == 0 {
		return out, nil
	}
	list, err := s.Branches.Find(ctx, record.Where("company_id", record.Eq, head.CompanyID))
	if err != nil {
		return nil, fmt.Errorf("policies of branches: %w", err)
	}
	rows := make([]*BranchPolicy, len(list))
	for i := range list {
		rows[i] = &list[i]
	}
	if err := s.Branches.LoadLines(ctx, rows); err != nil {
		return nil, fmt.Errorf("policies of branches: %w", err)
	}
	for _, b := range rows {
		for _, v := range b.Values {
			out = append(out, Setting{Branch: b.BranchID, Field: v.Field, Value: v.Value})
		}
	}
	return out, nil
}

// with is a policy with the thresholds in force.
func (s *Policies) with(head Policy, in []Setting) (Policy, error) {
	for _, x := range in {
		if x.Branch == 0 {
			continue
		}
		if err := s.set(&head, x); err != nil {
			return head, fmt.Errorf("policy of branch %d: %w", x.Branch, err)
		}
	}
	return head, nil
}

func (s *Policies) set(p *Policy, x Setting) error {
	one := resource.Fields[Policy]{}
	for _, f := range s.Type.Fields {
		if f.Name == x.Field {
			one = append(one, f)
		}
	}
	return resource.Fill(one, p, resource.Values{x.Field: x.Value})
}

// For returns the policy in force for the customers and people of a department: that of head
// office, with what the branches above it have set anew.
func (s *Policies) For(ctx context.Context, company, dept int64) (Policy, error) {
	head, err := s.Of(ctx, company)
	if err != nil || dept == 0 {
		return head, err
	}
	list, err := s.Settings(ctx, &head)
	if err != nil {
		return head, err
	}
	return s.with(head, Inherit(s.Directory(), list, dept))
}

// PolicyReach is a policy and for whose customers it holds.
type PolicyReach struct {
	Reach
	Policy
}

// Everywhere returns the policies in force in a company, each with its reach.
func (s *Policies) Everywhere(ctx context.Context, company int64) ([]PolicyReach, error) {
	head, err := s.Of(ctx, company)
	if err != nil {
		return nil, err
	}
	list, err := s.Settings(ctx, &head)
	if err != nil {
		return nil, err
	}
	var out []PolicyReach
	for _, x := range Everywhere(s.Directory(), list) {
		p, err := s.with(head, x.List)
		if err != nil {
			return nil, err
		}
		out = append(out, PolicyReach{x.Reach, p})
	}
	return out, nil
}

// checkBranch holds what a branch sets to what head office allows, and the policy that comes
// of it to its own rules.
func (s *Policies) checkBranch(ctx context.Context, b *BranchPolicy) error {
	dir := s.Directory()
	bad := branchField(ctx, dir, b.CompanyID, b.BranchID)
	b.DeptID = b.BranchID // its rows belong to the branch
	head, err := s.Of(ctx, b.CompanyID)
	if err != nil {
		return err
	}
	list, err := s.Settings(ctx, &head)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for i, v := range b.Values {
		at := fmt.Sprintf("values.%d.", i)
		if seen[v.Field] {
			bad = append(bad, errs.Field{Name: at + "field", Message: "This stands here twice."})
			continue
		}
		seen[v.Field] = true
		x := Setting{Branch: b.BranchID, Field: v.Field, Value: v.Value}
		refused := list[slices.IndexFunc(list, func(h Setting) bool { return h.Branch == 0 && h.Field == v.Field })].allows(x)
		for _, f := range refused {
			f.Name = at + f.Name
			bad = append(bad, f)
		}
		if len(refused) == 0 && s.set(&head, x) != nil {
			bad = append(bad, errs.Field{Name: at + "value", Message: "A number is expected."})
		}
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return s.check(ctx, &head)
}

// DeclareBranch returns the document type of what a branch has set anew.
func (s *Policies) DeclareBranch() *resource.Type[BranchPolicy] {
	s.BranchType = &resource.Type[BranchPolicy]{
		Name: "crm.branch_policy", Label: "Branch policy", Plural: "Branch policies", Icon: "adjustments", Number: "BP-{000}", NoOwner: true, Store: s.Branches, Check: s.checkBranch,
		Title: func(b *BranchPolicy) string { return branchName(s.Directory(), b.BranchID) },
		CheckChange: func(_ context.Context, b, before *BranchPolicy) error {
			if before != nil && before.BranchID != b.BranchID {
				return errs.Bad("branch_id", "The branch stays; make a policy for the other one.")
			}
			return nil
		},
		Fields: resource.Fields[BranchPolicy]{
			resource.Ref("branch_id", "Branch", func(b *BranchPolicy) *int64 { return &b.BranchID }, "core.department").Required().InList().Filter(),
			resource.Lines("values", "Set anew for its customers", func(b *BranchPolicy) *[]BranchValue { return &b.Values }, resource.Fields[BranchValue]{
				resource.Enum("field", "Threshold", func(v *BranchValue) *string { return &v.Field }, branchFields...).Required(),
				resource.Text("value", "Value", func(v *BranchValue) *string { return &v.Value }).Required().Limit(20),
			}).Required().Hint("Everything else stays as head office says."),
		},
	}
	return s.BranchType
}

func branchName(dir *org.Directory, id int64) string {
	if d := dir.Departments[id]; d != nil {
		return d.Name
	}
	return ""
}
