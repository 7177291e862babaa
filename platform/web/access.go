package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"meridian/platform/authz"
	"meridian/platform/errs"
	"meridian/platform/org"
	"meridian/platform/resource"
	"meridian/platform/trace"
	"meridian/platform/web/ui"
)

// question is what the access page was asked.
type question struct {
	who    *org.Person  // nil: everybody
	doc    resource.Doc // nil: a page
	object string       // type or page
	action string       // "" while only the object is chosen
	row    resource.Row // nil: no record named
	share  []int64      // who the record is shown to besides
	faults map[string]string
}

// access explains why somebody may or may not do something, and who may.
func (s *Server) access(v *view) error {
	if err := v.Authz.Require(v.ctx, "page.access", "read"); err != nil {
		return err
	}
	q, err := v.question()
	if err != nil {
		return err
	}
	m := ui.Access{Path: "/admin/access", Empty: ui.Empty{Icon: "user-search", Text: v.t("Choose a record type and an action. Leave the person empty to see everybody who may.")}}
	if m.Fields, err = v.askFields(q); err != nil {
		return err
	}
	status := http.StatusOK
	switch {
	case len(q.faults) > 0:
		status = http.StatusUnprocessableEntity
	case q.action == "":
	case q.who != nil:
		err = v.explainOne(&m, q)
	default:
		v.explainAll(&m, q)
	}
	if err != nil {
		return err
	}
	return v.show(status, v.t("Explain access"), v.t("Why somebody may or may not do something, and who may"), "access", m, nil)
}

// question reads the parameters of the address. People and records out of the
// reader's own reach do not exist here.
func (v *view) question() (question, error) {
	q := question{faults: map[string]string{}}
	if x := v.c.Query("person"); x != "" {
		id, _ := strconv.ParseInt(x, 10, 64)
		if p := v.Authz.Directory().People[id]; p != nil && v.inReach(p) {
			q.who = p
		} else {
			q.faults["person"] = v.t("Choose a person.")
		}
	}
	q.object = v.c.Query("type")
	d, err := v.Types.Doc(q.object)
	if err == nil {
		q.doc = d
	} else if !slices.ContainsFunc(pagePermissions, func(p struct{ object, label string }) bool { return p.object == q.object }) {
		q.object = ""
	}
	if slices.ContainsFunc(v.actionsOf(q), func(o ui.Option) bool { return o.Value == v.c.Query("action") }) {
		q.action = v.c.Query("action")
	}
	if text := strings.TrimSpace(v.c.Query("record")); text != "" && q.doc != nil {
		if err := v.namedRecord(&q, text); err != nil {
			return q, err
		}
	}
	return q, nil
}

func (v *view) inReach(p *org.Person) bool {
	return p.Company == v.user.Company || v.Authz.Reaches(v.ctx, "page.access", "read", "all")
}

// namedRecord finds the record by number or id, with the reader's own rights.
func (v *view) namedRecord(q *question, text string) error {
	id, err := q.doc.FindKey(v.ctx, "no", text)
	if errs.Is(err, errs.NotFound) {
		if n, perr := strconv.ParseInt(text, 10, 64); perr == nil {
			id, err = n, nil
		}
	}
	if err == nil {
		q.row, err = q.doc.GetRow(v.ctx, id)
	}
	if err == nil {
		q.share, err = v.sharedWith(trace.Ref{Type: q.object, ID: id})
		return err
	}
	if k := errs.KindOf(err); k == errs.NotFound || k == errs.Invalid {
		q.faults["record"] = v.t("There is no record {0}.", clip(text))
		return nil
	}
	return err
}

func (v *view) sharedWith(r trace.Ref) ([]int64, error) {
	list, err := v.Shares.Present(v.ctx, r)
	var out []int64
	for _, x := range list {
		out = append(out, x.User)
	}
	return out, err
}

// actionsOf lists what can be done with the object of q.
func (v *view) actionsOf(q question) []ui.Option {
	acts := []string{"read", "update"}
	if q.doc != nil {
		acts = q.doc.Info().Actions()
	} else if q.object == "" {
		return nil
	}
	out := make([]ui.Option, len(acts))
	for i, a := range acts {
		out[i] = ui.Option{Value: a, Label: v.actionLabel(q, a)}
	}
	return out
}

func (v *view) actionLabel(q question, action string) string {
	if l := actionLabels[action]; l != "" {
		return v.t(l)
	}
	return v.moveLabel(q.doc.Info(), action)
}

func (v *view) objectLabel(q question) string {
	if q.doc != nil {
		return v.label(q.object, q.doc.Info().Label)
	}
	for _, p := range pagePermissions {
		if p.object == q.object {
			return v.t(p.label)
		}
	}
	return q.object
}

