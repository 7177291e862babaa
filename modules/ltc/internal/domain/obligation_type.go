package domain

import (
	"context"
	"time"

	"meridian/modules/crm"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/ledger"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/resource"
)

// progressed is the input of the move "progress".
type progressed struct {
	Progress money.Ratio
	On       date.Date
}

func progressForm() resource.Fields[progressed] {
	return resource.Fields[progressed]{
		resource.Percent("progress", "Progress", func(p *progressed) *money.Ratio { return &p.Progress }).Required().Hint("Of the whole obligation, not of the month."),
		resource.Date("on", "Reached on", func(p *progressed) *date.Date { return &p.On }).Hint("Empty is today."),
	}
}

// progress recognises the share of a milestone.
func (s *Obligations) progress(ctx context.Context, o *Obligation, in *progressed) error {
	switch {
	case o.Method != ByOutput || o.OrderLineID != 0:
		return errs.New(errs.Precondition, "Progress is reported for obligations by output that no order line measures.")
	case in.Progress.Less(o.Progress) || money.Units(1).Less(in.Progress):
		return errs.Bad("progress", "Progress lies between what was reached and 100 %.")
	}
	o.Progress = in.Progress
	return s.catchUp(ctx, o, in.On)
}

// estimated is the input of the move "estimate".
type estimated struct {
	CostToDate, EstimatedCost money.Amount
	On                        date.Date
}

func estimateForm() resource.Fields[estimated] {
	return resource.Fields[estimated]{
		resource.Money("cost_to_date", "Cost to date", func(e *estimated) *money.Amount { return &e.CostToDate }).Required(),
		resource.Money("estimated_cost", "Estimated cost in total", func(e *estimated) *money.Amount { return &e.EstimatedCost }).Required(),
		resource.Date("on", "As of", func(e *estimated) *date.Date { return &e.On }).Hint("Empty is today."),
	}
}

// estimate recognises by cost with a new estimate: the catch-up is cumulative, and a
// loss that is expected is provided for in full.
func (s *Obligations) estimate(ctx context.Context, o *Obligation, in *estimated) error {
	switch {
	case o.Method != ByCost:
		return errs.New(errs.Precondition, "Costs are estimated for obligations by cost only.")
	case in.CostToDate.Sign() < 0 || in.EstimatedCost.Less(in.CostToDate):
		return errs.Bad("estimated_cost", "The total cannot be less than the cost to date.")
	}
	o.CostToDate, o.EstimatedCost = in.CostToDate, in.EstimatedCost
	if err := s.catchUp(ctx, o, in.On); err != nil {
		return err
	}
	return s.provide(ctx, o, in.On)
}

// catchUp recognises what is earned by a day; the engine holds o and saves it.
func (s *Obligations) catchUp(ctx context.Context, o *Obligation, on date.Date) error {
	if err := s.untilToday(ctx, "on", &on); err != nil {
		return err
	}
	by := o.Earned(on).Sub(o.Recognised)
	if by.IsZero() {
		return nil
	}
	o.Recognised = o.Recognised.Add(by)
	return s.earn(ctx, []gain{{o, by}}, on, s.Type.Ref(o.ID))
}

// earnNow recognises what the method has earned until today.
func (s *Obligations) earnNow(ctx context.Context, o *Obligation) error {
	return s.catchUp(ctx, o, s.Today(ctx))
}

// provide brings the provision for an expected loss to what it should be.
func (s *Obligations) provide(ctx context.Context, o *Obligation, on date.Date) error {
	by := o.Loss().Sub(o.LossProvision)
	if by.IsZero() {
		return nil
	}
	if on.IsZero() {
		on = s.Today(ctx)
	}
	day, err := s.Journal.OpenDay(ctx, o.CompanyID, ledger.AreaRevenue, on)
	if err != nil {
		return err
	}
	o.LossProvision = o.LossProvision.Add(by)
	ref := s.Type.Ref(o.ID)
	return s.Journal.Post(ctx, ledger.Entry{Company: o.CompanyID, Day: day, Area: ledger.AreaRevenue, Event: "ltc.obligation.loss", Doc: ref, Note: o.Title,
		Key:   ref.String() + ":loss:" + o.LossProvision.String() + ":" + day.String() + ":" + o.EstimatedCost.String(),
		Lines: []ledger.Line{ledger.Dr(ledger.ContractLoss, by), ledger.Cr(ledger.LossProvision, by)}})
}

// drop refuses to cancel what earned revenue already.
func (s *Obligations) drop(_ context.Context, o *Obligation) error {
	if o.Method == ByPoints && !o.Allocated.IsZero() {
		return errs.New(errs.Precondition, "Points are owed until they are redeemed or expire.")
	}
	if !o.Recognised.IsZero() {
		return errs.New(errs.Precondition, "Revenue was recognised already; make a contract change or a credit note.")
	}
	o.Allocated = money.Amount{}
	return nil
}

const obligationType = "ltc.obligation"

