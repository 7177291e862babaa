package resource

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"meridian/platform/audit"
	"meridian/platform/authz"
	"meridian/platform/clock"
	"meridian/platform/db"
	"meridian/platform/errs"
	"meridian/platform/process"
	"meridian/platform/sequence"
	"meridian/platform/trace"
)

// Registry holds the document types and what their write path stands on.
type Registry struct {
	DB      *db.DB
	Authz   *authz.Authz
	Engine  *process.Engine
	Trace   *trace.Trace
	Audit   *audit.Log
	Numbers *sequence.Numbers
	Now     clock.Clock

	docs   map[string]Doc
	order  []string
	panels map[string][]Panel
}

// Init readies an empty registry.
func (g *Registry) Init() *Registry {
	g.docs, g.panels = map[string]Doc{}, map[string][]Panel{}
	return g
}

// Register adds a type while wiring and returns it. It panics on a declaration
// that contradicts itself.
func Register[T any](g *Registry, t *Type[T]) *Type[T] {
	if g.docs[t.Name] != nil || strings.Count(t.Name, ".") != 1 {
		panic("resource: bad or repeated type name " + t.Name)
	}
	t.prepare(g)
	if t.Process != nil {
		g.Engine.Register(t.Process.def, handler[T]{t}, t.env(nil), t.Rules)
	}
	g.docs[t.Name] = t
	g.order = append(g.order, t.Name)
	return t
}

// Doc finds a type by name. NotFound if there is none.
func (g *Registry) Doc(name string) (Doc, error) {
	d := g.docs[name]
	if d == nil {
		return nil, errs.New(errs.NotFound, "There is no document type {0}.", name)
	}
	return d, nil
}

// Docs lists the types in the order they were registered.
func (g *Registry) Docs() []Doc {
	out := make([]Doc, len(g.order))
	for i, n := range g.order {
		out[i] = g.docs[n]
	}
	return out
}

// Check verifies what only the whole registry knows: references point to declared
// types, every declared column exists in the database. It returns every finding.
func (g *Registry) Check(ctx context.Context) error {
	var bad []string
	for _, name := range g.order {
		d := g.docs[name]
		info := d.Info()
		for _, f := range info.Fields {
			for _, m := range append([]*Meta{f}, f.Lines...) {
				if m.Kind == KRef && g.docs[m.Target] == nil {
					bad = append(bad, fmt.Sprintf("%s.%s refers to unknown type %s", name, m.Name, m.Target))
				}
			}
		}
		have, err := tableColumns(ctx, g.DB, name)
		if err != nil {
			return err
		}
		for c := range d.columns() {
			if !have[c] {
				bad = append(bad, fmt.Sprintf("%s: table has no column %s", name, c))
			}
		}
	}
	if len(bad) > 0 {
		slices.Sort(bad)
		return fmt.Errorf("declarations and schema disagree: %s", strings.Join(bad, "; "))
	}
	return nil
}

func tableColumns(ctx context.Context, d *db.DB, name string) (map[string]bool, error) {
	schema, table, _ := strings.Cut(name, ".")
	rows, err := db.Select[struct{ Column string }](ctx, d, `SELECT column_name AS "column" FROM information_schema.columns WHERE table_schema = ? AND table_name = ?`, schema, table)
	if err != nil {
		return nil, fmt.Errorf("columns of %s: %w", name, err)
	}
	out := map[string]bool{}
	for _, r := range rows {
		out[r.Column] = true
	}
	return out, nil
}

// Hidden reports whether the reader of ctx sees a field of no record at all; path is
// its name, or field.column of a line.
func (g *Registry) Hidden(ctx context.Context, typ, path string, m *Meta) bool {
	return m.Sensitive && !g.Authz.Can(ctx, typ+"#"+path, "read")
}

// askable reports whether the reader of ctx may filter, sort and sum by a sensitive
// field: with a right to some rows only, the answer would tell of the others.
func (g *Registry) askable(ctx context.Context, typ, path string) bool {
	return g.Authz.Reaches(ctx, typ+"#"+path, "read", "company")
}

// Askable is that for any field.
func (g *Registry) Askable(ctx context.Context, typ string, m *Meta) bool {
	return !m.Sensitive || g.askable(ctx, typ, m.Name)
}

// Title names a record for people, "" when it is gone. It reads past the row
// predicate: whoever sees a document sees the names of what it refers to.
func (g *Registry) Title(ctx context.Context, r trace.Ref) string {
	d := g.docs[r.Type]
	if d == nil || r.ID == 0 {
		return ""
	}
	m, err := d.Titles(ctx, []int64{r.ID})
	if err != nil {
		return ""
	}
	return m[r.ID]
}

