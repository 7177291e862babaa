// Package dbtest gives tests a real PostgreSQL: one private cluster per test
// binary, one migrated template, one database per call by copying it.
package dbtest

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"meridian/migrations"
	"meridian/platform/db"
	"meridian/platform/pgrun"
)

var cluster struct {
	once sync.Once
	err  error
	c    *pgrun.Cluster
	root string
	next atomic.Int64
}

// Main runs the tests of a package and stops the cluster after them. Every
// package that uses New calls it: func TestMain(m *testing.M) { dbtest.Main(m) }.
func Main(m *testing.M) {
	code := m.Run()
	if cluster.c != nil {
		stop()
	}
	os.Exit(code)
}

func start() {
	root, err := os.MkdirTemp(inMemory(), "meridian-test-")
	if err != nil {
		cluster.err = err
		return
	}
	cluster.root = root
	_ = os.Chmod(root, 0o755) // PostgreSQL runs under another account
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cluster.c, cluster.err = pgrun.Start(ctx, pgrun.Config{Root: root, NoTCP: true, Settings: map[string]string{
		"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "300",
	}})
	if cluster.err != nil {
		return
	}
	cluster.err = template(ctx)
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	go func() { <-c; stop(); os.Exit(1) }()
}

func stop() { _ = cluster.c.Stop(5 * time.Second); _ = os.RemoveAll(cluster.root) }

func template(ctx context.Context) error {
	if err := create(ctx, "template_meridian", "template1"); err != nil {
		return err
	}
	owner, err := db.Open(ctx, cluster.c.DSN("template_meridian"), db.Options{Owner: true, MaxConns: 2})
	if err != nil {
		return err
	}
	defer func() { _ = owner.Close() }()
	_, err = db.Migrate(ctx, owner, migrations.FS)
	return err
}

func create(ctx context.Context, name, from string) error {
	d, err := db.Open(ctx, cluster.c.DSN("postgres"), db.Options{Owner: true, MaxConns: 1})
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	_, err = d.Pool().ExecContext(ctx, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", name, from))
	return err
}

// DSN returns the address of a new, migrated, empty database for the owner role.
func DSN(t testing.TB) string {
	t.Helper()
	cluster.once.Do(start)
	if cluster.err != nil {
		t.Fatalf("start PostgreSQL for tests: %v", cluster.err)
	}
	name := fmt.Sprintf("t%d", cluster.next.Add(1))
	if err := create(t.Context(), name, "template_meridian"); err != nil {
		t.Fatalf("create test database: %v", err)
	}
	return cluster.c.DSN(name)
}

// New opens a new, migrated, empty database as the program does.
func New(t testing.TB) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), DSN(t), db.Options{Zone: "Asia/Shanghai"})
	if err != nil {
		t.Fatalf("open test database: %v", err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}
