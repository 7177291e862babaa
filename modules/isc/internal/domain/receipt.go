package domain

import (
	"context"
	"fmt"

	"meridian/modules/ipd"
	"meridian/modules/proc"
	"meridian/platform/authz"
	"meridian/platform/money"
	"meridian/platform/trace"
)

// OnGoodsReceived takes goods of a purchase into inspection at their cost. It runs
// in the transaction of the receipt; repeating it does nothing.
func (s *Stock) OnGoodsReceived(ctx context.Context, e proc.GoodsReceived) error {
	return s.Tx(pastRules(ctx), func(ctx context.Context) error { return s.receive(ctx, e) })
}

func (s *Stock) receive(ctx context.Context, e proc.GoodsReceived) error {
	site, err := s.site(ctx, e.Warehouse)
	if err != nil {
		return err
	}
	p := Posting{Company: site.Company, Day: e.Day, Doc: e.Receipt, Supply: e.PO}
	var keys []Key
	for _, l := range e.Lines {
		product, err := s.Products.Product(ctx, l.Product)
		if err != nil {
			return err
		}
		if product.Kind != ipd.Goods {
			continue
		}
		m := Move{Product: l.Product, From: AtSupplier, To: site.at(Inspection), Qty: l.Qty, Cost: l.UnitCost, Line: l.Line, Key: fmt.Sprintf("%s:%d", e.Receipt, l.Line)}
		p.Moves, keys = append(p.Moves, m), append(keys, Key{l.Product, m.To})
	}
	held, err := s.Ledger.Lock(ctx, site.Company, keys)
	if err != nil {
		return err
	}
	goods := map[ipd.ProductID]bool{}
	for _, k := range keys {
		goods[k.Product] = true
	}
	if err := s.Items.Ensure(ctx, site.Company, goods); err != nil {
		return err
	}
	_, err = s.Ledger.Post(ctx, held, p)
	return err
}

// OnInspectionDecided makes accepted goods available, gives them to whoever waits,
// and blocks the rejected ones. It runs in the transaction of the inspection;
// repeating it does nothing. Errors: isc.ShortStock when more is decided than was
// received.
func (s *Stock) OnInspectionDecided(ctx context.Context, e proc.InspectionDecided) error {
	return s.Tx(pastRules(ctx), func(ctx context.Context) error { return s.judge(ctx, e) })
}

func (s *Stock) judge(ctx context.Context, e proc.InspectionDecided) error {
	site, err := s.site(ctx, e.Warehouse)
	if err != nil {
		return err
	}
	po, err := s.Ledger.Store.Supply(ctx, e.Receipt, e.Line)
	if err != nil {
		return err
	}
	p := Posting{Company: site.Company, Day: s.Today(ctx), Doc: e.Inspection, Supply: po}
	keys := []Key{{e.Product, site.at(Inspection)}, {e.Product, site.at(Available)}, {e.Product, site.at(Blocked)}}
	held, err := s.Ledger.Lock(ctx, site.Company, keys)
	if err != nil {
		return err
	}
	for _, part := range []struct {
		to  Status
		qty money.Qty
	}{{Available, e.Accepted}, {Blocked, e.Rejected}} {
		if part.qty.Sign() > 0 {
			p.Moves = append(p.Moves, Move{Product: e.Product, From: site.at(Inspection), To: site.at(part.to), Qty: part.qty, Line: e.Line,
				Key: fmt.Sprintf("%s:%d:%s", e.Inspection, e.Line, part.to)})
		}
	}
	posted, err := s.Ledger.Post(ctx, held, p)
	if err != nil || len(posted) == 0 || !posted[0].Fresh {
		return err
	}
	if e.Accepted.Sign() > 0 {
		if err := s.allocate(ctx, held, site, e.Product, e.Accepted, po, e.Origin); err != nil {
			return err
		}
	}
	if e.Rejected.Sign() <= 0 {
		return nil
	}
	return s.rejected(ctx, e.Product, po, e.Origin)
}

// rejected sends the gap back to planning.
func (s *Stock) rejected(ctx context.Context, product ipd.ProductID, po, origin trace.Ref) error {
	if !po.IsZero() {
		if err := s.mend(ctx, product, po); err != nil {
			return err
		}
	}
	if origin.Type != s.Shortages.Type.Name {
		return nil
	}
	return s.Shortages.missed(ctx, origin.ID)
}

// OnLaunched makes the stock item of a launched product and takes the launch over.
func (s *Stock) OnLaunched(ctx context.Context, e ipd.Launched) error {
	return s.Tx(pastRules(ctx), func(ctx context.Context) error {
		product, err := s.Products.Product(ctx, e.Product)
		if err != nil {
			return err
		}
		if product.Kind == ipd.Goods {
			who, _ := authz.Of(ctx)
			if _, err := s.Ledger.Lock(ctx, who.Company, []Key{{Product: e.Product}}); err != nil {
				return err
			}
			if err := s.Items.Ensure(ctx, who.Company, map[ipd.ProductID]bool{e.Product: true}); err != nil {
				return err
			}
		}
		return s.Launches.Acknowledge(ctx, e.Product, "isc", "")
	})
}
