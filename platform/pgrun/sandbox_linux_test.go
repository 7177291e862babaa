package pgrun

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// prepareChild changes the surroundings of the other program.
func prepareChild(how, spec string) {
	var err error
	switch how {
	case "drop CAP_SETUID":
		// Root gets its rights back on exec, except those out of the bounding set.
		runtime.LockOSThread()
		if err = unix.Prctl(unix.PR_CAPBSET_DROP, unix.CAP_SETUID, 0, 0, 0); err == nil {
			spec = strings.Replace(spec, how, "", 1)
			os.Setenv(childEnv, spec)
			err = syscall.Exec("/proc/self/exe", os.Args[:1], os.Environ())
		}
	case "mount /proc":
		if err = unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err == nil {
			err = unix.Mount("proc", "/proc", "proc", 0, "")
		}
	}
	if err != nil {
		fmt.Printf("{\"Err\": %q}\n", "sandbox: "+err.Error())
		os.Exit(1)
	}
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can set this up")
	}
}

func TestPrivateRootIsRefused(t *testing.T) {
	t.Parallel()
	needRoot(t)
	home := newRoot(t)
	if err := os.Chmod(home, 0o700); err != nil {
		t.Fatal(err)
	}
	c := testConfig(filepath.Join(home, "meridian"))
	_, err := Start(t.Context(), c)
	wantError(t, err, "cannot enter "+home, "/var/lib/meridian")
	if exists(c.Root) {
		t.Error("the refused root was made all the same")
	}
}

func TestUserWithoutPasswdEntry(t *testing.T) {
	t.Parallel()
	needRoot(t)
	c := setup(t)
	const nobodyKnows = 54321
	if err := os.Chown(c.Root, nobodyKnows, nobodyKnows); err != nil {
		t.Fatal(err)
	}
	p := runProgram(t, childSpec{Config: c}, &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobodyKnows, Gid: nobodyKnows}})
	if r := p.report(t); !strings.Contains(r.Err, "no entry in /etc/passwd") {
		t.Errorf("got %+v, want a word about /etc/passwd", r)
	}
}

func TestRootThatMayNotSwitch(t *testing.T) {
	t.Parallel()
	needRoot(t)
	p := runProgram(t, childSpec{Config: setup(t), Prepare: "drop CAP_SETUID"}, nil)
	if r := p.report(t); !strings.Contains(r.Err, "CAP_SETUID") {
		t.Errorf("got %+v, want a word about CAP_SETUID", r)
	}
}

func TestDataOfAnotherUserIsRefused(t *testing.T) {
	t.Parallel()
	needRoot(t)
	c := setup(t)
	writeTree(t, c, map[string]string{"pg/data/PG_VERSION": "15\n"})
	c.RunAs = "nobody"
	if as, err := accountFor(testConfig(c.Root), filepath.Join(c.Root, "pg", "data")); err != nil || as.name == "nobody" {
		t.Skip("there is no second account", err)
	}
	_, err := Start(t.Context(), c)
	wantError(t, err, "belongs to user", "nothing was changed")
}

// container is a set-up in which a program is process 1 and sees no others.
var container = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS}

func (r childReport) skipIfImpossible(t *testing.T) {
	t.Helper()
	if strings.HasPrefix(r.Err, "sandbox: ") {
		t.Skip(r.Err)
	}
	if r.Err != "" {
		t.Fatal(r.Err)
	}
}

func TestProgramInAnotherContainer(t *testing.T) {
	t.Parallel()
	needRoot(t)
	c := setupWarm(t)
	cluster := start(t, c)
	guest := runProgram(t, childSpec{Config: c, Prepare: "mount /proc"}, container)
	r := guest.report(t)
	r.skipIfImpossible(t)
	if !strings.Contains(r.How, "attached") || r.DSN != cluster.DSN("postgres") {
		t.Errorf("got %+v, want it to attach to a server it cannot see", r)
	}
	guest.finish()
	wantAnswer(t, cluster.DSN("postgres"), "SELECT 'hello'", "hello")
}

func TestProcessOneReapsTheChildrenOfADeadPostmaster(t *testing.T) {
	t.Parallel()
	needRoot(t)
	c := setupWarm(t)
	p := runProgram(t, childSpec{Config: c, Prepare: "mount /proc", Supervise: true}, container)
	r := p.report(t)
	r.skipIfImpossible(t)
	outside := childNamed(p.cmd.Process.Pid, "postgres")
	if outside == 0 {
		t.Fatal("the postmaster was not found from outside")
	}
	if err := syscall.Kill(outside, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "no relaunch", func() bool {
		_, err := ask(t.Context(), r.DSN, "SELECT 'hello'")
		return err == nil
	})
	eventually(t, "zombies are left", func() bool { return zombies(p.cmd.Process.Pid) == 0 })
}

// statusOf reads fields of /proc/pid/status of all children of parent.
func statusOf(parent int, visit func(pid int, status string)) {
	files, _ := filepath.Glob("/proc/[0-9]*/status")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(text), fmt.Sprintf("\nPPid:\t%d\n", parent)) {
			continue
		}
		var pid int
		if _, err := fmt.Sscanf(file, "/proc/%d/status", &pid); err == nil {
			visit(pid, string(text))
		}
	}
}

func childNamed(parent int, name string) (found int) {
	statusOf(parent, func(pid int, status string) {
		if strings.HasPrefix(status, "Name:\t"+name+"\n") {
			found = pid
		}
	})
	return found
}

func zombies(parent int) (n int) {
	statusOf(parent, func(_ int, status string) {
		if strings.Contains(status, "\nState:\tZ") {
			n++
		}
	})
	return n
}
