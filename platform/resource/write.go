package resource

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"meridian/platform/audit"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/process"
	"meridian/platform/record"
	"meridian/platform/trace"
)

// writer is who fills the fields of a record.
type writer[T any] struct {
	t   *Type[T]
	ctx context.Context
	b   *record.Base
}

// hidden reports whether the writer may not touch a sensitive field of the record.
func (w writer[T]) hidden(name string) bool {
	return !w.t.reg.Authz.Covers(w.ctx, w.t.Name+"#"+name, "read", w.b)
}

// sensitive names the sensitive fields and columns of lines.
func (t *Type[T]) sensitive(each func(name string)) {
	for _, f := range t.Fields {
		if f.Meta.Sensitive {
			each(f.Name)
		}
		for _, l := range f.Meta.Lines {
			if l.Sensitive {
				each(f.Name + "." + l.Name)
			}
		}
	}
}

// mask lists the sensitive fields the reader of ctx may not ask questions about.
func (t *Type[T]) mask(ctx context.Context) map[string]bool {
	m := map[string]bool{}
	t.sensitive(func(name string) {
		if !t.reg.askable(ctx, t.Name, name) {
			m[name] = true
		}
	})
	return m
}

// masks lists the sensitive fields the reader of ctx may not see of a record.
func (t *Type[T]) masks(ctx context.Context) func(b *record.Base) map[string]bool {
	never := map[string]bool{}
	var some []string // seen of some records
	t.sensitive(func(name string) {
		switch object := t.Name + "#" + name; {
		case !t.reg.Authz.Can(ctx, object, "read"):
			never[name] = true
		case !t.reg.Authz.Reaches(ctx, object, "read", "all"):
			some = append(some, name)
		}
	})
	return func(b *record.Base) map[string]bool {
		m := never
		for i, name := range some {
			if i == 0 {
				m = maps.Clone(never)
			}
			if !t.reg.Authz.Covers(ctx, t.Name+"#"+name, "read", b) {
				m[name] = true
			}
		}
		return m
	}
}

func (t *Type[T]) row(ctx context.Context, r *T) Row {
	return &row[T]{t, r, t.masks(ctx)(baseOf(r))}
}

func (t *Type[T]) rows(ctx context.Context, list []T) []Row {
	mask := t.masks(ctx)
	out := make([]Row, len(list))
	for i := range list {
		out[i] = &row[T]{t, &list[i], mask(baseOf(&list[i]))}
	}
	return out
}

