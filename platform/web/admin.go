package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"meridian/platform/audit"
	"meridian/platform/authz"
	"meridian/platform/date"
	"meridian/platform/errs"
	"meridian/platform/i18n"
	"meridian/platform/org"
	"meridian/platform/resource"
	"meridian/platform/web/ui"
)

func (v *view) lang() i18n.Lang { return i18n.LangOf(v.ctx) }

// commonActions are the columns of the role matrix; the moves of a type follow in
// its row.
var commonActions = []string{"read", "create", "update", "delete", "export", "import"}

var actionLabels = map[string]string{"read": "Read", "create": "Create", "update": "Change", "delete": "Delete", "export": "Export", "import": "Import"}

// pages are permissions that belong to no document type.
var pagePermissions = []struct{ object, label string }{{"page.cockpit", "Cockpit"}, {"core.role", "Roles and permissions"}, {"core.audit", "Audit trail"}, {"core.job", "Scheduler"}, {"core.approval_rule", "Approval rules"}, {"page.access", "Explain access"}}

// extra are permissions of reports and commands that no document type declares.
type extra struct {
	object, label string
	actions       []string
	words         map[string]string // labels of actions
}

func (s *Server) extras(module string) []extra {
	var out []extra
	add := func(perm, label, word string) {
		object, action, _ := strings.Cut(perm, ":")
		if d, err := s.p.Types.Doc(object); err == nil && slices.Contains(d.Info().Actions(), action) || strings.HasPrefix(object, "page.") {
			return
		}
		i := slices.IndexFunc(out, func(x extra) bool { return x.object == object })
		if i < 0 {
			out, i = append(out, extra{object: object, label: label, words: map[string]string{}}), len(out)
		}
		if !slices.Contains(out[i].actions, action) {
			out[i].actions = append(out[i].actions, action)
			out[i].words[action] = word
		}
	}
	for _, r := range s.p.Reports.Of(module) {
		add(r.Perm, r.Label, "Read")
		for _, c := range r.Commands {
			add(c.Perm, r.Label, c.Label)
		}
	}
	return out
}

func (s *Server) roles(v *view) error {
	m, err := s.matrix(v, v.c.Query("role"), nil)
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, v.t("Roles and permissions"), v.t("Who may do what, and how far"), "matrix", m, nil)
}

