package process

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/trace"
)

// Rule is one row of an approval matrix: who decides about a move of an amount in
// [From, To). A rule without steps passes by itself, and the log says so.
type Rule struct {
	ID       int64 // row in core.approval_rule; 0 = not stored
	Label    string
	Priority int          // the lowest matching one wins
	From     money.Amount // base currency, inclusive
	To       money.Amount // exclusive; 0 = no end
	Guard    string
	Steps    []Step
}

// Step asks somebody. Steps follow one another.
type Step struct {
	Mode  string        `json:"mode"`  // any: the first answer decides; all: everybody must agree
	By    string        `json:"by"`    // role, manager, ladder, user
	Arg   string        `json:"arg"`   // role code, level, or user name
	Limit time.Duration `json:"limit"` // working time to decide
}

// ByRole asks any holder of role in the document's department or above it.
func ByRole(role string) Step {
	return Step{Mode: "any", By: "role", Arg: role, Limit: 8 * time.Hour}
}

// ByManager asks the manager of the submitter, level 1 being the direct one.
func ByManager(level int) Step {
	return Step{Mode: "any", By: "manager", Arg: fmt.Sprint(level), Limit: 8 * time.Hour}
}

// ByLadder climbs the managers to the first whose approval limit covers the amount.
func ByLadder() Step { return Step{Mode: "any", By: "ladder", Limit: 8 * time.Hour} }

