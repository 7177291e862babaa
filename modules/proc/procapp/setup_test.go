package procapp_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"meridian/modules/dste"
	"meridian/modules/ipd"
	"meridian/modules/proc"
	"meridian/modules/proc/procapp"
	"meridian/platform/app"
	"meridian/platform/app/apptest"
	"meridian/platform/date"
	"meridian/platform/db"
	"meridian/platform/db/dbtest"
	"meridian/platform/errs"
	"meridian/platform/event"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// item and place stand in for the types of other modules that orders refer to.
type item struct {
	record.Base
	Stage, Name string
}

type place struct {
	record.Base
	Name string
}

// suite is a platform with procurement, stand-ins for its neighbours and one
// person per step: everybody may do everything, so only four eyes hold them back.
type suite struct {
	*apptest.Suite
	m        *procapp.Module
	budget   *ledger
	mu       sync.Mutex
	received []proc.GoodsReceived
	decided  []proc.InspectionDecided

	buyer, boss, receiver, inspector, clerk, finance context.Context
	product, service                                 string // ids
	supplier                                         resource.Row
}

func setup(t *testing.T) *suite {
	t.Helper()
	x := &suite{budget: &ledger{left: map[string]money.Amount{}, open: map[string]money.Amount{}, actual: map[string]money.Amount{}, seen: map[string]bool{}}}
	x.Suite = apptest.New(t, func(p *app.Platform) {
		resource.Register(p.Types, &resource.Type[item]{Name: "ipd.product", Label: "Product", Number: "P{0000}", Store: db.NewStore[item](p.DB, "ipd.product"),
			Title: func(i *item) string { return i.Name }, Default: func(_ context.Context, i *item) error { i.Stage = "draft"; return nil },
			Fields: resource.Fields[item]{resource.Text("name", "Name", func(i *item) *string { return &i.Name })}})
		resource.Register(p.Types, &resource.Type[place]{Name: "isc.warehouse", Label: "Warehouse", Number: "W{00}", Store: db.NewStore[place](p.DB, "isc.warehouse"),
			Fields: resource.Fields[place]{resource.Text("name", "Name", func(i *place) *string { return &i.Name })}})
		x.m = procapp.New(p, procapp.Needs{Products: products{p}, Budget: x.budget})
		event.Subscribe(p.Bus, "test", func(_ context.Context, e proc.GoodsReceived) error {
			x.hear(func() { x.received = append(x.received, e) })
			return nil
		})
		event.Subscribe(p.Bus, "test", func(_ context.Context, e proc.InspectionDecided) error {
			x.hear(func() { x.decided = append(x.decided, e) })
			return nil
		})
	})
	x.buyer = x.Admin
	for name, who := range map[string]*context.Context{"boss": &x.boss, "receiver": &x.receiver, "inspector": &x.inspector, "clerk": &x.clerk, "finance": &x.finance} {
		*who = x.User(name, "core.admin")
	}
	x.product = apptest.ID(x.Create(x.Admin, "ipd.product", resource.Values{"name": "Bearing"}))
	x.service = apptest.ID(x.Create(x.Admin, "ipd.product", resource.Values{"name": "Service: calibration"}))
	x.supplier = x.Create(x.buyer, "proc.supplier", resource.Values{"name": "Northern Bearings"})
	x.Fire(x.boss, x.supplier, "qualify", nil)
	x.Fire(x.buyer, x.supplier, "change_bank", resource.Values{"account": "6222 0000 1111"})
	x.Approve(x.finance)
	return x
}

func (x *suite) hear(note func()) {
	x.mu.Lock()
	defer x.mu.Unlock()
	note()
}

// products answers as IPD would: whatever is called a service is one.
type products struct{ p *app.Platform }

func (f products) Product(ctx context.Context, id ipd.ProductID) (ipd.Product, error) {
	name := f.p.Types.Title(ctx, id.Ref())
	kind := ipd.Goods
	if len(name) > 7 && name[:7] == "Service" {
		kind = ipd.Service
	}
	return ipd.Product{ID: id, No: fmt.Sprintf("P%04d", id), Name: name, Unit: "pcs", Kind: kind, TaxRate: money.MustQty("0.13")}, nil
}

func (f products) Products(ctx context.Context, ids []ipd.ProductID) (map[ipd.ProductID]ipd.Product, error) {
	out := map[ipd.ProductID]ipd.Product{}
	for _, id := range ids {
		out[id], _ = f.Product(ctx, id)
	}
	return out, nil
}

func (products) BOM(context.Context, ipd.ProductID) ([]ipd.BOMLine, error) { return nil, nil }

