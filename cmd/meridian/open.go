package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"meridian/migrations"
	"meridian/platform/app"
	"meridian/platform/clock"
	"meridian/platform/config"
	"meridian/platform/db"
	"meridian/platform/pgrun"
)

// opened is a started platform with what must be closed after it.
type opened struct {
	*app.Platform
	system  *system
	cluster *pgrun.Cluster
	dsn     string
	how     string
	fresh   app.Fresh
	applied []string
}

// database is the name of the database in the private cluster.
const database = "meridian"

// open finds or starts PostgreSQL, migrates and starts the platform with every
// module on it.
func open(ctx context.Context) (*opened, error) {
	cfg, err := config.Load()
	if err != nil {
		return nil, err
	}
	logging(cfg)
	o := &opened{dsn: cfg.DatabaseURL, how: "the server of DATABASE_URL"}
	if o.dsn == "" {
		if err := o.private(ctx, cfg); err != nil {
			return nil, err
		}
	}
	if err := o.start(ctx, cfg); err != nil {
		return nil, errors.Join(err, o.close())
	}
	return o, nil
}

func logging(cfg config.Config) {
	var level slog.Level
	_ = level.UnmarshalText([]byte(cfg.LogLevel)) // checked by config
	opts := &slog.HandlerOptions{Level: level}
	var h slog.Handler = slog.NewTextHandler(os.Stderr, opts)
	if cfg.LogJSON {
		h = slog.NewJSONHandler(os.Stderr, opts)
	}
	slog.SetDefault(slog.New(h))
}

// private starts or joins the cluster of the data directory.
func (o *opened) private(ctx context.Context, cfg config.Config) error {
	root := cfg.Data
	if root == "" {
		root = pgrun.DefaultRoot()
	}
	c, err := pgrun.Start(ctx, pgrun.Config{Root: root, BinDir: cfg.PGBin, Mirror: cfg.PGMirror, NoTCP: true, Log: slog.Default()})
	if err != nil {
		return fmt.Errorf("private PostgreSQL: %w", err)
	}
	o.cluster, o.how, o.dsn = c, c.How(), c.DSN(database)
	admin, err := db.Open(ctx, c.DSN("postgres"), db.Options{Owner: true, MaxConns: 1})
	if err != nil {
		return errors.Join(err, o.close())
	}
	defer func() { _ = admin.Close() }()
	var exists bool
	if err := admin.Pool().QueryRowContext(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", database).Scan(&exists); err != nil {
		return errors.Join(fmt.Errorf("look for the database: %w", err), o.close())
	}
	if !exists {
		if _, err := admin.Pool().ExecContext(ctx, "CREATE DATABASE "+database); err != nil && db.Code(err) != "42P04" {
			return errors.Join(fmt.Errorf("create the database: %w", err), o.close())
		}
	}
	return nil
}

func (o *opened) start(ctx context.Context, cfg config.Config) error {
	owner, err := db.Open(ctx, o.dsn, db.Options{Owner: true, MaxConns: 2})
	if err != nil {
		return err
	}
	o.applied, err = db.Migrate(ctx, owner, migrations.FS)
	if err := errors.Join(err, owner.Close()); err != nil {
		return err
	}
	d, err := db.Open(ctx, o.dsn, db.Options{MaxConns: cfg.MaxConns, Zone: cfg.TZ})
	if err != nil {
		return err
	}
	if o.Platform, err = app.New(cfg, d, clock.System); err != nil {
		return errors.Join(err, d.Close())
	}
	o.system = wire(o.Platform)
	o.addJobs()
	o.fresh, err = o.Start(ctx)
	return err
}

// close ends the connections and, when this program started it, the cluster.
func (o *opened) close() error {
	var errList []error
	if o.Platform != nil {
		errList = append(errList, o.DB.Close())
	}
	if o.cluster != nil {
		errList = append(errList, o.cluster.Stop(10*time.Second))
	}
	return errors.Join(errList...)
}

// direct is the address for connections that listen.
func (o *opened) direct() string {
	if o.Config.DirectURL != "" {
		return o.Config.DirectURL
	}
	return o.dsn
}
