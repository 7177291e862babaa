package resource

import (
	"context"
	"slices"
	"time"

	"meridian/platform/errs"
	"meridian/platform/process"
)

// Stage declares one stage of a document type with a typed key.
type Stage[S ~string] struct {
	Key   S
	Label string
	Owner string // the role that holds the work
	// Personal work is of the owner of the document, whichever roles that one holds.
	Personal bool
	Class    process.Class // open if empty; done if End
	Wait     bool          // the clock stands still
	End      bool
	In       []string      // names of fields needed to enter
	Out      []string      // names of fields needed to leave (Need makes them)
	Limit    time.Duration // working time
	Accept   bool          // the receiver confirms
	Locked   bool          // fields no longer change by hand; true for End
	Help     string
}

// Move declares one move.
type Move[T any, S ~string] struct {
	Name, Label string
	From        []S
	To          S // empty stays
	Guard       string
	Matrix      string // key of the approval matrix; its default rules stand in Type.Rules
	Reason      bool
	Deviation   bool
	System      bool // fired by other documents only
	Auto        bool // a company may let the program take it (core.auto_step)
	Do          *Effect[T]
}

// From lists the stages a move leaves.
func From[S ~string](s ...S) []S { return s }

// Need lists the fields a stage asks for.
func Need[T any](fields ...*Field[T]) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.Name
	}
	return out
}

// Effect is the business rule of a move. Its functions stay unexported in their
// package, so nothing but the engine runs them.
type Effect[T any] struct {
	form []*Meta
	run  func(ctx context.Context, r *T, in Values) error
	// check reads the input without running anything, so a refused form shows its
	// errors before an approval is opened.
	check func(in Values) error
}

// Do is an effect without input.
func Do[T any](fn func(ctx context.Context, r *T) error) *Effect[T] {
	return &Effect[T]{run: func(ctx context.Context, r *T, _ Values) error { return fn(ctx, r) }, check: func(in Values) error {
		return errs1(apply[struct{}](plain{}, nil, nil, "", in, "reason"))
	}}
}

// Ask is an effect with a form: fields of In, decoded and checked like any other
// input, handed to fn.
func Ask[T, In any](form Fields[In], fn func(ctx context.Context, r *T, in *In) error) *Effect[T] {
	e := &Effect[T]{}
	for _, f := range form {
		e.form = append(e.form, &f.Meta)
	}
	skip := []string{"reason"}
	if slices.ContainsFunc(form, func(f *Field[In]) bool { return f.Name == "reason" }) {
		skip = nil
	}
	decode := func(v Values) (*In, error) { return Decode(form, v, skip...) }
	e.check = func(v Values) error { _, err := decode(v); return err }
	e.run = func(ctx context.Context, r *T, v Values) error {
		in, err := decode(v)
		if err != nil {
			return err
		}
		return fn(ctx, r, in)
	}
	return e
}

// Decode reads the values of a form into In; names in skip are not looked at. It
// returns Invalid with every refused field.
func Decode[In any](form Fields[In], v Values, skip ...string) (*In, error) {
	in := new(In)
	return in, Fill(form, in, v, skip...)
}

// errs1 keeps a nil *errs.Error from becoming a non-nil error.
func errs1(bad []errs.Field) error {
	if e := errs.Join(bad); e != nil {
		return e
	}
	return nil
}

type plain struct{}

func (plain) hidden(string) bool { return false }

// Flow is the process of a type, made by Process.
type Flow[T any] struct {
	def     *process.Definition
	stage   func(*T) string
	set     func(*T, string)
	effects map[string]*Effect[T]
	forms   map[string][]*Meta
}

// Process declares the process of a type: where the stage is stored, its stages,
// its moves. The first stage is the start.
func Process[T any, S ~string](at func(*T) *S, stages []Stage[S], moves []Move[T, S]) *Flow[T] {
	f := &Flow[T]{def: &process.Definition{}, effects: map[string]*Effect[T]{}, forms: map[string][]*Meta{}}
	f.stage = func(r *T) string { return string(*at(r)) }
	f.set = func(r *T, s string) { *at(r) = S(s) }
	for _, s := range stages {
		f.def.Stages = append(f.def.Stages, compileStage(s))
	}
	for _, m := range moves {
		pm := process.Move{Name: m.Name, Label: m.Label, To: string(m.To), Guard: m.Guard, Matrix: m.Matrix, Effect: m.Do != nil, Reason: m.Reason, Deviation: m.Deviation, System: m.System, Auto: m.Auto}
		for _, s := range m.From {
			pm.From = append(pm.From, string(s))
		}
		f.def.Moves = append(f.def.Moves, pm)
		if m.Auto && m.Do != nil && len(m.Do.form) > 0 {
			panic("move " + m.Name + " asks for input; the program cannot take it")
		}
		if m.Do != nil {
			f.effects[m.Name] = m.Do
			f.forms[m.Name] = m.Do.form
		}
	}
	return f
}

func compileStage[S ~string](s Stage[S]) process.Stage {
	p := process.Stage{Key: string(s.Key), Label: s.Label, Owner: s.Owner, Class: s.Class, In: s.In, Out: s.Out, Limit: s.Limit, Accept: s.Accept, Locked: s.Locked || s.End, Help: s.Help, Personal: s.Personal, Kind: process.Task}
	switch {
	case s.End:
		p.Kind = process.End
	case s.Wait || s.Owner == "" && !s.Personal:
		p.Kind = process.Wait
	}
	if p.Class == "" {
		p.Class = process.Open
		if s.End {
			p.Class = process.Done
		}
	}
	return p
}

// Fill reads the values of a form over what in already holds. It returns Invalid with
// every refused field.
func Fill[In any](form Fields[In], in *In, v Values, skip ...string) error {
	bad := apply(plain{}, form, in, "", v, skip...)
	if len(bad) == 0 {
		bad = missing(form, in, "")
	}
	return errs1(bad)
}

// Encode writes the fields of in as the values that Fill reads.
func Encode[In any](form Fields[In], in *In) Values {
	v := Values{}
	for _, f := range form {
		if f.lines == nil {
			v[f.Name] = f.text(in)
		}
	}
	return v
}
