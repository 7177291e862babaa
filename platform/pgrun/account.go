package pgrun

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
)

// account is whom the server runs as. PostgreSQL refuses to run as root.
type account struct {
	name     string
	uid, gid int
	drop     bool // the program is root and hands its children over
}

// accountFor chooses the account. Existing data decides, since PostgreSQL
// starts only on data of its own account.
func accountFor(c Config, data string) (account, error) {
	owner, owned := -1, false
	if info, err := os.Stat(data); err == nil {
		owner, owned = ownerOf(info)
	}
	if os.Geteuid() != 0 {
		return ownAccount(c.RunAs, data, owner, owned)
	}
	chosen, err := chooseAccount(c.RunAs, owner, owned)
	if err != nil {
		return account{}, err
	}
	if chosen.uid == 0 {
		return account{}, fmt.Errorf("PostgreSQL does not run as root, but the account %q of %s is root: name another account", chosen.name, data)
	}
	if owned && chosen.uid != owner {
		return account{}, fmt.Errorf("the data in %s belongs to user %d, not to the account %s it should run as; nothing was changed", data, owner, chosen.name)
	}
	return chosen, nil
}

// ownAccount is the account of a program that is not root.
func ownAccount(runAs, data string, owner int, owned bool) (account, error) {
	own := account{name: strconv.Itoa(os.Geteuid()), uid: os.Geteuid(), gid: os.Getegid()}
	if u, err := user.LookupId(own.name); err == nil {
		own.name = u.Username
	}
	if runAs != "" && runAs != own.name {
		return account{}, fmt.Errorf("only root can run PostgreSQL as %s; this program runs as %s", runAs, own.name)
	}
	if owned && owner != own.uid {
		return account{}, fmt.Errorf("the data in %s belongs to user %d, and this program runs as %s: run it as that user or as root; nothing was changed", data, owner, own.name)
	}
	return own, nil
}

func chooseAccount(runAs string, owner int, owned bool) (account, error) {
	switch {
	case runAs != "":
		u, err := user.Lookup(runAs)
		if err != nil {
			return account{}, fmt.Errorf("the account %s for PostgreSQL does not exist: %w", runAs, err)
		}
		return dropTo(u)
	case owned && owner != 0:
		if u, err := user.LookupId(strconv.Itoa(owner)); err == nil {
			return dropTo(u)
		}
		// The server needs no passwd entry, only initdb does.
		return account{name: strconv.Itoa(owner), uid: owner, gid: owner, drop: true}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			return dropTo(u)
		}
	}
	return account{}, errors.New("PostgreSQL does not run as root, and there is neither an account postgres nor an account nobody to run it as: create one, or start this program as an ordinary user")
}

func dropTo(u *user.User) (account, error) {
	uid, uidErr := strconv.Atoi(u.Uid)
	gid, gidErr := strconv.Atoi(u.Gid)
	if err := errors.Join(uidErr, gidErr); err != nil {
		return account{}, fmt.Errorf("read the account %s: %w", u.Username, err)
	}
	return account{name: u.Username, uid: uid, gid: gid, drop: true}, nil
}

// give makes the account the owner of a file.
func (a account) give(path string) error {
	if !a.drop {
		return nil
	}
	if err := os.Chown(path, a.uid, a.gid); err != nil {
		return a.explain(err)
	}
	return nil
}

// listed checks what initdb needs to know about the account.
func (a account) listed() error {
	if _, err := user.LookupId(strconv.Itoa(a.uid)); err != nil {
		return fmt.Errorf("the user id %d has no entry in /etc/passwd, and PostgreSQL cannot make a new data directory without one: add an entry, run the container as root or as a listed user, or set DATABASE_URL to a server of your own", a.uid)
	}
	return nil
}

// reach checks that the account can enter every directory above path. Those
// that do not exist yet will be made with mode 0755.
func (a account) reach(path string) error {
	if !a.drop {
		return nil
	}
	for dir := path; ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return fmt.Errorf("look at %s: %w", dir, err)
		case info.IsDir() && !a.enters(info):
			return fmt.Errorf("PostgreSQL will run as %s, which cannot enter %s (mode %04o) on the way to %s: choose a place outside of it, such as %s, or open that directory with chmod a+x",
				a.name, dir, info.Mode().Perm(), path, DefaultRoot())
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}

func (a account) enters(info fs.FileInfo) bool {
	mode := info.Mode().Perm()
	if uid, ok := ownerOf(info); ok && uid == a.uid {
		return mode&0o100 != 0
	}
	if gid, ok := groupOf(info); ok && gid == a.gid {
		return mode&0o010 != 0
	}
	return mode&0o001 != 0
}

// explain turns a refused change of user into words.
func (a account) explain(err error) error {
	if a.drop && errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("this program is root but may not switch to the account %s (a container without CAP_SETUID, CAP_SETGID or CAP_CHOWN?): run it as an ordinary user, or set DATABASE_URL to a server of your own: %w", a.name, err)
	}
	return err
}