// fresh returns a new record of the actor with the defaults of the type.
func (t *Type[T]) fresh(ctx context.Context) (*T, error) {
	r := new(T)
	b := baseOf(r)
	s, _ := authz.Of(ctx)
	b.CompanyID, b.DeptID, b.OwnerID = s.Company, s.Dept, s.User
	if t.Default != nil {
		if err := t.Default(ctx, r); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// NewRow returns an unsaved record with its defaults and in on top, unchecked.
func (t *Type[T]) NewRow(ctx context.Context, in Values) (Row, error) {
	r, err := t.fresh(ctx)
	if err != nil {
		return nil, err
	}
	apply(writer[T]{t, ctx, baseOf(r)}, t.Fields, r, "", in)
	return t.row(ctx, r), nil
}

// CreateRow creates a record from input.
func (t *Type[T]) CreateRow(ctx context.Context, in Values) (Row, error) {
	if err := t.reg.Authz.Require(ctx, t.Name, "create"); err != nil {
		return nil, err
	}
	if t.NoCreate && !authz.IsSystem(ctx) {
		return nil, errs.New(errs.Forbidden, "Records of this type come from other documents; they are not created by hand.")
	}
	return t.make(ctx, in, History{})
}

// ImportRow creates a record of history: field checks, references and links hold;
// guards, effects and approvals do not run.
func (t *Type[T]) ImportRow(ctx context.Context, in Values, h History) (Row, error) {
	if err := t.reg.Authz.Require(ctx, t.Name, "import"); err != nil {
		return nil, err
	}
	if h.Reason == "" {
		h.Reason = "import"
	}
	return t.make(ctx, in, h)
}

// make stores a new record of the actor with in on top of the defaults.
func (t *Type[T]) make(ctx context.Context, in Values, h History) (Row, error) {
	var r *T
	err := t.reg.DB.Tx(ctx, func(ctx context.Context) (err error) { // anew on each try: a deadlock runs it again
		if r, err = t.fresh(ctx); err != nil {
			return err
		}
		if err := errs1(apply(writer[T]{t, ctx, baseOf(r)}, t.Fields, r, "", in)); err != nil {
			return err
		}
		return t.insert(ctx, []*T{r}, nil, h)
	})
	if err == nil && !h.imported() {
		r, err = t.asLeft(ctx, r)
	}
	if err != nil {
		return nil, err
	}
	return t.row(ctx, r), nil
}

// Create stores a new record made by code; from names the documents it came from.
// A zero owner, department or company becomes that of the actor. Modules call it
// inside effects, under authz.System. Errors: Invalid, Forbidden, Conflict.
func (t *Type[T]) Create(ctx context.Context, r *T, from ...trace.Ref) error {
	return t.CreateAll(ctx, []*T{r}, from...)
}

// CreateAll is Create for several records at once, which come from the same documents.
func (t *Type[T]) CreateAll(ctx context.Context, rows []*T, from ...trace.Ref) error {
	s, _ := authz.Of(ctx)
	for _, r := range rows {
		b := baseOf(r)
		if b.CompanyID == 0 {
			b.CompanyID = s.Company
		}
		if b.OwnerID == 0 && b.DeptID == 0 && !t.NoOwner {
			b.OwnerID = s.User
		}
	}
	if err := t.reg.Authz.Require(ctx, t.Name, "create"); err != nil {
		return err
	}
	return t.reg.DB.Tx(ctx, func(ctx context.Context) error { return t.insert(ctx, rows, from, History{}) })
}

// insert stores new records: all are checked, then stored together, then each begins its
// process and leaves its trace.
func (t *Type[T]) insert(ctx context.Context, rows []*T, from []trace.Ref, h History) error {
	now := t.reg.Now().UTC().Truncate(time.Microsecond)
	at := now
	if !h.At.IsZero() {
		if at = h.At.UTC(); at.After(now) {
			return errs.Bad("at", "History lies in the past; this date is still to come.")
		}
	}
	for _, r := range rows {
		t.stamp(ctx, r, at, now, h)
	}
	if err := t.validate(ctx, rows, nil); err != nil {
		return err
	}
	for _, r := range rows {
		if !t.reg.Authz.Covers(ctx, t.Name, map[bool]string{true: "import", false: "create"}[h.imported()], baseOf(r)) {
			return errs.Bad("owner_id", "You may not create records for this owner.")
		}
		if err := t.number(ctx, r, h.No, at); err != nil {
			return err
		}
	}
	if h.imported() {
		if err := t.reg.Engine.AllowImport(ctx, t.Name); err != nil {
			return err
		}
	}
	if err := t.Store.Insert(ctx, rows...); err != nil {
		return err
	}
	for _, r := range rows {
		if err := t.entered(ctx, r, from, at, h); err != nil {
			return err
		}
	}
	return nil
}

// asLeft returns a record as the steps of the program left it that followed the change of
// the reader; as changed when they took it out of the reader's sight.
func (t *Type[T]) asLeft(ctx context.Context, r *T) (*T, error) {
	if t.Process == nil {
		return r, nil
	}
	moves, err := t.reg.Engine.Moves(ctx, &object[T]{t: t, r: r}, t.Name)
	if err != nil || !moves {
		return r, err
	}
	now, err := t.Store.Get(ctx, baseOf(r).ID)
	if errs.Is(err, errs.NotFound) {
		return r, nil
	}
	return now, err
}

// stamp says of a new record who makes it, when, and in which stage.
func (t *Type[T]) stamp(ctx context.Context, r *T, at, now time.Time, h History) {
	b := baseOf(r)
	t.settle(b)
	b.CreatedAt, b.UpdatedAt = at, now
	b.CreatedBy, b.UpdatedBy = authz.Actor(ctx), authz.Actor(ctx)
	if t.Process != nil {
		t.Process.set(r, t.Process.def.Start())
		if h.Stage != "" {
			t.Process.set(r, h.Stage)
		}
	}
}

// entered begins the process of a record just stored, and writes links and trail.
func (t *Type[T]) entered(ctx context.Context, r *T, from []trace.Ref, at time.Time, h History) error {
	imported := h.imported()
	if t.Process != nil {
		flag := map[bool]string{true: "import"}[imported]
		if err := t.reg.Engine.Begin(ctx, &object[T]{t: t, r: r}, t.Name, at, flag, h.Reason); err != nil {
			return err
		}
	}
	if err := t.link(ctx, r, from); err != nil {
		return err
	}
	if err := t.auditCreate(ctx, r, imported); err != nil {
		return err
	}
	switch {
	case imported && t.Imported != nil:
		return t.Imported(ctx, r)
	case !imported && t.Saved != nil:
		return t.Saved(ctx, r, nil)
	}
	return nil
}

// settle gives the row the department and company of its owner.
func (t *Type[T]) settle(b *record.Base) {
	if p := t.reg.Authz.Directory().People[b.OwnerID]; p != nil {
		if !t.NoOwner { // the department of a user is a field of its own
			b.DeptID = p.Dept
		}
		if b.CompanyID == 0 {
			b.CompanyID = p.Company
		}
	}
}

func (t *Type[T]) number(ctx context.Context, r *T, given string, at time.Time) error {
	b := baseOf(r)
	if given != "" {
		b.No = given
		return nil
	}
	if b.No != "" {
		return nil
	}
	if t.Day != nil {
		if d := t.Day(r); !d.IsZero() {
			at = d.In(time.UTC)
		}
	}
	no, err := t.reg.Numbers.Next(ctx, b.CompanyID, t.Name, t.Number, at)
	b.No = no
	return err
}

// validate runs required fields, references and the rules of the type; before is what a
// changed record was.
func (t *Type[T]) validate(ctx context.Context, rows []*T, before *T) error {
	var bad []errs.Field
	for _, r := range rows {
		if t.Check != nil {
			if err := t.Check(ctx, r); err != nil {
				return err
			}
		}
		if t.CheckChange != nil {
			if err := t.CheckChange(ctx, r, before); err != nil {
				return err
			}
		}
		bad = append(bad, missing(t.Fields, r, "")...)
	}
	refBad, err := t.checkRefs(ctx, rows, before)
	if err != nil {
		return err
	}
	return errs1(append(bad, refBad...))
}

// checkRefs makes sure every reference that is new points to a record the writer
// may see.
func (t *Type[T]) checkRefs(ctx context.Context, rows []*T, before *T) ([]errs.Field, error) {
	old := map[string]bool{}
	if before != nil {
		t.eachRef(before, func(_ string, m *Meta, id int64) { old[m.Target+strconv.FormatInt(id, 10)] = true })
	}
	named := map[string][]reference{}
	for _, r := range rows {
		t.eachRef(r, func(path string, m *Meta, id int64) {
			if !old[m.Target+strconv.FormatInt(id, 10)] {
				named[m.Target] = append(named[m.Target], reference{path, id})
			}
		})
	}
	return t.reg.unseen(ctx, named)
}

func (t *Type[T]) eachRef(r *T, each func(path string, m *Meta, id int64)) {
	for _, f := range t.Fields {
		switch {
		case f.lines != nil:
			f.lines.refs(r, each)
		case f.Kind == KRef:
			if n, err := strconv.ParseInt(f.text(r), 10, 64); err == nil {
				each(f.Name, &f.Meta, n)
			}
		}
	}
}

// present reports which ids the writer may refer to. People are in the directory,
// which needs no query.
func (t *Type[T]) present(ctx context.Context, ids []int64) (map[int64]bool, error) {
	out := make(map[int64]bool, len(ids))
	if t.Name == "core.user" {
		s, _ := authz.Of(ctx)
		for _, id := range ids {
			p := t.reg.Authz.Directory().People[id]
			out[id] = p != nil && (authz.IsSystem(ctx) || p.Active && p.Company == s.Company)
		}
		return out, nil
	}
	seen, err := t.Store.Present(ctx, ids)
	for _, id := range seen {
		out[id] = true
	}
	return out, err
}

// link records where the new document came from: the given sources and the
// references declared as Source.
func (t *Type[T]) link(ctx context.Context, r *T, from []trace.Ref) error {
	self := t.ref(baseOf(r).ID)
	for _, f := range t.Fields {
		if f.Meta.Source {
			if n, err := strconv.ParseInt(f.text(r), 10, 64); err == nil {
				from = append(from, trace.Ref{Type: f.Meta.Target, ID: n})
			}
		}
	}
	for _, src := range from {
		if err := t.reg.Trace.Link(ctx, src, self, "created"); err != nil {
			return err
		}
	}
	return nil
}

func (t *Type[T]) auditCreate(ctx context.Context, r *T, imported bool) error {
	changes := make([]audit.Change, 0, len(t.Fields))
	for i, s := range t.texts(r) {
		if s != "" && !t.Fields[i].empty(r) {
			changes = append(changes, audit.Change{Field: t.Fields[i].Name, After: s})
		}
	}
	action := "create"
	if imported {
		action = "import"
	}
	return t.reg.Audit.Write(ctx, action, t.Name, baseOf(r).ID, changes)
}

// auditUpdate writes what differs from before; nothing if nothing does.
func (t *Type[T]) auditUpdate(ctx context.Context, r *T, before []string) error {
	changes := t.diff(r, before)
	if len(changes) == 0 {
		return nil
	}
	return t.reg.Audit.Write(ctx, "update", t.Name, baseOf(r).ID, changes)
}

func (t *Type[T]) diff(r *T, before []string) []audit.Change {
	var changes []audit.Change
	for i, s := range t.texts(r) {
		if s != before[i] {
			changes = append(changes, audit.Change{Field: t.Fields[i].Name, Before: before[i], After: s})
		}
	}
	return changes
}

// UpdateRow changes fields of a record. version must be the stored one.
func (t *Type[T]) UpdateRow(ctx context.Context, id, version int64, in Values) (Row, error) {
	if err := t.reg.Authz.Require(ctx, t.Name, "update"); err != nil {
		return nil, err
	}
	var out *T
	err := t.reg.DB.Tx(ctx, func(ctx context.Context) error {
		r, err := t.Store.Lock(ctx, id)
		if err != nil {
			return err
		}
		b := baseOf(r)
		switch {
		case b.ArchivedAt != nil:
			return errs.Missing()
		case !t.reg.Authz.Covers(ctx, t.Name, "update", b):
			return errs.New(errs.Forbidden, "You may see this record but not change it.")
		case t.NoEdit && !authz.IsSystem(ctx):
			return errs.New(errs.Forbidden, "Records of this type are not changed by hand.")
		case b.Version != version:
			return errs.Stale()
		}
		if st := t.stageOf(r); st != nil && st.Locked {
			return errs.New(errs.Precondition, "In stage {0} the fields no longer change.", st.Label)
		}
		out = r
		return t.change(ctx, r, func() error {
			return errs1(apply(writer[T]{t, ctx, baseOf(r)}, t.Fields, r, "", in))
		})
	})
	if err != nil {
		return nil, err
	}
	return t.row(ctx, out), nil
}

func (t *Type[T]) stageOf(r *T) *process.Stage {
	if t.Process == nil {
		return nil
	}
	return t.Process.def.Stage(t.Process.stage(r))
}

// Update changes a record from code, in one transaction: lock, fn, check, store,
// audit. Effects use it for other documents than their own; the stage is not
// theirs to write. Errors: NotFound and whatever fn and the rules refuse.
func (t *Type[T]) Update(ctx context.Context, id int64, fn func(r *T) error) (*T, error) {
	var out *T
	err := t.reg.DB.Tx(ctx, func(ctx context.Context) error {
		r, err := t.Store.Lock(ctx, id)
		if err != nil {
			return err
		}
		out = r
		return t.change(ctx, r, func() error { return fn(r) })
	})
	return out, err
}

// UpdateAll is Update for the records among ids that there are: they are locked with one
// question, and stored and audited together. fn is asked in the order given and says of each
// whether it changes. UpdateAll returns those that did.
func (t *Type[T]) UpdateAll(ctx context.Context, ids []int64, fn func(r *T) (change bool, err error)) (changed []*T, err error) {
	err = t.reg.DB.Tx(ctx, func(ctx context.Context) error {
		changed = nil
		rows, err := t.Store.LockAll(ctx, ids)
		if err != nil {
			return err
		}
		at := make(map[int64]int, len(ids))
		for i, id := range ids {
			at[id] = i
		}
		slices.SortFunc(rows, func(a, b *T) int { return at[baseOf(a).ID] - at[baseOf(b).ID] })
		for _, r := range rows {
			c := t.begin(r)
			switch change, err := fn(r); {
			case err != nil:
				return err
			case change:
				if err := t.finish(ctx, r, c); err != nil {
					return fmt.Errorf("change %s: %w", baseOf(r).No, err)
				}
				changed = append(changed, r)
			}
		}
		return nil
	})
	return changed, err
}

// changing is what a record was before a change.
type changing[T any] struct {
	before T
	texts  []string
	facts  string
}

func (t *Type[T]) begin(r *T) changing[T] {
	return changing[T]{before: *r, texts: t.texts(r), facts: t.facts(r)}
}

func (t *Type[T]) change(ctx context.Context, r *T, fn func() error) error {
	c := t.begin(r)
	if err := fn(); err != nil {
		return err
	}
	return t.finish(ctx, r, c)
}

// finish checks and stores a changed record.
func (t *Type[T]) finish(ctx context.Context, r *T, c changing[T]) error {
	if baseOf(r).OwnerID != baseOf(&c.before).OwnerID {
		t.settle(baseOf(r))
	}
	if err := t.validate(ctx, []*T{r}, &c.before); err != nil {
		return err
	}
	return t.keep(ctx, r, c)
}

// keep stores a changed record with what follows from the change.
func (t *Type[T]) keep(ctx context.Context, r *T, c changing[T]) error {
	b := baseOf(r)
	b.UpdatedAt, b.UpdatedBy = t.reg.Now().UTC().Truncate(time.Microsecond), authz.Actor(ctx)
	if t.Process != nil && t.facts(r) != c.facts {
		if err := t.reg.Engine.Void(ctx, t.ref(b.ID)); err != nil {
			return err
		}
	}
	if err := t.Store.Update(ctx, r); err != nil {
		return err
	}
	if err := t.auditUpdate(ctx, r, c.texts); err != nil {
		return err
	}
	if b.OwnerID != baseOf(&c.before).OwnerID && t.Process != nil {
		if err := t.reg.Engine.Reassign(ctx, t.ref(b.ID), b); err != nil {
			return err
		}
	}
	if t.Saved != nil {
		return t.Saved(ctx, r, &c.before)
	}
	return nil
}

// DeleteRow takes a record out of every list. Its log and links stay; a document
// that has left its first stage is cancelled by a move instead.
func (t *Type[T]) DeleteRow(ctx context.Context, id, version int64) error {
	if err := t.reg.Authz.Require(ctx, t.Name, "delete"); err != nil {
		return err
	}
	return t.reg.DB.Tx(ctx, func(ctx context.Context) error {
		r, err := t.Store.Lock(ctx, id)
		if err != nil {
			return err
		}
		b := baseOf(r)
		switch {
		case b.ArchivedAt != nil:
			return errs.Missing()
		case !t.reg.Authz.Covers(ctx, t.Name, "delete", b):
			return errs.New(errs.Forbidden, "You may see this record but not delete it.")
		case t.NoEdit && !authz.IsSystem(ctx):
			return errs.New(errs.Forbidden, "Records of this type are not deleted.")
		case b.Version != version:
			return errs.Stale()
		case t.Process != nil && t.Process.stage(r) != t.Process.def.Start():
			return errs.New(errs.Precondition, "Only a record in its first stage can be deleted; cancel it instead.")
		}
		return t.archive(ctx, r)
	})
}

// Retract takes an imported record back that nobody has touched since.
// Precondition when somebody has.
func (t *Type[T]) Retract(ctx context.Context, id int64) error {
	if err := t.reg.Authz.Require(ctx, t.Name, "import"); err != nil {
		return err
	}
	return t.reg.DB.Tx(ctx, func(ctx context.Context) error {
		r, err := t.Store.Lock(ctx, id)
		if err != nil {
			return err
		}
		b := baseOf(r)
		if b.Version != 1 || b.ArchivedAt != nil {
			return errs.New(errs.Precondition, "{0} was changed after the import; it stays.", b.No)
		}
		return t.archive(ctx, r)
	})
}

// archive takes a locked record out of every list.
func (t *Type[T]) archive(ctx context.Context, r *T) error {
	b := baseOf(r)
	now := t.reg.Now().UTC().Truncate(time.Microsecond)
	if t.Process != nil { // while the record can still be read
		if err := t.reg.Engine.Void(ctx, t.ref(b.ID)); err != nil {
			return err
		}
	}
	b.ArchivedAt, b.UpdatedAt, b.UpdatedBy = &now, now, authz.Actor(ctx)
	if err := t.Store.Update(ctx, r); err != nil {
		return err
	}
	if t.Process != nil {
		if err := t.reg.Engine.Discard(ctx, t.ref(b.ID), &object[T]{t: t, r: r}); err != nil {
			return err
		}
	}
	if t.Removed != nil {
		if err := t.Removed(ctx, r); err != nil {
			return err
		}
	}
	return t.reg.Audit.Write(ctx, "delete", t.Name, b.ID, nil)
}

// handler gives the engine locked records.
type handler[T any] struct{ t *Type[T] }

func (h handler[T]) Lock(ctx context.Context, id int64) (process.Object, error) {
	r, err := h.t.Store.Lock(ctx, id)
	if err != nil {
		return nil, err
	}
	if baseOf(r).ArchivedAt != nil {
		return nil, errs.Missing()
	}
	return &object[T]{t: h.t, r: r, before: h.t.texts(r)}, nil
}

// FireRow runs a move with its form as input.
func (t *Type[T]) FireRow(ctx context.Context, id, version int64, move string, in Values) (Row, bool, error) {
	if t.Process == nil || !t.Process.def.HasMove(move) {
		return nil, false, errs.New(errs.NotFound, "There is no step {0} here.", move)
	}
	if err := t.reg.Authz.Require(ctx, t.Name, move); err != nil {
		return nil, false, err
	}
	if e := t.Process.effects[move]; e != nil {
		if err := e.check(in); err != nil {
			return nil, false, err
		}
	} else if err := errs1(apply[struct{}](plain{}, nil, nil, "", in, "reason")); err != nil {
		return nil, false, err
	}
	if err := t.reg.CheckForm(ctx, t.Process.forms[move], in); err != nil {
		return nil, false, err
	}
	res, err := t.reg.Engine.Fire(ctx, t.ref(id), version, move, in)
	if err != nil {
		return nil, false, err
	}
	r, err := t.asLeft(ctx, res.Object.(*object[T]).r) // also when the move took it out of the reader's sight
	if err != nil {
		return nil, false, err
	}
	return t.row(ctx, r), res.Pending, nil
}

// Fire runs a move from code, under the rights of ctx.
func (t *Type[T]) Fire(ctx context.Context, id int64, move string, in Values) error {
	if in == nil {
		in = Values{}
	}
	_, err := t.reg.Engine.Fire(ctx, t.ref(id), 0, move, in)
	return err
}

// FireIf runs a move from code when want says so of the record, locked: of several
// who ask at once, one moves it and the others see where it went. It reports whether
// the move ran.
func (t *Type[T]) FireIf(ctx context.Context, id int64, move string, in Values, want func(r *T) bool) (fired bool, err error) {
	return t.fireIf(ctx, id, move, in, func(_ context.Context, o *object[T]) (bool, error) { return want(o.r), nil })
}

// UpdateOrFire changes a record from code like Update. When fn says so the change goes
// in with a move and is stored, audited and logged once, without Check and Saved, as with
// any effect; so the move asks for no approval.
func (t *Type[T]) UpdateOrFire(ctx context.Context, id int64, move string, fn func(r *T) (fire bool, err error)) (out *T, err error) {
	_, err = t.fireIf(ctx, id, move, Values{}, func(ctx context.Context, o *object[T]) (fire bool, err error) {
		out = o.r
		c := changing[T]{before: *o.r, texts: o.before, facts: t.facts(o.r)}
		if fire, err = fn(o.r); err != nil || fire {
			return fire, err
		}
		return false, t.finish(ctx, o.r, c)
	})
	return out, err
}

func (t *Type[T]) fireIf(ctx context.Context, id int64, move string, in Values, want func(ctx context.Context, o *object[T]) (bool, error)) (bool, error) {
	if in == nil {
		in = Values{}
	}
	return t.reg.Engine.FireIf(ctx, t.ref(id), move, in, func(ctx context.Context, obj process.Object) (bool, error) { return want(ctx, obj.(*object[T])) })
}

// Get returns a record the reader may see.
func (t *Type[T]) Get(ctx context.Context, id int64) (*T, error) { return t.Store.Get(ctx, id) }

// Ref names a record of the type.
func (t *Type[T]) Ref(id int64) trace.Ref { return t.ref(id) }
