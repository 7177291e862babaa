package domain

import (
	"context"
	"fmt"
	"slices"

	"meridian/modules/crm"
	"meridian/modules/ipd"
	"meridian/modules/ltc"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/ledger"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// ObligationStage is the state of a performance obligation.
type ObligationStage string

// The stages of a performance obligation.
const (
	ObligationOpen      ObligationStage = "open"
	ObligationSatisfied ObligationStage = "satisfied"
	ObligationCancelled ObligationStage = "cancelled"
)

// Method says when revenue of an obligation is recognised (IFRS 15.35-45).
type Method string

// The methods.
const (
	AtPoint  Method = "point"   // when the customer accepts
	OverTime Method = "time"    // straight-line from start to end
	ByOutput Method = "output"  // accepted quantity or the share of milestones
	ByCost   Method = "cost"    // cost to date / estimated cost
	ByPoints Method = "loyalty" // points redeemed and expired
)

// Obligation is a promise to a customer, the part of the price it earns and how far.
type Obligation struct {
	record.Base
	Stage         ObligationStage
	Title         string
	CustomerID    crm.CustomerID
	ContractID    *int64
	OrderID       *int64
	OrderLineID   int64
	ProductID     *int64
	Method        Method
	SSP           money.Amount `gorm:"column:ssp"` // stand-alone selling price
	Allocated     money.Amount // its part of the price, without tax
	Recognised    money.Amount
	Billed        money.Amount
	StartOn       date.Date
	EndOn         date.Date
	BaseOn        date.Date
	BaseAmount    money.Amount
	Progress      money.Ratio
	CostToDate    money.Amount
	EstimatedCost money.Amount
	LossProvision money.Amount
	InvoiceID     *int64 // of points: what was paid
	PointsKey     string // the entry of the points ledger
	Points        int
	Redeemed      int
	Expired       int
	ExpectedShare money.Ratio // of the points, when redeeming those earns the whole
}

// Obligations is the service behind the obligation type.
type Obligations struct {
	*Ports
	Store     record.Store[Obligation]
	Type      *resource.Type[Obligation]
	Contracts *Contracts
}

// unit is the balance an obligation counts on: its contract, else its order. Points are
// owed by themselves.
func (o *Obligation) unit() Unit {
	if o.Method == ByPoints {
		return Unit{Ref: trace.Ref{Type: obligationType, ID: o.ID}, Company: o.CompanyID, Customer: o.CustomerID}
	}
	return unitOf(o.CompanyID, o.CustomerID, value(o.ContractID), value(o.OrderID))
}

func unitOf(company int64, customer crm.CustomerID, contract, order int64) Unit {
	u := Unit{Ref: trace.Ref{Type: "ltc.contract", ID: contract}, Company: company, Customer: customer}
	if contract == 0 {
		u.Ref = trace.Ref{Type: orderType, ID: order}
	}
	return u
}

// days counts from a to b, both included.
func days(a, b date.Date) int { return b.Sub(a) + 1 }

// Earned is what is earned of the price at the end of a day: straight-line over time,
// a share by output or cost. At a point in time acceptance earns, not a day, so what is
// recognised stays. Rounding is cumulative, so no cent drifts (5.9).
func (o *Obligation) Earned(day date.Date) money.Amount {
	switch o.Method {
	case OverTime:
		return o.elapsed(day)
	case ByOutput:
		if o.OrderLineID == 0 {
			return money.Part(o.Allocated, o.Progress)
		}
	case ByCost:
		return portion(o.Allocated, money.Exact(o.CostToDate), money.Exact(o.EstimatedCost).Max(money.Exact(o.CostToDate)))
	case ByPoints:
		return o.pointsEarned()
	}
	return o.Recognised
}

// elapsed is the straight line from the base of the current stretch to the end.
func (o *Obligation) elapsed(day date.Date) money.Amount {
	from, base := o.StartOn, money.Amount{}
	if !o.BaseOn.IsZero() {
		from, base = o.BaseOn, o.BaseAmount
	}
	switch {
	case day.Before(from):
		return base
	case !day.Before(o.EndOn):
		return o.Allocated
	}
	return base.Add(portion(o.Allocated.Sub(base), money.Units(int64(days(from, day))), money.Units(int64(days(from, o.EndOn)))))
}

// Period is one month of a schedule.
type Period struct {
	Month  date.Date
	Amount money.Amount
}

// Schedule is the straight line of an obligation by month: cum(end) - cum(end before),
// so the months always add up to the price.
func (o *Obligation) Schedule() (out []Period) {
	if o.Method != OverTime || o.EndOn.IsZero() {
		return nil
	}
	var before money.Amount
	for m := o.StartOn.MonthStart(); !m.After(o.EndOn); m = m.AddMonths(1) {
		now := o.elapsed(m.AddMonths(1).AddDays(-1))
		out = append(out, Period{m, now.Sub(before)})
		before = now
	}
	return out
}

// Loss is what the estimated cost exceeds the price by and is not borne yet: an onerous
// obligation is provided for in full (IAS 37.66, CAS 13).
func (o *Obligation) Loss() money.Amount {
	over := o.EstimatedCost.Sub(o.Allocated)
	if o.Method != ByCost || over.Sign() <= 0 {
		return money.Amount{}
	}
	return over.Sub(portion(over, money.Exact(o.CostToDate), money.Exact(o.EstimatedCost)))
}

// check keeps a declaration complete.
func (s *Obligations) check(ctx context.Context, o *Obligation) error {
	if o.ContractID == nil && o.OrderID == nil {
		return errs.Bad("contract_id", "Name the contract or the order.")
	}
	if o.CustomerID == 0 && o.ContractID != nil {
		c, err := s.Contracts.Store.Get(ctx, *o.ContractID)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return fmt.Errorf("contract of obligation: %w", err)
		}
		if err == nil {
			o.CustomerID = c.CustomerID
			inherit(&o.Base, &c.Base)
		}
	}
	switch {
	case o.Method == OverTime && (o.StartOn.IsZero() || o.EndOn.IsZero()):
		return errs.Bad("end_on", "Revenue over time needs a start and an end.")
	case !o.EndOn.IsZero() && o.EndOn.Before(o.StartOn):
		return errs.Bad("end_on", "The end lies before the start.")
	case o.SSP.Sign() < 0:
		return errs.Bad("ssp", "An amount cannot be negative.")
	case o.Allocated.Sign() < 0:
		return errs.Bad("allocated", "An amount cannot be negative.")
	case o.CostToDate.Sign() < 0 || o.EstimatedCost.Sign() < 0:
		return errs.Bad("estimated_cost", "An amount cannot be negative.")
	}
	return o.checkPoints()
}

