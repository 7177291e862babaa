package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"meridian/platform/api"
	"meridian/platform/transfer"
)

// exportFile writes a list to a file, as the page of the type does.
func exportFile(ctx context.Context, args []string) (err error) {
	fset := flag.NewFlagSet("export", flag.ContinueOnError)
	as := fset.String("as", "", "document type, e.g. crm.customer")
	query := fset.String("query", "", "filters and order as in the address of the list: stage=draft&sort=-total")
	part := fset.String("part", "", "field whose lines are written instead of the documents (CSV)")
	who := fset.String("user", "admin", "the user whose rights hold")
	if err := fset.Parse(args); err != nil {
		return err
	}
	if fset.NArg() != 1 || *as == "" {
		return errors.New(`usage: meridian export --as TYPE [--query "field=value&sort=-amount"] [--part lines] [--user U] FILE.csv|FILE.xlsx|-`)
	}
	file := fset.Arg(0)
	format := transfer.CSV
	if file != "-" {
		format = strings.ToLower(strings.TrimPrefix(filepath.Ext(file), "."))
	}
	if format != transfer.CSV && format != transfer.XLSX {
		return fmt.Errorf("%s ends neither in .csv nor in .xlsx", file)
	}
	values, err := url.ParseQuery(*query)
	if err != nil {
		return fmt.Errorf("read the query: %w", err)
	}
	list, err := api.ParseList(values)
	if err != nil {
		return err
	}
	o, err := open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	if ctx, err = o.actAs(ctx, *who); err != nil {
		return err
	}
	e, err := o.Exports.Open(ctx, transfer.Query{Type: *as, List: list, Asked: *query, Format: format, Part: *part})
	if err != nil {
		return err
	}
	if file == "-" {
		_, err = e.Write(ctx, os.Stdout)
		return err
	}
	n, err := intoFile(file, func(w io.Writer) (int, error) { return e.Write(ctx, w) })
	if err == nil {
		slog.InfoContext(ctx, "exported", slog.String("type", *as), slog.Int("documents", n), slog.String("file", file))
	}
	return err
}

// intoFile replaces a file by what write writes, and only when that succeeds.
func intoFile(name string, write func(w io.Writer) (int, error)) (n int, err error) {
	f, err := os.CreateTemp(filepath.Dir(name), ".export-*")
	if err != nil {
		return 0, fmt.Errorf("write %s: %w", name, err)
	}
	n, err = write(f)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return n, errors.Join(err, os.Remove(f.Name()))
	}
	return n, nil
}
