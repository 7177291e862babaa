package domain

import (
	"context"

	"meridian/modules/crm"
	"meridian/platform/errs"
	"meridian/platform/org"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// FieldStandard says that a field counts for the completeness of customers of a kind
// from a stage on, with a weight, and whether the stage may be entered without it.
type FieldStandard struct {
	record.Base
	Kind      string        // of the customer; "" = any
	FromStage crm.Lifecycle // counts from here on
	Field     string
	Weight    int
	Required  bool
	BranchID  *int64 // who has set it anew; nil = head office, for everybody
	Branches  string // what branches may do with it
}

func (f FieldStandard) branch() int64 { return value(f.BranchID) }

func (f FieldStandard) key() string { return f.Kind + "/" + string(f.FromStage) + "/" + f.Field }

func (f FieldStandard) allows(own FieldStandard) (bad []errs.Field) {
	switch f.Branches {
	case BranchesFree:
	case BranchesFollow:
		bad = append(bad, errs.Field{Name: "branch_id", Message: "Head office does not let branches change this standard."})
	default:
		if own.Weight < f.Weight {
			bad = append(bad, errs.Field{Name: "weight", Message: "Head office asks for {0}; a branch may ask for more, not for less.", Args: []any{f.Weight}})
		}
		if f.Required && !own.Required {
			bad = append(bad, errs.Field{Name: "required", Message: "Head office requires this field; a branch may not do without."})
		}
	}
	return bad
}

// standardFields are the fields a standard may ask for, with their labels; the last
// five stand on the people and follow-ups of the customer.
var standardFields = []resource.Option{
	{Value: "name", Label: "Name"}, {Value: "tax_no", Label: "Tax number"}, {Value: "industry", Label: "Industry"}, {Value: "size", Label: "Size"}, {Value: "region", Label: "Region"},
	{Value: "source", Label: "Source"}, {Value: "phone", Label: "Phone"}, {Value: "email", Label: "E-mail"}, {Value: "address", Label: "Address"}, {Value: "owner", Label: "Owner"},
	{Value: "core_need", Label: "Core need"}, {Value: "need_priority", Label: "Need priority"},
	{Value: "contact", Label: "Main contact"}, {Value: "contact_title", Label: "Position of a contact"}, {Value: "contact_phone", Label: "Phone of a contact"},
	{Value: "last_touch", Label: "Last contact"}, {Value: "next_action", Label: "Next action"},
}

// FieldLabel is the label of a field of a standard.
func FieldLabel(field string) string {
	for _, o := range standardFields {
		if o.Value == field {
			return o.Label
		}
	}
	return field
}

// DefaultStandards hold for a company that has none of its own (CRM-02).
func DefaultStandards() []FieldStandard {
	return []FieldStandard{
		{FromStage: crm.ToIdentify, Field: "name", Weight: 2}, {FromStage: crm.ToIdentify, Field: "owner", Weight: 1},
		{FromStage: crm.Target, Field: "industry", Weight: 1, Required: true}, {FromStage: crm.Target, Field: "source", Weight: 1, Required: true},
		{FromStage: crm.Target, Field: "phone", Weight: 2}, {FromStage: crm.Target, Field: "region", Weight: 1},
		{FromStage: crm.Potential, Field: "core_need", Weight: 2, Required: true}, {FromStage: crm.Potential, Field: "contact", Weight: 2, Required: true},
		{FromStage: crm.Potential, Field: "need_priority", Weight: 1}, {FromStage: crm.Potential, Field: "contact_title", Weight: 1}, {FromStage: crm.Potential, Field: "contact_phone", Weight: 1},
		{FromStage: crm.Potential, Field: "last_touch", Weight: 1}, {FromStage: crm.Potential, Field: "next_action", Weight: 1},
		{FromStage: crm.Signed, Field: "tax_no", Weight: 2, Required: true}, {FromStage: crm.Signed, Field: "address", Weight: 1},
	}
}

// Gap is a field a standard asks for that is empty, or fails its check.
type Gap struct {
	Field    string
	Weight   int
	Required bool
}

// Standards measures completeness: the weight of what is filled and valid over the
// weight of what is asked for (5.1).
type Standards interface {
	// Refresh computes the completeness of customers; nil ids means all of the company.
	Refresh(ctx context.Context, company int64, ids []int64) error
	// Gaps lists what a customer would lack in a stage.
	Gaps(ctx context.Context, company, id int64, in crm.Lifecycle) ([]Gap, error)
}

// FieldStandards is the service behind the field standards.
type FieldStandards struct {
	Store     record.Store[FieldStandard]
	Type      *resource.Type[FieldStandard]
	Standards Standards
	Directory func() *org.Directory
}

// check holds the weight, and a standard of a branch to what head office allows.
func (s *FieldStandards) check(ctx context.Context, f *FieldStandard) error {
	if f.Weight < 1 || f.Weight > 100 {
		return errs.Bad("weight", "A weight from 1 to 100 is expected.")
	}
	if f.BranchID != nil {
		f.Branches = BranchesFollow
	}
	return checkBranch(ctx, s.Directory(), f.CompanyID, *f, func(ctx context.Context) ([]FieldStandard, error) {
		return s.Store.Find(ctx, record.Where("company_id", record.Eq, f.CompanyID).And("branch_id", record.IsNull, nil).And("field", record.Eq, f.Field))
	})
}

// Declare returns the document type of the field standard.
func (s *FieldStandards) Declare() *resource.Type[FieldStandard] {
	s.Type = &resource.Type[FieldStandard]{
		Name: "crm.field_standard", Label: "Field standard", Plural: "Field standards", Icon: "list-check", Number: "FS-{000}", NoOwner: true, Store: s.Store,
		Title:   func(f *FieldStandard) string { return FieldLabel(f.Field) },
		Default: func(_ context.Context, f *FieldStandard) error { f.FromStage, f.Weight = crm.ToIdentify, 1; return nil },
		Check:   s.check,
		// The whole company is measured anew: a standard that changed must not leave the
		// old scores standing until night.
		Saved: func(ctx context.Context, f, _ *FieldStandard) error {
			return s.Standards.Refresh(ctx, f.CompanyID, nil)
		},
		Fields: resource.Fields[FieldStandard]{
			resource.Enum("field", "Field", func(f *FieldStandard) *string { return &f.Field }, standardFields...).Required().InList().Filter(),
			resource.Enum("kind", "Kind of customer", func(f *FieldStandard) *string { return &f.Kind }, kinds...).InList().Filter().Hint("Empty: every kind."),
			resource.Enum("from_stage", "Counts from stage", func(f *FieldStandard) *crm.Lifecycle { return &f.FromStage }, stageOptions(Ladder...)...).Required().InList().Filter(),
			resource.Int("weight", "Weight", func(f *FieldStandard) *int { return &f.Weight }).Required().InList(),
			resource.Bool("required", "The stage cannot be entered without it", func(f *FieldStandard) *bool { return &f.Required }).InList().Filter(),
			branchRef(func(f *FieldStandard) **int64 { return &f.BranchID }),
			branchMay(func(f *FieldStandard) *string { return &f.Branches }),
		},
	}
	return s.Type
}

var kinds = []resource.Option{{Value: "company", Label: "Company"}, {Value: "person", Label: "Person"}}

// StageLabels are the words for the states of the life cycle.
var StageLabels = map[crm.Lifecycle]string{crm.ToIdentify: "To identify", crm.Target: "Target", crm.Potential: "Potential", crm.Opportunity: "Opportunity", crm.Signed: "Signed",
	crm.User: "User", crm.Satisfied: "Satisfied", crm.Dormant: "Dormant", crm.AtRisk: "At risk", crm.Lost: "Lost", crm.Merged: "Merged"}

func stageOptions(stages ...crm.Lifecycle) (out []resource.Option) {
	for _, s := range stages {
		out = append(out, resource.Option{Value: string(s), Label: StageLabels[s]})
	}
	return out
}
