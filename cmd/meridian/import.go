package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"meridian/configs"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/i18n"
	"meridian/platform/transfer"
)

// importFiles loads files of another system: one by a map, or a whole set.
func importFiles(ctx context.Context, args []string) (err error) {
	fset := flag.NewFlagSet("import", flag.ContinueOnError)
	as := fset.String("as", "", "document type, e.g. crm.customer")
	mapFile := fset.String("map", "", "map of columns to fields")
	set := fset.String("set", "", "name of an import set, or the folder of one")
	dry := fset.Bool("dry-run", false, "check everything, write nothing")
	who := fset.String("user", "admin", "the user the records belong to")
	if err := fset.Parse(args); err != nil {
		return err
	}
	if fset.NArg() != 1 || (*set == "") == (*mapFile == "") {
		return errors.New("usage: meridian import --as TYPE --map FILE [--dry-run] DATA | meridian import --set NAME DIR")
	}
	o, err := open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	if ctx, err = o.actAs(ctx, *who); err != nil {
		return err
	}
	if *set != "" {
		return o.importSet(ctx, *set, fset.Arg(0), *dry)
	}
	return o.importFile(ctx, *as, *mapFile, fset.Arg(0), *dry)
}

// actAs is ctx of an active user, by user name.
func (o *opened) actAs(ctx context.Context, who string) (context.Context, error) {
	p, ok := o.Authz.Directory().ByUsername(who)
	if !ok || !p.Active {
		return ctx, fmt.Errorf("there is no active user %q", who)
	}
	return i18n.With(authz.With(ctx, o.Authn.Subject(p.ID)), o.Text, i18n.English), nil
}

func (o *opened) importFile(ctx context.Context, as, mapFile, data string, dry bool) error {
	b, err := os.ReadFile(mapFile)
	if err != nil {
		return fmt.Errorf("read map: %w", err)
	}
	m, err := transfer.ParseMap(b)
	if err != nil {
		return err
	}
	if as != "" && m.Type != as {
		return fmt.Errorf("the map is for %s, not for %s", m.Type, as)
	}
	body, err := os.ReadFile(data)
	if err != nil {
		return fmt.Errorf("read data: %w", err)
	}
	beside := os.DirFS(filepath.Dir(data))
	r, err := o.Imports.Run(ctx, m, filepath.Base(data), body, func(name string) ([]byte, error) { return fs.ReadFile(beside, name) }, dry, nil)
	if err != nil {
		return err
	}
	report(filepath.Base(data), r)
	if r.Wrong > 0 {
		return errs.New(errs.Invalid, "{0} rows of {1} are wrong; nothing of this file was written.", r.Wrong, filepath.Base(data))
	}
	return nil
}

func (o *opened) importSet(ctx context.Context, set, dir string, dry bool) error {
	maps, err := fs.Sub(configs.FS, "import/"+set)
	if _, statErr := fs.Stat(configs.FS, "import/"+set); err != nil || statErr != nil {
		maps = os.DirFS(set)
	}
	return o.Imports.Set(ctx, maps, os.DirFS(dir), dry, report)
}

func report(file string, r transfer.Report) {
	fmt.Fprintf(os.Stdout, "%-24s %-18s %6d rows: %d new, %d changed, %d unchanged, %d left out, %d wrong\n", file, r.Type, r.Rows, r.New, r.Changed, r.Unchanged, r.Skipped, r.Wrong)
	for _, g := range r.Guesses {
		fmt.Fprintln(os.Stdout, "  "+g.String())
	}
	for _, e := range r.Errors {
		fmt.Fprintln(os.Stdout, "  "+e.String())
	}
}
