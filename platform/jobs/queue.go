package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"meridian/platform/authz"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/jobs/schema"
)

// Args is what a piece of slow work needs to know; it is stored as JSON. Kind names
// the work for ever: rows of it may outlive the program that wrote them.
type Args interface{ Kind() string }

// Long is Args of work that may take longer than half an hour: it says how long, and
// has workers of its own so that short work need not wait.
type Long interface {
	Args
	Limit() time.Duration
}

// Queue runs slow work after the transaction that asked for it: River, on the
// tables of this database. Work is tried again with growing pauses until it
// succeeds, so handlers must be safe to repeat.
type Queue struct {
	db      *db.DB
	workers *river.Workers
	labels  map[string]string // by kind
	client  *river.Client[pgx.Tx]
}

// workers is how many pieces of work run at the same time in one instance.
const workers = 4

// longWorkers is how many of these do long work besides.
const longWorkers = 2

const longQueue = "long"

// NewQueue returns a queue that takes work in; Start has it done.
func NewQueue(d *db.DB) (*Queue, error) {
	c, err := river.NewClient(riverpgxv5.New(nil), &river.Config{Schema: schema.Name, Logger: quiet})
	if err != nil {
		return nil, fmt.Errorf("job queue: %w", err)
	}
	return &Queue{db: d, workers: river.NewWorkers(), labels: map[string]string{}, client: c}, nil
}

var quiet = slog.New(slog.DiscardHandler)

// Handle says what does the work of A, while wiring; label is its English name. fn
// acts under authz.System and not in a transaction. It panics when A is taken.
func Handle[A Args](q *Queue, label string, fn func(ctx context.Context, a A) error) {
	q.labels[(*new(A)).Kind()] = label
	river.AddWorker(q.workers, &worker[A]{fn: fn})
}

type worker[A Args] struct {
	river.WorkerDefaults[A]
	fn func(ctx context.Context, a A) error
}

// Work does one piece.
func (w *worker[A]) Work(ctx context.Context, j *river.Job[A]) error {
	return w.fn(authz.System(ctx, "job "+j.Kind), j.Args)
}

// Timeout is the limit of long work, else that of the client.
func (w *worker[A]) Timeout(j *river.Job[A]) time.Duration {
	if l, ok := any(j.Args).(Long); ok {
		return l.Limit()
	}
	return 0
}

// Enqueue asks for work in the transaction of ctx: it is done after the commit, and
// never when the transaction rolls back. A time that is not zero is the earliest.
func (q *Queue) Enqueue(ctx context.Context, at time.Time, list ...Args) error {
	params := make([]river.InsertManyParams, len(list))
	for i, a := range list {
		o := &river.InsertOpts{ScheduledAt: at}
		if _, long := a.(Long); long {
			o.Queue = longQueue
		}
		params[i] = river.InsertManyParams{Args: a, InsertOpts: o}
	}
	return q.db.Conn(ctx, func(c *pgx.Conn) error {
		if _, err := q.client.InsertManyTx(ctx, bridge{c}, params); err != nil {
			return fmt.Errorf("enqueue %s: %w", list[0].Kind(), err)
		}
		return nil
	})
}

// Start does the work. The returned function takes no more and waits for what runs,
// at most ten seconds: work that is cut short is done again.
func (q *Queue) Start(ctx context.Context) (stop func(), err error) {
	if len(q.labels) == 0 {
		return func() {}, nil
	}
	pool, err := q.db.NewPool(ctx, workers+longWorkers+4)
	if err != nil {
		return nil, err
	}
	c, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		Schema: schema.Name, Workers: q.workers,
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}, longQueue: {MaxWorkers: longWorkers}},
		Logger: slog.New(slog.Default().Handler()), ErrorHandler: failures{}, JobTimeout: 30 * time.Minute,
	})
	if err == nil {
		err = c.Start(ctx)
	}
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("start the job queue: %w", err)
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if err := c.Stop(ctx); err != nil {
			_ = c.StopAndCancel(context.WithoutCancel(ctx))
		}
		pool.Close()
	}, nil
}