// Declare returns the document type of the performance obligation.
func (s *Obligations) Declare() *resource.Type[Obligation] {
	s.Type = &resource.Type[Obligation]{
		Name: obligationType, Label: "Performance obligation", Plural: "Performance obligations", Icon: "chart-donut", Number: "PO-{yyyy}-{00000}", Store: s.Store, Check: s.check, Saved: s.saved, SumBy: "allocated",
		Title:  func(o *Obligation) string { return o.Title },
		Amount: func(o *Obligation) money.Amount { return o.Allocated },
		Default: func(_ context.Context, o *Obligation) error {
			o.Method = AtPoint
			return nil
		},
		Fields: resource.Fields[Obligation]{
			resource.Text("title", "Subject", func(o *Obligation) *string { return &o.Title }).Required().InList().Search().In("Obligation"),
			resource.OptRef("contract_id", "Contract", func(o *Obligation) **int64 { return &o.ContractID }, "ltc.contract").InList().Filter().Source().In("Obligation"),
			resource.OptRef("order_id", "Sales order", func(o *Obligation) **int64 { return &o.OrderID }, "ltc.order").InList().Filter().Source().In("Obligation"),
			resource.Int("order_line_id", "Order line", func(o *Obligation) *int64 { return &o.OrderLineID }).ReadOnly().Hidden(),
			resource.Ref("customer_id", "Customer", func(o *Obligation) *crm.CustomerID { return &o.CustomerID }, "crm.customer").Required().InList().Filter().In("Obligation"),
			resource.OptRef("product_id", "Product", func(o *Obligation) **int64 { return &o.ProductID }, "ipd.product").Filter().In("Obligation"),
			resource.Enum("method", "Revenue method", func(o *Obligation) *Method { return &o.Method },
				resource.Option{Value: "point", Label: "At a point in time", Tone: "info"}, resource.Option{Value: "time", Label: "Over time, straight-line", Tone: "teal"},
				resource.Option{Value: "output", Label: "Over time, by output", Tone: "violet"}, resource.Option{Value: "cost", Label: "Over time, by cost", Tone: "warn"}, resource.Option{Value: "loyalty", Label: "With loyalty points", Tone: "neutral"}).Required().InList().Filter().In("Obligation"),
			resource.Date("start_on", "Starts on", func(o *Obligation) *date.Date { return &o.StartOn }).Filter().In("Obligation"),
			resource.Date("end_on", "Ends on", func(o *Obligation) *date.Date { return &o.EndOn }).Filter().In("Obligation"),
			resource.Money("ssp", "Stand-alone price", func(o *Obligation) *money.Amount { return &o.SSP }).InList().In("Price").Hint("What it costs sold alone, without tax; the price of the contract is divided in this proportion."),
			resource.Money("allocated", "Allocated price", func(o *Obligation) *money.Amount { return &o.Allocated }).InList().Filter().In("Price").Hint("Without tax."),
			resource.Money("recognised", "Revenue recognised", func(o *Obligation) *money.Amount { return &o.Recognised }).ReadOnly().InList().Filter().In("Price"),
			resource.Money("billed", "Invoiced without tax", func(o *Obligation) *money.Amount { return &o.Billed }).ReadOnly().InList().In("Price"),
			resource.OptRef("invoice_id", "Paid invoice", func(o *Obligation) **int64 { return &o.InvoiceID }, "ltc.invoice").ReadOnly().In("Loyalty points"),
			resource.Int("points", "Points given", func(o *Obligation) *int { return &o.Points }).ReadOnly().In("Loyalty points"),
			resource.Int("redeemed", "Redeemed", func(o *Obligation) *int { return &o.Redeemed }).ReadOnly().In("Loyalty points"),
			resource.Int("expired", "Expired", func(o *Obligation) *int { return &o.Expired }).ReadOnly().In("Loyalty points"),
			resource.Percent("expected_share", "Expected to be redeemed", func(o *Obligation) *money.Ratio { return &o.ExpectedShare }).ReadOnly().In("Loyalty points").Hint("Empty: what is not redeemed is earned when it expires."),
			resource.Percent("progress", "Progress", func(o *Obligation) *money.Ratio { return &o.Progress }).ReadOnly().In("Progress"),
			resource.Money("cost_to_date", "Cost to date", func(o *Obligation) *money.Amount { return &o.CostToDate }).ReadOnly().Sensitive().In("Progress"),
			resource.Money("estimated_cost", "Estimated cost in total", func(o *Obligation) *money.Amount { return &o.EstimatedCost }).Sensitive().In("Progress"),
			resource.Money("loss_provision", "Provision for the expected loss", func(o *Obligation) *money.Amount { return &o.LossProvision }).ReadOnly().Sensitive().In("Progress"),
		},
		Process: resource.Process(func(o *Obligation) *ObligationStage { return &o.Stage },
			[]resource.Stage[ObligationStage]{
				{Key: ObligationOpen, Label: "To be fulfilled", Owner: "core.finance_clerk", Wait: true, Class: process.Working, Limit: 400 * time.Hour, Help: "Acceptance, time, progress or cost earns the revenue."},
				{Key: ObligationSatisfied, Label: "Fulfilled", End: true, Class: process.Done},
				{Key: ObligationCancelled, Label: "Cancelled", End: true, Class: process.Cancelled},
			},
			[]resource.Move[Obligation, ObligationStage]{
				{Name: "progress", Label: "Report progress", From: resource.From(ObligationOpen), Do: resource.Ask(progressForm(), s.progress)},
				{Name: "estimate", Label: "Estimate the cost", From: resource.From(ObligationOpen), Do: resource.Ask(estimateForm(), s.estimate)},
				{Name: "earn", Label: "Recognise until today", From: resource.From(ObligationOpen), Do: resource.Do(s.earnNow)},
				{Name: "satisfy", Label: "Price fully earned", From: resource.From(ObligationOpen), To: ObligationSatisfied, System: true},
				{Name: "reopen", Label: "Price changed", From: resource.From(ObligationSatisfied), To: ObligationOpen, System: true},
				{Name: "cancel", Label: "Cancel", From: resource.From(ObligationOpen), To: ObligationCancelled, Deviation: true, Do: resource.Do(s.drop)},
			}),
	}
	return s.Type
}
