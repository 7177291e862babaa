package ltcapp_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"meridian/modules/crm"
	"meridian/modules/ltc"
	"meridian/platform/app/apptest"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/event"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// loyal is setup with points: what wire.go says of payments and points.
func loyal(t *testing.T, rule resource.Values) *world {
	t.Helper()
	w := setup(t)
	event.Subscribe(w.Bus, "crm", func(ctx context.Context, e ltc.ReceiptAllocated) error {
		return w.crm.Facts.Record(ctx, crm.Fact{Customer: e.Customer, Kind: crm.FactReceipt, On: e.On, N: 1, Amount: e.Amount, Doc: e.Receipt, Pays: e.Invoice, Key: "receipt:" + e.Receipt.String() + ":" + e.Invoice.String()})
	})
	event.Subscribe(w.Bus, "ltc", w.ltc.Reactions.PointsEarned)
	event.Subscribe(w.Bus, "ltc", w.ltc.Reactions.PointsUsed)
	w.Create(w.Admin, "crm.loyalty_rule", apptest.Merge(resource.Values{"points_per_100": "10", "referral_points": "0", "point_value": "1"}, rule))
	return w
}

// paid pays an invoice and returns the obligation of its points.
func (w *world) paid(invoice resource.Row, ref, amount string) resource.Row {
	w.T.Helper()
	w.Fire(w.Admin, w.receipt(ref, amount), "allocate", resource.Values{"invoice": apptest.ID(invoice)})
	return w.last("ltc.obligation", "method", "loyalty")
}

// redeem takes a reward that costs n points.
func (w *world) redeem(ctx context.Context, customer resource.Row, n string) error {
	w.T.Helper()
	r := w.Create(w.Admin, "crm.reward", resource.Values{"name": n + " points", "points": n, "stock": "1"})
	status, _, text := w.Try(ctx, "POST", "/crm/members/redeem", map[string]any{"customer_id": customer.Base().ID, "reward_id": r.Base().ID})
	if status != 200 && status != 409 { // the points are gone
		return fmt.Errorf("%d %s", status, text)
	}
	return nil
}

// expire lets as many points pass their day as were earned: the oldest go first, so all of
// those go.
func (w *world) expire() {
	w.T.Helper()
	w.exec(`INSERT INTO crm.loyalty_entry (customer_id, kind, points, expires_on, idem_key) SELECT customer_id, 'adjust', sum(points), current_date - 2, 'adjust' || customer_id FROM crm.loyalty_entry WHERE points > 0 GROUP BY 1`)
	w.exec(`UPDATE crm.loyalty_balance b SET points = b.points + e.points FROM crm.loyalty_entry e WHERE e.customer_id = b.customer_id AND e.kind = 'adjust'`)
	w.job("crm.care")
}

// owed compares what is owed in points with its account.
func (w *world) owed(ctx context.Context, want string) {
	w.T.Helper()
	if got := fmt.Sprint(w.Tile(ctx, "/ltc/points", "liability"), " ", w.Tile(ctx, "/ltc/points", "account")); got != want+" "+want {
		w.T.Errorf("owed in points and account %s, want %s", got, want)
	}
}

