package pgrun

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// setDeathSignal has the kernel stop the child when the program ends, however
// it ends. To a postmaster SIGINT means a fast and clean shutdown.
func setDeathSignal(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGINT }

// commandLine is empty for a process that is gone, a zombie or hidden.
func commandLine(pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || len(text) == 0 {
		return nil
	}
	return strings.Split(string(bytes.TrimRight(text, "\x00")), "\x00")
}

// syncTree writes a new data directory to disk. One syncfs takes a quarter of
// the time of the file by file sync of initdb.
func syncTree(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return unix.Syncfs(int(f.Fd()))
}

// removeOpenFiles removes what this program itself holds open under a name with
// the prefix.
func removeOpenFiles(prefix string) {
	open, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		return
	}
	for _, fd := range open {
		if name, err := os.Readlink(fd); err == nil && strings.HasPrefix(name, prefix) {
			_ = os.Remove(name)
		}
	}
}

// initdbSyncs tells whether initdb itself should sync.
const initdbSyncs = false

// reapOrphans collects dead servers that were handed to this program because
// it is process 1 of a container: the children of a killed postmaster. It
// names each one, since a wait for any child would steal the children that
// os/exec waits for.
func reapOrphans() {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return
	}
	own := strconv.Itoa(os.Getpid())
	for _, stat := range stats {
		text, err := os.ReadFile(stat)
		if err != nil {
			continue
		}
		// pid (comm) state ppid ...
		head, tail, ok := strings.Cut(string(text), " (postgres) ")
		if !ok {
			continue
		}
		fields := strings.Fields(tail)
		if len(fields) < 2 || fields[0] != "Z" || fields[1] != own {
			continue
		}
		if pid, err := strconv.Atoi(head); err == nil {
			_, _ = syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
		}
	}
}
