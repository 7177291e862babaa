package resource

import (
	"context"
	"fmt"

	"meridian/platform/authz"
	"meridian/platform/i18n"
	"meridian/platform/process"
	"meridian/platform/record"
)

// Holding is how many open documents of a type a person owns.
type Holding struct {
	Type, Plural string
	N            int
}

// Held counts the open documents a person owns, of every type with a process and an
// owner, past the rows of the reader: work is not gone because somebody may not see it.
func (g *Registry) Held(ctx context.Context, user int64) ([]Holding, error) {
	ctx = authz.System(ctx, "what a person holds")
	var out []Holding
	for _, name := range g.order {
		n, err := g.docs[name].held(ctx, user)
		if err != nil {
			return nil, fmt.Errorf("count %s of user %d: %w", name, user, err)
		}
		if n > 0 {
			out = append(out, Holding{name, i18n.Label(ctx, name+".plural", g.docs[name].Info().Plural), n})
		}
	}
	return out, nil
}

// Reassign gives the open documents of types that belong to from and meet where to
// another owner, each on the write path: audited, and the work of the present stage goes
// along. Closed documents and those of others stay.
func (g *Registry) Reassign(ctx context.Context, from, to int64, types []string, where ...record.Cond) error {
	ctx = authz.System(ctx, "hand-over of open work")
	for _, name := range types {
		d, err := g.Doc(name)
		if err != nil {
			return err
		}
		if err := d.reassign(ctx, from, to, where); err != nil {
			return fmt.Errorf("hand over %s: %w", name, err)
		}
	}
	return nil
}

// open selects the documents of an owner that have not ended; ok is false for types
// nobody works off.
func (t *Type[T]) open(owner int64) (q record.Query, ok bool) {
	if t.NoOwner || t.Process == nil {
		return q, false
	}
	var live []string
	for _, s := range t.Process.def.Stages {
		if s.Kind != process.End {
			live = append(live, s.Key)
		}
	}
	return record.Where("owner_id", record.Eq, owner).And("stage", record.In, live), true
}

func (t *Type[T]) held(ctx context.Context, user int64) (int, error) {
	q, ok := t.open(user)
	if !ok {
		return 0, nil
	}
	return t.Store.Count(ctx, q, 0)
}

func (t *Type[T]) reassign(ctx context.Context, from, to int64, where []record.Cond) error {
	q, ok := t.open(from)
	if !ok {
		return nil
	}
	q.Where = append(q.Where, where...)
	list, err := t.Store.Find(ctx, q) // by id: one order of locks
	if err != nil {
		return err
	}
	for i := range list {
		err := t.reg.DB.Tx(ctx, func(ctx context.Context) error {
			r, err := t.Store.Lock(ctx, baseOf(&list[i]).ID)
			if err != nil {
				return err
			}
			if b := baseOf(r); b.OwnerID != from || b.ArchivedAt != nil || t.stageOf(r).Kind == process.End { // meanwhile
				return nil
			}
			return t.hand(ctx, r, to)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// hand changes the owner of a locked record and nothing else: the rules of its fields are
// not asked, since a quote that has run out meanwhile must not keep its owner here.
func (t *Type[T]) hand(ctx context.Context, r *T, to int64) error {
	c := t.begin(r)
	baseOf(r).OwnerID = to
	t.settle(baseOf(r))
	return t.keep(ctx, r, c)
}
