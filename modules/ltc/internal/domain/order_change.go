package domain

import (
	"context"
	"fmt"
	"io"

	"meridian/modules/crm"
	"meridian/modules/isc"
	"meridian/modules/ltc"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/i18n"
	"meridian/platform/money"
	"meridian/platform/pdf"
	"meridian/platform/resource"
)

// changed is the input of the move "change".
type changed struct {
	Line     int
	Qty      money.Qty
	WishDate date.Date
	ShipTo   string
}

func changeForm() resource.Fields[changed] {
	return resource.Fields[changed]{
		resource.Int("line", "Line", func(c *changed) *int { return &c.Line }).Hint("Number of the line whose quantity changes."),
		resource.Quantity("qty", "New quantity", func(c *changed) *money.Qty { return &c.Qty }),
		resource.Date("wish_date", "Wanted on", func(c *changed) *date.Date { return &c.WishDate }),
		resource.LongText("ship_to", "Ship to", func(c *changed) *string { return &c.ShipTo }).Limit(500),
	}
}

// change makes a new revision of a confirmed order: credit is asked again for what it
// grows by, stock is reserved anew, the prices of its obligations follow. After release
// more is shipped on top; less only as far as it is not with the warehouse yet.
func (s *Orders) change(ctx context.Context, o *Order, in *changed) error {
	if in.Line < 0 || in.Line > len(o.Lines) {
		return errs.Bad("line", "The order has no such line.")
	}
	if in.Line == 0 && in.WishDate.IsZero() && in.ShipTo == "" {
		return errs.Bad("line", "Say what changes.")
	}
	if o.Stage == OrderReleased && in.ShipTo != "" {
		return errs.Bad("ship_to", "The shipment is under way to the address it had.")
	}
	if in.ShipTo != "" {
		o.ShipTo = in.ShipTo
	}
	if !in.WishDate.IsZero() {
		o.WishDate = in.WishDate
	}
	var more money.Qty
	if in.Line > 0 {
		var err error
		if more, err = s.resize(ctx, o, in); err != nil {
			return err
		}
	}
	if err := s.resupply(ctx, o, in.Line, more); err != nil {
		return err
	}
	o.Revision++
	ref := s.Type.Ref(o.ID)
	return s.Bus.Publish(ctx, ltc.OrderChanged{ID: ltc.OrderID(o.ID), Customer: o.CustomerID, Revision: o.Revision, Total: o.Total, Doc: ref})
}

// resize sets the quantity of a line with all it means for totals, credit and revenue. It
// returns by how much the line grew.
func (s *Orders) resize(ctx context.Context, o *Order, in *changed) (money.Qty, error) {
	l := &o.Lines[in.Line-1]
	more := in.Qty.Sub(l.Qty)
	switch {
	case in.Qty.Sign() <= 0 || in.Qty.Less(l.Delivered) || in.Qty.Less(l.Invoiced):
		return more, errs.Bad("qty", "{0} is delivered or invoiced already; close the order short instead.", l.Delivered.Max(l.Invoiced))
	case more.Sign() < 0 && o.Stage == OrderReleased:
		return more, errs.Bad("qty", "The warehouse is shipping it; less is a return.")
	}
	old, before := o.Total, o.Net
	l.Qty = in.Qty
	l.Net = money.Net(l.Qty, l.UnitPrice, l.Discount)
	t := totals(o.priced(), o.Freight)
	o.Net, o.Tax, o.Total = t.Net, t.Tax, t.Total
	if grown := o.Total.Sub(old); grown.Sign() > 0 {
		a, err := s.Credit.Check(ctx, o.CustomerID, crm.AtOrder, s.Type.Ref(o.ID), grown)
		if err != nil {
			return more, err
		}
		if !a.Pass {
			return more, errs.New(errs.Precondition, "Credit stops this change: limit {0}, used {1}, this change {2}.", a.Limit, a.Exposure, a.Document)
		}
	}
	if err := s.hold(ctx, o, o.openValue()); err != nil {
		return more, err
	}
	of, err := s.Cash.ObligationsOf(ctx, l.ID)
	if err != nil || of[l.ID] == 0 {
		return more, err
	}
	by := o.Net.Sub(before)
	_, err = s.Obligations.Type.Update(ctx, of[l.ID], func(x *Obligation) error {
		x.Allocated = x.Allocated.Add(by).Max(x.Recognised)
		return nil
	})
	return more, err
}

// resupply brings reservations to the new quantities, and asks for a shipment on top once
// the order is released.
func (s *Orders) resupply(ctx context.Context, o *Order, line int, more money.Qty) error {
	goods, err := s.goods(ctx, o)
	if err != nil {
		return err
	}
	ref := s.Type.Ref(o.ID)
	if o.Stage == OrderReleased {
		if line == 0 || more.Sign() <= 0 {
			return nil
		}
		l := &o.Lines[line-1]
		if !goods[l.ID] {
			return errs.Bad("line", "A service that is released does not change; order it on top.")
		}
		demand := []isc.Demand{{Line: l.ID, Product: l.ProductID, Qty: more, NeedBy: o.WishDate}}
		_, err := s.Shipments.Request(ctx, isc.ShipRequest{Doc: ref, Customer: int64(o.CustomerID), ShipTo: o.ShipTo, Promised: o.promised(), Warehouse: value(o.WarehouseID), Owner: o.OwnerID, Lines: demand})
		if err != nil {
			return fmt.Errorf("request shipment: %w", err)
		}
		return nil
	}
	if err := s.Stock.Release(ctx, ref); err != nil {
		return fmt.Errorf("release stock: %w", err)
	}
	return s.reserve(ctx, o, ref, goods)
}

// print writes the order confirmation.
func (s *Orders) print(ctx context.Context, o *Order, w io.Writer) error {
	d, err := s.page(ctx, o.CompanyID, o.CustomerID, "Order confirmation", o.No)
	if err != nil {
		return err
	}
	currency := s.currency(o.CompanyID)
	d.Created = o.CreatedAt
	d.Facts = [][2]string{{i18n.T(ctx, "Order date"), o.OrderDate.String()}, {i18n.T(ctx, "Revision"), fmt.Sprint(o.Revision)}, {i18n.T(ctx, "Promised for"), o.promised().String()}, {i18n.T(ctx, "Ship to"), o.ShipTo}, {i18n.T(ctx, "Currency"), currency}}
	table(ctx, &d, o.priced())
	sums(ctx, &d, Totals{o.Net, o.Tax, o.Total}, o.Freight, currency)
	switch o.Stage {
	case OrderDraft:
		d.Watermark = i18n.T(ctx, "Draft")
	case OrderCancelled:
		d.Watermark = i18n.T(ctx, "Void")
	}
	return pdf.Render(w, d)
}
