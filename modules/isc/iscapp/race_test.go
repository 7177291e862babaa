package iscapp_test

import (
	"math/rand/v2"
	"sync"
	"testing"

	"meridian/modules/ipd"
	"meridian/modules/isc"
	"meridian/modules/proc"
	"meridian/platform/errs"
	"meridian/platform/kpi"
	"meridian/platform/money"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

const clerks = 16

// TestLastPieces: sixteen clerks in two warehouses want the last ten pieces, each
// through the whole way. Ten get one, nobody two, nothing goes below zero, and the
// average both warehouses share stays right.
func TestLastPieces(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.product("Drive", "5")
	south := s.south(p, "5")
	orders := make([]trace.Ref, clerks)
	for i := range orders {
		orders[i] = s.order()
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	shipped, refused := 0, 0
	for i, o := range orders {
		wg.Go(func() {
			from := int64(i%2) * south
			s.reserve(o, p, "1", from)
			err := s.dispatch(s.request(o, p, "1", from))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				shipped++
			case errs.Is(err, errs.Precondition):
				refused++
			default:
				t.Errorf("dispatch: %v", err)
			}
		})
	}
	wg.Wait()
	if shipped != 10 || refused != 6 {
		t.Errorf("%d shipped and %d refused, want 10 and 6", shipped, refused)
	}
	s.want(p, "0/0/0/0", "in the end")
	if n := len(s.shortages("open")); n != 6 {
		t.Errorf("%d shortages, want 6", n)
	}
	if v := s.Value("isc.stock_value", kpi.Scope{}); !v.Value.IsZero() {
		t.Errorf("an empty shelf is worth %s", v.Value)
	}
	s.Healthy()
}

// south makes a second warehouse with some stock at a cost of 10.
func (s *suite) south(p ipd.ProductID, stock string) int64 {
	s.T.Helper()
	w := s.Create(s.Admin, "isc.warehouse", resource.Values{"name": "South"})
	if stock != "0" {
		a := s.Create(s.Admin, "isc.adjustment", resource.Values{"product_id": id(int64(p)), "warehouse_id": id(w.Base().ID), "qty": stock, "unit_cost": "10"})
		s.Fire(s.Admin, a, "post", nil)
	}
	return w.Base().ID
}

// TestOnePurchaseOrderIsPeggedOnce: sixteen orders of two warehouses peg one
// delivery of three, several times over.
func TestOnePurchaseOrderIsPeggedOnce(t *testing.T) {
	t.Parallel()
	s := setup(t)
	south := s.south(s.product("Drive", "0"), "0")
	s.buy.owes(proc.Supply{PO: po, Qty: money.Units(3), On: s.day.AddDays(3)})
	orders := make([]trace.Ref, clerks)
	for i := range orders {
		orders[i] = s.order()
	}
	for range 4 {
		p := s.product("Drive", "0")
		var wg sync.WaitGroup
		var mu sync.Mutex
		var pegged money.Qty
		for i, o := range orders {
			wg.Go(func() {
				got := s.reserve(o, p, "1", int64(i%2)*south)
				mu.Lock()
				pegged = pegged.Add(got.Pegged)
				mu.Unlock()
			})
		}
		wg.Wait()
		if pegged.String() != "3" {
			t.Errorf("%s pegged to a delivery of 3", pegged)
		}
	}
	s.Healthy()
}

// TestTwoWarehousesShareTheAverage: parcels leave both warehouses at the same
// moment; each takes the average its turn finds.
func TestTwoWarehousesShareTheAverage(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.product("Drive", "8")
	south := s.south(p, "8")
	parcels := make([]resource.Row, clerks)
	for i := range parcels {
		o, from := s.order(), int64(i%2)*south
		s.reserve(o, p, "1", from)
		parcels[i] = s.Fire(s.Admin, s.request(o, p, "1", from), "pick", nil)
	}
	var wg sync.WaitGroup
	for _, sh := range parcels {
		wg.Go(func() {
			if _, _, err := s.Must("isc.shipment").FireRow(s.Admin, sh.Base().ID, 0, "ship", resource.Values{"carrier": "SF"}); err != nil {
				t.Errorf("ship: %v", err)
			}
		})
	}
	wg.Wait()
	if v := s.Value("isc.stock_value", kpi.Scope{}); !v.Value.IsZero() || len(s.shipped) != clerks {
		t.Errorf("%d parcels left, the empty shelves are worth %s", len(s.shipped), v.Value)
	}
	s.Healthy()
}

// TestManyHands: receipts, inspections, orders over several products in any order,
// releases and shipments at once; the ledgers agree afterwards. Lines in opposite
// order would deadlock if the locks were not sorted.
func TestManyHands(t *testing.T) {
	t.Parallel()
	s := setup(t)
	var products []ipd.ProductID
	for _, name := range []string{"A", "B", "C"} {
		products = append(products, s.product(name, "20"))
	}
	orders := make([]trace.Ref, clerks)
	for i := range orders {
		orders[i] = s.order()
	}
	var wg sync.WaitGroup
	for i, o := range orders {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(7, uint64(i)))
			var lines []isc.Demand
			for n, k := range r.Perm(len(products)) {
				lines = append(lines, isc.Demand{Line: int64(n + 1), Product: products[k], Qty: money.Units(1 + r.Int64N(4))})
			}
			if _, err := s.m.Stock.Reserve(s.Admin, isc.ReserveRequest{Doc: o, Lines: lines}); err != nil {
				t.Errorf("reserve: %v", err)
			}
			p := products[r.IntN(len(products))]
			s.receive(int64(100+i), trace.Ref{Type: "proc.po", ID: int64(i + 1)}, p, "3", "7.77")
			if err := s.inspect(int64(100+i), int64(100+i), p, "2", "1", trace.Ref{}); err != nil {
				t.Errorf("inspect: %v", err)
			}
			if i%3 == 0 {
				if err := s.m.Stock.Release(s.Admin, o); err != nil {
					t.Errorf("release: %v", err)
				}
				return
			}
			ref, err := s.m.Shipments.Request(s.sys, isc.ShipRequest{Doc: o, Lines: lines})
			if err != nil {
				t.Errorf("request: %v", err)
				return
			}
			sh, err := s.Must("isc.shipment").GetRow(s.Admin, ref.ID)
			if err != nil {
				t.Errorf("read: %v", err)
				return
			}
			if err := s.dispatch(sh); err != nil && !errs.Is(err, errs.Precondition) {
				t.Errorf("dispatch: %v", err)
			}
		})
	}
	wg.Wait()
	s.Healthy()
}

