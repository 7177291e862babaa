package process

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"meridian/platform/authz"
	"meridian/platform/memo"
	"meridian/platform/money"
	"meridian/platform/record"
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

const workColumns = `object_type, object_id, process, stage, entered_at, due_at, accepted_at IS NULL AS unaccepted, definition_id, owner_id, dept_id, company_id`

// Inbox is the work of the actor of ctx: approvals to decide, hand-overs to
// accept, stages to work on; late work first.
func (e *Engine) Inbox(ctx context.Context, limit int) ([]Work, error) {
	me := authz.Actor(ctx)
	s, _ := authz.Of(ctx)
	var out []Work
	err := e.db.Each(ctx, `SELECT t.id, r.object_type, r.object_id, r.title, r.amount, r.opened_at, t.due_at, t.assignee FROM core.approval_task t JOIN core.approval_round r ON r.id = t.round_id
		WHERE t.state = 'open' AND r.state = 'open' AND NOT $1 = ANY(r.barred) AND (t.assignee = $1 OR t.assignee IN (SELECT from_user FROM core.delegation WHERE to_user = $1 AND valid @> clock_timestamp() AND (max_amount IS NULL OR max_amount >= r.amount)))
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
	// each role comes sorted out of the index; only the first of all are read
	err = e.db.Each(ctx, `SELECT w.* FROM (
		(SELECT `+workColumns+` FROM core.proc_instance WHERE NOT ended AND pending_move = '' AND company_id = $3 AND owner_id = $1 ORDER BY due_at, entered_at LIMIT $4)
		UNION ALL
		(SELECT x.* FROM unnest($2::text[]) role CROSS JOIN LATERAL (SELECT `+workColumns+` FROM core.proc_instance
			WHERE NOT ended AND pending_move = '' AND company_id = $3 AND owner_id = 0 AND owner_role = role ORDER BY due_at, entered_at LIMIT $4) x)) w
		ORDER BY due_at, entered_at LIMIT $4`, []any{me, e.authz.Roles(me), s.Company, limit}, func(r *sql.Rows) error {
		w := Work{Kind: "task"}
		var due sql.NullTime
		var waiting bool
		var def int64
		var b record.Base
		if err := r.Scan(&w.Object.Type, &w.Object.ID, &w.Process, &w.Stage, &w.Since, &due, &waiting, &def, &b.OwnerID, &b.DeptID, &b.CompanyID); err != nil {
			return err
		}
		if !e.authz.Covers(ctx, w.Process, "read", &b) {
			return nil // the role's work, but not this reader's row
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
// departments the reader may see of each process. Very many may be some seconds old.
func (e *Engine) Loads(ctx context.Context) ([]Load, error) {
	return e.loads.Get(ctx, e.reader(ctx), func(ctx context.Context) ([]Load, bool, error) {
		list, err := e.countLoads(ctx)
		n := 0
		for _, l := range list {
			n += l.Open
		}
		return list, n >= memo.Many, err
	})
}

// reader is the key of what a reader sees.
func (e *Engine) reader(ctx context.Context) string {
	return fmt.Sprint(authz.Actor(ctx), " ", authz.IsSystem(ctx), " ", e.authz.Version())
}

func (e *Engine) countLoads(ctx context.Context) ([]Load, error) {
	var out []Load
	err := e.each(ctx, func(a audience) error {
		q, args := a.narrow(`SELECT process, stage, count(*), count(*) FILTER (WHERE due_at < clock_timestamp()) FROM core.proc_instance WHERE process = ANY($1) AND NOT ended`, "owner_id", a.keys)
		err := e.db.Each(ctx, q+` GROUP BY 1, 2`, args, func(r *sql.Rows) error {
			var l Load
			err := r.Scan(&l.Process, &l.Stage, &l.Open, &l.Late)
			out = append(out, l)
			return err
		})
		if err != nil {
			return fmt.Errorf("count work: %w", err)
		}
		return nil
	})
	return out, err
}

// audience is a set of processes whose documents the reader sees by the same rule: one
// question for all of them instead of one for each.
type audience struct {
	keys []string
	ends []string // "process/stage"
	pred record.Pred
}

// each calls fn for the processes the reader may see, those of one rule together.
func (e *Engine) each(ctx context.Context, fn func(a audience) error) error {
	by := map[string]*audience{}
	for key, d := range e.current {
		if !e.authz.Can(ctx, key, "read") {
			continue
		}
		p, err := e.authz.Visible(ctx, key, "read")
		if err != nil {
			return err
		}
		rule := fmt.Sprint(p)
		if by[rule] == nil {
			by[rule] = &audience{pred: p}
		}
		by[rule].keys = append(by[rule].keys, key)
		for _, s := range d.Stages {
			if s.Kind == End {
				by[rule].ends = append(by[rule].ends, key+"/"+s.Key)
			}
		}
	}
	for _, a := range by {
		if err := fn(*a); err != nil {
			return err
		}
	}
	return nil
}

// narrow adds the row rule to a query over instances (who is their owner) or events (who
// is their actor).
func (a audience) narrow(q, who string, args ...any) (string, []any) {
	switch p := a.pred; {
	case !p.All && !p.Own:
		q += " AND false" // no right, no rows: user 0 is the program
	case !p.All:
		args = append(args, p.User, p.Depts)
		q += fmt.Sprintf(` AND (%s = $%d OR dept_id = ANY($%d))`, who, len(args)-1, len(args))
	}
	if len(a.pred.Companies) > 0 {
		args = append(args, a.pred.Companies)
		q += fmt.Sprintf(` AND company_id = ANY($%d)`, len(args))
	}
	return q, args
}

// overview is an answer over the documents a reader oversees, some seconds old when
// they are very many.
func overview[V any](ctx context.Context, e *Engine, m *memo.Memo[V], key string, compute func(ctx context.Context) (V, error)) (V, error) {
	return m.Get(ctx, e.reader(ctx)+key, func(ctx context.Context) (V, bool, error) {
		v, err := compute(ctx)
		if err != nil {
			return v, false, err
		}
		dear, err := e.many(ctx)
		return v, dear, err
	})
}

// many reports whether the reader oversees so many documents that counts over them
// are dear.
func (e *Engine) many(ctx context.Context) (bool, error) {
	list, err := e.Loads(ctx)
	n := 0
	for _, l := range list {
		n += l.Open
	}
	return n >= memo.Many, err
}

// Done counts per process the documents that reached an end since t. Of very many it
// may be some seconds old.
func (e *Engine) Done(ctx context.Context, since time.Time) (map[string]int, error) {
	return overview(ctx, e, &e.done, fmt.Sprint(" ", since), func(ctx context.Context) (map[string]int, error) { return e.countDone(ctx, since) })
}

func (e *Engine) countDone(ctx context.Context, since time.Time) (map[string]int, error) {
	out := map[string]int{}
	err := e.each(ctx, func(a audience) error {
		q, args := a.narrow(`SELECT process, count(DISTINCT instance_id) FROM core.proc_event WHERE process = ANY($1) AND at >= $2 AND kind = 'move' AND process || '/' || to_stage = ANY($3) AND from_stage <> to_stage AND position('import' IN flags) = 0`, "actor", a.keys, since, a.ends)
		err := e.db.Each(ctx, q+` GROUP BY 1`, args, func(r *sql.Rows) error {
			var key string
			var n int
			err := r.Scan(&key, &n)
			out[key] = n
			return err
		})
		if err != nil {
			return fmt.Errorf("count what is finished: %w", err)
		}
		return nil
	})
	return out, err
}

// Clock is how long a document has stood in its stage.
type Clock struct {
	Since, Due time.Time
	Late       bool
}

// Clocks reads the clocks of several documents of a type; the caller has checked
// the right to read them.
func (e *Engine) Clocks(ctx context.Context, typ string, ids []int64) (map[int64]Clock, error) {
	out := map[int64]Clock{}
	err := e.db.Each(ctx, `SELECT object_id, entered_at, due_at FROM core.proc_instance WHERE object_type = $1 AND object_id = ANY($2) AND NOT ended`, []any{typ, ids}, func(r *sql.Rows) error {
		var id int64
		var c Clock
		var due sql.NullTime
		if err := r.Scan(&id, &c.Since, &due); err != nil {
			return err
		}
		c.Due = due.Time
		c.Late = due.Valid && e.now().After(due.Time)
		out[id] = c
		return nil
	})
	return out, err
}

// Waiting is how many hand-overs into a stage wait for their receiver.
type Waiting struct {
	Process, Stage, FromRole string
	N                        int
	Oldest                   time.Time
	Late                     bool
}

// Waiting counts the hand-overs nobody has accepted yet, of what the reader may see.
// Very many may be some seconds old.
func (e *Engine) Waiting(ctx context.Context) ([]Waiting, error) {
	return overview(ctx, e, &e.waiting, "", e.countWaiting)
}

func (e *Engine) countWaiting(ctx context.Context) ([]Waiting, error) {
	var out []Waiting
	err := e.each(ctx, func(a audience) error {
		q, args := a.narrow(`SELECT process, stage, count(*), min(entered_at), bool_or(due_at < clock_timestamp()),
			coalesce((SELECT role FROM core.proc_event v WHERE v.instance_id = min(i.id) AND v.to_stage = i.stage ORDER BY seq DESC LIMIT 1), '')
			FROM core.proc_instance i WHERE process = ANY($1) AND NOT ended AND accepted_at IS NULL`, "owner_id", a.keys)
		err := e.db.Each(ctx, q+` GROUP BY process, stage`, args, func(r *sql.Rows) error {
			var w Waiting
			var late sql.NullBool
			if err := r.Scan(&w.Process, &w.Stage, &w.N, &w.Oldest, &late, &w.FromRole); err != nil {
				return err
			}
			w.Late = late.Bool
			out = append(out, w)
			return nil
		})
		if err != nil {
			return fmt.Errorf("count hand-overs: %w", err)
		}
		return nil
	})
	slices.SortFunc(out, func(a, b Waiting) int { return strings.Compare(a.Process+a.Stage, b.Process+b.Stage) })
	return out, err
}

// Begun counts the documents of a type created since t that the reader may see, by
// the date of the file for imported ones. Very many may be some seconds old.
func (e *Engine) Begun(ctx context.Context, key string, since time.Time) (int, error) {
	return overview(ctx, e, &e.begun, fmt.Sprint(" ", key, " ", since.Truncate(time.Hour)), func(ctx context.Context) (int, error) { return e.countBegun(ctx, key, since) })
}

func (e *Engine) countBegun(ctx context.Context, key string, since time.Time) (int, error) {
	p, err := e.authz.Visible(ctx, key, "read")
	if err != nil {
		return 0, err
	}
	q, args := audience{pred: p}.narrow(`SELECT count(*) FROM core.proc_event WHERE process = $1 AND at >= $2 AND seq = 1`, "actor", key, since)
	var n int
	_, err = e.db.Row(ctx, q, args, &n)
	return n, err
}

// CycleTime is the median working time of the finished documents of a process.
type CycleTime struct {
	Process string
	N       int
	Median  time.Duration
}

// CycleTimes measures the documents that reached an end since t, the slowest
// process first; imported history does not count. Of very many it may be some seconds
// old.
func (e *Engine) CycleTimes(ctx context.Context, since time.Time) ([]CycleTime, error) {
	return overview(ctx, e, &e.cycles, fmt.Sprint(" ", since), func(ctx context.Context) ([]CycleTime, error) { return e.measureCycles(ctx, since) })
}

func (e *Engine) measureCycles(ctx context.Context, since time.Time) ([]CycleTime, error) {
	var out []CycleTime
	err := e.each(ctx, func(a audience) error {
		ended, args := a.narrow(`SELECT instance_id FROM core.proc_event WHERE process = ANY($1) AND at >= $2 AND kind = 'move' AND process || '/' || to_stage = ANY($3) AND seq > 1`, "actor", a.keys, since, a.ends)
		err := e.db.Each(ctx, `SELECT process, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY s) FROM (SELECT process, sum(work_secs) AS s FROM core.proc_event
			WHERE instance_id IN (`+ended+`) GROUP BY process, instance_id) x GROUP BY 1`, args, func(r *sql.Rows) error {
			var c CycleTime
			var secs sql.NullFloat64
			err := r.Scan(&c.Process, &c.N, &secs)
			c.Median = time.Duration(secs.Float64 * float64(time.Second))
			out = append(out, c)
			return err
		})
		if err != nil {
			return fmt.Errorf("cycle times: %w", err)
		}
		return nil
	})
	slices.SortFunc(out, func(a, b CycleTime) int {
		return cmp.Or(cmp.Compare(b.Median, a.Median), strings.Compare(a.Process, b.Process))
	})
	return out, err
}
