package ltcapp_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"meridian/modules/crm/crmapp"
	"meridian/modules/dste/dsteapp"
	"meridian/modules/ipd"
	"meridian/modules/isc"
	"meridian/modules/ltc"
	"meridian/modules/ltc/ltcapp"
	"meridian/platform/app"
	"meridian/platform/app/apptest"
	"meridian/platform/date"
	"meridian/platform/db/dbtest"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/notify"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// world is a platform with CRM and LTC, and stand-ins for products and supply.
type world struct {
	*apptest.Suite
	ltc      *ltcapp.Module
	crm      *crmapp.Module
	products *fakeProducts
	supply   *fakeSupply
	contacts *fakeContacts
}

func setup(t testing.TB) *world { return setupMail(t, nil) }

// setupMail is setup with a mail server.
func setupMail(t testing.TB, mail func(ctx context.Context, m notify.Mail) error) *world {
	t.Helper()
	w := &world{products: newProducts(), supply: &fakeSupply{free: map[ipd.ProductID]money.Qty{}}, contacts: &fakeContacts{}}
	w.Suite = apptest.New(t, func(p *app.Platform) {
		apptest.StandIn(t, p, "ipd.product", "isc.warehouse", "isc.shipment", "mtl.campaign")
		w.crm, p.Mail = crmapp.New(p), mail
		w.ltc = ltcapp.New(p, ltcapp.Needs{Customers: w.crm.Customers, Partners: w.crm.Partners, Credit: w.crm.Credit, Products: w.products, Stock: w.supply, Shipments: w.supply, Followups: w.contacts, Budget: dsteapp.New(p).Budget})
	})
	return w
}

// The products of the tests.
const (
	motor    ipd.ProductID = 1 // 13 %, list price 100 after launch
	gear     ipd.ProductID = 2 // 13 %
	training ipd.ProductID = 3 // a service, 6 %
	retired  ipd.ProductID = 4 // not on sale any more
)

type fakeProducts struct{ all map[ipd.ProductID]ipd.Product }

func newProducts() *fakeProducts {
	p := func(id ipd.ProductID, name string, kind ipd.Kind, tax string, sellable bool) ipd.Product {
		return ipd.Product{ID: id, No: fmt.Sprintf("P%d", id), Name: name, Unit: "pcs", Kind: kind, TaxRate: money.MustQty(tax), Sellable: sellable}
	}
	return &fakeProducts{all: map[ipd.ProductID]ipd.Product{motor: p(motor, "Servo motor", ipd.Goods, "0.13", true), gear: p(gear, "Gear", ipd.Goods, "0.13", true),
		training: p(training, "Training", ipd.Service, "0.06", true), retired: p(retired, "Old motor", ipd.Goods, "0.13", false)}}
}

func (f *fakeProducts) Product(_ context.Context, id ipd.ProductID) (ipd.Product, error) {
	if p, ok := f.all[id]; ok {
		return p, nil
	}
	return ipd.Product{}, errs.Missing()
}

func (f *fakeProducts) Products(_ context.Context, ids []ipd.ProductID) (map[ipd.ProductID]ipd.Product, error) {
	out := map[ipd.ProductID]ipd.Product{}
	for _, id := range ids {
		if p, ok := f.all[id]; ok {
			out[id] = p
		}
	}
	return out, nil
}

func (f *fakeProducts) BOM(context.Context, ipd.ProductID) ([]ipd.BOMLine, error) { return nil, nil }

// fakeSupply reserves out of free and remembers what it was asked.
type fakeSupply struct {
	mu       sync.Mutex
	free     map[ipd.ProductID]money.Qty
	released []trace.Ref
	requests []isc.ShipRequest
}

var readyOn = date.MustParse("2026-12-01")

func (f *fakeSupply) Promise(context.Context, []isc.Demand, int64) ([]isc.Promise, error) {
	return nil, nil
}

func (f *fakeSupply) Reserve(_ context.Context, r isc.ReserveRequest) ([]isc.Promise, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []isc.Promise
	for _, d := range r.Lines {
		got := d.Qty.Min(f.free[d.Product])
		f.free[d.Product] = f.free[d.Product].Sub(got)
		p := isc.Promise{Line: d.Line, Reserved: got, Short: d.Qty.Sub(got)}
		if p.Short.IsZero() {
			p.On = readyOn
		}
		out = append(out, p)
	}
	return out, nil
}

func (f *fakeSupply) Release(_ context.Context, doc trace.Ref) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.released = append(f.released, doc)
	return nil
}

func (f *fakeSupply) Request(_ context.Context, r isc.ShipRequest) (trace.Ref, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = append(f.requests, r)
	return trace.Ref{Type: "isc.shipment", ID: int64(len(f.requests))}, nil
}

// deliver ships and delivers everything that was requested for an order.
func (w *world) deliver(order resource.Row) {
	w.T.Helper()
	i := slices.IndexFunc(w.supply.requests, func(r isc.ShipRequest) bool { return r.Doc.ID == order.Base().ID })
	if i < 0 {
		w.T.Fatalf("no shipment was requested for order %s", order.Base().No)
	}
	r := w.supply.requests[i]
	lines := make([]isc.ShippedLine, len(r.Lines))
	for j, d := range r.Lines {
		lines[j] = isc.ShippedLine{Line: d.Line, Product: d.Product, Qty: d.Qty}
	}
	w.ship(order, int64(i+1), lines)
}

// ship tells LTC what ISC tells when goods leave and arrive.
func (w *world) ship(order resource.Row, shipment int64, lines []isc.ShippedLine) {
	w.T.Helper()
	doc, ref := trace.Ref{Type: "ltc.order", ID: order.Base().ID}, trace.Ref{Type: "isc.shipment", ID: shipment}
	today := w.today()
	err := w.DB.Tx(w.Admin, func(ctx context.Context) error {
		if err := w.ltc.Reactions.Shipped(ctx, isc.Shipped{Shipment: ref, Doc: doc, Lines: lines, On: today}); err != nil {
			return err
		}
		return w.ltc.Reactions.Delivered(ctx, isc.Delivered{Shipment: ref, Doc: doc, Lines: lines, On: today})
	})
	if err != nil {
		w.T.Fatalf("ship %s: %v", order.Base().No, err)
	}
}

// fakeContacts remembers the contacts with customers it was asked to plan.
type fakeContacts struct{ planned []ltc.NewFollowup }

func (f *fakeContacts) Plan(_ context.Context, n ltc.NewFollowup) error {
	f.planned = append(f.planned, n)
	return nil
}

// customer makes a customer with a credit limit.
func (w *world) customer(name, limit string) resource.Row {
	return w.Create(w.Admin, "crm.customer", resource.Values{"name": name, "credit_limit": limit, "address": "1 Harbour Road", "payment_days": "30"})
}

// order makes a draft order of n motors at price.
func (w *world) order(customer resource.Row, n, price string) resource.Row {
	return w.Create(w.Admin, "ltc.order", resource.Values{"customer_id": apptest.ID(customer),
		"lines": []resource.Values{{"product_id": "1", "qty": n, "unit_price": price}}})
}

// launch gives a product its list price.
func (w *world) launch(id ipd.ProductID, price string) {
	w.T.Helper()
	if err := w.ltc.Reactions.Launched(w.Admin, ipd.Launched{Product: id, Price: money.MustQty(price), Currency: "CNY"}); err != nil {
		w.T.Fatalf("launch: %v", err)
	}
}

// lineID is the id of a line as form text.
func lineID(l resource.LineRow) string { return fmt.Sprint(l.ID()) }

type agingRow = ltcapp.Aging
