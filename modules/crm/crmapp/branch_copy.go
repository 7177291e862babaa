package crmapp

import (
	"context"
	"fmt"
	"slices"

	"meridian/modules/crm/internal/domain"
	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/org"
	"meridian/platform/record"
	"meridian/platform/report"
	"meridian/platform/resource"
	"meridian/platform/trace"
)

// branched is a document type whose records may belong to a branch; two with the same key are
// about the same.
type branched struct {
	typ, field string
	key        []string
}

// copying is one thing the copy of a branch brings.
type copying struct {
	typ    string
	title  string
	source int64           // 0: read from the people of the good branch
	values resource.Values // of the copy
	exists bool            // the new branch has it already: it stays as it is
}

// copyPlan lists what the branch to gets from the branch from.
func (d *desk) copyPlan(ctx context.Context, from, to *org.Department) ([]copying, error) {
	ctx = authz.System(ctx, "copy of a branch")
	var out []copying
	for _, x := range d.branched {
		list, err := d.copiesOf(ctx, x, from, to)
		if err != nil {
			return nil, fmt.Errorf("copies of %s: %w", x.typ, err)
		}
		out = append(out, list...)
	}
	have, err := d.positions.Store.Find(ctx, record.Where("branch_id", record.Eq, to.ID))
	if err != nil {
		return nil, fmt.Errorf("positions of %s: %w", to.Name, err)
	}
	for _, p := range domain.StaffOf(d.p.Authz.Directory(), from.ID) {
		out = append(out, copying{typ: d.positions.Type.Name, title: d.positions.Type.Title(&p),
			values: resource.Values{"branch_id": digits(to.ID), "title": p.Title, "roles": p.Roles, "headcount": digits(int64(p.Headcount))},
			exists: slices.ContainsFunc(have, func(h domain.BranchPosition) bool { return h.Title == p.Title && h.Roles == p.Roles })})
	}
	return out, nil
}

// branchTop is how many records of a type a branch may have for itself.
const branchTop = 200

// copiesOf lists the copies of the records of a type that belong to a branch.
func (d *desk) copiesOf(ctx context.Context, x branched, from, to *org.Department) ([]copying, error) {
	doc, err := d.p.Types.Doc(x.typ)
	if err != nil {
		return nil, err
	}
	of := func(b *org.Department) ([]resource.Row, error) {
		l, err := doc.ListRows(ctx, resource.ListQuery{Filters: map[string][]string{x.field: {digits(b.ID)}}, Sort: "created_at", Limit: branchTop, Total: "none"})
		return l.Rows, err
	}
	rows, err := of(from)
	if err != nil {
		return nil, err
	}
	if err := doc.LoadLines(ctx, rows); err != nil {
		return nil, err
	}
	have, err := of(to)
	if err != nil {
		return nil, err
	}
	var out []copying
	for _, r := range rows {
		twin := func(h resource.Row) bool {
			return !slices.ContainsFunc(x.key, func(f string) bool { return h.Text(f) != r.Text(f) })
		}
		out = append(out, copying{typ: x.typ, title: r.Title(), source: r.Base().ID, values: copyOf(r, doc.Info().Fields, x.field, to.ID), exists: slices.ContainsFunc(have, twin)})
	}
	return out, nil
}

// copyOf are the values of a record for another branch, without the people it names: those
// stay where they are.
func copyOf(r resource.Row, fields []*resource.Meta, branch string, to int64) resource.Values {
	v := resource.Values{}
	for _, f := range fields {
		switch {
		case f.Name == branch:
			v[f.Name] = digits(to)
		case f.Kind == resource.KLines:
			lines := []resource.Values{}
			for _, l := range r.Lines(f.Name) {
				lines = append(lines, valuesOf(l.Text, f.Lines))
			}
			v[f.Name] = lines
		default:
			for name, text := range valuesOf(r.Text, []*resource.Meta{f}) {
				v[name] = text
			}
		}
	}
	return v
}

