package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"meridian/platform/authz"
	"meridian/platform/db"
	"meridian/platform/pgrun"
	"meridian/platform/resource"
)

// demoMark is the reason of every change the demo company is made of, in log and
// audit trail: so it can be told from own data.
const demoMark = "demo company"

// account is how somebody of the demo company signs in.
type account struct{ username, password, name, title string }

// loadDemo gives a database without customers a demo company: people, master data,
// two years of history and deals that stand at different steps today. Everything
// goes the way of the pages. A database with customers stays as it is, so a second
// call changes nothing; of two programs that start at once the second waits and
// finds the customers of the first.
func (o *opened) loadDemo(ctx context.Context) error {
	loaded, err := o.makeDemo(ctx)
	if err != nil || loaded || o.Config.DatabaseURL != "" {
		return err
	}
	if _, err := os.Stat(o.accountsFile()); err == nil {
		o.LoginNote = accountsNote + o.accountsFile()
	}
	return nil
}

// makeDemo is loadDemo; it reports whether it made the company.
func (o *opened) makeDemo(ctx context.Context) (loaded bool, err error) {
	accounts, err := newAccounts()
	if err != nil {
		return false, err
	}
	var d *demo
	err = o.DB.Tx(ctx, func(ctx context.Context) error {
		d = nil
		if err := o.DB.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('meridian demo company'))`); err != nil {
			return err
		}
		empty, err := o.noCustomers(ctx)
		if err != nil || !empty {
			return err
		}
		d = newDemo(o, ctx)
		d.fail(o.announceAccounts(accounts)) // before anybody has such a password
		d.people(db.Detach(ctx), accounts)
		d.passwords(db.Detach(ctx), accounts)
		d.company()
		return d.failed()
	})
	if err != nil || d == nil {
		return false, err
	}
	return true, d.visitors(ctx)
}

// noCustomers reports whether nobody has entered or imported a customer.
func (o *opened) noCustomers(ctx context.Context) (bool, error) {
	t, err := o.Types.Doc("crm.customer")
	if err != nil {
		return false, err
	}
	list, err := t.ListRows(authz.System(ctx, demoMark), resource.ListQuery{Limit: 1, Total: "none"})
	return len(list.Rows) == 0, err
}

// newAccounts draws the passwords of the demo company.
func newAccounts() ([]account, error) {
	const letters = "abcdefghijkmnpqrstuvwxyz23456789" // none that look alike
	out := make([]account, len(demoPeople))
	for i, p := range demoPeople {
		var b strings.Builder
		for range 14 {
			n, err := rand.Int(rand.Reader, big.NewInt(int64(len(letters))))
			if err != nil {
				return nil, fmt.Errorf("draw a password: %w", err)
			}
			b.WriteByte(letters[n.Int64()])
		}
		out[i] = account{p.username, b.String(), p.name, p.title}
	}
	return out, nil
}

// announceAccounts keeps the passwords where only the owner of the data directory
// reads them; without a directory of its own the program prints them once.
func (o *opened) announceAccounts(accounts []account) error {
	var b strings.Builder
	for _, a := range accounts {
		fmt.Fprintf(&b, "%-12s %s  %s %s\n", a.username, a.password, a.name, a.title)
	}
	if o.Config.DatabaseURL != "" {
		o.LoginNote = "Demo accounts and passwords were printed when the demo company was loaded."
		_, err := os.Stdout.WriteString("Demo accounts (shown this once):\n" + b.String())
		return err
	}
	file := o.accountsFile()
	if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("replace the demo accounts: %w", err)
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		return fmt.Errorf("keep the demo accounts: %w", err)
	}
	o.LoginNote = accountsNote + file
	return nil
}

const accountsNote = "Demo accounts and passwords stand in "

func (o *opened) accountsFile() string {
	dir := o.Config.Data
	if dir == "" {
		dir = pgrun.DefaultRoot()
	}
	return filepath.Join(dir, "demo-users.txt")
}

// people makes departments and users, each in a transaction of its own, since
// references to people look into the directory. What an interrupted load has left
// is taken over.
func (d *demo) people(ctx context.Context, accounts []account) {
	if d.err != nil {
		return
	}
	admin, ok := d.o.Authz.Directory().ByUsername("admin")
	if !ok {
		d.err = errors.New("there is no user admin to act as")
		return
	}
	d.who["admin"] = admin.ID
	ctx = authz.System(authz.With(ctx, d.o.Authn.Subject(admin.ID)), demoMark)
	root := d.o.Authz.Directory().Above(admin.Dept)
	d.depts[""] = root[len(root)-1]
	d.fail(d.o.DB.Tx(ctx, func(ctx context.Context) error {
		for _, x := range demoDepts {
			v := resource.Values{"name": x.name, "parent_id": id10(d.depts[x.parent]), "branch": strconv.FormatBool(x.key == "east" || x.key == "south")}
			id, err := d.o.department(ctx, x.name)
			if err != nil {
				r, err := d.o.Departments.CreateRow(ctx, v)
				if err != nil {
					return fmt.Errorf("department %s: %w", x.name, err)
				}
				id = r.Base().ID
			}
			d.depts[x.key] = id
		}
		return nil
	}))
	for i, p := range demoPeople {
		if d.err == nil {
			d.fail(d.person(ctx, p, accounts[i]))
		}
	}
	d.fail(d.heads(ctx))
}

func (d *demo) person(ctx context.Context, p demoPerson, a account) error {
	if old, ok := d.o.Authz.Directory().ByUsername(p.username); ok {
		d.who[p.username] = old.ID
		return nil
	}
	v := resource.Values{"username": p.username, "name": p.name, "title": p.title, "dept_id": id10(d.depts[p.dept]), "email": p.username + "@demo.example.com"}
	if p.manager != "" {
		v["manager_id"] = id10(d.who[p.manager])
	}
	if p.limit != "" {
		v["approve_limit"] = p.limit
	}
	err := d.o.DB.Tx(ctx, func(ctx context.Context) error {
		r, err := d.o.Users.CreateRow(ctx, v)
		if err != nil {
			return err
		}
		d.who[p.username] = r.Base().ID
		return d.o.Authz.SetRoles(ctx, r.Base().ID, strings.Split(p.roles, ","))
	})
	if err != nil {
		return fmt.Errorf("user %s: %w", p.username, err)
	}
	return d.o.Authz.Reload(ctx)
}

// heads sets the managers of the departments.
func (d *demo) heads(ctx context.Context) error {
	if d.err != nil {
		return nil
	}
	err := d.o.DB.Tx(ctx, func(ctx context.Context) error {
		for _, x := range append([]demoDept{{head: "executive"}}, demoDepts...) {
			r, err := d.o.Departments.GetRow(ctx, d.depts[x.key])
			if err != nil {
				return err
			}
			if _, err := d.o.Departments.UpdateRow(ctx, r.Base().ID, r.Base().Version, resource.Values{"manager_id": id10(d.who[x.head])}); err != nil {
				return fmt.Errorf("head of %s: %w", x.name, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return d.o.Authz.Reload(ctx)
}

// passwords sets the passwords beside the rest of the work: hashing is slow on
// purpose. failed waits for it.
func (d *demo) passwords(ctx context.Context, accounts []account) {
	if d.err != nil {
		return
	}
	ctx = authz.System(authz.With(ctx, d.o.Authn.Subject(d.who["admin"])), demoMark)
	users := make([]int64, len(accounts))
	for i, a := range accounts {
		users[i] = d.who[a.username]
	}
	d.hashing = make(chan error, 1)
	go func() {
		for i, a := range accounts {
			if err := d.o.Authn.SetPassword(ctx, users[i], a.password); err != nil {
				d.hashing <- fmt.Errorf("password of %s: %w", a.username, err)
				return
			}
		}
		d.hashing <- nil
	}()
}
