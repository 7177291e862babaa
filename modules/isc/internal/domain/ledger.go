// Package domain holds the rules of the integrated supply chain.
package domain

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"meridian/modules/ipd"
	"meridian/modules/isc"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/trace"
)

// Status says what may be done with stock.
type Status string

// The statuses of stock; goods at a virtual place have none.
const (
	Inspection Status = "inspection" // received, not yet judged
	Available  Status = "available"
	Blocked    Status = "blocked" // failed the inspection
)

// Place is where goods are: a location and what may be done with them.
type Place struct {
	Location int64
	Status   Status
}

// The virtual places that balance every move.
var (
	AtSupplier   = Place{Location: 1}
	AtCustomer   = Place{Location: 2}
	InAdjustment = Place{Location: 3}
)

func (p Place) physical() bool { return p.Status != "" }

// Move takes a quantity of one product from one place to another.
type Move struct {
	Product  ipd.ProductID
	From, To Place
	Qty      money.Qty
	Cost     money.Price // per unit, of goods that enter; goods that leave take the average
	Reserved money.Qty   // part of Qty that was reserved for this purpose
	Line     int64       // of the document
	Key      string      // unique; posting it again does nothing
}

// Posting is all moves of one document.
type Posting struct {
	Company int64
	Day     date.Date
	Doc     trace.Ref
	Supply  trace.Ref // the purchase order goods came by
	Moves   []Move
}

// Posted is what became of a move.
type Posted struct {
	Fresh bool         // false: it had been posted before, nothing was done
	Value money.Amount // that entered or left; 0 for a move inside the company
}

// Key names a balance.
type Key struct {
	Product ipd.ProductID
	Place
}

func compareKeys(a, b Key) int {
	return cmp.Or(cmp.Compare(a.Product, b.Product), cmp.Compare(a.Location, b.Location), cmp.Compare(a.Status, b.Status))
}

// Balance is what stands in a place.
type Balance struct{ OnHand, Reserved money.Qty }

// Free is what nobody has reserved.
func (b Balance) Free() money.Qty { return b.OnHand.Sub(b.Reserved) }

// LedgerStore keeps moves, balances and costs.
type LedgerStore interface {
	// AddMoves appends the moves of a posting and returns the ids of the new ones by key;
	// a key that is known is not among them.
	AddMoves(ctx context.Context, p *Posting) (map[string]int64, error)
	// Value returns the value of a move posted before.
	Value(ctx context.Context, key string) (money.Amount, error)
	// Supply returns the purchase order the goods of a receipt line came by.
	Supply(ctx context.Context, receipt trace.Ref, line int64) (trace.Ref, error)
	// LockCosts holds the cost rows of products, which must be sorted; it makes missing ones.
	LockCosts(ctx context.Context, company int64, products []ipd.ProductID) (map[ipd.ProductID]Cost, error)
	// LockBalances holds balances, which must be sorted; it makes missing ones.
	LockBalances(ctx context.Context, keys []Key) (map[Key]Balance, error)
	// Change adds to a locked balance; the transaction fails when that would leave less
	// than nothing, or less than is reserved.
	Change(ctx context.Context, k Key, onHand, reserved money.Qty) error
	// Balance reads a balance.
	Balance(ctx context.Context, k Key) (Balance, error)
	// Cost reads a cost.
	Cost(ctx context.Context, company int64, product ipd.ProductID) (Cost, error)
	// Enter writes a cost with the entry that led to it; qty and value are signed.
	Enter(ctx context.Context, p *Posting, move int64, product ipd.ProductID, c Cost, qty money.Qty, value money.Amount) error
}

// Ledger posts stock moves. It must run in the transaction of the document.
type Ledger struct {
	Store    LedgerStore
	Products ipd.Products
}

// Held is what a use case has locked, as its own changes leave it.
type Held struct {
	Costs    map[ipd.ProductID]Cost
	Balances map[Key]Balance
}

// Lock holds what a use case will change, always in the same order: costs by
// product, then balances by product, place and status. The cost row is the gate:
// whoever holds it sees every reservation of the product.
func (l *Ledger) Lock(ctx context.Context, company int64, keys []Key) (*Held, error) {
	products := map[ipd.ProductID]bool{}
	for _, k := range keys {
		products[k.Product] = true
	}
	costs, err := l.Store.LockCosts(ctx, company, slices.Sorted(maps.Keys(products)))
	if err != nil {
		return nil, fmt.Errorf("lock costs: %w", err)
	}
	balances, err := l.lockBalances(ctx, keys)
	return &Held{costs, balances}, err
}

