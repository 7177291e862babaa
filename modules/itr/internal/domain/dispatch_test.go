package domain

import "testing"

func TestLeastLoaded(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		agents []int64
		load   map[int64]int
		want   int64
	}{
		{"nobody has work: the lowest id", []int64{3, 4, 5}, nil, 3},
		{"the least", []int64{3, 4, 5}, map[int64]int{3: 2, 4: 1, 5: 2}, 4},
		{"equals: the lower id, in any order", []int64{5, 4, 3}, map[int64]int{3: 1, 4: 0, 5: 0}, 4},
	} {
		if got := leastLoaded(tt.agents, tt.load); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}
