package domain

import (
	"context"
	"fmt"

	"meridian/modules/crm"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/ledger"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/trace"
)

// Points keeps loyalty points as performance obligations of their own (IFRS 15.B39-B47,
// CAS 14): a part of the price of what was paid for is owed to the member until the points
// are redeemed or expire, and is revenue then.
type Points struct {
	*Obligations
	Invoices *Invoices
}

// pointsEarned is what is earned of the price of points. Where the policy expects a share
// to be redeemed, each of those earns its part of the whole; else the rest waits for its
// expiry.
func (o *Obligation) pointsEarned() money.Amount {
	gone := portion(o.Allocated, money.Units(int64(o.Redeemed+o.Expired)), money.Units(int64(o.Points)))
	if o.ExpectedShare.IsZero() {
		return gone
	}
	return gone.Max(portion(o.Allocated, money.Units(int64(o.Redeemed)), money.Times(money.Units(int64(o.Points)), o.ExpectedShare)))
}

// checkPoints keeps the price of points what was split off for them.
func (o *Obligation) checkPoints() error {
	switch {
	case (o.Method == ByPoints) != (o.PointsKey != ""):
		return errs.Bad("method", "Loyalty points make their obligation themselves.")
	case o.Method == ByPoints && !o.Allocated.Equal(o.Billed):
		return errs.Bad("allocated", "The price of points follows from what was paid.")
	}
	return nil
}

// Given splits the price of what was paid between what was sold and the points. Money for
// what is in no obligation (history, fees) has no price to split.
func (s *Points) Given(ctx context.Context, e crm.PointsEarned) error {
	ctx = authz.System(ctx, "ltc.obligation:points")
	if e.Paid.Type != s.Invoices.Type.Name {
		return nil
	}
	v, err := s.Invoices.Store.Get(ctx, e.Paid.ID)
	if err != nil {
		return fmt.Errorf("invoice of points: %w", err)
	}
	if v.BookedOn.IsZero() || v.Kind == InvoiceCharge {
		return nil
	}
	if _, err := s.Store.First(ctx, record.Where("points_key", record.Eq, e.Key)); !errs.Is(err, errs.NotFound) {
		return err
	}
	billed, _, err := s.Invoices.attribute(ctx, v)
	if err != nil {
		return err
	}
	live, err := s.promised(ctx, v)
	if err != nil {
		return err
	}
	price := splitPoints(live, portion(billed.sum(), money.Exact(e.Amount), money.Exact(v.Total)), e.Price)
	from, cut := carve(billed, live, price)
	if price = from.sum(); price.Sign() <= 0 {
		return nil
	}
	x := &Obligation{Title: v.FiscalNo, CustomerID: v.CustomerID, ContractID: v.ContractID, OrderID: v.OrderID, InvoiceID: &v.ID, Method: ByPoints,
		SSP: e.Price, Allocated: price, Billed: price, PointsKey: e.Key, Points: e.Points, ExpectedShare: e.Expected}
	inherit(&x.Base, &v.Base)
	if err := s.Type.Create(ctx, x, e.Paid); err != nil {
		return fmt.Errorf("obligation of points: %w", err)
	}
	return s.split(ctx, v, x, from, cut, e.On)
}

// promised lists what the price of an invoice is for: all obligations of its unit.
func (s *Points) promised(ctx context.Context, v *Invoice) ([]Obligation, error) {
	if v.ContractID != nil {
		return s.of(ctx, "contract_id", *v.ContractID)
	}
	return s.of(ctx, "order_id", value(v.OrderID))
}

// splitPoints is the part of a price paid that is for points: in proportion to stand-alone
// prices, where goods cost alone what their obligations say for the price before points.
func splitPoints(of []Obligation, paid, points money.Amount) money.Amount {
	var alone, price money.Amount
	for i := range of {
		o := &of[i]
		if o.Stage == ObligationCancelled {
			continue
		}
		price = price.Add(o.Allocated)
		switch {
		case o.Method == ByPoints:
		case o.SSP.IsZero():
			alone = alone.Add(o.Allocated)
		default:
			alone = alone.Add(o.SSP)
		}
	}
	if price.IsZero() || alone.IsZero() {
		return money.Amount{}
	}
	goods := money.RoundTo[money.Micro](paid.Number().Mul(alone.Number()).Div(price.Number()))
	return spread(paid, []money.Price{goods, money.Exact(points)})[1]
}

// carve takes a price out of what was invoiced, by the parts it was invoiced as, and out of
// the obligations behind them: what was invoiced for the unit as a whole comes from all.
// No obligation gives more than it has.
func carve(billed parts, live []Obligation, price money.Amount) (from, cut parts) {
	from, cut = parts{}, parts{}
	left := map[int64]money.Amount{}
	var ids []int64
	var weights []money.Price
	for i := range live {
		if o := &live[i]; o.Stage != ObligationCancelled && o.Method != ByPoints {
			left[o.ID] = o.Allocated
		}
	}
	for _, id := range billed.ids() {
		if billed[id].Sign() > 0 {
			ids, weights = append(ids, id), append(weights, money.Exact(billed[id]))
		}
	}
	for i, a := range spread(price, weights) {
		if id := ids[i]; id != 0 {
			take := a.Min(left[id])
			from[id], cut[id], left[id] = take, cut[id].Add(take), left[id].Sub(take)
			continue
		}
		for id, take := range wide(a, left) {
			from[0], cut[id], left[id] = from[0].Add(take), cut[id].Add(take), left[id].Sub(take)
		}
	}
	return from, cut
}

