package main

import (
	"context"
	"log/slog"
	"time"
)

// startJobs runs what is due by time; the returned function waits for it to end.
func (o *opened) startJobs(ctx context.Context) func() {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(30 * time.Second)
		defer tick.Stop()
		for {
			if _, err := o.Process.Sweep(ctx); err != nil && ctx.Err() == nil {
				slog.ErrorContext(ctx, "time limits not swept", slog.Any("error", err))
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}()
	return func() { cancel(); <-done }
}
