// Package process runs declared processes: state machines over documents, with
// guards, approvals, working-time limits and one append-only log. Only the engine
// writes a stage; Fire is the one way a document moves.
package process

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"crypto/sha256"
)

// Kind says what a stage means for the clock.
type Kind string

// The kinds of stages.
const (
	Task Kind = "task" // somebody works
	Wait Kind = "wait" // the object's clock stands still
	End  Kind = "end"  // nothing more happens, except moves that reopen
)

// Class is what code asks about a stage; keys may be made by admins, classes not.
type Class string

// The classes, which also pick the colour of the pill.
const (
	Draft     Class = "draft"
	Open      Class = "open"
	Hold      Class = "hold"
	Working   Class = "working"
	Transit   Class = "transit"
	Won       Class = "won"
	Done      Class = "done"
	Lost      Class = "lost"
	Cancelled Class = "cancelled"
)

// Stage is a state of a document and the work it means.
type Stage struct {
	Key    string        `json:"key"`
	Label  string        `json:"label"`
	Owner  string        `json:"owner,omitempty"` // the role that holds the work
	Class  Class         `json:"class,omitempty"`
	Kind   Kind          `json:"kind,omitempty"`
	In     []string      `json:"in,omitempty"`     // fields needed to enter
	Out    []string      `json:"out,omitempty"`    // fields needed to leave
	Limit  time.Duration `json:"limit,omitempty"`  // working time
	Accept bool          `json:"accept,omitempty"` // the receiver confirms the hand-over
	Locked bool          `json:"locked,omitempty"` // fields no longer change by hand
	Help   string        `json:"help,omitempty"`   // what to do here, for the process page
	// Personal work is of the owner of the document, whichever roles that one holds.
	Personal bool `json:"personal,omitempty"`
}

// Move leads from some stages to one.
type Move struct {
	Name      string   `json:"name"`
	Label     string   `json:"label"`
	From      []string `json:"from"`
	To        string   `json:"to"` // "" stays in the stage
	Guard     string   `json:"guard,omitempty"`
	Matrix    string   `json:"matrix,omitempty"` // approval matrix
	Effect    bool     `json:"effect,omitempty"`
	Reason    bool     `json:"reason,omitempty"`    // a reason is asked for
	Deviation bool     `json:"deviation,omitempty"` // allowed, but not the reference path
	System    bool     `json:"system,omitempty"`    // only other documents fire it
	Auto      bool     `json:"auto,omitempty"`      // a company may let the program take it
}

// Definition is one version of a process.
type Definition struct {
	ID      int64   `json:"-"` // row in core.proc_def
	Key     string  `json:"key"`
	Version int     `json:"-"`
	Label   string  `json:"label"`
	Stages  []Stage `json:"stages"`
	Moves   []Move  `json:"moves"`
}

// Start is the key of the first stage.
func (d *Definition) Start() string { return d.Stages[0].Key }

// Stage finds a stage; nil if there is none.
func (d *Definition) Stage(key string) *Stage {
	for i := range d.Stages {
		if d.Stages[i].Key == key {
			return &d.Stages[i]
		}
	}
	return nil
}

// Move finds a move by name that leaves stage from; nil if there is none.
func (d *Definition) Move(name, from string) *Move {
	for i := range d.Moves {
		if d.Moves[i].Name == name && slices.Contains(d.Moves[i].From, from) {
			return &d.Moves[i]
		}
	}
	return nil
}

// HasMove reports whether any stage has a move of this name.
func (d *Definition) HasMove(name string) bool {
	return slices.ContainsFunc(d.Moves, func(m Move) bool { return m.Name == name })
}

// Path returns the stages of the reference path: from the start along the first
// move that is no deviation and leads to a stage not yet on the path.
func (d *Definition) Path() []string {
	path := []string{d.Start()}
	for {
		next := ""
		for _, m := range d.Moves {
			if !m.Deviation && m.To != "" && slices.Contains(m.From, path[len(path)-1]) && !slices.Contains(path, m.To) {
				next = m.To
				break
			}
		}
		if next == "" {
			return path
		}
		path = append(path, next)
	}
}

func (d *Definition) body() ([]byte, string) {
	b, err := json.Marshal(d)
	if err != nil {
		panic(fmt.Sprintf("process %s: %v", d.Key, err))
	}
	return b, fmt.Sprintf("%x", sha256.Sum256(b))
}

// Problem is a finding of Lint.
type Problem struct{ Where, What string }

func (p Problem) String() string { return p.Where + ": " + p.What }

// Lint checks a definition before it may run: unique keys, moves between known
// stages, every stage reachable, an end reachable from every stage, an owner for
// every task.
func (d *Definition) Lint() []Problem {
	var out []Problem
	bad := func(where, what string, args ...any) {
		out = append(out, Problem{d.Key + "." + where, fmt.Sprintf(what, args...)})
	}
	if len(d.Stages) == 0 {
		bad("stages", "none")
		return out
	}
	seen := map[string]bool{}
	for _, s := range d.Stages {
		if seen[s.Key] {
			bad(s.Key, "stage declared twice")
		}
		seen[s.Key] = true
		if s.Kind == Task && s.Owner == "" && !s.Personal {
			bad(s.Key, "a task stage needs an owner role")
		}
	}
	fired := map[string]bool{}
	for _, m := range d.Moves {
		if m.Name == "" || strings.ContainsAny(m.Name, ".:/ ") {
			bad(m.Name, "bad name of a move")
		}
		if m.To != "" && !seen[m.To] {
			bad(m.Name, "leads to unknown stage %q", m.To)
		}
		for _, f := range m.From {
			if !seen[f] {
				bad(m.Name, "leaves unknown stage %q", f)
			}
			if fired[m.Name+"|"+f] {
				bad(m.Name, "two moves of this name leave %q", f)
			}
			fired[m.Name+"|"+f] = true
		}
	}
	for _, m := range d.Moves {
		if m.Auto && (m.System || m.Reason || m.Deviation) {
			bad(m.Name, "asks for a person and cannot be taken by the program")
		}
		if m.Auto && m.To != "" && d.autoReaches(m.To, m.From) {
			bad(m.Name, "the program would take it for ever")
		}
	}
	reach := d.closure(d.Start(), func(m Move) ([]string, string) { return m.From, m.To })
	for _, s := range d.Stages {
		if !reach[s.Key] {
			bad(s.Key, "stage cannot be reached")
		}
		if s.Kind != End && !d.endReachable(s.Key) {
			bad(s.Key, "no end can be reached")
		}
	}
	return out
}

// autoReaches reports whether steps of the program lead from a stage to one of others.
func (d *Definition) autoReaches(from string, others []string) bool {
	reach := d.closure(from, func(m Move) ([]string, string) {
		if !m.Auto {
			return nil, ""
		}
		return m.From, m.To
	})
	return slices.ContainsFunc(others, func(s string) bool { return reach[s] })
}

func (d *Definition) closure(start string, edge func(Move) ([]string, string)) map[string]bool {
	reach := map[string]bool{start: true}
	for changed := true; changed; {
		changed = false
		for _, m := range d.Moves {
			from, to := edge(m)
			if to != "" && !reach[to] && slices.ContainsFunc(from, func(f string) bool { return reach[f] }) {
				reach[to], changed = true, true
			}
		}
	}
	return reach
}

func (d *Definition) endReachable(key string) bool {
	for k := range d.closure(key, func(m Move) ([]string, string) { return m.From, m.To }) {
		if s := d.Stage(k); s != nil && s.Kind == End {
			return true
		}
	}
	return false
}
