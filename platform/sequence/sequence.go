// Package sequence gives documents their numbers.
//
// Ordinary numbers come out of blocks taken in a transaction of their own, so
// writers never wait for each other; a rolled-back draft leaves a gap. Gapless
// numbers (invoices, by law) are drawn in the transaction that posts, which
// serialises its writers.
package sequence

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"meridian/platform/clock"
	"meridian/platform/db"
)

// Numbers draws numbers.
type Numbers struct {
	db  *db.DB
	now clock.Clock
	mu  sync.Mutex
	// blocks grow while a series is busy and shrink when it rests, so a quiet
	// series has no gaps after a restart and a busy one no queue.
	blocks map[string]*block
}

type block struct {
	mu        sync.Mutex
	next, end int64
	size      int64
	drawn     time.Time
}

// New returns the numbers on d.
func New(d *db.DB, now clock.Clock) *Numbers {
	return &Numbers{db: d, now: now, blocks: map[string]*block{}}
}

const maxBlock = 512

// Next returns the next number of a series in pattern, at day t of the document:
// {yyyy}, {yy}, {mm} and one {000...} for the counter, which restarts each year
// when the pattern holds the year.
func (n *Numbers) Next(ctx context.Context, company int64, series, pattern string, t time.Time) (string, error) {
	period := periodOf(pattern, t)
	key := fmt.Sprintf("%d|%s|%s", company, series, period)
	n.mu.Lock()
	b := n.blocks[key]
	if b == nil {
		b = &block{size: 1}
		n.blocks[key] = b
	}
	n.mu.Unlock()

	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == b.end {
		now := n.now()
		if now.Sub(b.drawn) < time.Second {
			b.size = min(2*b.size, maxBlock)
		} else {
			b.size = max(1, b.size/2)
		}
		end, err := n.take(ctx, company, series, period, b.size)
		if err != nil {
			return "", err
		}
		b.next, b.end, b.drawn = end-b.size, end, now
	}
	v := b.next
	b.next++
	return format(pattern, t, v), nil
}

// take reserves size numbers in a transaction of its own and returns the number
// after the last one.
func (n *Numbers) take(ctx context.Context, company int64, series, period string, size int64) (int64, error) {
	var end int64
	err := n.db.Side().QueryRowContext(ctx, takeSQL, company, series, period, size).Scan(&end)
	if err != nil {
		return 0, fmt.Errorf("number of %s: %w", series, db.Translate(err))
	}
	return end, nil
}

const takeSQL = `INSERT INTO core.sequence AS s (company_id, series, period, next) VALUES ($1, $2, $3, 1 + $4)
	ON CONFLICT (company_id, series, period) DO UPDATE SET next = s.next + $4 RETURNING next`

// Gapless draws the next number inside the transaction of ctx; rolling back gives
// it back. Call it as late as possible: it holds the series until the commit.
func (n *Numbers) Gapless(ctx context.Context, company int64, series, pattern string, t time.Time) (string, error) {
	if !db.InTx(ctx) {
		return "", errors.New("sequence: gapless number outside a transaction")
	}
	var end int64
	if _, err := n.db.Row(ctx, takeSQL, []any{company, series, periodOf(pattern, t), 1}, &end); err != nil {
		return "", fmt.Errorf("number of %s: %w", series, err)
	}
	return format(pattern, t, end-1), nil
}

func periodOf(pattern string, t time.Time) string {
	if strings.Contains(pattern, "{yy") {
		return t.Format("2006")
	}
	return ""
}

func format(pattern string, t time.Time, v int64) string {
	s := strings.NewReplacer("{yyyy}", t.Format("2006"), "{yy}", t.Format("06"), "{mm}", t.Format("01")).Replace(pattern)
	i := strings.Index(s, "{0")
	if i < 0 {
		return fmt.Sprintf("%s%d", s, v)
	}
	j := i + strings.IndexByte(s[i:], '}')
	return s[:i] + fmt.Sprintf("%0*d", j-i-1, v) + s[j+1:]
}
