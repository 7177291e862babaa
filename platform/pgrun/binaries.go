package pgrun

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// binaries is a directory with an initdb and a postgres.
type binaries struct {
	dir     string
	version string // such as 15.18
	major   int
}

func (b binaries) tool(name string) string { return filepath.Join(b.dir, name) }

// installed are the places where packages put servers.
var installed = []string{
	"/usr/lib/postgresql/*/bin",    // Debian, Ubuntu, SUSE
	"/usr/pgsql-*/bin",             // packages of postgresql.org for Red Hat
	"/usr/libexec/postgresql*",     // Alpine
	"/usr/bin",                     // Fedora, Arch
	"/usr/local/bin",               // BSD
	"/usr/local/pgsql/bin",         // from source
	"/opt/homebrew/opt/*sql*/bin",  // Homebrew on ARM
	"/usr/local/opt/postgres*/bin", // Homebrew on Intel
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

// chooser looks for binaries, in the order that the package promises.
type chooser struct {
	conf  Config
	place layout
	as    account
	want  int // the major version of existing data, 0 for a new cluster
}

func (ch chooser) choose(ctx context.Context) (binaries, error) {
	if ch.conf.BinDir != "" {
		return ch.named(ctx)
	}
	if found, ok := ch.newest(ctx, installedDirs()); ok {
		return found, nil
	}
	if found, ok := ch.newest(ctx, globDirs(filepath.Join(ch.place.binaries, "*", "bin"))); ok {
		return found, nil
	}
	found, err := ch.download(ctx)
	if err != nil {
		return binaries{}, ch.waysOut(err)
	}
	return found, nil
}

// named accepts the directory the caller insists on, or says what is wrong.
func (ch chooser) named(ctx context.Context) (binaries, error) {
	found, err := inspect(ctx, ch.conf.BinDir)
	if err != nil {
		return binaries{}, fmt.Errorf("there is no usable PostgreSQL in %s: %w", ch.conf.BinDir, err)
	}
	if ch.want != 0 && found.major != ch.want {
		return binaries{}, fmt.Errorf("the data in %s was written by PostgreSQL %d, and %s holds PostgreSQL %s: install PostgreSQL %d, or back up with it and restore into a new data root; nothing was changed",
			ch.place.data, ch.want, found.dir, found.version, ch.want)
	}
	if ch.want == 0 && found.major < ch.conf.MinMajor {
		return binaries{}, fmt.Errorf("%s holds PostgreSQL %s, and %d or newer is needed", found.dir, found.version, ch.conf.MinMajor)
	}
	return found, ch.as.reach(found.dir)
}

// newest picks the newest server that fits the data and that the account can
// run.
func (ch chooser) newest(ctx context.Context, dirs []string) (binaries, bool) {
	var best binaries
	for _, dir := range dirs {
		found, err := inspect(ctx, dir)
		fits := err == nil && (found.major == ch.want || ch.want == 0 && found.major >= ch.conf.MinMajor)
		if fits && found.newerThan(best) && ch.as.reach(dir) == nil {
			best = found
		}
	}
	return best, best.dir != ""
}

func (b binaries) newerThan(other binaries) bool {
	if b.major != other.major {
		return b.major > other.major
	}
	return b.minor() > other.minor()
}

func (b binaries) minor() int {
	_, text, _ := strings.Cut(b.version, ".")
	minor, err := strconv.Atoi(text)
	if err != nil { // a beta
		return -1
	}
	return minor
}

func (ch chooser) waysOut(cause error) error {
	need := fmt.Sprintf("PostgreSQL %d or newer", ch.conf.MinMajor)
	if ch.want != 0 {
		need = fmt.Sprintf("PostgreSQL %d, which wrote the data in %s (nothing was changed there),", ch.want, ch.place.data)
	}
	return fmt.Errorf("%s was not found on this machine and could not be downloaded: %w. There are three ways out: install it with the package manager; set DATABASE_URL to a server of your own; or load the archive elsewhere and give it to `meridian pg fetch --from file.jar`, or name a mirror in MERIDIAN_PG_MIRROR", need, cause)
}

func installedDirs() []string {
	var dirs []string
	for _, pattern := range installed {
		dirs = append(dirs, globDirs(pattern)...)
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if filepath.IsAbs(dir) && !slices.Contains(dirs, filepath.Clean(dir)) {
			dirs = append(dirs, filepath.Clean(dir))
		}
	}
	return dirs
}

func globDirs(pattern string) []string {
	dirs, err := filepath.Glob(pattern)
	if err != nil { // the pattern is malformed: a data root with brackets
		return nil
	}
	return dirs
}

var versionLine = regexp.MustCompile(`\(PostgreSQL\) ((\d+)\S*)`)

// inspect asks the server in dir for its version. A client package also brings
// a bin directory, so both programs must be there.
func inspect(ctx context.Context, dir string) (binaries, error) {
	for _, name := range []string{"initdb", "postgres"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			return binaries{}, err
		}
		if info.IsDir() || info.Mode().Perm()&0o111 == 0 {
			return binaries{}, fmt.Errorf("%s is no program: %w", name, fs.ErrInvalid)
		}
	}
	cmd := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version")
	cmd.Env = cleanEnv(os.Environ())
	text, err := cmd.Output()
	if err != nil {
		return binaries{}, fmt.Errorf("ask for the version: %w", err)
	}
	match := versionLine.FindSubmatch(text)
	if match == nil {
		return binaries{}, fmt.Errorf("the version %q is not understood", text)
	}
	major, err := strconv.Atoi(string(match[2]))
	if err != nil {
		return binaries{}, fmt.Errorf("read the version %q: %w", text, err)
	}
	return binaries{dir: dir, version: string(match[1]), major: major}, nil
}

// dataMajor is the major version that wrote the data, 0 for no data.
func dataMajor(data string) (int, error) {
	text, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the version of the data in %s: %w", data, err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("the version of the data in %s is %q, which is none this program knows; nothing was changed", data, text)
	}
	return major, nil
}
