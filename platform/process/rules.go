package process

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"meridian/platform/audit"
	"meridian/platform/errs"
	"meridian/platform/money"
)

// Matrix is an approval matrix: the moves that ask it and its rules, in the order
// they are tried.
type Matrix struct {
	Key     string // ltc.order:confirm
	Process string
	Moves   []string
	Fields  []string // what conditions may name
	Rules   []Rule
	Stamp   string // of the rules as read; a change of older ones is refused by it
}

// order is the priority of rule i of a list.
func (r Rule) order(i int) int {
	if r.Priority == 0 {
		return 100 + i
	}
	return r.Priority
}

// checkRules says what is wrong with the rules of a matrix, at the fields of its
// form. Those without condition cover every amount once: no gap, no overlap.
func checkRules(list []Rule) []errs.Field {
	var out []errs.Field
	bad := func(i int, field, message string, args ...any) {
		out = append(out, errs.Field{Name: fmt.Sprintf("rules.%d.%s", i, field), Message: message, Args: args})
	}
	var bands []int
	for i, r := range list {
		if r.From.Sign() < 0 {
			bad(i, "from", "An amount above zero is expected.")
		}
		if !r.To.IsZero() && !r.From.Less(r.To) {
			bad(i, "to", "The end must lie above the start.")
		}
		if r.Guard == "" {
			bands = append(bands, i)
		} else if j := slices.IndexFunc(list, func(x Rule) bool { return x.Guard == "" && x.hides(r) }); j >= 0 && list[j].order(j) < r.order(i) {
			bad(i, "order", "This rule never decides: {0} is tried first and covers the same amounts.", list[j].Label)
		}
	}
	if len(bands) == 0 {
		return append(out, errs.Field{Name: "rules.0.guard", Message: "One rule must hold without condition, so that every document finds one."})
	}
	slices.SortStableFunc(bands, func(a, b int) int { return list[a].From.Cmp(list[b].From) })
	var next money.Amount
	for n, i := range bands {
		r := list[i]
		switch {
		case n > 0 && next.IsZero():
			bad(bands[n-1], "to", "A rule without end must be the last.")
			return out
		case next.Less(r.From):
			bad(i, "from", "Amounts from {0} to {1} are covered by no rule.", next, r.From)
		case r.From.Less(next):
			bad(i, "from", "Amounts from {0} to {1} are covered by two rules.", r.From, next)
		}
		next = r.To
	}
	if !next.IsZero() {
		bad(bands[len(bands)-1], "to", "The highest amounts are covered by no rule; leave the end of the last one empty.")
	}
	return out
}

// hides reports whether r covers all amounts of x.
func (r Rule) hides(x Rule) bool {
	return !x.From.Less(r.From) && (r.To.IsZero() || !x.To.IsZero() && !r.To.Less(x.To))
}

// lintRules is checkRules for the rules a matrix ships with.
func lintRules(matrix string, list []Rule) []Problem {
	var out []Problem
	for _, f := range checkRules(list) {
		out = append(out, Problem{matrix, f.Name + ": " + errs.Fill(f.Message, f.Args)})
	}
	return out
}

