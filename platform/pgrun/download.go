package pgrun

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	embeddedpostgres "github.com/fergusstrange/embedded-postgres"
)

// downloads are the versions known to the library, by major version.
var downloads = map[int]embeddedpostgres.PostgresVersion{
	14: embeddedpostgres.V14,
	15: embeddedpostgres.V15,
	16: embeddedpostgres.V16,
	17: embeddedpostgres.V17,
	18: embeddedpostgres.V18,
}

const newestDownload = 18

// strayLog begins the name of a file in the temporary directory that the
// library forgets when a start fails.
const strayLog = "embedded_postgres_log"

// Fetch puts downloaded binaries into the data root ahead of time and returns
// their directory. With a jar, a file from the Maven repository carried over by
// hand, it needs no network; without one it asks the mirror.
func Fetch(ctx context.Context, c Config, jar string) (string, error) {
	c, err := c.withDefaults()
	if err != nil {
		return "", err
	}
	ch := chooser{conf: c, place: layoutOf(c.Root)}
	if err := makeParents(ch.place.base); err != nil {
		return "", fmt.Errorf("make the data root: %w", err)
	}
	lock, err := takeLock(ctx, ch.place.startLock)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if ch.want, err = dataMajor(ch.place.data); err != nil {
		return "", err
	}
	if jar != "" {
		stop, err := ch.serveJar(ctx, jar)
		if err != nil {
			return "", err
		}
		defer stop()
	}
	found, err := ch.download(ctx)
	return found.dir, err
}

// serveJar makes one file a mirror, so that it takes the same way as a
// download.
func (ch *chooser) serveJar(ctx context.Context, jar string) (func(), error) {
	if _, err := os.Stat(jar); err != nil {
		return nil, fmt.Errorf("find the archive: %w", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serve the archive: %w", err)
	}
	server := &http.Server{
		ReadHeaderTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, ".jar") { // the checksum, which is optional
				http.NotFound(w, r)
				return
			}
			http.ServeFile(w, r, jar)
		}),
	}
	go func() { _ = server.Serve(listener) }()
	ch.conf.Mirror = "http://" + listener.Addr().String()
	return func() { _ = server.Close() }, nil
}

// download loads binaries into the cache below the data root. The caller holds
// the start lock.
func (ch chooser) download(ctx context.Context) (binaries, error) {
	major := cmp.Or(ch.want, newestDownload)
	version, ok := downloads[major]
	if !ok {
		return binaries{}, fmt.Errorf("there is no download of PostgreSQL %d", major)
	}
	if err := makeParents(ch.place.binaries); err != nil {
		return binaries{}, fmt.Errorf("make the directory of downloads: %w", err)
	}
	scratch, err := os.MkdirTemp(ch.place.base, "fetch-")
	if err != nil {
		return binaries{}, fmt.Errorf("make a scratch directory: %w", err)
	}
	ch.conf.Log.InfoContext(ctx, "postgres download started", slog.String("version", string(version)), slog.String("mirror", ch.conf.Mirror))

	done := make(chan error, 1)
	go func() { done <- unpack(version, ch.conf.Mirror, scratch) }()
	select {
	case err = <-done:
	case <-ctx.Done(): // the library cannot be interrupted
		go func() { <-done; _ = os.RemoveAll(scratch) }() //nolint:errcheck // the download was given up
		return binaries{}, ctx.Err()
	}
	defer os.RemoveAll(scratch)
	if err != nil {
		return binaries{}, err
	}
	return ch.keep(ctx, filepath.Join(scratch, "server"))
}

// unpack loads and unpacks one version with the library, and nothing more. The
// library goes on to make and start a cluster, and deletes a data directory of
// another version while it is at it. Here the data directory lies below a
// plain file, so that step fails on every system before anything is run.
func unpack(version embeddedpostgres.PostgresVersion, mirror, scratch string) error {
	wall := filepath.Join(scratch, "wall")
	if err := os.WriteFile(wall, nil, 0o600); err != nil {
		return fmt.Errorf("prepare the download: %w", err)
	}
	port, err := freePort()
	if err != nil {
		return fmt.Errorf("prepare the download: %w", err)
	}
	server := filepath.Join(scratch, "server")
	db := embeddedpostgres.NewDatabase(embeddedpostgres.DefaultConfig().
		Version(version).
		BinaryRepositoryURL(strings.TrimSuffix(mirror, "/")).
		CachePath(filepath.Join(scratch, "cache")).
		RuntimePath(filepath.Join(scratch, "runtime")).
		BinariesPath(server).
		DataPath(filepath.Join(wall, "data")).
		Port(port).
		Logger(io.Discard))
	err = db.Start()
	removeOpenFiles(filepath.Join(os.TempDir(), strayLog))
	runtime.KeepAlive(db) // or its log may be closed and not be found
	if exists(filepath.Join(server, "bin", "postgres")) {
		return nil // the error is the wall's
	}
	return fmt.Errorf("the download brought no server: %w", err)
}

// freePort satisfies the library, which looks at its port before it downloads.
func freePort() (uint32, error) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "localhost:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	addr, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return 0, errors.New("no TCP address")
	}
	return uint32(addr.Port), nil
}

// keep moves an unpacked server into the cache, under its version.
func (ch chooser) keep(ctx context.Context, server string) (binaries, error) {
	if err := openTree(server); err != nil {
		return binaries{}, fmt.Errorf("open the download to other accounts: %w", err)
	}
	found, err := inspect(ctx, filepath.Join(server, "bin"))
	if err != nil {
		return binaries{}, fmt.Errorf("the downloaded PostgreSQL does not run here: %w", err)
	}
	kept := filepath.Join(ch.place.binaries, found.version)
	if !exists(kept) {
		if err := os.Rename(server, kept); err != nil {
			return binaries{}, fmt.Errorf("keep the download: %w", err)
		}
	}
	found.dir = filepath.Join(kept, "bin")
	return found, ch.as.reach(found.dir)
}

// openTree is chmod -R a+rX: the library unpacks for its own user only.
func openTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Type()&fs.ModeSymlink != 0 {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		mode := info.Mode().Perm() | 0o444
		if info.IsDir() || mode&0o100 != 0 {
			mode |= 0o111
		}
		return os.Chmod(path, mode)
	})
}