// seedRules writes the default rules of a matrix that has none yet, so a fresh
// company can work; after that the rules belong to the admins.
func (e *Engine) seedRules(ctx context.Context) error {
	for matrix, rules := range e.defaults {
		var n int
		if _, err := e.db.Row(ctx, `SELECT count(*) FROM core.approval_rule WHERE matrix = $1`, []any{matrix}, &n); err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		for i, r := range rules {
			if err := e.insertRule(ctx, matrix, i, r); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *Engine) insertRule(ctx context.Context, matrix string, i int, r Rule) error {
	steps, err := json.Marshal(append([]Step{}, r.Steps...))
	if err != nil {
		return fmt.Errorf("rule of %s: %w", matrix, err)
	}
	var to any
	if !r.To.IsZero() {
		to = r.To
	}
	return e.db.Exec(ctx, `INSERT INTO core.approval_rule (matrix, priority, label, amount_from, amount_to, guard, steps) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		matrix, r.order(i), r.Label, r.From, to, r.Guard, string(steps))
}

// submit opens an approval round for m. done is true when the rule has no steps
// and the move may go on at once.
func (e *Engine) submit(ctx context.Context, d *Definition, m *Move, inst *instance, obj Object, in Input, now time.Time) (res Result, done bool, err error) {
	b := obj.Base()
	id, label, steps, err := e.match(ctx, d.Key, m.Matrix, obj)
	if err != nil {
		return Result{}, false, err
	}
	if len(steps) == 0 {
		return Result{}, true, nil
	}
	input, err := json.Marshal(in)
	if err != nil {
		return Result{}, false, fmt.Errorf("input of %s: %w", m.Name, err)
	}
	stepsJSON, _ := json.Marshal(steps) // plain values always marshal
	r := round{instanceID: inst.id, object: trace.Ref{Type: d.Key, ID: b.ID}, move: m.Name, steps: steps, title: obj.Title(), amount: obj.Amount(),
		submitter: authz.Actor(ctx), company: b.CompanyID, dept: b.DeptID, explanation: label}
	r.barred = distinct(b.CreatedBy, b.OwnerID, b.UpdatedBy, r.submitter)
	_, err = e.db.Row(ctx, `INSERT INTO core.approval_round (instance_id, object_type, object_id, move, input, facts_hash, rule_id, explanation, amount, title,
		submitter, barred, company_id, dept_id, steps, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 'open') RETURNING id`,
		[]any{inst.id, d.Key, b.ID, m.Name, string(input), obj.Facts(), id, label, r.amount, r.title, r.submitter, r.barred, r.company, r.dept, string(stepsJSON)}, &r.id)
	if err != nil {
		return Result{}, false, fmt.Errorf("open approval of %s: %w", r.object, err)
	}
	if err := e.openStep(ctx, &r, now); err != nil {
		return Result{}, false, err
	}
	v := e.event(ctx, d, inst, obj, now)
	v.Kind, v.Move, v.Data = "approval", m.Name, map[string]string{"act": "submit", "rule": label}
	v.Reason, _ = in["reason"].(string)
	inst.pending = m.Name
	if err := e.append(ctx, inst, &v); err != nil {
		return Result{}, false, err
	}
	return Result{Event: v, Pending: true, Round: r.id}, false, nil
}

// match finds the first rule of matrix for the object. No rule means refusal,
// never approval.
func (e *Engine) match(ctx context.Context, process, matrix string, obj Object) (id int64, label string, steps []Step, err error) {
	type row struct {
		id           int64
		label, guard string
		steps        []byte
	}
	var rows []row
	err = e.db.Each(ctx, `SELECT id, label, guard, steps FROM core.approval_rule WHERE matrix = $1 AND company_id IN (0, $2)
		AND amount_from <= $3 AND (amount_to IS NULL OR amount_to > $3) ORDER BY company_id DESC, priority, id`,
		[]any{matrix, obj.Base().CompanyID, obj.Amount().Abs()}, func(r *sql.Rows) error {
			var x row
			err := r.Scan(&x.id, &x.label, &x.guard, &x.steps)
			rows = append(rows, x)
			return err
		})
	if err != nil {
		return 0, "", nil, fmt.Errorf("approval rules of %s: %w", matrix, err)
	}
	for _, x := range rows {
		if err := e.guard(process, x.guard, obj.Env()); err != nil {
			if errs.Is(err, errs.Precondition) {
				continue
			}
			return 0, "", nil, err
		}
		return x.id, x.label, steps, json.Unmarshal(x.steps, &steps)
	}
	return 0, "", nil, errs.New(errs.Precondition, "No approval rule covers this amount; ask the administrator to add one.")
}

type round struct {
	id, instanceID, submitter, company, dept int64
	object                                   trace.Ref
	move, title, explanation, facts          string
	amount                                   money.Amount
	barred                                   []int64
	steps                                    []Step
	step                                     int
	input                                    Input
	state                                    string
}

// openStep makes the tasks of the present step. Nobody decides about an own
// document, so the barred are never asked; when that leaves nobody the search
// goes up to the administrators, and without one of them the submission fails.
func (e *Engine) openStep(ctx context.Context, r *round, now time.Time) error {
	s := r.steps[r.step]
	who := e.resolve(s, r)
	if len(who) == 0 {
		who = without(e.authz.Directory().Holders("core.admin", r.company, 0, true), r.barred)
	}
	if len(who) == 0 {
		return errs.New(errs.Precondition, "Nobody else may decide about this: a second person needs the role {0}.", s.Arg)
	}
	cal := e.calendar(r.company)
	var due, check any
	if s.Limit > 0 {
		due, check = cal.Add(now, s.Limit), cal.Add(now, ladder[0].of(s.Limit))
	}
	for _, u := range who {
		if err := e.db.Exec(ctx, `INSERT INTO core.approval_task (round_id, step, assignee, state, due_at, check_at) VALUES ($1, $2, $3, 'open', $4, $5)`,
			r.id, r.step, u, due, check); err != nil {
			return err
		}
	}
	return e.notify(ctx, Notice{Users: who, Kind: "approval", Message: "{0} waits for your approval.", Args: []any{r.title}, Object: r.object})
}

func (e *Engine) resolve(s Step, r *round) []int64 {
	dir := e.authz.Directory()
	switch s.By {
	case "role":
		return without(dir.Holders(s.Arg, r.company, r.dept, true), r.barred)
	case "manager":
		level := 1
		_, _ = fmt.Sscan(s.Arg, &level)
		for ; level < 12; level++ {
			if m := dir.ManagerOf(r.submitter, level); m == 0 {
				return nil
			} else if !slices.Contains(r.barred, m) {
				return []int64{m}
			}
		}
	case "ladder":
		for level := 1; level < 12; level++ {
			m := dir.ManagerOf(r.submitter, level)
			if m == 0 {
				return nil
			}
			limit, err := money.Parse[money.Cents](dir.People[m].ApproveLimit)
			if err == nil && !limit.Less(r.amount.Abs()) && !slices.Contains(r.barred, m) {
				return []int64{m}
			}
		}
	case "user":
		if p, ok := dir.ByUsername(s.Arg); ok && p.Active && !slices.Contains(r.barred, p.ID) {
			return []int64{p.ID}
		}
	}
	return nil
}

func distinct(ids ...int64) []int64 {
	out := []int64{}
	for _, id := range ids {
		if id != 0 && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

func without(ids, barred []int64) []int64 {
	return slices.DeleteFunc(ids, func(id int64) bool { return slices.Contains(barred, id) })
}

// Decide answers an approval task. The last yes fires the move with the input it
// was submitted with; a no ends the round. Errors: NotFound (no task of the
// actor), Conflict (already decided, or the document changed since), Forbidden
// (own document), and whatever the move itself refuses.
func (e *Engine) Decide(ctx context.Context, task int64, yes bool, opinion string) (Result, error) {
	var res Result
	err := e.db.Tx(ctx, func(ctx context.Context) error {
		var err error
		res, err = e.decide(ctx, task, yes, opinion)
		return err
	})
	return res, err
}

func (e *Engine) decide(ctx context.Context, task int64, yes bool, opinion string) (Result, error) {
	var ref trace.Ref
	ok, err := e.db.Row(ctx, `SELECT r.object_type, r.object_id FROM core.approval_task t JOIN core.approval_round r ON r.id = t.round_id WHERE t.id = $1`,
		[]any{task}, &ref.Type, &ref.ID)
	if err != nil {
		return Result{}, err
	}
	if !ok {
		return Result{}, errs.Missing()
	}
	inst, now, err := e.lock(ctx, ref)
	if err != nil {
		return Result{}, err
	}
	r, onBehalf, err := e.takeTask(ctx, task, now)
	if err != nil {
		return Result{}, err
	}
	if !yes && strings.TrimSpace(opinion) == "" {
		return Result{}, errs.Bad("opinion", "Say why you reject it.")
	}
	sys := authz.System(ctx, "approval of "+ref.Type)
	obj, err := e.handlers[ref.Type].Lock(sys, ref.ID)
	if err != nil {
		return Result{}, err
	}
	if obj.Facts() != r.facts {
		return Result{}, errs.New(errs.Conflict, "The document changed after it was submitted; it must be submitted again.")
	}
	state := map[bool]string{true: "approved", false: "rejected"}[yes]
	if err := e.db.Exec(ctx, `UPDATE core.approval_task SET state = $2, decided_by = $3, decided_at = $4, on_behalf_of = $5, opinion = $6 WHERE id = $1`,
		task, state, authz.Actor(ctx), now, onBehalf, opinion); err != nil {
		return Result{}, err
	}
	d := e.version(inst.definitionID)
	v := e.event(ctx, d, inst, obj, now)
	v.Kind, v.Move, v.Reason, v.OnBehalf = "approval", r.move, opinion, onBehalf
	v.Data = map[string]string{"act": state, "step": fmt.Sprint(r.step + 1), "rule": r.explanation}
	all, err := e.stepPassed(ctx, r)
	if err != nil {
		return Result{}, err
	}
	passed := yes && all
	last := passed && r.step == len(r.steps)-1
	if !yes || last {
		inst.pending = ""
		if err := e.closeRound(ctx, r.id, state); err != nil {
			return Result{}, err
		}
	}
	if err := e.append(ctx, inst, &v); err != nil {
		return Result{}, err
	}
	return e.afterDecision(ctx, r, v, yes, passed, last, now)
}

func (e *Engine) afterDecision(ctx context.Context, r *round, v Event, yes, passed, last bool, now time.Time) (Result, error) {
	switch {
	case !yes:
		return Result{Event: v}, e.notify(ctx, Notice{Users: []int64{r.submitter}, Kind: "approval", Message: "{0} was rejected: {1}", Args: []any{r.title, v.Reason}, Object: r.object})
	case last:
		if err := e.notify(ctx, Notice{Users: []int64{r.submitter}, Kind: "approval", Message: "{0} was approved.", Args: []any{r.title}, Object: r.object}); err != nil {
			return Result{}, err
		}
		return e.fire(authz.System(ctx, "approved "+r.object.Type+":"+r.move), r.object, 0, r.move, r.input, true)
	case passed:
		r.step++
		if err := e.db.Exec(ctx, `UPDATE core.approval_task SET state = 'void' WHERE round_id = $1 AND state = 'open'`, r.id); err != nil {
			return Result{}, err
		}
		// whoever has decided a step does not decide the next one too, nor for another
		r.barred = distinct(append(r.barred, v.Actor, v.OnBehalf)...)
		if err := e.db.Exec(ctx, `UPDATE core.approval_round SET step = $2, barred = (SELECT array_agg(DISTINCT b) FROM (
			SELECT unnest($3::bigint[]) AS b UNION SELECT decided_by FROM core.approval_task WHERE round_id = $1 AND decided_by <> 0) x) WHERE id = $1`, r.id, r.step, r.barred); err != nil {
			return Result{}, err
		}
		return Result{Event: v, Pending: true, Round: r.id}, e.openStep(ctx, r, now)
	}
	return Result{Event: v, Pending: true, Round: r.id}, nil
}

// takeTask locks the round and checks that the actor may decide this task, for
// oneself or as the delegate of the assignee.
func (e *Engine) takeTask(ctx context.Context, task int64, now time.Time) (r *round, onBehalf int64, err error) {
	r = &round{}
	var steps, input, barred []byte
	var assignee int64
	var taskState string
	_, err = e.db.Row(ctx, `SELECT r.id, r.instance_id, r.object_type, r.object_id, r.move, r.title, r.explanation, r.facts_hash, r.submitter, r.company_id, r.dept_id,
		r.amount, to_json(r.barred)::text, r.steps, r.step, r.input, r.state, t.assignee, t.state FROM core.approval_task t JOIN core.approval_round r ON r.id = t.round_id
		WHERE t.id = $1 FOR UPDATE`, []any{task}, &r.id, &r.instanceID, &r.object.Type, &r.object.ID, &r.move, &r.title, &r.explanation, &r.facts, &r.submitter,
		&r.company, &r.dept, &r.amount, &barred, &steps, &r.step, &input, &r.state, &assignee, &taskState)
	if err != nil {
		return nil, 0, err
	}
	for src, dst := range map[*[]byte]any{&barred: &r.barred, &steps: &r.steps, &input: &r.input} {
		if err := json.Unmarshal(*src, dst); err != nil {
			return nil, 0, fmt.Errorf("approval round %d: %w", r.id, err)
		}
	}
	me := authz.Actor(ctx)
	if p := e.authz.Directory().People[me]; p == nil || !p.Active {
		return nil, 0, errs.Missing()
	}
	if assignee != me {
		deputy, err := e.deputy(ctx, assignee, me, r.amount, now)
		if err != nil {
			return nil, 0, err
		}
		if !deputy {
			return nil, 0, errs.Missing()
		}
		onBehalf = assignee
	}
	if r.state != "open" || taskState != "open" {
		return nil, 0, errs.New(errs.Conflict, "This has been decided already.")
	}
	if slices.Contains(r.barred, me) || slices.Contains(r.barred, onBehalf) {
		return nil, 0, errs.New(errs.Forbidden, "Nobody decides about an own document.")
	}
	return r, onBehalf, nil
}

// deputy reports whether me stands in for user now. A delegate of a delegate does not.
func (e *Engine) deputy(ctx context.Context, user, me int64, amount money.Amount, now time.Time) (bool, error) {
	return e.db.Row(ctx, `SELECT 1 FROM core.delegation WHERE from_user = $1 AND to_user = $2 AND valid @> $3::timestamptz AND (max_amount IS NULL OR max_amount >= $4)`,
		[]any{user, me, now, amount}, new(int))
}

// stepPassed reports whether the present step of a round has all the yes it needs.
func (e *Engine) stepPassed(ctx context.Context, r *round) (bool, error) {
	if r.steps[r.step].Mode != "all" {
		return true, nil
	}
	var open int
	_, err := e.db.Row(ctx, `SELECT count(*) FROM core.approval_task WHERE round_id = $1 AND step = $2 AND state = 'open'`, []any{r.id, r.step}, &open)
	return open == 0, err
}

func (e *Engine) closeRound(ctx context.Context, id int64, state string) error {
	if err := e.db.Exec(ctx, `UPDATE core.approval_round SET state = $2, closed_at = clock_timestamp() WHERE id = $1`, id, state); err != nil {
		return err
	}
	return e.db.Exec(ctx, `UPDATE core.approval_task SET state = 'void' WHERE round_id = $1 AND state = 'open'`, id)
}

// Withdraw takes back a submission while nobody has decided. Only the submitter
// may. Errors: NotFound, Conflict.
func (e *Engine) Withdraw(ctx context.Context, r trace.Ref) error {
	return e.db.Tx(ctx, func(ctx context.Context) error {
		return e.endRound(ctx, r, "withdrawn", authz.Actor(ctx))
	})
}

// Void ends an open round because the document changed. It does nothing when
// there is none. Package resource calls it inside the change.
func (e *Engine) Void(ctx context.Context, r trace.Ref) error {
	err := e.endRound(ctx, r, "void", 0)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	return err
}

func (e *Engine) endRound(ctx context.Context, r trace.Ref, state string, submitter int64) error {
	inst, now, err := e.lock(ctx, r)
	if err != nil {
		return err
	}
	var id, by int64
	var decided int
	var title string
	ok, err := e.db.Row(ctx, `SELECT id, submitter, title, (SELECT count(*) FROM core.approval_task t WHERE t.round_id = r.id AND t.state = 'approved')
		FROM core.approval_round r WHERE instance_id = $1 AND state = 'open' FOR UPDATE`, []any{inst.id}, &id, &by, &title, &decided)
	if err != nil {
		return err
	}
	if !ok || (submitter != 0 && submitter != by) {
		return errs.Missing()
	}
	if submitter != 0 && decided > 0 {
		return errs.New(errs.Conflict, "Somebody has decided already; it can no longer be withdrawn.")
	}
	if err := e.closeRound(ctx, id, state); err != nil {
		return err
	}
	obj, err := e.handlers[r.Type].Lock(authz.System(ctx, "end approval"), r.ID)
	if err != nil {
		return err
	}
	d := e.version(inst.definitionID)
	v := e.event(ctx, d, inst, obj, now)
	v.Kind, v.Move, v.Data = "approval", inst.pending, map[string]string{"act": state}
	inst.pending = ""
	return e.append(ctx, inst, &v)
}

// RoundView is an approval round as a page shows it.
type RoundView struct {
	ID          int64
	Move, State string
	Explanation string
	Submitter   int64
	OpenedAt    time.Time
	Step        int
	Steps       []Step
	Tasks       []TaskView
}

// TaskView is one person asked in a round.
type TaskView struct {
	ID, Assignee, DecidedBy int64
	Step                    int
	State, Opinion          string
	DueAt, DecidedAt        time.Time
}

// Rounds lists the approval rounds of a document, the newest first. The caller
// has checked the right to read it.
func (e *Engine) Rounds(ctx context.Context, r trace.Ref) ([]RoundView, error) {
	var out []RoundView
	err := e.db.Each(ctx, `SELECT id, move, state, explanation, submitter, opened_at, step, steps FROM core.approval_round
		WHERE object_type = $1 AND object_id = $2 ORDER BY id DESC LIMIT 20`, []any{r.Type, r.ID}, func(rows *sql.Rows) error {
		var v RoundView
		var steps []byte
		if err := rows.Scan(&v.ID, &v.Move, &v.State, &v.Explanation, &v.Submitter, &v.OpenedAt, &v.Step, &steps); err != nil {
			return err
		}
		out = append(out, v)
		return json.Unmarshal(steps, &out[len(out)-1].Steps)
	})
	if err != nil {
		return nil, err
	}
	for i := range out {
		err := e.db.Each(ctx, `SELECT id, step, assignee, state, due_at, decided_by, decided_at, opinion FROM core.approval_task WHERE round_id = $1 ORDER BY step, id`,
			[]any{out[i].ID}, func(rows *sql.Rows) error {
				var t TaskView
				var due, at sql.NullTime
				err := rows.Scan(&t.ID, &t.Step, &t.Assignee, &t.State, &due, &t.DecidedBy, &at, &t.Opinion)
				t.DueAt, t.DecidedAt = due.Time, at.Time
				out[i].Tasks = append(out[i].Tasks, t)
				return err
			})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
