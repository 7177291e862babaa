// Package event carries domain facts between modules, synchronously and inside
// the publisher's transaction. Every subscription stands in cmd's wire.go.
package event

import (
	"context"
	"fmt"
	"reflect"
)

// Bus delivers events. It is filled while wiring and read only after.
type Bus struct{ subs map[reflect.Type][]handler }

type handler struct {
	name string
	fn   func(ctx context.Context, e any) error
}

// NewBus returns an empty bus.
func NewBus() *Bus { return &Bus{subs: map[reflect.Type][]handler{}} }

// Subscribe calls fn for every event of type E, in the order of subscription.
// name says who reacts, for errors and the list of subscriptions.
func Subscribe[E any](b *Bus, name string, fn func(ctx context.Context, e E) error) {
	t := reflect.TypeFor[E]()
	b.subs[t] = append(b.subs[t], handler{name, func(ctx context.Context, e any) error { return fn(ctx, e.(E)) }})
}

type depthKey struct{}

// maxDepth bounds chains of events; a longer one is a loop between modules.
const maxDepth = 4

// Publish delivers e to its subscribers in the transaction of ctx. The first
// failure is returned and rolls the publisher back.
func (b *Bus) Publish(ctx context.Context, e any) error {
	depth, _ := ctx.Value(depthKey{}).(int)
	if depth >= maxDepth {
		return fmt.Errorf("event %T: more than %d events deep, a loop between modules", e, maxDepth)
	}
	ctx = context.WithValue(ctx, depthKey{}, depth+1)
	for _, h := range b.subs[reflect.TypeOf(e)] {
		if err := h.fn(ctx, e); err != nil {
			return fmt.Errorf("%s on %T: %w", h.name, e, err)
		}
	}
	return nil
}

// Subscriptions lists who reacts to what, for the architecture test and the docs.
func (b *Bus) Subscriptions() map[string][]string {
	out := map[string][]string{}
	for t, hs := range b.subs {
		for _, h := range hs {
			out[t.String()] = append(out[t.String()], h.name)
		}
	}
	return out
}
