package domain

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"meridian/modules/ipd"
	"meridian/modules/isc"
	"meridian/modules/proc"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/event"
	"meridian/platform/money"
	"meridian/platform/trace"
)

// State of a reservation.
type State string

// The states of a reservation.
const (
	Soft     State = "soft" // pegged to a purchase order
	Hard     State = "hard" // on stock
	Consumed State = "consumed"
	Released State = "released"
)

// Reservation is a claim of a document line.
type Reservation struct {
	ID       int64
	Site     Site
	Doc      trace.Ref
	Line     int64
	Product  ipd.ProductID
	Qty      money.Qty
	Priority int
	NeedBy   date.Date
	Owner    int64 // of the document; who follows up when the claim breaks
	State    State
	Supply   trace.Ref // of a peg
	SupplyOn date.Date
}

// Book keeps the reservations. Whoever changes them holds the cost row of the
// product.
type Book interface {
	Add(ctx context.Context, r Reservation) error
	// Turn gives qty of a reservation another state; the rest stays as it is.
	Turn(ctx context.Context, r Reservation, qty money.Qty, to State) error
	// Of lists the soft and hard reservations of a document.
	Of(ctx context.Context, doc trace.Ref) ([]Reservation, error)
	// Pegs lists the soft reservations of a product.
	Pegs(ctx context.Context, product ipd.ProductID) ([]Reservation, error)
	// InInspection lists by purchase order what was received and is not judged yet.
	InInspection(ctx context.Context, product ipd.ProductID) (map[trace.Ref]money.Qty, error)
}

// Cancels cancels the shipments of a document that have not left.
type Cancels interface {
	Cancel(ctx context.Context, doc trace.Ref) error
}

// Stock promises and reserves; it implements isc.Stock.
type Stock struct {
	Tx        func(ctx context.Context, fn func(ctx context.Context) error) error
	Part      func(ctx context.Context, fn func(ctx context.Context) error) error // of a transaction; failing undoes it alone
	Ledger    *Ledger
	Book      Book
	Sites     Sites
	Items     *Items
	Shortages *Shortages
	Shipments Cancels
	Products  ipd.Products
	Launches  ipd.Launches
	Orders    proc.Orders
	Bus       *event.Bus
	Today     func(ctx context.Context) date.Date
}

// The bases of a promise, keys of their translation.
const (
	FromStock    = "From stock"
	FromPurchase = "From purchase orders"
	IsShort      = "Short"
	NoStock      = "Needs no stock"
)

func pastRules(ctx context.Context) context.Context { return authz.System(ctx, "isc.Stock") }

// site finds the warehouse of a request; 0 is the default one of the actor's company.
func (s *Stock) site(ctx context.Context, warehouse int64) (Site, error) {
	who, _ := authz.Of(ctx)
	return s.Sites.Site(ctx, warehouse, who.Company)
}

