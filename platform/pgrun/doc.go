// Package pgrun runs a private PostgreSQL for a site that has no database
// server of its own: `meridian serve` on an empty directory starts its own
// cluster and stops it again when it ends.
//
// [Start] attaches to the cluster when another program already runs it, and
// otherwise makes the data directory and starts a server on it. The binaries
// come from the first of: Config.BinDir, an installation of the major version
// that wrote the data, the newest installation, an earlier download, a new
// download. Callers are cmd/meridian and platform/dbtest; everything else gets
// a DSN and does not know where it leads.
//
// What the package promises:
//
//   - No data is removed, ever. An unfinished data directory is renamed, data
//     of another major version is refused untouched, and the embedded-postgres
//     library, which deletes such data, only downloads into scratch
//     directories.
//   - No postmaster outlives its program on Linux, however the program ends
//     (unless Config.Shared asks for it), and none is ever sent SIGKILL.
//   - One postmaster per data directory. Programs take turns through a file
//     lock while they start, and every process of the server holds a second
//     lock, so that even a program in another container, which cannot see the
//     server's processes, does not start a second one.
//   - The server runs under an unprivileged account, listens on a socket in a
//     directory of mode 0700 and wants a random password.
//
// # Layout under Config.Root
//
//	pg/data       the data directory, 0700
//	pg/password   password of the role meridian_owner, 0600
//	pg/run        the socket, 0700; a directory in /tmp when the path is too long
//	pg/binaries   downloaded servers, one directory per version
//	pg/server.log what the server says; server.log.old is the one before
//	pg/*.lock     file locks, always empty
//
// On systems without a parent death signal (macOS) a program that is killed
// leaves the server running, and the next one attaches. Windows is refused
// with a message. Both are untested.
package pgrun
