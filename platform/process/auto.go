package process

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"meridian/platform/authz"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/money"
	"meridian/platform/trace"
)

// stepKey names a step that a company lets the program take.
type stepKey struct {
	company       int64
	process, move string
}

// autoSteps are the steps the program takes, with the amount up to which; they belong to
// one version of the policy.
type autoSteps struct {
	version int64
	upTo    map[stepKey]money.Amount // 0: any amount
}

// chosen returns the steps companies let the program take.
func (e *Engine) chosen(ctx context.Context) (map[stepKey]money.Amount, error) {
	version := e.authz.Version()
	if s := e.auto.Load(); s != nil && s.version == version {
		return s.upTo, nil
	}
	s := &autoSteps{version: version, upTo: map[stepKey]money.Amount{}}
	err := e.db.Each(ctx, `SELECT company_id, split_part(step, ':', 1), split_part(step, ':', 2), up_to FROM core.auto_step WHERE archived_at IS NULL`, nil, func(r *sql.Rows) error {
		var k stepKey
		var upTo money.Amount
		err := r.Scan(&k.company, &k.process, &k.move, &upTo)
		s.upTo[k] = upTo
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("steps of the program: %w", err)
	}
	e.auto.Store(s)
	return s.upTo, nil
}

// automatic lists the moves that the program takes for a document as it stands.
func (e *Engine) automatic(ctx context.Context, d *Definition, obj Object) ([]string, error) {
	var out []string
	for i := range d.Moves {
		m := &d.Moves[i]
		if !m.Auto || !slices.Contains(m.From, obj.Stage()) {
			continue
		}
		chosen, err := e.chosen(ctx)
		if err != nil {
			return nil, err
		}
		upTo, ok := chosen[stepKey{obj.Base().CompanyID, d.Key, m.Name}]
		if ok && (upTo.IsZero() || !upTo.Less(obj.Amount().Abs())) {
			out = append(out, m.Name)
		}
	}
	return out, nil
}

// Moves reports whether the program takes a step for a document as it stands.
func (e *Engine) Moves(ctx context.Context, obj Object, process string) (bool, error) {
	steps, err := e.automatic(ctx, e.current[process], obj)
	return len(steps) > 0, err
}

// carryOn has the program take its steps for a document that has entered a stage, each in
// a transaction of its own after the present one: locks are held no longer than when
// people click. One that is refused, or that a crash prevents, is left to the people of
// the stage, on whose list the document stands.
func (e *Engine) carryOn(ctx context.Context, d *Definition, obj Object) error {
	steps, err := e.automatic(ctx, d, obj)
	if err != nil || len(steps) == 0 {
		return err
	}
	r := trace.Ref{Type: d.Key, ID: obj.Base().ID}
	later := authz.System(db.Detach(context.WithoutCancel(ctx)), d.Key+":auto")
	db.AfterCommit(ctx, func() { e.take(later, r, steps) })
	return nil
}

// take takes steps until one moves the document on.
func (e *Engine) take(ctx context.Context, r trace.Ref, steps []string) {
	for _, move := range steps {
		res, err := e.Fire(ctx, r, 0, move, Input{})
		switch {
		case err == nil && (res.Pending || res.Event.From != res.Event.To):
			return
		case err != nil && errs.KindOf(err) == errs.Internal:
			slog.ErrorContext(ctx, "a step of the program failed", slog.String("document", r.String()), slog.String("step", move), slog.Any("error", err))
		}
	}
}

// AutoStep names a step that a company may let the program take.
type AutoStep struct{ Process, Move, Label string }

// AutoSteps lists the steps that may be taken by the program.
func (e *Engine) AutoSteps() []AutoStep {
	var out []AutoStep
	for _, d := range e.current {
		for _, m := range d.Moves {
			if s := (AutoStep{d.Key, m.Name, m.Label}); m.Auto && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	slices.SortFunc(out, func(a, b AutoStep) int { return strings.Compare(a.Process+":"+a.Move, b.Process+":"+b.Move) })
	return out
}
