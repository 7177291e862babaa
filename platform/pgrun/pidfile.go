package pgrun

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// pidfile is what a postmaster says about itself in postmaster.pid.
type pidfile struct {
	pid       int
	port      int
	socketDir string
	status    string // ready, starting, stopping; empty in the first moments
}

// readPidfile returns the zero value when there is no readable pid file.
func readPidfile(data string) pidfile {
	text, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return pidfile{}
	}
	lines := strings.Split(string(text), "\n")
	line := func(n int) string {
		if n > len(lines) {
			return ""
		}
		return strings.TrimSpace(lines[n-1])
	}
	var p pidfile
	p.pid, _ = strconv.Atoi(line(1))
	if p.pid < 0 { // a single-user server
		p.pid = -p.pid
	}
	p.port, _ = strconv.Atoi(line(4))
	p.socketDir = line(5)
	p.status = line(8)
	return p
}

// servedBy tells whether the process pid is the postmaster of data. After a
// reboot the pid in the file may belong to any program, even to the server of
// another cluster. A doubtful process counts as ours: starting a second
// postmaster on the data would be worse than refusing to start.
func servedBy(pid int, data string) bool {
	argv := commandLine(pid)
	if len(argv) == 0 {
		return false
	}
	switch filepath.Base(argv[0]) {
	case "postgres", "postmaster":
	default: // children carry a title such as "postgres: checkpointer"
		return false
	}
	dir := dataFlag(argv)
	if !filepath.IsAbs(dir) {
		return true
	}
	return sameFile(dir, data)
}

// dataFlag finds the value of -D in the command line of a postmaster.
func dataFlag(argv []string) string {
	for i, arg := range argv {
		if arg == "-D" && i+1 < len(argv) {
			return argv[i+1]
		}
		if dir, ok := strings.CutPrefix(arg, "-D"); ok && dir != "" {
			return dir
		}
	}
	return ""
}

func sameFile(a, b string) bool {
	left, err := os.Stat(a)
	if err != nil {
		return false
	}
	right, err := os.Stat(b)
	return err == nil && os.SameFile(left, right)
}
