package pgrun

import (
	"os"
	"strconv"
	"strings"
)

// buffers is how many megabytes PostgreSQL keeps of its tables in its own memory: an
// eighth of the machine, which leaves the rest to the program and the file cache. Below
// 128 MB indexes are read and written over and over; above 1 GB little is gained.
func buffers(megabytes int) int { return min(max(megabytes/8, 128), 1024) }

// memory is how many megabytes this machine or container has, 0 when it does not say.
func memory() int {
	all := 0
	if b, err := os.ReadFile("/proc/meminfo"); err == nil {
		all = total(string(b))
	}
	if b, err := os.ReadFile("/sys/fs/cgroup/memory.max"); err == nil {
		if n, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil && (all == 0 || n>>20 < all) {
			all = n >> 20
		}
	}
	return all
}

// total reads the first line of /proc/meminfo: "MemTotal:  24599988 kB".
func total(meminfo string) int {
	f := strings.Fields(meminfo)
	if len(f) < 2 || f[0] != "MemTotal:" {
		return 0
	}
	n, _ := strconv.Atoi(f[1]) // 0 is "does not say"
	return n >> 10
}
