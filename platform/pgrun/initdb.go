package pgrun

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// clearUnfinished renames what an interrupted first start left behind. Our own
// initdb works in a staging directory, so an unfinished data directory comes
// from somebody else; it has no control file yet.
func (c *Cluster) clearUnfinished(ctx context.Context) error {
	_ = os.Remove(c.place.staging) // succeeds if it is empty
	if exists(c.place.staging) {
		if err := c.moveAside(ctx, c.place.staging); err != nil {
			return err
		}
	}
	entries, err := os.ReadDir(c.place.data)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at the data: %w", err)
	}
	control := exists(filepath.Join(c.place.data, "global", "pg_control"))
	version := exists(filepath.Join(c.place.data, "PG_VERSION"))
	switch {
	case control && version:
		return nil
	case control:
		return fmt.Errorf("%s holds a PostgreSQL cluster without its file PG_VERSION: restore that file or choose another data root; nothing was changed", c.place.data)
	case len(entries) == 0:
		return os.Remove(c.place.data)
	}
	return c.moveAside(ctx, c.place.data)
}

func (c *Cluster) moveAside(ctx context.Context, dir string) error {
	aside, err := setAside(dir)
	if err != nil {
		return fmt.Errorf("set an unfinished data directory aside: %w", err)
	}
	c.note = "an unfinished data directory was kept as " + aside
	c.conf.Log.WarnContext(ctx, "unfinished data directory set aside", slog.String("kept_as", aside))
	return nil
}

// initdb makes the data directory. It appears under its name only when it is
// complete and on disk.
func (c *Cluster) initdb(ctx context.Context, bin binaries, as account, guard *os.File) error {
	if err := as.listed(); err != nil {
		return err
	}
	if err := c.ensurePassword(as); err != nil {
		return err
	}
	if err := makePrivate(c.place.staging, as); err != nil {
		return fmt.Errorf("make the data directory: %w", err)
	}
	if err := c.runInitdb(ctx, bin, as, guard); err != nil {
		return err
	}
	if c.conf.syncs() {
		if err := syncTree(c.place.staging); err != nil {
			return fmt.Errorf("write the new data directory to disk: %w", err)
		}
	}
	if err := os.Rename(c.place.staging, c.place.data); err != nil {
		return fmt.Errorf("finish the data directory: %w", err)
	}
	if c.conf.syncs() {
		return syncDir(c.place.base)
	}
	return nil
}

func (c *Cluster) runInitdb(ctx context.Context, bin binaries, as account, guard *os.File) error {
	args := []string{
		"-D", c.place.staging, "--username=" + Owner, "--pwfile=" + c.place.password,
		"--auth=scram-sha-256", // peer would refuse a program that is root
		"--locale=C", "--encoding=UTF8", "--data-checksums", "--no-instructions",
	}
	if !initdbSyncs || !c.conf.syncs() {
		args = append(args, "--no-sync")
	}
	var output strings.Builder
	cmd := exec.CommandContext(ctx, bin.tool("initdb"), args...)
	cmd.Dir = c.place.base
	cmd.Env = append(cleanEnv(os.Environ()), "TZ=UTC") // or it compares all time zones
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.ExtraFiles = []*os.File{guard}
	cmd.SysProcAttr = attributes(as, true)
	cmd.Cancel = func() error { return interrupt(cmd.Process.Pid) } // it tidies up
	cmd.WaitDelay = 10 * time.Second
	child, err := spawn(cmd)
	if err != nil {
		return as.explain(fmt.Errorf("start initdb: %w", err))
	}
	<-child.exited
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if child.err != nil {
		return fmt.Errorf("%s could not make a data directory: %w: %s", bin.tool("initdb"), child.err, lastLines(output.String(), 4))
	}
	return nil
}

// ensurePassword makes the password file, unless an interrupted first start
// has. initdb reads it under the account of the server.
func (c *Cluster) ensurePassword(as account) error {
	if text, err := os.ReadFile(c.place.password); err == nil && len(strings.TrimSpace(string(text))) > 0 {
		return as.give(c.place.password)
	}
	if err := os.WriteFile(c.place.password, []byte(rand.Text()+"\n"), 0o600); err != nil {
		return fmt.Errorf("write the password file: %w", err)
	}
	return as.give(c.place.password)
}

func (c *Cluster) readPassword() error {
	text, err := os.ReadFile(c.place.password)
	if err != nil {
		return fmt.Errorf("read the password of the data in %s (was only the data directory copied?): %w", c.place.data, err)
	}
	c.password = strings.TrimSpace(string(text))
	return nil
}

// lastLines is the end of what a program said.
func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "; ")
}