// TestOnePostingOfMany: one receipt posted by sixteen at once counts once.
func TestOnePostingOfMany(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.product("Drive", "0")
	var wg sync.WaitGroup
	for range clerks {
		wg.Go(func() { s.receive(1, po, p, "10", "4") })
	}
	wg.Wait()
	s.want(p, "0/0/10/0", "after sixteen receipts of the same goods")
	wg = sync.WaitGroup{}
	for range clerks {
		wg.Go(func() {
			if err := s.inspect(1, 1, p, "9", "1", trace.Ref{}); err != nil {
				t.Errorf("inspect: %v", err)
			}
		})
	}
	wg.Wait()
	s.want(p, "9/0/0/1", "after sixteen decisions")
	s.Healthy()
}

// TestRights: who may pick needs no right on the ledger,
// and who may not is refused.
func TestRights(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.product("Drive", "5")
	order := s.order()
	s.reserve(order, p, "2")
	sh := s.request(order, p, "2")
	nobody := s.User("nobody", "ltc.rep")
	if _, _, err := s.Must("isc.shipment").FireRow(nobody, sh.Base().ID, 0, "pick", resource.Values{}); !errs.Is(err, errs.Forbidden) && !errs.Is(err, errs.NotFound) {
		t.Errorf("a stranger picks: %v", err)
	}
	s.Refused(s.Admin, sh, "cancel", nil, errs.Forbidden, "a person cancels what only the order cancels")
	if _, err := s.Must("isc.shipment").CreateRow(s.Admin, resource.Values{}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a shipment by hand: %v", err)
	}
}
