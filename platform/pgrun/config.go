package pgrun

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

const (
	// Owner is the role that owns the cluster: the superuser initdb makes and
	// the user of every DSN.
	Owner = "meridian_owner"

	// DefaultPort names the socket and is the TCP port when Config.Port is 0.
	// It keeps clear of 5432, where a server of the distribution may listen.
	DefaultPort = 54329

	defaultMinMajor = 14
	defaultMirror   = "https://repo1.maven.org/maven2"
)

// Config says where the private cluster lives and how it runs. Only Root is
// required.
type Config struct {
	// Root is the data root of the program, see DefaultRoot.
	Root string
	// BinDir, if set, is the only directory searched for initdb and postgres.
	BinDir string
	// Port is the TCP port on 127.0.0.1 and the number in the socket's name.
	// A cluster that already runs keeps its own.
	Port int
	// NoTCP serves the Unix socket only.
	NoTCP bool
	// MinMajor is the oldest major version used for a new cluster.
	MinMajor int
	// RunAs is the account of the server when the program is root. Empty means
	// the owner of existing data, else postgres, else nobody.
	RunAs string
	// Mirror is the base URL of a Maven repository for the download.
	Mirror string
	// Settings override the server settings of this package.
	Settings map[string]string
	// Shared is for test runs, where several programs come and go on one
	// cluster: the server outlives the program that started it, and the last
	// one to call Stop stops it.
	Shared bool
	// Log hears of slow steps and of what was set aside; nil means nobody.
	Log *slog.Logger
}

// DefaultRoot is the data root used when the caller names none.
func DefaultRoot() string {
	if os.Geteuid() == 0 {
		// Not under /root: the account of the server could not enter it.
		return "/var/lib/meridian"
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "meridian-data"
	}
	return filepath.Join(home, ".local", "share", "meridian")
}

func (c Config) withDefaults() (Config, error) {
	if c.Root == "" {
		return c, errors.New("no data root was given for the built-in PostgreSQL")
	}
	root, err := filepath.Abs(c.Root)
	if err != nil {
		return c, fmt.Errorf("find the data root %s: %w", c.Root, err)
	}
	c.Root = root
	c.Port = cmp.Or(c.Port, DefaultPort)
	c.MinMajor = cmp.Or(c.MinMajor, defaultMinMajor)
	c.Mirror = cmp.Or(c.Mirror, defaultMirror)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

// syncs tells whether the caller cares for the data after a power cut.
func (c Config) syncs() bool { return c.Settings["fsync"] != "off" }

// flags returns the settings as arguments of the server. They are no part of
// postgresql.conf, so a new version of the program brings its own values to
// old data.
func (c Config) flags(socketDir string) []string {
	settings := map[string]string{
		"cluster_name":        "meridian",
		"fsync":               "on",
		"jit":                 "off", // costs more than it gains on short queries
		"log_checkpoints":     "off",
		"log_line_prefix":     "%m [%p] ",
		"log_timezone":        "UTC",
		"max_connections":     "200",
		"shared_buffers":      fmt.Sprintf("%dMB", buffers(memory())),
		"random_page_cost":    "1.1", // flash; the default of 4 is for disks that turn
		"timezone":            "UTC",
		"listen_addresses":    "127.0.0.1",
		"password_encryption": "scram-sha-256",
	}
	maps.Copy(settings, c.Settings)
	if c.NoTCP {
		settings["listen_addresses"] = ""
	}
	// Other programs find the socket by these, so they cannot be overridden.
	settings["port"] = fmt.Sprint(c.Port)
	settings["unix_socket_permissions"] = "0700"
	settings["unix_socket_directories"] = quoteList(socketDir)

	var flags []string
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		flags = append(flags, "-c", name+"="+settings[name])
	}
	return flags
}
