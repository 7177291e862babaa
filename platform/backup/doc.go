// Package backup writes the whole database into one file and loads such a file
// into an empty database. It needs no pg_dump, works for the private cluster and
// for a server of the user's own, and is the way to another major version of
// PostgreSQL. Callers are the commands `meridian backup` and `meridian restore`.
//
// # The archive
//
// A gzip-compressed tar, so that standard tools open it:
//
//	format                       "meridian backup 1"
//	core.company/000001.copy     a piece of the table in COPY text format
//	...                          tables after those they refer to, but for circles
//	manifest.json                program, schema version, time, tables, sequences
//
// All tables are read in one REPEATABLE READ transaction that only reads, so the
// archive is one moment of the suite while people go on working. Files attached to
// documents are rows and therefore inside. The manifest stands last and holds
// columns, rows, bytes and SHA-256 of every table.
//
// # Left out
//
//   - Rows of core.session: who holds a backup must not be signed in by it.
//   - Generated columns: the database computes them again.
//   - Columns of type xid8 that default to the current transaction. Transaction
//     ids of another server mean nothing; they may even lie in the future, and a
//     reader of the log would wait for them. A restored log carries the id of the
//     one transaction that restored it, so the order (xid, id) becomes that of id.
//     A column that remembers such an id (the cursor of a reader of the log) must be
//     given a meaning here before it can exist: Write refuses a table that has one.
//   - Unlogged tables: what a crash may lose.
//   - Roles, grants and partitions: migrations make them. Log rows of months for
//     which the target has no partition go to the default one.
//
// Passwords (argon2id) and API tokens (SHA-256) are inside as hashes. A backup holds
// everything the company knows: it is written with mode 0600 and belongs into a
// safe place.
package backup
