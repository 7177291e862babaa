// Package memo keeps answers that are dear to compute and need not be of this very
// moment: counts and sums over very many rows on pages that overview.
//
// How old an answer may be follows what it cost: one of 100 ms is asked for anew
// after four seconds, so watching a number never costs more than a fortieth of a
// core. Answers that do not say they are dear are never kept: a small company sees
// every number as it is.
package memo

import (
	"context"
	"sync"
	"time"

	"meridian/platform/clock"
	"meridian/platform/db"
)

const (
	freshFor = 40  // times the cost: shown as it is
	staleFor = 160 // times the cost: shown once more while a new one is computed
	capacity = 10_000
)

// Many is how many rows make a count or a sum dear.
const Many = 20_000

// Memo keeps answers by key. The zero value is ready.
type Memo[V any] struct {
	mu sync.Mutex
	m  map[string]*entry[V]
}

type entry[V any] struct {
	value   V
	at      time.Time
	cost    time.Duration
	filling bool
}

// Get returns the answer of key; compute finds it and says whether it is dear. The
// key must name who asks as far as the answer depends on it.
func (m *Memo[V]) Get(ctx context.Context, key string, compute func(ctx context.Context) (v V, dear bool, err error)) (V, error) {
	m.mu.Lock()
	if e := m.m[key]; e != nil {
		age := clock.System().Sub(e.at)
		if age < staleFor*e.cost {
			if age > freshFor*e.cost && !e.filling {
				e.filling = true
				go func() { _, _ = m.fill(db.Detach(context.WithoutCancel(ctx)), key, compute) }()
			}
			defer m.mu.Unlock()
			return e.value, nil
		}
	}
	m.mu.Unlock()
	return m.fill(ctx, key, compute)
}

func (m *Memo[V]) fill(ctx context.Context, key string, compute func(ctx context.Context) (V, bool, error)) (V, error) {
	start := clock.System()
	v, dear, err := compute(ctx)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil || !dear {
		delete(m.m, key)
		return v, err
	}
	if m.m == nil || len(m.m) >= capacity {
		m.m = map[string]*entry[V]{} // full of what nobody looks at any more
	}
	m.m[key] = &entry[V]{value: v, at: clock.System(), cost: clock.System().Sub(start)}
	return v, nil
}
