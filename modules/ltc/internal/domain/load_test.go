package domain

import (
	"testing"
	"time"

	"meridian/platform/date"
	"meridian/platform/money"
)

func TestLoadOf(t *testing.T) {
	t.Parallel()
	day := date.MustParse
	hours := func(d date.Date) money.Qty {
		if d.Weekday() == time.Saturday || d.Weekday() == time.Sunday {
			return money.Qty{}
		}
		return money.Units(8)
	}
	tasks := []PlannedWork{
		{From: day("2026-11-05"), To: day("2026-11-10"), Hours: money.Units(40)}, // Thursday to Tuesday: 4 working days
		{From: day("2026-11-14"), To: day("2026-11-15"), Hours: money.Units(6)},  // a weekend
		{From: day("2026-11-02"), To: day("2026-11-12"), Hours: money.Units(10)}, // 9 working days
	}
	away := []Away{{From: day("2026-11-06"), To: day("2026-11-09")}}
	got := LoadOf(day("2026-11-02"), 2, hours, tasks, away)
	for i, want := range []string{"40 8 25.555556 6.444444", "40 8 30.444444 1.555556"} {
		w := got[i]
		if s := w.Capacity.String() + " " + w.Away.String() + " " + w.Plan.String() + " " + w.Free.String(); s != want {
			t.Errorf("week %d: %s, want %s", i, s, want)
		}
	}
	if sum := got[0].Plan.Add(got[1].Plan); !sum.Equal(money.Units(56)) {
		t.Errorf("the weeks add up to %s, want 56", sum)
	}
}

func TestDeputyOf(t *testing.T) {
	t.Parallel()
	const manager = 1
	for _, x := range []struct {
		people []int64
		away   []Away
		want   int64
	}{
		{[]int64{1, 5, 3}, nil, 3},
		{[]int64{1, 5, 3}, []Away{{Person: 3}}, 5},
		{[]int64{1, 5}, []Away{{Person: 5}}, manager},
		{[]int64{1}, []Away{{Person: 1}}, 0},
	} {
		if got := deputyOf(x.people, x.away, manager); got != x.want {
			t.Errorf("deputy of %v without %v: %d, want %d", x.people, x.away, got, x.want)
		}
	}
}
