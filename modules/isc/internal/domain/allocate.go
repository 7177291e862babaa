package domain

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"meridian/modules/ipd"
	"meridian/modules/isc"
	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/trace"
)

// waiter is a demand that waits for goods: a peg or a shortage.
type waiter struct {
	peg      *Reservation
	shortage *Shortage
	claim    Reservation // what a hard reservation for it looks like
	first    int         // 0: these goods were bought for it
}

// compareWaiters: whom the goods were bought for, then priority, then the earlier
// need, then the older.
func compareWaiters(a, b waiter) int {
	return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(b.claim.Priority, a.claim.Priority), compareNeeds(a.claim.NeedBy, b.claim.NeedBy),
		cmp.Compare(a.claim.Doc.ID, b.claim.Doc.ID), cmp.Compare(a.claim.Line, b.claim.Line))
}

// compareNeeds puts a need without a date last.
func compareNeeds(a, b date.Date) int {
	switch {
	case a.IsZero() && b.IsZero():
		return 0
	case a.IsZero():
		return 1
	case b.IsZero():
		return -1
	}
	return a.Sub(b)
}

// waiters lists who waits for a product in a warehouse, the first to serve first.
func (s *Stock) waiters(ctx context.Context, site Site, product ipd.ProductID, po, origin trace.Ref) ([]waiter, error) {
	var out []waiter
	pegs, err := s.Book.Pegs(ctx, product)
	if err != nil {
		return nil, err
	}
	for i := range pegs {
		if r := pegs[i]; r.Site.Warehouse == site.Warehouse {
			w := waiter{peg: &pegs[i], claim: r, first: 2}
			if !po.IsZero() && r.Supply == po {
				w.first = 1
			}
			out = append(out, w)
		}
	}
	short, err := s.Shortages.waiting(ctx, product)
	if err != nil {
		return nil, err
	}
	for i := range short {
		if x := &short[i]; x.WarehouseID == site.Warehouse {
			w := waiter{shortage: x, first: 2, claim: Reservation{Doc: x.doc(), Line: x.DocLine, Product: product, Priority: x.Priority, NeedBy: x.NeedBy, Owner: x.OwnerID}}
			if s.Shortages.Type.Ref(x.ID) == origin {
				w.first = 0
			}
			out = append(out, w)
		}
	}
	slices.SortStableFunc(out, compareWaiters)
	return out, nil
}

// allocate gives free stock of a product to whoever waits for it and publishes
// isc.Replenished per document line. The caller holds cost and balance.
func (s *Stock) allocate(ctx context.Context, held *Held, site Site, product ipd.ProductID, qty money.Qty, po, origin trace.Ref) error {
	list, err := s.waiters(ctx, site, product, po, origin)
	if err != nil {
		return err
	}
	type line struct {
		doc  trace.Ref
		line int64
	}
	given := map[line]money.Qty{}
	var order []line
	for _, w := range list {
		if qty.Sign() <= 0 {
			break
		}
		n, err := s.give(ctx, held, site, w, qty)
		if err != nil {
			return err
		}
		qty = qty.Sub(n)
		k := line{w.claim.Doc, w.claim.Line}
		if given[k].IsZero() {
			order = append(order, k)
		}
		given[k] = given[k].Add(n)
	}
	for _, k := range order {
		if err := s.Bus.Publish(ctx, isc.Replenished{Doc: k.doc, Line: k.line, Qty: given[k]}); err != nil {
			return err
		}
	}
	return nil
}

// give turns at most qty of a waiting demand into a hard reservation.
func (s *Stock) give(ctx context.Context, held *Held, site Site, w waiter, qty money.Qty) (money.Qty, error) {
	if w.peg != nil {
		qty = qty.Min(w.peg.Qty)
		if err := s.Book.Turn(ctx, *w.peg, qty, Released); err != nil {
			return qty, err
		}
	} else {
		qty = qty.Min(w.shortage.rest())
		if err := s.Shortages.give(ctx, w.shortage, qty); err != nil {
			return qty, err
		}
	}
	hard := w.claim
	hard.ID, hard.Site, hard.State, hard.Qty = 0, site, Hard, qty
	hard.Supply, hard.SupplyOn = trace.Ref{}, date.Date{}
	return qty, s.hold(ctx, held, hard)
}

// giveAway offers what is free in the given places to whoever waits there.
func (s *Stock) giveAway(ctx context.Context, held *Held, places map[Key]Site) error {
	for _, k := range slices.SortedFunc(maps.Keys(places), compareKeys) {
		if err := s.allocate(ctx, held, places[k], k.Product, held.Balances[k].Free(), trace.Ref{}, trace.Ref{}); err != nil {
			return err
		}
	}
	return nil
}

// cancel ends the shortages of a document.
func (s *Shortages) cancel(ctx context.Context, doc trace.Ref) error {
	list, err := s.of(ctx, doc)
	if err != nil {
		return err
	}
	for _, x := range list {
		if x.Stage == ShortageOpen || x.Stage == ShortageRequested {
			if err := s.Type.Fire(ctx, x.ID, "cancel", nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// mend turns pegs on a purchase order that can no longer be kept, because goods
// failed the inspection, into shortages; the least urgent lose first.
func (s *Stock) mend(ctx context.Context, product ipd.ProductID, po trace.Ref) error {
	pegs, err := s.Book.Pegs(ctx, product)
	if err != nil {
		return err
	}
	pegs = slices.DeleteFunc(pegs, func(r Reservation) bool { return r.Supply != po })
	kept, err := s.stillComing(ctx, product, po)
	if err != nil {
		return err
	}
	slices.SortStableFunc(pegs, func(a, b Reservation) int { return compareWaiters(waiter{claim: a}, waiter{claim: b}) })
	for _, r := range pegs {
		broken := r.Qty.Sub(kept)
		kept = kept.Sub(r.Qty).Max(money.Qty{})
		if broken.Sign() <= 0 {
			continue
		}
		if err := s.Book.Turn(ctx, r, broken, Released); err != nil {
			return err
		}
		if err := s.Shortages.raise(ctx, shortageOf(r, broken)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Stock) stillComing(ctx context.Context, product ipd.ProductID, po trace.Ref) (money.Qty, error) {
	waiting, err := s.Book.InInspection(ctx, product)
	if err != nil {
		return money.Qty{}, err
	}
	sum := waiting[po]
	open, err := s.Orders.Supply(ctx, product)
	for _, o := range open {
		if o.PO == po {
			sum = sum.Add(o.Qty)
		}
	}
	return sum, err
}