func (v *view) askFields(q question) ([]ui.Field, error) {
	person, err := v.field("", &resource.Meta{Name: "person", Label: "Person", Kind: resource.KRef, Target: "core.user"}, v.c.Query("person"), q.faults["person"])
	if err != nil {
		return nil, err
	}
	person.Placeholder = v.t("Everybody")
	object := ui.Field{Name: "type", Label: v.t("Record type or page"), Kind: ui.KindEnum, Value: q.object}
	for _, d := range v.Types.Docs() {
		object.Options = append(object.Options, ui.Option{Value: d.Info().Name, Label: strings.ToUpper(d.Info().Module) + " · " + v.label(d.Info().Name, d.Info().Label)})
	}
	for _, p := range pagePermissions {
		object.Options = append(object.Options, ui.Option{Value: p.object, Label: v.t("Pages") + " · " + v.t(p.label)})
	}
	action := ui.Field{Name: "action", Label: v.t("Action"), Kind: ui.KindEnum, Value: q.action, Options: v.actionsOf(q)}
	record := ui.Field{Name: "record", Label: v.t("Record"), Kind: ui.KindText, Value: v.c.Query("record"), Error: q.faults["record"], Help: v.t("Its number; leave empty for any."), MaxLength: 60}
	return []ui.Field{person, object, action, record}, nil
}

// explainOne answers for one person: yes or no, and every way there.
func (v *view) explainOne(m *ui.Access, q question) error {
	paths := v.Authz.Explain(q.who.ID, q.object, q.action)
	m.Title = q.who.Name + " · " + v.objectLabel(q) + " · " + v.actionLabel(q, q.action)
	permission := q.object + ":" + q.action
	say := func(tone ui.Tone, text string, args ...any) {
		m.Answer.Items = append(m.Answer.Items, ui.Check{Tone: tone, Text: v.t(text, args...)})
	}
	sees, may := false, false
	if q.row != nil {
		m.Title += " · " + q.row.Base().No
		theirs := authz.With(v.ctx, v.Authn.Subject(q.who.ID))
		var err error
		if sees, err = v.sees(theirs, q); err != nil {
			return err
		}
		may = sees && (q.action == "read" || v.Authz.Covers(theirs, q.object, q.action, q.row.Base()))
	}
	switch {
	case !q.who.Active:
		say(ui.Bad, "No. {0} no longer works here.", q.who.Name)
	case len(paths) == 0:
		say(ui.Bad, "No. No role of {0} holds the permission {1}.", q.who.Name, permission)
	case q.row == nil:
		say(ui.OK, "Yes, {0} holds the permission {1}.", q.who.Name, permission)
	case may:
		say(ui.OK, "Yes, {0} may do this with {1}.", q.who.Name, q.row.Base().No)
	case !sees:
		say(ui.Bad, "No. {0} does not see {1}: it {2}.", q.who.Name, q.row.Base().No, v.belongs(q.row))
	default:
		say(ui.Bad, "No. {0} holds the permission, but no rule reaches {1}: it {2}.", q.who.Name, q.row.Base().No, v.belongs(q.row))
	}
	if actionLabels[q.action] == "" && len(paths) > 0 {
		say(ui.Neutral, "A step also depends on the stage of the record, its conditions and approvals.")
	}
	part, err := v.ways(q, paths)
	if len(paths) == 0 && err == nil {
		part, err = v.givers(q)
	}
	m.Parts = append(m.Parts, part)
	return err
}

