// Command bench measures the program beside the bare limit of the machine.
//
// It runs meridian and a bare gin + pgx server on one private PostgreSQL, drives
// both with the same clients, and prints one table. The data folder is kept, so only
// the first run loads the mass of history. A second part, asked for by -depth, measures
// what CRM and LTC promise of a million customers.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"regexp"
	"time"

	"meridian/platform/pgrun"
)

type options struct {
	bin     string
	data    string
	scale   int
	depth   int // thousands of customers of the second part; 0 = the first part
	clients int
	each    time.Duration
	only    *regexp.Regexp
}

func main() {
	var o options
	bare := flag.String("bare", "", "serve the bare server on this database (used by the program itself)")
	flag.StringVar(&o.bin, "bin", "bin/meridian", "the program to measure")
	flag.StringVar(&o.data, "data", "", "data folder, kept between runs; each part has its own if empty")
	flag.IntVar(&o.depth, "depth", 0, "measure the second part, with so many thousand customers")
	flag.IntVar(&o.scale, "scale", 100, "thousands of customers and orders, and ten thousands of opportunities")
	flag.IntVar(&o.clients, "clients", 16, "clients at the same time")
	flag.DurationVar(&o.each, "each", 8*time.Second, "time of each measurement")
	only := flag.String("only", "", "measure what this expression matches")
	flag.Parse()
	o.only = regexp.MustCompile(*only)
	if o.data == "" {
		o.data = pgrun.DefaultRoot() + "-bench"
		if o.depth > 0 {
			o.data += "-depth"
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	run := func() error { return o.run(ctx) }
	if o.depth > 0 {
		run = func() error { return o.deepRun(ctx) }
	}
	if *bare != "" {
		run = func() error { return serveBare(ctx, *bare) }
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop was called
	}
}

func (o options) run(ctx context.Context) (err error) {
	if err := os.MkdirAll(o.data, 0o755); err != nil { //nolint:gosec // PostgreSQL runs under another account and must enter
		return fmt.Errorf("data folder: %w", err)
	}
	cluster, err := pgrun.Start(ctx, pgrun.Config{Root: o.data, NoTCP: true, Log: slog.Default()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Stop(20*time.Second)) }()
	if err := o.load(ctx, cluster.DSN("meridian")); err != nil {
		return err
	}
	if err := makeBare(ctx, cluster, o.scale); err != nil {
		return err
	}
	us, err := o.startMeridian(ctx)
	if err != nil {
		return err
	}
	defer us.stop()
	idle := us.memory()
	if err := o.prepare(ctx, us); err != nil {
		return err
	}
	bare, err := startBare(ctx, cluster.DSN("bare"))
	if err != nil {
		return err
	}
	defer bare.stop()
	r := report{clients: o.clients, idle: idle}
	if err := o.measure(ctx, &r, us, bare); err != nil {
		return err
	}
	r.loaded = us.memory()
	r.print(os.Stdout)
	return nil
}

// measurement is one line of the first table.
type measurement struct {
	name       string
	ours, bare job
}

// measure runs every measurement, ours and the bare one in turn: what reads first, since
// a flood of writes is cleaned up behind for minutes.
func (o options) measure(ctx context.Context, r *report, us, bare *server) error {
	w := work{customers: o.scale * 1000, orders: o.scale * 1000}
	if err := w.look(us); err != nil {
		return err
	}
	err := o.compare(ctx, r, us, bare, []measurement{
		{"list 50 of the million, filtered and sorted", w.list, bareList},
		{"the same with every field", w.listAll, bareList},
		{"read an order with lines", w.read, w.bareRead},
	})
	if err != nil {
		return err
	}
	for _, p := range w.pages() {
		if !o.only.MatchString("page " + p.name) {
			continue
		}
		u, err := drive(ctx, us, 4, o.each/2, p.job)
		if err != nil {
			return fmt.Errorf("page %s: %w", p.name, err)
		}
		r.pages = append(r.pages, row{name: p.name, ours: u})
		fmt.Fprintf(os.Stderr, "page %s: p99 %s\n", p.name, u.at(0.99).Round(time.Millisecond))
	}
	if err := o.compare(ctx, r, us, bare, []measurement{
		{"create an opportunity", w.create, bareCreate},
		{"a whole deal", w.deal, bareDeal},
	}); err != nil {
		return err
	}
	return w.straight(us, func() error {
		return o.compare(ctx, r, us, bare, []measurement{{"a whole deal with steps of the program", w.straightDeal, bareDeal}})
	})
}

// compare drives the bare server and ours with the same work.
func (o options) compare(ctx context.Context, r *report, us, bare *server, list []measurement) error {
	for _, m := range list {
		if !o.only.MatchString(m.name) {
			continue
		}
		b, err := drive(ctx, bare, o.clients, o.each, m.bare)
		if err != nil {
			return fmt.Errorf("bare: %s: %w", m.name, err)
		}
		u, err := drive(ctx, us, o.clients, o.each, m.ours)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		r.rows = append(r.rows, row{m.name, u, b})
		fmt.Fprintf(os.Stderr, "%s: %.0f/s beside %.0f/s\n", m.name, u.rate(), b.rate())
	}
	return nil
}