// ledger is a budget that keeps its promise in memory; key MKT has what left says.
type ledger struct {
	mu     sync.Mutex
	left   map[string]money.Amount
	open   map[string]money.Amount // by document and kind
	actual map[string]money.Amount
	seen   map[string]bool
}

func (l *ledger) Check(_ context.Context, s dste.Spend) (dste.Answer, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	left, ok := l.left[s.Line]
	if !ok {
		return dste.Answer{}, errs.New(errs.NotFound, "There is no budget line {0}.", s.Line)
	}
	if l.seen[s.Key] || (s.Amount.IsZero() && s.Releases == "") {
		return dste.Answer{Verdict: dste.Allow, Available: left}, nil
	}
	freed := ""
	if s.Releases != "" {
		freed = s.Doc.String() + string(s.Releases)
		if !s.Of.IsZero() {
			freed = s.Of.String() + string(s.Releases)
		}
	}
	own := s.Doc.String() + string(s.Kind)
	amount := s.Amount
	if amount.Sign() < 0 && s.Kind == dste.Commit {
		amount = l.open[own].Min(amount.Neg()).Neg()
	}
	net := amount.Sub(l.open[freed])
	if left.Less(net) {
		return dste.Answer{Verdict: dste.Block, Available: left}, nil
	}
	l.left[s.Line] = left.Sub(net)
	l.open[freed] = money.Amount{}
	if s.Kind == dste.Actual {
		l.actual[s.Line] = l.actual[s.Line].Add(amount)
	} else {
		l.open[own] = l.open[own].Add(amount)
	}
	l.seen[s.Key] = true
	return dste.Answer{Verdict: dste.Allow, Available: l.left[s.Line]}, nil
}

func (x *suite) today() date.Date { return date.Of(x.Now().In(x.Location(x.Admin))) }

func (x *suite) day(n int) string { return x.today().AddDays(n).String() }

// refused fails the test unless move is refused with kind.
func (x *suite) refused(ctx context.Context, r resource.Row, move string, v resource.Values, kind errs.Kind) error {
	x.T.Helper()
	if v == nil {
		v = resource.Values{}
	}
	_, _, err := x.Must(r.Type()).FireRow(ctx, r.Base().ID, 0, move, v)
	if err == nil || errs.KindOf(err) != kind {
		x.T.Errorf("%s of %s: %v, want %s", move, r.Type(), err, kind)
	}
	return err
}

func (x *suite) stage(r resource.Row, want string) resource.Row {
	x.T.Helper()
	r = x.Reload(r)
	if got := r.Stage(); got != want {
		x.T.Errorf("%s %s is %s, want %s", r.Type(), r.Base().No, got, want)
	}
	return r
}

// only finds the one record of a type in a stage.
func (x *suite) only(typ, stage string) resource.Row {
	x.T.Helper()
	return x.One(typ, "stage", stage)
}

// ordered makes a confirmed purchase order of qty bearings at price.
func (x *suite) ordered(qty, price string) resource.Row {
	x.T.Helper()
	o := x.Create(x.buyer, "proc.po", resource.Values{"supplier_id": apptest.ID(x.supplier), "wanted_on": x.day(10),
		"lines": []resource.Values{{"product_id": x.product, "qty": qty, "price": price, "tax_rate": "13 %"}}})
	x.Fire(x.buyer, o, "submit", nil)
	x.Approve(x.boss)
	x.Fire(x.buyer, o, "issue", nil)
	x.Fire(x.buyer, o, "confirm", resource.Values{"confirmed_on": x.day(8)})
	return x.stage(o, "confirmed")
}

// delivered receives and accepts qty of an order.
func (x *suite) delivered(o resource.Row, qty string) {
	x.T.Helper()
	r := x.Create(x.receiver, "proc.receipt", resource.Values{"po_id": apptest.ID(o), "lines": []resource.Values{{"product_id": x.product, "qty": qty}}})
	x.Fire(x.receiver, r, "post", nil)
	x.Fire(x.inspector, x.only("proc.inspection", "planned"), "decide", resource.Values{"accepted": qty})
}

// owed makes an approved invoice over all that was accepted of an order.
func (x *suite) owed(o resource.Row, no string) resource.Row {
	x.T.Helper()
	v := x.Create(x.clerk, "proc.invoice", resource.Values{"po_id": apptest.ID(o), "invoice_no": no, "invoice_date": x.day(0)})
	x.Fire(x.clerk, v, "match", nil)
	return x.Fire(x.finance, v, "approve", nil)
}

var shortage = trace.Ref{Type: "isc.shortage", ID: 77}
