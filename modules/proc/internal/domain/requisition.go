package domain

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"meridian/modules/dste"
	"meridian/modules/ipd"
	"meridian/modules/proc"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// RequisitionStage is the state of a requisition.
type RequisitionStage string

// The stages of a requisition.
const (
	RequisitionDraft     RequisitionStage = "draft"
	RequisitionApproved  RequisitionStage = "approved"
	RequisitionOrdered   RequisitionStage = "ordered"
	RequisitionClosed    RequisitionStage = "closed"
	RequisitionCancelled RequisitionStage = "cancelled"
)

// Requisition asks for goods or services.
type Requisition struct {
	record.Base
	Stage         RequisitionStage
	NeedBy        date.Date
	BudgetKey     string
	BudgetVerdict dste.Verdict
	Reason        string
	Origin        string
	Lines         []RequisitionLine `gorm:"-"`
	Total         money.Amount
}

// RequisitionLine is one product of a requisition; its origin follows it through
// order, receipt and inspection.
type RequisitionLine struct {
	record.Line
	ProductID   ipd.ProductID
	Description string
	Qty         money.Qty
	EstPrice    money.Price
	Amount      money.Price
	Ordered     money.Qty
	OriginType  string
	OriginID    int64
}

// Requisitions is the service behind the requisitions; it implements
// proc.Requisitions.
type Requisitions struct {
	Store     record.Store[Requisition]
	Type      *resource.Type[Requisition]
	Suppliers *Suppliers
	Orders    *Orders
	Products  ipd.Products
	Facts     Facts
	Budget    Budget
	// Name names a document for people.
	Name func(ctx context.Context, r trace.Ref) string
}

// check computes the amounts; in a draft the budget key must exist.
func (s *Requisitions) check(ctx context.Context, r *Requisition) error {
	if err := r.settle(); err != nil {
		return err
	}
	if r.Stage != RequisitionDraft {
		return nil
	}
	r.BudgetKey = strings.TrimSpace(r.BudgetKey)
	return s.Budget.exists(ctx, r.BudgetKey)
}

// settle computes the amounts of the lines and rounds their sum once.
func (r *Requisition) settle() error {
	var bad []errs.Field
	var sum money.Price
	for i := range r.Lines {
		l := &r.Lines[i]
		if l.Qty.Sign() <= 0 {
			bad = append(bad, errs.Field{Name: fmt.Sprintf("lines.%d.qty", i), Message: "The quantity must be above 0."})
		}
		if l.EstPrice.Sign() < 0 {
			bad = append(bad, errs.Field{Name: fmt.Sprintf("lines.%d.est_price", i), Message: "The price must not be negative."})
		}
		l.Amount = money.Times(l.EstPrice, l.Qty)
		sum = sum.Add(l.Amount)
	}
	r.Total = money.Round(sum)
	if err := errs.Join(bad); err != nil {
		return err
	}
	return nil
}

// Request implements proc.Requisitions.
func (s *Requisitions) Request(ctx context.Context, needs []proc.Need, owner int64, from ...trace.Ref) (trace.Ref, error) {
	if len(needs) == 0 {
		return trace.Ref{}, errs.New(errs.Invalid, "A requisition needs at least one line.")
	}
	ctx = system(ctx, "request of "+needs[0].Origin.Type)
	r := &Requisition{}
	r.OwnerID = owner
	var reasons, origins []string
	for _, n := range needs {
		price, _, err := s.Facts.LastPrice(ctx, 0, n.Product)
		if err != nil {
			return trace.Ref{}, err
		}
		r.Lines = append(r.Lines, RequisitionLine{ProductID: n.Product, Qty: n.Qty, EstPrice: price, OriginType: n.Origin.Type, OriginID: n.Origin.ID})
		if r.NeedBy.IsZero() || (!n.NeedBy.IsZero() && n.NeedBy.Before(r.NeedBy)) {
			r.NeedBy = n.NeedBy
		}
		reasons = distinct(reasons, n.Reason)
		origins = distinct(origins, s.name(ctx, n.Origin))
		if !n.Origin.IsZero() && !slices.Contains(from, n.Origin) {
			from = append(from, n.Origin)
		}
	}
	r.Reason, r.Origin = strings.Join(reasons, "\n"), strings.Join(origins, ", ")
	if err := s.Type.Create(ctx, r, from...); err != nil {
		return trace.Ref{}, fmt.Errorf("create requisition: %w", err)
	}
	return s.Type.Ref(r.ID), nil
}