// Matrices lists the approval matrices by key, with the rules of every company.
func (e *Engine) Matrices(ctx context.Context) ([]Matrix, error) {
	var out []Matrix
	for _, key := range slices.Sorted(maps.Keys(e.current)) {
		moves := map[string][]string{}
		for _, m := range e.current[key].Moves {
			if m.Matrix != "" && !slices.Contains(moves[m.Matrix], m.Name) {
				moves[m.Matrix] = append(moves[m.Matrix], m.Name)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(moves)) {
			m := Matrix{Key: name, Process: key, Moves: moves[name], Fields: slices.Sorted(maps.Keys(e.envs[key]))}
			if err := e.readRules(ctx, &m); err != nil {
				return nil, err
			}
			out = append(out, m)
		}
	}
	return out, nil
}

// Matrix reads one approval matrix. NotFound if there is none.
func (e *Engine) Matrix(ctx context.Context, key string) (Matrix, error) {
	list, err := e.Matrices(ctx)
	if err != nil {
		return Matrix{}, err
	}
	for _, m := range list {
		if m.Key == key {
			return m, nil
		}
	}
	return Matrix{}, errs.New(errs.NotFound, "There is no approval matrix {0}.", key)
}

func (e *Engine) readRules(ctx context.Context, m *Matrix) error {
	h := sha256.New()
	m.Rules = nil
	err := e.db.Each(ctx, `SELECT id, label, priority, amount_from, coalesce(amount_to, 0), guard, steps FROM core.approval_rule WHERE matrix = $1 AND company_id = 0 ORDER BY priority, id`,
		[]any{m.Key}, func(r *sql.Rows) error {
			var x Rule
			var steps []byte
			if err := r.Scan(&x.ID, &x.Label, &x.Priority, &x.From, &x.To, &x.Guard, &steps); err != nil {
				return err
			}
			m.Rules = append(m.Rules, x)
			return json.Unmarshal(steps, &m.Rules[len(m.Rules)-1].Steps)
		})
	if err != nil {
		return fmt.Errorf("approval rules of %s: %w", m.Key, err)
	}
	for _, r := range m.Rules {
		fmt.Fprintf(h, "%d %d %q %s\n", r.ID, r.Priority, r.Label, r)
	}
	m.Stamp = fmt.Sprintf("%x", h.Sum(nil)[:12])
	return nil
}

// String writes a rule for the audit trail.
func (r Rule) String() string {
	s := r.From.String() + " to "
	if r.To.IsZero() {
		s += "any"
	} else {
		s += r.To.String()
	}
	if r.Guard != "" {
		s += " if " + r.Guard
	}
	for _, x := range r.Steps {
		s += fmt.Sprintf("; %s of %s %s in %s", x.Mode, x.By, x.Arg, x.Limit)
	}
	return s
}

// SetRules replaces the rules a matrix has for every company. stamp is that of the
// rules they were made from. The caller has checked the right. Errors: NotFound,
// Conflict (somebody else changed them), Invalid with the fields rules.<n>.label,
// order, from, to, guard and steps.<n>.who, mode, hours.
func (e *Engine) SetRules(ctx context.Context, key, stamp string, rules []Rule) error {
	return e.db.Tx(ctx, func(ctx context.Context) error {
		if err := e.db.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('approval rules of ' || $1::text))`, key); err != nil {
			return err
		}
		m, err := e.Matrix(ctx, key)
		if err != nil {
			return err
		}
		if m.Stamp != stamp {
			return errs.Stale()
		}
		if err := e.refuseRules(ctx, m, rules); err != nil {
			return err
		}
		return e.storeRules(ctx, m, rules)
	})
}

// refuseRules is every check of rules people wrote.
func (e *Engine) refuseRules(ctx context.Context, m Matrix, rules []Rule) error {
	bad := checkRules(rules)
	roles, err := e.authz.AllRoles(ctx)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, r := range roles {
		known[r.Code] = true
	}
	for i, r := range rules {
		at := fmt.Sprintf("rules.%d.", i)
		if strings.TrimSpace(r.Label) == "" {
			bad = append(bad, errs.Field{Name: at + "label", Message: "This field must not be empty."})
		}
		if r.Guard != "" {
			if _, err := CompileGuard(r.Guard, e.envs[m.Process]); err != nil {
				why, _, _ := strings.Cut(errors.Unwrap(err).Error(), "\n")
				bad = append(bad, errs.Field{Name: at + "guard", Message: "This condition cannot be used: {0}", Args: []any{why}})
			}
		}
		for n, s := range r.Steps {
			if !e.asks(s, known) {
				bad = append(bad, errs.Field{Name: fmt.Sprintf("%ssteps.%d.who", at, n), Message: "Choose who decides."})
			}
			if s.Mode != "any" && s.Mode != "all" {
				bad = append(bad, errs.Field{Name: fmt.Sprintf("%ssteps.%d.mode", at, n), Message: "Choose one of the listed values."})
			}
			if s.Limit < 0 {
				bad = append(bad, errs.Field{Name: fmt.Sprintf("%ssteps.%d.hours", at, n), Message: "A number is expected."})
			}
		}
	}
	if err := errs.Join(bad); err != nil {
		return err
	}
	return nil
}

// asks reports whether a step names somebody there is.
func (e *Engine) asks(s Step, roles map[string]bool) bool {
	switch s.By {
	case "role":
		return roles[s.Arg]
	case "manager":
		n, err := strconv.Atoi(s.Arg)
		return err == nil && n >= 1 && n < 12
	case "ladder":
		return true
	case "user":
		p, ok := e.authz.Directory().ByUsername(s.Arg)
		return ok && p.Active
	}
	return false
}

// storeRules writes what differs. A changed rule gets a new number, so that no round
// names a rule that says something else by now.
func (e *Engine) storeRules(ctx context.Context, m Matrix, rules []Rule) error {
	var changes []audit.Change
	left := map[int64]Rule{}
	for _, r := range m.Rules {
		left[r.ID] = r
	}
	for i, r := range rules {
		r.Priority = r.order(i)
		old, stored := left[r.ID]
		delete(left, r.ID)
		if stored && old.Label == r.Label && old.Priority == r.Priority && old.String() == r.String() {
			continue
		}
		change := audit.Change{Field: m.Key + " " + r.Label, After: r.String()}
		if stored {
			change.Before = old.String()
			if err := e.db.Exec(ctx, `DELETE FROM core.approval_rule WHERE id = $1`, r.ID); err != nil {
				return err
			}
		}
		if err := e.insertRule(ctx, m.Key, i, r); err != nil {
			return err
		}
		changes = append(changes, change)
	}
	for _, id := range slices.Sorted(maps.Keys(left)) {
		if err := e.db.Exec(ctx, `DELETE FROM core.approval_rule WHERE id = $1`, id); err != nil {
			return err
		}
		changes = append(changes, audit.Change{Field: m.Key + " " + left[id].Label, Before: left[id].String()})
	}
	if len(changes) == 0 {
		return nil
	}
	return e.audit.Write(ctx, "policy", "core.approval_rule", 0, changes)
}
