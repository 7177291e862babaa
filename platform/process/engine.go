package process

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"meridian/platform/audit"
	"meridian/platform/authz"
	"meridian/platform/clock"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/memo"
	"meridian/platform/money"
	"meridian/platform/record"
	"meridian/platform/trace"
)

// Input is what a move was asked with: the values of its form as text, lines as
// lists. It is stored with an approval round and decoded by the document type.
type Input = map[string]any

// Object is a locked document under a move. Package resource implements it.
type Object interface {
	Base() *record.Base
	Stage() string
	SetStage(key string)
	Title() string
	Amount() money.Amount                // in base currency; decides the approval ladder
	Env() map[string]any                 // typed values for guards
	Missing(names []string) []errs.Field // which of the named fields are empty
	Facts() string                       // digest of the material fields; a change voids an approval
	Effect(ctx context.Context, move string, in Input) error
	Save(ctx context.Context) error
}

// Handler gives the engine the documents of one type.
type Handler interface {
	// Lock returns the document for update if the reader of ctx may see it.
	Lock(ctx context.Context, id int64) (Object, error)
}

// Calendar measures working time.
type Calendar interface {
	Between(a, b time.Time) time.Duration
	Add(a time.Time, d time.Duration) time.Time
}

// Engine runs the processes.
type Engine struct {
	db       *db.DB
	authz    *authz.Authz
	audit    *audit.Log
	now      clock.Clock
	calendar func(company int64) Calendar
	notify   func(ctx context.Context, n Notice) error
	mu       sync.RWMutex
	handlers map[string]Handler
	current  map[string]*Definition // by key
	byID     map[int64]*Definition  // every version with instances, and the current ones
	defaults map[string][]Rule      // rules a matrix ships with
	envs     map[string]map[string]any
	guards   sync.Map
	auto     atomic.Pointer[autoSteps]
	loads    memo.Memo[[]Load]
	waiting  memo.Memo[[]Waiting]
	begun    memo.Memo[int]
	done     memo.Memo[map[string]int]
	cycles   memo.Memo[[]CycleTime]
}

// Notice is a message to people about a document.
type Notice struct {
	Users   []int64
	Kind    string // approval, task, late, handover
	Message string // English sentence, the key of its translation
	Args    []any
	Object  trace.Ref
}

// Config is what an engine stands on.
type Config struct {
	DB       *db.DB
	Authz    *authz.Authz
	Audit    *audit.Log
	Now      clock.Clock
	Calendar func(company int64) Calendar
	Notify   func(ctx context.Context, n Notice) error
}

// New returns an engine without processes.
func New(c Config) *Engine {
	return &Engine{db: c.DB, authz: c.Authz, audit: c.Audit, now: c.Now, calendar: c.Calendar, notify: c.Notify,
		handlers: map[string]Handler{}, current: map[string]*Definition{}, byID: map[int64]*Definition{}, defaults: map[string][]Rule{}, envs: map[string]map[string]any{}}
}

// Register adds a process while wiring. It panics on what Lint finds: a program
// must not start with a process nobody can finish.
func (e *Engine) Register(d *Definition, h Handler, env map[string]any, rules map[string][]Rule) {
	problems := d.Lint()
	for _, m := range d.Moves {
		if m.Guard != "" {
			if _, err := CompileGuard(m.Guard, env); err != nil {
				problems = append(problems, Problem{d.Key + "." + m.Name, err.Error()})
			}
		}
		if m.Matrix != "" && len(rules[m.Matrix]) == 0 {
			problems = append(problems, Problem{d.Key + "." + m.Name, "matrix " + m.Matrix + " ships no default rules"})
		}
	}
	for key, list := range rules {
		problems = append(problems, lintRules(key, list)...)
		e.defaults[key] = list
	}
	if len(problems) > 0 {
		panic(fmt.Sprintf("process %s: %v", d.Key, problems))
	}
	e.handlers[d.Key], e.current[d.Key], e.envs[d.Key] = h, d, env
}

// Sync writes the declared processes to the database: a changed declaration
// becomes the next version, instances stay on theirs. It refuses to start when a
// live instance stands on a stage or needs a move this binary does not know.
func (e *Engine) Sync(ctx context.Context) error {
	return e.db.Tx(ctx, func(ctx context.Context) error {
		if err := e.db.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtext('meridian process definitions'))"); err != nil {
			return err
		}
		for _, d := range e.current {
			if err := e.publish(ctx, d); err != nil {
				return err
			}
		}
		if err := e.seedRules(ctx); err != nil {
			return err
		}
		return e.loadVersions(ctx)
	})
}