// A part of the price paid is for the points: it waits until they are redeemed, what is
// expected to expire is earned along, and nothing goes into a closed month.
func TestCRM22PointsAreAnObligation(t *testing.T) {
	t.Parallel()
	w := loyal(t, resource.Values{"redeem_share": "80%", "breakage": "true"})
	fin := w.User("fin", "core.finance_manager")
	customer := w.customer("Acme", "100000")
	order, v := w.invoiced(customer, "10", "100") // 1,000.00 and 130.00 tax
	v = w.post(fin, v)
	w.owed(fin, "0.00")
	x := w.paid(v, "B1", "1130") // 110 points at 1.00, 80 % of them: 88.00 beside goods of 1,000.00
	if got := x.Text("ssp") + " " + x.Text("allocated") + " " + x.Text("recognised") + " " + x.Text("points"); got != "88.00 80.88 0.00 110" {
		t.Fatalf("1,000.00 x 88 / 1,088: %s", got)
	}
	goods := w.List("ltc.obligation", map[string][]string{"order_id": {apptest.ID(order)}, "method": {"point"}})[0]
	if got := goods.Text("allocated") + " " + goods.Text("recognised") + " " + goods.Text("billed"); got != "919.12 919.12 919.12" {
		t.Errorf("the goods keep %s", got)
	}
	w.owed(fin, "80.88")
	if got := w.booked("contract_liability") + " " + w.booked("contract_asset"); got != "0.00 0.00" {
		t.Errorf("contract balances %s", got)
	}
	w.Refused(w.Admin, x, "cancel", nil, errs.Precondition, "points were cancelled")
	if _, err := w.update(w.Admin, x, resource.Values{"allocated": "1"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("the price of points was edited: %v", err)
	}
	if _, err := w.Must("ltc.obligation").CreateRow(w.Admin, resource.Values{"order_id": apptest.ID(order), "customer_id": apptest.ID(customer), "title": "x", "method": "loyalty"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("points by hand: %v", err)
	}
	if err := w.redeem(w.Admin, customer, "44"); err != nil {
		t.Fatal(err)
	}
	if got := w.Reload(x).Text("recognised"); got != "40.44" { // half of what is expected
		t.Errorf("44 of 88 expected: %s", got)
	}
	w.owed(fin, "40.44")
	month := w.today().MonthStart()
	w.Fire(w.Admin, w.Create(w.Admin, "core.period", resource.Values{"area": "revenue", "month": month.String()}), "close", nil)
	if err := w.redeem(w.Admin, customer, "44"); err != nil {
		t.Fatal(err)
	}
	if x = w.Reload(x); x.Text("recognised") != "80.88" || x.Stage() != "satisfied" {
		t.Errorf("all that is expected: %s %s", x.Text("recognised"), x.Stage())
	}
	late, err := w.Ledger.Of(w.Admin, trace.Ref{Type: x.Type(), ID: x.Base().ID})
	if err != nil || late[len(late)-1].Day.Before(month.AddMonths(1)) {
		t.Errorf("revenue of a closed month was posted on %s (%v)", late[len(late)-1].Day, err)
	}
	w.owed(fin, "40.44") // as of today: the closed month does not move
	if err := w.redeem(w.Admin, customer, "22"); err != nil {
		t.Errorf("points beyond what was expected are still points: %v", err)
	}
	w.Call(w.User("market", "mtl.marketer"), "GET", "/ltc/points", nil, 403)
	w.Call(w.User("bob", "ltc.rep"), "GET", "/ltc/obligation/"+apptest.ID(x), nil, 404)
	w.Healthy()
}

// What is not redeemed is earned on the day it expires; a credit note takes the points'
// part of the price back.
func TestCRM22PointsExpireAndAreCredited(t *testing.T) {
	t.Parallel()
	w := loyal(t, nil)
	boss := w.User("boss", "core.admin")
	customer := w.customer("Acme", "100000")
	_, v := w.invoiced(customer, "10", "100")
	v = w.post(boss, v)
	first := w.paid(v, "B1", "565")                                                            // 50 points, 50.00
	second := w.paid(v, "B2", "565")                                                           // and again
	if got := first.Text("allocated") + " " + second.Text("allocated"); got != "45.45 45.45" { // 500 x 50 / 550
		t.Fatalf("two payments: %s", got)
	}
	if err := w.redeem(w.Admin, customer, "60"); err != nil {
		t.Fatal(err)
	}
	if got := w.Reload(first).Text("recognised") + " " + w.Reload(second).Text("recognised"); got != "45.45 9.09" {
		t.Errorf("the oldest points go first: %s", got)
	}
	w.Fire(w.Admin, v, "credit", resource.Values{"why": "price"})
	c := w.One("ltc.invoice", "credits_id", apptest.ID(v))
	c, err := w.update(w.Admin, c, resource.Values{"lines": []resource.Values{{"order_line_id": c.Lines("lines")[0].Text("order_line_id"), "qty": "5", "unit_price": "100"}}})
	if err != nil {
		t.Fatal(err)
	}
	w.post(boss, c) // half of it
	if got := w.Reload(first).Text("allocated") + " " + w.Reload(second).Text("allocated") + " " + w.Reload(second).Text("recognised"); got != "22.72 22.72 4.54" {
		t.Errorf("after half was credited: %s", got)
	}
	w.Healthy()
	w.expire()
	if got := w.Reload(second).Text("recognised") + " " + w.Reload(second).Text("expired") + " " + w.Reload(second).Stage(); got != "22.72 40 satisfied" {
		t.Errorf("after the expiry: %s", got)
	}
	w.owed(w.Admin, "0.00")
	w.Healthy()
}

// Money is conserved whatever happens in whatever order, and when eight do it at once: the
// prices of the obligations of an order are its price, what is owed is the account.
func TestCRM22PointsConserveMoney(t *testing.T) {
	t.Parallel()
	w := loyal(t, resource.Values{"redeem_share": "70%", "breakage": "true", "point_value": "0.37"})
	boss := w.User("boss", "core.admin")
	rnd := rand.New(rand.NewPCG(7, 22))
	customers := []resource.Row{w.customer("Acme", "1000000"), w.customer("Bolt", "1000000")}
	type bill struct{ order, invoice, customer resource.Row }
	var bills []bill
	for i := range 6 {
		c := customers[i%2]
		o, v := w.invoiced(c, fmt.Sprint(1+rnd.IntN(9)), fmt.Sprintf("%d.%02d", 100+rnd.IntN(900), rnd.IntN(100)))
		bills = append(bills, bill{o, w.post(boss, v), c})
	}
	for round := range 3 {
		_, failed := apptest.Together(8, func(i int) error {
			b := bills[(i+round)%len(bills)]
			if i%3 == 2 {
				return w.redeem(w.Admin, b.customer, fmt.Sprint(3+i))
			}
			r := w.receipt(fmt.Sprintf("R%d-%d", round, i), fmt.Sprintf("%d.%02d", 100+17*i, i))
			_, _, err := w.Must("ltc.receipt").FireRow(w.Admin, r.Base().ID, 0, "allocate", resource.Values{"invoice": apptest.ID(b.invoice)})
			if errs.Is(err, errs.Invalid) || errs.Is(err, errs.Precondition) { // it is paid already
				return nil
			}
			return err
		})
		if len(failed) > 0 {
			t.Fatalf("round %d: %v", round, failed)
		}
		w.Healthy()
	}
	for _, b := range bills {
		sum, err := db.One[struct{ Price, Billed, Net string }](w.Admin, w.DB, `SELECT sum(allocated)::text AS price, sum(billed)::text AS billed, (SELECT net FROM ltc.invoice WHERE id = ?)::text AS net FROM ltc.obligation WHERE order_id = ?`, b.invoice.Base().ID, b.order.Base().ID)
		if err != nil || sum.Price != sum.Net || sum.Billed != sum.Net {
			t.Errorf("order %s: price %s, billed %s, invoiced %s (%v)", b.order.Base().No, sum.Price, sum.Billed, sum.Net, err)
		}
	}
	w.expire()
	w.owed(w.Admin, "0.00")
	open, err := db.One[struct{ N int64 }](w.Admin, w.DB, `SELECT count(*) AS n FROM ltc.obligation WHERE method = 'loyalty' AND (recognised <> allocated OR redeemed + expired <> points)`)
	if err != nil || open.N != 0 {
		t.Errorf("%d obligations of points are not earned after all expired (%v)", open.N, err)
	}
	w.Healthy()
}
