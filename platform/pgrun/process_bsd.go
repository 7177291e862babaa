//go:build unix && !linux

package pgrun

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// setDeathSignal does nothing: only Linux has one. A server that outlives a
// killed program is attached to by the next.
func setDeathSignal(*syscall.SysProcAttr) {}

// commandLine is the name of the program and its -D, which is the first flag
// this package passes. ps does not mark where an argument ends.
func commandLine(pid int) []string {
	text, err := exec.Command("ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return nil
	}
	name, flags, found := strings.Cut(strings.TrimSpace(string(text)), " -D ")
	if !found {
		return strings.Fields(name)
	}
	dir, _, _ := strings.Cut(flags, " -c ")
	return []string{name, "-D", dir}
}

func syncTree(string) error { return nil }

const initdbSyncs = true

func reapOrphans()           {}
func removeOpenFiles(string) {}
