package pgrun

import (
	"context"
	"fmt"
	"time"
)

// joinUsers counts this program among the users of a shared cluster.
func (c *Cluster) joinUsers() error {
	if !c.conf.Shared || c.users != nil {
		return nil
	}
	users, err := tryLock(c.place.usersLock, false)
	if err != nil {
		return err
	}
	c.users = users
	return nil
}

func (c *Cluster) leaveUsers() {
	if c.users != nil {
		c.users.Close()
		c.users = nil
	}
}

// stopShared stops the server if no other program uses it.
func (c *Cluster) stopShared(grace time.Duration) error {
	if c.users == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), grace+crashTime)
	defer cancel()
	lock, err := takeLock(ctx, c.place.startLock)
	if err != nil {
		return err
	}
	defer lock.Close()
	last, err := flock(c.users, true)
	defer c.leaveUsers()
	if err != nil {
		return fmt.Errorf("look for other users of the cluster: %w", err)
	}
	pid := readPidfile(c.place.data).pid
	if !last || pid == 0 || !servedBy(pid, c.place.data) {
		return nil
	}
	if err := stopPostmaster(pid, grace, func(d time.Duration) bool { return c.gone(pid, d) }); err != nil {
		return err
	}
	c.removeSocketDir()
	return nil
}

// gone waits for a server that need not be a child of this program.
func (c *Cluster) gone(pid int, d time.Duration) bool {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	for servedBy(pid, c.place.data) {
		if pause(ctx, pollEvery) != nil {
			return !servedBy(pid, c.place.data)
		}
	}
	return true
}
