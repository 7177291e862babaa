// Package clock is the one place that reads the time of day. Rules take time as
// an argument; long-lived components take a Clock; documents use the time of
// their move, which the engine reads from the database under the lock.
package clock

import "time"

// Clock tells the time.
type Clock func() time.Time

// System is the machine's clock.
func System() time.Time { return time.Now() } //nolint:forbidigo // the one place

// Fixed returns a clock that stands still, for tests.
func Fixed(t time.Time) Clock { return func() time.Time { return t } }
