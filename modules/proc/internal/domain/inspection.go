package domain

import (
	"context"
	"time"

	"meridian/modules/ipd"
	"meridian/modules/proc"
	"meridian/platform/errs"
	"meridian/platform/event"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
)

// InspectionStage is the state of an inspection.
type InspectionStage string

// The stages of an inspection.
const (
	InspectionPlanned InspectionStage = "planned"
	InspectionDecided InspectionStage = "decided"
)

// Inspection decides about the goods of one receipt line.
type Inspection struct {
	record.Base
	Stage         InspectionStage
	ReceiptID     int64
	ReceiptLineID int64
	ProductID     ipd.ProductID
	Qty           money.Qty
	Accepted      money.Qty
	Rejected      money.Qty
	Note          string
}

// Inspections is the service behind the inspections.
type Inspections struct {
	Store    record.Store[Inspection]
	Type     *resource.Type[Inspection]
	Receipts *Receipts
	Orders   *Orders
	Products ipd.Products
	Bus      *event.Bus
}

// plan makes the inspection of a receipt line. Nobody owns it: whoever holds the
// role takes it from the list.
func (s *Inspections) plan(ctx context.Context, r *Receipt, l *ReceiptLine) error {
	i := &Inspection{ReceiptID: r.ID, ReceiptLineID: l.ID, ProductID: l.ProductID, Qty: l.Qty}
	i.CompanyID, i.DeptID = r.CompanyID, r.DeptID
	return s.Type.Create(ctx, i)
}

// verdict is the input of the move "decide".
type verdict struct {
	Accepted, Rejected money.Qty
	Note               string
}

func verdictForm() resource.Fields[verdict] {
	return resource.Fields[verdict]{
		resource.Quantity("accepted", "Accepted quantity", func(v *verdict) *money.Qty { return &v.Accepted }),
		resource.Quantity("rejected", "Rejected quantity", func(v *verdict) *money.Qty { return &v.Rejected }),
		resource.LongText("note", "Note", func(v *verdict) *string { return &v.Note }).Limit(4000),
	}
}

// take writes the verdict when it speaks about exactly what was received.
func (i *Inspection) take(v *verdict) error {
	switch {
	case v.Accepted.Sign() < 0 || v.Rejected.Sign() < 0:
		return errs.Bad("accepted", "A quantity must not be negative.")
	case !v.Accepted.Add(v.Rejected).Equal(i.Qty):
		return errs.Bad("accepted", "Accepted and rejected must add up to {0}.", i.Qty)
	case v.Rejected.Sign() > 0 && v.Note == "":
		return errs.Bad("note", "Say what is wrong with the rejected goods.")
	}
	i.Accepted, i.Rejected, i.Note = v.Accepted, v.Rejected, v.Note
	return nil
}

// decide passes or fails the goods. Whoever received them does not.
func (s *Inspections) decide(ctx context.Context, i *Inspection, in *verdict) error {
	if err := i.take(in); err != nil {
		return err
	}
	var line ReceiptLine
	r, err := s.Receipts.Type.Update(ctx, i.ReceiptID, func(r *Receipt) error {
		if err := apart(ctx, "Whoever received the goods does not inspect them.", r.PostedBy, r.OwnerID, r.CreatedBy); err != nil {
			return err
		}
		for k := range r.Lines {
			if l := &r.Lines[k]; l.ID == i.ReceiptLineID {
				l.Accepted, l.Rejected = i.Accepted, i.Rejected
				line = *l
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	o, err := s.Orders.Type.Update(ctx, r.POID, func(o *Order) error {
		l := o.line(line.POLineID)
		l.Accepted, l.Rejected = l.Accepted.Add(i.Accepted), l.Rejected.Add(i.Rejected)
		return nil
	})
	if err != nil {
		return err
	}
	if err := s.announce(ctx, i, r, o.line(line.POLineID)); err != nil {
		return err
	}
	return s.Orders.settle(ctx, o.ID)
}

// announce tells stock the verdict; services are no stock.
func (s *Inspections) announce(ctx context.Context, i *Inspection, r *Receipt, l *OrderLine) error {
	p, err := s.Products.Product(ctx, i.ProductID)
	if err != nil {
		return err
	}
	if p.Kind == ipd.Service {
		return nil
	}
	return s.Bus.Publish(ctx, proc.InspectionDecided{Inspection: s.Type.Ref(i.ID), Receipt: s.Receipts.Type.Ref(r.ID), Line: i.ReceiptLineID, Product: i.ProductID,
		Accepted: i.Accepted, Rejected: i.Rejected, Warehouse: r.WarehouseID, Origin: origin(l.OriginType, l.OriginID)})
}

// Declare returns the document type of the inspection.
func (s *Inspections) Declare() *resource.Type[Inspection] {
	s.Type = &resource.Type[Inspection]{
		Name: "proc.inspection", Label: "Inspection", Plural: "Inspections", Icon: "microscope", Number: "IN-{yyyy}-{00000}", Store: s.Store, NoCreate: true, NoEdit: true,
		Fields: resource.Fields[Inspection]{
			resource.Ref("receipt_id", "Goods receipt", func(i *Inspection) *int64 { return &i.ReceiptID }, "proc.receipt").Required().InList().Filter().Source(),
			resource.Int("receipt_line_id", "Receipt line", func(i *Inspection) *int64 { return &i.ReceiptLineID }).ReadOnly().Hidden(),
			resource.Ref("product_id", "Product", func(i *Inspection) *ipd.ProductID { return &i.ProductID }, "ipd.product").Required().InList().Filter(),
			resource.Quantity("qty", "Quantity", func(i *Inspection) *money.Qty { return &i.Qty }).InList(),
			resource.Quantity("accepted", "Accepted quantity", func(i *Inspection) *money.Qty { return &i.Accepted }).ReadOnly().InList(),
			resource.Quantity("rejected", "Rejected quantity", func(i *Inspection) *money.Qty { return &i.Rejected }).ReadOnly().InList(),
			resource.LongText("note", "Note", func(i *Inspection) *string { return &i.Note }).ReadOnly(),
		},
		Process: resource.Process(func(i *Inspection) *InspectionStage { return &i.Stage },
			[]resource.Stage[InspectionStage]{
				{Key: InspectionPlanned, Label: "To inspect", Owner: "proc.receiver", Class: process.Open, Limit: 8 * time.Hour, Help: "Inspect the goods and say how many pass. Somebody else received them."},
				{Key: InspectionDecided, Label: "Decided", End: true, Class: process.Done},
			},
			[]resource.Move[Inspection, InspectionStage]{
				{Name: "decide", Label: "Decide", From: resource.From(InspectionPlanned), To: InspectionDecided, Do: resource.Ask(verdictForm(), s.decide)},
			}),
	}
	return s.Type
}
