package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// call asks the running program; headers are name, value pairs.
func (m *machine) call(ctx context.Context, token, method, path string, body any, headers ...string) (int, doc, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return 0, nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, m.url+"/api/v1"+path, bytes.NewReader(b))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	var out doc
	err = json.NewDecoder(res.Body).Decode(&out)
	return res.StatusCode, out, err
}

// must is call that has to answer the status.
func (m *machine) must(token, method, path string, body any, want int) doc {
	m.t.Helper()
	status, out, err := m.call(m.t.Context(), token, method, path, body)
	if err != nil || status != want {
		m.t.Fatalf("%s %s answered %d, want %d: %v %v", method, path, status, want, out, err)
	}
	return out
}

// step is one call of a flow: the creation first, then its moves.
type step struct {
	name string
	body doc
}

// flow is a document a client takes through its stages.
type flow struct {
	key   string // of the first call; those of the moves follow from it
	typ   string
	steps []step
	id    int64
	acked int // steps the server has answered for
}

// goods makes what orders stand on: a customer with credit, a product on sale. None
// is in stock, so every order also opens shortages and closes them.
func (m *machine) goods(token string) (customer, product int64) {
	m.t.Helper()
	customer = id(m.must(token, "POST", "/crm/customer", doc{"name": "Acme", "credit_limit": "1000000000"}, 201))
	product = id(m.must(token, "POST", "/ipd/product", doc{"name": "SV-750W servo drive", "kind": "goods", "unit": "pcs", "tax_rate": "0.13"}, 201))
	m.must(token, "POST", fmt.Sprintf("/ipd/product/%d/release", product), doc{}, 200)
	m.must(token, "POST", "/isc/warehouse", doc{"name": "Main", "is_default": true}, 201)
	return customer, product
}

// flows keeps documents in motion until ctx ends: deals through their stages, orders
// with lines confirmed and cancelled. It sends a word for every answer; ended waits
// for the last client and returns the documents.
func (m *machine) flows(ctx context.Context, token, prefix string, customer, product int64) (steps <-chan string, ended func() []*flow) {
	acked := make(chan string, 1<<17)
	var mu sync.Mutex
	var all []*flow // complete when every client has stopped
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				f := &flow{key: fmt.Sprintf("%s-flow-%d-%d", prefix, w, i), typ: "ltc.opportunity"}
				f.steps = []step{{"create", doc{"name": f.key, "amount": "1000", "customer_id": customer}}, {"propose", doc{}}, {"negotiate", doc{}}, {"lose", doc{"reason": "no_decision", "evidence": "the purchase was put off"}}}
				if w%2 == 1 {
					line := doc{"product_id": product, "qty": "1", "unit_price": "0.5"}
					f.typ = "ltc.order"
					f.steps = []step{{"create", doc{"customer_id": customer, "note": f.key, "lines": []doc{line, line}}}, {"confirm", doc{}}, {"cancel", doc{"reason": "test"}}}
				}
				mu.Lock()
				all = append(all, f)
				mu.Unlock()
				m.drive(ctx, token, f, acked)
			}
		})
	}
	go func() {
		wg.Wait()
		close(acked)
	}()
	return acked, func() []*flow { wg.Wait(); return all }
}

// drive takes a flow to its end as a careful client does: what was not answered is
// sent again with the same key.
func (m *machine) drive(ctx context.Context, token string, f *flow, acked chan<- string) {
	for n := range f.steps {
		for {
			status, out, err := m.send(ctx, token, f, n)
			if ctx.Err() != nil {
				return
			}
			if err == nil && status < 300 {
				f.id, f.acked = id(out), n+1
				acked <- f.key
				break
			}
			if err == nil && status < 500 {
				m.t.Errorf("%s of %s answered %d: %v", f.steps[n].name, f.key, status, out)
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}

func (m *machine) send(ctx context.Context, token string, f *flow, n int) (int, doc, error) {
	path := path1(f.typ)
	if n > 0 {
		path += fmt.Sprintf("/%d/%s", f.id, f.steps[n].name)
	}
	return m.call(ctx, token, "POST", path, f.steps[n].body, "Idempotency-Key", fmt.Sprintf("%s-%d", f.key, n))
}

// checkFlows counts the steps in the log of every document: what was acknowledged is
// there once; then every call is sent again with its key, which changes no document
// but finishes those that were cut short.
func (m *machine) checkFlows(token string, all []*flow) {
	m.t.Helper()
	made := map[string]int{}
	for _, f := range all {
		if f.acked > 0 {
			if got := m.moves(token, f); len(got) < f.acked || len(got) > f.acked+1 || !slices.Equal(got, f.names()[:len(got)]) {
				m.t.Errorf("%s: %d steps were acknowledged, the log of %s %d holds %v", f.key, f.acked, f.typ, f.id, got)
			}
		}
		for n := range f.steps {
			status, out, err := m.send(m.t.Context(), token, f, n)
			if err != nil || status >= 300 || f.id != 0 && id(out) != f.id {
				m.t.Errorf("%s of %s %d, sent again, answered %d: %v %v", f.steps[n].name, f.typ, f.id, status, out, err)
				break
			}
			f.id, f.acked = id(out), n+1
		}
		if got := m.moves(token, f); !slices.Equal(got, f.names()) {
			m.t.Errorf("%s: after the repetition the log of %s %d holds %v", f.key, f.typ, f.id, got)
		}
		made[f.typ]++
	}
	for typ, n := range made {
		if got := m.count(token, typ); got != n {
			m.t.Errorf("%d of %s were begun, %d are there", n, typ, got)
		}
	}
}

func (f *flow) names() []string {
	var out []string
	for _, s := range f.steps {
		out = append(out, s.name)
	}
	return out
}

// count tells how many documents of a type there are.
func (m *machine) count(token, typ string) int {
	m.t.Helper()
	n, _ := m.must(token, "GET", path1(typ)+"?limit=1&total=exact", nil, 200)["total"].(float64)
	return int(n)
}

// moves lists the steps in the log of a document.
func (m *machine) moves(token string, f *flow) []string {
	m.t.Helper()
	var out []string
	items, _ := m.must(token, "GET", fmt.Sprintf("%s/%d/log", path1(f.typ), f.id), nil, 200)["items"].([]any)
	for _, x := range items {
		if e := x.(doc); e["kind"] == "move" {
			out = append(out, fmt.Sprint(e["move"]))
		}
	}
	return out
}
