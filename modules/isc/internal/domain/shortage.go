package domain

import (
	"context"
	"fmt"
	"time"

	"meridian/modules/ipd"
	"meridian/modules/proc"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// ShortageStage is the state of a shortage.
type ShortageStage string

// The stages of a shortage.
const (
	ShortageOpen      ShortageStage = "open"
	ShortageRequested ShortageStage = "requested"
	ShortageCovered   ShortageStage = "covered"
	ShortageCancelled ShortageStage = "cancelled"
)

// Shortage is the part of a demand that neither stock nor supply covers.
type Shortage struct {
	record.Base
	Stage       ShortageStage
	ProductID   ipd.ProductID
	WarehouseID int64
	Qty         money.Qty
	Covered     money.Qty
	NeedBy      date.Date
	Priority    int
	DocType     string // the document that waits, and its line
	DocID       int64
	DocLine     int64
	Origin      string // its title, for people
}

func (s *Shortage) doc() trace.Ref { return trace.Ref{Type: s.DocType, ID: s.DocID} }

// rest is what is still missing.
func (s *Shortage) rest() money.Qty { return s.Qty.Sub(s.Covered) }

// Shortages is the service behind the shortage type.
type Shortages struct {
	Store    record.Store[Shortage]
	Purchase proc.Requisitions
	Orders   proc.Orders
	Title    func(ctx context.Context, r trace.Ref) string
	Notify   func(ctx context.Context, n process.Notice) error

	Type *resource.Type[Shortage]
}

// waiting lists the shortages of a product that are not covered.
func (s *Shortages) waiting(ctx context.Context, product ipd.ProductID) ([]Shortage, error) {
	return s.Store.Find(ctx, record.Where("product_id", record.Eq, int64(product)).
		And("stage", record.In, []string{string(ShortageOpen), string(ShortageRequested)}))
}

// of lists the shortages of a document, whatever became of them.
func (s *Shortages) of(ctx context.Context, doc trace.Ref) ([]Shortage, error) {
	return s.Store.Find(ctx, record.Where("doc_type", record.Eq, doc.Type).And("doc_id", record.Eq, doc.ID))
}

// raise stores a shortage, linked to the document that waits, and tells its owner.
func (s *Shortages) raise(ctx context.Context, x *Shortage) error {
	x.Origin = s.Title(ctx, x.doc())
	if err := s.Type.Create(ctx, x, x.doc()); err != nil {
		return fmt.Errorf("raise shortage for %s: %w", x.doc(), err)
	}
	return s.Notify(ctx, process.Notice{Users: []int64{x.OwnerID}, Kind: "task", Message: "{0} of {1} are short for {2}.",
		Args: []any{x.Qty, s.Title(ctx, x.ProductID.Ref()), x.Origin}, Object: s.Type.Ref(x.ID)})
}

// give books goods given to a shortage, at most what is missing.
func (s *Shortages) give(ctx context.Context, x *Shortage, qty money.Qty) error {
	if qty.Equal(x.rest()) {
		return s.Type.Fire(ctx, x.ID, "cover", nil)
	}
	_, err := s.Type.Update(ctx, x.ID, func(x *Shortage) error {
		x.Covered = x.Covered.Add(qty)
		return nil
	})
	return err
}

func (s *Shortages) cover(_ context.Context, x *Shortage) error {
	x.Covered = x.Qty
	return nil
}

// request asks procurement for what is missing and not on its way for this
// shortage yet, so that asking again after a partial delivery orders nothing twice.
func (s *Shortages) request(ctx context.Context, x *Shortage) error {
	coming, err := s.coming(ctx, x)
	if err != nil {
		return err
	}
	qty := x.rest().Sub(coming)
	if qty.Sign() <= 0 {
		return errs.New(errs.Precondition, "What is missing is on its way already.")
	}
	self := s.Type.Ref(x.ID)
	_, err = s.Purchase.Request(ctx, []proc.Need{{Product: x.ProductID, Qty: qty, NeedBy: x.NeedBy, Origin: self, Reason: x.Origin}}, authz.Actor(ctx), self)
	return err
}

// coming is what purchase orders made for the shortage still owe.
func (s *Shortages) coming(ctx context.Context, x *Shortage) (money.Qty, error) {
	var sum money.Qty
	list, err := s.Orders.Supply(ctx, x.ProductID)
	for _, p := range list {
		if p.Origin == s.Type.Ref(x.ID) {
			sum = sum.Add(p.Qty)
		}
	}
	return sum, err
}

// missed sends a shortage back to its planner when goods for it failed the
// inspection and no other delivery makes up for them.
func (s *Shortages) missed(ctx context.Context, id int64) error {
	x, err := s.Store.Get(ctx, id)
	if err != nil || x.Stage != ShortageRequested {
		return err
	}
	coming, err := s.coming(ctx, x)
	if err != nil || !coming.Less(x.rest()) {
		return err
	}
	return s.Type.Fire(ctx, id, "reopen", resource.Values{"reason": "Goods bought for this failed the inspection."})
}

// Declare returns the document type of the shortage.
func (s *Shortages) Declare() *resource.Type[Shortage] {
	s.Type = &resource.Type[Shortage]{
		Name: "isc.shortage", Label: "Shortage", Plural: "Shortages", Icon: "alert-triangle", Number: "SG-{yyyy}-{000000}", NoCreate: true, NoEdit: true,
		Store: s.Store,
		Title: func(x *Shortage) string { return x.Origin },
		Fields: resource.Fields[Shortage]{
			resource.Ref("product_id", "Product", func(x *Shortage) *ipd.ProductID { return &x.ProductID }, "ipd.product").Required().InList().Filter(),
			resource.Quantity("qty", "Quantity short", func(x *Shortage) *money.Qty { return &x.Qty }).InList(),
			resource.Quantity("covered", "Covered", func(x *Shortage) *money.Qty { return &x.Covered }).ReadOnly().InList(),
			resource.Date("need_by", "Needed by", func(x *Shortage) *date.Date { return &x.NeedBy }).InList().Filter(),
			resource.Text("origin", "Demanded by", func(x *Shortage) *string { return &x.Origin }).ReadOnly().InList().Search(),
			resource.Int("priority", "Priority", func(x *Shortage) *int { return &x.Priority }),
			resource.Ref("warehouse_id", "Warehouse", func(x *Shortage) *int64 { return &x.WarehouseID }, "isc.warehouse").Required().Filter(),
		},
		Process: resource.Process(func(x *Shortage) *ShortageStage { return &x.Stage },
			[]resource.Stage[ShortageStage]{
				{Key: ShortageOpen, Label: "Not covered", Owner: planner, Class: process.Open, Limit: 4 * time.Hour, Help: "Have it bought."},
				{Key: ShortageRequested, Label: "Purchase requested", Wait: true, Class: process.Transit, Help: "Goods that pass the inspection go to the waiting order first."},
				{Key: ShortageCovered, Label: "Covered", End: true, Class: process.Done},
				{Key: ShortageCancelled, Label: "Cancelled", End: true, Class: process.Cancelled},
			},
			[]resource.Move[Shortage, ShortageStage]{
				{Name: "request", Label: "Request the purchase", From: resource.From(ShortageOpen), To: ShortageRequested, Do: resource.Do(s.request)},
				{Name: "cover", Label: "Goods have arrived", From: resource.From(ShortageOpen, ShortageRequested), To: ShortageCovered, System: true, Do: resource.Do(s.cover)},
				{Name: "reopen", Label: "Plan again", From: resource.From(ShortageRequested), To: ShortageOpen, Reason: true, Deviation: true},
				{Name: "cancel", Label: "Demand is gone", From: resource.From(ShortageOpen, ShortageRequested), To: ShortageCancelled, Deviation: true, System: true},
			}),
	}
	return s.Type
}

// The roles that hold work in the supply chain.
const (
	planner   = "isc.planner"
	warehouse = "isc.warehouse"
)