func (s *Requisitions) name(ctx context.Context, r trace.Ref) string {
	if r.IsZero() {
		return ""
	}
	if n := s.Name(ctx, r); n != "" {
		return n
	}
	return r.String()
}

func distinct(list []string, s string) []string {
	if s == "" || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// submit runs when the requisition has been approved: it takes the money aside.
func (s *Requisitions) submit(ctx context.Context, r *Requisition) error {
	ref := s.Type.Ref(r.ID)
	v, err := s.Budget.post(ctx, r.BudgetKey, ref.String()+":approve", dste.Spend{Doc: ref, Kind: dste.PreCommit, Amount: r.Total})
	r.BudgetVerdict = v
	return err
}

// placed is the input of the move "order".
type placed struct{ SupplierID int64 }

func placedForm() resource.Fields[placed] {
	return resource.Fields[placed]{
		resource.Ref("supplier_id", "Supplier", func(p *placed) *int64 { return &p.SupplierID }, "proc.supplier").Required(),
	}
}

// order makes the purchase order over every line, at the last price of the
// supplier or else the estimate.
func (s *Requisitions) order(ctx context.Context, r *Requisition, in *placed) error {
	supplier, err := s.Suppliers.Store.Get(ctx, in.SupplierID)
	if errs.Is(err, errs.NotFound) {
		return errs.Bad("supplier_id", "There is no such record, or you may not see it.")
	}
	if err != nil {
		return err
	}
	if err := supplier.mayDeliver(); err != nil {
		return err
	}
	o, err := s.draftOrder(ctx, r, supplier)
	if err != nil {
		return err
	}
	for i := range r.Lines {
		r.Lines[i].Ordered = r.Lines[i].Qty
	}
	return s.Orders.Type.Create(ctx, o)
}

func (s *Requisitions) draftOrder(ctx context.Context, r *Requisition, supplier *Supplier) (*Order, error) {
	ids := make([]ipd.ProductID, len(r.Lines))
	for i, l := range r.Lines {
		ids[i] = l.ProductID
	}
	products, err := s.Products.Products(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("products of requisition %d: %w", r.ID, err)
	}
	today := s.Budget.Today(ctx)
	o := &Order{SupplierID: supplier.ID, RequisitionID: &r.ID, OrderDate: today, WantedOn: r.NeedBy, BudgetKey: r.BudgetKey}
	o.CompanyID = r.CompanyID
	if o.WantedOn.Before(today) {
		o.WantedOn = today
	}
	for _, l := range r.Lines {
		price, ok, err := s.Facts.LastPrice(ctx, supplier.ID, l.ProductID)
		if err != nil {
			return nil, err
		}
		if !ok {
			price = l.EstPrice
		}
		line := l.ID
		o.Lines = append(o.Lines, OrderLine{ProductID: l.ProductID, Description: l.Description, Qty: l.Qty, Price: price, TaxRate: products[l.ProductID].TaxRate,
			RequisitionLineID: &line, OriginType: l.OriginType, OriginID: l.OriginID})
	}
	return o, nil
}

// cancel gives the money back that approval had taken aside.
func (s *Requisitions) cancel(ctx context.Context, r *Requisition) error {
	if r.Stage != RequisitionApproved {
		return nil
	}
	ref := s.Type.Ref(r.ID)
	_, err := s.Budget.post(ctx, r.BudgetKey, ref.String()+":cancel", dste.Spend{Doc: ref, Releases: dste.PreCommit})
	return err
}

// reopen follows a cancelled order: the lines are open again, and so is the money.
func (s *Requisitions) reopen(ctx context.Context, r *Requisition) error {
	for i := range r.Lines {
		r.Lines[i].Ordered = money.Qty{}
	}
	ref := s.Type.Ref(r.ID)
	v, err := s.Budget.post(ctx, r.BudgetKey, fmt.Sprintf("%s:reopen:%d", ref, r.Version), dste.Spend{Doc: ref, Kind: dste.PreCommit, Amount: r.Total, Releases: dste.PreCommit})
	r.BudgetVerdict = v
	return err
}
