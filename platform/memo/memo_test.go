package memo

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestMemo: a dear answer is kept for a while that follows its cost, then shown once
// more while a new one is computed, then waited for; a cheap one and a failure never.
func TestMemo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var m Memo[int]
		calls, dear := 0, true
		ask := func() int {
			t.Helper()
			v, err := m.Get(t.Context(), "k", func(context.Context) (int, bool, error) {
				calls++
				n := calls
				time.Sleep(time.Second)
				return n, dear, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		for _, step := range []struct {
			wait time.Duration
			want int
		}{{0, 1}, {39 * time.Second, 1}, {2 * time.Second, 1}, {2 * time.Second, 2}, {200 * time.Second, 3}} {
			time.Sleep(step.wait)
			if got := ask(); got != step.want {
				t.Errorf("after %s more: answer %d, want %d", step.wait, got, step.want)
			}
		}
		dear = false
		time.Sleep(200 * time.Second)
		if a, b := ask(), ask(); a != 4 || b != 5 {
			t.Errorf("cheap answers %d and %d, want 4 and 5: each its own", a, b)
		}
		no := errors.New("no")
		if _, err := m.Get(t.Context(), "k", func(context.Context) (int, bool, error) { return 0, true, no }); !errors.Is(err, no) {
			t.Errorf("the failure is %v", err)
		}
	})
}
