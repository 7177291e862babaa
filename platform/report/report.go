// Package report is the declaration of pages that read many documents, and of what
// people do from them.
//
// A Report says once what it asks for and what it shows; its page, its JSON, its CSV,
// its OpenAPI operation, its menu entry and its place on the home page of a role come
// from it. A Command is what a reader may do from a report, or a program by its
// operation: run the dunning, submit a forecast, claim a customer. It takes a form
// like the moves of a document.
package report

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"meridian/platform/resource"
)

// Report declares one. Set the exported fields, then Register it.
type Report[In any] struct {
	Name   string // ltc.funnel: page /ltc/funnel, GET /api/v1/ltc/funnel, operation ltc.funnel.show
	Label  string // Funnel
	Icon   string // name in the icon sprite
	Help   string // what it shows and how it counts, in a sentence or two
	Perm   string // object:action a reader needs; the rows keep their own rules
	Form   resource.Fields[In]
	Hidden bool     // not in the menu: reached from elsewhere
	Home   []string // roles whose home page shows it

	// Default fills the input nobody gave: the period, the own department.
	Default func(ctx context.Context, in *In) error
	// Run reads under the rights of ctx. Its error names fields of the form.
	Run      func(ctx context.Context, in *In) (*Result, error)
	Commands []Command
}

// Command is something to do with a form. Make it with Do.
type Command struct {
	Name  string // submit: POST /api/v1/ltc/forecast/submit, operation ltc.forecast.submit
	Label string
	Perm  string // object:action
	Row   bool   // offered on rows that name it, not above the tables
	Form  []*resource.Meta
	Run   func(ctx context.Context, in resource.Values) (Done, error)
}

// Done tells what a command did.
type Done struct {
	Message string // English sentence, the key of its translation
	Args    []any
	Href    string // where to go; empty stays on the report
}

// Do makes a command of a form and a function. fn runs under the rights of its caller
// and inside no transaction; it begins its own.
func Do[In any](name, label, perm string, form resource.Fields[In], fn func(ctx context.Context, in *In) (Done, error)) Command {
	c := Command{Name: name, Label: label, Perm: perm}
	for _, f := range form {
		c.Form = append(c.Form, &f.Meta)
	}
	c.Run = func(ctx context.Context, v resource.Values) (Done, error) {
		in, err := resource.Decode(form, v)
		if err != nil {
			return Done{}, err
		}
		return fn(ctx, in)
	}
	return c
}

// OnRows says that a command is for the rows that name it.
func (c Command) OnRows() Command { c.Row = true; return c }

// Info is a report without its input type: what page, interface and menu work with.
type Info struct {
	Name, Module, Label, Icon, Help, Perm string
	Hidden                                bool
	Home                                  []string
	Form                                  []*resource.Meta
	Commands                              []Command
	// Run fills what is empty by default and answers. Result.Input says what it rests on,
	// also of a question that is refused.
	Run func(ctx context.Context, in resource.Values) (*Result, error)
}

// Command finds a command; nil if there is none.
func (i *Info) Command(name string) *Command {
	for n := range i.Commands {
		if i.Commands[n].Name == name {
			return &i.Commands[n]
		}
	}
	return nil
}

// Path is the address of the page, and below /api/v1 of the operation.
func (i *Info) Path() string { return "/" + strings.Replace(i.Name, ".", "/", 1) }

// Registry holds the reports. It is filled while wiring and read only after.
type Registry struct {
	list []*Info
	// Free reports whether a name is free; set while wiring, since documents and
	// reports share their addresses.
	Free func(name string) bool
	// Names names documents by type/id; set while wiring. Cells of documents without a
	// text get theirs from it.
	Names func(ctx context.Context, ids map[string][]int64) (map[string]string, error)
}

// Register adds a report and panics when it contradicts itself or its name is taken.
func Register[In any](g *Registry, r *Report[In]) {
	if g.Get(r.Name) != nil || strings.Count(r.Name, ".") != 1 || strings.Count(r.Perm, ":") != 1 || r.Run == nil || g.Free != nil && !g.Free(r.Name) {
		panic(fmt.Sprintf("report: bad or repeated report %q", r.Name))
	}
	module, _, _ := strings.Cut(r.Name, ".")
	i := &Info{Name: r.Name, Module: module, Label: r.Label, Icon: r.Icon, Help: r.Help, Perm: r.Perm, Hidden: r.Hidden, Home: r.Home, Commands: r.Commands}
	for _, f := range r.Form {
		i.Form = append(i.Form, &f.Meta)
	}
	seen := map[string]bool{"show": true}
	for _, c := range r.Commands {
		if seen[c.Name] || strings.Count(c.Perm, ":") != 1 || c.Run == nil {
			panic(fmt.Sprintf("report %s: bad or repeated command %q", r.Name, c.Name))
		}
		seen[c.Name] = true
	}
	i.Run = func(ctx context.Context, v resource.Values) (*Result, error) {
		in, err := r.input(ctx, v)
		if err != nil {
			return nil, err
		}
		input := resource.Encode(r.Form, in)
		res, err := r.Run(ctx, in)
		if err != nil {
			return &Result{Input: input}, err
		}
		res.Input = input
		return res, g.name(ctx, res)
	}
	g.list = append(g.list, i)
}

// input is the default with what was given on top.
func (r *Report[In]) input(ctx context.Context, v resource.Values) (*In, error) {
	in := new(In)
	if r.Default != nil {
		if err := r.Default(ctx, in); err != nil {
			return nil, err
		}
	}
	return in, resource.Fill(r.Form, in, v)
}

// Get finds a report; nil if there is none.
func (g *Registry) Get(name string) *Info {
	for _, i := range g.list {
		if i.Name == name {
			return i
		}
	}
	return nil
}

// All lists the reports in the order they were registered.
func (g *Registry) All() []*Info { return slices.Clone(g.list) }

// Of lists the reports of a module.
func (g *Registry) Of(module string) (out []*Info) {
	for _, i := range g.list {
		if i.Module == module {
			out = append(out, i)
		}
	}
	return out
}

// name gives the cells of documents without a text the names of their documents.
func (g *Registry) name(ctx context.Context, res *Result) error {
	ids := map[string][]int64{}
	var open []*Cell
	for t := range res.Tables {
		for r := range res.Tables[t].Rows {
			cells := res.Tables[t].Rows[r].Cells
			for c := range cells {
				if x := &cells[c]; x.Text == "" && x.Ref.ID != 0 && x.Ref.Type != "core.user" {
					open, ids[x.Ref.Type] = append(open, x), append(ids[x.Ref.Type], x.Ref.ID)
				}
			}
		}
	}
	if len(open) == 0 || g.Names == nil {
		return nil
	}
	names, err := g.Names(ctx, ids)
	if err != nil {
		return fmt.Errorf("names of a report: %w", err)
	}
	for _, c := range open {
		if c.Text = names[c.Ref.String()]; c.Text == "" {
			c.Text = c.Ref.String()
		}
	}
	return nil
}
