package domain

import (
	"context"
	"time"

	"meridian/modules/crm"
	"meridian/platform/errs"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// Segment is a group of customers: by conditions, or by a list somebody keeps.
// Conditions of one group hold together; one group is enough.
type Segment struct {
	record.Base
	Name        string
	Kind        string // dynamic, static
	Purpose     string
	SetTier     string // who joins gets this tier
	Members     int
	RefreshedAt *time.Time
	Rules       []SegmentRule `gorm:"-"`
}

// SegmentRule is one condition.
type SegmentRule struct {
	record.Line
	Grp   int
	Field string
	Op    string
	Value string
}

// SegmentFields are what conditions may ask, by kind of value.
var SegmentFields = []resource.Option{
	{Value: "name", Label: "Name"}, {Value: "kind", Label: "Kind"}, {Value: "industry", Label: "Industry"}, {Value: "size", Label: "Size"}, {Value: "region", Label: "Region"}, {Value: "source", Label: "Source"},
	{Value: "tier", Label: "Tier"}, {Value: "class", Label: "Value class"}, {Value: "stage", Label: "Stage"}, {Value: "tags", Label: "Tags"}, {Value: "need_fit", Label: "How well we meet the need"}, {Value: "first_way", Label: "First contact by"},
	{Value: "completeness", Label: "Completeness (%)"}, {Value: "created_on", Label: "Created on"}, {Value: "last_touch", Label: "Last contact"}, {Value: "silence", Label: "Days without contact"},
	{Value: "health", Label: "Health"}, {Value: "risk", Label: "Risk"}, {Value: "orders", Label: "Orders in 12 months"}, {Value: "net", Label: "Net sales in 12 months"}, {Value: "receipts", Label: "Receipts in 12 months"},
	{Value: "complaints", Label: "Complaints in 6 months"}, {Value: "open_deals", Label: "Open deals"}, {Value: "rfm", Label: "Recency, frequency and value"}, {Value: "clv", Label: "Lifetime value"}, {Value: "last_order", Label: "Last order"},
}

// SegmentOps are how conditions compare.
var SegmentOps = []resource.Option{
	{Value: "is", Label: "is"}, {Value: "is_not", Label: "is not"}, {Value: "contains", Label: "contains"}, {Value: "lacks", Label: "does not contain"}, {Value: "starts", Label: "starts with"}, {Value: "ends", Label: "ends with"},
	{Value: "one_of", Label: "is one of"}, {Value: "none_of", Label: "is none of"}, {Value: "empty", Label: "is empty"}, {Value: "filled", Label: "is filled"},
	{Value: "lt", Label: "is less than"}, {Value: "le", Label: "is at most"}, {Value: "gt", Label: "is more than"}, {Value: "ge", Label: "is at least"}, {Value: "between", Label: "lies between"}, {Value: "outside", Label: "lies outside"},
	{Value: "before", Label: "is before"}, {Value: "after", Label: "is after"}, {Value: "last_days", Label: "lies in the last days"}, {Value: "older_days", Label: "is longer ago than days"}, {Value: "this_month", Label: "is in this month"}, {Value: "this_year", Label: "is in this year"},
}

// SegmentBook compiles and refreshes segments.
type SegmentBook interface {
	// Compile checks conditions; the error names the field of the line that is wrong.
	Compile(rules []SegmentRule) error
	// Fill brings the members of a segment up to date and returns who joined.
	Fill(ctx context.Context, s *Segment) (joined []int64, n int, err error)
	// Put adds customers to a static segment, or takes them out.
	Put(ctx context.Context, segment, customer int64, in bool) error
}

// Segments is the service behind the segments.
type Segments struct {
	Store     record.Store[Segment]
	Type      *resource.Type[Segment]
	Book      SegmentBook
	Customers *Customers
}

// Declare returns the document type of the segment.
func (s *Segments) Declare() *resource.Type[Segment] {
	s.Type = &resource.Type[Segment]{
		Name: "crm.segment", Label: "Segment", Plural: "Segments", Icon: "chart-pie", Number: "SG-{000}", Store: s.Store,
		Title:   func(x *Segment) string { return x.Name },
		Default: func(_ context.Context, x *Segment) error { x.Kind = "dynamic"; return nil },
		Check: func(_ context.Context, x *Segment) error {
			if x.Kind == "static" && len(x.Rules) > 0 {
				return errs.Bad("rules", "A list that is kept by hand has no conditions.")
			}
			if x.Kind == "dynamic" && len(x.Rules) == 0 {
				return errs.Bad("rules", "A dynamic segment needs a condition.")
			}
			for i := range x.Rules {
				if x.Rules[i].Grp == 0 {
					x.Rules[i].Grp = 1
				}
			}
			return s.Book.Compile(x.Rules)
		},
		Fields: resource.Fields[Segment]{
			resource.Text("name", "Name", func(x *Segment) *string { return &x.Name }).Required().InList().Search(),
			resource.Enum("kind", "Kind", func(x *Segment) *string { return &x.Kind }, resource.Option{Value: "dynamic", Label: "By conditions"}, resource.Option{Value: "static", Label: "List kept by hand"}).Required().InList().Filter(),
			resource.Text("purpose", "Purpose", func(x *Segment) *string { return &x.Purpose }).InList(),
			resource.Enum("set_tier", "Who joins gets the tier", func(x *Segment) *string { return &x.SetTier }, tiers...).InList(),
			resource.Lines("rules", "Conditions", func(x *Segment) *[]SegmentRule { return &x.Rules }, resource.Fields[SegmentRule]{
				resource.Int("grp", "Group", func(r *SegmentRule) *int { return &r.Grp }).Hint("Conditions of one group hold together; one group is enough."),
				resource.Enum("field", "Field", func(r *SegmentRule) *string { return &r.Field }, SegmentFields...).Required(),
				resource.Enum("op", "Comparison", func(r *SegmentRule) *string { return &r.Op }, SegmentOps...).Required(),
				resource.Text("value", "Value", func(r *SegmentRule) *string { return &r.Value }).Hint("Several values are separated by commas."),
			}),
			resource.Int("members", "Members", func(x *Segment) *int { return &x.Members }).ReadOnly().InList().Filter(),
			resource.Time("refreshed_at", "Refreshed at", func(x *Segment) **time.Time { return &x.RefreshedAt }).ReadOnly().InList(),
		},
	}
	return s.Type
}

// Refresh brings a segment up to date; who joins gets the tier of its policy, and the
// other modules are told.
func (s *Segments) Refresh(ctx context.Context, id int64) error {
	return s.Customers.Tx(ctx, func(ctx context.Context) error {
		x, err := s.Store.Get(ctx, id)
		if err != nil {
			return err
		}
		joined, n, err := s.Book.Fill(ctx, x)
		if err != nil {
			return err
		}
		if x.SetTier != "" {
			for _, c := range joined {
				if err := s.setTier(ctx, c, x.SetTier, x.Name); err != nil {
					return err
				}
			}
		}
		_, err = s.Type.Update(ctx, id, func(x *Segment) error {
			now := s.Customers.Now().UTC()
			x.Members, x.RefreshedAt = n, &now
			return nil
		})
		return err
	})
}

func (s *Segments) setTier(ctx context.Context, id int64, tier, cause string) error {
	old := ""
	if _, err := s.Customers.Type.Update(ctx, id, func(c *Customer) error { old, c.Tier = c.Tier, tier; return nil }); err != nil {
		return err
	}
	if old == tier {
		return nil
	}
	return s.Customers.Bus.Publish(ctx, crm.TierChanged{Customer: crm.CustomerID(id), From: old, To: tier, Cause: cause})
}
