package domain

import (
	"context"

	"meridian/modules/crm"
	"meridian/platform/errs"
	"meridian/platform/org"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// FollowStandard says how often customers of a kind are contacted, and what a contact
// must bring. Of several that hold, the one that names the tier wins, then the one that
// names the stage.
type FollowStandard struct {
	record.Base
	Name         string
	Tier         string // "" = any
	AtStage      crm.Lifecycle
	Times        int // so many contacts
	PerDays      int // in so many days
	Channel      string
	NeedValue    bool
	NeedFeedback bool
	BranchID     *int64 // who has set it anew; nil = head office, for everybody
	Branches     string // what branches may do with it
}

func (f FollowStandard) branch() int64 { return value(f.BranchID) }

func (f FollowStandard) key() string { return f.Tier + "/" + string(f.AtStage) }

func (f FollowStandard) allows(own FollowStandard) (bad []errs.Field) {
	switch f.Branches {
	case BranchesFree:
	case BranchesFollow:
		bad = append(bad, errs.Field{Name: "branch_id", Message: "Head office does not let branches change this standard."})
	default:
		if own.Times*f.PerDays < f.Times*own.PerDays {
			bad = append(bad, errs.Field{Name: "times", Message: "Head office asks for {0} contacts in {1} days; a branch may ask for more, not for less.", Args: []any{f.Times, f.PerDays}})
		}
		for name, less := range map[string]bool{"need_value": f.NeedValue && !own.NeedValue, "need_feedback": f.NeedFeedback && !own.NeedFeedback} {
			if less {
				bad = append(bad, errs.Field{Name: name, Message: "Head office requires this field; a branch may not do without."})
			}
		}
	}
	return bad
}

// DefaultFollowStandards hold for a company that has none of its own (CRM-05):
// potential customers once a week, key accounts twice.
func DefaultFollowStandards() []FollowStandard {
	return []FollowStandard{
		{Name: "Key account", Tier: "key", Times: 2, PerDays: 7},
		{Name: "Potential", AtStage: crm.Potential, Times: 1, PerDays: 7},
		{Name: "Opportunity", AtStage: crm.Opportunity, Times: 1, PerDays: 7},
		{Name: "Signed", AtStage: crm.Signed, Times: 1, PerDays: 30}, {Name: "User", AtStage: crm.User, Times: 1, PerDays: 30}, {Name: "Satisfied", AtStage: crm.Satisfied, Times: 1, PerDays: 30},
	}
}

// FollowStandards is the service behind the follow-up standards.
type FollowStandards struct {
	Store record.Store[FollowStandard]
	Type  *resource.Type[FollowStandard]

	Directory func() *org.Directory
}

// check holds the figures, and a standard of a branch to what head office allows.
func (s *FollowStandards) check(ctx context.Context, f *FollowStandard) error {
	if f.Times < 1 || f.PerDays < 1 || f.PerDays > 366 || f.Times > 100 {
		return errs.Bad("times", "A whole number above zero is expected.")
	}
	if f.BranchID != nil {
		f.Branches = BranchesFollow
	}
	return checkBranch(ctx, s.Directory(), f.CompanyID, *f, func(ctx context.Context) ([]FollowStandard, error) {
		return s.Store.Find(ctx, record.Where("company_id", record.Eq, f.CompanyID).And("branch_id", record.IsNull, nil).And("tier", record.Eq, f.Tier))
	})
}

var tiers = []resource.Option{{Value: "key", Label: "Key account", Tone: "violet"}, {Value: "standard", Label: "Standard", Tone: "neutral"}}

// Declare returns the document type of the follow-up standard.
func (s *FollowStandards) Declare() *resource.Type[FollowStandard] {
	s.Type = &resource.Type[FollowStandard]{
		Name: "crm.follow_standard", Label: "Follow-up standard", Plural: "Follow-up standards", Icon: "calendar", Number: "FW-{000}", NoOwner: true, Store: s.Store,
		Title:   func(f *FollowStandard) string { return f.Name },
		Default: func(_ context.Context, f *FollowStandard) error { f.Times, f.PerDays = 1, 7; return nil },
		Check:   s.check,
		Fields: resource.Fields[FollowStandard]{
			resource.Text("name", "Name", func(f *FollowStandard) *string { return &f.Name }).Required().InList().Search(),
			resource.Enum("tier", "Tier", func(f *FollowStandard) *string { return &f.Tier }, tiers...).InList().Filter().Hint("Empty: every tier."),
			resource.Enum("at_stage", "Stage", func(f *FollowStandard) *crm.Lifecycle { return &f.AtStage }, stageOptions(Ladder...)...).InList().Filter().Hint("Empty: every stage."),
			resource.Int("times", "Contacts", func(f *FollowStandard) *int { return &f.Times }).Required().InList(),
			resource.Int("per_days", "In so many days", func(f *FollowStandard) *int { return &f.PerDays }).Required().InList(),
			resource.Enum("channel", "Channel", func(f *FollowStandard) *string { return &f.Channel }, Channels...).InList(),
			resource.Bool("need_value", "The value for the customer must be written down", func(f *FollowStandard) *bool { return &f.NeedValue }),
			resource.Bool("need_feedback", "The feedback must be written down", func(f *FollowStandard) *bool { return &f.NeedFeedback }),
			branchRef(func(f *FollowStandard) **int64 { return &f.BranchID }),
			branchMay(func(f *FollowStandard) *string { return &f.Branches }),
		},
	}
	return s.Type
}
