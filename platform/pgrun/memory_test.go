package pgrun

import "testing"

func TestBuffers(t *testing.T) {
	for meminfo, want := range map[string]int{
		"MemTotal:       24599988 kB\nMemFree: 1 kB": 1024,
		"MemTotal:        4026532 kB":                491,
		"MemTotal:         524288 kB":                128,
		"":                                           128,
		"MemTotal: many kB":                          128,
	} {
		if got := buffers(total(meminfo)); got != want {
			t.Errorf("%q: %d MB, want %d", meminfo, got, want)
		}
	}
}
