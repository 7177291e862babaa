package process

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"meridian/platform/authz"
	"meridian/platform/money"
	"meridian/platform/trace"
)

// Work is one line of somebody's inbox.
type Work struct {
	Kind    string // approval, handover, task
	Task    int64  // approval task
	Object  trace.Ref
	Process string
	Stage   string
	Title   string // of an approval
	Amount  money.Amount
	Since   time.Time
	DueAt   time.Time
	Late    bool
	For     int64 // the person one stands in for
}

// Inbox is the work of the actor of ctx: approvals to decide, hand-overs to
// accept, stages to work on; late work first.
func (e *Engine) Inbox(ctx context.Context, limit int) ([]Work, error) {
	me := authz.Actor(ctx)
	s, _ := authz.Of(ctx)
	var out []Work
	err := e.db.Each(ctx, `SELECT t.id, r.object_type, r.object_id, r.title, r.amount, r.opened_at, t.due_at, t.assignee FROM core.approval_task t JOIN core.approval_round r ON r.id = t.round_id
		WHERE t.state = 'open' AND r.state = 'open' AND NOT $1 = ANY(r.barred) AND (t.assignee = $1 OR t.assignee IN (SELECT from_user FROM core.delegation WHERE to_user = $1 AND valid @> clock_timestamp()))
		ORDER BY t.due_at NULLS LAST, t.id LIMIT $2`, []any{me, limit}, func(r *sql.Rows) error {
		w := Work{Kind: "approval"}
		var due sql.NullTime
		if err := r.Scan(&w.Task, &w.Object.Type, &w.Object.ID, &w.Title, &w.Amount, &w.Since, &due, &w.For); err != nil {
			return err
		}
		if w.For == me {
			w.For = 0
		}
		w.Process, w.DueAt = w.Object.Type, due.Time
		w.Late = due.Valid && e.now().After(due.Time)
		out = append(out, w)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("inbox: %w", err)
	}
	err = e.db.Each(ctx, `SELECT object_type, object_id, process, stage, entered_at, due_at, accepted_at IS NULL, definition_id FROM core.proc_instance
		WHERE NOT ended AND pending_move = '' AND company_id = $3 AND (owner_id = $1 OR (owner_id = 0 AND owner_role = ANY($2)))
		ORDER BY due_at NULLS LAST, entered_at LIMIT $4`, []any{me, e.authz.Roles(me), s.Company, limit}, func(r *sql.Rows) error {
		w := Work{Kind: "task"}
		var due sql.NullTime
		var waiting bool
		var def int64
		if err := r.Scan(&w.Object.Type, &w.Object.ID, &w.Process, &w.Stage, &w.Since, &due, &waiting, &def); err != nil {
			return err
		}
		d := e.version(def)
		if d == nil {
			return nil
		}
		st := d.Stage(w.Stage)
		if st == nil || st.Kind == Wait {
			return nil // nobody's turn
		}
		if waiting {
			w.Kind = "handover"
		}
		w.DueAt = due.Time
		w.Late = due.Valid && e.now().After(due.Time)
		out = append(out, w)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("inbox: %w", err)
	}
	return out, nil
}

// Load is how many documents stand in a stage.
type Load struct {
	Process, Stage string
	Open, Late     int
}

// Loads counts the live documents per process and stage, of the companies and
// departments the reader may see of each process.
func (e *Engine) Loads(ctx context.Context) ([]Load, error) {
	var out []Load
	for key := range e.current {
		if !e.authz.Can(ctx, key, "read") {
			continue
		}
		where, args, err := e.visible(ctx, key)
		if err != nil {
			return nil, err
		}
		err = e.db.Each(ctx, `SELECT process, stage, count(*), count(*) FILTER (WHERE due_at < clock_timestamp()) FROM core.proc_instance
			WHERE process = $1 AND NOT ended`+where+` GROUP BY 1, 2`, append([]any{key}, args...), func(r *sql.Rows) error {
			var l Load
			err := r.Scan(&l.Process, &l.Stage, &l.Open, &l.Late)
			out = append(out, l)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("count work of %s: %w", key, err)
		}
	}
	return out, nil
}

// visible narrows instances or events by the owner, department and company they
// carry, numbered from $2.
func (e *Engine) visible(ctx context.Context, key string) (where string, args []any, err error) {
	p, err := e.authz.Visible(ctx, key, "read")
	if err != nil {
		return "", nil, err
	}
	n := 2
	if !p.All {
		where += fmt.Sprintf(" AND (owner_id = $%d OR dept_id = ANY($%d))", n, n+1)
		args = append(args, p.User, p.Depts)
		n += 2
	}
	if len(p.Companies) > 0 {
		where += fmt.Sprintf(" AND company_id = ANY($%d)", n)
		args = append(args, p.Companies)
	}
	return where, args, nil
}

// Done counts per process the documents that reached an end since t, and the
// median working time in hours from their first event to it.
func (e *Engine) Done(ctx context.Context, since time.Time) (map[string]int, error) {
	out := map[string]int{}
	for key, d := range e.current {
		if !e.authz.Can(ctx, key, "read") {
			continue
		}
		var ends []string
		for _, s := range d.Stages {
			if s.Kind == End {
				ends = append(ends, s.Key)
			}
		}
		p, err := e.authz.Visible(ctx, key, "read")
		if err != nil {
			return nil, err
		}
		q := `SELECT count(DISTINCT instance_id) FROM core.proc_event WHERE process = $1 AND at >= $2 AND kind = 'move' AND to_stage = ANY($3) AND from_stage <> to_stage AND position('import' IN flags) = 0`
		args := []any{key, since, ends}
		if !p.All {
			q += ` AND (actor = $4 OR dept_id = ANY($5))`
			args = append(args, p.User, p.Depts)
		}
		if len(p.Companies) > 0 {
			args = append(args, p.Companies)
			q += fmt.Sprintf(` AND company_id = ANY($%d)`, len(args))
		}
		var n int
		if _, err := e.db.Row(ctx, q, args, &n); err != nil {
			return nil, fmt.Errorf("count finished %s: %w", key, err)
		}
		out[key] = n
	}
	return out, nil
}