// failures tells the log what went wrong; the queue tries again.
type failures struct{}

func (failures) HandleError(ctx context.Context, j *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	slog.WarnContext(ctx, "work failed", slog.String("work", j.Kind), slog.Int("attempt", j.Attempt), slog.Any("error", err))
	return nil
}

func (failures) HandlePanic(ctx context.Context, j *rivertype.JobRow, v any, trace string) *river.ErrorHandlerResult {
	slog.ErrorContext(ctx, "work panicked", slog.String("work", j.Kind), slog.Any("panic", v), slog.String("trace", trace))
	return nil
}

// WorkState is one kind of work as the administrator sees it.
type WorkState struct {
	Kind, Label              string
	Waiting, Running, Failed int
	Error                    string // of the last failure still standing
	Last                     time.Time
}

// Work lists the kinds of work this program does, by kind.
func (q *Queue) Work(ctx context.Context) ([]WorkState, error) {
	list, err := db.Select[WorkState](ctx, q.db, `SELECT kind, count(*) FILTER (WHERE state IN ('available', 'scheduled', 'pending')) AS waiting, count(*) FILTER (WHERE state = 'running') AS running,
		count(*) FILTER (WHERE state IN ('retryable', 'discarded')) AS failed,
		coalesce((array_agg(errors[array_upper(errors, 1)]->>'error' ORDER BY attempted_at DESC) FILTER (WHERE state IN ('retryable', 'discarded')))[1], '') AS error,
		max(attempted_at) AS last
		FROM river.river_job GROUP BY kind`)
	if err != nil {
		return nil, fmt.Errorf("read the job queue: %w", err)
	}
	out := make([]WorkState, 0, len(q.labels))
	for kind, label := range q.labels {
		w := WorkState{Kind: kind}
		if i := slices.IndexFunc(list, func(w WorkState) bool { return w.Kind == kind }); i >= 0 {
			w = list[i]
		}
		w.Label = label
		out = append(out, w)
	}
	slices.SortFunc(out, func(a, b WorkState) int { return strings.Compare(a.Kind, b.Kind) })
	return out, nil
}

// Retry has the failed work of a kind done again at once. NotFound when there is none.
func (q *Queue) Retry(ctx context.Context, kind string) error {
	return q.db.Tx(ctx, func(ctx context.Context) error {
		n, err := q.db.ExecN(ctx, `UPDATE river.river_job SET state = 'available', scheduled_at = now(), finalized_at = NULL, max_attempts = greatest(max_attempts, attempt + 1)
			WHERE kind = $1 AND state IN ('retryable', 'discarded')`, kind)
		if err == nil && n == 0 {
			return errs.New(errs.NotFound, "No work of this kind has failed.")
		}
		return err
	})
}

// bridge shows River the transaction of the suite. It may join, never end it.
type bridge struct{ conn }

type conn = *pgx.Conn

var errForeign = errors.New("jobs: this transaction belongs to the suite")

func (b bridge) Begin(ctx context.Context) (pgx.Tx, error) {
	if _, err := b.Exec(ctx, "SAVEPOINT river"); err != nil {
		return nil, err
	}
	return savepoint{b}, nil
}

// Commit refuses.
func (bridge) Commit(context.Context) error { return errForeign }

// Rollback refuses.
func (bridge) Rollback(context.Context) error { return errForeign }

// LargeObjects are not used.
func (bridge) LargeObjects() pgx.LargeObjects { return pgx.LargeObjects{} }

// Conn is the connection under the transaction.
func (b bridge) Conn() *pgx.Conn { return b.conn }

// savepoint is a part of the transaction that River may end.
type savepoint struct{ bridge }

func (s savepoint) Commit(ctx context.Context) error {
	_, err := s.Exec(ctx, "RELEASE SAVEPOINT river")
	return err
}

func (s savepoint) Rollback(ctx context.Context) error {
	_, err := s.Exec(ctx, "ROLLBACK TO SAVEPOINT river")
	return err
}
