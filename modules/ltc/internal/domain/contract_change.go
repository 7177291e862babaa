package domain

import (
	"context"
	"fmt"
	"time"

	"meridian/modules/crm"
	"meridian/modules/ltc"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// Treatment says what a change of a contract does to revenue (5.9).
type Treatment string

// The treatments.
const (
	Separate    Treatment = "separate"    // distinct, at its stand-alone price: as a contract of its own
	Prospective Treatment = "prospective" // distinct otherwise: over what is left
	CatchUp     Treatment = "catch_up"    // not distinct: as if it had been so from the start
)

// change moves the price of an obligation by delta at the end of a day, not below zero.
func (o *Obligation) change(t Treatment, delta money.Amount, day date.Date) {
	o.Allocated = o.Allocated.Add(delta).Max(money.Amount{})
	if o.Method == OverTime && t == Prospective {
		o.BaseOn, o.BaseAmount = day.AddDays(1), o.Recognised
		if o.EndOn.Before(o.BaseOn) {
			o.BaseOn = o.EndOn
		}
	}
}

// ChangeStage is the state of a contract change.
type ChangeStage string

// The stages of a contract change.
const (
	ChangeDraft    ChangeStage = "draft"
	ChangeApproved ChangeStage = "approved"
	ChangeApplied  ChangeStage = "applied"
	ChangeDropped  ChangeStage = "dropped"
)

// ChangeLine is what a change does to one obligation, or the new one it brings.
type ChangeLine struct {
	record.Line
	ObligationID *int64
	Title        string
	ProductID    *int64
	Treatment    Treatment
	Method       Method
	StartOn      date.Date
	EndOn        date.Date
	SSP          money.Amount `gorm:"column:ssp"`
	Delta        money.Amount // of the price without tax
}

// ContractChange changes a signed contract: the only way its amount moves.
type ContractChange struct {
	record.Base
	Stage       ChangeStage
	ContractID  int64
	CustomerID  crm.CustomerID
	Reason      string
	EffectiveOn date.Date
	Delta       money.Amount // including tax
	NewEndOn    date.Date
	AppliedOn   date.Date
	Lines       []ChangeLine `gorm:"-"`
}

// ContractChanges is the service behind the contract change type.
type ContractChanges struct {
	*Ports
	Store       record.Store[ContractChange]
	Type        *resource.Type[ContractChange]
	Contracts   *Contracts
	Obligations *Obligations
}

// check holds a draft to a contract in force and lines that fit together.
func (s *ContractChanges) check(ctx context.Context, x *ContractChange) error {
	if x.Stage != ChangeDraft {
		return nil
	}
	c, err := s.Contracts.Store.Get(ctx, x.ContractID)
	if errs.Is(err, errs.NotFound) {
		return nil // the reference check says so with its field
	}
	if err != nil {
		return fmt.Errorf("contract of change: %w", err)
	}
	if c.Stage != ContractSigned && c.Stage != ContractRunning {
		return errs.Bad("contract_id", "Only a signed contract is changed; edit the draft instead.")
	}
	x.CustomerID = c.CustomerID
	if x.ID == 0 {
		inherit(&x.Base, &c.Base)
	}
	var bad []errs.Field
	var net money.Amount
	for i := range x.Lines {
		l := &x.Lines[i]
		at := func(field, message string) {
			bad = append(bad, errs.Field{Name: linePath(i) + field, Message: message})
		}
		if l.Method == "" {
			l.Method = AtPoint
		}
		net = net.Add(l.Delta)
		switch {
		case l.ObligationID == nil && l.Title == "":
			at("title", "Name the obligation, or what is new.")
		case l.ObligationID == nil && l.Delta.Sign() < 0:
			at("delta", "An amount cannot be negative.")
		case l.ObligationID == nil && l.Treatment != Separate:
			at("treatment", "What is new is an obligation of its own.")
		case l.ObligationID != nil && l.Treatment == Separate:
			at("treatment", "A change of an obligation is prospective or catches up.")
		case l.ObligationID == nil && l.Method == OverTime && (l.StartOn.IsZero() || l.EndOn.Before(l.StartOn)):
			at("end_on", "Revenue over time needs a start and an end.")
		}
	}
	if len(x.Lines) > 0 && (x.Delta.Sign() != net.Sign() && !x.Delta.IsZero() || x.Delta.Abs().Less(net.Abs())) {
		bad = append(bad, errs.Field{Name: "delta", Message: "The lines add up to {0} without tax, which {1} with tax does not hold.", Args: []any{net, x.Delta}})
	}
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

// apply makes the change true: credit for what is new, the amount and plan of the
// contract, the price of its obligations and what that does to revenue.
func (s *ContractChanges) apply(ctx context.Context, x *ContractChange) error {
	ref := s.Type.Ref(x.ID)
	if x.Delta.Sign() > 0 {
		a, err := s.Credit.Check(ctx, x.CustomerID, crm.AtOrder, ref, x.Delta)
		if err != nil {
			return err
		}
		if !a.Pass {
			return errs.New(errs.Precondition, "Credit stops this change: limit {0}, used {1}, this change {2}.", a.Limit, a.Exposure, a.Document)
		}
	}
	var net money.Amount
	for i := range x.Lines {
		net = net.Add(x.Lines[i].Delta)
	}
	c, err := s.Contracts.Type.Update(ctx, x.ContractID, func(c *Contract) error {
		c.Amount, c.Price = c.Amount.Add(x.Delta), c.Price.Add(net)
		if c.Amount.Sign() <= 0 {
			return errs.New(errs.Precondition, "Nothing would be left of the contract; terminate it instead.")
		}
		if !x.NewEndOn.IsZero() {
			c.EndOn = x.NewEndOn
			c.NoticeOn = c.EndOn.AddDays(-c.NoticeDays)
		}
		return c.replan(x.Delta, x.EffectiveOn)
	})
	if err != nil {
		return fmt.Errorf("change contract: %w", err)
	}
	for i := range x.Lines {
		if err := s.line(ctx, c, x, &x.Lines[i]); err != nil {
			return err
		}
	}
	x.AppliedOn = s.Today(ctx)
	return s.Bus.Publish(ctx, ltc.ContractChanged{Contract: s.Contracts.Type.Ref(c.ID), Change: ref, Customer: x.CustomerID, Delta: x.Delta, On: x.EffectiveOn})
}

// line applies one line to its obligation.
func (s *ContractChanges) line(ctx context.Context, c *Contract, x *ContractChange, l *ChangeLine) error {
	ref := s.Type.Ref(x.ID)
	if l.ObligationID == nil {
		o := &Obligation{Title: l.Title, CustomerID: c.CustomerID, ContractID: &c.ID, ProductID: l.ProductID, Method: l.Method, SSP: l.SSP, Allocated: l.Delta, StartOn: l.StartOn, EndOn: l.EndOn}
		inherit(&o.Base, &c.Base)
		if err := s.Obligations.Type.Create(ctx, o, ref); err != nil {
			return fmt.Errorf("obligation of change: %w", err)
		}
		return nil
	}
	return s.Obligations.alter(ctx, *l.ObligationID, l, c.ID, x.EffectiveOn, ref)
}

// replan brings invoice and collect lines to the new amount: more comes as a line of each
// kind, less is taken off what is not invoiced or paid yet, the last first.
func (c *Contract) replan(delta money.Amount, on date.Date) error {
	if delta.IsZero() || c.Kind == ContractFramework {
		return nil
	}
	if delta.Sign() > 0 {
		n := len(c.Plan)
		c.Plan = append(c.Plan, PlanLine{Seq: n + 1, Kind: PlanInvoice, Amount: delta, PlannedOn: on, DueOn: on, Status: PlanWaiting}, PlanLine{Seq: n + 2, Kind: PlanCollect, Amount: delta, TriggerLine: n + 1, OffsetDays: 30, Status: PlanWaiting})
		return nil
	}
	for _, kind := range []PlanKind{PlanInvoice, PlanCollect} {
		less := delta.Neg()
		for i := len(c.Plan) - 1; i >= 0; i-- {
			if l := &c.Plan[i]; l.Kind == kind {
				x := less.Min(l.Amount.Sub(l.Actual).Max(money.Amount{}))
				l.Amount, l.Percent, less = l.Amount.Sub(x), money.Ratio{}, less.Sub(x)
				if x.Sign() > 0 && l.Amount.Equal(l.Actual) {
					finishLine(c.Plan, i, on)
				}
			}
		}
		if less.Sign() > 0 {
			return errs.New(errs.Precondition, "{0} of this is invoiced or paid already; make a credit note first.", less)
		}
	}
	return nil
}

// alter changes the price of an obligation by the treatment of a line.
func (s *Obligations) alter(ctx context.Context, id int64, l *ChangeLine, contract int64, on date.Date, doc trace.Ref) error {
	before, err := s.Type.Get(ctx, id)
	if err != nil {
		return fmt.Errorf("obligation of change: %w", err)
	}
	if value(before.ContractID) != contract {
		return errs.New(errs.Precondition, "{0} belongs to another contract.", before.Title)
	}
	if l.Treatment == Prospective && before.Method == OverTime { // what was earned under the old terms
		if err := s.recognise(ctx, id, on.AddDays(-1), doc, func(o *Obligation) money.Amount { return o.Earned(on.AddDays(-1)).Max(o.Recognised) }); err != nil {
			return err
		}
	}
	_, err = s.Type.FireIf(ctx, id, "reopen", nil, func(o *Obligation) bool { return o.Stage == ObligationSatisfied })
	if err != nil {
		return err
	}
	old := before.Allocated
	_, err = s.Type.Update(ctx, id, func(o *Obligation) error {
		o.change(l.Treatment, l.Delta, on.AddDays(-1))
		if !l.EndOn.IsZero() {
			o.EndOn = l.EndOn
		}
		if !o.EndOn.IsZero() && (o.EndOn.Before(o.StartOn) || !o.BaseOn.IsZero() && o.EndOn.Before(o.BaseOn)) {
			return errs.New(errs.Precondition, "The new end lies before what was earned already.")
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.recognise(ctx, id, on, doc, func(o *Obligation) money.Amount {
		switch {
		case l.Treatment == CatchUp && o.Method == AtPoint:
			return portion(o.Allocated, money.Exact(o.Recognised), money.Exact(old))
		case l.Treatment == CatchUp:
			return o.Earned(on)
		}
		return o.Recognised.Min(o.Allocated)
	})
}

func changeRules() []process.Rule {
	manager, finance := process.ByRole("ltc.manager"), process.ByRole("core.finance_manager")
	return []process.Rule{{Label: "Every contract change", Steps: []process.Step{manager, finance}}}
}

// Declare returns the document type of the contract change.
func (s *ContractChanges) Declare() *resource.Type[ContractChange] {
	lines := resource.Lines("lines", "Effect on obligations", func(x *ContractChange) *[]ChangeLine { return &x.Lines }, resource.Fields[ChangeLine]{
		resource.OptRef("obligation_id", "Performance obligation", func(l *ChangeLine) **int64 { return &l.ObligationID }, "ltc.obligation"),
		resource.Text("title", "What is new", func(l *ChangeLine) *string { return &l.Title }),
		resource.OptRef("product_id", "Product", func(l *ChangeLine) **int64 { return &l.ProductID }, "ipd.product"),
		resource.Enum("treatment", "Treatment", func(l *ChangeLine) *Treatment { return &l.Treatment }, resource.Option{Value: "separate", Label: "Obligation of its own"},
			resource.Option{Value: "prospective", Label: "Over what is left"}, resource.Option{Value: "catch_up", Label: "Catch up now"}).Required(),
		resource.Enum("method", "Revenue method", func(l *ChangeLine) *Method { return &l.Method }, resource.Option{Value: "point", Label: "At a point in time"}, resource.Option{Value: "time", Label: "Over time, straight-line"},
			resource.Option{Value: "output", Label: "Over time, by output"}, resource.Option{Value: "cost", Label: "Over time, by cost"}),
		resource.Date("start_on", "Starts on", func(l *ChangeLine) *date.Date { return &l.StartOn }),
		resource.Date("end_on", "Ends on", func(l *ChangeLine) *date.Date { return &l.EndOn }),
		resource.Money("ssp", "Stand-alone price", func(l *ChangeLine) *money.Amount { return &l.SSP }),
		resource.Money("delta", "Change of the price without tax", func(l *ChangeLine) *money.Amount { return &l.Delta }),
	})
	s.Type = &resource.Type[ContractChange]{
		Name: "ltc.contract_change", Label: "Contract change", Plural: "Contract changes", Icon: "file-diff", Number: "CC-{yyyy}-{00000}", Store: s.Store, Check: s.check, SumBy: "delta",
		Title:   func(x *ContractChange) string { return x.Reason },
		Amount:  func(x *ContractChange) money.Amount { return x.Delta.Abs() },
		Default: func(ctx context.Context, x *ContractChange) error { x.EffectiveOn = s.Today(ctx); return nil },
		Rules:   map[string][]process.Rule{"ltc.contract_change:approve": changeRules()},
		Fields: resource.Fields[ContractChange]{
			resource.Ref("contract_id", "Contract", func(x *ContractChange) *int64 { return &x.ContractID }, "ltc.contract").Required().InList().Filter().Source(),
			resource.Ref("customer_id", "Customer", func(x *ContractChange) *crm.CustomerID { return &x.CustomerID }, "crm.customer").ReadOnly().InList().Filter(),
			resource.Text("reason", "Reason", func(x *ContractChange) *string { return &x.Reason }).Required().InList().Search(),
			resource.Date("effective_on", "Effective on", func(x *ContractChange) *date.Date { return &x.EffectiveOn }).Required().InList().Filter(),
			resource.Money("delta", "Change of the amount", func(x *ContractChange) *money.Amount { return &x.Delta }).InList().Filter().Hint("Including tax."),
			resource.Date("new_end_on", "New end", func(x *ContractChange) *date.Date { return &x.NewEndOn }),
			lines,
			resource.Date("applied_on", "Applied on", func(x *ContractChange) *date.Date { return &x.AppliedOn }).ReadOnly().InList().Filter(),
		},
		Process: resource.Process(func(x *ContractChange) *ChangeStage { return &x.Stage },
			[]resource.Stage[ChangeStage]{
				{Key: ChangeDraft, Label: "Draft", Owner: "ltc.rep", Class: process.Draft, Limit: 16 * time.Hour, Help: "Say what changes and how it counts; sales and finance agree."},
				{Key: ChangeApproved, Label: "Approved", Owner: "ltc.rep", Locked: true, Limit: 16 * time.Hour, Help: "Have the customer agree; then apply it."},
				{Key: ChangeApplied, Label: "Applied", End: true, Class: process.Done},
				{Key: ChangeDropped, Label: "Dropped", End: true, Class: process.Cancelled},
			},
			[]resource.Move[ContractChange, ChangeStage]{
				{Name: "approve", Label: "Ask for approval", From: resource.From(ChangeDraft), To: ChangeApproved, Matrix: "ltc.contract_change:approve"},
				{Name: "apply", Label: "Apply", From: resource.From(ChangeApproved), To: ChangeApplied, Do: resource.Do(s.apply)},
				{Name: "drop", Label: "Drop", From: resource.From(ChangeDraft, ChangeApproved), To: ChangeDropped, Reason: true, Deviation: true},
			}),
	}
	return s.Type
}
