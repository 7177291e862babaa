package iscapp_test

import (
	"errors"
	"strings"
	"testing"

	"meridian/modules/ipd"
	"meridian/modules/isc"
	"meridian/modules/proc"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/kpi"
	"meridian/platform/money"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

func errAs(err error) (*isc.ShortStock, bool) { return errors.AsType[*isc.ShortStock](err) }

var po = trace.Ref{Type: "proc.po", ID: 7}

// TestStory tells an order that stock covers in part: the rest is bought for it,
// received, inspected, given to it, picked, shipped and delivered.
func TestStory(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.product("Servo drive", "6")
	order := s.order()

	got := s.reserve(order, p, "10")
	if got.Reserved.String() != "6" || got.Short.String() != "4" || got.Basis != "Short" || !got.On.IsZero() {
		t.Errorf("first promise %+v", got)
	}
	s.want(p, "6/6/0/0", "after the order")
	open := s.shortages("open")
	if len(open) != 1 || open[0].Text("qty") != "4" {
		t.Fatalf("shortages %v", open)
	}

	short := s.Fire(s.Admin, open[0], "request", nil)
	origin := trace.Ref{Type: "isc.shortage", ID: short.Base().ID}
	if len(s.buy.needs) != 1 || s.buy.needs[0].Qty.String() != "4" || s.buy.needs[0].Origin != origin {
		t.Fatalf("procurement was asked for %+v", s.buy.needs)
	}
	s.receive(1, po, p, "5", "16")
	s.want(p, "6/6/5/0", "after the receipt")
	if err := s.inspect(1, 1, p, "5", "0", origin); err != nil {
		t.Fatalf("inspection: %v", err)
	}
	s.want(p, "11/10/0/0", "after the inspection")
	if len(s.refilled) != 1 || s.refilled[0].Doc != order || s.refilled[0].Qty.String() != "4" {
		t.Errorf("replenished %+v", s.refilled)
	}
	if got := s.Reload(short).Stage(); got != "covered" {
		t.Errorf("shortage is %s, want covered", got)
	}

	sh := s.request(order, p, "10")
	if err := s.dispatch(sh); err != nil {
		t.Fatalf("ship: %v", err)
	}
	s.want(p, "1/0/0/0", "after shipping")
	// 6 at 10 and 5 at 16 make 140 for 11; ten of them are worth 127.27
	if len(s.shipped) != 1 || s.shipped[0].Doc != order || s.shipped[0].Lines[0].Cost.String() != "127.27" || s.shipped[0].Lines[0].Line != 1 {
		t.Errorf("shipped %+v", s.shipped)
	}
	deliver := resource.Values{"signed_by": "Ms Li", "delivered_on": s.day.AddDays(1).String()}
	if _, _, err := s.Must("isc.shipment").FireRow(s.Admin, sh.Base().ID, 0, "deliver", deliver); !errs.Is(err, errs.Invalid) {
		t.Errorf("delivered tomorrow: %v", err)
	}
	deliver["delivered_on"] = s.day.String()
	s.Fire(s.Admin, sh, "deliver", deliver)
	if len(s.arrived) != 1 || s.arrived[0].SignedBy != "Ms Li" || s.arrived[0].Lines[0].Cost.String() != "127.27" {
		t.Errorf("delivered %+v", s.arrived)
	}
	if v := s.Value("isc.on_time_in_full", kpi.Scope{From: s.day, To: s.day}); v.N != 1 || v.Value.String() != "1" {
		t.Errorf("on time in full %+v", v)
	}
	if v := s.Value("isc.stock_value", kpi.Scope{}); v.Value.String() != "12.73" {
		t.Errorf("stock value %s, want 12.73", v.Value)
	}
	thread, err := s.Trace.Thread(t.Context(), order)
	if err != nil || !linked(thread, "isc.shortage") || !linked(thread, "isc.shipment") {
		t.Errorf("thread of the order: %v %v", thread, err)
	}
	s.Healthy()
}

func linked(links []trace.Link, target string) bool {
	for _, l := range links {
		if l.Target.Type == target {
			return true
		}
	}
	return false
}

func TestPromiseIsDryAndRepeats(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p, service := s.product("Drive", "3"), s.Create(s.Admin, "ipd.product", resource.Values{"name": "Training", "kind": "service"})
	s.buy.owes(proc.Supply{PO: po, Qty: money.Units(4), On: s.day.AddDays(9)})
	lines := append(s.demand(p, "5"), isc.Demand{Line: 2, Product: p, Qty: money.Units(1)}, isc.Demand{Line: 3, Product: p, Qty: money.Units(2)},
		isc.Demand{Line: 4, Product: ipd.ProductID(service.Base().ID), Qty: money.Units(9)})
	for range 2 {
		got, err := s.m.Stock.Promise(s.Admin, lines, 0)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []struct{ reserved, pegged, short, basis, on string }{
			{"3", "2", "0", "From purchase orders", s.day.AddDays(9).String()},
			{"0", "1", "0", "From purchase orders", s.day.AddDays(9).String()},
			{"0", "1", "1", "Short", ""},
			{"0", "0", "0", "Needs no stock", s.day.String()},
		} {
			g := got[i]
			if g.Reserved.String() != want.reserved || g.Pegged.String() != want.pegged || g.Short.String() != want.short || g.Basis != want.basis || g.On.String() != want.on {
				t.Errorf("line %d: %+v, want %v", i+1, g, want)
			}
		}
	}
	s.want(p, "3/0/0/0", "after a dry run")

	order := s.order()
	for range 3 { // repeating an order line does nothing more
		got, err := s.m.Stock.Reserve(s.Admin, isc.ReserveRequest{Doc: order, Lines: lines})
		if err != nil {
			t.Fatal(err)
		}
		if g := got[0]; g.Reserved.String() != "3" || g.Pegged.String() != "2" || g.On != s.day.AddDays(9) || got[2].Short.String() != "1" {
			t.Errorf("reserve: %+v", got)
		}
	}
	if open := s.shortages("open"); len(open) != 1 {
		t.Errorf("%d shortages, want 1", len(open))
	}
	s.Healthy()
}

// TestPegsTurnHardAndBreak: a peg on an order gets the goods of that order; what
// fails the inspection becomes a shortage.
func TestPegsTurnHardAndBreak(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.product("Drive", "0")
	s.buy.owes(proc.Supply{PO: po, Qty: money.Units(10), On: s.day.AddDays(5)})
	first, second := s.order(), s.order()
	if got := s.reserve(first, p, "7"); got.Pegged.String() != "7" || got.On != s.day.AddDays(5) {
		t.Errorf("peg %+v", got)
	}
	if got := s.reserve(second, p, "5"); got.Pegged.String() != "3" || got.Short.String() != "2" {
		t.Errorf("second peg %+v", got)
	}
	s.buy.owes()
	s.receive(1, po, p, "10", "4")
	if got, err := s.m.Stock.Promise(s.Admin, s.demand(p, "1"), 0); err != nil || got[0].Short.String() != "1" {
		t.Errorf("goods in inspection that are all pegged were promised again: %+v %v", got, err)
	}
	if err := s.inspect(1, 1, p, "8", "2", trace.Ref{}); err != nil {
		t.Fatal(err)
	}
	s.want(p, "8/8/0/2", "after the inspection")
	if len(s.refilled) != 2 || s.refilled[0].Doc != first || s.refilled[0].Qty.String() != "7" || s.refilled[1].Qty.String() != "1" {
		t.Errorf("replenished %+v", s.refilled)
	}
	open := s.shortages("open")
	if len(open) != 2 || open[1].Text("qty") != "2" {
		t.Errorf("the broken peg raised no shortage: %v", open)
	}
	if err := s.inspect(1, 1, p, "8", "2", trace.Ref{}); err != nil || len(s.refilled) != 2 {
		t.Errorf("deciding twice: %v, %d replenished", err, len(s.refilled))
	}
	s.want(p, "8/8/0/2", "after deciding twice")
	s.short(s.inspect(2, 1, p, "1", "0", trace.Ref{}), "1", "more decided than received")
	s.Healthy()
}

// TestRejectedGoodsGoBackToPlanning: a shortage whose goods failed is open again,
// and asking for them buys only what is missing.
func TestRejectedGoodsGoBackToPlanning(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.product("Drive", "0")
	s.reserve(s.order(), p, "10")
	short := s.Fire(s.Admin, s.shortages("open")[0], "request", nil)
	origin := trace.Ref{Type: "isc.shortage", ID: short.Base().ID}
	s.buy.owes(proc.Supply{PO: po, Qty: money.Units(4), On: s.day, Origin: origin})
	s.receive(1, po, p, "6", "4")
	if err := s.inspect(1, 1, p, "5", "1", origin); err != nil {
		t.Fatal(err)
	}
	back := s.Reload(short)
	if back.Stage() != "open" || back.Text("covered") != "5" {
		t.Errorf("shortage is %s with %s covered, want open with 5", back.Stage(), back.Text("covered"))
	}
	s.Fire(s.Admin, back, "request", nil)
	if n := s.buy.needs; len(n) != 2 || n[1].Qty.String() != "1" {
		t.Errorf("second request %+v, want 1", n)
	}
	s.Healthy()
}

func TestReleaseServesWhoWaits(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.product("Drive", "5")
	gone, usual, urgent := s.order(), s.order(), s.order()
	s.reserve(gone, p, "5")
	s.reserve(usual, p, "3")
	if _, err := s.m.Stock.Reserve(s.Admin, isc.ReserveRequest{Doc: urgent, Priority: 9, Lines: s.demand(p, "4")}); err != nil {
		t.Fatal(err)
	}
	sh := s.request(gone, p, "5")
	s.Fire(s.Admin, sh, "pick", nil)
	if err := s.m.Stock.Release(s.Admin, gone); err != nil {
		t.Fatal(err)
	}
	if got := s.Reload(sh).Stage(); got != "cancelled" {
		t.Errorf("shipment of a released order is %s, want cancelled", got)
	}
	s.want(p, "5/5/0/0", "after the release")
	if len(s.refilled) != 2 || s.refilled[0].Doc != urgent || s.refilled[0].Qty.String() != "4" || s.refilled[1].Qty.String() != "1" {
		t.Errorf("replenished %+v, want the urgent order first", s.refilled)
	}
	if err := s.m.Stock.Release(s.Admin, usual); err != nil {
		t.Fatal(err)
	}
	if open := s.shortages("open"); len(open) != 0 {
		t.Errorf("%d shortages left, want none: covered or cancelled", len(open))
	}
	s.want(p, "5/4/0/0", "after the second release")
	s.Healthy()
}

func TestPickAndShipRefuse(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.product("Drive", "5")
	order := s.order()
	s.reserve(order, p, "5")
	doc := s.Must("isc.shipment")
	_, _, err := doc.FireRow(s.Admin, s.request(order, p, "8").Base().ID, 0, "pick", resource.Values{})
	s.short(err, "3", "picking more than is reserved")
	if err == nil || !strings.Contains(err.Error(), "Drive: 8 wanted, 5 there, 3 short") {
		t.Errorf("the refusal does not name the shortfall: %v", err)
	}
	first, second := s.request(order, p, "3"), s.request(order, p, "3")
	s.Fire(s.Admin, first, "pick", nil)
	_, _, err = doc.FireRow(s.Admin, second.Base().ID, 0, "pick", resource.Values{})
	s.short(err, "1", "picking what lies in another parcel")

	s.credit[s.customer.Base().ID] = "The credit limit does not cover this document."
	if _, _, err := doc.FireRow(s.Admin, first.Base().ID, 0, "ship", resource.Values{"carrier": "SF"}); !errs.Is(err, errs.Precondition) {
		t.Errorf("shipping to a blocked customer: %v", err)
	}
	s.want(p, "5/5/0/0", "after the refusals")
	delete(s.credit, s.customer.Base().ID)
	s.Fire(s.Admin, first, "ship", resource.Values{"carrier": "SF"})
	s.want(p, "2/2/0/0", "after the partial shipment")
	if got := s.reserve(order, p, "2"); got.Reserved.String() != "2" {
		t.Errorf("the rest of the order holds %+v, want the 2 it had", got)
	}
	if got := s.reserve(order, p, "3"); got.Reserved.String() != "2" || got.Short.String() != "1" {
		t.Errorf("one more after the partial shipment: %+v", got)
	}
	if _, err := s.m.Shipments.Request(s.Admin, isc.ShipRequest{Doc: trace.Ref{Type: "ltc.quote", ID: 1}, Lines: s.demand(p, "1")}); !errs.Is(err, errs.Invalid) {
		t.Errorf("shipping for a quote: %v", err)
	}
	s.Healthy()
}

func TestAdjustment(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.product("Drive", "5")
	doc := s.Must("isc.adjustment")
	in := func(qty, cost string) resource.Values {
		return resource.Values{"product_id": id(int64(p)), "qty": qty, "unit_cost": cost}
	}
	second := s.User("second", "core.admin")
	big := s.Create(s.Admin, "isc.adjustment", in("200", "10"))
	if _, pending, err := doc.FireRow(s.Admin, big.Base().ID, 0, "post", resource.Values{}); err != nil || !pending {
		t.Fatalf("2,000 passed without approval: %v %v", pending, err)
	}
	s.want(p, "5/0/0/0", "while the approval is open")
	if n := s.Approve(s.Admin); n != 0 {
		t.Error("the creator approved an own adjustment")
	}
	if n := s.Approve(second); n != 1 {
		t.Fatalf("second pair of eyes decided %d", n)
	}
	s.want(p, "205/0/0/0", "after the approval")

	s.reserve(s.order(), p, "200")
	loss := s.Create(s.Admin, "isc.adjustment", in("-6", ""))
	if got := loss.Text("value"); got != "-60.00" {
		t.Errorf("a loss of 6 at the average is worth %s, want -60.00", got)
	}
	_, _, err := doc.FireRow(s.Admin, loss.Base().ID, 0, "post", resource.Values{})
	s.short(err, "1", "a loss of reserved goods")
	fresh := s.Create(s.Admin, "ipd.product", resource.Values{"name": "Never bought"})
	service := s.Create(s.Admin, "ipd.product", resource.Values{"name": "Training", "kind": "service"})
	for name, v := range map[string]resource.Values{
		"no quantity":    in("0", "1"),
		"no cost at all": {"product_id": id(fresh.Base().ID), "qty": "1"},
		"negative cost":  in("1", "-1"),
	} {
		if _, err := doc.CreateRow(s.Admin, v); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v, want Invalid", name, err)
		}
	}
	if _, err := doc.ImportRow(s.Admin, in("1", "1"), resource.History{Stage: "posted", Reason: "stock.csv"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("imported as posted, without a move: %v", err)
	}
	if _, err := s.Must("isc.item").CreateRow(s.Admin, resource.Values{"product_id": id(service.Base().ID)}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a service in stock: %v", err)
	}
	s.Healthy()
}

func TestReceivingTwiceDoesNothing(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.product("Drive", "0")
	for range 3 {
		s.receive(1, po, p, "10", "4")
	}
	s.want(p, "0/0/10/0", "after receiving three times")
	if v := s.Value("isc.stock_value", kpi.Scope{}); v.Value.String() != "40" {
		t.Errorf("stock value %s, want 40", v.Value)
	}
	if v := s.Value("isc.stock_value", kpi.Scope{To: s.day.AddDays(-1)}); v.Value.String() != "0" {
		t.Errorf("stock value yesterday %s, want 0", v.Value)
	}
	item, err := s.Must("isc.item").ListRows(s.Admin, resource.ListQuery{})
	if err != nil || len(item.Rows) != 1 || !strings.HasPrefix(item.Rows[0].Base().No, "P-") {
		t.Errorf("the first receipt makes the item under the number of the product: %v %v", item.Rows, err)
	}
	s.Healthy()
}

func TestWarehouses(t *testing.T) {
	t.Parallel()
	s := setup(t)
	doc := s.Must("isc.warehouse")
	if s.warehouse.Text("is_default") != "true" {
		t.Error("the first warehouse is not the default one")
	}
	second := s.Create(s.Admin, "isc.warehouse", resource.Values{"name": "South"})
	if second.Text("is_default") != "false" {
		t.Error("the second warehouse is the default one")
	}
	if _, err := doc.UpdateRow(s.Admin, second.Base().ID, 1, resource.Values{"is_default": "true"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("two default warehouses: %v", err)
	}
	s.product("Drive", "5")
	if err := doc.DeleteRow(s.Admin, s.warehouse.Base().ID, 1); !errs.Is(err, errs.Precondition) {
		t.Errorf("a warehouse with stock was deleted: %v", err)
	}
	order := s.order()
	south := isc.ReserveRequest{Doc: order, Warehouse: second.Base().ID, Lines: s.demand(s.product("Other", "0"), "1")}
	if _, err := s.m.Stock.Reserve(s.Admin, south); err != nil {
		t.Fatal(err)
	}
	if err := doc.DeleteRow(s.Admin, second.Base().ID, 1); !errs.Is(err, errs.Precondition) {
		t.Errorf("a warehouse somebody waits for was deleted: %v", err)
	}
	if err := s.m.Stock.Release(s.Admin, order); err != nil {
		t.Fatal(err)
	}
	if err := doc.DeleteRow(s.Admin, second.Base().ID, 1); err != nil {
		t.Errorf("delete an empty warehouse: %v", err)
	}
}

// TestImportedHistory: on time in full works on shipments of the past.
func TestImportedHistory(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.product("Drive", "0")
	doc := s.Must("isc.shipment")
	line := func(qty, picked string) []resource.Values {
		v := resource.Values{"product_id": id(int64(p)), "qty": qty}
		if picked != "" {
			v["picked"] = picked
		}
		return []resource.Values{v}
	}
	add := func(stage, promised, shipped, delivered string, lines []resource.Values) error {
		v := resource.Values{"customer_id": id(s.customer.Base().ID), "warehouse_id": id(s.warehouse.Base().ID), "promised_on": promised, "shipped_on": shipped, "delivered_on": delivered}
		if lines != nil {
			v["lines"] = lines
		}
		_, err := doc.ImportRow(s.Admin, v, resource.History{Stage: stage, Reason: "orders.csv"})
		return err
	}
	for _, x := range []struct {
		stage, promised, shipped, delivered string
		lines                               []resource.Values
	}{
		{"shipped", "1996-08-01", "1996-07-16", "", line("12", "")},             // on time, the file knows no picked quantity
		{"shipped", "1996-08-01", "1996-08-02", "", nil},                        // a day late
		{"delivered", "1996-08-10", "1996-08-01", "1996-08-10", line("5", "5")}, // on the day
		{"delivered", "1996-08-10", "1996-08-01", "1996-08-11", line("5", "5")}, // left in time, came late
		{"delivered", "1996-08-10", "1996-08-01", "1996-08-02", line("5", "4")}, // not in full
		{"delivered", "", "1996-08-01", "1996-08-02", nil},                      // nothing was promised
		{"delivered", "1996-09-10", "1996-09-01", "1996-09-02", line("5", "5")}, // another month
		{"planned", "1996-08-10", "", "", line("5", "")},                        // has not left
	} {
		if err := add(x.stage, x.promised, x.shipped, x.delivered, x.lines); err != nil {
			t.Fatalf("import %v: %v", x, err)
		}
	}
	v := s.Value("isc.on_time_in_full", kpi.Scope{To: date.MustParse("1996-08-31")})
	if v.N != 5 || v.Numerator.String() != "2" || v.Value.String() != "0.4" {
		t.Errorf("on time in full until August: %+v, want 2 of 5", v)
	}
	if v := s.Value("isc.on_time_in_full", kpi.Scope{From: date.MustParse("1997-01-01")}); v.Value != nil {
		t.Errorf("a year without shipments has the value %s", v.Value)
	}
	if err := add("shipped", "1996-08-01", "", "", nil); !errs.Is(err, errs.Invalid) {
		t.Errorf("shipped on no day: %v", err)
	}
	if err := add("delivered", "1996-08-01", "1996-08-03", "1996-08-01", nil); !errs.Is(err, errs.Invalid) {
		t.Errorf("delivered before it was shipped: %v", err)
	}
	s.Healthy()
}

func TestLaunchMakesTheItem(t *testing.T) {
	t.Parallel()
	s := setup(t)
	board := s.User("board", "core.admin")
	p := s.Create(s.Admin, "ipd.project", resource.Values{"name": "Drive 2", "product_name": "Drive 2", "target_launch": "2027-03-01", "revenue": "9", "cost": "1", "price": "1860"})
	if _, _, err := s.Must("ipd.project").FireRow(s.Admin, p.Base().ID, 0, "approve", resource.Values{}); err != nil {
		t.Fatal(err)
	}
	s.Approve(board)
	for _, move := range []string{"plan", "develop", "verify", "launch"} {
		s.Fire(s.Admin, p, move, nil)
	}
	items, err := s.Must("isc.item").ListRows(s.Admin, resource.ListQuery{})
	if err != nil || len(items.Rows) != 1 {
		t.Fatalf("items %v %v", items.Rows, err)
	}
	if page := s.Panels("ipd.product", p.Base().ID); !strings.Contains(page, "Taken over") {
		t.Errorf("the product page does not show that supply chain took it over: %s", page)
	}
}

// TestStockPanel shows the stock of a product and warns at its reorder point.
func TestStockPanel(t *testing.T) {
	t.Parallel()
	s := setup(t)
	p := s.product("Drive", "5")
	s.reserve(s.order(), p, "2")
	s.buy.owes(proc.Supply{PO: po, Qty: money.Units(4), On: s.day})
	items, err := s.Must("isc.item").ListRows(s.Admin, resource.ListQuery{})
	if err != nil {
		t.Fatal(err)
	}
	for point, warns := range map[string]bool{"6": false, "7": true} {
		row := s.Reload(items.Rows[0])
		if _, err := s.Must("isc.item").UpdateRow(s.Admin, row.Base().ID, row.Base().Version, resource.Values{"reorder_point": point}); err != nil {
			t.Fatal(err)
		}
		if page := s.Panels("ipd.product", int64(p)); !strings.Contains(page, "Main") || strings.Contains(page, "Order now") != warns {
			t.Errorf("reorder point %s: %s", point, page)
		}
	}
}
