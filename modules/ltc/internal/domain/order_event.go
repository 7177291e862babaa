package domain

import (
	"context"
	"fmt"

	"meridian/modules/isc"
	"meridian/modules/ltc"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/trace"
)

const orderType = "ltc.order"

// imported tells what a customer has bought before this system was there: recency and
// frequency count it. A draft or a cancelled order is no purchase.
func (s *Orders) imported(ctx context.Context, o *Order) error {
	if o.Stage == OrderDraft || o.Stage == OrderCancelled {
		return nil
	}
	return s.Bus.Publish(ctx, ltc.OrderImported{ID: ltc.OrderID(o.ID), Customer: o.CustomerID, On: o.OrderDate, Total: o.Total})
}

// OnShipped books what left the warehouse for an order; where dispatch is acceptance it is
// accepted. Shipments of other documents are none of our business.
func (s *Orders) OnShipped(ctx context.Context, e isc.Shipped) error {
	if e.Doc.Type != orderType {
		return nil
	}
	ctx = authz.System(ctx, "ltc.order:shipped")
	o, err := s.Type.Update(ctx, e.Doc.ID, func(o *Order) error {
		for _, x := range e.Lines {
			l := o.line(x.Line)
			if l == nil {
				return fmt.Errorf("shipment %s: order %s has no line %d", e.Shipment, o.No, x.Line)
			}
			l.Delivered = l.Delivered.Add(x.Qty)
			l.Reserved = l.Reserved.Sub(x.Qty).Max(money.Qty{})
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("shipped %s: %w", e.Doc, err)
	}
	if o.Acceptance != AcceptOnDispatch {
		return nil
	}
	return s.handedOver(ctx, o, e.Shipment, e.Lines, e.On)
}

// OnDelivered asks the customer for acceptance of what arrived, unless it passed to the
// customer with the dispatch.
func (s *Orders) OnDelivered(ctx context.Context, e isc.Delivered) error {
	if e.Doc.Type != orderType {
		return nil
	}
	ctx = authz.System(ctx, "ltc.order:delivered")
	o, err := s.Type.Get(ctx, e.Doc.ID)
	if err != nil {
		return fmt.Errorf("delivered %s: %w", e.Doc, err)
	}
	if o.Acceptance == AcceptOnDispatch {
		return nil
	}
	return s.handedOver(ctx, o, e.Shipment, e.Lines, e.On)
}

// handedOver opens the acceptance of what the customer or its carrier has received; with
// the last goods the order is delivered.
func (s *Orders) handedOver(ctx context.Context, o *Order, shipment trace.Ref, goods []isc.ShippedLine, on date.Date) error {
	lines := make([]AcceptanceLine, 0, len(goods))
	for _, x := range goods {
		if x.Qty.Sign() > 0 {
			lines = append(lines, AcceptanceLine{OrderLineID: x.Line, ProductID: x.Product, Qty: x.Qty})
		}
	}
	if err := s.Acceptances.request(ctx, o, shipment, lines, on); err != nil {
		return fmt.Errorf("%s of %s: %w", shipment, o.No, err)
	}
	arrived, err := s.Book.Arrived(ctx, o.ID)
	if err != nil {
		return err
	}
	if o.Stage == OrderReleased && o.every(func(l *OrderLine) bool { return !arrived[l.ID].Less(l.Qty) }) {
		if err := s.Type.Fire(ctx, o.ID, "deliver", nil); err != nil {
			return err
		}
		err := s.Contracts.progress(ctx, value(o.ContractID), func(plan []PlanLine) { advancePlan(plan, PlanDeliver, money.Amount{}, on) })
		if err != nil {
			return err
		}
	}
	return s.Acceptances.deemNow(ctx, o, on)
}

// OnReplenished books goods that arrived for a waiting line.
func (s *Orders) OnReplenished(ctx context.Context, e isc.Replenished) error {
	if e.Doc.Type != orderType {
		return nil
	}
	ctx = authz.System(ctx, "ltc.order:replenished")
	_, err := s.Type.Update(ctx, e.Doc.ID, func(o *Order) error {
		l := o.line(e.Line)
		if l == nil {
			return fmt.Errorf("replenished: order %s has no line %d", o.No, e.Line)
		}
		l.Reserved = l.Reserved.Add(e.Qty).Min(l.Qty.Sub(l.Delivered))
		if !l.Reserved.Less(l.Qty.Sub(l.Delivered)) {
			l.PromisedOn = s.Today(ctx)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("replenished %s: %w", e.Doc, err)
	}
	return nil
}

// take books accepted quantities on an order and completes it when everything is
// accepted.
func (s *Orders) take(ctx context.Context, id int64, accepted []ltc.OrderLine) (*Order, error) {
	o, err := s.Type.Update(ctx, id, func(o *Order) error {
		for _, x := range accepted {
			l := o.line(x.ID)
			if l == nil {
				return fmt.Errorf("acceptance: order %s has no line %d", o.No, x.ID)
			}
			l.Accepted = l.Accepted.Add(x.Qty)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	done := o.every(func(l *OrderLine) bool { return !l.Accepted.Less(l.Qty) })
	if done && (o.Stage == OrderReleased || o.Stage == OrderDelivered) {
		return o, s.Type.Fire(ctx, id, "complete", nil)
	}
	return o, nil
}
