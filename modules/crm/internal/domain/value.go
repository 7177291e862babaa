package domain

import (
	"context"

	"meridian/platform/errs"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// ValueModel ranks customers by chosen indicators and weights.
type ValueModel struct {
	record.Base
	Name    string
	Active  bool
	Weights []ValueWeight `gorm:"-"`
}

// ValueWeight is one indicator of a model.
type ValueWeight struct {
	record.Line
	Indicator string
	Weight    int
}

// Indicators are what a model may weigh.
var Indicators = []resource.Option{
	{Value: "orders", Label: "Number of orders"}, {Value: "net", Label: "Net sales in 12 months"}, {Value: "margin", Label: "Margin in 12 months"}, {Value: "receipts", Label: "Receipts in 12 months"}, {Value: "cost", Label: "Low cost to serve"},
	{Value: "clv", Label: "Lifetime value"}, {Value: "recency", Label: "Recent orders"}, {Value: "payment", Label: "Pays in time"}, {Value: "health", Label: "Health"},
}

// ValueModels is the service behind the value models.
type ValueModels struct {
	Store record.Store[ValueModel]
	Type  *resource.Type[ValueModel]
}

// DefaultWeights rank where a company has chosen nothing.
func DefaultWeights() []ValueWeight {
	return []ValueWeight{{Indicator: "margin", Weight: 40}, {Indicator: "clv", Weight: 30}, {Indicator: "payment", Weight: 20}, {Indicator: "orders", Weight: 10}}
}

// Declare returns the document type of the value model.
func (s *ValueModels) Declare() *resource.Type[ValueModel] {
	s.Type = &resource.Type[ValueModel]{
		Name: "crm.value_model", Label: "Value model", Plural: "Value models", Icon: "scale", Number: "VM-{00}", NoOwner: true, Store: s.Store,
		Title:   func(m *ValueModel) string { return m.Name },
		Default: func(_ context.Context, m *ValueModel) error { m.Active = true; return nil },
		Check: func(_ context.Context, m *ValueModel) error {
			seen := map[string]bool{}
			for _, w := range m.Weights {
				if w.Weight < 1 || w.Weight > 100 || seen[w.Indicator] {
					return errs.Bad("weights", "Each indicator once, with a weight from 1 to 100.")
				}
				seen[w.Indicator] = true
			}
			if len(m.Weights) == 0 {
				return errs.Bad("weights", "A model needs an indicator.")
			}
			return nil
		},
		Fields: resource.Fields[ValueModel]{
			resource.Text("name", "Name", func(m *ValueModel) *string { return &m.Name }).Required().InList().Search(),
			resource.Bool("active", "Active", func(m *ValueModel) *bool { return &m.Active }).InList().Filter(),
			resource.Lines("weights", "Indicators", func(m *ValueModel) *[]ValueWeight { return &m.Weights }, resource.Fields[ValueWeight]{
				resource.Enum("indicator", "Indicator", func(w *ValueWeight) *string { return &w.Indicator }, Indicators...).Required(),
				resource.Int("weight", "Weight", func(w *ValueWeight) *int { return &w.Weight }).Required(),
			}),
		},
	}
	return s.Type
}