// Names is Title for many records, one query a type; the keys read type/id. Types that
// are not registered have no names.
func (g *Registry) Names(ctx context.Context, ids map[string][]int64) (map[string]string, error) {
	out := map[string]string{}
	for typ, list := range ids {
		d := g.docs[typ]
		if d == nil {
			continue
		}
		names, err := d.Titles(ctx, list)
		if err != nil {
			return nil, err
		}
		for id, n := range names {
			out[trace.Ref{Type: typ, ID: id}.String()] = n
		}
	}
	return out, nil
}

// CheckForm refuses references of an input that its writer may not see: what a form
// names by id must be found in the lists too.
func (g *Registry) CheckForm(ctx context.Context, form []*Meta, v Values) error {
	named := map[string][]reference{}
	for _, m := range form {
		text, _ := v[m.Name].(string)
		if id, err := strconv.ParseInt(text, 10, 64); err == nil && m.Kind == KRef {
			named[m.Target] = append(named[m.Target], reference{m.Name, id})
		}
	}
	bad, err := g.unseen(ctx, named)
	if err != nil {
		return err
	}
	return errs1(bad)
}

// reference is an id and the field that names it.
type reference struct {
	path string
	id   int64
}

// unseen refuses the references, by type, that the writer may not see; ids of other
// companies are as absent as ids that never were. One query a type.
func (g *Registry) unseen(ctx context.Context, named map[string][]reference) ([]errs.Field, error) {
	var bad []errs.Field
	for target, list := range named {
		d, err := g.Doc(target)
		if err != nil {
			return nil, err
		}
		ids := make([]int64, len(list))
		for i, r := range list {
			ids[i] = r.id
		}
		seen, err := d.present(ctx, ids)
		if err != nil {
			return nil, err
		}
		for _, r := range list {
			if !seen[r.id] {
				bad = append(bad, errs.Field{Name: r.path, Message: "There is no such record, or you may not see it."})
			}
		}
	}
	return bad, nil
}

// Panel is a part of the page of one record, given by any module.
type Panel struct {
	Key, Title string
	Order      int
	Perm       string // object:action needed to see it
	Render     func(ctx context.Context, id int64, w io.Writer) error
}

// Point is a place on the page of a record where modules add panels. The contract
// that owns the page declares it: var Customer360 = resource.Point[CustomerID]("crm.customer").
type Point[ID ~int64] string

// Add puts a panel on the page.
func (p Point[ID]) Add(g *Registry, key, title string, order int, perm string, render func(ctx context.Context, id ID, w io.Writer) error) {
	list := slices.Clone(g.panels[string(p)])
	list = append(list, Panel{Key: key, Title: title, Order: order, Perm: perm,
		Render: func(ctx context.Context, id int64, w io.Writer) error { return render(ctx, ID(id), w) }})
	slices.SortStableFunc(list, func(a, b Panel) int { return a.Order - b.Order })
	g.panels[string(p)] = list
}

// Panels lists the panels of a type's page the reader may see.
func (g *Registry) Panels(ctx context.Context, typ string) []Panel {
	var out []Panel
	for _, p := range g.panels[typ] {
		object, action, _ := strings.Cut(p.Perm, ":")
		if g.Authz.Can(ctx, object, action) {
			out = append(out, p)
		}
	}
	return out
}

// History is what an imported record of the past carries besides its fields.
type History struct {
	Stage string    // "" = the start
	At    time.Time // of creation; zero = now
	No    string    // "" = the next number
	// Reason names the file.
	Reason string
}

func (h History) imported() bool { return h.Reason != "" }

// Cards reads the documents of a thread that the reader may see.
func (g *Registry) Cards(ctx context.Context, self trace.Ref, links []trace.Link) (map[trace.Ref]Row, error) {
	ids := map[string][]int64{self.Type: {self.ID}}
	seen := map[trace.Ref]bool{self: true}
	for _, l := range links {
		for _, r := range []trace.Ref{l.Source, l.Target} {
			if !seen[r] {
				seen[r] = true
				ids[r.Type] = append(ids[r.Type], r.ID)
			}
		}
	}
	out := map[trace.Ref]Row{}
	for typ, list := range ids {
		d := g.docs[typ]
		if d == nil || !g.Authz.Can(ctx, typ, "read") {
			continue
		}
		rows, err := d.Rows(ctx, list)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[trace.Ref{Type: typ, ID: r.Base().ID}] = r
		}
	}
	return out, nil
}