// wide divides an amount over everything that is left, as far as it goes: the cents that
// one cannot give come from the next.
func wide(a money.Amount, left parts) parts {
	out := parts{}
	ids := left.ids()
	weights := make([]money.Price, len(ids))
	for i, id := range ids {
		weights[i] = money.Exact(left[id])
	}
	rest := a.Min(left.sum())
	for i, take := range spread(rest, weights) {
		out[ids[i]] = take.Min(left[ids[i]])
		rest = rest.Sub(out[ids[i]])
	}
	for _, id := range ids {
		more := rest.Min(left[id].Sub(out[id]))
		out[id], rest = out[id].Add(more), rest.Sub(more)
	}
	return out
}

// split moves the price: what was recognised of it before is revenue no longer, and what
// was invoiced for it is owed in points.
func (s *Points) split(ctx context.Context, v *Invoice, x *Obligation, from, cut parts, on date.Date) error {
	ref := s.Type.Ref(x.ID)
	var gains []gain
	for _, id := range cut.ids() {
		if cut[id].IsZero() {
			continue
		}
		g, err := s.reach(ctx, id, func(o *Obligation) money.Amount {
			old := o.Allocated
			o.Allocated = old.Sub(cut[id])
			o.BaseAmount = portion(o.BaseAmount, money.Exact(o.Allocated), money.Exact(old))
			return portion(o.Recognised, money.Exact(o.Allocated), money.Exact(old))
		})
		if err != nil {
			return err
		}
		gains = append(gains, g)
	}
	if err := s.earn(ctx, gains, on, ref); err != nil {
		return err
	}
	day, err := s.Journal.OpenDay(ctx, x.CompanyID, ledger.AreaRevenue, on)
	if err != nil {
		return err
	}
	for id := range from {
		from[id] = from[id].Neg()
	}
	lines, err := s.bill(ctx, v.unit(), from, day, ref)
	if err != nil {
		return err
	}
	owed, err := s.owe(ctx, x, from.sum().Neg(), day, ref)
	if err != nil {
		return err
	}
	return s.Journal.Post(ctx, ledger.Entry{Company: x.CompanyID, Day: day, Area: ledger.AreaRevenue, Event: "ltc.points.given", Doc: ref, Note: x.Title, Key: ref.String() + ":given", Lines: append(lines, owed...)})
}

// owe adds to what is owed in points; negative takes away.
func (s *Points) owe(ctx context.Context, x *Obligation, by money.Amount, day date.Date, doc trace.Ref) ([]ledger.Line, error) {
	u := x.unit()
	if err := s.Cash.Enter(ctx, RevEntry{Unit: u, Obligation: x.ID, Kind: Billed, Amount: by, Earned: day, Day: day, Doc: doc, Key: fmt.Sprintf("%s:owe:%d", doc, x.ID)}); err != nil {
		return nil, err
	}
	before, after, err := s.Cash.Move(ctx, u, by.Neg())
	if err != nil {
		return nil, err
	}
	return u.swing(before, after), nil
}

// Used recognises what the points that were redeemed or have expired earn. Points that
// carry no price have no obligation.
func (s *Points) Used(ctx context.Context, e crm.PointsUsed) error {
	ctx = authz.System(ctx, "ltc.obligation:points")
	for _, l := range e.Lots {
		x, err := s.Store.First(ctx, record.Where("points_key", record.Eq, l.Key))
		if errs.Is(err, errs.NotFound) || err == nil && x.Stage == ObligationCancelled {
			continue
		}
		if err != nil {
			return fmt.Errorf("obligation of points: %w", err)
		}
		err = s.recognise(ctx, x.ID, e.On, s.Type.Ref(x.ID), func(o *Obligation) money.Amount {
			if e.Expired {
				o.Expired += l.Points
			} else {
				o.Redeemed += l.Points
			}
			return o.pointsEarned()
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// takeBack gives up the part of the points in what a credit note takes back: a lower price
// is lower for all it was for. p is what the goods give up of net; left is what the invoice
// had before. The points stay with the member and carry less price.
func (s *Points) takeBack(ctx context.Context, c *Invoice, p parts, left money.Amount) ([]ledger.Line, error) {
	ctx = authz.System(ctx, "ltc.obligation:points")
	list, err := s.of(ctx, "invoice_id", value(c.CreditsID))
	if err != nil {
		return nil, err
	}
	ref, share := s.Invoices.Type.Ref(c.ID), money.Exact(p.sum())
	var sum money.Amount
	var lines []ledger.Line
	for i := range list {
		if list[i].Stage == ObligationCancelled {
			continue
		}
		var by money.Amount
		g, err := s.reach(ctx, list[i].ID, func(o *Obligation) money.Amount {
			by = portion(o.Allocated, share, money.Exact(left))
			o.Allocated, o.Billed = o.Allocated.Sub(by), o.Billed.Sub(by)
			return o.pointsEarned()
		})
		if err != nil {
			return nil, err
		}
		if by.IsZero() {
			continue
		}
		if err := s.earn(ctx, []gain{g}, c.InvoiceDate, ref); err != nil {
			return nil, err
		}
		owed, err := s.owe(ctx, g.of, by.Neg(), c.InvoiceDate, ref)
		if err != nil {
			return nil, err
		}
		lines, sum = append(lines, owed...), sum.Add(by)
		if g.of.Allocated.IsZero() && g.of.Stage == ObligationOpen {
			if err := s.Type.Fire(ctx, g.of.ID, "cancel", nil); err != nil {
				return nil, err
			}
		}
	}
	for id, a := range wide(sum, p.positive()) {
		p[id] = p[id].Sub(a)
	}
	return lines, nil
}
