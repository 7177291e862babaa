package domain

import (
	"context"

	"meridian/modules/crm"
	"meridian/platform/errs"
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
}

var tiers = []resource.Option{{Value: "key", Label: "Key account", Tone: "violet"}, {Value: "standard", Label: "Standard", Tone: "neutral"}}

// Declare returns the document type of the follow-up standard.
func (s *FollowStandards) Declare() *resource.Type[FollowStandard] {
	s.Type = &resource.Type[FollowStandard]{
		Name: "crm.follow_standard", Label: "Follow-up standard", Plural: "Follow-up standards", Icon: "calendar", Number: "FW-{000}", NoOwner: true, Store: s.Store,
		Title:   func(f *FollowStandard) string { return f.Name },
		Default: func(_ context.Context, f *FollowStandard) error { f.Times, f.PerDays = 1, 7; return nil },
		Check: func(_ context.Context, f *FollowStandard) error {
			if f.Times < 1 || f.PerDays < 1 || f.PerDays > 366 || f.Times > 100 {
				return errs.Bad("times", "A whole number above zero is expected.")
			}
			return nil
		},
		Fields: resource.Fields[FollowStandard]{
			resource.Text("name", "Name", func(f *FollowStandard) *string { return &f.Name }).Required().InList().Search(),
			resource.Enum("tier", "Tier", func(f *FollowStandard) *string { return &f.Tier }, tiers...).InList().Filter().Hint("Empty: every tier."),
			resource.Enum("at_stage", "Stage", func(f *FollowStandard) *crm.Lifecycle { return &f.AtStage }, stageOptions(Ladder...)...).InList().Filter().Hint("Empty: every stage."),
			resource.Int("times", "Contacts", func(f *FollowStandard) *int { return &f.Times }).Required().InList(),
			resource.Int("per_days", "In so many days", func(f *FollowStandard) *int { return &f.PerDays }).Required().InList(),
			resource.Enum("channel", "Channel", func(f *FollowStandard) *string { return &f.Channel }, Channels...).InList(),
			resource.Bool("need_value", "The value for the customer must be written down", func(f *FollowStandard) *bool { return &f.NeedValue }),
			resource.Bool("need_feedback", "The feedback must be written down", func(f *FollowStandard) *bool { return &f.NeedFeedback }),
		},
	}
	return s.Type
}
