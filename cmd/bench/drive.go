package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"meridian/platform/clock"
)

// client is one connection that asks and waits, as light as can be: what it spends
// is taken from the server it measures.
type client struct {
	c    net.Conn
	r    *bufio.Reader
	addr string
	rnd  *rand.Rand
}

func dial(addr string, seed uint64) (*client, error) {
	c, err := new(net.Dialer).DialContext(context.Background(), "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return &client{c, bufio.NewReaderSize(c, 64<<10), addr, rand.New(rand.NewPCG(seed, 1))}, nil //nolint:gosec // the same every time, on purpose
}

// do sends one request; auth is a whole header line. An answer of another status than
// want is an error that shows its body.
func (c *client) do(want int, method, path, auth string, body []byte) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", method, path, c.addr, auth)
	if body != nil {
		fmt.Fprintf(&b, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	b.WriteString("\r\n")
	b.Write(body)
	if _, err := c.c.Write(b.Bytes()); err != nil {
		return nil, fmt.Errorf("send: %w", err)
	}
	res, err := http.ReadResponse(c.r, nil)
	if err != nil {
		return nil, fmt.Errorf("receive: %w", err)
	}
	out, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return nil, fmt.Errorf("receive: %w", err)
	}
	if res.StatusCode != want {
		return nil, fmt.Errorf("%s %s answered %d: %.400s", method, path, res.StatusCode, out)
	}
	return out, nil
}

// job is one unit of work of a client.
type job func(s *server, c *client) error

// result is what a measurement found.
type result struct {
	took  time.Duration
	times []time.Duration // of every unit, sorted
}

func (r result) rate() float64 { return float64(len(r.times)) / r.took.Seconds() }

func (r result) at(share float64) time.Duration {
	if len(r.times) == 0 {
		return 0
	}
	return r.times[min(int(share*float64(len(r.times))), len(r.times)-1)]
}

// drive has clients do the job for a time, after a second to warm up.
func drive(ctx context.Context, s *server, clients int, each time.Duration, do job) (result, error) {
	if _, err := round(ctx, s, clients, time.Second, do); err != nil {
		return result{}, err
	}
	return round(ctx, s, clients, each, do)
}

func round(ctx context.Context, s *server, clients int, each time.Duration, do job) (result, error) {
	ctx, cancel := context.WithTimeout(ctx, each)
	defer cancel()
	var mu sync.Mutex
	var r result
	var errList []error
	var wg sync.WaitGroup
	start := clock.System()
	for i := range clients {
		wg.Go(func() {
			times, err := loop(ctx, s, uint64(i), do)
			mu.Lock()
			defer mu.Unlock()
			r.times = append(r.times, times...)
			if err != nil {
				errList = append(errList, err)
				cancel()
			}
		})
	}
	wg.Wait()
	r.took = clock.System().Sub(start)
	slices.Sort(r.times)
	return r, errors.Join(errList...)
}

func loop(ctx context.Context, s *server, seed uint64, do job) ([]time.Duration, error) {
	c, err := dial(s.addr, seed+uint64(clock.System().UnixNano()))
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.c.Close() }()
	var times []time.Duration
	for ctx.Err() == nil {
		start := clock.System()
		if err := do(s, c); err != nil {
			return times, err
		}
		times = append(times, clock.System().Sub(start))
	}
	return times, nil
}

func (c *client) id(n int) string { return strconv.Itoa(1 + c.rnd.IntN(n)) }
