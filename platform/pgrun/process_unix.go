//go:build unix

package pgrun

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

const supported = true

// attributes are those of every child. A group of its own keeps Ctrl-C away
// from the server while the program still drains.
func attributes(as account, diesWithUs bool) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if as.drop {
		attr.Credential = &syscall.Credential{Uid: uint32(as.uid), Gid: uint32(as.gid)}
	}
	if diesWithUs {
		setDeathSignal(attr)
	}
	return attr
}

func interrupt(pid int) error { return syscall.Kill(pid, syscall.SIGINT) }
func quitNow(pid int) error   { return syscall.Kill(pid, syscall.SIGQUIT) }

// flock tells whether the lock was free. It goes with the open file, which
// children may inherit, not with the process.
func flock(f *os.File, exclusive bool) (bool, error) {
	how := syscall.LOCK_SH
	if exclusive {
		how = syscall.LOCK_EX
	}
	for {
		err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, syscall.EWOULDBLOCK):
			return false, nil
		case !errors.Is(err, syscall.EINTR):
			return false, err
		}
	}
}

func ownerOf(info fs.FileInfo) (int, bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(stat.Uid), true
}

func groupOf(info fs.FileInfo) (int, bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(stat.Gid), true
}