// saved refuses a change of method once revenue was recognised: that is a change of
// the contract.
func (s *Obligations) saved(_ context.Context, o, before *Obligation) error {
	if before != nil && before.Method != o.Method && !before.Recognised.IsZero() {
		return errs.Bad("method", "Revenue was recognised by this method already; make a contract change.")
	}
	return nil
}

// fromOrder makes an obligation of every line of a confirmed order, or takes up the one
// its contract declared for the product.
func (s *Obligations) fromOrder(ctx context.Context, o *Order) error {
	declared, err := s.declared(ctx, o)
	if err != nil {
		return err
	}
	nets := make([]money.Price, len(o.Lines))
	products := make([]ipd.ProductID, len(o.Lines))
	for i := range o.Lines {
		nets[i], products[i] = o.Lines[i].Net, o.Lines[i].ProductID
	}
	list, err := s.Book.ListPrices(ctx, o.CompanyID, s.currency(o.CompanyID), products, o.OrderDate)
	if err != nil {
		return err
	}
	prices := spread(o.Net, nets)
	var fresh []*Obligation
	for i := range o.Lines {
		l := &o.Lines[i]
		if id := declared[l.ProductID]; id != 0 {
			delete(declared, l.ProductID)
			if _, err := s.Type.Update(ctx, id, func(x *Obligation) error { x.OrderID, x.OrderLineID = &o.ID, l.ID; return nil }); err != nil {
				return fmt.Errorf("obligation of line %d: %w", i+1, err)
			}
			continue
		}
		ssp := prices[i]
		if p, ok := list[l.ProductID]; ok {
			ssp = money.Value(p, l.Qty)
		}
		x := &Obligation{Title: l.Description, CustomerID: o.CustomerID, ContractID: o.ContractID, OrderID: &o.ID, OrderLineID: l.ID, ProductID: pointer(l.ProductID),
			Method: AtPoint, SSP: ssp, Allocated: prices[i]}
		if x.Title == "" {
			x.Title = o.No
		}
		inherit(&x.Base, &o.Base)
		fresh = append(fresh, x)
	}
	if err := s.Type.CreateAll(ctx, fresh); err != nil {
		return fmt.Errorf("obligations of %s: %w", o.No, err)
	}
	return nil
}

