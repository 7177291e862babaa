package transfer

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"meridian/platform/authz"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/process"
	"meridian/platform/trace"
)

const (
	// Small is how many rows are checked while the person waits.
	Small = 2000
	// patience is how long a person waits before a notice tells the end.
	patience = 10 * time.Second
	// maxAttempts is how often an import that is broken off is taken up.
	maxAttempts = 5
	// silence is how long work may give no sign of life before it is taken up again.
	silence = time.Minute
)

// ObjectType names an import in notices.
const ObjectType = "core.import"

// Check tries a kept file while the person waits, and keeps the map and the outcome.
// What is wrong with the whole file stands in the report too.
func (im *Importer) Check(ctx context.Context, u Upload, m Map) (Report, error) {
	r, err := im.Run(ctx, m, u.Main.Name, u.Main.Body, beside(u.Lines), true, nil)
	if err != nil && !r.refused(err) {
		return r, err
	}
	mb, rb, err := marshal(m, r)
	if err != nil {
		return r, err
	}
	return r, im.DB.Tx(ctx, func(ctx context.Context) error {
		return im.DB.Exec(ctx, `UPDATE core.import_run SET state = 'checked', map = $2, report = $3 WHERE id = $1 AND state IN ('uploaded', 'checked')`, u.ID, mb, rb)
	})
}

// Start has a kept file of the actor checked or brought in, in the background. When
// it is under way or done already, nothing happens: a second click starts nothing.
func (im *Importer) Start(ctx context.Context, id int64, m Map, dry bool) error {
	state := StateRunning
	if dry {
		state = StateChecking
	}
	mb, _, err := marshal(m, Report{})
	if err != nil {
		return err
	}
	now := im.Now()
	return im.DB.Tx(ctx, func(ctx context.Context) error {
		n, err := im.DB.ExecN(ctx, `UPDATE core.import_run SET state = $3, map = $4, rows_done = 0, attempts = 0, started_at = $5, seen_at = $5
			WHERE id = $1 AND by_user = $2 AND object_type = $6 AND state IN ('uploaded', 'checked')`, id, authz.Actor(ctx), state, mb, now, m.Type)
		if err != nil || n == 0 {
			return err
		}
		return im.Later(ctx, id)
	})
}

// Work does what Start asked for, with the rights the person has now. It may be
// repeated: a run that has ended, or that somebody else works on, is left alone.
func (im *Importer) Work(ctx context.Context, id int64) error {
	k, err := im.kept(ctx, id)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	dry := k.State == StateChecking
	if !dry && k.State != StateRunning {
		return nil
	}
	ctx = authz.As(ctx, im.Subject(k.by))
	r, err := im.work(ctx, k, dry)
	switch {
	case errors.Is(err, errTaken):
		return nil
	case err == nil && r.Wrong > 0 && !dry:
		return im.end(ctx, id, StateFailed, r)
	case err == nil && dry:
		return im.end(ctx, id, StateChecked, r)
	case err == nil:
		return nil // ended in the transaction of its rows
	case ctx.Err() != nil || db.Unavailable(err):
		return err
	}
	if !r.refused(err) {
		if k.attempts+1 < maxAttempts/2 {
			return err
		}
		slog.ErrorContext(ctx, "import failed", slog.Int64("import", id), slog.String("type", k.Type), slog.Any("error", err))
		r.Failure = "Something went wrong on our side. Nothing was changed."
	}
	return im.end(ctx, id, StateFailed, r)
}

func (im *Importer) work(ctx context.Context, k Kept, dry bool) (Report, error) {
	r := Report{Type: k.Type, Rows: k.Rows}
	if k.attempts >= maxAttempts {
		return r, errs.New(errs.Precondition, "The import was broken off {0} times.", k.attempts)
	}
	if p := im.Authz.Directory().People[k.by]; p == nil || !p.Active {
		return r, errs.New(errs.Forbidden, "You lack the permission {0}.", k.Type+":import")
	}
	if err := im.Authz.Require(ctx, k.Type, "import"); err != nil {
		return r, err
	}
	main, lines, err := im.files(ctx, k.ID, k.Type, k.by, k.State)
	if errs.Is(err, errs.NotFound) {
		return r, errTaken
	}
	if err != nil {
		return r, err
	}
	return im.run(ctx, k.Map, main.Name, main.Body, beside(lines), k.ID, dry, im.progress(ctx, k.ID))
}

