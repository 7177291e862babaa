package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"meridian/platform/web"
)

// serve runs the server until it is asked to stop; then it drains and stops the
// database it started.
func serve(ctx context.Context, args []string) (err error) {
	fs := flag.NewFlagSet("serve", flag.ContinueOnError)
	demo := fs.Bool("demo", false, "load a demo company into an empty database")
	if err := fs.Parse(args); err != nil {
		return err
	}
	o, err := open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	quit := make(chan struct{})
	if o.cluster != nil {
		go o.cluster.Supervise(context.WithoutCancel(ctx), quit, slog.Default())
	}
	defer close(quit)

	if *demo {
		if err := o.loadDemo(ctx); err != nil {
			return fmt.Errorf("load the demo company: %w", err)
		}
	}
	srv := web.New(o.Platform)
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", o.Config.Addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", o.Config.Addr, err)
	}
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	go o.Authz.Watch(work, o.direct())
	go srv.Listen(work, o.direct())
	waitJobs := o.Jobs.Start(work)
	defer waitJobs()
	stopQueue, err := o.Queue.Start(work)
	if err != nil {
		return err
	}
	defer stopQueue()

	h := &http.Server{Handler: srv.Handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
	o.announce(l.Addr())
	served := make(chan error, 1)
	go func() { served <- h.Serve(l) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	slog.Info("stopping")
	srv.Close()
	drain, done := context.WithTimeout(context.WithoutCancel(ctx), o.Config.Drain)
	defer done()
	return h.Shutdown(drain)
}

// announce tells where the program listens, which PostgreSQL it uses and how to
// sign in.
func (o *opened) announce(addr net.Addr) {
	w := os.Stdout
	fmt.Fprintf(w, "Meridian listens on http://%s\n", addr)
	fmt.Fprintf(w, "PostgreSQL: %s\n", o.how)
	switch {
	case o.fresh.Password != "":
		fmt.Fprintf(w, "Sign in as admin with the password %s (shown this once)\n", o.fresh.Password)
	case o.fresh.Admin != 0:
		fmt.Fprintln(w, "Sign in as admin with MERIDIAN_ADMIN_PASSWORD")
	default:
		fmt.Fprintln(w, "Sign in with your user name; admin was made at the first start")
	}
	if o.LoginNote != "" {
		fmt.Fprintln(w, o.LoginNote)
	}
}