// declared lists the obligations a contract promised by product before the order.
func (s *Obligations) declared(ctx context.Context, o *Order) (map[ipd.ProductID]int64, error) {
	out := map[ipd.ProductID]int64{}
	if o.ContractID == nil {
		return out, nil
	}
	list, err := s.of(ctx, "contract_id", *o.ContractID)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if x := &list[i]; x.OrderLineID == 0 && x.ProductID != nil && x.Stage == ObligationOpen {
			out[ipd.ProductID(*x.ProductID)] = x.ID
		}
	}
	return out, nil
}

func (s *Obligations) of(ctx context.Context, col string, id int64) ([]Obligation, error) {
	list, err := s.Store.Find(authz.System(ctx, "ltc.obligation"), record.Where(col, record.Eq, id))
	if err != nil {
		return nil, fmt.Errorf("obligations of %s %d: %w", col, id, err)
	}
	return list, nil
}

// accepted recognises what acceptance earned on the lines of an order: P x accepted /
// quantity. A line closed short expects what was delivered.
func (s *Obligations) accepted(ctx context.Context, o *Order, taken []ltc.OrderLine, on date.Date, doc trace.Ref) error {
	ids := make([]int64, len(taken))
	for i, t := range taken {
		ids[i] = t.ID
	}
	of, err := s.Cash.ObligationsOf(ctx, ids...)
	if err != nil {
		return err
	}
	var gains []gain
	for _, t := range taken {
		if of[t.ID] == 0 { // history that was never confirmed here
			continue
		}
		l := o.line(t.ID)
		expected := l.Qty
		if o.Stage == OrderClosedShort {
			expected = l.Delivered
		}
		g, err := s.reach(ctx, of[t.ID], func(x *Obligation) money.Amount {
			if x.Method != AtPoint && x.Method != ByOutput {
				return x.Recognised
			}
			if x.Method == ByOutput {
				x.Progress, _ = money.Share(l.Accepted, expected)
			}
			return portion(x.Allocated, l.Accepted, expected)
		})
		if err != nil {
			return err
		}
		gains = append(gains, g)
	}
	return s.earn(ctx, gains, on, doc)
}

// gain is what was added to the revenue of an obligation.
type gain struct {
	of *Obligation
	by money.Amount
}

// recognise brings what is recognised of an obligation to want: in the period of day,
// or in the next open one when that is closed.
func (s *Obligations) recognise(ctx context.Context, id int64, earned date.Date, doc trace.Ref, want func(o *Obligation) money.Amount) error {
	g, err := s.reach(ctx, id, want)
	if err != nil {
		return err
	}
	return s.earn(ctx, []gain{g}, earned, doc)
}

// reach brings what is recognised of an obligation to want; one fully earned ends.
func (s *Obligations) reach(ctx context.Context, id int64, want func(o *Obligation) money.Amount) (g gain, err error) {
	g.of, err = s.Type.UpdateOrFire(ctx, id, "satisfy", func(o *Obligation) (bool, error) {
		g.by = want(o).Sub(o.Recognised)
		o.Recognised = o.Recognised.Add(g.by)
		return o.Stage == ObligationOpen && o.Recognised.Equal(o.Allocated) && o.Allocated.Sign() > 0, nil
	})
	if err != nil {
		return g, fmt.Errorf("recognise %d: %w", id, err)
	}
	return g, nil
}

// earn writes revenue of obligations of one unit to its ledger and, in one entry, to the
// journal. The entry names doc, or the obligation when it is the only one.
func (s *Obligations) earn(ctx context.Context, gains []gain, earned date.Date, doc trace.Ref) error {
	gains = slices.DeleteFunc(gains, func(g gain) bool { return g.by.IsZero() })
	if len(gains) == 0 {
		return nil
	}
	u := gains[0].of.unit()
	day, err := s.Journal.OpenDay(ctx, u.Company, ledger.AreaRevenue, earned)
	if err != nil {
		return err
	}
	var sum money.Amount
	for _, g := range gains {
		sum = sum.Add(g.by)
		if err := s.Cash.Enter(ctx, RevEntry{Unit: u, Obligation: g.of.ID, Kind: Recognised, Amount: g.by, Earned: earned, Day: day, Doc: doc, Key: s.keyOf(g.of)}); err != nil {
			return err
		}
	}
	before, after, err := s.Cash.Move(ctx, u, sum)
	if err != nil {
		return err
	}
	if len(gains) == 1 {
		doc = s.Type.Ref(gains[0].of.ID)
	}
	lines := append(u.swing(before, after), ledger.Cr(ledger.Revenue, sum))
	err = s.Journal.Post(ctx, ledger.Entry{Company: u.Company, Day: day, Area: ledger.AreaRevenue, Event: "ltc.revenue.recognised", Doc: doc, Note: gains[0].of.Title, Key: s.keyOf(gains[0].of), Lines: lines})
	if err != nil {
		return err
	}
	for _, g := range gains {
		err := s.Bus.Publish(ctx, ltc.RevenueRecognised{Obligation: s.Type.Ref(g.of.ID), Customer: g.of.CustomerID, Product: ipd.ProductID(value(g.of.ProductID)), Amount: g.by, On: day})
		if err != nil {
			return err
		}
	}
	return nil
}