// matrix is the page of one role; posted holds unsaved choices.
func (s *Server) matrix(v *view, role string, posted map[string]string) (ui.Matrix, error) {
	if err := v.Authz.Require(v.ctx, "core.role", "read"); err != nil {
		return ui.Matrix{}, err
	}
	roles, err := v.Authz.AllRoles(v.ctx)
	if err != nil {
		return ui.Matrix{}, err
	}
	if role == "" && len(roles) > 0 {
		role = roles[0].Code
	}
	rules, err := v.Authz.Rules(v.ctx, role)
	if err != nil {
		return ui.Matrix{}, err
	}
	have := map[string]string{}
	for _, r := range rules {
		have[r.Object+":"+r.Action] = r.Scope
	}
	m := ui.Matrix{Role: role, Path: "/admin/roles", Action: "/admin/roles", Preview: "/admin/roles/preview", Version: v.Authz.Version(), ReadOnly: role == "core.admin" || !v.Authz.Can(v.ctx, "core.role", "update")}
	for _, r := range roles {
		m.Roles = append(m.Roles, ui.Option{Value: r.Code, Label: fmt.Sprintf("%s (%d)", v.t(r.Label), r.Holders)})
	}
	for _, a := range commonActions {
		m.Actions = append(m.Actions, v.t(actionLabels[a]))
	}
	for _, x := range append([]string{"none"}, authz.ScopeNames...) {
		m.Scopes = append(m.Scopes, ui.Option{Value: x, Label: v.t("scope " + x)})
	}
	cell := func(object, action, label string) ui.MatrixCell {
		c := ui.MatrixCell{Action: action, Label: label, Scope: effective(have, object, action)}
		if p, ok := posted[object+":"+action]; ok && p != c.Scope {
			c.Scope, c.Changed = p, true
		}
		return c
	}
	groups := map[string]*ui.MatrixGroup{}
	var order []string
	for _, d := range v.Types.Docs() {
		info := d.Info()
		g := groups[info.Module]
		if g == nil {
			g = &ui.MatrixGroup{Module: strings.ToUpper(info.Module)}
			groups[info.Module] = g
			order = append(order, info.Module)
		}
		acts := info.Actions()
		row := ui.MatrixRow{Object: info.Name, Label: v.label(info.Name, info.Label)}
		for _, a := range commonActions {
			if slices.Contains(acts, a) {
				row.Cells = append(row.Cells, cell(info.Name, a, v.t(actionLabels[a])))
			} else {
				row.Cells = append(row.Cells, ui.MatrixCell{})
			}
		}
		for _, a := range acts {
			if !slices.Contains(commonActions, a) {
				row.Moves = append(row.Moves, cell(info.Name, a, v.moveLabel(info, a)))
			}
		}
		g.Rows = append(g.Rows, row)
		for _, f := range info.Fields {
			for _, l := range f.Lines {
				if l.Sensitive {
					object := info.Name + "#" + f.Name + "." + l.Name
					g.Rows = append(g.Rows, ui.MatrixRow{Object: object, Label: row.Label + " · " + v.label(info.Name+"."+f.Name+"."+l.Name, l.Label),
						Cells: append([]ui.MatrixCell{cell(object, "read", v.t("Read"))}, make([]ui.MatrixCell, len(commonActions)-1)...)})
				}
			}
			if f.Sensitive {
				g.Rows = append(g.Rows, ui.MatrixRow{Object: info.Name + "#" + f.Name, Label: row.Label + " · " + v.label(info.Name+"."+f.Name, f.Label),
					Cells: append([]ui.MatrixCell{cell(info.Name+"#"+f.Name, "read", v.t("Read"))}, make([]ui.MatrixCell, len(commonActions)-1)...)})
			}
		}
	}
	for _, n := range order {
		for _, x := range s.extras(n) {
			row := ui.MatrixRow{Object: x.object, Label: v.t(x.label), Cells: make([]ui.MatrixCell, len(commonActions))}
			for _, a := range x.actions {
				if i := slices.Index(commonActions, a); i >= 0 {
					row.Cells[i] = cell(x.object, a, v.t(actionLabels[a]))
				} else {
					row.Moves = append(row.Moves, cell(x.object, a, v.t(x.words[a])))
				}
			}
			groups[n].Rows = append(groups[n].Rows, row)
		}
	}
	pages := ui.MatrixGroup{Module: v.t("Pages")}
	for _, p := range pagePermissions {
		pages.Rows = append(pages.Rows, ui.MatrixRow{Object: p.object, Label: v.t(p.label), Cells: append([]ui.MatrixCell{cell(p.object, "read", v.t("Read")), {}, cell(p.object, "update", v.t("Change"))}, make([]ui.MatrixCell, 3)...)})
	}
	for _, n := range order {
		m.Groups = append(m.Groups, *groups[n])
	}
	m.Groups = append(m.Groups, pages)
	m.Diff = s.diff(v, role, have, posted)
	return m, nil
}

// effective is the scope rules with wildcards give to one permission.
func effective(have map[string]string, object, action string) string {
	best := "none"
	module, _, _ := strings.Cut(object, ".")
	for _, o := range []string{object, module + ".*", "*"} {
		if strings.Contains(object, "#") && o == module+".*" {
			continue
		}
		for _, a := range []string{action, "*"} {
			if a == "*" && action == "import" && o != "*" {
				continue // a "*" on some types does not give it
			}
			if s, ok := have[o+":"+a]; ok && slices.Index(authz.ScopeNames, s) > slices.Index(authz.ScopeNames, best) {
				best = s
			}
		}
	}
	return best
}

// diff says in words what saving would change.
func (s *Server) diff(v *view, role string, have, posted map[string]string) []string {
	var out []string
	for key, scope := range posted {
		object, action, ok := strings.Cut(key, ":")
		if !ok {
			continue
		}
		if old := effective(have, object, action); old != scope {
			out = append(out, v.t("{0}: {1} becomes {2}", key, v.t("scope "+old), v.t("scope "+scope)))
		}
	}
	slices.Sort(out)
	if len(out) > 0 {
		n := len(v.Authz.Directory().Holders(role, 0, 0, false))
		out = append(out, v.t("This concerns {0} people.", n))
	}
	return out
}

// postedCells reads the scopes of a posted matrix.
func postedCells(form map[string][]string) map[string]string {
	out := map[string]string{}
	for key, x := range form {
		if strings.Contains(key, ":") && len(x) > 0 {
			out[key] = x[0]
		}
	}
	return out
}

func (s *Server) previewRoles(v *view) error {
	form, err := v.parse()
	if err != nil {
		return err
	}
	m, err := s.matrix(v, form.Get("role"), postedCells(form))
	if err != nil {
		return err
	}
	return v.fragment(http.StatusOK, ui.MatrixDiff(m.Diff))
}

