package domain

import (
	"meridian/modules/ipd"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/resource"
)

var kinds = []resource.Option{{Value: string(ipd.Goods), Label: "Goods", Tone: "info"}, {Value: string(ipd.Service), Label: "Service", Tone: "violet"}}

// componentFields are the lines of a bill; a product and a project share them.
func componentFields() resource.Fields[Component] {
	return resource.Fields[Component]{
		resource.Ref("component_id", "Component", func(l *Component) *ipd.ProductID { return &l.ComponentID }, "ipd.product").Required(),
		resource.Quantity("qty", "Quantity", func(l *Component) *money.Qty { return &l.Qty }).Required(),
	}
}

// Declare returns the document type of the product.
func (s *Products) Declare() *resource.Type[Product] {
	s.Type = &resource.Type[Product]{
		Name: "ipd.product", Label: "Product", Plural: "Products", Icon: "package", Number: "P-{000000}",
		Store: s.Store, Check: s.check, Default: productDefaults,
		Title: func(p *Product) string { return p.Name },
		Fields: resource.Fields[Product]{
			resource.Text("name", "Name", func(p *Product) *string { return &p.Name }).Required().InList().Search().Filter(),
			resource.Text("name_en", "Name in English", func(p *Product) *string { return &p.NameEn }).Search(),
			resource.Enum("kind", "Kind", func(p *Product) *ipd.Kind { return &p.Kind }, kinds...).Required().InList().Filter(),
			resource.Text("unit", "Unit", func(p *Product) *string { return &p.Unit }).Required().InList().Limit(20).Hint("The base unit: stock and prices are kept in it."),
			resource.Text("category", "Category", func(p *Product) *string { return &p.Category }).InList().Filter(),
			resource.Percent("tax_rate", "Tax rate", func(p *Product) *money.Ratio { return &p.TaxRate }).InList(),
			resource.Text("quantity_per_unit", "Packing", func(p *Product) *string { return &p.QuantityPerUnit }).Hint("As printed on the package, e.g. 10 boxes x 20 bags."),
			resource.Text("supplier", "Supplier name", func(p *Product) *string { return &p.Supplier }).Filter(),
			resource.OptRef("project_id", "Product project", func(p *Product) **int64 { return &p.ProjectID }, "ipd.project").Source().Filter(),
			resource.Lines("bom", "Bill of material", func(p *Product) *[]Component { return &p.BOM }, componentFields()),
			resource.LongText("note", "Note", func(p *Product) *string { return &p.Note }),
		},
		Process: resource.Process(func(p *Product) *ProductStage { return &p.Stage },
			[]resource.Stage[ProductStage]{
				{Key: ProductDraft, Label: "Draft", Owner: "ipd.product_manager", Class: process.Draft, Help: "Complete the data, then release the product for sale."},
				{Key: ProductPreRelease, Label: "Pre-release", Wait: true, Class: process.Transit, Help: "Supply chain, sales and service take the launch over; the product goes on sale when all have agreed."},
				{Key: ProductReleased, Label: "On sale", Wait: true, Class: process.Won, Help: "May be quoted, ordered, bought and shipped."},
				{Key: ProductBlocked, Label: "Sale blocked", Owner: "ipd.product_manager", Class: process.Hold, Help: "No new quotes and orders until the cause is gone."},
				{Key: ProductEndOfSale, Label: "End of sale", End: true, Class: process.Done, Help: "No longer sold; orders that exist are still delivered and serviced."},
			},
			[]resource.Move[Product, ProductStage]{
				{Name: "pre_release", Label: "Take over from the launch", From: resource.From(ProductDraft), To: ProductPreRelease, System: true},
				{Name: "ga", Label: "General availability", From: resource.From(ProductPreRelease), To: ProductReleased, System: true},
				{Name: "release", Label: "Release for sale", From: resource.From(ProductDraft), To: ProductReleased},
				{Name: "end_sale", Label: "End the sale", From: resource.From(ProductReleased, ProductPreRelease, ProductBlocked), To: ProductEndOfSale, Reason: true},
				{Name: "block", Label: "Block the sale", From: resource.From(ProductReleased), To: ProductBlocked, Reason: true, Deviation: true},
				{Name: "unblock", Label: "Lift the block", From: resource.From(ProductBlocked), To: ProductReleased, Reason: true, Deviation: true},
			}),
	}
	return s.Type
}
