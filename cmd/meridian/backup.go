package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"meridian/migrations"
	"meridian/platform/app"
	"meridian/platform/backup"
	"meridian/platform/clock"
	"meridian/platform/config"
	"meridian/platform/db"
)

// backUp writes the database to a file; - is the standard output.
func backUp(ctx context.Context, args []string) (err error) {
	if len(args) != 1 {
		return errors.New("usage: meridian backup FILE (- writes to the standard output)")
	}
	o, owner, err := openOwner(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, owner.Close(), o.close()) }()
	start := clock.System()
	var m backup.Manifest
	if args[0] == "-" {
		m, err = backup.Write(ctx, owner, os.Stdout, app.Version)
	} else {
		m, err = backup.File(ctx, owner, args[0], app.Version)
	}
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	fmt.Fprintf(os.Stderr, "Backup of schema %d: %d rows of %d tables, %.1f MB before compression, in %s.\n",
		m.Schema, m.Rows(), len(m.Tables), float64(m.Bytes())/1e6, clock.System().Sub(start).Round(time.Millisecond))
	return nil
}

// restore loads such a file into an empty database; - is the standard input.
func restore(ctx context.Context, args []string) (err error) {
	if len(args) != 1 {
		return errors.New("usage: meridian restore FILE (- reads from the standard input)")
	}
	f, err := archiveOf(args[0])
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	// Before a cluster is made for it: a file that is no backup changes nothing at all.
	if _, err := backup.Verify(f); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read the backup: %w", err)
	}
	o, owner, err := openOwner(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, owner.Close(), o.close()) }()
	start := clock.System()
	m, err := backup.Restore(ctx, owner, f, migrations.FS)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	fmt.Fprintf(os.Stderr, "Restored the backup of %s (program %s, schema %d): %d rows of %d tables, in %s.\nEverybody signs in anew, with the passwords of then.\n",
		m.At.Format(time.RFC3339), m.Program, m.Schema, m.Rows(), len(m.Tables), clock.System().Sub(start).Round(time.Millisecond))
	return nil
}

// archiveOf opens a file that can be read twice; the standard input is kept in a
// temporary file without a name.
func archiveOf(path string) (*os.File, error) {
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("open the backup: %w", err)
		}
		return f, nil
	}
	f, err := os.CreateTemp("", "meridian-restore-*")
	if err != nil {
		return nil, fmt.Errorf("keep the standard input: %w", err)
	}
	_, err = io.Copy(f, os.Stdin)
	if err = errors.Join(err, os.Remove(f.Name())); err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("keep the standard input: %w", err), f.Close())
	}
	return f, nil
}

// openOwner finds or starts PostgreSQL and connects as the owner of the schema.
// Unlike open it migrates nothing and makes no first user: a backup shows what is
// there, and a restore brings its own.
func openOwner(ctx context.Context) (*opened, *db.DB, error) {
	cfg, err := config.Load()
	if err != nil {
		return nil, nil, err
	}
	logging(cfg)
	o := &opened{dsn: cfg.DatabaseURL, how: "the server of DATABASE_URL"}
	if o.dsn == "" {
		if err := o.private(ctx, cfg); err != nil {
			return nil, nil, err
		}
	}
	owner, err := db.Open(ctx, o.dsn, db.Options{Owner: true, MaxConns: 2})
	if err != nil {
		return nil, nil, errors.Join(err, o.close())
	}
	return o, owner, nil
}
