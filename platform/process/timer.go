package process

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"meridian/platform/authz"
	"meridian/platform/trace"
)

// rung is one step of the escalation ladder.
type rung struct {
	percent int
	level   int // managers above the owner who are told; 0 = the owner
}

// ladder is the default: the owner is reminded at 80 % of the limit, the manager
// at 100 %, the manager's manager at 150 %.
var ladder = []rung{{80, 0}, {100, 1}, {150, 2}}

func (r rung) of(limit time.Duration) time.Duration { return limit * time.Duration(r.percent) / 100 }

// Sweep takes the instances and approval tasks whose next check is due, tells the
// people of their rung once, and sets the next check. Any number of instances of
// the program may sweep side by side. It returns how many reminders went out.
func (e *Engine) Sweep(ctx context.Context) (int, error) {
	ctx = authz.System(ctx, "time limits")
	n := 0
	for _, sweep := range []func(context.Context) (int, error){e.sweepInstances, e.sweepTasks} {
		for {
			done := 0
			err := e.db.Tx(ctx, func(ctx context.Context) (err error) {
				done, err = sweep(ctx)
				return err
			})
			if err != nil {
				return n, err
			}
			n += done
			if done < sweepBatch {
				break
			}
		}
	}
	return n, nil
}

const sweepBatch = 200

type due struct {
	id, defID, ownerID, company, dept int64
	seq, level                        int
	ref                               trace.Ref
	stage, role, title                string
	entered                           time.Time
}

func (e *Engine) sweepInstances(ctx context.Context) (int, error) {
	var list []due
	err := e.db.Each(ctx, `SELECT id, definition_id, owner_id, company_id, dept_id, seq, level, object_type, object_id, stage, owner_role, entered_at FROM core.proc_instance
		WHERE check_at < clock_timestamp() AND NOT ended ORDER BY check_at LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED`, []any{sweepBatch}, func(r *sql.Rows) error {
		var x due
		err := r.Scan(&x.id, &x.defID, &x.ownerID, &x.company, &x.dept, &x.seq, &x.level, &x.ref.Type, &x.ref.ID, &x.stage, &x.role, &x.entered)
		list = append(list, x)
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, x := range list {
		d := e.version(x.defID)
		var limit time.Duration
		if s := d.Stage(x.stage); s != nil {
			limit = s.Limit
		}
		people := e.escalate(x)
		msg := "{0} is running out of time in stage {1}."
		if x.level > 0 {
			msg = "{0} is late in stage {1}."
		}
		if err := e.remind(ctx, "instance", x, people, Notice{Kind: "late", Message: msg, Args: []any{x.ref, stageLabel(d, x.stage)}, Object: x.ref}); err != nil {
			return 0, err
		}
		if err := e.db.Exec(ctx, `UPDATE core.proc_instance SET level = level + 1, check_at = $2 WHERE id = $1`, x.id, e.nextCheck(x, limit)); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

func (e *Engine) nextCheck(x due, limit time.Duration) any {
	if x.level+1 >= len(ladder) || limit == 0 {
		return nil
	}
	return e.calendar(x.company).Add(x.entered, ladder[x.level+1].of(limit))
}

// escalate finds who is told at this rung: the owner or the holders of the owner
// role, then their managers.
func (e *Engine) escalate(x due) []int64 {
	dir := e.authz.Directory()
	people := []int64{x.ownerID}
	if x.ownerID == 0 {
		people = dir.Holders(x.role, x.company, x.dept, true)
	}
	lvl := ladder[min(x.level, len(ladder)-1)].level
	if lvl == 0 {
		return people
	}
	var up []int64
	for _, p := range people {
		if m := dir.ManagerOf(p, lvl); m != 0 && !slices.Contains(up, m) {
			up = append(up, m)
		}
	}
	if len(up) == 0 {
		return people
	}
	return up
}

// remind sends one reminder per cause and rung, whatever crashes in between.
func (e *Engine) remind(ctx context.Context, kind string, x due, people []int64, n Notice) error {
	rows, err := e.db.ExecN(ctx, `INSERT INTO core.escalation (kind, ref_id, seq, level) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, kind, x.id, x.seq, x.level)
	if err != nil || rows == 0 {
		return err
	}
	n.Users = people
	if err := e.notify(ctx, n); err != nil {
		return fmt.Errorf("remind about %s: %w", x.ref, err)
	}
	return nil
}

func (e *Engine) sweepTasks(ctx context.Context) (int, error) {
	type task struct {
		due
		dueAt time.Time
	}
	var list []task
	err := e.db.Each(ctx, `SELECT t.id, t.assignee, t.level, t.due_at, r.company_id, r.object_type, r.object_id, r.title, r.opened_at FROM core.approval_task t JOIN core.approval_round r ON r.id = t.round_id
		WHERE t.check_at < clock_timestamp() AND t.state = 'open' ORDER BY t.check_at LIMIT $1 FOR NO KEY UPDATE OF t SKIP LOCKED`, []any{sweepBatch}, func(r *sql.Rows) error {
		var x task
		err := r.Scan(&x.id, &x.ownerID, &x.level, &x.dueAt, &x.company, &x.ref.Type, &x.ref.ID, &x.title, &x.entered)
		list = append(list, x)
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, x := range list {
		people := e.escalate(x.due)
		if err := e.remind(ctx, "task", x.due, people, Notice{Kind: "late", Message: "The approval of {0} is waiting.", Args: []any{x.title}, Object: x.ref}); err != nil {
			return 0, err
		}
		limit := e.calendar(x.company).Between(x.entered, x.dueAt)
		if err := e.db.Exec(ctx, `UPDATE core.approval_task SET level = level + 1, check_at = $2 WHERE id = $1`, x.id, e.nextCheck(x.due, limit)); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}
