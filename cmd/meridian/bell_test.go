package main

import (
	"bufio"
	"context"
	"strings"
	"testing"
	"time"

	"meridian/platform/process"
	"meridian/platform/trace"
)

// TestBellRings: the number on the bell reaches an open page at once.
func TestBellRings(t *testing.T) {
	s := newSuite(t)
	s.person("ann", "ltc.rep")
	c := s.browserless("ann")
	res, err := c.Get(s.url + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	lines := make(chan string, 100)
	go func() {
		r := bufio.NewScanner(res.Body)
		for r.Scan() {
			if data, ok := strings.CutPrefix(r.Text(), "data: "); ok {
				lines <- data
			}
		}
	}()
	next := func() string {
		select {
		case l := <-lines:
			return l
		case <-time.After(5 * time.Second):
			t.Fatal("the bell did not arrive")
			return ""
		}
	}
	next() // the state when the page opened
	p, _ := s.Authz.Directory().ByUsername("ann")
	err = s.DB.Tx(t.Context(), func(ctx context.Context) error {
		return s.Notices.Send(ctx, process.Notice{Users: []int64{p.ID}, Kind: "task", Message: "Saved."})
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := next(); !strings.Contains(got, "1") {
		t.Errorf("the bell shows %q, want 1", got)
	}

	call := func(kind, name string) {
		err := s.DB.Tx(t.Context(), func(ctx context.Context) error {
			return s.Notices.Send(ctx, process.Notice{Users: []int64{p.ID}, Kind: kind, Message: "{0} is calling.", Args: []any{name}, Object: trace.Ref{Type: "crm.message", ID: 7}})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	call("call", "<b>Lee")
	if got := next(); !strings.Contains(got, "&lt;b&gt;Lee 来电") || !strings.Contains(got, `href="/crm/message/7"`) {
		t.Errorf("the call pops up as %q", got)
	}
	if got := next(); !strings.Contains(got, "2") {
		t.Errorf("the bell shows %q, want 2", got)
	}
	call("task", "Nobody")
	if got := next(); !strings.Contains(got, "3") {
		t.Errorf("a notice that can wait pops up: %q", got)
	}
}