func valuesOf(text func(field string) string, fields []*resource.Meta) resource.Values {
	v := resource.Values{}
	for _, f := range fields {
		if !f.ReadOnly && f.Target != "core.user" {
			v[f.Name] = text(f.Name)
		}
	}
	return v
}

// copyTable shows what a copy would bring.
func (d *desk) copyTable(ctx context.Context, from, to *org.Department) (report.Table, error) {
	t := report.Table{Key: "copy", Title: "What a copy brings", Empty: "The good branch has nothing of its own.", Cols: []report.Col{{Key: "kind", Label: "Kind"}, {Key: "what", Label: "What"}, {Key: "state", Label: "State"}}}
	list, err := d.copyPlan(ctx, from, to)
	if err != nil {
		return t, err
	}
	for _, c := range list {
		doc, err := d.p.Types.Doc(c.typ)
		if err != nil {
			return t, err
		}
		state := report.Pill("Is copied", "ok")
		if c.exists {
			state = report.Pill("Stays as it is", "neutral")
		}
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{report.Word(doc.Info().Label), report.Text(c.title), state}})
	}
	return t, nil
}

// copyBranch makes what a branch lacks as copies of what a good one has: all of it or
// nothing. What the branch has stays as it is, and each copy knows where it came from.
func (d *desk) copyBranch(ctx context.Context, in *branchIn) (report.Done, error) {
	to, err := d.branchHere(ctx, "branch_id", in.Branch)
	if err != nil {
		return report.Done{}, err
	}
	from, err := d.branchHere(ctx, "from_id", in.From)
	if err != nil {
		return report.Done{}, err
	}
	if from.ID == to.ID || to.Parent == 0 {
		return report.Done{}, errs.Bad("branch_id", "A branch below head office is made as a copy of another one.")
	}
	made := 0
	err = d.p.DB.Tx(ctx, func(ctx context.Context) error {
		made = 0
		if err := d.sql.HoldBranch(ctx, to.ID); err != nil {
			return err
		}
		list, err := d.copyPlan(ctx, from, to)
		if err != nil {
			return err
		}
		for _, c := range list {
			if c.exists {
				continue
			}
			if err := d.copyOne(authz.System(ctx, "copy of a branch"), c, from, to); err != nil {
				return err
			}
			made++
		}
		return nil
	})
	return report.Done{Message: "{0} records were copied from {1}.", Args: []any{made, from.Name}, Href: "/crm/branch_rules?branch_id=" + digits(to.ID)}, err
}

func (d *desk) copyOne(ctx context.Context, c copying, from, to *org.Department) error {
	doc, err := d.p.Types.Doc(c.typ)
	if err != nil {
		return err
	}
	r, err := doc.CreateRow(ctx, c.values)
	if err != nil {
		return fmt.Errorf("copy of %s %d: %w", c.typ, c.source, err)
	}
	return d.sql.LogBranchCopy(ctx, to.ID, from.ID, trace.Ref{Type: c.typ, ID: r.Base().ID}, c.source)
}

// copiedTable shows what a branch got as copies, and from where.
func (d *desk) copiedTable(ctx context.Context, b *org.Department) (report.Table, error) {
	t := report.Table{Key: "copied", Title: "Copied from other branches", Empty: "Nothing was copied.", Cols: []report.Col{{Key: "record", Label: "Record", Kind: resource.KRef}, {Key: "from", Label: "From branch"}, {Key: "source", Label: "Copy of", Kind: resource.KRef}, {Key: "by", Label: "By", Kind: resource.KRef}, {Key: "at", Label: "At", Kind: resource.KTime}}}
	list, err := d.sql.BranchCopies(ctx, b.ID)
	for _, c := range list {
		source := report.None()
		if c.SourceID != nil {
			source = report.Doc(trace.Ref{Type: c.ObjectType, ID: *c.SourceID}, "")
		}
		t.Rows = append(t.Rows, report.Row{Cells: []report.Cell{report.Doc(trace.Ref{Type: c.ObjectType, ID: c.ObjectID}, ""), d.origin(c.FromBranchID), source, report.Person(c.ByUser), report.Moment(c.At)}})
	}
	return t, err
}
