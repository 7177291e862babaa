package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"meridian/platform/authz"
	"meridian/platform/resource"
)

// demoCompany loads the demo company and, with --scale or --depth, a mass of history.
func demoCompany(ctx context.Context, args []string) (err error) {
	fs := flag.NewFlagSet("demo", flag.ContinueOnError)
	scale := fs.Int("scale", 0, "thousands of customers and orders, and ten thousands of opportunities, to add")
	deep := fs.Int("depth", 0, "thousands of customers with their follow-ups, and of half as many open deals, to add by copying")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if *scale < 0 || *deep < 0 || fs.NArg() > 0 {
		return errors.New("usage: meridian demo [--scale N] [--depth N]")
	}
	o, err := open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	start := o.Now()
	loaded, err := o.makeDemo(ctx)
	if err != nil {
		return fmt.Errorf("load the demo company: %w", err)
	}
	if loaded {
		fmt.Fprintf(os.Stdout, "Demo company loaded in %s. %s\n", o.Now().Sub(start).Round(time.Millisecond), o.LoginNote)
	} else {
		fmt.Fprintln(os.Stdout, "The database has customers already; no demo company was loaded.")
	}
	if *scale > 0 {
		if err := o.loadScale(ctx, *scale); err != nil {
			return err
		}
	}
	if *deep > 0 {
		return o.loadDepth(ctx, *deep)
	}
	return nil
}

const (
	scaleBatch   = 500 // records per transaction
	scaleWorkers = 2
)

// scaler imports a mass of history, by the way every import takes.
type scaler struct {
	o        *opened
	admin    int64
	owners   []int64
	products []int64
	prices   []int
	store    int64
	prefix   string // of the numbers, new for every run

	mu        sync.Mutex
	customers []int64
}

// loadScale adds n thousand customers, ten times as many opportunities and n
// thousand orders with three lines, and reports how fast that went.
func (o *opened) loadScale(ctx context.Context, n int) error {
	s := &scaler{o: o, prefix: fmt.Sprintf("X%d", o.Now().Unix())}
	if err := s.prepare(ctx); err != nil {
		return err
	}
	for _, part := range []struct {
		typ   string
		count int
		make  func(r *rand.Rand, i int) (resource.Values, resource.History)
	}{{"crm.customer", 1000 * n, s.customer}, {"ltc.opportunity", 10000 * n, s.deal}, {"ltc.order", 1000 * n, s.order}} {
		start := o.Now()
		if err := s.load(ctx, part.typ, part.count, part.make); err != nil {
			return fmt.Errorf("load %s: %w", part.typ, err)
		}
		slices.Sort(s.customers)
		took := o.Now().Sub(start)
		fmt.Fprintf(os.Stdout, "%-16s %8d in %s, %.0f/s\n", part.typ, part.count, took.Round(time.Millisecond), float64(part.count)/took.Seconds())
	}
	return nil
}

// prepare finds who sells what from where.
func (s *scaler) prepare(ctx context.Context) error {
	dir := s.o.Authz.Directory()
	admin, ok := dir.ByUsername("admin")
	if !ok {
		return errors.New("there is no user admin to act as")
	}
	s.admin = admin.ID
	if s.owners = dir.Holders("ltc.rep", admin.Company, 0, true); len(s.owners) == 0 {
		s.owners = []int64{admin.ID}
	}
	ctx = s.as(ctx)
	for i, p := range demoProducts {
		id, err := s.find(ctx, "ipd.product", "name", p.name)
		if err != nil {
			return fmt.Errorf("the products of the demo company are needed: %w", err)
		}
		s.products, s.prices = append(s.products, id), append(s.prices, demoProducts[i].price)
	}
	var err error
	s.store, err = s.find(ctx, "isc.warehouse", "name", "上海中心仓")
	return err
}

func (s *scaler) as(ctx context.Context) context.Context {
	return authz.System(authz.With(ctx, s.o.Authn.Subject(s.admin)), demoMark)
}

func (s *scaler) find(ctx context.Context, typ, field, value string) (int64, error) {
	t, err := s.o.Types.Doc(typ)
	if err != nil {
		return 0, err
	}
	return t.FindKey(ctx, field, value)
}

