package domain

import (
	"context"
	"time"

	"meridian/modules/ipd"
	"meridian/platform/date"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/resource"
)

// Declare returns the document type of the goods receipt.
func (s *Receipts) Declare() *resource.Type[Receipt] {
	lines := resource.Lines("lines", "Lines", func(r *Receipt) *[]ReceiptLine { return &r.Lines }, resource.Fields[ReceiptLine]{
		resource.Int("po_line", "Order line", func(l *ReceiptLine) *int64 { return &l.POLineID }).Hidden(),
		resource.Ref("product_id", "Product", func(l *ReceiptLine) *ipd.ProductID { return &l.ProductID }, "ipd.product").Required(),
		resource.Quantity("qty", "Quantity", func(l *ReceiptLine) *money.Qty { return &l.Qty }).Required(),
		resource.Quantity("accepted", "Accepted quantity", func(l *ReceiptLine) *money.Qty { return &l.Accepted }).ReadOnly(),
		resource.Quantity("rejected", "Rejected quantity", func(l *ReceiptLine) *money.Qty { return &l.Rejected }).ReadOnly(),
		resource.Computed("pending", "Pending quantity", resource.KQuantity, func(l *ReceiptLine) string { return l.pending().String() }),
	}).Hint("Leave the lines empty to receive all that is open.")
	s.Type = &resource.Type[Receipt]{
		Name: "proc.receipt", Label: "Goods receipt", Plural: "Goods receipts", Icon: "package-import", Number: "GR-{yyyy}-{00000}", Store: s.Store, Check: s.check,
		Day: func(r *Receipt) date.Date { return r.ReceivedOn },
		Default: func(ctx context.Context, r *Receipt) error {
			r.ReceivedOn = s.Today(ctx)
			return nil
		},
		Fields: resource.Fields[Receipt]{
			resource.Ref("po_id", "Purchase order", func(r *Receipt) *int64 { return &r.POID }, "proc.po").Required().InList().Filter().Source(),
			resource.Ref("warehouse_id", "Warehouse", func(r *Receipt) *int64 { return &r.WarehouseID }, "isc.warehouse").InList().Filter(),
			resource.Date("received_on", "Received on", func(r *Receipt) *date.Date { return &r.ReceivedOn }).Required().InList().Filter(),
			resource.Text("delivery_note", "Delivery note", func(r *Receipt) *string { return &r.DeliveryNote }).InList().Search(),
			lines,
			resource.Ref("posted_by", "Received by", func(r *Receipt) *int64 { return &r.PostedBy }, "core.user").ReadOnly().InList().Filter(),
		},
		Process: resource.Process(func(r *Receipt) *ReceiptStage { return &r.Stage },
			[]resource.Stage[ReceiptStage]{
				{Key: ReceiptDraft, Label: "Draft", Owner: "proc.receiver", Class: process.Draft, Out: resource.Need(lines), Limit: 8 * time.Hour, Help: "Count the goods, then post."},
				{Key: ReceiptPosted, Label: "Posted", End: true, Class: process.Done},
			},
			[]resource.Move[Receipt, ReceiptStage]{
				{Name: "post", Label: "Post", From: resource.From(ReceiptDraft), To: ReceiptPosted, Do: resource.Do(s.post)},
			}),
	}
	return s.Type
}