func (s *Server) saveRoles(v *view) error {
	if err := v.Authz.Require(v.ctx, "core.role", "update"); err != nil {
		return err
	}
	form, err := v.parse()
	if err != nil {
		return err
	}
	role := form.Get("role")
	if role == "core.admin" {
		return errs.New(errs.Precondition, "The administrator role holds everything and cannot be changed.")
	}
	if err := s.saveRole(v.ctx, role, postedCells(form)); err != nil {
		return err
	}
	return v.done("/admin/roles?role="+role, "Saved. The change is in effect.")
}

// saveRole writes what differs, audits it, and waits until it is in force here.
func (s *Server) saveRole(ctx context.Context, role string, cells map[string]string) error {
	err := s.p.DB.Tx(ctx, func(ctx context.Context) error {
		rules, err := s.p.Authz.Rules(ctx, role)
		if err != nil {
			return err
		}
		have := map[string]string{}
		for _, r := range rules {
			have[r.Object+":"+r.Action] = r.Scope
		}
		var changes []audit.Change
		declared := s.declared()
		for key, scope := range cells {
			object, action, _ := strings.Cut(key, ":")
			old := effective(have, object, action)
			if old == scope {
				continue
			}
			if !declared[key] {
				return errs.New(errs.Invalid, "There is no permission {0}.", key)
			}
			if !s.p.Authz.Reaches(ctx, "core.role", "update", scope) {
				return errs.New(errs.Forbidden, "You may not grant a scope wider than your own.")
			}
			if err := s.p.Authz.SetRule(ctx, role, object, action, scope); err != nil {
				return err
			}
			delete(have, key)
			if scope != "none" {
				have[key] = scope
			}
			if got := effective(have, object, action); got != scope {
				return errs.New(errs.Precondition, "{0} stays {1}: a rule for the whole module gives it.", key, got)
			}
			changes = append(changes, audit.Change{Field: role + " " + key, Before: old, After: scope})
		}
		if len(changes) == 0 {
			return nil
		}
		return s.p.Audit.Write(ctx, "policy", "core.role", 0, changes)
	})
	if err != nil {
		return err
	}
	return s.p.Authz.Reload(ctx)
}

// declared are the permissions that exist: object:action.
func (s *Server) declared() map[string]bool {
	out := map[string]bool{}
	for _, d := range s.p.Types.Docs() {
		info := d.Info()
		for _, a := range info.Actions() {
			out[info.Name+":"+a] = true
		}
		for _, f := range info.Fields {
			if f.Sensitive {
				out[info.Name+"#"+f.Name+":read"] = true
			}
			for _, l := range f.Lines {
				if l.Sensitive {
					out[info.Name+"#"+f.Name+"."+l.Name+":read"] = true
				}
			}
		}
	}
	for _, m := range s.p.Modules {
		for _, x := range s.extras(m.Code) {
			for _, a := range x.actions {
				out[x.object+":"+a] = true
			}
		}
	}
	for _, p := range pagePermissions {
		out[p.object+":read"], out[p.object+":update"] = true, true
	}
	return out
}

// userRoles gives a person roles, from the panel on the page of the user.
func (s *Server) userRoles(v *view) error {
	if err := v.Authz.Require(v.ctx, "core.role", "update"); err != nil {
		return err
	}
	id, err := strconv.ParseInt(v.c.Param("id"), 10, 64)
	if err != nil {
		return errs.Missing()
	}
	u, err := v.Users.Get(v.ctx, id)
	if err != nil {
		return err
	}
	form, err := v.parse()
	if err != nil {
		return err
	}
	person := v.Authz.Directory().People[id]
	if person == nil || !v.Authz.Covers(v.ctx, "core.user", "update", u.Rec()) {
		return errs.Missing()
	}
	if err := v.mayGrant(person, form["role"]); err != nil {
		return err
	}
	err = v.DB.Tx(v.ctx, func(ctx context.Context) error {
		if err := v.Authz.SetRoles(ctx, id, form["role"]); err != nil {
			return err
		}
		if p := form.Get("password"); p != "" {
			if err := v.Authn.SetPassword(ctx, id, p); err != nil {
				return err
			}
			if err := v.Authn.EndSessions(ctx, id, ""); err != nil {
				return err
			}
		}
		return v.Audit.Write(ctx, "policy", "core.user", id, []audit.Change{{Field: "roles", Before: strings.Join(person.Roles, ","), After: strings.Join(form["role"], ",")}})
	})
	if err != nil {
		return err
	}
	return v.done(fmt.Sprintf("/core/user/%d", id), "Saved. The change is in effect.")
}