// progress tells how far a run is, beside its transaction and at most twice a second.
func (im *Importer) progress(ctx context.Context, id int64) Progress {
	last := im.Now()
	return func(done, _ int) {
		now := im.Now()
		if now.Sub(last) < time.Second/2 {
			return
		}
		last = now
		if _, err := im.DB.Side().ExecContext(ctx, `UPDATE core.import_run SET rows_done = $2, seen_at = $3 WHERE id = $1`, id, done, now); err != nil {
			slog.DebugContext(ctx, "progress was not written", slog.Int64("import", id), slog.Any("error", err))
		}
	}
}

// errTaken is a run that has ended or is worked on by somebody else.
var errTaken = errors.New("the import is taken")

// lockSpace keeps the locks of imports apart from others.
const lockSpace = 0x696d7074

// take holds a run until the end of the transaction, or answers errTaken.
func (im *Importer) take(ctx context.Context, id int64) error {
	var free bool
	if _, err := im.DB.Row(ctx, `SELECT pg_try_advisory_xact_lock($1::int, $2::int)`, []any{lockSpace, id % (1 << 31)}, &free); err != nil {
		return err
	}
	if !free {
		return errTaken
	}
	// Beside the transaction, so that an attempt counts when it is broken off.
	n, err := im.DB.Side().ExecContext(ctx, `UPDATE core.import_run SET attempts = attempts + 1, rows_done = 0, seen_at = $2 WHERE id = $1 AND state IN ('checking', 'running')`, id, im.Now())
	if err != nil {
		return fmt.Errorf("begin import %d: %w", id, err)
	}
	if changed, err := n.RowsAffected(); err != nil || changed == 0 {
		return errors.Join(errTaken, err)
	}
	return nil
}

// end writes the outcome of a run, once, and tells the person when it took long.
func (im *Importer) end(ctx context.Context, id int64, state string, r Report) error {
	_, b, err := marshal(Map{}, r)
	if err != nil {
		return err
	}
	return im.DB.Tx(ctx, func(ctx context.Context) error {
		var by int64
		var name string
		var started time.Time
		now := im.Now()
		ok, err := im.DB.Row(ctx, `UPDATE core.import_run SET state = $2, report = $3, ended_at = $4, rows_done = rows_of,
				body = CASE WHEN $2 = 'checked' THEN body ELSE '' END, lines_body = CASE WHEN $2 = 'checked' THEN lines_body ELSE '' END
			WHERE id = $1 AND state IN ('checking', 'running') RETURNING by_user, file_name, started_at`, []any{id, state, b, now}, &by, &name, &started)
		if err != nil {
			return err
		}
		if !ok {
			return errTaken
		}
		if now.Sub(started) < patience {
			return nil
		}
		n := process.Notice{Users: []int64{by}, Kind: "job", Object: trace.Ref{Type: ObjectType, ID: id}, Args: []any{name, r.New, r.Changed}}
		switch state {
		case StateDone:
			n.Message = "The import of {0} is done: {1} new, {2} changed."
		case StateChecked:
			n.Message = "The check of {0} is done; nothing has been written yet."
		default:
			n.Message = "The import of {0} was refused; nothing was written."
		}
		return im.Notices.Send(ctx, n)
	})
}

// Revive takes up the runs that have given no sign of life: their server was killed.
func (im *Importer) Revive(ctx context.Context) error {
	return im.DB.Tx(ctx, func(ctx context.Context) error {
		now := im.Now()
		var ids []int64
		err := im.DB.Each(ctx, `UPDATE core.import_run SET seen_at = $1 WHERE state IN ('checking', 'running') AND seen_at < $2 RETURNING id`, []any{now, now.Add(-silence)}, func(r *sql.Rows) error {
			var id int64
			err := r.Scan(&id)
			ids = append(ids, id)
			return err
		})
		for _, id := range ids {
			err = errors.Join(err, im.Later(ctx, id))
		}
		return err
	})
}

// refused puts an error people can act on into the report; false is any other.
func (r *Report) refused(err error) bool {
	e := errs.Of(err)
	if e.Kind == errs.Internal {
		return false
	}
	r.Failure, r.Args = e.Message, e.Args
	return true
}

// marshal is a map and a report as they are stored; the arguments of messages
// become text, as people read them.
func marshal(m Map, r Report) (string, string, error) {
	mb, err := json.Marshal(m)
	if err != nil {
		return "", "", fmt.Errorf("store map: %w", err)
	}
	r.Args = spoken(r.Args)
	list := make([]RowError, len(r.Errors))
	for i, e := range r.Errors {
		e.Args = spoken(e.Args)
		list[i] = e
	}
	r.Errors = list
	rb, err := json.Marshal(r)
	if err != nil {
		return "", "", fmt.Errorf("store report: %w", err)
	}
	return string(mb), string(rb), nil
}

func spoken(args []any) []any {
	out := make([]any, len(args))
	for i, a := range args {
		out[i] = fmt.Sprint(a)
	}
	return out
}