// goods keeps the lines that need stock, by product.
func (s *Stock) goods(ctx context.Context, lines []isc.Demand) (map[ipd.ProductID]bool, error) {
	ids := make([]ipd.ProductID, len(lines))
	for i, l := range lines {
		ids[i] = l.Product
	}
	list, err := s.Products.Products(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make(map[ipd.ProductID]bool, len(list))
	for id, p := range list {
		out[id] = p.Kind == ipd.Goods
	}
	return out, nil
}

// Promise implements isc.Stock.
func (s *Stock) Promise(ctx context.Context, lines []isc.Demand, warehouse int64) ([]isc.Promise, error) {
	ctx = pastRules(ctx)
	site, err := s.site(ctx, warehouse)
	if err != nil {
		return nil, err
	}
	goods, err := s.goods(ctx, lines)
	if err != nil {
		return nil, err
	}
	positions := map[ipd.ProductID]*Position{}
	out := make([]isc.Promise, len(lines))
	for i, l := range lines {
		if !goods[l.Product] {
			out[i] = isc.Promise{Line: l.Line, On: s.Today(ctx), Basis: NoStock}
			continue
		}
		if positions[l.Product] == nil {
			if positions[l.Product], err = s.position(ctx, site, l.Product); err != nil {
				return nil, err
			}
		}
		a := positions[l.Product].Serve(l.Qty)
		out[i] = promise(isc.Promise{Line: l.Line, Reserved: a.Hard, Pegged: a.Pegged(), Short: a.Short, On: a.On})
	}
	return out, nil
}

// promise names the basis.
func promise(p isc.Promise) isc.Promise {
	switch {
	case p.Short.Sign() > 0:
		p.Basis, p.On = IsShort, date.Date{}
	case p.Pegged.Sign() > 0:
		p.Basis = FromPurchase
	default:
		p.Basis = FromStock
	}
	return p
}

// position reads what stock and supply can still give.
func (s *Stock) position(ctx context.Context, site Site, product ipd.ProductID) (*Position, error) {
	p := &Position{Today: s.Today(ctx)}
	b, err := s.Ledger.Store.Balance(ctx, Key{product, site.at(Available)})
	if err != nil {
		return nil, fmt.Errorf("stock of product %d: %w", product, err)
	}
	p.Free = b.Free()
	if p.Supply, err = s.supply(ctx, product, p.Today); err != nil {
		return nil, err
	}
	short, err := s.Shortages.waiting(ctx, product)
	if err != nil {
		return nil, err
	}
	for i := range short {
		p.Wants = append(p.Wants, Want{On: short[i].NeedBy, Qty: short[i].rest()})
	}
	return p, nil
}

// supply is what is on its way or waits for its inspection, and is pegged to
// nobody. An order without a date promises nothing.
func (s *Stock) supply(ctx context.Context, product ipd.ProductID, today date.Date) ([]Inbound, error) {
	open, err := s.Orders.Supply(ctx, product)
	if err != nil {
		return nil, fmt.Errorf("supply of product %d: %w", product, err)
	}
	judged, err := s.Book.InInspection(ctx, product)
	if err != nil {
		return nil, err
	}
	var list []Inbound
	for po, qty := range judged {
		list = append(list, Inbound{PO: po, On: today, Qty: qty})
	}
	for _, o := range open {
		if !o.On.IsZero() {
			list = append(list, Inbound{PO: o.PO, On: o.On, Qty: o.Qty})
		}
	}
	pegs, err := s.Book.Pegs(ctx, product)
	if err != nil {
		return nil, err
	}
	taken := map[trace.Ref]money.Qty{}
	for _, r := range pegs {
		taken[r.Supply] = taken[r.Supply].Add(r.Qty)
	}
	return unpegged(list, taken), nil
}

// Reserve implements isc.Stock.
func (s *Stock) Reserve(ctx context.Context, r isc.ReserveRequest) ([]isc.Promise, error) {
	var out []isc.Promise
	err := s.Tx(pastRules(ctx), func(ctx context.Context) error {
		var err error
		out, err = s.reserve(ctx, r)
		return err
	})
	return out, err
}

func (s *Stock) reserve(ctx context.Context, r isc.ReserveRequest) ([]isc.Promise, error) {
	site, err := s.site(ctx, r.Warehouse)
	if err != nil {
		return nil, err
	}
	goods, err := s.goods(ctx, r.Lines)
	if err != nil {
		return nil, err
	}
	var keys []Key
	for _, l := range r.Lines {
		if goods[l.Product] {
			keys = append(keys, Key{l.Product, site.at(Available)})
		}
	}
	var out []isc.Promise
	err = s.Part(ctx, func(ctx context.Context) error {
		out, err = s.fromShelf(ctx, site, r, goods, keys)
		return err
	})
	if !errors.Is(err, errNotFree) {
		return out, err
	}
	held, err := s.Ledger.Lock(ctx, site.Company, keys)
	if err != nil {
		return nil, err
	}
	if err := s.Items.Ensure(ctx, site.Company, goods); err != nil {
		return nil, err
	}
	have, err := s.claimed(ctx, r.Doc)
	if err != nil {
		return nil, err
	}
	return s.reserveLines(ctx, held, site, r, goods, have)
}

// errNotFree says that the shelf alone does not serve a request.
var errNotFree = errors.New("not free")

// fromShelf reserves what is free, when everything is and the document holds nothing
// yet: the common case, which leaves the gates of the products open. errNotFree undoes
// it with its locks.
func (s *Stock) fromShelf(ctx context.Context, site Site, r isc.ReserveRequest, goods map[ipd.ProductID]bool, keys []Key) ([]isc.Promise, error) {
	known, err := s.Items.known(ctx, site.Company, goods)
	if err != nil {
		return nil, err
	}
	have, err := s.claimed(ctx, r.Doc)
	if err != nil {
		return nil, err
	}
	if !known || len(have) > 0 {
		return nil, errNotFree
	}
	balances, err := s.Ledger.lockBalances(ctx, keys)
	if err != nil {
		return nil, err
	}
	left := maps.Clone(balances)
	for _, l := range r.Lines {
		if k := (Key{l.Product, site.at(Available)}); goods[l.Product] {
			b := left[k]
			if b.Free().Less(l.Qty) {
				return nil, errNotFree
			}
			b.Reserved = b.Reserved.Add(l.Qty)
			left[k] = b
		}
	}
	return s.reserveLines(ctx, &Held{Balances: balances}, site, r, goods, nil)
}

func (s *Stock) reserveLines(ctx context.Context, held *Held, site Site, r isc.ReserveRequest, goods map[ipd.ProductID]bool, have map[claimKey]isc.Promise) ([]isc.Promise, error) {
	var err error
	out := make([]isc.Promise, len(r.Lines))
	for i, l := range r.Lines {
		if !goods[l.Product] {
			out[i] = isc.Promise{Line: l.Line, On: s.Today(ctx), Basis: NoStock}
			continue
		}
		if out[i], err = s.reserveLine(ctx, held, site, r, l, have[claimKey{l.Line, l.Product}]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// reserveLine claims what the line has not claimed before.
func (s *Stock) reserveLine(ctx context.Context, held *Held, site Site, r isc.ReserveRequest, l isc.Demand, have isc.Promise) (isc.Promise, error) {
	have.Line, have.On = l.Line, date.Later(have.On, s.Today(ctx))
	want := l.Qty.Sub(have.Reserved).Sub(have.Pegged).Sub(have.Short)
	if want.Sign() <= 0 {
		return promise(have), nil
	}
	// What is free on the shelf serves without a look at what is on its way.
	pos := &Position{Today: s.Today(ctx), Free: held.Balances[Key{l.Product, site.at(Available)}].Free()}
	if pos.Free.Less(want) {
		var err error
		if pos, err = s.position(ctx, site, l.Product); err != nil {
			return have, err
		}
	}
	a := pos.Serve(want)
	if err := s.book(ctx, held, site, r, l, a); err != nil {
		return have, err
	}
	have.Reserved, have.Pegged, have.Short = have.Reserved.Add(a.Hard), have.Pegged.Add(a.Pegged()), have.Short.Add(a.Short)
	have.On = date.Later(have.On, a.On)
	return promise(have), nil
}

// claimKey names the claims of one line on one product.
type claimKey struct {
	line    int64
	product ipd.ProductID
}

// claimed is what the lines of a document hold already, beyond what was shipped.
func (s *Stock) claimed(ctx context.Context, doc trace.Ref) (map[claimKey]isc.Promise, error) {
	out := map[claimKey]isc.Promise{}
	list, err := s.Book.Of(ctx, doc)
	if err != nil {
		return nil, err
	}
	for _, x := range list {
		k := claimKey{x.Line, x.Product}
		p := out[k]
		if x.State == Soft {
			p.Pegged, p.On = p.Pegged.Add(x.Qty), date.Later(p.On, x.SupplyOn)
		} else {
			p.Reserved = p.Reserved.Add(x.Qty)
		}
		out[k] = p
	}
	short, err := s.Shortages.of(ctx, doc)
	for i := range short {
		if x := &short[i]; x.Stage == ShortageOpen || x.Stage == ShortageRequested {
			k := claimKey{x.DocLine, x.ProductID}
			p := out[k]
			p.Short = p.Short.Add(x.rest())
			out[k] = p
		}
	}
	return out, err
}

// book writes an allocation: hard on the balance, pegs, a shortage for the rest.
func (s *Stock) book(ctx context.Context, held *Held, site Site, r isc.ReserveRequest, l isc.Demand, a Allocation) error {
	claim := Reservation{Site: site, Doc: r.Doc, Line: l.Line, Product: l.Product, Priority: r.Priority, NeedBy: l.NeedBy, Owner: r.Owner}
	if a.Hard.Sign() > 0 {
		hard := claim
		hard.State, hard.Qty = Hard, a.Hard
		if err := s.hold(ctx, held, hard); err != nil {
			return err
		}
	}
	for _, peg := range a.Pegs {
		soft := claim
		soft.State, soft.Qty, soft.Supply, soft.SupplyOn = Soft, peg.Qty, peg.PO, peg.On
		if err := s.Book.Add(ctx, soft); err != nil {
			return err
		}
	}
	if a.Short.Sign() <= 0 {
		return nil
	}
	return s.Shortages.raise(ctx, shortageOf(claim, a.Short))
}

func shortageOf(r Reservation, qty money.Qty) *Shortage {
	x := &Shortage{ProductID: r.Product, WarehouseID: r.Site.Warehouse, Qty: qty, NeedBy: r.NeedBy, Priority: r.Priority,
		DocType: r.Doc.Type, DocID: r.Doc.ID, DocLine: r.Line}
	x.OwnerID, x.CompanyID = r.Owner, r.Site.Company
	return x
}

// hold reserves free stock.
func (s *Stock) hold(ctx context.Context, held *Held, r Reservation) error {
	if err := s.Ledger.change(ctx, held, Key{r.Product, r.Site.at(Available)}, money.Qty{}, r.Qty); err != nil {
		return err
	}
	return s.Book.Add(ctx, r)
}

// Release implements isc.Stock. What becomes free goes to whoever waits.
func (s *Stock) Release(ctx context.Context, doc trace.Ref) error {
	return s.Tx(pastRules(ctx), func(ctx context.Context) error { return s.release(ctx, doc) })
}

func (s *Stock) release(ctx context.Context, doc trace.Ref) error {
	if err := s.Shipments.Cancel(ctx, doc); err != nil {
		return err
	}
	held, err := s.lockClaims(ctx, doc)
	if err != nil {
		return err
	}
	if err := s.Shortages.cancel(ctx, doc); err != nil {
		return err
	}
	list, err := s.Book.Of(ctx, doc)
	if err != nil {
		return err
	}
	freed := map[Key]Site{}
	for _, r := range list {
		if r.State == Hard {
			k := Key{r.Product, r.Site.at(Available)}
			if err := s.Ledger.change(ctx, held, k, money.Qty{}, r.Qty.Neg()); err != nil {
				return err
			}
			freed[k] = r.Site
		}
		if err := s.Book.Turn(ctx, r, r.Qty, Released); err != nil {
			return err
		}
	}
	return s.giveAway(ctx, held, freed)
}

// lockClaims locks the products a document has claims on; only then are the claims
// as they will stay.
func (s *Stock) lockClaims(ctx context.Context, doc trace.Ref) (*Held, error) {
	claims, err := s.Book.Of(ctx, doc)
	if err != nil {
		return nil, err
	}
	short, err := s.Shortages.of(ctx, doc)
	if err != nil {
		return nil, err
	}
	for _, x := range short {
		claims = append(claims, Reservation{Site: Site{Warehouse: x.WarehouseID, Company: x.CompanyID}, Product: x.ProductID})
	}
	keys := map[int64][]Key{}
	for _, r := range claims {
		site, err := s.Sites.Site(ctx, r.Site.Warehouse, r.Site.Company)
		if err != nil {
			return nil, err
		}
		keys[site.Company] = append(keys[site.Company], Key{r.Product, site.at(Available)})
	}
	held := &Held{map[ipd.ProductID]Cost{}, map[Key]Balance{}}
	for _, company := range slices.Sorted(maps.Keys(keys)) {
		h, err := s.Ledger.Lock(ctx, company, keys[company])
		if err != nil {
			return nil, err
		}
		maps.Copy(held.Costs, h.Costs)
		maps.Copy(held.Balances, h.Balances)
	}
	return held, nil
}