// rolesPanel is the form on the page of a user: roles and a new password.
func (v *view) rolesPanel(id int64) (ui.Panel, error) {
	roles, err := v.Authz.AllRoles(v.ctx)
	if err != nil {
		return ui.Panel{}, err
	}
	held := ui.Field{Name: "role", Label: v.t("Roles"), Kind: ui.KindEnum, Multiple: true, Wide: true}
	if p := v.Authz.Directory().People[id]; p != nil {
		held.Value = strings.Join(p.Roles, ",")
	}
	for _, r := range roles {
		held.Options = append(held.Options, ui.Option{Value: r.Code, Label: v.t(r.Label)})
	}
	password := ui.Field{Name: "password", Label: v.t("New password"), Kind: ui.KindPassword, Complete: "new-password", Wide: true,
		Help: v.t("Leave empty to keep it. A new one signs the person out everywhere.")}
	return ui.Panel{ID: "panel-roles", Title: v.t("Roles and password"), Body: ui.Form{Action: fmt.Sprintf("/admin/users/%d/roles", id),
		Sections: []ui.Section{{ID: "roles", Title: v.t("Roles"), Fields: []ui.Field{held, password}}}, Buttons: []ui.Button{{Label: v.t("Save"), Kind: ui.Primary}}}}, nil
}

// mayGrant keeps an administrator of roles from making one of everything: only a
// holder of core.admin touches that role, and nobody raises the own rights.
func (v *view) mayGrant(person *org.Person, roles []string) error {
	if slices.Contains(v.Authz.Roles(v.user.User), "core.admin") {
		return nil
	}
	if person.ID == v.user.User {
		return errs.New(errs.Forbidden, "Nobody changes the own roles; ask another administrator.")
	}
	if slices.Contains(roles, "core.admin") || slices.Contains(person.Roles, "core.admin") {
		return errs.New(errs.Forbidden, "Only an administrator of everything grants or changes that role.")
	}
	return nil
}

// auditPage is the trail of every change.
func (s *Server) auditPage(v *view) error {
	if err := v.Authz.Require(v.ctx, "core.audit", "read"); err != nil {
		return err
	}
	f := audit.Filter{Limit: 50, Type: v.c.Query("type"), Action: v.c.Query("action")}
	f.Actor, _ = strconv.ParseInt(v.c.Query("actor"), 10, 64)
	f.Before, _ = strconv.ParseInt(v.c.Query("before"), 10, 64)
	if d, err := date.Parse(v.c.Query("from")); err == nil && !d.IsZero() {
		f.From = d.In(v.loc)
	}
	if d, err := date.Parse(v.c.Query("to")); err == nil && !d.IsZero() {
		f.To = d.AddDays(1).In(v.loc)
	}
	p, err := v.Authz.Visible(v.ctx, "core.audit", "read")
	if err != nil {
		return err
	}
	f.Companies = p.Companies
	entries, err := v.Audit.List(v.ctx, f)
	if err != nil {
		return err
	}
	body := ui.List{Path: "/admin/audit", Filters: s.auditFilters(v), Empty: ui.Empty{Text: v.t("Nothing matches these filters."), Action: ui.Action{Label: v.t("Clear filters"), Href: "/admin/audit"}}}
	body.Table = ui.Table{Caption: v.t("Audit trail"), Cols: []ui.Col{{Key: "at", Label: v.t("Time")}, {Key: "who", Label: v.t("Who"), Kind: ui.KindPerson}, {Key: "what", Label: v.t("Action")}, {Key: "record", Label: v.t("Record")}, {Key: "change", Label: v.t("Change"), Class: "c-wide"}}}
	for _, e := range entries {
		body.Table.Rows = append(body.Table.Rows, v.auditRow(e))
	}
	body.Pager = ui.Pager{Total: fmt.Sprint(len(entries)), Page: 1, Pages: 1, Base: "/admin/audit?page="}
	var actions templ.Component
	if len(entries) == f.Limit {
		q := v.c.Request.URL.Query()
		q.Set("before", strconv.FormatInt(entries[len(entries)-1].ID, 10))
		actions = ui.Buttons{{Label: v.t("Older entries"), Href: "/admin/audit?" + q.Encode()}}
	}
	return v.show(http.StatusOK, v.t("Audit trail"), v.t("Who changed what, and when; nothing can be removed"), "list", body, actions)
}

