package process

import (
	"context"
	"time"

	"meridian/platform/errs"
)

// Passage is how the documents of a process passed one of its stages.
type Passage struct {
	Entered  int64
	Left     int64
	Dropped  int64 // of those that left: into an end that is lost or cancelled
	WorkSecs int64 // working time in the stage of those that left
}

// Passage measures a stage over a period from the log, of what the reader may see;
// imported history does not count. NotFound for an unknown process or stage.
func (e *Engine) Passage(ctx context.Context, key, stage string, from, to time.Time) (p Passage, err error) {
	d := e.current[key]
	if d == nil || d.Stage(stage) == nil {
		return p, errs.Missing()
	}
	var drops []string
	for _, s := range d.Stages {
		if s.Kind == End && (s.Class == Lost || s.Class == Cancelled) {
			drops = append(drops, s.Key)
		}
	}
	pred, err := e.authz.Visible(ctx, key, "read")
	if err != nil {
		return p, err
	}
	q, args := audience{pred: pred}.narrow(`SELECT count(*) FILTER (WHERE to_stage = $4 AND from_stage <> $4), count(*) FILTER (WHERE from_stage = $4 AND to_stage <> $4),
			count(*) FILTER (WHERE from_stage = $4 AND to_stage = ANY($5)), coalesce(sum(work_secs) FILTER (WHERE from_stage = $4 AND to_stage <> $4), 0)::bigint
		FROM core.proc_event WHERE process = $1 AND at >= $2 AND at < $3 AND kind = 'move' AND strpos(flags, 'import') = 0`, "actor", key, from, to, stage, drops)
	_, err = e.db.Row(ctx, q, args, &p.Entered, &p.Left, &p.Dropped, &p.WorkSecs)
	return p, err
}
