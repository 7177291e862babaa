package jobs

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"meridian/platform/authz"
	"meridian/platform/db/dbtest"
)

type greet struct {
	Who string `json:"who"`
}

func (greet) Kind() string { return "test.greet" }

// TestQueue: work asked for is done after the commit and never after a rollback, of
// the transaction or of a part of it; outside a transaction it is refused; failed
// work is tried again when somebody says so.
func TestQueue(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	q, err := NewQueue(d)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan string, 10)
	Handle(q, "Greet", func(ctx context.Context, g greet) error {
		if !authz.IsSystem(ctx) {
			t.Error("work acts for nobody")
		}
		if g.Who == "nobody" {
			g.Who = "failed"
			done <- g.Who
			return errors.New("nobody is there")
		}
		done <- g.Who
		return nil
	})
	stop, err := q.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer stop()

	if err := q.Enqueue(t.Context(), time.Time{}, greet{"outside"}); err == nil {
		t.Error("work was taken in outside a transaction")
	}
	no := errors.New("no")
	err = d.Tx(t.Context(), func(ctx context.Context) error {
		if err := q.Enqueue(ctx, time.Time{}, greet{"rolled back"}); err != nil {
			t.Error(err)
		}
		return no
	})
	if !errors.Is(err, no) {
		t.Fatal(err)
	}
	err = d.Tx(t.Context(), func(ctx context.Context) error {
		if err := d.Savepoint(ctx, func(ctx context.Context) error {
			if err := q.Enqueue(ctx, time.Time{}, greet{"taken back"}); err != nil {
				t.Error(err)
			}
			return no
		}); !errors.Is(err, no) {
			t.Error(err)
		}
		return q.Enqueue(ctx, time.Time{}, greet{"Ann"}, greet{"Bo"}, greet{"nobody"})
	})
	if err != nil {
		t.Fatal(err)
	}
	got := []string{<-done, <-done, <-done}
	slices.Sort(got)
	if !slices.Equal(got, []string{"Ann", "Bo", "failed"}) {
		t.Errorf("the work done is %v", got)
	}
	for { // the outcome is written after the handler has answered
		list, err := q.Work(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(list) != 1 || list[0].Label != "Greet" {
			t.Fatalf("the queue knows %v", list)
		}
		if list[0].Failed == 1 {
			if list[0].Error != "nobody is there" {
				t.Errorf("the failure reads %q", list[0].Error)
			}
			break
		}
		time.Sleep(time.Millisecond)
	}
	if err := q.Retry(t.Context(), "test.greet"); err != nil {
		t.Fatal(err)
	}
	if again := <-done; again != "failed" {
		t.Errorf("tried again: %s", again)
	}
	if err := q.Retry(t.Context(), "no.such"); err == nil {
		t.Error("work of an unknown kind was tried again")
	}
}