func (s *Server) auditFilters(v *view) []ui.Filter {
	types := ui.Filter{Name: "type", Label: v.t("Any record type"), Value: v.c.Query("type")}
	for _, d := range v.Types.Docs() {
		types.Options = append(types.Options, ui.Option{Value: d.Info().Name, Label: v.label(d.Info().Name, d.Info().Label)})
	}
	actions := ui.Filter{Name: "action", Label: v.t("Any action"), Value: v.c.Query("action")}
	for _, a := range []string{"create", "update", "delete", "import", "login", "login_failed", "password", "policy", "export", "share", "unshare", "reveal"} {
		actions.Options = append(actions.Options, ui.Option{Value: a, Label: v.t("action " + a)})
	}
	return []ui.Filter{types, actions, {Name: "from", Label: v.t("from"), Kind: ui.KindDate, Value: v.c.Query("from")}, {Name: "to", Label: v.t("to"), Kind: ui.KindDate, Value: v.c.Query("to")}}
}

func (v *view) auditRow(e audit.Entry) ui.Row {
	r := ui.Row{ID: strconv.FormatInt(e.ID, 10)}
	record := ui.Cell{Text: e.Type}
	if d, err := v.Types.Doc(e.Type); err == nil {
		record.Text = v.label(e.Type, d.Info().Label)
		if e.ObjectID != 0 {
			record.Sub = fmt.Sprintf("#%d", e.ObjectID)
			record.Href = recordPath(e.Type, e.ObjectID)
		}
	}
	var what []string
	for _, c := range e.Changes {
		name := c.Field
		if d, err := v.Types.Doc(e.Type); err == nil {
			if m := d.Info().Field(c.Field); m != nil {
				if v.Types.Hidden(v.ctx, e.Type, m.Name, m) {
					continue
				}
				if m.Kind == resource.KLines { // lines may hold what this reader must not see
					what = append(what, v.label(e.Type+"."+m.Name, m.Label)+v.t(": ")+v.t("changed"))
					continue
				}
				name = v.label(e.Type+"."+m.Name, m.Label)
			}
		}
		if c.Before != "" {
			what = append(what, fmt.Sprintf("%s: %s → %s", name, clip(c.Before), clip(c.After)))
		} else {
			what = append(what, fmt.Sprintf("%s: %s", name, clip(c.After)))
		}
	}
	who := v.Authz.Directory().Name(e.Actor)
	if who == "" {
		who = v.t("The program")
	}
	r.Cells = []ui.Cell{{Text: e.At.In(v.loc).Format(time.DateTime)}, {Text: who, Sub: e.Reason}, {Text: v.t("action " + e.Action)}, record, {Text: strings.Join(what[:min(4, len(what))], "; ")}}
	return r
}

func clip(s string) string { return errs.Clip(s, 60) }

// apiPage lists the operations of the API with the permission each asks for.
func (s *Server) apiPage(v *view) error {
	body := ui.List{Path: "/admin/api", Query: v.c.Query("q"), Hint: v.t("Operation"), Empty: ui.Empty{Text: v.t("Nothing matches these filters."), Action: ui.Action{Label: v.t("Clear filters"), Href: "/admin/api"}}}
	body.Table = ui.Table{Caption: v.t("Operations"), Cols: []ui.Col{{Key: "method", Label: v.t("Method"), Kind: ui.KindCode}, {Key: "path", Label: v.t("Address"), Kind: ui.KindCode}, {Key: "id", Label: v.t("Operation"), Kind: ui.KindCode, Class: "c-wide"}, {Key: "perm", Label: v.t("Permission"), Kind: ui.KindCode, Class: "c-wide"}}}
	q := strings.ToLower(v.c.Query("q"))
	for _, op := range v.API.Operations() {
		if q != "" && !strings.Contains(strings.ToLower(op.ID+" "+op.Path+" "+op.Summary), q) {
			continue
		}
		perm := op.Perm
		if op.Public {
			perm = v.t("everybody")
		} else if perm == "" {
			perm = v.t("every user")
		}
		body.Table.Rows = append(body.Table.Rows, ui.Row{ID: op.ID, Cells: []ui.Cell{{Text: op.Method}, {Text: "/api/v1" + op.Path, Sub: op.Summary}, {Text: op.ID}, {Text: perm}}})
	}
	n := len(body.Table.Rows)
	body.Pager = ui.Pager{Total: fmt.Sprint(n), Page: 1, Pages: 1, Base: "/admin/api?page="}
	actions := ui.Buttons{{Label: "OpenAPI 3.1", Icon: "download", Href: "/api/openapi.json", Download: true}, {Label: v.t("My tokens"), Icon: "key", Href: "/profile"}}
	return v.show(http.StatusOK, v.t("API"), v.t("Everything the pages can do, for programs: send a token as bearer"), "list", body, actions)
}
