package domain

import (
	"context"
	"time"

	"meridian/modules/ipd"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// AdjustmentStage is the state of an adjustment.
type AdjustmentStage string

// The stages of an adjustment.
const (
	AdjustmentDraft   AdjustmentStage = "draft"
	AdjustmentPosted  AdjustmentStage = "posted"
	AdjustmentDropped AdjustmentStage = "dropped"
)

// Adjustment corrects the stock after a count, or opens it.
type Adjustment struct {
	record.Base
	Stage       AdjustmentStage
	ProductID   ipd.ProductID
	WarehouseID int64
	Qty         money.Qty   // more than before, or less
	UnitCost    money.Price // of goods that were found; goods that are missing take the average
	Value       money.Amount
	Cause       string
	Day         date.Date
	Note        string
}

// Adjustments is the service behind the adjustment type.
type Adjustments struct {
	Store record.Store[Adjustment]
	Stock *Stock

	Type *resource.Type[Adjustment]
}

func (s *Adjustments) defaults(ctx context.Context, a *Adjustment) error {
	a.Day, a.Cause = s.Stock.Today(ctx), "count"
	site, err := s.Stock.site(ctx, 0)
	if errs.Is(err, errs.NotFound) {
		return nil // the form asks for the warehouse
	}
	a.WarehouseID = site.Warehouse
	return err
}

// check values the adjustment, so that the right people approve it.
func (s *Adjustments) check(ctx context.Context, a *Adjustment) error {
	switch {
	case a.Qty.IsZero():
		return errs.Bad("qty", "Say how much was found or is missing.")
	case a.UnitCost.Sign() < 0:
		return errs.Bad("unit_cost", "This cannot be negative.")
	case a.ID == 0 && a.Stage == AdjustmentPosted:
		return errs.Bad("stage", "Import counts as drafts; posting them moves the stock.")
	}
	c, err := s.Stock.Ledger.Store.Cost(ctx, a.CompanyID, a.ProductID)
	if err != nil {
		return err
	}
	if average := money.UnitCost(c.Value, c.Qty); a.Qty.Sign() < 0 || a.UnitCost.IsZero() {
		a.UnitCost = average
	}
	if a.Qty.Sign() > 0 && a.UnitCost.IsZero() {
		return errs.Bad("unit_cost", "Give the cost per unit; there is no average yet.")
	}
	a.Value = money.Value(a.UnitCost, a.Qty)
	return nil
}

// post moves the stock; what was found goes to whoever waits for it.
func (s *Adjustments) post(ctx context.Context, a *Adjustment) error {
	site, err := s.Stock.Sites.Site(ctx, a.WarehouseID, a.CompanyID)
	if err != nil {
		return err
	}
	shelf := site.at(Available)
	m := Move{Product: a.ProductID, From: InAdjustment, To: shelf, Qty: a.Qty.Abs(), Cost: a.UnitCost, Key: s.Type.Ref(a.ID).String()}
	if a.Qty.Sign() < 0 {
		m.From, m.To = shelf, InAdjustment
	}
	held, err := s.Stock.Ledger.Lock(ctx, site.Company, []Key{{a.ProductID, shelf}})
	if err != nil {
		return err
	}
	if err := s.Stock.Items.Ensure(ctx, site.Company, map[ipd.ProductID]bool{a.ProductID: true}); err != nil {
		return err
	}
	posted, err := s.Stock.Ledger.Post(ctx, held, Posting{Company: site.Company, Day: a.Day, Doc: s.Type.Ref(a.ID), Moves: []Move{m}})
	if err != nil {
		return err
	}
	a.Value = posted[0].Value
	if a.Qty.Sign() > 0 {
		return s.Stock.allocate(ctx, held, site, a.ProductID, a.Qty, trace.Ref{}, trace.Ref{})
	}
	a.Value = a.Value.Neg()
	return nil
}

// Declare returns the document type of the adjustment. Small differences pass; a
// larger one needs somebody else's eyes.
func (s *Adjustments) Declare() *resource.Type[Adjustment] {
	small, large := money.MustAmount("1000"), money.MustAmount("50000")
	s.Type = &resource.Type[Adjustment]{
		Name: "isc.adjustment", Label: "Stock adjustment", Plural: "Stock adjustments", Icon: "clipboard-check", Number: "SA-{yyyy}-{000000}",
		Store: s.Store, Check: s.check, Default: s.defaults,
		Amount: func(a *Adjustment) money.Amount { return a.Value },
		Day:    func(a *Adjustment) date.Date { return a.Day },
		SumBy:  "value",
		Fields: resource.Fields[Adjustment]{
			resource.Ref("product_id", "Product", func(a *Adjustment) *ipd.ProductID { return &a.ProductID }, "ipd.product").Required().InList().Filter(),
			resource.Ref("warehouse_id", "Warehouse", func(a *Adjustment) *int64 { return &a.WarehouseID }, "isc.warehouse").Required().InList().Filter(),
			resource.Quantity("qty", "Difference", func(a *Adjustment) *money.Qty { return &a.Qty }).Required().InList().Hint("More than the books say is positive, less is negative."),
			resource.Price("unit_cost", "Unit cost", func(a *Adjustment) *money.Price { return &a.UnitCost }).Hint("Of goods that were found; empty takes the average."),
			resource.Money("value", "Value", func(a *Adjustment) *money.Amount { return &a.Value }).ReadOnly().InList(),
			resource.Enum("cause", "Cause", func(a *Adjustment) *string { return &a.Cause },
				resource.Option{Value: "opening", Label: "Opening stock", Tone: "info"}, resource.Option{Value: "count", Label: "Stock count", Tone: "neutral"},
				resource.Option{Value: "damage", Label: "Damaged", Tone: "bad"}, resource.Option{Value: "own_use", Label: "Own use", Tone: "violet"}).Required().InList().Filter(),
			resource.Date("day", "Day", func(a *Adjustment) *date.Date { return &a.Day }).Required().InList().Filter(),
			resource.LongText("note", "Note", func(a *Adjustment) *string { return &a.Note }),
		},
		Rules: map[string][]process.Rule{"isc.adjustment:post": {
			{Label: "Below 1,000: passes", To: small},
			{Label: "1,000 to 50,000: the planner", From: small, To: large, Steps: []process.Step{process.ByRole(planner)}},
			{Label: "From 50,000: the planner and finance", From: large, Steps: []process.Step{process.ByRole(planner), process.ByRole("core.finance_manager")}},
		}},
		Process: resource.Process(func(a *Adjustment) *AdjustmentStage { return &a.Stage },
			[]resource.Stage[AdjustmentStage]{
				{Key: AdjustmentDraft, Label: "Draft", Owner: warehouse, Class: process.Draft, Limit: 8 * time.Hour, Help: "Count again if in doubt, then post."},
				{Key: AdjustmentPosted, Label: "Posted", End: true, Class: process.Done},
				{Key: AdjustmentDropped, Label: "Dropped", End: true, Class: process.Cancelled},
			},
			[]resource.Move[Adjustment, AdjustmentStage]{
				{Name: "post", Label: "Post", From: resource.From(AdjustmentDraft), To: AdjustmentPosted, Matrix: "isc.adjustment:post", Do: resource.Do(s.post)},
				{Name: "drop", Label: "Drop", From: resource.From(AdjustmentDraft), To: AdjustmentDropped, Reason: true, Deviation: true},
			}),
	}
	return s.Type
}