func (e *Engine) publish(ctx context.Context, d *Definition) error {
	body, sum := d.body()
	var latest string
	found, err := e.db.Row(ctx, `SELECT id, version, checksum FROM core.proc_def WHERE key = $1 AND status = 'published' ORDER BY version DESC LIMIT 1`,
		[]any{d.Key}, &d.ID, &d.Version, &latest)
	if err != nil {
		return err
	}
	if found && latest == sum {
		return nil
	}
	_, err = e.db.Row(ctx, `INSERT INTO core.proc_def (key, version, status, body, checksum) VALUES ($1, $2, 'published', $3, $4) RETURNING id`,
		[]any{d.Key, d.Version + 1, string(body), sum}, &d.ID)
	d.Version++
	return err
}

func (e *Engine) loadVersions(ctx context.Context) error {
	var unknown []string
	byID := map[int64]*Definition{}
	err := e.db.Each(ctx, `SELECT d.id, d.version, d.body FROM core.proc_def d
		WHERE EXISTS (SELECT FROM core.proc_instance i WHERE i.definition_id = d.id)`, nil, func(r *sql.Rows) error {
		d := &Definition{}
		var id int64
		var version int
		var body []byte
		if err := r.Scan(&id, &version, &body); err != nil {
			return err
		}
		if err := json.Unmarshal(body, d); err != nil {
			return fmt.Errorf("process definition %d: %w", id, err)
		}
		d.ID, d.Version = id, version
		byID[id] = d
		cur := e.current[d.Key]
		for _, m := range d.Moves {
			if m.Effect && (cur == nil || !cur.HasMove(m.Name)) {
				unknown = append(unknown, fmt.Sprintf("%s v%d needs the move %s", d.Key, version, m.Name))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return fmt.Errorf("this program lacks what running documents need: %v", unknown)
	}
	for _, d := range e.current {
		byID[d.ID] = d
	}
	e.mu.Lock()
	e.byID = byID
	e.mu.Unlock()
	return nil
}

// Definition returns the current version of a process, nil if there is none.
func (e *Engine) Definition(key string) *Definition { return e.current[key] }

// version finds a definition; one that another, newer instance of the program has
// published meanwhile is read from the database.
func (e *Engine) version(id int64) *Definition {
	e.mu.RLock()
	d := e.byID[id]
	e.mu.RUnlock()
	if d != nil {
		return d
	}
	if err := e.loadVersions(context.Background()); err != nil {
		return &Definition{Key: "unknown"} // no move is legal in it
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	if d := e.byID[id]; d != nil {
		return d
	}
	return &Definition{Key: "unknown"}
}

type instance struct {
	id, definitionID int64
	stage            string
	ended            bool
	seq, level       int
	enteredAt        time.Time
	acceptedAt       time.Time
	dueAt, checkAt   time.Time
	ownerRole        string
	ownerID          int64
	pending          string
	lastHash         []byte
}

// lock takes the instance of r, reads the time of the move under the lock, and
// allows this transaction to write the stage of r.
func (e *Engine) lock(ctx context.Context, r trace.Ref) (*instance, time.Time, error) {
	var in instance
	var now time.Time
	var accepted, due, check sql.NullTime
	var moving bool // the list of moving documents grows with the transaction; it stays there
	ok, err := e.db.Row(ctx, `SELECT id, definition_id, stage, ended, seq, level, entered_at, accepted_at, due_at, check_at, owner_role, owner_id, pending_move, last_hash,
		greatest(clock_timestamp(), entered_at), set_config('core.moving', coalesce(current_setting('core.moving', true), '') || $3, true) IS NOT NULL
		FROM core.proc_instance WHERE object_type = $1 AND object_id = $2 FOR NO KEY UPDATE`, []any{r.Type, r.ID, fmt.Sprintf(",%s:%d,", r.Type, r.ID)},
		&in.id, &in.definitionID, &in.stage, &in.ended, &in.seq, &in.level, &in.enteredAt, &accepted, &due, &check, &in.ownerRole, &in.ownerID, &in.pending, &in.lastHash, &now, &moving)
	if err != nil {
		return nil, now, fmt.Errorf("lock process of %s: %w", r, err)
	}
	if !ok {
		return nil, now, errs.Missing()
	}
	in.acceptedAt, in.dueAt, in.checkAt = accepted.Time, due.Time, check.Time
	return &in, now.UTC().Truncate(time.Microsecond), nil
}

// Result tells what a move did.
type Result struct {
	Object  Object // as the move left it
	Event   Event
	Pending bool // an approval round was opened; the stage did not change
	Round   int64
}

// Fire runs a move on a document: everything in one transaction, or nothing.
// version is the one the user saw; 0 does not check it. Errors: NotFound,
// Forbidden, Conflict (stale version), Invalid (input), Precondition (wrong
// stage, guard, missing output, open approval).
func (e *Engine) Fire(ctx context.Context, r trace.Ref, version int64, move string, in Input) (Result, error) {
	var res Result
	err := e.db.Tx(ctx, func(ctx context.Context) error {
		var err error
		res, err = e.fire(ctx, r, version, move, in, false)
		return err
	})
	return res, err
}

// FireIf runs a move when want says so of the document, locked: of several who ask at
// once, one moves it and the others see where it went. What want changes is stored with
// the move. It reports whether the move ran.
func (e *Engine) FireIf(ctx context.Context, r trace.Ref, move string, in Input, want func(ctx context.Context, obj Object) (bool, error)) (fired bool, err error) {
	err = e.db.Tx(ctx, func(ctx context.Context) error {
		inst, obj, now, err := e.hold(ctx, r)
		if err != nil {
			return err
		}
		if fired, err = want(ctx, obj); err != nil || !fired {
			return err
		}
		_, err = e.run(ctx, inst, obj, now, 0, move, in, false)
		return err
	})
	return fired, err
}

// fire is Fire inside a transaction; approved skips the approval matrix, since
// the round has passed.
func (e *Engine) fire(ctx context.Context, r trace.Ref, version int64, move string, in Input, approved bool) (Result, error) {
	inst, obj, now, err := e.hold(ctx, r)
	if err != nil {
		return Result{}, err
	}
	return e.run(ctx, inst, obj, now, version, move, in, approved)
}

// hold locks the process of r, then r; it returns the time of the move.
func (e *Engine) hold(ctx context.Context, r trace.Ref) (*instance, Object, time.Time, error) {
	h := e.handlers[r.Type]
	if h == nil {
		return nil, nil, time.Time{}, errs.Missing()
	}
	inst, now, err := e.lock(ctx, r)
	if err != nil {
		return nil, nil, now, err
	}
	obj, err := h.Lock(ctx, r.ID)
	return inst, obj, now, err
}

// run moves a document that is held.
func (e *Engine) run(ctx context.Context, inst *instance, obj Object, now time.Time, version int64, move string, in Input, approved bool) (Result, error) {
	d := e.version(inst.definitionID)
	m, err := e.legal(ctx, d, inst, obj, move, version)
	if err != nil {
		return Result{}, err
	}
	if inst.pending != "" && !approved {
		return Result{}, errs.New(errs.Precondition, "An approval is open; nothing moves until it is decided or withdrawn.")
	}
	if err := e.ready(d, m, inst, obj, in); err != nil {
		return Result{}, err
	}
	if m.Matrix != "" && !approved {
		res, done, err := e.submit(ctx, d, m, inst, obj, in, now)
		if err != nil || !done {
			res.Object = obj
			return res, err
		}
	}
	owner := obj.Base().OwnerID
	if m.Effect {
		if err := obj.Effect(authz.System(ctx, d.Key+":"+move), move, in); err != nil {
			return Result{}, err
		}
	}
	if m.To == "" && obj.Base().OwnerID != owner { // the work of the stage goes along
		inst.ownerID = e.holder(d.Stage(inst.stage), obj.Base())
	}
	v, err := e.arrive(ctx, d, m, inst, obj, in, now, approved)
	if err != nil {
		return Result{}, err
	}
	if m.To != "" && !m.Deviation { // who sends a document back wants to work on it
		err = e.carryOn(ctx, d, obj)
	}
	return Result{Object: obj, Event: v}, err
}

// legal finds the move and checks version, stage and right.
func (e *Engine) legal(ctx context.Context, d *Definition, inst *instance, obj Object, move string, version int64) (*Move, error) {
	if !d.HasMove(move) {
		return nil, errs.New(errs.NotFound, "There is no step {0} here.", move)
	}
	b := obj.Base()
	object := d.Key
	if !authz.IsSystem(ctx) && (!e.authz.Can(ctx, object, move) || !e.authz.Covers(ctx, object, move, b)) {
		return nil, errs.New(errs.Forbidden, "You lack the permission {0}.", object+":"+move)
	}
	if version != 0 && version != b.Version {
		return nil, errs.Stale()
	}
	m := d.Move(move, inst.stage)
	if m == nil {
		return nil, errs.New(errs.Precondition, "This step is not possible in the present stage ({0}).", stageLabel(d, inst.stage))
	}
	if m.System && !authz.IsSystem(ctx) {
		return nil, errs.New(errs.Forbidden, "Only the program itself takes this step.")
	}
	return m, nil
}

func stageLabel(d *Definition, key string) string {
	if s := d.Stage(key); s != nil {
		return s.Label
	}
	return key
}

// ready checks guard, reason and the fields the stages ask for.
func (e *Engine) ready(d *Definition, m *Move, inst *instance, obj Object, in Input) error {
	if m.Reason {
		if s, _ := in["reason"].(string); s == "" {
			return errs.Bad("reason", "Give a reason.")
		}
	}
	var need []string
	if s := d.Stage(inst.stage); s != nil && !m.Deviation {
		need = append(need, s.Out...)
	}
	if s := d.Stage(m.To); s != nil {
		need = append(need, s.In...)
	}
	if missing := obj.Missing(need); len(missing) > 0 {
		return &errs.Error{Kind: errs.Precondition, Message: "Some fields must be filled before this step.", Fields: missing}
	}
	return e.guard(d.Key, m.Guard, obj.Env())
}

// arrive writes the new stage, the record, the instance and the event.
func (e *Engine) arrive(ctx context.Context, d *Definition, m *Move, inst *instance, obj Object, in Input, now time.Time, approved bool) (Event, error) {
	from := d.Stage(inst.stage)
	v := e.event(ctx, d, inst, obj, now)
	v.Kind, v.Move = "move", m.Name
	v.Reason, _ = in["reason"].(string)
	late := !inst.dueAt.IsZero() && now.After(inst.dueAt)
	v.DueAt = inst.dueAt
	v.Flags = flags(when(approved, "approved"), when(late, "late"), when(authz.IsSystem(ctx), "auto"))
	if m.To != "" {
		v.To, v.FromAt = m.To, inst.enteredAt
		if from != nil && from.Kind != Wait {
			v.WorkSecs = int64(e.calendar(v.CompanyID).Between(inst.enteredAt, now) / time.Second)
		}
		obj.SetStage(m.To)
		e.enter(d, inst, obj, now)
	}
	inst.pending = ""
	obj.Base().UpdatedAt, obj.Base().UpdatedBy = now, v.Actor
	if err := obj.Save(ctx); err != nil {
		return v, err
	}
	if err := e.append(ctx, inst, &v); err != nil {
		return v, err
	}
	return v, e.tell(ctx, d, inst, obj, v)
}

func when(ok bool, s string) string {
	if ok {
		return s
	}
	return ""
}

// event fills what every event of an object has in common; it stays in the stage.
func (e *Engine) event(ctx context.Context, d *Definition, inst *instance, obj Object, now time.Time) Event {
	b := obj.Base()
	s, _ := authz.Of(ctx)
	return Event{At: now, InstanceID: inst.id, Seq: inst.seq + 1, Process: d.Key, Version: d.Version, Object: trace.Ref{Type: d.Key, ID: b.ID},
		From: inst.stage, To: inst.stage, Actor: s.User, OnBehalf: s.OnBehalf, Role: e.roleOf(ctx, d, inst.stage),
		CompanyID: b.CompanyID, DeptID: b.DeptID, Policy: e.authz.Version()}
}

// roleOf names the role the actor used: the owner role of the stage if held.
func (e *Engine) roleOf(ctx context.Context, d *Definition, stage string) string {
	roles := e.authz.Roles(authz.Actor(ctx))
	if s := d.Stage(stage); s != nil && slices.Contains(roles, s.Owner) {
		return s.Owner
	}
	if len(roles) > 0 {
		return roles[0]
	}
	return ""
}

// holder is who alone works on a document in a stage: its owner, with the role of the stage;
// 0 is everybody with the role.
func (e *Engine) holder(s *Stage, b *record.Base) int64 {
	if p := e.authz.Directory().People[b.OwnerID]; s != nil && p != nil && (s.Owner == "" || slices.Contains(p.Roles, s.Owner)) {
		return b.OwnerID
	}
	return 0
}

// enter puts the instance into the stage obj now carries and starts its clock.
func (e *Engine) enter(d *Definition, inst *instance, obj Object, now time.Time) {
	b := obj.Base()
	s := d.Stage(obj.Stage())
	*inst = instance{id: inst.id, definitionID: inst.definitionID, seq: inst.seq, lastHash: inst.lastHash,
		stage: s.Key, ended: s.Kind == End, enteredAt: now, ownerRole: s.Owner, ownerID: e.holder(s, b)}
	if !s.Accept {
		inst.acceptedAt = now
	}
	if s.Limit > 0 && s.Kind != End {
		cal := e.calendar(b.CompanyID)
		inst.dueAt = cal.Add(now, s.Limit)
		inst.checkAt = cal.Add(now, ladder[0].of(s.Limit))
	}
}

// Begin starts the process of a new record; flag is "import" for history, whose
// event carries the date of the file.
func (e *Engine) Begin(ctx context.Context, obj Object, process string, at time.Time, flag, reason string) error {
	d := e.current[process]
	if d == nil {
		return fmt.Errorf("process %s is not registered", process)
	}
	inst := &instance{definitionID: d.ID, seq: 0}
	at = at.UTC().Truncate(time.Microsecond)
	v := e.event(ctx, d, inst, obj, at)
	v.Kind, v.Move, v.From, v.To, v.Flags, v.Reason = "move", "create", "", obj.Stage(), flag, reason
	if d.Stage(obj.Stage()) == nil {
		return errs.Bad("stage", "There is no stage {0}.", obj.Stage())
	}
	e.enter(d, inst, obj, at)
	if flag == "import" {
		inst.dueAt, inst.checkAt = time.Time{}, time.Time{} // the clocks of history are over
	}
	inst.seq = 1
	v.DueAt = inst.dueAt
	if err := e.start(ctx, inst, &v); err != nil || flag == "import" {
		return err
	}
	return e.carryOn(ctx, d, obj)
}

// AllowImport lets this transaction insert rows of type object in any stage.
func (e *Engine) AllowImport(ctx context.Context, object string) error {
	return e.db.Later(ctx, nil, `SELECT CASE WHEN position($1 IN coalesce(current_setting('core.moving', true), '')) = 0
		THEN set_config('core.moving', coalesce(current_setting('core.moving', true), '') || $1, true) END`, ","+object+":import,")
}

// Status is where a document stands.
type Status struct {
	Stage     Stage
	EnteredAt time.Time
	DueAt     time.Time
	Late      bool
	Accepted  bool
	Pending   string // move that waits for approval
	OwnerRole string
	OwnerID   int64
	Version   int
}

// Status reads where r stands. NotFound for a document without a process.
func (e *Engine) Status(ctx context.Context, r trace.Ref) (Status, *Definition, error) {
	var defID, owner int64
	var stage, role, pending string
	var entered time.Time
	var accepted, due sql.NullTime
	ok, err := e.db.Row(ctx, `SELECT definition_id, stage, entered_at, accepted_at, due_at, owner_role, owner_id, pending_move
		FROM core.proc_instance WHERE object_type = $1 AND object_id = $2`, []any{r.Type, r.ID}, &defID, &stage, &entered, &accepted, &due, &role, &owner, &pending)
	if err != nil {
		return Status{}, nil, err
	}
	if !ok {
		return Status{}, nil, errs.Missing()
	}
	d := e.version(defID)
	st := Status{EnteredAt: entered, DueAt: due.Time, Accepted: accepted.Valid, Pending: pending, OwnerRole: role, OwnerID: owner, Version: d.Version}
	if s := d.Stage(stage); s != nil {
		st.Stage = *s
	}
	st.Late = due.Valid && e.now().After(due.Time) && st.Stage.Kind != End
	return st, d, nil
}

// Option is a move the reader could take; Blocked says why not, "" when it can.
type Option struct {
	Move    Move
	Blocked error
}

// Options lists the moves that leave the present stage of an object which the
// reader holds the permission for. Moves of the program itself are left out.
func (e *Engine) Options(ctx context.Context, st Status, d *Definition, obj Object) []Option {
	var out []Option
	for i := range d.Moves {
		m := &d.Moves[i]
		if m.System || !slices.Contains(m.From, st.Stage.Key) {
			continue
		}
		if !e.authz.Can(ctx, d.Key, m.Name) || !e.authz.Covers(ctx, d.Key, m.Name, obj.Base()) {
			continue
		}
		o := Option{Move: *m}
		if st.Pending != "" {
			o.Blocked = errs.New(errs.Precondition, "An approval is open; nothing moves until it is decided or withdrawn.")
		} else {
			o.Blocked = e.ready(d, m, &instance{stage: st.Stage.Key}, obj, Input{"reason": "-"})
		}
		out = append(out, o)
	}
	return out
}