// load imports count records of a type in batches, by several workers. The first
// failure stops all; whole batches stay.
func (s *scaler) load(ctx context.Context, typ string, count int, record func(r *rand.Rand, i int) (resource.Values, resource.History)) error {
	t, err := s.o.Types.Doc(typ)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(s.as(ctx))
	defer stop(nil)
	batches := make(chan int)
	var work sync.WaitGroup
	for range scaleWorkers {
		work.Go(func() {
			for first := range batches {
				if err := s.batch(ctx, t, first, min(first+scaleBatch, count), record); err != nil {
					stop(err)
				}
			}
		})
	}
	for first := 0; first < count && ctx.Err() == nil; first += scaleBatch {
		batches <- first
	}
	close(batches)
	work.Wait()
	return context.Cause(ctx)
}

func (s *scaler) batch(ctx context.Context, t resource.Doc, first, end int, record func(r *rand.Rand, i int) (resource.Values, resource.History)) error {
	var ids []int64
	err := s.o.DB.Tx(ctx, func(ctx context.Context) error {
		ids = ids[:0]
		r := rand.New(rand.NewPCG(demoSeed, uint64(first))) //nolint:gosec // the same every time, on purpose
		for i := first; i < end; i++ {
			v, h := record(r, i)
			row, err := t.ImportRow(ctx, v, h)
			if err != nil {
				return err
			}
			ids = append(ids, row.Base().ID)
		}
		return nil
	})
	if err == nil && t.Info().Name == "crm.customer" {
		s.mu.Lock()
		s.customers = append(s.customers, ids...)
		s.mu.Unlock()
	}
	return err
}

// history is a day of the last two years.
func (s *scaler) history(r *rand.Rand, stage, kind string, i int) resource.History {
	return resource.History{Stage: stage, At: s.o.Now().Add(-time.Duration(1+r.IntN(730*24)) * time.Hour), No: fmt.Sprintf("%s-%s%07d", s.prefix, kind, i), Reason: demoMark}
}

func (s *scaler) customer(r *rand.Rand, i int) (resource.Values, resource.History) {
	c := demoEast[r.IntN(len(demoEast))]
	name := fmt.Sprintf("%s%s%d号工厂有限公司", c.region, c.industry, i+1)
	return resource.Values{"name": name, "kind": "company", "industry": c.industry, "region": c.region, "size": c.size, "source": "导入", "tier": "standard", "owner_id": id10(s.owners[i%len(s.owners)]),
		"credit_limit": "200000", "payment_days": "30", "address": c.region + "工业园", "note": "演示数据"}, s.history(r, "user", "C", i)
}

// buyer is a customer for record i. Within a batch they come in rising order, so two
// batches that count for the same customers do not wait for each other in a circle.
func (s *scaler) buyer(r *rand.Rand, i int) int64 {
	n := len(s.customers)
	return s.customers[(i%scaleBatch*n+r.IntN(n))/scaleBatch]
}

func (s *scaler) deal(r *rand.Rand, i int) (resource.Values, resource.History) {
	stage := []string{"won", "lost", "won", "qualify", "propose", "lost", "won", "negotiate"}[i%8]
	h := s.history(r, stage, "O", i)
	on := h.At.AddDate(0, 0, 30)
	if now := s.o.Now(); on.After(now) {
		on = now
	}
	p := r.IntN(len(s.products))
	v := resource.Values{"name": demoNeeds[r.IntN(len(demoNeeds))], "customer_id": id10(s.buyer(r, i)), "product_id": id10(s.products[p]), "amount": strconv.Itoa(s.prices[p] * (1 + r.IntN(20))),
		"close_on": on.Format(time.DateOnly), "source": "导入", "owner_id": id10(s.owners[i%len(s.owners)])}
	if stage == "won" || stage == "lost" {
		v["closed_on"] = on.Format(time.DateOnly)
	}
	return v, h
}

func (s *scaler) order(r *rand.Rand, i int) (resource.Values, resource.History) {
	h := s.history(r, "completed", "S", i)
	lines := make([]resource.Values, 3)
	for k, p := range r.Perm(len(s.products))[:3] {
		lines[k] = resource.Values{"product_id": id10(s.products[p]), "qty": strconv.Itoa(1 + r.IntN(10)), "unit_price": strconv.Itoa(s.prices[p])}
	}
	return resource.Values{"customer_id": id10(s.buyer(r, i)), "order_date": h.At.Format(time.DateOnly), "warehouse_id": id10(s.store), "owner_id": id10(s.owners[i%len(s.owners)]), "lines": lines}, h
}
