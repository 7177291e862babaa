package pgrun

import (
	"context"
	"fmt"
	"os"
	"time"
)

// pollEvery is the pause between two looks at a lock or a pid file. Kernel and
// PostgreSQL offer nothing to wait on across programs.
const pollEvery = 5 * time.Millisecond

// takeLock waits for the exclusive lock on path. Closing the file releases it,
// and so does the end of the program.
func takeLock(ctx context.Context, path string) (*os.File, error) {
	for {
		f, err := tryLock(path, true)
		if err != nil || f != nil {
			return f, err
		}
		if err := pause(ctx, pollEvery); err != nil {
			return nil, fmt.Errorf("wait for the program that holds %s: %w", path, err)
		}
	}
}

// tryLock returns no file when another program holds the lock.
func tryLock(path string, exclusive bool) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock file of the data root (does it belong to another user?): %w", err)
	}
	free, err := flock(f, exclusive)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	if !free {
		f.Close()
		return nil, nil
	}
	return f, nil
}

// held tells whether somebody has the lock.
func held(path string) bool {
	f, err := tryLock(path, true)
	if err != nil || f == nil {
		return err == nil
	}
	f.Close()
	return false
}

// pause sleeps, unless ctx ends first.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
