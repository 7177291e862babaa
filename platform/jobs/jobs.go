// Package jobs runs what is due by time, exactly once whatever the number of
// instances: every instance ticks, and a unique (job, tick) row decides who runs.
package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/robfig/cron/v3"

	"meridian/platform/authz"
	"meridian/platform/clock"
	"meridian/platform/db"
	"meridian/platform/errs"
)

// Job is work by time. Run acts under authz.System and must be safe to repeat.
type Job struct {
	Name  string // core.limits
	Label string // English key
	Spec  string // cron: "*/5 * * * *", or "@every 30s"
	Run   func(ctx context.Context) error
}

// Scheduler runs jobs.
type Scheduler struct {
	db   *db.DB
	now  clock.Clock
	loc  *time.Location
	jobs []Job
	cron *cron.Cron
}

// New returns a scheduler whose specs are read in loc.
func New(d *db.DB, now clock.Clock, loc *time.Location) *Scheduler {
	return &Scheduler{db: d, now: now, loc: loc}
}

// Add declares a job while wiring and panics when its spec or name is wrong.
func (s *Scheduler) Add(j Job) {
	if _, err := cron.ParseStandard(j.Spec); err != nil || j.Run == nil || s.find(j.Name) != nil {
		panic(fmt.Sprintf("jobs: bad job %q: %v", j.Name, err))
	}
	s.jobs = append(s.jobs, j)
}

func (s *Scheduler) find(name string) *Job {
	for i := range s.jobs {
		if s.jobs[i].Name == name {
			return &s.jobs[i]
		}
	}
	return nil
}

// Start ticks until ctx ends; the returned function waits for running jobs.
func (s *Scheduler) Start(ctx context.Context) (wait func()) {
	// Skip outside Recover: the other order lets a panic keep Skip's token, and the
	// job never runs again.
	s.cron = cron.New(cron.WithLocation(s.loc), cron.WithChain(cron.SkipIfStillRunning(cron.DiscardLogger), cron.Recover(logger{})))
	for _, j := range s.jobs {
		schedule, _ := cron.ParseStandard(j.Spec) // checked by Add
		s.cron.Schedule(schedule, cron.FuncJob(func() { s.tick(ctx, j, schedule) }))
	}
	s.cron.Start()
	return func() { <-s.cron.Stop().Done() }
}

// logger carries panics of jobs to the log.
type logger struct{}

func (logger) Info(string, ...any) {}
func (logger) Error(err error, msg string, _ ...any) {
	slog.Error("job panicked", slog.Any("error", err), slog.String("message", msg))
}

func (s *Scheduler) tick(ctx context.Context, j Job, schedule cron.Schedule) {
	if ctx.Err() != nil {
		return
	}
	now := s.now()
	tick := now.Truncate(time.Second)
	if every := schedule.Next(now).Sub(now); every >= time.Minute {
		tick = now.Truncate(time.Minute)
	}
	paused, err := s.db.Row(ctx, `SELECT 1 FROM core.cron_pause WHERE job = $1`, []any{j.Name}, new(int))
	if err == nil && !paused {
		_, err = s.once(ctx, j, tick)
	}
	if err != nil && ctx.Err() == nil {
		slog.ErrorContext(ctx, "job not run", slog.String("job", j.Name), slog.Any("error", err))
	}
}

// once runs a tick if no instance has; it reports whether this one did.
func (s *Scheduler) once(ctx context.Context, j Job, tick time.Time) (bool, error) {
	var mine int64
	err := s.db.Tx(ctx, func(ctx context.Context) (err error) {
		mine, err = s.db.ExecN(ctx, `INSERT INTO core.cron_run (job, tick) VALUES ($1, $2) ON CONFLICT DO NOTHING`, j.Name, tick)
		return err
	})
	if err != nil || mine == 0 {
		return false, err
	}
	work, cancel := context.WithTimeout(authz.System(ctx, "job "+j.Name), 10*time.Minute)
	defer cancel()
	outcome := "ok"
	runErr := j.Run(work)
	if runErr != nil {
		outcome = runErr.Error()
		slog.ErrorContext(ctx, "job failed", slog.String("job", j.Name), slog.Any("error", runErr))
	}
	return true, s.db.Tx(context.WithoutCancel(ctx), func(ctx context.Context) error {
		if err := s.db.Exec(ctx, `UPDATE core.cron_run SET ended_at = clock_timestamp(), outcome = $3 WHERE job = $1 AND tick = $2`, j.Name, tick, outcome); err != nil {
			return err
		}
		return s.db.Exec(ctx, `DELETE FROM core.cron_run WHERE job = $1 AND started_at < now() - interval '30 days'`, j.Name)
	})
}

// RunNow runs a job at once, beside its schedule. NotFound if there is none.
func (s *Scheduler) RunNow(ctx context.Context, name string) error {
	j := s.find(name)
	if j == nil {
		return errs.New(errs.NotFound, "There is no job {0}.", name)
	}
	_, err := s.once(ctx, *j, s.now().Truncate(time.Microsecond))
	return err
}

// Pause stops or resumes a job on every instance. NotFound if there is none.
func (s *Scheduler) Pause(ctx context.Context, name string, on bool) error {
	if s.find(name) == nil {
		return errs.New(errs.NotFound, "There is no job {0}.", name)
	}
	return s.db.Tx(ctx, func(ctx context.Context) error {
		if !on {
			return s.db.Exec(ctx, `DELETE FROM core.cron_pause WHERE job = $1`, name)
		}
		return s.db.Exec(ctx, `INSERT INTO core.cron_pause (job, by_user) VALUES ($1, $2) ON CONFLICT DO NOTHING`, name, authz.Actor(ctx))
	})
}

// State is a job as the administrator sees it.
type State struct {
	Job
	Next    time.Time
	Last    time.Time
	Outcome string
	Paused  bool
}

// States lists the jobs by name.
func (s *Scheduler) States(ctx context.Context) ([]State, error) {
	type run struct {
		Job       string
		StartedAt time.Time
		Outcome   string
	}
	runs, err := db.Select[run](ctx, s.db, `SELECT DISTINCT ON (job) job, started_at, outcome FROM core.cron_run ORDER BY job, started_at DESC`)
	if err != nil {
		return nil, err
	}
	paused, err := db.Select[struct{ Job string }](ctx, s.db, `SELECT job FROM core.cron_pause`)
	if err != nil {
		return nil, err
	}
	out := make([]State, 0, len(s.jobs))
	for _, j := range s.jobs {
		schedule, _ := cron.ParseStandard(j.Spec) // checked by Add
		st := State{Job: j, Next: schedule.Next(s.now().In(s.loc)), Paused: slices.ContainsFunc(paused, func(p struct{ Job string }) bool { return p.Job == j.Name })}
		for _, r := range runs {
			if r.Job == j.Name {
				st.Last, st.Outcome = r.StartedAt, r.Outcome
			}
		}
		out = append(out, st)
	}
	slices.SortFunc(out, func(a, b State) int { return len(a.Name) - len(b.Name) })
	return out, nil
}