// keyOf names what was recognised by the version of the obligation and what it reached:
// a move that is not stored yet still carries the version of the change before it.
func (s *Obligations) keyOf(o *Obligation) string {
	return fmt.Sprintf("%s:v%d:%s", s.Type.Ref(o.ID), o.Version, o.Recognised)
}

// bill books what an invoice asks for without tax on its unit and returns the journal
// of the balance.
func (s *Obligations) bill(ctx context.Context, u Unit, p parts, day date.Date, doc trace.Ref) ([]ledger.Line, error) {
	for _, id := range p.ids() {
		a := p[id]
		if a.IsZero() {
			continue
		}
		if id != 0 {
			if _, err := s.Type.Update(ctx, id, func(o *Obligation) error { o.Billed = o.Billed.Add(a); return nil }); err != nil {
				return nil, fmt.Errorf("bill obligation %d: %w", id, err)
			}
		}
		if err := s.Cash.Enter(ctx, RevEntry{Unit: u, Obligation: id, Kind: Billed, Amount: a, Earned: day, Day: day, Doc: doc, Key: fmt.Sprintf("%s:bill:%d", doc, id)}); err != nil {
			return nil, err
		}
	}
	sum := p.sum()
	if sum.IsZero() {
		return nil, nil
	}
	before, after, err := s.Cash.Move(ctx, u, sum.Neg())
	if err != nil {
		return nil, err
	}
	return u.swing(before, after), nil
}

// credit takes back what a credit note gives up. What was billed ahead of revenue goes
// first; only what exceeds it reverses revenue. keep says that it will be billed again,
// so the price stays.
func (s *Obligations) credit(ctx context.Context, u Unit, p parts, keep bool, day date.Date, doc trace.Ref) ([]ledger.Line, error) {
	back := parts{}
	for _, id := range p.ids() {
		a := p[id]
		if id == 0 || keep {
			continue
		}
		o, err := s.Type.Update(ctx, id, func(o *Obligation) error {
			ahead := o.Billed.Sub(o.Recognised).Max(money.Amount{})
			back[id] = a.Sub(ahead).Max(money.Amount{}).Min(o.Recognised)
			o.Allocated = o.Allocated.Sub(a).Max(money.Amount{})
			if o.Method == OverTime && back[id].IsZero() { // what is left spreads over the rest
				o.BaseOn, o.BaseAmount = day.AddDays(1), o.Recognised
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("credit obligation %d: %w", id, err)
		}
		if back[id].IsZero() {
			continue
		}
		if err := s.recognise(ctx, id, day, doc, func(x *Obligation) money.Amount { return x.Recognised.Sub(back[id]) }); err != nil {
			return nil, fmt.Errorf("reverse revenue of %s: %w", o.No, err)
		}
	}
	neg := parts{}
	for id, a := range p {
		neg[id] = a.Neg()
	}
	return s.bill(ctx, u, neg, day, doc)
}

// shorten ends the obligations of an order that brings no more than what was delivered.
func (s *Obligations) shorten(ctx context.Context, o *Order) error {
	ids := make([]int64, len(o.Lines))
	for i := range o.Lines {
		ids[i] = o.Lines[i].ID
	}
	of, err := s.Cash.ObligationsOf(ctx, ids...)
	if err != nil {
		return err
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		id := of[l.ID]
		if id == 0 {
			continue
		}
		x, err := s.Type.Update(ctx, id, func(x *Obligation) error {
			x.Allocated = portion(x.Allocated, l.Delivered, l.Qty)
			return nil
		})
		if err != nil {
			return fmt.Errorf("shorten obligation %d: %w", id, err)
		}
		if x.Allocated.IsZero() && x.Stage == ObligationOpen {
			if err := s.Type.Fire(ctx, id, "cancel", nil); err != nil {
				return err
			}
		}
	}
	return nil
}
