package iscapp_test

import (
	"context"
	"strconv"
	"sync"
	"testing"

	"meridian/modules/crm/crmapp"
	"meridian/modules/ipd"
	"meridian/modules/ipd/ipdapp"
	"meridian/modules/isc"
	"meridian/modules/isc/iscapp"
	"meridian/modules/proc"
	"meridian/platform/app"
	"meridian/platform/app/apptest"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/db/dbtest"
	"meridian/platform/errs"
	"meridian/platform/event"
	"meridian/platform/money"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// purchase is a procurement that remembers what it was asked and owes what the
// test says.
type purchase struct {
	mu     sync.Mutex
	supply []proc.Supply
	needs  []proc.Need
}

func (p *purchase) Supply(context.Context, ipd.ProductID) ([]proc.Supply, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]proc.Supply{}, p.supply...), nil
}

func (p *purchase) Request(_ context.Context, needs []proc.Need, _ int64, _ ...trace.Ref) (trace.Ref, error) {
	p.needs = append(p.needs, needs...)
	return trace.Ref{Type: "proc.requisition", ID: int64(len(p.needs))}, nil
}

func (p *purchase) owes(list ...proc.Supply) { p.mu.Lock(); p.supply = list; p.mu.Unlock() }

// credit refuses a customer for the reason given.
type credit map[int64]string

func (c credit) MayShip(_ context.Context, customer int64, _ trace.Ref) (bool, string, error) {
	return c[customer] == "", c[customer], nil
}

// suite is a started platform whose demands are follow-ups: any document can ask
// for goods, and the test needs nothing of LTC.
type suite struct {
	*apptest.Suite
	m        *iscapp.Module
	buy      *purchase
	credit   credit
	mu       sync.Mutex
	refilled []isc.Replenished
	shipped  []isc.Shipped
	arrived  []isc.Delivered

	sys       context.Context
	warehouse resource.Row
	customer  resource.Row
	day       date.Date
}

func setup(t *testing.T) *suite {
	t.Helper()
	s := &suite{buy: &purchase{}, credit: credit{}}
	s.Suite = apptest.New(t, func(p *app.Platform) {
		crmapp.New(p)
		products := ipdapp.New(p, ipdapp.Needs{})
		s.m = iscapp.New(p, iscapp.Needs{Products: products.Products, Launches: products.Launches, Orders: s.buy, Requisitions: s.buy, Credit: s.credit,
			Demand: "crm.followup", Customer: "crm.customer"})
		event.Subscribe(p.Bus, "isc", s.m.OnLaunched)
		event.Subscribe(p.Bus, "test", func(_ context.Context, e isc.Replenished) error { return keep(s, &s.refilled, e) })
		event.Subscribe(p.Bus, "test", func(_ context.Context, e isc.Shipped) error { return keep(s, &s.shipped, e) })
		event.Subscribe(p.Bus, "test", func(_ context.Context, e isc.Delivered) error { return keep(s, &s.arrived, e) })
	})
	s.sys = authz.System(s.Admin, "test")
	s.day = date.Of(s.Now().In(s.Location(s.Admin)))
	s.warehouse = s.Create(s.Admin, "isc.warehouse", resource.Values{"name": "Main"})
	s.customer = s.Create(s.Admin, "crm.customer", resource.Values{"name": "Acme"})
	return s
}

func keep[E any](s *suite, list *[]E, e E) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	*list = append(*list, e)
	return nil
}

// product makes a released product with an opening stock at a cost of 10.
func (s *suite) product(name, stock string) ipd.ProductID {
	s.T.Helper()
	p := s.Create(s.Admin, "ipd.product", resource.Values{"name": name})
	s.Fire(s.Admin, p, "release", nil)
	if stock != "0" {
		s.adjust(ipd.ProductID(p.Base().ID), stock, "10")
	}
	return ipd.ProductID(p.Base().ID)
}

// adjust posts a small adjustment, which needs no approval.
func (s *suite) adjust(p ipd.ProductID, qty, cost string) {
	s.T.Helper()
	a := s.Create(s.Admin, "isc.adjustment", resource.Values{"product_id": id(int64(p)), "qty": qty, "unit_cost": cost})
	if got := s.Fire(s.Admin, a, "post", nil).Stage(); got != "posted" {
		s.T.Fatalf("adjustment of %s is %s, want posted", qty, got)
	}
}

// order makes a document that can ask for goods.
func (s *suite) order() trace.Ref {
	s.T.Helper()
	f := s.Create(s.Admin, "crm.followup", resource.Values{"customer_id": apptest.ID(s.customer), "subject": "Order", "channel": "call", "planned_on": "2026-11-23"})
	return trace.Ref{Type: "crm.followup", ID: f.Base().ID}
}

func (s *suite) demand(p ipd.ProductID, qty string) []isc.Demand {
	return []isc.Demand{{Line: 1, Product: p, Qty: money.MustQty(qty), NeedBy: s.day.AddDays(14)}}
}

