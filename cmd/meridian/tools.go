package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/resource"
)

// migrate brings the schema up; open has done it.
func migrate(ctx context.Context, _ []string) (err error) {
	o, err := open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	for _, name := range o.applied {
		fmt.Fprintln(os.Stdout, "applied", name)
	}
	fmt.Fprintln(os.Stdout, "The database is at the newest schema.")
	return nil
}

// token prints a new API token, alone on its line.
func token(ctx context.Context, args []string) (err error) {
	if len(args) == 0 || args[0] != "create" {
		return errors.New("usage: meridian token create --user U [--name N]")
	}
	fs := flag.NewFlagSet("token create", flag.ContinueOnError)
	name := fs.String("user", "", "user name")
	label := fs.String("name", "command line", "what the token is for")
	days := fs.Int("days", 0, "days until it ends; 0 = never")
	if err := fs.Parse(args[1:]); err != nil {
		return err
	}
	o, err := open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	p, ok := o.Authz.Directory().ByUsername(*name)
	if !ok || !p.Active {
		return fmt.Errorf("there is no active user %q", *name)
	}
	var until time.Time
	if *days > 0 {
		until = o.Now().AddDate(0, 0, *days)
	}
	t, err := o.Authn.NewToken(authz.With(ctx, o.Authn.Subject(p.ID)), p.ID, *label, until)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stdout, t)
	return nil
}

// user makes a user with roles; the password comes by standard input.
func user(ctx context.Context, args []string) (err error) {
	if len(args) == 0 || args[0] != "create" {
		return errors.New("usage: meridian user create --user U --roles a,b [--name N] [--dept D] --password-stdin")
	}
	fs := flag.NewFlagSet("user create", flag.ContinueOnError)
	username := fs.String("user", "", "user name")
	name := fs.String("name", "", "name; the user name if empty")
	roles := fs.String("roles", "", "roles, separated by commas")
	dept := fs.String("dept", "", "name or number of the department; that of admin if empty")
	stdin := fs.Bool("password-stdin", false, "read the password from standard input")
	if err := fs.Parse(args[1:]); err != nil {
		return err
	}
	if !*stdin {
		return errors.New("give the password by --password-stdin")
	}
	password, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if password = strings.TrimRight(password, "\r\n"); password == "" {
		return fmt.Errorf("no password on standard input: %w", err)
	}
	o, err := open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	if *name == "" {
		*name = *username
	}
	admin, ok := o.Authz.Directory().ByUsername("admin")
	if !ok {
		return errors.New("there is no user admin to act as")
	}
	ctx = authz.System(authz.With(ctx, o.Authn.Subject(admin.ID)), "command line")
	deptID := admin.Dept
	if *dept != "" {
		if deptID, err = o.department(ctx, *dept); err != nil {
			return err
		}
	}
	var list []string
	for _, r := range strings.Split(*roles, ",") {
		if r = strings.TrimSpace(r); r != "" {
			list = append(list, r)
		}
	}
	id, err := o.makeUser(ctx, *username, *name, "", deptID, 0, list, password)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "user %s made (%d)\n", *username, id)
	return nil
}

func (o *opened) department(ctx context.Context, s string) (int64, error) {
	for _, field := range []string{"name", "no"} {
		id, err := o.Departments.FindKey(ctx, field, s)
		if err == nil || !errs.Is(err, errs.NotFound) {
			return id, err
		}
	}
	return 0, fmt.Errorf("there is no department %q", s)
}

// makeUser creates a user with roles and password, or nothing at all.
func (o *opened) makeUser(ctx context.Context, username, name, title string, dept, manager int64, roles []string, password string) (int64, error) {
	var id int64
	err := o.DB.Tx(ctx, func(ctx context.Context) error {
		v := resource.Values{"username": username, "name": name, "title": title, "dept_id": strconv.FormatInt(dept, 10)}
		if manager != 0 {
			v["manager_id"] = strconv.FormatInt(manager, 10)
		}
		r, err := o.Users.CreateRow(ctx, v)
		if err != nil {
			return err
		}
		id = r.Base().ID
		if err := o.Authn.SetPassword(ctx, id, password); err != nil {
			return err
		}
		return o.Authz.SetRoles(ctx, id, roles)
	})
	if err != nil {
		return 0, err
	}
	return id, o.Authz.Reload(ctx)
}

// doctor recomputes what must agree and says what does not.
func doctor(ctx context.Context, _ []string) (err error) {
	o, err := open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	ctx = authz.System(ctx, "doctor")
	wrong := 0
	for _, c := range o.AllChecks() {
		bad, err := c.Run(ctx)
		if err != nil {
			return fmt.Errorf("check %s: %w", c.Name, err)
		}
		for _, b := range bad {
			fmt.Fprintf(os.Stdout, "WRONG %s: %s\n", c.Name, b)
		}
		if len(bad) == 0 {
			fmt.Fprintf(os.Stdout, "ok    %s\n", c.Name)
		}
		wrong += len(bad)
	}
	if wrong > 0 {
		return fmt.Errorf("%d findings", wrong)
	}
	return nil
}
