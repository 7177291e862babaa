package pgrun

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// layout names the files below the data root.
type layout struct {
	base     string // everything of the cluster
	data     string // the data directory
	staging  string // where initdb works until it is done
	run      string // the socket, unless its path is too long
	password string
	binaries string
	log      string

	startLock string // held while a program attaches, starts or stops
	serveLock string // held by the processes of the server
	usersLock string // held by the programs of a shared cluster
}

func layoutOf(root string) layout {
	base := filepath.Join(root, "pg")
	in := func(name string) string { return filepath.Join(base, name) }
	return layout{
		base:      base,
		data:      in("data"),
		staging:   in("data.new"),
		run:       in("run"),
		password:  in("password"),
		binaries:  in("binaries"),
		log:       in("server.log"),
		startLock: in("start.lock"),
		serveLock: in("serve.lock"),
		usersLock: in("users.lock"),
	}
}

// maxSocketPath is below the 103 to 107 bytes that kernels accept.
const maxSocketPath = 100

// socketDir is the directory of the socket. The fallback has a stable name, so
// that a DSN survives a relaunch, also one by another program.
func (l layout) socketDir(port int) string {
	if len(socketFile(l.run, port)) <= maxSocketPath {
		return l.run
	}
	sum := sha256.Sum256([]byte(l.data))
	return fmt.Sprintf("/tmp/meridian-pg-%x", sum[:8])
}

func socketFile(dir string, port int) string {
	return filepath.Join(dir, fmt.Sprintf(".s.PGSQL.%d", port))
}

// quoteList writes a path as the only member of a list setting.
func quoteList(path string) string {
	return `"` + strings.ReplaceAll(path, `"`, `""`) + `"`
}

// makeParents makes a directory that others may pass through. The umask has no
// say: the account of the server must reach its data.
func makeParents(dir string) error {
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := makeParents(filepath.Dir(dir)); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		if errors.Is(err, fs.ErrExist) { // a racing first start
			return nil
		}
		return err
	}
	return os.Chmod(dir, 0o755)
}

// makePrivate makes a directory for the account alone. One that exists must
// already be the account's own: in /tmp anybody could have made it.
func makePrivate(dir string, as account) error {
	err := os.Mkdir(dir, 0o700)
	if err == nil {
		return as.give(dir)
	}
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	uid, known := ownerOf(info)
	if !info.IsDir() || known && uid != as.uid {
		return fmt.Errorf("%s exists and is not a directory of the account %s: remove it or choose another data root", dir, as.name)
	}
	return os.Chmod(dir, 0o700)
}

// setAside renames what an interrupted initdb left, and never removes it.
func setAside(dir string) (string, error) {
	for n := 1; ; n++ {
		aside := fmt.Sprintf("%s.unfinished-%d", dir, n)
		if _, err := os.Lstat(aside); err == nil {
			continue
		}
		return aside, os.Rename(dir, aside)
	}
}

// syncDir makes a rename survive a power cut.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