func (l *Ledger) lockBalances(ctx context.Context, keys []Key) (map[Key]Balance, error) {
	places := slices.DeleteFunc(slices.Clone(keys), func(k Key) bool { return !k.physical() })
	slices.SortFunc(places, compareKeys)
	balances, err := l.Store.LockBalances(ctx, slices.Compact(places))
	if err != nil {
		return nil, fmt.Errorf("lock balances: %w", err)
	}
	return balances, nil
}

// Post writes moves, balances and costs, or nothing. held is what the caller has locked
// of it, or nil. It returns one result per move. Errors: isc.ShortStock.
func (l *Ledger) Post(ctx context.Context, held *Held, p Posting) ([]Posted, error) {
	sorted := p // whoever posts the same keys at once takes them in the same order
	sorted.Moves = slices.SortedFunc(slices.Values(p.Moves), func(a, b Move) int { return cmp.Compare(a.Key, b.Key) })
	ids, err := l.Store.AddMoves(ctx, &sorted)
	if err != nil {
		return nil, fmt.Errorf("post %s: %w", p.Doc, err)
	}
	out := make([]Posted, len(p.Moves))
	var keys []Key
	for i := range p.Moves {
		m := &p.Moves[i]
		if _, out[i].Fresh = ids[m.Key]; out[i].Fresh {
			keys = append(keys, Key{m.Product, m.From}, Key{m.Product, m.To})
			continue
		}
		if out[i].Value, err = l.Store.Value(ctx, m.Key); err != nil {
			return nil, fmt.Errorf("value of %s: %w", m.Key, err)
		}
	}
	if !held.covers(keys) {
		if held, err = l.Lock(ctx, p.Company, keys); err != nil {
			return nil, err
		}
	}
	for i := range p.Moves {
		if !out[i].Fresh {
			continue
		}
		if out[i].Value, err = l.apply(ctx, &p, &p.Moves[i], ids[p.Moves[i].Key], held); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// covers reports whether everything keys name is locked.
func (h *Held) covers(keys []Key) bool {
	return h != nil && !slices.ContainsFunc(keys, func(k Key) bool {
		_, cost := h.Costs[k.Product]
		_, balance := h.Balances[k]
		return !cost || k.physical() && !balance
	})
}

// apply changes the balances and the cost by one move.
func (l *Ledger) apply(ctx context.Context, p *Posting, m *Move, id int64, held *Held) (money.Amount, error) {
	if m.From.physical() {
		if err := l.change(ctx, held, Key{m.Product, m.From}, m.Qty.Neg(), m.Reserved.Neg()); err != nil {
			return money.Amount{}, err
		}
	}
	if m.To.physical() {
		if err := l.change(ctx, held, Key{m.Product, m.To}, m.Qty, money.Qty{}); err != nil {
			return money.Amount{}, err
		}
	}
	if m.From.physical() == m.To.physical() {
		return money.Amount{}, nil // nothing enters or leaves the company
	}
	c := held.Costs[m.Product]
	qty := m.Qty
	var value money.Amount
	if m.To.physical() {
		value = c.In(qty, m.Cost)
	} else {
		v, err := c.Out(qty)
		if err != nil {
			return v, err
		}
		qty, value = qty.Neg(), v.Neg()
	}
	held.Costs[m.Product] = c
	return value.Abs(), l.Store.Enter(ctx, p, id, m.Product, c, qty, value)
}

// change adds to a held balance; what is missing becomes a typed refusal.
func (l *Ledger) change(ctx context.Context, held *Held, k Key, onHand, reserved money.Qty) error {
	b, ok := held.Balances[k]
	if !ok {
		return fmt.Errorf("balance of product %d at %d is changed without its lock", k.Product, k.Location)
	}
	after := Balance{b.OnHand.Add(onHand), b.Reserved.Add(reserved)}
	if after.Reserved.Sign() < 0 || after.OnHand.Less(after.Reserved) {
		wanted, there := onHand.Neg(), b.Free().Sub(reserved)
		if onHand.IsZero() { // a reservation
			wanted, there = reserved, b.Free()
		}
		return l.short(ctx, k.Product, wanted, there)
	}
	held.Balances[k] = after
	return l.Store.Change(ctx, k, onHand, reserved)
}

func (l *Ledger) short(ctx context.Context, product ipd.ProductID, wanted, there money.Qty) error {
	p, err := l.Products.Product(ctx, product)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	return isc.NewShortStock(product, p.No+" "+p.Name, wanted, there.Max(money.Qty{}))
}