// reserve asks for one product, in the default warehouse unless another is named.
func (s *suite) reserve(doc trace.Ref, p ipd.ProductID, qty string, warehouse ...int64) isc.Promise {
	s.T.Helper()
	out, err := s.m.Stock.Reserve(s.Admin, isc.ReserveRequest{Doc: doc, Warehouse: first(warehouse), Customer: s.customer.Base().ID, Owner: authz.Actor(s.Admin), Lines: s.demand(p, qty)})
	if err != nil {
		s.T.Fatalf("reserve %s for %s: %v", qty, doc, err)
	}
	return out[0]
}

func (s *suite) request(doc trace.Ref, p ipd.ProductID, qty string, warehouse ...int64) resource.Row {
	s.T.Helper()
	var ref trace.Ref
	err := s.DB.Tx(s.Admin, func(ctx context.Context) (err error) {
		ref, err = s.m.Shipments.Request(ctx, isc.ShipRequest{Doc: doc, Warehouse: first(warehouse), Customer: s.customer.Base().ID, Promised: s.day, Owner: authz.Actor(s.Admin), Lines: s.demand(p, qty)})
		return err
	})
	if err != nil {
		s.T.Fatalf("request shipment of %s: %v", qty, err)
	}
	row, err := s.Must("isc.shipment").GetRow(s.Admin, ref.ID)
	if err != nil {
		s.T.Fatal(err)
	}
	return row
}

// dispatch picks and ships.
func (s *suite) dispatch(sh resource.Row) error {
	doc := s.Must("isc.shipment")
	if _, _, err := doc.FireRow(s.Admin, sh.Base().ID, 0, "pick", resource.Values{}); err != nil {
		return err
	}
	_, _, err := doc.FireRow(s.Admin, sh.Base().ID, 0, "ship", resource.Values{"carrier": "SF", "tracking": "SF1"})
	return err
}

func (s *suite) receive(receipt int64, po trace.Ref, p ipd.ProductID, qty, cost string) {
	s.T.Helper()
	err := s.m.OnGoodsReceived(s.Admin, proc.GoodsReceived{Receipt: trace.Ref{Type: "proc.receipt", ID: receipt}, PO: po, Day: s.day,
		Lines: []proc.ReceivedLine{{Line: 1, Product: p, Qty: money.MustQty(qty), UnitCost: money.MustQty(cost)}}})
	if err != nil {
		s.T.Fatalf("receive %s: %v", qty, err)
	}
}

func (s *suite) inspect(inspection, receipt int64, p ipd.ProductID, accepted, rejected string, origin trace.Ref) error {
	return s.m.OnInspectionDecided(s.Admin, proc.InspectionDecided{Inspection: trace.Ref{Type: "proc.inspection", ID: inspection}, Receipt: trace.Ref{Type: "proc.receipt", ID: receipt},
		Line: 1, Product: p, Accepted: money.MustQty(accepted), Rejected: money.MustQty(rejected), Origin: origin})
}

// stock is on hand by status, and reserved, as "available/reserved/inspection/blocked".
func (s *suite) stock(p ipd.ProductID) string {
	s.T.Helper()
	rows, err := db.Select[struct {
		Status           string
		OnHand, Reserved money.Qty
	}](s.T.Context(), s.DB, `SELECT status, sum(on_hand) AS on_hand, sum(reserved) AS reserved FROM isc.stock_balance WHERE product_id = ? GROUP BY 1`, int64(p))
	if err != nil {
		s.T.Fatal(err)
	}
	by := map[string]money.Qty{}
	var reserved money.Qty
	for _, r := range rows {
		by[r.Status], reserved = r.OnHand, reserved.Add(r.Reserved)
	}
	return by["available"].String() + "/" + reserved.String() + "/" + by["inspection"].String() + "/" + by["blocked"].String()
}

func (s *suite) want(p ipd.ProductID, stock, when string) {
	s.T.Helper()
	if got := s.stock(p); got != stock {
		s.T.Errorf("%s: available/reserved/inspection/blocked is %s, want %s", when, got, stock)
	}
}

// shortages lists the shortages in a stage.
func (s *suite) shortages(stage string) []resource.Row {
	s.T.Helper()
	return s.List("isc.shortage", map[string][]string{"stage": {stage}})
}

// short fails the test unless err is the typed refusal of missing goods.
func (s *suite) short(err error, missing, when string) {
	s.T.Helper()
	e, ok := errAs(err)
	if !ok || e.Short().String() != missing || !errs.Is(err, errs.Precondition) {
		s.T.Errorf("%s: %v, want %s short", when, err, missing)
	}
}

func id(n int64) string { return strconv.FormatInt(n, 10) }

func first(list []int64) int64 {
	if len(list) == 0 {
		return 0
	}
	return list[0]
}