// sees asks the store as that person, so the answer is that of every page.
func (v *view) sees(theirs context.Context, q question) (bool, error) {
	_, err := q.doc.GetRow(theirs, q.row.Base().ID)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// belongs says whose row a record is: what the scopes are compared with.
func (v *view) belongs(row resource.Row) string {
	dir, dept := v.Authz.Directory(), "–"
	if d := dir.Departments[row.Base().DeptID]; d != nil {
		dept = d.Name
	}
	owner := dir.Name(row.Base().OwnerID)
	if owner == "" {
		owner = "–"
	}
	return v.t("belongs to {0}, {1}", owner, dept)
}

// ways is the table of all paths: the person's role, its rule, who gave the role.
func (v *view) ways(q question, paths []authz.Path) (ui.Part, error) {
	p := ui.Part{Title: v.t("Every way to this permission"), Table: ui.Table{ID: "ways", Caption: v.t("Every way to this permission"), Cols: []ui.Col{{Key: "role", Label: v.t("Role")}, {Key: "rule", Label: v.t("Rule"), Kind: ui.KindCode}, {Key: "scope", Label: v.t("Scope"), Kind: ui.KindPill},
		{Key: "by", Label: v.t("Granted by")}, {Key: "at", Label: v.t("Granted on")}, {Key: "until", Label: v.t("Valid until")}}}}
	if q.row != nil {
		p.Table.Cols = append(p.Table.Cols, ui.Col{Key: "reach", Label: v.t("This record"), Kind: ui.KindPill})
	}
	list, err := v.Authz.Grants(v.ctx, q.who.ID)
	if err != nil {
		return p, err
	}
	grants := map[string]authz.Grant{}
	for _, g := range list {
		grants[g.Role] = g
	}
	add := func(id string, reaches bool, cells ...ui.Cell) {
		if q.row != nil {
			cells = append(cells, v.reach(reaches))
		}
		p.Table.Rows = append(p.Table.Rows, ui.Row{ID: id, Cells: cells})
	}
	subject := v.Authn.Subject(q.who.ID)
	for i, x := range paths {
		g := grants[x.Role]
		by := v.Authz.Directory().Name(g.GrantedBy)
		if by == "" {
			by = v.t("The program")
		}
		until := v.t("no end")
		if g.Until != nil {
			until = v.moment(*g.Until)
		}
		add(strconv.Itoa(i), q.row != nil && v.Authz.Within(subject, x.Scope, q.row.Base()), ui.Cell{Text: v.t(v.roleLabel(x.Role)), Sub: x.Role}, ui.Cell{Text: x.Object + ":" + x.Action}, ui.Cell{Text: v.t("scope " + x.Scope), Tone: ui.Info},
			ui.Cell{Text: by}, ui.Cell{Text: v.moment(g.GrantedAt)}, ui.Cell{Text: until})
	}
	if q.action == "read" && slices.Contains(q.share, q.who.ID) {
		add("share", len(paths) > 0, ui.Cell{Text: v.t("Shared record")}, ui.Cell{}, ui.Cell{Text: v.t("only this record"), Tone: ui.Info}, ui.Cell{}, ui.Cell{}, ui.Cell{})
	}
	return p, nil
}

func (v *view) reach(yes bool) ui.Cell {
	if yes {
		return ui.Cell{Text: v.t("reaches it"), Tone: ui.OK}
	}
	return ui.Cell{Text: v.t("does not reach it"), Tone: ui.Neutral}
}

// givers are the roles that would give a permission somebody lacks.
func (v *view) givers(q question) (ui.Part, error) {
	p := ui.Part{Title: v.t("Roles that hold the permission"), Empty: v.t("There is none."), Table: ui.Table{ID: "givers", Caption: v.t("Roles that hold the permission"), Cols: []ui.Col{{Key: "role", Label: v.t("Role")}, {Key: "rule", Label: v.t("Rule"), Kind: ui.KindCode}, {Key: "scope", Label: v.t("Scope"), Kind: ui.KindPill}}}}
	rules, err := v.Authz.Givers(v.ctx, q.object, q.action)
	for i, x := range rules {
		p.Table.Rows = append(p.Table.Rows, ui.Row{ID: strconv.Itoa(i), Cells: []ui.Cell{{Text: v.t(v.roleLabel(x.Role)), Sub: x.Role}, {Text: x.Object + ":" + x.Action}, {Text: v.t("scope " + x.Scope), Tone: ui.Info}}})
	}
	return p, err
}

// maxHolders bounds the list of everybody who may do something.
const maxHolders = 500

// explainAll answers the inverse: everybody who holds the permission, the widest first.
func (v *view) explainAll(m *ui.Access, q question) {
	type holder struct {
		*org.Person
		paths []authz.Path
	}
	var list []holder
	for id, p := range v.Authz.Directory().People {
		if paths := v.Authz.Explain(id, q.object, q.action); len(paths) > 0 && v.inReach(p) {
			list = append(list, holder{p, paths})
		}
	}
	wide := func(h holder) int { return slices.Index(authz.ScopeNames, h.paths[0].Scope) }
	slices.SortFunc(list, func(a, b holder) int {
		return cmp.Or(wide(b)-wide(a), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	m.Title = v.objectLabel(q) + " · " + v.actionLabel(q, q.action)
	p := ui.Part{Title: m.Title, Note: v.t("People: {0}", len(list)), Empty: v.t("Nobody may do this."), Table: ui.Table{ID: "holders", Caption: m.Title, Cols: []ui.Col{{Key: "who", Label: v.t("Person")}, {Key: "dept", Label: v.t("Department")},
		{Key: "scope", Label: v.t("Scope"), Kind: ui.KindPill}, {Key: "roles", Label: v.t("Roles")}}}}
	if q.row != nil {
		p.Title += " · " + q.row.Base().No
		p.Table.Cols = append(p.Table.Cols, ui.Col{Key: "reach", Label: v.t("This record"), Kind: ui.KindPill})
	}
	for _, h := range list[:min(len(list), maxHolders)] {
		var roles []string
		for _, x := range h.paths {
			if l := v.t(v.roleLabel(x.Role)); !slices.Contains(roles, l) {
				roles = append(roles, l)
			}
		}
		dept := ""
		if d := v.Authz.Directory().Departments[h.Dept]; d != nil {
			dept = d.Name
		}
		row := ui.Row{ID: strconv.FormatInt(h.ID, 10), Cells: []ui.Cell{{Text: h.Name, Sub: h.Username}, {Text: dept}, {Text: v.t("scope " + h.paths[0].Scope), Tone: ui.Info}, {Text: strings.Join(roles, v.t(", "))}}}
		if q.row != nil {
			row.Cells = append(row.Cells, v.reach(v.Authz.Within(v.Authn.Subject(h.ID), h.paths[0].Scope, q.row.Base()) || q.action == "read" && slices.Contains(q.share, h.ID)))
		}
		p.Table.Rows = append(p.Table.Rows, row)
	}
	if len(list) > maxHolders {
		p.Note = fmt.Sprintf("%d / %d", maxHolders, len(list))
	}
	m.Parts = append(m.Parts, p)
}
