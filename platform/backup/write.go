package backup

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"

	"meridian/platform/db"
)

// File writes a backup to path. A file of that name is replaced when the backup is
// complete and on the disk, never before. owner must be opened with Options.Owner;
// program is the version that the manifest names.
func File(ctx context.Context, owner *db.DB, path, program string) (m Manifest, err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*.tmp") // 0600
	if err != nil {
		return m, fmt.Errorf("make the backup file: %w", err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	if m, err = Write(ctx, owner, f, program); err != nil {
		return m, err
	}
	if err = errors.Join(f.Sync(), f.Close()); err != nil {
		return m, fmt.Errorf("write the backup file: %w", err)
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return m, fmt.Errorf("name the backup file: %w", err)
	}
	return m, syncDir(dir)
}

// syncDir makes a new name survive a power cut; file systems that cannot say so.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open the folder of the backup: %w", err)
	}
	_ = d.Sync()
	return wrap("close the folder of the backup", d.Close())
}

// Write writes a backup to w. The reader must wait for a nil error: an archive cut
// short has no manifest and Verify refuses it.
func Write(ctx context.Context, owner *db.DB, w io.Writer, program string) (Manifest, error) {
	m := Manifest{Program: program}
	buf := bufio.NewWriterSize(w, 1<<20)
	err := onConn(ctx, owner, func(c *pgx.Conn) error {
		return pgx.BeginTxFunc(ctx, c, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
			return m.write(ctx, owner, tx, buf)
		})
	})
	if err != nil {
		return m, err
	}
	return m, wrap("write the archive", buf.Flush())
}

func (m *Manifest) write(ctx context.Context, owner *db.DB, tx pgx.Tx, w io.Writer) (err error) {
	if _, err = tx.Exec(ctx, settings); err != nil {
		return wrap("prepare the session", err)
	}
	if m.Schema, err = schemaVersion(ctx, tx); err != nil {
		return err
	}
	if m.Schema == 0 {
		return errors.New("the database holds no schema of Meridian: there is nothing to back up")
	}
	if m.Tables, err = tables(ctx, tx); err != nil {
		return err
	}
	if err = m.hold(ctx, owner, tx); err != nil {
		return err
	}
	if err = tx.QueryRow(ctx, "SELECT now(), current_setting('server_version')").Scan(&m.At, &m.Postgres); err != nil {
		return wrap("read the time", err)
	}
	m.At = m.At.UTC()
	a, err := newWriter(w, m.At)
	if err != nil {
		return err
	}
	buf := make([]byte, 0, pieceSize+pieceSize/4)
	for i := range m.Tables {
		t := &m.Tables[i]
		p := &pieces{tally: newTally(), a: a, name: t.Name, buf: buf[:0]}
		if !t.LeftOut {
			from := t.quoted() + " (" + t.columnList() + ")"
			if t.partitioned { // COPY reads no partitioned table
				from = "(SELECT " + t.columnList() + " FROM " + t.quoted() + ")"
			}
			if _, err := tx.Conn().PgConn().CopyTo(ctx, p, "COPY "+from+" TO STDOUT"); err != nil {
				return fmt.Errorf("copy %s: %w", t.Name, err)
			}
			if err := p.flush(); err != nil {
				return err
			}
		}
		t.Rows, t.Bytes, t.SHA256 = p.rows, p.bytes, p.hex()
	}
	// Sequences know no transactions: read last, they are never behind the rows.
	if m.Sequences, err = sequences(ctx, tx); err != nil {
		return err
	}
	return a.close(*m)
}

// hold keeps migrations away until the end, and makes sure that none has slipped
// in between the snapshot and the locks.
func (m *Manifest) hold(ctx context.Context, owner *db.DB, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, "LOCK TABLE "+all(m.Tables)+" IN ACCESS SHARE MODE"); err != nil {
		return wrap("lock the tables against migrations", err)
	}
	return onConn(ctx, owner, func(c *pgx.Conn) error {
		now, err := schemaVersion(ctx, c)
		if err == nil && now != m.Schema {
			err = errors.New("a migration ran meanwhile: try again")
		}
		return err
	})
}
