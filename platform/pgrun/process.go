package pgrun

import (
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

// process is a child of this program: a postmaster or initdb.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{}
	err    error // of the exit, valid once exited is closed
}

// spawn starts a child and waits for it in the background. The parent death
// signal fires when the *thread* that forked ends, so the child gets a thread
// of its own, which lives as long as the child.
func spawn(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, exited: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		p.err = cmd.Wait()
		close(p.exited)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

func (p *process) pid() int { return p.cmd.Process.Pid }

func (p *process) running() bool {
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

// exitsWithin waits for the end of the child.
func (p *process) exitsWithin(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-p.exited:
		return true
	case <-timer.C:
		return !p.running()
	}
}

// cleanEnv drops what would change the server behind the caller's back: PG*
// (PGDATA, PGPORT, PGOPTIONS) and the locale.
func cleanEnv(env []string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(entry string) bool {
		return strings.HasPrefix(entry, "PG") || strings.HasPrefix(entry, "LC_") ||
			strings.HasPrefix(entry, "LANG=") || strings.HasPrefix(entry, "LANGUAGE=")
	})
}
